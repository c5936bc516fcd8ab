#!/bin/sh
# uninstall.sh [--purge] [--keep-files]: takes back all that install.sh did. The configuration and the
# history stay, unless --purge.
# --keep-files leaves the program's folder, for opkg, which removes it itself. May be run again.
set -u
here=$(cd -P "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/adapter.sh"

purge=
keep_files=
for option in "$@"; do
	case $option in
	--purge) purge=yes ;;
	--keep-files) keep_files=yes ;;
	*)
		complain "usage: uninstall.sh [--purge] [--keep-files]"
		exit 2
		;;
	esac
done

# The link first: svscan would start a new supervise for it.
stop_service() {
	rm -f "$SERVICE"
	for folder in "$PROGRAM/service" "$PROGRAM/service/log"; do
		if is_running "$folder"; then
			svc -dx "$folder"
		fi
	done
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		if ! is_running "$PROGRAM/service" && ! is_running "$PROGRAM/service/log"; then
			return 0
		fi
		sleep 1
	done
	complain "warning: supervise of $NAME does not end: reboot"
}

# Our line goes; a file that was ours alone goes with it.
clean_rc_local() {
	grep -qsxF "$RC_LINE" "$RC_LOCAL" || return 0
	file=$(readlink -f "$RC_LOCAL")
	mode=$(stat -c %a "$file") || mode=755
	rest=$(grep -vxF "$RC_LINE" "$file")
	case $rest in
	"#!/bin/bash
$RC_MADE") rm -f "$file" ;;
	'#!/bin/bash') write_new "$file" "$mode" </dev/null ;;
	*) grep -vxF -e "$RC_LINE" -e "$RC_MADE" "$file" | write_new "$file" "$mode" ;;
	esac
}

probe=$DATA/.$NAME-probe
if ! (: >"$probe") 2>/dev/null; then
	complain "$DATA cannot be written: nothing was removed, and the service was left alone."
	exit 1
fi
rm -f "$probe"
stop_service
clean_rc_local || complain "warning: $RC_LOCAL could not be written: remove the line with $NAME from it"
give_back "$(configured_port)"
rm -rf "$STATE" "$MEMORY" "$LOG_RAM" "$LOG_FLASH"
rm -f "$PROGRAM/service/supervise" "$PROGRAM/service/log/supervise" "$PROGRAM/install.log"
if [ -n "$purge" ]; then
	rm -f "$CONFIG" "$CHOICES" "$HISTORY" "$CONFIG.new" "$CHOICES.new" "$HISTORY.new"
else
	say "The configuration stays in $CONFIG and $CHOICES, the history in $HISTORY: remove them by hand, or install again."
fi
[ -n "$keep_files" ] || rm -rf "$PROGRAM"
say "$NAME is removed."
