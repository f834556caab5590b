/*
 * archive_dates: one date for all that an ISO 9660 image says of itself.
 *
 * libarchive puts the time of day into the volume descriptors and into the entries of the folders'
 * own; an image that is to be the same byte for byte must not have it. Every date of both trees
 * (plain names and Joliet's) becomes the given one; nothing else is touched. Source: ECMA-119, 8.4,
 * 9.1, 9.1.5.
 */
#ifndef XENPV_INSTALLER_ARCHIVE_DATES_H
#define XENPV_INSTALLER_ARCHIVE_DATES_H

#include "base/file.h"

enum {
    ARCHIVE_DATES_FOLDERS_MAX = 100000,
    ARCHIVE_DATES_FOLDER_MAX = 16 << 20, /* bytes of one folder's entries */
};

/* image: opened by file_open_output. seconds: since 1970 in UTC, of the years 1970 to 2155. */
bool archive_dates_set(struct file_opened *image, int64_t seconds, struct err *e);

#endif
