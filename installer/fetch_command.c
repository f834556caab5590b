#include "installer/fetch_command.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/console.h"
#include "installer/fetch.h"
#include "installer/pace.h"
#include "installer/wanted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEGA = 1000 * 1000, TRIES_MAX = 100, SHOW_EVERY_MS = 200 };

struct fetch_report_file {
    char *name, *release, *state, *path, *url, *message;
    struct number size, received;
    enum tri pinned;
};

struct fetch_report {
    struct number schema, exit_code;
    char *command, *program, *outcome, *message, *folder;
    struct {
        struct wanted_target *at;
        size_t count;
    } targets;
    struct {
        struct fetch_report_file *at;
        size_t count;
    } files;
};

static const struct shape_field file_fields[] = {
    FIELD(fetch_report_file, name, SHAPE_TEXT),       FIELD(fetch_report_file, release, SHAPE_TEXT),
    FIELD(fetch_report_file, state, SHAPE_TEXT),      FIELD(fetch_report_file, size, SHAPE_NUMBER),
    FIELD(fetch_report_file, received, SHAPE_NUMBER), FIELD(fetch_report_file, pinned, SHAPE_TRI),
    FIELD(fetch_report_file, path, SHAPE_TEXT),       FIELD(fetch_report_file, url, SHAPE_TEXT),
    FIELD(fetch_report_file, message, SHAPE_TEXT),
};
static const struct shape file_shape = SHAPE_OF(struct fetch_report_file, file_fields);

static const struct shape_field report_fields[] = {
    FIELD(fetch_report, schema, SHAPE_NUMBER),
    FIELD(fetch_report, command, SHAPE_TEXT),
    FIELD(fetch_report, program, SHAPE_TEXT),
    FIELD(fetch_report, exit_code, SHAPE_NUMBER),
    FIELD(fetch_report, outcome, SHAPE_TEXT),
    FIELD(fetch_report, message, SHAPE_TEXT),
    FIELD(fetch_report, folder, SHAPE_TEXT),
    FIELD_IN(fetch_report, targets, SHAPE_LIST, wanted_target_shape),
    FIELD_IN(fetch_report, files, SHAPE_LIST, file_shape),
};
static const struct shape fetch_report_shape = SHAPE_OF(struct fetch_report, report_fields);

/* --- progress --------------------------------------------------------------------------------- */

/* One line that is written over; rate and time left since the file's first byte of this run. */
struct show {
    const char *name;
    uint64_t began, shown, from;
};

static void moved(void *context, const char *name, uint64_t at, uint64_t total)
{
    struct show *s = context;
    uint64_t now = pace_milliseconds();
    if (s->name != name)
        *s = (struct show){.name = name, .began = now, .from = at};
    if (now - s->shown < SHOW_EVERY_MS)
        return;
    s->shown = now;
    double rate = now > s->began ? (double)(at - s->from) * 1000.0 / (double)(now - s->began) : 0;
    if (total > at && rate > 0) {
        unsigned left = (unsigned)((double)(total - at) / rate);
        console_progress("%s  %u %% of %.1f MB, %.1f MB/s, %u:%02u left", name,
                         (unsigned)((double)at * 100.0 / (double)total), (double)total / MEGA,
                         rate / MEGA, left / 60, left % 60);
    } else {
        console_progress("%s  %.1f MB, %.1f MB/s", name, (double)at / MEGA, rate / MEGA);
    }
}

/* --- the job ---------------------------------------------------------------------------------- */

/* Where install looks by itself: beside the program on Windows; on Linux, nothing is installed. */
static char *folder_of(const struct session *s)
{
    char *program = s->has_platform ? console_program_folder() : NULL;
    char *folder = s->cli->to ? mem_strdup(s->cli->to)
                   : program  ? file_join(program, "packages")
                              : mem_strdup("packages");
    mem_free(program);
    return folder;
}

static bool find_wanted(struct session *s, struct wanted *w, struct err *e)
{
    const struct select_options o = {.source = s->cli->source, .accept = s->cli->accept};
    if (!session_read_manifest(s, e))
        return false;
    if (s->cli->windows)
        return wanted_for(&s->manifest, &o, s->cli->windows, w, e);
    if (!s->cli->facts && !s->has_platform)
        return err_set(
            e, ERR_USAGE,
            "fetch for which Windows? Give --for win10-22h2-x64, --for all, or --facts FILE");
    if (!session_read_facts(s, e))
        return false;
    wanted_for_guest(&s->manifest, &o, &s->facts,
                     s->report.windows ? s->report.windows : "this guest", w);
    return true;
}

static void add_file(struct fetch_report *r, const struct wanted_file *w, struct fetch_result *got)
{
    struct fetch_report_file *f = shape_list_add(&r->files, sizeof *f);
    f->name = w->below ? file_join(w->below, w->pin->name) : mem_strdup(w->pin->name);
    f->release = mem_strdup(w->release->id);
    f->state = mem_strdup(fetch_state_name(got->state));
    f->size = w->pin->size;
    f->received = (struct number){true, got->received};
    f->pinned = w->pin->sha256 || w->pin->sha512 ? TRI_YES : TRI_NO;
    f->path = got->path;
    f->url = got->url;
    f->message = got->message;
    if (f->message)
        log_line(LOG_ERROR, "fetch: '%s': %s", f->name, f->message);
    *got = (struct fetch_result){0};
}

/* The worst file decides; only what was asked for by name and has no source is missed. */
static enum exit_code judge(const struct wanted *w, enum fetch_state worst, bool all)
{
    if (!w->files.count)
        return EXIT_CODE_NO_SOURCE;
    switch (worst) {
    case FETCH_REFUSED: return EXIT_CODE_REFUSED;
    case FETCH_FAILED:
    case FETCH_MISSING: return EXIT_CODE_FAILED;
    case FETCH_PRESENT:
    case FETCH_FETCHED: break;
    }
    return !all && wanted_lacks(w) ? EXIT_CODE_NEEDS_ATTENTION : EXIT_CODE_DONE;
}

static bool get_all(struct session *s, const struct wanted *w, struct fetch_report *r,
                    enum fetch_state *worst, struct err *e)
{
    struct show show = {0};
    const char *proxy =
        text_equal_nocase(s->cli->proxy ? s->cli->proxy : "", "none") ? "" : s->cli->proxy;
    struct fetch f = {.folder = r->folder,
                      .http = {.proxy = proxy, .ca_file = s->cli->ca_file},
                      .mirrors = &s->cli->mirrors,
                      .offline = s->cli->offline,
                      .tries = s->cli->tries};
    bool ok = true;
    if (console_has_progress() && !s->cli->quiet)
        f.progress = (struct fetch_progress){&show, moved};
    *worst = FETCH_FETCHED;
    for (size_t i = 0; ok && i < w->files.count; i++) {
        const struct fetch_wanted one = {w->files.at[i].release, w->files.at[i].pin,
                                         w->files.at[i].below};
        struct fetch_result got = {0};
        ok = fetch_file(&f, &one, &got, e);
        if (f.progress.moved)
            console_progress(NULL);
        if (ok) {
            bool refused =
                got.state == FETCH_REFUSED; /* the worst of all to those who look at codes */
            if (refused || (*worst != FETCH_REFUSED && got.state < *worst))
                *worst = got.state;
            add_file(r, &w->files.at[i], &got);
        }
        fetch_result_release(&got);
    }
    fetch_close(&f);
    return ok;
}

/* --- what is printed -------------------------------------------------------------------------- */

static void add_targets(struct text *t, const struct fetch_report *r)
{
    for (size_t i = 0; i < r->targets.count; i++) {
        const struct wanted_target *w = &r->targets.at[i];
        text_addf(t, "%-24s %s\n", w->windows, w->release ? w->release : w->why);
    }
}

static char *report_text_of(const struct fetch_report *r)
{
    struct text t = {0};
    add_targets(&t, r);
    if (r->files.count)
        text_addf(&t, "\nfolder  %s\n", r->folder);
    for (size_t i = 0; i < r->files.count; i++) {
        const struct fetch_report_file *f = &r->files.at[i];
        text_addf(&t, "  %-8s %s", f->state, f->name);
        if (f->received.known && f->received.value)
            text_addf(&t, ", %.1f MB", (double)f->received.value / MEGA);
        if (f->pinned != TRI_YES)
            text_add(&t, ", no hash is pinned");
        text_addf(&t, "%s%s\n", f->message ? "\n           " : "", f->message ? f->message : "");
    }
    text_addf(&t, "\nfetch: %s%s%s\n", r->outcome, r->message ? ": " : "",
              r->message ? r->message : "");
    return text_steal(&t);
}

static bool print(const struct fetch_report *r, bool json, struct err *e)
{
    char *text = json ? shape_encode(&fetch_report_shape, r) : report_text_of(r);
    bool ok = console_write(span_text(text), e);
    mem_free(text);
    return ok;
}

static void conclude(struct fetch_report *r, enum exit_code code, const char *message)
{
    r->schema = (struct number){true, FETCH_REPORT_SCHEMA};
    r->exit_code = (struct number){true, (uint64_t)code};
    r->command = mem_strdup("fetch");
    r->program = mem_strdup("xenpv " XENPV_VERSION);
    r->outcome = mem_strdup(exit_code_words((int)code));
    r->message = message && *message ? mem_strdup(message) : NULL;
}

enum exit_code fetch_run(struct session *s)
{
    struct fetch_report r = {.folder = folder_of(s)};
    struct wanted w = {0};
    struct err e = {0}, write = {0};
    enum fetch_state worst = FETCH_FAILED;
    bool all = text_equal_nocase(s->cli->windows ? s->cli->windows : "", "all");
    bool ok = find_wanted(s, &w, &e) && (!w.files.count || get_all(s, &w, &r, &worst, &e));
    enum exit_code code = ok ? judge(&w, worst, all) : exit_code_of_err(&e);
    if (!ok)
        log_line(LOG_ERROR, "fetch: %s", e.text);
    r.targets.at = w.targets.at;
    r.targets.count = w.targets.count;
    w.targets.at = NULL;
    w.targets.count = 0;
    conclude(&r, code, e.text);
    if (!print(&r, s->cli->json, &write)) {
        log_line(LOG_ERROR, "fetch: %s", write.text);
        code = EXIT_CODE_FAILED;
    }
    wanted_release(&w);
    shape_release(&fetch_report_shape, &r);
    return code;
}
