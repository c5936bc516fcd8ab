/* session: the talk with the console: find its speed, wake it, one command at a time.
 *
 * A table of {state, event, action, next} drives it (session.c). It knows nothing of modules or
 * limits, reads no clock and writes no byte: what must be done to the port stands in `orders`,
 * which the caller carries out in their order and empties. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "core/base/address.h"
#include "core/console/command.h"
#include "core/console/framing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum session_state {
	SESSION_CLOSED,   /* no port */
	SESSION_CHOOSING, /* which attempt comes next; never seen from outside */
	SESSION_PROBING,  /* a newline is out at the working speed */
	SESSION_WAKING,   /* the wake frame is out at 1200 baud */
	SESSION_KNOCKING, /* up to four newlines after a wake-up */
	SESSION_IDLE,     /* prompt seen, nothing outstanding */
	SESSION_AWAITING, /* a command is out */
	SESSION_DRAINING, /* too many bytes: wait for silence */
	SESSION_PAUSED,   /* every attempt of a round failed: wait for session_start */
	SESSION_STATES
};

enum session_news_kind {
	SESSION_NOTHING,
	SESSION_READY,   /* the console answers: a command may be sent */
	SESSION_REPLY,   /* whole reply in framing.body, or a refusal: see framing.verdict */
	SESSION_DAMAGED, /* the reply ended, but cannot be trusted */
	SESSION_LATE,    /* no byte, or no more byte, in time */
	SESSION_SILENT   /* a whole round of probing and waking found nobody; now paused */
};

struct session_news {
	enum session_news_kind kind;
	struct command command; /* of REPLY, DAMAGED, LATE: what had been asked */
};

enum session_order_kind { SESSION_SET_SPEED, SESSION_FLUSH_INPUT, SESSION_SEND };

struct session_order {
	enum session_order_kind kind;
	int32_t speed_baud;     /* SESSION_SET_SPEED */
	struct command command; /* SESSION_SEND */
};

#define SESSION_ORDERS_MAX 8
#define SESSION_SPEEDS_MAX 3

struct session {
	enum session_state state;
	struct framing framing;
	struct command command; /* outstanding in SESSION_AWAITING */
	int32_t speeds_baud[SESSION_SPEEDS_MAX];
	int speeds;         /* how many of them */
	int speed_index;    /* the one in use, or being tried */
	int attempt;        /* of this round, from 0 */
	int knocks;         /* newlines sent since the last wake-up */
	bool found;         /* a whole reply has come at speed_index in this run */
	bool woken;         /* the last success needed a wake-up */
	bool garbage;       /* bytes came in the last round, but no prompt: wrong speed or level */
	bool heard;         /* bytes came in this round */
	int32_t port_baud;  /* what the port was last set to; 0: unknown */
	int64_t deadline_ms;     /* when the state's patience ends; INT64_MAX: never */
	int64_t hard_deadline_ms; /* the same, not moved by bytes */
	int64_t sent_ms;     /* when the last command was sent: what its reply tells is no younger */
	int32_t bytes;       /* that have come since */
	int64_t byte_ms;     /* when the last of them came */
	int64_t first_ms;    /* when the first of them came */
	int32_t reply_bytes[COMMAND_KINDS][ADDRESS_MAX + 1]; /* of the last whole reply to it, with address 0 to
	                                                              * any of its kind; 0: none yet */
	bool swift;          /* it came faster than a wire at this speed can be */
	bool at_once;        /* it was whole when it was looked at first: nobody knows how fast it came */
	int32_t first_byte_ms;   /* patience for the first byte of the outstanding command */
	struct session_order orders[SESSION_ORDERS_MAX];
	int order_count;
};

/* `baud`: the working speed, or 0 for auto (19200, 115200, 9600 in that order). */
void session_init(struct session *s, int32_t baud);

/* The port is open: a round of attempts starts. */
void session_opened(struct session *s, int64_t now_ms);

/* The port is gone. Neither an outstanding command nor an order is left. */
void session_closed(struct session *s);

/* Starts a new round from SESSION_PAUSED; elsewhere it does nothing. */
void session_start(struct session *s, int64_t now_ms);

/* Sends `command`, with `first_byte_ms` of patience for the first byte (0: the default of 1000).
 * Returns false, and does nothing, unless the state is SESSION_IDLE and the command is one that is
 * replied to, with an address that fits it. */
bool session_send(struct session *s, struct command command, int32_t first_byte_ms, int64_t now_ms);

/* Takes bytes from the port, up to the first news. `length`: how many there are, and then how many were taken: all of
 * them with SESSION_NOTHING. After SESSION_REPLY framing.body stays as it is until the next session_send. */
struct session_news session_feed(struct session *s, const uint8_t *bytes, size_t *length, int64_t now_ms);

/* Lets time act. To be called at or after session_deadline, at any time without harm. */
struct session_news session_tick(struct session *s, int64_t now_ms);

/* When session_tick has something to do; INT64_MAX: never. */
int64_t session_deadline(const struct session *s);

/* Until when nothing is to be gained by reading the port, because the reply that is coming in will go on for
 * longer; INT64_MIN: read as it comes. */
int64_t session_read_after(const struct session *s);

/* The working speed: in use, or being tried. */
int32_t session_speed_baud(const struct session *s);

/* "idle", "awaiting", ... */
const char *session_state_name(enum session_state state);

#endif
