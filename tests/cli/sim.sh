#!/bin/sh
# The simulated network: one URL per node, a configuration for all of it, orderly ends.
. "${srcdir:-.}/tests/cli/lib.sh"
need jq

for option in --validators --rpc-nodes; do
	for number in 0 101 many; do
		expect_exit 64 "$option $number" sim healthy "$option" "$number"
		expect_text "is told how many there may be" "$scratch/err" "$option $number: not understood (write a number from 1 to 100)"
	done
done

sim small healthy --validators 5 --rpc-nodes 3 --write-config "$scratch/t.conf" || finish
expect_equal "one line for each node" "$(wc -l <"$scratch/small.nodes")" 8
expect_equal "each begins with a URL of its own" "$(urls small | grep -c '^http://127\.0\.0\.1:[0-9]*$') $(urls small | sort -u | wc -l)" "8 8"
expect_exit 0 "its configuration is right" --config "$scratch/t.conf" config check
expect_text "config check counts what it read" "$scratch/out" "8 nodes"

expect_exit 0 "the whole of it is healthy" --config "$scratch/t.conf" status --json
expect_json "and every validator is known by name" "$scratch/out" \
	'[.components[] | select(.kind == "validator") | .name] | sort == ["validator-0", "validator-1", "validator-2", "validator-3", "validator-4"]'
expect_equal "status wrote no record" "$(find "$XDG_DATA_HOME" -type f)" ""
expect_exit 0 "the board as text" --config "$scratch/t.conf" status
expect_text "names the network" "$scratch/out" "Simulated network"
expect_text "and shows its nodes" "$scratch/out" "besu-rpc-2"

expect_exit 0 "a demo without a terminal" demo validator-failure --seed 3 --victim besu-validator-2
expect_text "prints one board with the fault" "$scratch/out" "OFFLINE validator-2"
expect_text "and what is proposed" "$scratch/out" "proposed: Validator failure: validator-2"
expect_text "and says how to get the screen" "$scratch/out" "run this in a terminal: tocsin demo"

printf ':size 100x30\n:dump -\n' >"$scratch/script"
expect_exit 0 "a record of a real night" --db "$scratch/night.db" incident declare --title "real"
expect_exit 1 "is no place for a demo" --db "$scratch/night.db" demo healthy --script "$scratch/script"
expect_text "which says why, and what to do" "$scratch/err" "leave out --db, or name a new file"
expect_exit 0 "a new file is" --db "$scratch/drill.db" demo healthy --script "$scratch/script"
expect_exit 0 "and can be used again" --db "$scratch/drill.db" demo healthy --script "$scratch/script"

kill -TERM "$sim_pid"
if until_true 60 sim_ended; then
	wait "$sim_pid"
	expect_equal "SIGTERM ends it in order" $? 0
else
	fail "SIGTERM ends it in order" "still there after 60 s"
fi

# Ports that are asked for, below those that the kernel hands out by itself; another
# program may have one of them.
try_port() {
	port=$((20000 + ($$ + $1 * 997) % 10000))
	"$tocsin" sim healthy --port "$port" --validators 1 --rpc-nodes 1 >"$scratch/ports.nodes" 2>"$scratch/ports.sim" </dev/null &
	sim_pid=$!
	started="$started $sim_pid"
	until_true 90 grep -qs 'orders go to\|in use' "$scratch/ports.sim"
	grep -q 'orders go to' "$scratch/ports.sim"
}
if try_port 1 || try_port 2 || try_port 3; then
	expect_equal "--port says where they are" "$(urls ports | tr '\n' ' ')" "http://127.0.0.1:$port http://127.0.0.1:$((port + 1)) "
	expect_exit 1 "a port that is taken is an error" sim healthy --port "$port" --validators 1 --rpc-nodes 1
	expect_text "which names it" "$scratch/err" "$port"
else
	fail "--port" "$(cat "$scratch/ports.sim")"
fi
# --- the stand-in cast ---------------------------------------------------------------------

sim bridge ccip-contract-failure --seed 3 --write-config "$scratch/bridge.conf" || finish
TOCSIN_SIM_URL=$(sed -n 's/.*orders go to \(.*\)\/control;.*/\1/p' "$scratch/bridge.sim")
export TOCSIN_SIM_URL
of() { # KEY: its first value in the network's configuration
	sed -n "s/^$1 = //p" "$scratch/bridge.conf" | head -1
}
near=$(urls bridge | tail -1) far=$(of rpc)
cast() {
	t stand-in cast "$@"
	said=$(head -1 "$scratch/out")
}
cast call "$(of source_router)" "typeAndVersion()(string)" --rpc-url "$near"
expect_equal "the router says what it is" "$said" '"Router 1.2.0"'
cast call "$(of source_router)" "getOnRamp(uint64)(address)" 4242420000000042424 --rpc-url "$near"
ramp=$said
cast call "$ramp" "getExpectedNextSequenceNumber()(uint64)" --rpc-url "$near"
expect_equal "the ramp has a next number" "$([ "$said" -gt 400 ] && echo yes)" yes
cast logs --from-block=4812000 --address "$ramp" --rpc-url "$near" --json 0xd0c3c799bf9e2639de44391e7f524d229b2b55f5b1ea94b2bf7da42f7243dddd
expect_json "messages were sent" "$scratch/out" 'length > 5'
cast code "$ramp" --rpc-url "$near"
expect_equal "there is a contract" "$([ ${#said} -gt 2 ] && echo yes)" yes
cast code 0x0000000000000000000000000000000000000001 --rpc-url "$near"
expect_equal "and none elsewhere" "$said" 0x
cast call "$(of receiver)" "paused()(bool)" --rpc-url "$far"
expect_equal "the receiver is paused" "$said" true
cast send "$(of receiver)" "unpause()" --rpc-url "$far" --account oncall
expect_equal "until it is told" "$code" 0
cast call "$(of receiver)" "paused()(bool)" --rpc-url "$far"
expect_equal "to go on" "$said" false
cast send "$(of source_router)" "unpause()" --rpc-url "$near"
expect_equal "a router does no such thing" "$code" 1
cast call "$(of source_router)" "getFee(uint64,(bytes,bytes,(address,uint256)[],address,bytes))(uint256)" 1 "(0x,0x,[],0x,0x)" --rpc-url "$near"
expect_text "what is not simulated is said" "$scratch/err" "are not simulated"
cast call "$(of source_router)" "typeAndVersion()(string)" --rpc-url https://rpc.example.com
expect_equal "and nothing else is asked" "$code" 1
expect_text "than the simulated chains" "$scratch/err" "is not of the simulated network"

finish
