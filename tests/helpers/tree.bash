# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds a tree that replaces /sys, /etc, /run, /lib/modules, /proc/cmdline and /proc/bus, and runs
# the program on it. A test makes the devices that it needs in its own body:
#
#	pci_device 0000:01:00.0 driver=e1000e class=0x020000 vendor=0x8086 device=0x10d3
#	run_driverctl list-devices
#	expect 0 "0000:01:00.0 e1000e" ""
#
# There is no kernel behind the tree: text that is written to a driver's bind file stays there.

HELPERS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HELPERS/../.." && pwd)
BUILD=$(realpath -m "${BUILD:-$ROOT/build}")
DRIVERCTL=$(realpath -m "${DRIVERCTL:-$BUILD/driverctl/driverctl}")
VFIO_NAME=$(realpath -m "${VFIO_NAME:-$BUILD/udev/vfio_name}")
FAULTY=$BUILD/tests/helpers/faulty
ORIGINAL=$BUILD/original/root
# Before each command bats notes the line of the test, which takes longer than most commands. Only lines
# of the test file are of interest.
if [ -n "${BATS_TEST_NUMBER:-}" ]; then
	debug_trap=$(declare -f bats_debug_trap)
	eval "${debug_trap/\{/\{ [[ \$1 == \"\$BATS_TEST_SOURCE\" ]] || return 0;}"
fi

export BUILD LC_ALL=C
unset SUBSYSTEM DEVPATH SSH_CONNECTION

setup() { tree_create "$BATS_TEST_TMPDIR/tree"; }
teardown() { tree_finish; }

# tree_create DIR: create a tree with the bus pci, without devices and saved overrides.
tree_create() {
	TREE=$1
	SYS=$TREE/sys
	STORE=$TREE/etc/driverctl.d
	REPORTS=$TREE.reports
	CALLS=$TREE.calls
	mkdir -p "$SYS"/{bus,class/net,devices,kernel/iommu_groups,module} "$STORE" "$REPORTS" \
		"$TREE/proc-bus/pci" \
		"$TREE/run/udev/data" "$TREE/lib/modules/$(uname -r)"
	echo "$TREE" >"$SYS/built-tree"
	kernel_line quiet
	cp /etc/ld.so.cache "$TREE/etc/"
	tree_bus pci
}

tree_bus() {
	[ -d "$SYS/bus/$1" ] && return
	mkdir -p "$SYS/bus/$1"/{devices,drivers}
	: >"$SYS/bus/$1/drivers_probe"
}

# put FILE LINE...
put() {
	printf '%s\n' "${@:2}" >"$1"
}

# kernel_line WORD...: set the kernel's command line.
kernel_line() {
	echo "$*" >"$TREE/cmdline"
}

# usr_file PATH LINE...: make a program or other file below /usr, which hides the host's.
usr_file() {
	mkdir -p "$TREE${1%/*}"
	put "$TREE$1" "${@:2}"
	chmod +x "$TREE$1"
}

# link_to LINK TARGET: make a relative link, as the kernel does.
link_to() {
	ln -sfnr "$2" "$1"
}

device_dir() {
	realpath "$SYS/bus/$1/devices/$2"
}

# noted BUS NAME LINE...: what driverctl did last with a device (lib/store/journal.h), now unless a line says otherwise
noted() {
	local dir
	dir=$(device_dir "$1" "$2") || :
	mkdir -p "$TREE/run/driverctl/journal"
	# The first line of a key counts.
	put "$TREE/run/driverctl/journal/$1-$2" "${@:3}" by=saved how=load override= driver= \
		"time=$(awk '{ print int($1 * 1000) }' /proc/uptime)" "instance=$(stat -c %i "$dir" || :)"
}

# expect_journal "KEY BY HOW OVERRIDE [RULE]"...: check the whole journal.
expect_journal() {
	(cd "$TREE/run/driverctl/journal" && for key in *; do
		awk -F= -v key="$key" '!($1 in v) { v[$1] = $2 }
			END { print key, v["by"], v["how"], v["override"] (v["rule"] == "" ? "" : " " v["rule"]) }' "$key"
	done) | diff <(printf '%s\n' "$@") - >&2
}

# bus_driver BUS DRIVER: register a driver with the bus.
bus_driver() {
	tree_bus "$1"
	[ -d "$SYS/bus/$1/drivers/$2" ] && return
	mkdir -p "$SYS/bus/$1/drivers/$2"
	: >"$SYS/bus/$1/drivers/$2/bind"
	: >"$SYS/bus/$1/drivers/$2/unbind"
}

# module_driver MODULE BUS DRIVER: load a module, which registers the driver.
module_driver() {
	bus_driver "$2" "$3"
	mkdir -p "$SYS/module/$1/drivers"
	put "$SYS/module/$1/initstate" live
	link_to "$SYS/module/$1/drivers/$2:$3" "$SYS/bus/$2/drivers/$3"
	link_to "$SYS/bus/$2/drivers/$3/module" "$SYS/module/$1"
}

# bus_device BUS NAME [driver=D] [override=O|-] [modalias=M] [model=TEXT] [parent=DIR]: make a
# device. With override `-` it has no file driver_override. DIR is below /sys/devices.
bus_device() {
	local bus=$1 name=$2 driver='' override='(null)' modalias='' model='' parent=$1 dir
	local "${@:3}"

	tree_bus "$bus"
	dir=$SYS/devices/$parent/$name
	mkdir -p "$dir"
	put "$dir/uevent" ${driver:+"DRIVER=$driver"} "MODALIAS=$modalias"
	put "$dir/modalias" "$modalias"
	[ "$override" = - ] || put "$dir/driver_override" "$override"
	link_to "$dir/subsystem" "$SYS/bus/$bus"
	link_to "$SYS/bus/$bus/devices/$name" "$dir"
	if [ -n "$driver" ]; then
		bus_driver "$bus" "$driver"
		link_to "$dir/driver" "$SYS/bus/$bus/drivers/$driver"
		link_to "$SYS/bus/$bus/drivers/$driver/$name" "$dir"
	fi
	if [ -n "$model" ]; then
		put "$TREE/run/udev/data/+$bus:$name" "I:1" "E:ID_MODEL_FROM_DATABASE=$model"
	fi
}

# proc_file ADDRESS: print the file below /proc/bus/pci that a device has once drivers may match it.
proc_file() {
	local file=${1%:*}/${1##*:}
	echo "$TREE/proc-bus/pci/${file#0000:}"
}

# added ADDRESS: let drivers match the device.
added() {
	local file
	file=$(proc_file "$1")
	[ -d "${file%/*}" ] || mkdir "${file%/*}"
	: >"$file"
}

# pci_device ADDRESS [class=C] [vendor=V] [device=D] [subvendor=V] [subdevice=D] [below=PORT] and
# the arguments of bus_device: make a PCI device. If it is not on bus 00, it is below a root port, by
# default 00:1c.4.
pci_device() {
	local address=$1 class=0x020000 vendor=0x8086 device=0x10d3 subvendor=0x8086 subdevice=0xa01f
	local below=${1%%:*}:00:1c.4 parent=pci${1%%:*}:00 option rest=() modalias dir

	for option in "${@:2}"; do
		case ${option%%=*} in
		class | vendor | device | subvendor | subdevice | below) local "$option" ;;
		*) rest+=("$option") ;;
		esac
	done
	[[ $address == *:00:* ]] || parent+=/$below
	printf -v modalias 'pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X' "$vendor" "$device" \
		"$subvendor" "$subdevice" $((class >> 16)) $((class >> 8 & 255)) $((class & 255))
	bus_device pci "$address" parent="$parent" modalias="$modalias" "${rest[@]}"
	dir=$SYS/devices/$parent/$address
	added "$address"
	put "$dir/class" "$class"
	put "$dir/vendor" "$vendor"
	put "$dir/device" "$device"
	put "$dir/subsystem_vendor" "$subvendor"
	put "$dir/subsystem_device" "$subdevice"
}

# net_interface NAME BUS DEVICE
net_interface() {
	local dir
	dir=$(device_dir "$2" "$3")
	mkdir -p "$dir/net/$1"
	link_to "$dir/net/$1/device" "$dir"
	link_to "$SYS/class/net/$1" "$dir/net/$1"
}

# char_device ADDRESS PATH NUMBER [CLASS]: give the device a character device, in the directory PATH
# below its own, for example drm/card0. The class is by default the directory's name.
char_device() {
	local dir class=${4:-${2%/*}}
	dir=$(device_dir pci "$1")/$2
	class=$SYS/class/${class##*/}
	mkdir -p "$dir" "$class" "$SYS/dev/char"
	put "$dir/dev" "$3"
	put "$dir/uevent" "DEVNAME=${2##*/}"
	link_to "$dir/subsystem" "$class"
	link_to "$SYS/dev/char/$3" "$dir"
}

# disk_of ADDRESS: give the device a disk. Its node is /dev/shm/disk, so that a test can make one. If
# the node is missing, driverctl cannot open the disk, and it counts as used.
disk_of() {
	local dir
	dir=$(device_dir pci "$1")
	mkdir -p "$dir/nvme/nvme0/shm!disk" "$SYS/class/block"
	put "$dir/nvme/nvme0/shm!disk/dev" 259:99
	link_to "$dir/nvme/nvme0/shm!disk/subsystem" "$SYS/class/block"
	link_to "$SYS/class/block/shm!disk" "$dir/nvme/nvme0/shm!disk"
}

# iommu_group NUMBER ADDRESS...
iommu_group() {
	local group=$SYS/kernel/iommu_groups/$1 address dir
	mkdir -p "$group/devices"
	for address in "${@:2}"; do
		dir=$(device_dir pci "$address")
		link_to "$group/devices/$address" "$dir"
		link_to "$dir/iommu_group" "$group"
	done
}

# in_tree COMMAND...: run a command on the tree. Every command of a test runs through this.
in_tree() {
	ASAN_OPTIONS=log_path=$REPORTS/asan UBSAN_OPTIONS=print_stacktrace=1:log_path=$REPORTS/ubsan \
		timeout --kill-after=5 "${LIMIT:-60}" unshare --mount --net --map-root-user -- \
		"$HELPERS/enter" "$TREE" "$@" 3>&-
}

# own_proc: make $TREE/proc, a /proc without a process. Only its link `self` is real.
own_proc() {
	mkdir -p "$TREE/proc" "$TREE/run/proc"
	ln -s /run/proc/self "$TREE/proc/self"
}

# What to put before a command in the tree, bash -c "$IN_PROC" "$TREE" COMMAND..., to run it with $TREE/proc.
# A sanitizer finds no leaks there.
# shellcheck disable=SC2016,SC2034 # the inner shell's
IN_PROC='
	export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
	mount -n --rbind /proc /run/proc && mount -n --bind "$0/proc" /proc || exit 125
	exec "$@"'

# run_in_tree COMMAND...: run a command on the tree, and set status, output and stderr.
run_in_tree() {
	status=0
	in_tree "$@" </dev/null >"$BATS_TEST_TMPDIR/stdout" 2>"$BATS_TEST_TMPDIR/stderr" || status=$?
	output=$(<"$BATS_TEST_TMPDIR/stdout")
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

run_driverctl() { run_in_tree "$DRIVERCTL" "$@"; }

# run_faulty RULE PATH [[--then] RULE PATH]... -- ARGUMENT...: run_driverctl on a kernel that fails or
# takes its time, as the rules say (see rule.h), and wait until no process is left. Fails if a rule
# never applied. The file $CALLS lists the operations that a rule names, and how each ended.
run_faulty() {
	local rules=()
	while [ "$1" != -- ]; do
		rules+=("$1")
		shift
	done
	build_faulty
	run_in_tree "$FAULTY" "$CALLS" "${rules[@]}" -- "$DRIVERCTL" "${@:2}"
	if [ "$status" = 125 ] || grep '^not met:' "$CALLS" >&2; then
		printf '%s\n' "-- exit $status" "$output" "-- stderr:" "$stderr" >&2
		return 1
	fi
}

# build_faulty: build the helper if the test files run without make.
build_faulty() {
	[ -x "$FAULTY" ] && return
	mkdir -p "$BUILD"
	flock "$BUILD" make -s -C "$ROOT" BUILD="$BUILD" "$FAULTY" >&2
}

# run_original ARGUMENT...: run the shell driverctl, with a fetched udevadm if the host has none.
run_original() {
	run_in_tree env PATH="$PATH:$ORIGINAL/usr/bin:$ORIGINAL/bin" "$ORIGINAL/usr/sbin/driverctl" "$@"
}

# without_root COMMAND...: run a command on the tree as a user who cannot write there.
without_root() {
	chmod -R a-w "$SYS" "$TREE/etc" "$TREE/run" || true # a test may have made one unreadable
	run_in_tree unshare --user --map-user=65534 -- "$@"
}

fetch_original() { "$HELPERS/fetch-original" >&2; }

# expect STATUS STDOUT STDERR: check what the last run returned and printed.
expect() {
	[ "$status" = "$1" ] && [ "$output" = "$2" ] && [ "$stderr" = "$3" ] && return
	printf '%s\n' "-- expected: exit $1" "$2" "-- stderr:" "$3" \
		"-- got: exit $status" "$output" "-- stderr:" "$stderr" >&2
	return 1
}

# expect_error STATUS PATTERN: check that stdout is empty and that one line on stderr matches.
expect_error() {
	# shellcheck disable=SC2053 # a pattern
	[ "$status" = "$1" ] && [ -z "$output" ] && [[ $stderr == $2 && $stderr != *$'\n'* ]] && return
	printf '%s\n' "-- expected: exit $1, one line like" "$2" \
		"-- got: exit $status" "$output" "-- stderr:" "$stderr" >&2
	return 1
}

# expect_file FILE LINE...: check the whole content of a file.
expect_file() {
	diff <(printf '%s\n' "${@:2}") "$1" >&2
}

# expect_same ARGUMENT...: check that stdout and the exit code are those of the shell driverctl.
expect_same() {
	local theirs
	run_original "$@"
	theirs=$status
	cp "$BATS_TEST_TMPDIR/stdout" "$BATS_TEST_TMPDIR/theirs"
	run_driverctl "$@"
	cmp "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/stdout" && [ "$status" = "$theirs" ] && return
	diff -u "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/stdout" >&2
	echo "-- $*: exit $status, the original: $theirs; stderr: $stderr" >&2
	return 1
}

# silently COMMAND...: the run succeeds and prints nothing.
silently() {
	"$@"
	expect 0 "" ""
}

# prints TEXT COMMAND...: the run succeeds and prints this alone.
prints() {
	"${@:2}"
	expect 0 "$1" ""
}

# override_of DEVICE: print the override of an address, or of BUS/NAME.
override_of() {
	[[ $1 == */* ]] || set -- "pci/$1"
	cat "$(device_dir "${1%%/*}" "${1#*/}")/driver_override"
}

# overrides DEVICE=DRIVER...: check the overrides; "(null)" is one that was never set.
overrides() {
	local device bad=0
	for device; do
		[ "$(override_of "${device%%=*}")" = "${device#*=}" ] && continue
		echo "${device%%=*}: $(override_of "${device%%=*}"), not ${device#*=}" >&2
		bad=1
	done
	return "$bad"
}

# hangs ADDRESS...: the kernel does not answer whoever reads the override.
hangs() {
	local address file
	for address; do
		file=$(device_dir pci "$address")/driver_override
		rm "$file"
		mkfifo "$file"
	done
}

# snapshot: print every file of the tree with its content and mode, to compare before and after.
snapshot() {
	(cd "$TREE" && find . -printf '%P %y %m %l\n' -type f -exec sha256sum '{}' + | sort)
}

# wait_until COMMAND...: wait until the command succeeds, for at most ten seconds.
wait_until() {
	local tries
	for ((tries = 0; tries < 200; tries++)); do
		"$@" && return
		sleep 0.05
	done
	echo "gave up waiting for: $*" >&2
	return 1
}

# tree_processes: print the processes that still run in the tree.
tree_processes() {
	local process
	for process in /proc/[0-9]*; do
		if [ -e "$process/root/sys/built-tree" ] &&
			[ "$(<"$process/root/sys/built-tree")" = "$TREE" ] 2>/dev/null; then
			echo "${process#/proc/}"
		fi
	done
}

# tree_is_left: let the processes that wait at a FIFO go on, and check that no process is left.
tree_is_left() {
	local fifo
	while read -r fifo; do
		: <>"$fifo"
	done < <(find "$TREE" -type p)
	[ -z "$(tree_processes)" ]
}

# tree_finish: check that every process has ended, and that no sanitizer reported anything.
tree_finish() {
	local left=0 process
	wait_until tree_is_left || left=1
	for process in $(tree_processes); do
		echo "left behind: $process $(tr '\0' ' ' <"/proc/$process/cmdline")" >&2
		kill -KILL "$process"
	done
	chmod -R u+rwX "$TREE"
	if ! rmdir "$REPORTS" 2>/dev/null; then
		cat "$REPORTS"/* >&2
		left=1
	fi
	return "$left"
}
