/* The running war room without a screen, on a simulated network and a record of its
 * own: what it records, when it refuses, and that a new one goes on where it ended. */
#include "full_disk.h"

#include "drill/sim.h"
#include "base/mem.h"
#include "base/path.h"
#include "incident/act.h"
#include "watch/sections.h"
#include "watch/watch.h"

enum {
	DEADLINE_MS = 90000,
	LOOK_MS = 20,
};

/* --- a war room for one test ----------------------------------------------------------- */

struct room {
	struct loop *loop;
	struct watch *watch;
	size_t alarms;
	enum severity alarm;
	size_t errors;
	char error[480];
	bool done; /* the last append is durable or refused */
	enum status status;
};

struct stage_set {
	struct place place;
	struct sim *sim;
	struct config config;
};

static void on_message(void *arg, int severity, const char *text)
{
	struct room *room = arg;

	if (severity < 2)
		return;
	room->errors++;
	text_format(room->error, sizeof(room->error), "%s", text);
}

static void on_alarm(void *arg, enum severity severity, const char *title)
{
	struct room *room = arg;

	(void)title;
	room->alarms++;
	room->alarm = severity;
}

static const struct watch_events events = {.message = on_message, .alarm = on_alarm};

/* The machine's clock, as somebody else set it, and how long this program did not run. */
static int64_t set_by_us, stopped_us;

static int64_t wall_as_set(void *arg)
{
	(void)arg;
	return clock_wall_us(clock_system()) + set_by_us + stopped_us;
}

static int64_t mono_as_ever(void *arg)
{
	(void)arg;
	return clock_mono_us(clock_system()) + stopped_us;
}

static const struct clock settable = {.wall_us = wall_as_set, .mono_us = mono_as_ever};

static void room_open_as(struct room *room, const struct stage_set *set, const char *name, bool read_only, const char *const *environment)
{
	struct watch_options options = {.operator_name = name, .read_only = read_only, .tool_environment = environment};

	set_by_us = stopped_us = 0;
	*room = (struct room){.loop = loop_new()};
	room->watch = watch_new(room->loop, &settable, &set->config, record_open(set->place.path, read_only ? STORE_READ : STORE_WRITE), &options, &events, room);
}

static void room_open(struct room *room, const struct stage_set *set)
{
	room_open_as(room, set, "alice", false, NULL);
}

static void room_close(struct room *room)
{
	watch_free(room->watch);
	loop_free(room->loop);
}

/* A network of short periods, judged almost without dwell; broken since some minutes,
 * or healthy until it is told to break. */
static void set_up_with(struct stage_set *set, bool broken, const char *sections)
{
	struct sim_options options = {.scenario = "validator-failure", .seed = 7, .victim = "besu-validator-1", .block_period_ms = 1000, .request_timeout_ms = 1000, .break_after_ms = broken ? -1 : INT64_C(3600) * 1000};
	struct config_problems problems = {0};
	struct buf text;

	place_make(&set->place);
	assert_ok(sim_start(&set->sim, &options, ERR));
	buf_init(&text, 1024 * 1024);
	sim_config(set->sim, &text);
	buf_puts(&text, sections);
	if (config_parse(buf_text(&text), text.len, "sim", &set->config, &problems) != STATUS_OK)
		fail_msg("%s", problems.items[0].text);
	buf_free(&text);
	config_problems_free(&problems);
	set->config.thresholds.dwell_ms = set->config.thresholds.clear_ms = 300;
	for (size_t i = 0; i < set->config.node_count; i++)
		set->config.nodes[i].interval_ms = 250;
}

static void set_up(struct stage_set *set, bool broken)
{
	set_up_with(set, broken, "");
}

static void tear_down(struct stage_set *set)
{
	config_free(&set->config);
	sim_stop(set->sim);
	place_remove(&set->place);
}

/* --- waiting for what must come ----------------------------------------------------------- */

struct wait {
	struct room *room;
	bool (*holds)(struct room *room);
	int64_t deadline_us;
};

static void look(void *arg)
{
	struct wait *wait = arg;

	if (wait->holds(wait->room) || clock_mono_us(clock_system()) > wait->deadline_us)
		loop_stop(wait->room->loop);
}

static bool comes(struct room *room, bool (*holds)(struct room *room), int64_t for_ms)
{
	struct wait wait = {room, holds, clock_mono_us(clock_system()) + for_ms * US_PER_MS};
	struct loop_timer *timer = loop_timer(room->loop, 1, LOOK_MS, look, &wait);

	loop_run(room->loop);
	loop_timer_stop(timer);
	return holds(room);
}

#define assert_comes(room, holds)                                                \
	do {                                                                     \
		if (!comes(room, holds, DEADLINE_MS))                            \
			fail_msg("%s did not come (%s)", #holds, (room)->error); \
	} while (0)

static bool never(struct room *room)
{
	(void)room;
	return false;
}

static bool settled(struct room *room)
{
	return watch_settled(room->watch);
}

static bool loaded(struct room *room)
{
	return !watch_busy(room->watch);
}

static bool collects(struct room *room)
{
	return loaded(room) && watch_is_collector(room->watch);
}

static bool stands_back(struct room *room)
{
	return loaded(room) && !watch_is_collector(room->watch) && *watch_lease_holder(room->watch);
}

static size_t count_events(const struct room *room, enum event_kind kind)
{
	const struct fold *fold = watch_fold(room->watch);
	size_t count = 0;

	for (size_t i = 0; i < fold_event_count(fold); i++)
		count += fold_event_at(fold, i)->kind == kind;
	return count;
}

static bool everything_known(struct room *room)
{
	const struct world *world = watch_world(room->watch);

	return collects(room) && settled(room) &&
		count_events(room, EVENT_PROBE_CHANGE) >= world_count(world, KIND_CHAIN) + world_count(world, KIND_NODE) + world_count(world, KIND_VALIDATOR);
}

static bool proposed(struct room *room)
{
	return fold_proposal_count(watch_fold(room->watch)) > 0;
}

static bool sees_the_fault(struct room *room)
{
	return watch_proposals(room->watch)->count > 0;
}

static bool durable(struct room *room)
{
	return room->done;
}

static bool idle(struct room *room)
{
	return !watch_busy(room->watch);
}

static void on_done(void *arg, enum status status, const struct error *err)
{
	struct room *room = arg;

	(void)err;
	room->done = true;
	room->status = status;
}

/* Appends what was drafted and waits until it is durable. */
static void append(struct room *room, struct drafts *drafts)
{
	room->done = false;
	assert_ok(watch_append(room->watch, drafts, on_done, room, ERR));
	drafts_free(drafts);
	assert_comes(room, durable);
	assert_int_equal(room->status, STATUS_OK);
}

/* --- the walk of an incident --------------------------------------------------------------- */

static void declare(struct room *room)
{
	struct drafts drafts;
	struct declaration d = {.proposal_key = fold_proposal_at(watch_fold(room->watch), 0)->key};
	struct actor who = watch_actor(room->watch);
	char id[16];

	drafts_init(&drafts);
	assert_ok(act_declare(watch_fold(room->watch), &who, &d, id, &drafts, ERR));
	append(room, &drafts);
	assert_string_equal(id, "INC-1");
}

static void to_respond(struct room *room)
{
	const struct fold *fold = watch_fold(room->watch);
	struct actor who = watch_actor(room->watch);
	struct drafts drafts;
	struct runbook book;
	char hex[SHA256_TEXT];

	declare(room);
	assert_ok(runbook_find("validator-failure", NULL, &book, ERR));
	drafts_init(&drafts);
	assert_ok(act_role(fold, &who, "INC-1", "commander", "alice", &drafts, ERR));
	assert_ok(act_impact(fold, &who, "INC-1", "one validator is gone", &drafts, ERR));
	assert_ok(act_runbook(fold, &who, "INC-1", "validator-failure", sha256_text(hex, &book.sha256), &drafts, ERR));
	runbook_free(&book);
	append(room, &drafts);
	drafts_init(&drafts);
	assert_ok(act_stage(fold, &who, "INC-1", STAGE_RESPOND, NULL, &drafts, ERR));
	append(room, &drafts);
}

static void room_with_fault(struct room *room, struct stage_set *set)
{
	set_up(set, true);
	room_open(room, set);
	assert_comes(room, proposed);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void prehistory_comes_before_any_incident(void **state)
{
	struct stage_set set;
	struct room room;

	(void)state;
	set_up(&set, false);
	room_open(&room, &set);
	assert_comes(&room, everything_known);
	const struct fold *fold = watch_fold(room.watch);
	assert_int_equal(fold_incident_count(fold), 0);
	for (size_t i = 0; i < fold_event_count(fold); i++) {
		const struct event *event = fold_event_at(fold, i);
		if (event->kind != EVENT_PROBE_CHANGE)
			continue;
		assert_null(event->incident);
		assert_string_equal(event->actor, "tocsin");
	}
	assert_int_equal(room.alarms, 0);
	assert_null(watch_trouble(room.watch));
	room_close(&room);
	struct verification v;
	record_verify(set.place.path, &v);
	assert_true(v.consistent);
	tear_down(&set);
}

static void proposal_is_recorded_once(void **state)
{
	struct stage_set set;
	struct room room;

	(void)state;
	set_up(&set, false);
	room_open(&room, &set);
	assert_comes(&room, everything_known);
	sim_break(set.sim);
	assert_comes(&room, proposed);
	const struct open_proposal *proposal = fold_proposal_at(watch_fold(room.watch), 0);
	assert_int_equal(proposal->cause, CAUSE_VALIDATOR_FAILURE);
	assert_int_equal(proposal->severity, SEVERITY_P1);
	int64_t proposed_us = proposal->proposed_us;
	comes(&room, never, 2000); /* eight ticks more */
	assert_int_equal(count_events(&room, EVENT_DETECTOR_PROPOSED), 1);
	assert_int_equal(fold_proposal_count(watch_fold(room.watch)), 1);
	assert_int_equal(room.alarms, 1);
	assert_int_equal(room.alarm, SEVERITY_P1);
	declare(&room);
	comes(&room, never, 1000);
	assert_int_equal(fold_proposal_count(watch_fold(room.watch)), 0);
	assert_int_equal(count_events(&room, EVENT_DETECTOR_PROPOSED), 1);
	assert_int_equal(room.alarms, 1); /* it rang already */
	const struct incident *incident = fold_incident(watch_fold(room.watch), "INC-1");
	assert_true(incident->impact_started_us < proposed_us); /* measured from the first symptom */
	assert_int_equal(fold_event(watch_fold(room.watch), incident->timeline[0].seq)->kind, EVENT_PROBE_CHANGE);
	room_close(&room);
	tear_down(&set);
}

static bool told_of_a_step(struct room *room)
{
	return count_events(room, EVENT_CLOCK_STEP) > 0;
}

static bool told_of_two_steps(struct room *room)
{
	return count_events(room, EVENT_CLOCK_STEP) > 1;
}

/* Somebody sets the clock of this machine an hour ahead, and back: it goes on record,
 * nothing gets sick of it, and an armed minute stays a minute. */
/* After the first changes, blocks of another hour may warn of clocks that differ; nothing
 * more. */
static void assert_nothing_worse(struct room *room, size_t first)
{
	for (size_t i = 0; i < fold_event_count(watch_fold(room->watch)); i++) {
		const struct event *event = fold_event_at(watch_fold(room->watch), i);
		if (event->kind == EVENT_PROBE_CHANGE && first > 0)
			first--;
		else if (event->kind == EVENT_PROBE_CHANGE && (strstr(event->data, "\"to\":\"critical\"") || strstr(event->data, "\"to\":\"stale\"")))
			fail_msg("%s", event->data);
	}
}

static void a_stepped_clock_alarms_nobody(void **state)
{
	struct stage_set set;
	struct room room;

	(void)state;
	set_up(&set, false);
	room_open(&room, &set);
	assert_comes(&room, everything_known);
	size_t changes = count_events(&room, EVENT_PROBE_CHANGE);
	assert_ok(watch_arm(room.watch, 1, "a test", NULL, ERR));
	set_by_us = US_PER_HOUR;
	assert_comes(&room, told_of_a_step);
	comes(&room, never, 2000);
	assert_int_equal(watch_mode(room.watch), MODE_ARMED);
	set_by_us = 0;
	assert_comes(&room, told_of_two_steps);
	comes(&room, never, 2000);
	assert_int_equal(watch_mode(room.watch), MODE_ARMED);
	assert_int_equal(watch_proposals(room.watch)->count, 0);
	assert_int_equal(count_events(&room, EVENT_DETECTOR_PROPOSED), 0);
	assert_int_equal(room.alarms, 0);
	assert_nothing_worse(&room, changes);
	room_close(&room);
	tear_down(&set);
}

static bool asked_anew(struct room *room)
{
	for (size_t i = 0; i < world_count(watch_world(room->watch), KIND_NODE); i++)
		if (component_age_us(world_at(watch_world(room->watch), KIND_NODE, i), clock_wall_us(&settable)) > US_PER_S)
			return false;
	return true;
}

/* A stopped process or a sleeping machine: everything that it knows is old, and no news. */
static void a_pause_of_our_own_alarms_nobody(void **state)
{
	struct stage_set set;
	struct room room;

	(void)state;
	set_up(&set, false);
	/* The network did not stop with us: to our clock its blocks are old from now on. */
	set.config.thresholds.block_period_ms = set.config.thresholds.request_timeout_ms = 60000;
	/* Seldom asked, so that it would judge before an answer comes by itself. */
	for (size_t i = 0; i < set.config.node_count; i++)
		set.config.nodes[i].interval_ms = 4000;
	room_open(&room, &set);
	assert_comes(&room, everything_known);
	size_t changes = count_events(&room, EVENT_PROBE_CHANGE);
	stopped_us = 2 * set.config.thresholds.stale_after_ms * US_PER_MS;
	assert_comes(&room, asked_anew);
	assert_comes(&room, settled);
	comes(&room, never, 1500);
	assert_nothing_worse(&room, changes);
	assert_int_equal(count_events(&room, EVENT_CLOCK_STEP), 0);
	assert_int_equal(room.alarms, 0);
	room_close(&room);
	tear_down(&set);
}

static bool one_node_is_proposed(struct room *room)
{
	return proposed(room) && fold_proposal_at(watch_fold(room->watch), 0)->severity == SEVERITY_P2;
}

static bool rang(struct room *room)
{
	return room->alarms > 0;
}

static void stop_node(const struct stage_set *set, const char *name)
{
	char order[64], answer[256];

	assert_ok(sim_control(set->sim, text_format(order, sizeof(order), "stop %s", name), answer, sizeof(answer), ERR));
}

/* One RPC node that fails rings nowhere; that none serves must. */
static void what_grows_worse_rings(void **state)
{
	struct stage_set set;
	struct room room;

	(void)state;
	set_up(&set, false);
	room_open(&room, &set);
	assert_comes(&room, everything_known);
	stop_node(&set, "besu-rpc-0");
	assert_comes(&room, one_node_is_proposed);
	assert_int_equal(room.alarms, 0);
	stop_node(&set, "besu-rpc-1");
	assert_comes(&room, rang);
	assert_int_equal(room.alarm, SEVERITY_P1);
	room_close(&room);
	tear_down(&set);
}

/* What becomes durable while it closes is still delivered, to nobody. */
static void leaving_right_after_declaring(void **state)
{
	struct stage_set set;
	struct room room;
	struct drafts drafts;
	struct declaration d = {.title = "Something smells", .severity = SEVERITY_P1};
	char id[16];

	(void)state;
	set_up(&set, false);
	room_open(&room, &set);
	assert_comes(&room, collects);
	struct actor who = watch_actor(room.watch);
	drafts_init(&drafts);
	assert_ok(act_declare(watch_fold(room.watch), &who, &d, id, &drafts, ERR));
	assert_ok(watch_append(room.watch, &drafts, NULL, NULL, ERR));
	drafts_free(&drafts);
	room_close(&room);
	room_open(&room, &set);
	assert_comes(&room, loaded);
	assert_int_equal(fold_incident_count(watch_fold(room.watch)), 1);
	room_close(&room);
	tear_down(&set);
}

/* Two consoles on one record: one writes what machines see, both what people do. */
static bool reminded_twice(struct room *room)
{
	return count_events(room, EVENT_CLOCK_DUE) >= 2;
}

/* Nobody commands: said twice, then no more, whatever is done to the clock. */
static void one_console_reminds_of_each_thing_once(void **state)
{
	struct stage_set set;
	struct room first, second;

	(void)state;
	set_up_with(&set, true, "\n[clocks]\ncommander = 1s\ncall_out = 30m\nnags = 2\n");
	room_open(&first, &set);
	assert_comes(&first, proposed);
	declare(&first);
	assert_comes(&first, reminded_twice);
	room_open_as(&second, &set, "bob", false, NULL);
	assert_comes(&second, stands_back);
	set_by_us = US_PER_HOUR;
	comes(&first, never, 1500);
	comes(&second, never, 500);
	for (struct room *room = &first; room; room = room == &first ? &second : NULL) {
		assert_int_equal(count_events(room, EVENT_CLOCK_STEP), 1);
		assert_int_equal(count_events(room, EVENT_CLOCK_DUE), 2);
	}
	room_close(&second);
	room_close(&first);
	tear_down(&set);
}

static void second_console_leaves_the_machine_to_the_first(void **state)
{
	struct stage_set set;
	struct room first, second;
	struct drafts drafts;

	(void)state;
	set_up(&set, false);
	room_open(&first, &set);
	assert_comes(&first, everything_known);
	room_close(&first); /* gives the lease back */

	room_open(&second, &set);
	assert_comes(&second, collects);
	room_open_as(&first, &set, "bob", false, NULL);
	assert_comes(&first, stands_back);
	struct head before = watch_head(first.watch);
	sim_break(set.sim);
	assert_comes(&first, sees_the_fault); /* it watches for itself */
	comes(&first, never, 1000);
	assert_int_equal(watch_head(first.watch).seq, before.seq);
	drafts_init(&drafts);
	struct actor who = watch_actor(first.watch);
	assert_ok(act_note(watch_fold(first.watch), &who, NULL, "seen by bob", 0, 0, &drafts, ERR));
	append(&first, &drafts);
	assert_int_equal(watch_head(first.watch).seq, before.seq + 1);
	assert_comes(&second, proposed);
	assert_int_equal(count_events(&second, EVENT_NOTE), 1); /* and hears of the other */
	room_close(&first);
	room_close(&second);
	tear_down(&set);
}

static void observer_writes_nothing(void **state)
{
	struct stage_set set;
	struct room room;
	struct drafts drafts;
	struct error err = {0};

	(void)state;
	set_up(&set, false);
	record_fill(set.place.path, 3);
	room_open_as(&room, &set, "eve", true, NULL);
	assert_comes(&room, loaded);
	assert_int_equal(watch_mode(room.watch), MODE_OBSERVER);
	assert_string_equal(mode_name(watch_mode(room.watch)), "OBSERVER");
	assert_comes(&room, settled);
	struct actor who = watch_actor(room.watch);
	drafts_init(&drafts);
	assert_ok(act_note(watch_fold(room.watch), &who, NULL, "x", 0, 0, &drafts, ERR));
	assert_int_equal(watch_append(room.watch, &drafts, on_done, &room, &err), STATUS_REFUSED);
	assert_non_null(strstr(err.text, "OBSERVER"));
	assert_false(room.done);
	drafts_free(&drafts);
	assert_int_equal(watch_arm(room.watch, 10, "because", NULL, NULL), STATUS_REFUSED);
	assert_int_equal(watch_mode(room.watch), MODE_OBSERVER);
	assert_int_equal(watch_evidence(room.watch, "INC-1", "/etc/hostname", NULL, NULL), STATUS_REFUSED);
	comes(&room, never, 500);
	assert_int_equal(watch_head(room.watch).seq, 3);
	assert_false(watch_is_collector(room.watch));
	room_close(&room);
	tear_down(&set);
}

/* A kubectl that says what it was asked and does nothing. */
static void write_tool(const struct place *place, char *path, size_t size)
{
	char name[128];

	snprintf(name, sizeof(name), "%s/kubectl", place->dir);
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	fputs("#!/bin/sh\ncase $1 in\nconfig) echo \"contexts: prod\"; exit 0;;\n--kubeconfig=*) exit 0;;\nesac\necho \"asked: $*\"\nexit 3\n", file);
	fclose(file);
	assert_int_equal(chmod(name, 0700), 0);
	snprintf(path, size, "PATH=%s:/usr/bin:/bin", place->dir);
}

/* Adds a section with one key, as if it had been in the file. */
static void configure(struct config *config, const char *word, const char *key, const char *value)
{
	config->sections = xreallocarray(config->sections, config->section_count + 1, sizeof(*config->sections));
	for (size_t i = 0; declared_sections[i]; i++)
		if (strcmp(declared_sections[i]->word, word) == 0)
			settings_init(&config->sections[config->section_count], declared_sections[i], "", 0);
	assert_ok(settings_set(&config->sections[config->section_count++], key, value, 0, ERR));
}

/* Shows a step's first command and runs what was shown. */
static enum status run_step(struct room *room, const char *step, struct error *err)
{
	struct command_view view;
	enum status status = watch_command(room->watch, "INC-1", step, 0, &view, err);

	if (status == STATUS_OK)
		status = watch_run_step(room->watch, "INC-1", step, 0, view.fingerprint, err);
	command_view_free(&view);
	return status;
}

/* Steps 1 (describe) and 4 (delete) of the shipped runbook. */
static void modes_meet_danger(void **state)
{
	struct stage_set set;
	struct room room;
	struct command_view view;
	struct error err = {0};
	char path[128];
	const char *environment[] = {path, NULL};

	(void)state;
	set_up(&set, true);
	write_tool(&set.place, path, sizeof(path));
	configure(&set.config, "kubernetes", "context", "prod");
	room_open_as(&room, &set, "alice", false, environment);
	assert_comes(&room, proposed);
	to_respond(&room);

	assert_int_equal(watch_mode(room.watch), MODE_UNARMED);
	assert_ok(watch_command(room.watch, "INC-1", "4", 0, &view, ERR));
	assert_int_equal(view.danger, DANGER_MUTATE);
	assert_non_null(strstr(view.refused, "UNARMED runs only what is known to be a read"));
	assert_non_null(strstr(view.resolved, "besu-validator-1"));
	assert_null(strstr(view.bound.script, "besu-validator-1")); /* values go by the environment */
	assert_string_equal(view.context, "context prod, namespace besu-network; no other context is within reach");
	command_view_free(&view);
	assert_int_equal(run_step(&room, "4", &err), STATUS_REFUSED);
	assert_int_equal(count_events(&room, EVENT_STEP_STARTED), 0);

	assert_ok(run_step(&room, "1", ERR));
	assert_true(watch_busy(room.watch));
	assert_int_equal(run_step(&room, "1", NULL), STATUS_CONFLICT);
	assert_comes(&room, idle);
	struct run_view run;
	assert_true(watch_run_view(room.watch, "INC-1", NULL, &run));
	assert_false(run.running);
	assert_string_equal(run.step, "1");
	assert_int_equal(run.exit_code, 3);
	assert_non_null(strstr(run.output, "asked: describe pod besu-validator-1 -n "));
	const struct incident *incident = fold_incident(watch_fold(room.watch), "INC-1");
	assert_int_equal(incident->step_count > 0, true);
	assert_true(incident->steps[0].ran);
	assert_int_equal(incident->steps[0].exit_code, 3);
	assert_non_null(strstr(incident->steps[0].output, "asked: describe pod"));

	assert_ok(watch_arm(room.watch, 10, "the pod hangs", "INC-1", ERR));
	assert_int_equal(watch_mode(room.watch), MODE_UNARMED); /* until it is durable */
	assert_comes(&room, idle);
	assert_int_equal(watch_mode(room.watch), MODE_ARMED);
	assert_int_equal(count_events(&room, EVENT_MODE_ARMED), 1);
	assert_ok(watch_command(room.watch, "INC-1", "4", 0, &view, ERR));
	assert_string_equal(view.refused, "");
	command_view_free(&view);
	assert_ok(watch_arm(room.watch, 0, "done", "INC-1", ERR));
	assert_int_equal(watch_mode(room.watch), MODE_UNARMED);
	assert_int_equal(watch_arm(room.watch, 121, "too long", "INC-1", NULL), STATUS_INVALID);

	assert_int_equal(watch_command(room.watch, "INC-1", "99", 0, &view, NULL), STATUS_NOT_FOUND);
	assert_int_equal(watch_command(room.watch, "INC-1", "5", 0, &view, NULL), STATUS_NOT_FOUND); /* by hand */
	assert_int_equal(watch_command(room.watch, "INC-9", "1", 0, &view, NULL), STATUS_NOT_FOUND);
	room_close(&room);
	tear_down(&set);
}

/* The only evidence in the record. */
static void the_blob(const struct stage_set *set, struct buf *out)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	buf_init(out, 8 * 1024 * 1024);
	assert_int_equal(sqlite3_open_v2(set->place.path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT bytes FROM blob", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	buf_add(out, sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

/* True if the bytes of a text stand somewhere, behind a NUL as well. */
static bool holds(const struct buf *bytes, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i + len <= bytes->len; i++)
		if (memcmp(bytes->data + i, text, len) == 0)
			return true;
	return false;
}

static bool lost_the_lease(struct room *room)
{
	return !watch_is_collector(room->watch);
}

static bool heard_of_the_full_disk(struct room *room)
{
	return strstr(room->error, "disk is full") != NULL;
}

/* While the record refuses everything, what is seen waits, and what is concluded from it is
 * not concluded again with each try, also when the lease runs out over it. Then the room
 * that is left for the reserve is enough to go on, and nobody had to append anything. */
static void a_full_disk_loses_and_repeats_nothing(void **state)
{
	struct stage_set set;
	struct room room;

	(void)state;
	set_up(&set, false);
	disk_begin(&set.place);
	room_open(&room, &set);
	assert_comes(&room, everything_known);
	size_t changes = count_events(&room, EVENT_PROBE_CHANGE);
	disk_becomes(DISK_FULL);
	sim_break(set.sim);
	assert_comes(&room, sees_the_fault);
	assert_int_equal(watch_arm(room.watch, 5, "the pod hangs", NULL, NULL), STATUS_OK);
	assert_comes(&room, heard_of_the_full_disk);
	assert_comes(&room, lost_the_lease); /* many tries */
	assert_int_equal(count_events(&room, EVENT_DETECTOR_PROPOSED), 0);
	assert_int_equal(watch_mode(room.watch), MODE_UNARMED);
	disk_becomes(DISK_TIGHT);
	assert_comes(&room, proposed);
	assert_true(watch_is_collector(room.watch));
	comes(&room, never, 500);
	assert_int_equal(count_events(&room, EVENT_DETECTOR_PROPOSED), 1);
	assert_true(count_events(&room, EVENT_PROBE_CHANGE) > changes);
	room_close(&room);
	disk_end();
	tear_down(&set);
}

/* A secret that a command says is masked wherever reads and lines are cut, and beside
 * bytes that are no text; what is left out is told. */
static void secrets_of_commands_are_masked(void **state)
{
	static const char tool[] = "#!/bin/sh\n"
				   "printf 'a\\0b http://me:hunter2@h/0123456789abcdef0123/x?token=t1 c\\n'\n"
				   "printf '%16370s/0123456789abcdef0123 z\\n' x\n"
				   "printf '\\303'; printf '\\251t\\303\\251\\n'; printf '/0123456789abcdef0123'\n"
				   "head -c 1500000 /dev/zero | tr '\\0' 'e' >&2\n";
	struct stage_set set;
	struct room room;
	struct run_view run;
	struct buf blob;
	char path[128], file[160];
	const char *environment[] = {path, NULL};

	(void)state;
	set_up(&set, true);
	write_tool(&set.place, path, sizeof(path));
	snprintf(file, sizeof(file), "%s/kubectl", set.place.dir);
	assert_ok(file_write(file, tool, sizeof(tool) - 1, 0700, ERR));
	room_open_as(&room, &set, "alice", false, environment);
	assert_comes(&room, proposed);
	to_respond(&room);
	assert_ok(watch_bind(room.watch, "INC-1", "rpc_url", "http://me:hunter2@h/0123456789abcdef0123/x?token=t1", ERR));
	assert_ok(run_step(&room, "1", ERR));
	assert_comes(&room, idle);
	assert_true(watch_run_view(room.watch, "INC-1", NULL, &run));
	assert_non_null(strstr(run.output, "b http://***@h/***/x?*** c\n"));
	assert_non_null(strstr(run.output, "x/*** z\n"));
	assert_non_null(strstr(run.output, "\xc3\xa9t\xc3\xa9\n"));
	assert_null(strstr(run.output, "hunter2"));
	assert_null(strstr(run.output, "0123456789abcdef"));
	const struct incident *incident = fold_incident(watch_fold(room.watch), "INC-1");
	assert_null(strstr(incident->steps[0].output, "hunter2"));
	room_close(&room);
	the_blob(&set, &blob);
	assert_false(holds(&blob, "hunter2"));
	assert_false(holds(&blob, "0123456789abcdef"));
	assert_true(holds(&blob, "x/*** z\n")); /* behind the NUL */
	assert_true(holds(&blob, "eeee\n--- standard error ---") || holds(&blob, "--- standard error ---\neeee"));
	buf_free(&blob);
	tear_down(&set);
}

/* Whoever leaves while a command runs, or just after it was confirmed, reads its end in
 * the record. */
static void leaving_ends_what_runs(void **state)
{
	struct stage_set set;
	struct room room;
	char path[128];
	const char *environment[] = {path, NULL};

	(void)state;
	set_up(&set, true);
	write_tool(&set.place, path, sizeof(path));
	room_open_as(&room, &set, "alice", false, environment);
	assert_comes(&room, proposed);
	to_respond(&room);
	assert_ok(run_step(&room, "1", ERR));
	room_close(&room);
	room_open(&room, &set);
	assert_comes(&room, loaded);
	assert_int_equal(count_events(&room, EVENT_STEP_STARTED), 1);
	assert_int_equal(count_events(&room, EVENT_STEP_RAN), 1);
	const struct incident *incident = fold_incident(watch_fold(room.watch), "INC-1");
	assert_true(incident->steps[0].ran);
	assert_int_equal(incident->steps[0].exit_code, -1);
	room_close(&room);
	tear_down(&set);
}

/* Takes a runbook that stands in the place of the test. */
static void take_own_runbook(struct room *room, struct stage_set *set)
{
	struct actor who = watch_actor(room->watch);
	struct drafts drafts;
	char path[160], text[1024], hex[SHA256_TEXT];

	snprintf(path, sizeof(path), "%s/own.md", set->place.dir);
	snprintf(text, sizeof(text), "# Own\n\n1. Wait\n\n   ```sh\n   sleep 1000\n   ```\n\n2. Look\n\n   ```sh\n   echo seen\n   ```\n\n"
				     "3. Verify that it is there\n\n   ```sh\n   test -e %s/flag\n   ```\n\n4. Change\n\n   ```sh\n   touch %s/flag\n   ```\n",
		 set->place.dir, set->place.dir);
	assert_ok(file_write(path, text, strlen(text), 0600, ERR));
	struct hash256 hash = sha256(text, strlen(text));
	drafts_init(&drafts);
	assert_ok(act_runbook_steps(watch_fold(room->watch), &who, "INC-1", "own", path, sha256_text(hex, &hash), NULL, 0, &drafts, ERR));
	append(room, &drafts);
}

static bool first_look_failed(struct room *room)
{
	struct run_view run;

	bool looked = watch_run_view(room->watch, "INC-1", "3", &run) && run.looks == 1;
	return looked && watch_run_view(room->watch, "INC-1", "2", &run) && !run.running;
}

static bool check_ended(struct room *room)
{
	struct run_view run;

	return watch_run_view(room->watch, "INC-1", "3", &run) && !run.running;
}

static bool change_observed(struct room *room)
{
	return count_events(room, EVENT_STEP_OBSERVED) == 1;
}

static bool armed(struct room *room)
{
	return watch_mode(room->watch) == MODE_ARMED;
}

static bool said_changed(struct room *room)
{
	return watch_runbook_changed(room->watch, "INC-1");
}

/* Several commands at once, each ended for itself; a check that holds only after another
 * step changed something; and how the affected components were before and after that. */
static void several_run_at_once_and_checks_are_repeated(void **state)
{
	struct stage_set set;
	struct room room;
	struct run_view run;
	struct error err = {0};
	char path[160];

	(void)state;
	room_with_fault(&room, &set);
	to_respond(&room);
	take_own_runbook(&room, &set);
	assert_ok(run_step(&room, "1", ERR));
	assert_ok(run_step(&room, "2", ERR));
	assert_int_equal(watch_runs_going(room.watch, "INC-1"), 2);
	assert_int_equal(watch_verify_step(room.watch, "INC-1", "2", &err), STATUS_REFUSED);
	assert_non_null(strstr(err.text, "has no check to repeat"));
	assert_ok(watch_verify_step(room.watch, "INC-1", "3", ERR));
	assert_comes(&room, first_look_failed);
	assert_true(watch_run_view(room.watch, "INC-1", "2", &run));
	assert_string_equal(run.output, "seen\n");
	assert_false(run.running);
	assert_true(watch_run_view(room.watch, "INC-1", "3", &run));
	assert_non_null(strstr(run.output, "--- look 1: exit 1, does not hold; again in "));
	watch_run_cancel(room.watch, "INC-1", "1");
	assert_ok(watch_arm(room.watch, 10, "to change it", "INC-1", ERR));
	assert_comes(&room, armed);
	assert_ok(run_step(&room, "4", ERR));
	assert_comes(&room, check_ended);
	assert_true(watch_run_view(room.watch, "INC-1", "3", &run));
	assert_true(run.holds);
	assert_int_equal(run.looks, 2);
	assert_true(watch_run_view(room.watch, "INC-1", "1", &run));
	assert_true(run.cancelled);
	assert_comes(&room, idle);
	const struct incident *incident = fold_incident(watch_fold(room.watch), "INC-1");
	for (size_t i = 0; i < incident->step_count; i++)
		if (strcmp(incident->steps[i].number, "3") == 0)
			assert_int_equal(incident->steps[i].state, STEP_DONE); /* a check that holds is all there is to it */
	assert_comes(&room, change_observed);
	/* The text changes on disk: this is known, and the one that was taken stays. */
	snprintf(path, sizeof(path), "%s/own.md", set.place.dir);
	assert_ok(file_write(path, "# Other\n\n1. Nothing\n", 21, 0600, ERR));
	assert_comes(&room, said_changed);
	assert_int_equal(watch_runbook(room.watch, "INC-1", NULL)->step_count, 4);
	room_close(&room);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/flag", set.place.dir);
	assert_int_equal(unlink(path), 0);
	tear_down(&set);
}

/* A new console on the record stands where the last one stood. */
static void resumes_where_it_ended(void **state)
{
	struct stage_set set;
	struct room room;
	struct drafts drafts;

	(void)state;
	room_with_fault(&room, &set);
	to_respond(&room);
	struct actor who = watch_actor(room.watch);
	drafts_init(&drafts);
	assert_ok(act_step(watch_fold(room.watch), &who, "INC-1", "1", "Check the pod's status", STEP_DONE, "seen", &drafts, ERR));
	append(&room, &drafts);
	struct head head = watch_head(room.watch);
	room_close(&room);

	room_open(&room, &set);
	assert_comes(&room, loaded);
	assert_true(watch_head(room.watch).seq >= head.seq);
	const struct incident *incident = fold_current(watch_fold(room.watch));
	assert_non_null(incident);
	assert_string_equal(incident->id, "INC-1");
	assert_int_equal(incident->stage, STAGE_RESPOND);
	assert_string_equal(incident->owner, "alice");
	assert_string_equal(incident->runbook, "validator-failure");
	assert_string_equal(incident->steps[0].number, "1");
	assert_int_equal(incident->steps[0].state, STEP_DONE);
	/* The fault is still there, and known: it is not proposed a second time. */
	assert_comes(&room, collects);
	assert_comes(&room, sees_the_fault);
	comes(&room, never, 1000);
	assert_int_equal(count_events(&room, EVENT_DETECTOR_PROPOSED), 1);
	assert_int_equal(room.alarms, 0);
	room_close(&room);
	tear_down(&set);
}

static bool checks_passed(struct room *room)
{
	const struct incident *incident = fold_incident(watch_fold(room->watch), "INC-1");
	size_t passed = 0;

	for (size_t i = 0; i < incident->check_count; i++)
		passed += incident->checks[i].passed;
	return incident->check_total > 0 && passed == incident->check_total;
}

static void checks_run_by_themselves(void **state)
{
	struct stage_set set;
	struct room room;
	struct drafts drafts;

	(void)state;
	room_with_fault(&room, &set);
	to_respond(&room);
	assert_null(watch_checker(room.watch, "INC-1"));
	struct actor who = watch_actor(room.watch);
	drafts_init(&drafts);
	assert_ok(act_stage(watch_fold(room.watch), &who, "INC-1", STAGE_RESOLVE, "healed from outside", &drafts, ERR));
	append(&room, &drafts);
	comes(&room, never, 1000);
	assert_non_null(watch_checker(room.watch, "INC-1"));
	assert_false(checks_passed(&room));
	drafts_init(&drafts);
	assert_int_equal(act_stage(watch_fold(room.watch), &who, "INC-1", STAGE_REVIEW, NULL, &drafts, NULL), STATUS_REFUSED);
	sim_heal(set.sim);
	assert_comes(&room, checks_passed);
	assert_ok(act_stage(watch_fold(room.watch), &who, "INC-1", STAGE_REVIEW, NULL, &drafts, ERR));
	append(&room, &drafts);
	comes(&room, never, 500);
	assert_null(watch_checker(room.watch, "INC-1"));
	room_close(&room);
	tear_down(&set);
}

static void evidence_is_kept_with_its_hash(void **state)
{
	struct stage_set set;
	struct room room;

	(void)state;
	room_with_fault(&room, &set);
	declare(&room);
	assert_ok(watch_evidence(room.watch, "INC-1", "/proc/self/comm", "our name", ERR));
	assert_comes(&room, idle);
	assert_int_equal(fold_incident(watch_fold(room.watch), "INC-1")->evidence_count, 1);
	assert_ok(watch_evidence(room.watch, "INC-1", "/nonexistent", NULL, ERR));
	assert_comes(&room, idle);
	assert_non_null(strstr(room.error, "/nonexistent: cannot be opened"));
	assert_int_equal(fold_incident(watch_fold(room.watch), "INC-1")->evidence_count, 1);
	assert_int_equal(watch_evidence(room.watch, "INC-9", "/proc/self/comm", NULL, NULL), STATUS_NOT_FOUND);
	room_close(&room);
	tear_down(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prehistory_comes_before_any_incident),
		cmocka_unit_test(proposal_is_recorded_once),
		cmocka_unit_test(a_stepped_clock_alarms_nobody),
		cmocka_unit_test(a_pause_of_our_own_alarms_nobody),
		cmocka_unit_test(what_grows_worse_rings),
		cmocka_unit_test(leaving_right_after_declaring),
		cmocka_unit_test(one_console_reminds_of_each_thing_once),
		cmocka_unit_test(second_console_leaves_the_machine_to_the_first),
		cmocka_unit_test(observer_writes_nothing),
		cmocka_unit_test(modes_meet_danger),
		cmocka_unit_test(a_full_disk_loses_and_repeats_nothing),
		cmocka_unit_test(secrets_of_commands_are_masked),
		cmocka_unit_test(leaving_ends_what_runs),
		cmocka_unit_test(several_run_at_once_and_checks_are_repeated),
		cmocka_unit_test(resumes_where_it_ended),
		cmocka_unit_test(checks_run_by_themselves),
		cmocka_unit_test(evidence_is_kept_with_its_hash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
