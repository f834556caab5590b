#include "installer/fleet_text.h"

#include "base/mem.h"
#include "base/text.h"

static void add_left_out(struct text *t, size_t shown, size_t count)
{
    if (count > shown)
        text_addf(t, "         and %zu more\n", count - shown);
}

static void add_counts(struct text *t, const char *title, const struct fleet *f,
                       const struct fleet_counts *c)
{
    size_t shown = c->count < FLEET_TEXT_ROWS_MAX ? c->count : FLEET_TEXT_ROWS_MAX;
    const struct fleet_count **rows = fleet_counts_ranked(f, c);
    if (shown)
        text_addf(t, "\n%s\n", title);
    for (size_t i = 0; i < shown; i++) {
        text_addf(t, "%7llu  ", (unsigned long long)rows[i]->guests.value);
        text_add_escaped(t, rows[i]->name);
        text_add(t, rows[i]->detail ? " " : "");
        text_add_escaped(t, rows[i]->detail ? rows[i]->detail : "");
        text_add(t, "\n");
    }
    add_left_out(t, shown, c->count);
    mem_free(rows);
}

static void add_refusals(struct text *t, const struct fleet *f)
{
    size_t count = f->refusals.count;
    size_t shown = count < FLEET_TEXT_ROWS_MAX ? count : FLEET_TEXT_ROWS_MAX;
    text_add(t, count ? "\nNot read\n" : "");
    for (size_t i = 0; i < shown; i++) {
        text_add(t, "         ");
        text_add_escaped(t, f->refusals.at[i].file);
        text_add(t, ": ");
        text_add_escaped(t, f->refusals.at[i].reason);
        text_add(t, "\n");
    }
    add_left_out(t, shown, count);
}

char *fleet_text(const struct fleet *f)
{
    struct text t = {0};
    text_addf(&t, "%llu report%s, %llu file%s that could not be read as one\n",
              (unsigned long long)f->reports.value, f->reports.value == 1 ? "" : "s",
              (unsigned long long)f->refused.value, f->refused.value == 1 ? "" : "s");
    if (f->duplicates.value)
        text_addf(&t, "%llu of them of a guest that another report is of, by its UUID\n",
                  (unsigned long long)f->duplicates.value);
    add_counts(&t, "Status", f, &f->statuses);
    add_counts(&t, "Findings", f, &f->findings);
    add_counts(&t, "Drivers", f, &f->families);
    add_counts(&t, "Windows", f, &f->windows);
    add_refusals(&t, f);
    return text_steal(&t);
}
