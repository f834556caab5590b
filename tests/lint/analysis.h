/*
 * What analysers cannot see, since they read one source file at a time; analysis.sh includes it in
 * front of each. Not for a build.
 */
#ifndef XENPV_TESTS_LINT_ANALYSIS_H
#define XENPV_TESTS_LINT_ANALYSIS_H

#include "base/err.h"

/* "false always", says err.h. */
static inline bool analysis_false(bool answer)
{
    (void)answer;
    return false;
}

#define err_set(...) analysis_false(err_set(__VA_ARGS__))
#define err_set_os(...) analysis_false(err_set_os(__VA_ARGS__))
#define err_wrap(...) analysis_false(err_wrap(__VA_ARGS__))

#endif
