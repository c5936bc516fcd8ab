/* bank: sums, means and extremes over the modules, and the figures of one module alone. */
#ifndef CORE_BANK_H
#define CORE_BANK_H

#include "core/output/figures.h"
#include "core/protection/alarms.h"
#include "core/protection/limits.h"
#include "core/rack/rack_reading.h"

#define BANK_REASON_MAX 96

/* What sets the limits, for people: "" where nobody knows. */
struct bank_reasons {
	char charge_voltage[BANK_REASON_MAX]; /* the stage, and the rule in brackets when it is neither stage nor block */
	char charge_current[BANK_REASON_MAX], discharge_current[BANK_REASON_MAX];
};

/* The figures of one online module alone. */
void bank_module_figures(const struct rack *rack, const struct settings *settings,
                         const struct rack_reading *reading, const struct limits_set *limits,
                         const struct alarms_set *alarms, struct figures *figures);

/* The figures of a bank whose modules are all lost: `last`, its last good figures, because the driver would keep them
 * anyway, with what the loss changes on top. */
void bank_lost_figures(const struct figures *last, const struct settings *settings,
                       const struct limits_set *limits, const struct alarms_set *alarms,
                       int offline, struct figures *figures);

/* The figures of the bank. `offline`: wanted modules that are lost or have failed;
 * `shown`: the limits as published. */
void bank_figures(const struct rack *rack, const struct settings *settings,
                  const struct rack_reading *readings, int count, int offline,
                  const struct limits *limits, const struct limits_set *shown,
                  const struct alarms *alarms, struct figures *figures);

/* NULL for `limits`: nobody knows. */
void bank_reasons(const struct limits_set *limits, struct bank_reasons *reasons);

#endif
