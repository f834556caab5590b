/*
 * pnp.h: what the parts of pnp.exe share; what it is for is said in pnp.c.
 *
 * pnp-node.c     device nodes, which are keys of the registry
 * pnp-service.c  services
 * pnp-inf.c      what an INF says of itself, and what is noted of the one that is bound
 * pnp-install.c  the best driver for a device, and installing it
 * pnp-bus.c      which children each bus reports
 */
#ifndef PNP_H
#define PNP_H

#include <windows.h>

#include <cfgmgr32.h>
#include <regstr.h>
#include <setupapi.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ENUM_KEY L"SYSTEM\\CurrentControlSet\\Enum\\"
#define SERVICES_KEY L"SYSTEM\\CurrentControlSet\\Services\\"
#define CLASS_KEY L"SYSTEM\\CurrentControlSet\\Control\\Class\\"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    MAX_ID = 200,   /* MAX_DEVICE_ID_LEN of cfgmgr32.h */
    MAX_KEY = 264,  /* a key of the registry that ends with an id */
    MAX_IDS = 4096, /* characters of a REG_MULTI_SZ of ids */
    MAX_NODES = 64, /* devices reported in one start of the guest */
};

struct version {
    unsigned part[4];
};

/* What an INF says of itself. */
struct inf_identity {
    unsigned year, month, day;
    struct version version;
    wchar_t provider[MAX_ID];
    wchar_t manufacturer[MAX_ID];
};

/* A device that a bus reported in this start of the guest: its instance id. */
struct node {
    wchar_t id[MAX_ID];
    bool failed; /* no driver fits, or its service does not start: said once */
};

struct tree {
    struct node nodes[MAX_NODES];
    size_t count;
    bool changed; /* in this round */
};

/* What a bus says of a child. */
struct child {
    wchar_t id[MAX_ID]; /* device id \ instance id */
    wchar_t hardware_ids[MAX_IDS];
    wchar_t compatible_ids[MAX_IDS];
    wchar_t description[MAX_ID];
    wchar_t location[MAX_ID];
};

/* Registry values below HKEY_LOCAL_MACHINE; false if there is none of that type. */
bool read_text(const wchar_t *key, const wchar_t *name, wchar_t *text, DWORD characters);
bool read_number(const wchar_t *key, const wchar_t *name, DWORD *number);
void write_text(HKEY key, const wchar_t *name, const wchar_t *text);
void write_number(HKEY key, const wchar_t *name, DWORD number);

/* Formats at most MAX_ID characters. */
void set_text(wchar_t *target, const wchar_t *format, ...);

/* Adds an id to a list of MAX_IDS characters, unless it is full. */
__attribute__((format(__printf__, 2, 3))) void list_add(wchar_t *list, const char *format, ...);

/* The key of a device node, in MAX_KEY characters. */
void node_key(const wchar_t *id, wchar_t *key);
bool node_text(const struct node *node, const wchar_t *name, wchar_t *text, DWORD characters);
bool node_disabled(const struct node *node);

struct node *tree_find(struct tree *tree, const wchar_t *id);

/* A bus reports a child. Returns whether it is new to the registry. */
bool tree_report(struct tree *tree, const struct child *child);

bool service_exists(const wchar_t *name);
bool service_running(const wchar_t *name);
bool service_disabled(const wchar_t *name);
DWORD service_start(const wchar_t *name); /* the error, 0 for none */
bool service_stop(const wchar_t *name);

/* %windir%\inf\name, in MAX_PATH characters. */
void inf_path(const wchar_t *name, wchar_t *path);
int version_compare(const struct version *a, const struct version *b);
/* False: no such INF, or one without DriverVer. */
bool inf_identify(const wchar_t *path, struct inf_identity *identity);
/* The same for the INF that is bound to a device. */
bool node_identity(const struct node *node, struct inf_identity *identity);
/* Writes the values that DIF_INSTALLDEVICE writes on Windows and leaves out on Wine. */
void node_complete(const struct node *node);

/* Installs the best staged driver on the device; says what it did. */
void node_install(struct tree *tree, struct node *node);

/* The PCI bus reports a function; false if none has that name. */
bool bus_report_pci(struct tree *tree, const wchar_t *name);
/* If the device is a PV bus whose driver runs, its children are reported. */
void bus_enumerate(struct tree *tree, const struct node *bus);

#endif
