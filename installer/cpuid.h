/*
 * cpuid: what the processor says about the hypervisor.
 *
 * The rules are those of Xen's public header arch-x86/cpuid.h and of the Windows PV drivers' own
 * check: a leaf from 0x40000000 up, in steps of 0x100, whose signature is XenVMMXenVMM and which
 * announces two more leaves at least. With Viridian on, Hyper-V's leaves stand first and Xen's at
 * 0x40000100. cpuid knows nothing of Windows; tests answer in the processor's place.
 */
#ifndef XENPV_INSTALLER_CPUID_H
#define XENPV_INSTALLER_CPUID_H

#include "drivers-manifest/facts.h"

#include <stdint.h>

enum {
    CPUID_HYPERVISOR_FIRST = 0x40000000,
    CPUID_HYPERVISOR_LAST = 0x4000ff00,
    CPUID_HYPERVISOR_STEP = 0x100,
};

struct cpuid_registers {
    uint32_t eax, ebx, ecx, edx;
};

/* Answers for leaf and subleaf; false when this processor has no CPUID instruction. */
typedef bool cpuid_ask(uint32_t leaf, uint32_t subleaf, struct cpuid_registers *out);

/* The instruction itself. */
bool cpuid_processor(uint32_t leaf, uint32_t subleaf, struct cpuid_registers *out);

/*
 * Fill hypervisor, signature, signatures, xen_leaf, xen_major, xen_minor, xen_features, domain_id,
 * viridian and own_hypervisor of *p.
 * Nothing is filled where ask fails; what a clamped Xen does not tell stays unknown.
 */
void cpuid_platform(cpuid_ask *ask, struct facts_platform *p);

#endif
