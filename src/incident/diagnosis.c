#include "incident/diagnosis.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/proposing.h"
#include "world/judge.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* --- the table ------------------------------------------------------------------ */

#define ANY KIND_COUNT
#define NEVER RULE_COUNT

/* Rows of one scenario stand together. Conditions and severities: protocol reference 2.4
 * (stages of a lane at fault), 3 (feeds), 7 (pods) and 8 (severities of the seed runbooks). */
const struct diagnosis diagnosis_table[] = {
	/* CCIP router failure: the way in is closed, by a curse, by wiring, or by its prices. */
	{KIND_LANE, SYMPTOM_CURSED, ANY, NULL, CAUSE_CCIP_ROUTER_FAILURE, RULE_LANE_BLOCKED, RULE_LANE_BLOCKED, CONFIDENCE_CERTAIN, GROUP_SOURCE, false,
	 "isCursed(bytes16) of the RMN answers true for the other chain's selector", "both RMNs answer false"},
	{KIND_LANE, SYMPTOM_CLOSED, ANY, NULL, CAUSE_CCIP_ROUTER_FAILURE, RULE_LANE_BLOCKED, RULE_LANE_BLOCKED, CONFIDENCE_CERTAIN, GROUP_SOURCE, false,
	 "Router.getOnRamp answers the zero address, or the off-ramp's source is disabled", "a newer ramp is wired and takes messages"},
	{KIND_LANE, SYMPTOM_FEE_QUOTE, ANY, NULL, CAUSE_CCIP_ROUTER_FAILURE, RULE_LANE_BLOCKED, RULE_LANE_BLOCKED, CONFIDENCE_LIKELY, GROUP_SOURCE, true,
	 "Router.getFee reverts for every receiver", "getFee answers for another token or receiver"},
	{KIND_LANE, SYMPTOM_PRICES_STALE, ANY, NULL, CAUSE_CCIP_ROUTER_FAILURE, RULE_LANE_SLOW, RULE_LANE_SLOW, CONFIDENCE_LIKELY, GROUP_SOURCE, true,
	 "the FeeQuoter's prices grow older, and quotes begin to revert", "a price update arrives"},

	/* CCIP contract failure: a contract is missing, paused, or reverts. */
	{KIND_LANE, SYMPTOM_NO_CONTRACT, ANY, NULL, CAUSE_CCIP_CONTRACT_FAILURE, RULE_LANE_BLOCKED, RULE_LANE_BLOCKED, CONFIDENCE_LIKELY, GROUP_EACH, false,
	 "eth_getCode of the address is 0x on every node", "the address in the configuration is wrong"},
	{KIND_LANE, SYMPTOM_PAUSED, ANY, NULL, CAUSE_CCIP_CONTRACT_FAILURE, RULE_LANE_BLOCKED, RULE_LANE_BLOCKED, CONFIDENCE_CERTAIN, GROUP_EACH, false,
	 "paused() answers true, and a Paused event says who did it", "paused() answers false"},
	{KIND_LANE, SYMPTOM_FAILED, ANY, NULL, CAUSE_CCIP_CONTRACT_FAILURE, RULE_LANE_BLOCKED, RULE_LANE_BLOCKED, CONFIDENCE_LIKELY, GROUP_EACH, false,
	 "the message's return data names the receiver's or the pool's error", "executing by hand with more gas succeeds"},

	/* CCIP message backlog: messages wait for a commit, for their execution, for a limit, or
	 * for somebody to pay. */
	{KIND_LANE, SYMPTOM_UNCOMMITTED, ANY, NULL, CAUSE_CCIP_MESSAGE_BACKLOG, RULE_LANE_BLOCKED, RULE_LANE_SLOW, CONFIDENCE_LIKELY, GROUP_EACH, true,
	 "sent grows, committed stands still, and the source chain is final beyond the messages", "a commit report arrives"},
	{KIND_LANE, SYMPTOM_UNEXECUTED, ANY, NULL, CAUSE_CCIP_MESSAGE_BACKLOG, RULE_LANE_BLOCKED, RULE_LANE_SLOW, CONFIDENCE_LIKELY, GROUP_EACH, true,
	 "committed messages stay untouched, and no execution report arrives", "an execution report arrives"},
	{KIND_LANE, SYMPTOM_BACKLOG, ANY, NULL, CAUSE_CCIP_MESSAGE_BACKLOG, RULE_LANE_BLOCKED, RULE_LANE_SLOW, CONFIDENCE_LIKELY, GROUP_EACH, true,
	 "the oldest pending message grows older than twice the lane's bound", "pending messages become fewer"},
	{KIND_LANE, SYMPTOM_RATE_LIMIT, ANY, NULL, CAUSE_CCIP_MESSAGE_BACKLOG, RULE_LANE_BLOCKED, RULE_LANE_SLOW, CONFIDENCE_CERTAIN, GROUP_EACH, false,
	 "the pool's bucket holds less than a usual transfer", "the bucket fills faster than messages arrive"},
	{KIND_LANE, SYMPTOM_FEES_LOW, ANY, NULL, CAUSE_CCIP_MESSAGE_BACKLOG, RULE_LANE_SLOW, RULE_LANE_SLOW, CONFIDENCE_CERTAIN, GROUP_EACH, false,
	 "the sender's balance pays for less than a day of messages", "the sender was paid"},
	{KIND_LANE, SYMPTOM_FLAPPING, ANY, NULL, CAUSE_CCIP_MESSAGE_BACKLOG, RULE_LANE_SLOW, RULE_LANE_SLOW, CONFIDENCE_POSSIBLE, GROUP_EACH, true,
	 "the lane's changes in the timeline name one stage again and again", "it stays well for an hour"},

	/* CCIP data corruption. */
	{KIND_LANE, SYMPTOM_CORRUPT, ANY, NULL, CAUSE_CCIP_DATA_CORRUPTION, RULE_DATA_LOSS, RULE_DATA_LOSS, CONFIDENCE_LIKELY, GROUP_EACH, false,
	 "a second node gives the same logs, and the numbers or hashes still do not fit", "a second node gives other logs: then the first node is wrong"},

	/* CCIP network partition: one side is there, the other cannot be seen. */
	{KIND_LANE, SYMPTOM_FAR_SIDE, ANY, NULL, CAUSE_CCIP_NETWORK_PARTITION, RULE_LANE_BLOCKED, RULE_LANE_BLOCKED, CONFIDENCE_POSSIBLE, GROUP_SOURCE, true,
	 "a second endpoint of the other chain does not answer either", "another endpoint answers: then only ours is gone"},

	/* Oracle update failures: from the publisher's end to the feed. */
	{KIND_FEED, SYMPTOM_BREAKER, ANY, NULL, CAUSE_ORACLE_UPDATE_FAILURES, RULE_FEED_WRONG, RULE_FEED_LATE, CONFIDENCE_CERTAIN, GROUP_EACH, false,
	 "the publisher's log says why its breaker opened", "the breaker closes, and the feed updates"},
	{KIND_FEED, SYMPTOM_NO_CONTRACT, ANY, NULL, CAUSE_ORACLE_UPDATE_FAILURES, RULE_FEED_WRONG, RULE_FEED_WRONG, CONFIDENCE_LIKELY, GROUP_EACH, false,
	 "eth_getCode of the address is 0x on every node", "the address in the configuration is wrong"},
	{KIND_FEED, SYMPTOM_ANSWER, ANY, NULL, CAUSE_ORACLE_UPDATE_FAILURES, RULE_FEED_WRONG, RULE_FEED_WRONG, CONFIDENCE_CERTAIN, GROUP_EACH, false,
	 "the aggregator's own round has the same answer", "the proxy points to another aggregator"},
	{KIND_FEED, SYMPTOM_DEVIATES, ANY, NULL, CAUSE_ORACLE_UPDATE_FAILURES, RULE_FEED_WRONG, RULE_FEED_LATE, CONFIDENCE_POSSIBLE, GROUP_EACH, false,
	 "a third source agrees with the second", "a third source agrees with the feed"},
	{KIND_FEED, SYMPTOM_OVERDUE, ANY, NULL, CAUSE_ORACLE_UPDATE_FAILURES, RULE_FEED_WRONG, RULE_FEED_LATE, CONFIDENCE_LIKELY, GROUP_ALL, true,
	 "the publisher's account sends nothing, or its transactions fail", "a transmission is on its way"},
	{KIND_FEED, SYMPTOM_FLAPPING, ANY, NULL, CAUSE_ORACLE_UPDATE_FAILURES, RULE_FEED_LATE, RULE_FEED_LATE, CONFIDENCE_POSSIBLE, GROUP_EACH, true,
	 "updates come, and come late", "it stays fresh for some heartbeats"},

	/* Security incident: unauthorised attempts, unusual traffic, suspicious transactions, as
	 * far as logs, queries and alerts show them. */
	{KIND_PROBE, SYMPTOM_SECURITY, ANY, NULL, CAUSE_SECURITY_INCIDENT, RULE_SECURITY, RULE_SECURITY_SIGN, CONFIDENCE_LIKELY, GROUP_ALL, false,
	 "the log lines name one origin that is not ours", "the lines are of a test or a scanner that is known"},
	{KIND_ALERT, SYMPTOM_FIRING, ANY, "*Unauthori*", CAUSE_SECURITY_INCIDENT, RULE_SECURITY_SIGN, RULE_SECURITY_SIGN, CONFIDENCE_POSSIBLE, GROUP_ALL, false,
	 "the alert's query shows attempts from outside", "it is a misconfigured client of our own"},
	{KIND_ALERT, SYMPTOM_FIRING, ANY, "*Suspicious*", CAUSE_SECURITY_INCIDENT, RULE_SECURITY_SIGN, RULE_SECURITY_SIGN, CONFIDENCE_POSSIBLE, GROUP_ALL, false,
	 "the transactions are nobody's of ours", "somebody of ours sent them"},
	{KIND_ALERT, SYMPTOM_FIRING, ANY, "*Security*", CAUSE_SECURITY_INCIDENT, RULE_SECURITY_SIGN, RULE_SECURITY_SIGN, CONFIDENCE_POSSIBLE, GROUP_ALL, false,
	 "a second source shows the same", "the alert is of a test"},

	/* Validator failure, seen from its pod before its turns show it. */
	{KIND_POD, SYMPTOM_CRASH_LOOP, KIND_VALIDATOR, NULL, CAUSE_VALIDATOR_FAILURE, RULE_VALIDATOR_FAILURE, RULE_NOT_CRITICAL, CONFIDENCE_LIKELY, GROUP_EACH, false,
	 "the validator misses its turns", "the pod stays up for ten minutes"},
	{KIND_POD, SYMPTOM_NOT_READY, KIND_VALIDATOR, NULL, CAUSE_VALIDATOR_FAILURE, RULE_VALIDATOR_FAILURE, RULE_NOT_CRITICAL, CONFIDENCE_POSSIBLE, GROUP_EACH, false,
	 "the validator misses its turns", "the pod becomes ready, and the validator takes its turns"},
	{KIND_POD, SYMPTOM_UNSCHEDULED, KIND_VALIDATOR, NULL, CAUSE_VALIDATOR_FAILURE, RULE_VALIDATOR_FAILURE, RULE_NOT_CRITICAL, CONFIDENCE_LIKELY, GROUP_EACH, false,
	 "the pod's events name what the cluster lacks", "the pod is placed on a host"},
	{KIND_WORKLOAD, SYMPTOM_REPLICAS, KIND_VALIDATOR, NULL, CAUSE_VALIDATOR_FAILURE, RULE_VALIDATOR_FAILURE, RULE_NOT_CRITICAL, CONFIDENCE_POSSIBLE, GROUP_EACH, false,
	 "pods of it are missing or not ready", "a rollout is under way, and goes on"},

	/* RPC endpoint issues, seen from the pods and from in front of them. */
	{KIND_POD, SYMPTOM_CRASH_LOOP, KIND_NODE, NULL, CAUSE_RPC_ENDPOINT_ISSUES, RULE_NOT_CRITICAL, RULE_NOT_CRITICAL, CONFIDENCE_LIKELY, GROUP_ALL, false,
	 "its endpoint does not answer", "the pod stays up for ten minutes"},
	{KIND_POD, SYMPTOM_NOT_READY, KIND_NODE, NULL, CAUSE_RPC_ENDPOINT_ISSUES, RULE_NOT_CRITICAL, RULE_NOT_CRITICAL, CONFIDENCE_POSSIBLE, GROUP_ALL, false,
	 "its endpoint does not answer", "the pod becomes ready"},
	{KIND_POD, SYMPTOM_UNSCHEDULED, KIND_NODE, NULL, CAUSE_RPC_ENDPOINT_ISSUES, RULE_NOT_CRITICAL, RULE_NOT_CRITICAL, CONFIDENCE_LIKELY, GROUP_ALL, false,
	 "the pod's events name what the cluster lacks", "the pod is placed on a host"},
	{KIND_WORKLOAD, SYMPTOM_REPLICAS, KIND_NODE, NULL, CAUSE_RPC_ENDPOINT_ISSUES, RULE_NOT_CRITICAL, RULE_NOT_CRITICAL, CONFIDENCE_POSSIBLE, GROUP_EACH, false,
	 "pods of it are missing or not ready", "a rollout is under way, and goes on"},
	{KIND_PROBE, SYMPTOM_LIMIT, ANY, NULL, CAUSE_RPC_ENDPOINT_ISSUES, RULE_NOT_CRITICAL, NEVER, CONFIDENCE_POSSIBLE, GROUP_EACH, false,
	 "clients see the same", "the nodes behind it answer when asked directly"},
	{KIND_PROBE, SYMPTOM_CERTIFICATE, ANY, NULL, CAUSE_RPC_ENDPOINT_ISSUES, RULE_NOT_CRITICAL, RULE_MINOR, CONFIDENCE_CERTAIN, GROUP_EACH, false,
	 "the certificate's last day is near or gone", "a new certificate is served"},
	/* Grouped as the overdue feed is that comes of it: the fault stays one, and keeps its incident. */
	{KIND_POD, SYMPTOM_CRASH_LOOP, KIND_FEED, NULL, CAUSE_ORACLE_UPDATE_FAILURES, RULE_FEED_WRONG, RULE_FEED_LATE, CONFIDENCE_LIKELY, GROUP_ALL, false,
	 "the feed becomes overdue", "the pod stays up, and the feed updates"},

	/* Visibility lost, in part: a source does not answer. What it told is stale, not broken. */
	{KIND_PROBE, SYMPTOM_UNREACHABLE, ANY, NULL, CAUSE_VISIBILITY_LOST, RULE_SIGHT_PART, RULE_SIGHT_PART, CONFIDENCE_CERTAIN, GROUP_EACH, false,
	 "it does not answer from another machine either", "it answers there: then the way from here is broken"},
	{KIND_PROBE, SYMPTOM_REFUSING, ANY, NULL, CAUSE_VISIBILITY_LOST, RULE_SIGHT_PART, RULE_SIGHT_PART, CONFIDENCE_CERTAIN, GROUP_EACH, false,
	 "the credentials are refused with other tools too", "they work there: then the configuration names others"},
	{0},
};

/* --- rows of the configuration ----------------------------------------------------- */

#define KIND_WORDS "node validator lane feed pod workload alert probe"

static enum kind kind_parse(const char *name)
{
	for (size_t kind = 0; name && kind < KIND_COUNT; kind++)
		if (strcmp(kind_name((enum kind)kind), name) == 0)
			return (enum kind)kind;
	return ANY;
}

static enum confidence confidence_parse(const char *name)
{
	enum confidence confidence = CONFIDENCE_CERTAIN;

	while (confidence < CONFIDENCE_POSSIBLE && strcmp(confidence_name(confidence), name) != 0)
		confidence++;
	return confidence;
}

static enum status read_row(const struct settings *section, struct diagnosis *row, struct error *err)
{
	const char *symptom = settings_text(section, "symptom"), *cause = settings_text(section, "cause");
	enum severity severity = SEVERITY_P2;

	*row = (struct diagnosis){
		.kind = kind_parse(settings_text(section, "kind")),
		.symptom = symptom ? symptom_parse(symptom) : SYMPTOM_NONE,
		.about = kind_parse(settings_text(section, "about")),
		.name = settings_text(section, "name"),
		.cause = cause_parse(cause),
		.confidence = confidence_parse(settings_text(section, "confidence")),
		.grouping = GROUP_EACH,
		.confirm = settings_text(section, "confirm"),
		.refute = settings_text(section, "refute"),
	};
	if (symptom && row->symptom == SYMPTOM_NONE)
		return error_set(err, STATUS_INVALID, "symptom: %s is none (status --json shows them)", symptom);
	if (row->cause == CAUSE_NONE)
		return error_set(err, STATUS_INVALID, "cause: %s is none (tocsin runbook list shows them)", cause);
	if (severity_parse(settings_text(section, "severity"), &severity))
		row->critical = (enum rule)(RULE_OWN_P0 + severity);
	row->warning = settings_number(section, "warnings") ? row->critical : NEVER;
	return STATUS_OK;
}

static enum status check_row(const struct settings *section, struct error *err)
{
	struct diagnosis row;

	return read_row(section, &row, err);
}

const struct settings_def diagnosis_section = {
	.word = "diagnosis",
	.named = true,
	.help = "A row of your own in the table of diagnoses: what a sick component stands for. It comes before the rows that are built in.",
	.items = (const struct setting_def[]){
		{.name = "kind", .type = SETTING_WORD, .help = "Of the component.", .choices = "lane feed pod workload alert probe", .required = true},
		{.name = "symptom", .type = SETTING_TEXT, .help = "As status --json names it, such as firing or limit. Without it: any."},
		{.name = "name", .type = SETTING_TEXT, .help = "The component's name, with * for anything."},
		{.name = "about", .type = SETTING_WORD, .help = "Only what belongs to a component of this kind.", .choices = KIND_WORDS},
		{.name = "cause", .type = SETTING_TEXT, .help = "One of the causes, such as rpc-endpoint-issues.", .required = true},
		{.name = "severity", .type = SETTING_WORD, .help = "Of the proposal.", .choices = "P0 P1 P2 P3", .fallback = "P2"},
		{.name = "warnings", .type = SETTING_FLAG, .help = "Whether a warning is proposed too, not only what is critical.", .fallback = "no"},
		{.name = "confidence", .type = SETTING_WORD, .help = "How sure that is.", .choices = "certain likely possible", .fallback = "possible"},
		{.name = "confirm", .type = SETTING_TEXT, .help = "What would show that it is so."},
		{.name = "refute", .type = SETTING_TEXT, .help = "What would show that it is not."},
		{0},
	},
	.check = check_row,
};

struct diagnoses diagnoses_read(const struct settings *sections, size_t count)
{
	struct diagnoses out = {0};
	const struct settings *section;

	for (size_t i = 0; (section = settings_at(sections, count, "diagnosis", i)) != NULL; i++) {
		struct diagnosis row;
		if (read_row(section, &row, NULL) != STATUS_OK)
			continue;
		out.items = xreallocarray(out.items, out.count + 1, sizeof(*out.items));
		out.items[out.count++] = row;
	}
	return out;
}

void diagnoses_free(struct diagnoses *diagnoses)
{
	free(diagnoses->items);
	*diagnoses = (struct diagnoses){0};
}

/* --- which row fits ------------------------------------------------------------------- */

static bool relates_to(const struct component *c, const char *id)
{
	for (size_t slot = 0; slot < RELATED_MAX; slot++) {
		const char *related = component_related(c, slot);

		if (related && strcmp(related, id) == 0)
			return true;
	}
	return false;
}

/* A component of that kind that it belongs to, or that belongs to it: a feed names the pod of
 * its publisher. */
static const struct component *related(const struct world *world, const struct component *c, enum kind kind)
{
	for (size_t slot = 0; slot < RELATED_MAX; slot++) {
		const char *id = component_related(c, slot);
		const struct component *other = id ? world_find(world, id) : NULL;

		if (other && other->kind == kind)
			return other;
	}
	for (size_t i = 0; kind == KIND_FEED && i < world_count(world, kind); i++)
		if (relates_to(world_at(world, kind, i), c->id))
			return world_at(world, kind, i);
	return NULL;
}

static enum rule rule_of(const struct diagnosis *row, const struct component *c)
{
	return c->health == HEALTH_CRITICAL ? row->critical : row->warning;
}

static bool row_fits(const struct world *world, const struct diagnosis *row, const struct component *c)
{
	if (row->kind != c->kind || (row->symptom != SYMPTOM_NONE && row->symptom != c->symptom) || rule_of(row, c) == NEVER)
		return false;
	if (row->name && fnmatch(row->name, c->name, 0) != 0)
		return false;
	return row->about == ANY || related(world, c, row->about) != NULL;
}

static const struct diagnosis *row_for(const struct world *world, const struct diagnoses *own, const struct component *c)
{
	for (size_t i = 0; own && i < own->count; i++)
		if (row_fits(world, &own->items[i], c))
			return &own->items[i];
	for (const struct diagnosis *row = diagnosis_table; row->cause != CAUSE_NONE; row++)
		if (row_fits(world, row, c))
			return row;
	return NULL;
}

/* --- what follows from what --------------------------------------------------------------- */

/* The proposal that says why the chain itself gives no new blocks, or cannot be seen, or NULL. */
static struct proposal *chain_fault(const struct world *world, struct proposals *out)
{
	const struct component *chain = world_chain(world);

	for (size_t i = 0; i < out->count; i++) {
		struct proposal *p = &out->items[i];

		if ((p->cause == CAUSE_CHAIN_FORK && chain->symptom == SYMPTOM_FORK) || ((p->cause == CAUSE_NETWORK_OUTAGE || p->cause == CAUSE_VISIBILITY_LOST) && proposal_names(p, chain->id)))
			return p;
	}
	return NULL;
}

/* It hangs on our chain: nothing says otherwise, or it says so itself. */
static bool hangs_on_chain(const struct world *world, const struct component *c)
{
	bool says = false;

	for (size_t slot = 0; slot < RELATED_MAX; slot++) {
		const char *id = component_related(c, slot);

		if (id && strcmp(id, world_chain(world)->id) == 0)
			return true;
		says = says || (id && (strncmp(id, "chain/", 6) == 0 || strncmp(id, "probe/chain ", 12) == 0));
	}
	return !says;
}

/* The proposal that names what this component belongs to, or what belongs to it: a pod of a
 * failed validator, the pod of an overdue feed's publisher, an alert about either. */
static struct proposal *proposal_about(const struct world *world, struct proposals *out, const struct component *c)
{
	for (size_t slot = 0; slot < RELATED_MAX; slot++) {
		const char *id = component_related(c, slot);

		for (size_t i = 0; id && strncmp(id, "chain/", 6) != 0 && i < out->count; i++)
			if (proposal_names(&out->items[i], id))
				return &out->items[i];
	}
	const struct component *feed = related(world, c, KIND_FEED);
	for (size_t i = 0; feed && i < out->count; i++)
		if (proposal_names(&out->items[i], feed->id))
			return &out->items[i];
	return NULL;
}

static void join(struct proposal *p, const struct component *c)
{
	if (c->kind == KIND_ALERT)
		proposal_evidence(p, c->since_us, "alert %s: %s", c->name, c->reason);
	else if (c->kind == KIND_LANE || c->kind == KIND_FEED)
		proposal_consequence(p, c);
	else
		proposal_sick(p, c);
}

/* --- proposing --------------------------------------------------------------------------------- */

static void key_of(const struct diagnosis *row, const struct component *c, char *dst, size_t size)
{
	const char *cause = cause_def(row->cause)->name;
	const char *source = component_related(c, 0);

	if (row->grouping == GROUP_EACH)
		text_format(dst, size, "%s:%s", cause, c->id);
	else if (row->grouping == GROUP_SOURCE && source)
		text_format(dst, size, "%s:%s", cause, source);
	else
		text_format(dst, size, "%s", cause);
}

static struct proposal *find(struct proposals *out, const char *key)
{
	for (size_t i = 0; i < out->count; i++)
		if (strcmp(out->items[i].key, key) == 0)
			return &out->items[i];
	return NULL;
}

/* It is as bad as the worst of its signs. */
static void raise_severity(struct proposal *p, const struct diagnosis *row, const struct component *c)
{
	const struct rule_def *rule = rule_def(rule_of(row, c));

	if (rule->severity >= p->severity)
		return;
	p->severity = rule->severity;
	text_format(p->rule, sizeof(p->rule), "%s", rule->id);
	text_format(p->reason, sizeof(p->reason), "%s", rule->why);
}

/* What explains the one sign that the proposal has gives it its name, and its severity. */
static void join_as(struct proposal *p, const struct diagnosis *row, const struct component *c)
{
	bool explains = row && row->cause == p->cause && c->kind == KIND_POD;

	if (explains && p->component_count == 1)
		text_format(p->title, sizeof(p->title), "%s: %s", cause_def(row->cause)->title, c->name);
	if (explains)
		raise_severity(p, row, c);
	join(p, c);
}

static struct proposal *propose(struct proposals *out, const struct diagnosis *row, const struct component *c)
{
	char key[sizeof(out->items->key)];
	struct proposal *p;

	key_of(row, c, key, sizeof(key));
	p = find(out, key);
	if (!p) {
		p = proposals_add(out, row->cause, rule_of(row, c), c->name);
		text_format(p->key, sizeof(p->key), "%s", key);
		p->confidence = row->confidence;
		p->confirm = row->confirm;
		p->refute = row->refute;
	} else {
		bool same_kind = strncmp(p->components[0], kind_name(c->kind), strlen(kind_name(c->kind))) == 0;
		text_format(p->title, sizeof(p->title), "%s: %zu %s", cause_def(row->cause)->title, p->component_count + 1, same_kind ? kind_def(c->kind)->plural : "signs");
		/* The surest of them counts. */
		if (row->confidence < p->confidence)
			p->confidence = row->confidence;
	}
	raise_severity(p, row, c);
	proposal_sick(p, c);
	return p;
}

/* What the table knows nothing of stays on the board and is proposed by nobody; unknown and
 * stale are no faults of the thing, but of our sight. */
static bool is_sick(const struct component *c)
{
	return c->health == HEALTH_WARNING || c->health == HEALTH_CRITICAL;
}

/* A source that itself cannot be seen; what is seen through another source is that one's. */
static bool is_unseen(const struct component *c)
{
	bool lost = c->health == HEALTH_STALE || c->health == HEALTH_UNKNOWN;

	return c->kind == KIND_PROBE && lost && (c->symptom == SYMPTOM_UNREACHABLE || c->symptom == SYMPTOM_REFUSING) && component_related(c, RELATED_SOURCE) == NULL;
}

/* The proposal that says already what a lost source stands for: a lane whose far chain it is. */
static struct proposal *proposal_through(const struct world *world, struct proposals *out, const struct component *source)
{
	for (size_t i = 0; i < out->count; i++) {
		for (size_t k = 0; k < out->items[i].component_count; k++) {
			const struct component *c = world_find(world, out->items[i].components[k]);

			if (c && c->kind == KIND_LANE && relates_to(c, source->id))
				return &out->items[i];
		}
	}
	return NULL;
}

/* What was seen through it is not known any more. */
static void add_unseen(const struct world *world, const struct component *source, struct proposal *p)
{
	for (int kind = KIND_LANE; kind < KIND_COUNT; kind++) {
		for (size_t i = 0; i < world_count(world, (enum kind)kind); i++) {
			const struct component *c = world_at(world, (enum kind)kind, i);
			const char *through = component_related(c, RELATED_SOURCE);

			if (through && strcmp(through, source->id) == 0 && c->health != HEALTH_OK)
				proposal_consequence(p, c);
		}
	}
}

static void diagnose_unseen(const struct world *world, const struct diagnoses *own, const struct component *c, struct proposals *out)
{
	const struct diagnosis *row = row_for(world, own, c);
	struct proposal *through = proposal_through(world, out, c);

	if (through)
		proposal_evidence(through, c->since_us, "%s: %s", c->name, c->reason);
	else if (row)
		add_unseen(world, c, propose(out, row, c));
}

static void refute_chain(const struct world *world, struct proposal *p)
{
	const struct component *chain = world_chain(world);
	char number[32];
	int64_t head;

	if (chain->health == HEALTH_OK && component_number(chain, CHAIN_HEAD, &head))
		proposal_refuted(p, "network outage: blocks come, the last is %s", text_thousands(number, sizeof(number), head));
}

void diagnose(const struct world *world, const struct diagnoses *own, struct proposals *out)
{
	size_t of_chain = out->count;

	for (int kind = KIND_LANE; kind < KIND_COUNT; kind++) {
		for (size_t i = 0; i < world_count(world, (enum kind)kind); i++) {
			const struct component *c = world_at(world, (enum kind)kind, i);
			const struct diagnosis *row = is_sick(c) ? row_for(world, own, c) : NULL;
			struct proposal *fault = row && row->follows_chain && hangs_on_chain(world, c) ? chain_fault(world, out) : NULL;
			struct proposal *about = is_sick(c) ? proposal_about(world, out, c) : NULL;

			if (fault)
				proposal_consequence(fault, c);
			else if (about)
				join_as(about, row, c);
			else if (row)
				(void)propose(out, row, c);
			else if (is_unseen(c))
				diagnose_unseen(world, own, c, out);
		}
	}
	for (size_t i = of_chain; i < out->count; i++)
		refute_chain(world, &out->items[i]);
}
