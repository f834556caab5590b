/*
 * file_loss: what the durable calls of file promise, on a disk that fails at each of their system
 * calls and loses power at each of them. A name holds all of the old bytes or all of the new ones;
 * what was said to be done is there after a power cut; what was not done is told, with the name of
 * the file, and can be done again.
 */
#define _GNU_SOURCE
#include "base/output.h"
#include "tests/unit/check.h"
#include "tests/unit/lossy_disk.h"

#define OLD "the old bytes, which are longer than the new ones are"
#define NEW "the new bytes of it"

static char folder[64];

static int make_folder(void **state)
{
    char *temp = file_temp_folder();
    (void)state;
    snprintf(folder, sizeof folder, "%s/xenpv-loss-XXXXXX", temp);
    mem_free(temp);
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    (void)state;
    lossy_begin(folder);
    lossy_forget();
    *lossy.root = '\0';
    return file_remove(folder, NULL) ? 0 : -1;
}

static bool replace(const char *path, struct err *e)
{
    return file_replace(path, span_text(NEW), e);
}

static bool create(const char *path, struct err *e)
{
    return file_create(path, span_text(NEW), e);
}

/* Output that can be made again, whose last step is a name. */
static bool write_and_move(const char *path, struct err *e)
{
    struct file_opened f = {0};
    char *part = file_join(folder, "a.part");
    bool ok = file_open_output(part, &f, e) &&
              (file_add(&f, span_text(NEW), e) || err_wrap(e, "'%s'", part));
    ok = file_close(&f, ok ? e : NULL) && ok && file_move(part, path, e);
    if (!ok)
        file_remove(part, NULL);
    mem_free(part);
    return ok;
}

static bool copy(const char *path, struct err *e)
{
    char *from = file_join(folder, "from");
    bool ok = file_copy(from, path, e);
    mem_free(from);
    return ok;
}

static bool put_out(const char *path, struct err *e)
{
    struct output o = {0};
    bool ok = output_open(path, &o, e) && output_add(&o, span_text("the new"), e) &&
              output_add(&o, span_text(" bytes of it"), e);
    return output_close(&o, ok, e) && ok;
}

static const struct row {
    const char *sentence;
    bool (*run)(const char *path, struct err *e);
    const char *old; /* NULL: there is none */
} rows[] = {
    {"replacing a file", replace, OLD},
    {"replacing a file that is not there", replace, NULL},
    {"creating a file", create, NULL},
    {"moving what was written over a file", write_and_move, OLD},
    {"moving what was written to its name", write_and_move, NULL},
    {"putting out over a file", put_out, OLD},
    {"putting out a new file", put_out, NULL},
    {"copying over a file", copy, OLD},
    {"copying to a new name", copy, NULL},
};

static void set_up(const struct row *row)
{
    lossy_begin(folder);
    lossy_put("from", NEW);
    if (row->old)
        lossy_put("a", row->old);
}

/* What is at the name: the index of it in { absent, old, new, something else }. */
enum content { ABSENT, OLD_BYTES, NEW_BYTES, TORN };

static enum content content_of(const char *path)
{
    struct bytes b = {0};
    struct err e = {0};
    if (!file_read(path, 1 << 20, &b, &e))
        return e.kind == ERR_NOT_FOUND ? ABSENT : TORN;
    enum content c = span_equal(bytes_span(&b), span_text(OLD))   ? OLD_BYTES
                     : span_equal(bytes_span(&b), span_text(NEW)) ? NEW_BYTES
                                                                  : TORN;
    bytes_release(&b);
    return c;
}

/* Names other than those that should be there: a left-over is one that ends in .new or .part. */
static size_t left_over(void)
{
    struct file_list l = {0};
    size_t count = 0;
    file_list(folder, &l, NULL);
    for (size_t i = 0; i < l.count; i++)
        count += strcmp(l.at[i].name, "a") != 0 && strcmp(l.at[i].name, "from") != 0;
    file_list_release(&l);
    return count;
}

static void check_done_again(const struct row *row, const char *path, const char *sentence)
{
    struct err e = {0};
    if (row->run == create)
        file_remove(path, NULL);
    if (!row->run(path, &e))
        fail_msg("%s: it cannot be done again: %s", sentence, e.text);
    CHECK(sentence, content_of(path) == NEW_BYTES && left_over() == 0);
}

/* One fault at one call. False: there is no such call. */
static bool try_fault(const struct row *row, enum lossy_fault fault, size_t at)
{
    struct err e = {0};
    char sentence[160], *path = file_join(folder, "a");
    enum content before = row->old ? OLD_BYTES : ABSENT;
    snprintf(sentence, sizeof sentence, "%s, %s at call %zu", row->sentence,
             lossy_fault_names[fault], at);
    set_up(row);
    lossy_fail(fault, at);
    bool ok = row->run(path, &e), struck = lossy.struck;
    enum lossy_fault was = lossy.fault;
    lossy_mend();
    enum content after = content_of(path);
    CHECK(sentence, after == NEW_BYTES || after == before);
    if (ok && after != NEW_BYTES)
        fail_msg("%s: it is said to be done", sentence);
    if (was == LOSSY_SHORT || was == LOSSY_EINTR)
        CHECK(sentence, ok);
    if (!ok) {
        CHECK_HAS(sentence, e.text, path);
        CHECK("the system's code is told", e.code != 0);
    }
    if (was == LOSSY_EIO || was == LOSSY_FULL)
        CHECK(sentence, left_over() == 0 || !ok);
    check_done_again(row, path, sentence);
    mem_free(path);
    return struck;
}

static void each_call_may_fail(void **state)
{
    size_t points = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (enum lossy_fault fault = LOSSY_EIO; fault < LOSSY_CUT; fault++)
            for (size_t at = 1; try_fault(&rows[i], fault, at); at++)
                points++;
    print_message("%zu failed calls\n", points);
    CHECK("each of the calls was tried", points >= COUNT(rows) * 5 * 4);
}

/* The power goes at one call, and what was not synced is lost as keep says. */
static bool try_cut(const struct row *row, enum lossy_fault fault, size_t at, enum lossy_keep keep)
{
    struct err e = {0};
    char sentence[160], *path = file_join(folder, "a");
    enum content before = row->old ? OLD_BYTES : ABSENT;
    snprintf(sentence, sizeof sentence, "%s, %s call %zu, and there is %s", row->sentence,
             lossy_fault_names[fault], at, lossy_keep_names[keep]);
    set_up(row);
    lossy_fail(fault, at);
    bool ok = row->run(path, &e), struck = lossy.struck;
    lossy_cut(keep);
    enum content after = content_of(path);
    CHECK(sentence, after == NEW_BYTES || after == before);
    if (ok && after != NEW_BYTES)
        fail_msg("%s: it was said to be done, and is lost", sentence);
    check_done_again(row, path, sentence);
    mem_free(path);
    return struck;
}

static void the_power_may_go_at_each_call(void **state)
{
    size_t points = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (enum lossy_fault fault = LOSSY_CUT; fault < LOSSY_FAULTS; fault++)
            for (enum lossy_keep keep = LOSSY_KEEP_SYNCED; keep < LOSSY_KEEPS; keep++)
                for (size_t at = 1; try_cut(&rows[i], fault, at, keep); at++)
                    points++;
    print_message("%zu power cuts\n", points);
    CHECK("each of the calls was tried", points >= COUNT(rows) * 2 * 5 * 4);
}

/* The model itself: what is not synced is lost, so that the tests above can fail. */
static void the_disk_loses_what_is_not_synced(void **state)
{
    static const struct {
        enum lossy_keep keep;
        enum content replaced, beside;
    } kept[] = {{LOSSY_KEEP_SYNCED, OLD_BYTES, ABSENT},
                {LOSSY_KEEP_NAMES, TORN, TORN},
                {LOSSY_KEEP_HALF, TORN, TORN},
                {LOSSY_KEEP_DATA, OLD_BYTES, ABSENT},
                {LOSSY_KEEP_ALL, NEW_BYTES, NEW_BYTES}};
    char *path = file_join(folder, "a"), *other = file_join(folder, "b"),
         *from = file_join(folder, "c");
    (void)state;
    for (size_t i = 0; i < COUNT(kept); i++) {
        struct file_opened f = {0};
        lossy_begin(folder);
        lossy_put("a", OLD);
        for (size_t k = 0; k < 2; k++) {
            assert_true(file_open_output(k ? other : from, &f, NULL) &&
                        file_add(&f, span_text(NEW), NULL));
            assert_true(file_close(&f, NULL));
        }
        assert_int_equal(rename(from, path), 0);
        lossy_cut(kept[i].keep);
        CHECK(lossy_keep_names[i], content_of(path) == kept[i].replaced);
        CHECK(lossy_keep_names[i], content_of(other) == kept[i].beside);
    }
    mem_free(path);
    mem_free(other);
    mem_free(from);
}

/* What is not whole does not get the name; what is no file is written to as it is. */
static void output_is_whole_or_is_not(void **state)
{
    char *path = file_join(folder, "a"), *pipe = file_join(folder, "pipe");
    struct output o = {0};
    struct err e = {0};
    (void)state;
    lossy_begin(folder);
    lossy_put("a", OLD);
    assert_true(output_open(path, &o, &e) && output_add(&o, span_text(NEW), &e));
    CHECK("the old one is there meanwhile", content_of(path) == OLD_BYTES);
    CHECK("given up is no success", !output_close(&o, false, &e) && e.kind == ERR_NONE);
    CHECK("and leaves the old one alone", content_of(path) == OLD_BYTES && left_over() == 0);
    CHECK("closed twice is fine", output_close(&o, true, &e));
    assert_int_equal(symlink("/dev/null", pipe), 0);
    CHECK("a device behind a link is written to", output_open(pipe, &o, &e) &&
                                                      output_add(&o, span_text(NEW), &e) &&
                                                      output_close(&o, true, &e));
    CHECK("and stays one", file_kind(pipe) == FILE_OTHER);
    CHECK("a folder that is not there", !output_open("/nowhere/at/all", &o, &e) && !o.path);
    CHECK_HAS("is named", e.text, "/nowhere/at/all");
    mem_free(path);
    mem_free(pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_disk_loses_what_is_not_synced),
        cmocka_unit_test(output_is_whole_or_is_not),
        cmocka_unit_test(each_call_may_fail),
        cmocka_unit_test(the_power_may_go_at_each_call),
    };
    return cmocka_run_group_tests_name("file_loss", tests, make_folder, drop_folder);
}
