# shellcheck shell=bash
# shellcheck disable=SC2034 # the tests use the variables
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The minimal roots in which packages are built, installed, upgraded and removed. A root is made once, in
# $BUILD/packages/NAME, and each use has a layer of its own in memory over it. Inside there is no network,
# and no device of the host; /out is $BUILD/packages/out, and /source is this tree.

bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
BUILD=$(realpath -m "${BUILD:-$ROOT/build}")
ROOTS=$BUILD/packages
OUT=$ROOTS/out
# The make that runs the tests must not reach into those inside.
unset MAKEFLAGS MFLAGS MAKELEVEL DRIVERCTL VFIO_NAME SANITIZE CFLAGS CPPFLAGS LDFLAGS
VERSION=$(sed -n 's/^VERSION := //p' "$ROOT/Makefile")
export BUILD

libraries="libinih-dev libjson-c-dev libkmod-dev libmnl-dev libudev-dev"
boot="systemd systemd-sysv udev kmod linux-image-amd64 libinih1 libjson-c5 libkmod2 libmnl0 libudev1"

# The architectures that are built for besides that of Debian's amd64, and the prefixes of their compilers.
foreign="arm64 i386 s390x"
declare -gA triplets=([arm64]=aarch64-linux-gnu [i386]=i686-linux-gnu [s390x]=s390x-linux-gnu)

# packages_of NAME: what the root NAME has besides Debian's essential packages. A name ends with the suite.
packages_of() {
	local arch library
	case $1 in
	cross-*)
		echo bats clang e2fsprogs gcc lld llvm make musl-tools pkgconf "$libraries"
		for arch in $foreign; do
			echo "gcc-${triplets[$arch]} libc6-dev-$arch-cross"
		done
		# Programs of this architecture are run, too.
		for library in $libraries; do echo "$library:i386"; done
		;;
	build-*) echo build-essential bats debhelper fakeroot git lintian pkgconf python3 xz-utils "$libraries" ;;
	rpm-*) echo gcc libc6-dev make pkgconf bats rpm rpmlint "$libraries" "$boot" dracut ;;
	test-*)
		echo autopkgtest bats build-essential debhelper pkgconf "$libraries" libinih1 libjson-c5 libkmod2 libmnl0 udev
		# What the tests themselves need.
		sed -n '/^Tests: cli/,/^Restrictions/s/^ \([a-z0-9-]*\),$/\1/p' "$ROOT/packaging/debian/tests/control"
		;;
	boot-*) echo "$boot" initramfs-tools zsh ;;
	openrc-*) echo openrc udev ;;
	dracut-*) echo "$boot" dracut zsh ;;
	esac
}

# for_each_foreign PACKAGE...: each for each architecture of which no program is run.
for_each_foreign() {
	local arch package
	for arch in $foreign; do
		[ "$arch" = i386 ] || for package; do echo "$package:$arch"; done
	done | paste -sd' '
}

# mirror: the archive that this machine gets its own main packages from.
mirror() {
	# shellcheck disable=SC2016 # apt fills it in
	apt-get indextargets --no-release-info --format '$(SITE)' "Identifier: Packages" "Component: main" \
		"Release: $(. /etc/os-release && echo "$VERSION_CODENAME")" | sort -u | head -n 1
}

# make_root NAME
make_root() {
	local suite=${1##*-} stamp sources=()
	local options=(--variant=minbase "--include=$(packages_of "$1" | tr -s ' \n' ,)")

	[ "$(id -u)" = 0 ]
	if [[ $1 == cross-* ]]; then
		options+=("--architectures=amd64,${foreign// /,}")
		# Not every mirror keeps the updates of every architecture.
		sources=("deb $(mirror) $suite main")
		# To link, the libraries need only be there; a mirror may not have all that they depend on.
		# shellcheck disable=SC2016 # the hook's own shell
		options+=(--customize-hook='chroot "$1" sh -ec "cd /tmp; apt-get -qq download $FOREIGN
			for deb in ./*.deb; do dpkg -x \$deb /; rm \$deb; done"')
		FOREIGN=$(for_each_foreign libinih-dev libinih1 libjson-c-dev libjson-c5 libkmod-dev libmnl-dev libmnl0 \
			libudev-dev libudev1 libcap2)
		export FOREIGN
	fi
	# The drivers that no test needs, which would make an initramfs large; the shell driverctl as a file.
	case $1 in
	boot-* | dracut-* | rpm-*)
		# shellcheck disable=SC2016 # the hook's own shell
		options+=(--dpkgopt='path-exclude=/usr/lib/modules/*/kernel/[dsn]*/*'
			--dpkgopt='path-exclude=/lib/modules/*/kernel/[dsn]*/*'
			--customize-hook='chroot "$1" sh -ec "cd /opt; apt-get -qq download driverctl"')
		;;
	esac
	stamp=$(echo "$suite ${options[*]}" | sha256sum)
	[ "$(cat "$ROOTS/$1.stamp" 2>/dev/null)" != "$stamp" ] || return 0
	rm -rf "${ROOTS:?}/$1" "$ROOTS/$1.stamp"
	mkdir -p "$ROOTS/$1" "$OUT"
	mmdebstrap --quiet --format=tar "${options[@]}" "$suite" "$ROOTS/$1.tar" \
		"${sources[@]}" >"$ROOTS/$1.log" 2>&1 ||
		{ tail -n 20 "$ROOTS/$1.log" >&2 && return 1; }
	tar -C "$ROOTS/$1" -xf "$ROOTS/$1.tar" --exclude='./dev/*'
	rm "$ROOTS/$1.tar"
	echo "$stamp" >"$ROOTS/$1.stamp"
}

# in_root NAME [COMMAND...]: a command in a root; without one, the commands on standard input.
in_root() {
	local name=$1

	make_root "$name" || return
	if [ $# -gt 1 ]; then
		"$ROOT/tests/packages/enter" "$ROOTS/$name" "$OUT" "${@:2}"
	else
		cat >"$BATS_TEST_TMPDIR/commands"
		"$ROOT/tests/packages/enter" "$ROOTS/$name" "$OUT" bash -euxc "$(<"$BATS_TEST_TMPDIR/commands")"
	fi
}

# say TEXT...: into the output, also if the test passes.
say() {
	echo "# $*" >&3
}

# archive: the source archive of the commit that is checked out, in /out.
archive() {
	mkdir -p "$OUT"
	BUILD=$OUT "$ROOT/packaging/build" dist
}
