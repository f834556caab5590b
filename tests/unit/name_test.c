/* name: which names of files in packages are safe on Windows, and which of them Windows takes for one. */
#include "verifier/name.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct clean_row {
    const char *what;
    const char *hostile;
    enum name_fault fault;
    const char *clean; /* when safe */
};

static const struct clean_row clean_rows[] = {
    {"a plain path stays", "xenbus/x64/xenbus.sys", NAME_SAFE, "xenbus/x64/xenbus.sys"},
    {"backslashes separate too", "xenbus\\x64\\xenbus.sys", NAME_SAFE, "xenbus/x64/xenbus.sys"},
    {"'.' and empty parts go", "./a//./b/", NAME_SAFE, "a/b"},
    {"letters beyond ASCII are fine", "Treiber-\xc3\xbc.inf", NAME_SAFE, "Treiber-\xc3\xbc.inf"},
    {"a dot in front is fine", ".gitignore", NAME_SAFE, ".gitignore"},
    {"COM and two digits is no device", "com10.sys", NAME_SAFE, "com10.sys"},
    {"a device's name inside another is fine", "console.sys", NAME_SAFE, "console.sys"},
    {"a short name is fine", "XENVBD~1.SYS", NAME_SAFE, "XENVBD~1.SYS"},
    {"nothing is no name", "", NAME_EMPTY, NULL},
    {"'.' alone is no name", "./", NAME_EMPTY, NULL},
    {"absolute", "/etc/passwd", NAME_ABSOLUTE, NULL},
    {"absolute on Windows", "\\Windows\\System32\\drivers\\evil.sys", NAME_ABSOLUTE, NULL},
    {"a share", "\\\\server\\share\\x", NAME_ABSOLUTE, NULL},
    {"a drive", "C:\\evil.sys", NAME_DRIVE, NULL},
    {"a drive's current folder", "c:evil.sys", NAME_DRIVE, NULL},
    {"parent first", "../evil.sys", NAME_PARENT, NULL},
    {"parent in the middle, with backslashes", "a\\..\\..\\evil.sys", NAME_PARENT, NULL},
    {"parent last", "a/..", NAME_PARENT, NULL},
    {"a stream", "xenvbd.sys:evil", NAME_STREAM, NULL},
    {"a stream of a folder", "a/b::$INDEX_ALLOCATION/c", NAME_STREAM, NULL},
    {"the null device", "NUL", NAME_DEVICE, NULL},
    {"a device with an extension", "a/nul.txt", NAME_DEVICE, NULL},
    {"a device with two extensions", "Com1.tar.gz", NAME_DEVICE, NULL},
    {"a device as a folder", "aux/x.sys", NAME_DEVICE, NULL},
    {"a device with spaces before its extension", "CON  .txt", NAME_DEVICE, NULL},
    {"a console device", "conin$", NAME_DEVICE, NULL},
    {"a port with a superscript digit", "COM\xc2\xb9.txt", NAME_DEVICE, NULL},
    {"a trailing dot", "evil.sys.", NAME_TRAILING, NULL},
    {"a trailing space", "evil.sys ", NAME_TRAILING, NULL},
    {"a folder of three dots", "a/.../b", NAME_TRAILING, NULL},
    {"a wildcard", "*.sys", NAME_CHARACTER, NULL},
    {"a quote", "a\"b", NAME_CHARACTER, NULL},
    {"a line break", "a\nb", NAME_CHARACTER, NULL},
    {"a terminal escape", "a\x1b[2Jb", NAME_CHARACTER, NULL},
    {"an override of the writing direction", "x\xe2\x80\xaesys.exe", NAME_CHARACTER, NULL},
    {"a folder that reads like a container", "a/!/b", NAME_MARK, NULL},
    {"a folder that reads like a container, with a backslash", "xenbus.tar!\\xenbus.sys", NAME_MARK, NULL},
    {"a file that ends in an exclamation mark is fine", "a/read me!", NAME_SAFE, "a/read me!"},
    {"broken UTF-8", "a\xff", NAME_NOT_TEXT, NULL},
    {"an overlong slash", "a\xc0\xaf" "b", NAME_NOT_TEXT, NULL},
    {"a lone surrogate", "a\xed\xa0\x80", NAME_NOT_TEXT, NULL},
};

static void test_clean(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof clean_rows / sizeof clean_rows[0]; i++) {
        const struct clean_row *r = &clean_rows[i];
        struct text out = {0};
        text_add(&out, "rubbish of before");
        enum name_fault fault = name_clean(r->hostile, &out);
        if (fault != r->fault || strcmp(text_str(&out), r->clean ? r->clean : "") != 0)
            fail_msg("%s: '%s' gave fault %d and '%s'", r->what, r->hostile, (int)fault, text_str(&out));
        text_release(&out);
    }
}

/* A name of count parts of size characters each. */
static char *long_name(size_t count, size_t size)
{
    struct text t = {0};
    for (size_t i = 0; i < count; i++) {
        text_add(&t, i ? "/" : "");
        for (size_t k = 0; k < size; k++)
            text_add(&t, "a");
    }
    return text_steal(&t);
}

static void test_limits(void **state)
{
    static const struct {
        const char *what;
        size_t parts, size;
        enum name_fault fault;
    } rows[] = {
        {"the longest part that NTFS takes", 1, NAME_PART_UNITS_MAX, NAME_SAFE},
        {"one more", 1, NAME_PART_UNITS_MAX + 1, NAME_TOO_LONG},
        {"the deepest path", NAME_PARTS_MAX, 1, NAME_SAFE},
        {"one deeper", NAME_PARTS_MAX + 1, 1, NAME_TOO_DEEP},
        {"longer than any path of ours", 16, 100, NAME_TOO_LONG},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text out = {0};
        char *name = long_name(rows[i].parts, rows[i].size);
        enum name_fault fault = name_clean(name, &out);
        if (fault != rows[i].fault)
            fail_msg("%s: fault %d", rows[i].what, (int)fault);
        mem_free(name);
        text_release(&out);
    }
}

static void test_order(void **state)
{
    static const struct {
        const char *what, *a, *b;
        int order;
    } rows[] = {
        {"case does not tell files apart", "XenBus.SYS", "xenbus.sys", 0},
        {"nor does it beyond ASCII", "\xc3\x84.sys", "\xc3\xa4.sys", 0},
        {"nor in Cyrillic", "\xd0\x96", "\xd0\xb6", 0},
        {"nor in the Latin of Hungary", "\xc5\x90", "\xc5\x91", 0},
        {"nor in that of Poland", "\xc5\xb9", "\xc5\xba", 0},
        {"two letters that stand side by side differ", "\xc5\x90", "\xc5\x92", -1},
        {"nor in Greek, final sigma included", "\xce\xa3", "\xcf\x82", 0},
        {"both slashes are one", "a\\b", "a/b", 0},
        {"a folder's files come before its name's longer sisters", "a/z", "a b", -1},
        {"a file comes before what is below it", "a", "a/b", -1},
        {"names that only begin alike differ", "xen", "xenbus", -1},
        {"a letter with and without its mark differ", "a", "\xc3\xa4", -1},
        {"dotless i is not i", "i", "\xc4\xb1", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int order = name_compare(rows[i].a, rows[i].b), back = name_compare(rows[i].b, rows[i].a);
        if (order != rows[i].order || back != -rows[i].order)
            fail_msg("%s: %d and %d", rows[i].what, order, back);
    }
}

static void test_parts(void **state)
{
    (void)state;
    assert_string_equal(name_base("a/b/c.inf"), "c.inf");
    assert_string_equal(name_base("c.inf"), "c.inf");
    assert_true(name_has_extension("a/XENBUS.INF", ".inf"));
    assert_false(name_has_extension("xenbus.inf.bak", ".inf"));
    assert_false(name_has_extension(".inf", ".inf"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
