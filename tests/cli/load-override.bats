#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # inner shells; status and stderr are the helper's

load ../helpers/tree

setup_file() {
	fetch_original
}

MODALIAS=pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00

policy() {
	mkdir -p "$STORE/policy"
	put "$STORE/policy/$1.ini" "[override]" "${@:2}"
}

override_of() {
	cat "$(device_dir pci "$1")/driver_override"
}

# load runs with /etc read-only: it never writes there.
run_load() {
	run_in_tree bash -c 'mount -n -o remount,bind,ro /etc && exec "$@"' - \
		"$DRIVERCTL" load-override "$@"
}

@test "what 0.121 saved is loaded" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
	put "$STORE/pci-0000:01:00.0" vfio-pci
	run_load 0000:01:00.0
	expect 0 "" ""
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/unbind" ]
}

@test "none: the device stays without a driver" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	run_load 0000:01:00.0
	expect 0 "" ""
	[ "$(override_of 0000:01:00.0)" = none ]
	[ ! -s "$SYS/bus/pci/drivers_probe" ]
}

@test "what set-override saved is loaded" {
	pci_device 0000:01:00.0
	run_driverctl set-override 0000:01:00.0 none
	expect 0 "" ""
	put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
	run_load 0000:01:00.0
	expect 0 "" ""
	[ "$(override_of 0000:01:00.0)" = none ]
}

@test "what the original saved is loaded, and the other way round" {
	pci_device 0000:01:00.0
	run_original set-override 0000:01:00.0 none
	expect 0 "" ""
	put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
	run_load 0000:01:00.0
	expect 0 "" ""
	[ "$(override_of 0000:01:00.0)" = none ]
	run_driverctl unset-override 0000:01:00.0
	expect 0 "" ""
	run_original list-persisted
	expect 0 "" ""
	run_driverctl set-override 0000:01:00.0 none
	expect 0 "" ""
	put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
	run_original list-persisted
	expect 0 "0000:01:00.0 none" ""
	run_original load-override 0000:01:00.0
	expect 0 "" ""
	[ "$(override_of 0000:01:00.0)" = none ]
}

@test "the names that the unit and its callers use" {
	local name
	pci_device 0000:01:00.0
	bus_device platform reg-dummy
	bus_device fsl-mc dprc.1
	put "$STORE/pci-0000:01:00.0" none
	put "$STORE/platform-reg-dummy" none
	put "$STORE/fsl-mc-dprc.1" none
	for name in pci-0000:01:00.0 pci/0000:01:00.0 01:00.0 platform-reg-dummy platform/reg-dummy \
		fsl-mc-dprc.1 fsl-mc/dprc.1; do
		run_load "$name"
		expect 0 "" ""
	done
	[ "$(cat "$(device_dir platform reg-dummy)/driver_override")" = none ]
	[ "$(cat "$(device_dir fsl-mc dprc.1)/driver_override")" = none ]
}

@test "nothing saved" {
	pci_device 0000:01:00.0 driver=e1000e
	run_load 0000:01:00.0
	expect 1 "" "driverctl: 0000:01:00.0: no saved override"
}

@test "no such device" {
	put "$STORE/pci-0000:01:00.0" none
	run_load 0000:01:00.0
	expect 3 "" "driverctl: 0000:01:00.0: no such device"
}

@test "not a driver's name" {
	local text
	pci_device 0000:01:00.0 driver=e1000e
	for text in "../../evil" $'two\nlines' "" "/etc/passwd" "."; do
		put "$STORE/pci-0000:01:00.0" "$text"
		run_load 0000:01:00.0
		expect 1 "" \
			"driverctl: 0000:01:00.0: /etc/driverctl.d/pci-0000:01:00.0: not a driver name"
		[ "$(override_of 0000:01:00.0)" = "(null)" ]
	done
}

@test "another device stands in the place now: refused" {
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" none
	policy pci-0000:01:00.0 "driver = none" "choose = fixed" \
		"modalias = pci:v000010DEd00001B06sv00001462sd00003609bc03sc00i00" \
		"path = pci0000:00/1c.4/00.0"
	run_load 0000:01:00.0
	expect_error 4 "driverctl: 0000:01:00.0: not the device the override was set for (*); \
set it again to approve it; *"
	[ "$(override_of 0000:01:00.0)" = "(null)" ]
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
}

@test "the same kind of device in another place: refused" {
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" none
	policy pci-0000:01:00.0 "driver = none" "choose = fixed" "modalias = $MODALIAS" \
		"path = pci0000:00/1d.0/00.0"
	run_load 0000:01:00.0
	expect_error 4 "driverctl: 0000:01:00.0: not the device the override was set for (*)*"
	[ "$(override_of 0000:01:00.0)" = "(null)" ]
}

@test "setting it again approves the other device" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	policy pci-0000:01:00.0 "driver = none" "choose = fixed" "modalias = $MODALIAS" \
		"path = pci0000:00/1d.0/00.0"
	run_driverctl set-override 0000:01:00.0 none
	expect 0 "" ""
	run_load 0000:01:00.0
	expect 0 "" ""
}

@test "identity = no: the place and kind do not matter" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	policy pci-0000:01:00.0 "driver = none" "choose = fixed" "modalias = pci:other" "path = other"
	put "$TREE/etc/driverctl.conf" "[safety]" "identity = no"
	run_load 0000:01:00.0
	expect 0 "" ""
	[ "$(override_of 0000:01:00.0)" = none ]
}

@test "a store file that someone else replaced is loaded as it stands" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	policy pci-0000:01:00.0 "driver = vfio-pci" "module = vfio_pci" "choose = fixed" \
		"modalias = pci:other" "path = other"
	run_load 0000:01:00.0
	expect 0 "" ""
	[ "$(override_of 0000:01:00.0)" = none ]
}

@test "unknown driver: the override is cleared again, the native driver probed" {
	pci_device 0000:01:00.0 override=nosuchdriver
	put "$STORE/pci-0000:01:00.0" nosuchdriver
	run_load 0000:01:00.0
	expect_error 1 "driverctl: 0000:01:00.0: no driver or module 'nosuchdriver'*"
	[ "$(override_of 0000:01:00.0)" = "" ]
	[ "$(cat "$SYS/bus/pci/drivers_probe")" = 0000:01:00.0 ]
}

@test "unknown driver, no override set: the device is left alone" {
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" nosuchdriver
	run_load 0000:01:00.0
	expect_error 1 "driverctl: 0000:01:00.0: no driver or module 'nosuchdriver'; still on 'e1000e'*"
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
}

@test "the driver refuses the device: the override stays" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" vfio-pci
	run_load 0000:01:00.0
	expect_error 5 "driverctl: 0000:01:00.0: driver 'vfio-pci' *"
	[ "$(override_of 0000:01:00.0)" = vfio-pci ]
}

@test "--noprobe: written only" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" vfio-pci
	run_load --noprobe 0000:01:00.0
	expect 0 "" ""
	[ "$(override_of 0000:01:00.0)" = vfio-pci ]
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/bind" ]
}

@test "an error in the configuration does not keep the override from loading" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	put "$TREE/etc/driverctl.conf" "[safety]" "identity = perhaps"
	run_load 0000:01:00.0
	[ "$status" = 0 ]
	[ "$(override_of 0000:01:00.0)" = none ]
}

@test "several devices: goes on past a failure" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	put "$STORE/pci-0000:02:00.0" none
	run_load 0000:01:00.0 0000:02:00.0
	expect 1 "" "driverctl: 0000:01:00.0: no saved override"
	[ "$(override_of 0000:02:00.0)" = none ]
}

@test "the kernel does not answer: exit 6 in time" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	rm "$(device_dir pci 0000:01:00.0)/driver_override"
	mkfifo "$(device_dir pci 0000:01:00.0)/driver_override"
	local started=$SECONDS
	run_load --timeout=1 0000:01:00.0
	[ $((SECONDS - started)) -le 10 ]
	expect_error 6 "driverctl: 0000:01:00.0: *not finished after 1 s*"
}

@test "a store file may be a link, as configuration managers make them" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
	put "$TREE/etc/made-elsewhere" vfio-pci
	ln -s /etc/made-elsewhere "$STORE/pci-0000:01:00.0"
	run_driverctl load-override 0000:01:00.0
	expect 0 "" ""
	run_driverctl list-persisted
	expect 0 "0000:01:00.0 vfio-pci" ""
}
