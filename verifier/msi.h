/*
 * msi: a Windows Installer database: tables, files with their paths, properties, signature.
 *
 * Built on ole. Reads every table generically (string pool, _Tables, _Columns), and on top of that
 * what a verifier asks: product and upgrade code, version, which files go where, which components
 * are driver packages (DIFxApp's MsiDriverPackages), which cabinets are embedded, the digests' byte
 * order. It runs no sequence and evaluates no condition; that belongs to Windows. Unpacking
 * cabinets is package's.
 */
#ifndef XENPV_VERIFIER_MSI_H
#define XENPV_VERIFIER_MSI_H

#include "verifier/ole.h"

enum {
    MSI_STRINGS_MAX = 1 << 20, /* entries of the string pool */
    MSI_COLUMNS_MAX = 32,      /* of a table: Windows Installer's own limit */
    MSI_CELLS_MAX = 1 << 23,   /* rows times columns of one table */
    MSI_FILES_MAX = 1 << 16,   /* rows of the File table; its Sequence has 15 bits in most */
    MSI_KEY_MAX = 255, /* characters of a key that we join tables by; Windows Installer takes 72 */
    MSI_DIRECTORY_DEPTH_MAX = 32,
};

enum msi_type { MSI_UNKNOWN = 0, MSI_TEXT, MSI_INTEGER, MSI_BINARY };

struct msi_column {
    const char *name;
    enum msi_type type;
    bool key, nullable;
    unsigned width;  /* bytes of a stored cell: 2, 3 or 4 */
    uint64_t offset; /* of the column in the table's stream, which goes column by column */
};

/* A table in place; strings and bytes are borrowed from the msi. Zeroed is a table without rows. */
struct msi_table {
    const struct msi *msi;
    struct msi_column columns[MSI_COLUMNS_MAX];
    size_t column_count, row_count;
    struct bytes storage;
    struct span bytes;
};

/* One row of the File table. Strings are borrowed from the msi. */
struct msi_file {
    const char *key;       /* File.File: its name in the cabinet */
    const char *component; /* File.Component_ */
    char *path; /* directories and long name, '/' between, below TARGETDIR; not yet safe; NULL when
                   longer than NAME_BYTES_MAX or its directories cannot be followed; owned */
    const char
        *cabinet; /* Media.Cabinet: "#name" is embedded, "name" lies beside, NULL: not compressed */
    uint32_t size;
    int32_t sequence;
    bool driver_package; /* its component is in MsiDriverPackages */
    bool path_shared; /* another component installs to this path too; path then has a "[Component]"
                         folder */
};

/* Zeroed is an empty database. Strings are UTF-8. */
struct msi {
    struct ole ole;
    char **strings; /* the string pool; [0] and unused ones are NULL */
    size_t string_count, string_room;
    unsigned string_width; /* bytes of a reference: 2 or 3 */
    uint32_t code_page;    /* 65001 is UTF-8; all others are read as 1252, whose ASCII they share */
    struct msi_file *files; /* in the order of the File table */
    size_t file_count;
    char *template_summary; /* summary property 7, such as "x64;1033"; NULL when there is none */
    char *summary_subject;  /* property 3 */
    size_t signature, signature_ex; /* see msi_signature_stream */
};

/* Is this compound file an installer database (it has a string pool)? */
bool msi_is(struct span bytes);

/* Open the database in bytes (borrowed). ERR_FORMAT when a table that we need is broken. */
bool msi_open(struct span bytes, struct msi *out, struct err *e);

/* The value of a row of the Property table, such as "ProductCode", or NULL. */
const char *msi_property(const struct msi *m, const char *name);

/* A table by name. A table that is not there is ERR_NOT_FOUND. The caller releases *out. */
bool msi_table_open(const struct msi *m, const char *name, struct msi_table *out, struct err *e);
void msi_table_release(struct msi_table *t);

/* Index of a column by name, or SIZE_MAX. */
size_t msi_column(const struct msi_table *t, const char *name);

/* The text of a cell; NULL when it is null, no text, or there is no such cell. */
const char *msi_text(const struct msi_table *t, size_t row, size_t column);

/* The number in a cell; false when it is null, no number, or there is no such cell. */
bool msi_integer(const struct msi_table *t, size_t row, size_t column, int32_t *out);

/* A stream by its decoded name, such as "gplpv.cab" or "Binary.DIFxApp.dll": its index in ole, or
 * SIZE_MAX. */
size_t msi_stream(const struct msi *m, const char *name);

/* The decoded name of entry i of ole: a leading '!' marks a table. The caller frees with mem_free.
 */
char *msi_stream_name(const struct msi *m, size_t i);

/*
 * Signature: index in ole of the DigitalSignature and MsiDigitalSignatureEx streams, SIZE_MAX for
 * one that is not there. Both are in the root only.
 */
size_t msi_signature_stream(const struct msi *m);
size_t msi_signature_ex_stream(const struct msi *m);

/*
 * What the signed digest covers, in order (source: osslsigncode's msi.c). content is always hashed.
 * When the Ex stream is there: its bytes must equal the hash of prehash, and the signed digest is
 * H(those bytes, then content).
 */
bool msi_signed_content(const struct msi *m, struct span_list *content, struct err *e);
bool msi_signed_prehash(const struct msi *m, struct span_list *prehash, struct err *e);

void msi_release(struct msi *m);

#endif
