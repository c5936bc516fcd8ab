"""The settings of the independent model: defaults as protection.md gives them, in mV, mA, mC, ms, %.

Written from the text of the rules, not from the program's table: the comparison checks that both agree."""

SECONDS = 1000
MINUTES = 60 * SECONDS

DEFAULTS = {
    # [battery]
    'max_charge_voltage': 0,            # 0: bulk
    'max_charge_current': 50000,
    'max_discharge_current': 50000,
    # [limits]
    'soc_rules': 'bank',
    'discharge_blocked_current': 0,
    # charge voltage: cell values
    'cell_bulk_voltage': 3500, 'cell_float_voltage': 3400, 'cell_floor_voltage': 3133,
    'float_soc': 95, 'bulk_soc': 92,
    'full_charge_days': 14, 'full_charge_voltage': 3467, 'full_charge_hours': 2,
    'headroom_start_cell_voltage': 3400, 'headroom_target_cell_voltage': 3520,
    'blocked_step_voltage': 100, 'blocked_step_s': 10 * SECONDS, 'blocked_current': 1000,
    # charge current
    'charge_derate_percent': 80,
    'high_soc': 90, 'high_soc_release': 88, 'high_soc_current': 7000,
    'charge_cold_block_temperature': 0, 'charge_cold_temperature': 5000, 'charge_cold_current': 10000,
    'charge_hot_temperature': 45000, 'charge_hot_current': 10000, 'charge_hot_block_temperature': 55000,
    'temperature_release': 2000,
    'cell_over_voltage': 3650, 'cell_over_release_voltage': 3500,
    'charge_taper_voltage': (3500, 3550, 3580, 3620, 3650),
    'charge_taper_percent': (100, 50, 20, 5, 0),
    'deep_cell_voltage': 2800, 'deep_cell_release_voltage': 3000, 'deep_cell_current': 5000,
    'deep_cell_block_voltage': 2000, 'deep_cell_block_release_voltage': 2300,
    # discharge current
    'low_soc': 10, 'low_soc_release': 12, 'low_soc_current': 10000,
    'low_soc_block': 5, 'low_soc_block_release': 8,
    'cell_under_voltage': 2500, 'cell_under_release_voltage': 3150,
    'discharge_taper_voltage': (3000, 2900, 2800, 2600, 2500),
    'discharge_taper_percent': (100, 50, 20, 5, 0),
    'pack_low_cell_voltage': 3067, 'pack_low_percent': 20,
    'pack_cut_cell_voltage': 3000, 'pack_cut_s': 10 * SECONDS,
    'pack_low_release_cell_voltage': 3200,
    'discharge_cold_block_temperature': -10000,
    'discharge_hot_temperature': 50000, 'discharge_hot_percent': 50,
    'discharge_hot_block_temperature': 55000,
    'over_current_percent': 50, 'over_current_s': 60 * SECONDS,
    # sensors
    'sense_high_voltage': 4000, 'sense_low_voltage': 500,
    # losses
    'lost_module': 'degrade', 'lost_module_hold_min': 60, 'failed_module': 'degrade',
    'lost_battery': 'derate', 'lost_battery_current': 10000, 'lost_battery_soc': 10,
    'lost_battery_cell_voltage': 3000,
    # dynamics
    'recovery_hold_s': 30 * SECONDS, 'recovery_current_a_s': 5000, 'recovery_voltage_v_s': 50,
    # alarms
    'alarm_cell_low_voltage': 2800, 'alarm_cell_high_voltage': 3600,
    'alarm_spread_voltage': 100, 'alarm_spread_high_voltage': 300,
    'alarm_spread_top_cell_voltage': 3450, 'alarm_spread_top_s': 10 * MINUTES,
    'alarm_mos_temperature': 80000, 'alarm_mos_high_temperature': 90000,
    'alarm_hot_temperature': 45000, 'alarm_hot_high_temperature': 55000,
    'alarm_cold_temperature': 0, 'alarm_cold_high_temperature': -10000,
    'alarm_cell_release_voltage': 50, 'alarm_spread_release_voltage': 20,
    'alarm_soc_release': 2, 'alarm_temperature_release': 2000,
}


def with_changes(changes):
    """The defaults, changed; an unknown key is a fault of the caller."""
    unknown = set(changes) - set(DEFAULTS)
    if unknown:
        raise KeyError(f'no such setting: {sorted(unknown)}')
    return {**DEFAULTS, **changes}
