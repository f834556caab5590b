/*
 * xenstore: writing to xenstore, in the words of the drivers that let a program do so.
 *
 * Two dialects. XENIFACE is the interface of the Xen Project's xeniface.sys and of what was made of
 * it (XenServer, XCP-ng, Qubes, AWS): a control code with "path NUL value NUL NUL", in which
 * xeniface takes printable ASCII only (include/xeniface_ioctls.h and src/xeniface/ioctl_store.c of
 * win-xeniface). WIRE is the interface of GPLPV's xenpci.sys: xenstored's own messages, written and
 * read (xen/include/public/io/xs_wire.h; xenpci/xenbus_device_interface.c of win-pvdrivers).
 * xenstore makes the requests and judges the answers; how they get to the driver is the channel's.
 */
#ifndef XENPV_INSTALLER_XENSTORE_H
#define XENPV_INSTALLER_XENSTORE_H

#include "base/err.h"
#include "base/span.h"

#include <stddef.h>

enum xenstore_dialect { XENSTORE_NONE = 0, XENSTORE_XENIFACE, XENSTORE_WIRE };

enum {
    XENSTORE_PATH_MAX = 256,         /* bytes; xenstored takes 2048 of a relative path */
    XENSTORE_VALUE_MAX = 512,        /* bytes; GPLPV's ring has 1024 for a whole message */
    XENSTORE_REPLY_MAX = 1024,       /* of WIRE; more is no reply to a write */
    XENSTORE_IOCTL_WRITE = 0x222004, /* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, 0) */
};

/* A way to a driver. Zeroed is none. */
struct xenstore {
    enum xenstore_dialect dialect;
    void *context;
    /* Send one request and take the answer: nothing in XENIFACE, a message in WIRE. */
    bool (*exchange)(void *context, struct span request, uint8_t reply[XENSTORE_REPLY_MAX],
                     size_t *got, struct err *e);
    void (*close)(void *context);
    uint32_t requests; /* sent so far: the next one's number */
};

/* Write value at path, which is relative to the guest's own. Other bytes than printable ASCII are
 * refused, as are lengths above the limits. */
bool xenstore_write(struct xenstore *x, const char *path, const char *value, struct err *e);

/* The channel of this machine's driver. ERR_NOT_FOUND: there is none. */
bool xenstore_open(struct xenstore *out, struct err *e);

/* Zeroed afterwards. */
void xenstore_close(struct xenstore *x);

#endif
