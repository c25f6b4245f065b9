#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status and output are the helper's
#
# The examples of README and of the manuals, on devices like those that they show. An example is a line that
# begins with "# driverctl" or "$ driverctl". The last tests check that none is missing here.

load ../helpers/tree
load ../helpers/json

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	no_names
	module_driver vfio_pci pci vfio-pci
	module_driver mlx5_vfio_pci pci mlx5_vfio_pci
	pci_device 0000:00:01.0 class=0x060400 driver=pcieport
	pci_device 0000:01:00.0 below=0000:00:01.0 class=0x030000 vendor=0x10de device=0x2204 driver=nouveau
	pci_device 0000:01:00.1 below=0000:00:01.0 class=0x040300 vendor=0x10de device=0x1aef \
		driver=snd_hda_intel
	iommu_group 14 0000:00:01.0 0000:01:00.0 0000:01:00.1
	pci_device 0000:02:00.0 driver=e1000e model='82574L Gigabit Network Connection'
	iommu_group 15 0000:02:00.0
	net_interface enp2s0 pci 0000:02:00.0
	pci_device 0000:03:00.0 driver=mlx5_core vendor=0x15b3 device=0x101d model='MT2892 Family [ConnectX-6 Dx]'
	iommu_group 16 0000:03:00.0
	pci_device 0000:03:00.2 driver=mlx5_core vendor=0x15b3 device=0x101e \
		model='ConnectX Family mlx5Gen Virtual Function'
	iommu_group 17 0000:03:00.2
	modules
}

# The real aliases of VFIO variants, and those of the native drivers above.
modules() {
	local table
	table=$TREE/lib/modules/$(uname -r)/modules.alias
	cp "$ROOT/tests/fixtures/variants.alias" "$table"
	mkdir "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/native.conf" "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau" \
		"alias pci:v*d*sv*sd*bc04sc03i* snd_hda_intel" "alias pci:v000015B3d0000101E* mlx5_core"
}

# --- what the documents show ---

# document PAGE: the literal text of README.md or of a manual.
document() {
	if [ "$1" = README.md ]; then
		cat "$ROOT/README.md"
		return
	fi
	sed -n '/^\.Bd -literal/,/^\.Ed/ { s/^\.Bd.*//; s/^\.Ed.*//; s/\\&//g; s/\\-/-/g; s/\\e/\\/g; p }' \
		"$ROOT/driverctl/$1"
}

documents() {
	(cd "$ROOT/driverctl" && printf '%s\n' README.md *.[578])
}

# shown PAGE ARGUMENTS: what the page shows below this call of driverctl.
shown() {
	document "$1" | awk -v command="driverctl $2" '
		{ line = $0; sub(/^ +/, "", line) }
		found && (line ~ /^[#$] / || $0 == "") { exit }
		found { print substr($0, indent + 1) }
		line == "# " command || line == "$ " command { found = 1; match($0, /^ */); indent = RLENGTH }'
}

# as_shown PAGE ARGUMENT...: at a terminal, driverctl prints what the page shows.
as_shown() {
	local page=$1
	shift
	run_in_tree env NO_COLOR=1 script -qec "$DRIVERCTL $*" /dev/null
	output=${output//$'\r'/}
	diff <(shown "$page" "$*") - <<<"$output"
}

# dry PAGE ARGUMENT...: the page shows a change without its output. Here it is a dry run.
dry() {
	[ -z "$(shown "$1" "${*:2}")" ]
	run_driverctl --dry-run "${@:2}"
	[ "$status" = 0 ]
}

# --- each of them ---

@test "a GPU that shares its group: the groups, show, a dry run, all at the next boot, check" {
	as_shown README.md show 01:00.0
	as_shown README.md --dry-run --iommu-group set-override --best-vfio 01:00.0
	as_shown README.md list-groups gpu
	dry README.md --iommu-group set-override --best-vfio 01:00.0
	as_shown driverctl-vfio.7 list-groups gpu
	as_shown driverctl-vfio.7 show 01:00.0
	dry driverctl-vfio.7 --iommu-group set-override --best-vfio 01:00.0
	dry README.md --save-only --iommu-group set-override --best-vfio 01:00.0
	dry driverctl-vfio.7 --iommu-group unset-override 01:00.0
	# Nothing is saved yet, and that is in effect.
	silently run_driverctl check
	[ -z "$(shown README.md check)" ]
	[ -z "$(shown driverctl-vfio.7 check)" ]
	as_shown driverctl-vfio.7 --save-only --iommu-group set-override --best-vfio 01:00.0
}

@test "a virtual function with a VFIO driver of its own" {
	as_shown driverctl.8 show 03:00.2
	as_shown driverctl.8 --dry-run set-override --best-vfio 03:00.2
	dry driverctl.8 set-override --best-vfio 03:00.2
	dry driverctl.8 unset-override 03:00.2
	as_shown driverctl-vfio.7 best-vfio 03:00.2 01:00.0
}

@test "an interface, no driver, another bus, the network devices" {
	bus_device platform reg-dummy driver=reg-dummy
	module_driver vfio_platform platform vfio-platform
	dry driverctl.8 --nosave set-override enp2s0 vfio-pci
	dry driverctl.8 set-override 02:00.0 none
	dry driverctl.8 -b platform set-override reg-dummy vfio-platform
	as_shown driverctl.8 -v list-devices network
}

@test "saved, and not in effect" {
	run_driverctl --save-only set-override 01:00.0 vfio-pci
	as_shown driverctl.8 check
	[ "$status" = 1 ]
	as_shown driverctl-json.5 --json check
	[ "$status" = 1 ]
}

@test "the way back with driverctl=off" {
	pci_device 0000:05:00.0 class=0x010802 driver=nvme
	kernel_line quiet driverctl=off
	put "$STORE/pci-0000:02:00.0" vfio-pci
	put "$STORE/pci-0000:05:00.0" vfio-pci
	as_shown driverctl-boot.7 -v list-persisted
	dry driverctl-boot.7 unset-override 05:00.0
}

@test "a load without systemd, and of a file that something else has written" {
	dry driverctl-boot.7 load-override --all
	silently run_driverctl load-override --all --early
	[ -z "$(shown driverctl-boot.7 'load-override --all --early')" ]
	put "$STORE/pci-0000:01:00.0" vfio-pci
	dry driverctl.d.5 load-override 01:00.0
}

@test "the policy of an override" {
	run_driverctl --save-only set-override --best-vfio 01:00.0
	diff <(document driverctl.d.5 | sed '1,/^# cat /d; /^$/d') "$STORE/policy/pci-0000:01:00.0.ini"
}

@test "rules for virtual functions" {
	pci_device 0000:04:00.0 driver=ixgbe
	net_interface enp4s0f0 pci 0000:04:00.0
	dry README.md set-rule dpdk --match=vf-of=enp4s0f0 --match=vf=0-3 vfio-pci
	dry driverctl-vfio.7 set-rule dpdk --match=vf-of=enp4s0f0 --match=vf=0-3 vfio-pci
	run_driverctl set-rule dpdk --match=vf-of=enp4s0f0 --match=vf=0-3 vfio-pci
	as_shown README.md list-rules
	as_shown driverctl-vfio.7 list-rules
	dry README.md unset-rule dpdk
}

@test "a card with virtual functions is in use" {
	put "$(device_dir pci 0000:03:00.0)/sriov_numvfs" 2
	as_shown driverctl-safety.7 set-override 03:00.0 vfio-pci
	[ "$status" = 4 ]
}

@test "an error in the configuration" {
	put "$TREE/etc/driverctl.conf" "[vfio]" "fallback = no" "" "[safety]" "identity = maybe"
	as_shown driverctl.conf.5 show 01:00.0
	[ "$status" = 1 ]
}

@test "README's everyday commands" {
	local command
	put "$STORE/pci-0000:01:00.0" vfio-pci
	net_interface enp1s0 pci 0000:01:00.0
	while read -r command; do
		echo "# $command"
		case $command in
		*load-override* | *set-override*)
			[[ $command == help* ]] || command="--dry-run $command"
			;;
		esac
		# shellcheck disable=SC2086 # words
		run_driverctl $command
		[ "$status" = 0 ]
	done < <(sed -n '/^## Everyday/,/^## /s/^    driverctl \(.*[^ ]\)   .*/\1/p' "$ROOT/README.md" | sed 's/   .*//')
}

# is_run PAGE ARGUMENTS: whether a test above runs that.
is_run() {
	tr -d "\t'" <"$BATS_TEST_FILENAME" | sed 's/.*(\(shown [^)]*\)).*/\1/' |
		grep -qxF -e "as_shown $1 $2" -e "dry $1 $2" -e "shown $1 $2"
}

@test "every example is run here" {
	local page command missing=0
	while read -r page; do
		while read -r command; do
			is_run "$page" "$command" && continue
			echo "$page: $command"
			missing=1
		done < <(document "$page" | sed -n 's/^ *[#$] driverctl //p')
	done < <(documents)
	[ "$missing" = 0 ]
}

@test "README is short, and names every exit code" {
	[ "$(wc -l <"$ROOT/README.md")" -le 160 ]
	local code
	for code in 0 1 2 3 4 5 6 7 8; do
		grep -q "^| $code | " "$ROOT/README.md"
	done
}
