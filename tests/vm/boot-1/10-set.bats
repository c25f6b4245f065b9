#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: bookworm
# Setting and unsetting an override, and every way to name a device or a driver.

load ../guest

teardown()
{
	[ -e "$devices/$card1" ] || {
		echo 1 >/sys/bus/pci/rescan
		wait_for 20 test -e "$devices/$card1/driver"
	}
	[ -e "$platform/$dummy/driver" ] || native "$dummy" "$platform"
	all_native
}

# set_and_unset NATIVE_DRIVER DEV
set_and_unset()
{
	silently driverctl set-override "$2" vfio-pci
	overridden "$2" vfio-pci
	cmp "$store/pci-$2" <<<vfio-pci
	silently driverctl unset-override "$2"
	untouched "$2" "$1"
}

@test "set-override binds the driver and saves the override, unset-override gives the device back" {
	set_and_unset e1000e "$card1"
	set_and_unset virtio-pci "$net_card"
	set_and_unset "(none)" "$edu"
}

@test "set-override writes no new_id: only the named card can be bound" {
	driverctl set-override "$card1" vfio-pci
	no_new_id 8086 10d3
	run ! sh -c "echo $card2 >/sys/bus/pci/drivers/vfio-pci/bind"
	untouched "$card2" e1000e
}

@test "unset-override loads the native module if it is not loaded" {
	driverctl set-override "$card1" "$card2" vfio-pci
	modprobe -r e1000e
	silently driverctl unset-override "$card1"
	untouched "$card1" e1000e
}

@test "unset-override of a device that is gone removes the saved override" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	echo 1 >"$devices/$dev/remove"
	silently driverctl unset-override "$dev"
	is "$(find "$store" -type f)" ""
	fails 3 "$dev: no such device" driverctl unset-override "$dev"
}

@test "load-override applies a saved override, with and without a policy, and writes nothing" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	native "$dev"
	driver_is "$dev" e1000e
	before=$(stat -c '%n %i %y' "$store/pci-$dev" "$store/policy/pci-$dev.ini")
	silently driverctl load-override "$dev"
	overridden "$dev" vfio-pci
	is "$(stat -c '%n %i %y' "$store/pci-$dev" "$store/policy/pci-$dev.ini")" "$before"
	echo vfio-pci >"$store/pci-$card2"
	silently driverctl load-override "$card2"
	overridden "$card2" vfio-pci
}

@test "setting what is already set does not unbind, and saves what was not saved" {
	dev=$card1
	driverctl set-override "$dev" e1000e
	before=$(ifindex_of "$dev")
	silently driverctl set-override "$dev" e1000e
	is "$(ifindex_of "$dev")" "$before"
	overridden "$dev" e1000e

	driverctl --nosave set-override "$dev" vfio-pci
	is "$(state "$dev")" "vfio-pci vfio-pci e1000e"
	before=$(stat -c %i "/dev/vfio/$(group_of "$dev")")
	silently driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl load-override "$dev"
	is "$(stat -c %i "/dev/vfio/$(group_of "$dev")")" "$before"
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

@test "--nosave" {
	dev=$card1
	silently driverctl --nosave set-override "$dev" vfio-pci
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"
	driverctl set-override "$dev" vfio-pci
	overridden "$dev" vfio-pci
	silently driverctl --nosave unset-override "$dev"
	is "$(state "$dev")" "e1000e (none) vfio-pci"
}

@test "--noprobe writes the override and unbinds, nothing else" {
	dev=$card1
	silently driverctl --noprobe set-override "$dev" vfio-pci
	is "$(state "$dev")" "(none) vfio-pci vfio-pci"
	silently driverctl --noprobe unset-override "$dev"
	untouched "$dev" "(none)"
	native "$dev"
}

@test "a device by its short address, its network interface, BUS-NAME, BUS/NAME and its sysfs path" {
	dev=$card1
	path=$(realpath "$devices/$dev")
	udevadm settle
	for name in "${dev#0000:}" "$(ls "$devices/$dev/net")" "pci-$dev" "$devices/$dev"; do
		# An interface is renamed some time after the native driver is bound.
		udevadm settle
		silently driverctl set-override "$name" vfio-pci
		overridden "$dev" vfio-pci
		case $name in
		pci-*) name=pci/$dev ;;
		/*) name=$path ;;
		"${dev#0000:}") ;;
		*) name=$dev ;; # it has no interface now
		esac
		silently driverctl unset-override "$name"
		untouched "$dev" e1000e
	done
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

@test "a platform device, with a dash in its name" {
	silently driverctl -b platform set-override "$dummy" none
	is "$(state "$dummy" "$platform")" "(none) none none"
	is "$(driverctl -b platform list-overrides)" "$dummy (none)"
	silently driverctl unset-override "platform-$dummy"
	is "$(state "$dummy" "$platform")" "$dummy_driver (none) (none)"
}

@test "a driver whose module has another name: by either name, and by the module's if it is not loaded" {
	dev=$smbus
	silently driverctl set-override "$card1" vfio_pci
	overridden "$card1" vfio-pci
	silently driverctl set-override "$dev" i801_smbus
	overridden "$dev" i801_smbus
	silently driverctl set-override "$dev" i2c_i801
	overridden "$dev" i801_smbus
	silently driverctl set-override "$dev" i2c-i801
	native "$dev"
	modprobe -r i2c_i801
	fails 7 "no driver or module 'i801_smbus'; still without a driver, nothing changed" \
		driverctl set-override "$dev" i801_smbus
	run ! test -e /sys/module/i2c_i801
	silently driverctl set-override "$dev" i2c_i801
	overridden "$dev" i801_smbus
	modprobe -r i2c_i801
	silently driverctl load-override "$dev"
	overridden "$dev" i801_smbus
	native "$dev"
}

@test "eight calls on one device at once leave one of the two states" {
	dev=$card1
	pids=()
	for _ in 1 2 3 4; do
		driverctl set-override "$dev" vfio-pci 3>&- &
		pids+=($!)
		driverctl unset-override "$dev" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	is "$(find "$store" -name '.*.new')" ""
	if [ -e "$store/pci-$dev" ]; then
		overridden "$dev" vfio-pci
	else
		untouched "$dev" e1000e
	fi
}

@test "calls on different devices at once" {
	all=("$card1" "$card2" "$net_card" "$nvme" "${group[0]}" "${group[1]}")
	pids=()
	for dev in "${all[@]}"; do
		driverctl set-override "$dev" vfio-pci 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	for dev in "${all[@]}"; do
		overridden "$dev" vfio-pci
	done
}
