/* trial: a run beside the service (probe, record, replay). It leaves no trace that the service would find, and
 * nobody takes what it publishes for the battery. */
#ifndef SHELL_TRIAL_H
#define SHELL_TRIAL_H

#include "shell/commands/words.h"
#include "shell/loop.h"

/* The loop of the run, all zero: it is large, and there is only one. */
struct loop *trial_loop(void);

/* Fills in loop->settings with the defaults, without a memory. */
void trial_defaults(const struct words_line *line, struct loop *loop);

/* The same from -c, else from the service's own file where there is one, else the defaults.
 * False: the configuration is refused, and it was said why. */
bool trial_settings(const struct words_line *line, struct loop *loop);

/* Plays every command once for every module found at the settings' port, without a broker. Returns the status of
 * loop_run: 0 with loop->engine.passes > 0 when it came to its end, 0 with none when a signal ended it, else 111. */
int trial_survey(struct loop *loop);

#endif
