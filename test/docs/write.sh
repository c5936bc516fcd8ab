#!/bin/sh
# Writes what comes from the program's own tables: conf/pylontech-mqtt.ini, the tables between marks in README.md and in
# docs/, the manual page and the completion. `write.sh DOCS OUT`: the results go below the folder OUT instead of over the repository's files.
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

# wrap PAGE: its text in lines of at most 80 bytes. A request is one line, and so is the head of an item, behind .TP.
wrap() {
	awk -v start="^[.']" '
		head || $0 ~ start { head = ($0 == ".TP"); print; next }
		{
			while (length($0) > 80 && match(substr($0, 1, 81), / [^ ]*$/)) {
				print substr($0, 1, RSTART - 1)
				$0 = substr($0, RSTART + 1)
				if ($0 ~ start)
					$0 = "\\&" $0 # text that begins like a request
			}
			print
		}
	' "$1"
}

mkdir -p "$out/conf" "$out/packaging/host"
"$docs" sample >"$out/conf/pylontech-mqtt.ini"
mkdir -p "$out/docs"
for page in README.md docs/*.md; do
	fill "$page"
	cat "$scratch/filled" >"$out/$page"
done
take test/docs/pylontech-mqtt.8.in "$scratch/page"
wrap "$scratch/page" >"$out/packaging/host/pylontech-mqtt.8"
take test/docs/pylontech-mqtt.bash.in "$out/packaging/host/pylontech-mqtt.bash"
