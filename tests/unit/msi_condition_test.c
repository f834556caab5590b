/* msi_condition: what conditions mean, each with what is known of its properties. */
#include "verifier/msi_condition.h"

#include "base/mem.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* VersionNT is 601, Text is abc, Mask is 65537, None is not set; nothing is known of others. */
static bool get(void *context, struct span name, struct span *value)
{
    static const char *const known[][2] = {
        {"VersionNT", "601"}, {"Text", "abc"}, {"Mask", "65537"}, {"None", ""}, {"Two.2", "2"}};
    (void)context;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (span_equal(name, span_text(known[i][0]))) {
            *value = span_text(known[i][1]);
            return true;
        }
    return false;
}

struct row {
    const char *condition;
    enum tri wanted;
    const char *sentence;
};

static const struct row rows[] = {
    {"", TRI_YES, "no condition holds"},
    {"  ", TRI_YES, "nor do blanks"},
    {"Text", TRI_YES, "a property alone holds when it is set"},
    {"None", TRI_NO, "and not when it is not"},
    {"Other", TRI_UNKNOWN, "and nothing is said of one that nobody knows"},
    {"text", TRI_UNKNOWN, "a property's name has its case"},
    {"1", TRI_YES, "a number holds"},
    {"0", TRI_NO, "but 0"},
    {"NOT None", TRI_YES, "not"},
    {"NOT NOT Text", TRI_YES, "not, twice"},
    {"not Text", TRI_NO, "words in any case"},
    {"None AND Other", TRI_NO, "and is known by one side"},
    {"Text AND Other", TRI_UNKNOWN, "but not by the other"},
    {"Text OR Other", TRI_YES, "or is known by one side"},
    {"None OR Other", TRI_UNKNOWN, "but not by the other"},
    {"Text XOR Text", TRI_NO, "either, not both"},
    {"Text XOR None", TRI_YES, "either"},
    {"Text XOR Other", TRI_UNKNOWN, "either, which nobody knows"},
    {"Text EQV None", TRI_NO, "both or none"},
    {"None IMP Other", TRI_YES, "what does not hold implies all"},
    {"Text IMP None", TRI_NO, "what holds implies what holds only"},
    {"Text OR None AND None", TRI_YES, "and binds tighter than or"},
    {"(Text OR None) AND None", TRI_NO, "and parentheses tighter still"},
    {"NOT None AND None", TRI_NO, "not binds tightest"},
    {"Text OR Text XOR Text", TRI_NO, "or binds tighter than xor"},
    {"VersionNT >= 601", TRI_YES, "numbers are compared as numbers"},
    {"VersionNT>=1000", TRI_NO, "and not as texts"},
    {"VersionNT < 602 AND VersionNT > 600", TRI_YES, "on both sides"},
    {"VersionNT <= -1", TRI_NO, "below zero"},
    {"Text = 1", TRI_NO, "a text is no number"},
    {"Text <> 1", TRI_YES, "and so is unequal to it"},
    {"Text > 1", TRI_NO, "and not larger"},
    {"Text = \"abc\"", TRI_YES, "texts"},
    {"Text = \"ABC\"", TRI_NO, "have their case"},
    {"Text ~= \"ABC\"", TRI_YES, "but where it is not to count"},
    {"Text <> \"ab\"", TRI_YES, "unequal texts"},
    {"Text >< \"b\"", TRI_YES, "a text that is in it"},
    {"Text >< \"B\"", TRI_NO, "with its case"},
    {"Text ~>< \"B\"", TRI_YES, "or without"},
    {"None >< \"b\"", TRI_NO, "nothing is in what is not set"},
    {"Text >< \"\"", TRI_YES, "but the empty text is in all"},
    {"Text << \"ab\"", TRI_YES, "that it begins with"},
    {"Text << \"b\"", TRI_NO, "that it does not begin with"},
    {"Text >> \"bc\"", TRI_YES, "that it ends in"},
    {"Text >> \"abcd\"", TRI_NO, "that is longer"},
    {"Text < \"b\"", TRI_UNKNOWN, "how texts are ordered is the machine's"},
    {"Mask >< 2", TRI_NO, "bits in common: none"},
    {"Mask >< 1", TRI_YES, "bits in common: some"},
    {"Mask << 1", TRI_YES, "the upper half"},
    {"Mask >> 1", TRI_YES, "the lower half"},
    {"Mask >> 65537", TRI_NO, "the lower half is no more than that"},
    {"Two.2=2", TRI_YES, "a name with a dot"},
    {"VersionNT = \"601\"", TRI_YES, "a quoted number is a text"},
    {"Other >< \"TESTSIGNING\"", TRI_UNKNOWN, "nobody knows what is in it"},
    {"Text OR (Other >< \"TESTSIGNING\")", TRI_YES, "and it need not be known"},
    {"%PATH", TRI_UNKNOWN, "an environment variable"},
    {"$Component = 3", TRI_UNKNOWN, "a component's action"},
    {"NOT &Feature = 3 OR Text", TRI_YES, "a feature's, which does not count"},
    {"Text AND", TRI_UNKNOWN, "an end too early"},
    {"AND Text", TRI_UNKNOWN, "a beginning that is none"},
    {"(Text", TRI_UNKNOWN, "an open parenthesis"},
    {"Text)", TRI_UNKNOWN, "one that was not opened"},
    {"Text Text", TRI_UNKNOWN, "nothing between two"},
    {"Text = \"abc", TRI_UNKNOWN, "an open quotation"},
    {"Text ~ \"abc\"", TRI_UNKNOWN, "a sign that stands before nothing"},
    {"Text # 1", TRI_UNKNOWN, "a sign that is none"},
    {"VersionNT = 99999999999999999999", TRI_NO, "a number that is too large is none"},
    {"None OR #", TRI_UNKNOWN, "what is no condition is unknown, whatever a part of it says"},
};

static void means_what_windows_takes_it_for(void **state)
{
    const struct msi_properties properties = {get, NULL};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum tri have = msi_condition(rows[i].condition, &properties);
        if (have != rows[i].wanted)
            fail_msg("%s: '%s' is %d, not %d", rows[i].sentence, rows[i].condition, (int)have,
                     (int)rows[i].wanted);
    }
}

/* As deep as is followed, and one deeper; as long, and one longer. */
static void keeps_to_its_limits(void **state)
{
    const struct msi_properties properties = {get, NULL};
    (void)state;
    for (int over = 0; over < 2; over++) {
        struct text deep = {0}, not = {0}, lengthy = {0};
        size_t depth = MSI_CONDITION_DEPTH_MAX - 1 + (size_t)over;
        for (size_t i = 0; i < depth; i++) {
            text_add(&deep, "(");
            text_add(&not, "NOT ");
        }
        text_add(&deep, "Text");
        text_add(&not, depth % 2 ? "None" : "Text");
        for (size_t i = 0; i < depth; i++)
            text_add(&deep, ")");
        text_add(&lengthy, "Text");
        while (lengthy.size < MSI_CONDITION_SIZE_MAX + (size_t)over)
            text_add(&lengthy, " ");
        enum tri wanted = over ? TRI_UNKNOWN : TRI_YES;
        assert_int_equal(msi_condition(text_str(&deep), &properties), wanted);
        assert_int_equal(msi_condition(text_str(&not ), &properties), wanted);
        assert_int_equal(msi_condition(text_str(&lengthy), &properties), wanted);
        text_release(&deep);
        text_release(&not );
        text_release(&lengthy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_what_windows_takes_it_for),
        cmocka_unit_test(keeps_to_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
