/* smbios: tables as hvmloader and others write them, and every way of cutting one off. */
#include "installer/smbios.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK_MAX = 4096, HEADER = 8 };

struct block {
    uint8_t at[BLOCK_MAX];
    size_t size;
};

static void put(struct block *b, const void *bytes, size_t size)
{
    assert_true(size <= sizeof b->at - b->size);
    if (size)
        memcpy(b->at + b->size, bytes, size);
    b->size += size;
}

static void start(struct block *b, uint8_t major, uint8_t minor)
{
    const uint8_t header[HEADER] = {0, major, minor, 0, 0, 0, 0, 0};
    b->size = 0;
    put(b, header, sizeof header);
}

/* What the header says of the size of what follows it. */
static void set_size(struct block *b, size_t size)
{
    b->at[4] = (uint8_t)(size & 0xff);
    b->at[5] = (uint8_t)(size >> 8);
    b->at[6] = b->at[7] = 0;
}

static struct span finish(struct block *b)
{
    set_size(b, b->size - HEADER);
    return span_of(b->at, b->size);
}

/* formatted follows the four bytes of the header; strings have '|' between them. */
static void add(struct block *b, uint8_t type, struct span formatted, const char *strings)
{
    const uint8_t header[4] = {type, (uint8_t)(4 + formatted.size), 0, type};
    put(b, header, sizeof header);
    put(b, formatted.at, formatted.size);
    for (const char *c = strings; *c; c++)
        put(b, *c == '|' ? "" : c, 1);
    put(b, "\0", 2);
}

static const uint8_t bios[] = {1, 2, 0, 0xe8, 3, 0};
static const uint8_t system_of_xen[] = {
    1,    2,    3,    4, /* strings, then the UUID */
    0x11, 0x12, 0x13, 0x14, 0x21, 0x22, 0x31, 0x32,
    0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 6,
};

static void add_xen(struct block *b)
{
    static const uint8_t two[] = {2};
    add(b, 0, span_of(bios, sizeof bios), "Xen|4.17.7|11/04/2026");
    add(b, 1, span_of(system_of_xen, sizeof system_of_xen), "Xen|HVM domU|4.17.7|serial");
    add(b, 3, span_of(two, 1), "Xen");
    add(b, 11, span_of(two, 1), "Xen|MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d");
    add(b, 127, span_of(NULL, 0), "");
}

static void xen_is_read(void **state)
{
    (void)state;
    struct block b;
    struct facts f = {0};
    start(&b, 2, 4);
    add_xen(&b);
    assert_true(smbios_platform(finish(&b), &f.platform));
    assert_string_equal(f.platform.bios_vendor, "Xen");
    assert_string_equal(f.platform.bios_version, "4.17.7");
    assert_string_equal(f.platform.system_manufacturer, "Xen");
    assert_string_equal(f.platform.system_product, "HVM domU");
    assert_string_equal(f.platform.system_version, "4.17.7");
    assert_string_equal(f.platform.system_uuid, "11121314-2122-3132-4142-434445464748");
    assert_int_equal(f.platform.oem_strings.count, 2);
    assert_string_equal(f.platform.oem_strings.at[0], "Xen");
    facts_release(&f);
}

static void uuid_is_turned_since_2_6(void **state)
{
    (void)state;
    struct block b;
    struct facts f = {0};
    start(&b, 2, 6);
    add_xen(&b);
    assert_true(smbios_platform(finish(&b), &f.platform));
    assert_string_equal(f.platform.system_uuid, "14131211-2221-3231-4142-434445464748");
    facts_release(&f);
}

static void uuid_that_is_not_given_is_unknown(void **state)
{
    (void)state;
    for (int fill = 0; fill <= 0xff; fill += 0xff) {
        struct block b;
        struct facts f = {0};
        uint8_t system[sizeof system_of_xen];
        memcpy(system, system_of_xen, sizeof system);
        memset(system + 4, fill, 16);
        start(&b, 2, 4);
        add(&b, 1, span_of(system, sizeof system), "Xen|HVM domU|4.17.7|serial");
        assert_true(smbios_platform(finish(&b), &f.platform));
        assert_null(f.platform.system_uuid);
        assert_string_equal(f.platform.system_product, "HVM domU");
        facts_release(&f);
    }
}

static void first_structure_of_a_type_counts(void **state)
{
    (void)state;
    struct block b;
    struct facts f = {0};
    start(&b, 2, 4);
    add(&b, 0, span_of(bios, sizeof bios), "Xen|4.17.7|x");
    add(&b, 0, span_of(bios, sizeof bios), "Other|1|x");
    assert_true(smbios_platform(finish(&b), &f.platform));
    assert_string_equal(f.platform.bios_vendor, "Xen");
    facts_release(&f);
}

static void numbers_of_strings_that_are_not_there_give_nothing(void **state)
{
    (void)state;
    static const uint8_t formatted[] = {200, 0, 0, 0, 0, 0};
    static const uint8_t many[] = {255};
    struct block b;
    struct facts f = {0};
    start(&b, 2, 4);
    add(&b, 0, span_of(formatted, sizeof formatted), "Xen");
    add(&b, 11, span_of(many, 1), "only one");
    assert_true(smbios_platform(finish(&b), &f.platform));
    assert_null(f.platform.bios_vendor);
    assert_null(f.platform.bios_version);
    assert_int_equal(f.platform.oem_strings.count, 1);
    facts_release(&f);
}

static void a_short_structure_does_not_lend_from_its_strings(void **state)
{
    (void)state;
    struct block b;
    struct facts f = {0};
    start(&b, 2, 4);
    add(&b, 1, span_of(system_of_xen, 1), "Xen|\1\2\3");
    assert_true(smbios_platform(finish(&b), &f.platform));
    assert_string_equal(f.platform.system_manufacturer, "Xen");
    assert_null(f.platform.system_product);
    assert_null(f.platform.system_uuid);
    facts_release(&f);
}

static void structure_shorter_than_its_header_is_refused(void **state)
{
    (void)state;
    struct block b;
    struct facts f = {0};
    start(&b, 2, 4);
    put(&b, "\0\3\0\0\0\0\0", 7);
    assert_false(smbios_platform(finish(&b), &f.platform));
    facts_release(&f);
}

/* Cut off anywhere, with the header's size left as it was and with it corrected. The bytes are on
 * the heap in their exact size, so that a sanitizer sees one read too far. */
static void every_cut_is_survived_and_seen(void **state)
{
    (void)state;
    struct block whole;
    start(&whole, 2, 4);
    add_xen(&whole);
    finish(&whole);
    for (size_t size = 0; size < whole.size; size++)
        for (int corrected = 0; corrected < 2; corrected++) {
            struct facts f = {0};
            struct block b = whole;
            if (corrected && size >= HEADER)
                set_size(&b, size - HEADER);
            uint8_t *exact = mem_resize(NULL, size ? size : 1, 1);
            memcpy(exact, b.at, size);
            bool seen_whole = smbios_platform(span_of(exact, size), &f.platform);
            if (seen_whole && !corrected)
                fail_msg("a table cut after %u bytes passed for whole", (unsigned)size);
            mem_free(exact);
            facts_release(&f);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xen_is_read),
        cmocka_unit_test(uuid_is_turned_since_2_6),
        cmocka_unit_test(uuid_that_is_not_given_is_unknown),
        cmocka_unit_test(first_structure_of_a_type_counts),
        cmocka_unit_test(numbers_of_strings_that_are_not_there_give_nothing),
        cmocka_unit_test(a_short_structure_does_not_lend_from_its_strings),
        cmocka_unit_test(structure_shorter_than_its_header_is_refused),
        cmocka_unit_test(every_cut_is_survived_and_seen),
    };
    return cmocka_run_group_tests_name("smbios", tests, NULL, NULL);
}
