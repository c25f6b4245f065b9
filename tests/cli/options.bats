#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2030,SC2031 # inner shells; each test is a subshell

load ../helpers/tree

HINT="(see driverctl --help)"

@test "--help and -h" {
	run_driverctl --help
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	[[ $output == "Usage: driverctl "* ]]
	local help=$output
	prints "$help" run_driverctl -h
	run_driverctl help set-override
	help=$output
	[[ $help == "Usage: driverctl [OPTION...] set-override DEVICE... DRIVER"* ]]
	prints "$help" run_driverctl set-override --help
}

@test "--version and -V" {
	local version
	run_driverctl --version
	version=$output
	prints "$version" run_driverctl -V
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	[[ $output =~ ^driverctl\ [0-9]+(\.[0-9]+)*[^$'\n']*$ ]]
}

@test "arguments in the wrong order change nothing" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	run_driverctl 01:00.0 set-override vfio-pci
	expect 2 "" "driverctl: unknown command '01:00.0' $HINT"
	run_driverctl set-override vfio-pci 01:00.0
	expect 3 "" "driverctl: vfio-pci: no such device"
	run_driverctl set-override 01:00.0 02:00.0
	expect 7 "" "driverctl: 0000:01:00.0: no driver or module '02:00.0'; still without a driver, nothing changed"
}

@test "an option that the command would ignore is an error" {
	local arguments
	pci_device 0000:01:00.0
	for arguments in "--force show 01:00.0" "--dry-run list-persisted" "--save-only load-override --all" "--all list-devices" \
		"--nosave best-vfio 01:00.0" "--early unset-override --all" "--noprobe help"; do
		echo "# $arguments"
		# shellcheck disable=SC2086 # words
		run_driverctl $arguments
		expect_error 2 "driverctl: option '${arguments%% *}' is not for *"
	done
	# The shell driverctl takes these with its own commands.
	prints "0000:01:00.0 (none)" run_driverctl --nosave --noprobe list-devices
}

@test "help COMMAND, and no line of a help is longer than a terminal's" {
	local command
	run_driverctl help
	expect 0 "$("$DRIVERCTL" --help)" ""
	while read -r command _; do
		run_driverctl help "$command"
		[ "$status" = 0 ]
		[[ $output == "Usage: driverctl "*"$command"* ]]
		echo "$output"
	done < <("$DRIVERCTL" --help | sed -n '/^Commands/,/^$/{/^  /p;}') >"$BATS_TEST_TMPDIR/helps"
	[ "$(grep -c ^Usage "$BATS_TEST_TMPDIR/helps")" -ge 10 ]
	"$DRIVERCTL" --help >>"$BATS_TEST_TMPDIR/helps"
	run grep -E "^.{81}" "$BATS_TEST_TMPDIR/helps"
	[ "$status" = 1 ]
	run_driverctl --json help
	expect_error 2 "driverctl: option '--json' is not for help *"
}

@test "unknown option, wherever it stands" {
	pci_device 0000:01:00.0
	run_driverctl --foo list-devices
	expect 2 "" "driverctl: unknown option '--foo' $HINT"
	run_driverctl list-devices --foo
	expect 2 "" "driverctl: unknown option '--foo' $HINT"
	run_driverctl --foo=bar list-devices
	expect_error 2 "driverctl: unknown option '--foo*' $HINT"
	run_driverctl -x list-devices
	expect 2 "" "driverctl: unknown option '-x' $HINT"
	run_driverctl -vx list-devices
	expect 2 "" "driverctl: unknown option '-x' $HINT"
	run_driverctl set-override 0000:01:00.0 none --nosaev
	expect 2 "" "driverctl: unknown option '--nosaev', did you mean '--nosave'? $HINT"
	overrides "0000:01:00.0=(null)"
}

@test "options before and after the command" {
	local arguments
	bus_device platform reg-dummy driver=reg-dummy override=reg-dummy model=Dummy
	for arguments in "-v -b platform list-devices" "list-devices -b platform -v" \
		"list-devices --bus platform --verbose" "--bus=platform list-devices --debug" \
		"-bplatform -v list-devices" "-vb platform list-devices" "-b pci list-devices -v -bplatform"; do
		echo "# $arguments"
		# shellcheck disable=SC2086 # words
		run_driverctl $arguments
		[ "$status" = 0 ]
		[ "$output" = "reg-dummy reg-dummy [*] (Dummy)" ]
	done
}

@test "-- ends the options" {
	pci_device 0000:01:00.0
	prints "0000:01:00.0 (none)" run_driverctl -- list-devices
	run_driverctl set-override -- --nosave none
	expect 3 "" "driverctl: --nosave: no such device"
}

@test "no such timeout" {
	local value
	pci_device 0000:01:00.0
	for value in 0 -1 x 1x "" " 1" 1.5 99999999999999999999 0x10; do
		echo "# '$value'"
		run_driverctl --timeout="$value" list-devices
		expect_error 2 "driverctl: invalid timeout '$value': *"
	done
	prints "0000:01:00.0 (none)" run_driverctl --timeout=5 list-devices
	prints "0000:01:00.0 (none)" run_driverctl --timeout 5 list-devices
}

@test "-v says on stderr what is done, --debug and --verbose too" {
	local option
	pci_device 0000:01:00.0
	for option in -v --verbose --debug; do
		run_driverctl "$option" set-override 0000:01:00.0 none
		[ "$status" = 0 ]
		[ -z "$output" ]
		[[ $stderr == "driverctl: "*0000:01:00.0* ]]
	done
}

# --- the word about the initramfs ---

# run_with FILE... -- ARGUMENT...: the program, as if the machine had these files, and none of ours
# for making an initramfs but those.
run_with() {
	while [ "$1" != -- ]; do
		usr_file "$1" '#!/bin/sh'
		shift
	done
	shift
	run_in_tree bash -c 'tree=$1; shift
		for file in /usr/share/initramfs-tools/hooks/driverctl /usr/lib/dracut/modules.d/90driverctl; do
			[ -e "$tree$file" ] || [ ! -e "$file" ] || mount -n -t tmpfs tmpfs "${file%/*}"
		done
		exec "$@"' - "$TREE" "$DRIVERCTL" "$@"
}

OUR_HOOK=/usr/share/initramfs-tools/hooks/driverctl
OUR_MODULE=/usr/lib/dracut/modules.d/90driverctl/module-setup.sh

# expect_word COMMAND: the last line names what rebuilds the initramfs.
expect_word() {
	[ "$status" = 0 ]
	[ -z "$output" ]
	[ "${stderr##*$'\n'}" = "driverctl: 0000:01:00.0: an initramfs may hold the overrides as they \
were; '$1' rebuilds it" ]
}

expect_no_word() {
	[ "$status" = 0 ]
	[[ $stderr == "driverctl: "* && $stderr != *initramfs* ]]
}

@test "-v: a change that is saved says how to rebuild the initramfs" {
	local part tool words command
	pci_device 0000:01:00.0
	while read -r part tool words; do
		for command in "set-override 0000:01:00.0 none" "unset-override 0000:01:00.0"; do
			rm -rf "${TREE:?}/usr"
			# shellcheck disable=SC2086 # words
			run_with "$part" "$tool" -- -v $command
			expect_word "$words"
		done
	done <<-END
		$OUR_HOOK /usr/sbin/update-initramfs update-initramfs -u
		$OUR_MODULE /usr/bin/dracut dracut --force
	END
}

@test "-v: on a system of ostree, the word is rpm-ostree's" {
	pci_device 0000:01:00.0
	: >"$TREE/run/ostree-booted"
	run_with "$OUR_MODULE" /usr/bin/dracut -- -v set-override 0000:01:00.0 none
	expect_word "rpm-ostree initramfs --enable"
}

@test "-v: an absent device's override that is removed is a change too" {
	put "$STORE/pci-0000:01:00.0" none
	run_with "$OUR_HOOK" /usr/sbin/update-initramfs -- -v unset-override 0000:01:00.0
	expect_word "update-initramfs -u"
}

@test "no word of the initramfs where nothing saved changes, and without -v" {
	pci_device 0000:01:00.0
	silently run_with "$OUR_HOOK" /usr/sbin/update-initramfs -- set-override 0000:01:00.0 none
	run_with -- -v set-override 0000:01:00.0 none
	expect_no_word
	run_with -- -v load-override 0000:01:00.0
	expect_no_word
	run_with -- -v --nosave unset-override 0000:01:00.0
	expect_no_word
	silently run_with -- unset-override 0000:01:00.0
	run_with -- -v unset-override 0000:01:00.0
	expect_no_word
}

@test "no word of the initramfs where no tool takes the overrides along" {
	pci_device 0000:01:00.0
	run_with -- -v set-override 0000:01:00.0 none
	expect_no_word
	run_driverctl unset-override 0000:01:00.0
	run_with /usr/sbin/update-initramfs /usr/bin/dracut -- -v set-override 0000:01:00.0 none
	expect_no_word
}

@test "-v: a set that failed says nothing of the initramfs" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0
	run_with "$OUR_HOOK" /usr/sbin/update-initramfs -- -v set-override 0000:01:00.0 vfio-pci
	[ "$status" = 5 ]
	[[ $stderr != *initramfs* ]]
}
