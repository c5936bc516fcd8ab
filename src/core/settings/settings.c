/* Reads, writes and checks values as settings_table.c says. */
#include "core/settings/settings.h"

#include "core/base/address.h"
#include "core/base/text.h"
#include "core/settings/constants.h"
#include "core/settings/settings_table.h"

#include <limits.h>
#include <string.h>

#define NUMBER_MAX 24 /* room for a number as written */

/* Enumerations are kept as the compiler keeps them; the table writes them as 32-bit numbers. */
_Static_assert(sizeof(enum settings_level) == sizeof(int32_t), "a choice is kept in 32 bits");
_Static_assert(ADDRESS_MAX <= 32, "a list of addresses is kept in 32 bits, one for each");

static char *member(struct settings *s, const struct settings_row *row)
{
	return (char *)s + row->offset;
}

static const char *member_const(const struct settings *s, const struct settings_row *row)
{
	return (const char *)s + row->offset;
}

static int32_t number_at(const struct settings *s, size_t offset, int index)
{
	int32_t n;

	memcpy(&n, (const char *)s + offset + (size_t)index * sizeof(n), sizeof(n));
	return n;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads up to `most` digits; moves `at` behind them. Returns how many there were. */
static int digits(const char **at, int most, int32_t *n)
{
	int count = 0;

	for (*n = 0; count < most && is_digit(**at); count++)
		*n = *n * 10 + *(*at)++ - '0';
	return count;
}

/* Reads a decimal number with up to `decimals` (0..3) digits behind the point, times 10^decimals. The
 * number ends at `*end`; false when there is none, or one of more than six digits before the point. */
static bool decimal(const char *value, int decimals, int32_t *out, const char **end)
{
	bool negative = *value == '-';
	int32_t whole, part = 0;

	value += negative;
	if (digits(&value, 6, &whole) == 0)
		return false;
	int missing = decimals;
	if (decimals > 0 && *value == '.') {
		value++;
		int count = digits(&value, decimals, &part);
		if (count == 0)
			return false;
		missing -= count;
	}
	for (int i = 0; i < decimals; i++)
		whole *= 10;
	for (; missing > 0; missing--)
		part *= 10;
	*out = negative ? -(whole + part) : whole + part;
	*end = value;
	return true;
}

static int decimals_of(const struct settings_row *row)
{
	return row->kind == SETTINGS_MILLI || row->kind == SETTINGS_TAPER_MV ? 3 : 0;
}

static bool in_range(const struct settings_row *row, int32_t n)
{
	return n >= row->least && n <= row->most;
}

/* The position of `word` in "a|b|c", or -1. */
static int32_t word_index(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (int32_t i = 0;; i++) {
		size_t this_length = strcspn(words, "|");
		if (this_length == length && strncmp(words, word, length) == 0)
			return i;
		if (words[this_length] == '\0')
			return -1;
		words += this_length + 1;
	}
}

/* The words of a row that takes one of a few. */
static const char *words_of(const struct settings_row *row)
{
	return row->kind == SETTINGS_BOOL && row->choices == NULL ? "no|yes" : row->choices;
}

static bool set_bool(char *to, const struct settings_row *row, const char *value)
{
	int32_t index = word_index(words_of(row), value);
	bool yes = index == 1;

	if (index < 0)
		return false;
	memcpy(to, &yes, sizeof(yes));
	return true;
}

static bool set_choice(char *to, const struct settings_row *row, const char *value)
{
	int32_t index = word_index(words_of(row), value);

	if (index < 0)
		return false;
	memcpy(to, &index, sizeof(index));
	return true;
}

static bool set_number(char *to, const struct settings_row *row, const char *value)
{
	const char *end;
	int32_t n = 0;

	if (row->choices == NULL || strcmp(value, row->choices) != 0) {
		if (!decimal(value, decimals_of(row), &n, &end) || *end != '\0' || !in_range(row, n))
			return false;
	}
	memcpy(to, &n, sizeof(n));
	return true;
}

static bool set_text(char *to, const struct settings_row *row, const char *value)
{
	size_t length = strlen(value);

	if (length < (size_t)row->least || length > (size_t)row->most)
		return false;
	for (const char *c = value; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	text_copy(to, SETTINGS_TEXT_MAX, value);
	return true;
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static bool set_addresses(char *to, const struct settings_row *row, const char *value)
{
	uint32_t mask = 0;

	for (bool more = strcmp(value, row->preset) != 0; more;) {
		int32_t address;
		value = skip_blanks(value);
		if (digits(&value, 2, &address) == 0 || !in_range(row, address))
			return false;
		uint32_t bit = 1u << (address - 1);
		if (mask & bit)
			return false;
		mask |= bit;
		value = skip_blanks(value);
		more = *value == ',';
		if (!more && *value != '\0')
			return false;
		value += more;
	}
	memcpy(to, &mask, sizeof(mask));
	return true;
}

typedef bool set_function(char *to, const struct settings_row *row, const char *value);

static set_function *const setters[] = {
	[SETTINGS_BOOL] = set_bool, [SETTINGS_INT] = set_number,    [SETTINGS_MILLI] = set_number,
	[SETTINGS_TEXT] = set_text, [SETTINGS_CHOICE] = set_choice, [SETTINGS_ADDRESSES] = set_addresses,
};

static const struct settings_wish *wish_of(const struct settings_row *row)
{
	for (int i = 0; i < settings_wish_count; i++)
		if (settings_wishes[i].offset == row->offset)
			return &settings_wishes[i];
	return NULL;
}

/* An empty text where the row allows one means "none" and needs no wish granted. */
static bool granted(const struct settings_row *row, const char *value)
{
	const struct settings_wish *wish = wish_of(row);
	bool none = row->kind == SETTINGS_TEXT && row->least == 0 && *value == '\0';

	return wish == NULL || none || wish->granted(value);
}

bool settings_set(struct settings *s, const struct settings_row *row, const char *value, char *why,
                  size_t why_size)
{
	if (granted(row, value) && setters[row->kind](member(s, row), row, value))
		return true;
	settings_allowed(row, why, why_size);
	return false;
}

void settings_defaults(struct settings *s)
{
	char why[1];

	memcpy(s, settings_constants(), sizeof(*s));
	for (int i = 0; i < settings_row_count; i++)
		settings_set(s, &settings_rows[i], settings_rows[i].preset, why, sizeof(why));
}

static const struct settings_row *find(const struct settings_row *rows, int count, const char *section, const char *key)
{
	for (int i = 0; i < count; i++)
		if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

const struct settings_row *settings_find(const char *section, const char *key)
{
	return find(settings_rows, settings_row_count, section, key);
}

const struct settings_row *settings_fixed(const char *section, const char *key)
{
	return find(settings_fixed_rows, settings_fixed_count, section, key);
}

static const struct settings_row *find_at(const struct settings_row *rows, int count, size_t offset)
{
	for (int i = 0; i < count; i++)
		if (rows[i].offset == offset)
			return &rows[i];
	return NULL;
}

const struct settings_row *settings_at(size_t offset)
{
	return find_at(settings_rows, settings_row_count, offset);
}

/* A number as the owner would write it: no more digits behind the point than it needs. */
static void put_number(struct text *t, const struct settings_row *row, int32_t n)
{
	int decimals = decimals_of(row);

	if (decimals == 0) {
		text_int(t, n);
		return;
	}
	for (int32_t rest = n; decimals > 0 && rest % 10 == 0; rest /= 10)
		decimals--;
	text_milli(t, n, decimals);
}

static void put_unit(struct text *t, const struct settings_row *row)
{
	if (*row->unit == '\0')
		return;
	text_str(t, " ");
	text_str(t, row->unit);
}

static void put_range(struct text *t, const struct settings_row *row)
{
	put_number(t, row, row->least);
	text_str(t, " to ");
	put_number(t, row, row->most);
	put_unit(t, row);
}

static void put_words(struct text *t, const char *words)
{
	for (size_t length; *words != '\0'; words += length) {
		length = strcspn(words, "|");
		text_chars(t, words, length);
		if (words[length] == '\0')
			continue;
		words++;
		text_str(t, strchr(words + length, '|') != NULL ? ", " : " or ");
	}
}

static void put_text_lengths(struct text *t, const struct settings_row *row)
{
	if (row->least == 0)
		text_str(t, "empty or ");
	text_str(t, "up to ");
	text_int(t, row->most);
	text_str(t, " characters");
}

/* What the kind of a row takes. */
static void put_allowed(struct text *t, const struct settings_row *row)
{
	switch (row->kind) {
	case SETTINGS_BOOL:
	case SETTINGS_CHOICE:
		put_words(t, words_of(row));
		break;
	case SETTINGS_INT:
	case SETTINGS_MILLI:
		if (row->choices != NULL) {
			text_str(t, row->choices);
			text_str(t, " or ");
		}
		text_str(t, row->kind == SETTINGS_INT ? "a whole number from " : "a number from ");
		put_range(t, row);
		break;
	case SETTINGS_TEXT:
		put_text_lengths(t, row);
		break;
	case SETTINGS_ADDRESSES:
		text_str(t, "auto or different numbers from ");
		put_range(t, row);
		text_str(t, ", such as 1,2,3");
		break;
	default: /* SETTINGS_TAPER_MV, SETTINGS_TAPER_PCT: no key is one */
		break;
	}
}

void settings_allowed(const struct settings_row *row, char *out, size_t size)
{
	const struct settings_wish *wish = wish_of(row);
	struct text t = text_in(out, size);

	if (wish == NULL || row->kind == SETTINGS_TEXT)
		put_allowed(&t, row);
	if (wish == NULL)
		return;
	if (row->kind == SETTINGS_TEXT)
		text_str(&t, ", ");
	text_str(&t, wish->allowed);
}

static void put_addresses(struct text *t, const struct settings_row *row, uint32_t mask)
{
	bool first = true;

	if (mask == 0)
		text_str(t, row->preset);
	for (int i = 0; i < ADDRESS_MAX; i++) {
		if (!(mask >> i & 1))
			continue;
		if (!first)
			text_str(t, ",");
		text_int(t, i + 1);
		first = false;
	}
}

static void put_word(struct text *t, const char *words, int32_t index)
{
	for (; index > 0 && strchr(words, '|') != NULL; index--)
		words = strchr(words, '|') + 1;
	text_chars(t, words, strcspn(words, "|"));
}

static void put_taper(struct text *t, const struct settings_row *row, const struct settings *s)
{
	for (int i = 0; i < SETTINGS_TAPER_POINTS; i++) {
		if (i > 0)
			text_str(t, " ");
		put_number(t, row, number_at(s, row->offset, i));
	}
}

void settings_get(const struct settings *s, const struct settings_row *row, char *out, size_t size)
{
	struct text t = text_in(out, size);

	switch (row->kind) {
	case SETTINGS_BOOL:
		put_word(&t, words_of(row), *member_const(s, row) != 0);
		break;
	case SETTINGS_CHOICE:
		put_word(&t, row->choices, number_at(s, row->offset, 0));
		break;
	case SETTINGS_INT:
	case SETTINGS_MILLI:
		if (row->choices != NULL && number_at(s, row->offset, 0) == 0)
			text_str(&t, row->choices);
		else
			put_number(&t, row, number_at(s, row->offset, 0));
		break;
	case SETTINGS_TEXT:
		text_str(&t, member_const(s, row));
		break;
	case SETTINGS_ADDRESSES:
		put_addresses(&t, row, (uint32_t)number_at(s, row->offset, 0));
		break;
	default: /* SETTINGS_TAPER_MV, SETTINGS_TAPER_PCT */
		put_taper(&t, row, s);
		break;
	}
}

bool settings_order_kept(const struct settings *s, const struct settings_order *order)
{
	int32_t a = number_at(s, order->a, 0), b = number_at(s, order->b, 0);

	return order->relation == SETTINGS_BELOW ? a < b : a <= b;
}

const struct settings_row *settings_order_row(const struct settings_order *order, bool other)
{
	return settings_at(other ? order->b : order->a);
}

/* "[protection] low_soc", or "the constant high_soc". */
static void put_name(struct text *t, const struct settings_row *row, bool constant)
{
	text_str(t, constant ? "the constant " : "[");
	text_str(t, constant ? "" : row->section);
	text_str(t, constant ? "" : "] ");
	text_str(t, row->key);
}

void settings_order_why(const struct settings *s, const struct settings_order *order, bool other,
                        char *why, size_t why_size)
{
	static const char *const words[][2] = {
		[SETTINGS_BELOW] = { "must be below ", "must be above " },
		[SETTINGS_NOT_ABOVE] = { "must not be above ", "must not be below " },
	};
	size_t offset = other ? order->a : order->b;
	const struct settings_row *key = settings_at(offset);
	const struct settings_row *than = key ? key : find_at(settings_fixed_rows, settings_fixed_count, offset);
	struct text t = text_in(why, why_size);
	char value[NUMBER_MAX];

	text_str(&t, words[order->relation][other]);
	if (!than)
		return; /* an order among members that no table has: there is none (test_settings) */
	put_name(&t, than, !key);
	settings_get(s, than, value, sizeof(value));
	text_str(&t, ", which is ");
	text_str(&t, value);
	put_unit(&t, than);
}
