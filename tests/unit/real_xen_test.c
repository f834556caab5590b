/*
 * real Xen: what the processor and the firmware of two guests of Xen 4.17 said, recorded by
 * tests/xen, becomes the platform of the facts that the Windows program wrote there.
 */
#include "base/file.h"
#include "installer/cpuid.h"
#include "installer/smbios.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

#define FOLDER "tests/golden/xen/"

enum { LEAVES_MAX = 64, RECORD_MAX = 1 << 20 };

static struct leaf {
    uint32_t number, subleaf;
    struct cpuid_registers registers;
} leaves[LEAVES_MAX];
static size_t leaf_count;

static void read_record(const char *guest, const char *ending, struct bytes *out)
{
    struct text path = {0};
    struct err e = {0};
    text_addf(&path, FOLDER "%s%s", guest, ending);
    if (!file_read(text_str(&path), RECORD_MAX, out, &e))
        fail_msg("'%s' cannot be read", text_str(&path));
    text_release(&path);
}

/* Lines "LEAF.SUBLEAF EAX EBX ECX EDX". */
static void read_leaves(const char *guest)
{
    struct bytes b = {0};
    struct text t = {0};
    read_record(guest, ".leaves", &b);
    text_addf(&t, "%.*s", (int)b.size, (const char *)b.at);
    leaf_count = 0;
    for (const char *line = text_str(&t); line && *line;) {
        struct leaf *l = &leaves[leaf_count];
        assert_in_range(leaf_count, 0, LEAVES_MAX - 1);
        assert_int_equal(sscanf(line, "%x.%u %x %x %x %x", &l->number, &l->subleaf,
                                &l->registers.eax, &l->registers.ebx, &l->registers.ecx,
                                &l->registers.edx),
                         6);
        leaf_count++;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    text_release(&t);
    bytes_release(&b);
}

/* Xen answers zeros for what it does not have; what was not recorded lies behind that. */
static bool ask(uint32_t number, uint32_t subleaf, struct cpuid_registers *out)
{
    *out = (struct cpuid_registers){0, 0, 0, 0};
    for (size_t i = 0; i < leaf_count; i++)
        if (leaves[i].number == number && leaves[i].subleaf == subleaf)
            *out = leaves[i].registers;
    return true;
}

/* hvmloader names itself to guests of every toolstack. Wine keeps such strings from its programs,
 * so the facts have none. */
static void only_hvmloaders_string(struct texts *oem_strings)
{
    assert_int_equal(oem_strings->count, 1);
    assert_string_equal(oem_strings->at[0], "Xen");
    texts_release(oem_strings);
}

/* The platform of the facts, once as it was written there and once as it is made here. ACPI and the
 * reading are no business of what was recorded. */
static void recorded_is_written(const char *guest)
{
    struct bytes json = {0}, table = {0};
    struct facts f = {0}, made = {0};
    struct err e = {0};
    read_leaves(guest);
    read_record(guest, ".smbios", &table);
    read_record(guest, ".json", &json);
    assert_true(facts_decode(bytes_span(&json), &f, &e));
    char *want = facts_encode(&f);

    cpuid_platform(ask, &made.platform);
    CHECK("the table is whole", smbios_platform(bytes_span(&table), &made.platform));
    only_hvmloaders_string(&made.platform.oem_strings);
    made.platform.reading = f.platform.reading;
    shape_set_text(&made.platform.acpi_oem, f.platform.acpi_oem);
    shape_set_text(&made.platform.acpi_table, f.platform.acpi_table);
    struct facts_platform written = f.platform;
    f.platform = made.platform;
    made.platform = written;
    char *have = facts_encode(&f);
    CHECK_TEXT("the platform is the one that was written in the guest", have, want);

    mem_free(want);
    mem_free(have);
    facts_release(&f);
    facts_release(&made);
    bytes_release(&json);
    bytes_release(&table);
}

static void without_viridian(void **state)
{
    (void)state;
    recorded_is_written("plain");
}

static void with_viridian(void **state)
{
    (void)state;
    recorded_is_written("viridian");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_viridian),
        cmocka_unit_test(with_viridian),
    };
    return cmocka_run_group_tests_name("real xen", tests, NULL, NULL);
}
