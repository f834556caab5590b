#include "installer/report_html_evidence.h"

#include "base/mem.h"
#include "installer/html.h"

#include <string.h>

enum { FACTS_SHOWN_MAX = 1 << 20 }; /* bytes of facts that a page takes along */

static const char *tri_words(enum tri value)
{
    return value == TRI_YES ? "yes" : value == TRI_NO ? "no" : "not known";
}

static void add_list(struct text *t, const struct texts *list)
{
    for (size_t i = 0; i < list->count; i++) {
        text_add(t, i ? "<br>" : "");
        html_add(t, list->at[i]);
    }
}

static void add_platform(struct text *t, const struct facts_platform *p)
{
    html_begin_details(t, "Platform");
    text_add(t, "<dl>\n");
    html_pair(t, "CPUID signature", p->signature);
    html_pair_number(t, "Xen's leaf", &p->xen_leaf);
    html_pair_number(t, "Xen major", &p->xen_major);
    html_pair_number(t, "Xen minor", &p->xen_minor);
    html_pair_number(t, "Domain", &p->domain_id);
    html_pair(t, "Viridian", tri_words(p->viridian));
    html_pair(t, "BIOS", p->bios_vendor);
    html_pair(t, "BIOS version", p->bios_version);
    html_pair(t, "Manufacturer", p->system_manufacturer);
    html_pair(t, "Product", p->system_product);
    html_pair(t, "Product version", p->system_version);
    html_pair(t, "UUID", p->system_uuid);
    for (size_t i = 0; i < p->oem_strings.count; i++)
        html_pair(t, "OEM string", p->oem_strings.at[i]);
    html_pair(t, "ACPI", p->acpi_oem);
    text_add(t, "</dl>\n");
    html_end_details(t);
}

static void add_windows(struct text *t, const struct facts *f)
{
    const struct facts_integrity *i = &f->integrity;
    html_begin_details(t, "Windows and what it lets load");
    text_add(t, "<dl>\n");
    html_pair(t, "Product", f->windows.product_name);
    html_pair(t, "Start options", f->windows.start_options);
    html_pair(t, "Safe mode", tri_words(f->windows.safe_mode));
    html_pair(t, "Seen as administrator", tri_words(f->windows.elevated));
    html_pair(t, "Test signing", tri_words(i->test_signing));
    html_pair(t, "Integrity checks off", tri_words(i->disabled));
    html_pair(t, "Secure Boot", tri_words(i->secure_boot));
    html_pair(t, "UEFI", tri_words(i->uefi));
    html_pair(t, "Memory integrity (HVCI)", tri_words(i->hvci));
    html_pair(t, "Understands SHA-2 drivers", tri_words(i->sha2));
    html_pair(t, "Waits for a restart", tri_words(f->restart_pending));
    for (size_t k = 0; k < f->restart_reasons.count; k++)
        html_pair(t, "because of", f->restart_reasons.at[k]);
    if (f->run_at_work)
        html_pair(t, "A run was at work", f->run_at_work);
    text_add(t, "</dl>\n");
    html_end_details(t);
}

/* Each group of facts, and how far it could be read. */
static void add_readings(struct text *t, const struct facts *f)
{
    const struct {
        const char *name;
        enum reading reading;
    } groups[] = {
        {"Platform", f->platform.reading},      {"Windows", f->windows.reading},
        {"Integrity", f->integrity.reading},    {"Devices", f->devices_reading},
        {"Services", f->services_reading},      {"Packages", f->packages_reading},
        {"Products", f->products_reading},      {"Filters", f->filters_reading},
        {"Network", f->networks_reading},       {"Disks", f->disks_reading},
        {"Registry values", f->values_reading}, {"Driver files", f->files_reading},
        {"Signers", f->signers_reading},        {"Event logs", f->events_reading},
        {"SetupAPI's logs", f->logs_reading},   {"Waiting restart", f->restart_reading},
    };
    html_begin_details(t, "How far this Windows could be read");
    text_add(t, "<dl>\n");
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        html_pair(t, groups[i].name, facts_reading_names[groups[i].reading]);
    text_add(t, "</dl>\n");
    html_end_details(t);
}

static void add_device(struct text *t, const struct facts_device *d)
{
    text_add(t, "<tr><td class=\"id\">");
    html_add(t, d->instance);
    text_add(t, d->present == TRI_NO ? " (not present)</td>" : "</td>");
    html_element(t, "td", d->description);
    html_element(t, "td", d->service ? d->service : "none");
    html_element(t, "td", d->driver_version);
    html_element(t, "td", d->provider);
    html_element(t, "td", d->inf);
    text_add(t, "<td>");
    if (d->problem.known)
        text_addf(t, "%llu", (unsigned long long)d->problem.value);
    else
        text_add(t, "not known");
    text_add(t, "</td></tr>\n");
}

static void add_devices(struct text *t, const struct facts *f)
{
    html_begin_details(t, "Devices");
    HTML_BEGIN_TABLE(t, f->devices.count, "Xen's devices, and those that PV drivers replace",
                     "Device", "Description", "Driver", "Version", "Provider", "INF", "Problem");
    for (size_t i = 0; i < f->devices.count && i < HTML_ROWS_MAX; i++)
        add_device(t, &f->devices.at[i]);
    html_end_table(t, f->devices.count);
    html_end_details(t);
}

static void add_service(struct text *t, const struct facts_service *s)
{
    static const char *const starts[] = {"boot", "system", "automatic", "on demand", "disabled"};
    text_add(t, "<tr>");
    html_element(t, "th scope=\"row\"", s->name);
    html_element(t, "td",
                 s->start.known && s->start.value < 5 ? starts[s->start.value] : "not known");
    html_element(t, "td", s->start_overridden == TRI_YES ? "yes" : "");
    html_element(t, "td", tri_words(s->running));
    html_element(t, "td class=\"id\"", s->image);
    html_element(t, "td", tri_words(s->image_exists));
    html_element(t, "td", s->file_version);
    text_add(t, "<td>");
    html_add(t, facts_signature_names[s->signature]);
    text_add(t, s->signer ? ", " : "");
    html_add(t, s->signer);
    text_add(t, "</td></tr>\n");
}

static void add_services(struct text *t, const struct facts *f)
{
    html_begin_details(t, "Services and drivers");
    HTML_BEGIN_TABLE(t, f->services.count, "Services of the driver families", "Name", "Start",
                     "Overridden", "Running", "File", "File exists", "Version", "Signature");
    for (size_t i = 0; i < f->services.count && i < HTML_ROWS_MAX; i++)
        add_service(t, &f->services.at[i]);
    html_end_table(t, f->services.count);
    html_end_details(t);
}

static void add_networks(struct text *t, const struct facts *f)
{
    html_begin_details(t, "Network adapters");
    HTML_BEGIN_TABLE(t, f->networks.count, "Emulated and PV adapters, and those with settings",
                     "MAC", "Connection", "Kind", "DHCP", "Addresses", "Gateways", "Name servers");
    for (size_t i = 0; i < f->networks.count && i < HTML_ROWS_MAX; i++) {
        const struct facts_network *n = &f->networks.at[i];
        const struct texts *const lists[] = {&n->addresses, &n->gateways, &n->name_servers};
        text_add(t, "<tr>");
        html_element(t, "th scope=\"row\"", n->mac ? n->mac : "not known");
        html_element(t, "td", n->connection ? n->connection : n->description);
        html_element(t, "td", facts_network_kind_names[n->kind]);
        html_element(t, "td", tri_words(n->dhcp));
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
            text_add(t, "<td>");
            add_list(t, lists[k]);
            text_add(t, "</td>");
        }
        text_add(t, "</tr>\n");
    }
    html_end_table(t, f->networks.count);
    html_end_details(t);
}

static void add_packages(struct text *t, const struct facts *f)
{
    html_begin_details(t, "Driver packages, products and filters");
    HTML_BEGIN_TABLE(t, f->packages.count, "INFs that bind Xen devices", "INF", "Original name",
                     "Provider", "Version");
    for (size_t i = 0; i < f->packages.count && i < HTML_ROWS_MAX; i++) {
        const struct facts_package *p = &f->packages.at[i];
        text_add(t, "<tr>");
        html_element(t, "th scope=\"row\"", p->inf);
        html_element(t, "td", p->original);
        html_element(t, "td", p->provider);
        html_element(t, "td", p->version);
        text_add(t, "</tr>\n");
    }
    html_end_table(t, f->packages.count);
    HTML_BEGIN_TABLE(t, f->products.count, "Installed products", "Name", "Version", "Publisher",
                     "Product code");
    for (size_t i = 0; i < f->products.count && i < HTML_ROWS_MAX; i++) {
        const struct facts_product *p = &f->products.at[i];
        text_add(t, "<tr>");
        html_element(t, "th scope=\"row\"", p->name);
        html_element(t, "td", p->version);
        html_element(t, "td", p->publisher);
        html_element(t, "td", p->product_code);
        text_add(t, "</tr>\n");
    }
    html_end_table(t, f->products.count);
    HTML_BEGIN_TABLE(t, f->filters.count, "Class filters", "Class", "Position", "Services");
    for (size_t i = 0; i < f->filters.count && i < HTML_ROWS_MAX; i++) {
        const struct facts_filter *p = &f->filters.at[i];
        text_add(t, "<tr>");
        html_element(t, "th scope=\"row\"", p->class_guid);
        html_element(t, "td", p->position);
        text_add(t, "<td>");
        add_list(t, &p->services);
        text_add(t, "</td></tr>\n");
    }
    html_end_table(t, f->filters.count);
    html_end_details(t);
}

static void add_disks(struct text *t, const struct facts *f)
{
    html_begin_details(t, "Disks");
    HTML_BEGIN_TABLE(t, f->disks.count, "Disks, and the devices that lead to them", "Disk",
                     "Description", "Path", "Windows is on it", "Through");
    for (size_t i = 0; i < f->disks.count && i < HTML_ROWS_MAX; i++) {
        const struct facts_disk *d = &f->disks.at[i];
        text_add(t, "<tr><td class=\"id\">");
        html_add(t, d->instance);
        text_add(t, "</td>");
        html_element(t, "td", d->description);
        html_element(t, "td", facts_disk_path_names[d->path]);
        html_element(t, "td", tri_words(d->system));
        text_add(t, "<td>");
        for (size_t k = 0; k < d->parents.count; k++) {
            text_add(t, k ? ", " : "");
            html_add(t, d->parents.at[k].service ? d->parents.at[k].service
                                                 : d->parents.at[k].instance);
        }
        text_add(t, "</td></tr>\n");
    }
    html_end_table(t, f->disks.count);
    html_end_details(t);
}

static void add_value(struct text *t, const struct facts_value *v)
{
    text_add(t, "<tr><td class=\"id\">");
    html_add(t, v->key);
    text_add(t, "</td>");
    html_element(t, "td", v->name ? v->name : "(the key)");
    text_add(t, "<td>");
    if (v->exists == TRI_NO)
        text_add(t, "not there");
    else if (v->number.known)
        text_addf(t, "%llu", (unsigned long long)v->number.value);
    else if (v->texts.count)
        add_list(t, &v->texts);
    else
        text_add(t, v->exists == TRI_YES ? "there" : "not known");
    text_add(t, "</td></tr>\n");
}

static void add_values_and_files(struct text *t, const struct facts *f)
{
    html_begin_details(t, "Registry values and files of the drivers");
    HTML_BEGIN_TABLE(t, f->values.count, "Registry values that switch the drivers", "Key", "Value",
                     "Content");
    for (size_t i = 0; i < f->values.count && i < HTML_ROWS_MAX; i++)
        add_value(t, &f->values.at[i]);
    html_end_table(t, f->values.count);
    HTML_BEGIN_TABLE(t, f->files.count, "Files of the drivers", "File", "Version");
    for (size_t i = 0; i < f->files.count && i < HTML_ROWS_MAX; i++) {
        text_add(t, "<tr>");
        html_element(t, "td class=\"id\"", f->files.at[i].path);
        html_element(t, "td", f->files.at[i].version);
        text_add(t, "</tr>\n");
    }
    html_end_table(t, f->files.count);
    html_end_details(t);
}

static void add_event(struct text *t, const struct facts_event *e)
{
    static const char *const levels[] = {"", "critical", "error", "warning", "information"};
    text_add(t, "<tr>");
    html_element(t, "td", e->time);
    html_element(t, "td", e->level.known && e->level.value < 5 ? levels[e->level.value] : "");
    html_element(t, "td", e->source ? e->source : e->log);
    text_add(t, "<td>");
    if (e->id.known)
        text_addf(t, "%llu", (unsigned long long)e->id.value);
    text_add(t, "</td><td>");
    add_list(t, &e->strings);
    text_add(t, "</td></tr>\n");
}

static void add_logs(struct text *t, const struct facts *f)
{
    html_begin_details(t, "Event logs and SetupAPI's logs");
    HTML_BEGIN_TABLE(t, f->events.count, "Entries of the event logs, the newest first",
                     "Time (UTC)", "Level", "Source", "Id", "Strings");
    for (size_t i = 0; i < f->events.count && i < HTML_ROWS_MAX; i++)
        add_event(t, &f->events.at[i]);
    html_end_table(t, f->events.count);
    HTML_BEGIN_TABLE(t, f->log_sections.count, "Sections of SetupAPI's logs, the newest first",
                     "Log", "Section", "Began", "Ended with", "Warnings and errors");
    for (size_t i = 0; i < f->log_sections.count && i < HTML_ROWS_MAX; i++) {
        const struct facts_log_section *s = &f->log_sections.at[i];
        text_add(t, "<tr>");
        html_element(t, "td", s->log);
        html_element(t, "td class=\"id\"", s->title);
        html_element(t, "td", s->started);
        html_element(t, "td", s->status);
        text_add(t, "<td>");
        add_list(t, &s->lines);
        text_add(t, "</td></tr>\n");
    }
    html_end_table(t, f->log_sections.count);
    html_end_details(t);
}

/* What xenpv itself takes back, so that the page alone is enough to look again. */
static void add_facts_text(struct text *t, const struct facts *f)
{
    char *json = facts_encode(f);
    text_add(t, "<div class=\"screen\">\n");
    html_begin_details(t, "All facts as JSON, for xenpv report --facts FILE");
    if (strlen(json) <= FACTS_SHOWN_MAX) {
        text_add(t, "<pre>");
        html_add_lines(t, json);
        text_add(t, "</pre>\n");
    } else {
        text_add(t, "<p>They are too many for a page: xenpv detect --json prints them.</p>\n");
    }
    html_end_details(t);
    text_add(t, "</div>\n");
    mem_free(json);
}

void report_html_add_evidence(struct text *t, const struct facts *f)
{
    text_add(t, "<section><h2>Evidence</h2>\n");
    add_platform(t, &f->platform);
    add_windows(t, f);
    add_devices(t, f);
    add_services(t, f);
    add_disks(t, f);
    add_networks(t, f);
    add_packages(t, f);
    add_values_and_files(t, f);
    add_logs(t, f);
    add_readings(t, f);
    add_facts_text(t, f);
    text_add(t, "</section>\n");
}
