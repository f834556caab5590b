#include "drivers-manifest/select_inside.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool is_remediable(const struct candidate *c)
{
    for (size_t i = 0; i < c->reasons.count; i++)
        if (!c->reasons.at[i].change)
            return false;
    return c->reasons.count > 0;
}

/* The same change may take away several reasons. */
static void collect(const struct candidate *c, struct texts *changes)
{
    for (size_t i = 0; i < c->reasons.count; i++)
        if (!texts_have_nocase(changes, c->reasons.at[i].change))
            texts_add(changes, c->reasons.at[i].change);
}

static struct select_remedy *remedy_of_family(struct choice *choice, const char *family)
{
    for (size_t i = 0; i < choice->remedies.count; i++)
        if (strcmp(choice->remedies.at[i].family, family) == 0)
            return &choice->remedies.at[i];
    return NULL;
}

/* Candidates come by rank, so that of two equally small sets the better release's stays. */
static void consider(struct choice *choice, const struct candidate *c)
{
    struct texts changes = {0};
    collect(c, &changes);
    struct select_remedy *r = remedy_of_family(choice, c->family);
    if (r && changes.count >= r->changes.count) {
        texts_release(&changes);
        return;
    }
    if (!r) {
        r = shape_list_add(&choice->remedies, sizeof *r);
        r->family = mem_strdup(c->family);
    }
    shape_set_text(&r->release, c->release);
    shape_set_text(&r->set, c->set);
    texts_release(&r->changes);
    r->changes = changes;
}

static int fewest_first(const void *a, const void *b)
{
    const struct select_remedy *x = a, *y = b;
    if (x->changes.count != y->changes.count)
        return x->changes.count < y->changes.count ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

void select_remedies(struct choice *choice)
{
    for (size_t i = 0; i < choice->candidates.count; i++)
        if (is_remediable(&choice->candidates.at[i]))
            consider(choice, &choice->candidates.at[i]);
    for (size_t i = 0; i < choice->remedies.count; i++)
        choice->remedies.at[i].order = i;
    if (choice->remedies.count)
        qsort(choice->remedies.at, choice->remedies.count, sizeof *choice->remedies.at,
              fewest_first);
}
