#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# A driver whose probe takes longer than the call may.

load ../guest

teardown() { all_native; }

restored() { [ "$(state "$card2")" = "e1000e (none) (none)" ]; }

@test "a probe that outlasts the timeout: bounded, then the old driver comes back by itself" {
	modprobe dctl_slow seconds=6
	start=$SECONDS
	fails 6 "driverctl: $card2: " timeout 20 driverctl --timeout=2 set-override "$card2" dctl-slow
	has "$stderr" "not finished after 2 s"
	[ $((SECONDS - start)) -le 4 ]
	wait_for 30 restored
	is "$(find "$store" -type f)" ""
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
