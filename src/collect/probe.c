/* The first request is the protocol's own first look (besu.c), so that both judge an
 * endpoint alike; a second one asks for what only a first look wants. */
#include "collect/probe.h"

#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "collect/besu.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	TIMEOUT_MS = 3000,
	BODY_LIMIT = 4 * 1024 * 1024, /* a busy node has hundreds of peers, a KiB each */
	TREE_LIMIT = 32 * 1024 * 1024,
	REQUEST_LIMIT = 64 * 1024,
	FIRST_REQUESTS = 40, /* more is no first look any more */
	PACE_BLOCKS = 16,
	PEERS_MAX = 1024,
};

/* What the second request asks: the genesis block, then who and how fast, then blocks
 * below the head. */
enum {
	ASK_GENESIS,
	ASK_NODE_INFO,
	ASK_PEERS,
	ASK_BLOCKS,
	ASK_MAX = ASK_BLOCKS + PACE_BLOCKS,
};

struct probing {
	struct probes *all;
	const struct probe_spec *spec;
	struct probe *out;
	void *memory;
	struct http_call *call; /* NULL: done */
	unsigned requests;
	bool second;
	unsigned ask, ask_count;          /* of the second request: the next one, and how many there are */
	int64_t times_s[PACE_BLOCKS + 1]; /* of the head and of blocks below it; 0 unknown */
};

struct probes {
	struct loop *loop;
	struct http *http;
	const struct clock *clock;
	struct probing *items;
	size_t count, left;
	int64_t deadline_ms;
};

/* --- what peers tell ---------------------------------------------------------------- */

bool probe_key_known(const uint8_t key[64])
{
	for (size_t i = 0; i < 64; i++)
		if (key[i])
			return true;
	return false;
}

/* "10.1.2.3:30303" or "[fd00::1]:30303", ended by its own end or a query. Only
 * addresses: a name from a stranger is not resolved. */
static bool read_host_port(const char *text, char *host, size_t size, unsigned *port)
{
	size_t len = strcspn(text, "?/");
	const char *colon = NULL;
	unsigned char address[sizeof(struct in6_addr)];
	uint64_t number;
	char digits[8];

	for (size_t i = 0; i < len; i++)
		if (text[i] == ':')
			colon = text + i;
	if (!colon)
		return false;
	text_format(digits, sizeof(digits), "%.*s", (int)(text + len - colon - 1), colon + 1);
	if (!decimal_u64(digits, &number) || number > 65535)
		return false;
	if (text[0] == '[' && colon > text + 1 && colon[-1] == ']')
		text_format(host, size, "%.*s", (int)(colon - text - 2), text + 1);
	else
		text_format(host, size, "%.*s", (int)(colon - text), text);
	*port = (unsigned)number;
	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static bool read_key(const char *hex, uint8_t key[64])
{
	char text[2 + 128 + 1] = "0x";

	if (hex && strncmp(hex, "0x", 2) == 0)
		hex += 2;
	if (!hex || strlen(hex) < 128)
		return false;
	memcpy(text + 2, hex, 128);
	return hex_bytes(text, key, 64);
}

bool probe_read_enode(const char *enode, struct probe_peer *out)
{
	static const char scheme[] = "enode://";
	const char *at = enode ? strchr(enode, '@') : NULL;

	if (!at || strncmp(enode, scheme, strlen(scheme)) != 0 || (size_t)(at - enode) != strlen(scheme) + 128)
		return false;
	return read_key(enode + strlen(scheme), out->key) && read_host_port(at + 1, out->host, sizeof(out->host), &out->port);
}

static bool is_unspecified(const char *host)
{
	return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

static bool read_peer(const struct json *value, struct probe_peer *out)
{
	const char *id = json_string(json_get(value, "id"));
	const char *remote = json_string(json_get(json_get(value, "network"), "remoteAddress"));
	const char *version = json_string(json_get(value, "name"));
	struct probe_peer seen = {0};

	*out = (struct probe_peer){0};
	if (!probe_read_enode(json_string(json_get(value, "enode")), out)) {
		*out = (struct probe_peer){0};
		if (!read_key(id, out->key))
			memset(out->key, 0, sizeof(out->key));
	}
	/* Nodes that do not know how they are reached announce no address. */
	if (is_unspecified(out->host) && remote && read_host_port(remote, seen.host, sizeof(seen.host), &seen.port))
		memcpy(out->host, seen.host, sizeof(out->host));
	if (version)
		text_clean(out->version, sizeof(out->version), version, strlen(version));
	return !is_unspecified(out->host);
}

void probe_read_peers(struct probe *probe, const struct json *result)
{
	size_t count = json_count(result);

	if (!json_is_array(result) || probe->peers)
		return;
	if (count > PEERS_MAX)
		count = PEERS_MAX;
	probe->peers = xcalloc(count + 1, sizeof(*probe->peers));
	for (const struct json *v = json_first(result); v && probe->peer_count < count; v = json_next(v))
		if (read_peer(v, &probe->peers[probe->peer_count]))
			probe->peer_count++;
}

static void read_node_info(struct probe *probe, const struct json *result)
{
	struct probe_peer self = {0};
	int64_t port;

	if (probe_read_enode(json_string(json_get(result, "enode")), &self))
		probe->listener_port = self.port;
	if (!read_key(json_string(json_get(result, "id")), probe->key))
		memcpy(probe->key, self.key, sizeof(probe->key));
	if (json_i64(json_get(json_get(result, "ports"), "listener"), &port) && port > 0 && port <= 65535)
		probe->listener_port = (unsigned)port;
}

/* --- the second request --------------------------------------------------------------- */

static void write_ask(const struct probing *p, unsigned ask, struct buf *body)
{
	static const char *const calls[] = {
		[ASK_GENESIS] = "\"eth_getBlockByNumber\",\"params\":[\"0x0\",false]",
		[ASK_NODE_INFO] = "\"admin_nodeInfo\",\"params\":[]",
		[ASK_PEERS] = "\"admin_peers\",\"params\":[]",
	};

	buf_printf(body, "{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":", ask + 1);
	if (ask < ASK_BLOCKS) {
		buf_puts(body, calls[ask]);
	} else {
		const struct node_sample *s = &p->out->sample;
		buf_printf(body, "\"eth_getBlockByNumber\",\"params\":[\"0x%" PRIx64 "\",false]", s->headers[s->header_count - 1].number - (ask - ASK_BLOCKS) - 1);
	}
	buf_putc(body, '}');
}

/* As many blocks below the head as there are, the genesis block left out: its time
 * says nothing about the pace. */
static unsigned ask_count(const struct probing *p)
{
	const struct node_sample *s = &p->out->sample;
	uint64_t below = 0;

	if (!p->spec->peers)
		return ASK_GENESIS + 1;
	if (s->header_count > 0 && s->headers[s->header_count - 1].number > 1)
		below = s->headers[s->header_count - 1].number - 1;
	return ASK_BLOCKS + (unsigned)(below < PACE_BLOCKS ? below : PACE_BLOCKS);
}

static void read_block(struct probing *p, unsigned ask, const struct json *block)
{
	const char *hash = json_string(json_get(block, "hash"));
	uint64_t number, seconds;

	if (!json_quantity(json_get(block, "number"), &number) || !json_quantity(json_get(block, "timestamp"), &seconds))
		return;
	if (ask == ASK_GENESIS)
		p->out->has_genesis = number == 0 && hash && hex_bytes(hash, p->out->genesis.bytes, sizeof(p->out->genesis.bytes));
	else if (seconds <= INT64_MAX / 1000)
		p->times_s[ask - ASK_BLOCKS + 1] = (int64_t)seconds;
}

static void read_answer(struct probing *p, const struct json *member)
{
	const struct json *result = json_get(member, "result");
	int64_t id;

	if (!json_i64(json_get(member, "id"), &id) || id < 1 || id > (int64_t)p->ask_count || !json_is_object(member))
		return;
	unsigned ask = (unsigned)id - 1;
	if (ask == ASK_NODE_INFO)
		read_node_info(p->out, result);
	else if (ask == ASK_PEERS)
		probe_read_peers(p->out, result);
	else
		read_block(p, ask, result);
}

/* The middle of the gaps, which late blocks do not move; the mean where blocks come more
 * often than their clock ticks. */
static int64_t pace_of(const int64_t *times_s, size_t count)
{
	int64_t gaps[PACE_BLOCKS];
	size_t n = 0;

	while (n + 1 < count && times_s[n] > 0 && times_s[n + 1] > 0 && times_s[n] >= times_s[n + 1]) {
		gaps[n] = times_s[n] - times_s[n + 1];
		n++;
	}
	if (n < 2)
		return 0;
	int64_t mean_ms = (times_s[0] - times_s[n]) * 1000 / (int64_t)n;
	qsort(gaps, n, sizeof(gaps[0]), number_compare);
	return gaps[n / 2] > 0 ? gaps[n / 2] * 1000 : mean_ms;
}

/* --- asking -------------------------------------------------------------------------------- */

static void first_done(void *arg, const struct http_reply *reply);
static void second_done(void *arg, const struct http_reply *reply);

static void send_body(struct probing *p, const struct buf *body)
{
	int64_t timeout_ms = p->spec->timeout_ms > 0 ? p->spec->timeout_ms : TIMEOUT_MS;
	struct http_request request = {
		.url = p->spec->url,
		.headers = p->spec->headers,
		.ca_file = p->spec->ca_file,
		.body = buf_text(body),
		.body_len = body->len,
		.connect_timeout_ms = timeout_ms,
		.timeout_ms = timeout_ms,
		.body_limit = BODY_LIMIT,
	};

	p->requests++;
	p->call = http_send(p->all->http, &request, p->second ? second_done : first_done, p);
}

static void finish(struct probing *p)
{
	p->call = NULL;
	if (--p->all->left == 0)
		loop_stop(p->all->loop);
}

static void send_first(struct probing *p)
{
	struct buf body;

	buf_init(&body, REQUEST_LIMIT);
	protocol_besu.plan(p->memory, NULL, NULL, clock_wall_us(p->all->clock), &body);
	send_body(p, &body);
	buf_free(&body);
}

static void send_second(struct probing *p)
{
	struct buf body;

	p->second = true;
	buf_init(&body, REQUEST_LIMIT);
	if (!p->out->single)
		buf_putc(&body, '[');
	for (unsigned i = p->out->single ? p->ask : 0; i < (p->out->single ? p->ask + 1 : p->ask_count); i++) {
		if (i > 0 && !p->out->single)
			buf_putc(&body, ',');
		write_ask(p, i, &body);
	}
	if (!p->out->single)
		buf_putc(&body, ']');
	send_body(p, &body);
	buf_free(&body);
}

/* Adds what another answer told; one that takes no batches tells it bit by bit. */
static void take_sample(struct node_sample *into, struct node_sample *from)
{
	struct node_sample old = *into;

	if (from->has & SAMPLE_HEAD) {
		into->headers = from->headers;
		into->header_count = from->header_count;
		from->headers = old.headers;
		from->header_count = old.header_count;
	}
	if (from->has & SAMPLE_VALIDATORS) {
		into->validators = from->validators;
		into->validator_count = from->validator_count;
		from->validators = old.validators;
		from->validator_count = old.validator_count;
	}
	if (from->has & SAMPLE_PEERS)
		into->peers = from->peers;
	if (from->has & SAMPLE_SYNCING)
		into->syncing = from->syncing;
	if (from->has & SAMPLE_VERSION)
		memcpy(into->version, from->version, sizeof(into->version));
	if (from->has & SAMPLE_CHAIN_ID)
		into->chain_id = from->chain_id;
	if (from->has & SAMPLE_NODE_KEY)
		into->node_key = from->node_key;
	if (from->has & SAMPLE_PERIODS) {
		into->block_period_ms = from->block_period_ms;
		into->request_timeout_ms = from->request_timeout_ms;
		into->empty_period_ms = from->empty_period_ms;
	}
	if (from->has & SAMPLE_METHODS)
		memcpy(into->methods, from->methods, sizeof(into->methods));
	if (!(from->has & SAMPLE_HEAD) && from->method_errors)
		into->method_errors = true;
	into->has |= from->has & (SAMPLE_HEAD | SAMPLE_VALIDATORS | SAMPLE_PEERS | SAMPLE_SYNCING | SAMPLE_VERSION | SAMPLE_CHAIN_ID | SAMPLE_NODE_KEY | SAMPLE_PERIODS | SAMPLE_METHODS);
	into->at_us = from->at_us;
	into->clock_skew_us = from->clock_skew_us;
}

static void first_done(void *arg, const struct http_reply *reply)
{
	struct probing *p = arg;
	struct probe *out = p->out;
	struct node_sample sample;

	protocol_besu.decode(p->memory, reply, clock_wall_us(p->all->clock), &sample);
	if (reply->certificate_expiry_us)
		out->certificate_expiry_us = reply->certificate_expiry_us;
	if (reply->outcome == HTTP_ANSWERED) {
		out->has_skew = reply->date_us != 0;
		if (!out->first_us)
			out->first_us = reply->total_us;
		else
			out->again_us = reply->total_us;
	}
	/* A refusal after answers leaves what was told; one before them is the news. */
	if (out->reach != REACH_OK || sample.reach == REACH_OK) {
		out->reach = sample.reach;
		memcpy(out->why, sample.why, sizeof(out->why));
		out->foreign = ((const struct besu_memory *)p->memory)->foreign;
	}
	if (sample.reach == REACH_OK)
		take_sample(&out->sample, &sample);
	node_sample_free(&sample);
	if (reply->outcome == HTTP_ANSWERED && protocol_besu.eager(p->memory) && p->requests < FIRST_REQUESTS) {
		send_first(p);
		return;
	}
	if (out->reach != REACH_OK) {
		finish(p);
		return;
	}
	out->single = ((struct besu_memory *)p->memory)->single_since_us != 0;
	p->ask_count = ask_count(p);
	send_second(p);
}

static void second_done(void *arg, const struct http_reply *reply)
{
	struct probing *p = arg;
	struct json *root = reply->outcome == HTTP_ANSWERED ? json_parse(reply->body, reply->body_len, TREE_LIMIT, NULL) : NULL;

	if (json_is_array(root))
		for (const struct json *member = json_first(root); member; member = json_next(member))
			read_answer(p, member);
	else if (root)
		read_answer(p, root);
	json_free(root);
	if (reply->outcome == HTTP_ANSWERED)
		p->out->again_us = reply->total_us;
	if (p->out->single && reply->outcome == HTTP_ANSWERED && ++p->ask < p->ask_count)
		send_second(p);
	else
		finish(p);
}

/* --- all of them ----------------------------------------------------------------------------- */

static void deadline(void *arg)
{
	struct probes *all = arg;

	for (size_t i = 0; i < all->count; i++) {
		struct probing *p = &all->items[i];
		if (!p->call)
			continue;
		http_cancel(p->call);
		p->call = NULL;
		if (p->out->reach == REACH_OK)
			continue;
		p->out->reach = REACH_UNREACHABLE;
		text_format(p->out->why, sizeof(p->out->why), "no answer in %" PRId64 " s", all->deadline_ms / 1000);
	}
	loop_stop(all->loop);
}

static void conclude(struct probing *p)
{
	const struct node_sample *s = &p->out->sample;

	if (s->header_count > 0) {
		p->times_s[0] = s->headers[s->header_count - 1].timestamp_s;
		p->out->pace_ms = pace_of(p->times_s, ARRAY_LENGTH(p->times_s));
	}
	protocol_besu.memory_free(p->memory);
}

static void begin(struct probing *p)
{
	struct besu_memory *memory = protocol_besu.memory_new();

	/* No history: a first look only wants the head. */
	memory->planned = true;
	p->memory = memory;
	*p->out = (struct probe){.reach = REACH_UNREACHABLE, .why = "was not asked"};
	send_first(p);
}

void probe_all(const struct probe_spec *specs, size_t count, int64_t deadline_ms, const struct clock *clock, struct probe *out)
{
	struct probes all = {.clock = clock, .count = count, .left = count, .deadline_ms = deadline_ms};

	for (size_t i = 0; i < count; i++)
		out[i] = (struct probe){.reach = REACH_UNREACHABLE, .why = "too many open files here"};
	all.loop = count > 0 ? loop_new() : NULL;
	if (!all.loop)
		return;
	all.http = http_new(all.loop, count);
	all.items = xcalloc(count, sizeof(*all.items));
	for (size_t i = 0; i < count; i++) {
		all.items[i] = (struct probing){.all = &all, .spec = &specs[i], .out = &out[i]};
		begin(&all.items[i]);
	}
	struct loop_timer *timer = loop_timer(all.loop, deadline_ms, 0, deadline, &all);
	loop_run(all.loop);
	loop_timer_stop(timer);
	http_free(all.http);
	for (size_t i = 0; i < count; i++)
		conclude(&all.items[i]);
	free(all.items);
	loop_free(all.loop);
}

void probe_free(struct probe *probe)
{
	node_sample_free(&probe->sample);
	free(probe->peers);
	*probe = (struct probe){0};
}
