#include "installer/publish.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/authenticode.h"

#include <string.h>

enum { PUBLISH_SCHEMA = 1 };

static void add(struct text *t, const char *hostile)
{
    for (const char *c = hostile ? hostile : ""; *c; c++)
        text_add_bytes(t, *c < 0x20 || *c > 0x7e ? "?" : c, 1);
}

/* Codes of errors and warnings, each once; the severest first, as they stand. */
static void add_findings(struct text *t, const struct status *s)
{
    struct texts seen = {0};
    for (int severity = STATUS_ERROR; s && severity <= STATUS_WARNING; severity++)
        for (size_t i = 0; i < s->findings.count; i++) {
            const struct status_finding *f = &s->findings.at[i];
            if ((int)f->severity != severity || !f->code || texts_have_nocase(&seen, f->code))
                continue;
            text_add(t, seen.count ? " " : "");
            add(t, f->code);
            texts_add(&seen, f->code);
        }
    texts_release(&seen);
}

static void add_drivers(struct text *t, const struct inventory *drivers)
{
    for (size_t i = 0; i < drivers->families.count; i++) {
        text_add(t, i ? "; " : "");
        add(t, drivers->families.at[i].id);
        text_add(t, drivers->families.at[i].version ? " " : "");
        add(t, drivers->families.at[i].version);
    }
}

/* What did not fit is missed. */
static void set(struct publish *p, size_t index, const char *path, struct text *value)
{
    if (value->full) {
        value->full = false;
        value->ceiling = PUBLISH_VALUE_MAX;
        text_add(value, "...");
    }
    p->path[index] = path;
    p->value[index] = text_steal(value);
}

void publish_of(const struct report *r, const struct inventory *drivers, time_t now,
                struct publish *out)
{
    char time_text[AUTHENTICODE_TIME_TEXT];
    struct text t[PUBLISH_KEYS] = {{0}};
    for (size_t i = 0; i < PUBLISH_KEYS; i++)
        t[i].ceiling = PUBLISH_VALUE_MAX - 3;
    authenticode_time_text((int64_t)now, time_text);
    text_addf(&t[0], "%d", PUBLISH_SCHEMA);
    text_add(&t[1], status_word_name(r->status ? r->status->word : STATUS_UNKNOWN));
    if (r->exit_code.known)
        text_addf(&t[2], "%llu", (unsigned long long)r->exit_code.value);
    add_findings(&t[3], r->status);
    add_drivers(&t[4], drivers);
    add(&t[5], r->windows);
    add(&t[6], r->program);
    text_add(&t[7], time_text);
    static const char *const paths[PUBLISH_KEYS] = {
        PUBLISH_FOLDER "/schema",   PUBLISH_FOLDER "/status",  PUBLISH_FOLDER "/exit-code",
        PUBLISH_FOLDER "/findings", PUBLISH_FOLDER "/drivers", PUBLISH_FOLDER "/windows",
        PUBLISH_FOLDER "/program",  PUBLISH_FOLDER "/time"};
    for (size_t i = 0; i < PUBLISH_KEYS; i++)
        set(out, i, paths[i], &t[i]);
}

bool publish_write(const struct publish *p, struct xenstore *x, struct err *e)
{
    for (size_t i = 0; i < PUBLISH_KEYS; i++)
        if (!xenstore_write(x, p->path[i], p->value[i], e))
            return false;
    return true;
}

void publish_release(struct publish *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < PUBLISH_KEYS; i++)
        mem_free(p->value[i]);
    memset(p, 0, sizeof *p);
}
