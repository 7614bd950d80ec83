/* The canonical form, against vectors that Python's json and the sha256sum program
 * made: the bytes are frozen with the first release. */
#include "record_fixture.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#define ORIGIN "tocsin/01JZZZZZZZ0123456789ABCDEF"
#define ORIGIN_HASH "2fe766bf869249a405026ad38459828e66817f5fe98a1f82b9d010fa4a68c42e"

static char refs_one[] = "[{\"id\":\"01JZZZZZZZ0123456789ABCDEG\",\"rel\":\"amends\"}]";

struct vector {
	const char *name;
	struct event event;
	const char *prev_hash;
	const char *content, *content_hash;
	const char *line, *hash;
};

static const struct vector vectors[] = {
	{
		.name = "everything present",
		.event = {.seq = 1, .id = "01JZZZZZZZ0123456789ABCDEF", .incident = (char *)"INC-7", .kind_name = (char *)"note", .occurred_us = 1767225600000000, .occurred_end_us = 1767225660000000, .precision = (char *)"minute", .recorded_us = 1767225700123456, .boot = (char *)"b00t", .mono_us = 42, .tz_minutes = -90, .actor = (char *)"alice@ops1 pts/3", .role = (char *)"commander", .source = (char *)"operator", .refs = refs_one, .visibility = (char *)"internal", .salt = "000102030405060708090a0b0c0d0e0f", .summary = (char *)"Gr\xc3\xbc\xc3\x9f"
																																																																		     "e",
			  .body = (char *)"line 1\nline \"2\"\t\\ \xe2\x80\xa8 \x7f \x01",
			  .data = (char *)"{\"a\":1,\"z\":[\"\xc3\xa9\"]}"},
		.prev_hash = ORIGIN_HASH,
		.content = "{\"body\":\"line 1\\nline \\\"2\\\"\\t\\\\ \xe2\x80\xa8 \x7f \\u0001\",\"data\":{\"a\":1,\"z\":[\"\xc3\xa9\"]},\"summary\":\"Gr\xc3\xbc\xc3\x9f"
			   "e\"}",
		.content_hash = "9fd3b4bcf8e185c3de82a6635d711c14834992d4708841d0cb0215305a86397b",
		.line = "{\"actor\":\"alice@ops1 pts/3\",\"boot\":\"b00t\",\"content_hash\":\"9fd3b4bcf8e185c3de82a6635d711c14834992d4708841d0cb0215305a86397b\","
			"\"id\":\"01JZZZZZZZ0123456789ABCDEF\",\"incident\":\"INC-7\",\"kind\":\"note\",\"mono_us\":42,\"occurred_end_us\":1767225660000000,"
			"\"occurred_precision\":\"minute\",\"occurred_us\":1767225600000000,\"prev_hash\":\"" ORIGIN_HASH "\",\"recorded_us\":1767225700123456,"
			"\"refs\":[{\"id\":\"01JZZZZZZZ0123456789ABCDEG\",\"rel\":\"amends\"}],\"role\":\"commander\",\"seq\":1,\"source\":\"operator\",\"tz\":-90,\"v\":1,"
			"\"visibility\":\"internal\"}",
		.hash = "8de94e4f7fd46592b95e0706ddbc8695c3fbcb19c7ec81d75cee8277d89eb4e4",
	},
	{
		.name = "everything absent, and what must be escaped",
		.event = {.seq = 9007199254740991, .id = "01JZZZZZZZ0123456789ABCDEF", .kind_name = (char *)"from.the.future", .occurred_us = -1, .precision = (char *)"exact", .boot = (char *)"b00t", .actor = (char *)"\"\\\b\f\n\r\t\x1f/", .source = (char *)"s", .refs = (char *)"[]", .visibility = (char *)"internal", .salt = "000102030405060708090a0b0c0d0e0f", .summary = (char *)"", .body = (char *)"", .data = (char *)"{}"},
		.prev_hash = "8de94e4f7fd46592b95e0706ddbc8695c3fbcb19c7ec81d75cee8277d89eb4e4",
		.content = "{\"body\":\"\",\"data\":{},\"summary\":\"\"}",
		.content_hash = "a17130eb7a617f8299fbf6b96531046646cd86b43b8baf478c8a7ee17d35fae8",
		.line = "{\"actor\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u001f/\",\"boot\":\"b00t\",\"content_hash\":\"a17130eb7a617f8299fbf6b96531046646cd86b43b8baf478c8a7ee17d35fae8\","
			"\"id\":\"01JZZZZZZZ0123456789ABCDEF\",\"incident\":null,\"kind\":\"from.the.future\",\"mono_us\":0,\"occurred_end_us\":null,"
			"\"occurred_precision\":\"exact\",\"occurred_us\":-1,\"prev_hash\":\"8de94e4f7fd46592b95e0706ddbc8695c3fbcb19c7ec81d75cee8277d89eb4e4\","
			"\"recorded_us\":0,\"refs\":[],\"role\":null,\"seq\":9007199254740991,\"source\":\"s\",\"tz\":0,\"v\":1,\"visibility\":\"internal\"}",
		.hash = "734f93c2fc6ebb4e35ef1e7082ed20d4bb25f82a4fc8a5b8970c26961f6a9446",
	},
};

static void assert_hash(const struct hash256 *hash, const char *expected)
{
	char hex[SHA256_TEXT];

	assert_string_equal(sha256_text(hex, hash), expected);
}

static void vectors_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(vectors); i++) {
		const struct vector *vector = &vectors[i];
		struct event event = vector->event;
		struct buf text;

		buf_init(&text, 4096);
		event_content_canonical(&event, &text);
		assert_string_equal(buf_text(&text), vector->content);
		event.content_hash = event_content_hash(&event);
		assert_hash(&event.content_hash, vector->content_hash);
		assert_true(sha256_parse(vector->prev_hash, &event.prev_hash));
		buf_clear(&text);
		event_canonical(&event, &text);
		assert_string_equal(buf_text(&text), vector->line);
		struct hash256 hash = event_hash(&event);
		assert_hash(&hash, vector->hash);
		buf_free(&text);
	}
}

static void first_event_links_to_the_origin(void **state)
{
	struct hash256 genesis = event_genesis(ORIGIN);

	(void)state;
	assert_hash(&genesis, ORIGIN_HASH);
}

/* What an outsider does: print the line of a stored event into sha256sum. */
static void sha256sum_agrees_on_a_stored_event(void **state)
{
	struct place place;
	struct event event = {0};
	struct draft draft = note_draft("checked by hand");
	struct buf line;
	char in[96], out[96], hex[SHA256_TEXT], said[SHA256_TEXT] = "";
	char *argv[] = {(char *)"sha256sum", NULL};
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int code;

	(void)state;
	place_make(&place);
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(store_append(store, &draft, 1, &event, ERR));
	store_close(store);

	buf_init(&line, 4096);
	event_canonical(&event, &line);
	FILE *file = fopen(text_format(in, sizeof(in), "%s/in", place.dir), "w");
	assert_non_null(file);
	fprintf(file, "%s\n%s", sha256_text(hex, &event.prev_hash), buf_text(&line));
	fclose(file);
	buf_free(&line);

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, in, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, text_format(out, sizeof(out), "%s/out", place.dir), O_WRONLY | O_CREAT, 0600);
	int failed = posix_spawnp(&pid, "sha256sum", &actions, NULL, argv, NULL);
	posix_spawn_file_actions_destroy(&actions);
	if (failed) {
		event_free(&event);
		place_remove(&place);
		skip();
	}
	assert_int_equal(waitpid(pid, &code, 0), pid);
	assert_int_equal(code, 0);
	file = fopen(out, "r");
	assert_non_null(file);
	assert_non_null(fgets(said, sizeof(said), file));
	fclose(file);
	assert_string_equal(said, sha256_text(hex, &event.hash));
	event_free(&event);
	place_remove(&place);
}

/* No two events share a line: each field changes the hash. */
static void every_field_changes_the_hash(void **state)
{
	const struct event base = vectors[0].event;
	const struct hash256 before = event_hash(&base);
	struct event changed[17];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(changed); i++)
		changed[i] = base;
	changed[0].seq = 2;
	changed[1].id[0] = 'X';
	changed[2].incident = NULL;
	changed[3].kind_name = (char *)"decision";
	changed[4].occurred_us++;
	changed[5].occurred_end_us = 0;
	changed[6].precision = (char *)"exact";
	changed[7].recorded_us--;
	changed[8].boot = (char *)"";
	changed[9].mono_us = 43;
	changed[10].tz_minutes = 90;
	changed[11].actor = (char *)"";
	changed[12].role = NULL;
	changed[13].source = (char *)"system";
	changed[14].refs = (char *)"[]";
	changed[15].visibility = (char *)"public";
	changed[16].content_hash.bytes[31] ^= 1;
	for (size_t i = 0; i < ARRAY_LENGTH(changed); i++) {
		struct hash256 after = event_hash(&changed[i]);
		if (hash_equal(&before, &after))
			fail_msg("change %zu did not change the hash", i);
	}
}

static void kinds_have_one_name_each(void **state)
{
	(void)state;
	for (int kind = EVENT_OTHER + 1; kind < EVENT_KIND_COUNT; kind++)
		assert_int_equal(event_kind_parse(event_kind_name((enum event_kind)kind)), kind);
	assert_int_equal(event_kind_parse("from.the.future"), EVENT_OTHER);
	assert_int_equal(event_kind_parse("other"), EVENT_OTHER);
	assert_int_equal(event_kind_parse(NULL), EVENT_OTHER);
	assert_string_equal(event_kind_name((enum event_kind)9999), "other");
}

static void ids_are_ulids(void **state)
{
	static const uint8_t zeros[10] = {0}, ones[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	char id[27], later[27];

	(void)state;
	event_id(id, 0, zeros);
	assert_string_equal(id, "00000000000000000000000000");
	event_id(id, INT64_C(1469918176385) * 1000, ones); /* the time in the ULID specification's example */
	assert_string_equal(id, "01ARYZ6S41ZZZZZZZZZZZZZZZZ");
	event_id(later, INT64_C(1469918176386) * 1000, zeros);
	assert_true(strcmp(id, later) < 0);
	event_id(id, -5, zeros);
	assert_string_equal(id, "00000000000000000000000000");
}

static void copies_are_deep(void **state)
{
	struct event copy;

	(void)state;
	event_copy(&copy, &vectors[0].event);
	assert_string_equal(copy.body, vectors[0].event.body);
	assert_ptr_not_equal(copy.body, vectors[0].event.body);
	event_free(&copy);
	assert_null(copy.body);
	event_copy(&copy, &vectors[1].event);
	assert_null(copy.role);
	event_free(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_hold),
		cmocka_unit_test(first_event_links_to_the_origin),
		cmocka_unit_test(sha256sum_agrees_on_a_stored_event),
		cmocka_unit_test(every_field_changes_the_hash),
		cmocka_unit_test(kinds_have_one_name_each),
		cmocka_unit_test(ids_are_ulids),
		cmocka_unit_test(copies_are_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
