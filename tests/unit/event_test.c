/* event: entries of event logs in both forms, and bytes that are none. */
#include "installer/event.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

/* As EvtRender writes it. */
#define SYSTEM(provider, id, level, time)                                                          \
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"                \
    "<Provider Name='" provider "' Guid='{555908d1-a6d7-4695-8e1e-26931d2012f4}'"                  \
    " EventSourceName='x'/><EventID Qualifiers='49152'>" id "</EventID><Version>0</Version>"       \
    "<Level>" level "</Level><Task>0</Task><Opcode/><TimeCreated SystemTime='" time "'/>"          \
    "<EventRecordID>4711</EventRecordID><Correlation/><Execution ProcessID='4'/>"                  \
    "<Channel>System</Channel><Computer>JANES-PC</Computer>"                                       \
    "<Security UserID='S-1-5-18'/></System>"

static const char scm[] = SYSTEM(
    "Service Control Manager", "7000", "2",
    "2026-04-14T08:15:30.123456700Z") "<EventData><Data Name='param1'>Xen PV &lt;Disk&gt; &amp; more</Data>"
                                      "<Data Name='param2'>%%2</Data><Data Name='AccountName'>JANES-PC\\jane</Data>"
                                      "<Data Name='ImagePath'>C:\\Users\\jane\\x.exe</Data><Binary>580065006E00</Binary>"
                                      "</EventData></Event>";

static const char pnp[] = SYSTEM(
    "Microsoft-Windows-UserPnp", "20001", "4",
    "2026-04-14T08:15:31Z") "<UserData><InstallDeviceID xmlns='http://x/'><DriverName>xenbus.inf</DriverName>"
                            "<DeviceInstanceID>PCI\\VEN_5853&amp;DEV_0001\\3&amp;1</DeviceInstanceID>"
                            "<UserName>jane</UserName></InstallDeviceID></UserData></Event>";

static void an_event_of_a_service_is_read(void **state)
{
    (void)state;
    struct facts_event e = {0};
    assert_true(event_from_xml(scm, &e));
    CHECK_TEXT("who wrote it", e.source, "Service Control Manager");
    CHECK_TEXT("where it stands", e.log, "System");
    CHECK_TEXT("when, to the second", e.time, "2026-04-14T08:15:30Z");
    assert_int_equal(e.id.value, 7000);
    assert_int_equal(e.level.value, 2);
    assert_int_equal(e.record.value, 4711);
    assert_int_equal(e.strings.count, 4);
    CHECK_TEXT("entities are decoded", e.strings.at[0], "Xen PV <Disk> & more");
    CHECK_TEXT("an account is left out", e.strings.at[2], "<left out>");
    CHECK_TEXT("so is a user in a path", e.strings.at[3], "C:\\Users\\<user>\\x.exe");
    event_release(&e);
}

static void user_data_has_names_of_its_own(void **state)
{
    (void)state;
    struct facts_event e = {0};
    assert_true(event_from_xml(pnp, &e));
    assert_int_equal(e.strings.count, 3);
    CHECK_TEXT("the INF", e.strings.at[0], "xenbus.inf");
    CHECK_TEXT("the device", e.strings.at[1], "PCI\\VEN_5853&DEV_0001\\3&1");
    CHECK_TEXT("a user is left out", e.strings.at[2], "<left out>");
    event_release(&e);
}

static const char *const none[] = {
    "",
    "<",
    "<Event>",
    "no event",
    SYSTEM("", "7000", "2", "2026-04-14T08:15:30Z"),
    SYSTEM("x", "seven", "2", "2026-04-14T08:15:30Z"),
    SYSTEM("x", "99999999999999999999", "2", "2026-04-14T08:15:30Z"),
    "<System><Provider Name='x'/><EventID></EventID></System>",
    "<System><Provider Name='x/><EventID>1</EventID></System>",
    "<EventData><Provider Name='x'/><EventID>1</EventID></EventData>",
};

static void what_is_no_event_is_refused(void **state)
{
    (void)state;
    static const struct facts_event zero;
    for (size_t i = 0; i < COUNT(none); i++) {
        struct facts_event e = {0};
        CHECK(none[i], !event_from_xml(none[i], &e));
        CHECK("nothing is left of it", memcmp(&e, &zero, sizeof e) == 0);
    }
}

static void a_time_that_is_none_is_not_known(void **state)
{
    (void)state;
    struct facts_event e = {0};
    assert_true(event_from_xml(SYSTEM("x", "1", "", "yesterday"), &e));
    assert_null(e.time);
    assert_false(e.level.known);
    event_release(&e);
}

/* Every prefix of an event: read or refused, and nothing else happens. */
static void events_that_are_cut_off_are_settled(void **state)
{
    (void)state;
    char text[sizeof scm];
    for (size_t size = 0; size < sizeof scm; size++) {
        struct facts_event e = {0};
        memcpy(text, scm, size);
        text[size] = '\0';
        if (event_from_xml(text, &e))
            CHECK("it has a source", e.source && e.id.known);
        event_release(&e);
    }
}

/* --- records */

enum { HEADER = 56, ROOM = 512 };

static size_t add_wide(uint8_t *record, size_t at, const char *text)
{
    for (;; text++, at += 2) {
        record[at] = (uint8_t)*text;
        record[at + 1] = 0;
        if (!*text)
            return at + 2;
    }
}

static void put(uint8_t *record, size_t at, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        record[at + i] = (uint8_t)(value >> 8 * i);
}

/* An error of the service control manager of Windows XP, with two strings. */
static size_t make_record(uint8_t record[ROOM])
{
    memset(record, 0, ROOM);
    size_t at = add_wide(record, HEADER, "Service Control Manager");
    at = add_wide(record, at, "JANES-PC");
    put(record, 36, (uint32_t)at, 4);
    at = add_wide(record, at, "Xen Shutdown Monitor");
    at = add_wide(record, at, "%%2");
    put(record, 0, (uint32_t)at, 4);
    put(record, 8, 12, 4);
    put(record, 12, 1242289800, 4);
    put(record, 20, 0xc0001b58, 4);
    put(record, 24, 1, 2);
    put(record, 26, 2, 2);
    return at;
}

static void a_record_is_read(void **state)
{
    (void)state;
    uint8_t record[ROOM];
    struct facts_event e = {0};
    size_t size = make_record(record);
    assert_true(event_from_record("System", span_of(record, size), &e));
    CHECK_TEXT("who wrote it", e.source, "Service Control Manager");
    CHECK_TEXT("when", e.time, "2009-05-14T08:30:00Z");
    assert_int_equal(e.id.value, 7000);
    assert_int_equal(e.level.value, 2);
    assert_int_equal(e.record.value, 12);
    assert_int_equal(e.strings.count, 2);
    CHECK_TEXT("its string", e.strings.at[0], "Xen Shutdown Monitor");
    event_release(&e);
    put(record, 24, 2, 2);
    assert_true(event_from_record("System", span_of(record, size), &e));
    assert_int_equal(e.level.value, 3);
    event_release(&e);
}

static void records_that_lie_are_settled(void **state)
{
    (void)state;
    uint8_t record[ROOM];
    for (size_t size = 0; size <= ROOM; size++) {
        struct facts_event e = {0};
        make_record(record);
        bool ok = event_from_record("System", span_of(record, size), &e);
        CHECK("without a source it is none", ok == (size >= HEADER + 48));
        event_release(&e);
    }
    make_record(record);
    put(record, 36, 0xfffffff0, 4);
    put(record, 26, 0xffff, 2);
    struct facts_event e = {0};
    assert_true(event_from_record("System", span_of(record, ROOM), &e));
    assert_int_equal(e.strings.count, 0);
    event_release(&e);
    make_record(record);
    put(record, 26, 0xffff, 2);
    assert_true(event_from_record("System", span_of(record, ROOM), &e));
    CHECK("no more strings than are kept", e.strings.count == EVENT_STRINGS_MAX);
    event_release(&e);
}

static const struct {
    const char *sentence, *source, *string;
    bool concerns;
} concerns[] = {
    {"a service's name in a string", "Service Control Manager", "xenvbd", true},
    {"a driver that writes itself", "XenNet", "anything", true},
    {"a device id", "Microsoft-Windows-Kernel-PnP", "PCI\\VEN_5853&DEV_0001\\3", true},
    {"a published INF of ours", "Microsoft-Windows-UserPnp", "OEM3.inf", true},
    {"somebody else's", "Service Control Manager", "Print Spooler", false},
    {"another published INF", "Microsoft-Windows-UserPnp", "oem4.inf", false},
};

static void only_what_concerns_us_is_kept(void **state)
{
    (void)state;
    struct texts names = {0};
    texts_add(&names, "oem3.inf");
    texts_add(&names, "");
    for (size_t i = 0; i < COUNT(concerns); i++) {
        struct facts_event e = {.source = mem_strdup(concerns[i].source)};
        texts_add(&e.strings, concerns[i].string);
        CHECK(concerns[i].sentence, event_concerns(&e, &names) == concerns[i].concerns);
        event_release(&e);
    }
    texts_release(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_of_a_service_is_read),
        cmocka_unit_test(user_data_has_names_of_its_own),
        cmocka_unit_test(what_is_no_event_is_refused),
        cmocka_unit_test(a_time_that_is_none_is_not_known),
        cmocka_unit_test(events_that_are_cut_off_are_settled),
        cmocka_unit_test(a_record_is_read),
        cmocka_unit_test(records_that_lie_are_settled),
        cmocka_unit_test(only_what_concerns_us_is_kept),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
