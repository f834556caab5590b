/*
 * handover: the i686 program on a 64-bit Windows lets the x86_64 one do what changes the machine,
 * since Windows lets no 32-bit process install drivers there.
 *
 * The other program is looked for beside ours, where a bundle has it, and where the build leaves
 * it, and is run only when it is the very one that was built with ours, which knows its digest: so
 * it does not matter who can write to its folder. It is held, so that nobody can put another one in
 * its place, from before it is read until it has ended. It has our command line, console, files and
 * current folder; its exit code is ours. A Ctrl-C reaches it by itself, and we wait for what it
 * makes of that. Where we are killed it goes on: it has the lock, and a journal.
 *
 * handover knows no command's work. A package folder that nobody named is looked for beside the
 * program that does the work.
 */
#ifndef XENPV_INSTALLER_HANDOVER_H
#define XENPV_INSTALLER_HANDOVER_H

#include "base/file.h"
#include "installer/cli.h"

/* Does it change the machine? Not as a service, which has to answer to the service manager itself,
 * and is the right program already. */
bool handover_concerns(const struct cli *c);

/* What stands behind the program's name in a Windows command line, with the blank before it, by the
 * rules of CommandLineToArgvW for the first argument. Within command_line. */
const char *handover_tail(const char *command_line);

/* Zeroed is none. */
struct handover_program {
    char *path; /* absolute */
    struct file_hold held;
};

/*
 * Find the program with this digest (partner.h), as seen from the folder of ours. ERR_NOT_FOUND
 * when there is none, ERR_REFUSED when only another one is there: either says where it was looked
 * for and what to do.
 */
bool handover_find(const char *folder, struct span digest, struct handover_program *out,
                   struct err *e);

void handover_program_release(struct handover_program *p);

/*
 * Where this process cannot do the work, let the other program do it, to its end: true, with its
 * exit code. False, and nothing set, where this process is the right one; false with the reason
 * where the other could not be run.
 */
bool handover_run(int *code, struct err *e);

#endif
