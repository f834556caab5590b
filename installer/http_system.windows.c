#include "installer/http_system.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/win.h"

#include <string.h>
#include <wincrypt.h>
#include <winhttp.h>

enum { ROOTS_MAX = 4096, ROOT_SIZE_MAX = 64 * 1024, PEM_LINE = 48 /* bytes */ };

/* --- roots ------------------------------------------------------------------------------------ */

static void add_base64(struct text *t, struct span part)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < part.size; i += 3) {
        size_t left = part.size - i;
        unsigned bits = (unsigned)part.at[i] << 16 |
                        (left > 1 ? (unsigned)part.at[i + 1] << 8 : 0) |
                        (left > 2 ? part.at[i + 2] : 0);
        const char four[] = {digits[bits >> 18], digits[bits >> 12 & 63],
                             left > 1 ? digits[bits >> 6 & 63] : '=',
                             left > 2 ? digits[bits & 63] : '='};
        text_add_bytes(t, four, sizeof four);
    }
}

static void add_pem(struct text *t, struct span der)
{
    text_add(t, "-----BEGIN CERTIFICATE-----\n");
    for (size_t at = 0; at < der.size; at += PEM_LINE) {
        size_t left = der.size - at;
        add_base64(t, span_of(der.at + at, left < PEM_LINE ? left : PEM_LINE));
        text_add(t, "\n");
    }
    text_add(t, "-----END CERTIFICATE-----\n");
}

bool http_roots_read(struct http_roots *out, struct err *e)
{
    HCERTSTORE(WINAPI * open)
    (LPCSTR, DWORD, HCRYPTPROV_LEGACY, DWORD, const void *) =
        (__typeof__(open))win_bind(L"crypt32.dll", "CertOpenStore");
    BOOL(WINAPI * close)
    (HCERTSTORE, DWORD) = (__typeof__(close))win_bind(L"crypt32.dll", "CertCloseStore");
    PCCERT_CONTEXT(WINAPI * next)
    (HCERTSTORE, PCCERT_CONTEXT) =
        (__typeof__(next))win_bind(L"crypt32.dll", "CertEnumCertificatesInStore");
    DWORD flags =
        CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG;
    HCERTSTORE store =
        open && close && next ? open(CERT_STORE_PROV_SYSTEM_W, 0, 0, flags, L"Root") : NULL;
    struct text pem = {0};
    size_t count = 0;
    if (!store)
        return err_set(e, ERR_NOT_FOUND,
                       "Windows' root store cannot be read; --ca-file names other roots");
    for (PCCERT_CONTEXT c = NULL; (c = next(store, c)) != NULL && count < ROOTS_MAX; count++)
        if (c->cbCertEncoded && c->cbCertEncoded <= ROOT_SIZE_MAX)
            add_pem(&pem, span_of(c->pbCertEncoded, c->cbCertEncoded));
    close(store, 0);
    out->pem = text_steal(&pem);
    return true;
}

void http_roots_release(struct http_roots *r)
{
    mem_free(r->pem);
    r->pem = NULL;
}

/* --- proxy ------------------------------------------------------------------------------------ */

struct winhttp {
    BOOL(WINAPI *user)(WINHTTP_CURRENT_USER_IE_PROXY_CONFIG *);
    BOOL(WINAPI *machine)(WINHTTP_PROXY_INFO *);
    HINTERNET(WINAPI *open)(LPCWSTR, DWORD, LPCWSTR, LPCWSTR, DWORD);
    BOOL(WINAPI *ask)(HINTERNET, LPCWSTR, WINHTTP_AUTOPROXY_OPTIONS *, WINHTTP_PROXY_INFO *);
    BOOL(WINAPI *close)(HINTERNET);
};

/* What a system keeps: each may be NULL. */
struct kept {
    wchar_t *list, *bypass, *script;
    bool detect;
};

static bool bind_calls(struct winhttp *w)
{
    w->user =
        (__typeof__(w->user))win_bind(L"winhttp.dll", "WinHttpGetIEProxyConfigForCurrentUser");
    w->machine =
        (__typeof__(w->machine))win_bind(L"winhttp.dll", "WinHttpGetDefaultProxyConfiguration");
    w->open = (__typeof__(w->open))win_bind(L"winhttp.dll", "WinHttpOpen");
    w->ask = (__typeof__(w->ask))win_bind(L"winhttp.dll", "WinHttpGetProxyForUrl");
    w->close = (__typeof__(w->close))win_bind(L"winhttp.dll", "WinHttpCloseHandle");
    return w->user && w->machine && w->open && w->ask && w->close;
}

static char *utf8_of(const wchar_t *wide)
{
    struct text t = {0};
    text_add_utf16le(&t, span_of(wide, wcslen(wide) * sizeof *wide));
    return text_steal(&t);
}

/* The answer of a list and its exceptions; "" when the address needs none. */
static char *from_list(const wchar_t *list, const wchar_t *bypass, const char *url)
{
    char *proxies = list ? utf8_of(list) : NULL, *except = bypass ? utf8_of(bypass) : NULL;
    char *found = proxies && !(except && http_proxy_bypassed(except, url))
                      ? http_proxy_of_list(proxies, url)
                      : NULL;
    mem_free(proxies);
    mem_free(except);
    return found ? found : mem_strdup("");
}

static wchar_t *wide_of(const char *ascii)
{
    size_t size = strlen(ascii);
    wchar_t *wide = mem_zero(size + 1, sizeof *wide);
    for (size_t i = 0; i < size; i++)
        wide[i] = (unsigned char)ascii[i];
    return wide;
}

/* By script, which Windows fetches and runs; NULL: it could not be asked. */
static char *from_script(const struct winhttp *w, const struct kept *k, const char *url)
{
    WINHTTP_AUTOPROXY_OPTIONS options = {.fAutoLogonIfChallenged = TRUE};
    WINHTTP_PROXY_INFO info = {0};
    HINTERNET session = w->open(L"xenpv", WINHTTP_ACCESS_TYPE_NO_PROXY, NULL, NULL, 0);
    wchar_t *wide = wide_of(url);
    char *found = NULL;
    if (k->script) {
        options.dwFlags |= WINHTTP_AUTOPROXY_CONFIG_URL;
        options.lpszAutoConfigUrl = k->script;
    } else {
        options.dwFlags |= WINHTTP_AUTOPROXY_AUTO_DETECT;
        options.dwAutoDetectFlags = WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A;
    }
    if (session && w->ask(session, wide, &options, &info))
        found = info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY
                    ? from_list(info.lpszProxy, info.lpszProxyBypass, url)
                    : mem_strdup("");
    GlobalFree(info.lpszProxy);
    GlobalFree(info.lpszProxyBypass);
    if (session)
        w->close(session);
    mem_free(wide);
    return found;
}

/* The user's own settings; NULL: none are kept. */
static char *of_user(const struct winhttp *w, const char *url)
{
    WINHTTP_CURRENT_USER_IE_PROXY_CONFIG c = {0};
    char *found = NULL;
    if (!w->user(&c))
        return NULL;
    struct kept k = {c.lpszProxy, c.lpszProxyBypass, c.lpszAutoConfigUrl, c.fAutoDetect};
    if (k.script || k.detect)
        found = from_script(w, &k, url);
    if (!found && k.list)
        found = from_list(k.list, k.bypass, url);
    GlobalFree(c.lpszProxy);
    GlobalFree(c.lpszProxyBypass);
    GlobalFree(c.lpszAutoConfigUrl);
    return found;
}

/* The machine's, as set by netsh winhttp: what a service under SYSTEM has. */
static char *of_machine(const struct winhttp *w, const char *url)
{
    WINHTTP_PROXY_INFO info = {0};
    char *found = NULL;
    if (w->machine(&info) && info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY)
        found = from_list(info.lpszProxy, info.lpszProxyBypass, url);
    GlobalFree(info.lpszProxy);
    GlobalFree(info.lpszProxyBypass);
    return found;
}

char *http_system_proxy(const char *url)
{
    struct winhttp w;
    if (!bind_calls(&w))
        return NULL;
    char *found = of_user(&w, url);
    return found ? found : of_machine(&w, url);
}
