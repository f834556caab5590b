/*
 * html: what our pages of HTML share: escaping, the head with its style, the end.
 *
 * A page is one file: no script, no image, no font, nothing that is loaded from elsewhere, and a
 * Content-Security-Policy that keeps it so, should an escape ever be forgotten. It can be read at
 * 360 pixels, on paper (what is folded is open there) and aloud. All that comes from outside goes
 * through html_add and its like. html knows the style's classes and nothing of what a page says.
 *
 * Classes: good, warn, bad and unknown for text and for boxes; verdict, number, muted, scroll
 * (around a wide table), screen (not on paper), matrix, stack. tests/html checks their contrast.
 */
#ifndef XENPV_INSTALLER_HTML_H
#define XENPV_INSTALLER_HTML_H

#include "base/text.h"
#include "drivers-manifest/shape.h"

enum { HTML_ROWS_MAX = 500 }; /* of one table: what is more is only counted */

/* Text from outside: made safe for a terminal first and then for HTML, so that a name looks the
 * same in both. NULL adds nothing. */
void html_add(struct text *t, const char *hostile);

/* The same for a text of several lines, whose line ends stay: for <pre>. */
void html_add_lines(struct text *t, const char *hostile);

/* At most so many characters of it, the last an ellipsis where something was cut off. */
void html_add_short(struct text *t, const char *hostile, size_t characters);

/* <start>text</tag>, where start is the tag with its attributes, of ours: "td class=\"bad\"". */
void html_element(struct text *t, const char *start, const char *hostile);

/* The text, as a link where it is an address that begins with https://. */
void html_add_link(struct text *t, const char *hostile);

/* In a <dl>: a term of ours and what it is, unless that is not known. */
void html_pair(struct text *t, const char *term, const char *hostile);
void html_pair_number(struct text *t, const char *term, const struct number *n);

/*
 * A table with as many rows as are said, which the caller writes with their cells, at most
 * HTML_ROWS_MAX of them. Columns end with NULL. One without rows is a sentence.
 */
void html_begin_table(struct text *t, size_t rows, const char *caption, const char *const *columns);
void html_end_table(struct text *t, size_t rows);

#define HTML_BEGIN_TABLE(t, rows, caption, ...)                                                    \
    html_begin_table(t, rows, caption, (const char *const[]){__VA_ARGS__, NULL})

/* Folded away on a screen, open on paper. */
void html_begin_details(struct text *t, const char *summary);
void html_end_details(struct text *t);

/* From the doctype to the opened body. */
void html_open(struct text *t, const char *title);

/* The same with rules of the page's own after those that all pages share. */
void html_open_styled(struct text *t, const char *title, const char *rules);

void html_close(struct text *t);

#endif
