/* The record and the power cut: from the log of every write and sync, the disk is made
 * again as it may be after the power went, at 600 points; and every single operation on
 * its files, and every allocation under it, fails once. Nothing acknowledged is lost, and what is left verifies. */
#include "unit/record_fixture.h"

#include "vfs.h"

enum {
	POINTS = 600,
	TORTURE_POINTS = 6000,
	APPENDS = 24,
	ACKNOWLEDGED_MAX = 1024,
};

static struct place place, other;
static struct hash256 hashes[ACKNOWLEDGED_MAX]; /* by seq, of what was acknowledged */

/* In memory where that is possible: what a disk would keep comes from the log alone. */
static void make_fast_place(struct place *made)
{
	snprintf(made->dir, sizeof(made->dir), "/dev/shm/tocsin-record-XXXXXX");
	if (!mkdtemp(made->dir)) {
		place_make(made);
		return;
	}
	snprintf(made->path, sizeof(made->path), "%s/x.db", made->dir);
}

static int make_places(void **state)
{
	(void)state;
	make_fast_place(&place);
	make_fast_place(&other);
	return 0;
}

static int remove_places(void **state)
{
	(void)state;
	vfs_end();
	place_remove(&place);
	place_remove(&other);
	return 0;
}

/* --- a night's writing ------------------------------------------------------------------ */

static enum status append(struct store *store, size_t count, const char *body, uint64_t *seq, struct error *err)
{
	struct draft drafts[4] = {{0}};
	struct event events[4] = {{0}};

	for (size_t i = 0; i < count; i++) {
		drafts[i] = note_draft("a note");
		drafts[i].body = body;
	}
	enum status status = store_append(store, drafts, count, events, err);
	for (size_t i = 0; status == STATUS_OK && i < count; i++) {
		*seq = events[i].seq;
		assert_true(*seq < ACKNOWLEDGED_MAX);
		hashes[*seq] = events[i].hash;
		event_free(&events[i]);
	}
	return status;
}

/* Everything that writes, with a mark in the log after each acknowledged append. */
static void write_a_record(const char *path)
{
	static char large[20000];
	struct hash256 hash;
	struct lease lease;
	uint64_t seq = 0;

	memset(large, 'x', sizeof(large) - 1);
	struct store *store = record_open(path, STORE_WRITE);
	for (size_t i = 0; i < APPENDS; i++) {
		assert_ok(append(store, 1 + i % 4, i % 5 == 4 ? large : "short", &seq, ERR));
		vfs_mark((int64_t)seq);
		if (i % 6 == 0)
			assert_ok(store_lease(store, "alice", 10 * US_PER_S, NULL, &lease, ERR));
		if (i % 8 == 3)
			assert_ok(store_put_blob(store, large, 1000 + i, "text/plain", &hash, ERR));
		if (i == 10) {
			struct draft why = note_draft("a secret");
			assert_ok(store_redact(store, 3, &why, ERR));
		}
	}
	store_close(store);
}

static uint64_t acknowledged_before(size_t end)
{
	uint64_t seq = 0;

	for (size_t i = 0; i < end; i++) {
		if (vfs_entry(i)->change == VFS_MARK)
			seq = (uint64_t)vfs_entry(i)->offset;
	}
	return seq;
}

struct comparison {
	uint64_t acknowledged, seen, different;
};

static bool compare(void *arg, const struct event *event)
{
	struct comparison *c = arg;

	c->seen = event->seq;
	/* The hash of a redaction is not kept here. */
	if (event->seq <= c->acknowledged && event->kind == EVENT_NOTE && !hash_equal(&event->hash, &hashes[event->seq]))
		c->different = event->seq;
	return true;
}

/* Opens what is left, as a reader or as a writer, and holds it against what was told.
 * Returns the newest event in it. */
static uint64_t assert_survives(const char *path, enum store_mode mode, uint64_t acknowledged, const char *what)
{
	struct store *store = NULL;
	struct error err = {0};
	struct verification v;
	struct comparison c = {.acknowledged = acknowledged};

	enum status status = store_open(&store, path, mode, clock_system(), &err);
	if (status == STATUS_NOT_FOUND && acknowledged == 0)
		return 0;
	if (status != STATUS_OK)
		fail_msg("%s: %s", what, err.text);
	assert_ok(store_verify(store, &v, ERR));
	if (!verification_holds(&v))
		fail_msg("%s: %s %s", what, v.finding, v.beside_finding);
	assert_ok(store_read(store, 0, compare, &c, ERR));
	if (c.different || c.seen < acknowledged)
		fail_msg("%s: %llu were acknowledged, %llu are there, %llu differs", what, (unsigned long long)acknowledged, (unsigned long long)c.seen, (unsigned long long)c.different);
	store_close(store);
	return c.seen;
}

/* --- power cuts --------------------------------------------------------------------------- */

static bool is_torture(void)
{
	const char *wanted = getenv("TOCSIN_TORTURE");

	return wanted && wanted[0];
}

static void a_power_cut_loses_nothing_acknowledged(void **state)
{
	int points = is_torture() ? TORTURE_POINTS : POINTS;
	uint32_t random = 2026;

	(void)state;
	vfs_begin(place.path);
	write_a_record(place.path);
	assert_true(vfs_count() > 200);
	for (int point = 0; point < points; point++) {
		char what[64], path[128];
		random = random * 1664525u + 1013904223u;
		size_t end = (size_t)((uint64_t)random * (vfs_count() + 1) >> 32);
		text_format(what, sizeof(what), "point %d, after entry %zu of %zu", point, end, vfs_count());
		vfs_crash(end, random, other.dir);
		assert_survives(other.path, point % 2 ? STORE_WRITE : STORE_READ, acknowledged_before(end), what);
		unlink(text_format(path, sizeof(path), "%s.checkpoint", other.path));
	}
}

/* The log is what was really written: without a cut it makes the same record. */
static void the_log_is_complete(void **state)
{
	struct verification v, same;

	(void)state;
	vfs_begin(place.path);
	write_a_record(place.path);
	vfs_crash(vfs_count(), 1, other.dir);
	record_verify(place.path, &v);
	record_verify(other.path, &same);
	assert_true(verification_holds(&v) && verification_holds(&same));
	assert_true(v.head.seq == same.head.seq && hash_equal(&v.head.hash, &same.head.hash));
}

/* If a sync did nothing, this test would see it: a cut then loses what was told. */
static void a_lost_sync_is_seen(void **state)
{
	size_t lost = 0;

	(void)state;
	vfs_begin(place.path);
	write_a_record(place.path);
	for (size_t i = 0; i < vfs_count(); i++) {
		struct vfs_entry *entry = (struct vfs_entry *)(uintptr_t)vfs_entry(i);
		if (entry->change == VFS_SYNC)
			entry->change = VFS_MARK, entry->offset = (int64_t)acknowledged_before(i);
		entry->durable = false;
	}
	for (uint32_t seed = 1; seed <= 20; seed++) {
		struct store *store = NULL;
		struct verification v;
		vfs_crash(vfs_count(), seed, other.dir);
		if (store_open(&store, other.path, STORE_READ, clock_system(), NULL) != STATUS_OK) {
			lost++;
			continue;
		}
		lost += store_verify(store, &v, NULL) != STATUS_OK || !v.consistent || v.head.seq < acknowledged_before(vfs_count());
		store_close(store);
	}
	assert_true(lost > 0);
}

/* --- each operation fails once ------------------------------------------------------------------ */

/* Appends to an open record while the nth operation fails; what was acknowledged is there
 * afterwards, what was refused is not, and the next append goes on. */
static bool fails_at(unsigned nth, int code, bool all_after, uint64_t *acknowledged)
{
	struct error err = {0};
	char what[64];

	text_format(what, sizeof(what), "operation %u, code %d", nth, code);
	struct store *store = record_open(place.path, STORE_WRITE);
	vfs_fail(nth, code, all_after);
	enum status status = append(store, 2, "text", acknowledged, &err);
	bool failed = vfs_failed();
	vfs_fail(0, 0, false);
	if (status != STATUS_OK && (err.text[0] == '\0' || !strchr(err.text, '(')))
		fail_msg("%s: no cure in \"%s\"", what, err.text);
	if (status != STATUS_OK && !failed)
		fail_msg("%s: %s", what, err.text);
	if (assert_survives(place.path, STORE_READ, *acknowledged, what) != *acknowledged)
		fail_msg("%s: it was refused, and is there all the same", what);
	if (append(store, 1, "again", acknowledged, &err) != STATUS_OK)
		fail_msg("%s: it does not go on: %s", what, err.text);
	store_close(store);
	assert_survives(place.path, STORE_WRITE, *acknowledged, what);
	return failed;
}

/* A new record with something in it. */
static void begin_again(uint64_t *acknowledged)
{
	unlink(place.path);
	struct store *store = record_open(place.path, STORE_WRITE);
	assert_ok(append(store, 3, "first", acknowledged, ERR));
	store_close(store);
}

static void every_operation_may_fail(void **state)
{
	static const struct {
		int code;
		bool all_after;
	} cases[] = {{SQLITE_IOERR_WRITE, false}, {SQLITE_FULL, false}, {SQLITE_IOERR_WRITE, true}, {SQLITE_FULL, true}};

	(void)state;
	vfs_begin(place.path);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		uint64_t acknowledged = 0;
		unsigned nth = 1;
		begin_again(&acknowledged);
		while (fails_at(nth, cases[i].code, cases[i].all_after, &acknowledged))
			nth++;
		assert_true(nth > 5);
	}
}

/* --- each allocation of SQLite fails once ------------------------------------------------------ */

static sqlite3_mem_methods real_memory;
static unsigned refuse_in; /* allocations from now, 0: none */
static bool refused;

static bool is_refused(void)
{
	if (refuse_in == 0 || --refuse_in > 0)
		return false;
	refused = true;
	return true;
}

static void *allocate(int size)
{
	return is_refused() ? NULL : real_memory.xMalloc(size);
}

static void *reallocate(void *old, int size)
{
	return is_refused() ? NULL : real_memory.xRealloc(old, size);
}

/* Program memory ends the program (base/mem.h); a library's may run out under it. The
 * append is refused with a cure or done, and the next one goes on. */
static void every_allocation_may_fail(void **state)
{
	uint64_t acknowledged = 0;
	unsigned nth = 0;

	(void)state;
	vfs_begin(place.path);
	begin_again(&acknowledged);
	do {
		struct error err = {0};
		struct head head;
		struct store *store = record_open(place.path, STORE_WRITE);
		refuse_in = ++nth;
		refused = false;
		enum status status = append(store, 1, "text", &acknowledged, &err);
		refuse_in = 0;
		if (status != STATUS_OK && (!refused || !strchr(err.text, '(')))
			fail_msg("allocation %u: %s", nth, err.text);
		assert_ok(store_head(store, &head, ERR));
		assert_int_equal(head.seq, acknowledged);
		store_close(store);
		if (nth % 16 == 0)
			assert_survives(place.path, STORE_READ, acknowledged, "an allocation failed");
	} while (refused && acknowledged < ACKNOWLEDGED_MAX - 8);
	assert_true(nth > 20);
	assert_survives(place.path, STORE_WRITE, acknowledged, "an allocation failed");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_places, remove_places)
	const struct CMUnitTest tests[] = {
		TEST(the_log_is_complete),
		TEST(a_power_cut_loses_nothing_acknowledged),
		TEST(a_lost_sync_is_seen),
		TEST(every_operation_may_fail),
		TEST(every_allocation_may_fail),
	};
	sqlite3_mem_methods counted;

	/* Before SQLite is used at all. */
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
	counted = real_memory;
	counted.xMalloc = allocate;
	counted.xRealloc = reallocate;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &counted);

	return cmocka_run_group_tests(tests, NULL, NULL);
}
