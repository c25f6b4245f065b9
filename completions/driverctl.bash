# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for driverctl. Needs nothing of bash-completion.

# _driverctl_ask ARGUMENT...: ask the program, which is not in everybody's PATH.
_driverctl_ask() {
	PATH=$PATH:/usr/sbin:/sbin driverctl --timeout=2 "$@" 2>/dev/null
}

# _driverctl_objects ARGUMENT...: ask for JSON. Each object begins a line.
_driverctl_objects() {
	_driverctl_ask --json -b "$bus" "$@" | tr '\n{' ' \n'
	echo
}

# _driverctl_names LIST...: the names of devices, or of rules that can be changed.
_driverctl_names() {
	local list
	for list; do
		_driverctl_objects "$list"
	done | sed -nE 's/.*"name": *"([^"]*)", *"(file": *"[^"]*\/etc\/|bus".*driver").*/\1/p'
}

# _driverctl_modules show|best-vfio DEVICE: the modules that this command prints, best first.
_driverctl_modules() {
	_driverctl_objects "$@" | sed -nE 's/.*"native": *\[([^]]*)\].*/\1/p
		s/.*"driver": *"([^"]*)".*"usable": *true.*/\1/p; t
		s/.*"module": *"([^"]*)".*"usable": *true.*/\1/p' | tr -d '" ' | tr , '\n'
}

# _driverctl_drivers [DEVICE]: the drivers, those that fit the device first. Fails if an option has it.
_driverctl_drivers() {
	[[ $options != *' '--@(best-vfio|vfio-variant)[\ =]* ]] || return
	[ $# -eq 0 ] || _driverctl_modules show "$1"
	command ls "/sys/bus/$bus/drivers" 2>/dev/null
	echo none
}

_driverctl_commands() {
	sed -n '/^Commands/,/^$/s/^  \([^ ]*\) .*/\1/p' <<<"$help"
}

# _driverctl_value OPTION [COMMAND [DEVICE]]: the values of an option.
_driverctl_value() {
	case $1 in
	-b | --bus) command ls /sys/bus ;;
	--match) printf '%s=\n' bus id class name path vf-of vf modalias except ;;
	--vfio-variant)
		printf '%s\n' auto generic
		if [ $# -gt 2 ]; then
			_driverctl_modules best-vfio "$3"
		else
			command ls "/sys/bus/$bus/drivers" 2>/dev/null | grep vfio
		fi
		;;
	esac
}

# _driverctl_arguments COMMAND [ARGUMENT...]: the next argument, by the first line of its help.
_driverctl_arguments() {
	local usage lists=(list-devices)
	usage=$(_driverctl_ask help "$1" | head -n 1)
	case $1 in
	load-override) lists=(list-persisted) ;;
	unset-override) lists=(list-overrides list-persisted) ;;
	esac
	[[ $# -eq 1 || $usage != *'DEVICE... DRIVER' ]] || _driverctl_drivers "$2"
	case "$# $usage" in
	'1 '*CLASS*) sed -n '/^CLASS:/,/^$/s/^[CLAS:]* *//p' <<<"$help" | tr ' ' '\n' ;;
	'1 '*\[COMMAND\]) _driverctl_commands ;;
	'1 '*DIRECTORY) compgen -d -- "$word" ;;
	'1 '*' NAME'*) _driverctl_names list-rules ;;
	'2 '*' NAME DRIVER') _driverctl_drivers && echo native ;;
	*DEVICE...*) [[ $options == *' --all '* ]] || _driverctl_names "${lists[@]}" ;;
	esac
}

# _driverctl_candidates WORD...: what may follow these words of a command line, one a line.
_driverctl_candidates() {
	local help bus=${SUBSYSTEM:-pci} options=' ' arguments=()
	help=$(_driverctl_ask --help)
	while shift && [ $# -gt 0 ]; do
		case $1 in
		--bus=*) bus=${1#*=} ;;
		-b?*) bus=${1#-b} ;;
		-*) ;;
		*)
			arguments+=("$1")
			continue
			;;
		esac
		options+="$1 "
		# The next word may be the value.
		if [[ $help =~ [[:space:]]"$1"(, --[a-z-]+)?= ]]; then
			if [ $# -eq 1 ]; then
				_driverctl_value "$1" "${arguments[@]}"
				return
			fi
			[[ $1 != @(-b|--bus) ]] || bus=$2
			shift
		fi
	done
	if [[ $word == -* ]]; then
		[ ${#arguments[@]} -eq 0 ] || help=$(_driverctl_ask help "${arguments[0]}")
		sed -nE '/^Options:/,/^$/s/^ +((-.), )?(--[a-z-]+=?)[A-Z=]* (.*\(or (--[a-z]+)\))?.*/\2 \3 \5/p' \
			<<<"$help" | tr -s ' ' '\n'
	elif [ ${#arguments[@]} -eq 0 ]; then
		_driverctl_commands
	else
		_driverctl_arguments "${arguments[@]}"
	fi
}

_driverctl() {
	local line=${COMP_LINE:0:COMP_POINT} words word='' before='' behind='' candidate seen=$'\n'

	# The words as the program gets them: COMP_WORDS has them split at the colons of an address.
	read -ra words <<<"$line"
	if [[ $line != *[[:space:]] ]]; then
		word=${words[-1]}
		unset 'words[-1]'
	fi
	# Readline replaces only what is behind the last break: COMPREPLY begins there too.
	if [[ $word == --*=* ]]; then
		words+=("${word%%=*}")
		[[ $COMP_WORDBREAKS == *=* ]] || before=${word%%=*}=
		word=${word#*=}
	fi
	[[ $COMP_WORDBREAKS != *:* ]] || behind=${word%"${word##*:}"}
	COMPREPLY=()
	while read -r candidate; do
		[[ -n $candidate && $candidate == "$word"* && $seen != *$'\n'"$candidate"$'\n'* ]] || continue
		seen+=$candidate$'\n'
		COMPREPLY+=("$before${candidate#"$behind"}")
	done < <(_driverctl_candidates "${words[@]}")
	compopt -o nosort 2>/dev/null
	# A directory is followed by a slash, and what follows a = is a value: no space.
	[[ " ${words[*]} " != *" export-store "* ]] || compopt -o filenames 2>/dev/null
	[[ ${COMPREPLY[*]-} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _driverctl driverctl
