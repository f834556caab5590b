/* version: dotted numbers, compared as far as both go; what is no version compares to nothing. */
#include "drivers-manifest/version.h"

#include "tests/unit/check.h"

static const struct {
    const char *sentence, *a, *b;
    bool comparable;
    int order;
} rows[] = {
    {"equal", "0.11.0.373", "0.11.0.373", true, 0},
    {"the last number decides", "0.11.0.356", "0.11.0.373", true, -1},
    {"the first number decides", "9.0.0", "8.2.2", true, 1},
    {"numbers, not text", "0.11.0.99", "0.11.0.373", true, -1},
    {"a release is named shorter than its drivers", "8.2.2", "8.2.2.5", true, 0},
    {"and the other way round", "8.2.2.5", "8.2.2", true, 0},
    {"shorter, and lower", "8.2", "9.1.0.0", true, -1},
    {"one number", "9", "9.1", true, 0},
    {"leading zeroes", "08.2", "8.02", true, 0},
    {"the highest number", "4294967295", "4294967294", true, 1},
    {"a number of more than 32 bits", "4294967296", "1", false, 0},
    {"eight numbers", "1.2.3.4.5.6.7.8", "1.2.3.4.5.6.7.9", true, -1},
    {"nine numbers", "1.2.3.4.5.6.7.8.9", "1", false, 0},
    {"nothing", "", "1", false, 0},
    {"NULL", NULL, "1", false, 0},
    {"NULL at the right", "1", NULL, false, 0},
    {"a word", "beta", "1", false, 0},
    {"a letter behind", "1.2a", "1.2", false, 0},
    {"a dot at the end", "1.2.", "1.2", false, 0},
    {"two dots", "1..2", "1.2", false, 0},
    {"a sign", "-1", "1", false, 0},
    {"a blank", " 1", "1", false, 0},
    {"a date before it", "04/07/2025,9.1.0.0", "9.1.0.0", false, 0},
};

static void versions_compare_as_far_as_both_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int order = 77;
        CHECK(rows[i].sentence,
              version_compare(rows[i].a, rows[i].b, &order) == rows[i].comparable);
        CHECK(rows[i].sentence, order == (rows[i].comparable ? rows[i].order : 77));
        if (!rows[i].comparable)
            continue;
        assert_true(version_compare(rows[i].b, rows[i].a, &order));
        CHECK(rows[i].sentence, order == -rows[i].order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(versions_compare_as_far_as_both_go)};
    return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
