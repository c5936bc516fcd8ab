#include "shell/watch/watch_terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The other screen where there is one (busybox's and the GX's terminals pass it on), wiped where there is none. */
#define TAKE "\x1b[?1049h\x1b[?25l\x1b[2J"
/* The line of the cursor is wiped for a terminal without another screen: the prompt comes there. */
#define LEAVE "\x1b[0m\r\x1b[K\x1b[?25h\x1b[?1049l"
#define HOME "\x1b[H"
#define END_OF_LINE "\x1b[K"
#define END_OF_SCREEN "\x1b[J"
#define SCREEN_MAX 32768

bool watch_terminal_there(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDOUT_FILENO) && (kind == NULL || strcmp(kind, "dumb") != 0);
}

bool watch_terminal_write(const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(STDOUT_FILENO, bytes, length);

		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

void watch_terminal_take(struct watch_terminal *t)
{
	struct termios raw;

	t->escape = 0;
	t->keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &t->before) == 0;
	if (t->keys) {
		raw = t->before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* a shell would find its terminal like this */
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	watch_terminal_write(TAKE, sizeof TAKE - 1);
}

void watch_terminal_leave(const struct watch_terminal *t)
{
	watch_terminal_write(LEAVE, sizeof LEAVE - 1);
	if (t->keys)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &t->before);
}

void watch_terminal_size(int *columns, int *rows)
{
	struct winsize size = { 0 };
	bool told = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;

	*columns = told ? size.ws_col : 80;
	*rows = told ? size.ws_row : 24;
}

/* One write a screen, and nothing is wiped before it is written over: nothing flickers. */
bool watch_terminal_show(const char *text)
{
	static char out[SCREEN_MAX];
	size_t used = sizeof HOME - 1;

	memcpy(out, HOME, used);
	for (; *text != '\0' && used < sizeof out - 32; text++) {
		bool last = text[0] == '\n' && text[1] == '\0'; /* would scroll on the lowest line */

		if (*text == '\n') {
			memcpy(out + used, END_OF_LINE, sizeof END_OF_LINE - 1);
			used += sizeof END_OF_LINE - 1;
		}
		if (!last)
			out[used++] = *text;
	}
	memcpy(out + used, END_OF_SCREEN, sizeof END_OF_SCREEN - 1);
	return watch_terminal_write(out, used + sizeof END_OF_SCREEN - 1);
}

enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CURSOR };

static enum watch_key letter(char c)
{
	if (c >= '1' && c <= '9')
		return (enum watch_key)(WATCH_KEY_1 + (c - '1'));
	switch (c) {
	case 'q': case 'Q': return WATCH_KEY_QUIT;
	case 'p': case 'k': return WATCH_KEY_PREVIOUS;
	case 'n': case 'j': return WATCH_KEY_NEXT;
	default: return WATCH_KEY_NONE;
	}
}

/* An arrow is ESC [ A or ESC O A, and may come in pieces. */
enum watch_key watch_terminal_key(struct watch_terminal *t, char c)
{
	int escape = t->escape;

	t->escape = c == '\x1b'                                      ? ESCAPE_BEGUN
	            : escape == ESCAPE_BEGUN && (c == '[' || c == 'O') ? ESCAPE_CURSOR
	                                                               : ESCAPE_NONE;
	if (t->escape != ESCAPE_NONE)
		return WATCH_KEY_NONE;
	if (escape == ESCAPE_CURSOR)
		return c == 'A' ? WATCH_KEY_PREVIOUS : c == 'B' ? WATCH_KEY_NEXT : WATCH_KEY_NONE;
	return letter(c);
}
