#include "base/file.h"
#include "base/mem.h"
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

/* Its end, which is what happened last; bytes_release. */
static bool read_tail(const char *path, struct bytes *out, struct err *e)
{
    struct file_opened file = {0};
    if (!file_open(path, &file, e))
        return false;
    uint64_t size = file.size < TAIL_MAX ? file.size : TAIL_MAX;
    struct bytes b = {.at = mem_zero((size_t)size + 1, 1), .size = (size_t)size};
    bool ok = file_part(&file, file.size - size, b.at, b.size, e);
    file_close(&file, NULL);
    if (ok)
        *out = b;
    else
        bytes_release(&b);
    return ok;
}

static void read_log(const char *path, const struct texts *names, struct facts *f)
{
    struct bytes tail = {0};
    struct err e = {0};
    switch (file_kind(path)) {
    case FILE_ABSENT: return;
    case FILE_REGULAR: break;
    default: f->logs_reading = READING_PARTIAL; return;
    }
    if (!read_tail(path, &tail, &e)) {
        f->logs_reading = e.kind == ERR_ACCESS ? READING_NEEDS_ELEVATION : READING_PARTIAL;
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
