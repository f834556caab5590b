#include "installer/support_sources.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/assume.h"
#include "verifier/target.h"

#include <stdlib.h>
#include <string.h>

static const struct shape_field condition_fields[] = {
    FIELD(support_condition, code, SHAPE_TEXT),
    FIELD(support_condition, what, SHAPE_TEXT),
};
static const struct shape condition_shape = SHAPE_OF(struct support_condition, condition_fields);

static const struct shape_field objection_fields[] = {
    FIELD(support_objection, code, SHAPE_TEXT),
    FIELD(support_objection, sentence, SHAPE_TEXT),
};
static const struct shape objection_shape = SHAPE_OF(struct support_objection, objection_fields);

static const struct shape_field release_fields[] = {
    FIELD(support_release, family, SHAPE_TEXT),
    FIELD(support_release, release, SHAPE_TEXT),
    FIELD(support_release, version, SHAPE_TEXT),
    FIELD(support_release, set, SHAPE_TEXT),
    FIELD(support_release, eligible, SHAPE_TRI),
    FIELD(support_release, words, SHAPE_TEXT),
    FIELD(support_release, accept, SHAPE_TEXTS),
    FIELD_IN(support_release, conditions, SHAPE_LIST, condition_shape),
    FIELD_IN(support_release, objections, SHAPE_LIST, objection_shape),
};
static const struct shape release_shape = SHAPE_OF(struct support_release, release_fields);

static const struct shape_field windows_fields[] = {
    FIELD(support_windows, name, SHAPE_TEXT),
    FIELD(support_windows, windows, SHAPE_TEXTS),
    FIELD(support_windows, architecture, SHAPE_TEXT),
    FIELD(support_windows, plan_for, SHAPE_TEXT),
    FIELD_IN(support_windows, releases, SHAPE_LIST, release_shape),
};
const struct shape support_windows_shape = SHAPE_OF(struct support_windows, windows_fields);

/*
 * The guests that are tried: each set of words that could answer an objection, the smallest first,
 * and beside each the same with Secure Boot. Test signing excludes Secure Boot.
 */
enum { WITH_SHA2 = 1, WITH_TEST_SIGNING = 2, TRIALS = 4 };

struct trial {
    char *words;
    struct choice plain, secure_boot, upgraded;
    bool has_secure_boot;
};

struct trials {
    const char *target;
    const char *sha2_word;
    bool knows_secure_boot;
    struct select_options options;
    struct trial at[TRIALS];
};

static bool choose(const struct manifest *m, const struct trials *t, const char *words,
                   struct choice *out, struct err *e)
{
    struct facts f = {0};
    struct text name = {0};
    text_addf(&name, "%s%s", t->target, words);
    bool ok = assume_facts(text_str(&name), &f, e);
    if (ok)
        select_source(&f, m, &t->options, out);
    facts_release(&f);
    text_release(&name);
    return ok;
}

static bool choose_trial(const struct manifest *m, const struct trials *t, unsigned with,
                         struct trial *out, struct err *e)
{
    struct text words = {0};
    if (with & WITH_SHA2)
        text_addf(&words, "+%s", t->sha2_word);
    if (with & WITH_TEST_SIGNING)
        text_add(&words, "+testsigning");
    bool ok = choose(m, t, text_str(&words), &out->plain, e);
    out->words = mem_strdup(text_str(&words));
    out->has_secure_boot = t->knows_secure_boot && !(with & WITH_TEST_SIGNING);
    if (ok && out->has_secure_boot) {
        text_add(&words, "+secureboot");
        ok = choose(m, t, text_str(&words), &out->secure_boot, e);
        text_add(&words, "+upgraded");
        ok = ok && choose(m, t, text_str(&words), &out->upgraded, e);
    }
    text_release(&words);
    return ok;
}

/* The codes that --accept takes on this guest. */
static void accept_all(const struct choice *c, struct texts *accept)
{
    for (size_t i = 0; i < c->candidates.count; i++)
        for (size_t j = 0; j < c->candidates.at[i].reasons.count; j++) {
            const struct select_reason *r = &c->candidates.at[i].reasons.at[j];
            if (r->overridable == TRI_YES && !texts_have_nocase(accept, r->code))
                texts_add(accept, r->code);
        }
}

/*
 * All codes that --accept could take: what is accepted can make a release eligible that speaks
 * against another, so that it is asked again until nothing new comes.
 */
static bool find_codes(const struct manifest *m, struct trials *t, const char *words, struct err *e)
{
    size_t before;
    do {
        struct choice c = {0};
        if (!choose(m, t, words, &c, e))
            return false;
        before = t->options.accept.count;
        accept_all(&c, &t->options.accept);
        choice_release(&c);
    } while (t->options.accept.count > before);
    return true;
}

static bool try_all(const struct manifest *m, const struct target *target, struct trials *t,
                    struct err *e)
{
    struct text most = {0};
    t->knows_secure_boot = target_compare(target, 6, 2) >= 0; /* it came with Windows 8 */
    t->sha2_word = target_compare(target, 6, 1) < 0 ? "kb4474419" : "kb3033929";
    text_addf(&most, "+%s+testsigning", t->sha2_word);
    bool ok = find_codes(m, t, "", e) && find_codes(m, t, text_str(&most), e);
    for (unsigned with = 0; ok && with < TRIALS; with++)
        ok = choose_trial(m, t, with, &t->at[with], e);
    text_release(&most);
    return ok;
}

static void trials_release(struct trials *t)
{
    texts_release(&t->options.accept);
    for (size_t i = 0; i < TRIALS; i++) {
        mem_free(t->at[i].words);
        choice_release(&t->at[i].plain);
        choice_release(&t->at[i].secure_boot);
        choice_release(&t->at[i].upgraded);
    }
}

static bool is_for_another_processor(const struct candidate *c)
{
    for (size_t i = 0; i < c->reasons.count; i++)
        if (strcmp(c->reasons.at[i].code, SELECT_WRONG_ARCH) == 0)
            return true;
    return false;
}

/* The candidate of a release that the least speaks against, or NULL. */
static const struct candidate *candidate_of(const struct choice *c, const char *release)
{
    const struct candidate *best = NULL;
    for (size_t i = 0; i < c->candidates.count; i++) {
        const struct candidate *x = &c->candidates.at[i];
        if (strcmp(x->release, release) == 0 && !is_for_another_processor(x) &&
            (!best || x->reasons.count < best->reasons.count))
            best = x;
    }
    return best;
}

static bool is_eligible(const struct candidate *c)
{
    return c && c->verdict != CANDIDATE_REJECTED;
}

static void add_condition(struct support_release *r, const char *code, const char *what)
{
    struct support_condition *c = shape_list_add(&r->conditions, sizeof *c);
    *c = (struct support_condition){mem_strdup(code), mem_strdup(what)};
}

/* "--accept xsn-1": an advisory may be called by its id. */
static void add_accepted(struct support_release *r, const char *code)
{
    static const char prefix[] = "advisory-";
    struct text what = {0};
    if (strncmp(code, prefix, sizeof prefix - 1) == 0)
        code += sizeof prefix - 1;
    text_addf(&what, "--accept %s", code);
    add_condition(r, code, text_str(&what));
    texts_add(&r->accept, code);
    text_release(&what);
}

static void take_eligible(const struct trials *t, unsigned with, const struct candidate *c,
                          struct support_release *r)
{
    const struct trial *trial = &t->at[with];
    r->eligible = TRI_YES;
    shape_set_text(&r->words, trial->words);
    if (with & WITH_SHA2)
        add_condition(r, t->sha2_word,
                      strcmp(t->sha2_word, "kb4474419") == 0 ? "KB4474419"
                                                             : "KB3033929 or KB4474419");
    if (with & WITH_TEST_SIGNING)
        add_condition(r, "testsigning",
                      t->knows_secure_boot ? "test signing on, Secure Boot off"
                                           : "test signing on");
    if (trial->has_secure_boot && !is_eligible(candidate_of(&trial->secure_boot, r->release)))
        add_condition(r, "secure-boot-off",
                      is_eligible(candidate_of(&trial->upgraded, r->release))
                          ? "Secure Boot off, or upgraded from a Windows before 1607"
                          : "Secure Boot off");
    for (size_t i = 0; i < c->accepted.count; i++)
        add_accepted(r, c->accepted.at[i].code);
}

/* What stands against it even when all that can be changed is. */
static void take_rejected(const struct trials *t, struct support_release *r)
{
    const struct candidate *c = candidate_of(&t->at[TRIALS - 1].plain, r->release);
    r->eligible = TRI_NO;
    shape_set_text(&r->words, "");
    for (size_t i = 0; i < c->reasons.count; i++) {
        struct support_objection *o = shape_list_add(&r->objections, sizeof *o);
        o->code = mem_strdup(c->reasons.at[i].code);
        o->sentence = mem_strdup(c->reasons.at[i].sentence);
    }
}

static void add_release(const struct trials *t, const struct manifest_release *release,
                        struct support_windows *out)
{
    const struct candidate *c = candidate_of(&t->at[0].plain, release->id);
    unsigned with = 0;
    if (!c)
        return;
    struct support_release *r = shape_list_add(&out->releases, sizeof *r);
    r->family = mem_strdup(release->family);
    r->release = mem_strdup(release->id);
    r->version = mem_strdup(release->version);
    r->rank = release->rank;
    while (with < TRIALS && !is_eligible(candidate_of(&t->at[with].plain, release->id)))
        with++;
    if (with < TRIALS) {
        c = candidate_of(&t->at[with].plain, release->id);
        take_eligible(t, with, c, r);
    } else {
        take_rejected(t, r);
    }
    r->set = mem_strdup(c->set);
}

static int best_first(const void *a, const void *b)
{
    const struct support_release *x = a, *y = b;
    if (x->eligible != y->eligible)
        return x->eligible == TRI_YES ? -1 : 1;
    if (x->conditions.count != y->conditions.count)
        return x->conditions.count < y->conditions.count ? -1 : 1;
    if (x->rank.value != y->rank.value)
        return x->rank.value < y->rank.value ? -1 : 1;
    return strcmp(x->release, y->release);
}

static bool answer(const struct manifest *m, const struct target *target,
                   struct support_windows *out, struct err *e)
{
    char name[TARGET_NAME_MAX];
    struct trials t = {.target = name};
    target_name(target, name, sizeof name);
    bool ok = try_all(m, target, &t, e);
    for (size_t i = 0; ok && i < m->releases.count; i++)
        add_release(&t, &m->releases.at[i], out);
    if (out->releases.count)
        qsort(out->releases.at, out->releases.count, sizeof *out->releases.at, best_first);
    out->plan_for = mem_strdup(name);
    trials_release(&t);
    return ok;
}

/* The target that is this Windows on this processor, with the last service pack; NULL: none. */
static const struct target *target_of(const struct manifest *m, const struct manifest_windows *row,
                                      enum architecture architecture)
{
    size_t count;
    const struct target *all = target_all(&count), *last = NULL;
    for (size_t i = 0; i < count; i++) {
        char name[TARGET_NAME_MAX];
        struct facts f = {0};
        target_name(&all[i], name, sizeof name);
        if (assume_facts(name, &f, NULL) && f.windows.architecture == architecture &&
            manifest_windows_of(m, &f.windows) == row)
            last = &all[i];
        facts_release(&f);
    }
    return last;
}

/* "Windows 10 1507" in the row "Windows 10"; the row's own name where that says no more. */
static void name_windows(const struct support_row *row, const struct manifest_windows *w,
                         struct support_windows *out)
{
    size_t size = strlen(row->name);
    bool longer = strncmp(w->name, row->name, size) == 0 && w->name[size] == ' ' &&
                  !strchr(w->name + size + 1, ' ');
    out->name = mem_strdup(longer ? w->name : row->name);
    texts_add(&out->windows, w->id);
}

static bool same_releases(const struct support_windows *a, const struct support_windows *b)
{
    bool same = a->releases.count == b->releases.count;
    for (size_t i = 0; same && i < a->releases.count; i++) {
        char *x = shape_encode(&release_shape, &a->releases.at[i]);
        char *y = shape_encode(&release_shape, &b->releases.at[i]);
        same = strcmp(x, y) == 0;
        mem_free(x);
        mem_free(y);
    }
    return same;
}

/* "Windows 10 1507" and then "Windows 10 1511": "Windows 10 1507..1511". */
static void join(struct support_windows *to, const char *row_name, const struct support_windows *w)
{
    struct text name = {0};
    const char *dots = strstr(to->name, "..");
    const char *last = strcmp(w->name, row_name) == 0 ? NULL : strrchr(w->name, ' ');
    text_add_bytes(&name, to->name, dots ? (size_t)(dots - to->name) : strlen(to->name));
    if (last)
        text_addf(&name, "..%s", last + 1);
    mem_free(to->name);
    to->name = text_steal(&name);
    for (size_t i = 0; i < w->windows.count; i++)
        if (!texts_have_nocase(&to->windows, w->windows.at[i]))
            texts_add(&to->windows, w->windows.at[i]);
}

static void add_windows(struct support_windows_list *l, const char *row_name,
                        struct support_windows *w)
{
    struct support_windows *last = l->count ? &l->at[l->count - 1] : NULL;
    if (last && strcmp(last->architecture, w->architecture) == 0 && same_releases(last, w)) {
        join(last, row_name, w);
        shape_release(&support_windows_shape, w);
        return;
    }
    *(struct support_windows *)shape_list_add(l, sizeof *l->at) = *w;
}

struct asked {
    const struct manifest *manifest;
    const struct support_row *row;
    enum architecture architecture;
};

static bool add_id(const struct asked *a, const char *id, struct support_windows_list *out,
                   struct err *e)
{
    for (size_t i = 0; i < a->manifest->windows.count; i++) {
        const struct manifest_windows *w = &a->manifest->windows.at[i];
        const struct target *target =
            strcmp(w->id, id) == 0 &&
                    texts_have_nocase(&w->architectures, architecture_name(a->architecture))
                ? target_of(a->manifest, w, a->architecture)
                : NULL;
        struct support_windows one = {0};
        if (!target)
            continue;
        if (!answer(a->manifest, target, &one, e)) {
            shape_release(&support_windows_shape, &one);
            return false;
        }
        one.architecture = mem_strdup(architecture_name(a->architecture));
        name_windows(a->row, w, &one);
        add_windows(out, a->row->name, &one);
    }
    return true;
}

bool support_sources_of(const struct manifest *m, const struct support_row *row,
                        const struct support_windows_filter *filter,
                        struct support_windows_list *out, struct err *e)
{
    bool ok = true;
    for (int a = ARCHITECTURE_X86; ok && architecture_names[a]; a++) {
        struct asked asked = {m, row, (enum architecture)a};
        if (filter->architecture && filter->architecture != asked.architecture)
            continue;
        for (size_t i = 0; ok && i < row->windows.count; i++)
            if (!filter->id || strcmp(filter->id, row->windows.at[i]) == 0)
                ok = add_id(&asked, row->windows.at[i], out, e);
    }
    if (!ok)
        support_sources_release(out);
    return ok;
}

const struct support_release *support_sources_best(const struct support_windows *w,
                                                   const struct support_source *source)
{
    for (size_t i = 0; i < w->releases.count; i++)
        if (texts_have_nocase(&source->families, w->releases.at[i].family))
            return &w->releases.at[i];
    return NULL;
}

void support_sources_release(struct support_windows_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        shape_release(&support_windows_shape, &l->at[i]);
    mem_free(l->at);
    memset(l, 0, sizeof *l);
}
