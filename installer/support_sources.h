/*
 * support_sources: which of the PV drivers' releases a Windows of the support table can use.
 *
 * Computed, never typed in: every answer is what select says of the guest that `plan --for`
 * assumes, asked once as it is and again with what could be changed (an update, test signing,
 * Secure Boot,
 * --accept), so that `support` cannot contradict `plan`. Each answer carries the words after --for
 * and the codes after --accept with which plan says the same.
 */
#ifndef XENPV_INSTALLER_SUPPORT_SOURCES_H
#define XENPV_INSTALLER_SUPPORT_SOURCES_H

#include "drivers-manifest/select.h"

/* One thing that must be so; its kind tells who answers for it. */
struct support_condition {
    char *code; /* "kb3033929", "testsigning", "secure-boot-off", or what --accept takes */
    char *what; /* for people */
};

struct support_objection {
    char *code, *sentence; /* select's */
};

/* What is true of one release on one Windows. */
struct support_release {
    char *family, *release, *version, *set;
    enum tri eligible;   /* with the conditions */
    char *words;         /* after plan's --for WINDOWS: "+kb3033929"; "" */
    struct texts accept; /* after plan's --accept */
    struct {
        struct support_condition *at;
        size_t count;
    } conditions;
    struct {
        struct support_objection *at;
        size_t count;
    } objections; /* that nothing takes away */
    struct number rank;
};

/* Consecutive versions of Windows for which all answers are the same. */
struct support_windows {
    char *name;           /* "Windows 10 1507..1511" */
    struct texts windows; /* ids of the Windows table */
    char *architecture;   /* "x64" */
    char *plan_for;       /* what `plan --for` calls the first of them */
    struct {
        struct support_release *at;
        size_t count;
    } releases; /* the eligible first, the fewest conditions first, then by rank */
};

/* A SHAPE_LIST of support_windows_shape. */
struct support_windows_list {
    struct support_windows *at;
    size_t count;
};

extern const struct shape support_windows_shape;

/* Which of a row's Windows are asked for; NULL and ARCHITECTURE_UNKNOWN: any. */
struct support_windows_filter {
    const char *id;
    enum architecture architecture;
};

/*
 * The answers for the Windows of one row, 32-bit ones first. A Windows that has no name for `plan
 * --for` is left out. *out must be zeroed.
 */
bool support_sources_of(const struct manifest *m, const struct support_row *row,
                        const struct support_windows_filter *filter,
                        struct support_windows_list *out, struct err *e);

/* The best release of a source, or NULL when it has none for this processor. */
const struct support_release *support_sources_best(const struct support_windows *w,
                                                   const struct support_source *source);

void support_sources_release(struct support_windows_list *l);

#endif
