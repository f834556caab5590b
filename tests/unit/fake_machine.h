/*
 * fake_machine: a Windows machine in memory behind struct platform, whose every call can be
 * refused, done by half, be a lie, or be the moment at which the power goes.
 *
 * Files, services, filters, staged INFs and device nodes are plain lists; an INF is known by its
 * bytes, and what installing it does stands in a table of the test. The machine does what Windows
 * does by itself: a bound bus brings its children up, and a start of Windows binds devices without
 * a driver to a staged INF. machine_picture is all of it as text, without our own state folder, so
 * that two moments can be compared. It has no opinion on transactions.
 */
#ifndef XENPV_TESTS_FAKE_MACHINE_H
#define XENPV_TESTS_FAKE_MACHINE_H

#include "base/mem.h"
#include "base/text.h"
#include "installer/platform.h"
#include "verifier/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MACHINE_STATE "C:\\ProgramData\\xenpv"
#define MACHINE_INF "C:\\Windows\\inf"
#define MACHINE_DRIVERS "C:\\Windows\\System32\\drivers"
#define MACHINE_PROGRAMS "C:\\Program Files"
#define MACHINE_PROGRAM "C:\\xenpv.exe"
#define MACHINE_MANIFEST "D:\\manifest.json" /* on a medium, with its signature */
#define MACHINE_MANIFEST_TEXT "{\"schema\": 1}"
#define MACHINE_CONTINUATION MACHINE_STATE "\\xenpv-resume.exe"
#define MACHINE_CONTINUATION_MANIFEST MACHINE_STATE "\\xenpv-resume.json"

enum {
    MACHINE_FILES = 96,
    MACHINE_NODES = 16,
    MACHINE_SERVICES = 16,
    MACHINE_TOKENS = 16,
    MACHINE_ENTRIES = 8,
    MACHINE_ADAPTERS = 4,
    MACHINE_SETTINGS = 8,
    MACHINE_PATH = 160,
    MACHINE_REPLACED = 8,
    MACHINE_CALLS = 2000
};

/* What installing an INF does. filter may be NULL; children are the nodes that come up once it is
 * bound. */
struct machine_driver {
    const char *content; /* of the INF: how it is known */
    const char *original, *id, *service;
    uint32_t start;
    const char *file, *bytes; /* in the drivers folder */
    const char *filter_class, *filter;
    const char *children[3], *child_id;
    const char *monitor; /* a service that installing it enables and starts too */
    const char *key;     /* below Services, that installing it makes; NULL: none */
};

struct machine_file {
    char path[MACHINE_PATH];
    bool folder;
    uint8_t *bytes;
    size_t size;
};

struct machine_node {
    char instance[64], id[64], service[32], inf[32]; /* "" is none */
    bool present;
    unsigned problem;
};

struct machine_service {
    char name[32], image[MACHINE_PATH];
    uint32_t start;
    char override[16]; /* "0=3"; "" is none */
    bool runs;
};

/* Registered with Windows Installer. */
struct machine_product {
    char code[48], name[64];
};

/* What installing a package of Windows Installer does: its first drivers are the machine's, which
 * it leaves behind when it is uninstalled, as those of GPLPV do. */
struct machine_package {
    const char *content; /* of the package: how it is known */
    const char *code, *name;
    size_t drivers;
    const char *service, *path, *bytes; /* of its helper */
    const char *store, *sha1;           /* of the certificate that it adds */
};

struct machine_certificate {
    char store[32], sha1[48];
};

/* What Windows is started from. Zeroed: the test does not ask. */
struct machine_disk {
    const char *emulated, *bus, *pv; /* services */
    const char *unplug;              /* key that makes the bus, or its filter, unplug the emulated
                                        disk; NULL: the bus does so whenever it loads */
    const char *filter;              /* service of the family that loads too and knows the key */
};

struct machine_token {
    char class_guid[64], position[16], service[32];
};

/* A network adapter of a device node; its values are texts, EnableDHCP a number. */
struct machine_adapter {
    char guid[40], instance[64], mac[20];
    bool known; /* to Windows: a PV adapter is from its first start on */
    struct {
        char name[32], value[40]; /* "" is a free place */
    } settings[MACHINE_SETTINGS];
};

enum machine_fault {
    FAULT_NONE = 0,
    FAULT_REFUSED,    /* nothing is done, and the call says so */
    FAULT_HALF,       /* part of it is done, and the call fails */
    FAULT_ALL,        /* all of it is done, and the call fails */
    FAULT_CUT_BEFORE, /* the power goes: this and every later call does nothing */
    FAULT_CUT_HALF,
    FAULT_CUT_AFTER,
    FAULT_COUNT,
};

/* A boot entry of ours; without an option it is half made. */
struct machine_entry {
    char id[16], option[32];
};

/* Calls that succeed and do nothing. */
struct machine_lies {
    bool write, stage, bind, create, unstage, unbind, delete_service, remove_file, remove_filter,
        write_start, add_fallback, remove_fallback, network, delete_key, remove_device, uninstall,
        add_publisher, remove_publisher, stop;
    bool install, install_drivers, install_helper, remove_certificate;
};

struct machine {
    const struct machine_driver *drivers;
    size_t driver_count;
    const char *provider; /* as all their INFs say; NULL: they say none */
    struct machine_file files[MACHINE_FILES];
    size_t file_count;
    struct machine_node nodes[MACHINE_NODES];
    size_t node_count;
    struct machine_service services[MACHINE_SERVICES];
    size_t service_count;
    struct machine_token tokens[MACHINE_TOKENS];
    size_t token_count;
    struct machine_entry entries[MACHINE_ENTRIES];
    size_t entry_count, entries_made;
    size_t restore_points;
    char later[MACHINE_PATH]; /* a file that goes at the next start */
    struct machine_adapter adapters[MACHINE_ADAPTERS];
    size_t adapter_count;
    bool unplugged; /* the emulated adapters: a PV one had its driver when Windows started */
    uint64_t boot_time;
    unsigned pending_problem; /* that a newly bound node has until the next start */
    bool filters_unreadable;
    bool no_boot_entries;       /* this Windows lets none be added */
    const char *keeps_override; /* a service that an installation does not take its override from */
    bool in_use;                /* of the continuation: its program runs */
    bool refuses_to_stage;      /* each time, as Windows does with a bad signature */
    /* the tester's hand */
    enum machine_fault fault;
    size_t fault_at; /* 1: the first call */
    size_t calls;
    size_t facts_read;
    bool dead;
    bool changing[MACHINE_CALLS]; /* which of the calls were of a kind that changes something */
    struct machine_lies lies;
    size_t effects;       /* calls that changed something outside the state folder */
    char unbootable[160]; /* set once a filter names a service that is not there */
    size_t held;          /* files that are held now */
    bool worked_unheld;   /* an INF was used while nothing was held */
    char keys[4][32];     /* below Services, that are no services */
    struct machine_product products[4];
    size_t product_count;
    bool product_wants_restart;
    const struct machine_package *package; /* that install_product knows; NULL: none */
    bool keeps_certificates;               /* its uninstaller does */
    struct machine_certificate certificates[4];
    size_t certificate_count;
    char auto_reboot[8];    /* of the monitor; "" is none */
    char publishers[4][16]; /* certificates that are trusted */
    struct machine_disk disk;
    bool locks;         /* files of running drivers cannot be written, as in Windows */
    bool leaves_locked; /* installing a driver leaves them as they are, and notes nothing */
    struct {
        char from[MACHINE_PATH], to[MACHINE_PATH]; /* "" is none */
    } replaced[MACHINE_REPLACED];                  /* at the next start */
    bool took_in_use; /* a service, device or file of a running driver was taken away */
};

/* --- lists
 * ----------------------------------------------------------------------------------------------------
 */

static void machine_copy(char *to, size_t room, const char *from)
{
    if (strlen(from) >= room)
        fail_msg("the fake machine has no room for '%s'", from);
    memcpy(to, from, strlen(from) + 1);
}

static struct machine_file *machine_find(struct machine *m, const char *path)
{
    for (size_t i = 0; i < m->file_count; i++)
        if (text_equal_nocase(m->files[i].path, path))
            return &m->files[i];
    return NULL;
}

static void machine_put_folder(struct machine *m, const char *path)
{
    char parent[MACHINE_PATH];
    if (machine_find(m, path))
        return;
    machine_copy(parent, sizeof parent, path);
    char *slash = strrchr(parent, '\\');
    if (slash) {
        *slash = '\0';
        machine_put_folder(m, parent);
    }
    assert_true(m->file_count < MACHINE_FILES);
    struct machine_file *f = &m->files[m->file_count++];
    *f = (struct machine_file){.folder = true};
    machine_copy(f->path, sizeof f->path, path);
}

static void machine_put(struct machine *m, const char *path, struct span bytes)
{
    struct machine_file *f = machine_find(m, path);
    if (!f) {
        assert_true(m->file_count < MACHINE_FILES);
        f = &m->files[m->file_count++];
        *f = (struct machine_file){.folder = false};
        machine_copy(f->path, sizeof f->path, path);
    }
    mem_free(f->bytes);
    f->bytes = (uint8_t *)mem_strndup((const char *)bytes.at, bytes.size);
    f->size = bytes.size;
}

/* In hexadecimal, of the manifest on the medium. */
static inline const char *machine_manifest_sha256(void)
{
    static char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(DIGEST_SHA256, span_text(MACHINE_MANIFEST_TEXT));
    digest_hex(&d, hex);
    return hex;
}

static void machine_drop(struct machine *m, struct machine_file *f)
{
    mem_free(f->bytes);
    *f = m->files[--m->file_count];
}

/* Everything at and below path; only so many, and not the folder itself, when limit says so. */
static void machine_drop_tree(struct machine *m, const char *path, size_t limit)
{
    bool all = limit >= MACHINE_FILES;
    for (size_t i = m->file_count; i-- > 0 && limit;) {
        const char *at = m->files[i].path;
        size_t size = strlen(path);
        if (!text_starts_nocase(at, path) || (at[size] && at[size] != '\\') || (!at[size] && !all))
            continue;
        machine_drop(m, &m->files[i]);
        limit--;
    }
}

static struct machine_service *machine_service_named(struct machine *m, const char *name)
{
    for (size_t i = 0; i < m->service_count; i++)
        if (text_equal_nocase(m->services[i].name, name))
            return &m->services[i];
    return NULL;
}

static void machine_put_service(struct machine *m, const char *name, uint32_t start,
                                const char *image)
{
    struct machine_service *s = machine_service_named(m, name);
    if (!s) {
        assert_true(m->service_count < MACHINE_SERVICES);
        s = &m->services[m->service_count++];
        machine_copy(s->name, sizeof s->name, name);
    }
    machine_copy(s->image, sizeof s->image, image);
    s->start = start;
    if (!m->keeps_override || !text_equal_nocase(m->keeps_override, name))
        *s->override = '\0';
}

static struct machine_token *machine_token_of(struct machine *m, const char *guid,
                                              const char *position, const char *service)
{
    for (size_t i = 0; i < m->token_count; i++)
        if (text_equal_nocase(m->tokens[i].class_guid, guid) &&
            text_equal_nocase(m->tokens[i].position, position) &&
            text_equal_nocase(m->tokens[i].service, service))
            return &m->tokens[i];
    return NULL;
}

static void machine_put_filter(struct machine *m, const char *guid, const char *service)
{
    if (machine_token_of(m, guid, "UpperFilters", service))
        return;
    assert_true(m->token_count < MACHINE_TOKENS);
    struct machine_token *t = &m->tokens[m->token_count++];
    machine_copy(t->class_guid, sizeof t->class_guid, guid);
    machine_copy(t->position, sizeof t->position, "UpperFilters");
    machine_copy(t->service, sizeof t->service, service);
}

static struct machine_node *machine_node_at(struct machine *m, const char *instance)
{
    for (size_t i = 0; i < m->node_count; i++)
        if (text_equal_nocase(m->nodes[i].instance, instance))
            return &m->nodes[i];
    return NULL;
}

static struct machine_node *machine_put_node(struct machine *m, const char *instance,
                                             const char *id)
{
    struct machine_node *n = machine_node_at(m, instance);
    if (!n) {
        assert_true(m->node_count < MACHINE_NODES);
        n = &m->nodes[m->node_count++];
        *n = (struct machine_node){.present = true};
        machine_copy(n->instance, sizeof n->instance, instance);
        machine_copy(n->id, sizeof n->id, id);
    }
    n->present = true;
    return n;
}

/* --- network adapters
 * -------------------------------------------------------------------------------------------
 */

static inline void machine_set(struct machine_adapter *a, const char *name, const char *value)
{
    size_t free_place = MACHINE_SETTINGS;
    for (size_t i = 0; i < MACHINE_SETTINGS; i++) {
        if (strcmp(a->settings[i].name, name) == 0) {
            machine_copy(a->settings[i].value, sizeof a->settings[i].value, value);
            return;
        }
        if (!*a->settings[i].name && free_place == MACHINE_SETTINGS)
            free_place = i;
    }
    assert_true(free_place < MACHINE_SETTINGS);
    machine_copy(a->settings[free_place].name, sizeof a->settings->name, name);
    machine_copy(a->settings[free_place].value, sizeof a->settings->value, value);
}

static void machine_unset(struct machine_adapter *a, const char *name)
{
    for (size_t i = 0; i < MACHINE_SETTINGS; i++)
        if (strcmp(a->settings[i].name, name) == 0)
            *a->settings[i].name = '\0';
}

static struct machine_adapter *machine_adapter_of(struct machine *m, const char *guid)
{
    for (size_t i = 0; i < m->adapter_count; i++)
        if (text_equal_nocase(m->adapters[i].guid, guid))
            return &m->adapters[i];
    return NULL;
}

static inline struct machine_adapter *machine_put_adapter(struct machine *m, const char *instance,
                                                          const char *mac)
{
    assert_true(m->adapter_count < MACHINE_ADAPTERS);
    struct machine_adapter *a = &m->adapters[m->adapter_count++];
    *a = (struct machine_adapter){.known = false};
    snprintf(a->guid, sizeof a->guid, "{%08zX-0000-4000-8000-0123456789AB}", m->adapter_count);
    machine_copy(a->instance, sizeof a->instance, instance);
    machine_copy(a->mac, sizeof a->mac, mac);
    return a;
}

/* What a driver has been found for is known from then on, and asks DHCP. */
static void machine_know_adapters(struct machine *m)
{
    for (size_t i = 0; i < m->adapter_count; i++) {
        struct machine_adapter *a = &m->adapters[i];
        struct machine_node *n = machine_node_at(m, a->instance);
        if (a->known || !n || !*n->service)
            continue;
        a->known = true;
        machine_set(a, "EnableDHCP", "1");
    }
}

/* A PV one is gone with its node; of the emulated ones no node is kept. */
static bool machine_adapter_exists(struct machine *m, const struct machine_adapter *a)
{
    return a->known &&
           (network_kind_of(a->instance) != FACTS_NETWORK_PV || machine_node_at(m, a->instance));
}

static bool machine_has_adapter(struct machine *m, const struct machine_adapter *a)
{
    struct machine_node *n = machine_node_at(m, a->instance);
    return n ? n->present && *n->service : !m->unplugged;
}

/* --- what Windows does
 * ------------------------------------------------------------------------------------------ */

static const struct machine_driver *machine_driver_of(struct machine *m, const char *inf_path)
{
    struct machine_file *f = machine_find(m, inf_path);
    for (size_t i = 0; f && i < m->driver_count; i++)
        if (span_equal(span_of(f->bytes, f->size), span_text(m->drivers[i].content)))
            return &m->drivers[i];
    return NULL;
}

static char *machine_inf_path(const char *published)
{
    struct text t = {0};
    text_addf(&t, "%s\\%s", MACHINE_INF, published);
    return text_steal(&t);
}

enum { MACHINE_INFS = 32 };

/* The published name of the INF with these bytes, wherever it is, or the first free one. mem_free.
 */
static char *machine_publish(struct machine *m, const char *content, bool *is_new)
{
    char *free_name = NULL;
    for (unsigned n = 0; n < MACHINE_INFS; n++) {
        struct text name = {0};
        text_addf(&name, "oem%u.inf", n);
        char *path = machine_inf_path(text_str(&name));
        struct machine_file *f = machine_find(m, path);
        bool same = f && span_equal(span_of(f->bytes, f->size), span_text(content));
        mem_free(path);
        if (same) {
            *is_new = false;
            mem_free(free_name);
            return text_steal(&name);
        }
        if (!f && !free_name)
            free_name = text_steal(&name);
        text_release(&name);
    }
    assert_non_null(free_name);
    *is_new = true;
    return free_name;
}

static void machine_bring_up(struct machine *m, const struct machine_driver *d)
{
    for (size_t i = 0; i < 3 && d->children[i]; i++)
        machine_put_node(m, d->children[i], d->child_id);
}

/* The children of what the node's driver serves, and theirs, become ghosts. */
static void machine_take_down(struct machine *m, const struct machine_node *n)
{
    for (size_t k = 0; *n->service && k < m->driver_count; k++)
        for (size_t i = 0; i < 3 && m->drivers[k].children[i] &&
                           text_equal_nocase(m->drivers[k].service, n->service);
             i++) {
            struct machine_node *child = machine_node_at(m, m->drivers[k].children[i]);
            if (!child || !child->present)
                continue;
            child->present = false;
            machine_take_down(m, child);
        }
}

/* Is it the file of a driver, or the quoted one of a program, that runs? */
static bool machine_is_locked(struct machine *m, const char *path)
{
    struct text quoted = {0};
    bool locked = false;
    text_addf(&quoted, "\"%s\"", path);
    for (size_t i = 0; m->locks && i < m->service_count; i++)
        locked = locked || (m->services[i].runs && machine_find(m, path) &&
                            (text_equal_nocase(m->services[i].image, path) ||
                             text_equal_nocase(m->services[i].image, text_str(&quoted))));
    text_release(&quoted);
    return locked;
}

/* The last one that is noted counts. */
static const char *machine_replacement(struct machine *m, const char *path)
{
    const char *from = NULL;
    for (size_t i = 0; i < MACHINE_REPLACED; i++)
        if (*m->replaced[i].to && text_equal_nocase(m->replaced[i].to, path))
            from = m->replaced[i].from;
    return from;
}

static void machine_replace_later(struct machine *m, const char *path, struct span bytes)
{
    size_t free_place = MACHINE_REPLACED;
    struct text from = {0};
    for (size_t i = MACHINE_REPLACED; i-- > 0 && !*m->replaced[i].to;)
        free_place = i;
    assert_true(free_place < MACHINE_REPLACED);
    text_addf(&from, "%s.SET%zu", path, free_place);
    machine_put(m, text_str(&from), bytes);
    machine_copy(m->replaced[free_place].from, MACHINE_PATH, text_str(&from));
    machine_copy(m->replaced[free_place].to, MACHINE_PATH, path);
    text_release(&from);
}

/* As SetupAPI copies a driver's file: one in use is noted for the next start. */
static void machine_copy_driver(struct machine *m, const char *path, struct span bytes)
{
    const struct machine_file *f = machine_find(m, path);
    if (!machine_is_locked(m, path) || span_equal(span_of(f->bytes, f->size), bytes))
        machine_put(m, path, bytes);
    else if (!m->leaves_locked)
        machine_replace_later(m, path, bytes);
}

/* What waited for the start; a copy whose source is gone is not made. */
static void machine_replace_now(struct machine *m)
{
    for (size_t i = 0; i < MACHINE_REPLACED; i++) {
        struct machine_file *f = *m->replaced[i].to ? machine_find(m, m->replaced[i].from) : NULL;
        if (f) {
            machine_put(m, m->replaced[i].to, span_of(f->bytes, f->size));
            machine_drop(m, machine_find(m, m->replaced[i].from));
        }
        *m->replaced[i].from = *m->replaced[i].to = '\0';
    }
}

static void machine_put_key(struct machine *m, const char *key)
{
    size_t count = sizeof m->keys / sizeof *m->keys, free_one = count;
    for (size_t i = 0; i < count; i++) {
        if (text_equal_nocase(m->keys[i], key))
            return;
        if (!*m->keys[i] && free_one == count)
            free_one = i;
    }
    if (free_one < count)
        machine_copy(m->keys[free_one], sizeof m->keys[free_one], key);
    else
        fail_msg("no room for the key '%s'", key);
}

/* Files and service first, then what switches the machine over: so does Windows, and so half of it
 * can be left. */
static void machine_install(struct machine *m, const struct machine_driver *d,
                            struct machine_node *n, const char *inf, bool half)
{
    struct text path = {0};
    text_addf(&path, "%s\\%s", MACHINE_DRIVERS, d->file);
    machine_copy_driver(m, text_str(&path), span_text(d->bytes));
    machine_put_service(m, d->service, d->start, text_str(&path));
    text_release(&path);
    if (d->monitor) {
        machine_put_service(m, d->monitor, 2, "monitor.exe");
        machine_service_named(m, d->monitor)->runs = true;
    }
    if (d->key) {
        char parent[sizeof m->keys[0]];
        machine_copy(parent, sizeof parent, d->key);
        parent[strcspn(parent, "\\")] = '\0';
        machine_put_key(m, parent);
        machine_put_key(m, d->key);
    }
    if (half)
        return;
    if (d->filter)
        machine_put_filter(m, d->filter_class, d->filter);
    machine_copy(n->service, sizeof n->service, d->service);
    machine_copy(n->inf, sizeof n->inf, inf);
    n->problem = m->pending_problem;
    machine_bring_up(m, d);
}

/* Plug and Play finds drivers for what has none, also for what comes up meanwhile. */
static void machine_plug_and_play(struct machine *m)
{
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < m->node_count; i++)
            for (unsigned o = 0; o < 16 && m->nodes[i].present && !*m->nodes[i].service; o++) {
                char published[16];
                snprintf(published, sizeof published, "oem%u.inf", o);
                char *path = machine_inf_path(published);
                const struct machine_driver *d = machine_driver_of(m, path);
                mem_free(path);
                if (!d || !text_equal_nocase(d->id, m->nodes[i].id))
                    continue;
                machine_install(m, d, &m->nodes[i], published, false);
                again = true;
            }
    }
}

/* A bus whose driver does not load reports nothing. */
static void machine_load(struct machine *m)
{
    for (size_t i = 0; i < m->service_count; i++)
        m->services[i].runs = false;
    for (size_t i = 0; i < m->node_count; i++) {
        struct machine_service *s = machine_service_named(m, m->nodes[i].service);
        if (s && m->nodes[i].present && s->start < 4)
            s->runs = true;
        else if (m->nodes[i].present)
            machine_take_down(m, &m->nodes[i]);
    }
}

/* Windows starts: what waited for it is done. The power is back. */
static void machine_start(struct machine *m)
{
    m->dead = false;
    m->fault = FAULT_NONE;
    m->boot_time++;
    if (machine_find(m, m->later))
        machine_drop(m, machine_find(m, m->later));
    *m->later = '\0';
    machine_replace_now(m);
    m->unplugged = false;
    for (size_t i = 0; i < m->node_count; i++)
        m->nodes[i].problem = 0;
    machine_load(m);
    for (size_t i = 0; i < m->adapter_count; i++) {
        const struct machine_node *n = machine_node_at(m, m->adapters[i].instance);
        m->unplugged = m->unplugged || (n && n->present && *n->service);
    }
    machine_plug_and_play(m);
    machine_load(m);
    machine_know_adapters(m);
    struct machine_service *monitor = machine_service_named(m, "xenbus_monitor");
    if (monitor)
        monitor->runs = monitor->start == 2;
}

/* --- faults
 * ------------------------------------------------------------------------------------------------------
 */

/* What this call is to do: how much of its effect, and what it says. */
struct machine_call {
    bool act, half, ok;
};

static const char *machine_key(struct machine *m, const char *key)
{
    for (size_t i = 0; key && i < sizeof m->keys / sizeof *m->keys; i++)
        if (text_equal_nocase(m->keys[i], key))
            return m->keys[i];
    return NULL;
}

static bool machine_will_load(struct machine *m, const char *service)
{
    const struct machine_service *s = service ? machine_service_named(m, service) : NULL;
    return s && s->start < 4;
}

/* Is a present or remembered device bound to it? */
static bool machine_drives(struct machine *m, const char *service)
{
    for (size_t i = 0; i < m->node_count; i++)
        if (text_equal_nocase(m->nodes[i].service, service))
            return true;
    return false;
}

/* Would the next start find its disk? */
static bool machine_has_disk(struct machine *m)
{
    const struct machine_disk *d = &m->disk;
    const struct machine_service *emulated = machine_service_named(m, d->emulated);
    bool bus = machine_will_load(m, d->bus) && machine_drives(m, d->bus);
    bool loads = bus || (d->unplug && machine_will_load(m, d->filter));
    bool unplugged = loads && (!d->unplug || machine_key(m, d->unplug));
    if (bus && machine_will_load(m, d->pv) && machine_drives(m, d->pv) && unplugged)
        return true;
    return emulated && emulated->start == 0 && !*emulated->override && !unplugged;
}

static void machine_look_at_filters(struct machine *m)
{
    for (size_t i = 0; i < m->token_count && !*m->unbootable; i++)
        if (!machine_will_load(m, m->tokens[i].service))
            snprintf(m->unbootable, sizeof m->unbootable,
                     "after call %zu filter '%s' names no service that loads", m->calls,
                     m->tokens[i].service);
    if (m->disk.emulated && !*m->unbootable && !machine_has_disk(m))
        snprintf(m->unbootable, sizeof m->unbootable, "after call %zu no disk is found", m->calls);
}

static struct machine_call machine_called(struct machine *m, struct err *e)
{
    struct machine_call c = {.act = true, .half = false, .ok = true};
    machine_look_at_filters(m);
    m->calls++;
    if (m->dead) {
        c.act = c.ok = false;
    } else if (m->fault != FAULT_NONE && m->calls == m->fault_at) {
        c.ok = false;
        c.act = m->fault != FAULT_REFUSED && m->fault != FAULT_CUT_BEFORE;
        c.half = m->fault == FAULT_HALF || m->fault == FAULT_CUT_HALF;
        m->dead = m->fault >= FAULT_CUT_BEFORE;
    }
    if (!c.ok)
        err_set(e, ERR_ACCESS, "call %zu is refused by the test", m->calls);
    return c;
}

/* The same, of a call that changes something. */
static struct machine_call machine_changing(struct machine *m, struct err *e)
{
    struct machine_call c = machine_called(m, e);
    assert_true(m->calls < MACHINE_CALLS);
    m->changing[m->calls] = true;
    return c;
}

static void machine_note_effect(struct machine *m, const char *path)
{
    if (!path || !text_starts_nocase(path, MACHINE_STATE))
        m->effects++;
}

/* --- the calls
 * ---------------------------------------------------------------------------------------------------
 */

static char *machine_text(const char *text)
{
    return text && *text ? mem_strdup(text) : NULL;
}

static void machine_fill_nodes(struct machine *m, struct facts *f)
{
    f->devices_reading = READING_FULL;
    for (size_t i = 0; i < m->node_count; i++) {
        const struct machine_node *n = &m->nodes[i];
        struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
        d->instance = mem_strdup(n->instance);
        texts_add(&d->hardware_ids, n->id);
        d->service = machine_text(n->service);
        d->inf = machine_text(n->inf);
        d->present = n->present ? TRI_YES : TRI_NO;
        d->problem = number_of(n->problem);
        char *path = *n->inf ? machine_inf_path(n->inf) : mem_strdup("");
        const struct machine_driver *from = machine_driver_of(m, path);
        d->provider = machine_text(from ? m->provider : NULL);
        mem_free(path);
    }
}

static void machine_fill_packages(struct machine *m, struct facts *f)
{
    f->packages_reading = READING_FULL;
    for (unsigned o = 0; o < 16; o++) {
        char published[16];
        snprintf(published, sizeof published, "oem%u.inf", o);
        char *path = machine_inf_path(published);
        const struct machine_driver *d = machine_driver_of(m, path);
        mem_free(path);
        if (!d)
            continue;
        struct facts_package *p = shape_list_add(&f->packages, sizeof *p);
        p->inf = mem_strdup(published);
        p->original = mem_strdup(d->original);
        p->provider = machine_text(m->provider);
        texts_add(&p->hardware_ids, d->id);
    }
}

static void machine_fill_services(struct machine *m, struct facts *f)
{
    f->services_reading = READING_FULL;
    for (size_t i = 0; i < m->service_count; i++) {
        const struct machine_service *s = &m->services[i];
        struct facts_service *to = shape_list_add(&f->services, sizeof *to);
        to->name = mem_strdup(s->name);
        to->image = mem_strdup(s->image);
        to->type = number_of(*s->image == '"' ? 0x10 : 1);
        to->start = number_of(s->start);
        to->start_overridden = *s->override ? TRI_YES : TRI_NO;
        to->running = s->runs ? TRI_YES : TRI_NO;
    }
}

static void machine_fill_products(struct machine *m, struct facts *f)
{
    f->products_reading = READING_FULL;
    for (size_t i = 0; i < m->product_count; i++) {
        struct facts_product *to = shape_list_add(&f->products, sizeof *to);
        to->product_code = mem_strdup(m->products[i].code);
        to->name = mem_strdup(m->products[i].name);
    }
}

static bool machine_facts(void *context, struct facts *f, struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    m->facts_read++;
    f->schema = number_of(FACTS_SCHEMA);
    f->platform.hypervisor = HYPERVISOR_XEN;
    f->windows.boot_time = number_of(m->boot_time);
    machine_fill_nodes(m, f);
    machine_fill_packages(m, f);
    machine_fill_services(m, f);
    machine_fill_products(m, f);
    f->filters_reading = m->filters_unreadable ? READING_UNKNOWN : READING_FULL;
    for (size_t i = 0; !m->filters_unreadable && i < m->token_count; i++) {
        struct facts_filter *to = shape_list_add(&f->filters, sizeof *to);
        to->class_guid = mem_strdup(m->tokens[i].class_guid);
        to->position = mem_strdup(m->tokens[i].position);
        texts_add(&to->services, m->tokens[i].service);
    }
    return true;
}

static char *machine_folder(void *context, enum platform_folder folder, struct err *e)
{
    if (!machine_called(context, e).ok)
        return NULL;
    switch (folder) {
    case PLATFORM_FOLDER_STATE: return mem_strdup(MACHINE_STATE);
    case PLATFORM_FOLDER_INF: return mem_strdup(MACHINE_INF);
    case PLATFORM_FOLDER_WINDOWS: return mem_strdup("C:\\Windows");
    case PLATFORM_FOLDER_SYSTEM: return mem_strdup("C:\\Windows\\System32");
    case PLATFORM_FOLDER_DRIVERS: return mem_strdup(MACHINE_DRIVERS);
    case PLATFORM_FOLDER_PROGRAM_FILES: return mem_strdup(MACHINE_PROGRAMS);
    case PLATFORM_FOLDER_UNKNOWN: break;
    }
    err_set(e, ERR_USAGE, "folder %d is not known", (int)folder);
    return NULL;
}

/* Half of it is the folders above. */
static bool machine_make_folder(void *context, const char *path, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    char parent[MACHINE_PATH];
    machine_copy(parent, sizeof parent, path);
    *strrchr(parent, '\\') = '\0';
    if (c.act && !machine_find(m, path)) {
        machine_note_effect(m, path);
        machine_put_folder(m, c.half ? parent : path);
    }
    return c.ok;
}

static bool machine_make_private_folder(void *context, const char *path, struct err *e)
{
    return machine_make_folder(context, path, e);
}

/* Durable: there is no half. */
static bool machine_write_file(void *context, const char *path, struct span content, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    bool is_journal = text_equal_nocase(path, MACHINE_STATE "\\journal.json");
    if (c.act && machine_is_locked(m, path))
        return err_set(e, ERR_ACCESS, "'%s' is in use", path);
    if (c.act && !c.half && (is_journal || !m->lies.write)) {
        machine_note_effect(m, path);
        machine_put(m, path, content);
    }
    return c.ok;
}

static bool machine_replaced_by(void *context, const char *path, char **from, struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    const char *found = machine_replacement(m, path);
    *from = found ? mem_strdup(found) : NULL;
    return true;
}

/* Half of it is the copy, which nothing is to use yet. */
static bool machine_write_file_later(void *context, const char *path, struct span content,
                                     struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    if (c.act && !machine_is_locked(m, path))
        return err_set(e, ERR_FAILED, "'%s' is not in use", path);
    if (c.act && !c.half) {
        machine_note_effect(m, path);
        machine_replace_later(m, path, content);
    }
    return c.ok;
}

static bool machine_read_file(void *context, const char *path, uint64_t limit, uint8_t **bytes,
                              size_t *size, struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    const struct machine_file *f = machine_find(m, path);
    if (!f || f->folder)
        return err_set(e, ERR_NOT_FOUND, "'%s' is not there", path);
    if (f->size > limit)
        return err_set(e, ERR_LIMIT, "'%s' is too large", path);
    *bytes = (uint8_t *)mem_strndup((const char *)f->bytes, f->size);
    *size = f->size;
    return true;
}

static bool machine_is_empty(struct machine *m, const char *folder)
{
    size_t size = strlen(folder);
    for (size_t i = 0; i < m->file_count; i++)
        if (text_starts_nocase(m->files[i].path, folder) && m->files[i].path[size] == '\\')
            return false;
    return true;
}

/* An empty folder too. */
static bool machine_remove_file(void *context, const char *path, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_file *f = machine_find(m, path);
    if (c.act && f && f->folder && !machine_is_empty(m, path))
        return err_set(e, ERR_FAILED, "'%s' is not empty", path);
    if (c.act && m->in_use && text_equal_nocase(path, MACHINE_CONTINUATION))
        return err_set(e, ERR_ACCESS, "'%s' is in use", path);
    if (f && f->folder && !m->dead)
        c = (struct machine_call){.act = true,
                                  .half = false,
                                  .ok = true}; /* one that stays is no failure to the caller */
    if (c.act && !c.half && f && !m->lies.remove_file) {
        machine_note_effect(m, path);
        machine_drop(m, f);
    }
    return c.ok;
}

static bool machine_remove_tree(void *context, const char *path, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    if (m->held && text_starts_nocase(path, MACHINE_STATE "\\packages"))
        return err_set(e, ERR_ACCESS, "'%s' is held open", path);
    if (c.act && machine_find(m, path)) {
        machine_note_effect(m, path);
        machine_drop_tree(m, path, c.half ? 1 : MACHINE_FILES);
    }
    return c.ok;
}

static enum tri machine_exists(void *context, const char *path)
{
    struct machine *m = context;
    if (!machine_called(m, NULL).ok)
        return TRI_UNKNOWN;
    return machine_find(m, path) ? TRI_YES : TRI_NO;
}

/* The handle is the machine itself: whoever forgets to release is counted. */
static bool machine_hold_file(void *context, const char *path, struct file_hold *out, struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    if (!machine_find(m, path))
        return err_set(e, ERR_NOT_FOUND, "'%s' is not there", path);
    m->held++;
    out->handle = m;
    return true;
}

static void machine_release_file(void *context, struct file_hold *held)
{
    struct machine *m = context;
    if (held->handle)
        m->held--;
    held->handle = NULL;
}

static bool machine_stage(void *context, const char *inf_path, char **published, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    m->worked_unheld = m->worked_unheld || m->held == 0;
    const struct machine_driver *d = machine_driver_of(m, inf_path);
    if (!c.act)
        return false;
    if (!d || m->refuses_to_stage)
        return err_set(e, ERR_NOT_FOUND, "'%s' is refused", inf_path);
    bool is_new;
    char *name = machine_publish(m, d->content, &is_new);
    if (is_new && !c.half && !m->lies.stage) {
        char *path = machine_inf_path(name);
        machine_note_effect(m, path);
        machine_put(m, path, span_text(d->content));
        mem_free(path);
    }
    if (c.ok)
        *published = name;
    else
        mem_free(name);
    return c.ok;
}

static bool machine_unstage(void *context, const char *published, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    char *path = machine_inf_path(published);
    struct machine_file *f = machine_find(m, path);
    mem_free(path);
    if (c.act && !c.half && f && !m->lies.unstage) {
        machine_note_effect(m, NULL);
        machine_drop(m, f);
    }
    return c.ok;
}

static bool machine_bind(void *context, const char *hardware_id, const char *inf_path,
                         bool *restart, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    m->worked_unheld = m->worked_unheld || m->held == 0;
    const struct machine_driver *d = machine_driver_of(m, inf_path);
    if (!c.act)
        return false;
    if (!d || !text_equal_nocase(d->id, hardware_id))
        return err_set(e, ERR_NOT_FOUND, "'%s' has no driver for '%s'", inf_path, hardware_id);
    if (m->lies.bind)
        return c.ok;
    bool is_new;
    char *published = machine_publish(m, d->content, &is_new);
    char *path = machine_inf_path(published);
    machine_note_effect(m, NULL);
    machine_put(m, path, span_text(d->content));
    for (size_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].present && text_equal_nocase(m->nodes[i].id, hardware_id))
            machine_install(m, d, &m->nodes[i], published, c.half);
    mem_free(path);
    mem_free(published);
    if (!c.half)
        machine_plug_and_play(m);
    *restart = *restart || d->start == 0;
    return c.ok;
}

static bool machine_unbind(void *context, const char *instance, bool *restart, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_node *n = machine_node_at(m, instance);
    (void)restart;
    if (!c.act || c.half || !n || m->lies.unbind)
        return c.ok;
    machine_note_effect(m, NULL);
    machine_take_down(m, n);
    *n->service = *n->inf = '\0';
    n->problem = 0;
    return c.ok;
}

/* A PV bus's node: gone. One that a loaded bus reports would come back at the next start only. */
static bool machine_remove_device(void *context, const char *instance, bool *restart, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_node *n = machine_node_at(m, instance);
    (void)restart;
    if (!c.act || c.half || !n || m->lies.remove_device)
        return c.ok;
    machine_note_effect(m, NULL);
    machine_take_down(m, n);
    *n = m->nodes[--m->node_count];
    return c.ok;
}

static bool machine_binding(void *context, const char *instance, struct platform_binding *out,
                            struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    const struct machine_node *n = machine_node_at(m, instance);
    if (!n) {
        *out = (struct platform_binding){.exists = TRI_NO};
        return true;
    }
    *out = (struct platform_binding){
        .exists = n->present ? TRI_YES : TRI_NO,
        .service = machine_text(n->service),
        .inf = machine_text(n->inf),
        .started = *n->service && !n->problem ? TRI_YES : TRI_NO,
        .problem = number_of(n->problem),
    };
    return true;
}

static void machine_settle(void *context, unsigned limit_ms)
{
    (void)limit_ms;
    machine_called(context, NULL);
}

static bool machine_create_service(void *context, const struct platform_service *s, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    if (c.act && machine_service_named(m, s->name))
        return err_set(e, ERR_FAILED, "service '%s' is there already", s->name);
    if (c.act && !c.half && !m->lies.create) {
        machine_note_effect(m, NULL);
        machine_put_service(m, s->name, s->start, s->image);
    }
    return c.ok;
}

static bool machine_change_service(void *context, const char *name, uint32_t start,
                                   const char *image, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_service *s = machine_service_named(m, name);
    if (c.act && !s)
        return err_set(e, ERR_NOT_FOUND, "there is no service '%s'", name);
    if (c.act) {
        machine_note_effect(m, NULL);
        s->start = start;
        if (!c.half)
            machine_copy(s->image, sizeof s->image, image);
    }
    return c.ok;
}

static bool machine_delete_service(void *context, const char *name, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_service *s = machine_service_named(m, name);
    if (c.act && !c.half && s && !m->lies.delete_service) {
        machine_note_effect(m, NULL);
        m->took_in_use = m->took_in_use || s->runs;
        *s = m->services[--m->service_count];
    }
    return c.ok;
}

static bool machine_query_service(void *context, const char *name, uint32_t *start, char **image,
                                  struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    const struct machine_service *s = machine_service_named(m, name);
    if (!s)
        return err_set(e, ERR_NOT_FOUND, "there is no service '%s'", name);
    *start = s->start;
    if (image)
        *image = mem_strdup(s->image);
    return true;
}

static bool machine_read_start(void *context, const char *name, struct platform_start *out,
                               struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    const struct machine_service *s = machine_service_named(m, name);
    if (!s)
        return err_set(e, ERR_NOT_FOUND, "there is no service '%s'", name);
    out->start = s->start;
    if (*s->override)
        texts_add(&out->overrides, s->override);
    return true;
}

/* Half of it is the start type. */
static bool machine_write_start(void *context, const char *name, const struct platform_start *start,
                                struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_service *s = machine_service_named(m, name);
    if (c.act && !s)
        return err_set(e, ERR_NOT_FOUND, "there is no service '%s'", name);
    bool lie = m->lies.write_start && !text_equal_nocase(name, "xenbus_monitor");
    if (!c.act || lie)
        return c.ok;
    machine_note_effect(m, NULL);
    s->start = start->start;
    if (!c.half)
        machine_copy(s->override, sizeof s->override,
                     start->overrides.count ? start->overrides.at[0] : "");
    return c.ok;
}

static bool machine_read_parameter(void *context, const char *service, const char *name,
                                   struct number *out, struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    assert_string_equal(service, "xenbus_monitor");
    assert_string_equal(name, "AutoReboot");
    *out = *m->auto_reboot ? number_of(strtoul(m->auto_reboot, NULL, 10)) : (struct number){0};
    return true;
}

static bool machine_write_parameter(void *context, const char *service, const char *name,
                                    const struct number *value, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    (void)service;
    (void)name;
    if (c.act && !c.half) {
        machine_note_effect(m, NULL);
        snprintf(m->auto_reboot, sizeof m->auto_reboot, "%u", (unsigned)value->value);
    }
    return c.ok;
}

static enum tri machine_service_runs(void *context, const char *service)
{
    struct machine *m = context;
    if (!machine_called(m, NULL).ok)
        return TRI_UNKNOWN;
    const struct machine_service *s = machine_service_named(m, service);
    return s && s->runs ? TRI_YES : TRI_NO;
}

static bool machine_stop_service(void *context, const char *service, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_service *s = machine_service_named(m, service);
    if (c.act && !c.half && s && !m->lies.stop) {
        machine_note_effect(m, NULL);
        s->runs = false;
    }
    return c.ok;
}

static bool machine_start_service(void *context, const char *service, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_service *s = machine_service_named(m, service);
    if (c.act && (!s || s->start == 4))
        return err_set(e, ERR_FAILED, "service '%s' cannot be started", service);
    if (c.act && !c.half) {
        machine_note_effect(m, NULL);
        s->runs = true;
    }
    return c.ok;
}

static enum tri machine_has_key(void *context, const char *path)
{
    struct machine *m = context;
    if (!machine_called(m, NULL).ok)
        return TRI_UNKNOWN;
    return machine_key(m, path) ? TRI_YES : TRI_NO;
}

static bool machine_delete_key(void *context, const char *path, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    for (size_t i = 0; c.act && !c.half && !m->lies.delete_key && i < sizeof m->keys / sizeof *m->keys;
         i++)
        if (text_equal_nocase(m->keys[i], path)) {
            machine_note_effect(m, NULL);
            *m->keys[i] = '\0';
        }
    return c.ok;
}

static struct machine_product *machine_product_of(struct machine *m, const char *code)
{
    for (size_t i = 0; i < m->product_count; i++)
        if (text_equal_nocase(m->products[i].code, code))
            return &m->products[i];
    return NULL;
}

static enum tri machine_has_product(void *context, const char *code)
{
    struct machine *m = context;
    if (!machine_called(m, NULL).ok)
        return TRI_UNKNOWN;
    return machine_product_of(m, code) ? TRI_YES : TRI_NO;
}

static struct machine_certificate *machine_certificate_of(struct machine *m, const char *store,
                                                          const char *sha1)
{
    for (size_t i = 0; i < m->certificate_count; i++)
        if (strcmp(m->certificates[i].store, store) == 0 &&
            strcmp(m->certificates[i].sha1, sha1) == 0)
            return &m->certificates[i];
    return NULL;
}

static inline void machine_put_certificate(struct machine *m, const char *store, const char *sha1)
{
    if (machine_certificate_of(m, store, sha1))
        return;
    assert_true(m->certificate_count < sizeof m->certificates / sizeof *m->certificates);
    struct machine_certificate *c = &m->certificates[m->certificate_count++];
    machine_copy(c->store, sizeof c->store, store);
    machine_copy(c->sha1, sizeof c->sha1, sha1);
}

static enum tri machine_has_certificate(void *context, const char *store, const char *sha1)
{
    struct machine *m = context;
    if (!machine_called(m, NULL).ok)
        return TRI_UNKNOWN;
    return machine_certificate_of(m, store, sha1) ? TRI_YES : TRI_NO;
}

static bool machine_remove_certificate(void *context, const char *store, const char *sha1,
                                       struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_certificate *found = machine_certificate_of(m, store, sha1);
    if (c.act && !c.half && found && !m->lies.remove_certificate) {
        machine_note_effect(m, NULL);
        *found = m->certificates[--m->certificate_count];
    }
    return c.ok;
}

/* One driver, as Windows Installer's DIFxApp does it. */
static void machine_install_driver(struct machine *m, const struct machine_driver *d, bool half)
{
    bool is_new;
    char *published = machine_publish(m, d->content, &is_new);
    char *path = machine_inf_path(published);
    machine_put(m, path, span_text(d->content));
    for (size_t i = 0; i < m->node_count; i++)
        if (m->nodes[i].present && text_equal_nocase(m->nodes[i].id, d->id))
            machine_install(m, d, &m->nodes[i], published, half);
    mem_free(path);
    mem_free(published);
}

static void machine_install_helper(struct machine *m)
{
    const struct machine_package *p = m->package;
    struct text image = {0}, folder = {0};
    text_addf(&folder, "%.*s", (int)(strrchr(p->path, '\\') - p->path), p->path);
    machine_put_folder(m, text_str(&folder));
    machine_put(m, p->path, span_text(p->bytes));
    text_addf(&image, "\"%s\"", p->path);
    machine_put_service(m, p->service, 2, text_str(&image));
    text_release(&image);
    text_release(&folder);
}

/* Half of it is the certificate and half of the first driver; the registration comes last. */
static void machine_run_package(struct machine *m, bool half)
{
    const struct machine_package *p = m->package;
    machine_put_certificate(m, p->store, p->sha1);
    for (size_t i = 0; i < p->drivers && !m->lies.install_drivers && !(half && i); i++)
        machine_install_driver(m, &m->drivers[i], half);
    if (half)
        return;
    machine_plug_and_play(m);
    if (!m->lies.install_helper)
        machine_install_helper(m);
    if (machine_product_of(m, p->code))
        return;
    assert_true(m->product_count < sizeof m->products / sizeof *m->products);
    struct machine_product *to = &m->products[m->product_count++];
    machine_copy(to->code, sizeof to->code, p->code);
    machine_copy(to->name, sizeof to->name, p->name);
}

static bool machine_install_product(void *context, const struct platform_product *product,
                                    bool *restart, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    const struct machine_file *f = machine_find(m, product->path);
    m->worked_unheld = m->worked_unheld || m->held == 0;
    if (!c.act)
        return false;
    if (!f || !m->package || strcmp(product->code, m->package->code) != 0 ||
        !span_equal(span_of(f->bytes, f->size), span_text(m->package->content)))
        return err_set(e, ERR_NOT_FOUND, "'%s' is no package", product->path);
    if (!m->lies.install) {
        machine_note_effect(m, NULL);
        machine_run_package(m, c.half);
    }
    *restart = true;
    return c.ok;
}

/* What its uninstaller takes out; half of it is the helper's service. */
static void machine_take_package(struct machine *m, bool half)
{
    const struct machine_package *p = m->package;
    struct machine_service *s = machine_service_named(m, p->service);
    struct machine_file *f = machine_find(m, p->path);
    if (s)
        *s = m->services[--m->service_count];
    if (half)
        return;
    if (f)
        machine_drop(m, f);
    struct machine_certificate *c = machine_certificate_of(m, p->store, p->sha1);
    if (c && !m->keeps_certificates)
        *c = m->certificates[--m->certificate_count];
}

static bool machine_uninstall_product(void *context, const char *code, bool *restart, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_product *p = machine_product_of(m, code);
    if (c.act && p && m->package && !m->lies.uninstall && strcmp(m->package->code, code) == 0) {
        machine_note_effect(m, NULL);
        machine_take_package(m, c.half);
    }
    if (c.act && !c.half && p && !m->lies.uninstall) {
        machine_note_effect(m, NULL);
        *p = m->products[--m->product_count];
        *restart = *restart || m->product_wants_restart;
    }
    return c.ok;
}

/* Certificates are known by their bytes, which are text here. */
static char *machine_publisher(struct machine *m, struct span certificate)
{
    for (size_t i = 0; i < sizeof m->publishers / sizeof *m->publishers; i++)
        if (span_equal(span_text(m->publishers[i]), certificate))
            return m->publishers[i];
    return NULL;
}

static enum tri machine_has_publisher(void *context, struct span certificate)
{
    struct machine *m = context;
    if (!machine_called(m, NULL).ok)
        return TRI_UNKNOWN;
    return machine_publisher(m, certificate) ? TRI_YES : TRI_NO;
}

/* There is no half of it. */
static bool machine_add_publisher(void *context, struct span certificate, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    if (c.act && !c.half && !m->lies.add_publisher && !machine_publisher(m, certificate)) {
        char *place = machine_publisher(m, span_text(""));
        assert_non_null(place);
        assert_true(certificate.size < sizeof *m->publishers);
        machine_note_effect(m, NULL);
        memcpy(place, certificate.at, certificate.size);
        place[certificate.size] = '\0';
    }
    return c.ok;
}

static bool machine_remove_publisher(void *context, struct span certificate, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    char *place = machine_publisher(m, certificate);
    if (c.act && !c.half && place && !m->lies.remove_publisher) {
        machine_note_effect(m, NULL);
        *place = '\0';
    }
    return c.ok;
}

static bool machine_remove_filter(void *context, const struct facts_filter *filter,
                                  const char *service, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_token *t = machine_token_of(m, filter->class_guid, filter->position, service);
    if (c.act && !c.half && t && !m->lies.remove_filter) {
        machine_note_effect(m, NULL);
        *t = m->tokens[--m->token_count];
    }
    return c.ok;
}

static bool machine_fallbacks(void *context, const char *option, struct platform_fallbacks *out,
                              struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    if (m->no_boot_entries)
        return err_set(e, ERR_NOT_FOUND, "this machine has no boot entries");
    for (size_t i = 0; i < m->entry_count; i++) {
        texts_add(&out->all, m->entries[i].id);
        if (strcmp(m->entries[i].option, option) == 0)
            texts_add(&out->complete, m->entries[i].id);
    }
    return true;
}

/* Half of it is a copy without the option. */
static bool machine_add_fallback(void *context, const char *option, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    if (!c.act || m->lies.add_fallback)
        return c.ok;
    assert_true(m->entry_count < MACHINE_ENTRIES);
    machine_note_effect(m, NULL);
    struct machine_entry *entry = &m->entries[m->entry_count++];
    snprintf(entry->id, sizeof entry->id, "{%zu}", ++m->entries_made);
    machine_copy(entry->option, sizeof entry->option, c.half ? "" : option);
    return c.ok;
}

static bool machine_remove_fallback(void *context, const char *id, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    for (size_t i = 0; c.act && !c.half && !m->lies.remove_fallback && i < m->entry_count; i++)
        if (strcmp(m->entries[i].id, id) == 0) {
            machine_note_effect(m, NULL);
            m->entries[i] = m->entries[--m->entry_count];
        }
    return c.ok;
}

static bool machine_make_restore_point(void *context, const char *name, struct number *number,
                                       struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    (void)name;
    if (c.act && !c.half)
        m->restore_points++;
    if (c.ok)
        *number = number_of(m->restore_points);
    return c.ok;
}

static bool machine_remove_restore_point(void *context, uint64_t number, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    (void)number;
    if (c.act && !c.half && m->restore_points)
        m->restore_points--;
    return c.ok;
}

static char *machine_program(void *context, struct err *e)
{
    return machine_called(context, e).ok ? mem_strdup(MACHINE_PROGRAM) : NULL;
}

static bool machine_remove_file_later(void *context, const char *path, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    if (c.act && !c.half)
        machine_copy(m->later, sizeof m->later, path);
    return c.ok;
}

static void machine_fill_adapter(struct machine *m, const struct machine_adapter *from,
                                 struct network_adapter *to)
{
    to->guid = mem_strdup(from->guid);
    to->instance = mem_strdup(from->instance);
    to->present = machine_has_adapter(m, from) ? TRI_YES : TRI_NO;
    to->mac = to->present == TRI_YES ? mem_strdup(from->mac) : NULL;
    to->kind = network_kind_of(from->instance);
    for (size_t i = 0; i < MACHINE_SETTINGS; i++) {
        if (!*from->settings[i].name)
            continue;
        struct network_value *v = shape_list_add(&to->settings.tcpip, sizeof *v);
        bool is_number = strcmp(from->settings[i].name, "EnableDHCP") == 0;
        v->name = mem_strdup(from->settings[i].name);
        v->type = is_number ? NETWORK_TYPE_NUMBER : NETWORK_TYPE_TEXT;
        v->text = is_number ? NULL : mem_strdup(from->settings[i].value);
        if (is_number)
            v->number = number_of(from->settings[i].value[0] == '1');
    }
}

static bool machine_read_networks(void *context, struct network *out, struct err *e)
{
    struct machine *m = context;
    if (!machine_called(m, e).ok)
        return false;
    out->reading = READING_FULL;
    for (size_t i = 0; i < m->adapter_count; i++)
        if (machine_adapter_exists(m, &m->adapters[i]))
            machine_fill_adapter(m, &m->adapters[i],
                                 shape_list_add(&out->adapters, sizeof *out->adapters.at));
    return true;
}

/* Half of it is what goes, and the first of what comes. */
static bool machine_write_network(void *context, const struct network_change *change, struct err *e)
{
    struct machine *m = context;
    struct machine_call c = machine_changing(m, e);
    struct machine_adapter *a = machine_adapter_of(m, change->guid);
    if (c.act && !a)
        return err_set(e, ERR_NOT_FOUND, "there is no adapter '%s'", change->guid);
    if (!c.act || m->lies.network)
        return c.ok;
    machine_note_effect(m, NULL);
    for (size_t i = 0; i < change->before.tcpip.count; i++)
        if (!network_value_named(&change->after.tcpip, change->before.tcpip.at[i].name))
            machine_unset(a, change->before.tcpip.at[i].name);
    for (size_t i = 0; i < change->after.tcpip.count && !(c.half && i); i++) {
        const struct network_value *v = &change->after.tcpip.at[i];
        machine_set(a, v->name, v->text ? v->text : v->number.value ? "1" : "0");
    }
    return c.ok;
}

static bool machine_restart_network(void *context, const char *instance, bool *restart,
                                    struct err *e)
{
    (void)instance;
    (void)restart;
    return machine_changing(context, e).ok;
}

static bool machine_restart(void *context, struct err *e)
{
    return machine_called(context, e).ok;
}

static struct platform machine_platform(struct machine *m)
{
    return (struct platform){
        .context = m,
        .facts = machine_facts,
        .folder = machine_folder,
        .make_private_folder = machine_make_private_folder,
        .make_folder = machine_make_folder,
        .write_file = machine_write_file,
        .read_file = machine_read_file,
        .remove_file = machine_remove_file,
        .remove_tree = machine_remove_tree,
        .exists = machine_exists,
        .hold_file = machine_hold_file,
        .release_file = machine_release_file,
        .stage = machine_stage,
        .unstage = machine_unstage,
        .bind = machine_bind,
        .unbind = machine_unbind,
        .remove_device = machine_remove_device,
        .binding = machine_binding,
        .settle = machine_settle,
        .create_service = machine_create_service,
        .change_service = machine_change_service,
        .delete_service = machine_delete_service,
        .query_service = machine_query_service,
        .read_start = machine_read_start,
        .write_start = machine_write_start,
        .has_key = machine_has_key,
        .delete_key = machine_delete_key,
        .has_product = machine_has_product,
        .install_product = machine_install_product,
        .uninstall_product = machine_uninstall_product,
        .has_certificate = machine_has_certificate,
        .remove_certificate = machine_remove_certificate,
        .read_parameter = machine_read_parameter,
        .write_parameter = machine_write_parameter,
        .service_runs = machine_service_runs,
        .stop_service = machine_stop_service,
        .start_service = machine_start_service,
        .has_publisher = machine_has_publisher,
        .add_publisher = machine_add_publisher,
        .remove_publisher = machine_remove_publisher,
        .remove_filter = machine_remove_filter,
        .fallbacks = machine_fallbacks,
        .add_fallback = machine_add_fallback,
        .remove_fallback = machine_remove_fallback,
        .make_restore_point = machine_make_restore_point,
        .remove_restore_point = machine_remove_restore_point,
        .program = machine_program,
        .remove_file_later = machine_remove_file_later,
        .read_networks = machine_read_networks,
        .write_network = machine_write_network,
        .restart_network = machine_restart_network,
        .restart = machine_restart,
        .replaced_by = machine_replaced_by,
        .write_file_later = machine_write_file_later,
    };
}

/* --- pictures
 * ------------------------------------------------------------------------------------------------------
 */

static int machine_compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The file as the next start leaves it; NULL: that takes it away. */
static const struct machine_file *machine_file_next(struct machine *m, struct machine_file *f)
{
    const char *from = machine_replacement(m, f->path);
    for (size_t i = 0; i < MACHINE_REPLACED; i++)
        if (*m->replaced[i].from && text_equal_nocase(m->replaced[i].from, f->path))
            return NULL;
    return from && machine_find(m, from) ? machine_find(m, from) : f;
}

static void machine_lines(const struct machine *m, struct texts *lines)
{
    struct machine *machine = (struct machine *)m; /* looked at only */
    struct text t = {0};
    for (size_t i = 0; i < m->file_count; i++) {
        const struct machine_file *f = machine_file_next(machine, &machine->files[i]);
        const char *path = m->files[i].path;
        if (!f || text_starts_nocase(path, MACHINE_STATE))
            continue;
        text_addf(&t, "file %s%s '%.*s'", path, f->folder ? "\\" : "", (int)f->size,
                  f->bytes ? (const char *)f->bytes : "");
        texts_add(lines, text_str(&t));
        text_release(&t);
    }
    for (size_t i = 0; i < m->service_count; i++) {
        text_addf(&t, "service %s start %u%s image %s", m->services[i].name,
                  (unsigned)m->services[i].start, m->services[i].override, m->services[i].image);
        texts_add(lines, text_str(&t));
        text_release(&t);
    }
    for (size_t i = 0; i < m->token_count; i++) {
        text_addf(&t, "filter %s %s %s", m->tokens[i].class_guid, m->tokens[i].position,
                  m->tokens[i].service);
        texts_add(lines, text_str(&t));
        text_release(&t);
    }
    for (size_t i = 0; i < m->entry_count; i++) {
        text_addf(&t, "boot entry '%s'", m->entries[i].option);
        texts_add(lines, text_str(&t));
        text_release(&t);
    }
    for (size_t i = 0; i < m->product_count; i++) {
        text_addf(&t, "product %s %s", m->products[i].code, m->products[i].name);
        texts_add(lines, text_str(&t));
        text_release(&t);
    }
    for (size_t i = 0; i < m->certificate_count; i++) {
        text_addf(&t, "certificate %s %s", m->certificates[i].store, m->certificates[i].sha1);
        texts_add(lines, text_str(&t));
        text_release(&t);
    }
    if (*m->auto_reboot) {
        text_addf(&t, "AutoReboot %s", m->auto_reboot);
        texts_add(lines, text_str(&t));
        text_release(&t);
    }
    for (size_t i = 0; i < sizeof m->publishers / sizeof *m->publishers; i++) {
        text_addf(&t, "trusted publisher %s", m->publishers[i]);
        if (*m->publishers[i])
            texts_add(lines, text_str(&t));
        text_release(&t);
    }
    for (size_t i = 0; i < 4; i++) {
        text_addf(&t, "key %s", m->keys[i]);
        if (*m->keys[i])
            texts_add(lines, text_str(&t));
        text_release(&t);
    }
    for (size_t i = 0; i < m->node_count; i++) {
        const struct machine_node *n = &m->nodes[i];
        if (!n->present && !*n->service)
            continue; /* a ghost without a driver: Windows keeps it, and it does nothing */
        text_addf(&t, "device %s %s bound to '%s' of '%s'", n->instance,
                  n->present ? "present" : "ghost", n->service, n->inf);
        texts_add(lines, text_str(&t));
        text_release(&t);
    }
}

/* A PV adapter that has no driver any more is a ghost that nothing asks for its settings. */
static void machine_adapter_lines(const struct machine *m, struct texts *lines)
{
    struct text t = {0};
    for (size_t i = 0; i < m->adapter_count; i++) {
        const struct machine_adapter *a = &m->adapters[i];
        const struct machine_node *n = machine_node_at((struct machine *)m, a->instance);
        bool is = machine_adapter_exists((struct machine *)m, a);
        for (size_t k = 0; is && (!n || *n->service) && k < MACHINE_SETTINGS; k++) {
            if (!*a->settings[k].name)
                continue;
            text_addf(&t, "adapter %s %s=%s", a->instance, a->settings[k].name,
                      a->settings[k].value);
            texts_add(lines, text_str(&t));
            text_release(&t);
        }
    }
}

/* All of the machine but our state folder, as sorted lines, with files in use as the next start
 * leaves them; mem_free. */
static char *machine_picture(const struct machine *m)
{
    struct texts lines = {0};
    struct text t = {0};
    machine_lines(m, &lines);
    machine_adapter_lines(m, &lines);
    qsort(lines.at, lines.count, sizeof *lines.at, machine_compare_lines);
    for (size_t i = 0; i < lines.count; i++)
        text_addf(&t, "%s\n", lines.at[i]);
    texts_release(&lines);
    return text_steal(&t);
}

static void machine_init(struct machine *m, const struct machine_driver *drivers, size_t count)
{
    *m = (struct machine){.drivers = drivers, .driver_count = count, .boot_time = 100};
    machine_put_folder(m, MACHINE_INF);
    machine_put_folder(m, MACHINE_DRIVERS);
    machine_put_folder(m, MACHINE_PROGRAMS);
    machine_put_folder(m, "C:\\ProgramData");
    machine_put(m, MACHINE_PROGRAM, span_text("the program"));
    machine_put(m, MACHINE_MANIFEST, span_text(MACHINE_MANIFEST_TEXT));
    machine_put(m, MACHINE_MANIFEST ".p7s", span_text("its signature"));
}

static void machine_release(struct machine *m)
{
    for (size_t i = 0; i < m->file_count; i++)
        mem_free(m->files[i].bytes);
    m->file_count = 0;
}

#endif
