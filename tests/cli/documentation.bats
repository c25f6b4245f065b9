#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status and stderr are the helper's
#
# The help, the manuals, the completions and the schemas name the same commands, options, codes, files and
# keys, and each is described in one manual.

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

# manual [PAGE]: the source of one manual, or of all, without escapes.
manual() {
	local pages=("$ROOT"/driverctl/*.[578])
	[ $# = 0 ] || pages=("$ROOT/driverctl/$1")
	sed -E 's/\\-/-/g; s/\\&//g' "${pages[@]}"
}

# What a manual describes is an item of a list.

# items MACRO [PAGE]: what is described with this macro, a line for each time.
items() {
	manual "${@:2}" | sed -nE "s/^\.It $1 (.*)/\1/p" | sed 's/ , /\n/g' | cut -d' ' -f1
}

# section PAGE HEADING: the text below a heading, up to the next one of its kind.
section() {
	manual "$1" | awk -v heading="$2" '
		/^\.S[hs] / { on = substr($0, 5) == heading || on && kind == ".Sh" && /^\.Ss/; if (!on) kind = "" }
		on && kind == "" { kind = $1 }
		on'
}

# in_schema WHAT: every name that the expression of Python finds in an object x of the schema on standard
# input, once.
in_schema() {
	/usr/bin/python3 -c 'import json, sys
def walk(x):
    if isinstance(x, dict):
        for name in eval(sys.argv[1]):
            print(name)
        for value in x.values():
            walk(value)
    elif isinstance(x, list):
        for value in x:
            walk(value)
walk(json.load(sys.stdin))' "$1" | sort -u
}

# keys: every key of a schema.
keys() { in_schema 'x["properties"] if isinstance(x.get("properties"), dict) else ()'; }

# words: every word of an enum of a schema.
words() { in_schema 'filter(None, x.get("enum", ()))'; }

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

# --- commands, options, exit codes ---

@test "the manuals describe each command and each option once, and no others" {
	diff <(help_options) <(manual | sed -n 's/^\.It Fl //p' | grep -oE '(^| )-[a-z][a-z-]*' |
		sed 's/^ *-/--/' | sort)
	diff <(help_commands) <(items Cm | grep -xE "$COMMAND" | sort)
}

@test "the manuals mention no other option" {
	diff <(manual | grep -oE '\bFl -[a-z][a-z-]*|^\.Fl -[a-z-]*' | sed 's/.*Fl -/--/' | sort -u |
		comm -13 <(help_options) -) /dev/null
	diff <(manual | grep -E '^([#$] |\.Dl )driverctl ' | options_in | comm -13 <(help_options) -) /dev/null
}

@test "the manuals describe each short option once" {
	diff <(grep -oE '^ +-[a-zA-Z]' "$BATS_FILE_TMPDIR/help" | grep -oE -- '[a-zA-Z]$' | sort) \
		<(manual | sed -n 's/^\.It Fl \([a-zA-Z]\) .*/\1/p' | sort)
}

@test "the manuals describe each exit code once" {
	diff <(sed -n '/^Exit status:/,$p' "$BATS_FILE_TMPDIR/help" | grep -o '[0-9]') \
		<(manual | sed -n 's/^\.It \([0-9]\)$/\1/p')
	[ "$(section driverctl.8 'EXIT STATUS' | grep -c '^\.It [0-9]$')" = 9 ]
}

@test "the manual names each class" {
	local word
	while read -r word; do
		echo "# $word"
		section driverctl.8 Inspecting | grep -qw -- "$word"
	done < <(sed -n '/^CLASS:/,/^$/p' "$BATS_FILE_TMPDIR/help" | tr -s ' \n' '\n' | grep '^[a-z]')
}

# --- files, keys, variables ---

@test "the manuals describe each installed file and each file of the state once" {
	local dest=$BATS_TEST_TMPDIR/dest
	# The make that runs the tests must not reach into this one.
	unset MAKEFLAGS MFLAGS MAKELEVEL PREFIX SANITIZE
	make --silent -C "$ROOT" install DESTDIR="$dest" UDEVDIR=/usr/lib/udev \
		UNITDIR=/usr/lib/systemd/system DRACUTDIR=/usr/lib/dracut/modules.d >&2
	diff - <(items Pa | sort) < <({
		cd "$dest" && find usr/lib usr/share/{driverctl,initramfs-tools} ! -type d ! -path '*.wants*' \
			-printf '/%p\n'
		cat <<-EOF
			/etc/driverctl.conf
			/etc/driverctl.d/BUS-NAME
			/etc/driverctl.d/excluded
			/etc/driverctl.d/image
			/etc/driverctl.d/policy/BUS-NAME.ini
			/etc/driverctl.d/rules/NAME.rule
			/run/driverctl/BUS-NAME.lock
			/run/driverctl/image
			/run/driverctl/journal/BUS-NAME
			/run/driverctl/libvirt/qemu-DOMAIN/NAME
			/run/driverctl/rules
		EOF
	} | sort)
}

@test "the manuals describe each environment variable once" {
	diff <(cat "$ROOT"/driverctl/*.c | grep -oE 'getenv\("[A-Z_]+' | cut -d'"' -f2 | sort -u) <(items Ev | sort)
}

@test "the manuals describe each key of the configuration, of a rule and of a policy once" {
	diff <(sed -nE 's/^\t\{ "[a-z]+", "([a-z]+)", .*/\1/p' "$ROOT/lib/store/config.c" | sort) \
		<(items Ic driverctl.conf.5 | sort)
	diff <(sed -nE 's/^\t\[RULE_[A-Z_]+\] = \{ "([a-z-]+)".*/\1/p; s/.*streq\(key, "([a-z]+)"\).*/\1/p' \
		"$ROOT/lib/store/rule.c" | sort -u) <(items Ic driverctl.rule.5 | sort)
	diff <(sed -nE 's/^\t\{ "([a-z]+)", FIELD.*/\1/p' "$ROOT/lib/store/policy.c" | sort -u) \
		<(items Ic driverctl.d.5 | sort)
	diff <(manual driverctl.conf.5 | sed -nE 's/^\.Ss \[(.*)\]/\1/p' | sort) \
		<(sed -nE 's/^\t\{ "([a-z]+)", "[a-z]+", .*/\1/p' "$ROOT/lib/store/config.c" | sort -u)
}

# --- JSON ---

@test "one manual describes each key and each word of the JSON, and no others" {
	local schema headings heading key page=$BATS_TEST_TMPDIR/page
	while read -r schema headings; do
		section driverctl-json.5 "KEYS OF SEVERAL OUTPUTS" >"$page"
		for heading in $headings; do
			section driverctl-json.5 "$heading" >>"$page"
		done
		# driverctl.rule(5) has the keys of a rule.
		while read -r key; do
			echo "# $schema: $key"
			grep -E '^\.(It )?Ic ' "$page" | grep -qE "[ ]$key( |\$)" ||
				items Ic driverctl.rule.5 | grep -qx -- "$key"
		done < <(keys <"$ROOT/driverctl/schemas/$schema.schema.json")
	done <<-EOF
		best-vfio BEST-VFIO
		check CHECK
		list-groups list-groups
		list-rules list-rules
		lists LISTS
		results RESULTS
		show SHOW BEST-VFIO
	EOF
	for schema in "$ROOT"/driverctl/schemas/*; do keys <"$schema"; done >"$page"
	manual driverctl-json.5 | sed -nE 's/^\.(It )?Ic //p' | tr -s ' ,.;:' '\n' | grep '[a-z]' | sort -u |
		while read -r key; do
			echo "# $key"
			grep -qx "$key" "$page"
		done
	for schema in "$ROOT"/driverctl/schemas/*; do words <"$schema"; done | sort -u | while read -r key; do
		echo "# $key"
		manual driverctl-json.5 | grep -qE "^\.(It )?Cm (.* )?$key( |\$)"
	done
}

@test "one manual describes each code of a reason, and no others" {
	diff <(cd "$ROOT/driverctl" && cat message.c apply.c report.c result.c |
		grep -oE '(EXIT_[A-Z_]+,|reason(_json)?\(|reason = .*[?:]) *"[a-z]+(-[a-z]+)*"|\? "[a-z-]+" : "[a-z]+-[a-z]+";' |
		grep -oE '"[a-z-]+"' | tr -d '"' | sort -u) \
		<(section driverctl-json.5 'Codes of a reason' | sed -n 's/^\.It Cm //p' | sort)
}

# --- the rest ---

@test "every cross reference is to a manual, or to a heading of the same one" {
	local page name number heading
	for page in "$ROOT"/driverctl/*.[578]; do
		echo "# $page"
		while read -r name number; do
			echo "# $name.$number"
			[ -e "$ROOT/driverctl/$name.$number" ]
		done < <(sed -n 's/.*Xr \(driverctl[^ ]*\) \([0-9]\).*/\1 \2/p' "$page")
		while read -r heading; do
			echo "# $heading"
			grep -qx "\.S[hs] $heading" "$page"
		done < <(sed -nE 's/^\.Sx (.*[^ ,.;:]) ?[,.;:]?$/\1/p' "$page")
	done
	# All of them can be found from driverctl(8), and name it.
	diff <(cd "$ROOT/driverctl" && printf '%s\n' *.[57] | sort) \
		<(section driverctl.8 'SEE ALSO' | sed -nE 's/^\.Xr (driverctl[^ ]*) ([0-9]).*/\1.\2/p' | sort)
	diff <(cd "$ROOT/driverctl" && grep -lE '^\.Xr driverctl 8' ./*.[57]) <(cd "$ROOT/driverctl" && ls ./*.[57])
	# A unit, a message and a comment name manuals that exist.
	while read -r name number; do
		echo "# $name($number)"
		[ -e "$ROOT/driverctl/$name.$number" ]
	done < <(cd "$ROOT" && grep -rohE '\bdriverctl[a-z.-]*\([578]\)' README.md HACKING.md NEWS driverctl lib udev \
		systemd initramfs libvirt completions packaging tests --include=* -I | grep -v '^driverctl\.$' |
		tr '()' '  ' | sort -u)
}

@test "the manual of VFIO names each source, reason and generic driver" {
	local word
	while read -r word; do
		echo "# $word"
		manual driverctl-vfio.7 | grep -qwF -- "$word"
	done < <(sed -n '/generics\[\] = {/,/};/s/.*{ "\([^"]*\)", "\([^"]*\)", .*/\1 Ta \2/p' "$ROOT/lib/vfio/variant.c")
	for word in vfio_ fnmatch choose best-vfio fallback deny sriov_drivers_autoprobe intel_iommu=on amd_iommu; do
		manual driverctl-vfio.7 | grep -qw -- "$word"
	done
}

@test "the manual names every note of list-persisted" {
	local note
	for note in "(not present)" "(set for another device)" "(not applied: on DRIVER)" \
		"(not applied: no driver bound)" "(best-vfio: MODULE)"; do
		echo "# $note"
		manual driverctl.8 | grep -qF -- "$note"
	done
}

@test "the manual of the boot tells the way back and how to rebuild the initramfs" {
	local word
	for word in driverctl=off driverctl.override= "update-initramfs -u" "dracut --force" "mkinitcpio -P" \
		"systemctl --failed"; do
		echo "# $word"
		manual driverctl-boot.7 | grep -qF -- "$word"
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
