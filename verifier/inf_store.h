/*
 * inf_store: what stands behind a struct inf; only for inf*.c.
 *
 * The decoded text is cut up in place: every token ends in a NUL where its separator was. Tokens
 * stay as they were read (raw), so that another language can be put in later; what the public
 * structs point to is raw, or a copy in `expanded` where a token has a percent sign.
 */
#ifndef XENPV_VERIFIER_INF_STORE_H
#define XENPV_VERIFIER_INF_STORE_H

#include "verifier/inf.h"

/* Text that lives until all of it goes: a list of blocks. Zeroed is empty. */
struct inf_texts {
    struct inf_texts *next; /* fuller blocks */
    size_t used, room;
    char at[];
};

enum { INF_SHOWN_TURNS = 4 };

/* A line as read: token [first] is the key or NULL, then count fields. */
struct inf_raw_line {
    uint32_t first, count, number;
};

struct inf_header {
    char *name;
    uint32_t number;
    uint32_t first_line; /* first raw line below it */
};

struct inf_store {
    char *text; /* decoded UTF-8, cut up */
    char **raw; /* tokens; keys may be NULL */
    size_t raw_count, raw_room;
    const char **tokens; /* the same with strings put in */
    struct inf_raw_line *raw_lines;
    size_t line_count, line_room;
    struct inf_header *headers;
    size_t header_count, header_room;

    struct inf_section *sections; /* what inf.sections points to */
    size_t section_count;
    struct inf_line *lines; /* grouped by section, in file order within */
    uint32_t *line_raw;     /* the raw line of each of lines */
    uint32_t *by_key; /* indices into lines, each section's sorted by key; keyless lines first */
    struct inf_texts *expanded;
    size_t expanded_size;
};

/* Findings about one INF, capped. */
struct inf_report {
    const struct inf *inf;
    struct findings *findings; /* may be NULL: nobody listens */
    size_t count;
    char shown[INF_SHOWN_TURNS][96];
    size_t turn;
};

void inf_report(struct inf_report *r, enum finding_severity severity, const char *code,
                size_t number, const char *format, ...) ERR_PRINTF(5, 6);

/* Up to about 80 bytes of text made safe, in r's rotating buffers; good for one inf_report call. */
const char *inf_shown(struct inf_report *r, const char *text);

/* Decode and cut up; fills store->text, raw, raw_lines, headers and inf->encoding. */
bool inf_read(struct span file, struct inf *inf, struct inf_report *r, struct err *e);

/* Everything about an INF that its own text shows to be wrong: references, models, services, files.
 */
void inf_check(struct inf_report *r);

/* Copy size bytes and a NUL; the copy lives with *texts. */
const char *inf_texts_add(struct inf_texts **texts, const char *bytes, size_t size);
void inf_texts_free(struct inf_texts *texts);

/* A stable sort of count indices, worst case O(n log n) whatever the input: qsort promises nothing.
 */
void inf_sort(uint32_t *indices, size_t count,
              int (*compare)(const void *context, uint32_t a, uint32_t b), const void *context);

void inf_names_add(struct inf_names *names, const char *name);

/* Keep the first of each name, without case. */
void inf_names_unique(struct inf_names *names);
bool inf_names_have(const struct inf_names *names, const char *name);

/* A number, or 0 where there is none. */
uint32_t inf_number_or_0(const char *text);

/* The section base + suffix of inf, or NULL. */
const struct inf_section *inf_section_of(const struct inf *inf, const char *base,
                                         const char *suffix);

/* name.nt<arch>, name.nt or name, whichever comes first. */
const struct inf_section *inf_section_for_arch(const struct inf *inf, const char *name,
                                               enum target_arch arch);

/* A decoration taken apart. Zeroed is the undecorated section. */
struct inf_decoration {
    bool decorated;
    enum target_arch arch; /* unknown: none named */
    uint32_t major, minor, build, product, suite;
    bool has_build, has_product, has_suite;
};

/* False when no Windows would take it as a decoration. */
bool inf_decoration_parse(const char *text, struct inf_decoration *out);

/* The models section that a line of [Manufacturer] names with decoration ("" for none), or NULL. */
const struct inf_section *inf_models_section(const struct inf *inf, const struct inf_line *line,
                                             const char *decoration);

/*
 * The install sections of all models that target has, or, for target NULL, that any Windows on arch
 * may have; each once. Adds to *out.
 */
void inf_installs(const struct inf *inf, const struct target *target, enum target_arch arch,
                  struct inf_names *out);

/* All models of section, which may be NULL, added to *out. */
void inf_models_of_section(const struct inf_section *section, const char *manufacturer,
                           struct inf_models *out);

void inf_driver_ver_parse(const struct inf_line *line, struct inf_driver_ver *out);

/*
 * One walk over install sections, for inf_install and inf_packaged_files. Zeroed but for what
 * stands above infs is a new one; sections of files that were walked are not walked again, so that
 * one job over many install sections is linear.
 */
enum { INF_INCLUDES_MAX = 32, INF_STEPS_MAX = 1 << 22 };

struct inf_job {
    const struct inf *inf;
    const struct target *target; /* NULL: any */
    enum target_arch arch;
    struct inf_install *out;
    bool once; /* over many install sections: each service and interface once, and no registry
                  values */
    const struct inf *infs[INF_INCLUDES_MAX + 1]; /* the INF itself and those it includes */
    uint8_t *marks[INF_INCLUDES_MAX + 1];         /* a byte for each section of each */
    size_t inf_count;
    size_t steps; /* lines looked at */
};

void inf_job_begin(struct inf_job *job);

/*
 * Walk the install section name as the job's processor sees it, with all that goes with it; false
 * when there is none.
 */
bool inf_job_install(struct inf_job *job, const char *name);

/* Walk section of the INF itself as an interface's install section. */
void inf_job_interface(struct inf_job *job, const char *section, const char *owner);

/*
 * Walk all that may be installed: these install sections, ClassInstall32, InterfaceInstall32,
 * DefaultInstall.
 */
void inf_job_all(struct inf_job *job, const struct inf_names *installs);
void inf_job_end(struct inf_job *job);

#endif
