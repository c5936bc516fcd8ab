/* finding: what a look at a port has shown, in words for its owner. */
#ifndef CORE_FINDING_H
#define CORE_FINDING_H

#include "core/base/text.h"
#include "core/console/overheard.h"
#include "core/engine/engine.h"

enum finding {
	FINDING_BATTERY,      /* a module was read: the daemon can work with it */
	FINDING_HIGH_VOLTAGE, /* a relative that it cannot work with */
	FINDING_LOGIN,        /* a console that lets nobody read, and refuses the login that is known */
	FINDING_CONSOLE,      /* a prompt, but no module that could be read */
	FINDING_OTHER,        /* something else talks, and it is known what */
	FINDING_TEXT,         /* text without a prompt */
	FINDING_GARBAGE,      /* bytes, mostly no text */
	FINDING_SILENCE,      /* not one byte */
	FINDINGS
};

/* What the engine, which has ended a pass or failed to, has found; `o`: the bytes that came meanwhile. */
enum finding finding_of(const struct engine *e, const struct overheard *o);

/* A word for scripts: "battery", "high-voltage", ... */
const char *finding_name(enum finding finding);

/* One sentence, and what the owner can do about it. */
void finding_print(enum finding finding, const struct engine *e, const struct overheard *o, struct text *t);

#endif
