#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # inner shells; status and stderr are the helper's

load ../helpers/tree
load ../fixtures/varied

setup_file() {
	fetch_original
}

@test "the same as the original on every bus" {
	varied_devices
	local bus
	for bus in pci platform vmbus fsl-mc virtio cpu; do
		expect_same -b "$bus" list-devices
		expect_same -b "$bus" -v list-devices
	done
}

@test "the same as the original for every class" {
	varied_devices
	local class
	for class in "${CLASSES[@]}"; do
		expect_same list-devices "$class"
		expect_same -v list-devices "$class"
	done
}

@test "the classes that the original does not have" {
	local class n=1
	for class in wireless:0d8000 encryption:108000 signal:118000 accelerator:120000; do
		pci_device "0000:0$((n++)):00.0" "class=0x${class#*:}"
	done
	n=1
	for class in wireless encryption signal accelerator; do
		echo "# $class"
		run_driverctl list-devices "$class"
		expect 0 "0000:0$n:00.0 (none)" ""
		put "$(device_dir pci "0000:0$n:00.0")/driver_override" none
		run_driverctl list-overrides "$class"
		expect 0 "0000:0$n:00.0 (none)" ""
		n=$((n + 1))
	done
}

@test "a bus without the attribute class has no device of a class" {
	varied_devices
	silently run_driverctl -b platform list-devices network
}

@test "a device whose driver_override cannot be read now is named, the others are listed" {
	local n
	for n in 1 2 3 4 5; do
		pci_device "0000:0$n:00.0" driver=e1000e
	done
	hangs 0000:03:00.0
	local started=$SECONDS
	run_driverctl --timeout=5 list-devices
	[ $((SECONDS - started)) -le 10 ]
	[ "$status" = 6 ]
	[ "$(grep -v 0000:03:00.0 <<<"$output")" = "0000:01:00.0 e1000e
0000:02:00.0 e1000e
0000:04:00.0 e1000e
0000:05:00.0 e1000e" ]
	[[ $stderr == "driverctl: 0000:03:00.0: "* && $stderr != *$'\n'* ]]
}

@test "a list ends with its timeout, and says what is missing" {
	local n
	for n in 1 2 3 4; do
		pci_device "0000:0$n:00.0" driver=e1000e
	done
	hangs 0000:02:00.0
	local started=$SECONDS
	run_driverctl --timeout=1 list-devices
	[ $((SECONDS - started)) -le 10 ]
	[ "$status" = 6 ]
	[[ $output == "0000:01:00.0 e1000e"* ]]
	[[ $stderr == *0000:02:00.0* && ($stderr == *0000:03:00.0* || $output == *0000:04:00.0*) ]]
}

@test "an override that cannot be read now is not listed as none" {
	pci_device 0000:01:00.0 driver=e1000e override=e1000e
	pci_device 0000:02:00.0 driver=e1000e
	hangs 0000:02:00.0
	run_driverctl --timeout=5 list-overrides
	[ "$status" = 6 ]
	[[ $output == "0000:01:00.0 e1000e"* ]]
	[[ $stderr == "driverctl: 0000:02:00.0: "* && $stderr != *$'\n'* ]]
	rm "$SYS/bus/pci/devices/0000:01:00.0"
	run_driverctl --timeout=5 list-overrides
	[ "$status" = 6 ]
	[[ $stderr == *"driverctl: 0000:02:00.0: "* && $stderr != *"Kernel too old"* ]]
}

@test "a list that is waiting for the kernel lets its caller go on" {
	pci_device 0000:01:00.0
	hangs 0000:01:00.0
	LIMIT=20 run_in_tree bash -c 'text=$("$0" --timeout=1 list-devices 2>&1); echo "$? $text"' \
		"$DRIVERCTL"
	[ "$status" = 0 ]
	[[ $output == "6 driverctl: 0000:01:00.0: "* ]]
}

@test "classes by the words that people use" {
	pci_device 0000:01:00.0 class=0x030000
	pci_device 0000:02:00.0 class=0x010802
	pci_device 0000:03:00.0 class=0x010601
	pci_device 0000:04:00.0 class=0x040300
	pci_device 0000:05:00.0 class=0x0c0330
	pci_device 0000:06:00.0 class=0x028000
	local word
	for word in "gpu 01" "nvme 02" "audio 04" "usb 05" "nic 06"; do
		run_driverctl list-devices "${word% *}"
		expect 0 "0000:${word#* }:00.0 (none)" ""
	done
	run_driverctl list-devices storage
	expect 0 "0000:02:00.0 (none)
0000:03:00.0 (none)" ""
}

@test "at a terminal, a table with headings, in bold unless NO_COLOR is set" {
	pci_device 0000:01:00.0 driver=e1000e model="A card"
	pci_device 0000:02:00.0 override=vfio-pci driver=vfio-pci
	run_in_tree env NO_COLOR=1 script -qec "$DRIVERCTL -v list-devices" /dev/null
	[ "${output//$'\r'/}" = "DEVICE        DRIVER    OVERRIDE  MODEL
0000:01:00.0  e1000e    -         A card
0000:02:00.0  vfio-pci  vfio-pci  -" ]
	run_in_tree script -qec "$DRIVERCTL list-overrides" /dev/null
	[ "${output//$'\r'/}" = $'\033[1mDEVICE        DRIVER\n\033[0m0000:02:00.0  vfio-pci' ]
	run_in_tree env NO_COLOR=1 script -qec "$DRIVERCTL list-overrides" /dev/null
	[ "${output//$'\r'/}" = "DEVICE        DRIVER
0000:02:00.0  vfio-pci" ]
}
