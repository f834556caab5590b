/*
 * win: what every Windows file of the installer needs from Windows, in one place.
 *
 * Run-time binding of calls that our oldest Windows (2000) lacks, and of DLLs that Windows would
 * else look for beside the program; registry reading that believes nothing about types and lengths
 * and sees the view of the machine's own programs; handles that are closed once; the last error in
 * words. All text is UTF-8 and paths are the machine's own (System32 means the native one). win
 * decides nothing and changes nothing but what a caller hands to it.
 *
 * Only *.windows.c includes it. Link with -lsetupapi -ladvapi32; every other DLL is bound.
 */
#ifndef XENPV_INSTALLER_WIN_H
#define XENPV_INSTALLER_WIN_H

#include "base/err.h"
#include "base/file.h"
#include "base/span.h"
#include "drivers-manifest/shape.h"

#include <windows.h>

/* --- run-time binding ------------------------------------------------------------------------- */

typedef void (*win_procedure)(void);

/*
 * A procedure of a DLL of System32 (never of another folder), or NULL when this Windows has none.
 * The DLL stays loaded. The caller casts: `(BOOL(WINAPI *)(...))win_bind(L"newdev.dll",
 * "DiInstallDriverW")`. Beware of Wine: a stub is not NULL, and some abort when they are called
 * (SetupDiChangeState, CM_Uninstall_DevNode, SetupVerifyInfFile).
 */
win_procedure win_bind(const wchar_t *library, const char *procedure);

/* Is this a 32-bit program on a 64-bit Windows? */
bool win_is_wow64(void);

/*
 * Is the administrators' group enabled in our token? With User Account Control on, it is there but
 * not enabled until the program is elevated.
 */
enum tri win_is_elevated(void);

/*
 * The machine's absolute path as this process has to write it: below System32 a 32-bit program on a
 * 64-bit Windows goes through Sysnative, else the path itself. mem_free. Before Vista there is no
 * Sysnative: files of System32 are then out of such a program's sight, and *blind (may be NULL) is
 * set.
 */
char *win_native_path(const char *path, bool *blind);

/*
 * %SystemRoot% without a slash at the end, as C:\WINDOWS; mem_free. Never a user's private one of a
 * terminal server.
 */
char *win_windows_folder(void);

/* %NAME% of the environment replaced; what is not known stays. mem_free. */
char *win_expand(const char *text);

/* --- errors ----------------------------------------------------------------------------------- */

/*
 * A system code (GetLastError, SetupAPI's 0xE0000xxx, HRESULT) in English words without a full
 * stop, or "" when there are none. The text is valid until the next call.
 */
const char *win_words(DWORD code);

/*
 * err_set_os with the code in words behind what was being done: "cannot stage 'x.inf': hash is not
 * in the catalog (code 0xe000024b)". False always. code is what the failed call left, saved before
 * anything else was called.
 */
bool win_fail(struct err *e, DWORD code, const char *format, ...) ERR_PRINTF(3, 4);

/* --- handles ---------------------------------------------------------------------------------- */

/*
 * Close once: NULL and INVALID_HANDLE_VALUE are fine, and the variable is INVALID_HANDLE_VALUE
 * (NULL) afterwards.
 */
void win_handle_close(HANDLE *handle);
void win_service_close(SC_HANDLE *handle); /* services and the service manager; NULL afterwards */
void win_key_close(HKEY *key);             /* NULL afterwards */

/* --- services -----------------------------------------------------------------------------------
 */

/*
 * The service control manager, to look services up in. It is the process's own and stays open to
 * its end: each connection anew costs more than all that is asked of it. NULL with the system's
 * code in *code when it cannot be had.
 */
SC_HANDLE win_service_manager(DWORD *code);

/* --- registry --------------------------------------------------------------------------------- */

enum {
    WIN_VALUE_MAX = 1 << 20,   /* bytes of one registry value that we read */
    WIN_CHILDREN_MAX = 100000, /* subkeys of one key that we look at */
    WIN_TEXTS_MAX = 4096,      /* strings of one REG_MULTI_SZ */
};

/*
 * Open a key in the view of the machine's own programs, also from a 32-bit one. rights without
 * KEY_WOW64_*: they are added where they are understood. The system's code; *key is NULL unless it
 * is ERROR_SUCCESS.
 */
DWORD win_key_open(HKEY root, const char *path, REGSAM rights, HKEY *key);

/*
 * The same in the view of 32-bit programs. ERROR_FILE_NOT_FOUND on a 32-bit Windows, which has only
 * one view.
 */
DWORD win_key_open_32(HKEY root, const char *path, REGSAM rights, HKEY *key);

/*
 * Delete the key `name` (a path, never "") below parent with all that is below it. Not there is
 * fine. For keys that a 32-bit program sees as every other does, as all below SYSTEM. The system's
 * code.
 */
DWORD win_key_delete(HKEY parent, const char *name);

/*
 * Name of the subkey at index, or NULL past the last one, past WIN_CHILDREN_MAX and when it cannot
 * be read. mem_free.
 */
char *win_key_child(HKEY key, DWORD index);

/*
 * A value as it is; name "" is the default value. The system's code: ERROR_FILE_NOT_FOUND when
 * there is none, ERROR_MORE_DATA past WIN_VALUE_MAX. *type (may be NULL) and *out (bytes_release)
 * are written only on success.
 */
DWORD win_key_bytes(HKEY key, const char *name, DWORD *type, struct bytes *out);

/*
 * REG_SZ or REG_EXPAND_SZ (not expanded), or the first string of a REG_MULTI_SZ; else NULL.
 * mem_free.
 */
char *win_key_text(HKEY key, const char *name);

/* REG_DWORD, REG_QWORD, or a REG_BINARY of one to eight bytes (little-endian); else not known. */
struct number win_key_number(HKEY key, const char *name);

/*
 * REG_MULTI_SZ, or one REG_SZ, added to *out (texts_release). False when there is no such value or
 * it is another type.
 */
bool win_key_texts(HKEY key, const char *name, struct texts *out);

/*
 * What a value of this type and these bytes says, for other sources of typed bytes (device
 * properties): as win_key_text and win_key_texts.
 */
char *win_value_text(DWORD type, struct span value);
bool win_value_texts(DWORD type, struct span value, struct texts *out);

/* Open, read, close: the value `name` of `path` below HKEY_LOCAL_MACHINE, native view. */
char *win_machine_text(const char *path, const char *name);
struct number win_machine_number(const char *path, const char *name);

/*
 * Is there such a key below HKEY_LOCAL_MACHINE, native view? TRI_UNKNOWN when that could not be
 * asked.
 */
enum tri win_machine_has_key(const char *path);

/* --- files and device nodes ------------------------------------------------------------------- */

/*
 * "6.1.7601.18741" of the file's fixed version information, or NULL. The path goes through
 * win_native_path. mem_free.
 */
char *win_file_version(const char *path);

/*
 * Does a plain file of this name (any but a folder) exist? The path goes through win_native_path.
 */
enum tri win_file_exists(const char *path);

/* Zeroed is "not known". */
struct win_device_status {
    enum tri present;      /* in the tree of this boot; no: a ghost of the registry */
    enum tri started;      /* DN_STARTED */
    struct number problem; /* CM_PROB_*, 0 none */
};

/*
 * What Plug and Play says of a device instance id. Values that a call has not written are not known
 * (Wine's CM_Get_DevNode_Status succeeds without writing).
 */
void win_device_status(const char *instance, struct win_device_status *out);

#endif
