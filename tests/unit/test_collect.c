/* The collector against a real server on loopback: who is asked how often, and that one
 * peer's trouble stays its own. Times here are short; conditions end each wait. */
#include "collect_fixture.h"

#include "base/hash.h"
#include "base/mem.h"
#include "collect/collect.h"
#include "collect/hint.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- a server with a few manners ------------------------------------------------------------ */

enum path {
	PATH_A,
	PATH_B,
	PATH_SLOW,
	PATH_AUTH,
	PATH_BUSY,
	PATH_BESU,
	PATH_LIVENESS,
	PATH_READINESS,
	PATH_COUNT,
};
static const char *const path_names[PATH_COUNT] = {"/a", "/b", "/slow", "/auth", "/busy", "/besu", "/besu/liveness", "/besu/readiness"};

enum { SERVER_HEAD = 130 };

struct server {
	struct MHD_Daemon *daemon;
	unsigned port;
	atomic_uint asked[PATH_COUNT];
	atomic_uint now[PATH_COUNT];     /* being answered */
	atomic_uint at_once[PATH_COUNT]; /* the most of these */
	atomic_uint authorized;
	pthread_mutex_t lock;
	pthread_cond_t released;
	bool open; /* /slow may answer */
};

struct upload {
	struct buf body;
	enum path path;
};

static void put_block(struct json_writer *w, uint64_t height)
{
	char text[HASH_TEXT + 8];

	json_begin_object(w, "result");
	snprintf(text, sizeof(text), "0x%" PRIx64, height);
	json_put_string(w, "number", text);
	snprintf(text, sizeof(text), "0x%" PRIx64, height * 2);
	json_put_string(w, "timestamp", text);
	snprintf(text, sizeof(text), "0x%064" PRIx64, height);
	json_put_string(w, "hash", text);
	snprintf(text, sizeof(text), "0x%064" PRIx64, height - 1);
	json_put_string(w, "parentHash", text);
	json_end_object(w);
}

static void answer_one(const struct json *request, enum path path, struct json_writer *w)
{
	const char *method = json_string(json_get(request, "method"));
	const struct json *tag = json_first(json_get(request, "params"));
	uint64_t height = SERVER_HEAD;
	int64_t id = 0;

	if (!json_i64(json_get(request, "id"), &id))
		return;
	json_begin_object(w, NULL);
	json_put_i64(w, "id", id);
	if (method && strcmp(method, "eth_getBlockByNumber") == 0) {
		if (!json_quantity(tag, &height))
			height = SERVER_HEAD;
		put_block(w, height);
	} else if (method && path == PATH_BESU && strcmp(method, "web3_clientVersion") == 0) {
		json_put_string(w, "result", "besu/v25.9.0/linux-x86_64/openjdk-java-21");
	} else {
		put_no_method(w);
	}
	json_end_object(w);
}

static void answer_batch(const struct buf *body, enum path path, struct buf *out)
{
	struct json *root = json_parse(buf_text(body), body->len, 4 * (size_t)FIXTURE_LIMIT, NULL);
	struct json_writer w;

	json_writer_init(&w, out, false);
	json_begin_array(&w, NULL);
	for (const struct json *request = json_first(root); request; request = json_next(request))
		answer_one(request, path, &w);
	json_end_array(&w);
	json_free(root);
}

static void wait_until_released(struct server *server)
{
	pthread_mutex_lock(&server->lock);
	while (!server->open)
		pthread_cond_wait(&server->released, &server->lock);
	pthread_mutex_unlock(&server->lock);
}

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status, const char *text, size_t len)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (status == 429)
		MHD_add_response_header(response, "Retry-After", "30");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result send_fixture(struct MHD_Connection *connection, unsigned status, const char *name)
{
	char *text = fixture_text(name);
	enum MHD_Result result = send_text(connection, status, text, strlen(text));

	free(text);
	return result;
}

static enum MHD_Result answer(struct server *server, struct MHD_Connection *connection, const struct upload *upload)
{
	const char *token = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
	struct buf out;
	enum MHD_Result result;

	if (upload->path == PATH_SLOW)
		wait_until_released(server);
	if (upload->path == PATH_BUSY)
		return send_text(connection, 429, "busy", 4);
	if (upload->path == PATH_LIVENESS)
		return send_fixture(connection, 200, "besu/liveness_up.json");
	if (upload->path == PATH_READINESS)
		return send_fixture(connection, 503, "besu/readiness_down.json");
	if (upload->path == PATH_AUTH && token && strcmp(token, "Bearer sesame") == 0)
		atomic_fetch_add(&server->authorized, 1);
	buf_init(&out, FIXTURE_LIMIT);
	answer_batch(&upload->body, upload->path, &out);
	result = send_text(connection, 200, buf_text(&out), out.len);
	buf_free(&out);
	return result;
}

static struct upload *upload_new(struct server *server, const char *url)
{
	struct upload *upload = xcalloc(1, sizeof(*upload));
	unsigned now;

	while (upload->path < PATH_COUNT - 1 && strcmp(path_names[upload->path], url) != 0)
		upload->path++;
	buf_init(&upload->body, FIXTURE_LIMIT);
	atomic_fetch_add(&server->asked[upload->path], 1);
	now = atomic_fetch_add(&server->now[upload->path], 1) + 1;
	if (now > atomic_load(&server->at_once[upload->path]))
		atomic_store(&server->at_once[upload->path], now);
	return upload;
}

static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url, const char *method TOCSIN_UNUSED, const char *version TOCSIN_UNUSED, const char *data, size_t *size, void **state)
{
	struct server *server = arg;
	struct upload *upload = *state;

	if (!upload) {
		*state = upload_new(server, url);
		return MHD_YES;
	}
	if (*size > 0) {
		buf_add(&upload->body, data, *size);
		*size = 0;
		return MHD_YES;
	}
	return answer(server, connection, upload);
}

static void completed(void *arg, struct MHD_Connection *connection TOCSIN_UNUSED, void **state, enum MHD_RequestTerminationCode code TOCSIN_UNUSED)
{
	struct server *server = arg;
	struct upload *upload = *state;

	if (!upload)
		return;
	atomic_fetch_sub(&server->now[upload->path], 1);
	buf_free(&upload->body);
	free(upload);
	*state = NULL;
}

/* Listens on `port`, or on a free one when it is 0. */
static void server_start(struct server *server, unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	memset(server, 0, sizeof(*server));
	pthread_mutex_init(&server->lock, NULL);
	pthread_cond_init(&server->released, NULL);
	server->daemon = MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD, (uint16_t)port, NULL, NULL, handle, server,
					  MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, completed, server,
					  MHD_OPTION_LISTENING_ADDRESS_REUSE, 1U, MHD_OPTION_END);
	assert_non_null(server->daemon);
	server->port = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static void server_release(struct server *server)
{
	pthread_mutex_lock(&server->lock);
	server->open = true;
	pthread_cond_broadcast(&server->released);
	pthread_mutex_unlock(&server->lock);
}

static void server_stop(struct server *server)
{
	server_release(server);
	MHD_stop_daemon(server->daemon);
	pthread_cond_destroy(&server->released);
	pthread_mutex_destroy(&server->lock);
}

/* A port where nobody listens. */
static unsigned free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

/* Longer than a machine under load needs for anything here. */
enum { PATIENT_MS = 60000 };

/* --- a room with a collector -------------------------------------------------------------------- */

struct room {
	struct loop *loop;
	struct world *world;
	struct collector *collector;
	struct loop_timer *limit;
	unsigned samples;
	unsigned early; /* samples that came while others were on their way */
	bool (*enough)(struct room *room);
	bool timed_out;
	struct server *server;
};

static void room_init(struct room *room, struct server *server)
{
	struct thresholds thresholds = thresholds_default();

	memset(room, 0, sizeof(*room));
	room->server = server;
	room->loop = loop_new();
	room->world = world_new("test", 0, &thresholds);
	room->collector = collector_new(room->loop, clock_system(), room->world, 7);
}

static void room_free(struct room *room)
{
	collector_free(room->collector);
	world_free(room->world);
	loop_free(room->loop);
}

static void room_add(struct room *room, const char *name, unsigned port, const char *path, int64_t interval_ms, int64_t timeout_ms)
{
	char url[100];
	struct endpoint_spec spec = {.name = name, .url = url, .interval_ms = interval_ms, .timeout_ms = timeout_ms};
	struct error err = {0};

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	if (collector_add(room->collector, &spec, &err) != STATUS_OK)
		fail_msg("%s", err.text);
}

static const struct component *room_node(const struct room *room, const char *name)
{
	char id[100];
	const struct component *node;

	snprintf(id, sizeof(id), "node/%s", name);
	node = world_find(room->world, id);
	assert_non_null(node);
	return node;
}

static void room_changed(void *arg)
{
	struct room *room = arg;

	room->samples++;
	room->early += collector_waits(room->collector);
	if (room->enough && room->enough(room))
		loop_stop(room->loop);
}

static void room_limit(void *arg)
{
	struct room *room = arg;

	room->timed_out = true;
	loop_stop(room->loop);
}

/* Runs until there is enough, or for limit_ms; true when there was enough. */
static bool room_run(struct room *room, bool (*enough)(struct room *room), int64_t limit_ms)
{
	room->enough = enough;
	room->timed_out = false;
	room->limit = loop_timer(room->loop, limit_ms, 0, room_limit, room);
	loop_run(room->loop);
	loop_timer_stop(room->limit);
	return !room->timed_out;
}

static bool all_tried(struct room *room)
{
	return collector_all_tried(room->collector);
}

static bool never(struct room *room TOCSIN_UNUSED)
{
	return false;
}

/* --- the tests ------------------------------------------------------------------------------------ */

static void the_first_poll_brings_head_and_history(void **state TOCSIN_UNUSED)
{
	struct server server;
	struct room room;
	int64_t head;

	server_start(&server, 0);
	room_init(&room, &server);
	room_add(&room, "a", server.port, "/a", 1000, 2000);
	assert_false(collector_all_tried(room.collector));
	collector_start(room.collector, room_changed, &room);
	assert_true(room_run(&room, all_tried, PATIENT_MS));
	assert_true(component_number(room_node(&room, "a"), NODE_HEAD, &head));
	assert_int_equal(head, SERVER_HEAD);
	assert_int_equal(room_node(&room, "a")->reach, REACH_OK);
	/* The history came at once, not one interval later. */
	assert_true(atomic_load(&server.asked[PATH_A]) > 1);
	assert_int_equal(atomic_load(&server.asked[PATH_A]), room.samples);
	room_free(&room);
	server_stop(&server);
}

static bool ten_samples(struct room *room)
{
	return room->samples >= 10;
}

static void each_is_polled_once_per_interval(void **state TOCSIN_UNUSED)
{
	struct server server;
	struct room room;
	unsigned before, polls;
	int64_t began_us, most;

	server_start(&server, 0);
	room_init(&room, &server);
	room_add(&room, "a", server.port, "/a", 100, PATIENT_MS);
	collector_start(room.collector, room_changed, &room);
	assert_true(room_run(&room, all_tried, PATIENT_MS));
	before = atomic_load(&server.asked[PATH_A]);
	began_us = clock_mono_us(clock_system());
	room.samples = 0;
	assert_true(room_run(&room, ten_samples, PATIENT_MS));
	polls = atomic_load(&server.asked[PATH_A]) - before;
	most = (clock_mono_us(clock_system()) - began_us) / (100 * US_PER_MS) + 1;
	/* A busy machine may miss some; none may be added. */
	if (polls < 10 || polls > most)
		fail_msg("%u polls in %d intervals", polls, (int)most);
	room_free(&room);
	server_stop(&server);
}

static bool slow_one_failed(struct room *room)
{
	return room_node(room, "slow")->tried_us != 0;
}

/* Apart they would be asked within five seconds, and give up after one. */
static void a_few_are_asked_together(void **state TOCSIN_UNUSED)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	struct server server;
	struct room room;

	server_start(&server, 0);
	room_init(&room, &server);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		room_add(&room, names[i], server.port, "/slow", 5000, 1000);
	collector_start(room.collector, room_changed, &room);
	assert_true(room_run(&room, all_tried, PATIENT_MS));
	assert_int_equal(room.early, ARRAY_LENGTH(names) - 1);
	assert_false(collector_waits(room.collector));
	room_free(&room);
	server_stop(&server);
}

static void one_slow_peer_delays_no_other(void **state TOCSIN_UNUSED)
{
	struct server server;
	struct room room;

	server_start(&server, 0);
	room_init(&room, &server);
	room_add(&room, "slow", server.port, "/slow", 50, 2000);
	room_add(&room, "a", server.port, "/a", 50, PATIENT_MS);
	room_add(&room, "b", server.port, "/b", 50, PATIENT_MS);
	collector_start(room.collector, room_changed, &room);
	assert_true(room_run(&room, ten_samples, PATIENT_MS));
	assert_int_equal(room_node(&room, "slow")->reach, REACH_UNKNOWN);
	assert_string_equal(room_node(&room, "slow")->reason, "asked, no answer yet");
	assert_true(room_run(&room, slow_one_failed, PATIENT_MS));
	/* While it kept us waiting for 40 intervals the others went on. */
	assert_int_equal(room_node(&room, "slow")->reach, REACH_UNREACHABLE);
	assert_int_equal(room_node(&room, "a")->reach, REACH_OK);
	assert_int_equal(room_node(&room, "b")->reach, REACH_OK);
	if (atomic_load(&server.asked[PATH_A]) < 6 || atomic_load(&server.asked[PATH_B]) < 6)
		fail_msg("a %u, b %u polls", atomic_load(&server.asked[PATH_A]), atomic_load(&server.asked[PATH_B]));
	/* And it was not asked again while a request was on its way. */
	assert_int_equal(atomic_load(&server.at_once[PATH_SLOW]), 1);
	room_free(&room);
	server_stop(&server);
}

static bool one_more(struct room *room)
{
	return room->samples > 0;
}

static bool reached(struct room *room)
{
	return room_node(room, "a")->seen_us != 0;
}

static bool four_samples(struct room *room)
{
	return room->samples >= 4;
}

static void a_dead_peer_is_left_alone_and_found_again(void **state TOCSIN_UNUSED)
{
	struct server server;
	struct room room;
	unsigned port = free_port(), in_a_second;

	room_init(&room, &server);
	room_add(&room, "a", port, "/a", 20, 500);
	collector_start(room.collector, room_changed, &room);
	/* The first failures keep the pace, so that they are seen as lasting; then the pauses
	 * double: about nine attempts instead of fifty. */
	assert_true(room_run(&room, four_samples, PATIENT_MS));
	assert_false(room_run(&room, never, 1000));
	in_a_second = room.samples;
	if (in_a_second > 14)
		fail_msg("%u attempts in a second", in_a_second);
	assert_int_equal(room_node(&room, "a")->reach, REACH_UNREACHABLE);
	server_start(&server, port);
	collector_refresh(room.collector);
	assert_true(room_run(&room, reached, PATIENT_MS));
	/* From here on the pace is the normal one again: with doubled pauses these would take far longer. */
	room.samples = 0;
	assert_true(room_run(&room, ten_samples, 10000));
	room_free(&room);
	server_stop(&server);
}

static void retry_after_is_respected(void **state TOCSIN_UNUSED)
{
	struct server server;
	struct room room;

	server_start(&server, 0);
	room_init(&room, &server);
	room_add(&room, "busy", server.port, "/busy", 20, PATIENT_MS);
	collector_start(room.collector, room_changed, &room);
	assert_true(room_run(&room, one_more, PATIENT_MS));
	assert_false(room_run(&room, never, 400));
	assert_int_equal(atomic_load(&server.asked[PATH_BUSY]), 1);
	assert_int_equal(room_node(&room, "busy")->reach, REACH_REFUSING);
	/* The operator may still look: a refresh does not wait for the pause to end. */
	room.samples = 0;
	collector_refresh(room.collector);
	assert_true(room_run(&room, one_more, PATIENT_MS));
	assert_int_equal(atomic_load(&server.asked[PATH_BUSY]), 2);
	room_free(&room);
	server_stop(&server);
}

static void secrets_are_sent_and_not_shown(void **state TOCSIN_UNUSED)
{
	static const char *const headers[] = {"Authorization: Bearer sesame", NULL};
	struct endpoint_spec spec = {.name = "auth", .headers = headers, .interval_ms = 100};
	struct server server;
	struct room room;
	char url[100];

	server_start(&server, 0);
	room_init(&room, &server);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/auth?key=hunter2", server.port);
	spec.url = url;
	assert_int_equal(collector_add(room.collector, &spec, NULL), STATUS_OK);
	assert_null(strstr(room_node(&room, "auth")->source, "hunter2"));
	assert_non_null(strstr(room_node(&room, "auth")->source, "127.0.0.1"));
	collector_start(room.collector, room_changed, &room);
	assert_true(room_run(&room, all_tried, PATIENT_MS));
	assert_int_equal(atomic_load(&server.authorized), atomic_load(&server.asked[PATH_AUTH]));
	room_free(&room);
	server_stop(&server);
}

static bool hinted(struct room *room)
{
	return component_text(room_node(room, "besu"), NODE_READINESS) != NULL;
}

/* Besu says of itself whether it is up: rarely asked, shown, and no verdict. */
static void hints_are_asked_rarely_and_judge_nothing(void **state TOCSIN_UNUSED)
{
	struct server server;
	struct room room;

	server_start(&server, 0);
	room_init(&room, &server);
	room_add(&room, "a", server.port, "/a", 50, PATIENT_MS);
	room_add(&room, "besu", server.port, "/besu", 50, PATIENT_MS);
	collector_start(room.collector, room_changed, &room);
	assert_true(room_run(&room, hinted, PATIENT_MS));
	const struct component *node = room_node(&room, "besu");
	assert_string_equal(component_text(node, NODE_LIVENESS), "UP");
	assert_string_equal(component_text(node, NODE_READINESS), "DOWN");
	assert_true(component_value(node, NODE_READINESS)->at_us > 0);
	/* Many polls later they were asked once, and its state is what its blocks say. */
	room.samples = 0;
	assert_true(room_run(&room, ten_samples, PATIENT_MS));
	world_judge(room.world, clock_wall_us(clock_system()));
	assert_int_equal(atomic_load(&server.asked[PATH_LIVENESS]), 1);
	assert_int_equal(atomic_load(&server.asked[PATH_READINESS]), 1);
	assert_int_equal(node->health, room_node(&room, "a")->health);
	assert_int_equal(node->symptom, room_node(&room, "a")->symptom);
	assert_int_equal(node->reach, REACH_OK);
	assert_null(component_text(room_node(&room, "a"), NODE_LIVENESS));
	room_free(&room);
	server_stop(&server);
}

static void hints_are_read_for_what_they_say(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *name;
		enum http_outcome outcome;
		int status;
		const char *body, *said; /* NULL: nothing */
	} cases[] = {
		{"up", HTTP_ANSWERED, 200, "{\n  \"status\" : \"UP\"\n}", "UP"},
		{"down", HTTP_ANSWERED, 503, "{\"status\":\"DOWN\"}", "DOWN"},
		{"a host that is not allowed", HTTP_ANSWERED, 403, "{\"message\":\"Host not authorized.\"}", "does not tell us (HTTP 403)"},
		{"no token", HTTP_ANSWERED, 401, "", "does not tell us (HTTP 401)"},
		{"no such page", HTTP_ANSWERED, 404, "<html>UP</html>", "no such page (HTTP 404)"},
		{"a page of a gateway", HTTP_ANSWERED, 200, "<html>all is well</html>", "nothing that Besu would say (HTTP 200)"},
		{"another word", HTTP_ANSWERED, 200, "{\"status\":\"\\u001b[31mUP\"}", "nothing that Besu would say (HTTP 200)"},
		{"no text", HTTP_ANSWERED, 200, "{\"status\":1}", "nothing that Besu would say (HTTP 200)"},
		{"a gateway without its node", HTTP_ANSWERED, 503, "unavailable", "nothing that Besu would say (HTTP 503)"},
		{"nobody", HTTP_UNREACHABLE, 0, "", NULL},
		{"too much", HTTP_TOO_LARGE, 0, "", NULL},
	};
	char said[HINT_TEXT];

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct http_reply reply = {.outcome = cases[i].outcome, .status = cases[i].status, .body = cases[i].body, .body_len = strlen(cases[i].body)};
		print_message("  %s\n", cases[i].name);
		assert_int_equal(hint_read(&reply, said), cases[i].said != NULL);
		if (cases[i].said)
			assert_string_equal(said, cases[i].said);
	}
}

static void hints_are_asked_beside_the_url(void **state TOCSIN_UNUSED)
{
	static const struct {
		const char *url, *asked;
	} cases[] = {
		{"http://besu-rpc-0:8545", "http://besu-rpc-0:8545/readiness"},
		{"http://besu-rpc-0:8545/", "http://besu-rpc-0:8545/readiness"},
		{"https://u:p@gateway/net/besu/?key=k#x", "https://u:p@gateway/net/besu/readiness"},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char *url = hint_url(cases[i].url, HINT_READINESS);
		assert_string_equal(url, cases[i].asked);
		free(url);
	}
	assert_true(hint_applies("besu/v25.9.0/linux-x86_64/openjdk-java-21"));
	assert_true(hint_applies("Besu/v20.10"));
	assert_false(hint_applies("Geth/v1.14.0-stable"));
	assert_false(hint_applies(NULL));
}

static void wrong_specs_are_refused(void **state TOCSIN_UNUSED)
{
	struct endpoint_spec spec = {.name = "a", .url = "http://127.0.0.1:1/"};
	struct room room;
	struct error err = {0};

	room_init(&room, NULL);
	assert_int_equal(collector_add(room.collector, &spec, &err), STATUS_OK);
	assert_int_equal(collector_add(room.collector, &spec, &err), STATUS_CONFLICT);
	error_clear(&err);
	spec.name = "b";
	spec.protocol = "telepathy";
	assert_int_equal(collector_add(room.collector, &spec, &err), STATUS_INVALID);
	assert_non_null(strstr(err.text, "telepathy"));
	error_clear(&err);
	collector_start(room.collector, NULL, NULL);
	spec.protocol = NULL;
	assert_int_equal(collector_add(room.collector, &spec, &err), STATUS_USAGE);
	room_free(&room);
}

static void a_request_on_its_way_may_be_left_behind(void **state TOCSIN_UNUSED)
{
	struct server server;
	struct room room;

	server_start(&server, 0);
	room_init(&room, &server);
	room_add(&room, "slow", server.port, "/slow", 50, 5000);
	room_add(&room, "a", server.port, "/a", 50, 1000);
	collector_start(room.collector, room_changed, &room);
	assert_false(room_run(&room, never, 200));
	room_free(&room);
	server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_poll_brings_head_and_history),
		cmocka_unit_test(each_is_polled_once_per_interval),
		cmocka_unit_test(a_few_are_asked_together),
		cmocka_unit_test(one_slow_peer_delays_no_other),
		cmocka_unit_test(a_dead_peer_is_left_alone_and_found_again),
		cmocka_unit_test(retry_after_is_respected),
		cmocka_unit_test(secrets_are_sent_and_not_shown),
		cmocka_unit_test(hints_are_asked_rarely_and_judge_nothing),
		cmocka_unit_test(hints_are_read_for_what_they_say),
		cmocka_unit_test(hints_are_asked_beside_the_url),
		cmocka_unit_test(wrong_specs_are_refused),
		cmocka_unit_test(a_request_on_its_way_may_be_left_behind),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
