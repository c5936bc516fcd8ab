#!/bin/sh
# program.sh TARGET CACHE OUT [CONSTANTS]: the daemon for one machine as OUT (stripped) and OUT.debug (not stripped, for
# check-binary.sh); with CONSTANTS, a C file, before its own constants, for the bench. Needs VERSION.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$here/target.sh"
target "$1"
cache=$(cd "$2" && pwd)
prefix=$cache/$1
out=$3
objects=$cache/objects-$1

flags=$(common_flags "$root=pylontech-mqtt" "$prefix=lib" "$cache=cache")
libraries="-nostdinc -isystem $prefix/include -isystem $("$compiler" -print-file-name=include) -I$prefix/include/json-c"

# For size, like the libraries: a pass takes 7 % more instructions than for speed, and most of its time is the kernel's.
echo "  PROG  $1"
rm -rf "$objects"
mkdir -p "$objects"
(cd "$root" && make -s -j"$(nproc)" BUILD="$objects" CC="$compiler" WERROR=1 LIBRARIES="$libraries" CFLAGS="$flags -Os" LDFLAGS= objects) |
	grep -v '^  CC' || :
[ -s "$objects/link-flags" ] || exit 1

more=
if [ $# -gt 3 ]; then
	compile_all "$objects/test" "$compiler" "$libraries $flags -std=c11 -D_GNU_SOURCE -I$root/include -I$root/test/unit -Os" "$4"
	more=-Wl,--wrap=settings_constants
fi

of_gcc() {
	"$compiler" -print-file-name="$1"
}

# Debian 13's linker would leave room for pages of 64 kB, which an armv7 has not.
pages=
[ "$1" != armv7 ] || pages=-Wl,-z,max-page-size=4096

# A static program that is still loaded at a random address. The order of the objects is that of their paths.
# shellcheck disable=SC2086,SC2046
"$compiler" $machine_flags $pages -nostdlib -nostartfiles $(cat "$objects/link-flags") -Wl,-Bstatic -o "$out.debug" \
	-Wl,--no-dynamic-linker,-z,text -Wl,-z,stack-size=262144 -Wl,--build-id=none -Wl,--gc-sections $more \
	"$prefix/lib/rcrt1.o" "$prefix/lib/crti.o" "$(of_gcc crtbeginS.o)" \
	$(find "$objects" -name '*.o' | LC_ALL=C sort) -L"$prefix/lib" -lmosquitto -ljson-c -linih -lserialport \
	-Wl,--start-group -lc "$(of_gcc libgcc.a)" "$(of_gcc libgcc_eh.a)" -Wl,--end-group \
	"$(of_gcc crtendS.o)" "$prefix/lib/crtn.o"
"$triplet-strip" --strip-all -R .comment -R .note -o "$out" "$out.debug"
chmod 755 "$out"
rm -rf "$objects"
