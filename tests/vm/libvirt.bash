# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the tests use the variables; some are the guest helper's
# Helpers of the tests with libvirt, besides guest.bash. The domains are paused and tiny, because QEMU
# emulates a processor on an emulated processor.

hook=/etc/libvirt/hooks/qemu.d/driverctl
domains=/run/libvirt/qemu

# Before 9.7 libvirt knows no variants.
variants_known() { [[ $(libvirtd --version) != *" "9.[0-6].* ]]; }

# choice DRIVER: prints it, or the generic driver if libvirt knows no other.
choice() { if variants_known; then echo "$1"; else echo vfio-pci; fi; }

# libvirt_start: enables the hook and starts libvirtd, once in a boot.
libvirt_start()
{
	[ ! -e "$hook" ] || return 0
	install -D /usr/share/driverctl/libvirt-hook "$hook"
	"$BATS_TEST_DIRNAME/../guest/start-libvirt"
}

# libvirt_cleanup: no domain runs, and nothing is on another driver.
libvirt_cleanup()
{
	local name

	# The daemon has a pid file in the same directory.
	for name in one two; do
		[ ! -e "$domains/$name.pid" ] || virsh --quiet destroy "$name"
	done
	rm -rf /etc/driverctl.conf /run/driverctl/libvirt
	all_native
}

# address DEV: prints the XML element that names the device.
address()
{
	local part

	IFS=:. read -ra part <<<"$1"
	printf "<source><address type='pci' domain='0x%s' bus='0x%s' slot='0x%s' function='0x%s'/></source>" \
		"${part[@]}"
}

# hostdev DEV [MODEL]
hostdev()
{
	local model=''

	[ -z "${2:-}" ] || model="<driver name='vfio' model='$2'/>"
	echo "<hostdev mode='subsystem' type='pci' managed='no'>$model$(address "$1")</hostdev>"
}

# domain NAME DEVICE...: prints the XML of a domain.
domain()
{
	printf '%s\n' "<domain type='qemu'><name>$1</name><memory unit='MiB'>16</memory>" \
		"<os><type arch='x86_64' machine='q35'>hvm</type></os>" \
		"<devices><memballoon model='none'/>" "${@:2}" "</devices></domain>"
}

# create NAME DEVICE...: creates a paused domain, named one or two; `capture` runs virsh.
create()
{
	domain "$@" >"$BATS_TEST_TMPDIR/$1.xml"
	capture virsh --quiet create --paused "$BATS_TEST_TMPDIR/$1.xml"
}

# created NAME DEVICE...
created()
{
	create "$@"
	is "$status $stderr" "0 "
	pid=$(<"$domains/$1.pid")
	is "$(virsh domstate "$1" | head -n 1)" paused
}

# not_created TEXT NAME DEVICE...: virsh says TEXT, and nothing is left of the domain.
not_created()
{
	create "${@:2}"
	is "$status" 1
	has "$stderr" "$1"
	[ ! -e "$domains/$2.pid" ]
	[ ! -e "/run/driverctl/libvirt/qemu-$2" ]
}

# destroyed NAME: destroys the domain; the hook has no record of it any more.
destroyed()
{
	virsh --quiet destroy "$1"
	[ ! -e "/run/driverctl/libvirt/qemu-$1" ]
}

# has_open DEV: QEMU of the last domain has the IOMMU group of the device open. It has its own /dev.
has_open()
{
	local node

	node=$(stat -c %t:%T "/dev/vfio/$(group_of "$1")")
	stat -L -c %t:%T "/proc/$pid/fd"/* 2>/dev/null | grep -qx "$node" || {
		echo "QEMU does not have the group of $1 open" >&2
		return 1
	}
}

# bound DEV DRIVER: with an override that is not saved.
bound() { is "$1 $(state "$1")" "$1 $2 $2 (none)"; }
