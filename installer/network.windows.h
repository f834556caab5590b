/*
 * network.windows: reads and writes the settings of network adapters on the running Windows.
 *
 * The registry is the source, on every Windows from 2000: it knows adapters that are not started,
 * and those that are not there any more. The permanent MAC address is asked of the adapter (the
 * NDIS request that every Windows answers, or the IP helper), or taken from what xenvif wrote of
 * its devices. Static IPv6 addresses of Vista and later stand in a store without a documented form:
 * they are read with the IP helper, and written with netsh, which is Microsoft's documented way to
 * make one that lasts (CreateUnicastIpAddressEntry's do not). What each call means is said in
 * platform.h.
 */
#ifndef XENPV_INSTALLER_NETWORK_WINDOWS_H
#define XENPV_INSTALLER_NETWORK_WINDOWS_H

#include "installer/network.h"

bool network_read(struct network *out, struct err *e);
bool network_write(const struct network_change *change, struct err *e);
bool network_restart_adapter(const char *instance, bool *restart, struct err *e);

/* The static IPv6 addresses and routes of an interface, and setting them: network_ip6.windows.c.
 * Nothing is read, and nothing is there, before Vista. */
bool network_ip6_read(const char *guid, struct network_settings *out);
bool network_ip6_write(const struct network_change *change, struct err *e);

/* The permanent and the current MAC address of an interface, NULL where it does not tell; mem_free.
 */
char *network_ask_mac(const char *guid, bool permanent);

#endif
