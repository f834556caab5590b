#include "installer/handover.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/console.h"
#include "verifier/digest.h"
#include "verifier/pe.h"

#include <string.h>

/* From the folder of our program. The last two are where a bundle and the build have it. */
static const char *const places[] = {"xenpv-x86_64.exe", "../x64/xenpv.exe", "../x86_64/xenpv.exe"};

enum { PROGRAM_MAX = 64 * 1024 * 1024 }; /* bytes; ours have 5 MB */

bool handover_concerns(const struct cli *c)
{
    switch (c->command) {
    case COMMAND_INSTALL:
    case COMMAND_RESUME:
    case COMMAND_ROLLBACK:
    case COMMAND_REMOVE: return !c->service;
    default: return false;
    }
}

const char *handover_tail(const char *command_line)
{
    if (command_line[0] != '"')
        return command_line + strcspn(command_line, " \t");
    const char *end = strchr(command_line + 1, '"');
    return end ? end + 1 : command_line + strlen(command_line);
}

static bool has_digest(struct span file, const char *path, struct span digest)
{
    struct pe pe;
    struct findings findings = {0};
    struct span hashed[PE_RANGES_MAX];
    struct digests have = {0};
    pe_parse(&pe, pe_source_span(&file), path, &findings);
    size_t count = pe_hashed_spans(&pe, file, hashed);
    digest_spans(DIGEST_BIT(DIGEST_SHA256), (struct digest_input){hashed, count, pe.pad}, &have);
    const struct digest *d = &have.of[DIGEST_SHA256];
    bool same = count && d->kind == DIGEST_SHA256 && span_equal(span_of(d->bytes, d->size), digest);
    findings_release(&findings);
    pe_release(&pe);
    return same;
}

/* Held before it is read: what is run is what was read. */
static bool take(const char *path, struct span digest, struct file_hold *held, struct err *e)
{
    struct bytes file = {0};
    if (!file_hold(path, held, e))
        return false;
    bool ok = file_read(path, PROGRAM_MAX, &file, e) &&
              (has_digest(bytes_span(&file), path, digest) ||
               err_set(e, ERR_REFUSED,
                       "'%s' is not the x86_64 program that belongs to this one (%s): run the "
                       "x86_64 xenpv.exe itself, or put both of one release there; nothing was "
                       "changed",
                       path, XENPV_VERSION));
    bytes_release(&file);
    if (!ok)
        file_hold_release(held);
    return ok;
}

static bool not_found(const char *folder, struct err *e)
{
    struct text t = {0};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = file_join(folder, places[i]), *full = console_full_path(path);
        text_addf(&t, "%s'%s'", i ? ", " : "", full);
        mem_free(full);
        mem_free(path);
    }
    err_set(e, ERR_NOT_FOUND,
            "a 32-bit program cannot install drivers on 64-bit Windows; nothing was changed: run "
            "the x86_64 xenpv.exe, which is at none of %s",
            text_str(&t));
    text_release(&t);
    return false;
}

bool handover_find(const char *folder, struct span digest, struct handover_program *out,
                   struct err *e)
{
    struct err first = {0};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = file_join(folder, places[i]), *full = console_full_path(path);
        bool ok = file_kind(full) == FILE_REGULAR && take(full, digest, &out->held, &first);
        mem_free(path);
        if (ok) {
            out->path = full;
            return true;
        }
        mem_free(full);
    }
    if (first.kind == ERR_NONE)
        return not_found(folder, e);
    return err_set(e, first.kind, "%s", first.text);
}

void handover_program_release(struct handover_program *p)
{
    file_hold_release(&p->held);
    mem_free(p->path);
    memset(p, 0, sizeof *p);
}
