/*
 * bootini: one more entry in a boot.ini, and out of it again.
 *
 * boot.ini is how Windows 2000, XP and Server 2003 are started: a text in the machine's OEM code
 * page that ntldr reads before anything else, so that one wrong byte is a machine that does not
 * start. bootini adds a copy of the default entry with a mark in its name and one more option, and
 * takes entries with the mark out. Every other byte stays: line ends, blanks, code page. A file
 * that ntldr and we might read differently is refused, never repaired. bootini touches no disk.
 *
 * Form of the file: Microsoft KB 102873 (names of the sections, "path="name" /options") and
 * ntldr's limit of ten entries.
 */
#ifndef XENPV_INSTALLER_BOOTINI_H
#define XENPV_INSTALLER_BOOTINI_H

#include "base/err.h"
#include "base/file.h"
#include "base/span.h"

/* Stands at the end of the name of each entry of ours, in boot.ini and elsewhere. */
#define BOOT_ENTRY_MARK "(xenpv: emulated devices)"

enum {
    BOOTINI_SIZE_MAX = 16 * 1024, /* bytes; real ones have a few hundred */
    BOOTINI_ENTRIES_MAX = 10,     /* ntldr offers no more */
    BOOTINI_OPTION_MAX = 64,      /* characters of an option, with its slash */
};

/* What an edit came to. Zeroed is "nothing changed". */
struct bootini_edit {
    struct bytes value; /* the new file; bytes_release */
    size_t changed;     /* entries that were added or taken out */
};

/*
 * Add a copy of the entry that is started by default, behind the last one, with the mark in its
 * name and option ("/NOGPLPV") behind its own. The default entry stays the default: ntldr takes the
 * first of those with the same path. When such an entry is there already, value holds the bytes of
 * file.
 *
 * ERR_FORMAT when the file is none that we understand wholly, ERR_LIMIT when it is too large or has
 * ten entries, or would be too large to be read again, ERR_USAGE for an option that is not a slash and printable ASCII without blanks and
 * quotes.
 */
bool bootini_add(struct span file, const char *option, struct bootini_edit *out, struct err *e);

/* Take out every entry with our mark and this option. bootini_add undone gives the same bytes. */
bool bootini_remove(struct span file, const char *option, struct bootini_edit *out, struct err *e);

/* How many entries with our mark and this option are there? */
bool bootini_count(struct span file, const char *option, size_t *count, struct err *e);

void bootini_edit_release(struct bootini_edit *edit);

#endif
