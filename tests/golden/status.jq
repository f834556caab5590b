# Guests for the golden statuses, beside machines.jq: two on which all is well, and what may go wrong with them.

def read_all: .networks_reading = "full" | .disks_reading = "full" | .values_reading = "full" | .files_reading = "full"
    | .signers_reading = "full" | .events_reading = "full" | .logs_reading = "full" | .restart_reading = "full"
    | .windows.fast_startup = false;

def unplugged: .devices |= map(if .instance | startswith("PCI\\VEN_10EC") then ghost else . end);
def network($instance; $kind): {mac: "00:16:3e:01:02:03", instance: $instance, guid: null,
    connection: "Local Area Connection", description: null, kind: $kind, present: true, dhcp: true, addresses: [],
    gateways: [], name_servers: []};
def disk($path; $parents): {instance: "SCSI\\DISK&VEN_XEN&PROD_PV_DISK\\5&1&0&000000", description: null, number: 0,
    present: true, system: true, path: $path,
    parents: [$parents[] | {instance: .[0], service: .[1]}]};
def set_disk($path; $parents): .disks = [disk($path; $parents)];
def storage: .services += [service("intelide"; 0; "System Bus Extender"), service("atapi"; 0; "SCSI miniport")];
def value($key; $name; $number): .values += [{key: "HKLM\\SYSTEM\\CurrentControlSet\\Services\\\($key)", name: $name,
    exists: true, number: $number, texts: []}];
def value_text($key; $name; $text): .values += [{key: "HKLM\\SYSTEM\\CurrentControlSet\\Services\\\($key)", name: $name,
    exists: true, number: null, texts: [$text]}];
def value_absent($key; $name): .values += [{key: "HKLM\\SYSTEM\\CurrentControlSet\\Services\\\($key)", name: $name,
    exists: false, number: null, texts: []}];

# Univention's GPLPV on the Windows 7 of the base.
def well_gplpv: gplpv("0.11.0.373") | read_all | unplugged | storage
    | set_disk("pv"; [["XEN\\VBD\\4&1CCB7CC7&0&00", "XenVbd"],
        ["PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\3&267A616A&0&10", "XenPCI"]])
    | .networks = [network("XEN\\VIF\\4&1CCB7CC7&0&01"; "pv")];

# Drivers with the Xen Project's names, of another vendor where it is told so.
def revision($version): if $version | startswith("8") then "08000009" elif $version | startswith("9.0.0") then "09000007"
    else "0900000B" end;
def xen_names($by; $version; $vendor): revision($version) as $revision
    | on_platform(bound("xenbus"; "oem5.inf"; $by; $version; "\($by) PV Bus"))
    | add_device(device("XENBUS\\VEN_\($vendor)&DEV_VBD\\_"; ["XENBUS\\VEN_\($vendor)&DEV_VBD&REV_\($revision)"])
        | bound("xenvbd"; "oem7.inf"; $by; $version; "\($by) PV Storage Host Adapter"))
    | add_device(device("XENBUS\\VEN_\($vendor)&DEV_IFACE\\_"; ["XENBUS\\VEN_\($vendor)&DEV_IFACE&REV_\($revision)"])
        | bound("xeniface"; "oem8.inf"; $by; $version; "\($by) Interface"))
    | add_device(device("XENBUS\\VEN_\($vendor)&DEV_VIF\\_"; ["XENBUS\\VEN_\($vendor)&DEV_VIF&REV_\($revision)"])
        | bound("xenvif"; "oem6.inf"; $by; $version; "\($by) PV Network Class"))
    | add_device(device("XENVIF\\VEN_\($vendor)&DEV_NET\\0"; ["XENVIF\\VEN_\($vendor)&DEV_NET&REV_\($revision)"])
        | bound("xennet"; "oem10.inf"; $by; $version; "\($by) PV Network Device"))
    | .services = [service("xenbus"; 0; "Boot Bus Extender"), service("xenfilt"; 0; "Boot Bus Extender"),
        service("xenvbd"; 0; "SCSI Miniport"), service("xeniface"; 3; null), service("xenvif"; 3; null),
        service("xennet"; 3; "NDIS"), (service("xenbus_monitor"; 2; null) | .type = 16)]
    | .packages = [package("oem5.inf"; "xenbus.inf"; $by; $version; ["PCI\\VEN_5853&DEV_0001"]),
        package("oem7.inf"; "xenvbd.inf"; $by; $version; ["XENBUS\\VEN_\($vendor)&DEV_VBD&REV_\($revision)"])]
    | .filters = [filter("{4D36E96A-E325-11CE-BFC1-08002BE10318}"; "XENFILT"),
        filter("{4D36E97D-E325-11CE-BFC1-08002BE10318}"; "XENFILT")]
    | read_all | unplugged | storage
    | set_disk("pv"; [["XENBUS\\VEN_\($vendor)&DEV_VBD\\_", "xenvbd"]])
    | .networks = [network("XENVIF\\VEN_\($vendor)&DEV_NET\\0"; "pv")];
def well_xcpng: win10_x64 | xen_names("XCP-ng"; "9.1.100.0"; "XN0001");
def xenproject($version): xen_names("Xen Project"; $version; "XP0001");
def xenserver: xen_names("Cloud Software Group, Inc."; "9.1.11.115"; "XS0001");

def stopped: .services |= map(if .name | test("^xen"; "i") then .running = false else . end);
def of_service($name; f): .services |= map(if .name == $name then f else . end);
def of_device($service; f): .devices |= map(if .service == $service then f else . end);
def problem($n): .problem = $n | .started = false;
# What XAPI has hvmloader write for each guest (constants of xen-api), behind hvmloader's own.
def xapi: .platform.oem_strings = ["Xen", "MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d"];
def c000: add_device(device("PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01\\3&267A616A&0&28";
    ["PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01", "PCI\\VEN_5853&DEV_C000"]));
def waits($reason): .restart_pending = true | .restart_reasons += [$reason];
def event($log; $source; $id; $level; $strings): .events += [{log: $log, source: $source, id: $id, record: 7,
    level: $level, time: "2026-04-14T08:15:30Z", strings: $strings}];
def section($title; $status; $lines): .log_sections += [{log: "setupapi.dev.log", title: $title,
    started: "2026/04/14 08:15:29.123", status: $status, lines: $lines}];

# With a journal it is a report.
def journal(f): {command: "status", facts: ., journal: ({schema: 1, job: null, state: "installed",
    release: "univention-gplpv-0.11.0.373", family: "univention-gplpv", version: "0.11.0.373",
    set: "0.11.0.373-vista2008-x64", boot_time: .windows.boot_time, steps: []} | f)};
def removal(f): journal(.job = "removal" | f);
