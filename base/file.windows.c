#include "base/file.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"

#include <aclapi.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { LARGEST_IO = 1 << 28 };

static bool failed(struct err *e, const char *doing, const char *path, DWORD code)
{
    struct text name = {0};
    text_add_escaped(&name, path);
    err_set_os(e, code, "cannot %s '%s'", doing, text_str(&name));
    text_release(&name);
    return false;
}

static bool bad_name(struct err *e, const char *path)
{
    struct text name = {0};
    text_add_escaped(&name, path);
    err_set(e, ERR_USAGE, "'%s' is not a file name", text_str(&name));
    text_release(&name);
    return false;
}

static enum file_kind kind_of_attributes(DWORD attributes)
{
    if (attributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DEVICE))
        return FILE_OTHER;
    return attributes & FILE_ATTRIBUTE_DIRECTORY ? FILE_FOLDER : FILE_REGULAR;
}

enum file_kind file_kind(const char *path)
{
    wchar_t *wide = utf16_path(path);
    if (!wide)
        return FILE_KIND_UNKNOWN;
    DWORD attributes = GetFileAttributesW(wide);
    DWORD code = GetLastError();
    mem_free(wide);
    if (attributes != INVALID_FILE_ATTRIBUTES)
        return kind_of_attributes(attributes);
    switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_NETPATH:
    case ERROR_NOT_READY: return FILE_ABSENT;
    default: return FILE_KIND_UNKNOWN;
    }
}

struct open_how {
    DWORD access, share, disposition, flags;
};

static HANDLE open_file(const char *path, const struct open_how *how, const char *doing,
                        struct err *e)
{
    wchar_t *wide = utf16_path(path);
    if (!wide) {
        bad_name(e, path);
        return INVALID_HANDLE_VALUE;
    }
    HANDLE file =
        CreateFileW(wide, how->access, how->share, NULL, how->disposition, how->flags, NULL);
    DWORD code = GetLastError();
    mem_free(wide);
    if (file == INVALID_HANDLE_VALUE)
        failed(e, doing, path, code);
    return file;
}

static bool read_all(HANDLE file, const char *path, struct bytes *out, struct err *e)
{
    size_t got = 0;
    while (got < out->size) {
        DWORD n = 0, ask = out->size - got < LARGEST_IO ? (DWORD)(out->size - got) : LARGEST_IO;
        if (!ReadFile(file, out->at + got, ask, &n, NULL))
            return failed(e, "read", path, GetLastError());
        if (!n)
            return err_set(e, ERR_FAILED, "'%s' became shorter while it was read", path);
        got += n;
    }
    return true;
}

bool file_read(const char *path, uint64_t limit, struct bytes *out, struct err *e)
{
    static const struct open_how reading = {GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE,
                                            OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN};
    struct bytes content = {0};
    bool ok = false;
    HANDLE file = open_file(path, &reading, "open", e);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    DWORD high = 0;
    DWORD low = GetFileSize(file, &high);
    uint64_t size = (uint64_t)high << 32 | low;
    if (GetFileType(file) != FILE_TYPE_DISK) {
        err_set(e, ERR_FAILED, "'%s' is not a file", path);
    } else if (size > limit || size > SIZE_MAX / 2) {
        err_set(e, ERR_LIMIT, "'%s' has %llu bytes; at most %llu are read", path,
                (unsigned long long)size, (unsigned long long)limit);
    } else {
        content.size = (size_t)size;
        content.at = mem_resize(NULL, content.size, 1);
        ok = read_all(file, path, &content, e);
    }
    CloseHandle(file);
    if (ok)
        *out = content;
    else
        bytes_release(&content);
    return ok;
}

static bool open_sharing(const char *path, DWORD share, struct file_opened *out, struct err *e)
{
    const struct open_how reading = {GENERIC_READ, share, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN};
    HANDLE file = open_file(path, &reading, "open", e);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    DWORD high = 0;
    DWORD low = GetFileSize(file, &high);
    if (GetFileType(file) != FILE_TYPE_DISK) {
        CloseHandle(file);
        return err_set(e, ERR_FAILED, "'%s' is not a file", path);
    }
    out->handle = file;
    out->size = (uint64_t)high << 32 | low;
    return true;
}

bool file_open(const char *path, struct file_opened *out, struct err *e)
{
    return open_sharing(path, FILE_SHARE_READ | FILE_SHARE_DELETE, out, e);
}

bool file_open_shared(const char *path, struct file_opened *out, struct err *e)
{
    return open_sharing(path, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, out, e);
}

/* An offset makes a read of a synchronous handle independent of its position, on every NT. */
bool file_part(const struct file_opened *f, uint64_t offset, void *buffer, size_t size,
               struct err *e)
{
    char *at = buffer;
    while (size) {
        DWORD n = 0, ask = size < LARGEST_IO ? (DWORD)size : LARGEST_IO;
        OVERLAPPED from = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
        if (!ReadFile(f->handle, at, ask, &n, &from) && GetLastError() != ERROR_HANDLE_EOF)
            return err_set_os(e, GetLastError(), "cannot read");
        if (!n)
            return err_set(e, ERR_FAILED, "the file became shorter while it was read");
        at += n;
        offset += n;
        size -= n;
    }
    return true;
}

/* Not on Windows: there a folder may be on the network, and a server that goes away would end the
 * program while it looks at the view. The caller reads instead. */
bool file_map(const struct file_opened *f, struct span *out, struct err *e)
{
    (void)f;
    (void)out;
    return err_set(e, ERR_FAILED, "files are not seen as memory on Windows");
}

void file_unmap(struct span *map)
{
    *map = (struct span){0};
}

/* Named by process and by counting up, since GetTempFileName leaves a file behind that others can
 * open. */
bool file_open_scratch(struct file_opened *out, struct err *e)
{
    enum { TRIES = 1000 };
    static const struct open_how scratch = {GENERIC_READ | GENERIC_WRITE, 0, CREATE_NEW,
                                            FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE};
    char *folder = file_temp_folder();
    struct err why = {0};
    HANDLE file = INVALID_HANDLE_VALUE;
    for (unsigned i = 0; i < TRIES && file == INVALID_HANDLE_VALUE; i++) {
        struct text name = {0};
        err_clear(&why);
        text_addf(&name, "xenpv-%lu-%u.tmp", (unsigned long)GetCurrentProcessId(), i);
        char *path = file_join(folder, text_str(&name));
        file = open_file(path, &scratch, "create", &why);
        mem_free(path);
        text_release(&name);
        if (why.code != ERROR_FILE_EXISTS && why.code != ERROR_SHARING_VIOLATION &&
            why.code != ERROR_ACCESS_DENIED)
            break;
    }
    mem_free(folder);
    if (file == INVALID_HANDLE_VALUE)
        return err_set_os(e, why.code, "cannot create a temporary file");
    out->handle = file;
    out->size = 0;
    return true;
}

bool file_open_output(const char *path, struct file_opened *out, struct err *e)
{
    static const struct open_how writing = {GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ,
                                            CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL};
    HANDLE file = open_file(path, &writing, "create", e);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    out->handle = file;
    out->size = 0;
    return true;
}

bool file_open_end(const char *path, struct file_opened *out, struct err *e)
{
    static const struct open_how adding = {GENERIC_WRITE, FILE_SHARE_READ, OPEN_ALWAYS,
                                           FILE_ATTRIBUTE_NORMAL};
    HANDLE file = open_file(path, &adding, "open", e);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    DWORD high = 0;
    DWORD low = GetFileSize(file, &high);
    out->handle = file;
    out->size = (uint64_t)high << 32 | low;
    return true;
}

static bool write_all(HANDLE file, struct span content);

/* Reads with an offset move the position, so it is set anew. */
static bool write_at(struct file_opened *f, uint64_t offset, struct span bytes, struct err *e)
{
    LONG high = (LONG)(offset >> 32);
    DWORD low = SetFilePointer(f->handle, (LONG)(DWORD)offset, &high, FILE_BEGIN);
    bool moved = low != INVALID_SET_FILE_POINTER || GetLastError() == NO_ERROR;
    return (moved && write_all(f->handle, bytes)) || err_set_os(e, GetLastError(), "cannot write");
}

bool file_add(struct file_opened *f, struct span bytes, struct err *e)
{
    if (!write_at(f, f->size, bytes, e))
        return false;
    f->size += bytes.size;
    return true;
}

bool file_put(struct file_opened *f, uint64_t offset, struct span bytes, struct err *e)
{
    if (offset > f->size || bytes.size > f->size - offset)
        return err_set(e, ERR_FAILED, "cannot write over the end of a file");
    return write_at(f, offset, bytes, e);
}

bool file_close(struct file_opened *f, struct err *e)
{
    bool ok = !f->handle || CloseHandle(f->handle);
    if (!ok)
        err_set_os(e, GetLastError(), "cannot write");
    memset(f, 0, sizeof *f);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file_entry *)a)->name, ((const struct file_entry *)b)->name);
}

static void add_entry(struct file_list *l, const WIN32_FIND_DATAW *found)
{
    if (wcscmp(found->cFileName, L".") == 0 || wcscmp(found->cFileName, L"..") == 0)
        return;
    l->at = mem_grow(l->at, l->count, &l->room, sizeof *l->at);
    l->at[l->count++] = (struct file_entry){
        .name = utf8_from(found->cFileName),
        .size = (uint64_t)found->nFileSizeHigh << 32 | found->nFileSizeLow,
        .kind = kind_of_attributes(found->dwFileAttributes),
    };
}

bool file_list(const char *folder, struct file_list *out, struct err *e)
{
    struct file_list l = {0};
    WIN32_FIND_DATAW found;
    char *pattern = file_join(folder, "*");
    wchar_t *wide = utf16_path(pattern);
    mem_free(pattern);
    if (!wide)
        return bad_name(e, folder);
    HANDLE search = FindFirstFileW(wide, &found);
    DWORD code = GetLastError();
    mem_free(wide);
    if (search == INVALID_HANDLE_VALUE)
        return failed(e, "list", folder, code);
    do {
        add_entry(&l, &found);
    } while (l.count < FILE_LIST_MAX && FindNextFileW(search, &found));
    code = GetLastError();
    FindClose(search);
    if (code != ERROR_NO_MORE_FILES) {
        bool too_many = l.count >= FILE_LIST_MAX;
        file_list_release(&l);
        return too_many
                   ? err_set(e, ERR_LIMIT, "'%s' holds more than %d names", folder, FILE_LIST_MAX)
                   : failed(e, "list", folder, code);
    }
    if (l.count)
        qsort(l.at, l.count, sizeof *l.at, by_name);
    *out = l;
    return true;
}

static bool write_all(HANDLE file, struct span content)
{
    while (content.size) {
        DWORD n = 0;
        if (!WriteFile(file, content.at,
                       content.size < LARGEST_IO ? (DWORD)content.size : LARGEST_IO, &n, NULL))
            return false;
        content = span_from(content, n);
    }
    return true;
}

static bool write_file(const char *path, struct span content, struct err *e)
{
    static const struct open_how writing = {GENERIC_WRITE, 0, CREATE_ALWAYS,
                                            FILE_ATTRIBUTE_NORMAL | FILE_FLAG_WRITE_THROUGH};
    HANDLE file = open_file(path, &writing, "create", e);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    bool ok = write_all(file, content) && FlushFileBuffers(file);
    DWORD code = GetLastError();
    CloseHandle(file);
    if (ok)
        return true;
    failed(e, "write", path, code);
    file_remove(path, NULL);
    return false;
}

/*
 * Virus scanners and indexers hold what is new for a moment, and Windows closes what a process that
 * was ended had open a moment later. Nothing tells when that is over: so it is asked a few times.
 */
static bool is_in_the_way(DWORD code, unsigned *tries)
{
    enum { TRIES_MAX = 40, PAUSE_MS = 50 };
    if (code != ERROR_SHARING_VIOLATION || ++*tries > TRIES_MAX)
        return false;
    Sleep(PAUSE_MS);
    return true;
}

/* flags: MOVEFILE_REPLACE_EXISTING, MOVEFILE_WRITE_THROUGH, both or none */
static DWORD move(const wchar_t *from, const wchar_t *to, DWORD flags)
{
    DWORD code;
    unsigned tries = 0;
    do {
        code = MoveFileExW(from, to, flags) ? ERROR_SUCCESS : GetLastError();
    } while (is_in_the_way(code, &tries));
    return code;
}

/* Written beside its name, which it gets once it is whole. */
static bool write_and_name(const char *path, struct span content, DWORD over, struct err *e)
{
    struct text beside = {0};
    text_addf(&beside, "%s.new", path);
    bool ok = write_file(text_str(&beside), content, e);
    wchar_t *from = utf16_path(text_str(&beside)), *to = utf16_path(path);
    DWORD code = ok ? move(from, to, over | MOVEFILE_WRITE_THROUGH) : ERROR_SUCCESS;
    if (code != ERROR_SUCCESS) {
        ok = failed(e, over ? "replace" : "create", path, code);
        DeleteFileW(from);
    }
    mem_free(from);
    mem_free(to);
    text_release(&beside);
    return ok;
}

bool file_create(const char *path, struct span content, struct err *e)
{
    enum file_kind kind = file_kind(path);
    if (kind != FILE_ABSENT && kind != FILE_KIND_UNKNOWN)
        return failed(e, "create", path, ERROR_FILE_EXISTS);
    return write_and_name(path, content, 0, e);
}

bool file_replace(const char *path, struct span content, struct err *e)
{
    return write_and_name(path, content, MOVEFILE_REPLACE_EXISTING, e);
}

/* FlushFileBuffers wants a handle that may write. */
static bool flush(const char *path, struct err *e)
{
    static const struct open_how writing = {GENERIC_WRITE, FILE_SHARE_READ, OPEN_EXISTING,
                                            FILE_ATTRIBUTE_NORMAL};
    HANDLE file = open_file(path, &writing, "open", e);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    DWORD code = FlushFileBuffers(file) ? ERROR_SUCCESS : GetLastError();
    CloseHandle(file);
    return code == ERROR_SUCCESS || failed(e, "write", path, code);
}

static bool rename_to(const char *from, const char *to, DWORD flags, struct err *e)
{
    wchar_t *old = utf16_path(from), *new = utf16_path(to);
    DWORD code = move(old, new, MOVEFILE_REPLACE_EXISTING | flags);
    mem_free(old);
    mem_free(new);
    return code == ERROR_SUCCESS || failed(e, "replace", to, code);
}

bool file_rename(const char *from, const char *to, struct err *e)
{
    return rename_to(from, to, 0, e);
}

bool file_move(const char *from, const char *to, struct err *e)
{
    return flush(from, e) && rename_to(from, to, MOVEFILE_WRITE_THROUGH, e);
}

static bool make_one(const char *path, SECURITY_ATTRIBUTES *security, struct err *e)
{
    wchar_t *wide = utf16_path(path);
    if (!wide)
        return bad_name(e, path);
    bool ok = CreateDirectoryW(wide, security);
    DWORD code = GetLastError();
    mem_free(wide);
    return ok || (code == ERROR_ALREADY_EXISTS && file_kind(path) == FILE_FOLDER) ||
           failed(e, "make folder", path, code);
}

bool file_make_folder(const char *path, struct err *e)
{
    char *parents = mem_strdup(path);
    bool ok = true;
    for (char *c = parents; ok && *c; c++) {
        if ((*c != '/' && *c != '\\') || c == parents || c[-1] == ':' || c[-1] == '/' ||
            c[-1] == '\\')
            continue;
        char slash = *c;
        *c = '\0';
        if (file_kind(parents) == FILE_ABSENT)
            ok = make_one(parents, NULL, e);
        *c = slash;
    }
    mem_free(parents);
    return ok && make_one(path, NULL, e);
}

static PSID well_known(DWORD first, DWORD second, unsigned char count)
{
    SID_IDENTIFIER_AUTHORITY nt = {SECURITY_NT_AUTHORITY};
    PSID sid = NULL;
    return AllocateAndInitializeSid(&nt, count, first, second, 0, 0, 0, 0, 0, 0, &sid) ? sid : NULL;
}

/* Two access entries, for BUILTIN\Administrators and SYSTEM, inherited by all that is made inside.
 */
static ACL *private_acl(void *room, DWORD size, PSID administrators, PSID system)
{
    ACL *acl = room;
    const DWORD inherit = OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE;
    if (InitializeAcl(acl, size, ACL_REVISION) &&
        AddAccessAllowedAceEx(acl, ACL_REVISION, inherit, FILE_ALL_ACCESS, administrators) &&
        AddAccessAllowedAceEx(acl, ACL_REVISION, inherit, FILE_ALL_ACCESS, system))
        return acl;
    return NULL;
}

/* Is this the person who runs us? */
static bool is_me(PSID sid)
{
    union {
        TOKEN_USER user;
        BYTE room[256];
    } me;
    HANDLE token;
    DWORD size;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool same = GetTokenInformation(token, TokenUser, &me, sizeof me, &size) &&
                EqualSid(sid, me.user.User.Sid);
    CloseHandle(token);
    return same;
}

/*
 * Is the owner an administrator, SYSTEM, or the one who runs us? Before Vista an administrator's
 * files belong to the person. A folder that somebody else prepared for us is a trap.
 */
static bool owned_by_us(const wchar_t *path, PSID administrators, PSID system)
{
    PSID owner = NULL;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD code = GetNamedSecurityInfoW((wchar_t *)path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION,
                                       &owner, NULL, NULL, NULL, &descriptor);
    if (code != ERROR_SUCCESS)
        return false;
    bool ours = EqualSid(owner, administrators) || EqualSid(owner, system) || is_me(owner);
    LocalFree(descriptor);
    return ours;
}

static bool make_private(const wchar_t *wide, const char *path, PSID administrators, PSID system,
                         struct err *e)
{
    union {
        ACL acl;
        BYTE room[256];
    } storage;
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_ATTRIBUTES security = {sizeof security, &descriptor, FALSE};
    ACL *acl = private_acl(&storage, sizeof storage, administrators, system);
    if (!acl || !InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorDacl(&descriptor, TRUE, acl, FALSE) ||
        !SetSecurityDescriptorControl(&descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED))
        return failed(e, "protect", path, GetLastError());
    if (CreateDirectoryW(wide, &security))
        return true;
    DWORD code = GetLastError();
    if (code != ERROR_ALREADY_EXISTS)
        return failed(e, "make folder", path, code);
    if (file_kind(path) != FILE_FOLDER || !owned_by_us(wide, administrators, system))
        return err_set(e, ERR_ACCESS, "'%s' is not a folder of an administrator", path);
    code = SetNamedSecurityInfoW((wchar_t *)wide, SE_FILE_OBJECT,
                                 DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                                 NULL, NULL, acl, NULL);
    return code == ERROR_SUCCESS || failed(e, "protect", path, code);
}

bool file_make_private_folder(const char *path, struct err *e)
{
    wchar_t *wide = utf16_path(path);
    if (!wide)
        return bad_name(e, path);
    PSID administrators = well_known(SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 2);
    PSID system = well_known(SECURITY_LOCAL_SYSTEM_RID, 0, 1);
    bool ok = administrators && system ? make_private(wide, path, administrators, system, e)
                                       : failed(e, "protect", path, GetLastError());
    if (administrators)
        FreeSid(administrators);
    if (system)
        FreeSid(system);
    mem_free(wide);
    return ok;
}

bool file_remove(const char *path, struct err *e)
{
    wchar_t *wide = utf16_path(path);
    if (!wide)
        return bad_name(e, path);
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_READONLY)
        SetFileAttributesW(wide, attributes & ~(DWORD)FILE_ATTRIBUTE_READONLY);
    bool folder = attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY;
    DWORD code;
    unsigned tries = 0;
    do {
        bool ok = folder ? RemoveDirectoryW(wide) : DeleteFileW(wide);
        code = ok ? ERROR_SUCCESS : GetLastError();
    } while (is_in_the_way(code, &tries));
    mem_free(wide);
    return code == ERROR_SUCCESS || code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
           failed(e, "remove", path, code);
}

static bool hold(const char *path, const struct open_how *how, struct file_hold *out, struct err *e)
{
    HANDLE file = open_file(path, how, "open", e);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    out->handle = file;
    return true;
}

bool file_hold(const char *path, struct file_hold *out, struct err *e)
{
    static const struct open_how holding = {GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING,
                                            FILE_ATTRIBUTE_NORMAL};
    return hold(path, &holding, out, e);
}

static bool try_lock(const char *path, struct file_hold *out, struct err *e)
{
    static const struct open_how locking = {GENERIC_READ | GENERIC_WRITE | DELETE, 0, OPEN_ALWAYS,
                                            FILE_ATTRIBUTE_NORMAL | FILE_FLAG_DELETE_ON_CLOSE};
    struct err inner = {0};
    if (hold(path, &locking, out, &inner))
        return true;
    if (inner.code == ERROR_SHARING_VIOLATION)
        return err_set(e, ERR_BUSY, "'%s' is in use by another process", path);
    if (e && e->kind == ERR_NONE)
        *e = inner;
    return false;
}

/* Tells when names come and go in the folder of path. */
static HANDLE watch_folder(const char *path, struct err *e)
{
    char *folder = mem_strndup(path, (size_t)(file_name(path) - path));
    wchar_t *wide = utf16_path(*folder ? folder : ".");
    HANDLE watch = wide ? FindFirstChangeNotificationW(wide, FALSE, FILE_NOTIFY_CHANGE_FILE_NAME)
                        : INVALID_HANDLE_VALUE;
    DWORD code = GetLastError();
    if (watch == INVALID_HANDLE_VALUE)
        failed(e, "watch", folder, code);
    mem_free(wide);
    mem_free(folder);
    return watch;
}

/*
 * The lock is the file, which goes when it is let go of: what is waited for is a change of names in
 * its folder. On its way out it cannot be opened at all, which is access denied; one more change is
 * then to come.
 */
static bool wait_for_lock(const char *path, HANDLE watch, DWORD limit_ms, struct file_hold *out,
                          struct err *e)
{
    DWORD begun = GetTickCount();
    for (;;) {
        struct err why = {0};
        if (try_lock(path, out, &why))
            return true;
        DWORD spent = GetTickCount() - begun;
        bool taken = why.kind == ERR_BUSY || why.code == ERROR_ACCESS_DENIED;
        if (!taken || spent >= limit_ms ||
            WaitForSingleObject(watch, limit_ms - spent) != WAIT_OBJECT_0) {
            *e = why;
            return false;
        }
        if (!FindNextChangeNotification(watch))
            return failed(e, "watch the folder of", path, GetLastError());
    }
}

bool file_lock(const char *path, unsigned limit_ms, struct file_hold *out, struct err *e)
{
    struct err why = {0};
    bool ok = try_lock(path, out, &why);
    if (!ok && why.kind == ERR_BUSY && limit_ms) {
        why = (struct err){0};
        HANDLE watch = watch_folder(path, &why);
        if (watch != INVALID_HANDLE_VALUE) {
            ok = wait_for_lock(path, watch, limit_ms, out, &why);
            FindCloseChangeNotification(watch);
        }
    }
    if (!ok && e && e->kind == ERR_NONE)
        *e = why;
    return ok;
}

void file_hold_release(struct file_hold *h)
{
    if (h && h->handle) {
        CloseHandle(h->handle);
        h->handle = NULL;
    }
}

char *file_temp_folder(void)
{
    wchar_t wide[MAX_PATH + 2];
    DWORD units = GetTempPathW(MAX_PATH + 1, wide);
    if (!units || units > MAX_PATH)
        return mem_strdup("C:\\Windows\\Temp");
    while (units && wide[units - 1] == L'\\')
        wide[--units] = L'\0';
    return utf8_from(wide);
}
