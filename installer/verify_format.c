#include "installer/verify_format.h"

#include "base/mem.h"

#include <string.h>

enum {
    CELL_WIDTH = 15,
    COLUMNS_ACROSS = 5,
};

static bool is_word(const char *have, const char *word)
{
    return have && strcmp(have, word) == 0;
}

/* --- words for both kinds of reader
 * ------------------------------------------------------------------------------- */

static const char *integrity_words(enum integrity i)
{
    switch (i) {
    case INTEGRITY_INTACT: return "intact";
    case INTEGRITY_ALTERED: return "ALTERED: its bytes are not those that were signed";
    case INTEGRITY_INCOMPLETE:
    case INTEGRITY_MISSING: return "INCOMPLETE: files are missing";
    case INTEGRITY_UNSIGNED: return "UNSIGNED: nobody vouches for it";
    case INTEGRITY_UNREADABLE: break;
    }
    return "UNREADABLE: it could not be judged";
}

void verify_verdict(struct text *t, const struct verify_head *h)
{
    const struct verify_question *q = h->question;
    text_add(t, integrity_words(h->integrity));
    if (!q->count || !h->sums->packages)
        return;
    const char *link =
        h->integrity == INTEGRITY_INTACT ? h->sums->refused ? ", but " : ", and " : "; ";
    if (q->all)
        text_addf(t, "%s%s", link,
                  h->sums->refused ? "no Windows accepts all of it" : "some Windows accepts it");
    else
        text_addf(t, "%s%s %s it", link, q->windows[0].name,
                  h->sums->refused ? "does not accept" : "accepts");
}

static void add_count(struct text *t, size_t count, const char *one, const char *many)
{
    text_addf(t, "%zu %s", count, count == 1 ? one : many);
}

void verify_counts(struct text *t, const struct verify_head *h)
{
    const struct verify_sums *s = h->sums;
    text_addf(t, "%s, ", h->kind);
    if (s->packages)
        add_count(t, s->packages, "driver package, ", "driver packages, ");
    add_count(t, s->files, "file", "files");
    if (s->bad_packages)
        text_addf(t, "; %zu of the packages not intact", s->bad_packages);
    if (s->bad_files)
        text_addf(t, "; %zu of the files altered, missing or unreadable", s->bad_files);
    if (h->question->count && s->refused)
        text_addf(t, "; %zu of the packages not accepted", s->refused);
}

/* --- text
 * ---------------------------------------------------------------------------------------------------------
 */

static void add_signature(struct text *t, const char *before, const struct report_signature *s)
{
    text_addf(t, "%s%s, signed by ", before, s->integrity);
    text_add_escaped(t, s->signer ? s->signer : "(unnamed)");
    text_addf(t, " (%s, root %s)", s->digest, s->root);
    if (s->program) {
        text_add(t, ", for ");
        text_add_escaped(t, s->program);
    }
    if (is_word(s->timestamp_kind, "none"))
        text_add(t, ", no time stamp\n");
    else
        text_addf(t, ", time stamp %s %s (%s)\n", s->timestamp ? s->timestamp : "of unknown time",
                  s->timestamp_integrity, s->timestamp_kind);
}

/* How it is signed, and, with details, its hash. */
static void text_of_signatures(struct text *t, const struct report_file *f, bool details)
{
    if (f->sha256 && details)
        text_addf(t, "                 SHA-256 %s\n", f->sha256);
    for (size_t i = 0; i < f->signatures.count; i++)
        add_signature(t, "                 own signature ", &f->signatures.at[i]);
}

static void text_of_file(struct text *t, const struct report_file *f)
{
    text_addf(t, "      %-10s ", f->integrity);
    text_add_escaped(t, f->name);
    text_add(t, f->member == TRI_YES  ? "  in the catalog\n"
                : f->member == TRI_NO ? "  not in the catalog\n"
                                      : "\n");
}

static void text_of_answer(struct text *t, const char *what, const char *verdict,
                           const struct report_answer *a)
{
    text_addf(t, "          %-8s %s: ", what, verdict);
    text_add_escaped(t, a->why);
    text_addf(t, " [%s, %s: %s]\n", a->rule, a->confidence, a->source);
}

static const char *load_words(const char *load)
{
    return is_word(load, "loads")     ? "its drivers load"
           : is_word(load, "refused") ? "its drivers do not load"
                                      : "its drivers may not load";
}

static const char *install_words(const char *install)
{
    if (is_word(install, "silent"))
        return "it installs without a question";
    return is_word(install, "prompts")   ? "it installs after a question"
           : is_word(install, "refused") ? "it does not install"
                                         : "it may not install";
}

static const char *fit_words(const char *fit)
{
    if (is_word(fit, "yes"))
        return "it is for this Windows";
    return is_word(fit, "warn") ? "there is a warning"
           : is_word(fit, "no") ? "it is not for this Windows"
                                : "it may not be for this Windows";
}

static void text_of_prediction(struct text *t, const struct report_prediction *p, bool details)
{
    text_addf(t, "      on %s: %s: %s, %s, %s\n          ", p->windows,
              report_prediction_accepts(p) ? "accepted" : "NOT accepted", load_words(p->load),
              install_words(p->install), fit_words(p->fit));
    text_add_escaped(t, p->why);
    text_addf(t, " [%s, %s]\n", p->rule, p->confidence);
    if (!details)
        return;
    text_of_answer(t, "load", p->load, &p->load_basis);
    text_of_answer(t, "install", p->install, &p->install_basis);
    text_of_answer(t, "fit", p->fit, &p->fit_basis);
    for (size_t i = 0; i < p->drivers.count; i++) {
        const struct report_driver_load *d = &p->drivers.at[i];
        text_add(t, "          driver   ");
        text_add_escaped(t, d->file);
        text_addf(t, "%s %s: %s [%s]\n", d->boot_start == TRI_YES ? " (starts at boot)" : "",
                  d->load, d->why, d->rule);
    }
    for (size_t i = 0; i < p->notes.count; i++) {
        text_add(t, "          note     ");
        text_add_escaped(t, p->notes.at[i].why);
        text_addf(t, " [%s, %s: %s]\n", p->notes.at[i].rule, p->notes.at[i].confidence,
                  p->notes.at[i].source);
    }
}

static bool text_package(struct text *t, const struct report_package *p,
                         const struct verify_style *s)
{
    text_addf(t, "  %-10s ", p->integrity);
    text_add_escaped(t, p->inf);
    text_addf(t, "  %s", p->version);
    text_add(t, p->provider && *p->provider ? "  " : "");
    text_add_escaped(t, p->provider);
    text_add(t, "\n");
    if (p->signature)
        add_signature(t, "      catalog ", p->signature);
    for (size_t i = 0; i < p->predictions.count && (!s->question->all || s->details); i++)
        text_of_prediction(t, &p->predictions.at[i], s->details);
    for (size_t i = 0; i < p->files.count; i++)
        if (s->details || !is_word(p->files.at[i].integrity, "intact")) {
            text_of_file(t, &p->files.at[i]);
            if (s->details)
                text_of_signatures(t, &p->files.at[i], true);
        }
    return s->details || !is_word(p->integrity, "intact") ||
           report_package_refusal(p, s->question->all);
}

static bool text_file(struct text *t, const struct report_file *f, const struct verify_style *s)
{
    bool bad = is_word(f->integrity, "altered") || is_word(f->integrity, "unreadable");
    if (s->details || bad || f->signatures.count) {
        text_of_file(t, f);
        text_of_signatures(t, f, s->details);
    }
    return s->details || bad;
}

static bool text_finding(struct text *t, const struct report_finding *f,
                         const struct verify_style *s)
{
    if (!s->details && is_word(f->severity, "info"))
        return false;
    text_addf(t, "  %s: ", f->severity);
    if (f->file) {
        text_add_escaped(t, f->file);
        text_add(t, ": ");
    }
    text_addf(t, "%s [%s]\n", f->message, f->code);
    return s->details || is_word(f->severity, "error");
}

static void add_columns(struct text *t, const struct verify_head *h, size_t first, size_t end)
{
    const struct verify_question *q = h->question;
    text_addf(t, "\n  %-22s", "Windows");
    for (size_t c = first; c < end; c++)
        text_addf(t, "%-*c", CELL_WIDTH, (char)('A' + c % 26));
    text_add(t, "\n");
    for (size_t i = 0; i < q->count; i++) {
        text_addf(t, "  %-22s", q->windows[i].name);
        for (size_t c = first; c < end; c++)
            text_addf(t, "%-*s", CELL_WIDTH, h->matrix->columns.at[c].cells[i]);
        text_add(t, "\n");
    }
}

static void text_matrix(struct text *t, const struct verify_head *h)
{
    const struct verify_matrix *m = h->matrix;
    for (size_t c = 0; c < m->columns.count; c++) {
        const struct matrix_column *column = &m->columns.at[c];
        text_addf(t, "  %c: ", (char)('A' + c % 26));
        for (size_t i = 0; i < column->names.count; i++) {
            text_add(t, i ? ", " : "");
            text_add_escaped(t, column->names.at[i]);
        }
        if (column->packages > column->names.count)
            text_addf(t, " and %zu more", column->packages - column->names.count);
        text_add(t, "\n");
    }
    for (size_t c = 0; c < m->columns.count; c += COLUMNS_ACROSS)
        add_columns(t, h, c,
                    c + COLUMNS_ACROSS < m->columns.count ? c + COLUMNS_ACROSS : m->columns.count);
    if (m->left_out)
        text_addf(t, "  %zu more packages differ from all of these: see --json\n", m->left_out);
    text_addf(t, "\n%s\n", verify_matrix_legend());
}

static void text_head(struct text *t, const struct verify_head *h)
{
    text_add_escaped(t, h->path);
    text_add(t, ": ");
    verify_verdict(t, h);
    text_add(t, "\n  ");
    verify_counts(t, h);
    text_add(t, "\n");
    if (h->refusal) {
        text_add(t, "  ");
        text_add_escaped(t, h->refusal);
        text_add(t, "\n");
    }
    if (h->signature)
        add_signature(t, "  its own signature: ", h->signature);
    if (h->sha256)
        text_addf(t, "  SHA-256 %s\n", h->sha256);
    if (h->matrix && h->matrix->columns.count)
        text_matrix(t, h);
}

static void text_tail(struct text *t, const struct verify_head *h)
{
    if (h->left_out)
        text_addf(t, "  %zu more like these are not shown: see --details\n", h->left_out);
}

static void text_open(struct text *t)
{
    (void)t;
}

static void text_close(struct text *t, enum exit_code code)
{
    (void)t;
    (void)code;
}

const struct verify_format verify_format_text = {
    .order = {SECTION_FINDINGS, SECTION_PACKAGES, SECTION_FILES},
    .begins = {"", "", ""},
    .between = {"", "", ""},
    .ends = {"", "", ""},
    .open = text_open,
    .between_results = "\n",
    .close = text_close,
    .head = text_head,
    .tail = text_tail,
    .package = text_package,
    .file = text_file,
    .finding = text_finding,
};

/* --- JSON
 * ---------------------------------------------------------------------------------------------------------
 */

struct json_head {
    char *path, *kind, *integrity, *sha256;
    struct report_signature *signature;
};

static const struct shape_field head_fields[] = {
    FIELD(json_head, path, SHAPE_TEXT),
    FIELD(json_head, kind, SHAPE_TEXT),
    FIELD(json_head, integrity, SHAPE_TEXT),
    FIELD(json_head, sha256, SHAPE_TEXT),
    FIELD_IN(json_head, signature, SHAPE_MAYBE, report_signature_shape),
};
static const struct shape head_shape = SHAPE_OF(struct json_head, head_fields);

enum { RESULT_INDENT = 4, ITEM_INDENT = 8 };

/* Strings in JSON hold no line end, so that each begins a line of the layout. The last one is left
 * out. */
static void add_indented(struct text *t, const char *json, size_t indent)
{
    for (const char *line = json; *line;) {
        size_t size = strcspn(line, "\n");
        text_addf(t, "%*s", (int)indent, "");
        text_add_bytes(t, line, size);
        line += size;
        if (*line && *++line)
            text_add(t, "\n");
    }
}

static void json_item(struct text *t, const struct shape *shape, const void *object)
{
    char *json = shape_encode(shape, object);
    add_indented(t, json, ITEM_INDENT);
    mem_free(json);
}

static bool json_package(struct text *t, const struct report_package *p,
                         const struct verify_style *s)
{
    json_item(t,
              s->question->all && !s->details ? &report_package_short_shape : &report_package_shape,
              p);
    return true;
}

static bool json_file(struct text *t, const struct report_file *f, const struct verify_style *s)
{
    (void)s;
    json_item(t, &report_file_shape, f);
    return true;
}

static bool json_finding(struct text *t, const struct report_finding *f,
                         const struct verify_style *s)
{
    (void)s;
    json_item(t, &report_finding_shape, f);
    return true;
}

/* The object is left open for its sections. Its texts are only lent to the encoder. */
static void json_head(struct text *t, const struct verify_head *h)
{
    struct json_head head = {
        (char *)(uintptr_t)h->path,
        (char *)(uintptr_t)h->kind,
        (char *)(uintptr_t)integrity_name(h->integrity),
        (char *)(uintptr_t)h->sha256,
        (struct report_signature *)(uintptr_t)h->signature,
    };
    char *json = shape_encode(&head_shape, &head);
    json[strlen(json) - strlen("\n}\n")] = '\0';
    add_indented(t, json, RESULT_INDENT);
    mem_free(json);
}

static void json_tail(struct text *t, const struct verify_head *h)
{
    (void)h;
    text_add(t, "\n    }");
}

static void json_open(struct text *t)
{
    text_add(t, "{\n  \"schema\": 1,\n  \"command\": \"verify\",\n  \"results\": [\n");
}

static void json_close(struct text *t, enum exit_code code)
{
    text_addf(t, "\n  ],\n  \"exit_code\": %d\n}\n", (int)code);
}

const struct verify_format verify_format_json = {
    .order = {SECTION_PACKAGES, SECTION_FILES, SECTION_FINDINGS},
    .begins = {",\n      \"packages\": [\n", ",\n      \"files\": [\n",
               ",\n      \"findings\": [\n"},
    .between = {",\n", ",\n", ",\n"},
    .ends = {"\n      ]", "\n      ]", "\n      ]"},
    .open = json_open,
    .between_results = ",\n",
    .close = json_close,
    .head = json_head,
    .tail = json_tail,
    .package = json_package,
    .file = json_file,
    .finding = json_finding,
};
