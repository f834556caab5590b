/*
 * mask: names of people and machines taken out of texts before they leave the house.
 *
 * Left out are: the user's folder in paths below Users, Documents and Settings (also in its short
 * form) and /home, those of Windows' own accounts excepted; the words that are given as names of
 * this machine and its user; account ids (S-1-5-21-...); and what Windows Installer's logs say
 * after "LogonUser = " and its like. Kept are addresses, MACs and UUIDs: dom0 knows a guest by
 * them, and its network cannot be looked into without. A name of one or two letters stays, for it
 * would take half of the text along.
 */
#ifndef XENPV_INSTALLER_MASK_H
#define XENPV_INSTALLER_MASK_H

#include "base/text.h"
#include "drivers-manifest/shape.h"

/* Names, as words. Zeroed knows none, and masks all the rest. */
struct mask {
    bool keep; /* nothing is masked */
    struct texts computers, users;
};

void mask_release(struct mask *m);

/* Add the text without what is to be left out. */
void mask_add(const struct mask *m, struct text *to, const char *text);

/* For shape_edit_texts; context is the mask. */
void mask_edit(void *context, char **text);

#endif
