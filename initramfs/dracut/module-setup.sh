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

install() {
	inst_binary driverctl /usr/sbin/driverctl
	mkdir -p "${initdir:?}/etc/driverctl.d"
	driverctl export-store "$initdir" || dwarn "driverctl: not all overrides are in the initramfs"
	inst_hook pre-udev 10 "${moddir:?}/driverctl-early.sh"
}
