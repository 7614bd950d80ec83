#include "drill/scenario.h"

#include "base/clock.h"
#include "drill/bridge.h"

#include <string.h>

struct scenario_plot {
	enum {
		HARMS_NONE,
		HARMS_VALIDATOR,
		HARMS_RPC,
		HARMS_BRIDGE, /* contracts, a feed, or what the logs say */
	} harms;
	int64_t lead_blocks; /* how many blocks before the start it broke, at least */
	int64_t lead_us;     /* and how long */
	void (*apply)(struct engine *engine, size_t victim);
};

static void crash_validator(struct engine *engine, size_t index)
{
	engine_crash(engine, &engine->nodes[index], "OOMKilled", "BftProcessorExecutor-QBFT-0 | ERROR | Besu | Uncaught exception in worker, the process ends: java.lang.OutOfMemoryError: Java heap space");
}

/* As many validators as it takes to leave less than a quorum. */
static void crash_quorum(struct engine *engine, size_t victim)
{
	unsigned count = engine->config.validators;
	for (unsigned i = 0; i <= count - engine_quorum(count); i++)
		crash_validator(engine, (victim + i) % count);
}

/* The victim refuses, in the way the seed chose; its neighbour is overloaded. */
static void spoil_rpc(struct engine *engine, size_t victim)
{
	const struct engine_config *config = &engine->config;
	bool closed = engine_draw(engine, DRAW_VICTIM, 1) % 2 == 1;
	engine_trouble(engine, &engine->nodes[victim], closed ? RPC_REFUSED : RPC_UNAVAILABLE);
	if (config->rpc_nodes < 2)
		return;
	size_t neighbour = config->validators + (victim - config->validators + 1) % config->rpc_nodes;
	engine_trouble(engine, &engine->nodes[neighbour], RPC_SLOW);
}

/* The victim, and the last RPC node where there are several, follow a second chain. */
static void fork_chain(struct engine *engine, size_t victim)
{
	const struct engine_config *config = &engine->config;
	engine_stray(engine, &engine->nodes[victim]);
	if (config->rpc_nodes > 1)
		engine_stray(engine, &engine->nodes[config->validators + config->rpc_nodes - 1]);
}

/* Half of the validators, the victim first, and every second RPC node are parted from the
 * rest: with four or more validators neither half has a quorum. */
static void part_network(struct engine *engine, size_t victim)
{
	const struct engine_config *config = &engine->config;
	for (unsigned i = 0; i < config->validators / 2; i++)
		engine_cut(engine, &engine->nodes[(victim + i) % config->validators]);
	for (unsigned i = 1; i < config->rpc_nodes; i += 2)
		engine_cut(engine, &engine->nodes[config->validators + i]);
}

static void skew_clock(struct engine *engine, size_t victim)
{
	engine->nodes[victim].skew_us = 30 * US_PER_S + (int64_t)(engine_draw(engine, DRAW_VICTIM, 2) % (uint64_t)(60 * US_PER_S));
}

static void start_flapping(struct engine *engine, size_t victim)
{
	engine_flap(engine, &engine->nodes[victim]);
}

/* Each harms the contracts in one way. */
static void curse_lane(struct engine *engine, size_t victim)
{
	(void)victim;
	bridge_break(engine->bridge, BRIDGE_CURSED);
}

static void spoil_receiver(struct engine *engine, size_t victim)
{
	(void)victim;
	bridge_break(engine->bridge, BRIDGE_REVERTS);
}

static void stop_execution(struct engine *engine, size_t victim)
{
	(void)victim;
	bridge_break(engine->bridge, BRIDGE_UNEXECUTED);
}

static void corrupt_messages(struct engine *engine, size_t victim)
{
	(void)victim;
	bridge_break(engine->bridge, BRIDGE_CORRUPT);
}

static void part_chains(struct engine *engine, size_t victim)
{
	(void)victim;
	bridge_break(engine->bridge, BRIDGE_PARTED);
}

static void stop_feed(struct engine *engine, size_t victim)
{
	(void)victim;
	bridge_break(engine->bridge, BRIDGE_FEED_STOPS);
}

static void intrude(struct engine *engine, size_t victim)
{
	(void)victim;
	bridge_break(engine->bridge, BRIDGE_INTRUSION);
}

static const struct scenario_plot healthy = {HARMS_NONE, 0, 0, NULL};
static const struct scenario_plot validator_failure = {HARMS_VALIDATOR, 40, 60 * US_PER_S, crash_validator};
static const struct scenario_plot network_outage = {HARMS_VALIDATOR, 0, 60 * US_PER_S, crash_quorum};
static const struct scenario_plot rpc_endpoint_issues = {HARMS_RPC, 0, 30 * US_PER_S, spoil_rpc};

static const struct scenario_plot chain_fork = {HARMS_VALIDATOR, 0, 60 * US_PER_S, fork_chain};
static const struct scenario_plot network_partition = {HARMS_VALIDATOR, 0, 60 * US_PER_S, part_network};
static const struct scenario_plot clock_skew = {HARMS_VALIDATOR, 0, 60 * US_PER_S, skew_clock};
static const struct scenario_plot flapping = {HARMS_VALIDATOR, 0, 0, start_flapping};

static const struct scenario_plot systems = {HARMS_BRIDGE, 0, 0, NULL};
static const struct scenario_plot router_failure = {HARMS_BRIDGE, 0, 90 * US_PER_S, curse_lane};
static const struct scenario_plot contract_failure = {HARMS_BRIDGE, 0, 120 * US_PER_S, spoil_receiver};
static const struct scenario_plot message_backlog = {HARMS_BRIDGE, 0, 360 * US_PER_S, stop_execution};
static const struct scenario_plot data_corruption = {HARMS_BRIDGE, 0, 180 * US_PER_S, corrupt_messages};
static const struct scenario_plot chains_parted = {HARMS_BRIDGE, 0, 60 * US_PER_S, part_chains};
static const struct scenario_plot oracle_failures = {HARMS_BRIDGE, 0, 180 * US_PER_S, stop_feed};
static const struct scenario_plot security_incident = {HARMS_BRIDGE, 0, 60 * US_PER_S, intrude};

static const struct scenario_def scenarios[] = {
	{"healthy", "every validator takes its turn, every node answers", "nothing", "nothing to heal", &healthy},
	{"validator-failure", "one validator's process is gone",
	 "the victim's node refuses connections and misses its turns; blocks come, some of them late",
	 "restart the victim", &validator_failure},
	{"network-outage", "fewer validators than a quorum are left: the chain halts",
	 "the victim and as many more validators as leave no quorum are gone; the rest answers, rounds grow longer",
	 "restart all validators, which also resets their round timers", &network_outage},
	{"rpc-endpoint-issues", "RPC nodes fail while the chain is well",
	 "the victim among the RPC nodes refuses, its neighbour takes seconds to answer",
	 "restart the victim; restart the slow one, or scale out", &rpc_endpoint_issues},
	{"chain-fork", "two chains with the same validators' keys",
	 "the victim and another node follow a chain of their own; both chains grow",
	 "restart those that strayed, with empty volumes", &chain_fork},
	{"network-partition", "a network fault parts the nodes into two groups",
	 "each node sees its own half only; with four or more validators no half has a quorum and the chain halts",
	 "nothing but the network itself: the order heal", &network_partition},
	{"clock-skew", "one node's clock is wrong",
	 "the victim's clock is half a minute or more ahead; blocks come as always",
	 "restart the victim, which moves it to another machine", &clock_skew},
	{"flapping", "one validator crashes, comes back and crashes again",
	 "the victim is away for some turns and back for some, over and over",
	 "restart the victim", &flapping},
	{"all-systems", "a healthy network with lanes, a feed, a cluster, alerts and logs", "nothing", "nothing to heal", &systems},
	{"oracle-update-failures", "the oracle's publisher crashes, and its feed grows old",
	 "the publisher's pod ends again and again; the feed is not updated",
	 "restart the publisher", &oracle_failures},
	{"security-incident", "somebody calls admin methods from outside",
	 "the logs show refused calls, and an alert fires; nothing is broken yet",
	 "nothing but the order heal: the origin is blocked", &security_incident},
	{"ccip-router-failure", "the lane away from the network is cursed",
	 "the RMN names the far chain; the router quotes no fee and takes no message",
	 "the order heal: the curse is lifted", &router_failure},
	{"ccip-contract-failure", "a receiver reverts",
	 "each message on the way out fails in its receiver",
	 "the order heal: the receiver is repaired, and messages are executed by hand", &contract_failure},
	{"ccip-message-backlog", "nobody executes committed messages",
	 "messages are sent and committed, and wait",
	 "the order heal: execution goes on", &message_backlog},
	{"ccip-data-corruption", "numbers are left out, and roots do not fit",
	 "every fourth message is told by no event, and every fourth root is another",
	 "the order heal: what follows is right again", &data_corruption},
	{"ccip-network-partition", "the far chain cannot be reached",
	 "its endpoint refuses; whether messages arrive is not known",
	 "the order heal: the endpoint is back", &chains_parted},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct scenario_def *sim_scenarios(void)
{
	return scenarios;
}

const struct scenario_def *scenario_find(const char *name, struct error *err)
{
	struct buf names;
	buf_init(&names, 400);
	for (const struct scenario_def *def = scenarios; def->name; def++) {
		if (strcmp(def->name, name) == 0) {
			buf_free(&names);
			return def;
		}
		buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", def->name);
	}
	(void)error_set(err, STATUS_USAGE, "scenario %s: not known (choose one of %s)", name, buf_text(&names));
	buf_free(&names);
	return NULL;
}

int64_t scenario_lead_us(const struct scenario_def *def, const struct engine_config *config)
{
	const struct scenario_plot *plot = def->plot;
	int64_t blocks = plot->lead_blocks;
	/* A validator's turn comes once in n blocks: it must have missed some. */
	if (blocks > 0 && blocks < 4 * (int64_t)config->validators)
		blocks = 4 * (int64_t)config->validators;
	int64_t lead_us = blocks * (config->period_us + config->timeout_us / 2);
	int64_t stall_us = plot->harms == HARMS_VALIDATOR ? 8 * (config->period_us + config->timeout_us) : 0;
	if (lead_us < stall_us)
		lead_us = stall_us;
	return lead_us > plot->lead_us ? lead_us : plot->lead_us;
}

static bool may_harm(const struct scenario_plot *plot, const struct engine_node *node)
{
	return node->phase != POD_ABSENT && (plot->harms == HARMS_NONE || node->validator == (plot->harms == HARMS_VALIDATOR));
}

enum status scenario_victim(const struct scenario_def *def, const struct engine *engine, const char *name, size_t *out, struct error *err)
{
	const struct scenario_plot *plot = def->plot;
	const struct engine_config *config = &engine->config;
	if (plot->harms == HARMS_BRIDGE && name)
		return error_set(err, STATUS_USAGE, "victim %s: %s harms no node (leave --victim out)", name, def->name);
	if (!name) {
		uint64_t draw = engine_draw(engine, DRAW_VICTIM, 0);
		*out = plot->harms == HARMS_RPC ? config->validators + (size_t)(draw % config->rpc_nodes) : (size_t)(draw % config->validators);
		return STATUS_OK;
	}
	struct buf names;
	buf_init(&names, 300);
	for (size_t i = 0; i < engine->node_count; i++) {
		const struct engine_node *node = &engine->nodes[i];
		if (!may_harm(plot, node))
			continue;
		if (strcmp(node->name, name) == 0) {
			*out = i;
			buf_free(&names);
			return STATUS_OK;
		}
		buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", node->name);
	}
	enum status status = error_set(err, STATUS_USAGE, "victim %s: %s cannot harm it (choose one of %s)", name, def->name, buf_text(&names));
	buf_free(&names);
	return status;
}

bool scenario_has_systems(const struct scenario_def *def)
{
	return def->plot->harms == HARMS_BRIDGE;
}

bool scenario_breaks(const struct scenario_def *def)
{
	return def->plot->apply != NULL;
}

bool scenario_harms_node(const struct scenario_def *def)
{
	return def->plot->harms == HARMS_VALIDATOR || def->plot->harms == HARMS_RPC;
}

bool scenario_is_broken(const struct engine *engine)
{
	if (engine->bridge && bridge_faults(engine->bridge) != BRIDGE_FINE)
		return true;
	for (size_t i = 0; i < engine->node_count; i++) {
		const struct engine_node *node = &engine->nodes[i];
		if (node->phase == POD_CRASHED || node->trouble != RPC_FINE || node->cut || node->strayed || node->skew_us != 0 || node->flap_us != 0)
			return true;
	}
	return false;
}

bool scenario_break(struct scenario_run *run, struct engine *engine)
{
	if (!run->def->plot->apply || scenario_is_broken(engine))
		return false;
	run->break_us = INT64_MAX;
	run->def->plot->apply(engine, run->victim);
	return true;
}

void scenario_heal(struct scenario_run *run, struct engine *engine)
{
	run->heal_us = INT64_MAX;
	engine_heal(engine);
}

static void live(struct engine *engine, int64_t now_us)
{
	engine_advance(engine, now_us);
	if (engine->bridge)
		bridge_advance(engine->bridge, now_us);
}

void scenario_advance(struct scenario_run *run, struct engine *engine, int64_t now_us)
{
	if (run->break_us <= now_us) {
		live(engine, run->break_us);
		(void)scenario_break(run, engine);
		run->break_us = INT64_MAX;
	}
	if (run->heal_us <= now_us) {
		live(engine, run->heal_us);
		scenario_heal(run, engine);
	}
	live(engine, now_us);
}
