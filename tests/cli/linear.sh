#!/bin/sh
# The console as plain lines, for screen readers: what changes is said, commands and
# answers are read, and nothing but text is ever printed. The record then shows where
# the next start goes on.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

said=$scratch/said
mkfifo "$scratch/input"
"$tocsin" --db "$scratch/x.db" demo validator-failure --seed 7 --break-after 3s --linear <"$scratch/input" >"$said" 2>"$scratch/err" &
console=$!
started="$started $console"
exec 3>"$scratch/input"

# hear NAME TEXT: waits until it is said.
hear() {
	if until_true 90 grep -qF -- "$2" "$said"; then
		pass "$1"
	else
		fail "$1" "\"$2\" was not said: $(tail -c 1500 "$said")"
	fi
}

type() {
	printf '%s\n' "$1" >&3
}

hear "it says how it is used" "An empty line says how things stand"
hear "a new state" " is critical: "
hear "an alarm" "Alarm: P1 Validator failure"
hear "a proposal" "proposed P1 Validator failure"
type ""
hear "how things stand: the header" "proposed: Validator failure"
hear "the panes with their heads" "state node"
hear "turns in words" "last turns: "
hear "what can be done" "You can: declare, dismiss"
type "declare"
hear "what the record got" "declared INC-1 P1 Validator failure"
hear "the new screen, by itself" "Triage can be left when:"
type ":commander alice"
hear "with a colon too" "alice is commander"
type "note the pager rang at nine"
hear "a note" "the pager rang at nine"
type "nonsense"
hear "a mistake" 'Error: no command "nonsense"'
type "help note"
hear "help" "Writes a note into the timeline"
type "runbook"
hear "a runbook" "runbook validator-failure"
type "impact blocks come slower"
hear "impact" "blocks come slower"
type "next-stage"
hear "a stage" "stage Respond"
type ""
hear "what it needs" "Respond can be left when:"
type "skip seen on the board"
hear "a step" "seen on the board"
type "quit"
hear "a question, in full" "Type yes to confirm (Leave); anything else cancels."
type "no"
hear "its answer" "cancelled, nothing was done"
type "quit"
type "yes"
until_true 90 sh -c "! kill -0 $console 2>/dev/null"
wait "$console"
expect_equal "it leaves" "$?" 0
exec 3>&-

if LC_ALL=C grep -q "$(printf '[\001-\010\013-\037\177]')" "$said"; then
	fail "only text" "control characters were printed"
else
	pass "only text"
fi

# --- the next start goes on --------------------------------------------------------------

cat >"$scratch/script" <<'SCRIPT'
:size 120x40
:wait recorded
:wait text INC-1 is still open 90s
:dump -
SCRIPT
expect_exit 0 "the next start" --db "$scratch/x.db" demo healthy --script "$scratch/script"
expect_text "goes on with the incident" "$scratch/out" "INC-1 is still open, in Respond, step 2 is next"
expect_text "on its screen" "$scratch/out" "Respond can be left when"

# --- what is not there is not said, and pictures are words ------------------------------

printf '\ndeclare\n\nquit now\n' >"$scratch/file"
"$tocsin" --db "$scratch/y.db" demo healthy --linear <"$scratch/file" >"$scratch/out" 2>"$scratch/err"
expect_equal "a healthy network" "$?" 0
expect_text "a line that lacks words names them" "$scratch/out" "Error: declare: words are missing (write it in one line: declare TITLE)"
expect_equal "nothing is said of what nobody configured" "$(grep -E '^(Alerts|Pods|CCIP lanes|Workloads|Probes|Oracle feeds)' "$scratch/out")" ""
expect_equal "no pictures" "$(grep -e '▁' -e '●' "$scratch/out")" ""

printf ':quit now' >"$scratch/file"
"$tocsin" --db "$scratch/x.db" --ascii demo healthy --linear <"$scratch/file" >"$scratch/out" 2>"$scratch/err"
expect_equal "a file is read too" "$?" 0
if LC_ALL=C grep -q '[^ -~]' "$scratch/out"; then
	fail "ASCII is enough" "$(LC_ALL=C grep '[^ -~]' "$scratch/out" | head -3)"
else
	pass "ASCII is enough"
fi

# The option works wherever the message about a terminal without a cursor sends people.
sim net healthy --seed 7
url=$(urls net | head -1)
for words in "--linear $url" "$url --linear" "--linear console $url" "console $url --linear"; do
	# shellcheck disable=SC2086
	"$tocsin" --db "$scratch/y.db" $words <"$scratch/file" >"$scratch/out" 2>"$scratch/err"
	expect_equal "tocsin $words" "$? $(cat "$scratch/err")" "0 "
	expect_text "prints lines" "$scratch/out" "changes are printed as lines"
done
t --linear
expect_text "tocsin --linear wants a configuration" "$scratch/err" "no configuration:"
finish
