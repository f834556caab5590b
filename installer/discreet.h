/*
 * discreet: text of this machine without the names of its users.
 *
 * A report goes to other people. Paths below a user's profile and security identifiers of accounts
 * name somebody; what they stand for is replaced, everything else is kept. discreet knows no other
 * secrets.
 */
#ifndef XENPV_INSTALLER_DISCREET_H
#define XENPV_INSTALLER_DISCREET_H

#include "base/text.h"

/*
 * Add the text with "<user>" for the folder after \Users\ or \Documents and Settings\ (shared ones
 * like Public stay) and "<account>" for a SID of a machine's or domain's account. Either slash, any
 * case; control characters and broken UTF-8 are escaped as text_add_escaped does.
 */
void discreet_add(struct text *t, const char *text);

/* The same in at most `most` bytes, cut at a character; mem_free. */
char *discreet_cut(const char *text, size_t most);

#endif
