/* source: the pinned bytes or none, one whole driver package, a Windows that takes it; what is
 * refused names the file. */
#include "installer/source.h"

#include "tests/unit/build_release.h"

static void leave(struct made *p, struct facts *f)
{
    (void)p;
    (void)f;
}

static void flip_driver(struct made *p, struct facts *f)
{
    (void)f;
    p->files[FILE_SYS] = flipped(p->files[FILE_SYS], 0x500);
}

static void flip_inf(struct made *p, struct facts *f)
{
    (void)f;
    p->files[FILE_INF] = flipped(p->files[FILE_INF], p->files[FILE_INF].size - 6);
}

static void flip_text(struct made *p, struct facts *f)
{
    (void)f;
    p->files[FILE_TXT] = flipped(p->files[FILE_TXT], 0);
}

static void no_driver(struct made *p, struct facts *f)
{
    (void)f;
    p->names[FILE_SYS] = NULL;
}

static void no_catalog(struct made *p, struct facts *f)
{
    (void)f;
    p->names[FILE_CAT] = NULL;
}

static void no_inf(struct made *p, struct facts *f)
{
    (void)f;
    p->names[FILE_INF] = NULL;
}

static void other_inf_name(struct made *p, struct facts *f)
{
    (void)f;
    p->names[FILE_INF] = "other.inf";
}

static void no_test_signing(struct made *p, struct facts *f)
{
    (void)p;
    f->integrity.test_signing = TRI_NO;
}

static void unknown_test_signing(struct made *p, struct facts *f)
{
    (void)p;
    f->integrity.test_signing = TRI_UNKNOWN;
}

static void other_processor(struct made *p, struct facts *f)
{
    (void)p;
    f->windows.architecture = ARCHITECTURE_X86;
    f->integrity.secure_boot = TRI_NO;
}

struct row {
    const char *sentence;
    void (*change)(struct made *p, struct facts *f);
    const char *container, *file, *message; /* of some refusal; NULL container: none at all */
};

static const struct row rows[] = {
    {"a whole package", leave, NULL, NULL, NULL},
    {"a flipped byte in the driver", flip_driver, "xen.tar", "xen.sys", "catalog"},
    {"a flipped byte in the INF", flip_inf, "xen.tar", "xen.inf", "catalog"},
    {"a flipped byte in a text file", flip_text, "xen.tar", "xen.txt", "catalog"},
    {"a missing driver", no_driver, "xen.tar", "xen.sys", "missing"},
    {"no catalog", no_catalog, "xen.tar", "xen.inf", "unsigned"},
    {"no INF", no_inf, "xen-9", "xen.inf", "no such driver package"},
    {"an INF of another name", other_inf_name, "xen-9", "xen.inf", "no such driver package"},
    {"a kernel that does not know the signer", no_test_signing, "xen.tar", "xen.sys",
     "would not load it"},
    {"one of which that is not known", unknown_test_signing, "xen.tar", "xen.sys",
     "is not known to load it"},
    {"another processor", other_processor, "xen.tar", "xen.inf", "does not fit"},
};

static bool has_refusal(const struct source *s, const struct row *r)
{
    for (size_t i = 0; i < s->refusals.count; i++) {
        const struct source_refusal *have = &s->refusals.at[i];
        if (strcmp(have->container, r->container) == 0 && have->file &&
            strcmp(have->file, r->file) == 0 && strstr(have->message, r->message))
            return true;
    }
    return false;
}

/* The altered tar is the pinned one: the pin alone must not decide. A row changes the package
 * first, then the guest. Each also with the bytes that were kept when the tar was hashed. */
static void refuses_what_is_not_whole(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2 * COUNT(rows); k++) {
        const struct row *r = &rows[k / 2];
        struct made p;
        struct built b;
        struct source s = {0};
        struct err e = {0};
        struct facts changed = {0};
        make_package(&p);
        r->change(&p, &changed);
        struct span tar = tar_of(&p);
        built_make(&b, tar, tar);
        r->change(&p, &b.facts);
        b.shelf.hold = k % 2 ? tar.size : 0;
        if (!source_open(&b.shelf, &(struct source_case){&b.choice, &b.manifest, &b.facts, NULL},
                         &s, &e))
            fail_msg("%s: %s", r->sentence, e.text);
        CHECK(r->sentence, s.containers.count == 1 && s.containers.at[0].pinned);
        if (r->container ? !has_refusal(&s, r) : s.refusals.count > 0)
            fail_msg("%s: %zu refusals, the first '%s': %s", r->sentence, s.refusals.count,
                     s.refusals.count && s.refusals.at[0].file ? s.refusals.at[0].file : "",
                     s.refusals.count ? s.refusals.at[0].message : "none");
        source_release(&s);
        built_release(&b);
    }
}

/* Between the choice and the installation somebody puts another file in its place. */
static void what_was_hashed_is_what_is_opened(void **state)
{
    (void)state;
    for (unsigned held = 0; held < 2; held++) {
        struct made p;
        struct built b;
        struct source s = {0};
        struct err e = {0};
        const char *path = NULL;
        make_package(&p);
        struct span tar = tar_of(&p);
        built_make(&b, tar, tar);
        b.shelf.hold = held ? tar.size : 0;
        const struct manifest_release *release = b.manifest.releases.at;
        assert_int_equal(shelf_find(&b.shelf, release, &release->sets.at->files.at[0], &path),
                         SHELF_PINNED);
        assert_true(file_replace(path, span_text("something else"), &e));
        bool opened = source_open(
            &b.shelf, &(struct source_case){&b.choice, &b.manifest, &b.facts, NULL}, &s, &e);
        CHECK("kept: what was hashed", !held || (opened && s.containers.at->pinned && !s.refusals.count));
        CHECK("not kept: it is refused", held || !opened || s.refusals.count);
        source_release(&s);
        built_release(&b);
    }
}

/* --- trust ------------------------------------------------------------------------------------ */

/* The machine's word, and what it was asked about. */
struct asked {
    enum tri answer;
    size_t times, certificate, catalog;
};

static enum tri answer(void *context, struct span certificate, struct span catalog)
{
    struct asked *a = context;
    a->times++;
    a->certificate = certificate.size;
    a->catalog = catalog.size;
    return a->answer;
}

static void is_xp(struct facts *f, unsigned policy)
{
    f->windows.major = number_of(5);
    f->windows.minor = number_of(1);
    f->windows.build = number_of(2600);
    f->integrity.signing_policy = number_of(policy);
}

static void xp_that_warns(struct facts *f)
{
    is_xp(f, 1);
}

static void xp_that_ignores(struct facts *f)
{
    is_xp(f, 0);
}

static void windows_2000(struct facts *f)
{
    is_xp(f, 1);
    f->windows.minor = number_of(0);
}

static void as_it_is(struct facts *f)
{
    (void)f;
}

/* The only signer of the made package: the leaf of its catalog. */
static void signer_of_made(char hex[2 * DIGEST_SIZE_MAX + 1])
{
    struct made p;
    struct built b;
    struct source s = {0};
    struct err e = {0};
    struct text t = {0};
    make_package(&p);
    struct span tar = tar_of(&p);
    built_make(&b, tar, tar);
    const struct source_case c = {&b.choice, &b.manifest, &b.facts, NULL};
    assert_true(source_open(&b.shelf, &c, &s, &e));
    const struct signature *g = evidence_package_signature(source_evidence(&s, s.drivers.at),
                                                           source_package(&s, s.drivers.at));
    text_add_hex(&t, span_of(g->thumbprint, sizeof g->thumbprint));
    strcpy(hex, text_str(&t));
    text_release(&t);
    source_release(&s);
    built_release(&b);
}

static void trusts_already(struct facts *f)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    signer_of_made(hex);
    texts_add(&f->integrity.trusted_publishers, hex);
}

static void distrusts(struct facts *f)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    signer_of_made(hex);
    texts_add(&f->integrity.distrusted_publishers, hex);
}

struct trust_row {
    const char *sentence;
    void (*change)(struct facts *f);
    enum tri root;
    size_t publishers;
    enum install_verdict before, after;
};

static const struct trust_row trust_rows[] = {
    {"a signer whose root is trusted", as_it_is, TRI_YES, 1, INSTALL_PROMPTS, INSTALL_SILENT},
    {"one whose root is not: Windows would ask all the same", as_it_is, TRI_NO, 0, INSTALL_PROMPTS,
     INSTALL_PROMPTS},
    {"one of whose root nothing is known", as_it_is, TRI_UNKNOWN, 0, INSTALL_PROMPTS,
     INSTALL_PROMPTS},
    {"one that is trusted already", trusts_already, TRI_YES, 0, INSTALL_SILENT, INSTALL_SILENT},
    {"one that somebody distrusts", distrusts, TRI_YES, 0, INSTALL_REFUSED, INSTALL_REFUSED},
    {"Windows XP, which cannot read its SHA-256 catalog: no signer counts", xp_that_warns, TRI_YES,
     0, INSTALL_PROMPTS, INSTALL_PROMPTS},
    {"Windows XP, whose policy is to ignore", xp_that_ignores, TRI_YES, 0, INSTALL_SILENT,
     INSTALL_SILENT},
    {"Windows 2000, which does not look at publishers", windows_2000, TRI_YES, 0, INSTALL_PROMPTS,
     INSTALL_PROMPTS},
};

static void open_with_trust(const struct trust_row *r, const struct built *b,
                            const struct source_trust *trust)
{
    const struct source_case c = {&b->choice, &b->manifest, &b->facts, trust};
    struct source s = {0};
    struct err e = {0};
    if (!source_open((struct shelf *)&b->shelf, &c, &s, &e))
        fail_msg("%s: %s", r->sentence, e.text);
    enum install_verdict have = s.drivers.at[0].prediction.install;
    size_t publishers = trust ? r->publishers : 0;
    if (have != (trust ? r->after : r->before) || s.publishers.count != publishers)
        fail_msg("%s, %s: %s (%s), %zu publishers", r->sentence, trust ? "trusting" : "not asked",
                 install_verdict_name(have), s.drivers.at[0].prediction.install_rule,
                 s.publishers.count);
    if (publishers) {
        const struct signature *p = s.publishers.at[0];
        struct digest d = digest_one(DIGEST_SHA256, span_of(p->leaf, p->leaf_size));
        CHECK(r->sentence, memcmp(d.bytes, p->thumbprint_sha256, sizeof p->thumbprint_sha256) == 0);
    }
    source_release(&s);
}

static void trusts_whom_that_helps_with(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(trust_rows); i++) {
        const struct trust_row *r = &trust_rows[i];
        struct asked asked = {.answer = r->root};
        const struct source_trust trust = {answer, &asked};
        struct made p;
        struct built b;
        make_package(&p);
        struct span tar = tar_of(&p);
        struct facts guest = {0}; /* first: it may make a package of its own in the same folder */
        built_facts(&guest);
        r->change(&guest);
        built_make(&b, tar, tar);
        facts_release(&b.facts);
        b.facts = guest;
        open_with_trust(r, &b, NULL);
        CHECK(r->sentence, asked.times == 0);
        open_with_trust(r, &b, &trust);
        CHECK(r->sentence, !r->publishers || (asked.times == 1 && asked.certificate > 200 &&
                                              asked.catalog > asked.certificate));
        built_release(&b);
    }
}

/* What is not whole has no signer to trust. */
static void trusts_no_altered_package(void **state)
{
    (void)state;
    struct asked asked = {.answer = TRI_YES};
    const struct source_trust trust = {answer, &asked};
    struct made p;
    struct built b;
    struct source s = {0};
    struct err e = {0};
    make_package(&p);
    p.files[FILE_SYS] = flipped(p.files[FILE_SYS], 0x500);
    struct span tar = tar_of(&p);
    built_make(&b, tar, tar);
    const struct source_case c = {&b.choice, &b.manifest, &b.facts, &trust};
    assert_true(source_open(&b.shelf, &c, &s, &e));
    assert_int_equal(s.publishers.count, 0);
    assert_int_equal(asked.times, 0);
    source_release(&s);
    built_release(&b);
}

static void another_file_than_the_pinned_one_is_refused(void **state)
{
    (void)state;
    struct made p;
    struct built b;
    struct source s = {0};
    struct err e = {0};
    make_package(&p);
    struct span good = tar_of(&p);
    p.files[FILE_SYS] = flipped(p.files[FILE_SYS], 0x500);
    built_make(&b, tar_of(&p), good);
    assert_true(source_open(&b.shelf, &(struct source_case){&b.choice, &b.manifest, &b.facts, NULL},
                            &s, &e));
    assert_true(s.refusals.count >= 2);
    assert_false(s.containers.at[0].pinned);
    assert_string_equal(s.refusals.at[0].container, "xen.tar");
    assert_non_null(strstr(s.refusals.at[0].message, "SHA-256"));
    assert_string_equal(s.refusals.at[1].file, "xen.sys");
    source_release(&s);
    built_release(&b);
}

/* A whole and signed package that is not the pinned one is no better. */
static void a_good_package_that_is_not_pinned_is_refused(void **state)
{
    (void)state;
    struct made p;
    struct built b;
    struct source s = {0};
    struct err e = {0};
    make_package(&p);
    built_make(&b, tar_of(&p), span_text("the bytes of the manifest"));
    assert_true(source_open(&b.shelf, &(struct source_case){&b.choice, &b.manifest, &b.facts, NULL},
                            &s, &e));
    assert_int_equal(s.refusals.count, 1);
    assert_null(s.refusals.at[0].file);
    source_release(&s);
    built_release(&b);
}

static void a_truncated_tar_is_refused(void **state)
{
    (void)state;
    struct made p;
    make_package(&p);
    struct span tar = tar_of(&p);
    for (size_t size = 700; size + 2048 < tar.size; size += 700) {
        struct built b;
        struct source s = {0};
        struct err e = {0};
        struct span cut = span_of(tar.at, size);
        built_make(&b, cut, cut);
        bool ok = source_open(
            &b.shelf, &(struct source_case){&b.choice, &b.manifest, &b.facts, NULL}, &s, &e);
        if (ok ? !s.refusals.count : !strstr(e.text, "xen.tar"))
            fail_msg("cut at %zu: %s", size, ok ? "not refused" : e.text);
        source_release(&s);
        built_release(&b);
    }
}

static void a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct built b;
    struct source s = {0};
    struct err e = {0};
    built_make(&b, NOTHING, span_text("something"));
    assert_false(source_open(
        &b.shelf, &(struct source_case){&b.choice, &b.manifest, &b.facts, NULL}, &s, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_non_null(strstr(e.text, "xen.tar"));
    assert_null(s.containers.at);
    b.choice.chosen.known = false;
    err_clear(&e);
    assert_false(source_open(
        &b.shelf, &(struct source_case){&b.choice, &b.manifest, &b.facts, NULL}, &s, &e));
    assert_non_null(strstr(e.text, "no source"));
    built_release(&b);
}

static int forget(void **state)
{
    (void)state;
    der_forget();
    return 0;
}

static int forget_keys(void **state)
{
    (void)state;
    signed_release();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(refuses_what_is_not_whole, forget),
        cmocka_unit_test_teardown(what_was_hashed_is_what_is_opened, forget),
        cmocka_unit_test_teardown(trusts_whom_that_helps_with, forget),
        cmocka_unit_test_teardown(trusts_no_altered_package, forget),
        cmocka_unit_test_teardown(another_file_than_the_pinned_one_is_refused, forget),
        cmocka_unit_test_teardown(a_good_package_that_is_not_pinned_is_refused, forget),
        cmocka_unit_test_teardown(a_truncated_tar_is_refused, forget),
        cmocka_unit_test_teardown(a_file_that_is_not_there_is_named, forget),
    };
    return cmocka_run_group_tests(tests, NULL, forget_keys);
}
