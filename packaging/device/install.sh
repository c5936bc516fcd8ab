#!/bin/sh
# install.sh [--unattended]: makes the unpacked folder a running service. May be run again at any time: an upgrade
# restarts the service once and keeps the configuration. Nothing is written before everything that can be checked
# was found right, and what was written is taken back when a later step fails.
#
# --unattended (USB stick, opkg): a missing or second adapter is no reason to stop; the service looks for it itself.
set -u
here=$(cd -P "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/adapter.sh"
. "$here/check-system.sh"

unattended=
was_installed=
port=

usage() {
	complain "usage: install.sh [--unattended]"
	exit 2
}

# Everything before the first change ends here.
refuse() {
	complain "$@"
	complain "Nothing was installed."
	exit 1
}

check_place() {
	[ "$here" = "$(readlink -f "$PROGRAM")" ] ||
		refuse "install.sh lies in $here and must lie in $PROGRAM: unpack the release file into $DATA."
}

check_files() {
	damaged=$(cd "$here" && sha256sum -c files.sha256 2>/dev/null | sed -n 's/: FAILED.*//p')
	if [ ! -s "$here/files.sha256" ] || [ -n "$damaged" ]; then
		refuse "$here is not complete (${damaged:-files.sha256}): was $DATA full? Unpack the release file again."
	fi
	"$(binary)" --version >/dev/null 2>&1 ||
		refuse "There is no program for this machine ($(uname -m)) in $here/bin, or it does not run."
}

# Room for the little that is written, asked of the file system itself.
check_room() {
	probe=$DATA/.$NAME-room
	if ! why=$(dd if=/dev/zero of="$probe" bs=1024 count=64 conv=fsync 2>&1); then
		rm -f "$probe"
		refuse "$DATA cannot be written: $(echo "$why" | grep -v ' records ' | sed 's/^dd: //' | head -n 1)"
	fi
	rm -f "$probe"
}

# An empty port is no fault yet: a copy in RAM gets one.
check_config() {
	[ -f "$CONFIG" ] || return 0
	copy=$ROOT/run/.$NAME-check.ini
	(umask 077 && : >"$copy") && cat "$CONFIG" >"$copy"
	[ -n "$(configured_port)" ] || set_port /dev/null "$copy"
	why=$("$(binary)" -c "$copy" -n 2>&1)
	wrong=$?
	rm -f "$copy"
	[ "$wrong" = 0 ] || refuse "$(echo "$why" | sed "s,$copy,$CONFIG,g")
Correct the configuration, then run install.sh again."
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
	if port=$(choose_port); then
		if [ -n "$(configured_port)" ]; then
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

write_config() {
	[ ! -f "$CONFIG" ] || return 0
	mkdir -p "${CONFIG%/*}" && write_new "$CONFIG" 600 <"$here/$NAME.ini"
}

write_choices() {
	[ ! -f "$CHOICES" ] || return 0
	write_new "$CHOICES" 644 <"$here/$NAME.service"
}

# Whether the line is there, before any exit, and the file can be executed.
rc_local_stands() {
	[ -x "$RC_LOCAL" ] && line=$RC_LINE awk '
		$0 == ENVIRON["line"] { found = 1; exit }
		/^[[:space:]]*exit([[:space:];]|$)/ { exit }
		END { exit !found }' "$RC_LOCAL"
}

# The line stands first, so before any exit; other people's lines stay as they are.
write_rc_local() {
	rc_local_stands && return 0
	if [ ! -e "$RC_LOCAL" ]; then
		printf '#!/bin/bash\n%s\n%s\n' "$RC_MADE" "$RC_LINE" | write_new "$RC_LOCAL" 755
		return
	fi
	file=$(readlink -f "$RC_LOCAL")
	mode=$(stat -c %a "$file") || mode=755
	first=$(head -n 1 "$file")
	others=1d
	case $first in
	'#!'*) ;;
	*) first='#!/bin/bash' others= ;;
	esac
	{
		printf '%s\n%s\n' "$first" "$RC_LINE"
		sed "$others" "$file" | grep -vxF "$RC_LINE"
	} | write_new "$file" "$mode" && chmod a+x "$file"
}

write_all() {
	write_config && write_choices &&
		{ [ -z "$port" ] || [ -n "$(configured_port)" ] || set_port "$port" "$CONFIG"; } &&
		chmod 600 "$CONFIG" && write_rc_local && { [ -z "$port" ] || claim "$port"; } && remove_hooks
}

# Unpacked by hand, the stick's hooks lie beside the folder.
remove_hooks() {
	for hook in pre-hook.sh post-hook.sh; do
		if grep -qs "^# $NAME:" "$DATA/rc/$hook"; then
			rm -f "$DATA/rc/$hook"
		fi
	done
	rmdir "$DATA/rc" 2>/dev/null
	return 0
}

take_all_back() {
	complain "$DATA could not be written: $1"
	if [ -z "$was_installed" ]; then
		[ -n "$(configured_port)" ] || give_back "$port"
		sh "$here/uninstall.sh" --keep-files ${had_config:+"$had_config"} >/dev/null 2>&1
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
		if ! cmp -s "$here/files.sha256" "$STATE/started"; then
			svc -t "$SERVICE/log" "$SERVICE"
			say "The service was restarted with version $(cat "$here/VERSION")."
		fi
		return 0
	fi
	if ! sh "$here/boot.sh" || ! wait_for_service; then
		say "The service starts at the end of the boot that is going on, else at the next one: svscan does not run yet."
		return 0
	fi
	say "The service runs: $(svstat "$SERVICE")"
}

case ${1:-} in
'') ;;
--unattended) unattended=yes ;;
*) usage ;;
esac
[ $# -le 1 ] || usage

had_config=
[ -f "$CONFIG" ] || had_config=--purge
# Somebody may have rewritten rc.local, and early at boot there is no link yet.
if grep -qsxF "$RC_LINE" "$RC_LOCAL" || [ -L "$SERVICE" ] || is_running "$SERVICE"; then
	was_installed=yes
fi
check_place
check_files
check_room
check_config
find_port
[ -z "$port" ] || take_port
say "Installing $NAME $(cat "$here/VERSION")."
why=$(write_all 2>&1) || take_all_back "$why"
start
check_system
say "Log: tail -F $(log_folder)/current | tai64nlocal"
