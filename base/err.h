/*
 * err: what went wrong, in one line, with its kind and the operating system's code.
 *
 * A function that can fail returns bool and takes `struct err *e` last. The setters return false,
 * so that a failure is one line: `return err_set(e, ERR_FORMAT, "..."); `. The first failure is
 * kept: setting an error that is already set changes nothing, so that clean-up never hides the
 * cause. err knows nothing of exit codes; the installer maps kinds to them.
 */
#ifndef XENPV_BASE_ERR_H
#define XENPV_BASE_ERR_H

#include <stdbool.h>

enum err_kind {
    ERR_NONE = 0,  /* nothing has failed */
    ERR_FAILED,    /* could not be done; no better kind */
    ERR_USAGE,     /* the caller asked for something that cannot be meant */
    ERR_NOT_FOUND, /* a named thing is not there */
    ERR_ACCESS,    /* not allowed to */
    ERR_FORMAT,    /* bytes are not what they should be */
    ERR_LIMIT,     /* larger, deeper or more than we accept */
    ERR_BUSY,      /* another process has it */
    ERR_REFUSED,   /* a signature does not say what it must */
    ERR_CANCELLED, /* the user or the system asked to stop */
};

enum { ERR_TEXT_MAX = 768 };

/*
 * Zeroed is "nothing failed". No storage is owned. text is UTF-8, one line, no full stop. It is
 * safe to print, whatever it was made of: the setters escape as text_add_escaped does.
 */
struct err {
    enum err_kind kind;
    unsigned long code; /* errno, GetLastError or HRESULT; 0 where there is none */
    char text[ERR_TEXT_MAX];
};

#if defined(__GNUC__) && defined(__MINGW32__)
#define ERR_PRINTF(f, a) __attribute__((format(gnu_printf, f, a)))
#elif defined(__GNUC__)
#define ERR_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define ERR_PRINTF(f, a)
#endif

/* Record a failure; false always. A longer text is cut at a character's boundary. e may be NULL. */
bool err_set(struct err *e, enum err_kind kind, const char *format, ...) ERR_PRINTF(3, 4);

/*
 * Record a failure of the operating system. code is what the failed call left, captured by the
 * caller on the line of the call; it stands at the end of the text as " (code N)" in the form that
 * is usual for its size.
 */
bool err_set_os(struct err *e, unsigned long code, const char *format, ...) ERR_PRINTF(3, 4);

/* Put what we were doing in front: "FORMAT: earlier text". False always. Nothing happens when
 * nothing is set. */
bool err_wrap(struct err *e, const char *format, ...) ERR_PRINTF(2, 3);

/* Forget what was recorded, for a failure that is survived. */
void err_clear(struct err *e);

#endif
