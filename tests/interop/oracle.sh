#!/bin/sh
# shellcheck disable=SC2016,SC2317 # $names inside single quotes are jq's; until_true calls by name
# An aggregator of an oracle on anvil, whose contract nobody here wrote: it goes stale while
# the chain's time passes, updates, is late, goes negative, differs from a second one, and
# stands with its chain. Tocsin says what the contract says, and names the one cause.
. "${srcdir:-.}/tests/cli/lib.sh"
. "${srcdir:-.}/tests/interop/peers.sh"
need jq curl npm node

here=$srcdir/tests/interop/contracts
contracts_peer "$here"
anvil 138

# feed COMMAND...: ends the test when it should have worked.
feed() {
	node "$here/feed.js" "$project" "$url" "$@" >"$scratch/feed" 2>"$scratch/feed.err" && return
	fail "feed $*" "$(tail -n 3 "$scratch/feed.err")"
	finish
}

# The chain lives two hours ago; then the present begins.
feed deploy 2000.5
aggregator=$(cat "$scratch/feed")
feed deploy 2001
second=$(cat "$scratch/feed")
anvil_present "$url"

# configure HEARTBEAT [LINE...]: of the aggregator; the lines are added to its section.
configure() {
	cat <<-CONF
		[network]
		name = Oracle
		chain_id = 138

		[node one]
		url = $url

		[feed eth-usd]
		address = $aggregator
		heartbeat = $1
	CONF
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@"
}
configure 30m 'grace = 5m' >"$scratch/feed.conf"
configure 30s 'grace = 2s' >"$scratch/strict.conf"
configure 30m 'signed = yes' >"$scratch/signed.conf"
configure 30m 'second_feed = other' '' '[feed other]' "address = $second" 'heartbeat = 30d' >"$scratch/second.conf"

# look NAME EXIT CONF: one status; it has the round and the answer of the contract.
look() {
	expect_exit "$2" "$1" --config "$scratch/$3.conf" status --json
	feed truth "$aggregator"
	# The age is of the moment when it was seen.
	expect_json "$1: as the contract says" "$scratch/out" '(.at | sub("\\.[0-9]+Z$"; "Z") | fromdateiso8601) as $at | .components[] | select(.id == "feed/eth-usd") | $truth[0] as $t |
		(.values.answer | tonumber) == ($t.answer | tonumber) and .values.round == "\($t.round)" and
		(.values.updated_age_s - ($at - .age_ms / 1000 - $t.updated) | fabs) <= 2' --slurpfile truth "$scratch/feed"
}

# proposed NAME: the oracle, and nothing else.
proposed() {
	expect_json "$1: one proposal, oracle-update-failures" "$scratch/out" '[.proposals[] | [.cause, .components]] == [["oracle-update-failures", ["feed/eth-usd"]]]'
}
well='.proposals == [] and (.components[] | select(.id == "feed/eth-usd") | .health == "ok")'

look "stale for two hours" 2 feed
proposed "stale for two hours"
feed answer "$aggregator" 2000.75
look "updated" 0 feed
expect_json "updated: well" "$scratch/out" "$well"

feed answer "$aggregator" -1.5
look "negative" 2 feed
proposed "negative"
look "negative, where that is an answer" 0 signed
expect_json "negative, where that is an answer: well" "$scratch/out" "$well"
feed answer "$aggregator" 0
look "zero" 2 feed
proposed "zero"

feed answer "$aggregator" 2010
look "half a percent off a second one" 0 second
feed answer "$aggregator" 2040
look "two percent off a second one" 2 second
expect_json "two percent off: the oracle is proposed" "$scratch/out" '[.proposals[].cause] == ["oracle-update-failures"]'

# Heartbeat and grace are over after 32 s, twice the heartbeat after 60.
feed answer "$aggregator" 2000
sleep 34
look "late" 1 strict
expect_json "late: a warning" "$scratch/out" '.components[] | select(.id == "feed/eth-usd") | .health == "warning"'

# --- a chain that stands ------------------------------------------------------------------

anvil_rpc "$url" evm_setIntervalMining '[0]' >"$scratch/answer"
sleep 32
look "its chain stands" 2 strict
expect_json "its chain stands: one proposal, of the chain" "$scratch/out" '[.proposals[].cause] == ["network-outage"]'
expect_json "its chain stands: that the feed is stale follows from it" "$scratch/out" '.proposals[0].consequences | tostring | contains("feed/eth-usd")'
finish
