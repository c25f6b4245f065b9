#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # inner shells; status and stderr are the helper's

load ../helpers/tree

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	IMAGE=$BATS_TEST_TMPDIR/image
	mkdir "$IMAGE"
}

# saved FILE DRIVER [LINE...]: a saved override, with its policy.
saved() {
	mkdir -p "$STORE/policy"
	put "$STORE/$1" "$2"
	put "$STORE/policy/$1.ini" "[override]" "driver = $2" "choose = fixed" "${@:3}"
}

# exported: every file in the image, and every folder.
exported() {
	(cd "$IMAGE" && find . -mindepth 1 ! -name image -printf '%P %M\n' | sort)
}

# The disk of disk_of() can be tried, and is free.
run_with_free_disk() {
	run_in_tree bash -c 'mount -n -t tmpfs tmpfs /dev/shm && touch /dev/shm/disk && exec "$@"' - \
		"$DRIVERCTL" "$@"
}

run_without_disk() {
	run_in_tree bash -c 'mount -n -t tmpfs tmpfs /dev/shm && exec "$@"' - "$DRIVERCTL" "$@"
}

@test "every saved override and its policy, devices and buses or not" {
	pci_device 0000:01:00.0 driver=e1000e
	bus_device platform reg-dummy
	saved pci-0000:01:00.0 vfio-pci "modalias = pci:v00008086*" "path = pci0000:00/1c.4/00.0"
	saved pci-0000:99:00.0 none
	put "$STORE/platform-reg-dummy" "Serial Bus"
	put "$STORE/fsl-mc-dprc.1" vfio-fsl-mc
	put "$STORE/vmbus-1de51a9d-aeb9-4b3c-9a48-5b8a1e5e1d4e" uio_hv_generic
	(umask 077 && run_driverctl export-store "$IMAGE" && expect 0 "" "")
	diff -r -x image "$TREE/etc/driverctl.d" "$IMAGE/etc/driverctl.d"
	diff <(exported) - <<-EOF
		etc drwxr-xr-x
		etc/driverctl.d drwxr-xr-x
		etc/driverctl.d/fsl-mc-dprc.1 -rw-r--r--
		etc/driverctl.d/pci-0000:01:00.0 -rw-r--r--
		etc/driverctl.d/pci-0000:99:00.0 -rw-r--r--
		etc/driverctl.d/platform-reg-dummy -rw-r--r--
		etc/driverctl.d/policy drwxr-xr-x
		etc/driverctl.d/policy/pci-0000:01:00.0.ini -rw-r--r--
		etc/driverctl.d/policy/pci-0000:99:00.0.ini -rw-r--r--
		etc/driverctl.d/vmbus-1de51a9d-aeb9-4b3c-9a48-5b8a1e5e1d4e -rw-r--r--
	EOF
}

@test "the devices, the store and the rest of the image are as they were" {
	pci_device 0000:01:00.0 driver=e1000e
	saved pci-0000:01:00.0 vfio-pci
	mkdir "$IMAGE/etc"
	put "$IMAGE/etc/other" untouched
	local before
	before=$(snapshot)
	silently run_driverctl export-store "$IMAGE"
	# It is known from now on what the newest initramfs has.
	rm -r "$TREE/run/driverctl"
	diff <(echo "$before") <(snapshot)
	expect_file "$IMAGE/etc/other" untouched
}

@test "what was exported is applied by the early step" {
	pci_device 0000:01:00.0
	silently run_driverctl --noprobe set-override 0000:01:00.0 none
	put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
	silently run_driverctl export-store "$IMAGE"
	silently run_in_tree bash -c 'mount -n --bind "$1" /etc/driverctl.d && shift && exec "$@"' - \
		"$IMAGE/etc/driverctl.d" "$DRIVERCTL" load-override --all --early
	overrides 0000:01:00.0=none
	# The policy came along: on another device it is refused.
	put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
	put "$(device_dir pci 0000:01:00.0)/modalias" pci:other
	run_in_tree bash -c 'mount -n --bind "$1" /etc/driverctl.d && shift && exec "$@"' - \
		"$IMAGE/etc/driverctl.d" "$DRIVERCTL" load-override --all --early
	expect_error 4 "driverctl: 0000:01:00.0: not the device the override was set for (*"
}

@test "nothing saved, no folder" {
	silently run_driverctl export-store "$IMAGE"
	rmdir "$STORE"
	silently run_driverctl export-store "$IMAGE"
}

@test "files that are no overrides are not copied" {
	local name
	saved pci-0000:01:00.0 vfio-pci
	mkdir "$STORE/pci-folder"
	for name in README pci pci- .pci-0000:01:00.0.new .hidden policy/.pci-0000:01:00.0.ini.new \
		policy/pci-0000:02:00.0.ini policy/README pci-.. "pci-0000:02:00.0"$'\n' README-first \
		pci-$'\e[2J'; do
		put "$STORE/$name" "What is kept here:" "the overrides."
	done
	silently run_driverctl export-store "$IMAGE"
	diff <(cd "$IMAGE" && find . -type f ! -name image | sort) - <<-EOF
		./etc/driverctl.d/pci-0000:01:00.0
		./etc/driverctl.d/policy/pci-0000:01:00.0.ini
	EOF
}

@test "a file is for the device of just that name" {
	local name
	pci_device 0000:0a:00.0 driver=e1000e
	net_interface enp1s0 pci 0000:0a:00.0
	tree_bus platform
	for name in pci-0a:00.0 pci-0000:0A:00.0 pci-enp1s0 platform-pci-0000:0a:00.0; do
		put "$STORE/$name" vfio-pci
		silently run_driverctl export-store "$IMAGE"
		[ ! -e "$IMAGE/etc/driverctl.d/pci-0000:0a:00.0" ]
		rm "$STORE/$name"
	done
}

@test "a bad file is named, the others are copied" {
	put "$STORE/pci-0000:01:00.0" vfio-pci
	put "$STORE/pci-0000:02:00.0" "../../evil"
	put "$STORE/pci-0000:03:00.0" two lines
	: >"$STORE/pci-0000:04:00.0"
	ln -s nowhere "$STORE/pci-0000:05:00.0"
	head -c 70000 /dev/zero >"$STORE/pci-0000:06:00.0"
	mkfifo "$STORE/pci-0000:07:00.0"
	put "$STORE/pci-0000:08:00.0" none
	run_driverctl export-store "$IMAGE"
	expect 1 "" "\
driverctl: pci-0000:02:00.0: /etc/driverctl.d/pci-0000:02:00.0: not a driver name
driverctl: pci-0000:03:00.0: /etc/driverctl.d/pci-0000:03:00.0: not a driver name
driverctl: pci-0000:04:00.0: /etc/driverctl.d/pci-0000:04:00.0: not a driver name
driverctl: pci-0000:05:00.0: cannot copy /etc/driverctl.d/pci-0000:05:00.0 to $IMAGE: No such file \
or directory
driverctl: pci-0000:06:00.0: /etc/driverctl.d/pci-0000:06:00.0: not a driver name
driverctl: pci-0000:07:00.0: /etc/driverctl.d/pci-0000:07:00.0: not a driver name"
	diff <(cd "$IMAGE" && find . -type f ! -name image | sort) - <<-EOF
		./etc/driverctl.d/pci-0000:01:00.0
		./etc/driverctl.d/pci-0000:08:00.0
	EOF
}

@test "a policy that cannot be copied is named, not the driver's name, and its override stays out" {
	put "$STORE/pci-0000:01:00.0" vfio-pci
	mkdir "$STORE/policy"
	head -c 70000 /dev/zero | tr '\0' x >"$STORE/policy/pci-0000:01:00.0.ini"
	put "$STORE/pci-0000:02:00.0" none
	run_driverctl export-store "$IMAGE"
	[[ $stderr != *"not a driver name"* ]]
	expect_error 1 "driverctl: *pci-0000:01:00.0*"
	diff <(cd "$IMAGE" && find . -type f ! -name image) - <<<./etc/driverctl.d/pci-0000:02:00.0
}

@test "a policy with whatever in it is copied as it is" {
	put "$STORE/pci-0000:01:00.0" vfio-pci
	mkdir "$STORE/policy"
	put "$STORE/policy/pci-0000:01:00.0.ini" "neither section" "nor = key" $'\xff'
	silently run_driverctl export-store "$IMAGE"
	cmp "$STORE/policy/pci-0000:01:00.0.ini" "$IMAGE/etc/driverctl.d/policy/pci-0000:01:00.0.ini"
}

@test "links are followed in the store, not in the image" {
	put "$TREE/etc/made-elsewhere" vfio-pci
	ln -s /etc/made-elsewhere "$STORE/pci-0000:01:00.0"
	mkdir -p "$IMAGE/etc/driverctl.d"
	put "$BATS_TEST_TMPDIR/precious" "do not touch"
	ln -s "$BATS_TEST_TMPDIR/precious" "$IMAGE/etc/driverctl.d/pci-0000:01:00.0"
	silently run_driverctl export-store "$IMAGE"
	[ -f "$IMAGE/etc/driverctl.d/pci-0000:01:00.0" ]
	[ ! -L "$IMAGE/etc/driverctl.d/pci-0000:01:00.0" ]
	expect_file "$IMAGE/etc/driverctl.d/pci-0000:01:00.0" vfio-pci
	expect_file "$BATS_TEST_TMPDIR/precious" "do not touch"
}

@test "a second time it is written anew" {
	saved pci-0000:01:00.0 vfio-pci
	silently run_driverctl export-store "$IMAGE"
	saved pci-0000:01:00.0 none
	silently run_driverctl export-store "$IMAGE"
	diff -r -x image "$TREE/etc/driverctl.d" "$IMAGE/etc/driverctl.d"
}

# --- devices with a disk ---

@test "a device is excluded if its disk is in use and it is not on its saved driver" {
	local disk saved functions excluded
	while read -r disk saved functions excluded; do
		echo "# $disk disk, $saved saved, $functions functions: $excluded"
		tree_create "$BATS_TEST_TMPDIR/$((++n))"
		rm -rf "${IMAGE:?}/etc"
		pci_device 0000:01:00.0 driver=nvme
		put "$(device_dir pci 0000:01:00.0)/sriov_numvfs" "$functions"
		[ "$disk" = no ] || disk_of 0000:01:00.0
		put "$STORE/pci-0000:01:00.0" "$saved"
		if [ "$disk" = used ]; then
			run_without_disk export-store "$IMAGE"
		else
			run_with_free_disk export-store "$IMAGE"
		fi
		if [ "$excluded" = yes ]; then
			expect_error 0 "driverctl: 0000:01:00.0: excluded from the initramfs: *"
			[ ! -e "$IMAGE/etc/driverctl.d/pci-0000:01:00.0" ]
		else
			expect 0 "" ""
			expect_file "$IMAGE/etc/driverctl.d/pci-0000:01:00.0" "$saved"
		fi
	done <<-END
		used none 0 yes
		used vfio-pci 4 yes
		used nvme 0 no
		free vfio-pci 0 no
		no vfio-pci 4 no
	END
}

# --- the folder ---

@test "no such folder, or none" {
	saved pci-0000:01:00.0 vfio-pci
	run_driverctl export-store "$IMAGE/nosuch"
	expect 1 "" "driverctl: $IMAGE/nosuch: No such file or directory"
	put "$IMAGE/file" text
	run_driverctl export-store "$IMAGE/file"
	[ "$status" = 1 ]
	[[ $stderr == "driverctl: "*"$IMAGE/file: Not a directory" ]]
	run_driverctl export-store ""
	expect_error 1 "driverctl: *No such file or directory"
	[ ! -e "$IMAGE/nosuch" ]
}

@test "a relative name is from where the caller is" {
	saved pci-0000:01:00.0 vfio-pci
	cd "$BATS_TEST_TMPDIR"
	silently run_driverctl export-store image
	expect_file "$IMAGE/etc/driverctl.d/pci-0000:01:00.0" vfio-pci
	rm -r "${IMAGE:?}/etc"
	cd image
	silently run_driverctl export-store .
	expect_file "$IMAGE/etc/driverctl.d/pci-0000:01:00.0" vfio-pci
}

# A file that is removed and written again can be lost in between.
@test "the store itself is never written" {
	saved pci-0000:01:00.0 vfio-pci
	put "$TREE/etc/made-elsewhere" none
	ln -s /etc/made-elsewhere "$STORE/pci-0000:02:00.0"
	local before
	before=$(cd "$STORE" && find . -printf '%p %y %C@\n' | sort)
	run_driverctl export-store /
	diff <(echo "$before") <(cd "$STORE" && find . -printf '%p %y %C@\n' | sort)
}

@test "a read-only and a full folder" {
	saved pci-0000:01:00.0 vfio-pci
	run_in_tree bash -c 'mount -n --bind "$1" "$1" && mount -n -o remount,bind,ro "$1" &&
		shift && exec "$@"' - "$IMAGE" "$DRIVERCTL" export-store "$IMAGE"
	expect 1 "" "driverctl: pci-0000:01:00.0: cannot copy /etc/driverctl.d/pci-0000:01:00.0 to \
$IMAGE: Read-only file system"
	run_in_tree bash -c 'mount -n -t tmpfs -o size=4k tmpfs "$1" && head -c 4096 /dev/zero >"$1/x"
		shift && exec "$@"' - "$IMAGE" "$DRIVERCTL" export-store "$IMAGE"
	expect 1 "" "driverctl: pci-0000:01:00.0: cannot copy /etc/driverctl.d/pci-0000:01:00.0 to \
$IMAGE: No space left on device"
}

@test "not root: what may be read is copied where may be written" {
	saved pci-0000:01:00.0 vfio-pci
	chmod 777 "$IMAGE"
	without_root "$DRIVERCTL" export-store "$IMAGE"
	expect 0 "" ""
	expect_file "$IMAGE/etc/driverctl.d/pci-0000:01:00.0" vfio-pci
	rm -r "${IMAGE:?}/etc"
	chmod 555 "$IMAGE"
	without_root "$DRIVERCTL" export-store "$IMAGE"
	expect 1 "" "driverctl: pci-0000:01:00.0: cannot copy /etc/driverctl.d/pci-0000:01:00.0 to \
$IMAGE: Permission denied"
	chmod 0 "$STORE"
	without_root "$DRIVERCTL" export-store "$IMAGE"
	expect 1 "" "driverctl: /etc/driverctl.d: Permission denied"
}

@test "a device that does not answer: exit 6 in time" {
	pci_device 0000:01:00.0 driver=nvme
	disk_of 0000:01:00.0
	put "$STORE/pci-0000:01:00.0" vfio-pci
	mkfifo "$SYS/class/block/shm!disk/hidden"
	local started=$SECONDS
	run_driverctl --timeout=1 export-store "$IMAGE"
	[ $((SECONDS - started)) -le 10 ]
	expect_error 6 "driverctl: *not finished after 1 s"
}

# --- rules ---

# rule NAME DRIVER KEY=VALUE...
rule() {
	mkdir -p "$STORE/rules"
	put "$STORE/rules/$1" "[match]" "${@:3}" "[override]" "driver = $2"
}

# Run in the image, whose /etc is not the host's, before any driver has a device.
load_early_in_image() {
	rm -rf "$STORE"
	cp -r "$IMAGE/etc/driverctl.d" "$STORE"
	find "$SYS/devices" -name driver -type l -delete
	run_driverctl load-override --all --early
}

@test "rules: those that count, from every directory" {
	rule b.rule vfio-pci "name = 01:00.0"
	rule a.rule vfio-pci "nam = 01:00.0"
	ln -s /dev/null "$STORE/rules/c.rule"
	mkdir -p "$TREE"/{run,usr/lib}/driverctl.d/rules
	cp "$STORE/rules/b.rule" "$TREE/usr/lib/driverctl.d/rules/c.rule"
	cp "$STORE/rules/b.rule" "$TREE/usr/lib/driverctl.d/rules/d.rule"
	silently run_driverctl export-store "$IMAGE"
	diff <(cd "$IMAGE/etc/driverctl.d" && find . ! -type d ! -name image -printf '%P %y %l\n' | sort) - <<-EOF
		excluded f 
		rules/a.rule l /dev/null
		rules/b.rule f 
		rules/c.rule l /dev/null
		rules/d.rule f 
	EOF
	[ ! -s "$IMAGE/etc/driverctl.d/excluded" ]
	cmp "$STORE/rules/b.rule" "$IMAGE/etc/driverctl.d/rules/d.rule"
}

@test "without rules, nothing of them is in the image" {
	put "$STORE/pci-0000:01:00.0" none
	silently run_driverctl export-store "$IMAGE"
	[ ! -e "$IMAGE/etc/driverctl.d/rules" ]
	[ ! -e "$IMAGE/etc/driverctl.d/excluded" ]
}

@test "rules: in the image, the device whose disk is in use is excluded, and said" {
	pci_device 0000:01:00.0 driver=nvme class=0x010802
	disk_of 0000:01:00.0
	pci_device 0000:02:00.0 class=0x010802 below=0000:00:1c.5
	rule x.rule vfio-pci "class = storage"
	run_without_disk export-store "$IMAGE"
	expect 0 "" "driverctl: 0000:01:00.0: excluded from the initramfs: cannot tell whether \
/dev/shm/disk is in use: No such file or directory"
	silently load_early_in_image
	overrides "0000:01:00.0=(null)" 0000:02:00.0=vfio-pci
}

@test "rules: an excluded device that was moved is known by its ids, another one like it is not" {
	pci_device 0000:01:00.0 driver=nvme class=0x010802
	disk_of 0000:01:00.0
	rule x.rule vfio-pci "class = storage"
	run_without_disk export-store "$IMAGE"
	rm -r "$SYS"/{bus/pci/devices,devices}/*
	pci_device 0000:01:00.0 class=0x010802 below=0000:00:1c.7
	silently load_early_in_image
	overrides "0000:01:00.0=(null)"
	pci_device 0000:02:00.0 class=0x010802
	silently load_early_in_image
	overrides 0000:01:00.0=vfio-pci "0000:02:00.0=(null)"
}

@test "rules: a disk in use that no rule is for is excluded, since its number may change" {
	pci_device 0000:01:00.0 driver=nvme class=0x010802
	disk_of 0000:01:00.0
	rule x.rule vfio-pci "name = 07:00.0"
	silently run_without_disk export-store "$IMAGE"
	rm -r "$SYS"/{bus/pci/devices,devices}/*
	pci_device 0000:07:00.0 class=0x010802
	silently load_early_in_image
	overrides "0000:07:00.0=(null)"
}

@test "rules: a device that is where a rule wants it is not excluded" {
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
	disk_of 0000:01:00.0
	rule x.rule vfio-pci "name = 01:00.0"
	silently run_without_disk export-store "$IMAGE"
	[ ! -s "$IMAGE/etc/driverctl.d/excluded" ]
}

@test "rules: a network card that carries the default route is excluded" {
	pci_device 0000:01:00.0 driver=e1000e
	net_interface lo pci 0000:01:00.0
	rule x.rule vfio-pci "class = network"
	run_in_tree bash -c 'ip link set lo up && ip route add default dev lo && exec "$@"' - \
		"$DRIVERCTL" export-store "$IMAGE"
	expect 0 "" "driverctl: 0000:01:00.0: excluded from the initramfs: in use: lo carries the default route"
	load_early_in_image
	overrides "0000:01:00.0=(null)"
}

@test "rules: what the host itself excludes is excluded in the image" {
	rule x.rule vfio-pci "name = *"
	printf 'pci\tpci0000:00/1c.4/00.0\tpci:v1\n' >"$STORE/excluded"
	silently run_driverctl export-store "$IMAGE"
	cmp "$STORE/excluded" "$IMAGE/etc/driverctl.d/excluded"
	pci_device 0000:01:00.0
	load_early_in_image
	overrides "0000:01:00.0=(null)"
}

@test "rules: a list of excluded devices that cannot be read lets no rule count" {
	pci_device 0000:01:00.0
	pci_device 0000:02:00.0
	rule x.rule vfio-pci "name = *"
	put "$STORE/pci-0000:02:00.0" saved
	: >"$STORE/excluded"
	run_faulty open:error=EIO /etc/driverctl.d/excluded -- load-override --all --early
	expect 1 "" "driverctl: cannot read the rules: Input/output error"
	overrides "0000:01:00.0=(null)" 0000:02:00.0=saved
}

@test "rules: the host's own root is refused" {
	rule x.rule vfio-pci "name = *"
	run_driverctl export-store /
	expect_error 1 "driverctl: cannot copy the rules to /: File exists"
}

@test "rules: every failure to write is said" {
	local operation
	rule x.rule vfio-pci "name = *"
	for operation in mkdir open:writing write sync; do
		rm -rf "$IMAGE"
		mkdir "$IMAGE"
		case $operation in
		mkdir) run_faulty mkdir:error=ENOSPC "$IMAGE/etc/driverctl.d/rules" -- export-store "$IMAGE" ;;
		*) run_faulty "$operation:error=ENOSPC" "$IMAGE/etc/driverctl.d/rules/x.rule" -- \
			export-store "$IMAGE" ;;
		esac
		expect_error 1 "driverctl: cannot copy the rules to $IMAGE: No space left on device"
	done
	rm -rf "$IMAGE"
	mkdir "$IMAGE"
	run_faulty open:writing:error=ENOSPC "$IMAGE/etc/driverctl.d/excluded" -- export-store "$IMAGE"
	expect_error 1 "driverctl: cannot copy the rules to $IMAGE: No space left on device"
}
