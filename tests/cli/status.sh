#!/bin/sh
# shellcheck disable=SC2016 # $names inside single quotes are jq's
# tocsin status on simulated networks, with several seeds and victims: exit codes,
# health, and the one proposal that each fault must give.
. "${srcdir:-.}/tests/cli/lib.sh"
need jq

# look NAME: the network's status into $scratch/NAME.json, its exit code into NAME.code;
# in the background, because every look takes the seconds that the judges need.
looks=
look() {
	(
		# shellcheck disable=SC2046
		"$tocsin" status --json $(urls "$1") >"$scratch/$1.json" 2>"$scratch/$1.err" </dev/null
		echo $? >"$scratch/$1.code"
	) &
	looks="$looks $!"
}

look_configured() {
	(
		"$tocsin" --config "$scratch/$1.conf" status --json >"$scratch/$1.json" 2>"$scratch/$1.err" </dev/null
		echo $? >"$scratch/$1.code"
	) &
	looks="$looks $!"
}

expect_code() {
	expect_equal "$1: exit $2" "$(cat "$scratch/$1.code")" "$2"
	expect_equal "$1: nothing on stderr" "$(cat "$scratch/$1.err")" ""
}

sim healthy-1 healthy --seed 11 && look healthy-1
sim healthy-2 healthy --seed 12 --validators 7 && look healthy-2
for victim in 0 2; do
	sim "failure-$victim" validator-failure --seed "2$victim" --victim "besu-validator-$victim" --write-config "$scratch/failure-$victim.conf" &&
		look_configured "failure-$victim"
done
sim failure-any validator-failure --seed 33 --validators 7 && look failure-any
sim outage-1 network-outage --seed 41 && look outage-1
sim outage-2 network-outage --seed 42 --victim besu-validator-1 --write-config "$scratch/outage-2.conf" && look_configured outage-2
sim rpc rpc-endpoint-issues --seed 51 --victim besu-rpc-1 --write-config "$scratch/rpc.conf" && look_configured rpc
sim fork chain-fork --seed 81 --victim besu-validator-1 --write-config "$scratch/fork.conf" && look_configured fork
sim parted network-partition --seed 82 --victim besu-validator-2 --write-config "$scratch/parted.conf" && look_configured parted
sim skewed clock-skew --seed 83 --victim besu-validator-0 --write-config "$scratch/skewed.conf" && look_configured skewed
sim gone healthy --seed 61 --validators 1 --rpc-nodes 1 && kill "$sim_pid" && look gone
# shellcheck disable=SC2086
wait $looks

shape='(.network | type) == "string" and (.at | test("^[0-9-]{10}T[0-9:.]*Z$"))
	and ([.components[] | select((.health | IN("ok", "warning", "critical", "unknown", "stale") | not)
		or (.reach | IN("ok", "refusing", "unreachable") | not) or (.kind as $kind | .id | startswith("\($kind)/") | not)
		or (has("since") and has("age_ms") and has("source") and has("reason") and has("values") | not))] == [])
	and ([.components[] | select(.kind == "chain") | .values | keys]
		| all(contains(["alive", "block_period_ms", "can_lose", "f", "head", "head_age_ms", "quorum", "round"])))
	and ([.components[] | select(.kind == "node") | .values | keys] | all(contains(["head", "lag", "peers", "rpc_ms", "syncing", "version"])))
	and ([.components[] | select(.kind == "validator") | .values | keys] | all(contains(["last_proposed", "missed_turns", "proposed"])))
	and ([.proposals[] | keys] | all(contains(["cause", "components", "consequences", "evidence", "reason", "rule", "runbook", "severity"])))
	and (.incidents | type) == "array"'
for name in healthy-1 failure-0 outage-1 rpc gone; do
	expect_json "$name: the fields of the contract" "$scratch/$name.json" "$shape"
done

for name in healthy-1 healthy-2; do
	expect_code "$name" 0
	expect_json "$name: all ok, no proposals" "$scratch/$name.json" '.health == "ok" and .proposals == [] and all(.components[]; .health == "ok")'
done
expect_json "healthy-2: quorum and f of seven" "$scratch/healthy-2.json" '.components[] | select(.kind == "chain") | .values | .quorum == 5 and .f == 2 and .alive == 7 and .can_lose == 2'

one_failure='.health == "critical" and (.proposals | length) == 1
	and (.proposals[0] | .cause == "validator-failure" and .severity == "P1" and .runbook == "validator-failure" and (.evidence | length) > 0)'
for victim in 0 2; do
	name=failure-$victim
	expect_code "$name" 2
	expect_json "$name: exactly the victim is critical among the validators" "$scratch/$name.json" \
		'[.components[] | select(.kind == "validator" and .health == "critical") | .name] == [$victim]' --arg victim "validator-$victim"
	expect_json "$name: the others are ok" "$scratch/$name.json" \
		'[.components[] | select(.kind == "validator" and .health != "critical") | .health] == ["ok", "ok", "ok"]'
	expect_json "$name: one P1 validator-failure" "$scratch/$name.json" "$one_failure"
	expect_json "$name: which names the victim" "$scratch/$name.json" \
		'[.components[] | select(.kind == "validator" and .health == "critical") | .id][0] as $id | .proposals[0].components | index([$id])'
	expect_json "$name: evidence carries times" "$scratch/$name.json" '.proposals[0].evidence | all(.at | test("^[0-9-]{10}T[0-9:.]*Z$"))'
done
expect_code failure-any 2
expect_json "failure-any: one P1 validator-failure without any configuration" "$scratch/failure-any.json" "$one_failure"
expect_json "failure-any: one of seven is critical" "$scratch/failure-any.json" '[.components[] | select(.kind == "validator" and .health == "critical")] | length == 1'

for name in outage-1 outage-2; do
	expect_code "$name" 2
	expect_json "$name: one P0 network-outage" "$scratch/$name.json" \
		'(.proposals | length) == 1 and (.proposals[0] | .cause == "network-outage" and .severity == "P0" and .runbook == "network-outage")'
	expect_json "$name: every other component that is not ok is its consequence or part of it" "$scratch/$name.json" \
		'(.proposals[0] | .components + .consequences) as $told | [.components[] | select(.health != "ok") | .id] - $told == []'
	expect_json "$name: consequences are told apart" "$scratch/$name.json" '.proposals[0] | (.consequences | length) > 0 and (.components - .consequences) == .components'
done

expect_code rpc 2
expect_json "rpc: one rpc-endpoint-issues, with the victim" "$scratch/rpc.json" \
	'(.proposals | length) == 1 and (.proposals[0] | .cause == "rpc-endpoint-issues" and (.components | index("node/besu-rpc-1")) != null)'

expect_code fork 2
expect_json "fork: one P0 chain-fork with the two that strayed" "$scratch/fork.json" \
	'[.proposals[] | [.cause, .severity, .runbook, (.components | map(select(startswith("node/"))) | sort)]] == [["chain-fork", "P0", "chain-fork", ["node/besu-rpc-1", "node/besu-validator-1"]]]'
expect_json "fork: each side is named" "$scratch/fork.json" '[.proposals[0].evidence[].text] | map(select(test("^block [0-9]+ is 0x"))) | length == 2'

expect_code parted 2
expect_json "parted: one P0 network-outage that names the groups" "$scratch/parted.json" \
	'(.proposals | length) == 1 and (.proposals[0] | .cause == "network-outage" and .severity == "P0" and ([.evidence[].text | select(test("^group [12]: 2 of 4 validators, no quorum"))] | length) == 2)'

expect_json "parted: all are alive, and the larger half is one short" "$scratch/parted.json" \
	'.components[] | select(.kind == "chain") | .values | .partitions == 2 and .alive == 4 and .quorum == 3 and .can_lose == -1'

expect_code skewed 1
expect_json "skewed: the victim's clock, and no other's" "$scratch/skewed.json" \
	'[.components[] | select(.health != "ok") | [.id, (.reason | contains("clock"))]] == [["node/besu-validator-0", true]]'

expect_code gone 2 # the nodes are critical: they cannot be reached
expect_json "gone: the chain is unknown, not halted" "$scratch/gone.json" '.components[] | select(.kind == "chain") | .health | IN("unknown", "stale")'
expect_json "gone: one visibility-lost" "$scratch/gone.json" '[.proposals[].cause] == ["visibility-lost"]'

# A record beside it is read for its open incidents, and not written.
sim noted healthy --seed 71 --validators 1 --rpc-nodes 1 || finish
expect_exit 0 "an incident of the record" --db "$scratch/x.db" incident declare --title "t" --severity P2
before=$(cksum <"$scratch/x.db")
# shellcheck disable=SC2046
expect_exit 0 "status with a record" --db "$scratch/x.db" status --json $(urls noted)
expect_json "shows its open incidents" "$scratch/out" '[.incidents[] | [.id, .severity, .stage]] == [["INC-1", "P2", "triage"]]'
expect_equal "and writes nothing" "$(cksum <"$scratch/x.db")" "$before"

finish
