/*
 * step: the kinds of steps that a transaction consists of, and what each does to a machine.
 *
 * A kind of step is a struct step_work in a file of its own (step_store.c, step_bind.c, ...): how
 * to ask the machine whether the step holds, how to do it, how to undo it, and what to note before.
 * A step knows its own subject in the journal and the machine behind platform.h; order, the record
 * before each effect and what happens on failure are the transaction's.
 */
#ifndef XENPV_INSTALLER_STEP_H
#define XENPV_INSTALLER_STEP_H

#include "installer/journal.h"
#include "installer/platform.h"
#include "installer/transaction.h"

/* A stored file that nobody can change between its verification and the end of the run. */
struct step_held {
    const char *path; /* the journal's */
    struct file_hold hold;
};

/* What the functions of all steps look at during one run. */
struct step_run {
    struct platform *p;
    struct journal *j;
    const struct transaction_content *content; /* NULL when nothing may be stored any more */
    struct facts facts;                        /* as read last: step_refresh */
    bool current;                              /* nothing was done since they were read */
    bool restart;                              /* Windows asked for one; never cleared */
    bool confirming;         /* what Windows will do at the next start does not hold */
    const char *kept_folder; /* where copies of overwritten files go; only while surveying */
    size_t kept;             /* files that a copy may be kept of */
    struct {
        struct step_held *at;
        size_t count, room;
    } held;
};

/* Members that are NULL have nothing to do. */
struct step_work {
    /* Note in the journal what is there before anything is done: undoing must not take away what
     * was not ours, nor leave what was. What cannot be told is a failure. */
    bool (*survey)(struct step_run *r, struct journal_step *s, struct err *e);
    /* Keep copies of what will be overwritten, before the first effect of any step. */
    bool (*keep)(struct step_run *r, const struct journal_step *s, struct err *e);
    /* Note what undoing will need; the record that says "started" is written right after. */
    void (*prepare)(struct step_run *r, struct journal_step *s);
    /* Asked of the machine, never remembered: false with *e when the step is not done. */
    bool (*holds)(struct step_run *r, const struct journal_step *s, struct err *e);
    /* Of a step that may be half done too. */
    bool (*act)(struct step_run *r, const struct journal_step *s, struct err *e);
    /* Of a step that may be done, by half or wholly; doing it twice is as doing it once. */
    bool (*undo)(struct step_run *r, const struct journal_step *s, struct err *e);
    /* Find out what a run that was cut off, or Windows by itself, did of this step. */
    void (*learn)(struct step_run *r, struct journal_step *s);
    bool again_after_restart; /* what a restart brings up has to be done too */
    bool after_restart;       /* not before the first restart */
    bool may_fail; /* of a removal: what follows does not stand on it, and is done all the same */
};

/* NULL: no such kind. */
const struct step_work *step_work_of(enum step_kind kind);

extern const struct step_work step_store_work, step_stage_work, step_bind_work, step_helper_work,
    step_restore_point_work, step_storage_work, step_fallback_work, step_remove_fallback_work,
    step_continuation_work, step_boot_check_work, step_network_work, step_trust_work,
    step_store_product_work, step_install_product_work, step_monitor_work;
/* of a removal: no undo, a removal goes forward only */
extern const struct step_work step_enable_work, step_disable_work, step_key_work, step_filter_work,
    step_restart_work, step_product_work, step_certificate_work, step_package_work,
    step_device_work, step_service_work, step_file_work, step_remove_trust_work;

/* --- what several kinds of steps use --- */

/* Before the first restart, of an installation or a repair? */
bool step_is_installing(const struct step_run *r);

/* Read the facts of the machine anew. */
bool step_refresh(struct step_run *r, struct err *e);

/* Whether the service is there, into *there; false when it cannot be asked. */
bool step_survey_service(struct platform *p, const char *name, enum tri *there, struct err *e);

/* Delete the service and see that it is gone, or will be with the restart. */
bool step_undo_service(struct step_run *r, const char *name, struct err *e);

/* Are the driver's stored files as they were verified? They are held from now on. */
bool step_store_holds(struct step_run *r, const struct journal_step *s, struct err *e);

/* Find the driver's INF among those that Windows knows, whoever published it, and note its name. */
void step_stage_find(struct step_run *r, struct journal_driver *d);

/* A class whose filters name the service, or NULL. */
const char *step_filtered_class(const struct facts *f, const char *service);

/* The driver's INF in our folder; mem_free. */
char *step_stored_inf(const struct journal_driver *d);

/* Xen Project's service that asks for restarts; its start type is not its driver's while we or the
 * administrator hold it. */
#define MONITOR_SERVICE "xenbus_monitor"
bool step_is_monitor(const struct step_run *r, const char *service);

/* The job has ended: the service is as it was before, or as its INF has it. What fails is logged.
 */
void step_monitor_end(struct step_run *r);

/* The job has ended, either way: the service and its program go. What stays is logged. */
void step_continuation_end(struct step_run *r);

/* Adapters that have not got their settings, as they are not there; sentences. */
void step_network_waiting(struct step_run *r, struct texts *out);

/* Where Windows keeps the INF that it published under this name; mem_free. NULL with *e set. */
char *step_published_path(struct step_run *r, const char *published, struct err *e);

#endif
