#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later

load ../helpers/tree
load ../helpers/completion

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	pci_device 0000:01:00.0 driver=e1000e model='Card "A": new, fast \ cheap'
	pci_device 0000:01:00.1 driver=vfio-pci override=vfio-pci
	bus_device platform reg-dummy driver=reg-dummy
	put "$STORE/pci-0000:02:00.0" none
}

# ranking MODULE: the table of modules, in which this one is the best VFIO driver of the devices.
ranking() {
	put "$TREE/lib/modules/$(uname -r)/modules.alias" \
		"alias vfio_pci:v00008086d000010D3sv*sd*bc*sc*i* $1" \
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"
}

# program_of LINE...: have the completions find a script with these lines instead of the program.
program_of() {
	PROGRAM_DIRECTORY=$TREE/program
	mkdir -p "$PROGRAM_DIRECTORY"
	put "$PROGRAM_DIRECTORY/driverctl" '#!/bin/sh' "$@"
	chmod +x "$PROGRAM_DIRECTORY/driverctl"
}

# another_help SCRIPT: have the completions find a program whose help this script of sed changes.
another_help() {
	program_of 'case "$*" in' "*help*) '$DRIVERCTL' \"\$@\" | sed '$1' ;;" \
		"*) exec '$DRIVERCTL' \"\$@\" ;;" 'esac'
}

@test "commands and options are those that begin with what is typed" {
	each_offers "driverctl list-d" list-devices
	each_offers "driverctl -v list-p" list-persisted
	each_offers "driverctl --timeout 5 --bus=platform list-p" list-persisted
	each_offers "driverctl --no" --noprobe --nosave
	each_offers "driverctl list-devices nosuch"
	each_offers "driverctl set-override nosuch"
	each_offers "driverctl list-persisted "
}

@test "a command and an option that are added to the help are completed" {
	another_help 's/^  unset-override .*/&\n  frob-bus        frob it/
		s/^Usage: .* export-store .*/Usage: driverctl [OPTION...] frob-bus DEVICE... DRIVER/
		s/^ *--timeout=.*/&\n      --frob=KEY=VALUE    frob this/'
	each_offers "driverctl fr" frob-bus
	each_offers "driverctl export-store --f" --frob
	each_offers "driverctl export-store --frob x reg"
	each_offers "driverctl --frob export-store set-o" set-override
	each_offers "driverctl -b platform export-store re" reg-dummy
	each_offers "driverctl export-store 01:00.0 no" none
}

@test "a command offers its own options" {
	each_offers "driverctl load-override --a" --all
	each_offers "driverctl -b pci load-override 01:00.0 --ear" --early
	each_offers "driverctl set-override --a"
	each_offers "driverctl set-override --ear"
	each_offers "driverctl list-persisted --f"
	each_offers "driverctl export-store --j"
}

@test "the devices are those that the command can change" {
	put "$STORE/pci-0000:01:00.0" e1000e
	each_offers "driverctl set-override 0000" 0000:01:00.0 0000:01:00.1
	each_offers "driverctl best-vfio " 0000:01:00.0 0000:01:00.1
	each_offers "driverctl show 0000:01:00.0 " 0000:01:00.0 0000:01:00.1
	each_offers "driverctl check " 0000:01:00.0 0000:01:00.1
	each_offers "driverctl load-override " 0000:01:00.0 0000:02:00.0
	each_offers "driverctl load-override --all "
	each_offers "driverctl unset-override " 0000:01:00.0 0000:01:00.1 0000:02:00.0
	each_offers "driverctl unset-override --all "
}

@test "the devices are those of the bus" {
	each_offers "driverctl -b platform set-override " reg-dummy
	each_offers "driverctl -bplatform set-override " reg-dummy
	each_offers "driverctl --bus platform show " reg-dummy
	each_offers "driverctl show --bus=platform r" reg-dummy
	each_offers "driverctl --bus=platform load-override "
	each_offers "driverctl -b ../.. set-override "
	each_offers "driverctl -b nosuch set-override x " none
	each_offers "driverctl -b platform --vfio-variant=" auto generic
	SUBSYSTEM=platform each_offers "driverctl show " reg-dummy
}

@test "bash: devices, if a colon ends a word" {
	candidates bash "driverctl set-override 0000:01:00" " :="
	expect 0 "00.0
00.1" ""
	completed bash "driverctl --bus=p" " :="
	expect 0 "pci
platform" ""
}

@test "rules" {
	local shell
	mkdir "$STORE/rules"
	put "$STORE/rules/dpdk.rule" "[match]" "name = 0000:01:00.0" "[override]" "driver = vfio-pci"
	put "$STORE/rules/gpu.rule" "[match]" "class = display" "[override]" "driver = none"
	mkdir -p "$TREE/usr/lib/driverctl.d/rules"
	cp "$STORE/rules/gpu.rule" "$TREE/usr/lib/driverctl.d/rules/shipped.rule"
	run_driverctl --json list-rules
	[[ $output == *0000:01:00.0*shipped* ]]
	each_offers "driverctl unset-rule " dpdk gpu
	each_offers "driverctl unset-rule dpdk "
	each_offers "driverctl set-rule g" gpu
	each_offers "driverctl set-rule gpu " e1000e vfio-pci none native
	each_offers "driverctl set-rule gpu none "
	each_offers "driverctl set-rule --best-vfio gpu "
	for shell in $SHELLS; do
		completed "$shell" "driverctl set-rule --match=vf"
		output=$(cut -f1 <<<"${output//--match=/}")
		expect 0 "vf-of=
vf=" ""
	done
	each_offers "driverctl set-rule --match vf=yes --match=id=80"
}

@test "the drivers that fit the device come first" {
	local shell
	mkdir "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/test.conf" "alias pci:v00008086d000010D3* e1000e" \
		"alias pci:v00008086* other_native"
	ranking e1000e_vfio_pci
	for shell in $SHELLS; do
		completed "$shell" "driverctl set-override 01:00.0 "
		output=$(cut -f1 <<<"$output" | head -n 7)
		expect 0 "e1000e
other_native
e1000e_vfio_pci
vfio_pci
vfio-pci
none
0000:01:00.0" ""
	done
	# Of the first device that is given.
	each_offers "driverctl set-override 01:00.0 01:00.1 e1000e_" e1000e_vfio_pci
	each_offers "driverctl set-override platform/reg-dummy e1000e_"
	each_offers "driverctl --best-vfio set-override 01:00.0 e1000e_"
	each_offers "driverctl set-override 01:00.0 --vfio-variant=auto e1000e_"
	each_offers "driverctl set-override --vfio-variant auto 01:00.0 e1000e_"
	each_offers "driverctl load-override 01:00.0 e1000e_"
}

@test "JSON may have other spaces and line breaks" {
	local script
	ranking e1000e_vfio_pci
	for script in 'tr -d " \n"' 'tr "\n" " "' 'sed "s/\":/& /; s/[{,]$/&\n\n/"'; do
		program_of 'case "$*" in' "*json*) '$DRIVERCTL' \"\$@\" | $script ;;" \
			"*) exec '$DRIVERCTL' \"\$@\" ;;" 'esac'
		each_offers "driverctl unset-override " 0000:01:00.1 0000:02:00.0
		each_offers "driverctl set-override 01:00.0 e" e1000e e1000e_vfio_pci
	done
}

@test "VFIO variants are those of the device, or of the bus" {
	each_offers "driverctl --vfio-variant=" auto generic vfio-pci
	each_offers "driverctl set-override --vfio-variant v" vfio-pci
	ranking e1000e_vfio_pci
	each_offers "driverctl set-override 01:00.0 --vfio-variant=" auto generic e1000e_vfio_pci vfio_pci
	each_offers "driverctl best-vfio 01:00.0 --vfio-variant e" e1000e_vfio_pci
	mkdir "$TREE/etc/modprobe.d"
	put "$TREE/etc/modprobe.d/test.conf" "blacklist e1000e_vfio_pci"
	each_offers "driverctl best-vfio 01:00.0 --vfio-variant=" auto generic vfio_pci
	module_driver vfio_pci pci vfio-pci
	each_offers "driverctl best-vfio 01:00.0 --vfio-variant=" auto generic vfio-pci
}

@test "buses, and nothing for a number" {
	each_offers "driverctl -b p" pci platform
	each_offers "driverctl --bus=p" pci platform
	each_offers "driverctl --timeout "
	each_offers "driverctl --timeout="
}

@test "the drivers contain no words of a message" {
	local device
	for device in platform/reg-dummy 99:00.0 nosuch; do
		each_offers "driverctl set-override $device " e1000e none vfio-pci 0000:01:00.0 0000:01:00.1
	done
}

@test "a completion ends while the kernel is working on devices, and offers the drivers" {
	local device shell started
	for device in 0000:01:00.0 0000:01:00.1; do
		hangs $device
	done
	for shell in $SHELLS; do
		started=$SECONDS
		candidates "$shell" "driverctl set-override 01:00.1 vf"
		expect 0 "vfio-pci" ""
		[ $((SECONDS - started)) -le 15 ]
	done
}

@test "zsh and fish describe devices, commands and options" {
	local shell
	for shell in zsh fish; do
		completed "$shell" "driverctl set-override 0000:01:00."
		expect 0 $'0000:01:00.0\te1000e Card "A": new, fast \\ cheap\n0000:01:00.1\tvfio-pci ' ""
		completed "$shell" "driverctl load-override "
		expect 0 $'0000:02:00.0\tnone' ""
		completed "$shell" "driverctl --iom"
		expect 0 $'--iommu-group\tall devices of the IOMMU group, or none' ""
		completed "$shell" "driverctl list-devices --nosa"
		expect 0 $'--nosave\tchange the device, not what is saved' ""
		completed "$shell" "driverctl list-d"
		expect 0 $'list-devices\tlist devices and their drivers; [*]: overridden' ""
	done
}

@test "export-store: directories are offered" {
	mkdir -p "$TREE/run/image" "$TREE/run/image two" "$TREE/run/other"
	put "$TREE/run/imagefile" text
	completed bash "driverctl export-store /run/ima"
	output=$(sort <<<"$output")
	expect 0 "/run/image
/run/image two" ""
	candidates fish "driverctl export-store /run/ima"
	expect 0 "/run/image two/
/run/image/" ""
	# zsh leaves the directory before out.
	candidates zsh "driverctl export-store /run/ot"
	expect 0 "other" ""
	each_offers "driverctl -v export-store /run/nosuch"
	each_offers "driverctl export-store /run/image /run/ima"
	each_offers "driverctl load-override /run/ima"
}

@test "if the program fails or is not there, nothing is offered and nothing is printed" {
	program_of 'echo "driverctl: no" >&2' 'exit 1'
	each_offers "driverctl "
	each_offers "driverctl -"
	each_offers "driverctl show "
	rm "$PROGRAM_DIRECTORY/driverctl"
	# The completions look there as well, where the test of a package has one.
	[ ! -e /usr/sbin/driverctl ] || return 0
	each_offers "driverctl "
	each_offers "driverctl -"
	each_offers "driverctl show "
}
