#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later

load ../helpers/tree
load ../helpers/json
load ../fixtures/varied

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	MODULES=$TREE/lib/modules/$(uname -r)
	mkdir "$TREE/etc/modprobe.d" "$STORE/policy"
	no_names
}

# expect_line DEVICE LINE: of what show prints of a device, which is all that it prints.
expect_line() {
	run_driverctl show "$1"
	[ "$status" = 0 ] && [ -z "$stderr" ] && grep -qxF -- "  $2" <<<"$output" && return
	printf '%s\n' "-- expected: exit 0" "  $2" "-- got: exit $status" "$output" "-- stderr:" \
		"$stderr" >&2
	return 1
}

# expect_value DEVICE EXPRESSION JSON: x is the device's object.
expect_value() {
	run_driverctl --json show "$1"
	[ "$status" = 0 ] && [ -z "$stderr" ] && validate show.schema.json "$BATS_TEST_TMPDIR/stdout"
	[ "$(value "(lambda x: $2)(x[0])")" = "$3" ] && return
	printf '%s\n' "-- expected: $3" "-- got:" "$output" >&2
	return 1
}

dir_of() { device_dir pci "$1"; }

@test "JSON is as its schema says, and the schema is not satisfied by less" {
	local device devices=() change bad n=0 show=$BATS_TEST_TMPDIR/show
	varied_machine
	for device in "$SYS"/bus/{pci,platform,vmbus,fsl-mc}/devices/*; do
		[ -e "$device" ] || continue
		device=${device#"$SYS/bus/"}
		devices+=("${device/devices\//}")
	done
	run_driverctl --json show "${devices[@]}"
	[ "$status:$stderr" = 0: ]
	validate show.schema.json "$BATS_TEST_TMPDIR/stdout"
	cp "$BATS_TEST_TMPDIR/stdout" "$show"
	for change in '/"overridable"/d' 's/"kind":null/"kind":"other"/' 's/"viable":true/"viable":1/' \
		's/"enabled":2/"enabled":"2"/' 's/"uuid"/"id"/' 's/"saved":null/"saved":{}/' \
		's/"unseen_processes"/"unseen"/' 's/"bridge":true,*//' 's/"choose":"best-vfio"/"choose":null/'; do
		echo "# $change"
		bad=$BATS_TEST_TMPDIR/$((++n)).json
		sed "$change" "$show" >"$bad"
		[ "$(<"$bad")" != "$(<"$show")" ]
	done
	invalid show.schema.json "$BATS_TEST_TMPDIR"/*.json
}

# --- driver and override ---

@test "a saved override that cannot be read" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" "../../evil"
	expect_line 01:00.0 "saved        cannot be read: not a driver name"
	expect_value 01:00.0 '[x[k] for k in ("saved", "wanted")]' '[null, null]'
	expect_value 01:00.0 '[x[k]["code"] for k in ("saved_reason", "wanted_reason")]' \
		'["bad-store", "bad-store"]'
}

# --- the ranking ---

@test "nothing to rank, all excluded, a tie" {
	pci_device 0000:01:00.0
	bus_device vmbus one modalias=vmbus:one
	expect_line vmbus/one "best VFIO    none: the bus vmbus has no VFIO driver"
	expect_value vmbus/one 'x["best_vfio"]' '{"module": null, "reason": {"code": "no-variant", "text": "the bus vmbus has no VFIO driver"}, "ambiguous": false, "ranking": []}'
	put "$TREE/etc/driverctl.conf" "[vfio]" "deny = vfio_pci"
	expect_line 01:00.0 "best VFIO    none: every VFIO driver for it is excluded"
	expect_line 01:00.0 "excluded     vfio_pci: denied in driverctl.conf"
	rm "$TREE/etc/driverctl.conf"
	put "$MODULES/modules.alias" "alias vfio_pci:v00008086d* one" "alias vfio_pci:v00008086d* two"
	expect_line 01:00.0 "best VFIO    one (1 wildcard), two (1 wildcard), vfio_pci; a tie for the \
first place" || expect_line 01:00.0 "best VFIO    one (1 wildcard), then two (1 wildcard), then \
vfio_pci; a tie for the first place"
}

# --- groups ---

@test "IOMMU group: alone, viable, the device itself or another one in the way" {
	pci_device 0000:01:00.0
	pci_device 0000:01:00.1
	expect_line 01:00.0 "IOMMU group  none: there is no IOMMU: enable it in the firmware (VT-d, AMD-Vi), \
and put intel_iommu=on on the kernel command line of an Intel host"
	iommu_group 3 0000:01:00.1
	expect_line 01:00.0 "IOMMU group  none"
	expect_value 01:00.0 'x["iommu_group"]' null
	iommu_group 7 0000:01:00.0
	expect_line 01:00.0 "IOMMU group  7; viable"
	iommu_group 7 0000:01:00.0 0000:01:00.1
	expect_line 01:00.0 "IOMMU group  7, with 0000:01:00.1; viable"
	pci_device 0000:01:00.1 driver=snd_hda_intel
	expect_line 01:00.0 "IOMMU group  7; shared with 0000:01:00.1 (snd_hda_intel): use --iommu-group"
	expect_line 01:00.1 "IOMMU group  7, with 0000:01:00.0; viable"
	expect_value 01:00.0 'x["iommu_group"]["viable"]' false
	expect_value 01:00.1 'x["iommu_group"]["viable"]' true
	pci_device 0000:01:00.2 driver=xhci_hcd
	pci_device 0000:01:00.3
	iommu_group 7 0000:01:00.{0,1,2,3}
	expect_line 01:00.0 "IOMMU group  7, with 0000:01:00.3; shared with 0000:01:00.1 (snd_hda_intel), \
0000:01:00.2 (xhci_hcd): use --iommu-group"
	rm -r "$(dir_of 0000:01:00.2)" "$(dir_of 0000:01:00.3)" "$SYS"/bus/pci/devices/0000:01:00.[23] \
		"$SYS"/kernel/iommu_groups/7/devices/0000:01:00.[23]
	mkdir -p "$(dir_of 0000:01:00.1)/vfio-dev/vfio3"
	expect_line 01:00.0 "IOMMU group  7, with 0000:01:00.1; viable"
}

# --- in use ---

# An exclusive open would make a mount fail that is made at this moment.
@test "in use: words for one and several" {
	pci_device 0000:01:00.0 driver=i915
	put "$(dir_of 0000:01:00.0)/sriov_numvfs" 1
	expect_line 01:00.0 "in use       1 virtual function is enabled on it"
	put "$(dir_of 0000:01:00.0)/sriov_numvfs" 0
	mkdir -p "$(dir_of 0000:01:00.0)/mdev_supported_types/one" "$(dir_of 0000:01:00.0)"/9b1d4c1e-0000-4000-8000-00000000000{1,2}
	for i in 1 2; do
		link_to "$(dir_of 0000:01:00.0)/9b1d4c1e-0000-4000-8000-00000000000$i/mdev_type" \
			"$(dir_of 0000:01:00.0)/mdev_supported_types/one"
	done
	expect_line 01:00.0 "in use       2 mediated devices are active on it"
}

@test "in use: no disk is opened, and a disk without a holder is not in use" {
	pci_device 0000:01:00.0 driver=nvme
	disk_of 0000:01:00.0
	# The writer of a pipe waits until somebody opens it to read.
	local with_pipe='mount -n -t tmpfs tmpfs /dev/shm && mkfifo /dev/shm/disk
		{ : >/dev/shm/disk; : >/run/opened; } 2>/dev/null &
		"$@"'
	# shellcheck disable=SC2154 # output is the helper's
	run_in_tree bash -c "$with_pipe; kill \$!; wait" - "$DRIVERCTL" show 01:00.0
	[[ $output == *"  in use       no" ]]
	[ ! -e "$TREE/run/opened" ]
	LIMIT=20 run_in_tree bash -c "$with_pipe; wait" - "$DRIVERCTL" set-override 01:00.0 nosuchdriver
	[ -e "$TREE/run/opened" ]
}

# --- without root ---

@test "without root: everything, and what was not seen" {
	varied_machine
	without_root "$DRIVERCTL" show 3b:00.0
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	diff <(run_driverctl show 3b:00.0 && echo "$output") <(echo "$output")
	without_root "$DRIVERCTL" show 04:00.0
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	[[ $output =~ "in use       no, as far as seen: "[1-9][0-9]*" processes can be looked into by \
root only" ]]
	without_root "$DRIVERCTL" --json show 04:00.0
	[ "$(value 'x[0]["in_use"]["unseen_processes"] > 0')" = true ]
}

@test "without root: the lists and best-vfio" {
	varied_machine
	local arguments
	for arguments in "-v list-devices" "list-overrides" "-v list-persisted" \
		"best-vfio 01:00.0" "--json list-devices" "--json list-persisted"; do
		# shellcheck disable=SC2086 # words
		run_driverctl $arguments
		[ "$status" = 0 ]
		local as_root=$output
		# shellcheck disable=SC2086 # words
		without_root "$DRIVERCTL" $arguments
		expect 0 "$as_root" ""
	done
}

# --- a kernel at work ---

@test "a device whose driver_override cannot be read now: exit 6, the others are shown" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	rm "$(dir_of 0000:01:00.0)/driver_override"
	mkfifo "$(dir_of 0000:01:00.0)/driver_override"
	run_driverctl --timeout=1 show 01:00.0
	[ "$status" = 6 ]
	[ "$stderr" = "driverctl: 0000:01:00.0: reading driver_override not finished after 1 s" ]
	# Each waits for the whole call's time, so the first one leaves none.
	run_driverctl --timeout=2 show 02:00.0 01:00.0
	[ "$status" = 6 ]
	[[ $output == "0000:02:00.0 "* ]]
}

@test "a device that is there and cannot be read is not called absent" {
	pci_device 0000:01:00.0
	rm "$(dir_of 0000:01:00.0)/driver_override"
	mkdir "$(dir_of 0000:01:00.0)/driver_override" # EISDIR, in the place of EIO
	run_driverctl show 01:00.0
	expect_error 1 "driverctl: 0000:01:00.0: *Is a directory*"
}

# --- names ---

@test "a slot names its only function, as lspci writes it" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.1
	pci_device 0001:02:00.0
	pci_device 0000:03:00.0
	pci_device 0000:03:00.1
	local name
	for name in "01:00 0000:01:00.0" "0000:01:00 0000:01:00.0" "02:00 0000:02:00.1" \
		"pci/0001:02:00 0001:02:00.0" "pci-01:00 0000:01:00.0"; do
		echo "# $name"
		run_driverctl show "${name% *}"
		[ "$status" = 0 ]
		[[ $output == "${name#* } "* ]]
	done
	run_driverctl show 03:00
	expect 2 "" "driverctl: 03:00: this slot has several functions; name one, for example 0000:03:00.0"
	run_driverctl show 04:00
	expect 3 "" "driverctl: 0000:04:00.0: no such device"
	# A file of the store is for one device by its own name.
	put "$STORE/pci-01:00" none
	put "$STORE/pci-03:00" none
	silently run_driverctl load-override --all
	overrides "0000:01:00.0=(null)"
}
