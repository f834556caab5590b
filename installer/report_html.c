#include "installer/report_html.h"

#include "base/mem.h"
#include "installer/html.h"
#include "installer/plan.h"
#include "installer/report_html_evidence.h"
#include "installer/stack_svg.h"

#include <string.h>

/* --- status
 * ---------------------------------------------------------------------------------------- */

static const char *class_of_word(enum status_word w)
{
    switch (w) {
    case STATUS_WORKING: return "good";
    case STATUS_WORKING_WITH_WARNINGS:
    case STATUS_NEEDS_RESTART:
    case STATUS_NOT_INSTALLED:
    case STATUS_DEGRADED: return "warn";
    case STATUS_BROKEN:
    case STATUS_UNSUPPORTED:
    case STATUS_NOT_XEN: return "bad";
    case STATUS_UNKNOWN: break;
    }
    return "unknown";
}

static const char *sign_of_class(const char *class_name)
{
    return strcmp(class_name, "good") == 0   ? "\xe2\x9c\x93"
           : strcmp(class_name, "warn") == 0 ? "!"
           : strcmp(class_name, "bad") == 0  ? "\xc3\x97"
                                             : "?";
}

/* Whose Xen it is, its version, and the guest's number there. */
static void add_host(struct text *t, const struct report *r)
{
    const struct facts_platform *p = &r->facts->platform;
    struct text host = {0};
    if (r->flavour == FLAVOUR_UNKNOWN)
        return;
    text_add(&host, flavour_words(r->flavour));
    if (p->xen_major.known && p->xen_minor.known)
        text_addf(&host, ", Xen %llu.%llu", (unsigned long long)p->xen_major.value,
                  (unsigned long long)p->xen_minor.value);
    if (p->domain_id.known)
        text_addf(&host, ", domain %llu", (unsigned long long)p->domain_id.value);
    html_pair(t, "Host", text_str(&host));
    html_pair(t, "Known by", r->flavour_sign);
    text_release(&host);
}

static void add_verdict(struct text *t, const struct report *r)
{
    if (r->status) {
        const char *word = class_of_word(r->status->word);
        text_addf(t, "<div class=\"box %s\"><p class=\"verdict word\">%s %s</p>\n", word,
                  sign_of_class(word), status_word_name(r->status->word));
    } else {
        text_add(t, "<div class=\"box unknown\"><p class=\"verdict word\">? not judged</p>\n");
    }
    text_add(t, "<p>");
    html_add(t, r->outcome);
    text_add(t, r->message ? ": " : "");
    html_add(t, r->message);
    text_add(t, "</p></div>\n<dl>\n");
    html_pair(t, "Windows", r->windows);
    if (r->facts) {
        const struct facts_platform *p = &r->facts->platform;
        html_pair(t, "Machine", p->system_product);
        add_host(t, r);
        html_pair(t, "UUID", p->system_uuid);
    }
    if (r->decision)
        html_pair(t, "Decision", r->decision->sentence);
    html_pair(t, "Report by", r->program);
    text_add(t, "</dl>\n");
}

static void add_stack(struct text *t, const struct stack *s)
{
    text_add(t, "<section><h2>Driver stack</h2>\n<div class=\"stack\">\n");
    stack_svg_add(t, s);
    text_add(t, "<div>\n");
    HTML_BEGIN_TABLE(t, s->count, "The same in words", "What", "Name", "State");
    for (size_t i = 0; i < s->count; i++) {
        const struct stack_box *b = &s->at[i];
        static const char *const classes[] = {"unknown", "bad", "warn", "good"};
        text_add(t, "<tr>");
        html_element(t, "th scope=\"row\"", stack_place_name(b->place));
        text_add(t, "<td>");
        html_add(t, b->name);
        text_add(t, b->detail ? "<br><span class=\"muted\">" : "");
        html_add(t, b->detail);
        text_addf(t, "%s</td><td><span class=\"%s\">%s</span>: ", b->detail ? "</span>" : "",
                  classes[b->health], stack_health_words(b->health));
        html_add(t, b->state);
        text_add(t, "</td></tr>\n");
    }
    html_end_table(t, s->count);
    if (s->left_out)
        text_addf(t, "<p>and %zu more devices, which are below</p>\n", s->left_out);
    text_add(t, "</div></div></section>\n");
}

static void add_evidence(struct text *t, const struct texts *evidence)
{
    if (!evidence->count)
        return;
    text_add(t, "<dt>Rests on</dt><dd>");
    for (size_t i = 0; i < evidence->count && i < HTML_ROWS_MAX; i++) {
        text_add(t, i ? "<br>" : "");
        html_add(t, evidence->at[i]);
    }
    text_add(t, "</dd>\n");
}

static void add_source(struct text *t, const char *source)
{
    if (!source)
        return;
    text_add(t, "<dt>Source</dt><dd>");
    html_add_link(t, source);
    text_add(t, "</dd>\n");
}

static void add_command(struct text *t, const char *command)
{
    if (!command)
        return;
    text_add(t, "<dt>Command</dt><dd>");
    html_element(t, "code", command);
    text_add(t, "</dd>\n");
}

static void add_finding(struct text *t, const struct status_finding *f)
{
    static const char *const severities[] = {"error", "warning", "note"};
    static const char *const classes[] = {"bad", "warn", "unknown"};
    text_addf(t, "<li class=\"box %s\"><h3><span class=\"word\">%s:</span> ", classes[f->severity],
              severities[f->severity]);
    html_add(t, f->message);
    text_add(t, "</h3>\n<dl>\n");
    html_pair(t, "About", f->subject);
    add_evidence(t, &f->evidence);
    html_pair(t, "Cause", f->cause);
    html_pair(t, "Do", f->remedy);
    add_command(t, f->command);
    add_source(t, f->source);
    html_pair(t, "Code", f->code);
    text_add(t, "</dl></li>\n");
}

static void add_findings(struct text *t, const struct status *s)
{
    text_add(t, "<section><h2>Findings</h2>\n");
    if (!s->findings.count)
        text_add(t, "<p>None: nothing speaks against this guest.</p>\n");
    text_add(t, s->findings.count ? "<ol>\n" : "");
    for (size_t i = 0; i < s->findings.count && i < HTML_ROWS_MAX; i++)
        add_finding(t, &s->findings.at[i]);
    text_add(t, s->findings.count ? "</ol>\n" : "");
    if (s->findings.count > HTML_ROWS_MAX)
        text_addf(t, "<p>and %zu more, which the JSON report has</p>\n",
                  s->findings.count - HTML_ROWS_MAX);
    text_add(t, "</section>\n");
}

/* --- which drivers fit
 * ------------------------------------------------------------------------------ */

static void add_candidate(struct text *t, const struct candidate *c)
{
    static const char *const words[] = {"no", "eligible", "chosen"};
    static const char *const classes[] = {"bad", "good", "good"};
    text_add(t, "<tr>");
    html_element(t, "th scope=\"row\"", c->family);
    text_add(t, "<td>");
    html_add(t, c->release);
    text_add(t, "<br><span class=\"muted\">");
    html_add(t, c->set);
    text_addf(t, "</span></td><td><span class=\"%s\">%s %s</span></td><td>", classes[c->verdict],
              sign_of_class(classes[c->verdict]), words[c->verdict]);
    for (size_t i = 0; i < c->reasons.count; i++) {
        text_add(t, i ? "<br>" : "");
        html_add(t, c->reasons.at[i].sentence);
        text_add(t, " <i>");
        html_add(t, c->reasons.at[i].code);
        text_add(t, "</i>");
    }
    for (size_t i = 0; i < c->accepted.count; i++) {
        text_add(t, i || c->reasons.count ? "<br>accepted: " : "accepted: ");
        html_add(t, c->accepted.at[i].sentence);
    }
    text_add(t, "</td></tr>\n");
}

static size_t add_candidates(struct text *t, const struct choice *c, bool notable)
{
    size_t count = 0;
    for (size_t i = 0; i < c->candidates.count; i++) {
        if (report_is_notable(&c->candidates.at[i]) != notable)
            continue;
        if (!count++)
            HTML_BEGIN_TABLE(t, c->candidates.count,
                             notable ? "Sources for this Windows"
                                     : "For other Windows or processors",
                             "Family", "Release", "Fits", "Why");
        if (count <= HTML_ROWS_MAX)
            add_candidate(t, &c->candidates.at[i]);
    }
    if (count)
        html_end_table(t, count);
    return count;
}

static void add_choice(struct text *t, const struct choice *c)
{
    if (!c->candidates.count)
        return;
    text_add(t, "<section><h2>Drivers for this Windows</h2>\n");
    if (!add_candidates(t, c, true))
        text_add(t, "<p>No source has drivers for this Windows.</p>\n");
    if (c->remedies.count)
        text_add(t, "<h3>What would change that</h3>\n<ul>\n");
    for (size_t i = 0; i < c->remedies.count; i++) {
        text_add(t, "<li>");
        html_add(t, c->remedies.at[i].release);
        text_add(t, ", ");
        html_add(t, c->remedies.at[i].set);
        text_add(t, ", with: ");
        for (size_t k = 0; k < c->remedies.at[i].changes.count; k++) {
            text_add(t, k ? "; " : "");
            html_add(t, c->remedies.at[i].changes.at[k]);
        }
        text_add(t, "</li>\n");
    }
    text_add(t, c->remedies.count ? "</ul>\n" : "");
    html_begin_details(t, "Sources for other Windows or processors");
    if (!add_candidates(t, c, false))
        text_add(t, "<p>None.</p>\n");
    html_end_details(t);
    text_add(t, "</section>\n");
}

/* --- journal
 * --------------------------------------------------------------------------------------- */

static void add_steps(struct text *t, const struct journal *j)
{
    static const char *const states[] = {"to do", "begun", "done", "undone"};
    html_begin_details(t, "Steps");
    HTML_BEGIN_TABLE(t, j->steps.count, "Steps of the journal", "Step", "State");
    for (size_t i = 0; i < j->steps.count && i < HTML_ROWS_MAX; i++) {
        char *words = plan_step_words(j, &j->steps.at[i]);
        text_add(t, "<tr><td>");
        html_add(t, words);
        text_add(t, "</td>");
        html_element(t, "td", states[j->steps.at[i].state]);
        text_add(t, "</tr>\n");
        mem_free(words);
    }
    html_end_table(t, j->steps.count);
    html_end_details(t);
}

static void add_journal(struct text *t, const struct journal *j)
{
    bool removal = j->job == JOURNAL_REMOVAL;
    text_add(t, "<section><h2>Journal</h2>\n<dl>\n");
    html_pair(t, removal ? "Removal of" : "Installation of", removal ? j->family : j->release);
    html_pair(t, "For", j->set);
    html_pair(t, "State", journal_state_name(j->state));
    html_pair(t, "Reason", j->reason);
    html_pair_number(t, "Restarts asked for", &j->restarts);
    for (size_t i = 0; i < j->sources.count; i++) {
        html_pair(t, "From", j->sources.at[i].path);
        html_pair(t, "SHA-256", j->sources.at[i].sha256);
        html_pair(t, "Signed by", j->sources.at[i].signer);
    }
    if (!removal && !j->trust.count)
        html_pair(t, "Trust", "no certificate was added and no policy changed");
    for (size_t i = 0; i < j->trust.count; i++)
        html_pair(t, "Trust", j->trust.at[i]);
    html_pair(t, "Fallback boot entry", j->boot.no_fallback ? j->boot.no_fallback : j->boot.option);
    text_add(t, "</dl>\n");
    if (j->steps.count)
        add_steps(t, j);
    text_add(t, "</section>\n");
}

char *report_html(const struct report *r, const struct stack *s)
{
    struct text t = {0}, title = {0};
    text_addf(&title, "%s: %s", r->status ? status_word_name(r->status->word) : "not judged",
              r->windows ? r->windows : "a Xen guest");
    html_open(&t, text_str(&title));
    text_add(&t, "<header><h1>PV drivers of this Xen guest</h1>\n");
    add_verdict(&t, r);
    text_add(&t, "</header>\n<main>\n");
    if (s)
        add_stack(&t, s);
    if (r->status)
        add_findings(&t, r->status);
    add_choice(&t, &r->choice);
    if (r->journal)
        add_journal(&t, r->journal);
    if (r->facts)
        report_html_add_evidence(&t, r->facts);
    text_add(&t, "</main>\n<footer><p class=\"muted\">Made by ");
    html_add(&t, r->program);
    text_add(&t, ". This page holds all that it shows and loads nothing.</p></footer>\n");
    html_close(&t);
    text_release(&title);
    return text_steal(&t);
}
