/*
 * msi_code: the codes that Windows Installer ends with, each in its own meaning.
 *
 * Whether it says that all is done, whether Windows has to be restarted or is being restarted
 * already, and what a person should do. What a code says is not taken for the effect; that is for
 * the caller to ask. Source: Microsoft, "MsiExec.exe and InstMsi.exe error messages".
 */
#ifndef XENPV_INSTALLER_MSI_CODE_H
#define XENPV_INSTALLER_MSI_CODE_H

#include <stdint.h>

enum msi_outcome {
    MSI_FAILED = 0,
    MSI_DONE,
    MSI_RESTART_NEEDED,
    MSI_RESTART_BEGUN, /* by Windows Installer, although it was told not to */
    MSI_NOT_THERE,     /* no such product: to an uninstallation this is success */
    MSI_BUSY,          /* another installation runs */
};

struct msi_code {
    uint32_t code;
    enum msi_outcome outcome;
    const char *words;  /* what happened */
    const char *advice; /* what to do about it; NULL: nothing */
};

/* NULL: a code that has no meaning of its own here, and is a failure. */
const struct msi_code *msi_code_of(uint32_t code);

#endif
