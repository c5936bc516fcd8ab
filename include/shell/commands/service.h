/* service: the daemon itself, as the word without a name. */
#ifndef SHELL_SERVICE_H
#define SHELL_SERVICE_H

#include "shell/commands/words.h"

/* Reads the battery and publishes until it is asked to end; with -n only checks and prints the rules. */
word_run service_run;

#endif
