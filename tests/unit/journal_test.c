/* journal: round trip of every member, journals that no run of ours wrote, and what steps are
 * about.
 */
#include "installer/journal.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

static struct journal_file file_of(const char *path)
{
    return (struct journal_file){.path = mem_strdup(path),
                                 .source = mem_strdup("x.sys"),
                                 .sha256 = mem_strdup("00ff"),
                                 .existed = TRI_YES,
                                 .kept = mem_strdup("C:\\kept\\0")};
}

static void fill_driver(struct journal_driver *d)
{
    *d = (struct journal_driver){.name = mem_strdup("xenbus"),
                                 .folder = mem_strdup("C:\\x"),
                                 .inf = mem_strdup("xenbus.inf"),
                                 .published = mem_strdup("oem3.inf"),
                                 .published_existed = TRI_NO,
                                 .platform = TRI_YES,
                                 .optional = TRI_NO,
                                 .load = LOAD_LOADS};
    texts_add(&d->hardware_ids, "PCI\\VEN_5853&DEV_0001");
    texts_add(&d->instances, "PCI\\1");
    *(struct journal_binding *)shape_list_add(&d->before, sizeof(struct journal_binding)) =
        (struct journal_binding){.instance = mem_strdup("PCI\\1"),
                                 .id = mem_strdup("PCI\\VEN_5853&DEV_0001"),
                                 .service = mem_strdup("old"),
                                 .inf = mem_strdup("oem1.inf")};
    *(struct journal_file *)shape_list_add(&d->stored, sizeof(struct journal_file)) =
        file_of("C:\\x\\xenbus.sys");
    *(struct journal_file *)shape_list_add(&d->installed, sizeof(struct journal_file)) =
        file_of("C:\\d\\xenbus.sys");
    *(struct journal_service *)shape_list_add(&d->services, sizeof(struct journal_service)) =
        (struct journal_service){.name = mem_strdup("xenbus"),
                                 .start = number_of(0),
                                 .existed = TRI_YES,
                                 .before_start = number_of(4),
                                 .before_image = mem_strdup("C:\\d\\older.sys")};
    *(struct journal_filter *)shape_list_add(&d->filters, sizeof(struct journal_filter)) =
        (struct journal_filter){mem_strdup("{1}"), mem_strdup("UpperFilters"),
                                mem_strdup("xenfilt"), TRI_NO};
}

static void fill_boot(struct journal_boot *b)
{
    *b = (struct journal_boot){.option = mem_strdup("NOGPLPV"),
                               .fallbacks_known = TRI_YES,
                               .no_fallback = mem_strdup("why not"),
                               .fallback_required = TRI_NO,
                               .restore_point = number_of(7),
                               .no_restore_point = mem_strdup("why not"),
                               .program = mem_strdup("C:\\s\\xenpv-resume.exe"),
                               .arguments = mem_strdup("resume --service"),
                               .manifest = mem_strdup("C:\\s\\xenpv-resume.json"),
                               .manifest_from = mem_strdup("D:\\manifest.json"),
                               .manifest_sha256 = mem_strdup("00"),
                               .runs = number_of(1)};
    texts_add(&b->fallbacks_before, "{1}");
    struct journal_start *s = shape_list_add(&b->storage, sizeof *s);
    s->service = mem_strdup("intelide");
    s->start = number_of(3);
    texts_add(&s->overrides, "0=3");
}

static struct journal_product *make_product(void)
{
    struct journal_product *p = mem_zero(1, sizeof *p);
    *p = (struct journal_product){.code = mem_strdup("{1-2}"),
                                  .name = mem_strdup("Drivers"),
                                  .version = mem_strdup("9"),
                                  .folder = mem_strdup("C:\\m"),
                                  .file = file_of("C:\\m\\a.msi"),
                                  .existed = TRI_NO};
    *(struct journal_certificate *)shape_list_add(
        &p->certificates, sizeof(struct journal_certificate)) = (struct journal_certificate){
        mem_strdup("Root"), mem_strdup("00"), mem_strdup("Maker"), TRI_YES, TRI_NO};
    return p;
}

static void fill(struct journal *j)
{
    *j = (struct journal){.schema = number_of(JOURNAL_SCHEMA),
                          .state = JOURNAL_REVERTING,
                          .release = mem_strdup("r"),
                          .family = mem_strdup("f"),
                          .version = mem_strdup("9.1.0"),
                          .set = mem_strdup("s"),
                          .windows = mem_strdup("Windows 7"),
                          .reason = mem_strdup("why, \xc3\xa4\n"),
                          .generation = number_of(2),
                          .previous = mem_strdup("journal-1.json"),
                          .boot_time = number_of(0),
                          .restarts = number_of(1),
                          .restart_limit = number_of(3)};
    fill_boot(&j->boot);
    j->monitor = (struct journal_monitor){TRI_YES, TRI_NO, number_of(2), number_of(3)};
    struct journal_publisher *p = shape_list_add(&j->publishers, sizeof *p);
    *p = (struct journal_publisher){.sha1 = mem_strdup("aa"),
                                    .sha256 = mem_strdup("bb"),
                                    .name = mem_strdup("Signer"),
                                    .certificate = mem_strdup("30"),
                                    .existed = TRI_NO,
                                    .carried = TRI_NO};
    texts_add(&j->packages_before, "oem1.inf");
    j->product = make_product();
    j->network = mem_zero(1, sizeof *j->network);
    j->network->schema = number_of(NETWORK_SCHEMA);
    j->network->saved.reading = READING_FULL;
    texts_add(&j->accepted, "advisory-xsa-468");
    texts_add(&j->trust, "none");
    *(struct journal_source *)shape_list_add(&j->sources, sizeof(struct journal_source)) =
        (struct journal_source){mem_strdup("a.msi"), mem_strdup("00"), mem_strdup("Signer"),
                                mem_strdup("2014")};
    fill_driver(shape_list_add(&j->drivers, sizeof(struct journal_driver)));
    struct journal_helper *h = shape_list_add(&j->helpers, sizeof *h);
    *h = (struct journal_helper){.service = mem_strdup("Mon"),
                                 .display_name = mem_strdup("M"),
                                 .folder = mem_strdup("C:\\p"),
                                 .file = file_of("C:\\p\\m.exe"),
                                 .existed = TRI_NO};
    texts_add(&h->new_folders, "C:\\p");
    static const struct {
        enum step_kind kind;
        enum step_state state;
        const char *subject;
    } steps[] = {{STEP_STORE, STEP_DONE, "xenbus"},
                 {STEP_STAGE, STEP_STARTED, "xenbus"},
                 {STEP_BIND, STEP_PENDING, "xenbus"},
                 {STEP_HELPER, STEP_REVERTED, "Mon"},
                 {STEP_INSTALL_PRODUCT, STEP_DONE, "{1-2}"}};
    for (size_t i = 0; i < COUNT(steps); i++)
        *(struct journal_step *)shape_list_add(&j->steps, sizeof(struct journal_step)) =
            (struct journal_step){steps[i].kind, steps[i].state, mem_strdup(steps[i].subject)};
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    struct journal j = {0}, back = {0};
    struct err e = {0};
    fill(&j);
    char *once = shape_encode(&journal_shape, &j);
    if (!journal_decode(span_text(once), &back, &e))
        fail_msg("%s", e.text);
    char *twice = shape_encode(&journal_shape, &back);
    assert_string_equal(once, twice);
    assert_int_equal(back.state, JOURNAL_REVERTING);
    assert_true(back.boot_time.known);
    assert_string_equal(back.reason, "why, \xc3\xa4\n");
    assert_string_equal(back.drivers.at[0].installed.at[0].kept, "C:\\kept\\0");
    assert_string_equal(back.drivers.at[0].before.at[0].inf, "oem1.inf");
    assert_string_equal(back.helpers.at[0].new_folders.at[0], "C:\\p");
    assert_int_equal(back.steps.at[1].state, STEP_STARTED);
    assert_string_equal(back.boot.storage.at[0].overrides.at[0], "0=3");
    assert_int_equal(back.drivers.at[0].load, LOAD_LOADS);
    assert_int_equal(back.steps.at[3].kind, STEP_HELPER);
    assert_int_equal(back.steps.at[4].kind, STEP_INSTALL_PRODUCT);
    assert_string_equal(back.product->certificates.at[0].subject, "Maker");
    mem_free(once);
    mem_free(twice);
    journal_release(&j);
    journal_release(&back);
}

/* Every member that a shape names is written, so that none is forgotten by the next run. */
static void no_member_is_lost(void **state)
{
    (void)state;
    struct journal j = {0};
    fill(&j);
    char *json = shape_encode(&journal_shape, &j);
    for (size_t i = 0; i < journal_shape.count; i++) {
        struct text t = {0};
        text_addf(&t, "\"%s\":", journal_shape.fields[i].name);
        CHECK_HAS("every member is in the file", json, text_str(&t));
        text_release(&t);
    }
    assert_null(strstr(json, "null"));
    mem_free(json);
    journal_release(&j);
}

#define HEAD "{\"schema\": 1, \"state\": \"installing\", "
#define DRIVER "{\"name\": \"a\", \"folder\": \"C:\\\\a\", \"inf\": \"a.inf\"}"

struct refused_row {
    const char *sentence, *json, *says;
};

static const struct refused_row refused[] = {
    {"an empty file", "", "journal"},
    {"half a file", "{\"schema\": 1, \"state\":", "journal"},
    {"something else", "[1]", "journal"},
    {"no schema", "{\"state\": \"installed\"}", "schema"},
    {"a later schema", "{\"schema\": 2}", "schema"},
    {"an unknown state", "{\"schema\": 1, \"state\": \"lost\"}", "state"},
    {"an unknown kind of step",
     HEAD "\"drivers\": [" DRIVER "], \"steps\": [{\"kind\": \"explode\", \"subject\": \"a\"}]}",
     "kind"},
    {"a step without a kind",
     HEAD "\"drivers\": [" DRIVER "], \"steps\": [{\"kind\": null, \"subject\": \"a\"}]}",
     "step 0"},
    {"a step of kind unknown",
     HEAD "\"drivers\": [" DRIVER "], \"steps\": [{\"kind\": \"unknown\", \"subject\": \"a\"}]}",
     "step 0"},
    {"a step without a subject",
     HEAD "\"drivers\": [" DRIVER "], \"steps\": [{\"kind\": \"bind\"}]}", "step 0"},
    {"a step about the machine that names a driver",
     HEAD "\"drivers\": [" DRIVER "], \"steps\": [{\"kind\": \"network\", \"subject\": \"a\"}]}",
     "step 0"},
    {"network settings of another schema", HEAD "\"network\": {\"schema\": 2}}", "schema"},
    {"network settings of an interface that leads out of its key",
     HEAD "\"network\": {\"schema\": 1, \"saved\": {\"adapters\": [{\"guid\": \"..\"}]}}}", "GUID"},
    {"a step about a driver that is not there",
     HEAD "\"drivers\": [" DRIVER "], \"steps\": [{\"kind\": \"bind\", \"subject\": \"b\"}]}",
     "step 0"},
    {"a helper's step about a driver",
     HEAD "\"drivers\": [" DRIVER "], \"steps\": [{\"kind\": \"helper\", \"subject\": \"a\"}]}",
     "step 0"},
    {"a driver without a folder", HEAD "\"drivers\": [{\"name\": \"a\", \"inf\": \"a.inf\"}]}",
     "folder"},
    {"a file without a hash",
     HEAD
     "\"drivers\": [{\"name\": \"a\", \"folder\": \"C:\\\\a\", \"inf\": \"a\", \"stored\": [{\"path\": \"C:\\\\a\"}]}]}",
     "sha256"},
    {"a file without a path",
     HEAD
     "\"drivers\": [{\"name\": \"a\", \"folder\": \"C:\\\\a\", \"inf\": \"a\", \"stored\": [{\"sha256\": \"00\"}]}]}",
     "path"},
    {"a helper without a file",
     HEAD "\"helpers\": [{\"service\": \"a\", \"folder\": \"C:\\\\a\"}]}", "file"},
    {"a member of the wrong kind", HEAD "\"drivers\": {}}", "drivers"},
};

static void refuses_what_it_did_not_write(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct journal j = {0};
        struct err e = {0};
        bool ok = journal_decode(span_text(refused[i].json), &j, &e);
        if (ok || !strstr(e.text, refused[i].says) || !strstr(e.text, "journal"))
            fail_msg("%s: %s, '%s'", refused[i].sentence, ok ? "accepted" : "refused", e.text);
        CHECK(refused[i].sentence, j.drivers.count == 0 && j.steps.count == 0);
        journal_release(&j);
    }
}

static void a_member_of_a_later_version_is_passed_over(void **state)
{
    (void)state;
    struct journal j = {0};
    struct err e = {0};
    assert_true(
        journal_decode(span_text(HEAD "\"moon\": \"full\", \"drivers\": [" DRIVER "]}"), &j, &e));
    assert_non_null(journal_driver_named(&j, "a"));
    assert_null(journal_driver_named(&j, "A"));
    assert_null(journal_helper_named(&j, "a"));
    journal_release(&j);
}

static const struct {
    const char *sentence, *step;
    bool known;
} about[] = {
    {"a driver", "'kind': 'bind', 'subject': 'a'", true},
    {"a driver in another case, which it is not named in", "'kind': 'bind', 'subject': 'A'", false},
    {"a helper's name is no driver's", "'kind': 'stage', 'subject': 'h'", false},
    {"a driver's step without a subject", "'kind': 'store'", false},
    {"a helper", "'kind': 'helper', 'subject': 'h'", true},
    {"a helper's step without a subject", "'kind': 'helper'", false},
    {"a publisher in another case", "'kind': 'trust', 'subject': 'aB'", true},
    {"a publisher's step without a subject", "'kind': 'trust'", false},
    {"a target in another case", "'kind': 'remove-file', 'subject': 'c:\\\\T'", true},
    {"the first of the targets", "'kind': 'remove-file', 'subject': 'x'", true},
    {"a target's step without a subject", "'kind': 'remove-service'", false},
    {"the product in another case", "'kind': 'install-product', 'subject': '{p}'", true},
    {"another product", "'kind': 'store-product', 'subject': '{q}'", false},
    {"a product's step without a subject", "'kind': 'install-product'", false},
    {"the machine", "'kind': 'network'", true},
    {"the machine, with a subject", "'kind': 'network', 'subject': 'a'", false},
    {"no kind", "'kind': 'unknown', 'subject': 'a'", false},
};

#define HAS                                                                                        \
    "{'schema': 1, 'drivers': [{'name': 'z', 'folder': 'C:', 'inf': 'z.inf'},"                     \
    " {'name': 'a', 'folder': 'C:', 'inf': 'a.inf'}], 'helpers': [{'service': 'h',"                \
    " 'folder': 'C:', 'file': {'path': 'h.exe', 'sha256': '00'}}], 'publishers': ["                \
    "{'sha1': '00', 'sha256': '00', 'certificate': '30'},"                                         \
    " {'sha1': 'Ab', 'sha256': '00', 'certificate': '30'}],"                                       \
    " 'targets': [{'id': 'x'}, {'id': 'C:\\\\t'}],"                                                \
    " 'product': {'code': '{P}', 'folder': 'C:', 'file': {'path': 'p.msi', 'sha256': '00'}},"      \
    " 'steps': [{'kind': 'network'}, {"

/* Undoing goes by what the journal says of a step's subject; of none it would undo nothing. */
static void each_step_is_about_something_that_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(about); i++) {
        struct journal j = {0};
        struct err e = {0};
        struct text json = {0};
        text_addf(&json, HAS "%s}]}", about[i].step);
        char *quoted = text_steal(&json);
        for (char *c = quoted; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        bool ok = journal_decode(span_text(quoted), &j, &e);
        CHECK(about[i].sentence, ok == about[i].known);
        if (!ok)
            CHECK_HAS(about[i].sentence, e.text, "step 1 is of no known kind");
        journal_release(&j);
        mem_free(quoted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(no_member_is_lost),
        cmocka_unit_test(refuses_what_it_did_not_write),
        cmocka_unit_test(a_member_of_a_later_version_is_passed_over),
        cmocka_unit_test(each_step_is_about_something_that_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
