/* shelf: files are found by their bytes, whatever they are called, and told apart from those that
 * only have the name. */
#include "installer/shelf.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <unistd.h>

static char *folder;

static void put(const char *name, const char *content)
{
    struct err e = {0};
    char *path = file_join(folder, name);
    if (!file_create(path, span_text(content), &e))
        fail_msg("%s", e.text);
    mem_free(path);
}

static void make_folder(const char *name)
{
    struct err e = {0};
    char *path = file_join(folder, name);
    if (!file_make_folder(path, &e))
        fail_msg("%s", e.text);
    mem_free(path);
}

static int set_up(void **state)
{
    (void)state;
    struct text t = {0};
    char *temporary = file_temp_folder();
    text_addf(&t, "%s/xenpv-shelf-test-%ld", temporary, (long)getpid());
    mem_free(temporary);
    folder = text_steal(&t);
    file_remove_tree(folder, NULL);
    struct err e = {0};
    if (!file_make_private_folder(folder, &e))
        fail_msg("%s", e.text);
    put("renamed.msi", "the real bytes");
    put("drivers.msi", "other  bytes 1");
    put("drivers.txt", "the real bytes of a text");
    put("long.msi", "the real bytes, and more");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    file_remove_tree(folder, NULL);
    mem_free(folder);
    return 0;
}

static char *hex_of(enum digest_kind kind, const char *content)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(kind, span_text(content));
    digest_hex(&d, hex);
    return mem_strdup(hex);
}

struct row {
    const char *sentence;
    const char *name, *sha256_of, *sha512_of; /* contents; NULL: not pinned */
    uint64_t size;                            /* 0: not pinned */
    enum shelf_match match;
    const char *found;
};

static const struct manifest_release release = {.id = NULL};

static const struct row rows[] = {
    {"by hash under another name", "drivers.msi", "the real bytes", NULL, 14, SHELF_PINNED,
     "renamed.msi"},
    {"by hash without a size", "drivers.msi", "the real bytes", NULL, 0, SHELF_PINNED,
     "renamed.msi"},
    {"by the other hash", "drivers.msi", NULL, "the real bytes", 14, SHELF_PINNED, "renamed.msi"},
    {"by both", "drivers.msi", "the real bytes", "the real bytes", 14, SHELF_PINNED, "renamed.msi"},
    {"one of two hashes is not enough", "drivers.msi", "the real bytes", "something", 14,
     SHELF_NAME_ONLY, "drivers.msi"},
    {"by name with other bytes", "drivers.msi", "nowhere", NULL, 0, SHELF_NAME_ONLY, "drivers.msi"},
    {"in another case of its name", "DRIVERS.MSI", "nowhere", NULL, 0, SHELF_NAME_ONLY,
     "drivers.msi"},
    {"the right bytes of another size are not looked at", "drivers.msi", "the real bytes", NULL, 15,
     SHELF_NAME_ONLY, "drivers.msi"},
    {"without a size only files of its kind are looked at", "absent.msi",
     "the real bytes of a text", NULL, 0, SHELF_ABSENT, NULL},
    {"with a size any file is", "absent.msi", "the real bytes of a text", NULL, 24, SHELF_PINNED,
     "drivers.txt"},
    {"nothing pinned: the name is all there is", "drivers.msi", NULL, NULL, 0, SHELF_NAME_ONLY,
     "drivers.msi"},
    {"neither name nor bytes", "absent.msi", "nowhere", NULL, 0, SHELF_ABSENT, NULL},
};

static void finds_by_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        struct shelf s = {0};
        struct err e = {0};
        struct manifest_file_pin pin = {.name = mem_strdup(r->name)};
        const char *path = NULL;
        pin.sha256 = r->sha256_of ? hex_of(DIGEST_SHA256, r->sha256_of) : NULL;
        pin.sha512 = r->sha512_of ? hex_of(DIGEST_SHA512, r->sha512_of) : NULL;
        if (r->size)
            pin.size = number_of(r->size);
        assert_true(shelf_add_folder(&s, folder, NULL, &e));
        enum shelf_match match = shelf_find(&s, &release, &pin, &path);
        CHECK(r->sentence, match == r->match);
        CHECK_TEXT(r->sentence, path ? file_name(path) : NULL, r->found);
        shelf_release(&s);
        mem_free(pin.name);
        mem_free(pin.sha256);
        mem_free(pin.sha512);
    }
}

/* Hashing is what costs: only what can match is hashed, and once. */
static void hashes_only_what_can_match(void **state)
{
    (void)state;
    struct shelf s = {0};
    struct err e = {0};
    char *hex = hex_of(DIGEST_SHA256, "the real bytes");
    struct manifest_file_pin pin = {
        .name = mem_strdup("drivers.msi"), .sha256 = hex, .size = number_of(14)};
    const char *path = NULL;
    assert_true(shelf_add_folder(&s, folder, NULL, &e));
    assert_int_equal(s.files.count, 4);
    shelf_find(&s, &release, &pin, &path);
    for (size_t i = 0; i < s.files.count; i++)
        if (s.files.at[i].hashed)
            assert_int_equal(s.files.at[i].size, 14);
    shelf_release(&s);
    mem_free(pin.name);
    mem_free(hex);
}

/* What was hashed is what is opened, whatever becomes of the file; and memory has a limit. */
static void keeps_what_is_pinned_up_to_a_limit(void **state)
{
    (void)state;
    static const struct {
        const char *sentence;
        uint64_t hold;
        const char *wanted, *kept;
    } cases[] = {
        {"nothing is kept unasked", 0, "the real bytes", ""},
        {"the pinned one is", 14, "the real bytes", "the real bytes"},
        {"but not one that is larger than what is left", 13, "the real bytes", ""},
        {"what matches no pin is let go", 14, "no such bytes.", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct shelf s = {.hold = cases[i].hold};
        struct err e = {0};
        char *hex = hex_of(DIGEST_SHA256, cases[i].wanted);
        struct manifest_file_pin pin = {
            .name = mem_strdup("drivers.msi"), .sha256 = hex, .size = number_of(14)};
        const char *path = NULL;
        assert_true(shelf_add_folder(&s, folder, NULL, &e));
        assert_int_not_equal(shelf_find(&s, &release, &pin, &path), SHELF_ABSENT);
        struct span kept = bytes_span(&shelf_file_at(&s, path)->content);
        CHECK(cases[i].sentence, span_equal(kept, span_text(cases[i].kept)));
        CHECK(cases[i].sentence, s.hold == cases[i].hold - strlen(cases[i].kept));
        shelf_release(&s);
        mem_free(pin.name);
        mem_free(hex);
    }
}

/* Two releases whose files are called alike, each in a folder of its own, and a third one beside. */
static void each_release_has_its_own(void **state)
{
    (void)state;
    char old_id[] = "xenproject-8.2.2", new_id[] = "xenproject-9.1.0", other_id[] = "gplpv-0.11.0.372";
    struct manifest_release releases[] = {{.id = old_id}, {.id = new_id}, {.id = other_id}};
    struct manifest m = {.releases = {.at = releases, .count = COUNT(releases)}};
    static const char *const found[] = {"xenproject-8.2.2/drivers.msi", "xenproject-9.1.0/drivers.msi",
                                        "drivers.msi"};
    struct shelf s = {0};
    struct err e = {0};
    make_folder("xenproject-8.2.2");
    make_folder("xenproject-9.1.0");
    make_folder("nobodys");
    put("xenproject-8.2.2/drivers.msi", "of the old one");
    put("xenproject-9.1.0/drivers.msi", "of the new one");
    put("nobodys/absent.msi", "of no release");
    assert_true(shelf_add_folder(&s, folder, &m, &e));
    assert_int_equal(s.files.count, 6);
    for (size_t i = 0; i < COUNT(releases); i++) {
        struct manifest_file_pin pin = {.name = mem_strdup("drivers.msi")};
        char *wanted = file_join(folder, found[i]);
        const char *path = NULL;
        CHECK(found[i], shelf_find(&s, &releases[i], &pin, &path) == SHELF_NAME_ONLY);
        CHECK_TEXT(found[i], path, wanted);
        mem_free(wanted);
        mem_free(pin.name);
    }
    /* Bytes speak for themselves, wherever they lie. */
    struct manifest_file_pin pin = {.name = mem_strdup("drivers.msi"),
                                    .sha256 = hex_of(DIGEST_SHA256, "of the old one")};
    const char *path = NULL;
    CHECK("by hash from any folder", shelf_find(&s, &releases[1], &pin, &path) == SHELF_PINNED);
    mem_free(pin.name);
    mem_free(pin.sha256);
    shelf_release(&s);
}

static void nothing_pinned_is_not_pinned(void **state)
{
    (void)state;
    struct digests d = {0};
    assert_false(shelf_is_pinned(&d, &(struct manifest_file_pin){.name = NULL}));
    char empty[] = "";
    assert_false(shelf_is_pinned(&d, &(struct manifest_file_pin){.sha256 = empty}));
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct shelf s = {0};
    struct err e = {0};
    assert_false(shelf_add_folder(&s, "tests/unit/no-such-folder", NULL, &e));
    assert_non_null(strstr(e.text, "no-such-folder"));
    shelf_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_bytes),
        cmocka_unit_test(hashes_only_what_can_match),
        cmocka_unit_test(keeps_what_is_pinned_up_to_a_limit),
        cmocka_unit_test(nothing_pinned_is_not_pinned),
        cmocka_unit_test(each_release_has_its_own),
        cmocka_unit_test(a_folder_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
