/* by_msi: which packages may be given to Windows Installer, and what the plan becomes. */
#include "installer/by_msi.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/quiet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CODE "{2A8D0500-8E7D-455A-8FFC-2714792F5637}"
#define SHA1 "9e928ef63e104f072d49bc865b3ef3244a3c9df5"

struct row {
    const char *sentence;
    const char *code;
    enum tri met; /* the launch condition */
    size_t certificates;
    bool truncated;
    const char *accept;
    const char *says; /* part of the refusal; NULL: it is allowed */
};

static const struct row rows[] = {
    {"nothing speaks against it", CODE, TRI_YES, 0, false, NULL, NULL},
    {"a condition that nobody can tell", CODE, TRI_UNKNOWN, 0, false, NULL, NULL},
    {"a condition that does not hold", CODE, TRI_NO, 0, false, NULL, "turn test signing on"},
    {"and that nobody can accept", CODE, TRI_NO, 0, false, BY_MSI_ACCEPT, "turn test signing on"},
    {"a certificate", CODE, TRI_YES, 1, false, NULL, "LocalMachine\\Root"},
    {"certificates", CODE, TRI_YES, 2, false, "xsn-1", "--accept " BY_MSI_ACCEPT},
    {"certificates that are accepted", CODE, TRI_YES, 2, false, BY_MSI_ACCEPT, NULL},
    {"no code", NULL, TRI_YES, 0, false, NULL, "no product code"},
    {"a code that is cut short", "{2A8D0500-8E7D-455A-8FFC-2714792F5637", TRI_YES, 0, false, NULL,
     "no product code"},
    {"a code that goes on", CODE "x", TRI_YES, 0, false, NULL, "no product code"},
    {"a code that is a path", "{..\\..\\..-8E7D-455A-8FFC-2714792F5637}", TRI_YES, 0, false, NULL,
     "no product code"},
    {"more than is read", CODE, TRI_YES, 0, true, BY_MSI_ACCEPT, "larger tables"},
};

static void refuses_with_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct msi_demand demand = {"Installed OR X", "turn test signing on", row->met};
        struct msi_certificate certificates[] = {{"Root", TRI_YES, SHA1, "a maker"},
                                                 {"TrustedPublisher", TRI_NO, NULL, NULL}};
        const struct by_msi m = {.file = "drivers.msi",
                                 .effects = {.code = (char *)row->code,
                                             .demands = {&demand, 1},
                                             .certificates = {certificates, row->certificates},
                                             .truncated = row->truncated}};
        struct texts accept = {0};
        struct err e = {0};
        if (row->accept)
            texts_add(&accept, row->accept);
        quiet();
        bool ok = by_msi_allowed(&m, &accept, &e);
        loud();
        if (ok != !row->says ||
            (row->says && (e.kind != ERR_REFUSED || !strstr(e.text, row->says))))
            fail_msg("%s: %s, '%s'", row->sentence, ok ? "allowed" : "refused", e.text);
        texts_release(&accept);
    }
}

/* Only one package of Windows Installer's will do. */
static void takes_packages_of_windows_installer_only(void **state)
{
    static const struct {
        const char *sentence;
        size_t containers;
        enum package_kind kind;
        const char *says;
        enum err_kind error;
    } cases[] = {
        {"a tar", 1, PACKAGE_TAR, "'release-9' is no package", ERR_USAGE},
        {"two packages", 2, PACKAGE_MSI, "'release-9' is no package", ERR_USAGE},
        {"nothing", 0, PACKAGE_MSI, "'release-9' is no package", ERR_USAGE},
        {"a package that is none", 1, PACKAGE_MSI, "drivers.msi", ERR_FORMAT},
    };
    static char id[] = "release-9";
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct source_container containers[2] = {
            {.path = "D:\\drivers.msi", .evidence = {.package = {.kind = cases[i].kind}}}};
        const struct manifest_release release = {.id = id};
        const struct source s = {.release = &release,
                                 .containers = {containers, cases[i].containers}};
        const struct facts f = {.schema = {0}};
        struct by_msi m = {0};
        struct err e = {0};
        bool ok = by_msi_open(&s, &f, &m, &e);
        if (ok || e.kind != cases[i].error || !strstr(e.text, cases[i].says))
            fail_msg("%s: %d, '%s'", cases[i].sentence, (int)e.kind, e.text);
        by_msi_release(&m);
    }
}

static void add_step(struct journal *j, enum step_kind kind, const char *subject)
{
    struct journal_step *s = shape_list_add(&j->steps, sizeof *s);
    s->kind = kind;
    s->subject = mem_strdup(subject);
}

/* What stands around the drivers' steps stays where it is, and the whole survives the disk. */
static void plans_the_package_in_place_of_the_drivers(void **state)
{
    static const enum step_kind wanted[] = {STEP_STORAGE, STEP_STORE_PRODUCT, STEP_INSTALL_PRODUCT,
                                            STEP_NETWORK, STEP_BOOT_CHECK};
    struct msi_certificate certificate = {"Root", TRI_YES, SHA1, "a maker"};
    const struct by_msi m = {
        .file = "drivers.msi",
        .sha256 = "00",
        .effects = {
            .code = CODE, .name = "Drivers", .version = "9", .certificates = {&certificate, 1}}};
    struct journal j = {.schema = number_of(JOURNAL_SCHEMA), .release = mem_strdup("release-9")};
    struct journal read = {0};
    struct journal_driver *d = shape_list_add(&j.drivers, sizeof *d);
    struct err e = {0};
    (void)state;
    d->name = mem_strdup("xenbus");
    d->folder = mem_strdup("C:\\x");
    d->inf = mem_strdup("xenbus.inf");
    add_step(&j, STEP_STORAGE, NULL);
    add_step(&j, STEP_STORE, "xenbus");
    add_step(&j, STEP_STAGE, "xenbus");
    add_step(&j, STEP_BIND, "xenbus");
    add_step(&j, STEP_HELPER, "ShutdownMon");
    add_step(&j, STEP_NETWORK, NULL);
    add_step(&j, STEP_BOOT_CHECK, NULL);
    by_msi_plan(&m, "C:\\state", &j);
    char *json = shape_encode(&journal_shape, &j);
    if (!journal_decode(span_text(json), &read, &e))
        fail_msg("%s", e.text);
    assert_int_equal(read.steps.count, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < read.steps.count; i++)
        assert_int_equal(read.steps.at[i].kind, wanted[i]);
    assert_string_equal(read.steps.at[1].subject, CODE);
    assert_string_equal(read.product->file.path,
                        "C:\\state\\packages\\release-9\\msi\\drivers.msi");
    assert_string_equal(read.product->name, "Drivers");
    assert_string_equal(read.product->certificates.at[0].sha1, SHA1);
    assert_int_equal(read.trust.count, 1);
    assert_non_null(strstr(read.trust.at[0], "'a maker' (SHA-1 " SHA1 ") in LocalMachine\\Root"));
    mem_free(json);
    journal_release(&read);
    journal_release(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_with_words),
        cmocka_unit_test(takes_packages_of_windows_installer_only),
        cmocka_unit_test(plans_the_package_in_place_of_the_drivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
