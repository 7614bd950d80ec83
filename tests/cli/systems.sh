#!/bin/sh
# Each scenario of the systems beside the chain, seen through its real protocols: one look
# says which one thing is wrong, and a healthy network has nothing wrong at all.
# shellcheck source=tests/cli/lib.sh
. "${srcdir:-.}/tests/cli/lib.sh"
need jq

# diagnosed SCENARIO CAUSE SEVERITY COMPONENT [MORE]: the only proposal, and what it names.
diagnosed() {
	sim "$1" "$1" --seed 11 --write-config "$scratch/$1.conf" || finish
	t --config "$scratch/$1.conf" status --json
	expect_json "$1: one thing is wrong" "$scratch/out" '.proposals | length == 1'
	expect_json "$1: it is $2" "$scratch/out" ".proposals[0] | .cause == \"$2\" and .severity == \"$3\" and .runbook == \"$2\""
	expect_json "$1: $4 is named" "$scratch/out" ".proposals[0].components | index(\"$4\") != null"
	expect_json "$1: why, how sure, and what would tell" "$scratch/out" '.proposals[0] | (.evidence | length > 0) and (.confidence | test("certain|likely|possible")) and .confirm != null and .refute != null'
	if [ -n "${5-}" ]; then
		expect_json "$1: what is on its way, and who may execute it" "$scratch/out" "$5"
	fi
	end_started
}

sim all-systems all-systems --seed 11 --write-config "$scratch/all.conf" || finish
expect_exit 0 "all is well" --config "$scratch/all.conf" status --json
expect_json "and every kind is there" "$scratch/out" '[.components[].kind] | unique == ["chain", "feed", "lane", "node", "pod", "probe", "validator", "workload"]'
expect_json "each with its age and source" "$scratch/out" '[.components[] | select(.kind != "chain" and .kind != "validator") | .age_ms != null and (.source | length > 0)] | all'
expect_json "lanes have their contract's values" "$scratch/out" '[.components[] | select(.kind == "lane") | .values | has("version", "sent", "committed", "executed", "pending", "failed", "cursed", "paused")] | all'
end_started

# What a halted chain stops is its consequence, and no fault of its own.
sim halted network-outage --systems --seed 11 --write-config "$scratch/halted.conf" || finish
sleep_until_stale() { # lanes and feeds need a while to be late
	tries=0
	while [ "$tries" -lt 40 ]; do
		t --config "$scratch/halted.conf" status --json
		jq -e '[.components[] | select(.kind == "feed" and .health != "ok")] | length > 0' "$scratch/out" >"$scratch/said" && return
		tries=$((tries + 1))
	done
}
sleep_until_stale
expect_json "a halted chain is one outage" "$scratch/out" '[.proposals[].cause] | index("network-outage") != null and index("oracle-update-failures") == null and index("ccip-message-backlog") == null'
expect_json "its late feed only follows" "$scratch/out" '.proposals[] | select(.cause == "network-outage") | .consequences | index("feed/ETH / USD") != null'
end_started

diagnosed ccip-router-failure ccip-router-failure P1 "lane/138 to Farchain"
diagnosed ccip-contract-failure ccip-contract-failure P1 "lane/138 to Farchain" \
	'[.components[].messages[]? | select(.state == "failed")] | length > 0 and all(.manual == "now" and (.id | startswith("0x")) and (.fault | length > 0))'
diagnosed ccip-message-backlog ccip-message-backlog P1 "lane/138 to Farchain" \
	'[.components[].messages[]?] | length > 0 and all(.sent != null and .manual_reason != null and (.manual != "later" or .manual_from != null))'
diagnosed ccip-data-corruption ccip-data-corruption P0 "lane/138 to Farchain"
diagnosed ccip-network-partition ccip-network-partition P1 "lane/138 to Farchain"
diagnosed oracle-update-failures oracle-update-failures P1 "feed/ETH / USD"
diagnosed security-incident security-incident P0 "probe/refused calls"
finish
