#include "installer/moment.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/pending.h"

#include <string.h>

static const char domain_controller[] =
    "boot: this is a domain controller, whose disk is about to be driven otherwise: have the "
    "password of Directory Services Restore Mode at hand, should it not start";

static void warn_of_restart(struct moment *m, const char *reason)
{
    struct text t = {0};
    text_add(&t, "restart: Windows waits for one: ");
    text_add_escaped(&t, reason);
    texts_add(&m->warnings, text_str(&t));
    text_release(&t);
}

static void refuse_restart(struct moment *m, const char *reason)
{
    struct text t = {0};
    text_add(&t, "Windows waits for a restart (");
    text_add_escaped(&t, reason);
    text_add(&t, "): restart it, then run this again, or give --ignore-pending-restart");
    m->refusal = text_steal(&t);
}

/* What Windows waits for and would do to our files, too. NULL: nothing. */
static const char *blocking_restart(const struct facts *f)
{
    for (size_t i = 0; f->restart_pending == TRI_YES && i < f->restart_reasons.count; i++)
        if (pending_blocks(f->restart_reasons.at[i]))
            return f->restart_reasons.at[i];
    return NULL;
}

static void look_at_safe_mode(const struct facts *f, const struct moment_wishes *wishes,
                              struct moment *m)
{
    if (f->windows.safe_mode != TRI_YES)
        return;
    if (wishes->removal)
        texts_add(&m->warnings, "boot: Windows runs in safe mode, where Windows Installer does not "
                                "and nothing goes on after a restart: run this again after a "
                                "normal start");
    else
        m->refusal = mem_strdup("Windows runs in safe mode, where drivers are installed by half: "
                                "start it normally, then run this again");
}

void moment_look(const struct facts *f, const struct moment_wishes *wishes, struct moment *out)
{
    const char *reason = blocking_restart(f);
    if (f->windows.type == PRODUCT_TYPE_DOMAIN_CONTROLLER)
        texts_add(&out->warnings, domain_controller);
    look_at_safe_mode(f, wishes, out);
    if (out->refusal)
        return;
    if (reason && !wishes->removal && !wishes->ignore_pending_restart) {
        refuse_restart(out, reason);
        return;
    }
    for (size_t i = 0; i < f->restart_reasons.count; i++)
        warn_of_restart(out, f->restart_reasons.at[i]);
}

void moment_release(struct moment *m)
{
    mem_free(m->refusal);
    texts_release(&m->warnings);
    memset(m, 0, sizeof *m);
}
