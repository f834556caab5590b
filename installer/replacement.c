#include "installer/replacement.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/lint.h"
#include "verifier/detached.h"

#include <string.h>

static bool judge(const char *name, struct span content, struct span signature, struct span key,
                  struct replacement *out, struct err *e)
{
    if (!key.size) {
        out->why = "this program was built without a key to check its signature with";
        return true;
    }
    enum detached d = detached_check(content, signature, key);
    if (d != DETACHED_GOOD)
        return err_set(e, ERR_REFUSED, "the signature '%s' %s", name, detached_words(d));
    out->trust = REPLACEMENT_SIGNED;
    return true;
}

/* FILE.p7s, when it is there. One that cannot be read is not taken for absent. */
static bool check_signature(const char *path, struct span content, struct span key,
                            struct replacement *out, struct err *e)
{
    struct text name = {0};
    struct bytes signature = {0};
    text_addf(&name, "%s.p7s", path);
    bool ok;
    *out = (struct replacement){.why = "there is no signature beside it"};
    if (file_kind(text_str(&name)) == FILE_ABSENT)
        ok = true;
    else
        ok = file_read(text_str(&name), DETACHED_SIZE_MAX, &signature, e) &&
             judge(text_str(&name), content, bytes_span(&signature), key, out, e);
    if (!ok && e)
        e->kind = ERR_REFUSED;
    bytes_release(&signature);
    text_release(&name);
    return ok;
}

/* All that lint says of it that is no error goes to unknown. */
static bool check_sense(const char *path, struct span content, struct texts *unknown, struct err *e)
{
    const struct lint_file file = {path, content};
    struct lint l = {0};
    lint_manifest(&file, 1, &l);
    bool ok = !l.errors;
    if (!ok)
        lint_refuse(&file, &l, e);
    for (size_t i = 0; ok && i < l.count; i++)
        if (strcmp(l.at[i].code, "unknown-field") == 0) {
            char *line = lint_line(&file, &l.at[i]);
            texts_add(unknown, line);
            mem_free(line);
        }
    lint_release(&l);
    return ok;
}

bool replacement_read(const char *path, struct span key, struct manifest *m, struct texts *unknown,
                      struct replacement *out, struct err *e)
{
    struct bytes file = {0};
    struct replacement trust = {0};
    if (!file_read(path, LINT_SIZE_MAX, &file, e))
        return err_wrap(e, "the manifest");
    struct span content = bytes_span(&file);
    bool ok =
        check_signature(path, content, key, &trust, e) && check_sense(path, content, unknown, e);
    if (ok && !manifest_decode(path, content, m, NULL, e)) {
        ok = false;
        if (e && e->kind == ERR_FORMAT)
            e->kind = ERR_USAGE;
    }
    if (ok) {
        *out = trust;
        out->sha256 = digest_one(DIGEST_SHA256, content);
    }
    bytes_release(&file);
    return ok;
}

const char *replacement_trust_name(enum replacement_trust t)
{
    return t == REPLACEMENT_SIGNED ? "signed" : "unsigned";
}
