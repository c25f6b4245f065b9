#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # inner shells; status and stderr are the helper's
#
# A device whose node a process has open keeps its driver. The nodes are those of the numbers that the
# tree's devices have: /dev/full (1:7), /dev/zero (1:5). Most processes are made of files, in a /proc
# that has no others. VFIO itself is tested in tests/vm.

load ../helpers/tree
load ../helpers/json

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" vfio-pci
	own_proc
	process 1 init /dev/null
}

dir_of() { device_dir pci "$1"; }

# process PID NAME NODE...: make a process, which has the nodes open.
process() {
	local node n=3
	mkdir -p "$TREE/proc/$1/fd"
	put "$TREE/proc/$1/comm" "$2"
	for node in "${@:3}"; do ln -s "$node" "$TREE/proc/$1/fd/$((n++))"; done
}

# vfio_group NUMBER NODE: the group's node has the number.
vfio_group() {
	mkdir -p "$SYS/class/vfio/$1"
	put "$SYS/class/vfio/$1/dev" "$2"
}

with_proc() { run_in_tree bash -c "$IN_PROC" "$TREE" "$DRIVERCTL" "$@"; }

# contained COMMAND ARGUMENT...: run driverctl after COMMAND, in a PID namespace that is not the host's.
contained() {
	run_in_tree unshare --pid --fork --kill-child bash -c "$1$IN_PROC" "$TREE" "$DRIVERCTL" "${@:2}"
}

# node FILE: print the command that makes FILE the node of VFIO group 7.
node() {
	echo "mount -n -t tmpfs tmpfs /dev/shm && mkdir /dev/shm/vfio && : >/dev/shm/vfio/7 &&
		mount -n --bind $1 /dev/shm/vfio/7 && mount -n --rbind /dev/shm /dev || exit 125;"
}

UNCHANGED="; still on 'e1000e', nothing changed (use --force to proceed anyway)"

# goes_on: nothing refused the change: the last run unbound the device, which no kernel binds again.
goes_on() {
	[ "$status" = 5 ] || {
		echo "exit $status: $stderr"
		return 1
	}
	[ "$(<"$SYS/bus/pci/drivers/e1000e/unbind")" = 0000:01:00.0 ]
	: >"$SYS/bus/pci/drivers/e1000e/unbind"
	put "$(dir_of 0000:01:00.0)/driver_override" "(null)"
}

# refused REASON: the last run refused the change, and changed nothing.
refused() {
	expect_error 4 "driverctl: 0000:01:00.0: $1$UNCHANGED"
	[ "$(<"$(dir_of 0000:01:00.0)/driver_override")" = "(null)" ]
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
}

# free: what show says.
free() {
	"$@" show 01:00.0
	[ "$status" = 0 ] && [[ $output == *"  in use       no" ]] && return
	echo "$output $stderr"
	return 1
}

@test "any character device below the device refuses a change by hand, not a load" {
	local node dir
	process 12 holder /dev/null /dev/full
	for node in drm/card0 watchdog/watchdog0 virtio1/virtio-ports/vport1p1 vdpa0/vhost-vdpa-0 \
		usb1/1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0; do
		echo "# $node"
		char_device 0000:01:00.0 "$node" 1:7
		with_proc set-override 01:00.0 vfio-pci
		refused "in use: /dev/full is open in holder (pid 12)"
		with_proc load-override 01:00.0
		goes_on
		with_proc --nosave --force set-override 01:00.0 vfio-pci
		goes_on
		dir=$(dir_of 0000:01:00.0)
		rm -r "${dir:?}/${node%%/*}"
		free with_proc
	done
}

@test "a disk, an input device, and what is below an interface or a link, are no such device" {
	process 12 holder /dev/full
	char_device 0000:01:00.0 host0/block/sda 1:7 block
	char_device 0000:01:00.0 host0/block/sda/sda1 1:7 block
	char_device 0000:01:00.0 sound/card0/input5/event5 1:7 input
	char_device 0000:01:00.0 net/enp1s0/queues/any 1:7
	pci_device 0000:02:00.0
	char_device 0000:02:00.0 drm/card1 1:7
	link_to "$(dir_of 0000:01:00.0)/other" "$(dir_of 0000:02:00.0)"
	free with_proc
	# What lies below an input device may be something else.
	char_device 0000:01:00.0 sound/card0/input5/leds/any 1:7
	with_proc set-override 01:00.0 vfio-pci
	refused "in use: /dev/full is open in holder (pid 12)"
}

@test "several devices are asked for at once: each has its own uses, and those of the group" {
	pci_device 0000:01:00.1 driver=snd
	pci_device 0000:01:00.2 driver=snd
	iommu_group 7 0000:01:00.0 0000:01:00.1 0000:01:00.2
	char_device 0000:01:00.0 drm/card0 1:7
	char_device 0000:01:00.1 sound/card0/pcmC0D0p 1:5
	process 12 Xorg /dev/full /dev/full
	process 13 pulse /dev/zero
	with_proc --json list-groups
	[ "$(value '[(device["in_use"] or {}).get("message") for device in x[0]["devices"]]')" = \
		'["in use: /dev/full is open in Xorg (pid 12)", "in use: /dev/zero is open in pulse (pid 13)", null]' ]
	vfio_group 7 1:8
	process 14 qemu /dev/random
	with_proc -v list-groups
	[[ $output == *"0000:01:00.2 snd ("*", in use: /dev/random is open in qemu (pid 14)" ]]
}

@test "a bridge: what is open below it counts" {
	bus_driver pci pcieport
	bus_device pci 0000:00:1c.4 parent=pci0000:00 driver=pcieport
	char_device 0000:01:00.0 drm/card0 1:7
	process 12 holder /dev/full
	with_proc show 00:1c.4
	[[ $output == *"  in use       /dev/full is open in holder (pid 12)" ]]
}

@test "VFIO: the node of the group, and of each member, refuse also a load" {
	local command
	pci_device 0000:01:00.1 driver=vfio-pci
	iommu_group 7 0000:01:00.0 0000:01:00.1
	vfio_group 7 1:7
	free with_proc
	process 12 qemu /dev/full
	for command in "set-override 01:00.0 vfio-pci" "load-override 01:00.0"; do
		# shellcheck disable=SC2086 # words
		with_proc $command
		refused "in use: /dev/full is open in qemu (pid 12)"
	done
	mv "$SYS/class/vfio/7" "$SYS/class/vfio/noiommu-7"
	with_proc load-override 01:00.0
	refused "in use: /dev/full is open in qemu (pid 12)"
	put "$SYS/class/vfio/noiommu-7/dev" 1:3
	rm -r "$TREE/proc/1"
	char_device 0000:01:00.1 vfio-dev/vfio0 1:7
	with_proc load-override 01:00.0
	refused "in use: /dev/full is open in qemu (pid 12)"
	# Without VFIO groups (iommufd), only the members have nodes.
	rm -r "$SYS/class/vfio"
	mkdir -p "$SYS/class/vfio-dev"
	with_proc load-override 01:00.0
	refused "in use: /dev/full is open in qemu (pid 12)"
	rm -r "$(dir_of 0000:01:00.1)/vfio-dev"
	free with_proc
}

@test "a file that only has the path of a node is none" {
	iommu_group 7 0000:01:00.0
	vfio_group 7 1:7
	char_device 0000:01:00.0 drm/card0 1:5
	mkdir -p "$TREE/run/dev/vfio" "$TREE/run/dev/dri"
	touch "$TREE/run/dev/vfio/7" "$TREE/run/dev/dri/card0"
	mkfifo "$TREE/run/pipe"
	process 12 anyone /run/dev/vfio/7 /run/dev/dri/card0 /run/pipe /dev/random "pipe:[7]" \
		"/dev/vfio/7 (deleted)"
	# The path is the one that the node has in the process's own mount namespace.
	run_in_tree bash -c 'mount -n -t tmpfs tmpfs /dev/shm && mount -n --rbind /run/dev /dev/shm &&
		mount -n --bind /dev/shm /dev || exit 125'"$IN_PROC" "$TREE" "$DRIVERCTL" show 01:00.0
	[[ $status = 0 && $output == *"  in use       no" ]]
}

@test "while a member of the group has no driver, a deleted node of VFIO counts" {
	pci_device 0000:01:00.1
	iommu_group 7 0000:01:00.0 0000:01:00.1
	vfio_group 7 1:3
	rm -r "$TREE/proc/1"
	put "$TREE/proc/devices" "Character devices:" "  1 vfio-dev" "" "Block devices:" "  2 vfio-dev"
	process 12 qemu "/dev/shm/vfio0 (deleted)"
	process 13 other /dev/full
	local node='mount -n -t tmpfs tmpfs /dev/shm && : >"/dev/shm/vfio0 (deleted)" &&
		mount -n --bind /dev/full "/dev/shm/vfio0 (deleted)" || exit 125'
	run_in_tree bash -c "$node$IN_PROC" "$TREE" "$DRIVERCTL" load-override 01:00.0
	refused "in use: /dev/shm/vfio0 (deleted) is open in qemu (pid 12)"
	put "$TREE/proc/devices" "Character devices:" "  1 vfio-device" "Block devices:" "  1 vfio-dev"
	run_in_tree bash -c "$node$IN_PROC" "$TREE" "$DRIVERCTL" load-override 01:00.0
	goes_on
	bus_driver pci pcieport
	link_to "$(dir_of 0000:01:00.1)/driver" "$SYS/bus/pci/drivers/pcieport"
	put "$TREE/proc/devices" "Character devices:" "  1 vfio-dev"
	run_in_tree bash -c "$node$IN_PROC" "$TREE" "$DRIVERCTL" load-override 01:00.0
	goes_on
}

# information MINOR: what NVIDIA's driver says of the card.
information() {
	mkdir -p "$TREE/proc/driver/nvidia/gpus/0000:01:00.0"
	printf '%s: \t %s\n' Model "Any GPU" "GPU UUID" GPU-1 "Bus Location" 0000:01:00.0 "Device Minor" \
		"$1" "GPU Excluded" No >"$TREE/proc/driver/nvidia/gpus/0000:01:00.0/information"
}

@test "NVIDIA's own nodes, which have no directory in /sys" {
	information 3
	free with_proc
	# No process can have this node open here; but if /proc shows too little, it is named.
	contained "" set-override 01:00.0 vfio-pci
	refused "cannot tell whether character device 195:3 is in use: /proc does not show the processes \
of the host"
	contained "" load-override 01:00.0
	goes_on
	information none
	with_proc set-override 01:00.0 vfio-pci
	expect 1 "" "driverctl: 0000:01:00.0: cannot check its use: Bad message; still on 'e1000e', \
nothing changed"
}

@test "if /proc does not show the host's processes: refused, if the device has a node at all" {
	contained "" set-override 01:00.0 vfio-pci
	goes_on
	char_device 0000:01:00.0 drm/card0 1:7
	contained "" set-override 01:00.0 vfio-pci
	refused "cannot tell whether /dev/card0 is in use: /proc does not show the processes of the host"
	contained "" --json show 01:00.0
	[[ $output == *'"kind":"hidden"'* ]]
	contained "" --nosave --force set-override 01:00.0 vfio-pci
	goes_on
	contained "" load-override 01:00.0
	goes_on
	# A process that it does show is named.
	process 12 holder /dev/full
	contained "" set-override 01:00.0 vfio-pci
	refused "in use: /dev/full is open in holder (pid 12)"
}

@test "if /proc does not show the host's processes, the kernel is asked about a VFIO group" {
	iommu_group 7 0000:01:00.0
	vfio_group 7 1:7
	contained "$(node /dev/full)" load-override 01:00.0
	goes_on
	contained "$(node /dev/full)" show 01:00.0
	[[ $output == *"  in use       cannot tell whether character device 1:7 is in use: /proc does not \
show the processes of the host" ]]
	# The node is missing, or is that of another device.
	contained "mount -n -t tmpfs tmpfs /dev/shm && mount -n --rbind /dev/shm /dev || exit 125;" \
		load-override 01:00.0
	refused "cannot tell whether /dev/vfio/7 is in use: No such file or directory"
	contained "$(node /dev/zero)" load-override 01:00.0
	refused "cannot tell whether /dev/vfio/7 is in use: No such file or directory"
	build_faulty
	run_in_tree "$FAULTY" "$CALLS" open:error=EBUSY /dev/vfio/7 -- unshare --mount --pid --fork \
		bash -c "$(node /dev/full)$IN_PROC" "$TREE" "$DRIVERCTL" load-override 01:00.0
	refused "in use: /dev/vfio/7 is open in a process that /proc does not show"
	# A member's own node may be open and not used yet, which the group does not tell.
	char_device 0000:01:00.0 vfio-dev/vfio0 1:8
	contained "$(node /dev/full)" load-override 01:00.0
	refused "cannot tell whether /dev/vfio0 is in use: /proc does not show the processes of the host"
	run_in_tree "$FAULTY" "$CALLS" open:error=EBUSY /dev/vfio/7 -- unshare --mount --pid --fork \
		bash -c "$(node /dev/full)$IN_PROC" "$TREE" "$DRIVERCTL" load-override 01:00.0
	refused "in use: /dev/vfio/7 is open in a process that /proc does not show (and 1 more use)"
	# A kernel without VFIO groups has nothing to ask.
	rm -r "$SYS/class/vfio"
	contained "$(node /dev/full)" load-override 01:00.0
	refused "cannot tell whether /dev/vfio0 is in use: /proc does not show the processes of the host"
}

@test "what cannot be read is an error of the call, but for what has just vanished" {
	char_device 0000:01:00.0 drm/card0 1:7
	put "$(dir_of 0000:01:00.0)/drm/card0/dev" card
	with_proc set-override 01:00.0 vfio-pci
	expect 1 "" "driverctl: 0000:01:00.0: cannot check its use: Bad message; still on 'e1000e', \
nothing changed"
	put "$(dir_of 0000:01:00.0)/drm/card0/dev" 1:7
	local fault
	for fault in "open:error=EIO $(dir_of 0000:01:00.0)/drm" "list:error=EIO $(dir_of 0000:01:00.0)/drm" \
		"read:error=EIO $(dir_of 0000:01:00.0)/drm/card0/dev"; do
		echo "# $fault"
		# shellcheck disable=SC2086 # words
		run_faulty ${fault/"$TREE"/} -- set-override 01:00.0 vfio-pci
		expect 1 "" "driverctl: 0000:01:00.0: cannot check its use: Input/output error; still on \
'e1000e', nothing changed"
	done
	rm "$(dir_of 0000:01:00.0)/drm/card0/dev"
	free with_proc
}

# opened ARGUMENT...: run driverctl while a process has /dev/full open: sleep, or a copy of it in /run
# with another name.
opened() {
	run_in_tree bash -c '
		sleep=(/run/a*c)
		[ -e "${sleep[0]}" ] || sleep=(sleep)
		"${sleep[0]}" 60 8</dev/full &
		until [ "/proc/$!/exe" -ef "$(type -P "${sleep[0]}")" ]; do sleep 0.01; done
		status=0
		"$@" || status=$?
		kill $!
		exit $status' - "$DRIVERCTL" "$@"
}

@test "a process of this host, whose name has a newline and an escape: the message has neither" {
	char_device 0000:01:00.0 drm/card0 1:7
	opened set-override 01:00.0 vfio-pci
	expect_error 4 "driverctl: 0000:01:00.0: in use: /dev/full is open in sleep (pid *)*$UNCHANGED"
	# A process is called as its file is.
	cp "$(type -P sleep)" "$TREE/run/"$'a\nb\033c'
	opened set-override 01:00.0 vfio-pci
	[ "$status" = 4 ]
	[[ $stderr == *"is open in a\x0ab\x1bc (pid "* ]]
}

@test "a descriptor that only names the node, as udev's, is no use" {
	char_device 0000:01:00.0 drm/card0 1:7
	process 4711 udevd /dev/full
	mkdir "$TREE/proc/4711/fdinfo"
	put "$TREE/proc/4711/fdinfo/3" "pos:	0" "flags:	0100002" "mnt_id:	27"
	with_proc set-override 01:00.0 vfio-pci
	refused "in use: /dev/full is open in udevd (pid 4711)"
	put "$TREE/proc/4711/fdinfo/3" "pos:	0" "flags:	012100000" "mnt_id:	27"
	with_proc set-override 01:00.0 vfio-pci
	goes_on
}
