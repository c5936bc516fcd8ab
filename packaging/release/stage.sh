#!/bin/sh
# stage.sh FOLDER BINARY...: lays the package out in FOLDER/data/pylontech-mqtt/new (from where install.sh puts it into
# its place on a device, file by file), beside it the install.sh to begin with, and FOLDER/rc (the hooks of the USB stick). A BINARY's file name
# says for which machine it is. Needs VERSION.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$1
shift
program=$out/data/pylontech-mqtt/new
mkdir -p "$program/bin" "$program/service/log" "$out/rc"

# put FROM TO MODE
put() {
	cp "$1" "$2"
	chmod "$3" "$2"
}

for script in install uninstall boot claim-port place; do
	put "$root/packaging/device/$script.sh" "$program/$script.sh" 755
done
for part in common.sh adapter.sh rc-local.sh stick.sh driver.sh check-system.sh pylontech-mqtt.service README; do
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
put "$root/packaging/device/unpacked-install.sh" "$out/data/pylontech-mqtt/install.sh" 755
for hook in pre-hook.sh post-hook.sh; do
	put "$root/packaging/device/$hook" "$out/rc/$hook" 755
done
for part in common.sh stick.sh; do
	put "$root/packaging/device/$part" "$out/rc/$part" 644
done
