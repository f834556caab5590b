/*
 * bcd: whatever bcdedit says,
 *   - entries have identifiers of the form "{...}" without blanks, and load options from inside the output;
 *   - what is read as copied is a GUID;
 *   - a command that is made is one line of ASCII, in which nothing but the option list stands between quotes.
 */
#include "base/mem.h"
#include "installer/bcd.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void check_command(const char *id, struct span options)
{
    struct err e = {0};
    char *command = bcd_set_command(id, options, "NOGPLPV", &e);
    fuzz_answer(command != NULL, &e);
    for (const char *c = command; c && *c; c++)
        MUST(*c >= ' ' && *c <= '~', "a command is printable ASCII");
    if (command) {
        const char *open = strchr(command, '"'), *close = open ? strchr(open + 1, '"') : NULL;
        MUST(close && close[1] == '\0', "one pair of quotes, and it ends the line");
        MUST(bcd_is_guid(id), "only an entry with a GUID is set");
    }
    mem_free(command);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span output = span_of(data, size);
    struct bcd_entries *all = mem_zero(1, sizeof *all);
    struct err e = {0}, copied = {0};
    char id[BCD_ID_MAX];
    bool ok = bcd_read(output, all, &e);
    fuzz_answer(ok, &e);
    MUST(!ok || all->count, "a list that was read has entries");
    for (size_t i = 0; i < all->count; i++) {
        const struct bcd_entry *entry = &all->at[i];
        size_t length = strlen(entry->id);
        MUST(length >= 3 && entry->id[0] == '{' && entry->id[length - 1] == '}', "an identifier stands in braces");
        MUST(!strpbrk(entry->id, " \t\r\n"), "an identifier is one word");
        MUST(entry->load_options.size <= BCD_OPTIONS_MAX, "load options keep to their limit");
        fuzz_inside(entry->load_options, output);
        check_command(entry->id, entry->load_options);
    }
    ok = bcd_read_copied(output, id, &copied);
    fuzz_answer(ok, &copied);
    MUST(!ok || bcd_is_guid(id), "what was copied has a GUID");
    mem_free(all);
    return 0;
}
