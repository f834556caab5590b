/*
 * store: the certificate stores of the machine, by crypt32.dll where there is one.
 *
 * Asks for one certificate by its thumbprint and takes it out. Adds none, and knows no policy.
 */
#ifndef XENPV_INSTALLER_STORE_WINDOWS_H
#define XENPV_INSTALLER_STORE_WINDOWS_H

#include "drivers-manifest/shape.h"

/* Has LocalMachine's store of this name ("Root") the certificate? sha1: 40 hexadecimal digits.
 * TRI_UNKNOWN when it could not be asked. */
enum tri store_has(const char *store, const char *sha1);

/* Take it out. One that is not there is fine. */
bool store_remove(const char *store, const char *sha1, struct err *e);

#endif
