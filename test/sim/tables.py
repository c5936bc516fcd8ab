"""Layouts of the replies as tables: what a column is called, how wide it is, what it shows."""

PWR_A = (("Power", 5), ("Volt", 6), ("Curr", 6), ("Tempr", 6), ("Tlow", 6), ("Thigh", 6), ("Vlow", 6),
         ("Vhigh", 6), ("Base.St", 8), ("Volt.St", 8), ("Curr.St", 8), ("Temp.St", 8), ("Coulomb", 8),
         ("Time", 20), ("B.V.St", 8), ("B.T.St", 8))
MOS = (("MosTempr", 8), ("M.T.St", 8))
PWR_C = (PWR_A[:5] + (("Tlow.Id", 8),) + PWR_A[5:6] + (("Thigh.Id", 8),) + PWR_A[6:7] + (("Vlow.Id", 8),)
         + PWR_A[7:8] + (("Vhigh.Id", 8),) + PWR_A[8:] + MOS + (("SysAlarm.St", 11),))
PWR = {"a": PWR_A, "b": PWR_A + MOS, "c": PWR_C, "d": PWR_A + (("Barcode", 20), ("DevType", 20)),
       "13": PWR_A[:13]}
# The rows of absent modules keep the older, shorter layout.
PWR_ABSENT = {"b": PWR_A, "c": PWR_A}


def split_first_row(rows):
    """The row of the master is followed by LF, CR LF: a stray empty line inside the table."""
    return [rows[0], (rows[1], "\n\r\n")] + rows[2:]


PWR_TAIL = {"d": split_first_row}

HV_HEADER = ("Volt   Curr   Tempr  BTlow  BThigh BVlow  BVhigh UTlow  UThigh UVlow  UVhigh Base.St  Volt.St  "
             "Curr.St  Temp.St  CoulombAH                CoulombWH              Time                 B.V.St   "
             "B.T.St   U.V.St   U.T.St   Err Code")

# `bat N`: width and key of each column; the headers follow below.
BAT_LEFT_COLUMNS = ((9, "index"), (9, "mv"))
BAT_CURR = ((9, "ma"),)
BAT_MID = ((9, "mc"), (13, "base"), (13, "volt"), (13, "curr"), (13, "temp"))
BAT_OLD_END = ((0, "both"),)
BAT_NEW_END = ((12, "soc"), (15, "mah"), (1, "bal"))
BAT = {
    "old": BAT_LEFT_COLUMNS + BAT_CURR + BAT_MID + BAT_OLD_END,
    "nocurr": BAT_LEFT_COLUMNS + BAT_MID + BAT_OLD_END,
    "new": BAT_LEFT_COLUMNS + BAT_CURR + BAT_MID + BAT_NEW_END,
    "dtemp": BAT_LEFT_COLUMNS + BAT_CURR + BAT_MID + ((13, "temp"),) + BAT_NEW_END,
    "dtemp1": BAT_LEFT_COLUMNS + BAT_CURR + BAT_MID + ((13, "temp"),) + BAT_NEW_END,
}
# Headers do not stand exactly above their columns.
BAT_LEFT = "Battery  Volt     Curr     Tempr    Base State   Volt. State  Curr. State  "
BAT_HEADER = {
    "old": BAT_LEFT + "Temp. State  Coulomb     ",
    "nocurr": BAT_LEFT.replace("Curr     ", "", 1) + "Temp. State  Coulomb     ",
    "new": BAT_LEFT + "Temp. State  SOC          Coulomb      BAL         ",
    "dtemp": BAT_LEFT + "DTemp. State  CTemp. State  SOC          Coulomb      BAL         ",
    "dtemp1": BAT_LEFT + "DTemp. State CTemp. State SOC          Coulomb          BAL",
}

VERSIONS = ("Main Soft version", "Soft  version", "Boot  version", "Comm version", "Release Date", "Barcode")
RATINGS = ("Specification", "Cell Number", "Max Dischg Curr", "Max Charge Curr")
IDENTITY = ("Device address", "Manufacturer", "Device name", "Board version")
INFO = {
    "pylon": IDENTITY + ("Board",) + VERSIONS + ("",) + RATINGS + ("EPONPort rate", "Console Port rate"),
    "pytes50": IDENTITY + VERSIONS + ("",) + RATINGS + ("Console Port rate",),
    "pytes100": (IDENTITY + VERSIONS[:1] + ("Iterate version",) + VERSIONS[1:]
                 + ("Board ID", "Board SRAM Size", "Board FLASH Size") + RATINGS + ("Console Port rate",)),
    "hv": (IDENTITY + ("Hard  version",) + VERSIONS[:5] + ("", "PCBA Barcode", "Module Barcode", "")
           + RATINGS + ("Shut Circuit", "Relay Feedback")),
}

STAT_HEAD = ("Device address", "Data Items", "HisData Items")
STAT_COUNTS = ("Charge Cnt.", "Discharge Cnt.", "Charge Times", "Status Cnt.", "Idle Times")
STAT_OLD_CURR = ("COC Times", "DOC Times", "COCA Times", "DOCA Times", "SC Times")
STAT_NEW_CURR = ("COC Times", "COC2 Times", "DOC Times", "DOC2 Times", "COCA Times", "DOCA Times", "SC Times")
STAT_NEWER_CURR = ("COC Times", "DOC Times", "COC2 Times", "DOC2 Times", "COCA Times", "DOCA Times", "SC Times")
STAT_LIMITS = ("Bat OV Times", "Bat HV Times", "Bat LV Times", "Bat UV Times", "Bat SLP Times", "Pwr OV Times",
               "Pwr HV Times", "Pwr LV Times", "Pwr UV Times", "Pwr SLP Times", "COT Times", "CUT Times",
               "DOT Times", "DUT Times", "CHT Times", "CLT Times", "DHT Times", "DLT Times", "Shut Times",
               "Reset Times", "RV Times", "Input OV Times", "SOH Times")
STAT_COUL = ("Pwr Percent", "Pwr Coulomb")
STAT_TAIL = ("HT@0.5C Cnt", "LT@0.5C Cnt", "HT Cnt", "LT Cnt", "LV Cnt", "LifeWarn Times", "LifeAlarm Times")
STAT = {
    "old": (STAT_HEAD + ("MiscData Items",) + STAT_COUNTS + STAT_OLD_CURR + STAT_LIMITS
            + ("BMICERR Times", "CYCLE Times") + STAT_COUL + ("Dsg Cap",) + STAT_TAIL),
    "newer": (STAT_HEAD + STAT_COUNTS + STAT_NEWER_CURR + STAT_LIMITS
              + ("BMICERR Times", "CYCLE Times") + STAT_COUL + ("Dsg Cap",) + STAT_TAIL),
    "new": (STAT_HEAD + STAT_COUNTS + STAT_NEW_CURR + STAT_LIMITS
            + ("BMICERR Times", "CYCLE Times", "SOH") + STAT_COUL + ("Dsg Cap",) + STAT_TAIL),
    "pytes100": (STAT_HEAD + STAT_COUNTS + STAT_OLD_CURR + STAT_LIMITS
                 + ("I2CERR Times", "CYCLE Times") + STAT_COUL + STAT_TAIL),
}
STAT_DEFAULTS = {"Data Items": 311, "HisData Items": 1702, "MiscData Items": 5120, "Charge Cnt.": 640,
                 "Status Cnt.": 639, "Idle Times": 20211, "Bat HV Times": 17, "Shut Times": 9, "Reset Times": 31}

HELP = (("bat", "cells - bat [pwr][index]"), ("getpwr", "compact values - getpwr"), ("help", "this list - help"),
        ("info", "device - info [addr]"), ("login", "admin mode - login [password]"),
        ("pwr", "power data - pwr [index]"), ("shut", "shut down - shut"), ("soh", "health - soh [addr]"),
        ("stat", "counters - stat"), ("time", "clock - time"), ("trst", "soft reset - trst"))


def usage(name):
    return dict(HELP).get(name, name)
