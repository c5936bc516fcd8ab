#!/bin/sh
# pylontech-mqtt: run from the stick before the archive is unpacked into /data; not 0: it is not unpacked.
set -u
here=$(cd -P "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/stick.sh"

# The owner sees it on the stick only.
refuse() {
	complain "$NAME: $1: nothing was unpacked"
	echo "$1: nothing was unpacked." >"$ROOT/run/$NAME.refused"
	to_stick "$ROOT/run/$NAME.refused" "$NAME-install.log"
	rm -f "$ROOT/run/$NAME.refused"
	exit 1
}

[ "$(release_files | grep -c .)" -le 1 ] ||
	refuse "more than one release file of $NAME lies on the stick ($(release_files | sed 's,.*/,,' | tr '\n' ' ')); leave one there"
# Twice what the unpacked files take. Some file systems compress, so no zeros.
probe=$DATA/.$NAME-room
if ! dd if=/dev/urandom of="$probe" bs=1024 count=2048 >/dev/null 2>&1; then
	rm -f "$probe"
	refuse "$DATA is read-only or has less than 2 MB left"
fi
rm -f "$probe"
sync
