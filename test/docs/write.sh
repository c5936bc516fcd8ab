#!/bin/sh
# Writes conf/pylontech-mqtt.ini and the README's tables from the program's own tables.
# `write.sh DOCS OUT`: the results go below the folder OUT instead of over the repository's files.
set -eu
cd "$(dirname "$0")/../.."
docs=$1
out=${2:-.}

mkdir -p "$out/conf"
"$docs" sample >"$out/conf/pylontech-mqtt.ini"

# Everything between <!-- NAME --> and <!-- /NAME --> is replaced by what DOCS prints for NAME.
cp README.md "$out/README.new"
for name in watch words configuration topics; do
	"$docs" "$name" >"$out/README.$name"
	awk -v name="$name" -v table="$out/README.$name" '
		$0 == "<!-- /" name " -->" { inside = 0 }
		!inside { print }
		$0 == "<!-- " name " -->" { inside = 1; while ((getline line < table) > 0) print line }
	' "$out/README.new" >"$out/README.next"
	mv "$out/README.next" "$out/README.new"
	rm "$out/README.$name"
done
mv "$out/README.new" "$out/README.md"
