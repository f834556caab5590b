/*
 * report_html: a report as one page, for a support ticket: the status, the driver stack as a
 * drawing, findings, which drivers fit this Windows, the journal, and the evidence folded away.
 *
 * Draws on the report alone, so that a page made from replayed facts is the page that the guest
 * would have made. What a run did not look at has no section.
 */
#ifndef XENPV_INSTALLER_REPORT_HTML_H
#define XENPV_INSTALLER_REPORT_HTML_H

#include "installer/report.h"
#include "installer/stack.h"

/* The stack may be NULL: no drawing. mem_free. */
char *report_html(const struct report *r, const struct stack *s);

#endif
