#include "watch/doctor.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "collect/agree.h"
#include "io/http.h"
#include "watch/bearer.h"
#include "world/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	ASK_TIMEOUT_MS = 3000,
	ASK_DEADLINE_MS = 5000,
	CERTIFICATE_WARN_DAYS = 21,
	FILES_BESIDE = 256,      /* record, terminal, children; as io/http.c counts */
	HEAD_AGE_UNKNOWN_S = 60, /* where the block period is not known */
};

static const char endpoints[] = "endpoints";

/* What most say, of nodes that need not agree. */
struct agreement {
	uint64_t chain_id; /* of the configuration, else of most nodes; 0 unknown */
	bool configured;
	struct most chain, genesis;
	size_t clocks;   /* nodes whose clocks were seen */
	bool settled;    /* most of them tell the same time: whose is wrong is known */
	int64_t skew_us; /* the middle of their clocks, minus ours */
};

/* --- configuration ------------------------------------------------------------------ */

static bool url_has_secret(const char *url)
{
	char masked[4096];

	return strcmp(http_mask_url(masked, sizeof(masked), url), url) != 0;
}

void doctor_configuration(const char *path, const struct config *config, const struct config_problems *problems, struct findings *out)
{
	static const char group[] = "configuration";
	struct stat st;
	size_t errors = 0;

	for (size_t i = 0; i < problems->count; i++)
		errors += !problems->items[i].warning;
	for (size_t i = 0; i < problems->count; i++)
		finding_add(out, problems->items[i].warning ? FINDING_WARN : FINDING_FAIL, group, "file", NULL, "%s", problems->items[i].text);
	if (errors == 0)
		finding_add(out, FINDING_OK, group, "file", NULL, "%s: network %s, %zu nodes, %zu validators named", path, config->network, config->node_count, config->validator_count);
	for (size_t i = 0; i < config->node_count; i++) {
		if (!config->nodes[i].url || !url_has_secret(config->nodes[i].url))
			continue;
		bool open = stat(path, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO));
		finding_add(out, open ? FINDING_FAIL : FINDING_WARN, group, config->nodes[i].name, open ? "chmod 600 it, and name the secret with bearer_env" : "name it with bearer_env or bearer_file",
			    "a secret stands in its url%s", open ? ", and others may read the file" : "");
	}
}

/* --- what most say -------------------------------------------------------------------- */

/* The Date header has whole seconds. */
static int64_t clock_limit_us(const struct config *config)
{
	return config->thresholds.skew_warn_ms * US_PER_MS + US_PER_S / 2;
}

static void compare_clocks(const struct config *config, const struct probe *probes, struct agreement *out)
{
	int64_t *skews = xcalloc(config->node_count + 1, sizeof(*skews));

	for (size_t i = 0; i < config->node_count; i++)
		if (probes[i].reach == REACH_OK && probes[i].has_skew)
			skews[out->clocks++] = probes[i].sample.clock_skew_us;
	out->settled = judge_clocks(skews, out->clocks, clock_limit_us(config), &out->skew_us);
	free(skews);
}

static struct agreement agree(const struct config *config, const struct probe *probes)
{
	struct agreement c = {.chain_id = config->chain_id, .configured = config->chain_id != 0};
	size_t count = config->node_count;
	const struct probe **all = xcalloc(count + 1, sizeof(const struct probe *));

	for (size_t i = 0; i < count; i++)
		all[i] = &probes[i];
	c.chain = agree_chain(all, count);
	if (!c.configured && c.chain.votes > 0)
		c.chain_id = probes[c.chain.by].sample.chain_id;
	c.genesis = agree_genesis(all, count, c.chain_id);
	free(all);
	compare_clocks(config, probes, &c);
	return c;
}

/* --- one endpoint ------------------------------------------------------------------------ */

struct examined {
	const struct config *config;
	const struct config_node *node;
	const struct probe *probe, *probes; /* its own, and all */
	const struct agreement *agreement;
	int64_t now_us;
	struct findings *out;
};

static void put_unreachable(const struct examined *e)
{
	static const struct {
		const char *begins, *cure;
	} cures[] = {
		{"connection refused", "start the node, or put the port right"},
		{"certificate expired", "renew the certificate"},
		{"certificate not trusted", "name the authority that signed it with ca_file"},
		{"certificate of another host", "use the name that the certificate is for"},
		{"certificate not valid yet", "put the clocks right"},
		{"certificate authority file", "put ca_file right"},
		{"TLS handshake", "see whether the port speaks TLS at all"},
		{"host not found", "put the host's name right, or look at /etc/resolv.conf"},
		{"not HTTP", "put the port right: this is no RPC port"},
		{"timeout", "see whether the node hangs, and whether a firewall stands between"},
		{"connect timeout", "see whether the node is up, and whether a firewall stands between"},
		{"no answer", "see whether the node hangs, and whether a firewall stands between"},
		{"no route", "see whether this machine reaches that network (a VPN?)"},
		{"network unreachable", "see whether this machine reaches that network (a VPN?)"},
		{"too many open files", "raise the limit: ulimit -n"},
		{"HTTP 401", "give it a token: bearer_env or bearer_file"},
	};
	const char *why = e->probe->why, *open = strrchr(why, '(');
	size_t len = strlen(why);
	char text[160], cure[160] = "see what the node's own log says";

	for (size_t i = 0; i < ARRAY_LENGTH(cures); i++)
		if (strncmp(why, cures[i].begins, strlen(cures[i].begins)) == 0)
			text_format(cure, sizeof(cure), "%s", cures[i].cure);
	text_format(text, sizeof(text), "%s", why);
	/* A cure that came with the reason is the better one. */
	if (open && open > why && why[len - 1] == ')') {
		text_format(cure, sizeof(cure), "%.*s", (int)(why + len - 1 - open - 1), open + 1);
		text_format(text, sizeof(text), "%.*s", (int)(open - why - 1), why);
	}
	finding_add(e->out, FINDING_FAIL, endpoints, e->node->name, cure, "%s", text);
}

static const struct header *head_of(const struct probe *p)
{
	return p->sample.header_count ? &p->sample.headers[p->sample.header_count - 1] : NULL;
}

/* The one line of an endpoint that serves: what it is, in numbers. */
static void put_serves(const struct examined *e)
{
	const struct node_sample *s = &e->probe->sample;
	const struct header *head = head_of(e->probe);
	char number[32];
	struct buf line;

	buf_init(&line, 240);
	buf_printf(&line, "%s", s->has & SAMPLE_VERSION ? s->version : "answers");
	if (s->has & SAMPLE_CHAIN_ID)
		buf_printf(&line, ", chain %" PRIu64, s->chain_id);
	if (head)
		buf_printf(&line, ", head %s", text_thousands(number, sizeof(number), (int64_t)head->number));
	if (s->has & SAMPLE_PEERS)
		buf_printf(&line, ", %" PRIu64 " peers", s->peers);
	if (e->probe->again_us)
		buf_printf(&line, ", %.1f ms", (double)e->probe->again_us / 1000);
	if (e->probe->certificate_expiry_us)
		buf_printf(&line, ", certificate for %" PRId64 " days", (e->probe->certificate_expiry_us - e->now_us) / US_PER_DAY);
	finding_add(e->out, FINDING_OK, endpoints, e->node->name, NULL, "%s", buf_text(&line));
	buf_free(&line);
}

/* "most others", or the one that there is. */
static const char *others(const struct examined *e, const struct most *most)
{
	return most->votes > 1 ? "most others" : e->config->nodes[most->by].name;
}

static void check_chain(const struct examined *e)
{
	const struct agreement *c = e->agreement;
	const struct probe *p = e->probe;

	if (!(p->sample.has & SAMPLE_CHAIN_ID))
		finding_add(e->out, FINDING_WARN, endpoints, e->node->name, "enable ETH: --rpc-http-api=ETH,NET,WEB3", "does not tell its chain id");
	else if (p->sample.chain_id != c->chain_id)
		finding_add(e->out, FINDING_FAIL, endpoints, e->node->name, "take it out, or put the url right", "chain id %" PRIu64 ", and %s %s %" PRIu64, p->sample.chain_id,
			    c->configured ? "the configuration" : others(e, &c->chain), c->configured || c->chain.votes == 1 ? "says" : "say", c->chain_id);
	else if (p->has_genesis && c->genesis.votes > 0 && !hash_equal(&p->genesis, &e->probes[c->genesis.by].genesis))
		finding_add(e->out, FINDING_FAIL, endpoints, e->node->name, "it runs another network with the same chain id: compare the genesis files", "another genesis block than %s", others(e, &c->genesis));
}

static void check_methods(const struct examined *e)
{
	const struct node_sample *s = &e->probe->sample;
	const char *open = strstr(s->methods, " (");

	if (s->methods[0] && open) {
		char cure[160];
		text_format(cure, sizeof(cure), "%.*s", (int)strcspn(open + 2, ")"), open + 2);
		finding_add(e->out, FINDING_WARN, endpoints, e->node->name, cure, "offers %.*s", (int)(open - s->methods), s->methods);
	} else if (s->methods[0]) {
		finding_add(e->out, FINDING_INFO, endpoints, e->node->name, NULL, "offers %s; this client has it not, and is watched without", s->methods);
	}
	if (!(s->has & SAMPLE_HEAD))
		finding_add(e->out, FINDING_FAIL, endpoints, e->node->name, "enable ETH: --rpc-http-api=ETH,NET,WEB3", "gives no head%s%s", e->probe->why[0] ? ": " : "", e->probe->why);
	if (e->probe->single)
		finding_add(e->out, FINDING_INFO, endpoints, e->node->name, "allow them, where a proxy or an option forbids them", "takes no batches: each poll costs a dozen requests instead of one");
}

static bool is_local(const char *url)
{
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	return strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0 || strncmp(host, "localhost", 9) == 0;
}

static void check_transport(const struct examined *e)
{
	int64_t left_us = e->probe->certificate_expiry_us - e->now_us;

	if (e->probe->certificate_expiry_us && left_us < CERTIFICATE_WARN_DAYS * US_PER_DAY)
		finding_add(e->out, FINDING_WARN, endpoints, e->node->name, "renew it", "its certificate ends in %" PRId64 " days", left_us / US_PER_DAY);
	if (strncmp(e->node->url, "http://", 7) != 0 || is_local(e->node->url))
		return;
	if (e->node->bearer_env || e->node->bearer_file || url_has_secret(e->node->url))
		finding_add(e->out, FINDING_WARN, endpoints, e->node->name, "use https, or a tunnel", "sends its secret unencrypted");
}

static void check_speed(const struct examined *e)
{
	int64_t ms = e->probe->again_us / US_PER_MS;

	if (ms > e->config->thresholds.rpc_warn_ms)
		finding_add(e->out, FINDING_WARN, endpoints, e->node->name, "look at the node's load, and at what lies between", "slow: %" PRId64 " ms, the limit is %" PRId64 " ms", ms, e->config->thresholds.rpc_warn_ms);
}

static void check_clock(const struct examined *e)
{
	const struct agreement *c = e->agreement;
	int64_t skew_us = e->probe->sample.clock_skew_us - (c->settled ? c->skew_us : 0);
	int64_t size_us = skew_us < 0 ? -skew_us : skew_us;

	if (!e->probe->has_skew || size_us <= clock_limit_us(e->config))
		return;
	finding_add(e->out, FINDING_WARN, endpoints, e->node->name, c->settled ? "put its clock right (chronyc tracking)" : "see which clock is wrong (timedatectl, chronyc tracking)",
		    "its clock is %.1f s %s %s", (double)size_us / (double)US_PER_S, skew_us < 0 ? "behind" : "ahead of", c->settled ? "most others" : "this machine's");
}

/* P + 3T + slack, the rule that calls a chain halted. */
static int64_t longest_age_us(const struct examined *e)
{
	const struct thresholds *t = &e->config->thresholds;
	const struct node_sample *s = &e->probe->sample;
	int64_t period_ms = t->block_period_ms ? t->block_period_ms : s->block_period_ms;
	int64_t timeout_ms = t->request_timeout_ms ? t->request_timeout_ms : s->request_timeout_ms;
	int64_t empty_ms = t->empty_period_ms ? t->empty_period_ms : s->empty_period_ms;

	if (timeout_ms == 0)
		timeout_ms = period_ms;
	if (empty_ms > period_ms)
		period_ms = empty_ms;
	return period_ms ? (period_ms + t->stall_rounds * timeout_ms + t->stall_slack_ms) * US_PER_MS : HEAD_AGE_UNKNOWN_S * US_PER_S;
}

static void check_head(const struct examined *e)
{
	const struct node_sample *s = &e->probe->sample;
	const struct header *head = head_of(e->probe);
	char age[DURATION_TEXT];

	if (s->has & SAMPLE_SYNCING && s->syncing)
		finding_add(e->out, FINDING_INFO, endpoints, e->node->name, NULL, "is syncing");
	if ((s->has & SAMPLE_PEERS) && s->peers == 0 && e->config->node_count > 1)
		finding_add(e->out, FINDING_WARN, endpoints, e->node->name, "look at its static nodes, its bootnodes and port 30303", "has no peers");
	if (!head)
		return;
	int64_t age_us = e->now_us - head->timestamp_s * US_PER_S;
	if (head->number == 0)
		finding_add(e->out, FINDING_WARN, endpoints, e->node->name, "see whether its validators run", "has only the genesis block");
	else if (age_us > longest_age_us(e))
		finding_add(e->out, FINDING_WARN, endpoints, e->node->name, "open the console: it halted, lags, or does not make blocks by itself", "its head is %s old", duration_human(age, age_us));
	else if (age_us < -e->config->thresholds.skew_warn_ms * US_PER_MS)
		finding_add(e->out, FINDING_WARN, endpoints, e->node->name, "put the clocks of validators and of this machine right", "its head is %s in the future", duration_human(age, -age_us));
}

static void check_validator(const struct examined *e)
{
	const struct node_sample *s = &e->probe->sample;
	char said[ADDRESS_TEXT], shown[ADDRESS_TEXT];

	if (!e->node->has_validator || !(s->has & SAMPLE_NODE_KEY) || address_equal(&s->node_key, &e->node->validator))
		return;
	finding_add(e->out, FINDING_WARN, endpoints, e->node->name, "put validator = right, or the url", "the configuration says it runs %s, and its key is %s", address_text(said, &e->node->validator), address_text(shown, &s->node_key));
}

static void examine(const struct examined *e)
{
	static void (*const checks[])(const struct examined *e) = {check_chain, check_methods, check_transport, check_speed, check_clock, check_head, check_validator};

	if (e->probe->reach != REACH_OK) {
		put_unreachable(e);
		return;
	}
	put_serves(e);
	for (size_t i = 0; i < ARRAY_LENGTH(checks); i++)
		checks[i](e);
}

static void judge_time(const struct agreement *c, const struct config *config, struct findings *out)
{
	static const char group[] = "time";
	int64_t size_us = c->skew_us < 0 ? -c->skew_us : c->skew_us;

	if (c->clocks == 0)
		finding_add(out, FINDING_INFO, group, "this machine's clock", NULL, "no endpoint told the time");
	else if (c->clocks == 1)
		finding_add(out, FINDING_INFO, group, "this machine's clock", NULL, "compared with one endpoint only, too few to tell whose is wrong");
	else if (!c->settled)
		finding_add(out, FINDING_INFO, group, "this machine's clock", NULL, "compared with %zu endpoints, too few of which agree to tell whose is wrong", c->clocks);
	else if (size_us > clock_limit_us(config))
		finding_add(out, FINDING_WARN, group, "this machine's clock", "put it right (timedatectl set-ntp true)", "%.1f s %s the middle of %zu endpoints", (double)size_us / (double)US_PER_S,
			    c->skew_us < 0 ? "ahead of" : "behind", c->clocks);
	else
		finding_add(out, FINDING_OK, group, "this machine's clock", NULL, "agrees with %zu endpoints", c->clocks);
}

void doctor_judge(const struct config *config, const struct probe *probes, int64_t now_us, struct findings *out)
{
	struct agreement agreement = agree(config, probes);

	for (size_t i = 0; i < config->node_count; i++) {
		struct examined e = {.config = config, .node = &config->nodes[i], .probe = &probes[i], .probes = probes, .agreement = &agreement, .now_us = now_us, .out = out};
		if (config->nodes[i].url)
			examine(&e);
	}
	if (config->node_count > 0)
		judge_time(&agreement, config, out);
}

void doctor_ask(const struct config *config, const struct clock *clock, struct findings *out)
{
	size_t count = config->node_count;
	struct probe_spec *specs = xcalloc(count + 1, sizeof(*specs));
	struct probe *probes = xcalloc(count + 1, sizeof(*probes));
	const char *(*headers)[2] = xcalloc(count + 1, sizeof(*headers));
	char **bearers = xcalloc(count + 1, sizeof(*bearers));

	for (size_t i = 0; i < count; i++) {
		const struct config_node *node = &config->nodes[i];
		struct error err = {0};
		if (bearer_header(node, &bearers[i], &err) != STATUS_OK)
			finding_add(out, FINDING_FAIL, endpoints, node->name, NULL, "%s", err.text);
		headers[i][0] = bearers[i];
		/* A node without url fails in the configuration's own check. */
		specs[i] = (struct probe_spec){.url = node->url ? node->url : "", .headers = headers[i], .ca_file = node->ca_file, .timeout_ms = ASK_TIMEOUT_MS};
		if (node->timeout_ms > 0 && node->timeout_ms < ASK_TIMEOUT_MS)
			specs[i].timeout_ms = node->timeout_ms;
	}
	probe_all(specs, count, ASK_DEADLINE_MS, clock, probes);
	doctor_judge(config, probes, clock_wall_us(clock), out);
	for (size_t i = 0; i < count; i++) {
		probe_free(&probes[i]);
		free(bearers[i]);
	}
	free(bearers);
	free(headers);
	free(probes);
	free(specs);
}

/* --- this machine ------------------------------------------------------------------------- */

static bool on_path(const char *path, const char *name, char *found, size_t size)
{
	for (const char *at = path; *at;) {
		size_t len = strcspn(at, ":");
		struct stat st;
		text_format(found, size, "%.*s/%s", (int)len, at, name);
		if (len > 0 && access(found, X_OK) == 0 && stat(found, &st) == 0 && S_ISREG(st.st_mode))
			return true;
		at += len + (at[len] == ':');
	}
	return false;
}

void doctor_tools(const char *path, struct findings *out)
{
	static const struct {
		const char *name, *use, *cure;
	} tools[] = {
		{"kubectl", "runbooks look at pods and restart them with it", "install it (Debian: kubernetes-client)"},
		{"cast", "runbooks ask contracts with it", "install Foundry's cast"},
		{"ssh-keygen", "signs and checks exports", "install it (Debian: openssh-client)"},
		{"sqlite3", "opens the record for a look of your own", "install it (Debian: sqlite3)"},
	};
	char found[512];

	for (size_t i = 0; i < ARRAY_LENGTH(tools); i++) {
		if (on_path(path ? path : "", tools[i].name, found, sizeof(found)))
			finding_add(out, FINDING_OK, "tools", tools[i].name, NULL, "%s", found);
		else
			finding_add(out, FINDING_INFO, "tools", tools[i].name, tools[i].cure, "not on PATH; %s", tools[i].use);
	}
}

void doctor_limits(size_t count, struct findings *out)
{
	struct rlimit files;
	uint64_t needed = (uint64_t)count + FILES_BESIDE;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	bool few = files.rlim_max != RLIM_INFINITY && files.rlim_max < needed;
	finding_add(out, few ? FINDING_WARN : FINDING_OK, "limits", "open files", few ? "raise it: ulimit -Hn, or LimitNOFILE= of the service" : NULL,
		    "%" PRIu64 " allowed, %" PRIu64 " needed for %zu endpoints", (uint64_t)files.rlim_max, needed, count);
}
