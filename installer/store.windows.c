#include "installer/store.windows.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/win.h"

#include <wincrypt.h>

enum { THUMBPRINT = 20 /* bytes of SHA-1 */ };

/* All of these Windows 2000 has. */
struct store_calls {
    HCERTSTORE(WINAPI *open)(LPCSTR, DWORD, HCRYPTPROV_LEGACY, DWORD, const void *);
    BOOL(WINAPI *close)(HCERTSTORE, DWORD);
    PCCERT_CONTEXT(WINAPI *find)(HCERTSTORE, DWORD, DWORD, DWORD, const void *, PCCERT_CONTEXT);
    BOOL(WINAPI *remove)(PCCERT_CONTEXT);
    BOOL(WINAPI *let_go)(PCCERT_CONTEXT);
};

#define BIND(to, name) (((to) = (__typeof__(to))win_bind(L"crypt32.dll", name)) != NULL)

static bool bind_calls(struct store_calls *c)
{
    return BIND(c->open, "CertOpenStore") && BIND(c->close, "CertCloseStore") &&
           BIND(c->find, "CertFindCertificateInStore") &&
           BIND(c->remove, "CertDeleteCertificateFromStore") &&
           BIND(c->let_go, "CertFreeCertificateContext");
}

/* The machine's own, without those that a policy or the enterprise adds to what is seen of it:
 * nobody but they can take theirs out. NULL with the code in *code. */
static HCERTSTORE open_store(const struct store_calls *c, const char *name, DWORD access,
                             DWORD *code)
{
    DWORD flags = CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_OPEN_EXISTING_FLAG | access;
    wchar_t *wide = utf16_from(name);
    HCERTSTORE store = wide ? c->open(CERT_STORE_PROV_SYSTEM_REGISTRY_W, 0, 0, flags, wide) : NULL;
    *code = store ? 0 : wide ? GetLastError() : ERROR_INVALID_NAME;
    mem_free(wide);
    return store;
}

static PCCERT_CONTEXT find(const struct store_calls *c, HCERTSTORE store, const char *sha1)
{
    BYTE bytes[THUMBPRINT];
    CRYPT_HASH_BLOB hash = {sizeof bytes, bytes};
    if (!text_parse_hex(sha1, bytes, sizeof bytes))
        return NULL;
    return c->find(store, X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, 0, CERT_FIND_SHA1_HASH, &hash,
                   NULL);
}

enum tri store_has(const char *store, const char *sha1)
{
    struct store_calls c;
    DWORD code;
    if (!bind_calls(&c))
        return TRI_UNKNOWN;
    HCERTSTORE opened = open_store(&c, store, CERT_STORE_READONLY_FLAG, &code);
    if (!opened)
        return code == ERROR_FILE_NOT_FOUND ? TRI_NO : TRI_UNKNOWN;
    PCCERT_CONTEXT found = find(&c, opened, sha1);
    if (found)
        c.let_go(found);
    c.close(opened, 0);
    return found ? TRI_YES : TRI_NO;
}

bool store_remove(const char *store, const char *sha1, struct err *e)
{
    struct store_calls c;
    DWORD code;
    if (!bind_calls(&c))
        return err_set(e, ERR_NOT_FOUND, "there is no crypt32.dll for the store '%s'", store);
    HCERTSTORE opened = open_store(&c, store, 0, &code);
    if (!opened)
        return code == ERROR_FILE_NOT_FOUND ||
               win_fail(e, code, "cannot open the store '%s'", store);
    log_line(LOG_NOTE, "store: removing the certificate '%s' from '%s'", sha1, store);
    PCCERT_CONTEXT found = find(&c, opened, sha1);
    bool ok = !found || c.remove(found); /* lets go of it, too */
    code = GetLastError();
    c.close(opened, 0);
    return ok || win_fail(e, code, "cannot remove the certificate '%s' from '%s'", sha1, store);
}
