#include "drill/monitor.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "drill/bridge.h"

#include <inttypes.h>
#include <string.h>

#define NAMESPACE "besu-network"

/* --- one pod, whoever runs in it -------------------------------------------------- */

struct pod {
	char name[48];
	const char *component; /* label */
	const char *owner, *owner_kind;
	const char *host, *ip;
	const char *phase;
	bool ready;
	unsigned restarts;
	const char *waiting; /* why its container does not run, or NULL */
	const char *last;    /* why it ended last, or NULL */
	int64_t created_us, phase_us;
};

static unsigned faults_of(const struct engine *engine)
{
	return engine->bridge ? bridge_faults(engine->bridge) : 0;
}

static struct pod node_pod(const struct engine_node *node)
{
	static const char *const phases[] = {[POD_STARTING] = "Pending", [POD_RUNNING] = "Running", [POD_CRASHED] = "Running"};
	struct pod pod = {
		.component = node->validator ? "validator" : "rpc",
		.owner = node->validator ? "besu-validator" : "besu-rpc",
		.owner_kind = "StatefulSet",
		.host = "worker-1",
		.ip = node->ip,
		.phase = phases[node->phase],
		.ready = node->phase == POD_RUNNING && (node->trouble == RPC_FINE || node->trouble == RPC_SLOW),
		.restarts = node->restarts,
		.created_us = node->created_us,
		.phase_us = node->phase_us,
	};
	text_format(pod.name, sizeof(pod.name), "%s", node->name);
	if (node->phase == POD_STARTING)
		pod.waiting = "ContainerCreating";
	if (node->phase == POD_CRASHED) {
		pod.waiting = "CrashLoopBackOff";
		pod.last = node->reason;
	}
	return pod;
}

static struct pod publisher_pod(const struct engine *engine)
{
	bool stopped = (faults_of(engine) & BRIDGE_FEED_STOPS) != 0;
	struct pod pod = {
		.component = BRIDGE_PUBLISHER,
		.owner = BRIDGE_PUBLISHER,
		.owner_kind = "StatefulSet",
		.host = "worker-2",
		.ip = "10.42.3.10",
		.phase = "Running",
		.ready = !stopped,
		.restarts = stopped ? 6 : 0,
		.waiting = stopped ? "CrashLoopBackOff" : NULL,
		.last = stopped ? "Error" : NULL,
		.created_us = engine->config.start_us - US_PER_DAY,
		.phase_us = engine->config.start_us,
	};
	text_format(pod.name, sizeof(pod.name), BRIDGE_PUBLISHER_POD);
	return pod;
}

/* The i-th pod that exists; false after the last. */
static bool pod_at(const struct engine *engine, size_t i, struct pod *out)
{
	for (size_t at = 0; at < engine->node_count; at++) {
		if (engine->nodes[at].phase == POD_ABSENT || i-- > 0)
			continue;
		*out = node_pod(&engine->nodes[at]);
		return true;
	}
	*out = publisher_pod(engine);
	return i == 0;
}

uint64_t monitor_version(const struct engine *engine)
{
	uint64_t version = UINT64_C(14695981039346656037);
	struct pod pod;
	for (size_t i = 0; pod_at(engine, i, &pod); i++)
		version = (version ^ (pod.restarts * 8u + pod.ready * 4u + (pod.waiting != NULL) * 2u + 1u + (uint64_t)pod.created_us)) * UINT64_C(1099511628211);
	return version % 1000000000 + 1;
}

/* --- the API server -------------------------------------------------------------------- */

static void put_version(const struct engine *engine, struct json_writer *w)
{
	char text[24];
	json_put_string(w, "resourceVersion", text_format(text, sizeof(text), "%" PRIu64, monitor_version(engine)));
}

/* RFC 3339 without a fraction, as the API server writes times. */
static void put_time(struct json_writer *w, const char *key, int64_t at_us)
{
	char text[TIME_TEXT];
	time_rfc3339(text, at_us);
	text[19] = 'Z';
	text[20] = '\0';
	json_put_string(w, key, text);
}

static void put_metadata(const struct engine *engine, struct json_writer *w, const char *name, const char *component, int64_t created_us)
{
	char uid[64];
	json_begin_object(w, "metadata");
	json_put_string(w, "name", name);
	json_put_string(w, "namespace", NAMESPACE);
	json_put_string(w, "uid", text_format(uid, sizeof(uid), "uid-%s", name));
	put_version(engine, w);
	put_time(w, "creationTimestamp", created_us);
	json_begin_object(w, "labels");
	json_put_string(w, "app", "besu");
	json_put_string(w, "component", component);
	json_end_object(w);
}

static void put_container(struct json_writer *w, const struct pod *pod)
{
	json_begin_array(w, "containerStatuses");
	json_begin_object(w, NULL);
	json_put_string(w, "name", strcmp(pod->component, BRIDGE_PUBLISHER) == 0 ? "publisher" : "besu");
	json_put_bool(w, "ready", pod->ready);
	json_put_i64(w, "restartCount", pod->restarts);
	json_begin_object(w, "state");
	json_begin_object(w, pod->waiting ? "waiting" : "running");
	if (pod->waiting)
		json_put_string(w, "reason", pod->waiting);
	else
		put_time(w, "startedAt", pod->phase_us);
	json_end_object(w);
	json_end_object(w);
	json_begin_object(w, "lastState");
	if (pod->last) {
		json_begin_object(w, "terminated");
		json_put_string(w, "reason", pod->last);
		json_put_i64(w, "exitCode", strcmp(pod->last, "OOMKilled") == 0 ? 137 : 1);
		put_time(w, "finishedAt", pod->phase_us);
		json_end_object(w);
	}
	json_end_object(w);
	json_end_object(w);
	json_end_array(w);
}

static void put_pod(const struct engine *engine, struct json_writer *w, const char *key, const struct pod *pod)
{
	json_begin_object(w, key);
	json_put_string(w, "kind", "Pod");
	json_put_string(w, "apiVersion", "v1");
	put_metadata(engine, w, pod->name, pod->component, pod->created_us);
	json_begin_array(w, "ownerReferences");
	json_begin_object(w, NULL);
	json_put_string(w, "kind", pod->owner_kind);
	json_put_string(w, "name", pod->owner);
	json_put_bool(w, "controller", true);
	json_end_object(w);
	json_end_array(w);
	json_end_object(w);
	json_begin_object(w, "spec");
	json_put_string(w, "nodeName", pod->host);
	json_end_object(w);
	json_begin_object(w, "status");
	json_put_string(w, "phase", pod->phase);
	json_put_string(w, "podIP", pod->ip);
	put_time(w, "startTime", pod->created_us);
	json_begin_array(w, "conditions");
	json_begin_object(w, NULL);
	json_put_string(w, "type", "Ready");
	json_put_string(w, "status", pod->ready ? "True" : "False");
	put_time(w, "lastTransitionTime", pod->phase_us);
	json_end_object(w);
	json_end_array(w);
	put_container(w, pod);
	json_end_object(w);
	json_end_object(w);
}

struct set {
	const char *name, *component;
	unsigned desired, ready;
};

static bool set_at(const struct engine *engine, size_t i, struct set *out)
{
	const bool stopped = (faults_of(engine) & BRIDGE_FEED_STOPS) != 0;
	const struct set sets[] = {
		{"besu-validator", "validator", engine_replicas(engine, true), engine_ready_replicas(engine, true)},
		{"besu-rpc", "rpc", engine_replicas(engine, false), engine_ready_replicas(engine, false)},
		{BRIDGE_PUBLISHER, BRIDGE_PUBLISHER, 1, stopped ? 0 : 1},
	};
	if (i >= ARRAY_LENGTH(sets))
		return false;
	*out = sets[i];
	return true;
}

static void put_set(const struct engine *engine, struct json_writer *w, const char *key, const struct set *set)
{
	json_begin_object(w, key);
	json_put_string(w, "kind", "StatefulSet");
	json_put_string(w, "apiVersion", "apps/v1");
	put_metadata(engine, w, set->name, set->component, engine->config.start_us - 30 * US_PER_DAY);
	json_put_i64(w, "generation", 1);
	json_end_object(w);
	json_begin_object(w, "spec");
	json_put_i64(w, "replicas", set->desired);
	json_begin_object(w, "selector");
	json_begin_object(w, "matchLabels");
	json_put_string(w, "component", set->component);
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
	json_begin_object(w, "status");
	json_put_i64(w, "observedGeneration", 1);
	json_put_i64(w, "replicas", set->desired);
	json_put_i64(w, "readyReplicas", set->ready);
	json_put_i64(w, "currentReplicas", set->desired);
	json_put_i64(w, "updatedReplicas", set->desired);
	json_put_string(w, "currentRevision", "1");
	json_put_string(w, "updateRevision", "1");
	json_end_object(w);
	json_end_object(w);
}

static void put_pods(const struct engine *engine, struct json_writer *w)
{
	struct pod pod;
	for (size_t i = 0; pod_at(engine, i, &pod); i++)
		put_pod(engine, w, NULL, &pod);
}

static void put_sets(const struct engine *engine, struct json_writer *w)
{
	struct set set;
	for (size_t i = 0; set_at(engine, i, &set); i++)
		put_set(engine, w, NULL, &set);
}

static void put_nothing(const struct engine *engine, struct json_writer *w)
{
	(void)engine;
	(void)w;
}

static const struct resource {
	const char *path, *kind, *version;
	void (*put)(const struct engine *engine, struct json_writer *w);
} resources[] = {
	{"/api/v1/namespaces/" NAMESPACE "/pods", "PodList", "v1", put_pods},
	{"/apis/apps/v1/namespaces/" NAMESPACE "/statefulsets", "StatefulSetList", "apps/v1", put_sets},
	{"/apis/apps/v1/namespaces/" NAMESPACE "/deployments", "DeploymentList", "apps/v1", put_nothing},
	{"/api/v1/namespaces/" NAMESPACE "/events", "EventList", "v1", put_nothing},
};

static void put_list(const struct engine *engine, const struct resource *resource, struct buf *out)
{
	struct json_writer w;
	json_writer_init(&w, out, false);
	json_begin_object(&w, NULL);
	json_put_string(&w, "kind", resource->kind);
	json_put_string(&w, "apiVersion", resource->version);
	json_begin_object(&w, "metadata");
	put_version(engine, &w);
	json_end_object(&w);
	json_begin_array(&w, "items");
	resource->put(engine, &w);
	json_end_array(&w);
	json_end_object(&w);
}

/* A watch that ends as soon as it has told what changed: clients begin another. */
static void put_events(const struct engine *engine, const struct resource *resource, const char *since, struct buf *out)
{
	char version[24];
	struct json_writer w;
	struct pod pod;
	struct set set;
	bool news = !since || strcmp(since, text_format(version, sizeof(version), "%" PRIu64, monitor_version(engine))) != 0;
	for (size_t i = 0; news && resource->put == put_pods && pod_at(engine, i, &pod); i++) {
		json_writer_init(&w, out, false);
		json_begin_object(&w, NULL);
		json_put_string(&w, "type", "MODIFIED");
		put_pod(engine, &w, "object", &pod);
		json_end_object(&w);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; news && resource->put == put_sets && set_at(engine, i, &set); i++) {
		json_writer_init(&w, out, false);
		json_begin_object(&w, NULL);
		json_put_string(&w, "type", "MODIFIED");
		put_set(engine, &w, "object", &set);
		json_end_object(&w);
		buf_putc(out, '\n');
	}
	json_writer_init(&w, out, false);
	json_begin_object(&w, NULL);
	json_put_string(&w, "type", "BOOKMARK");
	json_begin_object(&w, "object");
	json_put_string(&w, "kind", strcmp(resource->kind, "PodList") == 0 ? "Pod" : "StatefulSet");
	json_begin_object(&w, "metadata");
	put_version(engine, &w);
	json_end_object(&w);
	json_end_object(&w);
	json_end_object(&w);
	buf_putc(out, '\n');
}

/* --- alerts --------------------------------------------------------------------------------- */

struct alert {
	const char *name, *severity, *pod, *summary;
};

static void put_alert(const struct engine *engine, struct json_writer *w, const struct alert *alert)
{
	char fingerprint[17];
	json_begin_object(w, NULL);
	json_begin_object(w, "labels");
	json_put_string(w, "alertname", alert->name);
	json_put_string(w, "severity", alert->severity);
	json_put_string(w, "namespace", NAMESPACE);
	if (alert->pod)
		json_put_string(w, "pod", alert->pod);
	json_end_object(w);
	json_begin_object(w, "annotations");
	json_put_string(w, "summary", alert->summary);
	json_end_object(w);
	put_time(w, "startsAt", engine->now_us - 4 * US_PER_MINUTE);
	put_time(w, "endsAt", engine->now_us + 4 * US_PER_MINUTE);
	put_time(w, "updatedAt", engine->now_us);
	json_put_string(w, "fingerprint", text_format(fingerprint, sizeof(fingerprint), "%.16s", alert->name));
	json_begin_array(w, "receivers");
	json_begin_object(w, NULL);
	json_put_string(w, "name", "oncall");
	json_end_object(w);
	json_end_array(w);
	json_begin_object(w, "status");
	json_put_string(w, "state", "active");
	json_begin_array(w, "silencedBy");
	json_end_array(w);
	json_begin_array(w, "inhibitedBy");
	json_end_array(w);
	json_end_object(w);
	json_put_string(w, "generatorURL", "http://prometheus.invalid/graph");
	json_end_object(w);
}

static void put_alerts(const struct engine *engine, struct json_writer *w)
{
	struct pod pod;
	for (size_t i = 0; pod_at(engine, i, &pod); i++) {
		if (pod.waiting && strcmp(pod.waiting, "CrashLoopBackOff") == 0)
			put_alert(engine, w, &(struct alert){"KubePodCrashLooping", "critical", pod.name, "its container ends again and again"});
	}
	if (faults_of(engine) & BRIDGE_INTRUSION)
		put_alert(engine, w, &(struct alert){"UnauthorizedRpcCalls", "critical", NULL, "calls of admin methods are refused 40 times a minute"});
}

static void alerts_page(const struct engine *engine, const struct serve_request *request, struct json_writer *w)
{
	(void)request;
	json_begin_array(w, NULL);
	put_alerts(engine, w);
	json_end_array(w);
}

static void silences_page(const struct engine *engine, const struct serve_request *request, struct json_writer *w)
{
	(void)engine;
	(void)request;
	json_begin_array(w, NULL);
	json_end_array(w);
}

static void status_page(const struct engine *engine, const struct serve_request *request, struct json_writer *w)
{
	(void)request;
	json_begin_object(w, NULL);
	json_begin_object(w, "cluster");
	json_put_string(w, "status", "disabled");
	json_begin_array(w, "peers");
	json_end_array(w);
	json_end_object(w);
	json_begin_object(w, "versionInfo");
	json_put_string(w, "version", "0.25.0");
	json_end_object(w);
	put_time(w, "uptime", engine->config.start_us);
	json_end_object(w);
}

/* --- queries ------------------------------------------------------------------------------------ */

/* Loki and Prometheus answer in one envelope: {"status":"success","data":{…}}. */
static void begin_data(struct json_writer *w, const char *type)
{
	json_begin_object(w, NULL);
	json_put_string(w, "status", "success");
	json_begin_object(w, "data");
	json_put_string(w, "resultType", type);
	json_begin_array(w, "result");
}

static void end_data(struct json_writer *w)
{
	json_end_array(w);
	json_end_object(w);
	json_end_object(w);
}

/* How many refused calls a minute the logs show. */
static unsigned refused_calls(const struct engine *engine)
{
	return faults_of(engine) & BRIDGE_INTRUSION ? 40 : 0;
}

static void put_vector(const struct engine *engine, struct json_writer *w, unsigned number)
{
	char text[48];
	begin_data(w, "vector");
	json_begin_object(w, NULL);
	json_begin_object(w, "metric");
	json_end_object(w);
	json_put_raw(w, "value", text_format(text, sizeof(text), "[%" PRId64 ",\"%u\"]", engine->now_us / US_PER_S, number));
	json_end_object(w);
	end_data(w);
}

static void query_page(const struct engine *engine, const struct serve_request *request, struct json_writer *w)
{
	if (request->query && (strstr(request->query, "refused") || strstr(request->query, "Unauthorized")))
		put_vector(engine, w, refused_calls(engine));
	else if (request->query && strcmp(request->query, "up") == 0)
		put_vector(engine, w, 1);
	else
		put_vector(engine, w, 0);
}

/* Log lines, the newest first. */
static void range_page(const struct engine *engine, const struct serve_request *request, struct json_writer *w)
{
	char at[32];
	(void)request;
	begin_data(w, "streams");
	if (refused_calls(engine) > 0) {
		json_begin_object(w, NULL);
		json_begin_object(w, "stream");
		json_put_string(w, "pod", "besu-rpc-0");
		json_end_object(w);
		json_begin_array(w, "values");
		for (unsigned i = 0; i < 20; i++) {
			json_begin_array(w, NULL);
			json_put_string(w, NULL, text_format(at, sizeof(at), "%" PRId64 "000", engine->now_us - (int64_t)i * 1500000));
			json_put_string(w, NULL, "vertx-worker | WARN | JsonRpcHttp | Unauthorized: refused admin_addPeer from 203.0.113.77");
			json_end_array(w);
		}
		json_end_array(w);
		json_end_object(w);
	}
	end_data(w);
}

static void targets_page(const struct engine *engine, const struct serve_request *request, struct json_writer *w)
{
	(void)engine;
	(void)request;
	json_begin_object(w, NULL);
	json_put_string(w, "status", "success");
	json_begin_object(w, "data");
	json_begin_array(w, "activeTargets");
	json_end_array(w);
	json_end_object(w);
	json_end_object(w);
}

static void rules_page(const struct engine *engine, const struct serve_request *request, struct json_writer *w)
{
	(void)engine;
	(void)request;
	json_begin_object(w, NULL);
	json_put_string(w, "status", "success");
	json_begin_object(w, "data");
	json_begin_array(w, "groups");
	json_end_array(w);
	json_begin_array(w, "alerts");
	json_end_array(w);
	json_end_object(w);
	json_end_object(w);
}

static void build_page(const struct engine *engine, const struct serve_request *request, struct json_writer *w)
{
	(void)engine;
	(void)request;
	json_begin_object(w, NULL);
	json_put_string(w, "status", "success");
	json_begin_object(w, "data");
	json_put_string(w, "version", "2.42.0");
	json_end_object(w);
	json_end_object(w);
}

static void version_page(const struct engine *engine, const struct serve_request *request, struct json_writer *w)
{
	(void)engine;
	(void)request;
	json_begin_object(w, NULL);
	json_put_string(w, "gitVersion", "v1.30.0");
	json_end_object(w);
}

static const struct {
	const char *path;
	void (*put)(const struct engine *engine, const struct serve_request *request, struct json_writer *w);
} pages[] = {
	{"/api/v2/alerts", alerts_page},
	{"/api/v2/silences", silences_page},
	{"/api/v2/status", status_page},
	{"/api/v1/query", query_page},
	{"/api/v1/targets", targets_page},
	{"/api/v1/rules", rules_page},
	{"/api/v1/alerts", rules_page},
	{"/api/v1/status/buildinfo", build_page},
	{"/loki/api/v1/query", query_page},
	{"/loki/api/v1/query_range", range_page},
	{"/version", version_page},
};

static bool is_well(const char *path)
{
	static const char *const paths[] = {"/ready", "/-/healthy", "/-/ready", "/healthz", "/livez", "/readyz"};
	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
		if (strcmp(path, paths[i]) == 0)
			return true;
	return false;
}

bool monitor_answer(const struct engine *engine, const struct serve_request *request, struct serve_reply *reply)
{
	struct json_writer w;
	for (size_t i = 0; i < ARRAY_LENGTH(resources); i++) {
		if (strcmp(request->path, resources[i].path) != 0)
			continue;
		if (request->watch)
			put_events(engine, &resources[i], request->since, &reply->body);
		else
			put_list(engine, &resources[i], &reply->body);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(pages); i++) {
		if (strcmp(request->path, pages[i].path) != 0)
			continue;
		json_writer_init(&w, &reply->body, false);
		pages[i].put(engine, request, &w);
		return true;
	}
	if (!is_well(request->path))
		return false;
	reply->type = "text/plain";
	buf_puts(&reply->body, "ok");
	return true;
}

void monitor_config(const char *url, struct buf *out)
{
	buf_printf(out, "\n[kubernetes]\nnamespace = " NAMESPACE "\naccess = url\nurl = %s\ninterval = 5s\n", url);
	buf_printf(out, "\n[alertmanager main]\nurl = %s\ninterval = 3s\n", url);
	buf_printf(out, "\n[loki main]\nurl = %s\ninterval = 3s\n", url);
	buf_puts(out, "\n[probe refused calls]\nsource = loki main\nquery = sum(count_over_time({namespace=\"" NAMESPACE "\"} |= \"refused\" [1m]))\n"
		      "title = calls of admin methods that were refused, a minute\nwarn = > 5\ncrit = > 20\nkind = security\ninterval = 3s\n");
}
