/* advisory: conditions one at a time, then who is affected by those of the embedded data. */
#include "drivers-manifest/advisory.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

static struct manifest manifest;

static int read_manifest(void **state)
{
    (void)state;
    return manifest_embedded(&manifest, NULL) ? 0 : -1;
}

static int free_manifest(void **state)
{
    (void)state;
    manifest_release_all(&manifest);
    return 0;
}

static struct facts guest(unsigned major, unsigned minor, unsigned build)
{
    return (struct facts){.windows = {.major = number_of(major),
                                      .minor = number_of(minor),
                                      .build = number_of(build),
                                      .architecture = ARCHITECTURE_X64}};
}

static enum certainty asks(const char *id, const struct advisory_subject *s)
{
    const struct manifest_advisory *a = manifest_advisory_by_id(&manifest, id);
    if (!a)
        fail_msg("there is no advisory '%s'", id);
    return a ? advisory_affects(a, s) : CERTAINTY_UNKNOWN;
}

#define NO CERTAINTY_UNKNOWN
#define MAYBE CERTAINTY_POSSIBLE
#define YES CERTAINTY_CERTAIN

/* The limits of XSA-468: the last version that is affected, and the first that is not. */
static const struct {
    const char *provider, *file, *version;
    enum certainty affected;
} files[] = {
    {"Xen Project", "xenbus.sys", "8.2.2.18", YES},
    {"Xen Project", "xenbus.sys", "9.1.0.1", YES},
    {"xen project", "XENBUS.SYS", "9.1.0.1", YES},
    {"Xen Project", "xenbus.sys", "9.1.0.2", NO},
    {"Xen Project", "xeniface.sys", "9.1.0.0", YES},
    {"Xen Project", "xeniface.sys", "9.1.0.1", NO},
    {"Xen Project", "xencons.sys", "9.1.0.2", YES},
    {"Xen Project", "xencons.sys", "9.1.0.3", NO},
    {"Xen Project", "xenvbd.sys", "8.2.2.18", NO},
    {"XCP-ng", "xenbus.sys", "9.0.9048.0", YES},
    {"XCP-ng", "xenbus.sys", "9.0.9048.65535", YES},
    {"XCP-ng", "xenbus.sys", "9.0.9049.0", MAYBE},
    {"XCP-ng", "xeniface.sys", "9.0.9064.65535", MAYBE},
    {"XCP-ng", "xencons.sys", "9.0.9065.0", NO},
    {"XenServer", "xenbus.sys", "9.1.11.114", YES},
    {"XenServer", "xenbus.sys", "9.1.11.115", NO},
    {"Citrix", "xeniface.sys", "9.1.12.93", YES},
    {"Citrix Systems, Inc.", "xeniface.sys", "9.1.12.94", NO},
    {"Cloud Software Group, Inc.", "xenbus.sys", "9.1.11.114", YES},
    {"XenServer", "xencons.sys", "9.0.0.0", NO},
    {"Nobody", "xenbus.sys", "8.2.2.18", NO},
    {NULL, "xenbus.sys", "8.2.2.18", NO},
    {"Xen Project", "xenbus.sys", NULL, NO},
};

static void the_limits_of_xsa_468_are_exact(void **state)
{
    (void)state;
    struct facts f = guest(10, 0, 19045);
    for (size_t i = 0; i < COUNT(files); i++) {
        char sentence[96];
        snprintf(sentence, sizeof sentence, "%s of %s, %s", files[i].file,
                 files[i].provider ? files[i].provider : "nobody",
                 files[i].version ? files[i].version : "no version");
        const struct advisory_subject s = {.facts = &f,
                                           .provider = files[i].provider,
                                           .file = files[i].file,
                                           .version = files[i].version};
        CHECK(sentence, asks("xsa-468", &s) == files[i].affected);
        CHECK("a file is not asked about what is of releases", asks("xsn-1", &s) == NO);
    }
}

/* Which advisories speak about which release, on which Windows. */
static const struct {
    const char *release;
    unsigned major, minor, build;
    const char *advisories;
} releases[] = {
    {"univention-gplpv-0.11.0.373", 10, 0, 19045, ""},
    {"univention-gplpv-0.11.0.373", 6, 1, 7601, ""},
    {"univention-gplpv-0.11.0.373", 10, 0, 26099, ""},
    {"univention-gplpv-0.11.0.373", 10, 0, 26100, "driver-policy"},
    {"gplpv-1.0.1085", 10, 0, 26100, ""},
    {"xenproject-8.1.0", 10, 0, 10240, "xsn-1 xsa-468"},
    {"xenproject-8.2.2", 10, 0, 19045, "xsn-1 xsa-468"},
    {"xenproject-8.2.2", 10, 0, 26100, "xsn-1 xsa-468 driver-policy"},
    {"xenproject-8.2.2", 6, 1, 7601, "xsn-1 xsa-468 sha2-windows-7"},
    {"xenproject-8.2.2", 6, 2, 9200, "xsn-1 xsa-468"},
    {"xenproject-8.2.2", 6, 0, 6003, "xsn-1 xsa-468 sha2-vista"},
    {"xenproject-8.2.2", 5, 2, 3790, "xsn-1 xsa-468"},
    {"xenproject-9.0.0", 6, 3, 9600, "xsn-1 xsa-468 not-before-windows-10"},
    {"xenproject-9.0.0", 10, 0, 10240, "xsn-1 xsa-468"},
    {"xenproject-9.1.0", 10, 0, 10240, "xsa-468"},
    {"xenproject-9.1.0", 6, 1, 7601, "xsa-468 not-before-windows-10"},
};

static char *spoken(const struct manifest_release *r, const struct facts *f)
{
    struct text t = {0};
    const struct advisory_subject s = {.facts = f, .release = r};
    for (size_t i = 0; i < manifest.advisories.count; i++)
        if (advisory_affects(&manifest.advisories.at[i], &s) == CERTAINTY_CERTAIN)
            text_addf(&t, "%s%s", t.size ? " " : "", manifest.advisories.at[i].id);
    text_add(&t, "");
    return text_steal(&t);
}

static void each_release_has_its_advisories(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(releases); i++) {
        struct facts f = guest(releases[i].major, releases[i].minor, releases[i].build);
        char sentence[96];
        snprintf(sentence, sizeof sentence, "%s on %u.%u.%u", releases[i].release,
                 releases[i].major, releases[i].minor, releases[i].build);
        const struct manifest_release *r = manifest_release_by_id(&manifest, releases[i].release);
        CHECK(sentence, r != NULL);
        char *have = spoken(r, &f);
        CHECK_TEXT(sentence, have ? have : "", releases[i].advisories);
        mem_free(have);
    }
}

static void what_is_known_of_the_guest_counts(void **state)
{
    (void)state;
    struct facts f = guest(6, 1, 7601), nothing = {0};
    const struct advisory_subject s = {
        .facts = &f, .release = manifest_release_by_id(&manifest, "xenproject-8.2.2")};
    CHECK("the update is not known to be there", asks("sha2-windows-7", &s) == YES);
    f.integrity.sha2 = TRI_NO;
    CHECK("it is known not to be there", asks("sha2-windows-7", &s) == YES);
    f.integrity.sha2 = TRI_YES;
    CHECK("it is there", asks("sha2-windows-7", &s) == NO);
    f.integrity.sha2 = TRI_NO;
    f.integrity.upgraded = TRI_YES;
    CHECK("another state does not matter", asks("sha2-windows-7", &s) == YES);
    f.windows.architecture = ARCHITECTURE_X86;
    CHECK("a 32-bit kernel does not ask", asks("sha2-windows-7", &s) == NO);
    CHECK("a Windows that is not known is in no range",
          asks("sha2-windows-7",
               &(struct advisory_subject){.facts = &nothing, .release = s.release}) == NO);
    CHECK("without a release there is no digest",
          asks("sha2-windows-7", &(struct advisory_subject){.facts = &f}) == NO);
}

static void states_have_words(void **state)
{
    (void)state;
    assert_true(advisory_knows_state("checks-off"));
    assert_false(advisory_knows_state("sha"));
    assert_false(advisory_knows_state(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limits_of_xsa_468_are_exact),
        cmocka_unit_test(each_release_has_its_advisories),
        cmocka_unit_test(what_is_known_of_the_guest_counts),
        cmocka_unit_test(states_have_words),
    };
    return cmocka_run_group_tests(tests, read_manifest, free_manifest);
}
