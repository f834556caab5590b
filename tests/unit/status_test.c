/* status: the word that is said of several findings, their order, and the exit codes. */
#include "installer/status_codes.h"

#include "tests/unit/check.h"

#include <stdio.h>

#include "tests/unit/status_guest.h"

static struct manifest embedded;

static void judge_and_release(struct guest *g, struct status *s)
{
    status_judge(&g->facts, &g->journal, &embedded, s);
    release_guest(g);
}

static void all_is_well(void **state)
{
    (void)state;
    void (*const fills[])(struct guest *) = {fill_gplpv, fill_xcpng};
    for (size_t i = 0; i < COUNT(fills); i++) {
        struct guest g = {0};
        struct status s = {0};
        fills[i](&g);
        judge_and_release(&g, &s);
        assert_int_equal(s.word, STATUS_WORKING);
        for (size_t k = 0; k < s.findings.count; k++)
            CHECK(s.findings.at[k].message, s.findings.at[k].severity == STATUS_INFO);
        status_release(&s);
    }
}

/* Nothing that was not read may count as good: no facts at all make no word but "unknown". */
static void nothing_read_is_unknown(void **state)
{
    (void)state;
    struct guest g = {0};
    struct status s = {0};
    judge_and_release(&g, &s);
    assert_int_equal(s.word, STATUS_UNKNOWN);
    status_release(&s);
    g.facts.platform.hypervisor = HYPERVISOR_XEN;
    judge_and_release(&g, &s);
    assert_int_equal(s.word, STATUS_UNKNOWN);
    status_release(&s);
}

static void each_group_counts(void **state)
{
    (void)state;
    static const size_t groups[] = {
        offsetof(struct facts, windows.reading),  offsetof(struct facts, integrity.reading),
        offsetof(struct facts, devices_reading),  offsetof(struct facts, services_reading),
        offsetof(struct facts, packages_reading), offsetof(struct facts, products_reading),
        offsetof(struct facts, filters_reading),  offsetof(struct facts, networks_reading),
        offsetof(struct facts, disks_reading),    offsetof(struct facts, values_reading),
        offsetof(struct facts, files_reading),    offsetof(struct facts, signers_reading),
        offsetof(struct facts, restart_reading),
    };
    static const enum reading less[] = {READING_UNKNOWN, READING_PARTIAL, READING_NEEDS_ELEVATION};
    for (size_t i = 0; i < COUNT(groups); i++)
        for (size_t k = 0; k < COUNT(less); k++) {
            struct guest g = {0};
            struct status s = {0};
            fill_gplpv(&g);
            memcpy((char *)&g.facts + groups[i], &less[k], sizeof less[k]);
            judge_and_release(&g, &s);
            if (s.word == STATUS_WORKING)
                fail_msg("group %zu, reading '%s': it still works", i,
                         facts_reading_names[less[k]]);
            status_release(&s);
        }
}

/* Three of them at once: the worst is the word, and stands first. */
static void the_worst_is_the_word(void **state)
{
    (void)state;
    struct guest g = {0};
    struct status s = {0};
    fill_gplpv(&g);
    device_of(&g, "XenNet")->problem = number_of(14);
    add_filter(&g.facts, "XENFILT");
    g.facts.integrity.test_signing = TRI_YES;
    judge_and_release(&g, &s);
    assert_int_equal(s.word, STATUS_BROKEN);
    assert_string_equal(s.findings.at[0].code, "orphan-filter");
    for (size_t i = 1; i < s.findings.count; i++)
        assert_true(s.findings.at[i - 1].severity <= s.findings.at[i].severity);
    assert_int_equal(s.findings.at[s.findings.count - 1].severity, STATUS_INFO);
    status_release(&s);
}

/* What is certain goes before what could not be read. */
static void broken_is_worse_than_unknown(void **state)
{
    (void)state;
    struct guest g = {0};
    struct status s = {0};
    fill_gplpv(&g);
    add_filter(&g.facts, "XENFILT");
    g.facts.devices_reading = READING_NEEDS_ELEVATION;
    judge_and_release(&g, &s);
    assert_int_equal(s.word, STATUS_BROKEN);
    status_release(&s);
}

/* An order: of two words one is worse, and no word is worse than itself. */
static void words_are_in_order(void **state)
{
    (void)state;
    for (int a = STATUS_UNKNOWN; a <= STATUS_WORKING; a++)
        for (int b = STATUS_UNKNOWN; b <= STATUS_WORKING; b++) {
            bool ab = status_word_is_worse((enum status_word)a, (enum status_word)b);
            bool ba = status_word_is_worse((enum status_word)b, (enum status_word)a);
            CHECK(status_word_name((enum status_word)a), a == b ? !ab && !ba : ab != ba);
            if (a != b)
                assert_string_not_equal(status_word_name((enum status_word)a),
                                        status_word_name((enum status_word)b));
        }
}

static void each_word_has_its_exit_code(void **state)
{
    (void)state;
    static const struct {
        enum status_word word;
        const char *name;
        int code;
    } words[] = {
        {STATUS_UNKNOWN, "unknown", 6},
        {STATUS_NOT_XEN, "not-xen", 3},
        {STATUS_UNSUPPORTED, "unsupported", 8},
        {STATUS_NOT_INSTALLED, "not-installed", 6},
        {STATUS_BROKEN, "broken", 6},
        {STATUS_DEGRADED, "degraded", 6},
        {STATUS_NEEDS_RESTART, "needs-restart", 3010},
        {STATUS_WORKING_WITH_WARNINGS, "working-with-warnings", 0},
        {STATUS_WORKING, "supported-and-working", 0},
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        CHECK_TEXT("the word", status_word_name(words[i].word), words[i].name);
        CHECK(words[i].name, (int)status_exit_code(words[i].word) == words[i].code);
    }
}

/* Facts that lie: names that are not there, lists of nothing. No crash, and no good word. */
static void nameless_facts(void **state)
{
    (void)state;
    struct guest g = {0};
    struct status s = {0};
    fill_gplpv(&g);
    shape_list_add(&g.facts.devices, sizeof(struct facts_device));
    shape_list_add(&g.facts.services, sizeof(struct facts_service));
    shape_list_add(&g.facts.packages, sizeof(struct facts_package));
    shape_list_add(&g.facts.products, sizeof(struct facts_product));
    shape_list_add(&g.facts.filters, sizeof(struct facts_filter));
    shape_list_add(&g.facts.networks, sizeof(struct facts_network));
    shape_list_add(&g.facts.disks, sizeof(struct facts_disk));
    shape_list_add(&g.facts.values, sizeof(struct facts_value));
    shape_list_add(&g.facts.events, sizeof(struct facts_event));
    shape_list_add(&g.facts.log_sections, sizeof(struct facts_log_section));
    judge_and_release(&g, &s);
    assert_true(s.findings.count > 0);
    status_release(&s);
}

static int load(void **state)
{
    (void)state;
    return manifest_embedded(&embedded, NULL) ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    manifest_release_all(&embedded);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well),
        cmocka_unit_test(nothing_read_is_unknown),
        cmocka_unit_test(each_group_counts),
        cmocka_unit_test(the_worst_is_the_word),
        cmocka_unit_test(broken_is_worse_than_unknown),
        cmocka_unit_test(words_are_in_order),
        cmocka_unit_test(each_word_has_its_exit_code),
        cmocka_unit_test(nameless_facts),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
