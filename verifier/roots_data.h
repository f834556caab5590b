/*
 * roots_data: the keys of drivers-manifest/roots.json as the build put them into the program. Only
 * roots includes it; a manifest that is read at run time never gets here.
 */
#ifndef XENPV_VERIFIER_ROOTS_DATA_H
#define XENPV_VERIFIER_ROOTS_DATA_H

#include "verifier/roots.h"

extern const struct roots roots_data;

#endif
