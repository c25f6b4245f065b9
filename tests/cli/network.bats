#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016,SC2154 # inner shells; status and stderr are the helper's
#
# A device keeps its driver if its network interface carries what the host or the caller needs: a
# default route, the caller's ssh connection, or a server of a mount or disk. The interfaces of the
# tree exist in the network namespace of the test; routes and addresses there are real.

load ../helpers/tree
load ../helpers/json

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=e1000e
	put "$STORE/pci-0000:01:00.0" vfio-pci
	net_interface enp1s0 pci 0000:01:00.0
}

# with_network COMMANDS ARGUMENT...: run driverctl after COMMANDS in the network namespace, where all
# interfaces are up.
with_network() {
	run_in_tree bash -ec '
		for interface in $(ip -o link | sed "s/^[0-9]*: //; s/[@:].*//"); do
			sysctl -q "net.ipv6.conf.$interface.accept_dad=0" || :
			ip link set "$interface" up
		done
		eval "$1" && shift && exec "$@"' - "$1" "$DRIVERCTL" "${@:2}"
}

# upper INTERFACE UPPER: make a bridge, bond or VLAN on an interface.
upper() {
	[ "$2" = lo ] || add_virtual "$2"
	link_to "$(realpath "$SYS/class/net/$1")/upper_$2" "$SYS/devices/virtual/net/$2"
}

add_virtual() {
	mkdir -p "$SYS/devices/virtual/net/$1"
	link_to "$SYS/class/net/$1" "$SYS/devices/virtual/net/$1"
}

expect_untouched() {
	local dir
	dir=$(device_dir pci 0000:01:00.0)
	[ "$(cat "$dir/driver_override")" = "(null)" ]
	[ ! -s "$SYS/bus/pci/drivers/e1000e/unbind" ]
}

# refused COMMANDS USE: driverctl refuses to change the device because of this use.
refused() {
	echo "# $1"
	with_network "$1" set-override 01:00.0 vfio-pci
	expect 4 "" "driverctl: 0000:01:00.0: in use: $2; still on 'e1000e', nothing changed (use \
--force to proceed anyway)"
	expect_untouched
}

# unused COMMANDS: nothing uses the device.
unused() {
	echo "# $1"
	with_network "$1" show 01:00.0
	[ "$status:$stderr" = "0:" ]
	[[ $output == *"  in use       no" ]]
}

ROUTE="enp1s0 carries the default route"

@test "a default route, of IPv4 and of IPv6" {
	refused 'ip route add default dev enp1s0' "$ROUTE"
	with_network 'ip route add default dev enp1s0' show 01:00.0
	[[ $output == *"  in use       $ROUTE" ]]
	refused 'ip -6 route add default dev enp1s0' "$ROUTE"
	refused 'ip -6 route add default dev enp1s0 && ip route add default dev enp1s0' "$ROUTE"
}

@test "a default route of another table, and one for some packets" {
	refused 'ip route add default dev enp1s0 table 100' "$ROUTE"
	refused 'ip -6 route add default dev enp1s0 table 100' "$ROUTE"
	refused 'ip route add default dev enp1s0 tos 0x10' "$ROUTE"
	refused 'ip -6 route add default from 2001:db8::/56 dev enp1s0' "$ROUTE"
}

@test "a default route of several hops, of two halves, and of IPv6 for the Internet" {
	add_virtual other
	refused 'ip route add default nexthop dev other nexthop dev enp1s0' "$ROUTE"
	refused 'ip -6 route add default nexthop via fe80::1 dev other nexthop via fe80::2 dev enp1s0' "$ROUTE"
	refused 'ip route add 0.0.0.0/1 dev other && ip route add 128.0.0.0/1 dev enp1s0' "$ROUTE"
	refused 'ip -6 route add ::/1 dev other && ip -6 route add 8000::/1 dev enp1s0' "$ROUTE"
	refused 'ip -6 route add 2000::/3 dev enp1s0' "$ROUTE"
}

@test "a default route to a nexthop object, and to a group of them" {
	local compat family
	add_virtual other
	for compat in 1 0; do
		for family in 4 6; do
			refused "sysctl -q net.ipv4.nexthop_compat_mode=$compat
				ip -$family nexthop add id 1 dev other && ip -$family nexthop add id 2 dev enp1s0
				ip -$family route add default nhid 2" "$ROUTE"
			refused "sysctl -q net.ipv4.nexthop_compat_mode=$compat
				ip -$family nexthop add id 1 dev other && ip -$family nexthop add id 2 dev enp1s0
				ip nexthop add id 3 group 1/2 && ip -$family route add default nhid 3" "$ROUTE"
			unused "sysctl -q net.ipv4.nexthop_compat_mode=$compat
				ip -$family nexthop add id 1 dev other && ip -$family nexthop add id 2 dev enp1s0
				ip -$family route add default nhid 1"
		done
	done
}

@test "a route that is not the default one, or of another interface, or that carries nothing" {
	local route
	add_virtual other
	for route in true 'ip route add 10.0.0.0/8 dev enp1s0' 'ip route add 0.0.0.0/2 dev enp1s0' \
		'ip -6 route add 2000::/4 dev enp1s0' 'ip -6 route add 4000::/3 dev enp1s0' \
		'ip route add unreachable default' 'ip -6 route add unreachable default' \
		'ip route add blackhole default' 'ip route add local default dev lo table 100' \
		'ip route add default dev other' 'ip -6 route add default dev other'; do
		unused "$route"
	done
}

@test "through a bridge, and a VLAN on a bond" {
	upper enp1s0 br0
	refused 'ip route add default dev br0' "enp1s0, through br0, carries the default route"
	rm "$(device_dir pci 0000:01:00.0)/net/enp1s0/upper_br0"
	unused 'ip route add default dev br0'
	upper enp1s0 br0
	with_network 'ip route add default dev br0' --json show 01:00.0
	validate show.schema.json "$BATS_TEST_TMPDIR/stdout"
	[ "$(value '[x[0]["in_use"][key] for key in ("kind", "node", "through", "by")]')" = \
		'["default-route", "enp1s0", "br0", null]' ]
	rm "$(device_dir pci 0000:01:00.0)/net/enp1s0/upper_br0"
	upper enp1s0 bond0
	upper bond0 vlan5
	refused 'ip route add default dev vlan5' "enp1s0, through vlan5, carries the default route"
	refused 'ip -6 route add default dev bond0' "enp1s0, through bond0, carries the default route"
}

@test "interfaces that are each other's upper" {
	upper enp1s0 br0
	link_to "$SYS/devices/virtual/net/br0/upper_enp1s0" \
		"$(device_dir pci 0000:01:00.0)/net/enp1s0"
	unused true
	refused 'ip route add default dev br0' "enp1s0, through br0, carries the default route"
}

@test "a use of the network: not refused with --force, nor by load-override" {
	with_network 'ip route add default dev enp1s0' --force --nosave set-override 01:00.0 vfio-pci
	[ "$status" = 5 ]
	[ "$(<"$SYS/bus/pci/drivers/e1000e/unbind")" = 0000:01:00.0 ]
	: >"$SYS/bus/pci/drivers/e1000e/unbind"
	with_network 'ip route add default dev enp1s0' load-override 01:00.0
	[ "$status" = 5 ]
	[ "$(<"$SYS/bus/pci/drivers/e1000e/unbind")" = 0000:01:00.0 ]
}

@test "a use of the network: a driver that stays bound can be saved" {
	with_network 'ip route add default dev enp1s0' set-override 01:00.0 e1000e
	expect 0 "" ""
	expect_file "$STORE/pci-0000:01:00.0" e1000e
}

@test "the caller's ssh connection" {
	local address='ip address add 192.0.2.1/24 dev enp1s0'
	local address6='ip address add 2001:db8::1/64 dev enp1s0 nodad'
	local use="enp1s0 carries the ssh connection from"
	export SSH_CONNECTION="192.0.2.2 50000 192.0.2.1 22"
	refused "$address" "$use 192.0.2.2"
	unused true
	SSH_CONNECTION="2001:db8::2 50000 2001:db8::1 22" refused "$address6" "$use 2001:db8::2"
	SSH_CONNECTION="::ffff:192.0.2.2 50000 ::ffff:192.0.2.1 22" refused "$address" "$use 192.0.2.2"
	SSH_CONNECTION="fe80::2%enp1s0 50000 fe80::1%enp1s0 22" refused true "$use fe80::2%enp1s0"
	# The default route, too.
	with_network "$address && ip route add default dev enp1s0" set-override 01:00.0 vfio-pci
	expect_error 4 "driverctl: 0000:01:00.0: in use: $ROUTE (and 1 more use); *"
	# A route in one direction, and the address of the other one.
	add_virtual other
	refused "$address && ip route add 192.0.2.2 dev other" "$use 192.0.2.2"
	refused "ip address add 192.0.2.1/24 dev other && ip route add 192.0.2.2 dev enp1s0" \
		"$use 192.0.2.2"
	# A rule for the host's own address.
	refused "ip address add 192.0.2.1/24 dev other && ip route add default dev other
		ip route add 192.0.2.2 dev enp1s0 table 100 && ip rule add from 192.0.2.1 lookup 100" \
		"$use 192.0.2.2"
	# From the host to itself.
	SSH_CONNECTION="192.0.2.1 50000 192.0.2.1 22" unused "$address"
	SSH_CONNECTION="127.0.0.1 50000 127.0.0.1 22" unused "$address"
}

@test "an ssh connection is found above sudo and su, and nothing else counts as one" {
	local address='ip address add 192.0.2.1/24 dev enp1s0' value
	# A process between that has lost the variable.
	run_in_tree env SSH_CONNECTION="192.0.2.2 50000 192.0.2.1 22" bash -ec '
		ip link set enp1s0 up && ip address add 192.0.2.1/24 dev enp1s0
		env -u SSH_CONNECTION bash -c "\"\$@\"; exit" - "$@"
		exit' - "$DRIVERCTL" set-override 01:00.0 vfio-pci
	expect_error 4 "driverctl: 0000:01:00.0: in use: enp1s0 carries the ssh connection from 192.0.2.2; *"
	expect_untouched
	for value in "" UNKNOWN "UNKNOWN 65535 UNKNOWN 65535" "192.0.2.2 50000 192.0.2.1" \
		"192.0.2.2 50000 192.0.2.1 22 " "192.0.2.2 50000 192.0.2.1 x" \
		"192.0.2.2 0 192.0.2.1 22" "192.0.2.2  50000 192.0.2.1 22" "$(printf '1%.0s' {1..300})"; do
		SSH_CONNECTION=$value unused "$address"
	done
}

# mounted LINE [SERVERS]: COMMANDS for a /proc that shows this mount and the lines about NFS servers.
mounted() {
	echo "mkdir -p /run/proc && mount -n -t tmpfs none /run/proc && mkdir -p /run/proc/self /run/proc/fs/nfsfs
		echo '36 35 0:40 / $1' >/run/proc/self/mountinfo
		${2:+printf '%s\n' 'NV SERVER   PORT USE HOSTNAME' '$2' >/run/proc/fs/nfsfs/servers}
		mount -n --move /run/proc /proc"
}

@test "the server of a mount" {
	local address='ip address add 192.0.2.1/24 dev enp1s0'
	local address6='ip address add 2001:db8::1/64 dev enp1s0 nodad' type
	local use="enp1s0 carries the file system mounted at /srv" line
	for type in nfs nfs4 cifs smb3; do
		line="/srv rw - $type server:/srv rw,vers=4.2,addr=192.0.2.2"
		refused "$address && $(mounted "$line")" "$use"
		unused "$(mounted "$line")"
	done
	refused "$address6 && $(mounted "/srv rw - nfs4 server:/srv rw,addr=2001:db8::2,x")" "$use"
	refused "$address && $(mounted '/a\040b rw - nfs server:/ addr=192.0.2.2')" \
		"enp1s0 carries the file system mounted at /a b"
	unused "$address && $(mounted "/srv rw - tmpfs none rw,addr=192.0.2.2")"
	unused "$address && $(mounted "/srv rw - nfs server:/srv rw,clientaddr=192.0.2.2,addr=x")"
	# One that this process does not see.
	refused "$address && $(mounted "/ rw - tmpfs none rw" "v4 c0000202  801   1 server")" \
		"enp1s0 carries the connection to the NFS server 192.0.2.2"
	refused "$address && $(mounted "/srv rw - nfs s:/ addr=192.0.2.2" "v3 c0000202  801   1 s")" "$use"
	unused "$address && $(mounted "/ rw - tmpfs none rw" "v4 c0000302  801   1 server")"
}

@test "the target of iSCSI, and of NVMe over a network" {
	local address='ip address add 192.0.2.1/24 dev enp1s0' nvme=$SYS/class/nvme/nvme0
	local iscsi=$SYS/class/iscsi_connection/connection1:0
	mkdir -p "$iscsi"
	put "$iscsi/persistent_address" 192.0.2.3
	refused "$address" "enp1s0 carries the session with the iSCSI target 192.0.2.3"
	put "$iscsi/address" 192.0.2.2
	refused "$address" "enp1s0 carries the session with the iSCSI target 192.0.2.2"
	unused true
	rm -r "$iscsi"
	mkdir -p "$nvme"
	put "$nvme/transport" tcp
	put "$nvme/address" traddr=192.0.2.2,trsvcid=4420
	refused "$address" "enp1s0 carries the connection to the NVMe target 192.0.2.2"
	unused true
	put "$nvme/address" traddr=192.0.2.2,trsvcid=4420,host_iface=enp1s0
	refused true "enp1s0 carries the connection to the NVMe target 192.0.2.2"
	put "$nvme/address" traddr=198.51.100.2,src_addr=192.0.2.1
	refused "$address" "enp1s0 carries the connection to the NVMe target 198.51.100.2"
	put "$nvme/transport" pcie
	put "$nvme/address" 0000:02:00.0
	unused "$address"
}

@test "an interface in another network namespace than the caller's" {
	local use="its network interface" dir
	dir=$(device_dir pci 0000:01:00.0)
	# /sys is the host's, and the namespace a container's.
	refused 'ip link delete enp1s0' "$use enp1s0 is in another network namespace"
	put "$dir/net/enp1s0/ifindex" 4711
	refused true "$use enp1s0 is in another network namespace"
	# The kernel leaves the directory net.
	rm -r "$dir/net/enp1s0" "$SYS/class/net/enp1s0"
	refused true "$use is in another network namespace"
	with_network true --force --nosave set-override 01:00.0 vfio-pci
	[ "$status" = 5 ]
	: >"$SYS/bus/pci/drivers/e1000e/unbind"
	put "$dir/driver_override" "(null)"
	with_network true load-override 01:00.0
	[ "$status" = 5 ]
	: >"$SYS/bus/pci/drivers/e1000e/unbind"
	put "$dir/driver_override" "(null)"
	# Of a virtio card, the interface belongs to virtio0.
	mv "$dir/net" "$dir/virtio0"
	mkdir "$dir/virtio0/net"
	refused true "$use is in another network namespace"
	rmdir "$dir/virtio0/net"
	unused true
}

@test "an interface that udev renames during the check is not in another network namespace" {
	local name dir
	dir=$(device_dir pci 0000:01:00.0)/net
	net_interface other0 pci 0000:01:00.0
	build_faulty
	put "$TREE/etc/rename" 'cd /sys/class/net' 'ip link set enp1s0 name new0' 'rm enp1s0' \
		"mv $dir/enp1s0 $dir/new0" "ln -s $dir/new0 new0"
	# Before its own place is read, and before that of the next one.
	for name in enp1s0 other0; do
		run_in_tree "$FAULTY" "$CALLS" "readlink:once:do=sh -e /etc/rename" "/sys/class/net/$name" \
			-- "$DRIVERCTL" -v --noprobe set-override 01:00.0 vfio-pci
		[[ $(<"$CALLS") != *"not met:"* ]]
		echo "$status $stderr"
		[[ $stderr != *"in use"* ]]
		[ -d "$dir/new0" ]
		mv "$dir/new0" "$dir/enp1s0"
		rm "$SYS/class/net/new0"
		link_to "$SYS/class/net/enp1s0" "$dir/enp1s0"
		put "$(device_dir pci 0000:01:00.0)/driver_override" "(null)"
	done
}

@test "the mounts cannot be read: the device is not changed" {
	with_network 'mount -n -t tmpfs none /proc' set-override 01:00.0 vfio-pci
	expect 4 "" "driverctl: 0000:01:00.0: cannot tell whether enp1s0 is in use: No such file or \
directory; still on 'e1000e', nothing changed (use --force to proceed anyway)"
	expect_untouched
}
