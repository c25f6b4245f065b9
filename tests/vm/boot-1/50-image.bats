#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the hooks of initramfs-tools and dracut put into an initramfs. Each hook is run alone, because a
# whole initramfs takes a minute here; later boots are from whole ones.

load ../guest

setup()
{
	image=$BATS_TEST_TMPDIR/image
	driverctl set-override "$card1" vfio-pci
	echo vfio-pci >"$store/pci-$root_card"
	echo vfio-pci >"$store/pci-0000:99:00.0"
}

teardown()
{
	rm -f "$store/pci-$root_card" /run/driverctl/image
	all_native
}

# root_excluded FILES: these are all of the store but the override of the root disk, with a warning.
root_excluded()
{
	is "$status" 0
	is "$(grep driverctl.d/ <<<"$1" | sort)" "etc/driverctl.d/image
etc/driverctl.d/pci-$card1
etc/driverctl.d/pci-0000:99:00.0
etc/driverctl.d/policy
etc/driverctl.d/policy/pci-$card1.ini"
	is "$(grep -c "$root_card" <<<"$stderr")" 1
	has "$stderr" "$root_card: "
	has "$stderr" "/dev/vda is mounted at /"
}

@test "initramfs-tools: a device with a disk in use is excluded, with a warning" {
	mkdir "$image"
	capture env DESTDIR="$image" verbose=n /usr/share/initramfs-tools/hooks/driverctl
	root_excluded "$(cd "$image" && find etc)"
	cmp "$image/usr/sbin/driverctl" /usr/sbin/driverctl
}

@test "dracut: a device with a disk in use is excluded, with a warning" {
	capture dracut --quiet --no-kernel --no-compress --no-early-microcode -m driverctl "$image"
	root_excluded "$(cpio --quiet -t <"$image")"
}
