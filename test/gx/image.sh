#!/bin/sh
# image.sh ARCHITECTURE CACHE: a virtual GX device in CACHE/ARCHITECTURE (armhf or arm64): root.img, data.img (an empty
# /data), vmlinuz, initrd; and CACHE/key, the SSH key that it lets in. Debian's packages, unpacked but not configured;
# busybox of a GX device in the place of Debian's tools; overlay/ on top.
# Needs root. Made again only when this recipe changes.
set -eu
[ "$(id -u)" = 0 ] || { echo "image.sh: it makes files that belong to root, so it must be run as root" >&2; exit 1; }
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
architecture=$1
mkdir -p "$2/$1"
cache=$(cd "$2" && pwd)
out=$cache/$architecture
case $architecture in
armhf) kernel=linux-image-armmp machine=armv7 ;;
arm64) kernel=linux-image-arm64 machine=aarch64 ;;
*) echo "image.sh: armhf or arm64" >&2; exit 2 ;;
esac
stamp=$(cd "$here" && { cat image.sh busybox.sh busybox.config ./*.txt; find overlay -type f -exec cat {} +; } | sha256sum | cut -d ' ' -f 1)
[ "$(cat "$out/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
rm -f "$out/stamp"

"$here/busybox.sh" "$machine" "$cache"
[ -f "$cache/key" ] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$cache/key"
echo "  IMAGE a virtual GX device, $architecture"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
packages="sysvinit-core,sysvinit-utils,util-linux,mount,bash,coreutils,login,passwd,udev,kmod,dbus,openssh-server,iproute2,
daemontools,mosquitto,mosquitto-clients,e2fsprogs,python3-minimal,python3-paho-mqtt,netbase,ncurses-base,ncurses-bin,procps,psmisc,
libc-bin,busybox-static,$kernel"
# Modules of what qemu has and of what a GX has; the rest of the kernel's stays out.
modules="virtio_pci virtio_blk virtio_net virtio_rng ext4 xhci_pci usb_storage sd_mod vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8
usbserial ftdi_sio cp210x ch341 pl2303"

# Debian's own mirror, as this machine's apt has it; no other source.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1)
mkdir "$root"
mmdebstrap --quiet --variant=extract --architectures="$architecture" --include="$(echo "$packages" | tr -d '\n')" bookworm \
	"$work/root.tar" "deb $mirror bookworm main" >"$out/mmdebstrap.log" 2>&1 || { tail -n 20 "$out/mmdebstrap.log" >&2; exit 1; }
tar -xf "$work/root.tar" -C "$root" --exclude './usr/share/doc/*' --exclude './usr/share/locale/*' --exclude './usr/share/man/*' \
	--exclude './dev/*' --exclude './usr/lib/linux-image*'
rm -f "$work/root.tar"

# ---- the kernel and what it needs in order to find its root ----

version=$(basename "$root"/lib/modules/*)
cp "$root/boot/vmlinuz-$version" "$out/vmlinuz"
rm -rf "${root:?}/boot"
depmod -b "$root" "$version"
# shellcheck disable=SC2086
needed=$(for module in $modules; do
	modprobe -d "$root" -S "$version" --show-depends --ignore-install "$module" 2>/dev/null | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | awk '!seen[$0]++')
mkdir "$work/kept"
for file in $needed; do
	mkdir -p "$work/kept/$(dirname "${file#"$root"}")"
	cp "$file" "$work/kept/${file#"$root"}"
done
cp "$root/lib/modules/$version/modules.builtin" "$root/lib/modules/$version/modules.order" "$work/kept/lib/modules/$version/"
rm -rf "$root/lib/modules"
cp -a "$work/kept/lib/modules" "$root/lib/modules"
depmod -b "$root" "$version"

initrd=$work/initrd
mkdir -p "$initrd/bin" "$initrd/modules" "$initrd/root" "$initrd/proc" "$initrd/sys" "$initrd/dev"
cp "$root/bin/busybox" "$initrd/bin/busybox"
n=100
for module in virtio_pci virtio_blk ext4; do
	for file in $(modprobe -d "$root" -S "$version" --show-depends --ignore-install "$module" 2>/dev/null | sed -n 's/^insmod \([^ ]*\).*/\1/p'); do
		[ -z "$(find "$initrd/modules" -name "*-$(basename "$file")")" ] || continue
		cp "$file" "$initrd/modules/$n-$(basename "$file")"
		n=$((n + 1))
	done
done
cat >"$initrd/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do /bin/busybox insmod $module; done
for i in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/vda ] && break; /bin/busybox sleep 0.2; done
/bin/busybox mount -t ext4 -o ro /dev/vda /root
/bin/busybox mount --move /dev /root/dev
exec /bin/busybox switch_root /root /sbin/init
INIT
chmod 755 "$initrd/init"
(cd "$initrd" && find . | cpio --quiet -o -H newc | gzip -1) >"$out/initrd"

# ---- the root: busybox in the place of Debian's tools, and nothing that a GX has not ----

lists() {
	grep -v '^#' "$here/$1"
}

everywhere() {
	for folder in bin sbin usr/bin usr/sbin; do
		echo "$root/$folder/$1"
	done
}

rm -f "$root/bin/busybox"
cp "$cache/busybox-$machine" "$root/bin/busybox"
chmod 755 "$root/bin/busybox"
for name in $(lists applets.txt); do
	everywhere "$name" | xargs -d '\n' rm -f
	ln -s /bin/busybox "$root/bin/$name"
done
for name in $(lists not-on-a-gx.txt); do
	everywhere "$name" | xargs -d '\n' rm -f
done
rm -rf "$root/etc/init.d" "$root/etc/fstab" "$root/etc/udev"
cp -a --no-preserve=ownership "$here/overlay/." "$root/"
cp "$cache/key.pub" "$root/etc/vgx.pub"
for folder in data service run proc sys dev dev/pts var/volatile mnt tmp; do
	mkdir -p "$root/$folder"
done
rm -rf "${root:?}/media" "$root/var/log" "$root/var/lock" "$root/var/run" "${root:?}/tmp" "${root:?}/root" "$root/var/lib/mosquitto"
ln -s run/media "$root/media"
ln -s /data/log "$root/var/log"
ln -s /run/lock "$root/var/lock"
ln -s /run "$root/var/run"
ln -s /var/volatile/tmp "$root/tmp"
rm -rf "${root:?}/home"
ln -s /data/home "$root/home"
printf 'root::0:0:root:/home/root:/bin/sh\nsshd:*:100:100::/run/sshd:/bin/false\nmessagebus:*:101:101::/:/bin/false\nmosquitto:*:102:102::/:/bin/false\nnobody:*:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nsshd:x:100:\nmessagebus:x:101:\nmosquitto:x:102:\ntty:x:5:\ndialout:x:20:\ndisk:x:6:\ncdrom:x:24:\ninput:x:103:\nkmem:x:15:\nvideo:x:44:\naudio:x:29:\nrender:x:104:\nkvm:x:105:\nsgx:x:106:\nlp:x:7:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'root::19000:0:99999:7:::\n' >"$root/etc/shadow"
printf 'PermitRootLogin yes\nPermitEmptyPasswords yes\nUsePAM no\nStrictModes no\nSubsystem sftp internal-sftp\n' >"$root/etc/ssh/sshd_config"
printf '/bin/sh\n/bin/bash\n' >"$root/etc/shells"
: >"$root/etc/profile"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
chmod 440 "$root/etc/shadow"

root_mb=$(($(du -sm "$root" | cut -f 1) * 5 / 4 + 40))
rm -f "$out/root.img" "$out/data.img"
mke2fs -q -F -t ext4 -O ^has_journal -d "$root" "$out/root.img" "${root_mb}M"
mke2fs -q -F -t ext4 "$out/data.img" 512M
echo "$stamp" >"$out/stamp"
