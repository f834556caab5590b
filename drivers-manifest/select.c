#include "drivers-manifest/select.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/advisory.h"
#include "drivers-manifest/recognise.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_MAX = 512 };

static const char *const verdict_names[] = {"rejected", "eligible", "chosen", NULL};

static const struct shape_field reason_fields[] = {
    FIELD(select_reason, code, SHAPE_TEXT),
    FIELD(select_reason, sentence, SHAPE_TEXT),
    FIELD(select_reason, overridable, SHAPE_TRI),
};
static const struct shape reason_shape = SHAPE_OF(struct select_reason, reason_fields);

static const struct shape_field candidate_fields[] = {
    {.name = "verdict",
     .kind = SHAPE_ENUM,
     .offset = offsetof(struct candidate, verdict),
     .names = verdict_names},
    FIELD(candidate, release, SHAPE_TEXT),
    FIELD(candidate, family, SHAPE_TEXT),
    FIELD(candidate, version, SHAPE_TEXT),
    FIELD(candidate, set, SHAPE_TEXT),
    FIELD_IN(candidate, reasons, SHAPE_LIST, reason_shape),
    FIELD_IN(candidate, accepted, SHAPE_LIST, reason_shape),
    FIELD(candidate, files, SHAPE_TEXTS),
};
static const struct shape candidate_shape = SHAPE_OF(struct candidate, candidate_fields);

static const struct shape_field choice_fields[] = {
    FIELD_IN(choice, candidates, SHAPE_LIST, candidate_shape),
    FIELD(choice, chosen, SHAPE_NUMBER),
    FIELD(choice, installed_families, SHAPE_TEXTS),
};
const struct shape choice_shape = SHAPE_OF(struct choice, choice_fields);

/* What the rules look at for one candidate. */
struct case_ {
    const struct facts *facts;
    const struct manifest *manifest;
    const struct select_options *options;
    const struct texts *installed;
    const struct manifest_release *release;
    const struct manifest_set *set;
    struct candidate *candidate;
};

static bool is_accepted(const struct select_options *o, const char *code)
{
    static const char prefix[] = "advisory-";
    if (texts_have_nocase(&o->accept, code))
        return true;
    return strncmp(code, prefix, sizeof prefix - 1) == 0 &&
           texts_have_nocase(&o->accept, code + sizeof prefix - 1);
}

static void against(const struct case_ *c, enum tri overridable, const char *code,
                    const char *format, ...) ERR_PRINTF(4, 5);

static void against(const struct case_ *c, enum tri overridable, const char *code,
                    const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    bool taken = overridable == TRI_YES && is_accepted(c->options, code);
    struct select_reason *r = taken ? shape_list_add(&c->candidate->accepted, sizeof *r)
                                    : shape_list_add(&c->candidate->reasons, sizeof *r);
    *r = (struct select_reason){
        .code = mem_strdup(code), .sentence = mem_strdup(sentence), .overridable = overridable};
}

static void rule_asked_for(const struct case_ *c)
{
    const char *source = c->options->source;
    if (source && strcmp(source, c->release->id) != 0 && strcmp(source, c->release->family) != 0)
        against(c, TRI_NO, SELECT_NOT_ASKED_FOR, "only '%s' was asked for", source);
}

static void rule_architecture(const struct case_ *c)
{
    enum architecture have = c->facts->windows.architecture;
    if (have != c->set->architecture)
        against(c, TRI_NO, SELECT_WRONG_ARCH, "it is for %s, this Windows is %s",
                architecture_name(c->set->architecture), architecture_name(have));
}

static void rule_version(const struct case_ *c)
{
    const char *from = c->set->windows_from, *to = c->set->windows_to;
    int side;
    enum tri inside = manifest_in_range(&c->facts->windows, from, to, &side);
    if (inside == TRI_UNKNOWN)
        against(c, TRI_NO, SELECT_OS_UNKNOWN, "the version of this Windows is not known");
    else if (side < 0)
        against(c, TRI_NO, SELECT_OS_TOO_OLD, "it needs Windows %s or later", from);
    else if (side > 0)
        against(c, TRI_NO, SELECT_OS_TOO_NEW, "it is for Windows up to %s", to);
}

static bool at_least(const struct case_ *c, unsigned major, unsigned minor, unsigned build)
{
    return facts_windows_at_least(&c->facts->windows, major, minor, build) == TRI_YES;
}

/* Does this kernel ask for signatures of drivers at all? 64-bit from Vista on; 32-bit only with
 * Secure Boot, which begins with Windows 8. */
static bool kernel_asks(const struct case_ *c)
{
    if (!at_least(c, 6, 0, 0))
        return false;
    return c->facts->windows.architecture != ARCHITECTURE_X86 ||
           (at_least(c, 6, 2, 0) && c->facts->integrity.secure_boot != TRI_NO);
}

static void rule_test_signed(const struct case_ *c)
{
    enum tri on = c->facts->integrity.test_signing;
    if (on != TRI_YES)
        against(c, TRI_NO, SELECT_NEEDS_TEST_SIGNING,
                "its drivers are test-signed, and test signing is %s",
                on == TRI_NO ? "off" : "not known to be on");
}

/* KB3033929 for 7 and 2008 R2, KB4474419 for Vista and 2008: without them a SHA-256 signature
 * counts for nothing. */
static void rule_sha2(const struct case_ *c)
{
    enum tri able = c->facts->integrity.sha2;
    bool is_6_0 = !at_least(c, 6, 1, 0);
    if (!c->release->digest || strcmp(c->release->digest, "sha256") != 0 || at_least(c, 6, 2, 0) ||
        able == TRI_YES)
        return;
    against(c, TRI_NO, is_6_0 ? SELECT_NEEDS_KB4474419 : SELECT_NEEDS_KB3033929,
            "its SHA-256 signatures need %s, which is %s",
            is_6_0 ? "KB4474419" : "KB3033929 or KB4474419",
            able == TRI_NO ? "not installed" : "not known to be installed");
}

/* The rule of Windows 10 1607: with Secure Boot only Microsoft's own roots, unless the certificate
 * is old enough. */
static void rule_secure_boot(const struct case_ *c)
{
    static const char limit[] = "2015-07-29";
    const struct facts_integrity *i = &c->facts->integrity;
    const char *issued = c->release->issued;
    bool early = issued && strcmp(issued, limit) < 0;
    if (!at_least(c, 10, 0, 14393) || early || i->upgraded == TRI_YES)
        return;
    if (i->secure_boot == TRI_NO && i->whql_enforced != TRI_YES)
        return;
    const char *force = i->secure_boot == TRI_YES  ? "Secure Boot is on"
                        : i->secure_boot == TRI_NO ? "this Windows enforces Microsoft's signature"
                                                   : "Secure Boot is not known to be off";
    against(c, TRI_NO, SELECT_SECURE_BOOT, "it is cross-signed %s, and %s",
            issued ? "with a certificate issued after 2015-07-28"
                   : "with a certificate of unknown date",
            force);
}

static void rule_driver_policy(const struct case_ *c)
{
    if (at_least(c, 10, 0, 26100))
        against(
            c, TRI_NO, SELECT_DRIVER_POLICY,
            "it is cross-signed, which the Windows Driver Policy of April 2026 does not trust on this Windows");
}

/* 2000, XP and 2003 load anything, but an administrator may have told them not to install it. */
static void rule_signing_policy(const struct case_ *c)
{
    const struct number *policy = &c->facts->integrity.signing_policy;
    enum { BLOCK = 2 };
    if (!at_least(c, 6, 0, 0) && policy->known && policy->value == BLOCK &&
        c->release->signing != SIGNING_WHQL)
        against(c, TRI_NO, SELECT_SIGNING_POLICY,
                "this Windows is set to block drivers without Microsoft's signature");
}

static void rule_signature(const struct case_ *c)
{
    rule_signing_policy(c);
    if (!kernel_asks(c))
        return;
    switch (c->release->signing) {
    case SIGNING_TEST:
        rule_test_signed(c);
        rule_sha2(c);
        break;
    case SIGNING_CROSS_SIGNED:
        rule_sha2(c);
        rule_secure_boot(c);
        rule_driver_policy(c);
        break;
    case SIGNING_ATTESTATION:
    case SIGNING_WHQL: rule_sha2(c); break;
    case SIGNING_UNSIGNED:
    case SIGNING_UNKNOWN:
        against(c, TRI_NO, SELECT_UNSIGNED,
                "its drivers are not known to be signed, and this Windows asks for it");
        break;
    }
}

static bool is_said(const struct case_ *c, const char *code)
{
    for (size_t i = 0; i < c->candidate->reasons.count; i++)
        if (strcmp(c->candidate->reasons.at[i].code, code) == 0)
            return true;
    return false;
}

/* Those that the release names, and those whose conditions hold; not what a rule said before. */
static void rule_advisories(const struct case_ *c)
{
    const struct advisory_subject subject = {.facts = c->facts, .release = c->release};
    for (size_t i = 0; i < c->manifest->advisories.count; i++) {
        const struct manifest_advisory *a = &c->manifest->advisories.at[i];
        struct text code = {0};
        if (!texts_have_nocase(&c->release->advisories, a->id) &&
            advisory_affects(a, &subject) == CERTAINTY_UNKNOWN)
            continue;
        text_addf(&code, "%s%s", a->rule ? "" : "advisory-", a->rule ? a->rule : a->id);
        if (!is_said(c, text_str(&code)))
            against(c, a->overridable, text_str(&code), "%s (%s)", a->title,
                    a->source ? a->source : a->id);
        text_release(&code);
    }
}

static void rule_pins(const struct case_ *c)
{
    for (size_t i = 0; i < c->set->files.count; i++) {
        const struct manifest_file_pin *f = &c->set->files.at[i];
        if (!f->sha256 && !f->sha512) {
            against(c, TRI_YES, SELECT_NOT_PINNED, "no hash of '%s' is known: %s", f->name,
                    f->no_hash_reason);
            return;
        }
    }
}

static void rule_platform_device(const struct case_ *c)
{
    for (size_t i = 0; i < c->release->drivers.count; i++) {
        const struct manifest_driver *d = &c->release->drivers.at[i];
        for (size_t j = 0; d->platform == TRI_YES && j < d->hardware_ids.count; j++)
            if (facts_device_with_id(c->facts, d->hardware_ids.at[j]))
                return;
    }
    against(
        c, TRI_NO, SELECT_NO_PLATFORM_DEVICE,
        c->facts->devices_reading == READING_FULL
            ? "no device that its bus driver binds is present: the guest needs 'xen_platform_pci=1'"
            : "whether a device that its bus driver binds is present could not be read");
}

static void rule_foreign_family(const struct case_ *c)
{
    const struct manifest_family *own = manifest_family_by_id(c->manifest, c->release->family);
    for (size_t i = 0; i < c->installed->count; i++) {
        const char *id = c->installed->at[i];
        if (strcmp(id, own->id) == 0 || texts_have_nocase(&own->compatible_with, id))
            continue;
        against(c, TRI_NO, SELECT_FOREIGN_FAMILY, "%s are installed: remove them first",
                manifest_family_by_id(c->manifest, id)->name);
    }
}

static void rule_files(const struct case_ *c)
{
    if (!c->options->have)
        return;
    for (size_t i = 0; i < c->set->files.count; i++)
        if (!c->options->have(c->options->context, &c->set->files.at[i]))
            against(c, TRI_NO, SELECT_PACKAGE_NOT_FOUND, "'%s' was not found",
                    c->set->files.at[i].name);
}

static void judge(const struct case_ *c)
{
    static void (*const rules[])(const struct case_ *) = {
        rule_asked_for, rule_architecture,    rule_version,
        rule_signature, rule_platform_device, rule_advisories,
        rule_pins,      rule_foreign_family,  rule_files,
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](c);
    c->candidate->verdict = c->candidate->reasons.count ? CANDIDATE_REJECTED : CANDIDATE_ELIGIBLE;
}

/* A candidate and what it is sorted by. */
struct ranked {
    struct candidate candidate;
    uint64_t rank;
    size_t order;
};

static int best_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->candidate.verdict != y->candidate.verdict)
        return x->candidate.verdict > y->candidate.verdict ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void add_candidate(struct ranked *to, struct case_ *c)
{
    to->rank = c->release->rank.value;
    to->candidate.release = mem_strdup(c->release->id);
    to->candidate.family = mem_strdup(c->release->family);
    to->candidate.version = mem_strdup(c->release->version);
    to->candidate.set = mem_strdup(c->set->id);
    for (size_t i = 0; i < c->set->files.count; i++)
        texts_add(&to->candidate.files, c->set->files.at[i].name);
    c->candidate = &to->candidate;
    judge(c);
}

void select_source(const struct facts *f, const struct manifest *m, const struct select_options *o,
                   struct choice *out)
{
    struct ranked *ranked = NULL;
    size_t count = 0, room = 0;
    recognise_families(f, m, &out->installed_families);
    for (size_t i = 0; i < m->releases.count; i++) {
        const struct manifest_release *r = &m->releases.at[i];
        for (size_t j = 0; j < r->sets.count; j++) {
            struct case_ c = {.facts = f,
                              .manifest = m,
                              .options = o,
                              .installed = &out->installed_families,
                              .release = r,
                              .set = &r->sets.at[j]};
            ranked = mem_grow(ranked, count, &room, sizeof *ranked);
            ranked[count] = (struct ranked){.order = count};
            add_candidate(&ranked[count++], &c);
        }
    }
    if (count)
        qsort(ranked, count, sizeof *ranked, best_first);
    for (size_t i = 0; i < count; i++)
        *(struct candidate *)shape_list_add(&out->candidates, sizeof(struct candidate)) =
            ranked[i].candidate;
    mem_free(ranked);
    if (count && out->candidates.at[0].verdict == CANDIDATE_ELIGIBLE) {
        out->candidates.at[0].verdict = CANDIDATE_CHOSEN;
        out->chosen = number_of(0);
    }
}

void choice_release(struct choice *c)
{
    shape_release(&choice_shape, c);
}

const struct manifest_release *choice_chosen_release(const struct choice *c,
                                                     const struct manifest *m)
{
    return c->chosen.known ? manifest_release_by_id(m, c->candidates.at[c->chosen.value].release)
                           : NULL;
}

const struct manifest_set *choice_chosen_set(const struct choice *c, const struct manifest *m)
{
    const struct manifest_release *r = choice_chosen_release(c, m);
    for (size_t i = 0; r && i < r->sets.count; i++)
        if (strcmp(r->sets.at[i].id, c->candidates.at[c->chosen.value].set) == 0)
            return &r->sets.at[i];
    return NULL;
}
