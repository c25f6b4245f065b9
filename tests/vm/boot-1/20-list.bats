#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The lists, byte for byte against the suite's own driverctl on the same devices.

load ../guest

teardown() { all_native; }

# same ARGUMENT...: the original and ours print the same and end the same.
same()
{
	capture /opt/driverctl-orig/usr/sbin/driverctl "$@"
	local expected="$status"$'\n'"$output"$'\n'"$stderr"

	capture driverctl "$@"
	is "$status"$'\n'"$output"$'\n'"$stderr" "$expected"
}

# Overrides as three classes and a driverless device have them.
some_overrides()
{
	driverctl set-override "$card1" vfio-pci
	driverctl set-override "$smbus" none
	driverctl --nosave set-override "$edu" vfio-pci
}

@test "list-devices without overrides is the original's" { same list-devices; }

@test "list-overrides without overrides is the original's" {
	same list-overrides
	is "$status" 1
}

@test "list-devices with overrides is the original's" {
	some_overrides
	same -v list-devices
	has "$output" "$card1 vfio-pci [*] (82574L Gigabit Network Connection"
}

@test "list-devices CLASS is the original's" {
	some_overrides
	same list-devices network
}

@test "list-overrides is the original's" {
	some_overrides
	same list-overrides
	same -v list-overrides
	has "$output" "$smbus (none)"
}

@test "list-overrides CLASS is the original's" {
	some_overrides
	same list-overrides network
	same list-overrides storage
	is "$status:$output" "0:"
}

@test "-b platform list-devices is the original's" { same -b platform list-devices; }

@test "list-persisted prints the store" {
	some_overrides
	is "$(driverctl list-persisted)" "$smbus none"$'\n'"$card1 vfio-pci"
}

@test "the original lists and loads what was set" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	is "$(/opt/driverctl-orig/usr/sbin/driverctl list-overrides)" "$dev vfio-pci"
	native "$dev"
	/opt/driverctl-orig/usr/sbin/driverctl load-override "$dev"
	overridden "$dev" vfio-pci
}

@test "an override that the original set is unset, with the id it left in new_id" {
	dev=$card1
	/opt/driverctl-orig/usr/sbin/driverctl set-override "$dev" vfio-pci
	# The older original writes none; the id of a bound device grabs nothing else.
	echo 8086 10d3 >/sys/bus/pci/drivers/vfio-pci/new_id || :
	silently driverctl unset-override "$dev"
	untouched "$dev" e1000e
	no_new_id 8086 10d3
}
