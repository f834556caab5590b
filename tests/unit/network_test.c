/* network: values there and back, what settings say, and which adapter gets what. */
#include "installer/network.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

#define MAC_A "00:16:3e:00:00:0a"
#define MAC_B "00:16:3e:00:00:0b"
#define PCI_A "PCI\\VEN_10EC&DEV_8139\\3&20"
#define PCI_B "PCI\\VEN_10EC&DEV_8139\\3&28"
#define VIF_A "XENVIF\\VEN_XP0001&DEV_NET\\0"
#define VIF_B "XEN\\VIF\\1&79F5D87&0&01"

/* --- making adapters -------------------------------------------------------------------------- */

/* The n-th interface GUID. */
static char *guid_of(unsigned n)
{
    struct text t = {0};
    text_addf(&t, "{%08X-0000-4000-8000-0123456789AB}", n);
    return text_steal(&t);
}

static struct network_adapter *add_adapter(struct network *n, unsigned guid, const char *instance,
                                           const char *mac)
{
    struct network_adapter *a = shape_list_add(&n->adapters, sizeof *a);
    a->guid = guid_of(guid);
    a->instance = mem_strdup(instance);
    a->mac = mem_strdup(mac);
    a->kind = network_kind_of(instance);
    a->present = TRI_YES;
    return a;
}

static void drop(struct network_values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (text_equal_nocase(values->at[i].name, name)) {
            struct network_settings one = {0};
            *(struct network_value *)shape_list_add(&one.tcpip, sizeof *values->at) = values->at[i];
            network_settings_release(&one);
            values->at[i] = values->at[--values->count];
            return;
        }
}

static struct network_value *put(struct network_values *values, const char *name,
                                 enum network_type type)
{
    drop(values, name);
    struct network_value *v = shape_list_add(values, sizeof *v);
    v->name = mem_strdup(name);
    v->type = type;
    return v;
}

static void put_number(struct network_values *values, const char *name, uint64_t number)
{
    put(values, name, NETWORK_TYPE_NUMBER)->number = number_of(number);
}

static void put_text(struct network_values *values, const char *name, const char *text)
{
    put(values, name, NETWORK_TYPE_TEXT)->text = mem_strdup(text);
}

static void put_list(struct network_values *values, const char *name, const char *text)
{
    struct network_value *v = put(values, name, NETWORK_TYPE_TEXTS);
    if (text)
        texts_add(&v->texts, text);
}

/* What Windows writes for a new adapter. */
static void set_dhcp(struct network_adapter *a)
{
    put_number(&a->settings.tcpip, "EnableDHCP", 1);
    put_list(&a->settings.tcpip, "IPAddress", "0.0.0.0");
    put_list(&a->settings.tcpip, "SubnetMask", "0.0.0.0");
    put_list(&a->settings.tcpip, "DefaultGateway", NULL);
    put_text(&a->settings.tcpip, "NameServer", "");
    put_text(&a->settings.tcpip, "Domain", "");
    put_number(&a->settings.netbt, "NetbiosOptions", 0);
}

static void set_static(struct network_adapter *a, const char *address)
{
    set_dhcp(a);
    put_number(&a->settings.tcpip, "EnableDHCP", 0);
    put_list(&a->settings.tcpip, "IPAddress", address);
    put_list(&a->settings.tcpip, "SubnetMask", "255.255.255.0");
    put_list(&a->settings.tcpip, "DefaultGateway", "192.0.2.1");
    put_list(&a->settings.tcpip, "DefaultGatewayMetric", "5");
    put_text(&a->settings.tcpip, "NameServer", "192.0.2.2,192.0.2.3");
    put_number(&a->settings.tcpip, "MTU", 1400);
    put_list(&a->settings.netbt, "NameServerList", "192.0.2.4");
}

/* The guest before: emulated adapter 1 with an address. */
static void saved_guest(struct network *n)
{
    set_static(add_adapter(n, 1, PCI_A, MAC_A), "192.0.2.5");
}

/* The guest after the restart: the emulated one is a ghost of unknown MAC, PV adapter 2 is new. */
static void guest_now(struct network *n)
{
    struct network_adapter *ghost = add_adapter(n, 1, PCI_A, NULL);
    set_static(ghost, "192.0.2.5");
    ghost->present = TRI_NO;
    set_dhcp(add_adapter(n, 2, VIF_A, MAC_A));
}

static struct network_adapter *adapter(struct network *n, unsigned guid)
{
    char *name = guid_of(guid);
    struct network_adapter *a = (struct network_adapter *)network_adapter_with_guid(n, name);
    mem_free(name);
    assert_non_null(a);
    return a;
}

/* What platform's network_write does, to an adapter in memory; only the first `most` values. */
static size_t write_values(struct network_values *to, const struct network_values *before,
                           const struct network_values *after, size_t most)
{
    for (size_t i = 0; i < before->count && most; i++)
        if (!network_value_named(after, before->at[i].name)) {
            drop(to, before->at[i].name);
            most--;
        }
    for (size_t i = 0; i < after->count && most; i++, most--) {
        struct network_settings one = {.tcpip = {&after->at[i], 1}}, copy = {0};
        network_settings_copy(&copy, &one);
        drop(to, after->at[i].name);
        *(struct network_value *)shape_list_add(to, sizeof *to->at) = copy.tcpip.at[0];
        mem_free(copy.tcpip.at);
    }
    return most;
}

static void write_change(struct network *n, const struct network_change *c, size_t most)
{
    struct network_adapter *a = (struct network_adapter *)network_adapter_with_guid(n, c->guid);
    assert_non_null(a);
    most = write_values(&a->settings.tcpip, &c->before.tcpip, &c->after.tcpip, most);
    most = write_values(&a->settings.tcpip6, &c->before.tcpip6, &c->after.tcpip6, most);
    write_values(&a->settings.netbt, &c->before.netbt, &c->after.netbt, most);
}

static void write_plan(struct network *n, const struct network_plan *p)
{
    for (size_t i = 0; i < p->changes.count; i++)
        write_change(n, &p->changes.at[i], SIZE_MAX);
}

/* The settings of an adapter as text, names sorted, to compare two moments. mem_free. */
static char *picture(const struct network_adapter *a)
{
    static const char *const names[] = {
        "EnableDHCP", "IPAddress", "SubnetMask", "DefaultGateway", "DefaultGatewayMetric",
        "NameServer", "Domain",    "MTU",        "NetbiosOptions", "NameServerList",
    };
    struct text t = {0};
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct network_value *v = network_value_named(&a->settings.tcpip, names[i]);
        v = v ? v : network_value_named(&a->settings.netbt, names[i]);
        if (!v)
            continue;
        text_addf(&t, "%s=%s%llu", names[i], v->text ? v->text : "",
                  (unsigned long long)v->number.value);
        for (size_t k = 0; k < v->texts.count; k++)
            text_addf(&t, ",%s", v->texts.at[k]);
        text_add(&t, "\n");
    }
    for (size_t i = 0; i < a->settings.addresses6.count; i++)
        text_addf(&t, "%s\n", a->settings.addresses6.at[i]);
    return text_steal(&t);
}

/* --- values ----------------------------------------------------------------------------------- */

struct value_row {
    const char *sentence;
    uint32_t type;
    const char *bytes;
    size_t size;
    bool unusual;
    const char *data; /* NULL: it has a content of its type */
};

static const struct value_row value_rows[] = {
    {"a text with its end", 1, "a\0\0\0", 4, false, NULL},
    {"an empty text", 1, "\0\0", 2, false, NULL},
    {"a text without an end is kept as bytes", 1, "a\0b\0", 4, true, "61006200"},
    {"a text of no bytes is kept as none", 1, "", 0, true, ""},
    {"a text of odd length", 1, "a\0\0", 3, true, "610000"},
    {"a text with something behind its end", 2, "a\0\0\0b\0", 6, true, "610000006200"},
    {"half a surrogate pair", 1, "\0\xd8\0\0", 4, true, "00d80000"},
    {"a whole surrogate pair is a character", 1, "\x3d\xd8\0\xde\0\0", 6, false, NULL},
    {"a list", 7, "a\0\0\0b\0\0\0\0\0", 10, false, NULL},
    {"an empty list", 7, "\0\0", 2, false, NULL},
    {"an empty list of two ends", 7, "\0\0\0\0", 4, true, "00000000"},
    {"a list without its last end", 7, "a\0\0\0", 4, true, "61000000"},
    {"a list of no bytes", 7, "", 0, true, ""},
    {"a number", 4, "\1\2\3\4", 4, false, NULL},
    {"a number of three bytes", 4, "\1\2\3", 3, true, "010203"},
    {"a number of eight bytes under the name of four", 4, "\1\0\0\0\0\0\0\0", 8, true,
     "0100000000000000"},
    {"a long number", 11, "\1\0\0\0\0\0\0\x40", 8, false, NULL},
    {"a long number past JSON's", 11, "\0\0\0\0\0\0\0\x80", 8, true, "0000000000000080"},
    {"bytes are bytes", 3, "\1\2", 2, false, "0102"},
    {"no bytes of no type", 0, "", 0, false, ""},
};

static void every_value_comes_back_as_its_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(value_rows); i++) {
        const struct value_row *row = &value_rows[i];
        struct network_settings s = {0};
        struct network_value *v = shape_list_add(&s.tcpip, sizeof *v);
        struct bytes back = {0};
        bool unusual = false;
        struct span bytes = span_of(row->bytes, row->size);
        CHECK(row->sentence, network_value_from("x", row->type, bytes, v, &unusual));
        CHECK(row->sentence, unusual == row->unusual);
        CHECK_TEXT(row->sentence, v->data, row->data);
        CHECK(row->sentence, network_value_bytes(v, &back));
        CHECK(row->sentence, span_equal(bytes_span(&back), bytes));
        bytes_release(&back);
        network_settings_release(&s);
    }
}

static void refuses_values_that_no_registry_has(void **state)
{
    (void)state;
    struct network_value v = {0};
    struct bytes out = {0};
    bool unusual = false;
    uint8_t *big = mem_zero(NETWORK_VALUE_MAX + 1, 1);
    CHECK("type 12", !network_value_from("x", 12, span_of("", 0), &v, &unusual));
    CHECK("type 0xffffffff", !network_value_from("x", UINT32_MAX, span_of("", 0), &v, &unusual));
    CHECK("a value without a name", !network_value_from("", 3, span_of("", 0), &v, &unusual));
    CHECK("a value that is too large",
          !network_value_from("x", 3, span_of(big, NETWORK_VALUE_MAX + 1), &v, &unusual));
    CHECK("nothing is written then", !v.name && !unusual);
    mem_free(big);
    struct network_value wrong[] = {
        {.type = NETWORK_TYPE_BINARY, .data = (char *)"0"},
        {.type = NETWORK_TYPE_BINARY, .data = (char *)"0g"},
        {.type = NETWORK_TYPE_NUMBER, .number = number_of(UINT32_MAX + 1ull)},
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        CHECK("data that is no bytes", !network_value_bytes(&wrong[i], &out) && !out.at);
}

static void a_lease_is_no_setting(void **state)
{
    (void)state;
    static const char *const settings[] = {"EnableDHCP",      "IPAddress", "NameServer",  "MTU",
                                           "InterfaceMetric", "Domain",    "DhcpClassId", "T",
                                           "ANewWindowsOne"};
    static const char *const states[] = {"DhcpIPAddress",  "dhcpserver",  "LeaseObtainedTime",
                                         "Lease",          "T1",          "t2",
                                         "AddressType",    "DhcpDomain",  "IPAutoconfigurationSeed",
                                         "NTEContextList", "LLInterface", ""};
    for (size_t i = 0; i < COUNT(settings); i++)
        CHECK(settings[i], network_is_setting(settings[i]));
    for (size_t i = 0; i < COUNT(states); i++)
        CHECK(states[i], !network_is_setting(states[i]));
}

static void mac_addresses_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *text, *mac;
    } rows[] = {
        {"00-16-3E-0A-0B-0C", "00:16:3e:0a:0b:0c"},
        {"00163e0a0b0c", "00:16:3e:0a:0b:0c"},
        {"00:16:3e:0a:0b:0c", "00:16:3e:0a:0b:0c"},
        {"00:16:3e:0a:0b", NULL},
        {"00:16:3e:0a:0b:0c:0d", NULL},
        {"00:00:00:00:00:00", NULL},
        {"01:16:3e:0a:0b:0c", NULL},
        {"00:16:3e:0a:0b:0g", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *mac = network_mac(rows[i].text);
        CHECK_TEXT(rows[i].text ? rows[i].text : "nothing", mac, rows[i].mac);
        mem_free(mac);
    }
}

static void the_bus_says_what_an_adapter_is(void **state)
{
    (void)state;
    assert_int_equal(network_kind_of(PCI_A), FACTS_NETWORK_EMULATED);
    assert_int_equal(network_kind_of(VIF_A), FACTS_NETWORK_PV);
    assert_int_equal(network_kind_of("xen\\vif\\1"), FACTS_NETWORK_PV);
    assert_int_equal(network_kind_of("XEN\\VBD\\1"), FACTS_NETWORK_OTHER);
    assert_int_equal(network_kind_of("ROOT\\MS_NDISWANIP\\0000"), FACTS_NETWORK_OTHER);
    assert_int_equal(network_kind_of(NULL), FACTS_NETWORK_UNKNOWN);
}

static void guids_lead_out_of_no_key(void **state)
{
    (void)state;
    CHECK("a GUID", network_is_guid("{00000004-0000-0000-0000-4E6574446576}"));
    CHECK("no braces", !network_is_guid("00000004-0000-0000-0000-4E6574446576"));
    CHECK("a backslash", !network_is_guid("{00000004-0000-0000-0000-4E65744465\\6}"));
    CHECK("a dash elsewhere", !network_is_guid("{0000000-40000-0000-0000-4E6574446576}"));
    CHECK("too long", !network_is_guid("{00000004-0000-0000-0000-4E65744465760}"));
    CHECK("nothing", !network_is_guid(""));
}

/* --- what settings say ------------------------------------------------------------------------ */

static void expect_list(const char *sentence, struct texts *list, const char *wanted)
{
    struct text t = {0};
    for (size_t i = 0; i < list->count; i++)
        text_addf(&t, "%s%s", i ? " " : "", list->at[i]);
    CHECK_TEXT(sentence, text_str(&t), wanted);
    text_release(&t);
    texts_release(list);
}

static void settings_say_what_people_ask(void **state)
{
    (void)state;
    struct network n = {0};
    struct texts list = {0};
    saved_guest(&n);
    struct network_settings *s = &n.adapters.at[0].settings;
    struct network_value *addresses =
        (struct network_value *)network_value_named(&s->tcpip, "IPAddress");
    texts_add(&addresses->texts, "192.0.2.6");
    texts_add(&s->addresses6, "2001:db8:0:0:0:0:0:5/64");
    network_addresses(s, &list);
    expect_list("addresses with the masks that there are", &list,
                "192.0.2.5/255.255.255.0 192.0.2.6 2001:db8:0:0:0:0:0:5/64");
    network_gateways(s, &list);
    expect_list("gateways", &list, "192.0.2.1");
    network_name_servers(s, &list);
    expect_list("name servers", &list, "192.0.2.2 192.0.2.3");
    assert_int_equal(network_dhcp(s), TRI_NO);
    put_number(&s->tcpip, "EnableDHCP", 1);
    network_addresses(s, &list);
    expect_list("with DHCP old addresses mean nothing", &list, "2001:db8:0:0:0:0:0:5/64");
    network_release(&n);
}

static void knows_who_was_set_up(void **state)
{
    (void)state;
    struct network n = {0};
    struct network_adapter *a = add_adapter(&n, 1, PCI_A, MAC_A);
    CHECK("nothing at all", !network_is_set_up(&a->settings));
    set_dhcp(a);
    CHECK("as Windows makes it", !network_is_set_up(&a->settings));
    put_number(&a->settings.netbt, "NetbiosOptions", 2);
    CHECK("NetBIOS switched off", network_is_set_up(&a->settings));
    put_number(&a->settings.netbt, "NetbiosOptions", 0);
    put_text(&a->settings.tcpip, "NameServer", "192.0.2.2");
    CHECK("DHCP with a name server of one's own", network_is_set_up(&a->settings));
    put_text(&a->settings.tcpip, "NameServer", "");
    texts_add(&a->settings.addresses6, "2001:db8:0:0:0:0:0:5/64");
    CHECK("an IPv6 address", network_is_set_up(&a->settings));
    network_release(&n);
}

/* --- who gets what ---------------------------------------------------------------------------- */

static void expect_matches(const char *sentence, const struct network *now,
                           const struct network *saved, enum facts_network_kind to, bool wanted)
{
    struct err e = {0};
    CHECK(sentence, network_matches(now, saved, to, &e) == wanted);
    CHECK(sentence, wanted || e.kind == ERR_FAILED);
}

static void the_pv_adapter_gets_the_settings(void **state)
{
    (void)state;
    struct network saved = {0}, now = {0};
    struct network_plan plan = {0};
    saved_guest(&saved);
    guest_now(&now);
    put_number(&adapter(&now, 2)->settings.tcpip, "NewWindowsValue", 7);
    expect_matches("before", &now, &saved, FACTS_NETWORK_PV, false);
    network_plan(&saved, &now, FACTS_NETWORK_PV, &plan);
    assert_int_equal(plan.changes.count, 2);
    assert_int_equal(plan.waiting.count + plan.left.count, 0);
    CHECK("the ghost lets go first", plan.changes.at[0].purpose == NETWORK_RELEASE);
    CHECK("then the PV adapter gets it", plan.changes.at[1].purpose == NETWORK_RESTORE);
    write_plan(&now, &plan);
    char *wanted = picture(adapter(&saved, 1)), *have = picture(adapter(&now, 2));
    assert_string_equal(have, wanted);
    CHECK("what is not ours stays",
          network_value_named(&adapter(&now, 2)->settings.tcpip, "NewWindowsValue"));
    CHECK("the ghost has no address", !network_is_set_up(&adapter(&now, 1)->settings) ||
                                          network_dhcp(&adapter(&now, 1)->settings) == TRI_YES);
    expect_matches("after", &now, &saved, FACTS_NETWORK_PV, true);
    mem_free(wanted);
    mem_free(have);
    network_plan_release(&plan);
    network_release(&saved);
    network_release(&now);
}

/* As Windows shows one that is disabled. */
static void a_silent_half_lets_go_too(void **state)
{
    (void)state;
    struct network saved = {0}, now = {0};
    struct network_plan plan = {0};
    saved_guest(&saved);
    guest_now(&now);
    adapter(&now, 1)->present = TRI_YES;
    network_plan(&saved, &now, FACTS_NETWORK_PV, &plan);
    assert_int_equal(plan.changes.count, 2);
    write_plan(&now, &plan);
    CHECK("it asks DHCP", network_dhcp(&adapter(&now, 1)->settings) == TRI_YES);
    network_plan_release(&plan);
    network_release(&saved);
    network_release(&now);
}

static void undo_gives_everything_back(void **state)
{
    (void)state;
    struct network saved = {0}, now = {0};
    struct network_plan plan = {0}, undo = {0};
    saved_guest(&saved);
    guest_now(&now);
    char *ghost = picture(adapter(&now, 1)), *pv = picture(adapter(&now, 2));
    network_plan(&saved, &now, FACTS_NETWORK_PV, &plan);
    write_plan(&now, &plan);
    network_undo(&plan.changes, &now, &undo);
    assert_int_equal(undo.changes.count, 2);
    CHECK("the PV adapter lets go first", undo.changes.at[0].purpose == NETWORK_RELEASE);
    write_plan(&now, &undo);
    char *ghost_after = picture(adapter(&now, 1)), *pv_after = picture(adapter(&now, 2));
    assert_string_equal(ghost_after, ghost);
    assert_string_equal(pv_after, pv);
    network_plan_release(&undo);
    network_undo(&plan.changes, &now, &undo);
    CHECK("undone is undone", undo.changes.count == 0 && undo.left.count == 0);
    mem_free(ghost);
    mem_free(pv);
    mem_free(ghost_after);
    mem_free(pv_after);
    network_plan_release(&undo);
    network_plan_release(&plan);
    network_release(&saved);
    network_release(&now);
}

/* The power goes after each value in turn: then the record says what to go on with, or to undo. */
static void half_a_change_is_finished_or_undone(void **state)
{
    (void)state;
    for (int undo = 0; undo < 2; undo++)
        for (size_t most = 0; most < 24; most++) {
            struct network now = {0};
            struct network_record r = {.schema = number_of(NETWORK_SCHEMA)};
            struct network_plan plan = {0}, rest = {0};
            saved_guest(&r.saved);
            guest_now(&now);
            char *wanted = picture(undo ? adapter(&now, 2) : adapter(&r.saved, 1));
            network_next(&r, &now, FACTS_NETWORK_PV, &plan);
            network_changes_note(&r.changes, &plan.changes);
            write_change(&now, &r.changes.at[0], most < 12 ? most : SIZE_MAX);
            if (most >= 12)
                write_change(&now, &r.changes.at[1], most - 12);
            if (undo)
                network_undo(&r.changes, &now, &rest);
            else
                network_next(&r, &now, FACTS_NETWORK_PV, &rest);
            assert_int_equal(rest.left.count, 0);
            write_plan(&now, &rest);
            char *have = picture(adapter(&now, 2));
            assert_string_equal(have, wanted);
            network_plan_release(&rest);
            network_next(&r, &now, FACTS_NETWORK_PV, &rest);
            CHECK("nothing is left to do", undo || rest.changes.count == 0);
            mem_free(wanted);
            mem_free(have);
            network_plan_release(&rest);
            network_plan_release(&plan);
            network_record_release(&r);
            network_release(&now);
        }
}

static void an_administrator_comes_first(void **state)
{
    (void)state;
    struct network now = {0};
    struct network_record r = {.schema = number_of(NETWORK_SCHEMA)};
    struct network_plan plan = {0};
    saved_guest(&r.saved);
    guest_now(&now);
    network_next(&r, &now, FACTS_NETWORK_PV, &plan);
    network_changes_note(&r.changes, &plan.changes);
    write_plan(&now, &plan);
    network_plan_release(&plan);
    put_list(&adapter(&now, 2)->settings.tcpip, "IPAddress", "198.51.100.7");
    network_next(&r, &now, FACTS_NETWORK_PV, &plan);
    CHECK("another address stays", plan.changes.count == 0);
    CHECK_HAS("and it is said", plan.left.at[0], "somebody has changed its settings since");
    network_plan_release(&plan);
    set_dhcp(adapter(&now, 2));
    put_number(&adapter(&now, 2)->settings.tcpip, "MTU", 9000);
    network_next(&r, &now, FACTS_NETWORK_PV, &plan);
    CHECK("DHCP stays as well", plan.changes.count == 0);
    network_plan_release(&plan);
    network_undo(&r.changes, &now, &plan);
    assert_int_equal(plan.changes.count, 1);
    CHECK("an undo gives back only what is ours still",
          plan.changes.at[0].purpose == NETWORK_RESTORE && plan.left.count == 1);
    network_plan_release(&plan);
    network_record_release(&r);
    network_release(&now);
}

/* --- who gets nothing, and why ---------------------------------------------------------------- */

static void changes_the_address(struct network *saved, struct network *now)
{
    (void)saved;
    set_static(adapter(now, 2), "198.51.100.7");
}
static void has_no_pv(struct network *saved, struct network *now)
{
    (void)saved;
    adapter(now, 2)->present = TRI_NO;
}
static void pv_of_another_mac(struct network *saved, struct network *now)
{
    (void)saved;
    shape_set_text(&adapter(now, 2)->mac, MAC_B);
}
static void pv_of_no_mac(struct network *saved, struct network *now)
{
    (void)saved;
    shape_set_text(&adapter(now, 2)->mac, NULL);
}
static void two_pv_of_one_mac(struct network *saved, struct network *now)
{
    (void)saved;
    set_dhcp(add_adapter(now, 3, VIF_B, MAC_A));
}
static void emulated_is_still_there(struct network *saved, struct network *now)
{
    (void)saved;
    adapter(now, 1)->present = TRI_YES;
    shape_set_text(&adapter(now, 1)->mac, MAC_A);
}
static void emulated_may_be_there(struct network *saved, struct network *now)
{
    (void)saved;
    adapter(now, 1)->present = TRI_UNKNOWN;
    shape_set_text(&adapter(now, 1)->mac, MAC_A);
}
static void mac_was_not_read(struct network *saved, struct network *now)
{
    (void)now;
    shape_set_text(&adapter(saved, 1)->mac, NULL);
}
static void two_emulated_of_one_mac(struct network *saved, struct network *now)
{
    (void)now;
    set_dhcp(add_adapter(saved, 4, PCI_B, MAC_A));
}
static void another_has_the_address(struct network *saved, struct network *now)
{
    (void)saved;
    set_static(add_adapter(now, 5, "ROOT\\NET\\0000", MAC_B), "192.0.2.5");
}
static void was_a_ghost(struct network *saved, struct network *now)
{
    (void)now;
    adapter(saved, 1)->present = TRI_NO;
}
static void pv_had_settings_before(struct network *saved, struct network *now)
{
    set_static(add_adapter(saved, 2, VIF_A, MAC_A), "198.51.100.9");
    set_static(adapter(now, 2), "198.51.100.9");
}

struct refusal_row {
    const char *sentence;
    void (*alter)(struct network *saved, struct network *now);
    const char *waiting, *left; /* a part of the sentence, or NULL for none */
};

static const struct refusal_row refusal_rows[] = {
    {"a PV adapter with settings of its own is left", changes_the_address, NULL,
     "settings of its own"},
    {"no PV adapter yet", has_no_pv, "not there yet", NULL},
    {"a PV adapter of another MAC address", pv_of_another_mac, "not there yet", NULL},
    {"a PV adapter that does not tell its MAC address", pv_of_no_mac, "not there yet", NULL},
    {"two PV adapters of one MAC address", two_pv_of_one_mac, NULL, "more than one"},
    {"the emulated one is still at work", emulated_is_still_there, "still there", NULL},
    {"the emulated one may still be at work", emulated_may_be_there, "still there", NULL},
    {"its MAC address was not read", mac_was_not_read, NULL, "could not be read"},
    {"two emulated adapters had one MAC address", two_emulated_of_one_mac, NULL, "the same MAC"},
    {"another adapter at work has the address", another_has_the_address, NULL,
     "belongs to another"},
    {"a ghost gives nothing", was_a_ghost, NULL, NULL},
    {"an upgrade leaves what the PV adapter had", pv_had_settings_before, NULL, NULL},
};

static void check_sentence(const char *sentence, const struct texts *list, const char *part)
{
    CHECK(sentence, list->count == (part ? 1u : 0u));
    if (part)
        CHECK_HAS(sentence, list->at[0], part);
}

static void nobody_else_is_touched(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusal_rows); i++) {
        const struct refusal_row *row = &refusal_rows[i];
        struct network saved = {0}, now = {0};
        struct network_plan plan = {0};
        saved_guest(&saved);
        guest_now(&now);
        row->alter(&saved, &now);
        network_plan(&saved, &now, FACTS_NETWORK_PV, &plan);
        CHECK(row->sentence, plan.changes.count == 0);
        check_sentence(row->sentence, &plan.waiting, row->waiting);
        check_sentence(row->sentence, &plan.left, row->left);
        network_plan_release(&plan);
        network_release(&saved);
        network_release(&now);
    }
}

static void each_adapter_gets_its_own(void **state)
{
    (void)state;
    struct network saved = {0}, now = {0};
    struct network_plan plan = {0};
    saved_guest(&saved);
    set_static(add_adapter(&saved, 3, PCI_B, MAC_B), "198.51.100.3");
    set_dhcp(add_adapter(&now, 4, VIF_B, "00:16:3E:00:00:0B"));
    guest_now(&now);
    network_plan(&saved, &now, FACTS_NETWORK_PV, &plan);
    write_plan(&now, &plan);
    char *want_a = picture(adapter(&saved, 1)), *want_b = picture(adapter(&saved, 3));
    char *have_a = picture(adapter(&now, 2)), *have_b = picture(adapter(&now, 4));
    assert_string_equal(have_a, want_a);
    assert_string_equal(have_b, want_b);
    mem_free(want_a);
    mem_free(want_b);
    mem_free(have_a);
    mem_free(have_b);
    network_plan_release(&plan);
    network_release(&saved);
    network_release(&now);
}

static void removal_gives_them_to_the_emulated_one(void **state)
{
    (void)state;
    struct network saved = {0}, now = {0};
    struct network_plan plan = {0};
    set_static(add_adapter(&saved, 2, VIF_A, MAC_A), "192.0.2.5");
    set_dhcp(add_adapter(&now, 1, PCI_A, MAC_A));
    set_static(add_adapter(&now, 2, VIF_A, NULL), "192.0.2.5");
    adapter(&now, 2)->present = TRI_NO;
    network_plan(&saved, &now, FACTS_NETWORK_EMULATED, &plan);
    assert_int_equal(plan.changes.count, 2);
    write_plan(&now, &plan);
    expect_matches("after the removal", &now, &saved, FACTS_NETWORK_EMULATED, true);
    char *wanted = picture(adapter(&saved, 2)), *have = picture(adapter(&now, 1));
    assert_string_equal(have, wanted);
    mem_free(wanted);
    mem_free(have);
    network_plan_release(&plan);
    network_release(&saved);
    network_release(&now);
}

/* From GPLPV to Xen Project: both are PV, and the new one is another device. */
static void another_family_takes_the_settings_over(void **state)
{
    (void)state;
    struct network saved = {0}, now = {0};
    struct network_plan plan = {0};
    set_static(add_adapter(&saved, 3, VIF_B, MAC_A), "192.0.2.5");
    set_static(add_adapter(&now, 3, VIF_B, NULL), "192.0.2.5");
    set_dhcp(add_adapter(&now, 2, VIF_A, MAC_A));
    network_plan(&saved, &now, FACTS_NETWORK_PV, &plan);
    CHECK("while the old one is there it keeps them",
          plan.changes.count + plan.waiting.count + plan.left.count == 0);
    adapter(&now, 3)->present = TRI_NO;
    network_plan(&saved, &now, FACTS_NETWORK_PV, &plan);
    write_plan(&now, &plan);
    char *wanted = picture(adapter(&saved, 3)), *have = picture(adapter(&now, 2));
    assert_string_equal(have, wanted);
    mem_free(wanted);
    mem_free(have);
    network_plan_release(&plan);
    network_release(&saved);
    network_release(&now);
}

static void a_ghost_is_remembered(void **state)
{
    (void)state;
    struct network earlier = {0}, now = {0};
    saved_guest(&earlier);
    guest_now(&now);
    put_list(&adapter(&now, 1)->settings.tcpip, "IPAddress", "192.0.2.9");
    network_remember(&now, &earlier);
    CHECK_TEXT("its address is known", adapter(&now, 1)->mac, MAC_A);
    CHECK("as if it were there", adapter(&now, 1)->present == TRI_YES);
    CHECK_TEXT("its settings are those of now",
               network_value_named(&adapter(&now, 1)->settings.tcpip, "IPAddress")->texts.at[0],
               "192.0.2.9");
    shape_set_text(&adapter(&earlier, 1)->mac, MAC_B);
    network_remember(&now, &earlier);
    CHECK_TEXT("who answers is believed", adapter(&now, 1)->mac, MAC_A);
    network_release(&earlier);
    network_release(&now);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void a_record_comes_back_as_it_was(void **state)
{
    (void)state;
    struct network_record r = {.schema = number_of(NETWORK_SCHEMA)}, back = {0};
    struct network now = {0};
    struct network_plan plan = {0};
    struct err e = {0};
    saved_guest(&r.saved);
    struct network_settings *s = &r.saved.adapters.at[0].settings;
    texts_add(&s->addresses6, "2001:db8:0:0:0:0:0:5/64");
    struct network_route *route = shape_list_add(&s->routes6, sizeof *route);
    *route = (struct network_route){mem_strdup("::/0"), mem_strdup("fe80:0:0:0:0:0:0:1"),
                                    number_of(256)};
    put(&s->tcpip, "Odd", NETWORK_TYPE_TEXTS)->data = mem_strdup("610062");
    guest_now(&now);
    network_next(&r, &now, FACTS_NETWORK_PV, &plan);
    network_changes_note(&r.changes, &plan.changes);
    char *once = network_record_encode(&r);
    CHECK_HAS("people can read it", once, "\"192.0.2.5\"");
    CHECK_HAS("types have their names", once, "\"REG_MULTI_SZ\"");
    if (!network_record_decode(span_text(once), &back, &e))
        fail_msg("%s", e.text);
    char *twice = network_record_encode(&back);
    assert_string_equal(once, twice);
    struct network_record *copy = network_record_copy(&r);
    char *copied = network_record_encode(copy);
    assert_string_equal(copied, once);
    assert_null(network_record_copy(NULL));
    network_record_release(copy);
    mem_free(copy);
    mem_free(copied);
    mem_free(once);
    mem_free(twice);
    network_plan_release(&plan);
    network_record_release(&r);
    network_record_release(&back);
    network_release(&now);
}

#define RECORD(guid, settings)                                                                     \
    "{\"schema\": 1, \"saved\": {\"adapters\": [{\"guid\": \"" guid "\", \"settings\": {" settings \
    "}}]}, \"changes\": []}"
#define GUID "{00000004-0000-0000-0000-4E6574446576}"

static void refuses_records_that_we_did_not_write(void **state)
{
    (void)state;
    static const struct {
        const char *sentence, *json;
    } rows[] = {
        {"another schema", "{\"schema\": 2}"},
        {"no schema", "{}"},
        {"a GUID that leads out of the key", RECORD("{..\\\\..\\\\..\\\\evil}", "")},
        {"a value of two contents",
         RECORD(GUID, "\"tcpip\": [{\"name\": \"a\", \"type\": \"REG_SZ\", \"text\": \"\", "
                      "\"data\": \"\"}]")},
        {"a value of no content",
         RECORD(GUID, "\"tcpip\": [{\"name\": \"a\", \"type\": \"REG_SZ\"}]")},
        {"a number that is a text",
         RECORD(GUID, "\"tcpip\": [{\"name\": \"a\", \"type\": \"REG_SZ\", \"number\": 1}]")},
        {"a text that is a number",
         RECORD(GUID, "\"tcpip6\": [{\"name\": \"a\", \"type\": \"REG_DWORD\", \"text\": \"1\"}]")},
        {"a value without a name",
         RECORD(GUID, "\"netbt\": [{\"name\": \"\", \"type\": \"REG_DWORD\", \"number\": 1}]")},
        {"a number that is too large",
         RECORD(GUID,
                "\"tcpip\": [{\"name\": \"a\", \"type\": \"REG_DWORD\", \"number\": 4294967296}]")},
        {"data that is no bytes",
         RECORD(GUID, "\"tcpip\": [{\"name\": \"a\", \"type\": \"REG_BINARY\", \"data\": \"0\"}]")},
        {"an IPv6 address that is a command",
         RECORD(GUID, "\"addresses6\": [\"1::2 & format c:\"]")},
        {"a route that is a command",
         RECORD(GUID, "\"routes6\": [{\"prefix\": \"::/0\", \"next_hop\": \"\\\"\"}]")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct network_record r = {0};
        struct err e = {0};
        CHECK(rows[i].sentence, !network_record_decode(span_text(rows[i].json), &r, &e));
        CHECK(rows[i].sentence, e.kind == ERR_FORMAT && !r.saved.adapters.at);
    }
    struct network_record good = {0};
    CHECK("the same with nothing wrong",
          network_record_decode(span_text(RECORD(GUID, "\"addresses6\": [\"1::2/64\"]")), &good,
                                NULL));
    network_record_release(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_comes_back_as_its_bytes),
        cmocka_unit_test(refuses_values_that_no_registry_has),
        cmocka_unit_test(a_lease_is_no_setting),
        cmocka_unit_test(mac_addresses_have_one_form),
        cmocka_unit_test(the_bus_says_what_an_adapter_is),
        cmocka_unit_test(guids_lead_out_of_no_key),
        cmocka_unit_test(settings_say_what_people_ask),
        cmocka_unit_test(knows_who_was_set_up),
        cmocka_unit_test(the_pv_adapter_gets_the_settings),
        cmocka_unit_test(a_silent_half_lets_go_too),
        cmocka_unit_test(undo_gives_everything_back),
        cmocka_unit_test(half_a_change_is_finished_or_undone),
        cmocka_unit_test(an_administrator_comes_first),
        cmocka_unit_test(nobody_else_is_touched),
        cmocka_unit_test(each_adapter_gets_its_own),
        cmocka_unit_test(removal_gives_them_to_the_emulated_one),
        cmocka_unit_test(another_family_takes_the_settings_over),
        cmocka_unit_test(a_ghost_is_remembered),
        cmocka_unit_test(a_record_comes_back_as_it_was),
        cmocka_unit_test(refuses_records_that_we_did_not_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
