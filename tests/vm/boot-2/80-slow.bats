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
