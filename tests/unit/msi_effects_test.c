/* msi_effects: what made packages ask of guests, and which certificates they bring. */
#include "verifier/msi_effects.h"

#include "tests/unit/build_msi.h"
#include "tests/unit/build_signed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const property_rows[][MSI_PLAN_COLUMNS] = {
    {"ProductCode", "{FB49475E-42A6-4EC6-8A94-F5F4BCEF7FC0}"},
    {"ProductName", "GPL PV Drivers for Windows"},
    {"ProductVersion", "0.11.0.372"},
    {NULL},
};

static const char *const search_rows[][MSI_PLAN_COLUMNS] = {
    {"SYSTEMSTARTOPTIONS", "Options"}, {"OTHERVALUE", "Other"}, {"USERVALUE", "User"}, {NULL}};

static const char *const locator_rows[][MSI_PLAN_COLUMNS] = {
    {"Other", "2", "SYSTEM\\CurrentControlSet\\Control", "WaitToKillServiceTimeout"},
    {"Options", "2", "System\\CurrentControlSet\\Control", "SystemStartOptions"},
    {"User", "1", "SYSTEM\\CurrentControlSet\\Control", "SystemStartOptions"},
    {NULL},
};

enum { T_PROPERTY, T_CONDITION, T_SEARCH, T_LOCATOR, T_CERTIFICATE, T_COUNT };

typedef const char *const (*table_rows)[MSI_PLAN_COLUMNS];

/* The package of these rows, read for a guest; NULL: without that table. */
static bool read_effects(table_rows conditions, table_rows certificates, const struct facts *f,
                         struct msi_effects *out)
{
    const struct msi_plan_table tables[T_COUNT] = {
        {"Property", {"Property", "Value"}, {MSI_S | MSI_KEY, MSI_S}, property_rows},
        {"LaunchCondition", {"Condition", "Description"}, {MSI_S | MSI_KEY, MSI_S}, conditions},
        {"AppSearch", {"Property", "Signature_"}, {MSI_S | MSI_KEY, MSI_S | MSI_KEY}, search_rows},
        {"RegLocator",
         {"Signature_", "Root", "Key", "Name"},
         {MSI_S | MSI_KEY, MSI_I2, MSI_S, MSI_SN},
         locator_rows},
        {"Certificate",
         {"Certificate", "StoreLocation", "StoreName", "Binary_"},
         {MSI_S | MSI_KEY, MSI_I2, MSI_S, MSI_SN},
         certificates},
    };
    struct msi_plan plan = {0};
    struct err e = {0};
    const struct certificate_recipe recipe = {.subject = "a publisher"};
    struct span certificate = make_certificate(&recipe);
    msi_add_stream(&plan, "Binary.test.der", certificate.at, certificate.size);
    msi_add_stream(&plan, "Binary.broken.der", "broken", 6);
    msi_build(&plan, tables, certificates ? T_COUNT : T_CERTIFICATE);
    bool ok = msi_effects_read(bytes_span(&plan.ole.out), f, out, &e);
    if (!ok)
        print_message("%s\n", e.text);
    ole_plan_release(&plan.ole);
    return ok;
}

struct demand_row {
    const char *condition;
    enum tri wanted;
    const char *sentence;
};

/* On Windows 7 SP1 x64 with TESTSIGNING. */
static const struct demand_row demands[] = {
    {"Installed OR (SYSTEMSTARTOPTIONS >< \"TESTSIGNING\")", TRI_YES, "test signing is on"},
    {"Installed OR SYSTEMSTARTOPTIONS >< \"SAFEBOOT\"", TRI_NO, "safe mode is not"},
    {"OTHERVALUE", TRI_UNKNOWN, "a value of the registry that we do not read"},
    {"USERVALUE", TRI_UNKNOWN, "a value of the user's registry"},
    {"VersionNT = 601", TRI_YES, "Windows 7"},
    {"VersionNT64", TRI_YES, "of 64 bits"},
    {"ServicePackLevel >= 1 AND MsiNTProductType = 1", TRI_YES, "a client with a service pack"},
    {"Privileged AND NOT Version9X", TRI_YES, "an administrator, on an NT"},
    {"ProductVersion << \"0.11\"", TRI_YES, "a property of its own"},
    {"TerminalServer", TRI_UNKNOWN, "a property of Windows Installer's that we do not know"},
    {"", TRI_YES, "nothing"},
};

static void predicts_launch_conditions(void **state)
{
    static char options[] = " TESTSIGNING  NOEXECUTE=OPTIN";
    const struct facts f = {.windows = {.major = number_of(6),
                                        .minor = number_of(1),
                                        .service_pack = number_of(1),
                                        .type = PRODUCT_TYPE_WORKSTATION,
                                        .architecture = ARCHITECTURE_X64,
                                        .elevated = TRI_YES,
                                        .start_options = options}};
    (void)state;
    for (size_t i = 0; i < sizeof demands / sizeof *demands; i++) {
        const char *const rows[][MSI_PLAN_COLUMNS] = {
            {"0 OR Installed", "first"}, {demands[i].condition, "what it says"}, {NULL}};
        struct msi_effects m = {0};
        assert_true(read_effects(rows, NULL, &f, &m));
        assert_int_equal(m.demands.count, 2);
        if (m.demands.at[0].met != TRI_NO || m.demands.at[1].met != demands[i].wanted)
            fail_msg("%s: '%s' is %d", demands[i].sentence, demands[i].condition,
                     (int)m.demands.at[1].met);
        assert_string_equal(m.demands.at[1].message, "what it says");
        assert_string_equal(m.code, property_rows[0][1]);
        assert_string_equal(m.name, property_rows[1][1]);
        assert_string_equal(m.version, property_rows[2][1]);
        msi_effects_release(&m);
    }
}

/* What was not read of a guest decides nothing. */
static void says_unknown_of_an_unknown_guest(void **state)
{
    static const char *const unknown[] = {"SYSTEMSTARTOPTIONS >< \"TESTSIGNING\"",
                                          "VersionNT >= 500",
                                          "VersionNT64",
                                          "MsiNTProductType = 1",
                                          "ServicePackLevel = 0",
                                          "Privileged"};
    const struct facts f = {.schema = {0}};
    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        const char *const rows[][MSI_PLAN_COLUMNS] = {{unknown[i], "?"}, {NULL}};
        struct msi_effects m = {0};
        assert_true(read_effects(rows, NULL, &f, &m));
        if (m.demands.at[0].met != TRI_UNKNOWN)
            fail_msg("'%s' is %d", unknown[i], (int)m.demands.at[0].met);
        msi_effects_release(&m);
    }
}

/* Windows Installer says 603 from Windows 8.1 on. */
static void windows_10_calls_itself_8_1(void **state)
{
    const struct facts f = {.windows = {.major = number_of(10),
                                        .minor = number_of(0),
                                        .architecture = ARCHITECTURE_X86}};
    const char *const rows[][MSI_PLAN_COLUMNS] = {
        {"VersionNT = 603", "?"}, {"NOT VersionNT64", "?"}, {NULL}};
    struct msi_effects m = {0};
    (void)state;
    assert_true(read_effects(rows, NULL, &f, &m));
    assert_int_equal(m.demands.at[0].met, TRI_YES);
    assert_int_equal(m.demands.at[1].met, TRI_YES);
    assert_int_equal(m.certificates.count, 0);
    msi_effects_release(&m);
}

static void names_certificates_and_stores(void **state)
{
    const struct facts f = {.schema = {0}};
    const char *const none[][MSI_PLAN_COLUMNS] = {{NULL}};
    const char *const rows[][MSI_PLAN_COLUMNS] = {{"a", "2", "Root", "test.der"},
                                                  {"b", "1", "TrustedPublisher", "broken.der"},
                                                  {"c", "2", "Disallowed", "gone.der"},
                                                  {NULL}};
    const struct certificate_recipe recipe = {.subject = "a publisher"};
    struct digest d = digest_one(DIGEST_SHA1, make_certificate(&recipe));
    char thumbprint[2 * DIGEST_SIZE_MAX + 1];
    struct msi_effects m = {0};
    (void)state;
    digest_hex(&d, thumbprint);
    assert_true(read_effects(none, rows, &f, &m));
    assert_int_equal(m.certificates.count, 3);
    assert_string_equal(m.certificates.at[0].store, "Root");
    assert_int_equal(m.certificates.at[0].of_machine, TRI_YES);
    assert_string_equal(m.certificates.at[0].subject, "a publisher");
    assert_string_equal(m.certificates.at[0].sha1, thumbprint);
    assert_int_equal(m.certificates.at[1].of_machine, TRI_NO);
    for (size_t i = 1; i < 3; i++) {
        assert_null(m.certificates.at[i].sha1);
        assert_null(m.certificates.at[i].subject);
    }
    assert_string_equal(m.certificates.at[2].store, "Disallowed");
    msi_effects_release(&m);
    msi_effects_release(&m);
}

/* More rows than are looked at are said to be more. */
static void keeps_to_its_limit(void **state)
{
    enum { ROWS = MSI_EFFECTS_MAX + 1 };
    static const char *rows[ROWS + 1][MSI_PLAN_COLUMNS];
    static char names[ROWS][16];
    const struct facts f = {.schema = {0}};
    struct msi_effects m = {0};
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        snprintf(names[i], sizeof names[i], "P%d", i);
        rows[i][0] = names[i];
        rows[i][1] = "?";
    }
    assert_true(read_effects((table_rows)rows, NULL, &f, &m));
    assert_int_equal(m.demands.count, MSI_EFFECTS_MAX);
    assert_true(m.truncated);
    msi_effects_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predicts_launch_conditions),
        cmocka_unit_test(says_unknown_of_an_unknown_guest),
        cmocka_unit_test(windows_10_calls_itself_8_1),
        cmocka_unit_test(names_certificates_and_stores),
        cmocka_unit_test(keeps_to_its_limit),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    signed_release();
    der_forget();
    return failed;
}
