#!/bin/sh
# Fails when a document that comes from the program's tables is not what the program would write now.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

test/docs/write.sh "$1" "$out" || exit 1
passed=0
failed=0
for file in conf/pylontech-mqtt.ini README.md docs/*.md packaging/host/pylontech-mqtt.8 packaging/host/pylontech-mqtt.bash; do
	if diff -u "$file" "$out/$file"; then
		passed=$((passed + 1))
	else
		echo "$file is not what the program's tables say: run 'make docs'"
		failed=$((failed + 1))
	fi
done
# The sample must be a configuration that the program takes once the port is written in.
sed '/^\[serial\]/a port = /dev/null' conf/pylontech-mqtt.ini >"$out/sample.ini"
if "$2" -n -c "$out/sample.ini" >"$out/said" 2>&1; then
	passed=$((passed + 1))
else
	cat "$out/said"
	failed=$((failed + 1))
fi
# The manual page is well-formed, and in good style.
if mandoc -T lint packaging/host/pylontech-mqtt.8; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
