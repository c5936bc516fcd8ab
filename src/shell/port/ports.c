#include "shell/port/ports.h"

#include "core/base/text.h"
#include "shell/system/file.h"

#include <dirent.h>
#include <libserialport.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void copy(char *to, size_t size, const char *from)
{
	text_copy(to, size, from ? from : "");
}

/* Whether the link PATH, whatever it is relative to, ends at `device`. */
static bool leads_to(const char *path, const char *device)
{
	char real[PATH_MAX];

	return realpath(path, real) != NULL && strcmp(real, device) == 0;
}

static bool find_link(const char *folder, const char *device, char out[PORTS_PATH_MAX])
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool found = false;

	while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
		int length = snprintf(out, PORTS_PATH_MAX, "%s/%s", folder, entry->d_name);

		found = length < PORTS_PATH_MAX && entry->d_name[0] != '.' && leads_to(out, device);
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

bool ports_name_that_stays(const char *serial, const char *device, bool own_number, char out[PORTS_PATH_MAX])
{
	static const char *const kinds[] = { "by-path", "by-id", "by-path" };
	char folder[PORTS_PATH_MAX];

	for (int i = own_number; i < 2 + own_number; i++) {
		snprintf(folder, sizeof folder, "%s/%s", serial, kinds[i]);
		if (find_link(folder, device, out))
			return true;
	}
	return false;
}

static void describe(const struct sp_port *port, struct ports_entry *out)
{
	const char *maker = sp_get_port_usb_manufacturer(port), *product = sp_get_port_usb_product(port);

	if (sp_get_port_usb_vid_pid(port, &out->usb_vendor, &out->usb_product) != SP_OK)
		out->usb_vendor = out->usb_product = -1;
	copy(out->description, sizeof out->description, product ? product : sp_get_port_description(port));
	copy(out->maker, sizeof out->maker, maker);
	copy(out->serial, sizeof out->serial, sp_get_port_usb_serial(port));
	out->victron = strstr(out->maker, "Victron") != NULL || strstr(out->description, "VE_Direct") != NULL ||
	               strstr(out->description, "VE Direct") != NULL;
}

/* `path`: how the owner calls it. */
static void put_name(struct ports_entry *out, const char *path)
{
	if (!ports_name_that_stays("/dev/serial", out->device, out->serial[0] != '\0', out->name))
		copy(out->name, sizeof out->name, path);
}

int ports_list(struct ports_entry out[PORTS_MAX])
{
	struct sp_port **list;
	int count = 0;

	if (sp_list_ports(&list) != SP_OK)
		return 0;
	for (; count < PORTS_MAX && list[count] != NULL; count++) {
		memset(&out[count], 0, sizeof out[count]);
		copy(out[count].device, sizeof out[count].device, sp_get_port_name(list[count]));
		describe(list[count], &out[count]);
		put_name(&out[count], out[count].device);
	}
	sp_free_port_list(list);
	return count;
}

void ports_describe(const char *path, struct ports_entry *out)
{
	char device[PATH_MAX];
	struct sp_port *port;

	memset(out, 0, sizeof *out);
	out->usb_vendor = out->usb_product = -1;
	copy(out->device, sizeof out->device, realpath(path, device) != NULL ? device : path);
	if (sp_get_port_by_name(out->device, &port) == SP_OK) {
		describe(port, out);
		sp_free_port(port);
	}
	put_name(out, path);
}

const char *ports_leave_alone(const struct ports_entry *entry, const char **word)
{
	if (entry->victron) {
		*word = "victron";
		return "a cable of Victron's own";
	}
	if (entry->usb_vendor < 0) {
		*word = "not-usb";
		return "not on USB, so it may be this machine's own console";
	}
	return NULL;
}

/* ---- Who has it ---- */

/* A whole number as the name of a folder below /proc; 0: something else. */
static long process_of(const char *name)
{
	char *end;
	long pid = strtol(name, &end, 10);

	return *end == '\0' && pid > 0 ? pid : 0;
}

static bool has_open(const char *proc, long pid, const char *device)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof path, "%s/%ld/fd", proc, pid);
	dir = opendir(path);
	while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
		ssize_t length = readlinkat(dirfd(dir), entry->d_name, target, sizeof target - 1);

		target[length > 0 ? length : 0] = '\0';
		found = strcmp(target, device) == 0;
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

static void put_holder(struct text *t, const char *proc, long pid)
{
	char path[PATH_MAX], name[32], why[64];
	struct file_facts facts;
	bool known;

	snprintf(path, sizeof path, "%s/%ld/comm", proc, pid);
	known = file_read(path, name, sizeof name, &facts, why, sizeof why) && facts.length > 1;
	text_str(t, t->used > 0 ? ", " : "");
	text_chars(t, known ? name : "?", known ? facts.length - 1 : 1); /* without the line end */
	text_str(t, " (pid ");
	text_int(t, pid);
	text_str(t, ")");
}

bool ports_holders(const char *proc, const char *device, char out[PORTS_TEXT_MAX])
{
	struct text t = text_in(out, PORTS_TEXT_MAX);
	struct dirent *entry;
	DIR *dir = opendir(proc);

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		long pid = process_of(entry->d_name);

		if (pid > 0 && pid != getpid() && has_open(proc, pid, device))
			put_holder(&t, proc, pid);
	}
	if (dir != NULL)
		closedir(dir);
	return t.used > 0;
}

enum port_fault ports_try(const char *path, char *why)
{
	char device[PATH_MAX], holders[PORTS_TEXT_MAX];
	struct text t = text_in(why, PORT_WHY_MAX);
	bool held = realpath(path, device) != NULL && ports_holders("/proc", device, holders);
	enum port_fault fault = PORT_TAKEN;
	struct port port;

	/* Not every program locks what it has. The maker of a pty may have both ends open: there only the lock counts. */
	if (!held || strncmp(device, "/dev/pts/", 9) == 0) {
		port_init(&port);
		fault = port_open(&port, path, 9600);
		port_close(&port);
		text_str(&t, fault == PORT_OK ? "" : port.why);
	}
	if (held && fault == PORT_TAKEN) {
		text_str(&t, t.used > 0 ? ": " : "it is ");
		text_str(&t, "held by ");
		text_str(&t, holders);
	}
	return fault;
}
