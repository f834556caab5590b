/*
 * installed: the Xen drivers that a Windows uses, put together so that they can be judged like any
 * package.
 *
 * From the facts: the published INFs that present Xen devices were installed from, the files that
 * those INFs put where they are now (what a driver service really runs goes before what the INF
 * says), and the catalogs of CatRoot that list them, found by hash. Each INF becomes a folder
 * "oem3/" of one package, with the names that the INF uses; drivers of Xen services that no such
 * INF brings stand in "services/". evidence and policy then do what they always do. Nothing is
 * changed, and what could not be found is a finding: service-file-missing   a driver service names
 * a file that is not there service-without-inf    a Xen driver service whose file comes from no INF
 * that a device uses (warning) in-other-catalog       the hash of a file is in another catalog than
 * its INF's (information) package-not-in-use     a published INF that binds Xen devices, and none
 * uses it (information) inf-missing            a device uses a published INF that cannot be read
 *     kernel-disagrees       this Windows' own kernel says otherwise than the prediction (warning)
 *     kernel-not-asked       the kernel does not offer to be asked (information)
 */
#ifndef XENPV_INSTALLER_INSTALLED_H
#define XENPV_INSTALLER_INSTALLED_H

#include "drivers-manifest/facts.h"
#include "verifier/evidence.h"

/* Of the running Windows; ERR_USAGE anywhere else. facts are this Windows' own. *out must be
 * zeroed. */
bool installed_gather(const struct facts *f, struct evidence *out, struct err *e);

/* Where a Windows keeps its things, as this process can read them. No slashes at the end. All
 * borrowed. */
struct installed_places {
    const char *windows, *system, *program_files;
    /* The file that a service runs, or NULL: not known. mem_free. */
    char *(*service_file)(const struct facts_service *s);
};

/* The same for any folders, without the kernel. */
bool installed_gather_at(const struct facts *f, const struct installed_places *places,
                         struct evidence *out, struct err *e);

#endif
