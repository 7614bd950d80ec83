/* A war room without network, disk or time: the world of world_fixture.h, the record of
 * recorder.h, and the functions of watch.h over both. Everything behind them is real. */
#ifndef TOCSIN_TESTS_UI_FIXTURE_H
#define TOCSIN_TESTS_UI_FIXTURE_H

#include "world_fixture.h"
#include "recorder.h"

#include "base/path.h"
#include "incident/check.h"
#include "incident/detect.h"
#include "runbook/danger.h"
#include "ui/ui.h"
#include "watch/command.h"
#include "watch/values.h"
#include "watch/watch.h"

struct watch {
	struct net net;
	struct recorder record;
	struct clock_manual clock;
	struct config config;
	struct proposals proposals;
	struct checker *checker;
	struct runbook runbook;
	bool runbook_loaded;
	struct values *values;
	struct clocks clocks;
	struct people people;
	enum mode mode;
	size_t runs; /* commands that were started */
	const char *output;
	const char *name;         /* who sits here, NULL: alice */
	struct channels channels; /* none, unless a test reads some */
};

/* --- what the screens ask of a watch ------------------------------------------------ */

const struct config *watch_config(const struct watch *w)
{
	return &w->config;
}
const struct clock *watch_clock(const struct watch *w)
{
	return &w->clock.clock;
}
const struct world *watch_world(const struct watch *w)
{
	return w->net.world;
}
const struct fold *watch_fold(const struct watch *w)
{
	return w->record.fold;
}
const struct proposals *watch_proposals(const struct watch *w)
{
	return &w->proposals;
}
const struct clocks *watch_clocks(const struct watch *w)
{
	return &w->clocks;
}
const struct people *watch_people(const struct watch *w)
{
	return &w->people;
}
bool watch_loaded(const struct watch *w)
{
	(void)w;
	return true;
}
int watch_read_percent(const struct watch *w)
{
	(void)w;
	return 100;
}

size_t watch_pending(const struct watch *w)
{
	(void)w;
	return 0;
}
const char *watch_trouble(const struct watch *w)
{
	(void)w;
	return NULL;
}
bool watch_is_collector(const struct watch *w)
{
	(void)w;
	return true;
}
const char *watch_lease_holder(const struct watch *w)
{
	(void)w;
	return "alice@ops1 pid 1";
}
enum mode watch_mode(const struct watch *w)
{
	return w->mode;
}
int64_t watch_armed_until_us(const struct watch *w)
{
	return clock_wall_us(&w->clock.clock) + 8 * US_PER_MINUTE;
}
void watch_refresh(struct watch *w)
{
	(void)w;
}
bool watch_busy(const struct watch *w)
{
	(void)w;
	return false;
}
bool watch_settled(const struct watch *w)
{
	(void)w;
	return true;
}
void watch_run_cancel(struct watch *w, const char *incident, const char *step)
{
	(void)w;
	(void)incident;
	(void)step;
}

enum status watch_silence_preview(const struct watch *watch, const char *text, struct buf *out, struct error *err)
{
	(void)watch;
	buf_printf(out, "%s covers nothing", text);
	return strncmp(text, "2h ", 3) == 0 ? STATUS_OK : error_set(err, STATUS_REFUSED, "UNARMED: not now");
}

enum status watch_silence(struct watch *watch, const char *text, const char *incident, struct error *err)
{
	(void)watch;
	return error_set(err, STATUS_REFUSED, "silence %s of %s", text, incident ? incident : "none");
}

const struct channels *watch_channels(const struct watch *w)
{
	return &w->channels;
}

struct actor watch_actor(const struct watch *w)
{
	return (struct actor){.name = w->name ? w->name : "alice", .where = "ops1 pts/3", .now_us = clock_wall_us(&w->clock.clock)};
}

struct head watch_head(const struct watch *w)
{
	struct head head = {.seq = w->record.count};
	memset(head.hash.bytes, 0xab, sizeof(head.hash.bytes));
	return head;
}

enum status watch_checkpoint(const struct watch *w, struct checkpoint *out, struct error *err)
{
	(void)err;
	*out = (struct checkpoint){.origin = "tocsin/test", .head = watch_head(w)};
	return STATUS_OK;
}

const struct checker *watch_checker(const struct watch *w, const char *incident)
{
	(void)incident;
	return w->checker;
}

enum status watch_append(struct watch *w, const struct drafts *drafts, void (*done)(void *arg, enum status status, const struct error *err), void *arg, struct error *err)
{
	if (w->mode == MODE_OBSERVER)
		return error_set(err, STATUS_REFUSED, "OBSERVER: nothing is written");
	w->record.who.now_us = clock_wall_us(&w->clock.clock);
	for (size_t i = 0; i < drafts->count; i++)
		recorder_append(&w->record, &drafts->items[i]);
	if (done)
		done(arg, STATUS_OK, NULL);
	return STATUS_OK;
}

enum status watch_arm(struct watch *w, int minutes, const char *reason, const char *incident, struct error *err)
{
	(void)reason;
	(void)incident;
	(void)err;
	w->mode = minutes ? MODE_ARMED : MODE_UNARMED;
	return STATUS_OK;
}

enum status watch_evidence(struct watch *w, const char *incident, const char *path, const char *note, struct error *err)
{
	(void)w;
	(void)incident;
	(void)note;
	return error_set(err, STATUS_NOT_FOUND, "%s: no such file", path);
}

const struct runbook *watch_runbook(struct watch *w, const char *incident, struct error *err)
{
	const struct incident *of = fold_incident(w->record.fold, incident);
	if (!of || !of->runbook[0]) {
		error_set(err, STATUS_NOT_FOUND, "no runbook");
		return NULL;
	}
	if (!w->runbook_loaded && runbook_find(of->runbook, NULL, &w->runbook, err) != STATUS_OK)
		return NULL;
	w->runbook_loaded = true;
	return &w->runbook;
}

const struct bindings *watch_bindings(struct watch *w, const char *incident)
{
	return values_of(w->values, fold_incident(w->record.fold, incident));
}

char *watch_mask(const struct watch *w, const char *text, size_t len)
{
	(void)w;
	return xstrndup(text, len);
}

enum status watch_bind(struct watch *w, const char *incident, const char *name, const char *value, struct error *err)
{
	return values_type(w->values, incident, name, value, "alice", err);
}

enum status watch_command(struct watch *w, const char *incident, const char *step, size_t command, struct command_view *out, struct error *err)
{
	const struct runbook *book = watch_runbook(w, incident, err);
	const struct step *at = book ? runbook_step(book, step) : NULL;
	*out = (struct command_view){0};
	if (!at || command >= at->command_count)
		return error_set(err, STATUS_NOT_FOUND, "step %s: no command", step);
	struct command_place place = {.config = &w->config, .mask = values_mask(w->values), .values = watch_bindings(w, incident), .mode = w->mode};
	enum status status = command_look(&place, book, &at->commands[command], out, err);
	if (status == STATUS_OK)
		text_format(out->directory, sizeof(out->directory), "/home/alice"); /* wherever the test runs */
	return status;
}

void watch_describe(struct watch *w, const char *incident, const struct command_view *view, struct buf *out)
{
	struct command_place place = {.config = &w->config, .mask = values_mask(w->values), .values = watch_bindings(w, incident), .mode = w->mode};
	struct command_view same = *view;
	memset(same.fingerprint, 'f', 64); /* it would be another in every directory */
	command_describe(&same, &place, out);
}

bool watch_runbook_changed(const struct watch *w, const char *incident)
{
	(void)w;
	(void)incident;
	return false;
}

enum status watch_run_step(struct watch *w, const char *incident, const char *step, size_t command, const char *fingerprint, struct error *err)
{
	struct command_view view;
	enum status status = watch_command(w, incident, step, command, &view, err);
	if (status == STATUS_OK && strcmp(view.fingerprint, fingerprint) != 0)
		status = error_set(err, STATUS_CONFLICT, "step %s: its values changed since they were shown, nothing was run (:run shows them anew)", step);
	command_view_free(&view);
	w->runs += status == STATUS_OK;
	return status;
}

enum status watch_verify_step(struct watch *w, const char *incident, const char *step, struct error *err)
{
	(void)incident;
	(void)step;
	(void)err;
	w->runs++;
	return STATUS_OK;
}

enum status watch_ask_approval(struct watch *w, const char *incident, const char *step, size_t command, const char *fingerprint, const char *glass_reason, struct error *err)
{
	struct approval_request request = {.incident = incident, .step = step, .title = "", .danger = "custody", .fingerprint = fingerprint, .shown = "what was shown", .word = "run"}; /* for all commands */
	struct actor who = watch_actor(w);
	struct drafts drafts;
	(void)command;
	drafts_init(&drafts);
	enum status status = glass_reason ? act_break_glass(w->record.fold, &who, &request, glass_reason, &drafts, err) : act_approval_ask(w->record.fold, &who, &request, &drafts, err);
	if (status == STATUS_OK)
		status = watch_append(w, &drafts, NULL, NULL, err);
	drafts_free(&drafts);
	return status;
}

size_t watch_runs_going(const struct watch *w, const char *incident)
{
	(void)w;
	(void)incident;
	return 0;
}

bool watch_run_view(struct watch *w, const char *incident, const char *step, struct run_view *out)
{
	(void)incident;
	*out = (struct run_view){.step = "1", .output = w->output, .duration_us = 1200 * US_PER_MS, .why = ""};
	return w->output != NULL && (!step || strcmp(step, "1") == 0);
}

/* --- a room with its screen ----------------------------------------------------------- */

static struct watch *room_open(unsigned validators, unsigned rpc_nodes)
{
	static char data[1024];
	struct watch *w = xcalloc(1, sizeof(*w));
	snprintf(data, sizeof(data), "%s/../..", getenv("TOCSIN_FIXTURES"));
	setenv("TOCSIN_DATA_DIR", data, 1);
	net_open(&w->net, validators, rpc_nodes);
	net_age(&w->net, 200);
	recorder_init(&w->record);
	clock_manual_init(&w->clock, net_now_us(&w->net));
	w->config.network = xstrdup("Test network");
	w->values = values_new(&w->config, w->net.world);
	w->mode = MODE_UNARMED;
	clocks_read(NULL, 0, &w->clocks);
	people_read(NULL, 0, &w->people);
	return w;
}

static void room_close(struct watch *w)
{
	checker_free(w->checker);
	proposals_free(&w->proposals);
	values_free(w->values);
	if (w->runbook_loaded)
		runbook_free(&w->runbook);
	people_free(&w->people);
	recorder_free(&w->record);
	net_close(&w->net);
	free(w->config.network);
	free(w);
}

/* What the collector's console would do each second. */
static void room_run(struct watch *w, int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i++) {
		struct drafts drafts;
		size_t count;
		net_run(&w->net, 1);
		w->clock.wall_us = net_now_us(&w->net);
		w->record.who.now_us = w->clock.wall_us;
		drafts_init(&drafts);
		const struct change *changes = world_changes(w->net.world, &count);
		act_changes(changes, count, &drafts);
		proposals_free(&w->proposals);
		detect(w->net.world, NULL, w->clock.wall_us, &w->proposals);
		act_detection(w->record.fold, &w->proposals, w->clock.wall_us, &drafts);
		const struct incident *incident = fold_current(w->record.fold);
		if (incident && incident->stage == STAGE_RESOLVE && w->checker) {
			checker_update(w->checker, w->net.world, w->clock.wall_us);
			act_checks(w->record.fold, incident->id, w->checker, w->clock.wall_us, &drafts);
		}
		for (size_t k = 0; k < drafts.count; k++)
			recorder_append(&w->record, &drafts.items[k]);
		drafts_free(&drafts);
	}
}

/* The screen as text. Owned by the caller. */
static char *room_shot(struct ui *ui, int columns, int rows, bool ascii)
{
	struct canvas *canvas = canvas_new(columns, rows, ascii);
	struct buf out;
	buf_init(&out, 1 << 20);
	ui_draw(ui, canvas);
	canvas_dump(canvas, true, &out);
	canvas_free(canvas);
	return buf_take(&out);
}

#endif
