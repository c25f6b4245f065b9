#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What udev and systemd made of the saved overrides, before any test touched a device.

load ../guest

# failed_unit DEV REASON: its unit failed and says why, and nothing else does.
failed_unit()
{
	is "$(systemctl show -P ActiveState "driverctl@pci-$1.service")" failed
	has "$(journalctl -b -o cat -u "driverctl@pci-$1.service")" "$2"
	is "$(said_of "$1")" 1
}

@test "only the units that had to fail failed, also after a while" {
	at_rest
	is "$(failed_units)" "driverctl@pci-${group[0]}.service driverctl@pci-${group[1]}.service \
driverctl@pci-${group[2]}.service"
}

@test "overrides were in effect at basic.target, without integration in the initramfs" {
	is "$(grep -c driverctl /boot/initrd.list)" 0
	is "$(at_basic "$card1")" vfio-pci
	is "$(at_basic "$card2")" vfio-pci
	is "$(at_basic "$smbus")" i801_smbus
	is "$(at_basic "$net_card")" "(none)"
	is "$(at_basic "$dummy")" "(none)"
	# By the kernel's command line: see boot-3 for the next boot, which is without it.
	is "$(at_basic "$card4") $(binds "$card4" vfio-pci)" "vfio-pci 1"
	is "$(state "$card4")" "vfio-pci vfio-pci (none)"
	# udev found it done.
	is "$(binds "$card1" vfio-pci) $(binds "$card2" vfio-pci)" "1 1"
	overridden "$card1" vfio-pci
	no_new_id 8086 10d3
	# As the shell driverctl wrote it
	overridden "$card2" vfio-pci
	[ ! -e "$store/policy/pci-$card2.ini" ]
	# By the name of the module
	overridden "$smbus" i801_smbus
	# Without a driver, on two buses
	is "$(state "$net_card")" "(none) none none"
	is "$(state "$dummy" "$platform")" "(none) none none"
}

@test "what failed: the unit says why, and the native driver has the device if no driver refused it" {
	is "$(state "${group[0]}")" "virtio-pci (none) nosuchdriver"
	failed_unit "${group[0]}" "no driver or module 'nosuchdriver'"
	is "$(state "${group[1]}")" "(none) dctl-refuse dctl-refuse"
	failed_unit "${group[1]}" "driver 'dctl-refuse' refused the device: Input/output error"
	is "$(state "${group[2]}")" "virtio-pci (none) vfio-pci"
	failed_unit "${group[2]}" "not the device the override was set for"
	# Nothing was started for a device that is not there.
	is "$(systemctl list-units --all --plain --no-legend '*99:00.0*')" ""
}

@test "no override delayed the boot, and a slow driver was waited for after it" {
	overridden "$card3" dctl-slow
	is "$(journalctl -b -o cat -t driverctl | grep "$card3: ")" \
		"$card3: finished after the timeout; now on 'dctl-slow'"
	is "$(systemctl show -P Result driverctl.service)" success
	start=$(systemctl show -P ExecMainStartTimestampMonotonic driverctl.service)
	end=$(systemctl show -P ExecMainExitTimestampMonotonic driverctl.service)
	echo "# driverctl.service took $(((end - start) / 1000)) ms" >&3
	[ $((end - start)) -lt 15000000 ]
	rm "$store"/pci-aaaa:* /etc/modprobe.d/test-slow.conf
	driverctl unset-override "$card3"
	untouched "$card3" e1000e
	modprobe -r dctl_slow
	silently driverctl --nosave unset-override "$card4"
	untouched "$card4" e1000e

	before=$(cat /var/tmp/boot-time)
	now=$(systemctl show -P ActiveEnterTimestampMonotonic multi-user.target)
	echo "# multi-user.target after $((now / 1000)) ms, $((before / 1000)) ms without overrides" >&3
	# Whatever waits for a device or a driver does so for 30 seconds, or 90.
	[ "$now" -lt $((before + 30000000)) ]
}

@test "list-persisted -v says which overrides are not applied; after unset-override all is native" {
	run -0 driverctl -v list-persisted
	is "${#lines[@]}" 8
	has "$output" "0000:99:00.0 vfio-pci (not present)"
	has "$output" "${group[0]} nosuchdriver (not applied: on virtio-pci)"
	has "$output" "${group[1]} dctl-refuse (not applied: no driver bound)"
	has "$output" "${group[2]} vfio-pci (set for another device)"
	has "$output"$'\n' "$card1 vfio-pci"$'\n'

	silently driverctl unset-override "$card1" "$card2" "$net_card" "$smbus" \
		0000:99:00.0 "${group[0]}" "${group[1]}" "${group[2]}"
	silently driverctl -b platform unset-override "$dummy"
	untouched "$card1" e1000e
	untouched "$card2" e1000e
	untouched "$net_card" virtio-pci
	untouched "$smbus" i801_smbus
	untouched "${group[1]}" virtio-pci
	is "$(state "$dummy" "$platform")" "$dummy_driver (none) (none)"
	is "$(find "$store" -type f)" ""
}
