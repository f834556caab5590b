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

/* In place of the package's own. */
static const char *other_inf, *const *other_names, *other_helper;

static void make_plan(struct planned *p)
{
    struct err e = {0};
    memset(p, 0, sizeof *p);
    make_package(&p->package);
    if (other_inf) {
        struct span *files = p->package.files;
        files[FILE_INF] = span_text(other_inf);
        files[FILE_CAT] = make_catalog(files[FILE_SYS], files[FILE_INF], files[FILE_TXT]);
    }
    if (other_names)
        memcpy(p->package.names, other_names, sizeof p->package.names);
    struct span tar = tar_of(&p->package);
    built_make(&p->built, tar, tar);
    if (other_helper)
        shape_set_text(&p->built.manifest.releases.at[0].helpers.at[0].file, other_helper);
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
    CHECK("the release's one, and two that nobody foresaw", p.journal.restart_limit.value == 3);
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

static void a_helper_that_no_package_has_is_left_out(void **state)
{
    (void)state;
    struct planned p;
    other_helper = "absent.exe";
    make_plan(&p);
    other_helper = NULL;
    assert_int_equal(p.journal.helpers.count, 0);
    assert_null(journal_helper_named(&p.journal, "Notes"));
    for (size_t i = 0; i < p.journal.steps.count; i++)
        assert_int_not_equal(p.journal.steps.at[i].kind, STEP_HELPER);
    done(&p);
}

/* clang-format off */
static const char nested_inf[] =
    "[Version]\r\nSignature=\"$Windows NT$\"\r\nClass=System\r\nClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}\r\n"
    "Provider=%P%\r\nCatalogFile=xen.cat\r\nDriverVer=01/01/2015,9.1.0.1\r\n"
    "[Manufacturer]\r\n%P%=M,NTamd64\r\n[M.NTamd64]\r\n%P%=I,PCI\\VEN_5853&DEV_0001\r\n"
    "[I]\r\nCopyFiles=F\r\nAddReg=R\r\n[I.Services]\r\nAddService=xen,2,S\r\n"
    "[S]\r\nServiceType=1\r\nStartType=3\r\nErrorControl=1\r\nServiceBinary=%12%\\xen.sys\r\n"
    "[R]\r\nHKLM,SYSTEM\\CurrentControlSet\\Services\\xen\\Parameters,X,,1\r\n"
    "[F]\r\nxen.sys\r\nxen.txt\r\n[DestinationDirs]\r\nDefaultDestDir=12\r\n"
    "[SourceDisksNames]\r\n1=x\r\n[SourceDisksFiles]\r\nxen.sys=1,amd64\r\nxen.txt=1\r\n[Strings]\r\nP=\"Xen Project\"\r\n";
static const char *const nested_names[FILES] = {"w10/xen.inf", "w10/amd64/xen.sys", "w10/xen.txt", "w10/xen.cat"};
/* clang-format on */

/* Windows looks for them from the INF's own folder. */
static void files_keep_their_place_below_the_inf(void **state)
{
    (void)state;
    static const char folder[] = "C:\\state\\packages\\xen-9\\xen\\";
    static const char *const places[] = {"xen.inf", "amd64\\xen.sys", "xen.txt", "xen.cat"};
    struct planned p;
    other_inf = nested_inf;
    other_names = nested_names;
    make_plan(&p);
    other_inf = NULL;
    other_names = NULL;
    const struct journal_driver *d = &p.journal.drivers.at[0];
    assert_int_equal(d->stored.count, FILES);
    for (size_t i = 0; i < FILES; i++) {
        struct text path = {0};
        text_addf(&path, "%s%s", folder, places[i]);
        expect_hash(file_at(&d->stored, text_str(&path)), p.package.files[i], places[i]);
        text_release(&path);
    }
    assert_int_equal(d->keys.count, 2);
    assert_string_equal(d->keys.at[0].path, "xen\\Parameters");
    done(&p);
}

/* Windows Installer is given the container itself. */
static void a_product_is_the_whole_file(void **state)
{
    (void)state;
    struct planned p;
    struct span bytes;
    struct err e = {0};
    make_plan(&p);
    assert_true(plan_content(&p.source, "{P}", "xen.tar", &bytes, &e));
    assert_true(span_equal(bytes, tar_of(&p.package)));
    assert_false(plan_content(&p.source, "{P}", "xen.sys", &bytes, &e));
    CHECK_HAS("a file inside is none", e.text, "'xen.sys' is no file of this release");
    p.source.containers.at[0].evidence.whole.of[DIGEST_SHA256].bytes[0] ^= 1;
    err_clear(&e);
    assert_false(plan_content(&p.source, "{P}", "xen.tar", &bytes, &e));
    CHECK_HAS("one that changed since", e.text, "changed");
    done(&p);
}

/* clang-format off */
#define CLASS "SYSTEM\\CurrentControlSet\\Control\\Class\\"
#define SERVICES "SYSTEM\\CurrentControlSet\\Services\\"
/* One of each thing that an INF does, and ones beside it that are not for a journal. */
static const char rich_inf[] =
    "[Version]\r\nSignature=\"$Windows NT$\"\r\nClass=System\r\nClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}\r\n"
    "Provider=%P%\r\nCatalogFile=xen.cat\r\nDriverVer=01/01/2015,9.1.0.1\r\n"
    "[Manufacturer]\r\n%P%=M,NTamd64\r\n"
    "[M.NTamd64]\r\n%P%=Other,PCI\\VEN_0000\r\n%P%=I,PCI\\VEN_5853&DEV_0001\r\n"
    "[Other]\r\n[Other.Services]\r\nAddService=other,2,Other_Service\r\n"
    "[Other_Service]\r\nServiceType=1\r\nStartType=0\r\nErrorControl=1\r\nServiceBinary=%12%\\other.sys\r\n"
    "[I]\r\nCopyFiles=Drivers,System,Windows,Store,Replaced\r\nAddReg=Registry\r\nDelReg=Gone\r\n"
    "[I.Services]\r\nAddService=xen,2,S\r\nAddService=xenbus_monitor,0,Monitor\r\nDelService=older\r\n"
    "[S]\r\nServiceType=1\r\nStartType=0\r\nErrorControl=1\r\nServiceBinary=%12%\\xen.sys\r\n"
    "[Monitor]\r\nServiceType=16\r\nStartType=2\r\nErrorControl=1\r\nServiceBinary=%11%\\notes.txt\r\n"
    "[Drivers]\r\nxen.sys\r\n[System]\r\nnotes.txt,xen.txt\r\n[Windows]\r\nxen.txt\r\n[Store]\r\nstore.txt,xen.txt\r\n"
    "[Replaced]\r\nreplaced.txt,xen.txt,,0x400\r\n"
    "[DestinationDirs]\r\nDefaultDestDir=12\r\nSystem=11\r\nWindows=10,sub\r\nStore=13\r\nReplaced=11\r\n"
    "[Registry]\r\n"
    "HKLM," CLASS "{4d36e97d},UpperFilters,0x10008,xenfilt\r\n"
    "HKLM," CLASS "{4d36e96a},LowerFilters,0x10000,one,two\r\n"
    "HKLM," CLASS "{4d36e97d},Icon,,7\r\n"
    "HKLM," CLASS "4d36e97d,UpperFilters,0x10008,unbraced\r\n"
    "HKLM," CLASS "{4d36e97d,UpperFilters,0x10008,half\r\n"
    "HKLM,SOFTWARE\\{4d36e97d},UpperFilters,0x10008,elsewhere\r\n"
    "HKCR," CLASS "{4d36e97d},UpperFilters,0x10008,classes\r\n"
    "HKLM," SERVICES "XEN\\Unplug,DISKS,,1\r\n"
    "HKLM," SERVICES "xen\\UNPLUG,NICS,,1\r\n"
    "HKLM," SERVICES "disk,Start,0x10001,0\r\n"
    "HKCR," SERVICES "XEN\\Classes,X,,1\r\n"
    "HKLM,SOFTWARE\\Xen\\Tools,X,,1\r\n"
    "[Gone]\r\nHKLM," SERVICES "XEN\\Older\r\nHKLM," CLASS "{4d36e97d},LowerFilters\r\n"
    "[SourceDisksNames]\r\n1=x\r\n[SourceDisksFiles]\r\nxen.sys=1\r\nxen.txt=1\r\n[Strings]\r\nP=\"Xen Project\"\r\n";
/* clang-format on */

static void check_installed(const struct planned *p, const struct journal_driver *d)
{
    assert_int_equal(d->installed.count, 3);
    expect_hash(file_at(&d->installed, "C:\\Windows\\System32\\drivers\\xen.sys"),
                p->package.files[FILE_SYS], "the driver");
    expect_hash(file_at(&d->installed, "C:\\Windows\\System32\\notes.txt"),
                p->package.files[FILE_TXT], "a file under another name");
    expect_hash(file_at(&d->installed, "C:\\Windows\\sub\\xen.txt"), p->package.files[FILE_TXT],
                "a file in a folder of its own");
}

static void check_filters(const struct journal_driver *d)
{
    static const char *const filters[][3] = {{"{4d36e97d}", "UpperFilters", "xenfilt"},
                                             {"{4d36e96a}", "LowerFilters", "one"},
                                             {"{4d36e96a}", "LowerFilters", "two"}};
    assert_int_equal(d->filters.count, COUNT(filters));
    for (size_t i = 0; i < COUNT(filters); i++) {
        assert_string_equal(d->filters.at[i].class_guid, filters[i][0]);
        assert_string_equal(d->filters.at[i].position, filters[i][1]);
        assert_string_equal(d->filters.at[i].service, filters[i][2]);
    }
}

/* What undoing has to know of: files where they go, services, filters, and keys of ours. */
static void each_effect_of_an_inf_is_planned(void **state)
{
    (void)state;
    struct planned p;
    other_inf = rich_inf;
    make_plan(&p);
    other_inf = NULL;
    const struct journal_driver *d = &p.journal.drivers.at[0];
    check_installed(&p, d);
    check_filters(d);
    assert_int_equal(d->services.count, 2);
    assert_string_equal(d->services.at[0].name, "xen");
    assert_int_equal(d->services.at[0].start.value, 0);
    assert_string_equal(d->services.at[1].name, "xenbus_monitor");
    assert_int_equal(d->services.at[1].start.value, 2);
    assert_int_equal(d->keys.count, 2);
    assert_string_equal(d->keys.at[0].path, "XEN\\Unplug");
    assert_string_equal(d->keys.at[1].path, "XEN");
    done(&p);
}

/* It would ask for restarts while packages are staged, and again once it is installed. */
static void the_monitor_is_kept_silent_before_and_after(void **state)
{
    (void)state;
    static const enum step_kind kinds[] = {STEP_MONITOR, STEP_STORE,  STEP_STAGE,  STEP_BIND,
                                           STEP_MONITOR, STEP_HELPER, STEP_NETWORK};
    struct planned p;
    other_inf = rich_inf;
    make_plan(&p);
    other_inf = NULL;
    assert_int_equal(p.journal.steps.count, COUNT(kinds));
    for (size_t i = 0; i < COUNT(kinds); i++)
        assert_int_equal(p.journal.steps.at[i].kind, kinds[i]);
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
        cmocka_unit_test_teardown(a_helper_that_no_package_has_is_left_out, forget),
        cmocka_unit_test_teardown(files_keep_their_place_below_the_inf, forget),
        cmocka_unit_test_teardown(a_product_is_the_whole_file, forget),
        cmocka_unit_test_teardown(each_effect_of_an_inf_is_planned, forget),
        cmocka_unit_test_teardown(the_monitor_is_kept_silent_before_and_after, forget),
        cmocka_unit_test_teardown(the_plan_is_a_journal, forget),
        cmocka_unit_test_teardown(the_bytes_are_the_verified_ones, forget),
    };
    return cmocka_run_group_tests(tests, NULL, forget_keys);
}
