/*
 * json: the property of everything that is written as JSON and read back.
 */
#ifndef XENPV_FUZZ_JSON_H
#define XENPV_FUZZ_JSON_H

#include "drivers-manifest/shape.h"

/* decode(encode(object)) is accepted by the plain shape and encodes to the same text. */
void fuzz_encode_is_stable(const struct shape *shape, const void *object);

#endif
