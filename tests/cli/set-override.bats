#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # inner shells; status and stderr are the helper's

load ../helpers/tree

POLICY_1="[override]
driver = vfio-pci
module = vfio_pci
choose = fixed
modalias = pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00
path = pci0000:00/1c.4/00.0"

# A device that is as the administrator wants it: set-override has nothing to do but save it.
right_device() {
	module_driver vfio_pci pci vfio-pci
	pci_device "$1" driver=vfio-pci override=vfio-pci "${@:2}"
}

attribute() {
	cat "$(device_dir pci "$1")/$2"
}

expect_nothing_saved() {
	diff <(find "$STORE" -mindepth 1 ! -path "$STORE/policy") /dev/null
}

@test "already right: saved with a policy, readable by all, and nothing is bound or unbound" {
	right_device 0000:01:00.0
	rmdir "$STORE"
	(umask 077 && run_driverctl set-override 0000:01:00.0 vfio-pci && expect 0 "" "")
	expect_file "$STORE/pci-0000:01:00.0" vfio-pci
	expect_file "$STORE/policy/pci-0000:01:00.0.ini" "$POLICY_1"
	diff - <(cd "$STORE" && find . -type f -printf '%P %m\n' | sort) <<-EOF
		pci-0000:01:00.0 644
		policy/pci-0000:01:00.0.ini 644
	EOF
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/unbind" ]
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/bind" ]
	[ ! -s "$SYS/bus/pci/drivers_probe" ]
}

@test "the name of a module that is being loaded: its driver is waited for" {
	pci_device 0000:01:00.0
	mkdir -p "$SYS/module/card_module" "$TREE/etc/modprobe.d"
	put "$SYS/module/card_module/initstate" coming
	bus_driver pci card-driver
	put "$TREE/etc/modprobe.d/test.conf" "alias card_module card_module" \
		"install card_module sh -e /etc/end-of-loading"
	put "$TREE/etc/end-of-loading" "cd /sys/module/card_module" "mkdir drivers" \
		"ln -s ../../../bus/pci/drivers/card-driver drivers/pci:card-driver" \
		"echo live >initstate"
	silently run_driverctl --noprobe set-override 0000:01:00.0 card_module
	expect_file "$STORE/pci-0000:01:00.0" card-driver
}

@test "the module's name is taken for the driver's, with - or _" {
	local name
	right_device 0000:01:00.0
	module_driver mlx5_vfio_pci pci mlx5_vfio_pci
	pci_device 0000:02:00.0 driver=mlx5_vfio_pci override=mlx5_vfio_pci
	module_driver i2c_i801 pci i801_smbus
	pci_device 0000:00:1f.3 driver=i801_smbus override=i801_smbus
	silently run_driverctl set-override 0000:01:00.0 vfio_pci
	expect_file "$STORE/pci-0000:01:00.0" vfio-pci
	for name in mlx5-vfio-pci mlx5_vfio_pci; do
		silently run_driverctl set-override 0000:02:00.0 "$name"
		expect_file "$STORE/pci-0000:02:00.0" mlx5_vfio_pci
	done
	for name in i2c-i801 i2c_i801 i801_smbus; do
		silently run_driverctl set-override 0000:00:1f.3 "$name"
		expect_file "$STORE/pci-0000:00:1f.3" i801_smbus
	done
}

@test "a module with several drivers on the bus has to be named by driver" {
	module_driver dctl_two pci dctl-one
	module_driver dctl_two pci dctl-other
	pci_device 0000:01:00.0
	run_driverctl set-override 0000:01:00.0 dctl_two
	expect_error 1 "driverctl: 0000:01:00.0: *dctl-one*dctl-other*"
	expect_nothing_saved
}

@test "every name of a device" {
	local name
	right_device 0000:01:00.0
	net_interface enp1s0 pci 0000:01:00.0
	for name in 0000:01:00.0 01:00.0 pci/0000:01:00.0 pci/01:00.0 pci-0000:01:00.0 enp1s0 \
		/sys/bus/pci/devices/0000:01:00.0 /sys/class/net/enp1s0 \
		/sys/devices/pci0000:00/0000:00:1c.4/0000:01:00.0; do
		echo "# $name"
		silently run_driverctl set-override "$name" vfio-pci
		diff <(cd "$STORE" && find . -type f | sort) - <<-EOF
			./pci-0000:01:00.0
			./policy/pci-0000:01:00.0.ini
		EOF
		rm -r "$STORE"
	done
}

@test "an interface on bus virtio is its PCI device" {
	right_device 0000:00:03.0
	bus_device virtio virtio0 parent=pci0000:00/0000:00:03.0 driver=virtio_net override=-
	net_interface eth0 virtio virtio0
	silently run_driverctl set-override eth0 vfio-pci
	expect_file "$STORE/pci-0000:00:03.0" vfio-pci
}

@test "an interface on another bus does not mean the controller of that bus" {
	right_device 0000:00:03.0
	bus_device usb 1-1:1.0 parent=pci0000:00/0000:00:03.0/usb1/1-1 override=-
	net_interface enx525400123458 usb 1-1:1.0
	run_driverctl set-override enx525400123458 vfio-pci
	expect 2 "" "driverctl: enx525400123458: this interface belongs to 1-1:1.0 on bus usb, which has \
no driver_override; name the device that you mean"
	run_driverctl show enx525400123458
	[ "$status" = 2 ]
	[ ! -e "$STORE/pci-0000:00:03.0" ]
}

@test "another bus, in every way to say so" {
	local way
	bus_device platform reg-dummy driver=reg-dummy override=reg-dummy modalias=platform:reg-dummy
	for way in "-b platform set-override reg-dummy" "set-override platform/reg-dummy" \
		"set-override platform-reg-dummy" "--bus=platform set-override reg-dummy"; do
		# shellcheck disable=SC2086 # words
		silently run_driverctl $way reg-dummy
		expect_file "$STORE/platform-reg-dummy" reg-dummy
		grep -qx "modalias = platform:reg-dummy" "$STORE/policy/platform-reg-dummy.ini"
		rm -r "$STORE"
	done
	tree_bus fsl
	bus_device fsl-mc dprc.1 driver=fsl_mc_dprc override=fsl_mc_dprc
	silently run_driverctl set-override fsl-mc-dprc.1 fsl_mc_dprc
	expect_file "$STORE/fsl-mc-dprc.1" fsl_mc_dprc
}

@test "--noprobe: override written and saved, nothing bound" {
	module_driver vfio_pci pci vfio-pci
	: >"$SYS/bus/pci/drivers/vfio-pci/new_id"
	pci_device 0000:01:00.0
	silently run_driverctl --noprobe set-override 0000:01:00.0 vfio-pci
	overrides 0000:01:00.0=vfio-pci
	expect_file "$STORE/pci-0000:01:00.0" vfio-pci
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/bind" ]
	[ ! -s "$SYS/bus/pci/drivers/vfio-pci/new_id" ]
	[ ! -s "$SYS/bus/pci/drivers_probe" ]
}

@test "several devices: goes on past a failure, ends with the first one's code" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	silently run_driverctl set-override 0000:01:00.0 02:00.0 none
	expect_file "$STORE/pci-0000:02:00.0" none
	rm -r "$STORE"
	run_driverctl set-override 0000:01:00.0 0000:99:00.0 0000:02:00.0 none
	expect_error 3 "driverctl: 0000:99:00.0: no such device"
	expect_file "$STORE/pci-0000:01:00.0" none
	expect_file "$STORE/pci-0000:02:00.0" none
	overrides 0000:02:00.0=none
}

@test "the kernel does not answer: exit 6 in time, also inside \$(...)" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	hangs 0000:01:00.0
	local started=$SECONDS
	run_driverctl --timeout=1 set-override 0000:01:00.0 vfio-pci
	[ $((SECONDS - started)) -le 10 ]
	expect_error 6 "driverctl: 0000:01:00.0: *not finished after 1 s*"
	LIMIT=20 run_in_tree bash -c 'text=$("$@" 2>&1); echo "$? $text"' - \
		"$DRIVERCTL" --timeout=1 set-override 0000:01:00.0 vfio-pci
	[ "$status" = 0 ]
	[[ $output == "6 driverctl: 0000:01:00.0: "* ]]
	expect_nothing_saved
}

@test "a call that waits for another one names its pid" {
	pci_device 0000:01:00.0
	hangs 0000:01:00.0
	run_driverctl --timeout=1 set-override 0000:01:00.0 none
	[ "$status" = 6 ]
	local pid
	pid=$(tree_processes)
	[ -n "$pid" ]
	run_driverctl --timeout=1 set-override 0000:01:00.0 none
	expect_error 6 "driverctl: 0000:01:00.0: *$pid*not finished after 1 s*"
	# After a second it has looked for who uses the device, and found nobody.
	run_driverctl --timeout=2 set-override 0000:01:00.0 none
	expect_error 6 "driverctl: 0000:01:00.0: *$pid*not finished after 2 s*"
}

@test "the timeout of the configuration holds" {
	pci_device 0000:01:00.0
	hangs 0000:01:00.0
	put "$TREE/etc/driverctl.conf" "[safety]" "timeout = 1"
	local started=$SECONDS
	run_driverctl set-override 0000:01:00.0 none
	[ $((SECONDS - started)) -le 10 ]
	expect_error 6 "driverctl: 0000:01:00.0: *not finished after 1 s*"
}

@test "a read-only store is found before the device is touched" {
	pci_device 0000:01:00.0
	run_in_tree bash -c 'mount -n -o remount,bind,ro /etc && exec "$@"' - \
		"$DRIVERCTL" set-override 0000:01:00.0 none
	expect_error 1 "driverctl: 0000:01:00.0: */etc/driverctl.d*Read-only file system*"
	overrides "0000:01:00.0=(null)"
}

@test "a full store is found before the device is touched" {
	pci_device 0000:01:00.0
	run_in_tree bash -c 'mount -n -t tmpfs -o size=4k tmpfs /etc/driverctl.d &&
		echo vfio-pci >/etc/driverctl.d/pci-0000:01:00.0 &&
		"$@"; echo "$? $(cd /etc/driverctl.d && find . -type f) $(cat /etc/driverctl.d/pci-*)"' - \
		"$DRIVERCTL" set-override 0000:01:00.0 none
	[ "$output" = "1 ./pci-0000:01:00.0 vfio-pci" ]
	[[ $stderr == "driverctl: 0000:01:00.0: "*"No space left on device"* ]]
	overrides "0000:01:00.0=(null)"
}

@test "links in the store are replaced, what they lead to is not written" {
	right_device 0000:01:00.0
	mkdir "$STORE/policy"
	put "$TREE/etc/precious" "do not touch"
	local file
	for file in pci-0000:01:00.0 .pci-0000:01:00.0.new policy/pci-0000:01:00.0.ini \
		policy/.pci-0000:01:00.0.ini.new; do
		ln -sf /etc/precious "$STORE/$file"
		silently run_driverctl set-override 0000:01:00.0 vfio-pci
		expect_file "$TREE/etc/precious" "do not touch"
		diff <(cd "$STORE" && find . ! -type d -printf '%y %p\n' | sort) - <<-EOF
			f ./pci-0000:01:00.0
			f ./policy/pci-0000:01:00.0.ini
		EOF
	done
}

# What a call leaves that is killed between its last two steps.
killed_half_way() {
	right_device 0000:01:00.0
	silently run_driverctl set-override 0000:01:00.0 vfio-pci
	mv "$STORE/policy/pci-0000:01:00.0.ini" "$STORE/policy/.pci-0000:01:00.0.ini.new"
	put "$STORE/policy/pci-0000:01:00.0.ini" "[override]" "driver = other" "module = other"
}

@test "a call that was killed half-way has saved the override with its policy" {
	killed_half_way
	run_driverctl --json list-persisted
	[[ $output == *'"driver":"vfio-pci"'*'"module":"vfio_pci"'* ]]
	mkdir "$TREE/copy"
	run_driverctl export-store "$TREE/copy"
	expect_file "$TREE/copy/etc/driverctl.d/policy/pci-0000:01:00.0.ini" "$POLICY_1"
}

@test "the next call ends what was half-way, or removes what was only prepared" {
	local call half
	for call in "set-override 0000:01:00.0 vfio-pci" "--nosave set-override 0000:01:00.0 vfio-pci" \
		"--nosave unset-override 0000:01:00.0" "unset-override 0000:01:00.0"; do
		for half in yes no; do
			echo "# $call, half-way: $half"
			killed_half_way
			[ "$half" = yes ] || put "$STORE/.pci-0000:01:00.0.new" vfio-pci
			# shellcheck disable=SC2086 # words
			silently run_driverctl --noprobe $call
			diff <(find "$STORE" -name '.*.new') /dev/null
			[[ $half$call != "yes--nosave"* ]] ||
				expect_file "$STORE/policy/pci-0000:01:00.0.ini" "$POLICY_1"
			rm -rf "$SYS/devices"/* "$SYS/bus/pci"/devices/* "${STORE:?}"/*
		done
	done
}

@test "a process that is killed at its work: what it leaves is said" {
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:02:00.0
	local dev
	for dev in 0000:01:00.0 0000:02:00.0; do
		run_in_tree bash -c 'mkdir -p /run/driverctl && exec 9>"/run/driverctl/pci-$2.lock" &&
			flock 9 && { "$1" set-override "$2" none 9>&- & } &&
			until child=$(pgrep -P $!); do :; done && kill -KILL "$child" && wait $!' - \
			"$DRIVERCTL" "$dev"
		[ "$status" = 1 ]
		[ "$stderr" = "driverctl: $dev: the process at work on it failed: Input/output error; now \
$([ "$dev" = 0000:02:00.0 ] && echo "without a driver" || echo "on 'e1000e'")" ]
	done
}

@test "many calls at once, on one device and on several" {
	local n
	for n in 1 2 3 4; do
		pci_device "0000:0$n:00.0"
	done
	# shellcheck disable=SC2016 # for the inner shell
	run_in_tree bash -c 'for n in 1 2 3 4 1 2 3 4 1 1; do
			"$1" set-override "0000:0$n:00.0" none & jobs+=($!)
		done
		for job in "${jobs[@]}"; do wait "$job" || echo "exit $?"; done' - "$DRIVERCTL"
	expect 0 "" ""
	for n in 1 2 3 4; do
		expect_file "$STORE/pci-0000:0$n:00.0" none
		[ "$(attribute "0000:0$n:00.0" driver_override)" = none ]
	done
	diff <(find "$STORE" -name '.*.new') /dev/null
}

@test "a driver that is called as the module of the one bound is another driver" {
	module_driver alpha pci beta
	bus_driver pci alpha
	pci_device 0000:01:00.0 driver=beta
	# Its disk's node cannot be opened, which counts as in use.
	mkdir -p "$(device_dir pci 0000:01:00.0)/block/absent0" "$SYS/class/block"
	link_to "$SYS/class/block/absent0" "$(device_dir pci 0000:01:00.0)/block/absent0"
	run_driverctl set-override 0000:01:00.0 alpha
	expect_error 4 "driverctl: 0000:01:00.0: cannot tell whether /dev/absent0 is in use: *"
	silently run_driverctl --nosave set-override 0000:01:00.0 beta
}

@test "devices that the time does not suffice for are not begun" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	hangs 0000:01:00.0
	run_driverctl --timeout=1 set-override 0000:01:00.0 0000:02:00.0 none
	[ "$status" = 6 ]
	[ "${stderr##*$'\n'}" = "driverctl: 0000:02:00.0: not begun within 1 s; nothing changed" ]
	[ ! -e "$STORE/pci-0000:02:00.0" ]
}

@test "a mistyped driver name loads no module, not even that of a device without a driver" {
	pci_device 0000:01:00.0
	mkdir "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/native.conf" "alias pci:v00008086d000010D3* e1000e" \
		"install e1000e echo >/run/loaded"
	run_driverctl set-override 0000:01:00.0 e1000x
	expect_error 7 "driverctl: 0000:01:00.0: no driver or module 'e1000x'; still without a driver*"
	[ ! -e "$TREE/run/loaded" ]
	# The module would be loaded by the alias.
	run_driverctl unset-override 0000:01:00.0
	[ -e "$TREE/run/loaded" ]
}

@test "a bridge to other devices: no VFIO driver takes it" {
	local arguments
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:00:1c.0 class=0x060400 driver=pcieport
	for arguments in "00:1c.0 vfio-pci" "--best-vfio 00:1c.0" "--vfio-variant=generic 00:1c.0" \
		"--force 00:1c.0 vfio_pci"; do
		# shellcheck disable=SC2086 # words
		run_driverctl set-override $arguments
		expect 4 "" "driverctl: 0000:00:1c.0: a bridge to other devices, which no VFIO driver takes; \
override these devices; still on 'pcieport', nothing changed"
	done
	expect_nothing_saved
	# Nor does a load put it on one.
	put "$STORE/pci-0000:00:1c.0" vfio-pci
	for arguments in --all "--all --early" 00:1c.0; do
		# shellcheck disable=SC2086 # words
		run_driverctl load-override $arguments
		expect 4 "" "driverctl: 0000:00:1c.0: a bridge to other devices, which no VFIO driver takes; \
override these devices; still on 'pcieport', nothing changed"
	done
	overrides "0000:00:1c.0=(null)"
	run_driverctl show 00:1c.0
	[[ $output == *"best VFIO    none: a bridge to other devices, which no VFIO driver takes"* ]]
	# A host bridge is a device like others.
	pci_device 0000:00:00.0 class=0x060000 driver=vfio-pci override=vfio-pci
	silently run_driverctl set-override 00:00.0 vfio-pci
}

@test "a VFIO driver refuses a device without an IOMMU group: the message tells what to do" {
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	run_faulty write:error=EINVAL /sys/bus/pci/drivers/vfio-pci/bind -- set-override 01:00.0 vfio-pci
	[ "$status" = 5 ]
	[[ $stderr == "driverctl: 0000:01:00.0: driver 'vfio-pci' refused the device: there is no IOMMU: \
enable it in the firmware (VT-d, AMD-Vi), and put intel_iommu=on on the kernel command line of an Intel \
host; "* ]]
	iommu_group 1 0000:01:00.0
	run_faulty write:error=EINVAL /sys/bus/pci/drivers/vfio-pci/bind -- set-override 01:00.0 vfio-pci
	[[ $stderr == *"refused the device: Invalid argument; "* ]]
}
