/*
 * detached: the input is a signature. Whatever it is,
 *   - it is never good for bytes that the key did not sign, nor for another key, nor for none;
 *   - nothing of what is asked stays in OpenSSL's queue of errors.
 * The one key and what it signed are genuine ones: seeds and edits of the good signature come close to it.
 */
#include "tests/fuzz/fuzz.h"
#include "verifier/detached.h"

#include <openssl/err.h>

static struct bytes key, other_key, content;

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    key = fuzz_genuine("manifest-key.der");
    other_key = fuzz_genuine("other-key.der");
    content = fuzz_genuine("manifest.json");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char other[] = "{\"schema\": 1}";
    struct span signature = span_of(data, size), signed_bytes = bytes_span(&content);
    enum detached d = detached_check(signed_bytes, signature, bytes_span(&key));
    MUST(detached_words(d) && *detached_words(d), "each outcome has its words");
    MUST(detached_check(span_text(other), signature, bytes_span(&key)) != DETACHED_GOOD, "other bytes are not signed");
    MUST(detached_check(span_of(content.at, content.size - 1), signature, bytes_span(&key)) != DETACHED_GOOD,
         "cut ones neither");
    MUST(detached_check(signed_bytes, signature, bytes_span(&other_key)) != DETACHED_GOOD, "another key signed nothing");
    MUST(detached_check(signed_bytes, signature, span_of(NULL, 0)) != DETACHED_GOOD, "no key signs nothing");
    MUST(ERR_peek_error() == 0, "nothing is left in OpenSSL's queue");
    return 0;
}
