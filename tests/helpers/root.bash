# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A minimal Debian root, in namespaces of its own: it goes away with the last process. It is entered by
# pivot_root, as the kernel refuses user namespaces in a chroot. It has no device of the host: /sys and
# /proc/sys are read-only, and /dev has only null, zero and the like.

# root_namespaces COMMAND...: the command, as the first process of new namespaces. With HOST_PIDS=1 it stays in
# the host's PID namespace, as tests/cli needs: driverctl does not trust another one's /proc.
root_namespaces() {
	local own=(--mount --ipc --uts)
	[ -n "${HOST_PIDS:-}" ] || own+=(--pid --fork --kill-child)
	unshare "${own[@]}" -- "$@" </dev/null
}

# root_mount_kernel ROOT: the file systems of the kernel, without a way to the host's devices.
root_mount_kernel() {
	local device
	mount -t proc proc "$1/proc"
	mount --bind -o ro "$1/proc/sys" "$1/proc/sys"
	mount -t sysfs -o ro sysfs "$1/sys"
	# Tests that have a network of their own change settings of that one.
	mount -t proc proc "$1/mnt"
	mount --bind "$1/mnt/sys/net" "$1/proc/sys/net"
	umount "$1/mnt"
	mount -t tmpfs -o mode=755 tmpfs "$1/dev"
	for device in null zero full random urandom tty; do
		: >"$1/dev/$device"
		mount --bind "/dev/$device" "$1/dev/$device"
	done
	mkdir "$1/dev/shm" "$1/dev/pts"
	mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=666 devpts "$1/dev/pts"
	ln -s pts/ptmx "$1/dev/ptmx"
	ln -s /proc/self/fd "$1/dev/fd"
}

# root_enter ROOT: in namespaces of its own, leave the host's root behind.
root_enter() {
	cd "$1" || return
	mkdir -p old
	pivot_root . old
	cd / || return
	umount --lazy /old
	rmdir /old
}

# root_run COMMAND...: with an empty environment. Not exec: this shell, as the first process, collects the
# orphans.
root_run() {
	env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
