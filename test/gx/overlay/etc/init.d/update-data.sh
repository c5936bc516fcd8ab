#!/bin/sh
# An archive venus-data*.tar.gz on a stick or card is unpacked into /data, with its own hooks before and after: a
# stand-in of what the firmware does.
hooks=/run/update-data

run_hook() {
	[ ! -f "$hooks/rc/$1" ] || sh "$hooks/rc/$1" "$2"
}

# A GX gets here later than this guest does: a stick that is plugged in has been mounted by then.
if ls -d /sys/bus/usb/drivers/usb-storage/*:* >/dev/null 2>&1; then
	for i in 1 2 3 4 5 6 7 8 9 10; do
		mount | grep -q /media/ && break
		sleep 1
	done
fi

for archive in /media/*/venus-data*.tar.gz; do
	[ -f "$archive" ] || continue
	echo "update-data: $archive"
	rm -rf "$hooks"
	mkdir -p "$hooks"
	tar -xzf "$archive" -C "$hooks" rc 2>/dev/null
	if ! run_hook pre-hook.sh ""; then
		echo "update-data: the hook before it says no"
		continue
	fi
	if tar -xzf "$archive" -C /data --exclude rc; then
		run_hook post-hook.sh success
	else
		run_hook post-hook.sh extraction-failed
	fi
	echo "update-data: status $?"
done
