#define _GNU_SOURCE /* memfd_create */
#include "tests/fuzz/fuzz.h"

#include "base/mem.h"
#include "base/text.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { GENUINE_MAX = 16 * 1024 * 1024 };

/* Where the members of an object lie is chance by default, and what an input reaches with it. */
__attribute__((constructor)) static void same_each_time(void)
{
    json_object_seed(1);
}

void fuzz_broken(const char *file, int line, const char *sentence)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, sentence);
    abort();
}

struct bytes fuzz_copy(struct span s)
{
    struct bytes copy = {.at = mem_zero(s.size, 1), .size = s.size};
    if (s.size)
        memcpy(copy.at, s.at, s.size);
    return copy;
}

unsigned fuzz_take(struct span *rest, unsigned below)
{
    struct span part;
    uint16_t number = 0;
    if (!span_take(rest, sizeof number, &part))
        return 0;
    span_u16(part, 0, &number);
    return number % below;
}

void fuzz_inside(struct span part, struct span whole)
{
    uintptr_t at = (uintptr_t)part.at, from = (uintptr_t)whole.at;
    if (part.size)
        MUST(at >= from && at - from <= whole.size && part.size <= whole.size - (at - from),
             "a span lies inside the input");
}

void fuzz_all_inside(const struct span_list *parts, struct span whole)
{
    for (size_t i = 0; i < parts->count; i++)
        fuzz_inside(parts->at[i], whole);
}

void fuzz_text(const char *text)
{
    if (text)
        MUST(text_is_utf8(span_text(text)), "text is UTF-8");
}

static void safe_to_print(const char *text)
{
    struct text escaped = {0};
    text_add_escaped(&escaped, text);
    MUST(strcmp(text_str(&escaped), text) == 0, "a message is safe to print");
    text_release(&escaped);
}

void fuzz_findings(const struct findings *f)
{
    MUST(f->count <= FINDINGS_MAX, "findings are limited");
    for (size_t i = 0; i < f->count; i++) {
        MUST(f->at[i].code && f->at[i].code[0], "a finding has a code");
        MUST(f->at[i].message && f->at[i].message[0], "a finding says something");
        safe_to_print(f->at[i].message);
    }
}

void fuzz_answer(bool ok, const struct err *e)
{
    MUST(ok == (e->kind == ERR_NONE), "an error is set exactly when something failed");
    if (ok)
        return;
    MUST(e->text[0] != '\0', "a failure says something");
    safe_to_print(e->text);
}

const char *fuzz_file(struct span content)
{
    static char path[64];
    static int file = -1;
    if (file < 0)
        file = memfd_create("fuzz", 0);
    MUST(file >= 0 && ftruncate(file, 0) == 0, "a file in memory can be made");
    for (size_t done = 0; done < content.size;) {
        ssize_t now = pwrite(file, content.at + done, content.size - done, (off_t)done);
        MUST(now > 0, "a file in memory can be written");
        done += (size_t)now;
    }
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return path;
}

struct bytes fuzz_genuine(const char *name)
{
    struct bytes out = {0};
    struct err e = {0};
    const char *folder = getenv("XENPV_FUZZ_GENUINE");
    char *path = file_join(folder ? folder : "build/fuzz/genuine", name);
    if (!file_read(path, GENUINE_MAX, &out, &e)) {
        fprintf(stderr, "%s (make -f Makefile.mingw fuzz makes it)\n", e.text);
        exit(2);
    }
    mem_free(path);
    return out;
}
