#include "verifier/evidence.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/cab.h"
#include "verifier/msi.h"
#include "verifier/name.h"

#include <string.h>

#define NO_ENTRY SIZE_MAX

const char *integrity_name(enum integrity i)
{
    static const char *const names[] = {"unreadable", "altered", "incomplete", "missing", "unsigned", "intact"};
    return names[i];
}

const char *evidence_name(const struct evidence *ev, size_t entry)
{
    return entry < ev->package.count ? ev->package.entries[entry].name : "";
}

/* --- reading each entry once ----------------------------------------------------------------------------------- */

static enum integrity integrity_of_signature(enum signature_integrity s)
{
    switch (s) {
    case SIGNATURE_INTACT: return INTEGRITY_INTACT;
    case SIGNATURE_ALTERED: return INTEGRITY_ALTERED;
    case SIGNATURE_NONE: return INTEGRITY_UNSIGNED;
    case SIGNATURE_UNREADABLE: break;
    }
    return INTEGRITY_UNREADABLE;
}

static void hash_spans(unsigned set, const struct span_list *l, struct digests *out)
{
    digest_spans(set, (struct digest_input){.spans = l->at, .count = l->count}, out);
}

static void judge_cab(struct span bytes, const char *name, struct authenticode *a, struct findings *f)
{
    struct cab cab = {0};
    struct span_list covered = {0};
    struct digests digests = {0};
    struct span blob = {0};
    struct err e = {0};
    if (cab_open(bytes, &cab, &e) && cab_signature(&cab, &blob, &e) && cab_signed_spans(&cab, &covered, &e)) {
        authenticode_add(a, blob, name, f);
        hash_spans(authenticode_wanted(a), &covered, &digests);
        authenticode_compare(a, &digests);
    } else if (e.kind != ERR_NONE) {
        findings_add(f, FINDING_ERROR, "signature-unreadable", name, "%s", e.text);
    }
    spans_release(&covered);
    cab_release(&cab);
}

/* The stream's bytes in one piece; empty when it is not there. */
static void read_stream(const struct msi *m, size_t stream, struct bytes *out, struct err *e)
{
    struct span_list pieces = {0};
    if (stream != SIZE_MAX && ole_spans(&m->ole, stream, &pieces, e))
        spans_join(&pieces, out);
    spans_release(&pieces);
}

/*
 * The digest of an MSI, in each kind of set. With the Ex stream the signed message is H(prehash) followed by the
 * content, and the stream must hold that H(prehash) (osslsigncode's msi.c).
 */
static bool msi_digests(const struct msi *m, unsigned set, struct digests *out, struct err *e)
{
    struct span_list content = {0}, prehash = {0}, message = {0};
    struct bytes ex = {0};
    struct digests pre = {0};
    bool has_ex = msi_signature_ex_stream(m) != SIZE_MAX;
    bool ok = msi_signed_content(m, &content, e) && (!has_ex || msi_signed_prehash(m, &prehash, e));
    if (ok && has_ex) {
        read_stream(m, msi_signature_ex_stream(m), &ex, e);
        hash_spans(set, &prehash, &pre);
        spans_add(&message, bytes_span(&ex));
    }
    for (size_t i = 0; ok && i < content.count; i++)
        spans_add(&message, content.at[i]);
    if (ok)
        hash_spans(set, &message, out);
    for (size_t k = 0; ok && has_ex && k < DIGEST_KINDS; k++)
        if (!span_equal(span_of(pre.of[k].bytes, pre.of[k].size), bytes_span(&ex)))
            memset(out->of[k].bytes, 0, sizeof out->of[k].bytes);
    bytes_release(&ex);
    spans_release(&message);
    spans_release(&prehash);
    spans_release(&content);
    return ok;
}

static void judge_msi(struct span bytes, const char *name, struct authenticode *a, struct findings *f)
{
    struct msi msi = {0};
    struct bytes blob = {0};
    struct digests digests = {0};
    struct err e = {0};
    if (msi_open(bytes, &msi, &e)) {
        read_stream(&msi, msi_signature_stream(&msi), &blob, &e);
        if (blob.size && authenticode_add(a, bytes_span(&blob), name, f)
            && msi_digests(&msi, authenticode_wanted(a), &digests, &e))
            authenticode_compare(a, &digests);
    }
    if (e.kind != ERR_NONE)
        findings_add(f, FINDING_ERROR, "signature-unreadable", name, "%s", e.text);
    bytes_release(&blob);
    msi_release(&msi);
}

static void judge_pe(struct evidence_entry *x, struct span bytes, const char *name, unsigned wanted, struct findings *f)
{
    struct pe pe;
    struct span hashed[PE_RANGES_MAX];
    pe_parse(&pe, pe_source_span(&bytes), name, f);
    for (size_t i = 0; i < pe.certificate_count; i++)
        if (pe.certificates[i].type == 2)
            authenticode_add(&x->signatures, pe.certificates[i].blob, name, f);
    size_t count = pe_hashed_spans(&pe, bytes, hashed);
    if (pe.state == PE_OK)
        digest_spans(wanted | authenticode_wanted(&x->signatures),
                     (struct digest_input){.spans = hashed, .count = count, .zeros = pe.pad}, &x->image);
    authenticode_compare(&x->signatures, &x->image);
    x->is_pe = pe.state == PE_OK;
    x->is_kernel = pe.kernel;
    x->machine = pe.machine;
    memcpy(x->file_version, pe.version.file, sizeof x->file_version);
    memcpy(x->subsystem_version, pe.subsystem_version, sizeof x->subsystem_version);
    pe_release(&pe);
}

static void look_at_bytes(struct evidence *ev, size_t i, unsigned wanted, const struct roots *roots)
{
    struct evidence_entry *x = &ev->entries[i];
    const struct package_entry *entry = &ev->package.entries[i];
    struct span bytes = entry->bytes;
    enum package_kind kind = package_kind_of(bytes);
    x->size = bytes.size;
    digest_spans(wanted | DIGEST_BIT(DIGEST_SHA256), (struct digest_input){.spans = &bytes, .count = 1}, &x->flat);
    x->sha256 = x->flat.of[DIGEST_SHA256];
    authenticode_init(&x->signatures, roots,
                      kind == PACKAGE_CAB ? SUBJECT_CAB : kind == PACKAGE_MSI ? SUBJECT_MSI : SUBJECT_PE);
    if (kind == PACKAGE_CAB)
        judge_cab(bytes, entry->name, &x->signatures, &ev->findings);
    else if (kind == PACKAGE_MSI)
        judge_msi(bytes, entry->name, &x->signatures, &ev->findings);
    else if (kind == PACKAGE_PE)
        judge_pe(x, bytes, entry->name, wanted, &ev->findings);
    x->read = true;
}

static void look_at(struct evidence *ev, size_t i, unsigned wanted, const struct roots *roots)
{
    struct err e = {0};
    if (package_load(&ev->package, i, &e)) {
        look_at_bytes(ev, i, wanted, roots);
        package_drop(&ev->package, i);
    } else {
        findings_add(&ev->findings, FINDING_ERROR, "file-unreadable", evidence_name(ev, i), "%s", e.text);
    }
}

static bool is_catalog(const struct package_entry *entry)
{
    return entry->kind == PACKAGE_CATALOG || name_has_extension(entry->name, ".cat");
}

static void read_catalog(struct evidence *ev, size_t i, const struct roots *roots)
{
    struct evidence_entry *x = &ev->entries[i];
    struct err e = {0};
    if (!package_load(&ev->package, i, &e)) {
        findings_add(&ev->findings, FINDING_ERROR, "file-unreadable", evidence_name(ev, i), "%s", e.text);
        return;
    }
    struct span bytes = ev->package.entries[i].bytes;
    x->catalog = mem_zero(1, sizeof *x->catalog);
    cat_parse(x->catalog, bytes, evidence_name(ev, i), &ev->findings);
    authenticode_init(&x->catalog_signature, roots, SUBJECT_CATALOG);
    if (x->catalog->state == CAT_OK)
        authenticode_add(&x->catalog_signature, bytes, evidence_name(ev, i), &ev->findings);
    package_drop(&ev->package, i);
}

/* --- one driver package ---------------------------------------------------------------------------------------- */

/* "folder/" + name, where folder is that of beside. */
static char *name_beside(const char *beside, const char *name)
{
    struct text t = {0};
    text_add_bytes(&t, beside, (size_t)(name_base(beside) - beside));
    text_add(&t, name);
    return text_steal(&t);
}

static size_t find_beside(const struct evidence *ev, const char *beside, const char *name)
{
    struct text clean = {0};
    size_t found = NO_ENTRY;
    if (name_clean(name, &clean) == NAME_SAFE) {
        char *full = name_beside(beside, text_str(&clean));
        found = package_find(&ev->package, full);
        mem_free(full);
    }
    text_release(&clean);
    return found;
}

static bool same_folder(const char *a, const char *b)
{
    size_t size = (size_t)(name_base(a) - a);
    return size == (size_t)(name_base(b) - b) && memcmp(a, b, size) == 0;
}

/* The catalog that the INF names and that is there; else the only one in its folder. */
static size_t find_catalog(const struct evidence *ev, const struct evidence_package *p, const struct target *target)
{
    const char *inf_name = evidence_name(ev, p->inf_entry);
    const char *named = inf_catalog(&p->inf, target);
    size_t found = *named ? find_beside(ev, inf_name, named) : NO_ENTRY, only = NO_ENTRY, beside = 0;
    struct inf_names all = {0};
    if (!target)
        inf_catalogs(&p->inf, &all);
    for (size_t i = 0; found == NO_ENTRY && i < all.count; i++)
        found = find_beside(ev, inf_name, all.at[i]);
    inf_names_release(&all);
    for (size_t i = 0; found == NO_ENTRY && i < ev->package.count; i++)
        if (ev->entries[i].catalog && same_folder(evidence_name(ev, i), inf_name)) {
            only = i;
            beside++;
        }
    return found != NO_ENTRY ? found : beside == 1 ? only : NO_ENTRY;
}

static const struct cat_member *find_member(const struct cat *catalog, const struct evidence_entry *x)
{
    const struct cat_member *m = x->is_pe ? cat_find_any(catalog, &x->image) : NULL;
    return m ? m : cat_find_any(catalog, &x->flat);
}

/*
 * What the signatures in one file say of it: altered when any of them, nested ones and time stamps
 * too, does not match what it covers, since somebody has changed bytes; else what the primary one
 * says. A nested one of a form that we do not know is not judged.
 */
static enum integrity integrity_of(const struct authenticode *a)
{
    if (!a->count)
        return INTEGRITY_UNSIGNED;
    for (size_t i = 0; i < a->count; i++)
        if (a->signatures[i].integrity == SIGNATURE_ALTERED
            || a->signatures[i].timestamp.integrity == SIGNATURE_ALTERED)
            return INTEGRITY_ALTERED;
    return integrity_of_signature(a->signatures[0].integrity);
}

static enum integrity own_integrity(const struct evidence_entry *x)
{
    return integrity_of(&x->signatures);
}

/* A text tool that dropped the CRs is the most common way of damaging an INF: say so when it is that. */
static bool matches_with_crlf(struct evidence *ev, size_t entry, const struct cat *catalog)
{
    struct text crlf = {0};
    struct digests flat = {0};
    bool found = false;
    if (!name_has_extension(evidence_name(ev, entry), ".inf") || !package_load(&ev->package, entry, NULL))
        return false;
    struct span bytes = ev->package.entries[entry].bytes;
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.at[i] == '\n' && (i == 0 || bytes.at[i - 1] != '\r'))
            text_add(&crlf, "\r");
        text_add_bytes(&crlf, (const char *)bytes.at + i, 1);
    }
    package_drop(&ev->package, entry);
    struct span whole = span_of(crlf.at, crlf.size);
    digest_spans(catalog->digests, (struct digest_input){.spans = &whole, .count = 1}, &flat);
    found = cat_find_any(catalog, &flat) != NULL;
    text_release(&crlf);
    return found;
}

static enum integrity catalog_integrity(const struct evidence *ev, size_t catalog)
{
    return catalog == NO_ENTRY ? INTEGRITY_UNSIGNED : integrity_of(&ev->entries[catalog].catalog_signature);
}

static void note_not_a_member(struct evidence *ev, const struct evidence_file *f, const char *catalog_name,
                              const struct cat *catalog)
{
    struct text safe = {0};
    text_add_escaped(&safe, catalog_name);
    if (matches_with_crlf(ev, f->entry, catalog))
        findings_add(&ev->findings, FINDING_ERROR, "line-ends-changed", f->name,
                     "its hash is in '%s' only with CR LF line ends: a text-mode tool has altered the file",
                     text_str(&safe));
    else
        findings_add(&ev->findings, FINDING_ERROR, "not-in-catalog", f->name, "its hash is not in '%s'", text_str(&safe));
    text_release(&safe);
}

static void judge_member(struct evidence *ev, const struct evidence_package *p, struct evidence_file *f)
{
    const struct evidence_entry *x = &ev->entries[f->entry];
    const struct cat *catalog = p->catalog_entry == NO_ENTRY ? NULL : ev->entries[p->catalog_entry].catalog;
    enum integrity own = own_integrity(x);
    f->integrity = own;
    if (!x->read) {
        f->integrity = INTEGRITY_UNREADABLE;
        return;
    }
    if (!catalog || catalog->state != CAT_OK)
        return;
    const struct cat_member *m = find_member(catalog, x);
    f->member = m ? TRI_YES : TRI_NO;
    if (m) {
        enum integrity listed = catalog_integrity(ev, p->catalog_entry);
        f->os_attr = mem_strdup(m->os);
        f->integrity = own == INTEGRITY_ALTERED ? INTEGRITY_ALTERED : own > listed ? own : listed;
        return;
    }
    note_not_a_member(ev, f, evidence_name(ev, p->catalog_entry), catalog);
    if (own == INTEGRITY_UNSIGNED)
        f->integrity = INTEGRITY_ALTERED;
}

static struct evidence_file *add_file(struct evidence_package *p, const char *name, size_t entry)
{
    struct evidence_file *f = shape_list_add(&p->files, sizeof *f);
    f->name = mem_strdup(name);
    f->entry = entry;
    return f;
}

static void add_missing(struct evidence *ev, struct evidence_package *p, const char *path)
{
    char *name = name_beside(evidence_name(ev, p->inf_entry), path);
    add_file(p, name, NO_ENTRY)->integrity = INTEGRITY_MISSING;
    findings_add(&ev->findings, FINDING_ERROR, "file-missing", name, "the INF copies it, and it is not in the package");
    mem_free(name);
}

static void add_copied_files(struct evidence *ev, struct evidence_package *p, const struct target *target)
{
    struct inf_files copied = {0};
    const char *inf_name = evidence_name(ev, p->inf_entry);
    inf_packaged_files(&p->inf, target, &copied);
    for (size_t i = 0; i < copied.count; i++) {
        size_t entry = find_beside(ev, inf_name, copied.at[i].path);
        if (entry == NO_ENTRY)
            entry = find_beside(ev, inf_name, copied.at[i].source);
        if (entry == NO_ENTRY)
            add_missing(ev, p, copied.at[i].path);
        else
            judge_member(ev, p, add_file(p, evidence_name(ev, entry), entry));
    }
    inf_files_release(&copied);
}

static enum integrity worse(enum integrity a, enum integrity b)
{
    return a < b ? a : b;
}

/* What one file says about its package; a file with a signature of its own that is not listed makes it altered. */
static enum integrity share_of(const struct evidence_file *f, bool has_catalog)
{
    if (f->integrity == INTEGRITY_MISSING)
        return INTEGRITY_INCOMPLETE;
    if (f->integrity == INTEGRITY_UNREADABLE || f->integrity == INTEGRITY_ALTERED)
        return f->integrity;
    if (!has_catalog)
        return INTEGRITY_UNSIGNED;
    return f->member == TRI_YES ? INTEGRITY_INTACT : INTEGRITY_ALTERED;
}

static void judge_package(struct evidence *ev, struct evidence_package *p)
{
    const struct cat *catalog = p->catalog_entry == NO_ENTRY ? NULL : ev->entries[p->catalog_entry].catalog;
    bool usable = catalog && catalog->state == CAT_OK;
    p->integrity = INTEGRITY_INTACT;
    if (!catalog || catalog->state == CAT_EMPTY || catalog->state == CAT_PLACEHOLDER) {
        p->integrity = INTEGRITY_UNSIGNED;
        findings_add(&ev->findings, FINDING_ERROR, catalog ? "catalog-placeholder" : "no-catalog",
                     evidence_name(ev, p->inf_entry), catalog ? "its catalog is a placeholder: the package is unsigned"
                                                              : "no catalog comes with it: the package is unsigned");
    } else {
        p->integrity = usable ? catalog_integrity(ev, p->catalog_entry) : INTEGRITY_UNREADABLE;
    }
    for (size_t i = 0; i < p->files.count; i++)
        p->integrity = worse(p->integrity, share_of(&p->files.at[i], usable));
}

static bool read_inf(struct evidence *ev, size_t i, struct inf *inf)
{
    struct err e = {0};
    if (!package_load(&ev->package, i, &e))
        return false;
    inf->name = evidence_name(ev, i);
    bool ok = inf_parse(ev->package.entries[i].bytes, inf, &ev->findings, &e);
    package_drop(&ev->package, i);
    if (!ok)
        findings_add(&ev->findings, FINDING_ERROR, "inf-unreadable", evidence_name(ev, i), "%s", e.text);
    return ok;
}

/* An INF without a [Manufacturer] section and without a catalog installs no device: it is a file like others. */
static bool is_driver_inf(const struct inf *inf)
{
    return inf_section(inf, "Manufacturer") || *inf_catalog(inf, NULL);
}

static void add_package(struct evidence *ev, size_t i, const struct evidence_options *o)
{
    struct inf inf = {0};
    if (!read_inf(ev, i, &inf) || !is_driver_inf(&inf)) {
        inf_release(&inf);
        return;
    }
    struct evidence_package *p = shape_list_add(&ev->packages, sizeof *p);
    p->inf = inf;
    p->inf_entry = i;
    p->catalog_entry = find_catalog(ev, p, o->target);
    judge_member(ev, p, add_file(p, evidence_name(ev, i), i));
    add_copied_files(ev, p, o->target);
    judge_package(ev, p);
}

/* --- the whole ------------------------------------------------------------------------------------------------- */

static bool is_inf(const struct package_entry *entry)
{
    return name_has_extension(entry->name, ".inf");
}

static unsigned digests_of_catalogs(const struct evidence *ev)
{
    unsigned set = 0;
    for (size_t i = 0; i < ev->package.count; i++)
        if (ev->entries[i].catalog)
            set |= ev->entries[i].catalog->digests;
    return set;
}

static void mark_packaged(const struct evidence *ev, bool *packaged)
{
    for (size_t i = 0; i < ev->packages.count; i++) {
        const struct evidence_package *p = &ev->packages.at[i];
        if (p->catalog_entry != NO_ENTRY)
            packaged[p->catalog_entry] = true;
        for (size_t j = 0; j < p->files.count; j++)
            if (p->files.at[j].entry != NO_ENTRY)
                packaged[p->files.at[j].entry] = true;
    }
}

/* Catalogs and programs that stand alone are judged by their own signature; a text file has none and needs none. */
static void add_loose_files(struct evidence *ev)
{
    bool *packaged = mem_zero(ev->package.count, sizeof *packaged);
    mark_packaged(ev, packaged);
    for (size_t i = 0; i < ev->package.count; i++) {
        const struct evidence_entry *x = &ev->entries[i];
        if (packaged[i])
            continue;
        struct evidence_file *f = shape_list_add(&ev->files, sizeof *f);
        f->name = mem_strdup(evidence_name(ev, i));
        f->entry = i;
        if (x->catalog && x->catalog->state == CAT_OK)
            f->integrity = catalog_integrity(ev, i);
        else
            f->integrity = x->read ? own_integrity(x) : INTEGRITY_UNREADABLE;
    }
    mem_free(packaged);
}

/* Loose files without a signature are worth no verdict unless nothing else is there to be judged. */
static void judge_whole(struct evidence *ev)
{
    bool is_signed = ev->has_signature;
    enum integrity all = is_signed ? integrity_of(&ev->signature) : INTEGRITY_INTACT;
    for (size_t i = 0; i < ev->packages.count; i++)
        all = worse(all, ev->packages.at[i].integrity);
    for (size_t i = 0; i < ev->files.count; i++) {
        enum integrity one = ev->files.at[i].integrity;
        if (one != INTEGRITY_UNSIGNED || (!ev->packages.count && !is_signed))
            all = worse(all, one);
    }
    if (!ev->packages.count && !ev->files.count && !is_signed)
        all = INTEGRITY_UNSIGNED;
    ev->integrity = ev->package.damaged ? INTEGRITY_UNREADABLE : all;
}

static void judge_container(struct evidence *ev, const struct roots *roots)
{
    struct span bytes = ev->package.bytes;
    if (!bytes.size)
        return;
    digest_spans(DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA512),
                 (struct digest_input){.spans = &bytes, .count = 1}, &ev->whole);
    if (ev->package.kind != PACKAGE_MSI && ev->package.kind != PACKAGE_CAB)
        return;
    authenticode_init(&ev->signature, roots, ev->package.kind == PACKAGE_CAB ? SUBJECT_CAB : SUBJECT_MSI);
    if (ev->package.kind == PACKAGE_CAB)
        judge_cab(bytes, NULL, &ev->signature, &ev->findings);
    else
        judge_msi(bytes, NULL, &ev->signature, &ev->findings);
    ev->has_signature = ev->signature.count > 0;
}

bool evidence_gather(const char *path, const struct evidence_options *o, struct evidence *out, struct err *e)
{
    struct evidence ev = {0};
    const struct roots *roots = o->roots ? o->roots : roots_kernel();
    if (!package_open(path, &ev.package, e))
        return false;
    ev.entries = mem_zero(ev.package.count, sizeof *ev.entries);
    findings_move(&ev.findings, &ev.package.findings);
    judge_container(&ev, roots);
    for (size_t i = 0; i < ev.package.count; i++)
        if (is_catalog(&ev.package.entries[i]))
            read_catalog(&ev, i, roots);
    unsigned wanted = digests_of_catalogs(&ev);
    for (size_t i = 0; i < ev.package.count; i++)
        look_at(&ev, i, wanted, roots);
    for (size_t i = 0; i < ev.package.count; i++)
        if (is_inf(&ev.package.entries[i]))
            add_package(&ev, i, o);
    add_loose_files(&ev);
    judge_whole(&ev);
    *out = ev;
    return true;
}

const struct signature *evidence_package_signature(const struct evidence *ev, const struct evidence_package *p)
{
    return p->catalog_entry == NO_ENTRY ? NULL : authenticode_best(&ev->entries[p->catalog_entry].catalog_signature);
}

const struct signature *evidence_file_signature(const struct evidence *ev, const struct evidence_file *f)
{
    return f->entry == NO_ENTRY ? NULL : authenticode_best(&ev->entries[f->entry].signatures);
}

static void files_release(struct evidence_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mem_free(files[i].name);
        mem_free(files[i].os_attr);
    }
    mem_free(files);
}

void evidence_release(struct evidence *ev)
{
    if (!ev)
        return;
    for (size_t i = 0; i < ev->package.count; i++) {
        struct evidence_entry *x = &ev->entries[i];
        authenticode_release(&x->signatures);
        authenticode_release(&x->catalog_signature);
        if (x->catalog)
            cat_release(x->catalog);
        mem_free(x->catalog);
    }
    mem_free(ev->entries);
    for (size_t i = 0; i < ev->packages.count; i++) {
        inf_release(&ev->packages.at[i].inf);
        files_release(ev->packages.at[i].files.at, ev->packages.at[i].files.count);
    }
    mem_free(ev->packages.at);
    files_release(ev->files.at, ev->files.count);
    authenticode_release(&ev->signature);
    findings_release(&ev->findings);
    package_release(&ev->package);
    memset(ev, 0, sizeof *ev);
}
