/*
 * walk: folders cut into steps: a driver package stays whole, a container has a step of its own, nothing is in two
 * steps or in none, and memory for one step is bounded however many files a folder has.
 */
#define _GNU_SOURCE
#include "verifier/walk.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <unistd.h>

#define INF(files) "[Version]\r\nSignature=\"$Windows NT$\"\r\nCatalogFile=x.cat\r\n[Manufacturer]\r\nM=M,NTamd64\r\n" \
    "[M.NTamd64]\r\nD=I,PCI\\VEN_5853\r\n[I]\r\nCopyFiles=F\r\n[F]\r\n" files "[SourceDisksNames]\r\n1=d\r\n"

static char *folder;

static int set_up(void **state)
{
    struct text name = {0};
    char *temp = file_temp_folder();
    (void)state;
    text_addf(&name, "xenpv-walk-test-%ld", (long)getpid());
    folder = file_join(temp, text_str(&name));
    mem_free(temp);
    text_release(&name);
    file_remove_tree(folder, NULL);
    return file_make_private_folder(folder, NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    bool ok = file_remove_tree(folder, NULL);
    mem_free(folder);
    return ok ? 0 : -1;
}

static void place(const char *name, const char *content)
{
    struct err e = {0};
    char *path = file_join(folder, name), *inner = mem_strndup(path, (size_t)(file_name(path) - path - 1));
    if (!file_make_folder(inner, &e) || !file_create(path, span_text(content), &e))
        fail_msg("%s", e.text);
    mem_free(inner);
    mem_free(path);
}

/* All steps of a path, each as "name,name;"; closed containers in brackets, findings as "!code". */
static char *steps_of(const char *path)
{
    struct texts paths = {0};
    struct text t = {0};
    texts_add(&paths, path);
    struct walk *w = walk_new(&paths);
    for (struct walk_step *s; (s = walk_next(w));) {
        struct package p = {0};
        struct err e = {0};
        if (!walk_open(s, &p, &e))
            text_add(&t, "!error");
        for (size_t i = 0; i < p.count; i++)
            text_addf(&t, "%s%s%s%s", i ? "," : "", p.entries[i].closed ? "[" : "", p.entries[i].name,
                      p.entries[i].closed ? "]" : "");
        for (size_t i = 0; i < p.findings.count; i++)
            text_addf(&t, "!%s", p.findings.at[i].code);
        text_add(&t, ";");
        package_release(&p);
        walk_step_free(s);
    }
    walk_free(w);
    texts_release(&paths);
    return text_steal(&t);
}

static void check_steps(const char *sentence, const char *below, const char *want)
{
    char *path = *below ? file_join(folder, below) : mem_strdup(folder);
    char *got = steps_of(path);
    CHECK_TEXT(sentence, got, want);
    mem_free(got);
    mem_free(path);
}

static void folders_become_steps(void **state)
{
    (void)state;
    check_steps("an empty folder is one empty step", "", ";");
    place("b/two.txt", "2");
    place("a/one.txt", "1");
    place("a/deep/er/three.txt", "3");
    check_steps("one step for each folder with files, parents first, by name", "",
                ";a/one.txt;a/deep/er/three.txt;b/two.txt;");
    check_steps("names are relative to what was given", "a", "one.txt;deep/er/three.txt;");
    check_steps("a single file", "b/two.txt", "two.txt;");
    check_steps("what is not there is a step that cannot be opened", "nothing", "!error;");
}

static void a_driver_package_stays_whole(void **state)
{
    (void)state;
    place("x.inf", INF("x.sys\r\ny.dll\r\n") "2=d,,,amd64\r\n[SourceDisksFiles]\r\nx.sys=2\r\ny.dll=1\r\n");
    place("x.cat", "");
    place("amd64/x.sys", "MZ");
    place("amd64/more/z.txt", "z");
    place("other/y.txt", "y");
    place("y.dll", "MZ");
    check_steps("a subfolder that the INF copies from belongs to it, another does not", "",
                "amd64/more/z.txt,amd64/x.sys,x.cat,x.inf,y.dll;other/y.txt;");
    place("unrelated.sys", "MZ");
    check_steps("a single INF brings the files and the catalog that it names", "x.inf",
                "amd64/more/z.txt,amd64/x.sys,x.cat,x.inf,y.dll;");
}

/* A zip that is cut short: that it was looked into shows by the finding. */
static const char zip[] = "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

static void place_zip(const char *name)
{
    struct err e = {0};
    char *path = file_join(folder, name);
    if (!file_create(path, span_of(zip, sizeof zip - 1), &e))
        fail_msg("%s", e.text);
    mem_free(path);
}

static void containers_have_their_own_step(void **state)
{
    (void)state;
    place("plain.txt", "p");
    place_zip("a.zip");
    check_steps("beside plain files a container is only in its own step", "", "plain.txt;a.zip!container-truncated;");
    place("x.inf", INF("x.sys\r\n"));
    check_steps("beside an INF, which may copy it, it is there closed as well", "",
                "[a.zip],plain.txt,x.inf;a.zip!container-truncated;");
}

static void a_large_folder_is_cut(void **state)
{
    enum { FILES = 3 * WALK_BATCH };
    struct texts paths = {0};
    size_t seen = 0, largest = 0;
    bool together = false;
    (void)state;
    for (unsigned i = 0; i < FILES; i++) {
        char name[32];
        snprintf(name, sizeof name, "f%04u.txt", i);
        place(name, "");
    }
    place("x.inf", INF("f0000.txt\r\nf0700.txt\r\n") "[SourceDisksFiles]\r\nf0000.txt=1\r\nf0700.txt=1\r\n");
    texts_add(&paths, folder);
    struct walk *w = walk_new(&paths);
    for (struct walk_step *s; (s = walk_next(w));) {
        struct package p = {0};
        CHECK("each step can be opened", walk_open(s, &p, NULL));
        seen += p.count;
        largest = p.count > largest ? p.count : largest;
        together = together || (package_find(&p, "x.inf") != SIZE_MAX && package_find(&p, "f0000.txt") != SIZE_MAX
                                && package_find(&p, "f0700.txt") != SIZE_MAX);
        package_release(&p);
        walk_step_free(s);
    }
    walk_free(w);
    texts_release(&paths);
    CHECK("every file is in one step", seen == FILES + 1);
    CHECK("no step is large", largest <= WALK_BATCH);
    CHECK("an INF is with the files that it names", together);
}

static void what_is_odd_is_a_finding(void **state)
{
    (void)state;
    place("A/one.txt", "1");
    place("a/two.txt", "2");
    place("con/three.txt", "3");
    place("file", "f");
    char *link = file_join(folder, "link");
    CHECK("a link can be made", symlink("/etc", link) == 0);
    check_steps("clashing folders, a device's name and a link are found, and are not gone into", "",
                "file!name-unsafe!entry-link!name-duplicate;A/one.txt;");
    check_steps("a link that is given itself is followed", "link/hostname", "hostname;");
    mem_free(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(folders_become_steps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_driver_package_stays_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(containers_have_their_own_step, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_large_folder_is_cut, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_odd_is_a_finding, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
