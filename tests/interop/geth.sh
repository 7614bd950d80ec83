#!/bin/sh
# Against a network of five geth 1.8.23 nodes that nobody here wrote: four clique signers
# and one that only serves, connected to each other on loopback. Healthy; one signer
# stopped; two of four stopped, which halts the chain; one frozen; one emptied, which fills
# up again. Each must be called what it is.
#
# Clique needs floor(n/2) + 1 signers: 3 of 4.
# shellcheck disable=SC2086,SC2046,SC2016 # lists of words, and text of another language
. "${srcdir:-.}/tests/cli/lib.sh"
. "${srcdir:-.}/tests/interop/peers.sh"
need jq curl npm node

npm_peer geth geth-binary@0.1.3 binaries/geth_linux_x64
geth=$peer
net=$scratch/net
mkdir -p "$net"

# The first four of the keys that every development chain knows, and their accounts.
keys='ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80 59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d
5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a 7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6'
accounts='f39fd6e51aad88f6f4ce6ab8827279cfffb92266 70997970c51812dc3a010c7d01b50e0d17dc79c8
3c44cdddb6a900fa2b585dd299e03d12fa4293bc 90f79bf6eb2c4f870365e785982e1f101e93b906'
# In extraData the signers stand in ascending order.
signers=$(printf '%s\n' $accounts | sort | tr -d '\n')

# zeros COUNT
zeros() {
	printf '%0*d' "$1" 0
}

cat >"$net/genesis.json" <<GENESIS
{"config": {"chainId": 138, "homesteadBlock": 0, "eip150Block": 0, "eip155Block": 0, "eip158Block": 0, "byzantiumBlock": 0, "clique": {"period": 1, "epoch": 30000}},
 "difficulty": "0x1", "gasLimit": "0x1312d00", "alloc": {}, "extraData": "0x$(zeros 64)$signers$(zeros 130)"}
GENESIS
: >"$net/password"

# --- the network ----------------------------------------------------------------------

# word N LIST...: the N-th word of the list, from 0.
word() {
	shift $(($1 + 1))
	printf '%s' "$1"
}

set -- $(node -e '
	const net = require("net"), held = [];
	for (let i = 0; i < 10; i++)
		held.push(net.createServer().listen(0, "127.0.0.1"));
	setTimeout(() => { console.log(held.map(s => s.address().port).join(" ")); held.forEach(s => s.close()); }, 200);')
ports=$*

url() {
	printf 'http://127.0.0.1:%s' "$(word "$1" $ports)"
}

# rpc NODE METHOD PARAMS: the result, as JSON.
rpc() {
	curl -sS --max-time 5 -H 'Content-Type: application/json' --data "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":$3}" "$(url "$1")" 2>/dev/null | jq -c .result
}

block() {
	printf '%d' "$(rpc "$1" eth_blockNumber '[]' | tr -d '"')"
}

init() {
	"$geth" --datadir "$net/$1" --nousb init "$net/genesis.json" >>"$net/$1.log" 2>&1
}

# start NODE: the first four sign. $node_N becomes its process.
start() {
	set -- "$1" --datadir "$net/$1" --networkid 138 --syncmode full --gcmode archive --nousb --ipcdisable --nodiscover --nat none --netrestrict 127.0.0.0/8 \
		--port "$(word $(($1 + 5)) $ports)" --rpc --rpcaddr 127.0.0.1 --rpcport "$(word "$1" $ports)" --rpcapi eth,net,web3,admin,clique,txpool
	started_node=$1
	shift
	if [ "$started_node" -lt 4 ]; then
		account=0x$(word "$started_node" $accounts)
		set -- "$@" --mine --minerthreads 1 --etherbase "$account" --unlock "$account" --password "$net/password"
	fi
	"$geth" "$@" >>"$net/$started_node.log" 2>&1 </dev/null &
	eval "node_$started_node=$!"
	started="$started $!"
	until_true 20 answers "$started_node" || no_peer "geth does not start: $(tail -n 3 "$net/$started_node.log")"
}

answers() {
	[ "$(rpc "$1" net_version '[]')" = '"138"' ]
}

# stop NODE
stop() {
	eval "stopped=\$node_$1"
	kill "$stopped"
	wait "$stopped" 2>/dev/null
}

# connect NODE: to all that answer.
connect() {
	enode=$(rpc "$1" admin_nodeInfo '[]' | jq -r .enode)
	for other in 0 1 2 3 4; do
		[ "$other" = "$1" ] || rpc "$other" admin_addPeer "[\"$enode\"]" >/dev/null
	done
}

has_peers() {
	[ "$(rpc "$1" net_peerCount '[]')" = "\"0x$2\"" ]
}

has_block() {
	[ "$(block "$1")" -ge "$2" ]
}

for node in 0 1 2 3 4; do
	init "$node"
	[ "$node" -lt 4 ] || continue
	printf '%s' "$(word "$node" $keys)" >"$net/key"
	"$geth" --datadir "$net/$node" --nousb account import --lightkdf --password "$net/password" "$net/key" >>"$net/$node.log" 2>&1
done
for node in 0 1 2 3 4; do
	start "$node"
done
for node in 0 1 2 3 4; do
	connect "$node"
done
until_true 60 has_peers 4 4 || no_peer "the nodes do not find each other: $(rpc 4 net_peerCount '[]')"
# Who connects late misses a turn; a few rounds later that is no matter any more.
until_true 90 has_block 4 45 || no_peer "the network makes no blocks: $(tail -n 3 "$net/0.log")"

cat >"$scratch/geth.conf" <<CONF
[network]
name = geth
chain_id = 138
CONF
for node in 0 1 2 3 4; do
	printf '\n[node geth-%s]\nurl = %s\n' "$node" "$(url "$node")" >>"$scratch/geth.conf"
done
for node in 0 1 2 3; do
	printf '\n[validator signer-%s]\naddress = 0x%s\n' "$node" "$(word "$node" $accounts)" >>"$scratch/geth.conf"
done

# look NAME CODE: one status, and how long it took.
look() {
	began_ms=$(date +%s%3N)
	expect_exit "$2" "$1" --config "$scratch/geth.conf" status --json
	printf 'measured: %s: status after %d ms\n' "$1" $(($(date +%s%3N) - began_ms))
}

chain='.components[] | select(.kind == "chain")'
# node N: jq's way to it.
node() {
	printf '.components[] | select(.id == "node/geth-%s")' "$1"
}
# signer N
signer() {
	printf '.components[] | select(.id == "validator/signer-%s")' "$1"
}

# --- healthy ----------------------------------------------------------------------------

look "healthy" 0
expect_json "healthy: no proposals" "$scratch/out" '.health == "ok" and .proposals == []'
expect_json "healthy: clique by its name, all four alive" "$scratch/out" "$chain | .values | .consensus == \"clique\" and .validators == 4 and .quorum == 3 and .alive == 4 and .can_lose == 1"
expect_json "healthy: each signer proposes, and its node is known" "$scratch/out" \
	'[.components[] | select(.kind == "validator" and .health == "ok") | .values | select(.proposed > 0) | .node] | sort == ["geth-0", "geth-1", "geth-2", "geth-3"]'
expect_json "healthy: one version, on five" "$scratch/out" "$chain | .values.versions | test(\"^Geth/v1.8.23.* on 5$\")"

# --- one frozen ---------------------------------------------------------------------------

# The one that only serves: it takes connections and answers nothing.
kill -STOP "$node_4"
look "frozen" 2
expect_json "frozen: its endpoint, and nothing else" "$scratch/out" '[.proposals[] | [.cause, .severity]] == [["rpc-endpoint-issues", "P1"]] and .proposals[0].components == ["node/geth-4"]'
expect_json "frozen: it does not answer, the chain is well" "$scratch/out" \
	"($(node 4) | .reach == \"unreachable\" and .health == \"critical\") and ($chain | .health == \"ok\")"
kill -CONT "$node_4"
until_true 30 has_peers 4 4
look "awake again" 0

# --- one signer stopped ----------------------------------------------------------------------

stop 3
# Two rounds of turns without it.
last=$(block 0)
until_true 60 has_block 0 $((last + 12))
look "one signer stopped" 2
expect_json "one signer: one P1 validator-failure, its node in it" "$scratch/out" \
	'[.proposals[] | [.cause, .severity, (.components | sort)]] == [["validator-failure", "P1", ["node/geth-3", "validator/signer-3"]]]'
expect_json "one signer: exactly this one is critical" "$scratch/out" '[.components[] | select(.kind == "validator" and .health != "ok") | .id] == ["validator/signer-3"]'
expect_json "one signer: none more may be lost" "$scratch/out" "$chain | .health == \"warning\" and .values.can_lose == 0 and (.reason | contains(\"quorum at risk\"))"

# --- two of four stopped: halted ---------------------------------------------------------------

stop 2
stop_ms=$(date +%s%3N)
# Halted is what stands for P + 3T + 2 s.
halted() {
	[ $(($(date +%s%3N) - stop_ms)) -gt 10000 ]
}
until_true 60 halted
look "two signers stopped" 2
expect_json "halt: one P0 network-outage" "$scratch/out" '[.proposals[] | [.cause, .severity]] == [["network-outage", "P0"]]'
expect_json "halt: the chain is critical, those who wait are not" "$scratch/out" \
	"($chain | .health == \"critical\" and (.reason | contains(\"halted\"))) and ($(signer 0) | .health == \"warning\" and (.reason | contains(\"waiting for quorum\")))"
start 2
start 3
connect 2
connect 3
head=$(block 0)
until_true 90 has_block 0 $((head + 45))
look "and back again" 0

# --- one emptied ------------------------------------------------------------------------------

stop 4
rm -rf "$net/4/geth/chaindata" "$net/4/geth/lightchaindata"
init 4
start 4
connect 4

# Filling up takes a moment only: with most of its time taken away it takes long enough
# for a look.
throttle() {
	while kill -STOP "$node_4" 2>/dev/null; do
		sleep 0.4
		kill -CONT "$node_4"
		sleep 0.02
	done
}
throttle &
throttle=$!
started="$started $throttle"
syncs() {
	jq -e "$(node 4) | .values.syncing == true" "$scratch/out" >/dev/null
}
seen_syncing() {
	t --config "$scratch/geth.conf" status --json
	syncs || has_block 4 "$head"
}
began_ms=$(date +%s%3N)
until_true 20 seen_syncing
kill "$throttle"
kill -CONT "$node_4"
printf 'measured: emptied: syncing seen after %d ms\n' $(($(date +%s%3N) - began_ms))
expect_json "emptied: it syncs, which is no failure" "$scratch/out" "$(node 4) | .values.syncing == true and .health == \"warning\" and (.reason | contains(\"syncing\"))"
expect_json "emptied: nothing is proposed" "$scratch/out" '.proposals == []'
until_true 60 has_block 4 "$((head + 1))"
look "filled up" 0
finish
