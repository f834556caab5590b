/*
 * platform: the narrow interface to the machine.
 *
 * Everything that the transaction does to a machine goes through these calls, and everything that
 * it believes about one is asked through them: a success of a call that changes something is never
 * taken for the change. Windows is behind it in platform.windows.c; tests put a machine of their
 * own behind it and refuse or interrupt each call.
 *
 * All text is UTF-8, all paths are absolute paths of the machine. Every call that can fail returns
 * bool with the reason in *e. A call that changes something either has done it, or has said why
 * not; after a failure the state of that one thing is unknown and is asked again. platform decides
 * nothing: order, safety and undo are the transaction's.
 */
#ifndef XENPV_INSTALLER_PLATFORM_H
#define XENPV_INSTALLER_PLATFORM_H

#include "base/err.h"
#include "base/file.h"
#include "base/span.h"
#include "drivers-manifest/facts.h"
#include "installer/network.h"

/* Well-known folders, asked as absolute paths. Numbers are INF dirids where there is one. */
enum platform_folder {
    PLATFORM_FOLDER_UNKNOWN = 0,
    PLATFORM_FOLDER_STATE, /* ours: %ProgramData%\xenpv, closed to all but administrators and SYSTEM
                            */
    PLATFORM_FOLDER_WINDOWS = 10,
    PLATFORM_FOLDER_SYSTEM = 11, /* the native System32, never SysWOW64 */
    PLATFORM_FOLDER_DRIVERS = 12,
    PLATFORM_FOLDER_INF = 17,
    PLATFORM_FOLDER_PROGRAM_FILES = 16422,
};

/* A service to create. Texts are borrowed. */
struct platform_service {
    const char *name, *display_name;
    const char *image; /* as the ImagePath value will read */
    uint32_t type;     /* SERVICE_* */
    uint32_t start;    /* 0 boot .. 4 disabled */
};

/* What a device node is bound to now. Texts are owned; zeroed is "nothing known". */
struct platform_binding {
    enum tri exists;
    char *service; /* NULL: none */
    char *inf;     /* published name of the INF it was installed from; NULL: none */
    enum tri started;
    struct number problem; /* CM_PROB_* */
};

void platform_binding_release(struct platform_binding *b);

/* How a service is registered to start. Zeroed is "nothing known". */
struct platform_start {
    uint32_t start;         /* 0 boot .. 4 disabled */
    struct texts overrides; /* of its StartOverride key, "0=3": hardware profile and start; empty:
                               there is no such key */
};

void platform_start_release(struct platform_start *s);

/* The boot entries with our mark. An id is what remove_fallback takes. */
struct platform_fallbacks {
    struct texts all, complete; /* complete: those that have the option */
};

void platform_fallbacks_release(struct platform_fallbacks *f);

/* A package of Windows Installer. Texts are borrowed. */
struct platform_product {
    const char *code, *name; /* ProductCode, ProductName */
    const char *path;        /* of the package; held while it is installed */
    bool again;              /* it is registered: install it over itself */
};

struct platform_lock_wish {
    const char *command; /* what others are told that we are at: "install" */
    unsigned limit_ms;   /* for another one to end; 0: do not wait */
};

/* Zeroed is "nothing held". */
struct platform_lock {
    struct file_hold lock, note; /* note: says who has the lock */
};

struct platform {
    void *context;

    /* All that is known of the guest, read now. *f must be zeroed. */
    bool (*facts)(void *context, struct facts *f, struct err *e);

    /* Absolute path without a slash at the end; mem_free. NULL with *e set when there is none. */
    char *(*folder)(void *context, enum platform_folder folder, struct err *e);

    /* --- files
     * -------------------------------------------------------------------------------------------
     */
    bool (*make_private_folder)(void *context, const char *path, struct err *e);
    bool (*make_folder)(void *context, const char *path, struct err *e);
    /* Durable: all of the old bytes or all of the new ones after a power cut. */
    bool (*write_file)(void *context, const char *path, struct span content, struct err *e);
    /* Content in *size bytes, mem_free. ERR_NOT_FOUND when it is not there; ERR_LIMIT past limit.
     */
    bool (*read_file)(void *context, const char *path, uint64_t limit, uint8_t **bytes,
                      size_t *size, struct err *e);
    bool (*remove_file)(void *context, const char *path, struct err *e); /* absent is fine */
    bool (*remove_tree)(void *context, const char *path, struct err *e); /* absent is fine */
    enum tri (*exists)(void *context, const char *path);
    /*
     * One process at a time may change this machine: ERR_BUSY, naming who it is, when another one
     * is at it and has not ended within the wish's limit. What was read of the machine before may
     * be old. The lock lies in our private folder, where nobody without rights can take it first;
     * ERR_ACCESS for those without. unlock leaves no empty folder behind.
     */
    bool (*lock)(void *context, const struct platform_lock_wish *wish, struct platform_lock *out,
                 struct err *e);
    void (*unlock)(void *context, struct platform_lock *held);
    /* Nobody can write, rename or delete the file until release_file; it can be read. */
    bool (*hold_file)(void *context, const char *path, struct file_hold *out, struct err *e);
    void (*release_file)(void *context, struct file_hold *held);

    /* --- driver packages
     * --------------------------------------------------------------------------------- */
    /*
     * Put the INF at inf_path, with the files beside it, where this Windows finds drivers
     * (SetupCopyOEMInf). *published is the name it got there (oem3.inf); mem_free. Doing it twice
     * gives the same name.
     */
    bool (*stage)(void *context, const char *inf_path, char **published, struct err *e);
    bool (*unstage)(void *context, const char *published, struct err *e);

    /*
     * Install the driver of inf_path on every present device node that has hardware_id
     * (UpdateDriverForPlugAndPlayDevices). *restart is set when Windows asks for a restart; it is
     * never cleared.
     */
    bool (*bind)(void *context, const char *hardware_id, const char *inf_path, bool *restart,
                 struct err *e);
    /* Take the driver off this device node again, so that it is as a newly found device. */
    bool (*unbind)(void *context, const char *instance, bool *restart, struct err *e);
    bool (*binding)(void *context, const char *instance, struct platform_binding *out,
                    struct err *e);
    /* Take the device node itself out of the tree and the registry. Absent is fine; a bus that is
     * there will report the device anew. */
    bool (*remove_device)(void *context, const char *instance, bool *restart, struct err *e);
    /* Let Plug and Play settle after changes: returns when no installation is pending or after the
     * time limit. */
    void (*settle)(void *context, unsigned limit_ms);

    /* --- services and registry
     * --------------------------------------------------------------------------- */
    bool (*create_service)(void *context, const struct platform_service *s, struct err *e);
    /* Start type and image of a service that is there; all else of it stays. */
    bool (*change_service)(void *context, const char *name, uint32_t start, const char *image,
                           struct err *e);
    bool (*delete_service)(void *context, const char *name,
                           struct err *e); /* stops it first; absent is fine */
    /* *start 0..4 as registered; ERR_NOT_FOUND when there is no such service. image may be NULL,
     * else mem_free. */
    bool (*query_service)(void *context, const char *name, uint32_t *start, char **image,
                          struct err *e);
    /* How the service is to start: ERR_NOT_FOUND when there is none. *out must be zeroed. */
    bool (*read_start)(void *context, const char *service, struct platform_start *out,
                       struct err *e);
    /* Start type and StartOverride become these, durably. */
    bool (*write_start)(void *context, const char *service, const struct platform_start *s,
                        struct err *e);
    /* A number below the service's Parameters key; not known when there is none. */
    bool (*read_parameter)(void *context, const char *service, const char *name, struct number *out,
                           struct err *e);
    bool (*write_parameter)(void *context, const char *service, const char *name,
                            const struct number *value, struct err *e);
    enum tri (*service_runs)(void *context, const char *service);
    bool (*stop_service)(void *context, const char *service, struct err *e); /* waits, so long */
    bool (*start_service)(void *context, const char *service,
                          struct err *e); /* does not wait for it to be up */
    /* Keys below HKLM\\SYSTEM\\CurrentControlSet\\Services: "XEN\\Unplug". No other can be
     * asked for or deleted. */
    enum tri (*has_key)(void *context, const char *path);
    bool (*delete_key)(void *context, const char *path, struct err *e); /* absent is fine */
    /* Take our token, and only that, out of a class's UpperFilters or LowerFilters; not there is
     * fine. */
    bool (*remove_filter)(void *context, const struct facts_filter *filter, const char *service,
                          struct err *e);

    /* --- boot entries and restore points
     * ------------------------------------------------------------------------- */
    /*
     * The boot entries of ours, and which of them have this option. ERR_NOT_FOUND where this
     * Windows has no way to change boot entries. *out must be zeroed.
     */
    bool (*fallbacks)(void *context, const char *option, struct platform_fallbacks *out,
                      struct err *e);
    /* One more: a copy of the entry that is started by default, with our mark and the option. */
    bool (*add_fallback)(void *context, const char *option, struct err *e);
    bool (*remove_fallback)(void *context, const char *id, struct err *e); /* absent is fine */
    /* Windows' own restore point. ERR_NOT_FOUND where this Windows makes none. */
    bool (*make_restore_point)(void *context, const char *name, struct number *number,
                               struct err *e);
    bool (*remove_restore_point)(void *context, uint64_t number, struct err *e);

    /* --- ourselves */
    char *(*program)(void *context, struct err *e); /* path of the running program; mem_free */
    /* Of a file that is in use: gone after the next restart. */
    bool (*remove_file_later)(void *context, const char *path, struct err *e);
    /* --- network
     * -------------------------------------------------------------------------------------- */
    /* All adapters, present or not, with their settings. *out must be zeroed; what could not be
     * read stands in out->missed. */
    bool (*read_networks)(void *context, struct network *out, struct err *e);
    /* Give the adapter of change->guid the settings of change->after: its values become those, and
     * what only change->before has goes. Other values stay. */
    bool (*write_network)(void *context, const struct network_change *change, struct err *e);
    /* Let a started adapter read its settings anew. *restart is set when only a restart of Windows
     * does that; it is never cleared. */
    bool (*restart_network)(void *context, const char *instance, bool *restart, struct err *e);

    /* --- trusted publishers
     * ---------------------------------------------------------------------------------
     */
    /* The machine's store TrustedPublisher and no other; certificate is one in DER. */
    enum tri (*has_publisher)(void *context, struct span certificate);
    bool (*add_publisher)(void *context, struct span certificate, struct err *e);
    bool (*remove_publisher)(void *context, struct span certificate,
                             struct err *e); /* absent is fine */
    /* Would its chain, with the certificates that came with it in a catalog (PKCS#7), end in a root
     * that this machine trusts? Nothing is downloaded. */
    enum tri (*publisher_has_root)(void *context, struct span certificate, struct span catalog);

    /* --- products of Windows Installer
     * ---------------------------------------------------------------------- */
    enum tri (*has_product)(void *context, const char *product_code);
    /*
     * Install without a window and without a restart, for all users, with a log of Windows
     * Installer's in our folder. Waits, with a limit, while another installation runs. A success is
     * only that Windows Installer says so.
     */
    bool (*install_product)(void *context, const struct platform_product *product, bool *restart,
                            struct err *e);
    /*
     * Uninstall without a window and without a restart, with a log of Windows Installer's in our
     * folder. Waits, with a limit, while another installation runs. One that is not there is fine.
     */
    bool (*uninstall_product)(void *context, const char *product_code, bool *restart,
                              struct err *e);

    /* --- certificates of the machine
     * ------------------------------------------------------------------------ */
    /* Has LocalMachine's store ("Root") a certificate with this SHA-1 thumbprint (lower-case
     * hexadecimal)? */
    enum tri (*has_certificate)(void *context, const char *store, const char *sha1);
    bool (*remove_certificate)(void *context, const char *store, const char *sha1,
                               struct err *e); /* absent is fine */

    /* --- restart
     * ------------------------------------------------------------------------------------------ */
    bool (*restart)(void *context, struct err *e); /* begin a restart of Windows now */

    /* --- files in use
     * ------------------------------------------------------------------------------------- */
    /* The file that Windows has noted to put in this one's place at the next start into *from;
     * mem_free. NULL: none. */
    bool (*replaced_by)(void *context, const char *path, char **from, struct err *e);
    /* Of a file that is in use: it has these bytes after the next start. Fails when it is not in
     * use. */
    bool (*write_file_later)(void *context, const char *path, struct span content, struct err *e);
};

#endif
