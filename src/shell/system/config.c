/* inih tells the handler no line number and only the first bad line, stops a value at a comment and
 * joins indented lines to the one before. So lines go to it one by one, from memory, by a reader that
 * counts them, takes indentation away and asks after each whether it led to a key. */
#include "shell/system/config.h"

#include "core/settings/settings_table.h"
#include "shell/system/file.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX 768
#define WHY_MAX 384
#define PASSWORD_FILE_MAX 4096
#define ROWS_MAX 256

struct reading {
	const char *path;
	const struct config_reader *reader;
	int faults;
	struct settings settings;
	int written[ROWS_MAX]; /* the line that set each row, 0: the default holds */
	const char *rest, *end; /* what is still to be read */
	int line;              /* the number of the line that was handed out last */
	bool wants_key;        /* that line is none but a key */
};

/* "PATH:LINE: ", without a line where it is the whole file. Returns its length. */
static size_t put_place(char message[MESSAGE_MAX], const char *path, int line)
{
	int used = line > 0 ? snprintf(message, MESSAGE_MAX, "%s:%d: ", path, line)
	                    : snprintf(message, MESSAGE_MAX, "%s: ", path);

	return used < 0 || used >= MESSAGE_MAX ? 0 : (size_t)used;
}

__attribute__((format(printf, 3, 4)))
static void refuse(struct reading *r, int line, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list arguments;

	r->faults++;
	if (r->faults > CONFIG_FAULTS_MAX)
		return;
	size_t used = put_place(message, r->path, line);

	va_start(arguments, format);
	vsnprintf(message + used, sizeof(message) - used, format, arguments);
	va_end(arguments);
	r->reader->report(r->reader->context, true, message);
}

static const char *section_known(const char *name, size_t length)
{
	for (int i = 0; i < settings_row_count; i++)
		if (strlen(settings_rows[i].section) == length &&
		    strncmp(settings_rows[i].section, name, length) == 0)
			return settings_rows[i].section;
	return NULL;
}

/* Appends ", WORD", cut where it ends. */
static void append(char *list, size_t size, const char *word)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", word);
}

static void refuse_section(struct reading *r, const char *name, size_t length)
{
	char known[WHY_MAX] = "";

	for (int i = 0; i < settings_row_count; i++)
		if (i == 0 || strcmp(settings_rows[i].section, settings_rows[i - 1].section) != 0)
			append(known, sizeof(known), settings_rows[i].section);
	refuse(r, r->line, "unknown section [%.*s]: there are %s", (int)length, name, known);
}

static void refuse_key(struct reading *r, const char *section, const char *key)
{
	char known[WHY_MAX] = "";

	for (int i = 0; i < settings_row_count; i++)
		if (strcmp(settings_rows[i].section, section) == 0)
			append(known, sizeof(known), settings_rows[i].key);
	refuse(r, r->line, "unknown key %.40s in [%s]: there are %s", key, section, known);
}

/* A key of old that is a constant now. */
static void refuse_fixed(struct reading *r, const struct settings_row *row)
{
	char value[SETTINGS_TEXT_MAX];

	settings_get(&r->settings, row, value, sizeof(value));
	refuse(r, r->line, "[%s] %s is no key any more: %s%s%s holds", row->section, row->key, value,
	       *row->unit != '\0' ? " " : "", row->unit);
}

/* A value as it may be shown. */
static const char *shown(const struct settings_row *row, const char *value)
{
	return row->offset == offsetof(struct settings, mqtt.password) ? "(hidden)" : value;
}

/* Takes what inih found. The section is a known one or was refused already. */
static int take_key(void *user, const char *section, const char *key, const char *value)
{
	struct reading *r = user;
	const struct settings_row *row = settings_find(section, key);
	char why[WHY_MAX];

	r->wants_key = false;
	if (*section == '\0') {
		refuse(r, r->line, "%.40s stands before the first [section]", key);
		return 1;
	}
	if (section_known(section, strlen(section)) == NULL)
		return 1;
	if (row == NULL) {
		if (settings_fixed(section, key) != NULL)
			refuse_fixed(r, settings_fixed(section, key));
		else
			refuse_key(r, section, key);
		return 1;
	}
	int *written = &r->written[row - settings_rows];
	if (*written != 0)
		refuse(r, r->line, "[%s] %s stands in line %d already: once is allowed", section, key,
		       *written);
	else if (!settings_set(&r->settings, row, value, why, sizeof(why)))
		refuse(r, r->line, "[%s] %s = %.40s: must be %s", section, key, shown(row, value), why);
	if (*written == 0)
		*written = r->line;
	return 1;
}

static bool is_comment(char c)
{
	return c == ';' || c == '#';
}

/* A section's line: inih would take an unknown one in silence, and what stands behind the bracket. */
static void check_section(struct reading *r, const char *line, size_t length)
{
	const char *end = memchr(line, ']', length);

	if (end == NULL) {
		refuse(r, r->line, "a section needs its closing bracket: [name]");
		return;
	}
	if (section_known(line + 1, (size_t)(end - line) - 1) == NULL)
		refuse_section(r, line + 1, (size_t)(end - line) - 1);
	for (end++; end < line + length && !is_comment(*end); end++)
		if (*end != ' ' && *end != '\t')
			break;
	if (end < line + length && !is_comment(*end))
		refuse(r, r->line, "nothing but a comment may stand behind [section]");
}

/* Says what must be said of a line before inih sees it; false: inih shall see an empty one. */
static bool check_line(struct reading *r, const char *line, size_t length)
{
	if (length == 0 || is_comment(*line))
		return false;
	if (memchr(line, '\0', length) != NULL) {
		refuse(r, r->line, "a zero byte: only text is allowed");
		return false;
	}
	if (length > CONFIG_LINE_MAX) {
		refuse(r, r->line, "the line is too long: up to %d characters are allowed", CONFIG_LINE_MAX);
		return false;
	}
	if (*line == '[')
		check_section(r, line, length);
	else
		r->wants_key = true;
	return true;
}

static void check_key_came(struct reading *r)
{
	if (r->wants_key)
		refuse(r, r->line, "not understood: a line is [section], key = value or # comment");
	r->wants_key = false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* inih's reader, after fgets: the next line without its indentation. */
static char *next_line(char *to, int size, void *stream)
{
	struct reading *r = stream;
	const char *line = r->rest;

	check_key_came(r);
	if (line == r->end)
		return NULL;
	size_t left = (size_t)(r->end - line);
	const char *line_end = memchr(line, '\n', left);
	size_t length = line_end != NULL ? (size_t)(line_end - line) : left;
	r->rest = line_end != NULL ? line_end + 1 : r->end;
	r->line++;
	for (; length > 0 && is_blank(*line); length--)
		line++;
	for (; length > 0 && is_blank(line[length - 1]); length--)
		;
	if (!check_line(r, line, length) || length + 2 > (size_t)size)
		length = 0;
	memcpy(to, line, length);
	memcpy(to + length, "\n", 2);
	return to;
}

static void read_lines(struct reading *r, const char *text, size_t length)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	size_t mark = sizeof(byte_order_mark) - 1;

	if (length >= mark && memcmp(text, byte_order_mark, mark) == 0) {
		text += mark;
		length -= mark;
	}
	r->rest = text;
	r->end = text + length;
	int first_bad = ini_parse_stream(next_line, r, take_key, r);
	if (first_bad < 0)
		refuse(r, 0, "cannot be read: memory ran out");
	else if (first_bad != 0 && r->faults == 0)
		refuse(r, first_bad, "not understood");
}

static int line_of(const struct reading *r, const struct settings_row *row)
{
	return r->written[row - settings_rows];
}

/* Blames the key that stands in the file, the later one if both do; a constant is not to blame. */
static void check_order(struct reading *r, const struct settings_order *order)
{
	const struct settings_row *a = settings_order_row(order, false);
	const struct settings_row *b = settings_order_row(order, true);
	bool other = a == NULL || (b != NULL && line_of(r, b) > line_of(r, a));
	const struct settings_row *row = other ? b : a;
	char why[WHY_MAX], value[SETTINGS_TEXT_MAX];

	if (settings_order_kept(&r->settings, order))
		return;
	settings_order_why(&r->settings, order, other, why, sizeof(why));
	settings_get(&r->settings, row, value, sizeof(value));
	refuse(r, line_of(r, row), "[%s] %s = %s: %s", row->section, row->key, value, why);
}

static void warn(struct reading *r, const char *path, const char *what)
{
	char message[MESSAGE_MAX];

	size_t used = put_place(message, path, 0);

	snprintf(message + used, sizeof(message) - used, "%s", what);
	r->reader->report(r->reader->context, false, message);
}

/* Takes the first line of the password file. */
static void read_password(struct reading *r, int line)
{
	struct settings_mqtt *mqtt = &r->settings.mqtt;
	static char text[PASSWORD_FILE_MAX + 1];
	char why[WHY_MAX];
	struct file_facts facts;

	if (!file_read(mqtt->password_file, text, PASSWORD_FILE_MAX, &facts, why, sizeof(why))) {
		refuse(r, line, "[mqtt] password_file = %s: %s", mqtt->password_file, why);
		return;
	}
	text[facts.length] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	if (!settings_set(&r->settings, settings_find("mqtt", "password"), text, why, sizeof(why)) ||
	    *text == '\0')
		refuse(r, line, "[mqtt] password_file = %s: its first line must be a password of up to %d "
		       "characters", mqtt->password_file, SETTINGS_TEXT_MAX - 2);
	if (facts.open_to_others)
		warn(r, mqtt->password_file, "others can read this password: chmod 600");
}

static void check_login(struct reading *r)
{
	const struct settings_mqtt *mqtt = &r->settings.mqtt;
	int password_line = line_of(r, settings_find("mqtt", "password"));
	int file_line = line_of(r, settings_find("mqtt", "password_file"));
	bool in_file = *mqtt->password_file != '\0', here = *mqtt->password != '\0';

	if (here && in_file)
		refuse(r, file_line, "[mqtt] password_file: password is set too, only one is allowed");
	else if (in_file)
		read_password(r, file_line);
	if ((here || in_file) && *mqtt->username == '\0')
		refuse(r, here ? password_line : file_line, "[mqtt] username is needed with a password");
}

/* The files of TLS must be there now: without them there would be no connection, ever. */
static void check_tls(struct reading *r)
{
	const struct settings_mqtt *mqtt = &r->settings.mqtt;
	const struct {
		const char *key, *path;
	} files[] = { { "ca_file", mqtt->ca_file }, { "cert_file", mqtt->cert_file }, { "key_file", mqtt->key_file } };
	int line = line_of(r, settings_find("mqtt", "tls"));

	if (mqtt->tls && !r->reader->has_tls())
		refuse(r, line, "[mqtt] tls = yes: this program was built without TLS; use the GX's own broker on 127.0.0.1, "
		       "or build it for this machine");
	if ((*mqtt->cert_file == '\0') != (*mqtt->key_file == '\0'))
		refuse(r, line, "[mqtt] cert_file and key_file belong together: set both or none");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (*files[i].path != '\0' && access(files[i].path, R_OK) != 0)
			refuse(r, line_of(r, settings_find("mqtt", files[i].key)), "[mqtt] %s = %s: %s", files[i].key,
			       files[i].path, strerror(errno));
}

/* A password file takes the place of the password in the file below it. */
static void lay_over(struct reading *r, const struct config_value *values, int count)
{
	char why[WHY_MAX];

	for (int i = 0; i < count; i++) {
		const struct settings_row *row = settings_find(values[i].section, values[i].key);

		if (row == settings_find("mqtt", "password_file"))
			r->settings.mqtt.password[0] = '\0';
		if (!settings_set(&r->settings, row, values[i].value, why, sizeof(why)))
			refuse(r, 0, "[%s] %s = %.40s: must be %s", row->section, row->key, values[i].value, why);
	}
}

static bool read_file(struct reading *r)
{
	static char text[CONFIG_FILE_MAX];
	struct file_facts facts;
	char why[WHY_MAX];

	if (!file_read(r->path, text, sizeof(text), &facts, why, sizeof(why))) {
		refuse(r, 0, "%s", why);
		return false;
	}
	read_lines(r, text, facts.length);
	if (facts.open_to_others && *r->settings.mqtt.password != '\0')
		warn(r, r->path, "others can read this file and the password in it: chmod 600");
	return true;
}

bool config_read_with(const char *path, const struct config_value *values, int count, struct settings *out,
                      const struct config_reader *reader)
{
	struct reading r = { .path = path ? path : "command line", .reader = reader };

	settings_defaults(&r.settings);
	if (path && !read_file(&r))
		return false;
	lay_over(&r, values, count);
	check_login(&r);
	check_tls(&r);
	for (int i = 0; i < settings_order_count; i++)
		check_order(&r, &settings_orders[i]);
	if (r.faults == 0)
		*out = r.settings;
	return r.faults == 0;
}

bool config_read(const char *path, struct settings *out, const struct config_reader *reader)
{
	return config_read_with(path, NULL, 0, out, reader);
}
