/* cli: every option in each of its forms for each command, what is refused, and what the help says.
 */
#include "installer/cli.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/exit_code.h"
#include "tests/unit/check.h"

#include <stdio.h>

enum { WORDS_MAX = 12, LINE_MAX_BYTES = 200 };

/* A command line, split at blanks; the words live in storage. */
struct line {
    char storage[LINE_MAX_BYTES];
    const char *words[WORDS_MAX];
    size_t count;
};

static void split(struct line *l, const char *text)
{
    l->count = 0;
    assert_true(strlen(text) < sizeof l->storage);
    memcpy(l->storage, text, strlen(text) + 1);
    for (char *word = strtok(l->storage, " "); word; word = strtok(NULL, " ")) {
        assert_true(l->count < WORDS_MAX);
        l->words[l->count++] = word;
    }
}

static bool parse(struct line *l, const char *text, struct cli *c, struct err *e)
{
    split(l, text);
    return cli_parse(l->words, l->count, c, e);
}

static const struct {
    const char *sentence, *line;
    enum command command, help_for;
} commands[] = {
    {"no word is status", "", COMMAND_STATUS, COMMAND_HELP},
    {"status", "status", COMMAND_STATUS, COMMAND_HELP},
    {"detect", "detect", COMMAND_DETECT, COMMAND_HELP},
    {"plan", "plan", COMMAND_PLAN, COMMAND_HELP},
    {"verify", "verify a.msi", COMMAND_VERIFY, COMMAND_HELP},
    {"install", "install", COMMAND_INSTALL, COMMAND_HELP},
    {"resume", "resume", COMMAND_RESUME, COMMAND_HELP},
    {"rollback", "rollback", COMMAND_ROLLBACK, COMMAND_HELP},
    {"manifest", "manifest check", COMMAND_MANIFEST, COMMAND_HELP},
    {"--help of manifest needs no action", "manifest --help", COMMAND_HELP, COMMAND_MANIFEST},
    {"help of manifest", "help manifest", COMMAND_HELP, COMMAND_MANIFEST},
    {"support", "support", COMMAND_SUPPORT, COMMAND_HELP},
    {"support with a name of two words", "support Debian 7", COMMAND_SUPPORT, COMMAND_HELP},
    {"support with a name after --", "support -- -x", COMMAND_SUPPORT, COMMAND_HELP},
    {"help of support", "help support", COMMAND_HELP, COMMAND_SUPPORT},
    {"remove", "remove", COMMAND_REMOVE, COMMAND_HELP},
    {"report", "report", COMMAND_REPORT, COMMAND_HELP},
    {"report with a page", "report --html -", COMMAND_REPORT, COMMAND_HELP},
    {"collect", "collect guest.zip", COMMAND_COLLECT, COMMAND_HELP},
    {"--help of collect needs no file", "collect --help", COMMAND_HELP, COMMAND_COLLECT},
    {"help of report", "help report", COMMAND_HELP, COMMAND_REPORT},
    {"fetch", "fetch", COMMAND_FETCH, COMMAND_HELP},
    {"an option alone is status", "--json", COMMAND_STATUS, COMMAND_HELP},
    {"help", "help", COMMAND_HELP, COMMAND_HELP},
    {"help of a command", "help plan", COMMAND_HELP, COMMAND_PLAN},
    {"help of status", "help status", COMMAND_HELP, COMMAND_STATUS},
    {"--help is the overview", "--help", COMMAND_HELP, COMMAND_HELP},
    {"-h is the overview", "-h", COMMAND_HELP, COMMAND_HELP},
    {"/? is the overview", "/?", COMMAND_HELP, COMMAND_HELP},
    {"an option and --help is the overview", "--json --help", COMMAND_HELP, COMMAND_HELP},
    {"--help of a command", "install --help", COMMAND_HELP, COMMAND_INSTALL},
    {"-h of a command", "detect -h", COMMAND_HELP, COMMAND_DETECT},
    {"/? of a command", "install /?", COMMAND_HELP, COMMAND_INSTALL},
    {"/? after other options", "install /quiet /?", COMMAND_HELP, COMMAND_INSTALL},
    {"asking twice is asking once", "install /? --help", COMMAND_HELP, COMMAND_INSTALL},
    {"--help of status", "status --help", COMMAND_HELP, COMMAND_STATUS},
    {"--help of verify needs no path", "verify --help", COMMAND_HELP, COMMAND_VERIFY},
    {"--version", "--version", COMMAND_VERSION, COMMAND_HELP},
    {"--version of a command", "install --version", COMMAND_VERSION, COMMAND_HELP},
};

static void commands_are_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(commands); i++) {
        struct line l;
        struct cli c = {0};
        struct err e = {0};
        if (!parse(&l, commands[i].line, &c, &e))
            fail_msg("%s: %s", commands[i].sentence, e.text);
        CHECK(commands[i].sentence, c.command == commands[i].command);
        if (c.command == COMMAND_HELP)
            CHECK(commands[i].sentence, c.help_for == commands[i].help_for);
        cli_release(&c);
    }
}

/* Every option: its forms, and which commands take it, as the first letters of sdpvirR(ollback);
 * the others stand in takers. */
static const struct option_row {
    const char *name, *windows, *value, *takers;
} options[] = {
    {"json", NULL, NULL, "sdpvirRmSMPCfb"},
    {"quiet", "quiet", NULL, "sdpvirRmSMPCfb"},
    {"verbose", NULL, NULL, "sdpvirRmSMPCfb"},
    {"log", "log", "FILE", "sdpvirRmSMPCfb"},
    {"manifest", NULL, "FILE", "spirRSMPCfb"},
    {"facts", NULL, "FILE", "sdpvPCf"},
    {"for", NULL, "WINDOWS", "pvfb"},
    {"packages", NULL, "FOLDER", "pimb"},
    {"allow-unsigned-manifest", NULL, NULL, "irRM"},
    {"source", NULL, "NAME", "pifb"},
    {"accept", NULL, "CODE", "pifb"},
    {"allow-downgrade", NULL, NULL, "pi"},
    {"replace", NULL, NULL, "pi"},
    {"via-msi", NULL, NULL, "i"},
    {"family", NULL, "ID", "M"},
    {"dry-run", NULL, NULL, "irRM"},
    {"all", NULL, NULL, "piP"},
    {"details", NULL, NULL, "v"},
    {"html", NULL, "FILE", "vP"},
    {"trust-publisher", NULL, NULL, "pi"},
    {"restart-if-needed", "forcerestart", NULL, "irRM"},
    {"no-restart", "norestart", NULL, "irRM"},
    {"no-continue", NULL, NULL, "iM"},
    {"ignore-pending-restart", NULL, NULL, "i"},
    {"no-fallback", NULL, NULL, "i"},
    {"require-fallback", NULL, NULL, "i"},
    {"no-restore-point", NULL, NULL, "i"},
    {"to", NULL, "PATH", "fb"},
    {"mirror", NULL, "URL", "f"},
    {"add", NULL, "FILE", "b"},
    {"proxy", NULL, "URL", "f"},
    {"ca-file", NULL, "FILE", "f"},
    {"offline", NULL, NULL, "f"},
    {"label", NULL, "NAME", "b"},
    {"programs", NULL, "FOLDER", "b"},
    {"winpe", NULL, NULL, "b"},
    {"service", NULL, NULL, "r"},
    {"with-names", NULL, NULL, "C"},
    {"force", NULL, NULL, "Cb"},
    {"eventlog", NULL, NULL, "sirRM"},
    {"publish", NULL, NULL, "s"},
    {"no-eventlog", NULL, NULL, "irRM"},
    {"help", "?", NULL, "sdpvirRmSMPCfb"},
    {"version", NULL, NULL, "sdpvirRmSMPCfb"},
};

static const struct {
    char letter;
    const char *words;
    enum command command;
} takers[] = {
    {'s', "status", COMMAND_STATUS},     {'d', "detect", COMMAND_DETECT},
    {'p', "plan", COMMAND_PLAN},         {'v', "verify a.msi", COMMAND_VERIFY},
    {'i', "install", COMMAND_INSTALL},   {'r', "resume", COMMAND_RESUME},
    {'R', "rollback", COMMAND_ROLLBACK}, {'m', "manifest pin m.json --in-place", COMMAND_MANIFEST},
    {'S', "support", COMMAND_SUPPORT},   {'M', "remove", COMMAND_REMOVE},
    {'P', "report", COMMAND_REPORT},     {'C', "collect a.zip", COMMAND_COLLECT},
    {'f', "fetch", COMMAND_FETCH},       {'b', "bundle --for win7-x64 --to a.iso", COMMAND_BUNDLE},
};

/* Is what the option sets set? Value is "value". */
static bool is_set(const struct cli *c, const char *name)
{
    const struct {
        const char *name;
        bool set;
    } members[] = {
        {"json", c->json},
        {"quiet", c->quiet},
        {"verbose", c->verbose},
        {"log", c->log && strcmp(c->log, "value") == 0},
        {"manifest", c->manifest && strcmp(c->manifest, "value") == 0},
        {"facts", c->facts && strcmp(c->facts, "value") == 0},
        {"for", c->windows && strcmp(c->windows, "value") == 0},
        {"packages", c->packages.count == 1 && texts_have_nocase(&c->packages, "value")},
        {"source", c->source && strcmp(c->source, "value") == 0},
        {"accept", c->accept.count == 1 && texts_have_nocase(&c->accept, "value")},
        {"allow-downgrade", c->allow_downgrade},
        {"dry-run", c->dry_run},
        {"allow-unsigned-manifest", c->allow_unsigned_manifest},
        {"replace", c->replace},
        {"via-msi", c->via_msi},
        {"family", c->family && strcmp(c->family, "value") == 0},
        {"all", c->all},
        {"details", c->details},
        {"html", c->html && strcmp(c->html, "value") == 0},
        {"installed", c->installed},
        {"trust-publisher", c->trust_publisher},
        {"restart-if-needed", c->restart == RESTART_IF_NEEDED},
        {"no-continue", c->no_continue},
        {"ignore-pending-restart", c->ignore_pending_restart},
        {"no-fallback", c->no_fallback},
        {"require-fallback", c->require_fallback},
        {"no-restore-point", c->no_restore_point},
        {"service", c->service},
        {"with-names", c->with_names},
        {"force", c->force},
        {"eventlog", c->eventlog},
        {"publish", c->publish},
        {"no-eventlog", c->no_eventlog},
        {"to", c->to && strcmp(c->to, "value") == 0},
        {"mirror", c->mirrors.count == 1 && texts_have_nocase(&c->mirrors, "value")},
        {"add", c->add.count == 1 && texts_have_nocase(&c->add, "value")},
        {"proxy", c->proxy && strcmp(c->proxy, "value") == 0},
        {"ca-file", c->ca_file && strcmp(c->ca_file, "value") == 0},
        {"offline", c->offline},
        {"label", c->label && strcmp(c->label, "value") == 0},
        {"programs", c->programs && strcmp(c->programs, "value") == 0},
        {"winpe", c->winpe},
        {"help", c->command == COMMAND_HELP},
        {"version", c->command == COMMAND_VERSION},
    };
    for (size_t i = 0; i < COUNT(members); i++)
        if (strcmp(members[i].name, name) == 0)
            return members[i].set;
    return false;
}

/* The option in one of its forms: "--x value", "--x=value", "/X value". false: it has no such form.
 */
static bool form(const struct option_row *o, int which, char *out, size_t size)
{
    if (which == 0)
        snprintf(out, size, "--%s%s", o->name, o->value ? " value" : "");
    else if (which == 1 && o->value)
        snprintf(out, size, "--%s=value", o->name);
    else if (which == 2 && o->windows)
        snprintf(out, size, "/%s%s", o->windows, o->value ? " value" : "");
    else
        return false;
    return true;
}

static void check_form(const struct option_row *o, size_t taker, const char *option)
{
    char text[LINE_MAX_BYTES];
    struct line l;
    struct cli c = {0}, without = {0};
    struct err e = {0};
    bool takes = strchr(o->takers, takers[taker].letter);
    snprintf(text, sizeof text, "%s %s", takers[taker].words, option);
    bool ok = parse(&l, text, &c, &e);
    if (ok != takes)
        fail_msg("'%s' should %sbe understood: %s", text, takes ? "" : "not ", e.text);
    if (ok) {
        bool not_said = parse(&l, takers[taker].words, &without, NULL) && is_set(&without, o->name);
        if (strcmp(o->name, "no-restart") == 0)
            CHECK(text, c.restart == RESTART_NEVER);
        else
            CHECK(text, is_set(&c, o->name) && !not_said);
    } else {
        CHECK(text, e.kind == ERR_USAGE);
        CHECK_HAS(text, e.text, o->name);
        CHECK_HAS(text, e.text, "does not take");
        CHECK_HAS(text, e.text, "--help");
    }
    cli_release(&c);
    cli_release(&without);
}

/* "--x" or "--x value" of each, "--x=value" of those with a value, "/X" of those that have it. */
static size_t forms_of_all(void)
{
    size_t forms = COUNT(options);
    for (size_t i = 0; i < COUNT(options); i++)
        forms += (options[i].value ? 1U : 0) + (options[i].windows ? 1U : 0);
    return forms;
}

static void each_option_is_for_its_commands_in_each_form(void **state)
{
    (void)state;
    size_t forms = 0;
    for (size_t i = 0; i < COUNT(options); i++)
        for (size_t taker = 0; taker < COUNT(takers); taker++)
            for (int which = 0; which < 3; which++) {
                char option[64];
                if (!form(&options[i], which, option, sizeof option))
                    continue;
                check_form(&options[i], taker, option);
                forms++;
            }
    assert_int_equal(forms, forms_of_all() * COUNT(takers));
}

static void a_number_is_in_its_range(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "fetch --tries 0",
        "fetch --tries -1",
        "fetch --tries 1001",
        "fetch --tries 5x",
        "fetch --tries=+5",
        "fetch --tries",
        "fetch --tries 99999999999999999999",
        "install --tries 5",
    };
    struct line l;
    struct cli c = {0};
    assert_true(parse(&l, "fetch --tries 1000", &c, NULL) && c.tries == 1000);
    cli_release(&c);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct err e = {0};
        CHECK(refused[i], !parse(&l, refused[i], &c, &e) && e.kind == ERR_USAGE);
        CHECK_HAS(refused[i], e.text, "--tries");
    }
}

static void a_wait_may_be_none_and_has_a_usual_length(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        unsigned wait;
    } rows[] = {{"install", CLI_WAIT_USUAL},
                {"install --wait 0", 0},
                {"resume --wait=1", 1},
                {"rollback --wait 300", 300},
                {"remove --wait 86400", 86400}};
    static const char *const refused[] = {
        "install --wait -1", "install --wait 86401", "install --wait 1s",
        "install --wait=+1", "install --wait",       "status --wait 1",
    };
    struct line l;
    struct cli c = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK(rows[i].line, parse(&l, rows[i].line, &c, NULL) && c.wait == rows[i].wait);
        cli_release(&c);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct err e = {0};
        CHECK(refused[i], !parse(&l, refused[i], &c, &e) && e.kind == ERR_USAGE);
        CHECK_HAS(refused[i], e.text, "--wait");
    }
}

/* The one option of verify that takes the place of its paths. */
static void installed_takes_the_place_of_paths(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "verify --installed a.msi",
        "verify --installed --facts f.json",
        "verify --installed --for win7sp1-x64",
        "status --installed",
    };
    struct line l;
    struct cli c = {0};
    assert_true(parse(&l, "verify --installed", &c, NULL));
    assert_true(c.installed && c.paths.count == 0);
    cli_release(&c);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct err e = {0};
        CHECK(refused[i], !parse(&l, refused[i], &c, &e) && e.kind == ERR_USAGE);
    }
}

static void merge_is_of_report(void **state)
{
    static const char *const refused[] = {
        "report --csv f",
        "report --merge d --facts f",
        "report --merge d --all",
        "report --merge d --html - --csv -",
        "report --merge d --json --csv -",
        "report --merge d --html - --json",
        "report --html - --json",
        "report d",
        "status --merge d",
    };
    struct line l;
    struct cli c = {0};
    (void)state;
    assert_true(parse(&l, "report --merge d --json --html=f --csv g", &c, NULL));
    CHECK("they may all be there", c.json && strcmp(c.merge, "d") == 0 &&
                                       strcmp(c.html, "f") == 0 && strcmp(c.csv, "g") == 0);
    cli_release(&c);
    assert_true(parse(&l, "report --merge d --csv -", &c, NULL));
    cli_release(&c);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct err e = {0};
        CHECK(refused[i], !parse(&l, refused[i], &c, &e) && e.kind == ERR_USAGE);
    }
}

static void manifest_has_actions(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum manifest_action action;
        size_t paths;
    } good[] = {
        {"manifest check", MANIFEST_CHECK, 0},
        {"manifest check a.json b.json --json", MANIFEST_CHECK, 2},
        {"manifest check -- --c.json", MANIFEST_CHECK, 1},
        {"manifest show", MANIFEST_SHOW, 0},
        {"manifest --json show gplpv", MANIFEST_SHOW, 1},
        {"manifest pin a.json --out b.json", MANIFEST_PIN, 1},
        {"manifest pin a.json b.json --in-place --packages d", MANIFEST_PIN, 2},
    };
    static const struct {
        const char *line, *says;
    } bad[] = {
        {"manifest", "needs one of check, show, pin"},
        {"manifest --json", "needs one of check, show, pin"},
        {"manifest chek", "unknown action 'chek'"},
        {"manifest a.json check", "unknown action 'a.json'"},
        {"manifest show a b", "takes one id"},
        {"manifest pin", "needs a file"},
        {"manifest pin a.json", "either --out FILE or --in-place"},
        {"manifest pin a.json --out b --in-place", "either --out FILE or --in-place"},
        {"manifest pin a.json b.json --out c.json", "one file"},
        {"manifest check a.json --out b", "with manifest pin only"},
        {"manifest check a.json --in-place", "with manifest pin only"},
        {"manifest show --packages d", "with manifest pin only"},
        {"manifest check --manifest a.json", "does not take --manifest"},
        {"plan --out b", "does not take --out"},
    };
    struct line l;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct cli c = {0};
        CHECK(good[i].line, parse(&l, good[i].line, &c, NULL));
        CHECK(good[i].line, c.command == COMMAND_MANIFEST && c.action == good[i].action);
        CHECK(good[i].line, c.paths.count == good[i].paths);
        cli_release(&c);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct cli c = {0};
        struct err e = {0};
        CHECK(bad[i].line, !parse(&l, bad[i].line, &c, &e) && e.kind == ERR_USAGE);
        CHECK_HAS(bad[i].line, e.text, bad[i].says);
    }
}

static void windows_forms_ignore_case(void **state)
{
    (void)state;
    struct line l;
    struct cli c = {0};
    assert_true(parse(&l, "install /Quiet /NORESTART /Log C:\\xenpv.log", &c, NULL));
    assert_true(c.quiet && c.restart == RESTART_NEVER);
    assert_string_equal(c.log, "C:\\xenpv.log");
    cli_release(&c);
}

static void the_last_wish_for_a_restart_counts(void **state)
{
    (void)state;
    struct line l;
    struct cli c = {0};
    assert_true(parse(&l, "install /norestart /forcerestart", &c, NULL));
    assert_int_equal(c.restart, RESTART_IF_NEEDED);
    cli_release(&c);
    assert_true(parse(&l, "install --restart-if-needed --no-restart", &c, NULL));
    assert_int_equal(c.restart, RESTART_NEVER);
    cli_release(&c);
}

static void lists_gather_in_order(void **state)
{
    (void)state;
    struct line l;
    struct cli c = {0};
    assert_true(parse(&l, "plan --packages a --accept x --packages=b --accept=y", &c, NULL));
    assert_int_equal(c.packages.count, 2);
    assert_string_equal(c.packages.at[0], "a");
    assert_string_equal(c.packages.at[1], "b");
    assert_int_equal(c.accept.count, 2);
    assert_string_equal(c.accept.at[1], "y");
    cli_release(&c);
}

static void values_may_hold_anything(void **state)
{
    (void)state;
    struct line l;
    struct cli c = {0};
    assert_true(parse(&l, "plan --facts=a=b --packages /tmp --source=--json", &c, NULL));
    assert_string_equal(c.facts, "a=b");
    assert_string_equal(c.packages.at[0], "/tmp");
    assert_string_equal(c.source, "--json");
    assert_false(c.json);
    cli_release(&c);
}

static void support_takes_the_words_of_a_name(void **state)
{
    (void)state;
    struct line l;
    struct cli c = {0};
    assert_true(parse(&l, "support Debian --json 7 -- --x", &c, NULL));
    assert_int_equal(c.paths.count, 3);
    assert_string_equal(c.paths.at[0], "Debian");
    assert_string_equal(c.paths.at[1], "7");
    assert_string_equal(c.paths.at[2], "--x");
    assert_true(c.json);
    cli_release(&c);
}

static void verify_takes_paths(void **state)
{
    (void)state;
    struct line l;
    struct cli c = {0};
    assert_true(parse(&l, "verify a.msi --json /home/x/b.tar - -- --c.tar /quiet", &c, NULL));
    static const char *const want[] = {"a.msi", "/home/x/b.tar", "-", "--c.tar", "/quiet"};
    assert_int_equal(c.paths.count, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(c.paths.at[i], want[i]);
    assert_true(c.json && !c.quiet);
    cli_release(&c);
}

static const struct {
    const char *sentence, *line, *says;
} refused[] = {
    {"an unknown command", "instal", "unknown command 'instal'"},
    {"a command in capitals", "INSTALL", "unknown command 'INSTALL'"},
    {"an unknown command to help with", "help instal", "unknown command 'instal'"},
    {"an unknown option", "install --packagess x", "unknown option '--packagess'"},
    {"the start of an option", "install --pack x", "unknown option '--pack'"},
    {"an unknown option with a value", "install --x=y", "unknown option '--x=y'"},
    {"an unknown short option", "install -q", "unknown option '-q'"},
    {"the GNU form in capitals", "install --QUIET", "unknown option '--QUIET'"},
    {"an unknown option of Windows' form", "install /quite", "unknown argument '/quite'"},
    {"two dashes where no paths go", "install --", "unknown option '--'"},
    {"an argument that nobody takes", "install a.msi", "unknown argument 'a.msi'"},
    {"an argument without a command", "--json a.msi", "unknown argument 'a.msi'"},
    {"a second command", "plan install", "unknown argument 'install'"},
    {"a value that is missing at the end", "plan --packages",
     "--packages needs a value: --packages FOLDER"},
    {"an empty value", "plan --packages=", "--packages needs a value"},
    {"a log without its file", "install /log", "--log needs a value: --log FILE"},
    {"a value for a flag", "plan --json=yes", "--json takes no value"},
    {"an empty value for a flag", "plan --json=", "--json takes no value"},
    {"verify without a path", "verify", "verify needs a path"},
    {"verify with options only", "verify --json", "verify needs a path"},
    {"collect without a file", "collect", "collect needs one file"},
    {"collect with two files", "collect a.zip b.zip", "collect needs one file"},
    {"an entry that is wanted and not wanted", "install --no-fallback --require-fallback",
     "exclude each other"},
    {"an event that is wanted and not wanted", "install --eventlog --no-eventlog",
     "--eventlog goes with no"},
    {"publishing another machine", "status --publish --facts f.json", "--publish is of this"},
    {"an event of another machine", "status --eventlog --facts f.json", "--eventlog goes with no"},
    {"facts and a name at once", "plan --facts f.json --for win7sp1-x64", "exclude each other"},
    {"an escape sequence is not printed", "\x1b[2J", "'\\x1b[2J'"},
    {"nor in an option", "--\x1b[2J", "'--\\x1b[2J'"},
};

static void other_lines_are_refused_with_a_hint(void **state)
{
    (void)state;
    static const struct cli zero;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct line l;
        struct cli c = {0};
        struct err e = {0};
        CHECK(refused[i].sentence, !parse(&l, refused[i].line, &c, &e));
        CHECK(refused[i].sentence, e.kind == ERR_USAGE);
        CHECK_HAS(refused[i].sentence, e.text, refused[i].says);
        CHECK(refused[i].sentence, !strchr(e.text, '\n'));
        CHECK(refused[i].sentence, memcmp(&c, &zero, sizeof c) == 0);
    }
}

static void an_empty_word_is_not_a_command(void **state)
{
    (void)state;
    const char *const command[] = {""}, *const value[] = {"plan", "--packages", ""};
    struct cli c = {0};
    struct err e = {0};
    assert_false(cli_parse(command, 1, &c, &e));
    CHECK_HAS("it says which", e.text, "unknown command ''");
    err_clear(&e);
    assert_false(cli_parse(value, 3, &c, &e));
    CHECK_HAS("an empty value is none", e.text, "needs a value");
}

static void each_command_lists_its_options(void **state)
{
    (void)state;
    for (size_t taker = 0; taker < COUNT(takers); taker++) {
        char *help = cli_help(takers[taker].command);
        const char *name = cli_command_name(takers[taker].command);
        CHECK_HAS(name, help, "usage: xenpv ");
        CHECK_HAS(name, help, name);
        for (size_t i = 0; i < COUNT(options); i++) {
            const struct option_row *o = &options[i];
            char left[64];
            snprintf(left, sizeof left, "\n  --%s%s%s%s%s ", o->name, o->value ? " " : "",
                     o->value ? o->value : "", o->windows ? ", /" : "",
                     o->windows ? o->windows : "");
            if (!strstr(help, left) != !strchr(o->takers, takers[taker].letter))
                fail_msg("help of %s: --%s should %sbe there", name, o->name,
                         strchr(o->takers, takers[taker].letter) ? "" : "not ");
        }
        mem_free(help);
    }
}

/* Each option that stands in a help page is one that this test knows: a new one needs a row. */
static void no_option_is_unknown_to_this_test(void **state)
{
    (void)state;
    for (size_t taker = 0; taker < COUNT(takers); taker++) {
        char *help = cli_help(takers[taker].command);
        size_t listed = 0, known = 0;
        for (const char *at = help; (at = strstr(at, "\n  --")); at++)
            listed++;
        for (size_t i = 0; i < COUNT(options); i++)
            known += strchr(options[i].takers, takers[taker].letter) != NULL;
        known += takers[taker].command == COMMAND_VERIFY; /* --installed goes with no path */
        known += takers[taker].command == COMMAND_REPORT ? 2 : 0;   /* --merge and --csv */
        known += takers[taker].command == COMMAND_FETCH;            /* --tries takes a number */
        known += strchr("irRM", takers[taker].letter) != NULL;      /* --wait takes a number */
        known += takers[taker].command == COMMAND_MANIFEST ? 2 : 0; /* --out and --in-place exclude
                                                                       each other */
        assert_int_equal(listed, known);
        mem_free(help);
    }
}

/* As a shell would have them: words between spaces, up to a redirection. Returns how many. */
static size_t words_of(char *line, const char **words, size_t limit)
{
    size_t count = 0;
    for (char *word = strtok(line, " "); word && strcmp(word, ">") != 0; word = strtok(NULL, " "))
        if (count < limit)
            words[count++] = word;
    return count;
}

static void each_command_has_examples_that_it_takes(void **state)
{
    (void)state;
    for (size_t taker = 0; taker < COUNT(takers); taker++) {
        const char *name = cli_command_name(takers[taker].command);
        char *help = cli_help(takers[taker].command), *line = strstr(help, "\nexamples:\n");
        size_t examples = 0;
        CHECK(name, line);
        line += strlen("\nexamples:\n");
        while (*line) {
            const char *words[16];
            char *end = strchr(line, '\n');
            struct cli c = {0};
            struct err e = {0};
            assert_non_null(end);
            *end = 0;
            size_t count = words_of(line, words, COUNT(words));
            CHECK(name, count >= 1 && strcmp(words[0], "xenpv") == 0);
            CHECK(name, cli_parse(words + 1, count - 1, &c, &e));
            CHECK(name, c.command == takers[taker].command);
            cli_release(&c);
            examples++;
            line = end + 1;
        }
        CHECK(name, examples >= 2);
        mem_free(help);
    }
}

/* A console of 80 columns breaks longer lines wherever it likes; an example is one to be copied. */
static void pages_fit_a_console(void **state)
{
    (void)state;
    for (size_t taker = 0; taker <= COUNT(takers); taker++) {
        char *help = cli_help(taker < COUNT(takers) ? takers[taker].command : COMMAND_HELP);
        for (const char *line = help; *line;) {
            size_t length = strcspn(line, "\n");
            if (length > 80 && strncmp(line, "  xenpv ", 8) != 0)
                fail_msg("longer than 80 columns: %.*s", (int)length, line);
            line += length + (line[length] == '\n');
        }
        mem_free(help);
    }
}

static void the_overview_lists_commands_and_exit_codes(void **state)
{
    (void)state;
    char *help = cli_help(COMMAND_HELP);
    for (size_t i = 0; i < COUNT(takers); i++) {
        char line[32];
        snprintf(line, sizeof line, "\n  %s ", cli_command_name(takers[i].command));
        CHECK_HAS("each command has its line", help, line);
    }
    size_t count;
    const enum exit_code *codes = exit_code_all(&count);
    for (size_t i = 0; i < count; i++) {
        char line[80];
        snprintf(line, sizeof line, "\n  %4d  %s\n", (int)codes[i], exit_code_words(codes[i]));
        CHECK_HAS("each exit code has its line", help, line);
    }
    CHECK_HAS("the version is there", help, XENPV_VERSION);
    mem_free(help);
}

static void commands_have_names(void **state)
{
    (void)state;
    assert_string_equal(cli_command_name(COMMAND_STATUS), "status");
    assert_string_equal(cli_command_name(COMMAND_ROLLBACK), "rollback");
    assert_string_equal(cli_command_name(COMMAND_HELP), "help");
    assert_string_equal(cli_command_name(COMMAND_VERSION), "version");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_understood),
        cmocka_unit_test(each_option_is_for_its_commands_in_each_form),
        cmocka_unit_test(a_number_is_in_its_range),
        cmocka_unit_test(a_wait_may_be_none_and_has_a_usual_length),
        cmocka_unit_test(installed_takes_the_place_of_paths),
        cmocka_unit_test(merge_is_of_report),
        cmocka_unit_test(manifest_has_actions),
        cmocka_unit_test(windows_forms_ignore_case),
        cmocka_unit_test(the_last_wish_for_a_restart_counts),
        cmocka_unit_test(lists_gather_in_order),
        cmocka_unit_test(values_may_hold_anything),
        cmocka_unit_test(support_takes_the_words_of_a_name),
        cmocka_unit_test(verify_takes_paths),
        cmocka_unit_test(other_lines_are_refused_with_a_hint),
        cmocka_unit_test(an_empty_word_is_not_a_command),
        cmocka_unit_test(each_command_lists_its_options),
        cmocka_unit_test(no_option_is_unknown_to_this_test),
        cmocka_unit_test(the_overview_lists_commands_and_exit_codes),
        cmocka_unit_test(each_command_has_examples_that_it_takes),
        cmocka_unit_test(pages_fit_a_console),
        cmocka_unit_test(commands_have_names),
    };
    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
