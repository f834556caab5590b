/* inf_store: the helpers behind inf: text that lives together, sorting, names, decorations. */
#include "verifier/inf_store.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Sizes that fill a block of 16 KB to the last byte, miss it by one, or need one of their own. */
static void test_texts_of_any_size(void **state)
{
    (void)state;
    enum { BLOCK = 16 * 1024 };
    static const size_t sizes[][4] = {
        {BLOCK - 1, 0, 1, 2},     {BLOCK - 2, 0, 0, 0},   {BLOCK - 2, 1, 1, 1},
        {BLOCK, BLOCK, 1, BLOCK}, {BLOCK + 1, 0, 5, 5},   {10 * BLOCK, 3, BLOCK - 1, 3},
        {0, BLOCK - 2, 0, 0},     {0, BLOCK - 1, BLOCK, 0},
    };
    char *bytes = mem_zero(10 * BLOCK, 1);
    memset(bytes, 'x', 10 * BLOCK);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct inf_texts *texts = NULL;
        const char *added[COUNT(sizes[0])];
        for (size_t j = 0; j < COUNT(added); j++) {
            bytes[0] = (char)('a' + j);
            added[j] = inf_texts_add(&texts, bytes, sizes[i][j]);
        }
        for (size_t j = 0; j < COUNT(added); j++) {
            if (strlen(added[j]) != sizes[i][j])
                fail_msg("text %zu of row %zu has %zu bytes", j, i, strlen(added[j]));
            if (sizes[i][j])
                assert_int_equal(added[j][0], 'a' + (int)j);
        }
        inf_texts_free(texts);
    }
    mem_free(bytes);
}

/* Many short texts share a block, so that none costs an allocation. */
static void test_texts_share_blocks(void **state)
{
    (void)state;
    struct inf_texts *texts = NULL;
    size_t blocks = 0;
    for (int i = 0; i < 1025; i++)
        assert_string_equal(inf_texts_add(&texts, "0123456789abcde", 15), "0123456789abcde");
    for (const struct inf_texts *block = texts; block; block = block->next)
        blocks++;
    assert_int_equal(blocks, 2);
    inf_texts_free(texts);
}

static int compare_keys(const void *context, uint32_t a, uint32_t b)
{
    const int *keys = context;
    return (keys[a] > keys[b]) - (keys[a] < keys[b]);
}

/* Every count up to where merging has gone through several widths, with many equal keys. */
static void test_sorting_keeps_the_order_of_equals(void **state)
{
    (void)state;
    enum { MOST = 70 };
    for (uint32_t count = 0; count <= MOST; count++) {
        int keys[MOST];
        uint32_t *order = mem_zero(count, sizeof *order);
        for (uint32_t i = 0; i < count; i++) {
            keys[i] = (int)(i * 37 % 11);
            order[i] = i;
        }
        inf_sort(order, count, compare_keys, keys);
        for (uint32_t i = 1; i < count; i++) {
            int way = compare_keys(keys, order[i - 1], order[i]);
            if (way > 0 || (way == 0 && order[i - 1] >= order[i]))
                fail_msg("of %u, place %u", (unsigned)count, (unsigned)i);
        }
        mem_free(order);
    }
}

static void test_names_are_kept_once(void **state)
{
    (void)state;
    static const char *const given[] = {"b", "a", "B", "c", "A", "b", "d", "", "C", ""};
    static const char *const kept[] = {"b", "a", "c", "d", ""};
    struct inf_names names = {0};
    inf_names_unique(&names);
    assert_int_equal(names.count, 0);
    for (size_t i = 0; i < COUNT(given); i++)
        inf_names_add(&names, given[i]);
    assert_true(inf_names_have(&names, "D"));
    assert_true(inf_names_have(&names, "b"));
    assert_false(inf_names_have(&names, "e"));
    inf_names_unique(&names);
    assert_int_equal(names.count, COUNT(kept));
    for (size_t i = 0; i < COUNT(kept); i++)
        assert_string_equal(names.at[i], kept[i]);
    inf_names_release(&names);
    assert_int_equal(names.count, 0);
    inf_names_release(NULL);
}

/* Two texts in one message, each cut on its own, and as many as there are turns. */
static void test_shown_texts_do_not_overwrite_each_other(void **state)
{
    (void)state;
    struct inf_report r = {0};
    char text[128];
    const char *shown[INF_SHOWN_TURNS];
    for (int i = 0; i < INF_SHOWN_TURNS; i++) {
        snprintf(text, sizeof text, "%d", i);
        shown[i] = inf_shown(&r, text);
    }
    for (int i = 0; i < INF_SHOWN_TURNS; i++) {
        snprintf(text, sizeof text, "%d", i);
        assert_string_equal(shown[i], text);
    }
    memset(text, 'x', sizeof text);
    text[80] = '\0';
    assert_string_equal(inf_shown(&r, text), text);
    text[80] = 'x';
    text[81] = '\0';
    const char *cut = inf_shown(&r, text);
    assert_string_equal(cut + strlen(cut) - 4, "x...");
}

/* Each text in storage of its own size: nothing behind its NUL is read. */
static void test_decorations_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        const char *sentence;
    } rows[] = {
        {"", true, "none at all"},
        {"NT", true, "the shortest"},
        {"NTx86.5.1.2.3.0x4000", false, "builds before 10.0 cannot be named"},
        {"NTx86.10.0.2.3.0x4000", true, "all fields"},
        {"NTx86.....", true, "all of them empty"},
        {"NTx86......", false, "one too many"},
        {"NTx86.10.0.2.3.0x4000.1", false, "one too many behind them"},
        {"NTx86.5 1", false, "a blank for a full stop"},
        {"NTx86.x", false, "no number"},
        {"NTx87", false, "no processor"},
        {"N", false, "half a name"},
        {"x86", false, "a processor alone"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = mem_strdup(rows[i].text);
        struct inf_decoration d = {0};
        if (inf_decoration_parse(text, &d) != rows[i].ok)
            fail_msg("%s", rows[i].sentence);
        assert_int_equal(d.decorated, rows[i].ok && *text);
        mem_free(text);
    }
    struct inf_decoration d = {0};
    assert_true(inf_decoration_parse("ntAMD64.10.1.2.3.17000", &d));
    assert_int_equal(d.arch, TARGET_AMD64);
    assert_int_equal(d.major, 10);
    assert_int_equal(d.minor, 1);
    assert_int_equal(d.product, 2);
    assert_int_equal(d.suite, 3);
    assert_int_equal(d.build, 17000);
    assert_true(d.has_product && d.has_suite && d.has_build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_of_any_size),
        cmocka_unit_test(test_texts_share_blocks),
        cmocka_unit_test(test_sorting_keeps_the_order_of_equals),
        cmocka_unit_test(test_names_are_kept_once),
        cmocka_unit_test(test_shown_texts_do_not_overwrite_each_other),
        cmocka_unit_test(test_decorations_taken_apart),
    };
    return cmocka_run_group_tests_name("inf_store", tests, NULL, NULL);
}
