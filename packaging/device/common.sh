# Read by the scripts beside it: where things are and what several of them do. POSIX shell, as busybox has it.
# PYLONTECH_ROOT stands before every path; it is empty on a device and a scratch folder in a test.
# shellcheck shell=sh disable=SC2034

ROOT=${PYLONTECH_ROOT:-}
NAME=pylontech-mqtt
DATA=$ROOT/data
PROGRAM=$DATA/$NAME
# Where a release is unpacked: complete and checked before any file of it takes the place of an older one.
NEW=$PROGRAM/new
CONFIG=$DATA/conf/$NAME.ini
CHOICES=$DATA/conf/$NAME.service
HISTORY=$DATA/conf/$NAME.history
RC_LOCAL=$DATA/rc.local
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

# The name of the binary for this machine, by the kernel's word for it.
binary_name() {
	machine=$(uname -m)
	case $machine in
	armv7* | armv8l) machine=armv7 ;;
	esac
	echo "bin/$NAME-$machine"
}

binary() {
	echo "$PROGRAM/$(binary_name)"
}

# damaged_in FOLDER [NAME]: the names of the release's files in FOLDER that are not as they were made, or of NAME alone;
# nothing when all are. A shell runs an empty file as a script that says nothing: only the sum tells.
damaged_in() (
	cd "$1" 2>/dev/null || { echo "$1"; exit; }
	[ -s files.sha256 ] || { echo files.sha256; exit; }
	sums=$(grep "  ${2:-}" files.sha256) || { echo "$2"; exit; }
	echo "$sums" | sha256sum -c 2>/dev/null | sed -n 's/: FAILED.*//p'
)

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

# write_new FILE MODE: stdin becomes FILE, whole or not at all, whenever the power is cut: it is on the flash before it
# gets its name.
write_new() {
	if (umask 077 && cat >"$1.new") && chmod "$2" "$1.new" && sync && mv "$1.new" "$1" && sync; then
		return 0
	fi
	rm -f "$1.new"
	return 1
}

# wait_for PID SECONDS: its status, or 1 when it has not ended by then and was killed.
wait_for() {
	for _ in $(seq "$2"); do
		kill -0 "$1" 2>/dev/null || break
		sleep 1
	done
	if kill -9 "$1" 2>/dev/null; then
		wait "$1" 2>/dev/null
		return 1
	fi
	wait "$1"
}

# has_line_before_exit FILE LINE: whether FILE can be executed and gets as far as LINE.
has_line_before_exit() {
	[ -x "$1" ] && line=$2 awk '
		$0 == ENVIRON["line"] { found = 1; exit }
		/^[[:space:]]*exit([[:space:];]|$)/ { exit }
		END { exit !found }' "$1"
}

# Whether supervise runs for this folder, be the service up or down.
is_running() {
	case $(svstat "$1" 2>/dev/null) in
	*': up '* | *': down '*) return 0 ;;
	esac
	return 1
}
