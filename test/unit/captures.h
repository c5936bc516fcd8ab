/* captures: the recorded replies of $CAPTURES, one after the other, with what framing must make of
 * each. The folder is no part of the repository: without it these tests are skipped. */
#ifndef TEST_CAPTURES_H
#define TEST_CAPTURES_H

#include "check.h"

#include "core/console/framing.h"

#include <dirent.h>
#include <stdlib.h>

#define CAPTURE_OPEN (-1) /* in place of a verdict: the recording stops before its end */

struct capture {
	char name[128];
	char bytes[16384];
	size_t length;
	size_t end;     /* just behind the last prompt; `length` when the recording has none */
	char echo[64];
	int verdict;
};

/* Every other recording is whole. The `soh` header of one relative has a byte that is no text. */
static inline int capture_verdict(const char *name)
{
	static const struct {
		const char *prefix;
		int verdict;
	} rows[] = {
		{ "us2kbpl-help-arnyminerz", CAPTURE_OPEN },
		{ "force_h2-bmuinfo4-ERROR", FRAMING_FAILED },
		{ "pytes-ebox48100vd-stat1-ERROR", FRAMING_INVALID },
		{ "pytes-ebox48100vd-soh", FRAMING_DAMAGED },
	};

	for (int i = 0; i < COUNT_OF(rows); i++)
		if (strncmp(name, rows[i].prefix, strlen(rows[i].prefix)) == 0)
			return rows[i].verdict;
	return FRAMING_OK;
}

/* The first `[prompt>]command`: a piece between line ends that has something behind its '>'. */
static inline void capture_find_echo(struct capture *c)
{
	const char *at = c->bytes;

	c->echo[0] = '\0';
	while (*at != '\0' && c->echo[0] == '\0') {
		size_t length = strcspn(at, "\r\n");
		const char *mark = memchr(at, '>', length);
		size_t skip = mark ? (size_t)(mark - at) + 1 : 0;

		snprintf(c->echo, sizeof c->echo, "%.*s", (int)(length - skip), at + skip);
		at += length + (at[length] != '\0');
	}
}

static inline void capture_load(struct capture *c, const char *folder, const char *name)
{
	char path[512];
	const char *last;
	FILE *file;

	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	c->length = fread(c->bytes, 1, sizeof c->bytes - 1, file);
	assert_true(c->length < sizeof c->bytes - 1);
	fclose(file);
	c->bytes[c->length] = '\0';
	c->verdict = capture_verdict(name);
	last = c->verdict == CAPTURE_OPEN ? NULL : strrchr(c->bytes, '>');
	c->end = last ? (size_t)(last - c->bytes) + 1 : c->length;
	capture_find_echo(c);
}

static inline int is_capture(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (strcmp(dot, ".txt") == 0 || strcmp(dot, ".raw") == 0);
}

/* Calls `visit` with every recording; skips the running test when the folder is missing. */
static inline void captures_each(void (*visit)(const struct capture *c))
{
	static struct capture c;
	const char *folder = getenv("CAPTURES");
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	if (!folder)
		folder = "../shared/captures";
	dir = opendir(folder);
	if (!dir) {
		print_message("no captures in %s: skipped\n", folder);
		skip();
	}
	while ((entry = readdir(dir)) != NULL) {
		if (!is_capture(entry->d_name))
			continue;
		capture_load(&c, folder, entry->d_name);
		visit(&c);
		count++;
	}
	closedir(dir);
	print_message("%d captures\n", count);
	assert_true(count > 0);
}

/* A small generator with a seed, so that a failure comes again. */
static inline uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

#endif
