/*
 * assume: the facts of a guest that is only named, for --for.
 *
 * "win7sp1-x64+kb3033929", "winxp-x86", "win10-22h2-x64+secureboot": a Windows of verifier/target,
 * and after each '+' something that is so there. All else is as on a fresh Xen HVM guest of that
 * Windows: BIOS, no test signing, no update, the platform device present, no driver.
 */
#ifndef XENPV_INSTALLER_ASSUME_H
#define XENPV_INSTALLER_ASSUME_H

#include "drivers-manifest/facts.h"

/* ERR_USAGE names the word that was not understood. *f must be zeroed. */
bool assume_facts(const char *name, struct facts *f, struct err *e);

#endif
