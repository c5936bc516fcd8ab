#!/bin/bash
# A stand-in for serial-starter, written from public descriptions of it: every tty below /dev/serial-starter that
# nobody has claimed is given to one probing service after the other, for ever.
. /opt/victronenergy/serial-starter/functions.sh
RUNNING=/var/volatile/services

services_of() {
	case $(udevadm info --query=property --name="$1" | sed -n 's/^VE_SERVICE=//p') in
	ignore) echo ignore ;;
	vedirect) echo vedirect-interface ;;
	mkx) ;;
	*) echo gps-dbus vedirect-interface ;;
	esac
}

start_service() {
	local name=$1.$2
	mkdir -p "$RUNNING/$name"
	cp -a "/opt/victronenergy/service-templates/$1/." "$RUNNING/$name/"
	sed -i "s/TTY/$2/g" "$RUNNING/$name/run" "$RUNNING/$name/log/run"
	ln -sfn "$RUNNING/$name" "/service/$name"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		svstat "/service/$name" | grep -q ': down' && break
		sleep 0.5
	done
	svc -o "/service/$name"
	sleep 1
}

try_all() {
	local tty=$1 service
	for service in $(services_of "$tty"); do
		[ "$service" = ignore ] && { rm -f "/dev/serial-starter/$tty"; return; }
		[ -e "/dev/serial-starter/$tty" ] || return
		start_service "$service" "$tty"
		while svstat "/service/$service.$tty" | grep -q ': up'; do sleep 1; done
	done
}

while :; do
	for link in /dev/serial-starter/*; do
		tty=${link##*/}
		[ -e "$link" ] && lock_tty "$tty" || continue
		(try_all "$tty"; unlock_tty "$tty") &
	done
	sleep 2
done
