/*
 * cli: the lines of the input are the words of a command line. Whatever they are,
 *   - they are understood, or refused with one line of kind ERR_USAGE that is safe to print;
 *   - what is borrowed is one of the words or a part of one, and nothing is read that was not given;
 *   - there is a help page for what was understood;
 *   - a Windows that --for names is understood or refused in the same way, and has that architecture.
 */
#include "tests/fuzz/fuzz.h"
#include "base/mem.h"
#include "installer/assume.h"
#include "installer/cli.h"

#include <string.h>

enum { WORDS_MAX = 64 };

struct words {
    char *at[WORDS_MAX];
    size_t count;
};

static void split(struct span text, struct words *w)
{
    struct span line;
    while (text.size && w->count < WORDS_MAX) {
        size_t end = span_find(text, 0, span_text("\n"));
        size_t size = end == SIZE_MAX ? text.size : end;
        span_take(&text, size, &line);
        w->at[w->count++] = mem_strndup((const char *)line.at, line.size);
        text = span_from(text, 1);
    }
}

static void check_borrowed(const struct words *w, const char *text)
{
    if (!text)
        return;
    for (size_t i = 0; i < w->count; i++)
        if (text >= w->at[i] && text <= w->at[i] + strlen(w->at[i]))
            return;
    fuzz_broken(__FILE__, __LINE__, "a text is one of the words or a part of one");
}

static void check_windows(const char *name)
{
    struct facts f = {0};
    struct err e = {0};
    bool ok = assume_facts(name, &f, &e);
    fuzz_answer(ok, &e);
    MUST(ok ? f.windows.architecture != ARCHITECTURE_UNKNOWN : e.kind == ERR_USAGE, "a Windows is known or refused");
    facts_release(&f);
}

static void check_understood(const struct cli *c, const struct words *w)
{
    check_borrowed(w, c->log);
    check_borrowed(w, c->manifest);
    check_borrowed(w, c->facts);
    check_borrowed(w, c->source);
    check_borrowed(w, c->windows);
    check_borrowed(w, c->out);
    MUST(c->paths.count + c->packages.count + c->accept.count <= w->count, "no more paths than words");
    MUST(cli_command_name(c->command), "a command has a name");
    char *help = cli_help(c->command == COMMAND_HELP ? c->help_for : c->command);
    MUST(help && help[0], "there is a help page");
    mem_free(help);
    if (c->windows)
        check_windows(c->windows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct words w = {0};
    struct cli c = {0};
    struct err e = {0};
    split(span_of(data, size), &w);
    bool ok = cli_parse((const char *const *)w.at, w.count, &c, &e);
    fuzz_answer(ok, &e);
    MUST(ok || e.kind == ERR_USAGE, "what is refused is refused as wrong usage");
    if (ok)
        check_understood(&c, &w);
    cli_release(&c);
    for (size_t i = 0; i < w.count; i++)
        mem_free(w.at[i]);
    return 0;
}
