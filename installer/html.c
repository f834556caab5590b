#include "installer/html.h"

#include "base/mem.h"

#include <string.h>

static const char style[] =
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Tahoma,sans-serif;margin:0 auto;"
    "max-width:70rem;padding:1rem;color:#1c2228;background:#fff;overflow-wrap:anywhere}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}\n"
    "h2{font-size:1.25rem;margin:2rem 0 .5rem;border-bottom:2px solid #d3d9df}\n"
    "h3{font-size:1rem;margin:0}\n"
    "p,dl,ul,ol{margin:.5rem 0}ol,ul{padding-left:1.25rem}\n"
    ".muted,i{color:#545e68}\n"
    ".verdict{font-size:1.25rem;font-weight:bold}\n"
    ".good{color:#14582a}.warn{color:#714500}.bad{color:#951414}.unknown{color:#454d56}\n"
    ".box{border:1px solid #d3d9df;border-left:.5rem solid;border-radius:.25rem;"
    "padding:.5rem .75rem;margin:.75rem 0}\n"
    ".box>*{color:#1c2228}.box.good{background:#e9f5ec;border-color:#2b7a43}\n"
    ".box.warn{background:#fdf4df;border-color:#a66a00}.box.bad{background:#fcebeb;"
    "border-color:#b52222}\n"
    ".box.unknown{background:#f0f2f4;border-color:#6b7580}\n"
    ".box.good .word{color:#14582a}.box.warn .word{color:#714500}.box.bad .word{color:#951414}\n"
    "dl{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;gap:.125rem 1rem}\n"
    "dt{font-weight:bold}dd{margin:0}\n"
    "code,pre{font:.875rem/1.4 ui-monospace,Consolas,'Liberation Mono',monospace}\n"
    "pre{white-space:pre-wrap;background:#f4f6f8;padding:.5rem;margin:.5rem 0}\n"
    "table{border-collapse:collapse;margin:.5rem 0;font-size:.9375rem}\n"
    "caption{text-align:left;font-weight:bold}\n"
    "th,td{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid #e3e7eb}\n"
    ".scroll{overflow-x:auto;overflow-wrap:normal}.scroll td{min-width:4rem}\n"
    ".scroll td.id{overflow-wrap:anywhere;min-width:12rem}\n"
    ".matrix td,.matrix th{border:1px solid #d3d9df;padding:.2rem .5rem}\n"
    "details{border:1px solid #d3d9df;border-radius:.25rem;margin:.5rem 0;padding:.25rem .75rem}\n"
    "summary{cursor:pointer;padding:.25rem 0}summary:focus-visible{outline:2px solid #0b57a4}\n"
    "a{color:#0b4f94}section{margin:0}footer{margin-top:2rem;border-top:2px solid #d3d9df}\n"
    ".stack{display:flex;flex-wrap:wrap;gap:1rem 2rem;align-items:flex-start}\n"
    ".stack svg{flex:1 1 18rem;max-width:30rem;height:auto}.stack>div{flex:1 1 18rem;min-width:0;max-width:100%}\n"
    "svg text{font-family:system-ui,-apple-system,'Segoe UI',Tahoma,sans-serif;fill:#1c2228;"
    "font-size:12px}\n"
    "svg .title{font-size:13px;font-weight:bold}svg .line{fill:none;stroke:#6b7580;"
    "stroke-width:2}\n"
    "svg .frame{stroke-width:1.5}svg .sign{fill:none;stroke:#fff;stroke-width:2.2}\n"
    "svg .good .frame{fill:#e9f5ec;stroke:#2b7a43}svg .good .seal{fill:#2b7a43}\n"
    "svg .warn .frame{fill:#fdf4df;stroke:#a66a00}svg .warn .seal{fill:#a66a00}\n"
    "svg .bad .frame{fill:#fcebeb;stroke:#b52222;stroke-width:3}svg .bad .seal{fill:#b52222}\n"
    "svg .unknown .frame{fill:#f0f2f4;stroke:#6b7580;stroke-dasharray:5 3}"
    "svg .unknown .seal{fill:#6b7580}\n"
    "@media(max-width:30rem){body{padding:.75rem}dl{grid-template-columns:1fr}"
    "dd{margin:0 0 .25rem .75rem}}\n"
    "@media print{body{max-width:none;padding:0;font-size:10pt}.screen{display:none}"
    "details{border:0;padding:0}details::details-content{content-visibility:visible;display:block;"
    "height:auto}details:not([open])>*{display:block}"
    "section,.box,tr{break-inside:avoid-page}"
    ".scroll{overflow:visible}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

static void add_byte(struct text *t, char c)
{
    switch (c) {
    case '&': text_add(t, "&amp;"); break;
    case '<': text_add(t, "&lt;"); break;
    case '>': text_add(t, "&gt;"); break;
    case '"': text_add(t, "&quot;"); break;
    case '\'': text_add(t, "&#39;"); break;
    default: text_add_bytes(t, &c, 1); break;
    }
}

void html_add(struct text *t, const char *hostile)
{
    struct text safe = {0};
    if (!hostile)
        return;
    text_add_escaped(&safe, hostile);
    for (const char *c = text_str(&safe); *c; c++)
        add_byte(t, *c);
    text_release(&safe);
}

void html_add_lines(struct text *t, const char *hostile)
{
    while (hostile && *hostile) {
        size_t size = strcspn(hostile, "\n");
        char *line = mem_strndup(hostile, size);
        html_add(t, line);
        mem_free(line);
        hostile += size;
        if (*hostile) {
            text_add(t, "\n");
            hostile++;
        }
    }
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

void html_add_short(struct text *t, const char *hostile, size_t characters)
{
    struct text safe = {0};
    size_t all = 0, seen = 0;
    if (!hostile)
        return;
    text_add_escaped(&safe, hostile);
    for (const char *c = text_str(&safe); *c; c++)
        all += begins_character(*c);
    for (const char *c = text_str(&safe); *c; c++) {
        seen += begins_character(*c);
        if (all > characters && seen >= characters) {
            text_add(t, "\xe2\x80\xa6");
            break;
        }
        add_byte(t, *c);
    }
    text_release(&safe);
}

void html_element(struct text *t, const char *start, const char *hostile)
{
    text_addf(t, "<%s>", start);
    html_add(t, hostile);
    text_addf(t, "</%.*s>", (int)strcspn(start, " "), start);
}

void html_add_link(struct text *t, const char *hostile)
{
    bool is_address = hostile && strncmp(hostile, "https://", 8) == 0 && !strchr(hostile, ' ');
    if (is_address) {
        text_add(t, "<a rel=\"noreferrer\" href=\"");
        html_add(t, hostile);
        text_add(t, "\">");
    }
    html_add(t, hostile);
    text_add(t, is_address ? "</a>" : "");
}

void html_pair(struct text *t, const char *term, const char *hostile)
{
    if (!hostile || !*hostile)
        return;
    html_element(t, "dt", term);
    html_element(t, "dd", hostile);
    text_add(t, "\n");
}

void html_pair_number(struct text *t, const char *term, const struct number *n)
{
    struct text digits = {0};
    if (n->known)
        text_addf(&digits, "%llu", (unsigned long long)n->value);
    html_pair(t, term, text_str(&digits));
    text_release(&digits);
}

void html_begin_table(struct text *t, size_t rows, const char *caption, const char *const *columns)
{
    if (!rows) {
        text_addf(t, "<p>%s: none.</p>\n", caption);
        return;
    }
    text_addf(t, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>",
              caption);
    html_element(t, "caption", caption);
    text_add(t, "\n<thead><tr>");
    for (; *columns; columns++)
        html_element(t, "th scope=\"col\"", *columns);
    text_add(t, "</tr></thead>\n<tbody>\n");
}

void html_end_table(struct text *t, size_t rows)
{
    if (rows)
        text_add(t, "</tbody></table></div>\n");
    if (rows > HTML_ROWS_MAX)
        text_addf(t, "<p>and %zu more, which the JSON has</p>\n", rows - HTML_ROWS_MAX);
}

void html_begin_details(struct text *t, const char *summary)
{
    text_add(t, "<details>");
    html_element(t, "summary", summary);
    text_add(t, "\n");
}

void html_end_details(struct text *t)
{
    text_add(t, "</details>\n");
}

void html_open(struct text *t, const char *title)
{
    html_open_styled(t, title, "");
}

void html_open_styled(struct text *t, const char *title, const char *rules)
{
    text_add(t, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"referrer\" content=\"no-referrer\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" "
                "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    html_element(t, "title", title);
    text_add(t, "\n<style>\n");
    text_add(t, style);
    text_add(t, rules);
    text_add(t, "</style>\n</head>\n<body>\n");
}

void html_close(struct text *t)
{
    text_add(t, "</body>\n</html>\n");
}
