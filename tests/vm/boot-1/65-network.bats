#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: trixie
# What a network card carries, with the real parts: an NFS server, an ssh client and another default
# route are in a network namespace of their own, behind a bridge or another card.

load ../guest

setup_file() { udevadm settle; }

setup()
{
	dev=$card1
	interface=$(ls "$devices/$dev/net")
}

teardown()
{
	umount -fl /mnt 2>/dev/null || :
	[ -z "${pid:-}" ] || kill "$pid" || :
	ip netns pids other 2>/dev/null | xargs -r kill
	ip netns delete other 2>/dev/null || :
	ip link delete br0 2>/dev/null || :
	rm -rf /srv/before /srv/after /etc/exports
	unplug_card second rp7
	unplug_card first rp6
	all_native
}

# refused DEV USE COMMAND...: the command, which is to take the card away, is refused because of this use.
refused()
{
	fails 4 "$1: in use: $2; still on 'e1000e', nothing changed (use --force to proceed anyway)" "${@:3}"
	untouched "$1" e1000e
	has "$(driverctl show "$1")" "$2"
}

# forced DEV: with --force it goes on.
forced()
{
	silently driverctl --force set-override "$1" vfio-pci
	overridden "$1" vfio-pci
	silently driverctl unset-override "$1"
	untouched "$1" e1000e
}

@test "a card whose interface is in another network namespace" {
	ip netns add other
	ip link set "$interface" netns other
	[ -e "$devices/$dev/net" ]
	is "$(ls "$devices/$dev/net")" ""
	use="its network interface is in another network namespace"
	refused "$dev" "$use" driverctl set-override "$dev" vfio-pci
	refused "$dev" "$use" driverctl --noprobe set-override "$dev" vfio-pci
	# From there, the other cards are elsewhere. ip mounts a /sys of that namespace.
	ip netns exec other driverctl show "$dev" >"$BATS_TEST_TMPDIR/there"
	has "$(<"$BATS_TEST_TMPDIR/there")" "in use       no"
	has "$(ip netns exec other driverctl show "$card2")" "$use"
	# With the host's /sys, they are all elsewhere.
	other=$(ls "$devices/$card2/net")
	has "$(nsenter --net=/run/netns/other driverctl show "$card2")" \
		"its network interface $other is in another network namespace"
	forced "$dev"
	# The card is back here.
	ip netns delete other
	wait_for 20 test -e "$devices/$dev/net/$interface"
	# At boot it is applied.
	ip netns add other
	ip link set "$interface" netns other
	echo vfio-pci >"$store/pci-$dev"
	systemctl start "driverctl@pci-$dev.service"
	overridden "$dev" vfio-pci
}

@test "what the kernel does not tell is no permission" {
	confined=(systemd-run --quiet --wait --pipe -p RestrictAddressFamilies=AF_UNIX)
	fails 4 "$dev: cannot tell whether $interface is in use: Address family not supported by protocol" \
		"${confined[@]}" driverctl set-override "$dev" vfio-pci
	untouched "$dev" e1000e
	silently "${confined[@]}" driverctl --force --nosave set-override "$dev" vfio-pci
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"
}

# behind_bridge: puts the card into the bridge br0, and the namespace behind it.
behind_bridge()
{
	ip netns add other
	ip link add br0 type bridge
	ip link add name tap0 type veth peer name eth0 netns other
	ip link set tap0 up master br0
	ip link set "$interface" up master br0
	ip link set br0 up
	ip address add 192.0.2.1/24 dev br0
	ip -n other address add 192.0.2.2/24 dev eth0
	ip -n other link set eth0 up
}

# remote COMMAND: runs it by ssh, from the namespace.
remote()
{
	ip netns exec other ssh -q -F none -i "$BATS_TEST_TMPDIR/key" -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null 192.0.2.1 "$@"
}

@test "the caller's ssh connection, through a bridge" {
	behind_bridge
	key=$BATS_TEST_TMPDIR/key
	ssh-keygen -q -t ed25519 -N "" -f "$key"
	mkdir -p /run/sshd
	/usr/sbin/sshd -D -e -f /dev/null -h "$key" -o AuthorizedKeysFile="$key.pub" \
		-o PermitRootLogin=yes -o StrictModes=no -o UsePAM=no -o ListenAddress=192.0.2.1 \
		2>"$BATS_TEST_TMPDIR/sshd" 3>&- &
	pid=$!
	wait_for 20 grep -q listening "$BATS_TEST_TMPDIR/sshd"
	use="$interface, through br0, carries the ssh connection from 192.0.2.2"
	fails 4 "$dev: in use: $use; still on 'e1000e', nothing changed (use --force to proceed anyway)" \
		remote driverctl set-override "$dev" vfio-pci
	untouched "$dev" e1000e
	# su, with a new environment.
	fails 4 "$dev: in use: $use; still on 'e1000e', nothing changed (use --force to proceed anyway)" \
		remote su - root -c "'env -u SSH_CONNECTION driverctl set-override $dev vfio-pci'"
	untouched "$dev" e1000e
	has "$(remote driverctl show "$dev")" "$use"
	# From the console, the connection is somebody else's.
	has "$(driverctl show "$dev")" "in use       no"
	silently remote driverctl --force --nosave set-override "$dev" vfio-pci
	is "$(state "$dev")" "vfio-pci vfio-pci (none)"
}

# plug_card ID PORT: plugs in a card that has a cable to the other one.
plug_card()
{
	qmp netdev_add "{\"type\": \"hubport\", \"id\": \"hub-$1\", \"hubid\": 0}"
	qmp device_add "{\"driver\": \"e1000e\", \"bus\": \"$2\", \"id\": \"$1\", \"netdev\": \"hub-$1\"}"
}

unplug_card()
{
	[ -e "$devices/0000:0${2#rp}:00.0" ] || return 0
	qmp device_del "{\"id\": \"$1\"}" DEVICE_DELETED
	qmp netdev_del "{\"id\": \"hub-$1\"}"
}

# name_of DEV: prints the name of its interface, once udev has handled it.
name_of()
{
	wait_for 30 test -e "$devices/$1/net" >&2
	udevadm settle
	ls "$devices/$1/net"
}

# serve_nfs: exports /srv in the namespace. For 90 s, the server opens no file, but it makes directories.
serve_nfs()
{
	mkdir -p /srv
	echo "/srv *(rw,no_root_squash,no_subtree_check,fsid=0)" >/etc/exports
	exportfs -a
	ip netns exec other sh -ec '
		mount -t nfsd nfsd /proc/fs/nfsd
		rpc.mountd -N 3
		rpc.nfsd -N 3 1' 3>&-
}

# connect: the card gets its address.
connect()
{
	ip address add 192.0.2.1/24 dev "$(name_of "$dev")"
	ip link set "$(name_of "$dev")" up
}

@test "the server of an NFS mount, on a card without the default route" {
	plug_card first rp6
	plug_card second rp7
	dev=0000:06:00.0
	interface=$(name_of "$dev")
	other=$(name_of 0000:07:00.0)
	ip netns add other
	ip link set "$other" netns other
	connect
	ip -n other address add 192.0.2.2/24 dev "$other"
	ip -n other link set "$other" up
	ip -n other link set lo up
	serve_nfs
	has "$(driverctl show "$dev")" "in use       no"
	mount -t nfs4 -o soft,timeo=50,retrans=1 192.0.2.2:/ /mnt
	mkdir /mnt/before
	use="$interface carries the file system mounted at /mnt"
	refused "$dev" "$use" driverctl set-override "$dev" vfio-pci
	mkdir /mnt/after
	[ -d /srv/before ]
	[ -d /srv/after ]
	# Mounted where driverctl does not see it.
	unshare --mount sh -c 'umount /mnt; exec "$@"' - driverctl show "$dev" >"$BATS_TEST_TMPDIR/there"
	has "$(<"$BATS_TEST_TMPDIR/there")" "$interface carries the connection to the NFS server 192.0.2.2"
	forced "$dev"
	# Only if the server answers does the umount end soon.
	wait_for 20 test -e "$devices/$dev/net"
	connect
	umount /mnt
}
