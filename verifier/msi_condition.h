/*
 * msi_condition: what Windows Installer will make of a condition, as far as the properties are
 * known.
 *
 * Conditions of tables (LaunchCondition, Feature, sequences) in the grammar of Microsoft's
 * "Conditional Statement Syntax", in three-valued logic: a property that the caller does not know
 * makes unknown what depends on it, and only that ("Installed OR X" is known where X is true). A
 * text that is no condition is unknown. msi_condition knows no property and asks nobody.
 */
#ifndef XENPV_VERIFIER_MSI_CONDITION_H
#define XENPV_VERIFIER_MSI_CONDITION_H

#include "base/span.h"
#include "drivers-manifest/shape.h"

enum {
    MSI_CONDITION_SIZE_MAX = 64 * 1024, /* bytes */
    MSI_CONDITION_DEPTH_MAX = 64,       /* of parentheses and NOTs */
};

/* What is known of properties. */
struct msi_properties {
    /*
     * The value of the property with this name (case counts, as it does for Windows Installer) in
     * *value, empty when it is not set. False: not known. The name is inside the condition's bytes.
     */
    bool (*get)(void *context, struct span name, struct span *value);
    void *context;
};

/* An empty condition is true. */
enum tri msi_condition(const char *condition, const struct msi_properties *properties);

#endif
