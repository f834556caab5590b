#include "installer/msi_code.h"

#include <stddef.h>

static const struct msi_code codes[] = {
    {0, MSI_DONE, "done", NULL},
    {1601, MSI_FAILED, "the Windows Installer service cannot be reached",
     "start Windows normally: in safe mode the service does not run"},
    {1602, MSI_FAILED, "it was cancelled, by somebody or by a program of the package's own",
     "run this again"},
    {1603, MSI_FAILED, "it failed, and Windows Installer says that it has taken it back",
     "look for 'Return value 3' in its log: the action before that is the one that failed"},
    {1605, MSI_NOT_THERE, "there is no such product", NULL},
    {1612, MSI_FAILED, "the package that it was installed from is gone",
     "put the same package back where it was, then run this again"},
    {1618, MSI_BUSY, "another installation runs, and did not end in time",
     "let it finish, or restart Windows, then run this again"},
    {1619, MSI_FAILED, "the package cannot be opened", NULL},
    {1620, MSI_FAILED, "the package cannot be opened: it is none of Windows Installer's", NULL},
    {1625, MSI_FAILED, "a policy of this Windows forbids it",
     "ask who manages this machine about the policy DisableMSI"},
    {1633, MSI_FAILED, "the package is for another processor", NULL},
    {1638, MSI_FAILED, "another version of the same product is installed",
     "uninstall that one first: --replace does so"},
    {1641, MSI_RESTART_BEGUN, "done, and it has begun a restart of Windows by itself", NULL},
    {1643, MSI_FAILED, "a software restriction policy of this Windows forbids it",
     "ask who manages this machine"},
    {3010, MSI_RESTART_NEEDED, "done, and Windows has to be restarted", NULL},
};

const struct msi_code *msi_code_of(uint32_t code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return &codes[i];
    return NULL;
}
