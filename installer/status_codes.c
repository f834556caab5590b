#include "installer/status_codes.h"

#define INSTALL "xenpv install"
#define REMOVE "xenpv remove"
#define VERIFY "xenpv verify --installed"

/* Code, severity, the word that is left; cause; remedy, command; source. */
static const struct status_code_row rows[STATUS_CODES] = {
    /* --- platform and Windows --- */
    [CODE_NOT_XEN] = {"not-xen", STATUS_ERROR, STATUS_NOT_XEN,
                      "no hypervisor leaf of CPUID says XenVMMXenVMM",
                      "run it in a Xen HVM guest, or replay one's facts with --facts", NULL,
                      "Xen's public header arch-x86/cpuid.h"},
    [CODE_PLATFORM_UNKNOWN] = {"platform-unknown", STATUS_ERROR, STATUS_UNKNOWN,
                               "CPUID was not asked, or the facts do not hold its answer",
                               "look again on the guest itself", "xenpv detect",
                               "Xen's public header arch-x86/cpuid.h"},
    [CODE_NO_PLATFORM_DEVICE] = {"no-platform-device", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                                 "the guest is configured without the Xen platform PCI device, or "
                                 "its bus was not enumerated",
                                 "set xen_platform_pci=1 in the guest's configuration", NULL,
                                 "xl.cfg(5), xen_platform_pci"},
    [CODE_WINDOWS_UNKNOWN] = {"windows-unknown", STATUS_ERROR, STATUS_UNKNOWN,
                              "Windows did not tell its version or processor, or the facts do not "
                              "hold it",
                              "look again on the guest itself", "xenpv detect",
                              "RtlGetVersion, Microsoft's documentation"},
    [CODE_WINDOWS_UNSUPPORTED] = {"windows-unsupported", STATUS_ERROR, STATUS_UNSUPPORTED,
                                  "every release in the manifest is for other versions of Windows "
                                  "or other processors",
                                  "leave the guest on its emulated devices", "xenpv plan --all",
                                  "the manifest's releases and their sources"},
    [CODE_SAFE_MODE] = {"safe-mode", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                        "Windows was started in safe mode, in which most drivers do not start",
                        "start Windows normally and ask again", NULL,
                        "SystemStartOptions, Microsoft's documentation"},
    [CODE_DOMAIN_CONTROLLER] = {"domain-controller", STATUS_INFO, STATUS_WORKING,
                                "a domain controller whose disk does not start loses its "
                                "directory, too",
                                "have a backup of the directory before drivers are changed", NULL,
                                "Amazon EC2 user guide for Windows, upgrading PV drivers (domain "
                                "controllers)"},
    [CODE_FACTS_UNREAD] = {"facts-unread", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                           "the call failed, needs an administrator, or the facts are of an older "
                           "xenpv",
                           "run it again as an administrator", "xenpv status",
                           "what was not read never counts as good"},
    [CODE_HISTORY_UNREAD] = {"history-unread", STATUS_INFO, STATUS_WORKING,
                             "the log is not there on this Windows, or needs an administrator",
                             "run it again as an administrator", "xenpv status",
                             "what was not read never counts as good"},
    /* --- families and releases --- */
    [CODE_NO_PV_DRIVERS] = {"no-pv-drivers", STATUS_WARNING, STATUS_NOT_INSTALLED,
                            "nobody has installed any, or they were removed",
                            "see what would be installed here and why, then install", INSTALL,
                            "Xen's wiki, DomU Support for Xen"},
    [CODE_MIXED_FAMILIES] =
        {"mixed-families", STATUS_ERROR, STATUS_BROKEN,
         "two vendors' drivers take the same devices: the next start of Windows "
         "may stop with 0x7B",
         "keep one family and remove the others", REMOVE, "xcp-ng/xcp issue 181"},
    [CODE_FOREIGN_FAMILY] = {"foreign-family", STATUS_INFO, STATUS_WORKING,
                             "somebody else's installer put them there; they are recognised, and "
                             "what they should be is their vendor's to say",
                             "update them by their vendor's means, or remove them before another "
                             "family is installed",
                             REMOVE, "the families' INFs and installers"},
    [CODE_FOREIGN_PACKAGE_STAGED] =
        {"foreign-package-staged", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
         "an uninstaller left its INFs behind, or Windows Update staged "
         "them; Windows takes the better rank or later date",
         "remove what is left of that family", REMOVE,
         "xen-users on GPLPV being outranked by a left Citrix INF; How "
         "Setup ranks drivers, Microsoft's documentation"},
    [CODE_LEGACY_DRIVERS] = {"legacy-drivers", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                             "these drivers are of the XENEVTCHN kind, which newer hosts do not "
                             "start",
                             "remove them before the guest is moved to a newer host", REMOVE,
                             "xcp-ng/xcp issue 247 (Windows XP on XCP-ng 8.0)"},
    [CODE_WINDOWS_UPDATE_DRIVERS] = {"windows-update-drivers", STATUS_WARNING,
                                     STATUS_WORKING_WITH_WARNINGS,
                                     "the host shows the vendor's PCI device C000, for which "
                                     "Windows Update has drivers of its own",
                                     "switch has-vendor-device off on the host, or keep drivers "
                                     "out of quality updates by policy",
                                     NULL, "CTX678047, CTX292687; xcp-ng/xcp issue 324"},
    [CODE_WRONG_ACTIVE_DEVICE] = {"wrong-active-device", STATUS_WARNING,
                                  STATUS_WORKING_WITH_WARNINGS,
                                  "the bus driver took device 0001 or 0002 although C000 is there, "
                                  "so updates for C000 never arrive",
                                  "follow the vendor's article to move the drivers to C000", NULL,
                                  "CTX215064; XCP-ng documentation, Windows guests"},
    [CODE_REVISION_SKEW] = {"revision-skew", STATUS_ERROR, STATUS_DEGRADED,
                            "bus and child drivers are of releases whose revisions do not meet",
                            "install one complete release", INSTALL,
                            "revision.h and the INFs of the Xen Project's win-* sources"},
    [CODE_MIXED_VERSIONS] = {"mixed-versions", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                             "an update was applied to some drivers only",
                             "install one complete release", INSTALL,
                             "the Xen Project's win-* releases, which are made as sets"},
    [CODE_PRODUCT_LEFT_OVER] = {"product-left-over", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                                "the drivers are gone and Windows Installer still lists their "
                                "product: the next MSI says another version is installed",
                                "remove the product", REMOVE,
                                "xcp-ng/xcp issues 547, 537, 152 and 82"},
    [CODE_PRODUCT_TWICE] = {"product-twice", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                            "its MSI does not replace an earlier one: both stay registered",
                            "remove and install anew in one go", "xenpv install --replace",
                            "GPLPV's installer.wxs, which has no Upgrade table"},
    [CODE_RELEASE_UNKNOWN] = {"release-unknown", STATUS_INFO, STATUS_WORKING,
                              "the manifest does not list a release of this version",
                              "update xenpv, or give a manifest that knows it", NULL,
                              "the manifest's releases"},
    [CODE_RELEASE_FAULTS] = {"release-faults", STATUS_INFO, STATUS_WORKING,
                             "faults of this release that its users or authors reported",
                             "compare them with what is seen here; a later release may have them "
                             "mended",
                             "xenpv plan", "each fault names its own"},
    [CODE_NEWER_RELEASE] = {"newer-release", STATUS_INFO, STATUS_WORKING,
                            "a later release took the place of the installed one",
                            "upgrade the drivers before the host is upgraded", INSTALL,
                            "qubes-issues 9182 (guests that did not start after a Xen upgrade)"},
    [CODE_WINDOWS_TOO_OLD] = {"windows-too-old", STATUS_ERROR, STATUS_BROKEN,
                              "the installed release is built for a later Windows, and its INFs "
                              "do not keep it from being installed",
                              "install a release that is for this Windows", INSTALL,
                              "qubes-issues 5462"},
    [CODE_WINDOWS_TOO_NEW] = {"windows-too-new", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                              "the installed release was made for earlier versions of Windows",
                              "install a release that is for this Windows", INSTALL,
                              "the manifest's releases and their sources"},
    [CODE_SHA2_NOT_UNDERSTOOD] = {"sha2-not-understood", STATUS_ERROR, STATUS_BROKEN,
                                  "the drivers have SHA-256 signatures, which this kernel cannot "
                                  "check without an update: it may stop with 0xC0000428",
                                  "install the update, or a release with SHA-1 signatures", INSTALL,
                                  "Microsoft support 4472027; qubes-issues 3585; xcp-ng/xcp issue "
                                  "23"},
    [CODE_SECURE_BOOT_REFUSES] =
        {"secure-boot-refuses", STATUS_ERROR, STATUS_BROKEN,
         "from Windows 10 1607 on, with Secure Boot, the kernel loads only "
         "what Microsoft signed: the next start may stop with 0x7B",
         "switch Secure Boot off, or use drivers that Microsoft signed", NULL,
         "Microsoft's driver signing policy; qubes-issues 10779"},
    [CODE_DRIVER_POLICY] = {"driver-policy-2026", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                            "the drivers are cross-signed, and this Windows stops trusting those "
                            "once its evaluation is over",
                            "replace them by drivers that Microsoft signed before that", NULL,
                            "Microsoft support, The Windows Driver Policy (April 2026)"},
    [CODE_NEEDS_TEST_SIGNING] = {"needs-test-signing", STATUS_ERROR, STATUS_BROKEN,
                                 "the drivers are signed with a test certificate, and test signing "
                                 "is off or not possible here",
                                 "install a release with a production signature", INSTALL,
                                 "xcp-ng/win-pv-drivers issues 16 and 19; TESTSIGNING, Microsoft's "
                                 "documentation"},
    [CODE_RELEASE_UNSIGNED] = {"release-unsigned", STATUS_ERROR, STATUS_BROKEN,
                               "the installed release has no signature that is known, and this "
                               "kernel asks for one",
                               "install a signed release", INSTALL,
                               "Microsoft's driver signing policy"},
    /* --- devices --- */
    [CODE_DEVICES_UNREAD] = {"devices-unread", STATUS_ERROR, STATUS_UNKNOWN,
                             "the call failed or needs an administrator",
                             "run it again as an administrator", "xenpv status",
                             "what was not read never counts as good"},
    [CODE_NO_XEN_DEVICE] = {"no-xen-device", STATUS_ERROR, STATUS_DEGRADED,
                            "the host shows no platform device any more, or a clean-up task "
                            "removed the nodes",
                            "set xen_platform_pci=1 on the host, then scan for hardware changes",
                            NULL, "Amazon EC2 user guide for Windows, troubleshooting PV drivers"},
    [CODE_DEVICE_NEEDS_RESTART] = {"device-needs-restart", STATUS_WARNING, STATUS_NEEDS_RESTART,
                                   "a PV driver takes over from the emulated device only at a "
                                   "start of Windows (problem 14): after a first installation this "
                                   "is by design",
                                   "restart Windows", NULL,
                                   "Device Manager error messages, Microsoft's documentation "
                                   "(Code 14)"},
    [CODE_DEVICE_WITHOUT_DRIVER] = {"device-without-driver", STATUS_ERROR, STATUS_DEGRADED,
                                    "a driver of the set is missing, of another release than its "
                                    "bus, or could not be installed",
                                    "install one complete release", INSTALL,
                                    "Device Manager error messages, Microsoft's documentation "
                                    "(Code 28)"},
    [CODE_DRIVER_REFUSED] = {"driver-refused", STATUS_ERROR, STATUS_DEGRADED,
                             "Windows' code integrity does not let it load: signature, Secure "
                             "Boot, memory integrity or a policy",
                             "see what its signature is and what this Windows asks for", VERIFY,
                             "Device Manager error messages, Microsoft's documentation (Codes 39, "
                             "48, 52)"},
    [CODE_DEVICE_PROBLEM] = {"device-problem", STATUS_ERROR, STATUS_DEGRADED,
                             "Device Manager's code says what Windows makes of it",
                             "look the code up, then repair the release", INSTALL,
                             "Device Manager error messages, Microsoft's documentation"},
    [CODE_DEVICE_NOT_NEEDED] = {"device-not-needed", STATUS_INFO, STATUS_WORKING,
                                "the host shows a device that no release has a driver for", NULL,
                                NULL, "the manifest's releases and their INFs"},
    [CODE_DEVICE_STATUS_UNKNOWN] = {"device-status-unknown", STATUS_WARNING,
                                    STATUS_WORKING_WITH_WARNINGS,
                                    "Windows did not tell the state of these device nodes; their "
                                    "services are judged instead",
                                    "run it again as an administrator", "xenpv status",
                                    "CM_Get_DevNode_Status, Microsoft's documentation"},
    [CODE_GHOST_DEVICES] = {"ghost-devices", STATUS_INFO, STATUS_WORKING,
                            "Windows remembers devices that are not there any more; they count "
                            "for nothing here",
                            NULL, NULL, "Amazon EC2 user guide for Windows; virtio-win issue 77"},
    /* --- services --- */
    [CODE_SERVICES_UNREAD] = {"services-unread", STATUS_ERROR, STATUS_UNKNOWN,
                              "the call failed or needs an administrator",
                              "run it again as an administrator", "xenpv status",
                              "what was not read never counts as good"},
    [CODE_DRIVER_NOT_RUNNING] = {"driver-not-running", STATUS_ERROR, STATUS_DEGRADED,
                                 "it failed to start, or Windows did not let it",
                                 "see the events and what this Windows says of its signature",
                                 VERIFY, "QueryServiceStatus, Microsoft's documentation"},
    [CODE_DRIVER_STATE_UNKNOWN] = {"driver-state-unknown", STATUS_WARNING,
                                   STATUS_WORKING_WITH_WARNINGS,
                                   "its service is not among the facts, or its state was not told",
                                   "run it again as an administrator", "xenpv status",
                                   "QueryServiceStatus, Microsoft's documentation"},
    [CODE_DRIVER_SERVICE_MISSING] =
        {"driver-service-missing", STATUS_ERROR, STATUS_BROKEN,
         "the device is bound to a service that is not registered any more: its driver does not "
         "start again",
         "install the release again", INSTALL,
         "HKLM\\SYSTEM\\CurrentControlSet\\Services registry tree, Microsoft's documentation"},
    [CODE_DRIVER_FILE_MISSING] = {"driver-file-missing", STATUS_ERROR, STATUS_BROKEN,
                                  "the service is registered, and its file is gone: it cannot "
                                  "start any more",
                                  "install the release again", INSTALL,
                                  "xcp-ng/xcp issue 474 (left-overs of a removal)"},
    [CODE_HELPER_NOT_RUNNING] = {"helper-not-running", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                                 "a service beside the drivers has stopped or was switched off: "
                                 "dom0 may not see the guest's agent or shut it down cleanly",
                                 "start the service and see the events if it stops again", NULL,
                                 "xcp-ng/xcp issues 79 and 132"},
    [CODE_HELPER_STATE_UNKNOWN] = {"helper-state-unknown", STATUS_WARNING,
                                   STATUS_WORKING_WITH_WARNINGS,
                                   "its service is not among the facts, or its state was not told",
                                   "run it again as an administrator", "xenpv status",
                                   "QueryServiceStatus, Microsoft's documentation"},
    [CODE_RESTART_PROMPT] = {"restart-prompt", STATUS_INFO, STATUS_WORKING,
                             "xenbus_monitor asks a person whether to restart when a driver wants "
                             "it: an unattended run waits there",
                             "set AutoReboot below xenbus_monitor\\Parameters as your policy is",
                             NULL, "win-xenbus, src/monitor; XCP-ng documentation, Windows guests"},
    [CODE_UPDATES_REFUSED] = {"updates-refused", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                              "AllowUpdate is 0: the 8.2.x co-installer refuses other versions, "
                              "and the MSI fails with 1603",
                              "set it to 1 while the drivers are changed, or remove them first",
                              REMOVE, "win-xenbus 8.2, src/coinst; xcp-ng/xcp issue 83"},
    /* --- the paths of disk and network --- */
    [CODE_DISK_EMULATED] = {"disk-emulated", STATUS_WARNING, STATUS_DEGRADED,
                            "no PV disk driver has it: it is not installed, did not start, or the "
                            "emulated disk was not unplugged",
                            "install the PV disk driver and restart Windows", INSTALL,
                            "Xen's docs/misc/hvm-emulated-unplug"},
    [CODE_DISK_PATH_UNKNOWN] = {"disk-path-unknown", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                                "the way from Windows' disk to its controller could not be "
                                "followed",
                                "run it again as an administrator", "xenpv status",
                                "what was not read never counts as good"},
    [CODE_NETWORK_EMULATED] = {"network-emulated", STATUS_WARNING, STATUS_DEGRADED,
                               "no PV network driver has it, or the emulated card was not "
                               "unplugged",
                               "install the PV network driver and restart Windows", INSTALL,
                               "Xen's docs/misc/hvm-emulated-unplug"},
    [CODE_NO_NETWORK] = {"no-network", STATUS_ERROR, STATUS_DEGRADED,
                         "the emulated cards were unplugged, and no PV one has started",
                         "repair the PV network driver; with NICS=0 below XEN\\Unplug the emulated "
                         "card comes back at the next start",
                         INSTALL, "win-xenbus, xenbus.inf and src/xen/unplug.c"},
    [CODE_ADDRESS_ON_GHOST] = {"address-on-ghost", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                               "the PV adapter is a new interface to Windows; the settings stayed "
                               "with the emulated one that is gone",
                               "give the address to the PV adapter; xenpv install moves it by "
                               "permanent MAC address",
                               INSTALL,
                               "Amazon EC2 user guide for Windows; XCP-ng documentation; "
                               "qubes-issues 1566 and 2263"},
    [CODE_UNPLUG_FORCED] = {"unplug-forced", STATUS_INFO, STATUS_WORKING,
                            "ForceUnplug is set: emulated devices are unplugged whether or not PV "
                            "drivers are there for them",
                            "delete ForceUnplug if nobody meant it", NULL,
                            "XCP-ng's win-pv-drivers, src/xen/unplug.c"},
    [CODE_UNPLUG_NVME] = {"unplug-nvme", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                          "ForceUnplug has the flag for NVMe disks: with a passed-through NVMe "
                          "disk Windows hangs at its start",
                          "clear flag 8 of ForceUnplug", NULL,
                          "xcp-ng/win-pv-drivers issue 21; Xen's docs/misc/hvm-emulated-unplug"},
    /* --- the next start of Windows --- */
    [CODE_ORPHAN_FILTER] = {"orphan-filter", STATUS_ERROR, STATUS_BROKEN,
                            "drivers were deleted, and their filter was left in the class: every "
                            "device of the class fails, and Windows may not start",
                            "take that one name out of the list", REMOVE,
                            "xcp-ng/xcp issue 474; Device Manager Codes 39 and 19"},
    [CODE_FILTER_FILE_MISSING] = {"filter-file-missing", STATUS_ERROR, STATUS_BROKEN,
                                  "the filter's service is registered, and its file is gone: every "
                                  "device of the class fails",
                                  "take that one name out of the list", REMOVE,
                                  "xcp-ng/xcp issue 474"},
    [CODE_FILTER_MISSING] = {"filter-missing", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                             "something cleaned the class's filters up: emulated devices are not "
                             "hidden, and PV ones may not come up at the next start",
                             "install the release again", INSTALL,
                             "Amazon EC2 user guide for Windows, troubleshooting PV drivers (PnP "
                             "clean-up on Server 2012 R2)"},
    [CODE_DRIVER_NOT_AT_BOOT] = {"driver-not-at-boot", STATUS_ERROR, STATUS_BROKEN,
                                 "its start type was changed or a StartOverride keeps it from "
                                 "starting: from a PV disk Windows stops with 0x7B",
                                 "install the release again", INSTALL, "xcp-ng/xcp issue 181"},
    [CODE_STORAGE_NOT_AT_BOOT] = {"storage-not-at-boot", STATUS_WARNING,
                                  STATUS_WORKING_WITH_WARNINGS,
                                  "Windows put the emulated disk's driver to sleep when it no "
                                  "longer saw its controller: without PV drivers, or on another "
                                  "hypervisor, it stops with 0x7B",
                                  "let xenpv set it to start at boot again", INSTALL,
                                  "XenServer's win-installer, "
                                  "EnsureBootStartServicesStartAtBoot"},
    [CODE_ACTIVE_DEVICE_GONE] = {"active-device-gone", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                                 "the host's platform device id was changed: the drivers wait for "
                                 "the old one, and Windows may stop with 0x7B",
                                 "set the device id back on the host, or install the release again",
                                 INSTALL, "CTX215064; XCP-ng documentation, Windows guests"},
    [CODE_FAST_STARTUP] = {"fast-startup-on", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                           "with fast startup a shut-down guest resumes its kernel with devices "
                           "that the host has replaced meanwhile",
                           "powercfg /hibernate off", NULL,
                           "Qubes OS documentation, Windows guests"},
    [CODE_FALLBACK_ENTRY] = {"fallback-entry", STATUS_INFO, STATUS_WORKING,
                             "xenpv added it so that the guest starts on its emulated disk if the "
                             "PV one fails",
                             "xenpv remove takes it out with the drivers", NULL,
                             "the journal of the installation"},
    [CODE_STARTED_EMULATED] = {"started-emulated", STATUS_WARNING, STATUS_DEGRADED,
                               "this start of Windows was told to leave devices emulated, as the "
                               "fallback boot entry does",
                               "find out why the PV disk was not started from, then start the "
                               "usual entry",
                               NULL, "the boot options of the release, in the manifest"},
    /* --- security --- */
    [CODE_TEST_SIGNING_ON] = {"test-signing-on", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                              "test signing is on: this Windows loads drivers that anybody signed",
                              "bcdedit /set testsigning off, once no driver needs it", NULL,
                              "TESTSIGNING boot configuration option, Microsoft's documentation"},
    [CODE_INTEGRITY_CHECKS_OFF] = {"integrity-checks-off", STATUS_WARNING,
                                   STATUS_WORKING_WITH_WARNINGS,
                                   "this Windows was started without checking what drivers are "
                                   "signed with",
                                   "bcdedit /set nointegritychecks off, and start it normally",
                                   NULL, "Microsoft's driver signing policy"},
    [CODE_XSN_1] = {"xsn-1", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                    "the host that built these drivers may have been compromised: their signature "
                    "is valid, and nobody vouches for them",
                    "replace them by drivers of another source", INSTALL, "XSN-1; QSB-091"},
    [CODE_XSA_468] = {"xsa-468", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                      "the drivers open their interfaces to every user of the guest, who can "
                      "raise his rights by them",
                      "replace them by a build that is repaired", INSTALL,
                      "XSA-468; CVE-2025-27462, CVE-2025-27463, CVE-2025-27464"},
    [CODE_ADVISORY] = {"advisory", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                       "an advisory of the manifest is about what is installed",
                       "do as the advisory says", "xenpv manifest show",
                       "the advisory's own source"},
    [CODE_DRIVER_ALTERED] = {"driver-altered", STATUS_ERROR, STATUS_BROKEN,
                             "its bytes are not those that were signed: damaged, patched or "
                             "replaced",
                             "see which file and catalog, then install the release again", VERIFY,
                             "Authenticode and catalog files, Microsoft's documentation"},
    [CODE_DRIVER_UNSIGNED] = {"driver-unsigned", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                              "it has no signature, and no catalog of its package lists its bytes "
                              "any more",
                              "see which file and catalog, then install the release again", VERIFY,
                              "Authenticode and catalog files, Microsoft's documentation"},
    [CODE_UNEXPECTED_SIGNER] = {"unexpected-signer", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                                "the file is signed by another than who signs this release: "
                                "another build, a test certificate or a wrong download",
                                "compare it with the release's published hashes", VERIFY,
                                "xcp-ng/win-pv-drivers issues 16 and 19; XSN-1"},
    [CODE_TRUST_CHANGED] = {"trust-changed", STATUS_INFO, STATUS_WORKING,
                            "the installation changed what this Windows trusts",
                            "xenpv rollback or xenpv remove takes it back", NULL,
                            "the journal of the installation"},
    /* --- restarts of others --- */
    [CODE_RESTART_PENDING] = {"restart-pending", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                              "an update or another installer waits for a restart; drivers that "
                              "are installed meanwhile are applied by half",
                              "restart Windows before drivers are changed", NULL,
                              "Windows Update and servicing's RebootRequired and RebootPending "
                              "keys; MoveFileEx, Microsoft's documentation"},
    [CODE_RESTART_HARMLESS] = {"restart-harmless", STATUS_INFO, STATUS_WORKING,
                               "files of other programs wait to be replaced, or the computer's "
                               "name changes; neither concerns drivers",
                               NULL, NULL, "MoveFileEx, Microsoft's documentation"},
    [CODE_DRIVER_ASKS_RESTART] = {"driver-asks-for-restart", STATUS_WARNING, STATUS_NEEDS_RESTART,
                                  "a PV driver has asked xenbus_monitor for a restart",
                                  "restart Windows", NULL, "win-xenbus, src/monitor"},
    /* --- what was done and what happened --- */
    [CODE_RUN_AT_WORK] = {"run-at-work", STATUS_WARNING, STATUS_UNKNOWN,
                          "what is seen is of the middle of a run that changes this guest",
                          "wait for its end, and ask again", "xenpv status", "the lock of xenpv"},
    [CODE_INTERRUPTED] = {"interrupted", STATUS_ERROR, STATUS_BROKEN,
                          "an installation, its undoing or a repair was interrupted",
                          "run it again: it reverts or finishes what is half done", INSTALL,
                          "the journal"},
    [CODE_RESTART_NEEDED] = {"restart-needed", STATUS_WARNING, STATUS_NEEDS_RESTART,
                             "the drivers take over with the next start of Windows",
                             "restart Windows, then confirm", INSTALL, "the journal"},
    [CODE_NOT_CONFIRMED] = {"not-confirmed", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                            "Windows was restarted, and nobody asked since whether all is well",
                            "confirm the installation", INSTALL, "the journal"},
    [CODE_NEEDS_ATTENTION] = {"needs-attention", STATUS_ERROR, STATUS_DEGRADED,
                              "an installation could neither be finished nor undone",
                              "mend what the reason names, then run it again", INSTALL,
                              "the journal"},
    [CODE_ROLLED_BACK] = {"rolled-back", STATUS_WARNING, STATUS_WORKING_WITH_WARNINGS,
                          "the last installation failed and was undone",
                          "mend what the reason names, then install again", INSTALL, "the journal"},
    [CODE_REMOVAL_NEEDS_RESTART] = {"removal-needs-restart", STATUS_WARNING, STATUS_NEEDS_RESTART,
                                    "drivers that are in use are switched off with the next start "
                                    "of Windows, and taken out then",
                                    "restart Windows, then run it again", REMOVE, "the journal"},
    [CODE_REMOVAL_NEEDS_ATTENTION] = {"removal-needs-attention", STATUS_ERROR, STATUS_DEGRADED,
                                      "something could not be removed",
                                      "mend what the reason names, then run it again", REMOVE,
                                      "the journal"},
    [CODE_REMOVAL_NOT_FINISHED] = {"removal-not-finished", STATUS_ERROR, STATUS_DEGRADED,
                                   "a removal was interrupted", "run it again: it goes on", REMOVE,
                                   "the journal"},
    [CODE_EVENTS_OF_REFUSAL] = {"events-of-refusal", STATUS_INFO, STATUS_WORKING,
                                "code integrity refused a file of PV drivers, or would have under "
                                "a policy that only watches",
                                "see what its signature is and what this Windows asks for", VERIFY,
                                "Code Integrity's event log messages, Microsoft's documentation "
                                "(3004, 3033, 3076, 3077)"},
    [CODE_EVENTS_OF_FAILURE] = {"events-of-failure", STATUS_INFO, STATUS_WORKING,
                                "the service manager or plug and play recorded that a PV driver "
                                "or its service failed",
                                "compare the times with what is seen here", NULL,
                                "the System event log"},
    [CODE_SETUP_FAILED] = {"setup-failed", STATUS_INFO, STATUS_WORKING,
                           "Windows could not install a driver on a Xen device once: a veto of a "
                           "co-installer, a signature or another vendor's driver",
                           "read the lines, then install one complete release", INSTALL,
                           "SetupAPI's log, Microsoft's documentation; xcp-ng/xcp issue 83"},
};

const struct status_code_row *status_code_row(enum status_code c)
{
    return &rows[c > STATUS_CODE_NONE && c < STATUS_CODES ? c : STATUS_CODE_NONE];
}
