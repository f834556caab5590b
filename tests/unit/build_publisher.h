/*
 * build_publisher: a publisher of a journal whose certificate is any text: only its bytes count
 * where nobody looks into it.
 */
#ifndef XENPV_TESTS_BUILD_PUBLISHER_H
#define XENPV_TESTS_BUILD_PUBLISHER_H

#include "base/mem.h"
#include "base/text.h"
#include "installer/journal.h"
#include "verifier/digest.h"

static inline struct journal_publisher *build_publisher(struct journal *j, const char *certificate)
{
    struct journal_publisher *p = shape_list_add(&j->publishers, sizeof *p);
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct text der = {0};
    struct digest d = digest_one(DIGEST_SHA1, span_text(certificate));
    digest_hex(&d, hex);
    p->sha1 = mem_strdup(hex);
    d = digest_one(DIGEST_SHA256, span_text(certificate));
    digest_hex(&d, hex);
    p->sha256 = mem_strdup(hex);
    p->name = mem_strdup(certificate);
    text_add_hex(&der, span_text(certificate));
    p->certificate = text_steal(&der);
    return p;
}

#endif
