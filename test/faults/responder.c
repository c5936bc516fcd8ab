/* responder: a battery of one module that answers at once, for soaks. `responder FOLDER RATE SEED`
 *
 * FOLDER holds the replies (test/fixtures), one in RATE of them comes damaged. The first line on stdout is the path of
 * its pty; each line on stdin is answered by "polls N commands N faults N"; the end of stdin ends it. */
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define REPLY_MAX 8192
#define LINE_MAX_BYTES 64
#define PLACES_MAX 32

/* The current in all replies; its last two digits move, or a battery at work would seem frozen. */
static const char current[] = "-4310";

struct reply {
	const char *command, *file;
	char text[REPLY_MAX];
	size_t length;
	size_t place[PLACES_MAX]; /* where the moving digits stand */
	int places;
};

static struct reply replies[] = {
	{ .command = "pwr", .file = "us2000-pwr-table.txt" }, { .command = "info 1", .file = "us2000-info1.txt" },
	{ .command = "pwr 1", .file = "us2000-pwr1.txt" },    { .command = "bat 1", .file = "us2000-bat1.txt" },
	{ .command = "stat 1", .file = "us2000-stat1.txt" },
};

#define REPLIES (sizeof replies / sizeof replies[0])

struct responder {
	int master;
	long polls, commands, faults;
	unsigned long rate;
	uint32_t dice;
	char line[LINE_MAX_BYTES];
	size_t used;
};

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t roll(struct responder *r, uint32_t sides)
{
	r->dice = r->dice * 1664525u + 1013904223u;
	return (r->dice >> 8) % sides;
}

static void load(struct reply *reply, const char *folder)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", folder, reply->file);
	FILE *file = fopen(path, "r");
	if (!file)
		die(path);
	reply->length = fread(reply->text, 1, sizeof reply->text - 1, file);
	fclose(file);
	for (char *at = reply->text; (at = strstr(at, current)) != NULL && reply->places < PLACES_MAX; at++)
		reply->place[reply->places++] = (size_t)(at - reply->text) + sizeof current - 3;
}

static int open_pty(void)
{
	struct termios settings;
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
		die("pty");
	int slave = open(ptsname(master), O_RDWR | O_NOCTTY); /* stays open: a reader that closes gives no error */
	if (slave < 0 || tcgetattr(slave, &settings) != 0)
		die("pty");
	cfmakeraw(&settings);
	tcsetattr(slave, TCSANOW, &settings);
	printf("%s\n", ptsname(master));
	fflush(stdout);
	return master;
}

static void put(const struct responder *r, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t n = write(r->master, text, length);

		if (n <= 0)
			die("write");
		text += n;
		length -= (size_t)n;
	}
}

/* Damages one reply as a bad cable would; returns its new length. There is room for one byte more. */
static size_t spoil(struct responder *r, char *text, size_t length)
{
	size_t at = roll(r, (uint32_t)length);

	r->faults++;
	switch (roll(r, 6)) {
	case 0: /* a byte lost */
		memmove(text + at, text + at + 1, length - at - 1);
		return length - 1;
	case 1: /* or doubled */
		memmove(text + at + 1, text + at, length - at);
		return length + 1;
	case 2: /* a stranger */
		text[at] = (char)roll(r, 256);
		return length;
	case 3: /* cut short */
		return at;
	case 4: /* no answer */
		return 0;
	default: /* a bit turned */
		text[at] = (char)(text[at] ^ 1 << roll(r, 8));
		return length;
	}
}

static void answer(struct responder *r)
{
	static const char *const unknown = "%s\n\r@\r\r\nUnknown command '%s' - try 'help'\r\r\n$$\r\n\rpylon>";
	char text[REPLY_MAX];
	size_t length = 0;

	for (size_t i = 0; i < REPLIES; i++) {
		struct reply *reply = &replies[i];

		if (strcmp(reply->command, r->line) != 0)
			continue;
		length = reply->length;
		for (int k = 0; k < reply->places; k++) {
			reply->text[reply->place[k]] = (char)('0' + r->polls / 10 % 10);
			reply->text[reply->place[k] + 1] = (char)('0' + r->polls % 10);
		}
		memcpy(text, reply->text, length);
	}
	r->commands++;
	r->polls += strcmp(r->line, "bat 1") == 0;
	if (r->line[0] == '\0')
		length = (size_t)snprintf(text, sizeof text, "\n\rpylon>");
	else if (length == 0)
		length = (size_t)snprintf(text, sizeof text, unknown, r->line, r->line);
	if (r->rate != 0 && roll(r, (uint32_t)r->rate) == 0)
		length = spoil(r, text, length);
	put(r, text, length);
}

static void hear(struct responder *r)
{
	char bytes[256];
	ssize_t count = read(r->master, bytes, sizeof bytes);

	if (count < 0)
		die("read");
	for (ssize_t i = 0; i < count; i++) {
		if (bytes[i] != '\n' && bytes[i] != '\r') {
			if (r->used < sizeof r->line - 1)
				r->line[r->used++] = bytes[i];
			continue;
		}
		r->line[r->used] = '\0';
		r->used = 0;
		answer(r);
	}
}

int main(int argc, char **argv)
{
	static struct responder r;
	char asked[64];

	if (argc != 4)
		return 2;
	for (size_t i = 0; i < REPLIES; i++)
		load(&replies[i], argv[1]);
	r.rate = strtoul(argv[2], NULL, 10);
	r.dice = (uint32_t)strtoul(argv[3], NULL, 10);
	r.master = open_pty();
	for (;;) {
		struct pollfd fds[] = { { .fd = r.master, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0)
			die("poll");
		if (fds[0].revents & POLLIN)
			hear(&r);
		if (fds[1].revents != 0) {
			if (read(STDIN_FILENO, asked, sizeof asked) <= 0)
				return 0;
			printf("polls %ld commands %ld faults %ld\n", r.polls, r.commands, r.faults);
			fflush(stdout);
		}
	}
}
