/* facts: there and back through JSON, what contradicts itself, and the questions that are asked of
 * them. */
#include "drivers-manifest/facts.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

/* Gives every member of an object a value of its own, by its shape; n counts them. */
static void fill(const struct shape *shape, void *object, unsigned *n);

static void fill_member(const struct shape_field *f, void *member, unsigned *n)
{
    char text[64];
    snprintf(text, sizeof text, "%s %u \xc3\xa4\\\"", f->name, ++*n);
    if (f->kind == SHAPE_TEXT) {
        shape_set_text(member, text);
    } else if (f->kind == SHAPE_NUMBER) {
        *(struct number *)member = number_of(*n);
    } else if (f->kind == SHAPE_TRI) {
        *(enum tri *)member = *n % 2 ? TRI_YES : TRI_NO;
    } else if (f->kind == SHAPE_ENUM) {
        int words = 0;
        while (f->names[words + 1])
            words++;
        *(int *)member = words;
    } else if (f->kind == SHAPE_TEXTS) {
        texts_add(member, text);
        texts_add(member, "");
    } else if (f->kind == SHAPE_OBJECT) {
        fill(f->shape, member, n);
    } else if (f->kind == SHAPE_LIST) {
        fill(f->shape, shape_list_add(member, f->shape->size), n);
        fill(f->shape, shape_list_add(member, f->shape->size), n);
    } else {
        fail_msg("no value for the kind of '%s'", f->name);
    }
}

static void fill(const struct shape *shape, void *object, unsigned *n)
{
    for (size_t i = 0; i < shape->count; i++)
        fill_member(&shape->fields[i], (char *)object + shape->fields[i].offset, n);
}

static struct facts filled(void)
{
    struct facts f = {0};
    unsigned n = 0;
    fill(&facts_shape, &f, &n);
    f.schema = number_of(FACTS_SCHEMA);
    f.platform.hypervisor = HYPERVISOR_XEN;
    f.integrity.uefi = f.integrity.secure_boot;
    for (size_t i = 0; i < f.devices.count; i++)
        f.devices.at[i].started = f.devices.at[i].present;
    assert_true(n > 100);
    return f;
}

static void check_round_trip(const struct facts *f)
{
    struct facts back = {0};
    struct err e = {0};
    char *first = facts_encode(f);
    if (!facts_decode(span_text(first), &back, &e))
        fail_msg("%s", e.text);
    char *second = facts_encode(&back);
    assert_string_equal(first, second);
    mem_free(first);
    mem_free(second);
    facts_release(&back);
}

static void full_facts_come_back_as_they_were(void **state)
{
    (void)state;
    struct facts f = filled(), zero = {0};
    char *json = facts_encode(&f);
    CHECK("each member stands in the JSON", !strstr(json, "null"));
    CHECK_HAS("an enum is a word", json, "\"architecture\": \"ia64\"");
    CHECK_HAS("a product type is a word", json, "\"type\": \"server\"");
    CHECK_HAS("a kind of network adapter is a word", json, "\"kind\": \"other\"");
    CHECK_HAS("a reading is a word", json, "\"devices_reading\": \"needs-elevation\"");
    mem_free(json);
    check_round_trip(&f);
    facts_release(&f);
    assert_memory_equal(&f, &zero, sizeof f);
}

static size_t size_of(const struct shape_field *f)
{
    switch (f->kind) {
    case SHAPE_TEXT:
    case SHAPE_MAYBE: return sizeof(char *);
    case SHAPE_NUMBER: return sizeof(struct number);
    case SHAPE_TRI:
    case SHAPE_ENUM: return sizeof(int);
    case SHAPE_TEXTS: return sizeof(struct texts);
    case SHAPE_OBJECT: return f->shape->size;
    case SHAPE_LIST: return sizeof(void *) + sizeof(size_t);
    }
    return 0;
}

/* The members that a table names cover the struct but for padding, none of them twice. */
static void check_cover(const struct shape *shape)
{
    size_t covered = 0;
    unsigned char taken[4096] = {0};
    assert_true(shape->size <= sizeof taken);
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *f = &shape->fields[i];
        CHECK("each member stands in its table once", !taken[f->offset]);
        memset(taken + f->offset, 1, size_of(f));
        covered += size_of(f);
        if (f->shape)
            check_cover(f->shape);
    }
    for (size_t i = 0; i + sizeof(void *) <= shape->size; i += sizeof(void *))
        CHECK("no member is missing in its table", memchr(taken + i, 1, sizeof(void *)));
    assert_true(covered <= shape->size);
}

static void every_member_stands_in_the_tables(void **state)
{
    (void)state;
    check_cover(&facts_shape);
}

static void empty_facts_come_back_as_they_were(void **state)
{
    (void)state;
    struct facts f = {.schema = number_of(FACTS_SCHEMA)};
    char *json = facts_encode(&f);
    CHECK("what is not known is never 'no'", !strstr(json, "false") && !strstr(json, ": 0"));
    mem_free(json);
    check_round_trip(&f);
}

/* What detection could not read is null; a member that is left out is read the same. */
static void what_is_left_out_is_unknown(void **state)
{
    (void)state;
    struct facts f = {0}, unknown = {.schema = number_of(FACTS_SCHEMA)};
    assert_true(facts_decode(span_text("{\"schema\": 1}"), &f, NULL));
    assert_memory_equal(&f, &unknown, sizeof f);
    facts_release(&f);
    assert_true(
        facts_decode(span_text("{\"schema\": 1, \"windows\": {\"major\": null}, \"devices\": null,"
                               " \"of the future\": 1}"),
                     &f, NULL));
    assert_memory_equal(&f, &unknown, sizeof f);
    facts_release(&f);
}

static const struct {
    const char *sentence, *json, *why;
} refused[] = {
    {"no schema", "{}", "schema"},
    {"a schema of the future", "{\"schema\": 2}", "schema 2; this program reads schema 1"},
    {"schema 0", "{\"schema\": 0}", "schema 0"},
    {"a schema that is a text", "{\"schema\": \"1\"}", "'schema'"},
    {"a Xen leaf without a hypervisor",
     "{\"schema\": 1, \"platform\": {\"xen_leaf\": 1073741824,"
     " \"hypervisor\": \"none\"}}",
     "'platform.xen_leaf'"},
    {"a Xen leaf of another hypervisor",
     "{\"schema\": 1, \"platform\": {\"xen_leaf\": 1073741824,"
     " \"hypervisor\": \"other\"}}",
     "'platform.xen_leaf'"},
    {"a Xen leaf of nobody knows what", "{\"schema\": 1, \"platform\": {\"xen_leaf\": 1073741824}}",
     "'platform.xen_leaf'"},
    {"an x64 process on an x86 Windows",
     "{\"schema\": 1, \"windows\": {\"architecture\": \"x86\", \"process\": \"x64\"}}",
     "an x64 process on an x86 Windows"},
    {"a minor version without a major one", "{\"schema\": 1, \"windows\": {\"minor\": 1}}",
     "'windows.minor'"},
    {"a build without a minor version",
     "{\"schema\": 1, \"windows\": {\"major\": 10, \"build\": 1}}", "'windows.build'"},
    {"Secure Boot on a BIOS",
     "{\"schema\": 1,\n \"integrity\": {\"uefi\": false,\n  \"secure_boot\": true}}",
     "line 3, column 18: the facts contradict themselves: Secure Boot"},
    {"a ghost that runs",
     "{\"schema\": 1, \"devices\": [{},\n{\"present\": false, \"started\": true}]}",
     "line 2, column 31: the facts contradict themselves: a device runs"},
    {"a wrong word", "{\"schema\": 1, \"windows\": {\"type\": \"client\"}}", "'windows.type'"},
    {"a wrong type deep inside",
     "{\"schema\": 1, \"devices\": [{}, {\"hardware_ids\": [\"a\", 1]}]}",
     "'devices[1].hardware_ids[1]'"},
    {"no JSON", "{\"schema\": 1", "not JSON"},
};

static void facts_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct facts zero;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct facts f = {0};
        struct err e = {0};
        CHECK(refused[i].sentence, !facts_decode(span_text(refused[i].json), &f, &e));
        CHECK(refused[i].sentence, e.kind == ERR_FORMAT);
        CHECK_HAS(refused[i].sentence, e.text, refused[i].why);
        CHECK("nothing is left", memcmp(&f, &zero, sizeof f) == 0);
    }
}

static const struct {
    const char *sentence, *json;
} accepted[] = {
    {"a Xen leaf on Xen",
     "{\"schema\": 1, \"platform\": {\"xen_leaf\": 1073742080, \"hypervisor\": \"xen\"}}"},
    {"Xen without a leaf", "{\"schema\": 1, \"platform\": {\"hypervisor\": \"xen\"}}"},
    {"an x86 process on an x64 Windows",
     "{\"schema\": 1, \"windows\": {\"architecture\": \"x64\", \"process\": \"x86\"}}"},
    {"a major version alone", "{\"schema\": 1, \"windows\": {\"major\": 6}}"},
};

static void facts_beside_them_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct facts f = {0};
        CHECK(accepted[i].sentence, facts_decode(span_text(accepted[i].json), &f, NULL));
        facts_release(&f);
    }
}

enum { UNKNOWN = 99999 };

struct at_least_row {
    const char *sentence;
    uint64_t have[3];
    unsigned want[3];
    enum tri answer;
};

static const struct at_least_row at_least_rows[] = {
    {"the same version", {6, 1, 7601}, {6, 1, 7601}, TRI_YES},
    {"a later build", {6, 1, 7601}, {6, 1, 7600}, TRI_YES},
    {"an earlier build", {6, 1, 7600}, {6, 1, 7601}, TRI_NO},
    {"a later minor with an earlier build", {6, 2, 100}, {6, 1, 7601}, TRI_YES},
    {"an earlier minor with a later build", {6, 0, 9999}, {6, 1, 0}, TRI_NO},
    {"a later major with all else earlier", {10, 0, 0}, {6, 3, 9600}, TRI_YES},
    {"an earlier major with all else later", {5, 2, 3790}, {6, 0, 0}, TRI_NO},
    {"nothing is known", {UNKNOWN, UNKNOWN, UNKNOWN}, {5, 0, 0}, TRI_UNKNOWN},
    {"the major decides without the rest", {10, UNKNOWN, UNKNOWN}, {6, 0, 0}, TRI_YES},
    {"the major decides against without the rest", {5, UNKNOWN, UNKNOWN}, {6, 0, 0}, TRI_NO},
    {"the minor is needed and not known", {6, UNKNOWN, 7601}, {6, 1, 7600}, TRI_UNKNOWN},
    {"the minor decides without the build", {6, 2, UNKNOWN}, {6, 1, 7600}, TRI_YES},
    {"the build is needed and not known", {10, 0, UNKNOWN}, {10, 0, 14393}, TRI_UNKNOWN},
    {"an unknown build is not 0", {10, 0, UNKNOWN}, {10, 0, 0}, TRI_UNKNOWN},
    {"an unknown major is not decided by the rest", {UNKNOWN, 1, 7601}, {6, 0, 0}, TRI_UNKNOWN},
};

static struct number number_or_unknown(uint64_t value)
{
    return value == UNKNOWN ? (struct number){0} : number_of(value);
}

static void versions_are_compared_as_far_as_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(at_least_rows); i++) {
        const struct at_least_row *row = &at_least_rows[i];
        struct facts_windows w = {.major = number_or_unknown(row->have[0]),
                                  .minor = number_or_unknown(row->have[1]),
                                  .build = number_or_unknown(row->have[2])};
        CHECK(row->sentence,
              facts_windows_at_least(&w, row->want[0], row->want[1], row->want[2]) == row->answer);
    }
}

static struct facts_device *add_device(struct facts *f, const char *hardware,
                                       const char *compatible, enum tri present)
{
    struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
    d->present = present;
    texts_add(&d->hardware_ids, hardware);
    texts_add(&d->compatible_ids, compatible);
    return d;
}

static void devices_are_found_by_either_kind_of_id(void **state)
{
    (void)state;
    struct facts f = {0};
    add_device(&f, "PCI\\VEN_1234&DEV_1111", "PCI\\CC_03", TRI_YES);
    add_device(&f, "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01", "PCI\\VEN_5853&DEV_0001",
               TRI_YES);
    assert_ptr_equal(facts_device_with_id(&f, "PCI\\VEN_5853&DEV_0001"), &f.devices.at[1]);
    assert_ptr_equal(facts_device_with_id(&f, "pci\\ven_5853&dev_0001&subsys_00015853&rev_01"),
                     &f.devices.at[1]);
    assert_null(facts_device_with_id(&f, "PCI\\VEN_5853&DEV_0002"));
    assert_null(facts_device_with_id(&f, "PCI\\VEN_5853"));
    assert_null(facts_device_with_id(&f, ""));
    assert_true(facts_device_has_id(&f.devices.at[0], "pci\\cc_03"));
    assert_false(facts_device_has_id(&f.devices.at[1], "PCI\\CC_03"));
    facts_release(&f);
}

static void a_ghost_is_no_device(void **state)
{
    (void)state;
    struct facts f = {0};
    add_device(&f, "XEN\\VBD", "", TRI_NO);
    assert_null(facts_device_with_id(&f, "XEN\\VBD"));
    add_device(&f, "XEN\\VBD", "", TRI_UNKNOWN);
    add_device(&f, "XEN\\VBD", "", TRI_YES);
    assert_ptr_equal(facts_device_with_id(&f, "XEN\\VBD"), &f.devices.at[1]);
    facts_release(&f);
}

static void services_are_found_without_case(void **state)
{
    (void)state;
    struct facts f = {0};
    shape_list_add(&f.services, sizeof *f.services.at); /* one whose name is not known */
    struct facts_service *s = shape_list_add(&f.services, sizeof *s);
    shape_set_text(&s->name, "XenVbd");
    assert_ptr_equal(facts_service_named(&f, "xenvbd"), &f.services.at[1]);
    assert_null(facts_service_named(&f, "xenvb"));
    facts_release(&f);
}

static void values_are_found_without_case(void **state)
{
    (void)state;
    struct facts f = {0};
    shape_list_add(&f.values, sizeof *f.values.at); /* one whose key is not known */
    struct facts_value *key = shape_list_add(&f.values, sizeof *key);
    shape_set_text(&key->key, "HKLM\\SYSTEM\\XEN");
    struct facts_value *v = shape_list_add(&f.values, sizeof *v);
    shape_set_text(&v->key, "HKLM\\SYSTEM\\XEN");
    shape_set_text(&v->name, "NICS");
    v->number = number_of(2);
    assert_ptr_equal(facts_value_of(&f, "hklm\\system\\xen", "nics"), &f.values.at[2]);
    assert_ptr_equal(facts_value_of(&f, "hklm\\system\\xen", NULL), &f.values.at[1]);
    assert_null(facts_value_of(&f, "hklm\\system\\xen", ""));
    assert_null(facts_value_of(&f, "hklm\\system", "nics"));
    assert_int_equal(facts_value_number(&f, "HKLM\\System\\Xen", "NICS").value, 2);
    assert_false(facts_value_number(&f, "HKLM\\System\\Xen", "DISKS").known);
    assert_false(facts_value_number(&f, "HKLM\\System\\Xen", NULL).known);
    facts_release(&f);
}

static void the_system_disk_is_the_one_that_says_so(void **state)
{
    (void)state;
    struct facts f = {0};
    assert_null(facts_system_disk(&f));
    shape_list_add(&f.disks, sizeof *f.disks.at);
    struct facts_disk *no = shape_list_add(&f.disks, sizeof *no);
    no->system = TRI_NO;
    assert_null(facts_system_disk(&f));
    struct facts_disk *yes = shape_list_add(&f.disks, sizeof *yes);
    yes->system = TRI_YES;
    assert_ptr_equal(facts_system_disk(&f), &f.disks.at[2]);
    facts_release(&f);
}

static void architectures_have_names(void **state)
{
    (void)state;
    assert_string_equal(architecture_name(ARCHITECTURE_UNKNOWN), "unknown");
    assert_string_equal(architecture_name(ARCHITECTURE_X86), "x86");
    assert_string_equal(architecture_name(ARCHITECTURE_X64), "x64");
    assert_string_equal(architecture_name(ARCHITECTURE_ARM64), "arm64");
    assert_string_equal(architecture_name(ARCHITECTURE_IA64), "ia64");
}

/* Each byte of a full document changed: read or refused, and whatever is read is written the same
 * again. */
static void changed_documents_are_settled(void **state)
{
    (void)state;
    struct facts f = filled();
    char *json = facts_encode(&f);
    size_t size = strlen(json), taken = 0;
    for (size_t i = 0; i < size; i += 7) {
        struct facts back = {0};
        json[i] = (char)(json[i] ^ 0x02);
        if (facts_decode(span_of(json, size), &back, NULL)) {
            check_round_trip(&back);
            facts_release(&back);
            taken++;
        }
        json[i] = (char)(json[i] ^ 0x02);
    }
    assert_true(taken > 100 && taken < size / 7);
    mem_free(json);
    facts_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_facts_come_back_as_they_were),
        cmocka_unit_test(every_member_stands_in_the_tables),
        cmocka_unit_test(empty_facts_come_back_as_they_were),
        cmocka_unit_test(what_is_left_out_is_unknown),
        cmocka_unit_test(facts_that_cannot_be_are_refused),
        cmocka_unit_test(facts_beside_them_are_read),
        cmocka_unit_test(versions_are_compared_as_far_as_known),
        cmocka_unit_test(devices_are_found_by_either_kind_of_id),
        cmocka_unit_test(a_ghost_is_no_device),
        cmocka_unit_test(services_are_found_without_case),
        cmocka_unit_test(values_are_found_without_case),
        cmocka_unit_test(the_system_disk_is_the_one_that_says_so),
        cmocka_unit_test(architectures_have_names),
        cmocka_unit_test(changed_documents_are_settled),
    };
    return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
