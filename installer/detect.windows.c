#include "base/mem.h"
#include "installer/detect.windows.h"
#include "installer/lock.windows.h"
#include "installer/platform.windows.h"
#include "installer/win.h"

bool detect_facts(struct facts *f, struct err *e)
{
    (void)e;
    f->schema = number_of(FACTS_SCHEMA);
    detect_windows(&f->windows);
    detect_platform(&f->platform);
    detect_integrity(&f->windows, &f->integrity);
    detect_devices(f);
    detect_services(f);
    detect_packages(f);
    detect_products(f);
    detect_filters(f);
    detect_networks(f);
    detect_disks(f);
    detect_values(f);
    detect_files(f);
    detect_signers(f);
    detect_logs(f);
    detect_events(f);
    char *own = platform_windows_state_folder(NULL);
    detect_restart(f, own ? own : "");
    f->run_at_work = own ? lock_other(own) : NULL;
    mem_free(own);
    return true;
}
