/* pin: which package files prove themselves, what is filled in, and that nothing else of the text
 * moves. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "installer/pin.h"

#include "base/file.h"
#include "base/mem.h"
#include "drivers-manifest/lint.h"
#include "tests/unit/build_package.h"
#include "tests/unit/check.h"

#include <stdlib.h>

enum { NOW = 1773050400 }; /* 2026-03-09T10:00:00Z */

static char folder[64];
static struct span tar;
static char sha256[2 * DIGEST_SIZE_MAX + 1], sha512[2 * DIGEST_SIZE_MAX + 1];

/* %s: the version, the way of signing, the signer and the file's members. */
static const char whole[] =
    "{\"schema\": 1,\n"
    "  \"releases\": [{\"id\": \"r\", \"family\": \"f\", \"version\": \"%s\", \"rank\": 1,\n"
    "    \"signing\": \"%s\", \"signer\": %s,\n"
    "    \"helpers\": [{\"service\": \"h\", \"display_name\": \"H\", \"file\": \"%s\",\n"
    "      \"folder\": \"H\"}],\n"
    "    \"drivers\": [{\"name\": \"xen\", \"inf\": \"%s\", \"platform\": true,\n"
    "      \"hardware_ids\": [\"PCI\\\\VEN_5853&DEV_0001\"]}],\n"
    "    \"sets\": [{\"id\": \"s\", \"architecture\": \"x64\", \"files\": [\n"
    "      %s\n"
    "    ]}]\n"
    "  }]\n"
    "}\n";

struct recipe {
    const char *version, *signing, *signer, *helper, *inf; /* NULL: as they are */
    const char *file;
};

static char *manifest_of(const struct recipe *r)
{
    struct text t = {0};
    text_addf(&t, whole, r->version ? r->version : "9.1.0", r->signing ? r->signing : "test",
              r->signer ? r->signer : "\"Publisher\"", r->helper ? r->helper : "none.exe",
              r->inf ? r->inf : "xen.inf", r->file);
    return text_steal(&t);
}

static void put_file(const char *name, struct span content)
{
    char *path = file_join(folder, name);
    assert_true(file_replace(path, content, NULL));
    mem_free(path);
}

static int set_up(void **state)
{
    (void)state;
    struct made made;
    struct digest d;
    strcpy(folder, "/tmp/xenpv-pin-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    make_package(&made);
    tar = tar_of(&made);
    d = digest_one(DIGEST_SHA256, tar);
    digest_hex(&d, sha256);
    d = digest_one(DIGEST_SHA512, tar);
    digest_hex(&d, sha512);
    put_file("good.tar", tar);
    struct span more = JOIN(tar_entry("helper.exe", span_text("MZ")), tar);
    put_file("helper.tar", more);
    put_file("cut.tar", span_of(tar.at, tar.size / 2));
    made.files[FILE_SYS] = flipped(made.files[FILE_SYS], 0x500);
    put_file("driver.tar", tar_of(&made));
    made.names[FILE_CAT] = NULL;
    put_file("unsigned.tar", tar_of(&made));
    put_file("text.tar", span_text("no package"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    signed_release();
    der_forget();
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

static char *pinned(const char *text, struct pin_results *results)
{
    struct shelf shelf = {0};
    struct text out = {0};
    struct err e = {0};
    assert_true(shelf_add_folder(&shelf, folder, NULL, &e));
    const struct pin_job job = {"m.json", span_text(text), &shelf, NOW};
    if (!pin_manifest(&job, &out, results, &e))
        fail_msg("%s", e.text);
    shelf_release(&shelf);
    return text_steal(&out);
}

#define PINNED                                                                                     \
    "\"pinned\": {\"date\": \"2026-03-09T10:00:00Z\", \"from\": \"good.tar\", \"program\": "       \
    "\"xenpv " XENPV_VERSION "\", \"proof\": \"1 driver packages of version 9.1.0 are intact and " \
    "signed by Publisher\"}"

/* %1 and %2 in want stand for the hashes, %3 for the size. */
static char *expanded(const char *want)
{
    struct text t = {0};
    for (const char *c = want; *c; c++)
        if (*c != '%')
            text_add_bytes(&t, c, 1);
        else if (*++c == '3')
            text_addf(&t, "%zu", tar.size);
        else
            text_add(&t, *c == '1' ? sha256 : sha512);
    return text_steal(&t);
}

static const struct {
    const char *sentence, *before, *after;
} forms[] = {
    {"members that are null are given values",
     "{\"name\": \"good.tar\", \"size\": null, \"sha256\": null , \"sha512\":null,"
     " \"no_hash_reason\": \"nobody\"}",
     "{\"name\": \"good.tar\", \"size\": %3, \"sha256\": \"%1\" , \"sha512\":\"%2\", " PINNED "}"},
    {"members that are not there come last, on the same line", "{\"name\": \"good.tar\"}",
     "{\"name\": \"good.tar\", \"size\": %3, \"sha256\": \"%1\", \"sha512\": \"%2\", " PINNED "}"},
    {"or on lines of their own",
     "{\n\t\"name\": \"good.tar\",\n\t\"no_hash_reason\": \"nobody\",\n\t\"url\": null\n      }",
     "{\n\t\"name\": \"good.tar\",\n\t" PINNED
     ",\n\t\"url\": null,\n\t\"size\": %3,\n\t\"sha256\": "
     "\"%1\",\n\t\"sha512\": \"%2\"\n      }"},
    {"an object alone on its line keeps its blanks", "{ \"name\": \"good.tar\" }",
     "{ \"name\": \"good.tar\", \"size\": %3, \"sha256\": \"%1\", \"sha512\": \"%2\", " PINNED
     " }"},
};

static void what_is_missing_is_filled_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct pin_results results = {0}, none = {0};
        char *before = manifest_of(&(struct recipe){.file = forms[i].before});
        char *file = expanded(forms[i].after);
        char *want = manifest_of(&(struct recipe){.file = file});
        char *after = pinned(before, &results);
        CHECK_TEXT(forms[i].sentence, after, want);
        assert_true(results.count == 1 && results.at[0].filled == TRI_YES);
        CHECK_TEXT("the release", results.at[0].release, "r");
        CHECK_TEXT("the set", results.at[0].set, "s");
        CHECK_TEXT("the file", results.at[0].file, "good.tar");
        CHECK_HAS("the path", results.at[0].path, "/good.tar");
        char *again = pinned(after, &none);
        CHECK_TEXT("a second time changes nothing", again, after);
        assert_int_equal(none.count, 0);
        pin_results_release(&results);
        mem_free(again);
        mem_free(after);
        mem_free(want);
        mem_free(file);
        mem_free(before);
    }
}

/* Where a hash is there already, the file is proven by it, whoever signed what. */
static void a_hash_that_is_there_proves_the_rest(void **state)
{
    (void)state;
    struct pin_results results = {0};
    char *file = expanded("{\"name\": \"else.tar\", \"sha256\": \"%1\"}");
    char *want_file = expanded("{\"name\": \"else.tar\", \"sha256\": \"%1\", \"size\": %3, "
                               "\"sha512\": \"%2\"}");
    char *before = manifest_of(&(struct recipe){.signer = "\"Somebody\"", .file = file});
    char *want = manifest_of(&(struct recipe){.signer = "\"Somebody\"", .file = want_file});
    char *after = pinned(before, &results);
    CHECK_TEXT("found by its hash under another name, and not marked as pinned", after, want);
    assert_true(results.count == 1 && results.at[0].filled == TRI_YES);
    pin_results_release(&results);
    mem_free(after);
    mem_free(want);
    mem_free(before);
    mem_free(want_file);
    mem_free(file);
}

#define FILE_NAMED(name) "{\"name\": \"" name "\"}"
#define ZEROS32 "00000000000000000000000000000000"

static const struct {
    const char *sentence;
    struct recipe recipe;
    const char *why; /* NULL: nothing is said of it */
} left[] = {
    {"another signer",
     {.signer = "\"Xen Project\"", .file = FILE_NAMED("good.tar")},
     "is signed by 'Publisher', and not by 'Xen Project'"},
    {"another version",
     {.version = "9.1.1", .file = FILE_NAMED("good.tar")},
     "'xen.inf' is version 9.1.0.1, and not 9.1.1"},
    {"the start of a number",
     {.version = "9.1.0.10", .file = FILE_NAMED("good.tar")},
     "version 9.1.0.1, and not 9.1.0.10"},
    {"a name in a certificate of one's own",
     {.signing = "cross-signed", .file = FILE_NAMED("good.tar")},
     "leads to no root that is known"},
    {"a name in a certificate of one's own, attested",
     {.signing = "attestation", .file = FILE_NAMED("good.tar")},
     "leads to no root that is known"},
    {"a driver of another release",
     {.inf = "xenbus.inf", .file = FILE_NAMED("good.tar")},
     "no driver of this release is in it"},
    {"a helper that nobody signed",
     {.helper = "helper.exe", .file = FILE_NAMED("helper.tar")},
     "'helper.exe' has no intact signature"},
    {"an altered driver", {.file = FILE_NAMED("driver.tar")}, "'xen.inf' is altered"},
    {"no signature", {.file = FILE_NAMED("unsigned.tar")}, "'xen.inf' is unsigned"},
    {"no package", {.file = FILE_NAMED("text.tar")}, ""},
    {"another size", {.file = "{\"name\": \"good.tar\", \"size\": 7}"}, "bytes, and not 7"},
    {"another hash",
     {.file = "{\"name\": \"good.tar\", \"sha256\": \"" ZEROS32 ZEROS32 "\"}"},
     "not the file that the manifest's hash names"},
    {"no file", {.file = FILE_NAMED("none.tar")}, "no such file"},
    {"no file, and a hash",
     {.file = "{\"name\": \"none.tar\", \"sha256\": \"" ZEROS32 ZEROS32 "\"}"},
     NULL},
};

static void what_does_not_prove_itself_is_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(left); i++) {
        struct pin_results results = {0};
        char *before = manifest_of(&left[i].recipe);
        char *after = pinned(before, &results);
        CHECK_TEXT(left[i].sentence, after, before);
        CHECK(left[i].sentence, results.count == (left[i].why ? 1u : 0u));
        if (results.count) {
            CHECK(left[i].sentence, results.at[0].filled == TRI_NO);
            CHECK_HAS(left[i].sentence, results.at[0].message, left[i].why);
        }
        pin_results_release(&results);
        mem_free(after);
        mem_free(before);
    }
}

static void a_damaged_container_is_left(void **state)
{
    (void)state;
    struct pin_results results = {0};
    char *before = manifest_of(&(struct recipe){.file = FILE_NAMED("cut.tar")});
    char *after = pinned(before, &results);
    assert_string_equal(after, before);
    assert_true(results.count == 1 && results.at[0].filled == TRI_NO);
    pin_results_release(&results);
    mem_free(after);
    mem_free(before);
}

static void no_signer_named_is_any_signer(void **state)
{
    (void)state;
    struct pin_results results = {0};
    char *before = manifest_of(&(struct recipe){.signer = "null", .file = FILE_NAMED("good.tar")});
    char *after = pinned(before, &results);
    assert_true(results.count == 1 && results.at[0].filled == TRI_YES);
    CHECK_HAS("who it was is said", results.at[0].message, "signed by Publisher");
    pin_results_release(&results);
    mem_free(after);
    mem_free(before);
}

static void what_is_no_manifest_is_refused(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    struct text out = {0};
    struct pin_results results = {0};
    struct err e = {0};
    const struct pin_job job = {"m.json", span_text("{\"schema\": 1,\n\"releases\": 7}"), &shelf,
                                NOW};
    assert_false(pin_manifest(&job, &out, &results, &e));
    CHECK_HAS("its place", e.text, "m.json: line 2, column 13: 'releases' must be a list");
    text_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_filled_in),
        cmocka_unit_test(a_hash_that_is_there_proves_the_rest),
        cmocka_unit_test(what_does_not_prove_itself_is_left),
        cmocka_unit_test(a_damaged_container_is_left),
        cmocka_unit_test(no_signer_named_is_any_signer),
        cmocka_unit_test(what_is_no_manifest_is_refused),
    };
    return cmocka_run_group_tests_name("pin", tests, set_up, tear_down);
}
