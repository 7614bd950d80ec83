/* Checkpoints: three lines that notice what a chain alone cannot. */
#include "record_fixture.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define HASH "9fd3b4bcf8e185c3de82a6635d711c14834992d4708841d0cb0215305a86397b"

static void text_and_back(void **state)
{
	struct checkpoint checkpoint = {.origin = "tocsin/01J", .head.seq = 42}, read;
	char text[CHECKPOINT_TEXT];

	(void)state;
	assert_true(sha256_parse(HASH, &checkpoint.head.hash));
	assert_string_equal(checkpoint_text(text, &checkpoint), "tocsin/01J\n42\n" HASH "\n");
	assert_ok(checkpoint_parse(text, &read, ERR));
	assert_string_equal(read.origin, "tocsin/01J");
	assert_int_equal(read.head.seq, 42);
	assert_true(hash_equal(&read.head.hash, &checkpoint.head.hash));
}

static void malformed_text_is_refused(void **state)
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{"empty", ""},
		{"one line", "tocsin/a\n"},
		{"two lines", "tocsin/a\n1\n"},
		{"no last line end", "tocsin/a\n1\n" ZEROS},
		{"something behind", "tocsin/a\n1\n" ZEROS "\nmore\n"},
		{"other origin", "other/a\n1\n" ZEROS "\n"},
		{"empty origin", "tocsin/\n1\n" ZEROS "\n"},
		{"escape in the origin", "tocsin/\033[2J\n1\n" ZEROS "\n"},
		{"origin too long", "tocsin/" ZEROS ZEROS "\n1\n" ZEROS "\n"},
		{"leading zero", "tocsin/a\n01\n" ZEROS "\n"},
		{"sign", "tocsin/a\n-1\n" ZEROS "\n"},
		{"size beyond 64 bits", "tocsin/a\n99999999999999999999\n" ZEROS "\n"},
		{"size missing", "tocsin/a\n\n" ZEROS "\n"},
		{"hash too short", "tocsin/a\n1\n00\n"},
		{"hash with another letter", "tocsin/a\n1\ng"
					     "000000000000000000000000000000000000000000000000000000000000000\n"},
		{"carriage returns", "tocsin/a\r\n1\r\n" ZEROS "\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct checkpoint checkpoint;
		struct error err = {0};
		if (checkpoint_parse(cases[i].text, &checkpoint, &err) != STATUS_INVALID)
			fail_msg("%s was accepted", cases[i].name);
		assert_true(err.text[0] != '\0');
	}
}

static void file_round_trip_has_its_mode(void **state)
{
	struct place place;
	struct checkpoint checkpoint = {.origin = "tocsin/01J"}, read;
	struct stat st;
	char path[128];

	(void)state;
	place_make(&place);
	text_format(path, sizeof(path), "%s/c", place.dir);
	assert_ok(checkpoint_save(path, &checkpoint, ERR));
	assert_ok(checkpoint_load(path, &read, ERR));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(checkpoint_load(place.path, &read, NULL), STATUS_NOT_FOUND);
	place_remove(&place);
}

static void every_append_moves_the_one_beside(void **state)
{
	struct place place;
	struct checkpoint beside;
	struct head head;
	struct draft drafts[3];

	(void)state;
	place_make(&place);
	char *path = checkpoint_beside(place.path);
	struct store *store = record_open(place.path, STORE_WRITE);
	for (size_t i = 0; i < ARRAY_LENGTH(drafts); i++)
		drafts[i] = note_draft("n");
	for (uint64_t size = 3; size <= 9; size += 3) {
		assert_ok(store_append(store, drafts, ARRAY_LENGTH(drafts), NULL, ERR));
		assert_ok(checkpoint_load(path, &beside, ERR));
		assert_ok(store_head(store, &head, ERR));
		assert_int_equal(beside.head.seq, size);
		assert_true(hash_equal(&beside.head.hash, &head.hash));
		assert_string_equal(beside.origin, store_origin(store));
		assert_null(store_warning(store));
	}
	store_close(store);
	free(path);
	place_remove(&place);
}

/* The event is safe all the same, and the operator hears of it. */
static void an_unwritable_checkpoint_is_a_warning(void **state)
{
	struct place place;
	struct draft draft = note_draft("n");
	struct checkpoint checkpoint;
	struct head head;

	(void)state;
	place_make(&place);
	struct store *store = record_open(place.path, STORE_WRITE);
	char *path = checkpoint_beside(place.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_ok(store_append(store, &draft, 1, NULL, ERR));
	assert_non_null(store_warning(store));
	assert_ok(store_head(store, &head, ERR));
	assert_int_equal(head.seq, 1);
	rmdir(path);
	assert_ok(store_append(store, &draft, 1, NULL, ERR));
	assert_ok(checkpoint_load(path, &checkpoint, ERR));
	assert_int_equal(checkpoint.head.seq, 2);
	store_close(store);
	free(path);
	place_remove(&place);
}

/* Somebody cuts the tail carefully, and the next append must not wipe out the proof.
 * A new record of the same name, though, starts with a checkpoint of its own. */
static void an_append_keeps_the_proof_of_a_cut(void **state)
{
	struct place place;
	struct checkpoint before, after;
	struct draft draft = note_draft("n");

	(void)state;
	place_make(&place);
	char *path = checkpoint_beside(place.path);
	record_fill(place.path, 3);
	assert_ok(checkpoint_load(path, &before, ERR));
	outsider_drops_guards(place.path);
	assert_int_equal(outsider(place.path, "DELETE FROM content WHERE seq = 3; DELETE FROM event WHERE seq = 3; UPDATE head SET seq = 2, hash = (SELECT hash FROM event WHERE seq = 2)"), SQLITE_OK);
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(store_append(store, &draft, 1, NULL, ERR));
	assert_non_null(store_warning(store));
	assert_non_null(strstr(store_warning(store)->text, "rewritten"));
	assert_ok(checkpoint_load(path, &after, ERR));
	assert_memory_equal(&before.head, &after.head, sizeof(before.head));
	store_close(store);

	assert_int_equal(unlink(place.path), 0);
	store = record_open(place.path, STORE_WRITE);
	assert_ok(checkpoint_load(path, &after, ERR));
	assert_string_equal(after.origin, store_origin(store));
	assert_int_equal(after.head.seq, 0);
	assert_null(store_warning(store));
	store_close(store);
	free(path);
	place_remove(&place);
}

static void match_tells_cut_rewritten_and_foreign_apart(void **state)
{
	struct place place, other;
	struct checkpoint at_zero, at_two, at_four, wrong;
	struct error err = {0};

	(void)state;
	place_make(&place);
	place_make(&other);
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(checkpoint_take(store, &at_zero, ERR));
	store_close(store);
	record_fill(place.path, 2);
	store = record_open(place.path, STORE_WRITE);
	assert_ok(checkpoint_take(store, &at_two, ERR));
	store_close(store);
	record_fill(place.path, 2);
	store = record_open(place.path, STORE_WRITE);
	assert_ok(checkpoint_take(store, &at_four, ERR));
	assert_ok(checkpoint_match(store, &at_zero, ERR));
	assert_ok(checkpoint_match(store, &at_two, ERR));
	assert_ok(checkpoint_match(store, &at_four, ERR));

	wrong = at_two;
	wrong.head.hash.bytes[0] ^= 1;
	assert_int_equal(checkpoint_match(store, &wrong, &err), STATUS_CORRUPT);
	assert_non_null(strstr(err.text, "rewritten"));
	error_clear(&err);
	store_close(store);

	outsider_drops_guards(place.path);
	assert_int_equal(outsider(place.path, "DELETE FROM content WHERE seq > 2; DELETE FROM event WHERE seq > 2"), SQLITE_OK);
	store = record_open(place.path, STORE_READ);
	assert_int_equal(checkpoint_match(store, &at_four, &err), STATUS_CORRUPT);
	assert_non_null(strstr(err.text, "cut"));
	error_clear(&err);
	store_close(store);

	record_fill(other.path, 4);
	store = record_open(other.path, STORE_READ);
	assert_int_equal(checkpoint_match(store, &at_two, &err), STATUS_CORRUPT);
	assert_non_null(strstr(err.text, "belongs to"));
	store_close(store);
	place_remove(&place);
	place_remove(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_and_back),
		cmocka_unit_test(malformed_text_is_refused),
		cmocka_unit_test(file_round_trip_has_its_mode),
		cmocka_unit_test(every_append_moves_the_one_beside),
		cmocka_unit_test(an_unwritable_checkpoint_is_a_warning),
		cmocka_unit_test(an_append_keeps_the_proof_of_a_cut),
		cmocka_unit_test(match_tells_cut_rewritten_and_foreign_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
