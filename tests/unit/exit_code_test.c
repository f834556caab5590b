/* exit_code: the numbers that unattended set-ups read. */
#include "installer/exit_code.h"

#include "tests/unit/check.h"

static const struct {
    int code;
    const char *words;
} rows[] = {
    {0, "done or healthy"},     {1, "could not finish"},        {2, "usage"},
    {3, "not a Xen HVM guest"}, {4, "verification refused"},    {5, "failed and rolled back"},
    {6, "needs attention"},     {7, "needs elevation"},         {8, "no eligible source"},
    {1641, "restart started"},  {3010, "done, restart needed"},
};

static void each_code_has_its_words(void **state)
{
    (void)state;
    size_t count;
    const enum exit_code *all = exit_code_all(&count);
    assert_int_equal(count, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK(rows[i].words, (int)all[i] == rows[i].code);
        CHECK_TEXT(rows[i].words, exit_code_words(rows[i].code), rows[i].words);
    }
}

static void other_numbers_have_none(void **state)
{
    (void)state;
    static const int others[] = {-1, 9, 194, 105, 1640, 1642, 3009, 3011, 255};
    for (size_t i = 0; i < COUNT(others); i++)
        assert_null(exit_code_words(others[i]));
}

static void failures_have_codes(void **state)
{
    (void)state;
    static const enum err_kind others[] = {ERR_FAILED, ERR_NOT_FOUND, ERR_ACCESS,   ERR_FORMAT,
                                           ERR_LIMIT,  ERR_BUSY,      ERR_CANCELLED};
    assert_int_equal(exit_code_of_err(&(struct err){.kind = ERR_USAGE}), EXIT_CODE_USAGE);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_int_equal(exit_code_of_err(&(struct err){.kind = others[i]}), EXIT_CODE_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_its_words),
        cmocka_unit_test(other_numbers_have_none),
        cmocka_unit_test(failures_have_codes),
    };
    return cmocka_run_group_tests_name("exit_code", tests, NULL, NULL);
}
