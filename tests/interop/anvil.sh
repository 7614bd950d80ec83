#!/bin/sh
# shellcheck disable=SC2317 # until_true calls functions by their names
# Against anvil, a node that nobody here wrote: healthy; mining stops: network-outage
# within the bound; the incident is worked while mining begins again: the checks pass;
# anvil is stopped: we cannot see, which is not the same as halted.
#
# The chain is not of QBFT, so validators are unknown and P = T = 1 s come from its
# headers: a block is overdue P + 3T + 2 s after the last one.
. "${srcdir:-.}/tests/cli/lib.sh"
. "${srcdir:-.}/tests/interop/peers.sh"
need jq curl npm
poll_ms=1000
bound_ms=$((1000 + 3 * 1000 + 2000 + 2 * poll_ms))
db=$scratch/x.db

npm_peer anvil @foundry-rs/anvil-linux-amd64 bin/anvil
"$peer" --chain-id 138 --block-time 1 --port 0 >"$scratch/anvil.log" 2>&1 </dev/null &
anvil=$!
started="$started $anvil"
until_true 10 grep -qs '^Listening on' "$scratch/anvil.log" || no_peer "anvil does not start: $(tail -n 3 "$scratch/anvil.log")"
url=http://$(sed -n 's/^Listening on //p' "$scratch/anvil.log")

# rpc METHOD PARAMS: the result, as JSON.
rpc() {
	curl -sS --max-time 5 -H 'Content-Type: application/json' --data "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$1\",\"params\":$2}" "$url" | jq -c .result
}

block() {
	printf '%d' "$(rpc eth_blockNumber '[]' | tr -d '"')"
}

has_blocks() {
	[ "$(block)" -ge 3 ]
}

# reached MARK: true once the console's script has come that far, or has ended.
reached() {
	[ -e "$scratch/$1" ] || ! kill -0 "$console" 2>/dev/null
}

# await MARK SECONDS
await() {
	until_true "$2" reached "$1"
	[ -e "$scratch/$1" ] && return
	fail "the console comes to: $1" "$(tail -n 3 "$scratch/console.err")"
	finish
}

# --- healthy ------------------------------------------------------------------------

until_true 10 has_blocks
expect_exit 0 "healthy: status" status --json "$url"
expect_json "healthy: no proposals" "$scratch/out" '.health == "ok" and .proposals == []'
expect_json "healthy: the chain is anvil's" "$scratch/out" '.components[] | select(.kind == "chain") | .id == "chain/138" and .values.chain_id == 138 and .values.head >= 3'
expect_json "healthy: peers that are not offered are not zero peers" "$scratch/out" '.components[] | select(.kind == "node") | .health == "ok" and .values.peers == null'
expect_json "healthy: says why it knows no validators" "$scratch/out" '.components[] | select(.kind == "chain") | .reason | contains("QBFT")'

# --- one console from the first missed block to the export --------------------------------

cat >"$scratch/walk" <<WALK
:wait health chain/138 ok 20s
:dump $scratch/healthy
:wait proposal network-outage 60s
:dump $scratch/proposed
:declare
:wait stage INC-1 triage
:commander alice
:impact no transaction is mined
:stage next
:wait stage INC-1 respond
:runbook network-outage
:stage resolve mining was switched off by this test
:wait stage INC-1 resolve
:dump $scratch/resolving
:wait check blocks-advance passed 60s
:wait check validators-turn passed 60s
:wait check nodes-agree passed 60s
:dump $scratch/checked
:stage review
:wait stage INC-1 review
:section root-cause evm_setIntervalMining 0
:export md $scratch/review.md
:wait recorded
WALK
"$tocsin" --db "$db" --as alice console --script "$scratch/walk" "$url" >"$scratch/console.out" 2>"$scratch/console.err" </dev/null &
console=$!
started="$started $console"
await healthy 20

rpc evm_setIntervalMining '[0]' >"$scratch/answer"
last_ms=$(($(rpc eth_getBlockByNumber '["latest",false]' | jq -r .timestamp | xargs printf '%d') * 1000))
await proposed 60
"$tocsin" --db "$db" incident list >"$scratch/out" 2>&1
waited_ms=$(($(date +%s%3N) - last_ms))
printf 'measured: proposed %d ms after the time of the last block (bound %d ms)\n' "$waited_ms" "$bound_ms"
if [ "$waited_ms" -le "$bound_ms" ]; then
	pass "outage: proposed within the bound and two polls"
else
	fail "outage: proposed within the bound and two polls" "$waited_ms ms instead of $bound_ms ms"
fi
expect_exit 2 "outage: status" status --json "$url"
expect_json "outage: one P0 network-outage" "$scratch/out" '[.proposals[] | [.cause, .severity]] == [["network-outage", "P0"]]'
expect_json "outage: the chain is critical, its node answers" "$scratch/out" \
	'[.components[] | select(.kind == "chain") | .health] == ["critical"] and [.components[] | select(.kind == "node") | .reach] == ["ok"]'

# --- mining again ---------------------------------------------------------------------------

await resolving 30
expect_exit 1 "resolve: the checks do not pass while the chain stands" --db "$db" incident stage INC-1 review
rpc evm_setIntervalMining '[1]' >"$scratch/answer"
again_ms=$(date +%s%3N)
await checked 90
printf 'measured: all checks passed %d ms after mining began again\n' $(($(date +%s%3N) - again_ms))
wait "$console"
expect_equal "resolve: the console's walk went through" $? 0
expect_exit 0 "resolve: the record" --db "$db" incident show INC-1 --json
expect_json "resolve: every check passed, none was overridden" "$scratch/out" '.stage == "review" and (.checks | length) == 3 and all(.checks[]; .passed)'
expect_json "resolve: what happened before the incident is in its timeline" "$scratch/out" '[.events[].kind] | index("detector.proposed") != null'
expect_text "review: exported" "$scratch/review.md" "## Root Cause"
expect_exit 0 "review: the record verifies" --db "$db" verify

# --- anvil hangs ----------------------------------------------------------------------------

kill -STOP "$anvil"
stop_ms=$(date +%s%3N)
t status --json "$url"
printf 'measured: visibility-lost after %d ms of a hung endpoint (status exit %d)\n' $(($(date +%s%3N) - stop_ms)) "$code"
expect_json "hung: visibility-lost, and nothing else" "$scratch/out" '[.proposals[].cause] == ["visibility-lost"]'
expect_json "hung: the chain is unknown, not halted" "$scratch/out" '[.components[] | select(.kind == "chain") | .health] == ["unknown"]'
kill -CONT "$anvil"
expect_exit 0 "and awake again: healthy" status --json "$url"
finish
