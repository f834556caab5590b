#include "verifier/unpack.h"

#include "verifier/unpack_locale.h"

#include "base/mem.h"
#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum {
    FIRST_ROOM = 64 * 1024, /* a declared size is not trusted beyond this */
    TAR_BLOCK = 512,
};

struct unpack {
    struct archive *archive;
    struct archive_entry *entry;
    enum package_kind kind;
    struct span parts[2]; /* head and tail */
    uint64_t position;    /* of the next byte that libarchive is given, over both parts */
    uint64_t size;
    struct text name, link;
    bool truncated;
    void *locale;
    bool broken; /* libarchive will not go on; the caller has been told why */
    bool not_this;
};

/*
 * libarchive wants a buffer for what does not lie in one piece before it. Of an image in one piece
 * of memory that is only what would lie behind its end: a directory that is said to have 4 GB. It
 * says this then, be there memory or not.
 */
static bool points_beyond_end(const struct unpack *u, struct archive *a)
{
    const char *words = archive_error_string(a);
    return u->kind == PACKAGE_ISO && words && strstr(words, "Failed to read full block") != NULL;
}

/*
 * What a call of libarchive came back with, before which errno was 0. Memory that ran out in it
 * says nothing of the archive, and ends the program. Mostly libarchive tells of it by ENOMEM; out
 * of the search for a format, the directory of a 7z and its own beginnings it comes back with
 * another reason or none, and errno alone tells. That has to be 0 before for another reason, too:
 * where a name cannot be converted, libarchive takes an ENOMEM that was there already for its own,
 * and ends the program.
 */
#define ASK(u, a, call) (errno = 0, heard((u), (a), (call)))

static int heard(const struct unpack *u, struct archive *a, int result)
{
    bool exhausted = errno == ENOMEM || archive_errno(a) == ENOMEM;
    if (result != ARCHIVE_OK && exhausted && !points_beyond_end(u, a))
        mem_exhausted();
    return result;
}

/* The rest of the part that position is in; all of it is one block for libarchive, which copies
 * nothing. */
static la_ssize_t give_block(struct archive *a, void *context, const void **block)
{
    struct unpack *u = context;
    struct span rest = u->position < u->parts[0].size
                           ? span_from(u->parts[0], u->position)
                           : span_from(u->parts[1], u->position - u->parts[0].size);
    (void)a;
    *block = rest.at;
    u->position += rest.size;
    return (la_ssize_t)rest.size;
}

static la_int64_t skip_bytes(struct archive *a, void *context, la_int64_t request)
{
    struct unpack *u = context;
    uint64_t left = u->size - u->position;
    uint64_t skip = request > 0 && (uint64_t)request < left ? (uint64_t)request
                    : request > 0                           ? left
                                                            : 0;
    (void)a;
    u->position += skip;
    return (la_int64_t)skip;
}

static la_int64_t seek_bytes(struct archive *a, void *context, la_int64_t offset, int whence)
{
    struct unpack *u = context;
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? (int64_t)u->position
                                        : (int64_t)u->size;
    (void)a;
    if (offset < -base || offset > (int64_t)u->size - base)
        return ARCHIVE_FATAL;
    u->position = (uint64_t)(base + offset);
    return (la_int64_t)u->position;
}

static int append_tar_filter(struct archive *a, struct span front)
{
    uint8_t first = 0;
    span_u8(front, 0, &first);
    switch (first) {
    case 0x1f: return archive_read_append_filter(a, ARCHIVE_FILTER_GZIP);
    case 'B':
        return span_starts(front, span_text("BZh"))
                   ? archive_read_append_filter(a, ARCHIVE_FILTER_BZIP2)
                   : ARCHIVE_OK;
    case 0xfd: return archive_read_append_filter(a, ARCHIVE_FILTER_XZ);
    default: return ARCHIVE_OK;
    }
}

static int support(struct archive *a, enum package_kind kind, struct span front)
{
    int result;
    switch (kind) {
    case PACKAGE_TAR:
        result = archive_read_support_format_tar(a);
        return result == ARCHIVE_OK ? append_tar_filter(a, front) : result;
    case PACKAGE_ZIP: return archive_read_support_format_zip_seekable(a);
    case PACKAGE_7Z: return archive_read_support_format_7zip(a);
    case PACKAGE_ISO: return archive_read_support_format_iso9660(a);
    case PACKAGE_CAB: return archive_read_support_format_cab(a);
    default: return ARCHIVE_FATAL;
    }
}

/* libarchive tells a missing end only in words. */
static bool says_truncated(const char *words)
{
    static const char *const signs[] = {"runcated", "nexpected end", "nexpected EOF", "remature",
                                        "end of file"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strstr(words, signs[i]))
            return true;
    return false;
}

/* A 7z file begins with where its directory is: offset and size, from byte 32 on. */
static bool is_cut_7z(struct span s)
{
    uint64_t offset = 0, size = 0;
    struct span rest = span_from(s, 32);
    return span_u64(s, 12, &offset) && span_u64(s, 20, &size) && !span_holds(rest, offset, size);
}

/* Record what libarchive says of archive a, which is ours or one that looks into the same bytes.
 * False. */
static bool fail(struct unpack *u, struct archive *a, struct err *e)
{
    const char *words = archive_error_string(a);
    struct text safe = {0};
    text_add_escaped(&safe, words && words[0] ? words : "the archive library gives no reason");
    bool unrecognized = strstr(text_str(&safe), "Unrecognized archive format") != NULL;
    if (u->kind == PACKAGE_ZIP && unrecognized) {
        u->truncated = true; /* the directory of a zip is at its end */
        err_set(e, ERR_FORMAT, "its directory is not there");
    } else {
        u->truncated =
            says_truncated(text_str(&safe)) || (u->kind == PACKAGE_7Z && is_cut_7z(u->parts[1]));
        err_set(e, ERR_FORMAT, "%s", text_str(&safe));
    }
    text_release(&safe);
    return false;
}

/* archive_read_new does not look whether it got an entry for archive_read_next_header, which then
 * writes through NULL: so each archive is read into one of our own. */
static struct archive_entry *new_entry(struct archive *a)
{
    return mem_checked(archive_entry_new2(a));
}

static bool begin(struct unpack *u, struct archive *a)
{
    u->position = 0;
    return ASK(u, a, archive_read_set_read_callback(a, give_block)) == ARCHIVE_OK &&
           archive_read_set_skip_callback(a, skip_bytes) == ARCHIVE_OK &&
           archive_read_set_seek_callback(a, seek_bytes) == ARCHIVE_OK &&
           ASK(u, a, archive_read_set_callback_data(a, u)) == ARCHIVE_OK &&
           ASK(u, a, archive_read_open1(a)) == ARCHIVE_OK;
}

/*
 * No tar was recognised. Either the compressed bytes are broken, which libarchive does not say
 * then, or they are whole and something else: look at the first of them without a format. False,
 * with the reason, when they are broken.
 */
static bool is_something_else(struct unpack *u, struct err *e)
{
    char block[TAR_BLOCK];
    struct archive *a = mem_checked(archive_read_new());
    struct archive_entry *entry = new_entry(a);
    bool ok = ASK(u, a, append_tar_filter(a, u->parts[1])) == ARCHIVE_OK &&
              ASK(u, a, archive_read_support_format_raw(a)) == ARCHIVE_OK && begin(u, a) &&
              ASK(u, a, archive_read_next_header2(a, entry)) == ARCHIVE_OK &&
              ASK(u, a, (int)archive_read_data(a, block, sizeof block)) >= 0;
    archive_entry_free(entry);
    archive_read_free(a);
    return ok || err_set(e, ERR_FORMAT, "its compressed bytes are broken or end early");
}

struct unpack *unpack_open(enum package_kind kind, struct span head, struct span tail,
                           struct err *e)
{
    struct unpack *u = mem_zero(1, sizeof *u);
    u->kind = kind;
    u->parts[0] = head;
    u->parts[1] = tail;
    u->size = (uint64_t)head.size + tail.size;
    u->locale = unpack_locale_enter();
    u->archive = mem_checked(archive_read_new());
    u->entry = new_entry(u->archive);
    bool ok =
        ASK(u, u->archive, support(u->archive, kind, tail)) == ARCHIVE_OK && begin(u, u->archive);
    if (ok)
        return u;
    if (kind == PACKAGE_TAR)
        u->not_this = is_something_else(u, e);
    else
        fail(u, u->archive, e);
    u->broken = true;
    return u;
}

static enum unpack_type type_of(struct archive_entry *entry)
{
    if (archive_entry_hardlink(entry) || archive_entry_hardlink_w(entry))
        return UNPACK_HARDLINK;
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG: return UNPACK_FILE;
    case AE_IFDIR: return UNPACK_FOLDER;
    case AE_IFLNK: return UNPACK_SYMLINK;
    default: return UNPACK_SPECIAL;
    }
}

/* One name in the forms that libarchive may have it in; any may be NULL. */
struct forms {
    const char *raw, *utf8;
    const wchar_t *wide;
};

/*
 * The stored bytes where they are UTF-8, as in ASCII names, tars and Rock Ridge. Else what
 * libarchive made of zip's, 7z's and Joliet's encodings: on Windows that is UTF-16, and its "raw"
 * form is in the code page of the system.
 */
static void keep_name(struct text *t, struct forms f)
{
    text_release(t);
    if (f.raw && text_is_utf8(span_text(f.raw)))
        text_add(t, f.raw);
    else if (f.wide && sizeof *f.wide == 2)
        text_add_utf16le(t, span_of(f.wide, wcslen(f.wide) * 2));
    else
        text_add(t, f.utf8 ? f.utf8 : f.raw);
}

static void describe(struct unpack *u, struct unpack_member *out)
{
    struct archive_entry *entry = u->entry;
    errno = 0; /* see ASK */
    keep_name(&u->name,
              (struct forms){archive_entry_pathname(entry), archive_entry_pathname_utf8(entry),
                             archive_entry_pathname_w(entry)});
    keep_name(&u->link,
              (struct forms){archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry),
                             archive_entry_hardlink_w(entry)});
    int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;
    *out = (struct unpack_member){
        .name = text_str(&u->name),
        .link = text_str(&u->link),
        .type = type_of(entry),
        .size = size > 0 ? (uint64_t)size : 0,
        .encrypted = archive_entry_is_encrypted(entry) != 0,
    };
}

/* A tar ends with blocks of zeros. One that merely stops was cut at a member's end, which
 * libarchive takes. */
static bool tar_has_end(struct unpack *u)
{
    int64_t last = archive_read_header_position(u->archive),
            read = archive_filter_bytes(u->archive, 0);
    return u->kind != PACKAGE_TAR || read - last >= TAR_BLOCK;
}

/*
 * libarchive would go on behind a broken tar header, looking for the next thing that resembles one.
 * What follows a break is not to be believed, so everything that is not plainly fine ends the
 * reading.
 */
enum unpack_answer unpack_next(struct unpack *u, struct unpack_member *out, struct err *e)
{
    if (u->broken)
        return u->not_this ? UNPACK_NOT_THIS : UNPACK_END;
    int result = ASK(u, u->archive, archive_read_next_header2(u->archive, u->entry));
    if (result == ARCHIVE_EOF) {
        if (tar_has_end(u))
            return UNPACK_END;
        u->truncated = true;
        err_set(e, ERR_FORMAT, "the archive stops without its end mark");
        return UNPACK_BROKEN;
    }
    if (result == ARCHIVE_OK || result == ARCHIVE_WARN) {
        describe(u, out);
        return UNPACK_MEMBER;
    }
    fail(u, u->archive, e);
    return UNPACK_BROKEN;
}

/* Growing storage for one member. */
struct growth {
    struct bytes have;
    size_t room;
    struct span in_place; /* all that came so far, while have is empty */
    uint64_t limit;
};

/* Room up to size bytes, doubling; what is between is zero (the holes of sparse files). */
static void grow_to(struct growth *g, size_t size)
{
    if (size > g->room) {
        size_t room = g->room ? g->room : FIRST_ROOM;
        while (room < size)
            room = room > SIZE_MAX / 2 ? size : room * 2;
        g->have.at = mem_resize(g->have.at, room, 1);
        g->room = room;
    }
    if (size > g->have.size) {
        memset(g->have.at + g->have.size, 0, size - g->have.size);
        g->have.size = size;
    }
}

static bool add_block(struct growth *g, struct span block, int64_t offset)
{
    if (offset < 0 || (uint64_t)offset > g->limit || block.size > g->limit - (uint64_t)offset)
        return false;
    size_t at = (size_t)offset;
    if (at < g->have.size)
        return false; /* members are written forward only */
    if (!block.size)
        return true;
    grow_to(g, at);
    if (g->room - at < block.size)
        grow_to(g, at + block.size);
    memcpy(g->have.at + at, block.at, block.size);
    g->have.size = at + block.size;
    return true;
}

/* A stretch of the archive itself, as the bytes of a stored member are. */
static bool lies_in_archive(const struct unpack *u, struct span s)
{
    uintptr_t from = (uintptr_t)u->parts[1].at, at = (uintptr_t)s.at;
    return !u->parts[0].size && at >= from && span_holds(u->parts[1], at - from, s.size);
}

/* The member is what was in place so far and this, too. False: it has to be put together. */
static bool add_in_place(const struct unpack *u, struct growth *g, struct span block,
                         int64_t offset)
{
    struct span *whole = &g->in_place;
    if (g->have.at || !block.size || offset < 0 || (uint64_t)offset != whole->size ||
        !lies_in_archive(u, block) || (whole->size && whole->at + whole->size != block.at))
        return false;
    *whole = span_of(whole->size ? whole->at : block.at, whole->size + block.size);
    return true;
}

/* Nothing is copied as long as all of the member lies in the archive in one piece. */
static bool take_block(const struct unpack *u, struct growth *g, struct span block, int64_t offset)
{
    if (add_in_place(u, g, block, offset))
        return g->in_place.size <= g->limit;
    if (block.size && g->in_place.size) {
        struct span before = g->in_place;
        g->in_place = (struct span){0};
        if (!add_block(g, before, 0))
            return false;
    }
    return add_block(g, block, offset);
}

bool unpack_read(struct unpack *u, uint64_t limit, struct bytes *storage, struct span *out,
                 struct err *e)
{
    struct growth g = {.limit = limit};
    int result;
    for (;;) {
        const void *at = NULL;
        size_t size = 0;
        la_int64_t offset = 0;
        result = ASK(u, u->archive, archive_read_data_block(u->archive, &at, &size, &offset));
        bool has_block = result == ARCHIVE_OK || result == ARCHIVE_WARN;
        if (has_block && !take_block(u, &g, span_of(at, size), offset)) {
            bytes_release(&g.have);
            return err_set(e, ERR_LIMIT, "it is larger than %llu bytes", (unsigned long long)limit);
        }
        if (result != ARCHIVE_OK) /* a wrong checksum in a zip is only a warning for libarchive */
            break;
    }
    *storage = g.have;
    *out = g.have.at ? bytes_span(&g.have) : g.in_place;
    u->broken = result == ARCHIVE_FATAL;
    return result == ARCHIVE_EOF || fail(u, u->archive, e);
}

bool unpack_truncated(const struct unpack *u)
{
    return u->truncated;
}

void unpack_close(struct unpack *u)
{
    if (!u)
        return;
    archive_entry_free(u->entry);
    archive_read_free(u->archive);
    text_release(&u->name);
    text_release(&u->link);
    unpack_locale_leave(u->locale);
    mem_free(u);
}
