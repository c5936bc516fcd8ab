/* bank_subject: the modules together as the rules of limits see them. */
#ifndef CORE_BANK_SUBJECT_H
#define CORE_BANK_SUBJECT_H

#include "core/protection/limits.h"

/* The bank as the limits see it, from `count` readings of modules that have not failed (at least one). */
void bank_subject(const struct rack *rack, const struct settings *settings, const struct rack_reading *readings,
		  int count, struct limits_subject *subject);

/* The SoC of some modules in thousandths of a percent, weighted by capacity. */
int32_t bank_subject_soc_milli(const struct rack *rack, const struct rack_reading *readings, int count);

/* What a module holds when it is full: its own counter, else its specification. */
struct opt bank_subject_installed_mah(const struct module *module);

#endif
