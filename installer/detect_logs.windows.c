#include "base/file.h"
#include "base/mem.h"
#include "base/utf16.windows.h"
#include "installer/detect.windows.h"
#include "installer/setuplog.h"
#include "installer/win.h"

enum { TAIL_MAX = 512 << 10, NAMES_MAX = 64 };

/* Since Vista the log of devices is apart; before, there is one log. */
static const char *const logs[] = {"inf\\setupapi.dev.log", "setupapi.log"};

static void names_of_packages(const struct facts *f, struct texts *out)
{
    for (size_t i = 0; i < f->packages.count && out->count < NAMES_MAX; i++)
        if (f->packages.at[i].inf)
            texts_add(out, f->packages.at[i].inf);
}

/* The last bytes of an opened file; bytes_release. False when they cannot be read. */
static bool read_end(HANDLE file, struct bytes *out)
{
    LARGE_INTEGER size, from;
    DWORD got = 0;
    if (!GetFileSizeEx(file, &size))
        return false;
    from.QuadPart = size.QuadPart > TAIL_MAX ? size.QuadPart - TAIL_MAX : 0;
    DWORD room = (DWORD)(size.QuadPart - from.QuadPart);
    struct bytes b = {.at = mem_zero((size_t)room + 1, 1)};
    bool ok = SetFilePointerEx(file, from, NULL, FILE_BEGIN) &&
              ReadFile(file, b.at, room, &got, NULL) && got <= room;
    b.size = got;
    if (ok)
        *out = b;
    else
        bytes_release(&b);
    return ok;
}

/* Windows keeps the log open for writing while it installs something. The system's code. */
static DWORD read_tail(const char *path, struct bytes *out)
{
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    wchar_t *wide = utf16_path(path);
    HANDLE file = wide ? CreateFileW(wide, GENERIC_READ, share, NULL, OPEN_EXISTING, 0, NULL)
                       : INVALID_HANDLE_VALUE;
    DWORD code = file == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
    mem_free(wide);
    if (code == ERROR_SUCCESS && !read_end(file, out))
        code = ERROR_READ_FAULT;
    win_handle_close(&file);
    return code;
}

static void read_log(const char *path, const struct texts *names, struct facts *f)
{
    struct bytes tail = {0};
    switch (file_kind(path)) {
    case FILE_ABSENT: return;
    case FILE_REGULAR: break;
    default: f->logs_reading = READING_PARTIAL; return;
    }
    DWORD code = read_tail(path, &tail);
    if (code != ERROR_SUCCESS) {
        f->logs_reading = code == ERROR_ACCESS_DENIED ? READING_NEEDS_ELEVATION : READING_PARTIAL;
        return;
    }
    const struct setuplog_source source = {
        .log = file_name(path), .bytes = bytes_span(&tail), .names = names};
    setuplog_read(&source, f);
    bytes_release(&tail);
}

void detect_logs(struct facts *f)
{
    struct texts names = {0};
    char *windows = win_windows_folder();
    f->logs_reading = READING_FULL;
    names_of_packages(f, &names);
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        char *path = file_join(windows, logs[i]);
        read_log(path, &names, f);
        mem_free(path);
    }
    mem_free(windows);
    texts_release(&names);
}
