/*
 * parses: parses WORD...: what the program makes of this command line.
 *
 * Prints the command and those options that an unattended run depends on, or exits with 2 and the
 * program's own refusal. So the files of packaging/ are held against the parser itself.
 */
#include "installer/cli.h"

#include <stdio.h>

int main(int count, char **words)
{
    struct cli c = {0};
    struct err e = {0};
    if (!cli_parse((const char *const *)words + 1, (size_t)count - 1, &c, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 2;
    }
    printf("%s%s%s%s%s\n", cli_command_name(c.command), c.quiet ? " quiet" : "",
           c.restart == RESTART_IF_NEEDED ? " may-restart" : "", c.log ? " log" : "",
           c.trust_publisher ? " trust-publisher" : "");
    cli_release(&c);
    return 0;
}
