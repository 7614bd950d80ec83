/* Polling: libcurl through src/io/http.h beside the floor, with the same bytes; then the
 * whole way of a reply into the world; then everything hung. */
#include "bench.h"
#include "peer.h"
#include "raw.h"

#include "base/mem.h"
#include "base/text.h"
#include "collect/collect.h"
#include "world/thresholds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLICE_MS = 10,
	SLICES = 1000 / SLICE_MS, /* every node once a second, spread over it as the collector does */
	TIMEOUT_MS = 900,
	LATENCIES = 200000,
};

/* What the collector asks a healthy node each second. */
static const char question[] =
	"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_getBlockByNumber\",\"params\":[\"latest\",false]},"
	"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"eth_syncing\",\"params\":[]},"
	"{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"net_peerCount\",\"params\":[]},"
	"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"txpool_besuStatistics\",\"params\":[]}]";

/* What one measuring process finds. */
struct found {
	double cost, p99, connections;
};

struct fetching {
	struct peer *peer;
	size_t nodes;
	int rounds;
	struct found *found;

	struct loop *loop;
	struct http *http;
	char (*urls)[PEER_URL];
	int slice; /* that starts next */
	int round; /* of all slices; 0 is not counted */
	size_t open;
	bool all_sent;
	unsigned long accepted; /* connections when round 1 began */
	double cpu;             /* used until then */
	double *latencies;
	size_t latency_count;
};

struct poll_of_one {
	struct fetching *fetching;
	double began;
};

/* --- fetch alone -------------------------------------------------------------------- */

static void fetched(void *arg, const struct http_reply *reply)
{
	struct poll_of_one *one = arg;
	struct fetching *f = one->fetching;

	(void)reply;
	if (f->round > 0 && f->latency_count < LATENCIES)
		f->latencies[f->latency_count++] = bench_now() - one->began;
	free(one);
	if (--f->open == 0 && f->all_sent)
		loop_stop(f->loop);
}

static void start_slice(void *arg)
{
	struct fetching *f = arg;
	double now = bench_now();

	if (f->all_sent)
		return;
	if (f->round == 1 && f->slice == 0) {
		f->accepted = atomic_load(&f->peer->counts->accepted);
		f->cpu = bench_cpu();
	}
	for (size_t i = (size_t)f->slice; i < f->nodes; i += SLICES) {
		struct http_request request = {.url = f->urls[i], .body = question, .body_len = sizeof(question) - 1, .timeout_ms = TIMEOUT_MS, .connect_timeout_ms = TIMEOUT_MS};
		struct poll_of_one *one = xcalloc(1, sizeof(*one));
		one->fetching = f;
		one->began = now;
		f->open++;
		http_send(f->http, &request, fetched, one);
	}
	if (++f->slice < SLICES)
		return;
	f->slice = 0;
	f->all_sent = ++f->round > f->rounds;
}

/* Sends each node one request a second and measures all but the first second. */
static void fetch(void *arg)
{
	struct fetching *f = arg;
	struct found *found = f->found;

	f->loop = loop_new();
	f->http = http_new(f->loop, f->nodes);
	f->urls = xcalloc(f->nodes, sizeof(*f->urls));
	f->latencies = xcalloc(LATENCIES, sizeof(*f->latencies));
	for (size_t i = 0; i < f->nodes; i++)
		peer_url(f->urls[i], f->peer, i);
	loop_timer(f->loop, 0, SLICE_MS, start_slice, f);
	loop_run(f->loop);
	double polls = (double)f->nodes * f->rounds;
	found->cost = (bench_cpu() - f->cpu) / polls;
	found->connections = (double)(atomic_load(&f->peer->counts->accepted) - f->accepted) / polls;
	found->p99 = bench_percentile(f->latencies, f->latency_count, 0.99);
}

struct raw_run {
	struct peer *peer;
	size_t nodes;
	int rounds;
	struct found *found;
};

static void run_raw(void *arg)
{
	struct raw_run *run = arg;

	run->found->cost = raw_cost(run->peer, run->nodes, run->rounds, question);
}

static struct found fetch_once(struct peer *peer, size_t nodes, int rounds, struct found *shared)
{
	struct fetching fetching = {.peer = peer, .nodes = nodes, .rounds = rounds, .found = shared};

	bench_apart(fetch, &fetching);
	return *shared;
}

enum { REPEATS_MAX = 5 };

static void compare_fetch(struct peer *peer, size_t nodes, struct found *shared)
{
	int repeats = bench_quick() ? 1 : 3, rounds = bench_quick() ? 3 : 5;
	double raw[REPEATS_MAX], ours[REPEATS_MAX], connections[REPEATS_MAX], p99[REPEATS_MAX];
	char what[64];

	for (int i = 0; i < repeats; i++) {
		struct raw_run run = {peer, nodes, 4 * rounds, shared};
		bench_apart(run_raw, &run);
		raw[i] = shared->cost;
		struct found found = fetch_once(peer, nodes, rounds, shared);
		ours[i] = found.cost;
		connections[i] = found.connections;
		p99[i] = found.p99;
	}
	text_format(what, sizeof(what), "one poll of %zu a second, fetch alone: CPU", nodes);
	bench_show(&(struct figure){what, IN_SECONDS, bench_median(ours, (size_t)repeats), "raw epoll client, same bytes", bench_median(raw, (size_t)repeats), 8, false});
	text_format(what, sizeof(what), "  new connections per poll, warm");
	bench_show(&(struct figure){what, IN_COUNT, bench_median(connections, (size_t)repeats), NULL, 0, 0.01, true});
	text_format(what, sizeof(what), "  answer after, p99");
	bench_show(&(struct figure){what, IN_SECONDS, bench_median(p99, (size_t)repeats), NULL, 0, nodes > 1000 ? 0 : 0, true});
}

/* --- everything hangs ------------------------------------------------------------------ */

static void hang(struct peer *peer, size_t nodes, struct found *shared)
{
	char what[64];

	peer_set(peer, PEER_HANGS);
	struct found found = fetch_once(peer, nodes, 2, shared);
	peer_set(peer, PEER_HEALTHY);
	text_format(what, sizeof(what), "all %zu hang, timeout %d ms: failed after, p99", nodes, TIMEOUT_MS);
	bench_show(&(struct figure){what, IN_SECONDS, found.p99, "the timeout", TIMEOUT_MS / 1e3, (TIMEOUT_MS + 50) / 1e3, true});
}

/* --- into the world ---------------------------------------------------------------------- */

struct whole {
	struct peer *peer;
	size_t nodes;
	int seconds;
	struct found *found;
	struct loop *loop;
	struct world *world;
	double judging; /* CPU of judging alone */
};

enum {
	JUDGE_MS = 250,
	WARM_S = 4,
};

static void judge(void *arg)
{
	struct whole *whole = arg;
	double before = bench_cpu();

	world_judge(whole->world, clock_wall_us(clock_system()));
	whole->judging += bench_cpu() - before;
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void run_for(struct loop *loop, int seconds)
{
	struct loop_timer *timer = loop_timer(loop, seconds * 1000, 0, stop, loop);

	loop_run(loop);
	loop_timer_stop(timer);
}

static void collect(void *arg)
{
	struct whole *whole = arg;
	struct thresholds thresholds = thresholds_default();
	char name[32], url[PEER_URL];
	struct error err = {0};

	whole->loop = loop_new();
	whole->world = world_new("bench", 138, &thresholds);
	struct collector *collector = collector_new(whole->loop, clock_system(), whole->world, 1);
	for (size_t i = 0; i < whole->nodes; i++) {
		struct endpoint_spec spec = {.name = text_format(name, sizeof(name), "rpc-%zu", i), .url = peer_url(url, whole->peer, i)};
		bench_need(collector_add(collector, &spec, &err) == STATUS_OK, err.text);
	}
	collector_start(collector, NULL, NULL);
	loop_timer(whole->loop, JUDGE_MS, JUDGE_MS, judge, whole);
	run_for(whole->loop, WARM_S);
	unsigned long answered = atomic_load(&whole->peer->counts->answered);
	double before = bench_cpu(), began = bench_now();
	whole->judging = 0;
	run_for(whole->loop, whole->seconds);
	double used = bench_cpu() - before, passed = bench_now() - began;
	whole->found->cost = used / (double)(atomic_load(&whole->peer->counts->answered) - answered);
	whole->found->p99 = whole->judging / passed;
	whole->found->connections = used / passed;
}

static void measure_whole(size_t nodes, struct found *shared)
{
	struct peer peer;
	struct whole whole = {.peer = &peer, .nodes = nodes, .seconds = bench_quick() ? 3 : 10, .found = shared};
	char what[64];

	peer_start(&peer, 1);
	bench_apart(collect, &whole);
	text_format(what, sizeof(what), "one poll of %zu a second, into the world: CPU", nodes);
	bench_show(&(struct figure){what, IN_SECONDS, shared->cost, NULL, 0, 0, false});
	text_format(what, sizeof(what), "  of one core, all together");
	bench_show(&(struct figure){what, IN_PERCENT, shared->connections, NULL, 0, 0, false});
	text_format(what, sizeof(what), "  of one core, judging each %d ms", JUDGE_MS);
	bench_show(&(struct figure){what, IN_PERCENT, shared->p99, NULL, 0, 0, false});
	peer_stop(&peer);
}

void bench_polling(void)
{
	struct found *shared = bench_shared(sizeof(*shared));
	struct peer peer;

	bench_part("polling (a batch of four calls to each node each second, one process)");
	peer_start(&peer, 0);
	compare_fetch(&peer, 1000, shared);
	compare_fetch(&peer, 5000, shared);
	hang(&peer, 1000, shared);
	hang(&peer, 5000, shared);
	peer_stop(&peer);
	measure_whole(1000, shared);
	measure_whole(5000, shared);
}
