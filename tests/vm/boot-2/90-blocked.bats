#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A device that a process has open: its unbind blocks in the kernel until the process ends. This file is
# the last of the boot, because a failure can leave tasks in the guest that cannot be ended.

load ../guest

setup()
{
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	hold_vfio "$(group_of "$dev")" "$dev" >"$BATS_TEST_TMPDIR/held" 3>&- &
	holder=$!
	wait_for 10 grep -q ready "$BATS_TEST_TMPDIR/held"
}

teardown()
{
	kill "$holder" || :
	wait "$holder" || :
	wait_for 20 driver_is "$dev" vfio-pci
	all_native
}

@test "--force: the call ends at the timeout, and the old state comes back by itself" {
	start=$SECONDS
	run out_of timeout 10 driverctl --force --timeout=3 unset-override "$dev"
	is "$status" 6
	[ $((SECONDS - start)) -le 5 ]
	has "$output" "driverctl: $dev: unbinding 'vfio-pci' not finished after 3 s; "

	# Other calls are not delayed, neither the lists nor a second call on the device.
	capture timeout 10 driverctl list-devices
	has "$output" "$card2 e1000e"
	# Before Linux 6.12 nobody can read the override of the device: the list excludes it with a message.
	[ "$status" -eq 0 ] || has "$status $stderr" "6 driverctl: $dev: "
	run timeout 10 driverctl --force --timeout=2 set-override "$dev" e1000e
	is "$status" 6
	[[ $output =~ pid\ ([0-9]+) ]]
	is "$(cat "/proc/${BASH_REMATCH[1]}/comm")" driverctl

	kill "$holder"
	wait_for 20 restored
	wait_for 10 sh -c "journalctl -b -t driverctl -o cat | grep -q '$dev'"
}

restored() { [ "$(state "$dev")" = "vfio-pci vfio-pci vfio-pci" ]; }

# out_of COMMAND...: like a caller, the shell waits until no process has the pipe open.
out_of()
{
	local out code=0

	out=$("$@" 2>&1) || code=$?
	echo "$out"
	return "$code"
}
