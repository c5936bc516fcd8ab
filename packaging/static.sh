#!/bin/sh
# static.sh: what `make static` does: the program for the machine that builds it, made as the released ones are made
# (static, with musl), in build/static; in build/static/test the one whose constants the bench chooses. Needs VERSION;
# BUILD is the folder for everything (build).
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
export VERSION
machine=$(uname -m)
binary=$build/static/pylontech-mqtt
quick=$build/static/test/pylontech-mqtt-quick
mkdir -p "$build/cache" "$build/static/test"

packaging/install-packages.sh build
packaging/release/fetch.sh "$build/cache"
packaging/release/libraries.sh "$machine" "$build/cache"
packaging/release/program.sh "$machine" "$build/cache" "$binary"
packaging/release/program.sh "$machine" "$build/cache" "$quick" "$PWD/test/faults/quick_constants.c"
packaging/release/check-binary.sh "$machine" "$binary"
