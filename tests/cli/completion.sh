#!/bin/sh
# What bash offers after a word, for one call of each shape.
. "${srcdir:-.}/tests/cli/lib.sh"
need bash

# offers NAME WANTED WORD...: the words on offer for the last one, blanks between.
offers() {
	name=$1 wanted=$2
	shift 2
	expect_equal "$name" "$(bash -c '
		source "$1/completions/tocsin"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_tocsin
		echo "${COMPREPLY[*]}"' bash "${srcdir:-.}" "$@")" "$wanted"
}

offers "a command by its beginning" "status sim silence" tocsin s
offers "a scenario" "validator-failure" tocsin demo v
offers "a verb behind an option and its value" "show set stage section snooze" tocsin --db x incident s
offers "an option of the verb" "--severity" tocsin incident declare --s
offers "a severity" "P0 P1 P2 P3" tocsin incident set INC-1 --severity ""
offers "a format" "json jsonl" tocsin export INC-1 --format j
offers "a runbook" "network-outage" tocsin runbook show n
offers "what a run takes" "--dry-run --yes --arm --set --json" tocsin runbook run --
offers "nothing for what nobody knows" "" tocsin nonsense ""

finish
