# Read by install.sh, after common.sh: says what else the battery needs in order to be seen and heard. Nothing here
# is a reason not to install.
# shellcheck shell=sh

base_topic() {
	base=$(key_in "$CONFIG" mqtt topic_base)
	echo "${base:-victron-battery-middleware}/pylon"
}

limits_are_off() {
	[ "$(key_in "$CONFIG" limits publish)" = no ]
}

# A connection, nothing more; bash is Venus OS's own shell for rc.local.
answers() {
	wait=
	timeout 5 true 2>/dev/null && wait="timeout 5"
	# shellcheck disable=SC2016
	$wait bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
}

check_broker() {
	host=$(key_in "$CONFIG" mqtt broker)
	number=$(key_in "$CONFIG" mqtt port)
	if answers "${host:-127.0.0.1}" "${number:-1883}"; then
		say "Broker: ${host:-127.0.0.1}:${number:-1883} answers."
	else
		say "Broker: ${host:-127.0.0.1}:${number:-1883} does not answer. Before Venus OS v3.50 it only runs with MQTT switched on"
		say "  (Settings, Services). The service keeps trying."
	fi
}

say_driver_config() {
	say "  [DEFAULT]"
	say "  device_name = Pylontech"
	say "  device_instance = 100"
	say "  timeout = 60"
	say "  [MQTT]"
	say "  broker_address = 127.0.0.1"
	say "  broker_port = 1883"
	say "  topic = $1"
}

# The driver takes one exact topic; several copies of it may be there.
check_driver() {
	topic=$(base_topic)
	seen=
	for file in "$DATA"/etc/dbus-mqtt-battery*/config.ini "$DATA"/apps/dbus-mqtt-battery*/config.ini; do
		[ -f "$file" ] || continue
		seen="$seen $file"
		if [ "$(key_in "$file" MQTT topic)" = "$topic" ]; then
			say "Driver: $file has our topic."
			check_driver_timeout "$file"
			return
		fi
	done
	if [ -z "$seen" ]; then
		say "Driver: dbus-mqtt-battery is not installed; without it the GX does not see the battery. Its config.ini needs:"
	else
		say "Driver: none of$seen has our topic. It needs:"
	fi
	say_driver_config "$topic"
}

check_driver_timeout() {
	if [ "$(key_in "$1" DEFAULT timeout)" = 0 ]; then
		say "  WARNING: timeout = 0 there: the last limits would hold for ever when the data end. Write timeout = 60."
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
