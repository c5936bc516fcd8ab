# Read by install.sh, after common.sh and driver.sh: says what else the battery needs in order to be seen and heard.
# Nothing here is a reason not to install.
# shellcheck shell=sh

limits_are_off() {
	[ "$(key_in "$CONFIG" limits publish)" = no ]
}

# A connection, nothing more; bash is Venus OS's own shell for rc.local. A host that drops packets must not hold the
# installation for the minutes that TCP would take.
answers() {
	# shellcheck disable=SC2016
	bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" >/dev/null 2>&1 &
	wait_for $! 5
}

check_broker() {
	host=$(key_in "$CONFIG" mqtt broker)
	number=$(our_broker_port)
	if answers "${host:-127.0.0.1}" "$number"; then
		say "Broker: ${host:-127.0.0.1}:$number answers."
	else
		say "Broker: ${host:-127.0.0.1}:$number does not answer. Before Venus OS v3.50 it only runs with MQTT switched on"
		say "  (Settings, Services). The service keeps trying."
	fi
}

# Two batteries with a charge voltage limit: the GX takes one of them as the controlling BMS.
check_other_bms() {
	command -v dbus >/dev/null 2>&1 || return 0
	dbus -y 2>/dev/null | grep -o 'com\.victronenergy\.battery\.[A-Za-z0-9_]*' | sort -u | while read -r battery; do
		case $battery in
		*.mqtt_battery_*) continue ;;
		esac
		if dbus -y "$battery" /Info/MaxChargeVoltage GetValue 2>/dev/null | grep -q '[0-9]'; then
			say "WARNING: $battery sends charge limits as well. Only one battery may be the controlling BMS: choose it in"
			say "  Settings, DVCC. If it is this same battery (BMS-CAN), write publish = no below [limits] in $CONFIG."
		fi
	done
}

remind_of_chargers() {
	say "Chargers: when the battery's data are gone, their own settings rule. Set each of them for 15 cells: absorption"
	say "  52.0 V, float 51.0 V; the inverter's DC cut-off 46 V to 47 V."
}

check_system() {
	check_broker
	check_driver
	limits_are_off || check_other_bms
	remind_of_chargers
}
