#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A driver whose probe takes longer than the timeout of the call.

load ../guest

teardown()
{
	umount -q /mnt || :
	rm -f /etc/driverctl.conf
	systemctl reset-failed
	all_native
}

restored() { [ "$(state "$card2")" = "e1000e (none) (none)" ]; }
finished() { [ "$(state "$card2")" = "dctl-slow dctl-slow dctl-slow" ]; }
unit_finished() { [ "$(state "$card3")" = "dctl-slow dctl-slow dctl-slow" ]; }

@test "a probe that outlasts the timeout: the call ends, and the change is finished, not undone" {
	# At the same time the unit does it for another card.
	unit=driverctl@pci-$card3.service
	echo dctl-slow >"$store/pci-$card3"
	printf '[safety]\ntimeout = 2\n' >/etc/driverctl.conf
	mkfs.ext4 -q -F /dev/vdb
	mount /dev/vdb /mnt
	modprobe dctl_slow seconds=6
	systemctl start --no-block "$unit"

	start=$SECONDS
	fails 6 "driverctl: $card2: " timeout 20 driverctl --timeout=2 set-override "$card2" dctl-slow
	has "$stderr" "not finished after 2 s"
	[ $((SECONDS - start)) -le 4 ]

	# The process that the unit leaves behind has its own mounts, which keep no disk in use.
	wait_for 10 systemctl is-failed --quiet "$unit"
	is "$(systemctl show -P ExecMainStatus "$unit")" 6
	umount /mnt
	has "$(driverctl show "$data_card")" "in use       no"
	wait_for 30 finished
	wait_for 30 unit_finished
	wait_for 10 sh -c "journalctl -b -t driverctl _TRANSPORT=syslog -o cat | grep -q \"$card3: \
finished after the timeout; now on 'dctl-slow'\""
}

@test "a probe that fails after the timeout: the old driver is back, and the log says why" {
	modprobe dctl_slow
	echo 4 >/sys/module/dctl_slow/parameters/seconds
	echo -5 >/sys/module/dctl_slow/parameters/error
	fails 6 "driverctl: $card2: " timeout 20 driverctl --timeout=2 set-override "$card2" dctl-slow
	wait_for 30 restored
	wait_for 10 sh -c "journalctl -b -t driverctl -o cat | grep -q \"$card2: driver 'dctl-slow' \
refused the device: Input/output error; back on 'e1000e', store unchanged\""
}
