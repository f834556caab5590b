#include "verifier/policy_inside.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/advisory.h"
#include "verifier/name.h"

#include <stdio.h>
#include <string.h>

/* --- versions
 * --------------------------------------------------------------------------------------------------
 */

enum { VERSION_PARTS = 4 };

/* "0.11.0.373" or "8.2.2" into out, missing parts 0; how many there were, less than 1 when it is no
 * such text. */
static int read_version(const char *text, unsigned out[VERSION_PARTS])
{
    memset(out, 0, VERSION_PARTS * sizeof *out);
    return sscanf(text, "%5u.%5u.%5u.%5u", &out[0], &out[1], &out[2], &out[3]);
}

static bool is_later(const char *a, const char *b)
{
    unsigned x[VERSION_PARTS], y[VERSION_PARTS];
    int i = 0;
    read_version(a, x);
    read_version(b, y);
    while (i < VERSION_PARTS - 1 && x[i] == y[i])
        i++;
    return x[i] > y[i];
}

/* --- which release is it?
 * -------------------------------------------------------------------------------------- */

static bool is_of_family(const struct policy_case *c, const struct manifest_release *r)
{
    const struct manifest_family *family = manifest_family_by_id(c->manifest, r->family);
    return family && texts_have_nocase(&family->providers, inf_provider(&c->package->inf));
}

/* Releases are numbered with three parts where their INFs have a build number as the fourth. */
static bool is_of_version(const struct policy_case *c, const struct manifest_release *r)
{
    struct inf_driver_ver ver = inf_driver_ver(&c->package->inf);
    unsigned want[VERSION_PARTS];
    int count = read_version(r->version, want);
    for (int i = 0; i < count; i++)
        if (want[i] != ver.version[i])
            return false;
    return count > 0 && ver.version_valid;
}

static bool has_inf(const struct policy_case *c, const struct manifest_release *r)
{
    const char *name = name_base(evidence_name(c->evidence, c->package->inf_entry));
    for (size_t i = 0; i < r->drivers.count; i++)
        if (text_equal_nocase(r->drivers.at[i].inf, name))
            return true;
    return false;
}

/* 0 not at all, 1 nothing speaks against it, 2 the signer is the release's. */
static int fit_of_signer(const struct manifest_release *r, const struct signature *s)
{
    bool known_root = s && (policy_is_microsoft(s) || s->root == ROOT_CODE_VERIFICATION);
    if (r->signer)
        return s && s->signer && text_equal_nocase(s->signer, r->signer) ? 2 : 0;
    return r->signing == SIGNING_TEST && known_root ? 0 : 1;
}

const struct manifest_release *policy_release(const struct policy_case *c)
{
    const struct signature *s = evidence_package_signature(c->evidence, c->package);
    const struct manifest_release *best = NULL;
    int best_fit = 0;
    for (size_t i = 0; c->manifest && i < c->manifest->releases.count; i++) {
        const struct manifest_release *r = &c->manifest->releases.at[i];
        int fit = fit_of_signer(r, s);
        if (fit > best_fit && is_of_family(c, r) && is_of_version(c, r) && has_inf(c, r)) {
            best = r;
            best_fit = fit;
        }
    }
    return best;
}

static bool is_meant_for(const struct manifest_release *r, const struct facts *f)
{
    for (size_t i = 0; i < r->sets.count; i++) {
        const struct manifest_set *set = &r->sets.at[i];
        int side;
        if (set->architecture == f->windows.architecture &&
            manifest_in_range(&f->windows, set->windows_from, set->windows_to, &side) == TRI_YES)
            return true;
    }
    return false;
}

/* A later one of the same family, signed in the same way, that is meant for this guest too. */
static const struct manifest_release *successor(const struct policy_case *c,
                                                const struct manifest_release *r)
{
    const struct manifest_release *best = NULL;
    for (size_t i = 0; i < c->manifest->releases.count; i++) {
        const struct manifest_release *other = &c->manifest->releases.at[i];
        if (strcmp(other->family, r->family) == 0 && other->signing == r->signing &&
            is_meant_for(other, c->facts) && is_later(other->version, r->version) &&
            (!best || is_later(other->version, best->version)))
            best = other;
    }
    return best;
}

/* --- does it go together with this Windows?
 * -------------------------------------------------------------------- */

static uint16_t machine_of(enum architecture a)
{
    static const uint16_t machines[] = {[ARCHITECTURE_X86] = 0x014c,
                                        [ARCHITECTURE_X64] = 0x8664,
                                        [ARCHITECTURE_ARM64] = 0xaa64,
                                        [ARCHITECTURE_IA64] = 0x0200};
    return machines[a];
}

/* A driver that the loader would not take: other processor, or linked for a later Windows. */
static const char *unfit_driver(const struct evidence_entry *x, const struct facts *f)
{
    const struct facts_windows *w = &f->windows;
    if (machine_of(w->architecture) != x->machine)
        return "is for another processor";
    if (x->subsystem_version[0] > w->major.value ||
        (x->subsystem_version[0] == w->major.value && x->subsystem_version[1] > w->minor.value))
        return "was linked for a later Windows";
    return NULL;
}

static bool is_driver_here(const struct judgement *j, const struct evidence_file *file)
{
    return file->entry != SIZE_MAX && j->c->evidence->entries[file->entry].is_kernel &&
           policy_copy(j, file);
}

static bool offers_on_another_processor(const struct judgement *j)
{
    static const enum target_arch arches[] = {TARGET_X86, TARGET_AMD64, TARGET_ARM64, TARGET_IA64};
    bool found = false;
    for (size_t i = 0; i < sizeof arches / sizeof *arches && !found; i++) {
        struct target other = j->here->target;
        struct inf_models models = {0};
        other.arch = arches[i];
        inf_models(&j->c->package->inf, &other, &models);
        found = models.count > 0;
        inf_models_release(&models);
    }
    return found;
}

static enum rule binds_nothing(const struct judgement *j)
{
    if (j->here->count)
        return RULE_NONE;
    if (j->here->models.count)
        return RULE_NO_INSTALL_SECTION;
    return offers_on_another_processor(j) ? RULE_WRONG_PROCESSOR : RULE_BINDS_NOTHING;
}

/* --- has this guest a device for it?
 * --------------------------------------------------------------------------- */

static bool has_device(const struct judgement *j, const struct inf_model *m)
{
    for (size_t i = 0; i < m->id_count; i++)
        if (*m->ids[i] && facts_device_with_id(j->facts, m->ids[i]))
            return true;
    return false;
}

/*
 * The devices of a Xen bus come with its driver; PCI devices are there or are not. A guest that is
 * only assumed (its windows.reading is unknown) has no devices of its own.
 */
static enum rule without_device(const struct judgement *j)
{
    bool all_pci = true;
    if (j->facts->devices_reading != READING_FULL || j->facts->windows.reading == READING_UNKNOWN)
        return RULE_NONE;
    for (size_t i = 0; i < j->here->models.count; i++) {
        const struct inf_model *m = &j->here->models.at[i];
        if (has_device(j, m))
            return RULE_NONE;
        for (size_t k = 0; k < m->id_count; k++)
            all_pci = all_pci && (!*m->ids[k] || text_starts_nocase(m->ids[k], "PCI\\"));
    }
    return all_pci ? RULE_NO_DEVICE : RULE_NO_DEVICE_YET;
}

/* --- the answer
 * ------------------------------------------------------------------------------------------------
 */

static void answer(struct judgement *j, struct answer a, char *why)
{
    j->out->fit = (enum fit_verdict)a.verdict;
    j->out->fit_basis = &policy_table[a.rule];
    j->out->fit_why = why ? why : mem_strdup(j->out->fit_basis->sentence);
}

/* The first warning is the answer, later ones are notes. why is owned. */
static void warn(struct judgement *j, enum rule rule, const char *file, char *why)
{
    const struct policy_rule *have = j->out->fit_basis;
    if (!have)
        answer(j, (struct answer){FIT_WARN, rule}, why);
    else if (strcmp(have->id, policy_table[rule].id) != 0)
        policy_note(j, rule, file, why);
    else
        mem_free(why);
}

static bool refuse(struct judgement *j)
{
    const struct evidence_package *p = j->c->package;
    enum rule nothing = binds_nothing(j);
    if (nothing != RULE_NONE) {
        answer(j, (struct answer){FIT_NO, nothing}, NULL);
        return true;
    }
    for (size_t i = 0; i < p->files.count; i++) {
        const struct evidence_file *file = &p->files.at[i];
        const char *unfit = is_driver_here(j, file)
                                ? unfit_driver(&j->c->evidence->entries[file->entry], j->facts)
                                : NULL;
        if (unfit) {
            answer(j, (struct answer){FIT_NO, RULE_DRIVER_UNFIT},
                   policy_sentence("'%.100s' %s", name_base(file->name), unfit));
            return true;
        }
    }
    return false;
}

/* Some advisories have rules of their own; where it is not certain, one that says so. */
static enum rule rule_of(const struct manifest_advisory *a, enum certainty certainty)
{
    enum rule own = RULE_ADVISORY;
    for (int i = 0; i < RULE_COUNT; i++) {
        const struct policy_rule *r = &policy_table[i];
        bool firm = r->confidence == CONFIDENCE_FIRM;
        if (r->question == QUESTION_FIT && strcmp(r->id, a->id) == 0 &&
            (own == RULE_ADVISORY || firm == (certainty == CERTAINTY_CERTAIN)))
            own = (enum rule)i;
    }
    return own;
}

/* What Windows itself enforces is a question of loading, not of being fit. */
static bool is_ours(const struct manifest_advisory *a)
{
    return !a->rule;
}

static void warn_of_advisories(struct judgement *j, const struct manifest_release *r)
{
    const struct advisory_subject subject = {.facts = j->facts, .release = r};
    for (size_t i = 0; i < j->c->manifest->advisories.count; i++) {
        const struct manifest_advisory *a = &j->c->manifest->advisories.at[i];
        enum certainty certainty = texts_have_nocase(&r->advisories, a->id)
                                       ? CERTAINTY_CERTAIN
                                       : advisory_affects(a, &subject);
        if (is_ours(a) && certainty != CERTAINTY_UNKNOWN)
            warn(j, rule_of(a, certainty), NULL, policy_sentence("%s: %s", r->id, a->title));
    }
}

static void warn_of_release(struct judgement *j, const struct manifest_release *r)
{
    const struct manifest_release *later = successor(j->c, r);
    warn_of_advisories(j, r);
    if (!is_meant_for(r, j->facts))
        warn(j, RULE_WRONG_WINDOWS, NULL,
             policy_sentence("%s is not meant for this Windows", r->id));
    if (later)
        warn(j, RULE_SUPERSEDED, NULL, policy_sentence("%s is superseded by %s", r->id, later->id));
}

static void warn_of_file(struct judgement *j, const struct evidence_file *file)
{
    const uint16_t *v = j->c->evidence->entries[file->entry].file_version;
    char version[sizeof "65535.65535.65535.65535"];
    const struct advisory_subject subject = {.facts = j->facts,
                                             .provider = inf_provider(&j->c->package->inf),
                                             .file = name_base(file->name),
                                             .version = version};
    snprintf(version, sizeof version, "%u.%u.%u.%u", v[0], v[1], v[2], v[3]);
    for (size_t i = 0; i < j->c->manifest->advisories.count; i++) {
        const struct manifest_advisory *a = &j->c->manifest->advisories.at[i];
        enum certainty certainty = advisory_affects(a, &subject);
        if (is_ours(a) && certainty != CERTAINTY_UNKNOWN)
            warn(j, rule_of(a, certainty), file->name,
                 policy_sentence("'%.100s' %s affected: %s", subject.file,
                                 certainty == CERTAINTY_CERTAIN ? "is" : "may be", a->title));
    }
}

static void warn_of_versions(struct judgement *j)
{
    const struct evidence_package *p = j->c->package;
    for (size_t i = 0; j->c->manifest && i < p->files.count; i++)
        if (is_driver_here(j, &p->files.at[i]))
            warn_of_file(j, &p->files.at[i]);
}

void policy_fit(struct judgement *j)
{
    const struct facts_windows *w = &j->facts->windows;
    const struct manifest_release *release = policy_release(j->c);
    enum rule device;
    if (!w->major.known || w->architecture == ARCHITECTURE_UNKNOWN) {
        answer(j, (struct answer){FIT_UNKNOWN, RULE_FIT_WINDOWS_UNKNOWN}, NULL);
        return;
    }
    if (refuse(j))
        return;
    if (release)
        warn_of_release(j, release);
    warn_of_versions(j);
    device = without_device(j);
    if (device == RULE_NO_DEVICE)
        warn(j, device, NULL, NULL);
    else if (device == RULE_NO_DEVICE_YET)
        policy_note(j, device, NULL, NULL);
    if (!j->out->fit_basis)
        answer(j, (struct answer){FIT_YES, RULE_FITS}, NULL);
}
