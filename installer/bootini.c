#include "installer/bootini.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum { LINES_MAX = 1000 };

enum section { SECTION_NONE = 0, SECTION_LOADER, SECTION_SYSTEMS, SECTION_OTHER };

/* One line. text ends before the line end and before any carriage return in front of that. */
struct line {
    size_t start, end; /* of the text, offsets in the file */
    enum section section;
};

/* An entry of [operating systems]. Parts of its line. */
struct entry {
    struct span path, name, options; /* name is what stands between the quotes */
    size_t start, end;
};

struct layout {
    struct span file;
    struct span default_path;
    size_t loaders, systems, defaults; /* how often each is there */
    struct entry entries[BOOTINI_ENTRIES_MAX];
    size_t count;
    const char *line_end;
};

/* --- spans of ASCII --------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct span trimmed(struct span s)
{
    while (s.size && is_blank(s.at[0]))
        s = span_from(s, 1);
    while (s.size && is_blank(s.at[s.size - 1]))
        s.size--;
    return s;
}

static bool equal_nocase(struct span a, struct span b)
{
    for (size_t i = 0; i < a.size && a.size == b.size; i++) {
        uint8_t x = a.at[i], y = b.at[i];
        x = x >= 'A' && x <= 'Z' ? (uint8_t)(x + 32) : x;
        y = y >= 'A' && y <= 'Z' ? (uint8_t)(y + 32) : y;
        if (x != y)
            return false;
    }
    return a.size == b.size;
}

static bool is_word(struct span s, const char *word)
{
    return equal_nocase(s, span_text(word));
}

static struct span between(struct span s, size_t start, size_t end)
{
    struct span part = span_from(s, start);
    part.size = end - start;
    return part;
}

static bool ends_with(struct span s, const char *ending)
{
    struct span e = span_text(ending);
    return s.size >= e.size && span_equal(span_from(s, s.size - e.size), e);
}

static size_t find_byte(struct span s, char byte)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.at[i] == (uint8_t)byte)
            return i;
    return SIZE_MAX;
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum section section_of(struct span header)
{
    if (is_word(header, "[boot loader]") || is_word(header, "[flexboot]"))
        return SECTION_LOADER;
    return is_word(header, "[operating systems]") ? SECTION_SYSTEMS : SECTION_OTHER;
}

/* path="name" options */
static bool read_entry(struct layout *l, const struct line *line, struct err *e)
{
    struct span text = between(l->file, line->start, line->end);
    size_t equals = find_byte(text, '=');
    if (equals == SIZE_MAX)
        return err_set(e, ERR_FORMAT, "[operating systems] has a line that is no entry");
    struct span value = trimmed(span_from(text, equals + 1));
    size_t closing =
        value.size && value.at[0] == '"' ? find_byte(span_from(value, 1), '"') : SIZE_MAX;
    if (closing == SIZE_MAX)
        return err_set(e, ERR_FORMAT, "the name of an entry does not stand in quotes");
    if (l->count == BOOTINI_ENTRIES_MAX)
        return err_set(e, ERR_LIMIT, "it has more than %d entries", BOOTINI_ENTRIES_MAX);
    l->entries[l->count++] = (struct entry){
        .path = trimmed(between(text, 0, equals)),
        .name = between(value, 1, 1 + closing),
        .options = span_from(value, closing + 2),
        .start = line->start,
        .end = line->end,
    };
    return true;
}

static void read_loader_line(struct layout *l, struct span text)
{
    size_t equals = find_byte(text, '=');
    if (equals == SIZE_MAX || !is_word(trimmed(between(text, 0, equals)), "default"))
        return;
    l->defaults++;
    l->default_path = trimmed(span_from(text, equals + 1));
}

static bool read_line(struct layout *l, struct line *line, struct err *e)
{
    struct span text = trimmed(between(l->file, line->start, line->end));
    if (!text.size || text.at[0] == ';' ||
        text.at[0] == 0x1a) /* blank, comment, DOS' end of file */
        return true;
    if (text.at[0] == '[') {
        line->section = section_of(text);
        l->loaders += line->section == SECTION_LOADER;
        l->systems += line->section == SECTION_SYSTEMS;
        return true;
    }
    if (line->section == SECTION_LOADER)
        read_loader_line(l, text);
    return line->section != SECTION_SYSTEMS || read_entry(l, line, e);
}

static bool read_lines(struct layout *l, struct err *e)
{
    struct line line = {.section = SECTION_NONE};
    size_t next = 0, count = 0;
    while (next < l->file.size) {
        size_t feed = find_byte(span_from(l->file, next), '\n');
        line.start = next;
        line.end = feed == SIZE_MAX ? l->file.size : next + feed;
        next = feed == SIZE_MAX ? l->file.size : line.end + 1;
        if (feed != SIZE_MAX && !l->line_end)
            l->line_end = line.end > line.start && l->file.at[line.end - 1] == '\r' ? "\r\n" : "\n";
        while (line.end > line.start && l->file.at[line.end - 1] == '\r')
            line.end--;
        if (++count > LINES_MAX)
            return err_set(e, ERR_LIMIT, "it has more than %d lines", LINES_MAX);
        if (!read_line(l, &line, e))
            return false;
    }
    return true;
}

/* What ntldr and we would both understand, and in the same way. */
static bool read_layout(struct span file, struct layout *l, struct err *e)
{
    static const uint8_t mark_of_utf8[] = {0xef, 0xbb, 0xbf};
    *l = (struct layout){.file = file};
    if (file.size > BOOTINI_SIZE_MAX)
        return err_set(e, ERR_LIMIT, "it is larger than %d bytes", BOOTINI_SIZE_MAX);
    if (find_byte(file, '\0') != SIZE_MAX || span_starts(file, span_of(mark_of_utf8, 3)))
        return err_set(e, ERR_FORMAT, "it is Unicode or binary, which ntldr cannot read");
    if (!read_lines(l, e))
        return false;
    if (l->loaders != 1 || l->systems != 1)
        return err_set(e, ERR_FORMAT,
                       "it has %zu sections [boot loader] and %zu [operating systems]", l->loaders,
                       l->systems);
    return true;
}

static bool has_option(const struct entry *entry, const char *option)
{
    struct span rest = entry->options;
    for (;;) {
        rest = trimmed(rest);
        size_t size = 0;
        while (size < rest.size && !is_blank(rest.at[size]))
            size++;
        if (!size)
            return false;
        if (is_word(between(rest, 0, size), option))
            return true;
        rest = span_from(rest, size);
    }
}

static bool is_ours(const struct entry *entry, const char *option)
{
    return ends_with(entry->name, BOOT_ENTRY_MARK) && has_option(entry, option);
}

static bool is_option(const char *option, struct err *e)
{
    size_t size = option ? strlen(option) : 0;
    bool ok = size > 1 && size <= BOOTINI_OPTION_MAX && *option == '/';
    for (size_t i = 0; ok && i < size; i++)
        ok = option[i] > ' ' && option[i] < 0x7f && option[i] != '"';
    return ok || err_set(e, ERR_USAGE, "this is no option for boot.ini");
}

static bool read_wanted(struct span file, const char *option, struct layout *l, struct err *e)
{
    return (is_option(option, e) && read_layout(file, l, e)) ||
           err_wrap(e, "boot.ini is left as it is");
}

/* --- editing ---------------------------------------------------------------------------------- */

static void add_span(struct text *t, struct span s)
{
    text_add_bytes(t, (const char *)s.at, s.size);
}

static void finish(struct text *t, struct bootini_edit *out, size_t changed)
{
    out->value.size = t->size;
    out->value.at = (uint8_t *)text_steal(t);
    out->changed = changed;
}

static const struct entry *default_entry(const struct layout *l, struct err *e)
{
    if (l->defaults != 1)
        err_set(e, ERR_FORMAT, "it names %zu default entries", l->defaults);
    for (size_t i = 0; l->defaults == 1 && i < l->count; i++)
        if (equal_nocase(l->entries[i].path, l->default_path) &&
            !ends_with(l->entries[i].name, BOOT_ENTRY_MARK))
            return &l->entries[i];
    err_set(e, ERR_FORMAT, "the default entry is not among the operating systems");
    return NULL;
}

/* The line end goes in front of the new line, so that a file without a last line end keeps none. */
static void add_copy(struct text *t, const struct layout *l, const struct entry *from,
                     const char *option)
{
    text_add(t, l->line_end);
    add_span(t, from->path);
    text_add(t, "=\"");
    add_span(t, from->name);
    text_add(t, " " BOOT_ENTRY_MARK "\"");
    add_span(t, from->options);
    if (!has_option(from, option))
        text_addf(t, "%s%s",
                  from->options.size && is_blank(from->options.at[from->options.size - 1]) ? ""
                                                                                           : " ",
                  option);
}

static size_t ours(const struct layout *l, const char *option)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++)
        count += is_ours(&l->entries[i], option);
    return count;
}

/* What is to be copied, when there is room for one more. */
static const struct entry *source_entry(const struct layout *l, struct err *e)
{
    const struct entry *from = default_entry(l, e);
    if (!from || l->count < BOOTINI_ENTRIES_MAX)
        return from;
    err_set(e, ERR_LIMIT, "it has %d entries already", BOOTINI_ENTRIES_MAX);
    return NULL;
}

/* Else it could not be taken out again. */
static bool can_be_read(const struct text *t, struct err *e)
{
    struct layout l;
    return read_layout(span_of(t->at, t->size), &l, e) ||
           err_wrap(e, "boot.ini is left as it is: with one more entry");
}

bool bootini_add(struct span file, const char *option, struct bootini_edit *out, struct err *e)
{
    struct layout l;
    struct text t = {0};
    if (!read_wanted(file, option, &l, e))
        return false;
    bool there = ours(&l, option) > 0;
    const struct entry *from = there ? NULL : source_entry(&l, e);
    if (!there && !from)
        return err_wrap(e, "boot.ini is left as it is");
    size_t at = there ? file.size : l.entries[l.count - 1].end;
    add_span(&t, between(file, 0, at));
    if (!there)
        add_copy(&t, &l, from, option);
    add_span(&t, span_from(file, at));
    bool ok = there || can_be_read(&t, e);
    if (ok)
        finish(&t, out, there ? 0 : 1);
    text_release(&t);
    return ok;
}

/* Where the line end in front of this offset begins: a line feed, with at most one return. */
static size_t before_line_end(struct span file, size_t start)
{
    size_t at = start - 1; /* a section's header stands before: there is one */
    return at && file.at[at - 1] == '\r' ? at - 1 : at;
}

bool bootini_remove(struct span file, const char *option, struct bootini_edit *out, struct err *e)
{
    struct layout l;
    struct text t = {0};
    size_t from = 0, changed = 0;
    if (!read_wanted(file, option, &l, e))
        return false;
    for (size_t i = 0; i < l.count; i++) {
        if (!is_ours(&l.entries[i], option))
            continue;
        add_span(&t, between(file, from, before_line_end(file, l.entries[i].start)));
        from = l.entries[i].end;
        changed++;
    }
    add_span(&t, span_from(file, from));
    finish(&t, out, changed);
    return true;
}

bool bootini_count(struct span file, const char *option, size_t *count, struct err *e)
{
    struct layout l;
    if (!read_wanted(file, option, &l, e))
        return false;
    *count = ours(&l, option);
    return true;
}

void bootini_edit_release(struct bootini_edit *edit)
{
    if (!edit)
        return;
    bytes_release(&edit->value);
    memset(edit, 0, sizeof *edit);
}
