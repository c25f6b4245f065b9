#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What udev and systemd made of the saved overrides, before any test touched a device.

load ../guest

# loaded_by_unit NAME: the unit ran in this boot, without a failure, and is not left active.
loaded_by_unit()
{
	local unit="driverctl@$1.service"

	is "$(systemctl show -P Result "$unit") $(systemctl show -P ActiveState "$unit")" \
		"success inactive"
	has "$(journalctl -b -o cat -u "$unit")" "Finished"
}

failed_unit()
{
	is "$(systemctl show -P ActiveState "driverctl@pci-$1.service")" failed
	has "$(systemctl --failed --plain --no-legend)" "driverctl@pci-$1.service"
}

@test "an override set before the reboot was applied by its unit" {
	overridden "$card1" vfio-pci
	loaded_by_unit "pci-$card1"
	no_new_id 8086 10d3
}

@test "a file as the original writes it was applied by its unit" {
	overridden "$card2" vfio-pci
	loaded_by_unit "pci-$card2"
	[ ! -e "$store/policy/pci-$card2.ini" ]
}

@test "a device set to none stayed without a driver" {
	is "$(state "$net_card")" "(none) none none"
	loaded_by_unit "pci-$net_card"
}

@test "a driver whose module has another name was bound" {
	overridden "$smbus" i801_smbus
	loaded_by_unit "pci-$smbus"
}

@test "a platform device's override was applied by its unit" {
	is "$(state reg-dummy "$platform")" "(none) none none"
	loaded_by_unit platform-reg-dummy
}

@test "an unknown driver: the native one, and a failed unit that says why" {
	dev=${group[0]}
	is "$(state "$dev")" "virtio-pci (none) nosuchdriver"
	failed_unit "$dev"
	has "$(journalctl -b -o cat -u "driverctl@pci-$dev.service")" nosuchdriver
}

@test "a driver that refuses: driverless with the override, and a failed unit" {
	dev=${group[1]}
	is "$(state "$dev")" "(none) dctl-refuse dctl-refuse"
	failed_unit "$dev"
}

@test "another device at the address: the native driver, and a failed unit" {
	dev=${group[2]}
	is "$(state "$dev")" "virtio-pci (none) vfio-pci"
	failed_unit "$dev"
	has "$(journalctl -b -o cat -u "driverctl@pci-$dev.service")" \
		"not the device the override was set for"
}

@test "no other unit failed" {
	is "$(systemctl --failed --plain --no-legend | grep -cv driverctl@)" 0
	is "$(systemctl --failed --plain --no-legend | wc -l)" 3
}

@test "list-persisted -v says which overrides are not applied" {
	run -0 driverctl -v list-persisted
	is "${#lines[@]}" 8
	has "$output" "0000:99:00.0 vfio-pci (not present)"
	has "$output" "${group[2]} vfio-pci ("
	has "$output"$'\n' "$card1 vfio-pci"$'\n'
}

@test "after unset-override everything is native" {
	silently driverctl unset-override "$card1" "$card2" "$net_card" "$smbus" \
		0000:99:00.0 "${group[0]}" "${group[1]}" "${group[2]}"
	silently driverctl -b platform unset-override reg-dummy
	untouched "$card1" e1000e
	untouched "$card2" e1000e
	untouched "$net_card" virtio-pci
	untouched "$smbus" i801_smbus
	untouched "${group[1]}" virtio-pci
	is "$(state reg-dummy "$platform")" "reg-dummy (none) (none)"
	is "$(find "$store" -type f)" ""
}
