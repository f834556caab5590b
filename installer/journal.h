/*
 * journal: what an installation or a removal is about to do and has done, as one JSON file.
 *
 * Written durably before each effect (transaction), read by the next run, by status and by people.
 * It holds all that undoing needs: what did not exist before, what was published under which name.
 * It is kept after success. journal does nothing to the machine.
 */
#ifndef XENPV_INSTALLER_JOURNAL_H
#define XENPV_INSTALLER_JOURNAL_H

#include "installer/network.h"
#include "verifier/policy.h"

enum { JOURNAL_SCHEMA = 1, JOURNAL_SIZE_MAX = 8 * 1024 * 1024 };

/* What the journal is of. One without the word is an installation's: there was nothing else once.
 */
enum journal_job { JOURNAL_INSTALLATION = 0, JOURNAL_REMOVAL };

enum journal_state {
    JOURNAL_NONE = 0,       /* there is none */
    JOURNAL_INSTALLING,     /* effects may be half done: the next run reverts them first */
    JOURNAL_RESTART_NEEDED, /* all done; a restart has to come before it can be confirmed */
    JOURNAL_INSTALLED,      /* confirmed after the restart */
    JOURNAL_REVERTING, /* an undo is under way or could not be finished: the next run goes on with
                          it */
    JOURNAL_ROLLED_BACK,
    JOURNAL_NEEDS_ATTENTION, /* neither done nor undone: a person has to look */
    JOURNAL_PLANNED,         /* of a dry run: never on disk */
    JOURNAL_REPAIRING, /* a confirmed installation is done again: the next run goes on with it,
                          undoing goes back to before the installation */
    JOURNAL_REMOVING,  /* effects may be half done: the next run goes on with them */
    JOURNAL_REMOVED,   /* asked of the machine: nothing of the families is left */
};

enum step_kind {
    STEP_UNKNOWN = 0,
    STEP_STORE,           /* write a driver package's verified files into our folder */
    STEP_STAGE,           /* let Windows know the INF */
    STEP_BIND,            /* install the driver on its present device nodes */
    STEP_HELPER,          /* a program that runs as a service */
    STEP_RESTORE_POINT,   /* Windows' own way back, where it has one */
    STEP_STORAGE,         /* the emulated disk's drivers start at boot */
    STEP_FALLBACK,        /* a boot entry that leaves the disk emulated */
    STEP_CONTINUATION,    /* the service that goes on after a restart */
    STEP_BOOT_CHECK,      /* would Windows start again? changes nothing */
    STEP_NETWORK,         /* the PV adapters get the network settings of the emulated ones */
    STEP_STORE_PRODUCT,   /* write the verified package of Windows Installer into our folder */
    STEP_INSTALL_PRODUCT, /* let Windows Installer install it: drivers, helpers and all */
    STEP_TRUST,           /* a signer's certificate becomes a trusted publisher's */
    STEP_MONITOR,         /* xenbus_monitor neither asks for a restart nor begins one */
    /* of a removal, each about one target */
    STEP_ENABLE,             /* a driver of the emulated disk starts at boot */
    STEP_DISABLE,            /* a driver of the family does not start any more */
    STEP_REMOVE_KEY,         /* a registry key below Services */
    STEP_REMOVE_FILTER,      /* one token of a class's filters */
    STEP_RESTART,            /* what follows waits for a restart of Windows */
    STEP_REMOVE_PRODUCT,     /* by Windows Installer */
    STEP_REMOVE_CERTIFICATE, /* of a product, that its uninstaller has left */
    STEP_REMOVE_PACKAGE,     /* a published INF */
    STEP_REMOVE_DEVICE,      /* the driver off a node, or the node of a PV bus itself */
    STEP_REMOVE_SERVICE,
    STEP_REMOVE_FILE,     /* or folder of ours */
    STEP_REMOVE_FALLBACK, /* the boot entry that the installation added */
    STEP_REMOVE_TRUST,    /* a certificate that an installation of ours added */
};

enum step_state { STEP_PENDING = 0, STEP_STARTED, STEP_DONE, STEP_REVERTED };

/* A file that exists once a step is done. */
struct journal_file {
    char *path;   /* absolute on the machine */
    char *source; /* name in the opened package; only while planning, not in the file */
    char *sha256;
    enum tri existed; /* before us: then it is not removed on undo */
    char *kept;       /* where a copy of what was there before is kept, should we overwrite it */
};

/* What a device node was bound to before us. */
struct journal_binding {
    char *instance, *id, *service, *inf; /* id: the hardware id that our driver takes it by */
};

struct journal_service {
    char *name;
    struct number start; /* as the INF says */
    enum tri existed;
    struct number before_start; /* of one that existed */
    char *before_image;
};

struct journal_filter {
    char *class_guid, *position, *service;
    enum tri existed;
};

/* A key below Services that an INF makes beside its services: nothing takes it out with them. */
struct journal_key {
    char *path; /* "XEN\\Unplug" */
    enum tri existed;
};

struct journal_driver {
    char *name, *folder, *inf; /* folder is absolute, inf its file name */
    char *published;           /* name that Windows gave the INF */
    enum tri published_existed;
    struct texts hardware_ids;
    enum tri platform, optional;
    enum load_verdict load; /* what was predicted of its drivers on this Windows */
    struct texts instances; /* device nodes that we bound */
    struct {
        struct journal_binding *at;
        size_t count;
    } before;                  /* of the nodes that had a driver */
    struct texts nodes_before; /* device nodes of its ids that were there, present or not */
    struct {
        struct journal_file *at;
        size_t count;
    } stored; /* in folder */
    struct {
        struct journal_file *at;
        size_t count;
    } installed; /* where the INF copies them */
    struct {
        struct journal_service *at;
        size_t count;
    } services;
    struct {
        struct journal_filter *at;
        size_t count;
    } filters;
    struct {
        struct journal_key *at;
        size_t count;
    } keys;
};

struct journal_helper {
    char *service, *display_name, *folder;
    struct journal_file file;
    enum tri existed;
    struct texts
        new_folders; /* folder and its parents that did not exist before us, the innermost first */
};

/* A certificate that a product puts into a store. */
struct journal_certificate {
    char *store, *sha1, *subject; /* sha1: NULL when it could not be read */
    enum tri of_machine, existed;
};

/* What Windows Installer installs for us, and with it the journal's drivers and helpers. */
struct journal_product {
    char *code, *name, *version; /* code: ProductCode */
    char *folder;                /* of ours, with the package in it */
    struct journal_file file;    /* the package */
    enum tri existed;            /* it was registered before us */
    struct {
        struct journal_certificate *at;
        size_t count;
    } certificates;
};

/* The certificate of a driver package's verified signer, for Windows' trusted publishers. */
struct journal_publisher {
    char *sha1;        /* its thumbprint, lower case: the subject of its steps */
    char *sha256;      /* of certificate */
    char *name;        /* of the signer, for people */
    char *certificate; /* the leaf's DER in hexadecimal */
    enum tri existed;  /* in the store before us: then it stays there */
    enum tri carried;  /* an earlier installation of ours asked for it: this one does not act on it,
                          but takes it out when it is taken out itself */
};

/*
 * Something that a removal takes out, as it was found: what is not like this any more is not what
 * was meant, and stays. Which members there are goes by the kind of step.
 */
struct journal_target {
    char *id;     /* a step's subject: service, device instance, file, oem3.inf, product code, key,
                     store\\thumbprint of a certificate,
                     or class\\position\\service of a filter */
    char *proof;  /* by what it is known to be the family's, for people */
    char *sha256; /* of a file or published INF */
    char *service, *inf;         /* that a device is bound to */
    char *image;                 /* of a service, as registered */
    char *class_guid, *position; /* of a filter; its token is service */
    char *store, *sha1;          /* of a certificate */
    char *name;                  /* of a product */
    enum tri node;               /* of a device: the node itself goes, its bus made it */
    enum tri tree;               /* of a file: a folder with all that is in it */
    struct texts folders;        /* that go with a file if they are empty then, innermost first */
};

struct journal_step {
    enum step_kind kind;
    enum step_state state;
    char *subject; /* name of a driver or helper, id of a target; a restart has none */
};

/* How a service started before us. */
struct journal_start {
    char *service;
    struct number start;
    struct texts overrides; /* as platform_start's */
};

/* What makes the restart safe, and what goes on after it. */
struct journal_boot {
    struct {
        struct journal_start *at;
        size_t count;
    } storage;                     /* the emulated disk's drivers, as they were */
    char *option;                  /* of the fallback entry; NULL: the release knows none */
    struct texts fallbacks_before; /* entries of ours that were there */
    enum tri fallbacks_known;      /* the list before could be read: else nothing is removed */
    char *no_fallback;             /* why there is none; NULL: there is one */
    enum tri fallback_required;
    struct number restore_point; /* its number */
    char *no_restore_point;      /* why there is none */
    char *program, *arguments;   /* of the continuation: a copy of ours, and what it is told */
    /* Its copy of the manifest that is used in place of the program's own, where that came from,
     * and what it has to be; NULL: its own. A signature beside it goes along. */
    char *manifest, *manifest_from, *manifest_sha256;
    struct number runs; /* of the continuation so far */
};

/* Xen Project's service that asks for restarts, as it was before us. */
struct journal_monitor {
    enum tri existed, running;
    struct number start;
    struct number auto_reboot; /* Parameters\\AutoReboot; not known: there was no such value */
};

/* A package file that this was installed from. */
struct journal_source {
    char *path, *sha256, *signer, *timestamp;
};

struct journal {
    struct number schema;
    enum journal_job job;
    enum journal_state state;
    char *release, *family, *version, *set;
    char *windows;
    char *reason;             /* why it was rolled back or needs attention */
    struct number generation; /* counts the journals of this machine */
    char *previous; /* file name of the journal that this one upgrades, in the same folder: what a
                       rollback goes back to */
    struct number boot_time; /* of the boot in which the effects were made */
    struct number restarts;  /* that were asked for so far */
    struct number restart_limit;
    struct journal_boot boot;
    struct journal_monitor monitor;
    struct texts packages_before; /* published INFs that were known before the first step */
    struct texts accepted;        /* advisories that the operator took upon himself */
    struct texts
        trust; /* what was changed in this Windows' trust: certificates, policies. Empty: nothing */
    struct {
        struct journal_source *at;
        size_t count;
    } sources;
    struct {
        struct journal_driver *at;
        size_t count;
    } drivers;
    struct {
        struct journal_helper *at;
        size_t count;
    } helpers;
    struct {
        struct journal_publisher *at;
        size_t count;
    } publishers;
    struct journal_product *product; /* NULL: the drivers are installed by us */
    struct network_record *network;  /* NULL: not saved yet, or no step needs it */
    struct texts families;           /* ids of what a removal takes out */
    struct {
        struct journal_target *at;
        size_t count;
    } targets; /* of a removal */
    struct {
        struct journal_step *at;
        size_t count;
    } steps;
};

extern const struct shape journal_shape;

/* Refuses another schema. *j must be zeroed. */
bool journal_decode(struct span json, struct journal *j, struct err *e);
void journal_release(struct journal *j);

struct journal_driver *journal_driver_named(const struct journal *j, const char *name);
struct journal_helper *journal_helper_named(const struct journal *j, const char *service);
struct journal_publisher *journal_publisher_of(const struct journal *j, const char *sha1);

/* Ids are compared without case, as Windows does with all that they name. */
struct journal_target *journal_target_named(const struct journal *j, const char *id);

/* What a kind of step is about: the subject names one of the journal's drivers, helpers, publishers
 * or targets, or its product, or is not there. */
enum step_about {
    STEP_ABOUT_UNKNOWN = 0,
    STEP_ABOUT_DRIVER,
    STEP_ABOUT_HELPER,
    STEP_ABOUT_PUBLISHER,
    STEP_ABOUT_MACHINE,
    STEP_ABOUT_TARGET,
    STEP_ABOUT_PRODUCT,
};
enum step_about step_kind_about(enum step_kind k);

/* Is the step about something that the journal has? */
bool journal_step_has_subject(const struct journal *j, const struct journal_step *s);

/* An installation or its undoing stopped half-way: the next run undoes what is there of it. */
bool journal_is_interrupted(const struct journal *j);

/* Are both about the same release's same set of files, installed in the same way? */
bool journal_same_source(const struct journal *a, const struct journal *b);

/*
 * j, just planned, repairs what earlier installed: it takes over what was there before that
 * installation, so that undoing the repair undoes the installation too. Sets the state to
 * JOURNAL_REPAIRING.
 */
void journal_inherit(struct journal *j, const struct journal *earlier);

/* j, just planned, upgrades earlier: what earlier or one before it had trusted goes with j's
 * removal, but not with its undoing. */
void journal_carry_trust(struct journal *j, const struct journal *earlier);

/* j, just planned, upgrades earlier: the folders that earlier or one before it had made go with j's
 * removal; undoing j leaves them, as they are not empty then. */
void journal_carry_folders(struct journal *j, const struct journal *earlier);

const char *step_kind_name(enum step_kind k);
const char *journal_state_name(enum journal_state s);

#endif
