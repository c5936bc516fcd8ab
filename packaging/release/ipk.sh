#!/bin/sh
# ipk.sh TARGET BINARY OUT: the opkg package for one machine. Needs VERSION.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/target.sh"
. "$here/pack.sh"
target "$1"
out=$(cd "$(dirname "$3")" && pwd)/$(basename "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$here/stage.sh" "$work/stage" "$2"
mkdir "$work/control"
sed -e "s/@VERSION@/$VERSION/" -e "s/@ARCHITECTURE@/$opkg_architecture/" "$here/../ipk/control.in" >"$work/control/control"
for script in postinst prerm postrm; do
	cp "$here/../ipk/$script" "$work/control/$script"
	chmod 755 "$work/control/$script"
done
pack_tar "$work/control" ./control ./postinst ./postrm ./prerm >"$work/control.tar.gz"
# Without the install.sh to begin with: opkg calls postinst, and what is installed must stay whole while it unpacks.
pack_tar "$work/stage" ./data/pylontech-mqtt/new >"$work/data.tar.gz"
echo 2.0 >"$work/debian-binary"
rm -f "$out"
(cd "$work" && ar qcD "$out" debian-binary control.tar.gz data.tar.gz)
