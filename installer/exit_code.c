#include "installer/exit_code.h"

static const enum exit_code codes[] = {
    EXIT_CODE_DONE,
    EXIT_CODE_FAILED,
    EXIT_CODE_USAGE,
    EXIT_CODE_NOT_XEN,
    EXIT_CODE_REFUSED,
    EXIT_CODE_ROLLED_BACK,
    EXIT_CODE_NEEDS_ATTENTION,
    EXIT_CODE_NEEDS_ELEVATION,
    EXIT_CODE_NO_SOURCE,
    EXIT_CODE_RESTART_STARTED,
    EXIT_CODE_RESTART_NEEDED,
};

const char *exit_code_words(int code)
{
    switch ((enum exit_code)code) {
    case EXIT_CODE_DONE: return "done or healthy";
    case EXIT_CODE_FAILED: return "could not finish";
    case EXIT_CODE_USAGE: return "usage";
    case EXIT_CODE_NOT_XEN: return "not a Xen HVM guest";
    case EXIT_CODE_REFUSED: return "verification refused";
    case EXIT_CODE_ROLLED_BACK: return "failed and rolled back";
    case EXIT_CODE_NEEDS_ATTENTION: return "needs attention";
    case EXIT_CODE_NEEDS_ELEVATION: return "needs elevation";
    case EXIT_CODE_NO_SOURCE: return "no eligible source";
    case EXIT_CODE_RESTART_STARTED: return "restart started";
    case EXIT_CODE_RESTART_NEEDED: return "done, restart needed";
    }
    return 0;
}

const enum exit_code *exit_code_all(size_t *count)
{
    *count = sizeof codes / sizeof *codes;
    return codes;
}

enum exit_code exit_code_of_err(const struct err *e)
{
    switch (e->kind) {
    case ERR_USAGE: return EXIT_CODE_USAGE;
    case ERR_REFUSED: return EXIT_CODE_REFUSED;
    default: return EXIT_CODE_FAILED;
    }
}
