#include "shell/system/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The only state: threads of libraries may log while the level changes. */
static _Atomic int threshold = LEVEL_INFO;
static _Atomic unsigned lost; /* lines since the last one that was taken */

void log_set_level(enum settings_level level)
{
	atomic_store(&threshold, (int)level);
}

static bool enabled(enum settings_level level)
{
	return (int)level <= atomic_load(&threshold);
}

/* Above 0x7f stand the bytes of UTF-8, which names of ports may hold. */
static void replace_controls(char *line)
{
	for (; *line != '\0'; line++)
		if ((unsigned char)*line < ' ' || *line == 0x7f)
			*line = '?';
}

/* A logger that reads no more (its file system is full, it was stopped) must not stop the work. A pipe that is ready
 * takes a whole line. */
static bool would_block(void)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) == 0;
}

/* A failure is ignored. */
static void write_all(const char *line, size_t length)
{
	while (length > 0) {
		ssize_t n = write(STDERR_FILENO, line, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		line += n;
		length -= (size_t)n;
	}
}

static void write_or_drop(const char *line, size_t length)
{
	unsigned dropped = atomic_load(&lost);

	if (dropped > 0 && !would_block()) {
		char before[LOG_LINE_MAX];
		int used = snprintf(before, sizeof before, "warning: %u lines of the log are missing here: the logger did not take them. "
		                    "Is its file system full?\n", dropped);
		write_all(before, (size_t)used);
		atomic_fetch_sub(&lost, dropped);
	}
	if (would_block())
		atomic_fetch_add(&lost, 1);
	else
		write_all(line, length);
}

__attribute__((format(printf, 2, 0)))
static void write_line(enum settings_level level, const char *format, va_list arguments)
{
	static const char *const words[] = { "error: ", "warning: ", "info: ", "debug: " };
	static const char cut[] = "...";
	char line[LOG_LINE_MAX + 1];
	size_t prefix = strlen(words[level]);
	int saved = errno;

	memcpy(line, words[level], prefix);
	int length = vsnprintf(line + prefix, LOG_LINE_MAX - prefix, format, arguments);
	if (length < 0)
		line[prefix] = '\0';
	else if ((size_t)length >= LOG_LINE_MAX - prefix)
		memcpy(line + LOG_LINE_MAX - sizeof(cut), cut, sizeof(cut));
	replace_controls(line);
	size_t used = strlen(line);
	line[used] = '\n';
	write_or_drop(line, used + 1);
	errno = saved;
}

#define WRITE_LINE(level)                                                                                              \
	do {                                                                                                           \
		va_list arguments;                                                                                     \
		if (!enabled(level))                                                                                   \
			return;                                                                                        \
		va_start(arguments, format);                                                                           \
		write_line(level, format, arguments);                                                                  \
		va_end(arguments);                                                                                     \
	} while (0)

void log_line(enum settings_level level, const char *format, ...)
{
	WRITE_LINE(level);
}

void log_error(const char *format, ...)
{
	WRITE_LINE(LEVEL_ERROR);
}

void log_warning(const char *format, ...)
{
	WRITE_LINE(LEVEL_WARNING);
}

void log_info(const char *format, ...)
{
	WRITE_LINE(LEVEL_INFO);
}

void log_report(void *context, bool fault, const char *message)
{
	(void)context;
	log_line(fault ? LEVEL_ERROR : LEVEL_WARNING, "%s", message);
}
