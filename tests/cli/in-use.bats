#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # inner shells; status and stderr are the helper's
#
# A device in use keeps its driver: open nodes refuse a change by hand, mediated devices any change.
# Networks are in network.bats. Disks and VFIO nodes need a kernel, and are tested in tests/vm.

load ../helpers/tree
load ../helpers/json

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" vfio-pci
}

dir_of() { device_dir pci "$1"; }

# with_route COMMAND ARGUMENT...: run driverctl after COMMAND, in a network namespace that has only lo.
with_route() {
	run_in_tree bash -c 'ip link set lo up && eval "$1" && shift && exec "$@"' - "$1" "$DRIVERCTL" \
		"${@:2}"
}

IPV4='ip -4 route add default dev lo'

expect_untouched() {
	[ "$(cat "$(dir_of 0000:01:00.0)/driver_override")" = "(null)" ]
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
}

# opened NODE ARGUMENT...: run driverctl while a process has /dev/NODE open: sleep, or a copy of it in
# /run with another name.
opened() {
	run_in_tree bash -c '
		mount -n -t tmpfs tmpfs /dev/shm && mkdir -p "/dev/shm/${1%/*}" && touch "/dev/shm/$1" \
			/dev/shm/null && mount -n --bind /dev/null /dev/shm/null && mount -n --rbind /dev/shm /dev
		sleep=(/run/a*c)
		[ -e "${sleep[0]}" ] || sleep=(sleep)
		"${sleep[0]}" 60 8<"/dev/$1" & shift
		until [ "/proc/$!/exe" -ef "$(type -P "${sleep[0]}")" ]; do sleep 0.01; done
		status=0
		"$@" || status=$?
		kill $!
		exit $status' - "$1" "$DRIVERCTL" "${@:2}"
}

@test "a graphics card or accelerator whose node is open" {
	local node
	for node in drm:dri/card0 drm:dri/renderD128 accel:accel/accel0; do
		echo "# $node"
		mkdir -p "$(dir_of 0000:01:00.0)/${node%:*}/${node##*/}"
		opened "${node#*:}" set-override 01:00.0 vfio-pci
		expect_error 4 "driverctl: 0000:01:00.0: in use: */${node#*:} is open in sleep (pid *)*; still \
on 'e1000e', nothing changed (--force overrides)"
		expect_untouched
		opened "${node#*:}" load-override 01:00.0
		[ "$status" = 5 ]
		: >"$SYS/bus/pci/drivers/e1000e/unbind"
		put "$(dir_of 0000:01:00.0)/driver_override" "(null)"
		opened "${node#*:}9" show 01:00.0
		[[ $output == *"  in use       no"* ]]
	done
}

@test "all uses are shown, and the one that says most is named" {
	mkdir -p "$(dir_of 0000:01:00.0)/drm"/{card0,renderD128} \
		"$(dir_of 0000:01:00.0)/mdev_supported_types/one"
	put "$(dir_of 0000:01:00.0)/sriov_numvfs" 2
	net_interface lo pci 0000:01:00.0
	local route="$IPV4 && mount -n -t tmpfs tmpfs /dev/shm && mkdir /dev/shm/dri &&
		: >/dev/shm/dri/card0 && : >/dev/shm/dri/renderD128 && mount -n --bind /dev/shm /dev &&
		exec 7</dev/dri/card0 8</dev/dri/renderD128 9</dev/dri/card0"
	with_route "$route" set-override 01:00.0 vfio-pci
	expect_error 4 "driverctl: 0000:01:00.0: in use: */dri/card0 is open in driverctl (pid *) (and \
3 more uses); still on 'e1000e', nothing changed (--force overrides)"
	expect_untouched
	with_route "$route" show 01:00.0
	[[ $output == *"
  in use       "*"/dri/card0 is open in driverctl (pid "*")
               "*"/dri/renderD128 is open in driverctl (pid "*")
               2 virtual functions are enabled on it
               lo carries the default route"* ]]
	with_route "$route" --json show 01:00.0
	validate show.schema.json "$BATS_TEST_TMPDIR/stdout"
	[ "$(value '[use["kind"] for use in x[0]["in_use"]["uses"]]')" = \
		'["process", "process", "virtual-functions", "default-route"]' ]
	[ "$(value '[use["by"] for use in x[0]["in_use"]["uses"]]')" = \
		'["driverctl", "driverctl", "2", null]' ]
}

@test "a process whose name has a newline or an escape: the message has neither" {
	mkdir -p "$(dir_of 0000:01:00.0)/drm/card0"
	# A process is called as its file is.
	cp "$(type -P sleep)" "$TREE/run/"$'a\nb\033c'
	opened dri/card0 set-override 01:00.0 vfio-pci
	[ "$status" = 4 ]
	[[ $stderr != *$'\n'* && $stderr != *$'\033'* ]]
}

@test "the device is not changed if its use cannot be checked" {
	mkdir -p "$SYS/class"
	: >"$SYS/class/block"
	run_driverctl set-override 01:00.0 vfio-pci
	expect 1 "" "driverctl: 0000:01:00.0: cannot check its use: Not a directory; \
still on 'e1000e', nothing changed"
	expect_untouched
}

@test "a parent of mediated devices, while it has any: refused by hand and at boot" {
	local command
	mkdir -p "$(dir_of 0000:01:00.0)/mdev_supported_types/one"
	run_driverctl show 01:00.0
	[[ $output == *"  in use       no" ]]
	mkdir -p "$(dir_of 0000:01:00.0)/9b1d4c1e-0000-4000-8000-000000000001"
	link_to "$(dir_of 0000:01:00.0)/9b1d4c1e-0000-4000-8000-000000000001/mdev_type" \
		"$(dir_of 0000:01:00.0)/mdev_supported_types/one"
	for command in "set-override 01:00.0 vfio-pci" "load-override 01:00.0"; do
		# shellcheck disable=SC2086 # words
		run_driverctl $command
		expect 4 "" "driverctl: 0000:01:00.0: in use: 1 mediated device is active on it; still on \
'e1000e', nothing changed (--force overrides)"
		expect_untouched
	done
}

@test "if the processes cannot be looked at, the device is not changed" {
	mkdir -p "$(dir_of 0000:01:00.0)/drm/card0"
	run_faulty open:error=EMFILE /proc -- set-override 01:00.0 vfio-pci
	expect 1 "" "driverctl: 0000:01:00.0: cannot check its use: Too many open files; \
still on 'e1000e', nothing changed"
	run_in_tree bash -c 'mount -n -t tmpfs none /proc && exec "$@"' - "$DRIVERCTL" \
		set-override 01:00.0 vfio-pci
	expect 1 "" "driverctl: 0000:01:00.0: cannot check its use: No such file or directory; \
still on 'e1000e', nothing changed"
	expect_untouched
}
