#!/bin/sh
# The program under tools that watch its memory. Argument:
#   short   some end-to-end tests with ASan and UBSan (in `make check`)
#   long    every end-to-end test with ASan and UBSan; unit tests and the short ones under valgrind
set -u
cd "$(dirname "$0")/.." || exit 1
python=${PYTHON:-/usr/bin/python3}
build=${BUILD:-build}
asan=$build/asan
valgrind='valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite'

# One of each: a start, changing values, damage, another configuration, a signal, a file refused.
few="test_first_bank test_discharging test_read_again test_lost_characters test_in_the_middle test_other_addresses
test_every_fault_is_told test_password_is_never_shown"

# Statically linked, so that the tests' own preloaded libraries need not come behind it.
build_asan() {
	make -s -j"$(nproc)" WERROR=1 BUILD="$asan" LDFLAGS=-static-libasan \
		CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' all \
		"$asan/test/pylontech-mqtt-quick"
}

# end_to_end_asan [PATTERN...]
end_to_end_asan() {
	build_asan && PYLONTECH_MQTT=$asan/pylontech-mqtt PYLONTECH_MQTT_SLOWNESS=2 "$python" test/e2e/run.py "$@"
}

case ${1:-} in
short)
	# shellcheck disable=SC2086 # each word is a pattern
	end_to_end_asan $few
	;;
long)
	faults=0
	make -s -j"$(nproc)" WERROR=1 all e2e-programs || exit 1
	# Not fortified: valgrind takes the memmove of that for a memcpy and blames it for overlapping.
	make -s -j"$(nproc)" WERROR=1 BUILD="$build/valgrind" CFLAGS='-O1 -g -U_FORTIFY_SOURCE' UNIT_WRAPPER="$valgrind" unit ||
		faults=$((faults + 1))
	# without those that put their own allocator before the program's, or weigh its memory
	end_to_end_asan --but test_calls. --but test_soak. || faults=$((faults + 1))
	# shellcheck disable=SC2086 # each word is a pattern
	PYLONTECH_MQTT_WRAPPER=$valgrind PYLONTECH_MQTT_SLOWNESS=10 "$python" test/e2e/run.py $few || faults=$((faults + 1))
	echo "memory: $((3 - faults)) of 3 runs without a fault"
	[ "$faults" = 0 ]
	;;
*)
	echo "usage: test/memory.sh short|long" >&2
	exit 2
	;;
esac
