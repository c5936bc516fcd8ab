#!/bin/sh
# program.sh TARGET CACHE OUT: the daemon for one machine as OUT (stripped) and OUT.debug (not stripped, for
# check-binary.sh). Needs VERSION.
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
flags="-nostdinc -isystem $prefix/include -isystem $("$compiler" -print-file-name=include) $flags"
flags="$flags -std=c11 -D_GNU_SOURCE -DVERSION=\\\"$VERSION\\\" -I$root/include -I$prefix/include/json-c"
flags="$flags -Wall -Wextra -Wconversion -Wshadow -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Werror"

# For size, like the libraries: a pass takes 7 % more instructions than for speed, and most of its time is the kernel's.
echo "  PROG  $1"
rm -rf "$objects"
find "$root/src" -name '*.c' | compile_tree "$root/src" "$objects" "$compiler" "$flags -Os"

of_gcc() {
	"$compiler" -print-file-name="$1"
}

# A static program that is still loaded at a random address. The order of the objects is that of their paths.
# shellcheck disable=SC2086,SC2046
"$compiler" $machine_flags -nostdlib -nostartfiles -pie -Wl,-Bstatic -o "$out.debug" \
	-Wl,--no-dynamic-linker,-z,text,-z,relro,-z,now,-z,noexecstack -Wl,-z,stack-size=262144 -Wl,--build-id=none -Wl,--gc-sections \
	-Wl,--wrap=get_port_details -Wl,--wrap=ioctl \
	"$prefix/lib/rcrt1.o" "$prefix/lib/crti.o" "$(of_gcc crtbeginS.o)" \
	$(find "$objects" -name '*.o' | LC_ALL=C sort) -L"$prefix/lib" -lmosquitto -ljson-c -linih -lserialport \
	-Wl,--start-group -lc "$(of_gcc libgcc.a)" "$(of_gcc libgcc_eh.a)" -Wl,--end-group \
	"$(of_gcc crtendS.o)" "$prefix/lib/crtn.o"
"$triplet-strip" --strip-all -R .comment -R .note -o "$out" "$out.debug"
chmod 755 "$out"
rm -rf "$objects"
