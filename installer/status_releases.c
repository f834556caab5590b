/*
 * What the manifest knows of the installed releases: whether this Windows takes them, what is known
 * against them, and who signs them.
 *
 * select's rules are asked, the same that choose what to install. What a driver that runs disproves
 * is not said; what could not be read makes no verdict.
 */
#include "installer/status_inside.h"

#include "base/text.h"
#include "drivers-manifest/advisory.h"

#include <string.h>

/* One installed family, its release if the manifest has it, and what select says of that. */
struct installed {
    struct status_judging *g;
    const struct inventory_family *family;
    const struct manifest_release *release;
};

/* --- would this Windows take it? ---------------------------------------------------------------
 */

/* The reasons of select that are about Windows and a release, and what they are here. */
static const struct {
    const char *reason;
    enum status_code code;
} refusals[] = {
    {SELECT_OS_TOO_OLD, CODE_WINDOWS_TOO_OLD},
    {SELECT_OS_TOO_NEW, CODE_WINDOWS_TOO_NEW},
    {SELECT_NEEDS_KB3033929, CODE_SHA2_NOT_UNDERSTOOD},
    {SELECT_NEEDS_KB4474419, CODE_SHA2_NOT_UNDERSTOOD},
    {SELECT_SECURE_BOOT, CODE_SECURE_BOOT_REFUSES},
    {SELECT_DRIVER_POLICY, CODE_DRIVER_POLICY},
    {SELECT_NEEDS_TEST_SIGNING, CODE_NEEDS_TEST_SIGNING},
    {SELECT_UNSIGNED, CODE_RELEASE_UNSIGNED},
};

/* Was what decides read? select speaks against what is not known as well. */
static enum tri was_read(const struct facts *f, enum status_code code)
{
    const struct facts_integrity *i = &f->integrity;
    switch (code) {
    case CODE_SHA2_NOT_UNDERSTOOD: return i->sha2 == TRI_UNKNOWN ? TRI_NO : TRI_YES;
    case CODE_NEEDS_TEST_SIGNING: return i->test_signing == TRI_UNKNOWN ? TRI_NO : TRI_YES;
    case CODE_SECURE_BOOT_REFUSES:
        return i->secure_boot == TRI_YES || i->whql_enforced == TRI_YES ? TRI_YES : TRI_NO;
    default: return TRI_YES;
    }
}

/* A driver of the family that runs was loaded by this Windows; checks that are off in this one
 * start prove nothing for the next. */
static bool is_disproved(const struct installed *x, enum status_code code)
{
    const struct facts *f = x->g->facts;
    const struct manifest_family *family = manifest_family_by_id(x->g->manifest, x->family->id);
    if (code == CODE_DRIVER_POLICY || code == CODE_WINDOWS_TOO_NEW ||
        f->integrity.disabled == TRI_YES)
        return false;
    for (size_t i = 0; i < f->services.count; i++)
        if (f->services.at[i].running == TRI_YES &&
            texts_have_nocase(&family->services, f->services.at[i].name) &&
            status_device_of(f, f->services.at[i].name))
            return true;
    return false;
}

static void rest_on_integrity(struct status_finding *f, const struct facts_integrity *i)
{
    static const char *const words[] = {"not known", "no", "yes"};
    status_rests_on(f, "test signing: %s, Secure Boot: %s, SHA-2 drivers understood: %s",
                    words[i->test_signing], words[i->secure_boot], words[i->sha2]);
    if (i->driver_policy_audits.known || i->driver_policy_blocks.known)
        status_rests_on(f, "Windows Driver Policy: %llu audits, %llu blocks",
                        (unsigned long long)i->driver_policy_audits.value,
                        (unsigned long long)i->driver_policy_blocks.value);
}

static void note_refusal(const struct installed *x, enum status_code code,
                         const struct select_reason *reason)
{
    const struct facts *f = x->g->facts;
    if (is_disproved(x, code))
        return;
    struct status_finding *to =
        was_read(f, code) == TRI_YES
            ? status_note(x->g, code, x->release->id, "%s", reason->sentence)
            : status_note(x->g, CODE_FACTS_UNREAD, "integrity",
                          "whether this Windows loads %s is not sure: %s", x->release->id,
                          reason->sentence);
    status_rests_on(to, "%s %s is installed", x->family->id, status_or_unknown(x->family->version));
    rest_on_integrity(to, &f->integrity);
}

static bool has_reason(const struct candidate *c, const char *code)
{
    for (size_t i = 0; i < c->reasons.count; i++)
        if (strcmp(c->reasons.at[i].code, code) == 0)
            return true;
    return false;
}

/* The set of the release for this processor, and of several the one for this Windows. */
static const struct candidate *candidate_of(const struct choice *c, const char *release)
{
    const struct candidate *best = NULL;
    for (size_t i = 0; i < c->candidates.count; i++) {
        const struct candidate *at = &c->candidates.at[i];
        if (strcmp(at->release, release) != 0 || has_reason(at, SELECT_WRONG_ARCH))
            continue;
        if (!has_reason(at, SELECT_OS_TOO_OLD) && !has_reason(at, SELECT_OS_TOO_NEW))
            return at;
        best = best ? best : at;
    }
    return best;
}

static void rule_windows(const struct installed *x, const struct choice *c)
{
    const struct candidate *set = candidate_of(c, x->release->id);
    for (size_t i = 0; set && i < set->reasons.count; i++)
        for (size_t k = 0; k < sizeof refusals / sizeof *refusals; k++)
            if (strcmp(set->reasons.at[i].code, refusals[k].reason) == 0)
                note_refusal(x, refusals[k].code, &set->reasons.at[i]);
}

/* --- what is known of it -----------------------------------------------------------------------
 */

static void rule_known(const struct installed *x)
{
    struct status_judging *g = x->g;
    struct status_finding *f;
    if (!x->release) {
        f = status_note(g, CODE_RELEASE_UNKNOWN, x->family->id,
                        "this version is of no release that the manifest knows");
        status_rests_on(f, "version %s", status_or_unknown(x->family->version));
        return;
    }
    if (x->release->superseded_by) {
        f = status_note(g, CODE_NEWER_RELEASE, x->release->id, "%s took its place",
                        x->release->superseded_by);
        if (g->facts->platform.xen_major.known)
            status_rests_on(f, "the host runs Xen %u.%u",
                            (unsigned)g->facts->platform.xen_major.value,
                            (unsigned)g->facts->platform.xen_minor.value);
        status_rests_on(f, "version %s is installed", status_or_unknown(x->family->version));
    }
    if (!x->release->faults.count)
        return;
    f = status_note(g, CODE_RELEASE_FAULTS, x->release->id,
                    "the release has faults that are known");
    for (size_t i = 0; i < x->release->faults.count; i++)
        status_rests_on(f, "%s (%s)", x->release->faults.at[i].what,
                        x->release->faults.at[i].source);
}

/* Only kernel drivers: helpers may be signed by others. */
static void rule_signer(const struct installed *x)
{
    const struct facts *f = x->g->facts;
    const char *wanted = x->release->signer;
    for (size_t i = 0; wanted && i < f->services.count; i++) {
        const struct facts_service *s = &f->services.at[i];
        if (!s->signer || !status_device_of(f, s->name) || text_equal_nocase(s->signer, wanted))
            continue;
        struct status_finding *to =
            status_note(x->g, CODE_UNEXPECTED_SIGNER, s->name, "%s is signed by '%s', this is not",
                        x->release->id, wanted);
        status_rests_on(to, "%s: signed by '%s', %s", status_or_unknown(s->file), s->signer,
                        status_or_unknown(s->signed_in));
    }
}

/* --- advisories --------------------------------------------------------------------------------
 */

static enum status_code code_of(const struct manifest_advisory *a)
{
    return strcmp(a->id, "xsn-1") == 0     ? CODE_XSN_1
           : strcmp(a->id, "xsa-468") == 0 ? CODE_XSA_468
                                           : CODE_ADVISORY;
}

/* The finding about this advisory, made with the first thing that it affects. */
static struct status_finding *finding_of(struct status_judging *g,
                                         const struct manifest_advisory *a, enum certainty how)
{
    for (size_t i = 0; i < g->out->findings.count; i++)
        if (text_equal_nocase(g->out->findings.at[i].subject, a->id))
            return &g->out->findings.at[i];
    struct status_finding *f =
        status_note(g, code_of(a), a->id, "%s%s", status_or_unknown(a->effect),
                    how == CERTAINTY_CERTAIN ? "" : "; whether these are affected is not sure");
    status_rests_on(f, "%s", a->title);
    if (a->remedy && code_of(a) == CODE_ADVISORY)
        shape_set_text(&f->remedy, a->remedy);
    return f;
}

static const char *file_name_of(const struct facts_service *s)
{
    const char *image = s->file ? s->file : s->image;
    const char *slash = image ? strrchr(image, '\\') : NULL;
    return slash ? slash + 1 : image;
}

static void rule_files(struct status_judging *g, const struct manifest_advisory *a)
{
    for (size_t i = 0; i < g->facts->devices.count; i++) {
        const struct facts_device *d = &g->facts->devices.at[i];
        const struct facts_service *s =
            d->present != TRI_NO && d->service ? facts_service_named(g->facts, d->service) : NULL;
        if (!s || status_device_of(g->facts, d->service) != d)
            continue;
        const struct advisory_subject subject = {
            .facts = g->facts,
            .provider = d->provider,
            .file = file_name_of(s),
            .version = s->file_version ? s->file_version : d->driver_version,
        };
        enum certainty how = subject.file ? advisory_affects(a, &subject) : CERTAINTY_UNKNOWN;
        if (how != CERTAINTY_UNKNOWN)
            status_rests_on(finding_of(g, a, how), "%s %s of '%s' on %s", subject.file,
                            status_or_unknown(subject.version), status_or_unknown(d->provider),
                            status_or_unknown(d->instance));
    }
}

static void rule_release(const struct installed *x, const struct manifest_advisory *a)
{
    const struct advisory_subject subject = {.facts = x->g->facts, .release = x->release};
    enum certainty how = texts_have_nocase(&x->release->advisories, a->id)
                             ? CERTAINTY_CERTAIN
                             : advisory_affects(a, &subject);
    if (how != CERTAINTY_UNKNOWN)
        status_rests_on(finding_of(x->g, a, how), "release %s is installed", x->release->id);
}

/* Those that Windows itself enforces are among the refusals. */
static void rule_advisories(struct status_judging *g, const struct installed *all, size_t count)
{
    for (size_t i = 0; i < g->manifest->advisories.count; i++) {
        const struct manifest_advisory *a = &g->manifest->advisories.at[i];
        if (a->rule)
            continue;
        for (size_t k = 0; k < count; k++)
            if (all[k].release)
                rule_release(&all[k], a);
        rule_files(g, a);
    }
}

/* --- all of them -------------------------------------------------------------------------------
 */

enum { INSTALLED_MAX = 16 };

static bool is_kin(const struct manifest *m, const char *a, const char *b)
{
    return texts_have_nocase(&manifest_family_by_id(m, a)->compatible_with, b) ||
           texts_have_nocase(&manifest_family_by_id(m, b)->compatible_with, a);
}

/* Families that look alike are one; of them, one whose release is known. */
static size_t find_installed(struct status_judging *g, struct installed out[INSTALLED_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < g->installed.count; i++) {
        const struct inventory_family *family = inventory_family(&g->inventory, g->installed.at[i]);
        size_t k = 0;
        if (!family || manifest_family_by_id(g->manifest, family->id)->role != FAMILY_INSTALLABLE)
            continue;
        const struct installed x = {g, family, status_release_of(g, family)};
        while (k < count && !is_kin(g->manifest, out[k].family->id, family->id))
            k++;
        if (k == count && count < INSTALLED_MAX)
            out[count++] = x;
        else if (k < count && !out[k].release)
            out[k] = x;
    }
    return count;
}

void status_judge_releases(struct status_judging *g)
{
    const struct select_options none = {0};
    struct installed all[INSTALLED_MAX];
    struct choice c = {0};
    size_t count = find_installed(g, all);
    select_source(g->facts, g->manifest, &none, &c);
    for (size_t i = 0; i < count; i++) {
        rule_known(&all[i]);
        if (!all[i].release)
            continue;
        rule_windows(&all[i], &c);
        rule_signer(&all[i]);
    }
    rule_advisories(g, all, count);
    choice_release(&c);
}
