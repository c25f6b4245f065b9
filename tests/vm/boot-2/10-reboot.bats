#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What udev and systemd made of the saved overrides, before any test touched a device.

load ../guest

# failed_unit DEV REASON: its unit failed and says why.
failed_unit()
{
	is "$(systemctl show -P ActiveState "driverctl@pci-$1.service")" failed
	has "$(journalctl -b -o cat -u "driverctl@pci-$1.service")" "$2"
}

@test "everything that was to fail failed, nothing else, also after a while" {
	at_rest
	is "$(failed_units)" "driverctl@pci-${group[0]}.service driverctl@pci-${group[1]}.service \
driverctl@pci-${group[2]}.service"
}

@test "an override set before the reboot was applied, without integration in the initramfs" {
	overridden "$card1" vfio-pci
	no_new_id 8086 10d3
	is "$(grep -c driverctl /boot/initrd.list)" 0
}

@test "a file as the original writes it was applied" {
	overridden "$card2" vfio-pci
	[ ! -e "$store/policy/pci-$card2.ini" ]
}

@test "a device set to none stayed without a driver" {
	is "$(state "$net_card")" "(none) none none"
}

@test "a driver whose module has another name was bound" {
	overridden "$smbus" i801_smbus
}

@test "a platform device's override was applied" {
	is "$(state reg-dummy "$platform")" "(none) none none"
}

@test "an unknown driver: the native one, and a failed unit that says why" {
	dev=${group[0]}
	is "$(state "$dev")" "virtio-pci (none) nosuchdriver"
	failed_unit "$dev" "no driver or module 'nosuchdriver'"
}

@test "a driver that refuses: driverless with the override, and a failed unit" {
	dev=${group[1]}
	is "$(state "$dev")" "(none) dctl-refuse dctl-refuse"
	failed_unit "$dev" "driver 'dctl-refuse' refused the device: Input/output error"
}

@test "another device at the address: the native driver, and a failed unit" {
	dev=${group[2]}
	is "$(state "$dev")" "virtio-pci (none) vfio-pci"
	failed_unit "$dev" "not the device the override was set for"
}

@test "a device that is not there: nothing was started for it" {
	is "$(systemctl list-units --all --plain --no-legend '*99:00.0*')" ""
}

@test "none of them held up the boot" {
	before=$(cat /var/tmp/boot-time)
	now=$(systemctl show -P ActiveEnterTimestampMonotonic multi-user.target)
	echo "# multi-user.target after $((now / 1000)) ms, $((before / 1000)) ms without overrides" >&3
	# What waits for a device or a driver does so for 30 seconds, or 90.
	[ "$now" -lt $((before + 30000000)) ]
}

@test "list-persisted -v says which overrides are not applied" {
	run -0 driverctl -v list-persisted
	is "${#lines[@]}" 8
	has "$output" "0000:99:00.0 vfio-pci (not present)"
	has "$output" "${group[0]} nosuchdriver (not applied: on virtio-pci)"
	has "$output" "${group[1]} dctl-refuse (not applied: no driver bound)"
	has "$output" "${group[2]} vfio-pci (set for another device)"
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
