#include "installer/network.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* Values that somebody sets who gives an adapter an address or a server. */
static const char *const tcpip_own[] = {"IPAddress",  "SubnetMask",           "DefaultGateway",
                                        "NameServer", "DefaultGatewayMetric", NULL};
static const char *const tcpip6_own[] = {"NameServer", NULL};
static const char *const netbt_own[] = {"NameServerList", "NetbiosOptions", NULL};

/* --- comparing -------------------------------------------------------------------------------- */

static bool says_nothing(const char *text)
{
    return !*text || strcmp(text, "0.0.0.0") == 0;
}

/* An empty text, an empty list and no value at all are one to TCP/IP, as is the address 0.0.0.0. */
static bool is_empty(const struct network_value *v)
{
    if (!v)
        return true;
    if (v->data)
        return strspn(v->data, "0") == strlen(v->data);
    if (v->number.known)
        return text_equal_nocase(v->name, "NetbiosOptions") && v->number.value == 0;
    for (size_t i = 0; i < v->texts.count; i++)
        if (!says_nothing(v->texts.at[i]))
            return false;
    return !v->text || says_nothing(v->text);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_value(const struct network_value *a, const struct network_value *b)
{
    if (is_empty(a) || is_empty(b))
        return is_empty(a) && is_empty(b);
    return a->type == b->type && same_text(a->text, b->text) && same_text(a->data, b->data) &&
           texts_same(&a->texts, &b->texts) && a->number.known == b->number.known &&
           a->number.value == b->number.value;
}

/* Of the names in `names`: does now say what wanted says? */
static bool hold_for(const struct network_values *now, const struct network_values *wanted,
                     const struct network_values *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (!same_value(network_value_named(now, names->at[i].name),
                        network_value_named(wanted, names->at[i].name)))
            return false;
    return true;
}

static bool hold_for_own(const struct network_values *now, const struct network_values *wanted,
                         const char *const *own)
{
    for (size_t i = 0; own[i]; i++)
        if (!same_value(network_value_named(now, own[i]), network_value_named(wanted, own[i])))
            return false;
    return true;
}

/* The order of addresses is the stack's. */
static bool same_addresses6(const struct network_settings *a, const struct network_settings *b)
{
    for (size_t i = 0; i < a->addresses6.count; i++)
        if (!texts_have_nocase(&b->addresses6, a->addresses6.at[i]))
            return false;
    return a->addresses6.count == b->addresses6.count;
}

static bool has_route6(const struct network_settings *s, const struct network_route *wanted)
{
    for (size_t i = 0; i < s->routes6.count; i++)
        if (text_equal_nocase(s->routes6.at[i].prefix, wanted->prefix) &&
            text_equal_nocase(s->routes6.at[i].next_hop, wanted->next_hop))
            return true;
    return false;
}

static bool same_routes6(const struct network_settings *a, const struct network_settings *b)
{
    for (size_t i = 0; i < a->routes6.count; i++)
        if (!has_route6(b, &a->routes6.at[i]))
            return false;
    return a->routes6.count == b->routes6.count;
}

bool network_settings_hold(const struct network_settings *now,
                           const struct network_settings *wanted)
{
    return hold_for(&now->tcpip, &wanted->tcpip, &wanted->tcpip) &&
           hold_for(&now->tcpip6, &wanted->tcpip6, &wanted->tcpip6) &&
           hold_for(&now->netbt, &wanted->netbt, &wanted->netbt) &&
           hold_for_own(&now->tcpip, &wanted->tcpip, tcpip_own) &&
           hold_for_own(&now->tcpip6, &wanted->tcpip6, tcpip6_own) &&
           hold_for_own(&now->netbt, &wanted->netbt, netbt_own) && same_addresses6(now, wanted) &&
           same_routes6(now, wanted);
}

bool network_is_set_up(const struct network_settings *s)
{
    struct texts found = {0};
    network_addresses(s, &found);
    network_gateways(s, &found);
    network_name_servers(s, &found);
    bool any = found.count || s->routes6.count;
    for (size_t i = 0; netbt_own[i]; i++)
        any = any || !is_empty(network_value_named(&s->netbt, netbt_own[i]));
    texts_release(&found);
    return any;
}

/* As wanted says of all names that wanted or other has. */
static bool is_exactly(const struct network_settings *now, const struct network_settings *wanted,
                       const struct network_settings *other)
{
    return hold_for(&now->tcpip, &wanted->tcpip, &wanted->tcpip) &&
           hold_for(&now->tcpip, &wanted->tcpip, &other->tcpip) &&
           hold_for(&now->tcpip6, &wanted->tcpip6, &wanted->tcpip6) &&
           hold_for(&now->tcpip6, &wanted->tcpip6, &other->tcpip6) &&
           hold_for(&now->netbt, &wanted->netbt, &wanted->netbt) &&
           hold_for(&now->netbt, &wanted->netbt, &other->netbt) && same_addresses6(now, wanted) &&
           same_routes6(now, wanted);
}

/* Does now say of each of these names what one of the two says? */
static bool either_for(const struct network_values *now, const struct network_values *one,
                       const struct network_values *other, const struct network_values *names)
{
    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->at[i].name;
        const struct network_value *v = network_value_named(now, name);
        if (!same_value(v, network_value_named(one, name)) &&
            !same_value(v, network_value_named(other, name)))
            return false;
    }
    return true;
}

static bool either_holds(const struct network_values *now, const struct network_values *one,
                         const struct network_values *other)
{
    return either_for(now, one, other, one) && either_for(now, one, other, other);
}

/* Is it as it was before the change, after it, or on the way? Else somebody else was there. */
static bool is_ours(const struct network_settings *now, const struct network_change *c)
{
    for (size_t i = 0; i < now->addresses6.count; i++)
        if (!texts_have_nocase(&c->before.addresses6, now->addresses6.at[i]) &&
            !texts_have_nocase(&c->after.addresses6, now->addresses6.at[i]))
            return false;
    for (size_t i = 0; i < now->routes6.count; i++)
        if (!has_route6(&c->before, &now->routes6.at[i]) &&
            !has_route6(&c->after, &now->routes6.at[i]))
            return false;
    return either_holds(&now->tcpip, &c->before.tcpip, &c->after.tcpip) &&
           either_holds(&now->tcpip6, &c->before.tcpip6, &c->after.tcpip6) &&
           either_holds(&now->netbt, &c->before.netbt, &c->after.netbt);
}

/* --- making settings -------------------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        if (text_equal_nocase(name, names[i]))
            return true;
    return false;
}

static void keep_values(struct network_values *values, const struct network_values *wanted,
                        const char *const *own, const struct network_values *now)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct network_value *from = &now->at[i];
        if (network_value_named(wanted, from->name) || is_one_of(from->name, own))
            continue;
        struct network_settings one = {.tcpip = {(struct network_value *)from, 1}}, copy = {0};
        network_settings_copy(&copy, &one);
        *(struct network_value *)shape_list_add(values, sizeof *from) = copy.tcpip.at[0];
        mem_free(copy.tcpip.at);
    }
}

/* What is wanted, and of now what is no address, gateway or server. */
static void merge(struct network_settings *to, const struct network_settings *now,
                  const struct network_settings *wanted)
{
    network_settings_copy(to, wanted);
    keep_values(&to->tcpip, &wanted->tcpip, tcpip_own, &now->tcpip);
    keep_values(&to->tcpip6, &wanted->tcpip6, tcpip6_own, &now->tcpip6);
    keep_values(&to->netbt, &wanted->netbt, netbt_own, &now->netbt);
}

/* An adapter that asks DHCP: what Windows makes of one when its address goes to another. */
static void without_address(struct network_settings *to, const struct network_settings *from)
{
    struct network_value dhcp = {
        .name = (char *)"EnableDHCP", .type = NETWORK_TYPE_NUMBER, .number = number_of(1)};
    struct network_settings asks = {.tcpip = {&dhcp, 1}};
    merge(to, from, &asks);
}

static struct network_change *add_change(struct network_plan *p, enum network_purpose purpose,
                                         const struct network_adapter *a)
{
    struct network_change *c = shape_list_add(&p->changes, sizeof *c);
    c->purpose = purpose;
    c->mac = mem_strdup(a->mac);
    c->guid = mem_strdup(a->guid);
    c->instance = mem_strdup(a->instance);
    network_settings_copy(&c->before, &a->settings);
    return c;
}

/* --- who gets what ---------------------------------------------------------------------------- */

struct planning {
    const struct network *saved, *now;
    enum facts_network_kind to;
    const struct network_changes *noted; /* of these adapters nothing more is planned */
    struct network_plan *out;
};

const struct network_change *network_change_of(const struct network_changes *changes,
                                               const char *guid)
{
    for (size_t i = 0; i < changes->count; i++)
        if (text_equal_nocase(changes->at[i].guid, guid))
            return &changes->at[i];
    return NULL;
}

static const char *name_of(const struct network_adapter *a)
{
    return a->connection ? a->connection : a->description ? a->description : a->guid;
}

static void say(struct texts *list, const struct network_adapter *a, const char *what)
{
    struct text t = {0};
    text_addf(&t, "network adapter '%s'%s%s: %s", name_of(a), a->mac ? " with MAC address " : "",
              a->mac ? a->mac : "", what);
    texts_add(list, text_str(&t));
    text_release(&t);
}

/* An absent adapter cannot be asked for its address; it may have been when it was saved. */
static const char *mac_of(const struct planning *p, const struct network_adapter *a)
{
    const struct network_adapter *before =
        a->mac ? NULL : network_adapter_with_guid(p->saved, a->guid);
    return before ? before->mac : a->mac;
}

static bool is_pair(const struct planning *p, const struct network_adapter *source,
                    const struct network_adapter *a)
{
    const char *mac = mac_of(p, a);
    return a->kind == p->to && a->present != TRI_NO && mac && text_equal_nocase(mac, source->mac) &&
           !text_equal_nocase(a->guid, source->guid);
}

/* Another family's PV adapter is another device too: what it had goes to the new one. */
static bool is_source(const struct planning *p, const struct network_adapter *a)
{
    return a->present != TRI_NO &&
           (a->kind == p->to ? network_is_set_up(&a->settings)
                             : a->kind == FACTS_NETWORK_EMULATED || a->kind == FACTS_NETWORK_PV);
}

/* Was there another one with this address that the settings could have been meant for? */
static bool is_ambiguous(const struct planning *p, const struct network_adapter *source)
{
    for (size_t i = 0; i < p->saved->adapters.count; i++) {
        const struct network_adapter *a = &p->saved->adapters.at[i];
        if (a != source && a->kind == source->kind && is_source(p, a) && a->mac &&
            text_equal_nocase(a->mac, source->mac))
            return true;
    }
    return false;
}

/* One that is of the wanted kind and still there has nothing to give away. */
static bool stays(const struct planning *p, const struct network_adapter *source)
{
    const struct network_adapter *a = network_adapter_with_guid(p->now, source->guid);
    return source->kind == p->to && a && a->present != TRI_NO;
}

/* An adapter of the wanted kind that had settings already, as in an upgrade. */
static bool had_its_own(const struct planning *p, const struct network_adapter *source)
{
    for (size_t i = 0; source->kind != p->to && i < p->saved->adapters.count; i++) {
        const struct network_adapter *a = &p->saved->adapters.at[i];
        if (is_pair(p, source, a) && network_is_set_up(&a->settings))
            return true;
    }
    return false;
}

/* The one adapter for these settings, or NULL with the reason noted. */
static const struct network_adapter *target_for(const struct planning *p,
                                                const struct network_adapter *source)
{
    const struct network_adapter *found = NULL;
    for (size_t i = 0; i < p->now->adapters.count; i++) {
        const struct network_adapter *a = &p->now->adapters.at[i];
        if (!is_pair(p, source, a))
            continue;
        if (found) {
            say(&p->out->left, source, "more than one adapter has its MAC address now");
            return NULL;
        }
        found = a;
    }
    /* An emulated one that is to ask DHCP does so by itself, whenever it comes. */
    if (!found && (p->to == FACTS_NETWORK_PV || network_is_set_up(&source->settings)))
        say(&p->out->waiting, source,
            p->to == FACTS_NETWORK_PV ? "its PV adapter is not there yet"
                                      : "its emulated adapter is not there yet");
    return found;
}

/* Have both the same static address, whatever the mask? */
static bool share_address(const struct network_settings *a, const struct network_settings *b)
{
    struct texts of_a = {0}, of_b = {0};
    bool share = false;
    network_addresses(a, &of_a);
    network_addresses(b, &of_b);
    for (size_t i = 0; i < of_a.count; i++)
        for (size_t k = 0; k < of_b.count; k++) {
            size_t size = strcspn(of_a.at[i], "/");
            share = share || (strcspn(of_b.at[k], "/") == size &&
                              strncmp(of_a.at[i], of_b.at[k], size) == 0);
        }
    texts_release(&of_a);
    texts_release(&of_b);
    return share;
}

/* The one that is replaced is at work while it tells its MAC address; a disabled one does not. */
static bool is_at_work(const struct network_adapter *a, bool is_half)
{
    return a->present != TRI_NO && (!is_half || a->mac);
}

/* Is an adapter at work that has the address? */
static bool is_taken(const struct planning *p, const struct network_adapter *source,
                     const struct network_adapter *target)
{
    for (size_t i = 0; i < p->now->adapters.count; i++) {
        const struct network_adapter *a = &p->now->adapters.at[i];
        bool is_half = text_equal_nocase(a->guid, source->guid);
        if (a == target || !is_at_work(a, is_half) ||
            !share_address(&a->settings, &source->settings))
            continue;
        say(is_half ? &p->out->waiting : &p->out->left, is_half ? source : a,
            is_half ? "it is still there beside the one that takes its place"
                    : "it has an address that belongs to another");
        return true;
    }
    return false;
}

static void release_ghosts(const struct planning *p, const struct network_adapter *source,
                           const struct network_adapter *target)
{
    for (size_t i = 0; i < p->now->adapters.count; i++) {
        const struct network_adapter *a = &p->now->adapters.at[i];
        bool is_half = text_equal_nocase(a->guid, source->guid);
        if (a == target || is_at_work(a, is_half) || network_change_of(&p->out->changes, a->guid) ||
            network_change_of(p->noted, a->guid) || !share_address(&a->settings, &source->settings))
            continue;
        struct network_change *c = add_change(p->out, NETWORK_RELEASE, a);
        without_address(&c->after, &a->settings);
    }
}

/* What an absent adapter kept from some time before it was saved, and nobody has touched since. */
static bool is_left_over(const struct planning *p, const struct network_adapter *target)
{
    const struct network_adapter *before = network_adapter_with_guid(p->saved, target->guid);
    return before && before->present == TRI_NO &&
           is_exactly(&target->settings, &before->settings, &target->settings);
}

static void plan_source(const struct planning *p, const struct network_adapter *source)
{
    if (stays(p, source))
        return;
    if (!source->mac || is_ambiguous(p, source)) {
        if (network_is_set_up(&source->settings))
            say(&p->out->left, source,
                source->mac ? "another adapter had the same MAC address"
                            : "its permanent MAC address could not be read");
        return;
    }
    const struct network_adapter *target = had_its_own(p, source) ? NULL : target_for(p, source);
    if (!target || network_change_of(p->noted, target->guid))
        return;
    bool holds = network_settings_hold(&target->settings, &source->settings);
    if (!holds && network_is_set_up(&target->settings) && !is_left_over(p, target)) {
        say(&p->out->left, target, "it has settings of its own");
        return;
    }
    if (is_taken(p, source, target))
        return;
    release_ghosts(p, source, target);
    if (holds)
        return;
    struct network_change *c = add_change(p->out, NETWORK_RESTORE, target);
    merge(&c->after, &target->settings, &source->settings);
}

static void plan_fresh(const struct planning *p)
{
    for (size_t i = 0; i < p->saved->adapters.count; i++)
        if (is_source(p, &p->saved->adapters.at[i]))
            plan_source(p, &p->saved->adapters.at[i]);
}

void network_plan(const struct network *saved, const struct network *now,
                  enum facts_network_kind to, struct network_plan *out)
{
    static const struct network_changes none;
    plan_fresh(
        &(struct planning){.saved = saved, .now = now, .to = to, .noted = &none, .out = out});
}

static void add_again(struct network_plan *p, const struct network_change *from, bool undo)
{
    static const enum network_purpose opposite[] = {
        [NETWORK_RELEASE] = NETWORK_RESTORE, [NETWORK_RESTORE] = NETWORK_RELEASE};
    struct network_change *c = shape_list_add(&p->changes, sizeof *c);
    c->purpose = undo ? opposite[from->purpose] : from->purpose;
    c->mac = mem_strdup(from->mac);
    c->guid = mem_strdup(from->guid);
    c->instance = mem_strdup(from->instance);
    network_settings_copy(&c->before, undo ? &from->after : &from->before);
    network_settings_copy(&c->after, undo ? &from->before : &from->after);
}

/* A noted change, to be made or taken back now. */
static void plan_noted(const struct network_change *c, const struct network *now, bool undo,
                       struct network_plan *out)
{
    const struct network_adapter *a = network_adapter_with_guid(now, c->guid);
    if (!a)
        return;
    if (undo ? is_exactly(&a->settings, &c->before, &c->after)
             : is_exactly(&a->settings, &c->after, &c->before))
        return;
    if (is_ours(&a->settings, c))
        add_again(out, c, undo);
    else
        say(&out->left, a, "somebody has changed its settings since");
}

void network_undo(const struct network_changes *changes, const struct network *now,
                  struct network_plan *out)
{
    for (size_t i = changes->count; i-- > 0;)
        plan_noted(&changes->at[i], now, true, out);
}

void network_changes_note(struct network_changes *to, const struct network_changes *from)
{
    struct network_plan p = {.changes = *to};
    for (size_t i = 0; i < from->count; i++)
        if (!network_change_of(&p.changes, from->at[i].guid))
            add_again(&p, &from->at[i], false);
    *to = p.changes;
}

void network_next(const struct network_record *r, const struct network *now,
                  enum facts_network_kind to, struct network_plan *out)
{
    for (size_t i = 0; i < r->changes.count; i++)
        plan_noted(&r->changes.at[i], now, false, out);
    plan_fresh(&(struct planning){
        .saved = &r->saved, .now = now, .to = to, .noted = &r->changes, .out = out});
}

bool network_matches(const struct network *now, const struct network *saved,
                     enum facts_network_kind to, struct err *e)
{
    struct network_plan p = {0};
    network_plan(saved, now, to, &p);
    bool matches = p.changes.count == 0;
    if (!matches)
        err_set(e, ERR_FAILED, "network adapter '%s' has not the settings that were saved",
                p.changes.at[0].instance ? p.changes.at[0].instance : p.changes.at[0].guid);
    network_plan_release(&p);
    return matches;
}
