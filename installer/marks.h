/*
 * marks: by what one knows the traces of Xen's drivers on a Windows.
 *
 * Device ids, service names, products and class filters of all driver families that are met in the
 * field, ours and other vendors', and the emulated hardware that they take the place of. The names
 * come from the families' INFs and installers. A mark says "look at this one", no more: families
 * share service names, so who made a thing is decided elsewhere, by provider and file version.
 */
#ifndef XENPV_INSTALLER_MARKS_H
#define XENPV_INSTALLER_MARKS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Is this device instance id or hardware id one of Xen's: the platform device (every PCI device of
 * vendor 5853, and fffd of the Red Hat drivers), a child of a Xen bus, a legacy root device?
 */
bool marks_xen_device(const char *id);

/* Is it emulated hardware that PV drivers replace: a disk, a disk controller or a network card? */
bool marks_replaced_device(const char *id);

/* Is this a service of a Xen family? */
bool marks_service(const char *name);

/* Is it one of Windows' own storage drivers, without which an emulated disk does not boot? */
bool marks_boot_service(const char *name);

/* Is the provider of a driver a family's? */
bool marks_provider(const char *provider);

/* Does this name an installed product of a family? Both may be NULL. */
bool marks_product(const char *name, const char *publisher);

/* Is "{...}" a known upgrade or product code of a family, in either case? */
bool marks_product_code(const char *code);

/* Is this the name of a driver or program file of a family? */
bool marks_file(const char *name);

/* Does the text speak of a Xen driver: by a device id, or the name of a service, file or product?
 */
bool marks_text(const char *text);

/* A registry value below HKEY_LOCAL_MACHINE; name NULL: whether the key is there. */
struct mark_value {
    const char *key, *name;
};

/* What the families' drivers and installers write, and what switches them; ended by a NULL key. */
extern const struct mark_value marks_values[];

/* Class GUIDs whose filters matter, "{4d36e97d-...}", ended by NULL. */
extern const char *const marks_filter_classes[];

#endif
