#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A VFIO device that a process has open: it keeps its driver, and so does its whole IOMMU group. The
# process belongs to another user, like that of a virtual machine.

load ../guest

setup()
{
	held=${group[0]} other=${group[1]}
	driverctl --nosave --iommu-group set-override "$held" vfio-pci
	chown 65534 "/dev/vfio/$(group_of "$held")"
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		hold_vfio "$(group_of "$held")" "$held" >"$BATS_TEST_TMPDIR/held" 3>&- &
	holder=$!
	wait_for 10 grep -q ready "$BATS_TEST_TMPDIR/held"
}

teardown()
{
	kill "$holder" || :
	wait "$holder" || :
	wait_for 20 driver_is "$held" vfio-pci
	systemctl reset-failed
	all_native
}

# names_holder TEXT
names_holder() { has "$1" ": in use: /dev/vfio/$(group_of "$held") is open in hold_vfio (pid $holder)"; }

# refused COMMAND...: within two seconds, with the name of the process, and nothing has changed.
refused()
{
	fails 4 "nothing changed (use --force to proceed anyway)" timeout 2 driverctl "$@"
	names_holder "$stderr"
}

@test "the device itself, and another one of its group" {
	for dev in "$held" "$other"; do
		refused unset-override "$dev"
		refused set-override "$dev" virtio-pci
		refused set-override "$dev" none
		is "$(state "$dev")" "vfio-pci vfio-pci (none)"
		has "$(driverctl show "$dev")" "is open in hold_vfio (pid $holder)"
	done
	refused --iommu-group unset-override "$other"
	is "$(state "${group[2]}")" "vfio-pci vfio-pci (none)"
}

@test "through the unit" {
	for dev in "$held" "$other"; do
		echo virtio-pci >"$store/pci-$dev"
		run ! timeout 10 systemctl start "driverctl@pci-$dev.service"
		is "$(systemctl show -p ExecMainStatus --value "driverctl@pci-$dev.service")" 4
		journalctl --sync
		names_holder "$(journalctl -b -o cat -u "driverctl@pci-$dev.service")"
		is "$(state "$dev")" "vfio-pci vfio-pci virtio-pci"
	done
}

@test "while an unbind is blocked already" {
	fails 6 "unbinding 'vfio-pci' not finished after 2 s" \
		timeout 10 driverctl --force --timeout=2 unset-override "$held"
	refused unset-override "$held"
	refused set-override "$held" virtio-pci
	refused set-override "$other" none
	echo virtio-pci >"$store/pci-$held"
	run ! timeout 10 systemctl start "driverctl@pci-$held.service"
	is "$(systemctl show -p ExecMainStatus --value "driverctl@pci-$held.service")" 4
	# Until then Linux 6.1 also blocks the journal, which asks the device for its name.
	kill "$holder"
	wait_for 20 driver_is "$held" vfio-pci
	journalctl --sync
	names_holder "$(journalctl -b -o cat -u "driverctl@pci-$held.service" | tail -n 4)"
}

@test "by a caller that may not look into other processes: refused, because it cannot tell" {
	fails 4 "cannot tell whether it is in use: " \
		setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace \
		driverctl --nosave unset-override "$held"
	has "$stderr" "cannot be looked into; still on 'vfio-pci', nothing changed"
	is "$(state "$held")" "vfio-pci vfio-pci (none)"
}

# A PID namespace of its own, whose /proc does not show the holder. As a function, it would have a shell
# between, and $! would be that.
container=(unshare --pid --fork --kill-child --mount-proc --)

@test "by a caller in another PID namespace: the kernel is asked" {
	node=/dev/vfio/$(group_of "$held")
	for dev in "$held" "$other"; do
		for command in "unset-override $dev" "set-override $dev none" "set-override $dev virtio-pci"; do
			# shellcheck disable=SC2086 # words
			fails 4 "$dev: in use: $node is open in a process that /proc does not show; still on \
'vfio-pci', nothing changed (use --force to proceed anyway)" "${container[@]}" driverctl $command
		done
		is "$(state "$dev")" "vfio-pci vfio-pci (none)"
	done
	has "$("${container[@]}" driverctl show "$held")" "in use       cannot tell whether $node is in use: "
	kill -0 "$holder"

	# shellcheck disable=SC2016 # the shell's own
	"${container[@]}" sh -c 'driverctl --force --timeout=2 unset-override "$0"; echo $?; exec sleep 600' \
		"$held" >"$BATS_TEST_TMPDIR/forced" 2>&1 3>&- &
	contained=$!
	wait_for 20 grep -qx 6 "$BATS_TEST_TMPDIR/forced"
	has "$(<"$BATS_TEST_TMPDIR/forced")" "unbinding 'vfio-pci' not finished after 2 s"
	kill "$holder"
	wait_for 20 driver_is "$held" vfio-pci
	# Since util-linux 2.41 unshare passes SIGTERM on to a first process, which ignores it.
	kill -KILL "$contained"
	wait_for 20 eval '! pgrep -x driverctl >/dev/null'

	# The open that asks is no use of its own, and the group is free.
	silently "${container[@]}" driverctl --nosave unset-override "$other"
	untouched "$other" virtio-pci
}
