/* Markdown to steps: nothing is lost, and nothing ambiguous is runnable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/path.h"
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
		{"5", "Look at the session", "kubectl get pods", true, 31},
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
	assert_int_equal(book.steps[6].command_count, 3);
	assert_string_equal(book.steps[6].commands[0].output, "NAME   READY");
	assert_string_equal(book.steps[6].commands[1].text, "echo done");
	assert_false(book.steps[6].commands[2].shell);
	runbook_free(&book);
}

/* --- whole documents ---------------------------------------------------------------- */

/* A step in lines that a person can check: its head, its fields, each of its commands. */
static void describe_step(struct buf *out, const struct step *s)
{
	const char *const fields[][2] = {{"when", s->when}, {"impact", s->impact}, {"expected", s->expected}, {"verify", s->verify}, {"why", s->why}, {"rollback", s->rollback}, {"see", s->link}};

	buf_printf(out, "%s [%s] %s  (lines %d-%d, %s)\n", s->number, step_kind_name(s->kind), s->title, s->line, s->line_end, s->section);
	for (const char *at = s->body; *at;) {
		size_t len = strcspn(at, "\n");
		buf_printf(out, "    %.*s\n", (int)len, at);
		at += len + (at[len] == '\n');
	}
	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
		if (fields[i][1])
			buf_printf(out, "    %s: %s\n", fields[i][0], fields[i][1]);
	for (size_t i = 0; i < s->command_count; i++) {
		const struct command *c = &s->commands[i];
		buf_printf(out, "    line %d %s, %s%s%s%s:\n", c->line, c->language[0] ? c->language : "text", c->shell ? danger_name(command_danger(c, c->text)) : "never run", c->verify ? ", a check" : "", c->interactive ? ", interactive" : "", c->background ? ", background" : "");
		for (const char *at = c->text; *at;) {
			size_t len = strcspn(at, "\n");
			buf_printf(out, "    | %.*s\n", (int)len, at);
			at += len + (at[len] == '\n');
		}
	}
}

/* Documents beside the steps that they have to be read as: the procedures that this program
 * was made for, as their markup got lost on the way, and marked as they should be. */
static void test_documents_become_their_steps(void **state)
{
	static const struct {
		const char *name, *steps;
		bool stripped;
	} documents[] = {
		{"seed-incident.txt", "seed-incident.txt.steps", true},
		{"seed-ccip.txt", "seed-ccip.txt.steps", true},
		{"seed-incident.md", "seed-incident.md.steps", false},
		{"seed-ccip.md", "seed-ccip.md.steps", false},
		{"marks.md", "marks.md.steps", false},
		{"session.rst", "session.rst.steps", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(documents); i++) {
		struct runbook book;
		struct buf got, want;
		struct error err = {0};
		char *path = xasprintf("%s/runbook/%s", getenv("TOCSIN_FIXTURES"), documents[i].steps);
		load_fixture(documents[i].name, &book);
		buf_init(&got, 1 << 20);
		buf_init(&want, 1 << 20);
		for (size_t s = 0; s < book.step_count; s++)
			describe_step(&got, &book.steps[s]);
		if (file_read(path, 1 << 20, &want, &err) != STATUS_OK || strcmp(buf_text(&got), buf_text(&want)) != 0)
			fail_msg("%s is read as:\n%s", documents[i].name, (fputs(buf_text(&got), stderr), "the steps above"));
		assert_int_equal(book.stripped, documents[i].stripped);
		buf_free(&got);
		buf_free(&want);
		free(path);
		runbook_free(&book);
	}
}

/* A copy with its markup and one without are the same procedure: same titles, in the same
 * order, in all parts that tell what to do. */
static void test_lost_markup_loses_no_step(void **state)
{
	static const char *const pairs[][2] = {{"seed-incident.txt", "seed-incident.md"}, {"seed-ccip.txt", "seed-ccip.md"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
		struct runbook lost, marked;
		load_fixture(pairs[i][0], &lost);
		load_fixture(pairs[i][1], &marked);
		assert_string_equal(lost.title, marked.title);
		assert_int_equal(lost.symptom_count, marked.symptom_count);
		assert_true(marked.step_count > 20 && lost.step_count >= marked.step_count);
		for (size_t s = 0; s < marked.step_count; s++)
			assert_string_equal(lost.steps[s].title, marked.steps[s].title);
		for (size_t s = 0; s < lost.step_count; s++)
			for (size_t c = 0; c < lost.steps[s].command_count; c++)
				assert_false(lost.steps[s].commands[c].shell);
		runbook_free(&lost);
		runbook_free(&marked);
	}
}

/* --- nothing is lost ------------------------------------------------------------------ */

/* Pieces of documents, each line with a word of its own ("%s") to be found again. */
static const char *const pieces[] = {
	"# Heading %s\n",
	"## Steps %s\n",
	"### Symptoms %s\n",
	"## Contacts %s\n",
	"#### Option A: %s\n",
	"### Step 4: %s\n",
	"Some prose %s\n",
	"prose of\ntwo lines %s\n\n",
	"Response %s:\n\n",
	"**Recovery steps %s:**\n",
	"1. Item %s\n",
	"2. Check %s: `kubectl get pods`\n",
	"3) `kubectl get %s`\n",
	"   indented %s\n",
	"   1. nested %s\n",
	"      1. deeper %s\n",
	"         - point %s\n",
	"- Point %s\n",
	"- Check %s: `kubectl get pods -A` and look at it\n",
	"* [ ] task %s\n",
	"```bash\nkubectl get %s\n```\n",
	"   ```bash\n   kubectl get %s\n   ```\n",
	"```\nplain %s\n```\n",
	"```console\n$ kubectl get %s\n```\n",
	"```sh {name=%s interactive=false}\nls\n```\n",
	"```solidity\n%s.pause();\n",
	"~~~\nunclosed %s\n",
	"    code %s\n",
	"\t$ tabbed %s\n",
	"> quote %s\n",
	"| a | %s |\n|---|---|\n",
	"<div>%s</div>\n\n",
	"<!-- comment %s -->\n",
	"[%s]: http://x/y\n",
	"See [a link](http://x/%s \"t\").\n",
	"![picture %s](x.png)\n",
	"&amp; &nbsp; %s &lt;\n",
	"**Expected:** %s\n",
	"   **When:** a %s\n   **Verify:** b\n",
	"**Verify:**\n\n- list %s\n",
	"**Impact:** %s `kubectl delete pod x`\n",
	"---\n",
	"Setext %s\n====\n",
	"-\n",
	".. code-block:: bash\n\n    $ ls %s\n    out\n\n",
	"\n",
	"\n\n",
	"\x1b[31mred %s\x1b[0m\n",
	"\xe2\x80\xaehidden %s\n",
	"a\rb %s\n",
	"If it fails %s, do this:\n",
	"key: %s\n",
};

static bool says(const char *text, const char *word)
{
	return text && strstr(text, word);
}

static bool step_says(const struct step *s, const char *word)
{
	/* Code without words of its own is called as its heading is. */
	size_t section = strlen(s->section), title = strlen(s->title);
	bool borrowed = section >= title && strcmp(s->section + section - title, s->title) == 0;
	const char *const texts[] = {borrowed ? NULL : s->title, s->written, s->body, borrowed ? NULL : s->when, s->expected, s->verify, s->why, s->impact, s->rollback};
	bool found = false;

	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
		found |= says(texts[i], word);
	for (size_t i = 0; i < s->command_count; i++)
		found |= says(s->commands[i].text, word) || says(s->commands[i].output, word) || says(s->commands[i].info, word);
	return found;
}

/* In how many places a word stands: steps, or the rest of the book, which counts once. */
static size_t places(const struct runbook *book, const char *word)
{
	size_t steps = 0;
	bool rest = says(book->title, word) || says(book->intro, word);

	for (size_t i = 0; i < book->symptom_count; i++)
		rest |= says(book->symptoms[i], word);
	for (size_t i = 0; i < book->fact_count; i++)
		rest |= says(book->facts[i].value, word) || says(book->facts[i].key, word);
	for (size_t i = 0; i < book->step_count; i++) {
		steps += step_says(&book->steps[i], word);
		rest |= says(book->steps[i].section, word);
	}
	return steps ? steps : rest;
}

static void test_no_line_is_lost(void **state)
{
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct buf text;
		struct runbook book;
		struct error err = {0};
		int count = 0, wanted;
		buf_init(&text, 1 << 16);
		seed = seed * 1103515245u + 12345u;
		wanted = 1 + (int)(seed >> 16) % 14;
		for (; count < wanted; count++) {
			char word[16];
			seed = seed * 1103515245u + 12345u;
			snprintf(word, sizeof(word), "w%dx%dw", round, count);
			const char *piece = pieces[(seed >> 16) % ARRAY_LENGTH(pieces)], *at = strstr(piece, "%s");
			buf_add(&text, piece, at ? (size_t)(at - piece) : strlen(piece));
			if (at)
				buf_printf(&text, "%s%s", word, at + 2);
		}
		if (runbook_parse(buf_text(&text), text.len, "x", &book, &err) != STATUS_OK)
			fail_msg("%s", err.text);
		for (int i = 0; i < count; i++) {
			char word[16];
			snprintf(word, sizeof(word), "w%dx%dw", round, i);
			if (strstr(buf_text(&text), word) && places(&book, word) != 1)
				fail_msg("%s stands in %zu places of:\n%s", word, places(&book, word), buf_text(&text));
		}
		runbook_free(&book);
		buf_free(&text);
	}
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

/* Each prompt is a command of its own, with what was said to it, unless one builds on another. */
static void test_a_session_is_parted_at_its_prompts(void **state)
{
	static const struct {
		const char *name, *session;
		size_t count;
		const char *last, *said; /* the last command, and its output */
	} cases[] = {
		{"two prompts", "$ ls -l\ntotal 0\n$ kubectl get pods\nNAME\n", 2, "kubectl get pods", "NAME"},
		{"a continued prompt", "$ ls\n$ tar -C /var \\\n>   -xf x.tar\ndone\n", 2, "tar -C /var \\\n  -xf x.tar", "done"},
		{"words before the first prompt", "As root:\n$ ls\n$ id\n0\n", 2, "id", "0"},
		{"one prompt", "$ ls\na\n", 1, "ls", "a"},
		{"a directory", "$ cd /srv\n$ rm -rf x\n", 1, "cd /srv\nrm -rf x", NULL},
		{"a variable", "$ X=1\n$ echo $X\n", 1, "X=1\necho $X", NULL},
		{"an exported variable", "$ export X=1\n$ env\n", 1, "export X=1\nenv", NULL},
		{"a variable behind a command", "$ true; X=1\n$ env\n", 1, "true; X=1\nenv", NULL},
		{"an exit code", "$ ls /x\n$ echo $?\n2\n", 1, "ls /x\necho $?", "2"},
		{"a job", "$ sleep 9 &\n$ ls\n", 1, "sleep 9 &\nls", NULL},
		{"a loop over several prompts", "$ for i in 1 2; do\n$ echo $i\n$ done\n", 1, "for i in 1 2; do\necho $i\ndone", NULL},
		{"a quote over several prompts", "$ echo 'a\n$ b'\n", 1, "echo 'a\nb'", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct runbook book;
		struct error err = {0};
		char *text = xasprintf("Look\n\n~~~console\n%s~~~\n", cases[i].session);
		assert_int_equal(runbook_parse(text, strlen(text), "x", &book, &err), STATUS_OK);
		assert_int_equal(book.step_count, 1);
		const struct step *step = &book.steps[0];
		const struct command *last = step->command_count ? &step->commands[step->command_count - 1] : NULL;
		if (step->command_count != cases[i].count || strcmp(last->text, cases[i].last) != 0)
			fail_msg("%s: %zu commands, the last one is %s", cases[i].name, step->command_count, last ? last->text : "none");
		if (cases[i].said && (!last->output || strcmp(last->output, cases[i].said) != 0))
			fail_msg("%s: it said %s", cases[i].name, last->output ? last->output : "nothing");
		runbook_free(&book);
		free(text);
	}
}

/* A copy of a page in which each line's end became lines with a bar. */
static void test_lone_bars_are_line_ends(void **state)
{
	static const char text[] = "Recovery\n|\n|\n========\n|\n|\n|\n|\nSome words.\n|\n|\nSteps\n|\n|\n-----\n|\n|\n1. Copy the ledger\n|\n|\n2. Start it\n|\n|\n```bash\n|\nrm -rf x\n|\n```\n";
	struct runbook book;
	struct error err = {0};

	(void)state;
	assert_int_equal(runbook_parse(text, strlen(text), "x", &book, &err), STATUS_OK);
	assert_true(book.stripped);
	assert_string_equal(book.title, "Recovery");
	assert_string_equal(book.intro, "Some words.");
	assert_int_equal(book.step_count, 2);
	assert_string_equal(book.steps[1].section, "Steps");
	assert_int_equal(book.steps[1].line, 21);
	assert_int_equal(book.steps[1].command_count, 1);
	assert_false(book.steps[1].commands[0].shell);
	assert_int_equal(book.steps[1].kind, STEP_MANUAL);
	runbook_free(&book);
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
		cmocka_unit_test(test_documents_become_their_steps),
		cmocka_unit_test(test_lost_markup_loses_no_step),
		cmocka_unit_test(test_no_line_is_lost),
		cmocka_unit_test(test_what_may_run),
		cmocka_unit_test(test_a_session_is_parted_at_its_prompts),
		cmocka_unit_test(test_lone_bars_are_line_ends),
		cmocka_unit_test(test_broken_files_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
