#!/bin/sh
# The README says what is so: its examples are taken out of it and run.
. "${srcdir:-.}/tests/cli/lib.sh"
need sqlite3
readme=$(cd "${srcdir:-.}" && pwd)/README
cd "$scratch" || exit 99

# example FROM TO: the indented lines of README from one pattern to the other.
example() {
	sed -n "/^    $1/,/^    $2/p" "$readme" | sed 's/^    //'
}

example '\[network\]' 'url = https' >ten.conf
expect_equal "the configuration is as short as it says" "$(wc -l <ten.conf | tr -d " ")" 10
expect_exit 0 "and is accepted" --config ten.conf config check

"$tocsin" --db x.db incident declare --severity P1 --title "RPC slow" >declared
"$tocsin" --db x.db incident note INC-1 "first call" --at 2026-01-01T00:00:00Z
expect_exit 0 "a note in the past" --db x.db incident show INC-1 --json
for check in "event= SELECT.hash" "content= SELECT.content_hash"; do
	example "${check% *}" "sqlite3 x.db \"${check#* }" >check.sh
	sh check.sh >sums
	expect_equal "sha256sum agrees: ${check% *}" "$(sed -n 1p sums | cut -c 1-64)" "$(sed -n 2p sums)"
done
for format in md json jsonl csv; do
	expect_exit 0 "export as $format" --db x.db export INC-1 --format "$format" -o "inc-1.$format"
	expect_exit 0 "which the record still matches" --db x.db verify --checkpoint "inc-1.$format.checkpoint"
done

{
	cat ten.conf
	example '\[channel ops\]' 'on = declare'
} >channels.conf
expect_exit 0 "its channels are accepted" --config channels.conf config check
sed -n 's|^    tocsin incident update|incident update|p' "$readme" >update.line
# shellcheck disable=SC2046 # its words are the arguments
expect_exit 0 "an update to be pasted" --db x.db $(cat update.line)
expect_text "says what it is about" "$scratch/out" 'we are looking into a problem'
expect_text "and carries the checkpoint" "$scratch/out" 'tocsin/'
expect_exit 0 "the outbox" --db x.db outbox list

sed -n 's|^    tocsin runbook run|runbook run|p' "$readme" >dry.line
# shellcheck disable=SC2046 # its words are the arguments
expect_exit 0 "a dry run" $(cat dry.line)
expect_equal "shows the steps with their values" "$(grep -c 'kubectl .*besu-validator-2' "$scratch/out")" 4

rm inc-1.md
example '# detect' ':quit now' >night.script
expect_exit 0 "a whole incident by a script" --as alice demo validator-failure --db night.db --break-after 2s --script night.script
for heading in Incident Timeline "Root Cause" Impact Resolution "Lessons Learned" "Action Items"; do
	expect_text "the review has $heading" inc-1.md "## $heading"
done
expect_text "the cause that was typed" inc-1.md "the pod ran out of memory"
expect_exit 0 "the record of the night holds" --db night.db verify

finish
