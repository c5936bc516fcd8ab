#!/bin/sh
# uninstall.sh [--purge]: takes back all that install.sh did. The configuration and the history stay, unless --purge.
# May be run again.
set -u
here=$(cd -P "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/adapter.sh"
. "$here/rc-local.sh"

purge=
for option in "$@"; do
	case $option in
	--purge) purge=yes ;;
	*)
		complain "usage: uninstall.sh [--purge]"
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
if [ -n "$purge" ]; then
	rm -f "$CONFIG" "$CHOICES" "$HISTORY" "$CONFIG".* "$CHOICES.new" "$HISTORY.new"
else
	say "The configuration stays in $CONFIG and $CHOICES, the history in $HISTORY: remove them by hand, or install again."
fi
rm -rf "$PROGRAM"
sync
say "$NAME is removed."
