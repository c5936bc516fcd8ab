/* log: one line a call on stderr, with a level's word before it and no time stamp: the supervisor's
 * logger adds that. Safe in every thread. */
#ifndef SHELL_LOG_H
#define SHELL_LOG_H

#include "core/settings/settings.h"

#include <stdbool.h>

/* A longer line is cut and ends in "...". */
#define LOG_LINE_MAX 1024

/* What is less important than `level` is not written. At start: LEVEL_INFO. */
void log_set_level(enum settings_level level);

/* Each writes one whole line with one write(2), like printf but for the line end, which comes by
 * itself. Control characters become `?`: what a battery or a broker sends cannot forge a line. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with the level as an argument. */
void log_line(enum settings_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Logs one sentence about the configuration: a config_report, which needs no context. */
void log_report(void *context, bool fault, const char *message);

#endif
