#!/bin/sh
# place.sh: puts the files of a new release in the place of the old ones. It stands alone, because boot.sh calls it
# after a power cut as well, when some files are the old ones and some are the new ones.
# The release lies in FOLDER/new, complete and on the flash; the file `ready` there says so. Each file takes its place by
# one rename, so at every moment it is the old one or the new one, and what is begun is ended at the next boot.
set -u
program=$(cd -P "$(dirname "$0")" && pwd)
program=${program%/new}
new=$program/new
[ -f "$new/ready" ] || exit 0

# The names that the sums in this file are of.
names() {
	sed 's/^[^ ]*  //' "$1" 2>/dev/null
}

for name in $(names "$new/files.sha256"); do
	[ -e "$new/$name" ] || continue
	case $name in
	*/*) mkdir -p "$program/${name%/*}" || exit 1 ;;
	esac
	mv -f "$new/$name" "$program/$name" || exit 1
done
# What the release before this one had and this one has not.
for name in $(names "$program/files.sha256"); do
	names "$new/files.sha256" | grep -qxF "$name" || rm -f "$program/$name"
done
cp "$new/files.sha256" "$program/files.sha256.new" && sync && mv -f "$program/files.sha256.new" "$program/files.sha256" || exit 1
sync
rm -rf "$new"
sync
