/*
 * removal: does the steps of a removal to a machine, forward only.
 *
 * The journal is written durably before each effect, and a step counts as done only when the
 * machine says so. There is no way back and no need for one: Windows starts from every state in
 * between (removal_plan.h says why), and half a driver is of no use. After a power cut or a failure
 * the next run looks at each step again, does what does not hold, and plans anew from what is
 * there, until nothing of the families is left.
 *
 * The settings of the network are saved before anything is planned, and given to the emulated
 * adapters after the restart; those of an adapter that does not come stay in the journal, which then
 * says so as its reason.
 */
#ifndef XENPV_INSTALLER_REMOVAL_H
#define XENPV_INSTALLER_REMOVAL_H

#include "installer/removal_plan.h"
#include "installer/transaction.h"

/*
 * Plan the removal of these families as a journal: all steps pending. ours: the journal of what we
 * installed, or NULL. Fails when the machine could not be asked, or would be left without a disk.
 * *out must be zeroed.
 */
bool removal_prepare(struct platform *p, const struct manifest *m, const struct texts *families,
                     const struct journal *ours, struct journal *out, struct err *e);

/*
 * Do the steps of j, from wherever they are, and those that turn out to be needed too.
 * OUTCOME_REMOVED, OUTCOME_RESTART_NEEDED (run it again then), OUTCOME_NEEDS_ATTENTION or
 * OUTCOME_STUCK with *e.
 */
enum outcome removal_run(struct platform *p, const struct manifest *m, struct journal *j,
                         struct err *e);

/* Is there a removal that the next run has to go on with? */
bool removal_is_open(const struct journal *j);

#endif
