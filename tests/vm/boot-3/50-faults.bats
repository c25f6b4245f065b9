#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2034,SC2317 # devs, undo, apart, once, variant, renew are for faults()
# guest: trixie
# Every system call that touches the store, /sys or /run fails once, and is the last call of a killed
# process once. udev is stopped: it would be one more caller.

load ../guest
load ../faults

udev=(systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket)

# Without the NVMe disk there are fewer calls, and no other kind of call is lost.
setup_file()
{
	systemctl stop "${udev[@]}"
	modprobe -a vfio-pci dctl_card_vfio
	mkdir -p "$store/policy" /run/driverctl
	echo "$nvme" >/sys/bus/pci/drivers/nvme/unbind
}

teardown_file()
{
	echo "$nvme" >/sys/bus/pci/drivers/nvme/bind
	systemctl start "${udev[@]}"
}

# Most tests use a network card, or a device that takes a tenth of the time to bind.
setup()
{
	devs=("$smbus")
	apart='' once='' variant='' rule='' beside=''
	undo=(driverctl unset-override "$smbus")
}

teardown()
{
	[ -z "${holder:-}" ] || { kill "$holder" && wait "$holder"; } || :
	! mountpoint -q /mnt || umount /mnt
	ip route delete default 2>/dev/null || :
	echo 0 >"$devices/$nvme/sriov_numvfs"
	[ ! -e "$devices/$nvme/driver" ] || echo "$nvme" >"$devices/$nvme/driver/unbind"
	rm -rf /run/driverctl/journal /etc/driverctl.conf
	all_native
}

# one_variant_only: a variant that fails is not skipped, which would lead to another new state.
one_variant_only() { printf '[vfio]\nfallback = no\n' >/etc/driverctl.conf; }

# refused COMMAND...: because the device is in use; whatever happens, it stays on its driver.
refused()
{
	undo=(true)
	fails 4 "${devs[0]}: in use: " "$@"
	faults "$@"
}

@test "faults: set-override, from the native driver" {
	devs=("$card1")
	undo=(driverctl unset-override "$card1")
	faults driverctl set-override "$card1" vfio-pci
}

@test "faults: set-override, the first one of a host" {
	variant=yes
	renew() { rm -rf "$store" /run/driverctl; }
	faults driverctl set-override "$smbus" vfio-pci
}

@test "faults: set-override --best-vfio, over another saved override" {
	variant=yes
	devs=("$card1")
	undo=(driverctl set-override "$card1" vfio-pci)
	"${undo[@]}"
	one_variant_only
	faults driverctl set-override --best-vfio "$card1"
}

@test "faults: set-override to none, over a saved variant" {
	variant=yes
	undo=(driverctl set-override "$smbus" dctl_card_vfio)
	"${undo[@]}"
	faults driverctl set-override "$smbus" none
}

@test "faults: set-override --nosave" {
	variant=yes
	faults driverctl --nosave set-override "$smbus" vfio-pci
}

@test "faults: set-override --iommu-group" {
	variant=yes
	devs=("${group[@]}")
	undo=(driverctl --iommu-group unset-override "${group[0]}")
	faults driverctl --iommu-group set-override "${group[0]}" vfio-pci
}

@test "faults: unset-override" {
	devs=("$card1")
	undo=(driverctl set-override "$card1" vfio-pci)
	"${undo[@]}"
	faults driverctl unset-override "$card1"
}

@test "faults: unset-override --nosave, of a variant" {
	variant=yes
	undo=(driverctl set-override "$smbus" dctl_card_vfio)
	"${undo[@]}"
	faults driverctl --nosave unset-override "$smbus"
}

@test "faults: unset-override of a device that is not there" {
	devs=(0000:99:00.0)
	driverctl set-override "$smbus" none
	mv "$store/pci-$smbus" "$store/pci-${devs[0]}"
	mv "$store/policy/pci-$smbus.ini" "$store/policy/pci-${devs[0]}.ini"
	native "$smbus"
	once=yes # the second time there is nothing to remove
	removed() { driverctl unset-override "${devs[0]}" || [ $? -eq 3 ]; }
	undo=(removed)
	faults driverctl unset-override "${devs[0]}"
}

@test "faults: load-override" {
	devs=("$card1")
	undo=(driverctl unset-override "$card1")
	driverctl set-override "$card1" vfio-pci
	native "$card1"
	faults driverctl load-override "$card1"
}

@test "faults: load-override, ranked again" {
	variant=yes
	devs=("$card1")
	undo=(driverctl --nosave set-override "$card1" vfio-pci)
	driverctl set-override --best-vfio "$card1"
	"${undo[@]}"
	one_variant_only
	faults driverctl load-override "$card1"
}

@test "faults: load-override --all, of two devices" {
	variant=yes
	devs=("$smbus" "${group[0]}") apart=yes
	undo=(driverctl unset-override "${devs[@]}")
	driverctl set-override "$smbus" vfio-pci
	driverctl set-override "${group[0]}" none
	native "$smbus"
	native "${group[0]}"
	faults driverctl load-override --all
}

# noted DEV LINE...: vfio-pci is the last override that driverctl has written to the device (lib/store/journal.h).
noted()
{
	mkdir -p /run/driverctl/journal
	printf '%s\n' "${@:2}" override=vfio-pci driver= "time=$(awk '{ print int($1 * 1000) }' /proc/uptime)" \
		"instance=$(stat -L -c %i "$devices/$1")" rule=faults >"/run/driverctl/journal/pci-$1"
}

@test "faults: load-override --all --early, with an override to take back" {
	devs=("$smbus" "${group[0]}") apart=yes
	undo=(driverctl unset-override "${devs[@]}")
	renew() { noted "${group[0]}" by=saved how=early; }
	driverctl set-override "$smbus" vfio-pci
	driverctl --nosave --noprobe set-override "${group[0]}" vfio-pci
	native "$smbus"
	faults driverctl load-override --all --early
}

# After a call that was killed, the rule may exist or not, and its devices may be on either driver.
forget_rule() { driverctl unset-rule faults || driverctl load-override --all; }
older_rule() { driverctl set-rule faults "--match=name=$smbus" vfio-pci && driverctl load-override --all; }

@test "faults: set-rule" {
	rule=faults
	undo=(forget_rule)
	renew() { rm -rf /run/driverctl/journal && rmdir "$store/rules" 2>/dev/null || :; }
	faults driverctl set-rule faults "--match=name=$smbus" "--match=id=*:2930" vfio-pci
}

@test "faults: set-rule over an older form, two devices" {
	variant=yes rule=faults beside=yes
	devs=("$smbus" "${group[0]}")
	undo=(older_rule)
	older_rule
	renew() { rm -rf /run/driverctl/journal && noted "$smbus" by=rule how=load; }
	faults driverctl set-rule faults "--match=name=${group[0]}" vfio-pci
}

@test "faults: unset-rule" {
	variant=yes rule=faults
	undo=(driverctl set-rule faults "--match=name=$smbus" vfio-pci)
	"${undo[@]}"
	renew() { rm -rf /run/driverctl/journal && noted "$smbus" by=rule how=load; }
	once=yes # the second time there is nothing to remove
	faults driverctl unset-rule faults
}

@test "faults: driverctl_load, as udev runs it" {
	variant=yes
	renew() { rm -f "/run/driverctl/journal/pci-$smbus"; } # nothing was done just now
	driverctl set-override "$smbus" vfio-pci
	native "$smbus"
	faults env ACTION=add SUBSYSTEM=pci /usr/lib/udev/driverctl_load --timeout=2 "pci/$smbus"
}

@test "faults: set-override is refused: a mounted disk" {
	devs=("$data_card")
	mkfs.ext4 -q /dev/vdb
	mount /dev/vdb /mnt
	refused driverctl set-override "$data_card" vfio-pci
}

@test "faults: set-override is refused: virtual functions" {
	devs=("$nvme")
	echo "$nvme" >/sys/bus/pci/drivers/nvme/bind
	echo 1 >"$devices/$nvme/sriov_numvfs"
	refused driverctl set-override "$nvme" vfio-pci
}

@test "faults: set-override is refused: the default route" {
	devs=("$card1")
	interface=$(ls "$devices/$card1/net")
	ip link set "$interface" up
	ip route add default dev "$interface"
	refused driverctl set-override "$card1" vfio-pci
}

@test "faults: unset-override is refused: a process has the device" {
	devs=("$card1")
	driverctl set-override "$card1" vfio-pci
	hold_vfio "$(group_of "$card1")" "$card1" >"$BATS_TEST_TMPDIR/held" 3>&- &
	holder=$!
	wait_for 10 grep -q ready "$BATS_TEST_TMPDIR/held"
	refused driverctl unset-override "$card1"
}
