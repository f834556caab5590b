/* What waits for a restart of Windows, beside what we did ourselves. */
#include "installer/status_inside.h"

#include "base/text.h"
#include "installer/pending.h"

#include <string.h>

static enum status_code code_of(const char *reason)
{
    if (text_starts_nocase(reason, "xenbus_monitor\\Request"))
        return CODE_DRIVER_ASKS_RESTART;
    return pending_blocks(reason) ? CODE_RESTART_PENDING : CODE_RESTART_HARMLESS;
}

static const char *sentence_of(enum status_code code)
{
    return code == CODE_DRIVER_ASKS_RESTART ? "a PV driver asks for a restart"
           : code == CODE_RESTART_PENDING   ? "Windows waits for a restart"
                                            : "something waits for a restart that concerns no "
                                              "driver";
}

/* One finding for each kind, resting on all reasons of that kind. */
void status_judge_restarts(struct status_judging *g)
{
    static const enum status_code kinds[] = {CODE_DRIVER_ASKS_RESTART, CODE_RESTART_PENDING,
                                             CODE_RESTART_HARMLESS};
    const struct texts *reasons = &g->facts->restart_reasons;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct status_finding *f = NULL;
        for (size_t i = 0; i < reasons->count; i++) {
            if (code_of(reasons->at[i]) != kinds[k])
                continue;
            if (!f)
                f = status_note(g, kinds[k], NULL, "%s", sentence_of(kinds[k]));
            status_rests_on(f, "%s", reasons->at[i]);
        }
    }
    if (g->facts->restart_pending == TRI_YES && !reasons->count)
        status_rests_on(
            status_note(g, CODE_RESTART_PENDING, NULL, "%s", sentence_of(CODE_RESTART_PENDING)),
            "the facts name no reason");
}
