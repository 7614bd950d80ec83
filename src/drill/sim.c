#include "drill/sim.h"

#include "base/mem.h"
#include "drill/answer.h"
#include "drill/bridge.h"
#include "drill/engine.h"
#include "drill/monitor.h"
#include "drill/pods.h"
#include "drill/scenario.h"
#include "drill/serve.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	HISTORY_BLOCKS = 200, /* made before the start */
	FIRST_BLOCK = 4812000,
	CHAIN_ID = 138,
	TICK_MS = 20,
	ORDER_BYTES = 256,
	CONTROL_NODE = 1 << 20, /* the control port's number, where others have a node's */
	FAR_NODE,               /* the far chain's */
	MONITOR_NODE,           /* that of the API server and the monitoring */
	WATCH_MS = 15000,       /* how long a watch waits for news */
};

struct sim {
	/* Constant once started. */
	struct sim_options options;
	struct sim_node *nodes;
	size_t node_count;
	char control_url[64];
	int64_t start_wall_us, start_mono_us;
	pthread_t ticker;
	bool ticking;

	pthread_mutex_t mutex; /* all of the following */
	pthread_cond_t news;   /* an order came, was carried out, or the end */
	struct engine *engine;
	struct scenario_run run;
	bool stopping;
	uint64_t ordered, applied; /* orders so far, and those that the ports follow */

	/* The ticker's, and the main thread's before and after it. */
	struct server **servers; /* one for each place in the engine */
	struct server *control;
	struct server *far, *monitor; /* NULL: the scenario has no such systems */
	char far_url[64], monitor_url[64];
};

/* --- time ---------------------------------------------------------------------- */

int64_t sim_now_us(const struct sim *sim)
{
	int64_t passed_us = clock_mono_us(clock_system()) - sim->start_mono_us;
	return sim->start_wall_us + (int64_t)((double)passed_us * sim->options.speed);
}

static void advance(struct sim *sim)
{
	scenario_advance(&sim->run, sim->engine, sim_now_us(sim));
}

/* Waits for news, at most `ms`; the mutex is held. */
static void wait_news(struct sim *sim, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t ns = until.tv_nsec + ms % 1000 * 1000000;
	until.tv_sec += (time_t)(ms / 1000 + ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	(void)pthread_cond_timedwait(&sim->news, &sim->mutex, &until);
}

/* --- answering -------------------------------------------------------------------- */

static const struct {
	enum status status;
	unsigned http;
} control_codes[] = {
	{STATUS_OK, 200},
	{STATUS_NOT_FOUND, 404},
	{STATUS_USAGE, 400},
	{STATUS_LIMIT, 409},
	{STATUS_REFUSED, 409},
};

/* Carries out an order; the mutex is held. */
static enum status carry_out(struct sim *sim, const char *order, struct buf *out, struct error *err)
{
	advance(sim);
	enum status status = pods_order(&sim->run, sim->engine, order, out, err);
	sim->ordered++;
	pthread_cond_broadcast(&sim->news);
	return status;
}

static void answer_control(struct sim *sim, const struct serve_request *request, struct serve_reply *reply)
{
	char order[ORDER_BYTES];
	struct error err = {0};
	reply->type = "text/plain; charset=utf-8";
	/* A web page cannot set this header without asking first, and is never allowed to. */
	if (!request->control || strcmp(request->method, "POST") != 0) {
		reply->status = 403;
		buf_puts(&reply->body, "control: POST with a header X-Tocsin-Control\n");
		return;
	}
	snprintf(order, sizeof(order), "%.*s", (int)(request->len < sizeof(order) ? request->len : sizeof(order) - 1), request->body);
	enum status status = carry_out(sim, order, &reply->body, &err);
	reply->status = 500;
	for (size_t i = 0; i < ARRAY_LENGTH(control_codes); i++) {
		if (control_codes[i].status == status)
			reply->status = control_codes[i].http;
	}
	if (status != STATUS_OK) {
		buf_clear(&reply->body);
		buf_printf(&reply->body, "%s\n", err.text);
	}
}

/* An overloaded node takes its time; it is heard out early when that ends. */
static void wait_turn(struct sim *sim, const struct engine_node *node)
{
	int64_t now_us = clock_mono_us(clock_system());
	int64_t until_us = now_us + 2 * US_PER_S + (int64_t)(engine_draw(sim->engine, DRAW_SLOW, (uint64_t)now_us) % 600000);
	while (!sim->stopping && node->phase == POD_RUNNING && node->trouble == RPC_SLOW && now_us < until_us) {
		wait_news(sim, (until_us - now_us) / US_PER_MS + 1);
		now_us = clock_mono_us(clock_system());
		advance(sim);
	}
}

static void answer_node(struct sim *sim, const struct engine_node *node, const struct serve_request *request, struct serve_reply *reply)
{
	bool post = strcmp(request->method, "POST") == 0;
	reply->skew_us = node->skew_us;
	if (node->trouble == RPC_SLOW)
		wait_turn(sim, node);
	if (node->phase != POD_RUNNING || node->trouble == RPC_UNAVAILABLE) {
		reply->status = 503;
		reply->type = "text/html";
		buf_puts(&reply->body, "<html><head><title>503 Service Temporarily Unavailable</title></head><body>no healthy upstream</body></html>\n");
	} else if (post && strcmp(request->path, "/") == 0) {
		reply->status = answer_rpc(sim->engine, node, request->body, request->len, &reply->body);
	} else if (!post && strcmp(request->path, "/liveness") == 0) {
		reply->status = answer_liveness(&reply->body);
	} else if (!post && strcmp(request->path, "/readiness") == 0) {
		reply->status = answer_readiness(sim->engine, node, request->min_peers, request->max_behind, &reply->body);
	} else {
		reply->status = strcmp(request->path, "/") == 0 ? 405 : 404;
		reply->type = "text/plain";
	}
}

/* A watch is answered when a pod changes, or after a while. */
static void answer_monitor(struct sim *sim, const struct serve_request *request, struct serve_reply *reply)
{
	char version[24];
	int64_t until_us = clock_mono_us(clock_system()) + WATCH_MS * US_PER_MS;
	while (request->watch && request->since && !sim->stopping && clock_mono_us(clock_system()) < until_us) {
		snprintf(version, sizeof(version), "%" PRIu64, monitor_version(sim->engine));
		if (strcmp(version, request->since) != 0)
			break;
		wait_news(sim, TICK_MS * 10);
		advance(sim);
	}
	if (!monitor_answer(sim->engine, request, reply))
		reply->status = 404;
}

static void handle(void *arg, size_t node, const struct serve_request *request, struct serve_reply *reply)
{
	struct sim *sim = arg;
	pthread_mutex_lock(&sim->mutex);
	advance(sim);
	if (strcmp(request->path, "/control") == 0)
		answer_control(sim, request, reply);
	else if (node == FAR_NODE)
		reply->status = bridge_far_rpc(sim->engine->bridge, request->body, request->len, &reply->body);
	else if (node == MONITOR_NODE)
		answer_monitor(sim, request, reply);
	else if (node != CONTROL_NODE)
		answer_node(sim, &sim->engine->nodes[node], request, reply);
	else
		reply->status = 404;
	pthread_mutex_unlock(&sim->mutex);
}

/* --- ports follow pods --------------------------------------------------------------- */

static bool listens(const struct engine_node *node)
{
	return node->phase == POD_RUNNING && node->trouble != RPC_REFUSED;
}

/* The far chain's endpoint is gone while the chains are parted. */
static enum status follow_far(struct sim *sim, struct error *err)
{
	enum status status = STATUS_OK;
	if (!sim->far)
		return STATUS_OK;
	bool want = !(bridge_faults(sim->engine->bridge) & BRIDGE_PARTED);
	if (want == server_is_open(sim->far))
		return STATUS_OK;
	pthread_mutex_unlock(&sim->mutex);
	if (want)
		status = server_open(sim->far, err);
	else
		server_close(sim->far);
	pthread_mutex_lock(&sim->mutex);
	return status;
}

/* Opens and closes ports as the nodes say. The mutex is held, and let go around each
 * change: closing waits for answers, and those need it. */
static enum status follow(struct sim *sim, struct error *err)
{
	const struct serve_host host = {handle, sim};
	enum status status = STATUS_OK;
	for (size_t i = 0; i < sim->engine->node_count && status == STATUS_OK; i++) {
		bool want = listens(&sim->engine->nodes[i]);
		if (want == (sim->servers[i] && server_is_open(sim->servers[i])))
			continue;
		pthread_mutex_unlock(&sim->mutex);
		if (want && !sim->servers[i])
			status = server_new(&sim->servers[i], &host, i, 0, err);
		if (want && status == STATUS_OK)
			status = server_open(sim->servers[i], err);
		if (!want)
			server_close(sim->servers[i]);
		pthread_mutex_lock(&sim->mutex);
	}
	return status == STATUS_OK ? follow_far(sim, err) : status;
}

static void *tick(void *arg)
{
	struct sim *sim = arg;
	pthread_mutex_lock(&sim->mutex);
	while (!sim->stopping) {
		advance(sim);
		uint64_t ordered = sim->ordered;
		/* A port that cannot be had now is tried again at the next tick. */
		enum status status = follow(sim, NULL);
		if (sim->applied != ordered && status == STATUS_OK) {
			sim->applied = ordered;
			pthread_cond_broadcast(&sim->news);
		}
		if (sim->ordered == ordered && !sim->stopping)
			wait_news(sim, TICK_MS);
	}
	pthread_mutex_unlock(&sim->mutex);
	return NULL;
}

/* --- starting -------------------------------------------------------------------------- */

static enum status check_options(struct sim_options *o, struct error *err)
{
	o->validators = o->validators ? o->validators : 4;
	o->rpc_nodes = o->rpc_nodes ? o->rpc_nodes : 2;
	o->speed = o->speed == 0 ? 1 : o->speed;
	o->block_period_ms = o->block_period_ms ? o->block_period_ms : 2000;
	o->request_timeout_ms = o->request_timeout_ms ? o->request_timeout_ms : 2000;
	if (o->validators > ENGINE_VALIDATORS_MAX)
		return error_set(err, STATUS_USAGE, "validators %u: too many (at most %d)", o->validators, ENGINE_VALIDATORS_MAX);
	if (o->rpc_nodes > ENGINE_RPC_MAX)
		return error_set(err, STATUS_USAGE, "RPC nodes %u: too many (at most %d)", o->rpc_nodes, ENGINE_RPC_MAX);
	if (!(o->speed > 0 && o->speed <= 1000))
		return error_set(err, STATUS_USAGE, "speed: out of range (more than 0, at most 1000)");
	/* Block timestamps are whole seconds. */
	if (o->block_period_ms < 1000 || o->block_period_ms > 600000 || o->block_period_ms % 1000 != 0)
		return error_set(err, STATUS_USAGE, "block period: not whole seconds from 1 to 600 (blocks carry whole seconds)");
	if (o->request_timeout_ms < 1000 || o->request_timeout_ms > 600000 || o->request_timeout_ms % 1000 != 0)
		return error_set(err, STATUS_USAGE, "request timeout: not whole seconds from 1 to 600 (the genesis file holds whole seconds)");
	if (o->port > 0 && o->port + o->validators + o->rpc_nodes > 65535)
		return error_set(err, STATUS_USAGE, "port %u: too high for %u nodes and a control port (choose a lower one)", o->port, o->validators + o->rpc_nodes);
	return STATUS_OK;
}

static void restrict_apis(struct engine *engine)
{
	/* As in many real networks: validators enable everything, the first RPC node all but
	 * ADMIN, the others what clients need. What is not enabled is no sickness. */
	for (size_t i = engine->config.validators; i < engine->node_count; i++)
		engine->nodes[i].apis = engine->nodes[i].ordinal == 0 ? API_ALL & ~API_ADMIN : API_ETH | API_NET | API_WEB3 | API_TXPOOL;
}

/* Builds the past: blocks up to now, with the fault in it when it began before the start. */
static enum status make_history(struct sim *sim, struct error *err)
{
	const struct sim_options *o = &sim->options;
	struct error why = {0};
	const struct scenario_def *def = scenario_find(o->scenario ? o->scenario : "healthy", err);
	if (!def)
		return STATUS_USAGE;
	struct engine_config config = {
		.validators = o->validators,
		.rpc_nodes = o->rpc_nodes,
		.seed = o->seed,
		.chain_id = CHAIN_ID,
		.first_block = FIRST_BLOCK,
		.period_us = o->block_period_ms * US_PER_MS,
		.timeout_us = o->request_timeout_ms * US_PER_MS,
	};
	int64_t lead_us = o->break_after_ms < 0 ? scenario_lead_us(def, &config) : 0;
	config.start_us = (sim->start_wall_us - lead_us) / US_PER_S * US_PER_S - HISTORY_BLOCKS * config.period_us;
	sim->engine = engine_new(&config);
	restrict_apis(sim->engine);
	sim->run = (struct scenario_run){.def = def, .break_us = INT64_MAX, .heal_us = INT64_MAX};
	if (scenario_victim(def, sim->engine, o->victim, &sim->run.victim, &why) != STATUS_OK)
		return error_set(err, why.status, "%s", why.text);
	if (o->systems || scenario_has_systems(def))
		sim->engine->bridge = bridge_new(sim->engine);
	if (scenario_breaks(def))
		sim->run.break_us = o->break_after_ms < 0 ? sim->start_wall_us - lead_us : sim->start_wall_us + o->break_after_ms * US_PER_MS;
	if (o->heal_after_ms > 0)
		sim->run.heal_us = sim->start_wall_us + o->heal_after_ms * US_PER_MS;
	scenario_advance(&sim->run, sim->engine, sim->start_wall_us);
	return STATUS_OK;
}

/* The ports of what is beside the nodes: any free ones. */
static enum status take_systems(struct sim *sim, struct error *err)
{
	const struct serve_host host = {handle, sim};
	enum status status = server_new(&sim->far, &host, FAR_NODE, 0, err);
	if (status == STATUS_OK)
		status = server_new(&sim->monitor, &host, MONITOR_NODE, 0, err);
	if (status != STATUS_OK)
		return status;
	server_threads(sim->monitor);
	snprintf(sim->far_url, sizeof(sim->far_url), "http://127.0.0.1:%u", server_port(sim->far));
	snprintf(sim->monitor_url, sizeof(sim->monitor_url), "http://127.0.0.1:%u", server_port(sim->monitor));
	return server_open(sim->monitor, err);
}

/* Takes every port before any is opened, so that the URLs are known and complete. */
static enum status take_ports(struct sim *sim, struct error *err)
{
	const struct serve_host host = {handle, sim};
	unsigned port = sim->options.port;
	enum status status = STATUS_OK;
	sim->node_count = (size_t)sim->options.validators + sim->options.rpc_nodes;
	sim->nodes = xcalloc(sim->node_count, sizeof(*sim->nodes));
	sim->servers = xcalloc(sim->engine->node_count, sizeof(struct server *));
	for (size_t i = 0; i < sim->node_count && status == STATUS_OK; i++) {
		const struct engine_node *from = &sim->engine->nodes[i];
		struct sim_node *node = &sim->nodes[i];
		status = server_new(&sim->servers[i], &host, i, port > 0 ? port + (unsigned)i : 0, err);
		if (status != STATUS_OK)
			break;
		snprintf(node->name, sizeof(node->name), "%s", from->name);
		snprintf(node->url, sizeof(node->url), "http://127.0.0.1:%u", server_port(sim->servers[i]));
		node->validator = from->validator;
		node->address = from->address;
	}
	if (status == STATUS_OK)
		status = server_new(&sim->control, &host, CONTROL_NODE, port > 0 ? port + (unsigned)sim->node_count : 0, err);
	if (status == STATUS_OK)
		status = server_open(sim->control, err);
	if (status == STATUS_OK && sim->engine->bridge)
		status = take_systems(sim, err);
	if (status == STATUS_OK)
		snprintf(sim->control_url, sizeof(sim->control_url), "http://127.0.0.1:%u", server_port(sim->control));
	return status;
}

static enum status start_ticker(struct sim *sim, struct error *err)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int why = pthread_create(&sim->ticker, NULL, tick, sim);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (why != 0)
		return error_set(err, STATUS_IO, "simulated network: no thread: %s (end some processes)", strerror(why));
	sim->ticking = true;
	return STATUS_OK;
}

static void init_locks(struct sim *sim)
{
	pthread_condattr_t attributes;
	pthread_mutex_init(&sim->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&sim->news, &attributes);
	pthread_condattr_destroy(&attributes);
}

enum status sim_start(struct sim **out, const struct sim_options *options, struct error *err)
{
	*out = NULL;
	struct sim *sim = xcalloc(1, sizeof(*sim));
	init_locks(sim);
	sim->options = *options;
	sim->start_wall_us = clock_wall_us(clock_system());
	sim->start_mono_us = clock_mono_us(clock_system());
	enum status status = check_options(&sim->options, err);
	if (status == STATUS_OK)
		status = make_history(sim, err);
	if (status == STATUS_OK)
		status = take_ports(sim, err);
	if (status == STATUS_OK) {
		pthread_mutex_lock(&sim->mutex);
		status = follow(sim, err);
		pthread_mutex_unlock(&sim->mutex);
	}
	if (status == STATUS_OK)
		status = start_ticker(sim, err);
	/* The caller's strings are the caller's. */
	sim->options.scenario = sim->options.victim = NULL;
	if (status != STATUS_OK) {
		sim_stop(sim);
		return status;
	}
	*out = sim;
	return STATUS_OK;
}

void sim_stop(struct sim *sim)
{
	if (!sim)
		return;
	pthread_mutex_lock(&sim->mutex);
	sim->stopping = true;
	pthread_cond_broadcast(&sim->news);
	pthread_mutex_unlock(&sim->mutex);
	if (sim->ticking)
		pthread_join(sim->ticker, NULL);
	for (size_t i = 0; sim->servers && i < sim->engine->node_count; i++)
		server_free(sim->servers[i]);
	server_free(sim->control);
	if (sim->far)
		server_free(sim->far);
	if (sim->monitor)
		server_free(sim->monitor);
	free(sim->servers);
	free(sim->nodes);
	engine_free(sim->engine);
	pthread_cond_destroy(&sim->news);
	pthread_mutex_destroy(&sim->mutex);
	free(sim);
}

/* --- looking and ordering ------------------------------------------------------------------ */

size_t sim_node_count(const struct sim *sim)
{
	return sim->node_count;
}

const struct sim_node *sim_node_at(const struct sim *sim, size_t i)
{
	return i < sim->node_count ? &sim->nodes[i] : NULL;
}

const char *sim_control_url(const struct sim *sim)
{
	return sim->control_url;
}

const struct sim_node *sim_victim(const struct sim *sim)
{
	return !scenario_harms_node(sim->run.def) ? NULL : &sim->nodes[sim->run.victim];
}

static enum status obey(struct sim *sim, const char *order, struct buf *out, struct error *err)
{
	pthread_mutex_lock(&sim->mutex);
	enum status status = carry_out(sim, order, out, err);
	/* At once: when this returns, ports that must be closed are closed. */
	uint64_t mine = sim->ordered;
	while (sim->applied < mine && !sim->stopping)
		wait_news(sim, TICK_MS);
	pthread_mutex_unlock(&sim->mutex);
	return status;
}

enum status sim_control(struct sim *sim, const char *order, char *answer, size_t size, struct error *err)
{
	struct buf out;
	buf_init(&out, ANSWER_BYTES_MAX);
	enum status status = obey(sim, order, &out, err);
	if (size > 0)
		snprintf(answer, size, "%s", buf_text(&out));
	buf_free(&out);
	return status;
}

/* Orders that are refused only where they change nothing. */
static void obey_quietly(struct sim *sim, const char *order)
{
	struct buf out;
	buf_init(&out, ORDER_BYTES);
	(void)obey(sim, order, &out, NULL);
	buf_free(&out);
}

void sim_break(struct sim *sim)
{
	obey_quietly(sim, "break");
}

void sim_heal(struct sim *sim)
{
	obey_quietly(sim, "heal");
}

void sim_config(const struct sim *sim, struct buf *out)
{
	const struct sim_options *o = &sim->options;
	char address[ADDRESS_TEXT];
	buf_printf(out, "# The simulated network \"%s\", seed %" PRIu64 ". Orders: POST to %s/control.\n", sim->run.def->name, o->seed, sim->control_url);
	buf_printf(out, "[network]\nname = Simulated network\nchain_id = %d\nblock_period = %" PRId64 "s\nrequest_timeout = %" PRId64 "s\n", CHAIN_ID,
		   o->block_period_ms / 1000, o->request_timeout_ms / 1000);
	for (size_t i = 0; i < sim->node_count; i++) {
		const struct sim_node *node = &sim->nodes[i];
		buf_printf(out, "\n[node %s]\nurl = %s\nrole = %s\n", node->name, node->url, node->validator ? "validator" : "rpc");
		if (node->validator)
			buf_printf(out, "validator = %s\n", address_text(address, &node->address));
	}
	/* "validator-2" for the validator of "besu-validator-2". */
	for (size_t i = 0; i < sim->node_count; i++) {
		if (sim->nodes[i].validator)
			buf_printf(out, "\n[validator %s]\naddress = %s\n", sim->nodes[i].name + strlen("besu-"), address_text(address, &sim->nodes[i].address));
	}
	if (sim->engine->bridge) {
		bridge_config(sim->engine->bridge, sim->far_url, out);
		monitor_config(sim->monitor_url, out);
	}
}
