/* Kinds and their values: the tables that panes, JSON and the judges share. */
#include "world/world.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static const struct value_def chain_values[CHAIN_VALUES] = {
	[CHAIN_HEAD] = {"head", "block", VALUE_NUMBER, UNIT_BLOCK},
	[CHAIN_HEAD_AGE_MS] = {"head_age_ms", "head age", VALUE_NUMBER, UNIT_MS},
	[CHAIN_BLOCK_PERIOD_MS] = {"block_period_ms", "block period", VALUE_NUMBER, UNIT_MS},
	[CHAIN_REQUEST_TIMEOUT_MS] = {"request_timeout_ms", "round timeout", VALUE_NUMBER, UNIT_MS},
	[CHAIN_ROUND] = {"round", "round", VALUE_NUMBER, UNIT_COUNT},
	[CHAIN_NEXT_ROUND_MS] = {"next_round_ms", "next round in", VALUE_NUMBER, UNIT_MS},
	[CHAIN_VALIDATORS] = {"validators", "validators", VALUE_NUMBER, UNIT_COUNT},
	[CHAIN_QUORUM] = {"quorum", "quorum", VALUE_NUMBER, UNIT_COUNT},
	[CHAIN_ALIVE] = {"alive", "alive", VALUE_NUMBER, UNIT_COUNT},
	[CHAIN_CAN_LOSE] = {"can_lose", "can lose", VALUE_NUMBER, UNIT_COUNT},
	[CHAIN_F] = {"f", "f", VALUE_NUMBER, UNIT_COUNT},
	[CHAIN_CONSENSUS] = {"consensus", "consensus", VALUE_TEXT, UNIT_NONE},
	[CHAIN_CHAIN_ID] = {"chain_id", "chain id", VALUE_NUMBER, UNIT_NONE},
	[CHAIN_HEAD_HASH] = {"head_hash", "block hash", VALUE_TEXT, UNIT_HASH},
	[CHAIN_FINALIZED] = {"finalized", "final block", VALUE_NUMBER, UNIT_BLOCK},
	[CHAIN_FORK_BLOCK] = {"fork_block", "forks at", VALUE_NUMBER, UNIT_BLOCK},
	[CHAIN_FORK_HASH] = {"fork_hash", "hash there", VALUE_TEXT, UNIT_HASH},
	[CHAIN_PARTITIONS] = {"partitions", "groups of peers", VALUE_NUMBER, UNIT_COUNT},
	[CHAIN_VERSIONS] = {"versions", "versions", VALUE_TEXT, UNIT_NONE},
	[CHAIN_REWOUND_BLOCK] = {"rewound_block", "lost from", VALUE_NUMBER, UNIT_BLOCK},
	[CHAIN_REWOUND_BACK] = {"rewound_back", "blocks lost", VALUE_NUMBER, UNIT_COUNT},
	[CHAIN_REWOUND_BEFORE] = {"rewound_before", "hash before", VALUE_TEXT, UNIT_HASH},
	[CHAIN_REWOUND_NOW] = {"rewound_now", "hash now", VALUE_TEXT, UNIT_HASH},
};

static const struct value_def node_values[NODE_VALUES] = {
	[NODE_HEAD] = {"head", "block", VALUE_NUMBER, UNIT_BLOCK},
	[NODE_LAG] = {"lag", "behind", VALUE_NUMBER, UNIT_COUNT},
	[NODE_PEERS] = {"peers", "peers", VALUE_NUMBER, UNIT_COUNT},
	[NODE_RPC_MS] = {"rpc_ms", "answers in", VALUE_NUMBER, UNIT_MS},
	[NODE_SYNCING] = {"syncing", "syncing", VALUE_FLAG, UNIT_NONE},
	[NODE_VERSION] = {"version", "version", VALUE_TEXT, UNIT_NONE},
	[NODE_HEAD_HASH] = {"head_hash", "block hash", VALUE_TEXT, UNIT_HASH},
	[NODE_HEAD_AGE_MS] = {"head_age_ms", "head age", VALUE_NUMBER, UNIT_MS},
	[NODE_POOL] = {"pool", "pool", VALUE_NUMBER, UNIT_COUNT},
	[NODE_CHAIN_ID] = {"chain_id", "chain id", VALUE_NUMBER, UNIT_NONE},
	[NODE_METHODS] = {"methods", "methods", VALUE_TEXT, UNIT_NONE},
	[NODE_CLOCK_SKEW_MS] = {"clock_skew_ms", "clock differs by", VALUE_NUMBER, UNIT_MS},
	[NODE_ERROR_PERCENT] = {"error_percent", "errors %", VALUE_NUMBER, UNIT_COUNT},
	[NODE_FORK_BLOCK] = {"fork_block", "forks at", VALUE_NUMBER, UNIT_BLOCK},
	[NODE_FORK_HASH] = {"fork_hash", "hash there", VALUE_TEXT, UNIT_HASH},
	[NODE_PARTITION] = {"partition", "group of peers", VALUE_NUMBER, UNIT_COUNT},
	[NODE_LIVENESS] = {"liveness", "/liveness says", VALUE_TEXT, UNIT_NONE},
	[NODE_READINESS] = {"readiness", "/readiness says", VALUE_TEXT, UNIT_NONE},
};

static const struct value_def validator_values[VALIDATOR_VALUES] = {
	[VALIDATOR_PROPOSED] = {"proposed", "proposed", VALUE_NUMBER, UNIT_COUNT},
	[VALIDATOR_LAST_PROPOSED] = {"last_proposed", "last proposed", VALUE_NUMBER, UNIT_BLOCK},
	[VALIDATOR_MISSED_TURNS] = {"missed_turns", "missed turns", VALUE_NUMBER, UNIT_COUNT},
	[VALIDATOR_SEALED] = {"sealed", "sealed", VALUE_NUMBER, UNIT_COUNT},
	[VALIDATOR_WINDOW] = {"window", "of blocks", VALUE_NUMBER, UNIT_COUNT},
	[VALIDATOR_ADDRESS] = {"address", "address", VALUE_TEXT, UNIT_ADDRESS},
	[VALIDATOR_NODE] = {"node", "node", VALUE_TEXT, UNIT_NONE},
	[VALIDATOR_TURNS] = {"turns", "turns", VALUE_TEXT, UNIT_NONE},
	[VALIDATOR_VOTES] = {"votes", "pending votes", VALUE_TEXT, UNIT_NONE},
	[VALIDATOR_LAST_SEALED] = {"last_sealed", "last sealed", VALUE_NUMBER, UNIT_BLOCK},
	[VALIDATOR_MEMBER] = {"member", "in the set", VALUE_FLAG, UNIT_NONE},
};

static const struct value_def lane_values[LANE_VALUES] = {
	[LANE_VERSION] = {"version", "version", VALUE_TEXT, UNIT_NONE},
	[LANE_SENT] = {"sent", "sent", VALUE_NUMBER, UNIT_COUNT},
	[LANE_COMMITTED] = {"committed", "committed", VALUE_NUMBER, UNIT_COUNT},
	[LANE_EXECUTED] = {"executed", "executed", VALUE_NUMBER, UNIT_COUNT},
	[LANE_PENDING] = {"pending", "pending", VALUE_NUMBER, UNIT_COUNT},
	[LANE_AWAITING_COMMIT] = {"awaiting_commit", "awaiting commit", VALUE_NUMBER, UNIT_COUNT},
	[LANE_FAILED] = {"failed", "failed", VALUE_NUMBER, UNIT_COUNT},
	[LANE_OLDEST_PENDING_S] = {"oldest_pending_s", "oldest pending", VALUE_NUMBER, UNIT_S},
	[LANE_LATENCY_S] = {"latency_s", "recent latency", VALUE_NUMBER, UNIT_S},
	[LANE_SLO_S] = {"slo_s", "expected within", VALUE_NUMBER, UNIT_S},
	[LANE_CURSED] = {"cursed", "cursed", VALUE_FLAG, UNIT_NONE},
	[LANE_PAUSED] = {"paused", "paused", VALUE_FLAG, UNIT_NONE},
	[LANE_STAGE] = {"stage", "stage at fault", VALUE_TEXT, UNIT_NONE},
	[LANE_SOURCE_CHAIN] = {"source_chain", "from", VALUE_TEXT, UNIT_NONE},
	[LANE_DEST_CHAIN] = {"dest_chain", "to", VALUE_TEXT, UNIT_NONE},
	[LANE_RATE_PERCENT] = {"rate_percent", "rate limit left %", VALUE_NUMBER, UNIT_COUNT},
	[LANE_RATE_REFILL_S] = {"rate_refill_s", "full again in", VALUE_NUMBER, UNIT_S},
	[LANE_FEE_BALANCE] = {"fee_balance", "fee tokens", VALUE_TEXT, UNIT_NONE},
	[LANE_FEE_DAYS] = {"fee_days", "days of fees", VALUE_NUMBER, UNIT_COUNT},
	[LANE_FEE_QUOTE] = {"fee_quote", "fee quote", VALUE_TEXT, UNIT_NONE},
	[LANE_PRICE_AGE_S] = {"price_age_s", "prices are old", VALUE_NUMBER, UNIT_S},
	[LANE_MANUAL] = {"manual", "manual execution", VALUE_TEXT, UNIT_NONE},
	[LANE_CORRUPT] = {"corrupt", "does not fit", VALUE_TEXT, UNIT_NONE},
	[LANE_ON_RAMP] = {"on_ramp", "onRamp", VALUE_TEXT, UNIT_NONE},
	[LANE_OFF_RAMP] = {"off_ramp", "offRamp", VALUE_TEXT, UNIT_NONE},
	[LANE_COMMIT_STORE] = {"commit_store", "commit store", VALUE_TEXT, UNIT_NONE},
	[LANE_SOURCE_RMN] = {"source_rmn", "RMN, source", VALUE_TEXT, UNIT_NONE},
	[LANE_DEST_RMN] = {"dest_rmn", "RMN, far side", VALUE_TEXT, UNIT_NONE},
	[LANE_SENDER] = {"sender", "sender", VALUE_TEXT, UNIT_NONE},
	[LANE_RECEIVER] = {"receiver", "receiver", VALUE_TEXT, UNIT_NONE},
	[LANE_OLDEST_ID] = {"oldest_id", "oldest message", VALUE_TEXT, UNIT_NONE},
	[LANE_TEST] = {"test", "test message", VALUE_TEXT, UNIT_NONE},
	[LANE_USUAL_S] = {"usual_s", "usual latency", VALUE_NUMBER, UNIT_S},
};

static const struct value_def feed_values[FEED_VALUES] = {
	[FEED_ANSWER] = {"answer", "answer", VALUE_TEXT, UNIT_NONE},
	[FEED_UPDATED_AGE_S] = {"updated_age_s", "updated", VALUE_NUMBER, UNIT_S},
	[FEED_HEARTBEAT_S] = {"heartbeat_s", "heartbeat", VALUE_NUMBER, UNIT_S},
	[FEED_ROUND] = {"round", "round", VALUE_TEXT, UNIT_NONE},
	[FEED_PHASE] = {"phase", "phase", VALUE_NUMBER, UNIT_COUNT},
	[FEED_DESCRIPTION] = {"description", "description", VALUE_TEXT, UNIT_NONE},
	[FEED_AGGREGATOR] = {"aggregator", "aggregator", VALUE_TEXT, UNIT_ADDRESS},
	[FEED_SECOND] = {"second", "second source", VALUE_TEXT, UNIT_NONE},
	[FEED_DEVIATION_PERCENT] = {"deviation_percent", "deviation", VALUE_TEXT, UNIT_NONE},
	[FEED_BREAKER] = {"breaker", "circuit breaker", VALUE_TEXT, UNIT_NONE},
	[FEED_PUBLISHER] = {"publisher", "publisher", VALUE_TEXT, UNIT_NONE},
};

static const struct value_def pod_values[POD_VALUES] = {
	[POD_PHASE] = {"phase", "phase", VALUE_TEXT, UNIT_NONE},
	[POD_READY] = {"ready", "ready", VALUE_TEXT, UNIT_NONE},
	[POD_RESTARTS] = {"restarts", "restarts", VALUE_NUMBER, UNIT_COUNT},
	[POD_REASON] = {"reason", "reason", VALUE_TEXT, UNIT_NONE},
	[POD_NAMESPACE] = {"namespace", "namespace", VALUE_TEXT, UNIT_NONE},
	[POD_AGE_S] = {"age_s", "age", VALUE_NUMBER, UNIT_S},
	[POD_RESTARTED_AGE_S] = {"restarted_age_s", "restarted", VALUE_NUMBER, UNIT_S},
	[POD_LAST_EXIT] = {"last_exit", "last exit", VALUE_TEXT, UNIT_NONE},
	[POD_HOST] = {"host", "host", VALUE_TEXT, UNIT_NONE},
	[POD_ADDRESS] = {"address", "address", VALUE_TEXT, UNIT_NONE},
	[POD_CPU] = {"cpu", "CPU", VALUE_TEXT, UNIT_NONE},
	[POD_MEMORY] = {"memory", "memory", VALUE_TEXT, UNIT_NONE},
	[POD_OWNER] = {"owner", "owner", VALUE_TEXT, UNIT_NONE},
	[POD_EVENT] = {"event", "last warning", VALUE_TEXT, UNIT_NONE},
	[POD_LINK] = {"link", "link", VALUE_TEXT, UNIT_NONE},
};

static const struct value_def workload_values[WORKLOAD_VALUES] = {
	[WORKLOAD_TYPE] = {"type", "type", VALUE_TEXT, UNIT_NONE},
	[WORKLOAD_DESIRED] = {"desired", "wanted", VALUE_NUMBER, UNIT_COUNT},
	[WORKLOAD_READY] = {"ready", "ready", VALUE_NUMBER, UNIT_COUNT},
	[WORKLOAD_UPDATED] = {"updated", "updated", VALUE_NUMBER, UNIT_COUNT},
	[WORKLOAD_QUORUM] = {"quorum", "quorum", VALUE_NUMBER, UNIT_COUNT},
	[WORKLOAD_ROLLOUT] = {"rollout", "rollout", VALUE_TEXT, UNIT_NONE},
	[WORKLOAD_NAMESPACE] = {"namespace", "namespace", VALUE_TEXT, UNIT_NONE},
};

static const struct value_def alert_values[ALERT_VALUES] = {
	[ALERT_STATE] = {"state", "state", VALUE_TEXT, UNIT_NONE},
	[ALERT_SEVERITY] = {"severity", "severity", VALUE_TEXT, UNIT_NONE},
	[ALERT_SUMMARY] = {"summary", "summary", VALUE_TEXT, UNIT_NONE},
	[ALERT_SINCE_S] = {"since_s", "for", VALUE_NUMBER, UNIT_S},
	[ALERT_LABELS] = {"labels", "labels", VALUE_TEXT, UNIT_NONE},
	[ALERT_OWNER] = {"owner", "goes to", VALUE_TEXT, UNIT_NONE},
	[ALERT_SILENCE] = {"silence", "silence", VALUE_TEXT, UNIT_NONE},
	[ALERT_LINK] = {"link", "link", VALUE_TEXT, UNIT_NONE},
};

static const struct value_def probe_values[PROBE_VALUES] = {
	[PROBE_VALUE] = {"value", "value", VALUE_TEXT, UNIT_NONE},
	[PROBE_LATENCY_MS] = {"latency_ms", "answers in", VALUE_NUMBER, UNIT_MS},
	[PROBE_STATUS] = {"status", "HTTP status", VALUE_NUMBER, UNIT_NONE},
	[PROBE_CERTIFICATE_DAYS] = {"certificate_days", "certificate, days left", VALUE_NUMBER, UNIT_COUNT},
	[PROBE_QUERY] = {"query", "asks", VALUE_TEXT, UNIT_NONE},
	[PROBE_WARN] = {"warn", "warns", VALUE_TEXT, UNIT_NONE},
	[PROBE_CRIT] = {"crit", "critical", VALUE_TEXT, UNIT_NONE},
	[PROBE_VERSION] = {"version", "version", VALUE_TEXT, UNIT_NONE},
	[PROBE_HEAD] = {"head", "block", VALUE_NUMBER, UNIT_BLOCK},
	[PROBE_HEAD_AGE_S] = {"head_age_s", "block age", VALUE_NUMBER, UNIT_S},
	[PROBE_LINK] = {"link", "link", VALUE_TEXT, UNIT_NONE},
};

static const struct kind_def kinds[KIND_COUNT] = {
	[KIND_CHAIN] = {"chain", "chains", chain_values, CHAIN_VALUES},
	[KIND_NODE] = {"node", "nodes", node_values, NODE_VALUES},
	[KIND_VALIDATOR] = {"validator", "validators", validator_values, VALIDATOR_VALUES},
	[KIND_LANE] = {"lane", "lanes", lane_values, LANE_VALUES},
	[KIND_FEED] = {"feed", "feeds", feed_values, FEED_VALUES},
	[KIND_POD] = {"pod", "pods", pod_values, POD_VALUES},
	[KIND_WORKLOAD] = {"workload", "workloads", workload_values, WORKLOAD_VALUES},
	[KIND_ALERT] = {"alert", "alerts", alert_values, ALERT_VALUES},
	[KIND_PROBE] = {"probe", "probes", probe_values, PROBE_VALUES},
};

_Static_assert((int)CHAIN_VALUES <= (int)WORLD_VALUES_MAX, "chain values fit");
_Static_assert((int)NODE_VALUES <= (int)WORLD_VALUES_MAX, "node values fit");
_Static_assert((int)VALIDATOR_VALUES <= (int)WORLD_VALUES_MAX, "validator values fit");
_Static_assert((int)LANE_VALUES <= (int)WORLD_VALUES_MAX, "lane values fit");
_Static_assert((int)FEED_VALUES <= (int)WORLD_VALUES_MAX, "feed values fit");
_Static_assert((int)POD_VALUES <= (int)WORLD_VALUES_MAX, "pod values fit");
_Static_assert((int)WORKLOAD_VALUES <= (int)WORLD_VALUES_MAX, "workload values fit");
_Static_assert((int)ALERT_VALUES <= (int)WORLD_VALUES_MAX, "alert values fit");
_Static_assert((int)PROBE_VALUES <= (int)WORLD_VALUES_MAX, "probe values fit");

const struct kind_def *kind_def(enum kind kind)
{
	return &kinds[kind];
}

const char *kind_name(enum kind kind)
{
	return kinds[kind].name;
}

const char *health_name(enum health health)
{
	static const char *const names[] = {
		[HEALTH_UNKNOWN] = "unknown",
		[HEALTH_OK] = "ok",
		[HEALTH_WARNING] = "warning",
		[HEALTH_CRITICAL] = "critical",
		[HEALTH_STALE] = "stale",
	};

	return names[health];
}

const char *reach_name(enum reach reach)
{
	static const char *const names[] = {
		[REACH_OK] = "ok",
		[REACH_REFUSING] = "refusing",
		[REACH_UNREACHABLE] = "unreachable",
		[REACH_UNKNOWN] = "unknown",
	};

	return names[reach];
}

/* --- trails ---------------------------------------------------------------- */

const struct trail_point *trail_at(const struct trail *trail, size_t i)
{
	return &trail->points[(trail->next + TRAIL_LENGTH - trail->count + i) % TRAIL_LENGTH];
}

void trail_add(struct trail *trail, int64_t at_us, int64_t number, enum health health)
{
	trail->points[trail->next] = (struct trail_point){.at_us = at_us, .number = number, .health = health};
	trail->next = (trail->next + 1) % TRAIL_LENGTH;
	if (trail->count < TRAIL_LENGTH)
		trail->count++;
}

bool component_listed(char (*ids)[96], size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(ids[i], id) == 0)
			return true;
	}
	return false;
}

/* --- values ---------------------------------------------------------------- */

const struct value *component_value(const struct component *c, int index)
{
	if (index < 0 || (size_t)index >= kinds[c->kind].value_count || c->values[index].type == VALUE_NONE)
		return NULL;
	return &c->values[index];
}

bool component_number(const struct component *c, int index, int64_t *out)
{
	const struct value *value = component_value(c, index);

	if (value == NULL || value->type == VALUE_TEXT)
		return false;
	*out = value->number;
	return true;
}

const char *component_text(const struct component *c, int index)
{
	const struct value *value = component_value(c, index);

	return value != NULL && value->type == VALUE_TEXT ? value->text : NULL;
}

int64_t component_age_us(const struct component *c, int64_t now_us)
{
	if (c->seen_us == 0)
		return -1;
	return now_us > c->seen_us ? now_us - c->seen_us : 0;
}

/* Milliseconds for people: exact while short, then as a duration. */
static char *ms_text(char *dst, size_t size, int64_t ms)
{
	char duration[DURATION_TEXT];

	if (ms > -10000 && ms < 10000)
		return text_format(dst, size, "%lld ms", (long long)ms);
	return text_format(dst, size, "%s", duration_human(duration, ms * US_PER_MS));
}

char *value_text(char *dst, size_t size, const struct value_def *def, const struct value *value)
{
	char duration[DURATION_TEXT];

	if (value == NULL || value->type == VALUE_NONE)
		return text_format(dst, size, "?");
	if (value->type == VALUE_TEXT)
		return text_format(dst, size, "%s", value->text);
	if (value->type == VALUE_FLAG)
		return text_format(dst, size, "%s", value->number != 0 ? "yes" : "no");
	switch (def->unit) {
	case UNIT_MS:
		return ms_text(dst, size, value->number);
	case UNIT_S:
		return text_format(dst, size, "%s", duration_human(duration, value->number * US_PER_S));
	case UNIT_BLOCK:
	case UNIT_COUNT:
		return text_thousands(dst, size, value->number);
	default:
		return text_format(dst, size, "%lld", (long long)value->number);
	}
}
