#!/bin/sh
# Sticks and cards are mounted at /media/NAME, read-write. A partition counts, else the whole device.
mkdir -p "/run/media/$1"
exec mount -t vfat -o rw,utf8 "/dev/$1" "/run/media/$1"
