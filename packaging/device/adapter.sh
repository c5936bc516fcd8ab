# Read by the scripts beside it, after common.sh: serial adapters, who has them, and taking one from serial-starter.
# shellcheck shell=sh

# Every USB serial adapter once, by the best name that stays: by-id when only one adapter has that name, else
# by-path. Victron's own cables and what Venus OS knows by its product are left out.
adapters() {
	for path in "$ROOT"/dev/serial/by-path/* "$ROOT"/dev/serial/by-id/*; do
		[ -e "$path" ] || continue
		tty=$(tty_of "$path")
		[ -z "$tty" ] || echo "$tty"
	done | sort -u | while read -r tty; do
		known_to_venus "$tty" || name_that_stays "$tty"
	done
}

# The links in FOLDER that lead to TTY.
links_to() {
	for path in "$ROOT/dev/serial/$1"/*; do
		if [ -e "$path" ] && [ "$(tty_of "$path")" = "$2" ]; then
			echo "$path"
		fi
	done
}

# Adapters without a serial number of their own (CH340, PL2303) have a by-id name that says only what they are;
# two of them fight for it, and the other socket gives it to the other one. Only by-path tells them apart.
name_that_stays() {
	by_id=$(links_to by-id "$1" | head -n 1)
	if [ -z "$by_id" ] || [ -z "$(property "$1" ID_SERIAL_SHORT)" ]; then
		by_path=$(links_to by-path "$1" | head -n 1)
	else
		by_path=
	fi
	echo "${by_path:-$by_id}"
}

known_to_venus() {
	case $(links_to by-id "$1") in
	*VictronEnergy* | *VE_Direct*) return 0 ;;
	esac
	case $(property "$1" VE_SERVICE) in
	vedirect* | mkx | vebus) return 0 ;;
	esac
	return 1
}

# property TTY KEY: what udev knows of it.
property() {
	udevadm info --query=property --name="$1" 2>/dev/null | sed -n "s/^$2=//p" | grep -E '^[A-Za-z0-9_.:+-]+$'
}

# "PID NAME" of every program that has the port open, except our own. One ls for all of /proc: a process for each
# descriptor would take a small device many seconds.
holders() {
	device=$(readlink -f "$1") || return 0
	# shellcheck disable=SC2012
	ls -l "$ROOT"/proc/[0-9]*/fd 2>/dev/null | awk -v device="$device" '
		/^\/.*\/fd:$/ { sub("/fd:$", ""); sub(".*/", ""); pid = $0; next }
		$NF == device { print pid }' | sort -u | while read -r pid; do
		case $(readlink "$ROOT/proc/$pid/exe") in
		"$PROGRAM"/bin/*) ;;
		*) echo "$pid $(cat "$ROOT/proc/$pid/comm" 2>/dev/null)" ;;
		esac
	done
}

# rule_for TTY: the udev rule that claims this adapter for good. By its USB serial number when no other adapter has
# the same one (cheap ones all say 0001), else by the socket that it is in.
rule_for() {
	serial=$(property "$1" ID_SERIAL_SHORT)
	place=$(property "$1" ID_PATH)
	if [ -n "$serial" ] && ! shares_serial "$1" "$serial"; then
		match="ENV{ID_SERIAL_SHORT}==\"$serial\""
		for key in ID_VENDOR_ID ID_MODEL_ID ID_USB_INTERFACE_NUM; do
			value=$(property "$1" "$key")
			[ -z "$value" ] || match="$match, ENV{$key}==\"$value\""
		done
	elif [ -n "$place" ]; then
		match="ENV{ID_PATH}==\"$place\""
	else
		return 1
	fi
	say "# $NAME: serial-starter leaves this adapter alone; a re-plug takes it again."
	say "ACTION==\"add\", SUBSYSTEM==\"tty\", $match, ENV{VE_SERVICE}=\"ignore\", RUN+=\"/bin/sh $PROGRAM/claim-port.sh %k\""
}

shares_serial() {
	for other in "$ROOT"/dev/ttyUSB* "$ROOT"/dev/ttyACM*; do
		other=${other##*/}
		if [ "$other" != "$1" ] && [ "$(property "$other" ID_SERIAL_SHORT)" = "$2" ] &&
			[ "$(property "$other" ID_USB_INTERFACE_NUM)" = "$(property "$1" ID_USB_INTERFACE_NUM)" ]; then
			return 0
		fi
	done
	return 1
}

reload_rules() {
	if command -v udevadm >/dev/null 2>&1; then
		udevadm control --reload-rules >/dev/null 2>&1 || udevadm control --reload >/dev/null 2>&1
	fi
}

# Puts the kept rule where udev reads it: /etc is read-only, /run is empty after each boot.
install_rule() {
	[ -s "$RULES_KEPT" ] || return 0
	cmp -s "$RULES_KEPT" "$RULES" && return 0
	if mkdir -p "${RULES%/*}" && cp "$RULES_KEPT" "$RULES"; then
		reload_rules
	else
		complain "warning: $RULES could not be written: serial-starter may disturb the adapter after a re-plug"
	fi
	return 0
}

# keep_rule TTY: for later boots. Fails where /data cannot be written.
keep_rule() {
	rule=$(rule_for "$1") || return 0
	[ "$rule" = "$(cat "$RULES_KEPT" 2>/dev/null)" ] || say "$rule" | write_new "$RULES_KEPT" 644
}

stop_tty() {
	if [ -x "$SERIAL_STARTER/stop-tty.sh" ]; then
		"$SERIAL_STARTER/stop-tty.sh" "$1" || complain "warning: stop-tty.sh $1 failed: serial-starter may still use it"
	fi
}

start_tty() {
	if [ -x "$SERIAL_STARTER/start-tty.sh" ]; then
		"$SERIAL_STARTER/start-tty.sh" "$1" || complain "warning: start-tty.sh $1 failed: re-plug the adapter"
	fi
}

# claim PORT: takes its tty now and keeps the rule for later. Nothing happens when the adapter is not there; fails when
# the rule cannot be kept.
claim() {
	tty=$(tty_of "$1")
	[ -n "$tty" ] || return 0
	stop_tty "$tty"
	keep_rule "$tty" || return 1
	install_rule
}

# Hands the adapter back to serial-starter.
give_back() {
	rm -f "$RULES" "$RULES_KEPT"
	rmdir "${RULES%/*}" 2>/dev/null
	reload_rules
	tty=$(tty_of "$1")
	if [ -n "$tty" ]; then
		if command -v udevadm >/dev/null 2>&1; then
			udevadm trigger --action=add --subsystem-match=tty --sysname-match="$tty" >/dev/null 2>&1
		fi
		start_tty "$tty"
	fi
}

# choose_port CONFIG: prints the adapter that this configuration names, or the only one there is. Else fails, with every
# candidate on stdout, one a line.
choose_port() {
	chosen=$(key_in "$1" serial port)
	if [ -n "$chosen" ]; then
		echo "$chosen"
		return 0
	fi
	candidates=$(adapters)
	[ -z "$candidates" ] || echo "$candidates"
	[ "$(echo "$candidates" | grep -c .)" = 1 ]
}

# set_port PORT FILE: writes it into this configuration, behind its [serial] line.
set_port() {
	awk -v port="$1" '
		/^[[:space:]]*#?port[[:space:]]*=[[:space:]]*$/ && serial && !done { print "port = " port; done = 1; next }
		/^[[:space:]]*\[/ {
			if (serial && !done) { print "port = " port; done = 1 }
			serial = /^[[:space:]]*\[serial\]/
		}
		{ print }
		END { if (!done) { if (!serial) print "[serial]"; print "port = " port } }' "$2" | write_new "$2" 600
}
