/* mask: what leaves the house without names, and what must stay for the text to be of use. */
#include "installer/mask.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static const struct {
    const char *sentence, *text, *masked;
} rows[] = {
    {"a user's folder", "C:\\Users\\Jane Doe\\setup.exe", "C:\\Users\\(user)\\setup.exe"},
    {"whatever its case", "c:\\USERS\\jane\\a", "c:\\USERS\\(user)\\a"},
    {"at the end of a text", "C:\\Users\\jane", "C:\\Users\\(user)"},
    {"as JSON writes it", "\"C:\\\\Users\\\\jane\\\\a\"", "\"C:\\\\Users\\\\(user)\\\\a\""},
    {"with forward slashes", "file:///C:/Users/jane/a", "file:///C:/Users/(user)/a"},
    {"of an old Windows", "C:\\Documents and Settings\\jane\\a",
     "C:\\Documents and Settings\\(user)\\a"},
    {"in its short form", "C:\\DOCUME~1\\JANEDO~1\\LOCALS~1\\Temp",
     "C:\\DOCUME~1\\(user)\\LOCALS~1\\Temp"},
    {"of the one who replays", "/home/jane/facts.json", "/home/(user)/facts.json"},
    {"a name with a quote in it", "C:\\Users\\O'Hara\\a", "C:\\Users\\(user)\\a"},
    {"two in one text", "C:\\Users\\jane\\a;C:\\Users\\joe\\b",
     "C:\\Users\\(user)\\a;C:\\Users\\(user)\\b"},
    {"Windows' own folders stay", "C:\\Users\\Public\\a C:\\Users\\Default\\b",
     "C:\\Users\\Public\\a C:\\Users\\Default\\b"},
    {"so do folders that only begin alike", "C:\\Users2\\joe\\a", "C:\\Users2\\joe\\a"},
    {"and the folder itself", "C:\\Users\\", "C:\\Users\\"},
    {"an account id", "S-1-5-21-1004336348-1177238915-682003330-512 x", "S-1-5-21-(user) x"},
    {"an id of Windows' own stays", "S-1-5-18", "S-1-5-18"},
    {"the computer's name, as a word", "host GUEST7 said guest7.",
     "host (computer) said (computer)."},
    {"not as a part of one", "GUEST77 XGUEST7 GUEST7_a", "GUEST77 XGUEST7 GUEST7_a"},
    {"the user's name, as a word", "by jane@guest7", "by (user)@(computer)"},
    {"a name of two letters stays, or nothing would", "pv drivers", "pv drivers"},
    {"SYSTEM is nobody's name", "HKLM\\SYSTEM\\CurrentControlSet",
     "HKLM\\SYSTEM\\CurrentControlSet"},
    {"what Windows Installer logs", "Property(S): LogonUser = Joe Bloggs\r\nnext",
     "Property(S): LogonUser = (left out)\r\nnext"},
    {"addresses stay", "00:16:3e:01:02:03 192.0.2.5/255.255.255.0 2001:db8::5/64",
     "00:16:3e:01:02:03 192.0.2.5/255.255.255.0 2001:db8::5/64"},
    {"device ids stay", "PCI\\VEN_5853&DEV_0001\\3&267A616A&0&10",
     "PCI\\VEN_5853&DEV_0001\\3&267A616A&0&10"},
    {"nothing is nothing", "", ""},
};

static void fill(struct mask *m)
{
    texts_add(&m->computers, "guest7");
    texts_add(&m->users, "jane");
    texts_add(&m->users, "pv");
    texts_add(&m->users, "SYSTEM");
}

static void names_go_and_the_rest_stays(void **state)
{
    (void)state;
    struct mask m = {0};
    fill(&m);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = mem_strdup(rows[i].text);
        mask_edit(&m, &text);
        CHECK_TEXT(rows[i].sentence, text, rows[i].masked);
        mask_edit(&m, &text);
        CHECK_TEXT("twice is as good as once", text, rows[i].masked);
        mem_free(text);
    }
    mask_release(&m);
}

static void all_is_kept_on_request(void **state)
{
    (void)state;
    struct mask m = {.keep = true};
    fill(&m);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text t = {0};
        mask_add(&m, &t, rows[i].text);
        CHECK_TEXT(rows[i].sentence, text_str(&t), rows[i].text);
        text_release(&t);
    }
    mask_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_and_the_rest_stays),
        cmocka_unit_test(all_is_kept_on_request),
    };
    return cmocka_run_group_tests_name("mask", tests, NULL, NULL);
}
