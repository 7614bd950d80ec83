#!/bin/sh
# shellcheck disable=SC2016 # backquotes inside single quotes are those of runbooks
# Runbooks from the command line: listed, shown as steps, and checked for mistakes.
# shellcheck source=tests/cli/lib.sh
. "${srcdir:-.}/tests/cli/lib.sh"
need jq
fixtures=${srcdir:-.}/tests/fixtures/runbook

# --- list ---------------------------------------------------------------------------------

expect_exit 0 "list" runbook list
expect_text "list names owner, test and cause" "$scratch/out" "validator-failure"
expect_exit 0 "list --json" runbook list --json
expect_json "each runbook of the library has an owner and a test" "$scratch/out" \
	'length >= 13 and all(.[]; (.owner | length) > 0 and (.last_tested | length) > 0 and .steps > 0)
	and (.[] | select(.name == "validator-failure") | .fits == ["validator-failure"])'
mkdir "$scratch/own" "$XDG_CONFIG_HOME/tocsin"
printf -- '---\nowner: alice\ncauses: validator-failure\n---\n# Ours\n\n1. Look: `kubectl get pods`\n' >"$scratch/own/ours.md"
printf '[network]\nname = x\n[node a]\nurl = http://127.0.0.1:1\n[runbooks]\ndirectory = %s\n' "$scratch/own" >"$XDG_CONFIG_HOME/tocsin/tocsin.conf"
t runbook list
expect_equal "the team's own are listed, and what is said of them" \
	"$(sed -n 's/  */ /g; /^ours/p' "$scratch/out")" "ours 1 steps alice never validator-failure"

# --- show ---------------------------------------------------------------------------------

for seed in incident ccip; do
	expect_exit 0 "show a text without its markup ($seed)" runbook show "$fixtures/seed-$seed.txt" --steps --json
	expect_json "nothing in it runs, and its steps are there" "$scratch/out" \
		'.stripped and (.steps | length) > 20 and all(.steps[].commands[]; .shell == false and (.doubt | length) > 0)'
done
expect_exit 0 "show by a path" runbook show "$fixtures/seed-ccip.md" --steps --json
expect_json "a block has the class of its worst line" "$scratch/out" \
	'.steps[1] | .title == "Restart Router" and .danger == "mutate" and .kind == "command"
	and (.commands[0].lines | map(.danger)) == ["mutate", "read", "read"]'
expect_json "code of another language is shown and never runs" "$scratch/out" \
	'[.steps[].commands[] | select(.language == "solidity")] | length == 2 and all(.[]; .shell == false and .danger == null)'
expect_json "placeholders say what they want" "$scratch/out" \
	'(.steps[1].commands[0].placeholders[0] | .name == "router_pod" and .written == "<router-pod>" and .source == "the affected pod" and (.wants | test("lower-case")))
	and (.steps[2].commands[0].placeholders | map(.name)) == ["ccip_router", "chain_selector", "rpc_url"]'
expect_json "conditions are kept" "$scratch/out" '.steps[5].when == "if needed"'
expect_exit 0 "show --steps for people" runbook show "$fixtures/marks.md" --steps
expect_text "a class" "$scratch/out" "[network-wide] interactive"
expect_text "a check" "$scratch/out" "[read] check background"
expect_text "why something never runs" "$scratch/out" "[shown, never run: it is not shell text]"
cp "$scratch/out" "$scratch/full"
expect_exit 0 "show" runbook show "$fixtures/marks.md"
if [ "$(wc -l <"$scratch/out")" -lt "$(wc -l <"$scratch/full")" ]; then
	pass "without --steps it is short"
else
	fail "without --steps it is short" "$(wc -l <"$scratch/out") lines"
fi
cp "$fixtures/session.rst" "$scratch/session.rst"
cd "$scratch" || exit 99
expect_exit 0 "a file beside, of another ending" runbook show session.rst
cd "$OLDPWD" || exit 99
expect_exit 1 "a file that is not there" runbook show ./nowhere.md
expect_text "is named" "$scratch/err" "nowhere.md"
expect_exit 64 "show without a name" runbook show

# --- lint ---------------------------------------------------------------------------------

expect_exit 0 "lint --rules" runbook lint --rules
expect_text "names the rules" "$scratch/out" "no-owner"
rules=$(wc -l <"$scratch/out")
cat >"$scratch/bad.md" <<'BAD'
---
skipPrompts: true
last-tested: 2001-01-01
---
# Bad

1. Throw it away: `kubectl delete pvc <claim>`
2. Log in

   ```bash {name=a}
   ssh host "ls <dir>"
   ```

3. Look

   ```sh {name=a}
   kubectl get pods
   kubectl delete pod x
   ```

4. Ask

   ```bash
   curl -H "Authorization: Bearer <token>" http://x
   echo $TOCSIN_pod
   ```

   ```
   what is this
   ```

5. See [the rest](gone.md), call +1-XXX
BAD
expect_exit 1 "lint" runbook lint "$scratch/bad.md" --json
expect_json "finds each mistake in its line" "$scratch/out" \
	'.files[0].findings | map("\(.rule):\(.line)") | contains([
		"no-owner:1", "no-updated:1", "stale-test:1", "skip-prompts:2", "mutate-first:7", "no-impact:7",
		"no-source:7", "no-check:7", "second-shell:10", "same-name:16", "mixed-block:16", "secret-argument:23",
		"reserved-name:23", "no-language:28", "dead-link:32", "unfinished:32"])'
expect_json "each has a severity and a cure" "$scratch/out" \
	'.fails >= 3 and .warnings >= 10 and all(.files[0].findings[]; (.severity | test("^(INFO|WARN|FAIL)$")) and (.cure | length) > 0)'
expect_exit 1 "lint for people" runbook lint "$scratch/bad.md"
expect_text "place, word, rule and cure" "$scratch/out" "bad.md:7: WARN no-impact: step 1 is destructive"
expect_exit 1 "lint of no runbook" runbook lint "$TOCSIN_BUILD/src/tocsin"
expect_text "is a finding" "$scratch/out" "FAIL unreadable"
expect_exit 1 "lint of an empty directory" runbook lint "$HOME"
expect_exit 64 "lint without a word" runbook lint
expect_exit 0 "the library is clean" runbook lint "${srcdir:-.}/runbooks"
if [ "$rules" -ge 20 ]; then pass "there are $rules rules"; else fail "rules" "$rules"; fi

# --- a person's own classes ------------------------------------------------------------------

printf '# ours\nread netctl status\nrubbish\n' >"$XDG_CONFIG_HOME/tocsin/danger"
printf '1. a\n\n   ```sh\n   netctl status\n   ```\n' >"$scratch/own.md"
expect_exit 0 "a wrong row keeps nothing from working" runbook show "$scratch/own.md" --json
expect_text "and is named with its line" "$scratch/err" "danger:3: rubbish is no class"
expect_json "the others count" "$scratch/out" '.steps[0].danger == "read"'

finish
