#include "installer/fleet.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/inventory.h"
#include "installer/report.h"

#include <stdlib.h>
#include <string.h>

/* --- one report: the same structs as in facts and report, with fewer of their members
 * ------------------------------------------------------------------------------------------------
 */

static const struct shape_field platform_fields[] = {
    FIELD(facts_platform, xen_major, SHAPE_NUMBER),
    FIELD(facts_platform, xen_minor, SHAPE_NUMBER),
    FIELD(facts_platform, system_uuid, SHAPE_TEXT),
};
static const struct shape platform_shape = SHAPE_OF(struct facts_platform, platform_fields);

static const struct shape_field device_fields[] = {
    FIELD(facts_device, instance, SHAPE_TEXT),
    FIELD(facts_device, hardware_ids, SHAPE_TEXTS),
    FIELD(facts_device, compatible_ids, SHAPE_TEXTS),
    FIELD(facts_device, description, SHAPE_TEXT),
    FIELD(facts_device, service, SHAPE_TEXT),
    FIELD(facts_device, inf, SHAPE_TEXT),
    FIELD(facts_device, provider, SHAPE_TEXT),
    FIELD(facts_device, driver_version, SHAPE_TEXT),
    FIELD(facts_device, present, SHAPE_TRI),
};
static const struct shape device_shape = SHAPE_OF(struct facts_device, device_fields);

static const struct shape_field package_fields[] = {
    FIELD(facts_package, inf, SHAPE_TEXT),           FIELD(facts_package, original, SHAPE_TEXT),
    FIELD(facts_package, provider, SHAPE_TEXT),      FIELD(facts_package, version, SHAPE_TEXT),
    FIELD(facts_package, hardware_ids, SHAPE_TEXTS),
};
static const struct shape package_shape = SHAPE_OF(struct facts_package, package_fields);

static const struct shape_field product_fields[] = {
    FIELD(facts_product, product_code, SHAPE_TEXT), FIELD(facts_product, upgrade_code, SHAPE_TEXT),
    FIELD(facts_product, name, SHAPE_TEXT),         FIELD(facts_product, version, SHAPE_TEXT),
    FIELD(facts_product, publisher, SHAPE_TEXT),
};
static const struct shape product_shape = SHAPE_OF(struct facts_product, product_fields);

static const struct shape_field facts_fields[] = {
    FIELD_IN(facts, platform, SHAPE_OBJECT, platform_shape),
    FIELD_IN(facts, devices, SHAPE_LIST, device_shape),
    FIELD_IN(facts, packages, SHAPE_LIST, package_shape),
    FIELD_IN(facts, products, SHAPE_LIST, product_shape),
};
static const struct shape facts_part_shape = SHAPE_OF(struct facts, facts_fields);

/* Words are texts here: a newer program may have more of them. */
struct part_finding {
    char *code, *severity, *subject;
};

struct part_status {
    char *word;
    struct {
        struct part_finding *at;
        size_t count;
    } findings;
};

struct part {
    struct number schema, exit_code;
    char *command, *program, *message, *windows;
    struct part_status *status; /* owned, or NULL */
    struct facts *facts;        /* owned, or NULL */
};

static const struct shape_field part_finding_fields[] = {
    FIELD_MUST(part_finding, code, SHAPE_TEXT),
    FIELD(part_finding, severity, SHAPE_TEXT),
    FIELD(part_finding, subject, SHAPE_TEXT),
};
static const struct shape part_finding_shape = SHAPE_OF(struct part_finding, part_finding_fields);

static const struct shape_field part_status_fields[] = {
    FIELD(part_status, word, SHAPE_TEXT),
    FIELD_IN(part_status, findings, SHAPE_LIST, part_finding_shape),
};
static const struct shape part_status_shape = SHAPE_OF(struct part_status, part_status_fields);

static const struct shape_field part_fields[] = {
    FIELD_MUST(part, schema, SHAPE_NUMBER),
    FIELD_MUST(part, command, SHAPE_TEXT),
    FIELD_MUST(part, program, SHAPE_TEXT),
    FIELD_MUST(part, exit_code, SHAPE_NUMBER),
    FIELD(part, message, SHAPE_TEXT),
    FIELD(part, windows, SHAPE_TEXT),
    FIELD_IN(part, status, SHAPE_MAYBE, part_status_shape),
    FIELD_IN(part, facts, SHAPE_MAYBE, facts_part_shape),
};
static const struct shape part_shape = SHAPE_OF(struct part, part_fields);

static char *take_text(char **from)
{
    char *text = *from;
    *from = NULL;
    return text;
}

static void take_facts(struct facts *f, const struct manifest *m, struct fleet_guest *out)
{
    struct inventory found = {0};
    inventory_take(f, m, &found);
    for (size_t i = 0; i < found.families.count; i++) {
        struct fleet_family *to = shape_list_add(&out->families, sizeof *to);
        to->id = take_text(&found.families.at[i].id);
        to->version = take_text(&found.families.at[i].version);
    }
    inventory_release(&found);
    out->uuid = take_text(&f->platform.system_uuid);
    out->xen_major = f->platform.xen_major;
    out->xen_minor = f->platform.xen_minor;
}

static void take_part(struct part *p, const struct manifest *m, struct fleet_guest *out)
{
    for (size_t i = 0; p->status && i < p->status->findings.count; i++) {
        struct part_finding *from = &p->status->findings.at[i];
        struct fleet_finding *to = shape_list_add(&out->findings, sizeof *to);
        to->code = take_text(&from->code);
        to->severity = take_text(&from->severity);
        to->subject = take_text(&from->subject);
    }
    out->status = p->status ? take_text(&p->status->word) : mem_strdup(FLEET_NOT_JUDGED);
    if (!out->status)
        out->status = mem_strdup(status_word_name(STATUS_UNKNOWN));
    out->windows = take_text(&p->windows);
    out->command = take_text(&p->command);
    out->program = take_text(&p->program);
    out->message = take_text(&p->message);
    out->exit_code = p->exit_code;
    if (p->facts)
        take_facts(p->facts, m, out);
}

bool fleet_read(struct span json, const struct manifest *m, struct fleet_guest *out, struct err *e)
{
    struct part p = {0};
    if (!shape_decode(json, &part_shape, &p, NULL, e))
        return false;
    bool ok = text_starts_nocase(p.program, "xenpv ") ||
              err_set(e, ERR_FORMAT, "'program' is '%s': no report of ours", p.program);
    ok = ok && (p.schema.value == REPORT_SCHEMA ||
                err_set(e, ERR_FORMAT, "a report of schema %llu; this program reads %d",
                        (unsigned long long)p.schema.value, REPORT_SCHEMA));
    if (ok)
        take_part(&p, m, out);
    shape_release(&part_shape, &p);
    return ok;
}

/* --- all of them
 * ------------------------------------------------------------------------------------------------
 */

static const struct shape_field family_fields[] = {
    FIELD(fleet_family, id, SHAPE_TEXT),
    FIELD(fleet_family, version, SHAPE_TEXT),
};
static const struct shape family_shape = SHAPE_OF(struct fleet_family, family_fields);

static const struct shape_field finding_fields[] = {
    FIELD(fleet_finding, code, SHAPE_TEXT),
    FIELD(fleet_finding, severity, SHAPE_TEXT),
    FIELD(fleet_finding, subject, SHAPE_TEXT),
};
static const struct shape finding_shape = SHAPE_OF(struct fleet_finding, finding_fields);

static const struct shape_field guest_fields[] = {
    FIELD(fleet_guest, name, SHAPE_TEXT),
    FIELD(fleet_guest, uuid, SHAPE_TEXT),
    FIELD(fleet_guest, status, SHAPE_TEXT),
    FIELD(fleet_guest, windows, SHAPE_TEXT),
    FIELD(fleet_guest, xen_major, SHAPE_NUMBER),
    FIELD(fleet_guest, xen_minor, SHAPE_NUMBER),
    FIELD_IN(fleet_guest, families, SHAPE_LIST, family_shape),
    FIELD_IN(fleet_guest, findings, SHAPE_LIST, finding_shape),
    FIELD(fleet_guest, command, SHAPE_TEXT),
    FIELD(fleet_guest, program, SHAPE_TEXT),
    FIELD(fleet_guest, exit_code, SHAPE_NUMBER),
    FIELD(fleet_guest, message, SHAPE_TEXT),
};
static const struct shape guest_shape = SHAPE_OF(struct fleet_guest, guest_fields);

static const struct shape_field refusal_fields[] = {
    FIELD(fleet_refusal, file, SHAPE_TEXT),
    FIELD(fleet_refusal, reason, SHAPE_TEXT),
};
static const struct shape refusal_shape = SHAPE_OF(struct fleet_refusal, refusal_fields);

/* The same struct under the names that fit what is counted. */
#define COUNT_FIELD(member, name_, kind_)                                                          \
    {                                                                                              \
        .name = (name_), .kind = (kind_), .offset = offsetof(struct fleet_count, member)           \
    }

static const struct shape_field status_count_fields[] = {
    COUNT_FIELD(name, "word", SHAPE_TEXT),
    COUNT_FIELD(guests, "guests", SHAPE_NUMBER),
};
static const struct shape status_count_shape = SHAPE_OF(struct fleet_count, status_count_fields);

static const struct shape_field finding_count_fields[] = {
    COUNT_FIELD(name, "code", SHAPE_TEXT),
    COUNT_FIELD(detail, "severity", SHAPE_TEXT),
    COUNT_FIELD(guests, "guests", SHAPE_NUMBER),
};
static const struct shape finding_count_shape = SHAPE_OF(struct fleet_count, finding_count_fields);

static const struct shape_field family_count_fields[] = {
    COUNT_FIELD(name, "id", SHAPE_TEXT),
    COUNT_FIELD(detail, "version", SHAPE_TEXT),
    COUNT_FIELD(guests, "guests", SHAPE_NUMBER),
};
static const struct shape family_count_shape = SHAPE_OF(struct fleet_count, family_count_fields);

static const struct shape_field windows_count_fields[] = {
    COUNT_FIELD(name, "name", SHAPE_TEXT),
    COUNT_FIELD(guests, "guests", SHAPE_NUMBER),
};
static const struct shape windows_count_shape = SHAPE_OF(struct fleet_count, windows_count_fields);

static const struct shape_field fleet_fields[] = {
    FIELD(fleet, schema, SHAPE_NUMBER),
    FIELD(fleet, program, SHAPE_TEXT),
    FIELD(fleet, reports, SHAPE_NUMBER),
    FIELD(fleet, refused, SHAPE_NUMBER),
    FIELD(fleet, duplicates, SHAPE_NUMBER),
    FIELD_IN(fleet, statuses, SHAPE_LIST, status_count_shape),
    FIELD_IN(fleet, findings, SHAPE_LIST, finding_count_shape),
    FIELD_IN(fleet, families, SHAPE_LIST, family_count_shape),
    FIELD_IN(fleet, windows, SHAPE_LIST, windows_count_shape),
    FIELD_IN(fleet, guests, SHAPE_LIST, guest_shape),
    FIELD_IN(fleet, refusals, SHAPE_LIST, refusal_shape),
};
static const struct shape fleet_shape = SHAPE_OF(struct fleet, fleet_fields);

void fleet_init(struct fleet *f)
{
    memset(f, 0, sizeof *f);
    f->schema = number_of(FLEET_SCHEMA);
    f->program = mem_strdup("xenpv " XENPV_VERSION);
    f->reports = f->refused = f->duplicates = number_of(0);
}

void fleet_add(struct fleet *f, const char *name, struct fleet_guest *g)
{
    struct fleet_guest *to = shape_list_add(&f->guests, sizeof *to);
    *to = *g;
    memset(g, 0, sizeof *g);
    shape_set_text(&to->name, name);
    f->reports.value++;
}

void fleet_refuse(struct fleet *f, const char *file, const char *reason)
{
    struct fleet_refusal *to = shape_list_add(&f->refusals, sizeof *to);
    to->file = mem_strdup(file);
    to->reason = mem_strdup(reason);
    f->refused.value++;
}

/* --- order
 * ------------------------------------------------------------------------------------------------
 */

unsigned fleet_status_rank(const char *status)
{
    static const enum status_word worst_first[] = {
        STATUS_UNKNOWN,
        STATUS_BROKEN,
        STATUS_DEGRADED,
        STATUS_NEEDS_RESTART,
        STATUS_NOT_INSTALLED,
        STATUS_UNSUPPORTED,
        STATUS_WORKING_WITH_WARNINGS,
        STATUS_NOT_XEN,
        STATUS_WORKING,
    };
    for (unsigned i = 0; i < sizeof worst_first / sizeof *worst_first; i++)
        if (strcmp(status, status_word_name(worst_first[i])) == 0)
            return i;
    return 0;
}

size_t fleet_findings_of(const struct fleet_guest *g, const char *severity)
{
    size_t count = 0;
    for (size_t i = 0; i < g->findings.count; i++) {
        const char *have = g->findings.at[i].severity;
        count += have && strcmp(have, severity) == 0;
    }
    return count;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Two runs of digits by their number, however long they are; both are moved past them. */
static int compare_runs(const char **a, const char **b)
{
    while (**a == '0')
        ++*a;
    while (**b == '0')
        ++*b;
    size_t i = strspn(*a, "0123456789"), k = strspn(*b, "0123456789");
    int order = i != k ? (i < k ? -1 : 1) : memcmp(*a, *b, i);
    *a += i;
    *b += k;
    return order;
}

static int folded(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

int fleet_compare_names(const char *a, const char *b)
{
    const char *x = a, *y = b;
    while (*x && *y) {
        int order;
        if (is_digit(*x) && is_digit(*y))
            order = compare_runs(&x, &y);
        else
            order = folded(*x++) - folded(*y++);
        if (order)
            return order;
    }
    return *x || *y ? (*x ? 1 : -1) : strcmp(a, b);
}

static int compare_guests(const void *a, const void *b)
{
    const struct fleet_guest *x = a, *y = b;
    unsigned i = fleet_status_rank(x->status), k = fleet_status_rank(y->status);
    return i != k ? (i < k ? -1 : 1) : fleet_compare_names(x->name, y->name);
}

/* --- counts
 * ------------------------------------------------------------------------------------------------
 */

/* One guest has this; texts are borrowed. */
struct mention {
    const char *name, *detail;
    size_t guest;
};

struct mentions {
    struct mention *at;
    size_t count, room;
};

static int compare_texts(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) : !!a - !!b;
}

static int compare_keys(const char *name, const char *detail, const char *name2,
                        const char *detail2)
{
    int order = compare_texts(name, name2);
    return order ? order : compare_texts(detail, detail2);
}

static int compare_mentions(const void *a, const void *b)
{
    const struct mention *x = a, *y = b;
    int order = compare_keys(x->name, x->detail, y->name, y->detail);
    return order ? order : (x->guest > y->guest) - (x->guest < y->guest);
}

static void mention(struct mentions *m, const char *name, const char *detail, size_t guest)
{
    if (!name)
        return;
    m->at = mem_grow(m->at, m->count, &m->room, sizeof *m->at);
    m->at[m->count++] = (struct mention){name, detail, guest};
}

/* A guest that has one thing twice is one guest. */
static void count_up(struct mentions *m, struct fleet_counts *out)
{
    struct fleet_count *last = NULL;
    if (m->count)
        qsort(m->at, m->count, sizeof *m->at, compare_mentions);
    for (size_t i = 0; i < m->count; i++) {
        const struct mention *now = &m->at[i], *before = i ? now - 1 : NULL;
        bool same = before && !compare_keys(now->name, now->detail, before->name, before->detail);
        if (same && now->guest == before->guest)
            continue;
        if (!same) {
            last = shape_list_add(out, sizeof *last);
            last->name = mem_strdup(now->name);
            last->detail = mem_strdup(now->detail);
            last->guests = number_of(0);
        }
        last->guests.value++;
    }
    mem_free(m->at);
    memset(m, 0, sizeof *m);
}

static void count_lists(struct fleet *f)
{
    struct mentions findings = {0}, families = {0};
    for (size_t i = 0; i < f->guests.count; i++) {
        const struct fleet_guest *g = &f->guests.at[i];
        for (size_t k = 0; k < g->findings.count; k++)
            mention(&findings, g->findings.at[k].code, g->findings.at[k].severity, i);
        for (size_t k = 0; k < g->families.count; k++)
            mention(&families, g->families.at[k].id, g->families.at[k].version, i);
    }
    count_up(&findings, &f->findings);
    count_up(&families, &f->families);
}

static void count_texts(struct fleet *f)
{
    struct mentions statuses = {0}, windows = {0}, uuids = {0};
    struct fleet_counts machines = {0};
    for (size_t i = 0; i < f->guests.count; i++) {
        const struct fleet_guest *g = &f->guests.at[i];
        mention(&statuses, g->status, NULL, i);
        mention(&windows, g->windows, NULL, i);
        mention(&uuids, g->uuid, NULL, i);
    }
    size_t known = uuids.count;
    count_up(&statuses, &f->statuses);
    count_up(&windows, &f->windows);
    count_up(&uuids, &machines);
    f->duplicates = number_of(known - machines.count);
    for (size_t i = 0; i < machines.count; i++)
        mem_free(machines.at[i].name);
    mem_free(machines.at);
}

void fleet_sum(struct fleet *f)
{
    if (f->guests.count)
        qsort(f->guests.at, f->guests.count, sizeof *f->guests.at, compare_guests);
    count_texts(f);
    count_lists(f);
}

const struct fleet_count *fleet_count_of(const struct fleet_counts *c, const char *name,
                                         const char *detail)
{
    size_t from = 0, to = c->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct fleet_count *at = &c->at[middle];
        int order = compare_keys(name, detail, at->name, at->detail);
        if (!order)
            return at;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

static int compare_number_of_guests(const void *a, const void *b)
{
    const struct fleet_count *x = *(const struct fleet_count *const *)a,
                             *y = *(const struct fleet_count *const *)b;
    if (x->guests.value != y->guests.value)
        return x->guests.value > y->guests.value ? -1 : 1;
    return compare_keys(x->name, x->detail, y->name, y->detail);
}

static int compare_statuses(const void *a, const void *b)
{
    const struct fleet_count *x = *(const struct fleet_count *const *)a,
                             *y = *(const struct fleet_count *const *)b;
    unsigned i = fleet_status_rank(x->name), k = fleet_status_rank(y->name);
    return i != k ? (i < k ? -1 : 1) : strcmp(x->name, y->name);
}

const struct fleet_count **fleet_counts_ranked(const struct fleet *f, const struct fleet_counts *c)
{
    const struct fleet_count **ranked = mem_zero(c->count + 1, sizeof *ranked);
    for (size_t i = 0; i < c->count; i++)
        ranked[i] = &c->at[i];
    qsort(ranked, c->count, sizeof *ranked,
          c == &f->statuses ? compare_statuses : compare_number_of_guests);
    return ranked;
}

char *fleet_json(const struct fleet *f)
{
    return shape_encode(&fleet_shape, f);
}

void fleet_guest_release(struct fleet_guest *g)
{
    shape_release(&guest_shape, g);
}

void fleet_release(struct fleet *f)
{
    shape_release(&fleet_shape, f);
}
