#include "installer/network.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_MAX_CHARACTERS = 16383, /* the registry's own limit of a value's name */
    GUID_SIZE = 38,
    MAC_SIZE = 6,
    UNIT = 2, /* bytes of a UTF-16 code unit */
};

/* --- shapes ----------------------------------------------------------------------------------- */

static const char *const type_names[] = {
    "REG_NONE",
    "REG_SZ",
    "REG_EXPAND_SZ",
    "REG_BINARY",
    "REG_DWORD",
    "REG_DWORD_BIG_ENDIAN",
    "REG_LINK",
    "REG_MULTI_SZ",
    "REG_RESOURCE_LIST",
    "REG_FULL_RESOURCE_DESCRIPTOR",
    "REG_RESOURCE_REQUIREMENTS_LIST",
    "REG_QWORD",
    NULL,
};
static const char *const purpose_names[] = {"unknown", "release", "restore", NULL};

static const struct shape_field value_fields[] = {
    FIELD_MUST(network_value, name, SHAPE_TEXT), FIELD_ENUM_MUST(network_value, type, type_names),
    FIELD(network_value, text, SHAPE_TEXT),      FIELD(network_value, texts, SHAPE_TEXTS),
    FIELD(network_value, number, SHAPE_NUMBER),  FIELD(network_value, data, SHAPE_TEXT),
};
static const struct shape value_shape = SHAPE_OF(struct network_value, value_fields);

static const struct shape_field route_fields[] = {
    FIELD_MUST(network_route, prefix, SHAPE_TEXT),
    FIELD_MUST(network_route, next_hop, SHAPE_TEXT),
    FIELD(network_route, metric, SHAPE_NUMBER),
};
static const struct shape route_shape = SHAPE_OF(struct network_route, route_fields);

static const struct shape_field settings_fields[] = {
    FIELD_IN(network_settings, tcpip, SHAPE_LIST, value_shape),
    FIELD_IN(network_settings, tcpip6, SHAPE_LIST, value_shape),
    FIELD_IN(network_settings, netbt, SHAPE_LIST, value_shape),
    FIELD(network_settings, addresses6, SHAPE_TEXTS),
    FIELD_IN(network_settings, routes6, SHAPE_LIST, route_shape),
};
static const struct shape settings_shape = SHAPE_OF(struct network_settings, settings_fields);

static const struct shape_field adapter_fields[] = {
    FIELD(network_adapter, mac, SHAPE_TEXT),
    FIELD(network_adapter, current_mac, SHAPE_TEXT),
    FIELD(network_adapter, instance, SHAPE_TEXT),
    FIELD(network_adapter, class_key, SHAPE_TEXT),
    FIELD_MUST(network_adapter, guid, SHAPE_TEXT),
    FIELD(network_adapter, connection, SHAPE_TEXT),
    FIELD(network_adapter, description, SHAPE_TEXT),
    FIELD_ENUM(network_adapter, kind, facts_network_kind_names),
    FIELD(network_adapter, present, SHAPE_TRI),
    FIELD_IN(network_adapter, settings, SHAPE_OBJECT, settings_shape),
};
static const struct shape adapter_shape = SHAPE_OF(struct network_adapter, adapter_fields);

static const struct shape_field network_fields[] = {
    FIELD_ENUM(network, reading, facts_reading_names),
    FIELD(network, missed, SHAPE_TEXTS),
    FIELD_IN(network, adapters, SHAPE_LIST, adapter_shape),
    FIELD(network, routes, SHAPE_TEXTS),
};
static const struct shape network_shape = SHAPE_OF(struct network, network_fields);

static const struct shape_field change_fields[] = {
    FIELD_ENUM_MUST(network_change, purpose, purpose_names),
    FIELD(network_change, mac, SHAPE_TEXT),
    FIELD_MUST(network_change, guid, SHAPE_TEXT),
    FIELD(network_change, instance, SHAPE_TEXT),
    FIELD_IN(network_change, before, SHAPE_OBJECT, settings_shape),
    FIELD_IN(network_change, after, SHAPE_OBJECT, settings_shape),
};
static const struct shape change_shape = SHAPE_OF(struct network_change, change_fields);

static const struct shape_field record_fields[] = {
    FIELD(network_record, schema, SHAPE_NUMBER),
    FIELD_IN(network_record, saved, SHAPE_OBJECT, network_shape),
    FIELD_IN(network_record, changes, SHAPE_LIST, change_shape),
};
const struct shape network_record_shape = SHAPE_OF(struct network_record, record_fields);

static const struct shape_field plan_fields[] = {
    FIELD_IN(network_plan, changes, SHAPE_LIST, change_shape),
    FIELD(network_plan, waiting, SHAPE_TEXTS),
    FIELD(network_plan, left, SHAPE_TEXTS),
};
static const struct shape plan_shape = SHAPE_OF(struct network_plan, plan_fields);

void network_release(struct network *n)
{
    shape_release(&network_shape, n);
}

void network_adapter_release(struct network_adapter *a)
{
    shape_release(&adapter_shape, a);
}

void network_settings_release(struct network_settings *s)
{
    shape_release(&settings_shape, s);
}

void network_plan_release(struct network_plan *p)
{
    shape_release(&plan_shape, p);
}

void network_record_release(struct network_record *r)
{
    shape_release(&network_record_shape, r);
}

/* --- what a record may hold ------------------------------------------------------------------- */

bool network_is_guid(const char *text)
{
    size_t size = strlen(text);
    if (size != GUID_SIZE || text[0] != '{' || text[size - 1] != '}')
        return false;
    for (size_t i = 1; i < size - 1; i++) {
        bool dash = i == 9 || i == 14 || i == 19 || i == 24;
        if (dash ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
            return false;
    }
    return true;
}

/* An IPv6 address, prefix or next hop in its text form: it becomes a word of a command line. */
static bool is_address6(const char *text)
{
    enum { TEXT_MAX = 64 };
    size_t size = strlen(text);
    return size && size < TEXT_MAX && strspn(text, "0123456789abcdefABCDEF:./") == size;
}

/* One content, and the one that the type has. */
static bool check_value(const struct network_value *v, struct err *e)
{
    bool is_text = v->type == NETWORK_TYPE_TEXT || v->type == NETWORK_TYPE_EXPAND;
    bool is_number = v->type == NETWORK_TYPE_NUMBER || v->type == NETWORK_TYPE_LONG;
    struct bytes bytes = {0};
    int contents = (v->text != NULL) + (v->texts.count > 0) + v->number.known + (v->data != NULL);
    bool none_is_empty_list = v->type == NETWORK_TYPE_TEXTS && contents == 0;
    if ((contents != 1 && !none_is_empty_list) || (v->text && !is_text) ||
        (v->number.known && !is_number) || (v->texts.count && v->type != NETWORK_TYPE_TEXTS))
        return err_set(e, ERR_FORMAT, "value '%s' has not the one content of its type", v->name);
    if (!*v->name || strlen(v->name) > NAME_MAX_CHARACTERS)
        return err_set(e, ERR_FORMAT, "a value's name is empty or too long");
    bool ok = network_value_bytes(v, &bytes);
    bytes_release(&bytes);
    return ok || err_set(e, ERR_FORMAT, "value '%s' cannot be written", v->name);
}

static bool check_values(const struct network_values *values, struct err *e)
{
    if (values->count > NETWORK_VALUES_MAX)
        return err_set(e, ERR_LIMIT, "an adapter has more than %d values", NETWORK_VALUES_MAX);
    for (size_t i = 0; i < values->count; i++)
        if (!check_value(&values->at[i], e))
            return false;
    return true;
}

static bool check_settings(const struct network_settings *s, struct err *e)
{
    if (!check_values(&s->tcpip, e) || !check_values(&s->tcpip6, e) || !check_values(&s->netbt, e))
        return false;
    for (size_t i = 0; i < s->addresses6.count; i++)
        if (!is_address6(s->addresses6.at[i]))
            return err_set(e, ERR_FORMAT, "'%s' is no IPv6 address", s->addresses6.at[i]);
    for (size_t i = 0; i < s->routes6.count; i++)
        if (!is_address6(s->routes6.at[i].prefix) || !is_address6(s->routes6.at[i].next_hop))
            return err_set(e, ERR_FORMAT, "a route is none of IPv6");
    return true;
}

static bool check_guid(const char *guid, struct err *e)
{
    return network_is_guid(guid) || err_set(e, ERR_FORMAT, "'%s' is no interface GUID", guid);
}

bool network_record_check(const struct network_record *r, struct err *e)
{
    if (!r->schema.known || r->schema.value != NETWORK_SCHEMA)
        return err_set(e, ERR_FORMAT, "the network settings have another schema");
    if (r->saved.adapters.count > NETWORK_ADAPTERS_MAX)
        return err_set(e, ERR_LIMIT, "there are more than %d adapters", NETWORK_ADAPTERS_MAX);
    for (size_t i = 0; i < r->saved.adapters.count; i++)
        if (!check_guid(r->saved.adapters.at[i].guid, e) ||
            !check_settings(&r->saved.adapters.at[i].settings, e))
            return false;
    for (size_t i = 0; i < r->changes.count; i++)
        if (!check_guid(r->changes.at[i].guid, e) || !check_settings(&r->changes.at[i].before, e) ||
            !check_settings(&r->changes.at[i].after, e))
            return false;
    return true;
}

bool network_record_decode(struct span json, struct network_record *r, struct err *e)
{
    if (json.size > NETWORK_SIZE_MAX)
        return err_set(e, ERR_LIMIT, "the network settings are too large");
    if (!shape_decode(json, &network_record_shape, r, NULL, e))
        return err_wrap(e, "the network settings");
    if (network_record_check(r, e))
        return true;
    network_record_release(r);
    return false;
}

char *network_record_encode(const struct network_record *r)
{
    return shape_encode(&network_record_shape, r);
}

/* --- values ----------------------------------------------------------------------------------- */

/* Leases and what goes with them, by the names that the DHCP client and TCP/IP give them. A class
 * id is chosen by people. */
bool network_is_setting(const char *name)
{
    static const char *const state[] = {
        "AddressType",
        "IPAutoconfigurationAddress",
        "IPAutoconfigurationMask",
        "IPAutoconfigurationSeed",
        "IsServerNapAware",
        "LLInterface",
        "NTEContextList",
        "T1",
        "T2",
        NULL,
    };
    for (size_t i = 0; state[i]; i++)
        if (text_equal_nocase(name, state[i]))
            return false;
    if (text_starts_nocase(name, "DhcpClassId") || text_starts_nocase(name, "Dhcpv6ClassId"))
        return true;
    return *name && !text_starts_nocase(name, "Dhcp") && !text_starts_nocase(name, "Lease");
}

static void add_unit(struct bytes *out, size_t *room, unsigned unit)
{
    if (*room - out->size < UNIT) {
        *room = *room ? *room * 2 : 64;
        out->at = mem_resize(out->at, *room, 1);
    }
    out->at[out->size++] = (uint8_t)(unit & 0xff);
    out->at[out->size++] = (uint8_t)(unit >> 8);
}

/* The next character of valid UTF-8, moving *at past it. */
static unsigned long next_character(const char **at)
{
    const unsigned char *c = (const unsigned char *)*at;
    int more = *c >= 0xf0 ? 3 : *c >= 0xe0 ? 2 : *c >= 0xc0 ? 1 : 0;
    unsigned long value = more ? *c & (0x3fu >> more) : *c;
    for (int i = 1; i <= more; i++)
        value = value << 6 | (c[i] & 0x3fu);
    *at += more + 1;
    return value;
}

/* Valid UTF-8 as UTF-16 with its NUL. */
static void add_text(struct bytes *out, size_t *room, const char *text)
{
    while (*text) {
        unsigned long c = next_character(&text);
        if (c >= 0x10000) {
            add_unit(out, room, 0xd800u + (unsigned)((c - 0x10000) >> 10));
            c = 0xdc00u + ((c - 0x10000) & 0x3ff);
        }
        add_unit(out, room, (unsigned)c);
    }
    add_unit(out, room, 0);
}

static bool add_data(struct bytes *out, const char *hex)
{
    size_t digits = strlen(hex);
    if (digits % 2)
        return false;
    out->size = digits / 2;
    out->at = mem_zero(out->size ? out->size : 1, 1);
    return !out->size || text_parse_hex(hex, out->at, out->size);
}

static void add_number(struct bytes *out, uint64_t value, size_t size)
{
    out->at = mem_zero(size, 1);
    out->size = size;
    for (size_t i = 0; i < size; i++)
        out->at[i] = (uint8_t)(value >> 8 * i);
}

bool network_value_bytes(const struct network_value *v, struct bytes *out)
{
    struct bytes bytes = {0};
    size_t room = 0;
    bool ok = true;
    if (v->data) {
        ok = add_data(&bytes, v->data);
    } else if (v->text) {
        add_text(&bytes, &room, v->text);
    } else if (v->number.known) {
        add_number(&bytes, v->number.value, v->type == NETWORK_TYPE_LONG ? 8 : 4);
        ok = v->type == NETWORK_TYPE_LONG || v->number.value <= UINT32_MAX;
    } else {
        for (size_t i = 0; i < v->texts.count; i++)
            add_text(&bytes, &room, v->texts.at[i]);
        add_unit(&bytes, &room, 0);
    }
    if (!ok || bytes.size > NETWORK_VALUE_MAX) {
        bytes_release(&bytes);
        return false;
    }
    *out = bytes;
    return true;
}

/* The units before the next NUL, which are cut off with it. */
static bool take_text(struct span *left, struct text *out)
{
    struct span text, nul;
    uint16_t unit = 0;
    size_t size = 0;
    while (span_u16(*left, size, &unit) && unit)
        size += UNIT;
    if (!span_take(left, size, &text) || !span_take(left, UNIT, &nul))
        return false;
    text_add_utf16le(out, text);
    return true;
}

/* What the bytes seem to be; whether they really are is asked by making them again. */
static void guess_content(struct network_value *v, struct span bytes)
{
    struct text t = {0};
    uint64_t number = 0;
    switch (v->type) {
    case NETWORK_TYPE_TEXT:
    case NETWORK_TYPE_EXPAND:
        take_text(&bytes, &t);
        v->text = text_steal(&t);
        break;
    case NETWORK_TYPE_TEXTS:
        while (take_text(&bytes, &t) && t.size) {
            texts_add(&v->texts, text_str(&t));
            text_release(&t);
        }
        text_release(&t);
        break;
    case NETWORK_TYPE_NUMBER:
    case NETWORK_TYPE_LONG:
        for (size_t i = bytes.size < 8 ? bytes.size : 8; i--;)
            number = number << 8 | bytes.at[i];
        v->number = number <= INT64_MAX ? number_of(number) : (struct number){0};
        break;
    default: break;
    }
}

static bool is_what_it_seems(const struct network_value *v, struct span bytes)
{
    struct bytes made = {0};
    bool guessed = v->text || v->number.known || v->type == NETWORK_TYPE_TEXTS;
    bool same = guessed && network_value_bytes(v, &made) && span_equal(bytes_span(&made), bytes);
    bytes_release(&made);
    return same;
}

bool network_value_from(const char *name, uint32_t type, struct span bytes,
                        struct network_value *out, bool *unusual)
{
    struct network_value v = {.name = mem_strdup(name), .type = (enum network_type)type};
    struct text hex = {0};
    bool plain = type != NETWORK_TYPE_TEXT && type != NETWORK_TYPE_EXPAND &&
                 type != NETWORK_TYPE_TEXTS && type != NETWORK_TYPE_NUMBER &&
                 type != NETWORK_TYPE_LONG;
    if (type >= NETWORK_TYPE_COUNT || bytes.size > NETWORK_VALUE_MAX || !*name) {
        mem_free(v.name);
        return false;
    }
    guess_content(&v, bytes);
    if (!is_what_it_seems(&v, bytes)) {
        mem_free(v.text);
        texts_release(&v.texts);
        v.text = NULL;
        v.number = (struct number){0};
        text_add_hex(&hex, bytes);
        v.data = text_steal(&hex);
    }
    *unusual = *unusual || (v.data && !plain);
    *out = v;
    return true;
}

const struct network_value *network_value_named(const struct network_values *values,
                                                const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (text_equal_nocase(values->at[i].name, name))
            return &values->at[i];
    return NULL;
}

/* --- copies ----------------------------------------------------------------------------------- */

static void copy_texts(struct texts *to, const struct texts *from)
{
    for (size_t i = 0; i < from->count; i++)
        texts_add(to, from->at[i]);
}

static void copy_values(struct network_values *to, const struct network_values *from)
{
    for (size_t i = 0; i < from->count; i++) {
        struct network_value *v = shape_list_add(to, sizeof *v);
        *v = (struct network_value){
            .name = mem_strdup(from->at[i].name),
            .type = from->at[i].type,
            .text = mem_strdup(from->at[i].text),
            .number = from->at[i].number,
            .data = mem_strdup(from->at[i].data),
        };
        copy_texts(&v->texts, &from->at[i].texts);
    }
}

void network_settings_copy(struct network_settings *to, const struct network_settings *from)
{
    copy_values(&to->tcpip, &from->tcpip);
    copy_values(&to->tcpip6, &from->tcpip6);
    copy_values(&to->netbt, &from->netbt);
    copy_texts(&to->addresses6, &from->addresses6);
    for (size_t i = 0; i < from->routes6.count; i++) {
        struct network_route *route = shape_list_add(&to->routes6, sizeof *route);
        route->prefix = mem_strdup(from->routes6.at[i].prefix);
        route->next_hop = mem_strdup(from->routes6.at[i].next_hop);
        route->metric = from->routes6.at[i].metric;
    }
}

static void copy_adapter(struct network_adapter *to, const struct network_adapter *from)
{
    to->mac = mem_strdup(from->mac);
    to->current_mac = mem_strdup(from->current_mac);
    to->instance = mem_strdup(from->instance);
    to->class_key = mem_strdup(from->class_key);
    to->guid = mem_strdup(from->guid);
    to->connection = mem_strdup(from->connection);
    to->description = mem_strdup(from->description);
    to->kind = from->kind;
    to->present = from->present;
    network_settings_copy(&to->settings, &from->settings);
}

struct network_record *network_record_copy(const struct network_record *r)
{
    if (!r)
        return NULL;
    struct network_record *copy = mem_zero(1, sizeof *copy);
    copy->schema = r->schema;
    copy->saved.reading = r->saved.reading;
    copy_texts(&copy->saved.missed, &r->saved.missed);
    copy_texts(&copy->saved.routes, &r->saved.routes);
    for (size_t i = 0; i < r->saved.adapters.count; i++)
        copy_adapter(shape_list_add(&copy->saved.adapters, sizeof *r->saved.adapters.at),
                     &r->saved.adapters.at[i]);
    network_changes_note(&copy->changes, &r->changes);
    return copy;
}

/* --- what settings say ------------------------------------------------------------------------ */

/* Xen Project's network devices are children of xenvif, GPLPV's and the older ones' are XEN\VIF. */
enum facts_network_kind network_kind_of(const char *instance)
{
    if (!instance)
        return FACTS_NETWORK_UNKNOWN;
    if (text_starts_nocase(instance, "XENVIF\\") || text_starts_nocase(instance, "XEN\\VIF"))
        return FACTS_NETWORK_PV;
    return text_starts_nocase(instance, "PCI\\") ? FACTS_NETWORK_EMULATED : FACTS_NETWORK_OTHER;
}

char *network_mac(const char *text)
{
    char digits[2 * MAC_SIZE + 1] = "";
    uint8_t mac[MAC_SIZE];
    size_t count = 0, sum = 0;
    struct text t = {0};
    for (; text && *text; text++)
        if (*text != ':' && *text != '-') {
            if (count == 2 * MAC_SIZE)
                return NULL;
            digits[count++] = *text;
        }
    digits[count] = '\0';
    if (!text_parse_hex(digits, mac, MAC_SIZE) || mac[0] & 1)
        return NULL;
    for (size_t i = 0; i < MAC_SIZE; i++) {
        sum += mac[i];
        text_addf(&t, "%s%02x", i ? ":" : "", mac[i]);
    }
    if (!sum)
        text_release(&t);
    return sum ? text_steal(&t) : NULL;
}

enum tri network_dhcp(const struct network_settings *s)
{
    const struct network_value *v = network_value_named(&s->tcpip, "EnableDHCP");
    if (!v || !v->number.known)
        return TRI_UNKNOWN;
    return v->number.value ? TRI_YES : TRI_NO;
}

/* One text of a value: of a list, or the value itself. NULL past the last. */
static const char *text_of(const struct network_value *v, size_t index)
{
    if (!v)
        return NULL;
    if (v->type == NETWORK_TYPE_TEXTS)
        return index < v->texts.count ? v->texts.at[index] : NULL;
    return index ? NULL : v->text;
}

static bool is_address(const char *text)
{
    return *text && strcmp(text, "0.0.0.0") != 0;
}

static bool is_default_route(const struct network_route *r)
{
    return strcmp(r->prefix, "::/0") == 0;
}

/* With DHCP the values of an earlier time may still be there; they mean nothing. */
void network_addresses(const struct network_settings *s, struct texts *out)
{
    const struct network_value *addresses = network_value_named(&s->tcpip, "IPAddress");
    const struct network_value *masks = network_value_named(&s->tcpip, "SubnetMask");
    const char *address;
    bool is_static = network_dhcp(s) != TRI_YES; /* absent is no: KB 314053 */
    for (size_t i = 0; is_static && (address = text_of(addresses, i)) != NULL; i++) {
        const char *mask = text_of(masks, i);
        struct text t = {0};
        if (!is_address(address))
            continue;
        text_addf(&t, "%s%s%s", address, mask ? "/" : "", mask ? mask : "");
        texts_add(out, text_str(&t));
        text_release(&t);
    }
    copy_texts(out, &s->addresses6);
}

void network_gateways(const struct network_settings *s, struct texts *out)
{
    const struct network_value *v = network_value_named(&s->tcpip, "DefaultGateway");
    const char *gateway;
    for (size_t i = 0; (gateway = text_of(v, i)) != NULL; i++)
        if (is_address(gateway))
            texts_add(out, gateway);
    for (size_t i = 0; i < s->routes6.count; i++)
        if (is_default_route(&s->routes6.at[i]))
            texts_add(out, s->routes6.at[i].next_hop);
}

/* NameServer is one text, with commas or blanks between the addresses. */
static void add_name_servers(const struct network_values *values, struct texts *out)
{
    const char *at = text_of(network_value_named(values, "NameServer"), 0);
    while (at && *at) {
        size_t size = strcspn(at, ", ");
        char *server = mem_strndup(at, size);
        if (size)
            texts_add(out, server);
        mem_free(server);
        at += size + strspn(at + size, ", ");
    }
}

void network_name_servers(const struct network_settings *s, struct texts *out)
{
    add_name_servers(&s->tcpip, out);
    add_name_servers(&s->tcpip6, out);
}

void network_remember(struct network *n, const struct network *earlier)
{
    for (size_t i = 0; i < n->adapters.count; i++) {
        struct network_adapter *a = &n->adapters.at[i];
        const struct network_adapter *then = network_adapter_with_guid(earlier, a->guid);
        if (!then || a->mac || !then->mac)
            continue;
        shape_set_text(&a->mac, then->mac);
        a->present = then->present;
    }
}

const struct network_adapter *network_adapter_with_guid(const struct network *n, const char *guid)
{
    for (size_t i = 0; i < n->adapters.count; i++)
        if (text_equal_nocase(n->adapters.at[i].guid, guid))
            return &n->adapters.at[i];
    return NULL;
}
