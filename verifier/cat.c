#include "verifier/cat.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/der.h"

#include <stdlib.h>
#include <string.h>

enum { PLACEHOLDER_MAX = 64 * 1024 };

/* One name and value, as members and the catalog itself carry them. Spans point into the file. */
struct name_value {
    struct span name;  /* UTF-16BE */
    struct span value; /* UTF-16LE with a NUL */
};

/* Strings that neighbours share are decoded once. */
struct memo {
    struct span raw;
    const char *text;
};

struct parse {
    struct cat *c;
    struct memo os, guid;
};

/* ---- strings ---- */

static const char *keep(struct cat *c, struct text *t)
{
    c->strings = mem_grow(c->strings, c->string_count, &c->string_room, sizeof c->strings[0]);
    return c->strings[c->string_count++] = text_steal(t);
}

static const char *keep_utf16le(struct cat *c, struct span raw)
{
    struct text t = {0};
    text_add_utf16le(&t, raw);
    return keep(c, &t);
}

static const char *keep_utf16be(struct cat *c, struct span raw)
{
    struct text t = {0};
    text_add_utf16be(&t, raw);
    return keep(c, &t);
}

/* ---- kinds of files that are no catalogs ---- */

static bool is_blank(struct span s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.at[i] != 0 && strchr(" \t\r\n", s.at[i]) == NULL)
            return false;
    return true;
}

static bool is_text(struct span s)
{
    if (span_starts(s, span_of("\xff\xfe", 2)) || span_starts(s, span_of("\xfe\xff", 2)))
        return s.size <= PLACEHOLDER_MAX;
    if (s.size > PLACEHOLDER_MAX)
        return false;
    for (size_t i = 0; i < s.size; i++) {
        bool blank = s.at[i] != 0 && strchr("\t\r\n\f\x1a", s.at[i]) != NULL;
        if (s.at[i] == 0x7f || (s.at[i] < 0x20 && !blank))
            return false;
    }
    return true;
}

static enum cat_state state_of_other(struct span file)
{
    if (is_blank(file))
        return CAT_EMPTY;
    if (is_text(file))
        return CAT_PLACEHOLDER;
    return file.at[0] == DER_SEQUENCE ? CAT_BROKEN : CAT_NOT;
}

static void report_other(enum cat_state state, const char *name, struct findings *f)
{
    switch (state) {
    case CAT_EMPTY:
        findings_add(f, FINDING_ERROR, "catalog-empty", name,
            "the catalog is empty: the package was never signed");
        break;
    case CAT_PLACEHOLDER:
        findings_add(f, FINDING_ERROR, "catalog-placeholder", name,
            "the catalog is a text file that stands in for one: the package was never signed");
        break;
    case CAT_NOT:
        findings_add(f, FINDING_ERROR, "catalog-not", name, "the file is not a catalog");
        break;
    case CAT_BROKEN:
        findings_add(f, FINDING_ERROR, "catalog-broken", name,
            "the catalog's structure is damaged");
        break;
    case CAT_OK: break;
    }
}

/* ---- members ---- */

/* SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value } */
static bool read_name_value(struct span body, struct name_value *out)
{
    struct der flags;
    struct span sequence;
    return der_open(&body, DER_SEQUENCE, &sequence) &&
           der_open(&sequence, DER_BMP_STRING, &out->name) &&
           der_take(&sequence, DER_INTEGER, &flags) &&
           der_open(&sequence, DER_OCTET_STRING, &out->value);
}

/*
 * SpcIndirectData ::= SEQUENCE { SEQUENCE { type, value }, SEQUENCE { algorithm, OCTET STRING } }
 */
static bool read_indirect(struct span body, enum oid *type, struct digest *digest)
{
    struct span sequence, data, info, algorithm, oid, value;
    return der_open(&body, DER_SEQUENCE, &sequence) && der_open(&sequence, DER_SEQUENCE, &data) &&
           der_take_oid(&data, type) && der_open(&sequence, DER_SEQUENCE, &info) &&
           der_open(&info, DER_SEQUENCE, &algorithm) && der_open(&algorithm, DER_OID, &oid) &&
           der_open(&info, DER_OCTET_STRING, &value) &&
           digest_from(value, digest_of_oid(oid), digest);
}

static enum cat_form form_of_type(enum oid type)
{
    if (type == OID_SPC_PE_IMAGE_DATA)
        return CAT_FORM_PE;
    return type == OID_SPC_CAB_DATA ? CAT_FORM_FLAT : CAT_FORM_UNKNOWN;
}

static enum cat_form form_of_guid(const char *guid)
{
    if (text_equal_nocase(guid, "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}"))
        return CAT_FORM_PE;
    return text_starts_nocase(guid, "{DE351A4") ? CAT_FORM_FLAT : CAT_FORM_UNKNOWN;
}

static void read_member_name_value(struct parse *p, struct span value, struct cat_member *m)
{
    struct name_value nv;
    if (!read_name_value(value, &nv))
        return;
    if (span_equal(nv.name, span_of("\0F\0i\0l\0e", 8))) {
        m->file = keep_utf16le(p->c, nv.value);
    } else if (span_equal(nv.name, span_of("\0O\0S\0A\0t\0t\0r", 12))) {
        if (p->os.text == NULL || !span_equal(p->os.raw, nv.value))
            p->os = (struct memo){nv.value, keep_utf16le(p->c, nv.value)};
        m->os = p->os.text;
    }
}

/* Version 1: SEQUENCE { BMPString GUID of the subject interface package, INTEGER version } */
static void read_member_info(struct parse *p, struct span value, struct cat_member *m)
{
    struct span sequence, guid;
    if (!der_open(&value, DER_SEQUENCE, &sequence) || !der_open(&sequence, DER_BMP_STRING, &guid))
        return;
    if (p->guid.text == NULL || !span_equal(p->guid.raw, guid))
        p->guid = (struct memo){guid, keep_utf16be(p->c, guid)};
    m->guid = p->guid.text;
    if (m->form == CAT_FORM_UNKNOWN)
        m->form = form_of_guid(m->guid);
}

/* Version 2 says it with a tag: [0] for PE files, [2] for flat ones. */
static void read_member_info_v2(struct span value, struct cat_member *m)
{
    struct der choice;
    if (m->form != CAT_FORM_UNKNOWN || !der_next(&value, &choice))
        return;
    if (choice.tag == DER_CONTEXT_0)
        m->form = CAT_FORM_PE;
    else if (choice.tag == DER_CONTEXT_2)
        m->form = CAT_FORM_FLAT;
}

static bool read_attribute(struct parse *p, struct span attribute, struct cat_member *m)
{
    enum oid oid, type;
    struct span value;
    if (!der_take_oid(&attribute, &oid) || !der_open(&attribute, DER_SET, &value))
        return false;
    switch (oid) {
    case OID_CAT_NAME_VALUE: read_member_name_value(p, value, m); break;
    case OID_CAT_MEMBER_INFO: read_member_info(p, value, m); break;
    case OID_CAT_MEMBER_INFO_V2: read_member_info_v2(value, m); break;
    case OID_SPC_INDIRECT_DATA:
        if (read_indirect(value, &type, &m->digest) && form_of_type(type) != CAT_FORM_UNKNOWN)
            m->form = form_of_type(type);
        break;
    default: break;
    }
    return true;
}

/* Version 1 tags are hexadecimal digits in UTF-16LE with a NUL; some old ones are a file name. */
static bool digest_of_hex_tag(struct span tag, struct digest *out)
{
    char hex[2 * DIGEST_SIZE_MAX + 1] = "";
    uint8_t bytes[DIGEST_SIZE_MAX];
    size_t length = tag.size / 2;
    while (length > 0 && tag.at[2 * length - 1] == 0 && tag.at[2 * length - 2] == 0)
        length--;
    if (tag.size % 2 != 0 || length > 2 * DIGEST_SIZE_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (tag.at[2 * i + 1] != 0)
            return false;
        hex[i] = (char)tag.at[2 * i];
    }
    return text_parse_hex(hex, bytes, length / 2) &&
           digest_from(span_of(bytes, length / 2), digest_kind_of_size(length / 2), out);
}

static void apply_tag(const struct cat *c, struct span tag, struct cat_member *m)
{
    struct digest tagged;
    bool is_hash = c->version == 2
                       ? digest_from(tag, digest_kind_of_size(tag.size), &tagged)
                       : digest_of_hex_tag(tag, &tagged);
    if (!is_hash)
        return;
    if (m->digest.kind == DIGEST_NONE)
        m->digest = tagged;
    else
        m->tag_differs = !digest_equal(&m->digest, &tagged);
}

/* SEQUENCE { OCTET STRING tag, SET OF SEQUENCE { OID, SET } } */
static bool read_member(struct parse *p, struct span entry)
{
    struct cat *c = p->c;
    struct cat_member m = {0};
    struct span tag, attributes, attribute;
    if (!der_open(&entry, DER_OCTET_STRING, &tag))
        return false;
    if (entry.size > 0) {
        if (!der_open(&entry, DER_SET, &attributes) || entry.size != 0)
            return false;
        while (attributes.size > 0)
            if (!der_open(&attributes, DER_SEQUENCE, &attribute) ||
                !read_attribute(p, attribute, &m))
                return false;
    }
    apply_tag(c, tag, &m);
    c->members = mem_grow(c->members, c->member_count, &c->member_room, sizeof c->members[0]);
    c->members[c->member_count++] = m;
    if (m.digest.kind != DIGEST_NONE)
        c->digests |= DIGEST_BIT(m.digest.kind);
    return true;
}

static bool read_members(struct parse *p, struct span list)
{
    struct span entry;
    while (list.size > 0)
        if (p->c->member_count == CAT_MEMBERS_MAX || !der_open(&list, DER_SEQUENCE, &entry) ||
            !read_member(p, entry))
            return false;
    return true;
}

/* ---- the list ---- */

/*
 * SEQUENCE OF SEQUENCE { OID, BOOLEAN critical OPTIONAL, OCTET STRING }; those that are no name and
 * value are skipped.
 */
static bool read_extensions(struct cat *c, struct span list)
{
    struct span extension, value;
    enum oid oid;
    while (list.size > 0) {
        struct name_value nv;
        if (c->extension_count == CAT_EXTENSIONS_MAX ||
            !der_open(&list, DER_SEQUENCE, &extension) || !der_take_oid(&extension, &oid) ||
            !der_skip_optional(&extension, DER_BOOLEAN) ||
            !der_open(&extension, DER_OCTET_STRING, &value))
            return false;
        if (oid != OID_CAT_NAME_VALUE || !read_name_value(value, &nv))
            continue;
        c->extensions = mem_grow(
            c->extensions, c->extension_count, &c->extension_room, sizeof c->extensions[0]);
        struct cat_extension *e = &c->extensions[c->extension_count++];
        e->name = keep_utf16be(c, nv.name);
        e->value = keep_utf16le(c, nv.value);
    }
    return true;
}

/*
 * What stands before the entries: usage, identifier, times, and the algorithm, which tells the
 * version.
 */
static bool read_head(struct cat *c, struct span *ctl)
{
    struct span usage, id, algorithm;
    struct der time;
    enum oid oid;
    if (!der_skip_optional(ctl, DER_INTEGER) || !der_open(ctl, DER_SEQUENCE, &usage) ||
        !der_take_oid(&usage, &oid) || oid != OID_CATALOG_LIST)
        return false;
    if (der_open(ctl, DER_OCTET_STRING, &id))
        memcpy(c->list_id, id.at, id.size < sizeof c->list_id ? id.size : sizeof c->list_id);
    if (!der_skip_optional(ctl, DER_INTEGER) || !der_next(ctl, &time) ||
        !der_time(time, &c->this_update))
        return false;
    if (!der_skip_optional(ctl, DER_UTC_TIME) || !der_skip_optional(ctl, DER_GENERALIZED_TIME) ||
        !der_open(ctl, DER_SEQUENCE, &algorithm) || !der_take_oid(&algorithm, &oid))
        return false;
    c->version = oid == OID_CATALOG_MEMBER_V1 ? 1 : oid == OID_CATALOG_MEMBER_V2 ? 2 : 0;
    return c->version != 0;
}

static bool read_ctl(struct cat *c, struct span ctl)
{
    struct parse p = {.c = c};
    struct span entries, wrapped, extensions;
    if (!read_head(c, &ctl))
        return false;
    if (der_open(&ctl, DER_SEQUENCE, &entries) && !read_members(&p, entries))
        return false;
    if (ctl.size == 0)
        return true;
    return der_open(&ctl, DER_CONTEXT_CONSTRUCTED_0, &wrapped) && ctl.size == 0 &&
           der_open(&wrapped, DER_SEQUENCE, &extensions) && read_extensions(c, extensions);
}

/* ---- lookup ---- */

static int by_digest(const void *a, const void *b)
{
    const struct cat_member *const *x = a, *const *y = b;
    int order = digest_compare(&(*x)->digest, &(*y)->digest);
    if (order != 0)
        return order;
    return (*x > *y) - (*x < *y); /* the first listed first: qsort is not stable */
}

static void build_index(struct cat *c)
{
    c->index = mem_zero(c->member_count, sizeof c->index[0]);
    for (size_t i = 0; i < c->member_count; i++)
        if (c->members[i].digest.kind != DIGEST_NONE)
            c->index[c->index_count++] = &c->members[i];
    qsort(c->index, c->index_count, sizeof c->index[0], by_digest);
}

const struct cat_member *cat_find(const struct cat *c, const struct digest *digest)
{
    size_t low = 0, high = c->index_count;
    if (digest->kind == DIGEST_NONE)
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (digest_compare(&c->index[middle]->digest, digest) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < c->index_count && digest_equal(&c->index[low]->digest, digest))
        return c->index[low];
    return NULL;
}

const struct cat_member *cat_find_any(const struct cat *c, const struct digests *digests)
{
    for (unsigned kind = DIGEST_KINDS - 1; kind > DIGEST_NONE; kind--) {
        const struct cat_member *m = cat_find(c, &digests->of[kind]);
        if (m != NULL)
            return m;
    }
    return NULL;
}

const char *cat_extension(const struct cat *c, const char *name)
{
    for (size_t i = 0; i < c->extension_count; i++)
        if (text_equal_nocase(c->extensions[i].name, name))
            return c->extensions[i].value;
    return NULL;
}

/* ---- the whole ---- */

/* Members that a lookup cannot find, or that contradict themselves. */
static void report_members(const struct cat *c, const char *name, struct findings *f)
{
    size_t without = 0, differing = 0;
    for (size_t i = 0; i < c->member_count; i++) {
        without += c->members[i].digest.kind == DIGEST_NONE;
        differing += c->members[i].tag_differs;
    }
    if (c->member_count == 0)
        findings_add(f, FINDING_WARNING, "catalog-no-members", name, "the catalog lists no file");
    if (without > 0)
        findings_add(f, FINDING_WARNING, "catalog-member-without-hash", name,
            "%zu of the catalog's entries have no hash that we know", without);
    if (differing > 0)
        findings_add(f, FINDING_WARNING, "catalog-tag-differs", name,
            "%zu of the catalog's entries are filed under another hash than they hold", differing);
}

void cat_parse(struct cat *c, struct span file, const char *name, struct findings *f)
{
    struct der_signed_data data;
    memset(c, 0, sizeof *c);
    if (file.size > CAT_FILE_MAX) {
        findings_add(f, FINDING_ERROR, "catalog-size", name, "the catalog is larger than %d MB",
            CAT_FILE_MAX >> 20);
        return;
    }
    if (!der_read_signed_data(file, &data)) {
        c->state = state_of_other(file);
        report_other(c->state, name, f);
        return;
    }
    if (data.content_type != OID_CTL || data.content.tag != DER_SEQUENCE) {
        c->state = CAT_NOT;
        findings_add(f, FINDING_ERROR, "catalog-not", name,
            "the file is signed data, but not a catalog");
        return;
    }
    if (!read_ctl(c, data.content.body)) {
        cat_release(c);
        report_other(CAT_BROKEN, name, f);
        return;
    }
    c->state = CAT_OK;
    build_index(c);
    report_members(c, name, f);
}

const char *cat_state_name(enum cat_state state)
{
    switch (state) {
    case CAT_EMPTY: return "empty";
    case CAT_PLACEHOLDER: return "placeholder";
    case CAT_NOT: return "not a catalog";
    case CAT_OK: return "ok";
    case CAT_BROKEN: break;
    }
    return "broken";
}

void cat_release(struct cat *c)
{
    for (size_t i = 0; i < c->string_count; i++)
        mem_free(c->strings[i]);
    mem_free(c->strings);
    mem_free(c->members);
    mem_free(c->extensions);
    mem_free(c->index);
    memset(c, 0, sizeof *c);
}
