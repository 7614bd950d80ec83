/* Markdown to steps: nothing is lost, and nothing ambiguous is runnable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "runbook/runbook.h"

static void load_fixture(const char *name, struct runbook *out)
{
	struct error err = {0};
	char *path = xasprintf("%s/runbook/%s", getenv("TOCSIN_FIXTURES"), name);

	if (runbook_load(path, out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	free(path);
}

static void test_a_mixed_text_becomes_steps(void **state)
{
	static const struct {
		const char *number, *title, *command;
		bool shell;
		int line;
	} want[] = {
		{"1", "Check status", "kubectl get pods -l app=ccip-router", true, 13},
		{"2", "Restart it", "kubectl delete pod <router-pod>", true, 14},
		{"2.1", "Wait for it", NULL, false, 21},
		{"2.2", "Look again", "kubectl get pods", true, 22},
		{"3", "Pause the sender", "sender.pause();", false, 23},
		{"4", "Write down what you saw, also for the next shift.", NULL, false, 29},
		{"5", "Look at the session", "kubectl get pods\necho done", true, 31},
	};
	struct runbook book;

	(void)state;
	load_fixture("mixed.md", &book);
	assert_string_equal(book.title, "Router down");
	assert_string_equal(book.owner, "alice");
	assert_string_equal(book.tested, "2026-01-31");
	assert_non_null(strstr(book.intro, "Some words first."));
	assert_int_equal(book.symptom_count, 1);
	assert_int_equal(book.step_count, ARRAY_LENGTH(want));
	for (size_t i = 0; i < ARRAY_LENGTH(want); i++) {
		const struct step *step = &book.steps[i];
		assert_string_equal(step->number, want[i].number);
		assert_string_equal(step->title, want[i].title);
		assert_int_equal(step->line, want[i].line);
		assert_int_equal(step->command_count > 0, want[i].command != NULL);
		if (want[i].command) {
			assert_string_equal(step->commands[0].text, want[i].command);
			assert_int_equal(step->commands[0].shell, want[i].shell);
		}
	}
	assert_string_equal(book.steps[1].expected, "a new pod");
	assert_non_null(strstr(book.steps[6].body, "Then talk to somebody."));
	assert_int_equal(book.steps[6].command_count, 2);
	assert_false(book.steps[6].commands[1].shell);
	runbook_free(&book);
}

static void test_what_may_run(void **state)
{
	static const struct {
		const char *name, *markdown, *text;
		bool shell;
	} cases[] = {
		{"bash", "1. a\n\n   ```bash\n   ls -l\n   ```\n", "ls -l", true},
		{"no language", "1. a\n\n   ```\n   ls -l\n   ```\n", "ls -l", false},
		{"a session without language", "1. a\n\n   ```\n   $ ls -l\n   total 0\n   ```\n", "ls -l", true},
		{"a leading variable is no prompt", "1. a\n\n   ```sh\n   $CMD x\n   $(id)\n   ```\n", "$CMD x\n$(id)", true},
		{"python", "1. a\n\n   ```python\n   print(1)\n   ```\n", "print(1)", false},
		{"an escape in a fence", "1. a\n\n   ```sh\n   ls \x1b[31m\n   ```\n", NULL, false},
		{"an escape in a fence with a tab", "1. a\n\n   ```sh\n   ls\t\x1b[31mx\n   ```\n", NULL, false},
		{"a name of one word", "1. see: `eth_blockNumber`\n", NULL, false},
		{"runme's attributes", "1. a\n\n   ```sh {name=list-all}\n   ls -l\n   ```\n", "ls -l", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct runbook book;
		struct error err = {0};
		assert_int_equal(runbook_parse(cases[i].markdown, strlen(cases[i].markdown), "x", &book, &err), STATUS_OK);
		assert_int_equal(book.step_count, 1);
		bool shell = book.steps[0].command_count && book.steps[0].commands[0].shell;
		if (shell != cases[i].shell || (cases[i].text && strcmp(book.steps[0].commands[0].text, cases[i].text) != 0))
			fail_msg("%s", cases[i].name);
		runbook_free(&book);
	}
}

static void test_broken_files_are_named(void **state)
{
	struct runbook book;
	struct error err = {0};

	(void)state;
	assert_int_equal(runbook_parse("a\0b", 3, "nul", &book, &err), STATUS_INVALID);
	assert_non_null(strstr(err.text, "nul"));
	error_clear(&err);
	assert_int_equal(runbook_find("no-such-runbook", NULL, &book, &err), STATUS_NOT_FOUND);
	assert_non_null(strstr(err.text, "no-such-runbook"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_mixed_text_becomes_steps),
		cmocka_unit_test(test_what_may_run),
		cmocka_unit_test(test_broken_files_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
