/*
 * target: one Windows to predict for, by the numbers that INFs and policies compare, and by name.
 *
 * A target is what a decoration in an INF and a rule about signatures can tell apart: version,
 * build, service pack, product type, suite, processor. It knows the names that people type
 * ("win7sp1-x64", "win10-22h2-x64", "server2025") and refuses to know updates, Secure Boot or any
 * setting: those stand behind a "+" and belong to the policy.
 */
#ifndef XENPV_VERIFIER_TARGET_H
#define XENPV_VERIFIER_TARGET_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum target_arch {
    TARGET_ARCH_UNKNOWN = 0,
    TARGET_X86,
    TARGET_AMD64,
    TARGET_IA64,
    TARGET_ARM,
    TARGET_ARM64,
    TARGET_ARCH_COUNT
};

/*
 * The numbers of RTL_OSVERSIONINFOEX.wProductType; 0 is "unknown", which matches no decoration that
 * names one.
 */
enum target_product {
    TARGET_PRODUCT_UNKNOWN = 0,
    TARGET_WORKSTATION = 1,
    TARGET_DOMAIN_CONTROLLER = 2,
    TARGET_SERVER = 3,
};

/* VER_SUITE_*, of which decorations in the wild use the data centre bit. */
enum {
    TARGET_SUITE_ENTERPRISE = 0x2,
    TARGET_SUITE_TERMINAL = 0x10,
    TARGET_SUITE_DATACENTER = 0x80,
    TARGET_SUITE_SINGLE_USER = 0x100,
    TARGET_SUITE_PERSONAL = 0x200,
};

/* No storage is owned. Filled by target_parse, or by hand from the facts of a guest. */
struct target {
    uint32_t major, minor, build;
    uint32_t service_pack;
    enum target_product product;
    uint32_t suite;
    enum target_arch arch;
    const char *windows; /* "win7sp1", from the table; NULL when filled by hand */
};

/*
 * The target that name means: a Windows of the table, "-" and a processor (x86, x64, ia64, arm64;
 * may be left out where that Windows ran on only one of x86 and x64). Case is ignored. *rest, which
 * may be NULL, is set to the first "+" in name or to its end: what stands there is the policy's.
 * Without rest a "+" is refused. ERR_USAGE names what was not understood.
 */
bool target_parse(const char *name, struct target *out, const char **rest, struct err *e);

/*
 * Every Windows of the table with every processor it ran on, oldest first: what `--for all` means.
 * *count is set; the storage is static.
 */
const struct target *target_all(size_t *count);

/*
 * "win7sp1-x64" for any target: by table where one fits (the nearest build at or below), else
 * "nt6.1.7601-x64".
 */
void target_name(const struct target *t, char *out, size_t size);

enum { TARGET_NAME_MAX = 48 };

/* "x86", "x64", "ia64", "arm", "arm64": how people call it. */
const char *target_arch_name(enum target_arch arch);

/* "x86", "amd64", "ia64", "arm", "arm64": how INF decorations call it. */
const char *target_arch_inf(enum target_arch arch);

/* The processor with this INF name in any case, or TARGET_ARCH_UNKNOWN. */
enum target_arch target_arch_of_inf(const char *name, size_t size);

/* <0, 0, >0 as the version major.minor of t is below, at or above the one given. */
int target_compare(const struct target *t, uint32_t major, uint32_t minor);

#endif
