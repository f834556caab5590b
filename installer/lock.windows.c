#include "installer/lock.windows.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/win.h"

#include <tlhelp32.h>

#include <stdlib.h>
#include <string.h>

static const char lock_name[] = "lock", note_name[] = "holder";

/* Bytes; ours are shorter. The first line is for people, the second is the program's file name. */
enum { NOTE_MAX = 400 };
static const char process_word[] = "process ";

static char *own_name(void)
{
    wchar_t path[MAX_PATH];
    DWORD size = GetModuleFileNameW(NULL, path, MAX_PATH);
    const wchar_t *slash = size && size < MAX_PATH ? wcsrchr(path, L'\\') : NULL;
    return utf8_from(slash ? slash + 1 : L"");
}

/* Others may read it while we have it, and it goes when we go. Without it they are only told less.
 */
static void leave_note(const char *folder, const char *command, struct file_hold *out)
{
    struct text note = {0};
    char *path = file_join(folder, note_name);
    wchar_t *wide = utf16_path(path);
    char *name = own_name();
    text_addf(&note, "%s%lu, xenpv %s\n%s", process_word, GetCurrentProcessId(), command, name);
    mem_free(name);
    HANDLE file =
        CreateFileW(wide, GENERIC_WRITE | DELETE, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                    CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    DWORD written;
    if (file != INVALID_HANDLE_VALUE) {
        WriteFile(file, text_str(&note), (DWORD)note.size, &written, NULL);
        out->handle = file;
    }
    mem_free(wide);
    mem_free(path);
    text_release(&note);
}

/* What the note says, or NULL; mem_free. */
static char *read_note(const char *folder)
{
    struct file_opened f = {0};
    struct err none = {0};
    char *path = file_join(folder, note_name), *note = NULL;
    if (file_open_shared(path, &f, &none)) {
        char *bytes = mem_zero(NOTE_MAX + 1, 1);
        size_t size = f.size < NOTE_MAX ? (size_t)f.size : NOTE_MAX;
        if (size && file_part(&f, 0, bytes, size, &none))
            note = mem_strdup(bytes);
        mem_free(bytes);
        file_close(&f, &none);
    }
    mem_free(path);
    return note;
}

/* Its first line. */
static void cut_to_words(char *note)
{
    note[strcspn(note, "\n")] = '\0';
}

static void set_busy(const char *folder, struct err *e)
{
    char *who = read_note(folder);
    if (who)
        cut_to_words(who);
    err_set(e, ERR_BUSY, "%s", who ? who : "process not known");
    mem_free(who);
}

/* A run that ends can take its empty folder away between our two calls, or while we wait in it:
 * then once more, for what is left of the time. */
bool lock_take(const char *folder, const struct platform_lock_wish *wish, struct platform_lock *out,
               struct err *e)
{
    enum { TRIES = 3 };
    DWORD begun = GetTickCount();
    struct err why = {0};
    char *path = file_join(folder, lock_name);
    bool ok = false;
    for (unsigned i = 0; !ok && i < TRIES && why.kind != ERR_BUSY; i++) {
        DWORD spent = GetTickCount() - begun;
        why = (struct err){0};
        ok = file_make_private_folder(folder, &why) &&
             file_lock(path, spent < wish->limit_ms ? wish->limit_ms - spent : 0, &out->lock, &why);
    }
    mem_free(path);
    if (ok)
        leave_note(folder, wish->command, &out->note);
    else if (why.kind == ERR_BUSY)
        set_busy(folder, e);
    else
        err_set(e, why.kind, "%s", why.text);
    return ok;
}

void lock_release(struct platform_lock *held)
{
    file_hold_release(&held->note);
    file_hold_release(&held->lock);
}

/* --- who else has it -------------------------------------------------------------------------- */

static bool is_running(DWORD process, const char *name)
{
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    bool found = false;
    if (all == INVALID_HANDLE_VALUE)
        return false;
    for (BOOL ok = Process32FirstW(all, &entry); ok && !found; ok = Process32NextW(all, &entry)) {
        char *program = utf8_from(entry.szExeFile);
        found = entry.th32ProcessID == process && text_equal_nocase(program, name);
        mem_free(program);
    }
    CloseHandle(all);
    return found;
}

/*
 * The note goes with its process; only where the power failed it may be left, and its number may be
 * another process's by now. To try the lock itself would be in the way of a run that takes it just
 * then.
 */
char *lock_other(const char *folder)
{
    char *note = read_note(folder);
    const char *line = note ? strchr(note, '\n') : NULL;
    bool other = false;
    if (line && strncmp(note, process_word, sizeof process_word - 1) == 0) {
        DWORD process = (DWORD)strtoul(note + sizeof process_word - 1, NULL, 10);
        other = process != GetCurrentProcessId() && is_running(process, line + 1);
    }
    if (other) {
        cut_to_words(note);
        return note;
    }
    mem_free(note);
    return NULL;
}
