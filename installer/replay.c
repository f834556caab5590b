#include "installer/replay.h"

#include "base/mem.h"
#include "base/text.h"

/* What of a report is read; facts have no command. */
struct file {
    char *command;
    struct replay replay;
};

static const struct shape_field file_fields[] = {
    FIELD(file, command, SHAPE_TEXT),
    {.name = "facts",
     .kind = SHAPE_MAYBE,
     .offset = offsetof(struct file, replay.facts),
     .shape = &facts_shape},
    {.name = "journal",
     .kind = SHAPE_MAYBE,
     .offset = offsetof(struct file, replay.journal),
     .shape = &journal_shape},
};
static const struct shape file_shape = SHAPE_OF(struct file, file_fields);

/* What is inside a report must hold as much as what stands alone. */
static bool check_facts(struct replay *r, struct err *e)
{
    char *alone = facts_encode(r->facts);
    facts_release(r->facts);
    bool ok = facts_decode(span_text(alone), r->facts, e) || err_wrap(e, "the report's facts");
    mem_free(alone);
    return ok;
}

static bool check_journal(struct replay *r, struct err *e)
{
    if (!r->journal)
        return true;
    char *alone = shape_encode(&journal_shape, r->journal);
    journal_release(r->journal);
    bool ok = journal_decode(span_text(alone), r->journal, e);
    mem_free(alone);
    return ok;
}

/* The rest of a report is said anew, not read. */
static void keep_inside(const struct texts *all, struct texts *unknown)
{
    for (size_t i = 0; unknown && i < all->count; i++)
        if (text_starts_nocase(all->at[i], "facts.") || text_starts_nocase(all->at[i], "journal."))
            texts_add(unknown, all->at[i]);
}

static bool read_facts(struct span json, struct replay *r, struct texts *unknown, struct err *e)
{
    r->facts = mem_zero(1, sizeof *r->facts);
    return facts_decode_noting(json, r->facts, unknown, e);
}

static bool read_report(struct file *f, const struct texts *all, struct texts *unknown,
                        struct err *e)
{
    if (!f->replay.facts)
        return err_set(e, ERR_FORMAT, "this is a report of '%s' without any facts", f->command);
    keep_inside(all, unknown);
    return check_facts(&f->replay, e) && check_journal(&f->replay, e);
}

bool replay_decode(struct span json, struct replay *r, struct texts *unknown, struct err *e)
{
    struct texts all = {0};
    struct file f = {0};
    bool ok = shape_decode(json, &file_shape, &f, &all, e);
    if (ok)
        ok = f.command || f.replay.facts ? read_report(&f, &all, unknown, e)
                                         : read_facts(json, &f.replay, unknown, e);
    if (ok) {
        *r = f.replay;
        f.replay = (struct replay){0};
    }
    texts_release(&all);
    shape_release(&file_shape, &f);
    return ok;
}

void replay_release(struct replay *r)
{
    struct file f = {.replay = *r};
    shape_release(&file_shape, &f);
    *r = (struct replay){0};
}
