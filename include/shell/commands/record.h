/* record: `pylontech-mqtt record FILE`: every command once, every byte into a file that can be mailed. */
#ifndef SHELL_RECORD_H
#define SHELL_RECORD_H

#include "shell/commands/words.h"

word_run record_run;

#endif
