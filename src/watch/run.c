#include "watch/run.h"

#include "base/mem.h"
#include "base/text.h"
#include "io/child.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	RUN_TIMEOUT_MS = 5 * 60 * 1000,
	RUN_KEEP_BYTES = 1024 * 1024,  /* of each stream; the whole count is kept too */
	RUN_SCREEN_BYTES = 256 * 1024, /* what the output pane can scroll through */
	RUN_RECORD_BYTES = 4 * 1024,   /* head of the output inside the event */
	RUN_LINE_BYTES = 16 * 1024,    /* a longer line is shown in pieces */
};

/* The runbook that an incident works with, read once. */
struct shelf {
	char incident[16];
	char name[64];
	struct runbook book;
};

/* One command that runs or ran last for an incident. */
struct run {
	struct runs *runs;
	char incident[16];
	char step[16];
	char *title;
	struct command_view view;
	struct child *child;
	bool running; /* from the confirmed start to the recorded end */
	struct buf output;
	struct buf begun[2]; /* of each stream: a line without its end yet */
	int64_t started_us, duration_us;
	int exit_code, signal;
	bool timed_out, cancelled, cancel_asked;
	char why[160];
};

struct runs {
	struct watch *watch;
	const char *const *environment;
	struct shelf **shelves;
	size_t shelf_count;
	struct run **items;
	size_t count;
};

struct runs *runs_new(struct watch *watch, const char *const *environment)
{
	struct runs *runs = xcalloc(1, sizeof(*runs));

	runs->watch = watch;
	runs->environment = environment;
	return runs;
}

static void run_reset(struct run *run)
{
	free(run->title);
	run->title = NULL;
	command_view_free(&run->view);
	buf_free(&run->output);
	for (size_t i = 0; i < ARRAY_LENGTH(run->begun); i++)
		buf_free(&run->begun[i]);
}

void runs_free(struct runs *runs)
{
	if (!runs)
		return;
	for (size_t i = 0; i < runs->shelf_count; i++) {
		runbook_free(&runs->shelves[i]->book);
		free(runs->shelves[i]);
	}
	free(runs->shelves);
	for (size_t i = 0; i < runs->count; i++) {
		run_reset(runs->items[i]);
		free(runs->items[i]);
	}
	free(runs->items);
	free(runs);
}

bool runs_busy(const struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		if (runs->items[i]->running)
			return true;
	return false;
}

static struct run *find_run(const struct runs *runs, const char *incident)
{
	for (size_t i = 0; i < runs->count; i++)
		if (strcmp(runs->items[i]->incident, incident) == 0)
			return runs->items[i];
	return NULL;
}

const struct runbook *runs_runbook(struct runs *runs, const struct incident *incident, struct error *err)
{
	struct shelf *shelf = NULL;

	if (!incident->runbook[0]) {
		error_set(err, STATUS_NOT_FOUND, "%s has no runbook yet (choose one with :runbook NAME)", incident->id);
		return NULL;
	}
	for (size_t i = 0; i < runs->shelf_count; i++)
		if (strcmp(runs->shelves[i]->incident, incident->id) == 0)
			shelf = runs->shelves[i];
	if (shelf && strcmp(shelf->name, incident->runbook) == 0)
		return &shelf->book;
	struct runbook book;
	if (runbook_find(incident->runbook, watch_config(runs->watch)->runbook_directory, &book, err) != STATUS_OK)
		return NULL;
	if (shelf) {
		runbook_free(&shelf->book);
	} else {
		shelf = xcalloc(1, sizeof(*shelf));
		runs->shelves = xreallocarray(runs->shelves, runs->shelf_count + 1, sizeof(struct shelf *));
		runs->shelves[runs->shelf_count++] = shelf;
		text_format(shelf->incident, sizeof(shelf->incident), "%s", incident->id);
	}
	text_format(shelf->name, sizeof(shelf->name), "%s", incident->runbook);
	shelf->book = book;
	return &shelf->book;
}

/* --- what would run -------------------------------------------------------------------- */

/* The one place where a mode meets a danger class. */
static void judge_mode(enum mode mode, const struct command *command, struct command_view *view)
{
	char *refused = view->refused;
	size_t size = sizeof(view->refused);

	if (!command->shell)
		text_format(refused, size, "this is %s, not a shell command: it is shown, never run", command->language[0] ? command->language : "text");
	else if (mode == MODE_OBSERVER)
		text_format(refused, size, "OBSERVER runs nothing (start without --read-only to take part)");
	else if (view->bound.open_count)
		text_format(refused, size, "%s has no value yet (:set %s VALUE)", view->bound.open[0].written, view->bound.open[0].name);
	else if (view->danger > DANGER_MUTATE)
		text_format(refused, size, "%s: %s; Tocsin does not run it (run it yourself with a second person, then tick the step)", danger_name(view->danger), danger_meaning(view->danger));
	else if (view->danger == DANGER_MUTATE && mode != MODE_ARMED)
		text_format(refused, size, "UNARMED runs only what is known to be a read; this is %s (:arm 10m REASON, or run it yourself and tick the step)", danger_name(view->danger));
}

/* Where kubectl will act. The configuration's context reaches it only through a
 * placeholder: what is configured and what is used may differ. */
static void say_cluster(struct command_view *view, const char *configured)
{
	char *text = view->context;
	size_t size = sizeof(view->context);

	if (strstr(view->bound.script, "--context"))
		text_format(text, size, "the Kubernetes context that the command names");
	else if (configured)
		text_format(text, size, "kubectl's current context, which need not be %s (add --context <context> to the step)", configured);
	else
		text_format(text, size, "kubectl's current context");
}

enum status runs_command(struct runs *runs, const char *incident, const char *step, size_t command, struct command_view *out, struct error *err)
{
	struct watch *w = runs->watch;
	const struct config *config = watch_config(w);
	const struct runbook *book = watch_runbook(w, incident, err);

	*out = (struct command_view){0};
	if (!book)
		return STATUS_NOT_FOUND;
	const struct step *at = runbook_step(book, step);
	if (!at)
		return error_set(err, STATUS_NOT_FOUND, "step %s: not in runbook %s", step, book->name);
	if (command >= at->command_count)
		return error_set(err, STATUS_NOT_FOUND, "step %s: has no command to run (do it by hand, then tick it with v)", step);
	const struct command *c = &at->commands[command];
	enum status status = bind_command(c->text, watch_bindings(w, incident), &out->bound, err);
	if (status != STATUS_OK)
		return status;
	out->danger = danger_classify(out->bound.script);
	out->resolved = watch_mask(w, out->bound.resolved, strlen(out->bound.resolved));
	if (!getcwd(out->directory, sizeof(out->directory)))
		text_format(out->directory, sizeof(out->directory), "(the current directory is gone)");
	say_cluster(out, config_context(config));
	judge_mode(watch_mode(w), c, out);
	return STATUS_OK;
}

void command_view_free(struct command_view *view)
{
	bound_free(&view->bound);
	free(view->resolved);
	*view = (struct command_view){0};
}

/* --- running ---------------------------------------------------------------------------- */

static struct step_run describe(const struct run *run)
{
	return (struct step_run){.step = run->step, .title = run->title, .command = run->view.bound.script, .resolved = run->view.resolved, .exit_code = run->exit_code, .signal = run->signal, .duration_us = run->duration_us, .timed_out = run->timed_out, .cancelled = run->cancelled};
}

static void record_run(struct run *run, const struct step_run *what)
{
	struct watch *w = run->runs->watch;
	struct actor who = watch_actor(w);
	struct drafts drafts;
	struct error err = {0};

	drafts_init(&drafts);
	enum status status = act_step_ran(watch_fold(w), &who, run->incident, what, &drafts, &err);
	if (status == STATUS_OK)
		status = watch_append(w, &drafts, NULL, NULL, &err);
	if (status != STATUS_OK)
		watch_say(w, 2, err.text);
	drafts_free(&drafts);
}

/* Shows what can be no part of anything longer. */
static void show(struct run *run, const char *bytes, size_t len)
{
	struct buf clean;

	if (run->output.full)
		return;
	/* Cleaned first: an escape sequence in the middle of a secret must not hide it. */
	buf_init(&clean, len * 8 + 1); /* a tab becomes up to eight blanks */
	text_clean_lines(&clean, bytes, len);
	mask_text(watch_secrets(run->runs->watch), buf_text(&clean), clean.len, &run->output);
	buf_free(&clean);
	watch_touched(run->runs->watch);
}

/* How much of a line that is longer than what is kept can go: all but what may be half
 * of a secret or of a character. */
static size_t whole_part(const struct run *run, const struct buf *line)
{
	size_t len = line->len - mask_unfinished(watch_secrets(run->runs->watch), line->data, line->len);

	for (int i = 0; i < 3 && len && ((unsigned char)line->data[len - 1] & 0x80); i++)
		len--;
	return len ? len : line->len;
}

static void cut_front(struct buf *line, size_t len)
{
	memmove(line->data, line->data + len, line->len - len + 1);
	line->len -= len;
}

/* Reads end anywhere, in a secret, a character or an escape sequence as well, so that
 * output is taken by lines; this also keeps those of both streams apart. */
static void take_output(struct run *run, struct buf *line, const char *bytes, size_t len)
{
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) + 1 : len;
		if (part > RUN_LINE_BYTES - line->len) {
			part = RUN_LINE_BYTES - line->len;
			end = NULL;
		}
		buf_add(line, bytes, part);
		bytes += part;
		len -= part;
		if (!end && line->len < RUN_LINE_BYTES)
			break;
		size_t ready = end ? line->len : whole_part(run, line);
		show(run, line->data, ready);
		cut_front(line, ready);
	}
}

static void on_output(void *arg, int stream, const char *bytes, size_t len)
{
	struct run *run = arg;

	take_output(run, &run->begun[stream == 2], bytes, len);
}

/* What is left when nothing follows. */
static void end_output(struct run *run)
{
	for (size_t i = 0; i < ARRAY_LENGTH(run->begun); i++) {
		show(run, buf_text(&run->begun[i]), run->begun[i].len);
		buf_clear(&run->begun[i]);
	}
}

/* One stream, masked. Around a gap as much more is left out as half of a secret may be long. */
static void keep_stream(const struct mask *mask, struct buf *out, const char *bytes, size_t len, size_t head, uint64_t total)
{
	size_t edge = mask_longest(mask);

	if (total <= len) {
		mask_text(mask, bytes, len, out);
		return;
	}
	size_t first = head > edge ? head - edge : 0;
	size_t last = len - head > edge ? head + edge : len;
	mask_text(mask, bytes, first, out);
	buf_printf(out, "\n--- %" PRIu64 " bytes left out ---\n", total - first - (len - last));
	mask_text(mask, bytes + last, len - last, out);
}

/* What it said, both streams, as evidence: all that was kept of them. */
static struct hash256 keep_output(struct run *run, const struct child_result *result, bool *kept)
{
	const struct mask *mask = watch_secrets(run->runs->watch);
	struct hash256 hash = {{0}};
	struct buf whole;

	buf_init(&whole, 4 * RUN_KEEP_BYTES + 1024);
	keep_stream(mask, &whole, result->out, result->out_len, result->out_head, result->out_total);
	if (result->err_len) {
		buf_puts(&whole, "\n--- standard error ---\n");
		keep_stream(mask, &whole, result->err, result->err_len, result->err_head, result->err_total);
	}
	*kept = whole.len > RUN_RECORD_BYTES;
	if (*kept)
		hash = watch_put_blob(run->runs->watch, buf_text(&whole), whole.len, "text/plain");
	buf_free(&whole);
	return hash;
}

/* Records how it ended, with the head of what it said. */
static void record_end(struct run *run, const struct step_run *what)
{
	struct step_run end = *what;
	char head[RUN_RECORD_BYTES];

	end.output = text_format(head, sizeof(head), "%s", buf_text(&run->output));
	record_run(run, &end);
	watch_touched(run->runs->watch);
}

static void on_done(void *arg, const struct child_result *result)
{
	struct run *run = arg;
	bool kept = false;

	run->child = NULL;
	run->running = false;
	run->exit_code = result->exit_code;
	run->signal = result->signal;
	run->timed_out = result->timed_out;
	run->cancelled = result->cancelled;
	run->duration_us = result->duration_us;
	text_format(run->why, sizeof(run->why), "%s", result->started ? "" : result->why);
	if (!result->started)
		show(run, result->why, strlen(result->why));
	end_output(run);
	struct hash256 blob = keep_output(run, result, &kept);
	struct step_run what = describe(run);
	what.blob = kept ? &blob : NULL;
	what.out_bytes = result->out_total;
	what.err_bytes = result->err_total;
	record_end(run, &what);
}

/* A small environment of our own (engineering reference 4.6), the values, and what a
 * drill puts on top. NULL-terminated; the array is the caller's, the strings are in `owned`. */
static const char **environment_of(const struct run *run, char ***owned)
{
	static const char *const passed[] = {"PATH", "HOME", "LANG", "LC_ALL", "USER", "LOGNAME", "SSL_CERT_FILE", "SSL_CERT_DIR", "KUBECONFIG"};
	const struct bound *bound = &run->view.bound;
	size_t extra = 0, count = 0, kept = 0;

	while (run->runs->environment && run->runs->environment[extra])
		extra++;
	const char **list = xcalloc(ARRAY_LENGTH(passed) + bound->environment_count + extra + 2, sizeof(*list));
	*owned = xcalloc(ARRAY_LENGTH(passed) + 1, sizeof(**owned));
	for (size_t i = 0; i < ARRAY_LENGTH(passed); i++) {
		const char *value = getenv(passed[i]);
		bool overridden = false;
		size_t len = strlen(passed[i]);
		for (size_t j = 0; j < extra; j++)
			overridden |= strncmp(run->runs->environment[j], passed[i], len) == 0 && run->runs->environment[j][len] == '=';
		if (value && !overridden) {
			(*owned)[kept] = xasprintf("%s=%s", passed[i], value);
			list[count++] = (*owned)[kept++];
		}
	}
	list[count++] = "TERM=dumb";
	for (size_t i = 0; i < extra; i++)
		list[count++] = run->runs->environment[i];
	for (size_t i = 0; i < bound->environment_count; i++)
		list[count++] = bound->environment[i];
	return list;
}

/* It did not start, or its end was not waited for. */
static void end_cancelled(struct run *run)
{
	run->running = false;
	run->cancelled = true;
	run->exit_code = -1;
	struct step_run what = describe(run);
	record_end(run, &what);
}

static void launch(struct run *run)
{
	static const struct child_events events = {.output = on_output, .done = on_done};
	const char *const argv[] = {"/bin/sh", "-c", run->view.bound.script, NULL};
	char **owned;
	const char **environment = environment_of(run, &owned);
	struct child_spec spec = {.argv = argv, .environment = environment, .timeout_ms = RUN_TIMEOUT_MS, .keep_bytes = RUN_KEEP_BYTES};

	run->started_us = clock_wall_us(watch_clock(run->runs->watch));
	run->child = child_start(watch_loop(run->runs->watch), &spec, &events, run);
	for (size_t i = 0; owned[i]; i++)
		free(owned[i]);
	free(owned);
	free(environment);
}

/* The start is durable: only now may the command begin. */
static void start_recorded(void *arg, enum status status, const struct error *err)
{
	struct run *run = arg;

	if (!run->running) /* ended by runs_stop, which said so */
		return;
	if (status != STATUS_OK) {
		run->running = false;
		run->exit_code = -1;
		text_format(run->why, sizeof(run->why), "not started, because its start could not be recorded: %s", err->text);
		return;
	}
	if (run->cancel_asked) {
		end_cancelled(run);
		return;
	}
	launch(run);
}

enum status runs_start(struct runs *runs, const char *incident, const char *step, size_t command, struct error *err)
{
	struct watch *w = runs->watch;
	struct run *run = find_run(runs, incident);
	struct command_view view;
	struct drafts drafts;

	if (run && run->running)
		return error_set(err, STATUS_CONFLICT, "step %s is still running (wait, or cancel it with Esc)", run->step);
	enum status status = runs_command(runs, incident, step, command, &view, err);
	if (status != STATUS_OK)
		return status;
	if (view.refused[0]) {
		status = error_set(err, STATUS_REFUSED, "step %s: %s", step, view.refused);
		command_view_free(&view);
		return status;
	}
	if (!run) {
		run = xcalloc(1, sizeof(*run));
		runs->items = xreallocarray(runs->items, runs->count + 1, sizeof(struct run *));
		runs->items[runs->count++] = run;
	} else {
		run_reset(run);
	}
	*run = (struct run){.runs = runs, .view = view, .running = true};
	text_format(run->incident, sizeof(run->incident), "%s", incident);
	text_format(run->step, sizeof(run->step), "%s", step);
	run->title = xstrdup(runbook_step(watch_runbook(w, incident, NULL), step)->title);
	buf_init(&run->output, RUN_SCREEN_BYTES);
	for (size_t i = 0; i < ARRAY_LENGTH(run->begun); i++)
		buf_init(&run->begun[i], RUN_LINE_BYTES);
	run->started_us = clock_wall_us(watch_clock(w));
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

void runs_stop(struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++) {
		struct run *run = runs->items[i];
		if (!run->running)
			continue;
		if (run->child) {
			run->duration_us = clock_wall_us(watch_clock(runs->watch)) - run->started_us;
			child_drop(run->child);
			run->child = NULL;
		}
		end_output(run);
		end_cancelled(run);
	}
}

bool runs_view(const struct runs *runs, const char *incident, struct run_view *out)
{
	const struct run *run = find_run(runs, incident);

	if (!run)
		return false;
	*out = (struct run_view){.running = run->running, .output = buf_text(&run->output), .started_us = run->started_us, .duration_us = run->duration_us, .exit_code = run->exit_code, .signal = run->signal, .timed_out = run->timed_out, .cancelled = run->cancelled, .why = run->why};
	text_format(out->step, sizeof(out->step), "%s", run->step);
	return true;
}

void runs_cancel(struct runs *runs, const char *incident)
{
	struct run *run = find_run(runs, incident);

	if (!run || !run->running)
		return;
	run->cancel_asked = true;
	if (run->child)
		child_cancel(run->child);
}
