# Machines for the golden plans: filters that turn the facts of one guest into those of another.
# The base is what detection wrote on a simulated Windows 7 guest (plans/fresh-win7sp1-x64.json).

def windows($major; $minor; $build; $arch; $type; $name):
    .windows |= (.major = $major | .minor = $minor | .build = $build | .service_pack = 0
        | .architecture = $arch | .process = $arch | .type = $type | .product_name = $name | .edition = null);
def service_pack($n): .windows.service_pack = $n;
def sha2($yes): .integrity.sha2 = $yes;
def secure_boot: .integrity |= (.secure_boot = true | .uefi = true);
def test_signing: .integrity |= (.test_signing = true | .options = 3)
    | .windows.start_options = " TESTSIGNING NOEXECUTE=OPTIN";

# Before Vista there is no code integrity to ask.
def nt5: .integrity |= (.options = null | .test_signing = false | .sha2 = false | .signing_policy = 1);
def win2000: windows(5; 0; 2195; "x86"; "workstation"; "Microsoft Windows 2000") | service_pack(4) | nt5;
def winxp: windows(5; 1; 2600; "x86"; "workstation"; "Microsoft Windows XP") | service_pack(3) | nt5;
def server2003_x64: windows(5; 2; 3790; "x64"; "server"; "Microsoft Windows Server 2003") | service_pack(2) | nt5;
def vista_x64: windows(6; 0; 6002; "x64"; "workstation"; "Windows Vista (TM) Business") | service_pack(2) | sha2(false);
def win7_x64_bare: sha2(false);
def win10_x64: windows(10; 0; 19045; "x64"; "workstation"; "Windows 10 Pro") | .windows.revision = 5011;
def win11_24h2: windows(10; 0; 26100; "x64"; "workstation"; "Windows 10 Pro") | .windows.revision = 8246;
def server2025: windows(10; 0; 26100; "x64"; "server"; "Windows Server 2025 Standard") | .windows.revision = 8246;
def server2012r2_dc: windows(6; 3; 9600; "x64"; "domain-controller"; "Windows Server 2012 R2 Standard");

def device($instance; $ids): {instance: $instance, hardware_ids: $ids, compatible_ids: [], description: null,
    class_name: null, class_guid: null, service: null, inf: null, provider: null, driver_version: null,
    driver_date: null, present: true, started: null, problem: null};
def bound($service; $inf; $provider; $version; $description): .service = $service | .inf = $inf
    | .provider = $provider | .driver_version = $version | .description = $description | .started = true | .problem = 0;
def ghost: .present = false | .started = false | .problem = 45;
def add_device(d): .devices += [d];
def on_platform(f): .devices |= map(if .instance | startswith("PCI\\VEN_5853") then f else . end);
def no_platform: .devices |= map(select(.instance | startswith("PCI\\VEN_5853") | not));

def service($name; $start; $group): {name: $name, display_name: null,
    image: "\\SystemRoot\\system32\\DRIVERS\\\($name).sys", group: $group, type: 1, start: $start,
    start_overridden: false, running: true, image_exists: true, file_version: null};
def package($inf; $original; $provider; $version; $ids): {inf: $inf, original: $original, provider: $provider,
    catalog: ($original | sub("inf$"; "cat")), class_name: null, version: $version, hardware_ids: $ids};
def product($name; $version; $upgrade; $publisher): {product_code: null, upgrade_code: $upgrade, name: $name,
    version: $version, publisher: $publisher};
def filter($class; $service): {class_guid: $class, position: "UpperFilters", services: [$service]};

# GPLPV as its INFs install it; Univention's builds are the same.
def gplpv($version):
    "Xen GPL PV Driver Developers" as $by
    | on_platform(bound("XenPCI"; "oem2.inf"; $by; $version; "Xen PCI Device Driver"))
    | add_device(device("XEN\\VBD\\4&1CCB7CC7&0&00"; ["XEN\\VBD"])
        | bound("XenVbd"; "oem3.inf"; $by; $version; "Xen Block Device Driver"))
    | add_device(device("XEN\\VIF\\4&1CCB7CC7&0&01"; ["XEN\\VIF"])
        | bound("XenNet"; "oem4.inf"; $by; $version; "Xen Net Device Driver"))
    | .services = [service("XenPCI"; 0; "XenPCI Group"), service("XenVbd"; 0; "System Bus Extender"),
        service("XenNet"; 3; "NDIS"), (service("ShutdownMon"; 2; null) | .type = 16)]
    | .packages = [package("oem2.inf"; "xenpci.inf"; $by; $version; ["PCI\\VEN_5853&DEV_0001"]),
        package("oem3.inf"; "xenvbd.inf"; $by; $version; ["XEN\\VBD"]),
        package("oem4.inf"; "xennet.inf"; $by; $version; ["XEN\\VIF"])]
    | .products = [product("GPL PV Drivers for Windows"; $version; "{4EDE5DEC-3208-4A1E-8E52-DAC44F7D7062}"; "James Harper")]
    | .filters = [filter("{4D36E96A-E325-11CE-BFC1-08002BE10318}"; "XenPci"),
        filter("{4D36E972-E325-11CE-BFC1-08002BE10318}"; "XenPci")];

# Xen Project: the bus exports its devices in revisions, each child binds one.
def revisions($head; $list): [$list[] | "\($head)&REV_\(.)"];
def xp_bus($version): on_platform(bound("xenbus"; "oem5.inf"; "Xen Project"; $version; "Xen Project PV Bus (0001)"))
    | .services += [service("xenbus"; 0; "Boot Bus Extender"), service("xenfilt"; 0; "Boot Bus Extender")]
    | .packages += [package("oem5.inf"; "xenbus.inf"; "Xen Project"; $version;
        ["PCI\\VEN_5853&DEV_0002", "PCI\\VEN_5853&DEV_0001"])];
def xp_package($n; $name; $version; $id):
    .packages += [package("oem\($n).inf"; "\($name).inf"; "Xen Project"; $version; [$id])];
def xp_children_822:
    xp_package(6; "xenvif"; "8.2.2.5"; "XENBUS\\VEN_XP0001&DEV_VIF&REV_0800000B")
    | xp_package(7; "xenvbd"; "8.2.2.3"; "XENBUS\\VEN_XP0001&DEV_VBD&REV_08000009");
def xp_children_91:
    xp_package(6; "xenvif"; "9.1.0.0"; "XENBUS\\VEN_XP0001&DEV_VIF&REV_0900000B")
    | xp_package(7; "xenvbd"; "9.1.0.0"; "XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000B");
def xp_device($dev; $list): device("XENBUS\\VEN_XP0001&DEV_\($dev)&REV_\($list[0])\\_";
    revisions("XENBUS\\VEN_XP0001&DEV_\($dev)"; $list));
def exports_822: ["0800000D", "0800000C", "0800000B", "0800000A", "08000009"];
def exports_91: ["0900000C", "0900000B", "0900000A", "09000009", "09000008"];
def xp_child($dev; $list; $service; $inf; $version): add_device(xp_device($dev; $list)
    | bound($service; $inf; "Xen Project"; $version; "Xen Project PV \($dev)"));
def xenproject_822: xp_bus("8.2.2.5") | xp_children_822
    | xp_child("VIF"; exports_822; "xenvif"; "oem6.inf"; "8.2.2.5")
    | xp_child("VBD"; exports_822; "xenvbd"; "oem7.inf"; "8.2.2.3")
    | .services += [service("xenvif"; 3; null), service("xenvbd"; 0; "SCSI Miniport")];

# Another vendor's drivers, as far as they are recognised by them.
def foreign($service; $provider; $version; $description):
    on_platform(bound($service; "oem9.inf"; $provider; $version; $description))
    | .packages += [package("oem9.inf"; "\($service).inf"; $provider; $version; ["PCI\\VEN_5853&DEV_0001"])]
    | .services += [service($service; 0; null)];
