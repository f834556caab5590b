#include "base/mem.h"
#include "base/text.h"
#include "installer/detect.windows.h"
#include "installer/win.h"

#include <wincrypt.h>

enum { PUBLISHERS_MAX = 256, THUMBPRINT = 20 /* bytes of SHA-1 */ };

/* crypt32.dll's calls, all of which Windows 2000 has; a machine without the DLL has no stores. */
struct crypt32 {
    HCERTSTORE(WINAPI *open)(LPCSTR, DWORD, HCRYPTPROV_LEGACY, DWORD, const void *);
    BOOL(WINAPI *close)(HCERTSTORE, DWORD);
    PCCERT_CONTEXT(WINAPI *next)(HCERTSTORE, PCCERT_CONTEXT);
    PCCERT_CONTEXT(WINAPI *find)(HCERTSTORE, DWORD, DWORD, DWORD, const void *, PCCERT_CONTEXT);
    BOOL(WINAPI *let_go)(PCCERT_CONTEXT);
    BOOL(WINAPI *property)(PCCERT_CONTEXT, DWORD, void *, DWORD *);
    BOOL(WINAPI *chain)
    (HCERTCHAINENGINE, PCCERT_CONTEXT, LPFILETIME, HCERTSTORE, PCERT_CHAIN_PARA, DWORD, LPVOID,
     PCCERT_CHAIN_CONTEXT *);
    void(WINAPI *let_chain_go)(PCCERT_CHAIN_CONTEXT);
};

#define BIND(to, name) (((to) = (__typeof__(to))win_bind(L"crypt32.dll", name)) != NULL)

static bool bind_calls(struct crypt32 *c)
{
    return BIND(c->open, "CertOpenStore") && BIND(c->close, "CertCloseStore") &&
           BIND(c->next, "CertEnumCertificatesInStore") &&
           BIND(c->find, "CertFindCertificateInStore") &&
           BIND(c->let_go, "CertFreeCertificateContext") &&
           BIND(c->property, "CertGetCertificateContextProperty") &&
           BIND(c->chain, "CertGetCertificateChain") &&
           BIND(c->let_chain_go, "CertFreeCertificateChain");
}

/* A store of the machine, or NULL; *absent says that it is because there is none. */
static HCERTSTORE open_store(const struct crypt32 *c, const wchar_t *name, bool *absent)
{
    DWORD flags =
        CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG;
    HCERTSTORE store = c->open(CERT_STORE_PROV_SYSTEM_W, 0, 0, flags, name);
    *absent = !store && GetLastError() == ERROR_FILE_NOT_FOUND;
    return store;
}

static bool add_thumbprint(const struct crypt32 *c, PCCERT_CONTEXT certificate, struct texts *out)
{
    BYTE hash[THUMBPRINT];
    DWORD size = sizeof hash;
    struct text hex = {0};
    if (out->count >= PUBLISHERS_MAX ||
        !c->property(certificate, CERT_SHA1_HASH_PROP_ID, hash, &size) || size != sizeof hash)
        return false;
    text_add_hex(&hex, span_of(hash, sizeof hash));
    texts_add(out, text_str(&hex));
    text_release(&hex);
    return true;
}

static bool is_in(const struct crypt32 *c, HCERTSTORE store, PCCERT_CONTEXT certificate)
{
    enum { ENCODING = X509_ASN_ENCODING | PKCS_7_ASN_ENCODING };
    PCCERT_CONTEXT found =
        store ? c->find(store, ENCODING, 0, CERT_FIND_EXISTING, certificate, NULL) : NULL;
    if (found)
        c->let_go(found);
    return found;
}

/* By the machine's own chain engine, without asking the network; a certificate that is itself in
 * Root needs no chain. */
static bool leads_to_root(const struct crypt32 *c, HCERTSTORE root, PCCERT_CONTEXT certificate)
{
    enum { NO_ROOT = CERT_TRUST_IS_UNTRUSTED_ROOT | CERT_TRUST_IS_PARTIAL_CHAIN };
    CERT_CHAIN_PARA para = {.cbSize = sizeof para};
    PCCERT_CHAIN_CONTEXT chain = NULL;
    if (is_in(c, root, certificate))
        return true;
    if (!c->chain(HCCE_LOCAL_MACHINE, certificate, NULL, NULL, &para,
                  CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL, NULL, &chain))
        return false;
    bool good = !(chain->TrustStatus.dwErrorStatus & NO_ROOT);
    c->let_chain_go(chain);
    return good;
}

static bool read_trusted(const struct crypt32 *c, struct facts_integrity *i)
{
    bool absent, no_root, whole = true;
    HCERTSTORE store = open_store(c, L"TrustedPublisher", &absent);
    HCERTSTORE root = open_store(c, L"Root", &no_root);
    for (PCCERT_CONTEXT at = NULL; store && (at = c->next(store, at));) {
        whole = add_thumbprint(c, at, &i->trusted_publishers) && whole;
        if (!leads_to_root(c, root, at))
            whole = add_thumbprint(c, at, &i->publishers_without_root) && whole;
    }
    if (root)
        c->close(root, 0);
    if (store)
        c->close(store, 0);
    return whole && (store || absent);
}

static bool read_distrusted(const struct crypt32 *c, struct facts_integrity *i)
{
    bool absent, whole = true;
    HCERTSTORE store = open_store(c, L"Disallowed", &absent);
    for (PCCERT_CONTEXT at = NULL; store && (at = c->next(store, at));)
        whole = add_thumbprint(c, at, &i->distrusted_publishers) && whole;
    if (store)
        c->close(store, 0);
    return whole && (store || absent);
}

/* Is anything in the store, of the machine's own or by policy? Asked of the registry. */
static bool has_certificates(const char *store)
{
    static const char *const places[] = {"SOFTWARE\\Microsoft\\SystemCertificates",
                                         "SOFTWARE\\Policies\\Microsoft\\SystemCertificates"};
    bool found = false;
    for (size_t i = 0; i < sizeof places / sizeof *places && !found; i++) {
        struct text path = {0};
        HKEY key = NULL;
        text_addf(&path, "%s\\%s\\Certificates", places[i], store);
        if (win_key_open(HKEY_LOCAL_MACHINE, text_str(&path), KEY_READ, &key) == ERROR_SUCCESS) {
            char *first = win_key_child(key, 0);
            found = first != NULL;
            mem_free(first);
        }
        win_key_close(&key);
        text_release(&path);
    }
    return found;
}

/*
 * crypt32 makes empty stores for the user when a chain is built (Wine's does when any store is
 * opened), and reading must change nothing: so it is asked only about stores that hold something.
 */
bool detect_publishers(struct facts_integrity *i)
{
    struct crypt32 c;
    bool trusted = has_certificates("TrustedPublisher"),
         distrusted = has_certificates("Disallowed");
    if (!trusted && !distrusted)
        return true;
    if (!bind_calls(&c))
        return false;
    bool whole = !trusted || read_trusted(&c, i);
    return (!distrusted || read_distrusted(&c, i)) && whole;
}
