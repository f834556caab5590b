#include "installer/service.windows.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/filters.h"
#include "installer/win.h"

enum {
    STOP_LIMIT_MS = 30000,  /* how long a service may take to stop */
    SHORTEST_WAIT_MS = 100, /* between two looks at a service that is stopping */
    LONGEST_WAIT_MS = 2000,
    MARK_LIMIT_MS = 30000,  /* until a service whose process has still to end is gone */
    CONFIG_SIZE_MAX = 8192, /* QueryServiceConfig's documented largest answer */
};

static const char class_keys[] = "SYSTEM\\CurrentControlSet\\Control\\Class";
static const char service_keys[] = "SYSTEM\\CurrentControlSet\\Services";

static bool failed(struct err *e, DWORD code, const char *doing, const char *name)
{
    return win_fail(e, code, "cannot %s service '%s'", doing, name);
}

/* Log what went wrong inside and hand it to the caller, who may not want it. True when nothing went
 * wrong. */
static bool hand_on(const struct err *inner, bool ok, struct err *e)
{
    if (!ok)
        log_line(LOG_ERROR, "service: %s", inner->text);
    if (!ok && e && e->kind == ERR_NONE)
        *e = *inner;
    return ok;
}

/* A service with these rights, or NULL with the code in *code. */
static SC_HANDLE open_service(const char *name, DWORD rights, DWORD *code)
{
    SC_HANDLE service = NULL, manager = win_service_manager(code);
    wchar_t *wide = utf16_from(name);
    if (manager && !wide)
        *code = ERROR_INVALID_NAME;
    else if (manager && !(service = OpenServiceW(manager, wide, rights)))
        *code = GetLastError();
    mem_free(wide);
    return service;
}

/* The service that this process is: it runs as long as we do, so it can be deleted but not be gone.
 */
static struct {
    const char *name;
    bool deleted;
} own;

void service_be(const char *name)
{
    own.name = name;
}

static bool is_own(const char *name)
{
    return own.name && text_equal_nocase(own.name, name);
}

/* --- query ------------------------------------------------------------------------------------ */

/* The manager still opens a service that is marked for deletion: only the registry tells, by a flag
 * on Windows and by no key at all on Wine. */
static bool is_marked_for_deletion(const char *name)
{
    struct text key = {0};
    text_addf(&key, "%s\\%s", service_keys, name);
    struct number flag = win_machine_number(text_str(&key), "DeleteFlag");
    bool marked = (flag.known && flag.value) || win_machine_has_key(text_str(&key)) == TRI_NO;
    text_release(&key);
    return marked;
}

static bool read_config(SC_HANDLE service, const char *name, uint32_t *start, char **image,
                        struct err *e)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE room[CONFIG_SIZE_MAX];
    } answer;
    DWORD needed = 0;
    if (!QueryServiceConfigW(service, &answer.config, sizeof answer, &needed))
        return win_fail(e, GetLastError(), "cannot read the configuration of service '%s'", name);
    *start = answer.config.dwStartType;
    if (image)
        *image = answer.config.lpBinaryPathName ? utf8_from(answer.config.lpBinaryPathName)
                                                : mem_strdup("");
    return true;
}

bool service_query(const char *name, uint32_t *start, char **image, struct err *e)
{
    DWORD code;
    SC_HANDLE service = open_service(name, SERVICE_QUERY_CONFIG, &code);
    if (!service && (code == ERROR_SERVICE_DOES_NOT_EXIST || code == ERROR_INVALID_NAME))
        return err_set(e, ERR_NOT_FOUND, "there is no service '%s'", name);
    if (!service)
        return win_fail(e, code, "cannot open service '%s'", name);
    bool ok = (is_own(name) && own.deleted) || is_marked_for_deletion(name)
                  ? err_set(e, ERR_NOT_FOUND,
                            "service '%s' is deleted and goes at the next restart", name)
                  : read_config(service, name, start, image, e);
    win_service_close(&service);
    return ok;
}

/* --- create ----------------------------------------------------------------------------------- */

struct wide_service {
    wchar_t *name, *display_name, *image;
};

static bool widen(const struct platform_service *s, struct wide_service *w, struct err *e)
{
    w->name = utf16_from(s->name);
    w->display_name = utf16_from(s->display_name ? s->display_name : s->name);
    w->image = utf16_from(s->image);
    return (w->name && w->display_name && w->image) ||
           err_set(e, ERR_USAGE, "cannot create service '%s': a text of it is not UTF-8", s->name);
}

static void wide_service_release(struct wide_service *w)
{
    mem_free(w->name);
    mem_free(w->display_name);
    mem_free(w->image);
}

/* Make a service that exists what it is asked to be. The manager refuses one that is marked for
 * deletion. */
static DWORD change_service(const struct platform_service *s, const struct wide_service *w)
{
    DWORD code;
    SC_HANDLE service = open_service(s->name, SERVICE_CHANGE_CONFIG, &code);
    if (service && !ChangeServiceConfigW(service, s->type, s->start, SERVICE_ERROR_NORMAL, w->image,
                                         NULL, NULL, NULL, NULL, NULL, w->display_name))
        code = GetLastError();
    win_service_close(&service);
    return code;
}

static DWORD create_or_change(const struct platform_service *s, const struct wide_service *w)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (!manager)
        return GetLastError();
    SC_HANDLE service =
        CreateServiceW(manager, w->name, w->display_name, SERVICE_QUERY_CONFIG, s->type, s->start,
                       SERVICE_ERROR_NORMAL, w->image, NULL, NULL, NULL, NULL, NULL);
    DWORD code = service ? ERROR_SUCCESS : GetLastError();
    win_service_close(&service);
    win_service_close(&manager);
    return code == ERROR_SERVICE_EXISTS ? change_service(s, w) : code;
}

static bool create(const struct platform_service *s, struct err *e)
{
    struct wide_service w = {0};
    uint32_t start = 0;
    if (!widen(s, &w, e)) {
        wide_service_release(&w);
        return false;
    }
    DWORD code = create_or_change(s, &w);
    wide_service_release(&w);
    if (code != ERROR_SUCCESS)
        return failed(e, code, "create", s->name);
    if (!service_query(s->name, &start, NULL, e))
        return false;
    return start == s->start ||
           err_set(e, ERR_FAILED,
                   "service '%s' was to start as %lu and is registered to start as %lu", s->name,
                   (unsigned long)s->start, (unsigned long)start);
}

bool service_create(const struct platform_service *s, struct err *e)
{
    struct err inner = {0};
    log_line(LOG_NOTE, "service: creating '%s'", s->name);
    bool ok = create(s, &inner);
    return hand_on(&inner, ok, e);
}

bool service_change(const char *name, uint32_t start, const char *image, struct err *e)
{
    DWORD code;
    wchar_t *wide = utf16_from(image);
    if (!wide)
        return err_set(e, ERR_USAGE, "the image of service '%s' is not UTF-8", name);
    log_line(LOG_NOTE, "service: setting '%s' back to start type %lu", name, (unsigned long)start);
    SC_HANDLE service = open_service(name, SERVICE_CHANGE_CONFIG, &code);
    if (service && !ChangeServiceConfigW(service, SERVICE_NO_CHANGE, start, SERVICE_NO_CHANGE, wide,
                                         NULL, NULL, NULL, NULL, NULL, NULL))
        code = GetLastError();
    win_service_close(&service);
    mem_free(wide);
    return code == ERROR_SUCCESS || failed(e, code, "change", name);
}

bool service_change_start(const char *name, uint32_t start, struct err *e)
{
    DWORD code;
    SC_HANDLE service = open_service(name, SERVICE_CHANGE_CONFIG, &code);
    if (service && !ChangeServiceConfigW(service, SERVICE_NO_CHANGE, start, SERVICE_NO_CHANGE, NULL,
                                         NULL, NULL, NULL, NULL, NULL, NULL))
        code = GetLastError();
    win_service_close(&service);
    return code == ERROR_SUCCESS || failed(e, code, "change", name);
}

/* --- delete ----------------------------------------------------------------------------------- */

/* The service says how long it thinks to need; a tenth of that between two looks is what the
 * documentation advises. */
static DWORD wait_between(const SERVICE_STATUS *status)
{
    DWORD wait = status->dwWaitHint / 10;
    if (wait < SHORTEST_WAIT_MS)
        return SHORTEST_WAIT_MS;
    return wait > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait;
}

/* The process that is this service and no other one: its end is the event to wait for. NULL: there
 * is none, as of a driver, or Windows does not hand it out. */
static HANDLE process_of(SC_HANDLE service)
{
    typedef BOOL(WINAPI * query)(SC_HANDLE, SC_STATUS_TYPE, BYTE *, DWORD, DWORD *);
    query ask = (query)win_bind(L"advapi32.dll", "QueryServiceStatusEx");
    SERVICE_STATUS_PROCESS status = {0};
    DWORD size = 0;
    if (!ask || !ask(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &size) ||
        !(status.dwServiceType & SERVICE_WIN32_OWN_PROCESS) || !status.dwProcessId)
        return NULL;
    return OpenProcess(SYNCHRONIZE, FALSE, status.dwProcessId);
}

/* At most so long; *process is NULL once it has ended. */
static void wait_for_end(HANDLE *process, DWORD limit_ms)
{
    if (!*process) {
        Sleep(limit_ms);
    } else if (WaitForSingleObject(*process, limit_ms) != WAIT_TIMEOUT) {
        CloseHandle(*process);
        *process = NULL;
    }
}

static bool is_pending(const SERVICE_STATUS *status)
{
    return status->dwCurrentState == SERVICE_START_PENDING ||
           status->dwCurrentState == SERVICE_STOP_PENDING;
}

/* Windows takes no order for a service that is just starting or stopping: it is asked later. */
static DWORD ask_to_stop(SC_HANDLE service, bool *asked)
{
    SERVICE_STATUS status = {0};
    *asked = ControlService(service, SERVICE_CONTROL_STOP, &status);
    DWORD code = *asked ? ERROR_SUCCESS : GetLastError();
    if (code == ERROR_SERVICE_NOT_ACTIVE)
        return ERROR_SUCCESS;
    bool later = code == ERROR_SERVICE_CANNOT_ACCEPT_CTRL && QueryServiceStatus(service, &status) &&
                 (is_pending(&status) || status.dwCurrentState == SERVICE_STOPPED);
    return later ? ERROR_SUCCESS : code;
}

/* A service that is starting, or that shares its process, is looked at now and then: events about
 * the states of services exist from Vista on only. */
static DWORD await_stop(SC_HANDLE service, HANDLE *process)
{
    SERVICE_STATUS status = {0};
    DWORD begun = GetTickCount(), code = ERROR_SUCCESS;
    bool asked = false;
    while (QueryServiceStatus(service, &status)) {
        if (status.dwCurrentState == SERVICE_STOPPED)
            return ERROR_SUCCESS;
        if (GetTickCount() - begun >= STOP_LIMIT_MS)
            return ERROR_SERVICE_REQUEST_TIMEOUT;
        if (!asked && !is_pending(&status))
            code = ask_to_stop(service, &asked);
        if (code != ERROR_SUCCESS)
            return code;
        wait_for_end(process, wait_between(&status));
    }
    return GetLastError();
}

/* Stopped, or the code of why not. */
static DWORD stop_service(SC_HANDLE service)
{
    HANDLE process = process_of(service); /* one that has stopped has none any more */
    DWORD code = await_stop(service, &process);
    if (process)
        CloseHandle(process);
    return code;
}

/*
 * Marked, or gone, within the limit? Windows marks at once. Wine only takes the key away, when the
 * process of the service has ended, which a busy machine delays.
 */
static bool await_mark(const char *name)
{
    HKEY services = NULL;
    HANDLE event = CreateEventW(NULL, FALSE, FALSE, NULL);
    DWORD begun = GetTickCount(), gone = 0;
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, service_keys, KEY_NOTIFY, &services);
    bool marked = is_marked_for_deletion(name);
    while (!marked && event && code == ERROR_SUCCESS && gone < MARK_LIMIT_MS) {
        code = (DWORD)RegNotifyChangeKeyValue(services, FALSE, REG_NOTIFY_CHANGE_NAME, event, TRUE);
        marked = is_marked_for_deletion(name);
        if (!marked && code == ERROR_SUCCESS)
            WaitForSingleObject(event, MARK_LIMIT_MS - gone);
        gone = GetTickCount() - begun;
    }
    win_key_close(&services);
    if (event)
        CloseHandle(event);
    return marked;
}

/* Gone, or marked so that it does not start again? */
static bool confirm_deleted(const char *name, struct err *e)
{
    DWORD code;
    SC_HANDLE service = open_service(name, SERVICE_QUERY_CONFIG, &code);
    bool there = service != NULL;
    win_service_close(&service);
    if (!there && (code == ERROR_SERVICE_DOES_NOT_EXIST || code == ERROR_SERVICE_MARKED_FOR_DELETE))
        return true;
    if (there && await_mark(name)) {
        log_line(LOG_NOTE,
                 "service: '%s' is in use: it is marked for deletion and goes at the next restart",
                 name);
        return true;
    }
    return there ? err_set(e, ERR_FAILED, "service '%s' is still registered after it was deleted",
                           name)
                 : failed(e, code, "ask for", name);
}

static bool stop_and_delete(const char *name, struct err *e)
{
    DWORD code;
    SC_HANDLE service = open_service(name, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE, &code);
    if (!service && code == ERROR_SERVICE_DOES_NOT_EXIST)
        return true;
    if (!service)
        return failed(e, code, "open", name);
    code = is_own(name) ? ERROR_SUCCESS : stop_service(service);
    if (code != ERROR_SUCCESS)
        log_line(LOG_WARNING, "service: cannot stop '%s': %s (%lu), continuing", name,
                 win_words(code), code);
    code = DeleteService(service) ? ERROR_SUCCESS : GetLastError();
    win_service_close(&service);
    if (code != ERROR_SUCCESS && code != ERROR_SERVICE_MARKED_FOR_DELETE)
        return failed(e, code, "delete", name);
    if (!is_own(name))
        return confirm_deleted(name, e);
    own.deleted = true; /* it goes when this process ends */
    return true;
}

bool service_delete(const char *name, struct err *e)
{
    struct err inner = {0};
    log_line(LOG_NOTE, "service: deleting '%s'", name);
    bool ok = stop_and_delete(name, &inner);
    return hand_on(&inner, ok, e);
}

/* --- stop and start --------------------------------------------------------------------------- */

bool service_stop(const char *name, struct err *e)
{
    DWORD code;
    log_line(LOG_NOTE, "service: stopping '%s'", name);
    SC_HANDLE service = open_service(name, SERVICE_STOP | SERVICE_QUERY_STATUS, &code);
    if (!service && code == ERROR_SERVICE_DOES_NOT_EXIST)
        return true;
    if (service)
        code = stop_service(service);
    win_service_close(&service);
    return code == ERROR_SUCCESS || failed(e, code, "stop", name);
}

bool service_start_now(const char *name, struct err *e)
{
    DWORD code;
    log_line(LOG_NOTE, "service: starting '%s'", name);
    SC_HANDLE service = open_service(name, SERVICE_START, &code);
    if (service && !StartServiceW(service, 0, NULL))
        code = GetLastError();
    win_service_close(&service);
    return code == ERROR_SUCCESS || code == ERROR_SERVICE_ALREADY_RUNNING ||
           failed(e, code, "start", name);
}

enum tri service_runs(const char *name)
{
    DWORD code;
    SERVICE_STATUS status = {0};
    SC_HANDLE service = open_service(name, SERVICE_QUERY_STATUS, &code);
    bool known = service && QueryServiceStatus(service, &status);
    win_service_close(&service);
    if (!known)
        return code == ERROR_SERVICE_DOES_NOT_EXIST ? TRI_NO : TRI_UNKNOWN;
    return status.dwCurrentState == SERVICE_STOPPED ? TRI_NO : TRI_YES;
}

/* --- filters ---------------------------------------------------------------------------------- */

static bool is_filter_position(const char *position)
{
    return position && (text_equal_nocase(position, "UpperFilters") ||
                        text_equal_nocase(position, "LowerFilters"));
}

/* An empty list is no value: that is how a class looks that nobody filters. */
static DWORD write_list(HKEY key, const char *position, const struct filters_edit *edit)
{
    wchar_t *name = utf16_from(position);
    LONG code = edit->left ? RegSetValueExW(key, name, 0, REG_MULTI_SZ, edit->value.at,
                                            (DWORD)edit->value.size)
                           : RegDeleteValueW(key, name);
    if (code == ERROR_SUCCESS)
        code = RegFlushKey(key);
    mem_free(name);
    return (DWORD)code;
}

/* The list as it is now, with our entries taken out in *edit; false without an error when there is
 * no such value. */
static bool read_and_edit(HKEY key, const char *position, const char *service,
                          struct filters_edit *edit, struct err *e)
{
    struct bytes value = {0};
    DWORD type = REG_NONE, code = win_key_bytes(key, position, &type, &value);
    if (code == ERROR_FILE_NOT_FOUND)
        return false;
    if (code != ERROR_SUCCESS)
        return win_fail(e, code, "cannot read '%s'", position);
    bool ok =
        type == REG_MULTI_SZ
            ? filters_remove(bytes_span(&value), service, edit, e)
            : err_set(e, ERR_FORMAT,
                      "'%s' is not a list of names but a value of type %lu; it is left as it is",
                      position, type);
    bytes_release(&value);
    return ok;
}

static bool edit_list(HKEY key, const char *position, const char *service, struct err *e)
{
    struct filters_edit edit = {0}, after = {0};
    struct err inner = {0};
    if (!read_and_edit(key, position, service, &edit, &inner))
        goto out;
    if (edit.removed) {
        DWORD code = write_list(key, position, &edit);
        if (code != ERROR_SUCCESS)
            win_fail(&inner, code, "cannot write '%s'", position);
        else if (read_and_edit(key, position, service, &after, &inner) && after.removed)
            err_set(&inner, ERR_FAILED, "'%s' still stands in '%s' after it was taken out", service,
                    position);
    }
out:
    filters_edit_release(&edit);
    filters_edit_release(&after);
    if (inner.kind != ERR_NONE && e && e->kind == ERR_NONE)
        *e = inner;
    return inner.kind == ERR_NONE;
}

static bool remove_filter(const struct facts_filter *filter, const char *service, struct err *e)
{
    struct text path = {0};
    HKEY key = NULL;
    if (!filter->class_guid || !is_filter_position(filter->position))
        return err_set(e, ERR_USAGE,
                       "a filter list has a class and is UpperFilters or LowerFilters");
    text_addf(&path, "%s\\%s", class_keys, filter->class_guid);
    DWORD code =
        win_key_open(HKEY_LOCAL_MACHINE, text_str(&path), KEY_QUERY_VALUE | KEY_SET_VALUE, &key);
    bool ok = code == ERROR_FILE_NOT_FOUND ||
              (code == ERROR_SUCCESS ? edit_list(key, filter->position, service, e)
                                     : win_fail(e, code, "cannot open '%s'", text_str(&path)));
    if (!ok)
        err_wrap(e, "cannot take '%s' out of the filters of class %s", service, filter->class_guid);
    win_key_close(&key);
    text_release(&path);
    return ok;
}

bool service_remove_filter(const struct facts_filter *filter, const char *service, struct err *e)
{
    struct err inner = {0};
    log_line(LOG_NOTE, "service: taking '%s' out of the %s of class %s", service,
             filter->position ? filter->position : "filters",
             filter->class_guid ? filter->class_guid : "?");
    bool ok = remove_filter(filter, service, &inner);
    return hand_on(&inner, ok, e);
}
