#include "installer/bcd.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/bootini.h"

#include <string.h>

enum { GUID_SIZE = 38, DASHES_MIN = 3 };

/* --- spans of ASCII --------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trimmed(struct span s)
{
    while (s.size && is_blank(s.at[0]))
        s = span_from(s, 1);
    while (s.size && is_blank(s.at[s.size - 1]))
        s.size--;
    return s;
}

static struct span first(struct span s, size_t size)
{
    s.size = size;
    return s;
}

static size_t word_size(struct span s)
{
    size_t size = 0;
    while (size < s.size && !is_blank(s.at[size]))
        size++;
    return size;
}

/* The next line off *rest, without its end. */
static bool take_line(struct span *rest, struct span *line)
{
    size_t size = span_find(*rest, 0, span_text("\n"));
    if (!rest->size)
        return false;
    *line = trimmed(first(*rest, size == SIZE_MAX ? rest->size : size));
    *rest = size == SIZE_MAX ? span_of(NULL, 0) : span_from(*rest, size + 1);
    return true;
}

static bool is_word(struct span s, const char *word)
{
    return span_equal(s, span_text(word));
}

/* --- identifiers ------------------------------------------------------------------------------ */

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_guid(struct span s)
{
    if (s.size != GUID_SIZE || s.at[0] != '{' || s.at[GUID_SIZE - 1] != '}')
        return false;
    for (size_t i = 1; i < GUID_SIZE - 1; i++) {
        bool dash = i == 9 || i == 14 || i == 19 || i == 24;
        if (dash ? s.at[i] != '-' : !is_hex(s.at[i]))
            return false;
    }
    return true;
}

bool bcd_is_guid(const char *id)
{
    return id && is_guid(span_text(id));
}

/* The last word of a line, when it is "{...}": the label in front of it is of any language. */
static bool take_id(struct span line, char id[BCD_ID_MAX])
{
    size_t open = span_find(line, 0, span_text("{"));
    struct span word = span_from(line, open == SIZE_MAX ? line.size : open);
    if (word.size < 3 || word.size >= BCD_ID_MAX || word.at[word.size - 1] != '}' ||
        word_size(word) != word.size)
        return false;
    for (size_t i = 0; i < word.size; i++)
        if (word.at[i] <= ' ' || word.at[i] > '~')
            return false;
    memcpy(id, word.at, word.size);
    id[word.size] = '\0';
    return true;
}

/* --- entries ---------------------------------------------------------------------------------- */

static bool is_dashes(struct span line)
{
    for (size_t i = 0; i < line.size; i++)
        if (line.at[i] != '-')
            return false;
    return line.size >= DASHES_MIN;
}

static bool ends_with(struct span s, const char *ending)
{
    struct span e = span_text(ending);
    return s.size >= e.size && span_equal(span_from(s, s.size - e.size), e);
}

static bool read_element(struct bcd_entry *entry, struct span line, struct err *e)
{
    size_t size = word_size(line);
    struct span name = first(line, size), value = trimmed(span_from(line, size));
    if (is_word(name, "description"))
        entry->ours = ends_with(value, BOOT_ENTRY_MARK);
    if (!is_word(name, "loadoptions"))
        return true;
    if (value.size > BCD_OPTIONS_MAX)
        return err_set(e, ERR_LIMIT, "the load options of a boot entry have %zu bytes", value.size);
    entry->load_options = value;
    return true;
}

bool bcd_read(struct span output, struct bcd_entries *out, struct err *e)
{
    struct bcd_entries found = {.count = 0};
    struct span line;
    bool behind_dashes = false;
    if (output.size > BCD_OUTPUT_MAX)
        return err_set(e, ERR_LIMIT, "bcdedit said more than %d bytes", BCD_OUTPUT_MAX);
    while (take_line(&output, &line)) {
        struct bcd_entry *entry = &found.at[found.count ? found.count - 1 : 0];
        if (behind_dashes) {
            struct bcd_entry next = {.ours = false};
            if (found.count == BCD_ENTRIES_MAX)
                return err_set(e, ERR_LIMIT, "there are more than %d boot entries",
                               BCD_ENTRIES_MAX);
            if (!take_id(line, next.id))
                return err_set(e, ERR_FORMAT, "bcdedit tells of an entry without an identifier");
            found.at[found.count++] = next;
        } else if (found.count && line.size && !read_element(entry, line, e)) {
            return false;
        }
        behind_dashes = is_dashes(line);
    }
    if (!found.count)
        return err_set(e, ERR_FORMAT, "bcdedit tells of no boot entry");
    *out = found;
    return true;
}

bool bcd_read_copied(struct span output, char id[BCD_ID_MAX], struct err *e)
{
    for (size_t at = span_find(output, 0, span_text("{")); at != SIZE_MAX;
         at = span_find(output, at + 1, span_text("{"))) {
        struct span guid;
        if (!span_part(output, at, GUID_SIZE, &guid) || !is_guid(guid))
            continue;
        memcpy(id, guid.at, GUID_SIZE);
        id[GUID_SIZE] = '\0';
        return true;
    }
    return err_set(e, ERR_FORMAT, "bcdedit does not say which entry it made");
}

bool bcd_has_option(const struct bcd_entry *entry, const char *option)
{
    struct span rest = entry->load_options;
    while ((rest = trimmed(rest)).size) {
        size_t size = word_size(rest);
        char *word = mem_strndup((const char *)rest.at, size);
        bool same = text_equal_nocase(word, option);
        mem_free(word);
        if (same)
            return true;
        rest = span_from(rest, size);
    }
    return false;
}

/* --- commands --------------------------------------------------------------------------------- */

char *bcd_copy_command(void)
{
    return mem_strdup("/copy {current} /d \"Windows " BOOT_ENTRY_MARK "\"");
}

static bool can_be_said(struct span options)
{
    for (size_t i = 0; i < options.size; i++)
        if (options.at[i] < ' ' || options.at[i] > '~' || options.at[i] == '"' ||
            options.at[i] == '\\' || options.at[i] == '%')
            return false;
    return true;
}

char *bcd_set_command(const char *id, struct span load_options, const char *option, struct err *e)
{
    struct text t = {0};
    if (!bcd_is_guid(id) || !can_be_said(span_text(option))) {
        err_set(e, ERR_USAGE, "this is no boot entry, or no option for one");
        return NULL;
    }
    if (!can_be_said(load_options)) {
        err_set(e, ERR_FORMAT, "the load options of this Windows cannot be said to bcdedit again");
        return NULL;
    }
    text_addf(&t, "/set %s loadoptions \"", id);
    text_add_bytes(&t, (const char *)load_options.at, load_options.size);
    text_addf(&t, "%s%s\"", load_options.size ? " " : "", option);
    return text_steal(&t);
}

char *bcd_delete_command(const char *id, struct err *e)
{
    struct text t = {0};
    if (!bcd_is_guid(id)) {
        err_set(e, ERR_USAGE, "this is no boot entry of ours");
        return NULL;
    }
    text_addf(&t, "/delete %s", id);
    return text_steal(&t);
}
