#include "installer/verify.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/output.h"
#include "base/pipeline.h"
#include "base/spool.h"
#include "installer/assume.h"
#include "installer/console.h"
#include "installer/here.h"
#include "installer/installed.h"
#include "installer/verify_format.h"
#include "verifier/walk.h"

#include <string.h>
#include <time.h>

/* --- one place to write to, and what is put aside for it
 * ---------------------------------------------------------- */

struct writer {
    const struct verify_format *format; /* NULL: nobody wants it */
    struct spool sections[SECTIONS];
    size_t shown[SECTIONS], results;
    size_t left_out;    /* of all sections */
    struct output file; /* none: standard output */
    struct err failure; /* the first one */
};

static bool put(void *context, struct span piece, struct err *e)
{
    struct writer *w = context;
    return w->file.path ? output_add(&w->file, piece, e) : console_write(piece, e);
}

static void write_text(struct writer *w, struct text *t)
{
    if (t->size && w->failure.kind == ERR_NONE)
        put(w, span_of(t->at, t->size), &w->failure);
    text_release(t);
}

static void write_constant(struct writer *w, const char *text)
{
    if (*text && w->failure.kind == ERR_NONE)
        put(w, span_text(text), &w->failure);
}

/* What a step adds to a section, made by the thread that looked at it. */
struct item {
    struct text text;
    bool notable; /* not to be left out, however many there are */
};

struct items {
    struct item *at;
    size_t count;
};

static void take_items(struct writer *w, enum verify_section section, struct items *from)
{
    struct spool *to = &w->sections[section];
    for (size_t i = 0; i < from->count; i++) {
        struct text *t = &from->at[i].text;
        bool room = from->at[i].notable || w->shown[section] < VERIFY_SHOWN_MAX;
        if (t->size && room) {
            if (w->shown[section]++)
                spool_add(to, span_text(w->format->between[section]));
            spool_add(to, span_of(t->at, t->size));
        }
        w->left_out += t->size && !room;
        text_release(t);
    }
    mem_free(from->at);
}

static void write_result(struct writer *w, const struct verify_head *h)
{
    struct text head = {0}, tail = {0};
    struct verify_head own = *h;
    bool json = w->format == &verify_format_json;
    own.left_out = w->left_out;
    write_constant(w, w->results++ ? w->format->between_results : "");
    w->format->head(&head, &own);
    write_text(w, &head);
    for (size_t i = 0; i < SECTIONS; i++) {
        enum verify_section section = w->format->order[i];
        if (!json && !w->shown[section])
            continue;
        write_constant(w, w->format->begins[section]);
        if (w->failure.kind == ERR_NONE)
            spool_drain(&w->sections[section], put, w, &w->failure);
        write_constant(w, w->format->ends[section]);
    }
    w->format->tail(&tail, &own);
    write_text(w, &tail);
    for (size_t i = 0; i < SECTIONS; i++) {
        spool_release(&w->sections[i]);
        w->shown[i] = 0;
    }
    w->left_out = 0;
}

/* --- steps
 * --------------------------------------------------------------------------------------------------------
 */

enum { WRITERS = 2 }; /* standard output, and the page of --html */

/* One path, while its steps come in. */
struct current {
    bool any;
    size_t path;
    enum package_kind kind;
    struct evidence_tally tally;
    struct verify_sums sums;
    struct verify_matrix matrix;
    struct text refusal; /* of the first package that is not accepted */
    char *sha256;
    struct report_signature *signature;
};

struct verify_command {
    const struct cli *cli;
    struct texts names; /* of the paths */
    struct walk *walk;  /* NULL: the installed drivers */
    bool begun;         /* with them */
    struct verify_question question;
    struct verify_style style;
    struct evidence_options options;
    struct writer writers[WRITERS];
    struct current current;
    bool failed, refused;
    size_t steps, packages, files;
    bool progress;
    time_t told; /* when progress was shown last */
};

/* What a thread makes of a step. */
struct job {
    struct walk_step *step; /* NULL: the installed drivers */
    size_t path;
    struct verify_result result;
    struct evidence_tally tally;
    enum package_kind kind;
    struct items items[WRITERS][SECTIONS];
};

static void *make_job(void *context)
{
    struct verify_command *c = context;
    struct walk_step *step = c->walk ? walk_next(c->walk) : NULL;
    if (!step && (c->walk || c->begun))
        return NULL;
    struct job *j = mem_zero(1, sizeof *j);
    c->begun = true;
    j->step = step;
    j->path = step ? step->path : 0;
    j->kind = step ? step->kind : PACKAGE_FOLDER;
    return j;
}

static struct items items_for(size_t count)
{
    return (struct items){mem_zero(count, sizeof(struct item)), count};
}

static void format_items(const struct verify_command *c, struct job *j, size_t writer)
{
    const struct verify_format *f = c->writers[writer].format;
    const struct verify_result *r = &j->result;
    struct items *to = j->items[writer];
    if (!f)
        return;
    to[SECTION_PACKAGES] = items_for(r->packages.count);
    to[SECTION_FILES] = items_for(r->files.count);
    to[SECTION_FINDINGS] = items_for(r->findings.count);
    for (size_t i = 0; i < r->packages.count; i++) {
        struct item *item = &to[SECTION_PACKAGES].at[i];
        item->notable = f->package(&item->text, &r->packages.at[i], &c->style);
    }
    for (size_t i = 0; i < r->files.count; i++) {
        struct item *item = &to[SECTION_FILES].at[i];
        item->notable = f->file(&item->text, &r->files.at[i], &c->style);
    }
    for (size_t i = 0; i < r->findings.count; i++) {
        struct item *item = &to[SECTION_FINDINGS].at[i];
        item->notable = f->finding(&item->text, &r->findings.at[i], &c->style);
    }
}

static bool gather(const struct verify_command *c, struct job *j, struct evidence *ev,
                   struct err *e)
{
    struct package package = {0};
    if (!j->step)
        return installed_gather(&c->question.windows[0].facts, ev, e);
    if (!walk_open(j->step, &package, e))
        return false;
    if (j->kind != PACKAGE_FOLDER && j->kind != PACKAGE_INF)
        j->kind = package.kind;
    evidence_gather_package(&package, &c->options, ev);
    return true;
}

static void work_on(void *context, void *job)
{
    struct verify_command *c = context;
    struct job *j = job;
    struct evidence ev = {0};
    struct err e = {0};
    if (gather(c, j, &ev, &e)) {
        verify_result_fill(&ev, &c->question, &j->result);
        evidence_tally_add(&j->tally, &ev);
        evidence_release(&ev);
    } else {
        verify_result_fail(e.text, &j->result);
        j->tally = (struct evidence_tally){.any = true, .damaged = true};
    }
    for (size_t i = 0; i < WRITERS; i++)
        format_items(c, j, i);
}

static void tell_progress(struct verify_command *c)
{
    time_t now = time(NULL);
    if (!c->progress || now == c->told)
        return;
    if (c->told)
        console_progress("verify: %zu of %zu paths, %zu packages, %zu files", c->current.path,
                         c->names.count, c->packages, c->files);
    c->told = now;
}

static void note_refusals(struct verify_command *c, const struct verify_result *r)
{
    for (size_t i = 0; i < r->packages.count && !c->current.refusal.size; i++) {
        const struct report_package *p = &r->packages.at[i];
        const struct report_prediction *why = report_package_refusal(p, c->question.all);
        if (!why)
            continue;
        text_addf(&c->current.refusal, "%s: %s", p->inf,
                  c->question.all ? "no Windows that we know accepts it" : why->why);
    }
    for (size_t i = 0; c->question.all && i < r->packages.count; i++)
        verify_matrix_add(&c->current.matrix, &r->packages.at[i]);
}

static void end_path(struct verify_command *c)
{
    struct current *now = &c->current;
    if (!now->any)
        return;
    struct verify_head head = {
        .path = c->names.at[now->path],
        .kind = package_kind_name(now->kind),
        .integrity = evidence_tally_verdict(&now->tally),
        .sha256 = now->sha256,
        .signature = now->signature,
        .sums = &now->sums,
        .question = &c->question,
        .refusal = now->refusal.size ? text_str(&now->refusal) : NULL,
        .matrix = c->question.all ? &now->matrix : NULL,
    };
    enum exit_code code = verify_sums_exit_code(&now->sums, head.integrity);
    c->failed = c->failed || code == EXIT_CODE_FAILED;
    c->refused = c->refused || code == EXIT_CODE_REFUSED;
    if (c->progress)
        console_progress(NULL);
    for (size_t i = 0; i < WRITERS; i++)
        if (c->writers[i].format)
            write_result(&c->writers[i], &head);
    verify_matrix_release(&now->matrix);
    text_release(&now->refusal);
    mem_free(now->sha256);
    if (now->signature)
        shape_release(&report_signature_shape, now->signature);
    mem_free(now->signature);
    *now = (struct current){0};
}

static void finish_job(void *context, void *job)
{
    struct verify_command *c = context;
    struct job *j = job;
    struct current *now = &c->current;
    if (now->any && now->path != j->path)
        end_path(c);
    if (!now->any) {
        *now = (struct current){.any = true, .path = j->path, .kind = j->kind};
        now->sha256 = j->result.sha256;
        now->signature = j->result.signature;
        j->result.sha256 = NULL;
        j->result.signature = NULL;
    }
    evidence_tally_merge(&now->tally, &j->tally);
    verify_sums_add(&now->sums, &j->result, &c->question);
    note_refusals(c, &j->result);
    c->packages += j->result.packages.count;
    c->files += j->result.files.count;
    for (size_t i = 0; i < WRITERS; i++)
        for (size_t k = 0; c->writers[i].format && k < SECTIONS; k++)
            take_items(&c->writers[i], (enum verify_section)k, &j->items[i][k]);
    tell_progress(c);
    verify_result_release(&j->result);
    walk_step_free(j->step);
    mem_free(j);
}

/* --- what was asked
 * -----------------------------------------------------------------------------------------------
 */

static struct verify_windows *add_windows(struct verify_question *q)
{
    struct {
        struct verify_windows *at;
        size_t count;
    } list = {q->windows, q->count};
    struct verify_windows *w = shape_list_add(&list, sizeof *w);
    q->windows = list.at;
    q->count = list.count;
    return w;
}

static bool add_named(struct verify_question *q, const char *name, struct err *e)
{
    struct facts facts = {0};
    if (!assume_facts(name, &facts, e))
        return false;
    struct verify_windows *w = add_windows(q);
    w->name = mem_strdup(name);
    w->facts = facts;
    w->target = policy_target(&w->facts.windows);
    return true;
}

/* "all", or "all+secureboot": every Windows of the table. */
static bool add_all(struct verify_question *q, const char *words, struct err *e)
{
    size_t count;
    const struct target *all = target_all(&count);
    bool ok = true;
    q->all = true;
    for (size_t i = 0; ok && i < count; i++) {
        struct text name = {0};
        text_addf(&name, "%s-%s%s", all[i].windows, target_arch_name(all[i].arch), words);
        ok = add_named(q, text_str(&name), e);
        text_release(&name);
    }
    return ok;
}

/* Of a file, or of the running Windows. */
static bool add_read(struct verify_command *c, struct session *s, struct err *e)
{
    char name[TARGET_NAME_MAX];
    if (!session_read_facts(s, e))
        return false;
    struct verify_windows *w = add_windows(&c->question);
    w->facts = s->facts;
    memset(&s->facts, 0, sizeof s->facts);
    w->target = policy_target(&w->facts.windows);
    target_name(&w->target, name, sizeof name);
    w->name = mem_strdup(name);
    return true;
}

static bool is_all(const char *name)
{
    return text_starts_nocase(name, "all") && (name[3] == '\0' || name[3] == '+');
}

static bool read_question(struct verify_command *c, struct session *s, struct err *e)
{
    const char *name = c->cli->windows;
    if (!name && !c->cli->facts && !c->cli->installed)
        return true;
    if (c->cli->installed)
        s->has_platform = platform_here(&s->platform, c->cli->quiet, e);
    if (c->cli->installed && !s->has_platform)
        return false;
    if (!session_read_manifest(s, e))
        return false;
    c->question.manifest = &s->manifest;
    bool ok = !name          ? add_read(c, s, e)
              : is_all(name) ? add_all(&c->question, name + 3, e)
                             : add_named(&c->question, name, e);
    if (ok && !c->question.all)
        c->options.target = &c->question.windows[0].target;
    return ok;
}

static void question_release(struct verify_question *q)
{
    for (size_t i = 0; i < q->count; i++) {
        mem_free(q->windows[i].name);
        facts_release(&q->windows[i].facts);
    }
    mem_free(q->windows);
}

/* --- the whole
 * ----------------------------------------------------------------------------------------------------
 */

static bool open_writers(struct verify_command *c, struct err *e)
{
    c->writers[0].format = c->cli->json ? &verify_format_json : &verify_format_text;
    if (c->cli->html) {
        if (!output_open(c->cli->html, &c->writers[1].file, e))
            return false;
        c->writers[1].format = &verify_format_html;
    }
    for (size_t i = 0; i < WRITERS; i++) {
        struct text t = {0};
        if (!c->writers[i].format)
            continue;
        c->writers[i].format->open(&t);
        write_text(&c->writers[i], &t);
    }
    return true;
}

static enum exit_code close_writers(struct verify_command *c)
{
    enum exit_code code = c->failed    ? EXIT_CODE_FAILED
                          : c->refused ? EXIT_CODE_REFUSED
                                       : EXIT_CODE_DONE,
                   out = code;
    for (size_t i = 0; i < WRITERS; i++) {
        struct writer *w = &c->writers[i];
        struct text t = {0};
        if (!w->format)
            continue;
        w->format->close(&t, code);
        write_text(w, &t);
        output_close(&w->file, w->failure.kind == ERR_NONE, &w->failure);
        if (w->failure.kind == ERR_NONE)
            continue;
        log_line(LOG_ERROR, "verify: %s", w->failure.text);
        out = EXIT_CODE_FAILED;
    }
    return out;
}

/* A single file is worked on by all threads, of several files each by one. */
static void run_all(struct verify_command *c)
{
    struct pipeline all = {.context = c, .make = make_job, .work = work_on, .finish = finish_job};
    bool one =
        c->cli->installed || (c->names.count == 1 && file_kind(c->names.at[0]) == FILE_REGULAR);
    c->options.parallel = one;
    if (!c->cli->installed)
        c->walk = walk_new(&c->names);
    pipeline_run(&all, one ? 1 : 0);
    end_path(c);
    walk_free(c->walk);
}

enum exit_code verify_run(struct session *s)
{
    struct verify_command c = {.cli = s->cli};
    struct err e = {0};
    enum exit_code code;
    c.options.lean = !s->cli->details;
    c.style = (struct verify_style){.details = s->cli->details, .question = &c.question};
    c.progress = !s->cli->quiet && console_has_progress();
    for (size_t i = 0; i < s->cli->paths.count; i++)
        texts_add(&c.names, s->cli->paths.at[i]);
    if (s->cli->installed)
        texts_add(&c.names, "installed drivers");
    if (read_question(&c, s, &e) && open_writers(&c, &e)) {
        run_all(&c);
        code = close_writers(&c);
    } else {
        log_line(LOG_ERROR, "verify: %s", e.text);
        code = exit_code_of_err(&e);
    }
    texts_release(&c.names);
    question_release(&c.question);
    return code;
}
