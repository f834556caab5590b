#include "installer/status.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/recognise.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    MESSAGE_MAX = 400,
    PROBLEM_NEED_RESTART = 14,
    PROBLEM_FAILED_INSTALL = 28,
    PROBLEM_UNSIGNED = 52
};

static const char *const word_names[] = {
    "unknown",  "not-xen",       "unsupported",           "not-installed",         "broken",
    "degraded", "needs-restart", "working-with-warnings", "supported-and-working", NULL};
static const char *const severity_names[] = {"error", "warning", "info", NULL};

static const struct shape_field finding_fields[] = {
    FIELD(status_finding, code, SHAPE_TEXT),
    FIELD_ENUM(status_finding, severity, severity_names),
    FIELD(status_finding, subject, SHAPE_TEXT),
    FIELD(status_finding, message, SHAPE_TEXT),
    FIELD(status_finding, remedy, SHAPE_TEXT),
};
static const struct shape finding_shape = SHAPE_OF(struct status_finding, finding_fields);

static const struct shape_field status_fields[] = {
    FIELD_ENUM(status, word, word_names),
    {.name = "findings",
     .kind = SHAPE_LIST,
     .offset = offsetof(struct status, findings),
     .shape = &finding_shape},
};
const struct shape status_shape = SHAPE_OF(struct status, status_fields);

const char *status_word_name(enum status_word w)
{
    return word_names[w];
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

/* One judgement under way. Each rule may lower the word, never raise it. */
struct judging {
    const struct facts *facts;
    const struct journal *journal;
    const struct manifest *manifest;
    struct status *out;
};

static void lower(struct judging *g, enum status_word word)
{
    if (word < g->out->word)
        g->out->word = word;
}

/* What a finding is about and what may be done. */
struct about {
    enum status_severity severity;
    const char *code, *subject, *remedy;
};

static void note(struct judging *g, const struct about *a, const char *format, ...)
    ERR_PRINTF(3, 4);

static void note(struct judging *g, const struct about *a, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct status_finding *f = shape_list_add(&g->out->findings, sizeof *f);
    *f = (struct status_finding){.code = mem_strdup(a->code),
                                 .subject = mem_strdup(a->subject),
                                 .message = mem_strdup(message),
                                 .remedy = mem_strdup(a->remedy),
                                 .severity = a->severity};
    if (a->severity != STATUS_INFO)
        lower(g, STATUS_WORKING_WITH_WARNINGS);
}

static bool rule_platform(struct judging *g)
{
    switch (g->facts->platform.hypervisor) {
    case HYPERVISOR_XEN: return true;
    case HYPERVISOR_NONE:
    case HYPERVISOR_OTHER:
        note(g, &(struct about){STATUS_ERROR, "not-xen", NULL, NULL},
             "this is not a Xen HVM guest");
        lower(g, STATUS_NOT_XEN);
        return false;
    case HYPERVISOR_UNKNOWN: break;
    }
    note(g, &(struct about){STATUS_ERROR, "platform-unknown", NULL, NULL},
         "whether this is a Xen guest could not be read");
    lower(g, STATUS_UNKNOWN);
    return false;
}

static bool is_of_this_boot(const struct judging *g)
{
    const struct number *now = &g->facts->windows.boot_time, *then = &g->journal->boot_time;
    return now->known && then->known && now->value == then->value;
}

static void rule_removal(struct judging *g)
{
    const struct journal *j = g->journal;
    const char *family = j->family;
    if (j->state == JOURNAL_RESTART_NEEDED && is_of_this_boot(g)) {
        note(g,
             &(struct about){STATUS_WARNING, "removal-needs-restart", family,
                             "restart Windows, then: xenpv remove"},
             "the drivers are switched off with the next start of Windows, and are taken out then");
        lower(g, STATUS_NEEDS_RESTART);
    } else if (j->state == JOURNAL_NEEDS_ATTENTION) {
        note(g, &(struct about){STATUS_ERROR, "removal-needs-attention", family, "xenpv remove"},
             "the drivers could not be removed wholly: %.300s",
             j->reason ? j->reason : "no reason was recorded");
        lower(g, STATUS_DEGRADED);
    } else if (j->state != JOURNAL_REMOVED) {
        note(g, &(struct about){STATUS_ERROR, "removal-not-finished", family, "xenpv remove"},
             "a removal was begun and is not finished; the next run goes on with it");
        lower(g, STATUS_DEGRADED);
    }
}

static void rule_journal(struct judging *g)
{
    const struct journal *j = g->journal;
    if (j->job == JOURNAL_REMOVAL) {
        rule_removal(g);
        return;
    }
    switch (j->state) {
    case JOURNAL_INSTALLING:
    case JOURNAL_REVERTING:
        note(
            g, &(struct about){STATUS_ERROR, "interrupted", j->release, "xenpv install"},
            "an installation was interrupted; the next run reverts what is half done and begins anew");
        lower(g, STATUS_BROKEN);
        break;
    case JOURNAL_RESTART_NEEDED:
        if (is_of_this_boot(g)) {
            note(g,
                 &(struct about){STATUS_WARNING, "restart-needed", j->release,
                                 "restart Windows, then: xenpv install"},
                 "the drivers are installed and take over with the next start of Windows");
            lower(g, STATUS_NEEDS_RESTART);
        } else {
            note(g, &(struct about){STATUS_WARNING, "not-confirmed", j->release, "xenpv install"},
                 "the installation has not been confirmed since the restart");
        }
        break;
    case JOURNAL_NEEDS_ATTENTION:
        note(g, &(struct about){STATUS_ERROR, "needs-attention", j->release, "xenpv install"},
             "the installation could not be "
             "finished: %.300s",
             j->reason ? j->reason : "no reason was recorded");
        lower(g, STATUS_DEGRADED);
        break;
    case JOURNAL_REPAIRING:
        note(g, &(struct about){STATUS_ERROR, "interrupted", j->release, "xenpv install"},
             "a repair could not be finished%s%.300s; the next run goes on with it",
             j->reason ? ": " : "", j->reason ? j->reason : "");
        lower(g, STATUS_DEGRADED);
        break;
    case JOURNAL_ROLLED_BACK:
        note(g, &(struct about){STATUS_WARNING, "rolled-back", j->release, NULL},
             "the last installation was rolled back: %.300s",
             j->reason ? j->reason : "no reason was recorded");
        break;
    case JOURNAL_NONE:
    case JOURNAL_PLANNED:
    case JOURNAL_REMOVING:
    case JOURNAL_REMOVED:
    case JOURNAL_INSTALLED: break;
    }
}

static bool is_of_families(const struct manifest *m, const struct texts *families,
                           const char *service)
{
    for (size_t i = 0; service && i < families->count; i++)
        if (texts_have_nocase(&manifest_family_by_id(m, families->at[i])->services, service))
            return true;
    return false;
}

/* Only ids that no emulated device has: what a PV driver is meant for. */
static bool is_xen_device(const struct facts_device *d)
{
    static const char *const prefixes[] = {"PCI\\VEN_5853&DEV_0001", "PCI\\VEN_5853&DEV_0002",
                                           "XENBUS\\", "XENVIF\\", "XEN\\"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        for (size_t k = 0; k < d->hardware_ids.count; k++)
            if (text_starts_nocase(d->hardware_ids.at[k], prefixes[i]))
                return true;
    return false;
}

static void judge_problem(struct judging *g, const struct facts_device *d)
{
    unsigned problem = (unsigned)d->problem.value;
    if (problem == PROBLEM_NEED_RESTART) {
        note(
            g,
            &(struct about){STATUS_WARNING, "device-needs-restart", d->instance, "restart Windows"},
            "it waits for a restart (problem 14), which is by design after a driver's first start");
        lower(g, STATUS_NEEDS_RESTART);
        return;
    }
    note(g, &(struct about){STATUS_ERROR, "device-problem", d->instance, NULL},
         "it has problem %u%s", problem,
         problem == PROBLEM_UNSIGNED         ? ": Windows refuses the driver's signature"
         : problem == PROBLEM_FAILED_INSTALL ? ": no driver is installed for it"
                                             : "");
    lower(g, STATUS_DEGRADED);
}

static bool is_meant_for_a_driver(const struct manifest *m, const struct facts_device *d)
{
    for (size_t i = 0; i < m->releases.count; i++)
        for (size_t k = 0; k < m->releases.at[i].drivers.count; k++) {
            const struct texts *ids = &m->releases.at[i].drivers.at[k].hardware_ids;
            for (size_t n = 0; n < ids->count; n++)
                if (facts_device_has_id(d, ids->at[n]))
                    return true;
        }
    return false;
}

/* What was not read cannot be working, and drivers without any device have nothing to work on. */
static bool rule_devices_seen(struct judging *g, bool installed)
{
    size_t present = 0;
    if (g->facts->devices_reading != READING_FULL && g->facts->devices_reading != READING_PARTIAL) {
        note(g,
             &(struct about){STATUS_ERROR, "devices-unread", NULL,
                             "run it again as an administrator"},
             "the devices of this Windows could not be read");
        lower(g, STATUS_UNKNOWN);
        return false;
    }
    for (size_t i = 0; i < g->facts->devices.count; i++)
        present +=
            g->facts->devices.at[i].present != TRI_NO && is_xen_device(&g->facts->devices.at[i]);
    if (!present && installed) {
        note(g, &(struct about){STATUS_ERROR, "no-xen-device", NULL, NULL},
             "drivers are installed, and no Xen device is present");
        lower(g, STATUS_DEGRADED);
    }
    return true;
}

static void rule_devices(struct judging *g)
{
    size_t silent = 0;
    for (size_t i = 0; i < g->facts->devices.count; i++) {
        const struct facts_device *d = &g->facts->devices.at[i];
        if (d->present == TRI_NO || !is_xen_device(d))
            continue;
        if (d->problem.known && d->problem.value)
            judge_problem(g, d);
        else if (!d->service && !is_meant_for_a_driver(g->manifest, d)) {
            note(g, &(struct about){STATUS_INFO, "device-not-needed", d->instance, NULL},
                 "no release of ours has a driver for it");
        } else if (!d->service) {
            note(g,
                 &(struct about){STATUS_WARNING, "device-without-driver", d->instance,
                                 "xenpv install"},
                 "no driver is bound to it");
            lower(g, STATUS_DEGRADED);
        } else if (!d->problem.known)
            silent++;
    }
    if (!silent)
        return;
    note(g, &(struct about){STATUS_WARNING, "device-status-unknown", NULL, NULL},
         "Windows did not tell the state of %zu Xen device%s; their services are judged instead",
         silent, silent == 1 ? "" : "s");
    lower(g, STATUS_WORKING_WITH_WARNINGS);
}

/* A driver that some present device node names must run. */
static void rule_services(struct judging *g, const struct texts *families)
{
    for (size_t i = 0; i < g->facts->devices.count; i++) {
        const struct facts_device *d = &g->facts->devices.at[i];
        if (d->present == TRI_NO || !is_xen_device(d) ||
            !is_of_families(g->manifest, families, d->service))
            continue;
        const struct facts_service *s = facts_service_named(g->facts, d->service);
        if (s && s->running == TRI_YES)
            continue;
        bool known = s && s->running == TRI_NO;
        if (g->out->word == STATUS_NEEDS_RESTART)
            continue;
        note(g,
             &(struct about){known ? STATUS_ERROR : STATUS_WARNING,
                             known ? "driver-not-running" : "driver-state-unknown", d->service,
                             NULL},
             "%s '%s' is bound to '%s' %s", known ? "the driver" : "whether the driver", d->service,
             d->instance, known ? "and does not run" : "runs could not be read");
        lower(g, known ? STATUS_DEGRADED : STATUS_WORKING_WITH_WARNINGS);
    }
}

/* Without its helper dom0 cannot shut the guest down, and nothing else is amiss. */
static void rule_helpers(struct judging *g)
{
    if (g->journal->state != JOURNAL_INSTALLED)
        return;
    for (size_t i = 0; i < g->journal->helpers.count; i++) {
        const struct facts_service *s =
            facts_service_named(g->facts, g->journal->helpers.at[i].service);
        if (s && s->running == TRI_YES)
            continue;
        note(g,
             &(struct about){STATUS_WARNING, "helper-not-running",
                             g->journal->helpers.at[i].service, NULL},
             s && s->running == TRI_NO ? "it does not run" : "whether it runs could not be read");
        lower(g, STATUS_WORKING_WITH_WARNINGS);
    }
}

static bool are_compatible(const struct manifest *m, const char *a, const char *b)
{
    return texts_have_nocase(&manifest_family_by_id(m, a)->compatible_with, b) ||
           texts_have_nocase(&manifest_family_by_id(m, b)->compatible_with, a);
}

static void rule_families(struct judging *g, const struct texts *families)
{
    for (size_t i = 0; i < families->count; i++)
        for (size_t k = i + 1; k < families->count; k++) {
            if (are_compatible(g->manifest, families->at[i], families->at[k]))
                continue;
            note(g, &(struct about){STATUS_ERROR, "mixed-families", NULL, NULL},
                 "drivers of '%s' and of '%s' are both installed", families->at[i],
                 families->at[k]);
            lower(g, STATUS_BROKEN);
        }
}

static void rule_boot(struct judging *g)
{
    for (size_t i = 0; i < g->facts->filters.count; i++) {
        const struct facts_filter *f = &g->facts->filters.at[i];
        for (size_t k = 0; k < f->services.count; k++) {
            static const char *const ours[] = {"xenfilt", "scsifilt", "XenPci", "XenHide"};
            const struct facts_service *s = facts_service_named(g->facts, f->services.at[k]);
            bool is_ours = false;
            for (size_t n = 0; n < sizeof ours / sizeof *ours; n++)
                is_ours = is_ours || text_equal_nocase(f->services.at[k], ours[n]);
            if (!is_ours || s || g->facts->services_reading != READING_FULL)
                continue;
            note(g, &(struct about){STATUS_ERROR, "orphan-filter", f->services.at[k], NULL},
                 "the %s of class %s name it, and there is no such service: Windows may not start",
                 f->position, f->class_guid);
            lower(g, STATUS_BROKEN);
        }
    }
}

static void rule_security(struct judging *g)
{
    if (g->facts->integrity.test_signing == TRI_YES) {
        note(g,
             &(struct about){STATUS_WARNING, "test-signing-on", NULL,
                             "bcdedit /set testsigning off, once no driver needs it"},
             "test signing is on: this Windows loads drivers that anybody signed");
        lower(g, STATUS_WORKING_WITH_WARNINGS);
    }
}

void status_judge(const struct facts *f, const struct journal *j, const struct manifest *m,
                  struct status *out)
{
    struct judging g = {.facts = f, .journal = j, .manifest = m, .out = out};
    struct texts families = {0};
    out->word = STATUS_WORKING;
    if (!rule_platform(&g))
        return;
    recognise_families(f, m, &families);
    rule_journal(&g);
    rule_security(&g);
    rule_boot(&g);
    if (!rule_devices_seen(&g, families.count > 0)) {
        texts_release(&families);
        return;
    }
    if (!families.count) {
        note(&g, &(struct about){STATUS_WARNING, "no-pv-drivers", NULL, "xenpv install"},
             "no PV drivers are installed");
        lower(&g, STATUS_NOT_INSTALLED);
    } else {
        rule_families(&g, &families);
        rule_devices(&g);
        rule_services(&g, &families);
        rule_helpers(&g);
    }
    texts_release(&families);
}

void status_release(struct status *s)
{
    shape_release(&status_shape, s);
}
