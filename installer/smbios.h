/*
 * smbios: the strings of the firmware's SMBIOS table that tell whose machine this is.
 *
 * Reads the block that Windows gives (GetSystemFirmwareTable 'RSMB', or the value SMBiosData of
 * the mssmbios service): an eight-byte header, then the structures of DMTF DSP0134. The bytes come
 * from the firmware, that is from the host, and are believed nothing. smbios has no opinion on
 * what the strings mean.
 */
#ifndef XENPV_INSTALLER_SMBIOS_H
#define XENPV_INSTALLER_SMBIOS_H

#include "base/span.h"
#include "drivers-manifest/facts.h"

enum {
    SMBIOS_STRUCTURES_MAX = 4096,
    SMBIOS_OEM_STRINGS_MAX = 64,
};

/*
 * Fill bios_*, system_* and oem_strings of *p from the first BIOS (type 0), system (type 1) and OEM
 * strings (type 11) structures. Members that are already set are kept. Is there a whole table?
 * False when it is broken or cut off; what stands before the break is filled all the same.
 */
bool smbios_platform(struct span block, struct facts_platform *p);

#endif
