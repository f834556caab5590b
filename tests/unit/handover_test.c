/* handover: which commands, what is left of a command line, and which program is taken. */
#define _GNU_SOURCE
#include "installer/handover.h"

#include "base/mem.h"
#include "tests/unit/check.h"
#include "verifier/digest.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *sentence;
    enum command command;
    bool service, concerns;
} commands[] = {
    {"install changes the machine", COMMAND_INSTALL, false, true},
    {"resume does", COMMAND_RESUME, false, true},
    {"rollback does", COMMAND_ROLLBACK, false, true},
    {"remove does", COMMAND_REMOVE, false, true},
    {"the service is the right program", COMMAND_RESUME, true, false},
    {"status only reads", COMMAND_STATUS, false, false},
    {"plan only reads", COMMAND_PLAN, false, false},
    {"help of install only reads", COMMAND_HELP, false, false},
    {"fetch changes no driver", COMMAND_FETCH, false, false},
};

static void what_changes_the_machine_is_concerned(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        const struct cli c = {.command = commands[i].command, .service = commands[i].service};
        CHECK(commands[i].sentence, handover_concerns(&c) == commands[i].concerns);
    }
}

static const struct {
    const char *sentence, *line, *tail;
} lines[] = {
    {"a word", "xenpv install", " install"},
    {"a path", "C:\\xenpv\\xenpv.exe install /quiet", " install /quiet"},
    {"a name alone", "xenpv", ""},
    {"nothing", "", ""},
    {"a tab", "xenpv\tinstall", "\tinstall"},
    {"a name in quotes", "\"C:\\Program Files\\xenpv.exe\" install", " install"},
    {"in quotes and alone", "\"C:\\a b\\xenpv.exe\"", ""},
    {"quotes that do not end", "\"C:\\a b\\xenpv.exe install", ""},
    {"no blank behind the quotes: an argument", "\"xenpv\"install", "install"},
    {"a backslash before the closing quote is no escape", "\"C:\\a\\\" install", " install"},
    {"quotes within a word are of the word", "C:\\a\"b c\" install", " c\" install"},
    {"a blank in front: the name is empty", " install", " install"},
    {"quotes, blanks and backslashes of arguments stay as they are",
     "xenpv  install --packages \"D:\\a b\\\\\" --log \"x\"\"y\"",
     "  install --packages \"D:\\a b\\\\\" --log \"x\"\"y\""},
};

static void the_tail_is_what_the_arguments_are_made_of(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        const char *tail = handover_tail(lines[i].line);
        CHECK(lines[i].sentence, strcmp(tail, lines[i].tail) == 0);
        CHECK("it lies within",
              tail >= lines[i].line && tail <= lines[i].line + strlen(lines[i].line));
    }
}

/* --- programs --------------------------------------------------------------------------------- */

enum {
    NT = 64,
    CHECKSUM = NT + 88,
    DIRECTORIES = NT + 136, /* of a PE32+ */
    CERTIFICATES = DIRECTORIES + 4 * 8,
    PROGRAM_SIZE = 1024,
    SIGNED_SIZE = PROGRAM_SIZE + 16,
};

/* A PE32+ without sections: all of it but checksum and signature is hashed. */
static void make_program(uint8_t at[SIGNED_SIZE])
{
    memset(at, 0, SIGNED_SIZE);
    memcpy(at, "MZ", 2);
    at[60] = NT;
    memcpy(at + NT, "PE\0\0\x64\x86", 6);
    at[NT + 20] = 240; /* optional header */
    memcpy(at + NT + 24, "\x0b\x02", 2);
    at[NT + 24 + 61] = 2; /* headers: 512 bytes */
    at[DIRECTORIES - 4] = 16;
    for (size_t i = 512; i < PROGRAM_SIZE; i++)
        at[i] = (uint8_t)i;
}

/* As Authenticode says, from the bytes themselves. */
static struct digest digest_of(const uint8_t *at)
{
    const struct span parts[] = {
        span_of(at, CHECKSUM),
        span_of(at + CHECKSUM + 4, CERTIFICATES - CHECKSUM - 4),
        span_of(at + CERTIFICATES + 8, PROGRAM_SIZE - CERTIFICATES - 8),
    };
    struct digests d = {0};
    digest_spans(DIGEST_BIT(DIGEST_SHA256), (struct digest_input){parts, COUNT(parts), 0}, &d);
    return d.of[DIGEST_SHA256];
}

struct folders {
    char above[200], ours[220];
    uint8_t program[SIGNED_SIZE];
    struct digest digest;
};

static int make_folders(void **state)
{
    struct folders *f = mem_zero(1, sizeof *f);
    char *temp = file_temp_folder();
    snprintf(f->above, sizeof f->above, "%s/xenpv-handover-XXXXXX", temp);
    mem_free(temp);
    *state = f;
    if (!mkdtemp(f->above))
        return -1;
    snprintf(f->ours, sizeof f->ours, "%s/x86", f->above);
    make_program(f->program);
    f->digest = digest_of(f->program);
    return file_make_folder(f->ours, NULL) ? 0 : -1;
}

static int drop_folders(void **state)
{
    struct folders *f = *state;
    bool gone = file_remove_tree(f->above, NULL);
    mem_free(f);
    return gone ? 0 : -1;
}

static void put(struct folders *f, const char *name, size_t size)
{
    struct err e = {0};
    char *path = file_join(f->above, name);
    char *folder = mem_strndup(path, (size_t)(file_name(path) - path - 1));
    if (!file_make_folder(folder, &e) || !file_replace(path, span_of(f->program, size), &e))
        fail_msg("%s", e.text);
    mem_free(folder);
    mem_free(path);
}

/* Where it was found, from the folder above ours; "" when it was not. */
static void expect_found(struct folders *f, const char *sentence, const char *where)
{
    struct handover_program p = {0};
    struct err e = {0};
    struct span digest = span_of(f->digest.bytes, f->digest.size);
    bool ok = handover_find(f->ours, digest, &p, &e);
    CHECK(sentence, ok == (*where != '\0'));
    CHECK(sentence, ok ? p.held.handle && e.kind == ERR_NONE : !p.held.handle && !p.path);
    if (ok)
        CHECK_HAS(sentence, p.path, where);
    handover_program_release(&p);
    assert_null(p.path);
    assert_null(p.held.handle);
}

static void the_program_is_found_where_it_may_be(void **state)
{
    struct folders *f = *state;
    expect_found(f, "nowhere", "");
    put(f, "x64/other.exe", PROGRAM_SIZE);
    put(f, "x86/xenpv.exe", PROGRAM_SIZE);
    expect_found(f, "not by another name", "");
    put(f, "x86_64/xenpv.exe", PROGRAM_SIZE);
    expect_found(f, "where the build leaves it", "x86_64/xenpv.exe");
    put(f, "x64/xenpv.exe", PROGRAM_SIZE);
    expect_found(f, "where a bundle has it", "x64/xenpv.exe");
    put(f, "x86/xenpv-x86_64.exe", PROGRAM_SIZE);
    expect_found(f, "beside ours", "x86/xenpv-x86_64.exe");
}

static void where_it_was_looked_for_is_told(void **state)
{
    struct folders *f = *state;
    struct handover_program p = {0};
    struct err e = {0};
    assert_false(handover_find(f->ours, span_of(f->digest.bytes, f->digest.size), &p, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    CHECK_HAS("it names what to run", e.text, "run the x86_64 xenpv.exe");
    CHECK_HAS("it says that nothing was changed", e.text, "nothing was changed");
    CHECK_HAS("it names the first place", e.text, "x86/xenpv-x86_64.exe'");
    CHECK_HAS("and the last", e.text, "x86_64/xenpv.exe'");
}

/* Each byte that is hashed counts; what a signer adds does not. */
static void only_the_very_program_is_taken(void **state)
{
    struct folders *f = *state;
    struct handover_program p = {0};
    struct err e = {0};
    static const size_t flipped[] = {CHECKSUM - 1, CHECKSUM + 4, CERTIFICATES - 1,
                                     511,          900,          PROGRAM_SIZE - 1};
    for (size_t i = 0; i < COUNT(flipped); i++) {
        f->program[flipped[i]] ^= 1;
        put(f, "x64/xenpv.exe", PROGRAM_SIZE);
        f->program[flipped[i]] ^= 1;
        e = (struct err){0};
        CHECK("one bit", !handover_find(f->ours, span_of(f->digest.bytes, f->digest.size), &p, &e));
        CHECK("is a refusal", e.kind == ERR_REFUSED);
        CHECK_HAS("that names the file", e.text, "x64/xenpv.exe'");
        CHECK_HAS("and says what to do", e.text, "run the x86_64 xenpv.exe itself");
    }
    put(f, "x64/xenpv.exe", PROGRAM_SIZE - 8);
    expect_found(f, "a shorter one", "");
    put(f, "x64/xenpv.exe", 0);
    expect_found(f, "an empty one", "");
    put(f, "x86_64/xenpv.exe", PROGRAM_SIZE);
    expect_found(f, "a wrong one does not hide the right one", "x86_64/xenpv.exe");
}

static void a_signature_that_is_added_changes_nothing(void **state)
{
    struct folders *f = *state;
    uint8_t *at = f->program;
    memcpy(at + CHECKSUM, "abcd", 4);
    memcpy(at + CERTIFICATES, "\x00\x04\0\0\x10\0\0\0", 8);
    memcpy(at + PROGRAM_SIZE, "\x10\0\0\0\0\x02\x02\0signature", 16);
    put(f, "x64/xenpv.exe", SIGNED_SIZE);
    expect_found(f, "signed later", "x64/xenpv.exe");
    at[900] ^= 1;
    put(f, "x64/xenpv.exe", SIGNED_SIZE);
    expect_found(f, "signed, and altered", "");
}

static void without_a_digest_nothing_is_taken(void **state)
{
    struct folders *f = *state;
    struct handover_program p = {0};
    put(f, "x64/xenpv.exe", PROGRAM_SIZE);
    assert_false(handover_find(f->ours, span_of(NULL, 0), &p, NULL));
    f->program[0] = 'N'; /* no program at all: no digest of it either */
    put(f, "x64/xenpv.exe", PROGRAM_SIZE);
    assert_false(handover_find(f->ours, span_of(NULL, 0), &p, NULL));
}

#define IN_FOLDERS(test) cmocka_unit_test_setup_teardown(test, make_folders, drop_folders)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_the_machine_is_concerned),
        cmocka_unit_test(the_tail_is_what_the_arguments_are_made_of),
        IN_FOLDERS(the_program_is_found_where_it_may_be),
        IN_FOLDERS(where_it_was_looked_for_is_told),
        IN_FOLDERS(only_the_very_program_is_taken),
        IN_FOLDERS(a_signature_that_is_added_changes_nothing),
        IN_FOLDERS(without_a_digest_nothing_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
