/*
 * msi_inside: what msi's two files share. msi.c reads tables; msi_files.c joins those that say where files go.
 */
#ifndef XENPV_VERIFIER_MSI_INSIDE_H
#define XENPV_VERIFIER_MSI_INSIDE_H

#include "verifier/msi.h"

/* As msi_table_open, but a table that is missing is one without rows. */
bool msi_table_if_there(const struct msi *m, const char *name, struct msi_table *out, struct err *e);

/* Fill m->files from the File, Component, Directory, Media and MsiDriverPackages tables. */
bool msi_read_files(struct msi *m, struct err *e);

#endif
