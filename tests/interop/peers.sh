# shellcheck shell=sh disable=SC2154 # $scratch is of lib.sh
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
