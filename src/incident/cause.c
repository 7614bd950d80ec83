/* Causes, severities and the rules between them, as tables. */
#include "incident/cause.h"

#include "base/mem.h"

#include <string.h>

static const struct {
	const char *name, *meaning;
} severities[] = {
	[SEVERITY_P0] = {"P0", "critical: network down, data loss, security breach"},
	[SEVERITY_P1] = {"P1", "high: service degradation, validator failures"},
	[SEVERITY_P2] = {"P2", "medium: performance issues, failures of non-critical services"},
	[SEVERITY_P3] = {"P3", "low: minor issues, alerts for information"},
	[SEVERITY_UNSET] = {"-", "not set yet"},
};

const char *severity_name(enum severity severity)
{
	return severities[severity].name;
}

const char *severity_meaning(enum severity severity)
{
	return severities[severity].meaning;
}

bool severity_parse(const char *text, enum severity *out)
{
	if (text[0] == 'P' || text[0] == 'p')
		text++;
	if (text[0] < '0' || text[0] > '3' || text[1] != '\0')
		return false;
	*out = (enum severity)(text[0] - '0');
	return true;
}

static const struct cause_def causes[CAUSE_COUNT] = {
	[CAUSE_NONE] = {"none", "Declared by hand", NULL},
	[CAUSE_NETWORK_OUTAGE] = {"network-outage", "Network outage", "network-outage"},
	[CAUSE_VALIDATOR_FAILURE] = {"validator-failure", "Validator failure", "validator-failure"},
	[CAUSE_RPC_ENDPOINT_ISSUES] = {"rpc-endpoint-issues", "RPC endpoint issues", "rpc-endpoint-issues"},
	[CAUSE_VISIBILITY_LOST] = {"visibility-lost", "Visibility lost", "rpc-endpoint-issues"},
	[CAUSE_CHAIN_FORK] = {"chain-fork", "Chain fork", "chain-fork"},
	[CAUSE_NETWORK_PARTITION] = {"network-partition", "Network partition", "network-outage"},
	[CAUSE_ORACLE_UPDATE_FAILURES] = {"oracle-update-failures", "Oracle update failures", "oracle-update-failures"},
	[CAUSE_SECURITY_INCIDENT] = {"security-incident", "Security incident", "security-incident"},
	[CAUSE_CCIP_ROUTER_FAILURE] = {"ccip-router-failure", "CCIP router failure", "ccip-router-failure"},
	[CAUSE_CCIP_CONTRACT_FAILURE] = {"ccip-contract-failure", "CCIP contract failure", "ccip-contract-failure"},
	[CAUSE_CCIP_MESSAGE_BACKLOG] = {"ccip-message-backlog", "CCIP message backlog", "ccip-message-backlog"},
	[CAUSE_CCIP_DATA_CORRUPTION] = {"ccip-data-corruption", "CCIP data corruption", "ccip-data-corruption"},
	[CAUSE_CCIP_NETWORK_PARTITION] = {"ccip-network-partition", "CCIP network partition", "ccip-network-partition"},
};

const struct cause_def *cause_def(enum cause cause)
{
	return &causes[cause];
}

enum cause cause_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(causes); i++)
		if (strcmp(causes[i].name, name) == 0)
			return (enum cause)i;
	return CAUSE_NONE;
}

/* The levels are those of the Incident Response Runbook, "Severity Levels"; which
 * condition falls under which is protocol reference 8. */
static const struct rule_def rules[RULE_COUNT] = {
	[RULE_NETWORK_DOWN] = {"S-P0", SEVERITY_P0, "P0 covers \"Network down\": no block is made anywhere"},
	[RULE_FORK] = {"S-P0-fork", SEVERITY_P0, "P0 covers data loss: final blocks contradict each other"},
	[RULE_VALIDATOR_FAILURE] = {"S-P1-validator", SEVERITY_P1, "P1 covers \"validator failures\""},
	[RULE_SERVICE_DEGRADED] = {"S-P1-service", SEVERITY_P1, "P1 covers \"Service degradation\": no RPC node is well"},
	[RULE_SIGHT_LOST] = {"S-P1-sight", SEVERITY_P1, "P1 covers \"Service degradation\": whether the network lives cannot be seen"},
	[RULE_NOT_CRITICAL] = {"S-P2", SEVERITY_P2, "P2 covers \"Performance issues\" and \"non-critical service failures\""},
	[RULE_OTHERS_SERVE] = {"S-P2-others", SEVERITY_P2, "P2 covers \"non-critical service failures\" and performance: others still serve"},
	[RULE_PARTITION] = {"S-P1-parted", SEVERITY_P1, "P1 covers \"Service degradation\": a part of the network is cut off"},
	[RULE_MINOR] = {"S-P3", SEVERITY_P3, "P3 covers minor issues: nothing fails yet"},
	[RULE_SECURITY] = {"S-P0-security", SEVERITY_P0, "P0 covers \"security breach\": a sign of an attack is beyond its limit"},
	[RULE_SECURITY_SIGN] = {"S-P1-security", SEVERITY_P1, "a sign of an attack, not proved: P1 until somebody has looked"},
	[RULE_DATA_LOSS] = {"S-P0-data", SEVERITY_P0, "P0 covers \"data loss\": messages do not fit together"},
	[RULE_LANE_BLOCKED] = {"S-P1-lane", SEVERITY_P1, "P1 covers \"Service degradation\": messages do not get through"},
	[RULE_LANE_SLOW] = {"S-P2-lane", SEVERITY_P2, "P2 covers \"Performance issues\": messages get through late"},
	[RULE_FEED_WRONG] = {"S-P1-feed", SEVERITY_P1, "P1 covers \"Service degradation\": a feed is wrong or long overdue"},
	[RULE_FEED_LATE] = {"S-P2-feed", SEVERITY_P2, "P2 covers \"non-critical service failures\": a feed is late"},
	[RULE_SIGHT_PART] = {"S-P3-sight", SEVERITY_P3, "P3 covers minor issues: one source cannot be seen, the others can"},
	[RULE_OWN_P0] = {"own-P0", SEVERITY_P0, "the configuration's own row of diagnosis says P0"},
	[RULE_OWN_P1] = {"own-P1", SEVERITY_P1, "the configuration's own row of diagnosis says P1"},
	[RULE_OWN_P2] = {"own-P2", SEVERITY_P2, "the configuration's own row of diagnosis says P2"},
	[RULE_OWN_P3] = {"own-P3", SEVERITY_P3, "the configuration's own row of diagnosis says P3"},
};

const struct rule_def *rule_def(enum rule rule)
{
	return &rules[rule];
}

const char *confidence_name(enum confidence confidence)
{
	static const char *const names[] = {
		[CONFIDENCE_CERTAIN] = "certain",
		[CONFIDENCE_LIKELY] = "likely",
		[CONFIDENCE_POSSIBLE] = "possible",
	};

	return names[confidence];
}
