#include "installer/discreet.h"

#include "base/mem.h"

#include <string.h>

/* Where Windows keeps profiles; the second and third are before Vista's. */
static const char *const profiles[] = {"Users", "Documents and Settings", "DOCUME~1"};

/* Folders among the profiles that are nobody's. */
static const char *const shared[] = {
    "Public",       "Default",        "Default User", "All Users",
    "LocalService", "NetworkService", "LocalSystem",
};

static bool is_slash(char c)
{
    return c == '\\' || c == '/';
}

static size_t component(const char *at)
{
    return strcspn(at, "\\/\"'<>|*?:,;\r\n\t");
}

static bool is_shared(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if (strlen(shared[i]) == size && text_starts_nocase(name, shared[i]))
            return true;
    return false;
}

/* The size of "\Users\" at the text, or 0. */
static size_t profiles_at(const char *at)
{
    if (!is_slash(*at))
        return 0;
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
        size_t size = strlen(profiles[i]);
        if (text_starts_nocase(at + 1, profiles[i]) && is_slash(at[1 + size]))
            return size + 2;
    }
    return 0;
}

/* The size of the SID of an account ("S-1-5-21-..." and "S-1-12-1-...") at the text, or 0. */
static size_t account_at(const char *at)
{
    static const char *const starts[] = {"S-1-5-21-", "S-1-12-1-"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (text_starts_nocase(at, starts[i]))
            return strlen(starts[i]) + strspn(at + strlen(starts[i]), "0123456789-");
    return 0;
}

static void replace(struct text *t, const char *text)
{
    while (*text) {
        size_t profile = profiles_at(text), account = account_at(text);
        if (account) {
            text_add(t, "<account>");
            text += account;
        } else if (profile) {
            size_t user = component(text + profile);
            bool keep = !user || is_shared(text + profile, user);
            text_add_bytes(t, text, keep ? profile + user : profile);
            text_add(t, keep ? "" : "<user>");
            text += profile + user;
        } else {
            text_add_bytes(t, text++, 1);
        }
    }
}

void discreet_add(struct text *t, const char *text)
{
    struct text plain = {0};
    replace(&plain, text);
    text_add_escaped(t, text_str(&plain));
    text_release(&plain);
}

char *discreet_cut(const char *text, size_t most)
{
    struct text safe = {0}, cut = {0};
    discreet_add(&safe, text);
    const char *at = text_str(&safe);
    size_t size = safe.size < most ? safe.size : most;
    while (size && size < safe.size && ((unsigned char)at[size] & 0xc0) == 0x80)
        size--;
    text_add_bytes(&cut, at, size);
    text_release(&safe);
    return text_steal(&cut);
}
