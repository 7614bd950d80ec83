/* Lanes, feeds and chains against simulated contracts on loopback: what is shown for each
 * fault, that a restart reads nothing twice, and that a wrong chain is refused. */
#include "collect_fixture.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/abi.h"
#include "collect/source.h"
#include "drill/answer.h"
#include "drill/bridge.h"
#include "drill/engine.h"
#include "drill/serve.h"
#include "watch/config.h"
#include "world/lane.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#define START_US (INT64_C(1767225600) * US_PER_S)
enum { PATIENCE_MS = 20000,
       GLANCE_MS = 5,
       KEPT_MAX = 16 };

/* --- two chains ------------------------------------------------------------------------------ */

struct place {
	struct engine *engine;
	struct server *servers[SIDES];
	pthread_mutex_t lock;
	uint64_t lowest_asked; /* block of a search for events */
	unsigned searches;
	const char *refused; /* what stands in the questions that a chain does not answer; NULL: none */
	size_t refusing;     /* which chain */
	unsigned requests;
	bool reorganised; /* blocks of our own chain have other hashes than before */
	struct clock_manual clock;
	struct config config;
	struct kept {
		char name[160];
		int64_t number;
	} kept[KEPT_MAX];
	size_t kept_count;
	char said[256];
	/* of one run */
	struct loop *loop;
	struct world *world;
	struct sources *sources;
	bool (*until)(const struct place *place);
	int64_t waited_ms;
};

static void note_search(struct place *p, const struct serve_request *request)
{
	struct json *root = json_parse(request->body, request->len, 1 << 20, NULL);
	const struct json *filter = json_first(json_get(root, "params"));
	uint64_t from;

	if (json_string(json_get(root, "method")) && strcmp(json_string(json_get(root, "method")), "eth_getLogs") == 0 && json_quantity(json_get(filter, "fromBlock"), &from)) {
		p->searches++;
		if (from < p->lowest_asked)
			p->lowest_asked = from;
	}
	json_free(root);
}

static unsigned forward(struct place *p, size_t side, const char *text, size_t len, struct buf *out)
{
	if (side == SIDE_FAR)
		return bridge_far_rpc(p->engine->bridge, text, len, out);
	answer_rpc(p->engine, engine_find(p->engine, "besu-rpc-0"), text, len, out);
	return 200;
}

/* The endpoint, not the contract, says no: as when a call takes too long. */
static bool refuse(struct place *p, const struct json *question, const char *text, struct buf *out)
{
	int64_t id = 0;

	if (!p->refused || !strstr(text, p->refused) || !json_i64(json_get(question, "id"), &id))
		return false;
	buf_printf(out, "{\"jsonrpc\":\"2.0\",\"id\":%" PRId64 ",\"error\":{\"code\":-32603,\"message\":\"Timeout expired\"}}", id);
	return true;
}

/* After a reorganisation each block has another hash. */
static void forward_changed(struct place *p, size_t side, const char *text, size_t len, struct buf *out)
{
	static const char before[] = "\"hash\":\"0x";
	size_t start = out->len;

	forward(p, side, text, len, out);
	char *hash = out->len > start ? strstr(out->data + start, before) : NULL;
	if (p->reorganised && side == SIDE_OWN && hash)
		memset(hash + strlen(before), 'e', 8);
}

static void answer_members(struct place *p, size_t side, const struct serve_request *request, struct buf *out)
{
	struct json *root = json_parse(request->body, request->len, 1 << 20, NULL);
	const struct json *first = json_is_array(root) ? json_first(root) : root;
	struct buf text;

	for (const struct json *question = first; question; question = json_is_array(root) ? json_next(question) : NULL) {
		buf_putc(out, question == first ? '[' : ',');
		if (!json_is_array(root))
			buf_clear(out);
		buf_init(&text, 1 << 20);
		assert_true(json_canonical(question, &text));
		if (!refuse(p, question, buf_text(&text), out))
			forward_changed(p, side, buf_text(&text), text.len, out);
		buf_free(&text);
	}
	if (json_is_array(root))
		buf_putc(out, ']');
	json_free(root);
}

static void handle(void *arg, size_t side, const struct serve_request *request, struct serve_reply *reply)
{
	struct place *p = arg;

	pthread_mutex_lock(&p->lock);
	p->requests++;
	if (side == SIDE_OWN)
		note_search(p, request);
	reply->status = 200;
	reply->type = "application/json";
	if ((p->refused && side == p->refusing) || p->reorganised)
		answer_members(p, side, request, &reply->body);
	else
		reply->status = forward(p, side, request->body, request->len, &reply->body);
	pthread_mutex_unlock(&p->lock);
}

static void pass(struct place *p, int64_t seconds)
{
	pthread_mutex_lock(&p->lock);
	for (; seconds > 0; seconds--) {
		clock_manual_advance(&p->clock, US_PER_S);
		engine_advance(p->engine, p->clock.wall_us);
		bridge_advance(p->engine->bridge, p->clock.wall_us);
	}
	pthread_mutex_unlock(&p->lock);
}

/* The configuration that the bridge writes, with an endpoint for its own side, too. */
static void configure(struct place *p, const char *more)
{
	struct config_problems problems = {0};
	struct buf written, text;
	char far_url[64];

	buf_init(&written, 65536);
	buf_init(&text, 65536);
	snprintf(far_url, sizeof(far_url), "http://127.0.0.1:%u", server_port(p->servers[SIDE_FAR]));
	bridge_config(p->engine->bridge, far_url, &written);
	const char *own = strstr(buf_text(&written), "[chain network]\n");
	assert_non_null(own);
	own += strlen("[chain network]\n");
	buf_puts(&text, "[network]\nname = Test\nchain_id = 138\n[node a]\nurl = http://127.0.0.1:1\n");
	buf_add(&text, buf_text(&written), (size_t)(own - buf_text(&written)));
	buf_printf(&text, "rpc = http://127.0.0.1:%u\n", server_port(p->servers[SIDE_OWN]));
	/* What the senders of the lanes send are tests. */
	for (const char *sender = strstr(own, "\nsender ="); sender; sender = strstr(own, "\nsender =")) {
		buf_add(&text, own, (size_t)(sender + 1 - own));
		buf_printf(&text, "test_%.*s\n", (int)strcspn(sender + 1, "\n"), sender + 1);
		own = sender + 1;
	}
	buf_printf(&text, "%s%s", own, more);
	if (config_parse(buf_text(&text), text.len, "test.conf", &p->config, &problems) != STATUS_OK)
		fail_msg("%s", problems.count ? problems.items[0].text : "no configuration");
	config_problems_free(&problems);
	buf_free(&written);
	buf_free(&text);
}

static void place_open(struct place *p, const char *more)
{
	struct engine_config config = {.validators = 4, .rpc_nodes = 2, .seed = 7, .chain_id = 138, .first_block = 1000, .start_us = START_US, .period_us = 2 * US_PER_S, .timeout_us = 2 * US_PER_S};
	struct serve_host host = {handle, p};
	struct error err = {0};

	*p = (struct place){.engine = engine_new(&config), .lowest_asked = UINT64_MAX};
	p->engine->bridge = bridge_new(p->engine);
	pthread_mutex_init(&p->lock, NULL);
	clock_manual_init(&p->clock, START_US);
	for (size_t side = 0; side < SIDES; side++)
		if (server_new(&p->servers[side], &host, side, 0, &err) != STATUS_OK || server_open(p->servers[side], &err) != STATUS_OK)
			fail_msg("%s", err.text);
	configure(p, more);
	pass(p, 600);
}

static void place_close(struct place *p)
{
	for (size_t side = 0; side < SIDES; side++)
		server_free(p->servers[side]);
	config_free(&p->config);
	bridge_free(p->engine->bridge);
	p->engine->bridge = NULL;
	engine_free(p->engine);
	pthread_mutex_destroy(&p->lock);
}

/* --- a run of the sources ---------------------------------------------------------------------- */

static void changed(void *arg)
{
	(void)arg;
}

static void message(void *arg, int severity, const char *text)
{
	(void)severity;
	text_format(((struct place *)arg)->said, sizeof(((struct place *)arg)->said), "%s", text);
}

static struct kept *kept_of(struct place *p, const char *component, const char *value)
{
	char name[160];

	snprintf(name, sizeof(name), "%s %s", component, value);
	for (size_t i = 0; i < p->kept_count; i++)
		if (strcmp(p->kept[i].name, name) == 0)
			return &p->kept[i];
	assert_true(p->kept_count < KEPT_MAX);
	struct kept *kept = &p->kept[p->kept_count++];
	snprintf(kept->name, sizeof(kept->name), "%s", name);
	kept->number = -1;
	return kept;
}

static bool recall(void *arg, const char *component, const char *value, int64_t *out)
{
	*out = kept_of(arg, component, value)->number;
	return *out >= 0;
}

static void remember(void *arg, const char *component, const char *value, int64_t number)
{
	kept_of(arg, component, value)->number = number;
}

static void hide(void *arg, const char *secret)
{
	(void)arg;
	(void)secret;
}

static void begin(struct place *p)
{
	struct thresholds thresholds = thresholds_default();
	struct source_host host = {.clock = &p->clock.clock, .sections = p->config.sections, .section_count = p->config.section_count, .changed = changed, .message = message, .recall = recall, .remember = remember, .hide = hide, .arg = p};

	p->loop = host.loop = loop_new();
	p->world = host.world = world_new("test", 138, &thresholds);
	p->sources = sources_new(&host);
}

static void end(struct place *p)
{
	sources_free(p->sources);
	loop_free(p->loop);
	world_free(p->world);
}

static void glance(void *arg)
{
	struct place *p = arg;

	p->waited_ms += GLANCE_MS;
	if (p->until(p) || p->waited_ms > PATIENCE_MS)
		loop_stop(p->loop);
}

/* Lets the sources look until it holds. */
static void wait_for(struct place *p, bool (*until)(const struct place *place), const char *what)
{
	struct loop_timer *timer = loop_timer(p->loop, GLANCE_MS, GLANCE_MS, glance, p);

	p->until = until;
	p->waited_ms = 0;
	loop_run(p->loop);
	loop_timer_stop(timer);
	if (!until(p)) {
		const struct component *lane = world_at(p->world, KIND_LANE, 0);
		fail_msg("%s: lane is %s, %s; %s", what, health_name(lane->health), lane->reason, p->said);
	}
}

static bool all_tried(const struct place *p)
{
	return sources_all_tried(p->sources);
}

static const struct component *away(const struct place *p)
{
	return world_find(p->world, "lane/138 to Farchain");
}

static int64_t number_of(const struct component *c, int value)
{
	int64_t number = -1;

	assert_true(component_number(c, value, &number));
	return number;
}

static void look(struct place *p)
{
	wait_for(p, all_tried, "a first look");
	world_judge(p->world, p->clock.wall_us);
}

/* --- tests ---------------------------------------------------------------------------------------- */

static void healthy(void **state)
{
	struct place p;
	size_t count;

	(void)state;
	place_open(&p, "");
	begin(&p);
	look(&p);
	const struct component *lane = away(&p), *feed = world_at(p.world, KIND_FEED, 0);
	assert_string_equal(p.said, "");
	assert_int_equal(world_count(p.world, KIND_LANE), 2);
	assert_int_equal(lane->health, HEALTH_OK);
	assert_string_equal(component_text(lane, LANE_VERSION), "1.5");
	assert_true(number_of(lane, LANE_SENT) >= number_of(lane, LANE_COMMITTED));
	assert_true(number_of(lane, LANE_LATENCY_S) > 0);
	assert_int_equal(number_of(lane, LANE_FAILED), 0);
	assert_string_equal(component_related(lane, 0), "probe/chain farchain");
	assert_string_equal(component_related(lane, 1), "chain/138");
	const struct lane_message *messages = lane_messages(lane, &count);
	assert_int_equal(count, number_of(lane, LANE_PENDING));
	/* The newest message is a test, and followed. */
	char number[32];
	const char *test = component_text(lane, LANE_TEST);
	snprintf(number, sizeof(number), "%lld 0x", (long long)number_of(lane, LANE_SENT));
	assert_non_null(test);
	assert_memory_equal(test, number, strlen(number));
	assert_string_equal(strrchr(test, ':') + 2, transit_name(count ? messages[count - 1].state : TRANSIT_DONE));
	assert_int_equal(feed->health, HEALTH_OK);
	assert_string_equal(component_text(feed, FEED_DESCRIPTION), "ETH / USD");
	assert_int_equal(world_find(p.world, "probe/chain farchain")->health, HEALTH_OK);
	end(&p);
	place_close(&p);
}

/* A restart goes on where the last run ended: nothing below the marks is searched again. */
static void restart(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, "");
	begin(&p);
	look(&p);
	int64_t executed = number_of(away(&p), LANE_EXECUTED);
	assert_true(p.searches > 0);
	end(&p);
	int64_t low = kept_of(&p, "lane/138 to Farchain", "low")->number, block = kept_of(&p, "lane/138 to Farchain", "source_block")->number;
	int64_t other = kept_of(&p, "lane/Farchain to 138", "dest_block")->number;
	assert_int_equal(low, executed);
	assert_true(block > 1000 && other > 1000);
	int64_t usual_s = kept_of(&p, "lane/138 to Farchain", "usual_s")->number;
	assert_true(usual_s > 0);
	p.searches = 0;
	p.lowest_asked = UINT64_MAX;
	pass(&p, 60);
	begin(&p);
	look(&p);
	assert_true(p.searches > 0);
	assert_true(p.lowest_asked > (uint64_t)(block < other ? block : other));
	assert_int_equal(away(&p)->health, HEALTH_OK);
	assert_in_range(number_of(away(&p), LANE_USUAL_S), usual_s - usual_s / 8 - 4, usual_s + usual_s / 8 + 4);
	assert_true(number_of(away(&p), LANE_EXECUTED) > executed);
	assert_null(component_text(away(&p), LANE_CORRUPT));
	end(&p);
	place_close(&p);
}

static void check_failed(const struct place *p)
{
	size_t count, failed = 0;
	const struct lane_message *messages = lane_messages(away(p), &count);

	for (size_t i = 0; i < count; i++) {
		if (messages[i].state != TRANSIT_FAILED)
			continue;
		failed++;
		assert_int_equal(messages[i].manual, MANUAL_NOW);
		assert_non_null(messages[i].fault_text);
		assert_true(messages[i].has_id);
	}
	assert_int_equal(failed, number_of(away(p), LANE_FAILED));
	assert_true(failed > 0);
}

static void check_backlog(const struct place *p)
{
	size_t count, later = 0;
	const struct lane_message *messages = lane_messages(away(p), &count);

	for (size_t i = 0; i < count; i++)
		later += messages[i].manual == MANUAL_LATER && messages[i].manual_us > p->clock.wall_us;
	assert_true(later > 0);
	assert_true(number_of(away(p), LANE_OLDEST_PENDING_S) > 240);
}

static const struct {
	unsigned faults;
	enum health health;
	enum symptom symptom;
	void (*check)(const struct place *place);
} faults[] = {
	{BRIDGE_CURSED, HEALTH_CRITICAL, SYMPTOM_CURSED, NULL},
	/* The receiver that reverts says that it is paused. */
	{BRIDGE_REVERTS, HEALTH_CRITICAL, SYMPTOM_PAUSED, check_failed},
	{BRIDGE_UNEXECUTED, HEALTH_CRITICAL, SYMPTOM_UNEXECUTED, check_backlog},
	{BRIDGE_CORRUPT, HEALTH_CRITICAL, SYMPTOM_CORRUPT, NULL},
};

static void broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
		struct place p;
		place_open(&p, "");
		bridge_break(p.engine->bridge, faults[i].faults);
		pass(&p, 400);
		begin(&p);
		look(&p);
		if (away(&p)->health != faults[i].health || away(&p)->symptom != faults[i].symptom)
			fail_msg("fault %u: %s: %s", faults[i].faults, health_name(away(&p)->health), away(&p)->reason);
		if (faults[i].check)
			faults[i].check(&p);
		end(&p);
		place_close(&p);
	}
}

static void refuse_from_now(struct place *p, size_t side, const char *text)
{
	pthread_mutex_lock(&p->lock);
	p->refusing = side;
	p->refused = text;
	pthread_mutex_unlock(&p->lock);
}

static bool asked_often(const struct place *p)
{
	enum { OFTEN = 60 };

	sources_refresh(p->sources);
	return p->requests >= OFTEN;
}

/* Lets each side look some times, long enough after one another that what they see is settled. */
static void look_often(struct place *p)
{
	for (int time = 0; time < 3; time++) {
		pass(p, 10);
		p->requests = 0;
		wait_for(p, asked_often, "more looks");
	}
}

/* What an endpoint refuses to answer is no word of a contract: neither that data is corrupt, nor
 * that a curse is lifted. It is not green either, and over with the next answer. */
static void refused(void **state)
{
	static const struct {
		size_t side;
		const char *method, *call; /* what it refuses */
		bool from_start;
		unsigned faults;
		enum health health;
		enum symptom symptom;
		const char *reason;
	} cases[] = {
		{SIDE_OWN, "eth_getLogs", NULL, false, BRIDGE_FINE, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "refuses to answer"},
		{SIDE_FAR, "eth_getLogs", NULL, false, BRIDGE_FINE, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "refuses to answer: JSON-RPC error -32603: Timeout expired"},
		{SIDE_FAR, NULL, "getExpectedNextSequenceNumber()", false, BRIDGE_FINE, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "refuses to answer"},
		{SIDE_FAR, NULL, "typeAndVersion()", true, BRIDGE_FINE, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "refuses to answer"},
		{SIDE_FAR, NULL, "getStaticConfig()", true, BRIDGE_FINE, HEALTH_WARNING, SYMPTOM_FAR_SIDE, "refuses to answer"},
		{SIDE_FAR, NULL, "isCursed()", false, BRIDGE_FINE, HEALTH_WARNING, SYMPTOM_REFUSING, "does not answer every question: JSON-RPC error -32603"},
		{SIDE_FAR, NULL, "isCursed(bytes16)", true, BRIDGE_FINE, HEALTH_WARNING, SYMPTOM_REFUSING, "does not answer every question"},
		{SIDE_OWN, NULL, "isCursed()", false, BRIDGE_CURSED, HEALTH_CRITICAL, SYMPTOM_CURSED, "cursed"},
		{SIDE_OWN, NULL, "isCursed(bytes16)", false, BRIDGE_CURSED, HEALTH_CRITICAL, SYMPTOM_CURSED, "cursed"},
		{SIDE_FAR, NULL, "paused()", false, BRIDGE_REVERTS, HEALTH_CRITICAL, SYMPTOM_PAUSED, "paused"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct place p;
		char selector[16];
		place_open(&p, "");
		bridge_break(p.engine->bridge, cases[i].faults);
		pass(&p, 60);
		begin(&p);
		if (!cases[i].from_start)
			look(&p);
		if (cases[i].call)
			text_format(selector, sizeof(selector), "0x%08x", (unsigned)abi_selector(cases[i].call));
		refuse_from_now(&p, cases[i].side, cases[i].call ? selector : cases[i].method);
		look_often(&p);
		if (away(&p)->health != cases[i].health || away(&p)->symptom != cases[i].symptom || !strstr(away(&p)->reason, cases[i].reason))
			fail_msg("case %zu: %s, %s", i, health_name(away(&p)->health), away(&p)->reason);
		refuse_from_now(&p, cases[i].side, NULL);
		look_often(&p);
		if ((away(&p)->health == HEALTH_OK) != (cases[i].faults == BRIDGE_FINE))
			fail_msg("case %zu, answered again: %s, %s", i, health_name(away(&p)->health), away(&p)->reason);
		end(&p);
		place_close(&p);
	}
}

/* Blocks that were searched are others now: the last of them are searched anew, once. */
static void searched_anew(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, "");
	begin(&p);
	look(&p);
	look_often(&p);
	uint64_t lowest = p.lowest_asked, head;
	p.lowest_asked = UINT64_MAX;
	look_often(&p);
	head = p.lowest_asked;
	assert_true(head > lowest + 100);
	p.reorganised = true;
	look_often(&p);
	assert_true(p.lowest_asked < head - 100);
	assert_int_equal(away(&p)->health, HEALTH_OK);
	assert_null(component_text(away(&p), LANE_CORRUPT));
	p.lowest_asked = UINT64_MAX;
	look_often(&p);
	assert_true(p.lowest_asked > head);
	end(&p);
	place_close(&p);
}

/* A feed whose endpoint refuses is not seen: nothing is said of its contract. */
static void feed_refused(void **state)
{
	static const char *const calls[] = {"latestRoundData()", "decimals()"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
		struct place p;
		char selector[16];
		place_open(&p, "");
		begin(&p);
		refuse_from_now(&p, SIDE_OWN, text_format(selector, sizeof(selector), "0x%08x", (unsigned)abi_selector(calls[i])));
		look_often(&p);
		const struct component *feed = world_at(p.world, KIND_FEED, 0);
		if (feed->health != HEALTH_UNKNOWN || feed->symptom != SYMPTOM_REFUSING)
			fail_msg("%s refused: %s, %s", calls[i], health_name(feed->health), feed->reason);
		refuse_from_now(&p, SIDE_OWN, NULL);
		look_often(&p);
		assert_int_equal(feed->health, HEALTH_OK);
		refuse_from_now(&p, SIDE_OWN, "eth_call");
		look_often(&p);
		assert_int_equal(feed->health, HEALTH_STALE);
		end(&p);
		place_close(&p);
	}
}

static void feed_stops(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, "");
	bridge_break(p.engine->bridge, BRIDGE_FEED_STOPS);
	pass(&p, 300);
	begin(&p);
	look(&p);
	assert_int_equal(world_at(p.world, KIND_FEED, 0)->symptom, SYMPTOM_OVERDUE);
	end(&p);
	place_close(&p);
}

static bool far_is_lost(const struct place *p)
{
	return away(p)->symptom == SYMPTOM_FAR_SIDE || strstr(away(p)->reason, "cannot be reached") || away(p)->reach != REACH_OK;
}

/* One side gone is not a healthy lane, and not a broken one either. */
static void parted(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, "");
	begin(&p);
	look(&p);
	server_close(p.servers[SIDE_FAR]);
	for (int i = 0; i < 4 && !far_is_lost(&p); i++) {
		pass(&p, 10);
		sources_refresh(p.sources);
		wait_for(&p, all_tried, "a look at one side");
	}
	wait_for(&p, far_is_lost, "the far side is lost");
	assert_string_equal(component_text(away(&p), LANE_STAGE), "cannot say: nothing is known of commits and executions");
	end(&p);
	place_close(&p);
}

/* An endpoint of another chain is refused, whatever it answers. */
static void wrong_chain(void **state)
{
	struct place p;

	(void)state;
	place_open(&p, "[chain other]\nrpc = http://127.0.0.1:1\n");
	for (size_t i = 0; i < p.config.section_count; i++) {
		struct settings *section = &p.config.sections[i];
		if (strcmp(section->name, "farchain") != 0)
			continue;
		for (size_t n = 0; n < section->count; n++)
			if (strcmp(section->items[n].name, "chain_id") == 0)
				section->items[n].number = 5;
	}
	begin(&p);
	wait_for(&p, all_tried, "a first look");
	const struct component *chain = world_find(p.world, "probe/chain farchain"), *other = world_find(p.world, "probe/chain other");
	assert_int_equal(chain->reach, REACH_REFUSING);
	world_judge(p.world, p.clock.wall_us + US_PER_MINUTE);
	assert_non_null(strstr(chain->reason, "is of chain 424242, not 5"));
	assert_int_equal(chain->health, HEALTH_UNKNOWN);
	assert_int_equal(other->reach, REACH_UNREACHABLE);
	assert_int_not_equal(away(&p)->health, HEALTH_OK);
	end(&p);
	place_close(&p);
}

/* What the table of keys cannot say is said when the source starts. */
static void misconfigured(void **state)
{
	static const struct {
		const char *section, *said;
	} cases[] = {
		{"[lane x]\nsource = network\ndest = nowhere\nsource_router = 0x6cc133e91e7182dcebaae1c5d5d526b698f3b712\ndest_router = 0x6cc133e91e7182dcebaae1c5d5d526b698f3b712\n", "[lane x]: chain nowhere: not described"},
		{"[lane x]\nsource = network\ndest = farchain\n", "[lane x]: has neither source_router nor on_ramp"},
		{"[lane x]\nsource = network\ndest = farchain\nsource_router = 0x6cc133e91e7182dcebaae1c5d5d526b698f3b712\n", "[lane x]: has neither dest_router nor off_ramp"},
		{"[lane x]\nsource = network\ndest = farchain\nevent = MessageSent(bytes33)\nsender = 0x6cc133e91e7182dcebaae1c5d5d526b698f3b712\n", "[lane x]: no signature: bytes33 is no type"},
		{"[lane x]\nsource = network\ndest = farchain\nevent = MessageSent(bytes32)\n", "nobody to send it"},
		{"[lane x]\nsource = network\ndest = farchain\nevent = MessageSent(bytes32)\nevent_id = 2\nsender = 0x6cc133e91e7182dcebaae1c5d5d526b698f3b712\n", "event_id: the event has only 1"},
		{"[feed x]\naddress = 0x6cc133e91e7182dcebaae1c5d5d526b698f3b712\ndeviation = half\n", "[feed x] deviation: half is no decimal number"},
		{"[feed x]\naddress = 0x6cc133e91e7182dcebaae1c5d5d526b698f3b712\nsecond_url = http://127.0.0.1:1\n", "[feed x] second_url: nothing says where"},
		{"[chain x]\n", "[chain x]: nobody to ask"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct place p;
		place_open(&p, cases[i].section);
		begin(&p);
		if (!strstr(p.said, cases[i].said))
			fail_msg("\"%s\" is not in \"%s\"", cases[i].said, p.said);
		assert_non_null(strstr(p.said, "(")); /* what to do */
		end(&p);
		place_close(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy),
		cmocka_unit_test(restart),
		cmocka_unit_test(broken),
		cmocka_unit_test(refused),
		cmocka_unit_test(searched_anew),
		cmocka_unit_test(feed_refused),
		cmocka_unit_test(feed_stops),
		cmocka_unit_test(parted),
		cmocka_unit_test(wrong_chain),
		cmocka_unit_test(misconfigured),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
