/* The search for events: forward from where it ended, and back as far as messages that are on
 * the way may have been sent. */
#include "collect/lane_private.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum {
	ROUNDS_MAX = 24,   /* spans in one look; the next look goes on */
	TIMES_MAX = 500,   /* blocks whose time is asked for at once */
	BACK_BLOCKS = 128, /* searched anew after a reorganisation */
};

void scan_free(struct scan *scan)
{
	eth_logs_free(&scan->logs);
}

/* Messages are on the way whose events were not seen: what is further back may hold them. */
static bool needs_more_past(const struct side *side)
{
	const struct book *book = &side->lane->book;

	if (!side->is_source || book->version == CCIP_CUSTOM)
		return false;
	if (!book->has_sent || book->sent <= book->low)
		return false;
	if (book->count == 0)
		return true;
	for (size_t i = 0; i < book->count; i++)
		if (!book->open[i].shown.has_id)
			return true;
	/* Without states by number, all above `low` must have been seen. */
	return book->no_commit && book->open[0].shown.number > book->low + 1;
}

static bool choose_span(struct side *side)
{
	struct scan *scan = &side->scan;
	uint64_t top = side->head > side->confirmations ? side->head - side->confirmations : 0;

	if (!scan->begun) {
		uint64_t depth = (uint64_t)settings_number(side->lane->settings, "scan_blocks");
		int64_t kept = side->is_source ? side->lane->kept_source : side->lane->kept_dest;
		scan->floor = top > depth ? top - depth : 0;
		scan->begun = true;
		scan->low = kept >= 0 && (uint64_t)kept < top ? (uint64_t)kept + 1 : top >= side->log_blocks ? top - side->log_blocks + 1
													     : 0;
		if (scan->low < scan->floor)
			scan->low = scan->floor;
		if (kept >= 0)
			scan->floor = scan->low;
		scan->from = scan->low;
		scan->to = top;
		scan->back = scan->adjacent = false;
		scan->rest = 0;
		return true;
	}
	if (top > scan->high) {
		scan->from = scan->high + 1;
		scan->to = top;
		scan->adjacent = true;
		scan->back = false;
		return true;
	}
	if (scan->low <= scan->floor || !needs_more_past(side))
		return false;
	if (scan->rest == 0)
		scan->bottom = scan->low - scan->floor > side->log_blocks ? scan->low - side->log_blocks : scan->floor;
	scan->to = scan->low - 1;
	scan->from = scan->rest ? scan->rest : scan->bottom;
	scan->back = true;
	scan->adjacent = false;
	return true;
}

/* --- reorganisations ----------------------------------------------------------------------- */

/* What was not read of the newest blocks needs no mark: `confirmations` keeps clear of them. */
static void set_mark(struct side *side)
{
	static const struct hash256 none;
	struct scan *scan = &side->scan;

	if (scan->back || scan->high != side->head || side->lane->custom)
		return;
	scan->mark = side->head;
	scan->mark_hash = side->head_hash;
	scan->has_mark = !hash_equal(&side->head_hash, &none);
}

size_t scan_ask_mark(const struct side *side, struct eth_list *list)
{
	return side->scan.has_mark ? eth_add_block(list, side->scan.mark) : SIZE_MAX;
}

/* A block that is not there is one that the endpoint has not heard of yet. */
static bool is_replaced(const struct scan *scan, const struct eth_answer *answer)
{
	return scan->has_mark && answer->outcome == ETH_GOOD && answer->number == scan->mark && !hash_equal(&answer->hash, &scan->mark_hash);
}

/* Events that were read may stand elsewhere now, or nowhere. */
static void go_back(struct side *side)
{
	struct scan *scan = &side->scan;
	uint64_t above = scan->high > BACK_BLOCKS ? scan->high - BACK_BLOCKS : 0;

	if (above + 1 < scan->low)
		above = scan->low - 1;
	if (side->is_source)
		book_forget_sent(&side->lane->book, above);
	else
		book_forget_received(&side->lane->book, above);
	eth_logs_free(&scan->logs);
	scan->waiting = scan->has_mark = false;
	scan->high = above;
}

void scan_read_mark(struct side *side, const struct eth_list *list, size_t index)
{
	if (!is_replaced(&side->scan, eth_answer(list, index)))
		return;
	go_back(side);
	/* The search itself comes later in this look. */
	side->scan.moved = false;
}

/* --- spans and the times of their events ---------------------------------------------------- */

bool scan_plan(struct side *side, struct eth_list *list, const struct eth_filter *what)
{
	struct eth_filter filter = *what;

	if (side->scan.waiting || side->scan.rounds++ >= ROUNDS_MAX || !choose_span(side))
		return false;
	filter.from = side->scan.from;
	filter.to = side->scan.to;
	eth_add_logs(list, &filter);
	return true;
}

void scan_done(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct scan *scan = &side->scan;

	(void)at_us;
	if (lane_lacks(side, list, 0)) {
		scan->rounds = ROUNDS_MAX;
		return;
	}
	uint64_t reached = eth_answer(list, 0)->reached;
	if (!scan->back) {
		scan->high = reached;
		scan->low = scan->low < scan->from ? scan->low : scan->from;
	} else {
		scan->rest = reached < scan->to ? reached + 1 : 0;
		scan->low = scan->rest ? scan->low : scan->bottom;
	}
	eth_take_logs(list, 0, &scan->logs);
	scan->waiting = scan->moved = true;
}

/* Each block once: events come in their order. */
static size_t untimed(const struct eth_logs *logs, uint64_t *blocks)
{
	size_t count = 0;

	for (size_t i = 0; i < logs->count && count < TIMES_MAX; i++)
		if (logs->items[i].time_s == 0 && (count == 0 || blocks[count - 1] != logs->items[i].block))
			blocks[count++] = logs->items[i].block;
	return count;
}

static void take(struct side *side, int64_t at_us)
{
	side->take(side, at_us);
	set_mark(side);
	eth_logs_free(&side->scan.logs);
	side->scan.waiting = false;
}

/* Events that need no times are taken in when the step is passed. */
void scan_plan_times(struct side *side, struct eth_list *list)
{
	uint64_t blocks[TIMES_MAX];
	size_t count = side->scan.waiting ? untimed(&side->scan.logs, blocks) : 0;

	for (size_t i = 0; i < count; i++)
		eth_add_block(list, blocks[i]);
	if (side->scan.logs.count > 0)
		side->scan.asked_mark = scan_ask_mark(side, list);
	if (side->scan.waiting && eth_list_count(list) == 0)
		take(side, clock_wall_us(side->lane->host.clock));
}

void scan_done_times(struct side *side, struct eth_list *list, int64_t at_us)
{
	struct eth_logs *logs = &side->scan.logs;

	/* Events without their times would count as old: they wait for the next look. */
	for (size_t i = 0; i < eth_list_count(list); i++)
		if (lane_lacks(side, list, i))
			return;
	/* Asked once more behind them: what lies on both sides of a reorganisation does not fit. */
	const struct eth_answer *mark = eth_answer(list, side->scan.asked_mark);
	if (is_replaced(&side->scan, mark)) {
		go_back(side);
		return;
	}
	if (mark->outcome == ETH_NOTHING)
		return;
	for (size_t i = 0, at = 0; i < logs->count; i++) {
		struct eth_log *log = &logs->items[i];
		while (at < eth_list_count(list) && (eth_answer(list, at)->outcome != ETH_GOOD || eth_answer(list, at)->number < log->block))
			at++;
		if (log->time_s == 0 && at < eth_list_count(list) && eth_answer(list, at)->number == log->block)
			log->time_s = eth_answer(list, at)->time_s;
	}
	take(side, at_us);
}
