/* Lanes: a tick in which 200 lanes with 500 messages on the way each ask for the state of every
 * message, read the answers, judge and show; beside the JSON library reading the same bytes. */
#include "bench.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/number.h"
#include "collect/eth.h"
#include "collect/lane_book.h"
#include "world/lane.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LANES = 200,
	MESSAGES = 500,
	BATCH = 100,
	REQUEST_BYTES_MAX = 1 << 20,
	INTERVAL_S = 15, /* between two looks */
};
#define NOW_US (INT64_C(1767225600) * US_PER_S)

struct ticking {
	struct world *world;
	struct component *lanes[LANES];
	struct book books[LANES];
	struct buf reply, request; /* of one batch */
	double *alone;             /* seconds that the library needs, shared */
};

static void fill_book(struct book *book)
{
	book_init(book, CCIP_1_6);
	book_start(book, 1000);
	book_committed(book, 1000 + MESSAGES, NOW_US);
	book_sent(book, 1000 + MESSAGES, NOW_US);
	for (uint64_t i = 1; i <= MESSAGES; i++) {
		struct ccip_sent sent = {.number = 1000 + i, .id = keccak256(&i, sizeof(i))};
		struct eth_log log = {.block = i, .time_s = NOW_US / US_PER_S - 600};
		book_take_sent(book, &sent, &log, true, NOW_US);
	}
	book_known(book, 1000 + MESSAGES);
}

static void fill_reply(struct buf *out)
{
	buf_putc(out, '[');
	for (int id = 1; id <= BATCH; id++)
		buf_printf(out, "%s{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":\"0x%064d\"}", id > 1 ? "," : "", id, 0);
	buf_putc(out, ']');
}

/* All states of one lane, in batches. */
static void ask_states(struct ticking *t, struct book *book)
{
	static const struct address ramp = {{1}};
	struct eth_list *list = eth_list_new();
	struct eth_limits limits = {.batch = BATCH, .span = 1, .span_max = 1};
	struct buf data;
	uint32_t selector = abi_selector("getExecutionState(uint64,uint64)");
	char why[160];

	buf_init(&data, 256);
	for (size_t i = 0; i < book->count; i++) {
		buf_clear(&data);
		abi_call_selector(&data, selector);
		abi_put_u64(&data, 1);
		abi_put_u64(&data, book->open[i].shown.number);
		eth_add_call(list, &ramp, buf_text(&data));
	}
	for (buf_clear(&t->request); eth_write(list, &limits, &t->request); buf_clear(&t->request))
		bench_need(eth_read(list, &limits, buf_text(&t->reply), t->reply.len, why), "reading states");
	for (size_t i = 0; i < book->count; i++) {
		struct abi view;
		uint64_t state = 0;
		bench_need(eth_view(list, i, &view) && abi_u64(view, 0, &state), "a state");
		book_take_state(book, book->open[i].shown.number, state, NOW_US);
	}
	eth_list_free(list);
	buf_free(&data);
}

static void show(struct ticking *t, size_t i)
{
	struct lane_facts facts = {.source = {.chain = "a", .seen = true}, .dest = {.chain = "b", .seen = true}, .slo_s = 1800, .version = "1.6", .fee_days = -1};
	struct lane_message *messages = xcalloc(MESSAGES, sizeof(*messages));
	struct book *book = &t->books[i];

	book_settle(book);
	book_facts(book, NOW_US, &facts);
	struct lane_verdict verdict = judge_lane(&facts);
	bench_need(verdict.verdict.health == HEALTH_OK && facts.awaiting_execution == MESSAGES, "a lane that is well");
	for (size_t n = 0; n < book->count; n++) {
		struct manual_facts manual = {.now_us = NOW_US, .state = book->open[n].shown.state, .committed_us = NOW_US, .threshold_s = 28800};
		messages[n] = book->open[n].shown;
		judge_manual(&manual, &messages[n]);
	}
	lane_set_messages(t->world, t->lanes[i], messages, book->count);
	world_sight(t->world, t->lanes[i], &(struct sighting){.at_us = NOW_US, .verdict = verdict.verdict});
	free(messages);
}

static void tick(void *arg)
{
	struct ticking *t = arg;

	for (size_t i = 0; i < LANES; i++) {
		ask_states(t, &t->books[i]);
		show(t, i);
	}
	world_judge(t->world, NOW_US);
}

static void parse(void *arg)
{
	struct ticking *t = arg;

	for (int i = 0; i < LANES * MESSAGES / BATCH; i++) {
		cJSON *tree = cJSON_ParseWithLength(buf_text(&t->reply), t->reply.len);
		bench_need(tree != NULL, "parsing a reply");
		cJSON_Delete(tree);
	}
}

/* In a process of its own, because the program gives the library its own memory. */
static void parse_alone(void *arg)
{
	struct ticking *t = arg;

	cJSON_InitHooks(NULL);
	*t->alone = bench_time(parse, t);
}

void bench_lanes(void)
{
	struct ticking *t = xcalloc(1, sizeof(*t));
	struct thresholds thresholds = thresholds_default();

	bench_part("lanes");
	t->world = world_new("bench", 138, &thresholds);
	for (size_t i = 0; i < LANES; i++) {
		char name[24];
		snprintf(name, sizeof(name), "lane %zu", i);
		t->lanes[i] = world_add(t->world, KIND_LANE, name, "bench", US_PER_MINUTE);
		fill_book(&t->books[i]);
	}
	buf_init(&t->reply, REQUEST_BYTES_MAX);
	buf_init(&t->request, REQUEST_BYTES_MAX);
	fill_reply(&t->reply);
	t->alone = bench_shared(sizeof(*t->alone));
	double ours = bench_time(tick, t);
	bench_apart(parse_alone, t);
	bench_show(&(struct figure){"a tick of 200 lanes, 500 messages each", IN_SECONDS, ours, "cJSON alone, same bytes", *t->alone, 0, false});
	bench_show(&(struct figure){"  of one core, with a look each 15 s", IN_PERCENT, ours / INTERVAL_S, NULL, 0, 0.1, true});
	for (size_t i = 0; i < LANES; i++)
		book_free(&t->books[i]);
	world_free(t->world);
	buf_free(&t->reply);
	buf_free(&t->request);
	free(t);
}
