/*
 * fleet: what the JSON reports of many guests say together.
 *
 * One row for each guest, and how many guests have each status, finding, family with its version,
 * and Windows. Pure: bytes -> rows -> counts. Of a report only what a row needs is read, so that
 * reports of older and newer programs can be read too; what is no report of ours is refused with a
 * reason and counted. Which drivers a guest has is judged anew from its facts, since not every
 * command looks. fleet opens no file, and knows no format but the report's.
 *
 * A report does not say what its guest is called (facts leave names out): the row's name is the
 * caller's, and two reports with the same SMBIOS UUID are counted as such, not merged.
 */
#ifndef XENPV_INSTALLER_FLEET_H
#define XENPV_INSTALLER_FLEET_H

#include "drivers-manifest/manifest.h"

/* The status of a report that has none, such as one of `plan`. */
#define FLEET_NOT_JUDGED "not-judged"

enum { FLEET_SCHEMA = 1, FLEET_REPORT_MAX = 16 * 1024 * 1024 /* bytes of one report */ };

struct fleet_family {
    char *id, *version; /* version may be NULL: not known */
};

struct fleet_finding {
    char *code, *severity, *subject;
};

/* One report. What was not known is NULL, but for name, status and command. */
struct fleet_guest {
    char *name, *uuid; /* uuid: the SMBIOS one, which is Xen's for this guest */
    char *status;      /* a word of status.h, or a newer one; or FLEET_NOT_JUDGED */
    char *windows, *command, *program;
    struct number exit_code, xen_major, xen_minor;
    char *message;
    struct {
        struct fleet_family *at;
        size_t count;
    } families;
    struct {
        struct fleet_finding *at;
        size_t count;
    } findings;
};

/* A file that is no report. */
struct fleet_refusal {
    char *file, *reason;
};

/* So many guests have this. */
struct fleet_count {
    char *name;   /* status word, finding's code, family's id, name of Windows */
    char *detail; /* finding's severity, family's version; else NULL */
    struct number guests;
};

/* In the order of name and detail, as bytes. */
struct fleet_counts {
    struct fleet_count *at;
    size_t count;
};

/* Owned; lists grow by fleet_add and fleet_refuse. */
struct fleet {
    struct number schema;
    char *program;
    struct number reports, refused;
    struct number duplicates; /* reports whose UUID an earlier row has */
    struct fleet_counts statuses, findings, families, windows;
    struct {
        struct fleet_guest *at;
        size_t count;
    } guests;
    struct {
        struct fleet_refusal *at;
        size_t count;
    } refusals;
};

void fleet_init(struct fleet *f);

/* Read one report into *out (zeroed; fleet_guest_release). ERR_FORMAT, with the reason: not one. */
bool fleet_read(struct span json, const struct manifest *m, struct fleet_guest *out, struct err *e);

/* Take over what a guest holds and give it its name; g is left zeroed. */
void fleet_add(struct fleet *f, const char *name, struct fleet_guest *g);

void fleet_refuse(struct fleet *f, const char *file, const char *reason);

/* Once all are there: guests are put in order, the worst status first and then by name ("web2"
 * before "web10"), and counted. */
void fleet_sum(struct fleet *f);

/* The row of a count that fleet_sum made, or NULL. */
const struct fleet_count *fleet_count_of(const struct fleet_counts *c, const char *name,
                                         const char *detail);

/* The rows in the order in which people want them: statuses from worst to best, the others by the
 * number of guests. Count pointers; mem_free. */
const struct fleet_count **fleet_counts_ranked(const struct fleet *f, const struct fleet_counts *c);

/* The worst is 0; words that are not known count as "unknown", which is
 * the worst. */
unsigned fleet_status_rank(const char *status);

/* How many of a guest's findings have this severity. */
size_t fleet_findings_of(const struct fleet_guest *g, const char *severity);

/* Names as people order them: runs of digits by their number, letters without case; never 0 for two
 * different names. */
int fleet_compare_names(const char *a, const char *b);

char *fleet_json(const struct fleet *f); /* mem_free */

void fleet_guest_release(struct fleet_guest *g);
void fleet_release(struct fleet *f);

#endif
