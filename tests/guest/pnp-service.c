/*
 * pnp-service.c: the state of services. It starts and stops, and decides nothing.
 */
#include "pnp.h"

/* Long, as a machine that is busy with other tests may stand still for a while. */
enum { START_SECONDS = 60 };

bool service_running(const wchar_t *name)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_QUERY_STATUS);
    SERVICE_STATUS status = {0};

    QueryServiceStatus(service, &status);
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return status.dwCurrentState == SERVICE_RUNNING;
}

/* StartOverride\0 replaces Start at boot (Windows 8 and later write it for inbox drivers). */
bool service_disabled(const wchar_t *name)
{
    wchar_t key[MAX_KEY];
    DWORD start = SERVICE_DEMAND_START;

    _snwprintf(key, MAX_KEY - 1, SERVICES_KEY L"%ls", name);
    read_number(key, L"Start", &start);
    wcsncat(key, L"\\StartOverride", MAX_KEY - 1 - wcslen(key));
    read_number(key, L"0", &start);
    return start == SERVICE_DISABLED;
}

DWORD service_start(const wchar_t *name)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_START);
    DWORD error = 0;

    if (!service || !StartServiceW(service, 0, NULL))
        error = GetLastError();
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
    if (error)
        return error;
    for (int tick = 0; tick < START_SECONDS * 20 && !service_running(name); tick++)
        Sleep(50);
    return service_running(name) ? 0 : ERROR_SERVICE_REQUEST_TIMEOUT;
}

bool service_stop(const wchar_t *name)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_STOP);
    SERVICE_STATUS status;
    bool stopped = ControlService(service, SERVICE_CONTROL_STOP, &status);

    CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return stopped;
}

bool service_exists(const wchar_t *name)
{
    wchar_t key[MAX_KEY], path[MAX_PATH];

    _snwprintf(key, MAX_KEY - 1, SERVICES_KEY L"%ls", name);
    return read_text(key, L"ImagePath", path, MAX_PATH);
}
