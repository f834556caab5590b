#include "drivers-manifest/manifest.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/embedded.h"
#include "drivers-manifest/references.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHA256_DIGITS = 64, SHA512_DIGITS = 128, SHA_BYTES_MAX = 64 };

static const char *const role_names[] = {"unknown", "installable", "recognised", NULL};
static const char *const signing_names[] = {"unknown",     "unsigned", "test", "cross-signed",
                                            "attestation", "whql",     NULL};

static const char *const removal_names[] = {"unknown", "product",  "inf", "filter",
                                            "service", "registry", NULL};
static const char *const certainty_names[] = {"unknown", "possible", "certain", NULL};
static const char *const demand_names[] = {"unknown", "never", "secure-boot", "always", NULL};
static const char *const sha2_names[] = {"unknown", "never", "update", "native", NULL};

static const struct shape_field family_file_fields[] = {
    FIELD_MUST(manifest_family_file, name, SHAPE_TEXT),
    FIELD(manifest_family_file, version_from, SHAPE_TEXT),
    FIELD(manifest_family_file, version_to, SHAPE_TEXT),
};
static const struct shape family_file_shape =
    SHAPE_OF(struct manifest_family_file, family_file_fields);

static const struct shape_field mark_fields[] = {
    FIELD_MUST(manifest_mark, key, SHAPE_TEXT),
    FIELD(manifest_mark, value, SHAPE_TEXT),
};
static const struct shape mark_shape = SHAPE_OF(struct manifest_mark, mark_fields);

static const struct shape_field removal_fields[] = {
    FIELD_ENUM_MUST(manifest_removal, kind, removal_names),
    FIELD_MUST(manifest_removal, what, SHAPE_TEXT),
};
static const struct shape removal_shape = SHAPE_OF(struct manifest_removal, removal_fields);

static const struct shape_field family_fields[] = {
    FIELD_MUST(manifest_family, id, SHAPE_TEXT),
    FIELD_MUST(manifest_family, name, SHAPE_TEXT),
    FIELD_ENUM_MUST(manifest_family, role, role_names),
    FIELD(manifest_family, providers, SHAPE_TEXTS),
    FIELD(manifest_family, product_names, SHAPE_TEXTS),
    FIELD(manifest_family, product_codes, SHAPE_TEXTS),
    FIELD(manifest_family, upgrade_codes, SHAPE_TEXTS),
    FIELD(manifest_family, descriptions, SHAPE_TEXTS),
    FIELD(manifest_family, platform_ids, SHAPE_TEXTS),
    FIELD(manifest_family, hardware_ids, SHAPE_TEXTS),
    FIELD(manifest_family, services, SHAPE_TEXTS),
    FIELD(manifest_family, compatible_with, SHAPE_TEXTS),
    FIELD(manifest_family, version_from, SHAPE_TEXT),
    FIELD(manifest_family, version_to, SHAPE_TEXT),
    FIELD_IN(manifest_family, files, SHAPE_LIST, family_file_shape),
    FIELD_IN(manifest_family, registry_marks, SHAPE_LIST, mark_shape),
    FIELD_IN(manifest_family, removal, SHAPE_LIST, removal_shape),
    FIELD(manifest_family, windows_from, SHAPE_TEXT),
    FIELD(manifest_family, windows_to, SHAPE_TEXT),
    FIELD(manifest_family, architectures, SHAPE_TEXTS),
    FIELD(manifest_family, signings, SHAPE_TEXTS),
    FIELD(manifest_family, source, SHAPE_TEXT),
};
static const struct shape family_shape = SHAPE_OF(struct manifest_family, family_fields);

static const struct shape_field driver_fields[] = {
    FIELD_MUST(manifest_driver, name, SHAPE_TEXT),
    FIELD_MUST(manifest_driver, inf, SHAPE_TEXT),
    FIELD_MUST(manifest_driver, hardware_ids, SHAPE_TEXTS),
    FIELD(manifest_driver, exports, SHAPE_TEXTS),
    FIELD(manifest_driver, services, SHAPE_TEXTS),
    FIELD(manifest_driver, files, SHAPE_TEXTS),
    FIELD(manifest_driver, boot_start, SHAPE_TRI),
    FIELD(manifest_driver, platform, SHAPE_TRI),
    FIELD(manifest_driver, optional, SHAPE_TRI),
};
static const struct shape driver_shape = SHAPE_OF(struct manifest_driver, driver_fields);

static const struct shape_field helper_fields[] = {
    FIELD_MUST(manifest_helper, service, SHAPE_TEXT),
    FIELD_MUST(manifest_helper, display_name, SHAPE_TEXT),
    FIELD_MUST(manifest_helper, file, SHAPE_TEXT),
    FIELD_MUST(manifest_helper, folder, SHAPE_TEXT),
};
static const struct shape helper_shape = SHAPE_OF(struct manifest_helper, helper_fields);

static const struct shape_field pinned_fields[] = {
    FIELD_MUST(manifest_pinned, date, SHAPE_TEXT),
    FIELD_MUST(manifest_pinned, from, SHAPE_TEXT),
    FIELD_MUST(manifest_pinned, program, SHAPE_TEXT),
    FIELD_MUST(manifest_pinned, proof, SHAPE_TEXT),
};
const struct shape manifest_pinned_shape = SHAPE_OF(struct manifest_pinned, pinned_fields);

static const struct shape_field pin_fields[] = {
    FIELD_MUST(manifest_file_pin, name, SHAPE_TEXT),
    FIELD(manifest_file_pin, url, SHAPE_TEXT),
    FIELD(manifest_file_pin, size, SHAPE_NUMBER),
    FIELD(manifest_file_pin, sha256, SHAPE_TEXT),
    FIELD(manifest_file_pin, sha512, SHAPE_TEXT),
    FIELD(manifest_file_pin, no_hash_reason, SHAPE_TEXT),
    FIELD_IN(manifest_file_pin, pinned, SHAPE_MAYBE, manifest_pinned_shape),
    FIELD(manifest_file_pin, product_code, SHAPE_TEXT),
};
static const struct shape pin_shape = SHAPE_OF(struct manifest_file_pin, pin_fields);

static const struct shape_field set_fields[] = {
    FIELD_MUST(manifest_set, id, SHAPE_TEXT),
    FIELD_ENUM_MUST(manifest_set, architecture, architecture_names),
    FIELD(manifest_set, windows_from, SHAPE_TEXT),
    FIELD(manifest_set, windows_to, SHAPE_TEXT),
    FIELD_IN(manifest_set, files, SHAPE_LIST, pin_shape),
};
static const struct shape set_shape = SHAPE_OF(struct manifest_set, set_fields);

static const struct shape_field boot_option_fields[] = {
    FIELD_MUST(manifest_boot_option, name, SHAPE_TEXT),
    FIELD_MUST(manifest_boot_option, effect, SHAPE_TEXT),
};
static const struct shape boot_option_shape =
    SHAPE_OF(struct manifest_boot_option, boot_option_fields);

static const struct shape_field fault_fields[] = {
    FIELD_MUST(manifest_fault, what, SHAPE_TEXT),
    FIELD_MUST(manifest_fault, source, SHAPE_TEXT),
};
static const struct shape fault_shape = SHAPE_OF(struct manifest_fault, fault_fields);

static const struct shape_field release_fields[] = {
    FIELD_MUST(manifest_release, id, SHAPE_TEXT),
    FIELD_MUST(manifest_release, family, SHAPE_TEXT),
    FIELD_MUST(manifest_release, version, SHAPE_TEXT),
    FIELD(manifest_release, date, SHAPE_TEXT),
    FIELD_MUST(manifest_release, rank, SHAPE_NUMBER),
    FIELD_ENUM(manifest_release, signing, signing_names),
    FIELD(manifest_release, digest, SHAPE_TEXT),
    FIELD(manifest_release, signer, SHAPE_TEXT),
    FIELD(manifest_release, issued, SHAPE_TEXT),
    FIELD(manifest_release, advisories, SHAPE_TEXTS),
    FIELD(manifest_release, restarts, SHAPE_NUMBER),
    FIELD_IN(manifest_release, drivers, SHAPE_LIST, driver_shape),
    FIELD_IN(manifest_release, helpers, SHAPE_LIST, helper_shape),
    FIELD_IN(manifest_release, sets, SHAPE_LIST, set_shape),
    FIELD_IN(manifest_release, boot_options, SHAPE_LIST, boot_option_shape),
    FIELD_IN(manifest_release, faults, SHAPE_LIST, fault_shape),
    FIELD(manifest_release, superseded_by, SHAPE_TEXT),
    FIELD(manifest_release, source, SHAPE_TEXT),
};
static const struct shape release_shape = SHAPE_OF(struct manifest_release, release_fields);

static const struct shape_field condition_fields[] = {
    FIELD(manifest_condition, family, SHAPE_TEXT),
    FIELD(manifest_condition, release, SHAPE_TEXT),
    FIELD(manifest_condition, provider, SHAPE_TEXT),
    FIELD(manifest_condition, file, SHAPE_TEXT),
    FIELD(manifest_condition, version_from, SHAPE_TEXT),
    FIELD(manifest_condition, version_to, SHAPE_TEXT),
    FIELD(manifest_condition, signings, SHAPE_TEXTS),
    FIELD(manifest_condition, digest, SHAPE_TEXT),
    FIELD(manifest_condition, windows_from, SHAPE_TEXT),
    FIELD(manifest_condition, windows_to, SHAPE_TEXT),
    FIELD(manifest_condition, architectures, SHAPE_TEXTS),
    FIELD(manifest_condition, unless, SHAPE_TEXTS),
    FIELD_ENUM_MUST(manifest_condition, certainty, certainty_names),
};
static const struct shape condition_shape = SHAPE_OF(struct manifest_condition, condition_fields);

static const struct shape_field advisory_fields[] = {
    FIELD_MUST(manifest_advisory, id, SHAPE_TEXT),
    FIELD_MUST(manifest_advisory, title, SHAPE_TEXT),
    FIELD(manifest_advisory, date, SHAPE_TEXT),
    FIELD(manifest_advisory, effect, SHAPE_TEXT),
    FIELD(manifest_advisory, remedy, SHAPE_TEXT),
    FIELD(manifest_advisory, source, SHAPE_TEXT),
    FIELD(manifest_advisory, rule, SHAPE_TEXT),
    FIELD(manifest_advisory, overridable, SHAPE_TRI),
    FIELD_IN(manifest_advisory, affects, SHAPE_LIST, condition_shape),
};
static const struct shape advisory_shape = SHAPE_OF(struct manifest_advisory, advisory_fields);

static const struct shape_field windows_fields[] = {
    FIELD_MUST(manifest_windows, id, SHAPE_TEXT),
    FIELD_MUST(manifest_windows, name, SHAPE_TEXT),
    FIELD_MUST(manifest_windows, windows_from, SHAPE_TEXT),
    FIELD(manifest_windows, windows_to, SHAPE_TEXT),
    FIELD(manifest_windows, types, SHAPE_TEXTS),
    FIELD(manifest_windows, architectures, SHAPE_TEXTS),
};
static const struct shape windows_shape = SHAPE_OF(struct manifest_windows, windows_fields);

static const struct shape_field kernel_fields[] = {
    FIELD_MUST(manifest_kernel, windows_from, SHAPE_TEXT),
    FIELD_ENUM_MUST(manifest_kernel, signature_x86, demand_names),
    FIELD_ENUM_MUST(manifest_kernel, signature_64, demand_names),
    FIELD_ENUM_MUST(manifest_kernel, sha2, sha2_names),
    FIELD(manifest_kernel, sha2_updates, SHAPE_TEXTS),
    FIELD(manifest_kernel, microsoft_only, SHAPE_TRI),
    FIELD(manifest_kernel, driver_policy, SHAPE_TRI),
    FIELD(manifest_kernel, signing_policy, SHAPE_TRI),
    FIELD(manifest_kernel, source, SHAPE_TEXT),
};
static const struct shape kernel_shape = SHAPE_OF(struct manifest_kernel, kernel_fields);

static const struct shape_field manifest_fields[] = {
    FIELD_MUST(manifest, schema, SHAPE_NUMBER),
    FIELD_IN(manifest, families, SHAPE_LIST, family_shape),
    FIELD_IN(manifest, releases, SHAPE_LIST, release_shape),
    FIELD_IN(manifest, advisories, SHAPE_LIST, advisory_shape),
    FIELD_IN(manifest, windows, SHAPE_LIST, windows_shape),
    FIELD_IN(manifest, kernels, SHAPE_LIST, kernel_shape),
    FIELD_IN(manifest, support, SHAPE_LIST, support_group_shape),
};
const struct shape manifest_shape = SHAPE_OF(struct manifest, manifest_fields);

bool manifest_version_parse(const char *text, unsigned out[3])
{
    const char *c = text;
    for (size_t i = 0; i < 3; i++) {
        char *end;
        if (*c < '0' || *c > '9')
            return false;
        unsigned long value = strtoul(c, &end, 10);
        if (value > 0xffffff || *end != (i < 2 ? '.' : '\0'))
            return false;
        out[i] = (unsigned)value;
        c = end + 1;
    }
    return true;
}

int manifest_driver_version_parse(const char *text, unsigned out[4])
{
    const char *c = text;
    memset(out, 0, 4 * sizeof *out);
    for (int count = 0; c && count < 4; c++) {
        char *end;
        if (*c < '0' || *c > '9')
            break;
        unsigned long value = strtoul(c, &end, 10);
        if (value > UINT16_MAX || (*end && *end != '.'))
            break;
        out[count++] = (unsigned)value;
        c = end;
        if (!*c)
            return count;
    }
    memset(out, 0, 4 * sizeof *out);
    return 0;
}

static int compare_driver_versions(const unsigned a[4], const unsigned b[4])
{
    for (size_t i = 0; i < 4; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

bool manifest_version_between(const char *version, const char *from, const char *to)
{
    unsigned have[4], limit[4];
    if (!from && !to)
        return true;
    if (!manifest_driver_version_parse(version, have))
        return false;
    if (from &&
        (!manifest_driver_version_parse(from, limit) || compare_driver_versions(have, limit) < 0))
        return false;
    return !to ||
           (manifest_driver_version_parse(to, limit) && compare_driver_versions(have, limit) <= 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool manifest_pattern_matches(const char *pattern, const char *text)
{
    for (; *pattern; pattern++, text++) {
        if (*pattern == '*' && !pattern[1])
            return true;
        if (lower(*pattern) != lower(*text))
            return false;
    }
    return !*text;
}

bool manifest_patterns_match(const struct texts *patterns, const char *text)
{
    for (size_t i = 0; text && i < patterns->count; i++)
        if (manifest_pattern_matches(patterns->at[i], text))
            return true;
    return false;
}

static bool check_version(const char *what, const char *version, struct err *e)
{
    unsigned parts[3];
    return !version || manifest_version_parse(version, parts) ||
           err_set(e, ERR_FORMAT, "%s: '%s' is not a Windows version such as 6.1.7601", what,
                   version);
}

/* "2014-07-11": a rule compares it as text, so that no other form will do. */
static bool is_date(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    int month = atoi(text + 5), day = atoi(text + 8);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool check_hash(const char *file, const char *hash, size_t digits, struct err *e)
{
    uint8_t bytes[SHA_BYTES_MAX];
    return !hash || text_parse_hex(hash, bytes, digits / 2) ||
           err_set(e, ERR_FORMAT, "%s: a hash must have %zu hexadecimal digits, not '%.80s'", file,
                   digits, hash);
}

static bool check_set(const struct manifest_set *s, struct err *e)
{
    if (s->architecture == ARCHITECTURE_UNKNOWN || !s->files.count)
        return err_set(e, ERR_FORMAT, "set '%s' needs an architecture and at least one file",
                       s->id);
    if (!check_version("windows_from", s->windows_from, e) ||
        !check_version("windows_to", s->windows_to, e))
        return err_wrap(e, "set '%s'", s->id);
    for (size_t i = 0; i < s->files.count; i++) {
        const struct manifest_file_pin *f = &s->files.at[i];
        if (!check_hash(f->name, f->sha256, SHA256_DIGITS, e) ||
            !check_hash(f->name, f->sha512, SHA512_DIGITS, e))
            return err_wrap(e, "set '%s'", s->id);
        if (!f->sha256 && !f->sha512 && !f->no_hash_reason)
            return err_set(e, ERR_FORMAT, "set '%s': '%s' has no hash and no 'no_hash_reason'",
                           s->id, f->name);
    }
    return true;
}

static const struct manifest_set *set_by_id(const struct manifest_release *r, const char *id)
{
    for (size_t i = 0; i < r->sets.count; i++)
        if (strcmp(r->sets.at[i].id, id) == 0)
            return &r->sets.at[i];
    return NULL;
}

static bool check_release(const struct manifest *m, const struct manifest_release *r, struct err *e)
{
    size_t platforms = 0;
    if (!manifest_family_by_id(m, r->family))
        return err_set(e, ERR_FORMAT, "there is no family '%s'", r->family);
    for (size_t i = 0; i < r->advisories.count; i++)
        if (!manifest_advisory_by_id(m, r->advisories.at[i]))
            return err_set(e, ERR_FORMAT, "there is no advisory '%s'", r->advisories.at[i]);
    for (size_t i = 0; i < r->drivers.count; i++)
        platforms += r->drivers.at[i].platform == TRI_YES;
    if (platforms != 1)
        return err_set(e, ERR_FORMAT, "exactly one driver must have 'platform', not %zu",
                       platforms);
    if (r->digest && strcmp(r->digest, "sha1") != 0 && strcmp(r->digest, "sha256") != 0)
        return err_set(e, ERR_FORMAT, "'digest' must be sha1 or sha256, not '%s'", r->digest);
    if (r->issued && !is_date(r->issued))
        return err_set(e, ERR_FORMAT, "'issued' must be a date such as 2014-07-11, not '%s'",
                       r->issued);
    for (size_t i = 0; i < r->sets.count; i++) {
        if (!check_set(&r->sets.at[i], e))
            return false;
        if (set_by_id(r, r->sets.at[i].id) != &r->sets.at[i])
            return err_set(e, ERR_FORMAT, "set '%s' is there twice", r->sets.at[i].id);
    }
    return r->sets.count || err_set(e, ERR_FORMAT, "there is no set of files");
}

static bool check(const struct manifest *m, struct err *e)
{
    if (!m->schema.known || m->schema.value != MANIFEST_SCHEMA)
        return err_set(e, ERR_FORMAT, "schema %llu; this program reads schema %d",
                       (unsigned long long)m->schema.value, MANIFEST_SCHEMA);
    if (!m->families.count || !m->releases.count)
        return err_set(e, ERR_FORMAT, "a manifest needs 'families' and 'releases'");
    for (size_t i = 0; i < m->releases.count; i++) {
        const struct manifest_release *r = &m->releases.at[i];
        if (!check_release(m, r, e))
            return err_wrap(e, "release '%s'", r->id);
        if (manifest_release_by_id(m, r->id) != r)
            return err_set(e, ERR_FORMAT, "release '%s' is there twice", r->id);
    }
    for (size_t i = 0; i < m->windows.count; i++)
        if (!check_version("windows_from", m->windows.at[i].windows_from, e) ||
            !check_version("windows_to", m->windows.at[i].windows_to, e))
            return err_wrap(e, "windows '%s'", m->windows.at[i].id);
    return references_check(m, e) && support_check(&m->support, e);
}

bool manifest_decode(const char *name, struct span json, struct manifest *m, struct texts *unknown,
                     struct err *e)
{
    if (!shape_decode(json, &manifest_shape, m, unknown, e))
        return err_wrap(e, "%s", name);
    if (check(m, e))
        return true;
    manifest_release_all(m);
    return err_wrap(e, "%s", name);
}

/* Move the lists of part to the end of those of m: each embedded file holds one of them. */
#define MOVE_LIST(to, from)                                                                        \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < (from).count; i_++)                                               \
            memcpy(shape_list_add(&(to), sizeof *(to).at), &(from).at[i_], sizeof *(from).at);     \
        mem_free((from).at);                                                                       \
        memset(&(from), 0, sizeof(from));                                                          \
    } while (0)

static void merge(struct manifest *m, struct manifest *part)
{
    MOVE_LIST(m->families, part->families);
    MOVE_LIST(m->releases, part->releases);
    MOVE_LIST(m->advisories, part->advisories);
    MOVE_LIST(m->windows, part->windows);
    MOVE_LIST(m->kernels, part->kernels);
    MOVE_LIST(m->support, part->support);
}

bool manifest_embedded(struct manifest *m, struct err *e)
{
    m->schema = number_of(MANIFEST_SCHEMA);
    for (size_t i = 0; i < manifest_file_count; i++) {
        const struct manifest_file *f = &manifest_files[i];
        struct manifest part = {0};
        if (!shape_decode(span_of(f->bytes, f->size), &manifest_shape, &part, NULL, e)) {
            manifest_release_all(m);
            return err_wrap(e, "embedded %s", f->name);
        }
        merge(m, &part);
    }
    if (check(m, e))
        return true;
    manifest_release_all(m);
    return err_wrap(e, "embedded manifest");
}

void manifest_release_all(struct manifest *m)
{
    shape_release(&manifest_shape, m);
}

const struct manifest_family *manifest_family_by_id(const struct manifest *m, const char *id)
{
    for (size_t i = 0; i < m->families.count; i++)
        if (strcmp(m->families.at[i].id, id) == 0)
            return &m->families.at[i];
    return NULL;
}

const struct manifest_release *manifest_release_by_id(const struct manifest *m, const char *id)
{
    for (size_t i = 0; i < m->releases.count; i++)
        if (strcmp(m->releases.at[i].id, id) == 0)
            return &m->releases.at[i];
    return NULL;
}

bool manifest_release_has_inf(const struct manifest_release *r, const char *inf)
{
    for (size_t i = 0; i < r->drivers.count; i++)
        if (text_equal_nocase(r->drivers.at[i].inf, inf))
            return true;
    return false;
}

const struct manifest_advisory *manifest_advisory_by_id(const struct manifest *m, const char *id)
{
    for (size_t i = 0; i < m->advisories.count; i++)
        if (strcmp(m->advisories.at[i].id, id) == 0)
            return &m->advisories.at[i];
    return NULL;
}

enum tri manifest_in_range(const struct facts_windows *w, const char *from, const char *to,
                           int *side)
{
    unsigned v[3];
    enum tri at_least = TRI_YES, beyond = TRI_NO;
    *side = 0;
    if (!w->major.known || !w->minor.known || !w->build.known)
        return TRI_UNKNOWN;
    if (from && manifest_version_parse(from, v))
        at_least = facts_windows_at_least(w, v[0], v[1], v[2]);
    if (to && manifest_version_parse(to, v))
        beyond = facts_windows_at_least(w, v[0], v[1], v[2] + 1);
    *side = at_least == TRI_NO ? -1 : beyond == TRI_YES ? 1 : 0;
    return *side ? TRI_NO : TRI_YES;
}

const struct manifest_windows *manifest_windows_of(const struct manifest *m,
                                                   const struct facts_windows *w)
{
    for (size_t i = 0; i < m->windows.count; i++) {
        const struct manifest_windows *row = &m->windows.at[i];
        int side;
        if (texts_have_nocase(&row->types, product_type_names[w->type]) &&
            texts_have_nocase(&row->architectures, architecture_name(w->architecture)) &&
            manifest_in_range(w, row->windows_from, row->windows_to, &side) == TRI_YES)
            return row;
    }
    return NULL;
}

const struct manifest_kernel *manifest_kernel_of(const struct manifest *m,
                                                 const struct facts_windows *w)
{
    const struct manifest_kernel *last = NULL;
    for (size_t i = 0; i < m->kernels.count; i++) {
        const struct manifest_kernel *row = &m->kernels.at[i];
        int side;
        if (manifest_in_range(w, row->windows_from, NULL, &side) == TRI_YES)
            last = row;
    }
    return last;
}

const char *signing_name(enum signing s)
{
    return signing_names[s];
}
