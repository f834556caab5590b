/*
 * support_report: what `xenpv support` answers: rows of the support table, and for Windows what was
 * computed of them.
 *
 * One struct behind text and JSON. It borrows from the manifest, which must outlive it.
 */
#ifndef XENPV_INSTALLER_SUPPORT_REPORT_H
#define XENPV_INSTALLER_SUPPORT_REPORT_H

#include "installer/support_sources.h"

enum { SUPPORT_REPORT_SCHEMA = 1, SUPPORT_REPORT_WIDTH = 80 };

struct support_entry {
    const struct support_group *group;
    const struct support_row *row;
    struct support_windows_list windows; /* owned; empty where it is no Windows */
};

struct support_report {
    const struct manifest *manifest;
    const char *query; /* NULL: the whole table */
    enum support_by by;
    const char *message; /* why there is no entry, or NULL */
    struct {
        struct support_entry *at;
        size_t count;
    } entries;
    struct support_matches near;
};

/* Add a row, with its answers for the Windows that the filter lets through. */
bool support_report_add(struct support_report *r, const struct support_match *match,
                        const struct support_windows_filter *filter, struct err *e);

/*
 * One entry as all that is known of it, several as a table no wider than SUPPORT_REPORT_WIDTH,
 * footnotes below. mem_free.
 */
char *support_report_text(const struct support_report *r);

char *support_report_json(const struct support_report *r);

void support_report_release(struct support_report *r);

#endif
