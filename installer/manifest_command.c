#include "installer/manifest_command.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "drivers-manifest/embedded.h"
#include "drivers-manifest/lint.h"
#include "installer/console.h"
#include "installer/manifest_show.h"
#include "installer/pin.h"
#include "installer/session.h"

#include <string.h>
#include <time.h>

static enum exit_code fail(const struct err *e)
{
    log_line(LOG_ERROR, "manifest: %s", e->text);
    return exit_code_of_err(e);
}

static enum exit_code print(char *text, enum exit_code code)
{
    struct err e = {0};
    bool ok = console_write(span_text(text), &e);
    mem_free(text);
    return ok ? code : fail(&e);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* ---- check ---- */

/* One finding, and all of them, as JSON has them. */
struct shown_finding {
    char *file;
    struct number line, column;
    char *severity, *code, *message;
};

struct shown_lint {
    struct number errors, warnings, shown;
    struct {
        struct shown_finding *at;
        size_t count;
    } findings;
};

static const struct shape_field finding_fields[] = {
    FIELD(shown_finding, file, SHAPE_TEXT),     FIELD(shown_finding, line, SHAPE_NUMBER),
    FIELD(shown_finding, column, SHAPE_NUMBER), FIELD(shown_finding, severity, SHAPE_TEXT),
    FIELD(shown_finding, code, SHAPE_TEXT),     FIELD(shown_finding, message, SHAPE_TEXT),
};
static const struct shape finding_shape = SHAPE_OF(struct shown_finding, finding_fields);

static const struct shape_field lint_fields[] = {
    FIELD(shown_lint, errors, SHAPE_NUMBER),
    FIELD(shown_lint, warnings, SHAPE_NUMBER),
    FIELD(shown_lint, shown, SHAPE_NUMBER),
    FIELD_IN(shown_lint, findings, SHAPE_LIST, finding_shape),
};
static const struct shape lint_shape = SHAPE_OF(struct shown_lint, lint_fields);

static char *lint_json(const struct lint_file *files, const struct lint *l)
{
    struct shown_lint shown = {.errors = number_of(l->errors),
                               .warnings = number_of(l->warnings),
                               .shown = number_of(l->count)};
    for (size_t i = 0; i < l->count; i++) {
        const struct lint_finding *f = &l->at[i];
        struct shown_finding *to = shape_list_add(&shown.findings, sizeof *to);
        *to = (struct shown_finding){.file = mem_strdup(files[f->file].name),
                                     .line = number_of(f->line),
                                     .column = number_of(f->column),
                                     .severity = mem_strdup(lint_severity_name(f->severity)),
                                     .code = mem_strdup(f->code),
                                     .message = mem_strdup(f->sentence)};
    }
    char *json = shape_encode(&lint_shape, &shown);
    shape_release(&lint_shape, &shown);
    return json;
}

static char *lint_text(const struct lint_file *files, size_t count, const struct lint *l)
{
    struct text t = {0};
    for (size_t i = 0; i < l->count; i++) {
        char *line = lint_line(files, &l->at[i]);
        text_addf(&t, "%s\n", line);
        mem_free(line);
    }
    if (l->count < l->errors + l->warnings)
        text_addf(&t, "... and %zu more\n", l->errors + l->warnings - l->count);
    text_addf(&t, "%zu file%s: %zu error%s, %zu warning%s\n", count, plural(count), l->errors,
              plural(l->errors), l->warnings, plural(l->warnings));
    return text_steal(&t);
}

static enum exit_code check_files(const struct cli *c, const struct lint_file *files, size_t count)
{
    struct lint l = {0};
    lint_manifest(files, count, &l);
    enum exit_code code = l.errors ? EXIT_CODE_USAGE : EXIT_CODE_DONE;
    code = print(c->json ? lint_json(files, &l) : lint_text(files, count, &l), code);
    lint_release(&l);
    return code;
}

static enum exit_code check_embedded(const struct cli *c)
{
    struct lint_file *files = mem_zero(manifest_file_count, sizeof *files);
    for (size_t i = 0; i < manifest_file_count; i++)
        files[i] = (struct lint_file){manifest_files[i].name,
                                      span_of(manifest_files[i].bytes, manifest_files[i].size)};
    enum exit_code code = check_files(c, files, manifest_file_count);
    mem_free(files);
    return code;
}

static enum exit_code run_check(const struct cli *c)
{
    size_t count = c->paths.count;
    struct err e = {0};
    if (!count)
        return check_embedded(c);
    struct bytes *contents = mem_zero(count, sizeof *contents);
    struct lint_file *files = mem_zero(count, sizeof *files);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        ok = file_read(c->paths.at[i], LINT_SIZE_MAX, &contents[i], &e);
        files[i] = (struct lint_file){c->paths.at[i], bytes_span(&contents[i])};
    }
    enum exit_code code = ok ? check_files(c, files, count) : fail(&e);
    for (size_t i = 0; i < count; i++)
        bytes_release(&contents[i]);
    mem_free(contents);
    mem_free(files);
    return code;
}

/* ---- show ---- */

static enum exit_code show(const struct cli *c, const struct manifest *m)
{
    const char *id = c->paths.count ? c->paths.at[0] : NULL;
    struct text t = {0};
    struct err e = {0};
    char *json = NULL;
    if (c->json)
        json = id ? manifest_show_json(m, id) : shape_encode(&manifest_shape, m);
    else if (!id)
        manifest_show_tables(&t, m);
    else
        manifest_show_id(&t, m, id);
    if (json || t.size)
        return print(json ? json : text_steal(&t), EXIT_CODE_DONE);
    err_set(&e, ERR_NOT_FOUND, "nothing in the manifest is called '%s'; see: xenpv manifest show",
            id);
    return fail(&e);
}

static enum exit_code run_show(const struct cli *c)
{
    struct session s = {.cli = c};
    struct err e = {0};
    enum exit_code code = session_read_manifest(&s, &e) ? show(c, &s.manifest) : fail(&e);
    manifest_release_all(&s.manifest);
    report_release(&s.report);
    return code;
}

/* ---- pin ---- */

struct shown_pin {
    char *manifest, *written;
    struct pin_results results;
};

struct shown_pins {
    struct {
        struct shown_pin *at;
        size_t count;
    } manifests;
};

static const struct shape_field pin_fields[] = {
    FIELD(shown_pin, manifest, SHAPE_TEXT),
    FIELD(shown_pin, written, SHAPE_TEXT),
    FIELD_IN(shown_pin, results, SHAPE_LIST, pin_result_shape),
};
static const struct shape pin_shape = SHAPE_OF(struct shown_pin, pin_fields);

static const struct shape_field pins_fields[] = {
    FIELD_IN(shown_pins, manifests, SHAPE_LIST, pin_shape),
};
static const struct shape pins_shape = SHAPE_OF(struct shown_pins, pins_fields);

static void add_result(struct text *t, const struct pin_result *r)
{
    text_add(t, r->filled == TRI_YES ? "  filled  " : "  left    ");
    text_add_escaped(t, r->release);
    text_add(t, ", ");
    text_add_escaped(t, r->set);
    text_add(t, ", ");
    text_add_escaped(t, r->file);
    text_add(t, "\n          ");
    text_add_escaped(t, r->path ? r->path : "");
    text_add(t, r->path ? ": " : "");
    text_add_escaped(t, r->message);
    text_add(t, "\n");
}

static char *pins_text(const struct shown_pins *all)
{
    struct text t = {0};
    for (size_t i = 0; i < all->manifests.count; i++) {
        const struct shown_pin *p = &all->manifests.at[i];
        size_t filled = 0;
        text_add_escaped(&t, p->manifest);
        text_add(&t, "\n");
        for (size_t k = 0; k < p->results.count; k++) {
            add_result(&t, &p->results.at[k]);
            filled += p->results.at[k].filled == TRI_YES;
        }
        text_addf(&t, "  %zu filled, %zu left", filled, p->results.count - filled);
        text_add(&t, p->written ? "; written to " : "; nothing was written");
        text_add_escaped(&t, p->written ? p->written : "");
        text_add(&t, "\n");
    }
    return text_steal(&t);
}

/* A signature beside a file that was changed does not match any more. */
static void warn_of_signature(const char *path)
{
    struct text name = {0};
    text_addf(&name, "%s.p7s", path);
    if (file_kind(text_str(&name)) != FILE_ABSENT)
        log_line(LOG_WARNING, "manifest: sign '%s' again: '%s' is the signature of the old one",
                 path, text_str(&name));
    text_release(&name);
}

static bool write_pinned(const struct cli *c, const char *path, const struct text *content,
                         struct err *e)
{
    struct span bytes = span_of(content->at, content->size);
    if (c->out)
        return file_create(c->out, bytes, e);
    if (!file_replace(path, bytes, e))
        return false;
    warn_of_signature(path);
    return true;
}

/* Nothing filled in place: nothing to write. */
static bool pin_one(const struct cli *c, struct session *s, const char *path, struct shown_pin *to,
                    struct err *e)
{
    struct bytes file = {0};
    struct text text = {0};
    bool any = c->out != NULL;
    bool ok = file_read(path, LINT_SIZE_MAX, &file, e);
    const struct pin_job job = {path, bytes_span(&file), &s->shelf, (int64_t)time(NULL)};
    to->manifest = mem_strdup(path);
    ok = ok && pin_manifest(&job, &text, &to->results, e);
    for (size_t i = 0; i < to->results.count; i++)
        any = any || to->results.at[i].filled == TRI_YES;
    if (ok && any) {
        ok = write_pinned(c, path, &text, e);
        to->written = ok ? mem_strdup(c->out ? c->out : path) : NULL;
    }
    if (!ok && e->kind == ERR_FORMAT)
        e->kind = ERR_USAGE;
    text_release(&text);
    bytes_release(&file);
    return ok;
}

static enum exit_code run_pin(const struct cli *c)
{
    struct session s = {.cli = c};
    struct shown_pins all = {0};
    struct err e = {0};
    bool ok = session_open_shelf(&s, &e), left = false;
    for (size_t i = 0; ok && i < c->paths.count; i++)
        ok = pin_one(c, &s, c->paths.at[i],
                     shape_list_add(&all.manifests, sizeof *all.manifests.at), &e);
    for (size_t i = 0; i < all.manifests.count; i++)
        for (size_t k = 0; k < all.manifests.at[i].results.count; k++)
            left = left || all.manifests.at[i].results.at[k].filled != TRI_YES;
    enum exit_code code = left ? EXIT_CODE_NEEDS_ATTENTION : EXIT_CODE_DONE;
    if (all.manifests.count)
        code = print(c->json ? shape_encode(&pins_shape, &all) : pins_text(&all), code);
    if (!ok)
        code = fail(&e);
    shape_release(&pins_shape, &all);
    shelf_release(&s.shelf);
    return code;
}

enum exit_code manifest_command_run(const struct cli *c)
{
    switch (c->action) {
    case MANIFEST_SHOW: return run_show(c);
    case MANIFEST_PIN: return run_pin(c);
    case MANIFEST_CHECK: break;
    }
    return run_check(c);
}
