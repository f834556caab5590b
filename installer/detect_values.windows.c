#include "base/mem.h"
#include "base/text.h"
#include "installer/detect.windows.h"
#include "installer/marks.h"
#include "installer/win.h"

enum { TEXTS_MAX = 64 }; /* strings of one value that a report needs */

static bool is_absent(DWORD code)
{
    return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
}

/* A value of another type than the drivers write is there, and says nothing. */
static void take_content(HKEY key, DWORD type, struct span content, struct facts_value *v)
{
    if (!win_value_texts(type, content, &v->texts))
        v->number = win_key_number(key, v->name);
    while (v->texts.count > TEXTS_MAX)
        mem_free(v->texts.at[--v->texts.count]);
}

static DWORD read_named(HKEY key, struct facts_value *v)
{
    struct bytes content = {0};
    DWORD type = REG_NONE;
    DWORD code = win_key_bytes(key, v->name, &type, &content);
    if (code == ERROR_SUCCESS)
        take_content(key, type, bytes_span(&content), v);
    bytes_release(&content);
    return code;
}

static void read_value(const struct mark_value *mark, struct facts *f)
{
    struct facts_value *v = shape_list_add(&f->values, sizeof *v);
    struct text path = {0};
    HKEY key = NULL;
    text_addf(&path, "HKLM\\%s", mark->key);
    v->key = text_steal(&path);
    v->name = mark->name ? mem_strdup(mark->name) : NULL;
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, mark->key, KEY_QUERY_VALUE, &key);
    if (code == ERROR_SUCCESS && v->name)
        code = read_named(key, v);
    win_key_close(&key);
    v->exists = code == ERROR_SUCCESS || code == ERROR_MORE_DATA ? TRI_YES
                : is_absent(code)                                ? TRI_NO
                                                                 : TRI_UNKNOWN;
    if (code == ERROR_ACCESS_DENIED)
        f->values_reading = READING_NEEDS_ELEVATION;
    else if (v->exists == TRI_UNKNOWN && f->values_reading == READING_FULL)
        f->values_reading = READING_PARTIAL;
}

void detect_values(struct facts *f)
{
    f->values_reading = READING_FULL;
    for (size_t i = 0; marks_values[i].key; i++)
        read_value(&marks_values[i], f);
}
