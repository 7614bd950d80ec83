/* Targets for what Kubernetes and monitoring say, and for silences that people type. */
#include "fuzz.h"

#include "base/lines.h"
#include "base/text.h"
#include "collect/alertmanager.h"
#include "collect/grafana.h"
#include "collect/kube_read.h"
#include "collect/loki.h"
#include "collect/prometheus.h"
#include "collect/query.h"
#include "collect/reflect.h"
#include "collect/samples.h"
#include "collect/silence.h"
#include "world/judge.h"
#include "world/limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOW (INT64_C(1735689600) * US_PER_S)

enum {
	TREE_BYTES = 4 << 20,
	LINE_BYTES = 64 * 1024,
};

static bool is_clean(const char *text)
{
	return text_is_clean(text, strlen(text));
}

/* --- Kubernetes --------------------------------------------------------------------- */

static void read_object(const struct json *object)
{
	struct kube_pod pod;
	struct kube_workload workload;
	struct kube_event event;
	struct kube_usage usage;

	if (kube_read_pod(object, &pod)) {
		struct verdict verdict = judge_pod(&pod.facts, NOW);
		require(pod.name[0] && is_clean(pod.name) && is_clean(pod.owner) && is_clean(pod.facts.reason));
		require(pod.facts.ready_containers <= pod.facts.containers);
		require(verdict.reason[0]);
	}
	if (kube_read_workload(object, &workload))
		require(judge_workload(&workload.facts, NOW).reason[0] && is_clean(workload.name));
	if (kube_read_event(object, &event))
		require(event.name[0] && is_clean(event.name));
	if (kube_read_usage(object, &usage))
		require(usage.cpu_milli >= 0 && usage.memory_bytes >= 0);
}

static bool take_line(void *arg, const char *text, size_t len)
{
	const struct json *object;
	struct json *root;
	char version[64];

	(void)arg;
	require(text[len] == '\0' && !memchr(text, '\n', len));
	enum watch_line line = reflect_read_line(text, len, &root, &object, version, sizeof(version));
	if (line == WATCH_CHANGED || line == WATCH_GONE)
		read_object(object);
	json_free(root);
	return line != WATCH_EXPIRED;
}

/* The first byte says how the stream is cut. */
void fuzz_kube(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	size_t piece = 1 + fuzz_byte(&in);
	const char *text = (const char *)in.at;
	size_t left = (size_t)(in.end - in.at);
	struct json *root = json_parse(text, left, TREE_BYTES, NULL);
	struct lines lines;
	char said[80];

	read_object(root);
	for (const struct json *item = json_first(json_get(root, "items")); item; item = json_next(item))
		read_object(item);
	json_free(root);
	kube_read_status(text, left, said, sizeof(said));
	require(is_clean(said));
	lines_init(&lines, LINE_BYTES);
	for (; left > 0; text += piece, left -= piece) {
		piece = piece < left ? piece : left;
		if (!lines_feed(&lines, text, piece, take_line, NULL))
			break;
	}
	lines_free(&lines);
}

/* --- monitoring ---------------------------------------------------------------------- */

static void check_alerts(const struct alert_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct alert *alert = &list->items[i];
		char labels[200];
		require(alert_label(alert, "alertname")[0] && is_clean(alert->id));
		require(!alert->summary || is_clean(alert->summary));
		require(!alert->link || strncmp(alert->link, "http", 4) == 0);
		alert_labels_text(labels, sizeof(labels), alert);
	}
}

static void read_monitoring(const char *text, size_t len)
{
	struct alert_list alerts = {0};
	struct silence_list silences = {0};
	struct target_list targets = {0};
	struct rounds_seen rounds;

	if (alertmanager_read_silences(text, len, &silences, NULL) == STATUS_OK)
		for (size_t i = 0; i < silences.count; i++)
			silence_hides(&silences.items[i], (const char *const[]){"besu-validator-0", NULL});
	if (alertmanager_read_alerts(text, len, &silences, &alerts, NULL) == STATUS_OK)
		check_alerts(&alerts);
	alert_list_free(&alerts);
	silence_list_free(&silences);
	if (prometheus_read_alerts(text, len, &alerts, NULL) == STATUS_OK)
		check_alerts(&alerts);
	alert_list_free(&alerts);
	if (prometheus_read_targets(text, len, &targets, NULL) == STATUS_OK)
		for (size_t i = 0; i < targets.count; i++)
			require(is_clean(targets.items[i].why));
	target_list_free(&targets);
	if (loki_read_rounds(text, len, &rounds, NULL) == STATUS_OK)
		require(rounds.all.count <= ROUNDS_MAX);
	grafana_read_id(text, len);
}

void fuzz_monitor(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	struct limit warn = {.direction = LIMIT_ABOVE, .bound = 5, .text = "> 5"}, crit = {.direction = LIMIT_BELOW, .bound = 0, .text = "< 0"};
	const struct sample *shown;
	struct samples samples;
	char said[80];

	if (samples_read(text, len, &samples, NULL) == STATUS_OK) {
		struct verdict verdict = judge_samples(&samples, &warn, &crit, "s", false, NOW, US_PER_MINUTE, &shown);
		require(verdict.health != HEALTH_OK || (samples.count > 0 && shown && !isnan(shown->value)));
		for (size_t i = 0; i < samples.count; i++)
			require(is_clean(samples.items[i].labels));
	}
	samples_free(&samples);
	samples_error(text, len, said, sizeof(said));
	require(is_clean(said));
	read_monitoring(text, len);
}

/* --- silences ---------------------------------------------------------------------------- */

/* What was read is sent as whole JSON. */
void fuzz_silence(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	char *text = fuzz_rest(&in);
	struct silence_request request;

	if (silence_parse(text, &request, NULL) == STATUS_OK) {
		struct buf body;
		buf_init(&body, 1 << 20);
		if (!request.end)
			silence_body(&request, "alice", "INC-1", NOW, &body);
		struct json *root = json_parse(buf_text(&body), body.len, TREE_BYTES, NULL);
		require(request.end || (root && request.matcher_count > 0 && request.comment[0]));
		json_free(root);
		free(matchers_text(request.matchers, request.matcher_count));
		buf_free(&body);
		silence_request_free(&request);
	}
	free(text);
}
