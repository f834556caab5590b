#include "installer/step.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/digest.h"

#include <string.h>

enum { CERTIFICATE_MAX = 64 * 1024 }; /* bytes; those of signers have one or two thousand */

/* The certificate's DER, if it is the one that was verified; bytes_release. */
static bool read_certificate(const struct journal_publisher *p, struct bytes *out, struct err *e)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    size_t size = strlen(p->certificate) / 2;
    uint8_t *bytes = mem_zero(size < CERTIFICATE_MAX ? size + 1 : 1, 1);
    if (size > 0 && size <= CERTIFICATE_MAX && text_parse_hex(p->certificate, bytes, size)) {
        struct digest d = digest_one(DIGEST_SHA256, span_of(bytes, size));
        digest_hex(&d, hex);
        if (text_equal_nocase(hex, p->sha256)) {
            *out = (struct bytes){bytes, size};
            return true;
        }
    }
    mem_free(bytes);
    return err_set(e, ERR_FORMAT, "the journal's certificate '%s' is not the one that it names",
                   p->sha1);
}

static bool ask(struct step_run *r, const struct journal_publisher *p, enum tri *there,
                struct err *e)
{
    struct bytes certificate = {0};
    if (!read_certificate(p, &certificate, e))
        return false;
    *there = r->p->has_publisher(r->p->context, bytes_span(&certificate));
    bytes_release(&certificate);
    return *there != TRI_UNKNOWN ||
           err_set(e, ERR_FAILED, "which publishers this Windows trusts cannot be told");
}

static bool trust_survey(struct step_run *r, struct journal_step *s, struct err *e)
{
    struct journal_publisher *p = journal_publisher_of(r->j, s->subject);
    if (p->existed != TRI_UNKNOWN)
        return true;
    if (!ask(r, p, &p->existed, e))
        return false;
    if (p->existed == TRI_NO)
        p->carried = TRI_NO; /* somebody took it out: now it is this installation's */
    return true;
}

/* The report's line; mem_free. */
static char *words_of(const struct journal_publisher *p)
{
    struct text t = {0};
    text_addf(&t, "certificate of '%s' (SHA-1 %s) added to LocalMachine\\TrustedPublisher",
              p->name ? p->name : "?", p->sha1);
    return text_steal(&t);
}

static void trust_prepare(struct step_run *r, struct journal_step *s)
{
    const struct journal_publisher *p = journal_publisher_of(r->j, s->subject);
    char *words = words_of(p);
    if (p->existed == TRI_NO && p->carried != TRI_YES && !texts_have_nocase(&r->j->trust, words))
        texts_add(&r->j->trust, words);
    mem_free(words);
}

static void forget_words(struct journal *j, const struct journal_publisher *p)
{
    char *words = words_of(p);
    struct texts rest = {0};
    for (size_t i = 0; i < j->trust.count; i++)
        if (strcmp(j->trust.at[i], words) != 0)
            texts_add(&rest, j->trust.at[i]);
    texts_release(&j->trust);
    j->trust = rest;
    mem_free(words);
}

/* Once the drivers are installed the administrator may take it out again. */
static bool trust_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_publisher *p = journal_publisher_of(r->j, s->subject);
    enum tri there;
    if (!step_is_installing(r) || p->carried == TRI_YES)
        return true;
    return ask(r, p, &there, e) &&
           (there == TRI_YES || err_set(e, ERR_FAILED, "'%s' is not among the trusted publishers",
                                        p->name ? p->name : p->sha1));
}

static bool trust_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct bytes certificate = {0};
    bool ok = read_certificate(journal_publisher_of(r->j, s->subject), &certificate, e) &&
              r->p->add_publisher(r->p->context, bytes_span(&certificate), e);
    bytes_release(&certificate);
    return ok;
}

static bool gone(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_publisher *p = journal_publisher_of(r->j, s->subject);
    enum tri there;
    return ask(r, p, &there, e) &&
           (there == TRI_NO || err_set(e, ERR_FAILED, "'%s' is still among the trusted publishers",
                                       p->name ? p->name : p->sha1));
}

static bool take_out(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct bytes certificate = {0};
    bool ok = read_certificate(journal_publisher_of(r->j, s->subject), &certificate, e) &&
              r->p->remove_publisher(r->p->context, bytes_span(&certificate), e);
    bytes_release(&certificate);
    return ok;
}

static bool trust_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_publisher *p = journal_publisher_of(r->j, s->subject);
    if (p->existed != TRI_NO)
        return true;
    if (!take_out(r, s, e) || !gone(r, s, e))
        return false;
    forget_words(r->j, p);
    return true;
}

const struct step_work step_trust_work = {
    .survey = trust_survey,
    .prepare = trust_prepare,
    .holds = trust_holds,
    .act = trust_do,
    .undo = trust_undo,
};

const struct step_work step_remove_trust_work = {.holds = gone, .act = take_out, .may_fail = true};
