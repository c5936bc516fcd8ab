#!/bin/sh
# pylontech-mqtt: run from the stick after the archive was unpacked into /data; $1 is success or extraction-failed.
set -u
here=$(cd -P "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/stick.sh"

# At boot nobody watches: what it says is kept, here and on the stick.
said=$ROOT/run/$NAME.install-log
status=1
if [ "${1:-success}" != success ]; then
	echo "The archive could not be unpacked ($1): nothing was installed." >"$said"
	rm -rf "$NEW"
else
	sh "$NEW/install.sh" --stick "$(stick)" >"$said" 2>&1
	status=$?
fi
[ ! -d "$PROGRAM" ] || write_new "$PROGRAM/install.log" 644 <"$said"
to_stick "$said" "$NAME-install.log"
rm -f "$said"
exit $status
