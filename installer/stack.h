/*
 * stack: the PV driver stack of a guest as boxes: hypervisor, platform device, bus driver, what is
 * on the bus, and the disk and the network at its end.
 *
 * Pure: facts x manifest -> boxes for a drawing, each with words and a health that say the same. A
 * box is made of what Windows tells of devices and services, whoever's drivers they are, so that
 * GPLPV's XenPCI and XEN\VBD, the Xen Project's xenbus and XENBUS\..., and a vendor's stand at the
 * same places. What Windows did not tell is unknown and never counts as good. stack judges no
 * guest (status does) and draws nothing (stack_svg does).
 */
#ifndef XENPV_INSTALLER_STACK_H
#define XENPV_INSTALLER_STACK_H

#include "drivers-manifest/manifest.h"

/* The zero is the safe answer. */
enum stack_health { STACK_UNKNOWN = 0, STACK_BAD, STACK_WARN, STACK_GOOD };

/* From the top down. */
enum stack_place {
    STACK_HYPERVISOR = 0,
    STACK_PLATFORM,
    STACK_BUS,
    STACK_DISK_DRIVER,
    STACK_NETWORK_DRIVER,
    STACK_OTHER_DRIVER, /* on the bus, and neither disk nor network */
    STACK_DISK,
    STACK_NETWORK,
    STACK_PLACES,
};

/* Texts from the guest are as it told them: escape them. */
struct stack_box {
    enum stack_place place;
    enum stack_health health;
    char *name;   /* "xenbus", "Disk" */
    char *detail; /* version or what it is, or NULL */
    char *state;  /* "running", "problem 28: no driver is installed" */
};

enum { STACK_BOXES_MAX = 32 }; /* of devices; what is more is only counted */

struct stack {
    struct stack_box *at;
    size_t count, room;
    size_t left_out;
};

/* Boxes in the order of their places. *out must be zeroed. Cannot fail. */
void stack_build(const struct facts *f, const struct manifest *m, struct stack *out);

void stack_release(struct stack *s);

const char *stack_place_name(enum stack_place p);    /* "bus driver" */
const char *stack_health_words(enum stack_health h); /* "works", "needs attention", ... */

#endif
