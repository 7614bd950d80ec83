#!/bin/sh
# shellcheck disable=SC2016 # $names inside single quotes are those of runbooks
# Running runbooks: outside an incident by the table of modes, and in a console with a
# private kubectl, masked output, a second person, and a resume after a kill.
. "${srcdir:-.}/tests/cli/lib.sh"
need jq
db=$scratch/x.db
cd "$scratch" || finish

# A kubectl that knows two contexts and tells what it was given.
mkdir "$scratch/bin"
cat >"$scratch/bin/kubectl" <<KUBECTL
#!/bin/sh
echo "\$KUBECONFIG kubectl \$*" >>"$scratch/kubectl.log"
case "\$*" in
'config view --raw --minify --flatten --context=prod') echo 'context prod; token: s3cr3t-of-kube' ;;
'config view'*) echo 'error: context "nowhere" does not exist' >&2; exit 1 ;;
--kubeconfig=*) ;;
*) ls -l "\$KUBECONFIG" | cut -c1-10; cat "\$KUBECONFIG" ;;
esac
KUBECTL
chmod +x "$scratch/bin/kubectl"
PATH=$scratch/bin:$PATH

# --- outside an incident ----------------------------------------------------------------

expect_exit 1 "a value that is no pod name" runbook run validator-failure --dry-run --set 'validator-pod=x; touch pwned'
expect_text "is refused as one" "$scratch/out" '"x; touch pwned" is not a pod name'
expect_equal "and touches nothing" "$(ls "$scratch/pwned" 2>/dev/null)" ""
expect_exit 64 "outside a dry run at once" runbook run validator-failure --yes --set 'validator-pod=x; touch pwned'
expect_exit 0 "a dry run" runbook run validator-failure --dry-run --set validator-pod=besu-validator-0 --set rpc-url=http://me:hunter2@h:8545 --json
expect_json "renders every step with its values" "$scratch/out" '[.steps[].commands[] | select(.danger == "mutate")][0] | .resolved == "kubectl delete pod besu-validator-0 -n besu-network" and .outcome == "would-run"'
expect_json "and runs nothing" "$scratch/out" '.ran == 0 and ([.steps[].commands[].outcome] | index("ran") == null)'
expect_equal "not even kubectl" "$(cat "$scratch/kubectl.log" 2>/dev/null)" ""
expect_equal "secrets of URLs are masked" "$(grep -c hunter2 "$scratch/out")" 0

cat >book.md <<'BOOK'
# Three classes

1. Look

   ```sh
   echo seen
   ```

2. Change

   ```sh
   touch changed
   ```

3. Destroy

   ```sh
   rm -rf destroyed
   ```

4. Verify that it changed

   ```sh
   test -e changed
   ```
BOOK
mkdir destroyed
expect_exit 64 "without a terminal it wants --yes" runbook run book.md
expect_exit 64 "--read-only runs nothing" --read-only runbook run book.md --yes
expect_exit 1 "unarmed, what it verifies does not hold" runbook run book.md --yes --json
expect_json "the read ran, what changes was kept back" "$scratch/out" '[.steps[].commands[].outcome] == ["ran", "not-run", "not-run", "ran"] and .steps[0].commands[0].output == "seen\n"'
expect_equal "so nothing changed" "$(ls changed 2>/dev/null)" ""
expect_exit 2 "armed, what destroys is kept back, and the exit code tells" runbook run book.md --yes --arm 'a test' --json
expect_json "what changes ran, what destroys never" "$scratch/out" '[.steps[].commands[].outcome] == ["ran", "ran", "not-run", "ran"] and .armed == "a test"'
expect_equal "so it is still there" "$(ls -d destroyed)" destroyed
expect_json "nothing is recorded, and says so" "$scratch/out" '.recorded == false and .kept_back == 1 and (.failed | not)'
expect_exit 2 "the same as text" runbook run book.md --yes --arm 'a test'
expect_text "says that nothing is recorded" "$scratch/out" "Outside an incident: nothing of this is recorded."
expect_text "and that more is to do" "$scratch/out" "3 commands ran, 1 kept back; this runbook is not done"
printf '# One\n\n1. Ask\n\n   ```sh\n   echo <question>\n   ```\n' >open.md
expect_exit 2 "a value that nobody gave keeps back, too" runbook run open.md --yes --json
expect_json "and is counted" "$scratch/out" '.kept_back == 1 and .ran == 0'
expect_exit 0 "with it everything runs" runbook run open.md --yes --set question=why
expect_exit 64 "an empty reason is none" runbook run book.md --yes --arm ''

cat >choice.md <<'BOOK'
# A choice

1. Take this way

   **When:** the moon is full

   ```sh
   echo taken
   ```

2. Fail

   ```sh
   echo before; exit 3
   ```

3. After it

   ```sh
   echo after
   ```
BOOK
expect_exit 1 "a failure ends it" runbook run choice.md --yes --json
expect_json "a choice is not guessed, and nothing follows a failure" "$scratch/out" '[.steps[].commands[].outcome] == ["not-run", "ran"] and .steps[1].commands[0].exit == 3 and .failed'

# --- secrets ---------------------------------------------------------------------------------

cat >secrets.md <<'BOOK'
# Secrets

1. Say them

   ```sh
   echo "out <deploy-token>"; echo "err <deploy-token>" >&2; echo corp-12-ab; echo "DB_PASSWORD=hunter22"; no-such-program <deploy-token>
   ```
BOOK
printf 'tok-in-a-file-1\n' >token
chmod 600 token
DEPLOY=tok-in-the-environment-1
export DEPLOY
printf '[network]\nname = t\n[secrets]\nhide = corp-*\n[node a]\nurl = http://127.0.0.1:1\n' >secrets.conf
for source in env:DEPLOY "file:$scratch/token"; do
	expect_exit 1 "a secret from $source" --config secrets.conf runbook run secrets.md --yes --arm 'a test' --set "deploy-token=$source" --json
	expect_equal "is neither shown nor said" "$(cat "$scratch/out" "$scratch/err" | grep -c 'tok-in-\|corp-12\|hunter22')" 0
	expect_json "but was given" "$scratch/out" '.steps[0].commands[0] | (.output | contains("out ***") and contains("err ***")) and .values == [{"name": "deploy_token", "value": null, "from": "--set"}]'
done
chmod 644 token
expect_exit 1 "a secret that others can read" runbook run secrets.md --yes --set "deploy-token=file:$scratch/token"
expect_text "is not taken" "$scratch/err" "can be read by others (chmod 600 it)"
chmod 600 token
: >token
expect_exit 64 "a secret that is empty" runbook run secrets.md --yes --set "deploy-token=file:$scratch/token"
expect_text "is none" "$scratch/err" "deploy_token: $scratch/token: its first line is empty (write the secret there)"

# --- the private kubectl ----------------------------------------------------------------------

cat >kube.md <<'BOOK'
# Kube

1. Look

   ```sh
   kubectl get pods
   ```
BOOK
printf '[network]\nname = t\n[kubernetes]\ncontext = prod\nnamespace = ns1\n[node a]\nurl = http://127.0.0.1:1\n' >kube.conf
sed 's/prod/nowhere/' kube.conf >nowhere.conf
expect_exit 0 "pinned to a context" --config kube.conf runbook run kube.md --yes --json
expect_json "which the confirmation names" "$scratch/out" '.steps[0].commands[0].cluster == "context prod, namespace ns1; no other context is within reach"'
expect_json "in a private file, whose secrets are masked" "$scratch/out" '.steps[0].commands[0].output == "-rw-------\ncontext prod; token: ***\n"'
expect_text "with its namespace" "$scratch/kubectl.log" "config set-context --current --namespace=ns1"
kept=$(sed -n 's/^\([^ ]*\) kubectl get pods.*/\1/p' "$scratch/kubectl.log")
expect_equal "that is removed afterwards" "$(ls -d "$kept" "$(dirname "$kept")" 2>/dev/null)" ""
expect_exit 1 "a context that is not there" --config nowhere.conf runbook run kube.md --yes --json
expect_json "keeps it from running" "$scratch/out" '.failed and (.steps[0].commands[0].exit == -1)'

# --- in an incident: a second person --------------------------------------------------------------

cat >funds.md <<'BOOK'
# Funds

1. Look

   ```sh
   echo looked
   ```

2. Move them

   ```sh
   cast send 0x0000000000000000000000000000000000000001
   ```
BOOK
printf '#!/bin/sh\necho "moved $*" >>%s/cast.log\n' "$scratch" >"$scratch/bin/cast"
chmod +x "$scratch/bin/cast"
printf '[network]\nname = t\n[node a]\nurl = http://127.0.0.1:1\n' >net.conf
t --db "$db" --config net.conf --as alice incident declare --title Drained --severity P1 --components node/a
t --db "$db" --config net.conf --as alice incident set INC-1 --owner alice --impact 'funds at risk'
t --db "$db" --config net.conf --as alice incident stage INC-1 respond
expect_exit 0 "a runbook from anywhere" --db "$db" --config net.conf --as alice incident set INC-1 --runbook ./funds.md

# console NAME SCRIPT: runs it on the record; its exit code in $code.
console() {
	"$tocsin" --config net.conf --db "$db" --as "$1" console --script "$2" >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
}
printf '%s\n' ':wait stage INC-1 respond 20s' :show ':arm 10m move them' ':wait text ARMED' ':run 2' 'key Tab Enter' 'key y' ':wait text asks a second person' ':wait recorded' ':run 2' ":dump $scratch/waits.screen" >ask
console alice ask
expect_equal "alice asks for an approval" "$code $(cat "$scratch/err")" "0 "
expect_text "and waits for it" "$scratch/waits.screen" "waits for a second person"
expect_equal "nothing has moved" "$(cat cast.log 2>/dev/null)" ""
expect_exit 1 "bob has to read it first" --db "$db" --config net.conf --as bob incident approve INC-1 2
expect_text "which is shown in full" "$scratch/out" '$ cast send 0x0000000000000000000000000000000000000001'
expect_text "with its directory" "$scratch/out" "Directory: $scratch"
hash=$(sed -n 's/.*add --hash \([0-9a-f]*\)).*/\1/p' "$scratch/err")
expect_exit 1 "alice cannot approve herself" --db "$db" --config net.conf --as alice incident approve INC-1 2 --hash "$hash"
expect_exit 1 "nor bob something else" --db "$db" --config net.conf --as bob incident approve INC-1 2 --hash 000000000000
expect_exit 0 "bob approves" --db "$db" --config net.conf --as bob incident approve INC-1 2 --hash "$hash"
printf '%s\n' ':wait stage INC-1 respond 20s' :show ':arm 10m move them' ':wait text ARMED' ':run 2' ":dump $scratch/approved.screen" 'type run' 'key Enter' ':wait idle' ':run 2' ":dump $scratch/again.screen" >move
console alice move
expect_text "alice sees who approved it" "$scratch/approved.screen" "Approved by bob (not proved"
expect_equal "and runs it" "$(cat cast.log 2>/dev/null)" "moved send 0x0000000000000000000000000000000000000001"
expect_text "once: the next run asks again" "$scratch/again.screen" "Ask a second person to approve step 2"
printf '%s\n' ':wait stage INC-1 respond 20s' :show ':arm 10m move them' ':wait text ARMED' ':run 2' 'key Esc' ':break-glass nobody answers' ':wait text BREAKS THE GLASS' ':wait recorded' ':run 2' 'type run' 'key Enter' ':wait idle' >glass
console alice glass
expect_equal "alone, the glass is broken" "$(wc -l <cast.log)" 2
expect_exit 0 "the record" --db "$db" --config net.conf incident show INC-1 --json
expect_json "has who approved, and the broken glass" "$scratch/out" '[.events[].kind] | contains(["approval.asked", "approval.given", "glass.broken"])'

# --- resume, and a runbook that changes on disk ------------------------------------------------------

printf '%s\n' ':wait stage INC-1 respond 20s' :show ':run 1' 'key y' ':wait idle' ':tick 1' ':deviate asked the custodian instead' ':wait recorded' >settle
console alice settle
echo '3. One more' >>funds.md
printf '%s\n' ':wait stage INC-1 respond 20s' :show ':wait step 1 done' ':wait text changed on disk' ":dump $scratch/changed.screen" >resume
console alice resume
expect_equal "after a restart: the same steps, and the change on disk is pointed out" "$code $(cat "$scratch/err")" "0 "
expect_text "a step that was done otherwise is settled" "$scratch/changed.screen" "otherwise"
expect_exit 0 "the record verifies" --db "$db" verify
finish
