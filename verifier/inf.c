#include "verifier/inf_store.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_BLOCK = 16 * 1024, SHOWN_MAX = 80, MESSAGE_MAX = 512, PRIMARY_LANGUAGE = 0x3ff };

/* --- small helpers --- */

void inf_report(struct inf_report *r, enum finding_severity severity, const char *code,
                size_t number, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    if (!r->findings || r->count++ >= INF_FINDINGS_MAX)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (number)
        findings_add(r->findings, severity, code, r->inf->name, "line %lu: %s",
                     (unsigned long)number, message);
    else
        findings_add(r->findings, severity, code, r->inf->name, "%s", message);
}

const char *inf_shown(struct inf_report *r, const char *text)
{
    struct text t = {.ceiling = SHOWN_MAX};
    text_add_escaped(&t, text);
    if (t.full)
        snprintf(r->shown[r->turn], sizeof r->shown[0], "%s...", text_str(&t));
    else
        snprintf(r->shown[r->turn], sizeof r->shown[0], "%s", text_str(&t));
    text_release(&t);
    const char *shown = r->shown[r->turn];
    r->turn = (r->turn + 1) % INF_SHOWN_TURNS;
    return shown;
}

const char *inf_texts_add(struct inf_texts **texts, const char *bytes, size_t size)
{
    struct inf_texts *block = *texts;
    if (!block || size >= block->room - block->used) {
        size_t room = size >= TEXTS_BLOCK ? size + 1 : TEXTS_BLOCK;
        block = mem_zero(1, sizeof *block + room);
        block->room = room;
        block->next = *texts;
        *texts = block;
    }
    char *at = block->at + block->used;
    if (size)
        memcpy(at, bytes, size);
    at[size] = '\0';
    block->used += size + 1;
    return at;
}

void inf_texts_free(struct inf_texts *texts)
{
    while (texts) {
        struct inf_texts *next = texts->next;
        mem_free(texts);
        texts = next;
    }
}

void inf_sort(uint32_t *indices, size_t count,
              int (*compare)(const void *context, uint32_t a, uint32_t b), const void *context)
{
    uint32_t *other = mem_zero(count, sizeof *other), *from = indices, *to = other;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t middle = low + width; /* past the end: nothing to merge with */
            size_t high = count - low < 2 * width ? count : low + 2 * width;
            for (size_t i = low, j = middle, k = low; k < high; k++)
                to[k] = i < middle && (j >= high || compare(context, from[i], from[j]) <= 0)
                            ? from[i++]
                            : from[j++];
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != indices)
        memcpy(indices, from, count * sizeof *indices);
    mem_free(other);
}

void inf_names_add(struct inf_names *names, const char *name)
{
    names->at = mem_grow(names->at, names->count, &names->room, sizeof *names->at);
    names->at[names->count++] = name;
}

bool inf_names_have(const struct inf_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal_nocase(names->at[i], name))
            return true;
    return false;
}

static int compare_names(const void *context, uint32_t a, uint32_t b)
{
    const struct inf_names *names = context;
    return text_compare_nocase(names->at[a], names->at[b]);
}

void inf_names_unique(struct inf_names *names)
{
    uint32_t *order = mem_zero(names->count, sizeof *order);
    bool *repeated = mem_zero(names->count, sizeof *repeated);
    size_t kept = 0;
    for (uint32_t i = 0; i < names->count; i++)
        order[i] = i;
    inf_sort(order, names->count, compare_names,
             names); /* stable: the first of each name stays first */
    for (size_t i = 1; i < names->count; i++)
        repeated[order[i]] = compare_names(names, order[i - 1], order[i]) == 0;
    for (size_t i = 0; i < names->count; i++)
        if (!repeated[i])
            names->at[kept++] = names->at[i];
    names->count = kept;
    mem_free(order);
    mem_free(repeated);
}

void inf_names_release(struct inf_names *names)
{
    if (!names)
        return;
    mem_free(names->at);
    memset(names, 0, sizeof *names);
}

/* --- from lines as read to sections --- */

static int compare_headers(const void *context, uint32_t a, uint32_t b)
{
    const struct inf_store *s = context;
    return text_compare_nocase(s->headers[a].name, s->headers[b].name);
}

static size_t lines_below(const struct inf_store *s, uint32_t header)
{
    size_t end = header + 1 < s->header_count ? s->headers[header + 1].first_line : s->line_count;
    return end - s->headers[header].first_line;
}

/*
 * One section out of the headers order[0..count), which have the same name; its lines go to
 * s->lines from at on.
 */
static size_t merge(struct inf_store *s, const uint32_t *order, size_t count, size_t at)
{
    size_t first = at;
    struct inf_section *section = &s->sections[s->section_count++];
    for (size_t i = 0; i < count; i++) {
        size_t lines = lines_below(s, order[i]);
        for (size_t j = 0; j < lines; j++)
            s->line_raw[at++] = s->headers[order[i]].first_line + (uint32_t)j;
    }
    *section = (struct inf_section){.name = s->headers[order[0]].name,
                                    .lines = s->lines + first,
                                    .count = at - first,
                                    .number = s->headers[order[0]].number};
    return at;
}

/* Sections sorted by name; those of one name merged in the order of the file. */
static void build_sections(struct inf_store *s)
{
    uint32_t *order = mem_zero(s->header_count, sizeof *order);
    size_t at = 0;
    for (uint32_t i = 0; i < s->header_count; i++)
        order[i] = i;
    inf_sort(order, s->header_count, compare_headers, s);
    s->sections = mem_zero(s->header_count, sizeof *s->sections);
    s->lines = mem_zero(s->line_count, sizeof *s->lines);
    s->line_raw = mem_zero(s->line_count, sizeof *s->line_raw);
    s->by_key = mem_zero(s->line_count, sizeof *s->by_key);
    s->tokens = mem_zero(s->raw_count, sizeof *s->tokens);
    for (size_t i = 0, same; i < s->header_count; i += same) {
        for (same = 1;
             i + same < s->header_count && compare_headers(s, order[i], order[i + same]) == 0;)
            same++;
        at = merge(s, order + i, same, at);
    }
    mem_free(order);
}

static int compare_lines(const void *context, uint32_t a, uint32_t b)
{
    const struct inf_store *s = context;
    const char *left = s->lines[a].key, *right = s->lines[b].key;
    if (!left || !right)
        return (left != NULL) - (right != NULL);
    return text_compare_nocase(left, right);
}

/* What the lines say with the tokens as they now are, and each section's index by key. */
static void build_lines(struct inf_store *s)
{
    for (size_t i = 0; i < s->line_count; i++) {
        const struct inf_raw_line *raw = &s->raw_lines[s->line_raw[i]];
        s->lines[i] = (struct inf_line){.key = s->tokens[raw->first],
                                        .fields = s->tokens + raw->first + 1,
                                        .count = raw->count,
                                        .number = raw->number};
        s->by_key[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < s->section_count; i++)
        inf_sort(s->by_key + (s->sections[i].lines - s->lines), s->sections[i].count, compare_lines,
                 s);
}

const struct inf_section *inf_section(const struct inf *inf, const char *name)
{
    size_t low = 0, high = inf->section_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = text_compare_nocase(inf->sections[middle].name, name);
        if (order == 0)
            return &inf->sections[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct inf_section *inf_section_of(const struct inf *inf, const char *base,
                                         const char *suffix)
{
    struct text name = {0};
    text_add(&name, base);
    text_add(&name, suffix);
    const struct inf_section *section = inf_section(inf, text_str(&name));
    text_release(&name);
    return section;
}

const struct inf_section *inf_section_for_arch(const struct inf *inf, const char *name,
                                               enum target_arch arch)
{
    char suffix[16];
    snprintf(suffix, sizeof suffix, ".nt%s", target_arch_inf(arch));
    const struct inf_section *section = inf_section_of(inf, name, suffix);
    if (!section)
        section = inf_section_of(inf, name, ".nt");
    return section ? section : inf_section(inf, name);
}

const struct inf_line *inf_line(const struct inf *inf, const struct inf_section *section,
                                const char *key)
{
    if (!section || !section->count)
        return NULL;
    const struct inf_store *s = inf->store;
    const uint32_t *by_key = s->by_key + (section->lines - s->lines);
    size_t low = 0, high = section->count;
    while (low < high) { /* the first that is not below key */
        size_t middle = low + (high - low) / 2;
        const char *other = s->lines[by_key[middle]].key;
        if (!other || text_compare_nocase(other, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    const struct inf_line *line = low < section->count ? &s->lines[by_key[low]] : NULL;
    return line && text_equal_nocase(line->key, key) ? line : NULL;
}

const char *inf_field(const struct inf_line *line, size_t i)
{
    return line && i < line->count ? line->fields[i] : "";
}

/* --- strings --- */

/* Bytes that hold INF_FIELD_MAX characters whatever they are; what is longer is cut anyway. */
enum { EXPANDED_ENOUGH = 4 * INF_FIELD_MAX };

enum { STRINGS_MATCH_NONE = 0, STRINGS_SAME_PRIMARY, STRINGS_NEUTRAL, STRINGS_EXACT };

/* How well the section "Strings.XXXX" serves language. */
static int strings_match(const char *name, uint32_t language)
{
    static const char prefix[] = "Strings.";
    if (!language || !text_starts_nocase(name, prefix) || strlen(name) != sizeof prefix - 1 + 4)
        return STRINGS_MATCH_NONE;
    uint8_t id[2];
    if (!text_parse_hex(name + sizeof prefix - 1, id, sizeof id))
        return STRINGS_MATCH_NONE;
    uint32_t other = (uint32_t)id[0] << 8 | id[1];
    if (other == language)
        return STRINGS_EXACT;
    if ((other & PRIMARY_LANGUAGE) != (language & PRIMARY_LANGUAGE))
        return STRINGS_MATCH_NONE;
    return other == (language & PRIMARY_LANGUAGE) ? STRINGS_NEUTRAL : STRINGS_SAME_PRIMARY;
}

static const struct inf_section *strings_for(const struct inf *inf, uint32_t language)
{
    const struct inf_section *best = NULL;
    int best_match = STRINGS_MATCH_NONE;
    for (size_t i = 0; i < inf->section_count; i++) {
        int match = strings_match(inf->sections[i].name, language);
        if (match > best_match) {
            best_match = match;
            best = &inf->sections[i];
        }
    }
    return best;
}

static bool is_strings(const char *section)
{
    return text_starts_nocase(section, "Strings") && (!section[7] || section[7] == '.');
}

/* The value of %token% in the language's strings, else in [Strings], or NULL. */
static const char *string_value(const struct inf *inf, const struct inf_section *strings,
                                const char *token)
{
    const struct inf_line *line = inf_line(inf, strings, token);
    if (!line)
        line = inf_line(inf, inf_section(inf, "Strings"), token);
    return line ? inf_field(line, 0) : NULL;
}

struct expansion {
    struct inf *inf;
    const struct inf_section *strings;
    struct inf_report *report;
    struct text token, value;
};

static bool is_digits(const char *text)
{
    return !text[strspn(text, "0123456789")];
}

/*
 * What stands between two percent signs: the string, or itself with its signs when there is none.
 * SetupAPI keeps it so too, and puts in directories (%12%), which we leave as they are. A string's
 * value is not looked at again.
 */
static void add_string(struct expansion *x, const char *token, size_t size, size_t number)
{
    x->token.size = 0;
    text_add_bytes(&x->token, token, size);
    const char *name = text_str(&x->token), *value = string_value(x->inf, x->strings, name);
    if (value) {
        text_add(&x->value, value);
        return;
    }
    text_addf(&x->value, "%%%s%%", name);
    if (!is_digits(name))
        inf_report(x->report, FINDING_INFO, "inf-string-missing", number,
                   "%%%s%% is in no [Strings]", inf_shown(x->report, name));
}

/* Cut text to INF_FIELD_MAX characters. */
static void cut(struct text *text)
{
    size_t i = 0, n = 0;
    while (i < text->size && n <= INF_FIELD_MAX)
        n += ((unsigned char)text->at[i++] & 0xc0) != 0x80;
    if (n > INF_FIELD_MAX) {
        text->size = i - 1;
        text->at[text->size] = '\0';
    }
}

static const char *expand(struct expansion *x, const char *raw, size_t number)
{
    struct inf_store *s = x->inf->store;
    const char *sign = strchr(raw, '%');
    if (!sign)
        return raw;
    x->value.size = 0;
    while (sign && x->value.size <= EXPANDED_ENOUGH) {
        const char *close = strchr(sign + 1, '%');
        text_add_bytes(&x->value, raw, (size_t)(sign - raw));
        raw = sign;
        if (!close)
            break;
        if (close == sign + 1)
            text_add(&x->value, "%");
        else
            add_string(x, sign + 1, (size_t)(close - sign - 1), number);
        raw = close + 1;
        sign = strchr(raw, '%');
    }
    text_add(&x->value, raw);
    cut(&x->value);
    s->expanded_size += x->value.size + 1;
    return inf_texts_add(&s->expanded, text_str(&x->value), x->value.size);
}

/* Put strings into the tokens of all sections but those of the strings themselves. */
static bool expand_all(struct expansion *x, struct err *e)
{
    struct inf_store *s = x->inf->store;
    for (size_t i = 0; i < s->section_count; i++) {
        const struct inf_section *section = &s->sections[i];
        if (is_strings(section->name))
            continue;
        for (size_t j = 0; j < section->count; j++) {
            const struct inf_raw_line *line =
                &s->raw_lines[s->line_raw[(size_t)(section->lines - s->lines) + j]];
            for (size_t k = line->first; k <= line->first + line->count; k++)
                if (s->raw[k])
                    s->tokens[k] = expand(x, s->raw[k], line->number);
            if (s->expanded_size > INF_EXPANDED_MAX)
                return err_set(e, ERR_LIMIT, "more than %d bytes with its strings put in",
                               INF_EXPANDED_MAX);
        }
    }
    return true;
}

static bool translate(struct inf *inf, uint32_t language, struct inf_report *r, struct err *e)
{
    struct inf_store *s = inf->store;
    struct expansion x = {.inf = inf, .report = r};
    inf_texts_free(s->expanded);
    s->expanded = NULL;
    s->expanded_size = 0;
    for (size_t i = 0; i < s->raw_count; i++)
        s->tokens[i] = s->raw[i];
    build_lines(s);
    inf->language = language;
    x.strings = strings_for(inf, language);
    bool ok = expand_all(&x, e);
    build_lines(s);
    text_release(&x.token);
    text_release(&x.value);
    return ok;
}

/* --- the Version section --- */

static const char *version_text(const struct inf *inf, const char *key)
{
    return inf_field(inf_line(inf, inf_section(inf, "Version"), key), 0);
}

static void read_version(struct inf *inf)
{
    static const struct {
        const char *text;
        enum inf_signature signature;
    } signatures[] = {{"$Windows NT$", INF_SIGNATURE_WINDOWS_NT},
                      {"$Chicago$", INF_SIGNATURE_CHICAGO},
                      {"$Windows 95$", INF_SIGNATURE_WINDOWS_95}};
    struct inf_version *v = &inf->version;
    const struct inf_section *section = inf_section(inf, "Version");
    memset(v, 0, sizeof *v);
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (text_equal_nocase(version_text(inf, "Signature"), signatures[i].text))
            v->signature = signatures[i].signature;
    v->class_name = version_text(inf, "Class");
    v->class_guid = version_text(inf, "ClassGuid");
    v->provider = version_text(inf, "Provider");
    v->pnp_lockdown = inf_number_or_0(version_text(inf, "PnpLockdown")) == 1;
    v->has_layout_file = *version_text(inf, "LayoutFile") != '\0';
    inf_driver_ver_parse(inf_line(inf, section, "DriverVer"), &v->driver_ver);
}

/* --- parse and release --- */

static void store_free(struct inf_store *s)
{
    if (!s)
        return;
    mem_free(s->text);
    mem_free(s->raw);
    mem_free(s->tokens);
    mem_free(s->raw_lines);
    mem_free(s->headers);
    mem_free(s->sections);
    mem_free(s->lines);
    mem_free(s->line_raw);
    mem_free(s->by_key);
    inf_texts_free(s->expanded);
    mem_free(s);
}

/* Back to an empty INF; what the caller set stays. */
static void make_empty(struct inf *inf)
{
    store_free(inf->store);
    *inf = (struct inf){.name = inf->name, .find = inf->find, .context = inf->context};
    inf->version.class_name = inf->version.class_guid = inf->version.provider = "";
}

void inf_release(struct inf *inf)
{
    if (inf)
        make_empty(inf);
}

bool inf_parse(struct span file, struct inf *inf, struct findings *findings, struct err *e)
{
    struct inf_report r = {.inf = inf, .findings = findings};
    make_empty(inf);
    inf->store = mem_zero(1, sizeof *inf->store);
    bool ok = inf_read(file, inf, &r, e);
    if (ok && !inf->store->header_count)
        ok = err_set(e, ERR_FORMAT, "no section in it: no INF");
    if (ok) {
        build_sections(inf->store);
        inf->sections = inf->store->sections;
        inf->section_count = inf->store->section_count;
        ok = translate(inf, INF_LANGUAGE_ENGLISH, &r, e);
    }
    if (!ok) {
        make_empty(inf);
        return false;
    }
    read_version(inf);
    inf->refused = inf->refused || inf->version.signature == INF_SIGNATURE_NONE;
    inf_check(&r);
    if (r.count > INF_FINDINGS_MAX && findings)
        findings_add(findings, FINDING_WARNING, "inf-more", inf->name,
                     "%lu more findings are not listed",
                     (unsigned long)(r.count - INF_FINDINGS_MAX));
    return true;
}

bool inf_set_language(struct inf *inf, uint32_t language, struct err *e)
{
    struct inf_report silent = {.inf = inf};
    if (!inf->store)
        return err_set(e, ERR_USAGE, "no INF was parsed");
    if (!translate(inf, language, &silent, e)) {
        make_empty(inf);
        return false;
    }
    read_version(inf);
    return true;
}

const char *inf_class(const struct inf *inf)
{
    return inf->version.class_name ? inf->version.class_name : "";
}

const char *inf_class_guid(const struct inf *inf)
{
    return inf->version.class_guid ? inf->version.class_guid : "";
}

const char *inf_provider(const struct inf *inf)
{
    return inf->version.provider ? inf->version.provider : "";
}

struct inf_driver_ver inf_driver_ver(const struct inf *inf)
{
    return inf->version.driver_ver;
}
