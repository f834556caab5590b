#include "installer/collect_command.h"

#include "base/log.h"
#include "base/mem.h"
#include "installer/collect.h"
#include "installer/console.h"
#include "installer/here.h"
#include "installer/report_command.h"

#include <time.h>

static enum exit_code fail(const struct err *e)
{
    log_line(LOG_ERROR, "collect: %s", e->text);
    return exit_code_of_err(e);
}

static void set_mask(struct collect *c, const struct session *s)
{
    struct here_names names = {0};
    c->mask.keep = s->cli->with_names;
    c->list.names_kept = s->cli->with_names ? TRI_YES : TRI_NO;
    if (s->has_platform)
        here_names(&names);
    c->mask.computers = names.computers;
    c->mask.users = names.users;
}

/* Provisioning hands secrets over in them: systemd's credentials, cloud-init's seeds. */
static void leave_out_oem_strings(struct collect *c, struct facts *f)
{
    if (c->mask.keep || !f || !f->platform.oem_strings.count)
        return;
    for (size_t i = 0; i < f->platform.oem_strings.count; i++)
        shape_set_text(&f->platform.oem_strings.at[i], "(left out)");
    collect_leave_out(c, "the SMBIOS OEM strings: they may hold secrets of provisioning");
}

static void add_reports(struct collect *c, struct session *s)
{
    struct report *r = &s->report;
    leave_out_oem_strings(c, r->facts);
    report_edit_texts(r, mask_edit, &c->mask);
    collect_add(c, "report.html", "all of it as one page: begin here", report_page(s));
    collect_add(c, "report.txt", "the same as text", report_text(r));
    collect_add(c, "report.json", "the same for programs", report_json(r));
    if (r->facts)
        collect_add(c, "facts.json", "for xenpv report --facts, anywhere", facts_encode(r->facts));
}

static void add_below(struct collect *c, const char *folder, const char *name, const char *what)
{
    char *path = file_join(folder, name);
    collect_add_log(c, path, what);
    mem_free(path);
}

/* What only the machine itself has. SetupAPI writes in its own folder since Vista. */
static void add_files(struct collect *c, struct session *s)
{
    struct platform *p = &s->platform;
    struct err e = {0};
    if (!s->has_platform || s->cli->facts) {
        collect_leave_out(c, "journals and logs: the facts are of another machine");
        return;
    }
    char *state = p->folder(p->context, PLATFORM_FOLDER_STATE, &e),
         *windows = p->folder(p->context, PLATFORM_FOLDER_WINDOWS, &e),
         *inf = p->folder(p->context, PLATFORM_FOLDER_INF, &e);
    if (state)
        collect_add_state(c, state);
    if (inf) {
        add_below(c, inf, "setupapi.dev.log", "what Windows said while it installed devices");
        add_below(c, inf, "setupapi.app.log", "what Windows said while it installed programs");
    }
    if (windows)
        add_below(c, windows, "setupapi.log", "what Windows said while it installed devices");
    if (!state || !windows || !inf)
        collect_leave_out(c, e.text);
    mem_free(state);
    mem_free(windows);
    mem_free(inf);
}

static bool write_zip(const struct collect *c, const struct session *s, struct err *e)
{
    struct bytes zip = {0};
    const char *path = s->cli->paths.at[0];
    if (!collect_zip(c, (int64_t)time(NULL), &zip, e))
        return false;
    bool ok = s->cli->force ? file_replace(path, bytes_span(&zip), e)
                            : file_create(path, bytes_span(&zip), e);
    bytes_release(&zip);
    return ok;
}

enum exit_code collect_run(struct session *s)
{
    struct collect c = {.list = {.schema = number_of(COLLECT_SCHEMA),
                                 .program = mem_strdup("xenpv " XENPV_VERSION),
                                 .file = mem_strdup(s->cli->paths.at[0])}};
    struct err e = {0};
    enum exit_code code;
    if (!s->cli->force && file_kind(s->cli->paths.at[0]) != FILE_ABSENT)
        err_set(&e, ERR_USAGE, "'%s' is there already; --force replaces it", s->cli->paths.at[0]);
    if (e.kind == ERR_NONE) {
        code = report_fill(s);
        if (!s->report.status)
            goto out; /* report_fill has said why */
        set_mask(&c, s);
        add_reports(&c, s);
        add_files(&c, s);
    }
    if (e.kind != ERR_NONE || !write_zip(&c, s, &e)) {
        code = fail(&e);
        goto out;
    }
    char *text = s->cli->json ? collect_json(&c) : collect_contents(&c);
    code = console_write(span_text(text), &e) ? EXIT_CODE_DONE : fail(&e);
    mem_free(text);
out:
    collect_release(&c);
    return code;
}
