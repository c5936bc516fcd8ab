/* The configuration: any file. It lies in memory, so no disk is worn. */
#include "fuzz.h"
#include "members.h"

#include "core/protection/limits.h"
#include "shell/system/config.h"

#include <sys/mman.h>
#include <unistd.h>

#define SECRET "geheim42"
#define SECRET_LINE "\npassword = " SECRET "\n"

struct heard {
	int faults;
	bool secret; /* the file holds the password in its own line and nowhere else */
};

static bool can_encrypt(void)
{
	return true;
}

static void hear(void *context, bool fault, const char *message)
{
	struct heard *heard = context;

	heard->faults += fault;
	assert_true(strlen(message) > 0);
	if (heard->secret)
		assert_null(strstr(message, SECRET));
}

static bool holds(const uint8_t *data, size_t size, const char *text)
{
	return memmem(data, size, text, strlen(text)) != NULL;
}

static bool holds_secret(const uint8_t *data, size_t size)
{
	const uint8_t *line = memmem(data, size, SECRET_LINE, strlen(SECRET_LINE));

	if (line == NULL || memmem(data, size, SECRET, strlen(SECRET)) < (const void *)line)
		return false;
	line += strlen(SECRET_LINE);
	return !holds(line, (size_t)(data + size - line), SECRET);
}

/* What was accepted is what its own text says, in range and in order. */
static void expect_sound(const struct settings *s)
{
	struct settings again;
	char value[512], second[512], why[256];

	settings_defaults(&again);
	for (int i = 0; i < settings_row_count; i++) {
		const struct settings_row *row = &settings_rows[i];

		settings_get(s, row, value, sizeof value);
		if (!settings_set(&again, row, value, why, sizeof why))
			fail_msg("[%s] %s: %s is not %s", row->section, row->key, value, why);
		settings_get(&again, row, second, sizeof second);
		assert_string_equal(second, value);
	}
	assert_null(member_out_of_order(s));
}

static void print_rules(const struct settings *s)
{
	char line[256];
	bool more = true;

	for (int i = 0; more; i++) {
		struct text text = text_in(line, sizeof line);

		more = limits_print_rule(s, i, &text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	static struct settings out, before;
	struct heard heard = { 0, holds_secret(data, size) };

	if (holds(data, size, "/dev") || holds(data, size, "/sys") || holds(data, size, "/proc"))
		return -1; /* nothing on this machine is to be opened for a test */
	if (fd < 0) {
		fd = memfd_create("fuzz_config", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, data, size, 0), (ssize_t)size);
	memset(&before, 0x5a, sizeof before);
	out = before;
	if (config_read(path, &out, &(struct config_reader){ can_encrypt, hear, &heard })) {
		assert_int_equal(heard.faults, 0);
		expect_sound(&out);
		print_rules(&out);
	} else {
		assert_true(heard.faults > 0);
		assert_memory_equal(&out, &before, sizeof out);
	}
	return 0;
}
