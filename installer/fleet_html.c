#include "installer/fleet_html.h"

#include "base/mem.h"
#include "installer/html.h"

#include <stdlib.h>
#include <string.h>

/* Below @supports: what needs custom properties; before it, what every browser gets. */
static const char style[] =
    ".bar{display:flex;height:1rem;margin:.5rem 0;border-radius:.25rem;overflow:hidden}\n"
    ".bar span{min-width:2px}.bar .good{background:#2b7a43}.bar .warn{background:#a66a00}\n"
    ".bar .bad{background:#b52222}.bar .unknown{background:#6b7580}\n"
    ".counts th{overflow-wrap:normal}"
    ".counts{display:flex;flex-wrap:wrap;gap:0 2.5rem;align-items:flex-start}\n"
    ".counts td:nth-last-child(1),.counts th:nth-last-child(1){text-align:right;"
    "padding-right:0;font-variant-numeric:tabular-nums}\n"
    "input:focus-visible{outline:2px solid #0b57a4}label{padding:.25rem .75rem .25rem .25rem;"
    "cursor:pointer}label.choose{white-space:nowrap}\n"
    ".guests{width:100%;counter-reset:shown}.guests tbody tr{counter-increment:shown}\n"
    ".guests th{font-weight:normal;overflow-wrap:anywhere}.guests thead th{font-weight:bold}\n"
    ".shown::after{content:counter(shown)}\n"
    "@supports(order:var(--n)){\n"
    ".guests,.guests thead{display:block}.guests tbody{display:flex;flex-direction:column}\n"
    ".guests tr{display:grid;grid-template-columns:2fr 1.6fr 2.2fr 2fr 3.2fr;"
    "border-bottom:1px solid #e3e7eb}\n"
    ".guests th,.guests td{border:0}\n"
    "#by-name:checked~.guests tbody tr{order:var(--n)}\n"
    "#by-windows:checked~.guests tbody tr{order:var(--w)}\n"
    "#by-drivers:checked~.guests tbody tr{order:var(--d)}\n"
    "#by-findings:checked~.guests tbody tr{order:var(--f)}\n"
    "#backwards:checked~.guests tbody{flex-direction:column-reverse}\n"
    "}\n"
    "@media(max-width:45rem){.guests thead{position:absolute;clip-path:inset(50%);width:1px;"
    "height:1px;overflow:hidden}\n"
    ".guests tr{display:block;padding:.5rem 0}.guests td,.guests tbody th{display:block;"
    "padding:.1rem 0}.guests tbody th{font-weight:bold}\n"
    ".guests td:nth-child(3)::before{content:'Windows: '}"
    ".guests td:nth-child(4)::before{content:'Drivers: '}"
    ".guests td:nth-child(5)::before{content:'Findings: '}}\n"
    "@media print{input,.choose{display:none}.guests tr{break-inside:avoid}}\n";

/* One list of counts as people see it: a letter for its classes, its title and columns. */
struct listing {
    char letter;
    const char *id, *title, *head; /* head: the first columns' <th>s */
    const struct fleet_counts *counts;
    const struct fleet_count **ranked; /* owned */
};

enum { LISTINGS = 4 };

/* A page under way. */
struct page {
    const struct fleet *fleet;
    struct spool *out;
    struct listing listings[LISTINGS];
    size_t *of_name, *of_drivers, *of_windows; /* ranks, by index of guest or count; owned */
};

static void put(struct page *p, struct text *t)
{
    spool_add(p->out, span_of(text_str(t), t->size));
    text_release(t);
}

static const char *class_of(const char *status)
{
    static const char *const good[] = {"supported-and-working", NULL};
    static const char *const warn[] = {"working-with-warnings", "needs-restart", "not-installed",
                                       NULL};
    static const char *const bad[] = {"broken", "degraded", "unsupported", NULL};
    const struct {
        const char *name;
        const char *const *words;
    } classes[] = {{"good", good}, {"warn", warn}, {"bad", bad}};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        for (size_t k = 0; classes[i].words[k]; k++)
            if (strcmp(classes[i].words[k], status) == 0)
                return classes[i].name;
    return "unknown";
}

static const char *class_of_severity(const char *severity)
{
    if (!severity)
        return "unknown";
    return strcmp(severity, "error") == 0 ? "bad" : strcmp(severity, "warning") == 0 ? "warn" : "";
}

/* --- orders
 * ------------------------------------------------------------------------------------------------
 */

static int compare_count_names(const void *a, const void *b)
{
    const struct fleet_count *x = *(const struct fleet_count *const *)a,
                             *y = *(const struct fleet_count *const *)b;
    int order = fleet_compare_names(x->name, y->name);
    return order ? order
                 : fleet_compare_names(x->detail ? x->detail : "", y->detail ? y->detail : "");
}

static int compare_guest_names(const void *a, const void *b)
{
    const struct fleet_guest *x = *(const struct fleet_guest *const *)a,
                             *y = *(const struct fleet_guest *const *)b;
    return fleet_compare_names(x->name, y->name);
}

/* Where each element of an array stands when they are put in order: by index. */
static size_t *ranks_of(const void *array, size_t count, size_t size,
                        int (*compare)(const void *a, const void *b))
{
    const char **sorted = mem_zero(count + 1, sizeof *sorted);
    size_t *rank = mem_zero(count + 1, sizeof *rank);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (const char *)array + i * size;
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 0; i < count; i++)
        rank[(size_t)(sorted[i] - (const char *)array) / size] = i;
    mem_free(sorted);
    return rank;
}

/* What is not known comes last. */
static size_t rank_of(const struct fleet_counts *c, const size_t *ranks, const char *name,
                      const char *detail)
{
    const struct fleet_count *at = name ? fleet_count_of(c, name, detail) : NULL;
    return at ? ranks[at - c->at] : c->count;
}

/* Most errors first, then most warnings; CSS takes negative numbers. */
static long rank_by_findings(const struct fleet_guest *g)
{
    enum { MOST = 999 };
    size_t errors = fleet_findings_of(g, "error"), warnings = fleet_findings_of(g, "warning");
    return -(long)((errors < MOST ? errors : MOST) * (MOST + 1) +
                   (warnings < MOST ? warnings : MOST));
}

/* --- counts
 * ------------------------------------------------------------------------------------------------
 */

static size_t shown_of(const struct listing *l)
{
    return l->counts->count < FLEET_HTML_FILTERS_MAX ? l->counts->count : FLEET_HTML_FILTERS_MAX;
}

/* The class of the rows that have this; false when it cannot be chosen. */
static bool add_class(struct text *t, const struct listing *l, const char *name, const char *detail)
{
    const struct fleet_count *at = name ? fleet_count_of(l->counts, name, detail) : NULL;
    for (size_t i = 0; at && i < shown_of(l); i++)
        if (l->ranked[i] == at) {
            text_addf(t, " %c%zu", l->letter, i);
            return true;
        }
    return false;
}

static void add_name(struct text *t, const struct listing *l, const struct fleet_count *c, size_t i)
{
    const char *class = l->letter == 's'   ? class_of(c->name)
                        : l->letter == 'f' ? class_of_severity(c->detail)
                                           : "";
    text_addf(t, "<td class=\"%s\"><label for=%c%zu>", class, l->letter, i);
    html_add(t, c->name);
    text_add(t, "</label>");
    if (l->letter == 'f' || l->letter == 'd')
        html_element(t, "td", c->detail ? c->detail : "not known");
}

static void put_listing(struct page *p, const struct listing *l)
{
    struct text t = {0};
    if (!l->counts->count)
        return;
    text_addf(
        &t,
        "<div><h3 id=%s>%s</h3>\n<table aria-labelledby=%s>\n<thead><tr><th scope=col "
        "class=choose><span class=muted>show</span>%s<th scope=col>guests</thead>\n<tr class=choose><td><input "
        "type=radio name=%c id=%c checked><td><label for=%c>all</label>%s<td>%zu\n",
        l->id, l->title, l->id, l->head, l->letter, l->letter, l->letter,
        strstr(l->head + 1, "<th ") ? "<td>" : "", p->fleet->guests.count);
    for (size_t i = 0; i < shown_of(l); i++) {
        text_addf(&t, "<tr><td class=choose><input type=radio name=%c id=%c%zu>", l->letter,
                  l->letter, i);
        add_name(&t, l, l->ranked[i], i);
        text_addf(&t, "<td>%llu\n", (unsigned long long)l->ranked[i]->guests.value);
    }
    text_add(&t, "</table>\n");
    if (l->counts->count > shown_of(l))
        text_addf(&t, "<p>and %zu more, each of fewer guests\n", l->counts->count - shown_of(l));
    text_add(&t, "</div>\n");
    put(p, &t);
}

/* Hide what was not chosen. */
static void add_rules(struct text *t, const struct listing *l)
{
    for (size_t i = 0; i < shown_of(l); i++)
        text_addf(t, ":root:has(#%c%zu:checked) .guests tbody tr:not(.%c%zu){display:none}\n",
                  l->letter, i, l->letter, i);
}

static void add_bar(struct text *t, const struct listing *l)
{
    text_add(t, "<div class=bar aria-hidden=true>");
    for (size_t i = 0; i < l->counts->count; i++)
        text_addf(t, "<span class=%s style=\"flex-grow:%llu\"></span>",
                  class_of(l->ranked[i]->name), (unsigned long long)l->ranked[i]->guests.value);
    text_add(t, "</div>\n");
}

static void put_head(struct page *p)
{
    const struct fleet *f = p->fleet;
    struct text t = {0}, rules = {0};
    text_add(&rules, style);
    for (size_t i = 0; i < LISTINGS; i++)
        add_rules(&rules, &p->listings[i]);
    html_open_styled(&t, "Xen guests: PV drivers", text_str(&rules));
    text_release(&rules);
    text_addf(&t, "<header><h1>PV drivers of %zu Xen guests</h1>\n", f->guests.count);
    add_bar(&t, &p->listings[0]);
    text_addf(&t, "<p>From %llu reports.", (unsigned long long)f->reports.value);
    if (f->refused.value)
        text_addf(&t,
                  " <strong class=bad>%llu files could not be read</strong>: <a "
                  "href=\"#refused\">which</a>.",
                  (unsigned long long)f->refused.value);
    if (f->duplicates.value)
        text_addf(&t,
                  " <span class=warn>%llu of them are of a guest that another report is of, by its"
                  " UUID.</span>",
                  (unsigned long long)f->duplicates.value);
    text_add(&t, "\n</header>\n<main>\n<h2>How many</h2>\n<div class=counts>\n");
    put(p, &t);
    for (size_t i = 0; i < LISTINGS; i++)
        put_listing(p, &p->listings[i]);
}

/* --- guests
 * ------------------------------------------------------------------------------------------------
 */

static void put_orders(struct page *p)
{
    static const struct {
        const char *id, *label;
    } orders[] = {{"by-status", "status"},
                  {"by-name", "name"},
                  {"by-windows", "Windows"},
                  {"by-drivers", "drivers"},
                  {"by-findings", "errors and warnings"}};
    struct text t = {0};
    text_add(&t, "</div>\n<section aria-label=\"Guests\">\n<h2 id=guests>Guests</h2>\n"
                 "<span class=choose>In the order of:</span>\n");
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        text_addf(&t,
                  "<input type=radio name=order id=%s%s><label class=choose for=%s>%s</label>\n",
                  orders[i].id, i ? "" : " checked", orders[i].id, orders[i].label);
    text_add(
        &t,
        "<input type=checkbox id=backwards><label class=choose for=backwards>backwards</label>\n"
        "<table role=table class=guests aria-labelledby=guests>\n<thead role=rowgroup><tr role=row>"
        "<th role=columnheader scope=col>Guest<th role=columnheader scope=col>Status"
        "<th role=columnheader scope=col>Windows<th role=columnheader scope=col>Drivers"
        "<th role=columnheader scope=col>Findings</thead>\n<tbody role=rowgroup>\n");
    put(p, &t);
}

static void add_classes(struct text *t, const struct page *p, const struct fleet_guest *g)
{
    text_add(t, "<tr role=row class=\"");
    add_class(t, &p->listings[0], g->status, NULL);
    for (size_t i = 0; i < g->findings.count && i < FLEET_HTML_FILTERS_MAX; i++)
        add_class(t, &p->listings[1], g->findings.at[i].code, g->findings.at[i].severity);
    for (size_t i = 0; i < g->families.count; i++)
        add_class(t, &p->listings[2], g->families.at[i].id, g->families.at[i].version);
    add_class(t, &p->listings[3], g->windows, NULL);
    text_add(t, "\" style=\"");
}

static void add_families(struct text *t, const struct fleet_guest *g)
{
    text_add(t, "<td role=cell>");
    for (size_t i = 0; i < g->families.count; i++) {
        text_add(t, i ? "; " : "");
        html_add(t, g->families.at[i].id);
        text_add(t, " ");
        html_add(t, g->families.at[i].version);
    }
}

static bool is_repeated(const struct fleet_guest *g, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(g->findings.at[i].code, g->findings.at[index].code) == 0)
            return true;
    return false;
}

static void add_findings(struct text *t, const struct fleet_guest *g)
{
    size_t named = 0, i = 0;
    text_add(t, "<td role=cell>");
    size_t most =
        g->findings.count < FLEET_HTML_FILTERS_MAX ? g->findings.count : FLEET_HTML_FILTERS_MAX;
    for (; i < most && named < FLEET_HTML_CODES_MAX; i++) {
        const struct fleet_finding *f = &g->findings.at[i];
        if (is_repeated(g, i))
            continue;
        text_addf(t, "%s<span class=\"%s\">", named++ ? ", " : "", class_of_severity(f->severity));
        html_add(t, f->code);
        text_add(t, "</span>");
    }
    if (i < g->findings.count)
        text_addf(t, " and %zu more", g->findings.count - i);
    if (!g->findings.count && g->message)
        html_add_short(t, g->message, 200);
}

static void put_guest(struct page *p, size_t index)
{
    const struct fleet_guest *g = &p->fleet->guests.at[index];
    const struct fleet_family *first = g->families.count ? &g->families.at[0] : NULL;
    struct text t = {0};
    add_classes(&t, p, g);
    text_addf(&t, "--n:%zu;--w:%zu;--d:%zu;--f:%ld\">", p->of_name[index],
              rank_of(&p->fleet->windows, p->of_windows, g->windows, NULL),
              rank_of(&p->fleet->families, p->of_drivers, first ? first->id : NULL,
                      first ? first->version : NULL),
              rank_by_findings(g));
    text_add(&t, "<th role=rowheader scope=row>");
    html_add(&t, g->name);
    text_addf(&t, "<td role=cell class=%s>", class_of(g->status));
    html_add(&t, g->status);
    text_add(&t, "<td role=cell>");
    html_add(&t, g->windows);
    add_families(&t, g);
    add_findings(&t, g);
    text_add(&t, "\n");
    put(p, &t);
}

static void put_refusals(struct page *p)
{
    const struct fleet *f = p->fleet;
    struct text t = {0};
    if (!f->refusals.count)
        return;
    text_add(&t, "<h2 id=refused>Files that could not be read as a report</h2>\n<ul>\n");
    for (size_t i = 0; i < f->refusals.count && i < FLEET_HTML_REFUSALS_MAX; i++) {
        text_add(&t, "<li>");
        html_element(&t, "code", f->refusals.at[i].file);
        text_add(&t, ": ");
        html_add(&t, f->refusals.at[i].reason);
        text_add(&t, "\n");
    }
    text_add(&t, "</ul>\n");
    if (f->refusals.count > FLEET_HTML_REFUSALS_MAX)
        text_addf(&t, "<p>and %zu more\n", f->refusals.count - FLEET_HTML_REFUSALS_MAX);
    put(p, &t);
}

static void put_tail(struct page *p)
{
    struct text t = {0};
    text_add(&t, "</table>\n<p>Guests shown: <span class=shown></span>\n</section>\n");
    put(p, &t);
    put_refusals(p);
    text_add(
        &t,
        "</main>\n<footer><p>A guest is named after its report's file. Which drivers it has was "
        "judged from the facts in its report; where families cannot be told apart, all of "
        "them are named. Made by xenpv " XENPV_VERSION " report --merge.</footer>\n");
    html_close(&t);
    put(p, &t);
}

void fleet_html(const struct fleet *f, struct spool *out)
{
    struct page p = {
        .fleet = f,
        .out = out,
        .listings = {{'s', "statuses", "By status", "<th scope=col>status", &f->statuses, NULL},
                     {'f', "findings", "By finding", "<th scope=col>finding<th scope=col>severity",
                      &f->findings, NULL},
                     {'d', "drivers", "By drivers", "<th scope=col>family<th scope=col>version",
                      &f->families, NULL},
                     {'w', "windows", "By Windows", "<th scope=col>Windows", &f->windows, NULL}},
        .of_name =
            ranks_of(f->guests.at, f->guests.count, sizeof *f->guests.at, compare_guest_names),
        .of_drivers = ranks_of(f->families.at, f->families.count, sizeof *f->families.at,
                               compare_count_names),
        .of_windows =
            ranks_of(f->windows.at, f->windows.count, sizeof *f->windows.at, compare_count_names),
    };
    for (size_t i = 0; i < LISTINGS; i++)
        p.listings[i].ranked = fleet_counts_ranked(f, p.listings[i].counts);
    put_head(&p);
    put_orders(&p);
    for (size_t i = 0; i < f->guests.count; i++)
        put_guest(&p, i);
    put_tail(&p);
    for (size_t i = 0; i < LISTINGS; i++)
        mem_free(p.listings[i].ranked);
    mem_free(p.of_name);
    mem_free(p.of_drivers);
    mem_free(p.of_windows);
}
