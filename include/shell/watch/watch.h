/* watch: `pylontech-mqtt watch`: the daemon's topics on a terminal, or as one plain picture. */
#ifndef SHELL_WATCH_H
#define SHELL_WATCH_H

#include "shell/commands/words.h"

/* On a terminal: shows until q or a signal, then 0. Elsewhere, or with --once: prints one picture when everything is
 * there or after some seconds; 0 when the service is online and has told its bank, else 111. 100: configuration. */
word_run watch_run;

#endif
