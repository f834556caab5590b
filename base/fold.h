/*
 * fold: lines that fit a width.
 *
 * Reports are read in consoles of 80 columns, which break lines wherever they are. fold breaks them
 * at spaces, and goes on below the text of the line: below its second column where it has one.
 * A word that is longer than the width is not broken, so that names and hashes can be copied.
 * fold counts characters of UTF-8 as one column each and the colour sequences of terminals as none.
 */
#ifndef XENPV_BASE_FOLD_H
#define XENPV_BASE_FOLD_H

#include <stddef.h>

enum { FOLD_COLUMNS = 80 };

/* A copy of the text whose lines have at most that many columns where words allow; mem_free. */
char *fold(const char *text, size_t columns);

#endif
