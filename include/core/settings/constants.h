/* constants: the numbers of the rules that are no keys, each with its unit in its name (MV: mV, MC: thousandths of a
 * degree C), its source above its group and its reason behind it.
 *
 * The rules read them, as they read the keys, from struct settings, which settings_defaults fills. A cell's voltage
 * stands for the pack's as well, times the number of cells. */
#ifndef CORE_CONSTANTS_H
#define CORE_CONSTANTS_H

struct settings;

/* clang-format off */

/* docs/protection.md, "Charge voltage (CVL)" */
#define CELL_FLOOR_MV 3133             /* 47.0 V of 15 cells: no rule that saves one cell may starve the others */
#define FLOAT_SOC_PCT 95               /* nearly full: bulk only wears the cells from here on */
#define BULK_SOC_PCT 92                /* 3 points lower, so that a reading that wavers does not move the chargers */
#define FULL_CHARGE_HOURS 2            /* balancing is slow: minutes bring no cell up */
#define HEADROOM_START_CELL_MV 3400    /* below it the curve is flat and a cell has room enough */
#define HEADROOM_TARGET_CELL_MV 3520   /* above bulk, so that cells balance; well below where the BMS opens */
#define BLOCKED_STEP_MV 100            /* of the pack: small, so that the current ends and does not turn */
#define BLOCKED_STEP_MS 10000          /* chargers need some seconds to follow a step */
#define BLOCKED_CURRENT_MA 1000        /* less may be the error of a meter */

/* docs/protection.md, "Charge current (CCL)" */
#define CHARGE_DERATE_PCT 80           /* modules never share evenly: one may take a quarter more than its part */
#define HIGH_SOC_PCT 90                /* the last tenth goes slowly, so that the cells come up together */
#define HIGH_SOC_RELEASE_PCT 88        /* 2 points lower, against a reading that wavers */
#define CHARGE_COLD_BLOCK_MC 0         /* below it lithium plates on the anode */
#define CHARGE_HOT_CURRENT_MA 10000    /* a fifth of what 50 Ah take: little heat of its own */
#define CHARGE_HOT_BLOCK_MC 55000      /* the end of the range in which a module may be charged */
#define TEMPERATURE_RELEASE_MC 2000    /* a reading that wavers by a degree must not move a limit */
#define CELL_OVER_MV 3650              /* the cell's own limit for charge */
#define CELL_OVER_RELEASE_MV 3500      /* where a full cell rests: it has come down for good */
#define CHARGE_TAPER_MV { 3500, 3550, 3580, 3620, 3650 } /* from where the curve rises to the cell's limit */
#define CHARGE_TAPER_PCT { 100, 50, 20, 5, 0 } /* so that no limit falls at once from all to nothing */
#define DEEP_CELL_MV 2800              /* a cell so low is charged gently */
#define DEEP_CELL_RELEASE_MV 3000      /* the foot of the flat part of the curve */
#define DEEP_CELL_CURRENT_MA 5000      /* a tenth of what 50 Ah take */
#define DEEP_CELL_BLOCK_MV 2000        /* the cell may be damaged inside: any charge may be a fire risk */
#define DEEP_CELL_BLOCK_RELEASE_MV 2300 /* well above, since such a cell is not to be trusted */

/* docs/protection.md, "Discharge current (DCL)" */
#define LOW_SOC_CURRENT_MA 10000       /* lights and a control go on, an oven does not */
#define CELL_UNDER_MV 2500             /* the cell's own limit for discharge */
#define CELL_UNDER_RELEASE_MV 3150     /* a cell without load returns to 3.0 V by itself, to this only by charge */
#define DISCHARGE_TAPER_MV { 3000, 2900, 2800, 2600, 2500 } /* from the foot of the curve to the cell's limit */
#define DISCHARGE_TAPER_PCT { 100, 50, 20, 5, 0 } /* so that no limit falls at once from all to nothing */
#define PACK_LOW_CELL_MV 3067          /* 46.0 V of 15 cells */
#define PACK_LOW_PCT 20                /* the voltage of a low pack depends on the load: less load, higher voltage */
#define PACK_CUT_CELL_MV 3000          /* 45.0 V of 15 cells, before any BMS opens */
#define PACK_CUT_MS 10000              /* a pump that starts dips for less */
#define PACK_LOW_RELEASE_CELL_MV 3200  /* 48.0 V of 15 cells: more than a pack returns to without load */
#define DISCHARGE_COLD_BLOCK_MC (-10000) /* the end of the range in which a module may be discharged */
#define DISCHARGE_HOT_MC 50000         /* before the block, so that it need not come */
#define DISCHARGE_HOT_PCT 50           /* a quarter of the heat */
#define DISCHARGE_HOT_BLOCK_MC 55000   /* the end of the range in which a module may be discharged */
#define OVER_CURRENT_PCT 50            /* of what was too much once already */
#define OVER_CURRENT_MS 60000          /* the time to switch a load off */

/* docs/protection.md, "Inputs" */
#define SENSE_HIGH_MV 4000             /* the BMS opens far below it; a broken wire shows 4095 mV */
#define SENSE_LOW_MV 500               /* no cell in a pack that talks is so low */
#define PACK_TOLERANCE_PCT 3           /* 1.5 V of 50 V: what a changing load makes of two readings */

/* docs/protection.md, "Losing the battery" */
#define MAX_AGE_MS 15000               /* a change of the battery is answered within it */
#define MAX_AGE_PASSES_TENTHS 25       /* tenths: where a pass takes long, two tries and a half */
#define FAILED_POLL_MS 6000            /* each of them wakes the console, which takes seconds */
#define MAX_FAILED_POLLS 10            /* a minute: a restart wakes the console anew */
#define BACKOFF_MAX_MS 60000           /* how long an owner waits at most after having plugged in */
#define OFFLINE_PATIENCE_MS 1000       /* an absent module shall not hold up the others */

/* docs/protection.md, "Bank" */
#define LOST_MODULE_HOLD_MIN 60        /* minutes: it hangs on the busbar, and what it said ages slowly */
#define FAILED_CURRENT_MA 500          /* less is the error of the module's own meter */
#define FAILED_MS 60000                /* a fault that goes by itself does so sooner */
#define LOST_BATTERY_CURRENT_MA 10000  /* lights and a control go on without anybody who watches */
#define LOST_BATTERY_CELL_MV 3000      /* below it the last tenth may be gone before anybody is back */

/* docs/protection.md, "Inputs": a frozen console */
#define FROZEN_MS 60000                /* under load a current that is the same for a minute is none */
#define FROZEN_PASSES 5                /* enough of them, however slow the passes are */
#define FROZEN_CURRENT_MA 2000         /* below it, at rest, sameness is normal */

/* docs/protection.md, "Confirmation" */
#define CONFIRM_CELL_MV 300            /* no load of a house moves a cell so far between two readings */
#define CONFIRM_SOC_PCT 10             /* nor the state of charge */
#define CONFIRM_TEMPERATURE_MC 5000    /* nor a temperature */
#define CONFIRM_MS 1500                /* a second reading takes less; a later one says nothing of the first */

/* docs/protection.md, "Dynamics" */
#define RECOVERY_HOLD_MS 30000         /* a limit that comes and goes must not make the chargers hunt */
#define RECOVERY_MA_S 5000             /* of a module: ten seconds from nothing to all */
#define RECOVERY_MV_S 50               /* of the pack: half a minute from float to bulk */

/* docs/protection.md, "Alarms" */
#define ALARM_CELL_LOW_MV 2800         /* at the deep cell, before the block at 2.50 V */
#define ALARM_CELL_HIGH_MV 3600        /* before the block at 3.65 V */
#define ALARM_SPREAD_MV 100            /* in the flat part of the curve cells in order are close together */
#define ALARM_SPREAD_HIGH_MV 300       /* a cell without its charge */
#define ALARM_SPREAD_TOP_CELL_MV 3450  /* near full the curve drives healthy cells apart */
#define ALARM_SPREAD_TOP_MS 600000     /* for a while, until the current has gone back */
#define ALARM_MOS_MC 80000             /* hotter than a sound module under load */
#define ALARM_MOS_HIGH_MC 90000        /* 10 C more */
#define ALARM_HOT_MC 45000             /* with the limit of a hot module */
#define ALARM_HOT_HIGH_MC 55000        /* with the block */
#define ALARM_COLD_MC 0                /* with the block of charge */
#define ALARM_COLD_HIGH_MC (-10000)    /* with the block of discharge */
#define ALARM_CELL_RELEASE_MV 50       /* each change of an alarm is a notification on the GX: none may flicker */
#define ALARM_SPREAD_RELEASE_MV 20     /* the same */
#define ALARM_SOC_RELEASE_PCT 2        /* the same */
#define ALARM_TEMPERATURE_RELEASE_MC 2000 /* the same */

/* docs/protection.md, "Derived values" */
#define BALANCE_SPREAD_MV 50           /* what is shown as balancing, by a guess: the console does not tell */
#define BALANCE_CELL_MV 3400           /* and only where the curve rises */

/* docs/driver.md, "The one-second rule" */
#define PUBLISH_UNCHANGED_MS 10000     /* well within the 60 s after which the driver drops a battery */

/* clang-format on */

/* All of them, in the members that they are for; what an owner can set is 0. In a source file of its own, so that a test
 * can be linked before it (test/faults/quick_constants.c). */
const struct settings *settings_constants(void);

#endif
