#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2016 # an inner shell's
#
# What each command prints, on one varied machine: the golden files, fixtures/golden/NAME. Each has calls,
# "$ driverctl ARGUMENT...", as a shell would read them, and below each what it prints, "stderr: " before
# the lines of standard error, and its exit status. With "$ tty driverctl", it runs at a terminal. Write
# the files again with GOLDEN=write, and read the difference.

load ../helpers/tree
load ../helpers/json
load ../fixtures/varied

setup() {
	tree_create "$BATS_TEST_TMPDIR/tree"
	varied_machine
}

# Runs the calls of its input, and leaves the standard output of call N in $1/N.json if that is JSON.
RUN_CALLS='
	out=$1
	ip link set lo up && ip link set eth0 up && ip -4 route add default dev eth0
	set -f
	for ((n = 1; ; n++)); do
		read -r line || break
		printf "\$ %s\n" "$line"
		status=0
		eval "set -- $line"
		if [ "$1" = tty ]; then
			shift 2
			NO_COLOR=1 script -qec "stty cols 120; exec $DRIVERCTL $* 7</dev/full" /dev/null </dev/null 2>"$out/stderr" |
				tr -d "\r" >"$out/stdout"
			status=${PIPESTATUS[0]}
		else
			(
				exec </dev/null >"$out/stdout" 2>"$out/stderr" 7</dev/full
				exec "$DRIVERCTL" "${@:2}"
			) || status=$?
		fi
		cat "$out/stdout"
		sed "s/^/stderr: /" "$out/stderr"
		printf "exit %d\n\n" "$status"
		[[ $(<"$out/stdout") != "["* ]] || cp "$out/stdout" "$out/$n.json"
	done'

# What differs between machines: how many processes root alone sees, pids, the kernel's release, and the
# versions of json-c. A short object or array of JSON gets one line.
same_anywhere() {
	sed -E 's/, as far as seen: .*//; /processes can be looked into by root only$/d
		s/("unseen_processes":)[0-9]+/\10/; s/\(pid [0-9]+\)/(pid N)/; s/("pid":)[0-9]+/\10/' |
		/usr/bin/python3 -c 'import os, re, sys
def join(m):
    line = re.sub(r"\n *", " ", m[0])
    return (line if len(line) < 300 else m[0]).translate(hide)
hide, show = str.maketrans("[]{}", "\1\2\3\4"), str.maketrans("\1\2\3\4", "[]{}")
text, before = sys.stdin.read().replace(os.uname().release, "RELEASE").rstrip("\n") + "\n", ""
while text != before:
    before, text = text, re.sub(r"[[{]\n[^][{}]*[]}]", join, text)
sys.stdout.write(text.translate(show))'
}

# golden NAME [SCHEMA]: run the calls of a golden file, check the whole output, and that of --json.
golden() {
	local file=$ROOT/tests/fixtures/golden/$1 out=$BATS_TEST_TMPDIR/out
	mkdir "$out"
	sed -n 's/^\$ //p' "$file" | DRIVERCTL=$DRIVERCTL in_tree bash -c "$RUN_CALLS" - "$out" | same_anywhere >"$out/all"
	if [ "${GOLDEN:-}" = write ] && [ -s "$out/all" ]; then
		cp "$out/all" "$file"
	fi
	diff -u "$file" "$out/all" >&2
	[ -z "${2:-}" ] || validate "$2.schema.json" "$out"/*.json
}

# touches_nothing NAME [SCHEMA]: golden; and the tree is as before, without a lock file.
touches_nothing() {
	local before
	before=$(snapshot)
	golden "$@"
	diff <(echo "$before") <(snapshot) >&2
}

# changes_nothing NAME [SCHEMA]: golden; and only /run/driverctl, where the locks are, has changed.
changes_nothing() {
	local before
	before=$(snapshot | grep -v ' *run')
	golden "$@"
	diff <(echo "$before") <(snapshot | grep -v ' *run') >&2
}

@test "best-vfio" { touches_nothing best-vfio best-vfio; }
@test "check" { touches_nothing check check; }
@test "help" { touches_nothing help; }
@test "list-devices" { touches_nothing list-devices lists; }
@test "list-groups" { touches_nothing list-groups list-groups; }
@test "list-overrides" { touches_nothing list-overrides lists; }
@test "list-persisted" { touches_nothing list-persisted lists; }
@test "list-rules" { touches_nothing list-rules list-rules; }
@test "load-override" { touches_nothing load-override results; }
@test "set-override" { touches_nothing set-override results; }
@test "set-rule and unset-rule" { touches_nothing rule results; }
@test "show" { touches_nothing show show; }
@test "unset-override" { touches_nothing unset-override results; }
@test "refusals" { changes_nothing refusals results; }
@test "wrong use" { touches_nothing usage; }
