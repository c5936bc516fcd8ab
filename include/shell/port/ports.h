/* ports: the serial ports of this machine: which there are, what they are called, who has them. */
#ifndef SHELL_PORTS_H
#define SHELL_PORTS_H

#include "shell/port/port.h"

#include <stdbool.h>

#define PORTS_MAX 16
#define PORTS_PATH_MAX 128
#define PORTS_TEXT_MAX 64

struct ports_entry {
	char device[PORTS_PATH_MAX]; /* /dev/ttyUSB0 */
	char name[PORTS_PATH_MAX];   /* the name that stays, for the configuration; else as it is called */
	char description[PORTS_TEXT_MAX]; /* of the hardware; "" where nothing is known, as below */
	char maker[PORTS_TEXT_MAX];
	char serial[PORTS_TEXT_MAX];
	int usb_vendor, usb_product; /* -1: not on USB */
	bool victron; /* a cable of Victron's own: no battery of ours is on it */
};

/* Fills in up to PORTS_MAX of them, sorted as the system lists them. Touches none. Returns their number. */
int ports_list(struct ports_entry out[PORTS_MAX]);

/* Fills in what is known of one, which need not be in the list (a pty). */
void ports_describe(const char *path, struct ports_entry *out);

/* Why `probe` writes nothing to a port that the owner has not named, as a clause; NULL: it may. A battery's adapter is on
 * USB; every other port may be the machine's own console, and a Victron cable has no battery of ours behind it. `word`:
 * the same for scripts. */
const char *ports_leave_alone(const struct ports_entry *entry, const char **word);

/* The link to `device` below `serial` (/dev/serial) that stays over re-plugging: by-id where the adapter has a serial
 * number of its own, else by-path, since adapters without one all have the same by-id name. False: there is none. */
bool ports_name_that_stays(const char *serial, const char *device, bool own_number, char out[PORTS_PATH_MAX]);

/* Who has `device` open, other than this process: "NAME (pid N), ..." from `proc` (/proc). False: nobody that this
 * user may see. */
bool ports_holders(const char *proc, const char *device, char out[PORTS_TEXT_MAX]);

/* Whether the port at `path` can be had: opens and closes it, unless another program holds it; nothing is written.
 * On a fault `why` (PORT_WHY_MAX) says what is wrong, and who holds it. */
enum port_fault ports_try(const char *path, char *why);

#endif
