# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what names refer to; the variables of guest.bash and of the test
# What the tests of faults share: a command is run once for each system call that it makes on the
# store, /sys or /run, and each time that call fails, or a process is killed before it.
#
# FAULTS is how many of these runs to make: 1 for all, N for every N-th of each test.
#
# A test sets the devices to look at, `devs`; `undo`, a command for the way back from the new state;
# `apart` where each device is changed for itself; `once` where the same call cannot follow;
# `variant` where another test takes all of a command that differs in little.
#
# States are kept by device: "DRIVER|OVERRIDE|SAVED|POLICY", the last two quoted.

declare -gA is old new undone old_meaning new_meaning

# see: fills `is`. No process is started here, nor in what else every run needs.
see()
{
	local dev driver override saved policy

	for dev in "${devs[@]}"; do
		driver="(none)" override='' saved='' policy=''
		if cd -P "$devices/$dev/driver" 2>/dev/null; then
			driver=${PWD##*/}
			cd "$OLDPWD" || return
		fi
		[ ! -e "$devices/$dev" ] || read -r override <"$devices/$dev/driver_override"
		[ "$override" != "(null)" ] || override=
		[ ! -e "$store/pci-$dev" ] || IFS= read -r -d '' saved <"$store/pci-$dev" || :
		[ ! -e "$store/policy/pci-$dev.ini" ] ||
			IFS= read -r -d '' policy <"$store/policy/pci-$dev.ini" || :
		is[$dev]="$driver|$override|${saved@Q}|${policy@Q}"
	done
}

# see_as ARRAY: see, and keep it.
see_as()
{
	local -n to=$1
	local dev

	see
	for dev in "${devs[@]}"; do to["$dev"]=${is["$dev"]}; done
}

# all_are ARRAY: whether the devices are as they were then.
all_are()
{
	local -n then=$1
	local dev

	for dev in "${devs[@]}"; do [ "${is[$dev]}" = "${then[$dev]}" ] || return; done
}

# each_is_old_or_new: each device for itself
each_is_old_or_new()
{
	local dev

	for dev in "${devs[@]}"; do
		[ "${is[$dev]}" = "${old[$dev]}" ] || [ "${is[$dev]}" = "${new[$dev]}" ] || return
	done
}

# renew: what a call may use up beside the devices and the store; for a test to define.
renew() { :; }

# put_back: what was seen as `old`, without the program.
put_back()
{
	local dev driver override saved policy now dir

	for dev in "${devs[@]}"; do
		[ "${is[$dev]}" != "${old[$dev]}" ] || continue
		IFS='|' read -r driver override saved policy <<<"${old[$dev]}"
		dir=$devices/$dev now=${is[$dev]%%|*}
		if [ "$now" != "$driver" ]; then
			echo "$driver" >"$dir/driver_override"
			[ "$now" = "(none)" ] || echo "$dev" >"$dir/driver/unbind"
			[ "$driver" = "(none)" ] || echo "$dev" >"/sys/bus/pci/drivers/$driver/bind"
		fi
		[ ! -e "$dir" ] || echo "$override" >"$dir/driver_override"
		eval "saved=$saved policy=$policy"
		[ -z "$saved" ] || printf %s "$saved" >"$store/pci-$dev"
		[ -n "$saved" ] || rm -f "$store/pci-$dev"
		[ -z "$policy" ] || printf %s "$policy" >"$store/policy/pci-$dev.ini"
		[ -n "$policy" ] || rm -f "$store/policy/pci-$dev.ini"
	done
	renew
	see
	all_are old || problem "the test could not put this back" old
}

# problem WHAT [ARRAY]: noted, with what was to be; the test goes on.
problem()
{
	local dev

	n_problems=$((n_problems + 1))
	{
		echo "# $point"
		echo "#   $1; exit code $code; ${stderr:-nothing said}"
		for dev in "${devs[@]}"; do
			echo "#   $dev is ${is[$dev]}"
			[ $# -eq 1 ] || { local -n to_be=$2 && echo "#   was to be ${to_be[$dev]}"; }
		done
	} >&3
}

# meaning DEV: what the program takes the device's saved override for.
meaning() { driverctl --json list-persisted | grep -o "{[^{]*\"$1\"[^}]*}" | sed 's/"state":"[^"]*"//'; }

# stores_kept: each device has the old saved override or the new one. Where the two files are of
# different age, the program is asked what they mean.
stores_kept()
{
	local dev now

	for dev in "${devs[@]}"; do
		now=${is[$dev]#*|*|}
		case $now in "${old[$dev]#*|*|}" | "${new[$dev]#*|*|}") continue ;; esac
		now=$(meaning "$dev") || :
		[ "$now" = "${old_meaning[$dev]}" ] || [ "$now" = "${new_meaning[$dev]}" ] || return
	done
}

# drivers_kept: each device has the old driver or the new one; or none, which was said, where somebody
# was left to say it.
drivers_kept()
{
	local dev driver

	for dev in "${devs[@]}"; do
		driver=${is[$dev]%%|*}
		case $driver in "${old[$dev]%%|*}" | "${new[$dev]%%|*}") continue ;; esac
		[ "$driver" = "(none)" ] && [ "${old[$dev]}" != "${new[$dev]}" ] || return
		[ "$code" -ge 128 ] || [[ $stderr == *"$dev"*"without a driver"* ]] || return
	done
}

# is_kept: a load whose driver refuses the device leaves it to no other, and says so.
is_kept() { [[ $stderr == *"; now "*", the override "*" stays" ]] && stores_kept && drivers_kept; }

# judge WAY: the run that has just ended.
judge()
{
	if [ "$code" -eq 99 ] || [ "$code" -eq 125 ]; then
		problem "no result"
	elif [ "$code" -eq "$new_code" ]; then
		all_are new || problem "ended as without a fault, in another state" new
		[ "${stderr%%;*}" = "${new_stderr%%;*}" ] || problem "ended as without a fault, and said this"
	elif [ "$code" -lt 128 ] && [[ $stderr != "driverctl: "* ]]; then
		problem "no message"
	elif [[ $1 == fail* ]]; then
		[ "$code" -lt 128 ] || problem "ended by a signal"
		all_are old || { [ -n "$apart" ] && each_is_old_or_new; } || is_kept ||
			problem "failed, and is not as it was" old
	elif [ "$1" = parent ] && [ -z "$apart" ]; then
		all_are new || problem "the process that was left did not end it" new
	else
		stores_kept || problem "the store is torn"
		drivers_kept || problem "another driver, or none, and that not said"
	fi
}

read_said()
{
	IFS= read -r -d '' stderr <"$said" || :
	stderr=${stderr%$'\n'}
}

# next CODE ARRAY COMMAND...: a call after the fault; it succeeds, and leaves no temporary file.
next()
{
	code=0
	"${@:3}" >/dev/null 2>"$said" || code=$?
	read_said
	see
	[ "$code" -eq "$1" ] || problem "then: ${*:3}"
	all_are "$2" || problem "then: ${*:3}" "$2"
	if compgen -G "$store/.[!.]*" >/dev/null || compgen -G "$store/policy/.[!.]*" >/dev/null; then
		problem "then: ${*:3}: a temporary file stays"
		rm -f "$store"/.[!.]* "$store"/policy/.[!.]*
	fi
}

# fault_at NUMBER WAY COMMAND...
fault_at()
{
	local line=

	point="$2 at call $1, the ${nth[$1]}. ${names[$1]}: ${calls[$1]}"
	code=0
	fault "$2" "${names[$1]}" "${nth[$1]}" "$report" "${@:3}" >/dev/null 2>"$said" || code=$?
	read_said
	read -r line <"$report" || :
	see
	[ "$line" = "${calls[$1]}" ] || problem "another call this time: $line"
	judge "$2"
	# In turn: the way back, or the same again.
	if [ -n "$once" ] || [ $(($1 / 2 % 2)) -eq 0 ]; then
		next 0 undone "${undo[@]}"
	else
		next "$new_code" new "${@:3}"
	fi
	put_back
}

# find_ways NUMBER: what to do at a call: everything where it changes something; one of each kind
# where it only reads, as many such calls follow each other.
find_ways()
{
	local kills=(caller parent all) one_of_each

	one_of_each=("fail$(($1 % 2 + 1))" "${kills[$1 % 3]}")
	case ${names[$1]}:${calls[$1]} in
	write:* | rename*:* | unlink*:* | mkdir*:* | fsync:* | ftruncate:* | flock:* | \
		openat:*"$store"* | openat:*/run/driverctl/*)
		ways=(fail1 fail2 caller parent all)
		[ -z "$variant" ] || ways=("${one_of_each[@]}")
		;;
	*)
		ways=("${one_of_each[@]}")
		[ -z "$variant" ] || [ $(($1 % 4)) -eq $(($1 / 4 % 4)) ] || ways=()
		;;
	esac
	# While there is one process, all kills are one.
	[[ ${calls[$1]} == child* ]] || [ ${#ways[@]} -eq 0 ] || ways=("${ways[0]}" caller)
}

# list_calls COMMAND...: in `calls`; each one's name, and which of those with this name it is.
list_calls()
{
	local i name
	local -A n=()

	fault list "$points" "$@" >/dev/null 2>"$said" || code=$?
	mapfile -t calls <"$points"
	for ((i = 0; i < ${#calls[@]}; i++)); do
		read -r _ name _ <<<"${calls[i]}"
		n[$name]=$((${n[$name]:-0} + 1))
		names[i]=$name nth[i]=${n[$name]}
	done
}

# faults COMMAND...
faults()
{
	local points=$BATS_TEST_TMPDIR/points report=$BATS_TEST_TMPDIR/report said=$BATS_TEST_TMPDIR/said
	local calls names nth ways way i dev run=0 n_runs=0 n_problems=0 code=0 stderr='' point=''
	local new_code new_stderr

	# bats would look at every command, which takes longer than the commands.
	trap - DEBUG
	renew
	see_as old
	for dev in "${devs[@]}"; do old_meaning[$dev]=$(meaning "$dev") || :; done
	# The first call loads modules and makes folders, which the others find.
	"$@" >/dev/null 2>"$said" || :
	"${undo[@]}"
	see
	put_back
	list_calls "$@"
	read_said
	new_code=$code new_stderr=$stderr
	see_as new
	for dev in "${devs[@]}"; do new_meaning[$dev]=$(meaning "$dev") || :; done
	"${undo[@]}"
	see_as undone
	put_back
	for ((i = 0; i < ${#calls[@]}; i++)); do
		find_ways "$i"
		for way in "${ways[@]}"; do
			run=$((run + 1))
			[ $((run % FAULTS)) -eq $((FAULTS / 2)) ] || continue
			n_runs=$((n_runs + 1))
			fault_at "$i" "$way" "$@"
		done
	done
	echo "# ${#calls[@]} calls, $n_runs runs, $n_problems problems: $*" >&3
	[ "$n_problems" -eq 0 ] && [ "$n_runs" -gt 0 ]
}
