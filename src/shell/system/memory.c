#include "shell/system/memory.h"

#include "core/base/digest.h"
#include "core/base/text.h"
#include "shell/system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_MAX 40
#define VERSION_MAX 16

struct memory_file {
	char version[VERSION_MAX];
	char boot_id[BOOT_ID_MAX];
	uint32_t size;
	uint32_t sum;
	struct engine_memory memory;
};

static ssize_t read_once(const char *path, void *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t length = fd < 0 ? -1 : read(fd, buffer, size);
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return length;
}

/* A failure that passes must not cost what keeps the charge blocked. */
static ssize_t read_whole(const char *path, void *buffer, size_t size)
{
	ssize_t length = read_once(path, buffer, size);

	for (int again = 0; length < 0 && errno != ENOENT && again < 2; again++)
		length = read_once(path, buffer, size);
	return length;
}

/* Of everything but the sum itself. */
static uint32_t sum_of(const struct memory_file *file)
{
	struct memory_file copy = *file;

	copy.sum = 0;
	return digest_of(&copy, sizeof copy);
}

/* The head that a file of this boot and this program has; without a size where the boot is not known. */
static bool fill_head(struct memory_file *file)
{
	memset(file, 0, sizeof *file);
	text_copy(file->version, sizeof file->version, VERSION);
	if (read_whole(BOOT_ID_PATH, file->boot_id, sizeof file->boot_id - 1) <= 0)
		return false;
	file->size = sizeof *file;
	return true;
}

bool memory_read(const char *path, struct engine_memory *memory)
{
	static struct memory_file file, expected;

	memset(&file, 0, sizeof file);
	ssize_t length = fill_head(&expected) ? read_whole(path, &file, sizeof file) : -1;
	if (length < 0)
		return false;
	errno = 0;
	if (length != (ssize_t)sizeof file || file.sum != sum_of(&file) ||
	    file.size != expected.size || memcmp(file.boot_id, expected.boot_id, sizeof file.boot_id) != 0 ||
	    memcmp(file.version, expected.version, sizeof file.version) != 0)
		return false;
	*memory = file.memory;
	return true;
}

bool memory_write(const char *path, const struct engine_memory *memory)
{
	static struct memory_file file;

	if (file.size == 0 && !fill_head(&file)) /* the boot is the same for the whole run */
		return false;
	file.memory = *memory;
	file.sum = sum_of(&file);
	return file_replace(path, &file, sizeof file, false);
}
