/* msi_code: each code that Windows Installer ends with, what it means and what is to be done. */
#include "installer/msi_code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct row {
    uint32_t code;
    enum msi_outcome outcome;
    const char *words, *advice; /* parts of them; NULL: there is none */
};

static const struct row rows[] = {
    {0, MSI_DONE, "done", NULL},
    {1601, MSI_FAILED, "service", "safe mode"},
    {1602, MSI_FAILED, "cancelled", "again"},
    {1603, MSI_FAILED, "failed", "Return value 3"},
    {1605, MSI_NOT_THERE, "no such product", NULL},
    {1618, MSI_BUSY, "another installation runs", "finish"},
    {1625, MSI_FAILED, "policy", "DisableMSI"},
    {1633, MSI_FAILED, "processor", NULL},
    {1638, MSI_FAILED, "another version", "--replace"},
    {1641, MSI_RESTART_BEGUN, "begun a restart", NULL},
    {3010, MSI_RESTART_NEEDED, "has to be restarted", NULL},
};

static bool says(const char *text, const char *part)
{
    return part ? text && strstr(text, part) : !text;
}

static void each_code_has_its_own_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct msi_code *c = msi_code_of(rows[i].code);
        if (!c || c->code != rows[i].code || c->outcome != rows[i].outcome ||
            !says(c->words, rows[i].words) || !says(c->advice, rows[i].advice))
            fail_msg("code %u: outcome %d, '%s', '%s'", (unsigned)rows[i].code,
                     c ? (int)c->outcome : -1, c ? c->words : "?",
                     c && c->advice ? c->advice : "none");
    }
}

/* What nobody has described is a failure, whatever it is near to. */
static void other_codes_have_none(void **state)
{
    static const uint32_t others[] = {1, 1600, 1604, 3009, 3011, 0x643 + 0x80070000u, UINT32_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(msi_code_of(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code_has_its_own_meaning),
        cmocka_unit_test(other_codes_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
