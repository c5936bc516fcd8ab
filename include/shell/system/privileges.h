/* privileges: what a service that runs as root on a GX device can do without. */
#ifndef SHELL_PRIVILEGES_H
#define SHELL_PRIVILEGES_H

#include <stdbool.h>

/* Forbids core dumps, which would hold the broker's password: first of all, whatever the program is to do. False: the
 * kernel refused. */
bool privileges_no_core(void);

/* Gives up every capability for good, also for programs that would be started (there are none). Files and ports that
 * belong to the user stay open to it, so a port that was unplugged can be opened again. False: the kernel refused;
 * nothing is lost but the precaution. */
bool privileges_drop(void);

#endif
