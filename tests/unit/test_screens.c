/* The screens as they look, cell by cell with their roles: golden files that are read
 * by a person before they are kept. TOCSIN_GOLDEN=write makes them anew. */
#include "ui_fixture.h"
#include "ui/panes.h"
#include "world/lane.h"

static void command(struct ui *ui, const char *line)
{
	struct error err = {0};
	if (ui_command(ui, line, &err) != STATUS_OK)
		fail_msg(":%s: %s", line, err.text);
}

static void keys(struct ui *ui, const char *names)
{
	char key[16];
	while (text_word(&names, key, sizeof(key)))
		ui_key(ui, key);
}

/* --- the situations --------------------------------------------------------------------- */

static void healthy(struct watch *w, struct ui *ui)
{
	(void)ui;
	room_run(w, 40);
}

static void one_down(struct watch *w, struct ui *ui)
{
	room_run(w, 40);
	w->net.nodes[2].stopped = true;
	room_run(w, 40);
	(void)ui;
}

/* Two halves: all are alive, and a quorum is not together. */
static void parted(struct watch *w, struct ui *ui)
{
	room_run(w, 40);
	for (size_t i = 2; i < 4; i++) {
		w->net.nodes[i].mute = true;
		w->net.nodes[i].group = 1;
	}
	room_run(w, 40);
	(void)ui;
}

static void proposal_in_detail(struct watch *w, struct ui *ui)
{
	one_down(w, ui);
	keys(ui, "3 Enter");
}

static void triage(struct watch *w, struct ui *ui)
{
	one_down(w, ui);
	keys(ui, "d");
}

static void respond(struct watch *w, struct ui *ui)
{
	room_run(w, 40);
	w->net.nodes[2].stopped = w->net.nodes[3].stopped = true;
	room_run(w, 60);
	keys(ui, "d c");
	command(ui, "impact nobody can send a transaction");
	keys(ui, "b ] v");
	w->output = "NAME               READY  STATUS\nbesu-validator-2   0/1    Unknown\n";
	room_run(w, 5);
}

static void resolve(struct watch *w, struct ui *ui)
{
	respond(w, ui);
	command(ui, "next-stage restarted both");
	w->checker = checker_new(fold_current(w->record.fold), w->net.world, w->clock.wall_us);
	w->net.nodes[2].stopped = false;
	room_run(w, 14);
}

static void review(struct watch *w, struct ui *ui)
{
	resolve(w, ui);
	command(ui, "override the clock runs");
	command(ui, "section root-cause one power supply fed both machines");
	command(ui, "action bob 2026-02-01 feed them from two");
}

static void timeline(struct watch *w, struct ui *ui)
{
	respond(w, ui);
	command(ui, "timeline");
	command(ui, "filter alice");
}

static void blind(struct watch *w, struct ui *ui)
{
	(void)ui;
	room_run(w, 40);
	for (size_t i = 0; i < w->net.node_count; i++)
		w->net.nodes[i].hidden = true;
	room_run(w, 60);
}

static void observer(struct watch *w, struct ui *ui)
{
	one_down(w, ui);
	w->mode = MODE_OBSERVER;
}

static void plain_chain(struct watch *w, struct ui *ui)
{
	(void)ui;
	w->net.plain = true;
	room_run(w, 60);
}

static void nothing_yet(struct watch *w, struct ui *ui)
{
	(void)w;
	(void)ui;
}

static void drill_armed(struct watch *w, struct ui *ui)
{
	one_down(w, ui);
	w->config.demo = true;
	command(ui, "arm 8m restart the pod");
}

/* --- beside the chain --------------------------------------------------------------- */

static struct component *put(struct watch *w, enum kind kind, const char *name, enum health health, enum symptom symptom, const char *reason)
{
	struct component *c = world_add(w->net.world, kind, name, "test", US_PER_DAY);
	struct sighting sighting = {.at_us = w->clock.wall_us, .verdict = verdict_make(health, symptom, "%s", reason), .since_us = w->clock.wall_us - 90 * US_PER_S, .certain = true};
	world_sight(w->net.world, c, &sighting);
	return c;
}

static void put_numbers(struct component *c, int64_t at_us, const int64_t *numbers, int count, int first)
{
	for (int i = 0; i < count; i++)
		world_set_number(c, first + i, numbers[i], at_us);
}

/* One that may be executed by hand, one that may be later, and one that may not. */
static void put_messages(struct watch *w, struct component *lane)
{
	static char said[] = "the receiver reverted: InsufficientGas()";
	struct lane_message messages[] = {
		{.number = 406, .has_id = true, .state = TRANSIT_FAILED, .fault_text = said},
		{.number = 407, .state = TRANSIT_COMMITTED},
		{.number = 410, .state = TRANSIT_SENT},
	};
	int64_t now_us = w->clock.wall_us;
	for (size_t i = 0; i < ARRAY_LENGTH(messages); i++) {
		struct manual_facts facts = {.now_us = now_us, .state = messages[i].state, .committed_us = now_us - US_PER_HOUR, .threshold_s = 8 * 3600};
		messages[i].sent_us = now_us - (22 - (int64_t)i) * US_PER_MINUTE;
		memset(messages[i].id.bytes, 0xab, sizeof(messages[i].id.bytes));
		judge_manual(&facts, &messages[i]);
	}
	lane_set_messages(w->net.world, lane, messages, ARRAY_LENGTH(messages));
}

/* Everything at once, most of it well. */
static void all_kinds(struct watch *w, struct ui *ui)
{
	static const int64_t sent[] = {412, 409, 405, 7}, quiet[] = {98, 98, 98, 0};
	struct component *c;
	one_down(w, ui);
	int64_t at_us = w->clock.wall_us;
	c = put(w, KIND_LANE, "138 > Ethereum", HEALTH_WARNING, SYMPTOM_BACKLOG, "7 messages wait, the oldest for 22 m; expected within 10 m");
	put_numbers(c, at_us, sent, 4, LANE_SENT);
	world_set_number(c, LANE_OLDEST_PENDING_S, 22 * 60, at_us);
	world_set_number(c, LANE_SLO_S, 600, 0);
	put_messages(w, c);
	c = put(w, KIND_LANE, "Ethereum > 138", HEALTH_OK, SYMPTOM_NONE, "delivers");
	put_numbers(c, at_us, quiet, 4, LANE_SENT);
	c = put(w, KIND_FEED, "ETH / USD", HEALTH_OK, SYMPTOM_NONE, "fresh");
	world_set_text(c, FEED_ANSWER, "2913.41", at_us);
	world_set_number(c, FEED_UPDATED_AGE_S, 312, at_us);
	world_set_number(c, FEED_HEARTBEAT_S, 3600, at_us);
	c = put(w, KIND_POD, "besu-validator-2", HEALTH_CRITICAL, SYMPTOM_CRASH_LOOP, "CrashLoopBackOff: restarted 4 times in 10 m, last OOMKilled");
	world_set_text(c, POD_READY, "0/1", at_us);
	world_set_number(c, POD_RESTARTS, 4, at_us);
	c = put(w, KIND_WORKLOAD, "besu-validator", HEALTH_WARNING, SYMPTOM_REPLICAS, "3 of 4 ready");
	world_set_number(c, WORKLOAD_READY, 3, at_us);
	world_set_number(c, WORKLOAD_DESIRED, 4, at_us);
	c = put(w, KIND_ALERT, "ValidatorDown", HEALTH_CRITICAL, SYMPTOM_FIRING, "besu-validator-2 is down");
	world_set_number(c, ALERT_SINCE_S, 14 * 60, at_us);
	put(w, KIND_PROBE, "alertmanager main", HEALTH_OK, SYMPTOM_NONE, "answers");
	c = put(w, KIND_PROBE, "gateway", HEALTH_STALE, SYMPTOM_UNREACHABLE, "cannot be seen: timeout 5 s");
	world_set_text(c, PROBE_VALUE, "200", at_us);
}

static void lane_in_detail(struct watch *w, struct ui *ui)
{
	all_kinds(w, ui);
	command(ui, "pane lanes");
	command(ui, "open");
}

/* An hour in which much was said and nobody has looked at the clocks. */
static void room(struct watch *w, struct ui *ui)
{
	respond(w, ui);
	command(ui, "scribe bob");
	command(ui, "offer commander bob all quiet, two validators to go");
	command(ui, "task bob 15m look at the power of rack 3");
	command(ui, "task - 5m call the data centre");
	command(ui, "task carol 10m read the logs of validator 3");
	command(ui, "task-done T3 nothing but timeouts");
	command(ui, "hypothesis one power supply feeds both machines");
	command(ui, "hypothesis a bad release");
	command(ui, "refute H2 both run the version of last week");
	command(ui, "finding both stopped within one second");
	command(ui, "decide restart 2 first, then 3");
	command(ui, "todo feed them from two");
	command(ui, "escalate team-lead nobody has a key to the room");
	w->clock.wall_us += 6 * US_PER_MINUTE;
	command(ui, "snooze update 30m");
	command(ui, "room");
}

static void handover(struct watch *w, struct ui *ui)
{
	room(w, ui);
	keys(ui, "H");
}

static void escalate(struct watch *w, struct ui *ui)
{
	respond(w, ui);
	keys(ui, "e");
}

/* --- very many nodes ------------------------------------------------------------------ */

static struct {
	struct net_node nodes[400];
	size_t count;
} crowded;

static void crowd_add(struct watch *w, const char *prefix, unsigned count, unsigned down)
{
	for (unsigned i = 0; i < count; i++) {
		char name[64];
		text_format(name, sizeof(name), "%s-%u", prefix, i + 1);
		crowded.nodes[crowded.count++] = (struct net_node){.component = world_add_node(w->net.world, name, "http://test"), .rpc_ms = 8, .peers = 5, .chain_id = 138, .no_key = true, .no_peers = true, .stopped = i < down};
	}
}

/* Each of them lives in the last place of the net while it is asked. */
static void crowd_run(struct watch *w, int seconds)
{
	struct net_node *place = &w->net.nodes[NET_NODES - 1];
	for (int second = 0; second < seconds; second++) {
		for (size_t i = 0; i < crowded.count; i++) {
			*place = crowded.nodes[i];
			net_sample(&w->net, NET_NODES - 1);
			crowded.nodes[i] = *place;
		}
		room_run(w, 1);
	}
}

/* Three hundred that serve, a few that sign, and some small groups in trouble. */
static void crowd(struct watch *w, struct ui *ui)
{
	static const struct {
		const char *name;
		unsigned count, down;
	} groups[] = {{"rpc", 300, 0}, {"archive", 2, 0}, {"bad-chain", 1, 1}, {"sentry", 40, 3}, {"boot", 4, 0}, {"bad-dead", 1, 1}, {"edge", 9, 2}, {"faucet", 1, 0}};
	(void)ui;
	crowded.count = 0;
	for (size_t g = 0; g < ARRAY_LENGTH(groups); g++)
		crowd_add(w, groups[g].name, groups[g].count, groups[g].down);
	crowd_run(w, 40);
}

static void crowd_zoomed(struct watch *w, struct ui *ui)
{
	crowd(w, ui);
	keys(ui, "1 z");
}

static const struct golden {
	const char *name;
	void (*make)(struct watch *w, struct ui *ui);
	int columns, rows;
	bool ascii;
} goldens[] = {
	{"healthy-80x24", healthy, 80, 24, false},
	{"healthy-80x24-ascii", healthy, 80, 24, true},
	{"healthy-120x36", healthy, 120, 36, false},
	{"one-down-80x24", one_down, 80, 24, false},
	{"one-down-120x36-ascii", one_down, 120, 36, true},
	{"parted-80x24", parted, 80, 24, false},
	{"all-kinds-80x24", all_kinds, 80, 24, false},
	{"all-kinds-160x50", all_kinds, 160, 50, false},
	{"lane-80x24", lane_in_detail, 80, 24, false},
	{"proposal-80x24", proposal_in_detail, 80, 24, false},
	{"triage-80x24", triage, 80, 24, false},
	{"respond-80x24", respond, 80, 24, false},
	{"respond-120x36", respond, 120, 36, false},
	{"resolve-100x30", resolve, 100, 30, false},
	{"review-100x30", review, 100, 30, false},
	{"timeline-80x24", timeline, 80, 24, false},
	{"blind-80x24", blind, 80, 24, false},
	{"observer-80x24", observer, 80, 24, false},
	{"plain-80x24", plain_chain, 80, 24, false},
	{"nothing-80x24", nothing_yet, 80, 24, false},
	{"room-80x24", room, 80, 24, false},
	{"room-120x36", room, 120, 36, false},
	{"handover-100x60", handover, 100, 60, false},
	{"escalate-80x24", escalate, 80, 24, false},
	{"drill-armed-100x30", drill_armed, 100, 30, false},
	{"crowd-80x24", crowd, 80, 24, false},
	{"crowd-zoomed-100x30", crowd_zoomed, 100, 30, false},
};

static void compare(const struct golden *golden, const char *shot)
{
	char path[1024];
	struct buf kept;
	struct error err = {0};
	const char *mode = getenv("TOCSIN_GOLDEN");
	snprintf(path, sizeof(path), "%s/screens/%s.txt", getenv("TOCSIN_FIXTURES"), golden->name);
	if (mode && strcmp(mode, "write") == 0) {
		if (file_write(path, shot, strlen(shot), 0644, &err) != STATUS_OK)
			fail_msg("%s", err.text);
		return;
	}
	buf_init(&kept, 1 << 20);
	if (file_read(path, 1 << 20, &kept, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	if (strcmp(buf_text(&kept), shot) != 0)
		fail_msg("%s looks different now:\n%s", golden->name, shot);
	buf_free(&kept);
}

static void screens_look_as_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(goldens); i++) {
		struct watch *w = room_open(4, 2);
		struct ui *ui = ui_new(w, goldens[i].ascii, true);
		goldens[i].make(w, ui);
		char *shot = room_shot(ui, goldens[i].columns, goldens[i].rows, goldens[i].ascii);
		compare(&goldens[i], shot);
		free(shot);
		ui_free(ui);
		room_close(w);
	}
}

/* --- what must hold at any size ------------------------------------------------------------ */

static void no_size_breaks_a_screen(void **state)
{
	static const struct {
		int columns, rows;
	} sizes[] = {{1, 1}, {40, 10}, {41, 11}, {79, 23}, {80, 24}, {81, 25}, {109, 30}, {110, 30}, {200, 60}, {300, 20}, {60, 100}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(goldens); i++) {
		struct watch *w = room_open(7, 5);
		struct ui *ui = ui_new(w, false, true);
		goldens[i].make(w, ui);
		for (size_t s = 0; s < ARRAY_LENGTH(sizes); s++) {
			char *shot = room_shot(ui, sizes[s].columns, sizes[s].rows, false);
			bool roomy = sizes[s].columns >= 80 && sizes[s].rows >= 24 && !ui_overlaid(ui);
			if (roomy && !strstr(shot, mode_name(w->mode)))
				fail_msg("%s at %dx%d does not name the mode:\n%s", goldens[i].name, sizes[s].columns, sizes[s].rows, shot);
			free(shot);
		}
		ui_free(ui);
		room_close(w);
	}
}

/* The sum of the numbers before a word on the screen. */
static size_t sum_before(const char *shot, const char *word)
{
	size_t sum = 0;
	for (const char *at = shot; (at = strstr(at, word)); at++) {
		const char *number = at;
		while (number > shot && number[-1] >= '0' && number[-1] <= '9')
			number--;
		if (number < at)
			sum += strtoul(number, NULL, 10);
	}
	return sum;
}

/* However few groups have a line of their own, and whatever is filtered. */
static void groups_add_up(void **state)
{
	static const struct {
		const char *name, *filter;
		bool zoomed;
		int columns, rows;
		size_t sum;
		const char *shown, *hidden;
	} cases[] = {
		{"the worst first", "", false, 80, 24, 364, "sentry", NULL},
		{"the rest in one line", "", false, 80, 24, 364, "and 7 more groups", "faucet"},
		{"a narrow one", "", false, 60, 24, 364, "critical", NULL},
		{"more when there is room", "", true, 120, 36, 364, "faucet", "more groups"},
		{"one is one", "", true, 120, 36, 364, " 1 node ", " 1 nodes"},
		{"those of the filter", "rpc-2", true, 120, 36, 111, "rpc", "bad-"},
		{"all but", "!rpc", true, 120, 36, 62, "bad-dead", NULL},
		{"nothing", "unicorn", true, 120, 36, 0, "hides all", NULL},
	};
	(void)state;
	struct watch *w = room_open(4, 2);
	struct ui *ui = ui_new(w, false, true);
	crowd(w, ui);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		print_message("%s\n", cases[i].name);
		ui_set_zoom(ui, cases[i].zoomed);
		text_format(ui_pane_state(ui, "nodes")->filter, PANE_FILTER, "%s", cases[i].filter);
		char *shot = room_shot(ui, cases[i].columns, cases[i].rows, false);
		/* The titles count too: all nodes once more, and the validators. */
		size_t titles = cases[i].zoomed ? 364 : 368, sum = sum_before(shot, " ok") + sum_before(shot, " critical");
		if (sum != titles + cases[i].sum || !strstr(shot, cases[i].shown) || (cases[i].hidden && strstr(shot, cases[i].hidden)))
			fail_msg("%zu nodes in:\n%s", sum - titles, shot);
		free(shot);
	}
	ui_free(ui);
	room_close(w);
}

/* An alarm says that it is over when nothing is left that rang. */
static void an_alarm_ends(void **state)
{
	(void)state;
	struct watch *w = room_open(4, 2);
	struct ui *ui = ui_new(w, false, true);
	one_down(w, ui);
	ui_alarm(ui, SEVERITY_P1, "Validator failure");
	char *shot = room_shot(ui, 80, 24, false);
	assert_non_null(strstr(shot, " ALARM P1 Validator failure"));
	free(shot);
	w->net.nodes[2].stopped = false;
	room_run(w, 120);
	shot = room_shot(ui, 80, 24, false);
	assert_non_null(strstr(shot, "nothing is proposed"));
	assert_non_null(strstr(shot, " OVER P1 Validator failure"));
	assert_null(strstr(shot, "ALARM"));
	free(shot);
	ui_free(ui);
	room_close(w);
}

/* Hundreds of nodes that nobody can see are one proposal that can be read on one page. */
static void a_proposal_of_hundreds_is_short(void **state)
{
	(void)state;
	struct watch *w = room_open(4, 2);
	struct ui *ui = ui_new(w, false, true);
	crowd(w, ui);
	for (size_t i = 0; i < crowded.count; i++)
		crowded.nodes[i].hidden = true;
	for (size_t i = 0; i < w->net.node_count; i++)
		w->net.nodes[i].hidden = true;
	crowd_run(w, 40);
	keys(ui, "3 Enter");
	char *shot = room_shot(ui, 100, 60, false);
	const char *evidence = strstr(shot, "│ evidence "), *sick = strstr(shot, "│ sick ");
	if (!evidence || !sick || evidence > sick || !strstr(shot, "more, all unreachable: connection refused") || !strstr(shot, "Esc, then d declares it"))
		fail_msg("%s", shot);
	free(shot);
	ui_free(ui);
	room_close(w);
}

/* Nothing is live when nobody answers, however short ago that was. */
static void nothing_is_live_without_an_answer(void **state)
{
	static const struct {
		int seconds;
		const char *says;
	} cases[] = {{3, "last answer 3 s ago"}, {7, "STALE 10 s"}};
	(void)state;
	struct watch *w = room_open(4, 2);
	struct ui *ui = ui_new(w, false, true);
	room_run(w, 40);
	for (size_t i = 0; i < w->net.node_count; i++)
		w->net.nodes[i].hidden = true;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		room_run(w, cases[i].seconds);
		char *shot = room_shot(ui, 120, 30, false);
		if (!strstr(shot, cases[i].says) || strstr(shot, " live "))
			fail_msg("%s", shot);
		free(shot);
	}
	ui_free(ui);
	room_close(w);
}

/* What a screen reader gets of a row: no bars, no dots. */
static void rows_are_read_in_words(void **state)
{
	static const struct {
		const struct pane *pane;
		size_t row;
		const char *says;
	} cases[] = {{&pane_nodes, 2, "lately 8 ms"}, {&pane_validators, 0, "last turns: 15 taken, 5 missed"}};
	(void)state;
	struct watch *w = room_open(4, 2);
	struct ui *ui = ui_new(w, false, true);
	one_down(w, ui);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buf text;
		buf_init(&text, 65536);
		assert_true(pane_row_text(ui, cases[i].pane, cases[i].row, &text));
		if (!strstr(buf_text(&text), cases[i].says) || strstr(buf_text(&text), "▁") || strstr(buf_text(&text), "●"))
			fail_msg("%s", buf_text(&text));
		buf_free(&text);
	}
	ui_free(ui);
	room_close(w);
}

/* Nobody told of alerts: that is no all-clear. */
static void no_alert_is_not_known_without_a_source(void **state)
{
	(void)state;
	struct watch *w = room_open(4, 2);
	struct ui *ui = ui_new(w, false, true);
	assert_string_equal(pane_alerts.empty(ui), "not known: no source of alerts answers");
	put(w, KIND_PROBE, "alertmanager main", HEALTH_OK, SYMPTOM_NONE, "answers");
	assert_string_equal(pane_alerts.empty(ui), "none fires");
	ui_free(ui);
	room_close(w);
}

static void hostile_names_stay_inert(void **state)
{
	(void)state;
	struct watch *w = room_open(4, 2);
	struct ui *ui = ui_new(w, false, true);
	struct error err = {0};
	room_run(w, 10);
	assert_int_equal(ui_command(ui, "declare \033[2J\033]0;owned\007title", &err), STATUS_OK);
	char *shot = room_shot(ui, 80, 24, false);
	assert_null(strchr(shot, '\033'));
	assert_null(strchr(shot, '\007'));
	assert_non_null(strstr(shot, "title"));
	free(shot);
	ui_free(ui);
	room_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens_look_as_kept),
		cmocka_unit_test(no_size_breaks_a_screen),
		cmocka_unit_test(groups_add_up),
		cmocka_unit_test(an_alarm_ends),
		cmocka_unit_test(a_proposal_of_hundreds_is_short),
		cmocka_unit_test(nothing_is_live_without_an_answer),
		cmocka_unit_test(rows_are_read_in_words),
		cmocka_unit_test(no_alert_is_not_known_without_a_source),
		cmocka_unit_test(hostile_names_stay_inert),
	};
	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
