#!/bin/sh
# install.sh [--configure-driver] [--unattended | --stick FOLDER]: makes the unpacked release a running service. May be
# run again at any time: an upgrade restarts the service once and keeps the configuration. Nothing is written before
# everything that can be checked was found right, and what was written is taken back when a later step fails.
#
# --configure-driver  shows what dbus-mqtt-battery needs in its config.ini, and writes it there
# --unattended        (opkg) a missing or second adapter is no reason to stop; the service looks for it itself
# --stick FOLDER      the same, and what lies beside the release file there counts: a configuration, the driver's archive
set -u
here=$(cd -P "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/adapter.sh"
. "$here/rc-local.sh"
. "$here/driver.sh"
. "$here/check-system.sh"

unattended=
configure=
stick=
was_installed=
port=

usage() {
	complain "usage: install.sh [--configure-driver] [--unattended | --stick FOLDER]"
	exit 2
}

# Everything before the first change ends here. What was unpacked into /data for this installation goes again: it may be
# what has filled it.
refuse() {
	complain "$@"
	complain "Nothing was installed."
	[ "$here" != "$(readlink -f "$NEW")" ] || rm -rf "$NEW"
	exit 1
}

# ---- What is checked ----

# Before v2.90 nothing calls /data/rc.local; from v3.60 on the owner can forbid it, and the firmware renames the file.
check_gx() {
	version=$(head -n 1 "$ROOT/opt/victronenergy/version" 2>/dev/null)
	numbers=$(echo "$version" | sed -n 's/^v\([0-9][0-9]*\)\.\([0-9][0-9]*\).*/\1.\2/p')
	if [ -n "$numbers" ] && older "$numbers" 2.90; then
		refuse "This GX has Venus OS $version, and v2.90 or later is needed: update its firmware, then install again."
	fi
	if [ -e "$RC_LOCAL.disabled" ] && [ ! -e "$RC_LOCAL" ]; then
		refuse "Modifications are switched off on this GX, so the service would not start at a boot: switch them on
(Settings, General, Modification checks), then install again."
	fi
}

check_files() {
	damaged=$(damaged_in "$here" | head -n 3)
	[ -z "$damaged" ] ||
		refuse "$here is not complete ($damaged): was there no room? Unpack the release file again."
	"$here/$(binary_name)" --version >/dev/null 2>&1 ||
		refuse "There is no program for this machine ($(uname -m)) in $here/bin, or it does not run."
}

# Room for the release and the little beside it, asked of the file system itself: some compress, so no zeros.
check_room() {
	kb=64
	case $here in
	"$PROGRAM"*) ;;
	*) kb=$(($(du -sk "$here" | cut -f 1) + 64)) ;;
	esac
	probe=$DATA/.$NAME-room
	if ! why=$(dd if=/dev/urandom of="$probe" bs=1024 count="$kb" 2>&1); then
		rm -f "$probe"
		refuse "$DATA cannot be written, $kb kB are needed: $(echo "$why" | grep -v ' records ' | sed 's/^dd: //' | head -n 1)"
	fi
	rm -f "$probe"
}

# The configuration that counts from now on: the stick's, else the one that is here, else none yet.
config_to_be() {
	if [ -n "$stick" ] && [ -f "$stick/$NAME.ini" ]; then
		echo "$stick/$NAME.ini"
	elif [ -f "$CONFIG" ]; then
		echo "$CONFIG"
	fi
}

# An empty port is no fault yet: a copy in RAM gets one. Editors of another system end lines with \r.
check_config() {
	file=$(config_to_be)
	[ -n "$file" ] || return 0
	copy=$ROOT/run/.$NAME-check.ini
	(umask 077 && : >"$copy") && tr -d '\r' <"$file" >"$copy"
	[ -n "$(key_in "$copy" serial port)" ] || set_port /dev/null "$copy"
	why=$("$here/$(binary_name)" -c "$copy" -n 2>&1)
	wrong=$?
	rm -f "$copy"
	[ "$wrong" = 0 ] || refuse "$(echo "$why" | sed "s,$copy,$file,g")
Correct the configuration, then install again."
}

check_driver_version() {
	which=$(driver_not_to_be_used)
	[ -z "$which" ] || refuse "The driver dbus-mqtt-battery is $which: it can hold old limits for ever or fills the flash; install $DRIVER_OLDEST or later."
}

say_candidates() {
	complain "More than one USB serial adapter is plugged in:"
	echo "$1" | while read -r candidate; do
		complain "  $(tty_of "$candidate")  port = $candidate"
	done
	complain "Write the battery's one below [serial] in $CONFIG, then run install.sh again."
}

# A configuration is what the owner needs to answer with, so it may stay.
ask_for_port() {
	write_config || complain "$CONFIG could not be written."
	if [ -z "$1" ]; then
		complain "No USB serial adapter is plugged in, and [serial] port in $CONFIG is not set."
		complain "Plug it in, then run install.sh again."
	else
		say_candidates "$1"
	fi
	complain "Nothing was installed but that file."
	exit 1
}

find_port() {
	if port=$(choose_port "$(config_to_be)"); then
		if [ -n "$(key_in "$(config_to_be)" serial port)" ]; then
			say "Adapter: $port, as configured."
		else
			say "Adapter: $port, the only one."
		fi
		[ -n "$unattended" ] || [ -e "$port" ] ||
			refuse "[serial] port in $CONFIG is $port, and there is no such file: plug the adapter in, or correct it."
	elif [ -n "$unattended" ]; then
		[ -z "$port" ] || say_candidates "$port"
		say "The service will look for the adapter by itself."
		port=
	else
		ask_for_port "$port"
	fi
}

# What serial-starter runs on the port ends with stop-tty.sh; what is still there is somebody else's.
take_port() {
	tty=$(tty_of "$port")
	[ -n "$tty" ] || return 0
	stop_tty "$tty"
	for _ in 1 2 3 4 5; do
		others=$(holders "$port")
		[ -n "$others" ] || return 0
		sleep 1
	done
	[ -n "$was_installed" ] || start_tty "$tty"
	refuse "$port is taken by another program (process $(echo "$others" | head -n 1)): end it, or choose another port."
}

# ---- What is written ----

# The release lies complete on the flash before the first of its files takes its place: place.sh.
write_program() {
	[ "$here" != "$(readlink -f "$PROGRAM")" ] || return 0
	if [ "$here" != "$(readlink -f "$NEW")" ]; then
		rm -rf "$NEW"
		mkdir -p "$NEW" && cp -r "$here/." "$NEW/" || return 1
	fi
	sync
	[ -z "$(damaged_in "$NEW")" ] || { complain "$NEW is not what was copied"; return 1; }
	: >"$NEW/ready" && sync && sh "$NEW/place.sh"
}

write_config() {
	if [ -n "$stick" ] && [ -f "$stick/$NAME.ini" ]; then
		write_config_of_stick
	elif [ ! -f "$CONFIG" ]; then
		sample=$PROGRAM/$NAME.ini
		[ -f "$sample" ] || sample=$here/$NAME.ini
		mkdir -p "${CONFIG%/*}" && write_new "$CONFIG" 600 <"$sample"
	fi
}

# What stood here before stays beside it. The port that was found here stays where the stick's configuration has none.
write_config_of_stick() {
	had=$(configured_port)
	fresh=$ROOT/run/.$NAME-stick.ini
	(umask 077 && : >"$fresh") && tr -d '\r' <"$stick/$NAME.ini" >"$fresh"
	[ -z "$had" ] || [ -n "$(key_in "$fresh" serial port)" ] || set_port "$had" "$fresh"
	if ! cmp -s "$fresh" "$CONFIG"; then
		mkdir -p "${CONFIG%/*}"
		[ ! -f "$CONFIG" ] || write_new "$CONFIG.before-stick" 600 <"$CONFIG" || return 1
		write_new "$CONFIG" 600 <"$fresh" || return 1
		say "Configuration: $NAME.ini of the stick is in force now."
	fi
	rm -f "$fresh"
}

write_choices() {
	[ ! -f "$CHOICES" ] || return 0
	write_new "$CHOICES" 644 <"$PROGRAM/$NAME.service"
}

write_all() {
	write_program && write_config && write_choices &&
		{ [ -z "$port" ] || [ -n "$(configured_port)" ] || set_port "$port" "$CONFIG"; } &&
		chmod 600 "$CONFIG" && write_rc_local && { [ -z "$port" ] || claim "$port"; } && remove_hooks && sync
}

# Unpacked by hand, the stick's hooks lie beside the folder.
remove_hooks() {
	if grep -qs "^# $NAME:" "$DATA/rc/pre-hook.sh"; then
		rm -f "$DATA/rc/pre-hook.sh" "$DATA/rc/post-hook.sh" "$DATA/rc/common.sh" "$DATA/rc/stick.sh"
	fi
	rmdir "$DATA/rc" 2>/dev/null
	return 0
}

take_all_back() {
	complain "$DATA could not be written: $1"
	if [ -z "$was_installed" ]; then
		[ -n "$(configured_port)" ] || give_back "$port"
		uninstaller=$PROGRAM/uninstall.sh
		[ -f "$uninstaller" ] || uninstaller=$here/uninstall.sh
		sh "$uninstaller" ${had_config:+"$had_config"} >/dev/null 2>&1
		complain "Nothing was installed."
	fi
	exit 1
}

# ---- Running ----

# svscan looks every 5 s. Early at boot it is not there yet.
wait_for_service() {
	if command -v pidof >/dev/null 2>&1 && ! pidof svscan >/dev/null; then
		return 1
	fi
	for _ in 1 2 3 4 5 6 7 8; do
		if is_running "$SERVICE"; then
			return 0
		fi
		sleep 1
	done
	return 1
}

# An upgrade that is running already is restarted, once; one that runs as installed is left alone.
start() {
	if is_running "$SERVICE"; then
		if ! cmp -s "$PROGRAM/files.sha256" "$STATE/started"; then
			svc -t "$SERVICE/log" "$SERVICE"
			say "The service was restarted with version $(cat "$PROGRAM/VERSION")."
		fi
		return 0
	fi
	if ! sh "$PROGRAM/boot.sh" || ! wait_for_service; then
		say "The service starts at the end of the boot that is going on, else at the next one: svscan does not run yet."
		return 0
	fi
	say "The service runs: $(svstat "$SERVICE")"
}

driver_of_stick() {
	for archive in "$stick"/*dbus-mqtt-battery*.zip "$stick"/*dbus-mqtt-battery*.tar.gz; do
		[ ! -f "$archive" ] || { install_driver "$archive"; return 0; }
	done
}

while [ $# -gt 0 ]; do
	case $1 in
	--unattended) unattended=yes ;;
	--configure-driver) configure=yes ;;
	--stick) [ $# -gt 1 ] || usage; shift; stick=$1 unattended=yes ;;
	*) usage ;;
	esac
	shift
done

had_config=
[ -f "$CONFIG" ] || had_config=--purge
# Somebody may have rewritten rc.local, and early at boot there is no link yet.
if grep -qsxF "$RC_LINE" "$RC_LOCAL" || [ -L "$SERVICE" ] || is_running "$SERVICE"; then
	was_installed=yes
fi
check_gx
check_files
check_room
check_config
check_driver_version
find_port
[ -z "$port" ] || take_port
say "Installing $NAME $(cat "$here/VERSION")."
why=$(write_all 2>&1) || take_all_back "$why"
[ -z "$why" ] || say "$why"
[ -z "$stick" ] || driver_of_stick
[ -z "$configure" ] || configure_the_driver
start
check_system
say "Log: tail -F $(log_folder)/current | tai64nlocal"
