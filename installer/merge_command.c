#include "installer/merge_command.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/output.h"
#include "base/pipeline.h"
#include "base/spool.h"
#include "installer/console.h"
#include "installer/fleet.h"
#include "installer/fleet_csv.h"
#include "installer/fleet_html.h"
#include "installer/fleet_text.h"
#include "verifier/name.h"

#include <string.h>

/* One file: read and judged by any thread, taken in order. */
struct merge_job {
    const char *name;
    struct fleet_guest guest;
    struct err failure;
};

struct merge {
    const char *folder;
    const struct manifest *manifest;
    struct texts files; /* relative to the folder, '/' between the parts */
    size_t next;
    struct fleet fleet;
};

/* --- what is there
 * ------------------------------------------------------------------------------------------------
 */

static bool find_files(struct merge *m, const char *below, unsigned depth, struct err *e);

static bool take_entry(struct merge *m, const struct file_entry *entry, const char *below,
                       unsigned depth, struct err *e)
{
    struct text name = {0};
    bool ok = true;
    text_addf(&name, "%s%s%s", below, *below ? "/" : "", entry->name);
    if (entry->kind == FILE_FOLDER) {
        ok = find_files(m, text_str(&name), depth + 1, e);
    } else if (name_has_extension(entry->name, ".json")) {
        if (entry->kind != FILE_REGULAR)
            fleet_refuse(&m->fleet, text_str(&name), "no plain file; links are not followed");
        else if (m->files.count >= MERGE_FILES_MAX)
            ok = err_set(e, ERR_LIMIT, "more than %d files", MERGE_FILES_MAX);
        else
            texts_add(&m->files, text_str(&name));
    }
    text_release(&name);
    return ok;
}

/* A folder that cannot be listed is named like a file that cannot be read, but for the first. */
static bool find_files(struct merge *m, const char *below, unsigned depth, struct err *e)
{
    struct file_list list = {0};
    struct err failure = {0};
    char *path = *below ? file_join(m->folder, below) : mem_strdup(m->folder);
    bool ok = true;
    if (depth > MERGE_DEPTH_MAX) {
        fleet_refuse(&m->fleet, below, "too many folders deep");
    } else if (!file_list(path, &list, *below ? &failure : e)) {
        ok = *below != '\0';
        if (ok)
            fleet_refuse(&m->fleet, below, failure.text);
    }
    for (size_t i = 0; ok && i < list.count; i++)
        ok = take_entry(m, &list.at[i], below, depth, e);
    file_list_release(&list);
    mem_free(path);
    return ok;
}

/* --- reading
 * ------------------------------------------------------------------------------------------------
 */

static void *make_job(void *context)
{
    struct merge *m = context;
    if (m->next == m->files.count)
        return NULL;
    struct merge_job *j = mem_zero(1, sizeof *j);
    j->name = m->files.at[m->next++];
    return j;
}

static void work_on(void *context, void *job)
{
    struct merge *m = context;
    struct merge_job *j = job;
    struct bytes file = {0};
    char *path = file_join(m->folder, j->name);
    if (file_read(path, FLEET_REPORT_MAX, &file, &j->failure))
        fleet_read(bytes_span(&file), m->manifest, &j->guest, &j->failure);
    bytes_release(&file);
    mem_free(path);
}

static void finish_job(void *context, void *job)
{
    struct merge *m = context;
    struct merge_job *j = job;
    char *name = mem_strndup(j->name, strlen(j->name) - strlen(".json"));
    if (j->failure.kind == ERR_NONE)
        fleet_add(&m->fleet, name, &j->guest);
    else
        fleet_refuse(&m->fleet, j->name, j->failure.text);
    fleet_guest_release(&j->guest);
    mem_free(name);
    mem_free(j);
}

/* --- writing
 * ------------------------------------------------------------------------------------------------
 */

static bool take_file(void *context, struct span piece, struct err *e)
{
    return output_add(context, piece, e);
}

static bool take_console(void *context, struct span piece, struct err *e)
{
    (void)context;
    return console_write(piece, e);
}

/* To a file, or to standard output for "-". */
static bool write_out(const char *path, struct spool *s, struct err *e)
{
    struct output file = {0};
    if (strcmp(path, "-") == 0)
        return spool_drain(s, take_console, NULL, e);
    bool ok = output_open(path, &file, e) && spool_drain(s, take_file, &file, e);
    ok = output_close(&file, ok, e) && ok;
    spool_release(s);
    return ok;
}

static bool is_standard_output(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static bool print_summary(const struct fleet *f, bool json, struct err *e)
{
    char *text = json ? fleet_json(f) : fleet_text(f);
    bool ok = console_write(span_text(text), e);
    mem_free(text);
    return ok;
}

static bool write_all(const struct cli *c, const struct fleet *f, struct err *e)
{
    const struct {
        const char *path;
        void (*write)(const struct fleet *f, struct spool *out);
    } forms[] = {{c->html, fleet_html}, {c->csv, fleet_csv}};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof forms / sizeof *forms; i++) {
        struct spool s = {0};
        if (!forms[i].path)
            continue;
        forms[i].write(f, &s);
        ok = write_out(forms[i].path, &s, e);
    }
    if (is_standard_output(c->html) || is_standard_output(c->csv))
        return ok;
    return ok && print_summary(f, c->json, e);
}

static bool merge(struct merge *m, struct err *e)
{
    const struct pipeline all = {
        .context = m, .make = make_job, .work = work_on, .finish = finish_job};
    if (!find_files(m, "", 0, e))
        return false;
    pipeline_run(&all, 0);
    fleet_sum(&m->fleet);
    return true;
}

enum exit_code merge_run(struct session *s)
{
    struct merge m = {.folder = s->cli->merge, .manifest = &s->manifest};
    enum exit_code code = EXIT_CODE_DONE;
    struct err e = {0};
    fleet_init(&m.fleet);
    if (!session_read_manifest(s, &e) || !merge(&m, &e) || !write_all(s->cli, &m.fleet, &e)) {
        log_line(LOG_ERROR, "report: %s", e.text);
        code = exit_code_of_err(&e);
    } else if (m.fleet.refused.value || !m.fleet.reports.value) {
        log_line(LOG_WARNING, "report: %llu files could not be read as a report, %llu could",
                 (unsigned long long)m.fleet.refused.value,
                 (unsigned long long)m.fleet.reports.value);
        code = EXIT_CODE_NEEDS_ATTENTION;
    }
    texts_release(&m.files);
    fleet_release(&m.fleet);
    return code;
}
