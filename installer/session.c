#include "installer/session.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/assume.h"
#include "installer/bundle.h"
#include "installer/console.h"
#include "installer/here.h"
#include "installer/manifest_key.h"
#include "installer/replay.h"
#include "installer/volumes.h"

#include <string.h>

/* The program of a bundle is in a folder of its own, x86 or x64, below the bundle's. */
static void find_own_bundle(struct session *s)
{
    char *program = console_program_folder();
    char *above = program && !s->own_bundle ? file_join(program, "..") : NULL;
    char *mark = above ? file_join(above, BUNDLE_MARK) : NULL;
    if (mark && file_kind(mark) == FILE_REGULAR) {
        s->own_bundle = above;
        above = NULL;
    }
    mem_free(mark);
    mem_free(above);
    mem_free(program);
}

static bool has_manifest(const struct bundle *b)
{
    for (size_t i = 0; i < b->files.count; i++)
        if (strcmp(b->files.at[i].name, BUNDLE_MANIFEST) == 0)
            return true;
    return false;
}

/* *path: of the manifest that belongs to the program's bundle, mem_free; NULL: it has none. One
 * that is not what the bundle was made with is refused. */
static bool find_manifest(struct session *s, char **path, struct err *e)
{
    struct bundle b = {0};
    find_own_bundle(s);
    if (!s->own_bundle)
        return true;
    bool ok = bundle_read(s->own_bundle, &b, e);
    if (ok && has_manifest(&b)) {
        ok = bundle_check(&b, s->own_bundle, BUNDLE_MANIFEST, e);
        *path = ok ? file_join(s->own_bundle, BUNDLE_MANIFEST) : NULL;
    }
    bundle_release(&b);
    return ok;
}

static bool read_replacement(struct session *s, const char *path, struct err *e)
{
    struct texts unknown = {0};
    struct replacement r = {0};
    bool ok = replacement_read(path, span_of(manifest_key, manifest_key_size), &s->manifest,
                               &unknown, &r, e);
    for (size_t i = 0; ok && i < unknown.count; i++)
        log_line(LOG_WARNING, "manifest: %s, continuing", unknown.at[i]);
    if (ok) {
        char hex[2 * DIGEST_SIZE_MAX + 1];
        digest_hex(&r.sha256, hex);
        mem_free(s->manifest_path);
        mem_free(s->manifest_sha256);
        s->manifest_path = console_full_path(path);
        s->manifest_sha256 = mem_strdup(hex);
        report_set_manifest(&s->report, path, &r, s->cli->allow_unsigned_manifest);
    }
    texts_release(&unknown);
    return ok;
}

bool session_read_manifest(struct session *s, struct err *e)
{
    char *bundled = NULL;
    if (s->cli->manifest)
        return read_replacement(s, s->cli->manifest, e);
    if (!find_manifest(s, &bundled, e))
        return false;
    bool ok = bundled ? read_replacement(s, bundled, e) : manifest_embedded(&s->manifest, e);
    mem_free(bundled);
    return ok;
}

bool session_may_act_on_manifest(const struct session *s, struct err *e)
{
    const struct report_manifest *m = s->report.manifest;
    if (!m || strcmp(m->trust, replacement_trust_name(REPLACEMENT_SIGNED)) == 0)
        return true;
    if (m->allowed != TRI_YES)
        return err_set(e, ERR_REFUSED,
                       "the manifest '%s' is unsigned: %s; --allow-unsigned-manifest takes it upon "
                       "you; nothing was changed",
                       m->file, m->why);
    log_line(LOG_WARNING, "manifest: '%s' is unsigned: %s, allowed on the command line", m->file,
             m->why);
    return true;
}

/* The commands that look at the journal of a machine, too. */
static bool judges(enum command c)
{
    return c != COMMAND_DETECT && c != COMMAND_PLAN && c != COMMAND_VERIFY;
}

static void take_replay(struct session *s, struct replay *r)
{
    memcpy(&s->facts, r->facts, sizeof s->facts);
    memset(r->facts, 0, sizeof *r->facts);
    if (!r->journal || !judges(s->cli->command))
        return;
    memcpy(&s->journal, r->journal, sizeof s->journal);
    memset(r->journal, 0, sizeof *r->journal);
}

static bool facts_from_file(struct session *s, struct err *e)
{
    struct bytes file = {0};
    struct texts unknown = {0};
    struct replay r = {0};
    bool ok = file_read(s->cli->facts, SHAPE_SIZE_MAX, &file, e) &&
              replay_decode(bytes_span(&file), &r, &unknown, e);
    for (size_t i = 0; ok && i < unknown.count && i < SHAPE_NOTES_MAX; i++)
        log_line(LOG_WARNING, "facts: '%s' does not know '%s', continuing", s->cli->facts,
                 unknown.at[i]);
    if (ok)
        take_replay(s, &r);
    else if (e->kind == ERR_FORMAT)
        e->kind = ERR_USAGE;
    replay_release(&r);
    texts_release(&unknown);
    bytes_release(&file);
    return ok || err_wrap(e, "facts '%s'", s->cli->facts);
}

bool session_read_facts(struct session *s, struct err *e)
{
    bool ok;
    if (s->cli->windows)
        ok = assume_facts(s->cli->windows, &s->facts, e);
    else if (s->cli->facts)
        ok = facts_from_file(s, e);
    else if (s->has_platform)
        ok = s->platform.facts(s->platform.context, &s->facts, e);
    else
        ok = platform_here(&s->platform, s->cli->quiet, e);
    if (ok && s->manifest.schema.known) {
        mem_free(s->report.windows);
        s->report.windows = report_windows_name(&s->manifest, &s->facts.windows);
    }
    return ok;
}

/* The packages folder of a bundle, where it has one. */
static bool add_packages_of(struct session *s, const char *folder, struct err *e)
{
    char *packages = file_join(folder, BUNDLE_PACKAGES);
    bool ok = file_kind(packages) != FILE_FOLDER ||
              shelf_add_folder(&s->shelf, packages, &s->manifest, e);
    mem_free(packages);
    return ok;
}

/* A medium that cannot be read is passed over: it may be anything. */
static void add_mounted_bundles(struct session *s)
{
    struct texts roots = {0};
    volumes_list(&roots);
    for (size_t i = 0; i < roots.count; i++) {
        struct err why = {0};
        char *mark = file_join(roots.at[i], BUNDLE_MARK);
        if (file_kind(mark) == FILE_REGULAR) {
            log_line(LOG_NOTE, "packages: there is a bundle at '%s'", roots.at[i]);
            if (!add_packages_of(s, roots.at[i], &why))
                log_line(LOG_WARNING, "packages: '%s': %s, continuing", roots.at[i], why.text);
        }
        mem_free(mark);
    }
    texts_release(&roots);
}

static bool add_default_folders(struct session *s, struct err *e)
{
    char *program = console_program_folder();
    if (!program)
        return err_set(e, ERR_NOT_FOUND, "where are the packages? Give --packages FOLDER");
    find_own_bundle(s);
    bool ok = shelf_add_folder(&s->shelf, program, &s->manifest, e) &&
              add_packages_of(s, program, e) &&
              (!s->own_bundle || add_packages_of(s, s->own_bundle, e));
    if (ok)
        add_mounted_bundles(s);
    mem_free(program);
    return ok;
}

bool session_open_shelf(struct session *s, struct err *e)
{
    if (!s->cli->packages.count)
        return add_default_folders(s, e);
    for (size_t i = 0; i < s->cli->packages.count; i++)
        if (!shelf_add_folder(&s->shelf, s->cli->packages.at[i], &s->manifest, e))
            return err_wrap(e, "packages");
    return true;
}

/* Releases name their files alike: is the one at path another release's, and whole? */
static bool is_of_another(struct session *s, const struct manifest_file_pin *pin, const char *path)
{
    for (size_t r = 0; r < s->manifest.releases.count; r++)
        for (size_t k = 0; k < s->manifest.releases.at[r].sets.count; k++) {
            const struct manifest_set *set = &s->manifest.releases.at[r].sets.at[k];
            const char *found;
            for (size_t i = 0; i < set->files.count; i++)
                if (text_equal_nocase(set->files.at[i].name, pin->name) &&
                    shelf_find(&s->shelf, &s->manifest.releases.at[r], &set->files.at[i], &found) ==
                        SHELF_PINNED &&
                    found == path)
                    return true;
        }
    return false;
}

/* What only has the name is there too, so that it can be said what is wrong with it. */
static bool is_on_shelf(void *context, const struct manifest_release *release,
                        const struct manifest_file_pin *pin)
{
    struct session *s = context;
    const char *path;
    enum shelf_match match = shelf_find(&s->shelf, release, pin, &path);
    return match == SHELF_PINNED || (match == SHELF_NAME_ONLY && !is_of_another(s, pin, path));
}

static void make_decision(struct session *s)
{
    const struct decision_options o = {.allow_downgrade = s->cli->allow_downgrade,
                                       .replace = s->cli->replace,
                                       .broken = s->broken};
    if (!s->report.decision)
        s->report.decision = mem_zero(1, sizeof *s->report.decision);
    decision_release(s->report.decision);
    decide(&s->facts, &s->manifest, &s->report.choice, &o, s->report.decision);
}

void session_choose(struct session *s, bool with_files)
{
    struct select_options o = {.source = s->cli->source,
                               .accept = s->cli->accept,
                               .replace = s->cli->replace,
                               .trust_publisher = s->cli->trust_publisher};
    if (with_files) {
        o.have = is_on_shelf;
        o.context = s;
    }
    choice_release(&s->report.choice);
    select_source(&s->facts, &s->manifest, &o, &s->report.choice);
    s->report.all_candidates = s->cli->all ? TRI_YES : TRI_NO;
    make_decision(s);
}

void session_judge(struct session *s, bool anew)
{
    struct err e = {0};
    if (anew) {
        facts_release(&s->facts);
        if (!session_read_facts(s, &e))
            log_line(LOG_WARNING, "detect: %s, continuing", e.text);
    }
    if (!s->report.status)
        s->report.status = mem_zero(1, sizeof *s->report.status);
    status_release(s->report.status);
    status_judge(&s->facts, &s->journal, &s->manifest, s->report.status);
}
