/*
 * check: what the tests of plain modules share: cmocka's own includes, and a check that says in a
 * row's sentence what should have been so.
 */
#ifndef XENPV_UNIT_CHECK_H
#define XENPV_UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

#define CHECK(sentence, condition)                                                                 \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s; but not so: %s", sentence, #condition);                                  \
    } while (0)

/* Two texts, either of which may be NULL. */
#define CHECK_TEXT(sentence, got, want)                                                            \
    do {                                                                                           \
        const char *got_ = (got), *want_ = (want);                                                 \
        if (!got_ != !want_ || (got_ && strcmp(got_, want_) != 0))                                 \
            fail_msg("%s; but got \"%s\", not \"%s\"", sentence, got_ ? got_ : "NULL",             \
                     want_ ? want_ : "NULL");                                                      \
    } while (0)

#define CHECK_HAS(sentence, text, part)                                                            \
    do {                                                                                           \
        const char *text_ = (text), *part_ = (part);                                               \
        if (!strstr(text_, part_))                                                                 \
            fail_msg("%s; but \"%s\" is not in \"%s\"", sentence, part_, text_);                   \
    } while (0)

#endif
