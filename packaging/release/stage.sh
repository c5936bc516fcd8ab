#!/bin/sh
# stage.sh FOLDER BINARY...: lays the package out in FOLDER/data/pylontech-mqtt (what lies in /data on a device) and
# FOLDER/rc (the hooks of the USB stick). A BINARY's file name says for which machine it is. Needs VERSION.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$1
shift
program=$out/data/pylontech-mqtt
mkdir -p "$program/bin" "$program/service/log" "$out/rc"

# put FROM TO MODE
put() {
	cp "$1" "$2"
	chmod "$3" "$2"
}

for script in install uninstall boot claim-port; do
	put "$root/packaging/device/$script.sh" "$program/$script.sh" 755
done
for part in common.sh adapter.sh check-system.sh pylontech-mqtt.service README; do
	put "$root/packaging/device/$part" "$program/$part" 644
done
put "$root/conf/pylontech-mqtt.ini" "$program/pylontech-mqtt.ini" 644
put "$root/LICENSE" "$program/LICENSE" 644
put "$root/service/run" "$program/service/run" 755
put "$root/service/log/run" "$program/service/log/run" 755
for file in "$@"; do
	put "$file" "$program/bin/$(basename "$file")" 755
done
echo "$VERSION" >"$program/VERSION"
sums=$(cd "$program" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort | xargs sha256sum)
echo "$sums" >"$program/files.sha256"
put "$root/packaging/device/pre-hook.sh" "$out/rc/pre-hook.sh" 755
put "$root/packaging/device/post-hook.sh" "$out/rc/post-hook.sh" 755
