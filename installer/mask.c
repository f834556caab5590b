#include "installer/mask.h"

#include "base/mem.h"

#include <string.h>

enum { NAME_MIN = 3 };

static const char a_user[] = "(user)", a_computer[] = "(computer)";

void mask_release(struct mask *m)
{
    texts_release(&m->computers);
    texts_release(&m->users);
}

static bool is_slash(char c)
{
    return c == '\\' || c == '/';
}

/* One slash, or two as JSON and C write a backslash; how many. */
static size_t slashes(const char *at)
{
    return !is_slash(at[0]) ? 0 : is_slash(at[1]) ? 2 : 1;
}

/* How many bytes of a path, up to a user's folder, stand here: "\Users\"; 0: none. */
static size_t users_folder(const char *at)
{
    static const char *const folders[] = {"Users", "Documents and Settings", "DOCUME~1", "home"};
    size_t before = slashes(at);
    for (size_t i = 0; before && i < sizeof folders / sizeof *folders; i++) {
        size_t size = strlen(folders[i]);
        if (text_starts_nocase(at + before, folders[i])) {
            size_t after = slashes(at + before + size);
            return after ? before + size + after : 0;
        }
    }
    return 0;
}

/* No user's name has these, says Windows; a blank it may have. */
static size_t user_size(const char *at)
{
    size_t size = 0;
    while ((unsigned char)at[size] >= ' ' && !strchr("\\/\"[]:;|=,+*?<>", at[size]))
        size++;
    return size;
}

static bool is_windows_own(const char *name, size_t size)
{
    static const char *const own[] = {"Public",    "Default",      "Default User",
                                      "All Users", "LocalService", "NetworkService",
                                      "SYSTEM",    "systemprofile"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strlen(own[i]) == size && text_starts_nocase(name, own[i]))
            return true;
    return false;
}

/* Each of these takes what stands at *at, writes what is left of it, and moves on; or does not. */
static bool take_path(struct text *to, const char **at)
{
    size_t folder = users_folder(*at), name = folder ? user_size(*at + folder) : 0;
    if (!name || is_windows_own(*at + folder, name))
        return false;
    text_add_bytes(to, *at, folder);
    text_add(to, a_user);
    *at += folder + name;
    return true;
}

static bool take_account_id(struct text *to, const char **at)
{
    static const char prefix[] = "S-1-5-21-";
    if (!text_starts_nocase(*at, prefix))
        return false;
    size_t size = strspn(*at + strlen(prefix), "0123456789-");
    if (!size)
        return false;
    text_add(to, prefix);
    text_add(to, a_user);
    *at += strlen(prefix) + size;
    return true;
}

static bool take_property(struct text *to, const char **at)
{
    static const char *const names[] = {
        "LogonUser = ", "USERNAME = ", "COMPANYNAME = ", "ComputerName = "};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size = strlen(names[i]);
        if (strncmp(*at, names[i], size) != 0)
            continue;
        text_add(to, names[i]);
        text_add(to, "(left out)");
        *at += size + strcspn(*at + size, "\r\n");
        return true;
    }
    return false;
}

static bool is_of_a_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool take_word(const struct texts *words, const char *instead, struct text *to,
                      const char **at)
{
    for (size_t i = 0; i < words->count; i++) {
        size_t size = strlen(words->at[i]);
        if (size < NAME_MIN || is_windows_own(words->at[i], size) ||
            !text_starts_nocase(*at, words->at[i]) || is_of_a_word((*at)[size]))
            continue;
        text_add(to, instead);
        *at += size;
        return true;
    }
    return false;
}

void mask_add(const struct mask *m, struct text *to, const char *text)
{
    bool inside = false; /* a word */
    for (const char *at = text; *at;) {
        if (!m->keep && (take_path(to, &at) ||
                         (!inside && (take_account_id(to, &at) || take_property(to, &at) ||
                                      take_word(&m->computers, a_computer, to, &at) ||
                                      take_word(&m->users, a_user, to, &at))))) {
            inside = false;
            continue;
        }
        inside = is_of_a_word(*at);
        text_add_bytes(to, at++, 1);
    }
}

void mask_edit(void *context, char **text)
{
    struct text masked = {0};
    mask_add(context, &masked, *text);
    mem_free(*text);
    *text = text_steal(&masked);
}
