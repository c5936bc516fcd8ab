/* probe: `pylontech-mqtt probe [PORT]`: which port is the battery on, and what is wrong where it is not. */
#ifndef SHELL_PROBE_H
#define SHELL_PROBE_H

#include "shell/commands/words.h"

/* Status 0: a battery was found that the daemon can read; 111: none. A port that another program holds, and a cable
 * of Victron's own, is not touched; a cable is when it is named. */
word_run probe_run;

#endif
