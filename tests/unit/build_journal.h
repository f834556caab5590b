/*
 * build_journal: journals of installations on a fake machine, and comparing pictures of it.
 *
 * A driver of the fake machine becomes a driver of the journal, with its stored and installed
 * files, service and filter; what the tests of the transaction say when a machine is not as it
 * should be.
 */
#ifndef XENPV_TESTS_BUILD_JOURNAL_H
#define XENPV_TESTS_BUILD_JOURNAL_H

#include "tests/unit/fake_machine.h"
#include "tests/unit/quiet.h"

#include "installer/journal.h"
#include "verifier/digest.h"

static void add_file(void *list, const char *folder, const char *name, const char *content)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(DIGEST_SHA256, span_text(content));
    struct text path = {0};
    digest_hex(&d, hex);
    struct journal_file *f = shape_list_add(list, sizeof *f);
    text_addf(&path, "%s\\%s", folder, name);
    f->path = text_steal(&path);
    f->source = mem_strdup(name);
    f->sha256 = mem_strdup(hex);
}

static void add_driver(struct journal *j, const struct machine_driver *from)
{
    struct journal_driver *d = shape_list_add(&j->drivers, sizeof *d);
    struct text folder = {0};
    d->name = mem_strdup(from->service);
    text_addf(&folder, MACHINE_STATE "\\packages\\9\\%s", from->service);
    d->folder = text_steal(&folder);
    d->inf = mem_strdup(from->original);
    d->platform = from->start == 0 ? TRI_YES : TRI_NO;
    d->load = LOAD_LOADS;
    texts_add(&d->hardware_ids, from->id);
    add_file(&d->stored, d->folder, from->original, from->content);
    add_file(&d->stored, d->folder, from->file, from->bytes);
    add_file(&d->installed, MACHINE_DRIVERS, from->file, from->bytes);
    struct journal_service *s = shape_list_add(&d->services, sizeof *s);
    s->name = mem_strdup(from->service);
    s->start = number_of(from->start);
    if (from->monitor) {
        struct journal_service *monitor = shape_list_add(&d->services, sizeof *monitor);
        monitor->name = mem_strdup(from->monitor);
        monitor->start = number_of(2);
    }
    if (from->filter) {
        struct journal_filter *f = shape_list_add(&d->filters, sizeof *f);
        f->class_guid = mem_strdup(from->filter_class);
        f->position = mem_strdup("UpperFilters");
        f->service = mem_strdup(from->filter);
    }
    for (unsigned i = 0; from->key && i < 2; i++) {
        struct journal_key *key = shape_list_add(&d->keys, sizeof *key);
        key->path = i ? mem_strndup(from->key, strcspn(from->key, "\\")) : mem_strdup(from->key);
    }
}

static void add_step(struct journal *j, enum step_kind kind, const char *subject)
{
    struct journal_step *s = shape_list_add(&j->steps, sizeof *s);
    s->kind = kind;
    s->subject = mem_strdup(subject);
}

/* The lines of one picture that the other lacks. */
static void add_missing(struct text *t, const char *mark, const char *from, const char *in)
{
    while (*from) {
        struct text line = {0};
        const char *end = strchr(from, '\n');
        text_add_bytes(&line, from, (size_t)(end - from) + 1);
        if (!strstr(in, text_str(&line)))
            text_addf(t, "%s%s", mark, text_str(&line));
        text_release(&line);
        from = end + 1;
    }
}

static void expect_picture(const struct machine *m, const char *wanted, const char *sentence)
{
    char *now = machine_picture(m);
    struct text t = {0};
    add_missing(&t, "+ ", now, wanted);
    add_missing(&t, "- ", wanted, now);
    if (strcmp(now, wanted) != 0)
        FAIL("%s: the machine differs:\n%s", sentence, text_str(&t));
    text_release(&t);
    mem_free(now);
}

static void expect_bootable(const struct machine *m, const char *sentence)
{
    if (*m->unbootable)
        FAIL("%s: Windows would not start: %s", sentence, m->unbootable);
}

#endif
