#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ranking of VFIO drivers, and set-override and load-override by it.

load ../helpers/tree
load ../helpers/json

GENERIC="alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"
MLX5="alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci"
HINT="(see driverctl --help)"

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	MODULES=$TREE/lib/modules/$(uname -r)
	mkdir "$TREE/etc/modprobe.d"
}

table() { put "$MODULES/modules.alias" "$@"; }
real_table() { cp "$ROOT/tests/fixtures/variants.alias" "$MODULES/modules.alias"; }
modprobe_d() { put "$TREE/etc/modprobe.d/test.conf" "$@"; }
config() { put "$TREE/etc/driverctl.conf" "$@"; }

# A function of a ConnectX card, which mlx5_vfio_pci is for, and another card.
mlx5() { pci_device "$1" vendor=0x15b3 device=0x101e "${@:2}"; }

# expect_best DEVICE MODULE
expect_best() {
	run_driverctl best-vfio "$1"
	expect 0 "$2" ""
}

# field NAME...: of the last run's first device: these fields of the JSON, one a line.
field() {
	local name
	for name; do
		sed -n "s/^    \"$name\":\(.*[^,]\),*\$/\1/p" <<<"$output"
	done
}

# ranked: of the last run's first device: module, wildcards and source, and why it is excluded.
ranked() {
	awk -F'"' '/^      {/ { m = w = s = r = "" }
		/^        "module"/ { m = $4 } /^        "wildcards"/ { w = $3; gsub(/[:,]/, "", w) }
		/^        "source"/ { s = $4 } /^          "text"/ { r = $4 }
		/^      }/ { print m, w, s (r == "" ? "" : " (" r ")") }
		/^  }/ { exit }' <<<"$output"
}

expect_ranked() {
	run_driverctl --json best-vfio "$1"
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	diff - <(ranked) >&2
}

# index FILE NAME...: a module index in kmod's binary form. The names differ in their first letter.
index() {
	local file=$1 name first=127 last=0 letter value nodes='' children='' size at
	local -A places=()
	for name in "${@:2}"; do
		printf -v letter %d "'$name"
		((letter < first)) && first=$letter
		((letter > last)) && last=$letter
	done
	size=$((12 + 2 + 4 * (last - first + 1)))
	for name in "${@:2}"; do
		printf -v letter %d "'$name"
		places[$letter]=$((size | 0xC0000000)) # a prefix and values
		value=kernel/$name.ko:
		nodes+="${name:1}\x00$(u32 1)$(u32 0)$value\x00"
		((size += ${#name} + 8 + ${#value} + 1))
	done
	for ((at = first; at <= last; at++)); do
		children+=$(u32 "${places[$at]:-0}")
	done
	# Magic, version, the root, which has children.
	printf '%b' "$(u32 0xB007F457)$(u32 0x00020001)$(u32 $((12 | 0x20000000)))$(
		printf '\\x%02x\\x%02x' "$first" "$last")$children$nodes" >"$MODULES/$file"
}

u32() {
	printf '\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255))
}

# --- the rule ---

@test "the variants of the kernel, each for its devices" {
	local ids module
	real_table
	while read -r ids module; do
		echo "# $ids $module"
		pci_device 0000:01:00.0 vendor="0x${ids%:*}" device="0x${ids#*:}"
		expect_best 0000:01:00.0 "$module"
	done <<-END
		15b3:101e mlx5_vfio_pci
		10de:2342 nvgrace_gpu_vfio_pci
		10de:2345 nvgrace_gpu_vfio_pci
		19e5:a256 hisi_acc_vfio_pci
		19e5:a259 hisi_acc_vfio_pci
		19e5:a251 hisi_acc_vfio_pci
		1dd8:1003 pds_vfio_pci
		8086:4941 qat_vfio_pci
		8086:4943 qat_vfio_pci
		8086:4945 qat_vfio_pci
		1af4:1041 virtio_vfio_pci
		8086:e20b xe_vfio_pci
		8086:1889 ice_vfio_pci
	END
}

@test "what no variant is for gets the generic driver" {
	local ids
	real_table
	for ids in 8086:10d3 15b3:1017 10de:2341 1b36:0010 101e:15b3; do
		echo "# $ids"
		pci_device 0000:01:00.0 vendor="0x${ids%:*}" device="0x${ids#*:}"
		expect_best 0000:01:00.0 vfio_pci
	done
}

@test "a variant for one class of devices" {
	real_table
	pci_device 0000:01:00.0 vendor=0x10de device=0x2bb5 class=0x030200
	expect_best 0000:01:00.0 nvgrace_gpu_vfio_pci
	pci_device 0000:01:00.0 vendor=0x10de device=0x2bb5 class=0x030000
	expect_best 0000:01:00.0 vfio_pci
	pci_device 0000:01:00.0 vendor=0x10de device=0x2bb5 class=0x020200
	expect_best 0000:01:00.0 vfio_pci
}

@test "a variant for one subsystem beats the one for the device" {
	table "$GENERIC" "$MLX5" \
		"alias vfio_pci:v000015B3d0000101Esv00001028sd0000A01Fbc*sc*i* dell_vfio_pci"
	mlx5 0000:01:00.0 subvendor=0x1028
	expect_best 0000:01:00.0 dell_vfio_pci
	mlx5 0000:01:00.0 subvendor=0x1029
	expect_best 0000:01:00.0 mlx5_vfio_pci
}

@test "fewest wildcards, wherever the line stands and whatever is wild" {
	table "alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* six" \
		"alias vfio_pci:v*d*sv*sd*bc02sc00i00 four" \
		"alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* five" "$GENERIC"
	mlx5 0000:01:00.0
	expect_ranked 0000:01:00.0 <<-END
		four 4 modules.alias
		five 5 modules.alias
		six 6 modules.alias
		vfio_pci 7 modules.alias
	END
	expect_best 0000:01:00.0 four
}

@test "a module counts with its best line, not its last" {
	table "$MLX5" "alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* other" \
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* mlx5_vfio_pci" \
		"alias vfio_pci:v000015B3d*sv*sd*bc02sc00i* other" "$GENERIC"
	mlx5 0000:01:00.0
	expect_ranked 0000:01:00.0 <<-END
		other 4 modules.alias
		mlx5_vfio_pci 5 modules.alias
		vfio_pci 7 modules.alias
	END
}

@test "patterns are globs: parts of a field, ?, [...]" {
	local pattern
	mlx5 0000:01:00.0
	for pattern in "v000015B3d000010*" "v000015B3d0000101?sv*" "v000015B3d0000101[CE]sv*" "*" \
		"v000015B3d0000101[!0-9A-D]sv*" "v*d0000101E*" "v0000[01]5B3*"; do
		echo "# $pattern"
		table "$GENERIC" "alias vfio_pci:$pattern globbed"
		expect_best 0000:01:00.0 globbed
	done
	for pattern in "v000015B3d000011*" "v000015B3d0000101[0-9]*" "v000015B3d0000101[!E]*" \
		"v000015B3d0000101?E*" "v000015B3d0000101E" "v000015B3d0000101Esv*sd*bc*sc*i"; do
		echo "# not $pattern"
		table "$GENERIC" "alias vfio_pci:$pattern globbed"
		expect_best 0000:01:00.0 vfio_pci
	done
	table "alias ?fio_pci:v000015B3* any" "alias [v]fio_pci:v000015B3d0000101[CE]??* any2"
	expect_best 0000:01:00.0 any
}

@test "? and [...] are no wildcards to count" {
	table "$GENERIC" "alias vfio_pci:v0000????d0000????sv*sd*bc*sc*i* questions" \
		"alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* exact"
	mlx5 0000:01:00.0
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$(field module wildcards ambiguous | xargs)" = "questions 5 true" ]
}

@test "only aliases with the prefix vfio_ and of the device's bus count" {
	table "alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core" "alias pci:* every" \
		"alias xvfio_pci:* every" "alias vfio-pci:* every" "alias vfio_platform:* every" \
		"alias VFIO_pci:* every"
	mlx5 0000:01:00.0
	expect_ranked 0000:01:00.0 <<-END
		vfio_pci null generic
	END
}

@test "the kernel writes ids in upper case: a pattern in lower case matches nothing" {
	table "$GENERIC" "alias vfio_pci:v000015b3d0000101esv*sd*bc*sc*i* lower"
	mlx5 0000:01:00.0
	expect_best 0000:01:00.0 vfio_pci
}

# --- ties ---

@test "a tie: the first line wins, and it is told" {
	real_table
	pci_device 0000:01:00.0 device=0x10ca
	expect_best 0000:01:00.0 igb_vfio_pci
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$(field ambiguous)" = true ]
	table "$GENERIC" "alias vfio_pci:v00008086d000010CAsv*sd*bc*sc*i* igbvf_vfio_pci" \
		"alias vfio_pci:v00008086d000010CAsv*sd*bc*sc*i* igb_vfio_pci"
	expect_best 0000:01:00.0 igbvf_vfio_pci
}

@test "several lines of one module are no tie" {
	table "$GENERIC" "$MLX5" "$MLX5" \
		"alias vfio_pci:v000015B3d*sv*sd*bc02sc*i* mlx5-vfio-pci"
	mlx5 0000:01:00.0
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$(field module ambiguous | xargs)" = "mlx5_vfio_pci false" ]
}

@test "a tie behind the best one is none" {
	table "$GENERIC" "alias vfio_pci:v*d*sv*sd*bc*sc*i* poweroff_pci" "$MLX5"
	mlx5 0000:01:00.0
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$(field module ambiguous | xargs)" = "mlx5_vfio_pci false" ]
}

@test "a catch-all never beats the generic driver, wherever its line stands" {
	local before
	pci_device 0000:01:00.0
	for before in "alias vfio_pci:v*d*sv*sd*bc*sc*i* poweroff_pci" "# nothing"; do
		table "$before" "$GENERIC" "alias vfio_pci:v*d*sv*sd*bc*sc*i* poweroff_pci"
		expect_ranked 0000:01:00.0 <<-END
			vfio_pci 7 modules.alias
			poweroff_pci 7 modules.alias
		END
		[ "$(field module ambiguous | xargs)" = "vfio_pci true" ]
	done
	modprobe_d "alias vfio_pci:v*d*sv*sd*bc*sc*i* poweroff_pci"
	expect_best 0000:01:00.0 vfio_pci
}

@test "a catch-all never beats a generic driver that no alias names" {
	table "alias vfio_pci:v*d*sv*sd*bc*sc*i* poweroff_pci"
	pci_device 0000:01:00.0
	expect_best 0000:01:00.0 vfio_pci
}

# --- sources ---

@test "modprobe.d comes before modules.alias, and that before built-in modules" {
	local alias='vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*'
	table "$GENERIC" "alias $alias of_table" "alias $alias of_table_2"
	modprobe_d "alias $alias of_config"
	printf '%s\0' "of_kernel.alias=$alias" >"$MODULES/modules.builtin.modinfo"
	mlx5 0000:01:00.0
	expect_ranked 0000:01:00.0 <<-END
		of_config 5 modprobe.d
		of_table 5 modules.alias
		of_table_2 5 modules.alias
		of_kernel 5 builtin
		vfio_pci 7 modules.alias
	END
	expect_best 0000:01:00.0 of_config
	[ "$(run_driverctl --json best-vfio 0000:01:00.0 && field ambiguous)" = true ]
	rm "$TREE/etc/modprobe.d/test.conf"
	expect_best 0000:01:00.0 of_table
	table "$GENERIC"
	expect_best 0000:01:00.0 of_kernel
}

@test "modprobe.d decides ties alone: fewer wildcards win" {
	table "$GENERIC" "$MLX5"
	modprobe_d "alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* of_config"
	mlx5 0000:01:00.0
	expect_best 0000:01:00.0 mlx5_vfio_pci
}

@test "an alias of modprobe.d with a - in it" {
	modprobe_d "alias vfio_fsl-mc:v00001957ddprc of_config"
	bus_device fsl-mc dprc.1 modalias=fsl-mc:v00001957ddprc
	expect_best fsl-mc/dprc.1 of_config
}

@test "built-in modules: NULs between the entries, a last one that is cut off" {
	table "$GENERIC"
	printf '%s\0' vfio.license=GPL mlx5_vfio_pci.author="a.alias=b" .alias=vfio_pci:v000015B3* \
		mlx5_vfio_pci.parm=alias=vfio_pci:\* \
		"mlx5_vfio_pci.alias=vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*" \
		>"$MODULES/modules.builtin.modinfo"
	printf %s "cut.alias=vfio_pci:v000015B3d0000101Esv00008086sd*bc*sc*i*" \
		>>"$MODULES/modules.builtin.modinfo"
	mlx5 0000:01:00.0
	expect_ranked 0000:01:00.0 <<-END
		mlx5_vfio_pci 5 builtin
		vfio_pci 7 modules.alias
	END
	table "# none"
	printf '%s\0' "vfio_pci.alias=vfio_pci:v*d*sv*sd*bc*sc*i*" >"$MODULES/modules.builtin.modinfo"
	expect_ranked 0000:01:00.0 <<-END
		vfio_pci 7 builtin
	END
}

@test "a list of built-in modules of rubbish" {
	table "$GENERIC" "$MLX5"
	cp "$(type -P true)" "$MODULES/modules.builtin.modinfo"
	mlx5 0000:01:00.0
	expect_best 0000:01:00.0 mlx5_vfio_pci
	printf '\0\0\0alias=\0.alias=\0=\0' >"$MODULES/modules.builtin.modinfo"
	expect_best 0000:01:00.0 mlx5_vfio_pci
}

# --- tables ---

@test "malformed lines are skipped" {
	local exact='vfio_pci:v000015B3d0000101Esv00008086sd*bc*sc*i*'
	table "alias" "alias " "alias $exact" "alias $exact " "alias $exact two words" "" " " "#" \
		"# alias $exact comment" "alias$exact glued" "aliases $exact other" "options $exact x" \
		"alias $exact a/b" "alias $exact .." "alias vfio_pci:v000015B3d[ open" "alias [ open" \
		"alias \\" "$exact bare" "$(printf 'x%.0s' {1..5000})" \
		"alias vfio_pci:$(printf '*%.0s' {1..300})! stars" "$MLX5" "$GENERIC"
	mlx5 0000:01:00.0
	expect_ranked 0000:01:00.0 <<-END
		mlx5_vfio_pci 5 modules.alias
		vfio_pci 7 modules.alias
	END
}

@test "spaces, tabs, a missing last newline and CRLF" {
	mlx5 0000:01:00.0
	printf '  alias \t vfio_pci:v000015B3d0000101E*\t mlx5_vfio_pci\t \n' >"$MODULES/modules.alias"
	expect_best 0000:01:00.0 mlx5_vfio_pci
	printf %s "$MLX5" >"$MODULES/modules.alias"
	expect_best 0000:01:00.0 mlx5_vfio_pci
	printf '%s\r\n' "$GENERIC" "" "$MLX5" >"$MODULES/modules.alias"
	expect_best 0000:01:00.0 mlx5_vfio_pci
}

@test "rubbish for a table: the generic driver" {
	pci_device 0000:01:00.0
	cp "$(type -P true)" "$MODULES/modules.alias"
	expect_best 0000:01:00.0 vfio_pci
	printf 'alias vfio_pci:* a\0b\nalias vfio_pci:v00008086* late\n' >"$MODULES/modules.alias"
	run_driverctl best-vfio 0000:01:00.0
	[ "$status" = 0 ]
}

@test "a table of 100,000 lines, the variant's last" {
	{
		echo "$GENERIC"
		awk 'BEGIN { for (i = 0; i < 99998; i++)
			printf "alias %spci:v%08Xd%08Xsv*sd*bc*sc*i* module_%d\n",
				i % 2 ? "vfio_" : "", 0x1000 + i / 1000, i, i }'
		echo "$MLX5"
	} >"$MODULES/modules.alias"
	[ "$(wc -l <"$MODULES/modules.alias")" = 100000 ]
	mlx5 0000:01:00.0
	LIMIT=10 expect_best 0000:01:00.0 mlx5_vfio_pci
}

@test "no table: the generic driver, and -v says why" {
	pci_device 0000:01:00.0
	expect_best 0000:01:00.0 vfio_pci
	run_driverctl -v best-vfio 0000:01:00.0
	expect 0 vfio_pci "driverctl: 0000:01:00.0: modules.alias cannot be read: \
No such file or directory
driverctl: 0000:01:00.0: no alias matches, vfio_pci is the generic VFIO driver of the bus"
	rmdir "$MODULES"
	expect_best 0000:01:00.0 vfio_pci
}

@test "no table, but built-in modules and modprobe.d" {
	printf '%s\0' "mlx5_vfio_pci.alias=vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i*" \
		>"$MODULES/modules.builtin.modinfo"
	mlx5 0000:01:00.0
	expect_best 0000:01:00.0 mlx5_vfio_pci
	modprobe_d "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* of_config"
	expect_best 0000:01:00.0 of_config
}

@test "a table that cannot be read: the generic driver" {
	pci_device 0000:01:00.0
	mkdir "$MODULES/modules.alias"
	expect_best 0000:01:00.0 vfio_pci
	run_driverctl -v best-vfio 0000:01:00.0
	[ "$status" = 0 ]
	[[ $stderr == "driverctl: 0000:01:00.0: modules.alias cannot be read: "* ]]
	rmdir "$MODULES/modules.alias"
	mkfifo "$MODULES/modules.alias"
	LIMIT=10 expect_best 0000:01:00.0 vfio_pci
	rm "$MODULES/modules.alias"
	real_table
	chmod 000 "$MODULES/modules.alias"
	pci_device 0000:01:00.0 device=0x4941
	without_root "$DRIVERCTL" best-vfio 0000:01:00.0
	expect 0 vfio_pci ""
	without_root "$DRIVERCTL" -v best-vfio 0000:01:00.0
	[[ $stderr == "driverctl: 0000:01:00.0: modules.alias cannot be read: Permission denied"* ]]
}

@test "a bad line in modprobe.d: nothing on standard error, the other lines hold" {
	real_table
	modprobe_d "rubbish" "alias [ x" "blacklist" "blacklist mlx5-vfio-pci"
	mlx5 0000:01:00.0
	expect_best 0000:01:00.0 vfio_pci
}

# --- excluded ---

@test "blacklisted: the next one" {
	local name
	real_table
	mlx5 0000:01:00.0
	for name in mlx5_vfio_pci mlx5-vfio-pci; do
		modprobe_d "blacklist $name"
		expect_best 0000:01:00.0 vfio_pci
	done
	expect_ranked 0000:01:00.0 <<-END
		mlx5_vfio_pci 5 modules.alias (blacklisted in modprobe.d)
		vfio_pci 7 modules.alias
	END
	modprobe_d "blacklist mlx5_vfio" "blacklist mlx5_core"
	expect_best 0000:01:00.0 mlx5_vfio_pci
}

@test "blacklisted on the kernel's command line: the next one" {
	real_table
	mlx5 0000:01:00.0
	put "$TREE/run/cmdline" "quiet modprobe.blacklist=other,mlx5_vfio_pci"
	run_in_tree bash -c 'mount -n --bind /run/cmdline /proc/cmdline && exec "$@"' - \
		"$DRIVERCTL" best-vfio 0000:01:00.0
	expect 0 vfio_pci ""
}

@test "install M /bin/false, or true: the next one; other commands are no reason" {
	local command
	real_table
	mlx5 0000:01:00.0
	for command in /bin/false /usr/bin/true false "/bin/false # by policy" "/bin/true; :"; do
		echo "# $command"
		modprobe_d "install mlx5-vfio-pci $command"
		expect_ranked 0000:01:00.0 <<-END
			mlx5_vfio_pci 5 modules.alias (modprobe.d installs it as /bin/false)
			vfio_pci 7 modules.alias
		END
		expect_best 0000:01:00.0 vfio_pci
	done
	modprobe_d "install mlx5*vfio?pci /bin/false"
	expect_best 0000:01:00.0 vfio_pci
	for command in "/sbin/modprobe -i mlx5_vfio_pci" "/bin/falsehood" "/bin/echo false"; do
		echo "# $command"
		modprobe_d "install mlx5_vfio_pci $command"
		expect_best 0000:01:00.0 mlx5_vfio_pci
	done
}

@test "denied in driverctl.conf: the next one" {
	local line
	real_table
	mlx5 0000:01:00.0
	for line in "deny = mlx5_vfio_pci" "deny = other mlx5-vfio-pci"; do
		config "[vfio]" "$line"
		expect_best 0000:01:00.0 vfio_pci
	done
	expect_ranked 0000:01:00.0 <<-END
		mlx5_vfio_pci 5 modules.alias (denied in driverctl.conf)
		vfio_pci 7 modules.alias
	END
	config "[vfio]" "deny = mlx5_core"
	expect_best 0000:01:00.0 mlx5_vfio_pci
}

@test "not in the module index, where there is one: the next one" {
	real_table
	mlx5 0000:01:00.0
	expect_best 0000:01:00.0 mlx5_vfio_pci
	index modules.dep.bin vfio_pci
	expect_best 0000:01:00.0 vfio_pci
	expect_ranked 0000:01:00.0 <<-END
		mlx5_vfio_pci 5 modules.alias (not in the module index)
		vfio_pci 7 modules.alias
	END
	index modules.dep.bin mlx5_vfio_pci vfio_pci
	expect_best 0000:01:00.0 mlx5_vfio_pci
}

@test "a built-in module is in the index too" {
	printf '%s\0' "vfio_pci.alias=vfio_pci:v*d*sv*sd*bc*sc*i*" >"$MODULES/modules.builtin.modinfo"
	index modules.dep.bin mlx5_vfio_pci
	index modules.builtin.bin vfio_pci
	pci_device 0000:01:00.0
	expect_ranked 0000:01:00.0 <<-END
		vfio_pci 7 builtin
	END
}

@test "what is excluded ties with nothing" {
	real_table
	pci_device 0000:01:00.0 device=0x10ca
	modprobe_d "blacklist igbvf_vfio_pci"
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$(field module ambiguous | xargs)" = "igb_vfio_pci false" ]
	modprobe_d "blacklist igb_vfio_pci"
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$(field module ambiguous | xargs)" = "igbvf_vfio_pci false" ]
}

@test "all are excluded: exit 1" {
	real_table
	mlx5 0000:01:00.0
	config "[vfio]" "deny = vfio_pci"
	modprobe_d "blacklist mlx5_vfio_pci"
	run_driverctl best-vfio 0000:01:00.0
	expect 1 "" "driverctl: 0000:01:00.0: every VFIO driver for it is excluded"
	run_driverctl set-override --best-vfio 0000:01:00.0
	expect 1 "" "driverctl: 0000:01:00.0: every VFIO driver for it is excluded; \
still without a driver, nothing changed"
}

# --- other buses ---

@test "the generic driver of every bus that has one" {
	local bus name modalias module
	while read -r bus name modalias module; do
		echo "# $bus"
		bus_device "$bus" "$name" modalias="$modalias"
		run_driverctl -b "$bus" best-vfio "$name"
		expect 0 "$module" ""
	done <<-END
		platform fff51000.ethernet of:NethernetT(null)Ccalxeda,hb-xgmac vfio_platform
		amba 2c0a0000.dma amba:d00041330 vfio_amba
		fsl-mc dprc.1 fsl-mc:v00001957ddprc vfio_fsl_mc
		ap 05.0004 ap:t0B vfio_ap
		css 0.0.0013 css:t0 vfio_ccw
		cdx cdx-00:00 cdx:v000010EEd00000001 vfio_cdx
	END
}

@test "a variant on another bus" {
	table "$GENERIC" "alias vfio_platform:fancy-* fancy_vfio" "alias vfio_ap:t0B ap_variant" \
		"alias vfio_css:t* vfio_ccw" "alias vfio_css:t* every"
	bus_device platform fancy-1 modalias=platform:fancy-1
	bus_device ap 05.0004 modalias=ap:t0B
	bus_device css 0.0.0013 modalias=css:t0
	run_driverctl best-vfio platform/fancy-1 ap/05.0004 css/0.0.0013
	expect 0 "fancy-1 fancy_vfio
05.0004 ap_variant
0.0.0013 vfio_ccw" ""
}

@test "a bus without a VFIO driver, a device without a modalias" {
	real_table
	bus_device vmbus 1de51a9d modalias=vmbus:00
	bus_device platform reg-dummy
	run_driverctl -b vmbus best-vfio 1de51a9d
	expect 1 "" "driverctl: 1de51a9d: the bus vmbus has no VFIO driver"
	run_driverctl -b vmbus set-override --best-vfio 1de51a9d
	expect_error 1 "driverctl: 1de51a9d: the bus vmbus has no VFIO driver*"
	run_driverctl -b vmbus set-override --vfio-variant=generic 1de51a9d
	expect_error 1 "driverctl: 1de51a9d: the bus vmbus has no VFIO driver*"
	run_driverctl best-vfio platform/reg-dummy
	expect 1 "" "driverctl: reg-dummy: it has no modalias to rank VFIO drivers by"
}

# --- the command ---

@test "every name of a device, options anywhere" {
	local name
	real_table
	mlx5 0000:01:00.0
	net_interface enp1s0 pci 0000:01:00.0
	for name in 0000:01:00.0 01:00.0 pci/0000:01:00.0 pci-0000:01:00.0 enp1s0 \
		/sys/bus/pci/devices/0000:01:00.0 "-b pci 01:00.0"; do
		# shellcheck disable=SC2086 # words
		run_driverctl best-vfio $name
		expect 0 mlx5_vfio_pci ""
	done
}

@test "several devices: each with its name, past one that is absent" {
	real_table
	mlx5 0000:01:00.0
	pci_device 0000:02:00.0
	run_driverctl best-vfio 02:00.0 01:00.0
	expect 0 "0000:02:00.0 vfio_pci
0000:01:00.0 mlx5_vfio_pci" ""
	run_driverctl best-vfio 01:00.0 99:00.0 02:00.0
	expect 3 "0000:01:00.0 mlx5_vfio_pci
0000:02:00.0 vfio_pci" "driverctl: 0000:99:00.0: no such device"
	bus_device vmbus 1de51a9d modalias=vmbus:00
	run_driverctl best-vfio vmbus/1de51a9d 99:00.0 02:00.0
	[ "$status" = 1 ]
	[ "$output" = "0000:02:00.0 vfio_pci" ]
	run_driverctl --json best-vfio 99:00.0 02:00.0
	[ "$status" = 3 ]
	[ "$(field name)" = '"0000:02:00.0"' ]
	run_driverctl --json best-vfio 99:00.0
	[ "$status" = 3 ]
	[ "$(tr -d '\n' <<<"$output")" = "[]" ]
}

@test "no root is needed, and nothing is changed" {
	local before
	real_table
	mlx5 0000:01:00.0 driver=mlx5_core
	chmod -R a-w "$SYS" "$TREE/etc" "$TREE/run"
	before=$(snapshot)
	without_root "$DRIVERCTL" best-vfio 0000:01:00.0
	expect 0 mlx5_vfio_pci ""
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$status" = 0 ]
	diff <(echo "$before") <(snapshot)
}

@test "the module's name, loaded or not, bound or not; the driver's where it is known" {
	real_table
	pci_device 0000:01:00.0 device=0xe20b
	expect_best 0000:01:00.0 xe_vfio_pci
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$(field driver)" = null ]
	module_driver xe_vfio_pci pci xe-vfio-pci
	module_driver vfio_pci pci vfio-pci
	expect_best 0000:01:00.0 xe_vfio_pci
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$(field driver)" = '"xe-vfio-pci"' ]
	[ "$(grep -c '"driver":"vfio-pci"' <<<"$output")" = 1 ]
	pci_device 0000:01:00.0 device=0xe20b driver=xe-vfio-pci
	expect_best 0000:01:00.0 xe_vfio_pci
}

@test "-v says why on standard error" {
	real_table
	modprobe_d "blacklist mlx5_vfio_pci"
	mlx5 0000:01:00.0
	run_driverctl -v best-vfio 0000:01:00.0
	expect 0 vfio_pci "driverctl: 0000:01:00.0: mlx5_vfio_pci is excluded: blacklisted in modprobe.d
driverctl: 0000:01:00.0: vfio_pci by vfio_pci:v*d*sv*sd*bc*sc*i* (7 wildcards, modules.alias)"
	pci_device 0000:01:00.0 device=0x10ca
	run_driverctl -v best-vfio 0000:01:00.0
	expect 0 igb_vfio_pci "driverctl: 0000:01:00.0: igb_vfio_pci by \
vfio_pci:v00008086d000010CAsv*sd*bc*sc*i* (5 wildcards, modules.alias)
driverctl: 0000:01:00.0: another module matches as well as igb_vfio_pci"
}

@test "-v of a variant that was named says nothing of those that were not" {
	real_table
	pci_device 0000:01:00.0 device=0x10ca
	run_driverctl -v best-vfio --vfio-variant=generic 0000:01:00.0
	[ "$status" = 0 ]
	[ "$output" = vfio_pci ]
	[[ $stderr != *"excluded"* && $stderr != *"matches as well"* ]]
	run_driverctl -v best-vfio --vfio-variant=unranked 0000:01:00.0
	[ "$status" = 0 ]
	[ "$output" = unranked ]
	[[ $stderr != *"excluded"* && $stderr != *"generic VFIO driver"* ]]
}

# --- --vfio-variant ---

@test "--vfio-variant: auto, generic, a module, a driver" {
	local name
	real_table
	mlx5 0000:01:00.0
	run_driverctl best-vfio --vfio-variant=auto 0000:01:00.0
	expect 0 mlx5_vfio_pci ""
	for name in generic vfio_pci vfio-pci; do
		run_driverctl best-vfio --vfio-variant=$name 0000:01:00.0
		expect 0 vfio_pci ""
	done
	run_driverctl best-vfio --vfio-variant mlx5-vfio-pci 0000:01:00.0
	expect 0 mlx5_vfio_pci ""
	module_driver vfio_pci pci plain-driver
	run_driverctl best-vfio --vfio-variant=plain-driver 0000:01:00.0
	expect 0 vfio_pci ""
	bus_device platform fancy-1 modalias=platform:fancy-1
	run_driverctl best-vfio --vfio-variant=generic platform/fancy-1
	expect 0 vfio_platform ""
}

@test "--vfio-variant is strict: no other, and the reason" {
	real_table
	mlx5 0000:01:00.0
	index modules.dep.bin vfio_pci
	run_driverctl best-vfio --vfio-variant=mlx5_vfio_pci 0000:01:00.0
	expect 1 "" "driverctl: 0000:01:00.0: mlx5_vfio_pci: not in the module index"
	run_driverctl best-vfio --vfio-variant=nosuch 0000:01:00.0
	expect 1 "" "driverctl: 0000:01:00.0: nosuch: not in the module index"
	modprobe_d "install vfio_pci /bin/false"
	run_driverctl best-vfio --vfio-variant=generic 0000:01:00.0
	expect 1 "" "driverctl: 0000:01:00.0: generic: modprobe.d installs it as /bin/false"
}

@test "--vfio-variant names what is only kept from being chosen" {
	real_table
	mlx5 0000:01:00.0
	modprobe_d "blacklist mlx5_vfio_pci"
	run_driverctl best-vfio --vfio-variant=mlx5_vfio_pci 0000:01:00.0
	expect 0 mlx5_vfio_pci ""
	config "[vfio]" "deny = mlx5_vfio_pci"
	run_driverctl best-vfio --vfio-variant=mlx5_vfio_pci 0000:01:00.0
	expect 0 mlx5_vfio_pci ""
	index modules.dep.bin mlx5_vfio_pci some_vfio_pci vfio_pci
	run_driverctl --json best-vfio --vfio-variant=some_vfio_pci 0000:01:00.0
	[ "$(field module source pattern | xargs)" = "some_vfio_pci named null" ]
}

@test "--vfio-variant: not a name" {
	local name
	mlx5 0000:01:00.0
	for name in "" . .. a/b $'a\nb'; do
		run_driverctl best-vfio --vfio-variant="$name" 0000:01:00.0
		expect_error 2 "driverctl: invalid driver name '*'"
		run_driverctl set-override --vfio-variant="$name" 0000:01:00.0
		expect_error 2 "driverctl: invalid driver name '*'"
	done
}

# --- JSON ---

json_devices() {
	real_table
	modprobe_d "blacklist mlx5_vfio_pci" "install igb_vfio_pci /bin/false" \
		"alias vfio_pci:v00008086d000010CAsv*sd*bc*sc*i* of_config"
	config "[vfio]" "deny = of_config"
	module_driver vfio_pci pci vfio-pci
	mlx5 0000:01:00.0 driver=vfio-pci
	pci_device 0000:02:00.0 device=0x10ca
	bus_device platform platform-dev modalias=platform:dev
}

@test "JSON is as its schema says" {
	local out=$BATS_TEST_TMPDIR/stdout arguments n=0
	json_devices
	for arguments in 01:00.0 02:00.0 platform/platform-dev "01:00.0 02:00.0 99:00.0" 99:00.0 \
		"--vfio-variant=generic 01:00.0" "--vfio-variant=unranked 02:00.0"; do
		echo "# $arguments"
		# shellcheck disable=SC2086 # words
		run_driverctl --json best-vfio $arguments
		cp "$out" "$BATS_TEST_TMPDIR/$((++n)).json"
	done
	index modules.dep.bin vfio_pci
	run_driverctl --json best-vfio 01:00.0 02:00.0
	validate best-vfio.schema.json "$out" "$BATS_TEST_TMPDIR"/*.json
}

@test "the schema is not satisfied by less" {
	local change bad n=0 best=$BATS_TEST_TMPDIR/best
	json_devices
	run_driverctl --json best-vfio 01:00.0 02:00.0 platform/platform-dev
	cp "$BATS_TEST_TMPDIR/stdout" "$best"
	for change in s/ambiguous/ambivalent/ 's/"reason":null/"reason":""/' '/"wildcards"/d' \
		's/"wildcards":5/"wildcards":"5"/' 's/"usable":false/"usable":true/' \
		's/"module":"[a-z_]*"/"module":null/' 's/"source":"generic"/"source":"other"/' \
		's/"wildcards":null/"wildcards":0/' 's/"ranking":\[/"ranking":[],"more":[/'; do
		echo "# $change"
		bad=$BATS_TEST_TMPDIR/$((++n)).json
		sed "$change" "$best" >"$bad"
		[ "$(<"$bad")" != "$(<"$best")" ]
	done
	invalid best-vfio.schema.json "$BATS_TEST_TMPDIR"/*.json
}

@test "JSON where names are not UTF-8, or have quotes" {
	printf 'alias vfio_pci:v000015B3* m"o\\d\nalias vfio_pci:*[!\377]* v\377\n' \
		>"$MODULES/modules.alias"
	mlx5 0000:01:00.0
	run_driverctl --json best-vfio 0000:01:00.0
	[ "$status" = 0 ]
	validate best-vfio.schema.json "$BATS_TEST_TMPDIR/stdout"
	[ "$(field module)" = '"m\"o\\d"' ]
}

# --- options ---

@test "options that a command does not take" {
	local command option
	pci_device 0000:01:00.0
	for command in "unset-override 01:00.0" "load-override 01:00.0" list-devices list-overrides \
		list-persisted "show 01:00.0"; do
		for option in --best-vfio --vfio-variant=auto; do
			# shellcheck disable=SC2086 # words
			run_driverctl $option $command
			expect 2 "" "driverctl: option '${option%=*}' is not for ${command%% *} $HINT"
		done
	done
	run_driverctl --best-vfio best-vfio 01:00.0
	expect 2 "" "driverctl: option '--best-vfio' is not for best-vfio $HINT"
	run_driverctl best-vfio
	expect_error 2 "driverctl: best-vfio takes DEVICE... $HINT"
	run_driverctl set-override --best-vfio
	expect_error 2 "driverctl: set-override takes * $HINT"
	run_driverctl best-vfio --vfio-variant
	expect_error 2 "driverctl: *--vfio-variant*"
	run_driverctl set-override --best-vfio --vfio-variant=generic 01:00.0
	expect_error 2 "driverctl: only one of *"
	[ "$(cat "$(device_dir pci 0000:01:00.0)/driver_override")" = "(null)" ]
}

# --- set-override and load-override ---

# A device that is bound to the best driver already.
on_best() {
	real_table
	module_driver mlx5_vfio_pci pci mlx5_vfio_pci
	module_driver vfio_pci pci vfio-pci
	mlx5 0000:01:00.0 driver=mlx5_vfio_pci override=mlx5_vfio_pci
}

on_generic() {
	table "$GENERIC"
	module_driver vfio_pci pci vfio-pci
	mlx5 0000:01:00.0 driver=vfio-pci override=vfio-pci
}

expect_policy() {
	expect_file "$STORE/pci-0000:01:00.0" "$1"
	expect_file "$STORE/policy/pci-0000:01:00.0.ini" "[override]" "driver = $1" "module = $2" \
		"choose = $3" "modalias = pci:v000015B3d0000101Esv00008086sd0000A01Fbc02sc00i00" \
		"path = pci0000:00/1c.4/00.0"
}

expect_nothing_bound() {
	local file
	for file in "$SYS"/bus/pci/drivers/*/{bind,unbind} "$SYS/bus/pci/drivers_probe"; do
		[ ! -s "$file" ]
	done
}

# run_logged ARGUMENT...: as run_driverctl, and logged has what went to the system log.
run_logged() {
	run_in_tree bash -c 'touch /run/null && mount -n --bind /dev/null /run/null &&
		mount -n -t tmpfs dev /dev && touch /dev/null && mount -n --bind /run/null /dev/null &&
		exec /usr/bin/python3 -c "$@"' - 'import socket, subprocess, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
log.setblocking(False)
code = subprocess.run(sys.argv[1:]).returncode
with open("/run/logged", "w") as f:
    try:
        while True:
            f.write(log.recv(65536).decode().rstrip("\0\n") + "\n")
    except BlockingIOError:
        pass
sys.exit(code)' "$DRIVERCTL" "$@"
	logged=$(<"$TREE/run/logged")
}

@test "set-override --best-vfio: bound already, saved to be ranked again" {
	local option
	on_best
	for option in --best-vfio --vfio-variant=auto "--best-vfio --vfio-variant=auto"; do
		# shellcheck disable=SC2086 # words
		run_driverctl set-override $option 0000:01:00.0
		expect 0 "" ""
		expect_policy mlx5_vfio_pci mlx5_vfio_pci best-vfio
		expect_nothing_bound
		rm -r "$STORE"
	done
}

@test "set-override --best-vfio: the driver's name is saved, and the module's beside it" {
	on_generic
	run_driverctl set-override --best-vfio 0000:01:00.0
	expect 0 "" ""
	expect_policy vfio-pci vfio_pci best-vfio
	expect_nothing_bound
}

@test "set-override --best-vfio --nosave and --noprobe" {
	on_best
	run_driverctl --nosave set-override --best-vfio 0000:01:00.0
	expect 0 "" ""
	diff <(find "$STORE" -mindepth 1) /dev/null
	mlx5 0000:02:00.0
	run_driverctl --noprobe set-override --best-vfio 0000:02:00.0
	expect 0 "" ""
	expect_file "$STORE/pci-0000:02:00.0" mlx5_vfio_pci
	[ "$(cat "$(device_dir pci 0000:02:00.0)/driver_override")" = mlx5_vfio_pci ]
	expect_nothing_bound
}

@test "set-override DEV \$(driverctl best-vfio DEV) saves the same driver, fixed" {
	on_best
	run_driverctl best-vfio 0000:01:00.0
	run_driverctl set-override 0000:01:00.0 "$output"
	expect 0 "" ""
	expect_policy mlx5_vfio_pci mlx5_vfio_pci fixed
}

@test "set-override --vfio-variant=generic, and a name: fixed" {
	local name
	on_generic
	real_table
	for name in generic vfio_pci vfio-pci; do
		run_driverctl set-override --vfio-variant=$name 0000:01:00.0
		expect 0 "" ""
		expect_policy vfio-pci vfio_pci fixed
		rm -r "$STORE"
	done
	run_driverctl set-override --vfio-variant=nosuch 0000:01:00.0
	expect_error 7 "driverctl: 0000:01:00.0: no driver or module 'nosuch'; still on 'vfio-pci', *"
}

@test "set-override --best-vfio: several devices, past one that is absent" {
	on_best
	mlx5 0000:02:00.0 driver=mlx5_vfio_pci override=mlx5_vfio_pci
	run_driverctl set-override --best-vfio 01:00.0 99:00.0 02:00.0
	expect 3 "" "driverctl: 0000:99:00.0: no such device"
	[ -e "$STORE/pci-0000:01:00.0" ]
	[ -e "$STORE/pci-0000:02:00.0" ]
}

@test "a best one that does not load is skipped, which goes to the log and to a terminal" {
	on_generic
	real_table
	run_logged set-override --best-vfio 0000:01:00.0
	expect 0 "" ""
	expect_policy vfio-pci vfio_pci best-vfio
	expect_nothing_bound
	[[ $logged == *"driverctl"*": 0000:01:00.0: VFIO variant 'mlx5_vfio_pci' failed: "* ]]
	[[ $logged != *$'\n'* ]]
	run_driverctl -v set-override --best-vfio 0000:01:00.0
	[ "$status" = 0 ]
	[[ $stderr == *"driverctl: 0000:01:00.0: VFIO variant 'mlx5_vfio_pci' failed: "* ]]
	run_in_tree script -qec "$DRIVERCTL set-override --best-vfio 0000:01:00.0" /dev/null
	[[ $output == *"driverctl: 0000:01:00.0: VFIO variant 'mlx5_vfio_pci' failed: "* ]]
}

@test "fallback = no: only the best one that is not excluded" {
	on_generic
	real_table
	config "[vfio]" "fallback = no"
	run_driverctl set-override --best-vfio 0000:01:00.0
	expect 5 "" "driverctl: 0000:01:00.0: no driver or module 'mlx5_vfio_pci'; \
still on 'vfio-pci', nothing changed"
	[ ! -e "$STORE/pci-0000:01:00.0" ]
	modprobe_d "blacklist mlx5_vfio_pci"
	run_driverctl set-override --best-vfio 0000:01:00.0
	expect 0 "" ""
	expect_policy vfio-pci vfio_pci best-vfio
}

@test "none binds: all are tried in order, and everything is as before" {
	real_table
	module_driver igb_vfio_pci pci igb-vfio-pci
	module_driver igbvf_vfio_pci pci igbvf-vfio-pci
	module_driver vfio_pci pci vfio-pci
	pci_device 0000:01:00.0 device=0x10ca
	run_logged set-override --best-vfio 0000:01:00.0
	expect_error 5 "driverctl: 0000:01:00.0: driver 'vfio-pci' did not bind; back without a \
driver, store unchanged"
	[ "$(grep -o "'[a-z_]*' failed" <<<"$logged")" = "'igb_vfio_pci' failed
'igbvf_vfio_pci' failed
'vfio_pci' failed" ]
	diff <(find "$STORE" -type f) /dev/null
	[ "$(cat "$(device_dir pci 0000:01:00.0)/driver_override")" = "" ]
	grep -qx 0000:01:00.0 "$SYS/bus/pci/drivers/igbvf-vfio-pci/bind"
	: >"$SYS/bus/pci/drivers/igbvf-vfio-pci/bind"
	modprobe_d "blacklist igbvf_vfio_pci"
	run_logged set-override --best-vfio 0000:01:00.0
	[ "$status" = 5 ]
	[ "$(grep -o "'[a-z_]*' failed" <<<"$logged")" = "'igb_vfio_pci' failed
'vfio_pci' failed" ]
	[ ! -s "$SYS/bus/pci/drivers/igbvf-vfio-pci/bind" ]
}

@test "load-override ranks again: a better driver is tried, else the next stays" {
	on_generic
	run_driverctl set-override --best-vfio 0000:01:00.0
	expect_policy vfio-pci vfio_pci best-vfio
	run_driverctl load-override 0000:01:00.0
	expect 0 "" ""
	real_table
	run_driverctl -v load-override 0000:01:00.0
	[ "$status" = 0 ]
	[[ $stderr == *"VFIO variant 'mlx5_vfio_pci' failed: "* ]]
	expect_nothing_bound
	module_driver mlx5_vfio_pci pci mlx5_vfio_pci
	run_driverctl -v load-override 0000:01:00.0
	grep -qx 0000:01:00.0 "$SYS/bus/pci/drivers/mlx5_vfio_pci/bind"
	[[ $stderr == *"VFIO variant 'mlx5_vfio_pci' failed: "* ]]
	expect_policy vfio-pci vfio_pci best-vfio
}

@test "set-override --best-vfio tells at a terminal, and with -v, which better one is excluded" {
	on_generic
	real_table
	modprobe_d "blacklist mlx5_vfio_pci"
	run_driverctl set-override --best-vfio 0000:01:00.0
	expect 0 "" ""
	run_driverctl -v set-override --best-vfio 0000:01:00.0
	grep -qx "driverctl: 0000:01:00.0: mlx5_vfio_pci is excluded: blacklisted in modprobe.d" <<<"$stderr"
	run_in_tree script -qec "$DRIVERCTL set-override --best-vfio 0000:01:00.0" /dev/null
	[[ $output == *"mlx5_vfio_pci is excluded: blacklisted in modprobe.d"* ]]
	run_driverctl -v load-override 0000:01:00.0
	[[ $stderr != *"is excluded"* ]]
}

@test "load-override of what is fixed does not rank" {
	on_generic
	run_driverctl set-override 0000:01:00.0 vfio-pci
	expect_policy vfio-pci vfio_pci fixed
	real_table
	module_driver mlx5_vfio_pci pci mlx5_vfio_pci
	run_driverctl load-override 0000:01:00.0
	expect 0 "" ""
	expect_nothing_bound
}

@test "load-override by rank writes nothing to /etc, and the store's file of others is fixed" {
	on_best
	run_driverctl set-override --best-vfio 0000:01:00.0
	run_in_tree bash -c 'mount -n -o remount,bind,ro /etc && exec "$@"' - \
		"$DRIVERCTL" load-override 0000:01:00.0
	expect 0 "" ""
	mlx5 0000:01:00.0 driver=vfio-pci override=vfio-pci
	put "$STORE/pci-0000:01:00.0" vfio-pci
	run_driverctl load-override 0000:01:00.0
	expect 0 "" ""
	expect_nothing_bound
}

@test "a VFIO device of a driver that is not ranked is refused" {
	real_table
	module_driver mlx5_vfio_pci pci mlx5_vfio_pci
	module_driver nvidia_vgpu_vfio pci nvidia-vgpu
	mlx5 0000:01:00.0 driver=nvidia-vgpu
	mkdir -p "$(device_dir pci 0000:01:00.0)/vfio-dev/vfio0"
	run_driverctl set-override --best-vfio 0000:01:00.0
	expect 4 "" "driverctl: 0000:01:00.0: already a VFIO device of a driver that is not ranked; \
still on 'nvidia-vgpu', nothing changed (use --force to proceed anyway)"
	expect_nothing_bound
	diff <(find "$STORE" -mindepth 1) /dev/null
	run_driverctl --force set-override --best-vfio 0000:01:00.0
	[ "$status" = 5 ]
	grep -qx 0000:01:00.0 "$SYS/bus/pci/drivers/nvidia-vgpu/unbind"
}

@test "a VFIO device of a driver that is ranked, or excluded, is not foreign" {
	on_generic
	real_table
	mkdir -p "$(device_dir pci 0000:01:00.0)/vfio-dev/vfio0"
	run_driverctl set-override --best-vfio 0000:01:00.0
	expect 0 "" ""
	module_driver mlx5_vfio_pci pci other-name
	mlx5 0000:01:00.0 driver=other-name
	modprobe_d "blacklist mlx5_vfio_pci"
	run_driverctl set-override --best-vfio 0000:01:00.0
	[ "$status" = 5 ]
	grep -qx 0000:01:00.0 "$SYS/bus/pci/drivers/other-name/unbind"
}

@test "a VFIO device of a module that is being loaded is not foreign: its driver is waited for" {
	real_table
	module_driver mlx5_vfio_pci pci other-name
	mlx5 0000:01:00.0 driver=other-name override=other-name
	mkdir "$(device_dir pci 0000:01:00.0)/vfio-dev"
	# The kernel makes these links after the driver has taken its devices.
	rm -r "$SYS/module/mlx5_vfio_pci/drivers" "$SYS/bus/pci/drivers/other-name/module"
	put "$SYS/module/mlx5_vfio_pci/initstate" coming
	put "$TREE/etc/end-of-loading" "cd /sys/module/mlx5_vfio_pci" "mkdir drivers" \
		"ln -s ../../../bus/pci/drivers/other-name drivers/pci:other-name" \
		"ln -s ../../../../module/mlx5_vfio_pci /sys/bus/pci/drivers/other-name/module" \
		"echo live >initstate"
	run_faulty open /sys/module/mlx5_vfio_pci/initstate \
		--then "open:once:do=sh -e /etc/end-of-loading" /sys/module/mlx5_vfio_pci/initstate \
		-- set-override --best-vfio 0000:01:00.0
	expect 0 "" ""
	expect_file "$STORE/pci-0000:01:00.0" other-name
	[ ! -s "$SYS/bus/pci/drivers/other-name/unbind" ]
	# One that does not come to an end is waited for no longer than the time allows.
	rm -r "$SYS/module/mlx5_vfio_pci/drivers" "$SYS/bus/pci/drivers/other-name/module"
	put "$SYS/module/mlx5_vfio_pci/initstate" coming
	run_driverctl --timeout=1 set-override --best-vfio 0000:01:00.0
	[ "$status" = 6 ]
	[ ! -s "$SYS/bus/pci/drivers/other-name/unbind" ]
}

@test "a device that is no VFIO device is not foreign" {
	on_best
	mlx5 0000:01:00.0 driver=mlx5_core
	run_driverctl set-override --best-vfio 0000:01:00.0
	[ "$status" = 5 ]
	grep -qx 0000:01:00.0 "$SYS/bus/pci/drivers/mlx5_core/unbind"
}

@test "list-persisted -v: the saved driver, and what a load would choose now" {
	on_best
	run_driverctl set-override --best-vfio 0000:01:00.0
	run_driverctl -v list-persisted
	expect 0 "0000:01:00.0 mlx5_vfio_pci (best-vfio: mlx5_vfio_pci)" ""
	put "$TREE/etc/driverctl.conf" "[vfio]" "deny = mlx5_vfio_pci"
	run_driverctl -v list-persisted
	expect 0 "0000:01:00.0 mlx5_vfio_pci (best-vfio: vfio_pci)" ""
	run_driverctl list-persisted
	expect 0 "0000:01:00.0 mlx5_vfio_pci" ""
}

@test "no driver is not a variant" {
	mlx5 0000:01:00.0
	run_driverctl best-vfio --vfio-variant=none 0000:01:00.0
	expect 2 "" "driverctl: invalid driver name 'none'"
	run_driverctl set-override --vfio-variant=none 0000:01:00.0
	expect 2 "" "driverctl: invalid driver name 'none'"
}
