/* The one list of names that causes, runbooks and scenarios share (DESIGN section 5),
 * and the severities of the seed runbook. */
#ifndef TOCSIN_INCIDENT_CAUSE_H
#define TOCSIN_INCIDENT_CAUSE_H

#include "base/status.h"

#include <stdbool.h>

/* P0 network down, data loss, security breach; P1 service degradation, validator
 * failures; P2 performance; P3 minor (Incident Response Runbook, Severity Levels). */
enum severity {
	SEVERITY_P0,
	SEVERITY_P1,
	SEVERITY_P2,
	SEVERITY_P3,
	SEVERITY_UNSET,
};
const char *severity_name(enum severity severity);         /* "P0", "-" when unset */
bool severity_parse(const char *text, enum severity *out); /* "P1", "p1", "1" */
const char *severity_meaning(enum severity severity);

enum cause {
	CAUSE_NONE, /* declared by hand */
	CAUSE_NETWORK_OUTAGE,
	CAUSE_VALIDATOR_FAILURE,
	CAUSE_RPC_ENDPOINT_ISSUES,
	CAUSE_VISIBILITY_LOST,
	CAUSE_CHAIN_FORK,
	CAUSE_NETWORK_PARTITION,
	CAUSE_ORACLE_UPDATE_FAILURES,
	CAUSE_SECURITY_INCIDENT,
	CAUSE_CCIP_ROUTER_FAILURE,
	CAUSE_CCIP_CONTRACT_FAILURE,
	CAUSE_CCIP_MESSAGE_BACKLOG,
	CAUSE_CCIP_DATA_CORRUPTION,
	CAUSE_CCIP_NETWORK_PARTITION,
	CAUSE_COUNT
};
struct cause_def {
	const char *name;    /* "network-outage" */
	const char *title;   /* "Network outage" */
	const char *runbook; /* name of the runbook that fits, NULL when none */
};
const struct cause_def *cause_def(enum cause cause);
enum cause cause_parse(const char *name); /* CAUSE_NONE when unknown */

/* Why a fault has its severity: one rule for each thing that we detect, with the
 * severity level of the seed runbook that it falls under. */
enum rule {
	RULE_NETWORK_DOWN,
	RULE_FORK,
	RULE_VALIDATOR_FAILURE,
	RULE_SERVICE_DEGRADED,
	RULE_SIGHT_LOST,
	RULE_NOT_CRITICAL,
	RULE_OTHERS_SERVE, /* the same, while at least one is known to be well */
	RULE_PARTITION,
	RULE_MINOR,
	RULE_SECURITY,
	RULE_SECURITY_SIGN,
	RULE_DATA_LOSS,
	RULE_LANE_BLOCKED,
	RULE_LANE_SLOW,
	RULE_FEED_WRONG,
	RULE_FEED_LATE,
	RULE_SIGHT_PART,
	RULE_OWN_P0, /* a row of the configuration says so; the four follow one another */
	RULE_OWN_P1,
	RULE_OWN_P2,
	RULE_OWN_P3,
	RULE_COUNT
};
struct rule_def {
	const char *id; /* "S-P0" */
	enum severity severity;
	const char *why; /* in words */
};
const struct rule_def *rule_def(enum rule rule);

/* How sure a proposal is of its cause. */
enum confidence {
	CONFIDENCE_CERTAIN,  /* what was seen is the fault itself */
	CONFIDENCE_LIKELY,   /* it is what usually looks like this */
	CONFIDENCE_POSSIBLE, /* one of several things that look like this */
};
const char *confidence_name(enum confidence confidence); /* "certain" "likely" "possible" */

#endif
