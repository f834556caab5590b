#include "installer/filters.h"

#include "base/mem.h"

#include <string.h>

enum { UNIT = 2 }; /* bytes of a UTF-16 code unit */

static bool is_service_name(const char *service)
{
    size_t size = strlen(service);
    for (size_t i = 0; i < size; i++)
        if (service[i] <= ' ' || service[i] > '~' || service[i] == '\\' || service[i] == '/')
            return false;
    return size > 0 && size <= FILTERS_NAME_MAX;
}

static unsigned lower(unsigned unit)
{
    return unit >= 'A' && unit <= 'Z' ? unit + ('a' - 'A') : unit;
}

static bool is_ours(struct span entry, const char *service)
{
    size_t size = strlen(service);
    if (entry.size / UNIT != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        uint16_t unit = 0;
        if (!span_u16(entry, i * UNIT, &unit) || lower(unit) != lower((unsigned char)service[i]))
            return false;
    }
    return true;
}

/* Units before the next NUL of *rest, which are cut off with the NUL; false when there is no NUL.
 */
static bool take_entry(struct span *rest, struct span *entry)
{
    struct span nul;
    uint16_t unit = 0;
    size_t size = 0;
    while (span_u16(*rest, size, &unit) && unit)
        size += UNIT;
    return span_take(rest, size, entry) && span_take(rest, UNIT, &nul);
}

static bool is_zero(struct span s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.at[i])
            return false;
    return true;
}

static void append(struct bytes *value, struct span entry)
{
    memcpy(value->at + value->size, entry.at, entry.size);
    value->size += entry.size + UNIT; /* the storage is zeroed: the NUL is there */
}

/* Entries that are not ours go into edit->value, which has room for all of rest. */
static bool keep_others(struct span rest, const char *service, struct filters_edit *edit)
{
    struct span entry;
    while (take_entry(&rest, &entry)) {
        if (!entry.size) { /* the list's end: nothing may follow it */
            edit->value.size += UNIT;
            return !rest.size;
        }
        if (is_ours(entry, service)) {
            edit->removed++;
        } else {
            append(&edit->value, entry);
            edit->left++;
        }
    }
    return false;
}

bool filters_remove(struct span multi, const char *service, struct filters_edit *out, struct err *e)
{
    struct filters_edit edit = {0};
    if (!is_service_name(service))
        return err_set(e, ERR_USAGE, "'%.80s' is not a service name", service);
    if (multi.size > FILTERS_SIZE_MAX)
        return err_set(e, ERR_LIMIT, "the filter list has %lu bytes; at most %d are edited",
                       (unsigned long)multi.size, FILTERS_SIZE_MAX);
    edit.value.at = mem_zero(multi.size + UNIT, 1);
    if (multi.size <= 2 * UNIT && multi.size % UNIT == 0 && is_zero(multi)) {
        edit.value.size = multi.size;
    } else if (!keep_others(multi, service, &edit)) {
        filters_edit_release(&edit);
        return err_set(e, ERR_FORMAT,
                       "the filter list is not a well-formed list of names; it is left as it is");
    }
    *out = edit;
    return true;
}

void filters_edit_release(struct filters_edit *edit)
{
    if (!edit)
        return;
    bytes_release(&edit->value);
    memset(edit, 0, sizeof *edit);
}
