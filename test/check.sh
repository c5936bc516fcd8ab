#!/bin/sh
# Everything that `make check` runs, in the order in which a fault is cheapest to find. Ends with one count.
set -u
cd "$(dirname "$0")/.." || exit 1
python=${PYTHON:-/usr/bin/python3}
log=$(mktemp)
RAN=$(mktemp) # the names of the tests that passed, one a line
export RAN
skips=$(mktemp) # the tests that were skipped, and why, one a line
trap 'rm -f "$log" "$RAN" "$skips"' EXIT
trap 'exit 1' INT TERM HUP
total_passed=0
total_failed=0
total_skipped=0

# Adds "N passed, N failed[, N skipped]" of the last line that has it.
add_counts() {
	counts=$(grep -E '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	passed=$(echo "$counts" | grep -oE '[0-9]+ passed' | grep -oE '[0-9]+')
	failed=$(echo "$counts" | grep -oE '[0-9]+ failed' | grep -oE '[0-9]+')
	skipped=$(echo "$counts" | grep -oE '[0-9]+ skipped' | grep -oE '[0-9]+')
	total_passed=$((total_passed + ${passed:-0}))
	total_failed=$((total_failed + ${failed:-0}))
	total_skipped=$((total_skipped + ${skipped:-0}))
}

# stage NAME COMMAND...: a stage that ends badly counts as a failure even where it counted none.
stage() {
	name=$1
	shift
	echo "== $name"
	{ "$@" 2>&1; echo "stage status $?"; } | tee "$log" | grep -v '^stage status'
	failed=0
	add_counts
	sed -n 's/^passed  *[0-9.]* s  *//p; s/^\(test_[a-z_]*\) .*(\([A-Za-z_.]*\)) .*ok$/\2/p' "$log" >>"$RAN"
	sed -nE 's/^skipped +([0-9.]+ s +)?(.*\))$/\2/p' "$log" >>"$skips"
	if ! grep -q '^stage status 0$' "$log" && [ "${failed:-0}" = 0 ]; then
		echo "FAILED: $name"
		total_failed=$((total_failed + 1))
	fi
}

jobs=$(nproc)
stage "build, warnings as errors" make -s -j"$jobs" WERROR=1 all e2e-programs
stage "unit tests" make -s -j"$jobs" WERROR=1 unit
stage "unit tests with ASan and UBSan" make -s -j"$jobs" WERROR=1 BUILD="${BUILD:-build}/asan" \
	CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' unit
stage "core is pure, rooms and functions are small" "$python" test/lint/shape.py
stage "what comments cite is there" "$python" test/lint/citations.py
stage "these checks can fail" "$python" test/run_python.py test/lint
stage "documents agree with the program" make -s WERROR=1 docs-check
stage "independent model of the rules" make -s -j"$jobs" WERROR=1 model
stage "the comparison can fail" "$python" test/run_python.py test/model
stage "simulated battery" "$python" test/run_python.py test/sim
stage "contract checker" "$python" test/run_python.py test/e2e/test_contract.py
stage "benchmark runs" "$python" test/run_python.py test/bench
stage "fuzzing from the kept corpus" make -s -j"$jobs" fuzz SECONDS=10
stage "package" "$python" test/package/run.py
stage "end to end" "$python" test/e2e/run.py
stage "end to end, a little, with ASan and UBSan" test/memory.sh short
stage "what one can rely on was shown" "$python" test/lint/promises.py docs/guarantees.md "$RAN"

echo
if [ -s "$skips" ]; then
	echo "Skipped, and why:"
	sort -u "$skips" | sed 's/^/  /'
fi
echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
[ "$total_failed" = 0 ] && [ "$total_passed" -gt 0 ]
