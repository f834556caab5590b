/* inf, target: which section a given Windows takes, for every Windows from 2000 to Server 2025. */
#include "base/mem.h"
#include "base/text.h"
#include "verifier/inf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "[Version]\nSignature=\"$Windows NT$\"\n"
#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct target target_of(const char *name)
{
    struct target t = {0};
    struct err e = {0};
    if (!target_parse(name, &t, NULL, &e))
        fail_msg("%s", e.text);
    return t;
}

static void parse(struct inf *inf, const char *text)
{
    struct err e = {0};
    if (!inf_parse(span_text(text), inf, NULL, &e))
        fail_msg("not parsed: %s", e.text);
}

/*
 * An INF with one line in [Manufacturer] with these decorations, and for each the models section
 * with one model whose install section has the decoration's name; "base" is the undecorated one's.
 */
static void parse_line(struct inf *inf, const char *decorations)
{
    struct text t = {0};
    text_addf(&t, HEADER "[Manufacturer]\n%%v%%=m,%s\n[m]\nd=base,ID\n", decorations);
    for (const char *at = decorations; *at;) {
        size_t size = strcspn(at, ",");
        int n = (int)size;
        if (size)
            text_addf(&t, "[m.%.*s]\nd=%.*s,ID\n", n, at, n, at);
        at += size + (at[size] == ',');
    }
    parse(inf, text_str(&t));
    text_release(&t);
}

static void expect_choice(const char *decorations, const struct target *target,
                          const char *expected, const char *sentence)
{
    struct inf inf = {0};
    struct inf_models models = {0};
    char name[TARGET_NAME_MAX];
    parse_line(&inf, decorations);
    inf_models(&inf, target, &models);
    const char *got = models.count == 0   ? ""
                      : models.count == 1 ? models.at[0].install
                                          : "(several)";
    target_name(target, name, sizeof name);
    if (strcmp(got, expected) != 0)
        fail_msg("%s [%s on %s]: took '%s', not '%s'", sentence, decorations, name, got, expected);
    inf_models_release(&models);
    inf_release(&inf);
}

/* --- rules, a row each --- */

static const struct rule_row {
    const char *decorations;
    const char *windows;
    const char *expected; /* "" for none */
    const char *sentence;
} rule_rows[] = {
    /* Windows 2000 */
    {"", "win2000-x86", "base", "the undecorated section serves Windows 2000"},
    {"NTx86", "win2000-x86", "base", "Windows 2000 reads only the undecorated section"},
    {"NT.5.0,NTx86.5.0", "win2000sp4-x86", "base", "also where a decoration names its version"},
    {"NTx86", "server2000-x86", "base", "and so does its server"},
    /* processor */
    {"NTx86", "winxp-x86", "NTx86", "XP takes the decoration of its processor"},
    {"NTamd64", "winxp-x86", "base",
     "another processor's decoration leaves the undecorated section on x86"},
    {"ntX86", "winxp-x86", "ntX86", "decorations ignore case"},
    {"NTamd64", "winxp-x64", "NTamd64", "XP x64 takes its own"},
    {"NTx86", "winxp-x64", "", "on x64 the undecorated section is not taken"},
    {"NT", "winxp-x64", "", "nor is NT without a processor"},
    {"NT.5.2", "server2003sp1-x64", "",
     "from Server 2003 SP1 on only x86 may leave the processor out"},
    {"NT.6.0", "vista-x64", "", "Vista x64 needs the processor"},
    {"NT.10.0", "win10-22h2-x64", "", "Windows 10 x64 needs the processor"},
    {"NT.10.0", "win11-24h2-arm64", "", "and so does ARM64"},
    {"", "server2025", "", "the undecorated section is nothing to Server 2025"},
    {"NT", "server2003-ia64", "NT", "Server 2003 without SP1 takes NT on Itanium"},
    {"", "server2003-ia64", "base", "and the undecorated section"},
    {"NT", "server2003sp1-ia64", "", "with SP1 it does not"},
    {"NTia64", "server2003sp1-ia64", "NTia64", "with SP1 it takes NTia64"},
    {"NTarm64", "win11-24h2-arm64", "NTarm64", "ARM64 takes its own"},
    {"NTarm", "win11-24h2-arm64", "", "ARM is not ARM64"},
    {"NTamd64", "win11-24h2-arm64", "", "nor is x64"},
    {"NTmips", "winxp-x86", "base", "a processor that Windows does not know is no decoration"},
    {"XP", "winxp-x86", "base", "what does not begin with NT is no decoration"},
    {"NT", "winxp-x86", "NT", "NT is closer than no decoration"},
    {"NT,NTx86", "winxp-x86", "NTx86", "a processor is closer than none"},
    {"NTx86,NT", "winxp-x86", "NTx86", "in any order"},
    /* version */
    {"NTx86.5.1", "win2000-x86", "base", "5.1 is above Windows 2000"},
    {"NTx86.5.1", "winxp-x86", "NTx86.5.1", "5.1 is XP"},
    {"NTx86.5.1", "server2003-x86", "NTx86.5.1", "and all that follows"},
    {"NTx86.5.2", "winxp-x86", "base", "5.2 is above XP"},
    {"NTamd64.5.2", "winxp-x64", "NTamd64.5.2", "XP x64 is 5.2"},
    {"NTamd64.5.1", "winxp-x64", "NTamd64.5.1", "and so above 5.1"},
    {"NTx86.5.1,NTx86.6.0", "winxpsp3-x86", "NTx86.5.1",
     "the highest version not above the system's"},
    {"NTx86.5.1,NTx86.6.0", "vista-x86", "NTx86.6.0", "Vista takes 6.0"},
    {"NTx86.6.0,NTx86.5.1", "win8-x86", "NTx86.6.0", "and so does 8, in any order"},
    {"NTamd64.6.1,NTamd64.10.0", "win8.1-x64", "NTamd64.6.1", "8.1 is below 10.0"},
    {"NTamd64.6.1,NTamd64.10.0", "win10-1507-x64", "NTamd64.10.0",
     "10.0 is above 6.1: majors compare as numbers"},
    {"NTx86.7.8", "win10-22h2-x86", "NTx86.7.8", "the documents' 7.8 is below 10.0"},
    {"NTx86.5", "winxp-x86", "NTx86.5", "a major alone is its minor 0"},
    {"NTx86.0x5.0x1", "winxp-x86", "NTx86.0x5.0x1", "numbers may be hexadecimal"},
    {"NTx86.5.1x", "winxp-x86", "base", "text behind a number is no decoration"},
    {"NT.6.0,NTx86.5.1", "vista-x86", "NT.6.0", "a higher version is closer than a processor"},
    /* product type */
    {"NTamd64.6.0.1", "vista-x64", "NTamd64.6.0.1", "product type 1 is a workstation"},
    {"NTamd64.6.0.1", "server2008-x64", "", "which a server is not"},
    {"NTamd64.6.0.3", "server2008-x64", "NTamd64.6.0.3", "product type 3 is a server"},
    {"NTamd64.10.0.0x3", "server2022", "NTamd64.10.0.0x3", "also in hexadecimal"},
    {"NTamd64.6.0.2", "server2008-x64", "", "a member server is no domain controller"},
    {"NTamd64.5.2.1", "winxp-x64", "NTamd64.5.2.1", "XP x64 says that it is a workstation"},
    {"NTamd64.6.0,NTamd64.6.0.1", "win7sp1-x64", "NTamd64.6.0.1",
     "a product type is closer than none"},
    {"NTamd64.6.0.3,NTamd64.6.1", "server2008r2", "NTamd64.6.1",
     "a higher version is closer than a product type"},
    {"NTx86...1", "winxp-x86", "NTx86...1", "a product type without a version"},
    /* suite */
    {"NT,NT.5,NT.5.5,NT....0x80", "winxp-x86", "NT.5", "the documents' example: NT.5 on XP"},
    {"NTx86....0x80", "server2003-x86", "base", "a suite that the system lacks"},
    {"NTx86....0x100", "winxp-x86", "NTx86....0x100", "a suite that it has"},
    {"NTx86....0x180", "winxp-x86", "base", "every bit must be there"},
    {"NTx86...1,NTx86....0x100", "winxp-x86", "NTx86...1", "a product type is closer than a suite"},
    /* build */
    {"NTamd64.10.0...16299", "win10-1703-x64", "", "a build above the system's"},
    {"NTamd64.10.0...16299", "win10-1709-x64", "NTamd64.10.0...16299", "the build itself"},
    {"NTamd64.10.0...16299", "win11-24h2-x64", "NTamd64.10.0...16299", "and all later builds"},
    {"NTamd64.10.0,NTamd64.10.0...16299", "win10-1607-x64", "NTamd64.10.0",
     "below it the plain version"},
    {"NTamd64.10.0,NTamd64.10.0...16299", "server2019", "NTamd64.10.0...16299",
     "a build is closer than none"},
    {"NTamd64.10.0...17134,NTamd64.10.0...22000", "win10-22h2-x64", "NTamd64.10.0...17134",
     "the highest build not above"},
    {"NTamd64.10.0...17134,NTamd64.10.0...22000", "win11-21h2-x64", "NTamd64.10.0...22000",
     "Windows 11 is a build"},
    {"NTamd64.10.0...14310", "win10-1607-x64", "NTamd64.10.0...14310",
     "the first build that can be named"},
    {"NTamd64.10.0...14309", "win10-1607-x64", "", "the one before cannot"},
    {"NTamd64.9.9...16299", "win10-22h2-x64", "", "nor one of a version before 10.0"},
    {"NTamd64.10.0...0x3fab", "win10-1709-x64", "NTamd64.10.0...0x3fab", "in hexadecimal"},
    {"NTamd64.10.0...16299.", "win10-1709-x64", "", "a full stop behind the last field"},
    {"NTamd64.10.0...", "win10-1709-x64", "NTamd64.10.0...", "fields may be empty to the end"},
    {"NTamd64x.10.0", "win10-1709-x64", "", "letters behind the processor"},
    {"NTamd64.10.4294967296", "win10-1709-x64", "", "a number that is too large"},
    {"NTamd64.10.0...14393", "win10-1511-x64", "",
     "before 14310 a sixth field is no decoration at all"},
    {"NTx86.10.0...14393", "win10-1511-x86", "base",
     "so x86 falls back to the undecorated section"},
    {"NTamd64.10.0...10586", "win10-22h2-x64", "", "builds below 14310 cannot be named"},
    {"NTamd64.6.1...14393", "win10-22h2-x64", "", "nor can builds of older versions"},
    {"NTamd64.10.0.1..16299", "win10-1709-x64", "NTamd64.10.0.1..16299",
     "a product type and a build"},
    {"NTamd64.10.0.1..16299", "server2019", "", "that is for workstations"},
    {"NTamd64.10.0.1,NTamd64.10.0...16299", "win10-1709-x64", "NTamd64.10.0...16299",
     "a build is closer than a product type"},
    {"NTamd64.10.0...26100", "server2025", "NTamd64.10.0...26100", "Server 2025 is build 26100"},
    {"NTamd64.10.0...26100", "server2022", "", "Server 2022 is not"},
    {"NTamd64.10.0....16299", "win10-1709-x64", "", "a seventh field is no decoration"},
    {"NTamd64.11.0", "win11-24h2-x64", "", "Windows 11 is 10.0"},
    /* odd lines */
    {"NTx86.6.1,NTx86.6.0", "win7-x86", "NTx86.6.1", "a higher minor is closer"},
    {"NTx86.6.0,NTx86.6.1", "win7-x86", "NTx86.6.1", "in any order"},
    {"NTx86....0x100,NTx86", "winxp-x86", "NTx86....0x100", "a suite is closer than none"},
    {"NTx86,NTx86....0x100", "winxp-x86", "NTx86....0x100", "in any order"},
    {"NT....0x100,NTx86", "winxp-x86", "NT....0x100", "a suite is closer than a processor"},
    {"NTx86,NT....0x100", "winxp-x86", "NT....0x100", "in any order"},
    {"NTx86.5,NTx86.5.0", "winxp-x86", "NTx86.5", "of two that say the same the first"},
    {",,NTx86,", "winxp-x86", "NTx86", "empty decorations mean nothing"},
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rule_rows); i++) {
        struct target target = target_of(rule_rows[i].windows);
        expect_choice(rule_rows[i].decorations, &target, rule_rows[i].expected,
                      rule_rows[i].sentence);
    }
}

static void test_decorations_alone(void **state)
{
    (void)state;
    static const struct {
        const char *decoration, *windows;
        bool applies;
        const char *sentence;
    } rows[] = {
        {"", "winxp-x86", true, "none, on x86"},
        {"", "winxp-x64", false, "none, on x64"},
        {"NTx86.5.1", "winxp-x86", true, "one that fits"},
        {"NTx86.5.2", "winxp-x86", false, "one that is too new"},
        {"XP", "winxp-x86", false, "what is no decoration"},
        {"NTmips", "winxp-x86", false, "a processor that is none"},
        {"NTx86.5.1.1.0.0.0", "winxp-x86", false, "a field too many"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct target target = target_of(rows[i].windows);
        if (inf_decoration_applies(rows[i].decoration, &target) != rows[i].applies)
            fail_msg("%s", rows[i].sentence);
    }
}

static void test_domain_controller_and_datacenter(void **state)
{
    (void)state;
    struct target t = target_of("server2003sp1-x64");
    t.product = TARGET_DOMAIN_CONTROLLER;
    expect_choice("NTamd64.5.2.2,NTamd64.5.2.3", &t, "NTamd64.5.2.2",
                  "a domain controller is product type 2");
    t.suite |= TARGET_SUITE_DATACENTER;
    expect_choice("NTamd64,NTamd64....0x80", &t, "NTamd64....0x80",
                  "the data centre suite is closer than none");
    t.product = TARGET_PRODUCT_UNKNOWN;
    expect_choice("NTamd64.5.2.2,NTamd64.5.2.3", &t, "",
                  "an unknown product type is none that a decoration names");
}

static void test_a_version_after_10_0_knows_builds(void **state)
{
    (void)state;
    struct target t = target_of("win11-24h2-x64");
    t.major = 11;
    t.build = 5;
    expect_choice("NTamd64.10.0...16299", &t, "NTamd64.10.0...16299",
                  "a build counts only against its own version");
    expect_choice("NTamd64.11.0...6", &t, "", "a build above the system's, whatever its version");
    expect_choice("NTamd64.11.0...5", &t, "NTamd64.11.0...5", "builds of 11.0 begin anywhere");
    expect_choice("NTamd64.10.1...5", &t, "NTamd64.10.1...5", "and so do those of 10.1");
}

/* --- every Windows there is --- */

/*
 * What each Windows takes of a line that has something for each of them; all processors that it ran
 * on.
 */
static const struct every_row {
    const char *windows;
    uint32_t build;                /* on x86 where it ran there */
    const char *x86, *x64, *arm64; /* NULL where there is none */
} every_rows[] = {
    {"win2000", 2195, "base", NULL, NULL},
    {"win2000sp4", 2195, "base", NULL, NULL},
    {"server2000", 2195, "base", NULL, NULL},
    {"server2000sp4", 2195, "base", NULL, NULL},
    {"winxp", 2600, "NTx86.5.1", "NTamd64.5.2", NULL},
    {"winxpsp1", 2600, "NTx86.5.1", NULL, NULL},
    {"winxpsp2", 2600, "NTx86.5.1", "NTamd64.5.2", NULL},
    {"winxpsp3", 2600, "NTx86.5.1", NULL, NULL},
    {"server2003", 3790, "NTx86.5.2", NULL, NULL},
    {"server2003sp1", 3790, "NTx86.5.2", "NTamd64.5.2", NULL},
    {"server2003sp2", 3790, "NTx86.5.2", "NTamd64.5.2", NULL},
    {"vista", 6000, "NTx86.6.0", "NTamd64.6.0", NULL},
    {"vistasp1", 6001, "NTx86.6.0", "NTamd64.6.0", NULL},
    {"vistasp2", 6002, "NTx86.6.0", "NTamd64.6.0", NULL},
    {"server2008", 6001, "NTx86.6.0", "NTamd64.6.0.3", NULL},
    {"server2008sp2", 6002, "NTx86.6.0", "NTamd64.6.0.3", NULL},
    {"win7", 7600, "NTx86.6.1", "NTamd64.6.1", NULL},
    {"win7sp1", 7601, "NTx86.6.1", "NTamd64.6.1", NULL},
    {"server2008r2", 7600, NULL, "NTamd64.6.1", NULL},
    {"server2008r2sp1", 7601, NULL, "NTamd64.6.1", NULL},
    {"win8", 9200, "NTx86.6.2", "NTamd64.6.2", NULL},
    {"server2012", 9200, NULL, "NTamd64.6.2", NULL},
    {"win8.1", 9600, "NTx86.6.3", "NTamd64.6.3", NULL},
    {"server2012r2", 9600, NULL, "NTamd64.6.3", NULL},
    {"win10-1507", 10240, "NTx86.10.0", "NTamd64.10.0", NULL},
    {"win10-1511", 10586, "NTx86.10.0", "NTamd64.10.0", NULL},
    {"win10-1607", 14393, "NTx86.10.0...14393", "NTamd64.10.0...14393", NULL},
    {"server2016", 14393, NULL, "NTamd64.10.0...14393", NULL},
    {"win10-1703", 15063, "NTx86.10.0...14393", "NTamd64.10.0...14393", NULL},
    {"win10-1709", 16299, "NTx86.10.0...14393", "NTamd64.10.0...16299", "NTarm64"},
    {"win10-1803", 17134, "NTx86.10.0...14393", "NTamd64.10.0...16299", "NTarm64"},
    {"win10-1809", 17763, "NTx86.10.0...14393", "NTamd64.10.0...17763", "NTarm64"},
    {"server2019", 17763, NULL, "NTamd64.10.0...17763", NULL},
    {"win10-1903", 18362, "NTx86.10.0...14393", "NTamd64.10.0...17763", "NTarm64"},
    {"win10-1909", 18363, "NTx86.10.0...14393", "NTamd64.10.0...17763", "NTarm64"},
    {"win10-2004", 19041, "NTx86.10.0...14393", "NTamd64.10.0...17763", "NTarm64"},
    {"win10-20h2", 19042, "NTx86.10.0...14393", "NTamd64.10.0...17763", "NTarm64"},
    {"win10-21h1", 19043, "NTx86.10.0...14393", "NTamd64.10.0...17763", "NTarm64"},
    {"win10-21h2", 19044, "NTx86.10.0...14393", "NTamd64.10.0...17763", "NTarm64"},
    {"win10-22h2", 19045, "NTx86.10.0...14393", "NTamd64.10.0...17763", "NTarm64"},
    {"server2022", 20348, NULL, "NTamd64.10.0.3..20348", NULL},
    {"win11-21h2", 22000, NULL, "NTamd64.10.0...22000", "NTarm64.10.0...22000"},
    {"win11-22h2", 22621, NULL, "NTamd64.10.0...22000", "NTarm64.10.0...22000"},
    {"win11-23h2", 22631, NULL, "NTamd64.10.0...22000", "NTarm64.10.0...22000"},
    {"win11-24h2", 26100, NULL, "NTamd64.10.0...26100", "NTarm64.10.0...22000"},
    {"server2025", 26100, NULL, "NTamd64.10.0...26100", NULL},
    {"win11-25h2", 26200, NULL, "NTamd64.10.0...26100", "NTarm64.10.0...22000"},
    {"win11-26h1", 28000, NULL, "NTamd64.10.0...26100", "NTarm64.10.0...22000"},
};

static const char every_line[] = "NT,NTx86,NTx86.5.1,NTx86.5.2,NTx86.6.0,NTx86.6.1,NTx86.6.2,NTx86."
                                 "6.3,NTx86.10.0,NTx86.10.0...14393,"
                                 "NTamd64,NTamd64.5.2,NTamd64.6.0,NTamd64.6.0.3,NTamd64.6.1,"
                                 "NTamd64.6.2,NTamd64.6.3,NTamd64.10.0,"
                                 "NTamd64.10.0...14393,NTamd64.10.0...16299,NTamd64.10.0...17763,"
                                 "NTamd64.10.0.3..20348,NTamd64.10.0...22000,"
                                 "NTamd64.10.0...26100,NTarm64,NTarm64.10.0...22000,NTia64";

static void test_every_windows(void **state)
{
    (void)state;
    size_t count = 0, seen = 0, itanium = 0;
    const struct target *all = target_all(&count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < COUNT(every_rows); j++) {
            const struct every_row *row = &every_rows[j];
            if (strcmp(row->windows, all[i].windows) != 0)
                continue;
            const char *expected = all[i].arch == TARGET_X86     ? row->x86
                                   : all[i].arch == TARGET_AMD64 ? row->x64
                                   : all[i].arch == TARGET_ARM64 ? row->arm64
                                                                 : NULL;
            if (!expected)
                continue;
            seen++;
            uint32_t build = row->build == 2600 && all[i].arch == TARGET_AMD64 ? 3790 : row->build;
            assert_int_equal(all[i].build, build);
            expect_choice(every_line, &all[i], expected,
                          "each Windows takes what is nearest to it");
        }
        if (all[i].arch == TARGET_IA64) {
            itanium++;
            expect_choice(every_line, &all[i], "NTia64", "every Itanium takes NTia64");
        }
    }
    assert_int_equal(seen + itanium, count);
}

/* The shapes of the three driver families. */
static void test_family_shapes(void **state)
{
    (void)state;
    size_t count = 0;
    const struct target *all = target_all(&count);
    for (size_t i = 0; i < count; i++) {
        const struct target *t = &all[i];
        bool x86 = t->arch == TARGET_X86, x64 = t->arch == TARGET_AMD64,
             plain = x86 || (t->arch == TARGET_IA64 && t->minor == 2 && t->service_pack == 0);
        bool vista = t->major >= 6;
        expect_choice("NTAMD64,NTAMD64.6.0", t,
                      x64     ? (vista ? "NTAMD64.6.0" : "NTAMD64")
                      : plain ? "base"
                              : "",
                      "GPLPV's network driver for x64: NDIS 6 from Vista on, and the undecorated "
                      "section on x86");
        expect_choice(
            "NTx86,NTx86.6.0", t,
            x86     ? (t->major == 5 && t->minor == 0 ? "base"
                       : vista                        ? "NTx86.6.0"
                                                      : "NTx86")
            : plain ? "base"
                    : "",
            "GPLPV's network driver for x86: Windows 2000 has only the undecorated section");
        expect_choice("NTamd64", t,
                      x64     ? "NTamd64"
                      : plain ? "base"
                              : "",
                      "Xen Project's bus driver");
    }
}

/* --- manufacturer and models --- */

static void test_each_line_contributes(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "[Manufacturer]\n%a%=one,NTamd64.10.0...17134\n%a%=two,NTamd64.10.0...22000\n"
               "Plain\n%b%=one,NTamd64.6.0\n"
               "[one.NTamd64.10.0...17134]\nd1=i1,ID1\n[two.NTamd64.10.0...22000]\nd2=i2,ID2\n"
               "[one.NTamd64.6.0]\nd3=i1,ID3\n[Plain]\nd4=i4,ID4\n[Strings]\na=Acme\nb=Bee\n";
    static const struct {
        const char *windows, *ids;
    } rows[] = {{"win10-1803-x64", "ID1 ID3 "}, {"win11-21h2-x64", "ID1 ID2 ID3 "},
                {"win7-x64", "ID3 "},           {"win10-22h2-x86", "ID4 "},
                {"win2000-x86", "ID4 "},        {"winxp-x64", ""}};
    struct inf inf = {0};
    parse(&inf, file);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct target target = target_of(rows[i].windows);
        struct inf_models models = {0};
        struct text ids = {0};
        inf_models(&inf, &target, &models);
        for (size_t j = 0; j < models.count; j++)
            text_addf(&ids, "%s ", models.at[j].ids[0]);
        assert_string_equal(text_str(&ids), rows[i].ids);
        text_release(&ids);
        inf_models_release(&models);
    }
    inf_release(&inf);
}

static void test_models(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "[Manufacturer]\n%v%=m,NTamd64\n[m.NTamd64]\n%d% = Inst, PCI\\VEN_5853&DEV_0001\n"
               "\"Second\"=inst,,XEN\\VIF,*PNP0A03,\nThird=Other,XEN\\VBD\nNoId=Other\n"
               "[Strings]\nv=\"Xen Project\"\nd=\"Xen PV Bus\"\n";
    struct inf inf = {0};
    struct inf_models models = {0};
    struct inf_names names = {0};
    struct target target = target_of("win7sp1-x64");
    size_t rank = 9;
    parse(&inf, file);
    inf_models(&inf, &target, &models);
    assert_int_equal(models.count, 4);
    assert_string_equal(models.at[0].manufacturer, "Xen Project");
    assert_string_equal(models.at[0].description, "Xen PV Bus");
    assert_string_equal(models.at[0].install, "Inst");
    assert_string_equal(models.at[0].section, "m.NTamd64");
    assert_int_equal(models.at[0].number, 6);
    assert_int_equal(models.at[0].id_count, 1);
    assert_int_equal(models.at[1].id_count,
                     3); /* the empty hardware id counts, the empty last one does not */
    assert_int_equal(models.at[3].id_count, 0);
    assert_ptr_equal(inf_models_find(&models, "pci\\ven_5853&dev_0001", &rank), &models.at[0]);
    assert_int_equal(rank, 0);
    assert_ptr_equal(inf_models_find(&models, "*pnp0a03", &rank), &models.at[1]);
    assert_int_equal(rank, 2);
    assert_null(inf_models_find(&models, "PCI\\VEN_5853", &rank));
    assert_int_equal(rank, 2);
    inf_models_installs(&models, &names);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.at[0], "Inst");
    assert_string_equal(names.at[1], "Other");
    inf_names_release(&names);
    inf_models_release(&models);
    inf_release(&inf);
}

static void test_which_fields_are_ids(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        size_t count;
        const char *sentence;
    } rows[] = {
        {"d=i", 0, "no id"},          {"d=i,A", 1, "a hardware id"},
        {"d=i,A,B", 2, "two ids"},    {"d=i,A,,", 1, "two empty ones at the end"},
        {"d=i,A,,B", 3, "one inside"}, {"d=i,", 1, "an empty hardware id"},
        {"d=i,,,", 1, "nothing but empty ones"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text t = {0};
        struct inf inf = {0};
        struct inf_models models = {0};
        struct target target = target_of("winxp-x86");
        text_addf(&t, HEADER "[Manufacturer]\nv=m\n[m]\nno,key\n%s\n", rows[i].line);
        parse(&inf, text_str(&t));
        inf_models(&inf, &target, &models);
        if (models.count != 1 || models.at[0].id_count != rows[i].count)
            fail_msg("%s: %zu", rows[i].sentence, models.count ? models.at[0].id_count : 0);
        assert_string_equal(models.at[0].install, "i");
        inf_models_release(&models);
        inf_release(&inf);
        text_release(&t);
    }
    inf_models_release(NULL);
}

/* Lines of [Manufacturer] that name nothing have no models, and no name is no install section. */
static void test_lines_that_name_nothing(void **state)
{
    (void)state;
    struct inf inf = {0};
    struct inf_models models = {0};
    struct inf_names names = {0};
    struct target target = target_of("winxp-x86");
    parse(&inf, HEADER "[Manufacturer]\nm,NTx86\nv=\nv=,NTx86\nv=n\n[]\nd=x,ID\n[m]\nd=y,ID\n"
                       "[n]\nd=,ID\nd=z,ID\n[.NTx86]\nd=w,ID\n");
    inf_models(&inf, &target, &models);
    assert_int_equal(models.count, 2);
    inf_models_installs(&models, &names);
    assert_int_equal(names.count, 1);
    assert_string_equal(names.at[0], "z");
    assert_ptr_equal(inf_models_find(&models, "id", NULL), &models.at[0]); /* the first of equals */
    inf_names_release(&names);
    inf_models_release(&models);
    inf_release(&inf);
}

static void test_find_prefers_the_better_rank(void **state)
{
    (void)state;
    struct inf inf = {0};
    struct inf_models models = {0};
    struct target target = target_of("winxp-x86");
    size_t rank = 9;
    parse(&inf, HEADER "[Manufacturer]\nv=m\n[m]\na=A,X,ID\nb=B,ID\n");
    inf_models(&inf, &target, &models);
    assert_string_equal(inf_models_find(&models, "ID", &rank)->install, "B");
    assert_int_equal(rank, 0);
    inf_models_release(&models);
    inf_release(&inf);
}

static void test_empty_and_absent_sections_exclude(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "[Manufacturer]\nv=m,NTx86.5.1,NTx86.6.0,NTx86.6.1\n[m]\n[m.NTx86.5.1]\nd=i,ID\n"
               "[m.NTx86.6.0]\n; empty on purpose\n";
    static const struct {
        const char *windows;
        size_t count;
    } rows[] = {{"win2000-x86", 0}, {"winxp-x86", 1}, {"vista-x86", 0}, {"win7-x86", 0}};
    struct inf inf = {0};
    struct findings findings = {0};
    struct err e = {0};
    assert_true(inf_parse(span_text(file), &inf, &findings, &e));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct target target = target_of(rows[i].windows);
        struct inf_models models = {0};
        inf_models(&inf, &target, &models);
        assert_int_equal(models.count, rows[i].count);
        inf_models_release(&models);
    }
    assert_non_null(findings_have(&findings, "inf-section-missing", NULL));
    findings_release(&findings);
    inf_release(&inf);
}

static void test_as_many_models_as_we_take(void **state)
{
    (void)state;
    for (int more = 0; more <= 1; more++) {
        struct text t = {0};
        struct inf inf = {0};
        struct inf_models models = {0};
        struct target target = target_of("winxp-x86");
        text_add(&t, HEADER "[Manufacturer]\nv=m\n[m]\n");
        for (int i = 0; i < INF_ITEMS_MAX + more; i++)
            text_add(&t, "d=i\n");
        parse(&inf, text_str(&t));
        inf_models(&inf, &target, &models);
        assert_int_equal(models.count, INF_ITEMS_MAX);
        assert_int_equal(models.truncated, more);
        inf_models_release(&models);
        inf_release(&inf);
        text_release(&t);
    }
}

static void test_too_many_models_are_cut(void **state)
{
    (void)state;
    struct text t = {0};
    struct inf inf = {0};
    struct inf_models models = {0};
    struct target target = target_of("winxp-x86");
    text_add(&t, HEADER "[Manufacturer]\n");
    for (int i = 0; i < 400; i++)
        text_add(&t, "v=m\n");
    text_add(&t, "[m]\n");
    for (int i = 0; i < 400; i++)
        text_add(&t, "d=i,ID\n");
    parse(&inf, text_str(&t));
    inf_models(&inf, &target, &models);
    assert_true(models.truncated);
    assert_int_equal(models.count, INF_ITEMS_MAX);
    inf_models_release(&models);
    inf_release(&inf);
    text_release(&t);
}

/* --- install section and catalog by platform --- */

static void test_install_section(void **state)
{
    (void)state;
    static const struct {
        const char *sections, *windows, *expected;
        const char *sentence;
    } rows[] = {
        {"[i.NTamd64]\n[i.NT]\n[i]\n", "win7-x64", "i.NTamd64",
         "the processor's section comes first"},
        {"[i.NTamd64]\n[i.NT]\n[i]\n", "win7-x86", "i.NT", "then .NT, on x64 and x86"},
        {"[i.NT]\n[i]\n", "win10-22h2-x64", "i.NT", ".NT serves x64 too"},
        {"[i]\n", "server2025", "i", "then the undecorated one, on every processor"},
        {"[i.NTx86]\n[i]\n", "win2000-x86", "i.NTx86",
         "Windows 2000 knows decorated install sections"},
        {"[i.NTamd64]\n", "win7-x86", NULL, "none for this processor"},
        {"[i.NTarm64]\n[i]\n", "win11-24h2-arm64", "i.NTarm64", "ARM64 has its own"},
        {"[i.nTaMd64]\n", "win11-24h2-x64", "i.nTaMd64", "case does not matter"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text t = {0};
        struct inf inf = {0};
        struct inf_install install = {0};
        struct target target = target_of(rows[i].windows);
        text_add(&t, HEADER);
        text_add(&t, rows[i].sections);
        parse(&inf, text_str(&t));
        bool ok = inf_install(&inf, &target, "I", &install);
        if (ok != (rows[i].expected != NULL)
            || (ok && strcmp(install.section, rows[i].expected) != 0))
            fail_msg("%s: %s", rows[i].sentence, ok ? install.section : "none");
        inf_install_release(&install);
        inf_release(&inf);
        text_release(&t);
    }
}

static void test_catalog(void **state)
{
    (void)state;
    static const struct {
        const char *entries, *windows, *expected;
        const char *sentence;
    } rows[] = {
        {"CatalogFile=a.cat", "win7-x64", "a.cat", "the plain one is for all"},
        {"CatalogFile=a.cat\nCatalogFile.NTamd64=b.cat", "win7-x64", "b.cat",
         "a processor's own comes first"},
        {"CatalogFile=a.cat\nCatalogFile.NTamd64=b.cat", "win7-x86", "a.cat",
         "the plain one is for the others"},
        {"CatalogFile=a.cat\nCatalogFile.NT=c.cat", "win7-x86", "c.cat",
         ".NT comes before the plain one"},
        {"CatalogFile.NT=c.cat\nCatalogFile.NTx86=d.cat", "win2000-x86", "d.cat",
         "the processor's comes before .NT"},
        {"CatalogFile.NTx86=d.cat", "win7-x64", "", "only for another processor: unsigned here"},
        {"CatalogFile=\"a.cat\"", "winxp-x86", "a.cat", "in quotes"},
        {"CatalogFile=%c%", "winxp-x86", "string.cat", "from a string"},
        {"CatalogFile.NTx86=\nCatalogFile=a.cat", "winxp-x86", "a.cat", "an empty entry is none"},
        {"CatalogFile=", "winxp-x86", "", "no catalog"},
        {"CatalogFile.NTarm64=e.cat\nCatalogFile=a.cat", "win11-24h2-arm64", "e.cat", "ARM64"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text t = {0};
        struct inf inf = {0};
        struct target target = target_of(rows[i].windows);
        text_addf(&t, HEADER "%s\n[Strings]\nc=string.cat\n", rows[i].entries);
        parse(&inf, text_str(&t));
        if (strcmp(inf_catalog(&inf, &target), rows[i].expected) != 0)
            fail_msg("%s: '%s'", rows[i].sentence, inf_catalog(&inf, &target));
        inf_release(&inf);
        text_release(&t);
    }
}

static void test_all_catalogs(void **state)
{
    (void)state;
    struct inf inf = {0};
    struct inf_names names = {0};
    parse(&inf, HEADER "CatalogFile.NTamd64=b.cat\nCatalogFile=a.cat\nCatalogFile.NTx86=A.CAT\n");
    inf_catalogs(&inf, &names);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.at[0], "a.cat");
    assert_string_equal(names.at[1], "b.cat");
    assert_string_equal(inf_catalog(&inf, NULL), "a.cat");
    inf_names_release(&names);
    inf_release(&inf);
    parse(&inf, HEADER "CatalogFile.NTarm64=7\nCatalogFile.NTarm=6\nCatalogFile.NTia64=5\n"
                       "CatalogFile.NTamd64=4\nCatalogFile.NTx86=3\nCatalogFile.NT=2\n"
                       "CatalogFile=\n");
    inf_catalogs(&inf, &names);
    assert_int_equal(names.count, 6);
    for (size_t i = 0; i < names.count; i++)
        assert_int_equal(names.at[i][0], '2' + (int)i);
    inf_names_release(&names);
    inf_release(&inf);
    parse(&inf, HEADER);
    assert_string_equal(inf_catalog(&inf, NULL), "");
    inf_release(&inf);
}

/* --- names of Windows --- */

static void test_target_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t major, minor, build, service_pack;
        enum target_product product;
        enum target_arch arch;
        const char *canonical;
        const char *sentence;
    } rows[] = {
        {"winxp-x86", 5, 1, 2600, 0, TARGET_WORKSTATION, TARGET_X86, "winxp-x86", "XP"},
        {"WinXP-X64", 5, 2, 3790, 1, TARGET_WORKSTATION, TARGET_AMD64, "winxp-x64",
         "XP x64 is 5.2, a workstation; case"},
        {"win7sp1-amd64", 6, 1, 7601, 1, TARGET_WORKSTATION, TARGET_AMD64, "win7sp1-x64",
         "amd64 is x64"},
        {"server2008r2", 6, 1, 7600, 0, TARGET_SERVER, TARGET_AMD64, "server2008r2-x64",
         "x64 rather than Itanium"},
        {"server2012", 6, 2, 9200, 0, TARGET_SERVER, TARGET_AMD64, "server2012-x64",
         "the only processor may be left out"},
        {"win10-x64", 10, 0, 19045, 0, TARGET_WORKSTATION, TARGET_AMD64, "win10-22h2-x64",
         "win10 is its last release"},
        {"win11-arm64", 10, 0, 26100, 0, TARGET_WORKSTATION, TARGET_ARM64, "win11-24h2-arm64",
         "win11"},
        {"win81-x86", 6, 3, 9600, 0, TARGET_WORKSTATION, TARGET_X86, "win8.1-x86", "win81 is 8.1"},
        {"win7", 0, 0, 0, 0, TARGET_PRODUCT_UNKNOWN, TARGET_ARCH_UNKNOWN, NULL,
         "which processor is not clear"},
        {"win9-x64", 0, 0, 0, 0, TARGET_PRODUCT_UNKNOWN, TARGET_ARCH_UNKNOWN, NULL,
         "there is no Windows 9"},
        {"server2012-x86", 0, 0, 0, 0, TARGET_PRODUCT_UNKNOWN, TARGET_ARCH_UNKNOWN, NULL,
         "Server 2012 never ran on x86"},
        {"", 0, 0, 0, 0, TARGET_PRODUCT_UNKNOWN, TARGET_ARCH_UNKNOWN, NULL, "nothing"},
        {"-x64", 0, 0, 0, 0, TARGET_PRODUCT_UNKNOWN, TARGET_ARCH_UNKNOWN, NULL, "only a processor"},
        {"win7-x64+kb1", 0, 0, 0, 0, TARGET_PRODUCT_UNKNOWN, TARGET_ARCH_UNKNOWN, NULL,
         "a + where nobody takes it"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct target t = {0};
        struct err e = {0};
        char name[TARGET_NAME_MAX] = "";
        bool ok = target_parse(rows[i].name, &t, NULL, &e);
        if (ok != (rows[i].canonical != NULL) || (!ok && e.kind != ERR_USAGE))
            fail_msg("%s: %d %s", rows[i].sentence, ok, e.text);
        if (!ok)
            continue;
        target_name(&t, name, sizeof name);
        if (t.major != rows[i].major || t.minor != rows[i].minor || t.build != rows[i].build
            || t.service_pack != rows[i].service_pack || t.product != rows[i].product
            || t.arch != rows[i].arch || strcmp(name, rows[i].canonical) != 0)
            fail_msg("%s: %s %lu.%lu.%lu", rows[i].sentence, name, (unsigned long)t.major,
                     (unsigned long)t.minor, (unsigned long)t.build);
    }
}

static void test_target_round_trip(void **state)
{
    (void)state;
    size_t count = 0;
    const struct target *all = target_all(&count);
    assert_true(count > 80);
    for (size_t i = 0; i < count; i++) {
        struct target t = {0};
        struct err e = {0};
        char name[TARGET_NAME_MAX];
        const char *rest = NULL;
        target_name(&all[i], name, sizeof name);
        if (!target_parse(name, &t, &rest, &e) || *rest)
            fail_msg("%s: %s", name, e.text);
        assert_memory_equal(&t, &all[i], sizeof t);
    }
}

static void test_target_rest(void **state)
{
    (void)state;
    struct target t = {0};
    struct err e = {0};
    const char *rest = NULL;
    char name[TARGET_NAME_MAX];
    assert_true(target_parse("win7sp1-x64+kb3033929+secureboot", &t, &rest, &e));
    assert_string_equal(rest, "+kb3033929+secureboot");
    t.build = 7602;
    target_name(&t, name, sizeof name);
    assert_string_equal(name, "win7sp1-x64"); /* the nearest at or below */
    t.build = 100;
    target_name(&t, name, sizeof name);
    assert_string_equal(name, "nt6.1.100-x64");
    assert_int_equal(target_compare(&t, 6, 1), 0);
    assert_true(target_compare(&t, 6, 2) < 0);
    assert_true(target_compare(&t, 5, 9) > 0);
    assert_true(target_compare(&t, 10, 0) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_decorations_alone),
        cmocka_unit_test(test_domain_controller_and_datacenter),
        cmocka_unit_test(test_a_version_after_10_0_knows_builds),
        cmocka_unit_test(test_every_windows),
        cmocka_unit_test(test_family_shapes),
        cmocka_unit_test(test_each_line_contributes),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_find_prefers_the_better_rank),
        cmocka_unit_test(test_empty_and_absent_sections_exclude),
        cmocka_unit_test(test_which_fields_are_ids),
        cmocka_unit_test(test_lines_that_name_nothing),
        cmocka_unit_test(test_as_many_models_as_we_take),
        cmocka_unit_test(test_too_many_models_are_cut),
        cmocka_unit_test(test_install_section),
        cmocka_unit_test(test_catalog),
        cmocka_unit_test(test_all_catalogs),
        cmocka_unit_test(test_target_names),
        cmocka_unit_test(test_target_round_trip),
        cmocka_unit_test(test_target_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
