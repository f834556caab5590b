#include "verifier/policy_inside.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static struct answer silent(enum rule rule)
{
    return (struct answer){INSTALL_SILENT, rule};
}

static struct answer prompts(enum rule rule)
{
    return (struct answer){INSTALL_PROMPTS, rule};
}

static struct answer refused(enum rule rule)
{
    return (struct answer){INSTALL_REFUSED, rule};
}

static struct answer unknown(enum rule rule)
{
    return (struct answer){INSTALL_UNKNOWN, rule};
}

/* --- what the catalog says of Windows versions: "2:5.1,2:5.2,2:6.x"
 * --------------------------------------------- */

/* "2:5.1"; "2:5.x" is any minor version. */
struct os_version {
    unsigned major, minor;
    bool any_minor;
};

/* The element of the list that begins here; false where it is no version of NT. */
static bool read_version(const char *at, struct os_version *out)
{
    enum { PLATFORM_NT = 2 };
    unsigned platform;
    char part[32], x;
    snprintf(part, sizeof part, "%.31s", at); /* no version is longer */
    out->any_minor = sscanf(part, " %4u:%4u.%4u", &platform, &out->major, &out->minor) != 3;
    if (out->any_minor &&
        (sscanf(part, " %4u:%4u.%c", &platform, &out->major, &x) != 3 || (x != 'x' && x != 'X')))
        return false;
    return platform == PLATFORM_NT;
}

/* What the list says of one question: does it have this version, does it have XP or later. */
struct os_list {
    bool present, here, xp_or_later;
};

static struct os_list read_os_list(const char *list, const struct target *t)
{
    struct os_list o = {.present = *list};
    for (size_t size; *list; list += size + (list[size] == ',')) {
        struct os_version v;
        size = strcspn(list, ",");
        if (!read_version(list, &v))
            continue;
        if (v.major == t->major && (v.any_minor || v.minor == t->minor))
            o.here = true;
        if (v.major > 5 || (v.major == 5 && (v.any_minor || v.minor >= 1)))
            o.xp_or_later = true;
    }
    return o;
}

/* The INF's own entry in the catalog tells, else the catalog as a whole. */
static struct os_list os_list_of(const struct judgement *j)
{
    const struct evidence_package *p = j->c->package;
    const char *list = p->files.count ? p->files.at[0].os_attr : NULL;
    if (!list && policy_catalog(j))
        list = cat_extension(policy_catalog(j), "OSAttr");
    return read_os_list(list ? list : "", &j->here->target);
}

/* --- who signed
 * ------------------------------------------------------------------------------------------------
 */

/* What counts of the package's signature when it is installed; s is NULL where there is none that
 * counts. */
struct standing {
    const struct signature *s;
    bool by_microsoft; /* and so ranked */
};

static bool has_thumbprint(const struct texts *list, const struct signature *s)
{
    struct text hex = {0};
    text_add_hex(&hex, span_of(s->thumbprint, sizeof s->thumbprint));
    bool found = texts_have_nocase(list, text_str(&hex));
    text_release(&hex);
    return found;
}

/* Windows 7 looks up publishers with SHA-256 certificates only since KB2921916; 8 and later do
 * anyway. */
static struct answer by_publisher(const struct facts *f, const struct signature *s)
{
    const struct facts_integrity *i = &f->integrity;
    if (has_thumbprint(&i->distrusted_publishers, s))
        return refused(RULE_DISTRUSTED);
    if (!has_thumbprint(&i->trusted_publishers, s))
        return prompts(RULE_PUBLISHER);
    if (has_thumbprint(&i->publishers_without_root, s))
        return prompts(RULE_PUBLISHER_ROOT);
    if (!policy_at_least(f, 6, 2, 0) && policy_chain_uses_sha2(s))
        return unknown(RULE_KB2921916);
    return silent(RULE_TRUSTED_PUBLISHER);
}

/* 2000, XP and 2003: the driver signing policy; its default is to warn. */
static struct answer by_signing_policy(const struct facts *f)
{
    enum { IGNORE = 0, WARN = 1, BLOCK = 2 };
    const struct number *policy = &f->integrity.signing_policy;
    if (!policy->known || policy->value > BLOCK)
        return unknown(RULE_SIGNING_POLICY_UNKNOWN);
    return policy->value == IGNORE ? silent(RULE_SIGNING_POLICY_IGNORE)
           : policy->value == WARN ? prompts(RULE_SIGNING_POLICY_WARN)
                                   : refused(RULE_SIGNING_POLICY_BLOCK);
}

static struct answer on_nt5(const struct facts *f, const struct standing *of)
{
    if (of->by_microsoft)
        return silent(RULE_NT5_WHQL);
    if (of->s && policy_at_least(f, 5, 1, 0)) {
        struct answer a = by_publisher(f, of->s);
        if (a.rule == RULE_TRUSTED_PUBLISHER)
            return silent(policy_at_least(f, 5, 2, 0) ? RULE_NT5_TRUSTED_PUBLISHER
                                                      : RULE_XP_TRUSTED_PUBLISHER);
        if (a.rule == RULE_DISTRUSTED)
            return a;
    }
    return by_signing_policy(f);
}

static bool is_pc(const struct facts *f)
{
    return f->windows.architecture == ARCHITECTURE_X86 ||
           f->windows.architecture == ARCHITECTURE_X64;
}

/* From 8 on the 64-bit ones take no package whose signature does not count. */
static struct answer without_signature(const struct facts *f, enum rule why)
{
    bool strict = policy_at_least(f, 6, 2, 0) && f->windows.architecture != ARCHITECTURE_X86;
    if (why != RULE_NONE)
        return strict ? refused(why) : prompts(why);
    return strict ? refused(RULE_UNSIGNED_REFUSED) : prompts(RULE_UNSIGNED_PROMPTS);
}

static struct answer on_vista_and_later(const struct facts *f, const struct standing *of,
                                        bool old_logo)
{
    if (of->by_microsoft)
        return silent(RULE_INSTALL_MICROSOFT);
    if (!is_pc(f))
        return refused(RULE_OTHER_ARCHITECTURE_WHQL);
    struct answer a = by_publisher(f, of->s);
    return old_logo && a.rule == RULE_PUBLISHER ? prompts(RULE_OLD_LOGO) : a;
}

/* Why a whole and intact signature does not count on this Windows; RULE_NONE when it does. */
static enum rule discounted(const struct judgement *j, const struct signature *s)
{
    const struct facts *f = j->facts;
    const struct cat *catalog = policy_catalog(j);
    bool of_version_2 = catalog && catalog->version == 2; /* whose hashes are SHA-256 */
    if (!policy_catalog_is_named(j))
        return RULE_NO_CATALOG_FILE;
    if (of_version_2 && !policy_at_least(f, 6, 1, 0))
        return RULE_INSTALL_CATALOG_V2;
    if ((of_version_2 || policy_uses_sha2(s)) && policy_knows_sha2(f) != TRI_YES)
        return RULE_INSTALL_SHA2;
    return RULE_NONE;
}

/* --- rank
 * ------------------------------------------------------------------------------------------------------
 */

static bool is_old_inf(const struct judgement *j)
{
    if (j->c->package->inf.version.signature == INF_SIGNATURE_WINDOWS_NT)
        return false;
    for (size_t i = 0; i < j->here->count; i++) {
        const char *dot = strrchr(j->here->installs[i].section, '.');
        if (dot && text_starts_nocase(dot, ".nt"))
            return false;
    }
    return true;
}

static uint32_t score_of(const struct judgement *j, const struct standing *of)
{
    if (of->by_microsoft)
        return SCORE_WHQL;
    if (of->s)
        return SCORE_AUTHENTICODE;
    return is_old_inf(j) ? SCORE_W9X_SUSPECT : SCORE_UNSIGNED;
}

/* 0xGG of the section that installs this model. */
static uint32_t feature_of(const struct judgement *j, const struct inf_model *m)
{
    size_t size = strlen(m->install);
    for (size_t i = 0; i < j->here->count; i++) {
        const char *section = j->here->installs[i].section;
        if (text_starts_nocase(section, m->install) &&
            (!section[size] || text_starts_nocase(section + size, ".nt")))
            return j->here->installs[i].feature_score;
    }
    return 0xff;
}

/* 0xTHHH of one id of the device (position in its list) with the id at index of a model; the lower,
 * the better. */
static uint32_t identifier_score(bool compatible, size_t position, size_t index)
{
    uint32_t kind = (compatible ? 2u : 0u) + (index ? 1u : 0u);
    return kind << 12 | (uint32_t)(position < 0xfff ? position : 0xfff);
}

#define NO_MATCH UINT32_MAX

static uint32_t lower(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t match_ids(const struct judgement *j, const struct texts *ids, bool compatible)
{
    uint32_t best = NO_MATCH;
    for (size_t i = 0; i < ids->count; i++) {
        size_t index;
        const struct inf_model *m = inf_models_find(&j->here->models, ids->at[i], &index);
        if (m)
            best = lower(best, feature_of(j, m) << 16 | identifier_score(compatible, i, index));
    }
    return best;
}

/* 0xGGTHHH of the best match with a device of this guest, or NO_MATCH. */
static uint32_t best_match(const struct judgement *j)
{
    uint32_t best = NO_MATCH;
    for (size_t i = 0; i < j->facts->devices.count; i++) {
        const struct facts_device *d = &j->facts->devices.at[i];
        if (d->present == TRI_NO)
            continue;
        best = lower(best, match_ids(j, &d->hardware_ids, false));
        best = lower(best, match_ids(j, &d->compatible_ids, true));
    }
    return best;
}

/*
 * Before Vista a rank has 16 bits: 0x8000 for what is not signed, 0xc000 with an INF of Windows 9x.
 * From 7 on all signatures count the same (AllSigningEqual), which shows as a score byte of 0.
 */
static void set_rank(struct judgement *j, const struct standing *of)
{
    uint32_t match = best_match(j), score = score_of(j, of);
    bool vista = policy_at_least(j->facts, 6, 0, 0);
    if (vista)
        j->out->signer_score = number_of(score);
    if (match == NO_MATCH)
        return;
    if (!vista) {
        uint32_t unsigned_ = score == SCORE_W9X_SUSPECT ? 0xc000u : of->s ? 0u : 0x8000u;
        j->out->rank = number_of((match & 0x3fffu) | unsigned_);
        return;
    }
    uint32_t byte = score >> 24;
    if (policy_at_least(j->facts, 6, 1, 0) && !(byte & SCORE_SIGNED_MASK))
        byte = 0;
    j->out->rank = number_of(byte << 24 | match);
}

/* --- the answer
 * ------------------------------------------------------------------------------------------------
 */

static struct answer by_integrity(const struct facts *f, enum integrity i)
{
    bool nt5 = !policy_at_least(f, 6, 0, 0);
    if (i == INTEGRITY_UNREADABLE)
        return unknown(RULE_UNREADABLE_PACKAGE);
    if (i == INTEGRITY_INCOMPLETE)
        return nt5 ? prompts(RULE_INCOMPLETE_NT5) : refused(RULE_INCOMPLETE);
    return unknown(RULE_NONE);
}

static struct answer predict(struct judgement *j)
{
    const struct facts *f = j->facts;
    enum integrity integrity = j->c->package->integrity;
    const struct signature *s = evidence_package_signature(j->c->evidence, j->c->package);
    struct standing of = {0};
    enum tri vista = facts_windows_at_least(&f->windows, 6, 0, 0);
    if (vista == TRI_UNKNOWN)
        return unknown(RULE_INSTALL_WINDOWS_UNKNOWN);
    struct answer a = by_integrity(f, integrity);
    if (a.rule != RULE_NONE)
        return a;
    bool good = integrity == INTEGRITY_INTACT && s && s->integrity == SIGNATURE_INTACT;
    enum rule why = good ? discounted(j, s) : RULE_NONE;
    struct os_list os = os_list_of(j);
    bool old_logo = good && policy_is_microsoft(s) && os.present && !os.xp_or_later;
    if (good && why == RULE_NONE)
        of = (struct standing){.s = s, .by_microsoft = policy_is_microsoft(s) && !old_logo};
    set_rank(j, &of);
    if (of.s && os.present && !os.here)
        policy_note(j, RULE_OS_ATTRIBUTE, NULL, NULL);
    if (vista == TRI_NO)
        return on_nt5(f, &of);
    return of.s ? on_vista_and_later(f, &of, old_logo) : without_signature(f, why);
}

void policy_install(struct judgement *j)
{
    struct answer a = predict(j);
    j->out->install = (enum install_verdict)a.verdict;
    j->out->install_basis = &policy_table[a.rule];
    j->out->install_why = mem_strdup(j->out->install_basis->sentence);
}
