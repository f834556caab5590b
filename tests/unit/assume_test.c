/* assume: what a name says of a guest, and which names say nothing. */
#include "installer/assume.h"

#include "base/mem.h"
#include "tests/unit/check.h"
#include "verifier/target.h"

struct name_row {
    const char *name;
    unsigned version[3], service_pack;
    enum product_type type;
    enum architecture architecture;
};

#define WS PRODUCT_TYPE_WORKSTATION
#define SV PRODUCT_TYPE_SERVER
#define X86 ARCHITECTURE_X86
#define X64 ARCHITECTURE_X64

static const struct name_row names[] = {
    {"win2000", {5, 0, 2195}, 0, WS, X86},
    {"win2000sp4", {5, 0, 2195}, 4, WS, X86},
    {"winxp-x86", {5, 1, 2600}, 0, WS, X86},
    {"WinXPsp3-X86", {5, 1, 2600}, 3, WS, X86},
    {"winxp-x64", {5, 2, 3790}, 1, WS, X64},
    {"server2003-x86", {5, 2, 3790}, 0, SV, X86},
    {"server2003sp2-x64", {5, 2, 3790}, 2, SV, X64},
    {"server2003sp2-ia64", {5, 2, 3790}, 2, SV, ARCHITECTURE_IA64},
    {"vista-x86", {6, 0, 6000}, 0, WS, X86},
    {"vistasp2-x64", {6, 0, 6002}, 2, WS, X64},
    {"server2008-x64", {6, 0, 6001}, 1, SV, X64},
    {"win7sp1-x64", {6, 1, 7601}, 1, WS, X64},
    {"server2008r2sp1", {6, 1, 7601}, 1, SV, X64},
    {"win8.1-x86", {6, 3, 9600}, 0, WS, X86},
    {"win81-x86", {6, 3, 9600}, 0, WS, X86},
    {"server2012r2", {6, 3, 9600}, 0, SV, X64},
    {"win10-22h2-x64", {10, 0, 19045}, 0, WS, X64},
    {"win10-x64", {10, 0, 19045}, 0, WS, X64},
    {"win11-24h2-arm64", {10, 0, 26100}, 0, WS, ARCHITECTURE_ARM64},
    {"server2025", {10, 0, 26100}, 0, SV, X64},
};

static void a_name_gives_the_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct name_row *row = &names[i];
        struct facts f = {0};
        struct err e = {0};
        if (!assume_facts(row->name, &f, &e))
            fail_msg("%s: %s", row->name, e.text);
        const struct facts_windows *w = &f.windows;
        CHECK(row->name, w->major.known && w->major.value == row->version[0]);
        CHECK(row->name, w->minor.known && w->minor.value == row->version[1]);
        CHECK(row->name, w->build.known && w->build.value == row->version[2]);
        CHECK(row->name, w->service_pack.known && w->service_pack.value == row->service_pack);
        CHECK(row->name, w->type == row->type && w->architecture == row->architecture);
        facts_release(&f);
    }
}

static void all_else_is_a_fresh_guest(void **state)
{
    (void)state;
    struct facts f = {0};
    assert_true(assume_facts("win7sp1-x64", &f, NULL));
    assert_int_equal(f.platform.hypervisor, HYPERVISOR_XEN);
    assert_int_equal(f.integrity.test_signing, TRI_NO);
    assert_int_equal(f.integrity.secure_boot, TRI_NO);
    assert_int_equal(f.integrity.uefi, TRI_NO);
    assert_int_equal(f.integrity.upgraded, TRI_NO);
    assert_int_equal(f.integrity.sha2, TRI_NO);
    assert_non_null(facts_device_with_id(&f, "PCI\\VEN_5853&DEV_0001"));
    assert_null(facts_device_with_id(&f, "PCI\\VEN_5853&DEV_0002"));
    assert_int_equal(f.devices_reading, READING_FULL);
    assert_true(f.services.count + f.packages.count + f.products.count + f.filters.count == 0);
    facts_release(&f);
}

struct sha2_row {
    const char *sentence, *name;
    enum tri sha2;
    bool policy;
};

static const struct sha2_row by_version[] = {
    {"XP warns of drivers", "winxpsp3-x86", TRI_NO, true},
    {"2003 warns of drivers", "server2003sp2-x64", TRI_NO, true},
    {"Vista has no such setting", "vistasp2-x64", TRI_NO, false},
    {"2008 R2 knows no SHA-2", "server2008r2sp1", TRI_NO, false},
    {"8 knows SHA-2", "win8-x64", TRI_YES, false},
    {"10 knows SHA-2", "win10-1507-x86", TRI_YES, false},
};

static void what_came_with_a_version_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(by_version); i++) {
        struct facts f = {0};
        assert_true(assume_facts(by_version[i].name, &f, NULL));
        CHECK(by_version[i].sentence, f.integrity.sha2 == by_version[i].sha2);
        CHECK(by_version[i].sentence, f.integrity.signing_policy.known == by_version[i].policy);
        facts_release(&f);
    }
}

struct word_row {
    const char *name;
    enum tri test_signing, secure_boot, uefi, sha2, upgraded;
};

static const struct word_row words[] = {
    {"win7sp1-x64+testsigning", TRI_YES, TRI_NO, TRI_NO, TRI_NO, TRI_NO},
    {"win7sp1-x64+TestSigning", TRI_YES, TRI_NO, TRI_NO, TRI_NO, TRI_NO},
    {"win7sp1-x64+kb3033929", TRI_NO, TRI_NO, TRI_NO, TRI_YES, TRI_NO},
    {"vistasp2-x64+kb4474419", TRI_NO, TRI_NO, TRI_NO, TRI_YES, TRI_NO},
    {"win7sp1-x64+sha2", TRI_NO, TRI_NO, TRI_NO, TRI_YES, TRI_NO},
    {"win10-1607-x64+secureboot", TRI_NO, TRI_YES, TRI_YES, TRI_YES, TRI_NO},
    {"win10-1607-x64+upgraded", TRI_NO, TRI_NO, TRI_NO, TRI_YES, TRI_YES},
    {"win7sp1-x64+sha2+testsigning", TRI_YES, TRI_NO, TRI_NO, TRI_YES, TRI_NO},
};

static void words_behind_a_plus_are_so_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        struct facts f = {0};
        struct err e = {0};
        if (!assume_facts(words[i].name, &f, &e))
            fail_msg("%s: %s", words[i].name, e.text);
        CHECK(words[i].name, f.integrity.test_signing == words[i].test_signing);
        CHECK(words[i].name, f.integrity.secure_boot == words[i].secure_boot);
        CHECK(words[i].name, f.integrity.uefi == words[i].uefi);
        CHECK(words[i].name, f.integrity.sha2 == words[i].sha2);
        CHECK(words[i].name, f.integrity.upgraded == words[i].upgraded);
        facts_release(&f);
    }
}

static const struct {
    const char *sentence, *name, *says;
} refused[] = {
    {"no name", "", "''"},
    {"a Windows that is none", "win12-x64", "'win12-x64'"},
    {"a Windows that ran on both processors", "win7", "-x86 or -x64"},
    {"a processor that it never ran on", "win11-24h2-x86", "'win11-24h2-x86'"},
    {"an unknown word", "win7sp1-x64+kb123", "'+kb123'"},
    {"an empty word", "win7sp1-x64+", "'+'"},
    {"a good word and an unknown one", "win7sp1-x64+sha2+x", "'+x'"},
    {"the known words are listed", "win7sp1-x64+x", "+testsigning +secureboot"},
    {"a word without a Windows", "+testsigning", "+testsigning"},
    {"an escape sequence is not printed", "win7sp1-x64+\x1b[2J", "\\x1b[2J"},
    {"an escape sequence in the name", "\x1b[2J", "\\x1b[2J"},
};

static void other_names_are_refused(void **state)
{
    (void)state;
    static const struct facts zero;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct facts f = {0};
        struct err e = {0};
        CHECK(refused[i].sentence, !assume_facts(refused[i].name, &f, &e));
        CHECK(refused[i].sentence, e.kind == ERR_USAGE);
        CHECK_HAS(refused[i].sentence, e.text, refused[i].says);
        CHECK(refused[i].sentence, memcmp(&f, &zero, sizeof f) == 0);
    }
}

/* What is assumed could have been read from a file: nothing in it contradicts the rest. */
static void every_windows_gives_facts_that_hold(void **state)
{
    (void)state;
    size_t count;
    const struct target *all = target_all(&count);
    assert_true(count > 60);
    for (size_t i = 0; i < count; i++) {
        char name[TARGET_NAME_MAX];
        struct facts f = {0}, back = {0};
        struct err e = {0};
        target_name(&all[i], name, sizeof name);
        if (!assume_facts(name, &f, &e))
            fail_msg("%s: %s", name, e.text);
        CHECK(name, f.windows.build.value == all[i].build && f.windows.major.value == all[i].major);
        CHECK(name, f.windows.architecture != ARCHITECTURE_UNKNOWN);
        char *json = facts_encode(&f);
        if (!facts_decode(span_text(json), &back, &e))
            fail_msg("%s: %s", name, e.text);
        mem_free(json);
        facts_release(&f);
        facts_release(&back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_gives_the_numbers),
        cmocka_unit_test(all_else_is_a_fresh_guest),
        cmocka_unit_test(what_came_with_a_version_is_there),
        cmocka_unit_test(words_behind_a_plus_are_so_there),
        cmocka_unit_test(other_names_are_refused),
        cmocka_unit_test(every_windows_gives_facts_that_hold),
    };
    return cmocka_run_group_tests_name("assume", tests, NULL, NULL);
}
