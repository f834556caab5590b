#include "base/mem.h"
#include "base/text.h"
#include "installer/detect.windows.h"
#include "installer/marks.h"
#include "installer/win.h"

#define CLASS_KEY "SYSTEM\\CurrentControlSet\\Control\\Class\\"

static void read_position(HKEY key, const char *class_guid, const char *position, struct facts *f)
{
    struct texts services = {0};
    struct bytes value = {0};
    DWORD type = REG_NONE;
    DWORD code = win_key_bytes(key, position, &type, &value);
    if (code == ERROR_FILE_NOT_FOUND)
        return;
    if ((code != ERROR_SUCCESS || !win_value_texts(type, bytes_span(&value), &services)) &&
        f->filters_reading == READING_FULL)
        f->filters_reading = READING_PARTIAL;
    bytes_release(&value);
    if (!services.count)
        return;
    struct facts_filter *filter = shape_list_add(&f->filters, sizeof *filter);
    filter->class_guid = mem_strdup(class_guid);
    filter->position = mem_strdup(position);
    filter->services = services;
}

void detect_filters(struct facts *f)
{
    f->filters_reading = READING_FULL;
    for (size_t i = 0; marks_filter_classes[i]; i++) {
        HKEY key = NULL;
        struct text path = {0};
        text_addf(&path, CLASS_KEY "%s", marks_filter_classes[i]);
        DWORD code = win_key_open(HKEY_LOCAL_MACHINE, text_str(&path), KEY_QUERY_VALUE, &key);
        text_release(&path);
        if (code == ERROR_SUCCESS) {
            read_position(key, marks_filter_classes[i], "UpperFilters", f);
            read_position(key, marks_filter_classes[i], "LowerFilters", f);
        } else if (code == ERROR_ACCESS_DENIED) {
            f->filters_reading = READING_NEEDS_ELEVATION;
        } else if (code != ERROR_FILE_NOT_FOUND && f->filters_reading == READING_FULL) {
            f->filters_reading = READING_PARTIAL;
        }
        win_key_close(&key);
    }
}
