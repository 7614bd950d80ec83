/* Shows the exports of one fixed incident byte for byte, and that text from people and
 * machines stays text in every format. */
#include "recorder.h"

#include "base/json.h"
#include "base/path.h"
#include "incident/act_room.h"
#include "report/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { EXPORT_BYTES = 1 << 20 };

static void declare(struct recorder *r, const char *title)
{
	char id[16];
	const struct declaration d = {.title = title, .severity = SEVERITY_P1};
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
}

static void note(struct recorder *r, const char *text, int64_t at_us)
{
	DO(r, act_note(r->fold, &r->who, "INC-1", text, at_us, 0, &r->drafts, &r->err));
}

/* The incident in the format, owned. */
static char *export(const struct recorder *r, const char *format, bool drill)
{
	struct checkpoint checkpoint = {.origin = "tocsin/7c1e"};
	struct error err = {0};
	struct buf out;
	checkpoint.head.seq = r->count;
	memset(checkpoint.head.hash.bytes, 0x5a, sizeof(checkpoint.head.hash.bytes));
	buf_init(&out, EXPORT_BYTES);
	const struct incident *incident = fold_incident(r->fold, "INC-1");
	if (report_format(format)->write(r->fold, incident, &checkpoint, "Test | net", drill, &out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return buf_take(&out);
}

/* --- golden files -------------------------------------------------------------------- */

static void probe(struct recorder *r)
{
	const struct change change = {.id = "validator/v2", .from = HEALTH_OK, .to = HEALTH_CRITICAL, .reason = "missed 2 turns", .at_us = T0 - 30 * US_PER_S};
	act_changes(&change, 1, &r->drafts);
	recorder_commit(r);
}

static void propose(struct recorder *r)
{
	char components[1][96] = {"validator/v2"};
	struct proposal p = {.cause = CAUSE_VALIDATOR_FAILURE, .severity = SEVERITY_P1, .key = "validator-failure:v2", .title = "Validator failure: v2", .rule = "S-1", .reason = "one of 4 validators fails", .since_us = T0 - 30 * US_PER_S};
	p.components = components;
	p.component_count = 1;
	const struct proposals list = {.items = &p, .count = 1};
	act_detection(r->fold, &list, r->who.now_us, &r->drafts);
	recorder_commit(r);
}

/* What people did beside the runbook. */
static void play_room(struct recorder *r)
{
	struct people people;
	people_read(NULL, 0, &people);
	DO(r, act_role(r->fold, &r->who, "INC-1", "operations", "bob", &r->drafts, &r->err));
	DO(r, act_role(r->fold, &r->who, "INC-1", "operations", NULL, &r->drafts, &r->err));
	DO(r, act_task(r->fold, &r->who, "INC-1", "look at the disk | of v2", "bob", 15 * US_PER_MINUTE, &r->drafts, &r->err));
	DO(r, act_task_done(r->fold, &r->who, "INC-1", "T1", "it is full", &r->drafts, &r->err));
	DO(r, act_hypothesis(r->fold, &r->who, "INC-1", "the disk is full", &r->drafts, &r->err));
	DO(r, act_hypothesis_close(r->fold, &r->who, "INC-1", "H1", true, "df says 100 %", &r->drafts, &r->err));
	DO(r, act_finding(r->fold, &r->who, "INC-1", "logs are never rotated", &r->drafts, &r->err));
	DO(r, act_decision(r->fold, &r->who, "INC-1", "delete old logs", "carol wants a copy first", &r->drafts, &r->err));
	DO(r, act_escalate(r->fold, &r->who, &people, "INC-1", NULL, "nobody else has access", &r->drafts, &r->err));
	DO(r, act_acknowledge(r->fold, &r->who, "INC-1", NULL, "by phone", &r->drafts, &r->err));
	DO(r, act_to_do(r->fold, &r->who, "INC-1", "alarm before disks are full", NULL, NULL, r->who.now_us + 7 * US_PER_DAY, &r->drafts, &r->err));
	people_free(&people);
}

/* A small incident that touches everything an export shows. */
static void play(struct recorder *r)
{
	char id[16];
	const struct declaration d = {.proposal_key = "validator-failure:v2", .severity = SEVERITY_UNSET};
	const struct step_name steps[] = {{"1", "Check pod status"}, {"2", "Restart"}};
	const struct step_run run = {.step = "1", .title = "Check pod status", .command = "kubectl get pods", .output = "v2 CrashLoopBackOff\n", .duration_us = 1200000};
	probe(r);
	propose(r);
	DO(r, act_declare(r->fold, &r->who, &d, id, &r->drafts, &r->err));
	DO(r, act_role(r->fold, &r->who, "INC-1", "commander", "alice", &r->drafts, &r->err));
	DO(r, act_impact(r->fold, &r->who, "INC-1", "blocks come late", &r->drafts, &r->err));
	DO(r, act_stage(r->fold, &r->who, "INC-1", STAGE_RESPOND, NULL, &r->drafts, &r->err));
	DO(r, act_runbook_steps(r->fold, &r->who, "INC-1", "validator-failure", NULL, NULL, steps, 2, &r->drafts, &r->err));
	DO(r, act_step_ran(r->fold, &r->who, "INC-1", &run, &r->drafts, &r->err));
	DO(r, act_step(r->fold, &r->who, "INC-1", "1", "Check pod status", STEP_DONE, NULL, &r->drafts, &r->err));
	DO(r, act_step(r->fold, &r->who, "INC-1", "2", "Restart", STEP_SKIPPED, "it came back by itself", &r->drafts, &r->err));
	note(r, "=cmd|' /C calc'!A0 <b>bold</b>\nsecond line", 0);
	note(r, "the disk alarm was an hour earlier", T0 - US_PER_HOUR);
	DO(r, act_amend(r->fold, &r->who, 12, NULL, T0 - 2 * US_PER_HOUR, &r->drafts, &r->err));
	play_room(r);
	DO(r, act_stage(r->fold, &r->who, "INC-1", STAGE_RESOLVE, NULL, &r->drafts, &r->err));
	recorder_raw(r, EVENT_CHECK_PASSED, "INC-1", "{\"check\":\"blocks-advance\",\"detail\":\"5 of 5 periods\",\"total\":1}");
	DO(r, act_stage(r->fold, &r->who, "INC-1", STAGE_REVIEW, NULL, &r->drafts, &r->err));
	DO(r, act_section(r->fold, &r->who, "INC-1", SECTION_ROOT_CAUSE, "The disk of v2 was full:\n- logs grew\n- nobody looked\n\n# not a heading", &r->drafts, &r->err));
	DO(r, act_action_item(r->fold, &r->who, "INC-1", "rotate logs", "bob", "2026-02-01", "preventive", &r->drafts, &r->err));
	DO(r, act_action_item(r->fold, &r->who, "INC-1", "watch | disks", NULL, NULL, NULL, &r->drafts, &r->err));
}

/* With TOCSIN_WRITE_GOLDEN set the files are made anew, to be read before they are kept. */
static void compare(const struct recorder *r, const char *format, bool drill, const char *file)
{
	const char *fixtures = getenv("TOCSIN_FIXTURES");
	struct error err = {0};
	struct buf expected;
	char path[4096];
	char *got = export(r, format, drill);
	assert_non_null(fixtures);
	text_format(path, sizeof(path), "%s/report/%s", fixtures, file);
	if (getenv("TOCSIN_WRITE_GOLDEN") && file_write(path, got, strlen(got), 0644, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	buf_init(&expected, EXPORT_BYTES);
	if (file_read(path, EXPORT_BYTES, &expected, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	assert_string_equal(got, buf_text(&expected));
	buf_free(&expected);
	free(got);
}

static void test_golden_exports(void **state)
{
	struct recorder *r = *state;
	play(r);
	compare(r, "md", false, "incident.md");
	compare(r, "jsonl", false, "incident.jsonl");
	compare(r, "csv", true, "incident.csv");
	compare(r, "json", true, "incident.json");
}

/* --- structure ------------------------------------------------------------------------- */

static void test_markdown_has_the_seven_headings_in_order(void **state)
{
	static const char *const headings[] = {"\n## Incident\n", "\n## Timeline\n", "\n## Root Cause\n", "\n## Impact\n", "\n## Resolution\n", "\n## Lessons Learned\n", "\n## Action Items\n"};
	struct recorder *r = *state;
	declare(r, "t");
	char *md = export(r, "md", false);
	const char *at = md;
	assert_true(strncmp(md, "# INC-1 P1 t\n", 13) == 0);
	for (size_t i = 0; i < ARRAY_LENGTH(headings); i++) {
		at = strstr(at, headings[i]);
		assert_non_null(at);
	}
	/* Nothing was written, and it says so where people must write. */
	for (size_t i = 0; i < ARRAY_LENGTH(headings); i++) {
		const char *text = strstr(md, headings[i]) + strlen(headings[i]);
		bool unwritten = strncmp(text, "\n_Not written yet._\n", 20) == 0;
		assert_int_equal(unwritten, i == SECTION_ROOT_CAUSE || i >= SECTION_IMPACT);
	}
	assert_null(strstr(md, "DRILL"));
	free(md);
	md = export(r, "md", true);
	assert_non_null(strstr(md, "**DRILL"));
	free(md);
}

static void test_the_backdated_note_comes_first_everywhere(void **state)
{
	static const char *const formats[] = {"md", "jsonl", "csv", "json"};
	struct recorder *r = *state;
	declare(r, "t");
	note(r, "zebra now", 0);
	note(r, "aardvark before", T0 - US_PER_DAY);
	for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
		char *text = export(r, formats[i], false);
		assert_non_null(strstr(text, "aardvark before"));
		assert_true(strstr(text, "aardvark before") < strstr(text, "declared INC-1"));
		assert_true(strstr(text, "declared INC-1") < strstr(text, "zebra now"));
		free(text);
	}
	/* A time that is corrected reaches every format. */
	DO(r, act_amend(r->fold, &r->who, 3, "badger, corrected", T0 + 1, &r->drafts, &r->err));
	for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
		char *text = export(r, formats[i], false);
		assert_null(strstr(text, "aardvark"));
		assert_true(strstr(text, "badger") > strstr(text, "declared INC-1"));
		free(text);
	}
}

static const char *get(const struct json *object, const char *key)
{
	const char *text = json_string(json_get(object, key));
	if (!text)
		fail_msg("no %s", key);
	return text;
}

static void test_each_line_is_a_cloudevent(void **state)
{
	struct recorder *r = *state;
	play(r);
	char *text = export(r, "jsonl", true);
	size_t lines = 0;
	for (char *line = text; *line; lines++) {
		size_t len = strcspn(line, "\n");
		struct json *event = json_parse(line, len, 1 << 20, NULL);
		assert_non_null(event);
		assert_string_equal(get(event, "specversion"), "1.0");
		assert_string_equal(get(event, "source"), "tocsin/7c1e");
		assert_string_equal(get(event, "subject"), "INC-1");
		assert_true(strncmp(get(event, "type"), "tocsin.", 7) == 0);
		assert_int_equal(strlen(get(event, "hash")), 64);
		for (const struct json *member = json_first(event); member; member = json_next(member))
			assert_int_equal(strspn(json_key(member), "abcdefghijklmnopqrstuvwxyz0123456789"), strlen(json_key(member)));
		json_free(event);
		line += len + 1;
	}
	assert_int_equal(lines, fold_incident(r->fold, "INC-1")->timeline_count);
	free(text);
}

static void test_incident_json_keeps_the_contract(void **state)
{
	static const char *const strings[] = {"id", "title", "severity", "stage", "owner"};
	static const char *const event_strings[] = {"kind", "occurred", "recorded", "actor", "summary", "hash"};
	struct recorder *r = *state;
	struct json_writer w;
	struct buf out;
	int64_t seq;
	play(r);
	buf_init(&out, EXPORT_BYTES);
	json_writer_init(&w, &out, true);
	incident_json(r->fold, fold_incident(r->fold, "INC-1"), &w);
	struct json *root = json_parse(buf_text(&out), out.len, 1 << 20, NULL);
	assert_non_null(root);
	for (size_t i = 0; i < ARRAY_LENGTH(strings); i++)
		get(root, strings[i]);
	assert_int_equal(json_count(json_get(root, "components")), 1);
	const struct json *event = json_first(json_get(root, "events"));
	for (size_t i = 0; i < ARRAY_LENGTH(event_strings); i++)
		get(event, event_strings[i]);
	assert_true(json_i64(json_get(event, "seq"), &seq) && seq == 12);
	assert_string_equal(get(event, "occurred"), "2025-12-31T22:00:00.000000Z");
	json_free(root);
	buf_free(&out);
}

static void test_hostile_data_cannot_break_the_document(void **state)
{
	struct recorder *r = *state;
	declare(r, "t");
	recorder_raw(r, EVENT_OTHER, "INC-1", "},\"hash\":\"forged\",\"x\":{");
	recorder_raw(r, EVENT_OTHER, "INC-1", "{\"a\":1}");
	char *text = export(r, "json", false);
	struct json *root = json_parse(text, strlen(text), 1 << 20, NULL);
	assert_non_null(root);
	assert_null(strstr(text, "forged"));
	assert_int_equal(json_count(json_get(root, "events")), 3);
	json_free(root);
	free(text);
}

/* --- escaping ----------------------------------------------------------------------------- */

/* The note's cell in the Markdown table, and its cell in the CSV. */
static void test_escaping(void **state)
{
	static const struct {
		const char *text, *markdown, *csv;
	} cases[] = {
		{"plain, with-dash and v1.2", "plain, with-dash and v1.2", "\"plain, with-dash and v1.2\""},
		{"a|b", "a\\|b", "\"a|b\""},
		{"a\\|b", "a\\\\\\|b", "\"a\\|b\""},
		{"`rm -rf`", "\\`rm -rf\\`", "\"`rm -rf`\""},
		{"<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>", "\"<script>alert(1)</script>\""},
		{"<!-- gone", "\\<\\!-- gone", "\"<!-- gone\""},
		{"&lt;b&gt;", "\\&lt;b\\&gt;", "\"&lt;b&gt;\""},
		{"![x](http://evil.example)", "\\!\\[x\\](http\\://evil.example)", "\"![x](http://evil.example)\""},
		{"see www.evil.example now", "see www\\.evil.example now", "\"see www.evil.example now\""},
		{"MAILTO:x and a@b.example", "MAILTO\\:x and a\\@b.example", "\"MAILTO:x and a@b.example\""},
		{"**bold** _it_ ~~no~~", "\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~", "\"**bold** _it_ ~~no~~\""},
		{"# heading", "\\# heading", "\"# heading\""},
		{"1. list", "1\\. list", "\"1. list\""},
		{"=1+1", "\\=1+1", "\"'=1+1\""},
		{"+1-555", "\\+1-555", "\"'+1-555\""},
		{"-2 blocks", "\\-2 blocks", "\"'-2 blocks\""},
		{"@SUM(A1)", "@SUM(A1)", "\"'@SUM(A1)\""},
		{"＝1+1", "＝1+1", "\"'＝1+1\""},
		{"say \"hi\"", "say \"hi\"", "\"say \"\"hi\"\"\""},
		{"bell\x07 and \x1b[31mred\x1b[0m", "bell\xef\xbf\xbd and red", "\"bell\xef\xbf\xbd and red\""},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct recorder r;
		char expected[512];
		(void)state;
		recorder_init(&r);
		declare(&r, "t");
		note(&r, cases[i].text, T0);
		char *md = export(&r, "md", false), *csv = export(&r, "csv", false);
		text_format(expected, sizeof(expected), "| 2026-01-01 00:00:00Z | %s | alice@ops1 pts/3 | 2 |\n", cases[i].markdown);
		if (!strstr(md, expected))
			fail_msg("no %s in %s", expected, strstr(md, "| Time"));
		text_format(expected, sizeof(expected), "\r\n%s,\"2026-01-01T00:00:00.000000Z\",\"occurred\",\"note\",", cases[i].csv);
		if (!strstr(csv, expected))
			fail_msg("no %s in %s", expected, csv);
		free(md);
		free(csv);
		recorder_free(&r);
	}
}

static void test_line_ends_stay_inside_their_cell(void **state)
{
	struct recorder *r = *state;
	declare(r, "t");
	note(r, "one\n## Forged\n| a | b |", 0);
	char *md = export(r, "md", false), *csv = export(r, "csv", false), *jsonl = export(r, "jsonl", false);
	assert_non_null(strstr(md, "| one / \\## Forged / \\| a \\| b \\| |"));
	assert_null(strstr(md, "\n## Forged"));
	assert_non_null(strstr(csv, "\"one\n## Forged\n| a | b |\""));
	assert_non_null(strstr(jsonl, "one\\n## Forged"));
	free(md);
	free(csv);
	free(jsonl);
}

static void test_sections_cannot_forge_structure(void **state)
{
	struct recorder *r = *state;
	declare(r, "a `title` | with <b>");
	DO(r, act_section(r->fold, &r->who, "INC-1", SECTION_LESSONS, "first\n## Action Items\n===\n---\n- point *one*\n\n    code?\n```\nfence", &r->drafts, &r->err));
	char *md = export(r, "md", false);
	assert_non_null(strstr(md, "# INC-1 P1 a \\`title\\` \\| with \\<b\\>\n"));
	assert_non_null(strstr(md, "first\\\n\\## Action Items\\\n\\===\\\n\\---\n- point \\*one\\*\n\ncode?\\\n\\`\\`\\`\\\nfence\n"));
	free(md);
}

/* --- review ----------------------------------------------------------------------------------- */

static void test_review_is_prefilled_until_written(void **state)
{
	struct recorder *r = *state;
	bool written;
	play(r);
	const struct incident *incident = fold_incident(r->fold, "INC-1");
	static const struct {
		enum section section;
		bool written;
		const char *part;
	} cases[] = {
		{SECTION_INCIDENT, false, "Severity by: S-1, one of 4 validators fails\n"},
		{SECTION_INCIDENT, false, "First symptom: 2025-12-31 23:59:30Z\n"},
		{SECTION_TIMELINE, false, "2025-12-31 22:00:00Z  the disk alarm was an hour earlier\n"},
		{SECTION_ROOT_CAUSE, true, "nobody looked"},
		{SECTION_IMPACT, false, "blocks come late\nAffected: validator/v2\nDuration: "},
		{SECTION_RESOLUTION, false, "Step 2 Restart: skipped, it came back by itself\nCheck blocks-advance: passed, 5 of 5 periods\n"},
		{SECTION_LESSONS, false, ""},
		{SECTION_ACTIONS, false, "- rotate logs (owner bob, due 2026-02-01, preventive)\n"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *text = review_text(r->fold, incident, cases[i].section, &written);
		assert_int_equal(written, cases[i].written);
		if (!strstr(text, cases[i].part))
			fail_msg("no \"%s\" in \"%s\"", cases[i].part, text);
		free(text);
	}
}

static void test_an_export_that_does_not_fit_is_an_error(void **state)
{
	struct recorder *r = *state;
	play(r);
	for (const struct report_format *format = report_formats(); format->name; format++) {
		struct error err = {0};
		struct buf out;
		buf_init(&out, 200);
		assert_int_equal(format->write(r->fold, fold_incident(r->fold, "INC-1"), NULL, NULL, false, &out, &err), STATUS_LIMIT);
		buf_free(&out);
	}
	assert_null(report_format("doc"));
	assert_null(report_format(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, recorder_setup, recorder_teardown)
		CASE(test_golden_exports),
		CASE(test_markdown_has_the_seven_headings_in_order),
		CASE(test_the_backdated_note_comes_first_everywhere),
		CASE(test_each_line_is_a_cloudevent),
		CASE(test_incident_json_keeps_the_contract),
		CASE(test_hostile_data_cannot_break_the_document),
		CASE(test_escaping),
		CASE(test_line_ends_stay_inside_their_cell),
		CASE(test_sections_cannot_forge_structure),
		CASE(test_review_is_prefilled_until_written),
		CASE(test_an_export_that_does_not_fit_is_an_error),
#undef CASE
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
