/*
 * cpuid.c: shows the CPUID leaves of a Xen HVM guest to an unmodified program.
 *
 * A library for LD_PRELOAD. It asks the kernel to make the CPUID instruction fault
 * (arch_prctl(ARCH_SET_CPUID), which needs a processor and a hypervisor that can) and answers
 * each fault. It knows what the leaves of Xen 4.17 look like to a guest; it does not know Wine,
 * but lives with it: Wine installs its own SIGSEGV handler, which is called for every other fault,
 * and child processes take part because the environment and this library are inherited.
 *
 * XENPV_CPUID selects what is shown:
 *   xen       Xen's leaves at 0x40000000
 *   viridian  Hyper-V's leaves at 0x40000000 and Xen's at 0x40000100
 *   none      no hypervisor
 * Without the variable nothing is changed. A mode that cannot be given ends the program with
 * status 121, so that no test runs on the real leaves unnoticed.
 *
 * The handler runs on threads whose TLS register may be Windows' own: nothing here uses errno,
 * the stack protector or any other thread-local state.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    EXIT_NO_FAULTING = 121,
    ARCH_SET_CPUID_CODE = 0x1012,
};

#define HYPERVISOR_FIRST 0x40000000u
#define HYPERVISOR_LAST 0x4000ffffu
#define XEN_BESIDE_VIRIDIAN 0x40000100u
#define HYPERVISOR_PRESENT (1u << 31) /* CPUID.1:ECX */

#ifdef __x86_64__
#define ARCH_PRCTL_NUMBER 158
#define REG(name) REG_R##name
#else
#define ARCH_PRCTL_NUMBER 384
#define REG(name) REG_E##name
#endif

enum mode { MODE_OFF, MODE_XEN, MODE_VIRIDIAN, MODE_NONE };

struct leaf {
    uint32_t number;
    uint32_t subleaf;
    uint32_t eax, ebx, ecx, edx;
};

/* Leaf n of Xen is base + n. Read in an HVM guest of domain 1 on Xen 4.17.7, viridian=0. */
static const struct leaf xen_leaves[] = {
    {0, 0, 0x00000005, 0x566e6558, 0x65584d4d, 0x4d4d566e}, /* EAX: base is added */
    {1, 0, 0x00040011, 0, 0, 0},                             /* version 4.17 */
    {2, 0, 0x00000001, 0x40000000, 0, 0},                    /* one hypercall page, its MSR */
    {3, 0, 0x00000000, 0x00000002, 0x0026259d, 0x00000001},  /* time, TSC in kHz */
    {3, 1, 0x7aab2f28, 0x00000007, 0xccccdce7, 0xffffffff},
    {3, 2, 0x0026259d, 0, 0, 0},
    {4, 0, 0x0000005c, 0, 0x00000001, 0}, /* features; ECX: domain id */
    {5, 0, 0, 0, 0, 0},
};
#define VIRIDIAN_HYPERCALL_MSR 0x40000200u

/* Read in the same guest with viridian=1, before Windows has told its identity. */
static const struct leaf viridian_leaves[] = {
    {0, 0, 0x40000006, 0x7263694d, 0x666f736f, 0x76482074}, /* "Microsoft Hv" */
    {1, 0, 0x31237648, 0, 0, 0},                             /* "Hv#1" */
    {3, 0, 0x00000872, 0, 0, 0x00000408},
    {5, 0, 0xffffffff, 0, 0, 0},
    {6, 0, 0x0000000a, 0, 0, 0},
};

static enum mode mode;
static struct sigaction program_action; /* what the program thinks handles SIGSEGV */
static int (*libc_sigaction)(int, const struct sigaction *, struct sigaction *);

static long cpuid_faulting(bool allowed)
{
    long result;

#ifdef __x86_64__
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"((long)ARCH_PRCTL_NUMBER), "D"((long)ARCH_SET_CPUID_CODE),
                       "S"((long)allowed)
                     : "rcx", "r11", "memory");
#else
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"((long)ARCH_PRCTL_NUMBER), "b"((long)ARCH_SET_CPUID_CODE),
                       "c"((long)allowed)
                     : "memory");
#endif
    return result;
}

static void complain(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

static struct leaf processor_leaf(uint32_t number, uint32_t subleaf)
{
    struct leaf leaf = {.number = number, .subleaf = subleaf};

    cpuid_faulting(true);
    __asm__ volatile("cpuid"
                     : "=a"(leaf.eax), "=b"(leaf.ebx), "=c"(leaf.ecx), "=d"(leaf.edx)
                     : "a"(number), "c"(subleaf));
    cpuid_faulting(false);
    return leaf;
}

static struct leaf find_leaf(const struct leaf *table, size_t count, uint32_t number,
                             uint32_t subleaf)
{
    struct leaf zero = {.number = number, .subleaf = subleaf};

    for (size_t i = 0; i < count; i++)
        if (table[i].number == number && table[i].subleaf == subleaf)
            return table[i];
    return zero;
}

static struct leaf xen_leaf(uint32_t base, uint32_t number, uint32_t subleaf)
{
    struct leaf leaf = find_leaf(xen_leaves, sizeof(xen_leaves) / sizeof(xen_leaves[0]),
                                 number - base, number - base == 3 ? subleaf : 0);

    if (number == base)
        leaf.eax += base;
    if (base == XEN_BESIDE_VIRIDIAN && number == base + 2)
        leaf.ebx = VIRIDIAN_HYPERCALL_MSR;
    return leaf;
}

static struct leaf shown_leaf(uint32_t number, uint32_t subleaf)
{
    struct leaf leaf = {.number = number, .subleaf = subleaf};

    if (number >= HYPERVISOR_FIRST && number <= HYPERVISOR_LAST) {
        if (mode == MODE_XEN)
            return xen_leaf(HYPERVISOR_FIRST, number, subleaf);
        if (mode == MODE_VIRIDIAN && number >= XEN_BESIDE_VIRIDIAN)
            return xen_leaf(XEN_BESIDE_VIRIDIAN, number, subleaf);
        if (mode == MODE_VIRIDIAN)
            return find_leaf(viridian_leaves, sizeof(viridian_leaves) / sizeof(viridian_leaves[0]),
                             number - HYPERVISOR_FIRST, 0);
        return leaf;
    }
    leaf = processor_leaf(number, subleaf);
    if (number == 1 && mode == MODE_NONE)
        leaf.ecx &= ~HYPERVISOR_PRESENT;
    else if (number == 1)
        leaf.ecx |= HYPERVISOR_PRESENT;
    return leaf;
}

static bool answer_cpuid(const siginfo_t *info, ucontext_t *context)
{
    greg_t *registers = context->uc_mcontext.gregs;
    const unsigned char *code = (const unsigned char *)registers[REG(IP)];
    struct leaf leaf;

    /* A general protection fault comes with SI_KERNEL, and only then is the code readable. */
    if (info->si_code != SI_KERNEL || code[0] != 0x0f || code[1] != 0xa2)
        return false;
    leaf = shown_leaf((uint32_t)registers[REG(AX)], (uint32_t)registers[REG(CX)]);
    registers[REG(AX)] = (greg_t)leaf.eax;
    registers[REG(BX)] = (greg_t)leaf.ebx;
    registers[REG(CX)] = (greg_t)leaf.ecx;
    registers[REG(DX)] = (greg_t)leaf.edx;
    registers[REG(IP)] += 2;
    return true;
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};

    if (answer_cpuid(info, context))
        return;
    if (program_action.sa_handler == SIG_DFL || program_action.sa_handler == SIG_IGN)
        libc_sigaction(SIGSEGV, &standard, NULL); /* the fault repeats, and now kills */
    else if (program_action.sa_flags & SA_SIGINFO)
        program_action.sa_sigaction(number, info, context);
    else
        program_action.sa_handler(number);
}

static int install(const struct sigaction *wanted)
{
    struct sigaction ours = *wanted;

    ours.sa_sigaction = on_fault;
    ours.sa_flags |= SA_SIGINFO | SA_ONSTACK;
    ours.sa_flags &= ~(int)SA_RESETHAND;
    return libc_sigaction(SIGSEGV, &ours, NULL);
}

/* Takes the place of libc's: the program's SIGSEGV handler is noted, ours stays installed. */
__attribute__((visibility("default")))
int sigaction(int number, const struct sigaction *restrict wanted,
              struct sigaction *restrict previous)
{
    struct sigaction before = program_action;

    if (!libc_sigaction)
        *(void **)&libc_sigaction = dlsym(RTLD_NEXT, "sigaction");
    if (number != SIGSEGV || mode == MODE_OFF)
        return libc_sigaction(number, wanted, previous);
    if (wanted) {
        program_action = *wanted;
        if (install(wanted) != 0)
            return -1;
    }
    if (previous)
        *previous = before;
    return 0;
}

static enum mode wanted_mode(void)
{
    const char *name = getenv("XENPV_CPUID");

    if (!name || !*name)
        return MODE_OFF;
    if (strcmp(name, "xen") == 0)
        return MODE_XEN;
    if (strcmp(name, "viridian") == 0)
        return MODE_VIRIDIAN;
    if (strcmp(name, "none") == 0)
        return MODE_NONE;
    complain("cpuid.so: XENPV_CPUID is none of xen, viridian, none\n");
    _exit(EXIT_NO_FAULTING);
}

__attribute__((constructor)) static void start(void)
{
    struct sigaction none = {.sa_handler = SIG_DFL, .sa_flags = SA_NODEFER};

    mode = wanted_mode();
    if (mode == MODE_OFF)
        return;
    *(void **)&libc_sigaction = dlsym(RTLD_NEXT, "sigaction");
    if (install(&none) != 0 || cpuid_faulting(false) != 0) {
        complain("cpuid.so: this processor, or its hypervisor, cannot make CPUID fault\n");
        _exit(EXIT_NO_FAULTING);
    }
}
