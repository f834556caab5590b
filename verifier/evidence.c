#include "verifier/evidence.h"

#include "base/mem.h"
#include "base/pipeline.h"
#include "base/text.h"
#include "verifier/cab.h"
#include "verifier/msi.h"
#include "verifier/name.h"

#include <string.h>

#define NO_ENTRY SIZE_MAX

const char *integrity_name(enum integrity i)
{
    static const char *const names[] = {"unreadable", "altered",  "incomplete",
                                        "missing",    "unsigned", "intact"};
    return names[i];
}

const char *evidence_name(const struct evidence *ev, size_t entry)
{
    return entry < ev->package.count ? ev->package.entries[entry].name : "";
}

/* --- reading each entry once
 * ----------------------------------------------------------------------------------- */

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

static void judge_cab(struct span bytes, const char *name, struct authenticode *a,
                      struct findings *f)
{
    struct cab cab = {0};
    struct span_list covered = {0};
    struct digests digests = {0};
    struct span blob = {0};
    struct err e = {0};
    if (cab_open(bytes, &cab, &e) && cab_signature(&cab, &blob, &e) &&
        cab_signed_spans(&cab, &covered, &e)) {
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
 * The digest of an MSI, in each kind of set. With the Ex stream the signed message is H(prehash)
 * followed by the content, and the stream must hold that H(prehash) (osslsigncode's msi.c).
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

static void judge_msi(struct span bytes, const char *name, struct authenticode *a,
                      struct findings *f)
{
    struct msi msi = {0};
    struct bytes blob = {0};
    struct digests digests = {0};
    struct err e = {0};
    if (msi_open(bytes, &msi, &e)) {
        read_stream(&msi, msi_signature_stream(&msi), &blob, &e);
        if (blob.size && authenticode_add(a, bytes_span(&blob), name, f) &&
            msi_digests(&msi, authenticode_wanted(a), &digests, &e))
            authenticode_compare(a, &digests);
    }
    if (e.kind != ERR_NONE)
        findings_add(f, FINDING_ERROR, "signature-unreadable", name, "%s", e.text);
    bytes_release(&blob);
    msi_release(&msi);
}

/* What reading the entries needs to know. */
struct gathering {
    struct evidence *ev;
    const struct roots *roots;
    struct findings *findings; /* of the entry that is looked at */
    unsigned wanted;           /* digests that the catalogs here list files by */
    bool lean;                 /* no digest but those that decide something */
    const bool *listed;        /* for each entry: is it looked for in catalogs? NULL: all are */
    unsigned threads;
};

/* The bytes of one entry going by, each once: the flat digests and, of a PE file, the Authenticode
 * ones. */
struct hashing {
    struct digest_run flat, image;
    const struct pe *pe; /* NULL: no image */
    uint64_t at;
};

static void hash_piece(struct hashing *h, struct span piece)
{
    uint64_t end = h->at + piece.size;
    digest_add(&h->flat, piece);
    for (size_t i = 0; h->pe && i < h->pe->hashed_count; i++) {
        const struct pe_range *r = &h->pe->hashed[i];
        uint64_t from = r->offset > h->at ? r->offset : h->at;
        uint64_t to = r->offset + r->size < end ? r->offset + r->size : end;
        struct span part;
        if (from < to && span_part(piece, from - h->at, to - from, &part))
            digest_add(&h->image, part);
    }
    h->at = end;
}

/* Where an entry's bytes come from: memory, or a file that is read in pieces. */
struct bytes_source {
    struct span bytes;
    const struct file_opened *file; /* NULL: in memory */
    struct err *e;
};

enum { PIECE = 256 * 1024, STREAM_FROM = 1 << 20 /* smaller files are read at once */ };

static bool hash_all(struct hashing *h, const struct bytes_source *from)
{
    uint64_t size = from->file ? from->file->size : from->bytes.size;
    uint8_t *buffer = from->file ? mem_resize(NULL, PIECE, 1) : NULL;
    bool ok = true;
    while (ok && h->at < size) {
        struct span piece = {buffer, size - h->at < PIECE ? (size_t)(size - h->at) : PIECE};
        ok = from->file ? file_part(from->file, h->at, buffer, piece.size, from->e)
                        : span_part(from->bytes, h->at, piece.size, &piece);
        if (ok)
            hash_piece(h, piece);
    }
    mem_free(buffer);
    return ok;
}

/* Compute two sets of digests in one pass; nothing is read when both are empty. */
static bool hash_sets(struct hashing *h, unsigned flat, unsigned image,
                      const struct bytes_source *from)
{
    h->at = 0;
    digest_begin(&h->flat, flat);
    digest_begin(&h->image, image);
    bool ok = !(flat | image) || hash_all(h, from);
    if (ok && h->pe)
        digest_add_zeros(&h->image, h->pe->pad);
    return ok;
}

/* Does a catalog list this PE file by its Authenticode hash, so that nobody will ask for the flat
 * one? */
static bool is_listed(const struct evidence *ev, const struct digests *image)
{
    enum { LOOKED_INTO_MAX = 64 };
    size_t looked = 0;
    for (size_t i = 0; i < ev->catalogs.count && looked++ < LOOKED_INTO_MAX; i++)
        if (cat_find_any(ev->entries[ev->catalogs.at[i]].catalog, image))
            return true;
    return false;
}

static bool hash_entry(const struct gathering *g, struct evidence_entry *x, const struct pe *pe,
                       const struct bytes_source *from)
{
    unsigned wanted = !g->listed || g->listed[x - g->ev->entries] ? g->wanted : 0;
    unsigned image = pe ? wanted | authenticode_wanted(&x->signatures) : 0;
    unsigned flat = g->lean ? wanted : wanted | DIGEST_BIT(DIGEST_SHA256);
    bool later = g->lean && pe && flat; /* most PE files are listed by image */
    struct hashing h = {.pe = pe};
    bool ok = hash_sets(&h, later ? 0 : flat, image, from);
    digest_end(&h.image, &x->image);
    if (ok && later && !is_listed(g->ev, &x->image)) {
        digest_drop(&h.flat);
        h.pe = NULL;
        ok = hash_sets(&h, flat, 0, from);
        digest_drop(&h.image);
    }
    digest_end(&h.flat, &x->flat);
    if (!g->lean)
        x->sha256 = x->flat.of[DIGEST_SHA256];
    return ok;
}

static bool read_opened(void *context, uint64_t offset, void *buffer, size_t size)
{
    const struct bytes_source *from = context;
    return file_part(from->file, offset, buffer, size, from->e);
}

static struct pe_source pe_source_of(struct bytes_source *from)
{
    if (from->file)
        return (struct pe_source){from->file->size, read_opened, from};
    return pe_source_span(&from->bytes);
}

static bool judge_pe(const struct gathering *g, size_t i, struct bytes_source *from)
{
    struct evidence_entry *x = &g->ev->entries[i];
    const char *name = evidence_name(g->ev, i);
    struct pe pe;
    pe_parse(&pe, pe_source_of(from), name, g->findings);
    for (size_t k = 0; k < pe.certificate_count; k++)
        if (pe.certificates[k].type == 2)
            authenticode_add(&x->signatures, pe.certificates[k].blob, name, g->findings);
    bool ok = hash_entry(g, x, pe.state == PE_OK ? &pe : NULL, from);
    authenticode_compare(&x->signatures, &x->image);
    x->is_pe = pe.state == PE_OK;
    x->is_kernel = pe.kernel;
    x->machine = pe.machine;
    memcpy(x->file_version, pe.version.file, sizeof x->file_version);
    memcpy(x->subsystem_version, pe.subsystem_version, sizeof x->subsystem_version);
    pe_release(&pe);
    return ok;
}

/* kind: as its content says. A CAB or an MSI must be in memory. */
static bool look_at_bytes(const struct gathering *g, size_t i, enum package_kind kind,
                          struct bytes_source *from)
{
    struct evidence_entry *x = &g->ev->entries[i];
    const char *name = evidence_name(g->ev, i);
    x->size = from->file ? from->file->size : from->bytes.size;
    authenticode_init(&x->signatures, g->roots,
                      kind == PACKAGE_CAB   ? SUBJECT_CAB
                      : kind == PACKAGE_MSI ? SUBJECT_MSI
                                            : SUBJECT_PE);
    if (kind == PACKAGE_PE)
        return judge_pe(g, i, from);
    if (kind == PACKAGE_CAB)
        judge_cab(from->bytes, name, &x->signatures, g->findings);
    else if (kind == PACKAGE_MSI)
        judge_msi(from->bytes, name, &x->signatures, g->findings);
    return hash_entry(g, x, NULL, from);
}

static bool is_streamed(const struct package_entry *entry)
{
    return entry->disk && !entry->loaded && entry->size >= STREAM_FROM &&
           entry->kind != PACKAGE_UNKNOWN && entry->kind != PACKAGE_CAB &&
           entry->kind != PACKAGE_MSI;
}

static bool stream(const struct gathering *g, size_t i, struct err *e)
{
    const struct package_entry *entry = &g->ev->package.entries[i];
    struct file_opened file = {0};
    struct bytes_source from = {.file = &file, .e = e};
    if (!file_open(entry->disk, &file, e))
        return false;
    bool ok = file.size == entry->size
                  ? look_at_bytes(g, i, entry->kind, &from)
                  : err_set(e, ERR_FORMAT, "it has changed while being looked at");
    file_close(&file, NULL);
    return ok;
}

static void look_at(const struct gathering *g, size_t i)
{
    struct package *p = &g->ev->package;
    struct err e = {0};
    bool ok;
    if (is_streamed(&p->entries[i])) {
        ok = stream(g, i, &e);
    } else if ((ok = package_load(p, i, &e))) {
        struct bytes_source from = {.bytes = p->entries[i].bytes};
        ok = look_at_bytes(g, i, package_kind_of(from.bytes), &from);
        package_drop(p, i);
    }
    g->ev->entries[i].read = ok;
    if (!ok)
        findings_add(g->findings, FINDING_ERROR, "file-unreadable", evidence_name(g->ev, i), "%s",
                     e.text);
}

static bool is_catalog(const struct package_entry *entry)
{
    return entry->kind == PACKAGE_CATALOG || name_has_extension(entry->name, ".cat");
}

static void read_catalog(const struct gathering *g, size_t i)
{
    struct package *p = &g->ev->package;
    struct evidence_entry *x = &g->ev->entries[i];
    const char *name = evidence_name(g->ev, i);
    struct err e = {0};
    if (!is_catalog(&p->entries[i]))
        return;
    if (!package_load(p, i, &e)) {
        findings_add(g->findings, FINDING_ERROR, "file-unreadable", name, "%s", e.text);
        return;
    }
    struct span bytes = p->entries[i].bytes;
    x->catalog = mem_zero(1, sizeof *x->catalog);
    cat_parse(x->catalog, bytes, name, g->findings);
    authenticode_init(&x->catalog_signature, g->roots, SUBJECT_CATALOG);
    if (x->catalog->state == CAT_OK)
        authenticode_add(&x->catalog_signature, bytes, name, g->findings);
    package_drop(p, i);
}

/* One thing done to every entry, several at a time, with the findings in the order of the entries.
 */
struct round {
    const struct gathering *g;
    void (*look)(const struct gathering *g, size_t i);
    size_t next;
};

struct look {
    size_t entry;
    struct findings findings;
};

static void *next_look(void *context)
{
    struct round *r = context;
    if (r->next == r->g->ev->package.count)
        return NULL;
    struct look *l = mem_zero(1, sizeof *l);
    l->entry = r->next++;
    return l;
}

static void take_look(void *context, void *look)
{
    struct round *r = context;
    struct look *l = look;
    struct gathering own = *r->g;
    own.findings = &l->findings;
    r->look(&own, l->entry);
}

static void end_look(void *context, void *look)
{
    struct round *r = context;
    struct look *l = look;
    findings_move(&r->g->ev->findings, &l->findings);
    mem_free(l);
}

/* Entries of a folder's containers are loaded by one thread only: see package_load. */
static void look_at_all(const struct gathering *g,
                        void (*look)(const struct gathering *g, size_t i))
{
    struct round r = {.g = g, .look = look};
    struct pipeline all = {.context = &r, .make = next_look, .work = take_look, .finish = end_look};
    unsigned threads = g->ev->package.count > 1 ? g->threads : 1;
    for (size_t i = 0; i < g->ev->package.count && threads != 1; i++)
        if (!g->ev->package.entries[i].disk && !g->ev->package.entries[i].loaded)
            threads = 1;
    pipeline_run(&all, threads);
}

/* --- one driver package
 * ---------------------------------------------------------------------------------------- */

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
static size_t find_catalog(const struct evidence *ev, const struct evidence_package *p,
                           const struct target *target)
{
    const char *inf_name = evidence_name(ev, p->inf_entry);
    const char *named = inf_catalog(&p->inf, target);
    size_t found = *named ? find_beside(ev, inf_name, named) : NO_ENTRY, only = NO_ENTRY,
           beside = 0;
    struct inf_names all = {0};
    if (!target)
        inf_catalogs(&p->inf, &all);
    for (size_t i = 0; found == NO_ENTRY && i < all.count; i++)
        found = find_beside(ev, inf_name, all.at[i]);
    inf_names_release(&all);
    for (size_t i = 0; found == NO_ENTRY && i < ev->catalogs.count; i++)
        if (same_folder(evidence_name(ev, ev->catalogs.at[i]), inf_name)) {
            only = ev->catalogs.at[i];
            beside++;
        }
    return found != NO_ENTRY ? found : beside == 1 ? only : NO_ENTRY;
}

static const struct cat_member *find_member(const struct cat *catalog,
                                            const struct evidence_entry *x)
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
        if (a->signatures[i].integrity == SIGNATURE_ALTERED ||
            a->signatures[i].timestamp.integrity == SIGNATURE_ALTERED)
            return INTEGRITY_ALTERED;
    return integrity_of_signature(a->signatures[0].integrity);
}

static enum integrity own_integrity(const struct evidence_entry *x)
{
    return integrity_of(&x->signatures);
}

/* A text tool that dropped the CRs is the most common way of damaging an INF: say so when it is
 * that. */
static bool matches_with_crlf(struct evidence *ev, size_t entry, const struct cat *catalog)
{
    struct text crlf = {0};
    struct digests flat = {0};
    bool found = false;
    if (!name_has_extension(evidence_name(ev, entry), ".inf") ||
        !package_load(&ev->package, entry, NULL))
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
    return catalog == NO_ENTRY ? INTEGRITY_UNSIGNED
                               : integrity_of(&ev->entries[catalog].catalog_signature);
}

/* Say why a file is not in its package's catalog, which is readable. */
static void note_not_a_member(struct evidence *ev, const struct evidence_package *p,
                              const struct evidence_file *f)
{
    const struct cat *catalog = ev->entries[p->catalog_entry].catalog;
    struct text safe = {0};
    text_add_escaped(&safe, evidence_name(ev, p->catalog_entry));
    if (matches_with_crlf(ev, f->entry, catalog))
        findings_add(
            &ev->findings, FINDING_ERROR, "line-ends-changed", f->name,
            "its hash is in '%s' only with CR LF line ends: a text-mode tool has altered the file",
            text_str(&safe));
    else
        findings_add(&ev->findings, FINDING_ERROR, "not-in-catalog", f->name,
                     "its hash is not in '%s'", text_str(&safe));
    text_release(&safe);
}

static void judge_member(const struct evidence *ev, const struct evidence_package *p,
                         struct evidence_file *f)
{
    const struct evidence_entry *x = &ev->entries[f->entry];
    const struct cat *catalog =
        p->catalog_entry == NO_ENTRY ? NULL : ev->entries[p->catalog_entry].catalog;
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
        f->integrity = own == INTEGRITY_ALTERED || own == INTEGRITY_INTACT ? own : listed;
        return;
    }
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

/* The INF itself, and then the files that it copies on target. */
static void add_files(const struct evidence *ev, struct evidence_package *p,
                      const struct target *target)
{
    struct inf_files copied = {0};
    const char *inf_name = evidence_name(ev, p->inf_entry);
    judge_member(ev, p, add_file(p, inf_name, p->inf_entry));
    inf_packaged_files(&p->inf, target, &copied);
    for (size_t i = 0; i < copied.count; i++) {
        size_t entry = find_beside(ev, inf_name, copied.at[i].path);
        if (entry == NO_ENTRY)
            entry = find_beside(ev, inf_name, copied.at[i].source);
        if (entry != NO_ENTRY) {
            judge_member(ev, p, add_file(p, evidence_name(ev, entry), entry));
            continue;
        }
        char *name = name_beside(inf_name, copied.at[i].path);
        add_file(p, name, NO_ENTRY)->integrity = INTEGRITY_MISSING;
        mem_free(name);
    }
    p->truncated = copied.truncated;
    inf_files_release(&copied);
}

static enum integrity worse(enum integrity a, enum integrity b)
{
    return a < b ? a : b;
}

/* What one file says about its package; a file with a signature of its own that is not listed makes
 * it altered. */
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

static const struct cat *catalog_of(const struct evidence *ev, const struct evidence_package *p)
{
    return p->catalog_entry == NO_ENTRY ? NULL : ev->entries[p->catalog_entry].catalog;
}

static bool is_placeholder(const struct cat *catalog)
{
    return catalog && (catalog->state == CAT_EMPTY || catalog->state == CAT_PLACEHOLDER);
}

static void judge_package(const struct evidence *ev, struct evidence_package *p)
{
    const struct cat *catalog = catalog_of(ev, p);
    bool usable = catalog && catalog->state == CAT_OK;
    if (!catalog || is_placeholder(catalog))
        p->integrity = INTEGRITY_UNSIGNED;
    else
        p->integrity = usable ? catalog_integrity(ev, p->catalog_entry) : INTEGRITY_UNREADABLE;
    for (size_t i = 0; i < p->files.count; i++)
        p->integrity = worse(p->integrity, share_of(&p->files.at[i], usable));
    if (p->truncated)
        p->integrity = INTEGRITY_UNREADABLE;
}

static void note_package(struct evidence *ev, const struct evidence_package *p)
{
    const struct cat *catalog = catalog_of(ev, p);
    for (size_t i = 0; i < p->files.count; i++) {
        const struct evidence_file *f = &p->files.at[i];
        if (f->integrity == INTEGRITY_MISSING)
            findings_add(&ev->findings, FINDING_ERROR, "file-missing", f->name,
                         "the INF copies it, and it is not in the package");
        else if (f->member == TRI_NO)
            note_not_a_member(ev, p, f);
    }
    if (p->truncated)
        findings_add(
            &ev->findings, FINDING_ERROR, "inf-truncated", evidence_name(ev, p->inf_entry),
            "it leads to more sections or files than are followed: what it copies is not known");
    if (!catalog || is_placeholder(catalog))
        findings_add(&ev->findings, FINDING_ERROR, catalog ? "catalog-placeholder" : "no-catalog",
                     evidence_name(ev, p->inf_entry),
                     catalog ? "its catalog is a placeholder: the package is unsigned"
                             : "no catalog comes with it: the package is unsigned");
}

/* An INF without a [Manufacturer] section and without a catalog installs no device: it is a file
 * like others. */
static bool is_driver_inf(const struct inf *inf)
{
    return inf_section(inf, "Manufacturer") || *inf_catalog(inf, NULL);
}

/* An INF that was read; entries' digests are not there yet. */
struct reading {
    size_t entry;
    struct inf inf;
    struct findings findings;
    bool refused; /* no INF that can be understood */
};

struct readings {
    struct reading *at;
    size_t count;
};

static void add_package(struct evidence *ev, struct reading *r, const struct evidence_options *o)
{
    findings_move(&ev->findings, &r->findings);
    if (r->refused)
        ev->entries[r->entry].read = false;
    if (r->refused || !is_driver_inf(&r->inf)) {
        inf_release(&r->inf);
        return;
    }
    struct evidence_package *p = shape_list_add(&ev->packages, sizeof *p);
    p->inf = r->inf;
    p->inf_entry = r->entry;
    p->catalog_entry = find_catalog(ev, p, o->target);
    add_files(ev, p, o->target);
    judge_package(ev, p);
    note_package(ev, p);
}

void evidence_view(const struct evidence *ev, const struct evidence_package *p,
                   const struct target *target, struct evidence_package *out)
{
    *out = (struct evidence_package){.inf_entry = p->inf_entry, .inf = p->inf};
    out->catalog_entry = find_catalog(ev, out, target);
    add_files(ev, out, target);
    judge_package(ev, out);
}

/* --- the whole
 * -------------------------------------------------------------------------------------------------
 */

static bool is_inf(const struct package_entry *entry)
{
    return name_has_extension(entry->name, ".inf");
}

static void read_inf(struct evidence *ev, size_t i, struct readings *all)
{
    struct err e = {0};
    if (!package_load(&ev->package, i, &e))
        return;
    struct reading *r = shape_list_add(all, sizeof *r);
    r->entry = i;
    r->inf.name = evidence_name(ev, i);
    r->refused = !inf_parse(ev->package.entries[i].bytes, &r->inf, &r->findings, &e);
    package_drop(&ev->package, i);
    if (r->refused)
        findings_add(&r->findings, FINDING_ERROR, "inf-unreadable", r->inf.name, "%s", e.text);
}

static void read_infs(struct evidence *ev, struct readings *all)
{
    for (size_t i = 0; i < ev->package.count; i++)
        if (is_inf(&ev->package.entries[i]))
            read_inf(ev, i, all);
}

static void mark(const struct evidence *ev, const char *inf_name, const char *name, bool *listed)
{
    size_t entry = find_beside(ev, inf_name, name);
    if (entry != NO_ENTRY)
        listed[entry] = true;
}

/*
 * What add_files can come to ask a catalog for: the INFs, and what they copy on any Windows. NULL:
 * an INF leads to more than is followed, so that it is not known.
 */
static bool *list_members(const struct evidence *ev, const struct readings *all)
{
    bool *listed = mem_zero(ev->package.count, sizeof *listed), known = true;
    for (size_t i = 0; i < all->count && known; i++) {
        const struct reading *r = &all->at[i];
        struct inf_files copied = {0};
        listed[r->entry] = true;
        inf_packaged_files(&r->inf, NULL, &copied);
        for (size_t f = 0; f < copied.count; f++) {
            mark(ev, r->inf.name, copied.at[f].path, listed);
            mark(ev, r->inf.name, copied.at[f].source, listed);
        }
        known = !copied.truncated;
        inf_files_release(&copied);
    }
    if (known)
        return listed;
    mem_free(listed);
    return NULL;
}

/* Which entries are catalogs, and what digests all of them together list files by. */
static unsigned list_catalogs(struct evidence *ev)
{
    unsigned set = 0;
    for (size_t i = 0; i < ev->package.count; i++)
        if (ev->entries[i].catalog) {
            *(size_t *)shape_list_add(&ev->catalogs, sizeof(size_t)) = i;
            set |= ev->entries[i].catalog->digests;
        }
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

/* Catalogs and programs that stand alone are judged by their own signature; a text file has none
 * and needs none. */
static void add_loose_files(struct evidence *ev)
{
    bool *packaged = mem_zero(ev->package.count, sizeof *packaged);
    mark_packaged(ev, packaged);
    for (size_t i = 0; i < ev->package.count; i++) {
        const struct evidence_entry *x = &ev->entries[i];
        if (packaged[i] || ev->package.entries[i].closed)
            continue;
        struct evidence_file *f = shape_list_add(&ev->files, sizeof *f);
        f->name = mem_strdup(evidence_name(ev, i));
        f->entry = i;
        if (x->catalog && x->catalog->state == CAT_OK)
            f->integrity = catalog_integrity(ev, i);
        else if (!x->read || (x->catalog && x->catalog->state == CAT_BROKEN))
            f->integrity = INTEGRITY_UNREADABLE;
        else
            f->integrity = own_integrity(x);
    }
    mem_free(packaged);
}

void evidence_tally_add(struct evidence_tally *t, const struct evidence *ev)
{
    struct evidence_tally one = {
        .worst = INTEGRITY_INTACT, .any = true, .damaged = ev->package.damaged};
    one.judged = ev->packages.count || ev->has_signature;
    one.files = ev->files.count;
    if (ev->has_signature)
        one.worst = integrity_of(&ev->signature);
    for (size_t i = 0; i < ev->packages.count; i++)
        one.worst = worse(one.worst, ev->packages.at[i].integrity);
    for (size_t i = 0; i < ev->files.count; i++)
        if (ev->files.at[i].integrity == INTEGRITY_UNSIGNED)
            one.unsigned_files = true;
        else
            one.worst = worse(one.worst, ev->files.at[i].integrity);
    evidence_tally_merge(t, &one);
}

void evidence_tally_merge(struct evidence_tally *to, const struct evidence_tally *from)
{
    if (!from->any)
        return;
    to->worst = to->any ? worse(to->worst, from->worst) : from->worst;
    to->any = true;
    to->judged = to->judged || from->judged;
    to->files = to->files || from->files;
    to->unsigned_files = to->unsigned_files || from->unsigned_files;
    to->damaged = to->damaged || from->damaged;
}

enum integrity evidence_tally_verdict(const struct evidence_tally *t)
{
    if (!t->any || t->damaged)
        return INTEGRITY_UNREADABLE;
    if (!t->judged && (t->unsigned_files || !t->files))
        return worse(t->worst, INTEGRITY_UNSIGNED);
    return t->worst;
}

static void judge_whole(struct evidence *ev)
{
    struct evidence_tally t = {0};
    evidence_tally_add(&t, ev);
    ev->integrity = evidence_tally_verdict(&t);
}

static void judge_container(const struct gathering *g, const struct digests *whole)
{
    struct evidence *ev = g->ev;
    struct span bytes = ev->package.bytes;
    if (!bytes.size)
        return;
    if (whole)
        ev->whole = *whole;
    else if (!g->lean)
        digest_spans(DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA512),
                     (struct digest_input){.spans = &bytes, .count = 1}, &ev->whole);
    if (ev->package.kind != PACKAGE_MSI && ev->package.kind != PACKAGE_CAB)
        return;
    authenticode_init(&ev->signature, g->roots,
                      ev->package.kind == PACKAGE_CAB ? SUBJECT_CAB : SUBJECT_MSI);
    if (ev->package.kind == PACKAGE_CAB)
        judge_cab(bytes, NULL, &ev->signature, &ev->findings);
    else
        judge_msi(bytes, NULL, &ev->signature, &ev->findings);
    ev->has_signature = ev->signature.count > 0;
}

void evidence_gather_package(struct package *opened, const struct evidence_options *o,
                             struct evidence *out)
{
    struct evidence ev = {.package = *opened};
    struct gathering g = {
        .ev = &ev, .roots = o->roots ? o->roots : roots_kernel(), .lean = o->lean};
    struct readings infs = {0};
    g.threads = o->parallel ? 0 : 1;
    g.findings = &ev.findings;
    memset(opened, 0, sizeof *opened);
    ev.entries = mem_zero(ev.package.count, sizeof *ev.entries);
    findings_move(&ev.findings, &ev.package.findings);
    judge_container(&g, o->whole);
    look_at_all(&g, read_catalog);
    g.wanted = list_catalogs(&ev);
    read_infs(&ev, &infs);
    bool *listed = g.lean ? list_members(&ev, &infs) : NULL;
    g.listed = listed;
    look_at_all(&g, look_at);
    for (size_t i = 0; i < infs.count; i++)
        add_package(&ev, &infs.at[i], o);
    mem_free(infs.at);
    mem_free(listed);
    add_loose_files(&ev);
    judge_whole(&ev);
    *out = ev;
}

bool evidence_gather(const char *path, const struct evidence_options *o, struct evidence *out,
                     struct err *e)
{
    struct package package = {0};
    if (!package_open(path, &package, e))
        return false;
    evidence_gather_package(&package, o, out);
    return true;
}

const struct signature *evidence_package_signature(const struct evidence *ev,
                                                   const struct evidence_package *p)
{
    return p->catalog_entry == NO_ENTRY
               ? NULL
               : authenticode_best(&ev->entries[p->catalog_entry].catalog_signature);
}

const struct signature *evidence_file_signature(const struct evidence *ev,
                                                const struct evidence_file *f)
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

void evidence_view_release(struct evidence_package *view)
{
    if (!view)
        return;
    files_release(view->files.at, view->files.count);
    memset(view, 0, sizeof *view);
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
    mem_free(ev->catalogs.at);
    files_release(ev->files.at, ev->files.count);
    authenticode_release(&ev->signature);
    findings_release(&ev->findings);
    package_release(&ev->package);
    memset(ev, 0, sizeof *ev);
}
