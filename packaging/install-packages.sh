#!/bin/sh
# Installs the Debian packages that are missing. Arguments: what for (build, test, release, package, bench, fuzz, lint, gx).
# No service is started, enabled or kept from starting: the broker of the tests is unpacked into BUILD (build) and not
# installed, where the machine has none of its own.
set -eu
cd "$(dirname "$0")/.."
broker=${BUILD:-build}/broker

build="gcc make libc6-dev pkg-config libmosquitto-dev libjson-c-dev libserialport-dev libinih-dev"
test="libcmocka-dev mandoc BROKER mosquitto-clients openssl python3 python3-jinja2 python3-yaml"
package="daemontools busybox bzip2 shellcheck binutils python3"
release="gcc-arm-linux-gnueabihf gcc-aarch64-linux-gnu libc6-dev-armhf-cross libc6-dev-arm64-cross binutils make qemu-user"
bench="valgrind BROKER mosquitto-clients python3"
fuzz="clang CLANG-RUNTIME"
lint="clang clang-format clang-tidy cppcheck git pyflakes3 shellcheck valgrind"
gx="$release bzip2 cpio dosfstools e2fsprogs kmod mmdebstrap mosquitto-clients mtools openssh-client python3 qemu-system-arm"

wanted=
for purpose in "$@"; do
	case $purpose in
	build) wanted="$wanted $build" ;;
	test) wanted="$wanted $test" ;;
	release) wanted="$wanted $release" ;;
	fuzz) wanted="$wanted $fuzz" ;;
	lint) wanted="$wanted $lint" ;;
	package) wanted="$wanted $package" ;;
	bench) wanted="$wanted $bench" ;;
	gx) wanted="$wanted $gx" ;;
	*) echo "install-packages: unknown purpose '$purpose'" >&2; exit 2 ;;
	esac
done

is_installed() {
	[ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]
}

# needs PACKAGE: the names of what it needs, as far as this machine knows the package.
needs() {
	{ dpkg-query -W -f='Depends: ${Depends}\n' "$1" || :; apt-cache show --no-all-versions "$1" || :; } 2>/dev/null |
		sed -n 's/^Depends: //p' | tr ',' '\n' | sed 's/^ *\([^ :|]*\).*/\1/'
}

# The runtime of clang carries the version that is Debian's default.
clang_runtime() {
	version=$(needs clang | sed -n 's/^clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
	echo "libclang-rt-${version:-14}-dev"
}

# The libraries of the broker; those of Debian 12 where no list of packages is at hand.
broker_libraries() {
	libraries=$(needs mosquitto | grep '^lib' || :)
	echo "${libraries:-libcjson1 libdlt2 libwrap0}"
}

# look: sets $missing to what must be installed, and $unpack where the broker must be unpacked.
look() {
	missing=
	unpack=
	names=
	for name in $wanted; do
		case $name in
		CLANG-RUNTIME) names="$names $(clang_runtime)" ;;
		BROKER)
			if ! is_installed mosquitto && [ ! -x "$broker/usr/sbin/mosquitto" ]; then
				unpack=yes
				names="$names $(broker_libraries)"
			fi
			;;
		*) names="$names $name" ;;
		esac
	done
	for name in $names; do
		case " $missing " in
		*" $name "*) ;;
		*) is_installed "$name" || missing="$missing $name" ;;
		esac
	done
}

# As root nothing stands before a command, else sudo. A line for somebody else's root is the way out.
find_root() {
	as_root=
	if ! command -v apt-get >/dev/null; then
		echo "There is no apt-get here. Install what Debian calls:$missing${unpack:+ mosquitto}" >&2
		exit 1
	fi
	[ "$(id -u)" != 0 ] || return 0
	as_root=sudo
	if [ -n "$missing" ] && ! command -v sudo >/dev/null; then
		echo "There is no sudo here. Somebody who is root must run: apt-get update && apt-get install --no-install-recommends$missing" >&2
		exit 1
	fi
}

# needrestart, where it is, would start services of the machine anew.
apt_get() {
	$as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -qq "$@"
}

# The program and its tool for passwords; no service, no user, no configuration.
unpack_broker() (
	echo "Unpacking mosquitto into $broker"
	mkdir -p "${broker%/*}"
	new=$(mktemp -d "$(cd "${broker%/*}" && pwd)/broker.XXXXXX")
	trap 'rm -rf "$new"' EXIT
	trap 'exit 1' INT TERM HUP
	cd "$new"
	apt-get -qq -o APT::Sandbox::User=root download mosquitto 2>/dev/null || {
		apt_get update # the list was old, or there was none
		apt-get -qq -o APT::Sandbox::User=root download mosquitto
	}
	cd "$OLDPWD"
	dpkg-deb -x "$new"/*.deb "$new/files"
	rm -rf "$broker"
	mv "$new/files" "$broker"
)

look
[ -n "$missing$unpack" ] || exit 0
find_root
if [ -n "$missing" ]; then
	echo "Installing${as_root:+ with $as_root}:$missing"
	apt_get update
	look # again: the lists of packages may be new, and with them the names
	# shellcheck disable=SC2086
	[ -z "$missing" ] || apt_get install -y --no-remove --no-install-recommends $missing >/dev/null
fi
[ -z "$unpack" ] || unpack_broker
