/*
 * setuplog, and the entries of event logs: whatever the bytes are,
 *   - no more sections, lines, strings and characters come of them than the limits say;
 *   - each section has a title and its log's name, each event a source and an id;
 *   - what comes of them can be written as facts, and is accepted again.
 */
#include "base/mem.h"
#include "base/text.h"
#include "installer/event.h"
#include "installer/setuplog.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json.h"

#include <string.h>

static void check_sections(const struct facts *f)
{
    MUST(f->log_sections.count <= SETUPLOG_SECTIONS_MAX, "no more sections than are kept");
    for (size_t i = 0; i < f->log_sections.count; i++) {
        const struct facts_log_section *s = &f->log_sections.at[i];
        MUST(s->log && s->title && strlen(s->title) <= SETUPLOG_TEXT_MAX, "a section has a short title");
        MUST(s->lines.count <= SETUPLOG_LINES_MAX, "no more lines than are kept");
        for (size_t k = 0; k < s->lines.count; k++)
            MUST(strlen(s->lines.at[k]) <= SETUPLOG_TEXT_MAX, "a line is short");
    }
}

static void take_event(bool ok, struct facts_event *e, struct facts *f)
{
    if (!ok)
        return;
    MUST(e->source && e->id.known, "an event has a source and an id");
    MUST(e->strings.count <= EVENT_STRINGS_MAX, "no more strings than are kept");
    for (size_t k = 0; k < e->strings.count; k++)
        MUST(strlen(e->strings.at[k]) <= EVENT_TEXT_MAX, "a string is short");
    event_concerns(e, &(struct texts){0});
    *(struct facts_event *)shape_list_add(&f->events, sizeof *e) = *e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct facts f = {.schema = number_of(FACTS_SCHEMA)};
    struct facts_event xml = {0}, record = {0};
    struct span bytes = span_of(data, size);
    struct texts names = {0};
    char *text = mem_strndup((const char *)data, size);
    texts_add(&names, "oem3.inf");
    setuplog_read(&(struct setuplog_source){"setupapi.dev.log", bytes, &names}, &f);
    check_sections(&f);
    take_event(event_from_xml(text, &xml), &xml, &f);
    take_event(event_from_record("System", bytes, &record), &record, &f);
    fuzz_encode_is_stable(&facts_shape, &f);
    mem_free(text);
    texts_release(&names);
    facts_release(&f);
    return 0;
}
