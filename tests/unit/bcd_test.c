/*
 * bcd: what bcdedit says on an English, a German and a crowded Windows, what nobody should say, and
 * the commands that come of it. The outputs have the form that Microsoft documents for /enum.
 */
#include "installer/bcd.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/bootini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define GUID "{d2b69192-8f14-11da-a31f-ea816ab185e9}"
#define OTHER "{1CA83F26-0000-11dd-b9db-00155d013d03}"

static const char english[] = "\r\nWindows Boot Loader\r\n-------------------\r\n"
                              "identifier              " OTHER "\r\n"
                              "device                  partition=C:\r\n"
                              "path                    \\Windows\\system32\\winload.exe\r\n"
                              "description             Windows 7\r\n"
                              "loadoptions             DDISABLE_X  TESTOPTION\r\n"
                              "inherit                 {bootloadersettings}\r\n"
                              "recoverysequence        " GUID "\r\n"
                              "\r\nWindows Boot Loader\r\n-------------------\r\n"
                              "identifier              " GUID "\r\n"
                              "description             Windows " BOOT_ENTRY_MARK "\r\n"
                              "loadoptions             TESTOPTION nogplpv\r\n";

/* Code page 850: "Bezeichner" is translated, the elements' names are not. */
static const char german[] = "\r\nWindows-Startladeprogramm\r\n-------------------------\r\n"
                             "Bezeichner              {current}\r\n"
                             "description             Windows 7 f\x81r alle\r\n";

static void reads_what_it_needs_and_nothing_else(void **state)
{
    struct bcd_entries *all = mem_zero(1, sizeof *all);
    struct err e = {0};
    (void)state;
    assert_true(bcd_read(span_text(english), all, &e));
    assert_int_equal(all->count, 2);
    assert_string_equal(all->at[0].id, OTHER);
    assert_false(all->at[0].ours);
    assert_true(span_equal(all->at[0].load_options, span_text("DDISABLE_X  TESTOPTION")));
    assert_string_equal(all->at[1].id, GUID);
    assert_true(all->at[1].ours);
    assert_true(bcd_read(span_text(german), all, &e));
    assert_int_equal(all->count, 1);
    assert_string_equal(all->at[0].id, "{current}");
    assert_false(all->at[0].ours);
    assert_int_equal(all->at[0].load_options.size, 0);
    mem_free(all);
}

static void finds_an_option_as_a_whole_word(void **state)
{
    static const struct {
        const char *options, *option;
        bool has;
    } rows[] = {
        {"NOGPLPV", "NOGPLPV", true},
        {"nogplpv", "NOGPLPV", true},
        {" A  NOGPLPV\tB ", "NOGPLPV", true},
        {"NOGPLPVX", "NOGPLPV", false},
        {"XNOGPLPV", "NOGPLPV", false},
        {"", "NOGPLPV", false},
        {"XEN:BOOT_EMULATED=FALSE", "XEN:BOOT_EMULATED=TRUE", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct bcd_entry entry = {.load_options = span_text(rows[i].options)};
        if (bcd_has_option(&entry, rows[i].option) != rows[i].has)
            fail_msg("'%s' in '%s'", rows[i].option, rows[i].options);
    }
}

static void refuses_what_is_no_list(void **state)
{
    static const struct {
        const char *sentence, *output, *says;
    } rows[] = {
        {"nothing", "", "no boot entry"},
        {"an error",
         "The boot configuration data store could not be opened.\r\nAccess is denied.\r\n",
         "no boot entry"},
        {"an entry without an identifier", "x\r\n---\r\ndevice  partition=C:\r\n", "identifier"},
        {"an identifier with something behind it", "x\r\n---\r\nidentifier {a} b\r\n",
         "identifier"},
        {"an identifier that is too long",
         "x\r\n---\r\nid {00000000-0000-0000-0000-0000000000000000}\r\n", "identifier"},
    };
    struct bcd_entries *all = mem_zero(1, sizeof *all);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err e = {0};
        if (bcd_read(span_text(rows[i].output), all, &e) || !strstr(e.text, rows[i].says))
            fail_msg("%s: '%s'", rows[i].sentence, e.text);
    }
    mem_free(all);
}

static void an_identifier_is_ascii(void **state)
{
    static const char nul[] = "x\n---\nid {a\0b}\n", wide[] = "x\n---\nid {a\x81}\n";
    struct bcd_entries *all = mem_zero(1, sizeof *all);
    (void)state;
    assert_false(bcd_read(span_of(nul, sizeof nul - 1), all, NULL));
    assert_false(bcd_read(span_text(wide), all, NULL));
    mem_free(all);
}

static void keeps_its_limits(void **state)
{
    struct bcd_entries *all = mem_zero(1, sizeof *all);
    struct text t = {0};
    struct err many = {0}, wide = {0};
    (void)state;
    for (int i = 0; i < BCD_ENTRIES_MAX; i++)
        text_add(&t, "t\n---\nid {a}\n");
    assert_true(bcd_read(span_text(text_str(&t)), all, NULL));
    assert_int_equal(all->count, BCD_ENTRIES_MAX);
    text_add(&t, "t\n---\nid {a}\n");
    assert_false(bcd_read(span_text(text_str(&t)), all, &many));
    assert_int_equal(many.kind, ERR_LIMIT);
    text_release(&t);
    text_add(&t, "t\n---\nid {a}\nloadoptions ");
    for (int i = 0; i < BCD_OPTIONS_MAX; i++)
        text_add(&t, "x");
    assert_true(bcd_read(span_text(text_str(&t)), all, NULL));
    text_add(&t, "x");
    assert_false(bcd_read(span_text(text_str(&t)), all, &wide));
    assert_int_equal(wide.kind, ERR_LIMIT);
    text_release(&t);
    mem_free(all);
}

static void finds_the_guid_in_any_language(void **state)
{
    static const char *const good[] = {
        "The entry was successfully copied to " GUID ".\r\n",
        "Der Eintrag wurde erfolgreich in \"" GUID "\" kopiert.\r\n",
        "{no} {" GUID,
    };
    static const char *const bad[] = {
        "",
        "The entry was successfully copied to {current}.",
        "{d2b69192-8f14-11da-a31f-ea816ab185e9",
        "{d2b69192-8f14-11da-a31f-ea816ab185eg}",
        "{d2b69192+8f14-11da-a31f-ea816ab185e9}",
    };
    char id[BCD_ID_MAX] = "unchanged";
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        assert_false(bcd_read_copied(span_text(bad[i]), id, &e));
        assert_string_equal(id, "unchanged");
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(bcd_read_copied(span_text(good[i]), id, NULL));
        assert_string_equal(id, GUID);
    }
}

static void expect_command(char *command, const char *wanted)
{
    assert_non_null(command);
    assert_string_equal(command, wanted);
    mem_free(command);
}

static void says_commands_that_mean_one_thing(void **state)
{
    static const char *const bad[] = {"a\"b", "a\nb", "f\x81r", "%PATH%", "a\\"};
    (void)state;
    expect_command(bcd_copy_command(), "/copy {current} /d \"Windows " BOOT_ENTRY_MARK "\"");
    expect_command(bcd_set_command(GUID, span_text(""), "NOGPLPV", NULL),
                   "/set " GUID " loadoptions \"NOGPLPV\"");
    expect_command(bcd_set_command(GUID, span_text("A B"), "NOGPLPV", NULL),
                   "/set " GUID " loadoptions \"A B NOGPLPV\"");
    expect_command(bcd_delete_command(GUID, NULL), "/delete " GUID);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err options = {0}, option = {0};
        assert_null(bcd_set_command(GUID, span_text(bad[i]), "NOGPLPV", &options));
        assert_int_equal(options.kind, ERR_FORMAT);
        assert_null(bcd_set_command(GUID, span_text(""), bad[i], &option));
        assert_int_equal(option.kind, ERR_USAGE);
    }
    assert_null(bcd_delete_command("{current}", NULL));
    assert_null(bcd_delete_command("{default}", NULL));
    assert_null(bcd_delete_command(NULL, NULL));
    assert_null(bcd_set_command("{current}", span_text(""), "NOGPLPV", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_needs_and_nothing_else),
        cmocka_unit_test(finds_an_option_as_a_whole_word),
        cmocka_unit_test(refuses_what_is_no_list),
        cmocka_unit_test(an_identifier_is_ascii),
        cmocka_unit_test(keeps_its_limits),
        cmocka_unit_test(finds_the_guid_in_any_language),
        cmocka_unit_test(says_commands_that_mean_one_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
