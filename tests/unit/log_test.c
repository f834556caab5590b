/* log: which lines go where, in a process of its own so that standard error is free to be caught.
 */
#define _GNU_SOURCE
#include "base/log.h"

#include "base/file.h"
#include "base/mem.h"
#include "tests/unit/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char folder[256], said[300], written[300], printed[300];

static int make_folder(void **state)
{
    (void)state;
    char *temp = file_temp_folder();
    snprintf(folder, sizeof folder, "%s/xenpv-log-XXXXXX", temp);
    mem_free(temp);
    if (!mkdtemp(folder))
        return -1;
    snprintf(said, sizeof said, "%s/stderr", folder);
    snprintf(printed, sizeof printed, "%s/stdout", folder);
    snprintf(written, sizeof written, "%s/log", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

static void redirect(int from, const char *to)
{
    int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || dup2(fd, from) < 0)
        _exit(2);
}

/* Runs talk with standard error and output caught. */
static void caught(void (*talk)(void))
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        redirect(STDERR_FILENO, said);
        redirect(STDOUT_FILENO, printed);
        talk();
        fflush(NULL);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static char *content(const char *path)
{
    struct bytes b = {0};
    struct err e = {0};
    if (!file_read(path, 1 << 20, &b, &e))
        fail_msg("%s", e.text);
    char *text = mem_strndup((const char *)b.at, b.size);
    bytes_release(&b);
    return text;
}

static void expect(const char *sentence, const char *path, const char *want)
{
    char *have = content(path);
    CHECK_TEXT(sentence, have, want);
    mem_free(have);
}

static void one_of_each(void)
{
    log_line(LOG_ERROR, "driver: cannot stage '%s' (%d)", "xenvbd.inf", 5);
    log_line(LOG_WARNING, "driver: odd, continuing");
    log_line(LOG_NOTE, "driver: staging '%s'", "xenvbd.inf");
    log_line(LOG_DETAIL, "driver: staged as 'oem3.inf'");
}

static void with_errors_only(void)
{
    log_set_level(LOG_ERROR);
    one_of_each();
}

static void with_warnings(void)
{
    log_set_level(LOG_WARNING);
    one_of_each();
}

static void with_all(void)
{
    log_set_level(LOG_DETAIL);
    one_of_each();
}

#define ERROR_LINE "error: driver: cannot stage 'xenvbd.inf' (5)\n"
#define WARNING_LINE "warning: driver: odd, continuing\n"
#define NOTE_LINE "driver: staging 'xenvbd.inf'\n"
#define DETAIL_LINE "driver: staged as 'oem3.inf'\n"

static const struct {
    const char *sentence;
    void (*talk)(void);
    const char *want;
} levels[] = {
    {"by default details are dropped", one_of_each, ERROR_LINE WARNING_LINE NOTE_LINE},
    {"quiet shows errors only", with_errors_only, ERROR_LINE},
    {"warnings and errors", with_warnings, ERROR_LINE WARNING_LINE},
    {"everything", with_all, ERROR_LINE WARNING_LINE NOTE_LINE DETAIL_LINE},
};

static void standard_error_gets_what_the_level_lets_through(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(levels); i++) {
        caught(levels[i].talk);
        expect(levels[i].sentence, said, levels[i].want);
        expect("standard output carries results only", printed, "");
    }
}

static void to_a_file(void)
{
    struct err e = {0};
    log_set_level(LOG_ERROR);
    if (!log_open(written, &e))
        _exit(3);
    one_of_each();
    log_close();
    log_line(LOG_ERROR, "behind the end");
}

/* "2026-08-06T12:34:56Z line\r\n": the line's own text, or NULL when it is not of that form. */
static char *take_line(char **text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ ";
    char *line = *text, *end = strstr(line, "\r\n");
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != form[i])
            return NULL;
    if (!end)
        return NULL;
    *end = '\0';
    *text = end + 2;
    return line + sizeof form - 1;
}

static void the_file_gets_them_all_with_the_time(void **state)
{
    (void)state;
    static const char *const want[] = {
        "driver: cannot stage 'xenvbd.inf' (5)",
        "driver: odd, continuing",
        "driver: staging 'xenvbd.inf'",
        "driver: staged as 'oem3.inf'",
    };
    caught(to_a_file);
    char *have = content(written), *next = have;
    for (size_t i = 0; i < COUNT(want); i++)
        CHECK_TEXT("each line stands in the file", take_line(&next), want[i]);
    CHECK_TEXT("nothing is written behind the end", next, "");
    mem_free(have);
    expect("the level counts for standard error", said, ERROR_LINE "error: behind the end\n");
}

static void a_file_is_appended_to(void **state)
{
    (void)state;
    assert_true(file_create(written, span_text("before\r\n"), NULL));
    caught(to_a_file);
    char *have = content(written);
    assert_memory_equal(have, "before\r\n", 8);
    CHECK_HAS("the new lines follow", have + 8, "driver: staging");
    mem_free(have);
}

static void the_time_is_now_in_utc(void **state)
{
    (void)state;
    char before[32], after[32];
    time_t now = time(NULL);
    strftime(before, sizeof before, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    caught(to_a_file);
    now = time(NULL);
    strftime(after, sizeof after, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    char *have = content(written);
    assert_true(strncmp(have, before, strlen(before)) >= 0);
    assert_true(strncmp(have, after, strlen(after)) <= 0);
    mem_free(have);
}

static void to_two_files(void)
{
    char second[320];
    snprintf(second, sizeof second, "%s.2", written);
    if (!log_open(written, NULL) || !log_open(second, NULL))
        _exit(3);
    log_line(LOG_NOTE, "where");
    log_close();
    log_close();
}

static void a_second_file_takes_the_place_of_the_first(void **state)
{
    (void)state;
    char second[320];
    snprintf(second, sizeof second, "%s.2", written);
    caught(to_two_files);
    expect("the first file is closed", written, "");
    char *have = content(second);
    CHECK_HAS("the second file has the line", have, "where");
    mem_free(have);
}

static void a_file_that_cannot_be_written_is_named(void **state)
{
    (void)state;
    struct err e = {0};
    assert_false(log_open(folder, &e));
    CHECK_HAS("the file is named", e.text, folder);
    assert_true(e.code != 0);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(standard_error_gets_what_the_level_lets_through),
        IN_FOLDER(the_file_gets_them_all_with_the_time),
        IN_FOLDER(a_file_is_appended_to),
        IN_FOLDER(the_time_is_now_in_utc),
        IN_FOLDER(a_second_file_takes_the_place_of_the_first),
        IN_FOLDER(a_file_that_cannot_be_written_is_named),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
