/*
 * cli: the command line, from words to one struct.
 *
 * GNU-style long options, and the forms that Windows people type: /?, /quiet, /norestart, /log
 * FILE. Unknown words are refused with one line and a hint. cli reads no file and runs nothing.
 */
#ifndef XENPV_INSTALLER_CLI_H
#define XENPV_INSTALLER_CLI_H

#include "drivers-manifest/shape.h"

enum command {
    COMMAND_STATUS = 0, /* changes nothing */
    COMMAND_DETECT,
    COMMAND_PLAN,
    COMMAND_VERIFY,
    COMMAND_INSTALL,
    COMMAND_RESUME,
    COMMAND_ROLLBACK,
    COMMAND_MANIFEST,
    COMMAND_SUPPORT,
    COMMAND_REMOVE,
    COMMAND_REPORT,
    COMMAND_COLLECT,
    COMMAND_FETCH,
    COMMAND_BUNDLE,
    COMMAND_HELP,
    COMMAND_VERSION,
};

/* What `xenpv manifest` is asked to do. */
enum manifest_action { MANIFEST_CHECK = 0, MANIFEST_SHOW, MANIFEST_PIN };

enum restart_wish {
    RESTART_NEVER = 0, /* exit 3010 and leave it to the caller */
    RESTART_IF_NEEDED,
};

/*
 * Seconds. At a boot, what an administrator's script runs meets our own continuation, which gives
 * Plug and Play two minutes to settle before it works.
 */
enum { CLI_WAIT_USUAL = 300 };

/* Texts are borrowed from the arguments; lists are owned. */
struct cli {
    enum command command;
    enum command help_for; /* COMMAND_HELP: the command that was asked about; COMMAND_HELP: none */
    enum manifest_action action; /* COMMAND_MANIFEST */
    bool json, quiet, verbose, dry_run, all, details, installed, replace, via_msi;
    bool allow_downgrade, allow_unsigned_manifest, in_place;
    bool trust_publisher;
    bool no_fallback, require_fallback, no_restore_point, no_continue, ignore_pending_restart;
    bool with_names, force;
    bool eventlog, no_eventlog, publish;
    bool offline, winpe;
    unsigned tries; /* 0: as many as usual */
    unsigned wait;  /* seconds that a run which is at work has to end */
    bool service;   /* started by Windows' service manager */
    enum restart_wish restart;
    const char *log, *manifest, *facts, *source, *windows, *html, *out, *family, *merge, *csv;
    const char *to, *proxy, *ca_file, *label, *programs;
    struct err handover;   /* main's: why the program for this Windows could not take over */
    struct texts packages; /* folders */
    struct texts mirrors;  /* addresses of folders */
    struct texts add;      /* files */
    struct texts accept;
    struct texts paths; /* of verify; collect's file; the files or the id of manifest; the words of
                           support's name */
};

/* False with one line and a hint (ERR_USAGE). *c must be zeroed. */
bool cli_parse(const char *const *arguments, size_t count, struct cli *c, struct err *e);

void cli_release(struct cli *c);

const char *cli_command_name(enum command command);

/* The help page of a command, or the overview for COMMAND_HELP; mem_free. */
char *cli_help(enum command command);

#endif
