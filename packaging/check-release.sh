#!/bin/sh
# check-release.sh: what `make check-release` does. Needs VERSION; BUILD is the folder for everything (build).
# Builds the release, builds it again in another folder, takes the packages apart and runs both programs in an emulator
# against the simulated battery.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
case $build in /*) ;; *) build=$(pwd)/$build ;; esac
python=${PYTHON:-/usr/bin/python3}
export VERSION
began=$(date +%s)
failed=

# part NAME COMMAND...
part() {
	name=$1
	shift
	echo "== $name"
	start=$(date +%s)
	"$@" || { echo "FAILED: $name"; failed="$failed [$name]"; }
	echo "   $name: $(($(date +%s) - start)) s"
}

# A copy of the sources in a folder with another name; only the downloads are shared.
the_same_elsewhere() (
	elsewhere=$(mktemp -d)
	trap 'rm -rf "$elsewhere"' EXIT
	there=$elsewhere/a-folder-with-a-longer-name/sources
	mkdir -p "$there/build/cache"
	cp -r Makefile LICENSE conf include packaging service src "$there/"
	cp "$build/cache/"*.tar.gz "$there/build/cache/"
	BUILD=build "$there/packaging/release.sh" >"$elsewhere/log" 2>&1 || { tail -n 20 "$elsewhere/log"; return 1; }
	cat "$there/build/release/SHA256SUMS"
	cmp "$there/build/release/SHA256SUMS" "$build/release/SHA256SUMS"
)

packages() {
	PYLONTECH_RELEASE=$build/release "$python" test/run_python.py test/package/test_ipk.py
}

# refuses_tls COMMAND...: it cannot encrypt, and says so instead of going on without.
refuses_tls() (
	file=$(mktemp)
	trap 'rm -f "$file"' EXIT
	printf '[mqtt]\ntls = yes\n[serial]\nport = /dev/null\n' >"$file"
	chmod 600 "$file"
	status=0
	said=$("$@" -n -c "$file" 2>&1) || status=$?
	echo "$said" | grep -F ":2: [mqtt] tls = yes" && [ "$status" = 100 ]
)

# emulated MACHINE EMULATOR: what the program does at its ports, no matter which processor it is made for. An emulator
# is slower, so patience is longer.
emulated() {
	binary=$build/release/bin/pylontech-mqtt-$1
	[ "$($2 "$binary" --version)" = "pylontech-mqtt $VERSION" ] || return 1
	# shellcheck disable=SC2086 # the emulator and its options
	refuses_tls $2 "$binary" || return 1
	PYLONTECH_MQTT=$binary PYLONTECH_MQTT_WRAPPER=$2 PYLONTECH_MQTT_SLOWNESS=3 "$python" test/e2e/run.py \
		test_reading test_broker test_console.SpeedTest test_console.WakeTest test_config.OptionTest test_running.SignalTest \
		test_losing.ModuleTest.test_default_age test_losing.BatteryTest.test_silence_at_the_defaults \
		test_safe.RecoveryTest.test_a_restart_takes_over test_history.KeepingTest \
		test_secrets test_homeassistant.AnnounceTest.test_at_start test_record.SameTest.test_every_topic
}

part "release" packaging/release.sh
part "the same bytes in another folder" the_same_elsewhere
part "packages" packages
# The weakest machine, and without the NEON that not every one has.
part "armv7 in an emulator" emulated armv7 "qemu-arm -cpu cortex-a8,neon=off"
part "aarch64 in an emulator" emulated aarch64 "qemu-aarch64"
[ -z "$failed" ] || { echo "FAILED:$failed"; exit 1; }
echo "check-release: every part passed, $(($(date +%s) - began)) s"
