# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# bash completion for driverctl. Needs nothing of bash-completion.

# _driverctl_ask BUS COMMAND...: the names in these lists, one a line.
_driverctl_ask() {
	local bus=$1 command name
	shift
	for command; do
		# Where root's commands are is not in everybody's PATH.
		PATH=$PATH:/usr/sbin:/sbin driverctl -b "$bus" "$command" 2>/dev/null
	done | while read -r name _; do echo "$name"; done
}

# _driverctl_rules: the names of the rules that can be changed.
_driverctl_rules() {
	_driverctl_folder /etc/driverctl.d/rules | sed -n 's/\.rule$//p'
}

# _driverctl_folder PATH: the names in a folder.
_driverctl_folder() {
	local path
	for path in "$1"/*; do
		[ ! -e "$path" ] || echo "${path##*/}"
	done
}

# _driverctl_fitting BUS DEVICE: the modules that are for a device, one a line.
_driverctl_fitting() {
	PATH=$PATH:/usr/sbin:/sbin driverctl -b "$1" --timeout=2 show "$2" 2>/dev/null |
		sed -n 's/ ([^()]*)//g; s/; a tie .*//; s/, then /, /g
			s/^  native  *//p; s/^  best VFIO  *//p' | tr -d ' ' | tr , '\n' |
		sed -n '/^[A-Za-z0-9_-]*$/{/^none$/!p;}'
}

# _driverctl_candidates WORD...: what may stand behind these words of a command line, one a line.
# Where that is a folder, it begins with $word.
_driverctl_candidates() {
	local bus=${SUBSYSTEM:-pci} command='' device='' variant='' all='' n=0

	shift
	while [ $# -gt 0 ]; do
		case $1 in
		-b | --bus)
			if [ $# -eq 1 ]; then
				_driverctl_folder /sys/bus
				return
			fi
			bus=$2
			shift
			;;
		--timeout)
			[ $# -gt 1 ] || return
			shift
			;;
		--color)
			if [ $# -eq 1 ]; then
				printf '%s\n' auto always never
				return
			fi
			shift
			;;
		--match)
			if [ $# -eq 1 ]; then
				printf '%s=\n' bus id class name path vf-of vf modalias except
				return
			fi
			shift
			;;
		--match=*) ;;
		--vfio-variant)
			if [ $# -eq 1 ]; then
				echo auto
				echo generic
				_driverctl_folder "/sys/bus/$bus/drivers"
				return
			fi
			variant=1
			shift
			;;
		--best-vfio | --vfio-variant=*) variant=1 ;;
		--all) all=1 ;;
		--bus=*) bus=${1#*=} ;;
		-b*) bus=${1#-b} ;;
		-*) ;;
		*)
			if [ -z "$command" ]; then
				command=$1
			else
				n=$((n + 1))
				device=${device:-$1}
			fi
			;;
		esac
		shift
	done
	printf '%s\n' -b -v -h -V --bus --verbose --debug --noprobe --nosave --best-vfio --vfio-variant \
		--iommu-group --dry-run --save-only --json --color --force --timeout --help --version
	case $command in
	'' | load-override) printf '%s\n' --all --early ;;
	set-rule) echo --match ;;
	unset-override) echo --all ;;
	esac
	case $command in
	'')
		echo --match
		printf '%s\n' best-vfio set-override unset-override load-override set-rule unset-rule list-devices \
			list-overrides list-persisted list-rules list-groups check show export-store help
		;;
	set-override)
		_driverctl_ask "$bus" list-devices
		if [ "$n" -gt 0 ] && [ -z "$variant" ]; then
			_driverctl_fitting "$bus" "$device"
			_driverctl_folder "/sys/bus/$bus/drivers"
			echo none
		fi
		;;
	set-rule)
		[ "$n" -gt 0 ] || _driverctl_rules
		if [ "$n" = 1 ] && [ -z "$variant" ]; then
			_driverctl_folder "/sys/bus/$bus/drivers"
			printf '%s\n' none native
		fi
		;;
	unset-rule) [ "$n" -gt 0 ] || _driverctl_rules ;;
	best-vfio | show | check) _driverctl_ask "$bus" list-devices ;;
	load-override) [ -n "$all" ] || _driverctl_ask "$bus" list-devices ;;
	help)
		[ "$n" -gt 0 ] || printf '%s\n' best-vfio set-override unset-override load-override \
			set-rule unset-rule list-devices list-overrides list-persisted list-rules list-groups check show export-store
		;;
	unset-override) [ -n "$all" ] || _driverctl_ask "$bus" list-overrides list-persisted ;;
	list-devices | list-overrides | list-groups)
		[ "$n" -gt 0 ] || printf '%s\n' all storage network display multimedia memory bridge \
			communication system input docking processor serial wireless encryption \
			signal accelerator gpu nic nvme audio usb
		;;
	export-store) [ "$n" -gt 0 ] || compgen -d -- "$word" ;;
	esac
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
	# A folder goes on with a slash, not with a space.
	[[ " ${words[*]} " != *" export-store "* ]] || compopt -o filenames 2>/dev/null
	COMPREPLY=()
	while read -r candidate; do
		[[ $candidate == "$word"* && $seen != *$'\n'"$candidate"$'\n'* ]] || continue
		# Options are offered only where one is begun.
		[[ $candidate != -* || $word == -* ]] || continue
		seen+=$candidate$'\n'
		COMPREPLY+=("$before${candidate#"$behind"}")
	done < <(_driverctl_candidates "${words[@]}")
}

complete -F _driverctl driverctl
