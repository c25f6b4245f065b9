# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A Debian guest under QEMU, without hardware virtualisation: makes its disk and boots it. What a boot
# is for is left to the script that sources this file (see tests/README.md).
#
# `enter SUITE` changes to the guest's directory, BUILD/vm/SUITE, and `make_disk` makes these there:
#
#   root.tar          the packages
#   root, root.img    the packages and the test modules, as a directory and as a disk
#   vmlinuz, initrd   as the packages installed them
#   disk.img          root.img with the program and the tests as the working tree has them now
#
# A boot leaves `console`, the kernel's messages, and `out`, the output of the guest's commands.
# VM_MAKE has more variables for the make that builds the program, one a line; VM_PACKAGES has more packages,
# with commas between them.

set -euo pipefail
shopt -s inherit_errexit

vm=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
top=$(realpath "$vm/../..")
build=$(realpath -m "${BUILD:-$top/build}")

# Directories in the guest. The objects are on its disk because their counters must survive a boot.
source=/usr/src/driverctl
objects=/usr/src/objects
installed=/usr/src/installed

# What a script may change for its next boots.
limit=${VM_LIMIT:-900} # seconds
cpus=${VM_CPUS:-2}
initrd=initrd
append= # for the kernel's command line
devices=() # more arguments for QEMU
switch=    # not empty: a switch in front of the network card, which moves the bus numbers behind it

say() { echo "vm $suite: $*" >&2; }

fail()
{
	echo "vm: $*" >&2
	exit 1
}

enter()
{
	local tool

	suite=$1
	case $suite in bookworm | trixie | sid) ;; *) fail "unknown suite '$suite'" ;; esac
	# Unpacking and mkfs keep owners and device nodes.
	[ "$(id -u)" -eq 0 ] || fail "must be run as root"
	for tool in mmdebstrap mkfs.ext4; do
		command -v "$tool" >/dev/null || fail "$tool is missing"
	done
	mkdir -p "$build/vm/$suite" "$build/vm/emulator"
	cd "$build/vm/$suite"
	exec {lock}>lock
	flock "$lock"
}

# is_made STAMP HASH: whether what STAMP stands for was made from this HASH.
is_made() { [ -e "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# logged LOG COMMAND...: writes the command's output to LOG. Ends the script if the command fails.
logged()
{
	local log=$1

	# In the background, because bash ignores `set -e` in a command before `||`.
	"${@:2}" >"$log" 2>&1 &
	wait $! || { tail -n 40 "$log" >&2 && fail "failed: $PWD/$log"; }
}

in_guest() { chroot root env -i PATH=/usr/sbin:/usr/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }

# --- the disk ---

make_image()
{
	local path hash options

	options=("--include=$(sed "/^#/d; s/^${suite/sid/trixie}: //; /: /d" "$vm/packages" | paste -sd,)")
	[ -z "${VM_PACKAGES:-}" ] || options+=("--include=$VM_PACKAGES")
	# The largest directories of modules, for devices that this guest does not have: without them
	# the disk and the initramfs are made and loaded faster.
	for path in drivers/gpu drivers/infiniband drivers/media drivers/net/wireless \
		drivers/staging sound; do
		options+=("--dpkgopt=path-exclude=*/lib/modules/*/kernel/$path/*")
	done
	# A copy of the archive may be older than its Release file allows.
	[ "$suite" != sid ] || options+=('--aptopt=Acquire::Check-Valid-Until "false"')
	hash=$(echo "$suite ${options[*]}" | cat - "$vm/guest/initramfs-hook" | sha256sum)
	! is_made image.stamp "$hash" || return 0
	say "installing the guest's packages (about a minute) ..."
	rm -f image.stamp
	# The guest's udev and systemd must not find the files of the shell driverctl: unpack it only.
	# The first hook is there before the kernel's package makes its initramfs.
	# shellcheck disable=SC2016
	logged image.log mmdebstrap --quiet --variant=minbase "${options[@]}" \
		--essential-hook="install -D '$vm/guest/initramfs-hook' \"\$1/etc/initramfs-tools/hooks/guest\"" \
		--essential-hook='mkdir "$1/etc/initramfs-tools/conf.d" &&
			echo MODULES=list >"$1/etc/initramfs-tools/conf.d/guest"' \
		--customize-hook='chroot "$1" sh -ec "cd /tmp; apt-get -qq download driverctl;
			dpkg -x driverctl_*.deb /opt/driverctl-orig; rm driverctl_*.deb"' \
		"$suite" root.tar
	echo "$hash" >image.stamp
}

# Every guest runs in the QEMU of Debian 13: it starts programs twice as fast as the one of Debian 12,
# and does not lose its guests' timers.
make_emulator()
{
	# Before the lock: a run of trixie has its own lock, and waits for this one.
	[ "$suite" = trixie ] || [ -e ../trixie/image.stamp ] || "$vm/vm" image trixie
	(
		flock 9
		! is_made ../emulator/stamp "$(cat ../trixie/image.stamp)" || exit 0
		rm -rf ../emulator/*
		tar -C ../emulator -xf ../trixie/root.tar ./usr/bin/qemu-system-x86_64 \
			./usr/lib/x86_64-linux-gnu ./usr/share/{qemu,seabios}
		cp ../trixie/image.stamp ../emulator/stamp
	) 9>../emulator.lock
}

unpack_root()
{
	local kernel updates variant index

	rm -rf root
	mkdir root
	tar -C root -xf root.tar
	kernel=$(basename root/lib/modules/*)
	updates=root/lib/modules/$kernel/updates
	mkdir -p "$updates"
	cp -r "$vm/modules" root/usr/src/
	# objtool reads /proc; the mount is this command's own.
	unshare --mount bash -ec "$(declare -f in_guest); mount -t proc proc root/proc; in_guest \"\$@\"" - \
		make -C "/lib/modules/$kernel/build" M=/usr/src/modules modules
	cp root/usr/src/modules/*.ko "$updates"
	# Tests install these two, each with the index that depmod makes: it takes 15 s inside the guest.
	for variant in tie better; do
		in_guest depmod "$kernel"
		index=root/usr/local/lib/dctl_${variant}_vfio
		mkdir -p "$index/updates"
		cp "root/lib/modules/$kernel"/modules.* "$index"
		mv "$updates/dctl_${variant}_vfio.ko" "$index/updates"
	done
	in_guest depmod "$kernel"

	# Without an id every boot is a first boot, which resets what is enabled.
	echo 0123456789abcdef0123456789abcdef >root/etc/machine-id
	echo driverctl-test >root/etc/hostname
	: >root/etc/driverctl-test-guest
	cp "$vm"/guest/*.service root/etc/systemd/system/
	in_guest systemctl --quiet enable vm-script.service at-basic.service
	in_guest systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
		e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@.service \
		serial-getty@.service systemd-timesyncd.service
	# At each shutdown they make or unpack an initramfs, which takes 20 s.
	in_guest systemctl --quiet mask dracut-shutdown.service mdadm-shutdown.service
	# A test that needs one of these starts it.
	in_guest sh -c 'cd /lib/systemd/system && ls -d "$@" 2>/dev/null | xargs systemctl --quiet disable' - \
		nfs-blkmap.service nfs-client.target nfs-server.service openvswitch-switch.service \
		rpcbind.service rpcbind.socket ssh.service
	# guest/start-libvirt starts libvirt where it is needed.
	in_guest systemctl --quiet mask libvirt-guests.service libvirtd.service libvirtd.socket \
		libvirtd-ro.socket libvirtd-admin.socket virtlogd.socket virtlogd-admin.socket

	cp "$(realpath root/boot/vmlinuz-"$kernel")" vmlinuz
	cp "$(realpath root/boot/initrd.img-"$kernel")" initrd
	in_guest lsinitramfs "/boot/initrd.img-$kernel" >root/boot/initrd.list
	rm -f root.img
	mkfs.ext4 -q -F -d root root.img 2500M
	find root -type d -printf '%P\n' | LC_ALL=C sort >root.dirs
}

make_root()
{
	local hash

	hash=$(cat image.stamp "$vm"/modules/* "$vm"/guest/*.service <(declare -f unpack_root) |
		sha256sum)
	! is_made root.stamp "$hash" || return 0
	say "making the disk (about half a minute) ..."
	rm -f root.stamp objects.stamp
	logged root.log unpack_root
	echo "$hash" >root.stamp
}

# The program is built in the guest's root, by its compiler and with its libraries.
build_program()
{
	local tree=root$installed tests=$source/tests make=(make -C "$source" "BUILD=$objects" PREFIX=/usr) object

	[ -z "${VM_MAKE:-}" ] || mapfile -t -O "${#make[@]}" make <<<"$VM_MAKE"
	is_made objects.stamp "${VM_MAKE:-}" || rm -rf "root$objects"
	echo "${VM_MAKE:-}" >objects.stamp
	rm -rf "root$source" "$tree" root/etc/driverctl.d
	mkdir -p "root$source" "$tree$source" "$tree/usr/local/bin"
	# With the files' times, so that make compiles only what was edited.
	tar -C "$top" -c Makefile lib driverctl udev systemd initramfs libvirt completions bench \
		tests/coverage tests/fixtures tests/helpers tests/vm |
		tar -C "root$source" -x --no-same-owner
	in_guest "${make[@]}" -j2 DESTDIR="$installed" install
	in_guest gcc -Wall -O2 -o "$installed/usr/local/bin/hold_vfio" "$tests/vm/hold_vfio.c"
	in_guest gcc -D_GNU_SOURCE -Wall -O2 -o "$installed/usr/local/bin/fault" \
		"$tests/vm/fault.c" "$tests/helpers/watch.c"
	cp -a "root$source/." "$tree$source"
	# Every user must be able to write the counters, if there are any.
	find "root$objects" -name '*.gcno' -printf '%P\n' | while read -r object; do
		install -D -m 666 /dev/null "$tree$objects/${object%.gcno}.gcda"
	done
	# Also for the tools that make an initramfs.
	cp -a "$tree/." root
}

# add_to_disk TREE: adds its files to disk.img; a file that exists there is an error.
add_to_disk()
{
	{
		# debugfs damages the file system when it makes a directory that exists.
		find "$1" -mindepth 1 -type d -printf '%P\n' | LC_ALL=C sort |
			LC_ALL=C comm -23 - root.dirs | sed 's|.*|mkdir "/&"|'
		find "$1" -type l -printf 'symlink "/%P" "%l"\n'
		find "$1" -type f -printf 'write "%p" "/%P"\n'
	} | debugfs -w -f - disk.img 2>debugfs.err >/dev/null
	# It ends with 0 whatever went wrong, and names its version first.
	if sed 1d debugfs.err | grep .; then return 1; fi
}

make_disk()
{
	make_image
	make_emulator
	make_root
	say "building the program ..."
	logged program.log build_program
	cp --sparse=always root.img disk.img
	logged disk.log add_to_disk "root$installed"
}

# --- an initramfs ---

# update_initramfs TOOL OVERRIDES: see make_initramfs
update_initramfs()
{
	local kernel image omit=

	kernel=$(basename root/lib/modules/*)
	[ "$1" != dracut-plain ] || omit="systemd systemd-initrd dracut-systemd"
	# A guest that died leaves a journal, which would undo what debugfs writes.
	e2fsck -p disk.img || [ $? -eq 1 ]
	rm -rf root/etc/driverctl.d
	debugfs -R "rdump $2 root/etc" disk.img
	case $1 in
	initramfs-tools)
		image=/boot/initrd.img-$kernel
		in_guest update-initramfs -u -k "$kernel"
		in_guest lsinitramfs "$image" >"$1.list"
		;;
	dracut | dracut-plain)
		image=/boot/dracut.img
		in_guest dracut --force --drivers "virtio_pci virtio_blk ext4 e1000e nvme" \
			${omit:+--omit "$omit"} "$image" "$kernel"
		in_guest lsinitrd "$image" >"$1.list"
		;;
	esac
	cp "root$image" "$1.img"
	debugfs -w -R "rm /boot/$1.list" disk.img
	debugfs -w -R "write $1.list /boot/$1.list" disk.img
}

# make_initramfs TOOL OVERRIDES: initramfs-tools, dracut or dracut-plain (without systemd) makes TOOL.img for the next boots, with the
# overrides of that directory on the disk, which is named driverctl.d. /boot/TOOL.list on the disk lists
# its files. This happens in the guest's root, because it takes a minute inside the guest; no device is
# in use there.
make_initramfs()
{
	say "$1 makes an initramfs ..."
	logged "$1.log" update_initramfs "$1" "$2"
	initrd=$1.img
}

# --- a boot ---

# boot COMMANDS: boots the disk, and runs the commands in tests/vm there. The guest reaches QEMU's
# monitor as /dev/virtio-ports/qmp.
# Return: 0; 1 if the commands ended with 1; 2 if the guest did not get to their end within the limit.
boot()
{
	local lib=../emulator/usr/lib n args net_bus=rp3
	# QEMU loses a timer now and then that the guest arms once, and the guest stops for ever. The
	# guest survives that if its timer is periodic (nohz, highres). On a busy host the kernel's own test
	# of the timer comes too early, and panics (no_timer_check).
	local kernel="console=ttyS0 panic=-1 root=/dev/vda rw intel_iommu=on mitigations=off nohz=off highres=off"
	kernel+=" no_timer_check"
	# Room for 32 virtual functions.
	local nvme=sriov_max_vfs=32,sriov_vq_flexible=66,sriov_vi_flexible=33,max_ioqpairs=70

	rm -f out console qemu.log qmp nvme.img data.img
	truncate -s 256M nvme.img data.img
	echo "$1" >script
	# shellcheck disable=SC2054 # the commas are QEMU's
	args=(-accel tcg,thread=multi -cpu max -smp "$cpus" -M q35 -m 2048 -no-reboot -nodefaults
		-display none -kernel vmlinuz -initrd "$initrd" -append "$kernel quiet $append"
		-serial file:console -serial file:out
		-fw_cfg name=opt/driverctl/script,file=script
		-chardev socket,id=mon,path=qmp,server=on,wait=off -mon chardev=mon,mode=control
		-chardev socket,id=ctl,path=qmp
		-drive if=none,id=root,format=raw,file=disk.img,cache=unsafe
		-drive if=none,id=data,format=raw,file=data.img,cache=unsafe
		-drive if=none,id=nvme,format=raw,file=nvme.img,cache=unsafe
		-device intel-iommu
		-device virtio-blk-pci,drive=root,disable-legacy=on
		-device virtio-blk-pci,drive=data,disable-legacy=on
		-device virtio-serial-pci,disable-legacy=on -device virtserialport,chardev=ctl,name=qmp
		-device edu -device pci-testdev)
	for n in 1 2 3 4 5 6 7 8 9; do args+=(-device "pcie-root-port,id=rp$n,slot=$n,chassis=$n"); done
	for n in 1 2 8 9; do args+=(-device "e1000e,bus=rp$n"); done
	if [ -n "$switch" ]; then
		# shellcheck disable=SC2054
		args+=(-device x3130-upstream,id=up,bus=rp3
			-device xio3130-downstream,id=down,bus=up,chassis=20)
		net_bus=down
	fi
	# shellcheck disable=SC2054
	args+=(-device "virtio-net-pci,bus=$net_bus,disable-legacy=on" -device nvme-subsys,id=sub0
		-device "nvme,id=nvme0,serial=nvme0,subsys=sub0,bus=rp4,$nvme,msix_qsize=64"
		-device nvme-ns,drive=nvme,bus=nvme0,nsid=1)
	for n in 0,multifunction=on 1 2; do
		args+=(-device "virtio-rng-pci,bus=rp5,disable-legacy=on,addr=0.$n")
	done
	args+=("${devices[@]}")
	timeout --kill-after=5 "$limit" "$lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
		--library-path "$lib/x86_64-linux-gnu:$lib/x86_64-linux-gnu/pulseaudio" \
		../emulator/usr/bin/qemu-system-x86_64 -L "$lib/../share/qemu" \
		-L "$lib/../share/seabios" "${args[@]}" </dev/null 2>qemu.log || :
	case $(tail -n 1 out) in
	"# exit 0") return 0 ;;
	"# exit 1") return 1 ;;
	esac
	return 2
}

# show_console: what to look at first if a boot went wrong.
show_console()
{
	say "the guest did not end well within $limit s; the end of the console:"
	tail -n 25 console qemu.log | tr -d '\r' >&2
}

# boot_for COMMANDS: boots, and prints what the commands print. Fails if they do.
boot_for()
{
	local status=0

	boot "$1" || status=$?
	sed '$ { /^# exit/d }' out
	[ "$status" -eq 0 ] || show_console
	return "$status"
}
