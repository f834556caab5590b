#include "base/mem.h"
#include "base/text.h"
#include "installer/detect.windows.h"
#include "installer/pending.h"
#include "installer/win.h"

#define SESSION_MANAGER "SYSTEM\\CurrentControlSet\\Control\\Session Manager"
#define CURRENT_VERSION "SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
#define UPDATE CURRENT_VERSION "\\WindowsUpdate\\Auto Update\\RebootRequired"
#define SERVICING CURRENT_VERSION "\\Component Based Servicing\\RebootPending"
#define COMPUTER_NAME "SYSTEM\\CurrentControlSet\\Control\\ComputerName"
#define MONITOR "SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request"

/* Yes and no as in a sum: one yes decides, one unknown keeps a no from being said. */
static void count_in(struct facts *f, enum tri pending, const char *reason)
{
    if (pending == TRI_UNKNOWN)
        f->restart_reading = READING_PARTIAL;
    if (pending == TRI_YES) {
        f->restart_pending = TRI_YES;
        if (!texts_have_nocase(&f->restart_reasons, reason))
            texts_add(&f->restart_reasons, reason);
    } else if (pending == TRI_UNKNOWN && f->restart_pending == TRI_NO) {
        f->restart_pending = TRI_UNKNOWN;
    }
}

/* Files that the session manager is to move or delete at the next start; ours are no reason. */
static void read_renames(struct facts *f, const char *name, const char *own)
{
    HKEY key = NULL;
    struct bytes value = {0};
    struct pending_renames found = {0};
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, SESSION_MANAGER, KEY_QUERY_VALUE, &key);
    if (code == ERROR_SUCCESS)
        code = win_key_bytes(key, name, NULL, &value);
    win_key_close(&key);
    if (code == ERROR_FILE_NOT_FOUND)
        return;
    bool known = code == ERROR_SUCCESS && pending_read(bytes_span(&value), own, &found, NULL);
    bytes_release(&value);
    if (!known)
        count_in(f, TRI_UNKNOWN, name);
    if (found.drivers)
        count_in(f, TRI_YES, PENDING_DRIVER_RENAMES);
    if (found.others)
        count_in(f, TRI_YES, PENDING_RENAMES);
}

/* The name that the machine has, and the one that it is to have. */
static void read_computer_name(struct facts *f)
{
    char *now = win_machine_text(COMPUTER_NAME "\\ActiveComputerName", "ComputerName");
    char *next = win_machine_text(COMPUTER_NAME "\\ComputerName", "ComputerName");
    if (now && next)
        count_in(f, text_equal_nocase(now, next) ? TRI_NO : TRI_YES, PENDING_COMPUTER_NAME);
    mem_free(now);
    mem_free(next);
}

/* Xen Project's monitor keeps a volatile key per driver that asked for a restart. */
static void read_monitor(struct facts *f)
{
    HKEY requests = NULL;
    if (win_key_open(HKEY_LOCAL_MACHINE, MONITOR, KEY_READ, &requests) != ERROR_SUCCESS)
        return;
    for (DWORD i = 0;; i++) {
        HKEY key = NULL;
        char *name = win_key_child(requests, i);
        if (!name)
            break;
        if (win_key_open(requests, name, KEY_QUERY_VALUE, &key) == ERROR_SUCCESS &&
            win_key_number(key, "Reboot").value) {
            struct text reason = {0};
            text_addf(&reason, "xenbus_monitor\\Request\\%s", name);
            count_in(f, TRI_YES, text_str(&reason));
            text_release(&reason);
        }
        win_key_close(&key);
        mem_free(name);
    }
    win_key_close(&requests);
}

void detect_restart(struct facts *f, const char *own)
{
    static const char *const renames[] = {"PendingFileRenameOperations",
                                          "PendingFileRenameOperations2"};
    f->restart_reading = READING_FULL;
    f->restart_pending = TRI_NO;
    for (size_t i = 0; i < sizeof renames / sizeof *renames; i++)
        read_renames(f, renames[i], own);
    count_in(f, win_machine_has_key(UPDATE), PENDING_UPDATE);
    count_in(f, win_machine_has_key(SERVICING), PENDING_SERVICING);
    read_computer_name(f);
    read_monitor(f);
}
