/* Silences from a running war room: refused without ARMED, on record before they are sent, and
 * those of others noticed when they hide what an incident is about. */
#include "incident/act_silence.h"
#include "watch/watch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>

#include "record_fixture.h"
#include "source_fixture.h"

/* --- an Alertmanager that may lose its answers --------------------------------------------- */

enum {
	MODE_WELL,
	MODE_REFUSES,
};

static void answer(struct server *server, const char *method, const char *url, struct served *out)
{
	out->status = 200;
	if (strcmp(method, "POST") == 0 && server->mode == MODE_REFUSES) {
		out->status = 400;
		out->body = xstrdup("\"bad matcher format: foo\"");
	} else if (strcmp(method, "POST") == 0) {
		out->body = fixture_text("collect/alertmanager/post_silence_reply.json");
	} else if (strncmp(url, "/api/v2/silences", 16) == 0) {
		out->body = xstrdup("[{\"id\":\"quiet-1\",\"status\":{\"state\":\"active\"},\"comment\":\"planned restart\",\"createdBy\":\"bob\",\"startsAt\":\"2025-01-01T00:00:00Z\",\"endsAt\":\"2125-01-01T00:00:00Z\","
				    "\"matchers\":[{\"name\":\"instance\",\"value\":\"besu-validator-2:9545\",\"isRegex\":false,\"isEqual\":true}]}]");
	} else if (strncmp(url, "/api/v2/alerts", 14) == 0) {
		out->body = fixture_text("collect/alertmanager/alerts.json");
	} else {
		out->body = fixture_text("collect/alertmanager/status.json");
	}
}

/* --- the room ------------------------------------------------------------------------------- */

struct room {
	struct server server;
	struct place place;
	struct config config;
	struct loop *loop;
	struct watch *watch;
	char said[240];
};

static void on_changed(void *arg)
{
	(void)arg;
}

static void on_message(void *arg, int severity, const char *text)
{
	struct room *room = arg;

	if (severity == 2 || strstr(text, "silence"))
		snprintf(room->said, sizeof(room->said), "%s", text);
}

static void room_open(struct room *room)
{
	static const struct watch_events events = {.changed = on_changed, .message = on_message};
	struct watch_options options = {.operator_name = "alice"};
	struct config_problems problems = {0};
	struct store *store;
	char url[64], text[256];

	*room = (struct room){.loop = loop_new()};
	server_open(&room->server, answer, url, sizeof(url));
	place_make(&room->place);
	int len = snprintf(text, sizeof(text), "[network]\nname = t\n[node besu-validator-2]\nurl = http://127.0.0.1:1\n[alertmanager main]\nurl = %s\ninterval = 1s\n", url);
	if (config_parse(text, (size_t)len, "test", &room->config, &problems) != STATUS_OK)
		fail_msg("%s", problems.items[0].text);
	config_problems_free(&problems);
	assert_ok(store_open(&store, room->place.path, STORE_WRITE, clock_system(), ERR));
	room->watch = watch_new(room->loop, clock_system(), &room->config, store, &options, &events, room);
}

static void room_close(struct room *room)
{
	watch_free(room->watch);
	loop_free(room->loop);
	config_free(&room->config);
	place_remove(&room->place);
	server_close(&room->server);
}

static bool room_wait(struct room *room, bool (*content)(struct room *room))
{
	for (int waited = 0; waited < WAIT_MS; waited += 5) {
		for (int i = 0; i < 20; i++)
			loop_poll(room->loop);
		if (content(room))
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
	}
	return false;
}

static const struct event *newest(struct room *room, enum event_kind kind)
{
	const struct fold *fold = watch_fold(room->watch);

	for (size_t i = fold_event_count(fold); i-- > 0;)
		if (fold_event_at(fold, i)->kind == kind)
			return fold_event_at(fold, i);
	return NULL;
}

static size_t count_events(struct room *room, enum event_kind kind)
{
	const struct fold *fold = watch_fold(room->watch);
	size_t count = 0;

	for (size_t i = 0; i < fold_event_count(fold); i++)
		count += fold_event_at(fold, i)->kind == kind;
	return count;
}

static bool alerts_known(struct room *room)
{
	return watch_is_collector(room->watch) && watch_loaded(room->watch) && world_count(watch_world(room->watch), KIND_ALERT) == 2;
}

static bool armed(struct room *room)
{
	return watch_mode(room->watch) == MODE_ARMED;
}

static bool settled(struct room *room)
{
	return !watch_busy(room->watch) && (newest(room, EVENT_SILENCE_SET) || newest(room, EVENT_SILENCE_FAILED));
}

static void preview(struct room *room, const char *text, enum status wanted, const char *words, const char *why)
{
	struct error err = {0};
	struct buf out;

	buf_init(&out, 8192);
	assert_int_equal(watch_silence_preview(room->watch, text, &out, &err), wanted);
	if (!strstr(buf_text(&out), words) || strncmp(err.text, why, strlen(why)) != 0)
		fail_msg("\"%s\": %s / %s", text, buf_text(&out), err.text);
	buf_free(&out);
}

static void arm(struct room *room)
{
	assert_ok(watch_arm(room->watch, 10, "test", NULL, ERR));
	assert_true(room_wait(room, armed));
}

/* --- tests ------------------------------------------------------------------------------------ */

static void set_when_armed(void **state)
{
	static const char text[] = "2h alertname=~\"Besu.*\" restart";
	struct error err = {0};
	struct room room;

	(void)state;
	room_open(&room);
	assert_true(room_wait(&room, alerts_known));
	preview(&room, text, STATUS_REFUSED, "It covers 2 of the 2 alerts of now, 1 of them firing", "UNARMED: a silence changes what everybody hears");
	assert_int_equal(watch_silence(room.watch, text, NULL, &err), STATUS_REFUSED);
	assert_int_equal(server_asked(&room.server, "POST"), 0);
	assert_null(newest(&room, EVENT_SILENCE_ASKED));

	arm(&room);
	preview(&room, text, STATUS_OK, "It covers 2 of the 2", "");
	preview(&room, "@other 2h a=b c", STATUS_REFUSED, "", "silence @other: there is no such [alertmanager NAME]");
	assert_ok(watch_silence(room.watch, text, NULL, ERR));
	assert_true(watch_busy(room.watch));
	assert_int_equal(watch_silence(room.watch, text, NULL, NULL), STATUS_CONFLICT);
	assert_true(room_wait(&room, settled));
	assert_int_equal(server_asked(&room.server, "POST /api/v2/silences"), 1);
	assert_non_null(strstr(newest(&room, EVENT_SILENCE_ASKED)->data, "\"alerts\":2"));
	assert_true(newest(&room, EVENT_SILENCE_ASKED)->seq < newest(&room, EVENT_SILENCE_SET)->seq);
	assert_non_null(strstr(newest(&room, EVENT_SILENCE_SET)->data, "7d8be77f-9e0b-4a5c-8f5a-0d3a9a1f0001"));
	assert_string_equal(room.said, "the silence is set");
	room_close(&room);
}

static void a_refusal_is_recorded(void **state)
{
	struct room room;

	(void)state;
	room_open(&room);
	room.server.mode = MODE_REFUSES;
	assert_true(room_wait(&room, alerts_known));
	arm(&room);
	assert_ok(watch_silence(room.watch, "2h alertname=x y", NULL, ERR));
	assert_true(room_wait(&room, settled));
	assert_string_equal(newest(&room, EVENT_SILENCE_FAILED)->summary, "the silence was not set: alertmanager main: HTTP 400 bad matcher format: foo");
	room_close(&room);
}

/* It closes while the record is still writing: nothing is sent, and nothing leaks. */
static void closed_in_the_middle(void **state)
{
	struct room room;

	(void)state;
	room_open(&room);
	assert_true(room_wait(&room, alerts_known));
	arm(&room);
	assert_ok(watch_silence(room.watch, "2h alertname=x y", NULL, ERR));
	watch_free(room.watch);
	assert_int_equal(server_asked(&room.server, "POST"), 0);
	loop_free(room.loop);
	config_free(&room.config);
	place_remove(&room.place);
	server_close(&room.server);
}

static bool noticed(struct room *room)
{
	return newest(room, EVENT_SILENCE_FOUND) != NULL;
}

static bool looked_again(struct room *room)
{
	return server_asked(&room->server, "GET /api/v2/alerts") > 4;
}

static void one_that_hides_is_noticed_once(void **state)
{
	static const char *const components[] = {"node/besu-validator-2", NULL};
	struct declaration declaration = {.title = "a validator is down", .severity = SEVERITY_P1, .components = components};
	struct drafts drafts;
	struct room room;
	char id[16];

	(void)state;
	room_open(&room);
	assert_true(room_wait(&room, alerts_known));
	struct actor who = watch_actor(room.watch);
	drafts_init(&drafts);
	assert_ok(act_declare(watch_fold(room.watch), &who, &declaration, id, &drafts, ERR));
	assert_ok(watch_append(room.watch, &drafts, NULL, NULL, ERR));
	drafts_free(&drafts);
	assert_true(room_wait(&room, noticed));
	const struct event *event = newest(&room, EVENT_SILENCE_FOUND);
	assert_string_equal(event->incident, id);
	assert_string_equal(event->summary, "a silence of bob until 2125-01-01 00:00:00Z keeps alerts about node/besu-validator-2 quiet: planned restart");
	assert_true(room_wait(&room, looked_again));
	assert_int_equal(count_events(&room, EVENT_SILENCE_FOUND), 1);
	room_close(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_when_armed),
		cmocka_unit_test(a_refusal_is_recorded),
		cmocka_unit_test(closed_in_the_middle),
		cmocka_unit_test(one_that_hides_is_noticed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
