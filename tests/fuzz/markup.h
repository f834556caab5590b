/*
 * markup: the property of every page that is written: whatever the texts in it are, it is UTF-8
 * without control characters, and each of its tags is one that the program itself writes.
 */
#ifndef XENPV_FUZZ_MARKUP_H
#define XENPV_FUZZ_MARKUP_H

enum fuzz_markup {
    FUZZ_MARKUP_NESTED, /* what is opened is closed */
    FUZZ_MARKUP_OPEN,   /* ends may be left out where HTML lets them; nothing is closed that was not
                           opened */
};

void fuzz_markup(const char *page, enum fuzz_markup kind);

#endif
