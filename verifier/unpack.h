/*
 * unpack: the members of an archive in memory, one after another, as the archive tells them.
 *
 * The only reader that uses libarchive, for package alone. Each archive is opened with the one
 * format, and the one compression, that its first bytes show: no bidding among formats, no
 * compression inside compression, no external programs. Reads are capped. unpack trusts no name and
 * no size that it passes on; judging them is package's.
 */
#ifndef XENPV_VERIFIER_UNPACK_H
#define XENPV_VERIFIER_UNPACK_H

#include "verifier/package.h"

enum unpack_answer {
    UNPACK_BROKEN = 0, /* the archive cannot be read on; *e says why */
    UNPACK_NOT_THIS,   /* it is not of this kind at all: a compressed file that is no tar */
    UNPACK_MEMBER,
    UNPACK_END, /* of the archive, or after unpack_read has told why nothing more can follow */
};

enum unpack_type {
    UNPACK_SPECIAL = 0, /* device, pipe, socket, unknown */
    UNPACK_FILE,
    UNPACK_FOLDER,
    UNPACK_SYMLINK,
    UNPACK_HARDLINK, /* to an earlier member, `link`. On ISO 9660 only: files that share their
                        blocks */
};

/* Borrowed until the next call. */
struct unpack_member {
    const char *name; /* as stored, in UTF-8 if it can be had so, else the raw bytes; "" for none */
    const char *link;
    enum unpack_type type;
    uint64_t size; /* as declared; 0 when it is not */
    bool encrypted;
};

struct unpack;

/*
 * Begin reading an archive that lies in head followed by tail (head may be empty), both borrowed
 * until unpack_close. kind is tar, zip, 7z, ISO or cabinet. Never NULL: where it cannot begin *e
 * says why, or unpack_next that it is not of this kind. Until unpack_close the thread may be in
 * another locale, so begin and close in one thread, nested.
 */
struct unpack *unpack_open(enum package_kind kind, struct span head, struct span tail,
                           struct err *e);

enum unpack_answer unpack_next(struct unpack *u, struct unpack_member *out, struct err *e);

/*
 * The bytes of the member that unpack_next gave, as *out. Where they lie in one piece in an archive
 * without a head, *out is that piece of tail, and *storage is empty; else *storage owns them
 * (bytes_release). More than limit is ERR_LIMIT. ERR_FORMAT when they cannot be had; *out then
 * holds what came before the break.
 */
bool unpack_read(struct unpack *u, uint64_t limit, struct bytes *storage, struct span *out,
                 struct err *e);

/* Did the last failure come of the archive's end being missing, rather than of wrong bytes? */
bool unpack_truncated(const struct unpack *u);

void unpack_close(struct unpack *u);

#endif
