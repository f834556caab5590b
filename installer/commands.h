/*
 * commands: what each word of the command line does.
 *
 * Each command fills a report and returns its exit code; the caller prints. Reading commands change nothing and need no
 * elevation.
 */
#ifndef XENPV_INSTALLER_COMMANDS_H
#define XENPV_INSTALLER_COMMANDS_H

#include "installer/cli.h"
#include "installer/platform.h"
#include "installer/report.h"

/* What every command works with. */
struct session {
    const struct cli *cli;
    struct platform platform;
    bool has_platform; /* a Windows is under us */
    struct manifest manifest;
    struct facts facts;
    struct shelf shelf;
    struct journal journal;
    struct report report;
};

/* Run the command of c, print its result to standard output, and return the exit code. */
enum exit_code commands_run(const struct cli *c);

/* The pieces that commands share. */
bool session_read_manifest(struct session *s, struct err *e);
bool session_read_facts(struct session *s, struct err *e);
/* Open the shelf: the folders that were named, else those beside the program. */
bool session_open_shelf(struct session *s, struct err *e);
/* Choose, with the shelf when with_files; the choice goes into the report. */
void session_choose(struct session *s, bool with_files);
/* Read the facts anew, judge the status with the journal, and put both into the report. */
void session_judge(struct session *s, bool anew);

#endif
