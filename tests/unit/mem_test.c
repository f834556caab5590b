/* mem: what allocation promises, and that exhaustion ends the program in one line. */
#define _GNU_SOURCE
#include "base/mem.h"

#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void zeroed_storage_is_zeroed(void **state)
{
    (void)state;
    unsigned char *bytes = mem_zero(100, 3);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(bytes[i], 0);
    mem_free(bytes);
}

static void nothing_is_never_null(void **state)
{
    (void)state;
    void *a = mem_zero(0, 8), *b = mem_zero(8, 0), *c = mem_resize(NULL, 0, 4);
    assert_true(a && b && c);
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_free(NULL);
}

static void resizing_keeps_what_was_there(void **state)
{
    (void)state;
    int *numbers = mem_resize(NULL, 2, sizeof *numbers);
    numbers[0] = 11;
    numbers[1] = 22;
    numbers = mem_resize(numbers, 1000, sizeof *numbers);
    numbers[999] = 33;
    assert_int_equal(numbers[0], 11);
    assert_int_equal(numbers[1], 22);
    numbers = mem_resize(numbers, 1, sizeof *numbers);
    assert_int_equal(numbers[0], 11);
    mem_free(numbers);
}

static void copies_of_text_stand_alone(void **state)
{
    (void)state;
    char text[] = "xenvbd", *copy = mem_strdup(text), *part = mem_strndup(text, 3);
    char *nothing = mem_strndup(NULL, 0);
    text[0] = '!';
    assert_string_equal(copy, "xenvbd");
    assert_string_equal(part, "xen");
    assert_string_equal(nothing, "");
    assert_null(mem_strdup(NULL));
    mem_free(copy);
    mem_free(part);
    mem_free(nothing);
}

static void bytes_with_a_nul_are_copied_whole(void **state)
{
    (void)state;
    char *copy = mem_strndup("a\0b", 3);
    assert_memory_equal(copy, "a\0b", 4);
    mem_free(copy);
}

static void growth_keeps_all_and_doubles(void **state)
{
    (void)state;
    size_t *numbers = NULL, room = 0, moves = 0;
    for (size_t i = 0; i < 10000; i++) {
        size_t before = room;
        numbers = mem_grow(numbers, i, &room, sizeof *numbers);
        assert_true(room > i);
        assert_true(room == before || !before || room == before * 2);
        moves += room != before;
        numbers[i] = i * 3;
    }
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(numbers[i], i * 3);
    assert_true(moves < 20);
    mem_free(numbers);
}

static void product_wraps(void)
{
    mem_zero(SIZE_MAX / 8 + 1, 8);
}

static void resized_product_wraps(void)
{
    mem_resize(NULL, SIZE_MAX / 2 + 1, 2);
}

static void copy_wraps(void)
{
    mem_strndup("", SIZE_MAX);
}

static void growth_wraps(void)
{
    size_t room = SIZE_MAX / 2 + 1;
    mem_grow(NULL, room, &room, 1);
}

static const struct {
    const char *sentence;
    void (*run)(void);
} exhaustions[] = {
    {"a product that wraps ends the program", product_wraps},
    {"a product that wraps ends the program when resizing", resized_product_wraps},
    {"a copy whose NUL would wrap ends the program", copy_wraps},
    {"doubling past the end of sizes ends the program", growth_wraps},
    {"an allocation that failed elsewhere ends the program", mem_exhausted},
};

/* Exit status of run in a process of its own; what it wrote to standard error goes to said. */
static int end_of(void (*run)(void), char *said, size_t size)
{
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        run();
        _exit(77);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], said, size - 1);
    close(ends[0]);
    said[got > 0 ? got : 0] = '\0';
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#ifdef __SANITIZE_ADDRESS__
static void reads_spare_room(void)
{
    size_t room = 0;
    volatile size_t *numbers = mem_grow(NULL, 0, &room, sizeof *numbers);
    numbers[0] = 1;
    numbers[0] = numbers[1];
}

static void spare_room_is_not_to_be_touched(void **state)
{
    (void)state;
    char said[200];
    assert_int_not_equal(end_of(reads_spare_room, said, sizeof said), 77);
}
#endif

static void exhaustion_ends_the_program(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(exhaustions); i++) {
        char said[256];
        CHECK(exhaustions[i].sentence, end_of(exhaustions[i].run, said, sizeof said) == 1);
        CHECK_TEXT(exhaustions[i].sentence, said, "xenpv: out of memory\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_storage_is_zeroed),
        cmocka_unit_test(nothing_is_never_null),
        cmocka_unit_test(resizing_keeps_what_was_there),
        cmocka_unit_test(copies_of_text_stand_alone),
        cmocka_unit_test(bytes_with_a_nul_are_copied_whole),
        cmocka_unit_test(growth_keeps_all_and_doubles),
#ifdef __SANITIZE_ADDRESS__
        cmocka_unit_test(spare_room_is_not_to_be_touched),
#endif
        cmocka_unit_test(exhaustion_ends_the_program),
    };
    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
