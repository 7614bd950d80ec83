#include "collect/discover.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/agree.h"
#include "io/http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	GIVEN_TIMEOUT_MS = 3000,
	GIVEN_DEADLINE_MS = 5000,
	GUESS_TIMEOUT_MS = 1200, /* peers are near, or not to be reached from here at all */
	GUESS_DEADLINE_MS = 2000,
	GUESSES_MAX = 256, /* peers tried in one round */
	ROUNDS = 2,        /* peers of peers */
	IDENTITY_DIGITS = 8,
};

/* --- URLs --------------------------------------------------------------------------- */

struct url_parts {
	const char *scheme; /* "http" or "https" */
	char host[256];     /* without brackets */
	unsigned port;
	const char *user; /* what stands before the host, with its @ */
	size_t user_len;
	const char *path; /* and its query; "" for "/" too */
};

static bool split_url(const char *url, struct url_parts *out)
{
	bool tls = strncmp(url, "https://", 8) == 0;
	uint64_t port = tls ? 443 : 80;

	if (!tls && strncmp(url, "http://", 7) != 0)
		return false;
	out->scheme = tls ? "https" : "http";
	const char *host = url + (tls ? 8 : 7), *end = host + strcspn(host, "/?#");
	out->user = host;
	for (const char *at = host; at < end; at++)
		if (*at == '@')
			host = at + 1;
	out->user_len = (size_t)(host - out->user);
	out->path = strcmp(end, "/") == 0 ? end + 1 : end;
	const char *colon = *host == '[' ? memchr(host, ']', (size_t)(end - host)) : host - 1;
	const char *stop = end;
	for (colon = colon ? colon + 1 : end; colon < end; colon++)
		if (*colon == ':')
			break;
	if (colon < end) {
		char digits[8];
		text_format(digits, sizeof(digits), "%.*s", (int)(end - colon - 1), colon + 1);
		if (!decimal_u64(digits, &port) || port == 0 || port > 65535)
			return false;
		stop = colon;
	}
	if (*host == '[' && stop > host + 1)
		text_format(out->host, sizeof(out->host), "%.*s", (int)(stop - host - 2), host + 1);
	else
		text_format(out->host, sizeof(out->host), "%.*s", (int)(stop - host), host);
	out->port = (unsigned)port;
	return out->host[0] != '\0';
}

/* Two spellings of one URL. */
static bool same_url(const char *a, const char *b)
{
	struct url_parts x, y;

	return split_url(a, &x) && split_url(b, &y) && strcmp(x.scheme, y.scheme) == 0 && strcasecmp(x.host, y.host) == 0 && x.port == y.port &&
		x.user_len == y.user_len && memcmp(x.user, y.user, x.user_len) == 0 && strcmp(x.path, y.path) == 0;
}

static bool is_loopback(const char *host)
{
	return strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0;
}

static bool is_address(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* Addresses of one machine; what has no single owner is nobody's endpoint. */
static bool is_unicast(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, host, &four) == 1) {
		uint32_t first = ntohl(four.s_addr) >> 24;
		return first != 0 && first < 224;
	}
	return inet_pton(AF_INET6, host, &six) == 1 && !IN6_IS_ADDR_MULTICAST(&six) && !IN6_IS_ADDR_UNSPECIFIED(&six);
}

bool discover_guess(const char *url, unsigned own_listener, const struct probe_peer *peer, char *out, size_t size)
{
	struct url_parts parts;
	int64_t port;

	if (!split_url(url, &parts) || !is_unicast(peer->host))
		return false;
	port = parts.port;
	if (is_loopback(peer->host)) {
		/* The loopback of another machine is out of reach. */
		if (!is_loopback(parts.host) || own_listener == 0 || peer->port == 0 || peer->port == own_listener)
			return false;
		port += (int64_t)peer->port - (int64_t)own_listener;
	}
	if (port < 1 || port > 65535)
		return false;
	text_format(out, size, strchr(peer->host, ':') ? "%s://[%s]:%d" : "%s://%s:%d", parts.scheme, peer->host, (int)port);
	return true;
}

/* --- names ---------------------------------------------------------------------------- */

/* "besu/NAME/v25.9.0/…" and "Geth/NAME/v1.13/…": operators give nodes names that way. */
static bool name_from_version(const char *version, char *out, size_t size)
{
	const char *first = strchr(version, '/'), *second = first ? strchr(first + 1, '/') : NULL;

	if (!second || second[1] != 'v' || !isdigit((unsigned char)second[2]))
		return false;
	if (isdigit((unsigned char)first[1]) || (first[1] == 'v' && isdigit((unsigned char)first[2])))
		return false;
	text_format(out, size, "%.*s", (int)(second - first - 1), first + 1);
	return out[0] != '\0';
}

/* A host's name; of "besu-validator-0.besu.namespace.svc" the pod alone. */
static bool name_from_host(const char *host, char *out, size_t size)
{
	size_t label = strcspn(host, ".");
	size_t digits = label;

	if (is_address(host) || is_loopback(host))
		return false;
	while (digits > 0 && isdigit((unsigned char)host[digits - 1]))
		digits--;
	bool pod = digits < label && digits > 1 && host[digits - 1] == '-';
	text_format(out, size, "%.*s", (int)(pod ? label : strlen(host)), host);
	return true;
}

static bool name_from_key(const struct discovered_node *node, char *out, size_t size)
{
	char digits[2 * IDENTITY_DIGITS + 1];

	if (!probe_key_known(node->probe.key))
		return false;
	hex_text(digits, sizeof(digits), node->probe.key, IDENTITY_DIGITS / 2, false);
	const char *role = node->is_validator ? "validator" : "rpc";
	text_format(out, size, "%s-%s", node->has_validators ? role : "node", digits);
	return true;
}

static void keep_plain(char *name)
{
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-_.:", *c))
			*c = '-';
}

static bool name_taken(const struct discovery *d, size_t before, const char *name)
{
	for (size_t i = 0; i < before; i++)
		if (strcmp(d->nodes[i].name, name) == 0)
			return true;
	return false;
}

static void name_node(struct discovery *d, size_t index)
{
	struct discovered_node *node = &d->nodes[index];
	struct url_parts parts = {.port = 0};
	char base[40] = "";

	bool split = split_url(node->url, &parts);
	if (!name_from_version(node->probe.sample.version, base, sizeof(base)) && !(split && name_from_host(parts.host, base, sizeof(base))) &&
	    !name_from_key(node, base, sizeof(base)))
		text_format(base, sizeof(base), "%s:%u", parts.host, parts.port);
	keep_plain(base);
	text_format(node->name, sizeof(node->name), "%s", base);
	for (size_t n = 2; name_taken(d, index, node->name); n++)
		text_format(node->name, sizeof(node->name), "%s-%zu", base, n);
}

/* --- who belongs to it -------------------------------------------------------------------- */

bool membership_keeps(enum membership membership)
{
	return membership == MEMBER || membership == MEMBER_SILENT;
}

static enum membership membership_of(const struct discovery *d, const struct probe *probe)
{
	const struct probe *lead = &d->nodes[d->lead].probe;

	if (!agree_says_chain(probe))
		return probe->foreign ? NO_NODE : MEMBER_SILENT;
	if (probe->sample.chain_id != d->chain_id)
		return OTHER_CHAIN;
	if (probe->has_genesis && lead->has_genesis && !hash_equal(&probe->genesis, &lead->genesis))
		return OTHER_GENESIS;
	return MEMBER;
}

static size_t find_key(const struct discovery *d, const uint8_t key[64])
{
	for (size_t i = 0; i < d->node_count && probe_key_known(key); i++)
		if (memcmp(d->nodes[i].probe.key, key, 64) == 0)
			return i;
	return d->node_count;
}

/* The earlier endpoint of the same node, or its own index. */
static size_t find_same(const struct discovery *d, size_t index)
{
	size_t same = find_key(d, d->nodes[index].probe.key);

	return same < index ? same : index;
}

/* The node with this URL, however it is spelled; NULL when there is none. */
static const struct discovered_node *find_url(const struct discovery *d, const char *url)
{
	for (size_t i = 0; i < d->node_count; i++)
		if (same_url(d->nodes[i].url, url))
			return &d->nodes[i];
	return NULL;
}

static struct discovered_node *add_node(struct discovery *d, const char *url)
{
	d->nodes = xreallocarray(d->nodes, d->node_count + 1, sizeof(*d->nodes));
	struct discovered_node *node = &d->nodes[d->node_count];
	*node = (struct discovered_node){.url = xstrdup(url), .same_as = d->node_count};
	d->node_count++;
	return node;
}

/* --- the peers ------------------------------------------------------------------------------ */

/* A peer to be tried: where it may be, and who told. */
struct guess {
	char url[96];
	struct probe_peer peer;
	size_t told_by;
};

static bool is_guessed(const struct guess *guesses, size_t count, const char *url, const uint8_t key[64])
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(guesses[i].url, url) == 0 || (probe_key_known(key) && memcmp(guesses[i].peer.key, key, 64) == 0))
			return true;
	return false;
}

static void note_peer(struct discovery *d, const struct probe_peer *peer, size_t told_by, const char *why)
{
	for (size_t i = 0; i < d->peer_count; i++)
		if (probe_key_known(peer->key) ? memcmp(d->peers[i].peer.key, peer->key, 64) == 0 : strcmp(d->peers[i].peer.host, peer->host) == 0)
			return;
	d->peers = xreallocarray(d->peers, d->peer_count + 1, sizeof(*d->peers));
	struct discovered_peer *noted = &d->peers[d->peer_count++];
	*noted = (struct discovered_peer){.peer = *peer, .told_by = told_by};
	text_format(noted->why, sizeof(noted->why), "%s", why);
}

/* Which peers of the nodes from `first` on are worth trying. */
static size_t collect_guesses(struct discovery *d, size_t first, bool no_peers, struct guess *out)
{
	size_t count = 0;

	for (size_t i = first; i < d->node_count; i++) {
		const struct discovered_node *node = &d->nodes[i];
		for (size_t j = 0; node->membership == MEMBER && j < node->probe.peer_count; j++) {
			const struct probe_peer *peer = &node->probe.peers[j];
			char url[sizeof(out->url)];
			if (find_key(d, peer->key) < d->node_count)
				continue;
			if (no_peers)
				note_peer(d, peer, i, "not tried (--no-peers)");
			else if (!discover_guess(node->url, node->probe.listener_port, peer, url, sizeof(url)))
				note_peer(d, peer, i, "its address tells nothing about an RPC port");
			else if (count >= GUESSES_MAX)
				note_peer(d, peer, i, "not tried: too many peers");
			else if (!find_url(d, url) && !is_guessed(out, count, url, peer->key)) {
				out[count] = (struct guess){.peer = *peer, .told_by = i};
				memcpy(out[count++].url, url, sizeof(url));
			}
		}
	}
	return count;
}

/* Takes what answered with the right chain, and is not known yet, as a node. */
static void take_guess(struct discovery *d, const struct guess *guess, struct probe *probe)
{
	char why[160];
	enum membership membership = membership_of(d, probe);

	if (membership == MEMBER && probe->has_genesis && find_key(d, probe->key) == d->node_count) {
		struct discovered_node *node = add_node(d, guess->url);
		node->guessed = true;
		node->told_by = guess->told_by;
		node->membership = membership;
		node->probe = *probe;
		*probe = (struct probe){0};
		return;
	}
	const char *reason = "answers for another chain";
	if (membership == MEMBER)
		reason = "answers as a node that is known already";
	else if (membership == MEMBER_SILENT || membership == NO_NODE)
		reason = probe->why[0] ? probe->why : "says no chain id";
	/* Without the cure for an endpoint that a person named. */
	note_peer(d, &guess->peer, guess->told_by, text_format(why, sizeof(why), "%s: %.*s", guess->url, (int)strcspn(reason, "("), reason));
}

static void try_peers(struct discovery *d, const struct discover_options *options, size_t first, const struct clock *clock)
{
	struct guess *guesses = xcalloc(GUESSES_MAX, sizeof(*guesses));
	size_t count = collect_guesses(d, first, options->no_peers, guesses);
	struct probe_spec *specs = xcalloc(count + 1, sizeof(*specs));
	struct probe *probes = xcalloc(count + 1, sizeof(*probes));

	for (size_t i = 0; i < count; i++)
		specs[i] = (struct probe_spec){.url = guesses[i].url, .ca_file = options->ca_file, .timeout_ms = GUESS_TIMEOUT_MS, .peers = true};
	probe_all(specs, count, GUESS_DEADLINE_MS, clock, probes);
	for (size_t i = 0; i < count; i++) {
		take_guess(d, &guesses[i], &probes[i]);
		probe_free(&probes[i]);
	}
	free(probes);
	free(specs);
	free(guesses);
}

/* Peers that were noted before somebody else's word found them. */
static void forget_found_peers(struct discovery *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->peer_count; i++)
		if (find_key(d, d->peers[i].peer.key) == d->node_count)
			d->peers[kept++] = d->peers[i];
	d->peer_count = kept;
}

/* --- the whole -------------------------------------------------------------------------------- */

static void ask_given(struct discovery *d, const struct discover_options *options, const struct clock *clock)
{
	struct probe_spec *specs = xcalloc(d->node_count, sizeof(*specs));
	struct probe *probes = xcalloc(d->node_count, sizeof(*probes));

	for (size_t i = 0; i < d->node_count; i++)
		specs[i] = (struct probe_spec){.url = d->nodes[i].url, .headers = options->headers, .ca_file = options->ca_file, .timeout_ms = GIVEN_TIMEOUT_MS, .peers = true};
	probe_all(specs, d->node_count, GIVEN_DEADLINE_MS, clock, probes);
	for (size_t i = 0; i < d->node_count; i++)
		d->nodes[i].probe = probes[i];
	for (size_t i = 0; i < d->node_count; i++)
		d->nodes[i].same_as = find_same(d, i);
	free(probes);
	free(specs);
}

/* The chain that most nodes say, and of it the genesis block; two ways to one node are one vote. */
static enum status find_lead(struct discovery *d, struct error *err)
{
	const struct probe **voters = xcalloc(d->node_count, sizeof(const struct probe *));
	char masked[160];

	for (size_t i = 0; i < d->node_count; i++)
		voters[i] = d->nodes[i].same_as == i ? &d->nodes[i].probe : NULL;
	struct most chain = agree_chain(voters, d->node_count), genesis = {0};
	if (chain.votes > 0) {
		d->chain_id = voters[chain.by]->sample.chain_id;
		genesis = agree_genesis(voters, d->node_count, d->chain_id);
		d->lead = genesis.votes > 0 ? genesis.by : chain.by;
		d->pace_ms = voters[d->lead]->pace_ms;
		d->tied = chain.tied || genesis.tied;
	}
	free(voters);
	if (chain.votes > 0)
		return STATUS_OK;
	const struct probe *first = &d->nodes[0].probe;
	return error_set(err, STATUS_NETWORK, "%s: %s (nothing to write down; is it the JSON-RPC URL? tocsin doctor %s tells more)",
			 http_mask_url(masked, sizeof(masked), d->nodes[0].url), first->why[0] ? first->why : "it says no chain id", masked);
}

static void place_given(struct discovery *d)
{
	for (size_t i = 0; i < d->node_count; i++) {
		struct discovered_node *node = &d->nodes[i];
		node->membership = membership_of(d, &node->probe);
		if (node->membership == MEMBER && node->same_as != i)
			node->membership = SAME_NODE;
	}
}

static void learn_chain(struct discovery *d)
{
	for (size_t i = d->node_count; i-- > 0;) {
		const struct discovered_node *node = &d->nodes[i];
		const struct node_sample *s = &node->probe.sample;
		if (node->membership != MEMBER)
			continue;
		if (s->has & SAMPLE_VALIDATORS) {
			d->validators = s->validators;
			d->validator_count = s->validator_count;
			d->validators_by = i;
		}
		if ((s->has & SAMPLE_PERIODS) && s->block_period_ms) {
			d->block_period_ms = s->block_period_ms;
			d->request_timeout_ms = s->request_timeout_ms;
			d->empty_period_ms = s->empty_period_ms;
			d->periods_by = i;
		} else if ((s->has & SAMPLE_PERIODS) && !d->request_timeout_ms) {
			d->request_timeout_ms = s->request_timeout_ms;
			d->periods_by = i;
		}
	}
	/* Where no node offers the list, a header carries it. */
	const struct node_sample *lead = &d->nodes[d->lead].probe.sample;
	const struct header *head = lead->header_count ? &lead->headers[lead->header_count - 1] : NULL;
	if (!d->validator_count && head && head->validator_count) {
		d->validators = head->validators;
		d->validator_count = head->validator_count;
		d->validators_by = d->lead;
	}
}

static void describe_nodes(struct discovery *d)
{
	char masked[512];

	for (size_t i = 0; i < d->node_count; i++) {
		struct discovered_node *node = &d->nodes[i];
		bool knows = node->membership == MEMBER && d->validator_count > 0 && (node->probe.sample.has & SAMPLE_NODE_KEY);
		node->has_validators = knows;
		node->is_validator = knows && bsearch(&node->probe.sample.node_key, d->validators, d->validator_count, sizeof(*d->validators), address_compare);
		node->secret = strcmp(http_mask_url(masked, sizeof(masked), node->url), node->url) != 0;
		name_node(d, i);
	}
}

enum status discover(const struct discover_options *options, const struct clock *clock, struct discovery *out, struct error *err)
{
	struct url_parts parts;
	char masked[160], first[160];

	*out = (struct discovery){0};
	if (options->url_count == 0)
		return error_set(err, STATUS_USAGE, "no endpoint was named (give one: http://host:8545)");
	for (size_t i = 0; i < options->url_count; i++) {
		const char *url = options->urls[i];
		if (!split_url(url, &parts) || strpbrk(url, " \t") || !text_is_clean(url, strlen(url)))
			return error_set(err, STATUS_USAGE, "%s: not an http or https URL (write http://host:8545)", http_mask_url(masked, sizeof(masked), url));
		const struct discovered_node *twin = find_url(out, url);
		if (twin)
			return error_set(err, STATUS_USAGE, "%s: given twice, it is %s (give each once)", http_mask_url(masked, sizeof(masked), url), http_mask_url(first, sizeof(first), twin->url));
		add_node(out, url);
	}
	ask_given(out, options, clock);
	enum status status = find_lead(out, err);
	if (status != STATUS_OK)
		return status;
	place_given(out);
	for (size_t round = 0, from = 0; round < ROUNDS && from < out->node_count; round++) {
		size_t before = out->node_count;
		try_peers(out, options, from, clock);
		from = before;
	}
	forget_found_peers(out);
	learn_chain(out);
	describe_nodes(out);
	return STATUS_OK;
}

void discovery_free(struct discovery *d)
{
	for (size_t i = 0; i < d->node_count; i++) {
		free(d->nodes[i].url);
		probe_free(&d->nodes[i].probe);
	}
	free(d->nodes);
	free(d->peers);
	*d = (struct discovery){0};
}

char *discovery_left_out(const struct discovery *d, const struct discovered_node *node, char *dst, size_t size)
{
	const char *lead = d->nodes[d->lead].name;

	switch (node->membership) {
	case OTHER_CHAIN:
		return text_format(dst, size, "it answers with chain id %" PRIu64 ", and %s with %" PRIu64, node->probe.sample.chain_id, lead, d->chain_id);
	case OTHER_GENESIS:
		return text_format(dst, size, "it has the chain id but not the genesis block of %s", lead);
	case SAME_NODE:
		return text_format(dst, size, "it is the same node as %s: both show one key", d->nodes[node->same_as].name);
	case NO_NODE:
		return text_format(dst, size, "it is no node: %s", node->probe.why);
	case MEMBER:
	case MEMBER_SILENT:
		break;
	}
	return text_format(dst, size, "%s", "");
}

const struct discovered_node *discovery_node_of(const struct discovery *d, const struct address *validator)
{
	for (size_t i = 0; i < d->node_count; i++)
		if (d->nodes[i].is_validator && address_equal(&d->nodes[i].probe.sample.node_key, validator))
			return &d->nodes[i];
	return NULL;
}
