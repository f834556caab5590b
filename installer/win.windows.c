#include "installer/win.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"

#include <cfgmgr32.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    KEY_NAME_MAX = 256, /* characters of a registry key's name, Windows' own limit is 255 */
    QUERY_TRIES = 8,    /* a value may grow while it is read */
    WORDS_MAX = 512,
    EXPANDED_MAX = 32768, /* characters; Windows' own limit of an environment string */
};

/* --- run-time binding ------------------------------------------------------------------------- */

/* The full path keeps Windows from looking anywhere else, and the flag does the same for what the
 * DLL itself needs: its own folder, which is System32, comes before the program's. */
win_procedure win_bind(const wchar_t *library, const char *procedure)
{
    wchar_t path[MAX_PATH + 32];
    UINT units = GetSystemDirectoryW(path, MAX_PATH);
    if (!units || units >= MAX_PATH || wcslen(library) > 30)
        return NULL;
    path[units] = L'\\';
    wcscpy(path + units + 1, library);
    HMODULE module = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    return module ? (win_procedure)GetProcAddress(module, procedure) : NULL;
}

bool win_is_wow64(void)
{
#ifdef _WIN64
    return false;
#else
    typedef BOOL(WINAPI * is_wow64)(HANDLE, BOOL *);
    is_wow64 ask = (is_wow64)win_bind(L"kernel32.dll", "IsWow64Process");
    BOOL yes = FALSE;
    return ask && ask(GetCurrentProcess(), &yes) && yes;
#endif
}

enum tri win_is_elevated(void)
{
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    const DWORD domain = SECURITY_BUILTIN_DOMAIN_RID, group = DOMAIN_ALIAS_RID_ADMINS;
    PSID administrators = NULL;
    BOOL member = FALSE;
    if (!AllocateAndInitializeSid(&nt, 2, domain, group, 0, 0, 0, 0, 0, 0, &administrators))
        return TRI_UNKNOWN;
    BOOL asked = CheckTokenMembership(NULL, administrators, &member);
    FreeSid(administrators);
    if (!asked)
        return TRI_UNKNOWN;
    return member ? TRI_YES : TRI_NO;
}

char *win_windows_folder(void)
{
    wchar_t path[MAX_PATH + 1];
    UINT units = GetSystemWindowsDirectoryW(path, MAX_PATH);
    if (!units || units > MAX_PATH)
        return mem_strdup("C:\\Windows");
    while (units && path[units - 1] == L'\\')
        path[--units] = L'\0';
    return utf8_from(path);
}

static bool folder_is_there(const char *path)
{
    wchar_t *wide = utf16_from(path);
    DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    mem_free(wide);
    return attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
}

char *win_native_path(const char *path, bool *blind)
{
    char *windows = win_windows_folder();
    char *system = file_join(windows, "System32");
    char *native = file_join(windows, "Sysnative");
    size_t size = strlen(system);
    struct text t = {0};
    bool below = win_is_wow64() && text_starts_nocase(path, system) &&
                 (!path[size] || path[size] == '\\' || path[size] == '/');
    bool reachable = below && folder_is_there(native);
    if (blind)
        *blind = below && !reachable;
    text_add(&t, reachable ? native : "");
    text_add(&t, reachable ? path + size : path);
    mem_free(windows);
    mem_free(system);
    mem_free(native);
    return text_steal(&t);
}

char *win_expand(const char *text)
{
    wchar_t *wide = utf16_from(text);
    char *expanded = NULL;
    DWORD units = wide ? ExpandEnvironmentStringsW(wide, NULL, 0) : 0;
    if (units && units <= EXPANDED_MAX) {
        /* Windows 2000 is said to ask for one character too few. */
        wchar_t *room = mem_zero((size_t)units + 2, sizeof *room);
        DWORD got = ExpandEnvironmentStringsW(wide, room, units + 1);
        if (got && got <= units + 1)
            expanded = utf8_from(room);
        mem_free(room);
    }
    mem_free(wide);
    return expanded ? expanded : mem_strdup(text);
}

/* --- errors ----------------------------------------------------------------------------------- */

struct words {
    DWORD code;
    const char *text;
};

/* SetupAPI's own codes, which FormatMessage knows on no Windows, and the ones people meet most. */
static const struct words known_words[] = {
    {ERROR_FILE_NOT_FOUND, "not found"},
    {ERROR_PATH_NOT_FOUND, "its folder was not found"},
    {ERROR_ACCESS_DENIED, "access denied"},
    {ERROR_SHARING_VIOLATION, "in use by another program"},
    {ERROR_DISK_FULL, "the disk is full"},
    {ERROR_BAD_EXE_FORMAT, "not a program for this Windows"},
    {ERROR_SERVICE_DOES_NOT_EXIST, "there is no such service"},
    {ERROR_SERVICE_MARKED_FOR_DELETE, "the service is to be deleted at the next restart"},
    {ERROR_PRIVILEGE_NOT_HELD, "administrator rights are needed"},
    {577, "Windows cannot verify the digital signature"}, /* ERROR_INVALID_IMAGE_HASH */
    {0xe0000203, "the device has no driver"},
    {0xe000020b, "there is no such device"},
    {0xe000022f, "the INF names no catalog"},
    {0xe0000235, "a 32-bit program cannot install drivers on a 64-bit Windows"},
    {0xe000023f, "the package is not signed with Authenticode"},
    {0xe0000240, "the publisher is disallowed"},
    {0xe0000241, "signed by a trusted publisher, not by Microsoft"},
    {0xe0000242, "the publisher is not trusted yet"},
    {0xe0000243, "the publisher is not trusted"},
    {0xe0000244, "the signature is not for this Windows"},
    {0xe0000246, "the device must be restarted or removed first"},
    {0xe0000247, "the driver store is full or damaged"},
    {0xe000024b, "the hash is not in the catalog"},
    {0x800b0100, "there is no signature"},
    {0x800b0109, "the root certificate is not trusted"},
    {0x80096010, "the digest does not match: the file was changed"},
};

/* SetupAPI's codes come as 0xE0000xxx from GetLastError and as 0x800F0xxx inside an HRESULT. */
static DWORD plain_code(DWORD code)
{
    if ((code & 0xffff0000) == 0x80070000)
        return code & 0xffff;
    if ((code & 0xffff0000) == 0x800f0000)
        return 0xe0000000 | (code & 0xffff);
    return code;
}

static const char *system_words(DWORD code)
{
    static char words[WORDS_MAX];
    wchar_t wide[WORDS_MAX];
    const DWORD how =
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK;
    DWORD units = FormatMessageW(how, NULL, code, MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US),
                                 wide, WORDS_MAX, NULL);
    while (units && (wide[units - 1] <= L' ' || wide[units - 1] == L'.'))
        units--;
    char *utf8 = utf8_from_sized(wide, units);
    snprintf(words, sizeof words, "%s", text_is_utf8(span_text(utf8)) ? utf8 : "");
    mem_free(utf8);
    return words;
}

const char *win_words(DWORD code)
{
    DWORD plain = plain_code(code);
    for (size_t i = 0; i < sizeof known_words / sizeof *known_words; i++)
        if (known_words[i].code == plain)
            return known_words[i].text;
    return system_words(plain);
}

bool win_fail(struct err *e, DWORD code, const char *format, ...)
{
    char doing[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(doing, sizeof doing, format, args);
    va_end(args);
    const char *words = win_words(code);
    return err_set_os(e, code, "%s%s%s", doing, *words ? ": " : "", words);
}

/* --- handles ---------------------------------------------------------------------------------- */

void win_handle_close(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
    *handle = INVALID_HANDLE_VALUE;
}

void win_service_close(SC_HANDLE *handle)
{
    if (*handle)
        CloseServiceHandle(*handle);
    *handle = NULL;
}

void win_key_close(HKEY *key)
{
    if (*key)
        RegCloseKey(*key);
    *key = NULL;
}

/* --- services -----------------------------------------------------------------------------------
 */

SC_HANDLE win_service_manager(DWORD *code)
{
    static SC_HANDLE manager;
    if (!manager)
        manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    *code = manager ? ERROR_SUCCESS : GetLastError();
    return manager;
}

/* --- registry --------------------------------------------------------------------------------- */

static DWORD open_view(HKEY root, const char *path, REGSAM rights, HKEY *key)
{
    wchar_t *wide = utf16_from(path);
    HKEY opened = NULL;
    DWORD code =
        wide ? (DWORD)RegOpenKeyExW(root, wide, 0, rights, &opened) : ERROR_INVALID_PARAMETER;
    mem_free(wide);
    *key = code == ERROR_SUCCESS ? opened : NULL;
    return code;
}

DWORD win_key_open(HKEY root, const char *path, REGSAM rights, HKEY *key)
{
    /* Windows 2000 refuses the flag, and only a 32-bit program on a 64-bit Windows needs it. */
    return open_view(root, path, win_is_wow64() ? rights | KEY_WOW64_64KEY : rights, key);
}

DWORD win_key_open_32(HKEY root, const char *path, REGSAM rights, HKEY *key)
{
    *key = NULL;
#ifndef _WIN64
    if (!win_is_wow64())
        return ERROR_FILE_NOT_FOUND;
#endif
    return open_view(root, path, rights | KEY_WOW64_32KEY, key);
}

char *win_key_child(HKEY key, DWORD index)
{
    wchar_t name[KEY_NAME_MAX];
    DWORD units = KEY_NAME_MAX;
    if (index >= WIN_CHILDREN_MAX ||
        RegEnumKeyExW(key, index, name, &units, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
        return NULL;
    return utf8_from_sized(name, units);
}

DWORD win_key_bytes(HKEY key, const char *name, DWORD *type, struct bytes *out)
{
    wchar_t *wide = utf16_from(name);
    struct bytes value = {0};
    DWORD code = wide ? ERROR_MORE_DATA : ERROR_INVALID_PARAMETER;
    DWORD size = 0, found = REG_NONE;
    for (int i = 0; i < QUERY_TRIES && code == ERROR_MORE_DATA && size <= WIN_VALUE_MAX; i++) {
        value.at = mem_resize(value.at, size ? size : 1, 1);
        DWORD room = size;
        code = (DWORD)RegQueryValueExW(key, wide, NULL, &found, value.at, &room);
        value.size = room <= size ? room : 0;
        /* Values of HKEY_PERFORMANCE_DATA do not tell their size: ask for more each time. */
        size = room > size ? room : size * 2 + 1;
    }
    mem_free(wide);
    if (code != ERROR_SUCCESS) {
        bytes_release(&value);
        return code;
    }
    if (type)
        *type = found;
    *out = value;
    return ERROR_SUCCESS;
}

static bool is_text(DWORD type)
{
    return type == REG_SZ || type == REG_EXPAND_SZ;
}

char *win_value_text(DWORD type, struct span value)
{
    struct text t = {0};
    if (!is_text(type) && type != REG_MULTI_SZ)
        return NULL;
    text_add_utf16le(&t, value);
    return text_steal(&t);
}

char *win_key_text(HKEY key, const char *name)
{
    struct bytes value = {0};
    DWORD type = REG_NONE;
    if (win_key_bytes(key, name, &type, &value) != ERROR_SUCCESS)
        return NULL;
    char *text = win_value_text(type, bytes_span(&value));
    bytes_release(&value);
    return text;
}

struct number win_key_number(HKEY key, const char *name)
{
    struct bytes value = {0};
    struct number number = {0};
    DWORD type = REG_NONE;
    uint64_t sum = 0;
    if (win_key_bytes(key, name, &type, &value) != ERROR_SUCCESS)
        return number;
    bool fits = (type == REG_DWORD && value.size == 4) || (type == REG_QWORD && value.size == 8) ||
                (type == REG_BINARY && value.size >= 1 && value.size <= 8);
    for (size_t i = value.size; fits && i--;)
        sum = sum << 8 | value.at[i];
    bytes_release(&value);
    return fits && sum <= INT64_MAX ? number_of(sum) : number;
}

/* Cut the first string off *left into text; false at the end of the list. */
static bool next_string(struct span *left, struct text *out)
{
    struct span string;
    size_t size = 0;
    uint16_t unit = 0;
    while (span_u16(*left, size, &unit) && unit)
        size += 2;
    if (!size || !span_take(left, size, &string))
        return false;
    text_add_utf16le(out, string);
    *left = span_from(*left, 2);
    return true;
}

bool win_value_texts(DWORD type, struct span value, struct texts *out)
{
    size_t most = type == REG_MULTI_SZ ? WIN_TEXTS_MAX : 1;
    if (!is_text(type) && type != REG_MULTI_SZ)
        return false;
    for (size_t i = 0; i < most; i++) {
        struct text t = {0};
        bool more = next_string(&value, &t);
        if (more)
            texts_add(out, text_str(&t));
        text_release(&t);
        if (!more)
            break;
    }
    return true;
}

bool win_key_texts(HKEY key, const char *name, struct texts *out)
{
    struct bytes value = {0};
    DWORD type = REG_NONE;
    if (win_key_bytes(key, name, &type, &value) != ERROR_SUCCESS)
        return false;
    bool fits = win_value_texts(type, bytes_span(&value), out);
    bytes_release(&value);
    return fits;
}

char *win_machine_text(const char *path, const char *name)
{
    HKEY key = NULL;
    char *value = NULL;
    if (win_key_open(HKEY_LOCAL_MACHINE, path, KEY_QUERY_VALUE, &key) == ERROR_SUCCESS)
        value = win_key_text(key, name);
    win_key_close(&key);
    return value;
}

struct number win_machine_number(const char *path, const char *name)
{
    HKEY key = NULL;
    struct number value = {0};
    if (win_key_open(HKEY_LOCAL_MACHINE, path, KEY_QUERY_VALUE, &key) == ERROR_SUCCESS)
        value = win_key_number(key, name);
    win_key_close(&key);
    return value;
}

enum tri win_machine_has_key(const char *path)
{
    HKEY key = NULL;
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, path, KEY_QUERY_VALUE, &key);
    win_key_close(&key);
    if (code == ERROR_SUCCESS)
        return TRI_YES;
    return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ? TRI_NO : TRI_UNKNOWN;
}

/* RegDeleteTree is Vista's. */
static DWORD delete_below(HKEY parent, const wchar_t *name, unsigned depth)
{
    enum { DEPTH_MAX = 32 };
    HKEY key = NULL;
    wchar_t child[256];
    LONG code = RegOpenKeyExW(parent, name, 0, KEY_ENUMERATE_SUB_KEYS | DELETE, &key);
    if (code == ERROR_FILE_NOT_FOUND)
        return ERROR_SUCCESS;
    while (code == ERROR_SUCCESS) {
        DWORD size = sizeof child / sizeof *child;
        code = RegEnumKeyExW(key, 0, child, &size, NULL, NULL, NULL, NULL);
        if (code == ERROR_SUCCESS)
            code = depth < DEPTH_MAX ? (LONG)delete_below(key, child, depth + 1) : ERROR_MORE_DATA;
    }
    win_key_close(&key);
    return code == ERROR_NO_MORE_ITEMS ? (DWORD)RegDeleteKeyW(parent, name) : (DWORD)code;
}

DWORD win_key_delete(HKEY parent, const char *name)
{
    wchar_t *wide = *name ? utf16_from(name) : NULL;
    DWORD code = wide ? delete_below(parent, wide, 0) : ERROR_INVALID_NAME;
    mem_free(wide);
    return code;
}

/* --- files and device nodes ------------------------------------------------------------------- */

/* version.dll is no KnownDLL: linked statically, it would be looked for beside us first. */
struct version_calls {
    DWORD(WINAPI *size)(const wchar_t *, DWORD *);
    BOOL(WINAPI *read)(const wchar_t *, DWORD, DWORD, void *);
    BOOL(WINAPI *query)(const void *, const wchar_t *, void **, UINT *);
};

static bool bind_version(struct version_calls *c)
{
    win_procedure size = win_bind(L"version.dll", "GetFileVersionInfoSizeW");
    win_procedure read = win_bind(L"version.dll", "GetFileVersionInfoW");
    win_procedure query = win_bind(L"version.dll", "VerQueryValueW");
    c->size = (DWORD(WINAPI *)(const wchar_t *, DWORD *))size;
    c->read = (BOOL(WINAPI *)(const wchar_t *, DWORD, DWORD, void *))read;
    c->query = (BOOL(WINAPI *)(const void *, const wchar_t *, void **, UINT *))query;
    return size && read && query;
}

static char *fixed_version(const struct version_calls *calls, const void *block)
{
    enum { FIXED_SIGNATURE = (int)0xfeef04bd };
    void *at = NULL;
    UINT size = 0;
    struct text t = {0};
    if (!calls->query(block, L"\\", &at, &size) || size < sizeof(VS_FIXEDFILEINFO))
        return NULL;
    const VS_FIXEDFILEINFO *fixed = at;
    if (fixed->dwSignature != (DWORD)FIXED_SIGNATURE)
        return NULL;
    text_addf(&t, "%u.%u.%u.%u", HIWORD(fixed->dwFileVersionMS), LOWORD(fixed->dwFileVersionMS),
              HIWORD(fixed->dwFileVersionLS), LOWORD(fixed->dwFileVersionLS));
    return text_steal(&t);
}

char *win_file_version(const char *path)
{
    struct version_calls calls;
    char *version = NULL;
    DWORD ignored = 0;
    bool blind = false;
    char *native = win_native_path(path, &blind);
    wchar_t *wide = blind ? NULL : utf16_path(native);
    mem_free(native);
    DWORD size = wide && bind_version(&calls) ? calls.size(wide, &ignored) : 0;
    if (size && size <= WIN_VALUE_MAX) {
        void *block = mem_zero(size, 1);
        if (calls.read(wide, 0, size, block))
            version = fixed_version(&calls, block);
        mem_free(block);
    }
    mem_free(wide);
    return version;
}

enum tri win_file_exists(const char *path)
{
    bool blind = false;
    char *native = win_native_path(path, &blind);
    enum file_kind kind = blind ? FILE_KIND_UNKNOWN : file_kind(native);
    mem_free(native);
    switch (kind) {
    case FILE_KIND_UNKNOWN: return TRI_UNKNOWN;
    case FILE_ABSENT:
    case FILE_FOLDER: return TRI_NO;
    case FILE_REGULAR:
    case FILE_OTHER: return TRI_YES;
    }
    return TRI_UNKNOWN;
}

static enum tri is_present(CONFIGRET code)
{
    switch (code) {
    case CR_SUCCESS: return TRI_YES;
    case CR_NO_SUCH_DEVNODE: return TRI_NO;
    default: return TRI_UNKNOWN;
    }
}

void win_device_status(const char *instance, struct win_device_status *out)
{
    enum { UNTOUCHED = 0x5a5a5a5a };
    DEVINST node = 0;
    ULONG status = UNTOUCHED, problem = UNTOUCHED;
    wchar_t *wide = utf16_from(instance);
    memset(out, 0, sizeof *out);
    if (!wide)
        return;
    out->present = is_present(CM_Locate_DevNodeW(&node, wide, CM_LOCATE_DEVNODE_NORMAL));
    mem_free(wide);
    if (out->present != TRI_YES ||
        CM_Get_DevNode_Status(&status, &problem, node, 0) != CR_SUCCESS || status == UNTOUCHED)
        return;
    out->started = status & DN_STARTED ? TRI_YES : TRI_NO;
    if (!(status & DN_HAS_PROBLEM))
        out->problem = number_of(0);
    else if (problem != UNTOUCHED)
        out->problem = number_of(problem);
}
