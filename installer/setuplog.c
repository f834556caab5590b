#include "installer/setuplog.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/discreet.h"
#include "installer/marks.h"

#include <string.h>

static const char title_start[] = ">>>  [", started_at[] = ">>>  Section start ",
                  exit_start[] = "<<<  [Exit status: ";

/* The section that is being read, and those that are kept: the oldest makes room. */
struct reader {
    const struct setuplog_source *source;
    struct facts_log_section now;
    bool open, concerns;
    struct facts_log_section kept[SETUPLOG_SECTIONS_MAX];
    size_t count; /* ever kept */
};

/* --- text ------------------------------------------------------------------------------------- */

/* A piece of a line, made safe, discreet and short; mem_free. */
static char *piece(const char *from, size_t size)
{
    struct text raw = {0};
    text_add_bytes(&raw, from, size);
    char *cut = discreet_cut(text_str(&raw), SETUPLOG_TEXT_MAX);
    text_release(&raw);
    return cut;
}

static char *piece_until(const char *from, char end)
{
    const char *at = strrchr(from, end);
    return piece(from, at ? (size_t)(at - from) : strlen(from));
}

static bool starts(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* --- sections --------------------------------------------------------------------------------- */

static void release_section(struct facts_log_section *s)
{
    mem_free(s->log);
    mem_free(s->title);
    mem_free(s->started);
    mem_free(s->status);
    texts_release(&s->lines);
    memset(s, 0, sizeof *s);
}

static void end_section(struct reader *r)
{
    struct facts_log_section *slot = &r->kept[r->count % SETUPLOG_SECTIONS_MAX];
    if (r->open && r->concerns) {
        release_section(slot);
        *slot = r->now;
        slot->log = mem_strdup(r->source->log);
        memset(&r->now, 0, sizeof r->now);
        r->count++;
    }
    release_section(&r->now);
    r->open = r->concerns = false;
}

static void begin_section(struct reader *r, char *title, char *started)
{
    end_section(r);
    r->open = true;
    r->now.title = title;
    r->now.started = started;
}

static void add_line(struct reader *r, const char *line)
{
    struct texts *lines = &r->now.lines;
    char *text = piece(line, strlen(line));
    if (lines->count == SETUPLOG_LINES_MAX) {
        mem_free(lines->at[0]);
        memmove(lines->at, lines->at + 1, (lines->count - 1) * sizeof *lines->at);
        lines->at[lines->count - 1] = text;
        return;
    }
    texts_add(lines, text);
    mem_free(text);
}

static bool names_one_of(const char *line, const struct texts *names)
{
    for (; *line; line++)
        for (size_t i = 0; i < names->count; i++)
            if (*names->at[i] && text_starts_nocase(line, names->at[i]))
                return true;
    return false;
}

/* "[2005/03/14 12:11:11 1234.5 Driver Install]": date, time, process, and what was done. */
static bool is_old_title(const char *line)
{
    return line[0] == '[' && strspn(line + 1, "0123456789/") == 10 && line[11] == ' ';
}

static void begin_old_section(struct reader *r, const char *line)
{
    const char *at = line + 12;
    size_t time = strcspn(at, " ]");
    char *started = piece(line + 1, 11 + time);
    at += time;
    at += strspn(at, " ");
    at += strcspn(at, " ]");
    at += strspn(at, " ");
    begin_section(r, piece_until(at, ']'), started);
}

static bool is_problem(const char *line)
{
    return line[0] == '!' || starts(line, "#E") || starts(line, "#W");
}

static void take_line(struct reader *r, const char *line)
{
    bool ends = false;
    if (starts(line, title_start)) {
        begin_section(r, piece_until(line + sizeof title_start - 1, ']'), NULL);
    } else if (is_old_title(line)) {
        begin_old_section(r, line);
    } else if (r->open && starts(line, started_at)) {
        mem_free(r->now.started);
        r->now.started = piece(line + sizeof started_at - 1, strlen(line) - sizeof started_at + 1);
    } else if (r->open && starts(line, exit_start)) {
        mem_free(r->now.status);
        r->now.status = piece_until(line + sizeof exit_start - 1, ']');
        ends = true;
    } else if (r->open && is_problem(line)) {
        add_line(r, line);
    }
    r->concerns =
        r->concerns || (r->open && (marks_text(line) || names_one_of(line, r->source->names)));
    if (ends)
        end_section(r);
}

/* --- lines ------------------------------------------------------------------------------------ */

static bool is_utf16(struct span bytes)
{
    return bytes.size >= 2 && bytes.at[0] == 0xff && bytes.at[1] == 0xfe;
}

/* The next line without its end; false at the end of the bytes. */
static bool next_line(struct span *left, struct span *line)
{
    if (!left->size)
        return false;
    const uint8_t *end = memchr(left->at, '\n', left->size);
    size_t size = end ? (size_t)(end - left->at) : left->size;
    *line = span_of(left->at, size);
    *left = span_from(*left, end ? size + 1 : size);
    if (line->size && line->at[line->size - 1] == '\r')
        line->size--;
    return true;
}

static void read_lines(struct reader *r, struct span bytes)
{
    struct span line;
    while (next_line(&bytes, &line)) {
        struct text t = {.ceiling = 1 << 16};
        if (text_is_utf8(line))
            text_add_bytes(&t, (const char *)line.at, line.size);
        else
            text_add_cp1252(&t, line);
        take_line(r, text_str(&t));
        text_release(&t);
    }
    end_section(r);
}

static void hand_over(struct reader *r, struct facts *f)
{
    size_t count = r->count < SETUPLOG_SECTIONS_MAX ? r->count : SETUPLOG_SECTIONS_MAX;
    for (size_t i = 1; i <= count; i++) {
        struct facts_log_section *s = &r->kept[(r->count - i) % SETUPLOG_SECTIONS_MAX];
        *(struct facts_log_section *)shape_list_add(&f->log_sections, sizeof *s) = *s;
        memset(s, 0, sizeof *s);
    }
}

void setuplog_read(const struct setuplog_source *source, struct facts *f)
{
    struct reader r = {.source = source};
    struct text wide = {0};
    if (is_utf16(source->bytes)) {
        text_add_utf16le(&wide, span_from(source->bytes, 2));
        read_lines(&r, span_text(text_str(&wide)));
    } else {
        read_lines(&r, source->bytes);
    }
    text_release(&wide);
    hand_over(&r, f);
}
