#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: bookworm
# Eight processes set, unset, load and list on four devices, at random and without a pause, while
# virtual functions with saved overrides come and go.
#
# STORM is the number of calls of each process.

load ../guest

n_workers=8
n_functions=8
victims=("$card1" "$card2" "$net_card" "$data_card")
natives=(e1000e e1000e virtio-pci virtio-pci)
lists=(list-devices list-overrides list-persisted)
# The longest time of a call: its own timeout and the grace period after it, in microseconds.
longest=33000000

setup() { logs=$BATS_TEST_TMPDIR; }

teardown()
{
	echo 0 >"$devices/$nvme/sriov_numvfs"
	udevadm settle --timeout=60
	all_native
}

create() { echo "$n_functions" >"$devices/$nvme/sriov_numvfs"; }
remove() { echo 0 >"$devices/$nvme/sriov_numvfs"; }

functions_on_vfio()
{
	local on=("/sys/bus/pci/drivers/vfio-pci/${nvme%:*}":*)

	[ "${#on[@]}" -eq "$n_functions" ]
}

save_functions()
{
	local functions

	create
	udevadm settle --timeout=60
	mapfile -t functions < <(realpath "$devices/$nvme"/virtfn* | sed 's|.*/||')
	driverctl set-override "${functions[@]}" vfio-pci
	remove
}

# come_and_go: creates and removes the functions until the storm is over; prints a line each time.
come_and_go()
{
	while [ -e "$logs/storm" ]; do
		create
		wait_for 120 functions_on_vfio || return
		remove
		echo round
	done
}

# worker SEED: makes the calls, and prints for each: begin, end, exit code, device, what it wants saved
# (`any`: it changes nothing there), command (`load-all` for load-override --all), stderr.
worker()
{
	local i call dev wanted begin code text

	# bats would take more time than the calls, see guest.bash.
	trap - DEBUG
	RANDOM=$1
	for ((i = 0; i < STORM; i++)); do
		dev=${victims[RANDOM % 4]}
		case $((RANDOM % 10)) in
		0 | 1) call=(set-override "$dev" vfio-pci) wanted=vfio-pci ;;
		2) call=(set-override "$dev" dctl_card_vfio) wanted=e1000e-variant ;;
		3) call=(set-override "$dev" none) wanted=none ;;
		4 | 5 | 6) call=(unset-override "$dev") wanted=nothing ;;
		7) call=(load-override "$dev") wanted=any ;;
		8) call=(load-override --all) wanted=any ;;
		9) call=("${lists[RANDOM % 3]}") wanted=any ;;
		esac
		begin=${EPOCHREALTIME/./} code=0
		driverctl "${call[@]}" >/dev/null 2>"$logs/said.$1" || code=$?
		text=
		read -r text <"$logs/said.$1" || :
		[ "${call[1]}" != --all ] || call=(load-all)
		echo "$begin ${EPOCHREALTIME/./} $code $dev $wanted ${call[0]}: $text"
	done
}

# unexpected: prints the calls that ended as they must not.
unexpected()
{
	awk -v longest="$longest" '
	$2 - $1 > longest { print "too long:", $0; next }
	$3 == 0 && NF == 6 { next }
	$3 == 1 && $6 == "load-override:" && /no saved override/ { next }
	# Before Linux 6.12 nothing can be read from a device while functions are created on it.
	$3 == 6 && $6 ~ /^list-/ && /its override is not known yet/ { next }
	# If nothing is overridden.
	$3 == 1 && $6 == "list-overrides:" && /No overridable devices found/ { next }
	{ print }' "$logs"/worker.*
}

# last_words DEV: prints what may be saved for it: what the calls wanted that no other call followed.
last_words()
{
	awk -v dev="$1" '
	$4 == dev && $5 != "any" && $3 == 0 { begin[++n] = $1; end[n] = $2; word[n] = $5
		if ($1 > latest) latest = $1 }
	END { for (i = 1; i <= n; i++) if (end[i] >= latest) print word[i] }' "$logs"/worker.*
}

# agrees DEV NATIVE: the kernel, the store and the last calls agree.
agrees()
{
	local driver override saved words

	read -r driver override saved < <(state "$1")
	words=$(last_words "$1")
	if [ "$saved" = "(none)" ]; then
		is "$1 $driver $override" "$1 $2 (none)"
		[ -z "$words" ] || grep -qx nothing <<<"$words"
	else
		is "$1 $driver $override" "$1 ${saved/#none/(none)} $saved"
		grep -qx "$saved" <<<"$words"
	fi
}

nobody_left() { ! pgrep -x 'driverctl|driverctl_load' >/dev/null; }

@test "storm: no deadlock, no lost override, the store and the kernel agree" {
	modprobe -a vfio-pci dctl_card_vfio
	save_functions
	: >"$logs/storm"
	come_and_go >"$logs/rounds" 3>&- &
	creator=$!
	start=$SECONDS workers=()
	for ((i = 1; i <= n_workers; i++)); do
		worker "$i" >"$logs/worker.$i" 3>&- &
		workers+=($!)
	done
	wait "${workers[@]}"
	took=$((SECONDS - start))
	rm "$logs/storm"
	wait "$creator"
	echo "# $(cat "$logs"/worker.* | wc -l) calls in $took s, functions came and went \
$(wc -l <"$logs/rounds") times; exit codes: $(cut -d ' ' -f 3,6 "$logs"/worker.* | sort | uniq -c |
		sed 's/  */ /g' | paste -sd ,)" >&3
	is "$(cat "$logs"/worker.* | wc -l)" $((n_workers * STORM))
	is "$(unexpected)" ""
	# Thousands of events are left to udev.
	wait_for 900 udevadm settle --timeout=60
	wait_for 60 nobody_left
	for i in 0 1 2 3; do
		agrees "${victims[i]}" "${natives[i]}"
	done
	is "$(find "$store" -name '.*' -type f)" ""
	for lock in /run/driverctl/*.lock; do
		flock --nonblock "$lock" true
	done
	for i in 0 1 2 3; do
		silently driverctl set-override "${victims[i]}" vfio-pci
		overridden "${victims[i]}" vfio-pci
		silently driverctl unset-override "${victims[i]}"
		untouched "${victims[i]}" "${natives[i]}"
	done
	is "$(failed_units)" ""
}
