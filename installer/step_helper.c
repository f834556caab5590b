#include "installer/step.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/placed.h"

#include <string.h>

static bool helper_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_helper *h = journal_helper_named(r->j, s->subject);
    uint32_t start;
    if (placed_has_bytes(r->p, h->file.path, h->file.sha256) != TRI_YES)
        return err_set(e, ERR_FAILED, "'%s' does not hold the verified bytes", h->file.path);
    return r->p->query_service(r->p->context, h->service, &start, NULL, e);
}

/* A program that runs holds its file. *runs: it did, and is to run again after that. */
static bool let_go_of_file(struct step_run *r, const struct journal_helper *h, bool *runs,
                           struct err *e)
{
    *runs = h->existed == TRI_YES && r->p->service_runs(r->p->context, h->service) != TRI_NO;
    return !*runs || r->p->stop_service(r->p->context, h->service, e);
}

static void run_again(struct step_run *r, const struct journal_helper *h)
{
    struct err e = {0};
    if (!r->p->start_service(r->p->context, h->service, &e))
        log_line(LOG_WARNING, "service: %s, continuing", e.text);
}

static bool helper_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    enum { OWN_PROCESS = 0x10, AUTOMATIC = 2 };
    const struct journal_helper *h = journal_helper_named(r->j, s->subject);
    struct text image = {0};
    bool runs = false;
    text_addf(&image, "\"%s\"", h->file.path);
    const struct platform_service service = {.name = h->service,
                                             .display_name = h->display_name,
                                             .image = text_str(&image),
                                             .type = OWN_PROCESS,
                                             .start = AUTOMATIC};
    bool ok = let_go_of_file(r, h, &runs, e) && placed_put(r, h->service, &h->file, e) &&
              (h->existed == TRI_YES || r->p->create_service(r->p->context, &service, e));
    if (ok && runs)
        run_again(r, h);
    text_release(&image);
    return ok;
}

static bool helper_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_helper *h = journal_helper_named(r->j, s->subject);
    bool runs = false;
    if ((h->existed != TRI_YES && !step_undo_service(r, h->service, e)) ||
        !let_go_of_file(r, h, &runs, e) || !placed_undo(r, &h->file, e))
        return false;
    if (runs)
        run_again(r, h);
    for (size_t i = 0; i < h->new_folders.count; i++)
        r->p->remove_file(r->p->context, h->new_folders.at[i],
                          NULL); /* not while others' files are in it */
    return true;
}

static bool note_new_folders(struct platform *p, struct journal_helper *h, struct err *e)
{
    char *folder = mem_strdup(h->folder);
    enum tri there = TRI_NO;
    while (strchr(folder, '\\') && (there = p->exists(p->context, folder)) == TRI_NO) {
        char *outer = placed_folder(folder);
        texts_add(&h->new_folders, folder);
        mem_free(folder);
        folder = outer;
    }
    bool ok = there != TRI_UNKNOWN ||
              err_set(e, ERR_FAILED, "whether '%s' is there cannot be told", folder);
    mem_free(folder);
    return ok;
}

static bool helper_survey(struct step_run *r, struct journal_step *s, struct err *e)
{
    struct journal_helper *h = journal_helper_named(r->j, s->subject);
    if (h->existed == TRI_UNKNOWN) {
        if (!step_survey_service(r->p, h->service, &h->existed, e) || !note_new_folders(r->p, h, e))
            return false;
    }
    return placed_survey(r, &h->file, e);
}

static bool helper_keep(struct step_run *r, const struct journal_step *s, struct err *e)
{
    return placed_keep(r, &journal_helper_named(r->j, s->subject)->file, e);
}

const struct step_work step_helper_work = {
    .survey = helper_survey,
    .keep = helper_keep,
    .holds = helper_holds,
    .act = helper_do,
    .undo = helper_undo,
};
