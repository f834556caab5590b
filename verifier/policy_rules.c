#include "verifier/policy_inside.h"

#include <string.h>

/* Documents, by the names that one finds them with. */
#define SIGNING_PAGE "windows-driver-docs, install/kernel-mode-code-signing-policy (2024-08-19)"
#define REQUIREMENTS_PAGE                                                                          \
    "windows-driver-docs, install/kernel-mode-code-signing-requirements (2024)"
#define DASHBOARD_PAGE "windows-driver-docs, dashboard/code-signing-reqs"
#define CROSS_PAGE                                                                                 \
    "windows-driver-docs, install/deprecation-of-software-publisher-certificates-and-commercial-release-certificates"
#define CATEGORIES_PAGE "windows-driver-docs, install/signature-categories-and-driver-installation"
#define RANK_PAGE "windows-driver-docs, install/how-setup-ranks-drivers and lowerlogoversion"
#define CATALOG_PAGE "windows-driver-docs, install/inf-version-section and catalog-files"
#define STORE_PAGE "windows-driver-docs, install/driver-store"
#define MODELS_PAGE "windows-driver-docs, install/inf-manufacturer-section and inf-models-section"
#define TEST_PAGE "windows-driver-docs, install/the-testsigning-boot-configuration-option"
#define NT5_PAGE                                                                                   \
    "windows-driver-docs, install/digital-signatures-and-pnp-device-installation, for Windows Server 2003 and earlier"
#define POLICY_2026 "support.microsoft.com, The Windows Driver Policy (2026)"
#define SHA2_PAGES "support.microsoft.com, KB3033929 and KB4474419 (4472027)"

#define LOAD(number, name, sure, words, from)                                                      \
    [number] = {name, QUESTION_LOAD, CONFIDENCE_##sure, words, from}
#define INSTALL(number, name, sure, words, from)                                                   \
    [number] = {name, QUESTION_INSTALL, CONFIDENCE_##sure, words, from}
#define FIT(number, name, sure, words, from)                                                       \
    [number] = {name, QUESTION_FIT, CONFIDENCE_##sure, words, from}

/* Rules with one id differ only in how sure they are, or in what follows on which Windows. */
const struct policy_rule policy_table[RULE_COUNT] = {
    LOAD(RULE_WINDOWS_UNKNOWN, "windows-unknown", FIRM, "the version of this Windows is not known",
         SIGNING_PAGE),
    LOAD(RULE_UNREADABLE_DRIVER, "unreadable", FIRM, "it could not be looked at", "evidence"),
    LOAD(RULE_NO_DRIVER, "no-driver", FIRM, "the package holds no kernel driver for this Windows",
         MODELS_PAGE),
    LOAD(RULE_NT5, "nt5", FIRM, "Windows before Vista loads drivers whatever their signature",
         SIGNING_PAGE),
    LOAD(RULE_X86, "x86", FIRM,
         "32-bit Windows without Secure Boot loads drivers whatever their signature", SIGNING_PAGE),
    LOAD(
        RULE_X86_BOOT_START, "x86", CONTRADICTED,
        "32-bit Windows without Secure Boot loads drivers whatever their signature; of one that starts at boot another "
        "page says that it must be signed",
        SIGNING_PAGE "; against it " REQUIREMENTS_PAGE),
    LOAD(
        RULE_X86_SECURE_BOOT_UNKNOWN, "x86-secure-boot-unknown", FIRM,
        "32-bit Windows would load it without Secure Boot, and whether Secure Boot is on is not known",
        SIGNING_PAGE),
    LOAD(RULE_CHECKS_OFF, "checks-off", FIRM,
         "integrity checks are off in this boot, and only in this one",
         "SDK, NtQuerySystemInformation, SystemCodeIntegrityInformation"),
    LOAD(RULE_UNSIGNED, "unsigned", FIRM, "it has no signature, and no signed catalog lists it",
         SIGNING_PAGE),
    LOAD(RULE_ALTERED, "altered", FIRM, "its signature does not match its bytes", SIGNING_PAGE),
    LOAD(RULE_SHA2, "sha2", FIRM,
         "it is signed with SHA-256, which this Windows cannot check without an update",
         SHA2_PAGES),
    LOAD(RULE_SHA2_UNKNOWN, "sha2-unknown", FIRM,
         "it is signed with SHA-256, and whether this Windows can check that is not known",
         SHA2_PAGES),
    LOAD(RULE_CATALOG_V2, "catalog-v2", INFERRED,
         "only a version 2 catalog lists it, which Windows before 7 cannot read",
         "all 127 version 2 catalogs looked at are for Windows 8 and later"),
    LOAD(RULE_OUTSIDE_VALIDITY, "outside-validity", INFERRED,
         "its time stamp lies outside the time for which its certificate was valid",
         "windows-itpro-docs, event-tag-explanations, VerificationError 5"),
    LOAD(RULE_MICROSOFT_SIGNED, "microsoft-signed", FIRM, "it is signed by Microsoft",
         SIGNING_PAGE),
    LOAD(
        RULE_ROOT_2011, "root-2011", INFERRED,
        "it leads to Microsoft's root of 2011, which is not among those documented for this Windows with Secure Boot",
        SIGNING_PAGE),
    LOAD(RULE_ATTESTATION_BEFORE_10, "attestation-before-10", CONTRADICTED,
         "it is attestation-signed, which the documents promise for Windows 10 only",
         DASHBOARD_PAGE "; against it reports of loading on 7 and 8.1 (WinDivert issue 53)"),
    LOAD(
        RULE_ATTESTATION_SERVER, "attestation-server", CONTRADICTED,
        "it is attestation-signed, which loads on Windows Server but is not supported there by Microsoft",
        DASHBOARD_PAGE "; against it windows-driver-docs issues 1068 and 1868"),
    LOAD(RULE_CROSS_SIGNED, "cross-signed", FIRM,
         "it chains to the Microsoft Code Verification Root", SIGNING_PAGE),
    LOAD(RULE_CROSS_SIGNED_UPGRADED, "cross-signed-upgraded", FIRM,
         "cross-signed drivers still load on a Windows upgraded from before 1607", SIGNING_PAGE),
    LOAD(RULE_CROSS_SIGNED_BEFORE_2015, "cross-signed-before-2015-07-29", FIRM,
         "its certificate was issued before 2015-07-29", SIGNING_PAGE),
    LOAD(
        RULE_CROSS_SIGNED_BEFORE_2015_1809, "cross-signed-before-2015-07-29", CONTRADICTED,
        "its certificate was issued before 2015-07-29, which one document grants and another denies since 1809",
        SIGNING_PAGE "; against it " DASHBOARD_PAGE " and tap-windows6 issue 96"),
    LOAD(RULE_CROSS_SIGNED_SECURE_BOOT, "cross-signed-secure-boot", FIRM,
         "with Secure Boot, Windows 10 1607 and later load Microsoft-signed drivers only",
         SIGNING_PAGE),
    LOAD(RULE_SECURE_BOOT_UNKNOWN, "secure-boot-unknown", FIRM,
         "it is cross-signed, and whether Secure Boot is on is not known", SIGNING_PAGE),
    LOAD(
        RULE_DRIVER_POLICY, "driver-policy-2026", INFERRED,
        "the Windows Driver Policy of April 2026 does not trust cross-signed drivers, once it is enforced here",
        POLICY_2026),
    LOAD(
        RULE_DRIVER_POLICY_BLOCKS, "driver-policy-2026", FIRM,
        "the Windows Driver Policy of April 2026 has already blocked drivers here, and does not trust cross-signed ones",
        POLICY_2026),
    LOAD(RULE_TEST_SIGNING, "test-signing", FIRM,
         "test signing is on, which accepts any certificate", TEST_PAGE),
    LOAD(
        RULE_TEST_SIGNING_SECURE_BOOT, "test-signing-secure-boot", FIRM,
        "its chain ends in no root that the kernel knows, and with Secure Boot test signing cannot be on",
        SIGNING_PAGE),
    LOAD(RULE_TEST_SIGNING_UNKNOWN, "test-signing-unknown", FIRM,
         "no root that the kernel knows, and whether test signing is on is not known", TEST_PAGE),
    LOAD(RULE_ROOT_NOT_TRUSTED, "root-not-trusted", FIRM,
         "its chain ends in no root that the kernel knows", SIGNING_PAGE),
    LOAD(
        RULE_BOOT_START_EMBEDDED, "boot-start-embedded", CONTRADICTED,
        "it starts at boot and has no good signature of its own, which Windows before 10 is documented to ask for",
        "windows-driver-docs, install/embedded-signatures-in-a-driver-file; against it " REQUIREMENTS_PAGE),
    LOAD(RULE_BOOT_START_REMOVED, "boot-start-removed", FIRM,
         "it starts at boot and so is not blocked there, but Windows takes it out afterwards",
         SIGNING_PAGE),
    LOAD(RULE_DUAL_SIGNED_1507, "kb3081436", FIRM,
         "it has a SHA-1 and a SHA-256 signature, which Windows 10 1507 needs KB3081436 for",
         "windows-driver-docs, install/driver-signing"),
    LOAD(RULE_CROSS_SIGNED_LATE, "cross-signed-after-2021", FIRM,
         "it was cross-signed after the last cross-certificate had expired, and may be revoked",
         CROSS_PAGE),
    LOAD(
        RULE_UNTIL_EXPIRY, "until-expiry", INFERRED,
        "no good time stamp proves when it was signed: it counts only until its certificate expires",
        CROSS_PAGE),

    INSTALL(RULE_INSTALL_WINDOWS_UNKNOWN, "windows-unknown", FIRM,
            "the version of this Windows is not known", CATEGORIES_PAGE),
    INSTALL(RULE_UNREADABLE_PACKAGE, "unreadable", FIRM, "the package could not be looked at",
            "evidence"),
    INSTALL(RULE_INCOMPLETE, "incomplete", FIRM, "a file that the INF copies is missing",
            STORE_PAGE),
    INSTALL(RULE_INCOMPLETE_NT5, "incomplete", INFERRED,
            "a file that the INF copies is missing, and Windows asks for it", NT5_PAGE),
    INSTALL(RULE_NT5_WHQL, "whql", FIRM, "it is signed by Microsoft", NT5_PAGE),
    INSTALL(RULE_NT5_TRUSTED_PUBLISHER, "trusted-publisher", FIRM,
            "its publisher's certificate is trusted, which Windows knows since Server 2003",
            NT5_PAGE),
    INSTALL(
        RULE_XP_TRUSTED_PUBLISHER, "trusted-publisher", CONTRADICTED,
        "its publisher's certificate is trusted, which documents promise since XP and since Server 2003",
        NT5_PAGE),
    INSTALL(RULE_SIGNING_POLICY_UNKNOWN, "signing-policy-unknown", FIRM,
            "the driver signing policy of this Windows is not known", NT5_PAGE),
    INSTALL(RULE_SIGNING_POLICY_IGNORE, "signing-policy-ignore", FIRM,
            "the driver signing policy is to ignore", NT5_PAGE),
    INSTALL(RULE_SIGNING_POLICY_WARN, "signing-policy-warn", FIRM,
            "the driver signing policy is to warn", NT5_PAGE),
    INSTALL(RULE_SIGNING_POLICY_BLOCK, "signing-policy-block", FIRM,
            "the driver signing policy is to block", NT5_PAGE),
    INSTALL(
        RULE_NO_CATALOG_FILE, "no-catalog-file", FIRM,
        "the INF names no catalog for this Windows that is there, so that Windows takes it for unsigned",
        CATALOG_PAGE),
    INSTALL(RULE_UNSIGNED_PROMPTS, "altered-or-unsigned", FIRM,
            "Windows warns of a package that is altered or unsigned", CATEGORIES_PAGE),
    INSTALL(RULE_UNSIGNED_REFUSED, "altered-or-unsigned", INFERRED,
            "64-bit Windows from 8 on takes signed packages only",
            CATEGORIES_PAGE "; SetupAPI's error 0x800f024b in the field"),
    INSTALL(RULE_INSTALL_SHA2, "sha2", FIRM,
            "this Windows is not known to understand SHA-256 catalogs", SHA2_PAGES),
    INSTALL(RULE_INSTALL_CATALOG_V2, "catalog-v2", INFERRED,
            "its catalog is of version 2, which Windows before 7 cannot read",
            "all 127 version 2 catalogs looked at are for Windows 8 and later"),
    INSTALL(RULE_INSTALL_MICROSOFT, "microsoft-signed", FIRM, "it is signed by Microsoft",
            CATEGORIES_PAGE),
    INSTALL(
        RULE_OLD_LOGO, "old-logo", FIRM,
        "Microsoft signed it for Windows before XP only, which counts as any publisher's signature",
        RANK_PAGE),
    INSTALL(RULE_OTHER_ARCHITECTURE_WHQL, "whql-only", FIRM,
            "Windows for other processors than x86 and x64 takes Microsoft-signed packages only",
            CATEGORIES_PAGE),
    INSTALL(RULE_DISTRUSTED, "distrusted-publisher", FIRM,
            "its publisher's certificate is among those not to be trusted", CATEGORIES_PAGE),
    INSTALL(RULE_TRUSTED_PUBLISHER, "trusted-publisher", FIRM,
            "its publisher's certificate is trusted here", CATEGORIES_PAGE),
    INSTALL(RULE_PUBLISHER_ROOT, "publisher-root", FIRM,
            "its publisher's certificate is trusted here, but leads to no root that is",
            "windows-driver-docs, install/trusted-publishers-certificate-store"),
    INSTALL(
        RULE_KB2921916, "kb2921916", FIRM,
        "its publisher's certificate is trusted, but uses SHA-256: without KB2921916 Windows 7 asks all the same",
        "support.microsoft.com, KB2921916"),
    INSTALL(RULE_PUBLISHER, "publisher", FIRM,
            "Windows asks unless the publisher's certificate is trusted", CATEGORIES_PAGE),
    INSTALL(
        RULE_OS_ATTRIBUTE, "os-attribute", FIRM,
        "its catalog does not list this Windows, which is not fatal: only the score may be lower",
        RANK_PAGE),

    FIT(RULE_FIT_WINDOWS_UNKNOWN, "windows-unknown", FIRM,
        "the version of this Windows is not known", MODELS_PAGE),
    FIT(RULE_WRONG_PROCESSOR, "binds-nothing", FIRM,
        "the INF offers devices for this Windows on another processor only", MODELS_PAGE),
    FIT(RULE_BINDS_NOTHING, "binds-nothing", FIRM, "the INF offers no device for this Windows",
        MODELS_PAGE),
    FIT(RULE_NO_INSTALL_SECTION, "binds-nothing", FIRM,
        "the INF names models, but has no section that installs them here",
        "windows-driver-docs, install/inf-ddinstall-section"),
    FIT(RULE_DRIVER_UNFIT, "driver-unfit", FIRM,
        "a driver is for another processor or was linked for a later Windows",
        "PE Format, Machine and MajorSubsystemVersion"),
    FIT(RULE_XSN_1, "xsn-1", FIRM,
        "the build host of these binaries may have been compromised: nobody vouches for them, valid signature or not",
        "Xen Security Notice 1, QSB-091"),
    FIT(RULE_XSA_468, "xsa-468", FIRM,
        "unprivileged users of the guest can raise their rights through it",
        "XSA-468, CVE-2025-27462, CVE-2025-27463, CVE-2025-27464"),
    FIT(RULE_XSA_468_RANGE, "xsa-468", CONTRADICTED,
        "unprivileged users of the guest may raise their rights through it: where the repair begins is said differently",
        "XSA-468; XCP-ng's detect_xsa468.py against its documentation"),
    FIT(RULE_ADVISORY, "advisory", FIRM, "an advisory speaks against this release", "the manifest"),
    FIT(RULE_WRONG_WINDOWS, "wrong-windows", INFERRED, "this release is not meant for this Windows",
        "the manifest"),
    FIT(RULE_SUPERSEDED, "superseded", INFERRED,
        "a later release of the same drivers is for this Windows as well", "the manifest"),
    FIT(RULE_NO_DEVICE, "no-device", FIRM,
        "this guest has none of the PCI devices that the INF is for", MODELS_PAGE),
    FIT(RULE_FITS, "fits", FIRM, "the INF offers devices for this Windows", MODELS_PAGE),
    FIT(RULE_NO_DEVICE_YET, "no-device-yet", FIRM,
        "this guest has none of its devices now; a bus driver may bring them", MODELS_PAGE),
};

const struct policy_rule *policy_rules(size_t *count)
{
    *count = RULE_COUNT - 1;
    return policy_table + 1;
}

const struct policy_rule *policy_rule_find(enum question question, const char *id)
{
    for (size_t i = 1; i < RULE_COUNT; i++)
        if ((question == QUESTION_UNKNOWN || policy_table[i].question == question) &&
            strcmp(policy_table[i].id, id) == 0)
            return &policy_table[i];
    return NULL;
}

const char *confidence_name(enum confidence c)
{
    static const char *const names[] = {"inferred", "documented-contradiction", "firm"};
    return names[c];
}

const char *question_name(enum question q)
{
    static const char *const names[] = {"unknown", "load", "install", "fit"};
    return names[q];
}
