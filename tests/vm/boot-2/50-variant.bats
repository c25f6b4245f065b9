#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: trixie
# Real variant drivers (tests/vm/modules), ranked from the table that depmod made of them.

load ../guest

config=/etc/driverctl.conf
blacklist=/etc/modprobe.d/test-variants.conf

setup() { echo "blacklist dctl_black_vfio" >"$blacklist"; }

teardown()
{
	rm -f "$config"
	all_native
}

# best DEV MODULE
best() { is "$(driverctl best-vfio "$1")" "$2"; }

variant_failed() { journalctl -b -t driverctl -o cat | grep -q "$1: VFIO variant '$2' failed: $3"; }

@test "best-vfio: a card with a variant, one without, a bus without any; loaded or not" {
	best "$card1" dctl_card_vfio
	best "$edu" vfio_pci
	fails 1 "the bus i2c has no VFIO driver" driverctl best-vfio i2c/i2c-0

	modprobe -r dctl_card_vfio 2>/dev/null || :
	before=$(driverctl best-vfio "$card1" "$net_card" "$edu")
	modprobe dctl_card_vfio
	modprobe dctl_fail_vfio
	is "$(driverctl best-vfio "$card1" "$net_card" "$edu")" "$before"
	has "$(driverctl best-vfio --json "$card1")" '"driver":"e1000e-variant"'
}

@test "best-vfio excludes a better module that is blacklisted, and one that is not in the index" {
	has "$(driverctl -v best-vfio "$card1" 2>&1)" \
		"dctl_black_vfio is excluded: blacklisted in modprobe.d"
	rm "$blacklist"
	best "$card1" dctl_black_vfio
	echo "install dctl_black_vfio /bin/false" >"$blacklist"
	best "$card1" dctl_card_vfio

	alias=/lib/modules/$(uname -r)/modules.alias
	cp "$alias" "$BATS_TEST_TMPDIR/alias"
	echo "alias vfio_pci:v00008086d000010D3sv00008086sd00000000bc*sc*i* gone_vfio" >>"$alias"
	out=$(driverctl -v best-vfio "$card1" 2>&1)
	cp "$BATS_TEST_TMPDIR/alias" "$alias"
	has "$out" "gone_vfio is excluded: not in the module index"
	is "${out##*$'\n'}" dctl_card_vfio
}

@test "--best-vfio loads, binds and saves the best variant; by its name it is fixed" {
	modprobe -r dctl_card_vfio 2>/dev/null || :
	silently driverctl set-override --best-vfio "$card1"
	overridden "$card1" e1000e-variant
	has "$(cat "$store/policy/pci-$card1.ini")" "module = dctl_card_vfio"
	has "$(cat "$store/policy/pci-$card1.ini")" "choose = best-vfio"
	# Again: nothing is unbound.
	vfio=$(ls "$devices/$card1/vfio-dev")
	silently driverctl set-override --best-vfio "$card1"
	is "$(ls "$devices/$card1/vfio-dev")" "$vfio"

	silently driverctl set-override "$card1" "$(driverctl best-vfio "$card1")"
	overridden "$card1" e1000e-variant
	has "$(cat "$store/policy/pci-$card1.ini")" "choose = fixed"
}

@test "--vfio-variant: by module, by driver, generic; there is no fallback" {
	silently driverctl set-override --vfio-variant=dctl_card_vfio "$card1"
	overridden "$card1" e1000e-variant
	silently driverctl set-override --vfio-variant=generic "$card1"
	overridden "$card1" vfio-pci
	silently driverctl set-override --vfio-variant=e1000e-variant "$card1"
	overridden "$card1" e1000e-variant
	silently driverctl set-override --vfio-variant=dctl_black_vfio "$card1"
	overridden "$card1" dctl-black-vfio
	fails 5 "driver 'dctl-fail-vfio' refused the device: Input/output error" \
		driverctl set-override --vfio-variant=dctl_fail_vfio "$net_card"
	untouched "$net_card" virtio-pci
}

@test "--best-vfio skips a variant that fails, which the log tells and stderr does not" {
	best "$net_card" dctl_fail_vfio
	silently driverctl set-override --best-vfio "$net_card"
	overridden "$net_card" vfio-pci
	wait_for 10 variant_failed "$net_card" dctl_fail_vfio "Input/output error"

	# The link is another one after the device has been bound again.
	link=$(stat -c %i "$devices/$net_card/driver")
	udevadm trigger --action=add --settle "$devices/$net_card"
	at_rest
	is "$(stat -c %i "$devices/$net_card/driver")" "$link"
	# Nothing is known of the first attempt any more, and the device is in use.
	rm "/run/driverctl/journal/pci-$net_card"
	hold_vfio "$(group_of "$net_card")" "$net_card" >"$BATS_TEST_TMPDIR/held" 3>&- &
	wait_for 10 grep -q ready "$BATS_TEST_TMPDIR/held"
	systemctl start "driverctl@pci-$net_card.service"
	kill $!
	wait
	is "$(stat -c %i "$devices/$net_card/driver")" "$link"
	overridden "$net_card" vfio-pci
}

@test "--best-vfio: if no candidate is left, the previous driver is back" {
	printf '[vfio]\nfallback = no\n' >"$config"
	fails 5 "driver 'dctl-fail-vfio' refused the device: Input/output error; back on 'virtio-pci'" \
		driverctl set-override --best-vfio "$net_card"
	untouched "$net_card" virtio-pci

	printf '[vfio]\ndeny = vfio_pci\n' >"$config"
	fails 5 "back on 'virtio-pci', store unchanged" driverctl set-override --best-vfio "$net_card"
	untouched "$net_card" virtio-pci

	printf '[vfio]\ndeny = vfio_pci dctl_card_vfio\n' >"$config"
	fails 1 "every VFIO driver for it is excluded; still on 'e1000e', nothing changed" \
		driverctl set-override --best-vfio "$card1"
	untouched "$card1" e1000e
}

@test "load-override chooses the best variant again" {
	driverctl set-override --best-vfio "$card1"
	printf '[vfio]\ndeny = dctl_card_vfio\n' >"$config"
	silently driverctl load-override "$card1"
	is "$(state "$card1")" "vfio-pci vfio-pci e1000e-variant"
}

@test "a VFIO device of a driver that is not ranked is left alone" {
	driverctl --nosave set-override "$group" dctl_card_vfio
	fails 4 "already a VFIO device of a driver that is not ranked" \
		driverctl set-override --best-vfio "$group"
	is "$(state "$group")" "e1000e-variant e1000e-variant (none)"
	silently driverctl --nosave --force set-override --best-vfio "$group"
	is "$(state "$group")" "vfio-pci vfio-pci (none)"
}
