/* What a shell text may do: reads are known by name, everything else is at least a
 * mutation, and the worst line decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_classes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
