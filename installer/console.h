/*
 * console: the program's own surroundings: its arguments, standard output, and where it stands.
 *
 * Arguments arrive as UTF-8. Standard output carries the result only and is written as it is (UTF-8
 * to files and pipes, wide characters to a Windows console). console knows no command.
 */
#ifndef XENPV_INSTALLER_CONSOLE_H
#define XENPV_INSTALLER_CONSOLE_H

#include "base/err.h"
#include "base/span.h"

/* The arguments without the program's name; lives as long as the process. False when one is not
 * Unicode. */
bool console_arguments(int argc, char **argv, const char *const **out, size_t *count,
                       struct err *e);

/* Write all of text to standard output; false when it cannot take it (disk full, closed pipe). */
bool console_write(struct span text, struct err *e);

/* Is standard output a terminal that knows colours, and does nobody ask for none (NO_COLOR, see
 * https://no-color.org)? */
bool console_has_colour(void);

/* Is standard error a terminal, so that progress may be shown there? */
bool console_has_progress(void);

/* Write this line over the last such one on standard error; NULL: wipe it away. */
void console_progress(const char *format, ...) ERR_PRINTF(1, 2);

/* Path of the running program; mem_free. NULL when it cannot be told. */
char *console_program(void);

/* The same path from the root, for a process with another current folder; mem_free. */
char *console_full_path(const char *path);

/* Folder of the running program without a slash at the end; mem_free. NULL when it cannot be told.
 */
char *console_program_folder(void);

#endif
