#include "installer/bundle_command.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/bundle.h"
#include "installer/console.h"
#include "installer/fetch.h"
#include "installer/setup_drivers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MEGA = 1000 * 1000 };

/* What the JSON has besides the bundle itself. */
struct bundle_report {
    struct number schema, exit_code;
    char *command, *outcome, *message, *path;
    struct bundle bundle;
};

static const struct shape_field report_fields[] = {
    FIELD(bundle_report, schema, SHAPE_NUMBER),
    FIELD(bundle_report, command, SHAPE_TEXT),
    FIELD(bundle_report, exit_code, SHAPE_NUMBER),
    FIELD(bundle_report, outcome, SHAPE_TEXT),
    FIELD(bundle_report, message, SHAPE_TEXT),
    FIELD(bundle_report, path, SHAPE_TEXT),
    FIELD_IN(bundle_report, bundle, SHAPE_OBJECT, bundle_shape),
};
static const struct shape bundle_report_shape = SHAPE_OF(struct bundle_report, report_fields);

/* --- the programs ----------------------------------------------------------------------------- */

/* Where each may be, below the folder of --programs, beside this program, or one above. */
static const struct {
    const char *name;
    const char *places[3];
} programs[] = {
    {"x86/xenpv.exe", {"x86/xenpv.exe", "i686/xenpv.exe", NULL}},
    {"x64/xenpv.exe", {"x64/xenpv.exe", "x86_64/xenpv.exe", NULL}},
};

static char *find_below(const char *folder, const char *const *places)
{
    for (size_t i = 0; places[i]; i++) {
        char *path = file_join(folder, places[i]);
        if (file_kind(path) == FILE_REGULAR)
            return path;
        mem_free(path);
    }
    return NULL;
}

static bool add_programs(struct bundle *b, const char *named, struct err *e)
{
    char *here = named ? mem_strdup(named) : console_program_folder();
    char *above = here ? file_join(here, "..") : NULL;
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof programs / sizeof *programs; i++) {
        char *path = here ? find_below(here, programs[i].places) : NULL;
        if (!path && !named && above)
            path = find_below(above, programs[i].places);
        ok = path ? bundle_add_file(b, programs[i].name, &(struct bundle_source){path, NULL}, e)
                  : err_set(e, ERR_NOT_FOUND,
                            "the program '%s' is not in '%s'; --programs FOLDER names where it is",
                            programs[i].name, here ? here : ".");
        mem_free(path);
    }
    mem_free(above);
    mem_free(here);
    return ok;
}

/* --- the packages ----------------------------------------------------------------------------- */

/* Where fetch puts them by itself, unless folders are named. */
static bool open_shelf(struct session *s, struct err *e)
{
    if (s->cli->packages.count || s->has_platform)
        return session_open_shelf(s, e);
    return shelf_add_folder(&s->shelf, BUNDLE_PACKAGES, &s->manifest, e) ||
           err_wrap(e, "packages (--packages FOLDER names another folder)");
}

static bool add_package(struct session *s, struct bundle *b, const struct wanted_file *w,
                        struct err *e)
{
    const struct fetch_wanted what = {w->release, w->pin, w->below};
    const char *path = NULL;
    struct text name = {0};
    if (shelf_find(&s->shelf, w->release, w->pin, &path) == SHELF_ABSENT)
        return err_set(e, ERR_NOT_FOUND, "'%s' of %s is not there; xenpv fetch gets it",
                       w->pin->name, w->release->id);
    if (!fetch_check(path, &what, e))
        return err_wrap(e, "'%s'", path);
    text_addf(&name, BUNDLE_PACKAGES "/%s%s%s", w->below ? w->below : "", w->below ? "/" : "",
              w->pin->name);
    bool ok = bundle_add_file(b, text_str(&name), &(struct bundle_source){path, w->pin->sha256}, e);
    text_release(&name);
    return ok;
}

/* --- the rest --------------------------------------------------------------------------------- */

static bool add_readme(struct bundle *b, struct err *e)
{
    struct text t = {0};
    text_add(
        &t,
        "xenpv " XENPV_VERSION ": Xen PV drivers for Windows guests\r\n\r\n"
        "As an administrator, in this folder:\r\n\r\n"
        "    x64\\xenpv.exe             what this guest is and what it lacks (64-bit Windows)\r\n"
        "    x64\\xenpv.exe install     install the drivers; run it again after each restart it asks for\r\n"
        "    x86\\xenpv.exe install     the same on a 32-bit Windows\r\n\r\n"
        "Made for:\r\n\r\n");
    for (size_t i = 0; i < b->targets.count; i++)
        if (b->targets.at[i].release)
            text_addf(&t, "    %-28s %s\r\n", b->targets.at[i].windows, b->targets.at[i].release);
    text_add(
        &t,
        "\r\nSHA256SUMS has the checksum of every file. The drivers have licences of their own.\r\n");
    struct bytes content = {(uint8_t *)text_steal(&t), 0};
    content.size = strlen((const char *)content.at);
    return bundle_add_bytes(b, "README.txt", &content, e);
}

/* The manifest that was named goes along, with its signature where it has one. */
static bool add_manifest(struct bundle *b, const char *path, struct err *e)
{
    struct text signature = {0};
    if (!path)
        return true;
    text_addf(&signature, "%s.p7s", path);
    bool ok = bundle_add_file(b, BUNDLE_MANIFEST, &(struct bundle_source){path, NULL}, e) &&
              (file_kind(text_str(&signature)) == FILE_ABSENT ||
               bundle_add_file(b, BUNDLE_MANIFEST ".p7s",
                               &(struct bundle_source){text_str(&signature), NULL}, e));
    text_release(&signature);
    return ok;
}

/* What its user wants to have on the same medium. */
static bool add_named(struct bundle *b, const struct texts *files, struct err *e)
{
    for (size_t i = 0; i < files->count; i++)
        if (!bundle_add_file(b, file_name(files->at[i]),
                             &(struct bundle_source){files->at[i], NULL}, e))
            return err_wrap(e, "--add %s", files->at[i]);
    return true;
}

static bool find_wanted(struct session *s, struct wanted *w, struct err *e)
{
    const struct select_options o = {.source = s->cli->source, .accept = s->cli->accept};
    return session_read_manifest(s, e) && wanted_for(&s->manifest, &o, s->cli->windows, w, e);
}

/* SOURCE_DATE_EPOCH, else now. */
static bool read_time(int64_t *seconds, struct err *e)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end;
    *seconds = (int64_t)time(NULL);
    if (!text || !*text)
        return true;
    *seconds = strtoll(text, &end, 10);
    return (text[0] >= '0' && text[0] <= '9' && !*end) ||
           err_set(e, ERR_USAGE, "SOURCE_DATE_EPOCH is no number of seconds: '%s'", text);
}

static bool fill(struct session *s, const struct wanted *w, struct bundle *b, struct err *e)
{
    bool ok = add_programs(b, s->cli->programs, e) && add_manifest(b, s->cli->manifest, e) &&
              open_shelf(s, e) && add_readme(b, e) && add_named(b, &s->cli->add, e);
    for (size_t i = 0; ok && i < w->files.count; i++)
        ok = add_package(s, b, &w->files.at[i], e);
    return ok && (!s->cli->winpe ||
                  setup_drivers_add(&(struct setup_drivers){&s->manifest, &s->shelf, w}, b, e));
}

static bool make(struct session *s, struct wanted *w, struct bundle *b, struct err *e)
{
    struct bundle_target t = {
        .form = bundle_form_of(s->cli->to), .path = s->cli->to, .replace = s->cli->force};
    const char *label = s->cli->label ? s->cli->label : BUNDLE_LABEL;
    if (!archive_label_is_good(label))
        return err_set(e, ERR_USAGE, "a label has 1 to %d of A-Z, 0-9 and _: '%s'",
                       ARCHIVE_LABEL_MAX, label);
    if (!read_time(&t.seconds, e) || !bundle_may_write(&t, e) || !find_wanted(s, w, e))
        return false;
    b->label = mem_strdup(label);
    b->targets.at = w->targets.at;
    b->targets.count = w->targets.count;
    w->targets.at = NULL;
    w->targets.count = 0;
    return !w->files.count || (fill(s, w, b, e) && bundle_write(b, &t, e));
}

/* --- what is printed -------------------------------------------------------------------------- */

static char *report_text_of(const struct bundle_report *r)
{
    struct text t = {0};
    uint64_t size = 0;
    for (size_t i = 0; i < r->bundle.targets.count; i++) {
        const struct wanted_target *w = &r->bundle.targets.at[i];
        text_addf(&t, "%-28s %s\n", w->windows, w->release ? w->release : w->why);
    }
    if (r->exit_code.value == EXIT_CODE_DONE || r->exit_code.value == EXIT_CODE_NEEDS_ATTENTION) {
        text_addf(&t, "\n%s, label %s\n", r->path, r->bundle.label);
        for (size_t i = 0; i < r->bundle.files.count; i++) {
            const struct bundle_item *f = &r->bundle.files.at[i];
            text_addf(&t, "  %.16s...  %10llu  %s\n", f->sha256, (unsigned long long)f->size.value,
                      f->name);
            size += f->size.value;
        }
        text_addf(&t, "  %zu files, %.1f MB\n", r->bundle.files.count, (double)size / MEGA);
    }
    text_addf(&t, "\nbundle: %s%s%s\n", r->outcome, r->message ? ": " : "",
              r->message ? r->message : "");
    return text_steal(&t);
}

static bool print(const struct bundle_report *r, bool json, struct err *e)
{
    char *text = json ? shape_encode(&bundle_report_shape, r) : report_text_of(r);
    bool ok = console_write(span_text(text), e);
    mem_free(text);
    return ok;
}

/* A Windows that was named and has no source is missed; of all, it is not expected. */
static enum exit_code judge(const struct session *s, const struct bundle *b, const struct wanted *w)
{
    if (!w->files.count)
        return EXIT_CODE_NO_SOURCE;
    for (size_t i = 0; !text_equal_nocase(s->cli->windows, "all") && i < b->targets.count; i++)
        if (!b->targets.at[i].release)
            return EXIT_CODE_NEEDS_ATTENTION;
    return EXIT_CODE_DONE;
}

enum exit_code bundle_run(struct session *s)
{
    struct bundle_report r = {.command = mem_strdup("bundle"), .path = mem_strdup(s->cli->to)};
    struct wanted w = {0};
    struct err e = {0}, write = {0};
    bool ok = make(s, &w, &r.bundle, &e);
    enum exit_code code = ok ? judge(s, &r.bundle, &w) : exit_code_of_err(&e);
    if (!ok)
        log_line(LOG_ERROR, "bundle: %s", e.text);
    r.schema = (struct number){true, BUNDLE_SCHEMA};
    r.exit_code = (struct number){true, (uint64_t)code};
    r.outcome = mem_strdup(exit_code_words((int)code));
    r.message = ok ? NULL : mem_strdup(e.text);
    if (!print(&r, s->cli->json, &write)) {
        log_line(LOG_ERROR, "bundle: %s", write.text);
        code = EXIT_CODE_FAILED;
    }
    wanted_release(&w);
    bundle_release(&r.bundle);
    shape_release(&bundle_report_shape, &r);
    return code;
}
