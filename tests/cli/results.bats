#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status, output and stderr are the helper's
#
# What a call that changes something says of it: --json, --dry-run, --save-only, and at a terminal.

load ../helpers/tree
load ../helpers/json

# A card on its native driver, and one that is as it should be.
devices() {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:02:00.0 driver=vfio-pci override=vfio-pci
	put "$STORE/pci-0000:02:00.0" vfio-pci
}

# result DEVICE KEY: the value of one result, as JSON
result() {
	value "[x[\"$2\"] for x in x if x[\"name\"] == \"$1\"][0]"
}

# expect_result DEVICE KEY=JSON...
expect_result() {
	local pair
	validate results.schema.json "$BATS_TEST_TMPDIR/stdout"
	for pair in "${@:2}"; do
		echo "# $pair"
		[ "$(result "$1" "${pair%%=*}")" = "${pair#*=}" ]
	done
}

# at_terminal COMMAND...: what a person sees; lines end with a newline alone.
at_terminal() {
	run_in_tree script -qec "$*" /dev/null
	output=${output//$'\r'/}
}

# --- --json ---

@test "--json: what is changed, and what was right already" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	run_driverctl --json set-override 01:00.0 02:00.0 none
	[ "$status:$stderr" = 0: ]
	expect_result 0000:01:00.0 changed=true driver_before=null driver=null 'override="none"' \
		'saved_driver="none"' 'outcome="done"' reason=null holder=null
	run_driverctl --json set-override 01:00.0 none
	expect_result 0000:01:00.0 changed=false 'override="none"' 'outcome="done"'
	run_driverctl --json --nosave unset-override 01:00.0
	expect_result 0000:01:00.0 changed=true override=null 'saved_driver="none"' 'outcome="done"'
	run_driverctl --json load-override --all
	expect_result 0000:01:00.0 changed=true 'override="none"'
	expect_result 0000:02:00.0 changed=false 'override="none"'
	run_driverctl --json unset-override 01:00.0
	expect_result 0000:01:00.0 changed=true override=null saved_driver=null
	run_driverctl --json unset-override 01:00.0
	expect_result 0000:01:00.0 changed=false override=null saved_driver=null
}

# --- --dry-run ---

# unchanged COMMAND...: run it; nothing below the tree has changed, not even a lock file.
unchanged() {
	local before
	before=$(snapshot)
	run_driverctl "$@"
	diff <(echo "$before") <(snapshot)
}

@test "--dry-run: what would fail fails, with the same exit code and words" {
	devices
	put "$(device_dir pci 0000:01:00.0)/sriov_numvfs" 2
	local arguments
	for arguments in "set-override 01:00.0 vfio-pci" "set-override 02:00.0 nosuchdriver" \
		"set-override 09:00.0 none" "load-override 01:00.0" "set-override --best-vfio fsl-mc/x" \
		"unset-override 09:00.0"; do
		echo "# $arguments"
		# shellcheck disable=SC2086 # words
		unchanged --dry-run $arguments
		local dry="$status $stderr"
		# shellcheck disable=SC2086
		run_driverctl $arguments
		[ "$dry" = "$status $stderr" ]
		[ "$status" != 0 ]
	done
	unchanged --dry-run --force set-override 01:00.0 vfio-pci
	expect 0 "0000:01:00.0: e1000e -> vfio-pci, saved (dry run)" ""
}

@test "--dry-run: a module that is not loaded stays so; its name stands for the driver" {
	pci_device 0000:01:00.0
	mkdir "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/test.conf" "alias card_vfio_pci real_card_vfio_pci" \
		"install real_card_vfio_pci echo >/run/loaded"
	unchanged --dry-run set-override 01:00.0 card_vfio_pci
	expect 0 "0000:01:00.0: no driver -> card_vfio_pci, saved (dry run)" ""
	[ ! -e "$TREE/run/loaded" ]
}

@test "--dry-run: without root, and a store that cannot be written" {
	devices
	chmod 755 "$TREE" "$STORE"
	without_root "$DRIVERCTL" --dry-run set-override 02:00.0 vfio-pci
	expect 0 "0000:02:00.0: vfio-pci, saved (dry run)" ""
	for dir in /etc/driverctl.d /etc; do
		run_in_tree bash -c 'mount -n -o remount,bind,ro /etc && exec "$@"' - "$DRIVERCTL" --dry-run \
			set-override 01:00.0 vfio-pci
		expect_error 1 "driverctl: 0000:01:00.0: cannot write to /etc/driverctl.d: Read-only file system*"
		[ "$dir" = /etc ] || rm -r "$STORE"
	done
}

# --- --save-only ---

@test "--save-only: the store changes, the device does not" {
	devices
	silently run_driverctl --save-only set-override 01:00.0 vfio-pci
	expect_file "$STORE/pci-0000:01:00.0" vfio-pci
	overrides "0000:01:00.0=(null)"
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
	# A device in use is not taken from its driver, so nothing is refused.
	put "$(device_dir pci 0000:01:00.0)/sriov_numvfs" 2
	run_driverctl --save-only --json set-override 01:00.0 none
	expect_result 0000:01:00.0 changed=true 'saved_driver="none"' 'outcome="done"'
	silently run_driverctl --save-only unset-override 02:00.0
	[ ! -e "$STORE/pci-0000:02:00.0" ]
	overrides 0000:02:00.0=vfio-pci
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/unbind" ]
	for option in --nosave --noprobe; do
		run_driverctl --save-only "$option" set-override 01:00.0 none
		expect_error 2 "driverctl: only one of '--save-only' and '$option' can be chosen*"
	done
}

@test "--save-only: a second call changes nothing, and the state is the present one" {
	devices
	local changed
	for changed in true false; do
		run_driverctl --save-only --json set-override 01:00.0 vfio-pci
		expect_result 0000:01:00.0 "changed=$changed" 'driver="e1000e"' override=null 'saved_driver="vfio-pci"'
	done
	for changed in true false; do
		run_driverctl --save-only --json unset-override 02:00.0
		expect_result 0000:02:00.0 "changed=$changed" 'driver="vfio-pci"' 'override="vfio-pci"' \
			saved_driver=null
	done
}

@test "--json: an absent device, of which only what is saved can change" {
	put "$STORE/pci-0000:99:00.0" vfio-pci
	local changed
	for changed in true false; do
		run_driverctl --json unset-override 0000:99:00.0
		[ "$changed" = false ] || expect_result 0000:99:00.0 changed=true saved_driver=null 'outcome="done"'
	done
	[ "$status" = 3 ]
}

@test "--json: a rule has an object of its own" {
	pci_device 0000:01:00.0
	run_driverctl --json set-rule x --match=name=09:00.0 none
	expect_result x changed=true bus=null 'outcome="done"' reason=null
	run_driverctl --json set-rule x --match=name=09:00.0 none
	expect_result x changed=false
	run_driverctl --json set-rule x --match=name=01:00.0 none
	expect_result x changed=true
	expect_result 0000:01:00.0 changed=true 'override="none"'
	run_driverctl --json --save-only unset-rule x
	expect_result x changed=true
	expect_result 0000:01:00.0 changed=false 'override="none"'
	run_driverctl --json unset-rule x
	[ "$status" = 1 ]
	[ "$(value 'x[0]["reason"]["code"]')" = '"no-rule"' ]
	expect_result x changed=false 'outcome="failed"'
}

# --- a terminal ---

@test "at a terminal, a change has one line; through a pipe it is silent" {
	pci_device 0000:01:00.0
	at_terminal "$DRIVERCTL" set-override 01:00.0 none
	expect 0 "0000:01:00.0: no driver, saved" ""
	at_terminal "$DRIVERCTL" unset-override 01:00.0
	expect 0 "0000:01:00.0: no driver, no longer saved" ""
	at_terminal "$DRIVERCTL" --save-only set-override 01:00.0 none
	expect 0 "0000:01:00.0: none saved, from the next boot on" ""
	silently run_driverctl unset-override 01:00.0
}
