/*
 * decision: each word with the guest that asks for it and ones just beside it; and each fault of a
 * set of drivers, found and not found.
 */
#include "drivers-manifest/decision.h"

#include "base/mem.h"
#include "installer/assume.h"
#include "tests/unit/check.h"
#include "tests/unit/guest_drivers.h"

struct world {
    struct facts facts;
    struct manifest manifest;
    struct choice choice;
    struct decision decision;
};

static bool nothing_at_hand(void *context, const struct manifest_release *release,
                            const struct manifest_file_pin *pin)
{
    (void)context;
    (void)release;
    (void)pin;
    return false;
}

/* What a guest has. */
static void univention_373(struct facts *f)
{
    gplpv_of(f, "0.11.0.373");
}

static void univention_356(struct facts *f)
{
    gplpv_of(f, "0.11.0.356");
}

static void beyond_373(struct facts *f)
{
    gplpv_of(f, "0.11.0.399");
}

static void xenproject_822(struct facts *f)
{
    bus_of(f, "8.2.2.5");
    vif_of(f, XP_VIF "0800000B", "8.2.2.3", XP_VIF "0800000B");
    const struct driver_of by = {"Xen Project", "8.2.2.3"};
    bind(&f->devices.at[1], "xenvif", &by);
}

static void old_children(struct facts *f)
{
    bus_of(f, "9.1.0.0");
    vif_of(f, XP_VIF "0900000B", "8.2.2.5", XP_VIF "0800000B");
}

static void new_children(struct facts *f)
{
    bus_of(f, "8.2.2.5");
    vif_of(f, XP_VIF "0800000B", "9.1.0.0", XP_VIF "0900000B");
}

static void fitting_children(struct facts *f)
{
    bus_of(f, "8.2.2.5");
    vif_of(f, XP_VIF "0800000B", "8.2.2.5", XP_VIF "0800000B");
}

static void skew_under_a_ghost(struct facts *f)
{
    bus_of(f, "9.7.0.0"); /* of which nobody knows what it exports */
    vif_of(f, XP_VIF "0900000B", "8.2.2.5", XP_VIF "0800000B");
    f->devices.at[1].present = TRI_NO;
}

static void old_children_before_restart(struct facts *f)
{
    old_children(f);
    f->devices.at[1].present = TRI_NO;
}

static void fitting_children_before_restart(struct facts *f)
{
    fitting_children(f);
    f->devices.at[1].present = TRI_NO;
}

/* As an upgrade leaves it, where Windows does not tell what the bound INF was called. */
static void an_older_bus_staged(struct facts *f)
{
    const struct driver_of old = {"Xen Project", "8.2.2.5"};
    bus_of(f, "9.1.0.0");
    vif_of(f, XP_VIF "0900000B", "9.1.0.0", XP_VIF "0900000B");
    f->devices.at[1].present = TRI_NO;
    shape_set_text(&f->devices.at[0].inf, "oem1.inf");
    shape_set_text(&f->packages.at[0].original, "oem1.inf");
    shape_set_text(&add_package(f, "xenbus.inf", "PCI\\VEN_5853&DEV_0001", &old)->inf, "oem2.inf");
}

static void skew_of_another_device(struct facts *f)
{
    bus_of(f, "8.2.2.5");
    vif_of(f, XP_VBD "0800000B", "9.1.0.0", XP_VIF "0900000B");
    f->devices.at[1].problem = number_of(14);
}

static void xcp_ng(struct facts *f)
{
    const struct driver_of by = {"XCP-ng", "9.0.9048.0"};
    bind(&f->devices.at[0], "xenbus", &by);
}

static void both(struct facts *f)
{
    const struct driver_of by = {"XCP-ng", "9.0.9048.0"};
    univention_373(f);
    add_package(f, "xenbus.inf", "PCI\\VEN_5853&DEV_0001", &by);
}

static void disk_on_demand(struct facts *f)
{
    univention_373(f);
    f->services.at[1].start = number_of(3);
}

static void disk_overridden(struct facts *f)
{
    univention_373(f);
    f->services.at[1].start_overridden = TRI_YES;
}

static void file_gone(struct facts *f)
{
    univention_373(f);
    f->services.at[2].image_exists = TRI_NO;
}

static void network_unsigned(struct facts *f)
{
    univention_373(f);
    f->devices.at[2].problem = number_of(52);
}

static void network_waits(struct facts *f)
{
    univention_373(f);
    f->devices.at[2].problem = number_of(14);
}

static void network_older(struct facts *f)
{
    univention_373(f);
    shape_set_text(&f->devices.at[2].driver_version, "0.11.0.356");
}

static void network_unbound(struct facts *f)
{
    const struct driver_of nothing = {NULL, NULL};
    univention_373(f);
    bind(&f->devices.at[2], NULL, &nothing);
}

static void network_unbound_before_restart(struct facts *f)
{
    network_unbound(f);
    f->restart_pending = TRI_YES;
}

static void staged_only(struct facts *f)
{
    const struct driver_of by = {GPLPV_PROVIDER, "0.11.0.373"};
    add_package(f, "xenpci.inf", "PCI\\VEN_5853&DEV_0001", &by);
}

static void services_only(struct facts *f)
{
    add_service(f, "XenPCI", 0);
    add_service(f, "xenbus", 0);
}

static void waits_for_restart(struct facts *f)
{
    f->restart_pending = TRI_YES;
}

enum hand { AT_HAND, NOT_AT_HAND };
enum wish { NO_WISH, DOWNGRADE, REPLACE, BROKEN };

#define ACCEPTED "xenproject,xsn-1,xsa-468"

static const struct row {
    const char *sentence, *windows;
    void (*has)(struct facts *f);
    const char *with; /* source, then what is accepted; NULL: nothing */
    enum hand hand;
    enum wish wish;
    enum decision_word word;
    enum tri allowed;
    const char *needs, *fault; /* NULL: none */
} rows[] = {
    {"a fresh guest", "win7sp1-x64", NULL, NULL, AT_HAND, NO_WISH, DECISION_INSTALL, TRI_YES, NULL,
     NULL},
    {"a fresh guest without packages", "win7sp1-x64", NULL, NULL, NOT_AT_HAND, NO_WISH,
     DECISION_INSTALL, TRI_NO, "gplpv_Vista2008x64_signed_0.11.0.373.msi", NULL},
    {"a Windows that nothing is for", "win11-24h2-arm64", NULL, NULL, AT_HAND, NO_WISH,
     DECISION_NONE, TRI_NO, NULL, NULL},
    {"a Windows that could be changed", "win11-24h2-x64", NULL, NULL, AT_HAND, NO_WISH,
     DECISION_NONE, TRI_NO, "test signing on", NULL},
    {"services alone are no drivers", "win7sp1-x64", services_only, NULL, AT_HAND, NO_WISH,
     DECISION_INSTALL, TRI_YES, NULL, NULL},
    {"a restart is waited for", "win7sp1-x64", waits_for_restart, NULL, AT_HAND, NO_WISH,
     DECISION_INSTALL, TRI_YES, NULL, NULL},
    /* versions of one family */
    {"the best is installed", "win7sp1-x64", univention_373, NULL, AT_HAND, NO_WISH, DECISION_KEEP,
     TRI_YES, NULL, NULL},
    {"the best is installed, and no package at hand", "win7sp1-x64", univention_373, NULL,
     NOT_AT_HAND, NO_WISH, DECISION_KEEP, TRI_YES, NULL, NULL},
    {"an older one is installed", "win7sp1-x64", univention_356, NULL, AT_HAND, NO_WISH,
     DECISION_UPGRADE, TRI_YES, NULL, NULL},
    {"an older one is installed, and no package at hand", "win7sp1-x64", univention_356, NULL,
     NOT_AT_HAND, NO_WISH, DECISION_UPGRADE, TRI_NO, "at hand", NULL},
    {"an older one is asked for", "win7sp1-x64", univention_373, "univention-gplpv-0.11.0.356",
     AT_HAND, NO_WISH, DECISION_DOWNGRADE, TRI_NO, "--allow-downgrade", NULL},
    {"an older one is asked for and allowed", "win7sp1-x64", univention_373,
     "univention-gplpv-0.11.0.356", AT_HAND, DOWNGRADE, DECISION_DOWNGRADE, TRI_YES, NULL, NULL},
    {"allowed, and not at hand", "win7sp1-x64", univention_373, "univention-gplpv-0.11.0.356",
     NOT_AT_HAND, DOWNGRADE, DECISION_DOWNGRADE, TRI_NO, "at hand", NULL},
    {"allowing it makes no upgrade of it", "win7sp1-x64", univention_356, NULL, AT_HAND, DOWNGRADE,
     DECISION_UPGRADE, TRI_YES, NULL, NULL},
    {"drivers of one release differ in their last number", "win10-22h2-x64", xenproject_822,
     ACCEPTED, AT_HAND, NO_WISH, DECISION_KEEP, TRI_YES, NULL, NULL},
    /* others in the way */
    {"another vendor's", "win10-22h2-x64", xcp_ng, NULL, AT_HAND, NO_WISH, DECISION_REPLACE, TRI_NO,
     "XCP-ng PV drivers removed first (xenpv remove), or --replace", NULL},
    {"another vendor's beside ours", "win10-22h2-x64", both, NULL, AT_HAND, NO_WISH,
     DECISION_REPLACE, TRI_NO, "XCP-ng PV drivers removed first (xenpv remove), or --replace",
     NULL},
    {"another vendor's where nothing is for", "win11-24h2-x64", xcp_ng, NULL, AT_HAND, NO_WISH,
     DECISION_NONE, TRI_NO, "removed first", NULL},
    {"a build beyond Univention's last is the author's", "win7sp1-x64", beyond_373, NULL, AT_HAND,
     NO_WISH, DECISION_REPLACE, TRI_NO, "removed first", NULL},
    {"another vendor's, to be replaced", "win10-22h2-x64", xcp_ng, NULL, AT_HAND, REPLACE,
     DECISION_REPLACE, TRI_YES, NULL, NULL},
    {"another vendor's beside ours, to be replaced", "win10-22h2-x64", both, NULL, AT_HAND, REPLACE,
     DECISION_REPLACE, TRI_YES, NULL, NULL},
    {"another vendor's, to be replaced by what is not at hand", "win10-22h2-x64", xcp_ng, NULL,
     NOT_AT_HAND, REPLACE, DECISION_REPLACE, TRI_NO, "at hand", NULL},
    {"the author's build, to be replaced", "win7sp1-x64", beyond_373, NULL, AT_HAND, REPLACE,
     DECISION_REPLACE, TRI_YES, NULL, NULL},
    {"replacing makes nothing eligible", "win11-24h2-x64", xcp_ng, NULL, AT_HAND, REPLACE,
     DECISION_NONE, TRI_NO, "test signing on", NULL},
    /* what is not whole */
    {"the disk driver does not start at boot", "win7sp1-x64", disk_on_demand, NULL, AT_HAND,
     NO_WISH, DECISION_REPAIR, TRI_YES, NULL, INVENTORY_BOOT_START},
    {"StartOverride on the disk driver", "win7sp1-x64", disk_overridden, NULL, AT_HAND, NO_WISH,
     DECISION_REPAIR, TRI_YES, NULL, INVENTORY_BOOT_START},
    {"a driver's file is gone", "win7sp1-x64", file_gone, NULL, AT_HAND, NO_WISH, DECISION_REPAIR,
     TRI_YES, NULL, INVENTORY_FILE_MISSING},
    {"a driver's file is gone, and no package at hand", "win7sp1-x64", file_gone, NULL, NOT_AT_HAND,
     NO_WISH, DECISION_REPAIR, TRI_NO, "at hand", INVENTORY_FILE_MISSING},
    {"a driver is refused", "win7sp1-x64", network_unsigned, NULL, AT_HAND, NO_WISH,
     DECISION_REPAIR, TRI_YES, NULL, INVENTORY_DEVICE_PROBLEM},
    {"a driver waits for a restart", "win7sp1-x64", network_waits, NULL, AT_HAND, NO_WISH,
     DECISION_KEEP, TRI_YES, NULL, NULL},
    {"one driver is of another release", "win7sp1-x64", network_older, NULL, AT_HAND, NO_WISH,
     DECISION_REPAIR, TRI_YES, NULL, INVENTORY_MIXED_VERSIONS},
    {"a device has no driver", "win7sp1-x64", network_unbound, NULL, AT_HAND, NO_WISH,
     DECISION_REPAIR, TRI_YES, NULL, INVENTORY_NOT_BOUND},
    {"a device has no driver yet", "win7sp1-x64", network_unbound_before_restart, NULL, AT_HAND,
     NO_WISH, DECISION_KEEP, TRI_YES, NULL, NULL},
    {"staged, and nothing bound", "win7sp1-x64", staged_only, NULL, AT_HAND, NO_WISH,
     DECISION_REPAIR, TRI_YES, NULL, INVENTORY_NO_PLATFORM_DRIVER},
    /* what the journal knows not to be whole, and the facts do not show */
    {"known to be broken", "win7sp1-x64", univention_373, NULL, AT_HAND, BROKEN, DECISION_REPAIR,
     TRI_YES, NULL, NULL},
    {"known to be broken, and no package at hand", "win7sp1-x64", univention_373, NULL, NOT_AT_HAND,
     BROKEN, DECISION_REPAIR, TRI_NO, "at hand", NULL},
    {"known to be broken, and a newer one at hand", "win7sp1-x64", univention_356, NULL, AT_HAND,
     BROKEN, DECISION_UPGRADE, TRI_YES, NULL, NULL},
    {"known to be broken, and an older one asked for", "win7sp1-x64", univention_373,
     "univention-gplpv-0.11.0.356", AT_HAND, BROKEN, DECISION_DOWNGRADE, TRI_NO,
     "--allow-downgrade", NULL},
    {"broken, and gone altogether", "win7sp1-x64", NULL, NULL, AT_HAND, BROKEN, DECISION_INSTALL,
     TRI_YES, NULL, NULL},
    /* revisions */
    {"children of 8.2 under a bus of 9.1", "win10-22h2-x64", old_children, ACCEPTED, AT_HAND,
     NO_WISH, DECISION_DOWNGRADE, TRI_NO, "--allow-downgrade", INVENTORY_REVISION_SKEW},
    {"the same, without a source", "win10-22h2-x64", old_children, NULL, AT_HAND, NO_WISH,
     DECISION_REPAIR, TRI_NO, "--accept xsn-1", INVENTORY_REVISION_SKEW},
    {"children of 9.1 under a bus of 8.2", "win10-22h2-x64", new_children, ACCEPTED, AT_HAND,
     NO_WISH, DECISION_REPAIR, TRI_YES, NULL, INVENTORY_REVISION_SKEW},
    {"children that fit are only not bound", "win10-22h2-x64", fitting_children, ACCEPTED, AT_HAND,
     NO_WISH, DECISION_REPAIR, TRI_YES, NULL, INVENTORY_NOT_BOUND},
    {"children of 8.2 that a staged 9.1 will not take", "win10-22h2-x64",
     old_children_before_restart, ACCEPTED, AT_HAND, NO_WISH, DECISION_DOWNGRADE, TRI_NO,
     "--allow-downgrade", INVENTORY_REVISION_SKEW},
    {"children that the staged bus will take", "win10-22h2-x64", fitting_children_before_restart,
     ACCEPTED, AT_HAND, NO_WISH, DECISION_KEEP, TRI_YES, NULL, NULL},
    {"an older bus that is staged beside the bound one", "win10-22h2-x64", an_older_bus_staged,
     ACCEPTED, AT_HAND, NO_WISH, DECISION_DOWNGRADE, TRI_NO, "--allow-downgrade", NULL},
    {"under a ghost nothing is amiss", "win10-22h2-x64", skew_under_a_ghost, ACCEPTED, AT_HAND,
     NO_WISH, DECISION_DOWNGRADE, TRI_NO, "--allow-downgrade", NULL},
};

static void set_with(struct select_options *o, char *words)
{
    for (char *word = strtok(words, ","); word; word = strtok(NULL, ",")) {
        if (o->source)
            texts_add(&o->accept, word);
        else
            o->source = word;
    }
}

static struct world *decided(const struct row *row)
{
    struct world *w = mem_zero(1, sizeof *w);
    struct err e = {0};
    struct select_options o = {.replace = row->wish == REPLACE,
                               .have = row->hand == NOT_AT_HAND ? nothing_at_hand : NULL};
    const struct decision_options wish = {.allow_downgrade = row->wish == DOWNGRADE,
                                          .replace = row->wish == REPLACE,
                                          .broken = row->wish == BROKEN};
    char *words = mem_strdup(row->with ? row->with : "");
    if (!assume_facts(row->windows, &w->facts, &e) || !manifest_embedded(&w->manifest, &e))
        fail_msg("%s: %s", row->sentence, e.text);
    if (row->has)
        row->has(&w->facts);
    set_with(&o, words);
    select_source(&w->facts, &w->manifest, &o, &w->choice);
    decide(&w->facts, &w->manifest, &w->choice, &wish, &w->decision);
    texts_release(&o.accept);
    mem_free(words);
    return w;
}

static void world_free(struct world *w)
{
    decision_release(&w->decision);
    choice_release(&w->choice);
    facts_release(&w->facts);
    manifest_release_all(&w->manifest);
    mem_free(w);
}

static bool has_fault(const struct decision *d, const char *code)
{
    for (size_t i = 0; i < d->faults.count; i++)
        if (strcmp(d->faults.at[i].code, code) == 0)
            return true;
    return false;
}

static void check_row(const struct row *row)
{
    struct world *w = decided(row);
    const struct decision *d = &w->decision;
    CHECK_TEXT(row->sentence, decision_name(d->word), decision_name(row->word));
    CHECK(row->sentence, d->allowed == row->allowed);
    CHECK(row->sentence, d->sentence && *d->sentence);
    CHECK(row->sentence, !d->needs == !row->needs);
    if (row->needs)
        CHECK_HAS(row->sentence, d->needs, row->needs);
    CHECK(row->sentence, row->fault ? has_fault(d, row->fault) : d->faults.count == 0);
    CHECK(row->sentence, d->restart_first == w->facts.restart_pending);
    world_free(w);
}

static void each_guest_gets_its_word(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check_row(&rows[i]);
}

/* A skew names which child cannot bind under which parent, and both revisions. */
static void a_skew_names_child_and_parent(void **state)
{
    (void)state;
    const struct row row = {"skew",  "win10-22h2-x64", old_children, NULL, AT_HAND,
                            NO_WISH, DECISION_REPAIR,  TRI_NO,       NULL, NULL};
    struct world *w = decided(&row);
    assert_int_equal(w->decision.faults.count, 1);
    const struct inventory_fault *f = &w->decision.faults.at[0];
    assert_string_equal(f->child, "xenvif.inf 8.2.2.5");
    assert_string_equal(f->parent, "xenbus 9.1.0.0");
    CHECK_HAS("what the child binds", f->sentence, "REV_0800000B");
    CHECK_HAS("what the parent offers", f->sentence, "REV_0900000B");
    world_free(w);
}

/* No driver binds it yet: that is not the fault of another device's driver. */
static void another_devices_revision_is_no_skew(void **state)
{
    (void)state;
    const struct row row = {"no skew",
                            "win10-22h2-x64",
                            skew_of_another_device,
                            NULL,
                            AT_HAND,
                            NO_WISH,
                            DECISION_REPAIR,
                            TRI_NO,
                            NULL,
                            NULL};
    struct world *w = decided(&row);
    assert_false(has_fault(&w->decision, INVENTORY_REVISION_SKEW));
    world_free(w);
}

static void what_it_rests_on_is_told_once(void **state)
{
    (void)state;
    const struct row row = {"evidence", "win7sp1-x64", univention_373, NULL, AT_HAND,
                            NO_WISH,    DECISION_KEEP, TRI_YES,        NULL, NULL};
    struct world *w = decided(&row);
    assert_int_equal(w->decision.evidence.count, 6);
    for (size_t i = 0; i < w->decision.evidence.count; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(w->decision.evidence.at[i], w->decision.evidence.at[k]);
    assert_string_equal(w->decision.installed, "univention-gplpv");
    assert_string_equal(w->decision.from, "0.11.0.373");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_guest_gets_its_word),
        cmocka_unit_test(a_skew_names_child_and_parent),
        cmocka_unit_test(another_devices_revision_is_no_skew),
        cmocka_unit_test(what_it_rests_on_is_told_once),
    };
    return cmocka_run_group_tests_name("decision", tests, NULL, NULL);
}
