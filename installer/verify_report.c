#include "installer/verify_report.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/name.h"

#include <string.h>

static const struct shape_field signature_fields[] = {
    FIELD(report_signature, integrity, SHAPE_TEXT),
    FIELD(report_signature, signer, SHAPE_TEXT),
    FIELD(report_signature, issuer, SHAPE_TEXT),
    FIELD(report_signature, program, SHAPE_TEXT),
    FIELD(report_signature, digest, SHAPE_TEXT),
    FIELD(report_signature, root, SHAPE_TEXT),
    FIELD(report_signature, timestamp, SHAPE_TEXT),
    FIELD(report_signature, timestamp_kind, SHAPE_TEXT),
    FIELD(report_signature, timestamp_integrity, SHAPE_TEXT),
    FIELD(report_signature, timestamp_authority, SHAPE_TEXT),
};
const struct shape report_signature_shape = SHAPE_OF(struct report_signature, signature_fields);

static const struct shape_field file_fields[] = {
    FIELD(report_file, name, SHAPE_TEXT),
    FIELD(report_file, member, SHAPE_TRI),
    FIELD(report_file, integrity, SHAPE_TEXT),
    FIELD(report_file, sha256, SHAPE_TEXT),
    FIELD_IN(report_file, signatures, SHAPE_LIST, report_signature_shape),
};
const struct shape report_file_shape = SHAPE_OF(struct report_file, file_fields);

static const struct shape_field answer_fields[] = {
    FIELD(report_answer, rule, SHAPE_TEXT),
    FIELD(report_answer, why, SHAPE_TEXT),
    FIELD(report_answer, source, SHAPE_TEXT),
    FIELD(report_answer, confidence, SHAPE_TEXT),
};
static const struct shape answer_shape = SHAPE_OF(struct report_answer, answer_fields);

static const struct shape_field driver_fields[] = {
    FIELD(report_driver_load, file, SHAPE_TEXT), FIELD(report_driver_load, boot_start, SHAPE_TRI),
    FIELD(report_driver_load, load, SHAPE_TEXT), FIELD(report_driver_load, rule, SHAPE_TEXT),
    FIELD(report_driver_load, why, SHAPE_TEXT),
};
static const struct shape driver_shape = SHAPE_OF(struct report_driver_load, driver_fields);

static const struct shape_field note_fields[] = {
    FIELD(report_note, rule, SHAPE_TEXT),       FIELD(report_note, file, SHAPE_TEXT),
    FIELD(report_note, why, SHAPE_TEXT),        FIELD(report_note, source, SHAPE_TEXT),
    FIELD(report_note, confidence, SHAPE_TEXT),
};
static const struct shape note_shape = SHAPE_OF(struct report_note, note_fields);

static const struct shape_field prediction_fields[] = {
    FIELD(report_prediction, windows, SHAPE_TEXT),
    FIELD(report_prediction, load, SHAPE_TEXT),
    FIELD(report_prediction, install, SHAPE_TEXT),
    FIELD(report_prediction, fit, SHAPE_TEXT),
    FIELD(report_prediction, rule, SHAPE_TEXT),
    FIELD(report_prediction, why, SHAPE_TEXT),
    FIELD(report_prediction, source, SHAPE_TEXT),
    FIELD(report_prediction, confidence, SHAPE_TEXT),
    FIELD_IN(report_prediction, load_basis, SHAPE_OBJECT, answer_shape),
    FIELD_IN(report_prediction, install_basis, SHAPE_OBJECT, answer_shape),
    FIELD_IN(report_prediction, fit_basis, SHAPE_OBJECT, answer_shape),
    FIELD(report_prediction, signer_score, SHAPE_NUMBER),
    FIELD(report_prediction, rank, SHAPE_NUMBER),
    FIELD_IN(report_prediction, drivers, SHAPE_LIST, driver_shape),
    FIELD_IN(report_prediction, notes, SHAPE_LIST, note_shape),
};
static const struct shape prediction_shape = SHAPE_OF(struct report_prediction, prediction_fields);

/* The first eight of these. */
static const struct shape prediction_short_shape = {prediction_fields, 8,
                                                    sizeof(struct report_prediction)};

static const struct shape_field package_fields[] = {
    FIELD(report_package, inf, SHAPE_TEXT),
    FIELD(report_package, catalog, SHAPE_TEXT),
    FIELD(report_package, provider, SHAPE_TEXT),
    FIELD(report_package, version, SHAPE_TEXT),
    FIELD(report_package, integrity, SHAPE_TEXT),
    FIELD_IN(report_package, signature, SHAPE_MAYBE, report_signature_shape),
    FIELD_IN(report_package, files, SHAPE_LIST, report_file_shape),
    FIELD_IN(report_package, predictions, SHAPE_LIST, prediction_shape),
};
const struct shape report_package_shape = SHAPE_OF(struct report_package, package_fields);

static const struct shape_field package_short_fields[] = {
    FIELD(report_package, inf, SHAPE_TEXT),
    FIELD(report_package, catalog, SHAPE_TEXT),
    FIELD(report_package, provider, SHAPE_TEXT),
    FIELD(report_package, version, SHAPE_TEXT),
    FIELD(report_package, integrity, SHAPE_TEXT),
    FIELD_IN(report_package, signature, SHAPE_MAYBE, report_signature_shape),
    FIELD_IN(report_package, files, SHAPE_LIST, report_file_shape),
    FIELD_IN(report_package, predictions, SHAPE_LIST, prediction_short_shape),
};
const struct shape report_package_short_shape =
    SHAPE_OF(struct report_package, package_short_fields);

static const struct shape_field finding_fields[] = {
    FIELD(report_finding, code, SHAPE_TEXT),
    FIELD(report_finding, severity, SHAPE_TEXT),
    FIELD(report_finding, file, SHAPE_TEXT),
    FIELD(report_finding, message, SHAPE_TEXT),
};
const struct shape report_finding_shape = SHAPE_OF(struct report_finding, finding_fields);

static const struct shape_field result_fields[] = {
    FIELD(verify_result, sha256, SHAPE_TEXT),
    FIELD_IN(verify_result, signature, SHAPE_MAYBE, report_signature_shape),
    FIELD_IN(verify_result, packages, SHAPE_LIST, report_package_shape),
    FIELD_IN(verify_result, files, SHAPE_LIST, report_file_shape),
    FIELD_IN(verify_result, findings, SHAPE_LIST, report_finding_shape),
};
static const struct shape result_shape = SHAPE_OF(struct verify_result, result_fields);

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

static void fill_file(struct report_file *to, const struct evidence *ev,
                      const struct evidence_file *f)
{
    to->name = mem_strdup(f->name);
    to->member = f->member;
    to->integrity = mem_strdup(integrity_name(f->integrity));
    if (f->entry == SIZE_MAX)
        return;
    const struct evidence_entry *x = &ev->entries[f->entry];
    to->sha256 = hex_or_null(&x->sha256);
    for (size_t i = 0; i < x->signatures.count; i++)
        *(struct report_signature *)shape_list_add(&to->signatures,
                                                   sizeof(struct report_signature)) =
            signature_of(&x->signatures.signatures[i]);
    for (size_t i = 0; x->catalog && i < x->catalog_signature.count; i++)
        *(struct report_signature *)shape_list_add(&to->signatures,
                                                   sizeof(struct report_signature)) =
            signature_of(&x->catalog_signature.signatures[i]);
}

static struct report_answer answer_of(const struct policy_rule *basis, const char *why)
{
    return (struct report_answer){mem_strdup(basis->id), mem_strdup(why), mem_strdup(basis->source),
                                  mem_strdup(confidence_name(basis->confidence))};
}

/* The answer that decided: the worst of the three, in the order of what one would ask first. */
static void fill_decision(struct report_prediction *to, const struct prediction *p)
{
    bool fit = p->fit == FIT_NO || (p->load == LOAD_LOADS && p->fit == FIT_WARN);
    bool install = !fit && (p->load == LOAD_LOADS || p->load_basis == p->install_basis);
    const struct policy_rule *basis = fit       ? p->fit_basis
                                      : install ? p->install_basis
                                                : p->load_basis;
    to->rule = mem_strdup(basis->id);
    to->why = mem_strdup(fit ? p->fit_why : install ? p->install_why : p->load_why);
    to->source = mem_strdup(basis->source);
    to->confidence = mem_strdup(confidence_name(basis->confidence));
}

static void fill_prediction(struct report_prediction *to, const struct prediction *p,
                            const char *windows)
{
    to->windows = mem_strdup(windows);
    to->load = mem_strdup(load_verdict_name(p->load));
    to->install = mem_strdup(install_verdict_name(p->install));
    to->fit = mem_strdup(fit_verdict_name(p->fit));
    fill_decision(to, p);
    to->load_basis = answer_of(p->load_basis, p->load_why);
    to->install_basis = answer_of(p->install_basis, p->install_why);
    to->fit_basis = answer_of(p->fit_basis, p->fit_why);
    to->signer_score = p->signer_score;
    to->rank = p->rank;
    for (size_t i = 0; i < p->drivers.count; i++) {
        const struct driver_prediction *from = &p->drivers.at[i];
        struct report_driver_load *d = shape_list_add(&to->drivers, sizeof *d);
        *d = (struct report_driver_load){
            mem_strdup(from->file), mem_strdup(load_verdict_name(from->load)),
            mem_strdup(from->rule), mem_strdup(from->why), from->boot_start ? TRI_YES : TRI_NO};
    }
    for (size_t i = 0; i < p->notes.count; i++) {
        const struct policy_note *from = &p->notes.at[i];
        struct report_note *n = shape_list_add(&to->notes, sizeof *n);
        *n = (struct report_note){mem_strdup(from->rule->id), mem_strdup(from->file),
                                  mem_strdup(from->why), mem_strdup(from->rule->source),
                                  mem_strdup(confidence_name(from->rule->confidence))};
    }
}

/* A file that is missing counts only for a Windows that needs it, so each has its own view of the
 * package. */
static void predict(struct report_package *to, const struct evidence *ev,
                    const struct evidence_package *p, const struct verify_question *q)
{
    for (size_t i = 0; i < q->count; i++) {
        const struct verify_windows *w = &q->windows[i];
        struct evidence_package view = {0};
        struct prediction prediction = {0};
        evidence_view(ev, p, &w->target, &view);
        policy_judge(&(struct policy_case){ev, &view, &w->facts, q->manifest}, &prediction);
        fill_prediction(shape_list_add(&to->predictions, sizeof(struct report_prediction)),
                        &prediction, w->name);
        prediction_release(&prediction);
        evidence_view_release(&view);
    }
}

static void fill_package(struct report_package *to, const struct evidence *ev,
                         const struct evidence_package *p)
{
    char version[INF_DRIVER_VER_TEXT_MAX];
    struct inf_driver_ver ver = inf_driver_ver(&p->inf);
    inf_driver_ver_format(&ver, version, sizeof version);
    to->inf = mem_strdup(evidence_name(ev, p->inf_entry));
    to->catalog =
        p->catalog_entry == SIZE_MAX ? NULL : mem_strdup(evidence_name(ev, p->catalog_entry));
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

void verify_result_fill(const struct evidence *ev, const struct verify_question *q,
                        struct verify_result *to)
{
    to->sha256 = hex_or_null(&ev->whole.of[DIGEST_SHA256]);
    to->signature =
        report_signature_of(ev->has_signature ? authenticode_best(&ev->signature) : NULL);
    for (size_t i = 0; i < ev->packages.count; i++) {
        struct report_package *package = shape_list_add(&to->packages, sizeof *package);
        fill_package(package, ev, &ev->packages.at[i]);
        predict(package, ev, &ev->packages.at[i], q);
    }
    for (size_t i = 0; i < ev->files.count; i++)
        fill_file(shape_list_add(&to->files, sizeof(struct report_file)), ev, &ev->files.at[i]);
    fill_findings(to, &ev->findings);
}

void verify_result_fail(const char *message, struct verify_result *to)
{
    struct report_finding *finding = shape_list_add(&to->findings, sizeof *finding);
    finding->code = mem_strdup("not-looked-at");
    finding->severity = mem_strdup(finding_severity_name(FINDING_ERROR));
    finding->message = mem_strdup(message);
}

void verify_result_release(struct verify_result *r)
{
    shape_release(&result_shape, r);
}

/* --- acceptance and sums
 * ------------------------------------------------------------------------------------------ */

static bool is_word(const char *have, const char *word)
{
    return have && strcmp(have, word) == 0;
}

bool report_prediction_accepts(const struct report_prediction *p)
{
    return !is_word(p->load, "refused") && !is_word(p->install, "refused") &&
           !is_word(p->fit, "no");
}

const struct report_prediction *report_package_refusal(const struct report_package *p, bool all)
{
    const struct report_prediction *first = NULL;
    for (size_t i = 0; i < p->predictions.count; i++) {
        if (!report_prediction_accepts(&p->predictions.at[i]))
            first = first ? first : &p->predictions.at[i];
        else if (all)
            return NULL;
    }
    return first;
}

static bool is_bad_file(const struct report_file *f)
{
    return !is_word(f->integrity, "intact") && !is_word(f->integrity, "unsigned");
}

void verify_sums_add(struct verify_sums *s, const struct verify_result *r,
                     const struct verify_question *q)
{
    s->packages += r->packages.count;
    s->files += r->files.count;
    s->findings += r->findings.count;
    for (size_t i = 0; i < r->packages.count; i++) {
        const struct report_package *p = &r->packages.at[i];
        s->files += p->files.count;
        s->bad_packages += !is_word(p->integrity, "intact");
        s->refused += report_package_refusal(p, q->all) != NULL;
        for (size_t k = 0; k < p->files.count; k++)
            s->bad_files += is_bad_file(&p->files.at[k]);
    }
    for (size_t i = 0; i < r->files.count; i++)
        s->bad_files += is_bad_file(&r->files.at[i]);
    for (size_t i = 0; i < r->findings.count; i++)
        s->unseen = s->unseen || is_word(r->findings.at[i].code, "not-looked-at") ||
                    is_word(r->findings.at[i].code, "file-unreadable");
}

enum exit_code verify_sums_exit_code(const struct verify_sums *s, enum integrity verdict)
{
    if (s->unseen)
        return EXIT_CODE_FAILED;
    return verdict == INTEGRITY_INTACT && !s->refused ? EXIT_CODE_DONE : EXIT_CODE_REFUSED;
}
