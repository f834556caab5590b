/* signers: who signed what a service runs: inside the file, in a catalog, or nobody. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "installer/signers.h"

#include "base/file.h"
#include "base/mem.h"
#include "installer/continuation.h"
#include "tests/unit/build_package.h"
#include "tests/unit/check.h"

#include <stdlib.h>

/* A folder with files and catalogs, and facts with one service that is bound by oem3.inf. */
struct windows {
    char *folder;
    struct made package;
    struct facts facts;
    struct signers_places places;
};

static const struct windows *current;

static char *in_folder(const char *path)
{
    return file_join(current->folder, path);
}

static void place(const char *name, struct span content)
{
    struct err e = {0};
    char *path = in_folder(name);
    if (!file_replace(path, content, &e))
        fail_msg("%s", e.text);
    mem_free(path);
}

static void set_up(struct windows *w)
{
    char *temp = file_temp_folder();
    memset(w, 0, sizeof *w);
    w->folder = file_join(temp, "xenpv-signers-XXXXXX");
    mem_free(temp);
    assert_non_null(mkdtemp(w->folder));
    current = w;
    w->places = (struct signers_places){.catalogs = w->folder, .native = in_folder};
    make_package(&w->package);
    place("xen.sys", w->package.files[FILE_SYS]);
    place("oem3.cat", w->package.files[FILE_CAT]);
    struct facts_device *d = shape_list_add(&w->facts.devices, sizeof *d);
    d->inf = mem_strdup("oem3.inf");
    d->service = mem_strdup("XEN");
    struct facts_package *p = shape_list_add(&w->facts.packages, sizeof *p);
    p->inf = mem_strdup("oem3.inf");
    p->catalog = mem_strdup("xen.cat");
    struct facts_service *s = shape_list_add(&w->facts.services, sizeof *s);
    s->name = mem_strdup("xen");
    s->file = mem_strdup("xen.sys");
    s->image_exists = TRI_YES;
}

static const struct facts_service *read_again(struct windows *w)
{
    struct facts_service *s = w->facts.services.at;
    s->signature = FACTS_SIGNATURE_UNKNOWN;
    mem_free(s->signer);
    mem_free(s->signer_sha1);
    mem_free(s->signed_in);
    s->signer = s->signer_sha1 = s->signed_in = NULL;
    signers_read(&w->places, &w->facts);
    return s;
}

static void tear_down(struct windows *w)
{
    facts_release(&w->facts);
    assert_true(file_remove_tree(w->folder, NULL));
    mem_free(w->folder);
    der_forget();
}

static void a_catalog_of_the_package_speaks_for_it(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    const struct facts_service *s = read_again(&w);
    assert_int_equal(s->signature, FACTS_SIGNATURE_INTACT);
    CHECK_TEXT("the name of the leaf", s->signer, "Publisher");
    CHECK_TEXT("the catalog", s->signed_in, "oem3.cat");
    assert_int_equal(strlen(s->signer_sha1), 40);
    assert_int_equal(w.facts.signers_reading, READING_FULL);
    tear_down(&w);
}

static void a_catalog_may_have_kept_its_name(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    char *path = in_folder("oem3.cat");
    assert_true(file_remove(path, NULL));
    mem_free(path);
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_NONE);
    place("xen.cat", w.package.files[FILE_CAT]);
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_INTACT);
    CHECK_TEXT("the catalog", w.facts.services.at->signed_in, "xen.cat");
    tear_down(&w);
}

static void a_signature_inside_goes_first(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    struct span inside = signed_driver(w.package.files[FILE_SYS]);
    place("xen.sys", inside);
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_INTACT);
    CHECK_TEXT("where it is", w.facts.services.at->signed_in, "embedded");
    place("xen.sys", flipped(inside, 0x500));
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_ALTERED);
    CHECK_TEXT("whose it was", w.facts.services.at->signer, "Publisher");
    tear_down(&w);
}

/* The catalog's list names the file, so somebody changed it; a file that it does not name has never
 * been signed. */
static void changed_bytes_are_told_from_unsigned_ones(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    place("xen.sys", flipped(w.package.files[FILE_SYS], 0x500));
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_ALTERED);
    CHECK_TEXT("the catalog", w.facts.services.at->signed_in, "oem3.cat");
    assert_null(w.facts.services.at->signer);
    shape_set_text(&w.facts.devices.at->inf, "oem4.inf");
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_NONE);
    tear_down(&w);
}

static void a_broken_catalog_speaks_for_nothing(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    struct span cat = w.package.files[FILE_CAT];
    size_t intact = 0;
    for (size_t at = 0; at < cat.size; at += 7) {
        place("oem3.cat", flipped(cat, at));
        intact += read_again(&w)->signature == FACTS_SIGNATURE_INTACT;
    }
    assert_true(intact < cat.size / 7 / 4);
    place("oem3.cat", LITERAL("no catalog"));
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_NONE);
    tear_down(&w);
}

static void what_cannot_be_read_is_not_known(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    place("xen.sys", LITERAL("no program"));
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_UNKNOWN);
    assert_int_equal(w.facts.signers_reading, READING_FULL);
    shape_set_text(&w.facts.services.at->file, "nowhere.sys");
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_UNKNOWN);
    assert_int_equal(w.facts.signers_reading, READING_PARTIAL);
    shape_set_text(&w.facts.services.at->name, "atapi");
    read_again(&w);
    assert_int_equal(w.facts.signers_reading, READING_FULL);
    tear_down(&w);
}

/* It runs a copy of this program: to hash that would cost more than all the drivers. */
static void our_own_service_is_left_alone(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    shape_set_text(&w.facts.services.at->name, CONTINUATION_SERVICE);
    assert_int_equal(read_again(&w)->signature, FACTS_SIGNATURE_UNKNOWN);
    assert_int_equal(w.facts.signers_reading, READING_FULL);
    tear_down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catalog_of_the_package_speaks_for_it),
        cmocka_unit_test(a_catalog_may_have_kept_its_name),
        cmocka_unit_test(a_signature_inside_goes_first),
        cmocka_unit_test(changed_bytes_are_told_from_unsigned_ones),
        cmocka_unit_test(a_broken_catalog_speaks_for_nothing),
        cmocka_unit_test(what_cannot_be_read_is_not_known),
        cmocka_unit_test(our_own_service_is_left_alone),
    };
    return cmocka_run_group_tests_name("signers", tests, NULL, NULL);
}
