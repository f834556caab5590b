#include "tests/fuzz/json.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

void fuzz_encode_is_stable(const struct shape *shape, const void *object)
{
    char *once = shape_encode(shape, object);
    void *again = mem_zero(1, shape->size);
    struct texts unknown = {0};
    struct err e = {0};
    MUST(text_is_utf8(span_text(once)), "JSON is UTF-8");
    MUST(shape_decode(span_text(once), shape, again, &unknown, &e), "what was written can be read");
    MUST(!unknown.count, "nothing is written that is not known");
    char *twice = shape_encode(shape, again);
    MUST(strcmp(once, twice) == 0, "what was read is written as it was");
    shape_release(shape, again);
    texts_release(&unknown);
    mem_free(again);
    mem_free(twice);
    mem_free(once);
}
