# Read by install.sh and uninstall.sh, after common.sh: our line in /data/rc.local. Other people's lines stay.
# shellcheck shell=sh

# Other people's rc.local may end at the first command that fails (set -e): ours never does.
RC_LINE="sh $PROGRAM/boot.sh || true # $NAME"
RC_MADE="# made by $NAME"

# The line stands first, so before any exit.
write_rc_local() {
	has_line_before_exit "$RC_LOCAL" "$RC_LINE" && return 0
	if [ ! -e "$RC_LOCAL" ]; then
		printf '#!/bin/bash\n%s\n%s\n' "$RC_MADE" "$RC_LINE" | write_new "$RC_LOCAL" 755
		return
	fi
	file=$(readlink -f "$RC_LOCAL")
	mode=$(stat -c %a "$file") || mode=755
	first=$(head -n 1 "$file")
	others=1d
	case $first in
	'#!'*) ;;
	*) first='#!/bin/bash' others= ;;
	esac
	{
		printf '%s\n%s\n' "$first" "$RC_LINE"
		sed "$others" "$file" | grep -vxF "$RC_LINE"
	} | write_new "$file" "$mode" && chmod a+x "$file"
}

# Our line goes; a file that was ours alone goes with it.
clean_rc_local() {
	grep -qsxF "$RC_LINE" "$RC_LOCAL" || return 0
	file=$(readlink -f "$RC_LOCAL")
	mode=$(stat -c %a "$file") || mode=755
	rest=$(grep -vxF "$RC_LINE" "$file")
	case $rest in
	"#!/bin/bash
$RC_MADE") rm -f "$file" ;;
	'#!/bin/bash') write_new "$file" "$mode" </dev/null ;;
	*) grep -vxF -e "$RC_LINE" -e "$RC_MADE" "$file" | write_new "$file" "$mode" ;;
	esac
}
