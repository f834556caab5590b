/* What loads here that nobody vouches for. Advisories are among the releases' rules. */
#include "installer/status_inside.h"

#include "base/text.h"

#include <string.h>

static void rest_on_options(struct status_finding *f, const struct facts *facts)
{
    if (facts->integrity.options.known)
        status_rests_on(f, "code integrity options 0x%llx",
                        (unsigned long long)facts->integrity.options.value);
    status_rests_on(f, "start options:%s", status_or_unknown(facts->windows.start_options));
}

static void rule_integrity(struct status_judging *g)
{
    const struct facts_integrity *i = &g->facts->integrity;
    struct status_finding *f;
    if (i->test_signing == TRI_YES) {
        f = status_note(g, CODE_TEST_SIGNING_ON, NULL,
                        "this Windows loads drivers that anybody signed");
        rest_on_options(f, g->facts);
    }
    if (i->disabled == TRI_YES) {
        f = status_note(g, CODE_INTEGRITY_CHECKS_OFF, NULL,
                        "this Windows was started without integrity checks");
        rest_on_options(f, g->facts);
    }
}

/* On a 32-bit Windows drivers need no signature, so one without is worth no more than a warning;
 * one that was altered is wrong anywhere. */
static void rule_files(struct status_judging *g)
{
    for (size_t i = 0; i < g->facts->services.count; i++) {
        const struct facts_service *s = &g->facts->services.at[i];
        struct status_finding *f;
        if (!status_is_installed_service(g, s->name) || s->image_exists == TRI_NO)
            continue;
        if (s->signature == FACTS_SIGNATURE_ALTERED)
            f = status_note(g, CODE_DRIVER_ALTERED, s->name,
                            "the file is not what was signed any more");
        else if (s->signature == FACTS_SIGNATURE_NONE && status_device_of(g->facts, s->name))
            f = status_note(g, CODE_DRIVER_UNSIGNED, s->name, "nothing vouches for the file");
        else
            continue;
        status_rests_on(f, "%s %s", status_or_unknown(s->file ? s->file : s->image),
                        s->file_version ? s->file_version : "of unknown version");
        if (s->signed_in)
            status_rests_on(f, "signature in %s, of '%s'", s->signed_in,
                            status_or_unknown(s->signer));
    }
}

static void rule_trust(struct status_judging *g)
{
    const struct texts *trust = &g->journal->trust;
    struct status_finding *f;
    if (!trust->count || g->journal->state == JOURNAL_ROLLED_BACK)
        return;
    f = status_note(g, CODE_TRUST_CHANGED, g->journal->release,
                    "the installation changed what this Windows trusts");
    for (size_t i = 0; i < trust->count; i++)
        status_rests_on(f, "%s", trust->at[i]);
}

void status_judge_security(struct status_judging *g)
{
    rule_integrity(g);
    rule_files(g);
    rule_trust(g);
}
