#!/bin/sh
# Runs the unit test programs named, two side by side; prints one line each, the whole output of a failure,
# and a closing count of tests. UNIT_WRAPPER: a command to run each under, such as valgrind.
set -u
[ $# -gt 0 ] || { echo "run-unit: no test program given" >&2; exit 1; }

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
export CMOCKA_MESSAGE_OUTPUT=stdout UNIT_WRAPPER="${UNIT_WRAPPER:-}"

# One program: its output in FILE.log, its exit status in FILE.status.
# shellcheck disable=SC2016 # for the shell that xargs starts
run_one='$UNIT_WRAPPER "$0" >"$1/$(basename "$0").log" 2>&1; echo $? >"$1/$(basename "$0").status"'
printf '%s\n' "$@" | xargs -P 2 -I{} sh -c "$run_one" {} "$out"

# skips FILE: the names of the tests that were skipped, and why: the line before the verdict.
skips() {
	awk '/^\[ RUN / { running = $NF; why = "" }
		running && $0 == "[  SKIPPED ] " running { printf "skipped  %s.%s (%s)\n", name, running, why; running = "" }
		{ why = $0; sub(/^skipped: |: skipped$/, "", why) }' name="$(basename "$1" .log)" "$1"
}

passed=0
failed=0
skipped=0
for program in "$@"; do
	name=$(basename "$program")
	ok=$(grep -c '^\[       OK \]' "$out/$name.log")
	status=$(cat "$out/$name.status")
	bad=$(grep -c '^\[  FAILED  \] [a-z]' "$out/$name.log")
	[ "$status" != 0 ] && [ "$bad" = 0 ] && bad=1
	skips "$out/$name.log" >"$out/skips"
	not_run=$(grep -c . "$out/skips")
	[ "$ok$not_run" = 00 ] && [ "$bad" = 0 ] && bad=1
	skipped=$((skipped + not_run))
	passed=$((passed + ok))
	failed=$((failed + bad))
	if [ "$bad" != 0 ]; then
		echo "not ok  $name (status $status)"
		cat "$out/$name.log"
	else
		echo "ok      $name: $ok tests"
		# for the check of docs/guarantees.md: which tests really ran
		[ -z "${RAN:-}" ] || sed -n "s/^\[       OK \] /$name./p" "$out/$name.log" >>"$RAN"
		grep -i 'not found' "$out/$name.log"
	fi
	cat "$out/skips"
done
echo "unit tests: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
