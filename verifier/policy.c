#include "verifier/policy_inside.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/name.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WHY_MAX = 400 };

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

char *policy_sentence(const char *format, ...)
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
    static const enum target_arch arches[] = {TARGET_ARCH_UNKNOWN, TARGET_X86, TARGET_AMD64,
                                              TARGET_ARM64, TARGET_IA64};
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

bool policy_at_least(const struct facts *f, unsigned major, unsigned minor, unsigned build)
{
    return facts_windows_at_least(&f->windows, major, minor, build) == TRI_YES;
}

enum tri policy_knows_sha2(const struct facts *f)
{
    if (policy_at_least(f, 6, 2, 0))
        return TRI_YES;
    return policy_at_least(f, 6, 0, 0) ? f->integrity.sha2 : TRI_NO;
}

bool policy_is_microsoft(const struct signature *s)
{
    return s->root == ROOT_MS_1997 || s->root == ROOT_MS_2001 || s->root == ROOT_MS_2010 ||
           s->root == ROOT_MS_2011;
}

static bool is_sha2(enum digest_kind kind)
{
    return kind == DIGEST_SHA256 || kind == DIGEST_SHA384 || kind == DIGEST_SHA512;
}

bool policy_uses_sha2(const struct signature *s)
{
    return is_sha2(s->digest);
}

/* The last certificate's own signature counts only where it is no root: a root's key is known, not
 * its signature. */
bool policy_chain_uses_sha2(const struct signature *s)
{
    for (size_t i = 0; i < s->chain_length; i++) {
        const struct chain_link *link = &s->chain[i];
        bool is_root = link->subject && link->issuer && strcmp(link->subject, link->issuer) == 0;
        if (!is_root && is_sha2(link->digest))
            return true;
    }
    return policy_uses_sha2(s);
}

void policy_note(struct judgement *j, enum rule rule, const char *file, char *why)
{
    const struct policy_rule *r = &policy_table[rule];
    for (size_t i = 0; i < j->out->notes.count; i++) {
        const struct policy_note *n = &j->out->notes.at[i];
        if (n->rule == r && (n->file == file || (n->file && file && strcmp(n->file, file) == 0))) {
            mem_free(why);
            return;
        }
    }
    struct policy_note *n = shape_list_add(&j->out->notes, sizeof *n);
    *n = (struct policy_note){
        .rule = r, .file = mem_strdup(file), .why = why ? why : mem_strdup(r->sentence)};
}

/* --- what of the package matters here
 * -------------------------------------------------------------------------- */

static void ask_inf(const struct inf *inf, const struct facts *f, struct inf_here *out)
{
    struct inf_names sections = {0};
    out->target = policy_target(&f->windows);
    inf_models(inf, &out->target, &out->models);
    inf_models_installs(&out->models, &sections);
    out->installs = mem_zero(sections.count, sizeof *out->installs);
    for (size_t i = 0; i < sections.count; i++)
        if (inf_install(inf, &out->target, sections.at[i], &out->installs[out->count]))
            out->count++;
    inf_names_release(&sections);
}

static void inf_here_release(struct inf_here *h)
{
    for (size_t i = 0; i < h->count; i++)
        inf_install_release(&h->installs[i]);
    mem_free(h->installs);
    inf_models_release(&h->models);
}

/* Is this the entry that the INF in inf_name's folder means by path? */
static bool is_at(const char *inf_name, const char *path, const char *entry)
{
    size_t folder = (size_t)(name_base(inf_name) - inf_name);
    struct text clean = {0};
    bool same = strncmp(inf_name, entry, folder) == 0 && name_clean(path, &clean) == NAME_SAFE &&
                name_compare(text_str(&clean), entry + folder) == 0;
    text_release(&clean);
    return same;
}

const struct inf_file *policy_copy(const struct judgement *j, const struct evidence_file *file)
{
    const char *inf_name = evidence_name(j->c->evidence, j->c->package->inf_entry);
    for (size_t i = 0; i < j->here->count; i++)
        for (size_t k = 0; k < j->here->installs[i].file_count; k++) {
            const struct inf_file *copy = &j->here->installs[i].files[k];
            if (copy->origin != INF_SOURCE_WINDOWS && (is_at(inf_name, copy->path, file->name) ||
                                                       is_at(inf_name, copy->source, file->name)))
                return copy;
        }
    return NULL;
}

bool policy_catalog_is_named(const struct judgement *j)
{
    const struct evidence *ev = j->c->evidence;
    const struct evidence_package *p = j->c->package;
    const char *named = inf_catalog(&p->inf, &j->here->target);
    return *named && p->catalog_entry != SIZE_MAX &&
           is_at(evidence_name(ev, p->inf_entry), named, evidence_name(ev, p->catalog_entry));
}

const struct cat *policy_catalog(const struct judgement *j)
{
    size_t entry = j->c->package->catalog_entry;
    return entry == SIZE_MAX ? NULL : j->c->evidence->entries[entry].catalog;
}

/* --- the whole
 * -------------------------------------------------------------------------------------------------
 */

void policy_judge(const struct policy_case *c, struct prediction *out)
{
    struct inf_here here = {0};
    struct judgement j = {.c = c, .facts = c->facts, .here = &here, .out = out};
    ask_inf(&c->package->inf, c->facts, &here);
    policy_load(&j);
    policy_install(&j);
    policy_fit(&j);
    out->load_rule = out->load_basis->id;
    out->install_rule = out->install_basis->id;
    out->fit_rule = out->fit_basis->id;
    inf_here_release(&here);
}

void policy_predict(const struct evidence *ev, const struct evidence_package *p,
                    const struct facts *f, struct prediction *out)
{
    const struct policy_case c = {.evidence = ev, .package = p, .facts = f};
    policy_judge(&c, out);
}

void prediction_release(struct prediction *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->drivers.count; i++) {
        mem_free(p->drivers.at[i].file);
        mem_free(p->drivers.at[i].why);
    }
    for (size_t i = 0; i < p->notes.count; i++) {
        mem_free(p->notes.at[i].file);
        mem_free(p->notes.at[i].why);
    }
    mem_free(p->drivers.at);
    mem_free(p->notes.at);
    mem_free(p->load_why);
    mem_free(p->install_why);
    mem_free(p->fit_why);
    memset(p, 0, sizeof *p);
}
