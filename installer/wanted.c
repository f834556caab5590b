#include "installer/wanted.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/assume.h"
#include "installer/matrix.h"

#include <string.h>

static const struct shape_field target_fields[] = {
    FIELD(wanted_target, windows, SHAPE_TEXT),
    FIELD(wanted_target, release, SHAPE_TEXT),
    FIELD(wanted_target, set, SHAPE_TEXT),
    FIELD(wanted_target, why, SHAPE_TEXT),
};
const struct shape wanted_target_shape = SHAPE_OF(struct wanted_target, target_fields);

static void add_file(struct wanted *w, const struct wanted_file *f)
{
    for (size_t i = 0; i < w->files.count; i++)
        if (w->files.at[i].pin == f->pin)
            return;
    *(struct wanted_file *)shape_list_add(&w->files, sizeof *f) = *f;
}

/* The answer does not depend on what is wanted today: the folder may be filled again tomorrow. */
static bool is_shared_name(const struct manifest *m, const struct manifest_release *release,
                           const char *name)
{
    for (size_t i = 0; i < m->releases.count; i++)
        for (size_t k = 0; &m->releases.at[i] != release && k < m->releases.at[i].sets.count; k++) {
            const struct manifest_set *set = &m->releases.at[i].sets.at[k];
            for (size_t n = 0; n < set->files.count; n++)
                if (text_equal_nocase(set->files.at[n].name, name))
                    return true;
        }
    return false;
}

void wanted_for_guest(const struct manifest *m, const struct select_options *o,
                      const struct facts *f, const char *name, struct wanted *out)
{
    struct choice c = {0};
    select_source(f, m, o, &c);
    struct wanted_target *t = shape_list_add(&out->targets, sizeof *t);
    const struct manifest_release *release = choice_chosen_release(&c, m);
    const struct manifest_set *set = choice_chosen_set(&c, m);
    t->windows = mem_strdup(name);
    if (release && set) {
        t->release = mem_strdup(release->id);
        t->set = mem_strdup(set->id);
        for (size_t i = 0; i < set->files.count; i++) {
            const struct manifest_file_pin *pin = &set->files.at[i];
            const char *below = is_shared_name(m, release, pin->name) ? release->id : NULL;
            add_file(out, &(struct wanted_file){release, set, pin, below, out->targets.count - 1});
        }
    } else if (c.remedies.count) {
        struct text why = {0};
        text_addf(&why,
                  "no source is eligible; the nearest is %s, with: ", c.remedies.at[0].release);
        for (size_t i = 0; i < c.remedies.at[0].changes.count; i++)
            text_addf(&why, "%s%s", i ? ", " : "", c.remedies.at[0].changes.at[i]);
        t->why = text_steal(&why);
    } else {
        t->why = mem_strdup("no source is eligible");
    }
    choice_release(&c);
}

static bool add_named(const struct manifest *m, const struct select_options *o, const char *name,
                      struct wanted *out, struct err *e)
{
    struct facts f = {0};
    bool known = false;
    for (size_t i = 0; i < out->targets.count && !known; i++)
        known = text_equal_nocase(out->targets.at[i].windows, name);
    if (known)
        return true;
    if (out->targets.count >= WANTED_TARGETS_MAX)
        return err_set(e, ERR_LIMIT, "more than %d Windows are named", WANTED_TARGETS_MAX);
    if (!assume_facts(name, &f, e))
        return false;
    wanted_for_guest(m, o, &f, name, out);
    facts_release(&f);
    return true;
}

/* Every row of the table of all Windows. */
static bool add_all(const struct manifest *m, const struct select_options *o, struct wanted *out,
                    struct err *e)
{
    struct matrix x = {0};
    bool ok = matrix_make(m, o, &x, e);
    for (size_t i = 0; ok && i < x.rows.count; i++)
        ok = add_named(m, o, x.rows.at[i].windows, out, e);
    matrix_release(&x);
    return ok;
}

bool wanted_for(const struct manifest *m, const struct select_options *o, const char *names,
                struct wanted *out, struct err *e)
{
    static const char separators[] = ", ";
    bool ok = true, any = false;
    while (ok && *(names += strspn(names, separators))) {
        size_t size = strcspn(names, separators);
        char *name = mem_strndup(names, size);
        ok = text_equal_nocase(name, "all") ? add_all(m, o, out, e) : add_named(m, o, name, out, e);
        mem_free(name);
        names += size;
        any = true;
    }
    return ok && (any || err_set(e, ERR_USAGE, "no Windows is named"));
}

bool wanted_lacks(const struct wanted *w)
{
    for (size_t i = 0; i < w->targets.count; i++)
        if (!w->targets.at[i].release)
            return true;
    return false;
}

void wanted_release(struct wanted *w)
{
    for (size_t i = 0; i < w->targets.count; i++)
        shape_release(&wanted_target_shape, &w->targets.at[i]);
    mem_free(w->targets.at);
    mem_free(w->files.at);
    memset(w, 0, sizeof *w);
}
