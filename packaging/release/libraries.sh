#!/bin/sh
# libraries.sh TARGET CACHE: musl and the four libraries as static archives in CACHE/TARGET. Built again only when
# the recipe or the compiler changes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/target.sh"
target "$1"
cache=$(cd "$2" && pwd)
prefix=$cache/$1
work=$cache/work-$1

recipe=$(cat "$here/sources.txt" "$here/target.sh" "$here/libraries.sh" "$here/json-c-config.h" && "$compiler" -dumpfullversion && ls -l "$(command -v "$compiler")")
stamp=$(echo "$recipe" | sha256sum | cut -d ' ' -f 1)
[ "$(cat "$prefix/stamp" 2>/dev/null)" != "$stamp" ] || exit 0

flags=$(common_flags "$work=lib" "$prefix=lib")
rm -rf "$prefix" "$work"
mkdir -p "$prefix" "$work"

unpack() {
	mkdir "$work/$1"
	tar -xf "$cache/$(basename "$(sed -n "s/^$1 .* //p" "$here/sources.txt")")" -C "$work/$1" --strip-components=1
}

# archive NAME: the objects of $work/NAME-objects.
archive() {
	"$triplet-ar" qcD "$prefix/lib/lib$1.a" "$work/$1-objects/"*.o
	"$triplet-ranlib" -D "$prefix/lib/lib$1.a"
}

# A third of musl is mathematics and other things that nothing here calls: not compiling them saves a minute. What
# is missed after all, the linker tells.
trim_musl() (
	cd "$work/musl/src"
	rm -rf aio complex crypt ipc mq regex search
	find math -type f ! -name '__*' ! -name 'copysign*' ! -name 'frexp*' ! -name 'fmod*' ! -name 'scalbn*' \
		! -name 'fabs*' ! -name 'round*' ! -name 'floor*' -delete
)

build_musl() {
	unpack musl
	trim_musl
	(cd "$work/musl"
	CROSS_COMPILE=$triplet- CC=$compiler CFLAGS="$flags -Os" ./configure --target="$triplet" --prefix="$prefix" \
		--disable-shared --disable-gcc-wrapper
	make -j"$(nproc)" install) >"$work/musl.log" 2>&1 || { tail -n 20 "$work/musl.log" >&2; return 1; }
	# The kernel's own headers, which libserialport asks for, come with the compiler: with a cross compiler below its
	# triplet, with the machine's own below /usr/include.
	for headers in linux asm asm-generic; do
		for folder in "/usr/$triplet/include" "/usr/include/$triplet" /usr/include; do
			[ ! -d "$folder/$headers" ] || { ln -s "$folder/$headers" "$prefix/include/$headers"; break; }
		done
	done
}

# Small: the libraries wait for ports and brokers, or write a few kilobytes of JSON a pass.
musl_flags() {
	echo "-Werror=implicit-function-declaration -nostdinc -isystem $prefix/include -isystem $("$compiler" -print-file-name=include) $flags -Os"
}

build_inih() {
	unpack libinih
	compile_all "$work/inih-objects" "$compiler" "$(musl_flags)" "$work/libinih/ini.c"
	cp "$work/libinih/ini.h" "$prefix/include/"
	archive inih
}

# What its configure script finds with musl and these headers.
build_serialport() {
	unpack libserialport
	: >"$work/libserialport/config.h"
	has="-DLIBSERIALPORT_ATBUILD -DHAVE_STRUCT_TERMIOS2=1 -DHAVE_STRUCT_TERMIOS2_C_ISPEED=1"
	has="$has -DHAVE_STRUCT_TERMIOS2_C_OSPEED=1 -DHAVE_DECL_BOTHER=1 -DHAVE_STRUCT_SERIAL_STRUCT=1"
	has="$has -DHAVE_REALPATH=1 -DHAVE_SYS_FILE_H=1 -DHAVE_FLOCK=1 -DHAVE_CLOCK_GETTIME=1 -DSP_API= -DSP_PRIV="
	compile_all "$work/serialport-objects" "$compiler" "$(musl_flags) $has -I$work/libserialport" \
		"$work/libserialport/serialport.c" "$work/libserialport/timing.c" "$work/libserialport/linux.c" \
		"$work/libserialport/linux_termios.c"
	cp "$work/libserialport/libserialport.h" "$prefix/include/"
	archive serialport
}

# What its CMake file finds with musl. Both targets are little-endian and differ in the size of long only.
build_json() {
	unpack json-c
	cp "$here/json-c-config.h" "$work/json-c/config.h"
	echo '#define JSON_C_HAVE_INTTYPES_H 1' >"$work/json-c/json_config.h"
	sed '/@JSON_H_JSON_POINTER@/d' "$work/json-c/json.h.cmakein" >"$work/json-c/json.h"
	sources=
	for name in arraylist debug json_c_version json_object json_object_iterator json_tokener json_util linkhash \
		printbuf random_seed strerror_override; do
		sources="$sources $work/json-c/$name.c"
	done
	# shellcheck disable=SC2086
	compile_all "$work/json-c-objects" "$compiler" "$(musl_flags) -D_GNU_SOURCE -I$work/json-c" $sources
	mkdir "$prefix/include/json-c"
	cp "$work/json-c/"*.h "$prefix/include/json-c/"
	archive json-c
}

# The client library alone: no TLS, no SRV look-ups, no SOCKS.
build_mosquitto() {
	unpack mosquitto
	m=$work/mosquitto
	compile_all "$work/mosquitto-objects" "$compiler" \
		"$(musl_flags) -DWITH_THREADING -DVERSION=\\\"2.0.21\\\" -I$m -I$m/include -I$m/lib -I$m/deps" "$m/lib/"*.c
	cp "$m/include/"*.h "$prefix/include/"
	archive mosquitto
}

echo "  LIBS  $1"
build_musl
build_inih
build_serialport
build_json
build_mosquitto
echo "$stamp" >"$prefix/stamp"
rm -rf "$work"
