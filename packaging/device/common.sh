# Read by the scripts beside it: where things are and what several of them do. POSIX shell, as busybox has it.
# PYLONTECH_ROOT stands before every path; it is empty on a device and a scratch folder in a test.
# shellcheck shell=sh disable=SC2034

ROOT=${PYLONTECH_ROOT:-}
NAME=pylontech-mqtt
DATA=$ROOT/data
PROGRAM=$DATA/$NAME
CONFIG=$DATA/conf/$NAME.ini
CHOICES=$DATA/conf/$NAME.service
HISTORY=$DATA/conf/$NAME.history
RC_LOCAL=$DATA/rc.local
# Other people's rc.local may end at the first command that fails (set -e): ours never does.
RC_LINE="sh $PROGRAM/boot.sh || true # $NAME"
RC_MADE="# made by $NAME"
SERVICE=$ROOT/service/$NAME
STATE=$ROOT/run/$NAME
MEMORY=$ROOT/run/$NAME.memory
LOG_RAM=$ROOT/var/volatile/log/$NAME
LOG_FLASH=$ROOT/var/log/$NAME
RULES=$ROOT/run/udev/rules.d/z90-$NAME.rules
RULES_KEPT=$PROGRAM/adapter.rules
SERIAL_STARTER=$ROOT/opt/victronenergy/serial-starter

say() {
	printf '%s\n' "$*"
}

complain() {
	printf '%s\n' "$*" >&2
}

# The binary for this machine, by the kernel's word for it.
binary() {
	machine=$(uname -m)
	case $machine in
	armv7* | armv8l) machine=armv7 ;;
	esac
	echo "$PROGRAM/bin/$NAME-$machine"
}

# key_in FILE SECTION KEY: the value of `KEY = value` below [SECTION] ('' where the file has no sections), without its
# comment; nothing when it is not set.
key_in() {
	awk -v section="$2" -v key="$3" '
		/^[ \t]*\[/ { here = $0; sub(/^[ \t]*\[/, "", here); sub(/\].*/, "", here); next }
		here == section && sub("^[ \t]*" key "[ \t]*[=:]", "") {
			sub(/[ \t][;#].*/, ""); sub(/^[ \t]+/, ""); sub(/[ \t\r]+$/, "")
			print
			exit
		}' "$1" 2>/dev/null
}

configured_port() {
	key_in "$CONFIG" serial port
}

log_folder() {
	case $(key_in "$CHOICES" '' log) in
	flash) echo "$LOG_FLASH" ;;
	*) echo "$LOG_RAM" ;;
	esac
}

# The tty's name (ttyUSB0) behind a port, following its links; nothing when it is not there.
tty_of() {
	path=$1
	for _ in 1 2 3 4 5; do
		case ${path##*/} in
		tty[A-Z]*)
			[ ! -e "$path" ] || echo "${path##*/}"
			return
			;;
		esac
		next=$(readlink "$path") || return 0
		case $next in
		/*) path=$next ;;
		*) path=${path%/*}/$next ;;
		esac
	done
}

# write_new FILE MODE: stdin becomes FILE, whole or not at all.
write_new() {
	if (umask 077 && cat >"$1.new") && chmod "$2" "$1.new" && mv "$1.new" "$1"; then
		return 0
	fi
	rm -f "$1.new"
	return 1
}

# Whether supervise runs for this folder, be the service up or down.
is_running() {
	case $(svstat "$1" 2>/dev/null) in
	*': up '* | *': down '*) return 0 ;;
	esac
	return 1
}
