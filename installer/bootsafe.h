/*
 * bootsafe: would this Windows start again, with our drivers and without them?
 *
 * Asked before the restart that would give the disk to the PV drivers. Pure: the facts of the
 * machine, the journal of what was installed, and questions about services and files that the
 * caller answers. Each fault is a finding with a stable code; what could not be read is one too,
 * since nobody restarts on a guess. bootsafe repairs nothing.
 *
 * The faults are those of the field: services that do not start at boot or that a StartOverride
 * keeps from it, files that are not the verified ones, drivers that this Windows will not load,
 * filters that name no service, and emulated storage drivers that Windows has put to sleep because
 * it no longer saw their controllers.
 */
#ifndef XENPV_INSTALLER_BOOTSAFE_H
#define XENPV_INSTALLER_BOOTSAFE_H

#include "installer/journal.h"
#include "installer/platform.h"

#define BOOTSAFE_FACTS_UNREAD "boot-facts-unread"
#define BOOTSAFE_SERVICE_MISSING "boot-service-missing"
#define BOOTSAFE_SERVICE_NOT_BOOT "boot-service-not-at-boot"
#define BOOTSAFE_SERVICE_OVERRIDDEN "boot-service-overridden"
#define BOOTSAFE_SERVICE_UNREAD "boot-service-unread"
#define BOOTSAFE_FILE_WRONG "boot-file-not-verified"
#define BOOTSAFE_FILE_UNREAD "boot-file-unread"
#define BOOTSAFE_NOT_PREDICTED "boot-driver-not-predicted-to-load"
#define BOOTSAFE_FILTER_ORPHAN "boot-filter-without-service"
#define BOOTSAFE_STORAGE_MISSING "boot-storage-missing"
#define BOOTSAFE_STORAGE_ASLEEP "boot-storage-not-at-boot"
#define BOOTSAFE_STORAGE_UNREAD "boot-storage-unread"
#define BOOTSAFE_STORAGE_FILE "boot-storage-file-missing"

/* Questions to the machine. TRI_UNKNOWN: it could not be asked. */
struct bootsafe_machine {
    /* Is there such a service? *out (platform_start_release) is written only with TRI_YES. */
    enum tri (*service)(void *context, const char *name, struct platform_start *out);
    /* Does the file hold these bytes? */
    enum tri (*has_bytes)(void *context, const char *path, const char *sha256);
    void *context;
};

struct bootsafe_finding {
    const char *code; /* one of BOOTSAFE_* */
    char *subject;    /* a service, file, driver or class */
    char *message;    /* a sentence without a full stop */
};

struct bootsafe {
    struct {
        struct bootsafe_finding *at;
        size_t count;
    } faults; /* empty: this Windows starts */
};

/* *out must be zeroed. Cannot fail. */
void bootsafe_judge(const struct facts *f, const struct journal *j,
                    const struct bootsafe_machine *machine, struct bootsafe *out);

void bootsafe_release(struct bootsafe *b);

/*
 * The services that the emulated storage of this guest needs at boot, its ghosts too: what was
 * unplugged for the PV disk is what the machine falls back to. Added to *out, each once.
 */
void bootsafe_storage(const struct facts *f, struct texts *out);

/* Does a service with this start type and these overrides start at boot? */
bool bootsafe_starts_at_boot(const struct platform_start *s);

#endif
