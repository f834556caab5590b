/*
 * transaction: does the steps of a journal to a machine, and undoes them.
 *
 * The journal is written durably before each effect. A step counts as done only when the machine
 * says so afterwards; one that is there already is skipped, so that running again is safe. When a
 * step fails, it and all before it are reverted in reverse order. After a power cut the next run
 * finds a journal that says what may be half done, and reverts that first. Nothing is removed that
 * was there before.
 *
 * transaction talks to the machine through platform only; it verifies no package and chooses
 * nothing.
 */
#ifndef XENPV_INSTALLER_TRANSACTION_H
#define XENPV_INSTALLER_TRANSACTION_H

#include "installer/journal.h"
#include "installer/platform.h"

enum outcome {
    OUTCOME_STUCK = 0,      /* could not begin, or could not finish either way: *e says why */
    OUTCOME_INSTALLED,      /* confirmed */
    OUTCOME_RESTART_NEEDED, /* all done that can be done in this boot */
    OUTCOME_ROLLED_BACK,    /* failed, and everything is as it was: *e says what failed */
    OUTCOME_NEEDS_ATTENTION,
    OUTCOME_REMOVED, /* nothing of the families is left: asked of the machine */
};

/* Where the verified bytes come from while storing. */
struct transaction_content {
    bool (*open)(void *context, const char *subject, const char *name, struct span *out,
                 struct err *e);
    void *context;
    /* Of the machine, to which nothing was done since; NULL or zeroed: they are read. They are then
     * the transaction's: afterwards there are those that it has read since it did something to the
     * machine for the last time, or none. */
    struct facts *facts;
};

/* The journal of this machine. None there: true, with state JOURNAL_NONE. *j must be zeroed. */
bool transaction_load(struct platform *p, struct journal *j, struct err *e);

/* Write it durably where transaction_load finds it. The state folder must be there. */
bool transaction_save(struct platform *p, const struct journal *j, struct err *e);

/*
 * Before an installation upgrades another one: keep the journal of that one under a name of its
 * own, which j notes. Rolling j back then goes back to it.
 */
bool transaction_shelve(struct platform *p, const struct journal *earlier, struct journal *j,
                        struct err *e);

/*
 * Do all steps of j, whose steps are pending. With state JOURNAL_REPAIRING (journal_inherit) what
 * fails is not undone: OUTCOME_NEEDS_ATTENTION, and the next run goes on.
 */
enum outcome transaction_install(struct platform *p, struct journal *j,
                                 const struct transaction_content *content, struct err *e);

/* Go on after a restart: bind what has come up, confirm, or ask for one more restart. j is as
 * loaded. */
enum outcome transaction_continue(struct platform *p, struct journal *j, struct err *e);

/* Undo whatever j says may be there. OUTCOME_ROLLED_BACK, or OUTCOME_NEEDS_ATTENTION with *e. */
enum outcome transaction_revert(struct platform *p, struct journal *j, const char *reason,
                                struct err *e);

/*
 * The continuation is about to go on: count it durably. False with *e when it has run too often or
 * cannot be counted; then it is taken away, so that no machine runs it for ever.
 */
bool transaction_count_run(struct platform *p, struct journal *j, struct err *e);

/* Take the continuation away, whatever the journal says. What stays is logged. */
void transaction_end_continuation(struct platform *p, struct journal *j);

/* What is not as the journal says that it should be, as sentences; empty when all is well. */
void transaction_check(struct platform *p, const struct journal *j, const struct facts *f,
                       struct texts *wrong);

#endif
