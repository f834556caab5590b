#include "base/mem.h"
#include "base/text.h"
#include "installer/detect.windows.h"
#include "installer/marks.h"
#include "installer/win.h"

#include <string.h>

#define UNINSTALL "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall"
#define UPGRADE_CODES "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\UpgradeCodes"

/* Characters of "{...}" and of Windows Installer's form of it. */
enum { GUID_SIZE = 38, PACKED_SIZE = 32 };

/* Where the characters of the packed form stand in "{xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}". */
static const unsigned char packed_order[PACKED_SIZE] = {
    8,  7,  6,  5,  4,  3,  2,  1,  13, 12, 11, 10, 18, 17, 16, 15,
    21, 20, 23, 22, 26, 25, 28, 27, 30, 29, 32, 31, 34, 33, 36, 35,
};

static bool is_guid(const char *text)
{
    return strlen(text) == GUID_SIZE && text[0] == '{' && text[GUID_SIZE - 1] == '}';
}

/* Windows Installer keeps "{xxxxxxxx-...}" with the characters of each part turned around. */
static void pack(const char *guid, char packed[PACKED_SIZE + 1])
{
    for (size_t i = 0; i < PACKED_SIZE; i++)
        packed[i] = guid[packed_order[i]];
    packed[PACKED_SIZE] = '\0';
}

static char *unpack(const char *packed)
{
    char guid[] = "{00000000-0000-0000-0000-000000000000}";
    if (strlen(packed) != PACKED_SIZE)
        return NULL;
    for (size_t i = 0; i < PACKED_SIZE; i++)
        guid[packed_order[i]] = packed[i];
    return mem_strdup(guid);
}

static bool has_value(HKEY key, const char *name)
{
    struct bytes value = {0};
    bool has = win_key_bytes(key, name, NULL, &value) == ERROR_SUCCESS;
    bytes_release(&value);
    return has;
}

/* UpgradeCodes\<packed upgrade code> has a value for each product of that line. */
static char *upgrade_code_of(const char *product)
{
    char packed[PACKED_SIZE + 1], *code = NULL;
    HKEY codes = NULL;
    if (!is_guid(product) ||
        win_key_open(HKEY_LOCAL_MACHINE, UPGRADE_CODES, KEY_READ, &codes) != ERROR_SUCCESS)
        return NULL;
    pack(product, packed);
    for (DWORD i = 0; !code; i++) {
        HKEY key = NULL;
        char *name = win_key_child(codes, i);
        if (!name)
            break;
        if (win_key_open(codes, name, KEY_QUERY_VALUE, &key) == ERROR_SUCCESS &&
            has_value(key, packed))
            code = unpack(name);
        win_key_close(&key);
        mem_free(name);
    }
    win_key_close(&codes);
    return code;
}

/* A product of another name whose upgrade code is known is ours too. Finding that code means to
 * read all of them, so it is done only where the name hints at it. */
static bool may_be_ours(const char *name)
{
    for (const char *c = name; c && *c; c++)
        if (text_starts_nocase(c, "xen") || text_starts_nocase(c, "pv ") ||
            text_starts_nocase(c, "citrix"))
            return true;
    return false;
}

static void look_at(HKEY key, const char *child, struct facts *f)
{
    struct facts_product p = {0};
    p.name = win_key_text(key, "DisplayName");
    p.publisher = win_key_text(key, "Publisher");
    bool ours = marks_product(p.name, p.publisher) || marks_product_code(child);
    if (ours || may_be_ours(p.name))
        p.upgrade_code = upgrade_code_of(child);
    if (ours || (p.upgrade_code && marks_product_code(p.upgrade_code))) {
        p.product_code = mem_strdup(child);
        p.version = win_key_text(key, "DisplayVersion");
        *(struct facts_product *)shape_list_add(&f->products, sizeof p) = p;
        return;
    }
    mem_free(p.name);
    mem_free(p.publisher);
    mem_free(p.upgrade_code);
}

static void read_products(HKEY uninstall, struct facts *f)
{
    for (DWORD i = 0;; i++) {
        HKEY key = NULL;
        char *child = win_key_child(uninstall, i);
        if (!child)
            return;
        if (f->products.count >= DETECT_PRODUCTS_MAX ||
            win_key_open(uninstall, child, KEY_READ, &key) != ERROR_SUCCESS)
            f->products_reading = READING_PARTIAL;
        else
            look_at(key, child, f);
        win_key_close(&key);
        mem_free(child);
    }
}

void detect_products(struct facts *f)
{
    HKEY native = NULL, other = NULL;
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, UNINSTALL, KEY_READ, &native);
    if (code == ERROR_SUCCESS) {
        f->products_reading = READING_FULL;
        read_products(native, f);
    } else if (code == ERROR_ACCESS_DENIED) {
        f->products_reading = READING_NEEDS_ELEVATION;
    }
    win_key_close(&native);
    if (win_key_open_32(HKEY_LOCAL_MACHINE, UNINSTALL, KEY_READ, &other) == ERROR_SUCCESS)
        read_products(other, f);
    win_key_close(&other);
}
