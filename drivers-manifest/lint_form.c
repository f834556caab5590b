/* lint: the forms of single values. */
#include "base/text.h"
#include "drivers-manifest/lint_inside.h"

#include <stdlib.h>
#include <string.h>

/* 'd' a digit, 'x' a hexadecimal digit, anything else itself; the whole text, or a part of it that
 * *end leaves behind. */
static bool has_form(const char *text, const char *form, const char **end)
{
    for (; *form; form++, text++) {
        char c = *text;
        bool digit = c >= '0' && c <= '9';
        bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (*form == 'd' ? !digit : *form == 'x' ? !hex : c != *form)
            return false;
    }
    if (end)
        *end = text;
    return end || !*text;
}

void lint_not_empty(const struct lint_where *where, const char *member, const char *text)
{
    if (text && !*text)
        lint_add(where, member, LINT_EMPTY, "'%s' is empty", member);
}

static bool is_word(const char *word, const char *const *names)
{
    for (size_t i = 1; names[i]; i++) /* the first is "unknown" */
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

static void refuse_word(const struct lint_where *where, const char *word, const char *const *names)
{
    struct text known = {0};
    for (size_t i = 1; names[i]; i++)
        text_addf(&known, "%s%s", i > 1 ? ", " : "", names[i]);
    lint_add(where, NULL, LINT_WORD, "'%.80s' is none of: %s", word, text_str(&known));
    text_release(&known);
}

void lint_words(const struct lint_where *where, const char *list, const struct texts *words,
                const char *const *names)
{
    for (size_t i = 0; i < words->count; i++) {
        struct lint_where word = lint_in(where, list, i);
        if (!is_word(words->at[i], names))
            refuse_word(&word, words->at[i], names);
    }
}

void lint_signings(const struct lint_where *where, const struct texts *words)
{
    const char *names[SIGNING_WHQL + 2] = {0};
    for (enum signing s = SIGNING_UNKNOWN; s <= SIGNING_WHQL; s++)
        names[s] = signing_name(s);
    lint_words(where, "signings", words, names);
}

static bool is_month(const char *date)
{
    int month = atoi(date + 5);
    return month >= 1 && month <= 12;
}

static bool is_day(const char *date)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int day = atoi(date + 8);
    return is_month(date) && day >= 1 && day <= days[atoi(date + 5) - 1];
}

/* Rules compare these dates as texts, so that no other form will do. */
void lint_date(const struct lint_where *where, const char *member, const char *date)
{
    if (date && !(has_form(date, "dddd-dd-dd", NULL) && is_day(date)))
        lint_add(where, member, LINT_DATE_FORM, "'%.80s' is not a date such as 2014-07-11", date);
}

/* For people: of some things only the month is known. */
void lint_date_or_month(const struct lint_where *where, const char *member, const char *date)
{
    if (date && !(has_form(date, "dddd-dd", NULL) && is_month(date)))
        lint_date(where, member, date);
}

void lint_digest(const struct lint_where *where, const char *digest)
{
    if (digest && strcmp(digest, "sha1") != 0 && strcmp(digest, "sha256") != 0)
        lint_add(where, "digest", LINT_DIGEST, "'%.80s' is neither sha1 nor sha256", digest);
}

/* PCI\VEN_v4&DEV_d4[&SUBSYS_s8][&REV_r2][&CC_c4c2]: windows-driver-docs, "Identifiers for PCI
 * Devices". */
static bool is_pci_rest(const char *rest)
{
    static const char *const forms[] = {"&SUBSYS_xxxxxxxx", "&REV_xx", "&CC_xxxxxx", "&CC_xxxx"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms && *rest; i++) {
        const char *end;
        if (has_form(rest, forms[i], &end))
            rest = end;
    }
    return !*rest;
}

/* The enumerator, a backslash and what it names: printable, without what separates fields in an
 * INF. A "*" may end the one of a family. */
static bool is_hardware_id(const char *id)
{
    const char *slash = strchr(id, '\\'), *rest;
    size_t size = strlen(id);
    if (!slash || slash == id || !slash[1] || size > 200)
        return false;
    for (const char *c = id; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr(",;\"%/", *c) || (*c == '*' && c[1]))
            return false;
    if (text_starts_nocase(id, "PCI\\") && id[size - 1] != '*')
        return has_form(id, "PCI\\VEN_xxxx&DEV_xxxx", &rest) && is_pci_rest(rest);
    return true;
}

void lint_hardware_ids(const struct lint_where *where, const char *list, const struct texts *ids)
{
    struct lint_ids names = {0};
    for (size_t i = 0; i < ids->count; i++) {
        struct lint_where id = lint_in(where, list, i);
        if (!is_hardware_id(ids->at[i]))
            lint_add(&id, NULL, LINT_HARDWARE_ID_FORM,
                     "'%.80s' is not a hardware id such as PCI\\VEN_5853&DEV_0001", ids->at[i]);
        lint_ids_add(&names, ids->at[i], 0, i);
    }
    lint_twice(where, &names, &(struct lint_list){list, NULL, LINT_DUPLICATE_NAME});
    lint_ids_release(&names);
}

void lint_guid(const struct lint_where *where, const char *member, const char *guid)
{
    if (guid && !has_form(guid, "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}", NULL))
        lint_add(where, member, LINT_GUID_FORM,
                 "'%.80s' is not a GUID in braces such as {4EDE5DEC-3208-4a1e-8E52-DAC44F7D7062}",
                 guid);
}

void lint_guids(const struct lint_where *where, const char *list, const struct texts *guids)
{
    for (size_t i = 0; i < guids->count; i++) {
        struct lint_where one = lint_in(where, list, i);
        lint_guid(&one, NULL, guids->at[i]);
    }
}

static bool check_driver_version(const struct lint_where *where, const char *member,
                                 const char *version)
{
    unsigned parts[4];
    if (!version || manifest_driver_version_parse(version, parts))
        return true;
    lint_add(where, member, LINT_VERSION_FORM, "'%.80s' is not a version such as 9.1.0.1", version);
    return false;
}

void lint_driver_range(const struct lint_where *where, const char *from, const char *to)
{
    bool from_good = check_driver_version(where, "version_from", from);
    bool to_good = check_driver_version(where, "version_to", to);
    if (from && to && from_good && to_good && !manifest_version_between(from, NULL, to))
        lint_add(where, "version_to", LINT_RANGE_REVERSED, "from %s on, but only up to %s", from,
                 to);
}

/* Three numbers below 2^24 do not fit into 64 bits; no Windows has a major version of 2^16. */
static bool windows_number(const struct lint_where *where, const char *member, const char *version,
                           uint64_t *out)
{
    unsigned v[3];
    if (!version)
        return true;
    if (!manifest_version_parse(version, v) || v[0] > UINT16_MAX) {
        lint_add(where, member, LINT_VERSION_FORM,
                 "'%.80s' is not a Windows version such as 6.1.7601", version);
        return false;
    }
    *out = (uint64_t)v[0] << 48 | (uint64_t)v[1] << 24 | v[2];
    return true;
}

bool lint_windows_range(const struct lint_where *where, const char *from, const char *to,
                        struct lint_range *out)
{
    struct lint_range r = {.from = 0, .to = UINT64_MAX};
    bool from_good = windows_number(where, "windows_from", from, &r.from);
    if (!windows_number(where, "windows_to", to, &r.to) || !from_good)
        return false;
    if (r.from > r.to) {
        lint_add(where, "windows_to", LINT_RANGE_REVERSED, "from %s on, but only up to %s", from,
                 to);
        return false;
    }
    *out = r;
    return true;
}
