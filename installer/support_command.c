#include "installer/support_command.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/assume.h"
#include "installer/console.h"

#include <string.h>

static const struct support_windows_filter any;

static bool add_all(struct support_report *r, const struct support_matches *matches, struct err *e)
{
    for (size_t i = 0; i < matches->count; i++)
        if (!support_report_add(r, &matches->at[i], &any, e))
            return false;
    return true;
}

static bool add_table(struct support_report *r, struct err *e)
{
    const struct support *s = &r->manifest->support;
    for (size_t i = 0; i < s->count; i++)
        for (size_t j = 0; j < s->at[i].rows.count; j++)
            if (!support_report_add(r, &(struct support_match){&s->at[i], &s->at[i].rows.at[j]},
                                    &any, e))
                return false;
    return true;
}

/* The Windows that is called so, as "Windows 10 22H2", "win10-22h2" or, as for plan, "win7sp1-x64".
 */
static bool find_windows(const struct manifest *m, const char *name,
                         struct support_windows_filter *out)
{
    struct facts f = {0};
    const struct manifest_windows *w = NULL;
    for (size_t i = 0; i < m->windows.count && !w; i++)
        if (support_same_name(m->windows.at[i].id, name) ||
            support_same_name(m->windows.at[i].name, name))
            w = &m->windows.at[i];
    if (!w && !strchr(name, '+') && assume_facts(name, &f, NULL)) {
        w = manifest_windows_of(m, &f.windows);
        out->architecture = f.windows.architecture;
    }
    facts_release(&f);
    out->id = w ? w->id : NULL;
    return w;
}

/* The row of the table that holds the Windows of the filter. */
static bool find_row(const struct support *s, const char *id, struct support_match *out)
{
    for (size_t i = 0; i < s->count; i++)
        for (size_t j = 0; j < s->at[i].rows.count; j++)
            if (texts_have_nocase(&s->at[i].rows.at[j].windows, id)) {
                *out = (struct support_match){&s->at[i], &s->at[i].rows.at[j]};
                return true;
            }
    return false;
}

static bool refuse(struct support_report *r, struct err *e)
{
    struct text near = {0};
    support_near(&r->manifest->support, r->query, &r->near);
    for (size_t i = 0; i < r->near.count; i++)
        text_addf(&near, "%s %s", i ? "," : "; near are:", r->near.at[i].row->name);
    err_set(e, ERR_USAGE, "the support table has no row for '%s'%s; the whole of it: xenpv support",
            r->query, text_str(&near));
    text_release(&near);
    return false;
}

static bool check_name(const char *name, struct err *e)
{
    if (!name[strspn(name, " \t")])
        return err_set(e, ERR_USAGE, "the name is empty; the whole table: xenpv support");
    if (strlen(name) > SUPPORT_NAME_MAX)
        return err_set(e, ERR_USAGE, "a name of %zu characters: at most %d are looked up",
                       strlen(name), SUPPORT_NAME_MAX);
    return text_is_utf8(span_text(name)) ||
           err_set(e, ERR_USAGE, "the name '%s' is not UTF-8", name);
}

/* A row's own name goes before a Windows' one: "win7" is the row, "win10-22h2" a part of it. */
static bool add_named(struct support_report *r, struct err *e)
{
    struct support_matches matches = {0};
    struct support_windows_filter filter = {0};
    struct support_match match;
    const struct manifest *m = r->manifest;
    bool ok;
    r->by = support_find(&m->support, r->query, &matches);
    if (r->by != SUPPORT_BY_NAME && find_windows(m, r->query, &filter) &&
        find_row(&m->support, filter.id, &match)) {
        r->by = SUPPORT_BY_VERSION;
        ok = support_report_add(r, &match, &filter, e);
    } else {
        ok = matches.count ? add_all(r, &matches, e) : refuse(r, e);
    }
    mem_free(matches.at);
    return ok;
}

bool support_ask(const struct manifest *m, const char *name, struct support_report *r,
                 struct err *e)
{
    r->manifest = m;
    if (!name)
        return add_table(r, e);
    if (!check_name(name, e))
        return false;
    r->query = name;
    return add_named(r, e);
}

/* A manifest that replaces ours has its own table only if it says so. */
static bool take_table(struct manifest *m, struct err *e)
{
    struct manifest embedded = {0};
    if (m->support.count)
        return true;
    if (!manifest_embedded(&embedded, e))
        return false;
    m->support = embedded.support;
    embedded.support = (struct support){0};
    manifest_release_all(&embedded);
    return true;
}

/* "xenpv support Debian 7" needs no quotes. NULL: no word was given. */
static char *name_of(const struct texts *words)
{
    struct text name = {0};
    for (size_t i = 0; i < words->count; i++)
        text_addf(&name, "%s%s", i ? " " : "", words->at[i]);
    return words->count ? text_steal(&name) : NULL;
}

static bool print(const struct support_report *r, bool json, struct err *e)
{
    char *text = json ? support_report_json(r) : support_report_text(r);
    bool ok = console_write(span_text(text), e);
    mem_free(text);
    return ok;
}

enum exit_code support_run(struct session *s)
{
    struct support_report r = {0};
    struct err e = {0}, write = {0};
    char *name = name_of(&s->cli->paths);
    enum exit_code code = EXIT_CODE_DONE;
    if (!session_read_manifest(s, &e) || !take_table(&s->manifest, &e) ||
        !support_ask(&s->manifest, name, &r, &e)) {
        code = exit_code_of_err(&e);
        r.message = e.text;
        log_line(LOG_ERROR, "support: %s", e.text);
    }
    if (!print(&r, s->cli->json, &write)) {
        log_line(LOG_ERROR, "support: %s", write.text);
        code = EXIT_CODE_FAILED;
    }
    support_report_release(&r);
    mem_free(name);
    return code;
}
