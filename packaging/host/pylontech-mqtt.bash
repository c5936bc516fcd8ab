# shellcheck shell=bash
# Completion of pylontech-mqtt in bash. `make docs` writes it from the program's own table of words and options.

_pylontech_mqtt()
{
	local -A options=(
		[daemon]='-c -n -v --once --supervised --version --help'
		[probe]='-v --json --version --help'
		[record]='-c -v --keep-serials --version --help'
		[replay]='-c -v --once --fast --version --help'
		[watch]='-c -v --once --broker --port --username --password-file --topic-base --version --help'
	)
	local -A arguments=(
		[probe]='PORT'
		[record]='FILE PORT'
		[replay]='FILE'
		[watch]=''
	)
	local -A takes=(
		[-c]=FILE
		[--broker]=HOST
		[--port]=N
		[--username]=NAME
		[--password-file]=FILE
		[--topic-base]=BASE
	)
	local current=${COMP_WORDS[COMP_CWORD]} word at kind='' i
	local -a given=() kinds=()

	# What stands before: words of the program, and `kind`, the argument that the last option still wants.
	for ((i = 1; i < COMP_CWORD; i++)); do
		at=${COMP_WORDS[i]}
		if [[ $at == = && -n $kind ]]; then
			continue # --port=1883 is three words here
		elif [[ -n $kind ]]; then
			kind=''
		elif [[ $at == -* ]]; then
			kind=${takes[$at]-}
		else
			given+=("$at")
		fi
	done
	[[ $current == = ]] && current=''

	word=${given[0]-daemon}
	COMPREPLY=()
	if [[ -z $kind && $current != -* && ${#given[@]} -gt 0 ]]; then
		read -ra kinds <<<"${arguments[$word]-}"
		kind=${kinds[${#given[@]} - 1]-}
	fi
	if [[ $kind == FILE ]]; then
		compopt -o default
	elif [[ $kind == PORT ]]; then
		compopt -o default -o filenames
		mapfile -t COMPREPLY < <(compgen -W "$(compgen -G '/dev/serial/by-*/*'; compgen -G '/dev/tty[UA][SC][BM]*')" -- "$current")
	elif [[ -z $kind && $current != -* && ${#given[@]} == 0 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${!arguments[*]}" -- "$current")
	elif [[ -z $kind ]]; then
		mapfile -t COMPREPLY < <(compgen -W "${options[$word]-}" -- "$current")
	fi
}

complete -F _pylontech_mqtt pylontech-mqtt
