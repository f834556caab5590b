/*
 * evidence: a driver package made on the spot (an INF, a driver, a text file, a signed catalog),
 * whole and with one thing wrong at a time; each wrong thing is found, and the file named.
 */
#include "verifier/evidence.h"

#include "base/file.h"
#include "base/text.h"
#include "tests/unit/build_package.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <unistd.h>

/* --- gathering
 * ---------------------------------------------------------------------------------------------------------
 */

/* A fresh folder of this process; mem_free. */
static char *make_place(void)
{
    struct err e = {0};
    struct text name = {0};
    char *temporary = file_temp_folder();
    text_addf(&name, "xenpv-evidence-test-%ld", (long)getpid());
    char *folder = file_join(temporary, text_str(&name));
    mem_free(temporary);
    text_release(&name);
    file_remove_tree(folder, NULL);
    if (!file_make_private_folder(folder, &e))
        fail_msg("%s", e.text);
    return folder;
}

static void write_package(const struct made *p, const char *folder)
{
    for (size_t i = 0; i < FILES; i++) {
        struct err e = {0};
        char *path = file_join(folder, p->names[i] ? p->names[i] : "none");
        if (p->names[i] && !file_create(path, p->files[i], &e))
            fail_msg("%s", e.text);
        mem_free(path);
    }
}

static void gather_by(const struct made *p, bool lean, struct evidence *ev)
{
    const struct root_key key = {.root = ROOT_MS_2010,
                                 .name = "Root",
                                 .subject = signed_name("Root"),
                                 .spki = signed_spki(ROOT_KEY)};
    const struct roots roots = {&key, 1};
    struct err e = {0};
    char *folder = make_place();
    write_package(p, folder);
    memset(ev, 0, sizeof *ev);
    const struct evidence_options o = {.roots = &roots, .lean = lean};
    bool ok = evidence_gather(folder, &o, ev, &e);
    file_remove_tree(folder, NULL);
    mem_free(folder);
    if (!ok)
        fail_msg("the package cannot be looked at: %s", e.text);
}

static void gather(const struct made *p, struct evidence *ev)
{
    gather_by(p, false, ev);
}

static const struct evidence_file *file_named(const struct evidence *ev, const char *name)
{
    for (size_t i = 0; i < ev->packages.count; i++)
        for (size_t k = 0; k < ev->packages.at[i].files.count; k++)
            if (strcmp(ev->packages.at[i].files.at[k].name, name) == 0)
                return &ev->packages.at[i].files.at[k];
    return NULL;
}

/* --- one thing wrong at a time
 * -------------------------------------------------------------------------------------------- */

static void leave(struct made *p)
{
    (void)p;
}

static void flip_driver(struct made *p)
{
    p->files[FILE_SYS] = flipped(p->files[FILE_SYS], 0x500);
}

static void flip_driver_checksum(struct made *p)
{
    p->files[FILE_SYS] = flipped(p->files[FILE_SYS], CHECKSUM);
}

static void flip_inf(struct made *p)
{
    p->files[FILE_INF] = flipped(p->files[FILE_INF], sizeof inf_crlf - 6);
}

static void flip_text(struct made *p)
{
    p->files[FILE_TXT] = flipped(p->files[FILE_TXT], 0);
}

/* The file name in a member's attribute: nothing refers to it but the signature. */
static void flip_catalog(struct made *p)
{
    size_t at = span_find(p->files[FILE_CAT], 0, der_utf16("OSAttr", false));
    assert_int_not_equal(at, SIZE_MAX);
    p->files[FILE_CAT] = flipped(p->files[FILE_CAT], at + 25);
}

static void strip_signature(struct made *p)
{
    struct digest sys = hash_driver(p->files[FILE_SYS], DIGEST_SHA1),
                  a = digest_one(DIGEST_SHA1, p->files[FILE_INF]),
                  b = digest_one(DIGEST_SHA1, p->files[FILE_TXT]);
    p->files[FILE_CAT] = cat_unsigned(
        cat_list(1,
                 JOIN(cat_member_v1(&sys, true, "xen.sys"), cat_member_v1(&a, false, "xen.inf"),
                      cat_member_v1(&b, false, "xen.txt")),
                 NOTHING));
}

static void lf_only(struct made *p)
{
    struct span from = p->files[FILE_INF];
    uint8_t *to = der_storage(from.size);
    size_t size = 0;
    for (size_t i = 0; i < from.size; i++)
        if (from.at[i] != '\r')
            to[size++] = from.at[i];
    p->files[FILE_INF] = span_of(to, size);
}

static void no_driver(struct made *p)
{
    p->names[FILE_SYS] = NULL;
}

static void no_catalog(struct made *p)
{
    p->names[FILE_CAT] = NULL;
}

static void empty_catalog(struct made *p)
{
    p->files[FILE_CAT] = NOTHING;
}

static void placeholder(struct made *p)
{
    p->files[FILE_CAT] = span_text("This is a placeholder for the catalog file.\r\n");
}

/* Another driver, with a good signature of its own, under the name of the listed one. */
static void other_signed_driver(struct made *p)
{
    p->files[FILE_SYS] = signed_driver(flipped(p->files[FILE_SYS], 0x500));
}

static void own_signature_too(struct made *p)
{
    p->files[FILE_SYS] = signed_driver(p->files[FILE_SYS]);
}

static void own_signature_altered(struct made *p)
{
    struct span driver = signed_driver(p->files[FILE_SYS]);
    p->files[FILE_SYS] = flipped(driver, driver.size - 40);
}

/* The names in the catalog are exchanged: members are found by hash. */
static void other_names(struct made *p)
{
    struct digest sys = hash_driver(p->files[FILE_SYS], DIGEST_SHA1),
                  a = digest_one(DIGEST_SHA1, p->files[FILE_INF]),
                  b = digest_one(DIGEST_SHA1, p->files[FILE_TXT]);
    p->files[FILE_CAT] = sign(OID_TEXT_CTL, cat_list(1,
                                                     JOIN(cat_member_v1(&sys, true, "other.sys"),
                                                          cat_member_v1(&a, false, "xen.txt"),
                                                          cat_member_v1(&b, false, "xen.inf")),
                                                     NOTHING));
}

/* The INF names no catalog, and one lies beside it. */
static void unnamed_catalog(struct made *p)
{
    struct text t = {0};
    const char *line = strstr(inf_crlf, "CatalogFile");
    text_add_bytes(&t, inf_crlf, (size_t)(line - inf_crlf));
    text_add(&t, strchr(line, '\n') + 1);
    p->files[FILE_INF] = JOIN(span_of(t.at, t.size));
    text_release(&t);
    p->files[FILE_CAT] = make_catalog(p->files[FILE_SYS], p->files[FILE_INF], p->files[FILE_TXT]);
    p->names[FILE_CAT] = "another-name.cat";
}

struct row {
    const char *sentence;
    void (*change)(struct made *p);
    enum integrity package;
    const char *file; /* that is spoken of; NULL: none */
    enum integrity file_integrity;
    const char *finding; /* about that file; NULL: none of severity error */
};

static const struct row rows[] = {
    {"a whole package is intact", leave, INTEGRITY_INTACT, "xen.sys", INTEGRITY_INTACT, NULL},
    {"one flipped byte in the driver", flip_driver, INTEGRITY_ALTERED, "xen.sys", INTEGRITY_ALTERED,
     "not-in-catalog"},
    {"the checksum is not hashed", flip_driver_checksum, INTEGRITY_INTACT, "xen.sys",
     INTEGRITY_INTACT, NULL},
    {"one flipped byte in the INF", flip_inf, INTEGRITY_ALTERED, "xen.inf", INTEGRITY_ALTERED,
     "not-in-catalog"},
    {"one flipped byte in a text file", flip_text, INTEGRITY_ALTERED, "xen.txt", INTEGRITY_ALTERED,
     "not-in-catalog"},
    {"one flipped byte in the catalog", flip_catalog, INTEGRITY_ALTERED, "xen.sys",
     INTEGRITY_ALTERED, NULL},
    {"a catalog without a signature", strip_signature, INTEGRITY_UNSIGNED, "xen.sys",
     INTEGRITY_UNSIGNED, NULL},
    {"an INF that lost its CRs", lf_only, INTEGRITY_ALTERED, "xen.inf", INTEGRITY_ALTERED,
     "line-ends-changed"},
    {"a missing driver", no_driver, INTEGRITY_INCOMPLETE, "xen.sys", INTEGRITY_MISSING,
     "file-missing"},
    {"no catalog", no_catalog, INTEGRITY_UNSIGNED, "xen.inf", INTEGRITY_UNSIGNED, "no-catalog"},
    {"an empty catalog", empty_catalog, INTEGRITY_UNSIGNED, "xen.inf", INTEGRITY_UNSIGNED,
     "catalog-placeholder"},
    {"a placeholder", placeholder, INTEGRITY_UNSIGNED, "xen.inf", INTEGRITY_UNSIGNED,
     "catalog-placeholder"},
    {"another driver with a good signature of its own", other_signed_driver, INTEGRITY_ALTERED,
     "xen.sys", INTEGRITY_INTACT, "not-in-catalog"},
    {"a listed driver with one of its own", own_signature_too, INTEGRITY_INTACT, "xen.sys",
     INTEGRITY_INTACT, NULL},
    {"a listed driver whose own one is altered", own_signature_altered, INTEGRITY_ALTERED,
     "xen.sys", INTEGRITY_ALTERED, NULL},
    {"members under other names", other_names, INTEGRITY_INTACT, "xen.sys", INTEGRITY_INTACT, NULL},
    {"a catalog that the INF does not name", unnamed_catalog, INTEGRITY_INTACT, "xen.sys",
     INTEGRITY_INTACT, NULL},
};

static void check_findings(const struct row *r, const struct evidence *ev)
{
    bool expected = r->finding != NULL;
    if (expected && !findings_have(&ev->findings, r->finding, r->file))
        fail_msg("%s: no finding '%s' about '%s'; %zu others, the first '%s'", r->sentence,
                 r->finding, r->file, ev->findings.count,
                 ev->findings.count ? ev->findings.at[0].code : "");
    for (size_t i = 0; r->package == INTEGRITY_INTACT && i < ev->findings.count; i++)
        if (ev->findings.at[i].severity == FINDING_ERROR)
            fail_msg("%s: finding '%s' of '%s': %s", r->sentence, ev->findings.at[i].code,
                     ev->findings.at[i].file ? ev->findings.at[i].file : "",
                     ev->findings.at[i].message);
}

static void check_row(const struct row *r, bool lean)
{
    struct made p;
    struct evidence ev;
    make_package(&p);
    r->change(&p);
    gather_by(&p, lean, &ev);
    if (ev.packages.count != 1)
        fail_msg("%s: %zu driver packages", r->sentence, ev.packages.count);
    if (ev.packages.at[0].integrity != r->package || ev.integrity != r->package)
        fail_msg("%s: the package is %s, all is %s, not %s", r->sentence,
                 integrity_name(ev.packages.at[0].integrity), integrity_name(ev.integrity),
                 integrity_name(r->package));
    const struct evidence_file *f = file_named(&ev, r->file);
    if (!f || f->integrity != r->file_integrity)
        fail_msg("%s: '%s' is %s, not %s", r->sentence, r->file,
                 f ? integrity_name(f->integrity) : "not there", integrity_name(r->file_integrity));
    check_findings(r, &ev);
    evidence_release(&ev);
}

static void each_wrong_thing_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int lean = 0; lean < 2; lean++)
            check_row(&rows[i], lean != 0);
}

/* Every tenth byte of every file of a whole package, but for the parts of a driver that no catalog
 * hashes. */
static void no_flipped_byte_is_intact(void **state)
{
    (void)state;
    enum { STRIDE = 97, FLOOR = 30 };
    size_t tried = 0;
    struct made whole;
    make_package(&whole);
    for (size_t f = 0; f < FILES; f++)
        for (size_t at = 0; at < whole.files[f].size; at += STRIDE) {
            bool unhashed = f == FILE_SYS && ((at >= CHECKSUM && at < CHECKSUM + 4) ||
                                              (at >= TABLE_ENTRY && at < TABLE_ENTRY + 8));
            struct made p = whole;
            struct evidence ev;
            if (unhashed)
                continue;
            p.files[f] = flipped(whole.files[f], at);
            gather_by(&p, tried % 2 != 0, &ev);
            if (ev.integrity == INTEGRITY_INTACT)
                fail_msg("byte %zu of '%s' was flipped, and all is intact", at, file_names[f]);
            evidence_release(&ev);
            tried++;
        }
    assert_true(tried > FLOOR);
}

static const struct evidence_entry *entry_named(const struct evidence *ev, const char *name)
{
    size_t i = package_find(&ev->package, name);
    if (i == SIZE_MAX)
        fail_msg("there is no '%s'", name);
    return &ev->entries[i];
}

/* What no INF copies is in no catalog that counts. */
static void lean_hashes_only_what_an_inf_copies(void **state)
{
    (void)state;
    struct made p;
    struct evidence ev;
    make_package(&p);
    p.names[FILE_TXT] = "other.txt";
    for (int lean = 0; lean < 2; lean++) {
        gather_by(&p, lean != 0, &ev);
        assert_int_equal(entry_named(&ev, "xen.inf")->flat.of[DIGEST_SHA1].kind, DIGEST_SHA1);
        assert_int_equal(entry_named(&ev, "other.txt")->flat.of[DIGEST_SHA1].kind,
                         lean ? DIGEST_NONE : DIGEST_SHA1);
        assert_int_equal(ev.packages.at[0].integrity, INTEGRITY_INCOMPLETE);
        assert_int_equal(ev.files.count, 1);
        assert_int_equal(ev.files.at[0].integrity, INTEGRITY_UNSIGNED);
        evidence_release(&ev);
    }
}

static void says_who_signed(void **state)
{
    (void)state;
    struct made p;
    struct evidence ev;
    make_package(&p);
    own_signature_too(&p);
    gather(&p, &ev);
    const struct signature *s = evidence_package_signature(&ev, &ev.packages.at[0]);
    assert_non_null(s);
    assert_string_equal(s->signer, "Publisher");
    assert_int_equal(s->root, ROOT_MS_2010);
    const struct evidence_file *sys = file_named(&ev, "xen.sys");
    assert_int_equal(sys->member, TRI_YES);
    assert_string_equal(sys->os_attr, "2:5.1,2:6.0");
    assert_true(ev.entries[sys->entry].is_kernel);
    assert_int_equal(ev.entries[sys->entry].machine, 0x8664);
    assert_non_null(evidence_file_signature(&ev, sys));
    assert_null(evidence_file_signature(&ev, file_named(&ev, "xen.txt")));
    assert_string_equal(evidence_name(&ev, SIZE_MAX), "");
    evidence_release(&ev);
}

/* Production asks for no root of the test: the same package is intact, and leads nowhere. */
static void a_root_of_the_test_is_none_of_the_kernel(void **state)
{
    (void)state;
    struct made p;
    struct evidence ev = {0};
    struct err e = {0};
    make_package(&p);
    char *folder = make_place();
    write_package(&p, folder);
    assert_true(evidence_gather(folder, &(struct evidence_options){.roots = NULL}, &ev, &e));
    file_remove_tree(folder, NULL);
    assert_int_equal(ev.packages.at[0].integrity, INTEGRITY_INTACT);
    assert_int_equal(evidence_package_signature(&ev, &ev.packages.at[0])->root, ROOT_UNKNOWN);
    mem_free(folder);
    evidence_release(&ev);
}

static void what_is_not_there_is_an_error(void **state)
{
    (void)state;
    struct evidence ev = {0};
    struct err e = {0};
    assert_false(evidence_gather("tests/unit/there-is-no-such-file.msi",
                                 &(struct evidence_options){.roots = NULL}, &ev, &e));
    assert_non_null(strstr(e.text, "there-is-no-such-file.msi"));
}

static int forget(void **state)
{
    (void)state;
    der_forget();
    return 0;
}

static int forget_keys(void **state)
{
    (void)state;
    signed_release();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_wrong_thing_is_found, forget),
        cmocka_unit_test_teardown(no_flipped_byte_is_intact, forget),
        cmocka_unit_test_teardown(lean_hashes_only_what_an_inf_copies, forget),
        cmocka_unit_test_teardown(says_who_signed, forget),
        cmocka_unit_test_teardown(a_root_of_the_test_is_none_of_the_kernel, forget),
        cmocka_unit_test(what_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, forget_keys);
}
