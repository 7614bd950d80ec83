/* Objects of Kubernetes as they are read, and lists and watches of a server that misbehaves. */
#include "collect/kube.h"
#include "base/lines.h"
#include "collect/kube_read.h"
#include "collect/reflect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>

#include "source_fixture.h"

/* --- reading ------------------------------------------------------------------------------ */

static const struct json *item_at(const struct json *list, size_t at)
{
	const struct json *item = json_first(json_get(list, "items"));

	for (; item && at > 0; at--)
		item = json_next(item);
	return item;
}

static void pods_of_the_samples(void **state)
{
	struct json *list = fixture_json("collect/kubernetes/podlist_validators.json");
	struct kube_pod pod;

	(void)state;
	assert_true(kube_read_pod(item_at(list, 0), &pod));
	assert_string_equal(pod.name, "besu-validator-0");
	assert_string_equal(pod.namespace, "besu-network");
	assert_string_equal(pod.owner, "statefulset besu-validator");
	assert_string_equal(pod.host, "aks-1");
	assert_string_equal(pod.address, "10.1.0.4");
	assert_true(pod.validator && pod.facts.ready);
	assert_string_equal(pod.facts.reason, "Running");

	assert_true(kube_read_pod(item_at(list, 1), &pod));
	assert_string_equal(pod.facts.phase, "Running");
	assert_string_equal(pod.facts.reason, "CrashLoopBackOff");
	assert_true(pod.facts.crash_loop);
	assert_string_equal(pod.last_exit, "OOMKilled, exit 137");
	assert_int_equal(pod.facts.out_of_memory, 1);
	json_free(list);

	list = fixture_json("collect/kubernetes/podlist_terminating.json");
	assert_true(kube_read_pod(item_at(list, 0), &pod));
	assert_string_equal(pod.facts.reason, "Terminating");
	assert_int_not_equal(pod.facts.deleted_us, 0);
	json_free(list);
}

static void pods_of_a_cluster(void **state)
{
	struct json *list = fixture_json("collect/kubernetes/real_pods.json");
	size_t count = 0, routers = 0;

	(void)state;
	for (const struct json *item = json_first(json_get(list, "items")); item; item = json_next(item), count++) {
		struct kube_pod pod;
		assert_true(kube_read_pod(item, &pod));
		assert_true(pod.facts.containers > 0);
		routers += strcmp(pod.owner, "deployment ccip-router") == 0;
	}
	assert_int_equal(count, 12);
	assert_int_equal(routers, 2);
	json_free(list);
}

static bool read_text(const char *text, struct kube_pod *out)
{
	struct json *root = json_parse(text, strlen(text), 1 << 20, NULL);
	bool good = root && kube_read_pod(root, out);

	json_free(root);
	return good;
}

/* As kubectl says it, by the rules of the protocol reference. */
static void reasons(void **state)
{
	static const struct {
		const char *name, *status, *reason;
	} rows[] = {
		{"waits for its image", "{\"phase\":\"Pending\",\"containerStatuses\":[{\"name\":\"a\",\"state\":{\"waiting\":{\"reason\":\"ContainerCreating\"}}}]}", "ContainerCreating"},
		{"the worse of two waits", "{\"phase\":\"Pending\",\"containerStatuses\":[{\"state\":{\"waiting\":{\"reason\":\"ContainerCreating\"}}},{\"state\":{\"waiting\":{\"reason\":\"ErrImagePull\"}}}]}", "ErrImagePull"},
		{"before its time", "{\"phase\":\"Pending\",\"initContainerStatuses\":[{\"state\":{\"terminated\":{\"exitCode\":0}}},{\"state\":{\"running\":{}}}]}", "Init:1/2"},
		{"before its time, and failing", "{\"phase\":\"Pending\",\"initContainerStatuses\":[{\"state\":{\"waiting\":{\"reason\":\"CrashLoopBackOff\"}}}]}", "Init:CrashLoopBackOff"},
		{"beside the others", "{\"phase\":\"Running\",\"initContainerStatuses\":[{\"started\":true,\"ready\":true,\"state\":{\"running\":{}}}],\"containerStatuses\":[{\"ready\":true,\"state\":{\"running\":{}}}]}", "Running"},
		{"ended", "{\"phase\":\"Failed\",\"containerStatuses\":[{\"state\":{\"terminated\":{\"exitCode\":1,\"reason\":\"Error\"}}}]}", "Error"},
		{"thrown out", "{\"phase\":\"Failed\",\"reason\":\"Evicted\",\"message\":\"low on memory\"}", "Evicted"},
		{"nothing at all", "{}", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct kube_pod pod;
		char *text = xasprintf("{\"metadata\":{\"name\":\"x\"},\"status\":%s}", rows[i].status);
		assert_true(read_text(text, &pod));
		if (strcmp(pod.facts.reason, rows[i].reason) != 0)
			fail_msg("%s: \"%s\"", rows[i].name, pod.facts.reason);
		free(text);
	}
}

/* What anybody may name a pod: nothing of it reaches the screen, and all of it ends. */
static void hostile_objects(void **state)
{
	struct kube_pod pod;
	char *huge = xmalloc(100001);

	(void)state;
	memset(huge, 'a', 100000);
	huge[100000] = '\0';
	char *text = xasprintf("{\"metadata\":{\"name\":\"%s\"},\"status\":{\"phase\":\"%s\"}}", huge, huge);
	assert_true(read_text(text, &pod));
	assert_int_equal(strlen(pod.name), sizeof(pod.name) - 1);
	free(text);
	free(huge);
	assert_true(read_text("{\"metadata\":{\"name\":\"a\\u001b[31mb\"},\"status\":{\"phase\":7,\"containerStatuses\":{\"a\":[]}}}", &pod));
	assert_null(strchr(pod.name, '\033'));
	assert_string_equal(pod.facts.phase, "");
	assert_false(read_text("{\"metadata\":{\"name\":[]}}", &pod));
	assert_false(read_text("[]", &pod));
	assert_true(read_text("{\"metadata\":{\"name\":\"x\"},\"status\":{\"containerStatuses\":[{\"restartCount\":-5},{\"restartCount\":1e300},null]}}", &pod));
	assert_int_equal(pod.facts.restarts, 0);
}

static void workloads(void **state)
{
	struct json *root = fixture_json("collect/kubernetes/statefulset.json");
	struct kube_workload workload;

	(void)state;
	assert_true(kube_read_workload(root, &workload));
	assert_string_equal(workload.name, "besu-validator");
	assert_int_equal(workload.facts.desired, 4);
	assert_int_equal(workload.facts.ready, 2);
	assert_false(workload.facts.rolling);
	json_free(root);

	/* Zero values are left out. */
	root = fixture_json("collect/kubernetes/statefulset_zero_ready.json");
	assert_true(kube_read_workload(root, &workload));
	assert_int_equal(workload.facts.desired, 3);
	assert_int_equal(workload.facts.ready, 0);
	assert_false(workload.facts.rolling);
	json_free(root);

	root = fixture_json("collect/kubernetes/real_statefulsets.json");
	assert_true(kube_read_workload(item_at(root, 0), &workload));
	assert_int_equal(workload.facts.ready, 5);
	assert_false(workload.facts.rolling);
	json_free(root);
}

static void rollouts(void **state)
{
	static const struct {
		const char *name, *text;
		bool rolling, stuck;
	} rows[] = {
		{"done", "{\"metadata\":{\"name\":\"a\",\"generation\":2},\"spec\":{\"replicas\":2},\"status\":{\"observedGeneration\":2,\"updatedReplicas\":2,\"readyReplicas\":2}}", false, false},
		{"not seen by the controller", "{\"metadata\":{\"name\":\"a\",\"generation\":3},\"spec\":{\"replicas\":2},\"status\":{\"observedGeneration\":2,\"updatedReplicas\":2}}", true, false},
		{"half way", "{\"metadata\":{\"name\":\"a\",\"generation\":2},\"spec\":{\"replicas\":2},\"status\":{\"observedGeneration\":2,\"updatedReplicas\":1}}", true, false},
		{"two revisions", "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":2},\"status\":{\"updatedReplicas\":2,\"currentRevision\":\"x\",\"updateRevision\":\"y\"}}", true, false},
		{"given up", "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":2},\"status\":{\"updatedReplicas\":1,\"conditions\":[{\"type\":\"Progressing\",\"status\":\"False\",\"reason\":\"ProgressDeadlineExceeded\"}]}}", true, true},
		{"scaled to none", "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"replicas\":0},\"status\":{}}", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct json *root = json_parse(rows[i].text, strlen(rows[i].text), 1 << 20, NULL);
		struct kube_workload workload;
		assert_true(kube_read_workload(root, &workload));
		if (workload.facts.rolling != rows[i].rolling || workload.facts.stuck != rows[i].stuck)
			fail_msg("%s: rolling %d stuck %d", rows[i].name, workload.facts.rolling, workload.facts.stuck);
		json_free(root);
	}
}

static void events_and_usage(void **state)
{
	struct json *root = fixture_json("collect/kubernetes/events.json");
	struct kube_event event;
	struct kube_usage usage;

	(void)state;
	assert_true(kube_read_event(item_at(root, 0), &event));
	assert_string_equal(event.name, "besu-validator-1");
	assert_string_equal(event.text, "BackOff: Back-off restarting failed container besu (42 times)");
	json_free(root);
	root = fixture_json("collect/kubernetes/pod_metrics.json");
	assert_true(kube_read_usage(item_at(root, 0), &usage));
	assert_int_equal(usage.cpu_milli, 253);
	assert_int_equal(usage.memory_bytes, INT64_C(3145728) * 1024);
	json_free(root);
}

static void quantities(void **state)
{
	static const struct {
		const char *text;
		bool good;
		double number;
	} rows[] = {
		{"2", true, 2},
		{"250m", true, 0.25},
		{"500000000n", true, 0.5},
		{"1.5Gi", true, 1610612736},
		{"3Ki", true, 3072},
		{"2M", true, 2e6},
		{"1e3", true, 1000},
		{"1E", true, 1e18},
		{"", false, 0},
		{"Ki", false, 0},
		{"1Qi", false, 0},
		{"1 Gi", false, 0},
		{"NaN", false, 0},
		{"--1", false, 0},
		{"99999999999999999999999999999999999999999999999999999", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		double number = 0;
		if (kube_quantity(rows[i].text, &number) != rows[i].good || (rows[i].good && number != rows[i].number))
			fail_msg("\"%s\" is %g", rows[i].text, number);
	}
	assert_false(kube_quantity(NULL, &(double){0}));
}

/* --- streams ------------------------------------------------------------------------------- */

struct kept {
	char text[256];
	size_t lines;
};

static bool keep(void *arg, const char *text, size_t len)
{
	struct kept *kept = arg;

	snprintf(kept->text + strlen(kept->text), sizeof(kept->text) - strlen(kept->text), "[%.*s]", (int)len, text);
	return ++kept->lines < 5;
}

/* The same text in pieces of every size gives the same lines. */
static void lines_cut_anywhere(void **state)
{
	static const char text[] = "one\r\n\ntwo\nthree is longer\nunfinished";

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct lines lines;
		struct kept kept = {0};
		lines_init(&lines, 100);
		for (size_t at = 0; at < sizeof(text) - 1; at += piece)
			assert_true(lines_feed(&lines, text + at, at + piece < sizeof(text) - 1 ? piece : sizeof(text) - 1 - at, keep, &kept));
		assert_string_equal(kept.text, "[one][two][three is longer]");
		lines_free(&lines);
	}
}

static void lines_too_long(void **state)
{
	struct lines lines;
	struct kept kept = {0};

	(void)state;
	lines_init(&lines, 8);
	assert_true(lines_feed(&lines, "12345678", 8, keep, &kept));
	assert_false(lines_feed(&lines, "9\n", 2, keep, &kept));
	assert_int_equal(kept.lines, 0);
	assert_true(lines_feed(&lines, "ok\n", 3, keep, &kept));
	assert_string_equal(kept.text, "[ok]");
	lines_free(&lines);
}

static void lines_of_a_watch(void **state)
{
	static const struct {
		const char *name, *text;
		enum watch_line line;
	} rows[] = {
		{"added", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\"}}}", WATCH_CHANGED},
		{"deleted", "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\"}}}", WATCH_GONE},
		{"a mark", "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\"}}}", WATCH_MARK},
		{"too old", "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}", WATCH_EXPIRED},
		{"another error", "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":500}}", WATCH_BROKEN},
		{"a word of the future", "{\"type\":\"SHRUNK\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\"}}}", WATCH_BROKEN},
		{"no version", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{}}}", WATCH_BROKEN},
		{"no object", "{\"type\":\"ADDED\"}", WATCH_BROKEN},
		{"half a line", "{\"type\":\"ADDED\",\"obj", WATCH_BROKEN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct json *root;
		const struct json *object;
		char version[16];
		if (reflect_read_line(rows[i].text, strlen(rows[i].text), &root, &object, version, sizeof(version)) != rows[i].line)
			fail_msg("%s", rows[i].name);
		json_free(root);
	}
}

/* What a recorded watch tells, however it is cut. */
struct told {
	size_t changed, gone, marks, expired, broken;
	char name[KUBE_NAME]; /* of the pod that changed */
};

static bool tell(void *arg, const char *text, size_t len)
{
	struct told *told = arg;
	struct json *root;
	const struct json *object;
	struct kube_pod pod;
	char version[32];

	switch (reflect_read_line(text, len, &root, &object, version, sizeof(version))) {
	case WATCH_CHANGED:
		told->changed++;
		if (kube_read_pod(object, &pod))
			snprintf(told->name, sizeof(told->name), "%s", pod.name);
		break;
	case WATCH_GONE:
		told->gone++;
		break;
	case WATCH_MARK:
		told->marks++;
		assert_string_equal(version, "12746");
		break;
	case WATCH_EXPIRED:
		told->expired++;
		break;
	case WATCH_BROKEN:
		told->broken++;
		break;
	}
	json_free(root);
	return true;
}

static void a_recorded_watch_cut_anywhere(void **state)
{
	char *text = fixture_text("collect/kubernetes/watch_stream.jsonl");
	size_t len = strlen(text);

	(void)state;
	for (size_t piece = 1; piece <= len; piece += piece < 64 ? 1 : 61) {
		struct told told = {0};
		struct lines lines;
		lines_init(&lines, 1 << 20);
		for (size_t at = 0; at < len; at += piece)
			assert_true(lines_feed(&lines, text + at, at + piece < len ? piece : len - at, tell, &told));
		lines_free(&lines);
		assert_int_equal(told.changed, 1);
		assert_string_equal(told.name, "besu-validator-1");
		assert_int_equal(told.marks, 1);
		assert_int_equal(told.gone, 1);
		assert_int_equal(told.expired, 1);
		assert_int_equal(told.broken, 0);
	}
	free(text);
}

/* --- a server that lists and is watched ------------------------------------------------------- */

enum {
	MODE_WELL,
	MODE_FORBIDDEN, /* pods may not be listed */
	MODE_LOGGED_OUT,
};

static char *pod_text(const char *name, const char *address, bool ready, unsigned restarts, const char *version)
{
	return xasprintf("{\"metadata\":{\"name\":\"%s\",\"namespace\":\"besu-network\",\"resourceVersion\":\"%s\",\"creationTimestamp\":\"2025-01-01T00:00:00Z\",\"labels\":{\"component\":\"validator\"},"
			 "\"ownerReferences\":[{\"kind\":\"StatefulSet\",\"name\":\"besu-validator\"}]},\"spec\":{\"nodeName\":\"h\",\"containers\":[{}]},\"status\":{\"phase\":\"Running\",\"podIP\":\"%s\","
			 "\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\",\"lastTransitionTime\":\"2025-01-01T00:00:00Z\"}],\"containerStatuses\":[{\"ready\":%s,\"restartCount\":%u,\"state\":{\"running\":{}}}]}}",
			 name, version, address, ready ? "True" : "False", ready ? "true" : "false", restarts);
}

static char *page(const char *version, const char *next, const char *first, const char *second)
{
	char *a = pod_text(first, "10.0.0.1", true, 0, version), *b = second ? pod_text(second, "10.0.0.2", true, 0, version) : xstrdup("");
	char *text = xasprintf("{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"%s\",\"continue\":\"%s\"},\"items\":[%s%s%s]}", version, next, a, second ? "," : "", b);

	free(a);
	free(b);
	return text;
}

/* What the watch of pods tells: one restarts, one goes, and then the version is too old. */
static const char *watched(void)
{
	static char text[8192];

	if (!text[0]) {
		char *changed = pod_text("besu-validator-0", "10.0.0.1", true, 2, "11"), *gone = pod_text("besu-validator-1", "10.0.0.2", true, 0, "12");
		snprintf(text, sizeof(text), "{\"type\":\"MODIFIED\",\"object\":%s}\n{\"type\":\"DELETED\",\"object\":%s}\n{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"15\"}}}\n", changed, gone);
		free(changed);
		free(gone);
	}
	return text;
}

static void answer_pods(struct server *server, const char *url, struct served *out)
{
	if (server->mode == MODE_FORBIDDEN) {
		out->status = 403;
		out->body = fixture_text("collect/kubernetes/status_403.json");
	} else if (strstr(url, "watch=1") && strstr(url, "resourceVersion=10")) {
		out->stream = watched();
		out->piece = 37;
	} else if (strstr(url, "watch=1") && strstr(url, "resourceVersion=15")) {
		/* It went on from the bookmark: what it has is too old now. */
		out->stream = "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}\n";
		out->piece = 100;
		out->hold = true;
	} else if (strstr(url, "watch=1")) {
		out->stream = "";
		out->hold = true;
	} else if (strstr(url, "continue=more")) {
		out->body = page("10", "", "besu-validator-2", NULL);
	} else if (server->count > 0 && strstr(url, "limit=")) {
		size_t lists = 0;
		for (size_t i = 0; i < server->count; i++)
			lists += strstr(server->asked[i], "/pods?limit=") && !strstr(server->asked[i], "continue=");
		/* The second list is another world. */
		out->body = lists <= 1 ? page("10", "more", "besu-validator-0", "besu-validator-1") : page("20", "", "besu-validator-0", "besu-validator-9");
	}
}

static void answer(struct server *server, const char *method, const char *url, struct served *out)
{
	(void)method;
	out->status = 200;
	if (server->mode == MODE_LOGGED_OUT) {
		out->status = 401;
		out->body = fixture_text("collect/kubernetes/status_401.json");
	} else if (strncmp(url, "/version", 8) == 0) {
		out->body = xstrdup("{\"gitVersion\":\"v1.30.1\"}");
	} else if (strstr(url, "metrics.k8s.io")) {
		out->body = fixture_text("collect/kubernetes/pod_metrics.json");
	} else if (strstr(url, "/pods")) {
		answer_pods(server, url, out);
	} else if (strstr(url, "watch=1")) {
		out->stream = "";
		out->hold = true;
	} else if (strstr(url, "/statefulsets")) {
		char *item = fixture_text("collect/kubernetes/statefulset.json");
		out->body = xasprintf("{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[%s]}", item);
		free(item);
	} else {
		out->body = xstrdup("{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":null}");
	}
}

static const struct component *find(struct host *host, const char *id)
{
	return world_find(host->world, id);
}

static bool is_listed_again(void *arg)
{
	return find(arg, "pod/besu-validator-9") != NULL && find(arg, "pod/besu-validator-2") == NULL;
}

static void open_cluster(struct host *host, struct server *server, int mode)
{
	char url[64];

	host_init(host);
	server_open(server, answer, url, sizeof(url));
	server->mode = mode;
	const char *const pairs[] = {"url", url, "selector", "component in (validator)", "interval", "1s", NULL};
	host_section(host, &kube_section, "", pairs);
	world_add_node(host->world, "val-zero", "http://10.0.0.1:8545");
	world_tell_place(host->world, "val-zero", NULL, "10.0.0.1");
	host_start(host);
}

/* Two pages, a watch in pieces of 37 bytes, a bookmark, 410, and a new list: what it does not
 * name any more is gone. */
static void list_watch_and_again(void **state)
{
	struct host host;
	struct server server;
	int64_t restarts;

	(void)state;
	open_cluster(&host, &server, MODE_WELL);
	assert_true(host_wait(&host, is_listed_again, &host));
	assert_true(server_asked(&server, "GET /api/v1/namespaces/besu-network/pods?limit=250&continue=more&labelSelector=component in (validator)") >= 1);
	assert_true(server_asked(&server, "GET /api/v1/namespaces/besu-network/pods?watch=1&resourceVersion=10") == 1);
	assert_true(server_asked(&server, "GET /api/v1/namespaces/besu-network/pods?watch=1&resourceVersion=15") == 1);
	assert_true(server_asked(&server, "GET /api/v1/namespaces/besu-network/events?limit=250&fieldSelector=type=Warning") == 1);
	assert_null(find(&host, "pod/besu-validator-1"));

	const struct component *pod = find(&host, "pod/besu-validator-0");
	assert_non_null(pod);
	assert_true(component_number(pod, POD_RESTARTS, &restarts));
	assert_int_equal(restarts, 0); /* as the new list says */
	assert_string_equal(component_related(pod, 0), "node/val-zero");
	assert_string_equal(component_related(pod, 2), "workload/besu-validator");
	assert_string_equal(component_related(pod, RELATED_SOURCE), "probe/kubernetes");
	assert_int_equal(pod->health, HEALTH_WARNING); /* it restarted while it was watched */
	assert_int_equal(find(&host, "workload/besu-validator")->health, HEALTH_OK);
	assert_int_equal(find(&host, "probe/kubernetes")->health, HEALTH_OK);
	assert_string_equal(component_text(find(&host, "probe/kubernetes"), PROBE_VERSION), "v1.30.1");
	host_free(&host);
	server_close(&server);
}

static bool is_warned(void *arg)
{
	const struct component *c = find(arg, "probe/kubernetes");

	return c->health == HEALTH_WARNING && sources_all_tried(((struct host *)arg)->sources);
}

static void forbidden(void **state)
{
	struct host host;
	struct server server;

	(void)state;
	open_cluster(&host, &server, MODE_FORBIDDEN);
	assert_true(host_wait(&host, is_warned, &host));
	assert_string_equal(find(&host, "probe/kubernetes")->reason, "HTTP 403: may not see pods in besu-network (allow get, list and watch)");
	assert_non_null(find(&host, "workload/besu-validator")); /* the rest is seen all the same */
	host_free(&host);
	server_close(&server);
}

static bool is_lost(void *arg)
{
	return find(arg, "probe/kubernetes")->symptom == SYMPTOM_REFUSING;
}

static void logged_out(void **state)
{
	struct host host;
	struct server server;

	(void)state;
	open_cluster(&host, &server, MODE_LOGGED_OUT);
	assert_true(host_wait(&host, is_lost, &host));
	assert_string_equal(find(&host, "probe/kubernetes")->reason, "cannot be seen: HTTP 401: not logged in to the cluster (renew the credentials)");
	host_free(&host);
	server_close(&server);
}

static bool is_unreachable(void *arg)
{
	return find(arg, "probe/kubernetes")->symptom == SYMPTOM_UNREACHABLE;
}

/* Without kubectl there is nothing to see, and it is said why. */
static void no_kubectl(void **state)
{
	static const char *const pairs[] = {"access", "kubectl", NULL};
	struct host host;

	(void)state;
	host_init(&host);
	host_section(&host, &kube_section, "", pairs);
	host_start(&host);
	assert_true(host_wait(&host, is_unreachable, &host));
	assert_non_null(strstr(find(&host, "probe/kubernetes")->reason, "kubectl"));
	host_free(&host);
}

static void nobody_asks(void **state)
{
	static const char *const pairs[] = {"access", "none", NULL};
	struct host host;

	(void)state;
	host_init(&host);
	host_section(&host, &kube_section, "", pairs);
	host_start(&host);
	assert_true(sources_all_tried(host.sources));
	assert_int_equal(world_count(host.world, KIND_PROBE), 0);
	sources_refresh(host.sources);
	host_free(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pods_of_the_samples),
		cmocka_unit_test(pods_of_a_cluster),
		cmocka_unit_test(reasons),
		cmocka_unit_test(hostile_objects),
		cmocka_unit_test(workloads),
		cmocka_unit_test(rollouts),
		cmocka_unit_test(events_and_usage),
		cmocka_unit_test(quantities),
		cmocka_unit_test(lines_cut_anywhere),
		cmocka_unit_test(lines_too_long),
		cmocka_unit_test(lines_of_a_watch),
		cmocka_unit_test(a_recorded_watch_cut_anywhere),
		cmocka_unit_test(list_watch_and_again),
		cmocka_unit_test(forbidden),
		cmocka_unit_test(logged_out),
		cmocka_unit_test(no_kubectl),
		cmocka_unit_test(nobody_asks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
