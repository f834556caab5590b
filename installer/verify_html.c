#include "installer/html.h"
#include "installer/verify_format.h"

#include <string.h>

static bool is_word(const char *have, const char *word)
{
    return have && strcmp(have, word) == 0;
}

static const char *class_of(const char *integrity)
{
    return is_word(integrity, "intact") ? "good" : is_word(integrity, "unsigned") ? "warn" : "bad";
}

static void add_signature(struct text *t, const struct report_signature *s)
{
    text_addf(t, "%s, signed by <b>", s->integrity);
    html_add(t, s->signer ? s->signer : "(unnamed)");
    text_addf(t, "</b> (%s, root %s)", s->digest, s->root);
    if (s->program) {
        text_add(t, ", for ");
        html_add(t, s->program);
    }
    if (is_word(s->timestamp_kind, "none"))
        text_add(t, ", no time stamp");
    else
        text_addf(t, ", time stamp %s %s (%s)", s->timestamp ? s->timestamp : "of unknown time",
                  s->timestamp_integrity, s->timestamp_kind);
}

static void add_file(struct text *t, const struct report_file *f)
{
    text_addf(t, "<tr><td class=%s>%s<td>", class_of(f->integrity), f->integrity);
    html_add(t, f->name);
    text_add(t, f->member == TRI_YES  ? "<td>in the catalog"
                : f->member == TRI_NO ? "<td>not in the catalog"
                                      : "<td>");
    text_add(t, "<td>");
    for (size_t i = 0; i < f->signatures.count; i++) {
        text_add(t, i ? "<br>" : "");
        add_signature(t, &f->signatures.at[i]);
    }
    if (f->sha256)
        text_addf(t, "<br><code>%s</code>", f->sha256);
    text_add(t, "\n");
}

static void add_prediction(struct text *t, const struct report_prediction *p)
{
    text_addf(t, "<tr><td>%s<td class=%s>%s<td>load %s<td>install %s<td>fit %s<td>", p->windows,
              report_prediction_accepts(p) ? "good" : "bad",
              report_prediction_accepts(p) ? "accepted" : "not accepted", p->load, p->install,
              p->fit);
    html_add(t, p->why);
    text_addf(t, " <i>%s, %s: ", p->rule, p->confidence);
    html_add(t, p->source);
    text_add(t, "</i>\n");
}

static bool html_package(struct text *t, const struct report_package *p,
                         const struct verify_style *s)
{
    text_addf(t, "<details%s><summary><span class=%s>%s</span> ",
              s->details || !is_word(p->integrity, "intact") ? " open" : "", class_of(p->integrity),
              p->integrity);
    html_add(t, p->inf);
    text_add(t, " ");
    html_add(t, p->version);
    text_add(t, " ");
    html_add(t, p->provider);
    text_add(t, "</summary>\n");
    if (p->signature) {
        text_add(t, "<p>Catalog ");
        html_add(t, p->catalog);
        text_add(t, ": ");
        add_signature(t, p->signature);
        text_add(t, "\n");
    }
    text_add(t, p->predictions.count ? "<table><caption>What Windows will do</caption>\n" : "");
    for (size_t i = 0; i < p->predictions.count; i++)
        add_prediction(t, &p->predictions.at[i]);
    text_add(t, p->predictions.count ? "</table>\n" : "");
    text_add(t, "<table><caption>Files</caption>\n");
    for (size_t i = 0; i < p->files.count; i++)
        add_file(t, &p->files.at[i]);
    text_add(t, "</table></details>\n");
    return true;
}

static bool html_file(struct text *t, const struct report_file *f, const struct verify_style *s)
{
    (void)s;
    add_file(t, f);
    return true;
}

static bool html_finding(struct text *t, const struct report_finding *f,
                         const struct verify_style *s)
{
    if (is_word(f->severity, "info") && !s->details)
        return true;
    text_addf(t, "<li class=%s>", is_word(f->severity, "error") ? "bad" : "warn");
    if (f->file) {
        html_add(t, f->file);
        text_add(t, ": ");
    }
    html_add(t, f->message);
    text_addf(t, " <i>%s</i>\n", f->code);
    return true;
}

static void html_matrix(struct text *t, const struct verify_head *h)
{
    const struct verify_matrix *m = h->matrix;
    text_add(t,
             "<table class=matrix><caption>Verdicts by Windows</caption><tr><th scope=col>Windows");
    for (size_t c = 0; c < m->columns.count; c++) {
        text_add(t, "<th scope=col>");
        for (size_t i = 0; i < m->columns.at[c].names.count; i++) {
            text_add(t, i ? "<br>" : "");
            html_add(t, m->columns.at[c].names.at[i]);
        }
        if (m->columns.at[c].packages > m->columns.at[c].names.count)
            text_addf(t, "<br>and %zu more",
                      m->columns.at[c].packages - m->columns.at[c].names.count);
    }
    text_add(t, "\n");
    for (size_t i = 0; i < h->question->count; i++) {
        text_addf(t, "<tr><th scope=row>%s", h->question->windows[i].name);
        for (size_t c = 0; c < m->columns.count; c++)
            text_addf(t, "<td>%s", m->columns.at[c].cells[i]);
        text_add(t, "\n");
    }
    text_addf(t, "</table><pre>%s</pre>\n", verify_matrix_legend());
}

static void html_head(struct text *t, const struct verify_head *h)
{
    bool good = h->integrity == INTEGRITY_INTACT && !h->sums->refused && !h->sums->unseen;
    text_add(t, "<section><h2>");
    html_add(t, h->path);
    text_addf(t, "</h2>\n<p class='verdict %s'>", good ? "good" : "bad");
    verify_verdict(t, h);
    text_add(t, "\n<p>");
    verify_counts(t, h);
    text_add(t, "\n");
    if (h->refusal) {
        text_add(t, "<p class=bad>");
        html_add(t, h->refusal);
        text_add(t, "\n");
    }
    if (h->signature) {
        text_add(t, "<p>Its own signature: ");
        add_signature(t, h->signature);
        text_add(t, "\n");
    }
    if (h->sha256)
        text_addf(t, "<p>SHA-256 <code>%s</code>\n", h->sha256);
    if (h->matrix && h->matrix->columns.count)
        html_matrix(t, h);
}

static void html_tail(struct text *t, const struct verify_head *h)
{
    (void)h;
    text_add(t, "</section>\n");
}

static void html_begin(struct text *t)
{
    html_open(t, "xenpv verify");
    text_add(t, "<header><h1>Driver packages, verified by xenpv " XENPV_VERSION
                "</h1></header>\n<main>\n");
}

static void html_end(struct text *t, enum exit_code code)
{
    text_addf(t, "</main>\n<footer><p>Exit code %d: %s.</footer>\n", (int)code,
              exit_code_words((int)code));
    html_close(t);
}

const struct verify_format verify_format_html = {
    .order = {SECTION_FINDINGS, SECTION_PACKAGES, SECTION_FILES},
    .begins = {"<h3>Driver packages</h3>\n",
               "<h3>Other files</h3>\n<table><caption>Files outside of packages</caption>\n",
               "<h3>Findings</h3>\n<ul>\n"},
    .between = {"", "", ""},
    .ends = {"", "</table>\n", "</ul>\n"},
    .open = html_begin,
    .between_results = "",
    .close = html_end,
    .head = html_head,
    .tail = html_tail,
    .package = html_package,
    .file = html_file,
    .finding = html_finding,
};
