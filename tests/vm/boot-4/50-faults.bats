#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2034 # devs and undo are read by faults()
# Every system call that touches the store, /sys or /run fails once, and is the last one of a killed
# process once. udev does not meddle: it would be one more caller.

load ../guest
load ../faults

udev=(systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket)

setup_file()
{
	systemctl stop "${udev[@]}"
	modprobe -a vfio-pci dctl_card_vfio
}

teardown_file() { systemctl start "${udev[@]}"; }

setup()
{
	devs=("$card1")
	undo=(driverctl unset-override "$card1")
}

teardown() { all_native; }

@test "faults: set-override from the native driver" {
	faults driverctl set-override "$card1" vfio-pci
}

@test "faults: unset-override of a saved override" {
	driverctl set-override "$card1" vfio-pci
	undo=(driverctl set-override "$card1" vfio-pci)
	faults driverctl unset-override "$card1"
}

@test "faults: load-override of a device on its native driver" {
	driverctl set-override "$card1" vfio-pci
	native "$card1"
	faults driverctl load-override "$card1"
}
