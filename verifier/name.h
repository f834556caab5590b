/*
 * name: is the name of a file in a package safe to create under a folder on Windows?
 *
 * A safe name is relative, UTF-8, with '/' between its parts, and means the same file on every
 * Windows: no drive letter, no parent folder, no device, no stream, no part that Win32 would
 * shorten. name knows the rules of Windows names (Microsoft, "Naming Files, Paths, and
 * Namespaces"); it touches no file system. Short names (XENVBD~1.SYS) are allowed, since plain ISO
 * 9660 holds them: so whoever writes entries creates each file new, never over another.
 */
#ifndef XENPV_VERIFIER_NAME_H
#define XENPV_VERIFIER_NAME_H

#include "base/text.h"

enum {
    NAME_BYTES_MAX = 1024,     /* a whole name in UTF-8 */
    NAME_PART_UNITS_MAX = 255, /* one part in UTF-16 code units: NTFS's limit */
    NAME_PARTS_MAX = 32,       /* folders deep, the file included */
};

/* Why a name was refused. */
enum name_fault {
    NAME_UNKNOWN = 0, /* not looked at: not safe */
    NAME_SAFE,
    NAME_EMPTY,     /* nothing left of it, such as "" or "./" */
    NAME_NOT_TEXT,  /* not UTF-8 */
    NAME_ABSOLUTE,  /* begins with a slash */
    NAME_DRIVE,     /* begins with a drive letter, such as "C:" */
    NAME_PARENT,    /* has a ".." part */
    NAME_STREAM,    /* has a ':' (an alternate data stream) */
    NAME_DEVICE,    /* a part is a device such as NUL, COM1.txt or CONIN$ */
    NAME_TRAILING,  /* a part ends in a dot or a space, which Windows drops */
    NAME_CHARACTER, /* < > " | ? *, a control character or a writing-direction override */
    NAME_MARK,      /* a folder ends in '!': "a!/b" is b in the container a, in package's names */
    NAME_TOO_LONG,  /* longer than the limits above */
    NAME_TOO_DEEP,
};

/*
 * Clean hostile into *out: '\' becomes '/', empty and "." parts are dropped. *out is emptied first
 * and holds a safe name only when the answer is NAME_SAFE.
 */
enum name_fault name_clean(const char *hostile, struct text *out);

/* The fault as words that finish "its name ...": "has a '..' part". */
const char *name_fault_words(enum name_fault fault);

/*
 * Order by parts, ignoring case as NTFS does for Latin, Greek and Cyrillic letters: a folder's
 * files and subfolders stay together. 0 means that Windows takes both for the same file.
 */
int name_compare(const char *a, const char *b);

/* The part after the last '/', within name. */
const char *name_base(const char *name);

/* Does the base name end in this extension, such as ".inf" (A-Z in any case)? */
bool name_has_extension(const char *name, const char *extension);

#endif
