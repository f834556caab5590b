/*
 * session: what one run of the program works with, and the steps that its commands share.
 *
 * The command line, the machine if there is one, the manifest, the facts, the package files at
 * hand, the journal and the report that is being filled. session reads; it changes nothing on the
 * machine.
 */
#ifndef XENPV_INSTALLER_SESSION_H
#define XENPV_INSTALLER_SESSION_H

#include "installer/cli.h"
#include "installer/platform.h"
#include "installer/report.h"

/* What every command works with. */
struct session {
    const struct cli *cli;
    struct platform platform;
    bool has_platform;         /* a Windows is under us */
    struct platform_lock lock; /* held while a command changes the machine */
    bool has_lock;
    struct manifest manifest;
    struct facts facts;
    struct shelf shelf;
    struct journal journal;
    bool broken; /* what was installed by us is known not to be whole any more: session_choose */
    struct report report;
    char *manifest_path, *manifest_sha256; /* of the replacement that is used; NULL: none */
    char *own_bundle; /* folder of the bundle that the program is part of; NULL: none, or not looked
                         for */
};

/* The manifest that was named, else that of the bundle that the program is part of, else the
 * embedded one. The report says which, and how it is trusted. */
bool session_read_manifest(struct session *s, struct err *e);

/* May this machine be changed by what the manifest says? False with ERR_REFUSED for a replacement
 * that nobody signed, unless the command line allows it. */
bool session_may_act_on_manifest(const struct session *s, struct err *e);

/* Of the Windows that was named, of the file that was given, else of this machine. */
bool session_read_facts(struct session *s, struct err *e);

/* Open the shelf: the folders that were named, else those beside the program, of the bundle that it
 * is part of, and of bundles on CD drives and removable disks. */
bool session_open_shelf(struct session *s, struct err *e);

/* Choose, with the shelf when with_files, and decide; both go into the report. */
void session_choose(struct session *s, bool with_files);

/* Judge the status with the journal into the report; anew: read the facts again first. */
void session_judge(struct session *s, bool anew);

#endif
