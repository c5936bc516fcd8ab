# Read by the scripts beside it: archives whose bytes depend on nothing but their content.
# shellcheck shell=sh

# The same time stamp in every archive, whenever it is made.
epoch=1735689600

# pack_tar FROM NAME...: a tar.gz of these on stdout, without a member for the folder itself (opkg fails on "./").
pack_tar() (
	cd "$1" || exit
	shift
	tar --format=ustar --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u+rwX,go=rX -cf - "$@" |
		gzip -9n
)
