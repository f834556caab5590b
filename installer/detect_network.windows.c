#include "base/mem.h"
#include "installer/detect.windows.h"
#include "installer/network.windows.h"

/* Hidden ones without settings (tunnels, miniports) would only be noise. */
static bool is_of_interest(const struct network_adapter *a)
{
    return a->kind == FACTS_NETWORK_PV || a->kind == FACTS_NETWORK_EMULATED ||
           network_is_set_up(&a->settings);
}

static void take_adapter(struct network_adapter *a, struct facts *f)
{
    struct facts_network *to = shape_list_add(&f->networks, sizeof *to);
    to->mac = mem_strdup(a->mac);
    to->instance = mem_strdup(a->instance);
    to->guid = mem_strdup(a->guid);
    to->connection = mem_strdup(a->connection);
    to->description = mem_strdup(a->description);
    to->kind = a->kind;
    to->present = a->present;
    to->dhcp = network_dhcp(&a->settings);
    network_addresses(&a->settings, &to->addresses);
    network_gateways(&a->settings, &to->gateways);
    network_name_servers(&a->settings, &to->name_servers);
}

void detect_networks(struct facts *f)
{
    struct network n = {0};
    if (!network_read(&n, NULL))
        return;
    f->networks_reading = n.reading;
    for (size_t i = 0; i < n.adapters.count; i++)
        if (is_of_interest(&n.adapters.at[i]))
            take_adapter(&n.adapters.at[i], f);
    network_release(&n);
}
