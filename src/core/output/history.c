#include "core/output/history.h"

#include "core/base/digest.h"
#include "core/base/number.h"

#include <string.h>

#define HEAD "pylontech-mqtt history 1\n"
#define SUM_NAME "sum "
#define WALL_NAME "saved_s"
#define DIGITS_MAX 18 /* of a number in the text: nothing that is added to it overflows */

/* A wall clock before 2024 was never set. A battery is not stored for longer than this: one of the clocks is wrong. */
#define WALL_LEAST_S INT64_C(1704067200)
#define AWAY_MOST_S (INT64_C(366) * 24 * 3600)

/* The names of the values in the text. A name stays for ever. */
static const char *const names[HISTORY_VALUES] = {
	[HISTORY_VOLTAGE_LOW] = "voltage_low_mv", [HISTORY_VOLTAGE_HIGH] = "voltage_high_mv",
	[HISTORY_CELL_LOW] = "cell_low_mv", [HISTORY_CELL_HIGH] = "cell_high_mv",
	[HISTORY_TEMPERATURE_LOW] = "temperature_low_mc", [HISTORY_TEMPERATURE_HIGH] = "temperature_high_mc",
	[HISTORY_DEEPEST] = "deepest_mah", [HISTORY_DRAWN] = "drawn_mah",
	[HISTORY_CHARGED] = "charged_mwh", [HISTORY_DISCHARGED] = "discharged_mwh",
	[HISTORY_KEPT] = "kept_s", [HISTORY_SINCE_FULL] = "since_full_s", [HISTORY_FULL_SEEN] = "full_seen",
	[HISTORY_LOW_ALARMS] = "low_alarms", [HISTORY_HIGH_ALARMS] = "high_alarms",
	[HISTORY_LOW_ALARM] = "low_alarm", [HISTORY_HIGH_ALARM] = "high_alarm",
};

/* What an extreme is of, and on which side. */
static const struct {
	size_t offset; /* of a struct opt in struct figures */
	bool low;
} extremes[HISTORY_EXTREMES] = {
	[HISTORY_VOLTAGE_LOW] = { offsetof(struct figures, voltage_mv), true },
	[HISTORY_VOLTAGE_HIGH] = { offsetof(struct figures, voltage_mv), false },
	[HISTORY_CELL_LOW] = { offsetof(struct figures, cell_low_mv), true },
	[HISTORY_CELL_HIGH] = { offsetof(struct figures, cell_high_mv), false },
	[HISTORY_TEMPERATURE_LOW] = { offsetof(struct figures, temp_low_mc), true },
	[HISTORY_TEMPERATURE_HIGH] = { offsetof(struct figures, temp_high_mc), false },
	[HISTORY_DEEPEST] = { offsetof(struct figures, consumed_mah), false },
};

#define SECOND_MS 1000
#define HOUR_MS (3600 * SECOND_MS)

/* Adds `amount`, of which `whole` make one of the sum. */
static void add(struct history *h, enum history_value sum, int64_t amount, int64_t whole)
{
	h->rest[sum] += amount;
	h->value[sum] += h->rest[sum] / whole;
	h->rest[sum] %= whole;
}

/* Counts the time since the step before, and what flowed in it. */
static void pass_time(struct history *h, int64_t now_ms)
{
	int64_t ms = now_ms - h->at_ms;

	add(h, HISTORY_KEPT, ms, SECOND_MS);
	add(h, HISTORY_SINCE_FULL, ms, SECOND_MS);
	h->at_ms = now_ms;
	if (!h->running)
		return;
	add(h, HISTORY_DRAWN, number_max(-h->current_ma, 0) * ms, HOUR_MS);
	add(h, HISTORY_CHARGED, number_max(h->power_mw, 0) * ms, HOUR_MS);
	add(h, HISTORY_DISCHARGED, number_max(-h->power_mw, 0) * ms, HOUR_MS);
}

static void widen(struct history *h, enum history_value which, struct opt now)
{
	bool beyond = extremes[which].low ? now.value < h->value[which] : now.value > h->value[which];

	if (!now.known || (h->seen[which] && !beyond))
		return;
	h->seen[which] = true;
	h->value[which] = now.value;
}

/* Counts beginnings. A warning does not count. */
static void note_alarm(struct history *h, enum history_value mark, enum history_value count, struct opt level)
{
	bool on = opt_or(level, 0) == 2;

	h->value[count] += on && h->value[mark] == 0;
	h->value[mark] = on;
}

void history_init(struct history *h, int64_t now_ms)
{
	memset(h, 0, sizeof *h);
	h->at_ms = h->kept_ms = now_ms;
}

void history_step(struct history *h, const struct figures *now, int64_t now_ms)
{
	pass_time(h, now_ms);
	h->running = true;
	h->current_ma = now->current_ma.value;
	h->power_mw = now->power_mw.value;
	for (enum history_value v = 0; v < HISTORY_EXTREMES; v++) {
		struct opt value;

		memcpy(&value, (const char *)now + extremes[v].offset, sizeof value);
		widen(h, v, value);
	}
	note_alarm(h, HISTORY_LOW_ALARM, HISTORY_LOW_ALARMS, now->alarm[ALARM_LOW_VOLTAGE]);
	note_alarm(h, HISTORY_HIGH_ALARM, HISTORY_HIGH_ALARMS, now->alarm[ALARM_HIGH_VOLTAGE]);
}

void history_pause(struct history *h, int64_t now_ms)
{
	h->running = false;
	pass_time(h, now_ms);
}

void history_full(struct history *h)
{
	h->value[HISTORY_SINCE_FULL] = h->rest[HISTORY_SINCE_FULL] = 0;
	h->value[HISTORY_FULL_SEEN] = 1;
}

bool history_due(struct history *h, int64_t now_ms)
{
	if (now_ms - h->kept_ms < HISTORY_KEEP_MS)
		return false;
	h->kept_ms = now_ms;
	return true;
}

/* ---- For the driver ---- */

/* A document's numbers have 32 bits: beyond them a sum stands still. */
static struct opt shown(int64_t value)
{
	return opt_some((int32_t)number_max(number_min(value, INT32_MAX), INT32_MIN));
}

static struct opt shown_extreme(const struct history *h, enum history_value which)
{
	return h->seen[which] ? shown(h->value[which]) : opt_none();
}

void history_show(const struct history *h, struct history_figures *figures)
{
	const int64_t *value = h->value;

	*figures = (struct history_figures){
		.voltage_low_mv = shown_extreme(h, HISTORY_VOLTAGE_LOW),
		.voltage_high_mv = shown_extreme(h, HISTORY_VOLTAGE_HIGH),
		.cell_low_mv = shown_extreme(h, HISTORY_CELL_LOW),
		.cell_high_mv = shown_extreme(h, HISTORY_CELL_HIGH),
		.temp_low_mc = shown_extreme(h, HISTORY_TEMPERATURE_LOW),
		.temp_high_mc = shown_extreme(h, HISTORY_TEMPERATURE_HIGH),
		.drawn_ah = shown(value[HISTORY_DRAWN] / 1000),
		.charged_wh = shown(value[HISTORY_CHARGED] / 1000),
		.discharged_wh = shown(value[HISTORY_DISCHARGED] / 1000),
		.deepest_mah = h->seen[HISTORY_DEEPEST] ? shown(-value[HISTORY_DEEPEST]) : opt_none(),
		.since_full_s = value[HISTORY_FULL_SEEN] ? shown(value[HISTORY_SINCE_FULL]) : opt_none(),
		.low_alarms = shown(value[HISTORY_LOW_ALARMS]),
		.high_alarms = shown(value[HISTORY_HIGH_ALARMS]),
	};
}

/* ---- The text that is kept ---- */

static void put_line(struct text *out, const char *name, int64_t value)
{
	text_str(out, name);
	text_str(out, " ");
	text_int(out, value);
	text_str(out, "\n");
}

void history_write(const struct history *h, int64_t wall_s, struct text *out)
{
	uint32_t sum;

	text_str(out, HEAD);
	for (enum history_value v = 0; v < HISTORY_VALUES; v++)
		if (v >= HISTORY_EXTREMES || h->seen[v])
			put_line(out, names[v], h->value[v]);
	put_line(out, WALL_NAME, wall_s);
	sum = digest_of(out->at, out->used);
	text_str(out, SUM_NAME);
	text_int(out, sum);
	text_str(out, "\n");
}

/* Takes what stands at `*at` when it is `word`. */
static bool take_word(const char **at, const char *end, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(end - *at) < length || memcmp(*at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

/* Takes a number and the line's end behind it. */
static bool take_number(const char **at, const char *end, int64_t *number)
{
	bool negative = take_word(at, end, "-");
	const char *first = *at;

	for (*number = 0; *at < end && **at >= '0' && **at <= '9' && *at - first < DIGITS_MAX; (*at)++)
		*number = *number * 10 + **at - '0';
	if (*at == first || !take_word(at, end, "\n"))
		return false;
	*number = negative ? -*number : *number;
	return true;
}

/* Whether the text ends in the sum of all before; `*end` is then where that line begins. */
static bool check_sum(const char *from, const char **end)
{
	const char *at = *end, *line;
	int64_t sum;

	for (int ends = 0; at > from && (ends += at[-1] == '\n') < 2;)
		at--;
	line = at;
	if (!take_word(&at, *end, SUM_NAME) || !take_number(&at, *end, &sum))
		return false;
	*end = line;
	return sum == digest_of(from, (size_t)(line - from));
}

static void take_value(struct history *h, const char *name, size_t length, int64_t number)
{
	for (enum history_value v = 0; v < HISTORY_VALUES; v++) {
		if (strlen(names[v]) != length || memcmp(names[v], name, length) != 0)
			continue;
		h->value[v] = number;
		if (v < HISTORY_EXTREMES)
			h->seen[v] = true;
	}
}

/* The time for which nobody counted. */
static int64_t away_s(int64_t saved_s, int64_t wall_s)
{
	int64_t away = wall_s - saved_s;

	return saved_s >= WALL_LEAST_S && away >= 0 && away <= AWAY_MOST_S ? away : 0;
}

bool history_read(struct history *h, const char *from, size_t length, int64_t wall_s, int64_t now_ms)
{
	const char *at = from, *end = from + length;
	struct history fresh;
	int64_t away = 0;

	history_init(&fresh, now_ms);
	if (!check_sum(from, &end) || !take_word(&at, end, HEAD))
		return false;
	while (at < end) {
		const char *name = at, *blank = memchr(at, ' ', (size_t)(end - at));
		int64_t number;

		at = blank ? blank + 1 : end;
		if (!take_number(&at, end, &number))
			return false;
		take_value(&fresh, name, (size_t)(blank - name), number);
		if ((size_t)(blank - name) == strlen(WALL_NAME) && memcmp(name, WALL_NAME, strlen(WALL_NAME)) == 0)
			away = away_s(number, wall_s);
	}
	fresh.value[HISTORY_SINCE_FULL] += away;
	*h = fresh;
	return true;
}

void history_adopt(struct history *h, const struct history *other)
{
	if (other->value[HISTORY_KEPT] > h->value[HISTORY_KEPT])
		*h = *other;
}
