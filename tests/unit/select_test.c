/*
 * select: for each reason a guest and a source that give it, and ones just beside that do not; then
 * what the embedded manifest chooses for each Windows.
 */
#include "drivers-manifest/select.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/assume.h"
#include "tests/unit/check.h"
#include "verifier/target.h"

#include <stdio.h>

/* clang-format off */
/* JSON, with ' for the quotation mark. */
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FILES "'files': [{'name': 'a.tar', 'no_hash_reason': 'none', 'sha256': '" HASH "'}]"
#define SET(arch, range) "{'id': '" arch "', 'architecture': '" arch "', " range FILES "}"
#define DRIVERS                                                                                    \
    "'drivers': [{'name': 'bus', 'inf': 'bus.inf', 'platform': true,"                              \
    " 'hardware_ids': ['PCI\\\\VEN_5853&DEV_0002', 'PCI\\\\VEN_5853&DEV_0001']},"                  \
    " {'name': 'disk', 'inf': 'disk.inf', 'hardware_ids': ['BUS\\\\DISK']}]"
#define RELEASE_FOR(range, id, rank, signing, more)                                                \
    "{'id': '" id "', 'family': 'ours', 'version': '1', 'rank': " rank                             \
    ", 'signing': '" signing "', " more DRIVERS                                                    \
    ", 'sets': [" SET("x86", range) ", " SET("x64", range) "]}"
#define RELEASE(id, rank, signing, more) RELEASE_FOR("", id, rank, signing, more)
#define SHA1 "'digest': 'sha1', "
#define SHA256 "'digest': 'sha256', "

/* One release for each way of signing, for every Windows unless it says otherwise. */
static const char made[] =
    "{'schema': 1,"
    " 'families': [{'id': 'ours', 'name': 'Ours', 'role': 'installable'},"
    "  {'id': 'theirs', 'name': 'Theirs', 'role': 'recognised', 'providers': ['They']}],"
    " 'advisories': [{'id': 'may', 'title': 'May be taken', 'overridable': true},"
    "  {'id': 'never', 'title': 'Is never taken', 'overridable': false},"
    "  {'id': 'unsaid', 'title': 'Nobody said'}],"
    " 'releases': ["
    RELEASE("whql", "50", "whql", SHA256) ","
    RELEASE("attested", "51", "attestation", SHA256) ","
    RELEASE("early", "52", "cross-signed", SHA1 "'issued': '2015-07-28', ") ","
    RELEASE("late", "53", "cross-signed", SHA256 "'issued': '2015-07-29', ") ","
    RELEASE("undated", "54", "cross-signed", SHA256) ","
    RELEASE("test", "55", "test", SHA256) ","
    RELEASE("test-sha1", "56", "test", SHA1) ","
    RELEASE("none", "57", "unsigned", "") ","
    RELEASE("unclear", "58", "unknown", "") ","
    RELEASE_FOR("'windows_from': '6.1.7601', 'windows_to': '6.3.9600', ",
                "ranged", "59", "whql", "") ","
    RELEASE("advised", "10", "whql", "'advisories': ['may'], ") ","
    RELEASE("warned", "11", "whql", "'advisories': ['may', 'never'], ") ","
    RELEASE("vague", "12", "whql", "'advisories': ['unsaid'], ") "]}";
/* clang-format on */

struct world {
    struct facts facts;
    struct manifest manifest;
    struct select_options options;
    struct choice choice;
};

static bool read_made(struct manifest *m, struct err *e)
{
    char *json = mem_strdup(made);
    for (char *c = json; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    bool ok = manifest_decode("made", span_text(json), m, NULL, e);
    mem_free(json);
    return ok;
}

enum source { EMBEDDED, MADE };

static struct world *world_of(const char *windows, enum source source)
{
    struct world *w = mem_zero(1, sizeof *w);
    struct err e = {0};
    if (!assume_facts(windows, &w->facts, &e) ||
        !(source == MADE ? read_made(&w->manifest, &e) : manifest_embedded(&w->manifest, &e)))
        fail_msg("%s", e.text);
    return w;
}

static void world_free(struct world *w)
{
    choice_release(&w->choice);
    texts_release(&w->options.accept);
    facts_release(&w->facts);
    manifest_release_all(&w->manifest);
    mem_free(w);
}

static void choose(struct world *w)
{
    choice_release(&w->choice);
    select_source(&w->facts, &w->manifest, &w->options, &w->choice);
}

static const struct candidate *candidate_of(const struct choice *c, const char *release,
                                            const char *set)
{
    for (size_t i = 0; i < c->candidates.count; i++)
        if (strcmp(c->candidates.at[i].release, release) == 0 &&
            strcmp(c->candidates.at[i].set, set) == 0)
            return &c->candidates.at[i];
    fail_msg("there is no candidate %s, %s", release, set);
    return NULL;
}

static const struct select_reason *reason_of(const struct candidate *c, const char *code)
{
    for (size_t i = 0; i < c->reasons.count; i++)
        if (strcmp(c->reasons.at[i].code, code) == 0)
            return &c->reasons.at[i];
    return NULL;
}

/* What a row does to the guest beyond its Windows. */
static void sha2_unknown(struct facts *f)
{
    f->integrity.sha2 = TRI_UNKNOWN;
}
static void test_signing_unknown(struct facts *f)
{
    f->integrity.test_signing = TRI_UNKNOWN;
}
static void secure_boot_unknown(struct facts *f)
{
    f->integrity.secure_boot = TRI_UNKNOWN;
}
static void whql_enforced(struct facts *f)
{
    f->integrity.whql_enforced = TRI_YES;
}
static void policy_blocks(struct facts *f)
{
    f->integrity.signing_policy = number_of(2);
}
static void policy_ignores(struct facts *f)
{
    f->integrity.signing_policy = number_of(0);
}
static void build_unknown(struct facts *f)
{
    f->windows.build.known = false;
}
static void version_unknown(struct facts *f)
{
    memset(&f->windows.major, 0, sizeof f->windows.major);
}
static void processor_unknown(struct facts *f)
{
    f->windows.architecture = ARCHITECTURE_UNKNOWN;
}
static void device_gone(struct facts *f)
{
    f->devices.at[0].present = TRI_NO;
}
static void device_unclear(struct facts *f)
{
    f->devices.at[0].present = TRI_UNKNOWN;
}

static void device_without_ids(struct facts *f)
{
    texts_release(&f->devices.at[0].hardware_ids);
    texts_release(&f->devices.at[0].compatible_ids);
}

static void device_of_the_second_id(struct facts *f)
{
    device_without_ids(f);
    texts_add(&f->devices.at[0].hardware_ids, "PCI\\VEN_5853&DEV_0002");
}

static void device_of_the_disk_only(struct facts *f)
{
    device_without_ids(f);
    texts_add(&f->devices.at[0].hardware_ids, "BUS\\DISK");
}

static void device_of_a_graphics_card(struct facts *f)
{
    device_without_ids(f);
    texts_add(&f->devices.at[0].hardware_ids, "PCI\\VEN_5853&DEV_C147");
}

static void devices_unread(struct facts *f)
{
    device_without_ids(f);
    f->devices_reading = READING_UNKNOWN;
}

static void they_are_there(struct facts *f)
{
    struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
    d->present = TRI_YES;
    shape_set_text(&d->provider, "they");
}

struct reason_row {
    const char *sentence, *windows;
    void (*change)(struct facts *f);
    const char *release, *set, *code;
    bool given;
    const char *says; /* in the reason's sentence, NULL: not asked */
};

static const struct reason_row reasons[] = {
    /* version */
    {"a build below the range", "win7-x64", NULL, "ranged", "x64", SELECT_OS_TOO_OLD, true,
     "6.1.7601"},
    {"the first build of the range", "win7sp1-x64", NULL, "ranged", "x64", SELECT_OS_TOO_OLD, false,
     NULL},
    {"a Windows above the range", "win10-1507-x64", NULL, "ranged", "x64", SELECT_OS_TOO_NEW, true,
     "6.3.9600"},
    {"the last Windows of the range", "win8.1-x64", NULL, "ranged", "x64", SELECT_OS_TOO_NEW, false,
     NULL},
    {"too old is not too new", "win7-x64", NULL, "ranged", "x64", SELECT_OS_TOO_NEW, false, NULL},
    {"an unknown build", "win7sp1-x64", build_unknown, "ranged", "x64", SELECT_OS_UNKNOWN, true,
     "not known"},
    {"an unknown build, for what takes any", "win10-22h2-x64", build_unknown, "whql", "x64",
     SELECT_OS_UNKNOWN, true, NULL},
    {"an unknown version", "win10-22h2-x64", version_unknown, "none", "x64", SELECT_OS_UNKNOWN,
     true, NULL},
    {"a known version", "win10-22h2-x64", NULL, "whql", "x64", SELECT_OS_UNKNOWN, false, NULL},
    /* architecture */
    {"the 64-bit set on a 32-bit Windows", "win7sp1-x86", NULL, "whql", "x64", SELECT_WRONG_ARCH,
     true, "for x64, this Windows is x86"},
    {"the 32-bit set on a 64-bit Windows", "win7sp1-x64", NULL, "whql", "x86", SELECT_WRONG_ARCH,
     true, NULL},
    {"the 64-bit set on a 64-bit Windows", "win7sp1-x64", NULL, "whql", "x64", SELECT_WRONG_ARCH,
     false, NULL},
    {"the 32-bit set on a 32-bit Windows", "win7sp1-x86", NULL, "whql", "x86", SELECT_WRONG_ARCH,
     false, NULL},
    {"either set on ARM", "win11-24h2-arm64", NULL, "whql", "x64", SELECT_WRONG_ARCH, true,
     "arm64"},
    {"an unknown processor", "win7sp1-x64", processor_unknown, "whql", "x64", SELECT_WRONG_ARCH,
     true, "unknown"},
    /* test signing */
    {"test-signed on 7 x64", "win7sp1-x64", NULL, "test", "x64", SELECT_NEEDS_TEST_SIGNING, true,
     "is off"},
    {"test-signed with test signing on", "win7sp1-x64+testsigning", NULL, "test", "x64",
     SELECT_NEEDS_TEST_SIGNING, false, NULL},
    {"test-signed, test signing not known", "win7sp1-x64", test_signing_unknown, "test", "x64",
     SELECT_NEEDS_TEST_SIGNING, true, "not known to be on"},
    {"test-signed on the first Windows that asks", "vista-x64", NULL, "test-sha1", "x64",
     SELECT_NEEDS_TEST_SIGNING, true, NULL},
    {"test-signed on the last that does not", "server2003sp2-x64", NULL, "test-sha1", "x64",
     SELECT_NEEDS_TEST_SIGNING, false, NULL},
    {"test-signed on a 32-bit Windows", "win7sp1-x86", NULL, "test", "x86",
     SELECT_NEEDS_TEST_SIGNING, false, NULL},
    {"test-signed on 32-bit 1607 with Secure Boot", "win10-1607-x86+secureboot", NULL, "test",
     "x86", SELECT_NEEDS_TEST_SIGNING, true, NULL},
    {"cross-signed needs no test signing", "win7sp1-x64", NULL, "early", "x64",
     SELECT_NEEDS_TEST_SIGNING, false, NULL},
    /* unsigned */
    {"unsigned on Vista x64", "vista-x64", NULL, "none", "x64", SELECT_UNSIGNED, true, NULL},
    {"signed nobody knows how, on Vista x64", "vista-x64", NULL, "unclear", "x64", SELECT_UNSIGNED,
     true, NULL},
    {"unsigned stays so with test signing on", "win7sp1-x64+testsigning", NULL, "none", "x64",
     SELECT_UNSIGNED, true, NULL},
    {"unsigned on Vista x86", "vista-x86", NULL, "none", "x86", SELECT_UNSIGNED, false, NULL},
    {"unsigned on XP x64", "winxp-x64", NULL, "none", "x64", SELECT_UNSIGNED, false, NULL},
    {"unsigned on 32-bit 1607 with Secure Boot", "win10-1607-x86+secureboot", NULL, "none", "x86",
     SELECT_UNSIGNED, true, NULL},
    {"unsigned on 32-bit 1607, Secure Boot not known", "win10-1607-x86", secure_boot_unknown,
     "none", "x86", SELECT_UNSIGNED, true, NULL},
    {"unsigned on 32-bit 1607 without it", "win10-1607-x86", NULL, "none", "x86", SELECT_UNSIGNED,
     false, NULL},
    {"unsigned on 32-bit 1511 with Secure Boot", "win10-1511-x86+secureboot", NULL, "none", "x86",
     SELECT_UNSIGNED, true, NULL},
    {"unsigned on 32-bit 8 with Secure Boot", "win8-x86+secureboot", NULL, "none", "x86",
     SELECT_UNSIGNED, true, NULL},
    {"unsigned on 32-bit 7, which knows no Secure Boot", "win7sp1-x86", secure_boot_unknown, "none",
     "x86", SELECT_UNSIGNED, false, NULL},
    {"signed is not unsigned", "win7sp1-x64", NULL, "early", "x64", SELECT_UNSIGNED, false, NULL},
    /* SHA-2 */
    {"SHA-256 on 7 x64", "win7-x64", NULL, "late", "x64", SELECT_NEEDS_KB3033929, true,
     "not installed"},
    {"SHA-256 on 7 SP1 x64", "win7sp1-x64", NULL, "late", "x64", SELECT_NEEDS_KB3033929, true,
     NULL},
    {"SHA-256 on 2008 R2", "server2008r2sp1", NULL, "late", "x64", SELECT_NEEDS_KB3033929, true,
     NULL},
    {"SHA-256 with the update", "win7sp1-x64+kb3033929", NULL, "late", "x64",
     SELECT_NEEDS_KB3033929, false, NULL},
    {"SHA-256, update not known", "win7sp1-x64", sha2_unknown, "late", "x64",
     SELECT_NEEDS_KB3033929, true, "not known to be installed"},
    {"SHA-1 needs no update", "win7sp1-x64", NULL, "early", "x64", SELECT_NEEDS_KB3033929, false,
     NULL},
    {"SHA-256 on 8", "win8-x64", sha2_unknown, "late", "x64", SELECT_NEEDS_KB3033929, false, NULL},
    {"SHA-256 on 32-bit 7", "win7sp1-x86", NULL, "late", "x86", SELECT_NEEDS_KB3033929, false,
     NULL},
    {"test-signed with SHA-256", "win7sp1-x64+testsigning", NULL, "test", "x64",
     SELECT_NEEDS_KB3033929, true, NULL},
    {"Microsoft's own SHA-256", "win7sp1-x64", NULL, "whql", "x64", SELECT_NEEDS_KB3033929, true,
     NULL},
    {"attested with SHA-256", "win7sp1-x64", NULL, "attested", "x64", SELECT_NEEDS_KB3033929, true,
     NULL},
    {"SHA-256 on Vista needs the other update", "vistasp2-x64", NULL, "late", "x64",
     SELECT_NEEDS_KB4474419, true, "KB4474419"},
    {"SHA-256 on 2008 needs the other update", "server2008sp2-x64", NULL, "late", "x64",
     SELECT_NEEDS_KB4474419, true, NULL},
    {"and not the one of 7", "vistasp2-x64", NULL, "late", "x64", SELECT_NEEDS_KB3033929, false,
     NULL},
    {"SHA-256 on Vista with the update", "vistasp2-x64+kb4474419", NULL, "late", "x64",
     SELECT_NEEDS_KB4474419, false, NULL},
    {"7 does not need the update of Vista", "win7sp1-x64", NULL, "late", "x64",
     SELECT_NEEDS_KB4474419, false, NULL},
    {"SHA-256 on XP x64, which does not ask", "winxp-x64", NULL, "late", "x64",
     SELECT_NEEDS_KB4474419, false, NULL},
    /* the rule of 1607 */
    {"a late certificate with Secure Boot", "win10-1607-x64+secureboot", NULL, "late", "x64",
     SELECT_SECURE_BOOT, true, "issued after 2015-07-28, and Secure Boot is on"},
    {"a late certificate on 2016 with Secure Boot", "server2016+secureboot", NULL, "late", "x64",
     SELECT_SECURE_BOOT, true, NULL},
    {"a certificate of unknown date", "win10-1607-x64+secureboot", NULL, "undated", "x64",
     SELECT_SECURE_BOOT, true, "unknown date"},
    {"a certificate of the last exempt day", "win10-1607-x64+secureboot", NULL, "early", "x64",
     SELECT_SECURE_BOOT, false, NULL},
    {"without Secure Boot", "win10-1607-x64", NULL, "late", "x64", SELECT_SECURE_BOOT, false, NULL},
    {"Secure Boot not known", "win10-1607-x64", secure_boot_unknown, "late", "x64",
     SELECT_SECURE_BOOT, true, "not known to be off"},
    {"1511 with Secure Boot", "win10-1511-x64+secureboot", NULL, "late", "x64", SELECT_SECURE_BOOT,
     false, NULL},
    {"upgraded from an earlier Windows", "win10-1607-x64+secureboot+upgraded", NULL, "late", "x64",
     SELECT_SECURE_BOOT, false, NULL},
    {"the rule in force without Secure Boot", "win10-1607-x64", whql_enforced, "late", "x64",
     SELECT_SECURE_BOOT, true, "this Windows enforces"},
    {"attested with Secure Boot", "win10-22h2-x64+secureboot", NULL, "attested", "x64",
     SELECT_SECURE_BOOT, false, NULL},
    {"Microsoft's own with Secure Boot", "win10-22h2-x64+secureboot", NULL, "whql", "x64",
     SELECT_SECURE_BOOT, false, NULL},
    /* the policy of 2026 */
    {"cross-signed on 11 24H2", "win11-24h2-x64", NULL, "early", "x64", SELECT_DRIVER_POLICY, true,
     NULL},
    {"cross-signed on 11 25H2", "win11-25h2-x64", NULL, "late", "x64", SELECT_DRIVER_POLICY, true,
     NULL},
    {"cross-signed on 2025", "server2025", NULL, "early", "x64", SELECT_DRIVER_POLICY, true, NULL},
    {"cross-signed on 11 23H2", "win11-23h2-x64", NULL, "early", "x64", SELECT_DRIVER_POLICY, false,
     NULL},
    {"cross-signed on 2022", "server2022", NULL, "early", "x64", SELECT_DRIVER_POLICY, false, NULL},
    {"attested on 11 24H2", "win11-24h2-x64", NULL, "attested", "x64", SELECT_DRIVER_POLICY, false,
     NULL},
    {"test-signed on 11 24H2 with test signing", "win11-24h2-x64+testsigning", NULL, "test", "x64",
     SELECT_DRIVER_POLICY, false, NULL},
    /* the setting of 2000 to 2003 */
    {"XP that blocks", "winxpsp3-x86", policy_blocks, "early", "x86", SELECT_SIGNING_POLICY, true,
     NULL},
    {"2003 x64 that blocks", "server2003sp2-x64", policy_blocks, "early", "x64",
     SELECT_SIGNING_POLICY, true, NULL},
    {"XP that warns", "winxpsp3-x86", NULL, "early", "x86", SELECT_SIGNING_POLICY, false, NULL},
    {"XP that ignores", "winxpsp3-x86", policy_ignores, "early", "x86", SELECT_SIGNING_POLICY,
     false, NULL},
    {"XP that blocks, signed by Microsoft", "winxpsp3-x86", policy_blocks, "whql", "x86",
     SELECT_SIGNING_POLICY, false, NULL},
    {"Vista has no such setting", "vista-x86", policy_blocks, "early", "x86", SELECT_SIGNING_POLICY,
     false, NULL},
    /* devices */
    {"the platform device is there", "win7sp1-x64", NULL, "whql", "x64", SELECT_NO_PLATFORM_DEVICE,
     false, NULL},
    {"the platform device has another of the ids", "win7sp1-x64", device_of_the_second_id, "whql",
     "x64", SELECT_NO_PLATFORM_DEVICE, false, NULL},
    {"the platform device is a ghost", "win7sp1-x64", device_gone, "whql", "x64",
     SELECT_NO_PLATFORM_DEVICE, true, "xen_platform_pci=1"},
    {"whether it is there is not known", "win7sp1-x64", device_unclear, "whql", "x64",
     SELECT_NO_PLATFORM_DEVICE, false, NULL},
    {"a device of another driver is not the platform's", "win7sp1-x64", device_of_the_disk_only,
     "whql", "x64", SELECT_NO_PLATFORM_DEVICE, true, NULL},
    {"Xen's graphics card is not the platform's", "win7sp1-x64", device_of_a_graphics_card, "whql",
     "x64", SELECT_NO_PLATFORM_DEVICE, true, NULL},
    {"devices that could not be read", "win7sp1-x64", devices_unread, "whql", "x64",
     SELECT_NO_PLATFORM_DEVICE, true, "could not be read"},
    /* other families */
    {"another family is there", "win7sp1-x64", they_are_there, "early", "x64",
     SELECT_FOREIGN_FAMILY, true, "Theirs"},
    {"no other family is there", "win7sp1-x64", NULL, "early", "x64", SELECT_FOREIGN_FAMILY, false,
     NULL},
    /* advisories */
    {"an advisory", "win7sp1-x64", NULL, "advised", "x64", "advisory-may", true, "May be taken"},
    {"no advisory", "win7sp1-x64", NULL, "whql", "x64", "advisory-may", false, NULL},
    {"two advisories", "win7sp1-x64", NULL, "warned", "x64", "advisory-never", true, NULL},
};

static void each_reason_has_its_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(reasons); i++) {
        const struct reason_row *row = &reasons[i];
        struct world *w = world_of(row->windows, MADE);
        if (row->change)
            row->change(&w->facts);
        choose(w);
        const struct candidate *c = candidate_of(&w->choice, row->release, row->set);
        const struct select_reason *r = reason_of(c, row->code);
        if (!r != !row->given)
            fail_msg("%s: %s for '%s' should %sbe given on %s", row->sentence, row->code,
                     row->release, row->given ? "" : "not ", row->windows);
        if (r && row->says)
            CHECK_HAS(row->sentence, r->sentence, row->says);
        CHECK(row->sentence, !r || c->verdict == CANDIDATE_REJECTED);
        world_free(w);
    }
}

/* What an operator can take upon himself is not what Windows refuses. */
static void only_advice_and_pins_can_be_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(reasons); i++) {
        const struct reason_row *row = &reasons[i];
        if (!row->given)
            continue;
        bool may = strcmp(row->code, "advisory-may") == 0;
        struct world *w = world_of(row->windows, MADE);
        texts_add(&w->options.accept, row->code);
        if (row->change)
            row->change(&w->facts);
        choose(w);
        const struct select_reason *r =
            reason_of(candidate_of(&w->choice, row->release, row->set), row->code);
        CHECK(row->sentence, may ? !r : r && r->overridable != TRI_YES);
        world_free(w);
    }
}

static const struct {
    const char *sentence, *accept, *release;
    bool taken;
} accepts[] = {
    {"an advisory by its id", "may", "advised", true},
    {"an advisory by its code", "advisory-may", "advised", true},
    {"in any case", "MAY", "advised", true},
    {"another one's id", "never", "advised", false},
    {"the start of its id", "ma", "advised", false},
    {"the prefix alone", "advisory-", "advised", false},
    {"one that cannot be accepted", "never", "warned", false},
    {"one of two", "may", "warned", false},
    {"one of which nobody said that it can be", "unsaid", "vague", false},
};

static void advisories_are_accepted_by_id_or_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepts); i++) {
        struct world *w = world_of("win10-22h2-x64", MADE);
        texts_add(&w->options.accept, accepts[i].accept);
        choose(w);
        const struct candidate *c = candidate_of(&w->choice, accepts[i].release, "x64");
        CHECK(accepts[i].sentence, (c->verdict != CANDIDATE_REJECTED) == accepts[i].taken);
        CHECK(accepts[i].sentence, !accepts[i].taken || c->accepted.count == 1);
        CHECK(accepts[i].sentence,
              !accepts[i].taken || !strcmp(c->accepted.at[0].code, "advisory-may"));
        world_free(w);
    }
}

static void a_missing_pin_can_be_accepted(void **state)
{
    (void)state;
    struct world *w = world_of("win10-22h2-x64", MADE);
    struct manifest_release *r =
        (struct manifest_release *)manifest_release_by_id(&w->manifest, "whql");
    struct manifest_file_pin *pin = &r->sets.at[1].files.at[0];
    choose(w);
    assert_null(reason_of(candidate_of(&w->choice, "whql", "x64"), SELECT_NOT_PINNED));
    char *hash = pin->sha256;
    pin->sha256 = NULL;
    choose(w);
    const struct select_reason *reason =
        reason_of(candidate_of(&w->choice, "whql", "x64"), SELECT_NOT_PINNED);
    assert_non_null(reason);
    CHECK_HAS("it names the file", reason->sentence, "'a.tar'");
    CHECK_HAS("it says why", reason->sentence, "none");
    pin->sha512 = hash;
    choose(w);
    assert_null(reason_of(candidate_of(&w->choice, "whql", "x64"), SELECT_NOT_PINNED));
    pin->sha512 = NULL;
    pin->sha256 = NULL;
    texts_add(&w->options.accept, "not-pinned");
    choose(w);
    const struct candidate *c = candidate_of(&w->choice, "whql", "x64");
    assert_true(c->verdict == CANDIDATE_CHOSEN && c->reasons.count == 0 && c->accepted.count == 1);
    pin->sha256 = hash;
    world_free(w);
}

static const struct {
    const char *sentence, *source, *release;
    bool asked;
} sources[] = {
    {"no source was named", NULL, "whql", true}, {"the release itself", "whql", "whql", true},
    {"its family", "ours", "whql", true},        {"another release", "early", "whql", false},
    {"another family", "theirs", "whql", false}, {"the start of its name", "wh", "whql", false},
};

static void only_what_is_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct world *w = world_of("win10-22h2-x64", MADE);
        w->options.source = sources[i].source;
        choose(w);
        const struct select_reason *r =
            reason_of(candidate_of(&w->choice, sources[i].release, "x64"), SELECT_NOT_ASKED_FOR);
        CHECK(sources[i].sentence, !r == sources[i].asked);
        world_free(w);
    }
}

static bool has_named(void *context, const struct manifest_release *release,
                      const struct manifest_file_pin *pin)
{
    (void)release;
    return strcmp(pin->name, context) == 0;
}

static void packages_must_be_at_hand(void **state)
{
    (void)state;
    struct world *w = world_of("win10-22h2-x64", EMBEDDED);
    w->options.have = has_named;
    w->options.context = "gplpv_Vista2008x64_signed_0.11.0.372.msi";
    choose(w);
    assert_string_equal(choice_chosen_release(&w->choice, &w->manifest)->id,
                        "univention-gplpv-0.11.0.372");
    const struct candidate *c =
        candidate_of(&w->choice, "univention-gplpv-0.11.0.373", "Vista2008x64");
    const struct select_reason *r = reason_of(c, SELECT_PACKAGE_NOT_FOUND);
    assert_non_null(r);
    CHECK_HAS("it names the file", r->sentence, "'gplpv_Vista2008x64_signed_0.11.0.373.msi'");
    assert_int_not_equal(r->overridable, TRI_YES);
    c = candidate_of(&w->choice, "xenproject-8.2.2", "x64");
    size_t missing = 0;
    for (size_t i = 0; i < c->reasons.count; i++)
        missing += strcmp(c->reasons.at[i].code, SELECT_PACKAGE_NOT_FOUND) == 0;
    CHECK("each missing file is named", missing == c->files.count && missing == 5);
    w->options.context = "nothing";
    choose(w);
    assert_false(w->choice.chosen.known);
    assert_null(choice_chosen_release(&w->choice, &w->manifest));
    assert_null(choice_chosen_set(&w->choice, &w->manifest));
    world_free(w);
}

static void the_best_comes_first(void **state)
{
    (void)state;
    struct world *w = world_of("win10-22h2-x64", MADE);
    choose(w);
    assert_true(w->choice.chosen.known && w->choice.chosen.value == 0);
    assert_int_equal(w->choice.candidates.count, 26);
    size_t eligible = 0;
    uint64_t before = 0;
    for (size_t i = 0; i < w->choice.candidates.count; i++) {
        const struct candidate *c = &w->choice.candidates.at[i];
        uint64_t rank = manifest_release_by_id(&w->manifest, c->release)->rank.value;
        bool first_rejected = c->verdict == CANDIDATE_REJECTED && eligible == i;
        CHECK("one is chosen, the first", (c->verdict == CANDIDATE_CHOSEN) == (i == 0));
        CHECK("eligible ones have no reason against them",
              (c->verdict == CANDIDATE_REJECTED) == (c->reasons.count > 0));
        CHECK("eligible ones come before the others",
              c->verdict == CANDIDATE_REJECTED || eligible == i);
        CHECK("the lower rank comes first", first_rejected || rank >= before);
        eligible += c->verdict != CANDIDATE_REJECTED;
        before = rank;
    }
    assert_int_equal(eligible, 5); /* whql, attested, early, late, undated */
    assert_string_equal(w->choice.candidates.at[0].release, "whql");
    assert_string_equal(w->choice.candidates.at[4].release, "undated");
    assert_string_equal(w->choice.candidates.at[5].release, "advised");
    assert_string_equal(choice_chosen_set(&w->choice, &w->manifest)->id, "x64");
    world_free(w);
}

static void equal_ranks_keep_the_order_of_the_manifest(void **state)
{
    (void)state;
    struct world *w = world_of("win10-22h2-x64", MADE);
    for (size_t i = 0; i < w->manifest.releases.count; i++)
        w->manifest.releases.at[i].rank = number_of(7);
    choose(w);
    static const char *const want[] = {"whql", "attested", "early", "late", "undated"};
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(w->choice.candidates.at[i].release, want[i]);
    world_free(w);
}

static void the_choice_stands_in_json(void **state)
{
    (void)state;
    struct world *w = world_of("win11-24h2-x64", EMBEDDED);
    choose(w);
    char *json = shape_encode(&choice_shape, &w->choice);
    CHECK_HAS("none is chosen", json, "\"chosen\": null");
    CHECK_HAS("the code is there", json, "\"code\": \"driver-policy-2026\"");
    CHECK_HAS("the verdict is there", json, "\"verdict\": \"rejected\"");
    mem_free(json);
    world_free(w);
}

/* What is left out for a later release, where that is eligible. */
static const struct {
    const char *sentence, *first_by, *second_by, *accept, *source;
    bool rejected; /* "whql" is */
    const char *by;
} superseded[] = {
    {"nothing took its place", NULL, NULL, NULL, NULL, false, NULL},
    {"a release that is ranked below took its place", "late", NULL, NULL, NULL, false, NULL},
    {"an eligible release took its place", "attested", NULL, NULL, NULL, true, "attested"},
    {"the release that took it is not eligible", "advised", NULL, NULL, NULL, false, NULL},
    {"its successor was superseded in turn", "advised", "attested", NULL, NULL, true, "attested"},
    {"a circle ends", "advised", "whql", NULL, NULL, false, NULL},
    {"itself is no successor", "whql", NULL, NULL, NULL, false, NULL},
    {"a release that is not there", "gone", NULL, NULL, NULL, false, NULL},
    {"taken all the same", "attested", NULL, "superseded", NULL, false, NULL},
    {"asked for by name", "attested", NULL, NULL, "whql", false, NULL},
};

static void a_superseded_release_gives_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(superseded); i++) {
        struct world *w = world_of("win10-22h2-x64", MADE);
        for (size_t k = 0; k < w->manifest.releases.count; k++) {
            struct manifest_release *r = &w->manifest.releases.at[k];
            if (strcmp(r->id, "whql") == 0)
                shape_set_text(&r->superseded_by, superseded[i].first_by);
            if (strcmp(r->id, "advised") == 0)
                shape_set_text(&r->superseded_by, superseded[i].second_by);
        }
        ((struct manifest_release *)manifest_release_by_id(&w->manifest, "attested"))->rank =
            number_of(49);
        if (superseded[i].accept)
            texts_add(&w->options.accept, superseded[i].accept);
        w->options.source = superseded[i].source;
        choose(w);
        const struct candidate *c = candidate_of(&w->choice, "whql", "x64");
        const struct select_reason *r = reason_of(c, SELECT_SUPERSEDED);
        CHECK(superseded[i].sentence, !r == !superseded[i].rejected);
        CHECK(superseded[i].sentence, (c->verdict == CANDIDATE_REJECTED) == superseded[i].rejected);
        if (r)
            CHECK_HAS(superseded[i].sentence, r->sentence, superseded[i].by);
        world_free(w);
    }
}

/* One that accepts, or makes so, all that a remedy says. */
static bool carry_out(struct world *w, const char *change)
{
    struct facts_integrity *i = &w->facts.integrity;
    if (strncmp(change, "--accept ", 9) == 0)
        texts_add(&w->options.accept, change + 9);
    else if (strcmp(change, "test signing on") == 0)
        i->test_signing = TRI_YES;
    else if (strcmp(change, "Secure Boot off") == 0)
        i->secure_boot = TRI_NO;
    else if (strstr(change, "KB4474419"))
        i->sha2 = TRI_YES;
    else
        return false;
    return true;
}

/* On every Windows: what is said to help does, for each source, and nothing less of it does. */
static void each_remedy_helps_and_none_is_too_large(void **state)
{
    (void)state;
    static const char *const more[] = {"", "+secureboot"};
    size_t count, tried = 0;
    const struct target *all = target_all(&count);
    for (size_t i = 0; i < count * COUNT(more); i++) {
        char name[TARGET_NAME_MAX + 16];
        target_name(&all[i / COUNT(more)], name, TARGET_NAME_MAX);
        strcat(name, more[i % COUNT(more)]);
        struct world *asked = world_of(name, EMBEDDED);
        asked->options.source = "xenproject";
        choose(asked);
        for (size_t k = 0; k < asked->choice.remedies.count; k++) {
            const struct select_remedy *r = &asked->choice.remedies.at[k];
            if (strcmp(r->family, "xenproject") != 0)
                continue;
            for (size_t left_out = 0; left_out <= r->changes.count; left_out++) {
                struct world *w = world_of(name, EMBEDDED);
                w->options.source = r->release;
                for (size_t n = 0; n < r->changes.count; n++)
                    if (n != left_out && !carry_out(w, r->changes.at[n]))
                        fail_msg("%s: nobody knows how to do: %s", name, r->changes.at[n]);
                choose(w);
                CHECK(name, w->choice.chosen.known == (left_out == r->changes.count));
                CHECK(name, !w->choice.chosen.known || w->choice.remedies.count == 0);
                world_free(w);
            }
            tried++;
        }
        world_free(asked);
    }
    assert_true(tried > 60);
}

static void the_smallest_change_comes_first(void **state)
{
    (void)state;
    struct world *w = world_of("win11-24h2-x64", EMBEDDED);
    choose(w);
    assert_true(w->choice.remedies.count >= 2);
    for (size_t i = 1; i < w->choice.remedies.count; i++)
        assert_true(w->choice.remedies.at[i - 1].changes.count <=
                    w->choice.remedies.at[i].changes.count);
    for (size_t i = 0; i < w->choice.remedies.count; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(w->choice.remedies.at[i].family,
                                    w->choice.remedies.at[k].family);
    world_free(w);
}

/* How a guest shows what is installed. */
enum sign { BY_DEVICE, BY_GHOST, BY_PACKAGE, BY_PRODUCT, BY_UPGRADE_CODE, BY_SERVICE };

static void show(struct facts *f, enum sign sign, const char *text)
{
    if (sign == BY_DEVICE || sign == BY_GHOST) {
        struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
        d->present = sign == BY_GHOST ? TRI_NO : TRI_YES;
        shape_set_text(&d->provider, text);
    } else if (sign == BY_PACKAGE) {
        struct facts_package *p = shape_list_add(&f->packages, sizeof *p);
        shape_set_text(&p->provider, text);
    } else if (sign == BY_SERVICE) {
        struct facts_service *s = shape_list_add(&f->services, sizeof *s);
        shape_set_text(&s->name, text);
    } else {
        struct facts_product *p = shape_list_add(&f->products, sizeof *p);
        shape_set_text(sign == BY_PRODUCT ? &p->name : &p->upgrade_code, text);
    }
}

static const struct {
    const char *sentence;
    enum sign sign;
    const char *text, *family;
    bool foreign; /* to Univention's */
} installed[] = {
    {"Xen Project by a bound device", BY_DEVICE, "Xen Project", "xenproject", true},
    {"Xen Project by a staged package", BY_PACKAGE, "xen project", "xenproject", true},
    {"Xen Project not by a name that starts so", BY_PACKAGE, "Xen Project Friends", NULL, false},
    {"Xen Project not by the name of a service", BY_SERVICE, "xenbus", NULL, false},
    {"GPLPV not by the name of a service", BY_SERVICE, "XenPCI", NULL, false},
    {"Citrix not by the name of a service", BY_SERVICE, "xenevtchn", NULL, false},
    {"GPLPV by a bound device", BY_DEVICE, "Xen GPL PV Driver Developers", "gplpv", false},
    {"Univention's by the same provider", BY_PACKAGE, "Xen GPL PV Driver Developers",
     "univention-gplpv", false},
    {"GPLPV by its upgrade code in any case", BY_UPGRADE_CODE,
     "{4ede5dec-3208-4A1E-8e52-dac44f7d7062}", "gplpv", false},
    {"GPLPV by its product name", BY_PRODUCT, "GPL PV Drivers for Windows", "gplpv", false},
    {"EJBPV by its product name", BY_PRODUCT, "EJB PV Drivers for Windows", "ejbpv", false},
    {"XCP-ng by a bound device", BY_DEVICE, "XCP-ng", "xcp-ng", true},
    {"XCP-ng by its upgrade code", BY_UPGRADE_CODE, "{EE3B949D-C431-462B-B6DC-5BEDA078D772}",
     "xcp-ng", true},
    {"Citrix by a bound device", BY_DEVICE, "Citrix Systems, Inc.", "xenserver", true},
    {"Citrix by its product name", BY_PRODUCT, "Citrix XenServer Tools", "xenserver", true},
    {"XenServer by a staged package", BY_PACKAGE, "Cloud Software Group, Inc.", "xenserver", true},
    {"AWS by a bound device", BY_DEVICE, "Amazon Inc.", "aws", true},
    {"AWS by its product name", BY_PRODUCT, "AWS PV Drivers", "aws", true},
    {"Red Hat by a staged package", BY_PACKAGE, "Red Hat Inc.", "redhat", true},
    {"Qubes by its product name", BY_PRODUCT, "Qubes Windows Tools", "qubes", true},
    {"Microsoft's own drivers are no family", BY_DEVICE, "Microsoft", NULL, false},
    {"another product is no family", BY_PRODUCT, "7-Zip", NULL, false},
    {"a ghost of another family blocks nothing", BY_GHOST, "XCP-ng", NULL, false},
};

static void families_are_told_by_what_is_theirs_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(installed); i++) {
        struct world *w = world_of("win7sp1-x64", EMBEDDED);
        show(&w->facts, installed[i].sign, installed[i].text);
        choose(w);
        const struct texts *have = &w->choice.installed_families;
        CHECK(installed[i].sentence, installed[i].family
                                         ? texts_have_nocase(have, installed[i].family)
                                         : have->count == 0);
        const struct candidate *c =
            candidate_of(&w->choice, "univention-gplpv-0.11.0.373", "Vista2008x64");
        CHECK(installed[i].sentence, !reason_of(c, SELECT_FOREIGN_FAMILY) != installed[i].foreign);
        world_free(w);
    }
}

static void a_family_is_not_foreign_to_itself(void **state)
{
    (void)state;
    struct world *w = world_of("win7sp1-x64", EMBEDDED);
    show(&w->facts, BY_PACKAGE, "Xen Project");
    choose(w);
    assert_null(
        reason_of(candidate_of(&w->choice, "xenproject-8.2.2", "x64"), SELECT_FOREIGN_FAMILY));
    assert_non_null(reason_of(candidate_of(&w->choice, "gplpv-0.11.0.372", "Vista2008x64"),
                              SELECT_FOREIGN_FAMILY));
    assert_false(w->choice.chosen.known);
    world_free(w);
}

static void what_will_be_removed_first_is_not_in_the_way(void **state)
{
    (void)state;
    struct world *w = world_of("win7sp1-x64", EMBEDDED);
    show(&w->facts, BY_PACKAGE, "Xen Project");
    w->options.replace = true;
    choose(w);
    assert_null(reason_of(candidate_of(&w->choice, "gplpv-0.11.0.372", "Vista2008x64"),
                          SELECT_FOREIGN_FAMILY));
    assert_true(w->choice.chosen.known);
    world_free(w);
}

/* From XP on Windows asks who signed before it asks the setting. */
static void trust_counts_before_the_signing_policy(void **state)
{
    static const struct {
        const char *windows, *set;
        bool blocked;
    } rows[] = {{"win2000-x86", "2000", true},
                {"winxpsp3-x86", "XP", false},
                {"server2003sp2-x64", "2003x64", false}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int trusting = 0; trusting < 2; trusting++) {
            struct world *w = world_of(rows[i].windows, EMBEDDED);
            policy_blocks(&w->facts);
            w->options.trust_publisher = trusting;
            choose(w);
            const struct candidate *c = candidate_of(&w->choice, "gplpv-0.11.0.372", rows[i].set);
            const struct select_reason *r = reason_of(c, SELECT_SIGNING_POLICY);
            CHECK(rows[i].windows, !r == (trusting && !rows[i].blocked));
            CHECK(rows[i].windows,
                  !r || !strstr(r->change, "--trust-publisher") == rows[i].blocked);
            world_free(w);
        }
}

/*
 * Which source is right for which Windows. chosen NULL: none. with: what the operator adds, as
 * "source,accepted,accepted..."; against: "release code", NULL-ended.
 */
struct table_row {
    const char *windows, *with, *chosen, *set;
    const char *against[5];
};

#define U373 "univention-gplpv-0.11.0.373"
#define GPLPV "gplpv-0.11.0.372"
#define XP822 "xenproject-8.2.2"
#define XP821 "xenproject-8.2.1"
#define XP900 "xenproject-9.0.0"

static const struct table_row table[] = {
    {"win2000",
     NULL,
     U373,
     "2000",
     {XP822 " os-too-old", XP900 " os-too-old", GPLPV " not-pinned"}},
    {"server2000sp4", NULL, U373, "2000", {XP822 " os-too-old"}},
    {"win2000", "gplpv,not-pinned", GPLPV, "2000", {U373 " not-asked-for"}},
    {"winxpsp3-x86", NULL, U373, "XP", {XP822 " os-too-old", GPLPV " not-pinned"}},
    {"winxpsp3-x86", "gplpv,not-pinned", GPLPV, "XP", {NULL}},
    {"winxpsp3-x86", "univention-gplpv-0.11.0.356", "univention-gplpv-0.11.0.356", "XP", {NULL}},
    {"server2003sp2-x86", NULL, U373, "2003x32", {XP822 " os-too-old"}},
    {"winxpsp2-x64", NULL, U373, "2003x64", {XP822 " os-too-old"}},
    {"server2003sp2-x64", NULL, U373, "2003x64", {XP822 " os-too-old"}},
    {"server2003sp2-x64", "gplpv,not-pinned", GPLPV, "2003x64", {NULL}},
    {"server2003sp2-ia64", NULL, NULL, NULL, {U373 " wrong-arch", XP822 " wrong-arch"}},
    {"vista-x86",
     NULL,
     U373,
     "Vista2008x32",
     {XP822 " advisory-xsn-1", XP900 " os-too-old", GPLPV " not-pinned"}},
    {"vistasp2-x86", "gplpv,not-pinned", GPLPV, "Vista2008x32", {NULL}},
    {"vistasp2-x86", "xenproject,xsn-1,xsa-468", XP822, "x86", {NULL}},
    {"server2008sp2-x86", NULL, U373, "Vista2008x32", {NULL}},
    {"win7sp1-x86", NULL, U373, "Vista2008x32", {XP822 " advisory-xsn-1"}},
    {"win7sp1-x86", "xenproject,xsn-1,xsa-468", XP822, "x86", {NULL}},
    {"vistasp2-x64",
     NULL,
     U373,
     "Vista2008x64",
     {XP822 " advisory-xsn-1", XP822 " needs-kb4474419", GPLPV " needs-test-signing",
      XP900 " os-too-old"}},
    {"server2008sp2-x64", NULL, U373, "Vista2008x64", {XP822 " needs-kb4474419"}},
    {"win7sp1-x64",
     NULL,
     U373,
     "Vista2008x64",
     {XP822 " needs-kb3033929", XP822 " advisory-xsn-1", XP822 " advisory-xsa-468",
      GPLPV " needs-test-signing"}},
    {"win7sp1-x64", "xenproject,xsn-1,xsa-468", NULL, NULL, {XP822 " needs-kb3033929"}},
    {"win7sp1-x64+kb3033929", "xenproject,xsn-1,xsa-468", XP822, "x64", {XP900 " os-too-old"}},
    {"win7sp1-x64+testsigning", "gplpv,not-pinned", GPLPV, "Vista2008x64", {NULL}},
    {"win7sp1-x64", "gplpv,not-pinned", NULL, NULL, {GPLPV " needs-test-signing"}},
    {"server2008r2sp1-x64", NULL, U373, "Vista2008x64", {XP822 " needs-kb3033929"}},
    {"win8-x86", NULL, U373, "Vista2008x32", {NULL}},
    {"win8-x64", NULL, U373, "Vista2008x64", {XP822 " advisory-xsn-1"}},
    {"win8-x64", "xenproject,xsn-1,xsa-468", XP822, "x64", {NULL}},
    {"win8-x64", "xenproject,xsn-1", NULL, NULL, {XP822 " advisory-xsa-468"}},
    {"server2012", NULL, U373, "Vista2008x64", {NULL}},
    {"win8.1-x64", NULL, U373, "Vista2008x64", {XP900 " os-too-old"}},
    {"server2012r2", NULL, U373, "Vista2008x64", {NULL}},
    {"win10-1507-x64",
     NULL,
     U373,
     "Vista2008x64",
     {XP900 " needs-test-signing", XP900 " not-pinned"}},
    {"win10-1511-x64+secureboot", "xenproject,xsn-1,xsa-468", XP822, "x64", {NULL}},
    {"win10-1607-x64", NULL, U373, "Vista2008x64", {XP822 " advisory-xsn-1"}},
    {"win10-1607-x64", "xenproject,xsn-1,xsa-468", XP822, "x64", {NULL}},
    {"win10-1607-x64+secureboot",
     NULL,
     U373,
     "Vista2008x64",
     {XP822 " secure-boot", XP900 " needs-test-signing"}},
    {"win10-1607-x64+secureboot",
     "xenproject,xsn-1,xsa-468,secure-boot",
     NULL,
     NULL,
     {XP822 " secure-boot"}},
    {"win10-22h2-x86", NULL, U373, "Vista2008x32", {NULL}},
    {"win10-22h2-x64+secureboot", NULL, U373, "Vista2008x64", {XP822 " secure-boot"}},
    {"win10-22h2-x64+testsigning", XP900 ",xsn-1,xsa-468,not-pinned", XP900, "x64", {NULL}},
    {"win10-22h2-x64",
     XP900 ",xsn-1,xsa-468,not-pinned",
     NULL,
     NULL,
     {XP900 " needs-test-signing"}},
    {"win10-22h2-arm64", NULL, NULL, NULL, {U373 " wrong-arch", XP822 " wrong-arch"}},
    {"server2016", NULL, U373, "Vista2008x64", {NULL}},
    {"server2019+secureboot", NULL, U373, "Vista2008x64", {XP822 " secure-boot"}},
    {"server2022", NULL, U373, "Vista2008x64", {NULL}},
    {"win11-23h2-x64+secureboot", NULL, U373, "Vista2008x64", {XP822 " secure-boot"}},
    {"win11-24h2-x64",
     NULL,
     NULL,
     NULL,
     {U373 " driver-policy-2026", XP822 " driver-policy-2026", XP821 " driver-policy-2026",
      XP900 " needs-test-signing", GPLPV " needs-test-signing"}},
    {"win11-24h2-x64",
     "xenproject,xsn-1,xsa-468,driver-policy-2026",
     NULL,
     NULL,
     {XP822 " driver-policy-2026"}},
    {"win11-24h2-x64+testsigning", XP900 ",xsn-1,xsa-468,not-pinned", XP900, "x64", {NULL}},
    {"win11-25h2-x64", NULL, NULL, NULL, {U373 " driver-policy-2026"}},
    {"win11-26h1-x64", NULL, NULL, NULL, {U373 " driver-policy-2026"}},
    {"server2025", NULL, NULL, NULL, {U373 " driver-policy-2026", XP822 " driver-policy-2026"}},
};

/* "source,accepted,accepted..." into the options; the copy that they borrow from. */
static char *set_options(struct select_options *o, const char *with)
{
    char *copy = mem_strdup(with);
    for (char *word = copy; word;) {
        char *comma = strchr(word, ',');
        if (comma)
            *comma = '\0';
        if (word == copy)
            o->source = word;
        else
            texts_add(&o->accept, word);
        word = comma ? comma + 1 : NULL;
    }
    return copy;
}

/* Does every set of the release for this processor (or for any, where none is) have the code
 * against it? */
static bool speaks_against(const struct world *w, const char *line)
{
    const char *blank = strchr(line, ' ');
    size_t matching = 0;
    for (size_t i = 0; i < w->choice.candidates.count; i++) {
        const struct candidate *c = &w->choice.candidates.at[i];
        if (strlen(c->release) != (size_t)(blank - line) ||
            strncmp(c->release, line, strlen(c->release)) != 0)
            continue;
        if (strcmp(blank + 1, SELECT_WRONG_ARCH) != 0 &&
            (reason_of(c, SELECT_WRONG_ARCH) ||
             (!reason_of(c, blank + 1) &&
              (reason_of(c, SELECT_OS_TOO_NEW) || reason_of(c, SELECT_OS_TOO_OLD)))))
            continue;
        if (!reason_of(c, blank + 1))
            return false;
        matching++;
    }
    return matching > 0;
}

static void check_table_row(const struct table_row *row)
{
    struct world *w = world_of(row->windows, EMBEDDED);
    char *words = set_options(&w->options, row->with);
    choose(w);
    const struct manifest_release *release = choice_chosen_release(&w->choice, &w->manifest);
    const struct manifest_set *set = choice_chosen_set(&w->choice, &w->manifest);
    CHECK_TEXT(row->windows, release ? release->id : NULL, row->chosen);
    CHECK_TEXT(row->windows, set ? set->id : NULL, row->set);
    for (size_t i = 0; i < COUNT(row->against) && row->against[i]; i++)
        if (!speaks_against(w, row->against[i]))
            fail_msg("%s: \"%s\" is missing", row->windows, row->against[i]);
    mem_free(words);
    world_free(w);
}

static void each_windows_has_its_source(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        check_table_row(&table[i]);
}

/* On every Windows that has a name: the choice is well-formed, and only what the rules allow is
 * chosen. */
static void every_windows_ends_in_a_reason_or_a_source(void **state)
{
    (void)state;
    size_t count, chosen = 0;
    const struct target *all = target_all(&count);
    for (size_t i = 0; i < count; i++) {
        char name[TARGET_NAME_MAX];
        target_name(&all[i], name, sizeof name);
        struct world *w = world_of(name, EMBEDDED);
        choose(w);
        bool ours =
            all[i].arch == TARGET_X86 || (all[i].arch == TARGET_AMD64 && all[i].build < 26100);
        CHECK(name, w->choice.chosen.known == ours);
        for (size_t j = 0; j < w->choice.candidates.count; j++) {
            const struct candidate *c = &w->choice.candidates.at[j];
            CHECK(name, (c->verdict == CANDIDATE_REJECTED) == (c->reasons.count > 0));
            for (size_t k = 0; k < c->reasons.count; k++)
                CHECK(name, *c->reasons.at[k].code && *c->reasons.at[k].sentence);
        }
        chosen += w->choice.chosen.known;
        world_free(w);
    }
    assert_true(chosen > 40 && chosen < count);
}

/* An empty facts file says nothing, so nothing is chosen, whatever is accepted. */
static void nothing_known_means_nothing_chosen(void **state)
{
    (void)state;
    static const char *const codes[] = {"xsn-1",      "xsa-468",  "not-pinned",        "os-unknown",
                                        "wrong-arch", "unsigned", "no-platform-device"};
    struct world *w = world_of("win7sp1-x64", EMBEDDED);
    facts_release(&w->facts);
    for (size_t i = 0; i < COUNT(codes); i++)
        texts_add(&w->options.accept, codes[i]);
    choose(w);
    assert_false(w->choice.chosen.known);
    assert_non_null(reason_of(candidate_of(&w->choice, U373, "Vista2008x64"), SELECT_OS_UNKNOWN));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_has_its_case),
        cmocka_unit_test(only_advice_and_pins_can_be_accepted),
        cmocka_unit_test(advisories_are_accepted_by_id_or_code),
        cmocka_unit_test(a_missing_pin_can_be_accepted),
        cmocka_unit_test(only_what_is_asked_for),
        cmocka_unit_test(packages_must_be_at_hand),
        cmocka_unit_test(the_best_comes_first),
        cmocka_unit_test(equal_ranks_keep_the_order_of_the_manifest),
        cmocka_unit_test(the_choice_stands_in_json),
        cmocka_unit_test(a_superseded_release_gives_way),
        cmocka_unit_test(each_remedy_helps_and_none_is_too_large),
        cmocka_unit_test(the_smallest_change_comes_first),
        cmocka_unit_test(families_are_told_by_what_is_theirs_alone),
        cmocka_unit_test(a_family_is_not_foreign_to_itself),
        cmocka_unit_test(what_will_be_removed_first_is_not_in_the_way),
        cmocka_unit_test(trust_counts_before_the_signing_policy),
        cmocka_unit_test(each_windows_has_its_source),
        cmocka_unit_test(every_windows_ends_in_a_reason_or_a_source),
        cmocka_unit_test(nothing_known_means_nothing_chosen),
    };
    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
