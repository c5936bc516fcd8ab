#!/bin/sh
# claim-port.sh        before each start of the service: takes the configured adapter from serial-starter, and looks
#                      for one when none is configured
# claim-port.sh TTY    from the udev rule after a re-plug: takes TTY at once
set -u
here=$(cd -P "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/adapter.sh"

if [ $# -gt 0 ]; then
	stop_tty "$1"
	exit 0
fi

had=$(configured_port)
if port=$(choose_port "$CONFIG"); then
	if [ -z "$had" ] && set_port "$port" "$CONFIG"; then
		say "info: [serial] port was not set; $port is the only adapter and was written into $CONFIG"
	fi
	claim "$port" ||
		say "warning: $RULES_KEPT could not be written (is $DATA full?): serial-starter may take the adapter after a re-plug"
elif [ -z "$port" ]; then
	say "error: no USB serial adapter is plugged in, and [serial] port in $CONFIG is not set"
else
	say "error: more than one USB serial adapter: write one of them into [serial] port in $CONFIG:"
	say "$port" | sed 's/^/error:   port = /'
fi
exit 0
