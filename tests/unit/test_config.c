/* The configuration: a full file arrives whole, and each mistake is named with file,
 * line, key and cure, all of them at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "watch/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NODE "[node a]\nurl = http://127.0.0.1:8545\n"
#define ADDRESS "0x323ff147f4df6e92f475e1698b3df177785be9d0"

static enum status parse(const char *text, size_t len, struct config *config, struct config_problems *problems)
{
	return config_parse(text, len, "t.conf", config, problems);
}

/* --- what is right ------------------------------------------------------------------ */

static void full_file(void **state)
{
	static const char text[] =
		"# every section and every key\n"
		"[network]\n"
		"name = DeFi Oracle Meta Mainnet   ; a comment behind a value\n"
		"chain_id = 138\n"
		"block_period = 2s\n"
		"request_timeout = 2500ms\n"
		"empty_block_period = 1m\n"
		"; another comment\n"
		"[node besu-validator-0]\n"
		"url = https://10.0.0.1:8545/rpc?a=b\n"
		"protocol = besu\n"
		"role = validator\n"
		"validator = " ADDRESS "\n"
		"pod = besu-validator-0-abc\n"
		"bearer_file = /run/secrets/token\n"
		"ca_file = /etc/ssl/own.pem\n"
		"interval = 500ms\n"
		"timeout = 3s\n"
		"[node besu-rpc-0]\n"
		"url: http://10.0.0.2:8545\n"
		"role = rpc\n"
		"bearer_env = RPC_TOKEN\n"
		"[validator v-1]\n"
		"address = 0x95b8ecfa603ff7c013266fe5fca620e289c85874\n"
		"[thresholds]\n"
		"stall_rounds = 4\n"
		"stall_slack_ms = 5s\n"
		"[kubernetes]\n"
		"namespace = mainnet\n"
		"context = prod\n"
		"[runbooks]\n"
		"directory = /srv/runbooks\n"
		"[values]\n"
		"vault = kv-prod\n"
		"router = 0x1\n"
		"[record]\n"
		"path = /srv/tocsin.db\n"
		"keep_samples = 48h\n"
		"[screen]\n"
		"theme = mono\n";
	struct config c;
	struct config_problems problems = {0};
	struct address address;

	(void)state;
	if (parse(text, sizeof(text) - 1, &c, &problems) != STATUS_OK)
		fail_msg("%s", problems.items[0].text);
	assert_int_equal(problems.count, 0);
	assert_string_equal(c.path, "t.conf");
	assert_string_equal(c.network, "DeFi Oracle Meta Mainnet");
	assert_int_equal(c.chain_id, 138);
	assert_int_equal(c.thresholds.block_period_ms, 2000);
	assert_int_equal(c.thresholds.request_timeout_ms, 2500);
	assert_int_equal(c.thresholds.empty_period_ms, 60000);
	assert_int_equal(c.thresholds.stall_rounds, 4);
	assert_int_equal(c.thresholds.stall_slack_ms, 5000);

	assert_int_equal(c.node_count, 2);
	const struct config_node *node = &c.nodes[0];
	assert_string_equal(node->name, "besu-validator-0");
	assert_string_equal(node->url, "https://10.0.0.1:8545/rpc?a=b");
	assert_string_equal(node->protocol, "besu");
	assert_string_equal(node->role, "validator");
	assert_true(node->has_validator && address_parse(ADDRESS, &address) && address_equal(&node->validator, &address));
	assert_string_equal(node->pod, "besu-validator-0-abc");
	assert_string_equal(node->bearer_file, "/run/secrets/token");
	assert_null(node->bearer_env);
	assert_string_equal(node->ca_file, "/etc/ssl/own.pem");
	assert_int_equal(node->interval_ms, 500);
	assert_int_equal(node->timeout_ms, 3000);
	assert_int_equal(node->line, 9);
	node = &c.nodes[1];
	assert_string_equal(node->url, "http://10.0.0.2:8545");
	assert_string_equal(node->bearer_env, "RPC_TOKEN");
	assert_null(node->pod);
	assert_false(node->has_validator);
	assert_int_equal(node->interval_ms, 0);

	assert_int_equal(c.validator_count, 1);
	assert_string_equal(c.validators[0].name, "v-1");
	assert_int_equal(c.validators[0].address.bytes[0], 0x95);
	assert_string_equal(config_namespace(&c), "mainnet");
	assert_string_equal(config_context(&c), "prod");
	assert_string_equal(c.runbook_directory, "/srv/runbooks");
	assert_int_equal(c.value_count, 2);
	assert_string_equal(c.values[1].name, "router");
	assert_string_equal(c.values[1].value, "0x1");
	assert_string_equal(c.record, "/srv/tocsin.db");
	assert_true(c.sample_keep_us == 2 * US_PER_DAY);
	assert_string_equal(c.theme, "mono");
	assert_false(c.demo);
	config_free(&c);
	config_problems_free(&problems);
}

/* Ways to write the same small file. */
static void ways_to_write(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{"plain", NODE},
		{"no newline at the end", "[node a]\nurl = http://127.0.0.1:8545"},
		{"lines of another system", "[node a]\r\nurl = http://127.0.0.1:8545\r\n"},
		{"indented", "  [node a]\n\turl = http://127.0.0.1:8545\n"},
		{"a key indented below another", "[network]\nname = n\n  chain_id = 138\n" NODE},
		{"no blanks", "[node a]\nurl=http://127.0.0.1:8545\n"},
		{"many blanks", "[node   a]\nurl   =   http://127.0.0.1:8545   \n"},
		{"empty lines and comments", "\n# c\n ; c\n\n[node a]\n\n# c\nurl = http://127.0.0.1:8545\n\n"},
		{"a comment behind the value", "[node a]\nurl = http://127.0.0.1:8545 ; c\n"},
		{"a mark before UTF-8", "\xef\xbb\xbf[node a]\nurl = http://127.0.0.1:8545\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct config c;
		struct config_problems problems = {0};
		if (parse(cases[i].text, strlen(cases[i].text), &c, &problems) != STATUS_OK)
			fail_msg("%s: %s", cases[i].name, problems.items[0].text);
		if (c.node_count != 1 || strcmp(c.nodes[0].name, "a") != 0 || strcmp(c.nodes[0].url, "http://127.0.0.1:8545") != 0)
			fail_msg("%s: read wrongly", cases[i].name);
		config_free(&c);
		config_problems_free(&problems);
	}
}

static void defaults(void **state)
{
	struct config c;
	struct config_problems problems = {0};

	(void)state;
	assert_int_equal(parse(NODE, strlen(NODE), &c, &problems), STATUS_OK);
	assert_string_equal(c.network, "unnamed network");
	assert_int_equal(c.chain_id, 0);
	assert_string_equal(config_namespace(&c), "besu-network");
	assert_null(c.record);
	assert_true(c.sample_keep_us == 7 * US_PER_DAY);
	struct thresholds t = thresholds_default();
	assert_memory_equal(&c.thresholds, &t, sizeof(t));
	config_free(&c);
	config_problems_free(&problems);
}

/* Control characters do not pass through a value to the screen. */
static void hostile_values_are_cleaned(void **state)
{
	static const char text[] = NODE "[network]\nname = a\x1b[31mb\x07\n";
	struct config c;
	struct config_problems problems = {0};

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &c, &problems), STATUS_OK);
	for (const char *p = c.network; *p; p++)
		assert_false((unsigned char)*p < ' ');
	config_free(&c);
	config_problems_free(&problems);
}

/* --- what is wrong -------------------------------------------------------------------- */

/* Each has exactly this one mistake; the words are what people read. */
static const struct {
	const char *name, *text, *problem;
} mistakes[] = {
	{"nothing at all", "", "t.conf:1: no [node NAME] section (add one with url = http://host:8545)"},
	{"a key before any section", "name = x\n" NODE, "t.conf:1: name: stands before the first section (put it below [network] or another section)"},
	{"a line of nothing", NODE "hello\n", "t.conf:3: neither a section, a comment nor key = value (begin comments with #)"},
	{"an open section head", NODE "[network\n", "t.conf:3: section head without a closing ] (write [node NAME])"},
	{"a misspelt section", NODE "[netwrok]\nname = x\n", "t.conf:3: [netwrok]: unknown section (did you mean [network]?)"},
	{"a section of nothing", NODE "[besu cluster]\n", "t.conf:3: [besu cluster]: unknown section (see tocsin.conf(5) for the list)"},
	{"a section twice", "[network]\nname = x\n" NODE "[network]\nchain_id = 1\n", "t.conf:5: [network]: begins a second time, after line 1 (put all of it in one place)"},
	{"a name where none belongs", NODE "[network main]\n", "t.conf:3: [network main]: takes no name (write [network])"},
	{"a misspelt key", NODE "[network]\nchainid = 138\n", "t.conf:4: [network] chainid: unknown key (did you mean chain_id?)"},
	{"a key of nothing", NODE "[network]\nwormhole = 1\n", "t.conf:4: [network] wormhole: unknown key (see tocsin.conf(5) for the list)"},
	{"a key of another section", NODE "[network]\nurl = http://a:1\n", "t.conf:4: [network] url: unknown key (see tocsin.conf(5) for the list)"},
	{"a key twice", NODE "url = http://127.0.0.1:8546\n", "t.conf:3: [node a] url: given before, in line 2 (keep one of them)"},
	{"a key without value", NODE "pod =\n", "t.conf:3: [node a] pod: has no value (write it after the =, or leave the line out)"},
	{"a value without key", NODE "= 1\n", "t.conf:3: [node a]: a value without a key (write key = value)"},
	{"a chain id in hex", NODE "[network]\nchain_id = 0x8a\n", "t.conf:4: [network] chain_id: not a decimal number above 0 (write 138)"},
	{"a chain id of zero", NODE "[network]\nchain_id = 0\n", "t.conf:4: [network] chain_id: not a decimal number above 0 (write 138)"},
	{"a chain id beyond 64 bits", NODE "[network]\nchain_id = 18446744073709551616\n", "t.conf:4: [network] chain_id: not a decimal number above 0 (write 138)"},
	{"a period that is none", NODE "[network]\nblock_period = soon\n", "t.conf:4: [network] block_period: duration \"soon\": not a duration (write 90, 90s, 10m, 1h30m or 250ms)"},
	{"a period that is too short", NODE "[network]\nblock_period = 1ms\n", "t.conf:4: [network] block_period: 1ms is out of range (write 100 ms to 3600 s)"},
	{"a timeout that is too long", NODE "[network]\nrequest_timeout = 2h\n", "t.conf:4: [network] request_timeout: 2h is out of range (write 100 ms to 3600 s)"},
	{"an empty period that is too long", NODE "[network]\nempty_block_period = 48h\n", "t.conf:4: [network] empty_block_period: 48h is out of range (write 0 ms to 86400 s)"},
	{"a node without name", "[node]\nurl = http://127.0.0.1:8545\n", "t.conf:1: [node]: needs a name (write [node NAME])"},
	{"a node without url", "[node a]\npod = p\n", "t.conf:1: [node a]: has no url (add url = http://host:8545)"},
	{"a node twice", NODE "[node a]\nurl = http://127.0.0.1:8546\n", "t.conf:3: [node a]: this node was described before, in line 1 (give each node a name of its own)"},
	{"a url twice", NODE "[node b]\nurl = http://127.0.0.1:8545\n", "t.conf:3: [node b] url: the same as that of [node a] in line 1 (give each node its own)"},
	{"another protocol", NODE "protocol = solana\n", "t.conf:3: [node a] protocol: unknown protocol (this build speaks: besu, which also reads plain Ethereum nodes)"},
	{"another role", NODE "role = miner\n", "t.conf:3: [node a] role: neither validator nor rpc (write one of them, or leave the line out)"},
	{"a node's validator that is no address", NODE "validator = 0x12\n", "t.conf:3: [node a] validator: not an address (write 0x and 40 hex digits)"},
	{"an interval that is too short", NODE "interval = 10ms\n", "t.conf:3: [node a] interval: 10ms is out of range (write 200 ms to 3600 s)"},
	{"a timeout of a node that is too long", NODE "timeout = 2m\n", "t.conf:3: [node a] timeout: 2m is out of range (write 100 ms to 60 s)"},
	{"two tokens", NODE "bearer_file = f\nbearer_env = E\n", "t.conf:1: [node a]: bearer_env and bearer_file are both given (keep one)"},
	{"a validator without name", NODE "[validator]\naddress = " ADDRESS "\n", "t.conf:3: [validator]: needs a name (write [validator NAME])"},
	{"a validator without address", NODE "[validator v]\n", "t.conf:3: [validator v]: has no address (add address = 0x…)"},
	{"an address twice", NODE "[validator v]\naddress = " ADDRESS "\n[validator w]\naddress = " ADDRESS "\n", "t.conf:5: [validator w]: has the same address as [validator v] in line 3 (give each its own)"},
	{"a validator twice", NODE "[validator v]\naddress = " ADDRESS "\n[validator v]\naddress = 0x95b8ecfa603ff7c013266fe5fca620e289c85874\n",
	 "t.conf:5: [validator v]: this validator was described before, in line 3 (give each validator a name of its own)"},
	{"a misspelt threshold", NODE "[thresholds]\nstall_round = 3\n", "t.conf:4: [thresholds] stall_round: unknown key (did you mean stall_rounds?)"},
	{"a threshold that is no number", NODE "[thresholds]\nlag_warn_blocks = many\n", "t.conf:4: [thresholds] lag_warn_blocks: 'many' is not a number (write digits)"},
	{"a threshold out of range", NODE "[thresholds]\nlag_crit_s = 0\n", "t.conf:4: [thresholds] lag_crit_s: 0 is out of range (write 1 to 86400)"},
	{"samples kept too short", NODE "[record]\nkeep_samples = 1s\n", "t.conf:4: [record] keep_samples: 1s is out of range (write 60000 ms to 34560000 s)"},
	{"a value of a runbook twice", NODE "[values]\nx = 1\nx = 2\n", "t.conf:5: [values] x: given before, in line 4 (keep one of them)"},
	{"a name that is too long", NODE "[validator vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv]\naddress = " ADDRESS "\n",
	 "t.conf:3: [validator vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv]: longer than 48 bytes (choose a shorter name)"},
	{"a first node whose name is too long", "[node nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn]\nurl = http://h:8545\ntimeout = 1s\n",
	 "t.conf:1: [node nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn]: longer than 48 bytes (choose a shorter name)"},
};

static void each_mistake_has_its_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++) {
		struct config c;
		struct config_problems problems = {0};
		enum status status = parse(mistakes[i].text, strlen(mistakes[i].text), &c, &problems);
		const char *wanted = mistakes[i].problem;
		if (status != STATUS_INVALID || problems.count != 1)
			fail_msg("%s: %zu problems, first: %s", mistakes[i].name, problems.count, problems.count ? problems.items[0].text : "none");
		if (strcmp(problems.items[0].text, wanted) != 0)
			fail_msg("%s:\n  %s\ninstead of\n  %s", mistakes[i].name, problems.items[0].text, wanted);
		config_free(&c);
		config_problems_free(&problems);
	}
}

/* Many in one file: each is there, in the order of lines. */
/* It is usable, and by day somebody sees what would fail at night. */
static void a_step_that_reaches_nobody_is_pointed_out(void **state)
{
	static const char text[] =
		"[node a]\nurl = http://a\n"
		"[person tom]\nroles = team-lead cto\n"
		"[escalation team-lead]\n"
		"[escalation boss]\npeople = tom\n"
		"[escalation owner]\n"
		"[escalation cto]\npeople = cfo\n";
	struct config c;
	struct config_problems problems = {0};
	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &c, &problems), STATUS_OK);
	assert_int_equal(problems.count, 2);
	assert_true(problems.items[0].warning && problems.items[1].warning);
	assert_string_equal(problems.items[0].text, "t.conf:8: [escalation owner]: reaches nobody (add a [person NAME] with this role, or name one in people)");
	assert_int_equal(problems.items[1].line, 9);
	config_free(&c);
	config_problems_free(&problems);
}

static void none_hides_another(void **state)
{
	static const char text[] = "stray = 1\n[network]\nchain_id = x\nblock_period = soon\ncolor = red\n[nodes x]\n[node a]\nrole = miner\nthis\n[validator v]\n[screen\n";
	static const int lines[] = {1, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	struct config c;
	struct config_problems problems = {0};

	(void)state;
	assert_int_equal(parse(text, sizeof(text) - 1, &c, &problems), STATUS_INVALID);
	assert_int_equal(problems.count, ARRAY_LENGTH(lines));
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
		assert_int_equal(problems.items[i].line, lines[i]);
	config_free(&c);
	config_problems_free(&problems);
}

static void bytes_that_are_no_text(void **state)
{
	static const char nul[] = NODE "[network]\nname = a\0b\n";
	char longer[9100] = NODE "pod = ";
	struct config c;
	struct config_problems problems = {0};

	(void)state;
	assert_int_equal(parse(nul, sizeof(nul) - 1, &c, &problems), STATUS_INVALID);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.items[0].text, "t.conf:4: holds a NUL byte (save the file as plain text)");
	config_free(&c);
	config_problems_free(&problems);

	memset(longer + strlen(longer), 'p', 9000);
	assert_int_equal(parse(longer, strlen(longer), &c, &problems), STATUS_INVALID);
	assert_int_equal(problems.count, 1);
	assert_string_equal(problems.items[0].text, "t.conf:3: line of 9006 bytes is too long (write at most 8192)");
	config_free(&c);
	config_problems_free(&problems);
}

/* What inih would cut, drop or take for a comment when a line is handed to it in pieces. */
static void long_values_stay_whole(void **state)
{
	static const char *const pieces[] = {"word ", "; ", "#tag ", "[x] ", "a;b ", "= "};
	char text[4096], expected[2048] = "";
	struct config c;
	struct config_problems problems = {0};

	(void)state;
	for (size_t i = 0; strlen(expected) < 1500; i++) {
		size_t used = strlen(expected);
		text_format(expected + used, sizeof(expected) - used, "%s%zu", pieces[i * 7 % ARRAY_LENGTH(pieces)], i);
	}
	/* A blank before ; begins a comment in any line of an ini file. */
	for (char *at = expected; (at = strstr(at, " ;")) != NULL;)
		*at = '_';
	text_format(text, sizeof(text), NODE "[values]\nquery = %s\nafter = 1\n", expected);
	assert_int_equal(parse(text, strlen(text), &c, &problems), STATUS_OK);
	assert_int_equal(problems.count, 0);
	assert_int_equal(c.value_count, 2);
	assert_string_equal(c.values[0].value, expected);
	assert_string_equal(c.values[1].value, "1");
	config_free(&c);
}

static void files(void **state)
{
	char path[] = "/tmp/tocsin-config-XXXXXX";
	struct config c;
	struct config_problems problems = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0 && write(fd, NODE, strlen(NODE)) == (ssize_t)strlen(NODE));
	close(fd);
	assert_int_equal(config_load(path, &c, &problems), STATUS_OK);
	assert_int_equal(c.node_count, 1);
	assert_string_equal(c.path, path);
	config_free(&c);
	unlink(path);
	assert_int_equal(config_load(path, &c, &problems), STATUS_INVALID);
	assert_int_equal(problems.count, 1);
	assert_non_null(strstr(problems.items[0].text, path));
	config_free(&c);
	config_problems_free(&problems);
}

/* --- from URLs -------------------------------------------------------------------------- */

static void urls(void **state)
{
	static const char *const good[] = {"http://127.0.0.1:8545", "https://user:secret@rpc.example.net/v1/key?token=x", "https://rpc.example.net/v2"};
	static const struct {
		const char *name, *urls[2], *text;
	} bad[] = {
		{"another scheme", {"ws://127.0.0.1:8546", NULL}, "ws://127.0.0.1:8546: not an http or https URL (write http://host:8545)"},
		{"no host", {"http:///path", NULL}, "http:///path: has no host (write http://host:8545)"},
		{"the same again", {"http://a:1", "http://a:1"}, "http://a:1: given twice"},
	};
	struct config c;
	struct error err = {0};

	(void)state;
	assert_int_equal(config_from_urls(good, ARRAY_LENGTH(good), &c, &err), STATUS_OK);
	assert_int_equal(c.node_count, 3);
	assert_string_equal(c.nodes[0].name, "127.0.0.1:8545");
	assert_string_equal(c.nodes[1].name, "rpc.example.net"); /* neither user nor key */
	assert_string_equal(c.nodes[1].url, good[1]);
	assert_string_equal(c.nodes[2].name, "rpc.example.net#3");
	assert_null(c.path);
	config_free(&c);
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		error_clear(&err);
		assert_int_equal(config_from_urls(bad[i].urls, bad[i].urls[1] ? 2 : 1, &c, &err), STATUS_USAGE);
		if (strcmp(err.text, bad[i].text) != 0)
			fail_msg("%s: %s", bad[i].name, err.text);
		config_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_file),
		cmocka_unit_test(ways_to_write),
		cmocka_unit_test(defaults),
		cmocka_unit_test(hostile_values_are_cleaned),
		cmocka_unit_test(each_mistake_has_its_words),
		cmocka_unit_test(a_step_that_reaches_nobody_is_pointed_out),
		cmocka_unit_test(none_hides_another),
		cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(long_values_stay_whole),
		cmocka_unit_test(files),
		cmocka_unit_test(urls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
