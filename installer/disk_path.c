#include "installer/disk_path.h"

#include "base/text.h"
#include "installer/marks.h"

static bool has_takeover_filter(const struct facts *f)
{
    static const char filter[] = "XenVbdFilter";
    for (size_t i = 0; i < f->filters.count; i++)
        if (texts_have_nocase(&f->filters.at[i].services, filter))
            return true;
    for (size_t i = 0; i < f->devices.count; i++)
        if (texts_have_nocase(&f->devices.at[i].upper_filters, filter) ||
            texts_have_nocase(&f->devices.at[i].lower_filters, filter))
            return true;
    return false;
}

/* The first device above it whose kind decides. */
static enum facts_disk_path by_parents(const struct facts_disk *d)
{
    for (size_t i = 0; i < d->parents.count; i++) {
        const char *instance = d->parents.at[i].instance;
        if (!instance)
            return FACTS_DISK_UNKNOWN;
        if (marks_xen_device(instance))
            return FACTS_DISK_PV;
        if (marks_replaced_device(instance))
            return FACTS_DISK_EMULATED;
    }
    return FACTS_DISK_OTHER;
}

static enum facts_disk_path by_name(const struct facts_disk *d)
{
    if (!d->instance)
        return FACTS_DISK_UNKNOWN;
    if (marks_xen_device(d->instance))
        return FACTS_DISK_PV;
    return marks_replaced_device(d->instance) ? FACTS_DISK_EMULATED : FACTS_DISK_UNKNOWN;
}

enum facts_disk_path disk_path_of(const struct facts *f, const struct facts_disk *d)
{
    enum facts_disk_path path = d->parents.count ? by_parents(d) : by_name(d);
    if (path == FACTS_DISK_EMULATED && has_takeover_filter(f))
        return FACTS_DISK_UNKNOWN;
    return path;
}
