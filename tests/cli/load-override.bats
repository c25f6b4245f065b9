#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # inner shells; status and stderr are the helper's

load ../helpers/tree

setup_file() {
	fetch_original
}

policy() {
	mkdir -p "$STORE/policy"
	put "$STORE/policy/$1.ini" "[override]" "${@:2}"
}

# load runs with /etc read-only: it never writes there.
run_load() {
	run_in_tree bash -c 'mount -n -o remount,bind,ro /etc && exec "$@"' - \
		"$DRIVERCTL" load-override "$@"
}

@test "what the original saved is loaded, and the other way round" {
	pci_device 0000:01:00.0
	silently run_original set-override 0000:01:00.0 none
	put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
	silently run_load 0000:01:00.0
	overrides 0000:01:00.0=none
	silently run_driverctl unset-override 0000:01:00.0
	silently run_original list-persisted
	silently run_driverctl set-override 0000:01:00.0 none
	put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
	prints "0000:01:00.0 none" run_original list-persisted
	silently run_original load-override 0000:01:00.0
	overrides 0000:01:00.0=none
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
		silently run_load "$name"
	done
	overrides platform/reg-dummy=none fsl-mc/dprc.1=none
}

@test "a policy of another device, or a damaged one: refused, and a set approves it" {
	local damage
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	mkdir "$STORE/policy"
	for damage in "" "[override" "module = x" "$(printf '%070000d' 0)" \
		$'[override]\ndriver = none\nchoose = fixed\npath = pci0000:00/1d.0/00.0'; do
		echo "# ${damage::20}"
		put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
		put "$STORE/policy/pci-0000:01:00.0.ini" "$damage"
		run_driverctl load-override 01:00.0
		expect_error 4 "driverctl: 0000:01:00.0: not the device the override was set for *"
		overrides "0000:01:00.0=(null)"
		silently run_driverctl set-override 01:00.0 none
		silently run_driverctl load-override 01:00.0
	done
}

# fallen_back: a device on its second-best driver, the best of which is loaded
fallen_back() {
	module_driver vfio_pci pci vfio-pci
	module_driver e1000e_vfio_pci pci e1000e-vfio-pci
	put "$TREE/lib/modules/$(uname -r)/modules.alias" "alias vfio_pci:v00008086* e1000e_vfio_pci" \
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
	put "$STORE/pci-0000:01:00.0" vfio-pci
	policy pci-0000:01:00.0 "driver = vfio-pci" "module = vfio_pci" "choose = best-vfio"
}

@test "best-vfio: a driver that was fallen back to stays at events of the same boot, and while in use" {
	fallen_back
	noted pci 0000:01:00.0 override=vfio-pci driver=vfio-pci time=1000
	silently run_in_tree "$(dirname "$VFIO_NAME")/driverctl_load" 0000:01:00.0
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/unbind" ]

	put "$(device_dir pci 0000:01:00.0)/sriov_numvfs" 1
	silently run_load 0000:01:00.0
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/unbind" ]
	overrides 0000:01:00.0=vfio-pci

	# Free, and not tried yet: a new kernel may have brought a better one.
	put "$(device_dir pci 0000:01:00.0)/sriov_numvfs" 0
	run_load 0000:01:00.0
	[ "$(cat "$SYS/bus/pci/drivers/vfio-pci/unbind")" = 0000:01:00.0 ]
}

@test "several devices: goes on past a failure" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	put "$STORE/pci-0000:02:00.0" none
	run_load 0000:01:00.0 0000:02:00.0
	expect 1 "" "driverctl: 0000:01:00.0: no saved override"
	overrides 0000:02:00.0=none
}

@test "a store file may be a link, as configuration managers make them" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
	put "$TREE/etc/made-elsewhere" vfio-pci
	ln -s /etc/made-elsewhere "$STORE/pci-0000:01:00.0"
	silently run_driverctl load-override 0000:01:00.0
	prints "0000:01:00.0 vfio-pci" run_driverctl list-persisted
}

# --- --all ---

# What has changed since a snapshot, one file a line; without locks and the journal.
changed_since() {
	{ diff <(echo "$1") <(snapshot) || true; } |
		sed -nE 's/^[<>] ([0-9a-f]{64}  \.\/)?//p' | sed -E 's/ [a-z] [0-7]+ .*//' | sort -u |
		grep -vE '^run/driverctl(/[^/]*\.lock|/journal(/.*)?)?$' || true
}

# sets NAME...: devices on pci, each with the saved override none.
sets() {
	local name
	for name; do
		pci_device "$name"
		put "$STORE/pci-$name" none
	done
}

@test "--all: every device that is present, on every bus" {
	sets 0000:01:00.0 10000:e1:00.0
	bus_device platform reg-dummy
	bus_device fsl-mc dprc.1
	put "$STORE/platform-reg-dummy" none
	put "$STORE/fsl-mc-dprc.1" none
	put "$STORE/pci-0000:02:00.0" none
	put "$STORE/nosuchbus-1" none
	silently run_load --all
	overrides 0000:01:00.0=none 10000:e1:00.0=none platform/reg-dummy=none fsl-mc/dprc.1=none
}

@test "--all: nothing saved, no folder" {
	silently run_load --all
	rmdir "$STORE"
	silently run_load --all
	silently run_load --all --early
}

@test "--all: files with other names are left alone" {
	local name
	sets 0000:01:00.0
	pci_device 0000:02:00.0
	mkdir "$STORE/policy" "$STORE/pci-0000:02:00.0"
	for name in README pci- pci .pci-0000:02:00.0.new pci-0000:02:00.0~ pci-0000:02:00.0.rpmsave \
		"pci-0000:02:00.0 " "pci-0000:02:00.0"$'\n' pci-.. pci-. -pci-0000:02:00.0 -- -- --all \
		"$(printf 'x%.0s' {1..200})-0000:02:00.0" "pci-$(printf 'x%.0s' {1..251})" \
		pci-$'\xff\xfe'; do
		put "$STORE/$name" none
	done
	silently run_load --all
	overrides 0000:01:00.0=none "0000:02:00.0=(null)"
}

@test "--all: a file is for the device of just that name, no interface or short address" {
	local name
	sets 0000:01:00.0
	pci_device 0000:0a:00.0
	net_interface enp1s0 pci 0000:0a:00.0
	tree_bus platform
	for name in pci-0a:00.0 pci-0000:0A:00.0 pci-enp1s0 platform-pci-0000:0a:00.0 \
		pci-pci-0000:0a:00.0; do
		put "$STORE/$name" none
		silently run_load --all
		overrides "0000:0a:00.0=(null)"
		rm "$STORE/$name"
	done
}

@test "--all: -b takes one bus, SUBSYSTEM does not" {
	sets 0000:01:00.0
	tree_bus fsl
	bus_device fsl-mc dprc.1
	bus_device fsl one
	put "$STORE/fsl-mc-dprc.1" none
	put "$STORE/fsl-one" none
	run_load -b nosuch --all
	expect 1 "" "driverctl: no such bus: nosuch"
	silently run_load -b fsl --all
	overrides fsl/one=none "fsl-mc/dprc.1=(null)"
	silently run_load --all --bus=fsl-mc
	overrides fsl-mc/dprc.1=none "0000:01:00.0=(null)"
	SUBSYSTEM=fsl silently run_load --all
	overrides 0000:01:00.0=none
}

@test "--all: goes on past failures, with the first one's code" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" none
	policy pci-0000:01:00.0 "driver = none" "choose = fixed" "modalias = pci:other"
	pci_device 0000:02:00.0
	put "$STORE/pci-0000:02:00.0" "../../evil"
	pci_device 0000:03:00.0
	put "$STORE/pci-0000:03:00.0" vfio-pci
	pci_device 0000:04:00.0 override=-
	put "$STORE/pci-0000:04:00.0" none
	pci_device 0000:05:00.0
	ln -s nowhere "$STORE/pci-0000:05:00.0"
	sets 0000:06:00.0
	run_load --all
	[ "$status" = 4 ]
	[ "$output" = "" ]
	local lines
	mapfile -t lines <<<"$stderr"
	[ "${#lines[@]}" = 5 ]
	[[ ${lines[0]} == "driverctl: 0000:01:00.0: not the device the override was set for "* ]]
	[ "${lines[1]}" = "driverctl: 0000:02:00.0: /etc/driverctl.d/pci-0000:02:00.0: not a driver name" ]
	[[ ${lines[2]} == "driverctl: 0000:03:00.0: driver 'vfio-pci' "*"the override 'vfio-pci' stays" ]]
	[[ ${lines[3]} == "driverctl: 0000:04:00.0: the kernel offers no driver_override "* ]]
	[[ ${lines[4]} == "driverctl: 0000:05:00.0: "* ]]
	overrides 0000:06:00.0=none
	rm "$STORE/pci-0000:01:00.0"
	run_load --all
	[ "$status" = 1 ]
}

@test "--all: devices that do not answer hold up no other: exit 6 in time" {
	sets 0000:01:00.0 0000:02:00.0 0000:03:00.0 0000:04:00.0
	local name started=$SECONDS
	for name in 0000:01:00.0 0000:02:00.0 0000:04:00.0; do
		hangs "$name"
	done
	run_load --timeout=2 --all
	[ $((SECONDS - started)) -le 10 ]
	[ "$status" = 6 ]
	overrides 0000:03:00.0=none
	for name in 0000:01:00.0 0000:02:00.0 0000:04:00.0; do
		[[ $stderr == *"driverctl: $name: "*"not finished after 2 s"* ]]
	done
	[[ $stderr != *0000:03:00.0* ]]
}

@test "--all: the process at work on a device is killed: exit 1, and the others are loaded" {
	sets 0000:01:00.0 0000:02:00.0
	hangs 0000:01:00.0
	run_in_tree bash -c '"$@" & call=$!
		until [ "$(cat /sys/bus/pci/devices/0000:02:00.0/driver_override)" = none ]; do :; done
		until child=$(pgrep -o -P "$call") && kill -KILL $child; do :; done
		wait "$call"' - "$DRIVERCTL" load-override --all
	expect 1 "" "driverctl: 0000:01:00.0: the process at work on it failed: Input/output error; \
now without a driver"
}

@test "--all: what became of the devices is told in their order, whichever was done first" {
	pci_device 0000:01:00.0
	sets 0000:02:00.0
	put "$STORE/pci-0000:01:00.0" none
	hangs 0000:01:00.0
	run_load --timeout=2 --json --all
	[ "$status" = 6 ]
	[[ $output == *0000:01:00.0*unfinished*0000:02:00.0*done* ]]
}

@test "--all: the store cannot be read" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	rm -r "$STORE"
	put "$STORE" none
	run_load --all
	expect 1 "" "driverctl: /etc/driverctl.d: Not a directory"
}

# --- --early ---

JOURNAL=run/driverctl/journal

# recorded "BUS-NAME DRIVER"...: what an earlier call with --early has recorded.
recorded() {
	local line key
	for line; do
		key=${line% *}
		noted "${key%%-*}" "${key#*-}" how=early "override=${line##* }"
	done
}

run_early() { run_load --all --early "$@"; }

@test "--early: writes driver_override and the record, nothing else" {
	module_driver vfio_pci pci vfio-pci
	bus_driver pci e1000e
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" vfio-pci
	put "$STORE/pci-0000:02:00.0" none
	local before
	before=$(snapshot)
	silently run_early
	diff <(changed_since "$before") - <<-EOF
		sys/devices/pci0000:00/0000:00:1c.4/0000:01:00.0/driver_override
		sys/devices/pci0000:00/0000:00:1c.4/0000:02:00.0/driver_override
	EOF
	overrides 0000:01:00.0=vfio-pci 0000:02:00.0=none
	expect_journal "pci-0000:01:00.0 saved early vfio-pci" "pci-0000:02:00.0 saved early none"
}

@test "--early: loads no module" {
	mkdir "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/test.conf" "alias pci:v* dctl_native" \
		"install dctl_native touch /run/native" "install vfio_pci touch /run/vfio"
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" vfio-pci
	policy pci-0000:01:00.0 "driver = vfio-pci" "module = vfio_pci" "choose = fixed"
	silently run_early
	[ ! -e "$TREE/run/native" ]
	[ ! -e "$TREE/run/vfio" ]
	run_driverctl load-override --all
	[ -e "$TREE/run/vfio" ]
}

@test "--early: records before it writes" {
	sets 0000:01:00.0
	run_in_tree bash -c 'mount -n --bind "$1" "$1" && mount -n -o remount,bind,ro "$1" &&
		shift && exec "$@"' - \
		/sys/devices/pci0000:00/0000:00:1c.4/0000:01:00.0/driver_override \
		"$DRIVERCTL" load-override --all --early
	expect_error 1 "driverctl: 0000:01:00.0: cannot set driver_override 'none': Read-only file system*"
	expect_journal "pci-0000:01:00.0 saved early none"
}

@test "--early: a driver that takes the device meanwhile is not unbound" {
	pci_device 0000:01:00.0
	bus_driver pci e1000e
	put "$STORE/pci-0000:01:00.0" vfio-pci
	local dir job
	dir=$(device_dir pci 0000:01:00.0)
	rm "$dir/driver_override"
	mkfifo "$dir/driver_override"
	exec 9<>"$dir/driver_override"
	in_tree "$DRIVERCTL" load-override --all --early 2>"$BATS_TEST_TMPDIR/stderr" 9>&- &
	job=$!
	# Each line is what one read of driver_override gets.
	echo "(null)" >&9
	wait_until test -s "$TREE/$JOURNAL/pci-0000:01:00.0"
	link_to "$dir/driver" "$SYS/bus/pci/drivers/e1000e"
	echo "(null)" >&9
	wait "$job"
	[[ $(timeout 10 dd bs=4096 count=1 status=none <&9) == *vfio-pci* ]]
	exec 9>&-
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
}

@test "--early: what cannot be recorded is not written" {
	sets 0000:01:00.0 0000:02:00.0
	mkdir -p "$TREE/run/driverctl"
	run_in_tree bash -c 'mount -n -o remount,bind,ro /run && exec "$@"' - \
		"$DRIVERCTL" load-override --all --early
	[ "$status" = 1 ]
	[ "$stderr" = "\
driverctl: 0000:01:00.0: cannot take the lock in /run/driverctl: Read-only file system; still \
without a driver, nothing changed
driverctl: 0000:02:00.0: cannot take the lock in /run/driverctl: Read-only file system; still \
without a driver, nothing changed" ]
	# Room for a lock's pid, and for nothing more.
	run_in_tree bash -c 'mount -n -t tmpfs -o size=4k tmpfs /run/driverctl && exec "$@"' - \
		"$DRIVERCTL" load-override --all --early -b pci
	[ "$status" = 1 ]
	[[ $stderr == "driverctl: 0000:01:00.0: cannot write to /run/driverctl: No space left on \
device; still without a driver, nothing changed"* ]]
	ln -s /run/elsewhere "$TREE/$JOURNAL"
	run_early
	[ "$status" = 1 ]
	[[ $stderr == *"driverctl: 0000:01:00.0: cannot write to /run/driverctl: "* ]]
	[ ! -e "$TREE/run/elsewhere" ]
	overrides "0000:01:00.0=(null)" "0000:02:00.0=(null)"
}

@test "--early: a device that does not answer keeps no other from being set" {
	sets 0000:01:00.0 0000:02:00.0 0000:03:00.0
	hangs 0000:01:00.0
	local started=$SECONDS
	run_early --timeout=10
	[ $((SECONDS - started)) -le 8 ]
	expect_error 6 "driverctl: 0000:01:00.0: *not finished*"
	overrides 0000:02:00.0=none 0000:03:00.0=none
}

@test "--early: two calls at once record each device once" {
	local n names=() lines
	for n in {1..9}; do
		names+=("0000:0$n:00.0")
	done
	sets "${names[@]}"
	silently run_in_tree bash -c '"$@" & first=$!; "$@" & wait "$!" && wait "$first"' - \
		"$DRIVERCTL" load-override --all --early
	mapfile -t lines < <(printf 'pci-%s saved early none\n' "${names[@]}")
	expect_journal "${lines[@]}"
	for n in "${names[@]}"; do
		overrides "$n=none"
	done
}

# --- what a stale initramfs applied ---

@test "--early: the native module is loaded for what is taken back" {
	mkdir "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/test.conf" "alias pci:v00008086d000010D3* dctl_native" \
		"install dctl_native touch /run/native"
	pci_device 0000:01:00.0 override=none
	recorded "pci-0000:01:00.0 none"
	silently run_early
	[ -e "$TREE/run/native" ]
}

@test "--early: -b takes back on that bus only" {
	pci_device 0000:01:00.0 override=none
	bus_device platform reg-dummy override=none
	recorded "pci-0000:01:00.0 none" "platform-reg-dummy none"
	silently run_early -b platform
	overrides platform/reg-dummy= 0000:01:00.0=none
}

@test "--early: every bus, and names with spaces in them" {
	bus_device platform "Fixed MDIO bus.0"
	bus_device platform "Fixed MDIO bus.1"
	put "$STORE/platform-Fixed MDIO bus.0" none
	put "$STORE/platform-Fixed MDIO bus.1" "Serial Bus"
	bus_device fsl-mc dprc.1
	put "$STORE/fsl-mc-dprc.1" vfio-fsl-mc
	silently run_early
	overrides "platform/Fixed MDIO bus.1=Serial Bus" fsl-mc/dprc.1=vfio-fsl-mc
	expect_journal "fsl-mc-dprc.1 saved early vfio-fsl-mc" "platform-Fixed MDIO bus.0 saved early none" \
		"platform-Fixed MDIO bus.1 saved early Serial Bus"
	rm "$STORE"/*
	silently run_early
	overrides "platform/Fixed MDIO bus.0=" "platform/Fixed MDIO bus.1=" fsl-mc/dprc.1=
}

@test "--early: a journal with whatever in it" {
	pci_device 0000:01:00.0 override=none
	pci_device 0000:02:00.0 override=none
	pci_device 0000:03:00.0 override=none
	recorded "pci-0000:01:00.0 none" "pci-0000:03:00.0 none" "pci- none" "nodash none"
	local entry=$TREE/$JOURNAL/pci-0000:02:00.0 line
	cp "$TREE/$JOURNAL/pci-0000:03:00.0" "$TREE/$JOURNAL/.pci-0000:03:00.0.new"
	for line in by=nobody by= how=later time=x time= instance=1 "instance=0x1" override=../../evil override= \
		"override=none " "override=$(printf 'x%.0s' {1..300})" "driver=a/b" "by=hand" \
		"$(printf 'x%.0s' {1..5000})"; do
		echo "# $line"
		noted pci 0000:02:00.0 "$line" how=early override=none
		silently run_early
		overrides 0000:02:00.0=none
	done
	: >"$entry"
	run_early
	head -c 4096 /dev/zero >"$entry"
	run_early
	ln -sf pci-0000:02:00.0 "$entry"
	run_early
	rm "$entry"
	mkdir "$entry"
	silently run_early
	overrides 0000:01:00.0= 0000:02:00.0=none 0000:03:00.0=
}

@test "--early: a journal that cannot be read is named, and what needs none is done" {
	pci_device 0000:01:00.0 override=none
	put "$STORE/pci-0000:01:00.0" none
	mkdir -p "$TREE/run/driverctl"
	ln -s journal "$TREE/$JOURNAL"
	run_early
	expect 1 "" "driverctl: /run/driverctl/journal: Too many levels of symbolic links"
	rm "$TREE/$JOURNAL"
	: >"$TREE/$JOURNAL"
	run_early
	expect 1 "" "driverctl: /run/driverctl/journal: Not a directory"
}

@test "--early: a load since is no reason to leave what an older initramfs has set" {
	pci_device 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" none
	run_early
	run_load --all
	expect_journal "pci-0000:01:00.0 saved early none"
	rm "$STORE/pci-0000:01:00.0"
	silently run_early
	overrides 0000:01:00.0=
	[ -z "$(ls "$TREE/$JOURNAL")" ]
}

# --- driverctl=off ---

OFF="driverctl: driverctl=off on the kernel command line: nothing applied (use --force to proceed anyway)"

@test "driverctl=off: nothing is applied and nothing taken back" {
	local arguments
	sets 0000:01:00.0
	pci_device 0000:02:00.0 override=vfio-pci
	recorded "pci-0000:02:00.0 vfio-pci"
	pci_device 0000:03:00.0
	pci_device 0000:04:00.0
	mkdir "$STORE/rules"
	put "$STORE/rules/x.rule" "[match]" "name = 03:00.0" "[override]" "driver = none"
	kernel_line "BOOT_IMAGE=/vmlinuz root=/dev/vda driverctl=off quiet driverctl.override=04:00.0=none"
	local before
	before=$(snapshot)
	for arguments in 0000:01:00.0 pci/0000:01:00.0 "--timeout=2 pci/0000:01:00.0" --all \
		"--all --early" "0000:99:00.0 0000:01:00.0" "-v --all"; do
		echo "# $arguments"
		# shellcheck disable=SC2086 # words
		run_load $arguments
		expect 4 "" "$OFF"
	done
	diff <(changed_since "$before") /dev/null
	run_load
	expect_error 2 "driverctl: load-override takes *"
}

@test "driverctl=off: --force goes on" {
	sets 0000:01:00.0 0000:02:00.0
	kernel_line driverctl=off
	silently run_load --force 0000:01:00.0
	overrides 0000:01:00.0=none
	silently run_load --force --all --early
	overrides 0000:02:00.0=none
}

@test "driverctl=off: by hand everything else works" {
	pci_device 0000:01:00.0
	kernel_line driverctl=off
	silently run_driverctl set-override 0000:01:00.0 none
	prints "0000:01:00.0 (none)" run_driverctl list-overrides
	prints "0000:01:00.0 none" run_driverctl list-persisted
	silently run_driverctl unset-override 0000:01:00.0
	silently run_driverctl list-persisted
}

@test "driverctl=off: wherever it stands, and nothing else" {
	local line
	sets 0000:01:00.0
	for line in "driverctl=off" "driverctl=off quiet" "quiet driverctl=off" $'a\tdriverctl=off\tb' \
		"  driverctl=off  " "driverctl=on driverctl=off" "$(printf 'x%.0s' {1..5000}) driverctl=off"; do
		echo "# ${line:0:100}"
		kernel_line "$line"
		run_load 0000:01:00.0
		expect 4 "" "$OFF"
	done
	printf 'quiet driverctl=off' >"$TREE/cmdline"
	run_load 0000:01:00.0
	expect 4 "" "$OFF"
	for line in "" driverctl=offline driverctl=on driverctl driverctl= xdriverctl=off \
		x.driverctl=off driverctl=off,quiet DRIVERCTL=OFF root=/driverctl=off; do
		echo "# $line"
		kernel_line "$line"
		silently run_load 0000:01:00.0
	done
}
