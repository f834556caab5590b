#include "installer/report.h"

#include "base/file.h"
#include "base/fold.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/plan.h"
#include "verifier/name.h"

#include <string.h>

static const struct shape_field driver_fields[] = {
    FIELD(report_driver, name, SHAPE_TEXT),      FIELD(report_driver, container, SHAPE_TEXT),
    FIELD(report_driver, inf, SHAPE_TEXT),       FIELD(report_driver, version, SHAPE_TEXT),
    FIELD(report_driver, integrity, SHAPE_TEXT), FIELD(report_driver, files, SHAPE_NUMBER),
    FIELD(report_driver, signer, SHAPE_TEXT),    FIELD(report_driver, root, SHAPE_TEXT),
    FIELD(report_driver, timestamp, SHAPE_TEXT), FIELD(report_driver, timestamp_kind, SHAPE_TEXT),
    FIELD(report_driver, load, SHAPE_TEXT),      FIELD(report_driver, load_rule, SHAPE_TEXT),
    FIELD(report_driver, install, SHAPE_TEXT),   FIELD(report_driver, install_rule, SHAPE_TEXT),
    FIELD(report_driver, fit, SHAPE_TEXT),
};
static const struct shape driver_shape = SHAPE_OF(struct report_driver, driver_fields);

static const struct shape_field container_fields[] = {
    FIELD(report_container, path, SHAPE_TEXT),
    FIELD(report_container, sha256, SHAPE_TEXT),
    FIELD(report_container, pinned, SHAPE_TRI),
    FIELD_IN(report_container, signature, SHAPE_MAYBE, report_signature_shape),
};
static const struct shape container_shape = SHAPE_OF(struct report_container, container_fields);

static const struct shape_field refusal_fields[] = {
    FIELD(report_refusal, container, SHAPE_TEXT),
    FIELD(report_refusal, file, SHAPE_TEXT),
    FIELD(report_refusal, message, SHAPE_TEXT),
};
static const struct shape refusal_shape = SHAPE_OF(struct report_refusal, refusal_fields);

static const struct shape_field manifest_fields[] = {
    FIELD(report_manifest, file, SHAPE_TEXT),
    FIELD(report_manifest, trust, SHAPE_TEXT),
    FIELD(report_manifest, why, SHAPE_TEXT),
    FIELD(report_manifest, allowed, SHAPE_TRI),
};
static const struct shape manifest_member_shape = SHAPE_OF(struct report_manifest, manifest_fields);

static const struct shape_field report_fields[] = {
    FIELD(report, schema, SHAPE_NUMBER),
    FIELD(report, command, SHAPE_TEXT),
    FIELD(report, program, SHAPE_TEXT),
    FIELD(report, exit_code, SHAPE_NUMBER),
    FIELD(report, outcome, SHAPE_TEXT),
    FIELD(report, message, SHAPE_TEXT),
    FIELD_IN(report, manifest, SHAPE_MAYBE, manifest_member_shape),
    FIELD(report, windows, SHAPE_TEXT),
    FIELD_ENUM(report, flavour, flavour_names),
    FIELD(report, flavour_sign, SHAPE_TEXT),
    FIELD_IN(report, status, SHAPE_MAYBE, status_shape),
    FIELD_IN(report, choice, SHAPE_OBJECT, choice_shape),
    FIELD_IN(report, decision, SHAPE_MAYBE, decision_shape),
    FIELD_IN(report, containers, SHAPE_LIST, container_shape),
    FIELD_IN(report, drivers, SHAPE_LIST, driver_shape),
    FIELD_IN(report, refusals, SHAPE_LIST, refusal_shape),
    FIELD_IN(report, journal, SHAPE_MAYBE, journal_shape),
    FIELD_IN(report, facts, SHAPE_MAYBE, facts_shape),
};
const struct shape report_shape = SHAPE_OF(struct report, report_fields);

void report_init(struct report *r, const char *command)
{
    memset(r, 0, sizeof *r);
    r->schema = number_of(REPORT_SCHEMA);
    r->command = mem_strdup(command);
    r->program = mem_strdup("xenpv " XENPV_VERSION);
}

/* Any part may come from outside: a package, a manifest, a journal, this Windows. The list ends
 * with NULL. */
static void add_safe(struct text *t, const char *const *parts)
{
    for (; *parts; parts++)
        text_add_escaped(t, *parts);
}

#define ADD_SAFE(t, ...) add_safe(t, (const char *const[]){__VA_ARGS__, NULL})

/* A name in a column of its own. */
static void add_padded(struct text *t, const char *name)
{
    enum { WIDTH = 10 };
    size_t start = t->size;
    text_add_escaped(t, name);
    do {
        text_add(t, " ");
    } while (t->size - start < WIDTH && !t->full);
}

static void add_number(struct text *t, const char *before, const struct number *n)
{
    if (n->known)
        text_addf(t, "%s%llu", before, (unsigned long long)n->value);
}

char *report_windows_name(const struct manifest *m, const struct facts_windows *w)
{
    const struct manifest_windows *row = manifest_windows_of(m, w);
    struct text t = {0};
    if (row)
        text_add(&t, row->name);
    else if (w->product_name)
        text_add_escaped(&t, w->product_name);
    else
        text_add(&t, "an unknown Windows");
    if (w->service_pack.known && w->service_pack.value)
        add_number(&t, " SP", &w->service_pack);
    text_addf(&t, " %s", architecture_name(w->architecture));
    add_number(&t, " (", &w->major);
    add_number(&t, ".", &w->minor);
    add_number(&t, ".", &w->build);
    if (w->revision.known && w->revision.value)
        add_number(&t, ".", &w->revision);
    text_add(&t, w->major.known ? ")" : "");
    return text_steal(&t);
}

void report_set_manifest(struct report *r, const char *file, const struct replacement *trust,
                         bool allowed)
{
    bool is_signed = trust->trust == REPLACEMENT_SIGNED;
    if (!r->manifest)
        r->manifest = mem_zero(1, sizeof *r->manifest);
    shape_set_text(&r->manifest->file, file);
    shape_set_text(&r->manifest->trust, replacement_trust_name(trust->trust));
    shape_set_text(&r->manifest->why, is_signed ? NULL : trust->why);
    r->manifest->allowed = is_signed ? TRI_UNKNOWN : allowed ? TRI_YES : TRI_NO;
}

static void set_container(struct report_container *to, const struct source_container *c)
{
    const struct signature *s =
        c->evidence.has_signature ? authenticode_best(&c->evidence.signature) : NULL;
    char hex[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(&c->evidence.whole.of[DIGEST_SHA256], hex);
    to->path = mem_strdup(c->path);
    to->sha256 = mem_strdup(hex);
    to->pinned = c->pinned ? TRI_YES : TRI_NO;
    to->signature = report_signature_of(s);
}

static void set_driver(struct report_driver *to, const struct source *s,
                       const struct source_driver *d)
{
    const struct evidence *ev = source_evidence(s, d);
    const struct evidence_package *p = source_package(s, d);
    const struct signature *signature = evidence_package_signature(ev, p);
    struct inf_driver_ver ver = inf_driver_ver(&p->inf);
    char version[INF_DRIVER_VER_TEXT_MAX], time[AUTHENTICODE_TIME_TEXT];
    inf_driver_ver_format(&ver, version, sizeof version);
    to->name = mem_strdup(d->driver->name);
    to->container = mem_strdup(file_name(s->containers.at[d->container].path));
    to->inf = mem_strdup(evidence_name(ev, p->inf_entry));
    to->version = mem_strdup(version);
    to->integrity = mem_strdup(integrity_name(p->integrity));
    to->files = number_of(p->files.count + (p->catalog_entry != SIZE_MAX)); /* the catalog counts */
    to->load = mem_strdup(load_verdict_name(d->prediction.load));
    to->load_rule = mem_strdup(d->prediction.load_rule);
    to->install = mem_strdup(install_verdict_name(d->prediction.install));
    to->install_rule = mem_strdup(d->prediction.install_rule);
    to->fit = mem_strdup(fit_verdict_name(d->prediction.fit));
    if (!signature)
        return;
    to->signer = mem_strdup(signature->signer);
    to->root = mem_strdup(root_name(signature->root));
    to->timestamp_kind = mem_strdup(timestamp_kind_name(signature->timestamp.kind));
    if (signature->timestamp.integrity != SIGNATURE_INTACT)
        return;
    authenticode_time_text(signature->timestamp.time, time);
    to->timestamp = mem_strdup(time);
}

void report_set_source(struct report *r, const struct source *s)
{
    for (size_t i = 0; i < s->containers.count; i++)
        set_container(shape_list_add(&r->containers, sizeof(struct report_container)),
                      &s->containers.at[i]);
    for (size_t i = 0; i < s->drivers.count; i++)
        set_driver(shape_list_add(&r->drivers, sizeof(struct report_driver)), s, &s->drivers.at[i]);
    for (size_t i = 0; i < s->refusals.count; i++) {
        struct report_refusal *to = shape_list_add(&r->refusals, sizeof *to);
        *to = (struct report_refusal){.container = mem_strdup(s->refusals.at[i].container),
                                      .file = mem_strdup(s->refusals.at[i].file),
                                      .message = mem_strdup(s->refusals.at[i].message)};
    }
}

void report_take_journal(struct report *r, struct journal *j)
{
    if (j->state == JOURNAL_NONE)
        return;
    if (!r->journal)
        r->journal = mem_zero(1, sizeof *r->journal);
    journal_release(r->journal);
    memcpy(r->journal, j, sizeof *j);
    memset(j, 0, sizeof *j);
}

void report_take_facts(struct report *r, struct facts *f)
{
    if (!r->facts)
        r->facts = mem_zero(1, sizeof *r->facts);
    facts_release(r->facts);
    memcpy(r->facts, f, sizeof *f);
    memset(f, 0, sizeof *f);
    const char *sign;
    r->flavour = flavour_of(r->facts, &sign);
    shape_set_text(&r->flavour_sign, sign);
}

void report_set_outcome(struct report *r, enum exit_code code, const char *message)
{
    r->exit_code = number_of((uint64_t)code);
    shape_set_text(&r->outcome, exit_code_words(code));
    shape_set_text(&r->message, message);
}

char *report_json(const struct report *r)
{
    return shape_encode(&report_shape, r);
}

/* --- text
 * --------------------------------------------------------------------------------------------------------
 */

/* What nothing tells apart from plain Xen has no line of its own. */
static void add_flavour(struct text *t, const struct report *r)
{
    if (!r->flavour_sign)
        return;
    text_addf(t, "            the host is %s, by ", flavour_words(r->flavour));
    text_add_escaped(t, r->flavour_sign);
    text_add(t, "\n");
}

static void add_platform(struct text *t, const struct report *r)
{
    const struct facts_platform *p = &r->facts->platform;
    static const char *const words[] = {"not known", "no hypervisor", "Xen HVM",
                                        "another hypervisor"};
    text_addf(t, "Platform    %s", words[p->hypervisor]);
    add_number(t, ", Xen ", &p->xen_major);
    add_number(t, ".", &p->xen_minor);
    add_number(t, ", domain ", &p->domain_id);
    if (p->viridian == TRI_YES)
        text_add(t, ", Viridian");
    if (p->signature) {
        text_add(t, ", CPUID says ");
        text_add_escaped(t, p->signature);
    }
    text_add(t, "\n");
    add_flavour(t, r);
    if (!p->system_manufacturer && !p->system_product)
        return;
    text_add(t, "            SMBIOS says ");
    text_add_escaped(t, p->system_manufacturer ? p->system_manufacturer : "?");
    text_add(t, " ");
    text_add_escaped(t, p->system_product ? p->system_product : "?");
    if (p->system_version) {
        text_add(t, " ");
        text_add_escaped(t, p->system_version);
    }
    text_add(t, "\n");
}

static const char *tri_words(enum tri value)
{
    return value == TRI_YES ? "on" : value == TRI_NO ? "off" : "not known";
}

static void add_windows(struct text *t, const struct report *r)
{
    const struct facts_integrity *i = &r->facts->integrity;
    text_addf(t, "Windows     %s\n", r->windows ? r->windows : "not known");
    text_addf(t, "            test signing %s, Secure Boot %s, SHA-2 drivers %s\n",
              tri_words(i->test_signing), tri_words(i->secure_boot),
              i->sha2 == TRI_YES  ? "understood"
              : i->sha2 == TRI_NO ? "not understood"
                                  : "not known");
}

static void add_candidate(struct text *t, const struct candidate *c)
{
    static const char *const words[] = {"rejected", "eligible", "chosen"};
    text_addf(t, "  %-9s ", words[c->verdict]);
    ADD_SAFE(t, c->release, ", ", c->set);
    for (size_t i = 0; i < c->reasons.count; i++) {
        text_add(t, "\n            ");
        ADD_SAFE(t, c->reasons.at[i].code, ": ", c->reasons.at[i].sentence);
    }
    for (size_t i = 0; i < c->accepted.count; i++) {
        text_add(t, "\n            accepted by you: ");
        ADD_SAFE(t, c->accepted.at[i].code, ": ", c->accepted.at[i].sentence);
    }
    text_add(t, "\n");
}

bool report_is_notable(const struct candidate *c)
{
    static const char *const dull[] = {SELECT_WRONG_ARCH, SELECT_OS_TOO_OLD, SELECT_OS_TOO_NEW,
                                       SELECT_NOT_ASKED_FOR};
    for (size_t i = 0; i < c->reasons.count; i++)
        for (size_t k = 0; k < sizeof dull / sizeof *dull; k++)
            if (strcmp(c->reasons.at[i].code, dull[k]) == 0)
                return false;
    return true;
}

static void add_choice(struct text *t, const struct report *r)
{
    size_t left_out = 0;
    if (!r->choice.candidates.count)
        return;
    text_add(t, "Sources\n");
    for (size_t i = 0; i < r->choice.candidates.count; i++) {
        const struct candidate *c = &r->choice.candidates.at[i];
        if (r->all_candidates == TRI_YES || report_is_notable(c))
            add_candidate(t, c);
        else
            left_out++;
    }
    if (left_out)
        text_addf(
            t,
            "            and %zu for other Windows or processors, not shown (--all shows them)\n",
            left_out);
}

/* What would have to be otherwise, the smallest change first. */
static void add_remedies(struct text *t, const struct choice *c)
{
    for (size_t i = 0; i < c->remedies.count; i++) {
        const struct select_remedy *r = &c->remedies.at[i];
        text_add(t, i ? "            " : "Would do    ");
        ADD_SAFE(t, r->release, ", ", r->set, ", with: ");
        for (size_t k = 0; k < r->changes.count; k++)
            ADD_SAFE(t, k ? "; " : "", r->changes.at[k]);
        text_add(t, "\n");
    }
}

static void add_decision(struct text *t, const struct decision *d, bool has_remedies)
{
    text_addf(t, "Decision    %s: ", decision_name(d->word));
    text_add_escaped(t, d->sentence);
    text_add(t, "\n");
    for (size_t i = 0; i < d->faults.count; i++) {
        ADD_SAFE(t, "            ", d->faults.at[i].code, ": ", d->faults.at[i].sentence);
        text_add(t, "\n");
    }
    if (d->needs && !has_remedies) {
        ADD_SAFE(t, "            only with: ", d->needs);
        text_add(t, "\n");
    }
    if (d->restart_first == TRI_YES)
        text_add(t, "            after a restart, which Windows waits for\n");
    for (size_t i = 0; i < d->evidence.count; i++) {
        ADD_SAFE(t, i ? "            " : "  rests on  ", d->evidence.at[i]);
        text_add(t, "\n");
    }
}

static void add_containers(struct text *t, const struct report *r)
{
    for (size_t i = 0; i < r->containers.count; i++) {
        const struct report_container *c = &r->containers.at[i];
        text_add(t, i ? "            " : "Files       ");
        text_add_escaped(t, file_name(c->path));
        text_addf(t, "  %s",
                  c->pinned == TRI_YES ? "the bytes that the manifest names"
                                       : "not the bytes of the manifest");
        if (c->signature) {
            text_addf(t, "; signature %s, ", c->signature->integrity);
            text_add_escaped(t, c->signature->signer);
        }
        text_add(t, "\n");
    }
}

static void add_drivers(struct text *t, const struct report *r)
{
    if (r->drivers.count)
        text_add(t, "Packages\n");
    for (size_t i = 0; i < r->drivers.count; i++) {
        const struct report_driver *d = &r->drivers.at[i];
        text_addf(t, "  %-10s ", d->integrity);
        ADD_SAFE(t, d->name, ", ", d->version);
        text_addf(t, ", %llu files; ", (unsigned long long)d->files.value);
        text_add_escaped(t, d->signer ? d->signer : "no signer");
        text_addf(t, " (root %s)", d->root ? d->root : "none");
        if (d->timestamp)
            text_addf(t, ", stamped %s (%s)", d->timestamp, d->timestamp_kind);
        text_addf(t, "\n             load: %s (%s), install: %s (%s), fit: %s\n", d->load,
                  d->load_rule, d->install, d->install_rule, d->fit);
    }
}

static void add_refusals(struct text *t, const struct report *r)
{
    if (r->refusals.count)
        text_add(t, "Refused\n");
    for (size_t i = 0; i < r->refusals.count; i++) {
        const struct report_refusal *f = &r->refusals.at[i];
        text_add(t, "  ");
        text_add_escaped(t, f->container);
        if (f->file) {
            text_add(t, ": ");
            text_add_escaped(t, f->file);
        }
        ADD_SAFE(t, ": ", f->message);
        text_add(t, "\n");
    }
}

static size_t steps_done(const struct journal *j)
{
    size_t done = 0;
    for (size_t i = 0; i < j->steps.count; i++)
        done += j->steps.at[i].state == STEP_DONE;
    return done;
}

static void add_origin(struct text *t, const struct journal_source *s)
{
    text_add(t, "  from      ");
    text_add_escaped(t, s->path);
    text_addf(t, "\n            SHA-256 %s", s->sha256);
    if (s->signer) {
        text_add(t, "\n            signed by ");
        text_add_escaped(t, s->signer);
    }
    if (s->timestamp)
        text_addf(t, ", stamped %s", s->timestamp);
    text_add(t, "\n");
}

static void add_journal_driver(struct text *t, const struct journal_driver *d)
{
    text_add(t, "  ");
    add_padded(t, d->name);
    text_add_escaped(t, d->inf);
    if (d->published) {
        text_add(t, " as ");
        text_add_escaped(t, d->published);
    }
    text_addf(t, ", %zu files verified, ", d->stored.count);
    text_add(t, d->instances.count ? "on " : "for devices that come");
    for (size_t i = 0; i < d->instances.count; i++) {
        text_add(t, i ? ", " : "");
        text_add_escaped(t, d->instances.at[i]);
    }
    text_add(t, "\n");
}

static void add_steps(struct text *t, const struct journal *j)
{
    static const char *const states[] = {"to do", "begun", "done", "undone"};
    for (size_t i = 0; i < j->steps.count; i++) {
        char *words = plan_step_words(j, &j->steps.at[i]);
        text_addf(t, "  %-9s ", states[j->steps.at[i].state]);
        text_add_escaped(t, words);
        text_add(t, "\n");
        mem_free(words);
    }
}

static bool plans(const struct journal *j, enum step_kind kind)
{
    for (size_t i = 0; i < j->steps.count; i++)
        if (j->steps.at[i].kind == kind)
            return true;
    return false;
}

/* What stands between this machine and one that does not start; journals of old have none of it. */
static void add_boot(struct text *t, const struct journal *j)
{
    const struct journal_boot *b = &j->boot;
    if (!plans(j, STEP_BOOT_CHECK))
        return;
    if (b->no_fallback)
        ADD_SAFE(t, "Fallback    no boot entry for emulated devices: ", b->no_fallback);
    else
        ADD_SAFE(t, "Fallback    a boot entry with ", b->option ? b->option : "?");
    text_add(t, "\n");
}

static void add_journal(struct text *t, const struct journal *j)
{
    if (j->job == JOURNAL_REMOVAL) {
        text_add(t, "Removal     of ");
        ADD_SAFE(t, j->family ? j->family : "?");
    } else {
        text_add(t, "Release     ");
        ADD_SAFE(t, j->release ? j->release : "?", " for ", j->set ? j->set : "?");
    }
    text_addf(t, ": %s, %zu of %zu steps done\n", journal_state_name(j->state), steps_done(j),
              j->steps.count);
    for (size_t i = 0; i < j->sources.count; i++)
        add_origin(t, &j->sources.at[i]);
    for (size_t i = 0; i < j->drivers.count; i++)
        add_journal_driver(t, &j->drivers.at[i]);
    for (size_t i = 0; i < j->helpers.count; i++) {
        text_add(t, "  ");
        add_padded(t, j->helpers.at[i].service);
        ADD_SAFE(t, "service, ", j->helpers.at[i].file.path);
        text_add(t, "\n");
    }
    if (steps_done(j) < j->steps.count)
        add_steps(t, j);
    if (j->job == JOURNAL_REMOVAL)
        return;
    add_boot(t, j);
    text_add(t, "Trust       ");
    if (!j->trust.count)
        text_add(t, "no certificate was added and no policy changed\n");
    for (size_t i = 0; i < j->trust.count; i++) {
        ADD_SAFE(t, i ? "            " : "", j->trust.at[i]);
        text_add(t, "\n");
    }
}

static void add_device(struct text *t, const struct facts_device *d)
{
    text_add(t, "  ");
    text_add_escaped(t, d->instance ? d->instance : "?");
    text_addf(t, "%s: ", d->present == TRI_NO ? " (not present)" : "");
    text_add_escaped(t, d->service ? d->service : "no driver");
    if (d->inf) {
        text_add(t, " from ");
        text_add_escaped(t, d->inf);
    }
    if (d->driver_version) {
        text_add(t, ", ");
        text_add_escaped(t, d->driver_version);
    }
    if (d->problem.known)
        text_addf(t, ", problem %llu", (unsigned long long)d->problem.value);
    text_add(t, "\n");
}

static void add_devices(struct text *t, const struct facts *f)
{
    if (f->devices.count)
        text_add(t, "Devices\n");
    for (size_t i = 0; i < f->devices.count; i++)
        add_device(t, &f->devices.at[i]);
}

/* One line for each: addresses of IPv6 are long. */
static void add_each(struct text *t, const char *what, const struct texts *list)
{
    for (size_t i = 0; i < list->count; i++) {
        text_addf(t, "    %s ", what);
        text_add_escaped(t, list->at[i]);
        text_add(t, "\n");
    }
}

static void add_network(struct text *t, const struct facts_network *n)
{
    static const char *const kinds[] = {"", ", emulated", ", PV", ""};
    text_add(t, "  ");
    text_add_escaped(t, n->mac ? n->mac : "MAC address not known");
    text_addf(t, "%s%s%s: ", kinds[n->kind], n->present == TRI_NO ? " (not present)" : "",
              n->dhcp == TRI_YES ? ", DHCP" : "");
    text_add_escaped(t, n->connection ? n->connection : n->description ? n->description : "?");
    text_add(t, "\n");
    add_each(t, "address", &n->addresses);
    add_each(t, "gateway", &n->gateways);
    add_each(t, "name server", &n->name_servers);
}

static void add_networks(struct text *t, const struct facts *f)
{
    if (f->networks.count)
        text_add(t, "Network\n");
    for (size_t i = 0; i < f->networks.count; i++)
        add_network(t, &f->networks.at[i]);
}

static bool is_driver_of_a_device(const struct facts *f, const struct facts_service *s)
{
    for (size_t i = 0; i < f->devices.count; i++)
        if (text_equal_nocase(f->devices.at[i].service, s->name))
            return true;
    return false;
}

static void add_services(struct text *t, const struct facts *f)
{
    static const char *const starts[] = {"boot", "system", "automatic", "on demand", "disabled"};
    size_t shown = 0;
    for (size_t i = 0; i < f->services.count; i++) {
        const struct facts_service *s = &f->services.at[i];
        if (!is_driver_of_a_device(f, s) && !text_starts_nocase(s->name, "xen") &&
            !text_equal_nocase(s->name, "ShutdownMon"))
            continue;
        text_add(t, shown++ ? "" : "Services\n");
        text_add(t, "  ");
        text_add_escaped(t, s->name);
        text_addf(t, ": start %s, %s\n",
                  s->start.known && s->start.value < 5 ? starts[s->start.value] : "not known",
                  s->running == TRI_YES  ? "running"
                  : s->running == TRI_NO ? "not running"
                                         : "state not known");
    }
}

/* --- the status
 * --------------------------------------------------------------------------------------------------------
 */

/* Sequences of ECMA-48 that every terminal with colours knows; the text says the same without. */
#define RED "\33[31m"
#define YELLOW "\33[33m"
#define GREEN "\33[32m"
#define PLAIN "\33[0m"

static void add_painted(struct text *t, const struct report *r, const char *colour,
                        const char *words)
{
    bool painted = r->colour && colour;
    text_addf(t, "%s%s%s", painted ? colour : "", words, painted ? PLAIN : "");
}

static const char *colour_of(enum status_word w)
{
    switch (w) {
    case STATUS_WORKING: return GREEN;
    case STATUS_WORKING_WITH_WARNINGS:
    case STATUS_NEEDS_RESTART:
    case STATUS_NOT_INSTALLED: return YELLOW;
    case STATUS_UNKNOWN:
    case STATUS_NOT_XEN:
    case STATUS_UNSUPPORTED:
    case STATUS_BROKEN:
    case STATUS_DEGRADED: break;
    }
    return RED;
}

static void add_detail(struct text *t, const char *what, const char *words)
{
    if (!words)
        return;
    text_addf(t, "    %s: ", what);
    text_add_escaped(t, words);
    text_add(t, "\n");
}

static void add_finding(struct text *t, const struct report *r, const struct status_finding *f)
{
    static const char *const severities[] = {"error", "warning", "note"};
    static const char *const colours[] = {RED, YELLOW, NULL};
    text_add(t, "  ");
    add_painted(t, r, colours[f->severity], severities[f->severity]);
    text_add(t, ": ");
    if (f->subject)
        ADD_SAFE(t, f->subject, ": ");
    text_add_escaped(t, f->message);
    text_addf(t, " [%s]\n", f->code);
    for (size_t i = 0; i < f->evidence.count; i++)
        add_detail(t, "fact", f->evidence.at[i]);
    add_detail(t, "cause", f->cause);
    add_detail(t, "do", f->remedy);
    add_detail(t, "command", f->command);
    add_detail(t, "source", f->source);
}

static void add_status(struct text *t, const struct report *r)
{
    const struct status *s = r->status;
    text_add(t, "Status      ");
    add_painted(t, r, colour_of(s->word), status_word_name(s->word));
    text_add(t, "\n");
    for (size_t i = 0; i < s->findings.count; i++)
        add_finding(t, r, &s->findings.at[i]);
}

static void add_manifest(struct text *t, const struct report_manifest *m)
{
    text_add(t, "Manifest    ");
    ADD_SAFE(t, m->file, " (", m->trust);
    text_add(t, m->allowed == TRI_YES ? ", allowed by --allow-unsigned-manifest)\n" : ")\n");
    if (m->why) {
        text_add(t, "            ");
        ADD_SAFE(t, m->why);
        text_add(t, "\n");
    }
}

char *report_text(const struct report *r)
{
    struct text t = {0};
    if (r->facts) {
        add_platform(&t, r);
        add_windows(&t, r);
    }
    if (r->manifest)
        add_manifest(&t, r->manifest);
    add_choice(&t, r);
    bool remedies =
        r->choice.remedies.count && (!r->decision || r->decision->word == DECISION_NONE);
    if (remedies)
        add_remedies(&t, &r->choice);
    if (r->decision)
        add_decision(&t, r->decision, remedies);
    add_containers(&t, r);
    add_drivers(&t, r);
    add_refusals(&t, r);
    if (r->journal)
        add_journal(&t, r->journal);
    if (r->facts) {
        add_devices(&t, r->facts);
        add_networks(&t, r->facts);
        add_services(&t, r->facts);
    }
    if (r->status)
        add_status(&t, r);
    text_add(&t, "Result      ");
    ADD_SAFE(&t, r->outcome ? r->outcome : "", r->message ? ": " : "",
             r->message ? r->message : "");
    text_add(&t, "\n");
    char *folded = fold(text_str(&t), FOLD_COLUMNS);
    text_release(&t);
    return folded;
}

void report_edit_texts(struct report *r, void (*edit)(void *context, char **text), void *context)
{
    shape_edit_texts(&report_shape, r, edit, context);
}

void report_release(struct report *r)
{
    shape_release(&report_shape, r);
}
