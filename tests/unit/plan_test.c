/* plan: from a verified source to the journal of an installation: what goes where, in which order,
 * and by which hash. */
#include "installer/plan.h"

#include "tests/unit/build_release.h"

static const struct plan_folders folders = {"C:\\state", "C:\\Windows", "C:\\Windows\\System32",
                                            "C:\\Windows\\System32\\drivers", "C:\\Program Files"};

struct planned {
    struct made package;
    struct built built;
    struct source source;
    struct journal journal;
};

static enum tri has_root(void *context, struct span certificate, struct span catalog)
{
    (void)context;
    return certificate.size && catalog.size ? TRI_YES : TRI_UNKNOWN;
}

static const struct source_trust trust = {has_root, NULL};
static const struct source_trust *asked_for;

static void make_plan(struct planned *p)
{
    struct err e = {0};
    memset(p, 0, sizeof *p);
    make_package(&p->package);
    struct span tar = tar_of(&p->package);
    built_make(&p->built, tar, tar);
    if (!source_open(
            &p->built.shelf,
            &(struct source_case){&p->built.choice, &p->built.manifest, &p->built.facts, asked_for},
            &p->source, &e) ||
        !plan_install(&p->source, &p->built.facts, &folders, &p->journal, &e))
        fail_msg("%s", e.text);
}

static void done(struct planned *p)
{
    journal_release(&p->journal);
    source_release(&p->source);
    built_release(&p->built);
}

static const struct journal_file *file_at(const void *list, const char *path)
{
    const struct {
        struct journal_file *at;
        size_t count;
    } *files = list;
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->at[i].path, path) == 0)
            return &files->at[i];
    return NULL;
}

static void expect_hash(const struct journal_file *f, struct span content, const char *what)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(DIGEST_SHA256, content);
    digest_hex(&d, hex);
    if (!f)
        fail_msg("%s is not planned", what);
    CHECK_TEXT(what, f->sha256, hex);
}

static void each_file_has_its_place_and_hash(void **state)
{
    (void)state;
    struct planned p;
    make_plan(&p);
    assert_int_equal(p.journal.drivers.count, 1);
    const struct journal_driver *d = &p.journal.drivers.at[0];
    assert_string_equal(d->folder, "C:\\state\\packages\\xen-9\\xen");
    assert_string_equal(d->inf, "xen.inf");
    assert_int_equal(d->stored.count, FILES);
    for (size_t i = 0; i < FILES; i++) {
        struct text path = {0};
        text_addf(&path, "%s\\%s", d->folder, file_names[i]);
        expect_hash(file_at(&d->stored, text_str(&path)), p.package.files[i], file_names[i]);
        text_release(&path);
    }
    assert_int_equal(d->installed.count, 2);
    expect_hash(file_at(&d->installed, "C:\\Windows\\System32\\drivers\\xen.sys"),
                p.package.files[FILE_SYS], "the driver");
    expect_hash(file_at(&d->installed, "C:\\Windows\\System32\\drivers\\xen.txt"),
                p.package.files[FILE_TXT], "the text");
    assert_int_equal(d->services.count, 1);
    assert_string_equal(d->services.at[0].name, "xen");
    assert_int_equal(d->services.at[0].start.value, 3);
    assert_int_equal(d->platform, TRI_YES);
    assert_string_equal(d->hardware_ids.at[0], "PCI\\VEN_5853&DEV_0001");
    done(&p);
}

static void a_helper_goes_below_program_files(void **state)
{
    (void)state;
    struct planned p;
    make_plan(&p);
    const struct journal_helper *h = journal_helper_named(&p.journal, "Notes");
    assert_non_null(h);
    assert_string_equal(h->folder, "C:\\Program Files\\Xen\\bin");
    assert_string_equal(h->file.path, "C:\\Program Files\\Xen\\bin\\xen.txt");
    expect_hash(&h->file, p.package.files[FILE_TXT], "the helper");
    done(&p);
}

/* One step for the one signer, before Windows hears of the first package. */
static void a_publisher_is_trusted_first(void **state)
{
    (void)state;
    struct planned p;
    asked_for = &trust;
    make_plan(&p);
    asked_for = NULL;
    assert_int_equal(p.journal.publishers.count, 1);
    const struct journal_publisher *one = &p.journal.publishers.at[0];
    assert_string_equal(one->sha1, p.journal.steps.at[0].subject);
    assert_int_equal(p.journal.steps.at[0].kind, STEP_TRUST);
    assert_int_equal(p.journal.steps.at[1].kind, STEP_STORE);
    size_t size = strlen(one->certificate) / 2;
    uint8_t *der = mem_zero(size, 1);
    assert_true(text_parse_hex(one->certificate, der, size));
    expect_hash(&(struct journal_file){.sha256 = one->sha256}, span_of(der, size), "the leaf");
    assert_int_equal(p.journal.trust.count, 0);
    mem_free(der);
    done(&p);
}

static void the_steps_are_in_order_and_nothing_is_done(void **state)
{
    (void)state;
    static const enum step_kind kinds[] = {STEP_STORE, STEP_STAGE, STEP_BIND, STEP_HELPER,
                                           STEP_NETWORK};
    struct planned p;
    make_plan(&p);
    assert_int_equal(p.journal.steps.count, COUNT(kinds));
    for (size_t i = 0; i < COUNT(kinds); i++) {
        assert_int_equal(p.journal.steps.at[i].kind, kinds[i]);
        assert_int_equal(p.journal.steps.at[i].state, STEP_PENDING);
        assert_true(journal_step_has_subject(&p.journal, &p.journal.steps.at[i]));
        char *words = plan_step_words(&p.journal, &p.journal.steps.at[i]);
        assert_true(strlen(words) > 8);
        mem_free(words);
    }
    assert_int_equal(p.journal.restarts.value, 0);
    assert_true(p.journal.restart_limit.value > 0);
    assert_int_equal(p.journal.boot_time.value, 5);
    assert_int_equal(p.journal.sources.count, 1);
    assert_non_null(strstr(p.journal.sources.at[0].path, "xen.tar"));
    done(&p);
}

/* What the plan says can be read back: the next run lives on it. */
static void the_plan_is_a_journal(void **state)
{
    (void)state;
    struct planned p;
    struct journal back = {0};
    struct err e = {0};
    make_plan(&p);
    char *json = shape_encode(&journal_shape, &p.journal);
    if (!journal_decode(span_text(json), &back, &e))
        fail_msg("%s", e.text);
    journal_release(&back);
    mem_free(json);
    done(&p);
}

static void the_bytes_are_the_verified_ones(void **state)
{
    (void)state;
    struct planned p;
    struct span bytes;
    struct err e = {0};
    make_plan(&p);
    assert_true(plan_content(&p.source, "xen", "xen.sys", &bytes, &e));
    assert_true(span_equal(bytes, p.package.files[FILE_SYS]));
    assert_true(plan_content(&p.source, "Notes", "xen.txt", &bytes, &e));
    assert_true(span_equal(bytes, p.package.files[FILE_TXT]));
    assert_false(plan_content(&p.source, "xen", "absent.sys", &bytes, &e));
    assert_non_null(strstr(e.text, "absent.sys"));
    /* As if the bytes had changed since: what was verified is no longer what would be written. */
    struct evidence *ev = &p.source.containers.at[0].evidence;
    ev->entries[package_find(&ev->package, "xen.sys")].sha256.bytes[0] ^= 1;
    err_clear(&e);
    assert_false(plan_content(&p.source, "xen", "xen.sys", &bytes, &e));
    assert_non_null(strstr(e.text, "changed"));
    done(&p);
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
        cmocka_unit_test_teardown(each_file_has_its_place_and_hash, forget),
        cmocka_unit_test_teardown(a_helper_goes_below_program_files, forget),
        cmocka_unit_test_teardown(a_publisher_is_trusted_first, forget),
        cmocka_unit_test_teardown(the_steps_are_in_order_and_nothing_is_done, forget),
        cmocka_unit_test_teardown(the_plan_is_a_journal, forget),
        cmocka_unit_test_teardown(the_bytes_are_the_verified_ones, forget),
    };
    return cmocka_run_group_tests(tests, NULL, forget_keys);
}
