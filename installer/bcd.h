/*
 * bcd: what bcdedit.exe says, and what it is to be told.
 *
 * From Vista on the boot entries stand in the Boot Configuration Data store. Its only interfaces
 * are WMI and bcdedit.exe; the program is on every Windows that has such a store, WMI is not always
 * well. bcdedit speaks the language of its Windows in the console's code page, but the names of
 * elements ("description", "loadoptions") and identifiers are the same everywhere: bcd reads only
 * these, and only ASCII. It runs nothing.
 *
 * Form: Microsoft's "BCDEdit /enum" and "Boot Options Identifiers"; a block of an entry begins with
 * a title, a line of dashes and the identifier.
 */
#ifndef XENPV_INSTALLER_BCD_H
#define XENPV_INSTALLER_BCD_H

#include "base/err.h"
#include "base/span.h"

enum {
    BCD_OUTPUT_MAX = 1024 * 1024, /* bytes that bcdedit may say */
    BCD_ENTRIES_MAX = 256,
    BCD_OPTIONS_MAX = 512, /* bytes of an entry's load options */
    BCD_ID_MAX = 40,       /* "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}" and its NUL */
};

struct bcd_entry {
    char id[BCD_ID_MAX];      /* "{...}", a GUID or a well-known name */
    bool ours;                /* the description ends in BOOT_ENTRY_MARK */
    struct span load_options; /* borrowed; empty: none */
};

struct bcd_entries {
    struct bcd_entry at[BCD_ENTRIES_MAX];
    size_t count;
};

/*
 * The entries of what `bcdedit /enum` said. A text in which there is none at all is refused: an
 * empty list must be one that was read. output must live as long as *out.
 */
bool bcd_read(struct span output, struct bcd_entries *out, struct err *e);

/* The GUID in what `bcdedit /copy` said, into id; the sentence around it is of any language. */
bool bcd_read_copied(struct span output, char id[BCD_ID_MAX], struct err *e);

/* Does the entry have this word among its load options? Case does not matter to Windows. */
bool bcd_has_option(const struct bcd_entry *entry, const char *option);

/*
 * Command lines for bcdedit, without the program's name; mem_free. bcd_set_command keeps the load
 * options that are there and puts option behind them; NULL with *e set when they cannot be said
 * again, because they are not plain ASCII or have a quote in them.
 */
char *bcd_copy_command(void);
char *bcd_set_command(const char *id, struct span load_options, const char *option, struct err *e);
char *bcd_delete_command(const char *id, struct err *e);

/* Is this "{...}" with a GUID in it? Nothing else is ever deleted. */
bool bcd_is_guid(const char *id);

#endif
