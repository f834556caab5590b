#include "installer/pin.h"

#include "base/file.h"
#include "base/mem.h"
#include "drivers-manifest/place.h"
#include "verifier/evidence.h"
#include "verifier/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct shape_field result_fields[] = {
    FIELD(pin_result, release, SHAPE_TEXT), FIELD(pin_result, set, SHAPE_TEXT),
    FIELD(pin_result, file, SHAPE_TEXT),    FIELD(pin_result, path, SHAPE_TEXT),
    FIELD(pin_result, filled, SHAPE_TRI),   FIELD(pin_result, message, SHAPE_TEXT),
};
const struct shape pin_result_shape = SHAPE_OF(struct pin_result, result_fields);

/* ---- changes to the text ---- */

struct change {
    size_t from, to; /* what goes */
    size_t order;    /* among those at one place */
    char *text;      /* what comes; owned */
};

struct changes {
    struct change *at;
    size_t count, room;
};

static void change(struct changes *c, size_t from, size_t to, char *text)
{
    c->at = mem_grow(c->at, c->count, &c->room, sizeof *c->at);
    c->at[c->count] = (struct change){.from = from, .to = to, .order = c->count, .text = text};
    c->count++;
}

static int compare_changes(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static void apply(struct span text, struct changes *c, struct text *out)
{
    size_t at = 0;
    if (c->count)
        qsort(c->at, c->count, sizeof *c->at, compare_changes);
    for (size_t i = 0; i < c->count; i++) {
        text_add_bytes(out, (const char *)text.at + at, c->at[i].from - at);
        text_add(out, c->at[i].text);
        at = c->at[i].to;
    }
    text_add_bytes(out, (const char *)text.at + at, text.size - at);
}

static void changes_release(struct changes *c)
{
    for (size_t i = 0; i < c->count; i++)
        mem_free(c->at[i].text);
    mem_free(c->at);
    *c = (struct changes){0};
}

/* An object of the text whose members are set. */
struct object {
    struct span text;
    const char *pointer;
    struct place place;
    struct changes *changes;
};

static bool find_member(const struct object *o, const char *name, struct place *out)
{
    struct text pointer = {0};
    text_add(&pointer, o->pointer);
    place_add_segment(&pointer, name);
    bool there = place_find(o->text, text_str(&pointer), out);
    text_release(&pointer);
    return there;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Behind the last member, with the blanks that stand before the first one. */
static void append_member(const struct object *o, const char *name, const char *value)
{
    struct text t = {0};
    size_t first = o->place.at + 1, end = o->place.end - 1;
    while (first < end && is_blank(o->text.at[first]))
        first++;
    while (end > first && is_blank(o->text.at[end - 1]))
        end--;
    bool blanks = first > o->place.at + 1;
    text_add(&t, ",");
    if (blanks)
        text_add_bytes(&t, (const char *)o->text.at + o->place.at + 1, first - o->place.at - 1);
    text_addf(&t, "%s\"%s\": %s", blanks ? "" : " ", name, value);
    change(o->changes, end, end, text_steal(&t));
}

static void set_member(const struct object *o, const char *name, const char *value)
{
    struct place p;
    if (find_member(o, name, &p))
        change(o->changes, p.at, p.end, mem_strdup(value));
    else
        append_member(o, name, value);
}

/* The reason for no hash gives way to where the hash is from. */
static void set_pinned(const struct object *o, const char *value)
{
    struct place p;
    struct text t = {0};
    if (!find_member(o, "no_hash_reason", &p)) {
        set_member(o, "pinned", value);
        return;
    }
    text_addf(&t, "\"pinned\": %s", value);
    change(o->changes, p.key, p.end, text_steal(&t));
}

/* ---- proof ---- */

/* A release, a file of it, and the package file that may be it. */
struct candidate {
    const struct manifest_release *release;
    const struct manifest_file_pin *pin;
    struct shelf_file *file;
    struct evidence evidence;
    struct text proof;
};

/* Up to a root that stands for a name: anybody can write a name into a certificate of his own. */
static bool is_known_root(enum root root)
{
    switch (root) {
    case ROOT_MS_1997:
    case ROOT_MS_2001:
    case ROOT_MS_2010:
    case ROOT_MS_2011:
    case ROOT_CODE_VERIFICATION:
    case ROOT_PUBLIC: return true;
    case ROOT_UNKNOWN:
    case ROOT_MS_TEST:
    case ROOT_SELF: break;
    }
    return false;
}

static bool needs_known_root(enum signing s)
{
    return s != SIGNING_TEST && s != SIGNING_UNSIGNED;
}

/* "8.2.2" and "8.2.2.14", but not "8.2.20". */
static bool is_of_version(const char *version, const char *release)
{
    size_t size = strlen(release);
    return strncmp(version, release, size) == 0 && (!version[size] || version[size] == '.');
}

/* name is what carries it, for messages. */
static bool check_signer(const struct candidate *c, const struct signature *s, const char *name,
                         struct err *e)
{
    if (!s || s->integrity != SIGNATURE_INTACT)
        return err_set(e, ERR_REFUSED, "'%s' has no intact signature", name);
    if (c->release->signer && (!s->signer || strcmp(s->signer, c->release->signer) != 0))
        return err_set(e, ERR_REFUSED, "'%s' is signed by '%s', and not by '%s'", name,
                       s->signer ? s->signer : "", c->release->signer);
    if (needs_known_root(c->release->signing) && !is_known_root(s->root))
        return err_set(e, ERR_REFUSED, "the certificate of '%s' leads to no root that is known",
                       s->signer ? s->signer : "");
    return true;
}

static bool is_helper(const struct manifest_release *r, const char *name)
{
    for (size_t i = 0; i < r->helpers.count; i++)
        if (text_equal_nocase(r->helpers.at[i].file, name))
            return true;
    return false;
}

/* The programs that are installed beside the drivers stand in no catalog: each needs a signature of
 * its own, unless one of the container covers them. */
static bool check_helpers(const struct candidate *c, struct err *e)
{
    const struct evidence *ev = &c->evidence;
    if (ev->has_signature && check_signer(c, authenticode_best(&ev->signature), "", NULL))
        return true;
    for (size_t i = 0; i < ev->files.count; i++) {
        const char *name = name_base(ev->files.at[i].name);
        if (is_helper(c->release, name) &&
            !check_signer(c, evidence_file_signature(ev, &ev->files.at[i]), name, e))
            return false;
    }
    return true;
}

static const struct manifest_driver *driver_of(const struct manifest_release *r, const char *inf)
{
    for (size_t i = 0; i < r->drivers.count; i++)
        if (text_equal_nocase(r->drivers.at[i].inf, inf))
            return &r->drivers.at[i];
    return NULL;
}

static bool check_package(const struct candidate *c, const struct evidence_package *p,
                          struct err *e)
{
    const char *inf = name_base(evidence_name(&c->evidence, p->inf_entry));
    struct inf_driver_ver ver = inf_driver_ver(&p->inf);
    char version[INF_DRIVER_VER_TEXT_MAX];
    if (p->integrity != INTEGRITY_INTACT)
        return err_set(e, ERR_REFUSED, "'%s' is %s", inf, integrity_name(p->integrity));
    if (!check_signer(c, evidence_package_signature(&c->evidence, p), inf, e))
        return false;
    if (!driver_of(c->release, inf))
        return true; /* a release may carry more than it installs */
    inf_driver_ver_format(&ver, version, sizeof version);
    const char *number = strrchr(version, ',');
    number = number ? number + 1 : version;
    number += strspn(number, " ");
    return is_of_version(number, c->release->version) ||
           err_set(e, ERR_REFUSED, "'%s' is version %s, and not %s", inf, number,
                   c->release->version);
}

static bool prove_by_signature(struct candidate *c, struct err *e)
{
    const struct evidence *ev = &c->evidence;
    const char *signer = NULL;
    size_t ours = 0;
    if (ev->package.damaged)
        return err_set(e, ERR_REFUSED, "it is cut short or damaged");
    for (size_t i = 0; i < ev->packages.count; i++) {
        const struct evidence_package *p = &ev->packages.at[i];
        if (!check_package(c, p, e))
            return false;
        ours += driver_of(c->release, name_base(evidence_name(ev, p->inf_entry))) != NULL;
        const struct signature *s = evidence_package_signature(ev, p);
        signer = s && s->signer ? s->signer : signer;
    }
    if (!ours)
        return err_set(e, ERR_REFUSED, "no driver of this release is in it");
    if (!check_helpers(c, e))
        return false;
    text_addf(&c->proof, "%zu driver packages of version %s are intact and signed by %s",
              ev->packages.count, c->release->version, signer ? signer : "somebody");
    return true;
}

/* The digests of the whole file go into the file of the shelf. */
static bool prove(struct candidate *c, struct err *e)
{
    const struct manifest_file_pin *pin = c->pin;
    const struct evidence_options options = {0};
    if (pin->size.known && pin->size.value != c->file->size)
        return err_set(e, ERR_REFUSED, "it has %llu bytes, and not %llu",
                       (unsigned long long)c->file->size, (unsigned long long)pin->size.value);
    if (!evidence_gather(c->file->path, &options, &c->evidence, e))
        return false;
    if (!pin->sha256 && !pin->sha512)
        return prove_by_signature(c, e);
    if (!shelf_is_pinned(&c->evidence.whole, pin))
        return err_set(e, ERR_REFUSED, "it is not the file that the manifest's hash names");
    text_addf(&c->proof, "it has the %s that was there", pin->sha256 ? "SHA-256" : "SHA-512");
    return true;
}

/* ---- one file of the manifest ---- */

static void set_hash(const struct object *o, const char *name, const struct digest *d)
{
    char hex[2 * DIGEST_SIZE_MAX + 1], quoted[sizeof hex + 2];
    digest_hex(d, hex);
    snprintf(quoted, sizeof quoted, "\"%s\"", hex);
    set_member(o, name, quoted);
}

static void fill(const struct object *o, const struct candidate *c, int64_t now)
{
    const struct manifest_file_pin *pin = c->pin;
    char date[AUTHENTICODE_TIME_TEXT], size[32];
    authenticode_time_text(now, date);
    if (!pin->size.known) {
        snprintf(size, sizeof size, "%llu", (unsigned long long)c->file->size);
        set_member(o, "size", size);
    }
    if (!pin->sha256)
        set_hash(o, "sha256", &c->evidence.whole.of[DIGEST_SHA256]);
    if (!pin->sha512)
        set_hash(o, "sha512", &c->evidence.whole.of[DIGEST_SHA512]);
    if (pin->sha256 || pin->sha512)
        return; /* it rests on the published hash, as before */
    struct manifest_pinned pinned = {0};
    shape_set_text(&pinned.date, date);
    shape_set_text(&pinned.from, file_name(c->file->path));
    shape_set_text(&pinned.program, "xenpv " XENPV_VERSION);
    shape_set_text(&pinned.proof, text_str(&c->proof));
    char *line = shape_encode_line(&manifest_pinned_shape, &pinned);
    set_pinned(o, line);
    mem_free(line);
    shape_release(&manifest_pinned_shape, &pinned);
}

static bool is_complete(const struct manifest_file_pin *pin)
{
    return pin->sha256 && pin->sha512 && pin->size.known;
}

/* Every file of this name, and what the shelf knows by its hash, until one proves itself. */
static bool try_files(const struct pin_job *job, const struct candidate *wanted,
                      const struct object *o, struct pin_result *result)
{
    const struct manifest_file_pin *pin = wanted->pin;
    struct err e = {0};
    const char *by_hash = NULL;
    bool filled = false;
    if (shelf_find(job->shelf, wanted->release, pin, &by_hash) != SHELF_PINNED)
        by_hash = NULL;
    for (size_t i = 0; i < job->shelf->files.count && !filled; i++) {
        struct shelf_file *f = &job->shelf->files.at[i];
        struct candidate c = {.release = wanted->release, .pin = pin, .file = f};
        if (by_hash ? f->path != by_hash : !text_equal_nocase(file_name(f->path), pin->name))
            continue;
        shape_set_text(&result->path, f->path);
        filled = prove(&c, &e);
        if (filled)
            fill(o, &c, job->now);
        shape_set_text(&result->message, filled ? text_str(&c.proof) : e.text);
        evidence_release(&c.evidence);
        text_release(&c.proof);
    }
    return filled;
}

/* The work on one text. */
struct pinning {
    const struct pin_job *job;
    struct pin_results *results;
    struct changes changes;
    size_t release; /* the one at hand */
};

static void pin_file(struct pinning *p, const struct manifest_release *r,
                     const struct manifest_set *s, const struct manifest_file_pin *pin)
{
    struct object o = {.text = p->job->text, .changes = &p->changes};
    const struct candidate wanted = {.release = r, .pin = pin};
    struct pin_result result = {.filled = TRI_NO};
    struct text pointer = {0};
    if (is_complete(pin))
        return;
    text_addf(&pointer, "/releases/%zu/sets/%zu/files/%zu", p->release, (size_t)(s - r->sets.at),
              (size_t)(pin - s->files.at));
    o.pointer = text_str(&pointer);
    if (place_find(o.text, o.pointer, &o.place) && try_files(p->job, &wanted, &o, &result))
        result.filled = TRI_YES;
    if (result.path || (!pin->sha256 && !pin->sha512)) {
        shape_set_text(&result.release, r->id);
        shape_set_text(&result.set, s->id);
        shape_set_text(&result.file, pin->name);
        if (!result.path)
            shape_set_text(&result.message, "no such file in the folders");
        memcpy(shape_list_add(p->results, sizeof result), &result, sizeof result);
    }
    text_release(&pointer);
}

bool pin_manifest(const struct pin_job *job, struct text *out, struct pin_results *results,
                  struct err *e)
{
    struct pinning p = {.job = job, .results = results};
    struct manifest m = {0}, again = {0};
    if (!shape_decode(job->text, &manifest_shape, &m, NULL, e))
        return err_wrap(e, "%s", job->name);
    for (; p.release < m.releases.count; p.release++) {
        const struct manifest_release *r = &m.releases.at[p.release];
        for (size_t k = 0; k < r->sets.count; k++)
            for (size_t n = 0; n < r->sets.at[k].files.count; n++)
                pin_file(&p, r, &r->sets.at[k], &r->sets.at[k].files.at[n]);
    }
    apply(job->text, &p.changes, out);
    bool ok = shape_decode(span_of(out->at, out->size), &manifest_shape, &again, NULL, e);
    manifest_release_all(&again);
    manifest_release_all(&m);
    changes_release(&p.changes);
    return ok || err_wrap(e, "%s, with its hashes filled in", job->name);
}

static const struct shape_field results_fields[] = {
    {.name = "results",
     .kind = SHAPE_LIST,
     .offset = offsetof(struct pin_results, at),
     .shape = &pin_result_shape},
};
static const struct shape results_shape = SHAPE_OF(struct pin_results, results_fields);

void pin_results_release(struct pin_results *r)
{
    shape_release(&results_shape, r);
}
