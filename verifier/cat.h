/*
 * cat: Windows catalogs (.cat): which hashes a catalog lists, and what it says about the package.
 *
 * Reads the certificate trust list inside the PKCS#7 envelope, versions 1 and 2. Members are found
 * by hash and only by hash: the File attribute is the name at the destination, and old tags are not
 * even hashes. Verifies no signature: authenticode does, over the bytes
 * that this reads. Placeholder files that packages carry before they are signed are told apart from
 * broken catalogs.
 */
#ifndef XENPV_VERIFIER_CAT_H
#define XENPV_VERIFIER_CAT_H

#include "verifier/digest.h"
#include "verifier/finding.h"

enum {
    CAT_MEMBERS_MAX = 250000, /* the largest of Windows itself have some 20,000 */
    CAT_EXTENSIONS_MAX = 20000,
    CAT_FILE_MAX = 128 * 1024 * 1024,
};

enum cat_state {
    CAT_BROKEN = 0,  /* meant to be a catalog, cannot be read as one */
    CAT_EMPTY,       /* no bytes, or nothing but zeros and blanks */
    CAT_PLACEHOLDER, /* text: "to be replaced by the signed catalog" */
    CAT_NOT,         /* some other file: not PKCS#7, not text */
    CAT_OK,
};

/* How the listed hash is computed. */
enum cat_form {
    CAT_FORM_UNKNOWN = 0, /* not said; a hash may be of either form */
    CAT_FORM_PE,          /* Authenticode hash */
    CAT_FORM_FLAT,        /* digest of all bytes */
};

/* One entry of the list. Version 2 catalogs have two per file, one for each digest. */
struct cat_member {
    struct digest digest; /* of SpcIndirectData, else the tag; may be DIGEST_NONE */
    enum cat_form form;
    bool tag_differs;     /* the tag is a hash, but not the one in SpcIndirectData */
    const char *file;     /* File attribute, UTF-8, may be NULL: for people only */
    const char *os;       /* OSAttr attribute: "2:5.1,2:5.2,2:6.0"; NULL where absent */
    const char *guid;     /* MemberInfo of version 1: the SIP's GUID; NULL where absent */
};

/*
 * A name and value of the catalog as a whole: HWID1 .. HWIDn (lower case), OS, DTC, Submission ID,
 * OSAttr.
 */
struct cat_extension {
    const char *name, *value; /* UTF-8 */
};

/* Strings are owned by the catalog and die with it. */
struct cat {
    enum cat_state state;
    unsigned version; /* 1 or 2; 0 unknown */
    uint8_t list_id[16];
    int64_t this_update; /* seconds since 1970; 0 unknown */
    struct cat_member *members;
    size_t member_count;
    struct cat_extension *extensions;
    size_t extension_count;
    unsigned digests;    /* kinds that members use: what to compute of a file to look it up */
    const struct cat_member **index; /* members with a digest, sorted by digest */
    size_t index_count;
    char **strings; /* storage of all strings */
    size_t string_count, string_room, member_room, extension_room;
};

/*
 * Read a catalog file into *c, which is overwritten. name is for findings only. Never fails; the
 * caller releases.
 */
void cat_parse(struct cat *c, struct span file, const char *name, struct findings *f);

/* The first member with this digest, whatever its form, or NULL. O(log members). */
const struct cat_member *cat_find(const struct cat *c, const struct digest *digest);

/* The same over all digests of one pass, strongest first. */
const struct cat_member *cat_find_any(const struct cat *c, const struct digests *digests);

/* Value of the extension with this name (ASCII case ignored), or NULL. */
const char *cat_extension(const struct cat *c, const char *name);

const char *cat_state_name(enum cat_state state);

void cat_release(struct cat *c);

#endif
