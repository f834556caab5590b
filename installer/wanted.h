/*
 * wanted: which package files some Windows need.
 *
 * For each Windows that is named, as for plan (win7sp1-x64, win10-22h2-x64+secureboot, or all), or
 * for the facts of one guest: the chosen release and its files, each file once. wanted asks select
 * and rules on nothing itself.
 */
#ifndef XENPV_INSTALLER_WANTED_H
#define XENPV_INSTALLER_WANTED_H

#include "drivers-manifest/select.h"

enum { WANTED_TARGETS_MAX = 1000 };

/* One Windows and what was chosen for it. */
struct wanted_target {
    char *windows;       /* as --for takes it, or the guest's own name */
    char *release, *set; /* NULL: no source is eligible */
    char *why;           /* not */
};

/* Borrowed from the manifest. */
struct wanted_file {
    const struct manifest_release *release;
    const struct manifest_set *set;
    const struct manifest_file_pin *pin;
    const char *below; /* the folder that it lies in: its release's id, where another release has a
                          file of this name; NULL: in none */
    size_t target;     /* the first that needs it: index in targets */
};

struct wanted {
    struct {
        struct wanted_target *at;
        size_t count;
    } targets;
    struct {
        struct wanted_file *at;
        size_t count;
    } files;
};

/* Names separated by commas, or "all"; ERR_USAGE names the word that is none. *out may hold some.
 */
bool wanted_for(const struct manifest *m, const struct select_options *o, const char *names,
                struct wanted *out, struct err *e);

/* A guest, by its facts; name is for people. */
void wanted_for_guest(const struct manifest *m, const struct select_options *o,
                      const struct facts *f, const char *name, struct wanted *out);

/* Is there a target without a source? */
bool wanted_lacks(const struct wanted *w);

void wanted_release(struct wanted *w);

extern const struct shape wanted_target_shape;

#endif
