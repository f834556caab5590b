/* http_system: which proxy a list of Windows names for an address, and what its exceptions take
 * out. */
#include "installer/http_system.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static void a_list_names_the_proxy_of_an_address(void **state)
{
    (void)state;
    static const struct {
        const char *sentence, *list, *url, *proxy; /* NULL: none */
    } rows[] = {
        {"one for all", "proxy:8080", "https://example.com/x", "proxy:8080"},
        {"by scheme", "http=a:1;https=b:2", "https://example.com/x", "b:2"},
        {"by the other scheme", "http=a:1;https=b:2", "http://example.com/x", "a:1"},
        {"the scheme's own goes before the one for all", "all:1;https=b:2", "https://e/", "b:2"},
        {"whatever the order", "https=b:2;all:1", "https://e/", "b:2"},
        {"one for all where the scheme has none", "ftp=f:1;all:1", "https://e/", "all:1"},
        {"http is not the beginning of https", "http=a:1", "https://e/", NULL},
        {"in any case", "HTTPS=b:2", "https://e/", "b:2"},
        {"spaces separate too", "http=a:1 https=b:2", "https://e/", "b:2"},
        {"an empty value is none", "https=", "https://e/", NULL},
        {"a scheme without a name is none", "=x:1", "https://e/", NULL},
        {"an address without a scheme gets the one for all", "https=b:2;all:1", "example.com",
         "all:1"},
        {"an empty list", "", "https://e/", NULL},
        {"only separators", " ; ;", "https://e/", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *proxy = http_proxy_of_list(rows[i].list, rows[i].url);
        CHECK_TEXT(rows[i].sentence, proxy, rows[i].proxy);
        mem_free(proxy);
    }
}

static void exceptions_are_by_host(void **state)
{
    (void)state;
    static const struct {
        const char *sentence, *list, *url;
        bool bypassed;
    } rows[] = {
        {"the host itself", "example.com", "https://example.com/x", true},
        {"in any case", "EXAMPLE.com", "https://example.COM/x", true},
        {"without its port", "example.com", "https://example.com:8443/x", true},
        {"another host", "example.com", "https://example.org/", false},
        {"no part of a name", "example.com", "https://www.example.com/", false},
        {"a star for what stands before", "*.example.com", "https://www.example.com/", true},
        {"which is not the name alone", "*.example.com", "https://example.com/", false},
        {"a star in the middle", "10.*.7.1", "http://10.2.3.7.1/", true},
        {"a star that takes more than once", "*a*b", "http://xaxaxb/", true},
        {"and must end well", "*a*b", "http://xaxaxbc/", false},
        {"everything", "*", "https://example.com/", true},
        {"names without a dot", "<local>", "http://server/x", true},
        {"no others", "<local>", "http://server.example.com/x", false},
        {"the second word counts", "a.example;b.example", "https://b.example/", true},
        {"a scheme before it is passed over", "https://b.example", "https://b.example/", true},
        {"an IPv6 host", "[::1]", "http://[::1]:80/", true},
        {"an empty list", "", "https://example.com/", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK(rows[i].sentence, http_proxy_bypassed(rows[i].list, rows[i].url) == rows[i].bypassed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_names_the_proxy_of_an_address),
        cmocka_unit_test(exceptions_are_by_host),
    };
    return cmocka_run_group_tests_name("http_system", tests, NULL, NULL);
}
