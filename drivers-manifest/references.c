#include "drivers-manifest/references.h"

#include "drivers-manifest/advisory.h"

#include <string.h>

enum { DATE_DAY = sizeof "2014-07-11" - 1, DATE_MONTH = sizeof "2014-07" - 1 };

/* "2014-07-11", or "2014-07" where nobody said the day. */
static bool is_date(const char *text)
{
    static const char form[] = "dddd-dd-dd";
    size_t length = strlen(text);
    if (length != DATE_DAY && length != DATE_MONTH)
        return false;
    for (size_t i = 0; i < length; i++)
        if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return false;
    return true;
}

static bool check_date(const char *date, struct err *e)
{
    return !date || is_date(date) || err_set(e, ERR_FORMAT, "'%s' is not a date", date);
}

/* Both may be NULL: open. */
static bool check_windows(const char *from, const char *to, struct err *e)
{
    unsigned a[3] = {0}, b[3] = {0};
    if ((from && !manifest_version_parse(from, a)) || (to && !manifest_version_parse(to, b)))
        return err_set(e, ERR_FORMAT, "'%s' to '%s' are not versions of Windows such as 6.1.7601",
                       from ? from : "", to ? to : "");
    for (size_t i = 0; from && to && i < 3; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ||
                   err_set(e, ERR_FORMAT, "Windows %s is later than %s: the range is empty", from,
                           to);
    return true;
}

static bool check_versions(const char *from, const char *to, struct err *e)
{
    unsigned v[4];
    if ((from && !manifest_driver_version_parse(from, v)) ||
        (to && !manifest_driver_version_parse(to, v)))
        return err_set(e, ERR_FORMAT, "'%s' to '%s' are not versions such as 9.1.0.1",
                       from ? from : "", to ? to : "");
    return !from || !to || manifest_version_between(from, NULL, to) ||
           err_set(e, ERR_FORMAT, "version %s is later than %s: the range is empty", from, to);
}

static bool is_signing(const char *word)
{
    for (int s = SIGNING_UNKNOWN + 1; s <= SIGNING_WHQL; s++)
        if (strcmp(signing_name((enum signing)s), word) == 0)
            return true;
    return false;
}

static bool is_architecture(const char *word)
{
    for (int a = ARCHITECTURE_UNKNOWN + 1; architecture_names[a]; a++)
        if (strcmp(architecture_names[a], word) == 0)
            return true;
    return false;
}

static bool check_words(const struct texts *words, bool (*is_known)(const char *), struct err *e)
{
    for (size_t i = 0; i < words->count; i++)
        if (!is_known(words->at[i]))
            return err_set(e, ERR_FORMAT, "there is no word '%s' for this", words->at[i]);
    return true;
}

static bool check_family(const struct manifest *m, const struct manifest_family *f, struct err *e)
{
    for (size_t i = 0; i < f->compatible_with.count; i++)
        if (!manifest_family_by_id(m, f->compatible_with.at[i]))
            return err_set(e, ERR_FORMAT, "there is no family '%s'", f->compatible_with.at[i]);
    for (size_t i = 0; i < f->files.count; i++)
        if (!check_versions(f->files.at[i].version_from, f->files.at[i].version_to, e))
            return false;
    return check_versions(f->version_from, f->version_to, e) &&
           check_windows(f->windows_from, f->windows_to, e) &&
           check_words(&f->architectures, is_architecture, e) &&
           check_words(&f->signings, is_signing, e);
}

static bool check_release(const struct manifest *m, const struct manifest_release *r, struct err *e)
{
    const struct manifest_release *next =
        r->superseded_by ? manifest_release_by_id(m, r->superseded_by) : NULL;
    if (r->superseded_by && (!next || next == r || strcmp(next->family, r->family) != 0))
        return err_set(e, ERR_FORMAT, "'%s' is no other release of its family", r->superseded_by);
    for (size_t i = 0; i < r->sets.count; i++)
        if (!check_windows(r->sets.at[i].windows_from, r->sets.at[i].windows_to, e))
            return false;
    return check_date(r->date, e);
}

static bool check_condition(const struct manifest *m, const struct manifest_condition *c,
                            struct err *e)
{
    if (c->certainty == CERTAINTY_UNKNOWN)
        return err_set(e, ERR_FORMAT, "a condition must be certain or possible");
    if (c->family && !manifest_family_by_id(m, c->family))
        return err_set(e, ERR_FORMAT, "there is no family '%s'", c->family);
    if (c->release && !manifest_release_by_id(m, c->release))
        return err_set(e, ERR_FORMAT, "there is no release '%s'", c->release);
    if (!c->file != !c->provider)
        return err_set(e, ERR_FORMAT, "'file' and 'provider' must both be there, or neither");
    return check_versions(c->version_from, c->version_to, e) &&
           check_windows(c->windows_from, c->windows_to, e) &&
           check_words(&c->architectures, is_architecture, e) &&
           check_words(&c->signings, is_signing, e) &&
           check_words(&c->unless, advisory_knows_state, e);
}

static bool check_advisory(const struct manifest *m, const struct manifest_advisory *a,
                           struct err *e)
{
    for (size_t i = 0; i < a->affects.count; i++)
        if (!check_condition(m, &a->affects.at[i], e))
            return err_wrap(e, "affects[%zu]", i);
    return check_date(a->date, e);
}

static bool check_kernels(const struct manifest *m, struct err *e)
{
    for (size_t i = 0; i < m->kernels.count; i++) {
        const char *from = m->kernels.at[i].windows_from;
        if (!check_windows(i ? m->kernels.at[i - 1].windows_from : NULL, from, e))
            return err_wrap(e, "kernels[%zu]", i);
        if (i && strcmp(m->kernels.at[i - 1].windows_from, from) == 0)
            return err_set(e, ERR_FORMAT, "kernels[%zu]: Windows %s is there twice", i, from);
    }
    return true;
}

bool references_check(const struct manifest *m, struct err *e)
{
    for (size_t i = 0; i < m->families.count; i++)
        if (!check_family(m, &m->families.at[i], e))
            return err_wrap(e, "family '%s'", m->families.at[i].id);
    for (size_t i = 0; i < m->releases.count; i++)
        if (!check_release(m, &m->releases.at[i], e))
            return err_wrap(e, "release '%s'", m->releases.at[i].id);
    for (size_t i = 0; i < m->advisories.count; i++)
        if (!check_advisory(m, &m->advisories.at[i], e))
            return err_wrap(e, "advisory '%s'", m->advisories.at[i].id);
    for (size_t i = 0; i < m->windows.count; i++)
        if (!check_windows(m->windows.at[i].windows_from, m->windows.at[i].windows_to, e))
            return err_wrap(e, "windows '%s'", m->windows.at[i].id);
    return check_kernels(m, e);
}
