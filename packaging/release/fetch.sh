#!/bin/sh
# fetch.sh FOLDER [TABLE]: the archives of TABLE (sources.txt beside this file), from the mirror that this machine's apt
# uses, with their sums checked. What is there already and right is not fetched again.
set -eu
folder=$1
table=${2:-$(dirname "$0")/sources.txt}
mkdir -p "$folder"

is_right() {
	[ -f "$1" ] && [ "$(sha256sum "$1" | cut -d ' ' -f 1)" = "$2" ]
}

# Debian's main archive, not its security archive: that one has no pool of everything.
mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1
}

grep -v '^#' "$table" | while read -r name sum path; do
	file=$folder/$(basename "$path")
	if is_right "$file" "$sum"; then
		continue
	fi
	site=${site:-$(mirror)}
	[ -n "$site" ] || { echo "fetch: apt of this machine knows no mirror of Debian: apt-get update, then again" >&2; exit 1; }
	echo "  GET   $name from $site"
	rm -f "$file"
	# apt's own downloader: it knows the machine's proxies and refuses a wrong sum.
	/usr/lib/apt/apt-helper -qq download-file "$site/pool/main/$path" "$file" "SHA256:$sum" >"$folder/fetch.log" 2>&1 ||
		{ cat "$folder/fetch.log" >&2; echo "fetch: $path is not to be had as pinned in $table" >&2; exit 1; }
	is_right "$file" "$sum" || { echo "fetch: $file is not what $table says" >&2; exit 1; }
done
