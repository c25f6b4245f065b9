#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# dracut: takes the program and the saved overrides along, so that they are set before udev loads a
# driver.

check() {
	require_binaries driverctl
}

depends() {
	return 0
}

# Whether the image is for another host or another root, whose overrides are not these. --no-hostonly
# says so; hostonly="no" in the configuration, as in Debian, does not: that is for this host's own images.
is_for_others() {
	[[ ${hostonly_l-} == no || -n ${dracutsysrootdir-} ]]
}

# With systemd, the early step is the unit of the real root. It is ordered before udev and modules-load.d.
install_unit() {
	local wants=${initdir:?}/usr/lib/systemd/system/sysinit.target.wants

	inst_simple /usr/lib/systemd/system/driverctl-early.service
	mkdir -p "$wants"
	ln -sf ../driverctl-early.service "$wants"
}

install() {
	# A rescue image is for a host in trouble, or for another one.
	! dracut_module_included rescue || return 0
	inst_binary driverctl /usr/sbin/driverctl
	mkdir -p "${initdir:?}/etc/driverctl.d"
	is_for_others || driverctl export-store "$initdir" ||
		dwarn "driverctl: not all overrides are in the initramfs"
	if dracut_module_included systemd; then
		install_unit
	else
		inst_hook pre-udev 10 "${moddir:?}/driverctl-early.sh"
	fi
}
