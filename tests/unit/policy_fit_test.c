/*
 * policy_fit, piece by piece: which release a package is, what speaks against it, whether its
 * drivers go together with this Windows, and whether the guest has a device for it.
 *
 * Sources of the rows: inf-manufacturer-section and inf-models-section, the PE format (Machine,
 * MajorSubsystemVersion), and the manifest's own documentation.
 */
#include "tests/unit/build_judgement.h"

#include <stdio.h>

#define CROSS ROOT_CODE_VERIFICATION

/* A manifest of one family with two releases, each with one set for x64 from Vista on. */
enum { FIRST, SECOND, RELEASES };

struct shelf {
    struct manifest m;
    struct manifest_family families[2];
    struct manifest_advisory advisories[3];
    struct manifest_release releases[RELEASES];
    struct manifest_driver drivers[2];
    struct manifest_set sets[RELEASES][2];
    char *providers[2], *advised[RELEASES][3];
};

static void put_release(struct shelf *s, size_t i, const char *version)
{
    static const char *const ids[RELEASES] = {"first", "second"};
    struct manifest_release *r = &s->releases[i];
    s->sets[i][0] =
        (struct manifest_set){.architecture = ARCHITECTURE_X64, .windows_from = (char *)"6.0.6000"};
    *r = (struct manifest_release){.id = (char *)ids[i],
                                   .family = (char *)"xp",
                                   .version = (char *)version,
                                   .signing = SIGNING_CROSS_SIGNED};
    r->drivers.at = s->drivers;
    r->drivers.count = COUNT(s->drivers);
    r->sets.at = s->sets[i];
    r->sets.count = 1;
    r->advisories.at = s->advised[i];
    s->m.releases.at = s->releases;
    s->m.releases.count = i + 1;
}

static void set_up(struct hand *h, struct shelf *s)
{
    static const char *const ids[] = {"PCI\\VEN_5853&DEV_0001"};
    hand_set_up(h);
    hand_copy(h, 1);
    hand_inf(h, "[Version]\r\nSignature=\"$Windows NT$\"\r\nProvider=\"Xen Project\"\r\n"
                "DriverVer=01/01/2015,9.1.0.1\r\n");
    h->models[0] = (struct inf_model){.install = "I", .ids = ids, .id_count = 1};
    h->here.models.count = 1;
    struct facts_device *d = shape_list_add(&h->facts.devices, sizeof *d);
    texts_add(&d->hardware_ids, "PCI\\VEN_5853&DEV_0001");
    memset(s, 0, sizeof *s);
    s->providers[0] = (char *)"Somebody";
    s->providers[1] = (char *)"Xen Project";
    s->families[0].id = (char *)"other";
    s->families[1].id = (char *)"xp";
    s->families[1].providers.at = s->providers;
    s->families[1].providers.count = COUNT(s->providers);
    s->m.families.at = s->families;
    s->m.families.count = COUNT(s->families);
    s->drivers[0].inf = (char *)"other.inf";
    s->drivers[1].inf = (char *)"xen.inf";
    s->m.advisories.at = s->advisories;
    s->m.advisories.count = COUNT(s->advisories);
    s->advisories[0] = (struct manifest_advisory){.id = (char *)"xsn-1", .title = (char *)"One"};
    s->advisories[1] = (struct manifest_advisory){.id = (char *)"abc-1", .title = (char *)"Two"};
    s->advisories[2] = (struct manifest_advisory){.id = (char *)"abc-2", .title = (char *)"Three"};
    put_release(s, FIRST, "9.1.0");
    h->c.manifest = &s->m;
}

static void tear_down(struct hand *h)
{
    hand_tear_down(h);
    facts_release(&h->facts);
}

static void check_fit(struct hand *h, const char *sentence, enum fit_verdict fit, enum rule rule)
{
    hand_forget(h);
    policy_fit(&h->j);
    hand_expect(sentence, h->out.fit_basis, rule);
    CHECK_TEXT(sentence, fit_verdict_name(h->out.fit), fit_verdict_name(fit));
}

/* --- which release is it? */

static const struct {
    const char *sentence, *version;    /* of the release */
    const char *provider, *driver_ver; /* of the INF; NULL: "Xen Project", 9.1.0.1 */
    const char *inf;                   /* its path; NULL: "xen.inf" */
    const char *family;                /* NULL: "xp" */
    bool found;
} releases[] = {
    {"three parts, where the INF has a build number", "9.1.0", NULL, NULL, NULL, NULL, true},
    {"one part", "9", NULL, NULL, NULL, NULL, true},
    {"four parts", "9.1.0.1", NULL, NULL, NULL, NULL, true},
    {"another fourth part", "9.1.0.2", NULL, NULL, NULL, NULL, false},
    {"another third part", "9.1.1", NULL, NULL, NULL, NULL, false},
    {"another first part", "8.1.0", NULL, NULL, NULL, NULL, false},
    {"no version", "", NULL, NULL, NULL, NULL, false},
    {"a version that is none", "latest", NULL, NULL, NULL, NULL, false},
    {"an INF without DriverVer", "0.0.0", NULL, "", NULL, NULL, false},
    {"a DriverVer that is none", "0.0.0", NULL, "DriverVer=01/01/2015,9.x", NULL, NULL, false},
    {"its number would do", "0.0.0", NULL, "DriverVer=01/01/2015,0.0.0.7", NULL, NULL, true},
    {"the provider in other letters", "9.1.0", "XEN project", NULL, NULL, NULL, true},
    {"the family's other name", "9.1.0", "somebody", NULL, NULL, NULL, true},
    {"another provider", "9.1.0", "Nobody", NULL, NULL, NULL, false},
    {"an INF in a folder, in capitals", "9.1.0", NULL, NULL, "x64/XEN.INF", NULL, true},
    {"an INF of the release's other driver", "9.1.0", NULL, NULL, "other.inf", NULL, true},
    {"an INF of none of its drivers", "9.1.0", NULL, NULL, "third.inf", NULL, false},
    {"a family of other providers", "9.1.0", NULL, NULL, NULL, "other", false},
    {"a family that is not there", "9.1.0", NULL, NULL, NULL, "none", false},
};

static void a_release_is_known_by_provider_inf_and_version(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    for (size_t i = 0; i < COUNT(releases); i++) {
        char inf[200];
        set_up(&h, &s);
        put_release(&s, FIRST, releases[i].version);
        if (releases[i].family)
            s.releases[FIRST].family = (char *)releases[i].family;
        if (releases[i].inf)
            h.names[HAND_INF].name = releases[i].inf;
        snprintf(inf, sizeof inf,
                 "[Version]\r\nSignature=\"$Windows NT$\"\r\nProvider=\"%s\"\r\n%s\r\n",
                 releases[i].provider ? releases[i].provider : "Xen Project",
                 releases[i].driver_ver ? releases[i].driver_ver : "DriverVer=01/01/2015,9.1.0.1");
        hand_inf(&h, inf);
        CHECK(releases[i].sentence, !policy_release(&h.c) == !releases[i].found);
        h.c.manifest = NULL;
        CHECK("without a manifest no release is known", !policy_release(&h.c));
        tear_down(&h);
    }
}

static const struct {
    const char *sentence, *want; /* of the release */
    enum signing signing;
    bool has_signature;
    const char *signer;
    enum root root;
    bool found;
} signers[] = {
    {"the signer is the release's", "Xen", SIGNING_CROSS_SIGNED, true, "Xen", CROSS, true},
    {"in other letters", "Xen", SIGNING_CROSS_SIGNED, true, "XEN", CROSS, true},
    {"it is another", "Xen", SIGNING_CROSS_SIGNED, true, "Me", CROSS, false},
    {"it has no name", "Xen", SIGNING_CROSS_SIGNED, true, NULL, CROSS, false},
    {"there is none", "Xen", SIGNING_CROSS_SIGNED, false, NULL, CROSS, false},
    {"the release's is not known", NULL, SIGNING_CROSS_SIGNED, true, "Me", CROSS, true},
    {"a test release that Microsoft signed is none", NULL, SIGNING_TEST, true, "Me", ROOT_MS_2010,
     false},
    {"nor is one that is cross-signed", NULL, SIGNING_TEST, true, "Me", CROSS, false},
    {"one of any other root may be", NULL, SIGNING_TEST, true, "Me", ROOT_SELF, true},
    {"and one that is not signed", NULL, SIGNING_TEST, false, NULL, ROOT_UNKNOWN, true},
};

static void a_release_is_known_by_its_signer(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    for (size_t i = 0; i < COUNT(signers); i++) {
        set_up(&h, &s);
        s.releases[FIRST].signer = (char *)signers[i].want;
        s.releases[FIRST].signing = signers[i].signing;
        if (signers[i].has_signature)
            hand_sign_catalog(&h, signers[i].root);
        h.listed.signer = (char *)signers[i].signer;
        CHECK(signers[i].sentence, !policy_release(&h.c) == !signers[i].found);
        tear_down(&h);
    }
}

static void the_release_of_this_signer_goes_first(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    set_up(&h, &s);
    put_release(&s, SECOND, "9.1.0");
    hand_sign_catalog(&h, CROSS);
    h.listed.signer = (char *)"Xen";
    CHECK("of equal ones the first", policy_release(&h.c) == &s.releases[FIRST]);
    s.releases[SECOND].signer = (char *)"Xen";
    CHECK("the second by its signer", policy_release(&h.c) == &s.releases[SECOND]);
    s.releases[FIRST].signer = (char *)"Xen";
    s.releases[SECOND].signer = NULL;
    CHECK("the first by its signer", policy_release(&h.c) == &s.releases[FIRST]);
    s.releases[FIRST].version = (char *)"9.2.0";
    CHECK("whatever its version", policy_release(&h.c) == &s.releases[SECOND]);
    tear_down(&h);
}

/* --- what speaks against a release */

static const struct {
    const char *sentence, *version;
    enum signing signing;
    const char *family, *from;
    enum architecture architecture;
    bool supersedes;
} successors[] = {
    {"a later one", "9.2.0", SIGNING_CROSS_SIGNED, "xp", "6.0.6000", ARCHITECTURE_X64, true},
    {"by number, not by letter", "9.10.0", SIGNING_CROSS_SIGNED, "xp", "6.0.6000", ARCHITECTURE_X64,
     true},
    {"by the first part", "10.0.0", SIGNING_CROSS_SIGNED, "xp", "6.0.6000", ARCHITECTURE_X64, true},
    {"by the last part", "9.1.0.1", SIGNING_CROSS_SIGNED, "xp", "6.0.6000", ARCHITECTURE_X64, true},
    {"an earlier one", "9.0.9", SIGNING_CROSS_SIGNED, "xp", "6.0.6000", ARCHITECTURE_X64, false},
    {"earlier by the first part", "8.9.9.9", SIGNING_CROSS_SIGNED, "xp", "6.0.6000",
     ARCHITECTURE_X64, false},
    {"the same", "9.1.0.0", SIGNING_CROSS_SIGNED, "xp", "6.0.6000", ARCHITECTURE_X64, false},
    {"one of another family", "9.2.0", SIGNING_CROSS_SIGNED, "other", "6.0.6000", ARCHITECTURE_X64,
     false},
    {"one that is signed in another way", "9.2.0", SIGNING_TEST, "xp", "6.0.6000", ARCHITECTURE_X64,
     false},
    {"one for a later Windows", "9.2.0", SIGNING_CROSS_SIGNED, "xp", "10.0.22000", ARCHITECTURE_X64,
     false},
    {"one for another processor", "9.2.0", SIGNING_CROSS_SIGNED, "xp", "6.0.6000", ARCHITECTURE_X86,
     false},
};

static void a_later_release_supersedes(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    for (size_t i = 0; i < COUNT(successors); i++) {
        set_up(&h, &s);
        put_release(&s, SECOND, successors[i].version);
        s.releases[SECOND].signing = successors[i].signing;
        s.releases[SECOND].family = (char *)successors[i].family;
        s.sets[SECOND][0].architecture = successors[i].architecture;
        s.sets[SECOND][0].windows_from = (char *)successors[i].from;
        s.releases[SECOND].signer = (char *)"Somebody else";
        check_fit(&h, successors[i].sentence, successors[i].supersedes ? FIT_WARN : FIT_YES,
                  successors[i].supersedes ? RULE_SUPERSEDED : RULE_FITS);
        if (successors[i].supersedes)
            CHECK_TEXT(successors[i].sentence, h.out.fit_why, "first is superseded by second");
        tear_down(&h);
    }
}

/* The package is the 9.1.0 of each list. */
static void the_latest_release_is_named(void **state)
{
    (void)state;
    static const char *const orders[][4] = {{"9.1.0", "9.2.0", "9.4.0", "9.3.0"},
                                            {"9.4.0", "9.1.0", "9.3.0", "9.2.0"},
                                            {"9.0.0", "9.3.0", "9.4.0", "9.1.0"}};
    struct hand h;
    struct shelf s;
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct manifest_release more[4];
        set_up(&h, &s);
        for (size_t k = 0; k < COUNT(more); k++) {
            more[k] = s.releases[FIRST];
            more[k].id = more[k].version = (char *)orders[i][k];
        }
        s.m.releases.at = more;
        s.m.releases.count = COUNT(more);
        check_fit(&h, "some are later", FIT_WARN, RULE_SUPERSEDED);
        CHECK_TEXT("the latest of them", h.out.fit_why, "9.1.0 is superseded by 9.4.0");
        tear_down(&h);
    }
}

static void a_release_is_meant_for_its_sets(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    set_up(&h, &s);
    check_fit(&h, "one set is for this one", FIT_YES, RULE_FITS);
    hand_windows(&h, 5, 2, 3790);
    check_fit(&h, "none is for 2003", FIT_WARN, RULE_WRONG_WINDOWS);
    CHECK_TEXT("it says so", h.out.fit_why, "first is not meant for this Windows");
    s.sets[FIRST][1] =
        (struct manifest_set){.architecture = ARCHITECTURE_X64, .windows_to = (char *)"5.2.3790"};
    s.releases[FIRST].sets.count = 2;
    check_fit(&h, "the second set is", FIT_YES, RULE_FITS);
    s.sets[FIRST][1].architecture = ARCHITECTURE_X86;
    check_fit(&h, "for another processor", FIT_WARN, RULE_WRONG_WINDOWS);
    tear_down(&h);
}

static void advise(struct shelf *s, const char *a, const char *b)
{
    s->advised[FIRST][0] = (char *)a;
    s->advised[FIRST][1] = (char *)b;
    s->releases[FIRST].advisories.count = b ? 2 : 1;
}

static void advisories_are_told(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    set_up(&h, &s);
    advise(&s, "xsn-1", NULL);
    check_fit(&h, "one with a rule of its own", FIT_WARN, RULE_XSN_1);
    CHECK_TEXT("in the manifest's words", h.out.fit_why, "first: One");
    advise(&s, "abc-1", NULL);
    check_fit(&h, "one without", FIT_WARN, RULE_ADVISORY);
    CHECK_TEXT("in the manifest's words", h.out.fit_why, "first: Two");
    advise(&s, "none", "abc-1");
    check_fit(&h, "one that is not there is passed over", FIT_WARN, RULE_ADVISORY);
    advise(&s, "abc-1", "xsn-1");
    check_fit(&h, "the manifest's first decides", FIT_WARN, RULE_XSN_1);
    assert_string_equal(hand_note(&h, RULE_ADVISORY)->why, "first: Two");
    advise(&s, "abc-1", "abc-2");
    check_fit(&h, "two of one rule", FIT_WARN, RULE_ADVISORY);
    CHECK("are not noted again", !hand_note(&h, RULE_ADVISORY));
    tear_down(&h);
}

/* --- drivers */

static const struct {
    const char *sentence;
    enum architecture architecture;
    uint16_t machine, subsystem[2];
    unsigned major, minor;
    const char *unfit;
} drivers[] = {
    {"x86", ARCHITECTURE_X86, 0x014c, {5, 1}, 10, 0, NULL},
    {"x64", ARCHITECTURE_X64, 0x8664, {5, 1}, 10, 0, NULL},
    {"ARM64", ARCHITECTURE_ARM64, 0xaa64, {5, 1}, 10, 0, NULL},
    {"IA64", ARCHITECTURE_IA64, 0x0200, {5, 1}, 6, 1, NULL},
    {"x86 on x64", ARCHITECTURE_X64, 0x014c, {5, 1}, 10, 0, "is for another processor"},
    {"x64 on x86", ARCHITECTURE_X86, 0x8664, {5, 1}, 10, 0, "is for another processor"},
    {"linked for this Windows", ARCHITECTURE_X64, 0x8664, {6, 1}, 6, 1, NULL},
    {"for an earlier one", ARCHITECTURE_X64, 0x8664, {6, 0}, 6, 1, NULL},
    {"for the next one", ARCHITECTURE_X64, 0x8664, {6, 2}, 6, 1, "was linked for a later Windows"},
    {"for the next major version",
     ARCHITECTURE_X64,
     0x8664,
     {10, 0},
     6,
     3,
     "was linked for a later Windows"},
    {"for a higher minor of an earlier major", ARCHITECTURE_X64, 0x8664, {6, 3}, 10, 0, NULL},
};

static void a_driver_must_be_one_that_the_loader_takes(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    for (size_t i = 0; i < COUNT(drivers); i++) {
        char why[80];
        set_up(&h, &s);
        h.c.manifest = NULL;
        hand_windows(&h, drivers[i].major, drivers[i].minor, 0);
        h.facts.windows.architecture = drivers[i].architecture;
        h.entries[HAND_SYS].machine = drivers[i].machine;
        memcpy(h.entries[HAND_SYS].subsystem_version, drivers[i].subsystem,
               sizeof drivers[i].subsystem);
        memset(h.entries[HAND_SYS].file_version, 0xff, sizeof h.entries[0].file_version);
        check_fit(&h, drivers[i].sentence, drivers[i].unfit ? FIT_NO : FIT_YES,
                  drivers[i].unfit ? RULE_DRIVER_UNFIT : RULE_FITS);
        snprintf(why, sizeof why, "'xen.sys' %s", drivers[i].unfit ? drivers[i].unfit : "");
        if (drivers[i].unfit)
            CHECK_TEXT(drivers[i].sentence, h.out.fit_why, why);
        tear_down(&h);
    }
}

static void only_drivers_that_are_copied_count(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    set_up(&h, &s);
    h.c.manifest = NULL;
    h.entries[HAND_SECOND].machine = 0x014c;
    check_fit(&h, "the second is not copied", FIT_YES, RULE_FITS);
    hand_copy(&h, 2);
    check_fit(&h, "the second is", FIT_NO, RULE_DRIVER_UNFIT);
    h.entries[HAND_SECOND].is_kernel = false;
    check_fit(&h, "the second is no driver", FIT_YES, RULE_FITS);
    h.entries[HAND_SECOND].is_kernel = true;
    h.files[HAND_SECOND].entry = SIZE_MAX;
    check_fit(&h, "the second is not there", FIT_YES, RULE_FITS);
    tear_down(&h);
}

static void what_is_refused_is_not_warned_of(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    set_up(&h, &s);
    advise(&s, "xsn-1", NULL);
    h.entries[HAND_SYS].machine = 0x014c;
    check_fit(&h, "its driver is unfit", FIT_NO, RULE_DRIVER_UNFIT);
    CHECK("nothing else is said of it", !h.out.notes.count);
    tear_down(&h);
}

/* --- an INF that is for something else */

static const struct {
    const char *sentence, *models;
    enum rule rule;
} elsewhere[] = {
    {"for x86", "M,NTx86\r\n[M.NTx86]", RULE_WRONG_PROCESSOR},
    {"for x64", "M,NTamd64\r\n[M.NTamd64]", RULE_WRONG_PROCESSOR},
    {"for ARM64", "M,NTarm64\r\n[M.NTarm64]", RULE_WRONG_PROCESSOR},
    {"for IA64", "M,NTia64\r\n[M.NTia64]", RULE_WRONG_PROCESSOR},
    {"for a later Windows on any", "M,NTamd64.11\r\n[M.NTamd64.11]", RULE_BINDS_NOTHING},
    {"for none", "M,NTamd64\r\n[N]", RULE_BINDS_NOTHING},
};

static void an_inf_may_be_for_something_else(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        char inf[300];
        set_up(&h, &s);
        snprintf(inf, sizeof inf,
                 "[Version]\r\nSignature=\"$Windows NT$\"\r\n[Manufacturer]\r\nX=%s\r\n"
                 "X=I,PCI\\VEN_5853&DEV_0001\r\n",
                 elsewhere[i].models);
        hand_inf(&h, inf);
        h.here.count = 0;
        check_fit(&h, "models without a section that installs them", FIT_NO,
                  RULE_NO_INSTALL_SECTION);
        h.here.models.count = 0;
        check_fit(&h, elsewhere[i].sentence, FIT_NO, elsewhere[i].rule);
        CHECK("nothing else is said of it", !h.out.notes.count);
        tear_down(&h);
    }
}

static void nothing_fits_an_unknown_windows(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    set_up(&h, &s);
    h.facts.windows.architecture = ARCHITECTURE_UNKNOWN;
    check_fit(&h, "the processor is not known", FIT_UNKNOWN, RULE_FIT_WINDOWS_UNKNOWN);
    h.facts.windows.architecture = ARCHITECTURE_X64;
    h.facts.windows.major = (struct number){0};
    check_fit(&h, "the version is not known", FIT_UNKNOWN, RULE_FIT_WINDOWS_UNKNOWN);
    tear_down(&h);
}

/* --- devices */

static const struct {
    const char *sentence;
    const char *ids[2][2]; /* of two models; NULL: no more */
    enum rule rule;
} devices[] = {
    {"the first model's", {{"PCI\\VEN_5853&DEV_0001"}, {"PCI\\NONE"}}, RULE_FITS},
    {"the second model's", {{"PCI\\NONE"}, {"PCI\\VEN_5853&DEV_0001"}}, RULE_FITS},
    {"by a compatible id", {{"", "PCI\\VEN_5853&DEV_0001"}, {"PCI\\NONE"}}, RULE_FITS},
    {"PCI devices are there or are not", {{"PCI\\NONE"}, {"pci\\NONE2"}}, RULE_NO_DEVICE},
    {"no id is no device of a bus", {{"", "PCI\\NONE"}, {"PCI\\NONE2"}}, RULE_NO_DEVICE},
    {"those of a bus come with it", {{"XENBUS\\VEN_XP0001"}, {"XENBUS\\X"}}, RULE_NO_DEVICE_YET},
    {"one of them is enough", {{"PCI\\NONE"}, {"XENBUS\\X"}}, RULE_NO_DEVICE_YET},
    {"in either order", {{"XENBUS\\X"}, {"PCI\\NONE"}}, RULE_NO_DEVICE_YET},
    {"and one id of a model", {{"PCI\\NONE", "XENBUS\\X"}, {"PCI\\NONE"}}, RULE_NO_DEVICE_YET},
};

static void a_guest_has_devices_or_not(void **state)
{
    (void)state;
    struct hand h;
    struct shelf s;
    for (size_t i = 0; i < COUNT(devices); i++) {
        enum rule rule = devices[i].rule;
        set_up(&h, &s);
        h.c.manifest = NULL;
        texts_add(&h.facts.devices.at[0].hardware_ids, "");
        for (size_t k = 0; k < 2; k++)
            h.models[k] = (struct inf_model){
                .install = "I", .ids = devices[i].ids[k], .id_count = devices[i].ids[k][1] ? 2 : 1};
        h.here.models.count = 2;
        check_fit(&h, devices[i].sentence, rule == RULE_NO_DEVICE ? FIT_WARN : FIT_YES,
                  rule == RULE_NO_DEVICE ? rule : RULE_FITS);
        CHECK(devices[i].sentence,
              !hand_note(&h, RULE_NO_DEVICE_YET) == (rule != RULE_NO_DEVICE_YET));
        h.facts.windows.reading = READING_UNKNOWN;
        check_fit(&h, "an assumed guest has no devices of its own", FIT_YES, RULE_FITS);
        h.facts.windows.reading = READING_FULL;
        h.facts.devices_reading = READING_PARTIAL;
        check_fit(&h, "what was not read may be there", FIT_YES, RULE_FITS);
        CHECK("of that nothing is noted", !hand_note(&h, RULE_NO_DEVICE_YET));
        tear_down(&h);
    }
}

/* Versions with the hole of XSA-468 are policy_test's. */
static void every_rule_has_a_row(void **state)
{
    (void)state;
    hand_seen[RULE_XSA_468] = hand_seen[RULE_XSA_468_RANGE] = true;
    hand_expect_all(QUESTION_FIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_is_known_by_provider_inf_and_version),
        cmocka_unit_test(a_release_is_known_by_its_signer),
        cmocka_unit_test(the_release_of_this_signer_goes_first),
        cmocka_unit_test(a_later_release_supersedes),
        cmocka_unit_test(the_latest_release_is_named),
        cmocka_unit_test(a_release_is_meant_for_its_sets),
        cmocka_unit_test(advisories_are_told),
        cmocka_unit_test(a_driver_must_be_one_that_the_loader_takes),
        cmocka_unit_test(only_drivers_that_are_copied_count),
        cmocka_unit_test(what_is_refused_is_not_warned_of),
        cmocka_unit_test(an_inf_may_be_for_something_else),
        cmocka_unit_test(nothing_fits_an_unknown_windows),
        cmocka_unit_test(a_guest_has_devices_or_not),
        cmocka_unit_test(every_rule_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
