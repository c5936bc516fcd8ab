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

passed=0
failed=0
for program in "$@"; do
	name=$(basename "$program")
	ok=$(grep -c '^\[       OK \]' "$out/$name.log")
	status=$(cat "$out/$name.status")
	bad=$(grep -c '^\[  FAILED  \] [a-z]' "$out/$name.log")
	[ "$status" != 0 ] && [ "$bad" = 0 ] && bad=1
	[ "$ok" = 0 ] && [ "$bad" = 0 ] && bad=1
	passed=$((passed + ok))
	failed=$((failed + bad))
	if [ "$bad" != 0 ]; then
		echo "not ok  $name (status $status)"
		cat "$out/$name.log"
	else
		echo "ok      $name: $ok tests"
		# for the check of docs/guarantees.md: which tests really ran
		[ -z "${RAN:-}" ] || sed -n "s/^\[       OK \] /$name./p" "$out/$name.log" >>"$RAN"
		grep -i 'skipped\|not found' "$out/$name.log"
	fi
done
echo "unit tests: $passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
