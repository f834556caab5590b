/*
 * msi: products of Windows Installer, by msi.dll where there is one.
 *
 * Quiet, without a restart of its own, with a log in the folder that is given. Each code that
 * Windows Installer ends with has its own meaning (msi_code), and none is believed: the caller asks
 * for the product afterwards. msi knows no families and decides nothing.
 */
#ifndef XENPV_INSTALLER_MSI_WINDOWS_H
#define XENPV_INSTALLER_MSI_WINDOWS_H

#include "installer/platform.h"

/* Is the product registered for this machine? TRI_UNKNOWN when it could not be asked. */
enum tri msi_has_product(const char *product_code);

/*
 * Install for all users. While another installation runs it waits, with a limit. *restart is set
 * when Windows Installer says that one is needed, or has begun one.
 */
bool msi_install(const struct platform_product *product, const char *log_folder, bool *restart,
                 struct err *e);

/* Uninstall, in the same way. One that is not there is fine. */
bool msi_uninstall(const char *product_code, const char *log_folder, bool *restart, struct err *e);

#endif
