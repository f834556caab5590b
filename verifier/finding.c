#include "verifier/finding.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 1024 };

void findings_add(struct findings *f, enum finding_severity severity, const char *code,
                  const char *file, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    if (f->count >= FINDINGS_MAX) {
        f->dropped++;
        return;
    }
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    f->at = mem_grow(f->at, f->count, &f->room, sizeof *f->at);
    f->at[f->count++] = (struct finding){.severity = severity,
                                         .code = code,
                                         .file = mem_strdup(file),
                                         .message = mem_strdup(message)};
}

void findings_move(struct findings *to, struct findings *from)
{
    for (size_t i = 0; i < from->count; i++) {
        if (to->count >= FINDINGS_MAX) {
            mem_free(from->at[i].file);
            mem_free(from->at[i].message);
            to->dropped++;
            continue;
        }
        to->at = mem_grow(to->at, to->count, &to->room, sizeof *to->at);
        to->at[to->count++] = from->at[i];
    }
    to->dropped += from->dropped;
    mem_free(from->at);
    memset(from, 0, sizeof *from);
}

const struct finding *findings_have(const struct findings *f, const char *code, const char *file)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->at[i].code, code) == 0 &&
            (!file || (f->at[i].file && strcmp(f->at[i].file, file) == 0)))
            return &f->at[i];
    return NULL;
}

const char *finding_severity_name(enum finding_severity severity)
{
    switch (severity) {
    case FINDING_INFO: return "info";
    case FINDING_WARNING: return "warning";
    case FINDING_ERROR: break;
    }
    return "error";
}

void findings_release(struct findings *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++) {
        mem_free(f->at[i].file);
        mem_free(f->at[i].message);
    }
    mem_free(f->at);
    memset(f, 0, sizeof *f);
}
