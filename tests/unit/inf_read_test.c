/* inf: encodings, the grammar of lines, strings, limits, refusals, versions. */
#include "base/mem.h"
#include "base/text.h"
#include "verifier/inf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "[Version]\nSignature=\"$Windows NT$\"\n"
#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct inf *parse_bytes(const void *bytes, size_t size, struct findings *findings)
{
    struct inf *inf = mem_zero(1, sizeof *inf);
    struct err e = {0};
    /* a copy of the exact size, so that a checker sees any read past it, freed before anything is
     * asked */
    uint8_t *copy = mem_zero(size, 1);
    if (size)
        memcpy(copy, bytes, size);
    bool ok = inf_parse(span_of(copy, size), inf, findings, &e);
    mem_free(copy);
    if (!ok)
        fail_msg("was not parsed: %s", e.text);
    return inf;
}

static void free_inf(struct inf *inf)
{
    inf_release(inf);
    mem_free(inf);
}

/* --- lines --- */

#define NO_KEY "(none)"

/*
 * What Windows makes of one line; the rows are what Windows itself did in Wine's conformance tests,
 * or the documents.
 */
static const struct line_row {
    const char *line;
    const char *key;
    const char *fields[8];
    const char *sentence;
} line_rows[] = {
    {"ab=cd", "ab", {"cd"}, "key and value"},
    {"ab=cd,ef,gh", "ab", {"cd", "ef", "gh"}, "commas separate fields"},
    {"ab", "ab", {"ab"}, "a single value is its own key"},
    {"ab,cd", NO_KEY, {"ab", "cd"}, "several values without = have no key"},
    {"ab,cd=ef", NO_KEY, {"ab", "cd=ef"}, "= after a comma is text"},
    {"ab=cd=ef", "ab", {"cd=ef"}, "a second = is text"},
    {"=cd", "", {"cd"}, "a key may be empty"},
    {"ab=", "ab", {""}, "a value may be empty"},
    {"a=b,,,c", "a", {"b", "", "", "c"}, "fields may be empty"},
    {"a=b,", "a", {"b", ""}, "a last comma leads to an empty field"},
    {",=,,b", NO_KEY, {"", "=", "", "b"}, "a comma first: no key"},
    {" a b = c , d ", "a b", {"c", "d"}, "blanks around a token go, those inside stay"},
    {" a b\r = c\r", "a b", {"c"}, "a carriage return is a blank"},
    {"a=b ; c", "a", {"b"}, "a semicolon begins a comment"},
    {"a=\"b ; c\"", "a", {"b ; c"}, "but not in quotes"},
    {"a=%b;c%", "a", {"%b"}, "though it does inside percent signs"},
    {"a=\"b,c\",d", "a", {"b,c", "d"}, "a comma in quotes is text"},
    {"a=\" b \"", "a", {" b "}, "blanks in quotes stay"},
    {"a=\"say \"\"hi\"\"\"", "a", {"say \"hi\""}, "two quotes in quotes are one"},
    {"a=b\"\"c", "a", {"bc"}, "empty quotes are nothing"},
    {"a=b\"c\"d", "a", {"bcd"}, "quotes may stand in the middle"},
    {"\"a=b\"=c", "a=b", {"c"}, "= in quotes is part of the key"},
    {"a=\"b,c", "a", {"b,c"}, "the end of a line closes quotes"},
    {"a=\"b\r\r\nc", "a", {"b"}, "without the carriage returns there"},
    {"a=\"\r", "a", {""}, "be they all there is"},
    {"a=b\v\f\t", "a", {"b"}, "vertical tabs and form feeds are blanks too"},
    {"\\\na=b", "a", {"b"}, "a continuation of nothing"},
    {"a=\"b\\\nc=d", "a", {"b\\"}, "a backslash in quotes does not continue the line"},
    {"a=b\\\nc", "a", {"bc"}, "a backslash at the end continues the line"},
    {"a=b  \\  \n   c", "a", {"bc"}, "with the blanks around it gone"},
    {"a=b \\ ; note\nc", "a", {"bc"}, "and with a comment behind it"},
    {"a=b \\\\ \nc", "a", {"bc"}, "of two backslashes at the end both go"},
    {"a=b \\ \\ \nc", "a", {"bc"}, "also with a blank between"},
    {"a=b,\\\nc,\\\nd", "a", {"b", "c", "d"}, "a list over several lines"},
    {"ke\\\ny=b", "key", {"b"}, "a key may be continued"},
    {"a=b\\\\c", "a", {"b\\\\c"}, "backslashes before text stay"},
    {"a=b \\ c", "a", {"b \\ c"}, "a backslash with text behind it is text"},
    {"a=\"dir\\\"\\\n,b", "a", {"dir\\", "b"}, "the documents' quoted path with a continuation"},
    {"a=b\\", "a", {"b"}, "a backslash as the last byte of the file"},
    {"a=b\x1a"
     "c",
     "a",
     {"b"},
     "^Z ends the file"},
    {"HKR,,\"A\",0x00010000,\"x\",\"y\"",
     NO_KEY,
     {"HKR", "", "A", "0x00010000", "x", "y"},
     "a line of AddReg"},
};

static void check_line(const struct line_row *row, const struct inf_line *line)
{
    size_t count = 0;
    if (strcmp(line->key ? line->key : NO_KEY, row->key) != 0)
        fail_msg("%s: key '%s'", row->sentence, line->key ? line->key : NO_KEY);
    while (row->fields[count]) {
        if (strcmp(inf_field(line, count), row->fields[count]) != 0)
            fail_msg("%s: field %zu is '%s'", row->sentence, count, inf_field(line, count));
        count++;
    }
    if (line->count != count)
        fail_msg("%s: %zu fields", row->sentence, line->count);
}

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(line_rows); i++) {
        struct text t = {0};
        text_addf(&t, HEADER "[Test]\n%s", line_rows[i].line);
        struct inf *inf = parse_bytes(text_str(&t), t.size, NULL);
        const struct inf_section *test = inf_section(inf, "test");
        if (!test || test->count < 1)
            fail_msg("%s: no line", line_rows[i].sentence);
        check_line(&line_rows[i], &test->lines[0]);
        if (test->lines[0].number != 4)
            fail_msg("%s: line number %zu", line_rows[i].sentence, test->lines[0].number);
        free_inf(inf);
        text_release(&t);
    }
}

static void test_line_numbers(void **state)
{
    (void)state;
    static const char file[] = HEADER ";x\n\n[a]\none=1\\\n2\n\ntwo=2\n[b] junk = junk\nthree=3\n";
    struct inf *inf = parse_bytes(file, sizeof file - 1, NULL);
    assert_int_equal(inf_line(inf, inf_section(inf, "a"), "one")->number, 6);
    assert_int_equal(inf_line(inf, inf_section(inf, "a"), "two")->number, 9);
    assert_int_equal(inf_section(inf, "b")->number, 10);
    assert_int_equal(inf_section(inf, "b")->count, 1);
    assert_null(inf_line(inf, inf_section(inf, "b"), "junk"));
    free_inf(inf);
}

/* A line of nothing but a continuation is none, and a comment in it ends it. */
static void test_lines_of_nothing(void **state)
{
    (void)state;
    static const char file[] = HEADER "[a]\n\\\n\n\"\"\n;=\n\\ ;x\n;y\n[b]\n\\";
    struct inf *inf = parse_bytes(file, sizeof file - 1, NULL);
    assert_int_equal(inf_section(inf, "a")->count, 0);
    assert_int_equal(inf_section(inf, "b")->count, 0);
    free_inf(inf);
}

static void test_duplicate_sections_merge(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "[SourceDisksFiles]\na=1\n[Other]\nx=9\n[SOURCEDISKSFILES]\nb=2\na=3\n";
    struct inf *inf = parse_bytes(file, sizeof file - 1, NULL);
    const struct inf_section *section = inf_section(inf, "sourcedisksfiles");
    assert_int_equal(section->count, 3);
    assert_string_equal(inf_field(inf_line(inf, section, "A"), 0),
                        "1"); /* the first of a key counts */
    assert_string_equal(inf_field(inf_line(inf, section, "b"), 0), "2");
    assert_string_equal(section->lines[2].key, "a"); /* order of the file */
    assert_null(inf_section(inf, "SourceDisksFile"));
    assert_null(inf_line(inf, NULL, "a"));
    free_inf(inf);
}

/* Look-ups end with their section, also where the next has just the key. */
static void test_keys_of_the_next_section(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "[a]\nb=1\nno,key\n[b]\nc=2\nd=3\n[c]\nno,key\n[d]\n[e]\nz=4\n";
    static const struct {
        const char *section, *key, *value;
    } rows[] = {{"a", "b", "1"}, {"a", "c", ""},  {"a", "a", ""},  {"b", "d", "3"},
                {"b", "c", "2"}, {"b", "b", ""},  {"b", "z", ""},  {"c", "a", ""},
                {"d", "z", ""},  {"e", "z", "4"}, {"e", "zz", ""}, {"e", "", ""}};
    struct inf *inf = parse_bytes(file, sizeof file - 1, NULL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *value =
            inf_field(inf_line(inf, inf_section(inf, rows[i].section), rows[i].key), 0);
        if (strcmp(value, rows[i].value) != 0)
            fail_msg("%s of [%s] is '%s'", rows[i].key, rows[i].section, value);
    }
    assert_null(inf_section(inf, "f"));
    assert_null(inf_section(inf, ""));
    free_inf(inf);
}

/* --- encodings --- */

static const struct encoding_row {
    const char *bytes;
    size_t size;
    enum inf_encoding encoding;
    const char *provider;
    const char *sentence;
} encoding_rows[] = {
#define ROW(text) text, sizeof(text) - 1
    {ROW(HEADER "Provider=M\xfcller"), INF_ANSI, "M\xc3\xbcller", "ANSI is read as code page 1252"},
    {ROW(HEADER "Provider=\x80\x85"), INF_ANSI, "\xe2\x82\xac\xe2\x80\xa6",
     "0x80 to 0x9f are those of 1252, not of Latin-1"},
    {ROW("\xef\xbb\xbf" HEADER "Provider=M\xc3\xbcller"), INF_UTF8, "M\xc3\xbcller",
     "UTF-8 with its mark"},
    {ROW(HEADER "Provider=M\xc3\xbcller"), INF_ANSI, "M\xc3\x83\xc2\xbcller",
     "UTF-8 without a mark is ANSI to Windows"},
    {ROW("\xef\xbb\xbf" HEADER "Provider=M\xfcller"), INF_UTF8, "M\xc3\xbcller",
     "a mark on what is not UTF-8: read as 1252"},
    {ROW(";\0\n" HEADER "Provider=xx"), INF_ANSI, "xx", "an odd number of bytes is no UTF-16"},
    {ROW("\x80\0"
         "\n" HEADER "Provider=x"),
     INF_ANSI, "x", "nor does it begin outside ASCII"},
    {ROW("\0\0"
         "\n" HEADER "Provider=x"),
     INF_ANSI, "x", "or with a NUL"},
    {ROW(HEADER "Provider=a\0b"), INF_ANSI, "a b", "a NUL reads as a space"},
    {ROW(HEADER "Provider=ab \0\0"), INF_ANSI, "ab", "and goes at the end like one"},
#undef ROW
};

static void test_encodings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(encoding_rows); i++) {
        struct inf *inf = parse_bytes(encoding_rows[i].bytes, encoding_rows[i].size, NULL);
        if (inf->encoding != encoding_rows[i].encoding ||
            strcmp(inf_provider(inf), encoding_rows[i].provider) != 0)
            fail_msg("%s: encoding %d, '%s'", encoding_rows[i].sentence, (int)inf->encoding,
                     inf_provider(inf));
        free_inf(inf);
    }
}

/* ascii as UTF-16, with a mark unless bare. */
static struct text widen(const char *ascii, bool big, bool bare)
{
    struct text t = {0};
    if (!bare)
        text_add_bytes(&t, big ? "\xfe\xff" : "\xff\xfe", 2);
    for (; *ascii; ascii++) {
        const char pair[2] = {big ? '\0' : *ascii, big ? *ascii : '\0'};
        text_add_bytes(&t, pair, 2);
    }
    return t;
}

static void test_utf16(void **state)
{
    (void)state;
    static const struct {
        bool big, bare;
        size_t extra;
        enum inf_encoding encoding;
    } rows[] = {{false, false, 0, INF_UTF16LE},
                {true, false, 0, INF_UTF16BE},
                {false, true, 0, INF_UTF16LE},
                {false, false, 1, INF_UTF16LE}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct findings findings = {0};
        struct text t = widen(HEADER "Provider=Xen\r\nClass=Net\r\n", rows[i].big, rows[i].bare);
        text_add_bytes(&t, "xxx", rows[i].extra);
        struct inf *inf = parse_bytes(text_str(&t), t.size, &findings);
        assert_int_equal(inf->encoding, rows[i].encoding);
        assert_string_equal(inf_provider(inf), "Xen");
        assert_string_equal(inf_class(inf), "Net");
        assert_int_equal(findings_have(&findings, "inf-encoding", NULL) != NULL, rows[i].bare);
        findings_release(&findings);
        free_inf(inf);
        text_release(&t);
    }
}

/* U+0100 and U+0001 have one byte of 0 each, on either side; U+0000 is a NUL in both orders. */
static void test_nul_in_utf16(void **state)
{
    (void)state;
    for (int big = 0; big < 2; big++) {
        static const uint16_t units[] = {'a', 0x100, 0, 'b', 0, 0, 'c'};
        struct findings findings = {0};
        struct text t = widen(HEADER "Provider=", big != 0, false);
        for (size_t i = 0; i < COUNT(units); i++) {
            const char pair[2] = {(char)(units[i] >> (big ? 8 : 0)),
                                  (char)(units[i] >> (big ? 0 : 8))};
            text_add_bytes(&t, pair, 2);
        }
        struct inf *inf = parse_bytes(text_str(&t), t.size, &findings);
        assert_string_equal(inf_provider(inf), "a\xc4\x80 b  c");
        const struct finding *f = findings_have(&findings, "inf-nul", NULL);
        assert_non_null(f);
        assert_string_equal(f->message, "holds 3 NUL characters, read as spaces");
        findings_release(&findings);
        free_inf(inf);
        text_release(&t);
    }
}

static void test_findings_about_the_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        bool told;
    } rows[] = {{"\xef\xbb\xbf" HEADER "Provider=M\xfc", true},
                {"\xef\xbb\xbf" HEADER "Provider=M\xc3\xbc", false},
                {HEADER "Provider=M\xfc", false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct findings findings = {0};
        struct inf *inf = parse_bytes(rows[i].file, strlen(rows[i].file), &findings);
        const struct finding *f = findings_have(&findings, "inf-encoding", NULL);
        assert_int_equal(f != NULL, rows[i].told);
        assert_null(findings_have(&findings, "inf-nul", NULL));
        if (f)
            assert_string_equal(f->message, "line 1: has a UTF-8 mark but is not valid UTF-8");
        findings_release(&findings);
        free_inf(inf);
    }
}

/* --- strings --- */

#define STRINGS                                                                                    \
    "[Strings]\na=\"plain\"\nb=%c%\nc=deep\nonly=fallback\nspace = \"  two  \"\n"                  \
    "[Strings.0409]\na=english\n[Strings.0007]\na=neutral "                                        \
    "german\n[Strings.0407]\na=german\n[Strings.0c07]\na=austrian\n"                               \
    "[Strings.040c]\na=french\n[Strings.080c]\na=belgian\n[Strings.10]\na=short\n"                 \
    "[Strings.041000]\na=long\n[Stringy.0410]\na=junk\n[Strings.0000]\na=none\n"                   \
    "[Stringsx]\nk=%a%\n[Strings.zzzz]\na=junk\n"

static const struct string_row {
    const char *value, *expected;
    uint32_t language;
    const char *sentence;
} string_rows[] = {
    {"%a%", "english", INF_LANGUAGE_ENGLISH, "the exact language comes first"},
    {"%a%", "plain", INF_LANGUAGE_PLAIN, "no language: [Strings]"},
    {"%a%", "german", 0x0407, "German, Germany has its own section"},
    {"%a%", "neutral german", 0x0807, "German, Switzerland has none: neutral German"},
    {"%a%", "french", 0x0c0c, "French, Canada has neither: any French"},
    {"%a%", "belgian", 0x080c, "French, Belgium has its own section"},
    {"%a%", "french", 0x100c, "of two that fit as well the first is taken"},
    {"%a%", "plain", 0x0410, "names that are not Strings and four digits are none"},
    {"%a%", "plain", 0x1010, "whatever the number of digits"},
    {"%a%", "plain", 0x0411, "Japanese has none: [Strings]"},
    {"%only%", "fallback", 0x0407, "a token that the language lacks comes from [Strings]"},
    {"%A%", "english", INF_LANGUAGE_ENGLISH, "tokens ignore case"},
    {"x%a%y%a%z", "xenglishyenglishz", INF_LANGUAGE_ENGLISH, "tokens stand anywhere"},
    {"%b%", "%c%", INF_LANGUAGE_ENGLISH, "a string's value is not expanded again"},
    {"\"%%SystemRoot%%\\x\"", "%SystemRoot%\\x", INF_LANGUAGE_ENGLISH, "two signs are one"},
    {"%nothing%", "%nothing%", INF_LANGUAGE_ENGLISH, "an unknown token stays as it is"},
    {"%12%\\x.sys", "%12%\\x.sys", INF_LANGUAGE_ENGLISH, "directories stay as they are"},
    {"100%", "100%", INF_LANGUAGE_ENGLISH, "a sign alone stays"},
    {"50% of %a%", "50% of %a%", INF_LANGUAGE_ENGLISH,
     "a sign alone makes an unknown token of what follows"},
    {"%space%", "  two  ", INF_LANGUAGE_ENGLISH, "quoted blanks of a string stay"},
    {"%a%%only%", "englishfallback", INF_LANGUAGE_ENGLISH, "two tokens side by side"},
};

static void test_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(string_rows); i++) {
        struct text t = {0};
        struct err e = {0};
        text_addf(&t, HEADER "[x]\nk=%s\n%%a%%=by key\n", string_rows[i].value);
        text_add(&t, STRINGS);
        struct inf *inf = parse_bytes(text_str(&t), t.size, NULL);
        assert_true(inf_set_language(inf, string_rows[i].language, &e));
        const char *value = inf_field(inf_line(inf, inf_section(inf, "x"), "k"), 0);
        if (strcmp(value, string_rows[i].expected) != 0)
            fail_msg("%s: '%s'", string_rows[i].sentence, value);
        if (string_rows[i].language == 0x0407)
            assert_string_equal(inf_field(inf_line(inf, inf_section(inf, "x"), "german"), 0),
                                "by key");
        assert_null(inf_line(inf, inf_section(inf, "x"), "%a%"));
        assert_string_not_equal(inf_field(inf_line(inf, inf_section(inf, "Stringsx"), "k"), 0),
                                "%a%");
        assert_string_equal(inf_field(inf_line(inf, inf_section(inf, "Strings"), "b"), 0), "%c%");
        free_inf(inf);
        text_release(&t);
    }
}

static void test_every_field_has_its_strings_put_in(void **state)
{
    (void)state;
    static const char file[] = HEADER "[x]\nk=%a%,b,%a%\n%a%,%a%\n[Strings]\na=A\n";
    struct inf *inf = parse_bytes(file, sizeof file - 1, NULL);
    const struct inf_section *x = inf_section(inf, "x");
    assert_string_equal(inf_field(&x->lines[0], 0), "A");
    assert_string_equal(inf_field(&x->lines[0], 1), "b");
    assert_string_equal(inf_field(&x->lines[0], 2), "A");
    assert_string_equal(inf_field(&x->lines[0], 3), "");
    assert_null(x->lines[1].key);
    assert_string_equal(inf_field(&x->lines[1], 0), "A");
    assert_string_equal(inf_field(&x->lines[1], 1), "A");
    free_inf(inf);
}

/* Which tokens are told as missing, and as what: those of directories never are. */
static void test_findings_about_strings(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "[x]\na=%12%,%01%\nb=%%\n\nc=%12x%\nd=%x"
               "0123456789012345678901234567890123456789012345678901234567890123456789012345678"
               "9012345678901234567890%\n";
    struct findings findings = {0};
    struct inf *inf = parse_bytes(file, sizeof file - 1, &findings);
    size_t seen = 0;
    for (size_t i = 0; i < findings.count; i++) {
        if (strcmp(findings.at[i].code, "inf-string-missing") != 0)
            continue;
        if (seen++ == 0)
            assert_string_equal(findings.at[i].message, "line 7: %12x% is in no [Strings]");
        else
            assert_non_null(strstr(findings.at[i].message, "...% is in no [Strings]"));
    }
    assert_int_equal(seen, 2);
    findings_release(&findings);
    free_inf(inf);
}

static void test_language_of_nothing(void **state)
{
    (void)state;
    struct inf inf = {0};
    struct err e = {0};
    assert_false(inf_set_language(&inf, INF_LANGUAGE_ENGLISH, &e));
    assert_int_equal(e.kind, ERR_USAGE);
}

/* The first words of the file too. */
static void test_keys_follow_language(void **state)
{
    (void)state;
    static const char file[] =
        "[x]\n%v%=here\n" HEADER "[Strings]\nv=first\n[Strings.0407]\nv=zweiter\n";
    struct err e = {0};
    struct inf *inf = parse_bytes(file, sizeof file - 1, NULL);
    assert_string_equal(inf_field(inf_line(inf, inf_section(inf, "x"), "first"), 0), "here");
    assert_true(inf_set_language(inf, 0x0407, &e));
    assert_null(inf_line(inf, inf_section(inf, "x"), "first"));
    assert_string_equal(inf_field(inf_line(inf, inf_section(inf, "x"), "zweiter"), 0), "here");
    free_inf(inf);
}

static void test_version_follows_language(void **state)
{
    (void)state;
    static const char file[] =
        HEADER "Provider=%v%\n[Strings]\nv=Vendor\n[Strings.0407]\nv=Hersteller\n";
    struct err e = {0};
    struct inf *inf = parse_bytes(file, sizeof file - 1, NULL);
    assert_string_equal(inf_provider(inf), "Vendor");
    assert_true(inf_set_language(inf, 0x0407, &e));
    assert_string_equal(inf_provider(inf), "Hersteller");
    free_inf(inf);
}

/* --- what Windows refuses --- */

static const struct refusal_row {
    const char *file;
    const char *code; /* NULL: accepted */
    const char *sentence;
} refusal_rows[] = {
    {"[version]\nsignature=$chicago$", NULL, "$CHICAGO$ without quotes"},
    {"[Version]\nSignature=\"$WINDOWS NT$\"", NULL, "$WINDOWS NT$"},
    {"[a]\nb\n[Version]\nx=y\n[Version]\nSignature=$Windows 95$", NULL,
     "a signature in the second [Version]"},
    {"[Version]\nx=y\n", "inf-signature", "no signature"},
    {"[Version]\nSignature=foo\n", "inf-signature", "a signature that is none"},
    {"[abc]\nSignature=$chicago$\n", "inf-signature", "no [Version]"},
    {HEADER "[ab\n", "inf-section-name", "a section name that is not closed"},
    {HEADER "[ab\x1a]\n", "inf-section-name", "nor before ^Z"},
    {"junk\n" HEADER, "inf-before-section", "text before the first section"},
    {"/*++\njunk\n" HEADER "[Strings]\n", NULL, "which is accepted where there is a [Strings]"},
    {"junk\n[Strings]\n" HEADER, NULL, "be it the first or the last"},
    {"; note\n\n \t\n" HEADER, NULL, "comments and blanks before the first section"},
    {HEADER "[]\n]\n", NULL, "an empty section name"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refusal_rows); i++) {
        struct findings findings = {0};
        struct inf *inf =
            parse_bytes(refusal_rows[i].file, strlen(refusal_rows[i].file), &findings);
        const char *code = refusal_rows[i].code;
        if (inf->refused != (code != NULL) || (code && !findings_have(&findings, code, NULL)))
            fail_msg("%s: refused %d", refusal_rows[i].sentence, inf->refused);
        findings_release(&findings);
        free_inf(inf);
    }
}

static void test_findings_about_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *file, *code, *message;
    } rows[] = {
        {HEADER "[ab\n", "inf-section-name",
         "line 3: a section's name has no ']': Windows refuses the file"},
        {"\njunk\nmore\n" HEADER, "inf-before-section",
         "line 2: text before the first section, and no [Strings]: Windows refuses the file"},
        {"\n\njunk\nmore\n" HEADER "[Strings]\n", "inf-before-section",
         "line 3: text before the first section"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct findings findings = {0};
        struct inf *inf = parse_bytes(rows[i].file, strlen(rows[i].file), &findings);
        const struct finding *f = findings_have(&findings, rows[i].code, NULL);
        assert_non_null(f);
        assert_string_equal(f->message, rows[i].message);
        findings_release(&findings);
        free_inf(inf);
    }
}

static void test_section_name_of_256(void **state)
{
    (void)state;
    for (int size = 255; size <= 256; size++) {
        struct text t = {0};
        text_addf(&t, HEADER "[%0*d]\n", size, 7);
        struct inf *inf = parse_bytes(text_str(&t), t.size, NULL);
        assert_int_equal(inf->refused, size == 256);
        assert_int_equal(strlen(inf->sections[0].name), 255);
        free_inf(inf);
        text_release(&t);
    }
}

/* --- limits --- */

static const struct limit_row {
    const char *before, *unit;
    size_t repeat;
    const char *after;
    enum err_kind kind;
    const char *sentence;
} limit_rows[] = {
    {"", "", 0, "", ERR_FORMAT, "an empty file is no INF"},
    {"", "\n", 5, "", ERR_FORMAT, "nor are empty lines"},
    {"", "just text\n", 5, "", ERR_FORMAT, "nor is text without a section"},
    {HEADER, "[a]\n", INF_SECTIONS_MAX, "", ERR_LIMIT, "too many sections"},
    {HEADER, "[a]\n", INF_SECTIONS_MAX - 1, "", ERR_NONE, "as many as we take"},
    {HEADER, "a\n", INF_LINES_MAX, "", ERR_LIMIT, "too many lines"},
    {HEADER, "a\n", INF_LINES_MAX - 1, "", ERR_NONE, "as many as we take"},
    {HEADER "a=", ",", INF_FIELDS_MAX - 3, "", ERR_LIMIT, "too many fields"},
    {HEADER, "a=,,,,,\n", (INF_FIELDS_MAX - 2) / 7 + 1, "", ERR_LIMIT,
     "too many, and the one too many is a key"},
    {"", ";", INF_BYTES_MAX + 1, "", ERR_LIMIT, "too many bytes"},
    {HEADER
     "[Strings]\na=0123456789012345678901234567890123456789012345678901234567890123456789\n[x]\n",
     "b=%a%%a%%a%%a%%a%%a%%a%%a%%a%%a%%a%%a%%a%%a%%a%%a%\n", 60000, "", ERR_LIMIT,
     "strings that swell to gigabytes"},
    {HEADER "[x]\na=", "\\ ", 1000000, "x", ERR_NONE,
     "a million backslashes that continue nothing"},
    {HEADER "[x]\na=", "\\\n", 1000000, "x", ERR_NONE, "a million continuations"},
    {HEADER "[x]\na=", "\"", 1000000, "", ERR_NONE, "a million quotes"},
    {HEADER "[x]\na=", "%", 1000000, "", ERR_NONE, "a million percent signs"},
    {HEADER "[x]\na=", "%a%", 300000, "\n[Strings]\na=bbbbbbbbbbbbbbbbbbbb", ERR_NONE,
     "a field that swells is cut"},
};

static void test_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(limit_rows); i++) {
        struct text t = {0};
        struct err e = {0};
        struct inf inf = {0};
        text_add(&t, limit_rows[i].before);
        for (size_t j = 0; j < limit_rows[i].repeat; j++)
            text_add(&t, limit_rows[i].unit);
        text_add(&t, limit_rows[i].after);
        bool ok = inf_parse(span_of(text_str(&t), t.size), &inf, NULL, &e);
        if (ok != (limit_rows[i].kind == ERR_NONE) || e.kind != limit_rows[i].kind)
            fail_msg("%s: %d, kind %d, %s", limit_rows[i].sentence, ok, (int)e.kind, e.text);
        if (!ok && (inf.store || inf.section_count))
            fail_msg("%s: something is left", limit_rows[i].sentence);
        inf_release(&inf);
        text_release(&t);
    }
}

static void test_long_field_is_cut(void **state)
{
    (void)state;
    struct text t = {0};
    struct findings findings = {0};
    text_addf(&t, HEADER "[x]\na=%05000d\nb=%%s%%%%s%%\n[Strings]\ns=%03000d\n", 1, 1);
    struct inf *inf = parse_bytes(text_str(&t), t.size, &findings);
    const struct inf_section *x = inf_section(inf, "x");
    assert_int_equal(strlen(inf_field(inf_line(inf, x, "a"), 0)), INF_FIELD_MAX);
    assert_int_equal(strlen(inf_field(inf_line(inf, x, "b"), 0)), INF_FIELD_MAX);
    assert_non_null(findings_have(&findings, "inf-field-too-long", NULL));
    findings_release(&findings);
    free_inf(inf);
    text_release(&t);
}

/* Fields of exactly what Windows reads, as written and with strings put in, and one letter more. */
static void test_the_longest_field(void **state)
{
    (void)state;
    for (int more = 0; more <= 1; more++) {
        struct text t = {0};
        struct findings findings = {0};
        text_addf(&t, HEADER "[x]\na=%0*d\nb=%%s%%%0*d\n[Strings]\ns=%0*d\n", INF_FIELD_MAX + more,
                  1, 95 + more, 1, INF_FIELD_MAX - 95, 1);
        struct inf *inf = parse_bytes(text_str(&t), t.size, &findings);
        const struct inf_section *x = inf_section(inf, "x");
        const char *a = inf_field(inf_line(inf, x, "a"), 0);
        const char *b = inf_field(inf_line(inf, x, "b"), 0);
        assert_int_equal(strlen(a), INF_FIELD_MAX);
        assert_int_equal(strlen(b), INF_FIELD_MAX);
        assert_int_equal(a[INF_FIELD_MAX - 1], more ? '0' : '1');
        assert_int_equal(b[INF_FIELD_MAX - 1], more ? '0' : '1');
        assert_int_equal(findings_have(&findings, "inf-field-too-long", NULL) != NULL, more);
        findings_release(&findings);
        free_inf(inf);
        text_release(&t);
    }
}

static void test_cut_keeps_characters_whole(void **state)
{
    (void)state;
    struct text t = {0};
    text_add(&t, "\xef\xbb\xbf" HEADER "[x]\na=%s%%s%\n[Strings]\ns=");
    for (int i = 0; i < 3000; i++)
        text_add(&t, "\xe2\x81\x83"); /* bytes in the middle of a character can be odd */
    struct inf *inf = parse_bytes(text_str(&t), t.size, NULL);
    const char *value = inf_field(inf_line(inf, inf_section(inf, "x"), "a"), 0);
    assert_int_equal(strlen(value), 3 * INF_FIELD_MAX);
    assert_true(text_is_utf8(span_text(value)));
    free_inf(inf);
    text_release(&t);
}

static void test_findings_are_capped_and_safe(void **state)
{
    (void)state;
    struct text t = {0};
    struct findings findings = {0};
    text_add(&t, HEADER "[x]\n");
    for (int i = 0; i < 1000; i++)
        text_add(&t, "a=%b\x1b[2J%\n");
    struct inf *inf = parse_bytes(text_str(&t), t.size, &findings);
    assert_int_equal(findings.count, INF_FINDINGS_MAX + 1);
    assert_non_null(findings_have(&findings, "inf-more", NULL));
    for (size_t i = 0; i < findings.count; i++)
        assert_null(strchr(findings.at[i].message, 0x1b));
    findings_release(&findings);
    free_inf(inf);
    text_release(&t);
}

static void test_how_many_findings_are_listed(void **state)
{
    (void)state;
    for (size_t more = 0; more <= 3; more++) {
        struct text t = {0};
        struct findings findings = {0};
        text_add(&t, "[Version]\nSignature=$Chicago$\nCatalogFile=a.cat\n"
                     "DriverVer=1/1/2001,1\n[x]\n");
        for (size_t i = 0; i < INF_FINDINGS_MAX - 1 + more; i++)
            text_add(&t, "a=%b%\n");
        struct inf *inf = parse_bytes(text_str(&t), t.size, &findings);
        const struct finding *f = findings_have(&findings, "inf-more", NULL);
        size_t all = findings_have(&findings, "inf-no-models", NULL) ? 1 : 0;
        assert_int_equal(findings.count, INF_FINDINGS_MAX - 1 + more + all > INF_FINDINGS_MAX
                                             ? INF_FINDINGS_MAX + 1
                                             : INF_FINDINGS_MAX - 1 + more + all);
        assert_int_equal(f != NULL, findings.count > INF_FINDINGS_MAX);
        findings_release(&findings);
        free_inf(inf);
        text_release(&t);
    }
}

/* --- numbers and versions --- */

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint32_t value;
        const char *sentence;
    } rows[] = {
        {"0", true, 0, "nought"},
        {"48", true, 48, "decimal"},
        {"0x4", true, 4, "hexadecimal"},
        {"0X0001FfFf", true, 0x1ffff, "capitals"},
        {"-1", true, UINT32_MAX, "a minus"},
        {"010", true, 10, "no octal"},
        {"4294967295", true, UINT32_MAX, "the largest"},
        {"4294967296", false, 0, "one more"},
        {"0xFFFFFFFF", true, UINT32_MAX, "the largest in hexadecimal"},
        {"0x100000000", false, 0, "one more"},
        {"0xabcdef", true, 0xabcdef, "small letters"},
        {"0xABCDEF", true, 0xabcdef, "capitals"},
        {"0xg", false, 0, "a letter behind f"},
        {"0xG", false, 0, "a letter behind F"},
        {"0x1@", false, 0, "the character before A"},
        {"0x1`", false, 0, "the character before a"},
        {"1/", false, 0, "the character before 0"},
        {"1:", false, 0, "the character behind 9"},
        {"1a", false, 0, "a letter in a decimal number"},
        {"9", true, 9, "the last digit"},
        {"x1", false, 0, "x without 0"},
        {"1x1", false, 0, "x behind another digit"},
        {"+5", true, 5, "a plus"},
        {"+-5", false, 0, "both signs"},
        {"-0x10", true, 0u - 16, "a minus before hexadecimal"},
        {"-", false, 0, "a sign alone"},
        {"", false, 0, "nothing"},
        {"0x", false, 0, "no digits"},
        {"1x", false, 0, "text behind"},
        {"x", false, 0, "text"},
        {" 1", false, 0, "a blank"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t value = 0;
        if (inf_number(rows[i].text, &value) != rows[i].ok || value != rows[i].value)
            fail_msg("%s: %lu", rows[i].sentence, (unsigned long)value);
    }
}

static const struct driver_ver_row {
    const char *line; /* of [Version] */
    bool present, date, version;
    const char *text;
    const char *sentence;
} driver_ver_rows[] = {
    {"DriverVer=09/17/2014,0.11.0.373", true, true, true, "09/17/2014,0.11.0.373",
     "the usual form"},
    {"DriverVer=09-17-2014, 0.11.0.373", true, true, true, "09/17/2014,0.11.0.373", "hyphens"},
    {"DriverVer=1/2/2003,1", true, true, true, "01/02/2003,1.0.0.0",
     "short numbers and a short version"},
    {"DriverVer=09/17/2014", true, true, false, "09/17/2014,0.0.0.0", "no version"},
    {"DriverVer=27/08/2004,5.12.01.7006", true, false, true, "00/00/0000,5.12.1.7006",
     "day and month swapped"},
    {"DriverVer=02/30/2004,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "no such day"},
    {"DriverVer=02/29/2004,1.2.3.4", true, true, true, "02/29/2004,1.2.3.4", "a leap year"},
    {"DriverVer=02/29/1900,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "1900 was none"},
    {"DriverVer=02/29/2000,1.2.3.4", true, true, true, "02/29/2000,1.2.3.4", "2000 was one"},
    {"DriverVer=02/29/2003,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "2003 was not"},
    {"DriverVer=02/28/2003,1.2.3.4", true, true, true, "02/28/2003,1.2.3.4", "but had a 28th"},
    {"DriverVer=03/29/2003,1.2.3.4", true, true, true, "03/29/2003,1.2.3.4", "and other 29ths"},
    {"DriverVer=01/31/2003,1.2.3.4", true, true, true, "01/31/2003,1.2.3.4", "January has 31 days"},
    {"DriverVer=04/31/2003,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "April has not"},
    {"DriverVer=12/31/2003,1.2.3.4", true, true, true, "12/31/2003,1.2.3.4", "December has"},
    {"DriverVer=12/32/2003,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "but no more"},
    {"DriverVer=13/01/2003,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "month 13"},
    {"DriverVer=00/01/2003,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "month 0"},
    {"DriverVer=01/00/2003,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "day 0"},
    {"DriverVer=01/01/1601,1.2.3.4", true, true, true, "01/01/1601,1.2.3.4",
     "the first year that Windows counts"},
    {"DriverVer=01/01/1600,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "the one before"},
    {"DriverVer=01/01/9999,1.2.3.4", true, true, true, "01/01/9999,1.2.3.4", "the last year"},
    {"DriverVer=01/01/10000,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "the one behind"},
    {"DriverVer=01.02.2003,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "full stops"},
    {"DriverVer=01/02/2003x,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4",
     "text behind a date"},
    {"DriverVer=/01/02/2003,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "a stroke first"},
    {"DriverVer=01/02,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "no year"},
    {"DriverVer=09/17/2014,65535.65535.65535.65535", true, true, true,
     "09/17/2014,65535.65535.65535.65535", "the largest parts"},
    {"DriverVer=09/17/2014,65536.1", true, true, false, "09/17/2014,0.0.0.0",
     "a first part that is too large"},
    {"DriverVer=09/17/2014,1.2.3", true, true, true, "09/17/2014,1.2.3.0", "three parts"},
    {"DriverVer=09/17/2014,1.2.", true, true, false, "09/17/2014,0.0.0.0",
     "a full stop at the end"},
    {"DriverVer=09/17/2014,.1", true, true, false, "09/17/2014,0.0.0.0", "a full stop first"},
    {"DriverVer=09/17/2014,1,2", true, true, true, "09/17/2014,1.0.0.0", "a comma ends it"},
    {"DriverVer=09/17/2014,1-2", true, true, false, "09/17/2014,0.0.0.0", "a hyphen in it"},
    {"DriverVer=09/17/14,1.2.3.4", true, false, true, "00/00/0000,1.2.3.4", "a year of two digits"},
    {"DriverVer=09/17/2014,1.2.3.65536", true, true, false, "09/17/2014,0.0.0.0",
     "a part that is too large"},
    {"DriverVer=09/17/2014,1.2.3.4.5", true, true, false, "09/17/2014,0.0.0.0", "five parts"},
    {"DriverVer=09/17/2014,1..3", true, true, false, "09/17/2014,0.0.0.0", "an empty part"},
    {"DriverVer=%D%,1.2.3.4", true, true, true, "03/04/2005,1.2.3.4", "from a string"},
    {"DriverVer=", true, false, false, "00/00/0000,0.0.0.0", "empty"},
    {"DriverVersion=1", false, false, false, "", "absent"},
};

static void test_driver_ver(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(driver_ver_rows); i++) {
        const struct driver_ver_row *row = &driver_ver_rows[i];
        struct text t = {0};
        char text[INF_DRIVER_VER_TEXT_MAX];
        text_addf(&t, HEADER "%s\n[Strings]\nD=03/04/2005\n", row->line);
        struct inf *inf = parse_bytes(text_str(&t), t.size, NULL);
        struct inf_driver_ver v = inf_driver_ver(inf);
        inf_driver_ver_format(&v, text, sizeof text);
        if (v.present != row->present || v.date_valid != row->date ||
            v.version_valid != row->version || strcmp(text, row->text) != 0)
            fail_msg("%s: %s", row->sentence, text);
        free_inf(inf);
        text_release(&t);
    }
}

static void test_last_days_of_months(void **state)
{
    (void)state;
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; month++) {
        for (int more = 0; more <= 1; more++) {
            struct text t = {0};
            text_addf(&t, HEADER "DriverVer=%d/%d/2003,1\n", month, days[month - 1] + more);
            struct inf *inf = parse_bytes(text_str(&t), t.size, NULL);
            if (inf_driver_ver(inf).date_valid != (more == 0))
                fail_msg("day %d of month %d", days[month - 1] + more, month);
            free_inf(inf);
            text_release(&t);
        }
    }
}

static void test_driver_ver_order(void **state)
{
    (void)state;
    static const struct inf_driver_ver rows[] = {
        {.present = false},
        {.present = true, .year = 2001, .month = 12, .day = 31, .version = {9, 9, 9, 9}},
        {.present = true, .year = 2002, .month = 1, .day = 1, .version = {1, 9, 9, 9}},
        {.present = true, .year = 2002, .month = 1, .day = 1, .version = {2, 0, 0, 1}},
        {.present = true, .year = 2002, .month = 1, .day = 1, .version = {2, 0, 0, 2}},
        {.present = true, .year = 2002, .month = 1, .day = 1, .version = {2, 0, 1, 0}},
        {.present = true, .year = 2002, .month = 1, .day = 1, .version = {2, 1, 0, 0}},
        {.present = true, .year = 2002, .month = 1, .day = 2, .version = {1, 0, 0, 0}},
        {.present = true, .year = 2002, .month = 2, .day = 1, .version = {1, 0, 0, 0}},
    };
    for (int i = 0; i < (int)COUNT(rows); i++)
        for (int j = 0; j < (int)COUNT(rows); j++)
            assert_int_equal(inf_driver_ver_compare(&rows[i], &rows[j]), (i > j) - (i < j));
}

static void test_version_section(void **state)
{
    (void)state;
    static const char file[] =
        "[Version]\nSIGNATURE=\"$CHICAGO$\"\nClass=SCSIAdapter\nClassGUID={4D36E97B}\n"
        "Provider=%P%\nPnpLockdown=1\nLayoutFile=layout.inf\n[Strings]\nP=\"Xen; Project\"\n";
    struct inf *inf = parse_bytes(file, sizeof file - 1, NULL);
    assert_int_equal(inf->version.signature, INF_SIGNATURE_CHICAGO);
    assert_string_equal(inf_class(inf), "SCSIAdapter");
    assert_string_equal(inf_class_guid(inf), "{4D36E97B}");
    assert_string_equal(inf_provider(inf), "Xen; Project");
    assert_true(inf->version.pnp_lockdown);
    assert_true(inf->version.has_layout_file);
    free_inf(inf);
    static const struct {
        const char *file;
        enum inf_signature signature;
        bool lockdown, layout;
    } rows[] = {
        {HEADER, INF_SIGNATURE_WINDOWS_NT, false, false},
        {"[Version]\nSignature=$Windows 95$\nPnpLockdown=0\nLayoutFile=\n",
         INF_SIGNATURE_WINDOWS_95, false, false},
        {"[Version]\nSignature=x\nPnpLockdown=2\nLayoutFile=x\n", INF_SIGNATURE_NONE, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        inf = parse_bytes(rows[i].file, strlen(rows[i].file), NULL);
        assert_int_equal(inf->version.signature, rows[i].signature);
        assert_int_equal(inf->version.pnp_lockdown, rows[i].lockdown);
        assert_int_equal(inf->version.has_layout_file, rows[i].layout);
        assert_false(inf->version.driver_ver.present);
        free_inf(inf);
    }
    struct inf empty = {0};
    assert_string_equal(inf_class(&empty), "");
    assert_string_equal(inf_class_guid(&empty), "");
    assert_string_equal(inf_provider(&empty), "");
    assert_null(inf_section(&empty, ""));
    inf_release(&empty);
    inf_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_line_numbers),
        cmocka_unit_test(test_duplicate_sections_merge),
        cmocka_unit_test(test_keys_of_the_next_section),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_keys_follow_language),
        cmocka_unit_test(test_version_follows_language),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_section_name_of_256),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_field_is_cut),
        cmocka_unit_test(test_cut_keeps_characters_whole),
        cmocka_unit_test(test_findings_are_capped_and_safe),
        cmocka_unit_test(test_lines_of_nothing),
        cmocka_unit_test(test_nul_in_utf16),
        cmocka_unit_test(test_findings_about_the_encoding),
        cmocka_unit_test(test_every_field_has_its_strings_put_in),
        cmocka_unit_test(test_findings_about_strings),
        cmocka_unit_test(test_language_of_nothing),
        cmocka_unit_test(test_findings_about_refusals),
        cmocka_unit_test(test_the_longest_field),
        cmocka_unit_test(test_how_many_findings_are_listed),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_driver_ver),
        cmocka_unit_test(test_last_days_of_months),
        cmocka_unit_test(test_driver_ver_order),
        cmocka_unit_test(test_version_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
