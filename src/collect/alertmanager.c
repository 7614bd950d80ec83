#include "collect/alertmanager.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "collect/monitor.h"
#include "world/judge.h"

#include <stdlib.h>
#include <string.h>

const struct settings_def alertmanager_section = {
	.word = "alertmanager",
	.named = true,
	.help = "An Alertmanager: its alerts, and where silences are made.",
	.items = (const struct setting_def[]){
		{.name = "url", .type = SETTING_URL, .help = "Where it is, without /api. One of a cluster is enough.", .required = true},
		{.name = "filter", .type = SETTING_TEXT, .help = "A matcher that alerts have to fit, such as severity=~\"critical|warning\"."},
		POLLER_SETTINGS,
		{0},
	},
};

enum {
	ALERTS_BYTES = 32 * 1024 * 1024,
	ALERTS_TREE_BYTES = 512 * 1024 * 1024,
	TREE_BYTES = 16 * 1024 * 1024,
	MATCHERS_MAX = 64,
	SILENCES_MAX = 5000,
};

/* --- decoding ---------------------------------------------------------------------------- */

static char *clean_copy(const struct json *v)
{
	const char *text = json_string(v);
	char clean[LABEL_TEXT_MAX];

	if (!text)
		return xstrdup("");
	text_clean(clean, sizeof(clean), text, strlen(text));
	return xstrdup(clean);
}

static int64_t read_time(const struct json *v)
{
	const char *text = json_string(v);
	int64_t us;

	return text && time_parse(text, &us, NULL, NULL) == STATUS_OK ? us : 0;
}

static bool text_is(const struct json *v, const char *text)
{
	const char *found = json_string(v);

	return found && strcmp(found, text) == 0;
}

static const struct silence *find_silence(const struct silence_list *list, const char *id)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (strcmp(list->items[i].id, id) == 0)
			return &list->items[i];
	return NULL;
}

/* "alice until 2026-01-31 14:00:00Z: planned restart" */
static char *describe_silence(const struct silence *silence)
{
	char until[TIME_TEXT];

	if (!silence)
		return xstrdup("a silence");
	return xasprintf("%s until %s%s%s", silence->by, time_human(until, silence->ends_us, 0), silence->comment[0] ? ": " : "", silence->comment);
}

static void read_state(const struct json *status, const struct silence_list *silences, struct alert *alert)
{
	const struct json *silenced = json_first(json_get(status, "silencedBy")), *muted = json_first(json_get(status, "mutedBy"));

	alert->state = ALERT_IS_FIRING;
	if (json_string(silenced)) {
		alert->state = ALERT_IS_SILENCED;
		alert->silence = clean_copy(silenced);
		alert->quiet = describe_silence(find_silence(silences, alert->silence));
	} else if (json_string(muted)) {
		alert->state = ALERT_IS_SILENCED;
		alert->quiet = xasprintf("the time interval %s", json_string(muted));
	} else if (json_count(json_get(status, "inhibitedBy")) > 0) {
		alert->state = ALERT_IS_INHIBITED;
	}
}

static char *read_owners(const struct json *receivers)
{
	struct buf out;

	buf_init(&out, LABEL_TEXT_MAX);
	for (const struct json *r = json_first(receivers); r; r = json_next(r)) {
		char *name = clean_copy(json_get(r, "name"));
		buf_printf(&out, "%s%s", out.len ? ", " : "", name);
		free(name);
	}
	char *text = buf_take(&out);
	return text ? text : xstrdup("");
}

static char *read_summary(const struct json *annotations)
{
	static const char *const keys[] = {"summary", "message", "description"};

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		if (json_string(json_get(annotations, keys[i])))
			return clean_copy(json_get(annotations, keys[i]));
	return xstrdup("");
}

/* Only what a browser opens; a link of another sort is left out. */
static char *read_link(const struct json *v)
{
	const char *text = json_string(v);

	if (!text || (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0))
		return NULL;
	return clean_copy(v);
}

static void take_alert(const struct json *item, const struct silence_list *silences, struct alert_list *out)
{
	struct alert *alert = alert_list_add(out);

	if (!alert)
		return;
	bool named = alert_read_labels(alert, json_get(item, "labels"));
	read_state(json_get(item, "status"), silences, alert);
	alert->summary = read_summary(json_get(item, "annotations"));
	alert->owner = read_owners(json_get(item, "receivers"));
	alert->link = read_link(json_get(item, "generatorURL"));
	alert->since_us = read_time(json_get(item, "startsAt"));
	if (!named)
		alert_list_drop_last(out);
}

enum status alertmanager_read_alerts(const char *body, size_t len, const struct silence_list *silences, struct alert_list *out, struct error *err)
{
	struct json *root = json_parse(body, len, ALERTS_TREE_BYTES, err);
	bool fits = json_is_array(root);

	for (const struct json *item = fits ? json_first(root) : NULL; item; item = json_next(item))
		take_alert(item, silences, out);
	json_free(root);
	return fits ? STATUS_OK : error_set(err, STATUS_CORRUPT, "not a list of alerts");
}

static void take_matchers(const struct json *list, struct silence *out)
{
	size_t count = json_count(list);

	if (count > MATCHERS_MAX)
		return;
	out->matchers = xcalloc(count ? count : 1, sizeof(*out->matchers));
	for (const struct json *m = json_first(list); m; m = json_next(m)) {
		struct matcher *matcher = &out->matchers[out->matcher_count++];
		*matcher = (struct matcher){.name = clean_copy(json_get(m, "name")), .value = clean_copy(json_get(m, "value")), .equal = true};
		if (!json_bool(json_get(m, "isRegex"), &matcher->regex))
			matcher->regex = false;
		if (!json_bool(json_get(m, "isEqual"), &matcher->equal))
			matcher->equal = true;
	}
}

enum status alertmanager_read_silences(const char *body, size_t len, struct silence_list *out, struct error *err)
{
	struct json *root = json_parse(body, len, ALERTS_TREE_BYTES, err);
	bool fits = json_is_array(root);

	for (const struct json *item = fits ? json_first(root) : NULL; item && out->count < SILENCES_MAX; item = json_next(item)) {
		const struct json *state = json_get(json_get(item, "status"), "state");
		/* Those that are over are kept for days. */
		if (!json_string(json_get(item, "id")) || text_is(state, "expired"))
			continue;
		out->items = mem_grow(out->items, &out->capacity, out->count, sizeof(*out->items));
		struct silence *silence = &out->items[out->count++];
		*silence = (struct silence){.id = clean_copy(json_get(item, "id")), .by = clean_copy(json_get(item, "createdBy")), .comment = clean_copy(json_get(item, "comment")), .starts_us = read_time(json_get(item, "startsAt")), .ends_us = read_time(json_get(item, "endsAt")), .active = text_is(state, "active")};
		take_matchers(json_get(item, "matchers"), silence);
	}
	json_free(root);
	return fits ? STATUS_OK : error_set(err, STATUS_CORRUPT, "not a list of silences");
}

/* --- the source ------------------------------------------------------------------------------ */

/* What one look asks for, in this order. */
enum question {
	ASK_SILENCES,
	ASK_ALERTS,
	ASK_STATUS,
};

struct alertmanager {
	struct source_host host;
	const struct settings *settings;
	char name[80];
	struct component *self;
	struct poller *poller;
	enum question question;
	struct silence_list silences; /* until the alerts are read */
};

static bool plan(void *arg, struct buf *url, struct buf *body)
{
	static const char *const paths[] = {
		[ASK_SILENCES] = "/api/v2/silences",
		[ASK_ALERTS] = "/api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true",
		[ASK_STATUS] = "/api/v2/status",
	};
	struct alertmanager *am = arg;
	const char *filter = settings_text(am->settings, "filter");

	(void)body;
	monitor_url(url, am->settings, paths[am->question]);
	if (am->question == ASK_ALERTS && filter) {
		buf_puts(url, "&filter=");
		url_encode(url, filter);
	}
	return true;
}

static bool fail(struct alertmanager *am, enum reach reach, const char *why, int64_t at_us)
{
	am->question = ASK_SILENCES;
	world_miss(am->host.world, am->self, at_us, reach, why);
	alerts_miss(am->host.alerts, am->host.world, am->name, reach, why, at_us);
	return false;
}

static void take_status(struct alertmanager *am, const struct http_reply *reply, int64_t at_us)
{
	struct json *root = json_parse(reply->body, reply->body_len, TREE_BYTES, NULL);
	const char *version = json_string(json_get(json_get(root, "versionInfo"), "version"));
	const char *cluster = json_string(json_get(json_get(root, "cluster"), "status"));
	size_t count = alerts_of(am->host.alerts, am->name)->count, left_out = alerts_of(am->host.alerts, am->name)->left_out;
	struct verdict verdict = verdict_make(HEALTH_OK, SYMPTOM_NONE, "answers, %zu %s", count, count == 1 ? "alert" : "alerts");

	if (left_out > 0)
		verdict = verdict_make(HEALTH_WARNING, SYMPTOM_NONE, "%zu alerts are shown, %zu more are not", count, left_out);
	else if (cluster && strcmp(cluster, "ready") != 0 && strcmp(cluster, "disabled") != 0)
		verdict = verdict_make(HEALTH_WARNING, SYMPTOM_NONE, "its cluster is %.40s", cluster);
	if (version)
		world_set_text(am->self, PROBE_VERSION, version, at_us);
	monitor_sight(&am->host, am->self, at_us, reply, &verdict);
	json_free(root);
}

static enum status take_alerts(struct alertmanager *am, const struct http_reply *reply, int64_t at_us, struct error *err)
{
	struct alert_list list = {0};
	enum status status = alertmanager_read_alerts(reply->body, reply->body_len, &am->silences, &list, err);

	if (status == STATUS_OK) {
		alerts_put(am->host.alerts, am->host.world, am->name, true, &list, monitor_stale_us(am->settings), at_us);
		alerts_put_silences(am->host.alerts, am->name, &am->silences);
	}
	alert_list_free(&list);
	return status;
}

static bool done(void *arg, const struct http_reply *reply, int64_t at_us)
{
	struct alertmanager *am = arg;
	enum question question = am->question;
	enum status status = STATUS_OK;
	struct error err = {0};
	char why[160];
	enum reach reach = poller_reach(reply, why, sizeof(why));

	if (reach != REACH_OK)
		return fail(am, reach, why, at_us);
	if (question == ASK_SILENCES) {
		silence_list_free(&am->silences);
		status = alertmanager_read_silences(reply->body, reply->body_len, &am->silences, &err);
	} else if (question == ASK_ALERTS) {
		status = take_alerts(am, reply, at_us, &err);
	} else {
		take_status(am, reply, at_us);
	}
	if (status != STATUS_OK)
		return fail(am, REACH_REFUSING, err.text, at_us);
	am->question = question == ASK_STATUS ? ASK_SILENCES : question + 1;
	return question != ASK_STATUS;
}

static enum status start(const struct source_host *host, const struct settings *settings, void **state, struct error *err)
{
	struct alertmanager *am = xcalloc(1, sizeof(*am));
	struct poller_spec spec = {.url = settings_text(settings, "url"), .plan = plan, .done = done, .arg = am, .body_limit = ALERTS_BYTES};
	char **headers;

	am->host = *host;
	am->settings = settings;
	monitor_name(am->name, sizeof(am->name), settings);
	enum status status = poller_settings(host, settings, &spec, &headers, err);
	if (status != STATUS_OK) {
		free(am);
		return status;
	}
	am->self = monitor_add(host, settings);
	am->poller = poller_new(host, &spec);
	poller_headers_free(headers);
	*state = am;
	return STATUS_OK;
}

static void refresh(void *state)
{
	poller_refresh(((struct alertmanager *)state)->poller);
}

static bool tried(const void *state)
{
	return poller_tried(((const struct alertmanager *)state)->poller);
}

static void stop(void *state)
{
	struct alertmanager *am = state;

	poller_free(am->poller);
	silence_list_free(&am->silences);
	free(am);
}

const struct source_def alertmanager_source = {.section = &alertmanager_section, .start = start, .refresh = refresh, .tried = tried, .stop = stop};
