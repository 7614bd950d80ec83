/* The book of a lane: what is on the way, what a restart must read again, and the signs that
 * something does not fit. */
#include "collect_fixture.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "collect/lane_book.h"

#define NOW_US (INT64_C(1767225600) * US_PER_S)
enum { NOW_S = 1767225600 };

/* Message N of block 100 + N, sent N * 10 s after a fixed time. */
static struct ccip_sent message(uint64_t number)
{
	struct ccip_sent sent = {.number = number, .has_hash = true, .has_leaf = true};

	sent.id = sent.hash = sent.leaf = keccak256(&number, sizeof(number));
	sent.fee.bytes[31] = 100;
	return sent;
}

static void send_message(struct book *book, const struct ccip_sent *sent, bool adjacent)
{
	struct eth_log log = {.block = 100 + sent->number, .time_s = NOW_S - 1000 + 10 * (int64_t)sent->number};

	book_take_sent(book, sent, &log, adjacent, NOW_US);
}

static void send_range(struct book *book, uint64_t from, uint64_t to)
{
	for (uint64_t number = from; number <= to; number++) {
		struct ccip_sent sent = message(number);
		send_message(book, &sent, true);
	}
	book_sent(book, to, NOW_US);
}

static struct ccip_commit commit_of(uint64_t min, uint64_t max)
{
	struct hash256 leaves[CCIP_LEAVES_MAX];

	for (uint64_t number = min; number <= max; number++)
		leaves[number - min] = message(number).leaf;
	return (struct ccip_commit){min, max, ccip_root(leaves, (size_t)(max - min + 1))};
}

static void commit(struct book *book, const struct ccip_commit *commit)
{
	struct eth_log log = {.block = 500 + commit->max, .time_s = NOW_S - 100};

	book_take_commit(book, commit, &log, NOW_US);
	book_committed(book, commit->max, NOW_US);
}

static void execute(struct book *book, uint64_t number, uint64_t state)
{
	struct eth_log log = {.block = 600, .time_s = NOW_S - 50};
	struct ccip_execution execution = {.number = number, .id = message(number).id, .state = state};

	book_take_execution(book, &execution, &log, NOW_US);
}

static struct book fresh(uint64_t low)
{
	struct book book;

	book_init(&book, CCIP_1_5);
	book_start(&book, low);
	return book;
}

static struct lane_facts facts_of(struct book *book)
{
	struct lane_facts facts = {0};

	book_settle(book);
	book_facts(book, NOW_US, &facts);
	return facts;
}

static void life_of_messages(void **state)
{
	struct book book = fresh(10);
	struct ccip_commit first = commit_of(11, 13);

	(void)state;
	book_committed(&book, 10, NOW_US);
	send_range(&book, 11, 15);
	struct lane_facts facts = facts_of(&book);
	assert_int_equal(facts.awaiting_commit, 5);
	assert_int_equal(facts.oldest_commit_s, 1000 - 110);
	commit(&book, &first);
	for (uint64_t number = 11; number <= 13; number++)
		book_take_state(&book, number, 0, NOW_US);
	book_known(&book, 13);
	facts = facts_of(&book);
	assert_int_equal(facts.awaiting_commit, 2);
	assert_int_equal(facts.awaiting_execution, 3);
	assert_int_equal(facts.unblessed, 3);
	assert_int_equal(book.low, 10);
	execute(&book, 11, 2);
	execute(&book, 13, 2);
	execute(&book, 12, 3);
	facts = facts_of(&book);
	assert_int_equal(facts.failed, 1);
	assert_int_equal(facts.awaiting_execution, 0);
	assert_int_equal(book.low, 11);
	assert_int_equal(facts.latency_s, 1000 - 110 - 50); /* 840 and 820: the upper of two */
	/* By hand, later. */
	execute(&book, 12, 2);
	facts = facts_of(&book);
	assert_int_equal(facts.failed, 0);
	assert_int_equal(book.low, 13);
	assert_null(facts.corrupt);
	book_free(&book);
}

/* What is usual follows what is seen, but not at once; a backlog that is over shows within few messages. */
static void the_past_follows_slowly(void **state)
{
	static const struct {
		int64_t usual_s, latency_s, then_s;
	} rows[] = {{-1, 600, 600}, {600, 600, 600}, {600, 610, 610}, {600, 7200, 619}, {600, 1, 581}, {0, 90, 1}, {3, 0, 2}};
	struct book book = fresh(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(book_usual_s(rows[i].usual_s, rows[i].latency_s), rows[i].then_s);
	for (size_t i = 0; i < BOOK_RECENT; i++)
		book.done[book.done_count++] = (struct book_done){i + 1, US_PER_S, 7201 * US_PER_S, 0};
	assert_int_equal(book_latency_s(&book), 7200);
	for (size_t i = BOOK_RECENT - BOOK_LATEST / 2 - 1; i < BOOK_RECENT; i++)
		book.done[i].done_us = 61 * US_PER_S;
	assert_int_equal(book_latency_s(&book), 60);
	book_free(&book);
}

/* The destination may be read before the source, and by states alone. */
static void destination_first(void **state)
{
	struct book book = fresh(10);
	struct ccip_commit first = commit_of(11, 12);

	(void)state;
	commit(&book, &first);
	book_take_state(&book, 11, 2, NOW_US);
	book_take_state(&book, 12, 0, NOW_US);
	book_known(&book, 12);
	book_settle(&book);
	assert_int_equal(book.low, 11);
	assert_int_equal(book.count, 1);
	assert_true(book.open[0].has_root && !book.open[0].shown.has_id);
	assert_true(book.open[0].shown.committed_us != 0);
	send_range(&book, 11, 12);
	assert_int_equal(book.count, 1);
	assert_true(book.open[0].shown.has_id);
	assert_int_equal(book.open[0].shown.state, TRANSIT_COMMITTED);
	book_free(&book);
}

/* A restart reads from before the oldest message that is on the way, and nothing when none is. */
static void marks(void **state)
{
	struct book book = fresh(10);
	struct ccip_commit first = commit_of(11, 12);

	(void)state;
	assert_int_equal(book_source_mark(&book, 900), 900);
	send_range(&book, 11, 14);
	commit(&book, &first);
	assert_int_equal(book_source_mark(&book, 900), 110);
	assert_int_equal(book_dest_mark(&book, 900), 511);
	execute(&book, 11, 2);
	execute(&book, 12, 2);
	book_known(&book, 12);
	book_settle(&book);
	assert_int_equal(book_source_mark(&book, 900), 112);
	assert_int_equal(book_dest_mark(&book, 900), 900);
	book_free(&book);
}

/* --- what does not fit --------------------------------------------------------------------------- */

static void gap(struct book *book)
{
	struct ccip_sent sent = message(15);

	send_range(book, 11, 13);
	send_message(book, &sent, true);
}

static void twice(struct book *book)
{
	struct ccip_sent sent = message(12);

	send_range(book, 11, 13);
	sent.id.bytes[0] ^= 1;
	sent.hash = sent.id;
	send_message(book, &sent, true);
}

static void wrong_id(struct book *book)
{
	struct ccip_sent sent = message(11);

	sent.hash.bytes[0] ^= 1;
	send_message(book, &sent, true);
}

static void wrong_root(struct book *book)
{
	struct ccip_commit one = commit_of(11, 13);

	send_range(book, 11, 13);
	one.root.bytes[31] ^= 1;
	commit(book, &one);
}

static void commit_gap(struct book *book)
{
	struct ccip_commit one = commit_of(11, 12), other = commit_of(14, 14);

	send_range(book, 11, 14);
	commit(book, &one);
	commit(book, &other);
}

static void executed_as_other(struct book *book)
{
	struct eth_log log = {.block = 600, .time_s = NOW_S};
	struct ccip_execution execution = {.number = 12, .id = message(13).id, .state = 2};

	send_range(book, 11, 13);
	book_take_execution(book, &execution, &log, NOW_US);
}

static void executed_otherwise(struct book *book)
{
	struct eth_log log = {.block = 600, .time_s = NOW_S};
	struct ccip_execution execution = {.number = 12, .id = message(12).id, .has_leaf = true, .state = 2};

	send_range(book, 11, 13);
	book_take_execution(book, &execution, &log, NOW_US);
}

static void executed_twice(struct book *book)
{
	struct eth_log log = {.block = 700, .time_s = NOW_S};
	struct ccip_execution execution = {.number = 12, .id = message(12).id, .state = 2};

	send_range(book, 11, 13);
	execute(book, 12, 2);
	book_settle(book);
	book_take_execution(book, &execution, &log, NOW_US);
}

static void corruption(void **state)
{
	static const struct {
		void (*happen)(struct book *book);
		const char *said;
	} cases[] = {
		{gap, "sequence gap: message 15 follows 13"},
		{twice, "duplicate: message 12 was sent as"},
		{wrong_id, "message 11: its id"},
		{wrong_root, "of messages 11 to 13 does not match"},
		{commit_gap, "commit gap: messages 13 to 13 were left out"},
		{executed_as_other, "message 12 was sent as"},
		{executed_otherwise, "that was executed does not match"},
		{executed_twice, "duplicate: message 12 was executed twice"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct book book = fresh(10);
		struct lane_facts facts;
		cases[i].happen(&book);
		facts = facts_of(&book);
		if (!facts.corrupt || !strstr(facts.corrupt, cases[i].said))
			fail_msg("case %zu: %s", i, facts.corrupt ? facts.corrupt : "nothing");
		/* It is told for an hour. */
		book_facts(&book, NOW_US + US_PER_HOUR, &facts);
		assert_null(facts.corrupt);
		book_free(&book);
	}
}

/* Reading the same again, or what lies further back, is no sign of anything. */
static void no_corruption(void **state)
{
	struct book book = fresh(10);

	(void)state;
	send_range(&book, 15, 18);
	for (uint64_t number = 11; number <= 18; number++) {
		struct ccip_sent sent = message(number);
		send_message(&book, &sent, false);
	}
	execute(&book, 12, 3);
	execute(&book, 12, 3);
	execute(&book, 12, 2);
	execute(&book, 12, 2);
	assert_null(facts_of(&book).corrupt);
	book_free(&book);
}

/* --- bounds ------------------------------------------------------------------------------------------ */

/* However many there are, those that are longest on the way are kept, and all are counted. */
static void execute_in(struct book *book, uint64_t number, uint64_t block)
{
	struct eth_log log = {.block = block, .time_s = NOW_S - 1000 + (int64_t)block};
	struct ccip_execution execution = {.number = number, .id = message(number).id, .state = 2};

	book_take_execution(book, &execution, &log, NOW_US);
	book_known(book, number);
	book_settle(book);
}

/* After a reorganisation the same events come in other blocks and in another order. */
static void reorganised(void **state)
{
	struct book book = fresh(0);

	(void)state;
	send_range(&book, 1, 3);
	struct ccip_commit first = commit_of(1, 1);
	commit(&book, &first);
	execute_in(&book, 1, 600);
	execute_in(&book, 1, 600);
	book_forget_received(&book, 599);
	execute_in(&book, 1, 601);
	assert_null(facts_of(&book).corrupt);
	/* Messages 2 and 3 change places. */
	book_forget_sent(&book, 101);
	assert_null(book_find(&book, 2));
	for (uint64_t number = 2; number <= 3; number++) {
		struct ccip_sent sent = message(5 - number);
		sent.number = number;
		send_message(&book, &sent, true);
	}
	assert_null(facts_of(&book).corrupt);
	struct hash256 id = message(3).id;
	assert_true(book_find(&book, 2)->shown.has_id && hash_equal(&book_find(&book, 2)->shown.id, &id));
	/* What is committed anew is not left out. */
	struct ccip_commit second = commit_of(2, 2), third = commit_of(3, 3);
	second.root = message(3).leaf, third.root = message(2).leaf;
	commit(&book, &second);
	book_forget_received(&book, 501);
	assert_false(book_find(&book, 2)->has_root);
	commit(&book, &third);
	assert_null(facts_of(&book).corrupt);
	assert_true(book_find(&book, 3)->has_root);
	/* It goes on as before: what was sent as another is a sign. */
	execute_in(&book, 2, 610);
	assert_non_null(facts_of(&book).corrupt);
	book_free(&book);
}

static void many(void **state)
{
	struct book book = fresh(0);
	enum { COUNT = BOOK_MESSAGES_MAX + 500 };

	(void)state;
	book_committed(&book, 0, NOW_US);
	send_range(&book, 1, COUNT);
	assert_int_equal(book.count, BOOK_MESSAGES_MAX);
	assert_int_equal(facts_of(&book).awaiting_commit, COUNT);
	book_committed(&book, COUNT, NOW_US);
	for (uint64_t number = 1; number <= COUNT; number++)
		book_take_state(&book, number, 0, NOW_US);
	book_known(&book, COUNT);
	assert_int_equal(book.frontier, BOOK_MESSAGES_MAX);
	assert_int_equal(facts_of(&book).awaiting_execution, COUNT);
	/* The first are done: the next are taken in. */
	for (uint64_t number = 1; number <= 600; number++)
		book_take_state(&book, number, 2, NOW_US);
	book_settle(&book);
	assert_int_equal(book.low, 600);
	for (uint64_t number = BOOK_MESSAGES_MAX + 1; number <= COUNT; number++)
		book_take_state(&book, number, 0, NOW_US);
	book_known(&book, COUNT);
	assert_int_equal(book.frontier, COUNT);
	assert_int_equal(facts_of(&book).awaiting_execution, COUNT - 600);
	book_free(&book);
}

/* Numbers at the end of 64 bits are numbers. */
static void largest(void **state)
{
	struct book book = fresh(UINT64_MAX - 2);
	struct ccip_commit last = commit_of(UINT64_MAX - 1, UINT64_MAX - 1);

	(void)state;
	send_range(&book, UINT64_MAX - 1, UINT64_MAX - 1);
	commit(&book, &last);
	assert_int_equal(facts_of(&book).awaiting_execution, 1);
	book_free(&book);
}

static void fees(void **state)
{
	struct book book = fresh(10);

	(void)state;
	assert_true(book_fees_of_day(&book) == 0);
	send_range(&book, 11, 20); /* one of 100 each 10 s */
	assert_true(book_fee(&book) == 100);
	assert_true(book_fees_of_day(&book) == 0); /* a burst of few */
	send_range(&book, 21, 10 + BOOK_RECENT);
	assert_true(book_fees_of_day(&book) == 864000);
	book_free(&book);

	book = fresh(10);
	send_range(&book, 11, 11);
	send_range(&book, 11 + 360, 11 + 360); /* an hour later */
	assert_true(book_fees_of_day(&book) == 2400);
	book_free(&book);
}

/* Messages of a sender of one's own are numbered as they come, each once. */
static void custom(void **state)
{
	struct book book;

	(void)state;
	book_init(&book, CCIP_CUSTOM);
	book_start(&book, 0);
	for (uint64_t i = 1; i <= 3; i++) {
		struct ccip_sent sent = {.id = message(i).id};
		struct eth_log log = {.block = 100 + i, .time_s = NOW_S};
		book_take_sent(&book, &sent, &log, true, NOW_US);
		book_take_sent(&book, &sent, &log, false, NOW_US);
	}
	assert_int_equal(book.count, 3);
	assert_int_equal(facts_of(&book).sent, 3);
	assert_int_equal(facts_of(&book).awaiting_execution, 3);
	book_take_state(&book, 1, 2, NOW_US);
	assert_int_equal(facts_of(&book).awaiting_execution, 2);
	assert_int_equal(book.low, 1);
	book_free(&book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_of_messages),
		cmocka_unit_test(the_past_follows_slowly),
		cmocka_unit_test(destination_first),
		cmocka_unit_test(marks),
		cmocka_unit_test(corruption),
		cmocka_unit_test(no_corruption),
		cmocka_unit_test(reorganised),
		cmocka_unit_test(many),
		cmocka_unit_test(largest),
		cmocka_unit_test(fees),
		cmocka_unit_test(custom),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
