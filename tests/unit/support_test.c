/* support: every row and footnote of the table, how rows are called, and what is near a wrong name.
 */
#include "drivers-manifest/manifest.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

static struct manifest manifest;

static int load(void **state)
{
    struct err e = {0};
    (void)state;
    return manifest_embedded(&manifest, &e) ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    manifest_release_all(&manifest);
    return 0;
}

/* Typed from the source, not from the data: group, name, both answers and all footnote marks. */
static const struct {
    const char *group, *id, *name, *pv, *pvhvm, *marks;
} rows[] = {
    {"linux", "alpine-2.3", "Alpine Linux 2.3.x", "yes", "not known", "//"},
    {"linux", "alpine-2.4", "Alpine Linux 2.4.x", "yes", "not known", "//"},
    {"linux", "arch", "Arch Linux (x86-64 only)", "yes", "yes", "5//"},
    {"linux", "centos-5", "CentOS 5", "yes", "not known", "//"},
    {"linux", "centos-6", "CentOS 6", "yes", "not known", "//"},
    {"linux", "debian-5", "Debian 5.0 (Lenny)", "yes", "not known", "//"},
    {"linux", "debian-6", "Debian 6.0 (Squeeze)", "yes", "not known", "//"},
    {"linux", "debian-7", "Debian 7 (Wheezy)", "yes", "yes", "//"},
    {"linux", "fedora-14", "Fedora 14", "yes", "not known", "//"},
    {"linux", "fedora-16", "Fedora 16", "yes", "not known", "//"},
    {"linux", "openembedded-1.3", "OpenEmbedded 1.3+", "yes", "not known", "//"},
    {"linux", "opensuse-11.4", "OpenSUSE 11.4", "yes", "not known", "//"},
    {"linux", "oracle-linux-5", "Oracle Linux 5", "yes", "not known", "/2/"},
    {"linux", "oracle-linux-6", "Oracle Linux 6", "yes", "not known", "/2/"},
    {"linux", "rhel-5", "RHEL 5", "yes", "not known", "/3/"},
    {"linux", "rhel-6", "RHEL 6", "yes", "not known", "//"},
    {"linux", "sles-10", "SLES 10", "yes", "not known", "//"},
    {"linux", "sles-11", "SLES 11", "yes", "not known", "//"},
    {"linux", "ubuntu-10.04", "Ubuntu 10.04", "yes", "not known", "/1/"},
    {"linux", "ubuntu-11.04", "Ubuntu 11.04", "yes", "not known", "/1/"},
    {"linux", "ubuntu-12.04", "Ubuntu 12.04", "yes", "not known", "/1/"},
    {"bsd-unix", "freebsd-10", "FreeBSD >= 10", "no", "yes", "/1/"},
    {"bsd-unix", "netbsd-3", "NetBSD >= 3", "yes", "no", "/2/"},
    {"bsd-unix", "openbsd-5.9", "OpenBSD 5.9", "no", "yes", "/6/3"},
    {"bsd-unix", "openindiana", "OpenIndiana", "no", "no", "4/4/"},
    {"bsd-unix", "solaris-11", "Solaris 11", "yes", "no", "/5/"},
    {"windows", "windows-2000", "Windows 2000", "no", "", "//"},
    {"windows", "windows-xp", "Windows XP", "no", "", "//"},
    {"windows", "windows-server-2003", "Windows Server 2003", "no", "", "//"},
    {"windows", "windows-vista", "Windows Vista", "no", "", "//"},
    {"windows", "windows-server-2008", "Windows Server 2008", "no", "", "//"},
    {"windows", "windows-7", "Windows 7", "no", "", "//"},
    {"windows", "windows-server-2008-r2", "Windows Server 2008 R2", "no", "", "//"},
    {"windows", "windows-8", "Windows 8", "no", "", "//"},
    {"windows", "windows-server-2012", "Windows Server 2012", "no", "", "//"},
    {"windows", "windows-8.1", "Windows 8.1", "no", "", "//"},
    {"windows", "windows-server-2012-r2", "Windows Server 2012 R2", "no", "", "//"},
    {"windows", "windows-10", "Windows 10", "no", "", "//"},
    {"windows", "windows-server-2016", "Windows Server 2016", "no", "", "//"},
    {"windows", "windows-server-2019", "Windows Server 2019", "no", "", "//"},
    {"windows", "windows-11", "Windows 11", "no", "", "//"},
    {"windows", "windows-server-2022", "Windows Server 2022", "no", "", "//"},
    {"windows", "windows-server-2025", "Windows Server 2025", "no", "", "//"},
};

static const struct {
    const char *group, *id, *part;
} footnotes[] = {
    {"linux", "1", "EC2 kernel only"},
    {"linux", "2", "Oracle Unbreakable Enterprise Kernel"},
    {"linux", "3", "save/restore is known to have bugs"},
    {"linux", "4", "Xen Linux PV on HVM drivers"},
    {"linux", "5", "recompiled for Arch Linux i686"},
    {"bsd-unix", "1", "more information"},
    {"bsd-unix", "2", "NetBSD Xen HowTo"},
    {"bsd-unix", "3", "selected automatically when OpenBSD recognises Xen"},
    {"bsd-unix", "4", "part of OpenSolaris"},
    {"bsd-unix", "5", "SPARC as well as x86"},
    {"bsd-unix", "6", "builder = \"hvm\""},
    {"windows", "1", "GPLPV"},
    {"windows", "2", "Univention"},
    {"windows", "3", "Xen Project"},
};

static void add_marks(struct text *t, const struct texts *ids)
{
    for (size_t i = 0; i < ids->count; i++)
        text_addf(t, "%s%s", i ? "," : "", ids->at[i]);
}

static void check_row(const struct support_group *g, const struct support_row *r, size_t i)
{
    struct text marks = {0};
    assert_true(i < COUNT(rows));
    add_marks(&marks, &r->name_footnotes);
    text_add(&marks, "/");
    add_marks(&marks, &r->pv_footnotes);
    text_add(&marks, "/");
    add_marks(&marks, &r->pvhvm_footnotes);
    CHECK_TEXT(rows[i].name, g->id, rows[i].group);
    CHECK_TEXT(rows[i].name, r->id, rows[i].id);
    CHECK_TEXT(rows[i].name, r->name, rows[i].name);
    CHECK_TEXT(rows[i].name, support_answer_words(r->pv), rows[i].pv);
    CHECK_TEXT(rows[i].name, support_answer_words(r->pvhvm), rows[i].pvhvm);
    CHECK_TEXT(rows[i].name, text_str(&marks), rows[i].marks);
    text_release(&marks);
}

static void every_row_is_as_the_source_says(void **state)
{
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < manifest.support.count; i++)
        for (size_t j = 0; j < manifest.support.at[i].rows.count; j++)
            check_row(&manifest.support.at[i], &manifest.support.at[i].rows.at[j], n++);
    assert_int_equal(n, COUNT(rows));
}

static void every_footnote_is_there(void **state)
{
    size_t n = 0;
    (void)state;
    for (size_t i = 0; i < manifest.support.count; i++)
        for (size_t j = 0; j < manifest.support.at[i].footnotes.count; j++, n++) {
            const struct support_footnote *f = &manifest.support.at[i].footnotes.at[j];
            assert_true(n < COUNT(footnotes));
            CHECK_TEXT(footnotes[n].part, manifest.support.at[i].id, footnotes[n].group);
            CHECK_TEXT(footnotes[n].part, f->id, footnotes[n].id);
            CHECK_HAS("a footnote says what the source's says", f->text, footnotes[n].part);
        }
    assert_int_equal(n, COUNT(footnotes));
}

static size_t rows_with_windows(const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < manifest.support.count; i++)
        for (size_t j = 0; j < manifest.support.at[i].rows.count; j++) {
            const struct texts *ids = &manifest.support.at[i].rows.at[j].windows;
            for (size_t k = 0; k < ids->count; k++)
                count += strcmp(ids->at[k], id) == 0;
        }
    return count;
}

static void each_windows_is_in_one_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < manifest.windows.count; i++)
        CHECK(manifest.windows.at[i].id, rows_with_windows(manifest.windows.at[i].id) == 1);
}

static bool is_windows_id(const char *id)
{
    for (size_t i = 0; i < manifest.windows.count; i++)
        if (strcmp(manifest.windows.at[i].id, id) == 0)
            return true;
    return false;
}

static void rows_name_windows_that_are_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < manifest.support.count; i++)
        for (size_t j = 0; j < manifest.support.at[i].rows.count; j++) {
            const struct support_row *r = &manifest.support.at[i].rows.at[j];
            bool windows = strcmp(manifest.support.at[i].id, "windows") == 0;
            CHECK(r->name, windows == (r->windows.count > 0));
            for (size_t k = 0; k < r->windows.count; k++)
                CHECK(r->windows.at[k], is_windows_id(r->windows.at[k]));
        }
}

static size_t sources_with_family(const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < manifest.support.count; i++)
        for (size_t j = 0; j < manifest.support.at[i].sources.count; j++)
            count += texts_have_nocase(&manifest.support.at[i].sources.at[j].families, id);
    return count;
}

static void each_family_is_in_one_source(void **state)
{
    (void)state;
    for (size_t i = 0; i < manifest.families.count; i++) {
        const struct manifest_family *f = &manifest.families.at[i];
        CHECK(f->id, sources_with_family(f->id) == (f->role == FAMILY_INSTALLABLE));
    }
    for (size_t i = 0; i < manifest.support.count; i++)
        for (size_t j = 0; j < manifest.support.at[i].sources.count; j++) {
            const struct texts *ids = &manifest.support.at[i].sources.at[j].families;
            for (size_t k = 0; k < ids->count; k++)
                CHECK(ids->at[k], manifest_family_by_id(&manifest, ids->at[k]));
        }
}

/* found: ids of the rows, or how many there are when it begins with '#'. */
static const struct {
    const char *name;
    enum support_by by;
    const char *found;
} names[] = {
    {"rhel-6", SUPPORT_BY_NAME, "rhel-6"},
    {"RHEL 6", SUPPORT_BY_NAME, "rhel-6"},
    {"rhel6", SUPPORT_BY_VERSION, "rhel-6"},
    {"RHEL 6.4", SUPPORT_BY_VERSION, "rhel-6"},
    {"Red Hat Enterprise Linux 6", SUPPORT_BY_VERSION, "rhel-6"},
    {"red_hat-enterprise  LINUX,6", SUPPORT_BY_VERSION, "rhel-6"},
    {"RHEL 7", SUPPORT_BY_NOTHING, ""},
    {"RHEL 60", SUPPORT_BY_NOTHING, ""},
    {"Debian 6", SUPPORT_BY_NAME, "debian-6"},
    {"Debian 6.0.10", SUPPORT_BY_VERSION, "debian-6"},
    {"Debian GNU/Linux 7", SUPPORT_BY_VERSION, "debian-7"},
    {"squeeze", SUPPORT_BY_NAME, "debian-6"},
    {"Debian 5.0 (Lenny)", SUPPORT_BY_NAME, "debian-5"},
    {"Debian 12", SUPPORT_BY_NOTHING, ""},
    {"Debian 1", SUPPORT_BY_NOTHING, ""},
    {"debian", SUPPORT_BY_PART, "debian-5 debian-6 debian-7"},
    {"FreeBSD 10", SUPPORT_BY_NAME, "freebsd-10"},
    {"FreeBSD 9.3", SUPPORT_BY_NOTHING, ""},
    {"FreeBSD 12", SUPPORT_BY_VERSION, "freebsd-10"},
    {"freebsd14.1", SUPPORT_BY_VERSION, "freebsd-10"},
    {"FreeBSD 99999999999999999999", SUPPORT_BY_VERSION, "freebsd-10"},
    {"FreeBSD", SUPPORT_BY_PART, "freebsd-10"},
    {"FreeBSD >=10", SUPPORT_BY_NAME, "freebsd-10"},
    {"NetBSD 2", SUPPORT_BY_NOTHING, ""},
    {"NetBSD 3", SUPPORT_BY_NAME, "netbsd-3"},
    {"NetBSD 10.1", SUPPORT_BY_VERSION, "netbsd-3"},
    {"OpenBSD 5.8", SUPPORT_BY_NOTHING, ""},
    {"OpenBSD 5.9", SUPPORT_BY_NAME, "openbsd-5.9"},
    {"OpenBSD 6.0", SUPPORT_BY_NOTHING, ""},
    {"OpenIndiana 151", SUPPORT_BY_VERSION, "openindiana"},
    {"Solaris 11.4", SUPPORT_BY_VERSION, "solaris-11"},
    {"Solaris 10", SUPPORT_BY_NOTHING, ""},
    {"OpenEmbedded 1.2", SUPPORT_BY_NOTHING, ""},
    {"OpenEmbedded 1.10", SUPPORT_BY_VERSION, "openembedded-1.3"},
    {"OpenEmbedded 2", SUPPORT_BY_VERSION, "openembedded-1.3"},
    {"Alpine 2.3", SUPPORT_BY_NAME, "alpine-2.3"},
    {"Alpine 2.3.x", SUPPORT_BY_VERSION, "alpine-2.3"},
    {"Alpine Linux 2.4.11", SUPPORT_BY_VERSION, "alpine-2.4"},
    {"Alpine 3.20", SUPPORT_BY_NOTHING, ""},
    {"Ubuntu 12.04 LTS", SUPPORT_BY_VERSION, "ubuntu-12.04"},
    {"Ubuntu 12.04.5", SUPPORT_BY_VERSION, "ubuntu-12.04"},
    {"Ubuntu 1", SUPPORT_BY_NOTHING, ""},
    {"Ubuntu 10.10", SUPPORT_BY_NOTHING, ""},
    {"SLES 11 SP3", SUPPORT_BY_VERSION, "sles-11"},
    {"SLES 11 SP", SUPPORT_BY_NOTHING, ""},
    {"oracle linux", SUPPORT_BY_PART, "oracle-linux-5 oracle-linux-6"},
    {"fedora 15", SUPPORT_BY_NOTHING, ""},
    {"arch", SUPPORT_BY_NAME, "arch"},
    {"linux", SUPPORT_BY_NAME, "#21"},
    {"bsd and unix", SUPPORT_BY_NAME, "#5"},
    {"Windows", SUPPORT_BY_NAME, "#17"},
    {"Windows 7", SUPPORT_BY_NAME, "windows-7"},
    {"windows 7 sp1", SUPPORT_BY_VERSION, "windows-7"},
    {"win7", SUPPORT_BY_NAME, "windows-7"},
    {"Vista", SUPPORT_BY_NAME, "windows-vista"},
    {"Windows 8", SUPPORT_BY_NAME, "windows-8"},
    {"Windows 8.1", SUPPORT_BY_NAME, "windows-8.1"},
    {"Windows 10", SUPPORT_BY_NAME, "windows-10"},
    {"Server 2008 R2", SUPPORT_BY_NAME, "windows-server-2008-r2"},
    {"Windows Server 2008", SUPPORT_BY_NAME, "windows-server-2008"},
    {"Windows 12", SUPPORT_BY_NOTHING, ""},
    {"server 2012", SUPPORT_BY_NAME, "windows-server-2012"},
    {"ebian 7", SUPPORT_BY_NOTHING, ""},
    {"", SUPPORT_BY_NOTHING, ""},
    {" \t-/", SUPPORT_BY_NOTHING, ""},
    {"...", SUPPORT_BY_NOTHING, ""},
};

static char *ids_of(const struct support_matches *m)
{
    struct text t = {0};
    for (size_t i = 0; i < m->count; i++)
        text_addf(&t, "%s%s", i ? " " : "", m->at[i].row->id);
    return text_steal(&t);
}

static void names_find_their_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct support_matches found = {0};
        enum support_by by = support_find(&manifest.support, names[i].name, &found);
        char *ids = ids_of(&found), count[16];
        snprintf(count, sizeof count, "#%zu", found.count);
        CHECK_TEXT(names[i].name, names[i].found[0] == '#' ? count : ids, names[i].found);
        CHECK(names[i].name, by == names[i].by);
        mem_free(ids);
        mem_free(found.at);
    }
}

static void each_row_is_found_by_all_its_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < manifest.support.count; i++)
        for (size_t j = 0; j < manifest.support.at[i].rows.count; j++) {
            const struct support_row *r = &manifest.support.at[i].rows.at[j];
            for (size_t k = 0; k < r->aliases.count + 2; k++) {
                struct support_matches found = {0};
                const char *name = k == 0 ? r->id : k == 1 ? r->name : r->aliases.at[k - 2];
                CHECK(name, support_find(&manifest.support, name, &found) == SUPPORT_BY_NAME);
                CHECK(name, found.count == 1 && found.at[0].row == r);
                mem_free(found.at);
            }
        }
}

static const struct {
    const char *name, *near;
} nears[] = {
    {"Debian 12", "debian-7 debian-6 debian-5"},
    {"Debain 7", "debian-7"},
    {"FreeBSD 9", "freebsd-10"},
    {"Ubunut 12.04", "ubuntu-12.04 ubuntu-11.04 ubuntu-10.04"},
    {"Solaris 10", "solaris-11"},
    {"Windows 9", "windows-8 windows-7 windows-11 windows-10 windows-xp"},
    {"zzz", ""},
    {"q", ""},
    {"", ""},
    {"a name that is nothing like any system's name", ""},
};

static void near_names_are_suggested(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nears); i++) {
        struct support_matches near = {0};
        support_near(&manifest.support, nears[i].name, &near);
        char *ids = ids_of(&near);
        CHECK_TEXT(nears[i].name, ids, nears[i].near);
        mem_free(ids);
        mem_free(near.at);
    }
}

static void a_long_name_is_nothing(void **state)
{
    enum { LONG = 10000 };
    char *name = mem_zero(LONG + 1, 1);
    struct support_matches found = {0};
    (void)state;
    memset(name, 'a', LONG);
    memcpy(name, "debian 7", 8);
    assert_int_equal(support_find(&manifest.support, name, &found), SUPPORT_BY_NOTHING);
    support_near(&manifest.support, name, &found);
    assert_int_equal(found.count, 0);
    name[SUPPORT_NAME_MAX] = '\0';
    assert_int_equal(support_find(&manifest.support, name, &found), SUPPORT_BY_NOTHING);
    assert_int_equal(found.count, 0);
    mem_free(name);
}

/* A table that is in order, for changing one thing of. */
#define GROUP(title, row)                                                                          \
    "{\"schema\": 1, \"families\": [{\"id\": \"f\", \"name\": \"F\", \"role\": \"installable\"}]," \
    "\"releases\": [{\"id\": \"r\", \"family\": \"f\", \"version\": \"1\", \"rank\": 1,"           \
    "\"signing\": \"test\", \"drivers\": [{\"name\": \"b\", \"inf\": \"b.inf\","                   \
    "\"hardware_ids\": [\"A\"], \"platform\": true}], \"sets\": [{\"id\": \"s\","                  \
    "\"architecture\": \"x64\", \"files\": [{\"name\": \"n\", \"no_hash_reason\": \"none\"}]}]}]," \
    "\"support\": [{\"id\": \"g\", \"title\": \"G\", \"pv_title\": \"pv\"" title                   \
    ", \"footnotes\": [{\"id\": \"1\", \"text\": \"one\"}], \"rows\": [" row "]}]}"
#define HVM ", \"pvhvm_title\": \"hvm\""
#define ROW(rest) "{\"id\": \"a\", \"name\": \"A\", \"pv\": \"yes\"" rest "}"

static const struct {
    const char *sentence, *json, *part;
} tables[] = {
    {"a good table is taken", GROUP(HVM, ROW(", \"pvhvm\": \"not-known\"")), NULL},
    {"a table without PVHVM is taken", GROUP("", ROW("")), NULL},
    {"a footnote that is there", GROUP("", ROW(", \"pv_footnotes\": [\"1\"]")), NULL},
    {"a footnote that is not there", GROUP("", ROW(", \"pv_footnotes\": [\"2\"]")), "footnote '2'"},
    {"of the name", GROUP("", ROW(", \"name_footnotes\": [\"3\"]")), "footnote '3'"},
    {"of PVHVM", GROUP(HVM, ROW(", \"pvhvm\": \"no\", \"pvhvm_footnotes\": [\"4\"]")),
     "footnote '4'"},
    {"of the heading",
     GROUP(HVM ", \"pvhvm_title_footnotes\": [\"5\"]", ROW(", \"pvhvm\": \"no\"")), "footnote '5'"},
    {"of a source",
     GROUP(", \"sources\": [{\"id\": \"s\", \"title\": \"S\", \"footnote\": \"6\","
           "\"families\": [\"f\"]}]",
           ROW("")),
     "footnote '6'"},
    {"PVHVM is said where there is a column", GROUP(HVM, ROW("")), "needs 'pvhvm'"},
    {"and only there", GROUP("", ROW(", \"pvhvm\": \"no\"")), "no column"},
    {"an answer is yes, no or not-known",
     GROUP("", "{\"id\": \"a\", \"name\": \"A\", \"pv\": \"?\"}"), "pv"},
    {"an answer must be there", GROUP("", "{\"id\": \"a\", \"name\": \"A\"}"), "pv"},
    {"an id is there once", GROUP("", ROW("") "," ROW("")), "twice"},
    {"versions are numbers", GROUP("", ROW(", \"version_from\": \"6.x\"")), "'6.x'"},
    {"at both ends", GROUP("", ROW(", \"version_to\": \"\"")), "''"},
    {"a version of two numbers", GROUP("", ROW(", \"version_to\": \"6.10\"")), NULL},
};

static void tables_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(tables); i++) {
        struct manifest m = {0};
        struct err e = {0};
        bool ok = manifest_decode("t.json", span_text(tables[i].json), &m, NULL, &e);
        if (ok == (tables[i].part != NULL))
            fail_msg("%s; but got '%s'", tables[i].sentence, e.text);
        if (tables[i].part)
            CHECK_HAS(tables[i].sentence, e.text, tables[i].part);
        manifest_release_all(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_as_the_source_says),
        cmocka_unit_test(every_footnote_is_there),
        cmocka_unit_test(each_windows_is_in_one_row),
        cmocka_unit_test(rows_name_windows_that_are_there),
        cmocka_unit_test(each_family_is_in_one_source),
        cmocka_unit_test(names_find_their_rows),
        cmocka_unit_test(each_row_is_found_by_all_its_names),
        cmocka_unit_test(near_names_are_suggested),
        cmocka_unit_test(a_long_name_is_nothing),
        cmocka_unit_test(tables_are_checked),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
