/* Prometheus, Alertmanager, Loki, Grafana and named probes: what their answers mean, and what
 * comes of them in the world. */
#include "collect/alertmanager.h"
#include "collect/grafana.h"
#include "collect/loki.h"
#include "collect/prometheus.h"
#include "collect/query.h"
#include "collect/samples.h"
#include "collect/silence.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <time.h>

#include "source_fixture.h"

#define NOW (INT64_C(1735689600) * US_PER_S)

/* --- numbers ------------------------------------------------------------------------------- */

static struct samples read_samples(const char *name)
{
	char *text = fixture_text(name);
	struct samples samples;
	struct error err = {0};

	if (samples_read(text, strlen(text), &samples, &err) != STATUS_OK)
		fail_msg("%s: %s", name, err.text);
	free(text);
	return samples;
}

/* What a wrong address gives: the page that is scraped, a frame of a tail. */
static void no_answers_to_queries(void **state)
{
	static const char *const names[] = {"collect/prometheus/besu_metrics_scrape.txt", "collect/loki/tail_frame.json", "collect/grafana/annotations.json"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		char *text = fixture_text(names[i]);
		struct samples samples;
		struct error err = {0};
		if (samples_read(text, strlen(text), &samples, &err) == STATUS_OK)
			fail_msg("%s was taken for numbers", names[i]);
		assert_true(err.text[0] != '\0');
		samples_free(&samples);
		free(text);
	}
}

static void answers_to_queries(void **state)
{
	struct samples samples = read_samples("collect/prometheus/query_vector.json");

	(void)state;
	assert_int_equal(samples.count, 2);
	assert_true(samples.items[1].value > 997.9 && samples.items[1].value < 998.1);
	assert_string_equal(samples.items[0].labels, "__name__=ethereum_blockchain_height instance=besu-validator-0:9545 job=besu");
	assert_int_equal(samples.items[0].at_us / 1000, INT64_C(1735689600123));
	samples_free(&samples);

	samples = read_samples("collect/prometheus/query_scalar_nan.json");
	assert_int_equal(samples.count, 1);
	assert_true(isnan(samples.items[0].value));
	samples_free(&samples);

	samples = read_samples("collect/prometheus/query_range.json");
	assert_int_equal(samples.count, 1);
	assert_true(samples.items[0].value < 0.1 && samples.items[0].value > -0.1); /* the last of three */
	samples_free(&samples);

	samples = read_samples("collect/loki/query_vector.json");
	assert_int_equal(samples.count, 1);
	samples_free(&samples);
	samples = read_samples("collect/loki/query_range_matrix.json");
	assert_true(samples.items[0].value > 6.9);
	samples_free(&samples);

	samples = read_samples("collect/loki/query_range_streams.json");
	assert_true(samples.lines && samples.items[0].value > 1.9 && samples.items[0].value < 2.1);
	assert_non_null(strstr(samples.line, "Moved to round 3"));
	samples_free(&samples);
	samples = read_samples("collect/loki/real_query_range.json");
	assert_true(samples.lines && samples.items[0].value > 3.9);
	samples_free(&samples);
}

static void refused_queries(void **state)
{
	static const struct {
		const char *name, *words;
	} rows[] = {
		{"collect/prometheus/error_400.json", "invalid parameter"},
		{"collect/prometheus/error_503_timeout.json", "query timed out"},
		{"collect/loki/error_400.txt", "parse error at line 1"},
		{"collect/loki/error_401.txt", "no org id"},
		{"collect/alertmanager/error_400.json", "bad matcher format: foo"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char *text = fixture_text(rows[i].name), said[160];
		struct samples samples;
		assert_int_not_equal(samples_read(text, strlen(text), &samples, NULL), STATUS_OK);
		samples_error(text, strlen(text), said, sizeof(said));
		if (strncmp(said, rows[i].words, strlen(rows[i].words)) != 0)
			fail_msg("%s: \"%s\"", rows[i].name, said);
		samples_free(&samples);
		free(text);
	}
}

static void verdicts_on_queries(void **state)
{
	static const struct {
		const char *name, *text, *warn, *crit;
		enum health health;
		const char *reason;
	} rows[] = {
		{"within", "{\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"b\"},\"value\":[1735689600,\"3\"]}]}}", "> 5", "> 10", HEALTH_OK, "3 (a=b)"},
		{"nothing matches", "{\"data\":{\"resultType\":\"vector\",\"result\":[]}}", "> 5", "> 10", HEALTH_UNKNOWN, "no data"},
		{"nothing matches, and below is bad", "{\"data\":{\"resultType\":\"vector\",\"result\":[]}}", "< 5", "< 2", HEALTH_UNKNOWN, "no data"},
		{"the worst of three", "{\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"1\"},\"value\":[1735689600,\"3\"]},{\"metric\":{\"a\":\"2\"},\"value\":[1735689600,\"11\"]},{\"metric\":{\"a\":\"3\"},\"value\":[1735689600,\"NaN\"]}]}}", "> 5", "> 10", HEALTH_CRITICAL, "11, critical > 10 (a=2, the worst)"},
		{"the lowest counts", "{\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"a\":\"1\"},\"value\":[1735689600,\"1\"]},{\"metric\":{\"a\":\"2\"},\"value\":[1735689600,\"0\"]}]}}", "< 5", "< 2", HEALTH_CRITICAL, "0, critical < 2 (a=2, the worst)"},
		{"an old value", "{\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1735680000,\"3\"]}]}}", "> 5", "> 10", HEALTH_STALE, "the newest value is 2 h 40 m old"},
		{"only histograms", "{\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"histogram\":[1,{}]}]}}", "> 5", "> 10", HEALTH_UNKNOWN, "no plain number"},
		{"no lines", "{\"data\":{\"resultType\":\"streams\",\"result\":[]}}", "> 0", "> 10", HEALTH_OK, "0"},
		{"a line", "{\"data\":{\"resultType\":\"streams\",\"result\":[{\"stream\":{},\"values\":[[\"1735689600000000000\",\"\\u001b[31munauthorised\"]]}]}}", "> 0", "> 10", HEALTH_WARNING, "1, warns > 0: "},
		{"a value that is none", "{\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{},\"value\":[1735689600,\"many\"]}]}}", "> 5", "> 10", HEALTH_UNKNOWN, "no data"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct samples samples;
		struct limit warn, crit;
		const struct sample *shown;
		assert_true(limit_parse(rows[i].warn, &warn) && limit_parse(rows[i].crit, &crit));
		assert_int_equal(samples_read(rows[i].text, strlen(rows[i].text), &samples, NULL), STATUS_OK);
		struct verdict verdict = judge_samples(&samples, &warn, &crit, "", false, NOW, 6 * US_PER_MINUTE, &shown);
		if (verdict.health != rows[i].health || strncmp(verdict.reason, rows[i].reason, strlen(rows[i].reason)) != 0)
			fail_msg("%s: %s, \"%s\"", rows[i].name, health_name(verdict.health), verdict.reason);
		assert_null(strchr(verdict.reason, '\033'));
		samples_free(&samples);
	}
}

/* --- alerts --------------------------------------------------------------------------------- */

static struct alert_list read_alerts(const char *name, const struct silence_list *silences)
{
	char *text = fixture_text(name);
	struct alert_list list = {0};
	struct error err = {0};

	if (alertmanager_read_alerts(text, strlen(text), silences, &list, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	free(text);
	return list;
}

static struct silence_list read_silences(const char *name)
{
	char *text = fixture_text(name);
	struct silence_list list = {0};

	assert_int_equal(alertmanager_read_silences(text, strlen(text), &list, NULL), STATUS_OK);
	free(text);
	return list;
}

static void alerts_of_alertmanager(void **state)
{
	struct silence_list silences = read_silences("collect/alertmanager/silences.json");
	struct alert_list list = read_alerts("collect/alertmanager/alerts.json", &silences);

	(void)state;
	assert_int_equal(silences.count, 1);
	assert_true(silences.items[0].active);
	assert_int_equal(list.count, 2);
	assert_string_equal(alert_label(&list.items[0], "alertname"), "BesuBlockProductionStalled");
	assert_int_equal(list.items[0].state, ALERT_IS_FIRING);
	assert_string_equal(list.items[0].owner, "pagerduty");
	assert_string_equal(list.items[0].summary, "No new block for 2m");
	assert_int_equal(list.items[1].state, ALERT_IS_SILENCED);
	assert_string_equal(list.items[1].quiet, "warroom:alice until 2025-01-01 02:00:00Z: INC-42 planned restart");
	alert_list_free(&list);
	silence_list_free(&silences);

	list = read_alerts("collect/alertmanager/real_alerts.json", NULL);
	assert_int_equal(list.count, 1);
	assert_string_equal(alert_label(&list.items[0], "feed"), "ETH/USD");
	alert_list_free(&list);
	silences = read_silences("collect/alertmanager/real_silences.json");
	silence_list_free(&silences);
}

static void hostile_alerts(void **state)
{
	struct alert_list list = {0};
	struct error err = {0};
	struct buf huge;

	(void)state;
	buf_init(&huge, 1 << 20);
	buf_puts(&huge, "[{\"labels\":{\"alertname\":\"\\u001b]0;owned\\u0007x\",\"pod\":\"");
	for (int i = 0; i < 20000; i++)
		buf_puts(&huge, "aaaaaaaaaa");
	buf_puts(&huge, "\"},\"generatorURL\":\"javascript:alert(1)\"},{\"labels\":{\"pod\":\"no name\"}},{\"labels\":[]},7]");
	assert_int_equal(alertmanager_read_alerts(buf_text(&huge), huge.len, NULL, &list, &err), STATUS_OK);
	assert_int_equal(list.count, 1);
	assert_null(strchr(list.items[0].id, '\033'));
	assert_null(list.items[0].link);
	assert_true(strlen(alert_label(&list.items[0], "pod")) < LABEL_TEXT_MAX);
	alert_list_free(&list);
	buf_free(&huge);
	assert_int_equal(alertmanager_read_alerts("{}", 2, NULL, &list, NULL), STATUS_CORRUPT);
	assert_int_equal(alertmanager_read_silences("\"no\"", 4, &(struct silence_list){0}, NULL), STATUS_CORRUPT);
}

static void alerts_of_prometheus(void **state)
{
	char *text = fixture_text("collect/prometheus/alerts.json");
	struct alert_list list = {0};
	struct target_list targets = {0};
	struct error err = {0};

	(void)state;
	assert_int_equal(prometheus_read_alerts(text, strlen(text), &list, &err), STATUS_OK);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].state, ALERT_IS_FIRING);
	assert_int_equal(list.items[1].state, ALERT_IS_PENDING);
	alert_list_free(&list);
	free(text);

	text = fixture_text("collect/prometheus/targets.json");
	assert_int_equal(prometheus_read_targets(text, strlen(text), &targets, &err), STATUS_OK);
	assert_int_equal(targets.count, 1);
	assert_string_equal(targets.items[0].name, "besu besu-validator-1:9545");
	assert_string_equal(targets.items[0].place, "besu-validator-1");
	target_list_free(&targets);
	free(text);

	text = fixture_text("collect/prometheus/real_targets.json");
	assert_int_equal(prometheus_read_targets(text, strlen(text), &targets, &err), STATUS_OK);
	assert_int_equal(targets.count, 0);
	assert_true(targets.up > 10);
	target_list_free(&targets);
	free(text);

	text = fixture_text("collect/prometheus/error_400.json");
	assert_int_equal(prometheus_read_alerts(text, strlen(text), &list, &err), STATUS_CORRUPT);
	assert_non_null(strstr(err.text, "parse error"));
	free(text);
}

/* One alert of a Prometheus and the same with a label more of an Alertmanager: it stands once. */
static void no_alert_stands_twice(void **state)
{
	struct thresholds thresholds = thresholds_default();
	struct world *world = world_new("test", 138, &thresholds);
	struct alerts *board = alerts_new();
	struct alert_list prometheus = {0}, alertmanager = read_alerts("collect/alertmanager/real_alerts.json", NULL), none = {0};
	char *text = fixture_text("collect/prometheus/real_alerts.json");

	(void)state;
	assert_int_equal(prometheus_read_alerts(text, strlen(text), &prometheus, NULL), STATUS_OK);
	assert_int_equal(prometheus.count, 1);
	world_add(world, KIND_FEED, "ETH/USD", "chain", US_PER_DAY);
	alerts_put(board, world, "prometheus main", false, &prometheus, US_PER_DAY, NOW);
	assert_int_equal(world_count(world, KIND_ALERT), 1);
	alerts_put(board, world, "alertmanager main", true, &alertmanager, US_PER_DAY, NOW + 1);
	assert_int_equal(world_count(world, KIND_ALERT), 1);
	const struct component *c = world_at(world, KIND_ALERT, 0);
	assert_string_equal(c->source, "alertmanager main");
	assert_string_equal(c->name, "OracleStale ETH/USD");
	assert_string_equal(component_related(c, 0), "feed/ETH/USD");
	assert_string_equal(component_related(c, RELATED_SOURCE), "probe/alertmanager main");
	assert_int_equal(c->health, HEALTH_WARNING);

	assert_int_equal(prometheus_read_alerts(text, strlen(text), &prometheus, NULL), STATUS_OK);
	alerts_put(board, world, "prometheus main", false, &prometheus, US_PER_DAY, NOW + 2);
	assert_int_equal(world_count(world, KIND_ALERT), 1);
	alerts_put(board, world, "alertmanager main", true, &none, US_PER_DAY, NOW + 3);
	assert_int_equal(world_count(world, KIND_ALERT), 0);
	free(text);
	alerts_free(board);
	world_free(world);
}

/* --- silences ---------------------------------------------------------------------------------- */

static void matchers(void **state)
{
	static const struct {
		const char *matcher, *value;
		bool fits, judged;
	} rows[] = {
		{"a=b", "b", true, true},
		{"a=b", "bb", false, true},
		{"a!=b", "c", true, true},
		{"a!=b", "b", false, true},
		{"a=~\"besu.*\"", "besu-1", true, true},
		{"a=~\"esu.*\"", "besu-1", false, true}, /* anchored */
		{"a=~\"x|y\"", "y", true, true},
		{"a=~\"x|y\"", "xy", false, true},
		{"a!~\"x|y\"", "z", true, true},
		{"a=~\"\"", "", true, true},
		{"a=~\"a{2,3}\"", "aa", false, false},
		{"a=~\"(?i)x\"", "X", false, false},
		{"a=~\"\\d+\"", "12", false, false},
		{"a!~\"\\w\"", "-", false, false},
		{"a=~\"(\"", "(", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct silence_request request;
		struct error err = {0};
		bool judged;
		char *text = xasprintf("2h must=be %s because", rows[i].matcher);
		if (silence_parse(text, &request, &err) != STATUS_OK)
			fail_msg("%s: %s", rows[i].matcher, err.text);
		assert_int_equal(request.matcher_count, 2);
		bool fits = matcher_fits(&request.matchers[1], rows[i].value, &judged);
		if (fits != rows[i].fits || judged != rows[i].judged)
			fail_msg("%s and %s: fits %d judged %d", rows[i].matcher, rows[i].value, fits, judged);
		silence_request_free(&request);
		free(text);
	}
}

static void what_people_type(void **state)
{
	static const struct {
		const char *text;
		enum status status;
		const char *words;
	} rows[] = {
		{"2h alertname=BesuPeersLow planned restart", STATUS_OK, ""},
		{"90s a=\"b c\" x=y, and more", STATUS_OK, ""},
		{"end 7d8be77f-9e0b-4a5c-8f5a-0d3a9a1f0001", STATUS_OK, ""},
		{"", STATUS_USAGE, "silence: says nothing"},
		{"soon alertname=x y", STATUS_INVALID, ""},
		{"2h planned restart", STATUS_USAGE, "silence: no matcher"},
		{"2h alertname=x", STATUS_USAGE, "silence: the reason is missing"},
		{"2h alertname=~\".*\" all", STATUS_REFUSED, "silence: would cover every alert"},
		{"2h alertname=~.* all", STATUS_REFUSED, "silence: would cover every alert"},
		{"2h pod!=x all but one", STATUS_REFUSED, "silence: would cover every alert"},
		{"10s alertname=x y", STATUS_LIMIT, "silence 10s"},
		{"31d alertname=x y", STATUS_LIMIT, "silence 31d"},
		{"end", STATUS_USAGE, "silence end"},
		{"end ../../status", STATUS_USAGE, "silence end"},
		{"end a b", STATUS_USAGE, "silence end"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct silence_request request;
		struct error err = {0};
		enum status status = silence_parse(rows[i].text, &request, &err);
		if (status != rows[i].status || strncmp(err.text, rows[i].words, strlen(rows[i].words)) != 0)
			fail_msg("\"%s\": %s, %s", rows[i].text, status_name(status), err.text);
		if (status == STATUS_OK)
			silence_request_free(&request);
	}
}

static void previews(void **state)
{
	struct silence_list silences = read_silences("collect/alertmanager/silences.json");
	struct alert_list list = read_alerts("collect/alertmanager/alerts.json", &silences);
	struct silence_request request;
	struct buf out;
	char *text;

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(silence_parse("2h alertname=~\"Besu.*\" severity=critical restart \"now\"", &request, NULL), STATUS_OK);
	assert_int_equal(silence_preview(&request, &list, &out), 1);
	assert_non_null(strstr(buf_text(&out), "It covers 1 of the 2 alerts of now, 1 of them firing:\n  firing    BesuBlockProductionStalled"));
	text = matchers_text(request.matchers, request.matcher_count);
	assert_string_equal(text, "alertname=~\"Besu.*\" severity=\"critical\"");
	free(text);
	buf_clear(&out);
	silence_body(&request, "alice", "INC-42", NOW, &out);
	assert_string_equal(buf_text(&out), "{\"comment\":\"INC-42: restart \\\"now\\\" (alice, tocsin)\",\"createdBy\":\"alice\",\"endsAt\":\"2025-01-01T02:00:00.000000Z\",\"matchers\":["
					    "{\"isEqual\":true,\"isRegex\":true,\"name\":\"alertname\",\"value\":\"Besu.*\"},{\"isEqual\":true,\"isRegex\":false,\"name\":\"severity\",\"value\":\"critical\"}],\"startsAt\":\"2025-01-01T00:00:00.000000Z\"}");
	silence_request_free(&request);

	buf_clear(&out);
	assert_int_equal(silence_parse("end 7d8be77f-9e0b-4a5c-8f5a-0d3a9a1f0001", &request, NULL), STATUS_OK);
	assert_int_equal(silence_preview(&request, &list, &out), 1);
	silence_request_free(&request);

	buf_clear(&out);
	assert_int_equal(silence_parse("1h alertname=x severity=~\"\\w+\" why", &request, NULL), STATUS_OK);
	assert_int_equal(silence_preview(&request, &list, &out), 0);
	assert_null(strstr(buf_text(&out), "cannot be said")); /* the name alone decides */
	silence_request_free(&request);
	buf_clear(&out);
	assert_int_equal(silence_parse("1h alertname=BesuPeersLow severity=~\"\\w+\" why", &request, NULL), STATUS_OK);
	assert_int_equal(silence_preview(&request, &list, &out), 0);
	assert_non_null(strstr(buf_text(&out), "Of 1 alerts it cannot be said here"));
	silence_request_free(&request);
	buf_free(&out);
	alert_list_free(&list);
	silence_list_free(&silences);
}

/* Every field of the sample is in what is sent, and of its type. */
static void has_shape(const char *path, const struct json *sample, const struct json *sent)
{
	if (!sent || json_is_object(sample) != json_is_object(sent) || json_is_array(sample) != json_is_array(sent) || !json_string(sample) != !json_string(sent))
		fail_msg("%s is not as in the sample", path);
	if (json_is_array(sample))
		has_shape(path, json_first(sample), json_first(sent));
	for (const struct json *member = json_is_object(sample) ? json_first(sample) : NULL; member; member = json_next(member)) {
		char deeper[128];
		snprintf(deeper, sizeof(deeper), "%.60s/%.60s", path, json_key(member));
		has_shape(deeper, member, json_get(sent, json_key(member)));
	}
}

static void shape_as(const char *name, const char *body)
{
	struct json *sample = fixture_json(name), *sent = json_parse(body, strlen(body), 1 << 20, NULL);

	assert_non_null(sent);
	has_shape(name, sample, sent);
	json_free(sample);
	json_free(sent);
}

static void what_is_sent_has_the_shape_of_the_samples(void **state)
{
	struct source_incident incident = {.id = "INC-42", .title = "block production stalled", .severity = "P0", .began_us = NOW, .over_us = NOW + US_PER_HOUR};
	struct silence_request request;
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_int_equal(silence_parse("2h alertname=BesuPeersLow planned restart", &request, NULL), STATUS_OK);
	silence_body(&request, "alice", "INC-42", NOW, &out);
	shape_as("collect/alertmanager/post_silence_request.json", buf_text(&out));
	silence_request_free(&request);

	buf_clear(&out);
	grafana_annotation(&incident, &out);
	shape_as("collect/grafana/post_annotation_request.json", buf_text(&out));

	/* What Grafana kept of it says the same. */
	struct json *kept = fixture_json("collect/grafana/annotations.json"), *sent = json_parse(buf_text(&out), out.len, 1 << 20, NULL);
	static const char *const times[] = {"time", "timeEnd"};
	for (size_t i = 0; i < ARRAY_LENGTH(times); i++) {
		int64_t here, there;
		assert_true(json_i64(json_get(sent, times[i]), &here));
		assert_true(json_i64(json_get(json_first(kept), times[i]), &there));
		assert_int_equal(here, there);
	}
	assert_string_equal(json_string(json_get(sent, "text")), json_string(json_get(json_first(kept), "text")));
	json_free(kept);
	json_free(sent);
	buf_free(&out);
}

static void silences_that_hide(void **state)
{
	static const char *const names[] = {"besu-validator-2", "validator-2", NULL};
	static const struct {
		const char *text;
		bool hides;
	} rows[] = {
		{"1h pod=besu-validator-2 x", true},
		{"1h pod=besu-validator-1 x", false},
		{"1h instance=besu-validator-2:9545 x", true},
		{"1h instance=~\"besu-validator.*\" x", true},
		{"1h validator=validator-2 alertname=Slow x", true},
		{"1h alertname=Slow x", false},
		{"1h namespace=besu-network x", false},
		{"1h pod=besu-validator-2 instance=other:1 x", false},
		{"1h alertname=Slow pod!=besu-validator-1 x", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct silence_request request;
		assert_int_equal(silence_parse(rows[i].text, &request, NULL), STATUS_OK);
		struct silence silence = {.matchers = request.matchers, .matcher_count = request.matcher_count, .active = true};
		if (silence_hides(&silence, names) != rows[i].hides)
			fail_msg("%s", rows[i].text);
		silence.active = false;
		assert_false(silence_hides(&silence, names));
		silence_request_free(&request);
	}
}

/* --- rounds ---------------------------------------------------------------------------------------- */

static void take_log(struct rounds *rounds, const char *name)
{
	char *text = fixture_text(name), *next;

	for (char *line = text; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		rounds_take(rounds, line);
	}
	free(text);
}

static void logs_of_rounds(void **state)
{
	struct rounds rounds;
	char text[ADDRESS_TEXT];

	(void)state;
	rounds_init(&rounds);
	take_log(&rounds, "collect/loki/besu_stalled_bft.log");
	assert_int_equal(rounds.round, 3);
	assert_int_equal(rounds.expires_s, 32);
	assert_int_equal(rounds.quorum, 3);
	assert_int_equal(rounds.count, 2);
	assert_true(rounds.heard[0].local && !rounds.heard[1].local);
	assert_string_equal(address_text(text, &rounds.heard[1].address), "0x2222222222222222222222222222222222222222");

	rounds_init(&rounds);
	take_log(&rounds, "collect/loki/besu_stalled_bft_old_wording.log");
	assert_int_equal(rounds.round, 4);
	assert_int_equal(rounds.expires_s, 64);

	assert_true(rounds_take(&rounds, "… | QbftBesuControllerBuilder | Imported empty block #1,002 / 0 tx / 0 pending / 0 (0.0%) gas / (0xab)"));
	assert_int_equal(rounds.round, -1);
	assert_true(rounds_take(&rounds, "BFT Mining thread has suffered a fatal error, mining has been halted"));
	assert_true(rounds.dead);
	assert_false(rounds_take(&rounds, "Address: 0x22 Round: 2"));
	assert_false(rounds_take(&rounds, "Address: 0x2222222222222222222222222222222222222222"));
	assert_false(rounds_take(&rounds, "Moved to round soon"));
	assert_false(rounds_take(&rounds, ""));
}

static void rounds_of_loki(void **state)
{
	char *text = fixture_text("collect/loki/query_range_streams.json");
	struct rounds_seen seen;

	(void)state;
	/* The newest line comes first in it. */
	assert_int_equal(loki_read_rounds(text, strlen(text), &seen, NULL), STATUS_OK);
	assert_int_equal(seen.streams, 1);
	assert_int_equal(seen.all.round, 3);
	free(text);
	text = fixture_text("collect/loki/query_vector.json");
	assert_int_equal(loki_read_rounds(text, strlen(text), &seen, NULL), STATUS_CORRUPT);
	free(text);
}

/* --- all of them at one server ---------------------------------------------------------------------- */

enum {
	MODE_WELL,
	MODE_DOWN,
};

static void answer(struct server *server, const char *method, const char *url, struct served *out)
{
	static const struct {
		const char *begins, *file;
	} rows[] = {
		{"/api/v2/alerts", "collect/alertmanager/alerts.json"},
		{"/api/v2/silences", "collect/alertmanager/silences.json"},
		{"/api/v2/status", "collect/alertmanager/status.json"},
		{"/api/v1/alerts", "collect/prometheus/alerts.json"},
		{"/api/v1/targets", "collect/prometheus/targets.json"},
		{"/api/v1/query", "collect/prometheus/query_vector.json"},
		{"/loki/api/v1/query_range", "collect/loki/query_range_streams.json"},
		{"/api/health", "collect/grafana/health.json"},
	};

	out->status = server->mode == MODE_DOWN ? 503 : 200;
	if (server->mode == MODE_DOWN) {
		out->body = strncmp(url, "/api/health", 11) == 0 ? fixture_text("collect/grafana/health_503.json") : xstrdup("<html>down</html>");
		return;
	}
	if (strcmp(method, "POST") == 0 && strncmp(url, "/api/v2/silences", 16) == 0) {
		out->body = fixture_text("collect/alertmanager/post_silence_reply.json");
		return;
	}
	if (strcmp(method, "DELETE") == 0)
		return;
	if (strncmp(url, "/api/annotations", 16) == 0) {
		out->body = fixture_text("collect/grafana/post_annotation_reply.json");
		return;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (strncmp(url, rows[i].begins, strlen(rows[i].begins)) == 0) {
			out->body = fixture_text(rows[i].file);
			return;
		}
	}
	out->body = xstrdup(strcmp(url, "/ready") == 0 ? "ready\n" : "all is well");
}

struct scene {
	struct host host;
	struct server server;
	char url[64];
};

static void open_scene(struct scene *scene)
{
	host_init(&scene->host);
	server_open(&scene->server, answer, scene->url, sizeof(scene->url));
	setenv("TEST_GRAFANA_TOKEN", "glsa_0123456789abcdef", 1);
	host_section(&scene->host, &prometheus_section, "main", (const char *const[]){"url", scene->url, "interval", "1s", NULL});
	host_section(&scene->host, &alertmanager_section, "main", (const char *const[]){"url", scene->url, "interval", "1s", "filter", "severity=\"critical\"", NULL});
	host_section(&scene->host, &loki_section, "main", (const char *const[]){"url", scene->url, "interval", "1s", "rounds", "{pod=~\"besu.*\"}", "tenant", "ops", NULL});
	host_section(&scene->host, &grafana_section, "main", (const char *const[]){"url", scene->url, "interval", "1s", "bearer_env", "TEST_GRAFANA_TOKEN", "dashboard", "/d/x?var-pod={name}", NULL});
	host_section(&scene->host, &probe_section, "heights", (const char *const[]){"source", "prometheus main", "query", "ethereum_blockchain_height", "crit", "< 1000", "about", "node/a", "interval", "1s", NULL});
	host_section(&scene->host, &probe_section, "words", (const char *const[]){"source", "loki main", "query", "{app=\"x\"} |= \"unauthorised\"", "warn", "> 1", "kind", "security", "interval", "1s", NULL});
	char page[96];
	snprintf(page, sizeof(page), "http %s/page", scene->url);
	host_section(&scene->host, &probe_section, "page", (const char *const[]){"source", page, "match", "is well", "interval", "1s", NULL});
}

static void close_scene(struct scene *scene)
{
	host_free(&scene->host);
	server_close(&scene->server);
}

static const struct component *probe(struct scene *scene, const char *name)
{
	char id[96];
	const struct component *c = world_find(scene->host.world, text_format(id, sizeof(id), "probe/%s", name));

	if (!c)
		fail_msg("there is no %s", id);
	return c;
}

static bool all_tried(void *arg)
{
	return sources_all_tried(((struct scene *)arg)->host.sources);
}

static bool linked(void *arg)
{
	struct scene *scene = arg;

	return all_tried(arg) && component_text(probe(scene, "heights"), PROBE_LINK);
}

static void seen_together(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	struct component *pod = world_add(scene.host.world, KIND_POD, "besu-validator-2", "test", US_PER_DAY);
	world_relate(pod, 0, "node/other");
	host_start(&scene.host);
	assert_true(host_wait(&scene.host, linked, &scene));
	assert_string_equal(scene.host.message, "");
	assert_int_equal(probe(&scene, "alertmanager main")->health, HEALTH_OK);
	assert_string_equal(component_text(probe(&scene, "alertmanager main"), PROBE_VERSION), "0.28.0");
	assert_string_equal(probe(&scene, "prometheus main")->reason, "1 of 1 targets cannot be scraped");
	assert_int_equal(probe(&scene, "target besu besu-validator-1:9545")->symptom, SYMPTOM_UNSCRAPED);
	assert_string_equal(probe(&scene, "grafana main")->reason, "answers, database ok");
	assert_int_equal(probe(&scene, "loki main")->health, HEALTH_OK);
	assert_int_equal(probe(&scene, "rounds main")->symptom, SYMPTOM_ROUNDS);
	assert_int_equal(probe(&scene, "words")->symptom, SYMPTOM_SECURITY);
	assert_int_equal(probe(&scene, "page")->health, HEALTH_OK);
	assert_int_equal(probe(&scene, "heights")->health, HEALTH_STALE); /* the samples are of 2025 */
	assert_string_equal(component_related(probe(&scene, "heights"), 0), "node/a");
	assert_string_equal(component_related(probe(&scene, "heights"), RELATED_SOURCE), "probe/prometheus main");
	char link[128];
	assert_string_equal(component_text(probe(&scene, "heights"), PROBE_LINK), text_format(link, sizeof(link), "%s/d/x?var-pod=a", scene.url));
	assert_string_equal(component_text(pod, POD_LINK), text_format(link, sizeof(link), "%s/d/x?var-pod=besu-validator-2", scene.url));
	/* Both alerts stand once, whoever told them. */
	assert_int_equal(world_count(scene.host.world, KIND_ALERT), 2);
	assert_true(server_asked(&scene.server, "GET /api/v2/alerts?filter=severity=\"critical\"") > 0);
	close_scene(&scene);
}

static bool refusing(struct scene *scene, const char *name)
{
	return probe(scene, name)->symptom == SYMPTOM_REFUSING;
}

static bool lost(void *arg)
{
	struct scene *scene = arg;

	/* Alerts have two tellers: they are stale when both are lost. */
	return refusing(scene, "heights") && refusing(scene, "prometheus main") && refusing(scene, "alertmanager main") &&
		probe(scene, "page")->health == HEALTH_CRITICAL && probe(scene, "grafana main")->health == HEALTH_WARNING;
}

/* What cannot be asked is stale, not well; what Grafana says of its database it says itself. */
static void lost_together(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	host_start(&scene.host);
	assert_true(host_wait(&scene.host, all_tried, &scene));
	server_mode(&scene.server, MODE_DOWN);
	assert_true(host_wait(&scene.host, lost, &scene));
	assert_int_equal(probe(&scene, "prometheus main")->health, HEALTH_STALE);
	assert_string_equal(probe(&scene, "prometheus main")->reason, "cannot be seen: HTTP 503 <html>down</html>");
	assert_string_equal(probe(&scene, "page")->reason, "HTTP 503");
	assert_string_equal(probe(&scene, "grafana main")->reason, "its database is failing");
	for (size_t i = 0; i < world_count(scene.host.world, KIND_ALERT); i++)
		assert_int_equal(world_at(scene.host.world, KIND_ALERT, i)->health, HEALTH_STALE);
	close_scene(&scene);
}

/* --- settings that no table can check ------------------------------------------------------------------ */

static void wrong_probes(void **state)
{
	static const struct {
		const char *pairs[7], *message;
	} rows[] = {
		{{"source", "prometheus other", "query", "up", NULL}, "[probe p] source: there is no [prometheus other] (add it, or name another)"},
		{{"source", "graphite main", "query", "up", NULL}, "[probe p] source: graphite main is none (write prometheus NAME, loki NAME, or http URL)"},
		{{"source", "http ftp://x", NULL}, "[probe p] source: http ftp://x is none (write prometheus NAME, loki NAME, or http URL)"},
		{{"source", "http://127.0.0.1:1/", "warn", "5", NULL}, "[probe p] warn: 5 is no bound (write > 5, >= 5, < 2 or <= 2)"},
		{{"source", "http://127.0.0.1:1/", "crit", "> many", NULL}, "[probe p] crit: > many is no bound (write > 5, >= 5, < 2 or <= 2)"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct host host;
		host_init(&host);
		host_section(&host, &probe_section, "p", rows[i].pairs);
		host_start(&host);
		assert_string_equal(host.message, rows[i].message);
		assert_int_equal(world_count(host.world, KIND_PROBE), 0);
		host_free(&host);
	}
}

/* --- what is written outside --------------------------------------------------------------------------- */

static bool annotated(void *arg)
{
	return ((struct scene *)arg)->host.annotated[0] != '\0';
}

static void annotations(void **state)
{
	struct source_incident incident = {.id = "INC-42", .title = "block production stalled", .severity = "P0", .began_us = NOW};
	struct scene scene;
	struct buf out;

	(void)state;
	buf_init(&out, 1024);
	grafana_annotation(&incident, &out);
	assert_string_equal(buf_text(&out), "{\"tags\":[\"incident\",\"P0\",\"INC-42\"],\"text\":\"INC-42 block production stalled\",\"time\":1735689600000}");
	buf_free(&out);

	open_scene(&scene);
	host_start(&scene.host);
	sources_incident(scene.host.sources, &incident);
	assert_true(host_wait(&scene.host, annotated, &scene));
	assert_string_equal(scene.host.annotated, "INC-42 began grafana main 1 ");
	assert_string_equal(scene.server.header, "Bearer glsa_0123456789abcdef");
	scene.host.annotated[0] = '\0';
	incident.over_us = NOW + 60 * US_PER_S;
	sources_incident(scene.host.sources, &incident);
	assert_true(host_wait(&scene.host, annotated, &scene));
	assert_string_equal(scene.host.annotated, "INC-42 over grafana main 1 ");
	assert_int_equal(server_asked(&scene.server, "PATCH /api/annotations/1"), 1);
	close_scene(&scene);
}

/* Nothing of a drill leaves, and nothing without a token. */
static void no_annotations(void **state)
{
	struct source_incident incident = {.id = "INC-1", .title = "x", .severity = "", .began_us = NOW};

	(void)state;
	for (int demo = 0; demo < 2; demo++) {
		struct scene scene;
		open_scene(&scene);
		struct source_host given = host_of(&scene.host);
		given.demo = demo;
		if (demo == 0) {
			settings_free(&scene.host.sections[3]);
			settings_init(&scene.host.sections[3], &grafana_section, "main", 0);
			assert_int_equal(settings_set(&scene.host.sections[3], "url", scene.url, 0, NULL), STATUS_OK);
		}
		scene.host.sources = sources_new(&given);
		sources_incident(scene.host.sources, &incident);
		assert_true(host_wait(&scene.host, all_tried, &scene));
		assert_int_equal(server_asked(&scene.server, "POST"), 0);
		close_scene(&scene);
	}
}

struct sent {
	bool over;
	char id[80], why[240];
};

static void on_sent(void *arg, const char *id, const struct error *err)
{
	struct sent *sent = arg;

	sent->over = true;
	snprintf(sent->id, sizeof(sent->id), "%s", id ? id : "");
	snprintf(sent->why, sizeof(sent->why), "%s", err ? err->text : "");
}

static bool is_sent(void *arg)
{
	return ((struct sent *)arg)->over;
}

static void silences_are_sent(void **state)
{
	struct silence_request request;
	struct scene scene;
	struct sent sent = {0};
	struct error err = {0};

	(void)state;
	open_scene(&scene);
	struct source_host given = host_of(&scene.host);
	given.http = http_new(scene.host.loop, 1);
	struct silencer *silencer = silencer_new(&given, &scene.host.sections[1], &err);
	assert_int_equal(silence_parse("2h alertname=BesuPeersLow restart", &request, NULL), STATUS_OK);
	silencer_send(silencer, &request, "alice", "INC-1", on_sent, &sent);
	assert_true(host_wait(&scene.host, is_sent, &sent));
	assert_string_equal(sent.why, "");
	assert_string_equal(sent.id, "7d8be77f-9e0b-4a5c-8f5a-0d3a9a1f0001");
	assert_non_null(strstr(scene.server.said, "\"comment\":\"INC-1: restart (alice, tocsin)\""));
	silence_request_free(&request);

	sent.over = false;
	assert_int_equal(silence_parse("end 7d8be77f", &request, NULL), STATUS_OK);
	silencer_send(silencer, &request, "alice", NULL, on_sent, &sent);
	assert_true(host_wait(&scene.host, is_sent, &sent));
	assert_string_equal(sent.why, "");
	assert_int_equal(server_asked(&scene.server, "DELETE /api/v2/silence/7d8be77f"), 1);

	sent.over = false;
	server_mode(&scene.server, MODE_DOWN);
	silencer_send(silencer, &request, "alice", NULL, on_sent, &sent);
	assert_true(host_wait(&scene.host, is_sent, &sent));
	assert_string_equal(sent.why, "alertmanager main: HTTP 503 <html>down</html>");
	silence_request_free(&request);
	silencer_free(silencer);
	http_free(given.http);
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_to_queries),
		cmocka_unit_test(no_answers_to_queries),
		cmocka_unit_test(refused_queries),
		cmocka_unit_test(verdicts_on_queries),
		cmocka_unit_test(alerts_of_alertmanager),
		cmocka_unit_test(hostile_alerts),
		cmocka_unit_test(alerts_of_prometheus),
		cmocka_unit_test(no_alert_stands_twice),
		cmocka_unit_test(matchers),
		cmocka_unit_test(what_people_type),
		cmocka_unit_test(previews),
		cmocka_unit_test(what_is_sent_has_the_shape_of_the_samples),
		cmocka_unit_test(silences_that_hide),
		cmocka_unit_test(logs_of_rounds),
		cmocka_unit_test(rounds_of_loki),
		cmocka_unit_test(seen_together),
		cmocka_unit_test(lost_together),
		cmocka_unit_test(wrong_probes),
		cmocka_unit_test(annotations),
		cmocka_unit_test(no_annotations),
		cmocka_unit_test(silences_are_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
