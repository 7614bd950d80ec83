/* The journal: what was handed in comes back in order and durable, others' events
 * arrive by themselves, trouble is told, and one journal at a time holds the lease. */
#include "full_disk.h"

#include "record/journal.h"
#include "record/store_private.h"

#include <stdatomic.h>

enum { DEADLINE_MS = 90000 };

struct seen {
	struct loop *loop;
	uint64_t last; /* newest seq delivered */
	size_t events;
	bool disorder; /* a seq came twice, or out of turn */
	bool loaded;
	size_t loaded_at; /* events delivered before `loaded` */
	size_t done, refused;
	uint64_t last_at_done;
	char refusal[480];
	size_t troubles, heals, warnings;
	char trouble[480], warning[480];
	struct lease lease;
	size_t lease_changes;
	bool (*enough)(const struct seen *seen); /* stops the loop */
	bool late;
};

static void look(struct seen *seen)
{
	if (seen->enough && seen->enough(seen))
		loop_stop(seen->loop);
}

static void on_events(void *arg, const struct event *events, size_t count)
{
	struct seen *seen = arg;

	for (size_t i = 0; i < count; i++) {
		seen->disorder |= events[i].seq != seen->last + 1;
		seen->last = events[i].seq;
	}
	seen->events += count;
	look(seen);
}

static void on_loaded(void *arg)
{
	struct seen *seen = arg;

	seen->loaded = true;
	seen->loaded_at = seen->events;
	look(seen);
}

static void on_trouble(void *arg, const struct error *err)
{
	struct seen *seen = arg;

	if (err) {
		seen->troubles++;
		text_format(seen->trouble, sizeof(seen->trouble), "%s", err->text);
	} else {
		seen->heals++;
	}
	look(seen);
}

static void on_warning(void *arg, const struct error *err)
{
	struct seen *seen = arg;

	seen->warnings += err->text[0] != '\0';
	text_format(seen->warning, sizeof(seen->warning), "%s", err->text);
	look(seen);
}

static void on_lease(void *arg, const struct lease *lease)
{
	struct seen *seen = arg;

	seen->lease = *lease;
	seen->lease_changes++;
	look(seen);
}

static void on_done(void *arg, enum status status, const struct error *err)
{
	struct seen *seen = arg;

	seen->done++;
	if (status != STATUS_OK) {
		seen->refused++;
		text_format(seen->refusal, sizeof(seen->refusal), "%s", err->text);
	}
	seen->last_at_done = seen->last;
	look(seen);
}

static const struct journal_events callbacks = {.events = on_events, .loaded = on_loaded, .trouble = on_trouble, .warning = on_warning, .lease = on_lease};

static void on_deadline(void *arg)
{
	struct seen *seen = arg;

	seen->late = true;
	loop_stop(seen->loop);
}

/* Runs the loop until the condition holds; a test that waits for nothing fails. */
static void run_until(struct seen *seen, bool (*enough)(const struct seen *seen))
{
	struct loop_timer *deadline = loop_timer(seen->loop, DEADLINE_MS, 0, on_deadline, seen);

	seen->enough = enough;
	while (!enough(seen) && !seen->late)
		loop_run(seen->loop);
	seen->enough = NULL;
	loop_timer_stop(deadline);
	assert_false(seen->late);
	assert_true(enough(seen));
}

static bool is_loaded(const struct seen *seen)
{
	return seen->loaded;
}

static bool one_done(const struct seen *seen)
{
	return seen->done >= 1;
}

static bool hundred_done(const struct seen *seen)
{
	return seen->done >= 100;
}

static bool four_seen(const struct seen *seen)
{
	return seen->last >= 4;
}

static bool healed_and_goes_on(const struct seen *seen)
{
	return seen->heals > 0 && seen->done > 100;
}

static bool is_warned(const struct seen *seen)
{
	return seen->warnings > 0;
}

static bool has_lease(const struct seen *seen)
{
	return seen->lease.mine;
}

static bool lease_known(const struct seen *seen)
{
	return seen->lease_changes > 0;
}

struct bench {
	struct place place;
	struct seen seen;
	struct journal *journal;
};

static void bench_open(struct bench *bench, size_t existing)
{
	memset(bench, 0, sizeof(*bench));
	place_make(&bench->place);
	record_fill(bench->place.path, existing);
	bench->seen.loop = loop_new();
	bench->journal = journal_new(bench->seen.loop, record_open(bench->place.path, STORE_WRITE), false, "alice@ops1 pid 1", &callbacks, &bench->seen);
	assert_non_null(bench->journal);
}

static void bench_close(struct bench *bench)
{
	journal_free(bench->journal);
	loop_free(bench->seen.loop);
	place_remove(&bench->place);
}

static void existing_events_come_first(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, 3);
	run_until(&bench.seen, is_loaded);
	assert_int_equal(bench.seen.loaded_at, 3);
	assert_int_equal(journal_head(bench.journal).seq, 3);
	assert_false(bench.seen.disorder);
	bench_close(&bench);
}

static void done_comes_after_the_event_and_after_the_disk(void **state)
{
	struct bench bench;
	struct draft draft = note_draft("mine");
	struct head head;

	(void)state;
	bench_open(&bench, 1);
	journal_append(bench.journal, &draft, 1, on_done, &bench.seen);
	assert_int_equal(journal_pending(bench.journal), 1);
	run_until(&bench.seen, one_done);
	assert_int_equal(bench.seen.last_at_done, 2);
	assert_int_equal(journal_pending(bench.journal), 0);

	struct store *other = record_open(bench.place.path, STORE_READ);
	assert_ok(store_head(other, &head, ERR));
	assert_int_equal(head.seq, 2);
	store_close(other);
	bench_close(&bench);
}

/* A bad draft among a hundred good ones is refused alone, with its reason. */
static void many_calls_keep_their_order(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, 0);
	for (int i = 0; i < 100; i++) {
		char summary[32];
		struct draft draft = note_draft(text_format(summary, sizeof(summary), "call %d", i));
		if (i == 40)
			draft.data = "{not json";
		journal_append(bench.journal, &draft, 1, on_done, &bench.seen);
	}
	run_until(&bench.seen, hundred_done);
	assert_int_equal(bench.seen.refused, 1);
	assert_int_equal(bench.seen.events, 99);
	assert_false(bench.seen.disorder);
	assert_int_equal(bench.seen.troubles, 0);
	assert_non_null(strstr(bench.seen.refusal, "data"));
	bench_close(&bench);
}

/* What the machine saw is recorded without what cannot be, which is told by name and once,
 * however often it comes; what a person hands in stays whole. */
static void drafts_that_stand_apart_are_not_refused_together(void **state)
{
	struct bench bench;
	struct draft drafts[4] = {note_draft("first"), note_draft("bad"), note_draft("third"), note_draft("worse")};

	(void)state;
	drafts[1].data = "{not json";
	drafts[3].actor = "";
	bench_open(&bench, 0);
	for (int i = 0; i < 98; i++)
		journal_append_each(bench.journal, drafts, 4, on_done, &bench.seen);
	journal_append_each(bench.journal, &drafts[1], 1, on_done, &bench.seen); /* nothing is left of it */
	journal_append(bench.journal, drafts, 3, on_done, &bench.seen);
	run_until(&bench.seen, hundred_done);
	assert_int_equal(bench.seen.refused, 1);
	assert_non_null(strstr(bench.seen.refusal, "data"));
	assert_int_equal(bench.seen.events, 2 * 98);
	assert_int_equal(bench.seen.troubles, 0);
	assert_int_equal(bench.seen.warnings, 2);
	assert_non_null(strstr(bench.seen.warning, "left out 1 of"));
	assert_non_null(strstr(bench.seen.warning, "note \"bad\": the data of an event"));
	bench_close(&bench);
}

static void others_events_arrive_by_themselves(void **state)
{
	struct bench bench;

	(void)state;
	bench_open(&bench, 2);
	run_until(&bench.seen, is_loaded);
	record_fill(bench.place.path, 2); /* somebody else's connection */
	run_until(&bench.seen, four_seen);
	assert_int_equal(bench.seen.events, 4);
	assert_false(bench.seen.disorder);
	bench_close(&bench);
}

static void closing_writes_what_was_handed_in(void **state)
{
	struct bench bench;
	struct draft draft = note_draft("last words");
	struct verification v;

	(void)state;
	bench_open(&bench, 0);
	for (int i = 0; i < 20; i++)
		journal_append(bench.journal, &draft, 1, on_done, &bench.seen);
	journal_free(bench.journal);
	assert_int_equal(bench.seen.done, 20);
	assert_int_equal(bench.seen.refused, 0);
	record_verify(bench.place.path, &v);
	assert_true(verification_holds(&v));
	assert_int_equal(v.checked, 20);
	loop_free(bench.seen.loop);
	place_remove(&bench.place);
}

/* The file vanishes under an open record: the append is refused and told loudly, and
 * when the file is back the next one works, without the refused one. */
static void trouble_is_told_and_heals(void **state)
{
	struct bench bench;
	struct draft draft = note_draft("into the void");
	char away[128];

	(void)state;
	bench_open(&bench, 1);
	run_until(&bench.seen, is_loaded);
	assert_int_equal(rename(bench.place.path, text_format(away, sizeof(away), "%s.away", bench.place.path)), 0);
	journal_append(bench.journal, &draft, 1, on_done, &bench.seen);
	run_until(&bench.seen, one_done);
	assert_int_equal(bench.seen.refused, 1);
	assert_int_equal(bench.seen.troubles, 1);
	assert_non_null(strstr(bench.seen.refusal, "removed or replaced"));

	assert_int_equal(rename(away, bench.place.path), 0);
	bench.seen.done = 0;
	journal_append(bench.journal, &draft, 1, on_done, &bench.seen);
	run_until(&bench.seen, one_done);
	assert_int_equal(bench.seen.refused, 1);
	assert_int_equal(bench.seen.heals, 1);
	assert_int_equal(bench.seen.last, 2);
	bench_close(&bench);
}

static int count_begins(unsigned event, void *arg, void *statement, void *text)
{
	(void)event;
	(void)statement;
	if (strcmp(text, "BEGIN IMMEDIATE") == 0)
		atomic_fetch_add((_Atomic int *)arg, 1);
	return 0;
}

/* Another program's lock is no draft's fault: all that wait are refused together, not one
 * after the other, and it is told with its cure until it heals. */
static void a_locked_record_is_told_and_waited_for_once(void **state)
{
	static _Atomic int begins;
	struct place place;
	struct seen seen = {0};
	struct draft draft = note_draft("waits");
	sqlite3 *other;

	(void)state;
	place_make(&place);
	record_fill(place.path, 1);
	assert_int_equal(sqlite3_open(place.path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	struct store *store = record_open(place.path, STORE_WRITE);
	store->patience_ms = 500; /* so that what is handed in meanwhile waits together */
	begins = 0;
	sqlite3_trace_v2(store->db, SQLITE_TRACE_STMT, count_begins, &begins);
	seen.loop = loop_new();
	struct journal *journal = journal_new(seen.loop, store, false, "", &callbacks, &seen);
	for (int i = 0; i < 100; i++)
		journal_append(journal, &draft, 1, on_done, &seen);
	run_until(&seen, hundred_done);
	assert_int_equal(seen.refused, 100);
	assert_true(begins < 10);
	assert_true(seen.troubles > 0);
	assert_non_null(strstr(seen.trouble, "lsof"));

	sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(other);
	journal_append(journal, &draft, 1, on_done, &seen);
	run_until(&seen, healed_and_goes_on);
	assert_int_equal(seen.last, 2);
	journal_free(journal);
	loop_free(seen.loop);
	place_remove(&place);
}

/* So is what a guard of the record refuses. */
static void a_guard_that_refuses_is_trouble(void **state)
{
	struct bench bench;
	struct draft draft = note_draft("good enough");

	(void)state;
	bench_open(&bench, 1);
	run_until(&bench.seen, is_loaded);
	assert_int_equal(outsider(bench.place.path, "CREATE TRIGGER eve BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'not today'); END"), SQLITE_OK);
	journal_append(bench.journal, &draft, 1, on_done, &bench.seen);
	run_until(&bench.seen, one_done);
	assert_int_equal(bench.seen.refused, 1);
	assert_int_equal(bench.seen.troubles, 1);
	assert_non_null(strstr(bench.seen.trouble, "run verify"));
	bench_close(&bench);
}

/* A checkpoint that contradicts the record stops nothing, but somebody must hear of it. */
static void a_warning_is_told_once(void **state)
{
	static const struct checkpoint foreign = {.origin = "tocsin/other"};
	struct bench bench;
	struct draft draft = note_draft("goes on");

	(void)state;
	bench_open(&bench, 1);
	char *beside = checkpoint_beside(bench.place.path);
	assert_ok(checkpoint_save(beside, &foreign, ERR));
	for (int i = 0; i < 3; i++)
		journal_append(bench.journal, &draft, 1, on_done, &bench.seen);
	run_until(&bench.seen, is_warned);
	run_until(&bench.seen, four_seen);
	free(beside);
	journal_free(bench.journal);
	assert_int_equal(bench.seen.warnings, 1);
	assert_int_equal(bench.seen.refused, 0);
	loop_free(bench.seen.loop);
	place_remove(&bench.place);
}

static void evidence_that_cannot_be_kept_refuses_its_event(void **state)
{
	struct bench bench;
	struct draft draft = note_draft("see the log");
	struct hash256 hash, expected = sha256("log", 3);
	char away[128];

	(void)state;
	bench_open(&bench, 0);
	run_until(&bench.seen, is_loaded);
	hash = journal_put_blob(bench.journal, "log", 3, "text/plain");
	assert_true(hash_equal(&hash, &expected));
	journal_append(bench.journal, &draft, 1, on_done, &bench.seen);
	run_until(&bench.seen, one_done);
	assert_int_equal(bench.seen.refused, 0);

	assert_int_equal(rename(bench.place.path, text_format(away, sizeof(away), "%s.away", bench.place.path)), 0);
	journal_put_blob(bench.journal, "more", 4, "text/plain");
	bench.seen.done = 0;
	journal_append(bench.journal, &draft, 1, on_done, &bench.seen);
	run_until(&bench.seen, one_done);
	assert_int_equal(bench.seen.refused, 1);
	assert_int_equal(rename(away, bench.place.path), 0);
	bench_close(&bench);
}

static bool take_occurred(void *arg, const struct event *event)
{
	*(int64_t *)arg = event->occurred_us;
	return false;
}

static void an_append_stands_at_the_time_it_was_handed_in(void **state)
{
	struct place place;
	struct seen seen = {0};
	struct clock_manual clock;
	struct store *store = NULL;
	struct draft draft = note_draft("now");

	(void)state;
	place_make(&place);
	clock_manual_init(&clock, 1767225600 * US_PER_S);
	assert_ok(store_open(&store, place.path, STORE_WRITE, &clock.clock, ERR));
	seen.loop = loop_new();
	struct journal *journal = journal_new(seen.loop, store, false, "", &callbacks, &seen);
	journal_append(journal, &draft, 1, on_done, &seen);
	run_until(&seen, one_done);
	journal_free(journal);

	int64_t occurred_us = 0;
	store = record_open(place.path, STORE_READ);
	assert_ok(store_read(store, 0, take_occurred, &occurred_us, ERR));
	assert_true(occurred_us == 1767225600 * US_PER_S);
	store_close(store);
	loop_free(seen.loop);
	place_remove(&place);
}

static int64_t later_wall_us(void *arg)
{
	return clock_system()->wall_us(clock_system()->arg) + *(const int64_t *)arg;
}

static int64_t later_mono_us(void *arg)
{
	return clock_system()->mono_us(clock_system()->arg) + *(const int64_t *)arg;
}

/* A clock that the test moves while the journal's thread reads it. */
static _Atomic int64_t moved_us;

static int64_t moved_wall_us(void *arg)
{
	(void)arg;
	return clock_wall_us(clock_system()) + moved_us;
}

static int64_t moved_mono_us(void *arg)
{
	(void)arg;
	return clock_mono_us(clock_system()) + moved_us;
}

static const struct clock moved = {.wall_us = moved_wall_us, .mono_us = moved_mono_us};

static bool warned_or_in_trouble(const struct seen *seen)
{
	return seen->warnings > 0 || seen->troubles > 0;
}

/* Nobody appends, and the lease would run out: the reserve is for it as well. */
static void a_full_disk_does_not_cost_the_lease(void **state)
{
	struct place place;
	struct seen seen = {0};
	struct store *store = NULL;
	struct draft draft = note_draft("seen by the machine");

	(void)state;
	place_make(&place);
	disk_begin(&place);
	moved_us = 0;
	assert_ok(store_open(&store, place.path, STORE_WRITE, &moved, ERR));
	seen.loop = loop_new();
	struct journal *journal = journal_new(seen.loop, store, true, "alice@ops1 pid 1", &callbacks, &seen);
	run_until(&seen, has_lease);
	disk_becomes(DISK_TIGHT);
	moved_us = 20 * US_PER_S; /* longer than it lasts */
	run_until(&seen, warned_or_in_trouble);
	journal_append(journal, &draft, 1, on_done, &seen);
	run_until(&seen, one_done);
	assert_true(seen.lease.mine);
	assert_int_equal(seen.troubles, 0);
	assert_int_equal(seen.refused, 0);
	journal_free(journal);
	loop_free(seen.loop);
	disk_end();
	place_remove(&place);
}

/* Two journals on one record; the second one's clock is ahead by more than the lease
 * lasts, as if the first had died that long ago. */
static void the_lease_of_a_dead_holder_is_taken_over(void **state)
{
	struct place place;
	struct seen first = {0}, second = {0}, third = {0};
	int64_t ahead_us = 0;
	const struct clock later = {.wall_us = later_wall_us, .mono_us = later_mono_us, .arg = &ahead_us};
	struct store *store = NULL;
	struct lease lease;

	(void)state;
	place_make(&place);
	first.loop = second.loop = third.loop = loop_new();
	store = record_open(place.path, STORE_WRITE);
	assert_ok(store_lease(store, "dead@ops1 pid 1", 10 * US_PER_S, NULL, &lease, ERR));
	assert_true(lease.mine);
	store_close(store);

	struct journal *journal = journal_new(second.loop, record_open(place.path, STORE_WRITE), true, "bob@ops1 pid 2", &callbacks, &second);
	run_until(&second, lease_known);
	assert_false(second.lease.mine);
	assert_string_equal(second.lease.holder, "dead@ops1 pid 1");
	journal_free(journal);

	ahead_us = 11 * US_PER_S;
	assert_ok(store_open(&store, place.path, STORE_WRITE, &later, ERR));
	journal = journal_new(third.loop, store, true, "carol@ops1 pid 3", &callbacks, &third);
	run_until(&third, has_lease);
	assert_string_equal(third.lease.holder, "carol@ops1 pid 3");
	journal_free(journal);

	/* Closing gave it back: the next one need not wait. */
	journal = journal_new(first.loop, record_open(place.path, STORE_WRITE), true, "alice@ops1 pid 4", &callbacks, &first);
	run_until(&first, lease_known);
	assert_true(first.lease.mine);
	journal_free(journal);
	loop_free(first.loop);
	place_remove(&place);
}

static bool add_number(void *arg, const struct sample_row *row)
{
	*(int64_t *)arg += row->number;
	return true;
}

static int64_t kept_samples(const char *path)
{
	struct store *store = record_open(path, STORE_READ);
	int64_t sum = 0;

	assert_ok(store_read_samples(store, "node/a", "lag", 0, add_number, &sum, ERR));
	store_close(store);
	return sum;
}

/* They wait for the lease to be renewed, or for the end. Who has no lease leaves none. */
static void samples_go_with_the_lease(void **state)
{
	const struct sample_row row = {"node/a", "lag", clock_wall_us(clock_system()), 4};
	struct place place;
	struct seen holder = {0}, other = {0};

	(void)state;
	place_make(&place);
	holder.loop = other.loop = loop_new();
	struct journal *first = journal_new(holder.loop, record_open(place.path, STORE_WRITE), true, "alice@ops1 pid 1", &callbacks, &holder);
	run_until(&holder, has_lease);
	struct journal *second = journal_new(other.loop, record_open(place.path, STORE_WRITE), true, "bob@ops1 pid 2", &callbacks, &other);
	run_until(&other, lease_known);
	journal_put_samples(second, &row, 1);
	journal_free(second);
	assert_int_equal(kept_samples(place.path), 0);
	journal_put_samples(first, &row, 1);
	journal_free(first);
	assert_int_equal(kept_samples(place.path), 4);
	loop_free(holder.loop);
	place_remove(&place);
}

/* More events than one portion: each once, in order, and `loaded` after the last. */
static void a_long_record_comes_in_portions(void **state)
{
	enum { LONG = 1300 };
	struct bench bench;
	struct draft *drafts = xcalloc(LONG, sizeof(*drafts));
	struct place place;

	(void)state;
	place_make(&place);
	struct store *store = record_open(place.path, STORE_WRITE);
	for (int i = 0; i < LONG; i++)
		drafts[i] = note_draft("one of many");
	assert_ok(store_append(store, drafts, LONG, NULL, ERR));
	free(drafts);
	memset(&bench, 0, sizeof(bench));
	bench.seen.loop = loop_new();
	bench.journal = journal_new(bench.seen.loop, store, false, "", &callbacks, &bench.seen);
	bench.place = place;
	run_until(&bench.seen, is_loaded);
	assert_int_equal(bench.seen.loaded_at, LONG);
	assert_false(bench.seen.disorder);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(existing_events_come_first),
		cmocka_unit_test(done_comes_after_the_event_and_after_the_disk),
		cmocka_unit_test(many_calls_keep_their_order),
		cmocka_unit_test(drafts_that_stand_apart_are_not_refused_together),
		cmocka_unit_test(others_events_arrive_by_themselves),
		cmocka_unit_test(closing_writes_what_was_handed_in),
		cmocka_unit_test(trouble_is_told_and_heals),
		cmocka_unit_test(a_locked_record_is_told_and_waited_for_once),
		cmocka_unit_test(a_guard_that_refuses_is_trouble),
		cmocka_unit_test(a_warning_is_told_once),
		cmocka_unit_test(evidence_that_cannot_be_kept_refuses_its_event),
		cmocka_unit_test(an_append_stands_at_the_time_it_was_handed_in),
		cmocka_unit_test(a_full_disk_does_not_cost_the_lease),
		cmocka_unit_test(the_lease_of_a_dead_holder_is_taken_over),
		cmocka_unit_test(samples_go_with_the_lease),
		cmocka_unit_test(a_long_record_comes_in_portions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
