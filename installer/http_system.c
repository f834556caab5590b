#include "installer/http_system.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static const char separators[] = "; \t\r\n";

char *http_proxy_of_list(const char *list, const char *url)
{
    const char *colon = strstr(url, "://");
    size_t scheme = colon ? (size_t)(colon - url) : 0;
    char *any = NULL;
    while (*(list += strspn(list, separators))) {
        size_t size = strcspn(list, separators);
        char *word = mem_strndup(list, size);
        char *equals = strchr(word, '=');
        list += size;
        if (equals && (size_t)(equals - word) == scheme && scheme &&
            text_starts_nocase(url, (*equals = 0, word)) && equals[1]) {
            char *own = mem_strdup(equals + 1);
            mem_free(word);
            mem_free(any);
            return own;
        }
        if (!equals && !any && *word) {
            any = word;
            continue;
        }
        mem_free(word);
    }
    return any;
}

static char *host_of(const char *url)
{
    const char *at = strstr(url, "://");
    at = at ? at + 3 : url;
    size_t size = *at == '[' ? strcspn(at, "]") + (strchr(at, ']') != NULL) : strcspn(at, ":/?#");
    return mem_strndup(at, size);
}

/* "*" stands for anything, also in the middle. Linear in pattern and text for one star at a time.
 */
static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL, *behind = NULL;
    while (*text) {
        char one[2] = {*pattern, 0}, other[2] = {*text, 0};
        if (*pattern == '*') {
            star = ++pattern;
            behind = text;
        } else if (*pattern && text_equal_nocase(one, other)) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++behind;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool http_proxy_bypassed(const char *list, const char *url)
{
    char *host = host_of(url);
    bool found = false;
    while (!found && *(list += strspn(list, separators))) {
        size_t size = strcspn(list, separators);
        char *word = mem_strndup(list, size);
        const char *name = strstr(word, "://") ? strstr(word, "://") + 3 : word;
        found = text_equal_nocase(word, "<local>") ? !strchr(host, '.') : matches(name, host);
        mem_free(word);
        list += size;
    }
    mem_free(host);
    return found;
}
