#include "installer/fleet_csv.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX = 48 };

void fleet_csv_field(struct text *t, const char *hostile)
{
    struct text safe = {0};
    if (!hostile)
        return;
    if (*hostile && strchr("=+-@", *hostile))
        text_add(&safe, "'");
    text_add_escaped(&safe, hostile);
    const char *field = text_str(&safe);
    bool quoted =
        strpbrk(field, ",\"") || (*field && (*field == ' ' || field[safe.size - 1] == ' '));
    text_add(t, quoted ? "\"" : "");
    for (const char *c = field; *c; c++)
        text_add_bytes(t, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    text_add(t, quoted ? "\"" : "");
    text_release(&safe);
}

/* A comma, and then the field. */
static void add(struct text *t, const char *hostile)
{
    text_add(t, ",");
    fleet_csv_field(t, hostile);
}

static void add_count(struct text *t, size_t count)
{
    text_addf(t, ",%zu", count);
}

static void add_xen(struct text *t, const struct fleet_guest *g)
{
    char version[NUMBER_MAX] = "";
    if (g->xen_major.known && g->xen_minor.known)
        snprintf(version, sizeof version, "%llu.%llu", (unsigned long long)g->xen_major.value,
                 (unsigned long long)g->xen_minor.value);
    add(t, version);
}

static void add_lists(struct text *t, const struct fleet_guest *g)
{
    struct text families = {0}, versions = {0}, codes = {0};
    for (size_t i = 0; i < g->families.count; i++) {
        text_addf(&families, "%s%s", i ? "; " : "", g->families.at[i].id);
        text_addf(&versions, "%s%s", i ? "; " : "",
                  g->families.at[i].version ? g->families.at[i].version : "unknown");
    }
    for (size_t i = 0; i < g->findings.count; i++)
        text_addf(&codes, "%s%s", i ? "; " : "", g->findings.at[i].code);
    add(t, text_str(&families));
    add(t, text_str(&versions));
    add_count(t, fleet_findings_of(g, "error"));
    add_count(t, fleet_findings_of(g, "warning"));
    add(t, text_str(&codes));
    text_release(&families);
    text_release(&versions);
    text_release(&codes);
}

static void add_guest(struct text *t, const struct fleet_guest *g)
{
    fleet_csv_field(t, g->name);
    add(t, g->status);
    add(t, g->windows);
    add_xen(t, g);
    add_lists(t, g);
    text_addf(t, ",%llu", (unsigned long long)g->exit_code.value);
    add(t, g->command);
    add(t, g->program);
    add(t, g->uuid);
    add(t, g->message);
    text_add(t, "\r\n");
}

void fleet_csv(const struct fleet *f, struct spool *out)
{
    spool_add(out, span_text("guest,status,windows,xen,families,versions,errors,warnings,findings,"
                             "exit_code,command,program,uuid,message\r\n"));
    for (size_t i = 0; i < f->guests.count; i++) {
        struct text row = {0};
        add_guest(&row, &f->guests.at[i]);
        spool_add(out, span_text(text_str(&row)));
        text_release(&row);
    }
}
