#include "installer/signers.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/continuation.h"
#include "installer/installed_catalogs.h"
#include "installer/marks.h"
#include "verifier/authenticode.h"
#include "verifier/cat.h"
#include "verifier/pe.h"
#include "verifier/roots.h"

#include <string.h>

/* One catalog of a published package. */
struct listed {
    const char *inf; /* published name, borrowed */
    char *name;      /* file name */
    struct bytes bytes;
    struct cat cat;
};

struct signers {
    const struct signers_places *places;
    struct facts *facts;
    struct listed *catalogs;
    size_t count;
};

/* --- catalogs --------------------------------------------------------------------------------- */

/* False when there is none of this name. */
static bool open_catalog(struct signers *g, const char *inf, const char *name)
{
    struct listed *c = &g->catalogs[g->count];
    struct findings none = {0};
    char *path = file_join(g->places->catalogs, name);
    bool ok = file_read(path, SIGNERS_CATALOG_MAX, &c->bytes, NULL);
    mem_free(path);
    if (!ok)
        return false;
    cat_parse(&c->cat, bytes_span(&c->bytes), NULL, &none);
    findings_release(&none);
    c->inf = inf;
    c->name = mem_strdup(name);
    g->count++;
    return true;
}

/* Windows names a catalog as it named the INF; an INF that kept its own name kept its catalog's. */
static void open_catalogs(struct signers *g)
{
    g->catalogs = mem_zero(SIGNERS_CATALOGS_MAX, sizeof *g->catalogs);
    for (size_t i = 0; i < g->facts->packages.count; i++) {
        const struct facts_package *p = &g->facts->packages.at[i];
        struct text usual = {0};
        if (g->count >= SIGNERS_CATALOGS_MAX) {
            g->facts->signers_reading = READING_PARTIAL;
            return;
        }
        if (!p->inf)
            continue;
        text_add_bytes(&usual, p->inf, strcspn(p->inf, "."));
        text_add(&usual, ".cat");
        if (!open_catalog(g, p->inf, text_str(&usual)) && p->catalog)
            open_catalog(g, p->inf, file_name(p->catalog));
        text_release(&usual);
    }
}

static void release_catalogs(struct signers *g)
{
    for (size_t i = 0; i < g->count; i++) {
        cat_release(&g->catalogs[i].cat);
        bytes_release(&g->catalogs[i].bytes);
        mem_free(g->catalogs[i].name);
    }
    mem_free(g->catalogs);
}

/* --- one file --------------------------------------------------------------------------------- */

/* False when the signature decides nothing. */
static bool take_signature(const struct signature *sig, const char *where, struct facts_service *s)
{
    struct text thumbprint = {0}, name = {0};
    if (!sig || sig->integrity == SIGNATURE_UNREADABLE)
        return false;
    s->signature =
        sig->integrity == SIGNATURE_INTACT ? FACTS_SIGNATURE_INTACT : FACTS_SIGNATURE_ALTERED;
    text_add_hex(&thumbprint, span_of(sig->thumbprint, sizeof sig->thumbprint));
    text_add_escaped(&name, sig->signer ? sig->signer : "");
    shape_set_text(&s->signer, text_str(&name));
    shape_set_text(&s->signer_sha1, text_str(&thumbprint));
    shape_set_text(&s->signed_in, where);
    text_release(&thumbprint);
    text_release(&name);
    return s->signature == FACTS_SIGNATURE_INTACT;
}

/* Is there an intact signature in the file itself? */
static bool is_signed_inside(const struct pe *pe, struct span file, struct facts_service *s)
{
    struct authenticode a;
    struct findings none = {0};
    struct digests digests = {0};
    struct span hashed[PE_RANGES_MAX];
    size_t count = pe_hashed_spans(pe, file, hashed);
    authenticode_init(&a, roots_kernel(), SUBJECT_PE);
    for (size_t i = 0; i < pe->certificate_count; i++)
        if (pe->certificates[i].type == 2)
            authenticode_add(&a, pe->certificates[i].blob, NULL, &none);
    if (count && a.count)
        digest_spans(authenticode_wanted(&a),
                     (struct digest_input){.spans = hashed, .count = count, .zeros = pe->pad},
                     &digests);
    authenticode_compare(&a, &digests);
    bool intact = take_signature(authenticode_best(&a), "embedded", s);
    authenticode_release(&a);
    findings_release(&none);
    return intact;
}

static bool is_signed_by(const struct listed *c, struct facts_service *s)
{
    struct authenticode a;
    struct findings none = {0};
    authenticode_init(&a, roots_kernel(), SUBJECT_CATALOG);
    authenticode_add(&a, bytes_span(&c->bytes), NULL, &none);
    bool intact = take_signature(authenticode_best(&a), c->name, s);
    authenticode_release(&a);
    findings_release(&none);
    return intact;
}

static bool uses(const struct signers *g, const struct facts_service *s, const char *inf)
{
    for (size_t i = 0; i < g->facts->devices.count; i++) {
        const struct facts_device *d = &g->facts->devices.at[i];
        if (text_equal_nocase(d->service, s->name) && text_equal_nocase(d->inf, inf))
            return true;
    }
    return false;
}

static bool names_file(const struct cat *cat, const char *name)
{
    for (size_t i = 0; i < cat->member_count; i++)
        if (text_equal_nocase(cat->members[i].file, name))
            return true;
    return false;
}

/* The catalog of the package that its device uses lists a file of this name, with other bytes. */
static void look_for_other_bytes(const struct signers *g, struct facts_service *s)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct listed *c = &g->catalogs[i];
        if (uses(g, s, c->inf) && names_file(&c->cat, file_name(s->file))) {
            s->signature = FACTS_SIGNATURE_ALTERED;
            shape_set_text(&s->signed_in, c->name);
            return;
        }
    }
}

/* The kinds of hashes that the catalogs list. */
static unsigned listed_digests(const struct signers *g)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < g->count; i++)
        kinds |= g->catalogs[i].cat.digests;
    return kinds;
}

static void look_in_catalogs(const struct signers *g, struct span file, struct facts_service *s)
{
    struct catalog_want want = {0};
    catalog_want_of(file, listed_digests(g), &want);
    for (size_t i = 0; i < g->count; i++) {
        const struct cat *cat = &g->catalogs[i].cat;
        if (cat->state == CAT_OK &&
            (cat_find_any(cat, &want.image) || cat_find_any(cat, &want.flat)) &&
            is_signed_by(&g->catalogs[i], s))
            return;
    }
    if (s->signature == FACTS_SIGNATURE_UNKNOWN)
        look_for_other_bytes(g, s);
    if (s->signature == FACTS_SIGNATURE_UNKNOWN)
        s->signature = FACTS_SIGNATURE_NONE;
}

static void read_service(const struct signers *g, struct facts_service *s)
{
    struct bytes file = {0};
    struct findings none = {0};
    struct err e = {0};
    struct pe pe;
    char *path = g->places->native(s->file);
    bool ok = path && file_read(path, SIGNERS_FILE_MAX, &file, &e);
    mem_free(path);
    if (!ok) {
        bool denied = e.kind == ERR_ACCESS;
        g->facts->signers_reading = denied ? READING_NEEDS_ELEVATION : READING_PARTIAL;
        return;
    }
    struct span bytes = bytes_span(&file);
    pe_parse(&pe, pe_source_span(&bytes), NULL, &none);
    if (pe.state == PE_OK && !is_signed_inside(&pe, bytes, s))
        look_in_catalogs(g, bytes, s);
    pe_release(&pe);
    findings_release(&none);
    bytes_release(&file);
}

/* Of a family's driver or program? Our own service runs this program, whose signature is no fact
 * about the guest. */
static bool is_wanted(const struct facts_service *s)
{
    return s->file && s->image_exists == TRI_YES && marks_service(s->name) &&
           !text_equal_nocase(s->name, CONTINUATION_SERVICE);
}

void signers_read(const struct signers_places *places, struct facts *f)
{
    struct signers g = {.places = places, .facts = f};
    size_t read = 0;
    f->signers_reading = READING_FULL;
    open_catalogs(&g);
    for (size_t i = 0; i < f->services.count; i++) {
        struct facts_service *s = &f->services.at[i];
        if (!is_wanted(s))
            continue;
        if (read++ >= SIGNERS_SERVICES_MAX) {
            f->signers_reading = READING_PARTIAL;
            break;
        }
        read_service(&g, s);
    }
    release_catalogs(&g);
}
