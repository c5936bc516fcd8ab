#!/bin/sh
# pylontech-mqtt: run from the stick before the archive is unpacked into /data; not 0: it is not unpacked.
set -u
data=${PYLONTECH_ROOT:-}/data
probe=$data/.pylontech-mqtt-room
# Twice what the unpacked files take.
if dd if=/dev/zero of="$probe" bs=1024 count=2048 >/dev/null 2>&1; then
	rm -f "$probe"
	exit 0
fi
rm -f "$probe"
echo "pylontech-mqtt: $data is read-only or has less than 2 MB left: nothing was unpacked" >&2
exit 1
