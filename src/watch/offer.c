#include "watch/offer.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static const struct settings *section_named(const struct config *config, const char *word, const char *name)
{
	for (size_t i = 0; i < config->section_count; i++)
		if (strcmp(config->sections[i].def->word, word) == 0 && strcmp(config->sections[i].name, name) == 0)
			return &config->sections[i];
	return NULL;
}

/* The section of this word when it stands once. */
static const struct settings *only_section(const struct config *config, const char *word)
{
	const struct settings *only = NULL;

	for (size_t i = 0; i < config->section_count; i++) {
		if (strcmp(config->sections[i].def->word, word) != 0)
			continue;
		if (only)
			return NULL;
		only = &config->sections[i];
	}
	return only;
}

static void offer(const struct settings *section, const char *key, const char *name, const char *from, struct bindings *out)
{
	const char *text = settings_has(section, key) ? settings_text(section, key) : NULL;

	if (text)
		bindings_set(out, name, text, from);
}

/* The chain at one end of a lane: "[chain NAME]", or network, which the nodes are. */
static void offer_chain(const struct config *config, const char *chain, const char *rpc_url, const char *const names[3], const char *from, struct bindings *out)
{
	const struct settings *section = section_named(config, "chain", chain);
	bool network = strcmp(chain, "network") == 0;

	for (size_t i = 0; i < 2; i++) {
		if (section && settings_has(section, "rpc"))
			offer(section, "rpc", names[i], from, out);
		else if (network && rpc_url)
			bindings_set(out, names[i], rpc_url, from);
	}
	if (section)
		offer(section, "selector", names[2], from, out);
}

static void offer_lane(const struct config *config, const struct settings *lane, const char *rpc_url, const char *from, struct bindings *out)
{
	/* As the library calls them, and as the procedures do that teams have already. */
	static const struct {
		const char *key, *name;
	} contracts[] = {
		{"source_router", "source_router_address"},
		{"source_router", "ccip_router"},
		{"dest_router", "dest_router_address"},
		{"on_ramp", "on_ramp_address"},
		{"off_ramp", "off_ramp_address"},
		{"commit_store", "commit_store_address"},
		{"source_rmn", "source_rmn_address"},
		{"dest_rmn", "dest_rmn_address"},
		{"fee_quoter", "fee_quoter_address"},
		{"source_pool", "source_pool_address"},
		{"dest_pool", "dest_pool_address"},
		{"sender", "sender_address"},
		{"sender", "sender"},
		{"receiver", "receiver_address"},
		{"receiver", "receiver"},
		{"event", "sender_event"},
		{"fee_token", "fee_token_address"},
	};
	static const char *const source[] = {"source_rpc_url", "source_rpc_url", "source_chain_selector"};
	static const char *const dest[] = {"dest_rpc_url", "target_chain_rpc_url", "dest_chain_selector"};

	for (size_t i = 0; i < ARRAY_LENGTH(contracts); i++)
		offer(lane, contracts[i].key, contracts[i].name, from, out);
	offer_chain(config, settings_text(lane, "source"), rpc_url, source, from, out);
	offer_chain(config, settings_text(lane, "dest"), rpc_url, dest, from, out);
	const struct binding *selector = bindings_get(out, "dest_chain_selector");
	if (selector) {
		char text[24];
		text_format(text, sizeof(text), "%s", selector->value);
		bindings_set(out, "chain_selector", text, from);
	}
}

/* What the lane itself told, as it found its contracts through the router. */
static void offer_seen(const struct component *lane, const char *from, struct bindings *out)
{
	static const struct {
		int value;
		const char *name;
	} seen[] = {
		{LANE_ON_RAMP, "on_ramp_address"},
		{LANE_OFF_RAMP, "off_ramp_address"},
		{LANE_COMMIT_STORE, "commit_store_address"},
		{LANE_SOURCE_RMN, "source_rmn_address"},
		{LANE_DEST_RMN, "dest_rmn_address"},
		{LANE_OLDEST_ID, "message_id"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(seen); i++) {
		const char *text = component_text(lane, seen[i].value);
		if (text)
			bindings_set(out, seen[i].name, text, from);
	}
}

static void offer_feed(const struct settings *feed, const char *from, struct bindings *out)
{
	offer(feed, "address", "feed_address", from, out);
	offer(feed, "address", "aggregator", from, out);
	offer(feed, "publisher", "oracle_pod", from, out);
	offer(feed, "publisher", "publisher_pod", from, out);
}

/* A pod is called by what its name says that it is, too. */
static void offer_pod(const struct component *pod, const char *from, struct bindings *out)
{
	static const struct {
		const char *word, *name;
	} roles[] = {{"validator", "validator_pod"}, {"rpc", "rpc_pod"}, {"router", "router_pod"}, {"oracle", "oracle_pod"}};
	const char *slash = strrchr(pod->name, '/');
	const char *name = slash ? slash + 1 : pod->name;

	bindings_set(out, "pod", name, from);
	for (size_t i = 0; i < ARRAY_LENGTH(roles); i++)
		if (text_contains(name, roles[i].word))
			bindings_set(out, roles[i].name, name, from);
}

void offer_component(const struct config *config, const struct component *component, const char *rpc_url, const char *from, struct bindings *out)
{
	const struct settings *section;

	if (component->kind == KIND_POD) {
		offer_pod(component, from, out);
	} else if (component->kind == KIND_LANE) {
		section = section_named(config, "lane", component->name);
		if (section)
			offer_lane(config, section, rpc_url, from, out);
		offer_seen(component, from, out);
	} else if (component->kind == KIND_FEED) {
		section = section_named(config, "feed", component->name);
		if (section)
			offer_feed(section, from, out);
	}
}

void offer_only(const struct config *config, const char *rpc_url, struct bindings *out)
{
	const struct settings *lane = only_section(config, "lane"), *feed = only_section(config, "feed");
	char from[96];

	if (lane)
		offer_lane(config, lane, rpc_url, text_format(from, sizeof(from), "configuration [lane %s]", lane->name), out);
	if (feed)
		offer_feed(feed, text_format(from, sizeof(from), "configuration [feed %s]", feed->name), out);
}
