#!/bin/sh
# Installs the Debian packages that are missing. Arguments: what for (build, test, release, package, bench, fuzz, lint, gx).
set -eu

build="gcc make libc6-dev pkg-config libmosquitto-dev libjson-c-dev libserialport-dev libinih-dev"
test="libcmocka-dev mandoc mosquitto mosquitto-clients openssl python3 python3-jinja2 python3-yaml"
release="gcc-arm-linux-gnueabihf gcc-aarch64-linux-gnu libc6-dev-armhf-cross libc6-dev-arm64-cross binutils make qemu-user"
bench="valgrind mosquitto mosquitto-clients python3"
fuzz="clang libclang-rt-14-dev"
lint="clang clang-tidy cppcheck shellcheck pyflakes3 valgrind"
package="daemontools busybox bzip2 shellcheck binutils python3"
gx="$release bzip2 cpio dosfstools e2fsprogs kmod mmdebstrap mosquitto-clients mtools openssh-client python3 qemu-system-arm"

missing=
for purpose in "$@"; do
	case $purpose in
	build) packages=$build ;;
	test) packages=$test ;;
	release) packages=$release ;;
	fuzz) packages=$fuzz ;;
	lint) packages=$lint ;;
	package) packages=$package ;;
	bench) packages=$bench ;;
	gx) packages=$gx ;;
	*) echo "install-packages: unknown purpose '$purpose'" >&2; exit 2 ;;
	esac
	for name in $packages; do
		if [ "$(dpkg-query -W -f='${Status}' "$name" 2>/dev/null)" != "install ok installed" ]; then
			missing="$missing $name"
		fi
	done
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	echo "Installing with sudo:$missing"
else
	echo "Installing:$missing"
fi
# A broker that starts by itself would be the machine's, not the test's: do not let the package start one.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
	$as_root chmod +x "$policy"
	trap '$as_root rm -f "$policy"' EXIT
fi
$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
