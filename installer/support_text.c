/* The part of support_report that people read. */
#include "installer/support_report.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 31, ANSWER_WIDTH = 18, WINDOWS_WIDTH = 30, PV_WIDTH = 4, LEAD_ROOM = 64 };

/* What a cell of the Windows table refers to: small letters for conditions, capitals for reasons.
 */
struct legend {
    const struct manifest *manifest;
    bool none; /* some source has nothing for some processor */
    struct texts conditions, objections;
};

/* Words of text, wrapped; each line but the first begins with indent blanks. column: where t is. */
static void add_wrapped(struct text *t, const char *text, int indent, int column)
{
    bool first = true;
    for (; *text; text += strspn(text, " ")) {
        int size = (int)strcspn(text, " ");
        if (!first && column + 1 + size > SUPPORT_REPORT_WIDTH) {
            text_addf(t, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            text_add(t, " ");
            column++;
        }
        text_addf(t, "%.*s", size, text);
        column += size;
        text += size;
        first = false;
    }
}

static void drop_blanks(struct text *t)
{
    while (t->size && t->at[t->size - 1] == ' ')
        t->at[--t->size] = '\0';
}

/* A line, or several: lead, and then text beside it. */
static void add_paragraph(struct text *t, const char *lead, const char *text)
{
    int indent = (int)strlen(lead);
    text_add(t, lead);
    add_wrapped(t, text, indent, indent);
    drop_blanks(t);
    text_add(t, "\n");
}

static void add_references(struct text *t, const struct texts *footnotes)
{
    for (size_t i = 0; i < footnotes->count; i++)
        text_addf(t, " [%s]", footnotes->at[i]);
}

/* Pad the line that began at from to width columns. */
static void pad(struct text *t, size_t from, int width)
{
    int have = (int)(t->size - from);
    if (have < width)
        text_addf(t, "%*s", width - have, "");
}

static void add_answer(struct text *t, enum support_answer a, const struct texts *footnotes)
{
    text_add(t, a == SUPPORT_NOT_KNOWN ? "?" : support_answer_words(a));
    add_references(t, footnotes);
}

static void add_row(struct text *t, const struct support_row *r)
{
    size_t from = t->size;
    text_addf(t, "  %s", r->name);
    add_references(t, &r->name_footnotes);
    pad(t, from, NAME_WIDTH);
    add_answer(t, r->pv, &r->pv_footnotes);
    pad(t, from, NAME_WIDTH + ANSWER_WIDTH);
    add_answer(t, r->pvhvm, &r->pvhvm_footnotes);
    drop_blanks(t);
    text_add(t, "\n");
}

/* The letter of text in the list, where it is put when it is new; past the alphabet: the last. */
static char letter_of(struct texts *list, const char *text, char first)
{
    size_t i = 0;
    enum { LETTERS = 26 };
    while (i < list->count && strcmp(list->at[i], text) != 0)
        i++;
    if (i == list->count)
        texts_add(list, text);
    return (char)(first + (int)(i < LETTERS ? i : LETTERS - 1));
}

/* "--accept xsn-1: ..." with what is thereby accepted. */
static void add_condition(struct text *t, const struct manifest *m,
                          const struct support_condition *c)
{
    const struct manifest_advisory *a = manifest_advisory_by_id(m, c->code);
    text_add(t, c->what);
    if (a)
        text_addf(t, " (%s)", a->title);
    else if (strcmp(c->code, SELECT_NOT_PINNED) == 0)
        text_add(t, " (nobody published a hash of its files)");
}

static void sort_letters(char *letters, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = i; j && letters[j - 1] > letters[j]; j--) {
            char c = letters[j];
            letters[j] = letters[j - 1];
            letters[j - 1] = c;
        }
}

static void add_letters(struct text *t, const struct text *letters)
{
    if (!letters->size)
        return;
    sort_letters(letters->at, letters->size);
    text_addf(t, " %s", letters->at);
}

/* "8.2.2 ab": usable with the conditions a and b; "no A"; "-": there is none for this processor. */
static void add_cell(struct text *t, const struct support_release *r, struct legend *legend)
{
    struct text letters = {0};
    legend->none = legend->none || !r;
    text_add(t, !r ? "-" : r->eligible == TRI_YES ? r->version : "no");
    for (size_t i = 0; r && i < r->conditions.count; i++) {
        struct text what = {0};
        add_condition(&what, legend->manifest, &r->conditions.at[i]);
        text_addf(&letters, "%c", letter_of(&legend->conditions, text_str(&what), 'a'));
        text_release(&what);
    }
    for (size_t i = 0; r && i < r->objections.count; i++) {
        struct text why = {0};
        text_addf(&why, "%s: %s", r->objections.at[i].code, r->objections.at[i].sentence);
        text_addf(&letters, "%c", letter_of(&legend->objections, text_str(&why), 'A'));
        text_release(&why);
    }
    add_letters(t, &letters);
    text_release(&letters);
}

static int cell_width(const struct support_group *g)
{
    int columns = g->sources.count ? (int)g->sources.count : 1;
    return (SUPPORT_REPORT_WIDTH - WINDOWS_WIDTH - PV_WIDTH) / columns;
}

static void add_windows_row(struct text *t, const struct support_entry *entry,
                            const struct support_windows *w, struct legend *legend)
{
    const struct support_group *g = entry->group;
    size_t from = t->size;
    text_addf(t, "  %s %s", w->name, w->architecture);
    pad(t, from, WINDOWS_WIDTH);
    add_answer(t, entry->row->pv, &entry->row->pv_footnotes);
    for (size_t i = 0; i < g->sources.count; i++) {
        pad(t, from, WINDOWS_WIDTH + PV_WIDTH + (int)i * cell_width(g));
        add_cell(t, support_sources_best(w, &g->sources.at[i]), legend);
    }
    drop_blanks(t);
    text_add(t, "\n");
}

static void add_title(struct text *t, const struct support_group *g)
{
    size_t from = t->size;
    text_add(t, g->title);
    pad(t, from, g->sources.count ? WINDOWS_WIDTH : NAME_WIDTH);
    if (!g->sources.count) {
        text_add(t, g->pv_title);
        pad(t, from, NAME_WIDTH + ANSWER_WIDTH);
        text_add(t, g->pvhvm_title ? g->pvhvm_title : "");
        add_references(t, &g->pvhvm_title_footnotes);
    } else {
        text_add(t, "PV");
    }
    for (size_t i = 0; i < g->sources.count; i++) {
        pad(t, from, WINDOWS_WIDTH + PV_WIDTH + (int)i * cell_width(g));
        text_add(t, g->sources.at[i].title);
        if (g->sources.at[i].footnote)
            text_addf(t, " [%s]", g->sources.at[i].footnote);
    }
    drop_blanks(t);
    text_add(t, "\n");
}

static void add_footnote(struct text *t, const struct support_footnote *f)
{
    char lead[LEAD_ROOM];
    snprintf(lead, sizeof lead, "  [%.20s] ", f->id);
    add_paragraph(t, lead, f->text);
}

static void add_legend(struct text *t, const struct legend *legend)
{
    char lead[] = "    a ";
    if (legend->conditions.count)
        text_add(t, "  version and small letters: usable only with\n");
    for (size_t i = 0; i < legend->conditions.count; i++, lead[4]++)
        add_paragraph(t, lead, legend->conditions.at[i]);
    lead[4] = 'A';
    if (legend->objections.count)
        text_add(t, "  no and capital letters: because\n");
    for (size_t i = 0; i < legend->objections.count; i++, lead[4]++)
        add_paragraph(t, lead, legend->objections.at[i]);
    if (legend->none)
        text_add(t, "  -  no release is for this processor\n");
}

/* Is the footnote referred to by the entries from first to end, or by the heading above them? */
static bool is_used(const struct support_entry *first, const struct support_entry *end,
                    const char *id)
{
    const struct support_group *g = first->group;
    bool used = texts_have_nocase(&g->pvhvm_title_footnotes, id);
    for (size_t i = 0; i < g->sources.count; i++)
        used = used || (g->sources.at[i].footnote && strcmp(g->sources.at[i].footnote, id) == 0);
    for (; first < end; first++)
        used = used || texts_have_nocase(&first->row->name_footnotes, id) ||
               texts_have_nocase(&first->row->pv_footnotes, id) ||
               texts_have_nocase(&first->row->pvhvm_footnotes, id);
    return used;
}

static void add_footnotes(struct text *t, const struct support_entry *first,
                          const struct support_entry *end)
{
    const struct support_group *g = first->group;
    for (size_t i = 0; i < g->footnotes.count; i++)
        if (is_used(first, end, g->footnotes.at[i].id))
            add_footnote(t, &g->footnotes.at[i]);
}

/* The entries from first to end are of one group. */
static void add_group(struct text *t, const struct manifest *m, const struct support_entry *first,
                      const struct support_entry *end)
{
    const struct support_group *g = first->group;
    struct legend legend = {.manifest = m};
    add_title(t, g);
    for (const struct support_entry *x = first; x < end; x++) {
        for (size_t i = 0; i < x->windows.count; i++)
            add_windows_row(t, x, &x->windows.at[i], &legend);
        if (!x->windows.count)
            add_row(t, x->row);
    }
    if (g->sources.count)
        add_paragraph(t, "  PV  ", g->pv_title);
    add_footnotes(t, first, end);
    add_legend(t, &legend);
    if (g->note)
        add_paragraph(t, "  ", g->note);
    texts_release(&legend.conditions);
    texts_release(&legend.objections);
}

static bool has_open_answer(const struct support_report *r)
{
    for (size_t i = 0; i < r->entries.count; i++)
        if (r->entries.at[i].row->pv == SUPPORT_NOT_KNOWN ||
            r->entries.at[i].row->pvhvm == SUPPORT_NOT_KNOWN)
            return true;
    return false;
}

static void add_table(struct text *t, const struct support_report *r)
{
    for (size_t i = 0, end; i < r->entries.count; i = end) {
        for (end = i + 1; end < r->entries.count; end++)
            if (r->entries.at[end].group != r->entries.at[i].group)
                break;
        if (i)
            text_add(t, "\n");
        add_group(t, r->manifest, &r->entries.at[i], r->entries.at + end);
    }
    if (has_open_answer(r))
        text_add(t, "\n?  not known: the source of the table does not say\n");
    text_add(t, "\nAll of a row: xenpv support NAME\n");
}

static void add_answer_line(struct text *t, const char *title, enum support_answer a,
                            const struct texts *footnotes)
{
    text_addf(t, "  %s: %s", title, support_answer_words(a));
    if (a == SUPPORT_NOT_KNOWN)
        text_add(t, " (the source has a question mark)");
    add_references(t, footnotes);
    text_add(t, "\n");
}

/* The footnote of the source that the family belongs to; "" when it belongs to none. */
static const char *footnote_of(const struct support_group *g, const char *family)
{
    for (size_t i = 0; i < g->sources.count; i++)
        if (texts_have_nocase(&g->sources.at[i].families, family) && g->sources.at[i].footnote)
            return g->sources.at[i].footnote;
    return "";
}

static void add_release(struct text *t, const struct support_group *g,
                        const struct support_release *r)
{
    char lead[LEAD_ROOM];
    struct text rest = {0};
    const char *word = r->eligible != TRI_YES ? "no" : r->conditions.count ? "if" : "yes";
    snprintf(lead, sizeof lead, "    %-3s [%s] %-27.40s ", word, footnote_of(g, r->family),
             r->release);
    for (size_t i = 0; i < r->conditions.count; i++)
        text_addf(&rest, "%s%s", i ? "; " : "", r->conditions.at[i].what);
    for (size_t i = 0; i < r->objections.count; i++)
        text_addf(&rest, "%s%s: %s", i ? "; " : "", r->objections.at[i].code,
                  r->objections.at[i].sentence);
    add_paragraph(t, lead, text_str(&rest));
    text_release(&rest);
}

static void add_windows(struct text *t, const struct support_group *g,
                        const struct support_windows *w)
{
    text_addf(t, "\n  %s %s, as plan --for %s says:\n", w->name, w->architecture, w->plan_for);
    for (size_t i = 0; i < w->releases.count; i++)
        add_release(t, g, &w->releases.at[i]);
    if (!w->releases.count)
        text_add(t, "    no release is for this processor\n");
}

static void add_names(struct text *t, const struct support_row *r)
{
    struct text names = {0};
    for (size_t i = 0; i < r->aliases.count; i++)
        text_addf(&names, "%s%s", i ? ", " : "", r->aliases.at[i]);
    if (r->aliases.count)
        add_paragraph(t, "  also called: ", text_str(&names));
    text_release(&names);
}

static void add_entry(struct text *t, const struct support_entry *x)
{
    const struct support_group *g = x->group;
    text_addf(t, "%s (%s)", x->row->name, g->title);
    add_references(t, &x->row->name_footnotes);
    text_add(t, "\n");
    add_names(t, x->row);
    add_answer_line(t, g->pv_title, x->row->pv, &x->row->pv_footnotes);
    if (g->pvhvm_title)
        add_answer_line(t, g->pvhvm_title, x->row->pvhvm, &x->row->pvhvm_footnotes);
    if (g->note)
        add_paragraph(t, "  ", g->note);
    for (size_t i = 0; i < x->windows.count; i++)
        add_windows(t, g, &x->windows.at[i]);
    if (x->windows.count)
        text_add(t, "\n");
    add_footnotes(t, x, x + 1);
    if (g->source)
        add_paragraph(t, "  source: ", g->source);
}

char *support_report_text(const struct support_report *r)
{
    struct text t = {0};
    if (r->query && r->entries.count == 1)
        add_entry(&t, &r->entries.at[0]);
    else if (r->entries.count)
        add_table(&t, r);
    return text_steal(&t);
}
