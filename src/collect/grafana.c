#include "collect/grafana.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "collect/monitor.h"
#include "world/judge.h"

#include <stdlib.h>
#include <string.h>

const struct settings_def grafana_section = {
	.word = "grafana",
	.named = true,
	.help = "A Grafana: its health, annotations of incidents, and links.",
	.items = (const struct setting_def[]){
		{.name = "url", .type = SETTING_URL, .help = "Where it is, without /api.", .required = true},
		{.name = "annotate", .type = SETTING_FLAG, .help = "Whether an incident is annotated when it is declared and when it is over. Needs a token, and never happens in a drill.", .fallback = "yes"},
		{.name = "dashboard", .type = SETTING_TEXT, .help = "The page that alerts, probes and pods link to, below url; {name} is the component's name: /d/abc/validators?var-pod={name}."},
		POLLER_SETTINGS,
		{0},
	},
};

enum {
	TREE_BYTES = 1 << 20,
	BODY_BYTES = 64 * 1024,
	LINK_BYTES = 2048,
	INCIDENTS_KEPT = 16,
};

/* --- pure ------------------------------------------------------------------------------------------- */

void grafana_annotation(const struct source_incident *incident, struct buf *out)
{
	struct json_writer w;
	char *text = xasprintf("%s %s", incident->id, incident->title);

	json_writer_init(&w, out, false);
	json_begin_object(&w, NULL);
	json_begin_array(&w, "tags");
	json_put_string(&w, NULL, "incident");
	if (incident->severity[0])
		json_put_string(&w, NULL, incident->severity);
	json_put_string(&w, NULL, incident->id);
	json_end_array(&w);
	json_put_string(&w, "text", text);
	json_put_i64(&w, "time", incident->began_us / US_PER_MS);
	if (incident->over_us)
		json_put_i64(&w, "timeEnd", incident->over_us / US_PER_MS);
	json_end_object(&w);
	free(text);
}

int64_t grafana_read_id(const char *body, size_t len)
{
	struct json *root = json_parse(body, len, TREE_BYTES, NULL);
	int64_t id;

	if (!json_i64(json_get(root, "id"), &id))
		id = -1;
	json_free(root);
	return id;
}

char *grafana_link(const char *url, const char *path, const char *name)
{
	static const char mark[] = "{name}";
	struct buf out;
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	buf_init(&out, LINK_BYTES);
	buf_add(&out, url, len);
	for (const char *found = strstr(path, mark); found; found = strstr(path, mark)) {
		buf_add(&out, path, (size_t)(found - path));
		url_encode(&out, name);
		path = found + sizeof(mark) - 1;
	}
	buf_puts(&out, path);
	char *text = buf_take(&out);
	return text ? text : xstrdup("");
}

/* --- the source ---------------------------------------------------------------------------------------- */

/* An annotation on its way, or made. */
struct note {
	struct grafana *grafana;
	struct http_call *call;
	char incident[16];
	char *title;
	char severity[8];
	int64_t began_us, over_us;
	int64_t id; /* of the annotation; -1: none */
};

struct grafana {
	struct source_host host;
	const struct settings *settings;
	char name[80];
	struct component *self;
	struct poller *poller;
	char **headers; /* for what is posted */
	struct note *notes[INCIDENTS_KEPT];
	size_t note_count;
};

/* What an alert or a probe is about; a pod is about itself. */
static const char *link_name(const struct component *c)
{
	const char *related = component_related(c, 0);
	const char *slash = related && c->kind != KIND_POD ? strchr(related, '/') : NULL;

	return slash ? slash + 1 : c->name;
}

static void link_kind(struct grafana *g, enum kind kind, int value, int64_t at_us)
{
	const char *path = settings_text(g->settings, "dashboard");
	struct world *world = g->host.world;

	for (size_t i = 0; path && i < world_count(world, kind); i++) {
		const struct component *c = world_at(world, kind, i);
		if (component_text(c, value))
			continue;
		char *link = grafana_link(settings_text(g->settings, "url"), path, link_name(c));
		world_set_text(world_add(world, kind, strchr(c->id, '/') + 1, c->source, 0), value, link, at_us);
		free(link);
	}
}

static bool done(void *arg, const struct http_reply *reply, int64_t at_us)
{
	struct grafana *g = arg;
	char why[160], database[24] = "";
	enum reach reach = poller_reach(reply, why, sizeof(why));
	struct json *root = json_parse(reply->body, reply->body_len, TREE_BYTES, NULL);
	const char *text = json_string(json_get(root, "database")), *version = json_string(json_get(root, "version"));

	text_clean(database, sizeof(database), text ? text : "", text ? strlen(text) : 0);
	if (reach != REACH_OK && !database[0]) {
		world_miss(g->host.world, g->self, at_us, reach, why);
	} else {
		/* It answers 503 itself when its database is not well. */
		struct verdict verdict = reach == REACH_OK ? verdict_make(HEALTH_OK, SYMPTOM_NONE, "answers, database %s", database[0] ? database : "not told")
							   : verdict_make(HEALTH_WARNING, SYMPTOM_NONE, "its database is %s", database);
		if (version)
			world_set_text(g->self, PROBE_VERSION, version, at_us);
		monitor_sight(&g->host, g->self, at_us, reply, &verdict);
		link_kind(g, KIND_ALERT, ALERT_LINK, at_us);
		link_kind(g, KIND_PROBE, PROBE_LINK, at_us);
		link_kind(g, KIND_POD, POD_LINK, at_us);
	}
	json_free(root);
	return false;
}

/* --- annotations ------------------------------------------------------------------------------------------ */

static void note_free(struct note *note)
{
	http_cancel(note->call);
	free(note->title);
	free(note);
}

static struct note *note_for(struct grafana *g, const char *incident)
{
	struct note *note;

	for (size_t i = 0; i < g->note_count; i++)
		if (strcmp(g->notes[i]->incident, incident) == 0)
			return g->notes[i];
	if (g->note_count == INCIDENTS_KEPT) {
		/* The oldest makes room. */
		note_free(g->notes[0]);
		memmove(&g->notes[0], &g->notes[1], (INCIDENTS_KEPT - 1) * sizeof(g->notes[0]));
		g->note_count--;
	}
	note = g->notes[g->note_count++] = xcalloc(1, sizeof(*note));
	note->grafana = g;
	note->id = -1;
	text_format(note->incident, sizeof(note->incident), "%s", incident);
	return note;
}

static void on_posted(void *arg, const struct http_reply *reply)
{
	struct note *note = arg;
	struct grafana *g = note->grafana;
	struct source_incident incident = {.id = note->incident, .title = note->title, .severity = note->severity, .began_us = note->began_us, .over_us = note->over_us};
	char why[160];
	enum reach reach = poller_reach(reply, why, sizeof(why));
	int64_t id = reach == REACH_OK ? grafana_read_id(reply->body, reply->body_len) : -1;

	note->call = NULL;
	if (id >= 0)
		note->id = id;
	else if (reach == REACH_OK && note->id < 0)
		text_format(why, sizeof(why), "the answer names no annotation");
	if (g->host.annotated)
		g->host.annotated(g->host.arg, &incident, g->name, note->id, why);
}

/* What is over is put into the annotation of its beginning, when we made that. */
static void post(struct grafana *g, struct note *note)
{
	struct source_incident incident = {.id = note->incident, .title = note->title, .severity = note->severity, .began_us = note->began_us, .over_us = note->over_us};
	bool goes_on = note->over_us && note->id >= 0;
	struct http_request request = {.method = goes_on ? "PATCH" : NULL, .headers = (const char *const *)g->headers, .ca_file = settings_text(g->settings, "ca_file"), .timeout_ms = settings_number(g->settings, "timeout"), .once = true};
	struct buf url, body;

	buf_init(&url, LINK_BYTES);
	buf_init(&body, BODY_BYTES);
	monitor_url(&url, g->settings, "/api/annotations");
	if (goes_on) {
		buf_printf(&url, "/%lld", (long long)note->id);
		buf_printf(&body, "{\"timeEnd\":%lld}", (long long)(note->over_us / US_PER_MS));
	} else {
		grafana_annotation(&incident, &body);
	}
	request.url = buf_text(&url);
	request.body = buf_text(&body);
	request.body_len = body.len;
	note->call = http_send(g->host.http, &request, on_posted, note);
	buf_free(&url);
	buf_free(&body);
}

void grafana_incident(void *state, const struct source_incident *incident)
{
	struct grafana *g = state;

	if (g->host.demo || !g->headers || !g->headers[0] || !settings_number(g->settings, "annotate"))
		return;
	struct note *note = note_for(g, incident->id);
	http_cancel(note->call);
	mem_set(&note->title, incident->title);
	text_format(note->severity, sizeof(note->severity), "%s", incident->severity);
	note->began_us = incident->began_us;
	note->over_us = incident->over_us;
	post(g, note);
}

/* --- its life ---------------------------------------------------------------------------------------------- */

static void stop(void *state)
{
	struct grafana *g = state;

	poller_free(g->poller);
	for (size_t i = 0; i < g->note_count; i++)
		note_free(g->notes[i]);
	poller_headers_free(g->headers);
	free(g);
}

static enum status start(const struct source_host *host, const struct settings *settings, void **state, struct error *err)
{
	struct grafana *g = xcalloc(1, sizeof(*g));
	struct buf url;
	struct poller_spec spec = {.done = done, .arg = g, .body_limit = BODY_BYTES};

	g->host = *host;
	g->settings = settings;
	monitor_name(g->name, sizeof(g->name), settings);
	enum status status = poller_settings(host, settings, &spec, &g->headers, err);
	if (status != STATUS_OK) {
		stop(g);
		return status;
	}
	g->self = monitor_add(host, settings);
	buf_init(&url, LINK_BYTES);
	monitor_url(&url, settings, "/api/health");
	spec.url = buf_text(&url);
	g->poller = poller_new(host, &spec);
	buf_free(&url);
	*state = g;
	return STATUS_OK;
}

static void refresh(void *state)
{
	poller_refresh(((struct grafana *)state)->poller);
}

static bool tried(const void *state)
{
	return poller_tried(((const struct grafana *)state)->poller);
}

const struct source_def grafana_source = {.section = &grafana_section, .start = start, .refresh = refresh, .tried = tried, .stop = stop};
