#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/detect.windows.h"
#include "installer/event.h"
#include "installer/marks.h"
#include "installer/win.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAMES_MAX = 64,
    XML_MAX = 1 << 16,     /* characters of one event */
    RECORDS_MAX = 1 << 16, /* bytes of one answer of the old interface */
    OLD_RECORDS_LIMIT = 20000,
    BATCH = 16,
};

/* What is looked for, and how long. */
struct search {
    struct facts *facts;
    struct texts names;
    DWORD since; /* GetTickCount */
};

/* Milliseconds that are left. */
static DWORD time_left(const struct search *s)
{
    DWORD used = GetTickCount() - s->since;
    return used < DETECT_EVENTS_TIME ? DETECT_EVENTS_TIME - used : 0;
}

static void not_whole(struct search *s, enum reading reading)
{
    if (s->facts->events_reading != READING_NEEDS_ELEVATION)
        s->facts->events_reading = reading;
}

static size_t count_of(const struct facts *f, const char *log)
{
    size_t count = 0;
    for (size_t i = 0; i < f->events.count; i++)
        count += text_equal_nocase(f->events.at[i].log, log);
    return count;
}

/* Keep the event if it concerns us; it is empty afterwards. False when the log has given enough. */
static bool keep(struct search *s, const char *log, struct facts_event *e)
{
    if (event_concerns(e, &s->names)) {
        *(struct facts_event *)shape_list_add(&s->facts->events, sizeof *e) = *e;
        memset(e, 0, sizeof *e);
    }
    event_release(e);
    return count_of(s->facts, log) < DETECT_EVENTS_MAX / 2;
}

/* --- since Vista ------------------------------------------------------------------------------ */

struct channel {
    const char *name;
    const wchar_t *query;
};

/* Warnings and errors, and what was installed: 7040 and 7045 are the service manager's, 20001 and
 * 20003 Plug and Play's, 411 a device that could not start. */
static const struct channel channels[] = {
    {"System", L"*[System[(Level=1 or Level=2 or Level=3 or EventID=7040 or EventID=7045 or "
               L"EventID=20001 or EventID=20003) and "
               L"TimeCreated[timediff(@SystemTime) <= 2592000000]]]"},
    {"Microsoft-Windows-CodeIntegrity/Operational",
     L"*[System[TimeCreated[timediff(@SystemTime) <= 2592000000]]]"},
    {"Microsoft-Windows-Kernel-PnP/Configuration",
     L"*[System[(Level=1 or Level=2 or Level=3 or EventID=411) and "
     L"TimeCreated[timediff(@SystemTime) <= 2592000000]]]"},
};

enum { QUERY_CHANNEL = 0x1, QUERY_REVERSE = 0x200, RENDER_XML = 1 };
enum { CODE_NO_CHANNEL = 15007 }; /* ERROR_EVT_CHANNEL_NOT_FOUND */

/* wevtapi.dll, whose handles are pointers. */
struct event_calls {
    HANDLE(WINAPI *query)(HANDLE, const wchar_t *, const wchar_t *, DWORD);
    BOOL(WINAPI *next)(HANDLE, DWORD, HANDLE *, DWORD, DWORD, DWORD *);
    BOOL(WINAPI *render)(HANDLE, HANDLE, DWORD, DWORD, void *, DWORD *, DWORD *);
    BOOL(WINAPI *close)(HANDLE);
};

static bool bind_events(struct event_calls *c)
{
    win_procedure query = win_bind(L"wevtapi.dll", "EvtQuery");
    win_procedure next = win_bind(L"wevtapi.dll", "EvtNext");
    win_procedure render = win_bind(L"wevtapi.dll", "EvtRender");
    win_procedure close = win_bind(L"wevtapi.dll", "EvtClose");
    c->query = (HANDLE(WINAPI *)(HANDLE, const wchar_t *, const wchar_t *, DWORD))query;
    c->next = (BOOL(WINAPI *)(HANDLE, DWORD, HANDLE *, DWORD, DWORD, DWORD *))next;
    c->render = (BOOL(WINAPI *)(HANDLE, HANDLE, DWORD, DWORD, void *, DWORD *, DWORD *))render;
    c->close = (BOOL(WINAPI *)(HANDLE))close;
    return query && next && render && close;
}

/* False when the log has given enough. */
static bool take_event(const struct event_calls *c, HANDLE event, const char *log, struct search *s)
{
    struct facts_event e = {0};
    DWORD used = 0, count = 0;
    wchar_t *wide = mem_zero(XML_MAX + 1, sizeof *wide);
    char *xml = NULL;
    if (c->render(NULL, event, RENDER_XML, XML_MAX * sizeof *wide, wide, &used, &count))
        xml = utf8_from(wide);
    bool more = !xml || !event_from_xml(xml, &e) || keep(s, log, &e);
    mem_free(xml);
    mem_free(wide);
    return more;
}

static void take_events(const struct event_calls *c, HANDLE found, const char *log,
                        struct search *s)
{
    HANDLE events[BATCH];
    bool more = true;
    while (more) {
        DWORD count = 0, wait = time_left(s);
        if (!wait || !c->next(found, BATCH, events, wait, 0, &count) || count > BATCH) {
            if (!wait || GetLastError() != ERROR_NO_MORE_ITEMS)
                not_whole(s, READING_PARTIAL);
            return;
        }
        for (DWORD i = 0; i < count; i++) {
            more = more && take_event(c, events[i], log, s);
            c->close(events[i]);
        }
        more = more && count;
    }
}

/* A channel that this Windows does not have holds nothing. */
static void search_channel(const struct event_calls *c, const struct channel *channel,
                           struct search *s)
{
    wchar_t *name = utf16_from(channel->name);
    HANDLE found =
        name ? c->query(NULL, name, channel->query, QUERY_CHANNEL | QUERY_REVERSE) : NULL;
    DWORD code = found ? ERROR_SUCCESS : GetLastError();
    mem_free(name);
    if (found) {
        take_events(c, found, channel->name, s);
        c->close(found);
    } else if (code == ERROR_ACCESS_DENIED) {
        not_whole(s, READING_NEEDS_ELEVATION);
    } else if (code != CODE_NO_CHANNEL) {
        not_whole(s, READING_PARTIAL);
    }
}

/* --- before Vista ----------------------------------------------------------------------------- */

enum { RECORD_SIZE_AT = 0, RECORD_TIME_AT = 12, RECORD_LEAST = 56 };

static uint32_t unix_now(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    uint64_t ticks = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return (uint32_t)(ticks / 10000000 - UINT64_C(11644473600));
}

/* The records of one answer; false when the log has given enough. */
static bool take_records(struct span records, const char *log, struct search *s)
{
    const uint32_t oldest = unix_now() - DETECT_EVENT_DAYS * 86400u;
    uint32_t size, time;
    struct span record;
    while (span_u32(records, RECORD_SIZE_AT, &size) && size >= RECORD_LEAST &&
           span_take(&records, size, &record)) {
        struct facts_event e = {0};
        if (!span_u32(record, RECORD_TIME_AT, &time) || time < oldest)
            return false;
        if (event_from_record(log, record, &e) && !keep(s, log, &e))
            return false;
    }
    return true;
}

static void search_old_log(const char *log, struct search *s)
{
    const DWORD how = EVENTLOG_SEQUENTIAL_READ | EVENTLOG_BACKWARDS_READ;
    wchar_t *name = utf16_from(log);
    HANDLE handle = name ? OpenEventLogW(NULL, name) : NULL;
    DWORD got = 0, need = 0, code = handle ? ERROR_SUCCESS : GetLastError();
    uint8_t *room = mem_zero(RECORDS_MAX, 1);
    mem_free(name);
    for (unsigned i = 0; code == ERROR_SUCCESS && i < OLD_RECORDS_LIMIT; i++) {
        if (!ReadEventLogW(handle, how, 0, room, RECORDS_MAX, &got, &need))
            code = GetLastError();
        else if (!time_left(s))
            code = ERROR_TIMEOUT;
        else if (got > RECORDS_MAX || !take_records(span_of(room, got), log, s))
            code = ERROR_HANDLE_EOF;
    }
    mem_free(room);
    if (handle)
        CloseEventLog(handle);
    if (code == ERROR_ACCESS_DENIED)
        not_whole(s, READING_NEEDS_ELEVATION);
    else if (code != ERROR_HANDLE_EOF)
        not_whole(s, READING_PARTIAL);
}

/* --- all together ----------------------------------------------------------------------------- */

/* Event logs name services by what people read. */
static void add_name(const char *name, struct texts *out)
{
    if (name && *name && *name != '@' && out->count < NAMES_MAX)
        texts_add(out, name);
}

static void collect_names(const struct facts *f, struct texts *out)
{
    for (size_t i = 0; i < f->packages.count; i++)
        add_name(f->packages.at[i].inf, out);
    for (size_t i = 0; i < f->services.count; i++)
        if (marks_service(f->services.at[i].name))
            add_name(f->services.at[i].display_name, out);
}

static int compare_times(const void *a, const void *b)
{
    const struct facts_event *x = a, *y = b;
    int order = strcmp(y->time ? y->time : "", x->time ? x->time : "");
    if (order)
        return order;
    return x->record.value < y->record.value ? 1 : -(x->record.value > y->record.value);
}

void detect_events(struct facts *f)
{
    struct search s = {.facts = f, .since = GetTickCount()};
    struct event_calls calls;
    f->events_reading = READING_FULL;
    collect_names(f, &s.names);
    if (facts_windows_at_least(&f->windows, 6, 0, 0) == TRI_YES && bind_events(&calls))
        for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
            search_channel(&calls, &channels[i], &s);
    else
        search_old_log("System", &s);
    if (f->events.count)
        qsort(f->events.at, f->events.count, sizeof *f->events.at, compare_times);
    while (f->events.count > DETECT_EVENTS_MAX)
        event_release(&f->events.at[--f->events.count]);
    texts_release(&s.names);
}
