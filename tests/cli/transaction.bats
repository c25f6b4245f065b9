#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2030,SC2031,SC2154,SC2086 # status, stderr are the helper's; $SET is words
#
# Every step of a set, an unset and a load fails, or takes until the time is up. Each test checks the
# message, the exit code, and that override and store are as before. Failures that the kernel does not
# cause are in the tests of the commands.

bats_require_minimum_version 1.5.0
load ../helpers/tree

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	module_driver vfio_pci pci vfio-pci
	card 0000:01:00.0
	FILE=pci-0000:01:00.0
	NEW=.$FILE.new
	POLICY_NEW=.$FILE.ini.new
	DIR=$(in_sys 0000:01:00.0)
	saved "$FILE"
}

# card DEV: make a device that is bound to its native driver, with an override for no known driver.
card() { pci_device "$1" driver=e1000e override=kept "${@:2}"; }

# saved FILE: save an override, with its policy.
saved() {
	mkdir -p "$STORE/policy"
	put "$STORE/$1" kept
	put "$STORE/policy/$1.ini" "[override]" "driver = kept" "choose = fixed"
}

# in_sys DEV: print the device's directory, as the program sees it.
in_sys() {
	local dir
	dir=$(device_dir pci "$1")
	echo "/sys${dir#"$SYS"}"
}

attribute() { cat "$TREE$DIR/$1"; }

# written DRIVER FILE TEXT: check the text in a driver's bind or unbind file, "" for none.
written() {
	[ "$(cat "$SYS/bus/pci/drivers/$1/$2")" = "$3" ] && return
	echo "$1/$2: $(cat "$SYS/bus/pci/drivers/$1/$2")" >&2
	return 1
}

# now: print what a failure must not change. It includes temporary files in the store.
now() {
	local dir
	for dir in "$SYS"/devices/pci0000:00/*/*/; do
		echo "$dir $(cat "$dir/driver_override")"
	done
	(cd "$STORE" && find . ! -path ./policy -printf '%p %y\n' -type f -exec sha256sum '{}' + | sort)
}

# fails STATUS PATTERN RULE PATH [[--then] RULE PATH]... -- ARGUMENT...: check how a call fails, and
# that nothing has changed after it.
fails() {
	local before
	before=$(now)
	run_faulty "${@:3}"
	expect_error "$1" "driverctl: 0000:01:00.0: $2"
	diff <(echo "$before") <(now) >&2
}

# too_late DOING OPERATION PATH ARGUMENT...: check that the message names the step that waits, and
# that the old state is restored when it goes on.
too_late() {
	fails 6 "$1 not finished after 1 s*" "$2:delay=1300" "$3" -- --timeout=1 "${@:4}"
}

# finished_late DOING CALL PATH ARGUMENT...: the call that waits is named, and is the last one that
# changes the device. When it goes on, the wanted state has been reached: the change is finished.
finished_late() {
	run_faulty "$2:delay=1300" "$3" -- --timeout=1 "${@:4}"
	expect_error 6 "driverctl: 0000:01:00.0: $1 not finished after 1 s; its state is not known \
yet: pid * goes on, and finishes or undoes the change when the kernel lets go"
}

# vfio_binds: print the shell command that binds vfio-pci to the device, as the kernel would.
vfio_binds() { echo "ln -sfn /sys/bus/pci/drivers/vfio-pci $DIR/driver"; }

# Each is a list of words.
SET="set-override 0000:01:00.0 vfio-pci"
NONE="set-override 0000:01:00.0 none"
UNSET="unset-override 0000:01:00.0"
LOAD="load-override 0000:01:00.0"

# --- the time is up ---

@test "set: the time is up before the device is touched" {
	too_late "waiting for the lock" open /dev/null $SET
	too_late "waiting for the lock" open "$FILE.lock" $SET
	too_late "reading driver_override" open "$DIR/driver_override" $SET
	too_late "checking its use" open "$DIR/sriov_numvfs" $SET
	too_late "looking for driver 'vfio-pci'" open /sys/bus/pci/drivers $SET
	too_late "preparing the store" sync "/etc/driverctl.d/$NEW" $SET
	written e1000e unbind ""
}

@test "set: the time is up while the device is being changed" {
	too_late "setting driver_override 'vfio-pci'" write "$DIR/driver_override" $SET
	fails 6 "checking the driver 'vfio-pci' not finished after 1 s*" \
		write:text=vfio-pci "$DIR/driver_override" \
		--then readlink:delay=1300:once "$DIR/driver" -- --timeout=1 $SET
	written e1000e unbind ""
	too_late "unbinding 'e1000e'" write /sys/bus/pci/drivers/e1000e/unbind $SET
	written e1000e unbind 0000:01:00.0
	written vfio-pci bind ""
	too_late "binding 'vfio-pci'" write /sys/bus/pci/drivers/vfio-pci/bind $SET
	written vfio-pci bind 0000:01:00.0
}

@test "set: the time is up, and the wanted state is reached: the change is finished, not undone" {
	finished_late "unbinding 'e1000e'" write /sys/bus/pci/drivers/e1000e/unbind --noprobe $SET
	expect_file "$STORE/$FILE" vfio-pci
	[ "$(<"$TREE$DIR/driver_override")" = vfio-pci ]
	card 0000:01:00.0
	run_faulty "write:delay=1300:do=$(vfio_binds)" /sys/bus/pci/drivers/vfio-pci/bind -- \
		--timeout=1 $SET
	expect_error 6 "driverctl: 0000:01:00.0: binding 'vfio-pci' not finished after 1 s*"
	expect_file "$STORE/$FILE" vfio-pci
}

@test "set: a commit that begins in time has extra time, and goes on in the background after that" {
	silently run_faulty sync:delay=1300 /etc/driverctl.d/policy -- --timeout=1 --noprobe $SET
	expect_file "$STORE/$FILE" vfio-pci
	saved "$FILE"
	run_faulty sync:delay=4000 /etc/driverctl.d/policy -- --timeout=1 --noprobe $SET
	expect_error 6 "driverctl: 0000:01:00.0: finishing not finished after 1 s; pid * goes on with it"
	expect_file "$STORE/$FILE" vfio-pci
	[ "$(attribute driver_override)" = vfio-pci ]
}

@test "lock: if another process holds it for a second, driverctl checks the device's use" {
	mkdir -p "$TREE/run/driverctl"
	exec 9>"$TREE/run/driverctl/$FILE.lock"
	flock 9
	run_faulty open:delay=1300 "$DIR/sriov_numvfs" -- --timeout=2 $SET
	expect_error 6 "driverctl: 0000:01:00.0: checking its use not finished after 2 s*"
	put "$TREE$DIR/sriov_numvfs" 4
	run_driverctl $SET
	expect_error 4 "driverctl: 0000:01:00.0: in use: 4 virtual functions are enabled on it; nothing \
changed (use --force to proceed anyway)"
	[ "$(attribute driver_override)" = kept ]
	written e1000e unbind ""
}

@test "lock: a disk that appears or disappears during the wait is no reason to refuse" {
	mkdir -p "$TREE/run/driverctl"
	exec 9>"$TREE/run/driverctl/$FILE.lock"
	flock 9
	disk_of 0000:01:00.0
	run_driverctl --timeout=2 $SET
	expect_error 6 "driverctl: 0000:01:00.0: waiting for the lock* not finished after 2 s*"
	flock --unlock 9
	run_driverctl $SET
	expect_error 4 "driverctl: 0000:01:00.0: cannot tell whether /dev/shm/disk is in use: *"
}

@test "set --best-vfio: the time is up" {
	too_late "checking its use" open "$DIR/sriov_numvfs" --best-vfio set-override 0000:01:00.0
	put "$TREE/lib/modules/$(uname -r)/modules.alias" "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"
	too_late "ranking VFIO drivers" open "/lib/modules/$(uname -r)/modules.alias" --best-vfio \
		set-override 0000:01:00.0
	written e1000e unbind ""
}

@test "unset: the time is up" {
	card 0000:01:00.0 override=e1000e
	too_late "checking its use" open "$DIR/sriov_numvfs" $UNSET
	card 0000:01:00.0
	too_late "preparing the store" stat "$FILE" $UNSET
	rm "$TREE$DIR/driver"
	too_late "clearing driver_override" write "$DIR/driver_override" $UNSET
	fails 6 "reading driver_override not finished after 1 s*" write "$DIR/driver_override" \
		--then read:delay=1300:once "$DIR/driver_override" -- --timeout=1 $UNSET
	[ ! -s "$SYS/bus/pci/drivers_probe" ]
	finished_late "probing the native driver" write /sys/bus/pci/drivers_probe $UNSET
	[ ! -e "$STORE/$FILE" ]
}

@test "load: the time is up" {
	put "$STORE/$FILE" vfio-pci
	too_late "reading driver_override" open "$DIR/driver_override" $LOAD
	too_late "reading the saved override" open "/etc/driverctl.d/$FILE" $LOAD
	too_late "looking for driver 'vfio-pci'" open /sys/bus/pci/drivers $LOAD
	too_late "checking its use" open "$DIR/sriov_numvfs" $LOAD
	put "$STORE/policy/$FILE.ini" "[override]" "driver = vfio-pci" "choose = best-vfio"
	put "$TREE/lib/modules/$(uname -r)/modules.alias" "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"
	too_late "ranking VFIO drivers" open "/lib/modules/$(uname -r)/modules.alias" $LOAD
	written e1000e unbind ""
}

@test "load --early: the time is up before the write: nothing is recorded" {
	put "$STORE/$FILE" vfio-pci
	too_late "reading the saved override" open "/etc/driverctl.d/$FILE" load-override --all --early
	[ ! -e "$TREE/run/driverctl/journal" ]
	too_late "recording it" open:writing "/run/driverctl/journal/.$FILE.new" load-override --all --early
	[ ! -e "$TREE/run/driverctl/journal/$FILE" ]
}

@test "load --early: the time is up while an override is cleared" {
	rm "$STORE/$FILE"
	noted pci 0000:01:00.0 how=early override=kept
	too_late "reading driver_override" open "$DIR/driver_override" load-override --all --early
	too_late "clearing driver_override" write "$DIR/driver_override" load-override --all --early
	expect_journal "$FILE saved early kept"
}

# --- an operation fails ---

@test "lock: the kernel has no lock, or the name is too long" {
	local name
	fails 1 "cannot take the lock in /run/driverctl: No locks available; still on 'e1000e', nothing \
changed" lock:error=ENOLCK "/run/driverctl/$FILE.lock" -- $SET
	fails 1 "cannot take the lock in /run/driverctl: Input/output error; still on 'e1000e', nothing \
changed" truncate:error=EIO "/run/driverctl/$FILE.lock" -- $SET
	saved pci-0000:99:00.0
	run_faulty lock:error=ENOLCK /run/driverctl/pci-0000:99:00.0.lock -- unset-override 99:00.0
	expect_error 1 "driverctl: 0000:99:00.0: cannot take the lock in /run/driverctl: No locks available"
	expect_file "$STORE/pci-0000:99:00.0" kept
	printf -v name '%0247d' 1
	bus_device platform "$name"
	run_driverctl set-override "platform/$name" none
	expect_error 1 "driverctl: $name: cannot take the lock in /run/driverctl: File name too long; \
still without a driver, nothing changed"
}

@test "reading the state: an error, or the device is gone" {
	fails 1 "cannot read driver_override: Input/output error" open:error=EIO \
		"$DIR/driver_override" -- $SET
	fails 3 "no such device" open:error=ENODEV "$DIR/driver_override" -- $SET
	fails 3 "no such device" open:error=ENOENT "$DIR/driver_override" \
		access:error=ENOENT "$DIR/uevent" -- $SET
}

@test "reading the state again, right before and after the write: an error, or the device is gone" {
	local attribute=$DIR/driver_override
	fails 1 "cannot read driver_override: Input/output error; still on 'e1000e', nothing changed" \
		sync "$NEW" --then read:error=EIO:once "$attribute" -- $SET
	fails 3 "no such device" sync "$NEW" --then read:error=ENODEV:once "$attribute" -- $SET
	fails 1 "cannot check the driver 'vfio-pci': Input/output error; back on 'e1000e', store unchanged" \
		write "$attribute" --then readlink:error=EIO:once "$DIR/driver" -- $SET
	written e1000e unbind ""
}

@test "checking the use: an error is a reason to refuse" {
	fails 1 "cannot check its use: Permission denied; still on 'e1000e', nothing changed" \
		open:error=EACCES /sys/class/block -- $SET
	fails 1 "cannot check its use: Permission denied; still on 'e1000e', nothing changed" \
		readlink:error=EACCES "$DIR/iommu_group" -- $SET
}

@test "finding the driver: the drivers, or those of its module, cannot be read" {
	fails 1 "cannot find driver 'vfio-pci': Permission denied; still on 'e1000e', nothing changed" \
		open:error=EACCES /sys/bus/pci/drivers -- $SET
	module_driver dctl_two pci dctl-one
	fails 1 "cannot find driver 'dctl_two': Permission denied; still on 'e1000e', nothing changed" \
		open:error=EACCES /sys/module/dctl_two/drivers -- set-override 0000:01:00.0 dctl_two
}

@test "preparing the store: each operation fails" {
	local etc=/etc/driverctl.d because="cannot write to /etc/driverctl.d" call
	local still="still on 'e1000e', nothing changed"
	for call in "open $FILE" "stat $etc/$FILE" "read $etc/$FILE" "open $FILE.ini" \
		"open $POLICY_NEW" "write $etc/policy/$POLICY_NEW" "sync $etc/policy/$POLICY_NEW" "open $NEW" \
		"write $etc/$NEW" "sync $etc/$NEW"; do
		echo "# $call"
		fails 1 "$because: Input/output error; $still" "${call% *}:error=EIO" "${call#* }" -- $SET
	done
	rm -r "$STORE/policy"
	fails 1 "$because: Input/output error; $still" mkdir:error=EIO policy -- $SET
	rm -r "$STORE"
	run_faulty mkdir:error=EIO "$etc" -- $SET
	expect_error 1 "driverctl: 0000:01:00.0: $because: Input/output error; $still"
	[ ! -e "$STORE" ]
	written e1000e unbind ""
}

# Two devices have locks of their own, and one directory.
@test "preparing the store: a call that fails does not take the directory of the policies from another one" {
	rm -rf "$STORE/policy"
	fails 1 "cannot write to /etc/driverctl.d: No space left on device; still on 'e1000e', nothing changed" \
		write:error=ENOSPC "/etc/driverctl.d/policy/$POLICY_NEW" -- $SET
	[ -d "$STORE/policy" ]
}

@test "preparing the store: an interrupted write is repeated" {
	silently run_faulty write:error=EINTR:once "/etc/driverctl.d/$NEW" -- --noprobe $SET
	expect_file "$STORE/$FILE" vfio-pci
}

@test "preparing the store: the policy has no modalias if its format cannot hold it" {
	card 0000:01:00.0 vendor=0x8086
	put "$TREE$DIR/modalias" "pci: ; no id"
	silently run_driverctl --noprobe $SET
	expect_file "$STORE/policy/$FILE.ini" "[override]" "driver = vfio-pci" "module = vfio_pci" \
		"choose = fixed" "path = pci0000:00/1c.4/00.0"
}

@test "preparing the store: the ids cannot be read, or the device's name is too long for a file" {
	local name
	fails 1 "cannot write to /etc/driverctl.d: Input/output error; still on 'e1000e', nothing changed" \
		open:error=EIO "$DIR/modalias" -- $SET
	printf -v name '%0240d' 1
	bus_device platform "$name"
	run_driverctl set-override "platform/$name" none
	expect_error 1 "driverctl: $name: cannot write to /etc/driverctl.d: File name too long; still \
without a driver, nothing changed"
	[ "$(cat "$(device_dir platform "$name")/driver_override")" = "(null)" ]
	run_driverctl unset-override "platform/$name"
	expect_error 1 "driverctl: $name: cannot write to /etc/driverctl.d: File name too long; *"
}

@test "preparing the store: a saved override that cannot be restored is replaced" {
	printf 'kept\0\n' >"$STORE/$FILE"
	silently run_driverctl --noprobe $SET
	expect_file "$STORE/$FILE" vfio-pci
}

@test "preparing a removal: each operation fails" {
	local because="cannot write to /etc/driverctl.d" still="still on 'e1000e', nothing changed" call
	for call in "stat $FILE" "access /etc/driverctl.d"; do
		echo "# $call"
		fails 1 "$because: Input/output error; $still" "${call% *}:error=EIO" "${call#* }" -- $UNSET
	done
}

@test "preparing a removal: the device is absent, or there is no store" {
	saved pci-0000:99:00.0
	run_faulty access:error=EROFS /etc/driverctl.d -- unset-override 0000:99:00.0
	expect_error 1 "driverctl: 0000:99:00.0: cannot write to /etc/driverctl.d: Read-only file system"
	expect_file "$STORE/pci-0000:99:00.0" kept
	rm -r "$STORE"
	silently run_driverctl $UNSET
	[ -z "$(attribute driver_override)" ]
	[ ! -e "$STORE" ]
}

@test "driver_override: the kernel refuses the new value, and then the old one too" {
	fails 1 "cannot set driver_override 'vfio-pci': Invalid argument; back on 'e1000e', store \
unchanged" write:text=vfio-pci:error=EINVAL "$DIR/driver_override" -- $SET
	run_faulty write:error=EINVAL "$DIR/driver_override" -- $SET
	expect_error 1 "driverctl: 0000:01:00.0: cannot set driver_override 'vfio-pci': Invalid argument; \
going back failed too: Invalid argument; now on 'e1000e', override '', store unchanged; \
try: driverctl unset-override pci/0000:01:00.0"
	expect_file "$STORE/$FILE" kept
	written e1000e unbind ""
}

@test "unbind fails" {
	fails 1 "cannot unbind 'e1000e': Device or resource busy; back on 'e1000e', store unchanged" \
		write:error=EBUSY /sys/bus/pci/drivers/e1000e/unbind -- $SET
	written vfio-pci bind ""
}

# The kernel takes a driver for a device only if driver_override is empty or names that driver, and
# vfio-pci matches no device by its ids.
@test "going back to a driver that only its override matches: that is written first" {
	card 0000:01:00.0 override=
	link_to "$TREE$DIR/driver" "$SYS/bus/pci/drivers/vfio-pci"
	run_faulty write:error=EIO /sys/bus/pci/drivers/e1000e/bind \
		"write:do=rm $DIR/driver" /sys/bus/pci/drivers/vfio-pci/unbind \
		write:text=vfio-pci "$DIR/driver_override" \
		--then "write:do=$(vfio_binds)" /sys/bus/pci/drivers/vfio-pci/bind -- \
		set-override 01:00.0 e1000e
	expect_error 5 "driverctl: 0000:01:00.0: driver 'e1000e' refused the device: Input/output error; \
back on 'vfio-pci', store unchanged"
	written vfio-pci bind 0000:01:00.0
}

@test "going back: a device that has come into use stays where it is" {
	run_faulty "write:do=$(vfio_binds)" /sys/bus/pci/drivers/e1000e/unbind \
		"rename:error=EIO:do=echo 2 >$DIR/sriov_numvfs" "/etc/driverctl.d/$NEW" -- $SET
	expect_error 1 "driverctl: 0000:01:00.0: cannot write to /etc/driverctl.d: Input/output error; \
going back failed too: Device or resource busy; now on 'vfio-pci'*"
	written vfio-pci unbind ""
}

@test "a driver that has bound since the device was looked at is not taken away" {
	module_driver other pci other
	run_faulty "write:text=vfio-pci:do=ln -sfn /sys/bus/pci/drivers/other $DIR/driver" \
		"$DIR/driver_override" -- $SET
	expect_error 5 "driverctl: 0000:01:00.0: driver 'other' has bound to the device in the meantime*"
	written other unbind ""
}

@test "unbind fails, and the state cannot be read afterwards" {
	run_faulty write:error=EBUSY /sys/bus/pci/drivers/e1000e/unbind \
		--then read:error=EIO:once "$DIR/driver_override" -- $SET
	expect_error 1 "driverctl: 0000:01:00.0: cannot unbind 'e1000e': Device or resource busy; \
its state is not known"
	[ "$(<"$TREE$DIR/driver_override")" = kept ]
}

@test "unbind fails because the device has left its driver: no failure" {
	run_faulty "write:error=ENODEV:do=rm $DIR/driver" /sys/bus/pci/drivers/e1000e/unbind -- $NONE
	expect 0 "" ""
	expect_file "$STORE/$FILE" none
}

@test "bind fails" {
	fails 5 "driver 'vfio-pci' refused the device: Device or resource busy; back on 'e1000e', store \
unchanged" write:error=EBUSY /sys/bus/pci/drivers/vfio-pci/bind -- $SET
}

@test "bind fails: ENOENT of a probe does not mean that there is no bind file" {
	fails 5 "driver 'vfio-pci' refused the device: No such file or directory; back on 'e1000e', store \
unchanged" write:error=ENOENT /sys/bus/pci/drivers/vfio-pci/bind -- $SET
	[ ! -s "$SYS/bus/pci/drivers_probe" ]
}

@test "bind fails: ENODEV is the driver's refusal, and not tried again" {
	fails 5 "driver 'vfio-pci' refused the device: No such device; back on 'e1000e', store unchanged" \
		write:error=ENODEV /sys/bus/pci/drivers/vfio-pci/bind -- $SET
	[ "$(grep -c 'write.*ENODEV' "$CALLS")" -eq 1 ]
	# A kernel without such files.
	rm -r "$TREE/proc-bus/pci"
	fails 5 "driver 'vfio-pci' refused the device: No such device; back on 'e1000e', store unchanged" \
		write:error=ENODEV /sys/bus/pci/drivers/vfio-pci/bind -- $SET
	[ "$(grep -c 'write.*ENODEV' "$CALLS")" -eq 1 ]
}

@test "bind fails while the kernel is still adding the device: driverctl tries again" {
	local bind=/sys/bus/pci/drivers/vfio-pci/bind
	rm "$(proc_file 0000:01:00.0)"
	silently run_faulty write:error=ENODEV:once "$bind" --then write:error=ENODEV:once "$bind" \
		--then "write:do=$(vfio_binds)" "$bind" -- $SET
	expect_file "$STORE/$FILE" vfio-pci
}

@test "bind fails until the time is up, while the kernel is still adding the device" {
	rm "$(proc_file 0000:01:00.0)"
	fails 6 "* not finished after 1 s*" \
		write:error=ENODEV /sys/bus/pci/drivers/vfio-pci/bind -- --timeout=1 $SET
}

@test "bind fails for a device in another domain: refused, and not tried again" {
	card 10000:e1:00.0
	run_faulty write:error=ENODEV /sys/bus/pci/drivers/vfio-pci/bind -- set-override 10000:e1:00.0 vfio-pci
	expect_error 5 "driverctl: 10000:e1:00.0: driver 'vfio-pci' refused the device: No such device; *"
}

@test "bind fails because the device goes away: no such device, and --all ignores it" {
	local call
	rm "$(proc_file 0000:01:00.0)"
	put "$STORE/$FILE" vfio-pci
	for call in "set-override 0000:01:00.0 vfio-pci" "load-override 0000:01:00.0"; do
		run_faulty write:error=ENODEV /sys/bus/pci/drivers/vfio-pci/bind \
			access:error=ENOENT "$DIR/uevent" -- $call
		expect 3 "" "driverctl: 0000:01:00.0: no such device"
	done
	silently run_faulty write:error=ENODEV /sys/bus/pci/drivers/vfio-pci/bind \
		access:error=ENOENT "$DIR/uevent" -- load-override --all
}

@test "the device goes away, and its driver first: no such device" {
	rm "$(proc_file 0000:01:00.0)"
	run_faulty write /sys/bus/pci/drivers/vfio-pci/bind --then access "$DIR/uevent" \
		--then access:error=ENOENT "$DIR/uevent" -- $SET
	expect 3 "" "driverctl: 0000:01:00.0: no such device"
}

@test "a PCI device without a modalias is going away, and is not a different device" {
	run_faulty open:error=ENOENT "$DIR/modalias" -- load-override 0000:01:00.0
	expect 3 "" "driverctl: 0000:01:00.0: no such device"
	silently run_faulty open:error=ENOENT "$DIR/modalias" -- load-override --all
	noted pci 0000:01:00.0 how=early override=kept
	silently run_faulty open:error=ENOENT "$DIR/modalias" -- load-override --all --early
	run_faulty open:error=ENOENT "$DIR/modalias" -- list-persisted -v
	expect 0 "0000:01:00.0 kept (not present)" ""
}

@test "a saved override that is removed meanwhile: commands for all overrides ignore it" {
	local image=$BATS_TEST_TMPDIR/image command
	mkdir "$image"
	for command in "load-override --all" list-persisted "list-persisted --json" "export-store $image"; do
		run_faulty open:error=ENOENT "/etc/driverctl.d/$FILE" \
			stat:error=ENOENT "/etc/driverctl.d/$FILE" -- $command
		[ "$status" = 0 ]
		[[ $stderr == "" && $output == @(|\[*([[:space:]])]) ]]
	done
	[ -z "$(find "$image" -type f ! -name image)" ]
}

@test "the device goes away, and its files before its directory" {
	rm "$TREE$DIR"/{uevent,driver_override}
	run_driverctl set-override 0000:01:00.0 vfio-pci
	expect 3 "" "driverctl: 0000:01:00.0: no such device"
	silently run_driverctl load-override --all
}

@test "bind fails because another process has bound the same driver: no failure" {
	silently run_faulty "write:error=EBUSY:do=$(vfio_binds)" /sys/bus/pci/drivers/vfio-pci/bind -- $SET
	expect_file "$STORE/$FILE" vfio-pci
}

@test "the device is bound, but the note of it cannot be written: no failure" {
	silently run_faulty "write:do=$(vfio_binds)" /sys/bus/pci/drivers/vfio-pci/bind \
		--then write:error=ENOSPC "/run/driverctl/journal/.$FILE.new" -- $SET
	expect_file "$STORE/$FILE" vfio-pci
}

@test "commit: each operation fails; both files are as before" {
	local etc=/etc/driverctl.d call
	for call in "rename $POLICY_NEW" "open $etc/policy" "sync $etc/policy" "rename $NEW" "open $etc" "sync $etc"; do
		echo "# $call"
		fails 1 "cannot write to $etc: Input/output error; back on 'e1000e', store unchanged" \
			"${call% *}:error=EIO:once" "${call#* }" -- --noprobe $SET
	done
	# The same where nothing was saved.
	rm -r "$STORE"
	mkdir -p "$STORE/policy"
	for call in "rename $POLICY_NEW" "open $etc/policy" "sync $etc/policy" "rename $NEW" "open $etc" "sync $etc"; do
		echo "# $call, nothing saved"
		fails 1 "cannot write to $etc: Input/output error; back on 'e1000e', store unchanged" \
			"${call% *}:error=EIO:once" "${call#* }" -- --noprobe $SET
	done
}

@test "commit: the message says so if the files cannot be restored either" {
	run_faulty sync:error=EIO:once /etc/driverctl.d --then open:error=EROFS "$NEW" -- --noprobe $SET
	expect_error 1 "driverctl: 0000:01:00.0: cannot write to /etc/driverctl.d: Input/output error; \
back on 'e1000e', /etc/driverctl.d is not as it was"
	[ "$(attribute driver_override)" = kept ]
	expect_file "$STORE/$FILE" vfio-pci
	# Also where the device has nothing to go back to.
	saved "$FILE"
	run_faulty sync:error=EIO:once /etc/driverctl.d --then open:error=EROFS "$NEW" -- --noprobe \
		set-override 01:00.0 e1000e
	put "$TREE$DIR/driver_override" e1000e
	saved "$FILE"
	run_faulty sync:error=EIO:once /etc/driverctl.d --then open:error=EROFS "$NEW" -- \
		set-override 01:00.0 e1000e
	expect_error 1 "driverctl: 0000:01:00.0: *; back on 'e1000e', /etc/driverctl.d is not as it was"
}

@test "commit: if nothing can be renamed, nothing is restored" {
	fails 1 "cannot write to /etc/driverctl.d: Read-only file system; back on 'e1000e', store \
unchanged" rename:error=EROFS "$NEW" open "$NEW" -- --noprobe $SET
	run ! grep "^open" <(sed "1,/^rename/d" "$CALLS")
}

@test "commit: a saved override that is no text stays if it cannot be replaced" {
	printf 'kept\0\n' >"$STORE/$FILE"
	fails 1 "cannot write to /etc/driverctl.d: Input/output error; back on 'e1000e', store unchanged" \
		rename:error=EIO "$NEW" -- --noprobe $SET
}

@test "commit of a removal: each operation fails; both files are as before" {
	local etc=/etc/driverctl.d call
	for call in "unlink $FILE" "open $etc" "sync $etc" "unlink $FILE.ini" "open $etc/policy" \
		"sync $etc/policy"; do
		echo "# $call"
		fails 1 "cannot write to $etc: Input/output error; back on 'e1000e', store unchanged" \
			"${call% *}:error=EIO:once" "${call#* }" -- $UNSET
	done
}

@test "commit: the child is killed between the two files: the new override counts, with its policy" {
	run_faulty rename:kill "$POLICY_NEW" -- --noprobe $SET
	expect_error 1 "driverctl: 0000:01:00.0: the process at work on it failed: *"
	expect_file "$STORE/$FILE" vfio-pci
	[ -e "$STORE/policy/$POLICY_NEW" ]
	run_driverctl --json list-persisted
	[[ $output == *'"saved_driver":"vfio-pci"'*'"module":"vfio_pci"'* ]]
	# Before the first of them, the old one does.
	saved "$FILE"
	rm "$STORE/policy/$POLICY_NEW"
	run_faulty rename:kill "$NEW" -- --noprobe $SET
	[ -e "$STORE/policy/$POLICY_NEW" ]
	run_driverctl --json list-persisted
	[[ $output == *'"saved_driver":"kept"'* && $output != *vfio_pci* ]]
	silently run_driverctl --nosave --noprobe $SET
	expect_file "$STORE/$FILE" kept
	diff <(find "$STORE" -name '.*.new') /dev/null
}

@test "removal: the child is killed between the two files, and the next call removes the second" {
	run_faulty unlink:kill "$FILE.ini" -- $UNSET
	expect_error 1 "driverctl: 0000:01:00.0: the process at work on it failed: *"
	[ ! -e "$STORE/$FILE" ]
	[ -e "$STORE/policy/$FILE.ini" ]
	silently run_driverctl $UNSET
	[ ! -e "$STORE/policy/$FILE.ini" ]
	# Of a device that is not there, too.
	mv "$STORE/policy" "$STORE/policy.away"
	mkdir "$STORE/policy"
	put "$STORE/policy/pci-0000:99:00.0.ini" "[override]" "driver = kept"
	silently run_driverctl unset-override 0000:99:00.0
	[ ! -e "$STORE/policy/pci-0000:99:00.0.ini" ]
}

@test "commit of a group: the last member's fails, and the others' are reverted" {
	card 0000:01:00.1
	card 0000:01:00.2
	iommu_group 7 0000:01:00.0 0000:01:00.1 0000:01:00.2
	local before
	before=$(now)
	run_faulty rename:error=EIO .pci-0000:01:00.2.new -- --noprobe --iommu-group $SET
	expect_error 1 "driverctl: 0000:01:00.2: cannot write to /etc/driverctl.d: Input/output error; \
back on 'e1000e', store unchanged; IOMMU group 7 is as it was"
	diff <(echo "$before") <(now) >&2
	# The first member's cannot be, as its file is not to be opened a second time.
	saved pci-0000:01:00.0
	run_faulty rename:error=EIO .pci-0000:01:00.2.new --then open:error=EROFS "$NEW" -- \
		--noprobe --iommu-group $SET
	[ "$status" = 1 ]
	[ "$stderr" = "driverctl: 0000:01:00.0: another device of its IOMMU group failed; back on \
'e1000e', /etc/driverctl.d is not as it was
driverctl: 0000:01:00.2: cannot write to /etc/driverctl.d: Input/output error; back on 'e1000e', \
store unchanged" ]
	expect_file "$STORE/$FILE" vfio-pci
	saved pci-0000:01:00.0
	# A removal, too.
	saved pci-0000:01:00.2
	before=$(now)
	run_faulty unlink:error=EIO pci-0000:01:00.2 -- --iommu-group $UNSET
	expect_error 1 "driverctl: 0000:01:00.2: *IOMMU group 7 is as it was"
	diff <(echo "$before") <(now) >&2
}

@test "reading the saved override, or the ids to compare with its policy, fails" {
	fails 1 "cannot read the saved override: Input/output error; still on 'e1000e', nothing changed" \
		open:error=EIO "$DIR/modalias" -- $LOAD
	fails 1 "cannot read the saved override: Input/output error; still on 'e1000e', nothing changed" \
		open:error=EIO "/etc/driverctl.d/$FILE" -- $LOAD
	fails 1 "cannot read the saved override: Input/output error; still on 'e1000e', nothing changed" \
		read:error=EIO "/etc/driverctl.d/$FILE" -- $LOAD
}

@test "the record cannot be written: an early load restores the override, an unset does not" {
	put "$STORE/$FILE" vfio-pci
	fails 1 "cannot set driver_override 'vfio-pci': Invalid argument; back on 'e1000e', store \
unchanged" write:text=vfio-pci:error=EINVAL "$DIR/driver_override" -- load-override --all --early
	[ ! -e "$TREE/run/driverctl/journal/$FILE" ]
	local operation
	for operation in open:writing write sync rename; do
		fails 1 "cannot write to /run/driverctl: No space left on device; still on 'e1000e', nothing \
changed" "$operation:error=ENOSPC" "/run/driverctl/journal/.$FILE.new" -- load-override --all --early
	done
	fails 1 "cannot write to /run/driverctl: Read-only file system; still on 'e1000e', nothing changed" \
		mkdir:error=EROFS /run/driverctl/journal -- load-override --all --early
	rm "$STORE/$FILE"
	noted pci 0000:01:00.0 how=early override=kept
	fails 1 "cannot write to /run/driverctl: Input/output error; back on 'e1000e', store \
unchanged" unlink:error=EIO "/run/driverctl/journal/$FILE" -- load-override --all --early
	expect_journal "$FILE saved early kept"
	silently run_faulty open:writing:error=EIO "/run/driverctl/journal/.$FILE.new" -- $UNSET
	[ -z "$(attribute driver_override)" ]
}

@test "an override of a stale initramfs stays, and stays recorded, if the lookup fails" {
	mv "$STORE/$FILE" "$BATS_TEST_TMPDIR"
	noted pci 0000:01:00.0 how=early override=kept
	fails 1 "cannot read the saved override: Input/output error; still on 'e1000e', nothing changed" \
		open:error=EIO "/etc/driverctl.d/$FILE" -- load-override --all --early
	run_faulty readlink:error=EACCES:once /sys/bus/pci/devices/0000:01:00.0 -- \
		load-override --all --early
	expect_error 1 "driverctl: pci-0000:01:00.0: cannot look the device up: Permission denied"
	expect_journal "$FILE saved early kept"
	# Cleared by a call that was killed before it let the native driver have the device.
	rm "$TREE$DIR/driver"
	put "$TREE$DIR/driver_override" ""
	silently run_driverctl load-override --all --early
	[ "$(cat "$SYS/bus/pci/drivers_probe")" = 0000:01:00.0 ]
	[ ! -e "$TREE/run/driverctl/journal/$FILE" ]
}

@test "the native driver cannot be probed" {
	rm "$TREE$DIR/driver"
	fails 1 "cannot probe the native driver: Input/output error; back without a driver, store \
unchanged" open:error=EIO /sys/bus/pci/drivers_probe -- $UNSET
	fails 1 "cannot probe the native driver: No space left on device; back without a driver, store \
unchanged" write:error=ENOSPC /sys/bus/pci/drivers_probe -- $UNSET
	# Put off by the kernel; gone.
	silently run_faulty write:error=EINVAL /sys/bus/pci/drivers_probe -- $UNSET
	saved "$FILE"
	silently run_faulty write:error=ENODEV /sys/bus/pci/drivers_probe -- $UNSET
}

@test "load: the driver is unknown, and its override cannot be cleared; the bound driver stays" {
	fails 7 "no driver or module 'kept'; now on 'e1000e', the override 'kept' stays" \
		open:writing:error=EIO "$DIR/driver_override" -- $LOAD
	run_driverctl $LOAD
	expect_error 7 "driverctl: 0000:01:00.0: no driver or module 'kept'; now on 'e1000e', no override \
set"
	[ ! -s "$SYS/bus/pci/drivers_probe" ]
}

# --- down the ranking ---

# ranking MODULE...: rank the modules in this order, then the generic one, which has the device.
ranking() {
	local module
	for module; do
		echo "alias vfio_pci:v00008086d*sv*sd*bc*sc*i* $module"
	done >"$TREE/lib/modules/$(uname -r)/modules.alias"
	echo "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci" >>"$TREE/lib/modules/$(uname -r)/modules.alias"
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
}

@test "--best-vfio: a module whose drivers cannot be read is skipped" {
	module_driver dctl_card pci dctl-of-card
	ranking dctl_card
	run_faulty open:error=EACCES /sys/module/dctl_card/drivers -- -v --best-vfio set-override 01:00.0
	[ "$status" = 0 ]
	[[ $stderr == *"VFIO variant 'dctl_card' failed: Permission denied"* ]]
	expect_file "$STORE/$FILE" vfio-pci
}

@test "--best-vfio: of ten modules that are skipped, eight are named" {
	ranking dctl_{0..9}
	run_driverctl -v --best-vfio set-override 01:00.0
	[ "$status" = 0 ]
	[ "$(grep -c "VFIO variant '.*' failed: " <<<"$stderr")" = 8 ]
	expect_file "$STORE/$FILE" vfio-pci
}

@test "--best-vfio: an error that is not the variant's ends the search" {
	module_driver dctl_card pci dctl_card
	ranking dctl_card
	fails 1 "cannot read driver_override: Input/output error; still on 'vfio-pci', nothing changed" \
		open "/lib/modules/$(uname -r)/modules.alias" --then read:error=EIO:once \
		"$DIR/driver_override" -- --nosave --best-vfio set-override 0000:01:00.0
	[[ $stderr != *"VFIO variant"* ]]
}

@test "unset: the child is killed before the unbind, and the next call unbinds" {
	pci_device 0000:02:00.0 driver=vfio-pci override=vfio-pci
	DIR=$(in_sys 0000:02:00.0)
	run_faulty write:kill /sys/bus/pci/drivers/vfio-pci/unbind -- unset-override 0000:02:00.0
	expect_error 1 "driverctl: 0000:02:00.0: the process at work on it failed: Input/output error; \
now on 'vfio-pci'"
	silently run_driverctl unset-override 0000:02:00.0
	written vfio-pci unbind 0000:02:00.0
	[ "$(attribute driver_override)" = "" ]
}

@test "set: a use that begins while the store is prepared is seen, also of a device without a driver" {
	rm -f "$TREE$DIR/driver"
	put "$TREE$DIR/sriov_numvfs" 0
	run_faulty "sync:do=echo 2 >$DIR/sriov_numvfs" "/etc/driverctl.d/.$FILE.new" -- $SET
	expect_error 4 "driverctl: 0000:01:00.0: in use: 2 virtual functions are enabled on it; *nothing changed*"
}

@test "unset: another tool writes driver_override while the device is looked at: it is cleared" {
	rm -f "$TREE$DIR/driver"
	put "$TREE$DIR/driver_override" "(null)"
	put "$TREE$DIR/sriov_numvfs" 0
	run_faulty "open:do=echo foo >$DIR/driver_override" "$DIR/sriov_numvfs" -- $UNSET
	expect 0 "" ""
	[ -z "$(override_of 0000:01:00.0)" ]
}

@test "a dry run of --best-vfio refuses what the call refuses: the device is in use on another variant" {
	module_driver e1000e_vfio_pci pci e1000e-vfio-pci
	pci_device 0000:05:00.0 driver=vfio-pci vendor=0x8086 device=0x10d3
	put "$TREE/lib/modules/$(uname -r)/modules.alias" "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci" \
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e_vfio_pci"
	put "$(device_dir pci 0000:05:00.0)/sriov_numvfs" 2
	for dry in "" --dry-run; do
		# shellcheck disable=SC2086 # none or one
		run_driverctl $dry set-override --best-vfio 05:00.0
		expect_error 4 "driverctl: 0000:05:00.0: in use: 2 virtual functions are enabled on it; *"
	done
}

@test "a command of modprobe.d says nothing on the program's standard output" {
	mkdir -p "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/x.conf" "install fakedrv /bin/echo hello"
	run_driverctl --json set-override 01:00.0 fakedrv
	[ "$status" = 1 ]
	[[ $output != *hello* ]]
	run_driverctl set-override 01:00.0 fakedrv
	[ -z "$output" ]
}
