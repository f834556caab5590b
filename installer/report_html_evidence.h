/*
 * report_html_evidence: the part of a report's page that shows the facts, each group folded away.
 *
 * Shows what was read and draws no conclusion: what is not known says so. At the end stand the
 * facts as JSON, so that the page alone is enough to look again.
 */
#ifndef XENPV_INSTALLER_REPORT_HTML_EVIDENCE_H
#define XENPV_INSTALLER_REPORT_HTML_EVIDENCE_H

#include "base/text.h"
#include "drivers-manifest/facts.h"

void report_html_add_evidence(struct text *t, const struct facts *f);

#endif
