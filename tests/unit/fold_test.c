/* fold: where lines break, what they go on below, and what is never broken. */
#include "base/fold.h"

#include "base/mem.h"
#include "tests/unit/check.h"

struct row {
    const char *sentence, *text, *folded;
};

/* At 20 columns. */
static const struct row rows[] = {
    {"nothing is nothing", "", ""},
    {"a line that fits stays", "a short line\n", "a short line\n"},
    {"a line of exactly the width stays", "12345678901234567890\n", "12345678901234567890\n"},
    {"a longer one breaks at a space", "one two three four five\n", "one two three four\n  five\n"},
    {"and goes on a bit further in than it began", "    one two three four five\n",
     "    one two three\n      four five\n"},
    {"below its second column, where it has one", "Windows     one two three\n",
     "Windows     one two\n            three\n"},
    {"which two spaces make, not one", "Windows one two three four\n",
     "Windows one two\n  three four\n"},
    {"a word that is too long is not broken", "a 12345678901234567890123 b\n",
     "a\n  12345678901234567890123\n  b\n"},
    {"nor does it leave an empty line before it", "12345678901234567890123 b\n",
     "12345678901234567890123\n  b\n"},
    {"umlauts are one column each",
     "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 "
     "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\n",
     "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 "
     "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\n"},
    {"colours are none", "\33[31mone two\33[0m three four\n", "\33[31mone two\33[0m three four\n"},
    {"what only looks like a colour counts", "\33[31one two three four\n",
     "\33[31one two three\n  four\n"},
    {"empty lines stay", "a\n\nb\n", "a\n\nb\n"},
    {"a last line needs no end", "one two three four five", "one two three four\n  five"},
};

static void each_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *folded = fold(rows[i].text, 20);
        CHECK_TEXT(rows[i].sentence, folded, rows[i].folded);
        mem_free(folded);
    }
}

/* At any width the words are the same ones in the same order: only spaces and line ends change. */
static void no_word_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t columns = 0; columns < 30; columns++) {
            char *folded = fold(rows[i].text, columns);
            const char *a = rows[i].text, *b = folded;
            for (;; a++, b++) {
                a += strspn(a, " \n");
                b += strspn(b, " \n");
                if (*a != *b || !*a)
                    break;
            }
            CHECK(rows[i].sentence, !*a && !*b);
            mem_free(folded);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(no_word_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
