# Read by install.sh, after common.sh: dbus-mqtt-battery, the driver that brings our values onto the GX's D-Bus. Which
# versions may be used, and why, is in docs/install-gx.md, "The driver".
# shellcheck shell=sh

DRIVER=dbus-mqtt-battery
DRIVER_PLACE=$DATA/etc/$DRIVER
DRIVER_OLDEST=1.0.11

our_topic() {
	base=$(key_in "$CONFIG" mqtt topic_base)
	echo "${base:-victron-battery-middleware}/pylon"
}

our_broker_port() {
	number=$(key_in "$CONFIG" mqtt port)
	echo "${number:-1883}"
}

# The folders of all installed copies, one a line.
driver_folders() {
	for folder in "$DATA/etc/$DRIVER"* "$DATA/apps/$DRIVER"*; do
		[ ! -d "$folder" ] || ! driver_program "$folder" >/dev/null || echo "$folder"
	done
}

driver_program() {
	for program in "$1/$DRIVER"*.py; do
		[ -f "$program" ] && echo "$program" && return 0
	done
	return 1
}

# The version as the driver shows it on D-Bus; nothing when its file does not say.
driver_version() {
	sed -n 's/.*FirmwareVersion[^0-9]*\([0-9][0-9.]*\).*/\1/p' "$(driver_program "$1")" 2>/dev/null | head -n 1
}

# older A B: whether version A comes before B.
older() {
	[ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -t . -k 1,1n -k 2,2n -k 3,3n | head -n 1)" = "$1" ]
}

driver_is_ours() {
	[ "$(key_in "$1/config.ini" MQTT topic)" = "$(our_topic)" ]
}

# "1.0.10 in /data/etc/dbus-mqtt-battery" of the first copy that takes our values and must not; nothing when none does.
driver_not_to_be_used() {
	driver_folders | while read -r folder; do
		version=$(driver_version "$folder")
		if [ -n "$version" ] && older "$version" $DRIVER_OLDEST; then
			if driver_is_ours "$folder" || [ "$(driver_folders | grep -c .)" = 1 ]; then
				echo "$version in $folder"
				break
			fi
		fi
	done
}

# ---- Its configuration ----

# What it needs, as `SECTION KEY VALUE`. timeout: with 0 the last limits would hold for ever when the data end.
driver_needs() {
	echo "DEFAULT device_name Pylontech"
	echo "DEFAULT device_instance 100"
	echo "DEFAULT timeout 60"
	echo "MQTT broker_address 127.0.0.1"
	echo "MQTT broker_port $(our_broker_port)"
	echo "MQTT topic $(our_topic)"
}

say_driver_needs() {
	driver_needs | awk '$1 != section { section = $1; print "  [" section "]" } { print "  " $2 " = " $3 }'
}

# set_keys FILE: stdin has `SECTION KEY VALUE`; everything else of the file stays as it is.
set_keys() {
	needs=$(cat)
	needs=$needs awk '
		function rest(of, i) {
			for (i = 1; i <= count; i++)
				if (!done[i] && section[i] == of) { print key[i] " = " value[i]; done[i] = 1 }
		}
		BEGIN {
			count = split(ENVIRON["needs"], lines, "\n")
			for (i = 1; i <= count; i++) { split(lines[i], part, " "); section[i] = part[1]; key[i] = part[2]; value[i] = part[3] }
		}
		/^[ \t]*\[/ { if (here != "") rest(here); here = $0; sub(/^[ \t]*\[/, "", here); sub(/\].*/, "", here) }
		{
			for (i = 1; i <= count; i++)
				if (here == section[i] && $0 ~ "^[ \t]*" key[i] "[ \t]*[=:]") {
					if (!done[i]) print key[i] " = " value[i]
					done[i] = 1
					next
				}
			print
		}
		END {
			if (here != "") rest(here)
			for (i = 1; i <= count; i++)
				if (!done[i]) { print "[" section[i] "]"; rest(section[i]) }
		}' "$1" | write_new "$1" 644
}

# configure_driver FOLDER: its own sample, or what is there, with the keys that we need. The file of before stays beside it.
configure_driver() {
	file=$1/config.ini
	[ -f "$file" ] || cp "$1/config.sample.ini" "$file" 2>/dev/null || : >"$file"
	before=$(cat "$file")
	driver_needs | set_keys "$file" || return 1
	if [ "$before" != "$(cat "$file")" ]; then
		say "$before" | write_new "$file.before-$NAME" 644
	fi
	if is_running "$ROOT/service/${1##*/}"; then
		svc -t "$ROOT/service/${1##*/}"
	fi
}

# --configure-driver: shows what is written, then writes it, where it is clear which copy is meant.
configure_the_driver() {
	folders=$(driver_folders)
	case $(echo "$folders" | grep -c .) in
	0) say "Driver: $DRIVER is not installed: there is nothing to configure." && return 1 ;;
	1) ;;
	*)
		chosen=$(echo "$folders" | while read -r folder; do driver_is_ours "$folder" && echo "$folder"; done)
		if [ "$(echo "$chosen" | grep -c .)" != 1 ]; then
			say "Driver: there are several copies: write it yourself into the config.ini of one of them:"
			say "$folders"
			return 1
		fi
		folders=$chosen
		;;
	esac
	say "Driver: writing into $folders/config.ini:"
	say_driver_needs
	configure_driver "$folders" || say "Driver: $folders/config.ini could not be written."
}

# ---- What is said of it ----

check_driver() {
	mine=
	seen=
	for folder in $(driver_folders); do
		seen="$seen $folder"
		driver_is_ours "$folder" || continue
		[ -z "$mine" ] || say "WARNING: $mine and $folder have the same topic: the battery shows twice. Remove one of them."
		mine=$folder
		check_driver_folder "$folder"
	done
	if [ -z "$seen" ]; then
		say "Driver: $DRIVER is not installed; without it the GX does not see the battery. Its config.ini needs:"
		say_driver_needs
	elif [ -z "$mine" ]; then
		say "Driver: the config.ini of$seen has not our topic. It needs (install.sh --configure-driver writes it):"
		say_driver_needs
	fi
}

check_driver_folder() {
	file=$1/config.ini
	version=$(driver_version "$1")
	say "Driver: ${version:-of an unknown version} in $1, with our topic."
	address=$(key_in "$file" MQTT broker_address)
	number=$(key_in "$file" MQTT broker_port)
	case $address in
	127.0.0.1 | localhost) ;;
	*) say "  WARNING: broker_address = $address there, and we publish to 127.0.0.1: install.sh --configure-driver." ;;
	esac
	[ "${number:-1883}" = "$(our_broker_port)" ] ||
		say "  WARNING: broker_port = $number there, and we publish to $(our_broker_port): install.sh --configure-driver."
	check_driver_timeout "$(key_in "$file" DEFAULT timeout)"
	check_driver_starts "$1"
}

check_driver_timeout() {
	case ${1:-60} in
	0) say "  WARNING: timeout = 0 there: the last limits would hold for ever when the data end. Write timeout = 60." ;;
	[1-9] | [1-5][0-9] | 60) ;;
	*) say "  WARNING: timeout = $1 there: so long the last limits hold when the data end. Write timeout = 60." ;;
	esac
}

# Its own line in rc.local is its last one, and may stand behind an exit of somebody's.
driver_starts_at_boot() {
	[ -x "$RC_LOCAL" ] && folder=$1/ awk '
		!/^[[:space:]]*#/ && index($0, ENVIRON["folder"]) { found = 1; exit }
		/^[[:space:]]*exit([[:space:];]|$)/ { exit }
		END { exit !found }' "$RC_LOCAL"
}

check_driver_starts() {
	driver_starts_at_boot "$1" && return 0
	say "  WARNING: $RC_LOCAL does not get as far as the driver's line: after a reboot the battery is gone from the GX."
	say "  Run bash $1/install.sh, or move its line above the exit."
}

# ---- Installing it from its author's archive ----

# install_driver ARCHIVE: zip or tar.gz. Fails with a sentence; what was there before stays then.
install_driver() {
	work=$ROOT/run/$NAME.driver
	rm -rf "$work"
	mkdir -p "$work"
	case $1 in
	*.zip) unzip -q "$1" -d "$work" >/dev/null 2>&1 ;;
	*) tar -xzf "$1" -C "$work" 2>/dev/null ;;
	esac || { rm -rf "$work"; say "Driver: ${1##*/} cannot be unpacked; not installed."; return 1; }
	program=$(find "$work" -name $DRIVER.py | head -n 1)
	place_driver "${program%/*}" "${1##*/}"
	status=$?
	rm -rf "$work"
	return $status
}

# place_driver FOLDER NAME: the unpacked driver; a configuration that is there stays.
place_driver() {
	[ -n "$1" ] || { say "Driver: $2 is not an archive of $DRIVER; not installed."; return 1; }
	version=$(driver_version "$1")
	if [ -z "$version" ] || older "$version" $DRIVER_OLDEST; then
		say "Driver: $2 is ${version:-of an unknown version}, and $DRIVER_OLDEST or later is needed; not installed."
		return 1
	fi
	had=$(driver_version "$DRIVER_PLACE")
	if [ "$had" = "$version" ]; then
		say "Driver: $version is installed already."
	elif put_driver "$1"; then
		say "Driver: $version installed${had:+, in the place of $had}."
	else
		say "Driver: $2 could not be written to $DRIVER_PLACE; not installed."
		return 1
	fi
	configure_driver "$DRIVER_PLACE" && start_driver
}

put_driver() {
	fresh=$DRIVER_PLACE.new
	rm -rf "$fresh"
	if ! mkdir -p "${DRIVER_PLACE%/*}" || ! cp -r "$1" "$fresh"; then
		rm -rf "$fresh"
		return 1
	fi
	chmod 755 "$fresh"/*.py "$fresh"/*.sh "$fresh"/service/run "$fresh"/service/log/run 2>/dev/null
	[ ! -f "$DRIVER_PLACE/config.ini" ] || cp "$DRIVER_PLACE/config.ini" "$fresh/config.ini"
	sync
	rm -rf "$DRIVER_PLACE.old"
	[ ! -d "$DRIVER_PLACE" ] || mv "$DRIVER_PLACE" "$DRIVER_PLACE.old"
	mv "$fresh" "$DRIVER_PLACE" && sync && rm -rf "$DRIVER_PLACE.old"
}

# Its own installer makes the service and its line in rc.local; without a network it may wait for one.
start_driver() {
	[ -f "$DRIVER_PLACE/install.sh" ] || return 0
	bash "$DRIVER_PLACE/install.sh" </dev/null 2>&1 &
	wait_for $! 180 || say "Driver: its install.sh did not end within 180 s."
	sync
}
