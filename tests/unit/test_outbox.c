/* What is sent, how often, and what the record says of it: for each kind of channel and
 * each way of an answer, and when a program ends in between. The peers are real sockets on
 * loopback; the record is one in memory; time moves when the test says so. */
#include "../comms/sink.h"
#include "recorder.h"

#include "comms/outbox.h"
#include "incident/act_room.h"
#include "record/checkpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum {
	TIMEOUT_MS = 150,
	PATIENCE_MS = 8000, /* real time that a slow machine may need */
};
#define SECRET "T0SECRET9abcDEF"
#define CHECKPOINT "tocsin/test\n7\nabcd\n"

struct post {
	struct recorder r;
	struct sink *http, *smtp;
	struct loop *loop;
	struct settings sections[5];
	struct channels channels;
	struct settings person;
	struct people people;
	struct transport *transport;
	struct outbox *outbox;
	size_t said[3]; /* lines by severity */
	int64_t timeout_ms;
	bool refuse; /* the record takes nothing */
	bool drill;
};

/* --- the host ---------------------------------------------------------------------------- */

static enum status append(void *arg, const struct drafts *drafts, void (*done)(void *done_arg, enum status status, const struct error *err), void *done_arg)
{
	struct post *p = arg;
	for (size_t i = 0; i < drafts->count && !p->refuse; i++)
		recorder_append(&p->r, &drafts->items[i]);
	done(done_arg, p->refuse ? STATUS_IO : STATUS_OK, NULL);
	return STATUS_OK;
}

static char *mask(void *arg, const char *text)
{
	(void)arg;
	char *copy = xstrdup(text), *at = strstr(copy, SECRET);
	if (at)
		memset(at, '*', strlen(SECRET));
	return copy;
}

static void say(void *arg, int severity, const char *text)
{
	struct post *p = arg;
	(void)text;
	p->said[severity]++;
}

static void checkpoint(void *arg, char *dst, size_t size)
{
	(void)arg;
	text_format(dst, size, "%s", CHECKPOINT);
}

static void hide(void *arg, const char *secret)
{
	(void)arg;
	assert_non_null(strstr(secret, SECRET));
}

/* --- life ---------------------------------------------------------------------------------- */

static void set(struct settings *s, const char *name, const char *value)
{
	struct error err = {0};
	if (settings_set(s, name, value, 1, &err) != STATUS_OK)
		fail_msg("%s", err.text);
}

static void configure(struct post *p)
{
	static const char *const kinds[] = {"slack", "pagerduty", "email", "statuspage", "webhook"};
	char url[128], port[16];
	text_format(url, sizeof(url), "http://127.0.0.1:%d", sink_port(p->http));
	text_format(port, sizeof(port), "%d", sink_port(p->smtp));
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		struct settings *s = &p->sections[i];
		struct error err = {0};
		settings_init(s, &channel_section, kinds[i], 1);
		set(s, "kind", kinds[i]);
		set(s, "audiences", "technical");
		if (i == 0 || i == 4)
			set(s, "url_env", "TEST_URL");
		if (i == 1 || i == 3) {
			set(s, "key_env", "TEST_KEY");
			set(s, "url", url);
		}
		if (i == 1)
			set(s, "on", "declare acknowledge resolve");
		if (i == 3)
			set(s, "page", "kctbh9vrtdwd");
		if (i == 2) {
			set(s, "host", "127.0.0.1");
			set(s, "port", port);
			set(s, "tls", "none");
			set(s, "from", "tocsin@example.org");
			set(s, "to", "oncall@example.org board@example.org");
		}
		if (settings_complete(s, &err) != STATUS_OK)
			fail_msg("%s: %s", kinds[i], err.text);
	}
	text_format(url, sizeof(url), "http://127.0.0.1:%d/services/%s", sink_port(p->http), SECRET);
	setenv("TEST_URL", url, 1);
	setenv("TEST_KEY", SECRET, 1);
	settings_init(&p->person, &person_section, "bob", 1);
	set(&p->person, "full_name", "Bob B.");
	set(&p->person, "pagerduty", "bob");
	people_read(&p->person, 1, &p->people);
	p->people.reaches[CONTACT_PAGERDUTY] = true;
	channels_read(p->sections, ARRAY_LENGTH(kinds), &p->channels);
	assert_int_equal(p->channels.count, ARRAY_LENGTH(kinds));
}

/* A program begins: it knows the record, and nothing else. */
static void start(struct post *p)
{
	const struct outbox_host host = {.append = append, .mask = mask, .say = say, .checkpoint = checkpoint, .arg = p};
	p->transport = p->drill ? NULL : transport_new(p->loop, &p->channels, p->timeout_ms ? p->timeout_ms : TIMEOUT_MS, hide, NULL);
	p->outbox = outbox_new(&p->channels, p->transport, p->r.fold, &p->people, "Test network", "tocsin/test", &host);
}

/* And ends at once, as by kill -9: what it was about is gone. */
static void stop(struct post *p)
{
	outbox_stop(p->outbox);
	transport_free(p->transport);
	outbox_free(p->outbox);
	p->outbox = NULL;
	p->transport = NULL;
}

static int open_post(void **state)
{
	struct post *p = xcalloc(1, sizeof(*p));
	const struct declaration d = {.title = "Lane 138 > 1 stalled", .severity = SEVERITY_P2};
	char id[16];
	recorder_init(&p->r);
	p->http = sink_open(false, NULL);
	p->smtp = sink_open(true, NULL);
	p->loop = loop_new();
	configure(p);
	DO(&p->r, act_declare(p->r.fold, &p->r.who, &d, id, &p->r.drafts, &p->r.err));
	start(p);
	*state = p;
	return 0;
}

static int close_post(void **state)
{
	struct post *p = *state;
	if (p->outbox)
		stop(p);
	loop_free(p->loop);
	sink_close(p->http);
	sink_close(p->smtp);
	channels_free(&p->channels);
	people_free(&p->people);
	settings_free(&p->person);
	for (size_t i = 0; i < ARRAY_LENGTH(p->sections); i++)
		settings_free(&p->sections[i]);
	recorder_free(&p->r);
	free(p);
	return 0;
}

/* --- moving on -------------------------------------------------------------------------------- */

static const struct incident *incident(struct post *p)
{
	return fold_incident(p->r.fold, "INC-1");
}

static const struct message_record *message(struct post *p, size_t i)
{
	assert_true(i < incident(p)->message_count);
	return &incident(p)->messages[i];
}

struct patience {
	struct post *post;
	bool (*over)(struct post *p);
	int left;
};

static void look(void *arg)
{
	struct patience *patience = arg;
	if (patience->over(patience->post) || patience->left-- == 0)
		loop_stop(patience->post->loop);
}

/* Lets the loop run until then; a test that waits in vain fails. */
static void run_until(struct post *p, bool (*over)(struct post *p))
{
	struct patience patience = {p, over, PATIENCE_MS / 5};
	struct loop_timer *timer = loop_timer(p->loop, 5, 5, look, &patience);
	loop_run(p->loop);
	loop_timer_stop(timer);
	assert_true(patience.left > 0);
}

static bool is_idle(struct post *p)
{
	return !outbox_busy(p->outbox);
}

static bool was_taken(struct post *p)
{
	return sink_count(p->http) + sink_count(p->smtp) > 0;
}

static bool was_said(struct post *p)
{
	return p->said[2] > 0;
}

/* One look of the outbox, and what follows from it. */
static void tick(struct post *p)
{
	outbox_tick(p->outbox, p->r.who.now_us, true);
	run_until(p, is_idle);
}

static void pass(struct post *p, int64_t us)
{
	p->r.who.now_us += us;
}

static size_t taken(struct post *p)
{
	return sink_count(p->http) + sink_count(p->smtp);
}

/* An update that was approved for one channel. */
static void approve(struct post *p, const char *channel)
{
	const struct way_out way = {.channel = channel, .kind = channel};
	const struct update_text text = {.audience = "technical", .subject = "Lane stalled & <!channel>", .text = "Conditions: äöü\n.\nNeeds: a & b", .next_us = p->r.who.now_us + US_PER_HOUR};
	DO(&p->r, act_update_send(p->r.fold, &p->r.who, "INC-1", &text, true, &way, 1, CHECKPOINT, &p->r.drafts, &p->r.err));
}

static void assert_state(struct post *p, size_t i, enum message_state state)
{
	const struct message_record *m = message(p, i);
	if (m->state != state)
		fail_msg("message %zu by %s is %s, not %s: %s", i, m->channel, message_state_name(m->state), message_state_name(state), m->why);
}

/* --- every kind, every answer ------------------------------------------------------------------- */

static void answers_become_states(void **state)
{
	/* What the message is afterwards, and how often the peer was told once half a minute went by. */
	static const struct {
		enum sink_manner manner;
		enum message_state repeatable, mail, others;
		size_t told, mail_told; /* messages that came whole, after one attempt */
	} cases[] = {
		{SINK_TAKES, MESSAGE_SENT, MESSAGE_SENT, MESSAGE_SENT, 1, 1},
		{SINK_BAD, MESSAGE_FAILED, MESSAGE_FAILED, MESSAGE_FAILED, 1, 0},
		{SINK_GONE, MESSAGE_FAILED, MESSAGE_FAILED, MESSAGE_FAILED, 1, 1},
		{SINK_LATER, MESSAGE_WAITING, MESSAGE_WAITING, MESSAGE_WAITING, 1, 0},
		{SINK_BROKEN, MESSAGE_WAITING, MESSAGE_WAITING, MESSAGE_WAITING, 1, 1},
		{SINK_HANGS, MESSAGE_WAITING, MESSAGE_UNKNOWN, MESSAGE_UNKNOWN, 1, 1},
		{SINK_CUTS, MESSAGE_WAITING, MESSAGE_UNKNOWN, MESSAGE_UNKNOWN, 1, 1},
	};
	static const char *const kinds[] = {"slack", "pagerduty", "email", "statuspage", "webhook"};
	(void)state;
	for (size_t c = 0; c < ARRAY_LENGTH(cases); c++) {
		for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
			void *one;
			open_post(&one);
			struct post *p = one;
			bool mail = strcmp(kinds[k], "email") == 0;
			print_message("%s %s\n", kinds[k], sink_manner_name(cases[c].manner));
			sink_set(mail ? p->smtp : p->http, cases[c].manner);
			approve(p, kinds[k]);
			tick(p);
			assert_state(p, 0, mail ? cases[c].mail : strcmp(kinds[k], "pagerduty") == 0 ? cases[c].repeatable
												     : cases[c].others);
			assert_int_equal(taken(p), mail ? cases[c].mail_told : cases[c].told);
			assert_int_equal(message(p, 0)->attempts, 1);
			/* What failed or is unknown is loud, and stays so however long nobody looks. */
			bool final = message(p, 0)->state != MESSAGE_WAITING;
			assert_int_equal(p->said[2], message(p, 0)->state == MESSAGE_FAILED || message(p, 0)->state == MESSAGE_UNKNOWN);
			sink_set(mail ? p->smtp : p->http, SINK_TAKES);
			pass(p, US_PER_HOUR);
			tick(p);
			assert_int_equal(message(p, 0)->attempts, final ? 1 : 2);
			if (!final)
				assert_state(p, 0, MESSAGE_SENT);
			close_post(&one);
		}
	}
}

static void nothing_left_so_it_is_tried_again(void **state)
{
	struct post *p = *state;
	approve(p, "slack");
	approve(p, "email");
	sink_close(p->http);
	sink_set(p->smtp, SINK_CUTS_EARLY);
	tick(p);
	assert_state(p, 0, MESSAGE_WAITING); /* nobody listens */
	assert_string_equal(message(p, 0)->why, "connection refused");
	assert_state(p, 1, MESSAGE_WAITING); /* hung up before the text */
	p->http = sink_open(false, NULL);
}

/* --- waiting --------------------------------------------------------------------------------------- */

static void pauses_grow_and_survive_restarts(void **state)
{
	struct post *p = *state;
	sink_set(p->http, SINK_BROKEN);
	approve(p, "webhook");
	tick(p);
	for (unsigned attempts = 1; attempts < 5; attempts++) {
		int64_t pause_us = outbox_pause_us(attempts);
		assert_int_equal(message(p, 0)->attempts, attempts);
		assert_int_equal(message(p, 0)->retry_us, p->r.who.now_us + pause_us);
		stop(p);
		start(p);
		pass(p, pause_us - 1);
		tick(p);
		assert_int_equal(taken(p), attempts); /* not yet */
		pass(p, 1);
		tick(p);
		assert_int_equal(taken(p), attempts + 1);
	}
	assert_int_equal(outbox_pause_us(1), 5 * US_PER_S);
	assert_int_equal(outbox_pause_us(2), 10 * US_PER_S);
	assert_int_equal(outbox_pause_us(100), 600 * US_PER_S);
	pass(p, OUTBOX_GIVE_UP_US);
	tick(p);
	assert_state(p, 0, MESSAGE_FAILED);
}

static void a_peer_says_how_long(void **state)
{
	struct post *p = *state;
	sink_set(p->http, SINK_LATER);
	approve(p, "slack");
	tick(p);
	assert_int_equal(message(p, 0)->status, 429);
	assert_int_equal(message(p, 0)->retry_us, p->r.who.now_us + 60 * US_PER_S);
}

/* --- ends in between ---------------------------------------------------------------------------------- */

static void killed_before_it_left(void **state)
{
	struct post *p = *state;
	approve(p, "slack");
	stop(p);
	start(p);
	tick(p);
	assert_state(p, 0, MESSAGE_SENT);
	tick(p);
	assert_int_equal(taken(p), 1);
}

/* Ends when the peer has it, and the record has not what came of it. */
static void die_after_sending(struct post *p, const char *channel)
{
	stop(p);
	p->timeout_ms = PATIENCE_MS;
	start(p);
	sink_set(p->http, SINK_HANGS);
	sink_set(p->smtp, SINK_HANGS);
	approve(p, channel);
	outbox_tick(p->outbox, p->r.who.now_us, true);
	run_until(p, was_taken);
	assert_state(p, 0, MESSAGE_ATTEMPTED);
	stop(p);
	sink_set(p->http, SINK_TAKES);
	sink_set(p->smtp, SINK_TAKES);
	start(p);
	tick(p);
	/* Another program may be about to record it. */
	assert_state(p, 0, MESSAGE_ATTEMPTED);
	pass(p, OUTBOX_ORPHAN_US);
	tick(p);
	tick(p);
}

static void killed_after_it_left(void **state)
{
	static const char *const kinds[] = {"slack", "email", "statuspage", "webhook"};
	(void)state;
	for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
		void *one;
		open_post(&one);
		struct post *p = one;
		die_after_sending(p, kinds[k]);
		print_message("%s\n", kinds[k]);
		assert_state(p, 0, MESSAGE_UNKNOWN);
		assert_int_equal(taken(p), 1); /* nobody is told twice */
		close_post(&one);
	}
}

static void a_page_is_repeated_under_its_key(void **state)
{
	static const char key[] = "\"dedup_key\": \"tocsin/test/INC-1\"";
	struct post *p = *state;
	die_after_sending(p, "pagerduty");
	assert_state(p, 0, MESSAGE_WAITING);
	pass(p, US_PER_MINUTE);
	tick(p);
	assert_state(p, 0, MESSAGE_SENT);
	assert_int_equal(taken(p), 2);
	char *last = sink_last(p->http);
	assert_non_null(strstr(last, key));
	assert_non_null(strstr(last, SECRET)); /* the routing key, to PagerDuty alone */
	free(last);
}

static void a_result_waits_for_the_record(void **state)
{
	struct post *p = *state;
	approve(p, "slack");
	sink_set(p->http, SINK_HANGS);
	outbox_tick(p->outbox, p->r.who.now_us, true);
	p->refuse = true; /* the disk is full by the time the answer is lost */
	run_until(p, was_said);
	assert_int_equal(taken(p), 1);
	assert_state(p, 0, MESSAGE_ATTEMPTED);
	assert_true(outbox_busy(p->outbox));
	p->refuse = false;
	pass(p, 10 * US_PER_S);
	outbox_tick(p->outbox, p->r.who.now_us, true);
	assert_state(p, 0, MESSAGE_UNKNOWN);
	assert_int_equal(taken(p), 1);
}

static void an_attempt_that_is_not_recorded_does_not_leave(void **state)
{
	struct post *p = *state;
	approve(p, "slack");
	p->refuse = true;
	outbox_tick(p->outbox, p->r.who.now_us, true);
	for (int i = 0; i < 50; i++)
		loop_poll(p->loop);
	assert_int_equal(taken(p), 0);
	p->refuse = false;
	tick(p);
	assert_state(p, 0, MESSAGE_SENT);
}

/* --- people choose ---------------------------------------------------------------------------------------- */

static void a_person_chooses(void **state)
{
	struct post *p = *state;
	struct drafts drafts;
	struct error err = {0};
	sink_set(p->http, SINK_CUTS);
	approve(p, "slack");
	approve(p, "webhook");
	approve(p, "statuspage");
	tick(p);
	sink_set(p->http, SINK_TAKES);
	DO(&p->r, act_message_resend(p->r.fold, &p->r.who, message(p, 0)->id, &p->r.drafts, &p->r.err));
	DO(&p->r, act_message_arrived(p->r.fold, &p->r.who, message(p, 1)->id, NULL, &p->r.drafts, &p->r.err));
	drafts_init(&drafts);
	/* The page's id is needed for what follows there. */
	assert_int_equal(act_message_arrived(p->r.fold, &p->r.who, message(p, 2)->id, NULL, &drafts, &err), STATUS_INVALID);
	drafts_free(&drafts);
	DO(&p->r, act_message_arrived(p->r.fold, &p->r.who, message(p, 2)->id, "p31zjtct2jer", &p->r.drafts, &p->r.err));
	assert_state(p, 1, MESSAGE_SENT);
	tick(p);
	assert_state(p, 0, MESSAGE_SENT);
	assert_int_equal(taken(p), 4); /* the one that was to be sent again, and no other */
	drafts_init(&drafts);
	assert_int_equal(act_message_resend(p->r.fold, &p->r.who, message(p, 0)->id, &drafts, &err), STATUS_REFUSED);
	drafts_free(&drafts);
	approve(p, "statuspage");
	tick(p);
	char *last = sink_last(p->http);
	assert_non_null(strstr(last, "PATCH /v1/pages/kctbh9vrtdwd/incidents/p31zjtct2jer "));
	free(last);
}

static void a_status_page_is_updated_under_its_id(void **state)
{
	struct post *p = *state;
	sink_say(p->http, "{\"id\":\"abc123\",\"status\":\"investigating\"}");
	approve(p, "statuspage");
	tick(p);
	assert_state(p, 0, MESSAGE_SENT);
	assert_string_equal(message(p, 0)->remote, "abc123");
	char *last = sink_last(p->http);
	assert_non_null(strstr(last, "POST /v1/pages/kctbh9vrtdwd/incidents "));
	assert_non_null(strstr(last, "Authorization: OAuth " SECRET));
	assert_non_null(strstr(last, "\"deliver_notifications\": false"));
	free(last);
	stop(p);
	start(p);
	approve(p, "statuspage");
	tick(p);
	last = sink_last(p->http);
	assert_non_null(strstr(last, "PATCH /v1/pages/kctbh9vrtdwd/incidents/abc123 "));
	free(last);
}

static void order_is_kept_on_a_channel(void **state)
{
	struct post *p = *state;
	sink_set(p->http, SINK_BROKEN);
	approve(p, "slack");
	approve(p, "slack");
	tick(p);
	assert_state(p, 0, MESSAGE_WAITING);
	assert_state(p, 1, MESSAGE_QUEUED); /* it waits behind the first */
	sink_set(p->http, SINK_TAKES);
	pass(p, US_PER_MINUTE);
	tick(p);
	tick(p);
	assert_state(p, 0, MESSAGE_SENT);
	assert_state(p, 1, MESSAGE_SENT);
	/* What is unknown holds up a status page, which has no id yet, and nothing else. */
	sink_set(p->http, SINK_CUTS);
	approve(p, "statuspage");
	approve(p, "statuspage");
	approve(p, "webhook");
	approve(p, "webhook");
	tick(p);
	tick(p);
	assert_state(p, 2, MESSAGE_UNKNOWN);
	assert_state(p, 3, MESSAGE_QUEUED);
	assert_state(p, 5, MESSAGE_UNKNOWN);
}

/* --- approval ------------------------------------------------------------------------------------------------ */

static void what_nobody_saw_does_not_leave(void **state)
{
	struct post *p = *state;
	const struct way_out way = {.channel = "slack", .kind = "slack"};
	struct update_text text = {.audience = "technical", .subject = "first", .text = "first words"};
	char id[UPDATE_ID];
	DO(&p->r, act_update(p->r.fold, &p->r.who, "INC-1", &text, id, &p->r.drafts, &p->r.err));
	/* Two people approve the same draft at once, and one more has revised it meanwhile. */
	struct drafts one, two, revised;
	drafts_init(&one);
	drafts_init(&two);
	drafts_init(&revised);
	text.id = id;
	struct actor bob = {.name = "bob", .where = "ops2 pts/1", .now_us = p->r.who.now_us};
	assert_int_equal(act_update_approve(p->r.fold, &p->r.who, "INC-1", &text, &way, 1, "", &one, NULL), STATUS_OK);
	assert_int_equal(act_update_approve(p->r.fold, &bob, "INC-1", &text, &way, 1, "", &two, NULL), STATUS_OK);
	struct update_text other = {.id = id, .audience = "technical", .subject = "second", .text = "second words"};
	char same[UPDATE_ID];
	assert_int_equal(act_update(p->r.fold, &bob, "INC-1", &other, same, &revised, NULL), STATUS_OK);
	assert_string_equal(same, id);
	for (size_t i = 0; i < revised.count; i++)
		recorder_append(&p->r, &revised.items[i]);
	for (size_t i = 0; i < one.count; i++)
		recorder_append(&p->r, &one.items[i]);
	assert_int_equal(incident(p)->updates[0].state, UPDATE_DRAFT);
	assert_int_equal(incident(p)->message_count, 0);
	DO(&p->r, act_update_approve(p->r.fold, &p->r.who, "INC-1", &other, &way, 1, "", &p->r.drafts, &p->r.err));
	for (size_t i = 0; i < two.count; i++)
		recorder_append(&p->r, &two.items[i]);
	assert_int_equal(incident(p)->update_count, 1);
	assert_int_equal(incident(p)->message_count, 1);
	assert_string_equal(message(p, 0)->text, "second words");
	drafts_free(&one);
	drafts_free(&two);
	drafts_free(&revised);
}

/* --- pages --------------------------------------------------------------------------------------------------------- */

static void assert_last_page(struct post *p, const char *action)
{
	char wanted[64];
	tick(p);
	tick(p);
	char *last = sink_last(p->http);
	if (!strstr(last, text_format(wanted, sizeof(wanted), "\"event_action\": \"%s\"", action)))
		fail_msg("not %s but: %s", action, last);
	assert_non_null(strstr(last, "\"dedup_key\": \"tocsin/test/INC-1\""));
	free(last);
}

static void pages_go_by_themselves(void **state)
{
	struct post *p = *state;
	const char *parts[] = {"node/a", NULL};
	tick(p);
	assert_int_equal(taken(p), 0); /* P2 rings nobody's pager here */
	DO(&p->r, act_severity(p->r.fold, &p->r.who, "INC-1", SEVERITY_P1, "worse", &p->r.drafts, &p->r.err));
	assert_last_page(p, "trigger");
	tick(p);
	assert_int_equal(taken(p), 1); /* once */
	DO(&p->r, act_role(p->r.fold, &p->r.who, "INC-1", "commander", "alice", &p->r.drafts, &p->r.err));
	assert_last_page(p, "acknowledge");
	DO(&p->r, act_components(p->r.fold, &p->r.who, "INC-1", parts, &p->r.drafts, &p->r.err));
	DO(&p->r, act_impact(p->r.fold, &p->r.who, "INC-1", "slow", &p->r.drafts, &p->r.err));
	DO(&p->r, act_severity(p->r.fold, &p->r.who, "INC-1", SEVERITY_P2, "better", &p->r.drafts, &p->r.err));
	recorder_raw(&p->r, EVENT_INCIDENT_CLOSED, "INC-1", "{\"from\":\"review\"}");
	assert_last_page(p, "resolve"); /* what rings is ended, whatever it is now */
	tick(p);
	assert_int_equal(taken(p), 3);
}

static void people_are_asked_to_come(void **state)
{
	struct post *p = *state;
	DO(&p->r, act_escalate(p->r.fold, &p->r.who, &p->people, "INC-1", "bob", "the lane needs him", &p->r.drafts, &p->r.err));
	assert_int_equal(incident(p)->escalations[0].sent_us, 0);
	tick(p);
	char *last = sink_last(p->http);
	assert_non_null(strstr(last, "\"event_action\": \"trigger\""));
	/* A page of its own, that the incident's does not swallow. */
	assert_non_null(strstr(last, "\"dedup_key\": \"tocsin/test/INC-1/2\""));
	assert_non_null(strstr(last, "Why: the lane needs him"));
	free(last);
	assert_true(incident(p)->escalations[0].sent_us > 0);
	tick(p);
	assert_int_equal(taken(p), 1);
	recorder_raw(&p->r, EVENT_INCIDENT_CLOSED, "INC-1", "{\"from\":\"review\"}");
	tick(p);
	tick(p);
	last = sink_last(p->http);
	assert_non_null(strstr(last, "\"event_action\": \"resolve\""));
	assert_non_null(strstr(last, "\"dedup_key\": \"tocsin/test/INC-1/2\""));
	free(last);
	assert_int_equal(taken(p), 2);
}

static void who_could_not_be_told_is_shown_as_such(void **state)
{
	struct post *p = *state;
	sink_set(p->http, SINK_BAD);
	DO(&p->r, act_escalate(p->r.fold, &p->r.who, &p->people, "INC-1", "bob", NULL, &p->r.drafts, &p->r.err));
	tick(p);
	assert_true(incident(p)->escalations[0].failed_us > 0);
	assert_int_equal(incident(p)->escalations[0].sent_us, 0);
	assert_non_null(strstr(incident(p)->escalations[0].detail, "400"));
}

/* --- drills, secrets, mistakes --------------------------------------------------------------------------------------- */

static void a_drill_has_nothing_that_sends(void **state)
{
	struct post *p = *state;
	stop(p);
	p->drill = true;
	start(p);
	approve(p, "slack");
	approve(p, "email");
	DO(&p->r, act_severity(p->r.fold, &p->r.who, "INC-1", SEVERITY_P0, "worst", &p->r.drafts, &p->r.err));
	for (int i = 0; i < 20; i++) {
		pass(p, US_PER_MINUTE);
		outbox_tick(p->outbox, p->r.who.now_us, true);
		loop_poll(p->loop);
	}
	assert_int_equal(taken(p), 0);
	assert_int_equal(incident(p)->message_count, 3); /* the page too is there to be seen */
	for (size_t i = 0; i < 3; i++)
		assert_state(p, i, MESSAGE_QUEUED);
}

static void secrets_stay_out_of_the_record(void **state)
{
	struct post *p = *state;
	static const enum sink_manner manners[] = {SINK_BAD, SINK_LATER, SINK_CUTS, SINK_TAKES};
	sink_say(p->http, "invalid_token " SECRET);
	for (size_t i = 0; i < ARRAY_LENGTH(manners); i++) {
		sink_set(p->http, manners[i]);
		approve(p, "slack");
		approve(p, "pagerduty");
		tick(p);
		pass(p, US_PER_HOUR);
		tick(p);
	}
	for (size_t i = 0; i < p->r.count; i++) {
		assert_null(strstr(p->r.events[i].summary, SECRET));
		assert_null(strstr(p->r.events[i].body, SECRET));
		assert_null(strstr(p->r.events[i].data, SECRET));
	}
	/* What Slack says instead of "ok" is a refusal, and is told, masked. */
	assert_state(p, incident(p)->message_count - 2, MESSAGE_FAILED);
	assert_non_null(strstr(message(p, incident(p)->message_count - 2)->why, "invalid_token ***"));
}

static void a_missing_secret_is_loud_and_final(void **state)
{
	struct post *p = *state;
	stop(p);
	unsetenv("TEST_URL");
	start(p);
	assert_non_null(transport_trouble(p->transport, &p->channels.items[0]));
	assert_null(transport_trouble(p->transport, &p->channels.items[1]));
	approve(p, "slack");
	tick(p);
	assert_state(p, 0, MESSAGE_FAILED);
	assert_non_null(strstr(message(p, 0)->why, "TEST_URL is not set"));
	approve(p, "gone");
	tick(p);
	tick(p);
	assert_state(p, 1, MESSAGE_FAILED);
	assert_non_null(strstr(message(p, 1)->why, "no such channel"));
}

static void mail_arrives_as_it_was_written(void **state)
{
	struct post *p = *state;
	approve(p, "email");
	tick(p);
	assert_state(p, 0, MESSAGE_SENT);
	char *mail = sink_last(p->smtp);
	static const char *const parts[] = {
		"MAIL FROM:<tocsin@example.org>",
		"RCPT TO:<oncall@example.org>",
		"RCPT TO:<board@example.org>",
		"From: Tocsin <tocsin@example.org>\n",
		"Subject: Lane stalled & <!channel>\n",
		"\nIn-Reply-To: <tocsin.test.INC-1@example.org>\nReferences: <tocsin.test.INC-1@example.org>\n",
		"\nAuto-Submitted: auto-generated\n",
		"\nConditions: =C3=A4=C3=B6=C3=BC\n=2E\nNeeds: a & b\n",
		"tocsin/test\n7\nabcd\n",
	};
	for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
		if (!strstr(mail, parts[i]))
			fail_msg("\"%s\" is not in it: %s", parts[i], mail);
	free(mail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_become_states),
		cmocka_unit_test_setup_teardown(nothing_left_so_it_is_tried_again, open_post, close_post),
		cmocka_unit_test_setup_teardown(pauses_grow_and_survive_restarts, open_post, close_post),
		cmocka_unit_test_setup_teardown(a_peer_says_how_long, open_post, close_post),
		cmocka_unit_test_setup_teardown(killed_before_it_left, open_post, close_post),
		cmocka_unit_test(killed_after_it_left),
		cmocka_unit_test_setup_teardown(a_page_is_repeated_under_its_key, open_post, close_post),
		cmocka_unit_test_setup_teardown(a_result_waits_for_the_record, open_post, close_post),
		cmocka_unit_test_setup_teardown(an_attempt_that_is_not_recorded_does_not_leave, open_post, close_post),
		cmocka_unit_test_setup_teardown(a_person_chooses, open_post, close_post),
		cmocka_unit_test_setup_teardown(a_status_page_is_updated_under_its_id, open_post, close_post),
		cmocka_unit_test_setup_teardown(order_is_kept_on_a_channel, open_post, close_post),
		cmocka_unit_test_setup_teardown(what_nobody_saw_does_not_leave, open_post, close_post),
		cmocka_unit_test_setup_teardown(pages_go_by_themselves, open_post, close_post),
		cmocka_unit_test_setup_teardown(people_are_asked_to_come, open_post, close_post),
		cmocka_unit_test_setup_teardown(who_could_not_be_told_is_shown_as_such, open_post, close_post),
		cmocka_unit_test_setup_teardown(a_drill_has_nothing_that_sends, open_post, close_post),
		cmocka_unit_test_setup_teardown(secrets_stay_out_of_the_record, open_post, close_post),
		cmocka_unit_test_setup_teardown(a_missing_secret_is_loud_and_final, open_post, close_post),
		cmocka_unit_test_setup_teardown(mail_arrives_as_it_was_written, open_post, close_post),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
