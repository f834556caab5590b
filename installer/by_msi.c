#include "installer/by_msi.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/msi_trust.h"

#include <string.h>

/* --- reading ---------------------------------------------------------------------------------- */

bool by_msi_open(const struct source *s, const struct facts *f, struct by_msi *out, struct err *e)
{
    const struct source_container *c = s->containers.count == 1 ? &s->containers.at[0] : NULL;
    struct by_msi m = {0};
    char hex[2 * DIGEST_SIZE_MAX + 1];
    if (!c || c->evidence.package.kind != PACKAGE_MSI)
        return err_set(e, ERR_USAGE,
                       "'%s' is no package of Windows Installer: leave --via-msi out, and its "
                       "drivers are installed without one",
                       s->release->id);
    if (!msi_effects_read(c->evidence.package.bytes, f, &m.effects, e))
        return err_wrap(e, "'%s'", file_name(c->path));
    digest_hex(&c->evidence.whole.of[DIGEST_SHA256], hex);
    m.file = mem_strdup(file_name(c->path));
    m.sha256 = mem_strdup(hex);
    *out = m;
    return true;
}

void by_msi_release(struct by_msi *m)
{
    mem_free(m->file);
    mem_free(m->sha256);
    msi_effects_release(&m->effects);
    memset(m, 0, sizeof *m);
}

/* --- judging ---------------------------------------------------------------------------------- */

/* "{8-4-4-4-12}" in hexadecimal: it names a log and is given to Windows Installer. */
static bool is_product_code(const char *code)
{
    static const char shape[] = "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}";
    for (size_t i = 0; code && i < sizeof shape; i++) {
        bool digit = code[i] && strchr("0123456789ABCDEFabcdef", code[i]);
        if (shape[i] == 'x' ? !digit : code[i] != shape[i])
            return false;
    }
    return code != NULL;
}

static bool demands_are_met(const struct by_msi *m, struct err *e)
{
    for (size_t i = 0; i < m->effects.demands.count; i++) {
        const struct msi_demand *d = &m->effects.demands.at[i];
        if (d->met == TRI_NO)
            return err_set(e, ERR_REFUSED,
                           "'%s' would refuse this guest: %.200s (its condition: %.200s)", m->file,
                           d->message ? d->message : "it says no reason", d->condition);
        if (d->met == TRI_UNKNOWN)
            log_line(LOG_WARNING,
                     "msi: whether '%s' takes this guest is not known: it asks for '%.200s', "
                     "continuing",
                     m->file, d->condition);
    }
    return true;
}

static bool certificates_are_allowed(const struct by_msi *m, const struct journal_product *p,
                                     const struct texts *accept, struct err *e)
{
    bool accepted = texts_have_nocase(accept, BY_MSI_ACCEPT);
    for (size_t i = 0; i < p->certificates.count; i++) {
        char *words = msi_trust_words(&p->certificates.at[i]);
        log_line(LOG_WARNING, "msi: '%s' puts in place: %s", m->file, words);
        mem_free(words);
    }
    if (!p->certificates.count || accepted)
        return true;
    char *first = msi_trust_words(&p->certificates.at[0]);
    err_set(e, ERR_REFUSED,
            "'%s' would put %zu certificate%s into this Windows' stores, which then trusts all "
            "that its owner signs: %.200s: leave --via-msi out, and no certificate is added, or "
            "take it upon yourself with --accept " BY_MSI_ACCEPT,
            m->file, p->certificates.count, p->certificates.count == 1 ? "" : "s", first);
    mem_free(first);
    return false;
}

static void fill_certificates(const struct by_msi *m, struct journal_product *p)
{
    for (size_t i = 0; i < m->effects.certificates.count; i++) {
        const struct msi_certificate *from = &m->effects.certificates.at[i];
        struct journal_certificate *c = shape_list_add(&p->certificates, sizeof *c);
        c->store = mem_strdup(from->store);
        c->sha1 = mem_strdup(from->sha1);
        c->subject = mem_strdup(from->subject);
        c->of_machine = from->of_machine;
    }
}

bool by_msi_allowed(const struct by_msi *m, const struct texts *accept, struct err *e)
{
    struct journal j = {.product = mem_zero(1, sizeof *j.product)};
    fill_certificates(m, j.product);
    bool ok = (is_product_code(m->effects.code) && !m->effects.truncated) ||
              err_set(e, ERR_REFUSED, "'%s' has no product code, or larger tables than are read",
                      m->file);
    ok = ok && demands_are_met(m, e) && certificates_are_allowed(m, j.product, accept, e);
    journal_release(&j);
    return ok;
}

/* --- planning --------------------------------------------------------------------------------- */

static bool is_ours_to_do(enum step_kind kind)
{
    return kind == STEP_STORE || kind == STEP_STAGE || kind == STEP_BIND || kind == STEP_HELPER;
}

/* In place of all of these, where the first of them stood, the product's two. */
static void replace_steps(struct journal *j)
{
    static const enum step_kind kinds[] = {STEP_STORE_PRODUCT, STEP_INSTALL_PRODUCT};
    struct journal by = {0};
    bool begun = false;
    for (size_t i = 0; i < j->steps.count; i++) {
        struct journal_step *from = &j->steps.at[i];
        bool ours = is_ours_to_do(from->kind);
        for (size_t k = 0; ours && !begun && k < sizeof kinds / sizeof *kinds; k++)
            *(struct journal_step *)shape_list_add(&by.steps, sizeof *by.steps.at) =
                (struct journal_step){.kind = kinds[k], .subject = mem_strdup(j->product->code)};
        begun = begun || ours;
        if (ours)
            mem_free(from->subject);
        else
            *(struct journal_step *)shape_list_add(&by.steps, sizeof *by.steps.at) = *from;
    }
    mem_free(j->steps.at);
    memcpy(&j->steps, &by.steps, sizeof j->steps);
}

void by_msi_plan(const struct by_msi *m, const char *state_folder, struct journal *j)
{
    struct text folder = {0}, path = {0};
    struct journal_product *p = mem_zero(1, sizeof *p);
    text_addf(&folder, "%s\\packages\\%s\\msi", state_folder, j->release);
    text_addf(&path, "%s\\%s", text_str(&folder), m->file);
    p->code = mem_strdup(m->effects.code);
    p->name = mem_strdup(m->effects.name);
    p->version = mem_strdup(m->effects.version);
    p->folder = text_steal(&folder);
    p->file = (struct journal_file){
        .path = text_steal(&path), .source = mem_strdup(m->file), .sha256 = mem_strdup(m->sha256)};
    fill_certificates(m, p);
    j->product = p;
    replace_steps(j);
    msi_trust_expect(j);
}
