/*
 * msi_condition: whatever the text is,
 *   - what is certain while nothing is known of any property stays so when all are known;
 *   - a condition in parentheses says the same, unless it is too deep then, and its negation the
 *     opposite.
 */
#include "tests/fuzz/fuzz.h"
#include "base/mem.h"
#include "base/text.h"
#include "verifier/msi_condition.h"

#include <string.h>

static bool nothing(void *context, struct span name, struct span *value)
{
    (void)context;
    (void)name;
    (void)value;
    return false;
}

/* The value is the name itself, or its length, or none. */
static bool something(void *context, struct span name, struct span *value)
{
    static const char *const lengths[] = {"0", "1", "2", "3"};
    (void)context;
    enum { KINDS = 3 };
    if (name.size % KINDS == 0)
        *value = (struct span){0};
    else if (name.size % KINDS == 1)
        *value = name;
    else
        *value = span_text(lengths[name.size / KINDS % 4]);
    return true;
}

static enum tri wrapped(const char *front, const char *condition, const struct msi_properties *p)
{
    struct text t = {0};
    text_addf(&t, "%s(%s)", front, condition);
    enum tri result = msi_condition(text_str(&t), p);
    text_release(&t);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct msi_properties none = {nothing, NULL}, all = {something, NULL};
    char *condition = mem_strndup((const char *)data, size);
    /* What closes more than it opens is another condition in parentheses. */
    bool other = strchr(condition, '"') || strchr(condition, ')');
    bool blank = strspn(condition, " \t\r\n\v\f") == strlen(condition);
    enum tri without = msi_condition(condition, &none), with = msi_condition(condition, &all);
    MUST(without == TRI_UNKNOWN || without == with, "what is certain stays so");
    enum tri same = wrapped("", condition, &all), opposite = wrapped("NOT ", condition, &all);
    MUST(blank || other || same == TRI_UNKNOWN || same == with, "parentheses change nothing");
    MUST(other || same == TRI_UNKNOWN || opposite == TRI_UNKNOWN || opposite != same,
         "a negation is the opposite");
    mem_free(condition);
    return 0;
}
