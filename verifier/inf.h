/*
 * inf: what an INF says, and what it does on a given Windows.
 *
 * inf_parse turns the bytes into sections, lines and fields with all %strings% put in. The queries
 * below answer for one target: which device models, which files from where to where, which
 * services, which registry values, which catalog. "What an INF does" is what SetupAPI would do with
 * it by the documented rules (Microsoft's windows-driver-docs, folder install, as of 2025-11-12);
 * where the documents are silent or contradict each other, the comment says so.
 *
 * inf knows nothing of the files themselves, of catalogs' contents or of signatures, and has no
 * opinion: evidence asks whether the files are there, policy asks whether this is fit. It opens no
 * other file: an INF that is named in Include is looked at only if the caller offers it (inf.find),
 * else it is listed as not looked at.
 */
#ifndef XENPV_VERIFIER_INF_H
#define XENPV_VERIFIER_INF_H

#include "base/err.h"
#include "base/span.h"
#include "verifier/finding.h"
#include "verifier/target.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Beyond these inf_parse fails with ERR_LIMIT; the largest real INF known (a graphics driver's) is
 * 5 MB.
 */
enum {
    INF_BYTES_MAX = 32 * 1024 * 1024,
    INF_SECTIONS_MAX = 1 << 17,
    INF_LINES_MAX = 1 << 20,
    INF_FIELDS_MAX = 1 << 22,
    INF_EXPANDED_MAX = 64 * 1024 * 1024, /* bytes of fields after their strings were put in */
};

enum {
    INF_FIELD_MAX =
        4095, /* characters of one field, before and after strings; Windows' own limit */
    INF_ITEMS_MAX = 1 << 16,  /* of one kind in one answer; `truncated` says that there were more */
    INF_PATH_MAX = 520,       /* bytes of inf_file.path; Windows' own limit is 260 characters */
    INF_NEEDS_DEPTH_MAX = 16, /* Needs of Needs */
    INF_FINDINGS_MAX = 200,   /* of one INF; one more says how many were not listed */
    INF_LANGUAGE_ENGLISH = 0x0409, /* en-US, what inf_parse uses */
    INF_LANGUAGE_PLAIN = 0,        /* only [Strings] */
};

enum inf_encoding {
    INF_ENCODING_UNKNOWN = 0,
    INF_ANSI, /* read as code page 1252; real Windows uses its own code page, so names may differ
                 there */
    INF_UTF8,
    INF_UTF16LE,
    INF_UTF16BE,
};

/*
 * One line "key = field, field, ...". A line of one value and no "=" has that value as its key too,
 * as in SetupAPI; a line of several values and no "=" has no key. Comments and empty lines are not
 * kept.
 */
struct inf_line {
    const char *key;           /* NULL when the line has none */
    const char *const *fields; /* UTF-8, unquoted, strings put in; never NULL, "" for empty */
    size_t count;              /* 1 at least, for "key =" too */
    size_t number;             /* in the file, from 1; where the line begins */
};

/*
 * All lines under one name: sections that occur more than once are merged in their order, as
 * Windows does.
 */
struct inf_section {
    const char *name; /* as first written */
    const struct inf_line *lines;
    size_t count;
    size_t number; /* line of the first header */
};

/*
 * mm/dd/yyyy,w.x.y.z of a DriverVer directive. Zeroed is "absent", which ranks lowest, as
 * 00/00/0000 does.
 */
struct inf_driver_ver {
    bool present;
    bool date_valid;    /* else year, month, day are 0, as Windows takes them */
    bool version_valid; /* all that is given is a number up to 65535; else version is 0.0.0.0 */
    uint16_t year, month, day;
    uint16_t version[4];
};

enum inf_signature {
    INF_SIGNATURE_NONE = 0,
    INF_SIGNATURE_WINDOWS_NT,
    INF_SIGNATURE_CHICAGO,
    INF_SIGNATURE_WINDOWS_95
};

/* The [Version] section. The texts are never NULL: "" when absent. */
struct inf_version {
    enum inf_signature signature; /* NONE: Windows refuses the INF */
    const char *class_name, *class_guid, *provider;
    struct inf_driver_ver driver_ver;
    bool pnp_lockdown;
    bool has_layout_file; /* files that this INF does not list come from Windows' own media */
};

/*
 * A parsed INF. Zeroed is an empty one. Two fields may be set before inf_parse and are kept: name,
 * which findings carry, and find with context. All else is written by inf_parse, owned, and freed
 * by inf_release; every text and span that a query returns lives as long as the INF and its
 * language.
 */
struct inf {
    const char *name; /* borrowed; may be NULL */
    /* the INF that Include names, or NULL; may itself be NULL */
    const struct inf *(*find)(void *context, const char *name);
    void *context;

    enum inf_encoding encoding;
    bool refused;      /* SetupAPI would not open this file; a finding of severity error says why */
    uint32_t language; /* whose strings are put in */
    struct inf_version version;
    const struct inf_section *sections; /* sorted by name without case */
    size_t section_count;
    struct inf_store *store; /* private */
};

/*
 * Parse file into *inf. The bytes are not needed afterwards. What is odd or broken is a finding
 * (codes begin with "inf-", messages name the line) and the rest is still read; false only when
 * file is over a limit or no text at all (ERR_LIMIT, ERR_FORMAT). Linear in the size of file, but
 * for sorting. inf is left empty on failure.
 */
bool inf_parse(struct span file, struct inf *inf, struct findings *findings, struct err *e);

void inf_release(struct inf *inf);

/*
 * Put in the strings of another language (LANGID; exact section, then neutral sublanguage, then any
 * of the same primary language, then [Strings]). Texts got before are gone. False only past
 * INF_EXPANDED_MAX; the INF is then unusable.
 */
bool inf_set_language(struct inf *inf, uint32_t language, struct err *e);

/* The section with this name without case, or NULL. O(log n). */
const struct inf_section *inf_section(const struct inf *inf, const char *name);

/* The first line of section with this key without case, or NULL. section may be NULL. O(log n). */
const struct inf_line *inf_line(const struct inf *inf, const struct inf_section *section,
                                const char *key);

/* Field i of line from 0 after the key; "" when there is none. line may be NULL. */
const char *inf_field(const struct inf_line *line, size_t i);

/*
 * A number as SetupAPI reads it: 0x hexadecimal or decimal with sign; false and *out untouched when
 * it is neither.
 */
bool inf_number(const char *text, uint32_t *out);

/*
 * Does decoration ("NTamd64.10.0...16299") apply to target? "" is the undecorated section. For
 * messages and tests.
 */
bool inf_decoration_applies(const char *decoration, const struct target *target);

/* A list of names from the INF; the array is owned (inf_names_release), the names are the INF's. */
struct inf_names {
    const char **at;
    size_t count, room;
};

/* --- what it is for --- */

/*
 * One line of a models section. ids[0] is the hardware id and may be ""; the others are compatible
 * ids.
 */
struct inf_model {
    const char *manufacturer, *description;
    const char *install; /* undecorated name of the install section, for inf_install */
    const char *section; /* the models section it stands in, as chosen for the target */
    const char *const *ids;
    size_t id_count;
    size_t number; /* line */
};

struct inf_models {
    struct inf_model *at;
    size_t count, room;
    bool truncated;
};

/*
 * The models that this INF offers on target, in the order of the file: for each line of
 * [Manufacturer] the one section whose decoration fits best. Adds to *out. No model means that
 * Windows finds no driver in this INF there.
 */
void inf_models(const struct inf *inf, const struct target *target, struct inf_models *out);
void inf_models_release(struct inf_models *models);

/*
 * The names for inf_install of these models, each once without case: many models often share one.
 * Adds to *out.
 */
void inf_models_installs(const struct inf_models *models, struct inf_names *out);

/*
 * The model of models that has this hardware or compatible id without case, or NULL; *rank is its
 * index in ids.
 */
const struct inf_model *inf_models_find(const struct inf_models *models, const char *id,
                                        size_t *rank);

/* --- what it does --- */

enum inf_source {
    INF_SOURCE_UNKNOWN = 0, /* in no SourceDisksFiles and no LayoutFile, or past INF_PATH_MAX:
                               Windows would not find it */
    INF_SOURCE_PACKAGE,
    INF_SOURCE_WINDOWS, /* in no SourceDisksFiles, but LayoutFile names Windows' own list */
};

enum {
    INF_DIRID_NONE = 0,
    INF_DIRID_WINDOWS = 10,
    INF_DIRID_SYSTEM = 11,
    INF_DIRID_DRIVERS = 12,
    INF_DIRID_STORE = 13
};

/* COPYFLG_* of CopyFiles that tell something to a reader. */
enum { INF_COPY_REPLACE_ONLY = 0x400, INF_COPY_REPLACE_BOOT_FILE = 0x1000 };

/*
 * One file that is copied (or, in `deleted`, removed: then only name, dirid, subdir and flags mean
 * something).
 */
struct inf_file {
    const char
        *source; /* its name in the package; differs from name where CopyFiles says "name,source" */
    const char *path;    /* source with its folder in the package, "/" between, as "x64/xenvbd.sys";
                            never NULL */
    const char *cabinet; /* the .cab of SourceDisksNames that may hold it instead; "" when none */
    enum inf_source origin;
    const char *name;   /* name at the destination */
    int32_t dirid;      /* 12 is System32\drivers */
    const char *subdir; /* below dirid, "" when none */
    uint32_t flags;     /* COPYFLG_* */
    size_t number;      /* line */
};

/* The zero is unknown: no StartType, or none of 0 to 4. */
enum inf_start {
    INF_START_UNKNOWN = 0,
    INF_START_BOOT,
    INF_START_SYSTEM,
    INF_START_AUTO,
    INF_START_DEMAND,
    INF_START_DISABLED,
};

enum inf_error_control {
    INF_ERROR_UNKNOWN = 0,
    INF_ERROR_IGNORE,
    INF_ERROR_NORMAL,
    INF_ERROR_SEVERE,
    INF_ERROR_CRITICAL,
};

enum {
    INF_SERVICE_KERNEL = 1,
    INF_SERVICE_FILE_SYSTEM = 2,
    INF_SERVICE_OWN_PROCESS = 0x10
}; /* bits of type */

/*
 * An AddService line with its service section; with remove set, a DelService line (name and flags
 * only).
 */
struct inf_service {
    const char *name; /* "" in "AddService=,2": no function driver is needed */
    bool remove;
    bool function_driver; /* SPSVCINST_ASSOCSERVICE */
    uint32_t flags;       /* SPSVCINST_* */
    const char *display, *description;
    uint32_t type; /* SERVICE_* bits; 0 when absent */
    enum inf_start start;
    enum inf_error_control error_control;
    const char *binary;      /* as written, "%12%\xenvbd.sys" */
    int32_t binary_dirid;    /* 12, or INF_DIRID_NONE when binary is no %dirid%\path */
    const char *binary_path; /* what follows the dirid, "xenvbd.sys"; else binary */
    const char *group;       /* LoadOrderGroup */
    const char *start_name;
    const char *const *dependencies;
    size_t dependency_count;
    const char *section;
    size_t number;
};

/* Whose key HKR means. */
enum inf_scope {
    INF_SCOPE_UNKNOWN = 0,
    INF_SCOPE_SOFTWARE,  /* install section, co-installers: the device's software (class) key */
    INF_SCOPE_HARDWARE,  /* .HW: the device's key in Enum */
    INF_SCOPE_SERVICE,   /* Services\owner */
    INF_SCOPE_EVENTLOG,  /* EventLog\type\owner */
    INF_SCOPE_INTERFACE, /* .Interfaces; owner is the interface class */
    INF_SCOPE_CLASS,     /* ClassInstall32 */
};

enum inf_root { INF_ROOT_UNKNOWN = 0, INF_HKCR, INF_HKCU, INF_HKLM, INF_HKU, INF_HKR };

/* FLG_ADDREG_* and FLG_DELREG_*. */
enum {
    INF_REG_BINARY = 0x1,
    INF_REG_NO_CLOBBER = 0x2,
    INF_REG_DELETE_VALUE = 0x4,
    INF_REG_APPEND = 0x8,
    INF_REG_KEY_ONLY = 0x10,
    INF_REG_MULTI_SZ = 0x10000,
    INF_REG_EXPAND_SZ = 0x20000,
    INF_REG_DWORD = 0x10001,
    INF_REG_DELETE_STRING = 0x18002, /* DelReg: take one string out of a REG_MULTI_SZ */
};

struct inf_registry {
    bool remove; /* from DelReg */
    enum inf_scope scope;
    const char *owner; /* service or interface; "" otherwise */
    enum inf_root root;
    const char *key, *value; /* value "" is the key's default value */
    uint32_t flags;
    const char *const *data;
    size_t data_count;
    size_t number;
};

/* Zeroed is empty. Arrays are owned, texts are the INF's (or of `texts` here). */
struct inf_install {
    const char *section; /* the decorated section that was chosen */
    struct inf_file *files;
    size_t file_count, file_room;
    struct inf_file *deleted;
    size_t deleted_count, deleted_room;
    struct inf_service *services;
    size_t service_count, service_room;
    struct inf_registry *registry;
    size_t registry_count, registry_room;
    struct inf_names coinstallers;  /* "WdfCoInstaller01009.dll,WdfCoInstaller" */
    struct inf_names copied_infs;   /* CopyINF, on XP and later */
    struct inf_names not_looked_at; /* INFs of Include that find did not give */
    struct inf_names missing; /* sections that are named but are in no INF that was looked at */
    struct inf_driver_ver driver_ver; /* of the install section, else of [Version] */
    uint32_t feature_score;           /* 0xff when not given */
    bool reboot;                      /* Reboot directive, or a copy flag that says so */
    bool truncated;          /* INF_ITEMS_MAX or INF_NEEDS_DEPTH_MAX was hit: this is not all */
    struct inf_texts *texts; /* private */
};

/*
 * What installing the model with this install section does on target; name is inf_model.install, or
 * "DefaultInstall". The section is name.nt<arch>, else name.nt, else name; its .Services, .HW,
 * .CoInstallers and .Interfaces go with the decorated name. False when there is no such section:
 * Windows then refuses to install the model. Ask once for each of inf_models_installs. *out must be
 * zeroed; free it with inf_install_release.
 */
bool inf_install(const struct inf *inf, const struct target *target, const char *name,
                 struct inf_install *out);
void inf_install_release(struct inf_install *install);

/* --- what it needs beside it --- */

struct inf_files {
    struct inf_file *at;
    size_t count, room;
    bool truncated;
    struct inf_texts *texts; /* private */
};

/*
 * Every file that this INF may copy out of its package on target, each path once (in the order of
 * first use), with ClassInstall32, InterfaceInstall32 and DefaultInstall. target NULL: on any
 * Windows and any processor. Files that Windows itself supplies (INF_SOURCE_WINDOWS) are left out;
 * INF_SOURCE_UNKNOWN ones are in. *out must be zeroed; free it with inf_files_release.
 */
void inf_packaged_files(const struct inf *inf, const struct target *target, struct inf_files *out);
void inf_files_release(struct inf_files *files);

/*
 * The catalog that this INF names for target: CatalogFile.nt<arch>, else .nt, else plain. "" when
 * it names none: Windows then treats the package as unsigned. target NULL: the first that is named
 * at all.
 */
const char *inf_catalog(const struct inf *inf, const struct target *target);

/* Every catalog that the INF names, each once without case. */
void inf_catalogs(const struct inf *inf, struct inf_names *out);
void inf_names_release(struct inf_names *names);

const char *inf_class(const struct inf *inf);
const char *inf_class_guid(const struct inf *inf);
const char *inf_provider(const struct inf *inf);
struct inf_driver_ver inf_driver_ver(const struct inf *inf);

/*
 * <0, 0, >0 as a is older than, as old as, newer than b: date first, then version, as Windows ranks
 * them.
 */
int inf_driver_ver_compare(const struct inf_driver_ver *a, const struct inf_driver_ver *b);

/* "09/17/2014,0.11.0.373"; "" when absent. */
void inf_driver_ver_format(const struct inf_driver_ver *v, char *out, size_t size);

enum { INF_DRIVER_VER_TEXT_MAX = 40 };

#endif
