#include "installer/verify_report.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/name.h"

#include <string.h>

#define F(owner, member, kind_) {.name = #member, .kind = kind_, .offset = offsetof(struct owner, member)}
#define F_IN(owner, member, kind_, shape_) \
    {.name = #member, .kind = kind_, .offset = offsetof(struct owner, member), .shape = &shape_}

static const struct shape_field signature_fields[] = {
    F(report_signature, integrity, SHAPE_TEXT),
    F(report_signature, signer, SHAPE_TEXT),
    F(report_signature, issuer, SHAPE_TEXT),
    F(report_signature, program, SHAPE_TEXT),
    F(report_signature, digest, SHAPE_TEXT),
    F(report_signature, root, SHAPE_TEXT),
    F(report_signature, timestamp, SHAPE_TEXT),
    F(report_signature, timestamp_kind, SHAPE_TEXT),
    F(report_signature, timestamp_integrity, SHAPE_TEXT),
    F(report_signature, timestamp_authority, SHAPE_TEXT),
};
const struct shape report_signature_shape = SHAPE_OF(struct report_signature, signature_fields);

static const struct shape_field file_fields[] = {
    F(report_file, name, SHAPE_TEXT),
    F(report_file, member, SHAPE_TRI),
    F(report_file, integrity, SHAPE_TEXT),
    F(report_file, sha256, SHAPE_TEXT),
    F_IN(report_file, signatures, SHAPE_LIST, report_signature_shape),
};
static const struct shape file_shape = SHAPE_OF(struct report_file, file_fields);

static const struct shape_field prediction_fields[] = {
    F(report_prediction, windows, SHAPE_TEXT),
    F(report_prediction, load, SHAPE_TEXT),
    F(report_prediction, install, SHAPE_TEXT),
    F(report_prediction, fit, SHAPE_TEXT),
    F(report_prediction, rule, SHAPE_TEXT),
    F(report_prediction, why, SHAPE_TEXT),
};
static const struct shape prediction_shape = SHAPE_OF(struct report_prediction, prediction_fields);

static const struct shape_field package_fields[] = {
    F(report_package, inf, SHAPE_TEXT),
    F(report_package, catalog, SHAPE_TEXT),
    F(report_package, provider, SHAPE_TEXT),
    F(report_package, version, SHAPE_TEXT),
    F(report_package, integrity, SHAPE_TEXT),
    F_IN(report_package, signature, SHAPE_MAYBE, report_signature_shape),
    F_IN(report_package, files, SHAPE_LIST, file_shape),
    F_IN(report_package, predictions, SHAPE_LIST, prediction_shape),
};
static const struct shape package_shape = SHAPE_OF(struct report_package, package_fields);

static const struct shape_field finding_fields[] = {
    F(report_finding, code, SHAPE_TEXT),
    F(report_finding, severity, SHAPE_TEXT),
    F(report_finding, file, SHAPE_TEXT),
    F(report_finding, message, SHAPE_TEXT),
};
static const struct shape finding_shape = SHAPE_OF(struct report_finding, finding_fields);

static const struct shape_field result_fields[] = {
    F(verify_result, path, SHAPE_TEXT),
    F(verify_result, kind, SHAPE_TEXT),
    F(verify_result, integrity, SHAPE_TEXT),
    F(verify_result, sha256, SHAPE_TEXT),
    F_IN(verify_result, signature, SHAPE_MAYBE, report_signature_shape),
    F_IN(verify_result, packages, SHAPE_LIST, package_shape),
    F_IN(verify_result, files, SHAPE_LIST, file_shape),
    F_IN(verify_result, findings, SHAPE_LIST, finding_shape),
};
static const struct shape result_shape = SHAPE_OF(struct verify_result, result_fields);

static const struct shape_field report_fields[] = {
    F(verify_report, schema, SHAPE_NUMBER),
    F(verify_report, command, SHAPE_TEXT),
    F(verify_report, exit_code, SHAPE_NUMBER),
    F_IN(verify_report, results, SHAPE_LIST, result_shape),
};
static const struct shape report_shape = SHAPE_OF(struct verify_report, report_fields);

static struct report_signature signature_of(const struct signature *s)
{
    const struct timestamp *t = &s->timestamp;
    struct report_signature r = {
        .integrity = mem_strdup(signature_integrity_name(s->integrity)),
        .signer = mem_strdup(s->signer),
        .issuer = mem_strdup(s->issuer),
        .program = mem_strdup(s->program),
        .digest = mem_strdup(digest_name(s->digest)),
        .root = mem_strdup(root_name(s->root)),
        .timestamp_kind = mem_strdup(timestamp_kind_name(t->kind)),
        .timestamp_integrity = mem_strdup(signature_integrity_name(t->integrity)),
        .timestamp_authority = mem_strdup(t->authority),
    };
    if (t->kind != TIMESTAMP_NONE && t->time) {
        char time[AUTHENTICODE_TIME_TEXT];
        authenticode_time_text(t->time, time);
        r.timestamp = mem_strdup(time);
    }
    return r;
}

struct report_signature *report_signature_of(const struct signature *s)
{
    if (!s)
        return NULL;
    struct report_signature *r = mem_zero(1, sizeof *r);
    *r = signature_of(s);
    return r;
}

static char *hex_or_null(const struct digest *d)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    if (d->kind == DIGEST_NONE)
        return NULL;
    digest_hex(d, hex);
    return mem_strdup(hex);
}

static void fill_file(struct report_file *to, const struct evidence *ev, const struct evidence_file *f)
{
    to->name = mem_strdup(f->name);
    to->member = f->member;
    to->integrity = mem_strdup(integrity_name(f->integrity));
    if (f->entry == SIZE_MAX)
        return;
    const struct evidence_entry *x = &ev->entries[f->entry];
    to->sha256 = hex_or_null(&x->sha256);
    for (size_t i = 0; i < x->signatures.count; i++)
        *(struct report_signature *)shape_list_add(&to->signatures, sizeof(struct report_signature)) =
            signature_of(&x->signatures.signatures[i]);
    for (size_t i = 0; x->catalog && i < x->catalog_signature.count; i++)
        *(struct report_signature *)shape_list_add(&to->signatures, sizeof(struct report_signature)) =
            signature_of(&x->catalog_signature.signatures[i]);
}

/* The answer that decided: the worst of the three, in the order of what one would ask first. */
static void fill_prediction(struct report_prediction *to, const struct prediction *p, const char *windows)
{
    bool fit = p->fit == FIT_NO || (p->load == LOAD_LOADS && p->fit == FIT_WARN);
    bool install = !fit && p->load == LOAD_LOADS;
    to->windows = mem_strdup(windows);
    to->load = mem_strdup(load_verdict_name(p->load));
    to->install = mem_strdup(install_verdict_name(p->install));
    to->fit = mem_strdup(fit_verdict_name(p->fit));
    to->rule = mem_strdup(fit ? p->fit_rule : install ? p->install_rule : p->load_rule);
    to->why = mem_strdup(fit ? p->fit_why : install ? p->install_why : p->load_why);
}

static void fill_package(struct report_package *to, const struct evidence *ev, const struct evidence_package *p)
{
    char version[INF_DRIVER_VER_TEXT_MAX];
    struct inf_driver_ver ver = inf_driver_ver(&p->inf);
    inf_driver_ver_format(&ver, version, sizeof version);
    to->inf = mem_strdup(evidence_name(ev, p->inf_entry));
    to->catalog = p->catalog_entry == SIZE_MAX ? NULL : mem_strdup(evidence_name(ev, p->catalog_entry));
    to->provider = mem_strdup(inf_provider(&p->inf));
    to->version = mem_strdup(version);
    to->integrity = mem_strdup(integrity_name(p->integrity));
    to->signature = report_signature_of(evidence_package_signature(ev, p));
    for (size_t i = 0; i < p->files.count; i++)
        fill_file(shape_list_add(&to->files, sizeof(struct report_file)), ev, &p->files.at[i]);
}

static void fill_findings(struct verify_result *r, const struct findings *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct report_finding *to = shape_list_add(&r->findings, sizeof *to);
        to->code = mem_strdup(f->at[i].code);
        to->severity = mem_strdup(finding_severity_name(f->at[i].severity));
        to->file = mem_strdup(f->at[i].file);
        to->message = mem_strdup(f->at[i].message);
    }
}

void verify_report_add(struct verify_report *r, const char *path, const struct evidence *ev, const struct facts *f,
                       const char *windows)
{
    struct verify_result *to = shape_list_add(&r->results, sizeof *to);
    to->path = mem_strdup(path);
    to->kind = mem_strdup(package_kind_name(ev->package.kind));
    to->integrity = mem_strdup(integrity_name(ev->integrity));
    to->sha256 = hex_or_null(&ev->whole.of[DIGEST_SHA256]);
    to->signature = report_signature_of(ev->has_signature ? authenticode_best(&ev->signature) : NULL);
    for (size_t i = 0; i < ev->packages.count; i++) {
        struct report_package *package = shape_list_add(&to->packages, sizeof *package);
        fill_package(package, ev, &ev->packages.at[i]);
        if (!f)
            continue;
        struct prediction prediction = {0};
        policy_predict(ev, &ev->packages.at[i], f, &prediction);
        fill_prediction(shape_list_add(&package->predictions, sizeof(struct report_prediction)), &prediction, windows);
        prediction_release(&prediction);
    }
    for (size_t i = 0; i < ev->files.count; i++)
        fill_file(shape_list_add(&to->files, sizeof(struct report_file)), ev, &ev->files.at[i]);
    fill_findings(to, &ev->findings);
}

void verify_report_add_failure(struct verify_report *r, const char *path, const char *message)
{
    struct verify_result *to = shape_list_add(&r->results, sizeof *to);
    to->path = mem_strdup(path);
    to->kind = mem_strdup("other");
    to->integrity = mem_strdup(integrity_name(INTEGRITY_UNREADABLE));
    struct report_finding *finding = shape_list_add(&to->findings, sizeof *finding);
    finding->code = mem_strdup("not-looked-at");
    finding->severity = mem_strdup(finding_severity_name(FINDING_ERROR));
    finding->message = mem_strdup(message);
}

static bool is_word(const char *have, const char *word)
{
    return have && strcmp(have, word) == 0;
}

static bool is_accepted(const struct verify_result *v)
{
    for (size_t i = 0; i < v->packages.count; i++)
        for (size_t k = 0; k < v->packages.at[i].predictions.count; k++) {
            const struct report_prediction *p = &v->packages.at[i].predictions.at[k];
            if (is_word(p->load, "refused") || is_word(p->install, "refused") || is_word(p->fit, "no"))
                return false;
        }
    return true;
}

enum exit_code verify_report_exit_code(const struct verify_report *r)
{
    enum exit_code code = EXIT_CODE_DONE;
    for (size_t i = 0; i < r->results.count; i++) {
        const struct verify_result *v = &r->results.at[i];
        if (v->findings.count && is_word(v->findings.at[0].code, "not-looked-at"))
            return EXIT_CODE_FAILED;
        if (!is_word(v->integrity, "intact") || !is_accepted(v))
            code = EXIT_CODE_REFUSED;
    }
    return code;
}

char *verify_report_json(const struct verify_report *r)
{
    return shape_encode(&report_shape, r);
}

/* --- text -------------------------------------------------------------------------------------------------------- */

static void add_signature(struct text *t, const char *indent, const struct report_signature *s)
{
    text_addf(t, "%s%s, signed by ", indent, s->integrity);
    text_add_escaped(t, s->signer ? s->signer : "(unnamed)");
    text_addf(t, " (%s, root %s)", s->digest, s->root);
    if (s->program) {
        text_add(t, ", for ");
        text_add_escaped(t, s->program);
    }
    if (is_word(s->timestamp_kind, "none"))
        text_add(t, ", no time stamp\n");
    else
        text_addf(t, ", time stamp %s %s (%s)\n", s->timestamp ? s->timestamp : "of unknown time", s->timestamp_integrity,
                  s->timestamp_kind);
}

static void add_file(struct text *t, const struct report_file *f)
{
    text_addf(t, "      %-10s ", f->integrity);
    text_add_escaped(t, f->name);
    text_add(t, f->member == TRI_YES ? "  in the catalog\n" : f->member == TRI_NO ? "  not in the catalog\n" : "\n");
    for (size_t i = 0; i < f->signatures.count; i++)
        add_signature(t, "                 own signature ", &f->signatures.at[i]);
}

static void add_package(struct text *t, const struct report_package *p, bool details)
{
    text_addf(t, "  %-10s ", p->integrity);
    text_add_escaped(t, p->inf);
    text_addf(t, "  %s", p->version);
    text_add(t, p->provider && *p->provider ? "  " : "");
    text_add_escaped(t, p->provider);
    text_add(t, "\n");
    if (p->signature)
        add_signature(t, "      catalog ", p->signature);
    for (size_t i = 0; i < p->predictions.count; i++) {
        const struct report_prediction *one = &p->predictions.at[i];
        text_addf(t, "      on %s: load %s, install %s, fit %s: %s (%s)\n", one->windows, one->load, one->install,
                  one->fit, one->why, one->rule);
    }
    for (size_t i = 0; i < p->files.count; i++)
        if (details || !is_word(p->files.at[i].integrity, "intact"))
            add_file(t, &p->files.at[i]);
}

static void add_finding(struct text *t, const struct report_finding *f)
{
    text_addf(t, "  %s: ", f->severity);
    if (f->file) {
        text_add_escaped(t, f->file);
        text_add(t, ": ");
    }
    text_addf(t, "%s [%s]\n", f->message, f->code);
}

static void add_result(struct text *t, const struct verify_result *v, bool details)
{
    text_add_escaped(t, v->path);
    text_addf(t, ": %s (%s)\n", v->integrity, v->kind);
    if (v->signature)
        add_signature(t, "  its own signature ", v->signature);
    for (size_t i = 0; i < v->packages.count; i++)
        add_package(t, &v->packages.at[i], details);
    for (size_t i = 0; details && i < v->files.count; i++)
        add_file(t, &v->files.at[i]);
    for (size_t i = 0; i < v->findings.count; i++)
        if (details || !is_word(v->findings.at[i].severity, "info"))
            add_finding(t, &v->findings.at[i]);
}

char *verify_report_text(const struct verify_report *r, bool details)
{
    struct text t = {0};
    for (size_t i = 0; i < r->results.count; i++)
        add_result(&t, &r->results.at[i], details);
    return text_steal(&t);
}

void verify_report_release(struct verify_report *r)
{
    shape_release(&report_shape, r);
}
