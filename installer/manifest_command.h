/*
 * manifest_command: `xenpv manifest check|show|pin`.
 *
 * For the one who writes a manifest or wants to know what the program goes by. Needs no Windows and
 * no elevation. check and show change nothing; pin writes one file, or the ones it was given when
 * it is told to.
 */
#ifndef XENPV_INSTALLER_MANIFEST_COMMAND_H
#define XENPV_INSTALLER_MANIFEST_COMMAND_H

#include "installer/cli.h"
#include "installer/exit_code.h"

/*
 * Run it and print its result. check: EXIT_CODE_DONE when there is no error (warnings are none),
 * EXIT_CODE_USAGE for a manifest that is wrong, EXIT_CODE_FAILED when a file could not be read.
 * pin: EXIT_CODE_NEEDS_ATTENTION when something is left without a hash.
 */
enum exit_code manifest_command_run(const struct cli *c);

#endif
