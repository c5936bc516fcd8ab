#!/bin/sh
# release.sh: what `make release` does. Needs VERSION; BUILD is the folder for everything (build).
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
export VERSION
mkdir -p "$build/cache" "$build/release"
cache=$(cd "$build/cache" && pwd)
out=$(cd "$build/release" && pwd)
. packaging/release/target.sh
. packaging/release/pack.sh

packaging/install-packages.sh release
packaging/release/fetch.sh "$cache"
rm -rf "$out"
mkdir "$out" "$out/bin"
for machine in armv7 aarch64; do
	binary=$out/bin/pylontech-mqtt-$machine
	packaging/release/libraries.sh "$machine" "$cache"
	packaging/release/program.sh "$machine" "$cache" "$binary"
	packaging/release/check-binary.sh "$machine" "$binary"
	target "$machine"
	# shellcheck disable=SC2154
	packaging/release/ipk.sh "$machine" "$binary" "$out/pylontech-mqtt_${VERSION}_$opkg_architecture.ipk"
done

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
packaging/release/stage.sh "$stage" "$out/bin/pylontech-mqtt-armv7" "$out/bin/pylontech-mqtt-aarch64"
mv "$stage/data/pylontech-mqtt" "$stage/"
rmdir "$stage/data"
pack_tar "$stage" pylontech-mqtt rc >"$out/venus-data-pylontech-mqtt-$VERSION.tar.gz"
(cd "$out" && sha256sum -- *.ipk *.tar.gz >SHA256SUMS)
echo "Release $VERSION in $build/release:"
(cd "$out" && wc -c bin/pylontech-mqtt-armv7 bin/pylontech-mqtt-aarch64 -- *.ipk *.tar.gz | sed '/total$/d')
