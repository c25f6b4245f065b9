# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034 # the tests use the variables
# Helpers of the tests that run inside the guest. They bind and unbind real devices, so nothing here runs
# anywhere else.

if [ ! -e /etc/driverctl-test-guest ] || ! grep -q QEMU /sys/class/dmi/id/sys_vendor; then
	echo "these tests run only inside the guest: see tests/README.md" >&2
	exit 1
fi

bats_require_minimum_version 1.5.0

# Before each command bats notes where it is, for the report of a failure, which takes many times longer
# than the command. Let it do so in the test file alone: that is where a failed helper was called.
debug_trap=$(declare -f bats_debug_trap)
eval "${debug_trap/\{/\{ [[ \$1 == \"\$BATS_TEST_SOURCE\" ]] || return 0;}"

devices=/sys/bus/pci/devices
platform=/sys/bus/platform/devices
store=/etc/driverctl.d

# On an emulated processor the start of a program takes 30 ms, so what every test needs does without cat,
# basename and the like.

# The guest's devices.
for path in "$devices"/*; do
	read -r vendor <"$path/vendor"
	read -r device <"$path/device"
	address=${path##*/}
	case $vendor:$device in
	0x8086:0x10d3) cards+=("$address") ;;
	0x8086:0x2930) smbus=$address ;; # driver i801_smbus, module i2c_i801
	0x1af4:0x1041) net_card=$address ;;
	0x1af4:0x1042) # one with the root disk, vda; the other one's disk, vdb, is for the tests
		if compgen -G "$path/virtio*/block/vda" >/dev/null; then
			root_card=$address
		else
			data_card=$address
		fi
		;;
	0x1af4:0x1044) group+=("$address") ;; # three functions in one IOMMU group, virtio-pci
	0x1b36:0x0010) nvme=$address ;;
	0x1234:0x11e8) edu=$address ;; # no driver in this kernel
	esac
done
# A platform device, and its driver. Since Linux 6.15 reg-dummy is on another bus.
dummy=reg-dummy dummy_driver=reg-dummy
[ -e "$platform/$dummy" ] || dummy=alarmtimer.0.auto dummy_driver=alarmtimer
card1=${cards[0]} card2=${cards[1]} card3=${cards[2]} card4=${cards[3]}

# driver_is DEV DRIVER [DEVICES]: DRIVER is "(none)" if no driver is bound.
driver_is()
{
	local link=${3:-$devices}/$1/driver

	if [ -e "$link" ]; then
		[ "$link" -ef "${3:-$devices}/../drivers/$2" ]
	else
		[ "$2" = "(none)" ]
	fi
}

# at_basic DEV: prints the driver that it had at basic.target, or "(none)".
at_basic()
{
	local line

	line=$(grep -F "/$1/driver -> " /run/at-basic) || line="(none)"
	echo "${line##*/}"
}

# state DEV [DEVICES]: prints "DRIVER OVERRIDE SAVED", each "(none)" if there is none. Without an
# override the kernel prints `(null)` or an empty line.
state()
{
	local dir=${2:-$devices} driver=none override saved="(none)"

	driver=$(readlink "$dir/$1/driver") || driver="(none)"
	read -r override <"$dir/$1/driver_override"
	[ -n "$override" ] && [ "$override" != "(null)" ] || override="(none)"
	dir=${dir%/devices}
	[ ! -e "$store/${dir##*/}-$1" ] || read -r saved <"$store/${dir##*/}-$1"
	echo "${driver##*/} $override $saved"
}

# overridden DEV DRIVER: bound to it because of an override, which is saved.
overridden() { is "$1 $(state "$1")" "$1 $2 $2 $2"; }

# untouched DEV DRIVER: bound to it without an override, and nothing is saved.
untouched()
{
	is "$1 $(state "$1")" "$1 $2 (none) (none)"
	[ ! -e "$store/policy/pci-$1.ini" ]
}

# place_of DEV: where it is, without numbers of buses, as policies and rules have it.
place_of() { realpath "$devices/$1" | sed -E 's|/sys/devices/||; s/[0-9a-f]{4}:[0-9a-f]{2}:([0-9a-f]{2}\.)/\1/g'; }

# ifindex_of DEV: after udev has renamed the interface.
ifindex_of() { udevadm settle && cat "$devices/$1"/net/*/ifindex; }
group_of() { basename "$(realpath "$devices/$1/iommu_group")"; }

# is GOT EXPECTED
is()
{
	[ "$1" = "$2" ] || {
		printf 'got:      %s\nexpected: %s\n' "$1" "$2" >&2
		return 1
	}
}

# has TEXT PART
has()
{
	[[ $1 == *"$2"* ]] || {
		printf 'got:      %s\nwithout:  %s\n' "$1" "$2" >&2
		return 1
	}
}

# capture COMMAND...: sets status, output and stderr.
capture()
{
	status=0
	output=$("$@" 2>"$BATS_TEST_TMPDIR/stderr") || status=$?
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

# silently COMMAND...: it succeeds and prints nothing, as callers of driverctl rely on.
silently()
{
	capture "$@"
	is "$status:$output:$stderr" "0::"
}

# fails CODE TEXT COMMAND...: it ends with CODE and one line on stderr, which has TEXT.
fails()
{
	capture "${@:3}"
	is "$status:$output" "$1:"
	has "$stderr" "$2"
	is "${stderr%% *}" "driverctl:"
	[[ $stderr != *$'\n'* ]]
}

# unit_refuses DEV REASON: the unit of an override of the device fails, and nothing changes. The journal
# takes its time, so units_said_why checks the messages in the last test of the file.
unit_refuses()
{
	local before

	echo vfio-pci >"$store/pci-$1"
	before=$(state "$1")
	run ! systemctl start "driverctl@pci-$1.service"
	is "$(state "$1")" "$before"
	rm "$store/pci-$1"
	echo "driverctl: $1: in use: $2; still on '${before%% *}', nothing changed (use --force to proceed anyway)" \
		>>"$BATS_FILE_TMPDIR/refused"
}

units_said_why()
{
	journalctl --sync
	is "$(journalctl -b -o cat -t driverctl _TRANSPORT=stdout |
		tail -n "$(wc -l <"$BATS_FILE_TMPDIR/refused")")" "$(<"$BATS_FILE_TMPDIR/refused")"
}

# wait_for SECONDS COMMAND...: waits until it succeeds; fails if it does not within that time.
wait_for()
{
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || {
			echo "never came true: $*" >&2
			return 1
		}
		sleep 0.1
	done
}

# failed_units: prints their names in one line.
failed_units() { systemctl --failed --plain --no-legend | cut -d ' ' -f 1 | sort | paste -sd ' '; }

# at_rest: waits until nothing is under way, also nothing that a unit started late. If that never comes true,
# it prints what is.
at_rest()
{
	if wait_for 300 is_at_rest && sleep 1 && wait_for 300 is_at_rest; then return; fi
	ps -C driverctl,driverctl_load,udev-worker,systemd-udevd -o pid,ppid,stat,etimes,wchan:20,args >&2
	systemctl list-jobs >&2
	return 1
}

is_at_rest()
{
	udevadm settle --timeout=60 && ! pgrep -x driverctl >/dev/null && ! pgrep -x driverctl_load >/dev/null &&
		! systemctl list-jobs --no-legend | grep -q driverctl
}

# install_variant NAME: installs the module dctl_NAME_vfio, and the index of all modules with it. Install
# `better` before `tie`.
install_variant() { cp -r "/usr/local/lib/dctl_$1_vfio/." "/lib/modules/$(uname -r)/"; }

# native_lines DEV DRIVER: prints how many lines about the driver and the device are in the kernel's log.
# With dyndbg="func really_probe +p" on its command line each probe is one.
native_lines() { dmesg | grep -F "$1" | grep -cE " $2( |:|$)"; }

# binds DEV DRIVER: with the same, prints how many times the driver was bound to the device.
binds() { dmesg | grep -F "$1" | grep -cE "bound device ($1 )?to driver $2\$" || :; }

# said_of DEV: prints how many messages about the device are in the journal of this boot.
said_of() { journalctl -b -o cat -t driverctl | grep -c "$1: " || :; }

# qmp COMMAND ARGUMENTS [EVENT]: sends a command to QEMU's monitor, and waits for the answer or the event.
qmp()
{
	local port line end='"id": "test"'

	exec {port}<>/dev/virtio-ports/qmp
	printf '%s\n' '{"execute": "qmp_capabilities"}' \
		"{\"execute\": \"$1\", \"arguments\": $2, \"id\": \"test\"}" >&"$port"
	while read -r -t 30 -u "$port" line; do
		case $line in
		*"$end"*'"error"'* | *'"error"'*"$end"*) break ;;
		*"${3:-$end}"*)
			exec {port}>&-
			return 0
			;;
		esac
	done
	exec {port}>&-
	echo "qmp $1: ${line:-no answer}" >&2
	return 1
}

# plug DRIVER PORT: plugs QEMU's device DRIVER into the root port.
plug() { qmp device_add "{\"driver\": \"$1\", \"bus\": \"$2\", \"id\": \"plugged\"}"; }

unplug() { qmp device_del '{"id": "plugged"}' DEVICE_DELETED; }

# no_new_id VENDOR DEVICE: vfio-pci has no such dynamic id. (If it has, this removes it.)
no_new_id()
{
	local file=/sys/bus/pci/drivers/vfio-pci/remove_id

	[ -e "$file" ] || return 0
	# shellcheck disable=SC2086
	run ! sh -c "echo $1 $2 >$file"
}

# native DEV [DEVICES]: gives a device back to its native driver, without driverctl.
native()
{
	local dir=${2:-$devices}

	echo >"$dir/$1/driver_override"
	[ ! -e "$dir/$1/driver" ] || echo "$1" >"$dir/$1/driver/unbind"
	echo "$1" >"${dir%/devices}/drivers_probe"
}

# After each test: nothing saved, no overrides, native drivers.
all_native()
{
	local path override

	rm -rf "${store:?}"/* "$store"/.[!.]*
	for path in "$devices"/*; do
		read -r override <"$path/driver_override"
		[ -z "$override" ] || [ "$override" = "(null)" ] || {
			# An early step may have written an override of the root disk: do not unbind it.
			[ "$path" != "$devices/$root_card" ] || { echo >"$path/driver_override" && continue; }
			native "${path##*/}"
		}
	done
}
