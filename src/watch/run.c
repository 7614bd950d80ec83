#include "watch/run.h"

#include "base/mem.h"
#include "base/text.h"
#include "incident/payload.h"
#include "watch/affected.h"
#include "watch/exec.h"
#include "watch/screenful.h"
#include "watch/shelf.h"
#include "watch/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RUN_RECORD_BYTES = 4 * 1024, /* of the output, inside the event */
	RUNS_AT_ONCE = 8,
	RUNS_KEPT = 32, /* so many can be looked at again */
	DESCRIBE_BYTES = 64 * 1024,
};

/* How long after a change its consequences are looked at, and how often the disk is. */
#define OBSERVE_AFTER_US (10 * US_PER_S)
#define SHELF_EVERY_US (2 * US_PER_S)

/* One command, or one check that is repeated, that runs or ran for an incident. */
struct run {
	struct runs *runs;
	char incident[16];
	char step[16];
	char id[33]; /* unique in the record */
	char *title;
	char sha256[SHA256_TEXT]; /* of the runbook */
	struct command_view view;
	struct step_value *values; /* what it is given; the strings are in `value_texts` */
	char **value_texts;
	size_t value_count;
	uint64_t approval;
	struct exec *exec;
	bool running; /* from the confirmed start to the recorded end */
	bool lent;    /* it has the terminal */
	struct screenful screen;
	int64_t started_us, duration_us;
	int exit_code, signal;
	bool timed_out, cancelled, cancel_asked, survived, started;
	char why[320];

	struct affected before;
	int64_t observe_us; /* when to look at what it changed, 0: not, or done */

	bool verifying;
	bool settles;         /* a check that holds ticks the step */
	struct verify verify; /* when to look again */
	size_t command;       /* of the step: what is looked at next */
	bool holds;
};

struct runs {
	struct watch *watch;
	const char *const *environment;
	struct shelf *shelf;
	struct run **items; /* the newest last */
	size_t count;
	int64_t shelf_us; /* when the disk was looked at */
};

struct runs *runs_new(struct watch *watch, const char *const *environment)
{
	struct runs *runs = xcalloc(1, sizeof(*runs));

	runs->watch = watch;
	runs->environment = environment;
	runs->shelf = shelf_new(watch_config(watch)->runbook_directory);
	return runs;
}

static void forget_values(struct run *run)
{
	for (size_t i = 0; i < 3 * run->value_count; i++)
		free(run->value_texts[i]);
	free(run->value_texts);
	free(run->values);
	run->value_texts = NULL;
	run->values = NULL;
	run->value_count = 0;
}

static void run_free(struct run *run)
{
	free(run->title);
	forget_values(run);
	command_view_free(&run->view);
	screenful_free(&run->screen);
	affected_free(&run->before);
	free(run);
}

void runs_free(struct runs *runs)
{
	if (!runs)
		return;
	for (size_t i = 0; i < runs->count; i++)
		run_free(runs->items[i]);
	free(runs->items);
	shelf_free(runs->shelf);
	free(runs);
}

bool runs_busy(const struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		if (runs->items[i]->running)
			return true;
	return false;
}

size_t runs_going(const struct runs *runs, const char *incident)
{
	size_t going = 0;

	for (size_t i = 0; i < runs->count; i++)
		going += runs->items[i]->running && strcmp(runs->items[i]->incident, incident) == 0;
	return going;
}

/* The newest of that step; without a step the newest that runs, else the newest. */
static struct run *find_run(const struct runs *runs, const char *incident, const char *step)
{
	struct run *newest = NULL;

	for (size_t i = runs->count; i-- > 0;) {
		struct run *run = runs->items[i];
		if (strcmp(run->incident, incident) != 0 || (step && strcmp(run->step, step) != 0))
			continue;
		if (run->running || step)
			return run;
		if (!newest)
			newest = run;
	}
	return newest;
}

/* --- runbooks ----------------------------------------------------------------------- */

const struct runbook *runs_runbook(struct runs *runs, const struct incident *incident, struct error *err)
{
	return shelf_book(runs->shelf, incident, err);
}

bool runs_runbook_changed(const struct runs *runs, const char *incident)
{
	return shelf_changed(runs->shelf, incident);
}

static void look_at_disk(struct runs *runs)
{
	const char *id;

	while (shelf_look(runs->shelf, watch_fold(runs->watch), &id)) {
		char text[240];
		const struct incident *incident = fold_incident(watch_fold(runs->watch), id);
		text_format(text, sizeof(text), "runbook %s is not what %s took any more: its text on disk changed (:runbook %s takes the new one)", incident->runbook, id, incident->runbook);
		watch_say(runs->watch, 1, text);
		watch_touched(runs->watch);
	}
}

/* --- what would run -------------------------------------------------------------------- */

/* The step, and its runbook. */
static const struct step *need_step(struct runs *runs, const char *incident, const char *number, const struct runbook **book, struct error *err)
{
	*book = watch_runbook(runs->watch, incident, err);
	const struct step *step = *book ? runbook_step(*book, number) : NULL;
	if (*book && !step)
		error_set(err, STATUS_NOT_FOUND, "step %s: not in runbook %s", number, (*book)->name);
	return step;
}

static struct command_place place_of(struct runs *runs, const char *incident)
{
	struct watch *w = runs->watch;

	return (struct command_place){.config = watch_config(w), .mask = watch_secrets(w), .values = watch_bindings(w, incident), .mode = watch_mode(w)};
}

enum status runs_command(struct runs *runs, const char *incident, const char *step, size_t command, struct command_view *out, struct error *err)
{
	const struct runbook *book;
	const struct step *at = need_step(runs, incident, step, &book, err);

	*out = (struct command_view){0};
	if (!at)
		return STATUS_NOT_FOUND;
	if (command >= at->command_count)
		return error_set(err, STATUS_NOT_FOUND, "step %s: has no command to run (do it by hand, then tick it with v)", step);
	struct command_place place = place_of(runs, incident);
	return command_look(&place, book, &at->commands[command], out, err);
}

void runs_describe(struct runs *runs, const char *incident, const struct command_view *view, struct buf *out)
{
	struct command_place place = place_of(runs, incident);

	command_describe(view, &place, out);
}

/* --- recording ---------------------------------------------------------------------------- */

static struct step_run describe(const struct run *run)
{
	return (struct step_run){
		.step = run->step,
		.title = run->title,
		.command = run->view.script,
		.resolved = run->view.resolved,
		.run = run->id,
		.fingerprint = run->view.fingerprint,
		.sha256 = run->sha256,
		.directory = run->view.directory,
		.cluster = run->view.context,
		.danger = danger_name(run->view.danger),
		.approval = run->approval,
		.values = run->values,
		.value_count = run->value_count,
		.before = run->before.rows,
		.before_count = run->before.count,
		.why = run->why,
		.exit_code = run->exit_code,
		.signal = run->signal,
		.duration_us = run->duration_us,
		.timed_out = run->timed_out,
		.cancelled = run->cancelled,
		.survived = run->survived,
		.interactive = run->view.stage == CHILD_TERMINAL,
	};
}

static void append(struct run *run, struct drafts *drafts, enum status status, struct error *err)
{
	struct watch *w = run->runs->watch;

	if (status == STATUS_OK)
		status = watch_append(w, drafts, NULL, NULL, err);
	if (status != STATUS_OK)
		watch_say(w, 2, err->text);
	drafts_free(drafts);
	watch_touched(w);
}

/* Records how it ended, with what it said first and last. */
static void record_end(struct run *run, const struct step_run *what)
{
	struct step_run end = *what;
	char digest[RUN_RECORD_BYTES];
	struct actor who = watch_actor(run->runs->watch);
	struct drafts drafts;
	struct error err = {0};

	end.output = screenful_digest(&run->screen, digest, sizeof(digest));
	drafts_init(&drafts);
	enum status status = act_step_ran(watch_fold(run->runs->watch), &who, run->incident, &end, &drafts, &err);
	append(run, &drafts, status, &err);
}

static void record_verified(struct run *run)
{
	struct step_run what = describe(run);
	char digest[RUN_RECORD_BYTES];
	struct actor who = watch_actor(run->runs->watch);
	struct drafts drafts;
	struct error err = {0};

	what.output = screenful_digest(&run->screen, digest, sizeof(digest));
	drafts_init(&drafts);
	enum status status = act_step_verified(watch_fold(run->runs->watch), &who, run->incident, &what, run->holds, run->verify.looks, run->settles, &drafts, &err);
	append(run, &drafts, status, &err);
}

/* What the affected components are like, some time after a change. */
static void record_observed(struct run *run)
{
	struct watch *w = run->runs->watch;
	const struct incident *incident = fold_incident(watch_fold(w), run->incident);
	struct affected after;
	struct drafts drafts;
	struct error err = {0};
	struct actor who = watch_actor(w);
	struct step_run what = describe(run);

	run->observe_us = 0;
	if (!incident || !incident_is_open(incident))
		return;
	affected_take(&after, watch_world(w), incident);
	drafts_init(&drafts);
	enum status status = act_step_observed(watch_fold(w), &who, run->incident, &what, after.rows, after.count, &drafts, &err);
	append(run, &drafts, status, &err);
	affected_free(&after);
}

/* --- running ---------------------------------------------------------------------------- */

static void give_terminal_back(struct run *run)
{
	if (run->lent)
		(void)watch_lend_terminal(run->runs->watch, false);
	run->lent = false;
}

static void on_text(void *arg, int stream, const char *text, size_t len)
{
	struct run *run = arg;

	(void)stream;
	screenful_add(&run->screen, text, len);
	watch_touched(run->runs->watch);
}

static void on_skipped(void *arg, uint64_t lines)
{
	struct run *run = arg;

	screenful_skip(&run->screen, lines);
}

static void take_result(struct run *run, const struct exec_result *result)
{
	const struct child_result *child = result->child;

	run->exec = NULL;
	run->exit_code = child->exit_code;
	run->signal = child->signal;
	run->timed_out = child->timed_out;
	run->cancelled = child->cancelled || run->cancel_asked;
	run->survived = child->survived;
	run->started = child->started;
	text_format(run->why, sizeof(run->why), "%s", child->started ? "" : result->why);
	if (result->why[0] && !run->lent) {
		screenful_add(&run->screen, result->why, strlen(result->why));
		screenful_add(&run->screen, "\n", 1);
	}
	give_terminal_back(run);
}

static void on_done(void *arg, const struct exec_result *result)
{
	struct run *run = arg;
	struct hash256 blob;
	bool keep = result->whole_len > RUN_RECORD_BYTES;

	take_result(run, result);
	run->running = false;
	run->duration_us = result->child->duration_us;
	struct step_run what = describe(run);
	if (keep)
		blob = watch_put_blob(run->runs->watch, result->whole, result->whole_len, "text/plain");
	what.blob = keep ? &blob : NULL;
	what.blob_cut_bytes = result->cut_bytes;
	what.out_bytes = result->child->out_total;
	what.err_bytes = result->child->err_total;
	record_end(run, &what);
	if (run->started && run->view.danger != DANGER_READ)
		run->observe_us = clock_wall_us(watch_clock(run->runs->watch)) + OBSERVE_AFTER_US;
}

/* It did not start, or its end was not waited for. */
static void end_unstarted(struct run *run, const char *why)
{
	run->running = false;
	run->exit_code = -1;
	run->cancelled = why == NULL;
	text_format(run->why, sizeof(run->why), "%s", why ? why : "");
	struct step_run what = describe(run);
	record_end(run, &what);
}

static void start_exec(struct run *run, const struct exec_events *events)
{
	struct watch *w = run->runs->watch;
	struct exec_spec spec = {.view = &run->view, .config = watch_config(w), .mask = watch_secrets(w), .tool_environment = run->runs->environment};

	run->exec = exec_start(watch_loop(w), &spec, events, run);
}

/* Of two consoles that use one approval at once, the record says who was first. */
static bool approval_is_ours(const struct run *run)
{
	const struct incident *incident = fold_incident(watch_fold(run->runs->watch), run->incident);

	for (size_t i = 0; incident && i < incident->approval_count; i++)
		if (incident->approvals[i].given_seq == run->approval)
			return strcmp(incident->approvals[i].run, run->id) == 0;
	return false;
}

/* The start is durable: only now may the command begin. */
static void start_recorded(void *arg, enum status status, const struct error *err)
{
	static const struct exec_events events = {.text = on_text, .skipped = on_skipped, .done = on_done};
	struct run *run = arg;

	if (!run->running) /* ended by runs_stop, which said so */
		return;
	if (status != STATUS_OK) {
		run->running = false;
		run->exit_code = -1;
		text_format(run->why, sizeof(run->why), "not started, because its start could not be recorded: %s", err->text);
	} else if (run->cancel_asked) {
		end_unstarted(run, NULL);
	} else if (run->approval && !approval_is_ours(run)) {
		end_unstarted(run, "its approval was used by another run in the meantime");
	} else if (run->view.stage == CHILD_TERMINAL && !(run->lent = watch_lend_terminal(run->runs->watch, true))) {
		end_unstarted(run, "it wants a terminal, and there is none (run it in the console on a terminal, or by hand)");
	} else {
		run->started_us = clock_wall_us(watch_clock(run->runs->watch));
		start_exec(run, &events);
	}
}

/* Which values it is given; those that hold a secret by their name only. */
static void take_values(struct run *run)
{
	struct watch *w = run->runs->watch;
	const struct bindings *bindings = watch_bindings(w, run->incident);
	const struct bound *bound = &run->view.bound;

	run->values = xcalloc(bound->environment_count + 1, sizeof(*run->values));
	run->value_texts = xcalloc(3 * bound->environment_count + 1, sizeof(char *));
	for (size_t i = 0; i < bound->environment_count; i++) {
		const char *name = bound->environment[i] + strlen("TOCSIN_");
		char **texts = &run->value_texts[3 * run->value_count];
		texts[0] = xstrndup(name, strcspn(name, "="));
		const struct binding *binding = bindings_get(bindings, texts[0]);
		const char *value = strchr(name, '=') + 1;
		char *masked = watch_mask(w, value, strlen(value));
		if (binding && !binding->secret && strcmp(masked, value) == 0)
			texts[1] = xstrdup(value);
		texts[2] = xstrdup(binding ? binding->from : "");
		free(masked);
		run->values[run->value_count++] = (struct step_value){texts[0], texts[1], texts[2]};
	}
}

/* Room for one more: the oldest that has ended and is looked at no more goes. */
static struct run *run_new(struct runs *runs, const char *incident, const struct step *step, const struct runbook *book)
{
	struct run *run = xcalloc(1, sizeof(*run));
	uint8_t random[16];

	for (size_t i = 0; i < runs->count && runs->count >= RUNS_KEPT; i++) {
		if (runs->items[i]->running || runs->items[i]->observe_us)
			continue;
		run_free(runs->items[i]);
		memmove(&runs->items[i], &runs->items[i + 1], (--runs->count - i) * sizeof(struct run *));
		break;
	}
	runs->items = xreallocarray(runs->items, runs->count + 1, sizeof(struct run *));
	runs->items[runs->count++] = run;
	run->runs = runs;
	run->running = true;
	text_format(run->incident, sizeof(run->incident), "%s", incident);
	text_format(run->step, sizeof(run->step), "%s", step->number);
	run->title = xstrdup(step->title);
	sha256_text(run->sha256, &book->sha256);
	random_bytes(random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(run->id + 2 * i, 3, "%02x", random[i]);
	screenful_init(&run->screen);
	run->started_us = clock_wall_us(watch_clock(runs->watch));
	return run;
}

/* Whether one more may begin now. */
static enum status need_free_step(const struct runs *runs, const char *incident, const char *step, struct error *err)
{
	const struct run *run = find_run(runs, incident, step);
	size_t going = 0;

	if (run && run->running)
		return error_set(err, STATUS_CONFLICT, "step %s is still running (wait, or cancel it with Esc)", run->step);
	for (size_t i = 0; i < runs->count; i++)
		going += runs->items[i]->running;
	if (going >= RUNS_AT_ONCE)
		return error_set(err, STATUS_LIMIT, "step %s: %zu commands run already (wait for one of them, or cancel it)", step, going);
	return STATUS_OK;
}

/* What the mode allows, what was shown, and who approved it. *approval is 0 when none is needed. */
static enum status need_permit(struct runs *runs, const char *incident, const char *step, const struct command_view *view, const char *fingerprint, uint64_t *approval, struct error *err)
{
	struct actor who = watch_actor(runs->watch);

	*approval = 0;
	if (view->refused[0])
		return error_set(err, STATUS_REFUSED, "step %s: %s", step, view->refused);
	/* Values are live: a pod may have come back since the command was shown. */
	if (strcmp(fingerprint, view->fingerprint) != 0)
		return error_set(err, STATUS_CONFLICT, "step %s: its values changed since they were shown, nothing was run (:run shows them anew)", step);
	if (!(view->needs & PERMIT_SECOND))
		return STATUS_OK;
	const struct approval *found = approval_usable(fold_incident(watch_fold(runs->watch), incident), view->fingerprint, who.name, who.now_us);
	if (!found)
		return error_set(err, STATUS_REFUSED, "step %s: %s needs a second person's approval of exactly this (:ask %s; alone, :break-glass %s REASON)", step, danger_name(view->danger), step, step);
	*approval = found->given_seq;
	return STATUS_OK;
}

enum status runs_start(struct runs *runs, const char *incident, const char *step, size_t command, const char *fingerprint, struct error *err)
{
	struct watch *w = runs->watch;
	struct command_view view;
	struct drafts drafts;
	const struct runbook *book;
	uint64_t approval;
	enum status status = need_free_step(runs, incident, step, err);

	if (status == STATUS_OK)
		status = runs_command(runs, incident, step, command, &view, err);
	if (status != STATUS_OK)
		return status;
	status = need_permit(runs, incident, step, &view, fingerprint, &approval, err);
	if (status != STATUS_OK) {
		command_view_free(&view);
		return status;
	}
	struct run *run = run_new(runs, incident, need_step(runs, incident, step, &book, NULL), watch_runbook(w, incident, NULL));
	run->view = view;
	run->approval = approval;
	take_values(run);
	if (view.danger != DANGER_READ)
		affected_take(&run->before, watch_world(w), fold_incident(watch_fold(w), incident));
	struct actor who = watch_actor(w);
	struct step_run what = describe(run);
	drafts_init(&drafts);
	status = act_step_started(watch_fold(w), &who, incident, &what, &drafts, err);
	if (status == STATUS_OK)
		status = watch_append(w, &drafts, start_recorded, run, err);
	drafts_free(&drafts);
	if (status != STATUS_OK) {
		run->running = false;
		run->exit_code = -1;
		text_format(run->why, sizeof(run->why), "not started: %s", err ? err->text : "it could not be recorded");
	}
	return status;
}

/* --- a second person ---------------------------------------------------------------------- */

enum status runs_ask(struct runs *runs, const char *incident, const char *step, size_t command, const char *fingerprint, const char *glass_reason, struct error *err)
{
	struct watch *w = runs->watch;
	const struct runbook *book;
	const struct step *at = need_step(runs, incident, step, &book, err);
	struct command_view view;
	struct buf shown;
	struct drafts drafts;

	if (!at)
		return STATUS_NOT_FOUND;
	enum status status = runs_command(runs, incident, step, command, &view, err);
	if (status != STATUS_OK)
		return status;
	if (!(view.needs & PERMIT_SECOND))
		status = error_set(err, STATUS_REFUSED, "step %s: %s needs no second person (:run %s)", step, danger_name(view.danger), step);
	else if (view.bound.open_count)
		status = error_set(err, STATUS_REFUSED, "step %s: %s", step, view.refused);
	else if (strcmp(fingerprint, view.fingerprint) != 0)
		status = error_set(err, STATUS_CONFLICT, "step %s: its values changed since they were shown (:run shows them anew)", step);
	buf_init(&shown, DESCRIBE_BYTES);
	drafts_init(&drafts);
	if (status == STATUS_OK) {
		runs_describe(runs, incident, &view, &shown);
		status = buf_check(&shown, "what a second person would have to read", err);
	}
	if (status == STATUS_OK) {
		struct actor who = watch_actor(w);
		struct approval_request request = {.incident = incident, .step = step, .title = at->title, .danger = danger_name(view.danger), .fingerprint = view.fingerprint, .shown = buf_text(&shown), .word = view.word};
		status = glass_reason ? act_break_glass(watch_fold(w), &who, &request, glass_reason, &drafts, err) : act_approval_ask(watch_fold(w), &who, &request, &drafts, err);
	}
	if (status == STATUS_OK)
		status = watch_append(w, &drafts, NULL, NULL, err);
	drafts_free(&drafts);
	buf_free(&shown);
	command_view_free(&view);
	return status;
}

void runs_hear(struct runs *runs, const struct event *event)
{
	static const struct {
		enum event_kind kind;
		int severity;
		const char *then;
	} loud[] = {
		{EVENT_APPROVAL_ASKED, 1, " (:approve reads it)"},
		{EVENT_APPROVAL_GIVEN, 1, ""},
		{EVENT_APPROVAL_REFUSED, 1, ""},
		{EVENT_GLASS_BROKEN, 2, ""},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(loud); i++) {
		char text[STORE_SUMMARY_BYTES + 80];
		if (loud[i].kind != event->kind)
			continue;
		text_format(text, sizeof(text), "%s: %s%s", event->incident ? event->incident : "?", event->summary, loud[i].then);
		watch_say(runs->watch, loud[i].severity, text);
	}
}

/* --- checks that are repeated -------------------------------------------------------------- */

/* Of a step that is a check, all its commands are looked at; of others those that are one. */
static bool is_check(const struct step *step, const struct command *command)
{
	return command->shell && (command->verify || step->kind == STEP_VERIFY);
}

static void say_progress(struct run *run, int64_t now_us)
{
	char text[200], left[DURATION_TEXT], again[DURATION_TEXT];
	struct verify *v = &run->verify;

	text_format(text, sizeof(text), "--- look %u: exit %d, does not hold; again in %s, for %s more ---\n", v->looks, run->exit_code, duration_human(again, v->next_us - now_us), duration_human(left, v->until_us - now_us));
	screenful_add(&run->screen, text, strlen(text));
}

static void verify_end(struct run *run, bool holds)
{
	int64_t now_us = clock_wall_us(watch_clock(run->runs->watch));

	run->running = false;
	run->holds = holds;
	run->duration_us = now_us - run->verify.started_us;
	run->timed_out = !holds && !run->cancelled;
	record_verified(run);
}

static enum status look_at_check(struct run *run, struct error *err);

static void check_done(void *arg, const struct exec_result *result)
{
	struct run *run = arg;
	struct error err = {0};
	int64_t now_us = clock_wall_us(watch_clock(run->runs->watch));

	take_result(run, result);
	bool held = run->started && run->exit_code == 0 && !run->signal && !run->timed_out;
	if (held && !run->cancel_asked) {
		/* The next check of the same look, if there is one. */
		run->command++;
		if (look_at_check(run, &err) == STATUS_OK && run->exec)
			return;
		if (err.text[0])
			watch_say(run->runs->watch, 2, err.text);
	}
	bool all = held && run->exec == NULL && err.text[0] == '\0';
	verify_looked(&run->verify, now_us);
	run->timed_out = false;
	if (all || run->cancel_asked || verify_next(&run->verify, now_us) == VERIFY_GIVE_UP || !run->started)
		verify_end(run, all && !run->cancelled);
	else
		say_progress(run, now_us);
	watch_touched(run->runs->watch);
}

/* Starts the next check from run->command on; STATUS_OK without run->exec: there is none left. */
static enum status look_at_check(struct run *run, struct error *err)
{
	static const struct exec_events events = {.text = on_text, .skipped = on_skipped, .done = check_done};
	const struct runbook *book;
	const struct step *step = need_step(run->runs, run->incident, run->step, &book, err);

	if (!step)
		return STATUS_NOT_FOUND;
	while (run->command < step->command_count && !is_check(step, &step->commands[run->command]))
		run->command++;
	if (run->command >= step->command_count)
		return STATUS_OK;
	command_view_free(&run->view);
	enum status status = runs_command(run->runs, run->incident, run->step, run->command, &run->view, err);
	if (status == STATUS_OK && run->view.refused[0])
		status = error_set(err, STATUS_REFUSED, "step %s: %s", run->step, run->view.refused);
	/* It runs again and again without anybody looking, so it has to be a read whatever the mode. */
	if (status == STATUS_OK && run->view.danger != DANGER_READ)
		status = error_set(err, STATUS_REFUSED, "step %s: its check is no read, but %s: it is not repeated by itself (:run %s)", run->step, danger_name(run->view.danger), run->step);
	if (status == STATUS_OK && run->view.stage == CHILD_TERMINAL)
		status = error_set(err, STATUS_REFUSED, "step %s: its check wants the terminal, so it is not repeated by itself (:run %s)", run->step, run->step);
	if (status == STATUS_OK)
		start_exec(run, &events);
	return status;
}

static const struct command *first_check(const struct step *step)
{
	for (size_t i = 0; i < step->command_count; i++)
		if (is_check(step, &step->commands[i]))
			return &step->commands[i];
	return NULL;
}

enum status runs_verify(struct runs *runs, const char *incident, const char *step, struct error *err)
{
	struct watch *w = runs->watch;
	const struct runbook *book;
	const struct step *at = need_step(runs, incident, step, &book, err);
	const struct command *check = at ? first_check(at) : NULL;

	if (!at)
		return STATUS_NOT_FOUND;
	if (watch_mode(w) == MODE_OBSERVER)
		return error_set(err, STATUS_REFUSED, "OBSERVER runs nothing (start without --read-only to take part)");
	if (!check)
		return error_set(err, STATUS_REFUSED, "step %s: has no check to repeat (look for yourself, then tick it)", step);
	enum status status = need_free_step(runs, incident, step, err);
	if (status != STATUS_OK)
		return status;
	struct run *run = run_new(runs, incident, at, book);
	run->verifying = true;
	run->settles = at->kind == STEP_VERIFY;
	verify_begin(&run->verify, run->started_us, (int64_t)check->timeout_s * US_PER_S, 0);
	status = look_at_check(run, err);
	if (status != STATUS_OK) {
		run->running = false;
		run->exit_code = -1;
		text_format(run->why, sizeof(run->why), "not started: %s", err ? err->text : "its check cannot run");
	}
	return status;
}

static void look_again(struct run *run, int64_t now_us)
{
	struct error err = {0};

	if (!run->running || !run->verifying || run->exec || verify_next(&run->verify, now_us) != VERIFY_LOOK)
		return;
	run->command = 0;
	if (look_at_check(run, &err) == STATUS_OK && run->exec)
		return;
	if (err.text[0])
		watch_say(run->runs->watch, 2, err.text);
	verify_end(run, false);
}

/* --- time, and the end ------------------------------------------------------------------------ */

void runs_tick(struct runs *runs, int64_t now_us, int64_t step_us)
{
	for (size_t i = 0; i < runs->count; i++) {
		struct run *run = runs->items[i];
		verify_shift(&run->verify, step_us);
		if (run->observe_us)
			run->observe_us += step_us;
		look_again(run, now_us);
		if (run->observe_us && now_us >= run->observe_us)
			record_observed(run);
	}
	if (now_us - runs->shelf_us < SHELF_EVERY_US && now_us >= runs->shelf_us)
		return;
	runs->shelf_us = now_us;
	look_at_disk(runs);
}

void runs_stop(struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++) {
		struct run *run = runs->items[i];
		if (run->observe_us)
			record_observed(run);
		if (!run->running)
			continue;
		if (run->exec) {
			run->duration_us = clock_wall_us(watch_clock(runs->watch)) - run->started_us;
			exec_drop(run->exec);
			run->exec = NULL;
		}
		give_terminal_back(run);
		run->cancelled = true;
		if (run->verifying)
			verify_end(run, false);
		else
			end_unstarted(run, NULL);
	}
}

bool runs_view(struct runs *runs, const char *incident, const char *step, struct run_view *out)
{
	struct run *run = find_run(runs, incident, step);

	if (!run)
		return false;
	*out = (struct run_view){.running = run->running, .output = screenful_text(&run->screen), .started_us = run->started_us, .duration_us = run->duration_us, .exit_code = run->exit_code, .signal = run->signal, .timed_out = run->timed_out, .cancelled = run->cancelled, .why = run->why, .verifying = run->verifying, .holds = run->holds, .looks = run->verify.looks, .interactive = run->view.stage == CHILD_TERMINAL};
	text_format(out->step, sizeof(out->step), "%s", run->step);
	return true;
}

void runs_cancel(struct runs *runs, const char *incident, const char *step)
{
	struct run *run = find_run(runs, incident, step);

	if (!run || !run->running)
		return;
	run->cancel_asked = true;
	if (run->exec) {
		exec_cancel(run->exec);
	} else if (run->verifying) {
		run->cancelled = true;
		verify_end(run, false);
	}
}
