/* choosing: what holds of every choice and decision, whatever the facts and the manifest are. */
#ifndef XENPV_FUZZ_CHOOSING_H
#define XENPV_FUZZ_CHOOSING_H

#include "drivers-manifest/manifest.h"

/* The program's own, read once. */
const struct manifest *fuzz_manifest(void);

/* Chooses and decides, with nothing accepted and nothing looked for; ends the run if a property does not hold. */
void fuzz_choose(const struct facts *f, const struct manifest *m);

#endif
