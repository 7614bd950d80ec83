#!/bin/sh
# shellcheck disable=SC2016 # $names inside single quotes are jq's
# Against the contracts of CCIP as they are published, compiled here and deployed on two
# anvil chains: a lane of version 1.6 from chain 138 to chain 1337, and one of 1.5 back
# (contracts/ccip.js, which also does the work of the oracles). At each step of messages
# that are sent, committed, executed, fail and wait, of lanes that are cursed and lifted,
# Tocsin says what the contracts say, and names the one cause.
. "${srcdir:-.}/tests/cli/lib.sh"
. "${srcdir:-.}/tests/interop/peers.sh"
need jq curl npm node

here=$srcdir/tests/interop/contracts
contracts_peer "$here"
printf 'peer: contracts of CCIP 1.5.0 and 1.6.0, price registry of 1.4.0\n'

anvil 138
url_a=$url
anvil 1337
url_b=$url pid_b=$anvil_pid

# ccip COMMAND...: ends the test when it should have worked.
ccip() {
	node "$here/ccip.js" "$project" "$@" >"$scratch/ccip" 2>"$scratch/ccip.err" && return
	fail "ccip $*" "$(tail -n 3 "$scratch/ccip.err")"
	finish
}

# refused NAME WHY COMMAND...: the contracts revert with that.
refused() {
	refused_name=$1 refused_why=$2
	shift 2
	node "$here/ccip.js" "$project" "$@" >"$scratch/ccip" 2>"$scratch/ccip.err"
	expect_equal "$refused_name" "$(cat "$scratch/ccip.err")" "$refused_why"
}

ccip deploy "$url_a" "$url_b"
cp "$scratch/ccip" "$scratch/deployed"
anvil_present "$url_a"
anvil_present "$url_b"

# configure SLO: how long a message should take at most.
configure() {
	jq -r --arg a "$url_a" --arg b "$url_b" --arg slo "$1" '
		def lane($name; $from; $to; $source; $dest):
			"[lane \($name)]\nsource = \($from)\ndest = \($to)\nsource_router = \($source.router)\ndest_router = \($dest.router)\nfee_token = \($source.link)\n" +
			"fee_payer = \($source.sender)\nslo = \($slo)\ninterval = 1s\n";
		"[network]\nname = Source\nchain_id = 138\n\n[node source]\nurl = \($a)\n\n[chain network]\nselector = \(.a.selector)\ninterval = 1s\n\n" +
		"[chain other]\nrpc = \($b)\nchain_id = 1337\nselector = \(.b.selector)\ninterval = 1s\n\n" +
		lane("out"; "network"; "other"; .a; .b) + "\n" + lane("back"; "other"; "network"; .b; .a)' "$scratch/deployed"
}
configure 30m >"$scratch/lanes.conf"
configure 2s >"$scratch/strict.conf"

# agrees NAME LANE VERSION: what the last status says of a lane is what its contracts say.
agrees() {
	ccip truth "$3"
	expect_json "$1: lane $2 is as its contracts say" "$scratch/out" '.components[] | select(.id == $lane) | .values | $truth[0] as $t |
		.sent == $t.sent and .committed == $t.committed and .executed == $t.executed_to and .pending == $t.sent - $t.executed and .awaiting_commit == $t.awaiting_commit and
		.failed == $t.failed and .cursed == $t.cursed and .paused == $t.paused' --arg lane "lane/$2" --slurpfile truth "$scratch/ccip"
}

# look NAME EXIT [CONF]: one status, and both lanes in it.
look() {
	expect_exit "$2" "$1" --config "$scratch/${3:-lanes}.conf" status --json
	agrees "$1" out 1.6
	agrees "$1" back 1.5
}

# proposed NAME CAUSE LANE...: one cause, and it is of those lanes.
proposed() {
	proposed_name=$1 proposed_cause=$2
	shift 2
	expect_json "$proposed_name: one proposal, $proposed_cause" "$scratch/out" \
		'[.proposals[] | [.cause, (.components | sort)]] == [[$cause, ($lanes | split(" ") | map("lane/" + .) | sort)]]' --arg cause "$proposed_cause" --arg lanes "$*"
}

# says NAME LANE TEXT: in the reason for its health, or in the stage at fault.
says() {
	expect_json "$1: says \"$3\"" "$scratch/out" '.components[] | select(.id == $lane) | "\(.reason) \(.values.stage)" | contains($text)' --arg lane "lane/$2" --arg text "$3"
}

nothing='.health == "ok" and .proposals == []'

# --- both lanes, in good times -----------------------------------------------------------

look "nothing sent" 0
expect_json "nothing sent: versions are told apart, and the ramps found through routers" "$scratch/out" '[.components[] | select(.kind == "lane") | .values.version] == ["1.6", "1.5"]'
expect_json "nothing sent: a fee is quoted, and its token is there" "$scratch/out" \
	'all(.components[] | select(.kind == "lane") | .values; (.fee_quote | tonumber) > 0 and (.fee_balance | tonumber) == 1000)'
ccip send 1.6 3
ccip send 1.5 2
look "sent" 0
expect_json "sent: young messages are no fault" "$scratch/out" "$nothing"
ccip commit 1.6
ccip commit 1.5
look "committed" 0
ccip execute 1.6 1
ccip execute 1.6 3
refused "1.5: nothing is executed before it is blessed" RootNotCommitted execute 1.5 1
ccip bless 1.5
ccip execute 1.5 1
ccip execute 1.5 2
look "executed, all but one" 0
expect_json "executed: nothing is wrong" "$scratch/out" "$nothing"

# --- what goes wrong ------------------------------------------------------------------------

# goes_wrong LANE VERSION WAITING: from a state without failures, one message of it open at most.
goes_wrong() {
	lane=$1 version=$2 next=$3

	ccip receiver "$version" revert
	ccip execute "$version" "$next"
	look "$version failed" 2
	proposed "$version failed" ccip-contract-failure "$lane"
	# The receiver's own error, CustomError(bytes), is nobody else's to know.
	says "$version failed" "$lane" "ReceiverError: the receiver reverted, an error that is not known, 0x5a4ff671"
	expect_json "$version failed: it may be executed by hand" "$scratch/out" '.components[] | select(.id == $lane) | .values.manual | startswith("1 now")' --arg lane "lane/$lane"
	refused "$version failed: but not as long as the receiver reverts" ExecutionError manual "$version" "$next"
	ccip receiver "$version" accept
	ccip manual "$version" "$next"
	look "$version executed by hand" 0
	expect_json "$version executed by hand: nothing is wrong" "$scratch/out" "$nothing"

	ccip send "$version" 1
	next=$((next + 1 + $4))
	sleep 8
	look "$version not committed" 2 strict
	proposed "$version not committed" ccip-message-backlog "$lane"
	says "$version not committed" "$lane" commit
	ccip commit "$version"
	[ "$version" = 1.6 ] || ccip bless "$version"
	look "$version not executed" 2 strict
	proposed "$version not executed" ccip-message-backlog "$lane"
	says "$version not executed" "$lane" execution
	expect_json "$version not executed: by hand in an hour" "$scratch/out" \
		'.components[] | select(.id == $lane) | .values.manual | test("^0 now, the next in (59 m|1 h)")' --arg lane "lane/$lane"
	refused "$version not executed: the contract says the same" ManualExecutionNotYetEnabled manual "$version" "$next"
	ccip execute "$version" "$next"
	look "$version executed late" 0
	expect_json "$version executed late: nothing is wrong" "$scratch/out" "$nothing"

	# A chain is cursed for the other: neither direction passes it.
	for side in source dest; do
		ccip curse "$version" "$side"
		look "$version cursed on its $side" 2
		proposed "$version cursed on its $side" ccip-router-failure out back
		says "$version cursed on its $side" "$lane" curse
		ccip lift "$version" "$side"
	done
	look "$version lifted" 0
	expect_json "$version lifted: nothing is wrong" "$scratch/out" "$nothing"
}

goes_wrong out 1.6 2 1
ccip send 1.5 1
ccip commit 1.5
ccip bless 1.5
goes_wrong back 1.5 3 0

ccip pause 1.5
look "1.5 paused" 2
proposed "1.5 paused" ccip-contract-failure back
ccip unpause 1.5

# --- one chain that answers no more ---------------------------------------------------------------

look "well again" 0
kill -STOP "$pid_b"
t --config "$scratch/lanes.conf" status --json
expect_json "one chain hangs: no lane is called well" "$scratch/out" 'all(.components[] | select(.kind == "lane"); .health != "ok")'
expect_json "one chain hangs: one proposal" "$scratch/out" '[.proposals[].cause] == ["ccip-network-partition"] or [.proposals[].cause] == ["visibility-lost"]'
kill -CONT "$pid_b"
look "and awake again" 0
finish
