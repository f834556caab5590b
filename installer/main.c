/*
 * xenpv: installs and verifies the PV drivers of a Windows guest on Xen.
 */
#include "base/log.h"
#include "drivers-manifest/shape.h"
#include "installer/cli.h"
#include "installer/commands.h"
#include "installer/console.h"
#include "installer/continuation.h"
#include "installer/handover.h"
#include "verifier/exhaustion.h"

#include <stdio.h>

enum { STDERR_BUFFER = 4096 };

static enum exit_code fail(const struct err *e)
{
    log_line(LOG_ERROR, "%s", e->text);
    return exit_code_of_err(e);
}

static enum exit_code run(const struct cli *c)
{
    struct err e = {0};
    if (c->log && !log_open(c->log, &e))
        return fail(&e);
    enum exit_code code = commands_run(c);
    log_close();
    return code;
}

static enum exit_code run_as_service(const struct cli *c)
{
    enum exit_code code = EXIT_CODE_FAILED;
    struct err e = {0};
    return continuation_run(run, c, &code, &e) ? code : fail(&e);
}

int main(int argc, char **argv)
{
    const char *const *arguments;
    size_t count;
    struct cli c = {0};
    struct err e = {0};
    /* Without one, Windows' runtime calls the system for each character; log flushes each line. */
    setvbuf(stderr, NULL, _IOFBF, STDERR_BUFFER);
    exhaustion_ends_program();
    shape_exhaustion_ends_program();
    if (!console_arguments(argc, argv, &arguments, &count, &e) ||
        !cli_parse(arguments, count, &c, &e))
        return (int)fail(&e);
    log_set_level(c.quiet ? LOG_ERROR : c.verbose ? LOG_DETAIL : LOG_NOTE);
    /* Before anything is opened. Where it fails, the run itself tells why, as it tells all. */
    int code;
    if (!handover_concerns(&c) || !handover_run(&code, &c.handover))
        code = (int)(c.service ? run_as_service(&c) : run(&c));
    cli_release(&c);
    return code;
}
