#include "collect/prometheus.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "collect/monitor.h"
#include "world/judge.h"

#include <stdlib.h>
#include <string.h>

const struct settings_def prometheus_section = {
	.word = "prometheus",
	.named = true,
	.help = "A Prometheus: its health, its targets and its rules; queries are [probe NAME].",
	.items = (const struct setting_def[]){
		{.name = "url", .type = SETTING_URL, .help = "Where it is, without /api.", .required = true},
		{.name = "targets", .type = SETTING_FLAG, .help = "Whether targets that it cannot scrape are shown.", .fallback = "yes"},
		{.name = "rules", .type = SETTING_FLAG, .help = "Whether its pending and firing rules are shown as alerts, unless an Alertmanager has them.", .fallback = "yes"},
		POLLER_SETTINGS,
		{0},
	},
};

enum {
	BODY_BYTES = 32 * 1024 * 1024,
	TREE_BYTES = 512 * 1024 * 1024,
	TARGETS_SHOWN = 200, /* that are down; more are only counted */
};

/* --- decoding -------------------------------------------------------------------------------- */

static void copy_text(char *dst, size_t size, const struct json *v)
{
	const char *text = json_string(v);

	text_clean(dst, size, text ? text : "", text ? strlen(text) : 0);
}

/* The data of an answer, or why there is none. */
static const struct json *read_data(const struct json *root, struct error *err)
{
	const char *said = json_string(json_get(root, "error"));
	const struct json *data = json_get(root, "data");

	if (said)
		error_set(err, STATUS_REFUSED, "%.200s", said);
	else if (!data)
		error_set(err, STATUS_CORRUPT, "not an answer of Prometheus");
	return said ? NULL : data;
}

static char *read_summary(const struct json *annotations)
{
	static const char *const keys[] = {"summary", "message", "description"};
	char clean[LABEL_TEXT_MAX] = "";

	for (size_t i = 0; i < ARRAY_LENGTH(keys) && !clean[0]; i++)
		copy_text(clean, sizeof(clean), json_get(annotations, keys[i]));
	return xstrdup(clean);
}

static void take_alert(const struct json *item, struct alert_list *out)
{
	struct alert *alert = alert_list_add(out);
	const char *state = json_string(json_get(item, "state")), *since = json_string(json_get(item, "activeAt"));

	if (!alert)
		return;
	bool named = alert_read_labels(alert, json_get(item, "labels"));
	alert->state = state && strcmp(state, "pending") == 0 ? ALERT_IS_PENDING : ALERT_IS_FIRING;
	alert->summary = read_summary(json_get(item, "annotations"));
	if (!since || time_parse(since, &alert->since_us, NULL, NULL) != STATUS_OK)
		alert->since_us = 0;
	if (!named)
		alert_list_drop_last(out);
}

enum status prometheus_read_alerts(const char *body, size_t len, struct alert_list *out, struct error *err)
{
	struct json *root = json_parse(body, len, TREE_BYTES, err);
	const struct json *list = json_get(read_data(root, err), "alerts");
	bool fits = json_is_array(list);

	for (const struct json *item = fits ? json_first(list) : NULL; item; item = json_next(item))
		take_alert(item, out);
	json_free(root);
	if (fits)
		return STATUS_OK;
	error_set(err, STATUS_CORRUPT, "not a list of alerts");
	return STATUS_CORRUPT;
}

void target_list_free(struct target_list *list)
{
	free(list->items);
	*list = (struct target_list){0};
}

static void take_target(const struct json *item, struct target_list *out)
{
	const struct json *labels = json_get(item, "labels");
	char instance[64], job[40], health[16];

	copy_text(health, sizeof(health), json_get(item, "health"));
	out->up += strcmp(health, "up") == 0;
	out->unknown += strcmp(health, "unknown") == 0;
	if (strcmp(health, "down") != 0)
		return;
	copy_text(instance, sizeof(instance), json_get(labels, "instance"));
	copy_text(job, sizeof(job), json_get(labels, "job"));
	out->items = mem_grow(out->items, &out->capacity, out->count, sizeof(*out->items));
	struct target *target = &out->items[out->count++];
	copy_text(target->why, sizeof(target->why), json_get(item, "lastError"));
	text_format(target->name, sizeof(target->name), "%s %s", job, instance);
	url_host(target->place, sizeof(target->place), instance);
}

enum status prometheus_read_targets(const char *body, size_t len, struct target_list *out, struct error *err)
{
	struct json *root = json_parse(body, len, TREE_BYTES, err);
	const struct json *list = json_get(read_data(root, err), "activeTargets");
	bool fits = json_is_array(list);

	for (const struct json *item = fits ? json_first(list) : NULL; item; item = json_next(item))
		take_target(item, out);
	json_free(root);
	if (fits)
		return STATUS_OK;
	error_set(err, STATUS_CORRUPT, "not a list of targets");
	return STATUS_CORRUPT;
}

/* --- the source --------------------------------------------------------------------------------- */

enum question {
	ASK_ALERTS,
	ASK_TARGETS,
	ASK_VERSION,
};

struct prometheus {
	struct source_host host;
	const struct settings *settings;
	char name[80], targets[96]; /* the source of components of targets */
	struct component *self;
	struct poller *poller;
	enum question question;
	size_t down, up;
};

static bool is_wanted(const struct prometheus *p, enum question question)
{
	if (question == ASK_ALERTS)
		return settings_number(p->settings, "rules");
	return question != ASK_TARGETS || settings_number(p->settings, "targets");
}

static bool plan(void *arg, struct buf *url, struct buf *body)
{
	static const char *const paths[] = {
		[ASK_ALERTS] = "/api/v1/alerts",
		[ASK_TARGETS] = "/api/v1/targets?state=active",
		[ASK_VERSION] = "/api/v1/status/buildinfo",
	};
	struct prometheus *p = arg;

	(void)body;
	while (!is_wanted(p, p->question))
		p->question++;
	monitor_url(url, p->settings, paths[p->question]);
	return true;
}

static bool fail(struct prometheus *p, enum reach reach, const char *why, int64_t at_us)
{
	p->question = ASK_ALERTS;
	world_miss(p->host.world, p->self, at_us, reach, why);
	alerts_miss(p->host.alerts, p->host.world, p->name, reach, why, at_us);
	return false;
}

static enum status take_alerts(struct prometheus *p, const struct http_reply *reply, int64_t at_us, struct error *err)
{
	struct alert_list list = {0};
	enum status status = prometheus_read_alerts(reply->body, reply->body_len, &list, err);

	if (status == STATUS_OK)
		alerts_put(p->host.alerts, p->host.world, p->name, false, &list, monitor_stale_us(p->settings), at_us);
	alert_list_free(&list);
	return status;
}

/* Only those that are down are components: the others would say nothing, thousands of times. */
static void show_target(struct prometheus *p, const struct target *target, int64_t at_us)
{
	char name[96];
	struct component *c = world_add(p->host.world, KIND_PROBE, text_format(name, sizeof(name), "target %s", target->name), p->targets, monitor_stale_us(p->settings));
	const struct component *node = world_node_at(p->host.world, target->place);
	struct sighting sighting = {.at_us = at_us, .verdict = verdict_make(HEALTH_WARNING, SYMPTOM_UNSCRAPED, "cannot be scraped: %.120s", target->why)};

	world_relate(c, 0, node ? node->id : "");
	world_relate(c, 1, node && world_partner(node) ? world_partner(node)->id : "");
	world_relate(c, RELATED_SOURCE, p->self->id);
	world_sight(p->host.world, c, &sighting);
}

static enum status take_targets(struct prometheus *p, const struct http_reply *reply, int64_t at_us, struct error *err)
{
	struct target_list list = {0};
	enum status status = prometheus_read_targets(reply->body, reply->body_len, &list, err);

	if (status == STATUS_OK) {
		for (size_t i = 0; i < list.count && i < TARGETS_SHOWN; i++)
			show_target(p, &list.items[i], at_us);
		world_remove_unconfirmed(p->host.world, KIND_PROBE, p->targets, at_us, at_us, "scraped again, or gone");
		p->down = list.count;
		p->up = list.up;
	}
	target_list_free(&list);
	return status;
}

static void take_version(struct prometheus *p, const struct http_reply *reply, int64_t at_us)
{
	struct json *root = json_parse(reply->body, reply->body_len, TREE_BYTES, NULL);
	const char *version = json_string(json_get(json_get(root, "data"), "version"));
	struct verdict verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "answers");

	if (p->down > 0)
		verdict = verdict_make(HEALTH_WARNING, SYMPTOM_NONE, "%zu of %zu targets cannot be scraped", p->down, p->down + p->up);
	else if (p->up > 0)
		verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "answers, all of %zu targets are scraped", p->up);
	if (version)
		world_set_text(p->self, PROBE_VERSION, version, at_us);
	monitor_sight(&p->host, p->self, at_us, reply, &verdict);
	json_free(root);
}

static bool done(void *arg, const struct http_reply *reply, int64_t at_us)
{
	struct prometheus *p = arg;
	enum question question = p->question;
	enum status status = STATUS_OK;
	struct error err = {0};
	char why[160];
	enum reach reach = poller_reach(reply, why, sizeof(why));

	/* What speaks its protocol without being one, such as Thanos, may not tell a version. */
	if (reach != REACH_OK && !(question == ASK_VERSION && reply->status == 404))
		return fail(p, reach, why, at_us);
	if (question == ASK_ALERTS)
		status = take_alerts(p, reply, at_us, &err);
	else if (question == ASK_TARGETS)
		status = take_targets(p, reply, at_us, &err);
	else
		take_version(p, reply, at_us);
	if (status != STATUS_OK)
		return fail(p, REACH_REFUSING, err.text, at_us);
	p->question = question == ASK_VERSION ? ASK_ALERTS : question + 1;
	return question != ASK_VERSION;
}

static enum status start(const struct source_host *host, const struct settings *settings, void **state, struct error *err)
{
	struct prometheus *p = xcalloc(1, sizeof(*p));
	struct poller_spec spec = {.url = settings_text(settings, "url"), .plan = plan, .done = done, .arg = p, .body_limit = BODY_BYTES};
	char **headers;

	p->host = *host;
	p->settings = settings;
	monitor_name(p->name, sizeof(p->name), settings);
	text_format(p->targets, sizeof(p->targets), "targets of %s", p->name);
	enum status status = poller_settings(host, settings, &spec, &headers, err);
	if (status != STATUS_OK) {
		free(p);
		return status;
	}
	p->self = monitor_add(host, settings);
	p->poller = poller_new(host, &spec);
	poller_headers_free(headers);
	*state = p;
	return STATUS_OK;
}

static void refresh(void *state)
{
	poller_refresh(((struct prometheus *)state)->poller);
}

static bool tried(const void *state)
{
	return poller_tried(((const struct prometheus *)state)->poller);
}

static void stop(void *state)
{
	struct prometheus *p = state;

	poller_free(p->poller);
	free(p);
}

const struct source_def prometheus_source = {.section = &prometheus_section, .start = start, .refresh = refresh, .tried = tried, .stop = stop};
