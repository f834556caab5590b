#include "installer/manifest_show.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

/* A text from a manifest in a column of its own. */
static void add_column(struct text *t, const char *value, size_t width)
{
    size_t start = t->size;
    text_add_escaped(t, value ? value : "-");
    do {
        text_add(t, " ");
    } while (t->size - start < width && !t->full);
}

static void end_line(struct text *t)
{
    while (t->size && t->at[t->size - 1] == ' ')
        t->at[--t->size] = '\0';
    text_add(t, "\n");
}

static void add_row(struct text *t, const char *label, const char *value)
{
    if (!value || !*value)
        return;
    text_addf(t, "  %-14s", label);
    text_add_escaped(t, value);
    end_line(t);
}

static void add_list(struct text *t, const char *label, const struct texts *values)
{
    struct text joined = {0};
    for (size_t i = 0; i < values->count; i++)
        text_addf(&joined, "%s%s", i ? ", " : "", values->at[i]);
    add_row(t, label, text_str(&joined));
    text_release(&joined);
}

/* "6.0.6000 to 6.1.7601", "6.0.6000 and later"; "" when it is open at both ends. */
static void range(char *out, size_t size, const char *from, const char *to)
{
    if (from && to && strcmp(from, to) == 0)
        snprintf(out, size, "%s", from);
    else if (from && to)
        snprintf(out, size, "%s to %s", from, to);
    else if (from || to)
        snprintf(out, size, "%s and %s", from ? from : to, from ? "later" : "earlier");
    else
        snprintf(out, size, "%s", "");
}

enum { RANGE_TEXT = 120 };

static const char *role_word(enum family_role role)
{
    switch (role) {
    case FAMILY_INSTALLABLE: return "installable";
    case FAMILY_RECOGNISED: return "recognised";
    case FAMILY_UNKNOWN: break;
    }
    return "unknown";
}

static bool is_pinned(const struct manifest_file_pin *f)
{
    return f->sha256 || f->sha512;
}

static void count_pins(const struct manifest_release *r, size_t *files, size_t *pinned)
{
    *files = *pinned = 0;
    for (size_t i = 0; i < r->sets.count; i++)
        for (size_t k = 0; k < r->sets.at[i].files.count; k++) {
            *files += 1;
            *pinned += is_pinned(&r->sets.at[i].files.at[k]);
        }
}

/* ---- tables ---- */

static void add_families(struct text *t, const struct manifest *m)
{
    text_add(t, "Families\n");
    for (size_t i = 0; i < m->families.count; i++) {
        const struct manifest_family *f = &m->families.at[i];
        text_add(t, "  ");
        add_column(t, f->id, 18);
        add_column(t, role_word(f->role), 13);
        add_column(t, f->name, 1);
        end_line(t);
    }
}

static void add_releases(struct text *t, const struct manifest *m)
{
    text_add(t, "Releases (rank, signing, files with a hash, advisories)\n");
    for (size_t i = 0; i < m->releases.count; i++) {
        const struct manifest_release *r = &m->releases.at[i];
        size_t files, pinned;
        char number[32];
        count_pins(r, &files, &pinned);
        text_add(t, "  ");
        add_column(t, r->id, 30);
        snprintf(number, sizeof number, "%llu", (unsigned long long)r->rank.value);
        add_column(t, number, 5);
        add_column(t, signing_name(r->signing), 14);
        snprintf(number, sizeof number, "%zu of %zu", pinned, files);
        add_column(t, number, 10);
        for (size_t k = 0; k < r->advisories.count; k++)
            add_column(t, r->advisories.at[k], 1);
        end_line(t);
    }
}

static void add_advisories(struct text *t, const struct manifest *m)
{
    text_add(t, "Advisories\n");
    for (size_t i = 0; i < m->advisories.count; i++) {
        text_add(t, "  ");
        add_column(t, m->advisories.at[i].id, 24);
        add_column(t, m->advisories.at[i].date, 12);
        add_column(t, m->advisories.at[i].title, 1);
        end_line(t);
    }
}

static void add_windows(struct text *t, const struct manifest *m)
{
    text_add(t, "Windows\n");
    for (size_t i = 0; i < m->windows.count; i++) {
        const struct manifest_windows *w = &m->windows.at[i];
        char versions[RANGE_TEXT];
        range(versions, sizeof versions, w->windows_from, w->windows_to);
        text_add(t, "  ");
        add_column(t, w->id, 14);
        add_column(t, versions, 26);
        add_column(t, w->name, 38);
        for (size_t k = 0; k < w->architectures.count; k++)
            add_column(t, w->architectures.at[k], 1);
        end_line(t);
    }
}

void manifest_show_tables(struct text *t, const struct manifest *m)
{
    add_families(t, m);
    add_releases(t, m);
    add_advisories(t, m);
    add_windows(t, m);
    text_add(t, "More about one of them: xenpv manifest show ID\n");
}

/* ---- one of them ---- */

static void show_family(struct text *t, const struct manifest_family *f)
{
    char versions[RANGE_TEXT];
    text_add(t, "Family ");
    add_column(t, f->id, 1);
    end_line(t);
    range(versions, sizeof versions, f->windows_from, f->windows_to);
    add_row(t, "name", f->name);
    add_row(t, "role", role_word(f->role));
    add_list(t, "providers", &f->providers);
    add_list(t, "products", &f->product_names);
    add_list(t, "product codes", &f->product_codes);
    add_list(t, "upgrade codes", &f->upgrade_codes);
    add_list(t, "descriptions", &f->descriptions);
    add_list(t, "platform ids", &f->platform_ids);
    add_list(t, "hardware ids", &f->hardware_ids);
    add_list(t, "services", &f->services);
    add_list(t, "replaces", &f->compatible_with);
    add_row(t, "Windows", versions);
    add_list(t, "architectures", &f->architectures);
    add_list(t, "signed", &f->signings);
    add_row(t, "source", f->source);
}

static void show_file(struct text *t, const struct manifest_file_pin *f)
{
    char size[32] = "";
    if (f->size.known)
        snprintf(size, sizeof size, "%llu bytes", (unsigned long long)f->size.value);
    add_row(t, "  file", f->name);
    add_row(t, "    from", f->url);
    add_row(t, "    size", size);
    add_row(t, "    sha256", f->sha256);
    add_row(t, "    sha512", f->sha512);
    add_row(t, "    no hash", f->no_hash_reason);
    if (f->pinned) {
        add_row(t, "    pinned on", f->pinned->date);
        add_row(t, "    pinned by", f->pinned->proof);
    }
}

static void show_set(struct text *t, const struct manifest_set *s)
{
    char versions[RANGE_TEXT];
    struct text line = {0};
    range(versions, sizeof versions, s->windows_from, s->windows_to);
    text_addf(&line, "%s, %s, %s", s->id, architecture_name(s->architecture),
              *versions ? versions : "every Windows");
    add_row(t, "set", text_str(&line));
    text_release(&line);
    for (size_t i = 0; i < s->files.count; i++)
        show_file(t, &s->files.at[i]);
}

static void show_driver(struct text *t, const struct manifest_driver *d)
{
    struct text line = {0};
    text_addf(&line, "%s (%s%s%s%s)", d->name, d->inf, d->boot_start == TRI_YES ? ", boot" : "",
              d->platform == TRI_YES ? ", platform device" : "",
              d->optional == TRI_YES ? ", optional" : "");
    add_row(t, "driver", text_str(&line));
    add_list(t, "  binds", &d->hardware_ids);
    add_list(t, "  exports", &d->exports);
    add_list(t, "  services", &d->services);
    text_release(&line);
}

static void show_release(struct text *t, const struct manifest_release *r)
{
    text_add(t, "Release ");
    add_column(t, r->id, 1);
    end_line(t);
    add_row(t, "family", r->family);
    add_row(t, "version", r->version);
    add_row(t, "date", r->date);
    add_row(t, "signed", signing_name(r->signing));
    add_row(t, "signer", r->signer);
    add_row(t, "digest", r->digest);
    add_row(t, "issued", r->issued);
    add_list(t, "advisories", &r->advisories);
    add_row(t, "superseded by", r->superseded_by);
    for (size_t i = 0; i < r->drivers.count; i++)
        show_driver(t, &r->drivers.at[i]);
    for (size_t i = 0; i < r->helpers.count; i++)
        add_row(t, "helper", r->helpers.at[i].service);
    for (size_t i = 0; i < r->sets.count; i++)
        show_set(t, &r->sets.at[i]);
    for (size_t i = 0; i < r->faults.count; i++)
        add_row(t, "fault", r->faults.at[i].what);
    add_row(t, "source", r->source);
}

static void show_advisory(struct text *t, const struct manifest_advisory *a)
{
    text_add(t, "Advisory ");
    add_column(t, a->id, 1);
    end_line(t);
    add_row(t, "title", a->title);
    add_row(t, "date", a->date);
    add_row(t, "effect", a->effect);
    add_row(t, "remedy", a->remedy);
    add_row(t, "overridable", a->overridable == TRI_YES ? "with --accept" : "no");
    add_row(t, "source", a->source);
}

static void show_windows(struct text *t, const struct manifest_windows *w)
{
    char versions[RANGE_TEXT];
    range(versions, sizeof versions, w->windows_from, w->windows_to);
    text_add(t, "Windows ");
    add_column(t, w->id, 1);
    end_line(t);
    add_row(t, "name", w->name);
    add_row(t, "versions", versions);
    add_list(t, "types", &w->types);
    add_list(t, "architectures", &w->architectures);
}

bool manifest_show_id(struct text *t, const struct manifest *m, const char *id)
{
    size_t before = t->size;
    for (size_t i = 0; i < m->families.count; i++)
        if (text_equal_nocase(m->families.at[i].id, id))
            show_family(t, &m->families.at[i]);
    for (size_t i = 0; i < m->releases.count; i++)
        if (text_equal_nocase(m->releases.at[i].id, id))
            show_release(t, &m->releases.at[i]);
    for (size_t i = 0; i < m->advisories.count; i++)
        if (text_equal_nocase(m->advisories.at[i].id, id))
            show_advisory(t, &m->advisories.at[i]);
    for (size_t i = 0; i < m->windows.count; i++)
        if (text_equal_nocase(m->windows.at[i].id, id))
            show_windows(t, &m->windows.at[i]);
    return t->size > before;
}

char *manifest_show_json(const struct manifest *m, const char *id)
{
    /* The elements stay the manifest's: only the lists are made here. */
    struct manifest part = {.schema = m->schema};
    size_t found = 0;
#define TAKE(list)                                                                                 \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < m->list.count; i_++)                                              \
            if (text_equal_nocase(m->list.at[i_].id, id)) {                                        \
                memcpy(shape_list_add(&part.list, sizeof *part.list.at), &m->list.at[i_],          \
                       sizeof *part.list.at);                                                      \
                found++;                                                                           \
            }                                                                                      \
    } while (0)
    TAKE(families);
    TAKE(releases);
    TAKE(advisories);
    TAKE(windows);
#undef TAKE
    char *json = found ? shape_encode(&manifest_shape, &part) : NULL;
    mem_free(part.families.at);
    mem_free(part.releases.at);
    mem_free(part.advisories.at);
    mem_free(part.windows.at);
    return json;
}
