#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status and stderr are the helper's
#
# The help, the manual page and the completions name the same commands and options.

load ../helpers/tree
load ../helpers/completion

setup_file() {
	load ../helpers/tree
	"$DRIVERCTL" --help >"$BATS_FILE_TMPDIR/help"
}

COMMAND='best-vfio|check|export-store|help|show|(set|unset|load)-override|(set|unset)-rule|list-[a-z]+'

options_in() {
	grep -oE -- '(^|[^-a-z])--[a-z][-a-z]*' | grep -oE -- '--[a-z-]+' | sort -u
}

commands_in() {
	grep -oE -- "(^|[^-a-z])($COMMAND)" | grep -oE -- "$COMMAND" | sort -u
}

help_options() {
	options_in <"$BATS_FILE_TMPDIR/help"
}

help_commands() {
	commands_in <"$BATS_FILE_TMPDIR/help"
}

# The manual page as text, its dashes made plain.
manual() {
	sed -E 's/\\-/-/g; s/\\f.//g; s/\\&//g' "$ROOT/driverctl/$1"
}

# Options are marked up as `Fl -name`; other programs have theirs.
manual_options() {
	manual driverctl.8 | grep -vE '(dracut|systemctl|update-initramfs|rpm-ostree) .*-|^\.Ql --(no-hostonly|sysroot)$' |
		sed -E 's/\bFl -([a-z])/--\1/g' | options_in
}

@test "the help names all commands and options" {
	diff <(help_commands) - <<-EOF
		best-vfio
		check
		export-store
		help
		list-devices
		list-groups
		list-overrides
		list-persisted
		list-rules
		load-override
		set-override
		set-rule
		show
		unset-override
		unset-rule
	EOF
	diff <(help_options) - <<-EOF
		--all
		--best-vfio
		--bus
		--color
		--debug
		--dry-run
		--early
		--force
		--help
		--iommu-group
		--json
		--match
		--noprobe
		--nosave
		--save-only
		--timeout
		--verbose
		--version
		--vfio-variant
	EOF
}

@test "every option in the help exists" {
	local option command
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 driver=vfio-pci override=vfio-pci
	iommu_group 1 0000:01:00.0
	while read -r option; do
		command=list-devices
		case $option in
		--bus) option+=" pci" ;;
		--timeout) option+=" 5" ;;
		--best-vfio) command="set-override 0000:01:00.0" ;;
		--vfio-variant) option+=" auto" command="best-vfio 0000:01:00.0" ;;
		--color) option+=" never" ;;
		--json) command="best-vfio 0000:01:00.0" ;;
		--match) option+=" name=*" command="set-rule x none" ;;
		--all) command=load-override ;;
		--early) command="load-override --all" ;;
		--iommu-group | --force | --dry-run | --save-only) command="set-override 0000:01:00.0 vfio-pci" ;;
		esac
		# shellcheck disable=SC2086 # words
		run_driverctl $option $command
		[ "$status" = 0 ]
	done < <(help_options)
}

@test "every command in the help exists" {
	local command
	while read -r command; do
		run_driverctl "$command"
		[[ $stderr != *"unknown command"* ]]
	done < <(help_commands)
}

@test "the manual page names them, and no others" {
	diff <(help_options) <(manual_options)
	diff <(help_commands) <(manual driverctl.8 | commands_in)
}

@test "the manual page names every short option" {
	local option
	while read -r option; do
		echo "# $option"
		manual driverctl.8 | grep -qE -- "Fl ${option#-}\b"
	done < <(grep -oE '^ +-[a-z]' "$BATS_FILE_TMPDIR/help" | grep -oE -- '-[a-z]')
}

@test "the manual page names every class, exit code and file" {
	local word
	for word in all storage network display multimedia memory bridge communication system input \
		docking processor serial wireless encryption signal accelerator /etc/driverctl.d /etc/driverctl.conf SUBSYSTEM DEVPATH; do
		echo "# $word"
		manual driverctl.8 | grep -qw -- "$word"
	done
	for word in 0 1 2 3 4 5 6 7 8; do
		echo "# exit $word"
		manual driverctl.8 | sed -n '/^\.S[hH] "\?EXIT/,/^\.S[hH] "\?[^E]/p' | grep -qw "$word"
	done
}

@test "the manual page names every field of the JSON, source, reason and plain driver" {
	local word
	while read -r word; do
		echo "# $word"
		manual driverctl.8 | grep -qwF -- "$word"
	done < <(grep -oE '"[a-z.]+":' "$ROOT/tests/fixtures/best-vfio.json" | tr -d '":' | sort -u
		grep -ohE '\[VARIANT_[A-Z_]+\] = "[^"]+"' "$ROOT/lib/vfio/variant.c" | cut -d'"' -f2
		sed -n '/generics\[\] = {/,/};/s/.*{ "\([^"]*\)", "\([^"]*\)", .*/\1 Ta \2/p' "$ROOT/lib/vfio/variant.c")
	for word in vfio_ fnmatch choose best-vfio fallback deny; do
		manual driverctl.8 | grep -qw -- "$word"
	done
}

@test "the manual page names every file that is installed beside the program" {
	local file dest=$BATS_TEST_TMPDIR/dest
	# The make that runs the tests must not reach into this one.
	unset MAKEFLAGS MFLAGS MAKELEVEL PREFIX SANITIZE
	make --silent -C "$ROOT" install DESTDIR="$dest" UDEVDIR=/usr/lib/udev \
		UNITDIR=/usr/lib/systemd/system DRACUTDIR=/usr/lib/dracut/modules.d >&2
	while read -r file; do
		echo "# $file"
		manual driverctl.8 | grep -qF -- "$file"
	done < <(cd "$dest" && find usr/lib usr/share/{driverctl,initramfs-tools} ! -type d ! -path '*.wants*' \
		-printf '/%p\n')
}

@test "the manual page names every note of list-persisted" {
	local note
	for note in "(not present)" "(set for another device)" "(not applied: on DRIVER)" \
		"(not applied: no driver bound)" "(best-vfio: MODULE)"; do
		echo "# $note"
		manual driverctl.8 | grep -qF -- "$note"
	done
}

@test "the manual page tells the way back and how to make the initramfs anew" {
	local word
	for word in driverctl=off "update-initramfs -u" "dracut --force" sriov_drivers_autoprobe \
		"systemctl --failed"; do
		echo "# $word"
		manual driverctl.8 | grep -qF -- "$word"
	done
}

@test "the configuration's manual page names every key" {
	local word
	for word in vfio safety libvirt deny fallback identity timeout group refuse take; do
		manual driverctl.conf.5 | grep -qw -- "$word"
	done
}

# printed_options [COMMAND]: the options with their letters that a help prints.
printed_options() {
	"$DRIVERCTL" help "$@" | sed -n '/^Options:/,$p' | grep -oE -- '(^ +|, |\(or )--?[a-zA-Z][a-z-]*' |
		grep -oE -- '-.*'
}

@test "bash, zsh and fish complete the commands, options and classes of the help, and no others" {
	local commands options classes
	mapfile -t commands < <(help_commands)
	mapfile -t options < <(printed_options)
	mapfile -t classes < <(sed -n '/^CLASS:/,/^$/p' "$BATS_FILE_TMPDIR/help" | tr -s ' \n' '\n' | grep '^[a-z]')
	[ "${#options[@]}" -gt 20 ]
	[[ " ${classes[*]} " == *" all storage "*" accelerator gpu "*" usb " ]]
	each_offers "driverctl " "${commands[@]}"
	each_offers "driverctl -v help " "${commands[@]}"
	each_offers "driverctl -" "${options[@]}"
	each_offers "driverctl list-devices " "${classes[@]}"
	each_offers "driverctl list-groups " "${classes[@]}"
	each_offers "driverctl list-devices all "
}

@test "bash, zsh and fish complete the options of each command, and no others" {
	local command options
	while read -r command; do
		mapfile -t options < <(printed_options "$command")
		[ "${#options[@]}" -gt 8 ]
		each_offers "driverctl $command -" "${options[@]}"
	done < <(help_commands)
}
