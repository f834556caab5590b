#include "drivers-manifest/select_inside.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/advisory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_MAX = 512 };

static bool is_accepted(const struct select_options *o, const char *code)
{
    static const char prefix[] = "advisory-";
    if (texts_have_nocase(&o->accept, code))
        return true;
    return strncmp(code, prefix, sizeof prefix - 1) == 0 &&
           texts_have_nocase(&o->accept, code + sizeof prefix - 1);
}

void select_object(const struct select_case *c, const struct objection *o, const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    bool taken = o->overridable == TRI_YES && is_accepted(c->options, o->code);
    struct select_reason *r = taken ? shape_list_add(&c->candidate->accepted, sizeof *r)
                                    : shape_list_add(&c->candidate->reasons, sizeof *r);
    *r = (struct select_reason){.code = mem_strdup(o->code),
                                .sentence = mem_strdup(sentence),
                                .change = mem_strdup(o->change),
                                .overridable = o->overridable};
}

/* What nobody can change. */
#define NEVER(code)                                                                                \
    &(struct objection)                                                                            \
    {                                                                                              \
        code, TRI_NO, NULL                                                                         \
    }
/* What is so on this guest and could be otherwise; --accept does not help. */
#define UNLESS(code, change)                                                                       \
    &(struct objection)                                                                            \
    {                                                                                              \
        code, TRI_NO, change                                                                       \
    }

static void rule_asked_for(const struct select_case *c)
{
    const char *source = c->options->source;
    if (source && strcmp(source, c->release->id) != 0 && strcmp(source, c->release->family) != 0)
        select_object(c, UNLESS(SELECT_NOT_ASKED_FOR, "another --source, or none"),
                      "only '%s' was asked for", source);
}

static void rule_architecture(const struct select_case *c)
{
    enum architecture have = c->facts->windows.architecture;
    if (have != c->set->architecture)
        select_object(c, NEVER(SELECT_WRONG_ARCH), "it is for %s, this Windows is %s",
                      architecture_name(c->set->architecture), architecture_name(have));
}

static void rule_version(const struct select_case *c)
{
    const char *from = c->set->windows_from, *to = c->set->windows_to;
    int side;
    enum tri inside = manifest_in_range(&c->facts->windows, from, to, &side);
    if (inside == TRI_UNKNOWN)
        select_object(c, NEVER(SELECT_OS_UNKNOWN), "the version of this Windows is not known");
    else if (side < 0)
        select_object(c, NEVER(SELECT_OS_TOO_OLD), "it needs Windows %s or later", from);
    else if (side > 0)
        select_object(c, NEVER(SELECT_OS_TOO_NEW), "it is for Windows up to %s", to);
}

static bool at_least(const struct select_case *c, unsigned major, unsigned minor, unsigned build)
{
    return facts_windows_at_least(&c->facts->windows, major, minor, build) == TRI_YES;
}

/*
 * Does this kernel ask for signatures of drivers at all? 64-bit from Vista on; 32-bit only with
 * Secure Boot, which begins with Windows 8. That integrity checks are off in this one boot changes
 * nothing: the drivers must load in the next one.
 */
static bool kernel_asks(const struct select_case *c)
{
    if (!at_least(c, 6, 0, 0))
        return false;
    return c->facts->windows.architecture != ARCHITECTURE_X86 ||
           (at_least(c, 6, 2, 0) && c->facts->integrity.secure_boot != TRI_NO);
}

/* With Secure Boot on, test signing cannot be: what the kernel says of this boot goes before that.
 */
static void rule_test_signed(const struct select_case *c)
{
    enum { TEST_SIGN = 0x2 }; /* of facts_integrity.options */
    const struct facts_integrity *i = &c->facts->integrity;
    bool said = i->options.known && i->options.value & TEST_SIGN;
    if (i->test_signing != TRI_YES)
        select_object(c, UNLESS(SELECT_NEEDS_TEST_SIGNING, "test signing on"),
                      "its drivers are test-signed, and test signing is %s",
                      i->test_signing == TRI_NO ? "off" : "not known to be on");
    if (i->secure_boot == TRI_YES && !said)
        select_object(c, UNLESS(SELECT_SECURE_BOOT, "Secure Boot off"),
                      "its drivers are test-signed, which Secure Boot does not let be");
}

/*
 * KB3033929 for 7 and 2008 R2, KB4474419 for Vista and 2008: without them a SHA-256 signature
 * counts for nothing. Both are for the last service pack only.
 */
static void rule_sha2(const struct select_case *c)
{
    enum tri able = c->facts->integrity.sha2;
    bool is_6_0 = !at_least(c, 6, 1, 0);
    bool last_pack = at_least(c, 6, is_6_0 ? 0 : 1, is_6_0 ? 6002 : 7601);
    if (!c->release->digest || strcmp(c->release->digest, "sha256") != 0 || at_least(c, 6, 2, 0) ||
        able == TRI_YES)
        return;
    const char *change = is_6_0      ? last_pack ? "KB4474419" : "Service Pack 2 and KB4474419"
                         : last_pack ? "KB3033929 or KB4474419"
                                     : "Service Pack 1 and KB3033929 or KB4474419";
    select_object(c, UNLESS(is_6_0 ? SELECT_NEEDS_KB4474419 : SELECT_NEEDS_KB3033929, change),
                  "its SHA-256 signatures need %s, which is %s", change,
                  able == TRI_NO ? "not installed" : "not known to be installed");
}

/* The rule of Windows 10 1607: with Secure Boot only Microsoft's own roots, unless the certificate
 * is old enough. */
static void rule_secure_boot(const struct select_case *c)
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
    const char *change = i->secure_boot == TRI_NO ? NULL : "Secure Boot off";
    select_object(c, UNLESS(SELECT_SECURE_BOOT, change), "it is cross-signed %s, and %s",
                  issued ? "with a certificate issued after 2015-07-28"
                         : "with a certificate of unknown date",
                  force);
}

static void rule_driver_policy(const struct select_case *c)
{
    if (at_least(c, 10, 0, 26100))
        select_object(c, NEVER(SELECT_DRIVER_POLICY),
                      "it is cross-signed, which the Windows Driver Policy of April 2026 does not "
                      "trust on this Windows");
}

#define CHANGE_POLICY                                                                              \
    "a driver signing policy that warns (Control Panel, System, Hardware, Driver Signing)"
#define CHANGE_POLICY_OR_TRUST CHANGE_POLICY ", or --trust-publisher"

/*
 * 2000, XP and 2003 load anything, but an administrator may have told them not to install it. The
 * setting is Windows' own to change (its value is guarded by a hash); from XP on it does not ask
 * about trusted publishers.
 */
static void rule_signing_policy(const struct select_case *c)
{
    const struct number *policy = &c->facts->integrity.signing_policy;
    enum { BLOCK = 2 };
    bool publishers = at_least(c, 5, 1, 0);
    bool blocks = !at_least(c, 6, 0, 0) && policy->known && policy->value == BLOCK &&
                  c->release->signing != SIGNING_WHQL;
    if (blocks && !(publishers && c->options->trust_publisher))
        select_object(
            c, UNLESS(SELECT_SIGNING_POLICY, publishers ? CHANGE_POLICY_OR_TRUST : CHANGE_POLICY),
            "this Windows is set to block drivers without Microsoft's signature");
}

static void rule_signature(const struct select_case *c)
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
        select_object(c, NEVER(SELECT_UNSIGNED),
                      "its drivers are not known to be signed, and this Windows asks for it");
        break;
    }
}

static bool is_said(const struct select_case *c, const char *code)
{
    for (size_t i = 0; i < c->candidate->reasons.count; i++)
        if (strcmp(c->candidate->reasons.at[i].code, code) == 0)
            return true;
    return false;
}

static void object_by_advisory(const struct select_case *c, const struct manifest_advisory *a)
{
    struct text code = {0}, change = {0};
    text_addf(&code, "%s%s", a->rule ? "" : "advisory-", a->rule ? a->rule : a->id);
    text_addf(&change, "--accept %s", a->id);
    const struct objection o = {text_str(&code), a->overridable,
                                a->overridable == TRI_YES ? text_str(&change) : NULL};
    if (!is_said(c, text_str(&code)))
        select_object(c, &o, "%s (%s)", a->title, a->source ? a->source : a->id);
    text_release(&code);
    text_release(&change);
}

/* Those that the release names, and those whose conditions hold; not what a rule said before. */
static void rule_advisories(const struct select_case *c)
{
    const struct advisory_subject subject = {.facts = c->facts, .release = c->release};
    for (size_t i = 0; i < c->manifest->advisories.count; i++) {
        const struct manifest_advisory *a = &c->manifest->advisories.at[i];
        if (texts_have_nocase(&c->release->advisories, a->id) ||
            advisory_affects(a, &subject) != CERTAINTY_UNKNOWN)
            object_by_advisory(c, a);
    }
}

static void rule_pins(const struct select_case *c)
{
    static const struct objection o = {SELECT_NOT_PINNED, TRI_YES, "--accept " SELECT_NOT_PINNED};
    for (size_t i = 0; i < c->set->files.count; i++) {
        const struct manifest_file_pin *f = &c->set->files.at[i];
        if (!f->sha256 && !f->sha512) {
            select_object(c, &o, "no hash of '%s' is known: %s", f->name, f->no_hash_reason);
            return;
        }
    }
}

static void rule_platform_device(const struct select_case *c)
{
    for (size_t i = 0; i < c->release->drivers.count; i++) {
        const struct manifest_driver *d = &c->release->drivers.at[i];
        for (size_t j = 0; d->platform == TRI_YES && j < d->hardware_ids.count; j++)
            if (facts_device_with_id(c->facts, d->hardware_ids.at[j]))
                return;
    }
    if (c->facts->devices_reading == READING_FULL)
        select_object(
            c, UNLESS(SELECT_NO_PLATFORM_DEVICE, "xen_platform_pci=1 in the guest's configuration"),
            "no device that its bus driver binds is present: the guest needs "
            "'xen_platform_pci=1'");
    else
        select_object(c,
                      UNLESS(SELECT_NO_PLATFORM_DEVICE, "an administrator's look at the devices"),
                      "whether a device that its bus driver binds is present could not be read");
}

static bool is_compatible(const struct manifest_family *a, const char *b)
{
    return strcmp(a->id, b) == 0 || texts_have_nocase(&a->compatible_with, b);
}

/* Families that look alike (one's builds of the other's drivers) are told together. */
static void name_foreign(const struct select_case *c, size_t first, struct text *names)
{
    for (size_t i = first; i < c->installed->count; i++) {
        const struct manifest_family *f = manifest_family_by_id(c->manifest, c->installed->at[i]);
        if (is_compatible(f, c->installed->at[first]))
            text_addf(names, "%s%s", names->size ? " or " : "", f->name);
    }
}

static bool was_named(const struct select_case *c, size_t index)
{
    const struct manifest_family *f = manifest_family_by_id(c->manifest, c->installed->at[index]);
    for (size_t i = 0; i < index; i++)
        if (is_compatible(f, c->installed->at[i]))
            return true;
    return false;
}

static void rule_foreign_family(const struct select_case *c)
{
    const struct manifest_family *own = manifest_family_by_id(c->manifest, c->release->family);
    for (size_t i = 0; !c->options->replace && i < c->installed->count; i++) {
        if (is_compatible(own, c->installed->at[i]) || was_named(c, i))
            continue;
        struct text names = {0}, change = {0};
        name_foreign(c, i, &names);
        text_addf(&change, "%s " CHANGE_REMOVED_FIRST, text_str(&names));
        select_object(c, UNLESS(SELECT_FOREIGN_FAMILY, text_str(&change)),
                      "%s are installed: remove them first (xenpv remove) or give --replace",
                      text_str(&names));
        text_release(&names);
        text_release(&change);
    }
}

static void rule_files(const struct select_case *c)
{
    if (!c->options->have)
        return;
    for (size_t i = 0; i < c->set->files.count; i++) {
        const struct manifest_file_pin *pin = &c->set->files.at[i];
        if (c->options->have(c->options->context, c->release, pin))
            continue;
        struct text change = {0};
        text_addf(&change, "'%s' at hand", pin->name);
        select_object(c, UNLESS(SELECT_PACKAGE_NOT_FOUND, text_str(&change)), "'%s' was not found",
                      pin->name);
        text_release(&change);
    }
}

void select_judge(const struct select_case *c)
{
    static void (*const rules[])(const struct select_case *) = {
        rule_asked_for, rule_architecture,    rule_version,
        rule_signature, rule_platform_device, rule_advisories,
        rule_pins,      rule_foreign_family,  rule_files,
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](c);
    c->candidate->verdict = c->candidate->reasons.count ? CANDIDATE_REJECTED : CANDIDATE_ELIGIBLE;
}
