#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The rpm, by Debian's rpm: built, checked, installed and erased.

load roots

setup_file() {
	load roots
	archive >&2
}

@test "the rpm is built without a warning, and with its tests" {
	in_root rpm-trixie <<-EOF
		mkdir -p /build/SOURCES
		cp /out/driverctl-$VERSION.tar.gz /build/SOURCES
		# What it needs are Debian's packages, of which rpm does not know.
		rpmbuild -ba --nodeps --define '_topdir /build' --define 'debug_package %{nil}' \
			/source/packaging/rpm/driverctl.spec \\
			>/out/rpm.log 2>&1 || { tail -n 40 /out/rpm.log; exit 1; }
		rm -rf /out/rpm
		mkdir /out/rpm
		find /build/RPMS /build/SRPMS -name '*.rpm' -exec cp {} /out/rpm \\;
	EOF
	run ! grep -iE '(warning:|error:)' "$OUT/rpm.log"
	say "$(grep ' passed, ' "$OUT/rpm.log")"
}

@test "rpmlint reports no error" {
	in_root rpm-trixie <<-EOF
		rpmlint -r /source/packaging/rpm/driverctl.rpmlintrc /source/packaging/rpm/driverctl.spec \
			/out/rpm/driverctl-*.rpm
	EOF
}

# install_and_erase HOSTONLY CONTENTS: dracut's setting, and whether the image is with or without the store
install_and_erase() {
	in_root rpm-trixie <<-EOF
		echo 'hostonly="$1" compress="cat"' >/etc/dracut.conf.d/test.conf
		kernel=\$(basename /lib/modules/*)
		image=/boot/initrd.img-\$kernel
		mkdir -p /etc/driverctl.d
		echo none >/etc/driverctl.d/pci-0000:02:00.0
		rpm -i --nodeps /out/rpm/driverctl-$VERSION-1*.$(uname -m).rpm
		rpm -V --nodeps driverctl
		# The other names of dracut's image, on other distributions
		[ -e "\$image" ] || image=/boot/initramfs-\$kernel.img
		lsinitrd "\$image" >/with.list
		grep usr/sbin/driverctl /with.list
		lsinitrd -f etc/driverctl.d/pci-0000:02:00.0 "\$image" | grep -x none
		rpm -U --force --nodeps /out/rpm/driverctl-$VERSION-1*.$(uname -m).rpm
		rpm -e driverctl
		lsinitrd "\$image" >/without.list
		grep -c . /without.list
		! grep driverctl /without.list
		[ "\$(cat /etc/driverctl.d/pci-0000:02:00.0)" = none ]
		[ -z "\$(find /usr -xdev -name '*driverctl*')" ]
	EOF
}

@test "installed, upgraded and erased: the initramfs is made anew each time, dracut hostonly" {
	install_and_erase yes
}

@test "installed, upgraded and erased: the initramfs is made anew each time, dracut generic" {
	install_and_erase no
}
