#!/bin/sh
# pylontech-mqtt: run from the stick after the archive was unpacked into /data; $1 is success or extraction-failed.
set -u
program=${PYLONTECH_ROOT:-}/data/pylontech-mqtt
if [ "${1:-success}" != success ]; then
	echo "pylontech-mqtt: the archive could not be unpacked (${1}): nothing was installed" >&2
	exit 1
fi
# At boot nobody watches: what it says is kept.
sh "$program/install.sh" --unattended >"$program/install.log" 2>&1
