/* cpuid: what is made of the leaves of machines that were met, and of some that lie. */
#include "installer/cpuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PRESENT 0x80000000u
#define XEN 0x566e6558, 0x65584d4d, 0x4d4d566e
#define MICROSOFT 0x7263694d, 0x666f736f, 0x76482074
#define KVM 0x4b4d564b, 0x564b4d56, 0x0000004d

enum { LEAVES_MAX = 8 };

struct leaf {
    uint32_t number;
    uint32_t eax, ebx, ecx, edx;
};

/* -1 stands for "not known". */
struct row {
    const char *sentence;
    struct leaf leaves[LEAVES_MAX]; /* ended by number 0; all others answer zeros */
    enum hypervisor hypervisor;
    const char *signature;
    int64_t base, major, minor, domain;
    enum tri viridian;
};

static const struct row rows[] = {
    {"bare metal is not a guest, whatever lies behind the leaves",
     {{1, 0, 0, 0x7ffafbff, 0}, {0x40000000, 0x40000005, XEN}},
     HYPERVISOR_NONE, NULL, -1, -1, -1, -1, TRI_UNKNOWN},
    {"Xen 4.17 without Viridian",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000005, XEN}, {0x40000001, 0x00040011, 0, 0, 0},
      {0x40000004, 0x5c, 0, 1, 0}},
     HYPERVISOR_XEN, "XenVMMXenVMM", 0x40000000, 4, 17, 1, TRI_NO},
    {"Xen 4.17 with Viridian stands 0x100 higher",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000006, MICROSOFT}, {0x40000100, 0x40000105, XEN},
      {0x40000101, 0x00040011, 0, 0, 0}, {0x40000104, 0x5c, 0, 7, 0}},
     HYPERVISOR_XEN, "Microsoft Hv", 0x40000100, 4, 17, 7, TRI_YES},
    {"domain 0x7fff without the bit that gives it is not known",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000005, XEN}, {0x40000001, 0x00040003, 0, 0, 0},
      {0x40000004, 0x0c, 0, 0x7fff, 0}},
     HYPERVISOR_XEN, "XenVMMXenVMM", 0x40000000, 4, 3, -1, TRI_NO},
    {"a toolstack that announces two leaves hides the domain id",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000002, XEN}, {0x40000001, 0x00030004, 0, 0, 0},
      {0x40000004, 0x10, 0, 5, 0}},
     HYPERVISOR_XEN, "XenVMMXenVMM", 0x40000000, 3, 4, -1, TRI_NO},
    {"Xen under another hypervisor's leaves, not Viridian's",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000001, KVM}, {0x40000100, 0x40000104, XEN},
      {0x40000101, 0x0004000d, 0, 0, 0}, {0x40000104, 0x10, 0, 0, 0}},
     HYPERVISOR_XEN, "KVMKVMKVM", 0x40000100, 4, 13, 0, TRI_NO},
    {"the last place that is looked at",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000006, MICROSOFT}, {0x4000ff00, 0x4000ff02, XEN},
      {0x4000ff01, 0x00040001, 0, 0, 0}},
     HYPERVISOR_XEN, "Microsoft Hv", 0x4000ff00, 4, 1, -1, TRI_YES},
    {"one place behind the last is not looked at",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000006, MICROSOFT}, {0x40010000, 0x40010005, XEN}},
     HYPERVISOR_OTHER, "Microsoft Hv", -1, -1, -1, -1, TRI_UNKNOWN},
    {"a real Hyper-V is another hypervisor",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x4000000b, MICROSOFT}},
     HYPERVISOR_OTHER, "Microsoft Hv", -1, -1, -1, -1, TRI_UNKNOWN},
    {"Xen's name with fewer leaves than any Xen announces is not Xen",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000001, XEN}, {0x40000001, 0x00040011, 0, 0, 0}},
     HYPERVISOR_OTHER, "XenVMMXenVMM", -1, -1, -1, -1, TRI_UNKNOWN},
    {"Xen's name with leaves that reach into the next place is not Xen",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0xffffffff, XEN}},
     HYPERVISOR_OTHER, "XenVMMXenVMM", -1, -1, -1, -1, TRI_UNKNOWN},
    {"a name that would write to a terminal is made safe",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000001, 0x4d325b1b, 0, 0}},
     HYPERVISOR_OTHER, "\\x1b[2M", -1, -1, -1, -1, TRI_UNKNOWN},
};

static const struct row *asked;

static bool ask(uint32_t leaf, uint32_t subleaf, struct cpuid_registers *out)
{
    *out = (struct cpuid_registers){0, 0, 0, 0};
    for (size_t i = 0; subleaf == 0 && i < LEAVES_MAX && asked->leaves[i].number; i++) {
        const struct leaf *l = &asked->leaves[i];
        if (l->number == leaf)
            *out = (struct cpuid_registers){l->eax, l->ebx, l->ecx, l->edx};
    }
    return true;
}

static bool no_processor(uint32_t leaf, uint32_t subleaf, struct cpuid_registers *out)
{
    (void)leaf;
    (void)subleaf;
    (void)out;
    return false;
}

static bool number_is(struct number have, int64_t want)
{
    return want < 0 ? !have.known : have.known && have.value == (uint64_t)want;
}

static bool text_is(const char *have, const char *want)
{
    return have && want ? strcmp(have, want) == 0 : have == want;
}

static bool row_holds(const struct row *r, const struct facts_platform *p)
{
    return p->hypervisor == r->hypervisor && text_is(p->signature, r->signature)
           && number_is(p->xen_leaf, r->base) && number_is(p->xen_major, r->major)
           && number_is(p->xen_minor, r->minor) && number_is(p->domain_id, r->domain)
           && p->viridian == r->viridian;
}

static void leaves_become_facts(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct facts f = {0};
        asked = &rows[i];
        cpuid_platform(ask, &f.platform);
        if (!row_holds(&rows[i], &f.platform)) {
            print_error("not so: %s\n", rows[i].sentence);
            failed++;
        }
        facts_release(&f);
    }
    assert_int_equal(failed, 0);
}

static const struct {
    const char *sentence;
    struct leaf leaves[LEAVES_MAX];
    const char *signatures; /* with commas between */
    enum tri own_hypervisor;
    int64_t features;
} details[] = {
    {"Xen alone",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000005, XEN}, {0x40000004, 0x5c, 0, 1, 0}},
     "XenVMMXenVMM", TRI_NO, 0x5c},
    {"Viridian in front of Xen grants no partitions",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000006, MICROSOFT}, {0x40000003, 0x60, 0, 0, 0},
      {0x40000100, 0x40000104, XEN}, {0x40000104, 0x10, 0, 1, 0}},
     "Microsoft Hv,XenVMMXenVMM", TRI_NO, 0x10},
    {"a Windows that runs Hyper-V itself, which hides Xen",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x4000000b, MICROSOFT}, {0x40000003, 0x2e7f, 1, 0, 0}},
     "Microsoft Hv", TRI_YES, -1},
    {"Hyper-V's leaves cut off before the one that tells",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000002, MICROSOFT}, {0x40000003, 0, 1, 0, 0}},
     "Microsoft Hv", TRI_UNKNOWN, -1},
    {"Xen below KVM: both are named",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000001, KVM}, {0x40000100, 0x40000102, XEN}},
     "KVMKVMKVM,XenVMMXenVMM", TRI_NO, -1},
    {"what a processor answers for leaves of nobody is no name",
     {{1, 0, 0, PRESENT, 0}, {0x40000000, 0x40000001, KVM}, {0x40000100, 0x7, 0x41, 0x42, 0x43}},
     "KVMKVMKVM", TRI_NO, -1},
};

static void every_hypervisor_is_named(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < sizeof details / sizeof *details; i++) {
        struct facts f = {0};
        struct row row = {.sentence = details[i].sentence};
        char names[256] = "";
        memcpy(row.leaves, details[i].leaves, sizeof row.leaves);
        asked = &row;
        cpuid_platform(ask, &f.platform);
        for (size_t k = 0; k < f.platform.signatures.count; k++)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", k ? "," : "",
                     f.platform.signatures.at[k]);
        if (strcmp(names, details[i].signatures) != 0
            || f.platform.own_hypervisor != details[i].own_hypervisor
            || !number_is(f.platform.xen_features, details[i].features)) {
            print_error("not so: %s (%s)\n", details[i].sentence, names);
            failed++;
        }
        facts_release(&f);
    }
    assert_int_equal(failed, 0);
}

static void without_cpuid_nothing_is_known(void **state)
{
    (void)state;
    struct facts f = {0};
    cpuid_platform(no_processor, &f.platform);
    assert_int_equal(f.platform.hypervisor, HYPERVISOR_UNKNOWN);
    assert_null(f.platform.signature);
    facts_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_become_facts),
        cmocka_unit_test(every_hypervisor_is_named),
        cmocka_unit_test(without_cpuid_nothing_is_known),
    };
    return cmocka_run_group_tests_name("cpuid", tests, NULL, NULL);
}
