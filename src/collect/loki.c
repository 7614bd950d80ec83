#include "collect/loki.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "collect/monitor.h"
#include "world/judge.h"

#include <stdlib.h>
#include <string.h>

const struct settings_def loki_section = {
	.word = "loki",
	.named = true,
	.help = "A Loki: its health, and what validators log of rounds; queries are [probe NAME].",
	.items = (const struct setting_def[]){
		{.name = "url", .type = SETTING_URL, .help = "Where it is, without /loki/api.", .required = true},
		{.name = "tenant", .type = SETTING_TEXT, .help = "The tenant, sent as X-Scope-OrgID."},
		{.name = "rounds", .type = SETTING_TEXT, .help = "A stream selector of the validators' logs, such as {pod=~\"besu-validator.*\"}: their lines about rounds tell who is missing."},
		POLLER_SETTINGS,
		{0},
	},
};

enum {
	BODY_BYTES = 16 * 1024 * 1024,
	TREE_BYTES = 256 * 1024 * 1024,
	LINES_MAX = 2000,
	LINES_TAKEN_MAX = 20000,
	MISSING_NAMED = 4,
};
/* A high round takes minutes, and says nothing meanwhile. */
#define ROUNDS_BACK_US (15 * US_PER_MINUTE)

void loki_add_tenant(const struct settings *settings, char ***headers)
{
	const char *tenant = settings_text(settings, "tenant");
	size_t count = 0;

	if (!tenant)
		return;
	while (*headers && (*headers)[count])
		count++;
	*headers = xreallocarray(*headers, count + 2, sizeof(**headers));
	(*headers)[count] = xasprintf("X-Scope-OrgID: %s", tenant);
	(*headers)[count + 1] = NULL;
}

/* --- rounds -------------------------------------------------------------------------------------- */

struct line {
	uint64_t ns;
	size_t at; /* lines of one moment keep their order */
	const char *text;
};

static int compare_lines(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	/* They come newest first. */
	return x->at > y->at ? -1 : 1;
}

static void read_stream(const struct json *values, struct rounds *out)
{
	struct line *lines = NULL;
	size_t count = 0, capacity = 0;

	rounds_init(out);
	for (const struct json *pair = json_first(values); pair && count < LINES_TAKEN_MAX; pair = json_next(pair)) {
		struct line line = {.at = count, .text = json_string(json_next(json_first(pair)))};
		if (!line.text || !decimal_u64(json_string(json_first(pair)), &line.ns))
			continue;
		lines = mem_grow(lines, &capacity, count, sizeof(*lines));
		lines[count++] = line;
	}
	if (count)
		qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		rounds_take(out, lines[i].text);
	free(lines);
}

static bool is_heard(const struct rounds *rounds, const struct address *address)
{
	for (size_t i = 0; i < rounds->count; i++)
		if (address_equal(&rounds->heard[i].address, address))
			return true;
	return false;
}

static void join_rounds(struct rounds *all, const struct rounds *one)
{
	if (one->round > all->round) {
		all->round = one->round;
		all->expires_s = one->expires_s;
	}
	if (one->quorum > all->quorum)
		all->quorum = one->quorum;
	for (size_t i = 0; i < one->count && all->count < ROUNDS_MAX; i++)
		if (!is_heard(all, &one->heard[i].address))
			all->heard[all->count++] = one->heard[i];
}

enum status loki_read_rounds(const char *body, size_t len, struct rounds_seen *out, struct error *err)
{
	struct json *root = json_parse(body, len, TREE_BYTES, err);
	const struct json *data = json_get(root, "data");
	const char *type = json_string(json_get(data, "resultType"));
	bool fits = type && strcmp(type, "streams") == 0;

	*out = (struct rounds_seen){0};
	rounds_init(&out->all);
	for (const struct json *stream = fits ? json_first(json_get(data, "result")) : NULL; stream; stream = json_next(stream)) {
		struct rounds one;
		read_stream(json_get(stream, "values"), &one);
		join_rounds(&out->all, &one);
		out->streams++;
		out->dead += one.dead;
	}
	json_free(root);
	return fits ? STATUS_OK : error_set(err, STATUS_CORRUPT, "not lines of a log");
}

/* --- the source ------------------------------------------------------------------------------------ */

enum question {
	ASK_READY,
	ASK_ROUNDS,
};

struct loki {
	struct source_host host;
	const struct settings *settings;
	char name[80];
	struct component *self, *rounds; /* rounds: NULL when nobody asks for them */
	struct poller *poller;
	enum question question;
};

static bool plan(void *arg, struct buf *url, struct buf *body)
{
	struct loki *loki = arg;
	int64_t now_us = clock_wall_us(loki->host.clock);

	(void)body;
	if (loki->question == ASK_READY) {
		monitor_url(url, loki->settings, "/ready");
		return true;
	}
	monitor_url(url, loki->settings, "/loki/api/v1/query_range?query=");
	url_encode(url, settings_text(loki->settings, "rounds"));
	url_encode(url, " |~ \"Moved to round|BFT round summary|Address: 0x|(Imported|Produced) .*#|BFT Mining thread\"");
	buf_printf(url, "&start=%lld000&end=%lld000&limit=%d&direction=backward", (long long)(now_us - ROUNDS_BACK_US), (long long)now_us, LINES_MAX);
	return true;
}

/* Validators of the set whom nobody heard of. Writes their names; relates the first of them. */
static size_t find_missing(struct loki *loki, const struct rounds *rounds, size_t *members, char *names, size_t size)
{
	struct world *world = loki->host.world;
	size_t missing = 0, slot = 0, used = 0;

	*members = 0;
	names[0] = '\0';
	for (size_t i = 0; i < world_count(world, KIND_VALIDATOR); i++) {
		const struct component *c = world_at(world, KIND_VALIDATOR, i);
		struct address address;
		int64_t member;
		if (!component_number(c, VALIDATOR_MEMBER, &member) || !member || !address_parse(component_text(c, VALIDATOR_ADDRESS), &address))
			continue;
		++*members;
		if (rounds->count == 0 || is_heard(rounds, &address))
			continue;
		if (slot < RELATED_SOURCE)
			world_relate(loki->rounds, slot++, c->id);
		if (missing++ < MISSING_NAMED) {
			text_format(names + used, size - used, "%s%s", used ? ", " : "", c->name);
			used = strlen(names);
		}
	}
	for (; slot < RELATED_SOURCE; slot++)
		world_relate(loki->rounds, slot, "");
	return missing;
}

static struct verdict judge_rounds(const struct rounds_seen *seen, size_t members, size_t missing, const char *names)
{
	const struct rounds *all = &seen->all;

	if (seen->streams == 0)
		return verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, "no lines: the selector matches no log of a validator");
	if (seen->dead > 0)
		return verdict_make(HEALTH_CRITICAL, SYMPTOM_ROUNDS, "%zu %s logged that mining has stopped for good (restart it)", seen->dead, seen->dead == 1 ? "node" : "nodes");
	if (all->round < 0 && all->quorum < 0)
		return verdict_make(HEALTH_OK, SYMPTOM_NONE, "no round changes in %zu logs", seen->streams);
	if (missing > 0)
		return verdict_make((int64_t)all->count < all->quorum ? HEALTH_CRITICAL : HEALTH_WARNING, SYMPTOM_ROUNDS, "round %lld: heard of %zu of %zu, quorum %lld; missing %.90s%s",
				    (long long)all->round, all->count, members, (long long)all->quorum, names, missing > MISSING_NAMED ? " and more" : "");
	return verdict_make(HEALTH_WARNING, SYMPTOM_ROUNDS, "round %lld, heard of %zu validators", (long long)all->round, all->count);
}

static enum status take_rounds(struct loki *loki, const struct http_reply *reply, int64_t at_us, struct error *err)
{
	struct rounds_seen seen;
	char names[120], value[160];
	size_t members, missing;
	enum status status = loki_read_rounds(reply->body, reply->body_len, &seen, err);

	if (status != STATUS_OK)
		return status;
	missing = find_missing(loki, &seen.all, &members, names, sizeof(names));
	struct sighting sighting = {.at_us = at_us, .verdict = judge_rounds(&seen, members, missing, names)};
	if (seen.all.round >= 0)
		world_set_text(loki->rounds, PROBE_VALUE, text_format(value, sizeof(value), "round %lld%s%s", (long long)seen.all.round, missing ? ", missing " : "", names), at_us);
	else
		world_unset(loki->rounds, PROBE_VALUE);
	world_sight(loki->host.world, loki->rounds, &sighting);
	return STATUS_OK;
}

static bool fail(struct loki *loki, enum reach reach, const char *why, int64_t at_us)
{
	if (loki->question == ASK_READY)
		world_miss(loki->host.world, loki->self, at_us, reach, why);
	if (loki->rounds)
		world_miss(loki->host.world, loki->rounds, at_us, reach, why);
	loki->question = ASK_READY;
	return false;
}

static bool done(void *arg, const struct http_reply *reply, int64_t at_us)
{
	struct loki *loki = arg;
	struct error err = {0};
	char why[160];
	enum reach reach = poller_reach(reply, why, sizeof(why));
	struct verdict verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "answers");

	if (loki->question == ASK_READY) {
		/* A gateway in front may keep this page to itself. */
		if (reach != REACH_OK && reply->status != 404)
			return fail(loki, reach, why, at_us);
		monitor_sight(&loki->host, loki->self, at_us, reply, &verdict);
		if (!loki->rounds)
			return false;
		loki->question = ASK_ROUNDS;
		return true;
	}
	if (reach != REACH_OK)
		return fail(loki, reach, why, at_us);
	if (take_rounds(loki, reply, at_us, &err) != STATUS_OK)
		return fail(loki, REACH_REFUSING, err.text, at_us);
	loki->question = ASK_READY;
	return false;
}

static void add_components(struct loki *loki)
{
	char name[80];

	loki->self = monitor_add(&loki->host, loki->settings);
	if (!settings_has(loki->settings, "rounds"))
		return;
	text_format(name, sizeof(name), "rounds %s", loki->settings->name);
	loki->rounds = world_add(loki->host.world, KIND_PROBE, name, loki->name, monitor_stale_us(loki->settings));
	world_set_text(loki->rounds, PROBE_QUERY, settings_text(loki->settings, "rounds"), clock_wall_us(loki->host.clock));
	world_relate(loki->rounds, RELATED_SOURCE, loki->self->id);
}

static enum status start(const struct source_host *host, const struct settings *settings, void **state, struct error *err)
{
	struct loki *loki = xcalloc(1, sizeof(*loki));
	struct poller_spec spec = {.url = settings_text(settings, "url"), .plan = plan, .done = done, .arg = loki, .body_limit = BODY_BYTES};
	char **headers;

	loki->host = *host;
	loki->settings = settings;
	monitor_name(loki->name, sizeof(loki->name), settings);
	enum status status = poller_settings(host, settings, &spec, &headers, err);
	if (status != STATUS_OK) {
		free(loki);
		return status;
	}
	loki_add_tenant(settings, &headers);
	spec.headers = (const char *const *)headers;
	add_components(loki);
	loki->poller = poller_new(host, &spec);
	poller_headers_free(headers);
	*state = loki;
	return STATUS_OK;
}

static void refresh(void *state)
{
	poller_refresh(((struct loki *)state)->poller);
}

static bool tried(const void *state)
{
	return poller_tried(((const struct loki *)state)->poller);
}

static void stop(void *state)
{
	struct loki *loki = state;

	poller_free(loki->poller);
	free(loki);
}

const struct source_def loki_source = {.section = &loki_section, .start = start, .refresh = refresh, .tried = tried, .stop = stop};
