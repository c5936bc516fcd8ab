#!/bin/sh
# Writes what comes from the program's own tables: conf/pylontech-mqtt.ini, the README's tables, the manual page and the
# completion. `write.sh DOCS OUT`: the results go below the folder OUT instead of over the repository's files.
set -eu
cd "$(dirname "$0")/../.."
docs=$1
out=${2:-.}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# fill FILE: FILE with what DOCS prints for NAME between <!-- NAME --> and <!-- /NAME -->, in "$scratch/filled".
fill() {
	cp "$1" "$scratch/filled"
	sed -n 's/^<!-- \/\(.*\) -->$/\1/p' "$1" | while read -r name; do
		[ "$name" != bench ] || continue # `make bench-docs`
		"$docs" "$name" >"$scratch/piece"
		awk -v name="$name" -v piece="$scratch/piece" '
			$0 == "<!-- /" name " -->" { inside = 0 }
			!inside { print }
			$0 == "<!-- " name " -->" { inside = 1; while ((getline line < piece) > 0) print line }
		' "$scratch/filled" >"$scratch/next"
		mv "$scratch/next" "$scratch/filled"
	done
}

# take TEMPLATE RESULT: the same without the marks.
take() {
	fill "$1"
	sed -e '/^<!-- /d' -e "s/@VERSION@/$("$docs" version)/" "$scratch/filled" >"$2"
}

mkdir -p "$out/conf" "$out/packaging/host"
"$docs" sample >"$out/conf/pylontech-mqtt.ini"
fill README.md
cat "$scratch/filled" >"$out/README.md"
take test/docs/pylontech-mqtt.8.in "$out/packaging/host/pylontech-mqtt.8"
take test/docs/pylontech-mqtt.bash.in "$out/packaging/host/pylontech-mqtt.bash"
