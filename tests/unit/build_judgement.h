/*
 * build_judgement: one judgement of policy made by hand: a package of an INF, a driver, a second
 * driver and a catalog, and Windows 10 22H2 x64 without Secure Boot of which all is known. Nothing
 * is signed and nothing is copied before the test says so. Texts are borrowed from the test.
 */
#ifndef XENPV_TESTS_BUILD_JUDGEMENT_H
#define XENPV_TESTS_BUILD_JUDGEMENT_H

#include "verifier/policy_inside.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

enum { HAND_INF, HAND_SYS, HAND_SECOND, HAND_CAT, HAND_ENTRIES, HAND_FILES = HAND_CAT };
enum { HAND_SIGNATURES = 3 };

struct hand {
    struct package_entry names[HAND_ENTRIES];
    struct evidence_entry entries[HAND_ENTRIES];
    struct evidence ev;
    struct evidence_file files[HAND_FILES];
    struct evidence_package package;
    struct signature own[HAND_SIGNATURES], listed;
    struct cat catalog;
    struct facts facts;
    struct policy_case c;
    struct inf_file copies[2];
    struct inf_service service;
    struct inf_install installs[2];
    struct inf_model models[2];
    struct inf_here here;
    struct prediction out;
    struct judgement j;
};

static inline void hand_windows(struct hand *h, unsigned major, unsigned minor, unsigned build)
{
    h->facts.windows.major = number_of(major);
    h->facts.windows.minor = number_of(minor);
    h->facts.windows.build = number_of(build);
    h->here.target = policy_target(&h->facts.windows);
}

static inline void hand_inf(struct hand *h, const char *text)
{
    struct err e = {0};
    inf_release(&h->package.inf);
    memset(&h->package.inf, 0, sizeof h->package.inf);
    if (!inf_parse(span_text(text), &h->package.inf, NULL, &e))
        fail_msg("the INF of the test: %s", e.text);
}

/* The driver has the first count signatures of own. */
static inline void hand_sign(struct hand *h, size_t count)
{
    h->entries[HAND_SYS].signatures.signatures = h->own;
    h->entries[HAND_SYS].signatures.count = count;
}

static inline void hand_facts(struct hand *h)
{
    struct facts_integrity *i = &h->facts.integrity;
    h->facts.windows.architecture = ARCHITECTURE_X64;
    h->facts.windows.type = PRODUCT_TYPE_WORKSTATION;
    h->facts.windows.reading = h->facts.devices_reading = READING_FULL;
    i->secure_boot = i->test_signing = i->disabled = i->hvci = i->whql_enforced = i->upgraded =
        TRI_NO;
    i->sha2 = TRI_YES;
    hand_windows(h, 10, 0, 19045);
}

static inline void hand_set_up(struct hand *h)
{
    static const char *const names[HAND_ENTRIES] = {"xen.inf", "xen.sys", "second.sys", "xen.cat"};
    memset(h, 0, sizeof *h);
    for (size_t i = 0; i < HAND_ENTRIES; i++)
        h->names[i].name = names[i];
    for (size_t i = 0; i < HAND_FILES; i++)
        h->files[i] = (struct evidence_file){
            .name = (char *)names[i], .entry = i, .member = TRI_YES, .integrity = INTEGRITY_INTACT};
    h->listed.integrity = SIGNATURE_INTACT;
    for (size_t i = 0; i < HAND_SIGNATURES; i++)
        h->own[i] = h->listed;
    for (size_t i = HAND_SYS; i <= HAND_SECOND; i++) {
        h->entries[i].is_kernel = true;
        h->entries[i].machine = 0x8664;
        h->copies[i - HAND_SYS] = (struct inf_file){
            .path = names[i], .source = names[i], .name = names[i], .origin = INF_SOURCE_PACKAGE};
    }
    h->catalog.version = 1;
    h->entries[HAND_CAT].catalog = &h->catalog;
    h->entries[HAND_CAT].catalog_signature.signatures = &h->listed;
    h->ev = (struct evidence){.entries = h->entries};
    h->ev.package.entries = h->names;
    h->ev.package.count = HAND_ENTRIES;
    h->package.inf_entry = HAND_INF;
    h->package.catalog_entry = HAND_CAT;
    h->package.integrity = INTEGRITY_INTACT;
    h->package.files.at = h->files;
    h->package.files.count = HAND_FILES;
    h->installs[0] = (struct inf_install){.section = "I.NTamd64", .files = h->copies};
    h->here.installs = h->installs;
    h->here.models.at = h->models;
    h->c = (struct policy_case){.evidence = &h->ev, .package = &h->package, .facts = &h->facts};
    h->j = (struct judgement){.c = &h->c, .facts = &h->facts, .here = &h->here, .out = &h->out};
    hand_facts(h);
    hand_inf(h, "[Version]\r\nSignature=\"$Windows NT$\"\r\nCatalogFile=xen.cat\r\n");
}

/* The INF copies the first count drivers. */
static inline void hand_copy(struct hand *h, size_t count)
{
    h->installs[0].file_count = count;
    h->here.count = 1;
}

/* The catalog is signed, and so is what it lists. */
static inline void hand_sign_catalog(struct hand *h, enum root root)
{
    h->listed.root = root;
    h->entries[HAND_CAT].catalog_signature.count = 1;
}

static inline void hand_forget(struct hand *h)
{
    prediction_release(&h->out);
}

static inline void hand_tear_down(struct hand *h)
{
    hand_forget(h);
    inf_release(&h->package.inf);
}

/* Rules that some row has seen, as an answer or as a note. */
static bool hand_seen[RULE_COUNT];

static inline void hand_expect(const char *sentence, const struct policy_rule *got, enum rule want)
{
    if (got != &policy_table[want])
        fail_msg("%s; but by '%s': %s", sentence, got->id, got->sentence);
    hand_seen[want] = true;
}

/* A rule that no row reaches is a rule that nobody has seen work. To be called last. */
static inline void hand_expect_all(enum question question)
{
    for (size_t i = RULE_NONE + 1; i < RULE_COUNT; i++)
        if (policy_table[i].question == question && !hand_seen[i])
            fail_msg("no row for '%s': %s", policy_table[i].id, policy_table[i].sentence);
}

/* The note of this rule, or NULL. */
static inline const struct policy_note *hand_note(const struct hand *h, enum rule rule)
{
    for (size_t i = 0; i < h->out.notes.count; i++)
        if (h->out.notes.at[i].rule == &policy_table[rule]) {
            hand_seen[rule] = true;
            return &h->out.notes.at[i];
        }
    return NULL;
}

#endif
