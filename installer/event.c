#include "installer/event.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/discreet.h"
#include "installer/marks.h"
#include "verifier/authenticode.h"

#include <string.h>

/* --- strings ---------------------------------------------------------------------------------- */

static void add_string(struct facts_event *e, const char *text)
{
    if (e->strings.count >= EVENT_STRINGS_MAX)
        return;
    char *cleaned = discreet_cut(text, EVENT_TEXT_MAX);
    texts_add(&e->strings, cleaned);
    mem_free(cleaned);
}

void event_release(struct facts_event *e)
{
    mem_free(e->log);
    mem_free(e->source);
    mem_free(e->time);
    texts_release(&e->strings);
    memset(e, 0, sizeof *e);
}

static bool finish(struct facts_event *e)
{
    if (e->source && *e->source && e->id.known)
        return true;
    event_release(e);
    return false;
}

/* --- XML -------------------------------------------------------------------------------------- */

/* A piece of the text. */
struct piece {
    const char *at;
    size_t size;
};

struct tag {
    struct piece before; /* the text since the tag before it */
    struct piece name, attributes;
    bool closes;
};

static bool piece_is(struct piece p, const char *text)
{
    return strlen(text) == p.size && memcmp(p.at, text, p.size) == 0;
}

/* The next tag, comment or declaration; false at the end. */
static bool next_tag(const char **at, struct tag *out)
{
    const char *open = strchr(*at, '<');
    const char *close = open ? strchr(open, '>') : NULL;
    if (!close)
        return false;
    const char *name = open + 1;
    out->before = (struct piece){*at, (size_t)(open - *at)};
    out->closes = *name == '/';
    name += out->closes;
    size_t size = strcspn(name, " \t\r\n/>");
    out->name = (struct piece){name, size};
    out->attributes = (struct piece){name + size, (size_t)(close - name) - size};
    *at = close + 1;
    return true;
}

static const struct {
    const char *name, *text;
} entities[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&apos;", "'"}, {"&quot;", "\""}};

/* Character references stay as they are: what they stand for is no part of a name. */
static char *decode(struct piece p)
{
    struct text t = {0};
    for (size_t i = 0; i < p.size;) {
        size_t k = 0, count = sizeof entities / sizeof *entities, left = p.size - i;
        while (k < count && (strlen(entities[k].name) > left ||
                             memcmp(p.at + i, entities[k].name, strlen(entities[k].name)) != 0))
            k++;
        if (k < count)
            text_add(&t, entities[k].text);
        else
            text_add_bytes(&t, p.at + i, 1);
        i += k < count ? strlen(entities[k].name) : 1;
    }
    return text_steal(&t);
}

/* The value of NAME='...' or NAME="..."; mem_free. NULL: there is none. */
static char *attribute(const struct tag *tag, const char *name)
{
    struct piece p = tag->attributes;
    size_t size = strlen(name);
    for (size_t i = 1; i + size + 2 <= p.size; i++) {
        const char *at = p.at + i;
        if (!strchr(" \t\r\n", at[-1]) || memcmp(at, name, size) != 0 || at[size] != '=' ||
            (at[size + 1] != '\'' && at[size + 1] != '"'))
            continue;
        const char *value = at + size + 2;
        const char *end = memchr(value, value[-1], p.size - i - size - 2);
        return end ? decode((struct piece){value, (size_t)(end - value)}) : NULL;
    }
    return NULL;
}

static struct number number_in(struct piece p)
{
    struct number unknown = {0};
    uint64_t value = 0;
    for (size_t i = 0; i < p.size; i++) {
        if (p.at[i] < '0' || p.at[i] > '9' || value > INT64_MAX / 10 - 1)
            return unknown;
        value = value * 10 + (uint64_t)(p.at[i] - '0');
    }
    return p.size ? number_of(value) : unknown;
}

/* "2026-04-14T08:15:30.1234567Z" without the parts of a second; NULL when it is no such time. */
static char *time_of(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00";
    struct text t = {0};
    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (form[i] == '0' ? !digit : text[i] != form[i])
            return NULL;
    }
    text_add_bytes(&t, text, sizeof form - 1);
    text_add(&t, "Z");
    return text_steal(&t);
}

/* Event data says in its name that it is somebody's. */
static bool is_private(const char *name)
{
    static const char *const words[] = {"user", "account", "sid", "computer"};
    for (; name && *name; name++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (text_starts_nocase(name, words[i]))
                return true;
    return false;
}

enum place { PLACE_SYSTEM = 0, PLACE_DATA };

struct xml_reader {
    struct facts_event *event;
    enum place place;
    bool private, binary;
};

static void take_system(struct xml_reader *r, const struct tag *t, const struct tag *opened)
{
    struct facts_event *e = r->event;
    if (!t->closes && piece_is(t->name, "Provider") && !e->source) {
        char *name = attribute(t, "Name");
        e->source = name ? discreet_cut(name, EVENT_TEXT_MAX) : NULL;
        mem_free(name);
    } else if (!t->closes && piece_is(t->name, "TimeCreated") && !e->time) {
        char *time = attribute(t, "SystemTime");
        e->time = time ? time_of(time) : NULL;
        mem_free(time);
    } else if (t->closes && opened->name.size == t->name.size) {
        if (piece_is(t->name, "EventID"))
            e->id = number_in(t->before);
        else if (piece_is(t->name, "Level"))
            e->level = number_in(t->before);
        else if (piece_is(t->name, "EventRecordID"))
            e->record = number_in(t->before);
        else if (piece_is(t->name, "Channel") && !e->log) {
            char *channel = decode(t->before);
            e->log = discreet_cut(channel, EVENT_TEXT_MAX);
            mem_free(channel);
        }
    }
}

static bool is_blank(struct piece p)
{
    for (size_t i = 0; i < p.size; i++)
        if (!strchr(" \t\r\n", p.at[i]))
            return false;
    return true;
}

static void take_data(struct xml_reader *r, const struct tag *t)
{
    if (t->closes && !is_blank(t->before) && !r->binary) {
        char *text = decode(t->before);
        add_string(r->event, r->private ? "<left out>" : text);
        mem_free(text);
    }
    r->private = r->binary = false;
    if (t->closes)
        return;
    char *name = attribute(t, "Name");
    char *element = decode(t->name);
    r->binary = piece_is(t->name, "Binary");
    r->private = is_private(name) || is_private(element);
    mem_free(name);
    mem_free(element);
}

bool event_from_xml(const char *xml, struct facts_event *out)
{
    struct xml_reader r = {.event = out};
    struct tag tag, opened;
    memset(&opened, 0, sizeof opened);
    while (next_tag(&xml, &tag)) {
        bool data = piece_is(tag.name, "EventData") || piece_is(tag.name, "UserData");
        if (data)
            r.place = tag.closes ? PLACE_SYSTEM : PLACE_DATA;
        else if (r.place == PLACE_DATA)
            take_data(&r, &tag);
        else
            take_system(&r, &tag, &opened);
        opened = tag;
    }
    return finish(out);
}

/* --- records ---------------------------------------------------------------------------------- */

/* Offsets in EVENTLOGRECORD. */
enum {
    RECORD_NUMBER = 8,
    RECORD_TIME = 12,
    RECORD_ID = 20,
    RECORD_TYPE = 24,
    RECORD_STRINGS = 26,
    RECORD_STRING_OFFSET = 36,
    RECORD_SOURCE = 56,
};

enum { TYPE_ERROR = 1, TYPE_WARNING = 2 };

/* A NUL-terminated UTF-16 string; *at is behind it afterwards. NULL when it has no end. mem_free.
 */
static char *wide_at(struct span record, uint64_t *at)
{
    struct span string;
    struct text t = {0};
    uint64_t end = *at;
    uint16_t unit = 1;
    while (span_u16(record, end, &unit) && unit)
        end += 2;
    if (unit || !span_part(record, *at, end - *at, &string))
        return NULL;
    text_add_utf16le(&t, string);
    *at = end + 2;
    return text_steal(&t);
}

static void read_strings(struct span record, struct facts_event *out)
{
    uint32_t offset = 0;
    uint16_t count = 0;
    if (!span_u16(record, RECORD_STRINGS, &count) ||
        !span_u32(record, RECORD_STRING_OFFSET, &offset) || offset < RECORD_SOURCE)
        return;
    uint64_t at = offset;
    for (unsigned i = 0; i < count && i < EVENT_STRINGS_MAX; i++) {
        char *text = wide_at(record, &at);
        if (!text)
            return;
        add_string(out, text);
        mem_free(text);
    }
}

bool event_from_record(const char *log, struct span record, struct facts_event *out)
{
    uint32_t number, time, id;
    uint16_t type;
    uint64_t at = RECORD_SOURCE;
    char moment[AUTHENTICODE_TIME_TEXT];
    if (!span_u32(record, RECORD_NUMBER, &number) || !span_u32(record, RECORD_TIME, &time) ||
        !span_u32(record, RECORD_ID, &id) || !span_u16(record, RECORD_TYPE, &type))
        return false;
    char *source = wide_at(record, &at);
    out->source = source ? discreet_cut(source, EVENT_TEXT_MAX) : NULL;
    mem_free(source);
    out->log = mem_strdup(log);
    out->record = number_of(number);
    out->id = number_of(id & 0xffff);
    out->level = number_of(type == TYPE_ERROR ? 2 : type == TYPE_WARNING ? 3 : 4);
    authenticode_time_text(time, moment);
    out->time = mem_strdup(moment);
    read_strings(record, out);
    return finish(out);
}

/* --- which concern us ------------------------------------------------------------------------- */

static bool names_one_of(const char *text, const struct texts *names)
{
    for (; *text; text++)
        for (size_t i = 0; i < names->count; i++)
            if (*names->at[i] && text_starts_nocase(text, names->at[i]))
                return true;
    return false;
}

bool event_concerns(const struct facts_event *e, const struct texts *names)
{
    if (e->source && marks_text(e->source))
        return true;
    for (size_t i = 0; i < e->strings.count; i++)
        if (marks_text(e->strings.at[i]) || names_one_of(e->strings.at[i], names))
            return true;
    return false;
}
