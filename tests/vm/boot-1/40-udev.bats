#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What udev and systemd do with driverctl, and the files for them.

load ../guest

teardown()
{
	[ -e "$devices/$card1" ] || {
		echo 1 >/sys/bus/pci/rescan
		wait_for 20 test -e "$devices/$card1/driver"
	}
	all_native
	rm -f /etc/modprobe.d/test-install.conf
}

@test "a device that is removed and comes back gets its override again, every time" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	for _ in 1 2; do
		echo 1 >"$devices/$dev/remove"
		echo 1 >/sys/bus/pci/rescan
		wait_for 20 driver_is "$dev" vfio-pci
		overridden "$dev" vfio-pci
		no_new_id 8086 10d3
		unit="driverctl@pci-$dev.service"
		wait_for 10 sh -c "! systemctl is-active --quiet '$unit'"
		run ! systemctl is-failed --quiet "$unit"
	done
}

@test "the unit of a device that has gone does not fail" {
	echo vfio-pci >"$store/pci-0000:77:00.0"
	systemctl start driverctl@pci-0000:77:00.0.service
	journalctl --sync
	has "$(journalctl -b -o cat -u driverctl@pci-0000:77:00.0.service)" \
		"driverctl: 0000:77:00.0: no such device"
}

@test "the VFIO group's device unit gets the aliases that the shell driverctl gives" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	number=$(group_of "$dev")
	name=$(find /opt/driverctl-orig -name vfio_name)
	expected=$(SUBSYSTEM=vfio "$name" "vfio/$number")
	is "$expected" "$(realpath "$devices/$dev")/vfio"
	udevadm settle --timeout=10
	is "$(SUBSYSTEM=vfio /usr/lib/udev/vfio_name "vfio/$number")" "$expected"
	has "$(udevadm info -q property "/dev/vfio/$number")" "SYSTEMD_ALIAS="
	has "$(udevadm info -q property "/dev/vfio/$number")" "$expected"

	# Of every bound device of a group
	driverctl set-override "${group[0]}" "${group[2]}" vfio-pci
	number=$(group_of "${group[0]}")
	is "$(SUBSYSTEM=vfio /usr/lib/udev/vfio_name "vfio/$number")" \
		"$(SUBSYSTEM=vfio "$name" "vfio/$number")"
	run ! "$name" vfio/999
	run ! /usr/lib/udev/vfio_name vfio/999
}

@test "the units and the rules are valid, and the units are confined" {
	run -0 systemd-analyze --man=no verify \
		/usr/lib/systemd/system/driverctl{@,-early,}.service
	is "$output" ""
	is "$(systemctl show -P LoadState driverctl-early.service)" loaded
	has "$(systemctl show -P Before driverctl-early.service)" systemd-udev-trigger.service
	has "$(systemctl show -P WantedBy driverctl-early.service)" sysinit.target
	has "$(systemctl show -P WantedBy driverctl.service)" basic.target
	has "$(systemctl show -P After driverctl.service)" driverctl-early.service
	for unit in basic.target network-pre.target; do
		has "$(systemctl show -P Before driverctl.service)" "$unit"
	done
	is "$(systemctl show -P ActiveState network-pre.target)" active
	if udevadm --help | grep -q verify; then
		udevadm verify /usr/lib/udev/rules.d/{05-driverctl,89-vfio-uio}.rules
	fi
	is "$(systemctl show -P RemainAfterExit "driverctl@pci-$card1.service")" no
	# They may do what they need and little else. The threshold is in tenths; without limits the
	# exposure is above 90. ProtectProc hides nothing from root, so that no other test would fail for
	# it; it would hide something from any other user.
	for unit in driverctl@x driverctl-early driverctl; do
		systemd-analyze security --threshold=30 "$unit.service" >/dev/null
	done
	is "$(systemctl show -P ProtectProc driverctl@x.service)" default
}

# add_event DEVICE [BUS]: an event that somebody asks for.
add_event() { udevadm trigger --action=add --settle "/sys/bus/${2:-pci}/devices/$1"; }

@test "an event that somebody asks for applies what is saved, but undoes nothing that was done by hand" {
	dev=$card1
	echo vfio-pci >"$store/pci-$dev"
	add_event "$dev"
	overridden "$dev" vfio-pci
	silently driverctl --nosave unset-override "$dev"
	add_event "$dev"
	is "$(state "$dev")" "e1000e (none) vfio-pci"
	# Removed and added again, it is another device.
	echo 1 >"$devices/$dev/remove"
	echo 1 >/sys/bus/pci/rescan
	wait_for 20 driver_is "$dev" vfio-pci
	# The rule for unbind: another tool takes the device right after that.
	echo pci-stub >"$devices/$dev/driver_override"
	echo "$dev" >"$devices/$dev/driver/unbind"
	udevadm settle
	is "$(state "$dev")" "(none) pci-stub vfio-pci"
}

@test "a device whose name has spaces: the rule applies its override, and the log tells a failure" {
	dev="dctl with spaces"
	modprobe dctl_space
	echo none >"$store/platform-$dev"
	add_event "$dev" platform
	is "$(cat "$platform/$dev/driver_override")" none
	silently driverctl unset-override "platform/$dev"
	echo nosuchdriver >"$store/platform-$dev"
	add_event "$dev" platform
	journalctl --sync
	has "$(journalctl -b -o cat -t driverctl)" "$dev: cannot apply the saved override"
	silently driverctl unset-override "platform/$dev"
}

@test "from RUN of a udev rule, and with the environment of udev" {
	dev=$card1
	mkdir -p /run/udev/rules.d
	cat >/run/udev/rules.d/50-test.rules <<-EOF
		ACTION=="change", SUBSYSTEM=="pci", KERNEL=="$dev", \
			RUN+="/usr/sbin/driverctl --nosave set-override %k vfio-pci"
	EOF
	udevadm control --reload
	udevadm trigger --action=change --settle "$devices/$dev"
	rm /run/udev/rules.d/50-test.rules
	udevadm control --reload
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"

	dev=$card2
	path=$(realpath "$devices/$dev")
	silently env -i ACTION=add DEVPATH="${path#/sys}" SUBSYSTEM=pci \
		/usr/sbin/driverctl --nosave set-override "$dev" vfio-pci
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"
}

@test "through the unit: a module that has an install command of modprobe.d" {
	dev=$smbus
	modprobe -r i2c_i801
	cat >/etc/modprobe.d/test-install.conf <<-"EOF"
		install i2c_i801 echo "uid $(id -u)" | cat >/run/test-install && modprobe --ignore-install i2c_i801
	EOF
	echo i2c_i801 >"$store/pci-$dev"
	systemctl start "driverctl@pci-$dev.service"
	is "$(state "$dev")" "i801_smbus i801_smbus i2c_i801"
	cmp /run/test-install <<<"uid 0"
}
