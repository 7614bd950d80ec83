/* What runs beside the chain: 2,000 pods listed and watched from a server on loopback, and 5,000
 * alerts taken in, each time anew. */
#include "bench.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "collect/alertmanager.h"
#include "collect/kube.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	PODS = 2000,
	ALERTS = 5000,
	PAGE = 250,
	TEXT_BYTES = 64 * 1024 * 1024,
	PATIENCE_S = 60,
};

/* --- a cluster ---------------------------------------------------------------------------- */

/* As a cluster tells a pod, with all that nobody asks for. */
static const char pod_text[] =
	"{\"metadata\":{\"name\":\"besu-node-%d\",\"namespace\":\"besu-network\",\"uid\":\"0a1b2c3d-0000-4000-8000-%012d\",\"resourceVersion\":\"%d\",\"creationTimestamp\":\"2025-01-01T00:00:00Z\","
	"\"labels\":{\"app.kubernetes.io/name\":\"besu\",\"component\":\"rpc\",\"controller-revision-hash\":\"besu-rpc-7c9f\"},\"annotations\":{\"kubectl.kubernetes.io/restartedAt\":\"2025-01-01T00:00:00Z\"},"
	"\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"name\":\"besu-rpc\",\"uid\":\"x\",\"controller\":true}],"
	"\"managedFields\":[{\"manager\":\"kube-controller-manager\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:metadata\":{\"f:labels\":{\".\":{},\"f:component\":{}}},"
	"\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"besu\\\"}\":{\".\":{},\"f:image\":{},\"f:resources\":{}}}}}}]},"
	"\"spec\":{\"nodeName\":\"aks-%d\",\"containers\":[{\"name\":\"besu\",\"image\":\"hyperledger/besu:25.9.0\",\"args\":[\"--config-file=/config/besu.toml\"],\"resources\":{\"limits\":{\"cpu\":\"4\",\"memory\":\"16Gi\"}},"
	"\"volumeMounts\":[{\"name\":\"data\",\"mountPath\":\"/data\"},{\"name\":\"config\",\"mountPath\":\"/config\"}]}],\"volumes\":[{\"name\":\"data\",\"persistentVolumeClaim\":{\"claimName\":\"data-%d\"}}],"
	"\"tolerations\":[{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":300}]},"
	"\"status\":{\"phase\":\"Running\",\"podIP\":\"10.%d.%d.%d\",\"startTime\":\"2025-01-01T00:00:00Z\",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"True\",\"lastTransitionTime\":\"2025-01-01T00:00:00Z\"},"
	"{\"type\":\"Initialized\",\"status\":\"True\",\"lastTransitionTime\":\"2025-01-01T00:00:00Z\"},{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":\"2025-01-01T00:00:00Z\"}],"
	"\"containerStatuses\":[{\"name\":\"besu\",\"ready\":true,\"restartCount\":%d,\"started\":true,\"image\":\"hyperledger/besu:25.9.0\",\"imageID\":\"sha256:0123\",\"containerID\":\"containerd://x\",\"state\":{\"running\":{\"startedAt\":\"2025-01-01T00:00:00Z\"}},\"lastState\":{}}]}}";

struct cluster {
	struct MHD_Daemon *daemon;
	struct buf pages[PODS / PAGE];
	struct buf changes; /* of all pods, as a watch tells them */
	atomic_bool told;   /* the changes may go out */
	atomic_bool closing;
	char url[64];
};

static void put_pod(struct buf *out, int i, int restarts)
{
	buf_printf(out, pod_text, i, i, 100 + i, i % 100, i, i >> 16 & 255, i >> 8 & 255, i & 255, restarts);
}

static ssize_t stream(void *arg, uint64_t at, char *dst, size_t room)
{
	struct cluster *c = arg;
	size_t left = at < c->changes.len ? c->changes.len - (size_t)at : 0;

	if (atomic_load(&c->closing))
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (left == 0 || !atomic_load(&c->told)) {
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
		return 0;
	}
	left = left < room ? left : room;
	memcpy(dst, c->changes.data + at, left);
	return (ssize_t)left;
}

static ssize_t silence(void *arg, uint64_t at, char *dst, size_t room)
{
	struct cluster *c = arg;

	(void)at;
	(void)dst;
	(void)room;
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	return atomic_load(&c->closing) ? MHD_CONTENT_READER_END_OF_STREAM : 0;
}

static enum MHD_Result serve(void *arg, struct MHD_Connection *connection, const char *url, const char *method, const char *version, const char *data, size_t *size, void **state)
{
	static char empty[] = "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}";
	struct cluster *c = arg;
	const char *next = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "continue");
	bool pods = strstr(url, "/namespaces/besu-network/pods") && !strstr(url, "metrics"), watch = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "watch");
	size_t page = next ? strtoul(next, NULL, 10) : 0;
	struct MHD_Response *response;

	(void)method;
	(void)version;
	(void)data;
	(void)size;
	(void)state;
	if (watch)
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 65536, pods ? stream : silence, c, NULL);
	else if (pods)
		response = MHD_create_response_from_buffer(c->pages[page].len, c->pages[page].data, MHD_RESPMEM_PERSISTENT);
	else
		response = MHD_create_response_from_buffer(sizeof(empty) - 1, empty, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result queued = MHD_queue_response(connection, 200, response);
	MHD_destroy_response(response);
	return queued;
}

static void open_cluster(struct cluster *c)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	for (int page = 0; page < PODS / PAGE; page++) {
		struct buf *out = &c->pages[page];
		buf_init(out, TEXT_BYTES);
		buf_puts(out, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"5000\"");
		if (page + 1 < PODS / PAGE)
			buf_printf(out, ",\"continue\":\"%d\"", page + 1);
		buf_puts(out, "},\"items\":[");
		for (int i = 0; i < PAGE; i++) {
			buf_puts(out, i ? "," : "");
			put_pod(out, page * PAGE + i, 0);
		}
		buf_puts(out, "]}");
	}
	buf_init(&c->changes, TEXT_BYTES);
	for (int i = 0; i < PODS; i++) {
		buf_puts(&c->changes, "{\"type\":\"MODIFIED\",\"object\":");
		put_pod(&c->changes, i, 1);
		buf_puts(&c->changes, "}\n");
	}
	c->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, NULL, NULL, serve, c, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
	bench_need(c->daemon != NULL, "starting a server");
	text_format(c->url, sizeof(c->url), "http://127.0.0.1:%u", (unsigned)MHD_get_daemon_info(c->daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
}

static void close_cluster(struct cluster *c)
{
	atomic_store(&c->closing, true);
	MHD_stop_daemon(c->daemon);
	for (int page = 0; page < PODS / PAGE; page++)
		buf_free(&c->pages[page]);
	buf_free(&c->changes);
}

/* --- the source ------------------------------------------------------------------------------ */

static void ignore(void *arg)
{
	(void)arg;
}

static void tell(void *arg, int severity, const char *text)
{
	(void)arg;
	(void)severity;
	fprintf(stderr, "bench: %s\n", text);
}

static size_t restarted(const struct world *world)
{
	size_t count = 0;
	int64_t restarts;

	for (size_t i = 0; i < world_count(world, KIND_POD); i++)
		count += component_number(world_at(world, KIND_POD, i), POD_RESTARTS, &restarts) && restarts > 0;
	return count;
}

/* Runs the loop until so many pods are there, or were seen to restart. Returns the seconds. */
static double await(struct loop *loop, const struct world *world, bool changes)
{
	double begun = bench_now();

	while ((changes ? restarted(world) : world_count(world, KIND_POD)) < PODS) {
		bench_need(bench_now() - begun < PATIENCE_S, "watching pods");
		for (int i = 0; i < 100; i++)
			loop_poll(loop);
		nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
	}
	return bench_now() - begun;
}

/* What the library needs for the same texts, by itself: in a process where our limits are not
 * put into it. */
struct alone {
	const struct buf *texts;
	size_t count;
	double *seconds; /* shared */
};

static void parse_texts(void *arg)
{
	const struct alone *alone = arg;

	for (size_t i = 0; i < alone->count; i++)
		cJSON_Delete(cJSON_ParseWithLength(alone->texts[i].data, alone->texts[i].len));
}

static void time_alone(void *arg)
{
	struct alone *alone = arg;

	cJSON_InitHooks(NULL);
	*alone->seconds = bench_time(parse_texts, alone);
}

static double library_seconds(const struct buf *texts, size_t count)
{
	struct alone alone = {texts, count, bench_shared(sizeof(double))};

	bench_apart(time_alone, &alone);
	return *alone.seconds;
}

static void watch_pods(void)
{
	static struct cluster cluster;
	struct thresholds thresholds = thresholds_default();
	struct loop *loop = loop_new();
	struct world *world = world_new("bench", 138, &thresholds);
	struct settings settings;

	open_cluster(&cluster);
	settings_init(&settings, &kube_section, "", 0);
	bench_need(settings_set(&settings, "url", cluster.url, 0, NULL) == STATUS_OK, "the settings");
	struct source_host host = {.loop = loop, .clock = clock_system(), .world = world, .sections = &settings, .section_count = 1, .changed = ignore, .message = tell};
	double alone = library_seconds(cluster.pages, PODS / PAGE);
	struct sources *sources = sources_new(&host);
	double listed = await(loop, world, false);
	bench_show(&(struct figure){"2,000 pods listed", IN_SECONDS, listed, "the JSON library alone", alone, 6, false});
	atomic_store(&cluster.told, true);
	double watched = await(loop, world, true);
	bench_show(&(struct figure){"2,000 changes of pods watched", IN_SECONDS, watched, "the JSON library alone", alone, 6, false});

	double begun = bench_now(), cpu = bench_cpu(), seconds = bench_quick() ? 6 : 11;
	while (bench_now() - begun < seconds) {
		loop_poll(loop);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	bench_show(&(struct figure){"2,000 pods watched, nothing changes", IN_PERCENT, (bench_cpu() - cpu) / (bench_now() - begun), NULL, 0, 0.05, true});
	sources_free(sources);
	close_cluster(&cluster);
	settings_free(&settings);
	world_free(world);
	loop_free(loop);
}

/* --- alerts ------------------------------------------------------------------------------------- */

struct ringing {
	struct buf text;
	struct world *world;
	struct alerts *board;
	int64_t now_us;
};

static void take_alerts(void *arg)
{
	struct ringing *r = arg;
	struct alert_list list = {0};

	bench_need(alertmanager_read_alerts(buf_text(&r->text), r->text.len, NULL, &list, NULL) == STATUS_OK, "reading alerts");
	r->now_us += 15 * US_PER_S;
	alerts_put(r->board, r->world, "alertmanager main", true, &list, US_PER_HOUR, r->now_us);
}

static void ring(void)
{
	struct thresholds thresholds = thresholds_default();
	struct ringing r = {.world = world_new("bench", 138, &thresholds), .board = alerts_new(), .now_us = clock_wall_us(clock_system())};

	buf_init(&r.text, TEXT_BYTES);
	buf_putc(&r.text, '[');
	for (int i = 0; i < ALERTS; i++)
		buf_printf(&r.text, "%s{\"labels\":{\"alertname\":\"BesuPeersLow\",\"cluster\":\"prod\",\"instance\":\"besu-node-%d:9545\",\"job\":\"besu\",\"namespace\":\"besu-network\",\"pod\":\"besu-node-%d\",\"severity\":\"warning\"},"
				    "\"annotations\":{\"summary\":\"besu-node-%d has fewer than 2 peers\",\"runbook_url\":\"https://example.org/runbooks/peers\"},\"startsAt\":\"2025-01-01T00:00:30.000Z\",\"endsAt\":\"2035-01-01T00:06:30.000Z\","
				    "\"updatedAt\":\"2025-01-01T00:02:30.000Z\",\"fingerprint\":\"%016d\",\"receivers\":[{\"name\":\"pagerduty\"},{\"name\":\"slack\"}],\"status\":{\"state\":\"active\",\"silencedBy\":[],\"inhibitedBy\":[],\"mutedBy\":[]},"
				    "\"generatorURL\":\"http://prometheus:9090/graph?g0.expr=ethereum_peer_count+%%3C+2&g0.tab=1\"}",
			   i ? "," : "", i, i, i, i);
	buf_putc(&r.text, ']');
	bench_show(&(struct figure){"5,000 alerts taken in", IN_SECONDS, bench_time(take_alerts, &r), "the JSON library alone", library_seconds(&r.text, 1), 6, false});
	bench_need(world_count(r.world, KIND_ALERT) == ALERTS, "taking alerts in");
	alerts_free(r.board);
	world_free(r.world);
	buf_free(&r.text);
}

void bench_ops(void)
{
	bench_part("beside the chain");
	watch_pods();
	ring();
}
