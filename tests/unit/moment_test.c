/* moment: safe mode, a restart of others and domain controllers, for an installation and a removal.
 */
#include "installer/moment.h"

#include "installer/pending.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct moment_row {
    const char *sentence;
    enum product_type type;
    enum tri safe_mode;
    const char *waits; /* a reason for a restart, or NULL */
    struct moment_wishes wishes;
    const char *refusal; /* a part of it, or NULL for none */
    const char *warning; /* of the first one */
    size_t warnings;
} rows[] = {
    {"an ordinary client", PRODUCT_TYPE_WORKSTATION, TRI_NO, NULL, {0}, NULL, NULL, 0},
    {"a server", PRODUCT_TYPE_SERVER, TRI_NO, NULL, {0}, NULL, NULL, 0},
    {"a domain controller is warned before its disk changes",
     PRODUCT_TYPE_DOMAIN_CONTROLLER,
     TRI_NO,
     NULL,
     {0},
     NULL,
     "Directory Services Restore Mode",
     1},
    {"also before a removal",
     PRODUCT_TYPE_DOMAIN_CONTROLLER,
     TRI_NO,
     NULL,
     {.removal = true},
     NULL,
     "Directory Services Restore Mode",
     1},
    {"safe mode", PRODUCT_TYPE_SERVER, TRI_YES, NULL, {0}, "safe mode", NULL, 0},
    {"safe mode that is not known", PRODUCT_TYPE_SERVER, TRI_UNKNOWN, NULL, {0}, NULL, NULL, 0},
    {"safe mode, whatever the operator ignores",
     PRODUCT_TYPE_SERVER,
     TRI_YES,
     PENDING_UPDATE,
     {.ignore_pending_restart = true},
     "safe mode",
     NULL,
     0},
    {"a removal in safe mode is a way back",
     PRODUCT_TYPE_SERVER,
     TRI_YES,
     NULL,
     {.removal = true},
     NULL,
     "safe mode",
     1},
    {"an update waits for a restart",
     PRODUCT_TYPE_SERVER,
     TRI_NO,
     PENDING_UPDATE,
     {0},
     "RebootRequired",
     NULL,
     0},
    {"servicing waits for a restart",
     PRODUCT_TYPE_SERVER,
     TRI_NO,
     PENDING_SERVICING,
     {0},
     "RebootPending",
     NULL,
     0},
    {"it may be ignored, and is said",
     PRODUCT_TYPE_SERVER,
     TRI_NO,
     PENDING_UPDATE,
     {.ignore_pending_restart = true},
     NULL,
     "RebootRequired",
     1},
    {"a removal only says it",
     PRODUCT_TYPE_SERVER,
     TRI_NO,
     PENDING_UPDATE,
     {.removal = true},
     NULL,
     "RebootRequired",
     1},
    {"files of programs that wait stop nothing",
     PRODUCT_TYPE_SERVER,
     TRI_NO,
     PENDING_RENAMES,
     {0},
     NULL,
     PENDING_RENAMES,
     1},
    {"a domain controller that waits",
     PRODUCT_TYPE_DOMAIN_CONTROLLER,
     TRI_NO,
     PENDING_RENAMES,
     {0},
     NULL,
     "Directory Services Restore Mode",
     2},
};

static void tells_whether_to_begin(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct moment_row *row = &rows[i];
        struct facts f = {.windows = {.type = row->type, .safe_mode = row->safe_mode}};
        struct moment m = {0};
        f.restart_pending = row->waits ? TRI_YES : TRI_NO;
        if (row->waits)
            texts_add(&f.restart_reasons, row->waits);
        moment_look(&f, &row->wishes, &m);
        if (row->refusal ? !m.refusal || !strstr(m.refusal, row->refusal) : m.refusal != NULL)
            fail_msg("%s: refused with '%s'", row->sentence, m.refusal ? m.refusal : "nothing");
        if (m.warnings.count != row->warnings ||
            (row->warning && !strstr(m.warnings.at[0], row->warning)))
            fail_msg("%s: %zu warnings, '%s'", row->sentence, m.warnings.count,
                     m.warnings.count ? m.warnings.at[0] : "none");
        moment_release(&m);
        facts_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_whether_to_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
