#include "installer/fetch.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/hashing.h"
#include "installer/pace.h"
#include "installer/shelf.h"
#include "verifier/evidence.h"
#include "verifier/name.h"

#include <string.h>

enum {
    PAUSE_FIRST = 1,
    TRIES_IN_ALL = 100, /* a server that gives a little each time comes to an end too */
    PIECE = 256 * 1024, /* that is written and hashed at once: libcurl hands over 16 kB at most */
    ROOMS = HASHING_AHEAD + 1,
};

static const char *const state_names[] = {"failed", "refused", "missing", "present", "fetched"};

const char *fetch_state_name(enum fetch_state s)
{
    return state_names[s];
}

void fetch_result_release(struct fetch_result *r)
{
    mem_free(r->path);
    mem_free(r->url);
    mem_free(r->message);
    *r = (struct fetch_result){0};
}

void fetch_close(struct fetch *f)
{
    http_close(f->connection);
    f->connection = NULL;
}

static bool is_pinned(const struct manifest_file_pin *pin)
{
    return pin->sha256 || pin->sha512;
}

/* --- is it the right one? --------------------------------------------------------------------- */

static bool check_package(const struct evidence *ev, const struct evidence_package *p,
                          const struct manifest_release *r, struct err *e)
{
    const char *inf = evidence_name(ev, p->inf_entry);
    const struct signature *s = evidence_package_signature(ev, p);
    bool unsigned_by_design = p->integrity == INTEGRITY_UNSIGNED && r->signing == SIGNING_UNSIGNED;
    if (p->integrity != INTEGRITY_INTACT && !unsigned_by_design)
        return err_set(e, ERR_REFUSED, "the driver package '%s' in it is %s", inf,
                       integrity_name(p->integrity));
    if (r->signer && s && (!s->signer || strcmp(s->signer, r->signer) != 0))
        return err_set(e, ERR_REFUSED, "'%s' is signed by '%s', and not by '%s'", inf,
                       s->signer ? s->signer : "somebody without a name", r->signer);
    return true;
}

static unsigned kinds_of(const struct manifest_file_pin *pin)
{
    return (pin->sha256 ? DIGEST_BIT(DIGEST_SHA256) : 0u) |
           (pin->sha512 ? DIGEST_BIT(DIGEST_SHA512) : 0u);
}

static bool check_hash(const struct digests *d, const struct manifest_file_pin *pin, struct err *e)
{
    char have[2 * DIGEST_SIZE_MAX + 1];
    if (shelf_is_pinned(d, pin))
        return true;
    digest_hex(&d->of[pin->sha256 ? DIGEST_SHA256 : DIGEST_SHA512], have);
    return err_set(
        e, ERR_REFUSED,
        "it is not the file that the manifest names: expected %s %.16s..., found %.16s...",
        pin->sha256 ? "SHA-256" : "SHA-512", pin->sha256 ? pin->sha256 : pin->sha512, have);
}

static bool check_evidence(const struct evidence *ev, const struct fetch_wanted *w, struct err *e)
{
    bool any = false;
    if (ev->package.damaged)
        return err_set(e, ERR_REFUSED, "it is cut short or damaged");
    for (size_t i = 0; i < ev->packages.count; i++) {
        const struct evidence_package *p = &ev->packages.at[i];
        if (!manifest_release_has_inf(w->release, name_base(evidence_name(ev, p->inf_entry))))
            continue;
        any = true;
        if (!check_package(ev, p, w->release, e))
            return false;
    }
    return any || err_set(e, ERR_REFUSED, "no driver of %s is in it", w->release->id);
}

/* What is at hand of a file already; zeroed: nothing. */
struct known {
    const struct digests *digests;
    struct span bytes;
};

static bool gather(const char *path, struct span bytes, struct evidence *out, struct err *e)
{
    const struct evidence_options o = {.parallel = true, .lean = true};
    struct package package = {0};
    if (!bytes.size)
        return evidence_gather(path, &o, out, e);
    if (!package_open_bytes(path, bytes, &package, e))
        return false;
    evidence_gather_package(&package, &o, out);
    return true;
}

static bool check_file(const char *path, const struct fetch_wanted *w, const struct known *k,
                       struct err *e)
{
    struct evidence ev = {0};
    struct digests taken = {0};
    struct err why = {0};
    bool pinned = is_pinned(w->pin);
    if (pinned && !k->digests && !hashing_file(path, kinds_of(w->pin), &taken, e))
        return false;
    if (pinned && !check_hash(k->digests ? k->digests : &taken, w->pin, e))
        return false;
    if (!gather(path, k->bytes, &ev, &why)) /* no package at all */
        return err_set(e, why.kind == ERR_ACCESS ? ERR_ACCESS : ERR_REFUSED, "%s", why.text);
    bool ok = check_evidence(&ev, w, e);
    evidence_release(&ev);
    return ok;
}

bool fetch_check(const char *path, const struct fetch_wanted *w, struct err *e)
{
    return check_file(path, w, &(struct known){0}, e);
}

/* --- one transfer ----------------------------------------------------------------------------- */

/* Where the bytes go. */
struct part {
    struct fetch *fetch;
    const struct fetch_wanted *wanted;
    char *path;
    struct file_opened file;
    char validator[HTTP_VALIDATOR_MAX + 1]; /* of what this run has put into it */
    uint64_t total, received;
    struct hashing *hashing; /* of all that is in the file; NULL: not from its beginning on */
    uint8_t *rooms;          /* for what is not in the file yet, while those before are hashed */
    size_t turn, filled;     /* filled: 0 except during a transfer */
};

static bool part_begin(void *context, uint64_t at, uint64_t total, struct err *e)
{
    struct part *p = context;
    p->total = total;
    if (at == p->file.size && p->file.handle)
        return true;
    if (!file_close(&p->file, e))
        return false;
    return at ? err_set(e, ERR_FAILED, "the bytes before these are not there")
              : file_open_output(p->path, &p->file, e);
}

/* What came is hashed while it is written. What an earlier run left is not seen go by. */
static void hash_too(struct part *p, struct span bytes)
{
    const struct manifest_file_pin *pin = p->wanted->pin;
    if (!p->hashing || hashing_size(p->hashing) != p->file.size) {
        hashing_drop(p->hashing);
        p->hashing = p->file.size || !is_pinned(pin) ? NULL : hashing_begin(kinds_of(pin));
    }
    if (p->hashing)
        hashing_give(p->hashing, bytes);
}

static uint8_t *room_of(const struct part *p)
{
    return p->rooms + p->turn % ROOMS * PIECE;
}

/* What came goes into the file. */
static bool part_write(struct part *p, struct err *e)
{
    if (!p->filled)
        return true;
    struct span piece = span_of(room_of(p), p->filled);
    hash_too(p, piece);
    p->turn++;
    p->filled = 0;
    return file_add(&p->file, piece, e) || err_wrap(e, "'%s'", p->path);
}

static bool part_take(void *context, struct span bytes, struct err *e)
{
    struct part *p = context;
    const struct fetch_progress *show = &p->fetch->progress;
    p->received += bytes.size;
    if (!p->rooms)
        p->rooms = mem_resize(NULL, ROOMS, PIECE);
    while (bytes.size) {
        size_t left = PIECE - p->filled, size = bytes.size < left ? bytes.size : left;
        memcpy(room_of(p) + p->filled, bytes.at, size);
        p->filled += size;
        bytes = span_from(bytes, size);
        if (p->filled == PIECE && !part_write(p, e))
            return false;
    }
    if (show->moved)
        show->moved(show->context, p->wanted->pin->name, p->file.size + p->filled, p->total);
    return true;
}

static uint64_t limit_of(const struct manifest_file_pin *pin)
{
    return pin->size.known && pin->size.value > 0 ? (uint64_t)pin->size.value : FETCH_SIZE_MAX;
}

/* How much of an earlier run's part can be gone on with: the whole is checked by its hash. */
static bool part_open(struct part *p, struct err *e)
{
    if (!file_close(&p->file, e)) /* the address before left it open, and Windows opens it once */
        return false;
    bool worth = is_pinned(p->wanted->pin) && file_kind(p->path) == FILE_REGULAR;
    bool ok = worth ? file_open_end(p->path, &p->file, e) : file_open_output(p->path, &p->file, e);
    if (ok && p->file.size >= limit_of(p->wanted->pin)) /* full, and it did not get its name */
        ok = file_close(&p->file, e) && file_open_output(p->path, &p->file, e);
    return ok;
}

/* What no later run can go on with is not kept. */
static void part_close(struct part *p)
{
    struct err none = {0};
    bool useless = p->file.handle && (!p->file.size || !is_pinned(p->wanted->pin));
    file_close(&p->file, &none);
    if (useless)
        file_remove(p->path, &none);
    hashing_drop(p->hashing);
    mem_free(p->rooms);
    mem_free(p->path);
    memset(p, 0, sizeof *p);
}

static bool start_over(struct part *p, struct err *e)
{
    p->validator[0] = 0;
    return file_close(&p->file, e) && file_open_output(p->path, &p->file, e);
}

static bool get_once(struct part *p, const char *url, struct http_answer *a, struct err *e)
{
    struct fetch *f = p->fetch;
    struct err unwritten = {0};
    const struct http_request r = {.url = url,
                                   .from = p->file.size,
                                   .validator = p->validator,
                                   .limit = limit_of(p->wanted->pin),
                                   .context = p,
                                   .begin = part_begin,
                                   .take = part_take};
    if (!f->connection && !http_open(&f->http, &f->connection, e))
        return false;
    bool ok = http_get(f->connection, &r, a, e);
    if (!part_write(p, ok ? e : &unwritten)) /* of a transfer that broke off, too */
        ok = a->again = false;
    memcpy(p->validator, a->validator, sizeof p->validator);
    return ok;
}

/* Twice as long each time, or as the server wishes. */
static unsigned pause_before(unsigned tried, const struct http_answer *a)
{
    unsigned wait = tried < 6 ? (unsigned)PAUSE_FIRST << (tried - 1) : FETCH_PAUSE_MAX;
    if (a->retry_after > wait)
        wait = a->retry_after;
    return wait < FETCH_PAUSE_MAX ? wait : FETCH_PAUSE_MAX;
}

/* Until it is whole, or trying again is no use. */
static bool get_from(struct part *p, const char *url, struct err *e)
{
    unsigned tries = p->fetch->tries ? p->fetch->tries : FETCH_TRIES;
    unsigned all = 0;
    for (unsigned tried = 1;; tried++) {
        struct http_answer a = {0}; /* as it stays when there is no connection at all */
        struct err why = {0};
        uint64_t before = p->file.size;
        if (get_once(p, url, &a, &why))
            return true;
        if (a.from_zero && !start_over(p, &why))
            a.again = false;
        if (p->file.size > before && !a.from_zero)
            tried = 0; /* it moves */
        if (!a.again || tried >= tries || ++all >= TRIES_IN_ALL)
            return err_set(e, why.kind, "%s", why.text);
        unsigned seconds = pause_before(tried ? tried : 1, &a);
        log_line(LOG_WARNING, "fetch: '%s': %s, again in %u s", url, why.text, seconds);
        pace_wait(seconds);
    }
}

/* --- one file --------------------------------------------------------------------------------- */

/*
 * A file with a pinned hash is read against it each time it is used: one that a power cut has torn
 * is found then, by fetch, which gets it again, by bundle and by install, which refuse it. So
 * nobody has to wait until all of it is on the disk. What proves itself by less is there as a
 * whole.
 */
static bool give_name(const struct part *p, const char *path, struct err *e)
{
    return is_pinned(p->wanted->pin) ? file_rename(p->path, path, e) : file_move(p->path, path, e);
}

/* What is known of the part from its coming by. What was just written is in the system's memory,
 * and is looked at there: to read it again takes longer than to hash it. */
static struct known known_of(struct part *p, struct digests *d)
{
    struct known known = {0};
    struct err none = {0};
    if (p->hashing && hashing_size(p->hashing) == p->file.size) {
        hashing_end(p->hashing, d);
        known.digests = d;
        if (p->file.size <= PACKAGE_FILE_MAX) /* else it is refused, in words */
            file_map(&p->file, &known.bytes, &none);
    } else {
        hashing_drop(p->hashing);
    }
    p->hashing = NULL;
    return known;
}

/* From the part to its name, when it is the right one; else it is no use to anybody. */
static bool accept(struct part *p, const char *path, struct err *e)
{
    struct err none = {0};
    struct digests d = {0};
    struct known known = known_of(p, &d);
    /* What is seen as memory stays open, and ours, meanwhile; what is read has to be closed. */
    bool ok =
        (known.bytes.size || file_close(&p->file, e)) && check_file(p->path, p->wanted, &known, e);
    file_unmap(&known.bytes);
    ok = file_close(&p->file, ok ? e : &none) && ok;
    if (ok)
        return give_name(p, path, e);
    if (e->kind == ERR_REFUSED)
        file_remove(p->path, &none);
    return false;
}

static bool may_ask(const char *url, bool mirror, const struct manifest_file_pin *pin,
                    struct err *e)
{
    if (!http_is_url(url))
        return err_set(e, ERR_USAGE, "'%s' is no HTTP address", url);
    if ((mirror || !http_is_secure(url)) && !is_pinned(pin))
        return err_set(e, ERR_REFUSED,
                       "no hash is pinned, so that it is taken over HTTPS from its publisher only");
    return true;
}

static bool try_address(struct part *p, const char *url, const char *path, struct err *e)
{
    bool resumed;
    if (!part_open(p, e))
        return false;
    resumed = p->file.size > 0;
    if (!get_from(p, url, e))
        return false;
    if (accept(p, path, e))
        return true;
    if (!resumed || e->kind != ERR_REFUSED)
        return false;
    /* The part of an earlier run may have been of another file. */
    err_clear(e);
    p->validator[0] = 0;
    return part_open(p, e) && get_from(p, url, e) && accept(p, path, e);
}

static char *mirror_url(const char *base, const char *name)
{
    struct text t = {0};
    size_t size = strlen(base);
    text_addf(&t, "%s%s%s", base, size && base[size - 1] == '/' ? "" : "/", name);
    return text_steal(&t);
}

static void conclude(struct fetch_result *out, enum fetch_state state, const char *message)
{
    mem_free(out->message);
    out->state = state;
    out->message = message ? mem_strdup(message) : NULL;
}

/* One address after the other, mirrors first. What the last one said is what is reported. */
static void get_somewhere(struct part *p, const char *path, struct fetch_result *out)
{
    const struct manifest_file_pin *pin = p->wanted->pin;
    size_t mirrors = p->fetch->mirrors ? p->fetch->mirrors->count : 0;
    conclude(out, FETCH_MISSING, "the manifest names no address for it");
    for (size_t i = 0; i < mirrors + (pin->url != NULL); i++) {
        struct err e = {0};
        char *url =
            i < mirrors ? mirror_url(p->fetch->mirrors->at[i], pin->name) : mem_strdup(pin->url);
        bool ok = may_ask(url, i < mirrors, pin, &e) && try_address(p, url, path, &e);
        out->received = p->received;
        if (ok) {
            conclude(out, FETCH_FETCHED, NULL);
            out->path = mem_strdup(path);
            out->url = url;
            return;
        }
        conclude(out, e.kind == ERR_REFUSED || e.kind == ERR_LIMIT ? FETCH_REFUSED : FETCH_FAILED,
                 e.text);
        if (i + 1 < mirrors + (pin->url != NULL))
            log_line(LOG_WARNING, "fetch: '%s': %s, trying the next address", url, e.text);
        mem_free(url);
    }
}

/* A file that has the name already: the right one, or one that must not be overwritten unseen. */
static bool look_at_present(const char *path, const struct fetch_wanted *w,
                            struct fetch_result *out)
{
    struct err e = {0};
    if (file_kind(path) == FILE_ABSENT)
        return false;
    if (fetch_check(path, w, &e)) {
        conclude(out, FETCH_PRESENT, NULL);
        out->path = mem_strdup(path);
        return true;
    }
    log_line(LOG_WARNING, "fetch: '%s': %s, it will be replaced", path, e.text);
    return false;
}

bool fetch_file(struct fetch *f, const struct fetch_wanted *w, struct fetch_result *out,
                struct err *e)
{
    struct part p = {.fetch = f, .wanted = w};
    struct text beside = {0};
    bool ok = true;
    if (!file_make_folder(f->folder, e))
        return false;
    char *folder = w->below ? file_join(f->folder, w->below) : mem_strdup(f->folder);
    char *path = file_join(folder, w->pin->name);
    text_addf(&beside, "%s.part", path);
    p.path = text_steal(&beside);
    if (!look_at_present(path, w, out)) {
        if (f->offline)
            conclude(out, FETCH_MISSING, "it is not in the folder, and --offline asks nobody");
        else if ((ok = file_make_folder(folder, e)))
            get_somewhere(&p, path, out);
    }
    part_close(&p);
    mem_free(path);
    mem_free(folder);
    return ok;
}
