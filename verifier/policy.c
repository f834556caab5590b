#include "verifier/policy.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/name.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WHY_MAX = 400 };

/* Windows builds that rules name. */
enum { BUILD_1607 = 14393, BUILD_24H2 = 26100 };

/* 2015-07-29T00:00:00Z: certificates issued before are exempt from the rule of 1607. */
#define EXEMPT_BEFORE INT64_C(1438128000)

const char *load_verdict_name(enum load_verdict v)
{
    return v == LOAD_LOADS ? "loads" : v == LOAD_REFUSED ? "refused" : "unknown";
}

const char *install_verdict_name(enum install_verdict v)
{
    static const char *const names[] = {"unknown", "refused", "prompts", "silent"};
    return names[v];
}

const char *fit_verdict_name(enum fit_verdict v)
{
    static const char *const names[] = {"unknown", "no", "warn", "yes"};
    return names[v];
}

static char *sentence(const char *format, ...) ERR_PRINTF(1, 2);

static char *sentence(const char *format, ...)
{
    char text[WHY_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return mem_strdup(text);
}

struct target policy_target(const struct facts_windows *w)
{
    static const enum target_arch arches[] = {TARGET_ARCH_UNKNOWN, TARGET_X86, TARGET_AMD64, TARGET_ARM64, TARGET_IA64};
    return (struct target){
        .major = (uint32_t)w->major.value,
        .minor = (uint32_t)w->minor.value,
        .build = (uint32_t)w->build.value,
        .service_pack = (uint32_t)w->service_pack.value,
        .product = (enum target_product)w->type,
        .suite = (uint32_t)w->suite.value,
        .arch = arches[w->architecture],
    };
}

static bool at_least(const struct facts *f, unsigned major, unsigned minor, unsigned build)
{
    return facts_windows_at_least(&f->windows, major, minor, build) == TRI_YES;
}

/* --- would the kernel load it? --------------------------------------------------------------------------------- */

/* One answer with its rule; the text is a constant. */
struct answer {
    enum load_verdict load;
    const char *rule, *why;
};

static struct answer loads(const char *rule, const char *why)
{
    return (struct answer){LOAD_LOADS, rule, why};
}

static struct answer refused(const char *rule, const char *why)
{
    return (struct answer){LOAD_REFUSED, rule, why};
}

static struct answer unknown(const char *rule, const char *why)
{
    return (struct answer){LOAD_UNKNOWN, rule, why};
}

/* A kernel that does not ask for signatures; load is LOAD_REFUSED when it does ask. */
static struct answer without_enforcement(const struct facts *f)
{
    if (facts_windows_at_least(&f->windows, 6, 0, 0) == TRI_UNKNOWN)
        return unknown("windows-unknown", "the version of this Windows is not known");
    if (!at_least(f, 6, 0, 0))
        return loads("nt5", "Windows before Vista loads drivers whatever their signature");
    if (f->windows.architecture == ARCHITECTURE_X86
        && (!at_least(f, 10, 0, BUILD_1607) || f->integrity.secure_boot == TRI_NO))
        return loads("x86", "32-bit Windows without Secure Boot loads drivers whatever their signature");
    if (f->integrity.disabled == TRI_YES)
        return loads("checks-off", "integrity checks are off in this boot, and only in this one");
    return refused("enforced", "this Windows asks for a signature");
}

static bool uses_sha2(const struct signature *s)
{
    return s->digest != DIGEST_SHA1 && s->digest != DIGEST_MD5;
}

static struct answer cross_signed(const struct facts *f, const struct signature *s)
{
    const struct facts_integrity *i = &f->integrity;
    if (at_least(f, 10, 0, BUILD_24H2))
        return refused("driver-policy-2026", "the Windows Driver Policy of April 2026 does not trust cross-signed drivers");
    if (!at_least(f, 10, 0, BUILD_1607) || (i->secure_boot == TRI_NO && i->whql_enforced != TRI_YES))
        return loads("cross-signed", "it chains to the Microsoft Code Verification Root");
    if (i->upgraded == TRI_YES)
        return loads("cross-signed-upgraded", "cross-signed drivers still load on a Windows upgraded from before 1607");
    if (s->not_before && s->not_before < EXEMPT_BEFORE)
        return loads("cross-signed-before-2015-07-29", "its certificate was issued before 2015-07-29");
    if (i->secure_boot == TRI_UNKNOWN && i->whql_enforced == TRI_UNKNOWN)
        return unknown("secure-boot-unknown", "it is cross-signed, and whether Secure Boot is on is not known");
    return refused("cross-signed-secure-boot", "with Secure Boot, Windows 10 1607 and later load Microsoft-signed drivers only");
}

static struct answer by_root(const struct facts *f, const struct signature *s)
{
    switch (s->root) {
    case ROOT_MS_1997: case ROOT_MS_2001: case ROOT_MS_2010: case ROOT_MS_2011:
        if (s->usage.attestation && !at_least(f, 10, 0, 0))
            return unknown("attestation-before-10", "it is attestation-signed, which the documents promise for Windows 10 only");
        return loads("microsoft-signed", "it is signed by Microsoft");
    case ROOT_CODE_VERIFICATION: return cross_signed(f, s);
    case ROOT_MS_TEST: case ROOT_PUBLIC: case ROOT_SELF: case ROOT_UNKNOWN: break;
    }
    if (f->integrity.test_signing == TRI_YES)
        return loads("test-signing", "test signing is on, which accepts any certificate");
    if (f->integrity.test_signing == TRI_UNKNOWN)
        return unknown("test-signing-unknown", "no root that the kernel knows, and whether test signing is on is not known");
    return refused("root-not-trusted", "its chain ends in no root that the kernel knows");
}

static struct answer by_signature(const struct facts *f, const struct signature *s)
{
    if (s->integrity != SIGNATURE_INTACT)
        return refused("altered", "its signature does not match its bytes");
    if (uses_sha2(s) && !at_least(f, 6, 2, 0) && f->integrity.sha2 != TRI_YES)
        return f->integrity.sha2 == TRI_NO
                   ? refused("sha2", "it is signed with SHA-256, which this Windows cannot check without an update")
                   : unknown("sha2-unknown", "it is signed with SHA-256, and whether this Windows can check that is not known");
    return by_root(f, s);
}

static void take_better(struct answer *best, struct answer other)
{
    static const int worth[] = {[LOAD_UNKNOWN] = 1, [LOAD_REFUSED] = 0, [LOAD_LOADS] = 2};
    if (worth[other.load] > worth[best->load])
        *best = other;
}

/* The kernel takes the best of the file's own signatures and of the catalog's that lists it. */
static struct answer by_signatures(const struct evidence *ev, const struct evidence_package *p,
                                   const struct evidence_file *file, const struct facts *f)
{
    const struct authenticode *own = &ev->entries[file->entry].signatures;
    const struct signature *listed = file->member == TRI_YES ? evidence_package_signature(ev, p) : NULL;
    struct answer best = refused("unsigned", "it has no signature, and no signed catalog lists it");
    if (own->count || listed)
        best = by_signature(f, own->count ? &own->signatures[0] : listed);
    for (size_t i = 0; i < own->count; i++)
        take_better(&best, by_signature(f, &own->signatures[i]));
    if (listed)
        take_better(&best, by_signature(f, listed));
    return best;
}

/* Before Windows 10 the boot loader looks at the file's own signature only, on 64-bit Windows. */
static struct answer boot_start(const struct evidence *ev, const struct evidence_file *file, const struct facts *f,
                                struct answer so_far)
{
    if (so_far.load != LOAD_LOADS || at_least(f, 10, 0, 0) || ev->entries[file->entry].signatures.count)
        return so_far;
    return unknown("boot-start-embedded",
                   "it starts at boot and has no signature of its own, which Windows before 10 is documented to ask for");
}

static struct answer predict_driver(const struct evidence *ev, const struct evidence_package *p,
                                    const struct evidence_file *file, const struct facts *f)
{
    struct answer free_ = without_enforcement(f);
    if (file->integrity == INTEGRITY_UNREADABLE || file->entry == SIZE_MAX)
        return unknown("unreadable", "it could not be looked at");
    if (free_.load != LOAD_REFUSED)
        return free_;
    return by_signatures(ev, p, file, f);
}

/* --- what of the package matters here -------------------------------------------------------------------------- */

/* All that the INF does on this target, over its models. */
struct plan_of_inf {
    struct inf_models models;
    struct inf_install *installs;
    size_t count;
};

static void ask_inf(const struct inf *inf, const struct target *t, struct plan_of_inf *out)
{
    inf_models(inf, t, &out->models);
    out->installs = mem_zero(out->models.count, sizeof *out->installs);
    for (size_t i = 0; i < out->models.count; i++)
        if (inf_install(inf, t, out->models.at[i].install, &out->installs[out->count]))
            out->count++;
}

static void plan_of_inf_release(struct plan_of_inf *p)
{
    for (size_t i = 0; i < p->count; i++)
        inf_install_release(&p->installs[i]);
    mem_free(p->installs);
    inf_models_release(&p->models);
}

static bool starts_at_boot(const struct plan_of_inf *p, const char *file)
{
    for (size_t i = 0; i < p->count; i++)
        for (size_t j = 0; j < p->installs[i].service_count; j++) {
            const struct inf_service *s = &p->installs[i].services[j];
            if (!s->remove && s->start == INF_START_BOOT && text_equal_nocase(name_base(s->binary_path), name_base(file)))
                return true;
        }
    return false;
}

static void add_driver(struct prediction *out, const struct evidence_file *file, bool boot, struct answer a)
{
    struct driver_prediction *d = shape_list_add(&out->drivers, sizeof *d);
    *d = (struct driver_prediction){
        .file = mem_strdup(file->name), .boot_start = boot, .load = a.load, .rule = a.rule, .why = mem_strdup(a.why)};
}

static void predict_load(const struct evidence *ev, const struct evidence_package *p, const struct facts *f,
                         const struct plan_of_inf *here, struct prediction *out)
{
    static const int badness[] = {[LOAD_LOADS] = 0, [LOAD_UNKNOWN] = 1, [LOAD_REFUSED] = 2};
    const struct driver_prediction *worst = NULL;
    for (size_t i = 0; i < p->files.count; i++) {
        const struct evidence_file *file = &p->files.at[i];
        if (file->entry == SIZE_MAX || !ev->entries[file->entry].is_kernel)
            continue;
        struct answer a = predict_driver(ev, p, file, f);
        bool boot = starts_at_boot(here, file->name);
        if (boot && without_enforcement(f).load == LOAD_REFUSED)
            a = boot_start(ev, file, f, a);
        add_driver(out, file, boot, a);
    }
    for (size_t i = 0; i < out->drivers.count; i++)
        if (!worst || badness[out->drivers.at[i].load] > badness[worst->load])
            worst = &out->drivers.at[i];
    out->load = worst ? worst->load : LOAD_UNKNOWN;
    out->load_rule = worst ? worst->rule : "no-driver";
    out->load_why = worst ? sentence("%s", worst->why) : sentence("the package holds no kernel driver for this Windows");
}

/* --- would Plug and Play take it? ------------------------------------------------------------------------------ */

static void set_install(struct prediction *out, enum install_verdict v, const char *rule, const char *why)
{
    out->install = v;
    out->install_rule = rule;
    out->install_why = mem_strdup(why);
}

static bool is_microsoft(const struct signature *s)
{
    return s->root == ROOT_MS_1997 || s->root == ROOT_MS_2001 || s->root == ROOT_MS_2010 || s->root == ROOT_MS_2011;
}

/* 2000, XP and 2003: the driver signing policy; its default is to warn. */
static void predict_install_nt5(const struct facts *f, bool whql, struct prediction *out)
{
    enum { IGNORE = 0, BLOCK = 2 };
    const struct number *policy = &f->integrity.signing_policy;
    if (whql)
        set_install(out, INSTALL_SILENT, "whql", "it is signed by Microsoft");
    else if (!policy->known)
        set_install(out, INSTALL_UNKNOWN, "signing-policy-unknown", "the driver signing policy of this Windows is not known");
    else if (policy->value == IGNORE)
        set_install(out, INSTALL_SILENT, "signing-policy-ignore", "the driver signing policy is to ignore");
    else if (policy->value == BLOCK)
        set_install(out, INSTALL_REFUSED, "signing-policy-block", "the driver signing policy is to block");
    else
        set_install(out, INSTALL_PROMPTS, "signing-policy-warn", "the driver signing policy is to warn");
}

static void predict_install(const struct evidence *ev, const struct evidence_package *p, const struct facts *f,
                            struct prediction *out)
{
    const struct signature *s = evidence_package_signature(ev, p);
    bool good = p->integrity == INTEGRITY_INTACT && s && s->integrity == SIGNATURE_INTACT;
    bool strict = at_least(f, 6, 2, 0) && f->windows.architecture == ARCHITECTURE_X64;
    if (p->integrity == INTEGRITY_UNREADABLE)
        set_install(out, INSTALL_UNKNOWN, "unreadable", "the package could not be looked at");
    else if (p->integrity == INTEGRITY_INCOMPLETE)
        set_install(out, INSTALL_REFUSED, "incomplete", "a file that the INF copies is missing");
    else if (!at_least(f, 6, 0, 0))
        predict_install_nt5(f, good && is_microsoft(s), out);
    else if (!good && strict)
        set_install(out, INSTALL_REFUSED, "altered-or-unsigned", "64-bit Windows from 8 on takes signed packages only");
    else if (!good)
        set_install(out, INSTALL_PROMPTS, "altered-or-unsigned", "Windows warns of a package that is altered or unsigned");
    else if (uses_sha2(s) && !at_least(f, 6, 2, 0) && f->integrity.sha2 != TRI_YES)
        set_install(out, INSTALL_PROMPTS, "sha2", "this Windows is not known to understand SHA-256 catalogs");
    else if (is_microsoft(s))
        set_install(out, INSTALL_SILENT, "microsoft-signed", "it is signed by Microsoft");
    else
        set_install(out, INSTALL_PROMPTS, "publisher", "Windows asks unless the publisher's certificate is trusted");
}

/* --- is it fit? ------------------------------------------------------------------------------------------------ */

static void set_fit(struct prediction *out, enum fit_verdict v, const char *rule, char *why)
{
    out->fit = v;
    out->fit_rule = rule;
    out->fit_why = why;
}

static uint16_t machine_of(enum architecture a)
{
    static const uint16_t machines[] = {0, 0x014c, 0x8664, 0xaa64, 0x0200};
    return machines[a];
}

/* A driver that the loader would not take: other processor, or linked for a later Windows (9.x on 7: failures 8). */
static const char *unfit_driver(const struct evidence_entry *x, const struct facts *f)
{
    if (machine_of(f->windows.architecture) != x->machine)
        return "is for another processor";
    if (f->windows.major.known && (x->subsystem_version[0] > f->windows.major.value
        || (x->subsystem_version[0] == f->windows.major.value && x->subsystem_version[1] > f->windows.minor.value)))
        return "was linked for a later Windows";
    return NULL;
}

static bool version_at_most(const uint16_t have[4], const uint16_t limit[4])
{
    for (size_t i = 0; i < 4; i++)
        if (have[i] != limit[i])
            return have[i] < limit[i];
    return true;
}

/* XSA-468 (CVE-2025-27462..4): the last vulnerable version of each driver by provider. */
struct vulnerable {
    const char *provider, *file;
    uint16_t last[4];
};

static const struct vulnerable xsa_468[] = {
    {"Xen Project", "xenbus.sys", {9, 1, 0, 1}},    {"Xen Project", "xeniface.sys", {9, 1, 0, 0}},
    {"Xen Project", "xencons.sys", {9, 1, 0, 2}},   {"XCP-ng", "xenbus.sys", {9, 0, 9048, 0xffff}},
    {"XCP-ng", "xeniface.sys", {9, 0, 9048, 0xffff}}, {"XCP-ng", "xencons.sys", {9, 0, 9048, 0xffff}},
    {"XenServer", "xenbus.sys", {9, 1, 11, 114}},   {"XenServer", "xeniface.sys", {9, 1, 12, 93}},
};

static bool has_xsa_468(const struct evidence *ev, const struct evidence_package *p, const struct evidence_file *file)
{
    for (size_t i = 0; i < sizeof xsa_468 / sizeof *xsa_468; i++)
        if (text_equal_nocase(inf_provider(&p->inf), xsa_468[i].provider)
            && text_equal_nocase(name_base(file->name), xsa_468[i].file)
            && version_at_most(ev->entries[file->entry].file_version, xsa_468[i].last))
            return true;
    return false;
}

static void predict_fit(const struct evidence *ev, const struct evidence_package *p, const struct facts *f,
                        const struct plan_of_inf *here, struct prediction *out)
{
    const char *vulnerable = NULL;
    if (!f->windows.major.known || f->windows.architecture == ARCHITECTURE_UNKNOWN) {
        set_fit(out, FIT_UNKNOWN, "windows-unknown", sentence("the version of this Windows is not known"));
        return;
    }
    if (!here->count) {
        set_fit(out, FIT_NO, "binds-nothing", sentence("the INF offers no device for this Windows"));
        return;
    }
    for (size_t i = 0; i < p->files.count; i++) {
        const struct evidence_file *file = &p->files.at[i];
        if (file->entry == SIZE_MAX || !ev->entries[file->entry].is_kernel)
            continue;
        const char *unfit = unfit_driver(&ev->entries[file->entry], f);
        if (unfit) {
            set_fit(out, FIT_NO, "driver-unfit", sentence("'%.100s' %s", name_base(file->name), unfit));
            return;
        }
        if (has_xsa_468(ev, p, file))
            vulnerable = name_base(file->name);
    }
    if (vulnerable)
        set_fit(out, FIT_WARN, "xsa-468", sentence("'%.100s' has the hole of XSA-468", vulnerable));
    else
        set_fit(out, FIT_YES, "fits", sentence("the INF offers devices for this Windows"));
}

void policy_predict(const struct evidence *ev, const struct evidence_package *p, const struct facts *f,
                    struct prediction *out)
{
    struct target target = policy_target(&f->windows);
    struct plan_of_inf here = {0};
    ask_inf(&p->inf, &target, &here);
    predict_load(ev, p, f, &here, out);
    predict_install(ev, p, f, out);
    predict_fit(ev, p, f, &here, out);
    plan_of_inf_release(&here);
}

void prediction_release(struct prediction *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->drivers.count; i++) {
        mem_free(p->drivers.at[i].file);
        mem_free(p->drivers.at[i].why);
    }
    mem_free(p->drivers.at);
    mem_free(p->load_why);
    mem_free(p->install_why);
    mem_free(p->fit_why);
    memset(p, 0, sizeof *p);
}
