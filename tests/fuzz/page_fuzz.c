/*
 * page: whatever facts say, the page that is made of them is UTF-8 without control characters, has no tag that is not
 * ours, closes what it opens, and runs and loads nothing; masking any text twice is masking it once, and leaves no name
 * that it was told.
 */
#include "base/mem.h"
#include "installer/mask.h"
#include "installer/report_html.h"
#include "tests/fuzz/choosing.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/markup.h"

#include <string.h>

static void check_page(const struct report *r, const struct stack *s)
{
    char *page = report_html(r, s);
    fuzz_markup(page, FUZZ_MARKUP_NESTED);
    mem_free(page);
}

/* Texts of ours would be masked too, so only the given bytes are. */
static void check_mask(struct span bytes)
{
    struct mask m = {0};
    struct text once = {0}, twice = {0};
    char *text = mem_strndup((const char *)bytes.at, bytes.size);
    texts_add(&m.users, "jane");
    mask_add(&m, &once, text);
    mask_add(&m, &twice, text_str(&once));
    MUST(strcmp(text_str(&once), text_str(&twice)) == 0, "masked twice is masked once");
    MUST(!strstr(text_str(&once), " jane "), "a name is gone");
    text_release(&once);
    text_release(&twice);
    mem_free(text);
    mask_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct facts f = {0};
    struct report r;
    struct stack s = {0};
    check_mask(span_of(data, size));
    if (!facts_decode(span_of(data, size), &f, NULL))
        return 0;
    report_init(&r, "report");
    r.windows = report_windows_name(fuzz_manifest(), &f.windows);
    stack_build(&f, fuzz_manifest(), &s);
    report_take_facts(&r, &f);
    check_page(&r, &s);
    stack_release(&s);
    report_release(&r);
    facts_release(&f);
    return 0;
}
