/*
 * collect: what support needs of one guest, put together as files of one zip.
 *
 * Takes texts, journals and logs, leaves names out by its mask, and keeps a list of what is in it
 * and what was left out. collect finds nothing out about a guest, and writes no file.
 */
#ifndef XENPV_INSTALLER_COLLECT_H
#define XENPV_INSTALLER_COLLECT_H

#include "base/file.h"
#include "installer/mask.h"

enum {
    COLLECT_SCHEMA = 1,
    COLLECT_LOG_MAX = 1 << 20, /* bytes from the end of a log */
    COLLECT_FILES_MAX = 200,   /* of one folder */
};

struct collect_item {
    char *name, *what; /* "journal/journal.json", "what xenpv has done here" */
    struct number size;
    char *content; /* not in the JSON */
};

struct collection {
    struct number schema;
    char *program;
    char *file; /* that it was written to */
    enum tri names_kept;
    struct {
        struct collect_item *at;
        size_t count;
    } items;
    struct texts left_out;
};

struct collect {
    struct mask mask;
    struct collection list;
};

/* A text that is fit to go as it is; the content is taken over. */
void collect_add(struct collect *c, const char *name, const char *what, char *content);

/* The end of a log, in whatever characters, without names. One that is not there is no item; one
 * that cannot be read is noted as left out. */
void collect_add_log(struct collect *c, const char *path, const char *what);

/* Journals and logs of our folder, without names; its folders and other files are left out. */
void collect_add_state(struct collect *c, const char *folder);

void collect_leave_out(struct collect *c, const char *what);

/* For people; mem_free. */
char *collect_contents(const struct collect *c);

char *collect_json(const struct collect *c); /* mem_free */

/* All items and CONTENTS.txt as one zip (bytes_release). seconds: since 1970, UTC. */
bool collect_zip(const struct collect *c, int64_t seconds, struct bytes *out, struct err *e);

void collect_release(struct collect *c);

#endif
