/*
 * installed: the files of a driver, strewn over the folders of a Windows, are found again and
 * judged as a package.
 */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "installer/installed.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/build_package.h"
#include "tests/unit/check.h"

#include <stdlib.h>

#define CATALOGS "System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"

/* A Windows in a folder, with one driver installed from oem3.inf. */
struct windows {
    char *folder, *system;
    struct made package;
    struct facts facts;
    struct installed_places places;
    struct evidence ev;
};

static const struct windows *current;

static char *service_file(const struct facts_service *s)
{
    return s->image ? file_join(current->folder, s->image) : NULL;
}

static void place(const struct windows *w, const char *name, struct span content)
{
    struct err e = {0};
    char *path = file_join(w->folder, name);
    if (!file_replace(path, content, &e))
        fail_msg("%s", e.text);
    mem_free(path);
}

static void make_folder(const struct windows *w, const char *name)
{
    char *path = file_join(w->folder, name);
    assert_true(file_make_folder(path, NULL));
    mem_free(path);
}

static void remove_file(const struct windows *w, const char *name)
{
    char *path = file_join(w->folder, name);
    assert_true(file_remove(path, NULL));
    mem_free(path);
}

static void add_service(struct windows *w, const char *name, const char *image)
{
    struct facts_service *s = shape_list_add(&w->facts.services, sizeof *s);
    s->name = mem_strdup(name);
    s->image = mem_strdup(image);
    s->type = number_of(1);
}

static void set_up(struct windows *w)
{
    char *temp = file_temp_folder();
    memset(w, 0, sizeof *w);
    w->folder = file_join(temp, "xenpv-installed-XXXXXX");
    mem_free(temp);
    assert_non_null(mkdtemp(w->folder));
    current = w;
    w->system = file_join(w->folder, "System32");
    w->places = (struct installed_places){.windows = w->folder,
                                          .system = w->system,
                                          .program_files = w->folder,
                                          .service_file = service_file};
    make_package(&w->package);
    make_folder(w, "inf");
    make_folder(w, "System32/drivers");
    make_folder(w, CATALOGS);
    place(w, "inf/oem3.inf", w->package.files[FILE_INF]);
    place(w, "System32/drivers/xen.sys", w->package.files[FILE_SYS]);
    place(w, "System32/drivers/xen.txt", w->package.files[FILE_TXT]);
    place(w, CATALOGS "/oem3.cat", w->package.files[FILE_CAT]);
    w->facts.windows.major = number_of(10);
    w->facts.windows.minor = number_of(0);
    w->facts.windows.build = number_of(19045);
    w->facts.windows.architecture = ARCHITECTURE_X64;
    struct facts_device *d = shape_list_add(&w->facts.devices, sizeof *d);
    d->instance = mem_strdup("PCI\\VEN_5853&DEV_0001\\0");
    d->inf = mem_strdup("oem3.inf");
    struct facts_package *p = shape_list_add(&w->facts.packages, sizeof *p);
    p->inf = mem_strdup("oem3.inf");
    p->original = mem_strdup("xen.inf");
    add_service(w, "xen", "System32/drivers/xen.sys");
}

static void gather(struct windows *w)
{
    struct err e = {0};
    evidence_release(&w->ev);
    if (!installed_gather_at(&w->facts, &w->places, &w->ev, &e))
        fail_msg("%s", e.text);
}

static void tear_down(struct windows *w)
{
    evidence_release(&w->ev);
    facts_release(&w->facts);
    assert_true(file_remove_tree(w->folder, NULL));
    mem_free(w->system);
    mem_free(w->folder);
    der_forget();
}

static enum integrity integrity_of(const struct windows *w)
{
    return w->ev.packages.count == 1 ? w->ev.packages.at[0].integrity : INTEGRITY_UNREADABLE;
}

static const char *disk_of(const struct windows *w, const char *name)
{
    size_t entry = package_find(&w->ev.package, name);
    return entry == SIZE_MAX ? "" : w->ev.package.entries[entry].disk;
}

static void the_files_come_together(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    gather(&w);
    assert_int_equal(integrity_of(&w), INTEGRITY_INTACT);
    assert_int_equal(w.ev.packages.at[0].files.count, 3);
    CHECK_TEXT("the INF has its own name again",
               evidence_name(&w.ev, w.ev.packages.at[0].inf_entry), "oem3/xen.inf");
    CHECK_TEXT("and the catalog too", evidence_name(&w.ev, w.ev.packages.at[0].catalog_entry),
               "oem3/xen.cat");
    assert_int_equal(w.ev.files.count, 0);
    assert_int_equal(w.ev.findings.count, 0);
    tear_down(&w);
}

static void a_catalog_of_another_name_is_found(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    remove_file(&w, CATALOGS "/oem3.cat");
    place(&w, CATALOGS "/broken.cat", LITERAL("no catalog"));
    place(&w, CATALOGS "/zz.cat", w.package.files[FILE_CAT]);
    gather(&w);
    assert_int_equal(integrity_of(&w), INTEGRITY_INTACT);
    remove_file(&w, CATALOGS "/zz.cat");
    gather(&w);
    assert_int_equal(integrity_of(&w), INTEGRITY_UNSIGNED);
    tear_down(&w);
}

static void what_the_service_runs_is_looked_at(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    make_folder(&w, "elsewhere");
    place(&w, "elsewhere/xen.sys", flipped(w.package.files[FILE_SYS], 0x500));
    mem_free(w.facts.services.at[0].image);
    w.facts.services.at[0].image = mem_strdup("elsewhere/xen.sys");
    gather(&w);
    CHECK_HAS("not the one where the INF puts it", disk_of(&w, "oem3/xen.sys"), "elsewhere");
    assert_int_equal(integrity_of(&w), INTEGRITY_ALTERED);
    assert_non_null(findings_have(&w.ev.findings, "not-in-catalog", "oem3/xen.sys"));
    tear_down(&w);
}

static void a_file_that_is_gone_is_missed(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    remove_file(&w, "System32/drivers/xen.sys");
    gather(&w);
    assert_int_equal(integrity_of(&w), INTEGRITY_INCOMPLETE);
    assert_non_null(findings_have(&w.ev.findings, "file-missing", "oem3/xen.sys"));
    assert_non_null(findings_have(&w.ev.findings, "service-file-missing", "services/xen/xen.sys"));
    tear_down(&w);
}

/* A driver that no INF in use brings, listed by a catalog of its own. */
static void a_service_without_inf_stands_alone(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    struct span other = flipped(w.package.files[FILE_SYS], 0x5f0);
    place(&w, "System32/drivers/xenfilt.sys", other);
    place(&w, CATALOGS "/other.cat", make_catalog(other, LITERAL("a"), LITERAL("b")));
    add_service(&w, "xenfilt", "System32/drivers/xenfilt.sys");
    gather(&w);
    assert_int_equal(w.ev.files.count, 1);
    CHECK_TEXT("it is shown", w.ev.files.at[0].name, "services/xenfilt/xenfilt.sys");
    assert_non_null(
        findings_have(&w.ev.findings, "service-without-inf", "services/xenfilt/xenfilt.sys"));
    const struct finding *f =
        findings_have(&w.ev.findings, "in-other-catalog", "services/xenfilt/xenfilt.sys");
    assert_non_null(f);
    CHECK_HAS("its catalog is named", f->message, "other.cat");
    tear_down(&w);
}

static void only_what_is_in_use_counts(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    struct facts_package *p = shape_list_add(&w.facts.packages, sizeof *p);
    p->inf = mem_strdup("oem4.inf");
    gather(&w);
    assert_int_equal(w.ev.packages.count, 1);
    assert_non_null(findings_have(&w.ev.findings, "package-not-in-use", "oem4.inf"));
    w.facts.devices.at[0].present = TRI_NO;
    gather(&w);
    assert_int_equal(w.ev.packages.count, 0);
    assert_non_null(findings_have(&w.ev.findings, "package-not-in-use", "oem3.inf"));
    tear_down(&w);
}

static void a_lost_inf_is_reported(void **state)
{
    (void)state;
    struct windows w;
    set_up(&w);
    remove_file(&w, "inf/oem3.inf");
    gather(&w);
    assert_non_null(findings_have(&w.ev.findings, "inf-missing", "oem3.inf"));
    tear_down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_come_together),
        cmocka_unit_test(a_catalog_of_another_name_is_found),
        cmocka_unit_test(what_the_service_runs_is_looked_at),
        cmocka_unit_test(a_file_that_is_gone_is_missed),
        cmocka_unit_test(a_service_without_inf_stands_alone),
        cmocka_unit_test(only_what_is_in_use_counts),
        cmocka_unit_test(a_lost_inf_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
