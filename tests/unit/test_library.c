/* The shipped runbooks: complete, each step of the procedures behind them covered, and
 * every command of them ready to be bound, with the danger that its step announces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "runbook/bind.h"
#include "runbook/danger.h"
#include "runbook/runbook.h"

enum { COVERAGE_BYTES_MAX = 64 * 1024 };

static const char *const library[] = {
	"ccip-contract-failure",
	"ccip-data-corruption",
	"ccip-message-backlog",
	"ccip-network-partition",
	"ccip-prevention",
	"ccip-recovery-verification",
	"ccip-router-failure",
	"chain-fork",
	"network-outage",
	"oracle-update-failures",
	"rpc-endpoint-issues",
	"security-incident",
	"validator-failure",
};

/* The words of the library. What a [lane] or [feed] of the configuration knows is called
 * as there. A runbook that needs another word asks a tired person for it: add it on purpose. */
static const char *const words[][2] = {
	{"commit_store_address", "0x3333333333333333333333333333333333333333"},
	{"contract_address", "0x3333333333333333333333333333333333333333"},
	{"dest_chain_selector", "16015286601757825753"},
	{"dest_rmn_address", "0x3333333333333333333333333333333333333333"},
	{"dest_rpc_url", "http://127.0.0.1:8546"},
	{"fee_token_address", "0x3333333333333333333333333333333333333333"},
	{"feed_address", "0x3333333333333333333333333333333333333333"},
	{"gateway", "besu-gateway"},
	{"keystore_account", "pauser"},
	{"message_id", "0x1111111111111111111111111111111111111111111111111111111111111111"},
	{"namespace", "besu-network"},
	{"node_url", "http://127.0.0.1:8545"},
	{"off_ramp_address", "0x3333333333333333333333333333333333333333"},
	{"on_ramp_address", "0x3333333333333333333333333333333333333333"},
	{"oracle_pod", "oracle-publisher-0"},
	{"pod", "besu-validator-2"},
	{"publisher_address", "0x3333333333333333333333333333333333333333"},
	{"receiver_address", "0x3333333333333333333333333333333333333333"},
	{"resource_group", "besu"},
	{"router_pod", "ccip-router-0"},
	{"rpc_pod", "besu-rpc-0"},
	{"rpc_url", "http://127.0.0.1:8545"},
	{"second_dest_rpc_url", "http://127.0.0.1:8547"},
	{"sender_address", "0x3333333333333333333333333333333333333333"},
	{"sender_event", "MessageSent(bytes32 indexed id)"},
	{"source_chain_selector", "5009297550715157269"},
	{"source_pool_address", "0x3333333333333333333333333333333333333333"},
	{"source_rmn_address", "0x3333333333333333333333333333333333333333"},
	{"source_router_address", "0x3333333333333333333333333333333333333333"},
	{"source_rpc_url", "http://127.0.0.1:8545"},
	{"test_receiver_address", "0x3333333333333333333333333333333333333333"},
	{"tx_hash", "0x2222222222222222222222222222222222222222222222222222222222222222"},
	{"validator_pod", "besu-validator-2"},
};

static void load_shipped(const char *name, struct runbook *out)
{
	struct error err = {0};

	if (runbook_find(name, NULL, out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
}

static void each_says_what_it_is(void **state)
{
	static const char *const parts[] = {"Severity: ", "Escalate", "Write down", "It is over when"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(library); i++) {
		struct runbook book;
		load_shipped(library[i], &book);
		if (!book.owner || !book.updated || !book.tested)
			fail_msg("%s: owner, last-updated and last-tested are wanted", library[i]);
		assert_string_not_equal(book.title, library[i]);
		assert_true(book.symptom_count > 0);
		assert_true(book.step_count > 0);
		for (size_t p = 0; p < ARRAY_LENGTH(parts); p++)
			if (!strstr(book.intro, parts[p]))
				fail_msg("%s: has no \"%s\"", library[i], parts[p]);
		for (size_t s = 0; s < book.step_count; s++)
			if (!book.steps[s].expected && !book.steps[s].verify)
				fail_msg("%s, step %s: says neither what is expected nor how to verify it", library[i], book.steps[s].number);
		runbook_free(&book);
	}
}

/* True if a step has this title, or the parts that only inform hold this text. */
static bool covers(const struct runbook *book, const char *text)
{
	for (size_t i = 0; i < book->step_count; i++)
		if (strcmp(book->steps[i].title, text) == 0)
			return true;
	return strstr(book->intro, text) != NULL;
}

/* "document | section | step | runbook | where in it" */
static void assert_covered(char *line)
{
	char *fields[5];
	char *at = line;
	struct runbook book;

	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
		char *bar = strstr(at, " | ");
		fields[i] = at;
		if (!bar != (i + 1 == ARRAY_LENGTH(fields)))
			fail_msg("coverage.txt: not five fields: %s", line);
		if (bar)
			*bar = '\0';
		at = bar ? bar + strlen(" | ") : at;
	}
	load_shipped(fields[3], &book);
	if (!covers(&book, fields[4]))
		fail_msg("%s, %s: \"%s\" should be done in %s, which has no \"%s\"", fields[0], fields[1], fields[2], fields[3], fields[4]);
	runbook_free(&book);
}

static void each_step_of_the_old_procedures_is_covered(void **state)
{
	struct error err = {0};
	struct buf text;
	size_t covered = 0;
	char *path = xasprintf("%s/runbook/coverage.txt", getenv("TOCSIN_FIXTURES"));

	(void)state;
	buf_init(&text, COVERAGE_BYTES_MAX);
	if (file_read(path, COVERAGE_BYTES_MAX, &text, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (const char *at = buf_text(&text); *at; at += *at == '\n') {
		size_t len = strcspn(at, "\n");
		char *line = xstrndup(at, len);
		if (len && line[0] != '#') {
			assert_covered(line);
			covered++;
		}
		free(line);
		at += len;
	}
	/* 31 steps of five incidents, 8 of escalation and communication; 47 of five scenarios, 9 checks, 12 practices. */
	assert_int_equal(covered, 31 + 8 + 47 + 9 + 12);
	buf_free(&text);
	free(path);
}

/* What a step says has to fit what its commands do: one that changes something says what
 * it touches, and none comes before something was looked at. */
static enum danger assert_sound(const char *name, const struct step *step, const struct command *command, const struct bindings *values, bool looked)
{
	struct error err = {0};
	struct bound bound;

	if (bind_command(command->text, values, &bound, &err) != STATUS_OK)
		fail_msg("%s, step %s: %s", name, step->number, err.text);
	if (bound.open_count)
		fail_msg("%s, step %s: %s is no word of the library", name, step->number, bound.open[0].written);
	enum danger danger = danger_classify(bound.script);
	if (danger > DANGER_READ && !step->impact)
		fail_msg("%s, step %s: is %s and has no **Impact:**", name, step->number, danger_name(danger));
	if (danger > DANGER_READ && !looked)
		fail_msg("%s, step %s: changes something before anything was looked at", name, step->number);
	/* No key is ever typed into a command line. */
	if (strstr(command->text, "cast send") && (danger < DANGER_FUNDS || !strstr(command->text, "--account")))
		fail_msg("%s, step %s: sends without a keystore, or is not known to move funds", name, step->number);
	bound_free(&bound);
	return danger;
}

static void each_command_is_sound(void **state)
{
	struct bindings values;

	(void)state;
	bindings_init(&values);
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		bindings_set(&values, words[i][0], words[i][1], "test");
	for (size_t i = 0; i < ARRAY_LENGTH(library); i++) {
		struct runbook book;
		bool looked = false;
		load_shipped(library[i], &book);
		for (size_t s = 0; s < book.step_count; s++)
			for (size_t c = 0; c < book.steps[s].command_count; c++)
				if (book.steps[s].commands[c].shell)
					looked |= assert_sound(library[i], &book.steps[s], &book.steps[s].commands[c], &values, looked) == DANGER_READ;
		assert_true(looked);
		runbook_free(&book);
	}
	bindings_free(&values);
}

/* "[text](name.md)" leads to a runbook that is there. */
static void each_link_leads_somewhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(library); i++) {
		struct error err = {0};
		struct runbook book, other;
		struct buf text;
		load_shipped(library[i], &book);
		buf_init(&text, 1024 * 1024);
		assert_int_equal(file_read(book.path, 1024 * 1024, &text, &err), STATUS_OK);
		for (const char *at = buf_text(&text); (at = strstr(at, "](")); at += 2) {
			char name[64];
			text_format(name, sizeof(name), "%.*s", (int)strcspn(at + 2, ".)"), at + 2);
			load_shipped(name, &other);
			runbook_free(&other);
		}
		buf_free(&text);
		runbook_free(&book);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_says_what_it_is),
		cmocka_unit_test(each_step_of_the_old_procedures_is_covered),
		cmocka_unit_test(each_command_is_sound),
		cmocka_unit_test(each_link_leads_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
