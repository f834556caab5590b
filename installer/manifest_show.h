/*
 * manifest_show: a manifest for people: tables of what is in it, and everything about one of its
 * parts. Pure: struct to text.
 */
#ifndef XENPV_INSTALLER_MANIFEST_SHOW_H
#define XENPV_INSTALLER_MANIFEST_SHOW_H

#include "base/text.h"
#include "drivers-manifest/manifest.h"

/* Families, releases, advisories and Windows versions, a line each. */
void manifest_show_tables(struct text *t, const struct manifest *m);

/* All that has this id (families, releases, advisories, Windows), in full. False: nothing has. */
bool manifest_show_id(struct text *t, const struct manifest *m, const char *id);

/* The same as JSON: a manifest with nothing else in it; mem_free. NULL: nothing has this id. */
char *manifest_show_json(const struct manifest *m, const char *id);

#endif
