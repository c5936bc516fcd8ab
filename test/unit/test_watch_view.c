/* Screens of `pylontech-mqtt watch`, character by character. */
#include "check.h"

#include "shell/watch/watch_view.h"

#include <ctype.h>
#include <stdlib.h>

#define NOW_MS 1000000

static char text[WATCH_SCREEN_MAX];

/* ---- What there is to show ---- */

static void fill_cells(struct figures *f, int cells, int32_t low_mv)
{
	f->cells = opt_some(cells);
	for (int i = 0; i < cells; i++) {
		f->cell_mv[i] = opt_some(low_mv + 7 * i);
		f->balance[i] = opt_some(0);
	}
	f->cell_low_mv = f->cell_mv[0];
	f->cell_high_mv = f->cell_mv[cells - 1];
	f->diff_mv = opt_some(f->cell_high_mv.value - low_mv);
	strcpy(f->cell_low_id, "C1");
	snprintf(f->cell_high_id, sizeof f->cell_high_id, "C%d", cells);
}

static void fill_alarms(struct figures *f)
{
	for (enum alarm a = 0; a < ALARMS; a++)
		f->alarm[a] = opt_some(0);
}

static void add_module(struct watch_model *v, int address)
{
	struct watch_document *d = &v->module[address - 1];
	struct watch_member *m = &v->link.member[address - 1];
	struct figures *f = &d->figures;

	d->known = m->listed = m->online = true;
	d->heard_ms = NOW_MS - 2000;
	m->age_ms = opt_some(1000 * address);
	snprintf(m->name, sizeof m->name, "EXTRA2000");
	snprintf(m->firmware, sizeof m->firmware, "B62.4");
	snprintf(m->barcode, sizeof m->barcode, "SERIAL%02d", address);
	snprintf(m->state, sizeof m->state, "Dischg");
	f->soc_milli = opt_some(80400 + 1000 * address);
	f->voltage_mv = opt_some(50084 + 10 * address);
	f->current_ma = opt_some(-3190 * address);
	f->temp_high_mc = opt_some(24000 + 1000 * address);
	f->ccl_ma = opt_some(20000);
	f->dcl_ma = opt_some(25000);
	fill_cells(f, 15, 3340);
	fill_alarms(f);
}

static void add_bank(struct watch_model *v)
{
	struct figures *f = &v->bank.figures;

	v->bank.known = true;
	v->bank.heard_ms = NOW_MS - 1000;
	f->soc_milli = opt_some(83800);
	f->voltage_mv = opt_some(50200);
	f->current_ma = opt_some(-9570);
	f->power_mw = opt_some(-480414);
	f->capacity_mah = opt_some(125400);
	f->installed_mah = opt_some(150000);
	f->time_to_go_s = opt_some(47172);
	f->soh_pct = opt_some(98);
	f->cycles = opt_some(211);
	f->cvl_mv = opt_some(52500);
	f->ccl_ma = opt_some(0);
	f->dcl_ma = opt_some(75000);
	strcpy(f->mode, "Bulk");
	strcpy(v->link.reasons.charge_voltage, "Bulk");
	strcpy(v->link.reasons.charge_current, "Cold: 3.0 C, module 2 cell 5");
	strcpy(v->link.reasons.discharge_current, "BMS recommendation: 25.0 A, module 1");
	strcpy(f->connection, "3 of 3 modules");
	f->allow_charge = opt_some(0);
	f->allow_discharge = opt_some(1);
	f->cell_low_mv = opt_some(3340);
	f->cell_high_mv = opt_some(3438);
	strcpy(f->cell_low_id, "M1C1");
	strcpy(f->cell_high_id, "M3C15");
	f->temp_low_mc = opt_some(3000);
	f->temp_high_mc = opt_some(27000);
	strcpy(f->temp_low_id, "M2C5");
	strcpy(f->temp_high_id, "M3");
	fill_alarms(f);
}

/* An online service with modules 1 to `modules`. */
static struct watch_model *fresh(int modules)
{
	static struct watch_model v;

	memset(&v, 0, sizeof v);
	strcpy(v.base, "victron-battery-middleware");
	strcpy(v.broker, "127.0.0.1:1883");
	v.connected = v.heard = true;
	v.heard_ms = NOW_MS - 1000;
	v.status = WATCH_ONLINE;
	v.link.known = true;
	v.link.heard_ms = NOW_MS - 3000;
	strcpy(v.link.version, "0.1.0");
	v.link.speed_baud = opt_some(19200);
	v.link.cycle_ms = opt_some(8440);
	v.link.good = opt_some(1250);
	v.link.damaged = opt_some(2);
	v.link.late = opt_some(0);
	add_bank(&v);
	for (int address = 1; address <= modules; address++)
		add_module(&v, address);
	return &v;
}

static struct watch_model *empty(void)
{
	struct watch_model *v = fresh(0);

	memset(v, 0, sizeof *v);
	strcpy(v->base, "victron-battery-middleware");
	strcpy(v->broker, "127.0.0.1:1883");
	return v;
}

static const char *draw(const struct watch_model *v, int columns, int rows)
{
	struct watch_screen screen = { .columns = columns, .rows = rows, .keys = rows > 0, .now_ms = NOW_MS };

	size_t length = watch_view_draw(v, &screen, text, sizeof text);

	assert_int_equal(length, strlen(text));
	return text;
}

/* ---- Whole screens ---- */

static void test_whole(void **state)
{
	struct watch_model *v = fresh(3);

	(void)state;
	v->chosen = 2;
	v->module[1].figures.balance[14] = opt_some(1);
	v->module[1].figures.cell_mv[4] = opt_none();
	v->module[1].figures.alarm[ALARM_LOW_CHARGE_TEMPERATURE] = opt_some(2);
	v->bank.figures.alarm[ALARM_LOW_CHARGE_TEMPERATURE] = opt_some(2);
	v->bank.figures.alarm[ALARM_LOW_TEMPERATURE] = opt_some(1);
	assert_string_equal(draw(v, 80, 24),
		"pylontech-mqtt 0.1.0   victron-battery-middleware at 127.0.0.1:1883\n"
		"online   pass 8.4 s at 19200 baud   replies: 1250 good, 2 damaged, 0 late\n"
		"\n"
		"Bank   [#########################.....]  83.8 %   50.20 V    -9.57 A    -480 W\n"
		"Cells  3.340 V M1C1 to 3.438 V M3C15   3.0 C M2C5 to 27.0 C M3\n"
		"Charge 125.4 of 150.0 Ah, empty in 13 h   3 of 3 modules   SoH 98 %, 211 cycles\n"
		"CVL    52.50 V   Bulk\n"
		"CCL      0.0 A   blocked: Cold: 3.0 C, module 2 cell 5\n"
		"DCL     75.0 A   BMS recommendation: 25.0 A, module 1\n"
		"Alarms ALARM LowChargeTemperature (M2), warning LowTemperature\n"
		"\n"
		"  #    SoC      V       A lowest   highest    spread     C   CCL   DCL    age\n"
		"  1   81 %  50.09   -3.19 3.340 C1  3.438 C15  0.098  25.0  20.0  25.0    4 s\n"
		"> 2!  82 %  50.10   -6.38 3.340 C1  3.438 C15  0.098  26.0  20.0  25.0    5 s\n"
		"  3   83 %  50.11   -9.57 3.340 C1  3.438 C15  0.098  27.0  20.0  25.0    6 s\n"
		"\n"
		"Module 2   bars: 3.33 to 3.44 V, *: balancing   EXTRA2000 B62.4 SERIAL02\n"
		"C1  3.340 #.............  C6  3.375 ######........  C11 3.410 ##########....\n"
		"C2  3.347 ##............  C7  3.382 #######.......  C12 3.417 ###########...\n"
		"C3  3.354 ###...........  C8  3.389 ########......  C13 3.424 ############..\n"
		"C4  3.361 ####..........  C9  3.396 ########......  C14 3.431 #############.\n"
		"C5      -                 C10 3.403 #########.....  C15 3.438 ##############*\n"
		"q: end   1-9, n, p, arrows: another module\n");
}

/* Nothing heard: a dash everywhere, not one zero. */
static void test_nothing(void **state)
{
	(void)state;
	assert_string_equal(draw(empty(), 80, 24),
		"pylontech-mqtt         victron-battery-middleware at 127.0.0.1:1883\n"
		"Connecting\n"
		"\n"
		"Bank   [                              ]     -         -          -         -\n"
		"Cells  - to -   - to -\n"
		"Charge - of -   -   SoH -, - cycles\n"
		"CVL        -     -\n"
		"CCL        -     -\n"
		"DCL        -     -\n"
		"Alarms -\n"
		"\n"
		"  #    SoC      V       A lowest   highest    spread     C   CCL   DCL    age\n"
		"\n"
		"q: end\n");
	for (const char *c = strchr(text, '\n'); *c != '\0'; c++)
		assert_false(isdigit((unsigned char)*c));
}

/* Values that one module does not tell, in all the places where they would stand. */
static void test_absent(void **state)
{
	struct watch_model *v = fresh(1);

	(void)state;
	memset(&v->module[0].figures, 0, sizeof v->module[0].figures);
	v->link.member[0].age_ms = opt_none();
	v->bank.figures.ccl_ma = v->bank.figures.soh_pct = v->bank.figures.cycles = opt_none();
	v->bank.figures.allow_charge = opt_none();
	v->bank.figures.time_to_go_s = opt_none();
	assert_string_equal(draw(v, 80, 0),
		"pylontech-mqtt 0.1.0   victron-battery-middleware at 127.0.0.1:1883\n"
		"online   pass 8.4 s at 19200 baud   replies: 1250 good, 2 damaged, 0 late\n"
		"\n"
		"Bank   [#########################.....]  83.8 %   50.20 V    -9.57 A    -480 W\n"
		"Cells  3.340 V M1C1 to 3.438 V M3C15   3.0 C M2C5 to 27.0 C M3\n"
		"Charge 125.4 of 150.0 Ah   3 of 3 modules   SoH -, - cycles\n"
		"CVL    52.50 V   Bulk\n"
		"CCL        -     Cold: 3.0 C, module 2 cell 5\n"
		"DCL     75.0 A   BMS recommendation: 25.0 A, module 1\n"
		"Alarms none\n"
		"\n"
		"  #    SoC      V       A lowest   highest    spread     C   CCL   DCL    age\n"
		"> 1    -        -       -     -         -          -     -     -     -      -\n"
		"\n"
		"Module 1   EXTRA2000 B62.4 SERIAL01\n");
}

/* While nothing is drawn there is no end; and until the link has told why, the stage alone stands there. */
static void test_told_otherwise(void **state)
{
	static const struct {
		int32_t time_to_go_s;
		const char *charge;
	} rows[] = {
		{ 864000, "\nCharge 125.4 of 150.0 Ah   3 of 3 modules" },
		{ 863999, "\nCharge 125.4 of 150.0 Ah, empty in 9 d   3 of 3 modules" },
	};
	struct watch_model *v = fresh(1);

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		v->bank.figures.time_to_go_s = opt_some(rows[i].time_to_go_s);
		if (strstr(draw(v, 80, 0), rows[i].charge) == NULL)
			fail_msg("%s", text);
	}
	strcpy(v->link.reasons.charge_voltage, "Bulk (Cell headroom: 3.512 V, module 3 cell 5)");
	assert_non_null(strstr(draw(v, 80, 0), "\nCVL    52.50 V   Bulk (Cell headroom: 3.512 V, module 3 cell 5)\n"));
	memset(&v->link, 0, sizeof v->link);
	assert_non_null(strstr(draw(v, 80, 0), "\nCVL    52.50 V   Bulk\nCCL      0.0 A   blocked: -\nDCL     75.0 A   -\n"));
}

static void test_narrow(void **state)
{
	struct watch_model *v = fresh(2);

	(void)state;
	assert_string_equal(draw(v, 59, 24),
		"pylontech-mqtt 0.1.0   victron-battery-middleware at 127.0.\n"
		"online   pass 8.4 s at 19200 baud   replies: 1250 good, 2 d\n"
		"\n"
		"Bank   [########..]  83.8 %   50.20 V    -9.57 A    -480 W\n"
		"Cells  3.340 V M1C1 to 3.438 V M3C15   3.0 C M2C5 to 27.0 C\n"
		"Charge 125.4 of 150.0 Ah, empty in 13 h   3 of 3 modules\n"
		"CVL    52.50 V   Bulk\n"
		"CCL      0.0 A   blocked: Cold: 3.0 C, module 2 cell 5\n"
		"DCL     75.0 A   BMS recommendation: 25.0 A, module 1\n"
		"Alarms none\n"
		"\n"
		"  #    SoC       A lowest   highest    spread     C    age\n"
		"> 1   81 %   -3.19 3.340 C1  3.438 C15  0.098  25.0    4 s\n"
		"  2   82 %   -6.38 3.340 C1  3.438 C15  0.098  26.0    5 s\n"
		"Module 1   bars: 3.33 to 3.44 V, *: balancing   EXTRA2000 B\n"
		"C1  3.340 ##...............  C9  3.396 ##########.......\n"
		"C2  3.347 ###..............  C10 3.403 ###########......\n"
		"C3  3.354 ####.............  C11 3.410 ############.....\n"
		"C4  3.361 #####............  C12 3.417 #############....\n"
		"C5  3.368 ######...........  C13 3.424 ###############..\n"
		"C6  3.375 #######..........  C14 3.431 ################.\n"
		"C7  3.382 ########.........  C15 3.438 #################\n"
		"C8  3.389 #########........\n"
		"q: end   1-9, n, p, arrows: another module\n");
}

static void test_wide(void **state)
{
	struct watch_model *v = fresh(2);

	(void)state;
	v->link.member[1].online = false;
	assert_string_equal(draw(v, 110, 0),
		"pylontech-mqtt 0.1.0   victron-battery-middleware at 127.0.0.1:1883\n"
		"online   pass 8.4 s at 19200 baud   replies: 1250 good, 2 damaged, 0 late\n"
		"\n"
		"Bank   [##################################......]  83.8 %   50.20 V    -9.57 A    -480 W\n"
		"Cells  3.340 V M1C1 to 3.438 V M3C15   3.0 C M2C5 to 27.0 C M3\n"
		"Charge 125.4 of 150.0 Ah, empty in 13 h   3 of 3 modules   SoH 98 %, 211 cycles\n"
		"CVL    52.50 V   Bulk\n"
		"CCL      0.0 A   blocked: Cold: 3.0 C, module 2 cell 5\n"
		"DCL     75.0 A   BMS recommendation: 25.0 A, module 1\n"
		"Alarms none\n"
		"\n"
		"  #    SoC      V       A lowest   highest    spread     C   CCL   DCL    age state\n"
		"> 1   81 %  50.09   -3.19 3.340 C1  3.438 C15  0.098  25.0  20.0  25.0    4 s Dischg\n"
		"  2   does not answer; its last values are 5 s old\n"
		"\n"
		"Module 1   bars: 3.33 to 3.44 V, *: balancing   EXTRA2000 B62.4 SERIAL01\n"
		"C1  3.340 #..............  C5  3.368 #####..........  C9  3.396 #########......  C13 3.424 #############..\n"
		"C2  3.347 ##.............  C6  3.375 ######.........  C10 3.403 ##########.....  C14 3.431 ##############.\n"
		"C3  3.354 ###............  C7  3.382 #######........  C11 3.410 ###########....  C15 3.438 ###############\n"
		"C4  3.361 ####...........  C8  3.389 ########.......  C12 3.417 ############...\n");
}

/* ---- Many modules, few lines ---- */

static const char *line_of(int number)
{
	const char *at = text;

	for (int i = 1; i < number; i++) {
		at = strchr(at, '\n');
		assert_non_null(at);
		at++;
	}
	return at;
}

static int lines(void)
{
	int count = 0;

	for (const char *c = text; *c != '\0'; c++)
		count += *c == '\n';
	return count;
}

/* 16 modules on 24 lines: seven of them around the chosen one, and its cells below. */
static void test_window(void **state)
{
	static const struct {
		int chosen, first, last;
	} rows[] = { { 0, 1, 7 }, { 1, 1, 7 }, { 4, 1, 7 }, { 5, 2, 8 }, { 12, 9, 15 }, { 13, 10, 16 }, { 16, 10, 16 } };

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		struct watch_model *v = fresh(16);
		int chosen = rows[i].chosen == 0 ? 1 : rows[i].chosen;

		v->chosen = rows[i].chosen;
		draw(v, 80, 24);
		assert_row("lines", i, lines(), 24);
		for (int address = rows[i].first; address <= rows[i].last; address++) {
			char start[8];

			snprintf(start, sizeof start, "%c%2d ", address == chosen ? '>' : ' ', address);
			assert_memory_equal(line_of(11 + address - rows[i].first), start, strlen(start));
		}
		assert_int_equal(atoi(line_of(18) + strlen("Module ")), chosen);
		assert_non_null(strstr(line_of(24), "7 of 16 shown"));
	}
}

/* No line is too long and none too many, whatever the size and however much there is. */
static void test_every_size(void **state)
{
	(void)state;
	for (int modules = 0; modules <= 16; modules += 4) {
		struct watch_model *v = fresh(modules);

		for (int columns = 30; columns <= 210; columns += 3) {
			for (int rows = 1; rows <= 45; rows++) {
				draw(v, columns, rows);
				assert_in_range(lines(), 1, rows);
				for (int i = 1; i <= lines(); i++)
					assert_in_range(strcspn(line_of(i), "\n"), 0, columns < 200 ? columns : 200);
			}
		}
	}
}

/* Every module is there when there are lines enough, and 24 cells find room. */
static void test_all(void **state)
{
	struct watch_model *v = fresh(16);

	(void)state;
	fill_cells(&v->module[15].figures, 24, 3300);
	v->chosen = 16;
	draw(v, 80, 0);
	for (int address = 1; address <= 16; address++)
		assert_int_equal(atoi(line_of(12 + address) + 1), address);
	assert_non_null(strstr(text, "\nC8  3.349 #####.........  C16 3.405 #########.....  C24 3.461 #############.\n"));
}

/* ---- The line that says whether it can be believed ---- */

struct believed {
	const char *what;
	bool connected, heard, bank;
	const char *trouble;
	enum watch_status status;
	int64_t status_age_ms;
	bool status_seen;
	int64_t heard_age_ms;
	const char *line;
};

static const struct believed believed[] = {
	{ "starting", false, false, false, "", WATCH_UNTOLD, 0, false, 0, "Connecting\n" },
	{ "no broker", false, false, false, "Connection refused", WATCH_UNTOLD, 0, false, 0,
	  "No broker (Connection refused), trying again; nothing was heard from it\n" },
	{ "lost the broker", false, true, true, "connection closed", WATCH_UNTOLD, 0, false, 35000,
	  "No broker (connection closed), trying again; last heard 35 s ago\n" },
	{ "nothing heard", true, false, false, "", WATCH_UNTOLD, 0, false, 0,
	  "Waiting: the service has said nothing yet. Is it running?\n" },
	{ "online, nothing heard", true, false, false, "", WATCH_ONLINE, 500, false, 0,
	  "Waiting: the service has said nothing yet. Is it running?\n" },
	{ "ended", true, true, true, "", WATCH_OFFLINE, 35000, true, 36000,
	  "The service has been offline for 35 s; last heard 36 s ago\n" },
	{ "ended before", true, false, false, "", WATCH_OFFLINE, 130000, false, 0,
	  "The service has been offline for 2 min or longer; nothing was heard from it\n" },
	{ "just ended", true, true, true, "", WATCH_OFFLINE, 15000, true, 15000,
	  "No battery has been read for 15 s: the limits are those for a lost one\n" },
	{ "no battery yet", true, true, false, "", WATCH_OFFLINE, 15000, false, 3000,
	  "No battery has been read for 15 s or longer\n" },
	{ "hangs", true, true, true, "", WATCH_ONLINE, 99000, true, 15001,
	  "The service has fallen silent; last heard 15 s ago\n" },
	{ "good", true, true, true, "", WATCH_ONLINE, 99000, true, 15000,
	  "online   pass 8.4 s at 19200 baud   replies: 1250 good, 2 damaged, 0 late\n" },
	{ "no status", true, true, true, "", WATCH_UNTOLD, 0, false, 1000,
	  "status unknown   pass 8.4 s at 19200 baud   replies: 1250 good, 2 damaged, 0\n" },
};

static void test_believed(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT_OF(believed); i++) {
		const struct believed *b = &believed[i];
		struct watch_model *v = fresh(1);

		v->connected = b->connected;
		strcpy(v->trouble, b->trouble);
		v->status = b->status;
		v->status_ms = NOW_MS - b->status_age_ms;
		v->status_seen = b->status_seen;
		v->heard = b->heard;
		v->heard_ms = v->bank.heard_ms = NOW_MS - b->heard_age_ms;
		v->bank.known = b->bank;
		draw(v, 76, 0);
		if (strncmp(line_of(2), b->line, strlen(b->line)) != 0)
			fail_msg("%s: %.80s", b->what, line_of(2));
	}
}

/* ---- Colours, and what others may send ---- */

static void strip(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (*s == '\x1b')
			s = strchr(s, 'm') + 1;
		else
			*to++ = *s++;
	}
	*to = '\0';
}

/* The same text with colours and without, and none left on at the end of a line. */
static void test_colours(void **state)
{
	static char plain[WATCH_SCREEN_MAX];
	struct watch_screen screen = { .columns = 80, .rows = 24, .colour = true, .keys = true, .now_ms = NOW_MS };
	struct watch_model *v = fresh(3);

	(void)state;
	v->link.member[1].online = false;
	v->module[0].figures.balance[3] = opt_some(1);
	v->bank.figures.alarm[ALARM_LOW_SOC] = opt_some(1);
	strcpy(plain, draw(v, 80, 24));
	assert_null(strchr(plain, '\x1b'));
	watch_view_draw(v, &screen, text, sizeof text);
	assert_non_null(strstr(text, "\x1b[1;31mblocked: Cold: 3.0 C, module 2 cell 5\x1b[0m\n"));
	assert_non_null(strstr(text, "Alarms \x1b[33mwarning LowSoc\x1b[0m\n"));
	assert_non_null(strstr(text, "C4  3.361 \x1b[33m####..........*\x1b[0m"));
	assert_non_null(strstr(text, "\n\x1b[1;31m  2   does not answer"));
	assert_non_null(strstr(text, "\n\x1b[7m> 1   81 %"));
	strip(text);
	assert_string_equal(text, plain);
}

static void test_hostile(void **state)
{
	struct watch_model *v = fresh(1);

	(void)state;
	strcpy(v->link.member[0].name, "\x1b[2J\x07\x9b\xff\n");
	strcpy(v->link.reasons.charge_voltage, "a\x1b]0;b\x07");
	strcpy(v->base, "\r\x7f");
	for (const char *c = draw(v, 80, 0); *c != '\0'; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c <= '~'));
	assert_non_null(strstr(text, "   ?? at 127"));
	assert_non_null(strstr(text, "?[2J????"));
}

/* A failed sense line does not stretch the scale; its bar is full, or empty. */
static void test_failed_sense_line(void **state)
{
	struct watch_model *v = fresh(1);

	(void)state;
	v->module[0].figures.cell_mv[0] = opt_some(4095);
	v->module[0].figures.cell_mv[1] = opt_some(0);
	draw(v, 80, 0);
	assert_non_null(strstr(text, "bars: 3.33 to 3.44 V"));
	assert_non_null(strstr(text, "\nC1  4.095 ##############"));
	assert_non_null(strstr(text, "\nC2  0.000 .............."));
}

/* Every alarm is named, on as many lines as that takes; modules make room. */
static void test_many_alarms(void **state)
{
	struct watch_model *v = fresh(16);
	const char *end;

	(void)state;
	for (enum alarm a = 0; a < ALARMS; a++)
		v->bank.figures.alarm[a] = opt_some(1 + (int32_t)a % 2);
	for (int i = 0; i < 16; i++) {
		v->module[i].figures.alarm[ALARM_LOW_CHARGE_TEMPERATURE] = opt_some(2);
		v->module[i].figures.alarm[ALARM_LOW_SOC] = opt_some(i % 8 == 2);
	}
	draw(v, 80, 0);
	end = strstr(text, "\n  #");
	for (enum alarm a = 0; a < ALARMS; a++) {
		const char *name = strstr(text, alarms_key(a));

		assert_true(name != NULL && name < end);
	}
	assert_non_null(strstr(text, "LowChargeTemperature (all)"));
	assert_non_null(strstr(text, "warning LowSoc (M3 M11)"));
	assert_true(strstr(text, "ALARM HighVoltage") < strstr(text, "warning LowVoltage"));
	draw(v, 80, 30);
	assert_int_equal(lines(), 30);
}

/* ---- Choosing, completeness ---- */

/* Unless somebody has chosen, the cells of the module are shown that needs it most. */
static void test_most_spread(void **state)
{
	struct watch_model *v = fresh(3);

	(void)state;
	v->module[2].figures.diff_mv.value = v->module[0].figures.diff_mv.value + 1; /* noise */
	draw(v, 80, 0);
	assert_non_null(strstr(text, "\n> 1 "));
	v->module[2].figures.diff_mv.value += 30;
	draw(v, 80, 0);
	assert_non_null(strstr(text, "\n> 3 "));
	v->link.member[2].online = false; /* its values are old */
	draw(v, 80, 0);
	assert_non_null(strstr(text, "\n> 1 "));
}

static void test_choice(void **state)
{
	struct watch_model *v = fresh(3);

	(void)state;
	v->module[1].known = v->link.member[1].listed = false; /* 1 and 3 */
	watch_model_move(v, 1);
	assert_int_equal(v->chosen, 3);
	watch_model_move(v, 1);
	assert_int_equal(v->chosen, 3);
	watch_model_choose(v, 2);
	assert_int_equal(v->chosen, 3);
	watch_model_move(v, -1);
	assert_int_equal(v->chosen, 1);
	watch_model_move(v, -1);
	assert_int_equal(v->chosen, 1);
	v->chosen = 3;
	v->module[2].known = v->link.member[2].listed = false; /* the chosen one is gone */
	draw(v, 80, 0);
	assert_non_null(strstr(text, "\n> 1"));
	v = empty();
	watch_model_move(v, 1);
	watch_model_move(v, -1);
	assert_int_equal(v->chosen, 0);
}

static void test_complete(void **state)
{
	struct watch_model *v = fresh(2);

	(void)state;
	assert_true(watch_model_complete(v));
	v->link.member[2].listed = true; /* lost: its topic is silent */
	assert_true(watch_model_complete(v));
	v->link.member[2].online = true;
	assert_false(watch_model_complete(v));
	v->module[2].known = true;
	assert_true(watch_model_complete(v));
	v->bank.known = false;
	assert_false(watch_model_complete(v));
	v->bank.known = true;
	v->link.known = false;
	assert_false(watch_model_complete(v));
	v->link.known = true;
	v->status = WATCH_OFFLINE;
	assert_false(watch_model_complete(v));
	assert_false(watch_model_complete(empty()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_told_otherwise),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_believed),
		cmocka_unit_test(test_colours),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_failed_sense_line),
		cmocka_unit_test(test_many_alarms),
		cmocka_unit_test(test_most_spread),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_complete),
	};

	return cmocka_run_group_tests_name("watch_view", tests, NULL, NULL);
}
