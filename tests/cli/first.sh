#!/bin/sh
# The first minutes: init finds a network and writes it down, doctor looks it over.
. "${srcdir:-.}/tests/cli/lib.sh"
need jq
conf=$scratch/found.conf

expect_exit 64 "init asks for an address" init
expect_text "with an example" "$scratch/err" "tocsin init --rpc http://"
expect_exit 64 "--rpc wants one" init --rpc
expect_exit 64 "no web address" init --rpc ftp://127.0.0.1
expect_exit 1 "nobody there" init --rpc http://127.0.0.1:1 -o "$conf"
expect_equal "and nothing is written" "$(find "$scratch" -name found.conf)" ""

sim net healthy --seed 5
url=$(urls net | head -1)
# shellcheck disable=SC2046
expect_exit 0 "a network is found" init --rpc $(urls net) --no-peers -o "$conf"
expect_text "its validators are counted" "$scratch/out" "chain 138: 4 validators"
expect_text "the file is checked" "$scratch/out" "$conf: fine: network chain 138, 6 nodes, 4 validators named"
expect_text "the next step is told" "$scratch/out" "next: tocsin --config $conf doctor"
expect_equal "nobody else may read it" "$(stat -c %a "$conf")" 600
expect_exit 0 "status works with it" --config "$conf" status --json
expect_exit 0 "and so does its screen" --config "$conf" status
expect_equal "which names the chain once" "$(grep -o 'chain 138.* head' "$scratch/out" | tr -s ' ')" "chain 138 head"
expect_exit 1 "a file that exists stays" init --rpc "$url" --no-peers -o "$conf"
expect_text "and --force is named" "$scratch/err" "--force"
expect_exit 0 "--force replaces it" init --rpc "$url" --no-peers --force -o "$conf"
expect_equal "by another" "$(grep -c '^\[node ' "$conf")" 1
expect_exit 0 "two ways to one node" init --rpc "$url" "http://localhost:${url##*:}" --no-peers --force -o "$conf"
expect_text "are said to be one" "$scratch/err" "warning: http://localhost:${url##*:} is left out: it is the same node as validator-"
expect_equal "and written once" "$(grep -c '^\[node ' "$conf")" 1
expect_exit 64 "two spellings of a URL" init --rpc "$url" "$url/" --no-peers --force -o "$conf"
expect_text "are one" "$scratch/err" "given twice"
expect_exit 0 "to standard output" init --rpc "$url" --no-peers -o -
expect_text "goes the file" "$scratch/out" "[network]"
expect_equal "and nothing else" "$(grep -c 'validator,\|next:\|: fine:' "$scratch/out")" 0
expect_text "what was found is told beside it" "$scratch/err" "chain 138: 4 validators"
expect_equal "no file is made of that name" "$(find . -maxdepth 1 -name -)" ""
cp "$scratch/out" "$scratch/printed.conf"
expect_exit 0 "and it is right" --config "$scratch/printed.conf" config check
expect_exit 1 "a directory that is not there" init --rpc "$url" --no-peers -o "$scratch/mistyped/x.conf"
expect_text "is told" "$scratch/err" "there is no directory $scratch/mistyped (put the name right, or make it: mkdir -p $scratch/mistyped)"
expect_equal "and not made" "$(find "$scratch" -name mistyped)" ""
expect_exit 0 "the default place is made" init --rpc="$url" --no-peers
expect_equal "with its directory" "$(stat -c %a "$XDG_CONFIG_HOME/tocsin/tocsin.conf")" 600

expect_exit 0 "a secret in a URL" init --rpc "http://user:geheim@${url#http://}" --no-peers --force -o "$conf"
expect_text "is warned of" "$scratch/err" "bearer_env"
expect_equal "and not shown" "$(cat "$scratch/out" "$scratch/err" | grep -c geheim)" 0
expect_text "it is kept in the file" "$conf" "url = http://user:geheim@"
expect_exit 0 "a secret in a URL that is left out" init --rpc "$url" "http://user:geheim@${url#http://}" --no-peers --force -o "$conf"
expect_equal "is neither written nor warned of" "$(cat "$scratch/err" "$conf" | grep -c 'geheim\|holds a secret')" 0
expect_exit 1 "a token that is not set" init --rpc "$url" --bearer-env TOCSIN_TEST_NO_SUCH --force -o "$conf"
expect_text "is named" "$scratch/err" "TOCSIN_TEST_NO_SUCH is not set"

sim systems all-systems --seed 5 --write-config "$scratch/systems.conf"
value() { # KEY N: the N-th value of a key in the network's own configuration
	sed -n "s/^$1 = //p" "$scratch/systems.conf" | sed -n "$2p"
}
far=$(value rpc 1)
found=$scratch/lanes.conf
expect_exit 0 "lanes are found between two routers" init --rpc "$(urls systems | head -1)" --no-peers --force -o "$found" \
	--ccip-router "$(urls systems | tail -1)=$(value source_router 1)" --ccip-router "$far=$(value dest_router 1)" --alertmanager "$(value url 7)"
expect_text "and counted" "$scratch/out" "2 lanes between them"
expect_text "each has a section" "$found" "[lane network to chain-424242]"
expect_text "with what its chain is called in CCIP" "$found" "selector = $(value selector 2)"
expect_exit 0 "doctor has a look at them" --config "$found" doctor --json
expect_json "one by one" "$scratch/out" '[.findings[] | select(.group == "sources" and .level == "OK")] | length >= 1'
expect_exit 0 "no router there" init --rpc "$(urls systems | head -1)" --no-peers --force -o "$found" --ccip-router "$far=0x0000000000000000000000000000000000000001"
expect_text "is said" "$scratch/out" "there is no CCIP router at this address"
expect_text "also in the file" "$found" "# The router at "
expect_exit 64 "a router without its address" init --rpc "$far" --ccip-router "$far"
expect_exit 64 "a Prometheus that is no URL" init --rpc "$far" --prometheus prometheus:9090
expect_exit 0 "pods of a context" init --rpc "$(urls systems | head -1)" --no-peers --force -o "$found" --kube prod --namespace chain
expect_text "is written" "$found" "context = prod"
expect_text "with its namespace" "$found" "namespace = chain"

expect_exit 64 "doctor wants URLs" doctor nonsense
expect_exit 0 "a healthy set-up" doctor --json
expect_json "nothing fails" "$scratch/out" '.fail == 0 and (.findings | length > 5)'
expect_json "each finding has its parts" "$scratch/out" '[.findings[] | .level, .group, .what, .finding | type == "string"] | all'
expect_exit 1 "a dead endpoint" doctor --json "$url" http://127.0.0.1:1
expect_json "is the one that fails" "$scratch/out" '[.findings[] | select(.level == "FAIL")] | length == 1 and .[0].finding == "connection refused" and .[0].cure != null'
expect_exit 0 "as text" --config "$conf" doctor
rm -r "$XDG_CONFIG_HOME/tocsin"
expect_exit 0 "without any" doctor
expect_text "init is named" "$scratch/out" "tocsin init --rpc"
expect_equal "and no record was begun" "$(find "$XDG_DATA_HOME" -type f | wc -l)" 0

finish
