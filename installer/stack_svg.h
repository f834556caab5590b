/*
 * stack_svg: the driver stack as a drawing, inline SVG that stands in a page of html.
 *
 * 360 units wide, so that it fits a phone unscaled: the hypervisor on top, the bus below it, disk
 * and network side by side, others underneath. Health is colour, sign, line and words at once. For
 * a reader that does not see it is one image with a title and a description of all boxes.
 */
#ifndef XENPV_INSTALLER_STACK_SVG_H
#define XENPV_INSTALLER_STACK_SVG_H

#include "base/text.h"
#include "installer/stack.h"

void stack_svg_add(struct text *t, const struct stack *s);

#endif
