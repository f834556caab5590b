/*
 * status_codes: everything that status may find, one row each.
 *
 * The code and its severity are what scripts go by, so they never change their meaning; the word is
 * the best that can still be said of a guest with such a finding. Cause, remedy and source are the
 * same wherever the finding is made; what it is about and what it rests on is said by the rule that
 * made it. docs/findings.md has a section for each row, and a lint test keeps the two together.
 */
#ifndef XENPV_INSTALLER_STATUS_CODES_H
#define XENPV_INSTALLER_STATUS_CODES_H

#include "installer/status.h"

enum status_code {
    STATUS_CODE_NONE = 0,
    /* platform and Windows */
    CODE_NOT_XEN,
    CODE_PLATFORM_UNKNOWN,
    CODE_NO_PLATFORM_DEVICE,
    CODE_WINDOWS_UNKNOWN,
    CODE_WINDOWS_UNSUPPORTED,
    CODE_SAFE_MODE,
    CODE_DOMAIN_CONTROLLER,
    CODE_FACTS_UNREAD,
    CODE_HISTORY_UNREAD,
    /* families and releases */
    CODE_NO_PV_DRIVERS,
    CODE_MIXED_FAMILIES,
    CODE_FOREIGN_FAMILY,
    CODE_FOREIGN_PACKAGE_STAGED,
    CODE_LEGACY_DRIVERS,
    CODE_WINDOWS_UPDATE_DRIVERS,
    CODE_WRONG_ACTIVE_DEVICE,
    CODE_REVISION_SKEW,
    CODE_MIXED_VERSIONS,
    CODE_PRODUCT_LEFT_OVER,
    CODE_PRODUCT_TWICE,
    CODE_RELEASE_UNKNOWN,
    CODE_RELEASE_FAULTS,
    CODE_NEWER_RELEASE,
    CODE_WINDOWS_TOO_OLD,
    CODE_WINDOWS_TOO_NEW,
    CODE_SHA2_NOT_UNDERSTOOD,
    CODE_SECURE_BOOT_REFUSES,
    CODE_DRIVER_POLICY,
    CODE_NEEDS_TEST_SIGNING,
    CODE_RELEASE_UNSIGNED,
    /* devices */
    CODE_DEVICES_UNREAD,
    CODE_NO_XEN_DEVICE,
    CODE_DEVICE_NEEDS_RESTART,
    CODE_DEVICE_WITHOUT_DRIVER,
    CODE_DRIVER_REFUSED,
    CODE_DEVICE_PROBLEM,
    CODE_DEVICE_NOT_NEEDED,
    CODE_DEVICE_STATUS_UNKNOWN,
    CODE_GHOST_DEVICES,
    /* services */
    CODE_SERVICES_UNREAD,
    CODE_DRIVER_NOT_RUNNING,
    CODE_DRIVER_STATE_UNKNOWN,
    CODE_DRIVER_SERVICE_MISSING,
    CODE_DRIVER_FILE_MISSING,
    CODE_HELPER_NOT_RUNNING,
    CODE_HELPER_STATE_UNKNOWN,
    CODE_RESTART_PROMPT,
    CODE_UPDATES_REFUSED,
    /* the paths of disk and network */
    CODE_DISK_EMULATED,
    CODE_DISK_PATH_UNKNOWN,
    CODE_NETWORK_EMULATED,
    CODE_NO_NETWORK,
    CODE_ADDRESS_ON_GHOST,
    CODE_UNPLUG_FORCED,
    CODE_UNPLUG_NVME,
    /* the next start of Windows */
    CODE_ORPHAN_FILTER,
    CODE_FILTER_FILE_MISSING,
    CODE_FILTER_MISSING,
    CODE_DRIVER_NOT_AT_BOOT,
    CODE_STORAGE_NOT_AT_BOOT,
    CODE_ACTIVE_DEVICE_GONE,
    CODE_FAST_STARTUP,
    CODE_FALLBACK_ENTRY,
    CODE_STARTED_EMULATED,
    /* security */
    CODE_TEST_SIGNING_ON,
    CODE_INTEGRITY_CHECKS_OFF,
    CODE_XSN_1,
    CODE_XSA_468,
    CODE_ADVISORY,
    CODE_DRIVER_ALTERED,
    CODE_DRIVER_UNSIGNED,
    CODE_UNEXPECTED_SIGNER,
    CODE_TRUST_CHANGED,
    /* restarts of others */
    CODE_RESTART_PENDING,
    CODE_RESTART_HARMLESS,
    CODE_DRIVER_ASKS_RESTART,
    /* what was done and what happened */
    CODE_RUN_AT_WORK,
    CODE_INTERRUPTED,
    CODE_RESTART_NEEDED,
    CODE_NOT_CONFIRMED,
    CODE_NEEDS_ATTENTION,
    CODE_ROLLED_BACK,
    CODE_REMOVAL_NEEDS_RESTART,
    CODE_REMOVAL_NEEDS_ATTENTION,
    CODE_REMOVAL_NOT_FINISHED,
    CODE_EVENTS_OF_REFUSAL,
    CODE_EVENTS_OF_FAILURE,
    CODE_SETUP_FAILED,
    STATUS_CODES,
};

struct status_code_row {
    const char *code;
    enum status_severity severity;
    enum status_word word; /* STATUS_WORKING: the word stays as it is */
    const char *cause;
    const char *remedy, *command; /* NULL: there is none */
    const char *source;
};

/* The row of a code; that of STATUS_CODE_NONE is empty. */
const struct status_code_row *status_code_row(enum status_code c);

#endif
