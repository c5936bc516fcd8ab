#include "engine_parts.h"

void engine_report_changes(struct engine *e, uint32_t changed, int64_t now_ms)
{
	int64_t patience = rack_silent(&e->rack, &e->settings, now_ms) ? e->settings.protection.max_age_ms
								       : rack_patience_ms(&e->rack, &e->settings);

	for (int i = 0; i < RACK_MODULES_MAX; i++) {
		const struct module *m = &e->rack.module[i];

		if (changed >> i & 1)
			report_module_state(&e->out->log, &e->rack, m, patience,
					    rack_frozen(m, &e->settings.protection, now_ms));
	}
	e->link_wanted |= changed != 0;
}

void engine_begin_pass(struct engine *e, int64_t now_ms)
{
	e->in_pass = true;
	e->pass_ms = e->talk_ms = now_ms;
	e->pass_good = 0;
	e->pass_asked = false;
	e->login_tried = e->login_tried && !e->login_again;
	e->login_again = false;
	schedule_begin(&e->schedule, &e->settings, &e->rack, now_ms);
	if (e->session.state == SESSION_CLOSED)
		e->out->open_port = true;
	else
		session_start(&e->session, now_ms);
}

/* How long after the start of a failed pass the next one starts: steadily while somebody waits for a battery that
 * was read before, ever longer before the first good reply or while the port stays missing. */
static int64_t failed_gap_ms(const struct engine *e)
{
	const struct settings_protection *p = &e->settings.protection;
	int steady = e->passes > 0 ? p->max_failed_polls : 1;
	int64_t gap = p->failed_poll_ms;

	for (int i = steady; i < e->failed_polls && gap < p->backoff_max_ms; i++)
		gap *= 2;
	return gap < p->backoff_max_ms ? gap : p->backoff_max_ms;
}

/* So many failed polls after good ones, or with a port that another program holds: the program starts afresh, and the
 * service takes the port back. Without a port that would change nothing: it stays up, and its silence makes the driver
 * drop the battery. */
static void give_up(struct engine *e)
{
	bool missing = e->session.state == SESSION_CLOSED && !e->port_taken;

	if (!missing)
		e->out->exit_status = ENGINE_EXIT_BATTERY;
	if (!missing || !e->withdrawn)
		report_giving_up(&e->out->log, e->failed_polls, missing, e->port_taken);
	e->withdrawn = true;
	publication_close(&e->bank);
}

/* Whoever was told of a bank must have been told its safe limits, and told again (driver.md, "The one-second rule"). */
static bool may_give_up(const struct engine *e)
{
	return !e->first_pass_done || (e->safe_told && !e->bank.repeat);
}

static void pass_failed(struct engine *e)
{
	e->failed_polls++;
	e->next_pass_ms = e->pass_ms + failed_gap_ms(e);
	if ((e->passes > 0 || e->port_taken) && e->failed_polls >= e->settings.protection.max_failed_polls &&
	    may_give_up(e))
		give_up(e);
}

/* After the loss of every module: the lights need not wait for the ramp, the first complete bank lets discharge
 * go at once to what it was. */
static void recover(struct engine *e, bool whole, int64_t now_ms)
{
	int32_t target = e->limits.bank_set.limit[LIMIT_DCL];

	if (e->recovering && whole && e->readings >= e->modules_together) {
		dynamics_release(&e->dynamics, LIMIT_DCL, target < e->dcl_before_ma ? target : e->dcl_before_ma);
		engine_judge(e, now_ms);
	}
	e->recovering &=
		e->dynamics.published[LIMIT_DCL] < target && e->dynamics.published[LIMIT_DCL] < e->dcl_before_ma;
	if (!e->recovering)
		e->modules_together = e->readings;
}

/* A pass that broke off has not given every module its chance: it shows that somebody answers, no more. */
static void pass_good(struct engine *e, bool to_its_end, int64_t now_ms)
{
	bool whole = to_its_end && e->schedule.whole;

	e->failed_polls = 0;
	e->withdrawn = false;
	e->passes++;
	e->cycle_ms = (int32_t)(now_ms - e->talk_ms);
	if (whole || (to_its_end && e->rack.settling))
		e->rack.last_good_pass_ms = e->cycle_ms;
	e->rack.settling &= !to_its_end;
	e->next_pass_ms = e->pass_ms + e->settings.serial.reading_freq_ms;
	e->first_pass_done |= to_its_end && rack_sound(&e->rack) > 0;
	e->partial &= !(to_its_end && rack_sound(&e->rack) > 0);
	if (to_its_end)
		engine_report_changes(e, rack_end_of_pass(&e->rack), now_ms);
	engine_judge(e, now_ms);
	if (e->readings == 0 || !e->first_pass_done)
		return;
	recover(e, whole, now_ms);
	engine_offer(e, true);
	engine_offer_devices(e);
}

void engine_end_pass(struct engine *e, bool to_its_end, int64_t now_ms)
{
	e->in_pass = false;
	e->link_wanted |= e->passes == 0 || e->pass_good == 0; /* further good ones are told of in time */
	if (e->pass_good == 0)
		pass_failed(e);
	else
		pass_good(e, to_its_end, now_ms);
}

/* Only a module that is offline, or only looked for, has a patience of its own; 0: the session's. */
static int32_t patience_ms(struct engine *e, struct command command)
{
	const struct module *m = engine_module(e, command);
	bool absent = m && (!m->wanted || m->state == MODULE_LOST);

	return absent ? e->settings.protection.offline_patience_ms : 0;
}

void engine_send_next(struct engine *e, int64_t now_ms)
{
	struct command command;

	if (e->session.state != SESSION_IDLE)
		return;
	if (e->login_due) {
		e->login_due = false;
		session_send(&e->session, (struct command){ COMMAND_LOGIN, 0 }, 0, now_ms);
	} else if (e->in_pass) {
		if (schedule_next(&e->schedule, &e->rack, now_ms, &command)) {
			e->talk_ms = e->pass_asked ? e->talk_ms : now_ms;
			e->pass_asked = true;
			session_send(&e->session, command, patience_ms(e, command), now_ms);
		} else {
			engine_end_pass(e, true, now_ms);
		}
	}
}
