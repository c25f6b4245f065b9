#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# guest: trixie
# A dry run tells what the real call then does; a unit and a configuration manager go by the results.

load ../guest

teardown()
{
	umount -q /mnt || :
	echo 0 >"$devices/$nvme/sriov_numvfs"
	rm -f /etc/modprobe.d/test.conf /run/systemd/system/needs-card.service
	systemctl daemon-reload
	all_native
}

# everything: what a dry run must not change.
everything()
{
	cut -d' ' -f1 /proc/modules | sort
	find /etc/driverctl.d /run/driverctl -printf '%p %T@ %s\n' 2>/dev/null | sort
	find "$devices"/*/ -maxdepth 1 -name driver -printf '%p -> %l\n'
	grep -H . "$devices"/*/driver_override
}

# without_built_in RESULTS: prints them without a driver that is built into this kernel. A dry run cannot
# know which devices such a driver is for.
without_built_in() { echo "${1//\"driver\":\"virtio-pci\"/\"driver\":null}"; }

# plan SITUATION ARGUMENT...: the dry run and then the real call have the same results, exit code and
# words. The dry run has changed nothing, and has called nothing that writes.
plan()
{
	local before plan said code

	echo "# $1: driverctl ${*:2}"
	before=$(everything)
	capture driverctl --json --dry-run "${@:2}"
	is "$(everything)" "$before"
	plan=$output said=$stderr code=$status
	fault list any 0 "$BATS_TEST_TMPDIR/calls" driverctl --json --dry-run "${@:2}" >/dev/null 2>&1 || :
	run ! grep -E '^(write|writev|mkdirat|unlinkat|renameat|ftruncate|flock|fsync) ' "$BATS_TEST_TMPDIR/calls"
	capture driverctl --json "${@:2}"
	is "$(without_built_in "$output")" "$(without_built_in "$plan")"
	is "$status" "$code"
	is "$stderr" "$said"
}

@test "twenty situations: the dry run has the plan and the exit code of the real call" {
	local vf
	at_rest
	modprobe -r vfio-pci
	plan "a module that is not loaded" set-override "$card2" --vfio-variant=generic
	driverctl unset-override "$card2"
	modprobe dctl_card_vfio
	plan "free" set-override "$card1" vfio-pci
	plan "as it should be" set-override "$card1" vfio-pci
	plan "saved and absent from nothing" load-override "$card1"
	plan "an override" unset-override "$card1"
	plan "no override" unset-override "$card1"
	plan "the name of a module" set-override "$card1" vfio_pci
	plan "another driver than before" set-override "$card1" none
	plan "not to be saved" --nosave set-override "$card1" vfio-pci
	plan "what is saved, after that" load-override "$card1"
	plan "every saved override" unset-override --all
	plan "a wrong driver name" set-override "$card1" nosuchdriver
	plan "an absent device" set-override 0000:77:00.0 vfio-pci
	plan "nothing saved" load-override "$card1"
	plan "a bridge" set-override "$(basename "$(dirname "$(realpath "$devices/$card1")")")" vfio-pci
	mkfs.ext4 -q -F /dev/vdb
	mount /dev/vdb /mnt
	plan "in use" set-override "$data_card" vfio-pci
	umount /mnt
	plan "one of a shared group" set-override "${group[0]}" vfio-pci
	plan "the whole group" --iommu-group set-override "${group[0]}" vfio-pci
	plan "the whole group back" --iommu-group unset-override "${group[0]}"
	echo "blacklist dctl_black_vfio" >/etc/modprobe.d/test.conf
	plan "a blacklisted variant" set-override --best-vfio "$card1"
	plan "the generic variant" set-override --vfio-variant=generic "$card1"
	echo 1 >"$devices/$nvme/sriov_numvfs"
	udevadm settle
	plan "a physical function with virtual functions" set-override "$nvme" vfio-pci
	vf=$(basename "$(realpath "$devices/$nvme/virtfn0")")
	plan "to be saved only" --save-only set-override "$vf" vfio-pci
	mkdir -p "$store/rules"
	printf '[match]\nname = %s\n[override]\ndriver = none\n' "$card2" >"$store/rules/10-test.rule"
	plan "a rule beside a saved override" load-override --all
}

@test "check in ExecStartPre= of a unit: it starts if the state is right, and is refused if not" {
	cat >/run/systemd/system/needs-card.service <<-EOF
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStartPre=/usr/sbin/driverctl check
		ExecStart=/bin/true
	EOF
	systemctl daemon-reload
	driverctl set-override "$card1" vfio-pci
	systemctl start needs-card.service
	systemctl is-active --quiet needs-card.service
	systemctl stop needs-card.service
	echo "$card1" >"$devices/$card1/driver/unbind"
	run ! systemctl start needs-card.service
	journalctl --sync
	has "$(journalctl -b -o cat -u needs-card.service)" "$card1: without a driver, not on 'vfio-pci'"
	systemctl reset-failed
}

# tasks OPTION CALL...: Ansible runs the example of the manual for each call, one after the other. Prints
# "changed" or "ok" for each.
tasks()
{
	local call

	printf '%s\n' "- hosts: localhost" "  gather_facts: false" "  tasks:" >"$BATS_TEST_TMPDIR/tasks.yml"
	for call in "${@:2}"; do
		sed -n '/^- name:/,/^\.Ed/ { /^\./d; s/set-override .*/'"$call"'/; s/^/    /p }' \
			"$BATS_TEST_DIRNAME/../../../driverctl/driverctl-json.5"
	done >>"$BATS_TEST_TMPDIR/tasks.yml"
	# shellcheck disable=SC2086 # no option, or one
	ansible-playbook -i localhost, -c local $1 "$BATS_TEST_TMPDIR/tasks.yml" >"$BATS_TEST_TMPDIR/log"
	sed -n 's/: \[localhost\]$//p' "$BATS_TEST_TMPDIR/log" | paste -sd ' '
}

@test "tasks of Ansible: changed, ok, changed, and the same in check mode" {
	local set="set-override $card1 vfio-pci" unset="unset-override $card1"

	is "$(tasks --check "$set" "$unset")" "changed ok"
	untouched "$card1" e1000e
	is "$(tasks "" "$set" "$set")" "changed ok"
	overridden "$card1" vfio-pci
	is "$(tasks --check "$set" "$unset")" "ok changed"
	overridden "$card1" vfio-pci
	is "$(tasks "" "$unset")" "changed"
	untouched "$card1" e1000e
}
