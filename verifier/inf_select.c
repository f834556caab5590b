/*
 * inf_select: which sections of an INF a given Windows takes. Source of the rules: Microsoft's
 * windows-driver-docs, inf-manufacturer-section.md,
 * combining-platform-extensions-with-operating-system-versions.md,
 * creating-inf-files-for-multiple-platforms-and-operating-systems.md, inf-version-section.md.
 */
#include "verifier/inf_store.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* --- numbers and DriverVer --- */

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

/* The digits at *text in base, which must be there; *text moves past them. Too large is false. */
static bool take_digits(const char **text, unsigned base, uint32_t *out)
{
    uint64_t value = 0;
    const char *at = *text;
    for (; (unsigned)digit_value(*at) < base; at++) {
        value = value * base + (unsigned)digit_value(*at);
        if (value > UINT32_MAX)
            return false;
    }
    if (at == *text)
        return false;
    *text = at;
    *out = (uint32_t)value;
    return true;
}

static bool take_number(const char **text, uint32_t *out)
{
    bool hex = (*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X');
    if (hex)
        *text += 2;
    return take_digits(text, hex ? 16 : 10, out);
}

bool inf_number(const char *text, uint32_t *out)
{
    uint32_t value = 0;
    bool minus = *text == '-';
    text += minus || *text == '+';
    if (!take_number(&text, &value) || *text)
        return false;
    *out = minus ? 0u - value : value;
    return true;
}

uint32_t inf_number_or_0(const char *text)
{
    uint32_t value = 0;
    inf_number(text, &value);
    return value;
}

static bool is_date(uint32_t month, uint32_t day, uint32_t year)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] || year < 1601 || year > 9999)
        return false;
    bool leap = year % 4 == 0 && (year % 100 || year % 400 == 0);
    return month != 2 || day != 29 || leap;
}

static void parse_date(const char *text, struct inf_driver_ver *v)
{
    uint32_t part[3] = {0};
    for (int i = 0; i < 3; i++) {
        if (i && *text != '/' && *text != '-')
            return;
        text += i > 0;
        if (!take_digits(&text, 10, &part[i]))
            return;
    }
    if (*text || !is_date(part[0], part[1], part[2]))
        return;
    v->date_valid = true;
    v->month = (uint16_t)part[0];
    v->day = (uint16_t)part[1];
    v->year = (uint16_t)part[2];
}

/* One to four numbers; those left out are 0. */
static void parse_version(const char *text, struct inf_driver_ver *v)
{
    uint32_t part[4] = {0};
    for (int i = 0; i < 4 && (i == 0 || *text); i++) {
        if (i && *text++ != '.')
            return;
        if (!take_digits(&text, 10, &part[i]) || part[i] > UINT16_MAX)
            return;
    }
    if (*text)
        return;
    v->version_valid = true;
    for (int i = 0; i < 4; i++)
        v->version[i] = (uint16_t)part[i];
}

void inf_driver_ver_parse(const struct inf_line *line, struct inf_driver_ver *out)
{
    memset(out, 0, sizeof *out);
    out->present = line != NULL;
    parse_date(inf_field(line, 0), out);
    parse_version(inf_field(line, 1), out);
}

int inf_driver_ver_compare(const struct inf_driver_ver *a, const struct inf_driver_ver *b)
{
    const uint16_t left[] = {a->year,       a->month,      a->day,       a->version[0],
                             a->version[1], a->version[2], a->version[3]};
    const uint16_t right[] = {b->year,       b->month,      b->day,       b->version[0],
                              b->version[1], b->version[2], b->version[3]};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

void inf_driver_ver_format(const struct inf_driver_ver *v, char *out, size_t size)
{
    if (!v->present)
        snprintf(out, size, "%s", "");
    else
        snprintf(out, size, "%02u/%02u/%04u,%u.%u.%u.%u", (unsigned)v->month, (unsigned)v->day,
                 (unsigned)v->year, (unsigned)v->version[0], (unsigned)v->version[1],
                 (unsigned)v->version[2], (unsigned)v->version[3]);
}

/* --- TargetOSVersion --- */

enum { FIRST_BUILD_OF_DECORATIONS = 14310, DECORATION_FIELDS = 5 };

/* NT[arch][.[major][.[minor][.[product][.[suite][.[build]]]]]] */
bool inf_decoration_parse(const char *text, struct inf_decoration *out)
{
    struct inf_decoration d = {.decorated = *text != '\0'};
    uint32_t field[DECORATION_FIELDS] = {0};
    bool given[DECORATION_FIELDS] = {false};
    if (*text && !text_starts_nocase(text, "NT"))
        return false;
    text += *text ? 2 : 0;
    size_t arch = strcspn(text, ".");
    d.arch = target_arch_of_inf(text, arch);
    if (arch && !d.arch)
        return false;
    text += arch;
    for (int i = 0; *text; i++) {
        if (i == DECORATION_FIELDS || *text++ != '.')
            return false;
        given[i] = *text && *text != '.';
        if (given[i] && !take_number(&text, &field[i]))
            return false;
    }
    d.major = field[0];
    d.minor = field[1];
    d.has_product = given[2];
    d.product = field[2];
    d.has_suite = given[3];
    d.suite = field[3];
    d.has_build = given[4];
    d.build = field[4];
    /*
     * "The OS version and BuildNumber of the decoration must both be greater than" 10.0.14310,
     * where it came in. Systems before that do not know the sixth field; what is left of it is
     * above all of them, so that nobody need ask.
     */
    if (d.has_build
        && (d.major < 10
            || (d.major == 10 && d.minor == 0 && d.build < FIRST_BUILD_OF_DECORATIONS)))
        return false;
    *out = d;
    return true;
}

/* Since Server 2003 SP1, and so on every x64, an INF must name the processor unless it is x86. */
static bool must_name_arch(const struct target *t)
{
    if (t->arch == TARGET_X86)
        return false;
    return target_compare(t, 5, 2) > 0 || (target_compare(t, 5, 2) == 0 && t->service_pack >= 1)
           || t->arch != TARGET_IA64;
}

static bool applies(const struct inf_decoration *d, const struct target *t)
{
    if (d->arch ? d->arch != t->arch : must_name_arch(t))
        return false;
    if (!d->decorated)
        return true;
    if (target_compare(t, 5, 1) < 0)
        return false; /* Windows 2000 reads only the undecorated name */
    int order = target_compare(t, d->major, d->minor);
    if (order < 0 || (order == 0 && d->has_build && d->build > t->build))
        return false;
    if (d->has_product && d->product != (uint32_t)t->product)
        return false;
    return !d->has_suite || (d->suite & t->suite) == d->suite;
}

bool inf_decoration_applies(const char *decoration, const struct target *target)
{
    struct inf_decoration d;
    return inf_decoration_parse(decoration, &d) && applies(&d, target);
}

/*
 * Is a closer than b? Version before build before product before suite before processor before
 * nothing.
 */
static bool is_closer(const struct inf_decoration *a, const struct inf_decoration *b)
{
    const uint32_t left[] = {a->major,       a->minor,     a->build,
                             a->has_product, a->has_suite, a->arch != TARGET_ARCH_UNKNOWN,
                             a->decorated};
    const uint32_t right[] = {b->major,       b->minor,     b->build,
                              b->has_product, b->has_suite, b->arch != TARGET_ARCH_UNKNOWN,
                              b->decorated};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i])
            return left[i] > right[i];
    return false;
}

/*
 * The decoration that target takes of those on a line of [Manufacturer], "" for the undecorated
 * name, or NULL when none applies. That a section of that name exists is not asked: an empty or
 * absent one excludes the target.
 */
static const char *best_decoration(const struct inf_line *line, const struct target *target)
{
    struct inf_decoration d = {0}, best = {0};
    const char *chosen = applies(&d, target) ? "" : NULL;
    for (size_t i = 1; i < line->count; i++) {
        if (!*line->fields[i] || !inf_decoration_parse(line->fields[i], &d) || !applies(&d, target))
            continue;
        if (!chosen || is_closer(&d, &best)) {
            chosen = line->fields[i];
            best = d;
        }
    }
    return chosen;
}

/* --- models --- */

static void add_model(struct inf_models *out, struct inf_model model)
{
    if (out->count >= INF_ITEMS_MAX) {
        out->truncated = true;
        return;
    }
    while (model.id_count > 1 && !*model.ids[model.id_count - 1])
        model.id_count--; /* "..., PCI\VEN_5853&DEV_0001," */
    out->at = mem_grow(out->at, out->count, &out->room, sizeof *out->at);
    out->at[out->count++] = model;
}

void inf_models_of_section(const struct inf_section *section, const char *manufacturer,
                           struct inf_models *out)
{
    for (size_t i = 0; section && i < section->count && !out->truncated; i++) {
        const struct inf_line *line = &section->lines[i];
        if (line->key)
            add_model(out, (struct inf_model){.manufacturer = manufacturer,
                                              .description = line->key,
                                              .install = inf_field(line, 0),
                                              .section = section->name,
                                              .ids = line->fields + 1,
                                              .id_count = line->count - 1,
                                              .number = line->number});
    }
}

const struct inf_section *inf_models_section(const struct inf *inf, const struct inf_line *line,
                                             const char *decoration)
{
    struct text suffix = {0};
    if (*decoration)
        text_addf(&suffix, ".%s", decoration);
    const struct inf_section *section = inf_section_of(inf, inf_field(line, 0), text_str(&suffix));
    text_release(&suffix);
    return section;
}

void inf_models(const struct inf *inf, const struct target *target, struct inf_models *out)
{
    const struct inf_section *manufacturers = inf_section(inf, "Manufacturer");
    for (size_t i = 0; manufacturers && i < manufacturers->count; i++) {
        const struct inf_line *line = &manufacturers->lines[i];
        const char *decoration =
            line->key && *inf_field(line, 0) ? best_decoration(line, target) : NULL;
        if (decoration)
            inf_models_of_section(inf_models_section(inf, line, decoration), line->key, out);
    }
}

void inf_models_release(struct inf_models *models)
{
    if (!models)
        return;
    mem_free(models->at);
    memset(models, 0, sizeof *models);
}

void inf_models_installs(const struct inf_models *models, struct inf_names *out)
{
    for (size_t i = 0; i < models->count; i++)
        if (*models->at[i].install)
            inf_names_add(out, models->at[i].install);
    inf_names_unique(out);
}

const struct inf_model *inf_models_find(const struct inf_models *models, const char *id,
                                        size_t *rank)
{
    const struct inf_model *best = NULL;
    size_t best_rank = 0;
    for (size_t i = 0; i < models->count; i++) {
        const struct inf_model *model = &models->at[i];
        for (size_t j = 0; j < model->id_count && (!best || j < best_rank); j++) {
            if (text_equal_nocase(model->ids[j], id)) {
                best = model;
                best_rank = j;
            }
        }
    }
    if (best && rank)
        *rank = best_rank;
    return best;
}

/* --- catalogs --- */

const char *inf_catalog(const struct inf *inf, const struct target *target)
{
    const struct inf_section *version = inf_section(inf, "Version");
    if (!target) {
        struct inf_names all = {0};
        inf_catalogs(inf, &all);
        const char *first = all.count ? all.at[0] : "";
        inf_names_release(&all);
        return first;
    }
    char key[32];
    snprintf(key, sizeof key, "CatalogFile.nt%s", target_arch_inf(target->arch));
    const char *keys[] = {key, "CatalogFile.nt", "CatalogFile"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *name = inf_field(inf_line(inf, version, keys[i]), 0);
        if (*name)
            return name;
    }
    return "";
}

void inf_catalogs(const struct inf *inf, struct inf_names *out)
{
    static const char *const keys[] = {
        "CatalogFile",        "CatalogFile.nt",    "CatalogFile.ntx86",  "CatalogFile.ntamd64",
        "CatalogFile.ntia64", "CatalogFile.ntarm", "CatalogFile.ntarm64"};
    const struct inf_section *version = inf_section(inf, "Version");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *name = inf_field(inf_line(inf, version, keys[i]), 0);
        if (*name && !inf_names_have(out, name))
            inf_names_add(out, name);
    }
}
