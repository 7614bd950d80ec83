/* An endpoint that is asked: which URL that is, whether it is of the right chain, and the
 * lists of a look one after the other. */
#include "collect/eth.h"

#include "base/mem.h"
#include "base/text.h"
#include "collect/chain.h"
#include "collect/poller.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	BODY_LIMIT = 16 * 1024 * 1024,
	URL_LIMIT = 4096,
	LISTS_MAX = 64, /* of one look that needs no request: nothing loops forever */
	AWAIT_NODES_MS = 200,
	BATCH = 100,
	SPAN = 5000,
};

struct eth {
	struct source_host host;
	struct eth_user user;
	struct poller *poller;
	struct eth_list *list; /* of the look that goes on; NULL between looks */
	struct eth_limits limits;
	bool own;      /* a node of the configuration is asked, whichever is well */
	bool awaiting; /* the nodes have not answered yet */
	struct loop_timer *again;
	uint64_t chain_id; /* what it must be; 0: anything */
	bool verified, verifying;
	char source[160];
	int64_t latency_us;
};

static void drop_list(struct eth *eth)
{
	eth_list_free(eth->list);
	eth->list = NULL;
}

static void lose(struct eth *eth, enum reach reach, const char *why, int64_t at_us)
{
	drop_list(eth);
	eth->verified = eth->chain_id == 0;
	eth->user.lost(eth->user.arg, reach, why, at_us);
}

/* --- which node of the own chain ------------------------------------------------------------ */

static bool nodes_tried(const struct eth *eth)
{
	size_t count = world_count(eth->host.world, KIND_NODE);

	for (size_t i = 0; i < count; i++)
		if (world_at(eth->host.world, KIND_NODE, i)->tried_us == 0)
			return false;
	return true;
}

static bool take_node(struct eth *eth)
{
	struct own_node node = {0};
	const char *headers[2] = {NULL, NULL};

	if (!eth->host.own_node || !eth->host.own_node(eth->host.arg, &node)) {
		eth->awaiting = eth->host.own_node && !nodes_tried(eth);
		if (eth->awaiting)
			loop_timer_again(eth->again, AWAIT_NODES_MS);
		else
			lose(eth, REACH_UNREACHABLE, "no node of the chain answers", clock_wall_us(eth->host.clock));
		return false;
	}
	eth->awaiting = false;
	headers[0] = node.header;
	poller_target(eth->poller, node.url, headers, node.ca_file);
	http_mask_url(eth->source, sizeof(eth->source), node.url);
	free(node.header);
	return true;
}

static void ask_again(void *arg)
{
	poller_refresh(((struct eth *)arg)->poller);
}

/* --- requests --------------------------------------------------------------------------------- */

static bool begin_list(struct eth *eth)
{
	if (eth->own && !take_node(eth))
		return false;
	eth->list = eth_list_new();
	eth->verifying = !eth->verified;
	if (eth->verifying)
		eth_add_chain_id(eth->list);
	else if (!eth->user.plan(eth->user.arg, eth->list))
		drop_list(eth);
	return eth->list != NULL;
}

static void finish_list(struct eth *eth, int64_t at_us)
{
	const struct eth_answer *chain = eth_answer(eth->list, 0);
	char why[160];

	if (!eth->verifying) {
		eth->user.done(eth->user.arg, eth->list, at_us);
		drop_list(eth);
	} else if (chain->outcome != ETH_GOOD) {
		text_format(why, sizeof(why), "does not tell its chain id: %s", chain->why);
		lose(eth, REACH_REFUSING, why, at_us);
	} else if (chain->number != eth->chain_id) {
		text_format(why, sizeof(why), "is of chain %" PRIu64 ", not %" PRIu64, chain->number, eth->chain_id);
		lose(eth, REACH_REFUSING, why, at_us);
	} else {
		eth->verified = true;
		drop_list(eth);
	}
}

static bool plan(void *arg, struct buf *url, struct buf *body)
{
	struct eth *eth = arg;

	(void)url;
	for (int i = 0; i < LISTS_MAX; i++) {
		if (!eth->list && !begin_list(eth))
			return false;
		if (eth_write(eth->list, &eth->limits, body))
			return true;
		finish_list(eth, clock_wall_us(eth->host.clock));
	}
	return false;
}

/* An answer with such a status may still hold JSON-RPC, or mean that it was too much. */
static bool may_be_too_much(int status)
{
	return status == 400 || status == 413 || status == 414 || status == 422 || status == 500;
}

static enum reach take(struct eth *eth, const struct http_reply *reply, char *why)
{
	enum reach reach = poller_reach(reply, why, 160);
	char malformed[160];

	eth->limits.too_often = false;
	if (reach == REACH_UNREACHABLE)
		return reach;
	if (reply->outcome == HTTP_ANSWERED && (reach == REACH_OK || may_be_too_much(reply->status)) && eth_read(eth->list, &eth->limits, reply->body, reply->body_len, malformed))
		return REACH_OK;
	if (reach == REACH_OK) {
		text_format(why, 160, "%s", malformed);
		return REACH_REFUSING;
	}
	if ((reply->outcome == HTTP_TOO_LARGE || may_be_too_much(reply->status)) && !eth->limits.too_often && eth_halve(eth->list, &eth->limits))
		return REACH_OK;
	return REACH_REFUSING;
}

static bool done(void *arg, const struct http_reply *reply, int64_t at_us)
{
	struct eth *eth = arg;
	char why[160] = "";

	eth->latency_us = reply->total_us;
	enum reach reach = take(eth, reply, why);
	if (reach != REACH_OK) {
		lose(eth, reach, why, at_us);
		return false;
	}
	if (!eth_list_done(eth->list))
		return true;
	finish_list(eth, at_us);
	/* A chain that is refused is not asked again at once. */
	return eth->verified;
}

/* --- opening ------------------------------------------------------------------------------------ */

const struct settings *chain_section_of(const struct source_host *host, const char *chain)
{
	for (size_t i = 0; i < host->section_count; i++)
		if (host->sections[i].def == &chain_section && strcmp(host->sections[i].name, chain) == 0)
			return &host->sections[i];
	return NULL;
}

/* The URL of a chain, from its section or from where its secret is; "" when there is none. */
static enum status read_url(const struct source_host *host, const struct settings *settings, struct buf *url, struct error *err)
{
	if (settings_has(settings, "rpc"))
		buf_puts(url, settings_text(settings, "rpc"));
	enum status status = url->len ? STATUS_OK : settings_secret(settings, "rpc", url, err);
	if (status != STATUS_OK)
		return status;
	if (url->len && strncmp(buf_text(url), "http://", 7) != 0 && strncmp(buf_text(url), "https://", 8) != 0)
		return error_set(err, STATUS_INVALID, "[chain %s]: what rpc_env or rpc_file holds is not an http or https URL (write http://host:8545)", settings->name);
	if (url->len)
		host->hide(host->arg, buf_text(url));
	return STATUS_OK;
}

static enum status open_url(struct eth *eth, const char *chain, const struct settings *settings, struct poller_spec *spec, struct buf *url, char ***headers, struct error *err)
{
	enum status status = settings ? read_url(&eth->host, settings, url, err) : STATUS_OK;

	if (status != STATUS_OK)
		return status;
	if (settings && url->len) {
		status = poller_settings(&eth->host, settings, spec, headers, err);
		eth->chain_id = (uint64_t)settings_number(settings, "chain_id");
	} else if (strcmp(chain, CHAIN_OWN) == 0 && eth->host.own_node) {
		eth->own = true;
	} else if (settings) {
		status = error_set(err, STATUS_NOT_FOUND, "[chain %s]: nobody to ask (write rpc, rpc_env or rpc_file)", chain);
	} else {
		status = error_set(err, STATUS_NOT_FOUND, "chain %s: not described (add [chain %s] with its rpc)", chain, chain);
	}
	spec->url = eth->own ? "" : buf_text(url);
	return status;
}

static struct eth_limits limits_of(const struct settings *settings)
{
	uint64_t span = (uint64_t)settings_number(settings, "log_blocks");

	return (struct eth_limits){.batch = (size_t)settings_number(settings, "batch"), .batch_max = (size_t)settings_number(settings, "batch"), .span = span, .span_max = span};
}

struct eth *eth_new(const struct source_host *host, const char *chain, int64_t interval_ms, const struct eth_user *user, struct error *err)
{
	const struct settings *settings = chain_section_of(host, chain);
	struct eth *eth = xcalloc(1, sizeof(*eth));
	struct poller_spec spec = {.plan = plan, .done = done, .arg = eth, .body_limit = BODY_LIMIT};
	char **headers = NULL;
	struct buf url;

	eth->host = *host;
	eth->user = *user;
	eth->limits = (struct eth_limits){.batch = BATCH, .batch_max = BATCH, .span = SPAN, .span_max = SPAN};
	if (settings)
		eth->limits = limits_of(settings);
	buf_init(&url, URL_LIMIT);
	if (open_url(eth, chain, settings, &spec, &url, &headers, err) == STATUS_OK) {
		if (interval_ms)
			spec.interval_ms = interval_ms;
		eth->verified = eth->chain_id == 0;
		if (!eth->own)
			http_mask_url(eth->source, sizeof(eth->source), buf_text(&url));
		else
			text_format(eth->source, sizeof(eth->source), "a node of the chain");
		eth->again = loop_timer(host->loop, -1, 0, ask_again, eth);
		eth->poller = poller_new(host, &spec);
	}
	poller_headers_free(headers);
	buf_free(&url);
	if (eth->poller)
		return eth;
	free(eth);
	return NULL;
}

void eth_free(struct eth *eth)
{
	if (!eth)
		return;
	poller_free(eth->poller);
	loop_timer_stop(eth->again);
	drop_list(eth);
	free(eth);
}

void eth_refresh(struct eth *eth)
{
	poller_refresh(eth->poller);
}

bool eth_tried(const struct eth *eth)
{
	return poller_tried(eth->poller) && !eth->awaiting;
}

const char *eth_source(const struct eth *eth)
{
	return eth->source;
}

int64_t eth_latency_us(const struct eth *eth)
{
	return eth->latency_us;
}
