/* Values reach commands as quoted references only. The proof is a real shell: whatever
 * a value holds, printf sees exactly it, and nothing else runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "runbook/bind.h"

static void bind_or_fail(const char *text, const struct bindings *values, struct bound *out)
{
	struct error err = {0};

	if (bind_command(text, values, out, &err) != STATUS_OK)
		fail_msg("%s: %s", text, err.text);
}

static void test_references_fit_their_place(void **state)
{
	static const struct {
		const char *text, *script;
	} cases[] = {
		{"kubectl logs <validator-pod>", "kubectl logs \"${TOCSIN_validator_pod}\""},
		{"kubectl logs {{ validator pod }}", "kubectl logs \"${TOCSIN_validator_pod}\""},
		{"echo \"x <validator-pod> y\"", "echo \"x ${TOCSIN_validator_pod} y\""},
		{"echo '{\"p\":\"<validator-pod>\"}'", "echo '{\"p\":\"'\"${TOCSIN_validator_pod}\"'\"}'"},
		{"curl http://<rpc-endpoint>/x", "curl http://\"${TOCSIN_rpc_endpoint}\"/x"},
		{"echo $VALIDATOR_POD ${VALIDATOR_POD}", "echo \"${TOCSIN_validator_pod}\" \"${TOCSIN_validator_pod}\""},
		{"echo \"$(kubectl logs <validator-pod>)\"", "echo \"$(kubectl logs \"${TOCSIN_validator_pod}\")\""},
		{"echo $HOME '$VALIDATOR_POD'", "echo $HOME '$VALIDATOR_POD'"},
		{"NAME=a; echo $NAME", "NAME=a; echo $NAME"},
		{"cat <in >out", "cat <in >out"},
		{"ls # don't <validator-pod>\necho <validator-pod>", "ls # don't <validator-pod>\necho \"${TOCSIN_validator_pod}\""},
		{"echo \\<validator-pod\\>", "echo \\<validator-pod\\>"},
		{"kubectl logs x", "kubectl logs x"},
		{"kubectl logs [VALIDATOR POD]", "kubectl logs \"${TOCSIN_validator_pod}\""},
		{"kubectl logs [validator-pod]", "kubectl logs \"${TOCSIN_validator_pod}\""},
		{"kubectl logs $validator_pod", "kubectl logs \"${TOCSIN_validator_pod}\""},
		{"cat <<END\np: <validator-pod>\nEND\necho <validator-pod>", "cat <<END\np: ${TOCSIN_validator_pod}\nEND\necho \"${TOCSIN_validator_pod}\""},
		{"cat <<-END\n\tp: '<validator-pod>'\n\tEND\nls", "cat <<-END\n\tp: '${TOCSIN_validator_pod}'\n\tEND\nls"},
		{"cat <<A; cat <<B\n<validator-pod>\nA\n<validator-pod>\nB\n", "cat <<A; cat <<B\n${TOCSIN_validator_pod}\nA\n${TOCSIN_validator_pod}\nB\n"},
		{"echo \"$( (echo a); echo <validator-pod> )\"", "echo \"$( (echo a); echo \"${TOCSIN_validator_pod}\" )\""},
		{"ls;#it's\necho <validator-pod>", "ls;#it's\necho \"${TOCSIN_validator_pod}\""},
	};
	struct bindings values;

	(void)state;
	bindings_init(&values);
	bindings_set(&values, "validator-pod", "besu-validator-2", "test");
	bindings_set(&values, "rpc endpoint", "127.0.0.1:8545", "test");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct bound bound;
		bind_or_fail(cases[i].text, &values, &bound);
		assert_string_equal(bound.script, cases[i].script);
		bound_free(&bound);
	}
	bindings_free(&values);
}

/* What only looks like a placeholder is left to the shell, and what is open is named. */
static void test_what_is_a_placeholder(void **state)
{
	static const struct {
		const char *text, *open; /* the first that is open, "" for none */
	} cases[] = {
		{"test -f x && [ -f x ]", ""},
		{"[ -n \"$HOME\" ]", ""},
		{"ls *.[ch] [A-Z]* [abc]", ""},
		{"grep '[0-9]' x", ""},
		{"ps | grep [b]esu", ""},
		{"echo ${a[POD]}", ""},
		{"echo '[text](http://x)'", ""},
		{"echo '<b>bold</b><br>'", ""},
		{"sort <in 2>err", ""},
		{"kubectl get pods -o go-template='{{range .items}}{{.metadata.name}}{{end}}'", ""},
		{"docker ps --format '{{.Names}}'", ""},
		{"docker inspect -f '{{json .State}}' x", ""},
		{"for pod in a b; do echo $pod; done", ""},
		{"read -r name rest; echo $rest $name", ""},
		{"POD=a; kubectl logs $POD ${POD}", ""},
		{"POD+=a; echo $POD", ""},
		{"echo ${POD:-none}", ""},
		{"echo $1 $? $$ $# $@", ""},
		{"echo '$POD'", ""},
		{"kubectl logs $POD", "pod"},
		{"kubectl logs $pod", "pod"},
		{"rm -rf $dir/x", "dir"},
		{"kubectl logs [POD_NAME]", "pod_name"},
		{"cast call [CONTRACT ADDRESS] x", "contract_address"},
		{"curl http://[HOST]/x", "host"},
		{"echo {{ pod }}", "pod"},
		{"echo {{on|off}}", "on_off"},
		{"echo <your pod>", "your_pod"},
		{"curl http://<rpc-endpoint>", "rpc_endpoint"},
		{"PODS=1; echo $POD", "pod"},
	};
	struct bindings none;

	(void)state;
	bindings_init(&none);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct bound bound;
		bind_or_fail(cases[i].text, &none, &bound);
		const char *open = bound.open_count ? bound.open[0].name : "";
		if (strcmp(open, cases[i].open) != 0)
			fail_msg("%s: open is \"%s\"", cases[i].text, open);
		bound_free(&bound);
	}
}

static void test_refused_where_a_second_shell_reads(void **state)
{
	static const char *const cases[] = {
		"sh -c \"kubectl logs <pod>\"",
		"bash -c 'echo <pod>'",
		"ssh host \"kubectl logs <pod>\"",
		"eval \"echo <pod>\"",
		"echo `kubectl logs <pod>`",
		"kubectl exec x -- sh -c 'cat <pod>'",
		"awk '/<pod>/' file",
		"cat <<'EOF'\n<pod>\nEOF",
		"cat <<EOF\n$(echo <pod>)\nEOF",
		"cat <<EOF\n`echo <pod>`\nEOF",
		"cat <<EOF\n<pod>\n",
		"sh <<EOF\necho <pod>\nEOF",
		"ssh host <<EOF\necho <pod>\nEOF",
		"cat <<EOF | sh\necho <pod>\nEOF",
		"cat <<EOF >run.sh\necho <pod>\nEOF\nsh run.sh",
		"psql db <<EOF\nselect '<pod>'\nEOF",
		"cat <<<\"<pod>\"",
		"echo <pod> | sh",
		"echo kubectl delete <pod> | ssh host",
		"echo <pod> | xargs kubectl logs",
		"echo <pod> | xargs sh -c 'kubectl logs $0'",
		"printf '%s' <pod> >x; . ./x",
		"X=\"kubectl logs <pod>\"; eval \"$X\"",
		"X=<pod>; sh -c \"echo $X\"",
		"sh -c \"$(echo <pod>)\"",
		"$SHELL -c 'echo <pod>'",
		"<pod> -c x",
		"$TOOL logs <pod>",
		"kubectl exec a -- bash -lc \"ls <pod>\"",
		"docker exec a sh -c 'ls <pod>'",
		"timeout 5 watch 'kubectl get <pod>'",
		"psql -c \"select '<pod>'\"",
		"jq '.items[] | select(.name==\"<reason>\")' x",
		"python3 -c 'print(\"<pod>\")'",
		"((x<<2)); echo <pod>",
		"echo $(case a in a) echo <pod>;; esac)",
		"echo {{on|off}}",
		"echo $'<pod>'",
		"echo \"<pod>",
		"echo $((<pod> + 1))",
		"[[ <pod> -eq 1 ]]",
		"timeout 5 awk '/<pod>/' file",
		"kubectl exec x -- sed 's/<pod>//' file",
	};
	struct bindings values;

	(void)state;
	bindings_init(&values);
	bindings_set(&values, "pod", "a", "test");
	bindings_set(&values, "reason", "a", "test");
	bindings_set(&values, "on_off", "maybe", "test");
	bindings_set(&values, "tool", "rm", "test");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct bound bound;
		struct error err = {0};
		if (bind_command(cases[i], &values, &bound, &err) != STATUS_REFUSED)
			fail_msg("%s: was not refused", cases[i]);
		assert_true(err.text[0] != '\0');
	}
	bindings_free(&values);
}

/* Near misses: a value stands beside a second shell, and does not reach it. */
static void test_not_refused_beside_a_second_shell(void **state)
{
	static const char *const cases[] = {
		"kubectl get pods -n <namespace> | awk '{print $1}'",
		"kubectl get pods -n <namespace> -o name | xargs kubectl describe",
		"kubectl get pod <pod> -o json | jq '.status.phase'",
		"kubectl get pods -o json | jq '.items[] | select(.metadata.name==\"<pod>\")'",
		"jq --arg n <reason> '.[$n]' file",
		"kubectl apply -f - <<END\nname: <pod>\nEND",
		"curl -H @- <rpc-url> <<END\nAuthorization: Bearer <token>\nEND",
		"sh -c 'ls'; kubectl logs <pod>",
		"echo {{on|off}}",
	};
	struct bindings values;

	(void)state;
	bindings_init(&values);
	bindings_set(&values, "pod", "a", "test");
	bindings_set(&values, "on_off", "off", "test");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct bound bound;
		bind_or_fail(cases[i], &values, &bound);
		bound_free(&bound);
	}
	bindings_free(&values);
}

static void test_secrets_are_named_only(void **state)
{
	struct bindings values;
	struct bound bound;
	struct error err = {0};

	(void)state;
	bindings_init(&values);
	bindings_set(&values, "token", "hunter2", "typed");
	bindings_set_secret(&values, "validator-pod", "besu-x", "typed");
	bindings_set(&values, "link-token", "0x1", "typed");
	bind_or_fail("curl -H @- <<END\nBearer <token> <link-token>\nEND\nkubectl logs <validator-pod>", &values, &bound);
	assert_string_equal(bound.resolved, "curl -H @- <<END\nBearer ‹secret:token› 0x1\nEND\nkubectl logs ‹secret:validator_pod›");
	assert_string_equal(bound.environment[0], "TOCSIN_token=hunter2");
	bound_free(&bound);
	bindings_set(&values, "token", "-hunter2", "typed");
	assert_int_equal(bind_command("curl <token>", &values, &bound, &err), STATUS_REFUSED);
	assert_null(strstr(err.text, "hunter2"));
	bindings_free(&values);
}

/* A value that could leave the string around it would make other data than was shown. */
static void test_values_stay_in_the_string_around_them(void **state)
{
	static const char *const cases[] = {
		"curl -d '{\"a\":\"<reason>\"}' x",
		"curl -d \"{\\\"a\\\":\\\"<reason>\\\"}\" x",
		"kubectl apply -f - <<END\na: \"<reason>\"\nEND",
	};
	struct bindings values;

	(void)state;
	bindings_init(&values);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct bound bound;
		bindings_set(&values, "reason", "it's fine", "test");
		bind_or_fail(cases[i], &values, &bound);
		bound_free(&bound);
		bindings_set(&values, "reason", "a\",\"b\":\"", "test");
		if (bind_command(cases[i], &values, &bound, NULL) != STATUS_REFUSED)
			fail_msg("%s: was not refused", cases[i]);
	}
	bindings_free(&values);
}

static void test_a_copy_does_not_change(void **state)
{
	struct bindings values, frozen;

	(void)state;
	bindings_init(&values);
	bindings_set(&values, "pod", "a", "affected node/a");
	bindings_copy(&frozen, &values);
	bindings_set(&values, "pod", "b", "affected node/b");
	assert_string_equal(bindings_get(&frozen, "pod")->value, "a");
	assert_string_equal(bindings_get(&frozen, "pod")->from, "affected node/a");
	bindings_free(&values);
	bindings_free(&frozen);
}

static void test_a_wrong_value_is_named_with_its_cure(void **state)
{
	struct bindings values;
	struct bound bound;
	struct error err = {0};

	(void)state;
	bindings_init(&values);
	bindings_set(&values, "validator-pod", "x; touch pwned", "typed");
	assert_int_equal(bind_command("kubectl describe pod <validator-pod>", &values, &bound, &err), STATUS_REFUSED);
	assert_string_equal(err.text, "<validator-pod>: \"x; touch pwned\" is not a pod name (give another: lower-case letters, digits, - and ., as Kubernetes names things)");
	bindings_free(&values);
}

static void test_open_placeholders_are_named(void **state)
{
	struct bindings none;
	struct bound bound;

	(void)state;
	bindings_init(&none);
	bind_or_fail("kubectl delete pod <router-pod> -n <namespace> # and <router-pod>", &none, &bound);
	assert_int_equal(bound.open_count, 2);
	assert_string_equal(bound.open[0].name, "router_pod");
	assert_string_equal(bound.open[0].written, "<router-pod>");
	assert_string_equal(bound.resolved, "kubectl delete pod <router-pod> -n <namespace> # and <router-pod>");
	bound_free(&bound);
	bindings_free(&none);
}

static void test_values_have_the_shape_of_their_name(void **state)
{
	static const struct {
		const char *name, *value;
		bool fits;
	} cases[] = {
		{"validator_pod", "besu-validator-2", true},
		{"validator_pod", "x; touch pwned", false},
		{"validator_pod", "-n", false},
		{"validator_pod", "", false},
		{"rpc_url", "http://127.0.0.1:8545/a?b=c", true},
		{"rpc_url", "file:///etc/passwd", false},
		{"rpc_url", "http://x'$(id)", false},
		{"rpc_endpoint", "127.0.0.1:8545", true},
		{"rpc_endpoint", "http ://x", false},
		{"chain_id", "138", true},
		{"chain_id", "138;", false},
		{"sender_address", "0x00000000000000000000000000000000000000aa", true},
		{"sender_address", "0xaa", false},
		{"sender", "0x00000000000000000000000000000000000000aa", true},
		{"message_id", "0xaa", false},
		{"backup_timestamp", "2026-11-20T12:00:00Z", true},
		{"backup_timestamp", "yesterday", false},
		{"target_host", "node-1.example.org", true},
		{"target_host", "a b", false},
		{"image", "hyperledger/besu:24.3", true},
		{"image", "a;b", false},
		{"tripod", "it is no pod", true},
		{"reason", "it's \"fine\" $(id)", true},
		{"reason", "two\nlines", false},
		{"reason", "hidden \xe2\x80\xae text", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error err = {0};
		bool fits = shape_check(shape_of(cases[i].name), cases[i].name, cases[i].value, &err) == STATUS_OK;
		if (fits != cases[i].fits)
			fail_msg("%s = %s: %s", cases[i].name, cases[i].value, err.text);
	}
}

/* Runs the script in a shell with the bound environment only, and reads what it printed. */
static size_t run_shell(const char *shell, const struct bound *bound, char *out, size_t size)
{
	int ends[2];
	size_t len = 0;
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char name[] = "sh", option[] = "-c";
		char *const argv[] = {name, option, bound->script, NULL};
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		execve(shell, argv, bound->environment);
		_exit(127);
	}
	close(ends[1]);
	while (len < size && (got = read(ends[0], out + len, size - len)) > 0)
		len += (size_t)got;
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return len;
}

static void test_a_real_shell_sees_the_value_only(void **state)
{
	static const char *const texts[] = {
		"printf '[%s]' <anything>",
		"printf '[%s]' \"<anything>\"",
		"printf '[%s]' '<anything>'",
		"printf '[%s]' \"$(printf %s <anything>)\"",
		"printf '[%s]' $ANYTHING",
		"printf '[%s]' {{anything}}",
		"printf '[%s]' [ANY THING]",
		"printf '['; cat <<END | tr -d '\\n'; printf ']'\n<anything>\nEND",
		"printf '%s' '['\"<anything>\"']'",
		"X=<anything>; printf '[%s]' \"$X\"",
		"printf '[%s]' $( (printf a) >/dev/null; : <anything>)<anything>",
	};
	static const char alphabet[] = "ab '\"$`\\;&|<>(){}[]*?!#~=%^,./@:+\xc3\xa9";

	(void)state;
	for (unsigned round = 0; round < 600; round++) {
		char value[24], want[32], got[64];
		uint8_t noise[24];
		size_t len = 0;
		random_bytes(noise, sizeof(noise));
		while (len < 1u + noise[23] % 20u) {
			char c = alphabet[noise[len] % (sizeof(alphabet) - 3)]; /* the last two bytes are one letter */
			value[len++] = c;
		}
		value[len] = '\0';
		if (value[0] == '-')
			value[0] = 'x';
		struct bindings values;
		struct bound bound;
		bindings_init(&values);
		bindings_set(&values, "anything", value, "test");
		bindings_set(&values, "any_thing", value, "test");
		bind_or_fail(texts[round % ARRAY_LENGTH(texts)], &values, &bound);
		snprintf(want, sizeof(want), "[%s]", value);
		/* Fences may ask for bash, which knows more ways to read a text. */
		bool bash = round % 2 && access("/bin/bash", X_OK) == 0;
		size_t got_len = run_shell(bash ? "/bin/bash" : "/bin/sh", &bound, got, sizeof(got) - 1);
		got[got_len] = '\0';
		/* $(…) drops line ends only, and values have none. */
		if (strcmp(got, want) != 0)
			fail_msg("%s with %s printed %s", texts[round % ARRAY_LENGTH(texts)], value, got);
		bound_free(&bound);
		bindings_free(&values);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_references_fit_their_place),
		cmocka_unit_test(test_what_is_a_placeholder),
		cmocka_unit_test(test_refused_where_a_second_shell_reads),
		cmocka_unit_test(test_not_refused_beside_a_second_shell),
		cmocka_unit_test(test_secrets_are_named_only),
		cmocka_unit_test(test_values_stay_in_the_string_around_them),
		cmocka_unit_test(test_a_copy_does_not_change),
		cmocka_unit_test(test_a_wrong_value_is_named_with_its_cure),
		cmocka_unit_test(test_open_placeholders_are_named),
		cmocka_unit_test(test_values_have_the_shape_of_their_name),
		cmocka_unit_test(test_a_real_shell_sees_the_value_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
