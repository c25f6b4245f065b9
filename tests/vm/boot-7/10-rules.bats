#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: bookworm
# Rules at boot, from an initramfs that has them; the buses have other numbers than when they were set.

load ../guest

@test "the root disk is left alone although a rule is for it, and the log says why" {
	at_rest
	has "$(dmesg | head -n 1)" "Linux version" # the log is complete
	is "$(state "$root_card")" "virtio-pci (none) (none)"
	grep -x etc/driverctl.d/excluded /boot/initramfs-tools.list
	grep -x etc/driverctl.d/rules/90-disks.rule /boot/initramfs-tools.list
	is "$(failed_units)" "driverctl@pci-$root_card.service"
	journalctl --sync
	has "$(journalctl -b -o cat -u "driverctl@pci-$root_card.service")" "driverctl: $root_card: in use: \
/dev/vda is mounted at /; still on 'virtio-pci', nothing changed (by rule 90-disks) (use --force to proceed anyway)"
	# The other disk of the class is on the rule's driver, and its native driver never touched it.
	is "$(state "$data_card")" "vfio-pci vfio-pci (none)"
	is "$(native_lines "$data_card" virtio-pci)" 0
}

@test "of two identical cards, the native driver never touched the one, and took the other" {
	is "$(state "$card1")" "vfio-pci vfio-pci (none)"
	is "$(native_lines "$card1" e1000e)" 0
	untouched "$card2" e1000e
	[ "$(native_lines "$card2" e1000e)" -gt 0 ]
	untouched "$card3" e1000e
}

@test "a rule in a credential, and an override on the kernel's command line" {
	for dev in "${group[@]}" "$smbus"; do
		is "$dev $(state "$dev")" "$dev (none) none (none)"
	done
	is "$(native_lines "$smbus" i801_smbus)" 0
	has "$(driverctl list-rules)" "25-group none"
	run -0 driverctl show "$smbus"
	has "$output" "wanted       none, by the kernel's command line"
}

@test "a rule by the place fits although the bus has another number, and one by the name does not" {
	# The names that the rules were written for are those of other devices now, or of none.
	named=$(sed -n 's/^name = //p' "$store/rules/30-name.rule")
	echo 8 >"$devices/$nvme/sriov_numvfs"
	for i in 0 1 2 3; do
		dev=$(basename "$(realpath "$devices/$nvme/virtfn$i")")
		wait_for 60 driver_is "$dev" vfio-pci
		is "$(state "$dev")" "vfio-pci vfio-pci (none)"
	done
	at_rest
	for i in 4 5 6 7; do
		dev=$(basename "$(realpath "$devices/$nvme/virtfn$i")")
		[ "$dev" != "$named" ]
		[[ $(state "$dev") == *" (none) (none)" ]]
		run ! driver_is "$dev" vfio-pci
	done
	untouched "$nvme" nvme
	is "$(failed_units)" "driverctl@pci-$root_card.service"
	echo 0 >"$devices/$nvme/sriov_numvfs"
}

@test "what the early step has set by a rule is taken back when the rule is gone" {
	run -0 driverctl list-rules
	has "$output" "20-cards vfio-pci"
	silently driverctl unset-rule 20-cards
	untouched "$card1" e1000e
	rm "$store/rules/90-disks.rule"
	silently driverctl load-override --all
	untouched "$data_card" virtio-pci
}
