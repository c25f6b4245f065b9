# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154 # status and stderr are those of run_in_tree
#
# Runs the completions of bash, zsh and fish on the tree.

SHELLS="bash zsh fish"

# The directory of the program that the completions find.
PROGRAM_DIRECTORY=$(dirname "$DRIVERCTL")

# completed SHELL LINE [WORDBREAKS]: set output to what the shell offers at the end of the line, one
# candidate a line. In zsh and fish, its description is behind a tab. WORDBREAKS are bash's.
completed() {
	local command
	# shellcheck disable=SC2016 # the inner shells' variables
	case $1 in
	bash) command=(bash -c '. "$1"; COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$3; _driverctl
		[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' -
		"$ROOT/completions/driverctl.bash" "$2" "${3- }") ;;
	zsh) command=(zsh -f "$HELPERS/zsh-complete" "$ROOT/completions/_driverctl" driverctl "$2") ;;
	fish) command=(fish --private -c 'source $argv[1]; complete -C $argv[2]'
		"$ROOT/completions/driverctl.fish" "$2") ;;
	esac
	# zsh writes its list of functions once.
	run_in_tree env "PATH=$PROGRAM_DIRECTORY:$PATH" "HOME=$BATS_TEST_TMPDIR" \
		"ZDOTDIR=$BATS_FILE_TMPDIR" "${command[@]}"
}

# candidates SHELL LINE [WORDBREAKS]: set output to the candidates alone, sorted. bash and fish
# repeat the option before a value, and put a = behind an option that needs one. If nothing begins
# with the last word, fish also offers what has its letters.
candidates() {
	local word=${2##*[ =]}
	completed "$@"
	output=$(sed -E 's/\t.*//; s/^--[a-z-]+=(.)/\1/; s/=$//' <<<"$output" | sort -u)
	[ "$1" != fish ] || output=$(awk -v word="$word" 'index($0, word) == 1' <<<"$output")
	[ "$status" = 0 ] && [ -z "$stderr" ] && return
	printf '%s\n' "-- $1: $2: exit $status" "$output" "-- stderr:" "$stderr" >&2
	return 1
}

# each_offers LINE CANDIDATE...: check that every shell offers these candidates and no others.
each_offers() {
	local shell
	for shell in $SHELLS; do
		candidates "$shell" "$1"
		if ! diff <(printf '%s\n' "${@:2}" | sort) - <<<"$output" >&2; then
			echo "-- $shell: $1" >&2
			return 1
		fi
	done
}
