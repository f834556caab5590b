/*
 * network: whatever the bytes are, a record that is accepted is written and read back as it was, each of its values
 * can be written to a registry and is read from there as it was, and what is planned on it is settled once it was done.
 */
#include "tests/fuzz/fuzz.h"
#include "base/mem.h"
#include "installer/network.h"
#include "tests/fuzz/json.h"

static void check_value(const struct network_value *v)
{
    struct bytes once = {0}, again = {0};
    struct network_settings back = {0};
    struct network_value *copy = shape_list_add(&back.tcpip, sizeof *copy);
    bool unusual = false;
    MUST(network_value_bytes(v, &once), "a value that is accepted has bytes");
    MUST(network_value_from(v->name, v->type, bytes_span(&once), copy, &unusual), "and they are a value");
    MUST(network_value_bytes(copy, &again), "which has bytes");
    MUST(span_equal(bytes_span(&once), bytes_span(&again)), "the same ones");
    bytes_release(&once);
    bytes_release(&again);
    network_settings_release(&back);
}

static void check_values(const struct network_values *values)
{
    for (size_t i = 0; i < values->count; i++)
        check_value(&values->at[i]);
}

static void check_settings(const struct network_settings *s)
{
    struct texts found = {0};
    check_values(&s->tcpip);
    check_values(&s->tcpip6);
    check_values(&s->netbt);
    network_addresses(s, &found);
    network_gateways(s, &found);
    network_name_servers(s, &found);
    MUST(!found.count || network_is_set_up(s), "who has an address, gateway or server is set up");
    texts_release(&found);
    MUST(network_settings_hold(s, s), "settings hold themselves");
}

/* The saved guest stands for the one of now as well. */
static void check_plans(const struct network_record *r)
{
    struct network_plan next = {0}, undo = {0};
    network_next(r, &r->saved, FACTS_NETWORK_PV, &next);
    network_undo(&r->changes, &r->saved, &undo);
    for (size_t i = 0; i < next.changes.count; i++)
        MUST(network_adapter_with_guid(&r->saved, next.changes.at[i].guid), "only adapters that are there are changed");
    MUST(undo.changes.count <= r->changes.count, "an undo undoes no more than was done");
    network_plan_release(&next);
    network_plan_release(&undo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct network_record r = {0};
    struct err e = {0};
    bool ok = network_record_decode(span_of(data, size), &r, &e);
    fuzz_answer(ok, &e);
    if (ok) {
        fuzz_encode_is_stable(&network_record_shape, &r);
        for (size_t i = 0; i < r.saved.adapters.count; i++)
            check_settings(&r.saved.adapters.at[i].settings);
        check_plans(&r);
    }
    network_record_release(&r);
    return 0;
}
