/*
 * kernels: what the data says that each Windows asks of drivers, and that select asks the same. The
 * rules stay in select: a manifest that replaces ours must not talk a guest out of what its Windows
 * will refuse.
 */
#include "drivers-manifest/select.h"

#include "base/mem.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

/* clang-format off */
#define RELEASE(id, signing, more)                                                                 \
    "{'id': '" id "', 'family': 'ours', 'version': '1', 'rank': 1, 'signing': '" signing "', " more\
    "'drivers': [{'name': 'bus', 'inf': 'bus.inf', 'platform': true, 'hardware_ids': ['PCI\\\\X']}],"\
    "'sets': [{'id': 'all', 'architecture': 'x64',"                                                \
    " 'files': [{'name': 'a', 'no_hash_reason': 'none'}]}]}"

static const char made[] =
    "{'schema': 1, 'families': [{'id': 'ours', 'name': 'Ours', 'role': 'installable'}],"
    " 'releases': ["
    RELEASE("unsigned", "unsigned", "") ","
    RELEASE("sha1", "cross-signed", "'digest': 'sha1', 'issued': '2014-01-01', ") ","
    RELEASE("sha256", "whql", "'digest': 'sha256', ") ","
    RELEASE("late", "cross-signed", "'digest': 'sha1', 'issued': '2019-01-01', ") "]}";
/* clang-format on */

static struct manifest data, releases;

static int read_both(void **state)
{
    (void)state;
    char *json = mem_strdup(made);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    bool ok = manifest_embedded(&data, NULL) &&
              manifest_decode("made", span_text(json), &releases, NULL, NULL);
    mem_free(json);
    return ok ? 0 : -1;
}

static int free_both(void **state)
{
    (void)state;
    manifest_release_all(&data);
    manifest_release_all(&releases);
    return 0;
}

static struct facts_windows version(const char *text)
{
    unsigned v[3] = {0};
    assert_true(manifest_version_parse(text, v));
    return (struct facts_windows){
        .major = number_of(v[0]), .minor = number_of(v[1]), .build = number_of(v[2])};
}

/* Is this code given against this release? */
static bool speaks(const struct facts *f, const char *release, const char *code)
{
    struct choice choice = {0};
    struct select_options none = {0};
    bool found = false;
    select_source(f, &releases, &none, &choice);
    for (size_t i = 0; i < choice.candidates.count; i++) {
        const struct candidate *c = &choice.candidates.at[i];
        for (size_t k = 0; strcmp(c->release, release) == 0 && k < c->reasons.count; k++)
            found = found || strcmp(c->reasons.at[k].code, code) == 0;
    }
    choice_release(&choice);
    return found;
}

static void check_guest(const char *name, const struct manifest_kernel *k, const struct facts *f)
{
    bool x86 = f->windows.architecture == ARCHITECTURE_X86;
    bool secure_boot = f->integrity.secure_boot == TRI_YES;
    enum demand demand = x86 ? k->signature_x86 : k->signature_64;
    bool asks = demand == DEMAND_ALWAYS || (demand == DEMAND_SECURE_BOOT && secure_boot);
    bool lacks = asks && k->sha2 == SHA2_UPDATE && f->integrity.sha2 == TRI_NO;
    char sentence[96];
    snprintf(sentence, sizeof sentence, "%s, %s, Secure Boot %s", name,
             architecture_name(f->windows.architecture), secure_boot ? "on" : "off");
    CHECK(sentence, demand != DEMAND_UNKNOWN && k->sha2 != SHA2_UNKNOWN);
    CHECK(sentence, speaks(f, "unsigned", SELECT_UNSIGNED) == asks);
    CHECK(sentence, (speaks(f, "sha256", SELECT_NEEDS_KB3033929) ||
                     speaks(f, "sha256", SELECT_NEEDS_KB4474419)) == lacks);
    if (lacks)
        CHECK(sentence, speaks(f, "sha256", SELECT_NEEDS_KB3033929) ==
                            texts_have_nocase(&k->sha2_updates, "KB3033929"));
    CHECK(sentence, speaks(f, "late", SELECT_SECURE_BOOT) ==
                        (asks && secure_boot && k->microsoft_only == TRI_YES));
    CHECK(sentence,
          speaks(f, "sha1", SELECT_DRIVER_POLICY) == (asks && k->driver_policy == TRI_YES));
    CHECK(sentence, speaks(f, "sha1", SELECT_SIGNING_POLICY) == (k->signing_policy == TRI_YES));
}

/* Every version of Windows, and the last build before each rule changes. */
static void select_asks_what_the_data_says(void **state)
{
    (void)state;
    enum { BLOCK = 2 };
    for (size_t i = 0; i < 2 * data.windows.count; i++) {
        const struct manifest_windows *row = &data.windows.at[i / 2];
        struct facts f = {.windows = version(row->windows_from)};
        if (i % 2)
            f.windows.build.value--;
        const struct manifest_kernel *k = manifest_kernel_of(&data, &f.windows);
        CHECK(row->name, k != NULL);
        f.integrity.signing_policy = number_of(BLOCK);
        for (unsigned n = 0; n < 8; n++) {
            f.windows.architecture = n & 1 ? ARCHITECTURE_X86 : ARCHITECTURE_X64;
            f.integrity.secure_boot = n & 2 ? TRI_YES : TRI_NO;
            f.integrity.sha2 = n & 4 ? TRI_YES : TRI_NO;
            check_guest(row->name, k, &f);
        }
    }
}

static const struct {
    const char *version, *from;
} rules[] = {
    {"4.0.1381", NULL},           {"4.90.3000", NULL},          {"5.0.2195", "5.0.0"},
    {"5.2.3790", "5.0.0"},        {"6.0.6000", "6.0.0"},        {"6.1.7600", "6.1.0"},
    {"6.1.7601", "6.1.0"},        {"6.2.9200", "6.2.0"},        {"6.3.9600", "6.2.0"},
    {"10.0.14392", "6.2.0"},      {"10.0.14393", "10.0.14393"}, {"10.0.26099", "10.0.14393"},
    {"10.0.26100", "10.0.26100"}, {"11.0.1", "10.0.26100"},
};

static void each_version_has_the_last_rule_that_began(void **state)
{
    (void)state;
    struct facts_windows nothing = {0};
    for (size_t i = 0; i < COUNT(rules); i++) {
        struct facts_windows w = version(rules[i].version);
        const struct manifest_kernel *k = manifest_kernel_of(&data, &w);
        CHECK_TEXT(rules[i].version, k ? k->windows_from : NULL, rules[i].from);
    }
    assert_null(manifest_kernel_of(&data, &nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_asks_what_the_data_says),
        cmocka_unit_test(each_version_has_the_last_rule_that_began),
    };
    return cmocka_run_group_tests(tests, read_both, free_both);
}
