#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the hooks of initramfs-tools and dracut take into an initramfs. Each is run alone, as
# all of an image takes a minute here; later boots are from whole images.

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
	rm -f "$store/pci-$root_card"
	all_native
}

# left_out FILES: what the image has of the store, and what was said of the rest.
left_out()
{
	is "$status" 0
	is "$(grep driverctl.d/ <<<"$1" | sort)" "etc/driverctl.d/pci-$card1
etc/driverctl.d/pci-0000:99:00.0
etc/driverctl.d/policy
etc/driverctl.d/policy/pci-$card1.ini"
	is "$(grep -c "$root_card" <<<"$stderr")" 1
	has "$stderr" "$root_card: "
	has "$stderr" "/dev/vda is mounted at /"
}

@test "initramfs-tools: a device with a disk in use is left out, with a warning" {
	mkdir "$image"
	capture env DESTDIR="$image" verbose=n /usr/share/initramfs-tools/hooks/driverctl
	left_out "$(cd "$image" && find etc)"
	cmp "$image/usr/sbin/driverctl" /usr/sbin/driverctl
}

@test "dracut: a device with a disk in use is left out, with a warning" {
	capture dracut --quiet --no-kernel --no-compress --no-early-microcode -m driverctl "$image"
	left_out "$(cpio --quiet -t <"$image")"
}
