#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # inner shells

load ../helpers/tree

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:01:00.1 driver=vfio-pci override=vfio-pci
	bus_device platform reg-dummy driver=reg-dummy
	put "$STORE/pci-0000:02:00.0" none
}

# completed LINE [WORDBREAKS]: set output to what bash offers at the end of the line, sorted.
completed() {
	run_in_tree env "PATH=$(dirname "$DRIVERCTL"):$PATH" bash -c '. "$1"; COMP_LINE=$2
		COMP_POINT=${#COMP_LINE} COMP_WORDBREAKS=$3
		_driverctl && printf "%s\n" "${COMPREPLY[@]}" | sort' - \
		"$ROOT/completions/driverctl.bash" "$1" "${2- }"
}

@test "commands and options" {
	completed "driverctl "
	expect 0 "best-vfio
check
export-store
help
list-devices
list-groups
list-overrides
list-persisted
list-rules
load-override
set-override
set-rule
show
unset-override
unset-rule" ""
	completed "driverctl list-d"
	expect 0 "list-devices" ""
	completed "driverctl --no"
	expect 0 "--noprobe
--nosave" ""
	completed "driverctl -v list-p"
	expect 0 "list-persisted" ""
}

@test "devices" {
	completed "driverctl set-override 0000"
	expect 0 "0000:01:00.0
0000:01:00.1" ""
	completed "driverctl unset-override "
	expect 0 "0000:01:00.1
0000:02:00.0" ""
	completed "driverctl -b platform set-override "
	expect 0 "reg-dummy" ""
	completed "driverctl --bus=platform load-override r"
	expect 0 "reg-dummy" ""
}

@test "devices, if a colon ends a word" {
	completed "driverctl set-override 0000:01:00" " :="
	expect 0 "00.0
00.1" ""
}

@test "drivers, classes and buses" {
	completed "driverctl set-override 0000:01:00.0 vf"
	expect 0 "vfio-pci
vfio_pci" ""
	completed "driverctl set-override 0000:01:00.0 no"
	expect 0 "none" ""
	completed "driverctl list-overrides ne"
	expect 0 "network" ""
	completed "driverctl -b p"
	expect 0 "pci
platform" ""
}

@test "modules that fit the device" {
	mkdir "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/test.conf" "alias pci:v00008086d000010D3* e1000e" \
		"alias pci:v00008086* other_native"
	put "$TREE/lib/modules/$(uname -r)/modules.alias" \
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e_vfio_pci" \
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"
	completed "driverctl set-override 01:00.0 "
	[ "$status" = 0 ]
	[ "$(grep -v : <<<"$output" | xargs)" = \
		"e1000e e1000e_vfio_pci none other_native vfio-pci vfio_pci" ]
	# Of the first device that is given.
	completed "driverctl set-override 01:00.0 01:00.1 e1000e_"
	expect 0 "e1000e_vfio_pci" ""
	completed "driverctl set-override platform/reg-dummy e1000e_"
	expect 0 "" ""
	completed "driverctl --best-vfio set-override 01:00.0 e1000e_"
	expect 0 "" ""
}

@test "the drivers contain no words of a message" {
	local device
	for device in platform/reg-dummy 99:00.0 nosuch; do
		completed "driverctl set-override $device "
		[ "$status" = 0 ]
		[ -z "$stderr" ]
		[ "$(grep -v : <<<"$output" | xargs)" = "e1000e none vfio-pci" ]
	done
}

@test "drivers are offered while the kernel is working on the device" {
	rm "$(device_dir pci 0000:01:00.1)/driver_override"
	mkfifo "$(device_dir pci 0000:01:00.1)/driver_override"
	local started=$SECONDS
	completed "driverctl set-override 01:00.1 vf"
	expect 0 "vfio-pci" ""
	[ $((SECONDS - started)) -le 15 ]
}

@test "fish and zsh offer the modules that fit the device" {
	put "$TREE/lib/modules/$(uname -r)/modules.alias" \
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e_vfio_pci"
	run_in_tree env "PATH=$(dirname "$DRIVERCTL"):$PATH" "HOME=$BATS_TEST_TMPDIR" fish --private -c '
		source $argv[1]
		complete -C "driverctl set-override 01:00.0 e10" | string replace -r "\t.*" "" | sort -u' \
		"$ROOT/completions/driverctl.fish"
	expect 0 "e1000e
e1000e_vfio_pci" ""
	# zsh completes at a prompt only: the function, what it ends in replaced.
	run_in_tree env "PATH=$(dirname "$DRIVERCTL"):$PATH" zsh -f -c '
		eval "$(grep -v "^_driverctl " $1)"
		_wanted() { print -l -- $drivers }
		typeset -A opt_args
		_driverctl_drivers 01:00.0 | sort' - "$ROOT/completions/_driverctl"
	expect 0 "e1000e
e1000e_vfio_pci
none
vfio-pci
vfio_pci" ""
}

@test "--all and --early are offered only with load-override" {
	local line
	for line in "driverctl --" "driverctl load-override --" \
		"driverctl -b pci load-override 01:00.0 --"; do
		completed "$line"
		[ "$(grep -xE -- '--(all|early)' <<<"$output")" = "--all
--early" ]
	done
	for line in "driverctl set-override --" "driverctl list-persisted --" \
		"driverctl export-store --"; do
		completed "$line"
		[ "$status" = 0 ]
		[[ $output == *--force* && $output != *--all* && $output != *--early* ]]
	done
	completed "driverctl load-override --all 0000"
	expect 0 "" ""
	completed "driverctl load-override 0000"
	expect 0 "0000:01:00.0
0000:01:00.1" ""
}

@test "export-store: directories are offered" {
	mkdir -p "$TREE/run/image" "$TREE/run/image two"
	put "$TREE/run/imagefile" text
	completed "driverctl export-store /run/ima"
	expect 0 "/run/image
/run/image two" ""
	# The order depends on the file system.
	# shellcheck disable=SC2317 # the completion calls it
	compgen() { printf '%s\n' "/run/image two" /run/image; }
	export -f compgen
	completed "driverctl export-store /run/ima"
	expect 0 "/run/image
/run/image two" ""
	unset -f compgen
	completed "driverctl -v export-store /run/nosuch"
	expect 0 "" ""
	completed "driverctl export-store /run/image /run/ima"
	expect 0 "" ""
	completed "driverctl load-override /run/ima"
	expect 0 "" ""
}

@test "nothing to offer" {
	completed "driverctl list-persisted "
	expect 0 "" ""
	completed "driverctl set-override nosuch"
	expect 0 "" ""
	completed "driverctl -b ../.. set-override "
	expect 0 "" ""
}
