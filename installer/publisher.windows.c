#include "installer/publisher.windows.h"

#include "installer/crypt32.windows.h"

static const wchar_t store_name[] = L"TrustedPublisher";

/* The calls and the certificate as crypt32 has it. */
struct opened {
    struct crypt32 c;
    PCCERT_CONTEXT certificate;
};

static bool open_certificate(struct opened *o, struct span certificate, struct err *e)
{
    if (!crypt32_bind(&o->c))
        return err_set(e, ERR_FAILED, "this Windows has no certificate stores");
    o->certificate = certificate.size <= MAXDWORD
                         ? o->c.create(CRYPT32_ENCODING, certificate.at, (DWORD)certificate.size)
                         : NULL;
    return o->certificate || win_fail(e, GetLastError(), "Windows cannot read the certificate");
}

static void close_certificate(struct opened *o)
{
    if (o->certificate)
        o->c.let_go(o->certificate);
}

static PCCERT_CONTEXT find(const struct opened *o, HCERTSTORE store)
{
    return o->c.find(store, CRYPT32_ENCODING, 0, CERT_FIND_EXISTING, o->certificate, NULL);
}

enum tri publisher_is_trusted(struct span certificate)
{
    struct opened o = {.certificate = NULL};
    bool absent = false;
    enum tri there = TRI_UNKNOWN;
    if (open_certificate(&o, certificate, NULL)) {
        HCERTSTORE store = crypt32_open_store(&o.c, store_name, &absent);
        PCCERT_CONTEXT found = store ? find(&o, store) : NULL;
        there = found ? TRI_YES : store || absent ? TRI_NO : TRI_UNKNOWN;
        if (found)
            o.c.let_go(found);
        if (store)
            o.c.close(store, 0);
    }
    close_certificate(&o);
    return there;
}

/* For writing; made when it is not there. */
static HCERTSTORE open_to_write(const struct opened *o, struct err *e)
{
    HCERTSTORE store =
        o->c.open(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_LOCAL_MACHINE, store_name);
    if (!store)
        win_fail(e, GetLastError(), "cannot open the store of trusted publishers");
    return store;
}

/* What was changed is on the disk afterwards; closing the store alone does not write it while
 * something refers to it (so it is in Wine's crypt32). */
static bool commit(const struct opened *o, HCERTSTORE store)
{
    return o->c.control(store, 0, CERT_STORE_CTRL_COMMIT, NULL);
}

bool publisher_add(struct span certificate, struct err *e)
{
    struct opened o = {.certificate = NULL};
    HCERTSTORE store = open_certificate(&o, certificate, e) ? open_to_write(&o, e) : NULL;
    bool ok = store && o.c.add(store, o.certificate, CERT_STORE_ADD_USE_EXISTING, NULL) &&
              commit(&o, store);
    if (store && !ok)
        win_fail(e, GetLastError(), "cannot add the certificate to the trusted publishers");
    if (store)
        o.c.close(store, 0);
    close_certificate(&o);
    return ok;
}

bool publisher_remove(struct span certificate, struct err *e)
{
    struct opened o = {.certificate = NULL};
    HCERTSTORE store = open_certificate(&o, certificate, e) ? open_to_write(&o, e) : NULL;
    PCCERT_CONTEXT found = store ? find(&o, store) : NULL;
    /* It lets the certificate go, whatever becomes of it. */
    bool ok = store && (!found || (o.c.remove(found) && commit(&o, store)));
    if (store && !ok)
        win_fail(e, GetLastError(), "cannot take the certificate out of the trusted publishers");
    if (store)
        o.c.close(store, 0);
    close_certificate(&o);
    return ok;
}

enum tri publisher_has_root(struct span certificate, struct span catalog)
{
    struct opened o = {.certificate = NULL};
    CRYPT_DATA_BLOB blob = {.cbData = (DWORD)catalog.size, .pbData = (BYTE *)catalog.at};
    bool absent = false;
    enum tri has = TRI_UNKNOWN;
    if (catalog.size <= MAXDWORD && open_certificate(&o, certificate, NULL)) {
        HCERTSTORE also = o.c.open(CERT_STORE_PROV_PKCS7, CRYPT32_ENCODING, 0, 0, &blob);
        HCERTSTORE root = crypt32_open_store(&o.c, L"Root", &absent);
        has = crypt32_leads_to_root(&o.c, root, also, o.certificate) ? TRI_YES : TRI_NO;
        if (root)
            o.c.close(root, 0);
        if (also)
            o.c.close(also, 0);
    }
    close_certificate(&o);
    return has;
}
