/* replay: `pylontech-mqtt replay FILE`: the whole daemon on a recording instead of a port.
 *
 * It is never taken for the battery: whatever is configured, topic base and client id get "-replay" behind them, so
 * the driver, which listens to BASE/pylon, hears nothing of it. It keeps no memory for a restart. */
#ifndef SHELL_REPLAY_H
#define SHELL_REPLAY_H

#include "shell/commands/words.h"

word_run replay_run;

#endif
