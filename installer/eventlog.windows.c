#include "installer/eventlog.h"

#include "base/mem.h"
#include "base/utf16.windows.h"
#include "installer/console.h"
#include "installer/win.h"

#include <string.h>

#define SOURCE_KEY                                                                                 \
    "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" OUTCOME_EVENT_SOURCE
#define WIDE(text) L"" text

enum { ALL_TYPES = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE };

static bool is_registered(const char *program)
{
    char *have = win_machine_text(SOURCE_KEY, "EventMessageFile");
    struct number types = win_machine_number(SOURCE_KEY, "TypesSupported");
    bool same = have && strcmp(have, program) == 0 && types.known && types.value == ALL_TYPES;
    mem_free(have);
    return same;
}

static DWORD set_values(HKEY key, const wchar_t *program)
{
    const DWORD types = ALL_TYPES;
    DWORD size = (DWORD)((wcslen(program) + 1) * sizeof *program);
    LONG code =
        RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)program, size);
    return (DWORD)(code ? code
                        : RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&types,
                                         sizeof types));
}

bool eventlog_register(struct err *e)
{
    char *program = console_program();
    wchar_t *wide = utf16_from(program);
    HKEY key = NULL;
    DWORD code = ERROR_FILE_NOT_FOUND;
    if (wide && is_registered(program))
        code = ERROR_SUCCESS;
    else if (wide)
        code = (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, WIDE(SOURCE_KEY), 0, NULL, 0,
                                      KEY_SET_VALUE, NULL, &key, NULL);
    if (key)
        code = set_values(key, wide);
    win_key_close(&key);
    mem_free(wide);
    mem_free(program);
    return code == ERROR_SUCCESS || win_fail(e, code, "cannot register the event source");
}

static WORD type_of(enum outcome_event_kind kind)
{
    switch (kind) {
    case OUTCOME_EVENT_KIND_INFORMATION: return EVENTLOG_INFORMATION_TYPE;
    case OUTCOME_EVENT_KIND_WARNING: return EVENTLOG_WARNING_TYPE;
    case OUTCOME_EVENT_KIND_ERROR: break;
    }
    return EVENTLOG_ERROR_TYPE;
}

bool eventlog_write(const struct outcome_event *event, struct err *e)
{
    wchar_t *command = utf16_from(event->command), *details = utf16_from(event->details);
    const wchar_t *texts[] = {command ? command : L"?", details ? details : L"?"};
    DWORD code = ERROR_SUCCESS;
    HANDLE log = RegisterEventSourceW(NULL, WIDE(OUTCOME_EVENT_SOURCE));
    if (!log || !ReportEventW(log, type_of(event->kind), 0, outcome_event_identifier(event), NULL,
                              sizeof texts / sizeof *texts, 0, texts, NULL))
        code = GetLastError();
    if (log)
        DeregisterEventSource(log);
    mem_free(command);
    mem_free(details);
    return code == ERROR_SUCCESS || win_fail(e, code, "cannot write to the event log");
}
