/*
 * pe: whatever the bytes are,
 *   - the source is asked only for bytes that it has;
 *   - what is hashed are disjoint ranges in ascending order, and what is not hashed is the checksum, the security
 *     directory's entry and the certificate table: the sizes add up to the file's;
 *   - certificates lie inside the certificate table, and the table inside the file;
 *   - one byte changed inside a hashed range never gives the same digest, whatever the headers then say.
 */
#include "tests/fuzz/fuzz.h"
#include "verifier/digest.h"
#include "verifier/pe.h"

static bool read_checked(void *context, uint64_t offset, void *buffer, size_t size)
{
    const struct span *bytes = context;
    MUST(span_holds(*bytes, offset, size), "pe asks only for bytes that are there");
    struct pe_source source = pe_source_span(bytes);
    return source.read(source.context, offset, buffer, size);
}

static void check_hashed(const struct pe *p, struct span file)
{
    struct span hashed[PE_RANGES_MAX];
    uint64_t covered = 0, end = 0;
    for (size_t i = 0; i < p->hashed_count; i++) {
        MUST(p->hashed[i].offset >= end, "hashed ranges ascend and do not overlap");
        MUST(span_holds(file, p->hashed[i].offset, p->hashed[i].size), "hashed ranges lie inside the file");
        end = p->hashed[i].offset + p->hashed[i].size;
        covered += p->hashed[i].size;
    }
    uint64_t left_out = file.size - covered;
    MUST(left_out == 4 || left_out == 12 || left_out == 12 + p->table.size,
         "only checksum, security entry and certificate table are not hashed");
    MUST(p->pad < 8, "the padding is less than 8 bytes");
    MUST(pe_hashed_spans(p, file, hashed) == p->hashed_count, "there is a span for each range");
    for (size_t i = 0; i < p->hashed_count; i++)
        fuzz_inside(hashed[i], file);
}

static void check_parts(const struct pe *p, struct span file)
{
    MUST(p->section_count <= PE_SECTIONS_MAX && p->import_count <= PE_IMPORTS_MAX
             && p->certificate_count <= PE_CERTIFICATES_MAX, "counts keep to their limits");
    MUST(!p->table.size || span_holds(file, p->table.offset, p->table.size), "the table lies inside the file");
    for (size_t i = 0; i < p->certificate_count; i++) {
        fuzz_inside(p->certificates[i].blob, span_of(p->table_bytes, (size_t)p->table.size));
        MUST(p->certificates[i].offset >= p->table.offset
                 && p->certificates[i].offset - p->table.offset < p->table.size, "an entry lies inside the table");
    }
    for (size_t i = 0; i < p->import_count; i++)
        fuzz_text(p->imports[i]);
    fuzz_text(p->version.company);
    fuzz_text(p->version.file_version);
    fuzz_text(p->version.original_name);
}

static bool image_digest(struct span file, struct digest *out)
{
    struct pe p;
    struct findings f = {0};
    struct span hashed[PE_RANGES_MAX];
    struct digests digests = {0};
    pe_parse(&p, pe_source_span(&file), "altered.sys", &f);
    bool ok = p.state == PE_OK;
    if (ok)
        digest_spans(DIGEST_BIT(DIGEST_SHA1), (struct digest_input){.spans = hashed,
                     .count = pe_hashed_spans(&p, file, hashed), .zeros = p.pad}, &digests);
    *out = digests.of[DIGEST_SHA1];
    pe_release(&p);
    findings_release(&f);
    return ok;
}

/* Which byte is changed comes from the file itself. */
static void check_altered(const struct pe *p, struct span file)
{
    struct digest before, after;
    const struct pe_range *r = &p->hashed[p->timestamp % p->hashed_count];
    if (!r->size || !image_digest(file, &before))
        return;
    struct bytes copy = fuzz_copy(file);
    copy.at[r->offset + p->checksum % r->size] ^= (uint8_t)(1 + p->machine % 255);
    if (image_digest(bytes_span(&copy), &after))
        MUST(!digest_equal(&before, &after), "an altered byte alters the digest");
    bytes_release(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span file = span_of(data, size);
    struct pe p;
    struct findings f = {0};
    pe_parse(&p, (struct pe_source){.size = size, .read = read_checked, .context = &file}, "fuzz.sys", &f);
    check_parts(&p, file);
    if (p.state == PE_OK) {
        check_hashed(&p, file);
        check_altered(&p, file);
    } else {
        struct span none[PE_RANGES_MAX];
        MUST(pe_hashed_spans(&p, file, none) == 0, "what has no Authenticode hash has nothing to hash");
        MUST(p.state == PE_NOT || f.count, "a broken file comes with a finding");
    }
    fuzz_findings(&f);
    pe_release(&p);
    findings_release(&f);
    return 0;
}
