#include "installer/archive_dates.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    SECTOR = 2048,
    DESCRIPTORS_AT = 16, /* sectors */
    DESCRIPTORS_MAX = 16,
    PRIMARY = 1,
    SUPPLEMENTARY = 2,
    TERMINATOR = 255,
    LONG_DATES_AT = 813,
    LONG_DATE = 17,
    LONG_DATES = 4,
    ROOT_AT = 156,
    RECORD_MIN = 34,
    RECORD_DATE = 18,
    SHORT_DATE = 7,
    RECORD_FLAGS = 25,
    FLAG_FOLDER = 2,
    FIRST_YEAR = 1900,
    LAST_YEAR = FIRST_YEAR + 255,
};

/* The date as the descriptors and as the entries have it. */
struct dates {
    char text[LONG_DATE];
    uint8_t bytes[SHORT_DATE];
};

struct extent {
    uint32_t sector, size;
};

struct walk {
    struct file_opened *image;
    struct dates dates;
    struct extent *folders; /* found, in the order of looking at them */
    size_t count, next;
};

/* The civil date of a day since 1970 (Howard Hinnant's algorithm, for years after 0). */
static void civil(int64_t day, unsigned *year, unsigned *month, unsigned *of_month)
{
    int64_t z = day + 719468, era = z / 146097;
    unsigned in_era = (unsigned)(z - era * 146097);
    unsigned y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    unsigned in_year = in_era - (365 * y + y / 4 - y / 100), shifted = (5 * in_year + 2) / 153;
    *of_month = in_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = (unsigned)(y + (unsigned)era * 400) + (*month <= 2);
}

static bool make_dates(int64_t seconds, struct dates *d)
{
    enum { DAY = 24 * 60 * 60 };
    unsigned year, month, day, rest = (unsigned)(seconds % DAY);
    char text[32];
    if (seconds < 0)
        return false;
    civil(seconds / DAY, &year, &month, &day);
    if (year > LAST_YEAR)
        return false;
    snprintf(text, sizeof text, "%04u%02u%02u%02u%02u%02u00", year, month, day, rest / 3600,
             rest / 60 % 60, rest % 60);
    memcpy(d->text, text, LONG_DATE - 1);
    d->text[LONG_DATE - 1] = 0; /* UTC */
    const uint8_t bytes[SHORT_DATE] = {(uint8_t)(year - FIRST_YEAR),
                                       (uint8_t)month,
                                       (uint8_t)day,
                                       (uint8_t)(rest / 3600),
                                       (uint8_t)(rest / 60 % 60),
                                       (uint8_t)(rest % 60),
                                       0};
    memcpy(d->bytes, bytes, sizeof bytes);
    return true;
}

static bool add_folder(struct walk *w, const struct extent *found, struct err *e)
{
    if (w->count >= ARCHIVE_DATES_FOLDERS_MAX || found->size > ARCHIVE_DATES_FOLDER_MAX)
        return err_set(e, ERR_LIMIT, "the image has too many folders");
    w->folders = mem_resize(w->folders, w->count + 1, sizeof *w->folders);
    w->folders[w->count++] = *found;
    return true;
}

/* The extent that a record tells of; both numbers stand there in both byte orders. */
static bool read_extent(struct span record, struct extent *out)
{
    return span_u32(record, 2, &out->sector) && span_u32(record, 10, &out->size);
}

/* 0 digits are "not given", and stay so. */
static bool set_descriptor(struct walk *w, uint8_t *sector, struct err *e)
{
    struct extent root;
    for (size_t i = 0; i < LONG_DATES; i++) {
        char *at = (char *)sector + LONG_DATES_AT + i * LONG_DATE;
        if (strspn(at, "0") < LONG_DATE - 1)
            memcpy(at, w->dates.text, LONG_DATE);
    }
    memcpy(sector + ROOT_AT + RECORD_DATE, w->dates.bytes, SHORT_DATE);
    return read_extent(span_of(sector + ROOT_AT, RECORD_MIN), &root) && add_folder(w, &root, e);
}

/* Behind the descriptors libarchive leaves a note with the time of day, which no reader looks at.
 */
static bool wipe_note(struct walk *w, uint64_t at, struct err *e)
{
    static const char note[] = "INFO ";
    static const uint8_t blank[SECTOR];
    char head[sizeof note - 1];
    return file_part(w->image, at, head, sizeof head, e) &&
           (memcmp(head, note, sizeof head) != 0 ||
            file_put(w->image, at, span_of(blank, sizeof blank), e));
}

static bool set_descriptors(struct walk *w, struct err *e)
{
    uint8_t sector[SECTOR + 1] = {0};
    for (uint64_t i = 0; i < DESCRIPTORS_MAX; i++) {
        uint64_t at = (DESCRIPTORS_AT + i) * SECTOR;
        if (!file_part(w->image, at, sector, SECTOR, e))
            return false;
        if (memcmp(sector + 1, "CD001", 5) != 0)
            return err_set(e, ERR_FORMAT, "the image has no volume descriptor");
        if (sector[0] == TERMINATOR)
            return wipe_note(w, at + SECTOR, e);
        if ((sector[0] == PRIMARY || sector[0] == SUPPLEMENTARY) &&
            (!set_descriptor(w, sector, e) || !file_put(w->image, at, span_of(sector, SECTOR), e)))
            return false;
    }
    return err_set(e, ERR_FORMAT, "the image's volume descriptors have no end");
}

/* The first two entries of a folder are itself and the one above it. */
static bool set_entries(struct walk *w, uint8_t *at, size_t size, struct err *e)
{
    unsigned index = 0;
    for (size_t i = 0; i < size;) {
        size_t length = at[i];
        struct extent inner;
        if (!length) { /* an entry does not go over the end of a sector */
            i = (i / SECTOR + 1) * SECTOR;
            continue;
        }
        if (length < RECORD_MIN || length > size - i)
            return err_set(e, ERR_FORMAT, "an entry of a folder goes over its end");
        memcpy(at + i + RECORD_DATE, w->dates.bytes, SHORT_DATE);
        if (index++ >= 2 && at[i + RECORD_FLAGS] & FLAG_FOLDER &&
            !(read_extent(span_of(at + i, length), &inner) && add_folder(w, &inner, e)))
            return false;
        i += length;
    }
    return true;
}

static bool set_folder(struct walk *w, const struct extent *folder, struct err *e)
{
    uint64_t at = (uint64_t)folder->sector * SECTOR;
    uint8_t *bytes = mem_zero(folder->size ? folder->size : 1, 1);
    bool ok = file_part(w->image, at, bytes, folder->size, e) &&
              set_entries(w, bytes, folder->size, e) &&
              file_put(w->image, at, span_of(bytes, folder->size), e);
    mem_free(bytes);
    return ok;
}

bool archive_dates_set(struct file_opened *image, int64_t seconds, struct err *e)
{
    struct walk w = {.image = image};
    if (!make_dates(seconds, &w.dates))
        return err_set(e, ERR_USAGE, "no ISO image can have the time %lld", (long long)seconds);
    bool ok = set_descriptors(&w, e);
    while (ok && w.next < w.count) {
        const struct extent folder = w.folders[w.next++];
        ok = set_folder(&w, &folder, e);
    }
    mem_free(w.folders);
    return ok || err_wrap(e, "ISO image");
}
