#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Setting and unsetting, and every way to name a device or a driver.

load ../guest

teardown() { all_native; }

@test "set-override binds the driver, sets the override and saves it" {
	dev=$card1
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	cmp "$store/pci-$dev" <<<vfio-pci
}

@test "unset-override gives the device back to its native driver" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	silently driverctl unset-override "$dev"
	untouched "$dev" e1000e
}

@test "unset-override loads a native module that is not loaded" {
	driverctl set-override "$card1" "$card2" vfio-pci
	modprobe -r e1000e
	silently driverctl unset-override "$card1"
	untouched "$card1" e1000e
}

@test "unset-override of a device without an override changes nothing" {
	dev=$card1
	before=$(ifindex_of "$dev")
	silently driverctl unset-override "$dev"
	untouched "$dev" e1000e
	is "$(ifindex_of "$dev")" "$before"
}

@test "unset-override succeeds where no driver takes the device" {
	dev=$edu
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl unset-override "$dev"
	untouched "$dev" "(none)"
}

@test "load-override applies what is saved" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	native "$dev"
	driver_is "$dev" e1000e
	silently driverctl load-override "$dev"
	overridden "$dev" vfio-pci
}

@test "load-override of a store file without a policy" {
	dev=$card1
	echo vfio-pci >"$store/pci-$dev"
	silently driverctl load-override "$dev"
	overridden "$dev" vfio-pci
}

@test "load-override does not write to the store" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	native "$dev"
	before=$(stat -c '%n %i %y' "$store/pci-$dev" "$store/policy/pci-$dev.ini")
	driverctl load-override "$dev"
	is "$(stat -c '%n %i %y' "$store/pci-$dev" "$store/policy/pci-$dev.ini")" "$before"
}

@test "virtio-net: set and unset" {
	dev=$net_card
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl unset-override "$dev"
	untouched "$dev" virtio-pci
}

@test "setting what is already so does not unbind: a network card keeps its interface" {
	dev=$card1
	driverctl set-override "$dev" e1000e
	before=$(ifindex_of "$dev")
	silently driverctl set-override "$dev" e1000e
	is "$(ifindex_of "$dev")" "$before"
	overridden "$dev" e1000e
}

@test "setting what is already so does not unbind: the VFIO group stays" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	before=$(stat -c %i "/dev/vfio/$(group_of "$dev")")
	silently driverctl set-override "$dev" vfio-pci
	silently driverctl load-override "$dev"
	is "$(stat -c %i "/dev/vfio/$(group_of "$dev")")" "$before"
}

@test "setting what is already so saves what was not saved" {
	dev=$card1
	driverctl --nosave set-override "$dev" vfio-pci
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"
	driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
}

@test "a module name stands for its driver" {
	dev=$card1
	silently driverctl set-override "$dev" vfio_pci
	overridden "$dev" vfio-pci
}

@test "no new_id is written: only the card that was named can be bound" {
	driverctl set-override "$card1" vfio-pci
	no_new_id 8086 10d3
	run ! sh -c "echo $card2 >/sys/bus/pci/drivers/vfio-pci/bind"
	untouched "$card2" e1000e
}

@test "several devices in one call" {
	silently driverctl set-override "$card1" "$card2" "$net_card" vfio-pci
	overridden "$card1" vfio-pci
	overridden "$card2" vfio-pci
	overridden "$net_card" vfio-pci
	silently driverctl unset-override "$card1" "$card2" "$net_card"
	untouched "$card1" e1000e
	untouched "$card2" e1000e
	untouched "$net_card" virtio-pci
}

@test "several devices, one of them absent: the others are done" {
	fails 3 "0000:99:00.0: no such device" \
		driverctl set-override "$card1" 0000:99:00.0 "$card2" vfio-pci
	overridden "$card1" vfio-pci
	overridden "$card2" vfio-pci
}

@test "--nosave" {
	dev=$card1
	silently driverctl --nosave set-override "$dev" vfio-pci
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"
	driverctl set-override "$dev" vfio-pci
	silently driverctl --nosave unset-override "$dev"
	is "$(state "$dev")" "e1000e (none) vfio-pci"
}

@test "--noprobe writes the override and unbinds, no more" {
	dev=$card1
	silently driverctl --noprobe set-override "$dev" vfio-pci
	is "$(state "$dev")" "(none) vfio-pci vfio-pci"
	silently driverctl --noprobe unset-override "$dev"
	untouched "$dev" "(none)"
	native "$dev"
}

@test "a device named by its short address" {
	dev=$card1
	silently driverctl set-override "${dev#0000:}" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl unset-override "${dev#0000:}"
	untouched "$dev" e1000e
}

@test "a device named by its network interface" {
	dev=$card1
	silently driverctl set-override "$(ls "$devices/$dev/net")" vfio-pci
	overridden "$dev" vfio-pci
}

@test "a device named BUS-NAME and BUS/NAME" {
	dev=$card1
	silently driverctl set-override "pci-$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl unset-override "pci/$dev"
	untouched "$dev" e1000e
}

@test "a device named by its sysfs path" {
	dev=$card1
	silently driverctl set-override "$devices/$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl unset-override "$(realpath "$devices/$dev")"
	untouched "$dev" e1000e
}

@test "none: unbound, saved, and success" {
	dev=$card1
	silently driverctl set-override "$dev" none
	is "$(state "$dev")" "(none) none none"
	silently driverctl set-override "$dev" none
	silently driverctl load-override "$dev"
	silently driverctl unset-override "$dev"
	untouched "$dev" e1000e
}

@test "a function of a shared IOMMU group" {
	dev=${group[1]}
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	untouched "${group[0]}" virtio-pci
}

@test "with the environment of udev" {
	dev=$card1
	path=$(realpath "$devices/$dev")
	silently env -i ACTION=add DEVPATH="${path#/sys}" SUBSYSTEM=pci \
		/usr/sbin/driverctl --nosave set-override "$dev" vfio-pci
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"
}

@test "from RUN of a udev rule" {
	dev=$card1
	mkdir -p /run/udev/rules.d
	cat >/run/udev/rules.d/50-test.rules <<-EOF
		ACTION=="change", SUBSYSTEM=="pci", KERNEL=="$dev", \
			RUN+="/usr/sbin/driverctl --nosave set-override %k vfio-pci"
	EOF
	udevadm control --reload
	udevadm trigger --action=change --settle "$devices/$dev"
	rm /run/udev/rules.d/50-test.rules
	udevadm control --reload
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"
}

@test "without an environment and without stdin, stdout and stderr" {
	dev=$card1
	env -i /usr/sbin/driverctl set-override "$dev" vfio-pci <&- >&- 2>&-
	overridden "$dev" vfio-pci
}
