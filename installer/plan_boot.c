#include "installer/plan_boot.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct release_option {
    const char *family;
    unsigned long major, minor; /* from this version on */
    const char *option;
};

/* The last row that fits counts. */
static const struct release_option release_options[] = {
    {"gplpv", 0, 10, "NOGPLPV"},
    {"ejbpv", 1, 0, "NOEJBPV"},
    {"univention-gplpv", 0, 10, "NOGPLPV"},
    {"xenproject", 8, 1, "XEN:BOOT_EMULATED=TRUE"},
};

const char *plan_boot_option(const char *family, const char *version)
{
    const char *option = NULL;
    char *rest = NULL;
    unsigned long major = version ? strtoul(version, &rest, 10) : 0;
    unsigned long minor = rest && *rest == '.' ? strtoul(rest + 1, NULL, 10) : 0;
    for (size_t i = 0; family && i < sizeof release_options / sizeof *release_options; i++) {
        const struct release_option *o = &release_options[i];
        bool old_enough = major > o->major || (major == o->major && minor >= o->minor);
        if (strcmp(o->family, family) == 0 && old_enough)
            option = o->option;
    }
    return option;
}

static void add_step(struct journal *j, enum step_kind kind)
{
    struct journal_step *step = shape_list_add(&j->steps, sizeof *step);
    step->kind = kind;
}

/* Give the journal other steps in front of those that it has. */
static void put_in_front(struct journal *j, const enum step_kind *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_step(j, kinds[i]);
    size_t had = j->steps.count - count;
    struct journal_step *copy = mem_zero(count + 1, sizeof *copy);
    memcpy(copy, j->steps.at + had, count * sizeof *copy);
    memmove(j->steps.at + count, j->steps.at, had * sizeof *copy);
    memcpy(j->steps.at, copy, count * sizeof *copy);
    mem_free(copy);
}

static bool plans_restore_point(struct journal_boot *b, const struct facts *f,
                                const struct plan_boot_wishes *wishes)
{
    const char *why = wishes->no_restore_point ? "not wanted (--no-restore-point)"
                      : f->windows.type != PRODUCT_TYPE_WORKSTATION
                          ? "only clients of Windows make restore points"
                          : NULL;
    b->no_restore_point = mem_strdup(why);
    return !why;
}

static bool plans_fallback(struct journal *j, const struct plan_boot_wishes *wishes)
{
    struct journal_boot *b = &j->boot;
    b->option = mem_strdup(plan_boot_option(j->family, j->version));
    b->fallback_required = wishes->require_fallback ? TRI_YES : TRI_NO;
    if (wishes->no_fallback)
        b->no_fallback = mem_strdup("not wanted (--no-fallback)");
    else if (!b->option)
        b->no_fallback = mem_strdup("these drivers know no boot option for emulated devices");
    return !b->no_fallback || wishes->require_fallback;
}

/* A program that removes itself is gone at the next restart: the next job's is another file. */
static char *program_path(const struct plan_boot_wishes *wishes)
{
    static const char *const names[] = {"xenpv-resume.exe", "xenpv-resume-2.exe"};
    char *path = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text t = {0};
        mem_free(path);
        text_addf(&t, "%s\\%s", wishes->state_folder, names[i]);
        path = text_steal(&t);
        if (!wishes->earlier_program || !text_equal_nocase(wishes->earlier_program, path))
            break;
    }
    return path;
}

static void plan_continuation(struct journal *j, const struct plan_boot_wishes *wishes)
{
    if (wishes->no_continuation)
        return;
    j->boot.program = program_path(wishes);
    j->boot.arguments = mem_strdup(wishes->arguments);
    if (wishes->manifest_from) {
        struct text t = {0};
        text_addf(&t, "%s\\" CONTINUATION_MANIFEST, wishes->state_folder);
        j->boot.manifest = text_steal(&t);
        j->boot.manifest_from = mem_strdup(wishes->manifest_from);
        j->boot.manifest_sha256 = mem_strdup(wishes->manifest_sha256);
    }
    add_step(j, STEP_CONTINUATION);
}

void plan_boot(struct journal *j, const struct facts *f, const struct plan_boot_wishes *wishes)
{
    enum step_kind front[3];
    size_t count = 0;
    if (plans_restore_point(&j->boot, f, wishes))
        front[count++] = STEP_RESTORE_POINT;
    front[count++] = STEP_STORAGE;
    if (plans_fallback(j, wishes))
        front[count++] = STEP_FALLBACK;
    put_in_front(j, front, count);
    plan_continuation(j, wishes);
    add_step(j, STEP_BOOT_CHECK);
}

void plan_boot_removal(struct journal *j, const struct plan_boot_wishes *wishes)
{
    size_t restart = 0;
    while (restart < j->steps.count && j->steps.at[restart].kind != STEP_RESTART)
        restart++;
    if (restart == j->steps.count || wishes->no_continuation)
        return;
    plan_continuation(j, wishes);
    struct journal_step *steps = j->steps.at, last = steps[j->steps.count - 1];
    memmove(steps + restart + 1, steps + restart, (j->steps.count - 1 - restart) * sizeof *steps);
    steps[restart] = last;
}
