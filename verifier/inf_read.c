/*
 * inf_read: from bytes to lines. The grammar is SetupAPI's, as measured on Windows by Wine's
 * conformance tests (dlls/setupapi/tests/parser.c) where the documents are silent: a NUL reads as a
 * space, ^Z ends the file, quotes do not cross a line, a semicolon begins a comment everywhere but
 * in quotes.
 */
#include "verifier/inf_store.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { END_OF_FILE = 0x1a, SECTION_NAME_MAX = 255 };

/* --- decoding --- */

static enum inf_encoding encoding_of(struct span file, size_t *skip)
{
    static const struct {
        const char *mark;
        size_t size;
        enum inf_encoding encoding;
    } marks[] = {
        {"\xff\xfe", 2, INF_UTF16LE}, {"\xfe\xff", 2, INF_UTF16BE}, {"\xef\xbb\xbf", 3, INF_UTF8}};
    uint16_t unit = 0;

    *skip = 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (span_starts(file, span_of(marks[i].mark, marks[i].size))) {
            *skip = marks[i].size;
            return marks[i].encoding;
        }
    }
    /* Without a mark Windows guesses (IsTextUnicode); an INF's first character is ASCII, so this is
     * enough. */
    if (span_u16(file, 0, &unit) && unit && unit < 0x80 && file.size % 2 == 0)
        return INF_UTF16LE;
    return INF_ANSI;
}

static void add_decoded(struct text *t, struct span piece, enum inf_encoding encoding)
{
    switch (encoding) {
    case INF_UTF16LE: text_add_utf16le(t, piece); break;
    case INF_UTF16BE: text_add_utf16be(t, piece); break;
    case INF_UTF8: text_add_bytes(t, (const char *)piece.at, piece.size); break;
    case INF_ANSI:
    case INF_ENCODING_UNKNOWN: text_add_cp1252(t, piece); break;
    }
}

/* The size of s up to the first NUL character of unit bytes. */
static size_t until_nul(struct span s, size_t unit)
{
    size_t i = 0;
    for (; i + unit <= s.size; i += unit)
        if (!s.at[i] && !s.at[i + unit - 1])
            break;
    return i;
}

/* Broken UTF-8 is read as bytes of code page 1252, so that what comes out is always valid. */
static void decode(struct span file, struct inf *inf, struct text *t, struct inf_report *r)
{
    size_t skip = 0;
    enum inf_encoding encoding = encoding_of(file, &skip);
    if (!skip && encoding == INF_UTF16LE)
        inf_report(r, FINDING_WARNING, "inf-encoding", 1,
                   "UTF-16 without a byte order mark: Windows has to guess");
    file = span_from(file, skip);
    inf->encoding = encoding;
    if (encoding == INF_UTF8 && !text_is_utf8(file)) {
        inf_report(r, FINDING_WARNING, "inf-encoding", 1,
                   "has a UTF-8 mark but is not valid UTF-8");
        encoding = INF_ANSI;
    }
    size_t unit = encoding == INF_UTF16LE || encoding == INF_UTF16BE ? 2 : 1, nuls = 0;
    while (file.size >= unit) {
        struct span piece = {NULL, 0};
        size_t size = until_nul(file, unit);
        if (span_part(file, 0, size, &piece))
            add_decoded(t, piece, encoding);
        file = span_from(file, size);
        if (file.size >= unit) {
            text_add(t, " ");
            nuls++;
            file = span_from(file, unit);
        }
    }
    if (nuls)
        inf_report(r, FINDING_WARNING, "inf-nul", 0, "holds %lu NUL characters, read as spaces",
                   (unsigned long)nuls);
}

/* --- cutting up --- */

/*
 * in runs ahead of out in the same buffer: a token is never longer than what it was read from, and
 * its NUL goes where its separator was, or is the buffer's own.
 */
struct reader {
    char *in, *end, *out;
    char *no_continuation; /* a backslash before this place was seen not to end its line */
    uint32_t number;
    struct inf_store *store;
    struct inf_report *report;
    struct inf *inf;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static bool at_end_of_line(const struct reader *p)
{
    return p->in == p->end || *p->in == '\n';
}

static void skip_spaces(struct reader *p)
{
    while (p->in < p->end && is_space(*p->in))
        p->in++;
}

/* To the first character of the next line. */
static void skip_line(struct reader *p)
{
    char *newline = memchr(p->in, '\n', (size_t)(p->end - p->in));
    p->in = newline ? newline + 1 : p->end;
    if (newline)
        p->number++;
}

/*
 * Standing on a backslash: is it, with only blanks, more backslashes and a comment behind it, the
 * last of its line? Then go to the first character of the next line that is no blank.
 */
static bool take_continuation(struct reader *p)
{
    if (p->in < p->no_continuation)
        return false;
    char *at = p->in;
    while (at < p->end && (*at == '\\' || is_space(*at)))
        at++;
    if (at < p->end && *at != '\n' && *at != ';') {
        p->no_continuation = at;
        return false;
    }
    p->in = at;
    skip_line(p);
    skip_spaces(p);
    return true;
}

/*
 * The inside of quotes, up to and with the closing one or up to the end of the line, which closes
 * them too.
 */
static void take_quoted(struct reader *p)
{
    for (p->in++; !at_end_of_line(p); p->in++) {
        if (*p->in == '"') {
            p->in++;
            if (p->in == p->end || *p->in != '"')
                return;
        }
        *p->out++ = *p->in;
    }
    inf_report(p->report, FINDING_INFO, "inf-quote", p->number,
               "a quote is not closed on its line");
    while (p->out[-1] == '\r') /* never runs below the token: the quote itself stood there */
        p->out--;
}

/*
 * One token up to (not with) a comma, a comment, the end of the line or, in a key, "=". Blanks
 * around it go; those in quotes stay. Returns its start; it is not yet ended by a NUL.
 */
static char *take_token(struct reader *p, bool in_key)
{
    char *start = p->out, *keep = p->out;
    skip_spaces(p);
    while (!at_end_of_line(p) && *p->in != ',' && *p->in != ';' && !(in_key && *p->in == '=')) {
        if (*p->in == '\\' && take_continuation(p)) {
            p->out = keep;
        } else if (*p->in == '"') {
            take_quoted(p);
            keep = p->out;
        } else {
            *p->out++ = *p->in;
            if (!is_space(*p->in))
                keep = p->out;
            p->in++;
        }
    }
    p->out = keep;
    return start;
}

/* Cut text after most characters; false when it was no longer than that. */
static bool cut_after(char *text, size_t most)
{
    size_t n = 0;
    for (; *text; text++) {
        n += (*text & 0xc0) != 0x80;
        if (n > most) {
            *text = '\0';
            return true;
        }
    }
    return false;
}

static bool add_token(struct reader *p, char *token, struct err *e)
{
    struct inf_store *s = p->store;
    if (s->raw_count >= INF_FIELDS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d fields", INF_FIELDS_MAX);
    s->raw = mem_grow(s->raw, s->raw_count, &s->raw_room, sizeof *s->raw);
    s->raw[s->raw_count++] = token;
    if (token && cut_after(token, INF_FIELD_MAX))
        inf_report(p->report, FINDING_WARNING, "inf-field-too-long", p->number,
                   "a field is longer than the %d characters that Windows reads", INF_FIELD_MAX);
    return true;
}

/* End the token and step over its separator, which makes room for the NUL. */
static char *end_token(struct reader *p, char *start)
{
    char separator = p->in < p->end ? *p->in : '\0';
    if (separator == ',' || separator == '=')
        p->in++;
    else
        skip_line(p);
    *p->out++ = '\0';
    return start;
}

/* The rest of a line after its first token: fields as long as commas lead to one more. */
static bool take_fields(struct reader *p, struct inf_raw_line *line, struct err *e)
{
    for (bool more = true; more;) {
        char *start = take_token(p, false);
        more = p->in < p->end && *p->in == ',';
        if (!add_token(p, end_token(p, start), e))
            return false;
        line->count++;
    }
    return true;
}

static bool take_line(struct reader *p, struct err *e)
{
    struct inf_store *s = p->store;
    struct inf_raw_line line = {.first = (uint32_t)s->raw_count, .number = p->number};
    char *start = take_token(p, true);
    char separator = p->in < p->end ? *p->in : '\0';
    start = end_token(p, start);
    bool single = separator != ',' && separator != '=';
    if (single && !*start)
        return true; /* nothing but a continuation or a comment */
    if (s->line_count >= INF_LINES_MAX)
        return err_set(e, ERR_LIMIT, "more than %d lines", INF_LINES_MAX);
    if (!add_token(p, separator == ',' ? NULL : start, e))
        return false;
    if (separator != '=') {
        line.count = 1;
        if (!add_token(p, start, e))
            return false;
    }
    if (!single && !take_fields(p, &line, e))
        return false;
    s->raw_lines = mem_grow(s->raw_lines, s->line_count, &s->line_room, sizeof *s->raw_lines);
    s->raw_lines[s->line_count++] = line;
    return true;
}

/* "[name] anything": the rest of the line is ignored, as SetupAPI does. */
static bool take_header(struct reader *p, struct err *e)
{
    struct inf_store *s = p->store;
    struct inf_header header = {
        .number = p->number, .first_line = (uint32_t)s->line_count, .name = p->out};
    for (p->in++; !at_end_of_line(p) && *p->in != ']'; p->in++)
        *p->out++ = *p->in;
    bool closed = p->in < p->end && *p->in == ']';
    skip_line(p);
    *p->out++ = '\0';
    if (!closed || cut_after(header.name, SECTION_NAME_MAX)) {
        p->inf->refused = true;
        inf_report(p->report, FINDING_ERROR, "inf-section-name", header.number, "%s",
                   closed
                       ? "a section's name is longer than 255 characters: Windows refuses the file"
                       : "a section's name has no ']': Windows refuses the file");
    }
    if (s->header_count >= INF_SECTIONS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d sections", INF_SECTIONS_MAX);
    s->headers = mem_grow(s->headers, s->header_count, &s->header_room, sizeof *s->headers);
    s->headers[s->header_count++] = header;
    return true;
}

/*
 * Text before the first section: SetupAPI takes it (measured by Wine's tests, and shipped signed by
 * vendors) where the file has a [Strings] section anywhere, and refuses the file otherwise.
 */
static void judge_early_text(struct reader *p, uint32_t number)
{
    for (size_t i = 0; i < p->store->header_count; i++) {
        if (text_equal_nocase(p->store->headers[i].name, "Strings")) {
            inf_report(p->report, FINDING_INFO, "inf-before-section", number,
                       "text before the first section");
            return;
        }
    }
    p->inf->refused = true;
    inf_report(p->report, FINDING_ERROR, "inf-before-section", number,
               "text before the first section, and no [Strings]: Windows refuses the file");
}

static bool take_all(struct reader *p, struct err *e)
{
    uint32_t early = 0;
    while (p->in < p->end) {
        skip_spaces(p);
        if (at_end_of_line(p) || *p->in == ';') {
            skip_line(p);
        } else if (*p->in == '[') {
            if (!take_header(p, e))
                return false;
        } else if (p->store->header_count) {
            if (!take_line(p, e))
                return false;
        } else {
            early = early ? early : p->number;
            skip_line(p);
        }
    }
    if (early)
        judge_early_text(p, early);
    return true;
}

bool inf_read(struct span file, struct inf *inf, struct inf_report *r, struct err *e)
{
    struct text t = {0};
    if (file.size > INF_BYTES_MAX)
        return err_set(e, ERR_LIMIT, "larger than %d bytes", INF_BYTES_MAX);
    decode(file, inf, &t, r);
    if (t.full) {
        text_release(&t);
        return err_set(e, ERR_LIMIT, "larger than the text limit once decoded");
    }
    size_t size = t.size;
    inf->store->text = text_steal(&t);
    char *end = memchr(inf->store->text, END_OF_FILE, size);
    struct reader p = {.in = inf->store->text,
                       .out = inf->store->text,
                       .store = inf->store,
                       .report = r,
                       .inf = inf};
    p.end = end ? end : p.in + size;
    p.no_continuation = p.in;
    p.number = 1;
    return take_all(&p, e);
}
