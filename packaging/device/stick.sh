# Read by the scripts beside it, after common.sh: the USB stick or SD card that a release was installed from, if it is
# still there. An owner without SSH reads there what happened.
# shellcheck shell=sh

MEDIA=$ROOT/media
# How long after the boot the service's log is copied onto the stick: two passes over sixteen slow modules.
STICK_LOG_S=${PYLONTECH_STICK_LOG_S:-90}

# The release files on all sticks and cards, one a line.
release_files() {
	for file in "$MEDIA"/*/venus-data*.tar.gz; do
		[ ! -f "$file" ] || tar -tzf "$file" 2>/dev/null | grep -q "^\(\./\)\{0,1\}$NAME/new/" && echo "$file"
	done
}

# The folder of the stick: the one with the release file.
stick() {
	file=$(release_files | head -n 1)
	[ -z "$file" ] || echo "${file%/*}"
}

# to_stick FROM NAME: copies a file onto the stick. A stick that is full or write-protected is no fault of the battery's.
to_stick() {
	folder=$(stick)
	[ -z "$folder" ] || [ ! -f "$1" ] || { cp "$1" "$folder/$2" && sync; } 2>/dev/null
	return 0
}

# The first minutes of the service's log, for the stick. The boot does not wait for it.
log_to_stick() {
	[ -n "$(stick)" ] || return 0
	(
		sleep "$STICK_LOG_S"
		tai64nlocal <"$(log_folder)/current" >"$STATE/log-for-stick" 2>/dev/null
		to_stick "$STATE/log-for-stick" "$NAME-service.log"
		rm -f "$STATE/log-for-stick"
	) </dev/null >/dev/null 2>&1 &
}
