#include "watch/compose.h"

#include "base/text.h"
#include "io/http.h"
#include "world/thresholds.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* "2s", "250ms": what the configuration reads as a duration. */
static const char *duration_key(char dst[32], int64_t ms)
{
	return text_format(dst, 32, ms % 1000 == 0 ? "%" PRId64 "s" : "%" PRId64 "ms", ms % 1000 == 0 ? ms / 1000 : ms);
}

static const char *node_name(const struct discovery *d, size_t index)
{
	return d->nodes[index].name;
}

/* --- [network] ------------------------------------------------------------------------ */

static size_t count_members(const struct discovery *d)
{
	size_t count = 0;

	for (size_t i = 0; i < d->node_count; i++)
		count += d->nodes[i].membership == MEMBER;
	return count;
}

static void write_period(const struct discovery *d, struct buf *out)
{
	char text[32];

	if (d->block_period_ms) {
		buf_printf(out, "# From admin_nodeInfo of %s.\nblock_period = %s\n", node_name(d, d->periods_by), duration_key(text, d->block_period_ms));
		return;
	}
	if (d->pace_ms) {
		buf_printf(out, "# No node told it; so far apart were the last blocks of %s. Tocsin goes on measuring\n# while this is commented out.\n# block_period = %s\n",
			   node_name(d, d->lead), duration_key(text, d->pace_ms));
		return;
	}
	buf_puts(out, "# No node told it, and there were too few blocks to measure it. Tocsin infers it from\n# headers while this is commented out.\n# block_period = 2s\n");
}

static void write_timeout(const struct discovery *d, struct buf *out)
{
	char text[32];

	if (d->request_timeout_ms)
		buf_printf(out, "# What %s told (admin_nodeInfo, qbft_getRequestTimeoutSeconds): round 0 waits so long.\nrequest_timeout = %s\n",
			   node_name(d, d->periods_by), duration_key(text, d->request_timeout_ms));
	else
		buf_puts(out, "# QBFT's timeout of round 0. No node told it; it is inferred from rounds that fail, and counts as equal to the block period until then.\n# request_timeout = 2s\n");
	if (d->empty_period_ms)
		buf_printf(out, "# From admin_nodeInfo of %s: empty blocks come only this often.\nempty_block_period = %s\n", node_name(d, d->periods_by), duration_key(text, d->empty_period_ms));
	else
		buf_puts(out, "# Set it when the genesis file has xemptyblockperiodseconds; 0s: it has not.\n# empty_block_period = 0s\n");
}

static void write_network(const struct discovery *d, struct buf *out)
{
	char hash[HASH_TEXT];
	size_t members = count_members(d);
	const struct probe *lead = &d->nodes[d->lead].probe;

	buf_printf(out, "[network]\n# Made from the chain id. Call it what people call it.\nname = chain %" PRIu64 "\n", d->chain_id);
	buf_printf(out, "# eth_chainId of %zu endpoint%s. A node that says another is refused.\n", members, members == 1 ? "" : "s");
	if (d->chain_id)
		buf_printf(out, "chain_id = %" PRIu64 "\n", d->chain_id);
	if (lead->has_genesis)
		buf_printf(out, "# Its genesis block: %s\n", hex_text(hash, sizeof(hash), lead->genesis.bytes, sizeof(lead->genesis.bytes), true));
	write_period(d, out);
	write_timeout(d, out);
}

/* --- [node …] --------------------------------------------------------------------------- */

static void write_node_help(struct buf *out)
{
	buf_puts(out,
		 "\n# Keys that any node may have beside its url:\n"
		 "#   role = validator | rpc\n"
		 "#   validator = 0x…            the validator it runs, where admin_nodeInfo does not tell\n"
		 "#   pod = NAME                 its Kubernetes pod, when it is not the node's name\n"
		 "#   bearer_env = VARIABLE      an environment variable that holds a token\n"
		 "#   bearer_file = PATH         or a file that does, readable by you alone\n"
		 "#   ca_file = PATH             a certificate authority of your own\n"
		 "#   interval = 1s              between polls\n"
		 "#   timeout = 3s               of one poll\n");
}

static void write_origin(const struct discovery *d, const struct discovered_node *node, struct buf *out)
{
	const struct node_sample *s = &node->probe.sample;
	char number[32];

	if (node->guessed)
		buf_printf(out, "# Found: %s has it as a peer, and it answers with the same chain id and genesis block.\n", node_name(d, node->told_by));
	else
		buf_puts(out, "# Given with --rpc.\n");
	if (node->membership == MEMBER_SILENT)
		buf_printf(out, "# It did not answer when this was written: %s\n", node->probe.why);
	if (s->has & SAMPLE_VERSION)
		buf_printf(out, "# %s", s->version);
	if ((s->has & SAMPLE_VERSION) && s->header_count)
		buf_printf(out, ", head %s", text_thousands(number, sizeof(number), (int64_t)s->headers[s->header_count - 1].number));
	if (s->has & SAMPLE_VERSION)
		buf_putc(out, '\n');
	if (s->methods[0])
		buf_printf(out, "# It offers %s.\n", s->methods);
	if (node->secret)
		buf_puts(out, "# The url holds a secret. Better: take it out, and name where it is with bearer_env or bearer_file.\n");
}

static void write_role(const struct discovered_node *node, struct buf *out)
{
	char text[ADDRESS_TEXT];

	if (!node->has_validators) {
		if (node->membership == MEMBER)
			buf_puts(out, "# What it does is not known: it told no key (ADMIN), or nobody told who validates.\n# role = rpc\n");
		return;
	}
	buf_printf(out, "# Its key (admin_nodeInfo) is %s.\nrole = %s\n", node->is_validator ? "a validator's" : "no validator's", node->is_validator ? "validator" : "rpc");
	if (node->is_validator)
		buf_printf(out, "validator = %s\n", address_text(text, &node->probe.sample.node_key));
}

/* An endpoint that is none of the network's is kept for the eyes only. */
static void write_stranger(const struct discovery *d, const struct discovered_node *node, struct buf *out)
{
	char masked[256], why[LEFT_OUT_TEXT];

	buf_printf(out, "\n# [node %s]\n# ", node->name);
	buf_printf(out, "Left out: %s.\n", discovery_left_out(d, node, why, sizeof(why)));
	buf_printf(out, "# url = %s\n", http_mask_url(masked, sizeof(masked), node->url));
}

static void write_node(const struct discovery *d, const struct discovered_node *node, const struct compose_options *options, struct buf *out)
{
	if (!membership_keeps(node->membership)) {
		write_stranger(d, node, out);
		return;
	}
	buf_printf(out, "\n[node %s]\n", node->name);
	write_origin(d, node, out);
	buf_printf(out, "url = %s\n", node->url);
	write_role(node, out);
	if (options->bearer_env && !node->guessed)
		buf_printf(out, "# From --bearer-env.\nbearer_env = %s\n", options->bearer_env);
	if (options->ca_file)
		buf_printf(out, "# From --ca-file.\nca_file = %s\n", options->ca_file);
}

static void write_peers(const struct discovery *d, struct buf *out)
{
	if (d->peer_count == 0)
		return;
	buf_puts(out, "\n# Peers without an endpoint here. To watch one, add a [node NAME] with its url.\n");
	for (size_t i = 0; i < d->peer_count; i++) {
		const struct discovered_peer *p = &d->peers[i];
		char key[20] = "";
		if (probe_key_known(p->peer.key))
			hex_text(key, sizeof(key), p->peer.key, 4, false);
		buf_printf(out, "#   %s:%u%s%s, seen by %s; %s\n", p->peer.host, p->peer.port, key[0] ? " key " : "", key, node_name(d, p->told_by), p->why);
	}
}

/* --- [validator …] -------------------------------------------------------------------------- */

static void write_validator(const struct discovery *d, size_t index, struct buf *out)
{
	const struct address *address = &d->validators[index];
	const struct discovered_node *node = discovery_node_of(d, address);
	char text[ADDRESS_TEXT], name[DISCOVERED_NAME];

	address_text(text, address);
	if (node)
		text_format(name, sizeof(name), "%s", node->name);
	else
		text_format(name, sizeof(name), "validator-%.8s", text + 2);
	buf_printf(out, "\n[validator %s]\n", name);
	if (node)
		buf_printf(out, "# Its node %s showed the key.\n", node->name);
	else
		buf_puts(out, "# No endpoint here showed its key: named by its address.\n");
	buf_printf(out, "address = %s\n", text);
}

static void write_validators(const struct discovery *d, struct buf *out)
{
	const struct discovered_node *by = d->validator_count ? &d->nodes[d->validators_by] : NULL;

	if (!by) {
		buf_puts(out, "\n# No node told who validates (no such list, and none in its headers). Name them\n"
			      "# yourself where you know them:\n# [validator NAME]\n# address = 0x…\n");
		return;
	}
	buf_printf(out, "\n# The %zu validators, from %s of %s. Names are for people; the set itself is read live.\n", d->validator_count,
		   by->probe.sample.has & SAMPLE_VALIDATORS ? "the list" : "the head", by->name);
	for (size_t i = 0; i < d->validator_count; i++)
		write_validator(d, i, out);
}

/* --- the rest ---------------------------------------------------------------------------------- */

static void write_thresholds(struct buf *out)
{
	const struct thresholds defaults = thresholds_default();

	buf_puts(out, "\n[thresholds]\n# The defaults. What each is for, what it may be, and what its default rests on stands above it.\n");
	for (const struct threshold_def *def = threshold_defs(); def->name; def++) {
		int64_t value;
		memcpy(&value, (const char *)&defaults + def->offset, sizeof(value));
		buf_printf(out, "# %s (%" PRId64 " to %" PRId64 ")\n# from: %s\n# %s = %" PRId64 "\n", def->help, def->low, def->high, def->source, def->name, value);
	}
}

static void write_rest(struct buf *out)
{
	buf_puts(out,
		 "\n[runbooks]\n"
		 "# Runbooks of your own; those that are shipped stay in reach.\n"
		 "# directory = PATH\n"
		 "\n[values]\n"
		 "# Values for placeholders of runbooks, such as <explorer_url>.\n"
		 "# explorer_url = https://explorer.example.com\n"
		 "\n[record]\n"
		 "# The timeline's file; without it, record.db in the data directory.\n"
		 "# path = PATH\n"
		 "# How long samples for sparklines are kept. Events are kept for ever.\n"
		 "# keep_samples = 7d\n"
		 "\n[screen]\n"
		 "# theme = dark\n");
}

void compose_config(const struct discovery *d, const struct compose_options *options, struct buf *out)
{
	char time[TIME_TEXT], masked[256];

	buf_printf(out, "# Written by tocsin init at %s from %s%s.\n# After changes: tocsin config check. The format: man tocsin.conf\n\n", time_human(time, options->now_us, 0),
		   http_mask_url(masked, sizeof(masked), d->nodes[d->lead].url), d->node_count > 1 && !d->nodes[1].guessed ? " and others" : "");
	write_network(d, out);
	write_node_help(out);
	for (size_t i = 0; i < d->node_count; i++)
		write_node(d, &d->nodes[i], options, out);
	write_peers(d, out);
	write_validators(d, out);
	compose_sources(&options->sources, d->chain_id, out);
	write_thresholds(out);
	write_rest(out);
}
