#include "collect/chain.h"

#include "base/mem.h"
#include "base/text.h"
#include "collect/eth.h"
#include "collect/poller.h"
#include "world/judge.h"

#include <stdlib.h>
#include <string.h>

enum {
	HALT_FACTOR = 4, /* times head_age */
	FUTURE_S = 120,  /* a head may lie that far ahead of our clock */
	STALE_INTERVALS = 4,
};

const struct settings_def chain_section = {
	.word = "chain",
	.named = true,
	.help = "Another chain, that lanes lead to or feeds are on. The chain of the nodes is called network, and needs a section only for what is not so by default.",
	.items = (const struct setting_def[]){
		{.name = "rpc", .type = SETTING_URL, .help = "Where to ask. Left out for network, a healthy node of this file is asked."},
		{.name = "rpc_env", .type = SETTING_ENV, .help = "An environment variable that holds the URL, when there is a key in it."},
		{.name = "rpc_file", .type = SETTING_FILE, .help = "A file that holds the URL, readable by you alone."},
		{.name = "chain_id", .type = SETTING_NUMBER, .help = "Of the chain; an endpoint of another one is refused.", .low = 1, .high = INT64_C(1) << 53},
		{.name = "selector", .type = SETTING_U64, .help = "Of the chain in CCIP, in decimal. It is not the chain id."},
		{.name = "confirmations", .type = SETTING_NUMBER, .help = "Events count once that many blocks are above theirs. With 0 they count at once; after a reorganisation the last 128 blocks are searched anew.", .fallback = "0", .low = 0, .high = 10000},
		{.name = "head_age", .type = SETTING_DURATION, .help = "An older head is a warning; four times as old, the chain has halted.", .fallback = "2m"},
		{.name = "log_blocks", .type = SETTING_NUMBER, .help = "Blocks that one request for events may span.", .fallback = "5000", .low = 1, .high = 5000},
		{.name = "batch", .type = SETTING_NUMBER, .help = "Questions that one request may carry.", .fallback = "100", .low = 1, .high = 1000},
		POLLER_SETTINGS,
		{0},
	},
};

struct chain {
	struct source_host host;
	struct eth *eth;
	struct component *component;
	int64_t head_age_s;
	bool asked; /* in this look */
};

char *chain_component(const struct source_host *host, const char *chain, char *dst, size_t size)
{
	if (strcmp(chain, CHAIN_OWN) == 0)
		return text_format(dst, size, "%s", world_chain(host->world)->id);
	return text_format(dst, size, "%s/chain %s", kind_name(KIND_PROBE), chain);
}

static bool plan(void *arg, struct eth_list *list)
{
	struct chain *chain = arg;

	/* One question a look. */
	chain->asked = !chain->asked;
	if (chain->asked)
		eth_add_block(list, ETH_LATEST);
	return chain->asked;
}

static struct verdict judge(const struct chain *chain, int64_t age_s)
{
	char age[DURATION_TEXT];

	duration_human(age, (age_s < 0 ? -age_s : age_s) * US_PER_S);
	if (age_s < -FUTURE_S)
		return verdict_make(HEALTH_WARNING, SYMPTOM_SKEW, "its head is %s in the future: a clock is wrong", age);
	if (age_s > HALT_FACTOR * chain->head_age_s)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_STALLED, "no block for %s", age);
	if (age_s > chain->head_age_s)
		return verdict_make(HEALTH_WARNING, SYMPTOM_SILENT, "no block for %s", age);
	return verdict_make(HEALTH_OK, SYMPTOM_NONE, "head %s old", age);
}

static void done(void *arg, struct eth_list *list, int64_t at_us)
{
	struct chain *chain = arg;
	const struct eth_answer *head = eth_answer(list, 0);
	struct component *c = chain->component;
	struct sighting sighting = {.at_us = at_us};

	if (head->outcome != ETH_GOOD) {
		world_miss(chain->host.world, c, at_us, REACH_REFUSING, head->why[0] ? head->why : "it has no newest block");
		return;
	}
	int64_t age_s = at_us / US_PER_S - head->time_s;
	world_set_number(c, PROBE_HEAD, (int64_t)head->number, at_us);
	world_set_number(c, PROBE_HEAD_AGE_S, age_s > 0 ? age_s : 0, at_us);
	world_set_number(c, PROBE_LATENCY_MS, eth_latency_us(chain->eth) / US_PER_MS, at_us);
	sighting.verdict = judge(chain, age_s);
	if (sighting.verdict.health != HEALTH_OK && age_s > chain->head_age_s)
		sighting.since_us = (head->time_s + chain->head_age_s) * US_PER_S;
	world_sight(chain->host.world, c, &sighting);
}

static void lost(void *arg, enum reach reach, const char *why, int64_t at_us)
{
	struct chain *chain = arg;

	chain->asked = false;
	world_miss(chain->host.world, chain->component, at_us, reach, why);
}

static enum status start(const struct source_host *host, const struct settings *settings, void **state, struct error *err)
{
	struct chain *chain = xcalloc(1, sizeof(*chain));
	struct eth_user user = {plan, done, lost, chain};
	bool own = strcmp(settings->name, CHAIN_OWN) == 0 && !settings_has(settings, "rpc") && !settings_has(settings, "rpc_env") && !settings_has(settings, "rpc_file");
	char name[96];

	*state = chain;
	chain->host = *host;
	chain->head_age_s = settings_number(settings, "head_age") / 1000;
	/* The chain of the nodes is on the board already. */
	if (own)
		return STATUS_OK;
	chain->eth = eth_new(host, settings->name, 0, &user, err);
	if (!chain->eth) {
		free(chain);
		return err && err->status ? err->status : STATUS_INVALID;
	}
	text_format(name, sizeof(name), "chain %s", settings->name);
	chain->component = world_add(host->world, KIND_PROBE, name, eth_source(chain->eth), STALE_INTERVALS * settings_number(settings, "interval") * US_PER_MS);
	world_set_text(chain->component, PROBE_QUERY, "eth_getBlockByNumber latest", 0);
	return STATUS_OK;
}

static void refresh(void *state)
{
	struct chain *chain = state;

	if (chain->eth)
		eth_refresh(chain->eth);
}

static bool tried(const void *state)
{
	const struct chain *chain = state;

	return !chain->eth || eth_tried(chain->eth);
}

static void stop(void *state)
{
	struct chain *chain = state;

	eth_free(chain->eth);
	free(chain);
}

const struct source_def chain_source = {&chain_section, start, refresh, tried, stop};
