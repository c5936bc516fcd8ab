/* The session: scripts of (time, stimulus) against (state, news, orders); every transition is seen. */
#include "check.h"
#include "session_script.h"

#include "core/console/session.h"

/* A console that answers the first newline. */
#define FOUND { 0, OPEN, "", PROBING, NONE, "flush @19200 nl" }, { 20, FEED, PROMPT, IDLE, SESSION_READY, "" }

/* And has given a whole reply. */
#define TRUSTED FOUND, { 30, SEND, "bat 1", AWAITING, NONE, "bat 1" }, { 90, FEED, BAT1, IDLE, SESSION_REPLY, "" }

/* ---- The scripts ---- */

static const struct row awake[] = {
	{ 0, FLAGS, " 19200", CLOSED, NONE, "" },
	{ 0, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 5, OPEN, "", PROBING, NONE, "" },
	{ 5, START, "", PROBING, NONE, "" },
	{ 5, SEND, "refused: pwr 1", PROBING, NONE, "" },
	{ 20, FEED, "\n\r\n\rpylon", PROBING, NONE, "" },
	{ 21, FEED, ">", IDLE, SESSION_READY, "" },
	{ 21, FLAGS, " 19200", IDLE, NONE, "" },
	{ 30, SEND, "refused: newline", IDLE, NONE, "" },
	{ 30, SEND, "refused: wake", IDLE, NONE, "" },
	{ 30, SEND, "refused: pwr 0", IDLE, NONE, "" },
	{ 30, SEND, "refused: pwr 17", IDLE, NONE, "" },
	{ 30, START, "", IDLE, NONE, "" },
	{ 40, FEED, "noise\377\r\npylon>", IDLE, NONE, "" },
	{ 50, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 50, SEND, "refused: pwr 1", AWAITING, NONE, "" },
	{ 900, FEED, BAT1, IDLE, SESSION_REPLY, "" },
	{ 900, FLAGS, "f 19200", IDLE, NONE, "" },
	{ 900, SEND, "pwr", AWAITING, NONE, "pwr" },
	{ 950, FEED, "pwr\n@\n1 Absent" DONE, IDLE, SESSION_REPLY, "" },
};

static const struct row woken_at_first[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 500, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 933, TICK, "", KNOCKING, NONE, "@19200 flush nl" },
	{ 1433, TICK, "", KNOCKING, NONE, "nl" },
	{ 1933, TICK, "", KNOCKING, NONE, "nl" },
	{ 2000, FEED, "\n\r\n", KNOCKING, NONE, "" },
	{ 2001, FEED, "\rpylon>", IDLE, SESSION_READY, "" },
	{ 2001, FLAGS, "w 19200", IDLE, NONE, "" },
	{ 2002, FEED, PROMPT PROMPT, IDLE, NONE, "" },
};

static const struct row woken_at_second[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @115200 nl" },
	{ 500, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 600, FEED, "\377\200pylon>", WAKING, NONE, "" },
	{ 933, TICK, "", KNOCKING, NONE, "@115200 flush nl" },
	{ 1433, TICK, "", KNOCKING, NONE, "nl" },
	{ 1933, TICK, "", KNOCKING, NONE, "nl" },
	{ 2433, TICK, "", KNOCKING, NONE, "nl" },
	{ 2933, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 3366, TICK, "", KNOCKING, NONE, "@115200 flush nl" },
	{ 3400, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 3400, FLAGS, "w 115200", IDLE, NONE, "" },
};

static const struct row nobody[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @9600 nl" },
	{ 500, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 933, TICK, "", KNOCKING, NONE, "@9600 flush nl" },
	{ 1433, TICK, "", KNOCKING, NONE, "nl" },
	{ 1933, TICK, "", KNOCKING, NONE, "nl" },
	{ 2433, TICK, "", KNOCKING, NONE, "nl" },
	{ 2933, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 3366, TICK, "", KNOCKING, NONE, "@9600 flush nl" },
	{ 3866, TICK, "", KNOCKING, NONE, "nl" },
	{ 4366, TICK, "", KNOCKING, NONE, "nl" },
	{ 4866, TICK, "", KNOCKING, NONE, "nl" },
	{ 5366, TICK, "", PAUSED, SESSION_SILENT, "" },
	{ 5366, FLAGS, " 9600", PAUSED, NONE, "" },
	{ 5400, SEND, "refused: pwr 1", PAUSED, NONE, "" },
	{ 5500, FEED, "x" PROMPT, PAUSED, NONE, "" },
	{ 9000, START, "", PROBING, NONE, "nl" },
	{ 9010, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 9010, FLAGS, " 9600", IDLE, NONE, "" },
};

#define WAKE_UP(t, speed)                                                                         \
	{ t, TICK, "", WAKING, NONE, "@1200 wake" },                                              \
	{ t + 433, TICK, "", KNOCKING, NONE, speed " flush nl" },                                 \
	{ t + 933, TICK, "", KNOCKING, NONE, "nl" }, { t + 1433, TICK, "", KNOCKING, NONE, "nl" }, \
	{ t + 1933, TICK, "", KNOCKING, NONE, "nl" }

/* Every speed is probed, then each woken twice; the second round finds the console at the third. */
static const struct row auto_all_speeds[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 500, TICK, "", PROBING, NONE, "@115200 nl" },
	{ 1000, TICK, "", PROBING, NONE, "@9600 nl" },
	WAKE_UP(1500, "@19200"),
	WAKE_UP(3933, "@19200"),
	WAKE_UP(6366, "@115200"),
	WAKE_UP(8799, "@115200"),
	WAKE_UP(11232, "@9600"),
	WAKE_UP(13665, "@9600"),
	{ 16098, TICK, "", PAUSED, SESSION_SILENT, "" },
	{ 20000, START, "", PROBING, NONE, "@19200 nl" },
	{ 20500, TICK, "", PROBING, NONE, "@115200 nl" },
	{ 21000, TICK, "", PROBING, NONE, "@9600 nl" },
	{ 21030, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 21030, FLAGS, " 9600", IDLE, NONE, "" },
};

/* Found at 115200 by waking: from then on only this speed is tried, also after the port was lost. */
static const struct row auto_found_once[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 500, TICK, "", PROBING, NONE, "@115200 nl" },
	{ 1000, TICK, "", PROBING, NONE, "@9600 nl" },
	WAKE_UP(1500, "@19200"),
	WAKE_UP(3933, "@19200"),
	{ 6366, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 6799, TICK, "", KNOCKING, NONE, "@115200 flush nl" },
	{ 6800, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 6800, FLAGS, "w 115200", IDLE, NONE, "" },
	{ 6810, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 6890, FEED, BAT1, IDLE, SESSION_REPLY, "" },
	{ 6890, FLAGS, "fw 115200", IDLE, NONE, "" },
	{ 6900, CLOSE, "", CLOSED, NONE, "" },
	{ 8000, OPEN, "", PROBING, NONE, "flush @115200 nl" },
	{ 8500, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 8933, TICK, "", KNOCKING, NONE, "@115200 flush nl" },
	{ 9433, TICK, "", KNOCKING, NONE, "nl" },
	{ 9933, TICK, "", KNOCKING, NONE, "nl" },
	{ 10433, TICK, "", KNOCKING, NONE, "nl" },
	WAKE_UP(10933, "@115200"),
	{ 13366, TICK, "", PAUSED, SESSION_SILENT, "" },
	{ 14000, START, "", PROBING, NONE, "nl" },
};

/* An old prompt in the driver's buffer is not yet the console: without a reply the other speeds have their turn. */
static const struct row old_prompt[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 10, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 20, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 1020, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 1520, TICK, "", PROBING, NONE, "@115200 nl" },
	{ 1540, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 1540, FLAGS, " 115200", IDLE, NONE, "" },
};

/* Bytes at a speed where nobody was found do not hold up the attempts. */
static const struct row wrong_speed[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 490, FEED, "????\377\200", PROBING, NONE, "" },
	WAKE_UP(500, "@19200"),
	{ 2500, FEED, "\001\002", KNOCKING, NONE, "" },
	WAKE_UP(2933, "@19200"),
	{ 5366, TICK, "", PAUSED, SESSION_SILENT, "" },
	{ 5366, FLAGS, "g 19200", PAUSED, NONE, "" },
	{ 6000, START, "", PROBING, NONE, "nl" },
	{ 6000, FLAGS, "g 19200", PROBING, NONE, "" },
	{ 6020, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 6020, FLAGS, " 19200", IDLE, NONE, "" },
};

/* What babbled and then fell silent is silent, not garbled. */
static const struct row garbage_in_the_probe_only[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 20, FEED, "?", PROBING, NONE, "" },
	WAKE_UP(500, "@19200"),
	WAKE_UP(2933, "@19200"),
	{ 5366, TICK, "", PAUSED, SESSION_SILENT, "" },
	{ 5366, FLAGS, "g 19200", PAUSED, NONE, "" },
};

static const struct row garbage_then_silence[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	WAKE_UP(500, "@19200"),
	WAKE_UP(2933, "@19200"),
	{ 5000, FEED, "?", KNOCKING, NONE, "" },
	{ 5366, TICK, "", PAUSED, SESSION_SILENT, "" },
	{ 5366, FLAGS, "g 19200", PAUSED, NONE, "" },
	{ 6000, START, "", PROBING, NONE, "nl" },
	WAKE_UP(6500, "@19200"),
	WAKE_UP(8933, "@19200"),
	{ 11366, TICK, "", PAUSED, SESSION_SILENT, "" },
	{ 11366, FLAGS, " 19200", PAUSED, NONE, "" },
};

static const struct row silence_leads_to_waking[] = {
	FOUND,
	{ 100, SEND, "pwr 1", AWAITING, NONE, "pwr 1" },
	{ 1100, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 1600, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 2033, TICK, "", KNOCKING, NONE, "@19200 flush nl" },
	{ 2100, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 2100, FLAGS, "w 19200", IDLE, NONE, "" },
	{ 2200, SEND, "pwr 1", AWAITING, NONE, "pwr 1" },
	{ 3200, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 3210, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 3210, FLAGS, " 19200", IDLE, NONE, "" },
};

static const struct row broken_off[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 1099, FEED, "bat 1\n\r@\r\r\n0  33", AWAITING, NONE, "" },
	{ 1599, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 1620, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 1700, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 1750, FEED, BAT1, IDLE, SESSION_REPLY, "" },
};

static const struct row own_patience[] = {
	FOUND,
	{ 100, SEND, "pwr 1 within 3000", AWAITING, NONE, "pwr 1" },
	{ 3100, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 3120, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 4000, SEND, "pwr 1 within 5000", AWAITING, NONE, "pwr 1" },
	{ 9000, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 9020, FEED, PROMPT, IDLE, SESSION_READY, "" },
};

/* The late reply comes while the newline is out: its prompt is waited for, beyond the 500 ms. */
static const struct row late_reply_in_the_probe[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 1100, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 1500, FEED, "bat 1\n\r@\r\r\n0  3301", PROBING, NONE, "" },
	{ 1999, FEED, "  -120 \r\r\n", PROBING, NONE, "" },
	{ 2400, FEED, DONE, IDLE, SESSION_READY, "" },
	{ 2401, FEED, PROMPT, IDLE, NONE, "" },
};

/* ... but not for ever. */
static const struct row endless_probe[] = {
	TRUSTED,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 1100, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 1200, FLOOD, "0 3301 \r\n", PROBING, NONE, "" },
	{ 5099, TICK, "", WAKING, NONE, "@1200 wake" },
};

/* The rest of the late reply, its prompt and the newline's come after the next command. */
static const struct row late_reply_in_the_next_one[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 1100, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 1300, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 1310, SEND, "pwr 1", AWAITING, NONE, "pwr 1" },
	{ 1320, FEED, BAT1, AWAITING, NONE, "" },
	{ 1330, FEED, PROMPT, AWAITING, NONE, "" },
	{ 1400, FEED, PWR1, IDLE, SESSION_REPLY, "" },
};

static const struct row lost_echo[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 150, FEED, "ba 1\n\r@\r\r\n0  3301" DONE, AWAITING, NONE, "" },
	{ 650, TICK, "", PROBING, SESSION_LATE, "nl" },
	{ 660, FEED, PROMPT, IDLE, SESSION_READY, "" },
};

static const struct row stray_bytes[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 110, FEED, "\377\001 12 Normal\r\n$$\r\n\rpylon>", AWAITING, NONE, "" },
	{ 150, FEED, BAT1, IDLE, SESSION_REPLY, "" },
};

static const struct row refusals[] = {
	FOUND,
	{ 100, SEND, "stat 9", AWAITING, NONE, "stat 9" },
	{ 120, FEED, "stat 9\n@\nInvalid command or fail to excute.\nUsage:\nx\n$$\n\rpylon>", IDLE,
	  SESSION_REPLY, "" },
	{ 200, SEND, "stat 9", AWAITING, NONE, "stat 9" },
	{ 220, FEED, "stat 9\nUnknown command 'stat' - try 'help'\n$$\n\rpylon>", IDLE, SESSION_REPLY, "" },
};

static const struct row damaged[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 120, FEED, "bat 1\n@\n0 3301\nCommand completed successfully\n\rpylon>", IDLE, SESSION_DAMAGED, "" },
	{ 120, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 140, FEED, "bat 1\n@\n0 3\3771" DONE, IDLE, SESSION_DAMAGED, "" },
	{ 140, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 160, FEED, "bat 1\n@\n0 3301\nCommand complet succe\n$$\n\rpylon>", IDLE, SESSION_DAMAGED, "" },
	{ 160, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 180, FEED, "bat 1\n@\n0 3301\nCommand completed successfully\n$$\n\rpyl#n>", AWAITING, NONE, "" },
	{ 680, TICK, "", PROBING, SESSION_LATE, "nl" },
};

static const struct row endless_line[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 120, FEED, "bat 1\n@\n", AWAITING, NONE, "" },
	{ 121, FLOOD, "0123456789", DRAINING, SESSION_DAMAGED, "" },
	{ 1000, FEED, PROMPT, DRAINING, NONE, "" },
	{ 1300, TICK, "", PROBING, NONE, "nl" },
	{ 1320, FEED, PROMPT, IDLE, SESSION_READY, "" },
};

static const struct row endless_reply[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 101, FLOOD, "0 3301 \r\n", AWAITING, NONE, "" },
	{ 4100, TICK, "", DRAINING, SESSION_LATE, "" },
	{ 4101, FEED, "0 3301", DRAINING, NONE, "" },
	{ 4401, TICK, "", PROBING, NONE, "nl" },
	{ 4420, FEED, PROMPT, IDLE, SESSION_READY, "" },
};

static const struct row endless_reply_ends_at_once[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 101, FLOOD, "0 3301 \r\n", AWAITING, NONE, "" },
	{ 4100, TICK, "", DRAINING, SESSION_LATE, "" },
	{ 4400, TICK, "", PROBING, NONE, "nl" },
};

static const struct row more_patience_when_slow[] = {
	{ 0, OPEN, "", PROBING, NONE, "flush @9600 nl" },
	{ 20, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 101, FLOOD, "0 3301 \r\n", AWAITING, NONE, "" },
	{ 8100, TICK, "", DRAINING, SESSION_LATE, "" },
};

static const struct row babble[] = {
	FOUND,
	{ 100, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 101, FLOOD, "0 3301 \r\n", AWAITING, NONE, "" },
	{ 4100, TICK, "", DRAINING, SESSION_LATE, "" },
	{ 4101, FLOOD, "0 3301 \r\n" PROMPT, DRAINING, NONE, "" },
	{ 9100, TICK, "", PAUSED, SESSION_SILENT, "" },
	{ 9100, FLAGS, "g 19200", PAUSED, NONE, "" },
	{ 9900, START, "", PROBING, NONE, "nl" },
	{ 9910, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 9910, FLAGS, " 19200", IDLE, NONE, "" },
};

static const struct row login[] = {
	FOUND,
	{ 100, SEND, "login debug", AWAITING, NONE, "login debug" },
	{ 110, FEED, "login debug\n\rpylon_debug>", IDLE, SESSION_REPLY, "" },
	{ 200, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 250, FEED, "pylon_debug>" BAT1, IDLE, SESSION_REPLY, "" },
};

static const struct row lost_while_closed_again[] = {
	{ 0, CLOSE, "", CLOSED, NONE, "" },
	{ 0, START, "", CLOSED, NONE, "" },
	{ 0, SEND, "refused: pwr 1", CLOSED, NONE, "" },
	{ 0, FEED, PROMPT, CLOSED, NONE, "" },
	{ 10, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 20, CLOSE, "", CLOSED, NONE, "" },
	{ 30, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 530, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 600, CLOSE, "", CLOSED, NONE, "" },
	{ 1000, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 1500, TICK, "", WAKING, NONE, "@1200 wake" },
	{ 1933, TICK, "", KNOCKING, NONE, "@19200 flush nl" },
	{ 1950, CLOSE, "", CLOSED, NONE, "" },
	{ 2000, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	WAKE_UP(2500, "@19200"),
	WAKE_UP(4933, "@19200"),
	{ 7366, TICK, "", PAUSED, SESSION_SILENT, "" },
	{ 7400, CLOSE, "", CLOSED, NONE, "" },
	{ 8000, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 8010, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 8020, CLOSE, "", CLOSED, NONE, "" },
	{ 9000, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 9010, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 9020, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 9030, FEED, "bat 1\n@\n0 33", AWAITING, NONE, "" },
	{ 9040, CLOSE, "", CLOSED, NONE, "" },
	{ 9041, FEED, "01" DONE, CLOSED, NONE, "" },
	{ 9100, OPEN, "", PROBING, NONE, "flush @19200 nl" },
	{ 9110, FEED, PROMPT, IDLE, SESSION_READY, "" },
	{ 9120, SEND, "bat 1", AWAITING, NONE, "bat 1" },
	{ 9121, FEED, "bat 1\n", AWAITING, NONE, "" },
	{ 9122, FLOOD, "x", DRAINING, SESSION_DAMAGED, "" },
	{ 9500, CLOSE, "", CLOSED, NONE, "" },
};

static const struct script scripts[] = {
	SCRIPT("awake", 19200, awake),
	SCRIPT("woken at the first try", 19200, woken_at_first),
	SCRIPT("woken at the second try", 115200, woken_at_second),
	SCRIPT("nobody", 9600, nobody),
	SCRIPT("auto: all speeds", 0, auto_all_speeds),
	SCRIPT("auto: found once", 0, auto_found_once),
	SCRIPT("auto: an old prompt", 0, old_prompt),
	SCRIPT("wrong speed", 19200, wrong_speed),
	SCRIPT("garbage in the probe only", 19200, garbage_in_the_probe_only),
	SCRIPT("garbage, then silence", 19200, garbage_then_silence),
	SCRIPT("silence leads to waking", 19200, silence_leads_to_waking),
	SCRIPT("broken off", 19200, broken_off),
	SCRIPT("own patience", 19200, own_patience),
	SCRIPT("late reply in the probe", 19200, late_reply_in_the_probe),
	SCRIPT("endless probe", 19200, endless_probe),
	SCRIPT("late reply in the next one", 19200, late_reply_in_the_next_one),
	SCRIPT("lost echo", 19200, lost_echo),
	SCRIPT("stray bytes", 19200, stray_bytes),
	SCRIPT("refusals", 19200, refusals),
	SCRIPT("damaged", 19200, damaged),
	SCRIPT("endless line", 19200, endless_line),
	SCRIPT("endless reply", 19200, endless_reply),
	SCRIPT("endless reply ends at once", 19200, endless_reply_ends_at_once),
	SCRIPT("more patience when slow", 9600, more_patience_when_slow),
	SCRIPT("babble", 19200, babble),
	SCRIPT("login", 19200, login),
	SCRIPT("port lost in each state", 19200, lost_while_closed_again),
};

static void test_scripts(void **state)
{
	static const int64_t bases_ms[] = { 0, -5000, INT64_MIN / 2, INT64_MAX / 2 };

	(void)state;
	for (int t = 0; t < COUNT_OF(transitions); t++)
		transitions[t].visits = 0;
	for (int i = 0; i < COUNT_OF(scripts); i++)
		for (int b = 0; b < COUNT_OF(bases_ms); b++)
			run_script(&scripts[i], bases_ms[b]);
	for (int t = 0; t < COUNT_OF(transitions); t++)
		if (transitions[t].visits == 0)
			fail_msg("never from %s to %s with news %d by stimulus %d",
			         session_state_name(transitions[t].from),
			         session_state_name(transitions[t].to), (int)transitions[t].news,
			         (int)transitions[t].what);
}

/* ---- Login ---- */

static void test_login(void **state)
{
	static const struct {
		const char *legend;
		const char *reply;
		enum session_news_kind news;
		enum framing_verdict verdict;
	} rows[] = {
		{ "bare prompt", "login debug\n\rpylon_debug>", SESSION_REPLY, FRAMING_OK },
		{ "wrapped as the others", "login debug\n\r@\r\nWelcome\r\nCommand completed successfully\r\n"
		  "$$\r\n\rpylon_debug>", SESSION_REPLY, FRAMING_OK },
		{ "with a byte that is no text", "login debug\n\377\rpylon_debug>", SESSION_REPLY, FRAMING_OK },
		{ "logged in already", "login debug\nQuit current mode\n$$\n\rpylon_debug>", SESSION_REPLY,
		  FRAMING_OK },
		{ "still user mode", "login debug\n\rpylon>", SESSION_REPLY, FRAMING_FAILED },
		{ "completed, but still user mode", "login debug" DONE, SESSION_REPLY, FRAMING_FAILED },
		{ "unknown", "login debug\nUnknown command 'login' - try 'help'\n$$\n\rpylon>", SESSION_REPLY,
		  FRAMING_UNKNOWN },
		{ "an old debug prompt before the echo", "pylon_debug>", NONE, FRAMING_DAMAGED },
	};

	(void)state;
	for (int i = 0; i < COUNT_OF(rows); i++) {
		static struct session s;
		enum session_news_kind news = NONE;

		make_idle(&s, 19200);
		assert_true(session_send(&s, (struct command){ COMMAND_LOGIN, 0 }, 0, 100));
		for (const char *c = rows[i].reply; *c; c++) {
			assert_row(rows[i].legend, i, news, NONE);
			news = session_byte(&s, *c, 110).kind;
		}
		assert_row(rows[i].legend, i, news, rows[i].news);
		assert_row(rows[i].legend, i, s.framing.verdict, rows[i].verdict);
	}
}

/* ---- Small things ---- */

static void test_state_names(void **state)
{
	static const char *const names[] = { "closed", "choosing", "probing", "waking", "knocking",
		                             "idle", "awaiting", "draining", "paused" };

	(void)state;
	assert_int_equal(COUNT_OF(names), SESSION_STATES);
	for (int i = 0; i < SESSION_STATES; i++)
		assert_string_equal(session_state_name((enum session_state)i), names[i]);
	assert_string_equal(session_state_name(SESSION_STATES), "?");
}

/* No deadline where nothing is waited for. */
static void test_deadline_never(void **state)
{
	static struct session s;

	(void)state;
	session_init(&s, 0);
	assert_true(session_deadline(&s) == INT64_MAX);
	assert_int_equal(session_tick(&s, INT64_MAX - 1).kind, NONE);
	make_idle(&s, 19200);
	assert_true(session_deadline(&s) == INT64_MAX);
	session_send(&s, (struct command){ COMMAND_BAT, 1 }, 0, 0);
	assert_true(session_deadline(&s) == 1000);
	session_closed(&s);
	assert_true(session_deadline(&s) == INT64_MAX);
	assert_int_equal(s.order_count, 0);
}

/* A caller that does not empty the orders loses the newest; nothing is overwritten. */
static void test_orders_not_taken(void **state)
{
	static struct session s;

	(void)state;
	session_init(&s, 0);
	session_opened(&s, 0);
	for (int i = 0; i < 12; i++)
		session_tick(&s, session_deadline(&s));
	assert_int_equal(s.order_count, SESSION_ORDERS_MAX);
	assert_int_equal(s.orders[0].kind, SESSION_FLUSH_INPUT);
	assert_int_equal(s.orders[1].kind, SESSION_SET_SPEED);
	assert_int_equal(s.orders[2].kind, SESSION_SEND);
}

/* A caller that sleeps over a deadline: the one that came first counts. */
static void test_late_tick(void **state)
{
	static struct session s;

	(void)state;
	make_idle(&s, 19200);
	session_send(&s, (struct command){ COMMAND_BAT, 1 }, 0, 100);
	session_byte(&s, 'b', 200);
	assert_int_equal(session_tick(&s, 60000).kind, SESSION_LATE);
	assert_int_equal(s.state, PROBING);
	assert_true(session_deadline(&s) == 60500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_state_names),
		cmocka_unit_test(test_deadline_never),
		cmocka_unit_test(test_orders_not_taken),
		cmocka_unit_test(test_late_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
