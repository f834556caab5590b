/*
 * partner: the program for the other kind of Windows that belongs to this one, as the build put it
 * into this one (installer/partner.pl; see Makefile.mingw). The i686 program knows the x86_64 one.
 */
#ifndef XENPV_INSTALLER_PARTNER_H
#define XENPV_INSTALLER_PARTNER_H

#include <stddef.h>

extern const unsigned char partner_digest[]; /* SHA-256, Authenticode's: a signature that is added
                                                later does not change it */
extern const size_t partner_digest_size;     /* 0: there is none */

#endif
