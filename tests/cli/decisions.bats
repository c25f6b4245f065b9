#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status and stderr are the helper's
#
# What a call does with one device, 0000:01:00.0: each row is a state, what is wanted, and what becomes of it.
# A row is
#
#	CALL[:ARGUMENT...] [KEY=VALUE...] -> EXIT OVERRIDE [bound] [unbound] [probed] [recorded] [saved:S] [| MESSAGE]
#
# CALL is set, unset, load (the device), all, early (--all --early) or udev. The keys are those of pci_device; saved, a
# driver's name in the store; policy, see policy(); early, a driver that an earlier early step has recorded;
# rule, the driver of a rule for it; kernel, the driver on the kernel's command line; conf, see conf(); and
# disk, which is used or free. OVERRIDE is "-" for none; S is what is saved, if that has changed; MESSAGE is a
# pattern of all on standard error.

load ../helpers/tree

# policy WORD: of the saved driver; for this device, or not.
policy() {
	local lines=("driver = $saved" "choose = fixed")
	case $1 in
	ids) lines+=("modalias = pci:v000010DEd00001B06sv00001462sd00003609bc03sc00i00") ;;
	place) lines+=("path = pci0000:00/1d.0/00.0") ;;
	best) lines[1]="choose = best-vfio" ;;
	replaced) lines=("driver = other" "choose = fixed" "modalias = pci:other") ;;
	esac
	mkdir -p "$STORE/policy"
	put "$STORE/policy/pci-0000:01:00.0.ini" "[override]" "${lines[@]}"
}

conf() {
	case $1 in
	identity) put "$TREE/etc/driverctl.conf" "[safety]" "identity = no" ;;
	deny) put "$TREE/etc/driverctl.conf" "[vfio]" "deny = vfio_pci" ;;
	error) put "$TREE/etc/driverctl.conf" "[safety]" "identity = perhaps" ;;
	esac
}

# rule DRIVER
rule() {
	local outcome="driver = $1"
	[ "$1" != best-vfio ] || outcome="choose = best-vfio"
	mkdir -p "$STORE/rules"
	put "$STORE/rules/x.rule" "[match]" "name = *" "[override]" "$outcome"
}

# call WORD: with /etc read-only for a load, which never writes there, and with the disk if it is free.
call() {
	local options command=("$DRIVERCTL" load-override) dev='mount -n -t tmpfs tmpfs /dev/shm'
	IFS=: read -ra options <<<"$1"
	[ "$disk" != free ] || dev+=' && touch /dev/shm/disk'
	[[ $1 == *set* ]] || dev+=' && mount -n -o remount,bind,ro /etc'
	case ${options[0]} in
	set | unset) command=("$DRIVERCTL" "${options[0]}-override" 0000:01:00.0) ;;
	load) command+=(0000:01:00.0) ;;
	all) command+=(--all) ;;
	early) command+=(--all --early) ;;
	udev) command=(env SUBSYSTEM=pci ACTION=add "$(dirname "$VFIO_NAME")/driverctl_load" 0000:01:00.0) ;;
	esac
	run_in_tree bash -c "$dev"' && exec "$@"' - "${command[@]}" "${options[@]:1}"
}

# row CALL [KEY=VALUE...]: sets got to what has become of the device.
row() {
	local saved='' policy='' early='' rule='' kernel='' conf='' disk='' device=() word now noted entry
	for word in "${@:2}"; do
		case ${word%%=*} in
		saved | policy | early | rule | kernel | conf | disk) local "$word" ;;
		*) device+=("$word") ;;
		esac
	done
	tree_create "$BATS_TEST_TMPDIR/$((++n))"
	entry=$TREE/run/driverctl/journal/pci-0000:01:00.0
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 "${device[@]}"
	[ -z "$saved" ] || put "$STORE/pci-0000:01:00.0" "$saved"
	[ -z "$policy" ] || policy "$policy"
	[ -z "$rule" ] || rule "$rule"
	[ -z "$kernel" ] || kernel_line "quiet driverctl.override=01:00.0=$kernel"
	conf "$conf"
	[ -z "$disk" ] || disk_of 0000:01:00.0
	[ -z "$early" ] || noted pci 0000:01:00.0 how=early override="$early"
	noted=$(cat "$entry" 2>/dev/null || true)
	call "$1"
	got=$(cat "$(device_dir pci 0000:01:00.0)/driver_override")
	got="$status ${got:--}"
	[ -z "$(cat "$SYS"/bus/pci/drivers/*/bind)" ] || got+=" bound"
	[ -z "$(cat "$SYS"/bus/pci/drivers/*/unbind)" ] || got+=" unbound"
	[ ! -s "$SYS/bus/pci/drivers_probe" ] || got+=" probed"
	[[ $1 != early* ]] || [ "$(cat "$entry" 2>/dev/null || true)" = "$noted" ] || got+=" recorded"
	now=$(cat "$STORE/pci-0000:01:00.0" 2>/dev/null || true)
	[ "$now" = "$saved" ] || got+=" saved:${now:--}"
}

# rows: check those of standard input, and name all that differ.
rows() {
	local line wanted message n=0 bad=0 got
	while read -r line; do
		[[ $line == *" -> "* ]] || continue
		wanted=${line#* -> }
		message=
		[[ $line != *" | "* ]] || message="driverctl: 0000:01:00.0: ${wanted#* | }"
		# shellcheck disable=SC2086 # words
		row ${line%% -> *}
		# shellcheck disable=SC2053 # a pattern
		[ "$got" = "${wanted%% | *}" ] && [[ $stderr == $message ]] && continue
		printf '%s\n' "$line" "  got: $got${stderr:+ | $stderr}" >&2
		bad=1
	done
	return "$bad"
}

@test "set-override and unset-override" {
	rows <<-'END'
		set:none -> 0 none saved:none
		set:none:--nosave saved=vfio-pci -> 0 none
		set:vfio-pci driver=vfio-pci override=vfio-pci -> 0 vfio-pci saved:vfio-pci

		The driver refuses the device, which the tree's kernel never binds: all is as it was.
		set:vfio-pci -> 5 - bound | driver 'vfio-pci' *; back without a driver, *
		set:vfio-pci override=none saved=none -> 5 none bound | driver 'vfio-pci' *; back without a driver, *

		A disk that cannot be tried counts as used, unless its driver stays.
		set:vfio-pci driver=nvme disk=used -> 4 (null) | */dev/shm/disk is in use*; *nothing changed (use --force *
		set:vfio-pci:--noprobe:--force driver=nvme disk=used -> 0 vfio-pci unbound saved:vfio-pci
		set:vfio-pci:--noprobe driver=nvme disk=free -> 0 vfio-pci unbound saved:vfio-pci
		set:nvme driver=nvme disk=used -> 0 nvme saved:nvme

		unset override=vfio-pci saved=vfio-pci -> 0 - probed saved:-
		unset:--nosave override=none saved=none -> 0 - probed
		unset:--noprobe override=none -> 0 -
		unset driver=e1000e -> 0 (null)

		The native driver that holds the device keeps it.
		unset driver=e1000e override=vfio-pci saved=vfio-pci -> 0 - saved:-
		unset driver=nvme override=vfio-pci saved=vfio-pci disk=used -> 0 - saved:-
	END
}

@test "a saved override" {
	rows <<-'END'
		load driver=e1000e -> 1 (null) | no saved override
		load saved=none -> 0 none
		load driver=vfio-pci override=vfio-pci saved=vfio-pci -> 0 vfio-pci
		load driver=e1000e saved=../../evil -> 1 (null) | /etc/driverctl.d/pci-0000:01:00.0: not a driver name
		load driver=e1000e saved=/etc/passwd -> 1 (null) | /etc/driverctl.d/pci-0000:01:00.0: not a driver name
		load driver=e1000e saved=. -> 1 (null) | /etc/driverctl.d/pci-0000:01:00.0: not a driver name
		load:--noprobe saved=vfio-pci -> 0 vfio-pci
		all driver=e1000e -> 0 (null)
		all driver=vfio-pci override=vfio-pci -> 0 vfio-pci

		An error in the configuration keeps no override from being loaded.
		load saved=none conf=error -> 0 none
		all saved=none conf=error -> 0 none

		The driver refuses the device, which the tree's kernel never binds: the override stays.
		load saved=vfio-pci -> 5 vfio-pci bound | driver 'vfio-pci' *

		There is no such driver, or every VFIO driver is excluded: an override that an early step has written
		is cleared, and the native driver gets the device.
		load override=nosuchdriver saved=nosuchdriver -> 7 - probed | no driver or module 'nosuchdriver'*
		load driver=e1000e saved=nosuchdriver -> 7 (null) | no driver or module 'nosuchdriver'; still on 'e1000e'*
		load override=vfio-pci saved=vfio-pci policy=best conf=deny -> 1 - probed | every VFIO driver for it is excluded; *

		Another device, or the same kind in another place; a store file that something else has replaced.
		load driver=e1000e saved=none policy=ids -> 4 (null) | not the device the override was set for (*); set it again to approve it; *
		load driver=e1000e saved=none policy=place -> 4 (null) | not the device the override was set for (*); *
		load saved=none policy=ids conf=identity -> 0 none
		load saved=none policy=replaced -> 0 none
		all:--noprobe:--force saved=vfio-pci policy=ids -> 0 vfio-pci
	END
}

@test "--early: driver_override is written and recorded, and nothing else is done" {
	rows <<-'END'
		early saved=none -> 0 none recorded
		early driver=e1000e saved=vfio-pci -> 0 vfio-pci recorded
		early driver=nvme disk=used saved=vfio-pci -> 0 vfio-pci recorded
		early saved=none conf=error -> 0 none recorded

		The name in the store as it stands; what was chosen by rank is what was set last.
		early saved=vfio_pci -> 0 vfio_pci recorded
		early saved=nosuchdriver -> 0 nosuchdriver recorded
		early saved=mlx5_vfio_pci policy=best -> 0 mlx5_vfio_pci recorded

		early driver=e1000e saved=none policy=place -> 4 (null) | not the device the override was set for (*
		early:--force saved=none policy=place -> 0 none recorded

		What is so already is neither written nor recorded, nor is what has its driver by another override.
		early override=vfio-pci saved=vfio-pci -> 0 vfio-pci
		early driver=vfio-pci override=vfio-pci saved=none -> 0 vfio-pci
		early override=vfio-pci saved=none -> 0 none recorded
		early driver=e1000e override=vfio-pci saved=none -> 0 none recorded
	END
}

@test "--early: what a stale initramfs has set is taken back" {
	rows <<-'END'
		early override=vfio-pci early=vfio-pci -> 0 - probed recorded
		early driver=vfio-pci override=vfio-pci early=vfio-pci -> 0 - unbound recorded
		early driver=e1000e override=vfio-pci early=vfio-pci -> 0 - recorded
		all override=vfio-pci early=vfio-pci -> 0 vfio-pci

		Still saved, or by another name; another override by now, or none.
		early override=vfio-pci saved=vfio-pci early=vfio-pci -> 0 vfio-pci
		early override=vfio-pci saved=none early=vfio-pci -> 0 none recorded
		early override=vfio-pci early=none -> 0 vfio-pci recorded
		early driver=e1000e early=none -> 0 (null) recorded

		early override=none saved=none policy=place early=none -> 4 - probed recorded | not the device the override was set for (*
		early override=none saved=none policy=ids conf=identity early=none -> 0 none
		early override=vfio-pci saved=../x early=vfio-pci -> 1 vfio-pci | /etc/driverctl.d/pci-0000:01:00.0: not a driver name
		early driver=nvme override=nvme disk=used early=nvme -> 4 nvme | cannot tell whether /dev/shm/disk is in use: *
		early driver=nvme override=nvme disk=free early=nvme -> 0 - unbound recorded
	END
}

@test "the kernel's command line comes before a saved override, and that before a rule" {
	rows <<-'END'
		early rule=by-rule -> 0 by-rule recorded
		early rule=by-rule saved=saved -> 0 saved recorded
		early rule=by-rule saved=saved kernel=kernel -> 0 kernel recorded
		early rule=by-rule saved=saved policy=ids -> 4 (null) | not the device the override was set for*
		early rule=native -> 0 (null)
		load rule=native -> 1 (null) | no saved override (by rule x)
		udev driver=e1000e rule=native -> 0 (null)
		udev rule=none -> 0 none
		early driver=e1000e rule=vfio-pci -> 0 vfio-pci recorded

		Until a load ranks the VFIO drivers, the generic one keeps others off; a bridge gets none.
		early rule=best-vfio -> 0 vfio_pci recorded
		early class=0x060400 rule=vfio-pci -> 0 (null)
		early class=0x060400 rule=best-vfio -> 0 (null)
		early class=0x060400 rule=other -> 0 other recorded

		load driver=nvme disk=used rule=none -> 4 (null) | cannot tell whether * is in use: *; still on 'nvme', nothing changed (by rule x)*
		early driver=nvme disk=used rule=none -> 4 (null) | *still on 'nvme', nothing changed (by rule x)*
		all driver=nvme disk=used rule=none -> 4 (null) | *still on 'nvme', nothing changed (by rule x)*
	END
}
