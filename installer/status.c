#include "installer/status_inside.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/recognise.h"
#include "drivers-manifest/version.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 1024 };

static const char *const word_names[] = {
    "unknown",  "not-xen",       "unsupported",           "not-installed",         "broken",
    "degraded", "needs-restart", "working-with-warnings", "supported-and-working", NULL};
static const char *const severity_names[] = {"error", "warning", "info", NULL};

static const struct shape_field finding_fields[] = {
    FIELD(status_finding, code, SHAPE_TEXT),
    FIELD_ENUM(status_finding, severity, severity_names),
    FIELD(status_finding, subject, SHAPE_TEXT),
    FIELD(status_finding, message, SHAPE_TEXT),
    FIELD(status_finding, evidence, SHAPE_TEXTS),
    FIELD(status_finding, cause, SHAPE_TEXT),
    FIELD(status_finding, remedy, SHAPE_TEXT),
    FIELD(status_finding, command, SHAPE_TEXT),
    FIELD(status_finding, source, SHAPE_TEXT),
};
static const struct shape finding_shape = SHAPE_OF(struct status_finding, finding_fields);

static const struct shape_field status_fields[] = {
    FIELD_ENUM(status, word, word_names),
    FIELD_IN(status, findings, SHAPE_LIST, finding_shape),
};
const struct shape status_shape = SHAPE_OF(struct status, status_fields);

const char *status_word_name(enum status_word w)
{
    return word_names[w];
}

const char *status_severity_name(enum status_severity s)
{
    return severity_names[s];
}

/*
 * The worst first. What is certain goes before what could not be read: a guest whose devices are
 * not known, and whose next start fails, is broken.
 */
bool status_word_is_worse(enum status_word a, enum status_word b)
{
    static const int rank[] = {
        [STATUS_NOT_XEN] = 0,       [STATUS_BROKEN] = 1,
        [STATUS_UNKNOWN] = 2,       [STATUS_UNSUPPORTED] = 3,
        [STATUS_NOT_INSTALLED] = 4, [STATUS_DEGRADED] = 5,
        [STATUS_NEEDS_RESTART] = 6, [STATUS_WORKING_WITH_WARNINGS] = 7,
        [STATUS_WORKING] = 8,
    };
    return rank[a] < rank[b];
}

enum exit_code status_exit_code(enum status_word w)
{
    switch (w) {
    case STATUS_NOT_XEN: return EXIT_CODE_NOT_XEN;
    case STATUS_UNSUPPORTED: return EXIT_CODE_NO_SOURCE;
    case STATUS_NEEDS_RESTART: return EXIT_CODE_RESTART_NEEDED;
    case STATUS_WORKING:
    case STATUS_WORKING_WITH_WARNINGS: return EXIT_CODE_DONE;
    case STATUS_UNKNOWN:
    case STATUS_NOT_INSTALLED:
    case STATUS_BROKEN:
    case STATUS_DEGRADED: break;
    }
    return EXIT_CODE_NEEDS_ATTENTION;
}

/* --- what the rules share --------------------------------------------------------------------- */

struct status_finding *status_note(struct status_judging *g, enum status_code code,
                                   const char *subject, const char *format, ...)
{
    const struct status_code_row *row = status_code_row(code);
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    text_trim_partial(message, sizeof message);
    struct status_finding *f = shape_list_add(&g->out->findings, sizeof *f);
    *f = (struct status_finding){.code = mem_strdup(row->code),
                                 .severity = row->severity,
                                 .subject = mem_strdup(subject),
                                 .message = mem_strdup(message),
                                 .cause = mem_strdup(row->cause),
                                 .remedy = mem_strdup(row->remedy),
                                 .command = mem_strdup(row->command),
                                 .source = mem_strdup(row->source)};
    if (status_word_is_worse(row->word, g->out->word))
        g->out->word = row->word;
    return f;
}

void status_rests_on(struct status_finding *f, const char *format, ...)
{
    char line[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_trim_partial(line, sizeof line);
    texts_add(&f->evidence, line);
}

const char *status_or_unknown(const char *text)
{
    return text ? text : "?";
}

bool status_was_read(enum reading r)
{
    return r == READING_FULL || r == READING_PARTIAL;
}

/* Only ids that no emulated device has: what a PV driver is meant for. */
bool status_is_xen_device(const struct facts_device *d)
{
    static const char *const prefixes[] = {"PCI\\VEN_5853&DEV_0001",
                                           "PCI\\VEN_5853&DEV_0002",
                                           "PCI\\VEN_5853&DEV_C000",
                                           "XENBUS\\",
                                           "XENVIF\\",
                                           "XEN\\"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        for (size_t k = 0; k < d->hardware_ids.count; k++)
            if (text_starts_nocase(d->hardware_ids.at[k], prefixes[i]))
                return true;
    return false;
}

const struct facts_device *status_device_of(const struct facts *f, const char *service)
{
    for (size_t i = 0; service && i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->present != TRI_NO && d->service && status_is_xen_device(d) &&
            text_equal_nocase(d->service, service))
            return d;
    }
    return NULL;
}

bool status_is_installed_service(const struct status_judging *g, const char *service)
{
    for (size_t i = 0; service && i < g->installed.count; i++)
        if (texts_have_nocase(&manifest_family_by_id(g->manifest, g->installed.at[i])->services,
                              service))
            return true;
    return false;
}

const struct manifest_release *status_release_of(const struct status_judging *g,
                                                 const struct inventory_family *family)
{
    for (size_t i = 0; i < g->manifest->releases.count; i++) {
        const struct manifest_release *r = &g->manifest->releases.at[i];
        int order;
        if (strcmp(r->family, family->id) == 0 &&
            version_compare(r->version, family->version, &order) && order == 0)
            return r;
    }
    return NULL;
}

/* --- the judgement ---------------------------------------------------------------------------- */

enum part { DEVICES, PACKAGES, PRODUCTS };

/* The devices that something is bound to, borrowed from the facts; mem_free. */
static struct facts_device *bound_devices(const struct facts *f, size_t *count)
{
    struct facts_device *bound = mem_zero(f->devices.count + 1, sizeof *bound);
    for (size_t i = 0; i < f->devices.count; i++)
        if (f->devices.at[i].service)
            bound[(*count)++] = f->devices.at[i];
    return bound;
}

/* The families that one kind of trace alone shows. */
static void recognise_by(const struct status_judging *g, enum part part, struct texts *out)
{
    struct facts only = *g->facts;
    only.devices.count = 0;
    only.devices.at = bound_devices(g->facts, &only.devices.count);
    only.devices.count = part == DEVICES ? only.devices.count : 0;
    only.packages.count = part == PACKAGES ? only.packages.count : 0;
    only.products.count = part == PRODUCTS ? only.products.count : 0;
    recognise_families(&only, g->manifest, out);
    mem_free(only.devices.at);
}

/*
 * A family is installed when a present device is bound to it, or when packages are there together
 * with the product that brought them. Packages alone are only staged, unless there is nobody else
 * who could have been meant; a product alone is a left-over.
 */
static void recognise_installed(struct status_judging *g)
{
    recognise_by(g, DEVICES, &g->bound);
    recognise_by(g, PACKAGES, &g->staged);
    recognise_by(g, PRODUCTS, &g->products);
    for (size_t i = 0; i < g->manifest->families.count; i++) {
        const struct manifest_family *f = &g->manifest->families.at[i];
        bool meant = f->role == FAMILY_INSTALLABLE && !g->bound.count;
        if (texts_have_nocase(&g->bound, f->id) ||
            (texts_have_nocase(&g->staged, f->id) &&
             (meant || texts_have_nocase(&g->products, f->id))))
            texts_add(&g->installed, f->id);
    }
}

static void release(struct status_judging *g)
{
    inventory_release(&g->inventory);
    texts_release(&g->bound);
    texts_release(&g->staged);
    texts_release(&g->products);
    texts_release(&g->installed);
}

static int by_severity(const void *a, const void *b)
{
    const struct status_finding *x = a, *y = b;
    return (int)x->severity - (int)y->severity;
}

/* Stable, which qsort is not: what a rule noted first stays first. */
static void sort_findings(struct status *s)
{
    for (size_t i = 1; i < s->findings.count; i++) {
        struct status_finding f = s->findings.at[i];
        size_t k = i;
        for (; k && by_severity(&s->findings.at[k - 1], &f) > 0; k--)
            s->findings.at[k] = s->findings.at[k - 1];
        s->findings.at[k] = f;
    }
}

static void judge_guest(struct status_judging *g)
{
    static void (*const groups[])(struct status_judging *) = {
        status_judge_journal,  status_judge_windows,  status_judge_families, status_judge_releases,
        status_judge_devices,  status_judge_services, status_judge_paths,    status_judge_boot,
        status_judge_security, status_judge_restarts, status_judge_readings, status_judge_history,
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        groups[i](g);
    /* In the middle of a run nothing that is found says how this guest will be. */
    if (g->facts->run_at_work)
        g->out->word = STATUS_UNKNOWN;
}

void status_judge(const struct facts *f, const struct journal *j, const struct manifest *m,
                  struct status *out)
{
    struct status_judging g = {.facts = f, .journal = j, .manifest = m, .out = out};
    out->word = STATUS_WORKING;
    if (status_judge_platform(&g)) {
        inventory_take(f, m, &g.inventory);
        recognise_installed(&g);
        judge_guest(&g);
        release(&g);
    }
    sort_findings(out);
}

void status_release(struct status *s)
{
    shape_release(&status_shape, s);
}
