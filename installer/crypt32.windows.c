#include "installer/crypt32.windows.h"

#define BIND(to, name) (((to) = (__typeof__(to))win_bind(L"crypt32.dll", name)) != NULL)

bool crypt32_bind(struct crypt32 *c)
{
    return BIND(c->open, "CertOpenStore") && BIND(c->close, "CertCloseStore") &&
           BIND(c->control, "CertControlStore") && BIND(c->next, "CertEnumCertificatesInStore") &&
           BIND(c->find, "CertFindCertificateInStore") &&
           BIND(c->create, "CertCreateCertificateContext") &&
           BIND(c->add, "CertAddCertificateContextToStore") &&
           BIND(c->remove, "CertDeleteCertificateFromStore") &&
           BIND(c->let_go, "CertFreeCertificateContext") &&
           BIND(c->property, "CertGetCertificateContextProperty") &&
           BIND(c->chain, "CertGetCertificateChain") &&
           BIND(c->let_chain_go, "CertFreeCertificateChain");
}

HCERTSTORE crypt32_open_store(const struct crypt32 *c, const wchar_t *name, bool *absent)
{
    DWORD flags =
        CERT_SYSTEM_STORE_LOCAL_MACHINE | CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG;
    HCERTSTORE store = c->open(CERT_STORE_PROV_SYSTEM_W, 0, 0, flags, name);
    *absent = !store && GetLastError() == ERROR_FILE_NOT_FOUND;
    return store;
}

static bool is_in(const struct crypt32 *c, HCERTSTORE store, PCCERT_CONTEXT certificate)
{
    PCCERT_CONTEXT found =
        store ? c->find(store, CRYPT32_ENCODING, 0, CERT_FIND_EXISTING, certificate, NULL) : NULL;
    if (found)
        c->let_go(found);
    return found;
}

bool crypt32_leads_to_root(const struct crypt32 *c, HCERTSTORE root, HCERTSTORE also,
                           PCCERT_CONTEXT certificate)
{
    enum { NO_ROOT = CERT_TRUST_IS_UNTRUSTED_ROOT | CERT_TRUST_IS_PARTIAL_CHAIN };
    CERT_CHAIN_PARA para = {.cbSize = sizeof para};
    PCCERT_CHAIN_CONTEXT chain = NULL;
    if (is_in(c, root, certificate))
        return true;
    if (!c->chain(HCCE_LOCAL_MACHINE, certificate, NULL, also, &para,
                  CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL, NULL, &chain))
        return false;
    bool good = !(chain->TrustStatus.dwErrorStatus & NO_ROOT);
    c->let_chain_go(chain);
    return good;
}
