#include "base/fold.h"

#include "base/text.h"

#include <stdbool.h>
#include <string.h>

enum { SECOND_COLUMN_MAX = 16, HANG = 2, ESCAPE = 0x1b };

/* The size of a colour sequence, "\33[1;31m", at the beginning of text, or 0. */
static size_t colour_size(const char *text, size_t size)
{
    size_t i = 2;
    if (size < 3 || text[0] != ESCAPE || text[1] != '[')
        return 0;
    while (i < size && (text[i] == ';' || (text[i] >= '0' && text[i] <= '9')))
        i++;
    return i < size && text[i] == 'm' ? i + 1 : 0;
}

static size_t columns_of(const char *text, size_t size)
{
    size_t columns = 0;
    for (size_t i = 0; i < size;) {
        size_t colour = colour_size(text + i, size - i);
        columns += !colour && ((unsigned char)text[i] & 0xc0) != 0x80;
        i += colour ? colour : 1;
    }
    return columns;
}

static size_t spaces_at(const char *line, size_t size)
{
    size_t i = 0;
    while (i < size && line[i] == ' ')
        i++;
    return i;
}

/* Where the line goes on: below its second column, after two spaces or more, or a bit further in
 * than it began. */
static size_t hang_of(const char *line, size_t size)
{
    size_t start = spaces_at(line, size);
    for (size_t i = start; i < size && i < SECOND_COLUMN_MAX; i++) {
        size_t gap = spaces_at(line + i, size - i);
        if (gap >= 2 && i + gap < size && i + gap <= SECOND_COLUMN_MAX)
            return columns_of(line, i + gap);
    }
    return start + HANG;
}

static size_t word_size(const char *line, size_t size)
{
    size_t i = 0;
    while (i < size && line[i] != ' ')
        i++;
    return i;
}

static void add_spaces(struct text *t, size_t count)
{
    for (size_t i = 0; i < count; i++)
        text_add(t, " ");
}

static void fold_line(struct text *t, const char *line, size_t size, size_t columns)
{
    size_t hang = hang_of(line, size), used = 0;
    bool fresh = true; /* no word stands on this line yet */
    if (columns_of(line, size) <= columns) {
        text_add_bytes(t, line, size);
        return;
    }
    while (size) {
        size_t gap = spaces_at(line, size), word = word_size(line + gap, size - gap);
        size_t width = columns_of(line + gap, word);
        if (!fresh && used + gap + width > columns) {
            text_add(t, "\n");
            add_spaces(t, hang);
            used = hang + width;
        } else {
            add_spaces(t, gap);
            used += gap + width;
        }
        text_add_bytes(t, line + gap, word);
        fresh = fresh && !word;
        line += gap + word;
        size -= gap + word;
    }
}

char *fold(const char *text, size_t columns)
{
    struct text t = {0};
    while (*text) {
        size_t size = strcspn(text, "\n");
        fold_line(&t, text, size, columns);
        text += size;
        if (*text) {
            text_add(&t, "\n");
            text++;
        }
    }
    return text_steal(&t);
}
