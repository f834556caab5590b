#include "installer/outcome_event.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static enum outcome_event_kind kind_of(enum exit_code code)
{
    switch (code) {
    case EXIT_CODE_DONE:
    case EXIT_CODE_RESTART_STARTED:
    case EXIT_CODE_RESTART_NEEDED: return OUTCOME_EVENT_KIND_INFORMATION;
    case EXIT_CODE_NOT_XEN:
    case EXIT_CODE_NEEDS_ATTENTION:
    case EXIT_CODE_NEEDS_ELEVATION:
    case EXIT_CODE_NO_SOURCE: return OUTCOME_EVENT_KIND_WARNING;
    case EXIT_CODE_FAILED:
    case EXIT_CODE_USAGE:
    case EXIT_CODE_REFUSED:
    case EXIT_CODE_ROLLED_BACK: break;
    }
    return OUTCOME_EVENT_KIND_ERROR;
}

static uint16_t number_of_code(enum exit_code code)
{
    bool is_installers = code == EXIT_CODE_RESTART_STARTED || code == EXIT_CODE_RESTART_NEEDED;
    return (uint16_t)(is_installers ? (unsigned)code : OUTCOME_EVENT_FIRST + (unsigned)code);
}

/* A percent sign before a digit is a place for a text, in a text too (ReportEvent's remarks). */
static void add(struct text *t, const char *hostile)
{
    struct text safe = {0};
    text_add_escaped(&safe, hostile);
    for (const char *c = text_str(&safe); *c; c++)
        if (c[0] == '%' && c[1] >= '0' && c[1] <= '9')
            text_add(t, "\\x25");
        else
            text_add_bytes(t, c, 1);
    text_release(&safe);
}

static void add_line(struct text *t, const char *title, const char *hostile)
{
    if (!hostile)
        return;
    text_add(t, title);
    add(t, hostile);
    text_add(t, "\n");
}

static void add_finding(struct text *t, const struct status_finding *f)
{
    static const char *const severities[] = {"error", "warning", "info"};
    text_addf(t, "%s, ", severities[f->severity]);
    add(t, f->code ? f->code : "?");
    if (f->subject) {
        text_add(t, ", ");
        add(t, f->subject);
    }
    text_add(t, ": ");
    add(t, f->message ? f->message : "");
    text_add(t, "\n");
}

static void add_status(struct text *t, const struct status *s)
{
    size_t shown = s->findings.count < OUTCOME_EVENT_FINDINGS_MAX ? s->findings.count
                                                                  : OUTCOME_EVENT_FINDINGS_MAX;
    add_line(t, "Status: ", status_word_name(s->word));
    for (size_t i = 0; i < shown; i++)
        add_finding(t, &s->findings.at[i]);
    if (s->findings.count > shown)
        text_addf(t, "and %zu more\n", s->findings.count - shown);
}

void outcome_event_of(const struct report *r, struct outcome_event *out)
{
    struct text t = {.ceiling = OUTCOME_EVENT_TEXT_MAX};
    enum exit_code code =
        r->exit_code.known ? (enum exit_code)r->exit_code.value : EXIT_CODE_FAILED;
    add_line(&t, "", r->message);
    add_line(&t, "Windows: ", r->windows);
    if (r->status)
        add_status(&t, r->status);
    add_line(&t, "", r->program);
    *out = (struct outcome_event){.number = number_of_code(code),
                                  .kind = kind_of(code),
                                  .command = mem_strdup(r->command),
                                  .details = text_steal(&t)};
}

uint32_t outcome_event_identifier(const struct outcome_event *e)
{
    static const uint32_t severities[] = {3, 2, 1};
    return severities[e->kind] << 30 | e->number;
}

void outcome_event_release(struct outcome_event *e)
{
    if (!e)
        return;
    mem_free(e->command);
    mem_free(e->details);
    memset(e, 0, sizeof *e);
}
