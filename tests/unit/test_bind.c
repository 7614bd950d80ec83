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
		"cat <<EOF\n<pod>\nEOF",
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
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct bound bound;
		struct error err = {0};
		if (bind_command(cases[i], &values, &bound, &err) != STATUS_REFUSED)
			fail_msg("%s: was not refused", cases[i]);
		assert_true(err.text[0] != '\0');
	}
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

/* Runs script in /bin/sh with the bound environment only, and reads what it printed. */
static size_t run_shell(const struct bound *bound, char *out, size_t size)
{
	int ends[2];
	size_t len = 0;
	ssize_t got;

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char shell[] = "sh", option[] = "-c";
		char *const argv[] = {shell, option, bound->script, NULL};
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		execve("/bin/sh", argv, bound->environment);
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
	};
	static const char alphabet[] = "ab '\"$`\\;&|<>(){}[]*?!#~=%^,./@:+\xc3\xa9";

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
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
		bind_or_fail(texts[round % ARRAY_LENGTH(texts)], &values, &bound);
		snprintf(want, sizeof(want), "[%s]", value);
		size_t got_len = run_shell(&bound, got, sizeof(got) - 1);
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
		cmocka_unit_test(test_refused_where_a_second_shell_reads),
		cmocka_unit_test(test_open_placeholders_are_named),
		cmocka_unit_test(test_values_have_the_shape_of_their_name),
		cmocka_unit_test(test_a_real_shell_sees_the_value_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
