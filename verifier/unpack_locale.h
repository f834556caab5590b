/*
 * unpack_locale: a UTF-8 locale for the calling thread while libarchive converts names.
 *
 * On POSIX libarchive converts names through the locale's character set, and in the C locale it loses those of zip and
 * 7z that are not ASCII. The program itself never depends on the locale. On Windows there is nothing to do: names are
 * converted through UTF-16. It can go when libarchive
 * can be given a character set for every format, as it can for tar (hdrcharset).
 */
#ifndef XENPV_VERIFIER_UNPACK_LOCALE_H
#define XENPV_VERIFIER_UNPACK_LOCALE_H

/* Enter; what comes back goes to unpack_locale_leave, in the same thread. NULL where there is no such locale. */
void *unpack_locale_enter(void);
void unpack_locale_leave(void *token);

#endif
