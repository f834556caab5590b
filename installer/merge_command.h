/*
 * merge_command: `xenpv report --merge DIR`: the reports of many guests as one page, CSV or JSON.
 *
 * Every *.json below DIR is read, on all processors; links are not followed. A file that is no
 * report is named and counted, never fatal: the exit code is then 6, as it is when there was no
 * report at all. It says nothing of the guests: a merge of broken guests is done.
 */
#ifndef XENPV_INSTALLER_MERGE_COMMAND_H
#define XENPV_INSTALLER_MERGE_COMMAND_H

#include "installer/session.h"

enum { MERGE_DEPTH_MAX = 32 /* folders below folders */, MERGE_FILES_MAX = 1000000 };

enum exit_code merge_run(struct session *s);

#endif
