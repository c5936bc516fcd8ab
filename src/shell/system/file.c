#include "shell/system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads to the end of the file, or one byte beyond `size`. Returns the number of bytes or -1. */
static ssize_t read_whole(int fd, char *buffer, size_t size)
{
	size_t used = 0;

	for (;;) {
		char beyond;
		bool full = used == size;
		ssize_t n = read(fd, full ? &beyond : buffer + used, full ? 1 : size - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			return (ssize_t)used;
		used += (size_t)n;
		if (full)
			return (ssize_t)used;
	}
}

static bool read_open(int fd, char *buffer, size_t size, struct file_facts *facts, char *why,
                      size_t why_size)
{
	struct stat status;

	if (fstat(fd, &status) != 0) {
		snprintf(why, why_size, "%s", strerror(errno));
		return false;
	}
	if (!S_ISREG(status.st_mode)) {
		snprintf(why, why_size, "not a regular file");
		return false;
	}
	ssize_t length = read_whole(fd, buffer, size);
	if (length < 0) {
		snprintf(why, why_size, "%s", strerror(errno));
		return false;
	}
	if ((size_t)length > size) {
		snprintf(why, why_size, "too large: up to %zu bytes are allowed", size);
		return false;
	}
	facts->length = (size_t)length;
	facts->open_to_others = (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
	return true;
}

bool file_read(const char *path, char *buffer, size_t size, struct file_facts *facts, char *why,
               size_t why_size)
{
	/* O_NONBLOCK: a FIFO without a writer must not hold the program. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		snprintf(why, why_size, "cannot be read: %s", strerror(errno));
		return false;
	}
	bool good = read_open(fd, buffer, size, facts, why, why_size);
	close(fd);
	return good;
}

static bool write_whole(const char *path, const void *bytes, size_t size, bool durable)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool fine;

	if (fd < 0)
		return false;
	errno = ENOSPC; /* what a short write means */
	fine = write(fd, bytes, size) == (ssize_t)size && (!durable || fsync(fd) == 0);
	return close(fd) == 0 && fine;
}

/* A name is on the disk when its folder is. */
static bool sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int fd;
	bool fine;

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fine = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return fine;
}

bool file_replace(const char *path, const void *bytes, size_t size, bool durable)
{
	char fresh[PATH_MAX];

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (write_whole(fresh, bytes, size, durable) && rename(fresh, path) == 0)
		return !durable || sync_folder(path);
	int why = errno;
	unlink(fresh);
	errno = why;
	return false;
}
