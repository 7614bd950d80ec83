#include "collect/query.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/url.h"
#include "collect/loki.h"
#include "collect/monitor.h"
#include "world/judge.h"

#include <stdlib.h>
#include <string.h>

const struct settings_def probe_section = {
	.word = "probe",
	.named = true,
	.help = "One question asked again and again: a query, or a page.",
	.items = (const struct setting_def[]){
		{.name = "source", .type = SETTING_TEXT, .help = "Who is asked: prometheus NAME, loki NAME, or http URL.", .required = true},
		{.name = "query", .type = SETTING_TEXT, .help = "PromQL, or LogQL. Lines that match a log query are counted over the time in range."},
		{.name = "title", .type = SETTING_TEXT, .help = "What it tells, in a few words."},
		{.name = "warn", .type = SETTING_TEXT, .help = "Which value is a warning: > 5, >= 5, < 2 or <= 2; of http, its latency in ms."},
		{.name = "crit", .type = SETTING_TEXT, .help = "Which value is critical, likewise."},
		{.name = "unit", .type = SETTING_TEXT, .help = "The unit of the value, for people."},
		{.name = "about", .type = SETTING_TEXT, .help = "Components that it is about, by id, parted by blanks: node/besu-rpc-0."},
		{.name = "kind", .type = SETTING_WORD, .help = "security when a value beyond its bounds is a sign of an attack.", .choices = "health security", .fallback = "health"},
		{.name = "range", .type = SETTING_DURATION, .help = "How far back a log query looks.", .fallback = "5m"},
		{.name = "status", .type = SETTING_NUMBER, .help = "http: the status that is right; without it, 200 to 299.", .low = 100, .high = 599},
		{.name = "match", .type = SETTING_TEXT, .help = "http: text that the page must hold."},
		{.name = "certificate", .type = SETTING_DURATION, .help = "http: a certificate that runs out sooner is a warning, and critical at a third of it.", .fallback = "21d", .low = 1000, .high = 34560000000},
		POLLER_SETTINGS,
		{0},
	},
};

enum {
	SOURCE_BYTES = 2048,
	BODY_BYTES = 16 * 1024 * 1024,
	PAGE_BYTES = 1024 * 1024,
	LINES_MAX = 1000, /* that a log query may count */
	URL_LONG = 2000,  /* longer queries go as a form */
};
/* A sample may be as old as a query looks back. */
#define STALE_US (6 * US_PER_MINUTE)

/* --- judging ---------------------------------------------------------------------------------- */

/* Of two that are equally bad, the one further beyond. */
static bool is_worse(const struct limit *limit, double value, double than)
{
	bool low = limit->direction == LIMIT_BELOW || limit->direction == LIMIT_AT_MOST;

	return low ? value < than : value > than;
}

struct verdict judge_samples(const struct samples *samples, const struct limit *warn, const struct limit *crit, const char *unit, bool security,
			     int64_t now_us, int64_t stale_us, const struct sample **shown)
{
	struct verdict worst = verdict_make(HEALTH_UNKNOWN, SYMPTOM_NONE, samples->histograms ? "no plain number: the query tells histograms" : "no data: nothing matches the query");
	char age[DURATION_TEXT], reason[sizeof(worst.reason)];
	int64_t newest_us = 0;

	*shown = NULL;
	for (size_t i = 0; i < samples->count; i++) {
		const struct sample *s = &samples->items[i];
		struct verdict verdict = judge_limit(warn, crit, s->value, unit, security);
		unsigned rank = health_rank(verdict.health), before = health_rank(worst.health);
		newest_us = s->at_us > newest_us ? s->at_us : newest_us;
		if (*shown && (rank < before || (rank == before && !is_worse(crit->direction ? crit : warn, s->value, (*shown)->value))))
			continue;
		worst = verdict;
		*shown = s;
	}
	if (*shown && !samples->lines && newest_us > 0 && now_us - newest_us > stale_us) {
		return verdict_make(HEALTH_STALE, SYMPTOM_NONE, "the newest value is %s old", duration_human(age, now_us - newest_us));
	}
	if (*shown && samples->lines) {
		text_format(reason, sizeof(reason), "%s", worst.reason);
		return verdict_make(worst.health, worst.symptom, "%.60s%s%.90s", reason, samples->line[0] ? ": " : "", samples->line);
	}
	if (*shown && (*shown)->labels[0]) {
		text_format(reason, sizeof(reason), "%s", worst.reason);
		return verdict_make(worst.health, worst.symptom, "%.70s (%.60s%s)", reason, (*shown)->labels, samples->count > 1 ? ", the worst" : "");
	}
	return worst;
}

/* --- the probe ---------------------------------------------------------------------------------- */

enum who {
	WHO_PROMETHEUS,
	WHO_LOKI,
	WHO_HTTP,
};

struct query {
	struct source_host host;
	const struct settings *settings;
	const struct settings *source; /* of the Prometheus or Loki; NULL for a page */
	enum who who;
	struct component *c;
	struct poller *poller;
	struct limit warn, crit;
	bool security;
	int64_t certificate_us; /* when it runs out, as seen last; 0: not seen */
};

static const char *unit_of(const struct query *q)
{
	const char *unit = settings_text(q->settings, "unit");

	return unit ? unit : "";
}

static void show(struct query *q, const struct sighting *sighting)
{
	const char *title = settings_text(q->settings, "title");
	struct sighting titled = *sighting;

	if (title)
		titled.verdict = verdict_make(sighting->verdict.health, sighting->verdict.symptom, "%.50s: %.105s", title, sighting->verdict.reason);
	world_sight(q->host.world, q->c, &titled);
}

/* --- queries ------------------------------------------------------------------------------------- */

/* A Loki answers lines over a range only, and numbers at once. */
static bool asks_lines(const struct query *q)
{
	const char *text = settings_text(q->settings, "query");

	return q->who == WHO_LOKI && text[strspn(text, " ")] == '{';
}

static bool plan_query(void *arg, struct buf *url, struct buf *body)
{
	struct query *q = arg;
	struct buf form;
	int64_t now_us = clock_wall_us(q->host.clock);

	buf_init(&form, 64 * 1024);
	buf_puts(&form, "query=");
	url_encode(&form, settings_text(q->settings, "query"));
	if (asks_lines(q))
		buf_printf(&form, "&start=%lld000&end=%lld000&limit=%d&direction=backward", (long long)(now_us - settings_number(q->settings, "range") * US_PER_MS), (long long)now_us, LINES_MAX);
	monitor_url(url, q->source, q->who == WHO_PROMETHEUS ? "/api/v1/query" : asks_lines(q) ? "/loki/api/v1/query_range"
											       : "/loki/api/v1/query");
	if (form.len < URL_LONG) {
		buf_putc(url, '?');
		buf_puts(url, buf_text(&form));
	} else {
		buf_puts(body, buf_text(&form));
	}
	buf_free(&form);
	return true;
}

static bool done_query(void *arg, const struct http_reply *reply, int64_t at_us)
{
	struct query *q = arg;
	struct samples samples = {0};
	struct error err = {0};
	const struct sample *shown;
	char why[160], said[100], number[32];
	enum reach reach = poller_reach(reply, why, sizeof(why));

	if (reach == REACH_REFUSING && reply->outcome == HTTP_ANSWERED) {
		samples_error(reply->body, reply->body_len, said, sizeof(said));
		text_format(why, sizeof(why), "HTTP %d%s%s", reply->status, said[0] ? " " : "", said);
	}
	if (reach == REACH_OK && samples_read(reply->body, reply->body_len, &samples, &err) != STATUS_OK) {
		reach = REACH_REFUSING;
		text_format(why, sizeof(why), "%s", err.text);
	}
	if (reach != REACH_OK) {
		samples_free(&samples);
		world_miss(q->host.world, q->c, at_us, reach, why);
		return false;
	}
	/* The peer's clock made the times: ours may differ. */
	struct sighting sighting = {.at_us = at_us, .verdict = judge_samples(&samples, &q->warn, &q->crit, unit_of(q), q->security, reply->date_us ? reply->date_us : at_us, STALE_US, &shown)};
	if (shown)
		world_set_text(q->c, PROBE_VALUE, double_text(number, sizeof(number), shown->value), at_us);
	else
		world_unset(q->c, PROBE_VALUE);
	world_set_number(q->c, PROBE_LATENCY_MS, reply->total_us / US_PER_MS, at_us);
	show(q, &sighting);
	samples_free(&samples);
	return false;
}

/* --- pages ------------------------------------------------------------------------------------------ */

static bool done_page(void *arg, const struct http_reply *reply, int64_t at_us)
{
	struct query *q = arg;
	const char *match = settings_text(q->settings, "match");
	struct page_facts page = {
		.reached = reply->outcome == HTTP_ANSWERED,
		.why = reply->outcome == HTTP_TOO_LARGE ? "the page is too large" : reply->why,
		.status = reply->status,
		.wanted = settings_has(q->settings, "status") ? (int)settings_number(q->settings, "status") : 0,
		.has_match = match != NULL,
		.matched = match && strstr(reply->body, match) != NULL,
		.latency_ms = reply->total_us / US_PER_MS,
		.certificate_warn_us = settings_number(q->settings, "certificate") * US_PER_MS,
	};

	if (reply->certificate_expiry_us)
		q->certificate_us = reply->certificate_expiry_us;
	page.has_certificate = q->certificate_us != 0;
	page.certificate_left_us = q->certificate_us - at_us;
	if (page.reached) {
		world_set_number(q->c, PROBE_STATUS, reply->status, at_us);
		world_set_number(q->c, PROBE_LATENCY_MS, page.latency_ms, at_us);
	}
	if (page.has_certificate)
		world_set_number(q->c, PROBE_CERTIFICATE_DAYS, page.certificate_left_us / US_PER_DAY, at_us);
	struct sighting sighting = {.at_us = at_us, .reach = page.reached ? REACH_OK : REACH_UNREACHABLE, .verdict = judge_page(&page, &q->warn, &q->crit)};
	show(q, &sighting);
	return false;
}

/* --- its life --------------------------------------------------------------------------------------- */

static enum status read_limit(const struct settings *settings, const char *key, struct limit *out, struct error *err)
{
	const char *text = settings_text(settings, key);

	*out = (struct limit){.direction = LIMIT_NONE};
	if (!text || limit_parse(text, out))
		return STATUS_OK;
	return error_set(err, STATUS_INVALID, "[probe %s] %s: %s is no bound (write > 5, >= 5, < 2 or <= 2)", settings->name, key, text);
}

static bool is_page(const char *text)
{
	return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
}

/* Who is asked; *url is set for a page. */
static enum status read_source(struct query *q, const char **url, struct error *err)
{
	const char *text = settings_text(q->settings, "source"), *cursor = text;
	char word[16] = "";

	*url = is_page(text) ? text : NULL;
	if (!*url && text_word(&cursor, word, sizeof(word)))
		cursor += strspn(cursor, " ");
	if (!*url && strcmp(word, "http") == 0 && is_page(cursor))
		*url = cursor;
	if (*url) {
		q->who = WHO_HTTP;
		return STATUS_OK;
	}
	bool prometheus = strcmp(word, "prometheus") == 0;
	if (!prometheus && strcmp(word, "loki") != 0)
		return error_set(err, STATUS_INVALID, "[probe %s] source: %s is none (write prometheus NAME, loki NAME, or http URL)", q->settings->name, text);
	q->who = prometheus ? WHO_PROMETHEUS : WHO_LOKI;
	q->source = monitor_section(&q->host, word, cursor);
	if (!q->source)
		return error_set(err, STATUS_INVALID, "[probe %s] source: there is no [%s %s] (add it, or name another)", q->settings->name, word, cursor);
	if (!settings_has(q->settings, "query"))
		return error_set(err, STATUS_INVALID, "[probe %s]: has no query (add query = …)", q->settings->name);
	return STATUS_OK;
}

static void relate(struct query *q)
{
	const char *cursor = settings_text(q->settings, "about");
	char id[96], name[80];

	for (size_t slot = 0; cursor && slot < RELATED_SOURCE && text_word(&cursor, id, sizeof(id)); slot++)
		world_relate(q->c, slot, id);
	if (q->source) {
		text_format(id, sizeof(id), "probe/%s", monitor_name(name, sizeof(name), q->source));
		world_relate(q->c, RELATED_SOURCE, id);
	}
}

static void add_component(struct query *q, const char *url)
{
	char source[160];
	int64_t now_us = clock_wall_us(q->host.clock);

	if (url)
		http_mask_url(source, sizeof(source), url);
	else
		monitor_name(source, sizeof(source), q->source);
	q->c = world_add(q->host.world, KIND_PROBE, q->settings->name, source, monitor_stale_us(q->settings));
	if (settings_has(q->settings, "query"))
		world_set_text(q->c, PROBE_QUERY, settings_text(q->settings, "query"), now_us);
	if (q->warn.direction)
		world_set_text(q->c, PROBE_WARN, q->warn.text, now_us);
	if (q->crit.direction)
		world_set_text(q->c, PROBE_CRIT, q->crit.text, now_us);
	relate(q);
}

/* A query goes out with the credentials of its Prometheus or Loki, unless it has its own. */
static const struct settings *credentials_of(const struct query *q)
{
	static const char *const keys[] = {"bearer_env", "bearer_file", "basic_env", "basic_file", "ca_file"};

	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
		if (settings_has(q->settings, keys[i]))
			return q->settings;
	return q->source ? q->source : q->settings;
}

static enum status start_poller(struct query *q, const char *url, struct error *err)
{
	struct poller_spec spec = {.url = url ? url : settings_text(q->source, "url"), .plan = url ? NULL : plan_query, .done = url ? done_page : done_query, .arg = q, .body_limit = url ? PAGE_BYTES : BODY_BYTES, .content_type = url ? NULL : "application/x-www-form-urlencoded", .once = url != NULL};
	char **headers;
	enum status status = poller_settings(&q->host, credentials_of(q), &spec, &headers, err);

	if (status != STATUS_OK)
		return status;
	spec.interval_ms = settings_number(q->settings, "interval");
	spec.timeout_ms = settings_number(q->settings, "timeout");
	if (q->who == WHO_LOKI)
		loki_add_tenant(q->source, &headers);
	spec.headers = (const char *const *)headers;
	add_component(q, url);
	q->poller = poller_new(&q->host, &spec);
	poller_headers_free(headers);
	return STATUS_OK;
}

static void stop(void *state)
{
	struct query *q = state;

	poller_free(q->poller);
	free(q);
}

static enum status start(const struct source_host *host, const struct settings *settings, void **state, struct error *err)
{
	struct query *q = xcalloc(1, sizeof(*q));
	const char *url = NULL;

	q->host = *host;
	q->settings = settings;
	q->security = strcmp(settings_text(settings, "kind"), "security") == 0;
	enum status status = read_source(q, &url, err);
	if (status == STATUS_OK)
		status = read_limit(settings, "warn", &q->warn, err);
	if (status == STATUS_OK)
		status = read_limit(settings, "crit", &q->crit, err);
	if (status == STATUS_OK)
		status = start_poller(q, url, err);
	if (status != STATUS_OK) {
		stop(q);
		return status;
	}
	*state = q;
	return STATUS_OK;
}

static void refresh(void *state)
{
	poller_refresh(((struct query *)state)->poller);
}

static bool tried(const void *state)
{
	return poller_tried(((const struct query *)state)->poller);
}

const struct source_def probe_source = {.section = &probe_section, .start = start, .refresh = refresh, .tried = tried, .stop = stop};
