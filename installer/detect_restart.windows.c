#include "base/mem.h"
#include "base/text.h"
#include "installer/detect.windows.h"
#include "installer/win.h"

#define SESSION_MANAGER "SYSTEM\\CurrentControlSet\\Control\\Session Manager"
#define CURRENT_VERSION "SOFTWARE\\Microsoft\\Windows\\CurrentVersion"
#define UPDATE CURRENT_VERSION "\\WindowsUpdate\\Auto Update\\RebootRequired"
#define SERVICING CURRENT_VERSION "\\Component Based Servicing\\RebootPending"
#define MONITOR "SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request"

/* Yes and no as in a sum: one yes decides, one unknown keeps a no from being said. */
static void count_in(struct facts *f, enum tri pending, const char *reason)
{
    if (pending == TRI_YES) {
        f->restart_pending = TRI_YES;
        texts_add(&f->restart_reasons, reason);
    } else if (pending == TRI_UNKNOWN && f->restart_pending == TRI_NO) {
        f->restart_pending = TRI_UNKNOWN;
    }
}

/*
 * Files to be moved or deleted by the session manager, in pairs of which the second may be empty.
 */
static enum tri has_pending_renames(const char *name)
{
    HKEY key = NULL;
    struct bytes value = {0};
    uint8_t any = 0;
    if (win_key_open(HKEY_LOCAL_MACHINE, SESSION_MANAGER, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
        return TRI_UNKNOWN;
    DWORD code = win_key_bytes(key, name, NULL, &value);
    win_key_close(&key);
    if (code != ERROR_SUCCESS)
        return code == ERROR_FILE_NOT_FOUND ? TRI_NO : TRI_UNKNOWN;
    for (size_t i = 0; i < value.size; i++)
        any |= value.at[i];
    bytes_release(&value);
    return any ? TRI_YES : TRI_NO;
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

void detect_restart(struct facts *f)
{
    static const char *const renames[] = {"PendingFileRenameOperations",
                                          "PendingFileRenameOperations2"};
    f->restart_pending = TRI_NO;
    for (size_t i = 0; i < sizeof renames / sizeof *renames; i++)
        count_in(f, has_pending_renames(renames[i]), renames[i]);
    count_in(f, win_machine_has_key(UPDATE), "WindowsUpdate\\Auto Update\\RebootRequired");
    count_in(f, win_machine_has_key(SERVICING), "Component Based Servicing\\RebootPending");
    read_monitor(f);
}
