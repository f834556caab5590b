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

enum { PLATFORM_NT = 2, ANY_MINOR = -1 };

/* One element of the list; its length with the comma, or 0. */
static size_t read_version(const char *at, int *platform, int *major, int *minor)
{
    size_t size = strcspn(at, ",");
    char part[32], x;
    if (!size || size >= sizeof part)
        return size + (at[size] == ',');
    memcpy(part, at, size);
    part[size] = '\0';
    *platform = *major = *minor = 0;
    if (sscanf(part, " %d:%d.%d", platform, major, minor) != 3) {
        *minor = ANY_MINOR;
        if (sscanf(part, " %d:%d.%c", platform, major, &x) != 3 || (x != 'x' && x != 'X'))
            *platform = 0;
    }
    return size + (at[size] == ',');
}

/* What the list says of one question: does it have this version, does it have XP or later. */
struct os_list {
    bool present, here, xp_or_later;
};

static struct os_list read_os_list(const char *list, const struct target *t)
{
    struct os_list o = {.present = list && *list};
    int platform = 0, major = 0, minor = 0;
    for (size_t size; list && *list; list += size) {
        size = read_version(list, &platform, &major, &minor);
        if (!size)
            break;
        if (platform != PLATFORM_NT)
            continue;
        o.here =
            o.here || (major == (int)t->major && (minor == ANY_MINOR || minor == (int)t->minor));
        o.xp_or_later =
            o.xp_or_later || major > 5 || (major == 5 && (minor == ANY_MINOR || minor >= 1));
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
    return read_os_list(list, &j->here->target);
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
    if (!policy_catalog_is_named(j))
        return RULE_NO_CATALOG_FILE;
    if (catalog && catalog->version == 2 && !policy_at_least(f, 6, 1, 0))
        return RULE_INSTALL_CATALOG_V2;
    if (policy_uses_sha2(s) && !policy_at_least(f, 6, 2, 0) && f->integrity.sha2 != TRI_YES)
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
            return j->here->installs[i].feature_score & 0xff;
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

static bool match_ids(const struct judgement *j, const struct texts *ids, bool compatible,
                      uint32_t *best)
{
    bool found = false;
    for (size_t i = 0; i < ids->count; i++) {
        size_t index;
        const struct inf_model *m = inf_models_find(&j->here->models, ids->at[i], &index);
        if (!m)
            continue;
        uint32_t rank = feature_of(j, m) << 16 | identifier_score(compatible, i, index);
        *best = found && *best < rank ? *best : rank;
        found = true;
    }
    return found;
}

/* 0xGGTHHH of the best match with a device of this guest. */
static bool best_match(const struct judgement *j, uint32_t *best)
{
    bool found = false;
    for (size_t i = 0; i < j->facts->devices.count; i++) {
        const struct facts_device *d = &j->facts->devices.at[i];
        uint32_t rank = 0, other = 0;
        if (d->present == TRI_NO)
            continue;
        bool hardware = match_ids(j, &d->hardware_ids, false, &rank);
        bool compatible = match_ids(j, &d->compatible_ids, true, &other);
        if (!hardware || (compatible && other < rank))
            rank = other;
        if ((hardware || compatible) && (!found || rank < *best)) {
            *best = rank;
            found = true;
        }
    }
    return found;
}

/*
 * Before Vista a rank has 16 bits: 0x8000 for what is not signed, 0xc000 with an INF of Windows 9x.
 * From 7 on all signatures count the same (AllSigningEqual), which shows as a score byte of 0.
 */
static void set_rank(struct judgement *j, const struct standing *of)
{
    uint32_t match, score = score_of(j, of);
    bool vista = policy_at_least(j->facts, 6, 0, 0);
    if (vista)
        j->out->signer_score = number_of(score);
    if (!best_match(j, &match))
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
    if (i == INTEGRITY_INCOMPLETE || i == INTEGRITY_MISSING)
        return nt5 ? prompts(RULE_INCOMPLETE_NT5) : refused(RULE_INCOMPLETE);
    return unknown(RULE_NONE);
}

static struct answer predict(struct judgement *j)
{
    const struct facts *f = j->facts;
    enum integrity integrity = j->c->package->integrity;
    const struct signature *s = evidence_package_signature(j->c->evidence, j->c->package);
    struct standing of = {0};
    if (facts_windows_at_least(&f->windows, 6, 0, 0) == TRI_UNKNOWN)
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
    if (!policy_at_least(f, 6, 0, 0))
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
