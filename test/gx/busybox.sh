#!/bin/sh
# busybox.sh TARGET CACHE: the busybox of a GX device in CACHE/busybox-TARGET: Debian's source, configured as Venus OS
# configures it (busybox.config beside this file). TARGET: armv7, aarch64, or native for this machine.
# Built again only when the recipe or the compiler changes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
release=$here/../../packaging/release
. "$here/../../packaging/release/target.sh"
mkdir -p "$2"
cache=$(cd "$2" && pwd)
out=$cache/busybox-$1

prefix=
compiler=gcc
if [ "$1" != native ]; then
	target "$1"
	# shellcheck disable=SC2154
	prefix=$triplet-
fi
stamp=$(cat "$here/busybox.sh" "$here/busybox.config" "$here/sources.txt" && "$compiler" -dumpfullversion -dumpmachine)
stamp=$(echo "$stamp" | sha256sum | cut -d ' ' -f 1)
if [ -x "$out" ] && [ "$(cat "$out.stamp" 2>/dev/null)" = "$stamp" ]; then
	exit 0
fi

"$release/fetch.sh" "$cache" "$here/sources.txt"
echo "  BUILD busybox of a GX device, $1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -xf "$cache/$(basename "$(sed -n 's/^busybox .* //p' "$here/sources.txt")")" -C "$work" --strip-components=1
grep -v '^CONFIG_CROSS_COMPILER_PREFIX=' "$here/busybox.config" >"$work/.config"
echo "CONFIG_CROSS_COMPILER_PREFIX=\"$prefix\"" >>"$work/.config"
(cd "$work" && { yes '' || true; } | make oldconfig && make -j"$(nproc)") >"$out.log" 2>&1 ||
	{ tail -n 20 "$out.log" >&2; exit 1; }
cp "$work/busybox" "$out.new"
mv "$out.new" "$out"
echo "$stamp" >"$out.stamp"
