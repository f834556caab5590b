/* file: real files in a folder of our own, made anew for each test. */
#define _GNU_SOURCE
#include "base/file.h"

#include "base/mem.h"
#include "tests/unit/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct place {
    char folder[256];
    char *paths[4];
    size_t next;
};

static int make_place(void **state)
{
    struct place *p = mem_zero(1, sizeof *p);
    char *temp = file_temp_folder();
    snprintf(p->folder, sizeof p->folder, "%s/xenpv-file-XXXXXX", temp);
    mem_free(temp);
    *state = p;
    return mkdtemp(p->folder) ? 0 : -1;
}

static int drop_place(void **state)
{
    struct place *p = *state;
    bool gone = file_remove_tree(p->folder, NULL);
    for (size_t i = 0; i < COUNT(p->paths); i++)
        mem_free(p->paths[i]);
    mem_free(p);
    return gone ? 0 : -1;
}

/* A path in the folder; the last four asked for stay valid. */
static const char *at(void **state, const char *name)
{
    struct place *p = *state;
    char **path = &p->paths[p->next++ % COUNT(p->paths)];
    mem_free(*path);
    *path = file_join(p->folder, name);
    return *path;
}

static void put(void **state, const char *name, const char *content)
{
    struct err e = {0};
    if (!file_replace(at(state, name), span_text(content), &e))
        fail_msg("%s", e.text);
}

static void expect(void **state, const char *name, const char *content)
{
    struct bytes b = {0};
    struct err e = {0};
    if (!file_read(at(state, name), 1 << 20, &b, &e))
        fail_msg("%s", e.text);
    assert_true(span_equal(bytes_span(&b), span_text(content)));
    bytes_release(&b);
    assert_null(b.at);
}

static void reads_all_up_to_the_limit(void **state)
{
    struct bytes b = {0};
    struct err e = {0};
    put(state, "a", "12345");
    assert_true(file_read(at(state, "a"), 5, &b, &e));
    assert_int_equal(b.size, 5);
    assert_memory_equal(b.at, "12345", 5);
    bytes_release(&b);
    assert_false(file_read(at(state, "a"), 4, &b, &e));
    assert_int_equal(e.kind, ERR_LIMIT);
    CHECK_HAS("it says how large", e.text, "has 5 bytes; at most 4");
    CHECK_HAS("it names the file", e.text, at(state, "a"));
    assert_null(b.at);
}

static void reads_an_empty_file(void **state)
{
    struct bytes b = {0};
    put(state, "empty", "");
    assert_true(file_read(at(state, "empty"), 0, &b, NULL));
    assert_int_equal(b.size, 0);
    bytes_release(&b);
    bytes_release(NULL);
}

static void reads_nothing_that_is_no_file(void **state)
{
    struct bytes b = {0};
    struct err e = {0};
    assert_false(file_read(at(state, "absent"), 100, &b, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    CHECK_HAS("it names the file", e.text, at(state, "absent"));
    err_clear(&e);
    assert_true(file_make_folder(at(state, "folder"), NULL));
    assert_false(file_read(at(state, "folder"), 100, &b, &e));
    CHECK_HAS("a folder", e.text, "is not a file");
    err_clear(&e);
    assert_int_equal(mkfifo(at(state, "pipe"), 0600), 0);
    assert_false(file_read(at(state, "pipe"), 100, &b, &e));
    CHECK_HAS("a pipe that nobody writes does not make it wait", e.text, "is not a file");
    assert_null(b.at);
}

static void reading_follows_links_and_kind_does_not(void **state)
{
    put(state, "real", "content");
    assert_int_equal(symlink(at(state, "real"), at(state, "link")), 0);
    assert_int_equal(symlink(at(state, "nowhere"), at(state, "dangling")), 0);
    expect(state, "link", "content");
    assert_int_equal(file_kind(at(state, "link")), FILE_OTHER);
    assert_int_equal(file_kind(at(state, "dangling")), FILE_OTHER);
    assert_int_equal(file_kind(at(state, "real")), FILE_REGULAR);
    assert_int_equal(file_kind(at(state, "")), FILE_FOLDER);
    assert_int_equal(file_kind(at(state, "absent")), FILE_ABSENT);
    assert_int_equal(file_kind(at(state, "absent/below")), FILE_ABSENT);
    assert_int_equal(file_kind(at(state, "real/below")), FILE_ABSENT);
}

static size_t count_names(void **state)
{
    struct place *p = *state;
    struct file_list l = {0};
    assert_true(file_list(p->folder, &l, NULL));
    size_t count = l.count;
    file_list_release(&l);
    return count;
}

static void create_refuses_what_exists(void **state)
{
    struct err e = {0};
    assert_true(file_create(at(state, "a"), span_text("first"), &e));
    assert_false(file_create(at(state, "a"), span_text("second"), &e));
    CHECK_HAS("it names the file", e.text, at(state, "a"));
    expect(state, "a", "first");
    assert_int_equal(symlink(at(state, "target"), at(state, "link")), 0);
    assert_false(file_create(at(state, "link"), span_text("x"), NULL));
    assert_int_equal(file_kind(at(state, "target")), FILE_ABSENT);
    assert_false(file_create(at(state, "absent/b"), span_text("x"), NULL));
}

static void replace_leaves_the_new_bytes_alone(void **state)
{
    put(state, "a", "a longer first content");
    put(state, "a", "short");
    expect(state, "a", "short");
    assert_int_equal(count_names(state), 1);
}

static void replace_takes_over_what_a_power_cut_left(void **state)
{
    assert_true(file_create(at(state, "a"), span_text("old"), NULL));
    assert_true(file_create(at(state, "a.new"), span_text("a half-written longer text"), NULL));
    put(state, "a", "new");
    expect(state, "a", "new");
    assert_int_equal(count_names(state), 1);
}

static void replace_puts_a_file_where_a_link_was(void **state)
{
    put(state, "target", "untouched");
    assert_int_equal(symlink(at(state, "target"), at(state, "link")), 0);
    put(state, "link", "new");
    assert_int_equal(file_kind(at(state, "link")), FILE_REGULAR);
    expect(state, "target", "untouched");
}

static void replace_does_not_write_through_a_planted_link(void **state)
{
    put(state, "target", "untouched");
    assert_int_equal(symlink(at(state, "target"), at(state, "a.new")), 0);
    assert_false(file_replace(at(state, "a"), span_text("new"), NULL));
    expect(state, "target", "untouched");
    assert_int_equal(file_kind(at(state, "a")), FILE_ABSENT);
}

static void a_failed_replace_leaves_the_old_and_nothing_else(void **state)
{
    struct err e = {0};
    assert_true(file_make_folder(at(state, "a/inside"), NULL));
    assert_false(file_replace(at(state, "a"), span_text("x"), &e));
    CHECK_HAS("it names the file", e.text, at(state, "a"));
    assert_int_equal(file_kind(at(state, "a/inside")), FILE_FOLDER);
    assert_int_equal(count_names(state), 1);
}

/* The limit on a file's size stands for a disk that is full. */
static void a_full_disk_leaves_the_old(void **state)
{
    put(state, "a", "old");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct err inner = {0};
        char *large = mem_zero(1 << 20, 1);
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 4096, .rlim_max = 4096});
        bool ok = file_replace(at(state, "a"), span_of(large, 1 << 20), &inner);
        _exit(ok || !strstr(inner.text, "cannot write") ? 1 : 0);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    expect(state, "a", "old");
    assert_int_equal(count_names(state), 1);
}

static void copies(void **state)
{
    struct err e = {0};
    put(state, "a", "content");
    put(state, "b", "a longer old content");
    assert_true(file_copy(at(state, "a"), at(state, "b"), &e));
    expect(state, "b", "content");
    assert_false(file_copy(at(state, "absent"), at(state, "b"), &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    expect(state, "b", "content");
}

static void makes_folders_with_their_parents(void **state)
{
    struct err e = {0};
    assert_true(file_make_folder(at(state, "a/b/c"), &e));
    assert_true(file_make_folder(at(state, "a/b/c"), &e));
    assert_true(file_make_folder(at(state, "a/b/d/"), &e));
    assert_int_equal(file_kind(at(state, "a/b/c")), FILE_FOLDER);
    assert_int_equal(file_kind(at(state, "a/b/d")), FILE_FOLDER);
    put(state, "file", "x");
    assert_false(file_make_folder(at(state, "file"), &e));
    err_clear(&e);
    assert_false(file_make_folder(at(state, "file/below"), &e));
    CHECK_HAS("it names what is in the way", e.text, at(state, "file"));
    expect(state, "file", "x");
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void a_private_folder_is_closed_to_others(void **state)
{
    mode_t before = umask(0);
    assert_true(file_make_private_folder(at(state, "new"), NULL));
    umask(before);
    assert_int_equal(mode_of(at(state, "new")), 0700);
    assert_int_equal(mkdir(at(state, "open"), 0777), 0);
    assert_int_equal(chmod(at(state, "open"), 0777), 0);
    assert_true(file_make_private_folder(at(state, "open"), NULL));
    assert_int_equal(mode_of(at(state, "open")), 0700);
}

static void a_private_folder_is_no_link_and_no_file(void **state)
{
    struct err e = {0};
    assert_int_equal(mkdir(at(state, "folder"), 0755), 0);
    assert_int_equal(symlink(at(state, "folder"), at(state, "link")), 0);
    assert_false(file_make_private_folder(at(state, "link"), &e));
    assert_int_equal(e.kind, ERR_ACCESS);
    assert_int_equal(mode_of(at(state, "folder")), 0755);
    err_clear(&e);
    put(state, "file", "x");
    assert_false(file_make_private_folder(at(state, "file"), &e));
    assert_int_equal(e.kind, ERR_ACCESS);
    assert_false(file_make_private_folder(at(state, "absent/below"), NULL));
}

/* Root gives a folder away; anybody else tries one of root's. */
static void a_private_folder_is_not_somebody_else_s(void **state)
{
    enum { NOBODY = 65534 };
    struct err e = {0};
    const char *foreign = "/usr";
    if (geteuid() == 0) {
        foreign = at(state, "foreign");
        assert_int_equal(mkdir(foreign, 0755), 0);
        assert_int_equal(chown(foreign, NOBODY, NOBODY), 0);
    }
    mode_t before = mode_of(foreign);
    assert_false(file_make_private_folder(foreign, &e));
    assert_int_equal(e.kind, ERR_ACCESS);
    CHECK_HAS("it names the folder", e.text, foreign);
    assert_int_equal(mode_of(foreign), before);
}

static void lists_in_the_order_of_bytes(void **state)
{
    static const char *const names[] = {"B", "a", "a.b", "ab", "link", "z\xc3\xa4"};
    struct place *p = *state;
    struct file_list l = {0};
    put(state, "ab", "12");
    put(state, "B", "1");
    put(state, "z\xc3\xa4", "");
    put(state, "a.b", "123");
    assert_true(file_make_folder(at(state, "a"), NULL));
    assert_int_equal(symlink("B", at(state, "link")), 0);
    assert_true(file_list(p->folder, &l, NULL));
    assert_int_equal(l.count, COUNT(names));
    for (size_t i = 0; i < l.count; i++)
        assert_string_equal(l.at[i].name, names[i]);
    assert_true(l.at[0].kind == FILE_REGULAR && l.at[0].size == 1);
    assert_true(l.at[1].kind == FILE_FOLDER);
    assert_true(l.at[2].kind == FILE_REGULAR && l.at[2].size == 3);
    assert_true(l.at[4].kind == FILE_OTHER);
    file_list_release(&l);
    assert_true(!l.at && !l.count);
    file_list_release(NULL);
}

static void lists_an_empty_folder_and_no_other_thing(void **state)
{
    struct place *p = *state;
    struct file_list l = {0};
    struct err e = {0};
    assert_true(file_list(p->folder, &l, NULL));
    assert_int_equal(l.count, 0);
    assert_false(file_list(at(state, "absent"), &l, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    put(state, "file", "x");
    assert_false(file_list(at(state, "file"), &l, NULL));
    assert_null(l.at);
}

static void renames_and_moves_over_what_is_there(void **state)
{
    bool (*const ways[])(const char *, const char *, struct err *) = {file_rename, file_move};
    for (size_t i = 0; i < 2; i++) {
        struct err e = {0};
        struct bytes b = {0};
        put(state, "from", "new");
        put(state, "to", "old");
        if (!ways[i](at(state, "from"), at(state, "to"), &e))
            fail_msg("%s", e.text);
        assert_int_equal(file_kind(at(state, "from")), FILE_ABSENT);
        assert_true(file_read(at(state, "to"), 100, &b, &e));
        assert_true(span_equal(bytes_span(&b), span_text("new")));
        bytes_release(&b);
        assert_false(ways[i](at(state, "from"), at(state, "to"), &e));
        assert_int_equal(e.kind, ERR_NOT_FOUND);
        CHECK_HAS("it names the file", e.text, ((struct place *)*state)->folder);
    }
}

static void removes_files_and_empty_folders(void **state)
{
    struct err e = {0};
    put(state, "file", "x");
    assert_true(file_remove(at(state, "file"), &e));
    assert_int_equal(file_kind(at(state, "file")), FILE_ABSENT);
    assert_true(file_remove(at(state, "file"), &e));
    put(state, "file", "x");
    assert_true(file_remove(at(state, "file/below"), &e));
    assert_true(file_make_folder(at(state, "folder/inside"), &e));
    assert_false(file_remove(at(state, "folder"), &e));
    CHECK_HAS("it names the folder", e.text, at(state, "folder"));
    assert_true(file_remove(at(state, "folder/inside"), NULL));
    assert_true(file_remove(at(state, "folder"), NULL));
    assert_int_equal(count_names(state), 1);
}

static void removing_a_tree_does_not_follow_links(void **state)
{
    struct err e = {0};
    assert_true(file_make_folder(at(state, "kept"), NULL));
    put(state, "kept/file", "kept");
    assert_true(file_make_folder(at(state, "tree/a/b"), NULL));
    put(state, "tree/a/b/file", "x");
    assert_int_equal(symlink(at(state, "kept"), at(state, "tree/a/link")), 0);
    assert_int_equal(symlink("../../kept/file", at(state, "tree/a/b/link")), 0);
    assert_true(file_remove_tree(at(state, "tree"), &e));
    assert_int_equal(file_kind(at(state, "tree")), FILE_ABSENT);
    expect(state, "kept/file", "kept");
    assert_int_equal(symlink(at(state, "kept"), at(state, "link")), 0);
    assert_true(file_remove_tree(at(state, "link"), &e));
    assert_int_equal(file_kind(at(state, "link")), FILE_ABSENT);
    expect(state, "kept/file", "kept");
    assert_true(file_remove_tree(at(state, "absent"), &e));
    assert_true(file_remove_tree(at(state, "kept/file"), &e));
    assert_int_equal(file_kind(at(state, "kept/file")), FILE_ABSENT);
}

static void a_lock_is_had_once(void **state)
{
    struct file_hold first = {0}, second = {0};
    struct err e = {0};
    assert_true(file_lock(at(state, "lock"), 0, &first, &e));
    assert_false(file_lock(at(state, "lock"), 0, &second, &e));
    assert_int_equal(e.kind, ERR_BUSY);
    CHECK_HAS("it names the file", e.text, at(state, "lock"));
    assert_null(second.handle);
    file_hold_release(&first);
    assert_null(first.handle);
    file_hold_release(&first);
    file_hold_release(NULL);
    assert_true(file_lock(at(state, "lock"), 0, &second, NULL));
    file_hold_release(&second);
}

static void a_lock_goes_with_its_process(void **state)
{
    struct file_hold hold = {0};
    int status = -1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(file_lock(at(state, "lock"), 0, &hold, NULL) ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(file_lock(at(state, "lock"), 0, &hold, NULL));
    file_hold_release(&hold);
}

/* Ends itself, and with it its lock, after so long; returns once it has the lock. */
static pid_t lock_elsewhere(const char *path, useconds_t us)
{
    struct file_hold hold = {0};
    char byte;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool ok = file_lock(path, 0, &hold, NULL) && write(ends[1], "", 1) == 1;
        usleep(us);
        _exit(ok ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

static void a_lock_is_waited_for(void **state)
{
    struct file_hold hold = {0};
    struct err e = {0};
    pid_t child = lock_elsewhere(at(state, "lock"), 100000);
    assert_false(file_lock(at(state, "lock"), 0, &hold, NULL));
    assert_true(file_lock(at(state, "lock"), 60000, &hold, &e));
    assert_int_equal(e.kind, ERR_NONE);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(file_lock(at(state, "lock"), 0, &(struct file_hold){0}, NULL));
    file_hold_release(&hold);
}

static void a_lock_is_waited_for_so_long(void **state)
{
    struct file_hold first = {0}, second = {0};
    struct timespec begun, ended;
    struct err e = {0};
    assert_true(file_lock(at(state, "lock"), 0, &first, &e));
    clock_gettime(CLOCK_MONOTONIC, &begun);
    assert_false(file_lock(at(state, "lock"), 50, &second, &e));
    clock_gettime(CLOCK_MONOTONIC, &ended);
    assert_int_equal(e.kind, ERR_BUSY);
    assert_null(second.handle);
    assert_true((ended.tv_sec - begun.tv_sec) * 1000 + (ended.tv_nsec - begun.tv_nsec) / 1000000 >=
                49);
    file_hold_release(&first);
    /* Who has waited in vain has not got it behind our back. */
    assert_true(file_lock(at(state, "lock"), 0, &first, NULL));
    file_hold_release(&first);
}

static void a_lock_is_not_taken_through_a_link(void **state)
{
    struct file_hold hold = {0};
    assert_int_equal(symlink(at(state, "target"), at(state, "lock")), 0);
    assert_false(file_lock(at(state, "lock"), 0, &hold, NULL));
    assert_int_equal(file_kind(at(state, "target")), FILE_ABSENT);
}

static void a_file_that_is_held_stays_readable(void **state)
{
    struct file_hold hold = {0}, other = {0};
    struct err e = {0};
    put(state, "a", "content");
    assert_true(file_hold(at(state, "a"), &hold, &e));
    expect(state, "a", "content");
    assert_false(file_lock(at(state, "a"), 0, &other, NULL));
    file_hold_release(&hold);
    assert_false(file_hold(at(state, "absent"), &hold, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_null(hold.handle);
}

static void an_output_has_one_writer(void **state)
{
    struct file_opened first = {0}, second = {0}, end = {0};
    struct err e = {0};
    assert_true(file_open_output(at(state, "a"), &first, &e));
    assert_true(file_add(&first, span_text("first"), &e));
    assert_false(file_open_output(at(state, "a"), &second, &e));
    assert_int_equal(e.kind, ERR_BUSY);
    CHECK_HAS("it names the file", e.text, at(state, "a"));
    err_clear(&e);
    assert_false(file_open_end(at(state, "a"), &end, &e));
    assert_int_equal(e.kind, ERR_BUSY);
    assert_true(file_close(&first, &e));
    expect(state, "a", "first");
    assert_true(file_open_end(at(state, "a"), &end, NULL));
    assert_int_equal(end.size, 5);
    assert_false(file_open_output(at(state, "a"), &second, NULL));
    assert_true(file_close(&end, NULL));
    expect(state, "a", "first");
    assert_true(file_open_output(at(state, "a"), &second, NULL));
    assert_true(file_close(&second, NULL));
    expect(state, "a", "");
}

static void a_device_has_many_writers(void **state)
{
    (void)state;
    struct file_opened first = {0}, second = {0};
    struct err e = {0};
    assert_true(file_open_output("/dev/null", &first, &e));
    assert_true(file_open_output("/dev/null", &second, &e));
    assert_true(file_add(&first, span_text("first"), &e));
    assert_true(file_add(&second, span_text("second"), &e));
    assert_true(file_close(&first, &e));
    assert_true(file_close(&second, &e));
}

static void a_file_is_seen_as_memory(void **state)
{
    struct file_opened f = {0};
    struct span map = {0};
    struct err e = {0};
    assert_true(file_open_output(at(state, "a"), &f, &e));
    assert_false(file_map(&f, &map, &e)); /* there is nothing to be seen */
    assert_int_equal(map.size, 0);
    err_clear(&e);
    assert_true(file_add(&f, span_text("one, "), &e));
    assert_true(file_add(&f, span_text("two"), &e));
    assert_true(file_map(&f, &map, &e));
    assert_true(file_close(&f, &e));
    assert_true(span_equal(map, span_text("one, two")));
    file_unmap(&map);
    assert_int_equal(map.size, 0);
    file_unmap(&map);
}

static void a_file_that_was_cut_is_not_seen_as_memory(void **state)
{
    struct file_opened f = {0};
    struct span map = {0};
    struct err e = {0};
    assert_true(file_open_output(at(state, "a"), &f, &e));
    assert_true(file_add(&f, span_text("content"), &e));
    assert_int_equal(truncate(at(state, "a"), 3), 0);
    assert_false(file_map(&f, &map, &e));
    assert_int_equal(map.size, 0);
    assert_true(file_close(&f, &e));
    put(state, "b", "content");
    err_clear(&e);
    assert_true(file_open_end(at(state, "b"), &f, &e));
    assert_false(file_map(&f, &map, &e)); /* opened to be written only */
    assert_int_equal(e.kind, ERR_FAILED);
    assert_true(file_close(&f, NULL));
}

static const struct {
    const char *sentence, *folder, *name, *joined;
} joins[] = {
    {"a slash comes between", "a/b", "c", "a/b/c"},
    {"but not twice", "a/", "c", "a/c"},
    {"the root has one already", "/", "c", "/c"},
    {"no folder, no slash", "", "c", "c"},
};

static const struct {
    const char *sentence, *path, *name;
} names[] = {
    {"after the last slash", "/a/b.msi", "b.msi"},
    {"the whole without a slash", "b.msi", "b.msi"},
    {"a slash at the end belongs to the name", "/a/b/", "b/"},
    {"an empty path", "", ""},
};

static void joins_and_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(joins); i++) {
        char *joined = file_join(joins[i].folder, joins[i].name);
        CHECK_TEXT(joins[i].sentence, joined, joins[i].joined);
        mem_free(joined);
    }
    for (size_t i = 0; i < COUNT(names); i++)
        CHECK_TEXT(names[i].sentence, file_name(names[i].path), names[i].name);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_PLACE(reads_all_up_to_the_limit),
        IN_PLACE(reads_an_empty_file),
        IN_PLACE(reads_nothing_that_is_no_file),
        IN_PLACE(reading_follows_links_and_kind_does_not),
        IN_PLACE(create_refuses_what_exists),
        IN_PLACE(replace_leaves_the_new_bytes_alone),
        IN_PLACE(replace_takes_over_what_a_power_cut_left),
        IN_PLACE(replace_puts_a_file_where_a_link_was),
        IN_PLACE(replace_does_not_write_through_a_planted_link),
        IN_PLACE(a_failed_replace_leaves_the_old_and_nothing_else),
        IN_PLACE(a_full_disk_leaves_the_old),
        IN_PLACE(copies),
        IN_PLACE(makes_folders_with_their_parents),
        IN_PLACE(a_private_folder_is_closed_to_others),
        IN_PLACE(a_private_folder_is_no_link_and_no_file),
        IN_PLACE(a_private_folder_is_not_somebody_else_s),
        IN_PLACE(lists_in_the_order_of_bytes),
        IN_PLACE(lists_an_empty_folder_and_no_other_thing),
        IN_PLACE(renames_and_moves_over_what_is_there),
        IN_PLACE(removes_files_and_empty_folders),
        IN_PLACE(removing_a_tree_does_not_follow_links),
        IN_PLACE(a_lock_is_had_once),
        IN_PLACE(a_lock_goes_with_its_process),
        IN_PLACE(a_lock_is_waited_for),
        IN_PLACE(a_lock_is_waited_for_so_long),
        IN_PLACE(a_lock_is_not_taken_through_a_link),
        IN_PLACE(a_file_that_is_held_stays_readable),
        IN_PLACE(an_output_has_one_writer),
        cmocka_unit_test(a_device_has_many_writers),
        IN_PLACE(a_file_is_seen_as_memory),
        IN_PLACE(a_file_that_was_cut_is_not_seen_as_memory),
        cmocka_unit_test(joins_and_names),
    };
    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
