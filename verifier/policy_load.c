#include "verifier/policy_inside.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/name.h"

/* Windows builds that rules name. */
enum { BUILD_1507 = 10240, BUILD_1607 = 14393, BUILD_1809 = 17763, BUILD_24H2 = 26100 };

enum { CI_TEST_SIGNING = 0x2 }; /* of facts_integrity.options */

/* 2015-07-29T00:00:00Z: certificates issued before are exempt from the rule of 1607. */
#define EXEMPT_BEFORE INT64_C(1438128000)

/* 2021-08-01T00:00:00Z: every cross-certificate but the root itself had expired. */
#define CROSS_EXPIRED INT64_C(1627776000)

static struct answer loads(enum rule rule)
{
    return (struct answer){LOAD_LOADS, rule};
}

static struct answer refused(enum rule rule)
{
    return (struct answer){LOAD_REFUSED, rule};
}

static struct answer unknown(enum rule rule)
{
    return (struct answer){LOAD_UNKNOWN, rule};
}

/* --- does this kernel ask for signatures?
 * ---------------------------------------------------------------------- */

/* 32-bit Windows asks with Secure Boot only, which came with Windows 8. */
static enum tri asks_by_architecture(const struct facts *f)
{
    if (f->windows.architecture != ARCHITECTURE_X86 || !policy_at_least(f, 6, 2, 0))
        return f->windows.architecture == ARCHITECTURE_X86 ? TRI_NO : TRI_YES;
    return f->integrity.secure_boot;
}

/* The answer when it does not ask; refused by RULE_NONE when it does. */
static struct answer without_enforcement(const struct facts *f)
{
    enum tri vista = facts_windows_at_least(&f->windows, 6, 0, 0);
    if (vista != TRI_YES)
        return vista == TRI_NO ? loads(RULE_NT5) : unknown(RULE_WINDOWS_UNKNOWN);
    if (asks_by_architecture(f) == TRI_NO)
        return loads(RULE_X86);
    /* With HVCI the hypervisor refuses what is unsigned, whatever the kernel was told. */
    if (f->integrity.disabled == TRI_YES && f->integrity.hvci != TRI_YES)
        return loads(RULE_CHECKS_OFF);
    return refused(RULE_NONE);
}

/* --- what it makes of one signature
 * ---------------------------------------------------------------------------- */

/* "the 1607 rule": with Secure Boot, in the documents; by the kernel's own word where it gives it.
 */
static struct answer by_rule_of_1607(const struct facts *f, const struct signature *s)
{
    const struct facts_integrity *i = &f->integrity;
    bool early = s->not_before && s->not_before < EXEMPT_BEFORE;
    if (!policy_at_least(f, 10, 0, BUILD_1607))
        return loads(RULE_CROSS_SIGNED);
    if (i->whql_enforced != TRI_YES) {
        if (i->secure_boot == TRI_NO)
            return loads(RULE_CROSS_SIGNED);
        if (i->upgraded == TRI_YES)
            return loads(RULE_CROSS_SIGNED_UPGRADED);
    }
    if (early)
        return loads(policy_at_least(f, 10, 0, BUILD_1809) ? RULE_CROSS_SIGNED_BEFORE_2015_1809
                                                           : RULE_CROSS_SIGNED_BEFORE_2015);
    if (i->secure_boot == TRI_UNKNOWN && i->whql_enforced != TRI_YES)
        return unknown(RULE_SECURE_BOOT_UNKNOWN);
    return refused(RULE_CROSS_SIGNED_SECURE_BOOT);
}

static struct answer cross_signed(const struct facts *f, const struct signature *s)
{
    const struct number *blocks = &f->integrity.driver_policy_blocks;
    if (!policy_at_least(f, 10, 0, BUILD_24H2))
        return by_rule_of_1607(f, s);
    return refused(blocks->known && blocks->value ? RULE_DRIVER_POLICY_BLOCKS : RULE_DRIVER_POLICY);
}

static bool is_server(const struct facts *f)
{
    return f->windows.type == PRODUCT_TYPE_SERVER ||
           f->windows.type == PRODUCT_TYPE_DOMAIN_CONTROLLER;
}

static struct answer microsoft_signed(const struct facts *f, const struct signature *s)
{
    const struct facts_integrity *i = &f->integrity;
    bool since_1607 = policy_at_least(f, 10, 0, BUILD_1607);
    if (s->root == ROOT_MS_2011 && since_1607 &&
        (i->whql_enforced == TRI_YES || i->secure_boot != TRI_NO))
        return unknown(RULE_ROOT_2011);
    if (!s->usage.attestation || s->usage.whql)
        return loads(RULE_MICROSOFT_SIGNED);
    if (!policy_at_least(f, 10, 0, 0))
        return unknown(RULE_ATTESTATION_BEFORE_10);
    return loads(is_server(f) && since_1607 ? RULE_ATTESTATION_SERVER : RULE_MICROSOFT_SIGNED);
}

/* No root that the kernel knows. What the kernel says of this boot goes before what must be so. */
static struct answer by_test_signing(const struct facts *f)
{
    const struct facts_integrity *i = &f->integrity;
    bool said = i->options.known && i->options.value & CI_TEST_SIGNING;
    if (i->test_signing == TRI_NO)
        return refused(RULE_ROOT_NOT_TRUSTED);
    if (i->secure_boot == TRI_YES && !said)
        return refused(RULE_TEST_SIGNING_SECURE_BOOT);
    return i->test_signing == TRI_YES ? loads(RULE_TEST_SIGNING)
                                      : unknown(RULE_TEST_SIGNING_UNKNOWN);
}

static struct answer by_known_root(const struct facts *f, const struct signature *s)
{
    switch (s->root) {
    case ROOT_MS_1997:
    case ROOT_MS_2001:
    case ROOT_MS_2010:
    case ROOT_MS_2011: return microsoft_signed(f, s);
    case ROOT_CODE_VERIFICATION: return cross_signed(f, s);
    case ROOT_MS_TEST:
    case ROOT_PUBLIC:
    case ROOT_SELF:
    case ROOT_UNKNOWN: break;
    }
    return by_test_signing(f);
}

/* Test signing accepts any certificate, and so those too that would not do otherwise. */
static struct answer by_root(const struct facts *f, const struct signature *s)
{
    struct answer a = by_known_root(f, s), test = by_test_signing(f);
    return a.verdict != LOAD_LOADS && test.verdict == LOAD_LOADS ? test : a;
}

/* What is made with SHA-2, on a Windows that may not know it; RULE_NONE where it does. */
static struct answer without_sha2(const struct facts *f)
{
    switch (policy_knows_sha2(f)) {
    case TRI_YES: break;
    case TRI_NO: return refused(RULE_SHA2);
    case TRI_UNKNOWN: return unknown(RULE_SHA2_UNKNOWN);
    }
    return loads(RULE_NONE);
}

static struct answer by_signature(const struct facts *f, const struct signature *s)
{
    struct answer sha2 = without_sha2(f);
    if (s->integrity != SIGNATURE_INTACT)
        return s->integrity == SIGNATURE_ALTERED ? refused(RULE_ALTERED)
                                                 : unknown(RULE_UNREADABLE_DRIVER);
    if (policy_chain_uses_sha2(s) && sha2.rule != RULE_NONE)
        return sha2;
    struct answer a = by_root(f, s);
    return a.verdict == LOAD_LOADS && s->validity == VALIDITY_OUTSIDE
               ? unknown(RULE_OUTSIDE_VALIDITY)
               : a;
}

/* --- what it makes of one driver
 * ------------------------------------------------------------------------------- */

/* The best answer so far, and the signature that gave it. */
struct best {
    struct answer answer;
    const struct signature *by;
};

/* What loads, what may load, what does not: only the order counts. */
static int worth(int verdict)
{
    static const int of[] = {[LOAD_UNKNOWN] = 1, [LOAD_REFUSED] = 0, [LOAD_LOADS] = 2};
    return of[verdict];
}

static void take_better(struct best *best, struct answer other, const struct signature *by)
{
    if (best->answer.rule == RULE_UNSIGNED || worth(other.verdict) > worth(best->answer.verdict))
        *best = (struct best){other, by};
}

static struct best by_own(const struct judgement *j, const struct evidence_file *file)
{
    const struct authenticode *own = &j->c->evidence->entries[file->entry].signatures;
    struct best best = {refused(RULE_UNSIGNED), NULL};
    for (size_t i = 0; i < own->count; i++)
        take_better(&best, by_signature(j->facts, &own->signatures[i]), &own->signatures[i]);
    return best;
}

/* The hashes in a catalog of version 2 are SHA-256, whatever it is signed with. */
static struct answer by_catalog(const struct judgement *j, const struct signature *s)
{
    const struct cat *catalog = policy_catalog(j);
    struct answer a = by_signature(j->facts, s), sha2 = without_sha2(j->facts);
    if (a.verdict != LOAD_LOADS || !catalog || catalog->version != 2)
        return a;
    if (!policy_at_least(j->facts, 6, 1, 0))
        return refused(RULE_CATALOG_V2);
    return sha2.rule != RULE_NONE ? sha2 : a;
}

static void add_catalog(const struct judgement *j, const struct evidence_file *file,
                        struct best *best)
{
    const struct signature *listed =
        file->member == TRI_YES ? evidence_package_signature(j->c->evidence, j->c->package) : NULL;
    if (listed)
        take_better(best, by_catalog(j, listed), listed);
}

/* Before Windows 10 the boot loader looks at the file's own signature only, as one document has it.
 */
static struct answer at_boot(const struct facts *f, struct answer own, struct answer all)
{
    if (all.verdict != LOAD_LOADS || own.verdict == LOAD_LOADS || policy_at_least(f, 10, 0, 0))
        return all;
    return unknown(RULE_BOOT_START_EMBEDDED);
}

/* Both a SHA-1 and a SHA-256 signature of a third party. */
static bool is_dual_signed(const struct authenticode *own)
{
    bool sha1 = false, sha2 = false;
    for (size_t i = 0; i < own->count; i++) {
        bool is_sha2 = policy_uses_sha2(&own->signatures[i]);
        sha2 = sha2 || is_sha2;
        sha1 = sha1 || !is_sha2;
    }
    return sha1 && sha2 && !policy_is_microsoft(&own->signatures[0]);
}

static void note_what_else(struct judgement *j, const struct evidence_file *file,
                           const struct signature *by)
{
    const struct authenticode *own = &j->c->evidence->entries[file->entry].signatures;
    const struct number *build = &j->facts->windows.build;
    if (by && by->root == ROOT_CODE_VERIFICATION && by->timestamp.integrity == SIGNATURE_INTACT &&
        by->timestamp.time >= CROSS_EXPIRED)
        policy_note(j, RULE_CROSS_SIGNED_LATE, file->name, NULL);
    if (by && by->validity == VALIDITY_UNTIL_EXPIRY && by->not_after) {
        char day[AUTHENTICODE_TIME_TEXT];
        authenticode_time_text(by->not_after, day);
        policy_note(j, RULE_UNTIL_EXPIRY, file->name,
                    policy_sentence("%s (%.10s)", policy_table[RULE_UNTIL_EXPIRY].sentence, day));
    }
    if (build->known && build->value == BUILD_1507 && is_dual_signed(own))
        policy_note(j, RULE_DUAL_SIGNED_1507, file->name, NULL);
}

/* Where the architecture and not the signature decides, Secure Boot has to be known. */
static struct answer unless_secure_boot_unknown(const struct facts *f, struct answer a)
{
    return a.verdict == LOAD_REFUSED && asks_by_architecture(f) == TRI_UNKNOWN
               ? unknown(RULE_X86_SECURE_BOOT_UNKNOWN)
               : a;
}

static struct answer by_signatures(struct judgement *j, const struct evidence_file *file, bool boot)
{
    struct best own = by_own(j, file), all = own;
    add_catalog(j, file, &all);
    struct answer a = boot ? at_boot(j->facts, own.answer, all.answer) : all.answer;
    if (a.verdict == LOAD_LOADS)
        note_what_else(j, file, all.by);
    if (a.rule == RULE_CROSS_SIGNED_SECURE_BOOT && boot)
        policy_note(j, RULE_BOOT_START_REMOVED, file->name, NULL);
    return unless_secure_boot_unknown(j->facts, a);
}

static struct answer predict_driver(struct judgement *j, const struct evidence_file *file,
                                    bool boot)
{
    struct answer free_ = without_enforcement(j->facts);
    if (file->integrity == INTEGRITY_UNREADABLE)
        return unknown(RULE_UNREADABLE_DRIVER);
    if (free_.rule == RULE_NONE)
        return by_signatures(j, file, boot);
    if (free_.rule != RULE_X86 || !boot)
        return free_;
    struct best own = by_own(j, file);
    return own.answer.verdict == LOAD_LOADS ? free_ : loads(RULE_X86_BOOT_START);
}

/* --- all of them
 * -----------------------------------------------------------------------------------------------
 */

static bool starts_at_boot(const struct inf_install *install, const char *file)
{
    for (size_t i = 0; i < install->service_count; i++) {
        const struct inf_service *s = &install->services[i];
        struct text path = {0};
        bool same = !s->remove && s->start == INF_START_BOOT &&
                    name_clean(s->binary_path, &path) == NAME_SAFE &&
                    name_compare(name_base(text_str(&path)), file) == 0;
        text_release(&path);
        if (same)
            return true;
    }
    return false;
}

/* Services name the file as it is called at its destination. */
static bool is_boot_start(const struct judgement *j, const struct evidence_file *file)
{
    const struct inf_file *copy = policy_copy(j, file);
    for (size_t i = 0; i < j->here->count; i++)
        if (starts_at_boot(&j->here->installs[i], copy ? copy->name : name_base(file->name)))
            return true;
    return false;
}

static void add_driver(struct judgement *j, const struct evidence_file *file)
{
    bool boot = is_boot_start(j, file);
    struct answer a = predict_driver(j, file, boot);
    const struct policy_rule *rule = &policy_table[a.rule];
    struct driver_prediction *d = shape_list_add(&j->out->drivers, sizeof *d);
    *d = (struct driver_prediction){
        .file = mem_strdup(file->name),
        .boot_start = boot,
        .load = (enum load_verdict)a.verdict,
        .rule = rule->id,
        .why = mem_strdup(rule->sentence),
        .basis = rule,
    };
}

/* Worse, or as bad and less sure. */
static bool is_worse(const struct driver_prediction *a, const struct driver_prediction *b)
{
    int more = worth((int)a->load) - worth((int)b->load);
    return more < 0 || (more == 0 && a->basis->confidence < b->basis->confidence);
}

/* Of a Windows that is not known nobody can say what the INF copies there. */
static bool is_driver_here(const struct judgement *j, const struct evidence_file *file)
{
    bool known =
        j->facts->windows.major.known && j->facts->windows.architecture != ARCHITECTURE_UNKNOWN;
    return file->entry != SIZE_MAX && j->c->evidence->entries[file->entry].is_kernel &&
           (!known || policy_copy(j, file));
}

void policy_load(struct judgement *j)
{
    const struct evidence_package *p = j->c->package;
    struct prediction *out = j->out;
    const struct driver_prediction *worst = NULL;
    for (size_t i = 0; i < p->files.count; i++) {
        const struct evidence_file *file = &p->files.at[i];
        if (is_driver_here(j, file))
            add_driver(j, file);
    }
    for (size_t i = 0; i < out->drivers.count; i++)
        if (!worst || is_worse(&out->drivers.at[i], worst))
            worst = &out->drivers.at[i];
    out->load = worst ? worst->load : LOAD_UNKNOWN;
    out->load_basis = worst ? worst->basis : &policy_table[RULE_NO_DRIVER];
    out->load_why = mem_strdup(out->load_basis->sentence);
}
