/* lint: our own data is clean; each way of being wrong is told, with its code, line and column. */
#include "drivers-manifest/lint.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/embedded.h"
#include "drivers-manifest/shape.h"
#include "tests/unit/check.h"

#include <stdio.h>

#define HASH32 "0123456789abcdef0123456789abcdef"
#define SHA256 HASH32 HASH32
#define OTHER256 "fedcba98" SHA256_REST
#define SHA256_REST "76543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define SHA512 SHA256 SHA256

/* A manifest with one of everything, and nothing wrong. */
/* clang-format off */
static const char good[] =
    "{\"schema\": 1,\n"
    " \"families\": [\n"
    "  {\"id\": \"fam\", \"name\": \"Family\", \"role\": \"installable\",\n"
    "   \"providers\": [\"Prov\"], \"upgrade_codes\": [\"{4EDE5DEC-3208-4a1e-8E52-DAC44F7D7062}\"],\n"
    "   \"compatible_with\": [\"old\"], \"hardware_ids\": [\"XENBUS\\\\VEN_XP*\"],\n"
    "   \"signings\": [\"whql\"], \"files\": [{\"name\": \"f.sys\", \"version_from\": \"1.0\", \"version_to\": \"2.0\"}]},\n"
    "  {\"id\": \"old\", \"name\": \"Old\", \"role\": \"recognised\", \"providers\": [\"P2\"]}],\n"
    " \"advisories\": [\n"
    "  {\"id\": \"adv\", \"title\": \"Advice\", \"date\": \"2025-05-27\",\n"
    "   \"affects\": [{\"family\": \"fam\", \"version_to\": \"9.1.0.1\", \"certainty\": \"certain\"}]}],\n"
    " \"windows\": [\n"
    "  {\"id\": \"vista\", \"name\": \"Vista\", \"windows_from\": \"6.0.6000\", \"windows_to\": \"6.0.6003\",\n"
    "   \"types\": [\"workstation\"], \"architectures\": [\"x64\", \"x86\"]},\n"
    "  {\"id\": \"win2008\", \"name\": \"Server 2008\", \"windows_from\": \"6.0.6001\", \"windows_to\": \"6.0.6003\",\n"
    "   \"types\": [\"server\", \"domain-controller\"], \"architectures\": [\"x64\"]},\n"
    "  {\"id\": \"win7\", \"name\": \"Windows 7\", \"windows_from\": \"6.1.7600\", \"windows_to\": \"6.1.7601\",\n"
    "   \"types\": [\"workstation\"], \"architectures\": [\"x64\"]},\n"
    "  {\"id\": \"win10\", \"name\": \"Windows 10\", \"windows_from\": \"10.0.10240\", \"windows_to\": \"10.0.19045\",\n"
    "   \"types\": [\"workstation\"], \"architectures\": [\"x64\"]},\n"
    "  {\"id\": \"win11\", \"name\": \"Windows 11\", \"windows_from\": \"10.0.19046\", \"windows_to\": \"10.0.26100\",\n"
    "   \"types\": [\"workstation\"], \"architectures\": [\"x64\"]}],\n"
    " \"kernels\": [\n"
    "  {\"windows_from\": \"6.0.6000\", \"signature_x86\": \"never\", \"signature_64\": \"always\", \"sha2\": \"never\"},\n"
    "  {\"windows_from\": \"6.2.9200\", \"signature_x86\": \"never\", \"signature_64\": \"always\", \"sha2\": \"native\"}],\n"
    " \"releases\": [\n"
    "  {\"id\": \"fam-1\", \"family\": \"fam\", \"version\": \"1\", \"rank\": 1, \"signing\": \"whql\",\n"
    "   \"digest\": \"sha1\", \"issued\": \"2014-07-11\", \"advisories\": [\"adv\"], \"superseded_by\": \"fam-2\",\n"
    "   \"drivers\": [\n"
    "    {\"name\": \"bus\", \"inf\": \"bus.inf\", \"hardware_ids\": [\"PCI\\\\VEN_5853&DEV_0001\"], \"platform\": true},\n"
    "    {\"name\": \"disk\", \"inf\": \"disk.inf\", \"hardware_ids\": [\"BUS\\\\D\"], \"platform\": false}],\n"
    "   \"helpers\": [{\"service\": \"mon\", \"display_name\": \"Monitor\", \"file\": \"m.exe\", \"folder\": \"M/bin\"}],\n"
    "   \"sets\": [\n"
    "    {\"id\": \"a\", \"architecture\": \"x64\", \"windows_from\": \"6.0.6000\", \"windows_to\": \"6.1.7600\",\n"
    "     \"files\": [\n"
    "      {\"name\": \"a.tar\", \"url\": \"https://host/a.tar\", \"size\": 5, \"sha256\": \"" SHA256 "\"},\n"
    "      {\"name\": \"b.tar\", \"sha512\": \"" SHA512 "\"}]},\n"
    "    {\"id\": \"b\", \"architecture\": \"x64\", \"windows_from\": \"6.1.7601\", \"windows_to\": null,\n"
    "     \"files\": [{\"name\": \"c.tar\", \"url\": \"https://host/c.tar\", \"no_hash_reason\": \"none\"}]},\n"
    "    {\"id\": \"c\", \"architecture\": \"x86\",\n"
    "     \"files\": [{\"name\": \"d.tar\", \"sha256\": \"" OTHER256 "\"}]}]},\n"
    "  {\"id\": \"fam-2\", \"family\": \"fam\", \"version\": \"2\", \"rank\": 2, \"signing\": \"test\",\n"
    "   \"drivers\": [{\"name\": \"two\", \"inf\": \"two.inf\",\n"
    "     \"hardware_ids\": [\"PCI\\\\VEN_5853&DEV_0002&SUBSYS_00025853&REV_02\"], \"platform\": true}],\n"
    "   \"sets\": [{\"id\": \"one\", \"architecture\": \"x64\",\n"
    "     \"files\": [{\"name\": \"e.tar\", \"no_hash_reason\": \"none\"}]}]}]}\n";
/* clang-format on */

static char *changed(const char *from, const char *to)
{
    struct text t = {0};
    const char *at = strstr(good, from);
    if (!at) {
        fail_msg("\"%s\" is not in the manifest", from);
        return NULL;
    }
    text_add_bytes(&t, good, (size_t)(at - good));
    text_addf(&t, "%s%s", to, at + strlen(from));
    return text_steal(&t);
}

/* All lines of the findings; mem_free. */
static char *lines_of(const struct lint_file *files, const struct lint *l)
{
    struct text t = {0};
    for (size_t i = 0; i < l->count; i++) {
        char *line = lint_line(files, &l->at[i]);
        text_addf(&t, "%s\n", line);
        mem_free(line);
    }
    return text_steal(&t);
}

static char *lint_files(const struct lint_file *files, size_t count)
{
    struct lint l = {0};
    lint_manifest(files, count, &l);
    char *lines = lines_of(files, &l);
    lint_release(&l);
    return lines;
}

static char *lint_text(const char *json)
{
    return lint_files(&(struct lint_file){"m.json", span_text(json)}, 1);
}

/* As a second file, behind one that has nothing. */
static char *lint_second(const char *json)
{
    const struct lint_file files[] = {{"first.json", span_text("{\"schema\": 1}")},
                                      {"m.json", span_text(json)}};
    return lint_files(files, 2);
}

static const struct {
    const char *sentence, *from, *to;
} harmless[] = {
    {"the good one is clean", "", ""},
    {"of an advisory the month may be all that is known", "2025-05-27", "2025-05"},
    {"the first day of a month", "2025-05-27", "2025-05-01"},
    {"the last day of a year", "2025-05-27", "2025-12-31"},
    {"the last day of a short month", "2025-05-27", "2025-11-30"},
    {"the day that not every year has", "2025-05-27", "2024-02-29"},
    {"hexadecimal to its last letter", "VEN_5853&DEV_0001", "VEN_FFff&DEV_AAaa"},
    {"a PCI id with its class", "VEN_5853&DEV_0001\"", "VEN_5853&DEV_0001&CC_0100\""},
    {"a PCI id with its class and interface", "VEN_5853&DEV_0001\"",
     "VEN_5853&DEV_0001&CC_010000\""},
    {"one file in two sets, of which one does not say the size",
     "\"d.tar\", \"sha256\": \"" OTHER256, "\"a.tar\", \"sha256\": \"" SHA256},
    {"one file in two sets, of one size", "\"d.tar\", \"sha256\": \"" OTHER256,
     "\"a.tar\", \"size\": 5, \"sha256\": \"" SHA256},
    {"an INF of one letter", "\"disk.inf\"", "\"d.inf\""},
    {"a folder whose name only begins with dots", "\"M/bin\"", "\"M/..b\""},
    {"the last day of January", "2025-05-27", "2025-01-31"},
    {"told by its product's name", "\"providers\": [\"P2\"]", "\"product_names\": [\"P\"]"},
    {"told by its product's code", "\"providers\": [\"P2\"]",
     "\"product_codes\": [\"{4EDE5DEC-3208-4a1e-8E52-DAC44F7D7062}\"]"},
    {"told by its devices", "\"providers\": [\"P2\"]", "\"hardware_ids\": [\"OLD\\\\X\"]"},
    {"told by what its devices are called", "\"providers\": [\"P2\"]",
     "\"descriptions\": [\"P *\"]"},
};

static void what_is_right_is_clean(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(harmless); i++) {
        char *json = changed(harmless[i].from, harmless[i].to), *lines = lint_text(json);
        CHECK_TEXT(harmless[i].sentence, lines, "");
        mem_free(lines);
        mem_free(json);
    }
}

#define E "error: "
#define W "warning: "

/* at: where the finding must be, the first such text after the change. */
static const struct {
    const char *sentence, *from, *to, *at, *what;
} rows[] = {
    /* the text */
    {"a text that ends too early", "\"schema\": 1,\n", "\"schema\": 1,\n]", "]", E "not-json: "},
    {"a key twice", "\"rank\": 2", "\"rank\": 2, \"rank\": 3", "\"rank\": 3", E "duplicate-key: "},
    {"a key twice with a quote in it", "\"rank\": 2", "\"a\\\\\\\"b\": 2, \"a\\\\\\\"b\": 3",
     "\"a\\\\\\\"b\": 3", E "duplicate-key: "},
    {"a byte that is not UTF-8", "Family", "Fam\xff", "\xff", E "not-json: "},
    {"a wrong type", "\"rank\": 1", "\"rank\": \"1\"", "\"1\", \"signing\"",
     E "wrong-type: 'releases[0].rank' must be a whole number"},
    {"a wrong type in a list", "[\"Prov\"]", "[7]", "7]",
     E "wrong-type: 'families[0].providers[0]'"},
    {"an unknown word", "\"whql\",\n", "\"signed\",\n", "\"signed\"", E "wrong-type: "},
    {"a missing member is missing from its object", "\"name\": \"Family\", ", "",
     "{\"id\": \"fam\"", E "missing: 'families[0].name' must be there"},
    {"a null where something must be", "\"Family\"", "null", "null", E "missing: "},
    {"an unknown field", "\"rank\": 2", "\"rank\": 2, \"colour\": 1", "\"colour\"",
     W "unknown-field: 'releases[1].colour'"},
    {"a schema of the future", "\"schema\": 1", "\"schema\": 2", "2,\n", E "schema: schema 2"},
    {"no schema", "\"schema\": 1,", "", "{\n \"families\"", E "missing: 'schema'"},
    /* names and references */
    {"a family twice", "\"id\": \"old\"", "\"id\": \"fam\"", "\"fam\", \"name\": \"Old\"",
     E "duplicate-id: 'fam'"},
    {"a family twice but for its case", "\"id\": \"old\"", "\"id\": \"FAM\"", "\"FAM\"",
     E "duplicate-id: 'FAM'"},
    {"a release twice", "\"id\": \"fam-2\"", "\"id\": \"fam-1\"",
     "\"fam-1\", \"family\": \"fam\", \"version\": \"2\"", E "duplicate-id: 'fam-1'"},
    {"an advisory twice", "\"certain\"}]}],",
     "\"certain\"}]}, {\"id\": \"adv\", \"title\": \"T\"}],", "\"adv\", \"title\": \"T\"",
     E "duplicate-id: 'adv'"},
    {"a set twice", "{\"id\": \"b\"", "{\"id\": \"a\"",
     "\"a\", \"architecture\": \"x64\", \"windows_from\": \"6.1", E "duplicate-id: 'a'"},
    {"a Windows twice", "\"name\": \"Windows 11\"", "\"name\": \"Windows 10\"",
     "\"Windows 10\", \"windows_from\": \"10.0.19046", E "duplicate-name: 'Windows 10'"},
    {"an INF twice", "\"disk.inf\"", "\"BUS.inf\"", "\"BUS.inf\"", E "duplicate-name: 'BUS.inf'"},
    {"a driver twice", "\"name\": \"disk\"", "\"name\": \"bus\"", "\"bus\", \"inf\": \"disk",
     E "duplicate-name: 'bus'"},
    {"a file twice", "\"b.tar\"", "\"a.tar\"", "\"a.tar\", \"sha512\"",
     E "duplicate-name: 'a.tar'"},
    {"a hardware id twice", "[\"BUS\\\\D\"]", "[\"BUS\\\\D\", \"bus\\\\d\"]", "\"bus\\\\d\"",
     E "duplicate-name: "},
    {"an advisory named twice", "[\"adv\"]", "[\"adv\", \"adv\"]", "\"adv\"], ",
     E "duplicate-name: 'adv'"},
    {"a rank twice", "\"rank\": 2", "\"rank\": 1", "1, \"signing\": \"test\"",
     E "duplicate-rank: 'fam-1' has rank 1 too"},
    {"an unknown family", "\"family\": \"fam\", \"version\": \"2\"",
     "\"family\": \"fan\", \"version\": \"2\"", "\"fan\"", E "reference: there is no 'fan'"},
    {"an unknown advisory", "[\"adv\"]", "[\"adw\"]", "\"adw\"", E "reference: there is no 'adw'"},
    {"an unknown successor", "\"superseded_by\": \"fam-2\"", "\"superseded_by\": \"fam-3\"",
     "\"fam-3\"", E "reference: there is no 'fam-3'"},
    {"its own successor", "\"superseded_by\": \"fam-2\"", "\"superseded_by\": \"fam-1\"",
     "\"fam-1\",\n   \"drivers", E "reference: 'fam-1' is the release itself"},
    {"successors in a circle", "\"rank\": 2", "\"superseded_by\": \"fam-1\", \"rank\": 2",
     "\"fam-1\", \"rank\": 2", E "reference: its successors lead back"},
    {"an unknown compatible family", "[\"old\"]", "[\"odd\"]", "\"odd\"", E "reference: "},
    {"compatible with itself", "[\"old\"]", "[\"fam\"]", "\"fam\"], \"hard",
     E "reference: 'fam' is the family itself"},
    {"a condition about an unknown family", "[{\"family\": \"fam\"", "[{\"family\": \"fan\"",
     "\"fan\"", E "reference: there is no 'fan'"},
    {"a condition that asks for nothing", "\"family\": \"fam\", \"version_to\": \"9.1.0.1\", ", "",
     "{\"certainty\"", E "empty: "},
    /* ranges */
    {"a Windows version of two numbers", "\"windows_from\": \"6.1.7601\"",
     "\"windows_from\": \"6.1\"", "\"6.1\"", E "version-form: '6.1'"},
    {"a range reversed", "\"windows_to\": \"6.1.7600\"", "\"windows_to\": \"5.1.2600\"",
     "\"5.1.2600\"", E "range-reversed: "},
    {"a row reversed", "\"windows_to\": \"10.0.26100\"", "\"windows_to\": \"10.0.19045\"",
     "\"10.0.19045\",\n   \"types\": [\"workstation\"], \"architectures\": [\"x64\"]}]",
     E "range-reversed: "},
    {"versions of a file reversed", "\"version_to\": \"2.0\"", "\"version_to\": \"0.9\"", "\"0.9\"",
     E "range-reversed: "},
    {"a version of a file in letters", "\"version_to\": \"2.0\"", "\"version_to\": \"2.x\"",
     "\"2.x\"", E "version-form: "},
    {"an end that is no Windows", "\"windows_to\": \"6.1.7600\"", "\"windows_to\": \"6.1.7599\"",
     "\"6.1.7599\"", W "range-edge: the table knows no Windows 6.1.7599"},
    {"sets that overlap", "\"windows_from\": \"6.1.7601\"", "\"windows_from\": \"6.1.7600\"",
     "{\"id\": \"b\"", E "sets-overlap: overlaps set 'a'"},
    {"a Windows between two sets", "\"windows_to\": \"6.1.7600\"", "\"windows_to\": \"6.0.6003\"",
     "\"6.1.7601\", \"windows_to\": null", W "sets-hole: between set 'a'"},
    {"rows that overlap", "\"10.0.19046\"", "\"10.0.19045\"", "\"10.0.19045\", \"windows_to\"",
     E "windows-overlap: overlaps 'Windows 10' (workstation, x64)"},
    {"builds between two rows", "\"10.0.19046\"", "\"10.0.19047\"", "\"10.0.19047\"",
     W "windows-hole: there are builds between 'Windows 10'"},
    {"a last build that the server has too", "\"windows_to\": \"6.0.6003\"",
     "\"windows_to\": \"6.0.6002\"", "\"6.0.6002\"", W "windows-hole: 'Server 2008'"},
    {"a Windows before the first rule", "{\"windows_from\": \"6.0.6000\"",
     "{\"windows_from\": \"6.0.6001\"", "\"6.0.6000\", \"windows_to\": \"6.0.6003\"",
     E "windows-no-rule: "},
    {"rules that do not ascend", "\"6.2.9200\"", "\"6.0.6000\"",
     "\"6.0.6000\", \"signature_x86\": \"never\", \"signature_64\": \"always\", \"sha2\": \"native\"",
     E "kernel-order: "},
    {"a Windows without files", "\"architecture\": \"x86\",",
     "\"architecture\": \"x86\", \"windows_from\": \"6.1.7600\",", "{\"id\": \"vista\"",
     W "windows-no-set: no release has files for 'Vista' on x86"},
    /* hashes, addresses, sizes */
    {"a hash too short", "\"" OTHER256 "\"", "\"" HASH32 "\"", "\"" HASH32 "\"", E "hash-form: 64"},
    {"a hash in upper case", "\"fedcba98", "\"FEDCBA98", "\"FEDCBA98", E "hash-form: hexadecimal"},
    {"a SHA-256 as SHA-512", "\"sha512\": \"" SHA512, "\"sha512\": \"" SHA256, "\"" SHA256 "\"}]},",
     E "hash-form: 128"},
    {"a hash with a letter too far", "\"fedcba98", "\"gedcba98", "\"gedcba98", E "hash-form: 64"},
    {"a file without hash and reason", "\"name\": \"e.tar\", \"no_hash_reason\": \"none\"",
     "\"name\": \"e.tar\"", "{\"name\": \"e.tar\"", E "hash-missing: 'e.tar'"},
    {"an address without hash and reason", ", \"no_hash_reason\": \"none\"", "",
     "{\"name\": \"c.tar\"", E "hash-missing: 'c.tar'"},
    {"a reason beside a hash", "\"size\": 5", "\"no_hash_reason\": \"x\"", "\"x\", \"sha256\"",
     W "hash-reason: "},
    {"a hash that was copied", "\"" OTHER256 "\"", "\"" SHA256 "\"", "\"" SHA256 "\"}]}]},",
     W "hash-copied: this is the hash of 'a.tar' too"},
    {"a hash that was copied to a file of the same name and another size",
     "\"d.tar\", \"sha256\": \"" OTHER256, "\"a.tar\", \"size\": 6, \"sha256\": \"" SHA256,
     "\"" SHA256 "\"}]}]},", W "hash-copied: this is the hash of 'a.tar' too"},
    {"an address with an angle", "https://host/a.tar", "https://host/a<b", "\"https://host/a<b",
     E "url-form: "},
    {"a size of nothing", "\"size\": 5", "\"size\": 0", "0, \"sha256\"", E "size: "},
    {"an address of another kind", "https://host/a.tar", "ftp://host/a.tar",
     "\"ftp:", E "url-form: "},
    {"an address without a host", "https://host/a.tar", "https:///a.tar", "\"https:///",
     E "url-form: "},
    {"an address with a blank", "https://host/a.tar", "https://host/a b", "\"https://host/a b",
     E "url-form: "},
    {"a password in an address", "https://host/a.tar", "https://me:x@host/a.tar", "\"https://me",
     E "url-form: "},
    {"an open address without a hash", "https://host/c.tar", "http://host/c.tar",
     "\"http:", W "url-http: "},
    /* forms */
    {"a date of two digits", "2014-07-11", "14-07-11", "\"14-07-11\"", E "date-form: "},
    {"a month where a rule needs a day", "2014-07-11", "2014-07", "\"2014-07\"", E "date-form: "},
    {"a month 13", "2025-05-27", "2025-13", "\"2025-13\"", E "date-form: "},
    {"a month 0", "2025-05-27", "2025-00-01", "\"2025-00-01\"", E "date-form: "},
    {"a 31st of June", "2025-05-27", "2025-06-31", "\"2025-06-31\"", E "date-form: "},
    {"a 32nd of January", "2025-05-27", "2025-01-32", "\"2025-01-32\"", E "date-form: "},
    {"a 32nd of May", "2025-05-27", "2025-05-32", "\"2025-05-32\"", E "date-form: "},
    {"a 30th of February", "2025-05-27", "2025-02-30", "\"2025-02-30\"", E "date-form: "},
    {"a 31st of September", "2025-05-27", "2025-09-31", "\"2025-09-31\"", E "date-form: "},
    {"a 32nd of December", "2025-05-27", "2025-12-32", "\"2025-12-32\"", E "date-form: "},
    {"a day 0", "2025-05-27", "2025-05-00", "\"2025-05-00\"", E "date-form: "},
    {"a path as the name of a file", "\"d.tar\"", "\"../d.tar\"", "\"../d.tar\"", E "name-form: "},
    {"an INF that is none", "\"disk.inf\"", "\"disk.sys\"", "\"disk.sys\"", E "name-form: "},
    {"a helper out of its folder", "\"M/bin\"", "\"M/../..\"", "\"M/../..\"", E "name-form: "},
    {"a helper that leaves its folder and comes back", "\"M/bin\"", "\"M/../x\"", "\"M/../x\"",
     E "name-form: "},
    {"a helper that leaves its folder as Windows writes it", "\"M/bin\"", "\"M\\\\..\\\\x\"",
     "\"M\\\\..\\\\x\"", E "name-form: "},
    {"a second helper, on another drive", "\"M/bin\"}",
     "\"M/bin\"}, {\"service\": \"s\", \"display_name\": \"S\", \"file\": \"s.exe\","
     " \"folder\": \"C:x\"}",
     "\"C:x\"", E "name-form: "},
    {"a PCI id of three digits", "VEN_5853&DEV_0001\"", "VEN_585&DEV_0001\"", "\"PCI\\\\VEN_585&",
     E "hardware-id-form: "},
    {"a PCI id of six digits", "VEN_5853&DEV_0001\"", "VEN_5853&DEV_000123\"",
     "\"PCI\\\\VEN_5853&DEV_000123", E "hardware-id-form: "},
    {"a revision of four digits", "VEN_5853&DEV_0001\"", "VEN_5853&DEV_0001&REV_0123\"",
     "\"PCI\\\\VEN_5853&DEV_0001&REV_0123", E "hardware-id-form: "},
    {"a PCI id with a letter O", "DEV_0001\"", "DEV_OOO1\"", "\"PCI\\\\VEN_5853&DEV_OOO1",
     E "hardware-id-form: "},
    {"a hardware id without its bus", "BUS\\\\D", "BUS/D", "\"BUS/D\"", E "hardware-id-form: "},
    {"a hardware id of no bus", "BUS\\\\D", "\\\\D", "\"\\\\D\"", E "hardware-id-form: "},
    {"a hardware id of a bus alone", "BUS\\\\D", "BUS\\\\", "\"BUS\\\\\"", E "hardware-id-form: "},
    {"a hardware id with a blank", "BUS\\\\D", "BUS\\\\D 2", "\"BUS\\\\D 2\"",
     E "hardware-id-form: "},
    {"a hardware id with a comma", "BUS\\\\D", "BUS\\\\D,2", "\"BUS\\\\D,2\"",
     E "hardware-id-form: "},
    {"a hardware id with a star amidst", "BUS\\\\D", "BUS\\\\*D", "\"BUS\\\\*D\"",
     E "hardware-id-form: "},
    {"a GUID without braces", "{4EDE5DEC-3208-4a1e-8E52-DAC44F7D7062}",
     "4EDE5DEC-3208-4a1e-8E52-DAC44F7D7062", "\"4EDE", E "guid-form: "},
    {"a digest that nobody signs with", "\"sha1\"", "\"md5\"", "\"md5\"", E "digest: "},
    {"an unknown way of signing", "[\"whql\"]", "[\"whqx\"]", "\"whqx\"", E "word: 'whqx'"},
    {"a second unknown state of a guest", "\"certainty\": \"certain\"",
     "\"unless\": [\"sha2\", \"sha3\"], \"certainty\": \"certain\"", "\"sha3\"", E "word: 'sha3'"},
    {"an unknown state of a guest", "\"certainty\": \"certain\"",
     "\"unless\": [\"sha3\"], \"certainty\": \"certain\"", "\"sha3\"", E "word: 'sha3'"},
    {"an unknown type", "[\"server\", ", "[\"Server\", ", "\"Server\",",
     E "word: 'Server' is none of: workstation, domain-controller, server"},
    {"an unknown architecture", "[\"x64\", \"x86\"]", "[\"x64\", \"x87\"]", "\"x87\"",
     E "word: 'x87'"},
    {"a Windows version whose number is too large", "\"windows_from\": \"6.1.7601\"",
     "\"windows_from\": \"65536.1.7601\"", "\"65536.1.7601\"", E "version-form: "},
    /* behind one that is right */
    {"a second GUID without braces", "DAC44F7D7062}\"", "DAC44F7D7062}\", \"4EDE\"", "\"4EDE\"",
     E "guid-form: "},
    {"a second unknown advisory", "[\"adv\"]", "[\"adv\", \"adw\"]", "\"adw\"",
     E "reference: there is no 'adw'"},
    {"a second compatible family, unknown", "[\"old\"]", "[\"old\", \"odd\"]", "\"odd\"",
     E "reference: there is no 'odd'"},
    {"a second advisory without a title", "\"certain\"}]}],",
     "\"certain\"}]}, {\"id\": \"b\", \"title\": \"\"}],", "\"\"}],", E "empty: 'title'"},
    {"a second boot option without a name", "\"helpers\": [",
     "\"boot_options\": [{\"name\": \"a\", \"effect\": \"e\"}, {\"name\": \"\", \"effect\": \"e\"}],"
     " \"helpers\": [",
     "\"\", \"effect\"", E "empty: 'name'"},
    {"a mark without a key", "\"compatible_with\": [",
     "\"registry_marks\": [{\"key\": \"\"}], \"compatible_with\": [", "\"\"}]", E "empty: 'key'"},
    {"a second mark without a key", "\"compatible_with\": [",
     "\"registry_marks\": [{\"key\": \"K\"}, {\"key\": \"\"}], \"compatible_with\": [", "\"\"}]",
     E "empty: 'key'"},
    {"a removal of nothing", "\"compatible_with\": [",
     "\"removal\": [{\"kind\": \"service\", \"what\": \"\"}], \"compatible_with\": [", "\"\"}]",
     E "empty: 'what'"},
    {"a second removal of nothing", "\"compatible_with\": [",
     "\"removal\": [{\"kind\": \"service\", \"what\": \"s\"}, {\"kind\": \"service\", \"what\": \"\"}],"
     " \"compatible_with\": [",
     "\"\"}]", E "empty: 'what'"},
    /* what is empty */
    {"a family that nothing tells", "\"providers\": [\"P2\"]", "\"services\": [\"s\"]",
     "{\"id\": \"old\"", E "empty: nothing is said by which 'old'"},
    {"a Windows without types", "[\"server\", \"domain-controller\"]", "[]", "[], \"arch",
     E "empty: "},
    {"a set without files", "[{\"name\": \"e.tar\", \"no_hash_reason\": \"none\"}]", "[]",
     "[]}]}]}", E "empty: "},
    {"a name of nothing", "\"Advice\"", "\"\"", "\"\", \"date\"", E "empty: 'title'"},
    {"a driver that binds nothing", "[\"BUS\\\\D\"]", "[]", "[], \"platform\"", E "empty: "},
    {"no platform driver", "\"platform\": true}", "\"platform\": false}",
     "[\n    {\"name\": \"bus\"",
     E "platform-driver: exactly one driver must have 'platform', not 0"},
    {"two platform drivers", "\"platform\": false", "\"platform\": true",
     "[\n    {\"name\": \"bus\"",
     E "platform-driver: exactly one driver must have 'platform', not 2"},
    {"a platform driver of no PCI device", "PCI\\\\VEN_5853&DEV_0001", "BUS\\\\P", "[\"BUS\\\\P\"]",
     E "platform-driver: "},
};

/* "m.json:LINE:COLUMN: " of the first at in text, counted by hand. */
static void place_text(const char *text, const char *at, char *out, size_t size)
{
    const char *end = strstr(text, at);
    size_t line = 1, column = 1;
    if (!end) {
        fail_msg("\"%s\" is not in the changed manifest", at);
        return;
    }
    for (const char *c = text; c < end; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    snprintf(out, size, "m.json:%zu:%zu: ", line, column);
}

static void each_fault_is_told_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char want[256];
        char *json = changed(rows[i].from, rows[i].to);
        char *lines = lint_text(json), *of_second = lint_second(json);
        place_text(json, rows[i].at, want, sizeof want);
        strcat(want, rows[i].what);
        CHECK_HAS(rows[i].sentence, lines, want);
        CHECK_HAS(rows[i].sentence, of_second, want);
        mem_free(of_second);
        mem_free(lines);
        mem_free(json);
    }
}

static void a_place_is_a_line_and_a_column(void **state)
{
    (void)state;
    char *lines = lint_text("{\n  \"schema\": 1,\n  \"\xc3\xa4\": {}, \"families\": 3\n}\n");
    CHECK_HAS("a line", lines, "m.json:3:3: warning: unknown-field: '\xc3\xa4'");
    CHECK_HAS("columns are characters", lines, "m.json:3:24: error: wrong-type: 'families'");
    mem_free(lines);
}

/* One run tells of all of them, in the order of the file. */
static void all_faults_are_told_at_once(void **state)
{
    (void)state;
    static const char json[] =
        "{\"schema\": 1, \"families\": [{\"id\": \"f\", \"name\": 1}, \"x\"],\n"
        " \"releases\": [{\"id\": \"r\", \"family\": \"g\", \"version\": \"1\", \"rank\": \"x\",\n"
        "   \"signing\": \"no\", \"drivers\": []}], \"extra\": 0}";
    static const char *const want[] = {"m.json:1:28: error: missing: 'families[0].role'",
                                       "m.json:1:48: error: wrong-type",
                                       "m.json:1:52: error: wrong-type: 'families[1]'",
                                       "m.json:2:37: error: reference",
                                       "m.json:2:66: error: wrong-type: 'releases[0].rank'",
                                       "m.json:3:15: error: wrong-type: 'releases[0].signing'",
                                       "m.json:3:32: error: platform-driver",
                                       "m.json:3:38: warning: unknown-field: 'extra'"};
    char *lines = lint_text(json);
    const char *at = lines;
    for (size_t i = 0; i < COUNT(want); i++) {
        CHECK_HAS("each is there, after the one before", at, want[i]);
        at = strstr(at, want[i]);
    }
    mem_free(lines);
}

static void there_is_an_end_to_them(void **state)
{
    (void)state;
    struct text t = {0};
    struct lint l = {0};
    text_add(&t, "{\"schema\": 1");
    for (int i = 0; i < 1000; i++)
        text_addf(&t, ",\n\"x%d\": 0", i);
    text_add(&t, ", \"families\": [1]}");
    const struct lint_file file = {"m.json", span_text(text_str(&t))};
    lint_manifest(&file, 1, &l);
    assert_true(l.count >= LINT_FINDINGS_MAX && l.count <= LINT_FINDINGS_MAX + 1);
    assert_true(l.errors == 1 && l.warnings >= 1000);
    bool error = false;
    for (size_t i = 0; i < l.count; i++)
        error = error || l.at[i].severity == LINT_ERROR;
    CHECK("an error is never among those left out", error);
    lint_release(&l);
    text_release(&t);
}

static void what_is_too_large_is_not_read(void **state)
{
    (void)state;
    size_t size = (size_t)LINT_SIZE_MAX + 1;
    char *blanks = mem_resize(NULL, size, 1);
    memset(blanks, ' ', size);
    const struct lint_file file = {"m.json", span_of(blanks, size)};
    struct lint l = {0};
    lint_manifest(&file, 1, &l);
    char *lines = lines_of(&file, &l);
    CHECK_HAS("too large", lines, "m.json:1:1: error: limit: ");
    mem_free(lines);
    lint_release(&l);
    mem_free(blanks);
}

static void files_are_one_manifest_together(void **state)
{
    (void)state;
    static const char families[] =
        "{\"schema\": 1, \"families\": [{\"id\": \"f\", \"name\": \"F\", \"role\": \"recognised\","
        " \"providers\": [\"p\"]}]}";
    static const char advisories[] =
        "{\"schema\": 1,\n \"advisories\": [{\"id\": \"a\", \"title\": \"A\","
        " \"affects\": [{\"family\": \"f\", \"certainty\": \"certain\"},\n"
        "  {\"family\": \"g\", \"certainty\": \"certain\"}]}]}";
    const struct lint_file files[] = {{"f.json", span_text(families)},
                                      {"a.json", span_text(advisories)},
                                      {"again.json", span_text(families)}};
    struct lint l = {0};
    lint_manifest(files, 3, &l);
    char *lines = lines_of(files, &l);
    CHECK_HAS("a name of another file is known", lines,
              "a.json:3:14: error: reference: there is no 'g'");
    CHECK("and not told of", !strstr(lines, "no 'f'"));
    CHECK_HAS("a name twice in two files", lines, "again.json:1:35: error: duplicate-id: 'f'");
    CHECK_HAS("a list that no file has", lines,
              "f.json:1:1: warning: part-absent: there are no 'releases'");
    CHECK("one that is there is not missed", !strstr(lines, "no 'families'"));
    mem_free(lines);
    lint_release(&l);
    lint_manifest(files + 1, 1, &l);
    lines = lines_of(files + 1, &l);
    CHECK("alone, references cannot be judged", !strstr(lines, "reference"));
    CHECK_HAS("which is said", lines, "part-absent: there are no 'families'");
    mem_free(lines);
    lint_release(&l);
}

static void a_refusal_names_the_first_error(void **state)
{
    (void)state;
    char *json = changed("\"rank\": 2", "\"rank\": \"x\", \"new\": 1, \"issued\": \"x\"");
    const struct lint_file file = {"m.json", span_text(json)};
    struct lint l = {0};
    struct err e = {0};
    lint_manifest(&file, 1, &l);
    assert_false(lint_refuse(&file, &l, &e));
    assert_int_equal(e.kind, ERR_USAGE);
    assert_string_equal(e.text, "m.json: line 41, column 60: 'releases[1].rank' must be a whole "
                                "number, not negative (and 1 more: xenpv manifest check)");
    lint_release(&l);
    mem_free(json);
}

static void one_error_alone_has_no_more(void **state)
{
    (void)state;
    char *json = changed("\"rank\": 2", "\"rank\": \"x\"");
    const struct lint_file file = {"m.json", span_text(json)};
    struct lint l = {0};
    struct err e = {0};
    lint_manifest(&file, 1, &l);
    assert_int_equal(l.errors, 1);
    assert_false(lint_refuse(&file, &l, &e));
    assert_string_equal(e.text, "m.json: line 41, column 60: 'releases[1].rank' must be a whole "
                                "number, not negative");
    lint_release(&l);
    mem_free(json);
}

static void our_own_data_is_clean(void **state)
{
    (void)state;
    struct lint_file *files = mem_zero(manifest_file_count, sizeof *files);
    struct lint l = {0};
    for (size_t i = 0; i < manifest_file_count; i++)
        files[i] = (struct lint_file){manifest_files[i].name,
                                      span_of(manifest_files[i].bytes, manifest_files[i].size)};
    lint_manifest(files, manifest_file_count, &l);
    char *lines = lines_of(files, &l);
    assert_string_equal(lines, "");
    mem_free(lines);
    lint_release(&l);
    mem_free(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_right_is_clean),
        cmocka_unit_test(each_fault_is_told_with_its_place),
        cmocka_unit_test(a_place_is_a_line_and_a_column),
        cmocka_unit_test(all_faults_are_told_at_once),
        cmocka_unit_test(there_is_an_end_to_them),
        cmocka_unit_test(what_is_too_large_is_not_read),
        cmocka_unit_test(files_are_one_manifest_together),
        cmocka_unit_test(a_refusal_names_the_first_error),
        cmocka_unit_test(one_error_alone_has_no_more),
        cmocka_unit_test(our_own_data_is_clean),
    };
    return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
