#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The boot after a better variant was installed.

load ../guest

@test "the better variant was taken; the store is as it was set" {
	is "$(state "$card1")" "e1000e-better-variant e1000e-better-variant e1000e-variant"
}

@test "one that was set by name is not ranked again" {
	overridden "$edu" e1000e-variant
}

@test "after unset-override everything is native" {
	silently driverctl unset-override "$card1" "$edu" "$net_card"
	untouched "$card1" e1000e
	untouched "$edu" "(none)"
	untouched "$net_card" virtio-pci
}
