#include "base/mem.h"
#include "base/text.h"
#include "installer/crypt32.windows.h"
#include "installer/detect.windows.h"

enum { PUBLISHERS_MAX = 256, THUMBPRINT = 20 /* bytes of SHA-1 */ };

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

static bool read_trusted(const struct crypt32 *c, struct facts_integrity *i)
{
    bool absent, no_root, whole = true;
    HCERTSTORE store = crypt32_open_store(c, L"TrustedPublisher", &absent);
    HCERTSTORE root = crypt32_open_store(c, L"Root", &no_root);
    for (PCCERT_CONTEXT at = NULL; store && (at = c->next(store, at));) {
        whole = add_thumbprint(c, at, &i->trusted_publishers) && whole;
        if (!crypt32_leads_to_root(c, root, NULL, at))
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
    HCERTSTORE store = crypt32_open_store(c, L"Disallowed", &absent);
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
    if (!crypt32_bind(&c))
        return false;
    bool whole = !trusted || read_trusted(&c, i);
    return (!distrusted || read_distrusted(&c, i)) && whole;
}
