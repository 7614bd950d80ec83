#!/bin/sh
# shellcheck disable=SC2016,SC2317 # $names inside single quotes are jq's; until_true calls by name
# The whole walk in one console without a terminal: a validator fails, the incident is
# proposed, declared, worked through its runbook, verified, resolved, reviewed and
# exported. Killed on the way, the console resumes in the same incident, stage and step.
. "${srcdir:-.}/tests/cli/lib.sh"
need jq
db=$scratch/x.db

# On another machine this would be somebody's kubectl: it tells the test's sim to heal.
sim net validator-failure --seed 7 --victim besu-validator-1 --break-after 3s --write-config "$scratch/net.conf" || finish
mkdir "$scratch/bin"
cat >"$scratch/bin/kubectl" <<KUBECTL
#!/bin/sh
echo "kubectl \$*" >>"$scratch/kubectl.log"
case \$1 in
delete) kill -USR2 $sim_pid ;;
esac
echo "pod \$3"
KUBECTL
chmod +x "$scratch/bin/kubectl"
PATH=$scratch/bin:$PATH

# console SCRIPT: runs it on the network and the record; its exit code in $code.
console() {
	"$tocsin" --config "$scratch/net.conf" --db "$db" --as alice console --script "$1" >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
}

cat >"$scratch/first" <<SCRIPT
:wait proposal validator-failure 120s
:declare
:wait stage INC-1 triage
:commander alice
:impact blocks come late now and then
:next-stage
:wait stage INC-1 respond
:runbook validator-failure
:show
:run 1
key y
:tick 1
:wait step 1 done
:wait recorded
:dump $scratch/first.screen
:wait text never shown on any screen 300s
SCRIPT
"$tocsin" --config "$scratch/net.conf" --db "$db" --as alice console --script "$scratch/first" >"$scratch/out" 2>"$scratch/err" </dev/null &
console=$!
started="$started $console"
shown() {
	[ -e "$scratch/first.screen" ] || ! kill -0 "$console" 2>/dev/null
}
until_true 240 shown
if [ ! -e "$scratch/first.screen" ]; then
	fail "the console comes to the first step" "$(tail -n 3 "$scratch/err")"
	finish
fi
pass "proposed, declared, triaged, first step run and ticked"
kill -KILL "$console"
wait "$console" 2>/dev/null
expect_text "the command ran with its values" "$scratch/kubectl.log" "kubectl describe pod besu-validator-1 -n besu-network"

printf '%s\n' ':wait stage INC-1 respond 90s' :show ':wait step 1 done' ':run 4' ":dump $scratch/unarmed.screen" 'key y Enter' >"$scratch/unarmed"
console "$scratch/unarmed"
expect_equal "after a kill: the same incident, stage and step" "$code $(cat "$scratch/err")" "0 "
expect_text "UNARMED shows what is no read" "$scratch/unarmed.screen" 'kubectl delete pod besu-validator-1 -n besu-network'
expect_text "and says why it does not run it" "$scratch/unarmed.screen" "UNARMED runs only what is known to be a read"
expect_equal "nor did it" "$(grep -c delete "$scratch/kubectl.log")" 0

cat >"$scratch/second" <<SCRIPT
:wait stage INC-1 respond 90s
:show
:arm 10m the pod hangs
:run 4
type besu-validator-1
key Enter
:tick 4
:wait step 4 done
:stage resolve the other steps were not needed
:wait stage INC-1 resolve
:wait check blocks-advance passed 240s
:wait check validators-turn passed 240s
:wait check nodes-agree passed 240s
:next-stage
:wait stage INC-1 review
:section root-cause the process ran out of memory
:section resolution the pod was restarted
:section lessons-learned watch its memory
:action bob 2026-12-31 alert on memory
:export md $scratch/review.md
:wait recorded
SCRIPT
console "$scratch/second"
expect_equal "armed, healed, resolved, reviewed and exported" "$code $(cat "$scratch/err")" "0 "

expect_exit 0 "the record verifies" --db "$db" verify
expect_exit 0 "the incident" --db "$db" incident show INC-1 --json
expect_json "is in review, with checks that passed by themselves" "$scratch/out" '.stage == "review" and (.checks | length) == 3 and all(.checks[]; .passed)'
expect_json "has output, exit code and duration of what ran" "$scratch/out" \
	'[.events[] | select(.summary | contains("exit 0"))] | length == 2'
expect_json "and what was seen before it was declared" "$scratch/out" \
	'[.events[].kind] | index("detector.proposed") as $proposed | index("incident.declared") as $declared | $proposed != null and $proposed < $declared'
expect_json "in order" "$scratch/out" '[.events[] | [.occurred, .seq]] as $order | $order == ($order | sort)'
expect_text "the review has the root cause" "$scratch/review.md" "the process ran out of memory"
expect_text "and the action item" "$scratch/review.md" "alert on memory"
expect_equal "with its checkpoint" "$(wc -l <"$scratch/review.md.checkpoint" 2>/dev/null)" 3
finish
