/* Keys of one's own: what [keys] may say, what it may not, and that each mistake names
 * its line while everything else counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "ui/keyboard.h"
#include "ui/keys.h"

static const char head[] = "[node a]\nurl = http://localhost:8545\n[keys]\n"; /* what follows begins in line 4 */

struct room {
	struct config config;
	struct config_problems problems;
	struct keyboard *keyboard;
};

static void open_room(struct room *room, const char *lines)
{
	char text[1024];
	*room = (struct room){0};
	int len = snprintf(text, sizeof(text), "%s%s", head, lines);
	assert_int_equal(config_parse(text, (size_t)len, "t.conf", &room->config, &room->problems), STATUS_OK);
	room->keyboard = keyboard_new(&room->config, &room->problems);
}

static void close_room(struct room *room)
{
	keyboard_free(room->keyboard);
	config_problems_free(&room->problems);
	config_free(&room->config);
}

static const char *asked(const struct room *room, enum scope scope, const char *key)
{
	const struct request *request = keyboard_request(room->keyboard, scope, key);
	return request ? request->name : "";
}

static void without_a_section_the_table_counts(void **state)
{
	struct room room;
	(void)state;
	open_room(&room, "");
	assert_string_equal(asked(&room, SCOPE_BOARD, "?"), "help");
	assert_string_equal(asked(&room, SCOPE_REVIEW, "F1"), "help");
	assert_string_equal(asked(&room, SCOPE_GLOBAL, "7"), "pane");
	assert_string_equal(asked(&room, SCOPE_BOARD, "a"), "note");
	assert_string_equal(asked(&room, SCOPE_GLOBAL, "F12"), "");
	close_room(&room);
}

static void keys_move(void **state)
{
	static const char lines[] = "note = F5 ü\ndeclare = a\nhelp = F2\nreport = none\npage-down = f\n";
	static const struct {
		const char *key, *request;
	} cases[] = {
		{"F5", "note"},
		{"ü", "note"},
		{"a", "declare"},
		{"d", ""},
		{"R", ""},
		{"f", "page-down"},
		{"Space", ""},
		/* What is reserved stays with its request. */
		{"F2", "help"},
		{"?", "help"},
		{"F1", "help"},
		{"PageDown", "page-down"},
	};
	struct room room;
	(void)state;
	open_room(&room, lines);
	assert_int_equal(room.problems.count, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		print_message("%s\n", cases[i].key);
		assert_string_equal(asked(&room, SCOPE_BOARD, cases[i].key), cases[i].request);
	}
	assert_string_equal(keyboard_keys(room.keyboard, request_by_name("help")), "? F1 F2");
	assert_string_equal(keyboard_keys(room.keyboard, request_by_name("report")), "");
	close_room(&room);
}

static void mistakes_name_their_line(void **state)
{
	static const struct {
		const char *name, *lines;
		const char *expected;      /* the only problem, or NULL */
		const char *key, *request; /* what holds all the same */
	} cases[] = {
		{"unknown command", "note = F5\nnoet = F6\n", "t.conf:5: [keys] noet: unknown command (did you mean note?)", "F5", "note"},
		{"not a prefix", "not = F6\n", "t.conf:4: [keys] not: unknown command (did you mean note?)", "F6", ""},
		{"unknown key", "note = Hyper-a F5\n", "t.conf:4: [keys] note: Hyper-a: no such key (write a character, or Enter, Tab, Up, PageDown, F5, C-x, Space)", "F5", "note"},
		{"reserved key", "note = j\n", "t.conf:4: [keys] note: j: is reserved: it means the same on every screen (choose another key)", "j", "down"},
		{"reserved, too", "note = q F5\n", "t.conf:4: [keys] note: q: is reserved: it means the same on every screen (choose another key)", "F5", "note"},
		{"a key of another", "note = R\n", "t.conf:4: [keys] note: R: is the key of report (give that another one too, or write report = none)", "R", "report"},
		{"two in the section", "note = F5\nreport = F5\n", "t.conf:5: [keys] report: F5: is the key of note too, in line 4 (give one of them another)", "F5", "note"},
		{"swapped", "note = R\nreport = a\n", NULL, "R", "note"},
		{"acts on a reflex", "run = C-k\n", "t.conf:4: [keys] run: C-k: is pressed by reflex, and this command acts (choose another key)", "C-k", ""},
		{"keys that say what", "pane = F5\n", "t.conf:4: [keys] pane: its keys say what it does, and stay (leave the line out)", "3", "pane"},
		{"twice the same", "note = F5 F5\n", NULL, "F5", "note"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct room room;
		print_message("%s\n", cases[i].name);
		open_room(&room, cases[i].lines);
		assert_int_equal(room.problems.count, cases[i].expected ? 1 : 0);
		if (cases[i].expected)
			assert_string_equal(room.problems.items[0].text, cases[i].expected);
		assert_string_equal(asked(&room, SCOPE_BOARD, cases[i].key), cases[i].request);
		close_room(&room);
	}
}

/* However the section is written, no key has two meanings at one place. */
static void no_key_ever_has_two_meanings(void **state)
{
	static const char *const names[] = {"note", "report", "declare", "dismiss", "run", "tick", "utc", "zoom"};
	static const char *const keys[] = {"a", "R", "d", "D", "x", "v", "U", "F5", "F6 a", "j", "none"};
	uint32_t random = 1;
	(void)state;
	for (int round = 0; round < 500; round++) {
		char lines[512] = "";
		for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
			size_t len = strlen(lines);
			random = random * 1664525u + 1013904223u;
			if (random >> 31)
				snprintf(lines + len, sizeof(lines) - len, "%s = %s\n", names[i], keys[(random >> 16) % ARRAY_LENGTH(keys)]);
		}
		struct room room;
		open_room(&room, lines);
		const struct request *a, *b;
		for (size_t i = 0; (a = request_at(i)); i++) {
			for (size_t j = i + 1; (b = request_at(j)); j++) {
				char word[24];
				const char *cursor = keyboard_keys(room.keyboard, a);
				bool meet = a->scope == b->scope || a->scope == SCOPE_GLOBAL || b->scope == SCOPE_GLOBAL;
				while (meet && text_word(&cursor, word, sizeof(word))) {
					if (key_in(keyboard_keys(room.keyboard, b), word))
						fail_msg("%s: %s and %s\n%s", word, a->name, b->name, lines);
				}
			}
		}
		close_room(&room);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_section_the_table_counts),
		cmocka_unit_test(keys_move),
		cmocka_unit_test(mistakes_name_their_line),
		cmocka_unit_test(no_key_ever_has_two_meanings),
	};
	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
