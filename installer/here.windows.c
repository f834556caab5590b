#include "installer/here.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/platform.windows.h"
#include "installer/win.h"

bool platform_here(struct platform *p, bool quiet, struct err *e)
{
    (void)e;
    platform_windows(p, quiet);
    return true;
}

enum { NAME_UNITS = 512 }; /* more than a DNS name or a user's name has */

static void add_name(struct texts *to, const wchar_t *wide)
{
    char *name = utf8_from(wide);
    if (name && *name && !texts_have_nocase(to, name))
        texts_add(to, name);
    mem_free(name);
}

void here_names(struct here_names *out)
{
    static const COMPUTER_NAME_FORMAT formats[] = {ComputerNameNetBIOS, ComputerNameDnsHostname,
                                                   ComputerNameDnsDomain};
    wchar_t wide[NAME_UNITS];
    DWORD units;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        units = NAME_UNITS;
        if (GetComputerNameExW(formats[i], wide, &units))
            add_name(&out->computers, wide);
    }
    units = NAME_UNITS;
    if (GetUserNameW(wide, &units))
        add_name(&out->users, wide);
}
