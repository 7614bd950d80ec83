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
	[RULE_SERVICE_DEGRADED] = {"S-P1-service", SEVERITY_P1, "P1 covers \"Service degradation\": no RPC node serves"},
	[RULE_SIGHT_LOST] = {"S-P1-sight", SEVERITY_P1, "P1 covers \"Service degradation\": whether the network lives cannot be seen"},
	[RULE_NOT_CRITICAL] = {"S-P2", SEVERITY_P2, "P2 covers \"non-critical service failures\" and performance: others still serve"},
	[RULE_PARTITION] = {"S-P1-parted", SEVERITY_P1, "P1 covers \"Service degradation\": a part of the network is cut off"},
	[RULE_MINOR] = {"S-P3", SEVERITY_P3, "P3 covers minor issues: nothing fails yet"},
};

const struct rule_def *rule_def(enum rule rule)
{
	return &rules[rule];
}
