/*
 * bootini: files as Windows and administrators leave them, files that must not be touched, and the
 * property that what was added comes out again without a trace.
 */
#include "installer/bootini.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LOADER                                                                                     \
    "[boot loader]\r\ntimeout=30\r\ndefault=multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS\r\n"
#define SYSTEMS "[operating systems]\r\n"
#define DISK "multi(0)disk(0)rdisk(0)partition(1)\\"
#define XP DISK "WINDOWS=\"Microsoft Windows XP Professional\" /noexecute=optin /fastdetect"
#define OURS                                                                                       \
    DISK "WINDOWS=\"Microsoft Windows XP Professional " BOOT_ENTRY_MARK                            \
         "\" /noexecute=optin /fastdetect /NOGPLPV"
#define OTHER "C:\\CMDCONS\\BOOTSECT.DAT=\"Recovery Console\" /cmdcons"
#define NINE                                                                                       \
    "a=\"1\"\r\nb=\"2\"\r\nc=\"3\"\r\nd=\"4\"\r\ne=\"5\"\r\nf=\"6\"\r\ng=\"7\"\r\nh=\"8\"\r\ni=\"9\"\r\n"

static const char option[] = "/NOGPLPV";

struct add_row {
    const char *sentence, *before, *after;
};

static const struct add_row adds[] = {
    {"the file of a new Windows XP", LOADER SYSTEMS XP "\r\n",
     LOADER SYSTEMS XP "\r\n" OURS "\r\n"},
    {"no last line end stays none", LOADER SYSTEMS XP, LOADER SYSTEMS XP "\r\n" OURS},
    {"it goes behind the last of several entries", LOADER SYSTEMS XP "\r\n" OTHER "\r\n",
     LOADER SYSTEMS XP "\r\n" OTHER "\r\n" OURS "\r\n"},
    {"the default entry need not be the first", LOADER SYSTEMS OTHER "\r\n" XP "\r\n",
     LOADER SYSTEMS OTHER "\r\n" XP "\r\n" OURS "\r\n"},
    {"blank lines and DOS' end of file stay behind it", LOADER SYSTEMS XP "\r\n\r\n\x1a",
     LOADER SYSTEMS XP "\r\n" OURS "\r\n\r\n\x1a"},
    {"nine entries leave room for one",
     LOADER SYSTEMS XP
     "\r\nb=\"2\"\r\nc=\"3\"\r\nd=\"4\"\r\ne=\"5\"\r\nf=\"6\"\r\ng=\"7\"\r\nh=\"8\"\r\ni=\"9\"\r\n",
     LOADER SYSTEMS XP
     "\r\nb=\"2\"\r\nc=\"3\"\r\nd=\"4\"\r\ne=\"5\"\r\nf=\"6\"\r\ng=\"7\"\r\nh=\"8\"\r\ni=\"9\"\r\n" OURS
     "\r\n"},
    {"the systems may stand before the loader", SYSTEMS XP "\r\n" LOADER,
     SYSTEMS XP "\r\n" OURS "\r\n" LOADER},
    {"other sections are no matter", "[debug]\r\nx\r\n" LOADER SYSTEMS XP "\r\n[other]\r\ny\r\n",
     "[debug]\r\nx\r\n" LOADER SYSTEMS XP "\r\n" OURS "\r\n[other]\r\ny\r\n"},
    {"lines that end as on Unix do so in the new one",
     "[boot loader]\ndefault=d\n[operating systems]\nd=\"x\"\n",
     "[boot loader]\ndefault=d\n[operating systems]\nd=\"x\"\nd=\"x " BOOT_ENTRY_MARK
     "\" /NOGPLPV\n"},
    {"case and blanks around the names do not matter",
     "[Boot Loader]\r\n Default = D \r\n[OPERATING SYSTEMS]\r\n d = \"x\"\t/a \r\n",
     "[Boot Loader]\r\n Default = D \r\n[OPERATING SYSTEMS]\r\n d = \"x\"\t/a \r\nd=\"x " BOOT_ENTRY_MARK
     "\"\t/a /NOGPLPV\r\n"},
    {"a name in the machine's code page keeps its bytes",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"\x81\xe9\xff\"\r\n",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"\x81\xe9\xff\"\r\nd=\"\x81\xe9\xff " BOOT_ENTRY_MARK
     "\" /NOGPLPV\r\n"},
    {"an option that the default has is not doubled",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"x\" /nogplpv\r\n",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"x\" /nogplpv\r\nd=\"x " BOOT_ENTRY_MARK
     "\" /nogplpv\r\n"},
    {"the first of two with the default's path is the one that is copied",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"x\" /a\r\nd=\"y\" /b\r\n",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"x\" /a\r\nd=\"y\" /b\r\nd=\"x " BOOT_ENTRY_MARK
     "\" /a /NOGPLPV\r\n"},
    {"an entry of ours for another option stays",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"x\"\r\nd=\"x " BOOT_ENTRY_MARK
     "\" /NOEJBPV\r\n",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"x\"\r\nd=\"x " BOOT_ENTRY_MARK
     "\" /NOEJBPV\r\nd=\"x " BOOT_ENTRY_MARK "\" /NOGPLPV\r\n"},
    {"a comment is no entry",
     "[boot loader]\r\n;default=e\r\ndefault=d\r\n[operating systems]\r\n;d\r\nd=\"x\"\r\n",
     "[boot loader]\r\n;default=e\r\ndefault=d\r\n[operating systems]\r\n;d\r\nd=\"x\"\r\nd=\"x " BOOT_ENTRY_MARK
     "\" /NOGPLPV\r\n"},
    {"a return that stands alone before the line end stays",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"x\"\r\r\n",
     "[boot loader]\r\ndefault=d\r\n[operating systems]\r\nd=\"x\"\r\nd=\"x " BOOT_ENTRY_MARK
     "\" /NOGPLPV\r\r\n"},
};

static void expect_bytes(const char *sentence, const char *wanted, const struct bytes *have)
{
    if (!span_equal(span_text(wanted), bytes_span(have)))
        fail_msg("%s: have '%.*s'", sentence, (int)have->size, (const char *)have->at);
}

static void adds_one_entry_and_takes_it_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof adds / sizeof *adds; i++) {
        const struct add_row *row = &adds[i];
        struct bootini_edit added = {0}, again = {0}, removed = {0};
        struct err e = {0};
        size_t count = 99;
        if (!bootini_add(span_text(row->before), option, &added, &e))
            fail_msg("%s: %s", row->sentence, e.text);
        expect_bytes(row->sentence, row->after, &added.value);
        assert_int_equal(added.changed, 1);
        assert_true(bootini_count(bytes_span(&added.value), option, &count, &e));
        assert_int_equal(count, 1);
        assert_true(bootini_count(span_text(row->before), option, &count, &e));
        assert_int_equal(count, 0);
        assert_true(bootini_add(bytes_span(&added.value), option, &again, &e));
        expect_bytes(row->sentence, row->after, &again.value);
        assert_int_equal(again.changed, 0);
        assert_true(bootini_remove(bytes_span(&added.value), option, &removed, &e));
        expect_bytes(row->sentence, row->before, &removed.value);
        assert_int_equal(removed.changed, 1);
        bootini_edit_release(&added);
        bootini_edit_release(&again);
        bootini_edit_release(&removed);
    }
}

struct bad_row {
    const char *sentence, *file;
    enum err_kind kind;
    const char *says;
};

static const struct bad_row bad[] = {
    {"an empty file", "", ERR_FORMAT, "0 sections"},
    {"no [operating systems]", LOADER, ERR_FORMAT, "0 [operating systems]"},
    {"two of them", LOADER SYSTEMS XP "\r\n" SYSTEMS OTHER "\r\n", ERR_FORMAT,
     "2 [operating systems]"},
    {"no [boot loader]", SYSTEMS XP "\r\n", ERR_FORMAT, "0 sections [boot loader]"},
    {"two of them", LOADER LOADER SYSTEMS XP "\r\n", ERR_FORMAT, "2 sections [boot loader]"},
    {"no default", "[boot loader]\r\ntimeout=30\r\n" SYSTEMS XP "\r\n", ERR_FORMAT, "0 default"},
    {"two defaults", "[boot loader]\r\ndefault=a\r\ndefault=b\r\n" SYSTEMS "a=\"1\"\r\n",
     ERR_FORMAT, "2 default"},
    {"a default that is not there", "[boot loader]\r\ndefault=z\r\n" SYSTEMS XP "\r\n", ERR_FORMAT,
     "not among"},
    {"a default that is only ours",
     "[boot loader]\r\ndefault=d\r\n" SYSTEMS "d=\"x " BOOT_ENTRY_MARK "\"\r\n", ERR_FORMAT,
     "not among"},
    {"no entries", LOADER SYSTEMS, ERR_FORMAT, "not among"},
    {"ten entries", "[boot loader]\r\ndefault=a\r\n" SYSTEMS NINE "j=\"10\"\r\n", ERR_LIMIT,
     "10 entries"},
    {"eleven entries", "[boot loader]\r\ndefault=a\r\n" SYSTEMS NINE "j=\"10\"\r\nk=\"11\"\r\n",
     ERR_LIMIT, "more than 10"},
    {"a name without quotes", "[boot loader]\r\ndefault=d\r\n" SYSTEMS "d=x\r\n", ERR_FORMAT,
     "quotes"},
    {"a name whose quote is not closed", "[boot loader]\r\ndefault=d\r\n" SYSTEMS "d=\"x /a\r\n",
     ERR_FORMAT, "quotes"},
    {"a line that is no entry", "[boot loader]\r\ndefault=d\r\n" SYSTEMS "d=\"x\"\r\nrubbish\r\n",
     ERR_FORMAT, "no entry"},
    {"a byte order mark", "\xef\xbb\xbf" LOADER SYSTEMS XP "\r\n", ERR_FORMAT, "Unicode"},
};

static void refuses(const char *sentence, struct span file, const struct bad_row *row)
{
    struct bootini_edit edit = {0};
    struct err e = {0};
    if (bootini_add(file, option, &edit, &e))
        fail_msg("%s: is accepted", sentence);
    if (e.kind != row->kind || !strstr(e.text, row->says) ||
        !strstr(e.text, "boot.ini is left as it is"))
        fail_msg("%s: kind %d, '%s'", sentence, (int)e.kind, e.text);
    assert_null(edit.value.at);
}

static void refuses_what_it_does_not_understand(void **state)
{
    static const char wide[] = "[\0b\0o\0o\0t\0";
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(bad[i].sentence, span_text(bad[i].file), &bad[i]);
    refuses("UTF-16", span_of(wide, sizeof wide - 1),
            &(struct bad_row){.kind = ERR_FORMAT, .says = "Unicode"});
}

/* One entry less than the limit leaves room for, and one more than it. */
static void expect_room(const char *sentence, struct span file, struct span longer, const char *says)
{
    struct bootini_edit edit = {0}, back = {0};
    struct err e = {0};
    if (!bootini_add(file, option, &edit, &e))
        fail_msg("%s: %s", sentence, e.text);
    assert_true(bootini_remove(bytes_span(&edit.value), option, &back, NULL));
    assert_true(span_equal(file, bytes_span(&back.value)));
    bootini_edit_release(&edit);
    bootini_edit_release(&back);
    refuses(sentence, longer, &(struct bad_row){.kind = ERR_LIMIT, .says = says});
}

static void keeps_its_limits(void **state)
{
    static const char added[] = "\r\n" OURS;
    struct text t = {0};
    (void)state;
    text_add(&t, LOADER SYSTEMS XP "\r\n");
    while (t.size < BOOTINI_SIZE_MAX + 2 - sizeof added)
        text_add(&t, " ");
    expect_room("bytes", span_of(t.at, t.size - 1), span_of(t.at, t.size), "one more entry");
    while (t.size < BOOTINI_SIZE_MAX + 1)
        text_add(&t, " ");
    refuses("a byte too many", span_of(t.at, t.size),
            &(struct bad_row){.kind = ERR_LIMIT, .says = "larger"});
    text_release(&t);
    text_add(&t, LOADER SYSTEMS XP "\r\n");
    for (int lines = 5; lines < 1000; lines++)
        text_add(&t, "\r\n");
    expect_room("lines", span_of(t.at, t.size - 2), span_of(t.at, t.size), "one more entry");
    text_add(&t, "\r\n");
    refuses("a thousand lines and one", span_of(t.at, t.size),
            &(struct bad_row){.kind = ERR_LIMIT, .says = "lines"});
    text_release(&t);
}

static void refuses_options_that_would_be_more_than_one(void **state)
{
    static const char *const options[] = {"",      "/",       "NOGPLPV",    "/NO GPLPV",
                                          "/NO\"", "/NO\r\n", "/N\xc3\xb6", NULL};
    static const char long_option[] =
        "/0123456789012345678901234567890123456789012345678901234567890123456789";
    (void)state;
    for (size_t i = 0; i <= sizeof options / sizeof *options; i++) {
        struct bootini_edit edit = {0};
        struct err e = {0};
        const char *o = i < sizeof options / sizeof *options ? options[i] : long_option;
        if (bootini_add(span_text(LOADER SYSTEMS XP), o, &edit, &e) || e.kind != ERR_USAGE)
            fail_msg("option '%s' is accepted", o ? o : "NULL");
    }
}

static void takes_out_only_what_is_ours(void **state)
{
    static const char file[] = LOADER SYSTEMS XP "\r\n" OURS "\r\n" OTHER "\r\n" OURS;
    struct bootini_edit edit = {0};
    struct err e = {0};
    (void)state;
    assert_true(bootini_remove(span_text(file), option, &edit, &e));
    expect_bytes("both entries go, the one between stays", LOADER SYSTEMS XP "\r\n" OTHER,
                 &edit.value);
    assert_int_equal(edit.changed, 2);
    bootini_edit_release(&edit);
    assert_true(bootini_remove(span_text(file), "/NOEJBPV", &edit, &e));
    expect_bytes("another family's option is not ours", file, &edit.value);
    assert_int_equal(edit.changed, 0);
    bootini_edit_release(&edit);
    static const char theirs[] =
        LOADER SYSTEMS XP " /NOGPLPV\r\nd=\"" BOOT_ENTRY_MARK " no\" /NOGPLPV\r\n";
    assert_true(bootini_remove(span_text(theirs), option, &edit, &e));
    expect_bytes("without the mark at its end a name is somebody else's", theirs, &edit.value);
    bootini_edit_release(&edit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_one_entry_and_takes_it_out),
        cmocka_unit_test(refuses_what_it_does_not_understand),
        cmocka_unit_test(keeps_its_limits),
        cmocka_unit_test(refuses_options_that_would_be_more_than_one),
        cmocka_unit_test(takes_out_only_what_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
