#include "installer/cpuid.h"

#include "base/text.h"

#include <string.h>

#if defined(__i386__) || defined(__x86_64__)
#include <cpuid.h>
#endif

#define XEN_SIGNATURE "XenVMMXenVMM"
#define VIRIDIAN_SIGNATURE "Microsoft Hv"
#define HYPERVISOR_PRESENT (UINT32_C(1) << 31) /* CPUID.1:ECX */

enum {
    SIGNATURE_SIZE = 12,
    /* Leaves after the base, of arch-x86/cpuid.h. */
    XEN_VERSION = 1,
    XEN_HYPERCALL = 2, /* the least that is announced, whatever the toolstack cuts off */
    XEN_HVM = 4,
    XEN_HVM_DOMAIN_ID_GIVEN = 0x10,
    /* Hyper-V's own, by the Hypervisor Top Level Functional Specification. */
    VIRIDIAN_FEATURES = 3,
    VIRIDIAN_CREATE_PARTITIONS = 0x1, /* EBX */
    SIGNATURES_MAX = 8,
};

bool cpuid_processor(uint32_t leaf, uint32_t subleaf, struct cpuid_registers *out)
{
#if defined(__i386__) || defined(__x86_64__)
    __cpuid_count(leaf, subleaf, out->eax, out->ebx, out->ecx, out->edx);
    return true;
#else
    (void)leaf;
    (void)subleaf;
    (void)out;
    return false;
#endif
}

static void put_register(char *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(unsigned char)(value >> 8 * i);
}

/* The twelve characters in EBX, ECX, EDX; shorter names are padded with NUL. */
static void signature_of(const struct cpuid_registers *r, char text[SIGNATURE_SIZE + 1])
{
    put_register(text, r->ebx);
    put_register(text + 4, r->ecx);
    put_register(text + 8, r->edx);
    text[SIGNATURE_SIZE] = '\0';
}

static bool is_xen(const struct cpuid_registers *r, uint32_t base)
{
    char signature[SIGNATURE_SIZE + 1];
    signature_of(r, signature);
    return strcmp(signature, XEN_SIGNATURE) == 0 && r->eax >= base + XEN_HYPERCALL &&
           r->eax < base + CPUID_HYPERVISOR_STEP;
}

static void read_xen(cpuid_ask *ask, uint32_t base, uint32_t last, struct facts_platform *p)
{
    struct cpuid_registers r = {0};
    p->hypervisor = HYPERVISOR_XEN;
    p->xen_leaf = number_of(base);
    if (ask(base + XEN_VERSION, 0, &r)) {
        p->xen_major = number_of(r.eax >> 16);
        p->xen_minor = number_of(r.eax & 0xffff);
    }
    if (last < base + XEN_HVM || !ask(base + XEN_HVM, 0, &r))
        return;
    p->xen_features = number_of(r.eax);
    if (r.eax & XEN_HVM_DOMAIN_ID_GIVEN)
        p->domain_id = number_of(r.ecx);
}

static void add_signature(struct facts_platform *p, const char *signature)
{
    struct text t = {0};
    text_add_escaped(&t, signature);
    if (!p->signature)
        shape_set_text(&p->signature, text_str(&t));
    if (*signature && p->signatures.count < SIGNATURES_MAX)
        texts_add(&p->signatures, text_str(&t));
    text_release(&t);
}

/* Processors answer for leaves that nobody implements, too; what does not look like a first leaf is
 * not counted. */
static bool is_first_leaf(const struct cpuid_registers *r, uint32_t base)
{
    return r->eax >= base && r->eax < base + CPUID_HYPERVISOR_STEP;
}

/* Only the Windows that runs Hyper-V itself may create partitions; Viridian never grants it. */
static enum tri own_hypervisor(cpuid_ask *ask, const char *first, uint32_t last)
{
    struct cpuid_registers r = {0};
    if (strcmp(first, VIRIDIAN_SIGNATURE) != 0)
        return TRI_NO;
    if (last < CPUID_HYPERVISOR_FIRST + VIRIDIAN_FEATURES ||
        !ask(CPUID_HYPERVISOR_FIRST + VIRIDIAN_FEATURES, 0, &r))
        return TRI_UNKNOWN;
    return r.ebx & VIRIDIAN_CREATE_PARTITIONS ? TRI_YES : TRI_NO;
}

void cpuid_platform(cpuid_ask *ask, struct facts_platform *p)
{
    struct cpuid_registers r = {0};
    char first[SIGNATURE_SIZE + 1], signature[SIGNATURE_SIZE + 1];
    if (!ask(1, 0, &r))
        return;
    if (!(r.ecx & HYPERVISOR_PRESENT)) {
        p->hypervisor = HYPERVISOR_NONE;
        return;
    }
    if (!ask(CPUID_HYPERVISOR_FIRST, 0, &r))
        return;
    signature_of(&r, first);
    add_signature(p, first);
    p->own_hypervisor = own_hypervisor(ask, first, r.eax);
    p->hypervisor = HYPERVISOR_OTHER;
    for (uint32_t base = CPUID_HYPERVISOR_FIRST; base <= CPUID_HYPERVISOR_LAST;
         base += CPUID_HYPERVISOR_STEP) {
        if (!ask(base, 0, &r))
            continue;
        signature_of(&r, signature);
        if (base != CPUID_HYPERVISOR_FIRST && is_first_leaf(&r, base))
            add_signature(p, signature);
        if (!is_xen(&r, base))
            continue;
        read_xen(ask, base, r.eax, p);
        p->viridian = strcmp(first, VIRIDIAN_SIGNATURE) == 0 ? TRI_YES : TRI_NO;
        return;
    }
}
