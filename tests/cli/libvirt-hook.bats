#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # inner shells; each test is a subshell; status and stderr are the helper's
#
# The hook for libvirt, with a driverctl that writes down how it is called. That it works with the
# real one, and with libvirt, is for vm/ to show.

load ../helpers/tree

HOOK=$ROOT/libvirt/driverctl

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	CALLS=$BATS_TEST_TMPDIR/calls
	BIN=$BATS_TEST_TMPDIR/bin
	GUEST=guest
	NOTES=$TREE/run/driverctl/libvirt/qemu-$GUEST
	mkdir -p "$TREE/usr/sbin" "$BIN"
	pci_device 0000:01:00.0 driver=e1000e
	pci_device 0000:02:00.0 driver=e1000e
	iommu_group 1 0000:01:00.0
	iommu_group 2 0000:02:00.0
	program driverctl
	libvirt_version 11.3.0
}

# program NAME [LINE...]: a shell script among the system's programs. driverctl writes down how it is
# called before it does what the lines say.
program() {
	if [ "$1" = driverctl ]; then
		usr_file /usr/sbin/driverctl '#!/bin/sh' \
			"[ \"\$1\" = list-overrides ] || echo \"\$*\" >>'$CALLS'" "${@:2}" 'exit 0'
	else
		usr_file "/usr/sbin/$1" '#!/bin/sh' "${@:2}"
	fi
}

libvirt_version() { program libvirtd "echo '/usr/sbin/libvirtd (libvirt) $1'"; }

# address BUS [FUNCTION]
address() { echo "<source><address type='pci' domain='0x0000' bus='$1' slot='0x00' function='${2:-0x0}'/></source>"; }

# hostdev BUS [ATTRIBUTE...]: one of a domain; a model is given as model=X.
hostdev() {
	local bus=$1 model='' attributes=() word
	for word in "${@:2}"; do
		case $word in
		model=*) model="<driver name='vfio' model='${word#model=}'/>" ;;
		*) attributes+=("$word") ;;
		esac
	done
	echo "<hostdev mode='subsystem' type='pci' ${attributes[*]}>$model$(address "$bus")</hostdev>"
}

# domain DEVICE...: the domain's XML, with what is in every one.
domain() {
	put "$BATS_TEST_TMPDIR/domain.xml" "<domain type='qemu' id='1'>" "<name>guest</name>" "<devices>" \
		"<controller type='pci' index='0' model='pcie-root'/>" \
		"<hostdev mode='subsystem' type='usb' managed='no'><source><address bus='1' device='2'/></source></hostdev>" \
		"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>" \
		"<interface type='network' managed='no'><source network='default'/><address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/></interface>" \
		"$@" "</devices>" "</domain>"
}

# hook OPERATION SUBOP [EXTRA]
hook() {
	: >>"$CALLS"
	run_in_tree sh -c 'exec "$@" <"$0"' "$BATS_TEST_TMPDIR/domain.xml" \
		env PATH="${HOOK_PATH:-/usr/bin:/bin}" "$HOOK" "$GUEST" "$1" "$2" "${3:--}"
}

prepare() { hook prepare begin; }
release() { hook release end; }

# calls LINE...: what driverctl was called with since the last time
calls() {
	diff <(printf '%s' "${1+$(printf '%s\n' "$@")}${1+$'\n'}") "$CALLS" >&2
	: >"$CALLS"
}

nothing_noted() { [ ! -e "$NOTES" ]; }

SET="--nosave set-override --vfio-variant"
UNSET="--nosave unset-override"

@test "a domain without hostdevs: nothing is run, not even xmllint" {
	put "$BATS_TEST_TMPDIR/domain.xml" "<domain>" "<devices/>" "</domain>"
	program xmllint 'echo called >&2' 'exit 1'
	silently prepare
	calls
	nothing_noted
}

@test "one hostdev: the best driver, and back" {
	domain "$(hostdev 0x01 "managed='no'")"
	silently prepare
	calls "$SET=auto 0000:01:00.0"
	expect_file "$NOTES/0000:01:00.0" ""
	silently release
	calls "$UNSET 0000:01:00.0"
	nothing_noted
}

@test "two, one of them managed by libvirt, and a forced model" {
	pci_device 0000:03:00.0
	domain "$(hostdev 0x01 model=x_vfio_pci)" "$(hostdev 0x02 "managed='yes'")" "$(hostdev 0x03)"
	silently prepare
	calls "$SET=x_vfio_pci 0000:01:00.0" "$SET=auto 0000:03:00.0"
	release
	calls "$UNSET 0000:01:00.0" "$UNSET 0000:03:00.0"
}

@test "an interface that is a hostdev" {
	domain "<interface type='hostdev'>$(address 0x01)<address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/></interface>" \
		"<interface type='hostdev' managed='no'><driver name='vfio' model='x_vfio_pci'/>$(address 0x02)</interface>" \
		"<interface type='hostdev' managed='yes'>$(address 0x03)</interface>"
	silently prepare
	calls "$SET=auto 0000:01:00.0" "$SET=x_vfio_pci 0000:02:00.0"
}

@test "addresses in hexadecimal, decimal, without what is zero" {
	pci_device 0000:1a:1f.7
	pci_device 10000:0a:00.0
	domain "<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x1a' slot='0x1f' function='0x7'/></source></hostdev>" \
		"<hostdev mode='subsystem' type='pci'><source><address domain='65536' bus='10' slot='0' function='0'/></source></hostdev>" \
		"<hostdev mode='subsystem' type='pci'><source><address bus='0x1A' slot='31' function='7'/></source></hostdev>" \
		"<hostdev mode='subsystem' type='pci'><source><address bus='2'/></source></hostdev>"
	silently prepare
	calls "$SET=auto 0000:1a:1f.7" "$SET=auto 10000:0a:00.0" "$SET=auto 0000:1a:1f.7" \
		"$SET=auto 0000:02:00.0"
}

@test "an address that is none" {
	domain "<hostdev mode='subsystem' type='pci'><source><address bus='0x1x'/></source></hostdev>"
	prepare
	[ "$status" = 1 ]
	[[ $stderr == *"driverctl: libvirt's hook cannot read a device's address" ]]
	calls
}

@test "a model that is no name" {
	domain "$(hostdev 0x01 "model=x 0000:02:00.0=y")"
	prepare
	expect 1 "" "driverctl: 0000:01:00.0: 'x 0000:02:00.0=y' is no driver's name"
	calls
}

@test "a saved override stays, unless the domain names a model" {
	put "$STORE/pci-0000:01:00.0" vfio-pci
	domain "$(hostdev 0x01)"
	silently prepare
	calls
	release
	calls
	domain "$(hostdev 0x01 model=x_vfio_pci)"
	prepare
	calls "$SET=x_vfio_pci 0000:01:00.0"
	release
	calls "load-override 0000:01:00.0"
	nothing_noted
}

@test "an override that was saved while the domain ran is applied at its end" {
	domain "$(hostdev 0x01)"
	prepare
	calls "$SET=auto 0000:01:00.0"
	put "$STORE/pci-0000:01:00.0" vfio-pci
	release
	calls "load-override 0000:01:00.0"
}

@test "a VFIO device stays as it is, unless the domain names a model" {
	mkdir -p "$(device_dir pci 0000:01:00.0)/vfio-dev/vfio0"
	pci_device 0000:03:00.0 driver=x-vfio-pci # as on Linux before 6.1
	domain "$(hostdev 0x01)" "$(hostdev 0x03)"
	silently prepare
	calls
	program driverctl 'if [ "$1" = list-overrides ]; then' \
		'printf "%s\n" "0000:01:00.0 y-vfio-pci" "0000:03:00.0 (none)"; fi'
	domain "$(hostdev 0x01 model=x_vfio_pci)" "$(hostdev 0x03 model=x_vfio_pci)"
	prepare
	calls "$SET=x_vfio_pci 0000:01:00.0" "$SET=x_vfio_pci 0000:03:00.0"
	release
	calls "--nosave set-override 0000:01:00.0 y-vfio-pci" "--nosave set-override 0000:03:00.0 none"
	nothing_noted
}

@test "libvirt before 9.7 takes the generic driver only" {
	local version
	domain "$(hostdev 0x01)"
	for version in 9.7.0 9.10.0 10.0.0 12.1.0; do
		libvirt_version $version
		prepare
		calls "$SET=auto 0000:01:00.0"
	done
	for version in 9.6.0 9.0.0 8.10.0 6.0.0 1.2.3; do
		libvirt_version $version
		prepare
		calls "$SET=generic 0000:01:00.0"
	done
	program virtqemud "echo 'virtqemud (libvirt) 10.0.0'"
	prepare
	calls "$SET=auto 0000:01:00.0"
	rm "$TREE/usr/sbin/virtqemud" "$TREE/usr/sbin/libvirtd"
	prepare
	calls "$SET=auto 0000:01:00.0"
}

@test "a domain of any name" {
	for GUEST in . .. '-n' 'a b' '*' '$(touch x)' "it's; \"q\"" $'two\nlines' 'größer' '../../x' '%s'; do
		echo "# $GUEST"
		domain "$(hostdev 0x01)"
		silently prepare
		calls "$SET=auto 0000:01:00.0"
		[ "$(find "$TREE/run/driverctl" -type f -printf x)" = x ]
		[ -f "$TREE/run/driverctl/libvirt/qemu-${GUEST##*/}/0000:01:00.0" ]
		GUEST=other release
		calls
		silently release
		calls "$UNSET 0000:01:00.0"
		[ -z "$(find "$TREE/run/driverctl" -type f)" ]
	done
	[ "$(ls "$TREE/run/driverctl")" = libvirt ]
}

@test "a prepare that fails half-way undoes what it did" {
	program driverctl "case \$* in '$SET=auto 0000:02:00.0')" \
		'echo "driverctl: 0000:02:00.0: in use: by a test" >&2; exit 4;; esac'
	domain "$(hostdev 0x01)" "$(hostdev 0x02)" "$(hostdev 0x03)"
	prepare
	expect 1 "" "driverctl: 0000:02:00.0: in use: by a test"
	calls "$SET=auto 0000:01:00.0" "$SET=auto 0000:02:00.0" "$UNSET 0000:01:00.0"
	nothing_noted
	# libvirt calls it all the same.
	silently release
	calls
}

@test "what may still be under way is given back by release" {
	program driverctl "case \$* in '$SET=auto 0000:01:00.0' | '$UNSET 0000:01:00.0')" \
		'echo "driverctl: not finished" >&2; exit 6;; esac'
	domain "$(hostdev 0x01)"
	prepare
	expect 1 "" $'driverctl: not finished\ndriverctl: not finished'
	[ -e "$NOTES/0000:01:00.0" ]
	program driverctl
	: >"$CALLS"
	silently release
	calls "$UNSET 0000:01:00.0"
	nothing_noted
}

@test "a device is noted before it is changed, so that a killed prepare is undone" {
	program driverctl "case \$* in '$SET=auto 0000:02:00.0')" 'kill -KILL $PPID; exit 1;; esac'
	domain "$(hostdev 0x01)" "$(hostdev 0x02)" "$(hostdev 0x03)"
	prepare
	[ "$status" = 137 ]
	program driverctl
	: >"$CALLS"
	silently release
	calls "$UNSET 0000:01:00.0" "$UNSET 0000:02:00.0"
	nothing_noted
}

@test "a prepare after one that was never released: all is given back at the end" {
	domain "$(hostdev 0x01)"
	prepare
	mkdir "$(device_dir pci 0000:01:00.0)/vfio-dev"
	domain "$(hostdev 0x02)"
	silently prepare
	calls "$SET=auto 0000:01:00.0" "$SET=auto 0000:02:00.0"
	release
	calls "$UNSET 0000:01:00.0" "$UNSET 0000:02:00.0"
}

@test "release does not read the XML" {
	domain "$(hostdev 0x01)"
	prepare
	: >"$CALLS"
	put "$BATS_TEST_TMPDIR/domain.xml" "<dom"
	silently release
	calls "$UNSET 0000:01:00.0"
}

@test "release: one that fails stays noted, the others are given back; one that has gone is forgotten" {
	pci_device 0000:03:00.0
	domain "$(hostdev 0x01)" "$(hostdev 0x02)" "$(hostdev 0x03)"
	prepare
	: >"$CALLS"
	rm "$SYS/bus/pci/devices/0000:03:00.0"
	program driverctl "case \$* in '$UNSET 0000:01:00.0')" 'echo "driverctl: in use" >&2; exit 4;; esac'
	release
	expect 1 "" "driverctl: in use"
	calls "$UNSET 0000:01:00.0" "$UNSET 0000:02:00.0"
	[ "$(ls "$NOTES")" = 0000:01:00.0 ]
}

@test "malformed XML" {
	local text
	for text in "" "<domain" "<domain><devices><hostdev" "<domain><hostdev></domain>"; do
		put "$BATS_TEST_TMPDIR/domain.xml" "$text"
		prepare
		[ "$status" = 1 ]
		[[ $stderr == *"driverctl: libvirt's hook cannot read the domain's XML" ]]
		calls
	done
}

@test "driverctl or xmllint is missing: said where there is something to do" {
	rm "$TREE/usr/sbin/driverctl"
	ln -s /usr/bin/{sh,cat,env,readlink,sed,tail,mkdir,rm,rmdir,xmllint} "$BIN"
	domain "$(hostdev 0x01)"
	# Nowhere else: the machine may have its own.
	sed "s|^PATH=.*|PATH=$BIN|" "$HOOK" >"$BATS_TEST_TMPDIR/hook"
	chmod +x "$BATS_TEST_TMPDIR/hook"
	HOOK=$BATS_TEST_TMPDIR/hook
	prepare
	expect 1 "" "driverctl: libvirt's hook needs driverctl, which is not installed"
	domain "$(hostdev 0x01 "managed='yes'")"
	silently prepare
	rm "$BIN/xmllint"
	prepare
	expect 1 "" "driverctl: libvirt's hook needs xmllint, which is not installed"
}

@test "found where PATH leads first" {
	put "$BIN/driverctl" '#!/bin/sh' "echo first \"\$1\" >>'$CALLS'"
	chmod +x "$BIN/driverctl"
	domain "$(hostdev 0x01)"
	HOOK_PATH=$BIN:/usr/bin:/bin silently prepare
	calls "first list-overrides" "first --nosave"
}

@test "every other operation: nothing" {
	local operation
	domain "$(hostdev 0x01)"
	for operation in "start begin" "started begin" "stopped end" "reconnect begin" "attach begin" \
		"migrate begin" "restore begin" "prepare end" "release begin"; do
		# shellcheck disable=SC2086 # words
		silently hook $operation
		calls
	done
	nothing_noted
}

# Four devices of one group: a bridge, two that are assigned, and what the test adds.
group_of_four() {
	pci_device 0000:00:1c.4 class=0x060400 driver=pcieport
	pci_device 0000:05:00.0 driver=virtio-pci
	pci_device 0000:05:00.1 driver=virtio-pci
	pci_device 0000:05:00.2 "$@"
	iommu_group 7 0000:00:1c.4 0000:05:00.0 0000:05:00.1 0000:05:00.2
	domain "$(hostdev 0x05)" \
		"<hostdev mode='subsystem' type='pci' ${SECOND:-}>$(address 0x05 0x1)</hostdev>"
}

OTHERS="driverctl: not assigned, but in the IOMMU group of a device that is:"

@test "group: a member that is not assigned is refused by name, and nothing is changed" {
	group_of_four driver=virtio-pci
	prepare
	expect 1 "" "$OTHERS 0000:05:00.2 (virtio-pci)"
	calls
	nothing_noted
	put "$TREE/etc/driverctl.conf" "[libvirt]" "group = refuse"
	prepare
	expect 1 "" "$OTHERS 0000:05:00.2 (virtio-pci)"
	pci_device 0000:05:00.3 driver=snd_hda_intel
	iommu_group 7 0000:05:00.3
	prepare
	expect 1 "" "$OTHERS 0000:05:00.2 (virtio-pci) 0000:05:00.3 (snd_hda_intel)"
}

@test "group: bridges, members without a driver, on VFIO, on pci-stub are in nobody's way" {
	group_of_four
	pci_device 0000:05:00.3 driver=vfio-pci
	pci_device 0000:05:00.4 driver=pci-stub
	pci_device 0000:05:00.5 driver=odd
	mkdir "$(device_dir pci 0000:05:00.5)/vfio-dev"
	iommu_group 7 0000:05:00.3 0000:05:00.4 0000:05:00.5
	silently prepare
	calls "$SET=auto 0000:05:00.0" "$SET=auto 0000:05:00.1"
}

@test "group: what libvirt manages is assigned too" {
	SECOND="managed='yes'" group_of_four
	silently prepare
	calls "$SET=auto 0000:05:00.0"
}

@test "group: taken along as the configuration says, and given back" {
	local line
	for line in "group = take" "group=take" "group:take ; comment" $'group = refuse\ngroup = take' \
		$'group = take\r' $'group\t=\ttake'; do
		group_of_four driver=virtio-pci
		put "$TREE/etc/driverctl.conf" "[vfio]" "fallback = yes" "[libvirt] ; hook" "$line" "[safety]" \
			"timeout = 5"
		silently run_driverctl list-persisted
		silently prepare
		calls "$SET=auto 0000:05:00.0" "$SET=auto 0000:05:00.1" "$SET=generic 0000:05:00.2"
		release
		calls "$UNSET 0000:05:00.0" "$UNSET 0000:05:00.1" "$UNSET 0000:05:00.2"
		nothing_noted
	done
}

@test "group: only the section's own key counts" {
	local text
	group_of_four driver=virtio-pci
	for text in $'[vfio]\ngroup = take' $'[libvirt]\n# group = take' $'[libvirt]\n;group = take' \
		$'[libvirt]\ngroup = take\ngroup = refuse' $'[libvirt]\n[safety]\ngroup = take' \
		$'[libvirt]\ngroups = take'; do
		put "$TREE/etc/driverctl.conf" "$text"
		prepare
		expect 1 "" "$OTHERS 0000:05:00.2 (virtio-pci)"
	done
}

@test "group: a member with a saved override is not taken along" {
	group_of_four driver=virtio-pci
	put "$TREE/etc/driverctl.conf" "[libvirt]" "group = take"
	put "$STORE/pci-0000:05:00.2" virtio-pci
	prepare
	expect 1 "" "$OTHERS 0000:05:00.2 (virtio-pci)"
	calls
}

@test "group: it is looked at also where the device itself is left as it is" {
	group_of_four driver=virtio-pci
	put "$STORE/pci-0000:05:00.0" vfio-pci
	put "$STORE/pci-0000:05:00.1" vfio-pci
	prepare
	expect 1 "" "$OTHERS 0000:05:00.2 (virtio-pci)"
}
