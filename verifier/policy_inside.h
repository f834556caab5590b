/*
 * policy_inside: what policy's own files share. Nobody else includes it.
 *
 * policy_rules.c holds the rules as a table; policy_load.c, policy_install.c and policy_fit.c
 * answer one question each, by naming rules; policy.c puts the answers together.
 */
#ifndef XENPV_VERIFIER_POLICY_INSIDE_H
#define XENPV_VERIFIER_POLICY_INSIDE_H

#include "verifier/policy.h"

/* Index into the table; in its order. */
enum rule {
    RULE_NONE = 0,
    /* load */
    RULE_WINDOWS_UNKNOWN,
    RULE_UNREADABLE_DRIVER,
    RULE_NO_DRIVER,
    RULE_NT5,
    RULE_X86,
    RULE_X86_BOOT_START,
    RULE_X86_SECURE_BOOT_UNKNOWN,
    RULE_CHECKS_OFF,
    RULE_UNSIGNED,
    RULE_ALTERED,
    RULE_SHA2,
    RULE_SHA2_UNKNOWN,
    RULE_CATALOG_V2,
    RULE_OUTSIDE_VALIDITY,
    RULE_MICROSOFT_SIGNED,
    RULE_ROOT_2011,
    RULE_ATTESTATION_BEFORE_10,
    RULE_ATTESTATION_SERVER,
    RULE_CROSS_SIGNED,
    RULE_CROSS_SIGNED_UPGRADED,
    RULE_CROSS_SIGNED_BEFORE_2015,
    RULE_CROSS_SIGNED_BEFORE_2015_1809,
    RULE_CROSS_SIGNED_SECURE_BOOT,
    RULE_SECURE_BOOT_UNKNOWN,
    RULE_DRIVER_POLICY,
    RULE_DRIVER_POLICY_BLOCKS,
    RULE_TEST_SIGNING,
    RULE_TEST_SIGNING_SECURE_BOOT,
    RULE_TEST_SIGNING_UNKNOWN,
    RULE_ROOT_NOT_TRUSTED,
    RULE_BOOT_START_EMBEDDED,
    RULE_BOOT_START_REMOVED,
    RULE_DUAL_SIGNED_1507,
    RULE_CROSS_SIGNED_LATE,
    RULE_UNTIL_EXPIRY,
    /* install */
    RULE_INSTALL_WINDOWS_UNKNOWN,
    RULE_UNREADABLE_PACKAGE,
    RULE_INCOMPLETE,
    RULE_INCOMPLETE_NT5,
    RULE_NT5_WHQL,
    RULE_NT5_TRUSTED_PUBLISHER,
    RULE_XP_TRUSTED_PUBLISHER,
    RULE_SIGNING_POLICY_UNKNOWN,
    RULE_SIGNING_POLICY_IGNORE,
    RULE_SIGNING_POLICY_WARN,
    RULE_SIGNING_POLICY_BLOCK,
    RULE_NO_CATALOG_FILE,
    RULE_UNSIGNED_PROMPTS,
    RULE_UNSIGNED_REFUSED,
    RULE_INSTALL_SHA2,
    RULE_INSTALL_CATALOG_V2,
    RULE_INSTALL_MICROSOFT,
    RULE_OLD_LOGO,
    RULE_OTHER_ARCHITECTURE_WHQL,
    RULE_DISTRUSTED,
    RULE_TRUSTED_PUBLISHER,
    RULE_PUBLISHER_ROOT,
    RULE_KB2921916,
    RULE_PUBLISHER,
    RULE_OS_ATTRIBUTE,
    /* fit */
    RULE_FIT_WINDOWS_UNKNOWN,
    RULE_WRONG_PROCESSOR,
    RULE_BINDS_NOTHING,
    RULE_NO_INSTALL_SECTION,
    RULE_DRIVER_UNFIT,
    RULE_XSN_1,
    RULE_XSA_468,
    RULE_XSA_468_RANGE,
    RULE_ADVISORY,
    RULE_WRONG_WINDOWS,
    RULE_SUPERSEDED,
    RULE_NO_DEVICE,
    RULE_FITS,
    RULE_NO_DEVICE_YET,
    RULE_COUNT,
};

/* Element RULE_NONE is all zero. */
extern const struct policy_rule policy_table[RULE_COUNT];

/* A verdict of one of the three enums, and the rule that gave it. */
struct answer {
    int verdict;
    enum rule rule;
};

/* All that the INF does on this guest, over its models; each install section once. */
struct inf_here {
    struct target target;
    struct inf_models models;
    struct inf_install *installs;
    size_t count;
};

/* One judgement in the making. */
struct judgement {
    const struct policy_case *c;
    const struct facts *facts;
    const struct inf_here *here;
    struct prediction *out;
};

/* Is this Windows known to be at least that? */
bool policy_at_least(const struct facts *f, unsigned major, unsigned minor, unsigned build);

/*
 * Does this Windows check SHA-256? From 8 on it does, before Vista no update gives it, and between
 * them the facts tell.
 */
enum tri policy_knows_sha2(const struct facts *f);

/* An owned sentence of at most some 400 bytes. */
char *policy_sentence(const char *format, ...) ERR_PRINTF(1, 2);

/* Add a note; why is owned by it, NULL: the rule's own sentence. The same rule about the same file
 * is noted once. */
void policy_note(struct judgement *j, enum rule rule, const char *file, char *why);

bool policy_is_microsoft(const struct signature *s);

/* Is the signature itself, not a certificate of its chain, made with SHA-2? */
bool policy_uses_sha2(const struct signature *s);

/* ... or a certificate below the root's key? */
bool policy_chain_uses_sha2(const struct signature *s);

/* Does the INF name the package's catalog for this guest? Otherwise Windows does not look at it
 * when it installs. */
bool policy_catalog_is_named(const struct judgement *j);

/* The package's catalog, or NULL. */
const struct cat *policy_catalog(const struct judgement *j);

/* The copy of the INF that puts this file on this guest, or NULL. */
const struct inf_file *policy_copy(const struct judgement *j, const struct evidence_file *file);

void policy_load(struct judgement *j);
void policy_install(struct judgement *j);
void policy_fit(struct judgement *j);

#endif
