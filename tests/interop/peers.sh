# shellcheck shell=sh disable=SC2154,SC2034 # $scratch is of lib.sh; $url is for those who source this
# Peers for the interoperability tests: installed by package name into the build tree,
# where they stay for the next run. Sourced after tests/cli/lib.sh.

peers=$TOCSIN_BUILD/tests/interop/peers

# no_peer WHY: without its peer a test shows nothing, which is not a pass.
no_peer() {
	printf 'skipped: no peer: %s\n' "$1"
	exit 77
}

# npm_peer NAME PACKAGE[@VERSION] PROGRAM: $peer becomes the path of the package's program.
npm_peer() {
	peer_package=$(printf '%s' "$2" | sed 's/\(.\)@.*/\1/')
	peer=$peers/$1/node_modules/$peer_package/$3
	if [ ! -f "$peer" ]; then
		mkdir -p "$peers/$1"
		npm install --prefix "$peers/$1" --ignore-scripts --no-audit --no-fund --fetch-retries=0 "$2" >"$scratch/npm.log" 2>&1 ||
			no_peer "$2 cannot be installed: $(tail -n 2 "$scratch/npm.log" | tr '\n' ' ')"
	fi
	# Some packages ship their program without the bit.
	[ ! -f "$peer" ] || chmod +x "$peer"
	[ -x "$peer" ] || no_peer "$2 has no program $3"
	peer_version=$("$peer" --version 2>/dev/null) || peer_version=$("$peer" version 2>/dev/null | sed -n 's/^Version: //p')
	printf 'peer: %s, %s\n' "$2" "$(printf '%s' "$peer_version" | head -n 1)"
}

# deb_peer PACKAGE PROGRAM: $peer becomes the path of a program of Debian's. It is unpacked, not
# installed: nothing of it starts by itself, and nobody has to be root.
deb_peer() {
	peer=$peers/$1/$2
	if [ ! -x "$peer" ]; then
		mkdir -p "$peers/$1"
		(cd "$peers/$1" && apt-get -q download "$1" && dpkg-deb -x "$1"_*.deb .) >"$scratch/apt.log" 2>&1 ||
			no_peer "$1 cannot be downloaded: $(tail -n 2 "$scratch/apt.log" | tr '\n' ' ')"
	fi
	[ -x "$peer" ] || no_peer "$1 has no program $2"
	printf 'peer: %s\n' "$(basename "$(ls "$peers/$1"/*.deb)" .deb)"
}

# npm_project NAME DIRECTORY: installs what DIRECTORY/package.json names; $project becomes the
# place, with a copy of that file.
npm_project() {
	project=$peers/$1
	if ! cmp -s "$2/package.json" "$project/package.json" || [ ! -d "$project/node_modules" ]; then
		rm -rf "$project"
		mkdir -p "$project"
		cp "$2/package.json" "$project.json"
		mv "$project.json" "$project/package.json"
		npm install --prefix "$project" --ignore-scripts --no-audit --no-fund --fetch-retries=0 >"$scratch/npm.log" 2>&1 || {
			npm_said=$(tail -n 2 "$scratch/npm.log" | tr '\n' ' ')
			rm -rf "$project"
			no_peer "what $2/package.json names cannot be installed: $npm_said"
		}
	fi
}

# contracts_peer DIRECTORY: the contracts of DIRECTORY/compile.js, compiled once, in $project.
contracts_peer() {
	npm_project contracts "$1"
	cmp -s "$1/compile.js" "$project/compile.js" && return
	node "$1/compile.js" "$project" >"$scratch/solc.log" 2>&1 || no_peer "the contracts do not compile: $(tail -n 3 "$scratch/solc.log")"
	cp "$1/compile.js" "$project/compile.js"
}

# free_ports COUNT: that many ports of loopback that nobody uses.
free_ports() {
	node -e '
		const net = require("net"), held = [];
		for (let i = 0; i < process.argv[1]; i++)
			held.push(net.createServer().listen(0, "127.0.0.1"));
		setTimeout(() => { console.log(held.map(s => s.address().port).join(" ")); held.forEach(s => s.close()); }, 200);' "$1"
}

# anvil CHAIN-ID ARGUMENT...: starts one; $url is where, $anvil_pid its process. It mines a
# block for each transaction and looks like a chain of the past (anvil_present).
anvil() {
	npm_peer anvil @foundry-rs/anvil-linux-amd64 bin/anvil
	anvil_log=$scratch/anvil-$1.log
	"$peer" --chain-id "$@" --port 0 --timestamp $(($(date +%s) - 7200)) --code-size-limit 60000 --gas-limit 60000000 >"$anvil_log" 2>&1 </dev/null &
	anvil_pid=$!
	started="$started $anvil_pid"
	until_true 10 grep -qs '^Listening on' "$anvil_log" || no_peer "anvil does not start: $(tail -n 3 "$anvil_log")"
	url=http://$(sed -n 's/^Listening on //p' "$anvil_log")
}

# anvil_rpc URL METHOD PARAMS: the result, as JSON.
anvil_rpc() {
	curl -sS --max-time 5 -H 'Content-Type: application/json' --data "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":$3}" "$1" | jq -c .result
}

# anvil_present URL: from now on its clock is ours, with a block each second. Each block that
# it mined by itself had moved its clock by a second at least.
anvil_present() {
	anvil_rpc "$1" evm_setTime "[$(date +%s)]" >"$scratch/answer"
	anvil_rpc "$1" evm_mine '[]' >"$scratch/answer"
	anvil_rpc "$1" evm_setIntervalMining '[1]' >"$scratch/answer"
}
