/*
 * network: the settings of a guest's network adapters, and what of them goes where.
 *
 * A PV adapter is another device than the emulated one that it takes the place of: Windows gives it
 * a new interface GUID, and the address, gateway and name servers stay behind with the old one. So
 * they are saved before (`struct network`), and given to the adapter of the other kind that has the
 * same permanent MAC address (network_plan). An absent adapter that still holds the address is made
 * to let go of it. What was there before each change is kept with the change, so that network_undo
 * can put it back. An adapter that somebody has set up meanwhile is never touched; what one that
 * was absent when it was saved had kept from earlier gives way.
 *
 * Settings are the registry's values, of Tcpip, Tcpip6 and NetBT, as they are: what a newer Windows
 * adds is carried along. Leases and other state are left out (network_is_setting). The names and
 * meanings are those of Microsoft's KB 314053 and 120642, "TCP/IP and NetBT configuration
 * parameters". Static IPv6 addresses and routes of Vista and later are not there but in the stack's
 * own store; they are kept as text.
 *
 * network touches no machine: reading and writing is platform.h's.
 */
#ifndef XENPV_INSTALLER_NETWORK_H
#define XENPV_INSTALLER_NETWORK_H

#include "base/file.h"
#include "drivers-manifest/facts.h"

enum {
    NETWORK_SCHEMA = 1,
    NETWORK_SIZE_MAX = 8 * 1024 * 1024, /* bytes of JSON */
    NETWORK_ADAPTERS_MAX = 1024,
    NETWORK_VALUES_MAX = 256,      /* of one key */
    NETWORK_VALUE_MAX = 16 * 1024, /* bytes of one value */
    NETWORK_ROUTES_MAX = 4096,
};

/* What a registry value is, by the registry's own numbers (REG_NONE 0 .. REG_QWORD 11). */
enum network_type {
    NETWORK_TYPE_NONE = 0,
    NETWORK_TYPE_TEXT = 1,
    NETWORK_TYPE_EXPAND = 2,
    NETWORK_TYPE_BINARY = 3,
    NETWORK_TYPE_NUMBER = 4,
    NETWORK_TYPE_TEXTS = 7,
    NETWORK_TYPE_LONG = 11,
    NETWORK_TYPE_COUNT
};

/*
 * A value with exactly one content: text for TEXT and EXPAND, texts for TEXTS, number for NUMBER
 * and LONG; data, in hexadecimal, for every other type and for bytes that are not of their type's
 * usual form (an odd length, no end). So the bytes can always be written as they were.
 */
struct network_value {
    char *name;
    enum network_type type;
    char *text;
    struct texts texts;
    struct number number;
    char *data;
};

struct network_values {
    struct network_value *at;
    size_t count;
};

/* A route that somebody made: prefix "::/0" is the default gateway. */
struct network_route {
    char *prefix, *next_hop;
    struct number metric;
};

struct network_settings {
    struct network_values tcpip;  /* Services\Tcpip\Parameters\Interfaces\{GUID} */
    struct network_values tcpip6; /* Services\Tcpip6\Parameters\Interfaces\{GUID} */
    struct network_values netbt;  /* Services\NetBT\Parameters\Interfaces\Tcpip_{GUID} */
    struct texts addresses6;      /* "2001:db8::5/64", made by hand; Vista and later */
    struct {
        struct network_route *at;
        size_t count;
    } routes6;
};

struct network_adapter {
    char *mac;         /* the permanent one, "00:16:3e:01:02:03"; NULL: not known, as of a ghost */
    char *current_mac; /* the same but where an administrator gave another */
    char *instance;    /* device instance id */
    char *class_key;   /* "0007", below Control\Class\{4D36E972-...} */
    char *guid;        /* NetCfgInstanceId, "{...}" */
    char *connection;  /* "Local Area Connection 2" */
    char *description;
    enum facts_network_kind kind;
    enum tri present;
    struct network_settings settings;
};

/* The adapters of one moment. */
struct network {
    enum reading reading;
    struct texts missed; /* what could not be read or had an unusual form, as sentences */
    struct {
        struct network_adapter *at;
        size_t count;
    } adapters;
    struct texts routes; /* Tcpip\Parameters\PersistentRoutes: of the machine, for people */
};

enum network_purpose {
    NETWORK_PURPOSE_UNKNOWN = 0,
    NETWORK_RELEASE, /* an absent adapter lets go of an address */
    NETWORK_RESTORE, /* an adapter gets the settings of the one that it replaces */
};

/* All settings of one adapter before and after. */
struct network_change {
    enum network_purpose purpose;
    char *mac, *guid, *instance;
    struct network_settings before, after;
};

struct network_changes {
    struct network_change *at;
    size_t count;
};

/* What is kept of an installation. */
struct network_record {
    struct number schema;
    struct network saved;           /* before it */
    struct network_changes changes; /* that were made, or begun */
};

/* What is to be done now. */
struct network_plan {
    struct network_changes
        changes;          /* in this order: addresses are released before they are given */
    struct texts waiting; /* adapters that are not there yet, or whose other half is still there */
    struct texts left;    /* adapters that are not touched, and why */
};

extern const struct shape network_record_shape;

/* Refuses another schema, names that could lead out of a key, and values of two contents. *r must
 * be zeroed. */
bool network_record_decode(struct span json, struct network_record *r, struct err *e);
char *network_record_encode(const struct network_record *r); /* mem_free */
void network_record_release(struct network_record *r);

/* A copy on the heap, to be released and freed; NULL of NULL. */
struct network_record *network_record_copy(const struct network_record *r);

/* Of a record inside something else: what network_record_decode checks beyond the shape. */
bool network_record_check(const struct network_record *r, struct err *e);

void network_release(struct network *n);
void network_adapter_release(struct network_adapter *a);
void network_plan_release(struct network_plan *p);
void network_settings_release(struct network_settings *s);
void network_settings_copy(struct network_settings *to, const struct network_settings *from);

/* --- values ----------------------------------------------------------------------------------- */

/* Is a value of this name a setting, or a lease, an address that DHCP gave, or other state? */
bool network_is_setting(const char *name);

/*
 * Of a value's bytes. False when the type is none that the registry has; *unusual is set when the
 * bytes are not of the type's usual form and are kept as data. *out must be zeroed.
 */
bool network_value_from(const char *name, uint32_t type, struct span bytes,
                        struct network_value *out, bool *unusual);

/* The bytes that network_value_from was given; bytes_release. False when data is not hexadecimal.
 */
bool network_value_bytes(const struct network_value *v, struct bytes *out);

/* The value of this name in either case, or NULL. */
const struct network_value *network_value_named(const struct network_values *values,
                                                const char *name);

/* --- what settings say ------------------------------------------------------------------------ */

/* By where the device is: XENVIF\ and XEN\VIF are PV, PCI\ is emulated. */
enum facts_network_kind network_kind_of(const char *instance);

/* "{8-4-4-4-12}" hexadecimal digits: it may become a part of a key's path. */
bool network_is_guid(const char *text);

/* "00-16-3E..." or "00:16:3E:..." or "00163e..." as "00:16:3e:..."; NULL unless it is six bytes and
 * neither all zero nor a group's. mem_free. */
char *network_mac(const char *text);

enum tri network_dhcp(const struct network_settings *s);

/* Static IPv4 addresses as "192.0.2.5/255.255.255.0" and IPv6 ones, gateways, name servers. */
void network_addresses(const struct network_settings *s, struct texts *out);
void network_gateways(const struct network_settings *s, struct texts *out);
void network_name_servers(const struct network_settings *s, struct texts *out);

/* Has somebody set this adapter up: an address, gateway, name server or WINS server? */
bool network_is_set_up(const struct network_settings *s);

/* Does the adapter work as the wanted settings say? Values beyond them may be there, but no
 * address, gateway or server. */
bool network_settings_hold(const struct network_settings *now,
                           const struct network_settings *wanted);

const struct network_adapter *network_adapter_with_guid(const struct network *n, const char *guid);

/*
 * Adapters of `n` that do not tell their MAC address, being absent, but did in `earlier`: they are
 * as they were then, with the settings of now.
 */
void network_remember(struct network *n, const struct network *earlier);

/* --- what to do ------------------------------------------------------------------------------- */

/*
 * What gives the adapters of kind `to` (PV after an installation, emulated after a removal) the
 * settings that those of the other kind had when they were saved. *out must be zeroed.
 */
void network_plan(const struct network *saved, const struct network *now,
                  enum facts_network_kind to, struct network_plan *out);

/*
 * What is to be done of a record now: changes that were noted and are not made, or by half, and
 * then what network_plan finds for adapters that no noted change is about. An adapter that was
 * changed and has other settings by now was set up by somebody, and is left. *out must be zeroed.
 */
void network_next(const struct network_record *r, const struct network *now,
                  enum facts_network_kind to, struct network_plan *out);

/* What puts back what these changes changed, last first, made wholly or by half. *out must be
 * zeroed. */
void network_undo(const struct network_changes *changes, const struct network *now,
                  struct network_plan *out);

/* The change of this adapter, or NULL. */
const struct network_change *network_change_of(const struct network_changes *changes,
                                               const char *guid);

/* Add a copy of the changes of adapters that no change in *to is about yet. */
void network_changes_note(struct network_changes *to, const struct network_changes *from);

/* Is there nothing left that network_plan would change? False with *e naming the first adapter. */
bool network_matches(const struct network *now, const struct network *saved,
                     enum facts_network_kind to, struct err *e);

#endif
