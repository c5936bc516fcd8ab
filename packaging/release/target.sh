# Read by the scripts beside it: `target armv7`, `aarch64` or `x86_64` sets what depends on the machine. The first two
# are released; x86_64 is for looking at the same static program on the machine where it is built.
# shellcheck shell=sh disable=SC2034

target() {
	case $1 in
	armv7)
		# The weakest machine that Venus OS runs on: a Cortex-A8 has no divide instruction. NEON is left out as well.
		triplet=arm-linux-gnueabihf
		machine_flags="-march=armv7-a+fp -mfloat-abi=hard"
		size_max=300000
		opkg_architecture=armv7ahf-vfp
		;;
	aarch64)
		# No calls of helpers that look for newer atomics: they need glibc.
		triplet=aarch64-linux-gnu
		machine_flags="-march=armv8-a -mno-outline-atomics"
		size_max=500000
		opkg_architecture=aarch64
		;;
	x86_64)
		triplet=x86_64-linux-gnu
		machine_flags=
		size_max=500000
		;;
	*)
		echo "unknown target '$1': there are armv7, aarch64 and x86_64" >&2
		return 1
		;;
	esac
	compiler=$triplet-gcc
}

# The flags that every object gets, besides -Os; $1: folders that must not show in them, as FOLDER=NAME.
common_flags() (
	flags="$machine_flags -fPIE -fno-ident -fno-unwind-tables -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections"
	flags="$flags -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
	for folder in "$@"; do
		flags="$flags -ffile-prefix-map=$folder"
	done
	echo "$flags"
)

# compile_all OUT COMPILER FLAGS FILE...: each file to OUT/NAME.o, as many at a time as there are processors.
compile_all() (
	objects_in=$1
	command="$2 $3"
	shift 3
	mkdir -p "$objects_in"
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' \
		sh -c "$command"' -c -o "$1/$(basename "$2" .c).o" "$2"' sh "$objects_in" '{}'
)
