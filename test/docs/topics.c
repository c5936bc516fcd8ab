/* The topics, and the keys of `link`: test/e2e compares the keys with those that a daemon sends. */
#include "docs.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

const struct docs_topic docs_topics[] = {
	{ "`BASE/pylon`", "no", "the bank: what the driver subscribes to" },
	{ "`BASE/battery_N`", "no", "module N alone, the same keys without the history" },
	{ "`BASE/status`", "yes", "`online` while the battery's data are good, else `offline` (also the last will)" },
	{ "`BASE/link`", "no", "state of the console and of every module, for people and tools" },
	{ "`PREFIX/device/BASE/bank/config`, `.../module_N/config`", "yes",
	  "only with `[homeassistant] discovery = yes`: what Home Assistant discovers the battery by; an empty one takes it "
	  "back" },
};

const struct docs_key docs_link[] = {
	{ "version", "", "Of the program" },
	{ "uptime_s", "s", "Since its start" },
	{ "console.state", "", "What the talk with the console is at: `idle`, `awaiting`, `probing`, ..." },
	{ "console.speed", "baud", "Speed of the line" },
	{ "console.prompt", "", "The console's prompt" },
	{ "console.woken", "", "1 when it had to be woken" },
	{ "console.garbage", "", "1 when bytes came that are no text" },
	{ "console.table", "", "1 when the `pwr` table is read between the slow replies" },
	{ "cycle_ms", "ms", "Length of the last pass over all modules" },
	{ "passes", "", "Passes so far" },
	{ "failed_polls", "", "Failed passes in a row" },
	{ "replies.good", "", "Replies that counted" },
	{ "replies.damaged", "", "Replies that were damaged" },
	{ "replies.late", "", "Replies that came too late, or not" },
	{ "replies.refused", "", "Commands that the console refused" },
	{ "limits.charge_voltage", "", "The bank's stage, and in brackets the rule that lowers CVL, with its value and place" },
	{ "limits.charge_current", "", "The rule that sets CCL, and where; `null` before the first pass" },
	{ "limits.discharge_current", "", "The rule that sets DCL, and where" },
	{ "modules.address", "", "Of the module; `modules` is a list of all that are known" },
	{ "modules.online", "", "1 while its values are fresh" },
	{ "modules.failed", "", "1: it answers, but reports a fault and carries nothing, and has left the bank" },
	{ "modules.age_ms", "ms", "Of the oldest value that is needed" },
	{ "modules.good", "", "Its replies that counted" },
	{ "modules.damaged", "", "Its replies that were damaged" },
	{ "modules.late", "", "Its replies that came too late, or not" },
	{ "modules.name", "", "What it calls itself" },
	{ "modules.firmware", "", "Its firmware" },
	{ "modules.barcode", "", "Its serial number" },
	{ "modules.getpwr", "", "Whether `getpwr` stands for `bat`: `untried`, `used`, `not used`" },
	{ "modules.cells", "", "Cells in series" },
	{ "modules.base", "", "Its state, in its own words" },
	{ "modules.volt", "", "State of the voltage" },
	{ "modules.current", "", "State of the current" },
	{ "modules.temperature", "", "State of the temperature" },
	{ "modules.coulomb", "", "State of the charge" },
	{ "modules.soh", "", "State of health" },
	{ "modules.bat_events", "", "Event word of the cells" },
	{ "modules.bat_event_names", "", "The meaning of its bits" },
	{ "modules.power_events", "", "Event word of the module" },
	{ "modules.power_event_names", "", "The meaning of its bits" },
	{ "modules.system_fault", "", "Event word of its faults" },
	{ "modules.system_fault_names", "", "The meaning of its bits" },
	{ "modules.limits.charge_voltage", "", "The same of the module alone; `null` while it is offline" },
	{ "modules.limits.charge_current", "", "What sets its CCL" },
	{ "modules.limits.discharge_current", "", "What sets its DCL" },
};

const int docs_topic_count = COUNT(docs_topics);
const int docs_link_count = COUNT(docs_link);
