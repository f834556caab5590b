#include "installer/cli.h"

#include "base/fold.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/exit_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which commands take an option: one bit each. */
enum {
    FOR_STATUS = 1 << COMMAND_STATUS,
    FOR_DETECT = 1 << COMMAND_DETECT,
    FOR_PLAN = 1 << COMMAND_PLAN,
    FOR_VERIFY = 1 << COMMAND_VERIFY,
    FOR_INSTALL = 1 << COMMAND_INSTALL,
    FOR_RESUME = 1 << COMMAND_RESUME,
    FOR_ROLLBACK = 1 << COMMAND_ROLLBACK,
    FOR_MANIFEST = 1 << COMMAND_MANIFEST,
    FOR_SUPPORT = 1 << COMMAND_SUPPORT,
    FOR_REMOVE = 1 << COMMAND_REMOVE,
    FOR_REPORT = 1 << COMMAND_REPORT,
    FOR_COLLECT = 1 << COMMAND_COLLECT,
    FOR_FETCH = 1 << COMMAND_FETCH,
    FOR_BUNDLE = 1 << COMMAND_BUNDLE,
    FOR_DELIVERY = FOR_FETCH | FOR_BUNDLE,
    FOR_READING = FOR_STATUS | FOR_DETECT | FOR_PLAN | FOR_REPORT | FOR_COLLECT,
    FOR_CHANGING = FOR_INSTALL | FOR_RESUME | FOR_ROLLBACK | FOR_REMOVE,
    FOR_ALL = FOR_READING | FOR_VERIFY | FOR_CHANGING | FOR_MANIFEST | FOR_SUPPORT | FOR_DELIVERY,
};

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_TEXTS,
    OPTION_NUMBER,  /* 1 to NUMBER_MAX */
    OPTION_SECONDS, /* 0 to SECONDS_MAX */
    OPTION_RESTART,
    OPTION_NO_RESTART,
    OPTION_HELP,
    OPTION_VERSION
};

struct option {
    const char *name;    /* after "--" */
    const char *windows; /* after "/", NULL: none */
    const char *value;   /* name of its value in the help, NULL: it takes none */
    enum option_kind kind;
    size_t offset;
    unsigned commands;
    const char *help;
};

#define AT(member) offsetof(struct cli, member)

static const struct option options[] = {
    {"json", NULL, NULL, OPTION_FLAG, AT(json), FOR_ALL, "print the result as JSON"},
    {"quiet", "quiet", NULL, OPTION_FLAG, AT(quiet), FOR_ALL,
     "print nothing but errors and the result; never ask"},
    {"verbose", NULL, NULL, OPTION_FLAG, AT(verbose), FOR_ALL, "say more about each step"},
    {"log", "log", "FILE", OPTION_TEXT, AT(log), FOR_ALL, "append what is done to FILE"},
    {"manifest", NULL, "FILE", OPTION_TEXT, AT(manifest),
     FOR_STATUS | FOR_PLAN | FOR_REPORT | FOR_COLLECT | FOR_CHANGING | FOR_SUPPORT | FOR_DELIVERY,
     "use FILE instead of the manifest in the program"},
    {"allow-unsigned-manifest", NULL, NULL, OPTION_FLAG, AT(allow_unsigned_manifest), FOR_CHANGING,
     "let --manifest name a file that nobody signed; the report says so"},
    {"facts", NULL, "FILE", OPTION_TEXT, AT(facts), FOR_READING | FOR_VERIFY | FOR_FETCH,
     "replay a guest, from its detect --json or status --json, instead of looking at this machine"},
    {"for", NULL, "WINDOWS", OPTION_TEXT, AT(windows), FOR_PLAN | FOR_VERIFY | FOR_DELIVERY,
     "this Windows: win7sp1-x64, winxp-x86, win10-22h2-x64+testsigning, ..., or all"},
    {"packages", NULL, "FOLDER", OPTION_TEXTS, AT(packages),
     FOR_PLAN | FOR_INSTALL | FOR_MANIFEST | FOR_BUNDLE,
     "look for the package files in FOLDER (may be given again; else beside the program)"},
    {"source", NULL, "NAME", OPTION_TEXT, AT(source), FOR_PLAN | FOR_INSTALL | FOR_DELIVERY,
     "consider only this release or family"},
    {"accept", NULL, "CODE", OPTION_TEXTS, AT(accept), FOR_PLAN | FOR_INSTALL | FOR_DELIVERY,
     "take an advisory, a missing pin or an MSI's certificates upon yourself: xsn-1, xsa-468, "
     "not-pinned, msi-certificates"},
    {"allow-downgrade", NULL, NULL, OPTION_FLAG, AT(allow_downgrade), FOR_PLAN | FOR_INSTALL,
     "install a release that is older than what is installed"},
    {"replace", NULL, NULL, OPTION_FLAG, AT(replace), FOR_PLAN | FOR_INSTALL,
     "remove another vendor's PV drivers, or products that were registered twice, first"},
    {"via-msi", NULL, NULL, OPTION_FLAG, AT(via_msi), FOR_INSTALL,
     "let Windows Installer install the release's MSI, which adds certificates of its maker's"},
    {"family", NULL, "ID", OPTION_TEXT, AT(family), FOR_REMOVE,
     "remove this family: xenproject, gplpv, xcp-ng, xenserver, aws, ...; also its left-overs"},
    {"dry-run", NULL, NULL, OPTION_FLAG, AT(dry_run), FOR_CHANGING,
     "say what would be done, and change nothing"},
    {"all", NULL, NULL, OPTION_FLAG, AT(all), FOR_PLAN | FOR_INSTALL | FOR_REPORT,
     "show every source, those for other Windows too"},
    {"details", NULL, NULL, OPTION_FLAG, AT(details), FOR_VERIFY,
     "show every file, its SHA-256, and each rule with its source"},
    {"installed", NULL, NULL, OPTION_FLAG, AT(installed), FOR_VERIFY,
     "verify the Xen drivers that this Windows uses, instead of a path"},
    {"html", NULL, "FILE", OPTION_TEXT, AT(html), FOR_VERIFY | FOR_REPORT,
     "also write the result as one page to FILE (report: - for the page alone)"},
    {"merge", NULL, "DIR", OPTION_TEXT, AT(merge), FOR_REPORT,
     "instead: of all guests whose JSON reports are in DIR and below"},
    {"csv", NULL, "FILE", OPTION_TEXT, AT(csv), FOR_REPORT,
     "with --merge: also write a line for each guest to FILE (or -)"},
    {"out", NULL, "FILE", OPTION_TEXT, AT(out), FOR_MANIFEST,
     "pin: write the result to FILE, which must not exist yet"},
    {"in-place", NULL, NULL, OPTION_FLAG, AT(in_place), FOR_MANIFEST,
     "pin: change the files themselves"},
    {"trust-publisher", NULL, NULL, OPTION_FLAG, AT(trust_publisher), FOR_PLAN | FOR_INSTALL,
     "where Windows would ask about the signer, add its certificate to the trusted publishers"},
    {"restart-if-needed", "forcerestart", NULL, OPTION_RESTART, 0, FOR_CHANGING,
     "restart Windows when that is needed"},
    {"no-restart", "norestart", NULL, OPTION_NO_RESTART, 0, FOR_CHANGING,
     "never restart (the default): exit with 3010"},
    {"wait", NULL, "SECONDS", OPTION_SECONDS, AT(wait), FOR_CHANGING,
     "wait so long for another xenpv that is changing this machine (300)"},
    {"no-continue", NULL, NULL, OPTION_FLAG, AT(no_continue), FOR_INSTALL | FOR_REMOVE,
     "leave it to the caller to run xenpv again after the restart"},
    {"ignore-pending-restart", NULL, NULL, OPTION_FLAG, AT(ignore_pending_restart), FOR_INSTALL,
     "install although Windows waits for a restart of others"},
    {"no-fallback", NULL, NULL, OPTION_FLAG, AT(no_fallback), FOR_INSTALL,
     "add no boot entry that starts with the emulated disk"},
    {"require-fallback", NULL, NULL, OPTION_FLAG, AT(require_fallback), FOR_INSTALL,
     "undo the installation where no such boot entry can be added"},
    {"no-restore-point", NULL, NULL, OPTION_FLAG, AT(no_restore_point), FOR_INSTALL,
     "make no restore point (servers have none)"},
    {"eventlog", NULL, NULL, OPTION_FLAG, AT(eventlog), FOR_STATUS | FOR_CHANGING,
     "write the outcome to Windows' Application log (what changes the machine does so by itself)"},
    {"no-eventlog", NULL, NULL, OPTION_FLAG, AT(no_eventlog), FOR_CHANGING,
     "write nothing to Windows' Application log"},
    {"publish", NULL, NULL, OPTION_FLAG, AT(publish), FOR_STATUS,
     "write a short status to xenstore (data/xenpv), for dom0 to see"},
    {"to", NULL, "PATH", OPTION_TEXT, AT(to), FOR_DELIVERY,
     "fetch: keep the files here (else packages beside the program; on Linux ./packages); bundle: FILE.iso, FILE.zip or a folder"},
    {"label", NULL, "NAME", OPTION_TEXT, AT(label), FOR_BUNDLE, "of the ISO's volume (XENPV)"},
    {"programs", NULL, "FOLDER", OPTION_TEXT, AT(programs), FOR_BUNDLE,
     "the folder with x86/xenpv.exe and x64/xenpv.exe (else where this program is)"},
    {"winpe", NULL, NULL, OPTION_FLAG, AT(winpe), FOR_BUNDLE,
     "also the bare bus and network drivers, in $WinPEDriver$, where Windows Setup looks"},
    {"add", NULL, "FILE", OPTION_TEXTS, AT(add), FOR_BUNDLE,
     "put FILE beside them too, such as autounattend.xml (may be given again)"},
    {"mirror", NULL, "URL", OPTION_TEXTS, AT(mirrors), FOR_FETCH,
     "look in this folder of a web server first (may be given again); only for pinned files"},
    {"proxy", NULL, "URL", OPTION_TEXT, AT(proxy), FOR_FETCH,
     "go through this proxy, or none (else the system's)"},
    {"ca-file", NULL, "FILE", OPTION_TEXT, AT(ca_file), FOR_FETCH,
     "trust the servers that these certificates (PEM) vouch for, and no others"},
    {"tries", NULL, "N", OPTION_NUMBER, AT(tries), FOR_FETCH,
     "how often each address is tried while nothing moves (5)"},
    {"offline", NULL, NULL, OPTION_FLAG, AT(offline), FOR_FETCH,
     "use no network: check what is there, and name what is not"},
    {"service", NULL, NULL, OPTION_FLAG, AT(service), FOR_RESUME,
     "run as the service that goes on after a restart (for Windows' service manager)"},
    {"with-names", NULL, NULL, OPTION_FLAG, AT(with_names), FOR_COLLECT,
     "keep names of users and of the computer, and SMBIOS OEM strings"},
    {"force", NULL, NULL, OPTION_FLAG, AT(force), FOR_COLLECT | FOR_BUNDLE,
     "replace FILE if it is there"},
    {"help", "?", NULL, OPTION_HELP, 0, FOR_ALL, "this page"},
    {"version", NULL, NULL, OPTION_VERSION, 0, FOR_ALL, "the program's version"},
};

struct command_row {
    enum command command;
    const char *name, *arguments, *help;
    const char *examples; /* a command line on each line */
};

static const struct command_row commands[] = {
    {COMMAND_STATUS, "status", "", "what this guest is, what works, what does not, what to do",
     "xenpv\n"
     "xenpv status --json > guest.json\n"
     "xenpv status --facts guest.json"},
    {COMMAND_DETECT, "detect", "",
     "only the platform and the facts: Xen or not, how it is known, devices",
     "xenpv detect\n"
     "xenpv detect --json > facts.json"},
    {COMMAND_PLAN, "plan", "", "which source would be used here and why, and why not the others",
     "xenpv plan\n"
     "xenpv plan --for all\n"
     "xenpv plan --facts facts.json --packages D:\\drivers"},
    {COMMAND_VERIFY, "verify", "PATH...",
     "packages or files: integrity, who signed, what Windows will do with them",
     "xenpv verify D:\\drivers\n"
     "xenpv verify --for win7sp1-x64 gplpv_Vista2008x64_signed_0.11.0.373.msi\n"
     "xenpv verify --installed --details"},
    {COMMAND_INSTALL, "install", "", "the whole job; safe to run again; goes on after the restart",
     "xenpv install --dry-run\n"
     "xenpv install --packages D:\\drivers /quiet /norestart /log C:\\xenpv.log\n"
     "xenpv install --replace --restart-if-needed"},
    {COMMAND_RESUME, "resume", "", "go on with an installation or a removal after its restart",
     "xenpv resume\n"
     "xenpv resume /quiet /forcerestart"},
    {COMMAND_ROLLBACK, "rollback", "", "undo the installation that the journal tells of",
     "xenpv rollback --dry-run\n"
     "xenpv rollback --restart-if-needed"},
    {COMMAND_MANIFEST, "manifest", "ACTION",
     "check [FILE]..., show [ID], pin FILE...: the data that all this goes by",
     "xenpv manifest check manifest.json\n"
     "xenpv manifest show univention-gplpv-0.11.0.373\n"
     "xenpv manifest pin manifest.json --packages D:\\drivers --out pinned.json"},
    {COMMAND_SUPPORT, "support", "[NAME]",
     "what Xen supports: Linux, BSD and Unix, Windows; which drivers each Windows can use",
     "xenpv support\n"
     "xenpv support windows 7"},
    {COMMAND_REMOVE, "remove", "",
     "take the PV drivers out, ours or another vendor's; the guest then runs on emulated devices",
     "xenpv remove --dry-run\n"
     "xenpv remove --family xcp-ng /quiet"},
    {COMMAND_REPORT, "report", "",
     "all of it, for a support ticket: status, drivers that fit, journal, evidence",
     "xenpv report --html report.html\n"
     "xenpv report --facts guest.json --html report.html\n"
     "xenpv report --merge reports --html guests.html --csv guests.csv"},
    {COMMAND_COLLECT, "collect", "FILE",
     "the report, facts, journals and logs as one zip; without names of users",
     "xenpv collect C:\\guest.zip\n"
     "xenpv collect C:\\guest.zip --force --with-names"},
    {COMMAND_FETCH, "fetch", "",
     "download the package files for some Windows, check them, and keep them in a folder",
     "xenpv fetch --for win7sp1-x64,win10-22h2-x64 --to packages\n"
     "xenpv fetch --for all --to packages --mirror http://mirror.example/xenpv\n"
     "xenpv fetch --for all --to packages --offline"},
    {COMMAND_BUNDLE, "bundle", "",
     "an ISO, zip or folder with the programs and the package files for some Windows",
     "xenpv bundle --for win7sp1-x64,win10-22h2-x64 --packages packages --to xenpv.iso\n"
     "xenpv bundle --for all --packages packages --to E:\\ --winpe"},
};

const char *cli_command_name(enum command command)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].command == command)
            return commands[i].name;
    return command == COMMAND_VERSION ? "version" : "help";
}

static const struct option *find_option(const char *word)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strncmp(word, "--", 2) == 0 && strcmp(word + 2, options[i].name) == 0)
            return &options[i];
        if (word[0] == '/' && options[i].windows && text_equal_nocase(word + 1, options[i].windows))
            return &options[i];
    }
    return strcmp(word, "-h") == 0 ? find_option("--help") : NULL;
}

static bool unknown_word(const char *what, const char *word, struct err *e)
{
    struct text safe = {0};
    text_add_escaped(&safe, word);
    err_set(e, ERR_USAGE, "unknown %s '%s'; see: xenpv --help", what, text_str(&safe));
    text_release(&safe);
    return false;
}

static bool take_number(const struct option *o, const char *value, unsigned *out, struct err *e)
{
    enum { NUMBER_MAX = 1000, SECONDS_MAX = 86400 };
    unsigned least = o->kind == OPTION_NUMBER, most = least ? NUMBER_MAX : SECONDS_MAX;
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || n < least || n > most)
        return err_set(e, ERR_USAGE, "--%s takes a number from %u to %u", o->name, least, most);
    *out = (unsigned)n;
    return true;
}

static bool apply(const struct option *o, const char *value, struct cli *c, struct err *e)
{
    void *member = (char *)c + o->offset;
    switch (o->kind) {
    case OPTION_FLAG: *(bool *)member = true; break;
    case OPTION_TEXT: *(const char **)member = value; break;
    case OPTION_TEXTS: texts_add(member, value); break;
    case OPTION_NUMBER:
    case OPTION_SECONDS: return take_number(o, value, member, e);
    case OPTION_RESTART: c->restart = RESTART_IF_NEEDED; break;
    case OPTION_NO_RESTART: c->restart = RESTART_NEVER; break;
    case OPTION_HELP:
        if (c->command != COMMAND_HELP)
            c->help_for = c->command;
        c->command = COMMAND_HELP;
        break;
    case OPTION_VERSION: c->command = COMMAND_VERSION; break;
    }
    return true;
}

/* The words of these that are no options are theirs. */
static bool takes_words(enum command command)
{
    return command == COMMAND_VERIFY || command == COMMAND_MANIFEST || command == COMMAND_SUPPORT ||
           command == COMMAND_COLLECT;
}

/* On Linux a path may begin with a slash; an option of the /word form is one of a few words. */
static bool looks_like_option(const char *word)
{
    return (word[0] == '-' && word[1]) || (word[0] == '/' && find_option(word));
}

/* The command word comes first; without one the command is status. */
static bool take_command(const char *const *arguments, size_t count, struct cli *c, size_t *next,
                         struct err *e)
{
    c->help_for = COMMAND_HELP;
    if (!count || looks_like_option(arguments[0]))
        return true;
    *next = 1;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(arguments[0], commands[i].name) == 0) {
            c->command = commands[i].command;
            return true;
        }
    if (strcmp(arguments[0], "help") == 0) {
        c->command = COMMAND_HELP;
        return true;
    }
    return unknown_word("command", arguments[0], e);
}

/* One option with its value; *i is moved past both. */
static bool take_option(const char *const *arguments, size_t count, size_t *i, struct cli *c,
                        struct err *e)
{
    const char *word = arguments[*i], *value = NULL;
    const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;
    char *name = equals ? mem_strndup(word, (size_t)(equals - word)) : mem_strdup(word);
    const struct option *o = find_option(name);
    mem_free(name);
    if (!o)
        return unknown_word("option", word, e);
    bool anywhere =
        o->kind == OPTION_HELP || o->kind == OPTION_VERSION || c->command == COMMAND_HELP;
    if (!anywhere && c->command != COMMAND_VERSION && !(o->commands & 1u << c->command))
        return err_set(e, ERR_USAGE, "'%s' does not take --%s; see: xenpv %s --help",
                       cli_command_name(c->command), o->name, cli_command_name(c->command));
    if (!o->value && equals)
        return err_set(e, ERR_USAGE, "--%s takes no value", o->name);
    if (o->value && equals)
        value = equals + 1;
    else if (o->value && *i + 1 < count)
        value = arguments[++*i];
    if (o->value && (!value || !*value))
        return err_set(e, ERR_USAGE, "--%s needs a value: --%s %s", o->name, o->name, o->value);
    return apply(o, value, c, e);
}

static bool parse_rest(const char *const *arguments, size_t count, size_t from, struct cli *c,
                       struct err *e)
{
    for (size_t i = from; i < count; i++) {
        if (strcmp(arguments[i], "--") == 0 && takes_words(c->command)) {
            while (++i < count)
                texts_add(&c->paths, arguments[i]);
            break;
        }
        if (looks_like_option(arguments[i])) {
            if (!take_option(arguments, count, &i, c, e))
                return false;
        } else if (takes_words(c->command)) {
            texts_add(&c->paths, arguments[i]);
        } else if (c->command == COMMAND_HELP && c->help_for == COMMAND_HELP) {
            struct cli asked = {0};
            size_t next;
            if (!take_command(arguments + i, 1, &asked, &next, e))
                return false;
            c->help_for = asked.command;
        } else if (c->command != COMMAND_HELP && c->command != COMMAND_VERSION) {
            return unknown_word("argument", arguments[i], e);
        }
    }
    return true;
}

/* The first word of manifest says what to do; the others stay. */
static bool take_action(struct cli *c, struct err *e)
{
    static const char *const actions[] = {"check", "show", "pin"};
    if (!c->paths.count)
        return err_set(e, ERR_USAGE,
                       "manifest needs one of check, show, pin; see: xenpv manifest --help");
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(c->paths.at[0], actions[i]) == 0) {
            c->action = (enum manifest_action)i;
            mem_free(c->paths.at[0]);
            c->paths.count--;
            memmove(c->paths.at, c->paths.at + 1, c->paths.count * sizeof *c->paths.at);
            return true;
        }
    return unknown_word("action", c->paths.at[0], e);
}

static bool check_report(const struct cli *c, struct err *e)
{
    bool html = c->html && strcmp(c->html, "-") == 0, csv = c->csv && strcmp(c->csv, "-") == 0;
    if (c->csv && !c->merge)
        return err_set(e, ERR_USAGE, "--csv goes with --merge DIR");
    if (c->merge && (c->facts || c->all))
        return err_set(e, ERR_USAGE, "--merge goes with no --facts and no --all");
    return html + csv + c->json <= 1 ||
           err_set(e, ERR_USAGE, "only one of --html -, --csv - and --json has standard output");
}

static bool check_manifest(struct cli *c, struct err *e)
{
    if (!take_action(c, e))
        return false;
    bool pin = c->action == MANIFEST_PIN;
    if (!pin && (c->out || c->in_place || c->packages.count))
        return err_set(e, ERR_USAGE, "--out, --in-place and --packages go with manifest pin only");
    if (c->action == MANIFEST_SHOW && c->paths.count > 1)
        return err_set(e, ERR_USAGE, "manifest show takes one id");
    if (pin && !c->paths.count)
        return err_set(e, ERR_USAGE, "manifest pin needs a file; see: xenpv manifest --help");
    if (pin && !c->out == !c->in_place)
        return err_set(e, ERR_USAGE, "manifest pin needs either --out FILE or --in-place");
    return !c->out || c->paths.count == 1 ||
           err_set(e, ERR_USAGE, "--out takes the result of one file; use --in-place for several");
}

bool cli_parse(const char *const *arguments, size_t count, struct cli *c, struct err *e)
{
    size_t next = 0;
    c->wait = CLI_WAIT_USUAL;
    if (take_command(arguments, count, c, &next, e) && parse_rest(arguments, count, next, c, e)) {
        if (c->command == COMMAND_HELP && next == 0)
            c->help_for = COMMAND_HELP; /* no command was named: the overview */
        if (c->command == COMMAND_VERIFY && !c->paths.count && !c->installed)
            err_set(e, ERR_USAGE, "verify needs a path; see: xenpv verify --help");
        else if (c->command == COMMAND_COLLECT && c->paths.count != 1)
            err_set(e, ERR_USAGE, "collect needs one file to write; see: xenpv collect --help");
        else if (c->installed && (c->paths.count || c->facts || c->windows))
            err_set(e, ERR_USAGE, "--installed goes with no path, no --facts and no --for");
        else if (c->no_fallback && c->require_fallback)
            err_set(e, ERR_USAGE, "--no-fallback and --require-fallback exclude each other");
        else if (c->command == COMMAND_BUNDLE && (!c->windows || !c->to))
            err_set(e, ERR_USAGE,
                    "bundle needs --for WINDOWS and --to PATH; see: xenpv bundle --help");
        else if (c->facts && c->windows)
            err_set(e, ERR_USAGE, "--facts and --for exclude each other");
        else if (c->eventlog && (c->no_eventlog || c->facts))
            err_set(e, ERR_USAGE, "--eventlog goes with no --no-eventlog and no --facts");
        else if (c->publish && c->facts)
            err_set(e, ERR_USAGE, "--publish is of this machine: it goes with no --facts");
        else if ((c->command != COMMAND_MANIFEST || check_manifest(c, e)) &&
                 (c->command != COMMAND_REPORT || check_report(c, e)))
            return true;
    }
    cli_release(c);
    return false;
}

void cli_release(struct cli *c)
{
    if (!c)
        return;
    texts_release(&c->packages);
    texts_release(&c->mirrors);
    texts_release(&c->add);
    texts_release(&c->accept);
    texts_release(&c->paths);
    memset(c, 0, sizeof *c);
}

/* A line of two columns, the second folded so that both fit a console. */
static void add_row(struct text *t, const char *left, int width, const char *right)
{
    char *lines = fold(right, (size_t)(FOLD_COLUMNS - width - 3));
    const char *line = lines;
    do {
        size_t length = strcspn(line, "\n");
        text_addf(t, "  %-*s %.*s\n", width, line == lines ? left : "", (int)length, line);
        line += length + (line[length] == '\n');
    } while (*line);
    mem_free(lines);
}

static void add_options(struct text *t, unsigned commands_mask)
{
    enum { OPTION_WIDTH = 34 };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct option *o = &options[i];
        char left[64];
        if (!(o->commands & commands_mask))
            continue;
        snprintf(left, sizeof left, "--%s%s%s%s%s", o->name, o->value ? " " : "",
                 o->value ? o->value : "", o->windows ? ", /" : "", o->windows ? o->windows : "");
        add_row(t, left, OPTION_WIDTH, o->help);
    }
}

static void add_overview(struct text *t)
{
    enum { COMMAND_WIDTH = 18 };
    size_t count;
    const enum exit_code *codes = exit_code_all(&count);
    text_add(t, "xenpv " XENPV_VERSION
                ": installs and verifies the PV drivers of a Windows guest on Xen\n\n"
                "usage: xenpv [COMMAND] [OPTION]...\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char left[64];
        snprintf(left, sizeof left, "%-9s %s", commands[i].name, commands[i].arguments);
        add_row(t, left, COMMAND_WIDTH, commands[i].help);
    }
    text_add(
        t,
        "\nWithout a command: status. Options of a command: xenpv COMMAND --help\n\nexit codes:\n");
    for (size_t i = 0; i < count; i++)
        text_addf(t, "  %4d  %s\n", (int)codes[i], exit_code_words(codes[i]));
}

static void add_usage(struct text *t, const struct command_row *row)
{
    struct text line = {0};
    text_addf(&line, "  %s", row->help);
    char *lines = fold(text_str(&line), FOLD_COLUMNS);
    text_addf(t, "usage: xenpv %s%s%s [OPTION]...\n\n%s\n\n", row->name, *row->arguments ? " " : "",
              row->arguments, lines);
    mem_free(lines);
    text_release(&line);
}

static void add_examples(struct text *t, const char *examples)
{
    text_add(t, "\nexamples:\n");
    for (const char *line = examples; *line;) {
        size_t length = strcspn(line, "\n");
        text_addf(t, "  %.*s\n", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

char *cli_help(enum command command)
{
    struct text t = {0};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct command_row *row = &commands[i];
        if (row->command != command)
            continue;
        add_usage(&t, row);
        add_options(&t, 1u << command);
        add_examples(&t, row->examples);
        return text_steal(&t);
    }
    add_overview(&t);
    return text_steal(&t);
}
