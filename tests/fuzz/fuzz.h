/*
 * fuzz: what the fuzz targets share.
 *
 * A target is NAME_fuzz.c with libFuzzer's LLVMFuzzerTestOneInput. Its opening comment states the properties, and MUST
 * asserts them. libFuzzer gives each input in a heap block of exactly its size, so that a read outside it ends the run
 * under AddressSanitizer; what a target cuts out of the input to be parsed alone goes through fuzz_copy for the same
 * reason.
 */
#ifndef XENPV_FUZZ_FUZZ_H
#define XENPV_FUZZ_FUZZ_H

#include "base/file.h"
#include "base/span.h"
#include "verifier/finding.h"
#include "verifier/spans.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *count, char ***arguments);

/* The run ends with the sentence when what it says is not so. */
#define MUST(condition, sentence) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, sentence))

_Noreturn void fuzz_broken(const char *file, int line, const char *sentence);

/* An exact heap copy; the caller releases it. */
struct bytes fuzz_copy(struct span s);

/* Cut a number below `below` off the front of *rest; 0 when there is nothing left. */
unsigned fuzz_take(struct span *rest, unsigned below);

/* An empty part may point anywhere. */
void fuzz_inside(struct span part, struct span whole);
void fuzz_all_inside(const struct span_list *parts, struct span whole);

/* UTF-8, or NULL. */
void fuzz_text(const char *text);

/* Each has a code and a message of one line that is safe to print. */
void fuzz_findings(const struct findings *f);

/* A failure has a kind and one line of text; a success has neither. */
void fuzz_answer(bool ok, const struct err *e);

/* A path at which these bytes can be read until the next call; nothing is left behind on disk. */
const char *fuzz_file(struct span content);

/* A file of the folder that XENPV_FUZZ_GENUINE names; the run cannot begin without it. */
struct bytes fuzz_genuine(const char *name);

#endif
