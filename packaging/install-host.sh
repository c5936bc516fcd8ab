#!/bin/sh
# install-host.sh: what `make install` does, for a Debian host that stands in for the GX device. PREFIX (/usr/local)
# and DESTDIR as everywhere; an existing configuration stays.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
destination=${DESTDIR:-}
prefix=${PREFIX:-/usr/local}
config=/etc/pylontech-mqtt.ini
unit=$destination/etc/systemd/system/pylontech-mqtt.service

install -D -m 755 "$build/pylontech-mqtt" "$destination$prefix/bin/pylontech-mqtt"
install -D -m 644 packaging/host/pylontech-mqtt.8 "$destination$prefix/share/man/man8/pylontech-mqtt.8"
install -D -m 644 packaging/host/pylontech-mqtt.bash \
	"$destination$prefix/share/bash-completion/completions/pylontech-mqtt"
if [ ! -e "$destination$config" ]; then
	install -D -m 600 conf/pylontech-mqtt.ini "$destination$config"
	# The defaults are files that only root could write, and a folder of GX devices.
	sed -i -e 's,^#memory_file = .*,memory_file = /run/pylontech-mqtt/memory,' \
		-e 's,^#file = .*,file = /var/lib/pylontech-mqtt/history,' "$destination$config"
fi
mkdir -p "${unit%/*}"
sed "s,@PREFIX@,$prefix," service/pylontech-mqtt.service >"$unit"
chmod 644 "$unit"
echo "Installed $prefix/bin/pylontech-mqtt, $config and the unit pylontech-mqtt.service."
echo "Write [serial] port and [mqtt] broker into $config, then: systemctl enable --now pylontech-mqtt"
