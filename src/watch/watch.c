#include "watch/watch.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "base/url.h"
#include "collect/source.h"
#include "incident/act_silence.h"
#include "incident/diagnosis.h"
#include "watch/bearer.h"
#include "watch/environment.h"
#include "watch/notify.h"
#include "watch/run.h"
#include "watch/silences.h"
#include "watch/values.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TICK_MS = 250,      /* judging, detecting, checking: never more often */
	GATHER_MS = 50,     /* so long the first answer waits for those that were asked with it */
	SLEPT_MS = 5000,    /* a tick so late was not slow: this program did not run */
	CATCH_UP_MS = 4000, /* so long the answers may take that it judges by afterwards */
	SAMPLE_MS = 5000,   /* how often numbers go into the sample table */
	SAMPLE_NODES = 50,  /* of how many nodes each time */
	ARMED_MINUTES_MAX = 120,
	EVIDENCE_BYTES_MAX = 64 * 1024 * 1024,
	CHANGES_KEPT_MAX = 4096, /* while the record cannot be written; more are only counted */
};
/* Pause before what the record refused is tried again. */
#define MACHINE_AGAIN_US (2 * US_PER_S)

struct checked { /* the checks of one incident in Resolve */
	char incident[16];
	struct checker *checker;
};

/* A file on its way into the record. Reading it may take long, so a worker does. */
struct evidence {
	struct watch *watch; /* NULL: it closed meanwhile */
	struct evidence *next;
	char *incident, *path, *note;
	struct actor who;
	struct buf bytes;
	struct hash256 hash;
	enum status status;
	struct error err;
};

struct watch {
	struct loop *loop;
	const struct clock *clock;
	const struct config *config;
	struct watch_events events;
	void *events_arg;
	char operator_name[64];
	char login[64];
	char where[96];
	bool read_only;

	struct world *world;
	struct collector *collector;
	struct sources *sources;
	struct silences *silences;
	char **tool_environment; /* of what sources start */
	struct store *past;      /* while sources start: what they kept is read from it */
	struct journal *journal; /* NULL: nothing is recorded */
	struct fold *fold;
	struct proposals proposals;
	struct diagnoses diagnoses; /* of the configuration */
	struct checked *checked;
	size_t checked_count;
	struct runs *runs;
	struct notify *notify;
	bool draining; /* nothing new is sent */
	struct values *values;
	struct clocks clocks;
	struct people people;
	size_t steps; /* of the machine's clock, not yet in the fold: clocks of incidents wait for them */

	struct loop_timer *tick;        /* NULL: closing */
	int64_t ticked_ms, tick_due_ms; /* on the monotonic clock */
	int64_t catch_up_until_ms;      /* 0: it judges */
	int64_t shown_us;
	size_t proposals_shown;
	int64_t sampled_us;
	size_t sample_turn;
	struct drafts machine;        /* changes that were seen and not yet handed over */
	struct drafts handed;         /* changes handed over, not yet durable */
	bool machine_waits;           /* `handed`, and what was found beside it, is under way */
	uint64_t missed, missed_told; /* changes beyond what is kept; of them, on their way to the record */
	int64_t missed_since_us, missed_until_us;
	int64_t machine_again_us; /* after a failure: not before this */
	bool loaded;              /* the record's history is in the fold */
	bool settled;             /* as of the last tick, so that proposals fit the world */
	size_t asked;             /* appends of people under way, and files that they gave */
	struct evidence *evidence;
	int64_t armed_until_us;
	int64_t arming_until_us; /* asked for, not yet durable */
	struct lease lease;
	char holder[200];               /* as whom we hold it */
	bool lapsed;                    /* it ran out while the record could not be written */
	char origin[STORE_ORIGIN_SIZE]; /* of the record, "" without one */
	char trouble[480];
	char alarmed[256]; /* severity and key or id of what rang last */
};

static void say(struct watch *w, int severity, const char *text)
{
	if (w->events.message)
		w->events.message(w->events_arg, severity, text);
}

/* --- when the next tick comes -------------------------------------------------------- */

static int64_t mono_ms(const struct watch *w)
{
	return clock_mono_us(w->clock) / US_PER_MS;
}

static void set_tick(struct watch *w, int64_t due_ms)
{
	int64_t delay_ms = due_ms - mono_ms(w);

	w->tick_due_ms = due_ms;
	loop_timer_again(w->tick, delay_ms > 0 ? delay_ms : 0);
}

/* Brings the next tick forward; two are never closer than their pace. */
static void tick_soon(struct watch *w, int64_t within_ms)
{
	int64_t due_ms = mono_ms(w) + within_ms;

	if (due_ms < w->ticked_ms + TICK_MS)
		due_ms = w->ticked_ms + TICK_MS;
	if (w->tick && due_ms < w->tick_due_ms)
		set_tick(w, due_ms);
}

/* Nothing is wrong, nobody works, nothing is on its way: what may come next is an answer. */
static bool is_quiet(const struct watch *w)
{
	return w->proposals.count == 0 && w->armed_until_us == 0 && !watch_busy(w) && !w->machine_waits &&
		w->machine.count == 0 && w->handed.count == 0 && !fold_current(w->fold);
}

/* While it is quiet a tick comes with answers, and with each second of the wall clock, which
 * the screen shows: each costs more to wake up for than to do. */
static void plan_tick(struct watch *w, int64_t now_us)
{
	int64_t pause_ms = TICK_MS;

	if (is_quiet(w))
		pause_ms = (US_PER_S - now_us % US_PER_S) / US_PER_MS + 1;
	w->ticked_ms = mono_ms(w);
	set_tick(w, w->ticked_ms + pause_ms);
}

static void changed(struct watch *w)
{
	tick_soon(w, 0);
	if (w->events.changed)
		w->events.changed(w->events_arg);
}

/* --- the machine's own record ---------------------------------------------------- */

/* Moves all of src behind dst. */
static void drafts_join(struct drafts *dst, struct drafts *src)
{
	for (size_t i = 0; i < src->count; i++) {
		dst->items = mem_grow(dst->items, &dst->capacity, dst->count, sizeof(*dst->items));
		dst->items[dst->count++] = src->items[i];
	}
	for (size_t i = 0; i < src->owned_count; i++) {
		dst->owned = mem_grow(dst->owned, &dst->owned_capacity, dst->owned_count, sizeof(*dst->owned));
		dst->owned[dst->owned_count++] = src->owned[i];
	}
	src->count = src->owned_count = 0;
	drafts_free(src);
	drafts_init(src);
}

static void forget_changes(struct watch *w)
{
	drafts_free(&w->machine);
	drafts_init(&w->machine);
	w->missed = w->missed_told = 0;
}

/* True when this console writes what the machine sees: one collector per record. */
static bool writes_machine(const struct watch *w)
{
	return w->journal && !w->read_only && w->loaded && w->lease.mine;
}

/* True while it may turn out that this console does: before the record is read, before it is
 * known who holds the lease, and when ours ran out because the record cannot be written. */
static bool may_write_machine(const struct watch *w)
{
	return w->journal && !w->read_only && (!w->loaded || w->lease.mine || w->lapsed || !w->lease.holder[0]);
}

/* Changes are kept until they are durable. A disk that is full for hours must not fill
 * the memory as well: then they are counted, and the record will say so. */
static void keep_changes(struct watch *w, const struct change *changes, size_t count, int64_t now_us)
{
	if (count == 0)
		return;
	if (w->missed == 0 && w->machine.count + w->handed.count + count <= CHANGES_KEPT_MAX) {
		act_changes(changes, count, &w->machine);
		return;
	}
	if (w->missed == 0)
		w->missed_since_us = now_us;
	w->missed += count;
	w->missed_until_us = now_us;
}

static void machine_recorded(void *arg, enum status status, const struct error *err)
{
	struct watch *w = arg;

	(void)err; /* the journal reports trouble itself and repeats it until it heals */
	w->machine_waits = false;
	if (status == STATUS_OK) {
		drafts_free(&w->handed);
		drafts_init(&w->handed);
		w->missed -= w->missed_told;
		changed(w);
		return;
	}
	/* What was refused goes first next time. */
	drafts_join(&w->handed, &w->machine);
	drafts_join(&w->machine, &w->handed);
	if (!may_write_machine(w))
		forget_changes(w);
	w->machine_again_us = clock_wall_us(w->clock) + MACHINE_AGAIN_US;
}

/* What follows from comparing the world with the record. It is found anew each time, and
 * only while nothing is under way: the fold knows no more than what is durable. */
static void find_news(struct watch *w, int64_t now_us, struct drafts *out)
{
	act_detection(w->fold, &w->proposals, now_us, out);
	for (size_t i = 0; i < w->checked_count; i++)
		act_checks(w->fold, w->checked[i].incident, w->checked[i].checker, now_us, out);
	if (w->steps == 0)
		act_clocks(w->fold, &w->clocks, &w->people, now_us, out);
	silences_news(w->silences, now_us, out);
	w->missed_told = w->missed;
	if (w->missed)
		act_unrecorded(w->missed, w->missed_since_us, w->missed_until_us, out);
}

static void flush_machine(struct watch *w, int64_t now_us)
{
	struct drafts news;

	if (w->machine_waits || now_us < w->machine_again_us)
		return;
	drafts_init(&news);
	find_news(w, now_us, &news);
	drafts_join(&w->handed, &w->machine);
	size_t count = w->handed.count + news.count;
	if (count) {
		struct draft *all = xcalloc(count, sizeof(*all));
		if (w->handed.count)
			memcpy(all, w->handed.items, w->handed.count * sizeof(*all));
		if (news.count)
			memcpy(all + w->handed.count, news.items, news.count * sizeof(*all));
		w->machine_waits = true;
		journal_append_each(w->journal, all, count, machine_recorded, w);
		free(all);
	}
	drafts_free(&news);
}

static void step_recorded(void *arg, enum status status, const struct error *err)
{
	struct watch *w = arg;

	(void)status; /* the journal reports trouble itself */
	(void)err;
	w->steps--;
}

static void record_clock_step(struct watch *w, int64_t step_us)
{
	char step[DURATION_TEXT], data[96];
	struct draft draft = {.kind = EVENT_CLOCK_STEP, .actor = "tocsin", .source = "system"};
	char summary[160];

	duration_human(step, step_us);
	text_format(summary, sizeof(summary), "this machine's clock was set by %s", step);
	text_format(data, sizeof(data), "{\"step_us\":%lld}", (long long)step_us);
	draft.summary = summary;
	draft.data = data;
	w->steps++;
	journal_append(w->journal, &draft, 1, step_recorded, w);
}

/* The clock was set: what waits for a time of the wall goes on waiting as long as before,
 * an armed hour stays an hour, and it goes on record (incident reference 2.3). */
static int64_t follow_clock_step(struct watch *w)
{
	int64_t step_us = collector_take_clock_step(w->collector);

	if (step_us == 0)
		return 0;
	if (w->armed_until_us)
		w->armed_until_us += step_us;
	w->sampled_us += step_us;
	w->shown_us += step_us;
	w->machine_again_us += step_us;
	if (writes_machine(w))
		record_clock_step(w, step_us);
	return step_us;
}

struct sample_rows {
	struct sample_row *rows;
	size_t count, capacity;
};

static void add_sample(struct sample_rows *out, const struct component *c, int value, int64_t now_us)
{
	int64_t number;

	if (!component_number(c, value, &number))
		return;
	out->rows = mem_grow(out->rows, &out->capacity, out->count, sizeof(*out->rows));
	out->rows[out->count++] = (struct sample_row){c->id, kind_def(c->kind)->values[value].name, now_us, number};
}

/* Of very many nodes some have their turn each time, so that the record stays small. */
static void record_samples(struct watch *w, int64_t now_us)
{
	static const int of_chain[] = {CHAIN_HEAD, CHAIN_ROUND, CHAIN_ALIVE}, of_node[] = {NODE_HEAD, NODE_RPC_MS, NODE_PEERS};
	size_t nodes = world_count(w->world, KIND_NODE), turns = nodes < SAMPLE_NODES ? nodes : SAMPLE_NODES;
	struct sample_rows out = {0};

	for (size_t v = 0; v < ARRAY_LENGTH(of_chain); v++)
		add_sample(&out, world_chain(w->world), of_chain[v], now_us);
	for (; turns > 0; turns--) {
		const struct component *node = world_at(w->world, KIND_NODE, w->sample_turn++ % nodes);
		for (size_t v = 0; v < ARRAY_LENGTH(of_node); v++)
			add_sample(&out, node, of_node[v], now_us);
	}
	if (out.count)
		journal_put_samples(w->journal, out.rows, out.count);
	free(out.rows);
}

/* --- checks of the Resolve stage --------------------------------------------------- */

static struct checked *find_checked(const struct watch *w, const char *incident)
{
	for (size_t i = 0; i < w->checked_count; i++)
		if (strcmp(w->checked[i].incident, incident) == 0)
			return &w->checked[i];
	return NULL;
}

static void drop_checked(struct watch *w, struct checked *checked)
{
	checker_free(checked->checker);
	*checked = w->checked[--w->checked_count];
}

/* Starts, feeds and ends checkers so that each incident in Resolve has one. */
static void run_checks(struct watch *w, int64_t now_us)
{
	for (size_t i = 0; i < fold_incident_count(w->fold); i++) {
		const struct incident *incident = fold_incident_at(w->fold, i);
		struct checked *checked = find_checked(w, incident->id);
		if (incident->stage != STAGE_RESOLVE) {
			if (checked)
				drop_checked(w, checked);
			continue;
		}
		if (!checked) {
			w->checked = xreallocarray(w->checked, w->checked_count + 1, sizeof(*w->checked));
			checked = &w->checked[w->checked_count++];
			text_format(checked->incident, sizeof(checked->incident), "%s", incident->id);
			checked->checker = checker_new(incident, w->world, now_us);
		}
		checker_update(checked->checker, w->world, now_us);
	}
}

/* --- the tick ------------------------------------------------------------------------ */

static void ring(struct watch *w, const char *key, enum severity severity, const char *title)
{
	char alarm[sizeof(w->alarmed)];

	text_format(alarm, sizeof(alarm), "%s %s", severity_name(severity), key);
	if (severity > SEVERITY_P1 || strcmp(w->alarmed, alarm) == 0)
		return;
	text_format(w->alarmed, sizeof(w->alarmed), "%s", alarm);
	if (w->events.alarm)
		w->events.alarm(w->events_arg, severity, title);
}

/* Nobody dismissed it, or works on something as bad already. */
static bool proposal_is_news(const struct watch *w, const struct proposal *p)
{
	for (size_t i = 0; i < fold_incident_count(w->fold); i++) {
		const struct incident *incident = fold_incident_at(w->fold, i);
		if (incident->stage != STAGE_CLOSED && strcmp(incident->proposal_key, p->key) == 0 && incident->severity <= p->severity)
			return false;
	}
	return !detection_covered(w->fold, p) && !detection_dismissed(w->fold, p);
}

/* Not before the record is read: it knows what is worked on already. */
static void ring_for_news(struct watch *w, const struct proposals *before)
{
	for (size_t i = 0; i < w->proposals.count && watch_loaded(w); i++) {
		const struct proposal *p = &w->proposals.items[i], *was = proposals_find(before, p->key);
		if ((!was || p->severity < was->severity) && proposal_is_news(w, p))
			ring(w, p->key, p->severity, p->title);
	}
}

static void detect_now(struct watch *w, int64_t now_us)
{
	struct proposals before = w->proposals;

	/* Only a person can say that lost blocks are dealt with. */
	world_loss_dealt_with(w->world, detection_resolved_us(w->fold, CAUSE_CHAIN_FORK));
	detect(w->world, &w->diagnoses, now_us, &w->proposals);
	ring_for_news(w, &before);
	proposals_free(&before);
}

static void disarm_when_due(struct watch *w, int64_t now_us)
{
	if (w->armed_until_us == 0 || now_us < w->armed_until_us)
		return;
	struct error err = {0};
	if (watch_arm(w, 0, "the time was up", NULL, &err) != STATUS_OK)
		say(w, 1, err.text);
	say(w, 1, "UNARMED: the armed time is over");
}

/* News are shown at once; numbers that only move a little, ages and the time of day with
 * each second of the wall clock: an idle screen costs next to nothing, and one of thousands
 * of nodes no more. */
static void show_when_due(struct watch *w, size_t changes, int64_t now_us)
{
	bool news = changes > 0 || w->proposals.count != w->proposals_shown;

	if (!news && now_us / US_PER_S == w->shown_us / US_PER_S)
		return;
	w->proposals_shown = w->proposals.count;
	w->shown_us = now_us;
	changed(w);
}

/* After a pause of our own (a stopped process, a sleeping machine) everything is old, and
 * that says nothing about the network: it is asked first. */
static void notice_pause(struct watch *w)
{
	int64_t late_ms = mono_ms(w) - w->tick_due_ms;
	char slept[DURATION_TEXT], text[120];

	if (late_ms < SLEPT_MS)
		return;
	w->catch_up_until_ms = mono_ms(w) + CATCH_UP_MS;
	collector_resume(w->collector);
	sources_refresh(w->sources);
	say(w, 0, text_format(text, sizeof(text), "this console did not run for %s: everything is asked again before it judges", duration_human(slept, late_ms * US_PER_MS)));
}

static bool catches_up(struct watch *w)
{
	if (w->catch_up_until_ms && (collector_all_tried(w->collector) || mono_ms(w) >= w->catch_up_until_ms))
		w->catch_up_until_ms = 0;
	return w->catch_up_until_ms != 0;
}

static void tick(void *arg)
{
	struct watch *w = arg;
	size_t count;

	int64_t step_us = follow_clock_step(w), now_us = clock_wall_us(w->clock);

	runs_tick(w->runs, now_us, step_us);
	notice_pause(w);
	if (catches_up(w)) {
		set_tick(w, mono_ms(w) + TICK_MS);
		return;
	}
	world_judge(w->world, now_us);
	const struct change *changes = world_changes(w->world, &count);
	detect_now(w, now_us);
	w->settled = collector_all_tried(w->collector) && sources_all_tried(w->sources) && world_settled(w->world);
	disarm_when_due(w, now_us);
	if (may_write_machine(w))
		keep_changes(w, changes, count, now_us);
	if (writes_machine(w) && now_us - w->sampled_us >= SAMPLE_MS * US_PER_MS) {
		w->sampled_us = now_us;
		record_samples(w, now_us);
	}
	run_checks(w, now_us);
	if (writes_machine(w))
		flush_machine(w, now_us);
	notify_tick(w->notify, now_us, writes_machine(w) && !w->draining);
	show_when_due(w, count, now_us);
	plan_tick(w, now_us);
}

/* What was fed to the world is judged by the next tick, and shown when that says so. Nodes
 * that were asked together are judged together. */
static void observed(void *arg)
{
	struct watch *w = arg;

	tick_soon(w, collector_waits(w->collector) ? GATHER_MS : 0);
}

/* --- the journal speaks ----------------------------------------------------------------- */

/* True when the role is offered to whoever sits here. */
static bool offered_here(const struct watch *w, const struct event *event)
{
	const struct incident *incident = event->incident ? fold_incident(w->fold, event->incident) : NULL;
	const struct offer *newest = incident && incident->offer_count ? &incident->offers[incident->offer_count - 1] : NULL;

	return event->kind == EVENT_ROLE_OFFERED && newest && newest->seq == event->seq && strcmp(newest->to, w->operator_name) == 0;
}

/* A reminder that the collector wrote is one for every console, and so is a question for a
 * second person. */
static void pass_on(struct watch *w, const struct event *event)
{
	char text[300];

	if (event && event->incident && (event->kind == EVENT_CLOCK_DUE || event->kind == EVENT_ESCALATION_LAPSED))
		say(w, 1, text_format(text, sizeof(text), "%s: %s", event->incident, event->summary));
	else if (event && offered_here(w, event))
		say(w, 1, text_format(text, sizeof(text), "%s: %s (:accept, or :decline REASON)", event->incident, event->summary));
	if (event)
		runs_hear(w->runs, event);
}

/* The one console that writes tells those outside who want to know. */
static void tell_sources(struct watch *w, const struct event *event)
{
	const struct incident *incident = event->incident ? fold_incident(w->fold, event->incident) : NULL;
	bool declared = event->kind == EVENT_INCIDENT_DECLARED;

	if (!incident || !w->sources || !writes_machine(w) || w->config->demo || !(declared || (event->kind == EVENT_INCIDENT_STAGE && incident->stage == STAGE_REVIEW)))
		return;
	sources_incident(w->sources, &(struct source_incident){.id = incident->id, .title = incident->title, .severity = incident->severity == SEVERITY_UNSET ? "" : severity_name(incident->severity), .began_us = incident->declared_us, .over_us = declared ? 0 : event->occurred_us});
}

static void on_events(void *arg, const struct event *events, size_t count)
{
	struct watch *w = arg;

	for (size_t i = 0; i < count; i++) {
		fold_apply(w->fold, &events[i]);
		if (w->loaded) {
			pass_on(w, fold_event(w->fold, events[i].seq));
			tell_sources(w, &events[i]);
		}
		if (w->loaded && events[i].kind == EVENT_INCIDENT_DECLARED && events[i].incident) {
			const struct incident *incident = fold_incident(w->fold, events[i].incident);
			if (incident && !proposals_find(&w->proposals, incident->proposal_key))
				ring(w, incident->id, incident->severity, incident->title);
		}
	}
	changed(w);
}

static void on_loaded(void *arg)
{
	struct watch *w = arg;

	w->loaded = true;
	ring_for_news(w, &(struct proposals){0});
	notify_loaded(w->notify);
	changed(w);
}

static void on_trouble(void *arg, const struct error *err)
{
	struct watch *w = arg;

	text_format(w->trouble, sizeof(w->trouble), "%s", err ? err->text : "");
	if (err)
		say(w, 2, err->text);
	else
		say(w, 0, "the record can be written again");
	changed(w);
}

static void on_warning(void *arg, const struct error *err)
{
	say(arg, 1, err->text);
}

static void on_lease(void *arg, const struct lease *lease)
{
	struct watch *w = arg;
	char text[240];
	bool was_mine = w->lease.mine;

	w->lease = *lease;
	w->lapsed = !lease->mine && strcmp(lease->holder, w->holder) == 0;
	if (w->lapsed) {
		say(w, 1, "state changes are kept here until the record can be written again");
	} else if (!lease->mine) {
		text_format(text, sizeof(text), "state changes are written by %s", lease->holder);
		say(w, 0, text);
		forget_changes(w);
	} else if (!was_mine) {
		say(w, 0, "this console now writes state changes to the record");
	}
	changed(w);
}

/* --- setting up ---------------------------------------------------------------------------- */

static void name_operator(struct watch *w, const char *given)
{
	const struct passwd *login = getpwuid(geteuid());
	char host[64] = "?";
	const char *terminal = ttyname(STDIN_FILENO);
	const char *name = given && *given ? given : login ? login->pw_name
							   : "unknown";

	gethostname(host, sizeof(host) - 1);
	text_clean(w->operator_name, sizeof(w->operator_name), name, strlen(name));
	text_format(w->login, sizeof(w->login), "%s", login ? login->pw_name : "");
	if (terminal && strncmp(terminal, "/dev/", 5) == 0)
		terminal += 5;
	text_format(w->where, sizeof(w->where), "%s%s%s", host, terminal ? " " : "", terminal ? terminal : "");
}

static void add_components(struct watch *w)
{
	const struct config *c = w->config;

	for (size_t i = 0; i < c->validator_count; i++)
		world_add_validator(w->world, c->validators[i].name, &c->validators[i].address);
	for (size_t i = 0; i < c->node_count; i++)
		if (c->nodes[i].has_validator)
			world_add_validator(w->world, c->nodes[i].name, &c->nodes[i].validator);
}

static void add_endpoints(struct watch *w)
{
	for (size_t i = 0; i < w->config->node_count; i++) {
		const struct config_node *node = &w->config->nodes[i];
		struct error err = {0};
		char *bearer = NULL, host[256];
		const char *headers[2] = {NULL, NULL};

		if (bearer_header(node, &bearer, &err) != STATUS_OK)
			say(w, 2, err.text);
		else if (bearer)
			values_hide(w->values, bearer + strlen(BEARER_PREFIX));
		headers[0] = bearer;
		struct endpoint_spec spec = {.name = node->name, .url = node->url, .protocol = node->protocol, .ca_file = node->ca_file, .headers = headers, .interval_ms = node->interval_ms, .timeout_ms = node->timeout_ms};
		error_clear(&err);
		if (collector_add(w->collector, &spec, &err) != STATUS_OK)
			say(w, 2, err.text);
		else if (node->has_validator)
			world_tell_key(w->world, node->name, &node->validator);
		world_tell_place(w->world, node->name, node->pod, url_host(host, sizeof(host), node->url));
		free(bearer);
	}
}

/* --- what sources ask of us ------------------------------------------------------------ */

static void source_message(void *arg, int severity, const char *text)
{
	say(arg, severity, text);
}

static bool keep_newest(void *arg, const struct sample_row *row)
{
	*(int64_t *)arg = row->number;
	return true;
}

/* Numbers are never negative, so that -1 is none. */
static bool source_recall(void *arg, const char *component, const char *value, int64_t *out)
{
	struct watch *w = arg;
	int64_t found = -1;

	if (!w->past || store_read_samples(w->past, component, value, 0, keep_newest, &found, NULL) != STATUS_OK)
		return false;
	*out = found;
	return found >= 0;
}

static void source_remember(void *arg, const char *component, const char *value, int64_t number)
{
	struct watch *w = arg;
	struct sample_row row = {component, value, clock_wall_us(w->clock), number};

	if (writes_machine(w))
		journal_put_samples(w->journal, &row, 1);
}

static bool source_own_node(void *arg, struct own_node *out)
{
	struct watch *w = arg;
	const struct config_node *node = values_healthy_node(w->values);

	*out = (struct own_node){0};
	/* What is wrong with its token was said when it was read first. */
	if (!node || bearer_header(node, &out->header, NULL) != STATUS_OK)
		return false;
	text_format(out->name, sizeof(out->name), "%s", node->name);
	out->url = node->url;
	out->ca_file = node->ca_file;
	return true;
}

static void source_annotated(void *arg, const struct source_incident *incident, const char *source, int64_t id, const char *why)
{
	struct watch *w = arg;

	if (may_write_machine(w))
		act_annotated(incident->id, source, incident->over_us != 0, id, why, clock_wall_us(w->clock), &w->machine);
	if (why[0])
		say(w, 1, why);
}

static void source_hide(void *arg, const char *secret)
{
	struct watch *w = arg;

	values_hide(w->values, secret);
}

static void start_sources(struct watch *w, struct store *store)
{
	struct source_host host = {
		.loop = w->loop,
		.clock = w->clock,
		.world = w->world,
		.environment = (const char *const *)w->tool_environment,
		.demo = w->config->demo,
		.sections = w->config->sections,
		.section_count = w->config->section_count,
		.changed = observed,
		.message = source_message,
		.recall = source_recall,
		.remember = source_remember,
		.annotated = source_annotated,
		.own_node = source_own_node,
		.hide = source_hide,
		.arg = w,
	};

	w->past = store;
	w->sources = sources_new(&host);
	w->silences = silences_new(w, w->sources);
	w->past = NULL;
}

struct watch *watch_new(struct loop *loop, const struct clock *clock, const struct config *config, struct store *store,
			const struct watch_options *options, const struct watch_events *events, void *arg)
{
	static const struct journal_events journal_events = {.events = on_events, .loaded = on_loaded, .trouble = on_trouble, .warning = on_warning, .lease = on_lease};
	struct watch *w = xcalloc(1, sizeof(*w));
	uint64_t seed;

	w->loop = loop;
	w->clock = clock;
	w->config = config;
	w->events = *events;
	w->events_arg = arg;
	w->read_only = options->read_only || !store;
	name_operator(w, options->operator_name);
	w->world = world_new(config->network, config->chain_id, &config->thresholds);
	w->fold = fold_new();
	w->diagnoses = diagnoses_read(config->sections, config->section_count);
	drafts_init(&w->machine);
	drafts_init(&w->handed);
	w->values = values_new(config, w->world);
	w->runs = runs_new(w, options->tool_environment);
	w->notify = notify_new(w);
	random_bytes(&seed, sizeof(seed));
	w->collector = collector_new(loop, clock, w->world, seed);
	w->tick = loop_timer(loop, -1, 0, tick, w);
	clocks_read(config->sections, config->section_count, &w->clocks);
	people_read(config->sections, config->section_count, &w->people);
	add_components(w);
	add_endpoints(w);
	w->tool_environment = environment_make(options->tool_environment, NULL, config->demo);
	start_sources(w, store);
	if (store) {
		text_format(w->origin, sizeof(w->origin), "%s", store_origin(store));
		text_format(w->holder, sizeof(w->holder), "%s@%s pid %ld", w->operator_name, w->where, (long)getpid());
		w->journal = journal_new(loop, store, !w->read_only, w->holder, &journal_events, w);
	}
	collector_start(w->collector, observed, w);
	set_tick(w, mono_ms(w) + TICK_MS);
	return w;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	loop_timer_stop(w->tick);
	w->tick = NULL;
	for (struct evidence *e = w->evidence; e; e = e->next)
		e->watch = NULL;
	runs_stop(w->runs);
	notify_stop(w->notify);
	silences_free(w->silences);
	sources_free(w->sources);
	w->sources = NULL;
	collector_free(w->collector);
	journal_free(w->journal);
	runs_free(w->runs);
	notify_free(w->notify);
	while (w->checked_count)
		drop_checked(w, &w->checked[0]);
	free(w->checked);
	proposals_free(&w->proposals);
	diagnoses_free(&w->diagnoses);
	drafts_free(&w->machine);
	drafts_free(&w->handed);
	values_free(w->values);
	people_free(&w->people);
	fold_free(w->fold);
	world_free(w->world);
	environment_free(w->tool_environment);
	free(w);
}

/* --- looking ----------------------------------------------------------------------------------- */

const struct config *watch_config(const struct watch *w)
{
	return w->config;
}

const struct clock *watch_clock(const struct watch *w)
{
	return w->clock;
}

struct loop *watch_loop(struct watch *w)
{
	return w->loop;
}

const struct world *watch_world(const struct watch *w)
{
	return w->world;
}

const struct fold *watch_fold(const struct watch *w)
{
	return w->fold;
}

const struct clocks *watch_clocks(const struct watch *w)
{
	return &w->clocks;
}

const struct people *watch_people(const struct watch *w)
{
	return &w->people;
}

const struct proposals *watch_proposals(const struct watch *w)
{
	return &w->proposals;
}

const struct checker *watch_checker(const struct watch *w, const char *incident)
{
	const struct checked *checked = find_checked(w, incident);

	return checked ? checked->checker : NULL;
}

struct head watch_head(const struct watch *w)
{
	return w->journal ? journal_head(w->journal) : (struct head){0};
}

enum status watch_checkpoint(const struct watch *w, struct checkpoint *out, struct error *err)
{
	if (!w->journal)
		return error_set(err, STATUS_REFUSED, "checkpoint: nothing is recorded here");
	*out = (struct checkpoint){.head = watch_head(w)};
	text_format(out->origin, sizeof(out->origin), "%s", w->origin);
	return STATUS_OK;
}

bool watch_loaded(const struct watch *w)
{
	return !w->journal || w->loaded;
}

int watch_read_percent(const struct watch *w)
{
	uint64_t held = w->journal ? journal_held(w->journal) : 0, seq = w->journal ? journal_head(w->journal).seq : 0;

	return w->loaded || seq >= held ? 100 : (int)(seq * 100 / held);
}

size_t watch_pending(const struct watch *w)
{
	size_t count = w->journal ? journal_pending(w->journal) : 0;

	for (const struct evidence *e = w->evidence; e; e = e->next)
		count++;
	return count;
}

const char *watch_trouble(const struct watch *w)
{
	return w->trouble[0] ? w->trouble : NULL;
}

bool watch_is_collector(const struct watch *w)
{
	return w->lease.mine;
}

const char *watch_lease_holder(const struct watch *w)
{
	return w->lease.holder;
}

enum mode watch_mode(const struct watch *w)
{
	if (w->read_only)
		return MODE_OBSERVER;
	return w->armed_until_us ? MODE_ARMED : MODE_UNARMED;
}

int64_t watch_armed_until_us(const struct watch *w)
{
	return w->armed_until_us;
}

struct actor watch_actor(const struct watch *w)
{
	return (struct actor){.name = w->operator_name, .where = w->where, .now_us = clock_wall_us(w->clock), .login = w->login};
}

bool watch_busy(const struct watch *w)
{
	return w->asked > 0 || runs_busy(w->runs) || silences_busy(w->silences) || notify_busy(w->notify) || (w->journal && !w->loaded);
}

bool watch_settled(const struct watch *w)
{
	return w->settled;
}

bool watch_sources_settled(const struct watch *w)
{
	return sources_all_tried(w->sources) && world_outer_settled(w->world);
}

/* --- doing ---------------------------------------------------------------------------------------- */

enum status watch_silence_preview(const struct watch *w, const char *text, struct buf *out, struct error *err)
{
	return silences_preview(w->silences, text, out, err);
}

enum status watch_silence(struct watch *w, const char *text, const char *incident, struct error *err)
{
	return silences_start(w->silences, text, incident, err);
}

struct asked { /* an append of a person, until it is durable or refused */
	struct watch *watch;
	void (*done)(void *arg, enum status status, const struct error *err);
	void *arg;
};

static void asked_done(void *arg, enum status status, const struct error *err)
{
	struct asked *asked = arg;

	asked->watch->asked--;
	if (status != STATUS_OK)
		say(asked->watch, 2, err->text);
	if (asked->done)
		asked->done(asked->arg, status, err);
	changed(asked->watch);
	free(asked);
}

enum status watch_append(struct watch *w, const struct drafts *drafts, void (*done)(void *arg, enum status status, const struct error *err), void *arg, struct error *err)
{
	if (w->read_only)
		return error_set(err, STATUS_REFUSED, "OBSERVER: nothing is written (start without --read-only to take part)");
	if (!w->loaded)
		return error_set(err, STATUS_REFUSED, "the record is still being read (try again in a moment)");
	struct asked *asked = xcalloc(1, sizeof(*asked));
	*asked = (struct asked){w, done, arg};
	w->asked++;
	journal_append(w->journal, drafts->items, drafts->count, asked_done, asked);
	return STATUS_OK;
}

/* Nothing is armed that the record does not know of. */
static void arm_recorded(void *arg, enum status status, const struct error *err)
{
	struct watch *w = arg;

	(void)err; /* said already */
	if (status == STATUS_OK && w->arming_until_us)
		w->armed_until_us = w->arming_until_us;
	w->arming_until_us = 0;
}

enum status watch_arm(struct watch *w, int minutes, const char *reason, const char *incident, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(w);

	if (minutes > ARMED_MINUTES_MAX)
		return error_set(err, STATUS_INVALID, "arm: at most %d minutes (arm again when they are over)", ARMED_MINUTES_MAX);
	drafts_init(&drafts);
	enum status status = act_arm(&who, incident, minutes, reason, &drafts, err);
	if (status == STATUS_OK)
		status = watch_append(w, &drafts, minutes ? arm_recorded : NULL, w, err);
	drafts_free(&drafts);
	if (minutes == 0) /* never refused, not even by a record that cannot be written */
		w->armed_until_us = w->arming_until_us = 0;
	else if (status == STATUS_OK)
		w->arming_until_us = who.now_us + minutes * US_PER_MINUTE;
	changed(w);
	return status;
}

void watch_refresh(struct watch *w)
{
	collector_refresh(w->collector);
	sources_refresh(w->sources);
}

static void evidence_read(void *arg)
{
	struct evidence *e = arg;

	e->status = file_read(e->path, EVIDENCE_BYTES_MAX, &e->bytes, &e->err);
	if (e->status == STATUS_OK)
		e->hash = sha256(buf_text(&e->bytes), e->bytes.len);
}

static enum status evidence_record(struct watch *w, struct evidence *e)
{
	struct drafts drafts;
	const char *slash = strrchr(e->path, '/');

	drafts_init(&drafts);
	enum status status = act_evidence(w->fold, &e->who, e->incident, slash ? slash + 1 : e->path, &e->hash, e->bytes.len, e->note, 0, &drafts, &e->err);
	if (status == STATUS_OK) {
		/* The blob first: an event must never name evidence that is not there. */
		journal_put_blob(w->journal, buf_text(&e->bytes), e->bytes.len, "application/octet-stream");
		status = watch_append(w, &drafts, NULL, NULL, &e->err);
	}
	drafts_free(&drafts);
	return status;
}

static void evidence_done(void *arg)
{
	struct evidence *e = arg;
	struct watch *w = e->watch;

	if (w) {
		struct evidence **slot = &w->evidence;
		while (*slot != e)
			slot = &(*slot)->next;
		*slot = e->next;
		w->asked--;
		if (e->status == STATUS_OK)
			e->status = evidence_record(w, e);
		if (e->status != STATUS_OK)
			say(w, 2, e->err.text);
		changed(w);
	}
	buf_free(&e->bytes);
	free(e->incident);
	free(e->path);
	free(e->note);
	free(e);
}

enum status watch_evidence(struct watch *w, const char *incident, const char *path, const char *note, struct error *err)
{
	if (w->read_only)
		return error_set(err, STATUS_REFUSED, "OBSERVER: nothing is written (start without --read-only to take part)");
	if (!fold_incident(w->fold, incident))
		return error_set(err, STATUS_NOT_FOUND, "%s: no such incident", incident);
	struct evidence *e = xcalloc(1, sizeof(*e));
	*e = (struct evidence){.watch = w, .next = w->evidence, .incident = xstrdup(incident), .path = xstrdup(path), .note = note ? xstrdup(note) : NULL, .who = watch_actor(w)};
	buf_init(&e->bytes, EVIDENCE_BYTES_MAX);
	w->evidence = e;
	w->asked++;
	loop_work(w->loop, evidence_read, evidence_done, e);
	return STATUS_OK;
}

/* --- runbooks ---------------------------------------------------------------------------------------- */

const struct runbook *watch_runbook(struct watch *w, const char *incident, struct error *err)
{
	const struct incident *of = fold_incident(w->fold, incident);

	if (!of) {
		error_set(err, STATUS_NOT_FOUND, "%s: no such incident", incident);
		return NULL;
	}
	return runs_runbook(w->runs, of, err);
}

const struct bindings *watch_bindings(struct watch *w, const char *incident)
{
	return values_of(w->values, fold_incident(w->fold, incident));
}

enum status watch_bind(struct watch *w, const char *incident, const char *name, const char *value, struct error *err)
{
	enum status status = values_type(w->values, incident, name, value, w->operator_name, err);

	changed(w);
	return status;
}

enum status watch_command(struct watch *w, const char *incident, const char *step, size_t command, struct command_view *out, struct error *err)
{
	return runs_command(w->runs, incident, step, command, out, err);
}

void watch_describe(struct watch *w, const char *incident, const struct command_view *view, struct buf *out)
{
	runs_describe(w->runs, incident, view, out);
}

bool watch_runbook_changed(const struct watch *w, const char *incident)
{
	return runs_runbook_changed(w->runs, incident);
}

enum status watch_run_step(struct watch *w, const char *incident, const char *step, size_t command, const char *fingerprint, struct error *err)
{
	return runs_start(w->runs, incident, step, command, fingerprint, err);
}

enum status watch_verify_step(struct watch *w, const char *incident, const char *step, struct error *err)
{
	return runs_verify(w->runs, incident, step, err);
}

enum status watch_ask_approval(struct watch *w, const char *incident, const char *step, size_t command, const char *fingerprint, const char *glass_reason, struct error *err)
{
	return runs_ask(w->runs, incident, step, command, fingerprint, glass_reason, err);
}

bool watch_run_view(struct watch *w, const char *incident, const char *step, struct run_view *out)
{
	return runs_view(w->runs, incident, step, out);
}

size_t watch_runs_going(const struct watch *w, const char *incident)
{
	return runs_going(w->runs, incident);
}

void watch_run_cancel(struct watch *w, const char *incident, const char *step)
{
	runs_cancel(w->runs, incident, step);
}

bool watch_lend_terminal(struct watch *w, bool take)
{
	return w->events.terminal && w->events.terminal(w->events_arg, take);
}

/* --- updates -------------------------------------------------------------------------------------------- */

const struct channels *watch_channels(const struct watch *w)
{
	return notify_channels(w->notify);
}

void watch_append_machine(struct watch *w, const struct drafts *drafts, void (*done)(void *arg, enum status status, const struct error *err), void *arg)
{
	journal_append(w->journal, drafts->items, drafts->count, done, arg);
}

void watch_learn_secret(struct watch *w, const char *secret)
{
	values_hide(w->values, secret);
}

const char *watch_origin(const struct watch *w)
{
	return w->origin;
}

struct drain {
	struct watch *watch;
	int64_t until_us;
};

static void drain_poll(void *arg)
{
	struct drain *drain = arg;

	if (!notify_busy(drain->watch->notify) || clock_mono_us(clock_system()) >= drain->until_us)
		loop_stop(drain->watch->loop);
}

void watch_drain(struct watch *w, int64_t for_ms)
{
	enum { POLL_MS = 20 };
	struct drain drain = {w, clock_mono_us(clock_system()) + for_ms * US_PER_MS};

	w->draining = true;
	if (!notify_busy(w->notify))
		return;
	struct loop_timer *timer = loop_timer(w->loop, POLL_MS, POLL_MS, drain_poll, &drain);
	loop_run(w->loop);
	loop_timer_stop(timer);
}

struct hash256 watch_put_blob(struct watch *w, const void *bytes, size_t len, const char *media)
{
	return journal_put_blob(w->journal, bytes, len, media);
}

const struct mask *watch_secrets(const struct watch *w)
{
	return values_mask(w->values);
}

void watch_touched(struct watch *w)
{
	changed(w);
}

void watch_say(struct watch *w, int severity, const char *text)
{
	say(w, severity, text);
}

char *watch_mask(const struct watch *w, const char *text, size_t len)
{
	struct buf out;

	/* Some secrets are shorter than their mask. */
	buf_init(&out, len * 4 + 1);
	mask_text(values_mask(w->values), text, len, &out);
	return buf_take(&out);
}
