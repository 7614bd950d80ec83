/* What a shell text may do: reads are known by name, everything else is at least a
 * mutation, and the worst line decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "runbook/danger.h"

static const struct {
	const char *script;
	enum danger danger;
} cases[] = {
	{"kubectl get pods -n besu-network -l component=validator", DANGER_READ},
	{"kubectl -n besu-network describe pod \"${TOCSIN_validator_pod}\"", DANGER_READ},
	{"kubectl describe pod <validator-pod> -n <namespace>", DANGER_READ},
	{"kubectl delete pod <validator-pod> -n <namespace>", DANGER_MUTATE},
	{"ssh <node> uptime", DANGER_MUTATE},
	{"kubectl logs x --tail=100 | grep -i error | tail -5", DANGER_READ},
	{"kubectl rollout status statefulset/besu-validator", DANGER_READ},
	{"kubectl rollout restart statefulset/besu-validator -n besu-network", DANGER_MUTATE},
	{"kubectl scale statefulset/besu-rpc --replicas=5", DANGER_MUTATE},
	{"kubectl delete pod a", DANGER_MUTATE},
	{"ccip-cli show 0x22 --rpc http://a --rpc http://b", DANGER_READ},
	{"ccip-cli manual-exec 0x22 --rpc http://a --wallet ledger", DANGER_FUNDS},
	{"tocsin runbook lint", DANGER_READ},
	{"tocsin runbook run x.md", DANGER_MUTATE},
	{"tocsin incident note INC-1 x", DANGER_MUTATE},
	{"kubectl delete pvc data-0", DANGER_DESTRUCTIVE},
	{"kubectl delete ns besu-network", DANGER_DESTRUCTIVE},
	{"kubectl get secret validator-key -o yaml", DANGER_CUSTODY},
	{"kubectl exec a -- ls", DANGER_MUTATE},
	{"kubectl get pods -o yaml > pods.yaml", DANGER_MUTATE},
	{"kubectl get pods 2>/dev/null", DANGER_READ},
	{"kubectl get pods 2>&1 | head", DANGER_READ},
	{"kubectl get pods\nkubectl delete pod a # wait\n", DANGER_MUTATE},
	{"kubectl delete pod a && kubectl delete pvc a", DANGER_DESTRUCTIVE},
	{"echo $(kubectl delete pod a)", DANGER_MUTATE},
	{"echo \"$(kubectl delete pvc a)\"", DANGER_DESTRUCTIVE},
	{"echo `kubectl delete pod a`", DANGER_MUTATE},
	{"echo 'kubectl delete pod a'", DANGER_READ},
	{"# kubectl delete pod a\nls", DANGER_READ},
	{"cast call 0x1 \"paused()\" --rpc-url x", DANGER_READ},
	{"cast send 0x1 \"pause()\"", DANGER_FUNDS},
	{"cast wallet list", DANGER_CUSTODY},
	{"az keyvault secret show --name k", DANGER_CUSTODY},
	{"rm -rf data", DANGER_DESTRUCTIVE},
	{"/bin/rm x", DANGER_DESTRUCTIVE},
	{"find . -name x -delete", DANGER_DESTRUCTIVE},
	{"cchost --config recover.json", DANGER_NETWORK},
	{"curl -s http://x/readiness", DANGER_READ},
	{"curl -s -o /dev/null -w '%{http_code}' http://x", DANGER_READ},
	{"curl -o out http://x", DANGER_MUTATE},
	{"curl -X DELETE http://x", DANGER_MUTATE},
	{"curl -XDELETE http://x", DANGER_MUTATE},
	{"curl -X POST http://x/control", DANGER_MUTATE},
	{"curl -X POST --data '{\"method\":\"eth_blockNumber\"}' http://x", DANGER_READ},
	{"curl --data '[{\"method\":\"net_peerCount\"},{\"method\":\"admin_removePeer\"}]' http://x", DANGER_MUTATE},
	{"curl --data @file http://x", DANGER_MUTATE},
	{"curl -ofile http://x", DANGER_MUTATE},
	{"curl -sSfLo file http://x", DANGER_MUTATE},
	{"curl -sO http://x", DANGER_MUTATE},
	{"curl -so/dev/null http://x", DANGER_READ},
	{"curl -sSfm 5 http://x", DANGER_READ},
	{"curl -sm5 -H 'a: b' --retry 3 http://x", DANGER_READ},
	{"curl -Kfile http://x", DANGER_MUTATE},
	{"curl --data '{\"method\":\"eth_blockNumber\"}' -X POST http://x", DANGER_READ},
	{"curl --output=file http://x", DANGER_MUTATE},
	{"curl --outp file http://x", DANGER_MUTATE},
	{"curl -sXPOST -d '{\"method\":\"eth_blockNumber\"}' http://x", DANGER_READ},
	{"curl -d '{\"method\":\"eth_blockNumber\",\"m\\u0065thod\":\"admin_addPeer\"}' http://x", DANGER_MUTATE},
	{"curl -w '%output{file}x' http://x", DANGER_MUTATE},
	{"sort -ro file", DANGER_MUTATE},
	{"sort -ofile", DANGER_MUTATE},
	{"sort --compress-program=./x", DANGER_MUTATE},
	{"sort -rn", DANGER_READ},
	{"uniq -c", DANGER_READ},
	{"uniq in out", DANGER_MUTATE},
	{"date -us 2026-01-01", DANGER_MUTATE},
	{"date 010112002026", DANGER_MUTATE},
	{"date -u +%s", DANGER_READ},
	{"ss -tnp", DANGER_READ},
	{"ss -tK dst x", DANGER_MUTATE},
	{"find / -fprint0 file", DANGER_DESTRUCTIVE},
	{"openssl x509 -in a -out b", DANGER_MUTATE},
	{"kubectl cluster-info dump --output-directory=x", DANGER_MUTATE},
	{"sh -c 'kubectl get pods'", DANGER_MUTATE},
	{"eval \"$X\"", DANGER_MUTATE},
	{"$CMD get pods", DANGER_MUTATE},
	{"sudo kubectl get pods", DANGER_MUTATE},
	{"kubectl get pods | xargs kubectl describe pod", DANGER_MUTATE},
	{"cat <<EOF\nx\nEOF", DANGER_MUTATE},
	{"kubectl get pods 'unclosed", DANGER_MUTATE},
	{"f() { rm x; }; f", DANGER_DESTRUCTIVE},
	{"mytool --list", DANGER_MUTATE},
	{"NS=besu-network", DANGER_READ},
	{"NS=besu-network kubectl get pods -n $NS", DANGER_READ},
	/* what stands before the verb, and what only looks like one */
	{"kubectl -n x delete pvc data-0", DANGER_DESTRUCTIVE},
	{"kubectl --kubeconfig other get pods", DANGER_MUTATE},
	{"kubectl --kubeconfig=other delete pvc a", DANGER_DESTRUCTIVE},
	{"kubectl krew install get", DANGER_MUTATE},
	{"kubectl -n get frobnicate", DANGER_MUTATE},
	{"kubectl rollout restart statefulset/a -n status", DANGER_MUTATE},
	{"kubectl config set-context current-context", DANGER_MUTATE},
	{"kubectl auth reconcile -f can-i", DANGER_MUTATE},
	{"docker run --rm alpine ps", DANGER_MUTATE},
	{"docker -H tcp://x ps", DANGER_READ},
	{"docker rm logs", DANGER_DESTRUCTIVE}, /* "rm" is taken for what it looks like */
	{"systemctl restart show", DANGER_MUTATE},
	{"systemctl status besu", DANGER_READ},
	{"az vm deallocate --ids list", DANGER_MUTATE},
	{"az network application-gateway show-backend-health --name a", DANGER_READ},
	/* spellings of a resource */
	{"kubectl get secret/validator-key -o yaml", DANGER_CUSTODY},
	{"kubectl get pods,secrets -o yaml", DANGER_CUSTODY},
	{"kubectl get Secrets -o yaml", DANGER_CUSTODY},
	{"kubectl get secrets.v1. -o yaml", DANGER_CUSTODY},
	{"kubectl get \"sec\\\nret\" a", DANGER_CUSTODY},
	{"kubectl get --raw /api/v1/secrets", DANGER_MUTATE},
	{"R=secret; kubectl get $R -o yaml", DANGER_MUTATE},
	{"kubectl get -n x \"$(echo secret)\"", DANGER_MUTATE},
	{"kubectl get <what>", DANGER_MUTATE},
	{"kubectl get sec{r,}et", DANGER_MUTATE},
	{"kubectl delete pvc/data-0", DANGER_DESTRUCTIVE},
	{"kubectl delete pod,pvc -l app=besu", DANGER_DESTRUCTIVE},
	{"kubectl delete -f all.yaml", DANGER_DESTRUCTIVE},
	{"kubectl apply -f x --prune", DANGER_DESTRUCTIVE},
	/* programs that start others */
	{"kubectl get pods; rm x", DANGER_DESTRUCTIVE},
	{"command rm x", DANGER_DESTRUCTIVE},
	{"env rm x", DANGER_DESTRUCTIVE},
	{"env -i A=b rm x", DANGER_DESTRUCTIVE},
	{"timeout 5 rm x", DANGER_DESTRUCTIVE},
	{"timeout 5 kubectl delete pvc a", DANGER_DESTRUCTIVE},
	{"timeout 5 kubectl get pods", DANGER_MUTATE},
	{"nohup /bin/rm x &", DANGER_DESTRUCTIVE},
	{"ls | xargs rm", DANGER_DESTRUCTIVE},
	{"\\rm x", DANGER_DESTRUCTIVE},
	{"r\\\nm x", DANGER_DESTRUCTIVE},
	{"sh -c 'rm -rf data'", DANGER_DESTRUCTIVE},
	{"sh -c \"bash -c 'cast send 0x1'\"", DANGER_FUNDS},
	{"kubectl exec a -- rm -rf /data", DANGER_DESTRUCTIVE},
	{"kubectl exec a -- sh -c 'rm -rf /data'", DANGER_DESTRUCTIVE},
	{"ssh host 'kubectl delete pvc a'", DANGER_DESTRUCTIVE},
	{"diff <(kubectl get a) <(rm b)", DANGER_DESTRUCTIVE},
	{"cat <<<x", DANGER_MUTATE},
	{"rm${IFS}x", DANGER_MUTATE},
	{"kubectl get pods\r\n", DANGER_READ},
	{"kubectl get\rdelete pvc a", DANGER_MUTATE},
	{"kubectl g\xd0\xb5t pods", DANGER_MUTATE}, /* a Cyrillic letter */
	{"kubectl get\xc2\xa0pods", DANGER_MUTATE},
	/* variables that choose programs, words and options */
	{"PATH=/tmp/x kubectl get pods", DANGER_MUTATE},
	{"export PATH=/tmp/x; kubectl get pods", DANGER_MUTATE},
	{"LD_PRELOAD=./x.so kubectl get pods", DANGER_MUTATE},
	{"KUBECTL_EXTERNAL_DIFF=x kubectl diff -f y", DANGER_MUTATE},
	{"SYSTEMD_PAGER=x journalctl", DANGER_MUTATE},
	{"X=-ofile; curl $X http://x", DANGER_MUTATE},
	{"X=-ofile; curl \"$X\" http://x", DANGER_MUTATE},
	{"X='-o file'; curl $X http://x", DANGER_MUTATE},
	{"curl $(echo -o file) http://x", DANGER_MUTATE},
	{"sort \"$(echo -ofile)\"", DANGER_MUTATE},
	{"echo \"at $(date)\"", DANGER_READ},
	{"printf -v PATH /tmp/x", DANGER_MUTATE},
	/* files */
	{"kubectl get pods >& file", DANGER_MUTATE},
	{"kubectl get pods &> file", DANGER_MUTATE},
	{"cat <> file", DANGER_MUTATE},
	{"cat /opt/besu/key", DANGER_CUSTODY},
	{"cat ~/.ssh/id_ed25519", DANGER_CUSTODY},
	{"cat /proc/self/environ", DANGER_CUSTODY},
	{"jq .key file", DANGER_READ},
	{"grep key file", DANGER_READ},
	/* curl */
	{"curl -X 'DELETE' http://x", DANGER_MUTATE},
	{"curl -X \"$M\" http://x", DANGER_MUTATE},
	{"curl -G --data-urlencode a@b http://x", DANGER_MUTATE},
	{"curl -H @/home/a/.netrc http://x", DANGER_MUTATE},
	{"curl -w @format http://x", DANGER_MUTATE},
	{"curl gopher://x:8545/_POST", DANGER_MUTATE},
	{"curl --url gopher://x:8545/_POST", DANGER_MUTATE},
	{"curl -d \"{\\\"method\\\":\\\"eth_call\\\",\\\"m\\u0065thod\\\":\\\"admin_addPeer\\\"}\" http://x", DANGER_MUTATE},
	{"curl -d '{\"method\":\"eth_call\",\"METHOD\":\"admin_addPeer\"}' http://x", DANGER_MUTATE},
	{"curl -d '{\"method\":\"eth_getBalance\",\"params\":[\"<validator-address>\"]}' http://x", DANGER_READ},
	{"curl -d '{\"method\":\"eth_getBalance\",\"params\":[\"<anything>\"]}' http://x", DANGER_MUTATE},
	{"", DANGER_READ},
	/* what other clusters, clouds and chains have */
	{"helm -n besu list", DANGER_READ},
	{"helm upgrade besu ./chart", DANGER_MUTATE},
	{"helm uninstall besu", DANGER_DESTRUCTIVE},
	{"docker compose -f x.yml ps", DANGER_READ},
	{"docker compose up -d", DANGER_MUTATE},
	{"docker compose down -v", DANGER_DESTRUCTIVE},
	{"docker volume rm data", DANGER_DESTRUCTIVE},
	{"docker restart besu", DANGER_MUTATE},
	{"docker exec besu rm -rf /data", DANGER_DESTRUCTIVE},
	{"podman ps", DANGER_READ},
	{"systemctl restart besu", DANGER_MUTATE},
	{"systemctl is-enabled besu", DANGER_READ},
	{"az network vnet delete --name a", DANGER_DESTRUCTIVE},
	{"az aks list", DANGER_READ},
	{"gcloud compute instances list", DANGER_READ},
	{"gcloud compute instances delete a", DANGER_DESTRUCTIVE},
	{"gcloud kms keys list", DANGER_CUSTODY},
	{"aws ec2 describe-instances --region eu-west-1", DANGER_READ},
	{"aws ec2 reboot-instances --instance-ids i-1", DANGER_MUTATE},
	{"aws ec2 terminate-instances --instance-ids describe-instances", DANGER_DESTRUCTIVE},
	{"aws secretsmanager get-secret-value --secret-id x", DANGER_CUSTODY},
	{"aws s3 ls s3://x", DANGER_READ},
	{"aws s3 rm s3://x --recursive", DANGER_DESTRUCTIVE},
	{"terraform apply", DANGER_MUTATE},
	{"terraform destroy", DANGER_DESTRUCTIVE},
	{"psql -c 'select 1'", DANGER_MUTATE},
	{"psql -c 'DROP TABLE events'", DANGER_DESTRUCTIVE},
	{"pg_restore --clean -d x dump", DANGER_DESTRUCTIVE},
	{"rsync -a --delete a/ b/", DANGER_DESTRUCTIVE},
	{"mkfs.ext4 /dev/sda", DANGER_DESTRUCTIVE},
	{"cometbft unsafe-reset-all", DANGER_DESTRUCTIVE},
	{"cometbft version", DANGER_READ},
	{"./submit_recovery_share.sh https://x", DANGER_CUSTODY},
	{"besu operator generate-blockchain-config", DANGER_CUSTODY},
	{"cast send 0x1 'pause()' --private-key $KEY", DANGER_CUSTODY},
	{"cast rpc eth_blockNumber", DANGER_READ},
	{"cast rpc admin_addPeer x", DANGER_MUTATE},
	{"cast rpc eth_sendRawTransaction 0x1", DANGER_FUNDS},
	{"cast rpc qbft_proposeValidatorVote 0x1 true", DANGER_NETWORK},
	{"forge script x --broadcast", DANGER_FUNDS},
	{"openssl genrsa 2048", DANGER_CUSTODY},
	{"ssh-keygen -t ed25519", DANGER_CUSTODY},
	{"curl -d '{\"method\":\"eth_sendRawTransaction\"}' http://x", DANGER_FUNDS},
	{"curl -d '{\"method\":\"qbft_proposeValidatorVote\"}' http://x", DANGER_NETWORK},
	{"curl -d '{\"method\":\"personal_unlockAccount\"}' http://x", DANGER_CUSTODY},
	{"curl -d '[{\"method\":\"eth_call\"},{\"method\":\"personal_sign\"}]' http://x", DANGER_CUSTODY},
	{"curl https://x/gov/service/state", DANGER_READ},
	{"curl -X POST https://x/gov/members/proposals:create -d @p.json", DANGER_NETWORK},
	{"amtool alert query", DANGER_READ},
	{"amtool silence add x", DANGER_MUTATE},
	{"kubectl logs [POD-NAME]", DANGER_READ},
	{"kubectl logs {{pod}}", DANGER_READ},
	{"NS=\"a b\" kubectl get pods", DANGER_READ},
	{"(kubectl get pods; kubectl delete pvc a)", DANGER_DESTRUCTIVE},
	{"bash <<END\nrm -rf /data\nEND", DANGER_DESTRUCTIVE},
	{"cat <<END\nit's\nEND\nrm x", DANGER_DESTRUCTIVE},
};

static void test_classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		enum danger got = danger_classify(cases[i].script);
		if (got != cases[i].danger)
			fail_msg("%s\n  is %s, should be %s", cases[i].script, danger_name(got), danger_name(cases[i].danger));
	}
}

/* The class of a block is that of its worst line. */
static void test_lines(void **state)
{
	static const struct {
		const char *text;
		enum danger danger;
	} want[] = {
		{"kubectl get pods \\\n  -n x", DANGER_READ},
		{"# wait, it's slow", DANGER_READ},
		{"kubectl delete pod 'a\nb'", DANGER_MUTATE},
		{"kubectl get pods # don't", DANGER_READ},
		{"cat <<END\nx\nEND\nls", DANGER_MUTATE},
	};
	char *script = xstrdup(""), *line;
	enum danger danger;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(want); i++) {
		char *more = xasprintf("%s%s%s", script, i ? "\n\n" : "", want[i].text);
		free(script);
		script = more;
	}
	for (const char *at = script; danger_next_line(&at, &line, &danger); free(line)) {
		assert_true(count < ARRAY_LENGTH(want));
		assert_string_equal(line, want[count].text);
		assert_int_equal(danger, want[count++].danger);
	}
	assert_int_equal(count, ARRAY_LENGTH(want));
	assert_int_equal(danger_classify(script), DANGER_MUTATE);
	free(script);
}

static enum status load(const char *text, struct error *err)
{
	char path[] = "/tmp/tocsin-danger.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	enum status status = danger_load(path, err);
	unlink(path);
	return status;
}

/* A person's rows tell about what nobody here knows, and raise the rest. */
static void test_own_rows(void **state)
{
	static const struct {
		const char *script;
		enum danger danger;
	} want[] = {
		{"netctl status", DANGER_READ},
		{"netctl --deep status", DANGER_READ},
		{"netctl restart", DANGER_MUTATE},
		{"netctl wipe status", DANGER_DESTRUCTIVE},
		{"netctl status; rm x", DANGER_DESTRUCTIVE},
		{"kubectl delete pod a", DANGER_MUTATE},           /* no row lowers it */
		{"kubectl rollout restart sts/a", DANGER_NETWORK}, /* one raises it */
		{"kubectl get pods", DANGER_READ},
		{"timeout 5 netctl wipe", DANGER_DESTRUCTIVE},
	};
	struct error err = {0};

	(void)state;
	assert_int_equal(danger_classify("netctl status"), DANGER_MUTATE);
	assert_int_equal(load("# ours\n\ndestructive netctl wipe\nread netctl status|list||\nread kubectl delete\nnetwork kubectl rollout restart\n", &err), STATUS_OK);
	for (size_t i = 0; i < ARRAY_LENGTH(want); i++)
		if (danger_classify(want[i].script) != want[i].danger)
			fail_msg("%s is %s", want[i].script, danger_name(danger_classify(want[i].script)));
	assert_true(danger_knows("netctl status"));
	assert_int_equal(load("read a\nharmless b\nread\nread netctl status\n", &err), STATUS_INVALID);
	assert_non_null(strstr(err.text, ":2: harmless is no class"));
	assert_int_equal(danger_classify("netctl status"), DANGER_READ);
	error_clear(&err);
	assert_int_equal(danger_load("/nonexistent/danger", &err), STATUS_NOT_FOUND);
	assert_int_equal(danger_classify("netctl status"), DANGER_MUTATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_classes), cmocka_unit_test(test_lines), cmocka_unit_test(test_own_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
