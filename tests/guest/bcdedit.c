/*
 * bcdedit: a stand-in for Windows' bcdedit.exe, which Wine has not; a recorded double, no proof of
 * how the real one behaves. It knows the five command lines that xenpv uses, in the form that
 * Microsoft documents, and answers as documented. Its store is C:\bcd.store (identifier,
 * description and load options, a line each), its record of calls C:\bcd.log. The verb that stands
 * in C:\bcd.refuse is refused, as to somebody without rights.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { ARGUMENTS_MAX = 8, ENTRIES_MAX = 32, FIELD_SIZE = 256, LINE_SIZE = 3 * FIELD_SIZE };

struct entry {
    char id[FIELD_SIZE], description[FIELD_SIZE], options[FIELD_SIZE];
};

static struct entry entries[ENTRIES_MAX];
static size_t count;

static void copy(char *to, const char *from)
{
    snprintf(to, FIELD_SIZE, "%s", from);
}

static struct entry *named(const char *id)
{
    if (count && strcmp(id, "{current}") == 0)
        return &entries[0];
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].id, id) == 0)
            return &entries[i];
    return NULL;
}

/* The first entry is the running Windows. */
static void load(void)
{
    char line[LINE_SIZE];
    FILE *f = fopen("C:\\bcd.store", "rb");
    while (f && count < ENTRIES_MAX && fgets(line, sizeof line, f)) {
        struct entry *e = &entries[count++];
        line[strcspn(line, "\r\n")] = '\0';
        char *description = strchr(line, '\t'),
             *options = description ? strchr(description + 1, '\t') : NULL;
        if (!options) {
            count--;
            continue;
        }
        *description = *options = '\0';
        copy(e->id, line);
        copy(e->description, description + 1);
        copy(e->options, options + 1);
    }
    if (f)
        fclose(f);
    if (!count)
        entries[count++] = (struct entry){"{11111111-0000-0000-0000-000000000000}", "Windows", ""};
}

static bool save(void)
{
    FILE *f = fopen("C:\\bcd.store", "wb");
    for (size_t i = 0; f && i < count; i++)
        fprintf(f, "%s\t%s\t%s\n", entries[i].id, entries[i].description, entries[i].options);
    return f && fclose(f) == 0;
}

static void record(int argc, char **argv)
{
    FILE *f = fopen("C:\\bcd.log", "ab");
    for (int i = 1; f && i < argc; i++)
        fprintf(f, "%s%c", argv[i], i + 1 < argc ? '|' : '\n');
    if (f)
        fclose(f);
}

static bool refuses(const char *verb)
{
    char line[FIELD_SIZE] = "";
    FILE *f = fopen("C:\\bcd.refuse", "rb");
    if (f && fgets(line, sizeof line, f))
        line[strcspn(line, "\r\n")] = '\0';
    if (f)
        fclose(f);
    return f && strcmp(line, verb) == 0;
}

static void show(const struct entry *e)
{
    printf(
        "\nWindows Boot Loader\n-------------------\nidentifier              %s\ndevice                  partition=C:\n"
        "description             %s\n",
        e->id, e->description);
    if (*e->options)
        printf("loadoptions             %s\n", e->options);
    printf("osdevice                partition=C:\n");
}

static int fail(const char *words)
{
    printf("%s\n", words);
    return 1;
}

static int enumerate(const char *which)
{
    const struct entry *one = named(which);
    for (size_t i = 0; i < count; i++)
        if (strcmp(which, "osloader") == 0 || one == &entries[i])
            show(&entries[i]);
    return one || strcmp(which, "osloader") == 0
               ? 0
               : fail("The boot configuration data store does not have it.");
}

static int copy_entry(const char *from, const char *description)
{
    const struct entry *e = named(from);
    if (!e || count == ENTRIES_MAX)
        return fail("The entry cannot be copied.");
    struct entry *to = &entries[count];
    *to = *e;
    copy(to->description, description);
    for (unsigned n = 1; named(to->id) != NULL; n++)
        snprintf(to->id, FIELD_SIZE, "{2222%04x-0000-0000-0000-000000000000}", n);
    count++;
    printf("The entry was successfully copied to %s.\n", to->id);
    return save() ? 0 : 1;
}

static int set(const char *id, const char *options)
{
    struct entry *e = named(id);
    if (!e)
        return fail("The element cannot be set.");
    copy(e->options, options);
    return save() ? 0 : 1;
}

static int delete_entry(const char *id)
{
    struct entry *e = named(id);
    if (!e || e == &entries[0])
        return fail("The entry cannot be deleted.");
    *e = entries[--count];
    return save() ? 0 : 1;
}

static int run(int argc, char **argv)
{
    record(argc, argv);
    if (argc > 1 && refuses(argv[1]))
        return fail("The boot configuration data store could not be opened.\nAccess is denied.");
    load();
    if (argc == 4 && strcmp(argv[1], "/enum") == 0 && strcmp(argv[3], "/v") == 0)
        return enumerate(argv[2]);
    if (argc == 5 && strcmp(argv[1], "/copy") == 0 && strcmp(argv[3], "/d") == 0)
        return copy_entry(argv[2], argv[4]);
    if (argc == 5 && strcmp(argv[1], "/set") == 0 && strcmp(argv[3], "loadoptions") == 0)
        return set(argv[2], argv[4]);
    if (argc == 3 && strcmp(argv[1], "/delete") == 0)
        return delete_entry(argv[2]);
    return fail("The command line is not understood.");
}

int wmain(int argc, wchar_t **wide);

/* What xenpv says is ASCII: anything else is a fault that shows as '?'. */
int wmain(int argc, wchar_t **wide)
{
    static char texts[ARGUMENTS_MAX][FIELD_SIZE];
    char *argv[ARGUMENTS_MAX];
    int known = argc < ARGUMENTS_MAX ? argc : ARGUMENTS_MAX;
    for (int i = 0; i < known; i++) {
        for (size_t k = 0; wide[i][k] && k + 1 < FIELD_SIZE; k++)
            texts[i][k] = wide[i][k] < 0x80 ? (char)wide[i][k] : '?';
        argv[i] = texts[i];
    }
    return run(known, argv);
}
