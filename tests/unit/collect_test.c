/* collect: what of a folder goes into the zip, in which form, and what is said of the rest. */
#define _GNU_SOURCE
#include "installer/collect.h"

#include "base/mem.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

struct place {
    char folder[200];
    struct collect collect;
};

static int make_place(void **state)
{
    struct place *p = mem_zero(1, sizeof *p);
    char *temp = file_temp_folder();
    snprintf(p->folder, sizeof p->folder, "%s/xenpv-collect-XXXXXX", temp);
    mem_free(temp);
    *state = p;
    texts_add(&p->collect.mask.computers, "state");
    texts_add(&p->collect.mask.users, "jane");
    return mkdtemp(p->folder) ? 0 : -1;
}

static int remove_place(void **state)
{
    struct place *p = *state;
    bool ok = file_remove_tree(p->folder, NULL);
    collect_release(&p->collect);
    mem_free(p);
    return ok ? 0 : -1;
}

static void put(const struct place *p, const char *name, struct span content)
{
    char *path = file_join(p->folder, name);
    struct err e = {0};
    if (!file_create(path, content, &e))
        fail_msg("%s", e.text);
    mem_free(path);
}

static const char *content_of(const struct collect *c, const char *name)
{
    for (size_t i = 0; i < c->list.items.count; i++)
        if (strcmp(c->list.items.at[i].name, name) == 0)
            return c->list.items.at[i].content;
    return NULL;
}

static void add_log(struct place *p, const char *name)
{
    char *path = file_join(p->folder, name);
    collect_add_log(&p->collect, path, "a log");
    mem_free(path);
}

static void our_folder_is_taken_file_by_file(void **state)
{
    struct place *p = *state;
    struct err e = {0};
    put(p, "journal.json",
        span_text("{\"schema\": 1, \"state\": \"installed\", \"reason\": \"jane at state\"}"));
    put(p, "journal-1.json", span_text("{\"state\": \"broken off by jane"));
    put(p, "xenpv.log", span_text("by jane\n"));
    put(p, "notes.txt", span_text("jane"));
    char *packages = file_join(p->folder, "packages");
    assert_true(file_make_folder(packages, &e));
    mem_free(packages);
    collect_add_state(&p->collect, p->folder);
    assert_int_equal(p->collect.list.items.count, 3);
    const char *journal = content_of(&p->collect, "journal/journal.json");
    assert_non_null(journal);
    CHECK_HAS("names go from its texts", journal, "\"reason\": \"(user) at (computer)\"");
    CHECK_HAS("its own words stay, even where a computer is called so", journal,
              "\"state\": \"installed\"");
    CHECK_HAS("what is no journal is text", content_of(&p->collect, "journal/journal-1.json"),
              "broken off by (user)");
    CHECK_TEXT("a log", content_of(&p->collect, "logs/xenpv.log"), "by (user)\n");
    char *contents = collect_contents(&p->collect);
    CHECK_HAS("what was left out is said", contents, "notes.txt: neither a journal nor a log");
    CHECK_HAS("folders too", contents, "packages: a folder of driver files and copies");
    CHECK_HAS("and that names were", contents, "Not in it: users' folders");
    mem_free(contents);
}

static void a_log_may_be_of_any_kind(void **state)
{
    struct place *p = *state;
    static const uint8_t utf16[] = {0xff, 0xfe, 'j', 0, 'a', 0, 'n', 0, 'e', 0, '!', 0};
    put(p, "msi.log", span_of(utf16, sizeof utf16));
    put(p, "setupapi.log", span_text("C:\\Documents and Settings\\J\xfcrgen\\a \xe4\r\n"));
    add_log(p, "msi.log");
    add_log(p, "setupapi.log");
    add_log(p, "absent.log");
    CHECK_TEXT("UTF-16, as Windows Installer writes", content_of(&p->collect, "logs/msi.log"),
               "(user)!");
    CHECK_TEXT("a code page, as SetupAPI writes", content_of(&p->collect, "logs/setupapi.log"),
               "C:\\Documents and Settings\\(user)\\a \xc3\xa4\r\n");
    assert_int_equal(p->collect.list.items.count, 2);
    CHECK("what is not there is not missed", !p->collect.list.left_out.count);
}

static void of_a_long_log_the_end_counts(void **state)
{
    struct place *p = *state;
    struct text t = {0};
    for (int i = 0; t.size < 2 * COLLECT_LOG_MAX; i++)
        text_addf(&t, "line %d\n", i);
    text_add(&t, "the end\n");
    put(p, "long.log", span_text(text_str(&t)));
    text_release(&t);
    add_log(p, "long.log");
    const char *log = content_of(&p->collect, "logs/long.log");
    CHECK("no more than its limit", strlen(log) <= COLLECT_LOG_MAX);
    CHECK("almost all of that", strlen(log) > COLLECT_LOG_MAX - 32);
    CHECK("it begins with a line", strncmp(log, "line ", 5) == 0);
    CHECK_HAS("and has the end", log + strlen(log) - 10, "the end\n");
}

static void a_long_log_of_utf16_is_cut_between_characters(void **state)
{
    struct place *p = *state;
    struct bytes b = {.size = COLLECT_LOG_MAX + 1001};
    b.at = mem_zero(b.size, 1);
    for (size_t i = 0; i < b.size; i += 2)
        b.at[i] = i % 80 ? 'a' : '\n';
    b.at[0] = 0xff;
    b.at[1] = 0xfe;
    b.size--; /* even, so that the cut is at an odd place */
    put(p, "wide.log", bytes_span(&b));
    bytes_release(&b);
    add_log(p, "wide.log");
    const char *log = content_of(&p->collect, "logs/wide.log");
    CHECK("letters only", strspn(log, "a\n") == strlen(log) && strlen(log) > COLLECT_LOG_MAX / 3);
}

static void what_cannot_be_read_is_told(void **state)
{
    struct place *p = *state;
    struct err e = {0};
    char *path = file_join(p->folder, "folder.log");
    assert_true(file_make_folder(path, &e));
    collect_add_log(&p->collect, path, "a log");
    mem_free(path);
    assert_int_equal(p->collect.list.left_out.count, 1);
    CHECK_HAS("with its name", p->collect.list.left_out.at[0], "folder.log: ");
}

static void a_folder_of_thousands_is_not_taken_whole(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < COLLECT_FILES_MAX + 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d.log", i);
        put(p, name, span_text("x"));
    }
    collect_add_state(&p->collect, p->folder);
    assert_int_equal(p->collect.list.items.count, COLLECT_FILES_MAX);
    assert_int_equal(p->collect.list.left_out.count, 5);
}

static void the_zip_lists_what_it_holds(void **state)
{
    struct place *p = *state;
    struct bytes zip = {0};
    struct err e = {0};
    collect_add(&p->collect, "report.txt", "a report", mem_strdup("text\n"));
    char *json = collect_json(&p->collect);
    CHECK_HAS("the JSON too", json, "\"name\": \"report.txt\"");
    CHECK_HAS("with sizes", json, "\"size\": 5");
    CHECK("and without contents", !strstr(json, "text\\n"));
    mem_free(json);
    assert_true(collect_zip(&p->collect, 0, &zip, &e));
    CHECK("it is a zip", span_starts(bytes_span(&zip), span_text("PK")));
    CHECK("the list is its first file",
          span_find(bytes_span(&zip), 0, span_text("CONTENTS.txt")) <
              span_find(bytes_span(&zip), 0, span_text("report.txt")));
    bytes_release(&zip);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        ROW(our_folder_is_taken_file_by_file), ROW(a_log_may_be_of_any_kind),
        ROW(of_a_long_log_the_end_counts),     ROW(a_long_log_of_utf16_is_cut_between_characters),
        ROW(what_cannot_be_read_is_told),      ROW(a_folder_of_thousands_is_not_taken_whole),
        ROW(the_zip_lists_what_it_holds),
    };
    return cmocka_run_group_tests_name("collect", tests, NULL, NULL);
}
