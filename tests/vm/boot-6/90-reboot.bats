#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Leaves the rules behind for the next boot and its initramfs. No teardown.

load ../guest

# rule NAME DRIVER LINE...: by hand, as a configuration manager would.
rule()
{
	printf '%s\n' "[match]" "${@:3}" "[override]" "driver = $2" >"$store/rules/$1.rule"
}

@test "before the reboot: rules, one of which is for the root disk" {
	driverctl --force unset-override --all
	is "$(find "$store" -type f)" ""
	place=$(place_of "$nvme")
	mkdir "$store/rules"
	rule 10-functions vfio-pci "vf-of = $place" "vf = 0-3"
	rule 20-cards vfio-pci "id = 8086:10d3" "name = 0000:0[12]:*" "except = $card2"
	# The name of a function that will have another one, when the buses have other numbers.
	echo 8 >"$devices/$nvme/sriov_numvfs"
	rule 30-name e1000e-variant "name = $(basename "$(realpath "$devices/$nvme/virtfn5")")"
	echo 0 >"$devices/$nvme/sriov_numvfs"
	rule 40-nvme native "id = 1b36:0010"
	rule 90-disks vfio-pci "class = storage"
	mkdir -p /var/tmp/image
	capture driverctl export-store /var/tmp/image
	is "$status:$output" "0:"
	is "$stderr" "driverctl: $root_card: excluded from the initramfs: in use: /dev/vda is mounted at /"
}
