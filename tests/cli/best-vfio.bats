#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ranking of VFIO drivers, and set-override and load-override by it.

load ../helpers/tree
load ../helpers/json

GENERIC="alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci"

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
	prints "$2" run_driverctl best-vfio "$1"
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
		8086:10d3 vfio_pci
		15b3:1017 vfio_pci
		101e:15b3 vfio_pci
	END
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
	rm "$MODULES/modules.alias"
	expect_best 0000:01:00.0 of_kernel
}

@test "an alias of modprobe.d with a - in it" {
	modprobe_d "alias vfio_fsl-mc:v00001957ddprc of_config"
	bus_device fsl-mc dprc.1 modalias=fsl-mc:v00001957ddprc
	expect_best fsl-mc/dprc.1 of_config
}

# --- tables ---

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

@test "what excludes a variant, and what does not: the next one is chosen, and the reason told" {
	local file line reason
	real_table
	mlx5 0000:01:00.0
	while IFS='|' read -r file line reason; do
		echo "# $line"
		rm -f "$TREE/etc/modprobe.d/test.conf" "$TREE/etc/driverctl.conf"
		case $file in
		modprobe) modprobe_d "$line" ;;
		config) config "[vfio]" "$line" ;;
		esac
		expect_ranked 0000:01:00.0 <<-END
			mlx5_vfio_pci 5 modules.alias${reason:+ ($reason)}
			vfio_pci 7 modules.alias
		END
		expect_best 0000:01:00.0 "$([ -n "$reason" ] || echo mlx5_)vfio_pci"
	done <<-'END'
		modprobe|blacklist mlx5_vfio_pci|blacklisted in modprobe.d
		modprobe|blacklist mlx5-vfio-pci|blacklisted in modprobe.d
		modprobe|blacklist mlx5_vfio|
		modprobe|blacklist mlx5_core|
		modprobe|install mlx5-vfio-pci /bin/false|modprobe.d installs it as /bin/false
		modprobe|install mlx5_vfio_pci /usr/bin/true|modprobe.d installs it as /bin/false
		modprobe|install mlx5_vfio_pci false|modprobe.d installs it as /bin/false
		modprobe|install mlx5_vfio_pci /bin/false # by policy|modprobe.d installs it as /bin/false
		modprobe|install mlx5_vfio_pci /bin/true; :|modprobe.d installs it as /bin/false
		modprobe|install mlx5*vfio?pci /bin/false|modprobe.d installs it as /bin/false
		modprobe|install mlx5_vfio_pci /sbin/modprobe -i mlx5_vfio_pci|
		modprobe|install mlx5_vfio_pci /bin/falsehood|
		modprobe|install mlx5_vfio_pci /bin/echo false|
		config|deny = mlx5_vfio_pci|denied in driverctl.conf
		config|deny = other mlx5-vfio-pci|denied in driverctl.conf
		config|deny = mlx5_core|
	END
}

@test "blacklisted on the kernel's command line: the next one" {
	real_table
	mlx5 0000:01:00.0
	put "$TREE/run/cmdline" "quiet modprobe.blacklist=other,mlx5_vfio_pci"
	run_in_tree bash -c 'mount -n --bind /run/cmdline /proc/cmdline && exec "$@"' - \
		"$DRIVERCTL" best-vfio 0000:01:00.0
	expect 0 vfio_pci ""
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
		prints "$module" run_driverctl -b "$bus" best-vfio "$name"
	done <<-END
		platform fff51000.ethernet of:NethernetT(null)Ccalxeda,hb-xgmac vfio_platform
		amba 2c0a0000.dma amba:d00041330 vfio_amba
		fsl-mc dprc.1 fsl-mc:v00001957ddprc vfio_fsl_mc
		ap 05.0004 ap:t0B vfio_ap
		css 0.0.0013 css:t0 vfio_ccw
		cdx cdx-00:00 cdx:v000010EEd00000001 vfio_cdx
	END
}

# --- the command ---

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
		silently run_driverctl set-override $option 0000:01:00.0
		expect_policy mlx5_vfio_pci mlx5_vfio_pci best-vfio
		expect_nothing_bound
		rm -r "$STORE"
	done
}

@test "set-override --best-vfio: the driver's name is saved, and the module's beside it" {
	on_generic
	silently run_driverctl set-override --best-vfio 0000:01:00.0
	expect_policy vfio-pci vfio_pci best-vfio
	expect_nothing_bound
}

@test "set-override --best-vfio --nosave and --noprobe" {
	on_best
	silently run_driverctl --nosave set-override --best-vfio 0000:01:00.0
	diff <(find "$STORE" -mindepth 1) /dev/null
	mlx5 0000:02:00.0
	silently run_driverctl --noprobe set-override --best-vfio 0000:02:00.0
	expect_file "$STORE/pci-0000:02:00.0" mlx5_vfio_pci
	overrides 0000:02:00.0=mlx5_vfio_pci
	expect_nothing_bound
}

@test "set-override --vfio-variant=generic, and a name: fixed" {
	local name
	on_generic
	real_table
	for name in generic vfio_pci vfio-pci; do
		silently run_driverctl set-override --vfio-variant=$name 0000:01:00.0
		expect_policy vfio-pci vfio_pci fixed
		rm -r "$STORE"
	done
	run_driverctl set-override --vfio-variant=nosuch 0000:01:00.0
	expect_error 7 "driverctl: 0000:01:00.0: no driver or module 'nosuch'; still on 'vfio-pci', *"
}

@test "a best one that does not load is skipped, which goes to the log and to a terminal" {
	on_generic
	real_table
	silently run_logged set-override --best-vfio 0000:01:00.0
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
	silently run_driverctl set-override --best-vfio 0000:01:00.0
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
	overrides 0000:01:00.0=
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
	silently run_driverctl load-override 0000:01:00.0
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
	silently run_driverctl set-override --best-vfio 0000:01:00.0
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
	silently run_driverctl load-override 0000:01:00.0
	expect_nothing_bound
}

@test "load-override by rank writes nothing to /etc, and the store's file of others is fixed" {
	on_best
	run_driverctl set-override --best-vfio 0000:01:00.0
	silently run_in_tree bash -c 'mount -n -o remount,bind,ro /etc && exec "$@"' - \
		"$DRIVERCTL" load-override 0000:01:00.0
	mlx5 0000:01:00.0 driver=vfio-pci override=vfio-pci
	put "$STORE/pci-0000:01:00.0" vfio-pci
	silently run_driverctl load-override 0000:01:00.0
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
	silently run_driverctl set-override --best-vfio 0000:01:00.0
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
	silently run_faulty open /sys/module/mlx5_vfio_pci/initstate \
		--then "open:once:do=sh -e /etc/end-of-loading" /sys/module/mlx5_vfio_pci/initstate \
		-- set-override --best-vfio 0000:01:00.0
	expect_file "$STORE/pci-0000:01:00.0" other-name
	[ ! -s "$SYS/bus/pci/drivers/other-name/unbind" ]
	# One that does not come to an end is waited for no longer than the time allows.
	rm -r "$SYS/module/mlx5_vfio_pci/drivers" "$SYS/bus/pci/drivers/other-name/module"
	put "$SYS/module/mlx5_vfio_pci/initstate" coming
	run_driverctl --timeout=1 set-override --best-vfio 0000:01:00.0
	[ "$status" = 6 ]
	[ ! -s "$SYS/bus/pci/drivers/other-name/unbind" ]
}
