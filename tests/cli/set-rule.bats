#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154 # status and stderr are the helper's
#
# set-rule and unset-rule: the file of the rule, and the devices that follow it. The driver is mostly
# none, which a built tree can bind.

bats_require_minimum_version 1.5.0
load ../helpers/tree
load ../helpers/json

cards() {
	local i
	for ((i = 1; i <= $1; i++)); do
		pci_device "0000:0$i:00.0"
	done
}

# rule NAME LINE...: write a rule by hand, with the driver none.
rule() {
	mkdir -p "$STORE/rules"
	put "$STORE/rules/$1.rule" "[match]" "${@:2}" "[override]" "driver = none"
}

# probed: print the devices that were given to their native drivers.
probed() { cat "$SYS/bus/pci/drivers_probe"; }

# in_sys ADDRESS
in_sys() {
	local dir
	dir=$(device_dir pci "$1")
	echo "/sys${dir#"$SYS"}"
}

# now: print what a failure must not change.
now() {
	(cd "$TREE" && grep -r --include=driver_override "" sys | sed 's/(null)//'
		find etc -printf '%p %y %l\n' -type f -exec sha256sum '{}' + | sort)
}

@test "a rule is saved, and applied to the devices that are present" {
	cards 3
	run_driverctl set-rule 10-x --match=name=01:00.0 "--match=name=0000:02:*" --match=id=8086:* none
	expect 0 "" ""
	expect_file "$STORE/rules/10-x.rule" "[match]" "name = 01:00.0" "name = 0000:02:*" \
		"id = 8086:*" "[override]" "driver = none"
	overrides 0000:01:00.0=none 0000:02:00.0=none "0000:03:00.0=(null)"
	[ "$(stat -c %a "$STORE/rules/10-x.rule")" = 644 ]
	prints "10-x none" run_driverctl list-rules
	# No override is saved for a single device.
	diff <(find "$STORE" -type f) <(echo "$STORE/rules/10-x.rule")
}

@test "for people: what becomes of the rule, and whether any device follows it" {
	cards 1
	run_driverctl --dry-run set-rule x "--match=name=77:*" none
	expect 0 "rule x: saved; no device that is present follows it (dry run)" ""
	silently run_driverctl set-rule x --match=name=01:00.0 none
	run_driverctl --dry-run set-rule x --match=name=01:00.0 none
	[ "${output%%$'\n'*}" = "rule x: unchanged (dry run)" ]
	run_driverctl --dry-run unset-rule x
	[ "${output%%$'\n'*}" = "rule x: removed (dry run)" ]
}

@test "each key, the bus of the option, and the ways to name a VFIO driver" {
	tree_bus platform
	silently run_driverctl set-rule x --match=class=0200 --match=vf-of=3b:00.0 "--match=vf=0-3 8" \
		--match=path=pci0000:00/* --match=modalias=pci:* --match=except=3b:00.4 --best-vfio
	expect_file "$STORE/rules/x.rule" "[match]" "class = 0200" "vf-of = 3b:00.0" "vf = 0-3 8" \
		"path = pci0000:00/*" "modalias = pci:*" "except = 3b:00.4" "[override]" "choose = best-vfio"
	run_driverctl -b platform set-rule x --match=name=reg-* --vfio-variant=generic
	expect_file "$STORE/rules/x.rule" "[match]" "name = reg-*" "bus = platform" "[override]" \
		"driver = vfio_platform"
	run_driverctl set-rule x --match=bus=platform --match=name=reg-* --vfio-variant=other
	expect_file "$STORE/rules/x.rule" "[match]" "bus = platform" "name = reg-*" "[override]" \
		"driver = other"
	run_driverctl set-rule x --match=name=01:00.0 native
	expect_file "$STORE/rules/x.rule" "[match]" "name = 01:00.0" "[override]" "driver = native"
}

@test "vf-of an interface saves the place of its card" {
	pci_device 0000:3b:00.0
	net_interface eth0 pci 0000:3b:00.0
	pci_device 0000:3b:00.1
	link_to "$(device_dir pci 0000:3b:00.1)/physfn" "$(device_dir pci 0000:3b:00.0)"
	link_to "$(device_dir pci 0000:3b:00.0)/virtfn0" "$(device_dir pci 0000:3b:00.1)"
	silently run_driverctl set-rule x "--match=vf-of=eth0 3c:00.0" --match=vf=0 none
	expect_file "$STORE/rules/x.rule" "[match]" "vf-of = pci0000:00/1c.4/00.0 3c:00.0" "vf = 0" \
		"[override]" "driver = none"
	overrides "0000:3b:00.0=(null)" 0000:3b:00.1=none
	silently run_driverctl set-rule z --match=vf-of=pci/0000:3b:00.0 none
	grep -qx "vf-of = 0000:3b:00.0" "$STORE/rules/z.rule"
	net_interface eth1 pci 0000:3b:00.1
	run_driverctl set-rule y --match=vf-of=eth1 none
	expect_error 2 "driverctl: --match=vf-of=eth1: a virtual function, which has none itself*"
	run_driverctl set-rule y --match=vf-of=eth7 none
	expect_error 2 "driverctl: --match=vf-of=eth7: not a PCI device, or an interface of one*"
}

@test "what is no rule is refused, and nothing is changed" {
	cards 1
	local before n=0 expected
	before=$(now)
	while IFS='|' read -r expected arguments; do
		echo "# $arguments"
		eval "run_driverctl $arguments"
		expect_error 2 "driverctl: $expected (see driverctl --help)"
		((n += 1))
	done <<-'END'
		--match=id=15b3: not VENDOR:DEVICE or *|set-rule x --match=name=a --match=id=15b3 none
		--match=mac=00: not KEY=VALUE with a key of driverctl.rule(5)|set-rule x --match=mac=00 none
		--match=name: not KEY=VALUE with a key of driverctl.rule(5)|set-rule x --match=name none
		--match=?override?=x: not KEY=VALUE *|set-rule x '--match=[override]=x' none
		--match=name=a?x0adriver=b: a value has no control character *|set-rule x $'--match=name=a\ndriver=b' none
		--match=name=a ; b: a value has no control character and no ';'|set-rule x '--match=name=a ; b' none
		--match=name=: no value|set-rule x --match=name= none
		--match=bus=a b: not the name of one bus|set-rule x '--match=bus=a b' --match=name=x none
		[[]match[]] needs one of id, class, name, path, vf-of and modalias|set-rule x none
		[[]match[]] needs one of *|set-rule x --match=vf=0 none
		id, class, path, vf-of and vf are for the bus pci alone|-b ap set-rule x --match=id=1:2 none
		not the name of one driver or module|set-rule x --match=name=a a/b
		best-vfio is no driver: choose = best-vfio|set-rule x --match=name=a best-vfio
		invalid name of a rule 'a/b'|set-rule a/b --match=name=a none
		invalid name of a rule '.a'|set-rule .a --match=name=a none
		invalid name of a rule 'a b'|set-rule 'a b' --match=name=a none
		invalid name of a rule ''|set-rule '' --match=name=a none
		invalid name of a rule '../x'|unset-rule ../x
		set-rule takes NAME DRIVER, or NAME with --best-vfio or --vfio-variant|set-rule x --match=name=a
		set-rule takes NAME DRIVER, or *|set-rule x none --match=name=a --best-vfio
		unset-rule takes NAME|unset-rule
		unset-rule takes NAME|unset-rule a b
		set-rule takes NAME DRIVER|set-rule
		option '--match' is not for set-override|set-override --match=name=a 01:00.0 none
		option '--nosave' is not for set-rule|--nosave set-rule x --match=name=a none
	END
	[ "$n" = 25 ]
	run_driverctl set-rule "$(printf 'x%.0s' {1..241})" --match=name=a none
	expect_error 2 "driverctl: invalid name of a rule *"
	# shellcheck disable=SC2046 # words
	run_driverctl set-rule x $(printf -- '--match=name=%s ' {1..65}) none
	expect_error 2 "driverctl: --match is given more than 64 times"
	diff <(echo "$before") <(now)
}

@test "a rule that is too long for one line of a file is refused" {
	run_driverctl set-rule x "--match=name=$(printf 'x%.0s' {1..250})" none
	expect_error 2 "driverctl: --match=name=xxx*: line too long*"
}

@test "if a device is in use, nothing is saved or changed, and all that are in use are named" {
	cards 1
	pci_device 0000:02:00.0 driver=nvme
	put "$(device_dir pci 0000:02:00.0)/sriov_numvfs" 2
	pci_device 0000:03:00.0 driver=nvme
	disk_of 0000:03:00.0
	pci_device 0000:04:00.0 driver=e1000e
	local before
	before=$(now)
	run_driverctl set-rule x --match=class=network none
	[ "$status" = 4 ]
	[ -z "$output" ]
	diff <(cut -d' ' -f1-3 <<<"$stderr") - <<-'END'
		driverctl: 0000:02:00.0: in
		driverctl: 0000:03:00.0: cannot
	END
	[[ $stderr == *"still on 'nvme', nothing changed (by rule x) (use --force to proceed anyway)"* ]]
	diff <(echo "$before") <(now)
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
	[ ! -s "$SYS/bus/pci/drivers/nvme/unbind" ]

	# Not by anybody who is not asked about, either.
	run_driverctl --dry-run set-rule x --match=class=network none
	[ "$status" = 4 ]
	diff <(echo "$before") <(now)
	run_driverctl --json set-rule x --match=class=network none
	[ "$status" = 4 ]
	[ "$(value '[[d["name"], d["outcome"], d["reason"]["code"]] for d in x]')" = \
		'[["0000:02:00.0", "refused", "in-use"], ["0000:03:00.0", "refused", "in-use"]]' ]
}

@test "what is already where the rule wants it may be in use" {
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
	disk_of 0000:01:00.0
	silently run_driverctl set-rule x --match=name=01:00.0 vfio-pci
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/unbind" ]
}

@test "a device with a saved override of its own does not follow the rule" {
	cards 2
	put "$STORE/pci-0000:02:00.0" other
	silently run_driverctl set-rule x --match=class=network none
	overrides 0000:01:00.0=none "0000:02:00.0=(null)"
}

@test "a rule that is set again moves the devices that it no longer matches back, and the new ones" {
	cards 3
	run_driverctl set-rule x "--match=name=0000:0[12]:*" none
	overrides 0000:01:00.0=none 0000:02:00.0=none "0000:03:00.0=(null)"
	silently run_driverctl set-rule x.rule "--match=name=0000:0[23]:*" none
	overrides 0000:01:00.0= 0000:02:00.0=none 0000:03:00.0=none
	[ "$(probed)" = 0000:01:00.0 ]
	prints "x none" run_driverctl list-rules
	# And those that it is to leave alone from now on.
	: >"$SYS/bus/pci/drivers_probe"
	silently run_driverctl set-rule x "--match=name=0000:0[23]:*" native
	overrides 0000:02:00.0= 0000:03:00.0=
	[ "$(probed)" = 0000:02:00.0$'\n'0000:03:00.0 ] || [ "$(probed)" = 0000:03:00.0 ]
}

@test "unset-rule gives back what the rule has set, and leaves alone what was set by hand since" {
	cards 5
	silently run_driverctl set-rule x --match=class=network none
	run_driverctl --nosave set-override 02:00.0 none
	run_driverctl set-override 03:00.0 none
	put "$(device_dir pci 0000:04:00.0)/driver_override" other
	put "$(device_dir pci 0000:05:00.0)/driver_override" "(null)"
	silently run_driverctl unset-rule x
	overrides 0000:01:00.0= 0000:02:00.0=none 0000:03:00.0=none 0000:04:00.0=other \
		"0000:05:00.0=(null)"
	# The last one has no driver: a call may have been killed before it probed that device.
	[ "$(probed)" = 0000:01:00.0$'\n'0000:05:00.0 ] || [ "$(probed)" = 0000:05:00.0 ]
	# While the directory exists, udev asks for every device.
	[ ! -e "$STORE/rules" ]
	run_driverctl unset-rule x
	expect_error 1 "driverctl: rule x: it is not in /etc/driverctl.d/rules"
}

@test "after unset-rule, another rule decides: a later one, or that of another directory" {
	cards 2
	rule z "name = *"
	mkdir -p "$TREE/usr/lib/driverctl.d/rules"
	put "$TREE/usr/lib/driverctl.d/rules/x.rule" "[match]" "name = 02:00.0" "[override]" \
		"driver = native"
	silently run_driverctl set-rule x "--match=name=0000:0[12]:*" none
	overrides 0000:01:00.0=none 0000:02:00.0=none
	silently run_driverctl unset-rule x
	overrides 0000:01:00.0=none 0000:02:00.0=
	[ "$(probed)" = 0000:02:00.0 ]
	[ -e "$STORE/rules/z.rule" ]
	run_driverctl unset-rule x
	expect_error 1 "driverctl: rule x: it is not in /etc/driverctl.d/rules"
}

@test "an earlier rule decides before the one that is set" {
	cards 2
	rule a "name = 01:00.0"
	sed -i 's/none/native/' "$STORE/rules/a.rule"
	silently run_driverctl set-rule x --match=class=network none
	overrides "0000:01:00.0=(null)" 0000:02:00.0=none
	# The one that comes first takes the device back.
	silently run_driverctl set-rule 0 --match=name=02:00.0 native
	overrides 0000:02:00.0=
}

@test "a dry run fails if the real call would: a link, a store that cannot be written" {
	cards 1
	mkdir -p "$STORE/rules"
	ln -s /dev/null "$STORE/rules/x.rule"
	run_driverctl set-rule x --match=name=* none
	local real=$status:$stderr
	run_driverctl --dry-run set-rule x --match=name=* none
	[ "$status:$stderr" = "$real" ]
	rm "$STORE/rules/x.rule"
	run_faulty "access:error=EROFS" /etc/driverctl.d/rules -- --dry-run set-rule x --match=name=* none
	expect_error 1 "driverctl: rule x: cannot write to /etc/driverctl.d: Read-only file system*"
}

@test "a link is left alone" {
	mkdir "$STORE/rules"
	ln -s /dev/null "$STORE/rules/x.rule"
	run_driverctl set-rule x --match=name=a none
	expect_error 1 "driverctl: rule x: its file in /etc/driverctl.d/rules is a link; remove that first"
	[ -L "$STORE/rules/x.rule" ]
	silently run_driverctl unset-rule x
	[ ! -e "$STORE/rules" ]
}

@test "a rule with an error is replaced, and removed" {
	cards 1
	rule x "nam = *"
	silently run_driverctl set-rule x --match=name=* none
	overrides 0000:01:00.0=none
	rule x "nam = *"
	silently run_driverctl unset-rule x
	[ ! -e "$STORE/rules" ]
}

# What another call has prepared is that call's, also if it is for the same rule.
@test "dry-run touches nothing, save-only no device" {
	cards 1
	local before
	mkdir -p "$STORE/rules"
	put "$STORE/rules/.x.rule.new" "[match]"
	before=$(now)
	run_driverctl --dry-run set-rule x --match=name=* none
	[ "$status" = 0 ]
	diff <(echo "$before") <(now)
	rm -r "$STORE/rules"
	before=$(now)
	run_driverctl --dry-run set-rule x --match=name=* none
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	diff <(echo "$before") <(now)
	[ ! -e "$TREE/run/driverctl" ]
	silently run_driverctl --save-only set-rule x --match=name=* none
	overrides "0000:01:00.0=(null)"
	[ -e "$STORE/rules/x.rule" ]
	run_driverctl set-rule x --match=name=* none
	overrides 0000:01:00.0=none
	before=$(now)
	run_driverctl --dry-run unset-rule x
	[ "$status" = 0 ]
	diff <(echo "$before") <(now)
	silently run_driverctl --save-only unset-rule x
	overrides 0000:01:00.0=none
	[ ! -e "$STORE/rules" ]
	# The override that the rule has set is taken back by the next load.
	silently run_driverctl load-override --all
	overrides 0000:01:00.0=
}

# --- failures ---

# fails STATUS PATTERN RULE PATH [[--then] RULE PATH]... -- ARGUMENT...
fails() {
	local before
	before=$(now)
	run_faulty "${@:3}"
	expect_error "$1" "$2"
	diff <(echo "$before") <(now) >&2
}

@test "the file cannot be written: nothing is changed" {
	cards 1
	local operation
	fails 1 "driverctl: rule x: cannot write to /etc/driverctl.d: No space left on device" \
		mkdir:error=ENOSPC /etc/driverctl.d/rules -- set-rule x --match=name=* none
	for operation in open:writing write sync; do
		fails 1 "driverctl: rule x: cannot write to /etc/driverctl.d: No space left on device" \
			"$operation:error=ENOSPC" /etc/driverctl.d/rules/.x.rule.new -- \
			set-rule x --match=name=* none
	done
	rule x "name = 09:00.0"
	for operation in open:writing write sync; do
		fails 1 "driverctl: rule x: cannot write to /etc/driverctl.d: Input/output error" \
			"$operation:error=EIO" /etc/driverctl.d/rules/.x.rule.new -- \
			set-rule x --match=name=* none
	done
	[ ! -s "$SYS/bus/pci/drivers_probe" ]
}

@test "if it is not known what the rules want, or what a device is, nothing is changed" {
	cards 1
	local path
	for path in /etc/driverctl.d/rules /usr/lib/driverctl.d/rules; do
		mkdir -p "$TREE/usr/lib/driverctl.d/rules"
		rule y "name = 09:00.0"
		fails 1 "driverctl: rule x: cannot read the rules: Permission denied" \
			open:error=EACCES "$path" -- set-rule x --match=name=* none
	done
	fails 1 "driverctl: rule x: cannot read the rules: Input/output error" \
		read:error=EIO /etc/driverctl.d/rules/y.rule -- set-rule x --match=name=* none
	fails 1 "driverctl: rule x: cannot find its devices: Input/output error" \
		read:error=EIO "$(in_sys 0000:01:00.0)/modalias" -- set-rule x --match=id=8086:* none
	silently run_driverctl set-rule x --match=id=8086:* none
	fails 1 "driverctl: rule x: cannot read the rules: Permission denied" \
		open:error=EACCES /etc/driverctl.d/rules -- unset-rule x
	fails 1 "driverctl: rule x: cannot find its devices: Input/output error" \
		read:error=EIO "$(in_sys 0000:01:00.0)/modalias" -- unset-rule x
}

@test "the file cannot be renamed or removed: no device is touched" {
	cards 2
	local failed="driverctl: rule x: cannot write to /etc/driverctl.d: Input/output error"
	put "$(device_dir pci 0000:02:00.0)/driver_override" before
	fails 1 "$failed" rename:error=EIO /etc/driverctl.d/rules/.x.rule.new -- \
		set-rule x --match=class=network none
	rule x "name = 09:00.0"
	fails 1 "$failed" rename:error=EIO /etc/driverctl.d/rules/.x.rule.new -- \
		set-rule x --match=class=network none
	fails 1 "$failed" sync:error=EIO /etc/driverctl.d/rules -- set-rule x --match=class=network none
	# Nothing is left to be taken back later.
	silently run_driverctl load-override --all
	overrides 0000:02:00.0=before

	run_driverctl set-rule x --match=name=01:00.0 none
	fails 1 "$failed" unlink:error=EIO /etc/driverctl.d/rules/x.rule -- unset-rule x
	fails 1 "$failed" sync:error=EIO /etc/driverctl.d/rules -- unset-rule x
	fails 1 "driverctl: rule x: cannot write to /etc/driverctl.d: Read-only file system" \
		access:error=EROFS /etc/driverctl.d/rules -- unset-rule x
}

@test "one device fails: it is reported, the others follow the rule, and the rule stays saved" {
	cards 3
	local dir
	dir=$(in_sys 0000:02:00.0)
	run_faulty write:error=EIO:text=none "$dir/driver_override" -- \
		set-rule x --match=class=network none
	expect_error 1 "driverctl: 0000:02:00.0: cannot set driver_override 'none': Input/output error; back \
without a driver, store unchanged (by rule x)"
	overrides 0000:01:00.0=none 0000:02:00.0= 0000:03:00.0=none
	silently run_driverctl check
	[ -e "$STORE/rules/x.rule" ]
	silently run_driverctl set-rule x --match=class=network none
	overrides 0000:02:00.0=none
	run_faulty write:error=EIO:text= "$dir/driver_override" -- unset-rule x
	expect_error 1 "driverctl: 0000:02:00.0: cannot set driver_override: Input/output error; *"
	[ ! -e "$STORE/rules" ]
	overrides 0000:01:00.0= 0000:02:00.0=none 0000:03:00.0=
	# The next load takes it back.
	silently run_driverctl load-override --all
	overrides 0000:02:00.0=
}

@test "a device vanishes after it was looked at: no failure" {
	cards 2
	silently run_faulty "rename:do=rm -r $(in_sys 0000:02:00.0) /sys/bus/pci/devices/0000:02:00.0" \
		/etc/driverctl.d/rules/.x.rule.new -- set-rule x --match=class=network none
	overrides 0000:01:00.0=none
}

@test "a device comes into use after it was looked at: it stays where it is, and is reported" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0 driver=e1000e
	run_faulty "rename:do=echo 2 >$(in_sys 0000:02:00.0)/sriov_numvfs" \
		/etc/driverctl.d/rules/.x.rule.new -- set-rule x --match=class=network none
	expect_error 4 "driverctl: 0000:02:00.0: in use: 2 virtual functions are enabled on it; still on 'e1000e', \
nothing changed (by rule x) (use --force to proceed anyway)"
	overrides 0000:01:00.0=none "0000:02:00.0=(null)"
	[ -e "$STORE/rules/x.rule" ]
}

@test "killed at any step: the rule is old or new, and the next call makes the devices follow it" {
	local step
	for step in "open:kill:writing /etc/driverctl.d/rules/.x.rule.new" \
		"sync:kill /etc/driverctl.d/rules/.x.rule.new" \
		"write:kill /run/driverctl/journal/.pci-0000:01:00.0.new" \
		"write:kill:text=none DIR/driver_override" \
		"rename:kill /etc/driverctl.d/rules/.x.rule.new" \
		"sync:kill /etc/driverctl.d/rules"; do
		echo "# $step"
		tree_create "$BATS_TEST_TMPDIR/$((++n))"
		cards 2
		step=${step/DIR/$(in_sys 0000:02:00.0)}
		# shellcheck disable=SC2086 # words
		run_faulty $step -- set-rule x --match=class=network none
		[ "$status" != 0 ]
		silently run_driverctl load-override --all
		if [ -e "$STORE/rules/x.rule" ]; then
			overrides 0000:01:00.0=none 0000:02:00.0=none
		else
			[[ $(override_of 0000:01:00.0) != none ]]
			[[ $(override_of 0000:02:00.0) != none ]]
		fi
		silently run_driverctl set-rule x --match=class=network none
		overrides 0000:01:00.0=none 0000:02:00.0=none
		diff <(find "$STORE" -type f) <(echo "$STORE/rules/x.rule")
	done
}

@test "unset-rule killed at any step: the next call makes the devices follow" {
	local step
	for step in "write:kill:text= DIR/driver_override" \
		"unlink:kill /etc/driverctl.d/rules/x.rule" \
		"sync:kill /etc/driverctl.d/rules"; do
		echo "# $step"
		tree_create "$BATS_TEST_TMPDIR/$((++n))"
		cards 2
		step=${step/DIR/$(in_sys 0000:02:00.0)}
		run_driverctl set-rule x --match=class=network none
		# shellcheck disable=SC2086 # words
		run_faulty $step -- unset-rule x
		[ "$status" != 0 ]
		silently run_driverctl load-override --all
		if [ -e "$STORE/rules/x.rule" ]; then
			overrides 0000:01:00.0=none 0000:02:00.0=none
			silently run_driverctl unset-rule x
		fi
		overrides 0000:01:00.0= 0000:02:00.0=
	done
}

@test "two changes of rules do not overlap" {
	cards 2
	mkdir -p "$TREE/run/driverctl"
	exec 9>"$TREE/run/driverctl/rules.lock"
	flock 9
	run_driverctl --timeout=1 set-rule x --match=class=network none
	expect_error 6 "driverctl: rule x: waiting for the lock not finished after 1 s*"
	[ ! -e "$STORE/rules" ]
	exec 9>&-
	# What another call has saved before the lock was taken counts.
	silently run_faulty "lock:do=printf '[match]\nname = 01:00.0\n[override]\ndriver = native\n' \
		>/etc/driverctl.d/a.rule; mkdir -p /etc/driverctl.d/rules; \
		mv /etc/driverctl.d/a.rule /etc/driverctl.d/rules/" /run/driverctl/rules.lock -- \
		set-rule x --match=class=network none
	overrides "0000:01:00.0=(null)" 0000:02:00.0=none
}

@test "a device that an older form of the rule has set is given back, also after a call was killed" {
	cards 2
	run_driverctl set-rule x --match=name=01:00.0 none
	expect 0 "" ""
	# As if the call that changed the rule had been killed before it loaded the devices.
	rule x "name = 02:00.0"
	run_driverctl set-rule x --match=name=02:00.0 none
	expect 0 "" ""
	overrides 0000:01:00.0= 0000:02:00.0=none

	# A rule with an error decides no device any more.
	rule x "nam = 02:00.0"
	run_driverctl unset-rule x
	expect 0 "" ""
	overrides 0000:02:00.0=
}

@test "a device that the rule has set, and for which something else is saved since, is left alone" {
	cards 2
	bus_driver pci foo
	run_driverctl set-rule x --match=class=network none
	run_driverctl --save-only set-override 01:00.0 foo
	expect 0 "" ""
	run_driverctl unset-rule x
	expect 0 "" ""
	overrides 0000:01:00.0=none 0000:02:00.0=
}

@test "a device blocks its reader while the devices are looked at: exit 6, nothing changed" {
	cards 3
	run_faulty open:delay=3000 "$(in_sys 0000:03:00.0)/driver_override" -- \
		--timeout=1 set-rule x --match=class=network none
	expect_error 6 "driverctl: rule x: reading driver_override not finished after 1 s; nothing changed"
	[ ! -e "$STORE/rules/x.rule" ]
}

@test "a rule for the best VFIO driver: a device on another VFIO driver that is in use is refused before" {
	pci_device 0000:01:00.0 driver=other-vfio class=0x020000 vendor=0x8086 device=0x10d3
	module_driver vfio_pci pci vfio-pci
	put "$(device_dir pci 0000:01:00.0)/sriov_numvfs" 2
	mkdir "$(device_dir pci 0000:01:00.0)/vfio-dev"
	run_driverctl set-rule x --match=name=* --best-vfio
	expect_error 4 "driverctl: 0000:01:00.0: in use: 2 virtual functions are enabled on it; *"
	[ ! -e "$STORE/rules/x.rule" ]
}

@test "the time is up after the rule was saved: each device is named" {
	cards 3
	run_faulty sync:delay=1300 /etc/driverctl.d/rules -- --timeout=1 set-rule x --match=class=network none
	[ "$status" = 6 ]
	[ "$(grep -c '^driverctl: 0000:0[123]:00.0: ' <<<"$stderr")" = 3 ]
	[ -e "$STORE/rules/x.rule" ]
}

@test "a device of another bus is loaded once" {
	cards 1
	bus_device platform a.1
	run_driverctl set-rule x --match=name=0000:01:00.0 none
	expect 0 "" ""
	run_driverctl --json set-rule x --match=bus=platform --match=name=a.1 none
	[ "$status" = 0 ]
	[ "$(grep -c '"name":"0000:01:00.0"' <<<"$output")" = 1 ]
}

@test "-v tells the steps of the rule" {
	cards 1
	run_driverctl -v set-rule x --match=class=network none
	[ "$status" = 0 ]
	[[ $stderr == *"driverctl: rule x: waiting for the lock"* ]]
}
