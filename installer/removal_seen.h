/*
 * removal_seen: the files that the drivers on a machine consist of, and who made them.
 *
 * A removal takes out only what is proven to be a family's, and a service name or a file name
 * proves nothing: four families share them. So what the services run and what the published INFs
 * copied is looked at: company in VERSIONINFO, and SHA-256. removal_seen changes nothing and draws
 * no conclusion; whose a file is, is removal_plan's.
 */
#ifndef XENPV_INSTALLER_REMOVAL_SEEN_H
#define XENPV_INSTALLER_REMOVAL_SEEN_H

#include "installer/plan.h"
#include "installer/platform.h"

enum { REMOVAL_FILES_MAX = 4096 };

/* A file that is there. */
struct removal_file {
    char *path; /* absolute, as the machine writes it */
    char *sha256;
    char *company;     /* of VERSIONINFO; NULL: it says none */
    char *service;     /* that runs it; NULL: none of those that were looked at */
    struct texts infs; /* published INFs that copy it */
};

/* A published INF, by the bytes that it has now. */
struct removal_inf {
    char *name, *sha256;
};

struct removal_seen {
    struct {
        struct removal_file *at;
        size_t count;
    } files;
    struct {
        struct removal_inf *at;
        size_t count;
    } infs;
};

/*
 * Look at the services and packages of the facts. Fails when a file is there and cannot be read:
 * what would have to go would not be known. *out must be zeroed.
 */
bool removal_look(struct platform *p, const struct facts *f, struct removal_seen *out,
                  struct err *e);

void removal_seen_release(struct removal_seen *seen);

/* The file, or NULL: it was not looked at or is not there. */
const struct removal_file *removal_file_at(const struct removal_seen *seen, const char *path);

/* The file that a service runs, from its registered image, by the rules of the service manager and
 * the kernel; NULL: a name that is none of a plain file. mem_free. */
char *removal_image_path(const struct facts_service *s, const struct plan_folders *folders);

/* The program of a command line: what is quoted, else up to the first ".exe" that ends a word;
 * mem_free. */
char *removal_program_of(const char *command);

/* The folders of the machine that plans need; plan_folders' texts are owned here. */
struct removal_folders {
    struct plan_folders of;
    char *owned[5];
};
bool removal_folders_ask(struct platform *p, struct removal_folders *out, struct err *e);
void removal_folders_release(struct removal_folders *f);

#endif
