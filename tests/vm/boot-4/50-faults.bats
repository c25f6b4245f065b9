#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2034 # devs, undo, apart and once are for faults()
# Every system call that touches the store, /sys or /run fails once, and is the last one of a killed
# process once. udev does not meddle: it would be one more caller.

load ../guest
load ../faults

udev=(systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket)

setup_file()
{
	systemctl stop "${udev[@]}"
	modprobe -a vfio-pci dctl_card_vfio
	mkdir -p "$store/policy" /run/driverctl
}

teardown_file() { systemctl start "${udev[@]}"; }

setup()
{
	devs=("$card1")
	apart='' once=''
	undo=(driverctl unset-override "$card1")
}

teardown()
{
	[ -z "${holder:-}" ] || { kill "$holder" && wait "$holder"; } || :
	! mountpoint -q /mnt || umount /mnt
	echo 0 >"$devices/$nvme/sriov_numvfs"
	ip route delete default 2>/dev/null || :
	rm -f /run/driverctl/early
	all_native
}

# refused COMMAND...: as the device is in use; whatever happens, it stays on its driver.
refused()
{
	undo=(true)
	fails 4 "${devs[0]}: in use: " "$@"
	faults "$@"
}

@test "faults: set-override, from the native driver" {
	faults driverctl set-override "$card1" vfio-pci
}

@test "faults: set-override, the first one of a machine" {
	renew() { rm -rf "$store" /run/driverctl; }
	faults driverctl set-override "$card1" vfio-pci
}

@test "faults: set-override --best-vfio, over another saved override" {
	driverctl set-override "$card1" vfio-pci
	faults driverctl set-override --best-vfio "$card1"
}

@test "faults: set-override to none, over a saved variant" {
	driverctl set-override "$card1" dctl_card_vfio
	faults driverctl set-override "$card1" none
}

@test "faults: set-override --nosave" {
	faults driverctl --nosave set-override "$card1" vfio-pci
}

@test "faults: set-override --iommu-group" {
	devs=("${group[@]}")
	undo=(driverctl --iommu-group unset-override "$group")
	faults driverctl --iommu-group set-override "$group" vfio-pci
}

@test "faults: unset-override" {
	driverctl set-override "$card1" vfio-pci
	undo=(driverctl set-override "$card1" vfio-pci)
	faults driverctl unset-override "$card1"
}

@test "faults: unset-override --nosave, of a variant" {
	driverctl set-override "$card1" dctl_card_vfio
	undo=(driverctl set-override "$card1" dctl_card_vfio)
	faults driverctl --nosave unset-override "$card1"
}

@test "faults: unset-override of a device that is not there" {
	devs=(0000:99:00.0)
	driverctl set-override "$card1" none
	mv "$store/pci-$card1" "$store/pci-${devs[0]}"
	mv "$store/policy/pci-$card1.ini" "$store/policy/pci-${devs[0]}.ini"
	native "$card1"
	once=yes # the second time there is nothing to remove
	removed() { driverctl unset-override "${devs[0]}" || [ $? -eq 3 ]; }
	undo=(removed)
	faults driverctl unset-override "${devs[0]}"
}

@test "faults: load-override" {
	driverctl set-override "$card1" vfio-pci
	native "$card1"
	faults driverctl load-override "$card1"
}

@test "faults: load-override, ranked again" {
	driverctl set-override --best-vfio "$card1"
	native "$card1"
	faults driverctl load-override "$card1"
}

@test "faults: load-override --all, of two devices" {
	devs=("$card1" "$card2") apart=yes
	driverctl set-override "$card1" vfio-pci
	driverctl set-override "$card2" none
	native "$card1"
	native "$card2"
	undo=(driverctl unset-override "${devs[@]}")
	faults driverctl load-override --all
}

@test "faults: load-override --all --early, with an override to take back" {
	devs=("$card1" "$card2") apart=yes
	renew() { echo "pci-$card2 vfio-pci" >/run/driverctl/early; }
	driverctl set-override "$card1" vfio-pci
	driverctl --nosave --noprobe set-override "$card2" vfio-pci
	native "$card1"
	undo=(driverctl unset-override "${devs[@]}")
	faults driverctl load-override --all --early
}

@test "faults: driverctl_load, as udev runs it" {
	driverctl set-override "$card1" vfio-pci
	native "$card1"
	faults env ACTION=add SUBSYSTEM=pci /usr/lib/udev/driverctl_load --timeout=2 "pci/$card1"
}

@test "faults: set-override is refused: a mounted disk" {
	devs=("$data_card")
	mkfs.ext4 -q /dev/vdb
	mount /dev/vdb /mnt
	refused driverctl set-override "$data_card" vfio-pci
}

@test "faults: set-override is refused: virtual functions" {
	devs=("$nvme")
	echo 1 >"$devices/$nvme/sriov_numvfs"
	refused driverctl set-override "$nvme" vfio-pci
}

@test "faults: set-override is refused: the default route" {
	interface=$(ls "$devices/$card1/net")
	ip link set "$interface" up
	ip route add default dev "$interface"
	refused driverctl set-override "$card1" vfio-pci
}

@test "faults: unset-override is refused: a process has the device" {
	driverctl set-override "$card1" vfio-pci
	hold_vfio "$(group_of "$card1")" "$card1" >"$BATS_TEST_TMPDIR/held" 3>&- &
	holder=$!
	wait_for 10 grep -q ready "$BATS_TEST_TMPDIR/held"
	refused driverctl unset-override "$card1"
}
