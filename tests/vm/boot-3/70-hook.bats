#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# libvirt's domains and the hook, with libvirt and QEMU as the suite has them.

load ../guest
load ../libvirt

setup_file()
{
	load ../guest
	load ../libvirt
	libvirt_start
}

teardown() { libvirt_cleanup; }

@test "a domain with two cards: the best driver is bound, both are refused within 2 s, and go back" {
	created one "$(hostdev "$card1")" "$(hostdev "$card2")"
	driver=$(choice e1000e-better-variant)
	for dev in "$card1" "$card2"; do
		bound "$dev" "$driver"
		has_open "$dev"
	done
	user="in use: /dev/vfio/$(group_of "$card1") is open in qemu-system-x86 (pid $pid)"
	fails 4 "$card1: $user; still on '$driver', nothing changed" \
		timeout 2 driverctl unset-override "$card1"
	fails 4 "$card1: $user; still on '$driver', nothing changed" \
		timeout 2 driverctl set-override "$card1" e1000e
	fails 4 "$card1: $user" timeout 2 driverctl --nosave set-override "$card1" none
	has "$(driverctl show "$card1")" "is open in qemu-system-x86 (pid $pid)"
	bound "$card1" "$driver"
	has_open "$card1"
	is "$(virsh domstate one | head -n 1)" paused
	has "$(virsh --quiet qemu-monitor-command one --hmp 'info status')" "VM status: paused"
	destroyed one
	untouched "$card1" e1000e
	untouched "$card2" e1000e
}

@test "a model by name, a best variant that fails, a saved override: each card gets its driver" {
	is "$(driverctl best-vfio "$net_card")" dctl_fail_vfio
	driverctl set-override "$card2" vfio-pci
	# libvirt 9 forgets the model, and would not accept its driver.
	created one "$(hostdev "$card1" dctl_card_vfio)" "$(hostdev "$net_card")" "$(hostdev "$card2")"
	bound "$card1" "$(choice e1000e-variant)"
	bound "$net_card" vfio-pci
	overridden "$card2" vfio-pci
	for dev in "$card1" "$net_card" "$card2"; do has_open "$dev"; done
	destroyed one
	untouched "$card1" e1000e
	untouched "$net_card" virtio-pci
	overridden "$card2" vfio-pci
}

@test "a card that another domain has: refused, and that domain goes on" {
	created one "$(hostdev "$card1")"
	driver=$(choice e1000e-better-variant)
	not_created "$card1" two "$(hostdev "$card2")" "$(hostdev "$card1")"
	has "$stderr" "domain one"
	untouched "$card2" e1000e
	bound "$card1" "$driver"
	has_open "$card1"
	if variants_known; then
		not_created "is open in qemu-system-x86 (pid $pid)" two "$(hostdev "$card2")" \
			"$(hostdev "$card1" dctl_card_vfio)"
		untouched "$card2" e1000e
		bound "$card1" "$driver"
	fi
	is "$(virsh domstate one | head -n 1)" paused
	destroyed one
	untouched "$card1" e1000e
}

@test "a device that is in use: virsh shows driverctl's message, and nothing is changed" {
	not_created "driverctl: $root_card: in use: /dev/vda is mounted at /; " one \
		"$(hostdev "$card1")" "$(hostdev "$root_card")"
	untouched "$card1" e1000e
	untouched "$root_card" virtio-pci
}

@test "a start that fails after the hook: all cards go back" {
	# libvirt wants a virtual function there.
	not_created "SR-IOV Virtual Functions only" one "$(hostdev "$card2")" \
		"<interface type='hostdev'>$(address "$card1")</interface>"
	untouched "$card1" e1000e
	untouched "$card2" e1000e
}

@test "two cards of an IOMMU group of three: the third is named, or taken along if that is configured" {
	not_created "driverctl: not assigned, but in the IOMMU group of a device that is: ${group[2]} (virtio-pci)" \
		one "$(hostdev "${group[0]}")" "$(hostdev "${group[1]}")"
	for dev in "${group[@]}"; do
		untouched "$dev" virtio-pci
	done

	# With the permission to take it
	printf '[libvirt]\ngroup = take\n' >/etc/driverctl.conf
	created one "$(hostdev "${group[0]}")" "$(hostdev "${group[1]}")"
	for dev in "${group[@]}"; do
		bound "$dev" vfio-pci
	done
	has_open "$group"
	destroyed one
	for dev in "${group[@]}"; do
		untouched "$dev" virtio-pci
	done
}
