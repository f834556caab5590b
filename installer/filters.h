/*
 * filters: taking one service out of a filter list, and nothing else.
 *
 * UpperFilters and LowerFilters are REG_MULTI_SZ values that several vendors share: a token of
 * somebody else that is lost, doubled or moved can keep a machine from booting. filters edits the
 * value's bytes; it knows nothing of the registry and of what the services are. A value that is not
 * a well-formed REG_MULTI_SZ is refused, never repaired.
 */
#ifndef XENPV_INSTALLER_FILTERS_H
#define XENPV_INSTALLER_FILTERS_H

#include "base/err.h"
#include "base/file.h"
#include "base/span.h"

enum {
    FILTERS_SIZE_MAX = 64 * 1024, /* bytes of one list; real ones have a few dozen */
    FILTERS_NAME_MAX = 256,       /* characters of a service name (CreateService) */
};

/* What an edit came to. Zeroed is "nothing removed". */
struct filters_edit {
    struct bytes value; /* the new value, a well-formed REG_MULTI_SZ; bytes_release */
    size_t removed;     /* entries that were ours */
    size_t left;        /* entries that are not; 0: the value is to be deleted */
};

/*
 * Take every entry that is `service`, in whatever case (A-Z only) and however often it stands, out
 * of the REG_MULTI_SZ bytes in `multi` (UTF-16LE). All other entries keep their bytes and their
 * order. When nothing was ours, value holds the bytes of multi. Well-formed is: nothing at all; one
 * or two NULs (an empty list); or entries of at least one character, each ended by a NUL, and one
 * more NUL at the end.
 *
 * ERR_FORMAT when it is anything else, ERR_LIMIT past FILTERS_SIZE_MAX, ERR_USAGE for a service
 * name that is empty, too long or not printable ASCII.
 */
bool filters_remove(struct span multi, const char *service, struct filters_edit *out,
                    struct err *e);

void filters_edit_release(struct filters_edit *edit);

#endif
