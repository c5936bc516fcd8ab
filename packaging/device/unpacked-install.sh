#!/bin/sh
# install.sh of an unpacked release file: the installation itself is beside it, in new/.
if [ ! -f "$(dirname "$0")/new/install.sh" ]; then
	echo "The release file is not unpacked here: unpack it again." >&2
	exit 1
fi
exec sh "$(dirname "$0")/new/install.sh" "$@"
