/*
 * journal: what a repair and an upgrade take over from an earlier journal, so that undoing them
 * gives back what was there before us, and nothing else.
 */
#include "installer/journal.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

/* clang-format off */
#define HEAD "{'schema': 1, 'state': 'planned', "
#define FILE(path, more) "{'path': '" path "', 'sha256': '00'" more "}"

/* What was installed: bus and disk, a helper, a publisher that is asked for and one that is not. */
static const char earlier_json[] =
    "{'schema': 1, 'state': 'installed', 'release': 'r', 'set': 's', 'previous': '3.json',"
    " 'monitor': {'existed': true, 'start': 2}, 'trust': ['TESTSIGNING'], 'packages_before': ['oem1.inf'],"
    " 'boot': {'storage': [{'service': 'atapi', 'start': 0, 'overrides': ['0=3']},"
    "   {'service': 'intelide', 'start': 3}], 'fallbacks_before': ['{1}', '{2}'],"
    "   'fallbacks_known': true, 'restore_point': 7},"
    " 'drivers': [{'name': 'net', 'folder': 'C:', 'inf': 'net.inf', 'published': 'oem4.inf',"
    "   'services': [{'name': 'net', 'existed': true}], 'keys': [{'path': 'HKLM', 'existed': true}],"
    "   'filters': [{'class_guid': '{N}', 'position': 'LowerFilters', 'service': 'net', 'existed': true}]},"
    "  {'name': 'bus', 'folder': 'C:', 'inf': 'bus.inf', 'published': 'oem5.inf', 'published_existed': true,"
    "   'instances': ['PCI1', 'PCI2'], 'nodes_before': ['PCI1'],"
    "   'before': [{'instance': 'PCI1', 'id': 'ID1', 'service': 'one', 'inf': 'oem1.inf'},"
    "    {'instance': 'PCI2', 'id': 'ID2', 'service': 'two', 'inf': 'oem2.inf'}],"
    "   'installed': [" FILE("other.sys", ", 'existed': true, 'kept': 'other'") ", "
                        FILE("BUS.sys", ", 'existed': true, 'kept': 'older'") "],"
    "   'services': [{'name': 'other', 'existed': true, 'before_start': 4},"
    "    {'name': 'BUS', 'existed': true, 'before_start': 1, 'before_image': 'older.sys'}],"
    "   'filters': ["
    "    {'class_guid': '{A}', 'position': 'UpperFilters', 'service': 'bus', 'existed': true},"
    "    {'class_guid': '{b}', 'position': 'UPPERFILTERS', 'service': 'BUS', 'existed': false}],"
    "   'keys': [{'path': 'HKLM1', 'existed': true}, {'path': 'hklm2', 'existed': false}]}],"
    " 'helpers': [{'service': 'other', 'display_name': 'O', 'folder': 'C:', 'file': " FILE("o.exe", "") ",'existed': true},"
    "  {'service': 'mon', 'display_name': 'M', 'folder': 'C:m', 'file': " FILE("m.exe", ", 'existed': true, 'kept': 'm'") ","
    "   'existed': true, 'new_folders': ['C:m']}],"
    " 'publishers': [{'sha1': 'aa', 'sha256': '00', 'certificate': '30', 'existed': false}, {'sha1': 'BB', 'sha256': '00', 'certificate': '30', 'existed': true}, {'sha1': 'cc', 'sha256': '00', 'certificate': '30', 'existed': false},"
    "  {'sha1': 'ee', 'sha256': '00', 'certificate': '30', 'existed': true}],"
    " 'product': {'code': '{P}', 'folder': 'C:', 'file': " FILE("a.msi", "") ", 'existed': true,"
    "  'certificates': [{'store': 'ROOT', 'existed': true}, {'store': 'TrustedPublisher', 'existed': true}]},"
    " 'steps': [{'kind': 'trust', 'subject': 'aa', 'state': 'done'}, {'kind': 'trust', 'subject': 'cc', 'state': 'done'},"
    "  {'kind': 'store', 'subject': 'bus', 'state': 'done'}, {'kind': 'stage', 'subject': 'bus', 'state': 'started'},"
    "  {'kind': 'bind', 'subject': 'bus', 'state': 'pending'}, {'kind': 'helper', 'subject': 'mon', 'state': 'reverted'},"
    "  {'kind': 'network', 'state': 'done'}]}";

/* The repair that is planned: it knows a disk driver besides, and nothing yet of what there was. */
static const char repair_json[] =
    HEAD "'release': 'r', 'set': 's', 'trust': ['testsigning', 'ROOT'],"
    " 'drivers': [{'name': 'net', 'folder': 'C:', 'inf': 'net.inf', 'services': [{'name': 'NET'}],"
    "   'keys': [{'path': 'hklm'}],"
    "   'filters': [{'class_guid': '{n}', 'position': 'lowerfilters', 'service': 'Net'}]},"
    "  {'name': 'disk', 'folder': 'C:', 'inf': 'disk.inf'},"
    "  {'name': 'bus', 'folder': 'C:', 'inf': 'bus.inf', 'instances': ['pci2'],"
    "   'installed': [" FILE("new.sys", ", 'existed': false") ", " FILE("bus.sys", "") "],"
    "   'services': [{'name': 'new', 'existed': false}, {'name': 'bus'}],"
    "   'filters': ["
    "    {'class_guid': '{A}', 'position': 'LowerFilters', 'service': 'bus'},"
    "    {'class_guid': '{A}', 'position': 'UpperFilters', 'service': 'new'},"
    "    {'class_guid': '{C}', 'position': 'UpperFilters', 'service': 'bus'},"
    "    {'class_guid': '{B}', 'position': 'UpperFilters', 'service': 'bus'},"
    "    {'class_guid': '{a}', 'position': 'UpperFilters', 'service': 'bus'}],"
    "   'keys': [{'path': 'HKLM0'}, {'path': 'HKLM2'}, {'path': 'HKLM1'}]}],"
    " 'helpers': [{'service': 'new', 'display_name': 'N', 'folder': 'C:', 'file': " FILE("n.exe", "") "},"
    "  {'service': 'mon', 'display_name': 'M', 'folder': 'C:m', 'file': " FILE("m.exe", "") "}],"
    " 'publishers': [{'sha1': 'dd', 'sha256': '00', 'certificate': '30', 'existed': true}, {'sha1': 'bb', 'sha256': '00', 'certificate': '30'}],"
    " 'product': {'code': '{P}', 'folder': 'C:', 'file': " FILE("a.msi", "") ","
    "  'certificates': [{'store': 'ROOT'}, {'store': 'TrustedPublisher'}]},"
    " 'steps': [{'kind': 'store', 'subject': 'disk'}, {'kind': 'store', 'subject': 'bus'},"
    "  {'kind': 'stage', 'subject': 'bus'}, {'kind': 'bind', 'subject': 'bus'},"
    "  {'kind': 'helper', 'subject': 'mon'}, {'kind': 'network'}, {'kind': 'restart'}]}";
/* clang-format on */

static void read_journal(const char *text, struct journal *j)
{
    struct err e = {0};
    char *json = mem_strdup(text);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    if (!journal_decode(span_text(json), j, &e))
        fail_msg("%s", e.text);
    mem_free(json);
}

struct pair {
    struct journal earlier, repair;
};

static int inherited(void **state)
{
    struct pair *p = mem_zero(1, sizeof *p);
    read_journal(earlier_json, &p->earlier);
    read_journal(repair_json, &p->repair);
    journal_inherit(&p->repair, &p->earlier);
    *state = p;
    return 0;
}

static int release_pair(void **state)
{
    struct pair *p = *state;
    journal_release(&p->earlier);
    journal_release(&p->repair);
    mem_free(p);
    return 0;
}

static char *joined(const struct texts *t)
{
    struct text all = {0};
    for (size_t i = 0; i < t->count; i++)
        text_addf(&all, "%s%s", i ? " " : "", t->at[i]);
    text_add(&all, "");
    return text_steal(&all);
}

static void check_texts(const char *sentence, const struct texts *got, const char *want)
{
    char *all = joined(got);
    CHECK_TEXT(sentence, all, want);
    mem_free(all);
}

static void what_was_before_the_machine_changed_is_known(void **state)
{
    const struct journal *j = &((struct pair *)*state)->repair;
    assert_int_equal(j->state, JOURNAL_REPAIRING);
    assert_string_equal(j->previous, "3.json");
    check_texts("each change of trust once", &j->trust, "testsigning ROOT");
    check_texts("packages of others", &j->packages_before, "oem1.inf");
    assert_int_equal(j->boot.storage.count, 2);
    assert_string_equal(j->boot.storage.at[1].service, "intelide");
    assert_int_equal(j->boot.storage.at[1].start.value, 3);
    check_texts("of the first", &j->boot.storage.at[0].overrides, "0=3");
    check_texts("entries that were there", &j->boot.fallbacks_before, "{1} {2}");
    assert_int_equal(j->boot.fallbacks_known, TRI_YES);
    assert_int_equal(j->boot.restore_point.value, 7);
    CHECK("an installation gave the monitor back at its end", !j->monitor.start.known);
}

static void what_was_bound_and_staged_is_known(void **state)
{
    const struct journal *j = &((struct pair *)*state)->repair;
    const struct journal_driver *d = journal_driver_named(j, "bus");
    assert_string_equal(d->published, "oem5.inf");
    assert_int_equal(d->published_existed, TRI_YES);
    check_texts("each node once", &d->instances, "pci2 PCI1");
    check_texts("nodes that were there", &d->nodes_before, "PCI1");
    assert_int_equal(d->before.count, 2);
    assert_string_equal(d->before.at[1].instance, "PCI2");
    assert_string_equal(d->before.at[1].id, "ID2");
    assert_string_equal(d->before.at[1].service, "two");
    assert_string_equal(d->before.at[1].inf, "oem2.inf");
    CHECK_TEXT("of each driver", journal_driver_named(j, "net")->published, "oem4.inf");
    CHECK("of a driver that was not there nothing", !journal_driver_named(j, "disk")->published);
}

static void what_was_written_over_is_known(void **state)
{
    const struct journal *j = &((struct pair *)*state)->repair;
    const struct journal_driver *d = journal_driver_named(j, "net");
    CHECK("of each driver, by names without case", d->services.at[0].existed == TRI_YES &&
                                                       d->keys.at[0].existed == TRI_YES &&
                                                       d->filters.at[0].existed == TRI_YES);
    d = journal_driver_named(j, "bus");
    assert_int_equal(d->installed.at[0].existed, TRI_NO);
    assert_null(d->installed.at[0].kept);
    assert_int_equal(d->installed.at[1].existed, TRI_YES);
    assert_string_equal(d->installed.at[1].kept, "older");
    assert_int_equal(d->services.at[0].existed, TRI_NO);
    assert_int_equal(d->services.at[1].existed, TRI_YES);
    assert_int_equal(d->services.at[1].before_start.value, 1);
    assert_string_equal(d->services.at[1].before_image, "older.sys");
    static const enum tri filters[] = {TRI_UNKNOWN, TRI_UNKNOWN, TRI_UNKNOWN, TRI_NO, TRI_YES};
    for (size_t i = 0; i < COUNT(filters); i++)
        assert_int_equal(d->filters.at[i].existed, filters[i]);
    assert_int_equal(d->keys.at[0].existed, TRI_UNKNOWN);
    assert_int_equal(d->keys.at[1].existed, TRI_NO);
    assert_int_equal(d->keys.at[2].existed, TRI_YES);
}

static void helpers_and_the_product_are_known(void **state)
{
    const struct journal *j = &((struct pair *)*state)->repair;
    const struct journal_helper *h = journal_helper_named(j, "mon");
    assert_int_equal(h->existed, TRI_YES);
    assert_string_equal(h->file.kept, "m");
    check_texts("folders that go", &h->new_folders, "C:m");
    assert_int_equal(journal_helper_named(j, "new")->existed, TRI_UNKNOWN);
    assert_int_equal(j->product->existed, TRI_YES);
    for (size_t i = 0; i < j->product->certificates.count; i++)
        assert_int_equal(j->product->certificates.at[i].existed, TRI_YES);
}

/* Trust that the repair does not ask for itself stands in front, as begun: it is undone last. */
static void begun_steps_are_begun_again(void **state)
{
    const struct journal *j = &((struct pair *)*state)->repair;
    static const struct {
        const char *sentence;
        enum step_kind kind;
        const char *subject;
        enum step_state state;
    } steps[] = {
        {"trust of the last", STEP_TRUST, "cc", STEP_STARTED},
        {"trust of the first", STEP_TRUST, "aa", STEP_STARTED},
        {"the same step about another", STEP_STORE, "disk", STEP_PENDING},
        {"one that was done", STEP_STORE, "bus", STEP_STARTED},
        {"one that was begun", STEP_STAGE, "bus", STEP_STARTED},
        {"one that had not begun", STEP_BIND, "bus", STEP_PENDING},
        {"one that was undone", STEP_HELPER, "mon", STEP_PENDING},
        {"one about the machine", STEP_NETWORK, NULL, STEP_STARTED},
        {"one that was not there", STEP_RESTART, NULL, STEP_PENDING},
    };
    assert_int_equal(j->steps.count, COUNT(steps));
    for (size_t i = 0; i < COUNT(steps); i++) {
        CHECK(steps[i].sentence, j->steps.at[i].kind == steps[i].kind);
        CHECK_TEXT(steps[i].sentence, j->steps.at[i].subject, steps[i].subject);
        CHECK(steps[i].sentence, j->steps.at[i].state == steps[i].state);
    }
}

static void publishers_of_before_stay_known(void **state)
{
    const struct journal *j = &((struct pair *)*state)->repair;
    assert_int_equal(j->publishers.count, 5);
    assert_int_equal(journal_publisher_of(j, "BB")->existed, TRI_YES);
    assert_int_equal(journal_publisher_of(j, "bb")->carried, TRI_UNKNOWN);
    assert_int_equal(journal_publisher_of(j, "aa")->existed, TRI_NO);
    assert_int_equal(journal_publisher_of(j, "cc")->carried, TRI_YES);
    CHECK("one that no step was about", journal_publisher_of(j, "ee")->existed == TRI_YES);
    assert_null(journal_publisher_of(j, "ff"));
}

static void a_repair_that_stopped_has_not_given_the_monitor_back(void **state)
{
    (void)state;
    struct journal earlier = {0}, j = {0};
    read_journal(earlier_json, &earlier);
    read_journal(repair_json, &j);
    earlier.state = JOURNAL_REPAIRING;
    journal_inherit(&j, &earlier);
    assert_int_equal(j.monitor.start.value, 2);
    assert_int_equal(j.monitor.existed, TRI_YES);
    journal_release(&j);
    journal_release(&earlier);
}

/* An upgrade: what we once trusted goes with its removal, what others trusted stays. */
static void an_upgrade_carries_our_trust_alone(void **state)
{
    (void)state;
    static const char upgraded[] = HEAD
        "'publishers': [{'sha1': 'aa', 'sha256': '00', 'certificate': '30', 'existed': true}, {'sha1': 'bb', 'sha256': '00', 'certificate': '30', 'existed': false},"
        " {'sha1': 'cc', 'sha256': '00', 'certificate': '30', 'existed': true, 'carried': true}, {'sha1': 'dd', 'sha256': '00', 'certificate': '30', 'existed': false}]}";
    static const char next[] = HEAD
        "'publishers': [{'sha1': 'ff', 'sha256': '00', 'certificate': '30'}, {'sha1': 'DD', 'sha256': '00', 'certificate': '30'}]}";
    struct journal earlier = {0}, j = {0};
    read_journal(upgraded, &earlier);
    read_journal(next, &j);
    journal_carry_trust(&j, &earlier);
    assert_int_equal(j.publishers.count, 4);
    assert_null(journal_publisher_of(&j, "aa"));
    assert_int_equal(journal_publisher_of(&j, "bb")->carried, TRI_YES);
    assert_int_equal(journal_publisher_of(&j, "bb")->existed, TRI_YES);
    assert_int_equal(journal_publisher_of(&j, "cc")->carried, TRI_YES);
    assert_int_equal(journal_publisher_of(&j, "dd")->carried, TRI_YES);
    assert_int_equal(journal_publisher_of(&j, "dd")->existed, TRI_UNKNOWN);
    assert_int_equal(journal_publisher_of(&j, "ff")->carried, TRI_UNKNOWN);
    assert_int_equal(j.steps.count, 0);
    journal_release(&j);
    journal_release(&earlier);
}

#define HELPER(service, folder, more)                                                              \
    "{'service': '" service "', 'display_name': 'H', 'folder': '" folder                           \
    "', 'file': " FILE("h.exe", "") more "}"

static void an_upgrade_carries_folders_of_the_same_place(void **state)
{
    (void)state;
    static const char upgraded[] =
        HEAD "'helpers': [" HELPER("moved", "C:a", ", 'new_folders': ['C:a']") ", " //
        HELPER("mon", "C:m", ", 'new_folders': ['C:m', 'C:']") "]}";
    static const char next[] = HEAD "'helpers': [" HELPER("moved", "C:b", "") ", " //
        HELPER("new", "C:n", "") ", " HELPER("mon", "c:M", "") "]}";
    struct journal earlier = {0}, j = {0};
    read_journal(upgraded, &earlier);
    read_journal(next, &j);
    journal_carry_folders(&j, &earlier);
    check_texts("one that moved", &j.helpers.at[0].new_folders, "");
    check_texts("one that is new", &j.helpers.at[1].new_folders, "");
    check_texts("one that stays", &j.helpers.at[2].new_folders, "C:m C:");
    journal_release(&j);
    journal_release(&earlier);
}

static const struct {
    const char *sentence, *a, *b;
    bool same;
} sources[] = {
    {"release and set", "'release': 'r', 'set': 's'", "'release': 'r', 'set': 's'", true},
    {"another release", "'release': 'r', 'set': 's'", "'release': 'q', 'set': 's'", false},
    {"another set", "'release': 'r', 'set': 's'", "'release': 'r', 'set': 't'", false},
    {"no release, which is the same as nothing", "'set': 's'", "'set': 's'", false},
    {"the one has no release", "'set': 's'", "'release': 'r', 'set': 's'", false},
    {"the other has no release", "'release': 'r', 'set': 's'", "'set': 's'", false},
    {"no set", "'release': 'r'", "'release': 'r'", false},
    {"the one has no set", "'release': 'r'", "'release': 'r', 'set': 's'", false},
    {"the other has no set", "'release': 'r', 'set': 's'", "'release': 'r'", false},
    {"once by Windows Installer", "'release': 'r', 'set': 's'",
     "'release': 'r', 'set': 's', 'product': {'code': '{P}', 'folder': 'C:', 'file': " //
     FILE("a.msi", "") "}",
     false},
};

static void a_source_is_release_set_and_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct journal a = {0}, b = {0};
        struct text json_a = {0}, json_b = {0};
        text_addf(&json_a, "{'schema': 1, %s}", sources[i].a);
        text_addf(&json_b, "{'schema': 1, %s}", sources[i].b);
        read_journal(text_str(&json_a), &a);
        read_journal(text_str(&json_b), &b);
        CHECK(sources[i].sentence, journal_same_source(&a, &b) == sources[i].same);
        text_release(&json_a);
        text_release(&json_b);
        journal_release(&a);
        journal_release(&b);
    }
}

static void only_half_done_and_half_undone_are_interrupted(void **state)
{
    (void)state;
    for (enum journal_state s = JOURNAL_NONE; s <= JOURNAL_REMOVED; s++) {
        const struct journal j = {.state = s};
        CHECK(journal_state_name(s),
              journal_is_interrupted(&j) == (s == JOURNAL_INSTALLING || s == JOURNAL_REVERTING));
    }
}

int main(void)
{
#define ON_REPAIR(test) cmocka_unit_test_setup_teardown(test, inherited, release_pair)
    const struct CMUnitTest tests[] = {
        ON_REPAIR(what_was_before_the_machine_changed_is_known),
        ON_REPAIR(what_was_bound_and_staged_is_known),
        ON_REPAIR(what_was_written_over_is_known),
        ON_REPAIR(helpers_and_the_product_are_known),
        ON_REPAIR(begun_steps_are_begun_again),
        ON_REPAIR(publishers_of_before_stay_known),
        cmocka_unit_test(a_repair_that_stopped_has_not_given_the_monitor_back),
        cmocka_unit_test(an_upgrade_carries_our_trust_alone),
        cmocka_unit_test(an_upgrade_carries_folders_of_the_same_place),
        cmocka_unit_test(a_source_is_release_set_and_way),
        cmocka_unit_test(only_half_done_and_half_undone_are_interrupted),
    };
    return cmocka_run_group_tests_name("journal_inherit", tests, NULL, NULL);
}
