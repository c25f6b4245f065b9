# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Measuring on a built tree, and tables in Markdown, which README.md here quotes.

# tools_create NAME...: builds bench/NAME.c in $tools; sets scratch, which is removed at the end.
tools_create() {
	local tool here
	here=$(dirname "${BASH_SOURCE[0]}")
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	tools=$BUILD/bench
	mkdir -p "$tools"
	for tool; do
		"${CC:-cc}" -D_GNU_SOURCE -O2 -Wall -Wextra -o "$tools/$tool" "$here/$tool.c"
	done
}

# measure RUNS COMMAND...: in the tree; sets median, least, greatest (ms) and memory (KiB).
measure() {
	# shellcheck disable=SC2034 # the callers use memory
	read -r median least greatest memory < <(in_tree "$tools/measure" "$@")
}

# spread: the last measurement, as MEDIAN (LEAST to GREATEST) with three digits.
spread() {
	awk -v m="$median" -v l="$least" -v g="$greatest" '
		function f(x) { return sprintf(x < 9.995 ? "%.2f" : x < 99.95 ? "%.1f" : "%.0f", x) }
		BEGIN { print f(m) " (" f(l) " to " f(g) ")" }'
}

# ratio A B [FACTOR]: FACTOR times A / B with two or three digits
ratio() {
	awk -v r="$1 $2 ${3:-1}" 'BEGIN { split(r, v); q = v[3] * v[1] / v[2]
		printf(q < 9.95 ? "%.2f" : "%.0f", q) }'
}

row() {
	printf '| %s ' "$@"
	echo '|'
}

head_row() {
	row "$@"
	printf '|---%.0s' "$@"
	echo '|'
}
