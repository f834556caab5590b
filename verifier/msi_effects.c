#include "verifier/msi_effects.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/certificates.h"
#include "verifier/msi_condition.h"

#include <stdio.h>
#include <string.h>

/* --- what is known of properties -------------------------------------------------------------- */

/* What the properties of one package are asked from. */
struct knowledge {
    const struct msi *msi;
    const struct facts *facts;
    struct msi_table searches, locators; /* AppSearch, RegLocator */
    char number[16];                     /* of the property that was asked last */
};

/* A table that is not there is one without rows. */
static bool open_table(const struct msi *m, const char *name, struct msi_table *out, struct err *e)
{
    struct err inner = {0};
    if (msi_table_open(m, name, out, &inner) || inner.kind == ERR_NOT_FOUND)
        return true;
    return err_set(e, inner.kind, "its table '%s': %s", name, inner.text);
}

static size_t row_with(const struct msi_table *t, const char *key, const char *value)
{
    size_t column = msi_column(t, key);
    for (size_t i = 0; value && i < t->row_count; i++) {
        const char *text = msi_text(t, i, column);
        if (text && strcmp(text, value) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* Does the look-up with this signature read Control\SystemStartOptions? */
static bool reads_start_options(const struct knowledge *k, const char *signature)
{
    enum { LOCAL_MACHINE = 2 };
    size_t row = row_with(&k->locators, "Signature_", signature);
    const char *key = msi_text(&k->locators, row, msi_column(&k->locators, "Key"));
    const char *name = msi_text(&k->locators, row, msi_column(&k->locators, "Name"));
    int32_t root = 0;
    return row != SIZE_MAX && key && name &&
           msi_integer(&k->locators, row, msi_column(&k->locators, "Root"), &root) &&
           root == LOCAL_MACHINE && text_equal_nocase(name, "SystemStartOptions") &&
           text_equal_nocase(key, "SYSTEM\\CurrentControlSet\\Control");
}

static bool found_by_search(const struct knowledge *k, size_t row, struct span *value)
{
    const char *signature = msi_text(&k->searches, row, msi_column(&k->searches, "Signature_"));
    const char *options = k->facts->windows.start_options;
    if (!options || !reads_start_options(k, signature))
        return false;
    *value = span_text(options);
    return true;
}

static bool number_is(struct knowledge *k, uint64_t n, struct span *value)
{
    snprintf(k->number, sizeof k->number, "%llu", (unsigned long long)(n & UINT32_MAX));
    *value = span_text(k->number);
    return true;
}

/* Windows Installer is told to be 8.1 from there on ("Operating System Property Values"). */
static bool version_is(struct knowledge *k, struct span *value)
{
    enum { NEWEST = 603, PER_MAJOR = 100 };
    const struct facts_windows *w = &k->facts->windows;
    if (!w->major.known || !w->minor.known)
        return false;
    uint64_t version = w->major.value >= 10 ? NEWEST : w->major.value * PER_MAJOR + w->minor.value;
    return number_is(k, version, value);
}

/* Properties that Windows Installer sets by itself and that say the same on every machine of a
 * kind. */
static bool set_by_windows(struct knowledge *k, const char *name, struct span *value)
{
    static const char *const unset[] = {
        "Installed", "REMOVE", "REINSTALL",   "PATCH",
        "Version9X", "RESUME", "Preselected", "UPGRADINGPRODUCTCODE"};
    const struct facts_windows *w = &k->facts->windows;
    bool x64 = w->architecture == ARCHITECTURE_X64;
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        if (strcmp(name, unset[i]) == 0) {
            *value = (struct span){0};
            return true;
        }
    if (strcmp(name, "VersionNT") == 0)
        return version_is(k, value);
    if (strcmp(name, "ServicePackLevel") == 0)
        return w->service_pack.known && number_is(k, w->service_pack.value, value);
    if (strcmp(name, "MsiNTProductType") == 0)
        return w->type && number_is(k, (uint64_t)w->type, value);
    if (strcmp(name, "Privileged") == 0 || strcmp(name, "AdminUser") == 0)
        return w->elevated == TRI_YES && number_is(k, 1, value);
    if (strcmp(name, "VersionNT64") != 0 || !w->architecture)
        return false;
    *value = (struct span){0};
    return !x64 || version_is(k, value);
}

static bool get(void *context, struct span name, struct span *value)
{
    struct knowledge *k = context;
    char *text = mem_strndup((const char *)name.at, name.size);
    size_t search = row_with(&k->searches, "Property", text);
    const char *own = msi_property(k->msi, text);
    bool known;
    if (search != SIZE_MAX)
        known = found_by_search(k, search, value);
    else if ((known = own != NULL))
        *value = span_text(own);
    else
        known = set_by_windows(k, text, value);
    mem_free(text);
    return known;
}

/* --- tables ----------------------------------------------------------------------------------- */

static size_t rows_of(const struct msi_table *t, struct msi_effects *out)
{
    out->truncated = out->truncated || t->row_count > MSI_EFFECTS_MAX;
    return t->row_count > MSI_EFFECTS_MAX ? MSI_EFFECTS_MAX : t->row_count;
}

static void add_demands(struct knowledge *k, const struct msi_table *t, struct msi_effects *out)
{
    const struct msi_properties properties = {get, k};
    size_t condition = msi_column(t, "Condition"), words = msi_column(t, "Description");
    size_t rows = rows_of(t, out);
    for (size_t i = 0; i < rows; i++) {
        const char *text = msi_text(t, i, condition);
        struct msi_demand *d = shape_list_add(&out->demands, sizeof *d);
        d->condition = mem_strdup(text ? text : "");
        d->message = mem_strdup(msi_text(t, i, words));
        d->met = msi_condition(d->condition, &properties);
    }
}

static bool read_demands(const struct msi *m, const struct facts *f, struct msi_effects *out,
                         struct err *e)
{
    struct knowledge k = {.msi = m, .facts = f};
    struct msi_table conditions = {0};
    bool ok = open_table(m, "LaunchCondition", &conditions, e) &&
              open_table(m, "AppSearch", &k.searches, e) &&
              open_table(m, "RegLocator", &k.locators, e);
    if (ok)
        add_demands(&k, &conditions, out);
    msi_table_release(&conditions);
    msi_table_release(&k.searches);
    msi_table_release(&k.locators);
    return ok;
}

static void read_certificate(struct span der, struct msi_certificate *out)
{
    struct certificates *all = mem_zero(1, sizeof *all);
    unsigned budget = 0;
    certificates_init(all, roots_kernel(), &budget);
    certificates_add(all, der);
    if (all->count == 1) {
        char hex[2 * DIGEST_SIZE_MAX + 1];
        struct digest d = digest_one(DIGEST_SHA1, all->at[0].whole);
        digest_hex(&d, hex);
        out->sha1 = mem_strdup(hex);
        out->subject = name_short(all->at[0].subject);
    }
    certificates_release(all);
    mem_free(all);
}

/* The bytes that row i of the Binary table holds, in a stream named after it. */
static void read_binary(const struct msi *m, const char *binary, struct msi_certificate *out)
{
    struct text name = {0};
    struct bytes storage = {0};
    struct span der;
    text_addf(&name, "Binary.%s", binary);
    size_t stream = msi_stream(m, text_str(&name));
    if (stream != SIZE_MAX && m->ole.entries[stream].size <= MSI_CERTIFICATE_SIZE_MAX &&
        ole_read(&m->ole, stream, &storage, &der, NULL))
        read_certificate(der, out);
    bytes_release(&storage);
    text_release(&name);
}

static bool read_certificates(const struct msi *m, struct msi_effects *out, struct err *e)
{
    enum { LOCAL_MACHINE = 2 };
    struct msi_table t = {0};
    if (!open_table(m, "Certificate", &t, e))
        return false;
    size_t rows = rows_of(&t, out);
    for (size_t i = 0; i < rows; i++) {
        const char *store = msi_text(&t, i, msi_column(&t, "StoreName"));
        const char *binary = msi_text(&t, i, msi_column(&t, "Binary_"));
        int32_t location = 0;
        struct msi_certificate *c = shape_list_add(&out->certificates, sizeof *c);
        c->store = mem_strdup(store ? store : "?");
        if (msi_integer(&t, i, msi_column(&t, "StoreLocation"), &location))
            c->of_machine = location == LOCAL_MACHINE ? TRI_YES : TRI_NO;
        if (binary)
            read_binary(m, binary, c);
    }
    msi_table_release(&t);
    return true;
}

bool msi_effects_read(struct span bytes, const struct facts *f, struct msi_effects *out,
                      struct err *e)
{
    struct msi m = {0};
    struct msi_effects found = {0};
    if (!msi_open(bytes, &m, e))
        return false;
    found.code = mem_strdup(msi_property(&m, "ProductCode"));
    found.name = mem_strdup(msi_property(&m, "ProductName"));
    found.version = mem_strdup(msi_property(&m, "ProductVersion"));
    bool ok = read_demands(&m, f, &found, e) && read_certificates(&m, &found, e);
    msi_release(&m);
    if (ok)
        *out = found;
    else
        msi_effects_release(&found);
    return ok;
}

void msi_effects_release(struct msi_effects *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->demands.count; i++) {
        mem_free(m->demands.at[i].condition);
        mem_free(m->demands.at[i].message);
    }
    for (size_t i = 0; i < m->certificates.count; i++) {
        mem_free(m->certificates.at[i].store);
        mem_free(m->certificates.at[i].sha1);
        mem_free(m->certificates.at[i].subject);
    }
    mem_free(m->demands.at);
    mem_free(m->certificates.at);
    mem_free(m->code);
    mem_free(m->name);
    mem_free(m->version);
    memset(m, 0, sizeof *m);
}
