/* Symptoms: what programs call them, and the rule by which each is found, for people. */
#include "world/world.h"

#include <string.h>

/* Numbers that the configuration can change are named by their keys. */
static const struct {
	const char *name, *rule;
} symptoms[SYMPTOM_COUNT] = {
	[SYMPTOM_NONE] = {"none", "nothing is wrong with it"},
	/* of our view */
	[SYMPTOM_UNREACHABLE] = {"unreachable", "no answer for longer than dwell_ms"},
	[SYMPTOM_REFUSING] = {"refusing", "it answers and says no for longer than dwell_ms, or it is of another chain"},
	[SYMPTOM_UNSAMPLED] = {"unsampled", "no news for longer than its source may take"},
	[SYMPTOM_INVISIBLE] = {"invisible", "no node of the chain can be reached, or none tells its newest block, or as many tell of one chain as of another"},
	/* of a node */
	[SYMPTOM_LAG] = {"lag", "behind the highest head by more than lag_warn_blocks; critical from lag_crit_s worth of blocks on"},
	[SYMPTOM_SYNCING] = {"syncing", "it says itself that it is catching up"},
	[SYMPTOM_PEERS] = {"peers", "fewer peers than peers_warn, or of a validator fewer than a quorum needs"},
	[SYMPTOM_SLOW] = {"slow", "the slowest twentieth of the last minute's answers took longer than rpc_warn_ms"},
	[SYMPTOM_ERRORS] = {"errors", "more than rpc_error_percent of the last minute's answers were errors"},
	[SYMPTOM_SKEW] = {"skew", "its clock differs by more than skew_warn_ms from ours, or from most when it is ours that is wrong"},
	[SYMPTOM_CUT_OFF] = {"cut-off", "it and its peers see none of the others"},
	[SYMPTOM_APART] = {"apart", "its newest block cannot be of one chain with those of most nodes: too far ahead, or older than lower ones"},
	/* of the chain */
	[SYMPTOM_SILENT] = {"silent", "the next block is later than the period and the round timeout"},
	[SYMPTOM_STALLED] = {"stalled", "the next block is later than the period, stall_rounds timeouts and stall_slack_ms, on every reachable node"},
	[SYMPTOM_QUORUM] = {"quorum", "as many validators are alive as a quorum takes, and no more"},
	[SYMPTOM_FORK] = {"fork", "nodes have different blocks at one height"},
	[SYMPTOM_REWOUND] = {"rewound", "most nodes lost final blocks or have others in their place; for rewound_ms, or until its incident is resolved"},
	[SYMPTOM_PARTED] = {"parted", "groups of nodes see only themselves"},
	/* of a validator */
	[SYMPTOM_OFFLINE] = {"offline", "it proposed nothing in offline_turns rounds of turns, and gives no sign"},
	[SYMPTOM_MISSED] = {"missed", "it misses more than missed_warn_percent of its turns, one of them lately"},
	[SYMPTOM_NODE_LOST] = {"node-lost", "its node cannot be reached, and its next turn is still to come"},
	[SYMPTOM_WAITING] = {"waiting", "the chain is silent while its own node answers"},
	[SYMPTOM_SEALS] = {"seals", "it proposes, and seals no block of the others"},
	[SYMPTOM_LEFT] = {"left", "it is not in the validator set of the newest block"},
	/* of a lane */
	[SYMPTOM_NO_CONTRACT] = {"no-contract", "a call to its address comes back empty, or another contract answers"},
	[SYMPTOM_CURSED] = {"cursed", "isCursed of the RMN on either side is true, for all or for the other chain"},
	[SYMPTOM_PAUSED] = {"paused", "paused() of its commit store, sender or receiver is true"},
	[SYMPTOM_CLOSED] = {"closed", "the router names no ramp for the other chain, or the ramp is disabled"},
	[SYMPTOM_FEE_QUOTE] = {"fee-quote", "the router's getFee reverts"},
	[SYMPTOM_UNCOMMITTED] = {"uncommitted", "the oldest message without a commit is older than twice the slo; critical from four times on"},
	[SYMPTOM_UNEXECUTED] = {"unexecuted", "the oldest committed message that was not executed is older than twice the slo; critical from four times on"},
	[SYMPTOM_BACKLOG] = {"backlog", "the oldest message on its way is older than twice the slo; critical from four times on"},
	[SYMPTOM_FAILED] = {"failed", "the execution state of a message is FAILURE, which never heals by itself"},
	[SYMPTOM_RATE_LIMIT] = {"rate-limit", "a token pool's bucket holds less than a tenth, or less than rate_amount"},
	[SYMPTOM_FEES_LOW] = {"fees-low", "the fee tokens pay for fewer days of traffic than fee_days"},
	[SYMPTOM_PRICES_STALE] = {"prices-stale", "a gas or token price is older than the contract's own threshold"},
	[SYMPTOM_CORRUPT] = {"corrupt", "a sequence number is missing or comes twice, or a hash or root does not match its message"},
	[SYMPTOM_FAR_SIDE] = {"far-side", "one of its two chains does not answer"},
	/* of a feed */
	[SYMPTOM_OVERDUE] = {"overdue", "no update for the heartbeat and its grace; critical from twice the heartbeat on"},
	[SYMPTOM_ANSWER] = {"answer", "the answer is zero, negative, at a bound, or from the future"},
	[SYMPTOM_DEVIATES] = {"deviates", "it differs from its second source by more than the deviation; critical from three times that on"},
	[SYMPTOM_BREAKER] = {"breaker", "the probe of its publisher's circuit breaker says so"},
	/* of a pod or workload */
	[SYMPTOM_CRASH_LOOP] = {"crash-loop", "a container is in CrashLoopBackOff, or is killed for memory again and again"},
	[SYMPTOM_NOT_READY] = {"not-ready", "its condition Ready is false for longer than a start takes, or it failed"},
	[SYMPTOM_UNSCHEDULED] = {"unscheduled", "no host of the cluster takes it"},
	[SYMPTOM_RESTARTED] = {"restarted", "a container restarted within the last minutes"},
	[SYMPTOM_REPLICAS] = {"replicas", "fewer pods are ready than wanted; critical with none, or below the quorum of its validators"},
	[SYMPTOM_ROLLOUT] = {"rollout", "a rollout makes no progress"},
	/* of an alert or a probe */
	[SYMPTOM_FIRING] = {"firing", "it fires; its own label severity says how bad that is"},
	[SYMPTOM_SILENCED] = {"silenced", "it fires, and a silence covers it"},
	[SYMPTOM_LIMIT] = {"limit", "its value is beyond its warn or crit, or the page is not as it should be"},
	[SYMPTOM_CERTIFICATE] = {"certificate", "the certificate runs out within the time of its section; critical in the last third"},
	[SYMPTOM_SECURITY] = {"security", "its section has kind = security, and its value is beyond its warn or crit"},
	[SYMPTOM_UNSCRAPED] = {"unscraped", "a Prometheus cannot read its numbers"},
	[SYMPTOM_ROUNDS] = {"rounds", "validators log that they change rounds"},
	/* of any */
	[SYMPTOM_FLAPPING] = {"flapping", "it failed three times or more within five minutes"},
};

const char *symptom_name(enum symptom symptom)
{
	return symptoms[symptom].name;
}

const char *symptom_rule(enum symptom symptom)
{
	return symptoms[symptom].rule;
}

enum symptom symptom_parse(const char *name)
{
	for (size_t i = 0; i < SYMPTOM_COUNT; i++)
		if (strcmp(symptoms[i].name, name) == 0)
			return (enum symptom)i;
	return SYMPTOM_NONE;
}
