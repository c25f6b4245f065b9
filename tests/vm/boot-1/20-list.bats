#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# The lists, byte for byte against the suite's own shell driverctl on the same devices.

load ../guest

shell_driverctl=/opt/driverctl-orig/usr/sbin/driverctl

teardown() { all_native; }

# same ARGUMENT...: both programs print the same and end the same.
same()
{
	capture "$shell_driverctl" "$@"
	local expected="$status"$'\n'"$output"$'\n'"$stderr"

	capture driverctl "$@"
	is "$*: $status"$'\n'"$output"$'\n'"$stderr" "$*: $expected"
}

@test "with overrides: list-devices and list-overrides are those of the shell driverctl" {
	# Of three classes, and of a device without a driver.
	driverctl set-override "$card1" vfio-pci
	driverctl set-override "$smbus" none
	driverctl --nosave set-override "$edu" vfio-pci
	same -v list-devices
	has "$output" "$card1 vfio-pci [*] (82574L Gigabit Network Connection"
	same list-devices network
	same list-overrides
	same -v list-overrides
	has "$output" "$smbus (none)"
	same list-overrides network
	same list-overrides storage
	is "$status:$output" "0:"
	is "$(driverctl list-persisted)" "$smbus none"$'\n'"$card1 vfio-pci"
}

@test "the shell driverctl lists and loads what driverctl set" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	is "$("$shell_driverctl" list-overrides)" "$dev vfio-pci"
	native "$dev"
	"$shell_driverctl" load-override "$dev"
	overridden "$dev" vfio-pci
}

@test "an override that the shell driverctl set is unset, with the id that it left in new_id" {
	dev=$card1
	"$shell_driverctl" set-override "$dev" vfio-pci
	# The older one writes none; the id of a bound device takes nothing else.
	echo 8086 10d3 >/sys/bus/pci/drivers/vfio-pci/new_id || :
	silently driverctl unset-override "$dev"
	untouched "$dev" e1000e
	no_new_id 8086 10d3
}
