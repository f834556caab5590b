#include "verifier/target.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/*
 * Versions and builds: Microsoft's windows-driver-docs, inf-manufacturer-section.md, for 10 and
 * later; older ones as in the VERSIONINFO of those systems' kernels. Suites are what RtlGetVersion
 * gives for the common edition: none on 2000, single-user on a workstation, single-user and
 * terminal on a server.
 */
enum { WS = TARGET_SUITE_SINGLE_USER, SV = TARGET_SUITE_SINGLE_USER | TARGET_SUITE_TERMINAL };

#define ROW(name, maj, min, bld, sp, kind, suites, cpu)                                            \
    {                                                                                              \
        .windows = (name), .major = (maj), .minor = (min), .build = (bld), .service_pack = (sp),   \
        .product = (kind), .suite = (suites), .arch = (cpu)                                        \
    }
#define CLIENT(name, maj, min, bld, sp, cpu)                                                       \
    ROW(name, maj, min, bld, sp, TARGET_WORKSTATION, WS, cpu)
#define SERVER(name, maj, min, bld, sp, cpu) ROW(name, maj, min, bld, sp, TARGET_SERVER, SV, cpu)
#define BOTH(row, name, maj, min, bld, sp)                                                         \
    row(name, maj, min, bld, sp, TARGET_X86), row(name, maj, min, bld, sp, TARGET_AMD64)
#define TEN(name, bld) BOTH(CLIENT, name, 10, 0, bld, 0)
#define TEN_ARM(name, bld) TEN(name, bld), CLIENT(name, 10, 0, bld, 0, TARGET_ARM64)
#define ELEVEN(name, bld)                                                                          \
    CLIENT(name, 10, 0, bld, 0, TARGET_AMD64), CLIENT(name, 10, 0, bld, 0, TARGET_ARM64)

static const struct target table[] = {
    ROW("win2000", 5, 0, 2195, 0, TARGET_WORKSTATION, 0, TARGET_X86),
    ROW("win2000sp4", 5, 0, 2195, 4, TARGET_WORKSTATION, 0, TARGET_X86),
    ROW("server2000", 5, 0, 2195, 0, TARGET_SERVER, 0, TARGET_X86),
    ROW("server2000sp4", 5, 0, 2195, 4, TARGET_SERVER, 0, TARGET_X86),
    CLIENT("winxp", 5, 1, 2600, 0, TARGET_X86),
    CLIENT("winxpsp1", 5, 1, 2600, 1, TARGET_X86),
    CLIENT("winxpsp2", 5, 1, 2600, 2, TARGET_X86),
    CLIENT("winxpsp3", 5, 1, 2600, 3, TARGET_X86),
    /* The 64-bit edition is Server 2003 SP1 inside, and says that it is a workstation. */
    CLIENT("winxp", 5, 2, 3790, 1, TARGET_AMD64),
    CLIENT("winxpsp2", 5, 2, 3790, 2, TARGET_AMD64),
    SERVER("server2003", 5, 2, 3790, 0, TARGET_X86),
    SERVER("server2003", 5, 2, 3790, 0, TARGET_IA64),
    BOTH(SERVER, "server2003sp1", 5, 2, 3790, 1),
    SERVER("server2003sp1", 5, 2, 3790, 1, TARGET_IA64),
    BOTH(SERVER, "server2003sp2", 5, 2, 3790, 2),
    SERVER("server2003sp2", 5, 2, 3790, 2, TARGET_IA64),
    BOTH(CLIENT, "vista", 6, 0, 6000, 0),
    BOTH(CLIENT, "vistasp1", 6, 0, 6001, 1),
    BOTH(CLIENT, "vistasp2", 6, 0, 6002, 2),
    BOTH(SERVER, "server2008", 6, 0, 6001, 1),
    SERVER("server2008", 6, 0, 6001, 1, TARGET_IA64),
    BOTH(SERVER, "server2008sp2", 6, 0, 6002, 2),
    SERVER("server2008sp2", 6, 0, 6002, 2, TARGET_IA64),
    BOTH(CLIENT, "win7", 6, 1, 7600, 0),
    BOTH(CLIENT, "win7sp1", 6, 1, 7601, 1),
    SERVER("server2008r2", 6, 1, 7600, 0, TARGET_AMD64),
    SERVER("server2008r2", 6, 1, 7600, 0, TARGET_IA64),
    SERVER("server2008r2sp1", 6, 1, 7601, 1, TARGET_AMD64),
    SERVER("server2008r2sp1", 6, 1, 7601, 1, TARGET_IA64),
    BOTH(CLIENT, "win8", 6, 2, 9200, 0),
    SERVER("server2012", 6, 2, 9200, 0, TARGET_AMD64),
    BOTH(CLIENT, "win8.1", 6, 3, 9600, 0),
    SERVER("server2012r2", 6, 3, 9600, 0, TARGET_AMD64),
    TEN("win10-1507", 10240),
    TEN("win10-1511", 10586),
    TEN("win10-1607", 14393),
    SERVER("server2016", 10, 0, 14393, 0, TARGET_AMD64),
    TEN("win10-1703", 15063),
    TEN_ARM("win10-1709", 16299),
    TEN_ARM("win10-1803", 17134),
    TEN_ARM("win10-1809", 17763),
    SERVER("server2019", 10, 0, 17763, 0, TARGET_AMD64),
    TEN_ARM("win10-1903", 18362),
    TEN_ARM("win10-1909", 18363),
    TEN_ARM("win10-2004", 19041),
    TEN_ARM("win10-20h2", 19042),
    TEN_ARM("win10-21h1", 19043),
    TEN_ARM("win10-21h2", 19044),
    TEN_ARM("win10-22h2", 19045),
    SERVER("server2022", 10, 0, 20348, 0, TARGET_AMD64),
    ELEVEN("win11-21h2", 22000),
    ELEVEN("win11-22h2", 22621),
    ELEVEN("win11-23h2", 22631),
    ELEVEN("win11-24h2", 26100),
    SERVER("server2025", 10, 0, 26100, 0, TARGET_AMD64),
    ELEVEN("win11-25h2", 26200),
    ELEVEN("win11-26h1", 28000),
};

enum { ROWS = sizeof table / sizeof *table };

/*
 * Other names in use for rows above; "win10" and "win11" mean the last release that every support
 * table knows.
 */
static const struct alias {
    const char *alias, *windows;
} aliases[] = {
    {"win81", "win8.1"},
    {"win2k", "win2000"},
    {"xp", "winxp"},
    {"winvista", "vista"},
    {"server2003r2", "server2003sp2"},
    {"win2003", "server2003"},
    {"win10", "win10-22h2"},
    {"win11", "win11-24h2"},
};

static const struct {
    const char *people, *inf;
} arch_names[TARGET_ARCH_COUNT] = {
    [TARGET_ARCH_UNKNOWN] = {"unknown", ""}, [TARGET_X86] = {"x86", "x86"},
    [TARGET_AMD64] = {"x64", "amd64"},       [TARGET_IA64] = {"ia64", "ia64"},
    [TARGET_ARM] = {"arm", "arm"},           [TARGET_ARM64] = {"arm64", "arm64"},
};

const char *target_arch_name(enum target_arch arch)
{
    return arch_names[arch < TARGET_ARCH_COUNT ? arch : TARGET_ARCH_UNKNOWN].people;
}

const char *target_arch_inf(enum target_arch arch)
{
    return arch_names[arch < TARGET_ARCH_COUNT ? arch : TARGET_ARCH_UNKNOWN].inf;
}

static bool same(const char *whole, const char *part, size_t size)
{
    return strlen(whole) == size && text_starts_nocase(part, whole);
}

enum target_arch target_arch_of_inf(const char *name, size_t size)
{
    for (int arch = TARGET_ARCH_UNKNOWN + 1; arch < TARGET_ARCH_COUNT; arch++)
        if (same(arch_names[arch].inf, name, size))
            return (enum target_arch)arch;
    return TARGET_ARCH_UNKNOWN;
}

/*
 * "-x64" at the end of the size characters at name: its processor, with *size shortened; else
 * unknown.
 */
static enum target_arch cut_arch(const char *name, size_t *size)
{
    for (int arch = TARGET_ARCH_UNKNOWN + 1; arch < TARGET_ARCH_COUNT; arch++) {
        const char *spellings[] = {arch_names[arch].people, arch_names[arch].inf};
        for (int i = 0; i < 2; i++) {
            size_t n = strlen(spellings[i]);
            if (*size > n && name[*size - n - 1] == '-' &&
                same(spellings[i], name + *size - n, n)) {
                *size -= n + 1;
                return (enum target_arch)arch;
            }
        }
    }
    return TARGET_ARCH_UNKNOWN;
}

static const struct target *find(const char *name, size_t size, enum target_arch arch)
{
    for (size_t i = 0; i < ROWS; i++)
        if (table[i].arch == arch && same(table[i].windows, name, size))
            return &table[i];
    return NULL;
}

/* Without a processor: x86 or x64, if it ran on only one of them; *unclear when it ran on both. */
static const struct target *find_any(const char *name, size_t size, enum target_arch arch,
                                     bool *unclear)
{
    if (arch)
        return find(name, size, arch);
    const struct target *x86 = find(name, size, TARGET_X86), *x64 = find(name, size, TARGET_AMD64);
    *unclear = x86 && x64;
    return x64 ? x64 : x86;
}

bool target_parse(const char *name, struct target *out, const char **rest, struct err *e)
{
    size_t whole = strcspn(name, "+"), size = whole;
    struct text shown = {.ceiling = 80};
    enum target_arch arch = cut_arch(name, &size);
    bool unclear = false;
    const struct target *found = find_any(name, size, arch, &unclear);
    for (size_t i = 0; !found && i < sizeof aliases / sizeof *aliases; i++)
        if (same(aliases[i].alias, name, size))
            found = find_any(aliases[i].windows, strlen(aliases[i].windows), arch, &unclear);

    text_add_escaped(&shown, name);
    bool ok = true;
    if (!found)
        ok = err_set(
            e, ERR_USAGE,
            "'%s' is no Windows that we know; such as win7sp1-x64, win10-22h2-x64, server2025",
            text_str(&shown));
    else if (unclear)
        ok = err_set(e, ERR_USAGE, "'%s' needs a processor: -x86 or -x64", text_str(&shown));
    else if (name[whole] && !rest)
        ok = err_set(e, ERR_USAGE, "'%s': nothing can follow '+' here", text_str(&shown));
    text_release(&shown);
    if (!ok)
        return false;
    *out = *found;
    if (rest)
        *rest = name + whole;
    return true;
}

const struct target *target_all(size_t *count)
{
    *count = ROWS;
    return table;
}

/* Is a a better name for t than b (which may be NULL)? Both are at or below t. */
static bool is_nearer(const struct target *a, const struct target *b)
{
    if (!b || a->build != b->build)
        return !b || a->build > b->build;
    return a->service_pack > b->service_pack;
}

void target_name(const struct target *t, char *out, size_t size)
{
    const struct target *best = NULL;
    for (size_t i = 0; i < ROWS; i++) {
        const struct target *row = &table[i];
        bool kind = (row->product == TARGET_WORKSTATION) == (t->product == TARGET_WORKSTATION);
        if (!kind || row->arch != t->arch || row->major != t->major || row->minor != t->minor)
            continue;
        if (row->build <= t->build && row->service_pack <= t->service_pack && is_nearer(row, best))
            best = row;
    }
    if (best)
        snprintf(out, size, "%s-%s", best->windows, target_arch_name(t->arch));
    else
        snprintf(out, size, "nt%lu.%lu.%lu-%s", (unsigned long)t->major, (unsigned long)t->minor,
                 (unsigned long)t->build, target_arch_name(t->arch));
}

int target_compare(const struct target *t, uint32_t major, uint32_t minor)
{
    if (t->major != major)
        return t->major < major ? -1 : 1;
    return t->minor == minor ? 0 : t->minor < minor ? -1 : 1;
}
