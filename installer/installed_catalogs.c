#include "installer/installed_catalogs.h"

#include "base/mem.h"
#include "verifier/cat.h"
#include "verifier/name.h"
#include "verifier/pe.h"

void catalog_want_of(struct span file, unsigned kinds, struct catalog_want *out)
{
    struct findings none = {0};
    struct span hashed[PE_RANGES_MAX];
    struct pe pe;
    digest_spans(kinds, (struct digest_input){.spans = &file, .count = 1}, &out->flat);
    pe_parse(&pe, pe_source_span(&file), NULL, &none);
    size_t count = pe_hashed_spans(&pe, file, hashed);
    if (count)
        digest_spans(kinds, (struct digest_input){.spans = hashed, .count = count, .zeros = pe.pad},
                     &out->image);
    pe_release(&pe);
    findings_release(&none);
}

static bool all_found(const struct catalog_want *wants, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!wants[i].found)
            return false;
    return true;
}

void catalogs_look_in(const char *path, struct catalog_want *wants, size_t count)
{
    struct bytes file = {0};
    struct cat catalog = {0};
    struct findings none = {0};
    if (!file_read(path, CATALOGS_FILE_MAX, &file, NULL))
        return;
    cat_parse(&catalog, bytes_span(&file), NULL, &none);
    for (size_t i = 0; catalog.state == CAT_OK && i < count; i++)
        if (!wants[i].found &&
            (cat_find_any(&catalog, &wants[i].image) || cat_find_any(&catalog, &wants[i].flat)))
            wants[i].found = mem_strdup(path);
    cat_release(&catalog);
    findings_release(&none);
    bytes_release(&file);
}

void catalogs_search(const char *folder, struct catalog_want *wants, size_t count)
{
    struct file_list list = {0};
    if (all_found(wants, count) || !file_list(folder, &list, NULL))
        return;
    for (size_t i = 0; i < list.count && i < CATALOGS_FILES_MAX && !all_found(wants, count); i++) {
        if (list.at[i].kind != FILE_REGULAR || !name_has_extension(list.at[i].name, ".cat"))
            continue;
        char *path = file_join(folder, list.at[i].name);
        catalogs_look_in(path, wants, count);
        mem_free(path);
    }
    file_list_release(&list);
}
