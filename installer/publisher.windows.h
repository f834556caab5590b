/*
 * publisher: certificates in the machine's store of trusted publishers, on Windows.
 *
 * LocalMachine\TrustedPublisher and no other store is written to, ever: what leads to a root that
 * this Windows does not trust is not made trusted here. Certificates are DER. On Windows 2000,
 * which does not look at the store when it installs drivers, the calls work all the same.
 */
#ifndef XENPV_INSTALLER_PUBLISHER_WINDOWS_H
#define XENPV_INSTALLER_PUBLISHER_WINDOWS_H

#include "base/err.h"
#include "base/span.h"
#include "drivers-manifest/shape.h"

/* As platform's has_publisher, add_publisher, remove_publisher and publisher_has_root. */
enum tri publisher_is_trusted(struct span certificate);
bool publisher_add(struct span certificate, struct err *e);
bool publisher_remove(struct span certificate, struct err *e);
enum tri publisher_has_root(struct span certificate, struct span catalog);

#endif
