/*
 * inf: whatever the bytes are, and for a target that the first two bytes choose,
 *   - every file that an install section copies out of the package is among the packaged files of that target, and those
 *     whose place is known are among the packaged files of any target, unless an answer says that it is truncated;
 *   - all text is UTF-8, and lines and fields are what they were counted as;
 *   - another language can be put in and taken out again;
 *   - strings, Include and Needs cost no more than their limits: libFuzzer's time and memory limits are part of it.
 */
#include "tests/fuzz/fuzz.h"
#include "base/text.h"
#include "verifier/inf.h"

enum { INSTALLS_MAX = 20 };

static bool among(const struct inf_files *all, const char *path)
{
    for (size_t i = 0; i < all->count; i++)
        if (text_equal_nocase(all->at[i].path, path))
            return true;
    return all->truncated;
}

static void check_install(const struct inf *inf, const struct target *target, const char *name,
                          const struct inf_files *packaged)
{
    struct inf_install install = {0};
    if (inf_install(inf, target, name, &install) && !install.truncated) {
        for (size_t i = 0; i < install.file_count; i++)
            if (install.files[i].origin == INF_SOURCE_PACKAGE)
                MUST(among(packaged, install.files[i].path), "a file that is copied is a packaged file");
        for (size_t i = 0; i < install.service_count; i++) {
            fuzz_text(install.services[i].name);
            fuzz_text(install.services[i].binary);
        }
        for (size_t i = 0; i < install.registry_count; i++)
            fuzz_text(install.registry[i].key);
    }
    inf_install_release(&install);
}

static void check_target(const struct inf *inf, const struct target *target)
{
    struct inf_files packaged = {0}, any = {0};
    struct inf_models models = {0};
    struct inf_names installs = {0};
    inf_packaged_files(inf, target, &packaged);
    inf_packaged_files(inf, NULL, &any);
    for (size_t i = 0; i < packaged.count; i++) {
        fuzz_text(packaged.at[i].path);
        if (packaged.at[i].origin == INF_SOURCE_PACKAGE)
            MUST(among(&any, packaged.at[i].path), "what one Windows needs, any Windows may need");
    }
    inf_models(inf, target, &models);
    for (size_t i = 0; i < models.count; i++)
        for (size_t k = 0; k < models.at[i].id_count; k++)
            fuzz_text(models.at[i].ids[k]);
    inf_models_installs(&models, &installs);
    for (size_t i = 0; i < installs.count && i < INSTALLS_MAX; i++)
        check_install(inf, target, installs.at[i], &packaged);
    inf_names_release(&installs);
    inf_models_release(&models);
    inf_files_release(&any);
    inf_files_release(&packaged);
}

static void check_lines(const struct inf *inf)
{
    for (size_t i = 0; i < inf->section_count; i++) {
        const struct inf_section *s = &inf->sections[i];
        fuzz_text(s->name);
        MUST(inf_section(inf, s->name), "a section is found by its name");
        for (size_t k = 0; k < s->count; k++) {
            MUST(s->lines[k].count >= 1, "a line has a field");
            fuzz_text(s->lines[k].key);
            for (size_t j = 0; j < s->lines[k].count; j++)
                fuzz_text(s->lines[k].fields[j]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of(data, size);
    size_t count;
    const struct target *targets = target_all(&count);
    const struct target *target = &targets[fuzz_take(&rest, (unsigned)count)];
    struct bytes file = fuzz_copy(rest);
    struct findings f = {0};
    struct err e = {0};
    struct inf inf = {.name = "fuzz.inf"};
    bool ok = inf_parse(bytes_span(&file), &inf, &f, &e);
    bytes_release(&file);
    fuzz_answer(ok, &e);
    if (ok) {
        check_lines(&inf);
        check_target(&inf, target);
        fuzz_text(inf_catalog(&inf, target));
        fuzz_text(inf_provider(&inf));
        if (inf_set_language(&inf, 0x0407, &e) && inf_set_language(&inf, INF_LANGUAGE_ENGLISH, &e))
            check_lines(&inf);
    }
    fuzz_findings(&f);
    inf_release(&inf);
    findings_release(&f);
    return 0;
}
