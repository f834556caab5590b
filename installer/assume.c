#include "installer/assume.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/target.h"

#include <string.h>

struct word {
    const char *name;
    void (*apply)(struct facts *f);
};

static void with_test_signing(struct facts *f)
{
    f->integrity.test_signing = TRI_YES;
}

static void with_secure_boot(struct facts *f)
{
    f->integrity.secure_boot = f->integrity.uefi = TRI_YES;
}

/* UEFI firmware alone: Secure Boot is off. */
static void with_uefi(struct facts *f)
{
    f->integrity.uefi = TRI_YES;
}

static void with_sha2(struct facts *f)
{
    f->integrity.sha2 = TRI_YES;
}

static void upgraded(struct facts *f)
{
    f->integrity.upgraded = TRI_YES;
}

static const struct word words[] = {
    {"testsigning", with_test_signing},
    {"secureboot", with_secure_boot},
    {"uefi", with_uefi},
    {"kb3033929", with_sha2},
    {"kb4474419", with_sha2},
    {"sha2", with_sha2},
    {"upgraded", upgraded},
};

static bool apply_word(const char *word, size_t size, struct facts *f, struct err *e)
{
    char *copy = mem_strndup(word, size);
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof *words && !found; i++) {
        found = text_equal_nocase(copy, words[i].name);
        if (found)
            words[i].apply(f);
    }
    struct text known = {0}, safe = {0};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        text_addf(&known, "%s+%s", i ? " " : "", words[i].name);
    text_add_escaped(&safe, copy);
    if (!found)
        err_set(e, ERR_USAGE, "'+%s' is not known; known are: %s", text_str(&safe),
                text_str(&known));
    text_release(&safe);
    text_release(&known);
    mem_free(copy);
    return found;
}

static enum architecture architecture_of(enum target_arch arch)
{
    switch (arch) {
    case TARGET_X86: return ARCHITECTURE_X86;
    case TARGET_AMD64: return ARCHITECTURE_X64;
    case TARGET_IA64: return ARCHITECTURE_IA64;
    case TARGET_ARM64: return ARCHITECTURE_ARM64;
    default: return ARCHITECTURE_UNKNOWN;
    }
}

static void fill(const struct target *t, struct facts *f)
{
    struct facts_windows *w = &f->windows;
    enum { WARN = 1 };
    f->schema = number_of(FACTS_SCHEMA);
    f->platform.hypervisor = HYPERVISOR_XEN;
    w->major = number_of(t->major);
    w->minor = number_of(t->minor);
    w->build = number_of(t->build);
    w->service_pack = number_of(t->service_pack);
    w->type = (enum product_type)t->product;
    w->suite = number_of(t->suite);
    w->architecture = w->process = architecture_of(t->arch);
    f->integrity.test_signing = f->integrity.disabled = f->integrity.secure_boot = TRI_NO;
    f->integrity.whql_enforced = f->integrity.hvci = f->integrity.uefi = f->integrity.upgraded =
        TRI_NO;
    f->integrity.sha2 = target_compare(t, 6, 2) >= 0 ? TRI_YES : TRI_NO;
    if (t->major < 6)
        f->integrity.signing_policy = number_of(WARN);
    struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
    d->instance = mem_strdup("PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\assumed");
    d->present = TRI_YES;
    texts_add(&d->hardware_ids, "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01");
    texts_add(&d->hardware_ids, "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853");
    texts_add(&d->compatible_ids, "PCI\\VEN_5853&DEV_0001&REV_01");
    texts_add(&d->compatible_ids, "PCI\\VEN_5853&DEV_0001");
    f->devices_reading = f->services_reading = f->packages_reading = READING_FULL;
    f->products_reading = f->filters_reading = READING_FULL;
}

bool assume_facts(const char *name, struct facts *f, struct err *e)
{
    struct target t;
    const char *rest;
    if (!target_parse(name, &t, &rest, e))
        return false;
    fill(&t, f);
    while (*rest == '+') {
        size_t size = strcspn(rest + 1, "+");
        if (!apply_word(rest + 1, size, f, e)) {
            facts_release(f);
            return false;
        }
        rest += 1 + size;
    }
    return true;
}
