#!/bin/sh
# The commands of the shipped runbooks do what their steps say: those that list messages,
# on logs that real contracts wrote; and all of them in a drill, where each is answered by
# the stand-ins or refused in clear words, and none gets past them.
# shellcheck source=tests/cli/lib.sh
. "${srcdir:-.}/tests/cli/lib.sh"
need jq curl
books=${srcdir:-.}/runbooks
logs=${srcdir:-.}/tests/fixtures/runbook/logs/ccip.json

# command_of BOOK STEP: the first command of a step that may run, its placeholders named "x".
command_of() {
	"$tocsin" runbook show "$books/$1.md" --steps --json |
		jq -r --arg title "$2" '[.steps[] | select(.title == $title) | .commands[] | select(.shell)][0].text' | sed 's/<[a-z-]*>/x/g'
}

expect_exit 0 "they lint clean" runbook lint "$books"

# --- messages in logs ---------------------------------------------------------------------

# A cast that knows one chain of 1500 blocks, and the logs of four messages' contracts.
mkdir "$scratch/chain"
cat >"$scratch/chain/cast" <<CAST
#!/bin/sh
case \$1 in
block-number) echo 1500 ;;
logs)
	echo "\$*" >>"$scratch/asked"
	for word; do
		case \$word in 0x????????????????????????????????????????????????????????????????) topic=\$word ;; esac
	done
	jq --arg topic "\$topic" '[.[] | select(.topics[0] == \$topic)]' "$logs"
	;;
esac
CAST
chmod +x "$scratch/chain/cast"

# tells NAME BOOK STEP TEXT: what the step's command says about those logs.
tells() {
	command_of "$2" "$3" >"$scratch/command"
	PATH=$scratch/chain:$PATH sh "$scratch/command" >"$scratch/told" 2>&1
	expect_equal "$1" "$(tr '\t' ' ' <"$scratch/told" | sed 's/0x0*\([0-9a-f]\)/\1/g; s/\([0-9a-f]\{6\}\)[0-9a-f]\{20,\}/\1/g' | tr '\n' ' ')" "$4"
}

tells "what was sent, 1.6" ccip-data-corruption "Review the message logs of the source, version 1.6" \
	"1 cb9e59 eda060 2 f4e1d6 f0e20b 3 760090 73ef0c 4 cb082a c5e47c 5 afda0f ab54c3 "
tells "what was executed, 1.6: the third failed, then went" ccip-data-corruption "Review the message logs of the destination, version 1.6" \
	"1 cb9e59 02 1a32e2 2 f4e1d6 02 e5b999 3 760090 03 6ef7b3 3 760090 02 153f79 "
tells "both sides, 1.5" ccip-data-corruption "Review the message logs of both sides, version 1.5" \
	"1 61695b e96e6c 2 671007 a30a13 3 aafd6b e85a24 4 b5f0c6 d06bf1 1 61695b 02 d95d36 2 671007 03 7f4301 2 671007 02 62f72d 3 aafd6b 02 330f91 "
tells "how many were executed" ccip-recovery-verification "Verify the throughput" "4 "
tells "how many of them failed" ccip-recovery-verification "Monitor the error rate" "1 "
tells "none was executed twice" ccip-recovery-verification "Check for duplicates" "[] "
expect_equal "each asks for the last 1000 blocks" "$(grep -vc -- '--from-block=500 ' "$scratch/asked")" 0

# --- in a drill -----------------------------------------------------------------------------

sim net validator-failure --seed 7 --victim besu-validator-2 --break-after 600s || finish
TOCSIN_SIM_URL=$(sed -n 's/.*orders go to \(.*\)\/control;.*/\1/p' "$scratch/net.sim")
export TOCSIN_SIM_URL
mkdir "$scratch/bin"
for tool in kubectl cast; do
	printf '#!/bin/sh\nexec "%s" stand-in %s "$@"\n' "$tocsin" "$tool" >"$scratch/bin/$tool"
	chmod +x "$scratch/bin/$tool"
done

node=$(urls net | head -n 1)
address=0x3333333333333333333333333333333333333333
# Values as the configuration or a person gives them.
fill="s|<validator-pod>\\|<pod>|besu-validator-1|g; s|<rpc-pod>|besu-rpc-0|g; s|<[a-z]*-pod>|some-pod-0|g
s|<namespace>|besu-network|g; s|<[a-z-]*url>|$node|g; s|<[a-z-]*address>|$address|g; s|<[a-z-]*selector>|16015286601757825753|g
s|<[a-z-]*>|x|g"

# answered BOOK: each command of kubectl, cast and curl, one file each.
answered() {
	"$tocsin" runbook show "$books/$1.md" --steps --json |
		jq -r '.steps[] | .number as $n | .commands[] | select(.shell) | .text | select(test("^(from=|to=|subject=|cast |kubectl |curl )")) | [$n, @base64] | @tsv' >"$scratch/commands"
	while read -r step text; do
		printf '%s' "$text" | base64 -d | sed "$fill; s/--timeout=[0-9]*s/--timeout=1s/" >"$scratch/command"
		PATH=$scratch/bin:$PATH sh -e "$scratch/command" >"$scratch/said" 2>"$scratch/why" </dev/null
		code=$?
		if [ "$code" -eq 0 ] || grep -qE '(is|are) not simulated|NotFound|timed out waiting|does not have any code' "$scratch/why"; then
			pass "$1 step $step"
		else
			fail "$1 step $step" "exit $code, $(tail -n 3 "$scratch/why")"
		fi
		grep -h 'not simulated' "$scratch/why" | sed "s/^/    $1 step $step: /"
	done <"$scratch/commands"
}

for book in "$books"/*.md; do
	answered "$(basename "$book" .md)"
done
finish
