/*
 * manifest_key: the key that a replacement manifest must be signed with, as the build put it into
 * the program (`make MANIFEST_KEY=FILE.pem`, a certificate or a public key; see Makefile.mingw).
 */
#ifndef XENPV_INSTALLER_MANIFEST_KEY_H
#define XENPV_INSTALLER_MANIFEST_KEY_H

#include <stddef.h>

extern const unsigned char manifest_key[]; /* DER SubjectPublicKeyInfo */
extern const size_t manifest_key_size;     /* 0: the program was built without one */

#endif
