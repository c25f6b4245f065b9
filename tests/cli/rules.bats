#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status and stderr are the helper's
#
# Which rules count, and for which devices. The early load writes driver_override and nothing else, so
# that it shows for each device what is wanted.

bats_require_minimum_version 1.5.0

load ../helpers/tree
load ../helpers/json

# rule NAME DRIVER KEY=VALUE...: write a rule file, by default below /etc; NAME may have another
# directory.
rule() {
	local file=$1 driver=$2
	[[ $file == */* ]] || file=/etc/driverctl.d/rules/$file
	mkdir -p "$TREE${file%/*}"
	{
		echo "[match]"
		printf '%s\n' "${@:3}"
		printf '%s\n' "[override]" "driver = $driver"
	} >"$TREE$file"
}

load_early() {
	run_driverctl load-override --all --early
}

# function_of PHYSICAL NUMBER ADDRESS ARGUMENT...: make a virtual function.
function_of() {
	pci_device "$3" "${@:4}"
	link_to "$(device_dir pci "$3")/physfn" "$(device_dir pci "$1")"
	link_to "$(device_dir pci "$1")/virtfn$2" "$(device_dir pci "$3")"
}

# --- matching ---

@test "each key of a rule" {
	pci_device 0000:01:00.0 class=0x010802 vendor=0x1b36 device=0x0010 below=0000:00:1c.0
	pci_device 0000:02:00.0 class=0x020000 subvendor=0x15b3 subdevice=3 below=0000:00:1c.1
	pci_device 0000:03:00.0 class=0x030000 below=0000:00:1c.2
	pci_device 0000:04:00.0 class=0x120000 vendor=0x1d94 below=0000:00:1c.3
	pci_device 0000:05:00.0 class=0x010601 vendor=0x1022 below=0000:00:1c.4
	pci_device 0000:06:00.0 class=0x040300 below=0000:00:1c.5
	rule 1.rule by-id "id = 1b36:0010"
	rule 2.rule by-subsystem "id = *:*:15b3:*"
	rule 3.rule by-class "class = display"
	rule 4.rule by-modalias "modalias = pci:v00001D94*"
	rule 5.rule by-path "path = pci0000:00/1c.4/*"
	rule 6.rule by-name "name = 06:00.0"
	bus_device platform reg-dummy modalias=platform:reg-dummy
	rule 7.rule by-bus "bus = platform" "name = reg-*"
	silently load_early
	overrides 0000:01:00.0=by-id 0000:02:00.0=by-subsystem 0000:03:00.0=by-class \
		0000:04:00.0=by-modalias 0000:05:00.0=by-path 0000:06:00.0=by-name
	overrides platform/reg-dummy=by-bus
}

@test "virtual functions by the name of their card, by its path, and by their numbers" {
	pci_device 0000:3b:00.0
	put "$(device_dir pci 0000:3b:00.0)/sriov_totalvfs" 10
	local i
	for i in {0..3} {5..9}; do # number 4 is missing
		function_of 0000:3b:00.0 "$i" "0000:3b:0$(((i + 1) / 8)).$(((i + 1) % 8))"
	done
	rule 1.rule some "vf-of = 3b:00.0" "vf = 0-2 8" "except = 3b:00.2"
	rule 2.rule none "vf-of = pci0000:00/1c.4/00.0" "vf = 5"
	silently load_early
	overrides "0000:3b:00.0=(null)" 0000:3b:00.1=some "0000:3b:00.2=(null)" 0000:3b:00.3=some \
		"0000:3b:00.4=(null)" 0000:3b:00.6=none "0000:3b:01.0=(null)" 0000:3b:01.1=some \
		"0000:3b:01.2=(null)"
}

@test "a device that the kernel lets nobody override is left alone" {
	pci_device 0000:01:00.0 override=-
	rule 1.rule vfio-pci "name = *"
	silently load_early
}

# --- who decides ---

@test "every form of a device's name on the kernel's command line" {
	local i
	for i in 1 2 3 4 5; do
		pci_device "0000:0$i:00.0"
	done
	bus_device platform reg-dummy
	kernel_line driverctl.override=0000:01:00.0=a driverctl.override=02:00.0=b \
		driverctl.override=pci/0000:03:00.0=c driverctl.override=pci-0000:04:00.0=d \
		'"driverctl.override=05:00.0=best-vfio"' driverctl.override=platform-reg-dummy=f
	silently load_early
	overrides 0000:01:00.0=a 0000:02:00.0=b 0000:03:00.0=c 0000:04:00.0=d 0000:05:00.0=vfio_pci
	overrides platform/reg-dummy=f
}

@test "on the kernel's command line: the last one counts, an absent device is none, errors are told" {
	pci_device 0000:01:00.0
	kernel_line driverctl.override=01:00.0=a driverctl.override=01:00.0=b \
		driverctl.override=09:00.0=c driverctl.override=01:00.0 driverctl.override=/x=d
	run_driverctl -v load-override --all --early
	[ "$status" = 0 ]
	overrides 0000:01:00.0=b
	[[ $stderr == *"driverctl.override=01:00.0 on the kernel command line: not DEVICE=DRIVER"* ]]
	[[ $stderr == *"driverctl.override=/x=d on the kernel command line: not the name of a device"* ]]
	silently load_early
}

# --- files ---

@test "the order of the rules is that of their files' names, over all directories" {
	local i
	for i in 1 2 3 4; do
		pci_device "0000:0$i:00.0"
	done
	rule 40.rule etc "name = *"
	rule /run/driverctl.d/rules/30.rule run "name = 0000:0[1-3]:*"
	rule /run/credentials/@system/driverctl.rules.20 credential "name = 0000:0[12]:*"
	rule /usr/lib/driverctl.d/rules/10.rule usr "name = 0000:01:*"
	silently load_early
	overrides 0000:01:00.0=usr 0000:02:00.0=credential 0000:03:00.0=run 0000:04:00.0=etc
}

# Each row is the driver of the rule that counts, and the files, FILE:DRIVER, of which the last are those of
# the earlier places. A driver that is "broken" is an error.
@test "a file hides those of the same name in later places, right or wrong, and files of other names are no rules" {
	local driver files file n=0 usr=/usr/lib/driverctl.d/rules credential=/run/credentials/@system
	local run=/run/driverctl.d/rules
	while read -r driver files; do
		echo "# $driver: $files"
		tree_create "$BATS_TEST_TMPDIR/$((++n))"
		pci_device 0000:01:00.0
		for file in $files; do
			rule "${file%:*}" "${file##*:}" "name = *"
			[ "${file##*:}" != broken ] || sed -i 's/^name/nam/' "$TREE/${file%:*}"
		done
		silently load_early
		overrides "0000:01:00.0=$driver"
	done <<-END
		usr $usr/x.rule:usr
		credential $usr/x.rule:usr $credential/driverctl.rules.x:credential
		run $usr/x.rule:usr $credential/driverctl.rules.x:credential $run/x.rule:run
		etc $usr/x.rule:usr $run/x.rule:run /etc/driverctl.d/rules/x.rule:etc
		(null) $usr/x.rule:usr /etc/driverctl.d/rules/x.rule:broken
		(null) $usr/x:a $usr/x.rules:b $usr/.x.rule:c $usr/.rule:d $usr/x.rule~:e $usr/x.rule.new:f
		(null) $credential/driverctl.rule.x:a $credential/x.rule:b $credential/driverctl.rules.:c
	END
}

@test "a link to /dev/null hides a rule, and is none" {
	pci_device 0000:01:00.0
	rule /usr/lib/driverctl.d/rules/x.rule usr "name = *"
	rule /usr/lib/driverctl.d/rules/y.rule y "name = *"
	mkdir "$STORE/rules"
	ln -s /dev/null "$STORE/rules/x.rule"
	run_driverctl -v load-override --all --early
	[ "$status" = 0 ]
	[[ $stderr != *excluded* ]]
	overrides 0000:01:00.0=y
}

@test "a rule with an error is excluded, and the others count" {
	pci_device 0000:01:00.0
	rule 10-bad.rule bad "name = *" "mac = 00:11:22:33:44:55"
	rule 30-good.rule good "name = *"
	mkdir "$STORE/rules/11-directory.rule"
	ln -s /nowhere "$STORE/rules/12-dangling.rule"
	head -c 70000 /dev/zero | tr '\0' '#' >"$STORE/rules/13-large.rule"
	printf '[match]\nname = *\0\n' >"$STORE/rules/14-binary.rule"
	: >"$STORE/rules/15-empty.rule"
	mkfifo "$STORE/rules/16-fifo.rule"
	run_driverctl -v load-override --all --early
	[ "$status" = 0 ]
	overrides 0000:01:00.0=good
	diff <(grep excluded <<<"$stderr") - <<-'END'
		driverctl: /etc/driverctl.d/rules/10-bad.rule:3: unknown key in [match]; the rule is excluded
		driverctl: /etc/driverctl.d/rules/11-directory.rule: not a text file of less than 64 KiB; the rule is excluded
		driverctl: /etc/driverctl.d/rules/12-dangling.rule: No such file or directory; the rule is excluded
		driverctl: /etc/driverctl.d/rules/13-large.rule: not a text file of less than 64 KiB; the rule is excluded
		driverctl: /etc/driverctl.d/rules/14-binary.rule: not a text file of less than 64 KiB; the rule is excluded
		driverctl: /etc/driverctl.d/rules/15-empty.rule: [match] needs one of id, class, name, path, vf-of and modalias; the rule is excluded
		driverctl: /etc/driverctl.d/rules/16-fifo.rule: not a text file of less than 64 KiB; the rule is excluded
	END
}

@test "a directory that cannot be read does not keep the rules of the others from counting" {
	pci_device 0000:01:00.0
	rule /usr/lib/driverctl.d/rules/x.rule usr "name = *"
	put "$STORE/rules" "no directory"
	run_driverctl -v load-override --all --early
	[ "$status" = 0 ]
	[[ $stderr == *"driverctl: /etc/driverctl.d/rules: Not a directory; the rule is excluded"* ]]
	overrides 0000:01:00.0=usr
}

@test "without memory for files, nothing is done by rules that were not read" {
	pci_device 0000:01:00.0
	rule x.rule etc "name = *"
	run_faulty open:error=EMFILE /etc/driverctl.d/rules/x.rule -- load-override --all --early
	expect_error 1 "driverctl: cannot read the rules: Too many open files"
	overrides "0000:01:00.0=(null)"
	run_faulty open:error=EACCES /etc/driverctl.d/rules/x.rule -- -v load-override --all --early
	[ "$status" = 0 ]
	[[ $stderr == *"rules/x.rule: Permission denied; the rule is excluded"* ]]
}

@test "a rule that vanishes while the rules are read is none" {
	pci_device 0000:01:00.0
	rule x.rule etc "name = *"
	rule y.rule y "name = *"
	run_faulty "open:do=rm -f /etc/driverctl.d/rules/x.rule" /etc/driverctl.d/rules/x.rule \
		-- -v load-override --all --early
	[ "$status" = 0 ]
	[[ $stderr != *excluded* ]]
	overrides 0000:01:00.0=y
}

@test "the shell driverctl reads a store that has rules beside it as before" {
	fetch_original
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	put "$STORE/pci-0000:01:00.0" vfio-pci
	rule x.rule vfio-pci "name = 02:00.0"
	prints "0000:01:00.0 vfio-pci" run_original list-persisted
	silently run_original set-override 0000:02:00.0 none
	expect_file "$STORE/pci-0000:02:00.0" none
	run_original list-persisted
	expect 0 "0000:01:00.0 vfio-pci"$'\n'"0000:02:00.0 none" ""
	[ -f "$STORE/rules/x.rule" ]
}

# --- for udev ---

# udev's rule has a TEST for each of these; see there why.
asks_for_any_device() {
	[ -e "$STORE/rules" ] || [ -e "$TREE/run/driverctl.d/rules" ] ||
		[ -e "$TREE/usr/lib/driverctl.d/rules" ] || [ -e "$TREE/run/driverctl/rules" ]
}

@test "udev asks for devices without a saved override only if there is anything else" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	silently load_early
	run ! asks_for_any_device
	kernel_line driverctl.override=01:00.0=a
	load_early
	asks_for_any_device
	kernel_line quiet
	load_early
	run ! asks_for_any_device
	rule /run/credentials/@system/driverctl.rules.x x "name = 09:00.0"
	load_early
	asks_for_any_device
	# As after a reboot without it.
	rm -r "$TREE/run/credentials" "$TREE/run/driverctl.d"
	run_driverctl load-override --all
	run ! asks_for_any_device
}

@test "udev's rule tests for every directory of rules and for the mark" {
	local path
	for path in /etc/driverctl.d/rules /run/driverctl.d/rules /usr/lib/driverctl.d/rules \
		/run/driverctl/rules; do
		grep -qE "^TEST[!=]=\"$path\", GOTO=" "$ROOT/udev/05-driverctl.rules.in"
		grep -qx "ConditionPathExists=|$path" "$ROOT/systemd/driverctl@.service.in"
	done
}

load_for_udev() {
	run_in_tree env SUBSYSTEM="${1%%/*}" ACTION="${ACTION:-add}" "$BUILD/udev/driverctl_load" \
		--timeout=2 "$1"
}

@test "for udev, a device that no rule is for is done" {
	pci_device 0000:01:00.0 driver=e1000e
	rule x.rule vfio-pci "name = 09:00.0"
	silently load_for_udev pci/0000:01:00.0
	overrides "0000:01:00.0=(null)"
	[ ! -e "$TREE/run/driverctl/pci-0000:01:00.0.lock" ]
	rule a.rule native "name = *"
	silently load_for_udev pci/0000:01:00.0
	overrides "0000:01:00.0=(null)"
}

@test "for udev, a rule that is removed while the load waits for its turn is no failure" {
	pci_device 0000:01:00.0
	rule x.rule none "name = 01:00.0"
	build_faulty
	run_in_tree env SUBSYSTEM=pci ACTION=add "$FAULTY" "$CALLS" "lock:do=rm -rf /etc/driverctl.d/rules" \
		/run/driverctl/pci-0000:01:00.0.lock -- "$BUILD/udev/driverctl_load" --timeout=2 pci/0000:01:00.0
	expect 0 "" ""
	overrides "0000:01:00.0=(null)"
}

@test "for udev, a device that was unset by hand is left alone, although a rule is for it" {
	pci_device 0000:01:00.0
	rule x.rule none "name = 01:00.0"
	run_driverctl load-override --all
	overrides 0000:01:00.0=none
	silently run_driverctl unset-override 01:00.0
	silently load_for_udev pci/0000:01:00.0
	overrides 0000:01:00.0=
	# Not so if it was set: then the saved override is the one that counts.
	run_driverctl set-override 01:00.0 none
	put "$(device_dir pci 0000:01:00.0)/driver_override" ""
	silently load_for_udev pci/0000:01:00.0
	overrides 0000:01:00.0=none
}

@test "for udev, a function that is not yet linked to its card is waited for" {
	pci_device 0000:3b:00.0
	pci_device 0000:3b:00.1
	rule x.rule none "vf-of = 3b:00.0"
	rm "$(proc_file 0000:3b:00.1)"
	# The kernel makes the links, and then lets drivers match.
	# shellcheck disable=SC2016 # the inner shell's
	run_in_tree bash -c '"$@" & sleep 0.2; cd /sys/bus/pci/devices/0000:3b:00.0/ &&
		ln -s ../0000:3b:00.1 virtfn0 && ln -s ../0000:3b:00.0 ../0000:3b:00.1/physfn && wait $!' - \
		"$BUILD/udev/driverctl_load" --timeout=5 pci/0000:3b:00.1
	expect 0 "" ""
	overrides 0000:3b:00.1=none "0000:3b:00.0=(null)"
}

@test "for udev, a function that never appears is an end" {
	pci_device 0000:3b:00.1
	rule x.rule none "vf-of = 3b:00.0"
	rm "$(proc_file 0000:3b:00.1)"
	load_for_udev pci/0000:3b:00.1
	expect_error 6 "driverctl: 0000:3b:00.1: not begun within 2 s; nothing changed"
	overrides "0000:3b:00.1=(null)"
}

# --- refusals ---

@test "a rule takes no network card that carries the default route, although a saved override would" {
	pci_device 0000:01:00.0 driver=e1000e
	net_interface lo pci 0000:01:00.0
	rule 10-all.rule none "class = network"
	local with_route='ip link set lo up && ip route add default dev lo && exec "$@"' early
	for early in "" --early; do
		# shellcheck disable=SC2086 # no word without --early
		run_in_tree bash -c "$with_route" - "$DRIVERCTL" load-override --all $early
		expect_error 4 "driverctl: 0000:01:00.0: in use: lo carries the default route; still on \
'e1000e', nothing changed (by rule 10-all)*"
		overrides "0000:01:00.0=(null)"
	done
	put "$STORE/pci-0000:01:00.0" none
	silently run_in_tree bash -c "$with_route" - "$DRIVERCTL" load-override --all --early
	overrides 0000:01:00.0=none
}

# --- a rule is removed ---

@test "what a rule has set is taken back when the rule is gone, and nothing else" {
	local i
	for i in 1 2 3 4; do
		pci_device "0000:0$i:00.0"
	done
	put "$STORE/pci-0000:02:00.0" none
	rule x.rule none "name = *"
	silently run_driverctl load-override --all
	# Somebody has decided otherwise since, by hand, by the same driver, and by another program.
	run_driverctl --nosave set-override 03:00.0 none
	put "$(device_dir pci 0000:04:00.0)/driver_override" other
	rm "$STORE/rules/x.rule"
	silently run_driverctl load-override --all
	overrides 0000:01:00.0= 0000:02:00.0=none 0000:03:00.0=none 0000:04:00.0=other
	[ "$(cat "$SYS/bus/pci/drivers_probe")" = 0000:01:00.0 ]

	# It is taken back once.
	put "$(device_dir pci 0000:01:00.0)/driver_override" none
	silently run_driverctl load-override --all
	overrides 0000:01:00.0=none
}

@test "what a rule has set is taken back, and not the ids that somebody has given to vfio-pci" {
	module_driver vfio_pci pci vfio-pci
	: >"$SYS/bus/pci/drivers/vfio-pci/remove_id"
	pci_device 0000:01:00.0 override=vfio-pci vendor=0x8086 device=0x10d3
	noted pci 0000:01:00.0 by=rule override=vfio-pci rule=gone
	silently run_driverctl load-override --all
	overrides 0000:01:00.0=
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/remove_id" ]
}

@test "what a rule has set is not taken back from a device that is in use" {
	pci_device 0000:01:00.0 driver=e1000e
	net_interface lo pci 0000:01:00.0
	put "$(device_dir pci 0000:01:00.0)/driver_override" e1000e
	noted pci 0000:01:00.0 by=rule override=e1000e rule=gone
	# shellcheck disable=SC2016 # the shell's own
	run_in_tree bash -c 'ip link set lo up && ip route add default dev lo && exec "$@"' - \
		"$DRIVERCTL" load-override --all
	expect_error 4 "driverctl: 0000:01:00.0: in use: lo carries the default route; still on 'e1000e', \
nothing changed*"
	overrides 0000:01:00.0=e1000e
}

@test "a rule that was removed before a load has its turn is not applied" {
	pci_device 0000:01:00.0
	rule x.rule none "name = *"
	local call
	for call in "load-override --all" "load-override --all --early"; do
		rule x.rule none "name = *"
		# shellcheck disable=SC2086 # words
		run_faulty "lock:do=rm -r /etc/driverctl.d/rules" /run/driverctl/pci-0000:01:00.0.lock -- $call
		expect 0 "" ""
		overrides "0000:01:00.0=(null)"
	done
}

@test "what a rule has set stays if another rule, a saved override or the kernel's line wants the device" {
	local i
	for i in 1 2 3; do
		pci_device "0000:0$i:00.0"
	done
	rule x.rule none "name = *"
	run_driverctl load-override --all
	rm "$STORE/rules/x.rule"
	rule y.rule none "name = 01:00.0"
	put "$STORE/pci-0000:02:00.0" none
	kernel_line driverctl.override=03:00.0=none
	silently run_driverctl load-override --all
	overrides 0000:01:00.0=none 0000:02:00.0=none 0000:03:00.0=none
	[ ! -s "$SYS/bus/pci/drivers_probe" ]

	# What somebody else wanted in the meantime is no longer the rule's.
	rm "$STORE/rules/y.rule" "$STORE/pci-0000:02:00.0"
	kernel_line quiet
	silently run_driverctl load-override --all
	overrides 0000:01:00.0= 0000:02:00.0=none 0000:03:00.0=none
}

@test "the journal names the rule that has set a device, also if its override was there before" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0 override=none
	pci_device 0000:03:00.0
	rule x.rule none "name = *"
	run_driverctl --nosave set-override 03:00.0 none
	run_driverctl load-override --all
	expect_journal "pci-0000:01:00.0 rule load none x" "pci-0000:02:00.0 rule load none x" \
		"pci-0000:03:00.0 hand-nosave set none"
	rule a.rule none "name = 01:00.0"
	run_driverctl load-override --all
	expect_journal "pci-0000:01:00.0 rule load none a" "pci-0000:02:00.0 rule load none x" \
		"pci-0000:03:00.0 hand-nosave set none"
	rm "$STORE"/rules/*
	silently run_driverctl load-override --all
	overrides 0000:01:00.0= 0000:02:00.0= 0000:03:00.0=none
	expect_journal "pci-0000:03:00.0 hand-nosave set none"
}

@test "while a rule has an error, nothing is taken back that may be its own" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	rule x.rule none "name = 01:00.0"
	rule y.rule none "name = 02:00.0"
	run_driverctl load-override --all
	overrides 0000:01:00.0=none 0000:02:00.0=none
	rule x.rule none "nam = *"
	rm "$STORE/rules/y.rule"
	silently run_driverctl load-override --all
	overrides 0000:01:00.0=none 0000:02:00.0=
	rule x.rule none "name = 02:00.0"
	silently run_driverctl load-override --all
	overrides 0000:01:00.0=
}

@test "a rule for native takes back what another rule has set" {
	pci_device 0000:01:00.0
	rule x.rule none "name = *"
	run_driverctl load-override --all
	overrides 0000:01:00.0=none
	rule a.rule native "name = *"
	silently run_driverctl load-override --all
	overrides 0000:01:00.0=
	[ "$(cat "$SYS/bus/pci/drivers_probe")" = 0000:01:00.0 ]
}

@test "early, what a rule of an older initramfs has set is taken back" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	rule x.rule vfio-pci "name = *"
	load_early
	overrides 0000:01:00.0=vfio-pci 0000:02:00.0=vfio-pci
	rule x.rule vfio-pci "name = 02:00.0"
	silently load_early
	overrides 0000:01:00.0= 0000:02:00.0=vfio-pci
	# As it was bound by the kernel when it was probed.
	rm "$STORE/rules/x.rule"
	silently run_driverctl load-override --all
	overrides 0000:01:00.0= 0000:02:00.0=
}

@test "a rule sets nothing that it cannot record" {
	pci_device 0000:01:00.0
	rule x.rule none "name = *"
	run_faulty write:error=ENOSPC /run/driverctl/journal/.pci-0000:01:00.0.new -- load-override --all
	expect_error 1 "driverctl: 0000:01:00.0: cannot write to /run/driverctl: No space left on device; \
still without a driver, nothing changed (by rule x)"
	overrides "0000:01:00.0=(null)"
}

# --- who says so ---

@test "the early step makes rules of the credentials, which others cannot read" {
	local place name
	for place in credentials/@system driverctl/credentials; do
		for name in 20 30-run ""; do
			rule "/run/$place/driverctl.rules.$name" "${place%%/*}" "name = 0000:0[12]:*"
		done
		rule "/run/$place/other.rules.20" other "name = *"
	done
	rule /run/driverctl.d/rules/30-run.rule run "name = 0000:03:*"
	chmod 400 "$TREE"/run/*/*/driverctl.rules.*
	(umask 077 && run_driverctl load-override --all --early && expect 0 "" "")
	diff <(cd "$TREE/run/driverctl.d/rules" && grep -H ^driver -- * && stat -c '%n %a' -- *) - <<-END
		20.rule:driver = credentials
		30-run.rule:driver = run
		20.rule 644
		30-run.rule 644
	END
	rm -r "$TREE"/run/{credentials,driverctl/credentials}
	run_driverctl list-rules
	expect 0 "20 credentials
30-run run" ""
}
