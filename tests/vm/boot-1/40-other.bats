#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# Other drivers and buses, hotplug, concurrent calls, and the files for udev and systemd.

load ../guest

teardown()
{
	[ -e "$devices/$card1" ] || {
		echo 1 >/sys/bus/pci/rescan
		wait_for 20 test -e "$devices/$card1/driver"
	}
	[ -e "$platform/reg-dummy/driver" ] || native reg-dummy "$platform"
	all_native
	rm -f /etc/modprobe.d/test-install.conf
}

@test "a driver whose module has another name, by the driver's name" {
	dev=$smbus
	silently driverctl set-override "$dev" i801_smbus
	overridden "$dev" i801_smbus
}

@test "a driver whose module has another name, by the module's name" {
	dev=$smbus
	silently driverctl set-override "$dev" i2c_i801
	overridden "$dev" i801_smbus
	silently driverctl set-override "$dev" i2c-i801
}

@test "a driver whose module has another name and is not loaded" {
	dev=$smbus
	modprobe -r i2c_i801
	silently driverctl set-override "$dev" i801_smbus
	overridden "$dev" i801_smbus
	native "$dev"
	modprobe -r i2c_i801
	silently driverctl set-override "$dev" i2c_i801
	overridden "$dev" i801_smbus
}

@test "a device on the platform bus, with a dash in its name" {
	silently driverctl -b platform set-override reg-dummy none
	is "$(state reg-dummy "$platform")" "(none) none none"
	is "$(driverctl -b platform list-overrides)" "reg-dummy (none)"
	silently driverctl unset-override platform-reg-dummy
	is "$(state reg-dummy "$platform")" "reg-dummy (none) (none)"
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

@test "unset-override of a device that is gone removes the saved override" {
	dev=$card1
	driverctl set-override "$dev" vfio-pci
	echo 1 >"$devices/$dev/remove"
	silently driverctl unset-override "$dev"
	is "$(find "$store" -type f)" ""
	fails 3 "$dev: no such device" driverctl unset-override "$dev"
}

@test "the VFIO group's device unit gets the alias that the original gives" {
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
}

@test "vfio_name names every bound function of the group, as the original does" {
	driverctl set-override "${group[0]}" "${group[2]}" vfio-pci
	number=$(group_of "${group[0]}")
	name=$(find /opt/driverctl-orig -name vfio_name)
	is "$(SUBSYSTEM=vfio /usr/lib/udev/vfio_name "vfio/$number")" \
		"$(SUBSYSTEM=vfio "$name" "vfio/$number")"
	run ! "$name" vfio/999
	run ! /usr/lib/udev/vfio_name vfio/999
}

@test "the units and the rules are valid" {
	run -0 systemd-analyze --man=no verify \
		/usr/lib/systemd/system/driverctl{@,-early}.service
	is "$output" ""
	is "$(systemctl show -P LoadState driverctl-early.service)" loaded
	has "$(systemctl show -P Before driverctl-early.service)" systemd-udev-trigger.service
	has "$(systemctl show -P WantedBy driverctl-early.service)" sysinit.target
	if udevadm --help | grep -q verify; then
		udevadm verify /usr/lib/udev/rules.d/{05-driverctl,89-vfio-uio}.rules
	fi
	is "$(systemctl show -P RemainAfterExit "driverctl@pci-$card1.service")" no
}

# The threshold is in tenths; without limits it is above 90. ProtectProc hides nothing from root, so
# that no other test would fail for it; it would from any other user.
@test "the units may do what they need and not much more" {
	systemd-analyze security --threshold=30 driverctl@x.service >/dev/null
	systemd-analyze security --threshold=35 driverctl-early.service >/dev/null
	is "$(systemctl show -P ProtectProc driverctl@x.service)" default
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

@test "eight calls on one device at once leave one of the two states" {
	dev=$card1
	pids=()
	for _ in 1 2 3 4; do
		driverctl set-override "$dev" vfio-pci 3>&- &
		pids+=($!)
		driverctl unset-override "$dev" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	is "$(find "$store" -name '.*.new')" ""
	if [ -e "$store/pci-$dev" ]; then
		overridden "$dev" vfio-pci
	else
		untouched "$dev" e1000e
	fi
}

@test "calls on different devices at once" {
	all=("$card1" "$card2" "$net_card" "$nvme" "${group[0]}" "${group[1]}")
	pids=()
	for dev in "${all[@]}"; do
		driverctl set-override "$dev" vfio-pci 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	for dev in "${all[@]}"; do
		overridden "$dev" vfio-pci
	done
}
