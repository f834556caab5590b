/* discreet: names of users in paths and identifiers, and what only looks like them. */
#include "installer/discreet.h"

#include "tests/unit/check.h"

static const struct {
    const char *sentence, *text, *want;
} rows[] = {
    {"a profile since Vista", "C:\\Users\\Jane Doe\\setup.exe", "C:\\Users\\<user>\\setup.exe"},
    {"a profile before Vista", "c:\\documents and settings\\jdoe\\a",
     "c:\\documents and settings\\<user>\\a"},
    {"its short name", "C:\\DOCUME~1\\JDOE~1\\a", "C:\\DOCUME~1\\<user>\\a"},
    {"as the kernel writes it", "\\Device\\HarddiskVolume2\\Users\\jane\\x.sys",
     "\\Device\\HarddiskVolume2\\Users\\<user>\\x.sys"},
    {"with the other slash", "C:/Users/jane/a", "C:/Users/<user>/a"},
    {"at the end of the text", "C:\\Users\\jane", "C:\\Users\\<user>"},
    {"in quotation marks", "\"C:\\Users\\jane\" /s", "\"C:\\Users\\<user>\" /s"},
    {"two of them", "\\Users\\a\\b \\Users\\c\\d", "\\Users\\<user>\\b \\Users\\<user>\\d"},
    {"a folder that is everybody's stays", "C:\\Users\\Public\\a", "C:\\Users\\Public\\a"},
    {"a name that only begins so does not", "C:\\Users\\Publican\\a", "C:\\Users\\<user>\\a"},
    {"nobody's profile", "C:\\Users\\\\a", "C:\\Users\\\\a"},
    {"another folder of that name", "C:\\MyUsers\\jane", "C:\\MyUsers\\jane"},
    {"an account of a machine", "S-1-5-21-1004336348-1177238915-682003330-512 did it",
     "<account> did it"},
    {"an account of a directory", "(s-1-12-1-11-22-33-44)", "(<account>)"},
    {"a well-known group stays", "S-1-5-32-544", "S-1-5-32-544"},
    {"a device id stays", "XENBUS\\VEN_XP0001&DEV_VIF\\_", "XENBUS\\VEN_XP0001&DEV_VIF\\_"},
    {"what would write to a terminal", "a\x1b[2J", "a\\x1b[2J"},
    {"nothing", "", ""},
};

static void users_are_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text t = {0};
        discreet_add(&t, rows[i].text);
        CHECK_TEXT(rows[i].sentence, text_str(&t), rows[i].want);
        text_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(users_are_left_out)};
    return cmocka_run_group_tests_name("discreet", tests, NULL, NULL);
}
