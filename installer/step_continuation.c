#include "installer/step.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/lint.h"
#include "installer/continuation.h"
#include "installer/placed.h"
#include "verifier/detached.h"

/*
 * A service, not RunOnce: it needs nobody to log on, and runs as LocalSystem. Its program is a copy
 * in our folder, since what was started from an ISO or a share is not there at the next start; so
 * is the manifest that was named, which nobody else may write to meanwhile.
 */
enum { PROGRAM_MAX = 64 * 1024 * 1024, OWN_PROCESS = 0x10, AUTOMATIC = 2 };

static bool read_program(struct step_run *r, struct bytes *out, struct err *e)
{
    char *path = r->p->program(r->p->context, e);
    bool ok = path && r->p->read_file(r->p->context, path, PROGRAM_MAX, &out->at, &out->size, e);
    mem_free(path);
    return ok;
}

static bool has_program(struct step_run *r, const struct bytes *wanted)
{
    struct bytes have = {0};
    bool same = r->p->read_file(r->p->context, r->j->boot.program, PROGRAM_MAX, &have.at,
                                &have.size, NULL) &&
                span_equal(bytes_span(&have), bytes_span(wanted));
    bytes_release(&have);
    return same;
}

/* --- the manifest ------------------------------------------------------------------------------
 */

static char *signature_beside(const char *manifest)
{
    struct text t = {0};
    text_addf(&t, "%s.p7s", manifest);
    return text_steal(&t);
}

/* The bytes of the manifest that this run goes by, from there. */
static bool read_manifest(struct step_run *r, const char *path, struct bytes *out, struct err *e)
{
    if (!r->p->read_file(r->p->context, path, LINT_SIZE_MAX, &out->at, &out->size, e))
        return false;
    return placed_are_bytes(bytes_span(out), r->j->boot.manifest_sha256) ||
           err_set(e, ERR_REFUSED, "'%s' is not what was read at the beginning", path);
}

static bool has_manifest(struct step_run *r, struct err *e)
{
    struct bytes have = {0};
    bool ok = !r->j->boot.manifest || read_manifest(r, r->j->boot.manifest, &have, e);
    bytes_release(&have);
    return ok;
}

/* One that an earlier job left would speak for another manifest. */
static bool copy_signature(struct step_run *r, const char *from, const char *to, struct err *e)
{
    struct bytes signature = {0};
    bool ok;
    if (r->p->exists(r->p->context, from) == TRI_NO)
        ok = r->p->remove_file(r->p->context, to, e);
    else
        ok = r->p->read_file(r->p->context, from, DETACHED_SIZE_MAX, &signature.at, &signature.size,
                             e) &&
             r->p->write_file(r->p->context, to, bytes_span(&signature), e);
    bytes_release(&signature);
    return ok;
}

static bool copy_manifest(struct step_run *r, struct err *e)
{
    const struct journal_boot *b = &r->j->boot;
    struct bytes content = {0};
    if (!b->manifest)
        return true;
    char *from = signature_beside(b->manifest_from), *to = signature_beside(b->manifest);
    bool ok = read_manifest(r, b->manifest_from, &content, e) && copy_signature(r, from, to, e) &&
              r->p->write_file(r->p->context, b->manifest, bytes_span(&content), e);
    bytes_release(&content);
    mem_free(from);
    mem_free(to);
    return ok;
}

static bool remove_manifest(struct step_run *r, struct err *e)
{
    const char *path = r->j->boot.manifest;
    if (!path)
        return true;
    char *signature = signature_beside(path);
    bool ok =
        r->p->remove_file(r->p->context, path, e) && r->p->remove_file(r->p->context, signature, e);
    mem_free(signature);
    return ok;
}

/* --- the step ----------------------------------------------------------------------------------
 */

/* Of a removal: before its first restart? */
static bool is_before_restart(const struct step_run *r)
{
    bool before = false;
    for (size_t i = 0; i < r->j->steps.count; i++) {
        const struct journal_step *s = &r->j->steps.at[i];
        before = before || (s->kind == STEP_RESTART && s->state == STEP_PENDING);
    }
    return before;
}

/* Only before the restart: whoever goes on by hand may do without the service. */
static bool continuation_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct bytes ours = {0};
    uint32_t start = 0;
    (void)s;
    if (r->j->job == JOURNAL_REMOVAL ? !is_before_restart(r) : !step_is_installing(r))
        return true;
    bool ok = r->p->query_service(r->p->context, CONTINUATION_SERVICE, &start, NULL, e) &&
              (start == AUTOMATIC || err_set(e, ERR_FAILED, "service '%s' does not start by itself",
                                             CONTINUATION_SERVICE)) &&
              has_manifest(r, e) && read_program(r, &ours, e) &&
              (has_program(r, &ours) ||
               err_set(e, ERR_FAILED, "'%s' is no copy of this program", r->j->boot.program));
    bytes_release(&ours);
    return ok;
}

static bool continuation_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_boot *b = &r->j->boot;
    struct bytes ours = {0};
    struct text image = {0};
    (void)s;
    text_addf(&image, "\"%s\" %s", b->program, b->arguments);
    const struct platform_service service = {.name = CONTINUATION_SERVICE,
                                             .display_name = "xenpv: goes on after a restart",
                                             .image = text_str(&image),
                                             .type = OWN_PROCESS,
                                             .start = AUTOMATIC};
    /* One that a cut-off run left would be in the way. */
    bool ok = read_program(r, &ours, e) &&
              r->p->delete_service(r->p->context, CONTINUATION_SERVICE, e) && copy_manifest(r, e) &&
              (has_program(r, &ours) ||
               r->p->write_file(r->p->context, b->program, bytes_span(&ours), e)) &&
              r->p->create_service(r->p->context, &service, e);
    text_release(&image);
    bytes_release(&ours);
    return ok;
}

/* The program cannot be removed while it is what is running. */
static bool remove_program(struct step_run *r, struct err *e)
{
    const char *path = r->j->boot.program;
    if (r->p->exists(r->p->context, path) == TRI_NO || r->p->remove_file(r->p->context, path, NULL))
        return true;
    return r->p->remove_file_later(r->p->context, path, e);
}

static bool continuation_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)s;
    return step_undo_service(r, CONTINUATION_SERVICE, e) && remove_manifest(r, e) &&
           remove_program(r, e);
}

void step_continuation_end(struct step_run *r)
{
    struct err e = {0};
    const struct journal_boot *b = &r->j->boot;
    enum tri there = TRI_NO;
    if (!step_survey_service(r->p, CONTINUATION_SERVICE, &there, NULL) || there == TRI_YES)
        step_undo_service(r, CONTINUATION_SERVICE, &e);
    if (e.kind == ERR_NONE && remove_manifest(r, &e) && b->program)
        remove_program(r, &e);
    if (e.kind != ERR_NONE)
        log_line(LOG_WARNING, "resume: cannot remove service '%s': %s, continuing",
                 CONTINUATION_SERVICE, e.text);
}

const struct step_work step_continuation_work = {
    .holds = continuation_holds,
    .act = continuation_do,
    .undo = continuation_undo,
    .may_fail = true,
};
