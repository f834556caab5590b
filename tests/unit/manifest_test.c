/* manifest: the embedded data, one field changed at a time, and which Windows a guest runs. */
#include "drivers-manifest/manifest.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

#define HASH32 "0123456789abcdef0123456789abcdef"
#define SHA256 HASH32 HASH32
#define SHA512 SHA256 SHA256

/* A whole manifest, small enough to change one field of. */
/* clang-format off */
static const char small[] =
    "{\"schema\": 1,"
    " \"families\": [{\"id\": \"fam\", \"name\": \"Family\", \"role\": \"installable\"}],"
    " \"advisories\": [{\"id\": \"adv\", \"title\": \"Advice\", \"overridable\": true}],"
    " \"windows\": [{\"id\": \"win7\", \"name\": \"Windows 7\", \"windows_from\": \"6.1.7600\","
    "   \"windows_to\": \"6.1.7601\", \"types\": [\"workstation\"], \"architectures\": [\"x64\"]}],"
    " \"releases\": ["
    "  {\"id\": \"fam-1\", \"family\": \"fam\", \"version\": \"1\", \"rank\": 1,"
    "   \"signing\": \"cross-signed\", \"digest\": \"sha1\", \"issued\": \"2014-07-11\","
    "   \"advisories\": [\"adv\"],"
    "   \"drivers\": ["
    "    {\"name\": \"bus\", \"inf\": \"bus.inf\","
    "     \"hardware_ids\": [\"PCI\\\\A\"], \"platform\": true},"
    "    {\"name\": \"disk\", \"inf\": \"disk.inf\","
    "     \"hardware_ids\": [\"BUS\\\\D\"], \"platform\": false}],"
    "   \"helpers\": [{\"service\": \"mon\", \"display_name\": \"Monitor\","
    "     \"file\": \"m.exe\", \"folder\": \"M\"}],"
    "   \"sets\": ["
    "    {\"id\": \"a\", \"architecture\": \"x64\","
    "     \"windows_from\": \"6.0.6000\", \"windows_to\": \"6.3.9600\","
    "     \"files\": [{\"name\": \"a.tar\", \"sha256\": \"" SHA256 "\"},"
    "      {\"name\": \"b.tar\", \"sha512\": \"" SHA512 "\"},"
    "      {\"name\": \"c.tar\", \"no_hash_reason\": \"none\"}]},"
    "    {\"id\": \"b\", \"architecture\": \"x86\","
    "     \"files\": [{\"name\": \"d.tar\", \"sha256\": \"" SHA256 "\"}]}]},"
    "  {\"id\": \"fam-2\", \"family\": \"fam\", \"version\": \"2\", \"rank\": 2,"
    "   \"signing\": \"test\","
    "   \"drivers\": [{\"name\": \"two\", \"inf\": \"two.inf\","
    "     \"hardware_ids\": [], \"platform\": true}],"
    "   \"sets\": [{\"id\": \"one\", \"architecture\": \"x64\","
    "     \"files\": [{\"name\": \"e.tar\", \"sha256\": \"" SHA256 "\"}]}]}]}";
/* clang-format on */

/* whole with the first from replaced by to. */
static char *changed(const char *whole, const char *from, const char *to)
{
    struct text t = {0};
    const char *at = strstr(whole, from);
    if (!at)
        fail_msg("\"%s\" is not in the manifest", from);
    else {
        text_add_bytes(&t, whole, (size_t)(at - whole));
        text_addf(&t, "%s%s", to, at + strlen(from));
    }
    return text_steal(&t);
}

static void the_embedded_one_loads(void **state)
{
    (void)state;
    static const char *const ids[] = {"gplpv", "univention-gplpv", "xenproject"};
    struct manifest m = {0}, zero = {0};
    struct err e = {0};
    if (!manifest_embedded(&m, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < COUNT(ids); i++) {
        size_t releases = 0;
        const struct manifest_family *f = manifest_family_by_id(&m, ids[i]);
        CHECK(ids[i], f && f->role == FAMILY_INSTALLABLE && f->providers.count);
        for (size_t j = 0; j < m.releases.count; j++)
            releases += strcmp(m.releases.at[j].family, ids[i]) == 0;
        CHECK("each family has a release", releases > 0);
    }
    manifest_release_all(&m);
    assert_memory_equal(&m, &zero, sizeof m);
}

static void the_embedded_one_survives_writing(void **state)
{
    (void)state;
    struct manifest m = {0}, back = {0};
    struct texts unknown = {0};
    struct err e = {0};
    assert_true(manifest_embedded(&m, NULL));
    char *first = shape_encode(&manifest_shape, &m);
    if (!manifest_decode("written", span_text(first), &back, &unknown, &e))
        fail_msg("%s", e.text);
    char *second = shape_encode(&manifest_shape, &back);
    assert_string_equal(first, second);
    assert_int_equal(unknown.count, 0);
    mem_free(first);
    mem_free(second);
    manifest_release_all(&m);
    manifest_release_all(&back);
}

/* The hashes that were verified by hand; one digit changed in the data is seen here. */
static const struct {
    const char *release, *set, *sha256;
} known_hashes[] = {
    {"univention-gplpv-0.11.0.373", "Vista2008x64",
     "f0a21159cd0e38836b37755c70fcd625e416904d54bc4ad14d03acf42a126602"},
    {"univention-gplpv-0.11.0.373", "Vista2008x32",
     "57e1e9e583cde83fb4d25915adf2bea081671043074d9d616355ce88780f2113"},
    {"univention-gplpv-0.11.0.373", "XP",
     "988274b45f4be1dd6ce458b76c961b57b3ef0b4deadae444284f83c8942e6c32"},
    {"univention-gplpv-0.11.0.373", "2003x64",
     "ea715c6a7392c9e5585812f2adf6b06b5d25f0de44856f13de69c6612660e88e"},
    {"univention-gplpv-0.11.0.373", "2003x32",
     "2998f13dba09b4684c9db94eb657c07668ab0cfb8cf49b368376e244570b95cb"},
    {"univention-gplpv-0.11.0.373", "2000",
     "beda3491b0a3995b6665d317d2d1ca95dd823507496bf99471618ddda2be6758"},
    {"univention-gplpv-0.11.0.356", "XP",
     "278dde952753f603216370bd99f940d841ae52ef55e4f083ea2404fd3bbf19e2"},
    {"univention-gplpv-0.11.0.372", "2003x64",
     "0a8e654559fa11e166b9ac6d63ed377e9fea8c2e6fcbafe8653a945cf032dcf8"},
};

static void known_hashes_are_in_it(void **state)
{
    (void)state;
    struct manifest m = {0};
    assert_true(manifest_embedded(&m, NULL));
    for (size_t i = 0; i < COUNT(known_hashes); i++) {
        const struct manifest_release *r = manifest_release_by_id(&m, known_hashes[i].release);
        const char *have = NULL;
        for (size_t j = 0; r && j < r->sets.count; j++)
            if (strcmp(r->sets.at[j].id, known_hashes[i].set) == 0)
                have = r->sets.at[j].files.at[0].sha256;
        CHECK_TEXT(known_hashes[i].set, have, known_hashes[i].sha256);
    }
    manifest_release_all(&m);
}

static void the_small_one_is_good(void **state)
{
    (void)state;
    struct manifest m = {0};
    struct texts unknown = {0};
    struct err e = {0};
    if (!manifest_decode("small.json", span_text(small), &m, &unknown, &e))
        fail_msg("%s", e.text);
    assert_int_equal(unknown.count, 0);
    assert_string_equal(manifest_release_by_id(&m, "fam-2")->version, "2");
    assert_string_equal(manifest_advisory_by_id(&m, "adv")->title, "Advice");
    assert_string_equal(manifest_family_by_id(&m, "fam")->name, "Family");
    assert_null(manifest_release_by_id(&m, "fam"));
    assert_null(manifest_advisory_by_id(&m, "xsn-1"));
    assert_null(manifest_family_by_id(&m, "Fam"));
    manifest_release_all(&m);
}

struct mutation {
    const char *sentence, *from, *to;
    const char *place, *why;
};

static const struct mutation mutations[] = {
    {"schema 2 is refused", "\"schema\": 1", "\"schema\": 2", "small.json", "schema 2"},
    {"no schema is refused", "\"schema\": 1,", "", "small.json", "'schema'"},
    {"a manifest needs families",
     "[{\"id\": \"fam\", \"name\": \"Family\", \"role\": \"installable\"}]", "[]", "small.json",
     "'families'"},
    {"a family needs a name", "\"name\": \"Family\"", "\"title\": \"Family\"", "families[0].name",
     "there"},
    {"a family needs a role that is known", "\"installable\"", "\"installed\"", "families[0].role",
     "one of"},
    {"an unknown family is refused", "\"family\": \"fam\"", "\"family\": \"fan\"",
     "release 'fam-1'", "no family 'fan'"},
    {"an unknown advisory is refused", "[\"adv\"]", "[\"xsn-9\"]", "release 'fam-1'",
     "no advisory 'xsn-9'"},
    {"an advisory needs a title", "\"title\": \"Advice\", ", "", "advisories[0].title", "there"},
    {"two platform drivers are refused", "\"platform\": false", "\"platform\": true",
     "release 'fam-1'", "exactly one driver must have 'platform', not 2"},
    {"no platform driver is refused", "\"platform\": true", "\"platform\": null", "release 'fam-1'",
     "not 0"},
    {"a driver needs an INF", "\"inf\": \"disk.inf\", ", "", "releases[0].drivers[1].inf", "there"},
    {"a driver needs hardware ids", "\"hardware_ids\": [\"BUS\\\\D\"], ", "",
     "releases[0].drivers[1].hardware_ids", "there"},
    {"an unknown way of signing is refused", "\"cross-signed\"", "\"signed\"",
     "releases[0].signing", "one of"},
    {"an unknown digest is refused", "\"sha1\"", "\"md5\"", "release 'fam-1'",
     "sha1 or sha256, not 'md5'"},
    {"a date of two digits is refused", "2014-07-11", "14-07-11", "release 'fam-1'", "'14-07-11'"},
    {"a German date is refused", "2014-07-11", "11.07.2014", "release 'fam-1'", "'11.07.2014'"},
    {"a date without a day is refused", "2014-07-11", "2014-07", "release 'fam-1'", "'2014-07'"},
    {"a month 13 is refused", "2014-07-11", "2014-13-11", "release 'fam-1'", "'2014-13-11'"},
    {"a day 32 is refused", "2014-07-11", "2014-07-32", "release 'fam-1'", "'2014-07-32'"},
    {"a day 0 is refused", "2014-07-11", "2014-07-00", "release 'fam-1'", "'2014-07-00'"},
    {"a helper needs its file", "\"file\": \"m.exe\", ", "", "releases[0].helpers[0].file",
     "there"},
    {"a rank is a number", "\"rank\": 1", "\"rank\": \"1\"", "releases[0].rank", "whole number"},
    {"a release twice is refused", "\"id\": \"fam-2\"", "\"id\": \"fam-1\"", "release 'fam-1'",
     "twice"},
    {"a set twice is refused", "\"id\": \"b\"", "\"id\": \"a\"", "release 'fam-1'",
     "set 'a' is there twice"},
    {"a release needs sets", "\"sets\": [{\"id\": \"one\"", "\"old\": [{\"id\": \"one\"",
     "release 'fam-2'", "no set of files"},
    {"a set needs files", "[{\"name\": \"d.tar\", \"sha256\": \"" SHA256 "\"}]", "[]",
     "release 'fam-1': set 'b'", "at least one file"},
    {"a set needs an architecture", "\"architecture\": \"x86\"", "\"architecture\": \"unknown\"",
     "releases[0].sets[1].architecture", "one of"},
    {"an unknown architecture is refused", "\"architecture\": \"x86\"",
     "\"architecture\": \"amd64\"", "releases[0].sets[1].architecture", "one of"},
    {"a version of two numbers is refused", "6.0.6000", "6.0", "set 'a'", "windows_from: '6.0'"},
    {"a version of four numbers is refused", "6.3.9600", "6.3.9600.1", "set 'a'",
     "windows_to: '6.3.9600.1'"},
    {"a version with a letter is refused", "6.0.6000", "6.0.600o", "set 'a'", "windows_from"},
    {"a version with a sign is refused", "6.0.6000", "6.-1.6000", "set 'a'", "windows_from"},
    {"a huge version is refused", "6.0.6000", "6.0.4294967296", "set 'a'", "windows_from"},
    {"an empty version is refused", "6.0.6000", "", "set 'a'", "windows_from"},
    {"the Windows table has versions too", "6.1.7600", "7", "windows 'win7'", "windows_from: '7'"},
    {"both ends of it", "6.1.7601", "SP1", "windows 'win7'", "windows_to: 'SP1'"},
    {"a SHA-256 that is short is refused", "\"sha256\": \"0", "\"sha256\": \"",
     "release 'fam-1': set 'a': a.tar", "64 hexadecimal digits"},
    {"a SHA-256 that is long is refused", "\"sha256\": \"0", "\"sha256\": \"00", "set 'a': a.tar",
     "64 hexadecimal digits"},
    {"a SHA-256 with a wrong digit is refused", "\"sha256\": \"0", "\"sha256\": \"g",
     "set 'a': a.tar", "64 hexadecimal digits"},
    {"a SHA-512 in the place of a SHA-256 is refused", "\"sha256\": \"" SHA256,
     "\"sha256\": \"" SHA512, "set 'a': a.tar", "64 hexadecimal digits"},
    {"a SHA-256 in the place of a SHA-512 is refused", "\"sha512\": \"" SHA512,
     "\"sha512\": \"" SHA256, "set 'a': b.tar", "128 hexadecimal digits"},
    {"an empty hash is refused", "\"sha256\": \"" SHA256, "\"sha256\": \"", "set 'a': a.tar",
     "64 hexadecimal digits"},
    {"no hash and no reason is refused", "\"no_hash_reason\": \"none\"", "\"no_hash_reason\": null",
     "set 'a': 'c.tar'", "no_hash_reason"},
    {"a hash taken away without a reason is refused", "\"sha512\": \"" SHA512 "\"",
     "\"sha512\": null", "set 'a': 'b.tar'", "no_hash_reason"},
    {"a file needs a name", "\"name\": \"d.tar\", ", "", "releases[0].sets[1].files[0].name",
     "there"},
    {"a key twice is refused", "\"rank\": 2", "\"rank\": 2, \"rank\": 1", "small.json",
     "duplicate"},
    {"what is no JSON is refused", "\"rank\": 2,", "\"rank\": 2", "small.json", "line 1"},
};

static void each_wrong_field_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct manifest zero;
    for (size_t i = 0; i < COUNT(mutations); i++) {
        const struct mutation *row = &mutations[i];
        char *json = changed(small, row->from, row->to);
        struct manifest m = {0};
        struct err e = {0};
        CHECK(row->sentence, !manifest_decode("small.json", span_text(json), &m, NULL, &e));
        CHECK(row->sentence, e.kind == ERR_FORMAT && strncmp(e.text, "small.json: ", 12) == 0);
        CHECK_HAS(row->sentence, e.text, row->place);
        CHECK_HAS(row->sentence, e.text, row->why);
        CHECK("nothing is left", memcmp(&m, &zero, sizeof m) == 0);
        mem_free(json);
    }
}

static void an_unknown_field_is_noted(void **state)
{
    (void)state;
    char *json = changed(small, "\"rank\": 2", "\"rank\": 2, \"colour\": 1");
    struct manifest m = {0};
    struct texts unknown = {0};
    assert_true(manifest_decode("small.json", span_text(json), &m, &unknown, NULL));
    assert_int_equal(unknown.count, 1);
    assert_string_equal(unknown.at[0], "releases[1].colour");
    texts_release(&unknown);
    manifest_release_all(&m);
    mem_free(json);
}

static const struct {
    const char *sentence, *text;
    bool good;
    unsigned want[3];
} versions[] = {
    {"three numbers", "6.1.7601", true, {6, 1, 7601}},
    {"zeros", "10.0.0", true, {10, 0, 0}},
    {"the largest", "16777215.16777215.16777215", true, {0xffffff, 0xffffff, 0xffffff}},
    {"one more than the largest", "6.1.16777216", false, {0}},
    {"far more", "6.1.99999999999999999999999", false, {0}},
    {"two", "6.1", false, {0}},
    {"four", "6.1.7601.0", false, {0}},
    {"none", "", false, {0}},
    {"dots only", "..", false, {0}},
    {"an empty one at the end", "6.1.", false, {0}},
    {"a blank in front", " 6.1.7601", false, {0}},
    {"a blank behind", "6.1.7601 ", false, {0}},
    {"a sign", "+6.1.7601", false, {0}},
    {"hexadecimal", "0x6.1.7601", false, {0}},
    {"a comma", "6,1,7601", false, {0}},
};

static void versions_have_three_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        unsigned out[3] = {7, 7, 7};
        CHECK(versions[i].sentence,
              manifest_version_parse(versions[i].text, out) == versions[i].good);
        if (versions[i].good)
            assert_memory_equal(out, versions[i].want, sizeof out);
    }
}

static struct facts_windows windows(unsigned major, unsigned minor, unsigned build)
{
    return (struct facts_windows){
        .major = number_of(major), .minor = number_of(minor), .build = number_of(build)};
}

static const struct {
    const char *sentence;
    unsigned have[3];
    const char *from, *to;
    enum tri inside;
    int side;
} ranges[] = {
    {"the lower end belongs to it", {6, 0, 6000}, "6.0.6000", "6.1.7601", TRI_YES, 0},
    {"the upper end belongs to it", {6, 1, 7601}, "6.0.6000", "6.1.7601", TRI_YES, 0},
    {"the middle", {6, 0, 9999}, "6.0.6000", "6.1.7601", TRI_YES, 0},
    {"one below", {6, 0, 5999}, "6.0.6000", "6.1.7601", TRI_NO, -1},
    {"one above", {6, 1, 7602}, "6.0.6000", "6.1.7601", TRI_NO, 1},
    {"a later minor with an earlier build", {6, 2, 1}, "6.0.6000", "6.1.7601", TRI_NO, 1},
    {"open above", {10, 0, 30000}, "6.0.6000", NULL, TRI_YES, 0},
    {"open above, but too old", {5, 2, 3790}, "6.0.6000", NULL, TRI_NO, -1},
    {"open below", {5, 0, 2195}, NULL, "6.1.7601", TRI_YES, 0},
    {"open below, but too new", {6, 2, 9200}, NULL, "6.1.7601", TRI_NO, 1},
    {"open on both sides", {6, 2, 9200}, NULL, NULL, TRI_YES, 0},
};

static void ranges_hold_both_ends(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(ranges); i++) {
        struct facts_windows w = windows(ranges[i].have[0], ranges[i].have[1], ranges[i].have[2]);
        int side = 7;
        CHECK(ranges[i].sentence,
              manifest_in_range(&w, ranges[i].from, ranges[i].to, &side) == ranges[i].inside);
        CHECK(ranges[i].sentence, side == ranges[i].side);
    }
}

/* Half a version is not one: a rule further on may need the half that is missing. */
static void a_version_that_is_not_known_is_in_no_range(void **state)
{
    (void)state;
    static const char *const ends[] = {NULL, "6.0.6000"};
    struct facts_windows none = {0}, no_build = windows(10, 0, 0), no_major = windows(0, 1, 7601);
    const struct facts_windows *const all[] = {&none, &no_build, &no_major};
    no_build.build.known = no_major.major.known = false;
    for (size_t i = 0; i < COUNT(all); i++)
        for (size_t from = 0; from < COUNT(ends); from++)
            for (size_t to = 0; to < COUNT(ends); to++) {
                int side = 7;
                assert_int_equal(manifest_in_range(all[i], ends[from], ends[to], &side),
                                 TRI_UNKNOWN);
                assert_int_equal(side, 0);
            }
}

/* Which row of windows.json each build is, and for which processors; NULL: there is no such
 * Windows. */
struct edition {
    const char *id;
    int bits;
};

enum { BOTH = 1, X86_ONLY, X64_ONLY };

static const struct {
    unsigned version[3];
    struct edition workstation, server;
} builds[] = {
    {{4, 0, 1381}, {NULL, 0}, {NULL, 0}},
    {{5, 0, 2194}, {NULL, 0}, {NULL, 0}},
    {{5, 0, 2195}, {"win2000", X86_ONLY}, {"win2000", X86_ONLY}},
    {{5, 0, 2196}, {NULL, 0}, {NULL, 0}},
    {{5, 1, 2599}, {NULL, 0}, {NULL, 0}},
    {{5, 1, 2600}, {"winxp", X86_ONLY}, {NULL, 0}},
    {{5, 1, 2601}, {NULL, 0}, {NULL, 0}},
    {{5, 2, 3789}, {NULL, 0}, {NULL, 0}},
    {{5, 2, 3790}, {"winxp", X64_ONLY}, {"win2003", BOTH}},
    {{5, 2, 3791}, {NULL, 0}, {NULL, 0}},
    {{6, 0, 5999}, {NULL, 0}, {NULL, 0}},
    {{6, 0, 6000}, {"vista", BOTH}, {NULL, 0}},
    {{6, 0, 6001}, {"vista", BOTH}, {"win2008", BOTH}},
    {{6, 0, 6002}, {"vista", BOTH}, {"win2008", BOTH}},
    {{6, 0, 6003}, {"vista", BOTH}, {"win2008", BOTH}},
    {{6, 0, 6004}, {NULL, 0}, {NULL, 0}},
    {{6, 1, 7599}, {NULL, 0}, {NULL, 0}},
    {{6, 1, 7600}, {"win7", BOTH}, {"win2008r2", X64_ONLY}},
    {{6, 1, 7601}, {"win7", BOTH}, {"win2008r2", X64_ONLY}},
    {{6, 1, 7602}, {NULL, 0}, {NULL, 0}},
    {{6, 2, 9199}, {NULL, 0}, {NULL, 0}},
    {{6, 2, 9200}, {"win8", BOTH}, {"win2012", X64_ONLY}},
    {{6, 2, 9201}, {NULL, 0}, {NULL, 0}},
    {{6, 3, 9600}, {"win81", BOTH}, {"win2012r2", X64_ONLY}},
    {{6, 3, 9601}, {NULL, 0}, {NULL, 0}},
    {{10, 0, 10239}, {NULL, 0}, {NULL, 0}},
    {{10, 0, 10240}, {"win10-1507", BOTH}, {NULL, 0}},
    {{10, 0, 10586}, {"win10-1511", BOTH}, {NULL, 0}},
    {{10, 0, 14392}, {NULL, 0}, {NULL, 0}},
    {{10, 0, 14393}, {"win10-1607", BOTH}, {"win2016", X64_ONLY}},
    {{10, 0, 14394}, {NULL, 0}, {NULL, 0}},
    {{10, 0, 15063}, {"win10-1703", BOTH}, {NULL, 0}},
    {{10, 0, 16299}, {"win10-1709", BOTH}, {NULL, 0}},
    {{10, 0, 17134}, {"win10-1803", BOTH}, {NULL, 0}},
    {{10, 0, 17763}, {"win10-1809", BOTH}, {"win2019", X64_ONLY}},
    {{10, 0, 18362}, {"win10-1903", BOTH}, {NULL, 0}},
    {{10, 0, 18363}, {"win10-1909", BOTH}, {NULL, 0}},
    {{10, 0, 19041}, {"win10-2004", BOTH}, {NULL, 0}},
    {{10, 0, 19042}, {"win10-20h2", BOTH}, {NULL, 0}},
    {{10, 0, 19043}, {"win10-21h1", BOTH}, {NULL, 0}},
    {{10, 0, 19044}, {"win10-21h2", BOTH}, {NULL, 0}},
    {{10, 0, 19045}, {"win10-22h2", BOTH}, {NULL, 0}},
    {{10, 0, 19046}, {NULL, 0}, {NULL, 0}},
    {{10, 0, 20348}, {NULL, 0}, {"win2022", X64_ONLY}},
    {{10, 0, 22000}, {"win11-21h2", X64_ONLY}, {NULL, 0}},
    {{10, 0, 22621}, {"win11-22h2", X64_ONLY}, {NULL, 0}},
    {{10, 0, 22631}, {"win11-23h2", X64_ONLY}, {NULL, 0}},
    {{10, 0, 26099}, {NULL, 0}, {NULL, 0}},
    {{10, 0, 26100}, {"win11-24h2", X64_ONLY}, {"win2025", X64_ONLY}},
    {{10, 0, 26101}, {NULL, 0}, {NULL, 0}},
    {{10, 0, 26200}, {"win11-25h2", X64_ONLY}, {NULL, 0}},
    {{10, 0, 28000}, {"win11-26h1", X64_ONLY}, {NULL, 0}},
    {{10, 0, 28001}, {NULL, 0}, {NULL, 0}},
    {{11, 0, 26100}, {NULL, 0}, {NULL, 0}},
};

static const char *id_of(const struct manifest *m, struct facts_windows w, enum product_type type,
                         enum architecture architecture)
{
    w.type = type;
    w.architecture = architecture;
    const struct manifest_windows *row = manifest_windows_of(m, &w);
    return row ? row->id : NULL;
}

static void check_edition(const struct manifest *m, struct facts_windows w, enum product_type type,
                          const struct edition *want)
{
    char sentence[64];
    snprintf(sentence, sizeof sentence, "build %u, product type %d", (unsigned)w.build.value,
             (int)type);
    CHECK_TEXT(sentence, id_of(m, w, type, ARCHITECTURE_X86),
               want->bits == X64_ONLY ? NULL : want->id);
    CHECK_TEXT(sentence, id_of(m, w, type, ARCHITECTURE_X64),
               want->bits == X86_ONLY ? NULL : want->id);
    CHECK_TEXT(sentence, id_of(m, w, type, ARCHITECTURE_ARM64),
               want->id && strncmp(want->id, "win11", 5) == 0 ? want->id : NULL);
    CHECK_TEXT(sentence, id_of(m, w, type, ARCHITECTURE_UNKNOWN), NULL);
}

static void each_build_is_one_windows(void **state)
{
    (void)state;
    struct manifest m = {0};
    size_t rows = 0;
    assert_true(manifest_embedded(&m, NULL));
    for (size_t i = 0; i < COUNT(builds); i++) {
        struct facts_windows w =
            windows(builds[i].version[0], builds[i].version[1], builds[i].version[2]);
        check_edition(&m, w, PRODUCT_TYPE_WORKSTATION, &builds[i].workstation);
        check_edition(&m, w, PRODUCT_TYPE_SERVER, &builds[i].server);
        check_edition(&m, w, PRODUCT_TYPE_DOMAIN_CONTROLLER, &builds[i].server);
        check_edition(&m, w, PRODUCT_TYPE_UNKNOWN, &(struct edition){NULL, 0});
    }
    for (size_t i = 0; i < m.windows.count; i++)
        for (size_t j = 0; j < COUNT(builds); j++) {
            const char *a = builds[j].workstation.id, *b = builds[j].server.id;
            if ((a && strcmp(a, m.windows.at[i].id) == 0) ||
                (b && strcmp(b, m.windows.at[i].id) == 0)) {
                rows++;
                break;
            }
        }
    CHECK("each row of the data is reached", rows == m.windows.count);
    manifest_release_all(&m);
}

static void names_tell_apart_what_shares_an_id(void **state)
{
    (void)state;
    struct manifest m = {0};
    assert_true(manifest_embedded(&m, NULL));
    struct facts_windows w = windows(5, 2, 3790);
    w.type = PRODUCT_TYPE_WORKSTATION;
    w.architecture = ARCHITECTURE_X64;
    assert_string_equal(manifest_windows_of(&m, &w)->name, "Windows XP Professional x64 Edition");
    w.type = PRODUCT_TYPE_DOMAIN_CONTROLLER;
    assert_string_equal(manifest_windows_of(&m, &w)->name, "Windows Server 2003");
    manifest_release_all(&m);
}

static const struct {
    const char *version, *from, *to;
    bool inside;
} driver_versions[] = {
    {"9.1.0.1", NULL, "9.1.0.1", true},
    {"9.1.0.2", NULL, "9.1.0.1", false},
    {"9.1", NULL, "9.1.0.0", true},
    {"8.2.2", NULL, "9.1.0.1", true},
    {"0.11.0.372", "0.11.0.372", NULL, true},
    {"0.11.0.371", "0.11.0.372", NULL, false},
    {"10.0", "9.9", NULL, true},
    {"9.0.9048.65535", NULL, "9.0.9048.65535", true},
    {"9.0.9049.0", NULL, "9.0.9048.65535", false},
    {"anything", NULL, NULL, true},
    {NULL, NULL, NULL, true},
    {NULL, "1", NULL, false},
    {"1.", "1", NULL, false},
    {"1..2", "1", NULL, false},
    {"1.2.3.4.5", "1", NULL, false},
    {"1.65536", "1", NULL, false},
    {"-1", NULL, "1", false},
    {"1a", "1", NULL, false},
    {"1", "x", NULL, false},
    {"1", NULL, "x", false},
};

static void versions_of_drivers_are_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(driver_versions); i++) {
        char sentence[96];
        snprintf(sentence, sizeof sentence, "'%s' between '%s' and '%s'",
                 driver_versions[i].version ? driver_versions[i].version : "",
                 driver_versions[i].from ? driver_versions[i].from : "",
                 driver_versions[i].to ? driver_versions[i].to : "");
        CHECK(sentence,
              manifest_version_between(driver_versions[i].version, driver_versions[i].from,
                                       driver_versions[i].to) == driver_versions[i].inside);
    }
}

static void a_star_stands_at_the_end(void **state)
{
    (void)state;
    CHECK("a pattern without a star is the text", manifest_pattern_matches("XEN\\VBD", "xen\\vbd"));
    CHECK("and not its beginning", !manifest_pattern_matches("XEN\\VBD", "XEN\\VBD0"));
    CHECK("nor more than it", !manifest_pattern_matches("XEN\\VBD", "XEN\\VB"));
    CHECK("a star stands for anything", manifest_pattern_matches("AWS PV *", "aws pv Network"));
    CHECK("or nothing", manifest_pattern_matches("AWS PV *", "AWS PV "));
    CHECK("after the rest", !manifest_pattern_matches("AWS PV *", "AWS NVMe"));
    CHECK("a star inside is a star", !manifest_pattern_matches("A*C", "ABC"));
}

static void one_pattern_of_a_list_is_enough(void **state)
{
    (void)state;
    struct texts patterns = {0};
    CHECK("none match nothing", !manifest_patterns_match(&patterns, "XEN"));
    texts_add(&patterns, "XEN\\VBD");
    texts_add(&patterns, "AWS *");
    texts_add(&patterns, "*");
    CHECK("the first", manifest_patterns_match(&patterns, "xen\\vbd"));
    patterns.count--; /* the last one stays there to be passed over */
    CHECK("the last", manifest_patterns_match(&patterns, "AWS NVMe"));
    CHECK("what lies behind the list does not count", !manifest_patterns_match(&patterns, "XEN"));
    CHECK("no text", !manifest_patterns_match(&patterns, NULL));
    patterns.count++;
    texts_release(&patterns);
}

static void a_release_has_the_infs_of_its_drivers(void **state)
{
    (void)state;
    struct manifest_driver drivers[] = {{.inf = (char *)"bus.inf"}, {.inf = (char *)"net.inf"}};
    struct manifest_release r = {0};
    r.drivers.at = drivers;
    CHECK("a release without drivers", !manifest_release_has_inf(&r, "bus.inf"));
    r.drivers.count = 2;
    CHECK("the first", manifest_release_has_inf(&r, "BUS.INF"));
    CHECK("the last", manifest_release_has_inf(&r, "net.inf"));
    CHECK("another", !manifest_release_has_inf(&r, "us.inf"));
}

static void ways_of_signing_have_names(void **state)
{
    (void)state;
    assert_string_equal(signing_name(SIGNING_UNKNOWN), "unknown");
    assert_string_equal(signing_name(SIGNING_CROSS_SIGNED), "cross-signed");
    assert_string_equal(signing_name(SIGNING_WHQL), "whql");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_embedded_one_loads),
        cmocka_unit_test(the_embedded_one_survives_writing),
        cmocka_unit_test(known_hashes_are_in_it),
        cmocka_unit_test(the_small_one_is_good),
        cmocka_unit_test(each_wrong_field_is_refused_with_its_place),
        cmocka_unit_test(an_unknown_field_is_noted),
        cmocka_unit_test(versions_have_three_numbers),
        cmocka_unit_test(ranges_hold_both_ends),
        cmocka_unit_test(a_version_that_is_not_known_is_in_no_range),
        cmocka_unit_test(each_build_is_one_windows),
        cmocka_unit_test(names_tell_apart_what_shares_an_id),
        cmocka_unit_test(versions_of_drivers_are_numbers),
        cmocka_unit_test(a_star_stands_at_the_end),
        cmocka_unit_test(one_pattern_of_a_list_is_enough),
        cmocka_unit_test(a_release_has_the_infs_of_its_drivers),
        cmocka_unit_test(ways_of_signing_have_names),
    };
    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
