/* setuplog: sections of both forms of SetupAPI's log, and logs that are broken. */
#include "installer/setuplog.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

/* As Windows 10 writes it; the error lines are those of a field report of a catalog that nobody
 * trusts. */
static const char dev_log[] =
    "[Device Install Log]\r\n"
    "     OS Version = 10.0.19045\r\n"
    "[BeginLog]\r\n"
    "[Boot Session: 2026/04/14 08:00:00.500]\r\n"
    "\r\n"
    ">>>  [Device Install (Hardware initiated) - USB\\VID_046D&PID_C534\\5&1]\r\n"
    ">>>  Section start 2026/04/14 08:01:00.000\r\n"
    "!    dvi:      Something about a mouse\r\n"
    "<<<  Section end 2026/04/14 08:01:01.000\r\n"
    "<<<  [Exit status: SUCCESS]\r\n"
    ">>>  [Setup Import Driver Package - C:\\Users\\jane\\xennet.inf]\r\n"
    ">>>  Section start 2026/04/14 08:02:00.000\r\n"
    "     cmd: C:\\Users\\jane\\setup.exe\r\n"
    "!    sig:  Verifying file against specific (valid) catalog failed.\r\n"
    "!!!  sig:  Driver package failed signature validation. Error = 0xE0000247\r\n"
    "<<<  Section end 2026/04/14 08:02:01.000\r\n"
    "<<<  [Exit status: FAILURE(0xe0000247)]\r\n"
    ">>>  [Delete Driver Package - oem7.inf]\r\n"
    ">>>  Section start 2026/04/14 08:03:00.000\r\n"
    "<<<  Section end 2026/04/14 08:03:01.000\r\n"
    "<<<  [Exit status: SUCCESS]\r\n"
    ">>>  [Device Install - PCI\\VEN_5853&DEV_0001\\3&1]\r\n"
    ">>>  Section start 2026/04/14 08:04:00.000\r\n"
    "!!!  dvi:  The machine went off here";

static const char old_log[] =
    "[SetupAPI Log]\n"
    "OS Version = 5.1.2600 Service Pack 3\n"
    "[2009/03/14 12:11:11 1128.5 Driver Install]\n"
    "#-019 Searching for hardware ID(s): usb\\vid_046d\n"
    "#E154 Class installer failed. Error 0xe0000227\n"
    "[2009/03/14 12:12:11 1128.9 Driver Install]\n"
    "#-019 Searching for hardware ID(s): pci\\ven_5853&dev_0001\n"
    "#W334 Failed to verify catalog when scanning file queue. Error 0x800b0109\n"
    "#I123 Doing full install\n"
    "#E358 An unsigned or incorrectly signed file \"c:\\documents and settings\\bob\\xenpci.inf\"\n";

static struct facts read_log(struct span bytes)
{
    struct facts f = {0};
    struct texts names = {0};
    texts_add(&names, "oem7.inf");
    texts_add(&names, "");
    setuplog_read(&(struct setuplog_source){"a.log", bytes, &names}, &f);
    texts_release(&names);
    return f;
}

static void check_new_form(const struct facts *f)
{
    assert_int_equal(f->log_sections.count, 3);
    const struct facts_log_section *s = f->log_sections.at;
    CHECK_TEXT("the newest is first", s[0].title, "Device Install - PCI\\VEN_5853&DEV_0001\\3&1");
    CHECK_TEXT("when", s[0].started, "2026/04/14 08:04:00.000");
    CHECK("one that did not end has no status", !s[0].status);
    assert_int_equal(s[0].lines.count, 1);
    CHECK_TEXT("the last line, without its end", s[0].lines.at[0],
               "!!!  dvi:  The machine went off here");
    CHECK_TEXT("one that names a published INF", s[1].title, "Delete Driver Package - oem7.inf");
    CHECK_TEXT("its status", s[1].status, "SUCCESS");
    assert_int_equal(s[1].lines.count, 0);
    CHECK_TEXT("no name of a user in the title", s[2].title,
               "Setup Import Driver Package - C:\\Users\\<user>\\xennet.inf");
    CHECK_TEXT("a failure", s[2].status, "FAILURE(0xe0000247)");
    assert_int_equal(s[2].lines.count, 2);
    CHECK_TEXT("the log", s[2].log, "a.log");
}

static void the_form_since_vista_is_read(void **state)
{
    (void)state;
    struct facts f = read_log(span_text(dev_log));
    check_new_form(&f);
    facts_release(&f);
}

static void it_may_be_utf16(void **state)
{
    (void)state;
    uint8_t wide[2 * sizeof dev_log] = {0xff, 0xfe};
    for (size_t i = 0; i + 1 < sizeof dev_log; i++)
        wide[2 + 2 * i] = (uint8_t)dev_log[i];
    struct facts f = read_log(span_of(wide, 2 * sizeof dev_log));
    check_new_form(&f);
    facts_release(&f);
}

static void the_form_before_vista_is_read(void **state)
{
    (void)state;
    struct facts f = read_log(span_text(old_log));
    assert_int_equal(f.log_sections.count, 1);
    const struct facts_log_section *s = f.log_sections.at;
    CHECK_TEXT("what was done", s->title, "Driver Install");
    CHECK_TEXT("when", s->started, "2009/03/14 12:12:11");
    CHECK("it has no status", !s->status);
    assert_int_equal(s->lines.count, 2);
    CHECK_HAS("no name of a user in the line", s->lines.at[1],
              "\"c:\\documents and settings\\<user>\\xenpci.inf\"");
    facts_release(&f);
}

static void only_the_last_ones_are_kept(void **state)
{
    (void)state;
    struct text t = {0};
    for (int i = 0; i < 100; i++) {
        text_addf(&t, ">>>  [XEN\\VBD number %d]\n", i);
        for (int k = 0; k < 50; k++)
            text_addf(&t, "!!!  line %d\n", k);
        text_add(&t, "<<<  [Exit status: SUCCESS]\n!!!  between\n");
    }
    struct facts f = read_log(span_text(text_str(&t)));
    text_release(&t);
    assert_int_equal(f.log_sections.count, SETUPLOG_SECTIONS_MAX);
    CHECK_TEXT("the last", f.log_sections.at[0].title, "XEN\\VBD number 99");
    CHECK_TEXT("the first kept", f.log_sections.at[SETUPLOG_SECTIONS_MAX - 1].title,
               "XEN\\VBD number 84");
    assert_int_equal(f.log_sections.at[0].lines.count, SETUPLOG_LINES_MAX);
    CHECK_TEXT("the last line", f.log_sections.at[0].lines.at[SETUPLOG_LINES_MAX - 1],
               "!!!  line 49");
    facts_release(&f);
}

static void long_and_broken_lines_are_cut_and_escaped(void **state)
{
    (void)state;
    struct text t = {0};
    text_add(&t, ">>>  [XEN ");
    for (int i = 0; i < 1000; i++)
        text_add(&t, "\xc3\xa4");
    text_add(&t, "]\n!!!  \xff\x1b[2J\n");
    struct facts f = read_log(span_text(text_str(&t)));
    text_release(&t);
    assert_int_equal(f.log_sections.count, 1);
    const struct facts_log_section *s = f.log_sections.at;
    CHECK("a title is cut at a character",
          strlen(s->title) <= SETUPLOG_TEXT_MAX && text_is_utf8(span_text(s->title)));
    CHECK_TEXT("bytes of another code page, and an escape", s->lines.at[0],
               "!!!  \xc3\xbf\\x1b[2J");
    facts_release(&f);
}

/* The end of a file begins in the middle of a section, which has no title then. */
static void the_end_of_a_log_is_read(void **state)
{
    (void)state;
    for (size_t from = 0; from < sizeof dev_log - 1; from += 11) {
        struct facts f = read_log(span_text(dev_log + from));
        CHECK("never more than the whole", f.log_sections.count <= 3);
        for (size_t i = 0; i < f.log_sections.count; i++)
            CHECK("each has a title", f.log_sections.at[i].title);
        facts_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_since_vista_is_read),
        cmocka_unit_test(it_may_be_utf16),
        cmocka_unit_test(the_form_before_vista_is_read),
        cmocka_unit_test(only_the_last_ones_are_kept),
        cmocka_unit_test(long_and_broken_lines_are_cut_and_escaped),
        cmocka_unit_test(the_end_of_a_log_is_read),
    };
    return cmocka_run_group_tests_name("setuplog", tests, NULL, NULL);
}
