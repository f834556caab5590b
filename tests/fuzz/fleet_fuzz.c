/*
 * fleet: whatever the reports are, each is taken or refused with a reason; the counts are those of
 * the rows, the worst status comes first, and what is written is UTF-8 without control characters:
 * JSON that reads back, a page in which every tag is ours, and a table of which each line has as
 * many fields.
 *
 * The input is one report or more, each behind a byte that does not occur in JSON's text (0x1e).
 */
#include "base/mem.h"
#include "installer/fleet.h"
#include "installer/fleet_csv.h"
#include "installer/fleet_html.h"
#include "installer/fleet_text.h"
#include "tests/fuzz/choosing.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/markup.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { SEPARATOR = 0x1e, REPORTS_MAX = 16 };

static void take_report(struct fleet *f, struct span json, size_t number)
{
    struct fleet_guest g = {0};
    struct err e = {0};
    struct bytes copy = fuzz_copy(json);
    char name[32];
    snprintf(name, sizeof name, "guest%zu", number);
    bool ok = fleet_read(bytes_span(&copy), fuzz_manifest(), &g, &e);
    fuzz_answer(ok, &e);
    if (ok)
        fleet_add(f, name, &g);
    else
        fleet_refuse(f, name, e.text);
    MUST(!g.name && !g.status && !g.findings.at, "a guest is taken over, or was never made");
    bytes_release(&copy);
}

static size_t take_reports(struct fleet *f, struct span rest)
{
    size_t count = 0;
    while (rest.size && count < REPORTS_MAX) {
        const unsigned char *end = memchr(rest.at, SEPARATOR, rest.size);
        size_t size = end ? (size_t)(end - rest.at) : rest.size;
        take_report(f, span_of(rest.at, size), count++);
        size += end != NULL;
        rest = span_of(rest.at + size, rest.size - size);
    }
    return count;
}

static uint64_t sum(const struct fleet_counts *c)
{
    uint64_t all = 0;
    for (size_t i = 0; i < c->count; i++) {
        MUST(c->at[i].guests.value > 0, "nothing is counted that nobody has");
        MUST(fleet_count_of(c, c->at[i].name, c->at[i].detail) == &c->at[i], "each count is found");
        all += c->at[i].guests.value;
    }
    return all;
}

static void check_counts(const struct fleet *f, size_t taken)
{
    MUST(f->reports.value == f->guests.count, "reports are rows");
    MUST(f->refused.value == f->refusals.count, "and refusals are counted");
    MUST(f->guests.count + f->refusals.count == taken, "none is lost");
    MUST(f->duplicates.value <= f->guests.count, "at most all are of one guest");
    MUST(sum(&f->statuses) == f->guests.count, "each guest has one status");
    MUST(sum(&f->windows) <= f->guests.count, "and one Windows at most");
    sum(&f->findings);
    sum(&f->families);
    for (size_t i = 1; i < f->guests.count; i++)
        MUST(fleet_status_rank(f->guests.at[i - 1].status) <=
                 fleet_status_rank(f->guests.at[i].status),
             "the worst comes first");
}

static void check_json(const struct fleet *f)
{
    char *text = fleet_json(f);
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    MUST(j, "the JSON can be read");
    MUST(json_array_size(json_object_get(j, "guests")) == f->guests.count, "and has every guest");
    json_decref(j);
    mem_free(text);
}

static bool collect(void *context, struct span piece, struct err *e)
{
    (void)e;
    text_add_bytes(context, (const char *)piece.at, piece.size);
    return true;
}

static char *drained(struct spool *s)
{
    struct text t = {0};
    MUST(spool_drain(s, collect, &t, NULL), "what was put aside comes back");
    spool_release(s);
    MUST(!t.full, "it is not too large");
    return text_steal(&t);
}

static void check_page(const struct fleet *f)
{
    struct spool s = {0};
    fleet_html(f, &s);
    char *page = drained(&s);
    fuzz_markup(page, FUZZ_MARKUP_OPEN);
    mem_free(page);
}

/* Commas outside of quotes; a quote inside is two of them, and no field has a line of its own. */
static size_t fields_of(const char *line, const char *end)
{
    size_t count = 1;
    bool quoted = false;
    for (; line < end; line++) {
        quoted = quoted != (*line == '"');
        count += *line == ',' && !quoted;
    }
    MUST(!quoted, "a quote is closed");
    return count;
}

static void check_table(const struct fleet *f)
{
    struct spool s = {0};
    size_t lines = 0, fields = 0;
    fleet_csv(f, &s);
    char *table = drained(&s);
    for (const char *line = table, *end; (end = strstr(line, "\r\n")); line = end + 2, lines++) {
        if (!lines)
            fields = fields_of(line, end);
        MUST(fields_of(line, end) == fields, "each line has as many fields as the first");
    }
    MUST(lines == f->guests.count + 1, "a line for each guest, and one above them");
    fuzz_text(table);
    mem_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fleet f;
    fleet_init(&f);
    size_t taken = take_reports(&f, span_of(data, size));
    fleet_sum(&f);
    check_counts(&f, taken);
    check_json(&f);
    check_page(&f);
    check_table(&f);
    char *text = fleet_text(&f);
    fuzz_text(text);
    mem_free(text);
    fleet_release(&f);
    return 0;
}
