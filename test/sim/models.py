"""The models that the simulator can play: one table, one row a model.

A layout key names a function or a table in replies.py. What is not in the captures is a guess and says so.
"""

from dataclasses import dataclass, field, replace

PROTECT_OLD = ("BOV BHV BLV BUV POV PHV PLV PUV CBOT CBHT CBLT CBUT DBOT DBHT DBLT DBUT "
               "POT PHT PLT PUT COC COC2 DOC DOC2 SC LCOUL ")
PROTECT_NEW = PROTECT_OLD.replace("PLT PUT ", "")


@dataclass(frozen=True)
class Model:
    """What a model prints and how; currents in mA, capacity in mAh."""

    device_name: str
    manufacturer: str = "Pylon"
    baud: int = 115200
    prompt: str = "pylon"
    rows: int = 8                  # rows of the `pwr` table
    cells: int = 15
    capacity_mah: int = 50000
    specification: str = "48V/50AH"
    max_charge_ma: int = 102000
    max_discharge_ma: int = -100000
    max_voltage_mv: int = 54000
    board: str = "SIMBOARDV10R03"
    board_extra: str = ""          # a second "Board" line of newer firmware
    firmware: str = "B66.3"
    soft: str = "V2.3"
    boot: str = "V2.0"
    release: str = "20-03-17"
    barcode_head: str = "SIMA"
    clock_chip: str = "Ds3231"
    protect: str = PROTECT_OLD
    temp_step_mc: int = 1000       # resolution of every printed temperature
    table: str = "a"               # layout of `pwr`
    bat: str = "old"               # layout of `bat N`
    power: str = "pylon"           # layout of `pwr N`
    info: str = "pylon"            # layout of `info N`
    stat: str = "old"              # list of the `stat N` lines
    soh: str = "count"             # layout of `soh N`
    real_coulomb: bool = False     # `pwr N` has a Real Coulomb line
    mos: bool = False              # has a MOSFET sensor
    getpwr: bool = False
    pwrsys: str = "user"           # user, debug (needs login) or none
    system_recommend: bool = False  # `pwrsys` has the four "system Recommend" lines
    index_ignored: bool = False    # `pwr 3` answers like `pwr`
    no_accept_mark: bool = False   # `bat`, `soh`, `stat`, `info` answer without the @
    refused: dict = field(default_factory=dict)  # "stat N": kind of error


US2KBPL = Model("US2KBPL", getpwr=True)
# The newer firmware of the same module: other columns in `bat`, other lines in `stat`.
US2KBPLB = replace(US2KBPL, firmware="B67.7.0", soft="V2.7", release="21-03-30", bat="new", stat="newer")
# Nothing of an Extra2000 is captured: the oldest low-voltage firmware at 19200 baud is our guess.
EXTRA2000 = replace(US2KBPL, device_name="EXTRA2000", baud=19200, board="SIMEXTRAV10R01", firmware="B62.4",
                    soft="V1.9", boot="V1.2", release="17-06-09", barcode_head="SIMX", getpwr=False,
                    max_charge_ma=50000, max_discharge_ma=-50000)
US2000C = Model("US2000C", rows=16, board="V10R05", firmware="B68.3.0.0", soft="V2.5", boot="V2.1",
                release="21-11-05", barcode_head="SIMH", protect=PROTECT_NEW, temp_step_mc=100, table="b",
                bat="new", stat="new", mos=True, max_charge_ma=90000, max_discharge_ma=-90000,
                getpwr=True, pwrsys="debug", system_recommend=True)
US5000 = replace(US2000C, device_name="US5000", board_extra="NF4.E5", firmware="B69.14.0.0", soft="V1.3",
                 boot="V1.0", release="22-09-14", barcode_head="SIMY", capacity_mah=100000,
                 specification="48V/100AH", max_charge_ma=100000, max_discharge_ma=-100000, getpwr=False)
US5000NEW = replace(US5000, firmware="B69.25.0.0", soft="V2.3", release="24-04-22", barcode_head="SIMZ",
                    table="c", power="fets")
DSERIES = replace(US5000NEW, device_name="US3000D", firmware="B74.3.0.0", soft="V1.1", boot="V0.2",
                  release="25-08-19", barcode_head="SIMD", capacity_mah=74000, specification="48V/74AH",
                  max_charge_ma=74000, max_discharge_ma=-74000, bat="dtemp")
PYTES4850 = Model("E-BOX-SIM50", manufacturer="PYTES", prompt="PYTES", board="SIMBMSV13", boot="V1.6",
                  firmware="SIM15SPH2111V1.3.19", soft="V1.3", release="22-10-11", barcode_head="SIML",
                  clock_chip="DS3231M", info="pytes50", real_coulomb=True, max_discharge_ma=-102000,
                  pwrsys="none")
PYTES48100 = replace(PYTES4850, device_name="E-BOX-SIM100-D", rows=16, cells=16, capacity_mah=100000,
                     specification="51.2V/100AH", max_charge_ma=105000, max_discharge_ma=-105000,
                     board="SIMxxxx10", firmware="SIM16SRP2304V1.10.7", soft="V1.10", boot="V1.13",
                     release="23-11-02", barcode_head="SIME", clock_chip="PCF8563", table="d", bat="nocurr",
                     power="pytes100", info="pytes100", stat="pytes100", soh="mask",
                     refused={"stat N": "invalid"})
OLD13 = replace(US2KBPL, device_name="US2000", firmware="B54.1", soft="V1.4", boot="V1.1", release="15-02-26",
                barcode_head="SIMO", table="13", getpwr=False, max_charge_ma=50000, max_discharge_ma=-50000)
FORCE_H2 = Model("Force_H2", cells=120, capacity_mah=37000, specification="384V/37AH", max_charge_ma=40000,
                 max_discharge_ma=-40000, max_voltage_mv=432000, board="SIMHVV20R03", firmware="B52.24.0",
                 soft="V1.5", boot="V1.1", release="21-05-04", barcode_head="SIMF", table="hv", bat="hv",
                 info="hv", stat="old", soh="hv", pwrsys="none", index_ignored=True, no_accept_mark=True)

MODELS = {
    "extra2000": EXTRA2000,
    "us2kbpl": US2KBPL,
    "us2kbplb": US2KBPLB,
    "us2000c": US2000C,
    "us5000": US5000,
    "us5000new": US5000NEW,
    "dseries": DSERIES,
    # A D series master whose `info` and `stat` take no address; one blank between two headers of `bat`.
    "us3000d": replace(DSERIES, bat="dtemp1", refused={"info N": "invalid", "stat N": "invalid", "soh": "unknown",
                                         "soh N": "unknown"}),
    "pytes4850": PYTES4850,
    "pytes48100": PYTES48100,
    "old13": OLD13,
    "force_h2": FORCE_H2,
}
