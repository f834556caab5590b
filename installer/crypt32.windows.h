/*
 * crypt32: the calls of crypt32.dll that reading and changing the machine's certificate stores
 * needs.
 *
 * Bound at run time: all of them are in Windows 2000's, and a machine without the DLL has no
 * stores. Opening a store can make an empty one for the user (Wine's crypt32 does): whoever only
 * reads asks the registry first whether there is anything to read. crypt32 has no opinion on trust.
 */
#ifndef XENPV_INSTALLER_CRYPT32_WINDOWS_H
#define XENPV_INSTALLER_CRYPT32_WINDOWS_H

#include "installer/win.h"

#include <stdbool.h>
#include <wincrypt.h>

struct crypt32 {
    HCERTSTORE(WINAPI *open)(LPCSTR, DWORD, HCRYPTPROV_LEGACY, DWORD, const void *);
    BOOL(WINAPI *close)(HCERTSTORE, DWORD);
    BOOL(WINAPI *control)(HCERTSTORE, DWORD, DWORD, const void *);
    PCCERT_CONTEXT(WINAPI *next)(HCERTSTORE, PCCERT_CONTEXT);
    PCCERT_CONTEXT(WINAPI *find)(HCERTSTORE, DWORD, DWORD, DWORD, const void *, PCCERT_CONTEXT);
    PCCERT_CONTEXT(WINAPI *create)(DWORD, const BYTE *, DWORD);
    BOOL(WINAPI *add)(HCERTSTORE, PCCERT_CONTEXT, DWORD, PCCERT_CONTEXT *);
    BOOL(WINAPI *remove)(PCCERT_CONTEXT);
    BOOL(WINAPI *let_go)(PCCERT_CONTEXT);
    BOOL(WINAPI *property)(PCCERT_CONTEXT, DWORD, void *, DWORD *);
    BOOL(WINAPI *chain)
    (HCERTCHAINENGINE, PCCERT_CONTEXT, LPFILETIME, HCERTSTORE, PCERT_CHAIN_PARA, DWORD, LPVOID,
     PCCERT_CHAIN_CONTEXT *);
    void(WINAPI *let_chain_go)(PCCERT_CHAIN_CONTEXT);
};

enum { CRYPT32_ENCODING = X509_ASN_ENCODING | PKCS_7_ASN_ENCODING };

/* False where a call is not there. */
bool crypt32_bind(struct crypt32 *c);

/* A store of the machine for reading, or NULL; *absent says that it is because there is none. */
HCERTSTORE crypt32_open_store(const struct crypt32 *c, const wchar_t *name, bool *absent);

/*
 * Does the chain of the certificate, which its issuers in also (may be NULL) help to build, end in
 * a root that this machine trusts? By the machine's own chain engine and without asking the
 * network; a certificate that is itself in root (may be NULL) needs no chain.
 */
bool crypt32_leads_to_root(const struct crypt32 *c, HCERTSTORE root, HCERTSTORE also,
                           PCCERT_CONTEXT certificate);

#endif
