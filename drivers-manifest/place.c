#include "drivers-manifest/place.h"

#include "base/mem.h"

#include <string.h>

/* The scanner: what is left to read of text. */
struct scan {
    struct span text;
    size_t at;
};

static int peek(const struct scan *s)
{
    return s->at < s->text.size ? s->text.at[s->at] : -1;
}

static void skip_blanks(struct scan *s)
{
    int c;
    while ((c = peek(s)) == ' ' || c == '\t' || c == '\r' || c == '\n')
        s->at++;
}

/* Blanks, then this character. */
static bool take(struct scan *s, char wanted)
{
    skip_blanks(s);
    if (peek(s) != wanted)
        return false;
    s->at++;
    return true;
}

static bool skip_string(struct scan *s)
{
    if (!take(s, '"'))
        return false;
    for (; s->at < s->text.size; s->at++) {
        if (s->text.at[s->at] == '"') {
            s->at++;
            return true;
        }
        if (s->text.at[s->at] == '\\')
            s->at++;
    }
    s->at = s->text.size;
    return false;
}

/* A number, true, false or null. */
static bool skip_word(struct scan *s)
{
    size_t begun = s->at;
    while (s->at < s->text.size && !memchr(",]} \t\r\n", s->text.at[s->at], 7))
        s->at++;
    return s->at > begun;
}

/* One value, however deep: brackets are counted, not followed. */
static bool skip_value(struct scan *s)
{
    size_t depth = 0;
    do {
        skip_blanks(s);
        switch (peek(s)) {
        case -1: return false;
        case '"':
            if (!skip_string(s))
                return false;
            break;
        case '{':
        case '[':
            depth++;
            s->at++;
            break;
        case '}':
        case ']':
            if (!depth)
                return false;
            depth--;
            s->at++;
            break;
        case ',':
        case ':':
            if (!depth)
                return false;
            s->at++;
            break;
        default:
            if (!skip_word(s))
                return false;
        }
    } while (depth);
    return true;
}

static bool hex4(const struct scan *s, size_t at, unsigned *out)
{
    uint8_t bytes[2];
    char digits[5] = {0};
    if (!span_holds(s->text, at, 4))
        return false;
    memcpy(digits, s->text.at + at, 4);
    if (!text_parse_hex(digits, bytes, 2))
        return false;
    *out = (unsigned)bytes[0] << 8 | bytes[1];
    return true;
}

/* The characters of a \uXXXX escape, whose digits begin at *at; the second half of a pair too. */
static void add_unicode(const struct scan *s, size_t *at, struct text *out)
{
    unsigned high, low;
    uint8_t units[4];
    if (!hex4(s, *at, &high))
        return;
    *at += 4;
    units[0] = (uint8_t)high;
    units[1] = (uint8_t)(high >> 8);
    bool pair = high >= 0xd800 && high < 0xdc00 && span_holds(s->text, *at, 6) &&
                s->text.at[*at] == '\\' && s->text.at[*at + 1] == 'u' && hex4(s, *at + 2, &low);
    if (pair) {
        *at += 6;
        units[2] = (uint8_t)low;
        units[3] = (uint8_t)(low >> 8);
    }
    text_add_utf16le(out, span_of(units, pair ? 4 : 2));
}

/* The characters of the string between its quotes. */
static void unescape(const struct scan *s, size_t from, size_t to, struct text *out)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    for (size_t i = from; i < to;) {
        char c = (char)s->text.at[i++];
        if (c == '\\' && i < to) {
            c = (char)s->text.at[i++];
            if (c == 'u') {
                add_unicode(s, &i, out);
                continue;
            }
            const char *letter = strchr(letters, c);
            c = letter && c ? meant[letter - letters] : c;
        }
        text_add_bytes(out, &c, 1);
    }
}

/* Take a name; is it the wanted one? */
static bool take_name(struct scan *s, const char *wanted, bool *same)
{
    size_t from;
    struct text name = {0};
    skip_blanks(s);
    from = s->at + 1;
    if (!skip_string(s))
        return false;
    unescape(s, from, s->at - 1, &name);
    *same = strcmp(text_str(&name), wanted) == 0;
    text_release(&name);
    return true;
}

/* Move to the value of the object's member; its name's place goes into *key. */
static bool enter_member(struct scan *s, const char *name, size_t *key)
{
    bool same;
    if (!take(s, '{'))
        return false;
    do {
        skip_blanks(s);
        *key = s->at;
        if (!take_name(s, name, &same) || !take(s, ':'))
            return false;
        skip_blanks(s);
        if (same)
            return true;
        if (!skip_value(s))
            return false;
    } while (take(s, ','));
    return false;
}

static bool enter_element(struct scan *s, const char *number, size_t *key)
{
    size_t index = 0;
    for (const char *c = number; *c; c++) {
        if (*c < '0' || *c > '9' || index > SIZE_MAX / 16)
            return false;
        index = index * 10 + (size_t)(*c - '0');
    }
    if (!*number || !take(s, '['))
        return false;
    for (; index; index--)
        if (!skip_value(s) || !take(s, ','))
            return false;
    skip_blanks(s);
    *key = s->at;
    return peek(s) != ']';
}

/* The pointer's first segment, which ends at *end, as plain text; mem_free. */
static char *segment_of(const char *pointer, const char **end)
{
    struct text t = {0};
    const char *c = pointer;
    for (; *c && *c != '/'; c++) {
        char plain = *c;
        if (*c == '~' && (c[1] == '0' || c[1] == '1'))
            plain = *++c == '0' ? '~' : '/';
        text_add_bytes(&t, &plain, 1);
    }
    *end = c;
    return text_steal(&t);
}

bool place_find(struct span json, const char *pointer, struct place *out)
{
    struct scan s = {.text = json};
    size_t key;
    skip_blanks(&s);
    key = s.at;
    while (*pointer == '/') {
        char *segment = segment_of(pointer + 1, &pointer);
        bool there =
            peek(&s) == '[' ? enter_element(&s, segment, &key) : enter_member(&s, segment, &key);
        mem_free(segment);
        if (!there)
            return false;
    }
    size_t at = s.at;
    if (*pointer || !skip_value(&s))
        return false;
    *out = (struct place){.key = key, .at = at, .end = s.at};
    return true;
}

void place_find_nearest(struct span json, const char *pointer, struct place *out)
{
    char *shorter = mem_strdup(pointer);
    *out = (struct place){0};
    while (!place_find(json, shorter, out)) {
        char *slash = strrchr(shorter, '/');
        if (!slash)
            break;
        *slash = '\0';
    }
    mem_free(shorter);
}

void place_add_segment(struct text *pointer, const char *segment)
{
    text_add(pointer, "/");
    for (const char *c = segment; *c; c++) {
        if (*c == '~')
            text_add(pointer, "~0");
        else if (*c == '/')
            text_add(pointer, "~1");
        else
            text_add_bytes(pointer, c, 1);
    }
}

struct position place_position(struct span text, size_t offset)
{
    struct position p = {.line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < text.size; i++) {
        if (text.at[i] == '\n') {
            p.line++;
            p.column = 1;
        } else if ((text.at[i] & 0xc0) != 0x80) {
            p.column++; /* continuation bytes belong to the character before them */
        }
    }
    return p;
}
