/* inf: what an install section does: files and where they are, services, registry, Needs, findings.
 */
#include "base/mem.h"
#include "base/text.h"
#include "verifier/inf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER                                                                                     \
    "[Version]\nSignature=\"$Windows NT$\"\nCatalogFile=x.cat\nDriverVer=01/02/2003,1.2.3.4\n"
#define MODEL "[Manufacturer]\nv=m,NTamd64\n[m]\nd=i,ID\n[m.NTamd64]\nd=i,ID\n"
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* One INF, parsed, and what its section "i" does on windows. */
struct fixture {
    struct inf inf;
    struct target target;
    struct inf_install install;
    struct findings findings;
};

static void begin(struct fixture *f, const char *windows, const char *text)
{
    struct err e = {0};
    if (!target_parse(windows, &f->target, NULL, &e)
        || !inf_parse(span_text(text), &f->inf, &f->findings, &e))
        fail_msg("%s", e.text);
    inf_install(&f->inf, &f->target, "i", &f->install);
}

static void end(struct fixture *f)
{
    inf_install_release(&f->install);
    inf_release(&f->inf);
    findings_release(&f->findings);
}

/* --- files --- */

#define DISKS                                                                                      \
    "[SourceDisksNames]\n1=d,,,\n2=d,tag.txt,,\\drivers\n3=d,data.cab,,cabs\n[SourceDisksNames."   \
    "amd64]\n4=d,,,x64\n"                                                                          \
    "[SourceDisksNames.x86]\n4=d,,,x86\n"                                                          \
    "[SourceDisksFiles]\na.sys=1\nb.sys=1,sub\\dir\nc.sys=2,\"\\nt\\\"\nd.sys=3\ne.sys=4\nf.sys="  \
    "1,\".\\up\\..\\\"\ng.sys=9\n"                                                                 \
    "[SourceDisksFiles.amd64]\na.sys=4\n"                                                          \
    "[DestinationDirs]\nDefaultDestDir=12\nlist=11,sub\\x\nodd=65535\nminus=-1\nfar=16422,Xen\n"

static const struct file_row {
    const char *copy; /* lines after [i] */
    const char *windows;
    const char *source, *path, *name;
    int32_t dirid;
    const char *subdir;
    uint32_t flags;
    enum inf_source origin;
    const char *sentence;
} file_rows[] = {
    {"CopyFiles=@a.sys", "win7-x86", "a.sys", "a.sys", "a.sys", 12, "", 0, INF_SOURCE_PACKAGE,
     "@ copies one file to the default directory"},
    {"CopyFiles=@a.sys", "win7-x64", "a.sys", "x64/a.sys", "a.sys", 12, "", 0, INF_SOURCE_PACKAGE,
     "the processor's SourceDisksFiles and SourceDisksNames come first"},
    {"CopyFiles=@e.sys", "win7-x86", "e.sys", "x86/e.sys", "e.sys", 12, "", 0, INF_SOURCE_PACKAGE,
     "the disk alone may depend on the processor"},
    {"CopyFiles=list\n[list]\nb.sys", "win7-x86", "b.sys", "sub/dir/b.sys", "b.sys", 11, "sub\\x",
     0, INF_SOURCE_PACKAGE, "a list has its own destination"},
    {"CopyFiles=other\n[other]\nb.sys", "win7-x86", "b.sys", "sub/dir/b.sys", "b.sys", 12, "", 0,
     INF_SOURCE_PACKAGE, "or else the default one"},
    {"CopyFiles=list\n[list]\nnew_1_0.sys,c.sys", "win7-x86", "c.sys", "drivers/nt/c.sys",
     "new_1_0.sys", 11, "sub\\x", 0, INF_SOURCE_PACKAGE,
     "name,source renames; disk path and subdirectory are joined"},
    {"CopyFiles=list\n[list]\nA.SYS,,,0x1000", "win7-x86", "A.SYS", "A.SYS", "A.SYS", 11, "sub\\x",
     0x1000, INF_SOURCE_PACKAGE, "the fourth field is the flags, and case does not matter"},
    {"CopyFiles=list\n[list]\na.sys,,0x1000", "win7-x86", "a.sys", "a.sys", "a.sys", 11, "sub\\x",
     0, INF_SOURCE_PACKAGE, "flags in the third field, as GPLPV has them, are not read"},
    {"CopyFiles=@d.sys", "win7-x86", "d.sys", "cabs/d.sys", "d.sys", 12, "", 0, INF_SOURCE_PACKAGE,
     "a file of a cabinet"},
    {"CopyFiles=@f.sys", "win7-x86", "f.sys", "up/../f.sys", "f.sys", 12, "", 0, INF_SOURCE_PACKAGE,
     "a path upwards stays visible"},
    {"CopyFiles=@g.sys", "win7-x86", "g.sys", "g.sys", "g.sys", 12, "", 0, INF_SOURCE_PACKAGE,
     "a disk that is not there"},
    {"CopyFiles=@z.sys", "win7-x86", "z.sys", "z.sys", "z.sys", 12, "", 0, INF_SOURCE_UNKNOWN,
     "a file that is not listed"},
    {"CopyFiles=odd\n[odd]\na.sys", "win7-x86", "a.sys", "a.sys", "a.sys", -1, "", 0,
     INF_SOURCE_PACKAGE, "65535 is -1"},
    {"CopyFiles=minus\n[minus]\na.sys", "win7-x86", "a.sys", "a.sys", "a.sys", -1, "", 0,
     INF_SOURCE_PACKAGE, "so is -1"},
    {"CopyFiles=far\n[far]\na.sys", "win7-x86", "a.sys", "a.sys", "a.sys", 16422, "Xen", 0,
     INF_SOURCE_PACKAGE, "a shell folder, such as Program Files"},
    {"[i.CoInstallers]\nCopyFiles=@a.sys", "win7-x86", "a.sys", "a.sys", "a.sys", 12, "", 0,
     INF_SOURCE_PACKAGE, "the co-installer section copies too"},
    {"[i.Interfaces]\nAddInterface={g},,,face\n[face]\nCopyFiles=@a.sys", "win7-x86", "a.sys",
     "a.sys", "a.sys", 12, "", 0, INF_SOURCE_PACKAGE, "and so do interfaces"},
};

static void test_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(file_rows); i++) {
        const struct file_row *row = &file_rows[i];
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t, HEADER MODEL DISKS "[i]\n%s\n", row->copy);
        begin(&f, row->windows, text_str(&t));
        if (f.install.file_count != 1)
            fail_msg("%s: %zu files", row->sentence, f.install.file_count);
        const struct inf_file *file = &f.install.files[0];
        if (strcmp(file->source, row->source) != 0 || strcmp(file->path, row->path) != 0
            || strcmp(file->name, row->name) != 0 || file->dirid != row->dirid
            || strcmp(file->subdir, row->subdir) != 0 || file->flags != row->flags
            || file->origin != row->origin)
            fail_msg("%s: %s from %s to %ld\\%s\\%s, %lx, %d", row->sentence, file->source,
                     file->path, (long)file->dirid, file->subdir, file->name,
                     (unsigned long)file->flags, (int)file->origin);
        end(&f);
        text_release(&t);
    }
}

static void test_cabinet_and_no_destination(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, "win7-x86",
          HEADER MODEL "[i]\nCopyFiles=@a.sys\n[SourceDisksNames]\n1=d,\"a "
                       "b.CAB\"\n[SourceDisksFiles]\na.sys=1\n");
    assert_string_equal(f.install.files[0].cabinet, "a b.CAB");
    assert_int_equal(f.install.files[0].dirid, INF_DIRID_SYSTEM);
    end(&f);
}

/* Which tags of a disk are the name of a cabinet. */
static void test_tags_and_cabinets(void **state)
{
    (void)state;
    static const struct {
        const char *tag, *cabinet, *sentence;
    } rows[] = {{"x.cab", "x.cab", "the shortest name"},
                {".cab", "", "no name at all"},
                {"cab", "", "no full stop"},
                {"x.cab.txt", "", "in the middle"},
                {"disk1", "", "a tag file"},
                {"", "", "none"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t,
                  HEADER MODEL
                  "[i]\nCopyFiles=@a\n[SourceDisksNames]\n1=d,%s\n[SourceDisksFiles]\na=1\n",
                  rows[i].tag);
        begin(&f, "win7-x86", text_str(&t));
        if (strcmp(f.install.files[0].cabinet, rows[i].cabinet) != 0)
            fail_msg("%s: '%s'", rows[i].sentence, f.install.files[0].cabinet);
        end(&f);
        text_release(&t);
    }
}

static void test_layout_file(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct inf_files files = {0};
    begin(&f, "winxp-x86",
          "[Version]\nSignature=$Chicago$\nLayoutFile=layout.inf\n" MODEL
          "[i]\nCopyFiles=@usb.sys,@own.sys\n[SourceDisksFiles]\nown.sys=1\n");
    assert_int_equal(f.install.files[0].origin, INF_SOURCE_WINDOWS);
    assert_int_equal(f.install.files[1].origin, INF_SOURCE_PACKAGE);
    inf_packaged_files(&f.inf, &f.target, &files);
    assert_int_equal(files.count, 1);
    assert_string_equal(files.at[0].path, "own.sys");
    inf_files_release(&files);
    end(&f);
}

static void test_lists_and_deleted_files(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, "win7-x86",
          HEADER MODEL
          "[i]\nCopyFiles=one, two ,@three\nCopyFiles=one\nDelFiles=old,@older\n"
          "[one]\na\nb\n[two]\nc\n[old]\ngone.sys,,,1\n[DestinationDirs]\nold=10,tmp\n");
    assert_int_equal(f.install.file_count, 4); /* the list that is named twice is copied once */
    assert_string_equal(f.install.files[2].name, "c");
    assert_string_equal(f.install.files[3].name, "three");
    assert_int_equal(f.install.deleted_count, 2);
    assert_string_equal(f.install.deleted[0].name, "gone.sys");
    assert_int_equal(f.install.deleted[0].dirid, 10);
    assert_string_equal(f.install.deleted[0].subdir, "tmp");
    assert_int_equal(f.install.deleted[0].flags, 1);
    assert_string_equal(f.install.deleted[1].name, "older");
    end(&f);
}

static void test_reboot(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool reboot;
        const char *sentence;
    } rows[] = {
        {"[i]\nCopyFiles=l\n[l]\na", false, "nothing asks"},
        {"[i]\nReboot", true, "the directive asks"},
        {"[i]\nreboot ; now", true, "in any case, with a comment"},
        {"[i]\nCopyFiles=l\n[l]\na,,,0x00001000", true, "a boot file asks"},
        {"[i]\nNeeds=n\n[n]\nReboot", false,
         "the directive counts only in the install section itself"},
        {"[i]\nAddReg=n\n[n]\nReboot", false, "and not in a registry list"},
        {"[i.Services]\nReboot\n[i]\n", false, "nor in another part"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t, HEADER MODEL "%s\n", rows[i].text);
        begin(&f, "win7-x86", text_str(&t));
        if (f.install.reboot != rows[i].reboot)
            fail_msg("%s", rows[i].sentence);
        end(&f);
        text_release(&t);
    }
}

static const char two_processors[] =
    HEADER "[Manufacturer]\nv=m,NTx86,NTamd64,NTx86.6.0\n[m]\nd=old,ID\n[m.NTx86]\nd=i,ID\n[m."
           "NTamd64]\nd=i,ID\n[m.NTx86.6.0]\nd=six,ID\n"
           "[old]\nCopyFiles=@w2k.sys\n[i.NTx86]\nCopyFiles=@a.sys\n[i.NTamd64]\nCopyFiles=@A.SYS,@"
           "b.dll\n[six]\nCopyFiles=@six.sys\n"
           "[ClassInstall32]\nCopyFiles=@class.dll\n[InterfaceInstall32]\n{g}=face\n[face]"
           "\nCopyFiles=@face.dll\n"
           "[SourceDisksNames]\n1=d\n2=d,,,x64\n[SourceDisksFiles]\nw2k.sys=1\nsix.sys=1\nclass."
           "dll=1\nface.dll=1\n"
           "[SourceDisksFiles.x86]\na.sys=1\n[SourceDisksFiles.amd64]\na.sys=2\nb.dll=2\n";

static void expect_packaged(const char *file, const char *windows, const char *expected)
{
    struct fixture f = {0};
    struct inf_files files = {0};
    struct text t = {0};
    begin(&f, windows ? windows : "winxp-x86", file);
    inf_packaged_files(&f.inf, windows ? &f.target : NULL, &files);
    for (size_t i = 0; i < files.count; i++)
        text_addf(&t, "%s ", files.at[i].path);
    assert_string_equal(text_str(&t), expected);
    text_release(&t);
    inf_files_release(&files);
    end(&f);
}

static void test_packaged_files(void **state)
{
    (void)state;
    expect_packaged(two_processors, "win2000-x86", "w2k.sys class.dll face.dll ");
    expect_packaged(two_processors, "winxp-x86", "a.sys class.dll face.dll ");
    expect_packaged(two_processors, "vista-x86", "six.sys class.dll face.dll ");
    expect_packaged(two_processors, "win11-24h2-x64", "x64/A.SYS x64/b.dll class.dll face.dll ");
    expect_packaged(two_processors, NULL,
                    "w2k.sys a.sys six.sys class.dll face.dll x64/A.SYS x64/b.dll ");
}

/* The class' DLL is listed for x64 only; there are models for both: over all it is listed. */
static void test_listed_for_one_processor(void **state)
{
    (void)state;
    static const char file[] = HEADER MODEL
        "[i]\nCopyFiles=@a.sys\n[SourceDisksNames]\n1=d,,,x\n[SourceDisksFiles.amd64]\na.sys=1\n";
    expect_packaged(file, NULL, "x/a.sys ");
    expect_packaged(file, "win7-x86", "a.sys ");
}

/* The undecorated models are x86's alone: nobody copies the x64 file. */
static void test_plain_models_are_for_x86(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "[Manufacturer]\nv=m\n[m]\nd=i,ID\n[i]\nCopyFiles=@a.sys\n"
               "[SourceDisksNames]\n1=d,,,x86\n2=d,,,x64\n"
               "[SourceDisksFiles.x86]\na.sys=1\n[SourceDisksFiles.amd64]\na.sys=2\n";
    expect_packaged(file, NULL, "x86/a.sys ");
    expect_packaged(file, "win7-x64", "");
}

/* And Itanium's, whose first Windows did not ask for the processor's name. */
static void test_plain_models_are_for_itanium(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "[Manufacturer]\nv=m\n[m]\nd=i,ID\n[i]\nCopyFiles=@a.sys\n"
               "[i.NTia64]\nCopyFiles=@itanium.sys\n[SourceDisksNames]\n1=d\n"
               "[SourceDisksFiles]\na.sys=1\nitanium.sys=1\n";
    expect_packaged(file, "server2003-ia64", "itanium.sys ");
    expect_packaged(file, NULL, "a.sys itanium.sys ");
}

/* Nothing says for which processor a class or an interface is: on any of them it may be installed. */
static void test_classes_and_interfaces_alone(void **state)
{
    (void)state;
    static const char class[] = HEADER "[ClassInstall32]\nCopyFiles=@class.dll\n"
                                       "[SourceDisksNames]\n1=d\n[SourceDisksFiles]\nclass.dll=1\n";
    static const char face[] =
        HEADER "[InterfaceInstall32]\n{g}=face\n[face]\nNeeds=more\n[more]\nCopyFiles=@face.dll\n"
               "[SourceDisksNames]\n1=d\n[SourceDisksFiles.amd64]\nface.dll=1\n";
    expect_packaged(class, "win7-x86", "class.dll ");
    expect_packaged(class, NULL, "class.dll ");
    expect_packaged(face, "win7-x64", "face.dll ");
    expect_packaged(face, NULL, "face.dll ");
}

/* Where something names its processor, the class is installed with it and on no other. */
static void test_a_class_beside_models(void **state)
{
    (void)state;
    static const char file[] = HEADER
        "[Manufacturer]\nv=m,NTamd64\n[m.NTamd64]\nd=i,ID\n[i]\nCopyFiles=@a.sys\n"
        "[ClassInstall32]\nCopyFiles=@x86.dll\n[ClassInstall32.NTamd64]\nCopyFiles=@x64.dll\n"
        "[SourceDisksNames]\n1=d\n[SourceDisksFiles]\na.sys=1\nx86.dll=1\nx64.dll=1\n";
    expect_packaged(file, "win7-x86", "");
    expect_packaged(file, "win7-x64", "a.sys x64.dll ");
    expect_packaged(file, NULL, "a.sys x64.dll ");
}

static void test_default_install(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "[DefaultInstall.NTamd64]\nCopyFiles=@a.sys\n[DefaultInstall.NTamd64.Services]\n"
               "AddService=a,,s\n[s]\nServiceType=1\nStartType=3\nServiceBinary=%13%\\a.sys\n"
               "[SourceDisksFiles]\na.sys=1\n[SourceDisksNames]\n1=d\n";
    struct fixture f = {0};
    begin(&f, "win11-24h2-x64", file);
    assert_true(inf_install(&f.inf, &f.target, "DefaultInstall", &f.install));
    assert_int_equal(f.install.service_count, 1);
    assert_int_equal(f.install.services[0].binary_dirid, INF_DIRID_STORE);
    end(&f);
    expect_packaged(file, NULL, "a.sys ");
    expect_packaged(file, "win7-x86", "");
}

/* --- services --- */

static void test_service(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, "win7-x64",
          HEADER MODEL
          "[i.NTamd64]\n[i.NTamd64.Services]\nAddService=XenVbd,0x00000002,s,log\nAddService="
          "xenfilt,,t\nDelService=old,0x204\nAddService=,2\n"
          "[s]\nDisplayName=%D%\nDescription=\"what it "
          "does\"\nServiceType=%KERNEL%\nStartType=0x0\nErrorControl=1\n"
          "ServiceBinary=%12%\\xenvbd.sys\nLoadOrderGroup=\"System Bus "
          "Extender\"\nDependencies=+PNP_TDI,RpcSs\nStartName=x\nAddReg=r\n"
          "[r]\nHKR,\"Parameters\",\"a\",0x00010001,5\n[log]\nAddReg=l\n[l]\nHKR,,EventMessageFile,"
          "0x20000,\"%%SystemRoot%%\\x\"\n"
          "[t]\nServiceType=16\nStartType=2\nErrorControl=3\nServiceBinary=%11%\\sub\\m.exe\n"
          "[Strings]\nD=Xen Disk\nKERNEL=0x1\n");
    assert_int_equal(f.install.service_count, 4);
    const struct inf_service *s = f.install.services;
    assert_string_equal(s[0].name, "XenVbd");
    assert_true(s[0].function_driver);
    assert_int_equal(s[0].flags, 2);
    assert_string_equal(s[0].display, "Xen Disk");
    assert_string_equal(s[0].description, "what it does");
    assert_int_equal(s[0].type, INF_SERVICE_KERNEL);
    assert_int_equal(s[0].start, INF_START_BOOT);
    assert_int_equal(s[0].error_control, INF_ERROR_NORMAL);
    assert_string_equal(s[0].binary, "%12%\\xenvbd.sys");
    assert_int_equal(s[0].binary_dirid, INF_DIRID_DRIVERS);
    assert_string_equal(s[0].binary_path, "xenvbd.sys");
    assert_string_equal(s[0].group, "System Bus Extender");
    assert_string_equal(s[0].start_name, "x");
    assert_int_equal(s[0].dependency_count, 2);
    assert_string_equal(s[0].dependencies[0], "+PNP_TDI");
    assert_string_equal(s[0].section, "s");
    assert_false(s[1].function_driver);
    assert_int_equal(s[1].dependency_count, 0);
    assert_null(s[1].dependencies);
    assert_int_equal(s[1].type, INF_SERVICE_OWN_PROCESS);
    assert_int_equal(s[1].start, INF_START_AUTO);
    assert_int_equal(s[1].error_control, INF_ERROR_CRITICAL);
    assert_int_equal(s[1].binary_dirid, INF_DIRID_SYSTEM);
    assert_string_equal(s[1].binary_path, "sub\\m.exe");
    assert_true(s[2].remove);
    assert_string_equal(s[2].name, "old");
    assert_int_equal(s[2].flags, 0x204);
    assert_string_equal(s[2].binary, "");
    assert_string_equal(s[3].name, "");
    assert_true(s[3].function_driver);
    assert_int_equal(f.install.registry_count, 2);
    assert_int_equal(f.install.registry[0].scope, INF_SCOPE_SERVICE);
    assert_string_equal(f.install.registry[0].owner, "XenVbd");
    assert_int_equal(f.install.registry[1].scope, INF_SCOPE_EVENTLOG);
    assert_string_equal(f.install.registry[1].data[0], "%SystemRoot%\\x");
    end(&f);
}

static void test_start_types(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum inf_start start;
        const char *sentence;
    } rows[] = {
        {"StartType=0", INF_START_BOOT, "0"},
        {"StartType=1", INF_START_SYSTEM, "1"},
        {"StartType=2", INF_START_AUTO, "2"},
        {"StartType=0x3", INF_START_DEMAND, "3 in hexadecimal"},
        {"StartType=4 ; off", INF_START_DISABLED, "4"},
        {"StartType=5", INF_START_UNKNOWN, "5 is none"},
        {"StartType=", INF_START_UNKNOWN, "empty"},
        {"", INF_START_UNKNOWN, "absent is not boot"},
        {"StartType=-1", INF_START_UNKNOWN, "negative"},
        {"StartType=boot", INF_START_UNKNOWN, "a word"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t,
                  HEADER MODEL "[i]\n[i.Services]\nAddService=a,2,s\n[s]\nServiceType=1\n%"
                               "s\nServiceBinary=%%12%%\\a.sys\n",
                  rows[i].value);
        begin(&f, "winxp-x86", text_str(&t));
        if (f.install.services[0].start != rows[i].start)
            fail_msg("%s: %d", rows[i].sentence, (int)f.install.services[0].start);
        if ((findings_have(&f.findings, "inf-service", NULL) != NULL)
            != (rows[i].start == INF_START_UNKNOWN))
            fail_msg("%s: the finding", rows[i].sentence);
        end(&f);
        text_release(&t);
    }
}

static void test_error_controls(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum inf_error_control control;
        const char *sentence;
    } rows[] = {
        {"ErrorControl=0", INF_ERROR_IGNORE, "0"},     {"ErrorControl=1", INF_ERROR_NORMAL, "1"},
        {"ErrorControl=2", INF_ERROR_SEVERE, "2"},     {"ErrorControl=3", INF_ERROR_CRITICAL, "3"},
        {"ErrorControl=4", INF_ERROR_UNKNOWN, "none"}, {"", INF_ERROR_UNKNOWN, "absent"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t, HEADER MODEL "[i]\n[i.Services]\nAddService=a,2,s\n[s]\nStartType=9\n%s\n",
                  rows[i].value);
        begin(&f, "winxp-x86", text_str(&t));
        if (f.install.services[0].error_control != rows[i].control)
            fail_msg("%s: %d", rows[i].sentence, (int)f.install.services[0].error_control);
        end(&f);
        text_release(&t);
    }
}

/* AddService's fourth to sixth field: the event log's section, its type, and its name there. */
static void test_event_log(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        size_t count, missing;
        const char *owner, *sentence;
    } rows[] = {
        {"a,2,s,log", 1, 0, "a", "the service's own name"},
        {"a,2,s,log,System", 1, 0, "a", "also with a type"},
        {"a,2,s,log,System,Ev", 1, 0, "Ev", "or another"},
        {"a,2,s,,System,Ev", 0, 0, NULL, "no section, no entry"},
        {"a,2,s,nolog", 0, 1, NULL, "a section that is not there is told"},
        {"a,2,nos,log", 1, 1, "a", "and the service's is told for itself"},
        {"a,2,,log", 1, 0, "a", "none named, none missing"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t,
                  HEADER MODEL
                  "[i]\n[i.Services]\nAddService=%s\n[s]\nType=1\n[log]\nAddReg=l\n"
                  "[l]\nHKR,,x,,y\n",
                  rows[i].fields);
        begin(&f, "winxp-x86", text_str(&t));
        if (f.install.registry_count != rows[i].count
            || f.install.missing.count != rows[i].missing)
            fail_msg("%s: %zu, %zu missing", rows[i].sentence, f.install.registry_count,
                     f.install.missing.count);
        if (rows[i].owner)
            assert_string_equal(f.install.registry[0].owner, rows[i].owner);
        end(&f);
        text_release(&t);
    }
}

static void test_binaries(void **state)
{
    (void)state;
    static const struct {
        const char *binary;
        int32_t dirid;
        const char *path;
        const char *sentence;
    } rows[] = {
        {"%12%\\a.sys", 12, "a.sys", "the usual form"},
        {"%13%a.sys", 13, "a.sys", "no backslash"},
        {"\"%11%\\a b.exe\" ", 11, "a b.exe", "in quotes"},
        {"System32\\drivers\\a.sys", 0, "System32\\drivers\\a.sys",
         "a path without a directory number"},
        {"%%SystemRoot%%\\a.sys", 0, "%SystemRoot%\\a.sys", "a variable is no directory number"},
        {"%12345%\\a.sys", 12345, "a.sys", "a number of five digits"},
        {"%12%", 12, "", "nothing but the directory"},
        {"%%\\a.sys", 0, "%\\a.sys", "no digits"},
        {"%123456%\\a.sys", 0, "%123456%\\a.sys", "nor is a number that long"},
        {"%12\\a.sys", 0, "%12\\a.sys", "nor one that is not closed"},
        {"", 0, "", "none"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t, HEADER MODEL "[i]\n[i.Services]\nAddService=a,2,s\n[s]\nServiceBinary=%s\n",
                  rows[i].binary);
        begin(&f, "winxp-x86", text_str(&t));
        const struct inf_service *s = &f.install.services[0];
        if (s->binary_dirid != rows[i].dirid || strcmp(s->binary_path, rows[i].path) != 0)
            fail_msg("%s: %ld, '%s'", rows[i].sentence, (long)s->binary_dirid, s->binary_path);
        end(&f);
        text_release(&t);
    }
}

static void test_parts_go_with_the_full_name(void **state)
{
    (void)state;
    static const char file[] =
        HEADER MODEL "[i]\n[i.NTamd64]\n[i.Services]\nAddService=plain,2,s\n[i.HW]\nAddReg=r\n"
                     "[s]\nServiceType=1\nStartType=3\nServiceBinary=%12%\\a\n[r]\nHKR,,x,,y\n";
    struct fixture x64 = {0}, x86 = {0};
    begin(&x64, "win7-x64", file);
    begin(&x86, "win7-x86", file);
    assert_int_equal(x64.install.service_count, 0);
    assert_int_equal(x64.install.registry_count, 0);
    assert_int_equal(x86.install.service_count, 1);
    assert_int_equal(x86.install.registry_count, 1);
    assert_non_null(findings_have(&x64.findings, "inf-services-passed-over", NULL));
    end(&x64);
    end(&x86);
}

/* --- registry --- */

static void test_registry(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, "winxp-x86",
          HEADER MODEL
          "[i]\nAddReg=soft\nDelReg=gone\n[i.HW]\nAddReg=hard\n[i.CoInstallers]\nAddReg=co\n[i."
          "Interfaces]\nAddInterface={g},,,face\n"
          "[soft]\nHKR,Ndi,Service,0,XenNet\nHKLM,%CLASS%,UpperFilters,0x00010008,XenPci\nHKCR,,,,"
          "\nHKCU,k\nHKU,k,v,1,0a,0b\nBAD,k\n"
          "[gone]\nHKLM,%CLASS%,UpperFilters,0x00018002,XenHide\n[hard]\nHKR,,UpperFilters,"
          "0x00010000,\"a\",\"b\"\n"
          "[co]\nHKR,,CoInstallers32,0x00010000,\"Wdf.dll,WdfCo\"\nHKLM,"
          "SYSTEM\\CurrentControlSet\\Control\\CoDeviceInstallers,{g},0x10008,\"c.dll,E\"\n"
          "[face]\nAddReg=facereg\n[facereg]\nHKR,,x,,y\n[Strings]\nCLASS=\"SYSTEM\\Class\"\n");
    static const struct {
        bool remove;
        enum inf_scope scope;
        enum inf_root root;
        const char *key, *value;
        uint32_t flags;
        size_t data;
        const char *first;
        const char *sentence;
    } rows[] = {
        {false, INF_SCOPE_SOFTWARE, INF_HKR, "Ndi", "Service", 0, 1, "XenNet", "a text value"},
        {false, INF_SCOPE_SOFTWARE, INF_HKLM, "SYSTEM\\Class", "UpperFilters", 0x10008, 1, "XenPci",
         "a filter appended"},
        {false, INF_SCOPE_SOFTWARE, INF_HKCR, "", "", 0, 1, "", "everything empty"},
        {false, INF_SCOPE_SOFTWARE, INF_HKCU, "k", "", 0, 0, NULL, "only a key"},
        {false, INF_SCOPE_SOFTWARE, INF_HKU, "k", "v", 1, 2, "0a", "bytes"},
        {false, INF_SCOPE_SOFTWARE, INF_ROOT_UNKNOWN, "k", "", 0, 0, NULL, "a root that is none"},
        {true, INF_SCOPE_SOFTWARE, INF_HKLM, "SYSTEM\\Class", "UpperFilters", INF_REG_DELETE_STRING,
         1, "XenHide", "one string taken out of a list"},
        {false, INF_SCOPE_SOFTWARE, INF_HKR, "", "CoInstallers32", 0x10000, 1, "Wdf.dll,WdfCo",
         "the device's co-installer"},
        {false, INF_SCOPE_SOFTWARE, INF_HKLM,
         "SYSTEM\\CurrentControlSet\\Control\\CoDeviceInstallers", "{g}", 0x10008, 1, "c.dll,E",
         "the class' co-installer"},
        {false, INF_SCOPE_HARDWARE, INF_HKR, "", "UpperFilters", 0x10000, 2, "a",
         ".HW is the device's hardware key"},
        {false, INF_SCOPE_INTERFACE, INF_HKR, "", "x", 0, 1, "y", "an interface's key"},
    };
    assert_int_equal(f.install.registry_count, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct inf_registry *r = &f.install.registry[i];
        if (r->remove != rows[i].remove || r->scope != rows[i].scope || r->root != rows[i].root
            || strcmp(r->key, rows[i].key) != 0 || strcmp(r->value, rows[i].value) != 0
            || r->flags != rows[i].flags || r->data_count != rows[i].data
            || (rows[i].first && strcmp(r->data[0], rows[i].first) != 0))
            fail_msg("%s: row %zu", rows[i].sentence, i);
    }
    assert_string_equal(f.install.registry[10].owner, "{g}");
    assert_int_equal(f.install.coinstallers.count, 2);
    assert_string_equal(f.install.coinstallers.at[0], "Wdf.dll,WdfCo");
    assert_string_equal(f.install.coinstallers.at[1], "c.dll,E");
    end(&f);
}

static void test_class_install(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, "winxp-x86", HEADER "[ClassInstall32]\nAddReg=r\n[r]\nHKR,,Icon,,-5\n");
    assert_true(inf_install(&f.inf, &f.target, "ClassInstall32", &f.install));
    assert_int_equal(f.install.registry[0].scope, INF_SCOPE_CLASS);
    end(&f);
}

/* --- Needs and Include --- */

static const struct inf *find_other(void *context, const char *name)
{
    return strcmp(name, "other.inf") == 0 ? context : NULL;
}

static void test_needs(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, "winxp-x86",
          HEADER MODEL "[i]\nNeeds=n,i\nCopyFiles=@a\n[n]\nNeeds=n,i,k\nCopyFiles=@b\n[k]\nAddReg="
                       "r\nNeeds=n\n[r]\nHKR\n");
    assert_int_equal(f.install.file_count,
                     3); /* i is walked once more through Needs; nothing goes round */
    assert_int_equal(f.install.registry_count, 1);
    assert_false(f.install.truncated);
    end(&f);
}

static void test_needs_too_deep(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct text t = {0};
    text_add(&t, HEADER MODEL "[i]\nNeeds=n0\n");
    for (int n = 0; n <= INF_NEEDS_DEPTH_MAX; n++)
        text_addf(&t, "[n%d]\nCopyFiles=@f%d\nNeeds=n%d\n", n, n, n + 1);
    begin(&f, "winxp-x86", text_str(&t));
    assert_true(f.install.truncated);
    assert_int_equal(f.install.file_count, INF_NEEDS_DEPTH_MAX);
    end(&f);
    text_release(&t);
}

/* Empty fields of lists name nothing, and so nothing that is missing. */
static void test_empty_fields_of_directives(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, "winxp-x86",
          HEADER MODEL
          "[i]\nCopyFiles=,l,\nDelFiles=,l,\nAddReg=,r,\nDelReg=,\nCopyINF=,b.inf,\nNeeds=,n,\n"
          "Include=,\n[i.Interfaces]\nAddInterface={g}\nAddInterface={g},,,noface\n"
          "[l]\n,x\na\n[r]\nHKR\n[n]\n[i.Services]\nAddService=a\n");
    assert_int_equal(f.install.file_count, 1);
    assert_string_equal(f.install.files[0].source, "a");
    assert_int_equal(f.install.deleted_count, 1);
    assert_int_equal(f.install.registry_count, 1);
    assert_int_equal(f.install.copied_infs.count, 1);
    assert_int_equal(f.install.service_count, 1);
    assert_int_equal(f.install.not_looked_at.count, 0);
    assert_int_equal(f.install.missing.count, 1);
    assert_string_equal(f.install.missing.at[0], "noface");
    end(&f);
}

/* A section and a list end where the next begins, whatever stands there. */
static void test_sections_end_where_the_next_begins(void **state)
{
    (void)state;
    static const char *const next[] = {"Include=z.inf", "CopyFiles=@z", "AddReg=r", "Needs=n"};
    for (size_t i = 0; i < COUNT(next); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t,
                  HEADER MODEL
                  "[i]\nAddReg=r\nCopyFiles=l\nDelFiles=l\n[i0]\n%s\n[l]\na\n[l0]\nb\n"
                  "[r]\nHKR\n[r0]\nHKU\n",
                  next[i]);
        begin(&f, "winxp-x86", text_str(&t));
        assert_int_equal(f.install.file_count, 1);
        assert_int_equal(f.install.deleted_count, 1);
        assert_int_equal(f.install.registry_count, 1);
        assert_int_equal(f.install.not_looked_at.count, 0);
        assert_int_equal(f.install.missing.count, 0);
        end(&f);
        text_release(&t);
    }
}

static void test_what_is_a_coinstaller(void **state)
{
    (void)state;
    static const struct {
        const char *value, *directive;
        size_t count;
        const char *sentence;
    } rows[] = {
        {"HKR,,CoInstallers32,0x10000,a,b", "AddReg", 2, "the device's"},
        {"HKR,,COINSTALLERS32,0x10000,a", "AddReg", 1, "in any case"},
        {"HKR,,CoInstallers32,0x10000,,a", "AddReg", 1, "an empty text is none"},
        {"HKR,,CoInstallers,0x10000,a", "AddReg", 0, "another value"},
        {"HKR,,CoInstallers32,0x18002,a", "DelReg", 0, "one that goes"},
        {"HKLM,x\\CoDeviceInstallers,{g},0x10008,a", "AddReg", 1, "a class'"},
        {"HKLM,\\CoDeviceInstallers,{g},0x10008,a", "AddReg", 1, "with nothing before it"},
        {"HKLM,CoDeviceInstallers,{g},0x10008,a", "AddReg", 0, "not below a key"},
        {"HKLM,xCoDeviceInstallers,{g},0x10008,a", "AddReg", 0, "the end of another name"},
        {"HKR,x\\CoDeviceInstallers,{g},0x10008,a", "AddReg", 0, "not in the machine's part"},
        {"HKLM,x\\CoDeviceInstallers,{g}", "AddReg", 0, "without data"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t, HEADER MODEL "[i]\n%s=r\n[r]\n%s\n", rows[i].directive, rows[i].value);
        begin(&f, "winxp-x86", text_str(&t));
        if (f.install.coinstallers.count != rows[i].count)
            fail_msg("%s: %zu", rows[i].sentence, f.install.coinstallers.count);
        end(&f);
        text_release(&t);
    }
}

/* In which parts a directive means something: each part has one of each. */
static void test_directives_by_part(void **state)
{
    (void)state;
    static const struct {
        const char *part;
        size_t files, deleted, registry, infs, services;
        bool install;
    } rows[] = {
        {"i", 1, 1, 2, 1, 0, true},          {"i.CoInstallers", 1, 1, 2, 0, 0, false},
        {"i.HW", 0, 0, 2, 0, 0, false},      {"i.Services", 0, 0, 0, 0, 2, false},
        {"i.Interfaces", 0, 0, 0, 0, 0, false}, {"i.Other", 0, 0, 0, 0, 0, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t,
                  HEADER MODEL
                  "%s[%s]\nCopyFiles=@a\nDelFiles=@b\nAddReg=r\nDelReg=r\nCopyINF=c.inf\n"
                  "AddService=s\nDelService=d\nFeatureScore=7\n"
                  "Reboot\nDriverVer=05/06/2007,1\n[r]\nHKR\n",
                  i == 0 ? "" : "[i]\n", rows[i].part);
        begin(&f, "winxp-x86", text_str(&t));
        const struct inf_install *in = &f.install;
        if (in->file_count != rows[i].files || in->deleted_count != rows[i].deleted
            || in->registry_count != rows[i].registry || in->copied_infs.count != rows[i].infs
            || in->service_count != rows[i].services || in->reboot != rows[i].install
            || (in->feature_score == 7) != rows[i].install
            || (in->driver_ver.year == 2007) != rows[i].install || in->missing.count != 0)
            fail_msg("in [%s]", rows[i].part);
        end(&f);
        text_release(&t);
    }
}

/* What stands in a section that Needs names counts as if it stood here, but for what does not. */
static void test_what_needs_does_not_bring(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, "winxp-x86",
          HEADER MODEL
          "[i]\nNeeds=n,nowhere\n[n]\nFeatureScore=1\nDriverVer=05/06/2007,1\nReboot\n"
          "CopyFiles=@a\n");
    assert_int_equal(f.install.file_count, 1);
    assert_int_equal(f.install.feature_score, 0xff);
    assert_int_equal(f.install.driver_ver.year, 2003);
    assert_false(f.install.reboot);
    assert_int_equal(f.install.missing.count, 1);
    end(&f);
}

/* Each of many INFs, by the number in its name. */
static const struct inf *find_of_many(void *context, const char *name)
{
    return &((const struct inf *)context)[strtoul(name, NULL, 10)];
}

static void test_as_many_includes_as_we_take(void **state)
{
    (void)state;
    enum { TAKEN = 32 };
    static struct inf many[TAKEN + 2];
    for (unsigned n = 0; n < COUNT(many); n++) {
        struct text t = {0};
        struct err e = {0};
        text_addf(&t, "[Version]\nSignature=$Chicago$\n[n%u]\nCopyFiles=@f%u\n", n, n);
        assert_true(inf_parse(span_text(text_str(&t)), &many[n], NULL, &e));
        text_release(&t);
    }
    for (unsigned count = TAKEN; count <= TAKEN + 1; count++) {
        struct fixture f = {0};
        struct text t = {0};
        text_add(&t, HEADER MODEL "[i]\n");
        for (unsigned n = 0; n < count; n++)
            text_addf(&t, "Include=%u,%u\nNeeds=n%u\n", n, n, n);
        f.inf.find = find_of_many;
        f.inf.context = many;
        begin(&f, "winxp-x86", text_str(&t));
        assert_int_equal(f.install.file_count, TAKEN);
        assert_int_equal(f.install.not_looked_at.count, count - TAKEN);
        end(&f);
        text_release(&t);
    }
    for (unsigned n = 0; n < COUNT(many); n++)
        inf_release(&many[n]);
    struct fixture f = {.inf.find = find_of_many, .inf.context = many};
    begin(&f, "winxp-x86", HEADER MODEL "[i]\nInclude=0\n");
    assert_int_equal(f.install.not_looked_at.count, 1); /* one that holds nothing is none */
    end(&f);
}

static void test_include(void **state)
{
    (void)state;
    static const char file[] = HEADER MODEL "[i]\nNeeds=Shared\nInclude=other.inf\nCopyFiles=@a\n";
    struct fixture other = {0}, f = {0}, g = {0};
    begin(&other, "winxp-x86",
          HEADER "[Shared]\nInclude=other.inf,third.inf\nCopyFiles=list\nNeeds=Elsewhere\nReboot\n["
                 "list]\nshared.sys\n"
                 "[DestinationDirs]\nlist=10\n[SourceDisksFiles]\nshared.sys=1,s\n["
                 "SourceDisksNames]\n1=d\n");
    f.inf.find = find_other;
    f.inf.context = &other.inf;
    begin(&f, "winxp-x86", file);
    assert_int_equal(f.install.file_count, 2);
    assert_string_equal(f.install.files[0].path, "s/shared.sys"); /* by the other INF's lists */
    assert_int_equal(f.install.files[0].dirid, 10);
    assert_int_equal(f.install.not_looked_at.count, 1);
    assert_string_equal(f.install.not_looked_at.at[0], "third.inf");
    assert_int_equal(f.install.missing.count, 0); /* Elsewhere may be in third.inf */
    assert_false(f.install.reboot);
    end(&f);
    begin(&g, "winxp-x86", file);
    assert_int_equal(g.install.file_count, 1);
    assert_string_equal(g.install.not_looked_at.at[0], "other.inf");
    end(&g);
    end(&other);
}

/* --- the rest of the install section --- */

static void test_other_directives(void **state)
{
    (void)state;
    struct fixture f = {0}, old = {0};
    static const char file[] =
        HEADER MODEL "[i]\nDriverVer=05/06/"
                     "2007,8.9\nFeatureScore=0xFE\nFeatureScore=1\nCopyINF=b.inf,sub\\c.inf,B.INF\n"
                     "AddReg=none\nCopyFiles=nolist\n";
    begin(&f, "winxp-x86", file);
    assert_int_equal(f.install.driver_ver.year, 2007);
    assert_int_equal(f.install.driver_ver.version[1], 9);
    assert_int_equal(f.install.feature_score, 0xfe);
    assert_int_equal(f.install.copied_infs.count, 2);
    assert_string_equal(f.install.copied_infs.at[1], "sub\\c.inf");
    assert_int_equal(f.install.missing.count, 2);
    end(&f);
    begin(&old, "win2000-x86", file);
    assert_int_equal(old.install.copied_infs.count, 0); /* CopyINF came with XP */
    end(&old);
    begin(&old, "win2000-x86", HEADER MODEL "[i]\nFeatureScore=0x100\n");
    assert_int_equal(old.install.feature_score, 0xff);
    assert_int_equal(old.install.driver_ver.year, 2003); /* of [Version] */
    end(&old);
}

static void test_no_install_section(void **state)
{
    (void)state;
    struct fixture f = {0};
    begin(&f, "winxp-x86", HEADER MODEL);
    assert_null(f.install.section);
    assert_false(inf_install(&f.inf, &f.target, "i", &f.install));
    assert_non_null(findings_have(&f.findings, "inf-section-missing", NULL));
    end(&f);
}

/* --- bombs --- */

static void test_bombs(void **state)
{
    (void)state;
    static const struct {
        const char *before, *unit, *between, *other;
        bool truncated;
        const char *sentence;
    } rows[] = {
        {"[i]\n", "AddReg=r\n", "[r]\n", "HKR,,a,,b\n", true,
         "a registry list named over and over"},
        {"[i]\n", "CopyFiles=r\n", "[r]\n", "a.sys\n", false,
         "a file list named over and over is copied once"},
        {"[i]\n[i.Services]\n", "AddService=a,,s\n", "[s]\n", "junk=1\n", true,
         "a long service section named over and over"},
        {"[i]\nCopyFiles=", "@a.sys,", "\n[r]\n", "a\n", false, "a long list of files"},
        {"[i]\n[i.Interfaces]\n", "AddInterface={g},,,r\n", "[r]\n", "AddReg=i\n", true,
         "a long interface named over and over"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        text_add(&t, HEADER MODEL);
        text_add(&t, rows[i].before);
        for (int j = 0; j < 5000; j++)
            text_add(&t, rows[i].unit);
        text_add(&t, rows[i].between);
        for (int j = 0; j < 5000; j++)
            text_add(&t, rows[i].other);
        begin(&f, "winxp-x86", text_str(&t));
        if (f.install.truncated != rows[i].truncated)
            fail_msg("%s: truncated %d", rows[i].sentence, f.install.truncated);
        assert_true(f.install.file_count <= 5000);
        assert_true(f.install.registry_count <= INF_ITEMS_MAX);
        end(&f);
        text_release(&t);
    }
}

static void test_many_installs_do_not_hide_files(void **state)
{
    (void)state;
    struct text t = {0};
    struct fixture f = {0};
    struct inf_files files = {0};
    text_add(&t, HEADER "[Manufacturer]\nv=m\n[m]\n");
    for (int j = 0; j < 3000; j++)
        text_addf(&t, "d=i%d,ID\n", j);
    for (int j = 0; j < 3000; j++)
        text_addf(&t, "[i%d]\nAddReg=r\nCopyFiles=@f%d,\n[i%d.Services]\nAddService=s,2,s\n", j, j,
                  j);
    text_add(&t, "[s]\nAddReg=r\n[r]\n");
    for (int j = 0; j < 100; j++)
        text_add(&t, "HKR,,a,,b\n");
    begin(&f, "winxp-x86", text_str(&t));
    inf_packaged_files(&f.inf, NULL, &files);
    assert_int_equal(files.count, 3000);
    assert_false(files.truncated);
    inf_files_release(&files);
    end(&f);
    text_release(&t);
}

/* As many of each kind as we take, and one more: then it is said that this is not all. */
static void test_as_many_items_as_we_take(void **state)
{
    (void)state;
    static const struct {
        const char *before, *unit, *sentence;
    } rows[] = {
        {"[i]\nCopyFiles=", "@a,", "files"},
        {"[i]\nDelFiles=", "@a,", "deleted files"},
        {"[i]\n[i.Services]\n", "DelService=s\n", "services"},
        {"[i]\nAddReg=r\n[r]\n", "HKR\n", "registry values"},
        {"[i]\nAddReg=", "x,", "names of sections that are not there"},
    };
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        struct fixture f = {0};
        struct text t = {0};
        size_t more = i % 2;
        text_add(&t, HEADER MODEL);
        text_add(&t, rows[i / 2].before);
        for (size_t n = 0; n < INF_ITEMS_MAX + more; n++)
            text_add(&t, rows[i / 2].unit);
        begin(&f, "winxp-x86", text_str(&t));
        const struct inf_install *in = &f.install;
        size_t count = in->file_count + in->deleted_count + in->service_count + in->registry_count;
        if (in->truncated != (more != 0) || (count != INF_ITEMS_MAX && in->missing.count != 1))
            fail_msg("%zu more %s: %zu", more, rows[i / 2].sentence, count);
        end(&f);
        text_release(&t);
    }
}

/* The folder takes what the file's own name leaves of the longest path. */
static void test_the_longest_path(void **state)
{
    (void)state;
    for (int more = 0; more <= 1; more++) {
        struct fixture f = {0};
        struct text t = {0};
        text_addf(&t,
                  HEADER MODEL "[i]\nCopyFiles=@a.sys\n[SourceDisksFiles]\na.sys=1,%0*d\n"
                               "[SourceDisksNames]\n1=d\n",
                  INF_PATH_MAX - 6 + more, 1);
        begin(&f, "winxp-x86", text_str(&t));
        assert_int_equal(strlen(f.install.files[0].path), more ? 5 : INF_PATH_MAX);
        assert_int_equal(f.install.files[0].origin,
                         more ? INF_SOURCE_UNKNOWN : INF_SOURCE_PACKAGE);
        end(&f);
        text_release(&t);
    }
}

static void test_long_path(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct text t = {0};
    text_addf(
        &t,
        HEADER MODEL
        "[i]\nCopyFiles=@a.sys\n[SourceDisksFiles]\na.sys=1,%0600d\n[SourceDisksNames]\n1=d\n",
        1);
    begin(&f, "winxp-x86", text_str(&t));
    assert_string_equal(f.install.files[0].path, "a.sys");
    assert_int_equal(f.install.files[0].origin, INF_SOURCE_UNKNOWN);
    end(&f);
    text_release(&t);
}

/* --- findings --- */

static void test_findings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *code;
        const char *sentence;
    } rows[] = {
        {"[Version]\nSignature=$Chicago$\nDriverVer=1/1/2001,1.0\n", "inf-no-catalog",
         "no catalog"},
        {"[Version]\nSignature=$Chicago$\nCatalogFile=a.cat\n", "inf-driver-ver", "no DriverVer"},
        {HEADER "[Manufacturer]\nv=m,XYZ\n[m]\nd=i,ID\n[i]\n", "inf-decoration",
         "a decoration that is none"},
        {HEADER "[Manufacturer]\nv=m\n", "inf-section-missing", "no models section"},
        {HEADER "[Manufacturer]\nv=m\n[m]\n", "inf-no-models", "no models at all"},
        {HEADER MODEL "[i]\nCopyFiles=@a.sys\n", "inf-file-unlisted",
         "a file in no SourceDisksFiles"},
        {HEADER MODEL "[i]\nCopyFiles=@..\\a.sys\n", "inf-path-outside", "a file outside"},
        {HEADER MODEL "[i]\nCopyFiles=@a\n[SourceDisksFiles]\na=1,C:\\x\n", "inf-path-outside",
         "a file on a drive"},
        {HEADER MODEL "[i]\nAddReg=nowhere\n", "inf-section-missing",
         "a registry list that is missing"},
        {HEADER MODEL "[i]\n[i.Services]\nAddService=a,2,nowhere\n", "inf-section-missing",
         "a service section that is missing"},
        {HEADER MODEL "[i]\n[i.Services]\nAddService=a,2,s\n[s]\nServiceType=1\nStartType=3\n",
         "inf-service", "no ServiceBinary"},
        {HEADER "[x]\na=\"b\n", "inf-quote", "an open quote"},
        {HEADER "[x]\na=%b%\n", "inf-string-missing", "an unknown string"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fixture f = {0};
        begin(&f, "winxp-x86", rows[i].text);
        if (!findings_have(&f.findings, rows[i].code, NULL))
            fail_msg("%s: no finding %s", rows[i].sentence, rows[i].code);
        end(&f);
    }
}

static void test_a_good_inf_has_no_findings(void **state)
{
    (void)state;
    struct fixture f = {.inf.name = "good.inf"};
    begin(&f, "win7-x64",
          HEADER MODEL
          "[i]\nCopyFiles=list\n[i.Services]\nAddService=a,2,s\n[list]\na.sys\n[SourceDisksFiles]"
          "\na.sys=1\n"
          "[SourceDisksNames]\n1=%d%\n[s]\nServiceType=1\nStartType=3\nErrorControl=1\n"
          "ServiceBinary=%12%\\a.sys\n[DestinationDirs]\nDefaultDestDir=12\n[Strings]\nd=Disk\n");
    for (size_t i = 0; i < f.findings.count; i++)
        print_message("%s %s\n", f.findings.at[i].code, f.findings.at[i].message);
    assert_int_equal(f.findings.count, 0);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_cabinet_and_no_destination),
        cmocka_unit_test(test_layout_file),
        cmocka_unit_test(test_lists_and_deleted_files),
        cmocka_unit_test(test_reboot),
        cmocka_unit_test(test_packaged_files),
        cmocka_unit_test(test_listed_for_one_processor),
        cmocka_unit_test(test_plain_models_are_for_x86),
        cmocka_unit_test(test_plain_models_are_for_itanium),
        cmocka_unit_test(test_classes_and_interfaces_alone),
        cmocka_unit_test(test_a_class_beside_models),
        cmocka_unit_test(test_default_install),
        cmocka_unit_test(test_service),
        cmocka_unit_test(test_start_types),
        cmocka_unit_test(test_binaries),
        cmocka_unit_test(test_parts_go_with_the_full_name),
        cmocka_unit_test(test_registry),
        cmocka_unit_test(test_class_install),
        cmocka_unit_test(test_needs),
        cmocka_unit_test(test_needs_too_deep),
        cmocka_unit_test(test_include),
        cmocka_unit_test(test_other_directives),
        cmocka_unit_test(test_no_install_section),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_many_installs_do_not_hide_files),
        cmocka_unit_test(test_long_path),
        cmocka_unit_test(test_tags_and_cabinets),
        cmocka_unit_test(test_error_controls),
        cmocka_unit_test(test_event_log),
        cmocka_unit_test(test_empty_fields_of_directives),
        cmocka_unit_test(test_directives_by_part),
        cmocka_unit_test(test_sections_end_where_the_next_begins),
        cmocka_unit_test(test_what_is_a_coinstaller),
        cmocka_unit_test(test_what_needs_does_not_bring),
        cmocka_unit_test(test_as_many_includes_as_we_take),
        cmocka_unit_test(test_as_many_items_as_we_take),
        cmocka_unit_test(test_the_longest_path),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_a_good_inf_has_no_findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
