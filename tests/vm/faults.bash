# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # namerefs; the variables of guest.bash and of the tests
# What the tests of faults share. A command is run once for each system call that it makes on the store,
# /sys or /run, and each time that call fails, or a process is killed before it.
#
# FAULTS is how many of these runs to make: 1 for all, N for every N-th of each test.
#
# A test sets `devs`, the devices to look at; `rule`, the name of a rule to look at as well; `undo`, a command for the way back from the new state;
# `apart` if each device is changed on its own; `beside` if several are at the same time, so that the calls
# come in another order each time; `once` if the same call cannot follow; `variant` if
# another test takes everything of a command that differs little.

fields=(driver override saved policy ruled)

# The states of the devices, by "WHEN DEV FIELD". WHEN is old, new, undone or now; `saved` and `policy`
# are the texts of the files, and `ruled` is that of the rule. Another field, `meaning`, is what the program takes these for.
declare -gA seen

# see [WHEN]: fills `seen` for now, and for then. It starts no process, nor does anything else that
# every run needs.
see()
{
	local when dev field driver override saved policy ruled

	for dev in "${devs[@]}"; do
		driver="(none)" override='' saved='' policy='' ruled=''
		if cd -P "$devices/$dev/driver" 2>/dev/null; then
			driver=${PWD##*/}
			cd "$OLDPWD" || return
		fi
		[ ! -e "$devices/$dev" ] || read -r override <"$devices/$dev/driver_override"
		[ "$override" != "(null)" ] || override=
		[ ! -e "$store/pci-$dev" ] || IFS= read -r -d '' saved <"$store/pci-$dev" || :
		[ ! -e "$store/policy/pci-$dev.ini" ] ||
			IFS= read -r -d '' policy <"$store/policy/pci-$dev.ini" || :
		[ ! -e "$store/rules/$rule.rule" ] || IFS= read -r -d '' ruled <"$store/rules/$rule.rule" || :
		for when in now "$@"; do
			for field in "${fields[@]}"; do seen["$when $dev $field"]=${!field}; done
		done
	done
}

meaning() { driverctl --json list-persisted | grep -o "{[^{]*\"$1\"[^}]*}" | sed 's/"state":"[^"]*"//'; }

# see_all WHEN: see, and the meaning too.
see_all()
{
	local dev

	see "$1"
	for dev in "${devs[@]}"; do seen["$1 $dev meaning"]=$(meaning "$dev") || :; done
}

# same WHEN WHEN DEV [FIELD...]: whether these fields, or all, are the same.
same()
{
	local field

	for field in "${@:4}"; do
		[ "${seen["$1 $3 $field"]}" = "${seen["$2 $3 $field"]}" ] || return
	done
	[ $# -gt 3 ] || same "$@" "${fields[@]}"
}

# all_are WHEN: whether the devices are now as they were then.
all_are()
{
	local dev

	for dev in "${devs[@]}"; do same now "$1" "$dev" || return; done
}

each_is_old_or_new()
{
	local dev

	for dev in "${devs[@]}"; do same now old "$dev" || same now new "$dev" || return; done
}

# A rule is saved or not, and each of its devices follows it or not.
rule_and_each_are_old_or_new()
{
	local dev

	[ -n "$rule" ] || return
	for dev in "${devs[@]}"; do
		same now old "$dev" ruled || same now new "$dev" ruled || return
		same now old "$dev" driver override || same now new "$dev" driver override || return
	done
}

# renew: a test defines it if a call uses up more than the devices and the store.
renew() { :; }

# write_back FILE TEXT: without a text there is no file.
write_back() { if [ -n "$2" ]; then printf %s "$2" >"$1"; else rm -f "$1"; fi; }

# put_back: what was seen as `old`, without the program.
put_back()
{
	local dev dir driver

	for dev in "${devs[@]}"; do
		! same now old "$dev" || continue
		dir=$devices/$dev driver=${seen["old $dev driver"]}
		if ! same now old "$dev" driver; then
			echo "$driver" >"$dir/driver_override"
			[ "${seen["now $dev driver"]}" = "(none)" ] || echo "$dev" >"$dir/driver/unbind"
			[ "$driver" = "(none)" ] || echo "$dev" >"/sys/bus/pci/drivers/$driver/bind"
		fi
		[ ! -e "$dir" ] || echo "${seen["old $dev override"]}" >"$dir/driver_override"
		write_back "$store/pci-$dev" "${seen["old $dev saved"]}"
		write_back "$store/policy/pci-$dev.ini" "${seen["old $dev policy"]}"
		[ -z "${seen["old $dev ruled"]}" ] || mkdir -p "$store/rules"
		write_back "$store/rules/$rule.rule" "${seen["old $dev ruled"]}"
		[ -n "${seen["old $dev ruled"]}" ] || rmdir "$store/rules" 2>/dev/null || :
	done
	renew
	see
	all_are old || problem "the test could not put this back" old
}

# problem WHAT [WHEN]: prints it, and what the state was to be; the test goes on.
problem()
{
	local dev field

	n_problems=$((n_problems + 1))
	{
		echo "# $point"
		echo "#   $1; exit code $code; ${stderr:-nothing said}"
		for dev in "${devs[@]}"; do
			for field in "${fields[@]}"; do
				echo "#   $dev $field: ${seen["now $dev $field"]@Q}" \
					${2:+"expected: ${seen["$2 $dev $field"]@Q}"}
			done
		done
	} >&3
}

# stores_kept: each device has the old saved override or the new one. If its two files are of different
# age, the program is asked what they mean.
stores_kept()
{
	local dev

	for dev in "${devs[@]}"; do
		same now old "$dev" ruled || same now new "$dev" ruled || return
		! same now old "$dev" saved policy || continue
		! same now new "$dev" saved policy || continue
		seen["now $dev meaning"]=$(meaning "$dev") || :
		same now old "$dev" meaning || same now new "$dev" meaning || return
	done
}

# drivers_kept: each device has the old driver or the new one; or none, and a process that was left said
# so.
drivers_kept()
{
	local dev

	for dev in "${devs[@]}"; do
		! same now old "$dev" driver || continue
		! same now new "$dev" driver || continue
		[ "${seen["now $dev driver"]}" = "(none)" ] && ! same old new "$dev" || return
		[ "$code" -ge 128 ] || [[ $stderr == *"$dev"*"without a driver"* ]] || return
	done
}

# is_kept: a load whose driver refuses the device leaves it to no other driver, and says so.
is_kept() { [[ $stderr == *"; now "*", the override "*" stays" ]] && stores_kept && drivers_kept; }

# is_refused: a call that is refused in any case may not have found out as much. It still names the device,
# says that it is in use or cannot tell, and that nothing has changed.
is_refused()
{
	[ "$new_code" -eq 4 ] && [[ $stderr != *$'\n'* ]] &&
		[[ $stderr == "driverctl: ${devs[0]}: "@(in use: |cannot tell whether )*", nothing changed (use --force to proceed anyway)" ]]
}

# judge WAY: the run that has just ended.
judge()
{
	if [ "$code" -eq 99 ] || [ "$code" -eq 125 ]; then
		problem "no result"
	elif [ "$code" -eq "$new_code" ]; then
		all_are new || problem "ended as without a fault, in another state" new
		[ "${stderr%%;*}" = "${new_stderr%%;*}" ] || is_refused || problem "ended as without a fault, and said this"
	elif [ "$code" -lt 128 ] && [[ $stderr != "driverctl: "* ]]; then
		problem "no message"
	elif [[ $1 == fail* ]]; then
		[ "$code" -lt 128 ] || problem "ended by a signal"
		all_are old || { [ -n "$apart" ] && each_is_old_or_new; } ||
			rule_and_each_are_old_or_new || is_kept ||
			problem "failed, and is not as it was" old
	elif [ "$1" = parent ] && [ -z "$apart" ]; then
		# Before a rule is changed, one process looks which devices are concerned.
		all_are new || { [ -n "$rule" ] && all_are old; } || problem "the process that was left did not end it" new
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

# next CODE ARRAY COMMAND...: a call after the fault ends with the code and in that state, and leaves no
# temporary file.
next()
{
	code=0
	"${@:3}" >/dev/null 2>"$said" || code=$?
	read_said
	see
	[ "$code" -eq "$1" ] || problem "then: ${*:3}"
	all_are "$2" || problem "then: ${*:3}" "$2"
	if compgen -G "$store/.[!.]*" >/dev/null || compgen -G "$store/*/.[!.]*" >/dev/null; then
		problem "then: ${*:3}: a temporary file stays"
		rm -f "$store"/.[!.]* "$store"/*/.[!.]*
	fi
}

# fault_at CALL WAY COMMAND...
fault_at()
{
	local line='' name number

	read -r name number _ <<<"${calls[$1]}"
	point="$2 at ${calls[$1]}"
	code=0
	fault "$2" "$name" "$number" "$report" "${@:3}" >/dev/null 2>"$said" || code=$?
	read_said
	read -r line <"$report" || :
	see
	[ "$line" = "${calls[$1]}" ] || [ -n "$beside" ] || problem "another call this time: $line"
	judge "$2"
	# In turn: the way back, or the same again.
	if [ -n "$once" ] || [ $(($1 / 2 % 2)) -eq 0 ]; then
		next 0 undone "${undo[@]}"
	else
		next "$new_code" new "${@:3}"
	fi
	put_back
}

# find_ways CALL: sets `ways`, what to do at it: everything if it changes something; one of each kind if
# it only reads, because many such calls follow each other.
find_ways()
{
	local kills=(caller parent all) one_of_each

	one_of_each=("fail$(($1 % 2 + 1))" "${kills[$1 % 3]}")
	case ${calls[$1]} in
	write* | rename* | unlink* | mkdir* | fsync* | ftruncate* | flock* | \
		openat*" $store"* | openat*" /run/driverctl/"*)
		ways=(fail1 fail2 caller parent all)
		[ -z "$variant" ] || ways=("${one_of_each[@]}")
		;;
	*)
		ways=("${one_of_each[@]}")
		[ -z "$variant" ] || [ $(($1 % 4)) -eq $(($1 / 4 % 4)) ] || ways=()
		;;
	esac
	# While there is one process, all kills are the same.
	[[ ${calls[$1]} == *" child "* ]] || [ ${#ways[@]} -eq 0 ] || ways=("${ways[0]}" caller)
}

# faults COMMAND...
faults()
{
	local report=$BATS_TEST_TMPDIR/report said=$BATS_TEST_TMPDIR/said
	local calls ways way i run=0 n_runs=0 n_problems=0 code=0 stderr='' point=''
	local new_code new_stderr

	# bats would look at every command, which takes longer than the commands.
	trap - DEBUG
	renew
	see_all old
	# The first call loads modules and makes directories, which the others find.
	"$@" >/dev/null 2>"$said" || :
	"${undo[@]}"
	see
	put_back
	fault list any 0 "$report" "$@" >/dev/null 2>"$said" || code=$?
	mapfile -t calls <"$report"
	read_said
	new_code=$code new_stderr=$stderr
	see_all new
	"${undo[@]}"
	see undone
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
	[ "$n_problems" -eq 0 ]
	[ "$n_runs" -gt 0 ]
}
