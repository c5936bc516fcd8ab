#!/bin/sh
# boot.sh: what must be done anew at each boot, because it lives in RAM. Called by /data/rc.local and by install.sh;
# may be run at any time.
set -u
here=$(cd -P "$(dirname "$0")" && pwd)
# The power was cut during an upgrade: it is ended first.
for place in "$here/new/place.sh" "$here/place.sh"; do
	if [ -f "$here/new/ready" ] && [ -s "$place" ] && sh "$place"; then
		exec sh "$here/boot.sh"
	fi
done
. "$here/common.sh"
. "$here/adapter.sh"
. "$here/stick.sh"

# supervise writes its state whenever the service changes: into RAM, not into flash.
state_in_ram() {
	mkdir -p "$STATE/supervise" "$STATE/log-supervise" && chmod 700 "$STATE/supervise" "$STATE/log-supervise" || return 1
	link "$STATE/supervise" "$PROGRAM/service/supervise" && link "$STATE/log-supervise" "$PROGRAM/service/log/supervise"
}

# link TARGET NAME: writes only when it must.
link() {
	[ "$(readlink "$2")" = "$1" ] && return 0
	rm -rf "$2" && ln -s "$1" "$2"
}

if ! state_in_ram; then
	complain "$NAME: the state of supervise cannot be kept in $STATE: the service is not started"
	exit 1
fi
install_rule
if [ ! -d "$ROOT/service" ]; then
	complain "$NAME: there is no $ROOT/service: the service is not started"
	exit 1
fi
link "$PROGRAM/service" "$SERVICE" || exit 1
# Where it exists it tells svscan at once; otherwise svscan looks every 5 s.
if command -v svrescan >/dev/null 2>&1; then
	svrescan >/dev/null 2>&1
fi
log_to_stick
exit 0
