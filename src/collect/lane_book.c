#include "collect/lane_book.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STATE_UNTOUCHED,
	STATE_RUNNING,
	STATE_SUCCESS,
	STATE_FAILURE,
};
/* Signs of corruption, and messages that were passed by, are shown for so long. */
#define SIGN_SHOWN_US US_PER_HOUR
/* Fees of a shorter time are no pace. */
#define PACE_SPAN_US US_PER_HOUR

void book_init(struct book *book, enum ccip_version version)
{
	*book = (struct book){.version = version, .no_commit = version == CCIP_2_0 || version == CCIP_CUSTOM};
}

void book_free(struct book *book)
{
	for (size_t i = 0; i < book->count; i++)
		lane_message_clear(&book->open[i].shown);
	free(book->open);
	*book = (struct book){0};
}

void book_start(struct book *book, uint64_t low)
{
	book->low = book->frontier = low;
	book->started = true;
}

/* --- signs --------------------------------------------------------------------------------- */

void book_undecoded(struct book *book, int64_t at_us, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(book->undecoded, sizeof(book->undecoded), fmt, args);
	va_end(args);
	book->undecoded_us = at_us;
}

void book_corrupt(struct book *book, int64_t at_us, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(book->corrupt, sizeof(book->corrupt), fmt, args);
	va_end(args);
	book->corrupt_us = at_us;
}

/* "0x61695b62…", enough to tell two apart. */
static const char *brief(char dst[16], const struct hash256 *hash)
{
	hex_text(dst, 16, hash->bytes, 5, true);
	return dst;
}

/* --- the list ---------------------------------------------------------------------------------- */

/* Where the number is, or belongs. */
static size_t place(const struct book *book, uint64_t number)
{
	size_t low = 0, high = book->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (book->open[middle].shown.number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct book_message *book_find(const struct book *book, uint64_t number)
{
	size_t at = place(book, number);

	return at < book->count && book->open[at].shown.number == number ? &book->open[at] : NULL;
}

struct book_message *book_find_id(const struct book *book, const struct hash256 *id)
{
	for (size_t i = 0; i < book->count; i++)
		if (book->open[i].shown.has_id && hash_equal(&book->open[i].shown.id, id))
			return &book->open[i];
	return NULL;
}

/* The message of that number, made when it is not there; NULL when it is done, or beyond
 * what is kept. */
static struct book_message *get(struct book *book, uint64_t number)
{
	size_t at = place(book, number);

	if (at < book->count && book->open[at].shown.number == number)
		return &book->open[at];
	if (number <= book->low || (book->count == BOOK_MESSAGES_MAX && at == book->count))
		return NULL;
	if (book->count == BOOK_MESSAGES_MAX) {
		struct book_message *last = &book->open[--book->count];
		if (book->frontier >= last->shown.number)
			book->frontier = last->shown.number - 1;
		lane_message_clear(&last->shown);
	}
	book->open = mem_grow(book->open, &book->capacity, book->count, sizeof(*book->open));
	memmove(book->open + at + 1, book->open + at, (book->count - at) * sizeof(*book->open));
	book->open[at] = (struct book_message){.shown = {.number = number}};
	book->count++;
	return &book->open[at];
}

void book_settle(struct book *book)
{
	size_t kept = 0;

	for (size_t i = 0; i < book->count; i++) {
		if (book->open[i].shown.state == TRANSIT_DONE)
			lane_message_clear(&book->open[i].shown);
		else
			book->open[kept++] = book->open[i];
	}
	book->count = kept;
	uint64_t low = kept && book->open[0].shown.number <= book->frontier ? book->open[0].shown.number - 1 : book->frontier;
	if (low > book->low)
		book->low = low;
}

/* --- counters ---------------------------------------------------------------------------------------- */

void book_sent(struct book *book, uint64_t sent, int64_t at_us)
{
	if (book->has_sent && book->has_committed && book->sent <= book->committed && sent > book->sent)
		book->commit_moved_us = at_us;
	book->sent = sent;
	book->has_sent = true;
}

void book_committed(struct book *book, uint64_t committed, int64_t at_us)
{
	if (!book->has_committed || committed != book->committed)
		book->commit_moved_us = at_us;
	book->committed = committed;
	book->has_committed = true;
	for (size_t i = 0; i < book->count && book->open[i].shown.number <= committed; i++)
		if (book->open[i].shown.state == TRANSIT_SENT)
			book->open[i].shown.state = TRANSIT_COMMITTED;
}

/* --- events ------------------------------------------------------------------------------------------------ */

static void note_fee(struct book *book, const struct ccip_sent *sent, int64_t at_us)
{
	if (at_us == 0 || (book->fee_count && at_us < book->fees[book->fee_count - 1].at_us))
		return;
	if (book->fee_count == BOOK_RECENT)
		memmove(book->fees, book->fees + 1, --book->fee_count * sizeof(*book->fees));
	book->fees[book->fee_count++] = (struct book_fee){at_us, abi_double(&sent->fee, false)};
}

/* Its execution was read before. */
static void note_sent_late(struct book *book, uint64_t number, int64_t sent_us)
{
	for (size_t i = 0; i < book->done_count; i++)
		if (book->done[i].number == number && book->done[i].sent_us == 0)
			book->done[i].sent_us = sent_us;
}

static void check_order(struct book *book, const struct ccip_sent *sent, bool adjacent, int64_t at_us)
{
	char a[16], b[16];
	const struct book_message *known = book_find(book, sent->number);

	if (adjacent && book->last_number && sent->number > book->last_number + 1)
		book_corrupt(book, at_us, "sequence gap: message %" PRIu64 " follows %" PRIu64, sent->number, book->last_number);
	else if (adjacent && book->last_number && sent->number <= book->last_number && known && known->shown.has_id && !hash_equal(&known->shown.id, &sent->id))
		book_corrupt(book, at_us, "duplicate: message %" PRIu64 " was sent as %s… and as %s…", sent->number, brief(a, &known->shown.id), brief(b, &sent->id));
	if (sent->has_hash && !hash_equal(&sent->hash, &sent->id))
		book_corrupt(book, at_us, "message %" PRIu64 ": its id %s… does not match its content, which gives %s…", sent->number, brief(a, &sent->id), brief(b, &sent->hash));
}

void book_take_sent(struct book *book, const struct ccip_sent *sent, const struct eth_log *log, bool adjacent, int64_t at_us)
{
	struct ccip_sent numbered = *sent;

	if (book->version == CCIP_CUSTOM) {
		if (book_find_id(book, &sent->id))
			return;
		numbered.number = (book->last_number > book->low ? book->last_number : book->low) + 1;
		book->sent = book->frontier = numbered.number;
		book->has_sent = true;
	}
	check_order(book, &numbered, adjacent, at_us);
	if (adjacent || numbered.number > book->last_number)
		book->last_number = numbered.number;
	note_fee(book, &numbered, log->time_s * US_PER_S);
	note_sent_late(book, numbered.number, log->time_s * US_PER_S);
	struct book_message *message = get(book, numbered.number);
	if (!message)
		return;
	message->shown.id = numbered.id;
	message->shown.has_id = true;
	message->shown.sender = numbered.sender;
	message->shown.nonce = numbered.nonce;
	message->shown.sent_us = log->time_s * US_PER_S;
	message->sent_block = log->block;
	message->has_leaf = numbered.has_leaf;
	message->leaf = numbered.leaf;
	if (message->shown.state == TRANSIT_SENT && (book->no_commit || (book->has_committed && numbered.number <= book->committed)))
		message->shown.state = TRANSIT_COMMITTED;
}

/* The root must be that of the leaves, when all of them are known. */
static void check_root(struct book *book, const struct ccip_commit *commit, int64_t at_us)
{
	struct hash256 leaves[CCIP_LEAVES_MAX];
	size_t count = 0;
	char a[16], b[16];

	if (commit->max - commit->min >= CCIP_LEAVES_MAX)
		return;
	for (uint64_t number = commit->min; number <= commit->max; number++) {
		const struct book_message *message = book_find(book, number);
		if (!message || !message->has_leaf)
			return;
		leaves[count++] = message->leaf;
	}
	struct hash256 root = ccip_root(leaves, count);
	if (!hash_equal(&root, &commit->root))
		book_corrupt(book, at_us, "the root %s… of messages %" PRIu64 " to %" PRIu64 " does not match them, which give %s…", brief(a, &commit->root), commit->min, commit->max, brief(b, &root));
}

void book_take_commit(struct book *book, const struct ccip_commit *commit, const struct eth_log *log, int64_t at_us)
{
	if (book->last_commit && commit->min > book->last_commit + 1)
		book_corrupt(book, at_us, "commit gap: messages %" PRIu64 " to %" PRIu64 " were left out", book->last_commit + 1, commit->min - 1);
	if (commit->max > book->last_commit)
		book->last_commit = commit->max;
	check_root(book, commit, at_us);
	/* The destination may be read before the source. */
	for (uint64_t number = commit->min > book->frontier ? commit->min : book->frontier + 1; number <= commit->max && number - commit->min < BOOK_MESSAGES_MAX; number++)
		if (!get(book, number))
			break;
	for (size_t i = place(book, commit->min); i < book->count && book->open[i].shown.number <= commit->max; i++) {
		struct book_message *message = &book->open[i];
		message->root = commit->root;
		message->has_root = true;
		message->commit_block = log->block;
		message->shown.committed_us = log->time_s * US_PER_S;
		if (message->shown.state == TRANSIT_SENT)
			message->shown.state = TRANSIT_COMMITTED;
	}
}

static void note_done(struct book *book, const struct book_message *message)
{
	if (book->done_count == BOOK_RECENT)
		memmove(book->done, book->done + 1, --book->done_count * sizeof(*book->done));
	book->done[book->done_count++] = (struct book_done){message->shown.number, message->shown.sent_us, message->shown.done_us, message->done_block};
}

static void set_state(struct book *book, struct book_message *message, uint64_t state)
{
	static const enum transit states[] = {
		[STATE_UNTOUCHED] = TRANSIT_COMMITTED,
		[STATE_RUNNING] = TRANSIT_RUNNING,
		[STATE_SUCCESS] = TRANSIT_DONE,
		[STATE_FAILURE] = TRANSIT_FAILED,
	};
	bool was_done = message->shown.state == TRANSIT_DONE;

	if (state == STATE_UNTOUCHED && !book->no_commit && book->has_committed && message->shown.number > book->committed)
		message->shown.state = TRANSIT_SENT;
	else
		message->shown.state = states[state];
	if (message->shown.state != TRANSIT_FAILED) {
		message->shown.fault = FAULT_NONE;
		lane_message_clear(&message->shown);
	}
	if (message->shown.state == TRANSIT_DONE && !was_done)
		note_done(book, message);
}

/* Whose fault a failure is, from the error that it ended with. */
static enum transit_fault fault_of(struct abi returned)
{
	static const struct {
		const char *name;
		enum transit_fault fault;
	} faults[] = {{"ReceiverError", FAULT_RECEIVER}, {"TokenHandlingError", FAULT_TOKEN}, {"TokenRateLimitReached", FAULT_TOKEN}, {"TokenMaxCapacityExceeded", FAULT_TOKEN}, {"AggregateValue", FAULT_TOKEN}};
	uint32_t selector = abi_revert_selector(returned);

	for (const struct abi_error *error = abi_errors; error->signature; error++)
		for (size_t i = 0; error->selector == selector && i < ARRAY_LENGTH(faults); i++)
			if (strncmp(error->signature, faults[i].name, strlen(faults[i].name)) == 0)
				return faults[i].fault;
	return FAULT_OTHER;
}

static void check_execution(struct book *book, const struct book_message *message, const struct ccip_execution *execution, int64_t at_us)
{
	char a[16], b[16];

	if (message->shown.has_id && !hash_equal(&message->shown.id, &execution->id))
		book_corrupt(book, at_us, "message %" PRIu64 " was sent as %s… and executed as %s…", execution->number, brief(a, &message->shown.id), brief(b, &execution->id));
	else if (execution->has_leaf && message->has_leaf && !hash_equal(&message->leaf, &execution->leaf))
		book_corrupt(book, at_us, "message %" PRIu64 ": the hash %s… that was executed does not match its content, which gives %s…", execution->number, brief(a, &execution->leaf), brief(b, &message->leaf));
}

static bool was_done(const struct book *book, uint64_t number, int64_t done_us)
{
	for (size_t i = 0; i < book->done_count; i++)
		if (book->done[i].number == number && book->done[i].done_us != 0 && done_us > book->done[i].done_us)
			return true;
	return false;
}

void book_take_execution(struct book *book, const struct ccip_execution *execution, const struct eth_log *log, int64_t at_us)
{
	struct book_message *message = book_find(book, execution->number);
	char text[160];

	if (execution->state > STATE_FAILURE) {
		book_undecoded(book, at_us, "message %" PRIu64 " is in a state that does not exist", execution->number);
		return;
	}
	if (execution->state == STATE_SUCCESS && was_done(book, execution->number, log->time_s * US_PER_S)) {
		book_corrupt(book, at_us, "duplicate: message %" PRIu64 " was executed twice", execution->number);
		return;
	}
	if (!message && execution->number > book->frontier)
		message = get(book, execution->number);
	if (!message)
		return;
	check_execution(book, message, execution, at_us);
	message->shown.done_us = log->time_s * US_PER_S;
	message->done_block = log->block;
	if (message->shown.state == TRANSIT_SENT)
		message->shown.state = TRANSIT_COMMITTED;
	set_state(book, message, execution->state);
	if (execution->state == STATE_FAILURE) {
		message->shown.fault = fault_of(execution->returned);
		mem_set(&message->shown.fault_text, abi_revert(text, sizeof(text), execution->returned));
	}
}

void book_take_state(struct book *book, uint64_t number, uint64_t state, int64_t at_us)
{
	struct book_message *message;

	if (state > STATE_FAILURE) {
		book_undecoded(book, at_us, "message %" PRIu64 " is in a state that does not exist", number);
		return;
	}
	message = state == STATE_SUCCESS ? book_find(book, number) : get(book, number);
	if (message)
		set_state(book, message, state);
}

void book_known(struct book *book, uint64_t number)
{
	bool full = book->count == BOOK_MESSAGES_MAX && book->open[book->count - 1].shown.number <= number;

	/* Beyond what is kept nothing may count as done. */
	if (full)
		number = book->open[book->count - 1].shown.number;
	if (number > book->frontier)
		book->frontier = number;
}

/* --- reorganisations ------------------------------------------------------------------------------ */

/* Nothing but its sending tells of it. */
static bool is_only_sent(const struct book *book, const struct book_message *message)
{
	return !message->has_root && message->shown.state == (book->no_commit ? TRANSIT_COMMITTED : TRANSIT_SENT);
}

static void unsend(struct book_message *message)
{
	message->shown.id = message->leaf = (struct hash256){0};
	message->shown.has_id = message->has_leaf = false;
	message->shown.sent_us = 0;
	message->sent_block = 0;
}

void book_forget_sent(struct book *book, uint64_t above)
{
	size_t kept = 0;

	book->last_number = 0;
	for (size_t i = 0; i < book->count; i++) {
		struct book_message *message = &book->open[i];
		if (message->sent_block > above && is_only_sent(book, message)) {
			/* What was not read again must not count as done. */
			if (book->frontier >= message->shown.number)
				book->frontier = message->shown.number - 1;
			lane_message_clear(&message->shown);
			continue;
		}
		if (message->sent_block > above)
			unsend(message);
		book->open[kept++] = *message;
	}
	book->count = kept;
}

static void uncommit(struct book_message *message)
{
	message->root = (struct hash256){0};
	message->has_root = message->blessed = false;
	message->shown.committed_us = 0;
	message->commit_block = 0;
}

void book_forget_received(struct book *book, uint64_t above)
{
	size_t kept = 0;

	book->last_commit = 0;
	for (size_t i = 0; i < book->count; i++)
		if (book->open[i].commit_block > above)
			uncommit(&book->open[i]);
	for (size_t i = 0; i < book->done_count; i++)
		if (book->done[i].block <= above)
			book->done[kept++] = book->done[i];
	book->done_count = kept;
}

/* --- marks -------------------------------------------------------------------------------------------- */

uint64_t book_source_mark(const struct book *book, uint64_t scanned)
{
	for (size_t i = 0; i < book->count; i++)
		if (book->open[i].sent_block && book->open[i].sent_block <= scanned)
			scanned = book->open[i].sent_block - 1;
	return scanned;
}

uint64_t book_dest_mark(const struct book *book, uint64_t scanned)
{
	for (size_t i = 0; i < book->count; i++)
		if (book->open[i].commit_block && book->open[i].commit_block <= scanned)
			scanned = book->open[i].commit_block - 1;
	return scanned;
}

/* --- facts -------------------------------------------------------------------------------------------------------------- */

int64_t book_latency_s(const struct book *book)
{
	int64_t took[BOOK_LATEST];
	size_t count = 0;

	for (size_t i = book->done_count; i-- > 0 && count < BOOK_LATEST;)
		if (book->done[i].sent_us && book->done[i].done_us >= book->done[i].sent_us)
			took[count++] = (book->done[i].done_us - book->done[i].sent_us) / US_PER_S;
	if (count == 0)
		return -1;
	qsort(took, count, sizeof(*took), number_compare);
	return took[count / 2];
}

int64_t book_usual_s(int64_t usual_s, int64_t latency_s)
{
	int64_t step_s = usual_s / 32 + 1;

	if (usual_s < 0 || (latency_s >= usual_s - step_s && latency_s <= usual_s + step_s))
		return latency_s;
	return latency_s > usual_s ? usual_s + step_s : usual_s - step_s;
}

double book_fee(const struct book *book)
{
	double sum = 0;

	for (size_t i = 0; i < book->fee_count; i++)
		sum += book->fees[i].fee;
	return book->fee_count ? sum / (double)book->fee_count : 0;
}

double book_fees_of_day(const struct book *book)
{
	if (book->fee_count < 2)
		return 0;
	int64_t span_us = book->fees[book->fee_count - 1].at_us - book->fees[0].at_us;
	/* A burst is no pace, unless it is of many. */
	if (span_us <= 0 || (span_us < PACE_SPAN_US && book->fee_count < BOOK_RECENT))
		return 0;
	return book_fee(book) * (double)(book->fee_count - 1) * ((double)US_PER_DAY / (double)span_us);
}

static void raise_age(int64_t *oldest_s, int64_t from_us, int64_t now_us)
{
	int64_t age_s = now_us > from_us ? (now_us - from_us) / US_PER_S : 0;

	if (from_us != 0 && age_s > *oldest_s)
		*oldest_s = age_s;
}

static void count_message(const struct book *book, const struct book_message *message, int64_t now_us, struct lane_facts *facts)
{
	switch (message->shown.state) {
	case TRANSIT_SENT:
		raise_age(&facts->oldest_commit_s, message->shown.sent_us, now_us);
		break;
	case TRANSIT_COMMITTED:
	case TRANSIT_RUNNING:
		facts->awaiting_execution += message->shown.number <= book->frontier || book->no_commit;
		facts->unblessed += message->has_root && !message->blessed;
		raise_age(&facts->oldest_execution_s, message->shown.sent_us ? message->shown.sent_us : message->shown.committed_us, now_us);
		break;
	case TRANSIT_FAILED:
		facts->failed++;
		facts->fault = message->shown.fault;
		facts->fault_text = message->shown.fault_text;
		break;
	case TRANSIT_DONE:
		break;
	}
}

void book_facts(const struct book *book, int64_t now_us, struct lane_facts *facts)
{
	facts->no_commit = book->no_commit;
	facts->sent = book->has_sent ? (int64_t)book->sent : -1;
	facts->committed = book->has_committed ? (int64_t)book->committed : -1;
	facts->awaiting_commit = facts->awaiting_execution = facts->failed = facts->unblessed = 0;
	facts->oldest_commit_s = facts->oldest_execution_s = -1;
	for (size_t i = 0; i < book->count; i++)
		count_message(book, &book->open[i], now_us, facts);
	if (book->has_sent && book->has_committed && book->sent > book->committed)
		facts->awaiting_commit = (int64_t)(book->sent - book->committed);
	if (book->has_committed && book->committed > book->frontier)
		facts->awaiting_execution += (int64_t)(book->committed - book->frontier);
	facts->commit_still_s = facts->awaiting_commit && book->commit_moved_us ? (now_us - book->commit_moved_us) / US_PER_S : 0;
	facts->blocked = book->blocked_us && now_us - book->blocked_us < SIGN_SHOWN_US;
	facts->corrupt = book->corrupt[0] && now_us - book->corrupt_us < SIGN_SHOWN_US ? book->corrupt : NULL;
	facts->undecoded = book->undecoded[0] && now_us - book->undecoded_us < SIGN_SHOWN_US ? book->undecoded : NULL;
	facts->latency_s = book_latency_s(book);
}
