/* tocsin runbook run: a runbook outside an incident, step by step on a terminal, or by
 * itself as far as that is safe. */
#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "watch/exec.h"
#include "watch/screenful.h"
#include "watch/values.h"
#include "watch/verify.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	JSON_BYTES_MAX = 64 * 1024 * 1024,
	TEXT_BYTES_MAX = 1024 * 1024,
	ANSWER_BYTES = 4096,
	EXIT_KEPT_BACK = 2, /* what ran did well, but not everything was allowed to run */
	VERIFY_TICK_MS = 200,
};

/* What became of a command. */
enum outcome {
	OUTCOME_RAN,
	OUTCOME_WOULD_RUN, /* a dry run */
	OUTCOME_NOT_RUN,   /* allowed to nobody here, or nobody wanted it */
	OUTCOME_OPEN,      /* a placeholder has no value */
	OUTCOME_REFUSED,   /* a value does not fit */
	OUTCOME_SHOWN,     /* no shell command */
};

static const char *const outcome_names[] = {"ran", "would-run", "not-run", "no-value", "refused", "shown"};

struct session {
	const struct globals *globals;
	struct config config;
	struct runbook book;
	struct world *world;
	struct values *values;
	struct bindings bindings; /* bound once, for all steps */
	struct loop *loop;
	bool dry, yes, as_json;
	const char *armed; /* the reason, NULL: not armed */
	bool asks;         /* there is a person at a terminal */
	bool changed;      /* a command that mutates has run */
	bool failed, stopped;
	size_t ran, kept_back, refused;
	struct json_writer w;
	struct buf json;

	/* the command that runs */
	struct exec *exec;
	bool ended, interrupted;
	struct screenful screen;
	uint64_t skipped; /* lines, not told yet */
	int exit_code, signal;
	bool timed_out, cancelled, started;
	int64_t duration_us;
	char why[320];
};

/* --- values ------------------------------------------------------------------------- */

/* "NAME=VALUE" becomes a value that wins over the configuration's. */
static enum status take_value(struct session *s, const char *word, struct error *err)
{
	const char *sign = strchr(word, '=');
	char name[64], *value;
	bool secret;

	if (!sign || !binding_name(word, (size_t)(sign - word), name))
		return error_set(err, STATUS_USAGE, "--set %s: no NAME=VALUE (write --set validator-pod=besu-validator-0)", word);
	enum status status = value_read(name, sign + 1, &value, &secret, err);
	if (status != STATUS_OK)
		return status;
	/* A dry run shows where a wrong value would have been refused. */
	if (!s->dry)
		status = shape_check(shape_of(name), name, value, err);
	if (status != STATUS_OK)
		error_prefix(err, "--set");
	else if (secret)
		bindings_set_secret(&s->bindings, name, value, "--set");
	else
		bindings_set(&s->bindings, name, value, "--set");
	if (secret && value)
		values_hide(s->values, value);
	free(value);
	return status;
}

static struct command_place place_of(const struct session *s)
{
	/* Who may run what is decided below: without a record there is no ARMED mode to ask for. */
	return (struct command_place){.config = &s->config, .mask = values_mask(s->values), .values = &s->bindings, .mode = MODE_ARMED};
}

/* --- asking -------------------------------------------------------------------------- */

/* One line from the terminal; false at its end. */
static bool ask(const char *question, char answer[ANSWER_BYTES])
{
	printf("%s", question);
	fflush(stdout);
	if (!fgets(answer, ANSWER_BYTES, stdin)) {
		printf("\n");
		return false;
	}
	answer[strcspn(answer, "\r\n")] = '\0';
	return true;
}

/* 'y', 'n' or 'q'; everything that is not clearly yes is no. */
static char ask_yes(struct session *s, const char *question)
{
	char answer[ANSWER_BYTES];

	if (!ask(question, answer))
		answer[0] = 'q';
	s->stopped |= answer[0] == 'q' || answer[0] == 'Q';
	return s->stopped ? 'q' : answer[0] == 'y' || answer[0] == 'Y' ? 'y'
								       : 'n';
}

/* Asks for what has no value yet, until it fits or nothing is typed. */
static void ask_values(struct session *s, const struct command_view *view)
{
	for (size_t i = 0; i < view->bound.open_count && !s->stopped; i++) {
		char question[160], answer[ANSWER_BYTES];
		const struct open_placeholder *open = &view->bound.open[i];
		text_format(question, sizeof(question), "  %s = ", open->written);
		while (ask(question, answer) && answer[0]) {
			struct error err = {0};
			char *word = xasprintf("%s=%s", open->name, answer);
			enum status status = take_value(s, word, &err);
			free(word);
			if (status == STATUS_OK)
				break;
			printf("  %s\n", err.text);
		}
	}
}

/* --- running --------------------------------------------------------------------------- */

static void on_text(void *arg, int stream, const char *text, size_t len)
{
	struct session *s = arg;

	screenful_add(&s->screen, text, len);
	if (s->as_json)
		return;
	FILE *out = stream == 2 ? stderr : stdout;
	if (s->skipped)
		fprintf(out, "--- %" PRIu64 " lines left out ---\n", s->skipped);
	s->skipped = 0;
	fwrite(text, 1, len, out);
	fflush(out);
}

static void on_skipped(void *arg, uint64_t lines)
{
	struct session *s = arg;

	screenful_skip(&s->screen, lines);
	s->skipped += lines;
}

static void on_done(void *arg, const struct exec_result *result)
{
	struct session *s = arg;

	s->exec = NULL;
	s->ended = true;
	s->started = result->child->started;
	s->exit_code = result->child->exit_code;
	s->signal = result->child->signal;
	s->timed_out = result->child->timed_out;
	s->cancelled = result->child->cancelled;
	s->duration_us = result->child->duration_us;
	text_format(s->why, sizeof(s->why), "%s", result->why);
	loop_stop(s->loop);
}

static void on_interrupt(void *arg, int signum)
{
	struct session *s = arg;

	(void)signum;
	s->interrupted = true;
	exec_cancel(s->exec);
	if (!s->exec)
		loop_stop(s->loop);
}

/* Runs it to its end. True when it did what it should. */
static bool run_once(struct session *s, const struct command_view *view)
{
	static const struct exec_events events = {.text = on_text, .skipped = on_skipped, .done = on_done};
	struct exec_spec spec = {.view = view, .config = &s->config, .mask = values_mask(s->values)};
	struct loop_signal *interrupt = loop_signal(s->loop, SIGINT, on_interrupt, s);

	s->ended = false;
	screenful_free(&s->screen);
	screenful_init(&s->screen);
	s->exec = exec_start(s->loop, &spec, &events, s);
	while (!s->ended)
		loop_run(s->loop);
	loop_signal_stop(interrupt);
	s->ran += s->started;
	s->stopped |= s->interrupted;
	return s->started && s->exit_code == 0 && !s->signal && !s->timed_out;
}

static void say_end(const struct session *s)
{
	char took[DURATION_TEXT];

	if (!s->started)
		printf("  did not start: %s\n", s->why);
	else if (s->cancelled)
		printf("  cancelled after %s\n", duration_human(took, s->duration_us));
	else if (s->timed_out)
		printf("  timed out after %s\n", duration_human(took, s->duration_us));
	else if (s->signal)
		printf("  ended by signal %d after %s\n", s->signal, duration_human(took, s->duration_us));
	else
		printf("  exit %d after %s\n", s->exit_code, duration_human(took, s->duration_us));
}

static void stop_loop(void *arg)
{
	loop_stop(arg);
}

/* Waits a little; an interrupt ends it. */
static void wait_a_little(struct session *s)
{
	struct loop_timer *timer = loop_timer(s->loop, VERIFY_TICK_MS, 0, stop_loop, s->loop);
	struct loop_signal *interrupt = loop_signal(s->loop, SIGINT, on_interrupt, s);

	loop_run(s->loop);
	loop_signal_stop(interrupt);
	loop_timer_stop(timer);
	s->stopped |= s->interrupted;
}

/* Repeats a check until it holds. Where nothing was changed before, one look has to do. */
static bool run_check(struct session *s, const struct command_view *view, int64_t for_us)
{
	struct verify verify;
	bool holds = false;

	verify_begin(&verify, clock_wall_us(clock_system()), for_us, 0);
	while (!holds && !s->stopped) {
		enum verify_next next = verify_next(&verify, clock_wall_us(clock_system()));
		if (next == VERIFY_GIVE_UP || (verify.looks > 0 && !s->changed))
			break;
		if (next == VERIFY_WAIT) {
			wait_a_little(s);
			continue;
		}
		holds = run_once(s, view);
		verify_looked(&verify, clock_wall_us(clock_system()));
		if (!holds && !s->as_json && !s->stopped)
			printf("  look %u: does not hold (Ctrl-C ends it)\n", verify.looks);
	}
	return holds;
}

/* --- whether it may ------------------------------------------------------------------------ */

/* Without a person: by the table alone. */
static bool may_unattended(const struct session *s, const struct step *step, const struct command *command, const struct command_view *view, char *why, size_t size)
{
	if (step->when || step->kind == STEP_BRANCH)
		text_format(why, size, "a person has to choose: %.120s", step->when ? step->when : step->title);
	else if (command->alone)
		text_format(why, size, "the runbook says that it is never run together with others");
	else if (view->stage == CHILD_TERMINAL)
		text_format(why, size, "it wants a terminal");
	else
		return permit_unattended(s->armed != NULL, view->danger, why, size);
	return false;
}

/* With one: everything is shown, and answered. */
static bool may_attended(struct session *s, const struct command_view *view, char *why, size_t size)
{
	char answer[ANSWER_BYTES], question[120];
	struct command_place place = place_of(s);
	struct buf text;

	buf_init(&text, TEXT_BYTES_MAX);
	command_describe(view, &place, &text);
	printf("%s", buf_text(&text));
	bool whole = !text.full;
	buf_free(&text);
	if (!whole) {
		text_format(why, size, "it is too long to be shown in full");
		return false;
	}
	if (view->needs & PERMIT_SECOND) {
		text_format(why, size, "%s wants a second person's approval, which only an incident's record can hold (run it in the console)", danger_name(view->danger));
		return false;
	}
	if ((view->needs & PERMIT_ARMED) && !s->armed) {
		static char reason[ANSWER_BYTES];
		if (!ask("It changes something. Why do you arm? (empty: do not run it) ", reason) || !reason[0]) {
			text_format(why, size, "not armed");
			return false;
		}
		s->armed = reason;
	}
	if (view->needs & PERMIT_NAME) {
		text_format(question, sizeof(question), "Type %s to run it: ", view->word);
		if (ask(question, answer) && strcmp(answer, view->word) == 0)
			return true;
	} else if (ask_yes(s, "Run it? y, n, q to stop: ") == 'y') {
		return true;
	}
	text_format(why, size, "not wanted");
	return false;
}

/* --- telling --------------------------------------------------------------------------------- */

static void json_values(struct session *s, const struct command_view *view)
{
	json_begin_array(&s->w, "values");
	for (size_t i = 0; i < view->bound.environment_count; i++) {
		char name[64];
		const char *assignment = view->bound.environment[i] + strlen("TOCSIN_"), *value = strchr(assignment, '=') + 1;
		text_format(name, sizeof(name), "%.*s", (int)strcspn(assignment, "="), assignment);
		const struct binding *binding = bindings_get(&s->bindings, name);
		struct buf masked;
		buf_init(&masked, strlen(value) * 4 + 16);
		mask_text(values_mask(s->values), value, strlen(value), &masked);
		json_begin_object(&s->w, NULL);
		json_put_string(&s->w, "name", name);
		json_put_string(&s->w, "value", binding && binding->secret ? NULL : buf_text(&masked));
		json_put_string(&s->w, "from", binding ? binding->from : NULL);
		json_end_object(&s->w);
		buf_free(&masked);
	}
	json_end_array(&s->w);
}

static void json_command(struct session *s, const struct command *command, const struct command_view *view, enum outcome outcome, const char *why)
{
	struct json_writer *w = &s->w;

	if (!s->as_json)
		return;
	json_begin_object(w, NULL);
	json_put_i64(w, "line", command->line);
	json_put_bool(w, "verify", command->verify);
	json_put_string(w, "outcome", outcome_names[outcome]);
	json_put_text(w, "why", why);
	if (view->resolved) {
		json_put_string(w, "danger", danger_name(view->danger));
		json_put_string(w, "script", view->script);
		json_put_string(w, "resolved", view->resolved);
		json_put_string(w, "directory", view->directory);
		json_put_string(w, "cluster", view->context);
		json_put_string(w, "fingerprint", view->fingerprint);
		json_values(s, view);
	}
	if (outcome == OUTCOME_RAN) {
		json_put_i64(w, "exit", s->exit_code);
		json_put_i64(w, "signal", s->signal);
		json_put_i64(w, "duration_ms", s->duration_us / US_PER_MS);
		json_put_bool(w, "timed_out", s->timed_out);
		json_put_bool(w, "cancelled", s->cancelled);
		json_put_string(w, "output", screenful_text(&s->screen));
	}
	json_end_object(w);
}

/* The command as it reads, before what it says. */
static void say_lines(const struct command_view *view)
{
	for (const char *line = view->resolved; *line;) {
		size_t len = strcspn(line, "\n");
		printf("  $ %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	fflush(stdout);
}

static void say_command(const struct session *s, const struct command *command, const struct command_view *view, enum outcome outcome, const char *why)
{
	if (s->as_json)
		return;
	if (!view->resolved)
		printf("  %s\n", command->text);
	else if (outcome != OUTCOME_RAN && !s->asks)
		say_lines(view);
	for (size_t i = 0; s->dry && i < view->bound.environment_count; i++) {
		char name[64];
		const char *assignment = view->bound.environment[i] + strlen("TOCSIN_");
		text_format(name, sizeof(name), "%.*s", (int)strcspn(assignment, "="), assignment);
		const struct binding *binding = bindings_get(&s->bindings, name);
		printf("    %s from %s\n", name, binding ? binding->from : "?");
	}
	if (s->dry && view->resolved)
		printf("    %s, in %s, on %s\n", danger_name(view->danger), view->directory, view->context);
	if (outcome != OUTCOME_RAN)
		printf("    %s%s%s\n", outcome == OUTCOME_WOULD_RUN ? "would run" : outcome == OUTCOME_SHOWN ? "shown, never run"
													     : outcome_names[outcome],
		       why[0] ? ": " : "", why);
}

/* --- steps ------------------------------------------------------------------------------------ */

static bool is_check(const struct step *step, const struct command *command)
{
	return command->verify || step->kind == STEP_VERIFY;
}

static enum outcome run_it(struct session *s, const struct step *step, const struct command *command, const struct command_view *view)
{
	if (!s->as_json && !s->asks)
		say_lines(view);
	bool good = is_check(step, command) ? run_check(s, view, (int64_t)command->timeout_s * US_PER_S) : run_once(s, view);
	s->changed |= view->danger != DANGER_READ;
	s->failed |= !good;
	return OUTCOME_RAN;
}

static enum outcome do_command(struct session *s, const struct step *step, const struct command *command, struct command_view *view, char *why, size_t size)
{
	struct command_place place = place_of(s);
	struct error err = {0};

	enum status status = command_look(&place, &s->book, command, view, &err);
	if (status == STATUS_OK && s->asks && view->bound.open_count) {
		ask_values(s, view);
		command_view_free(view);
		status = command_look(&place, &s->book, command, view, &err);
	}
	if (status != STATUS_OK) {
		s->refused++;
		s->failed |= !s->dry;
		text_format(why, size, "%s", err.text);
		return OUTCOME_REFUSED;
	}
	if (!command->shell || command->doubt) {
		text_format(why, size, "%s", command->doubt ? command->doubt : "");
		return OUTCOME_SHOWN;
	}
	if (view->bound.open_count) {
		s->kept_back += !s->dry;
		text_format(why, size, "%s (give it with --set %s=VALUE)", view->bound.open[0].written, view->bound.open[0].name);
		return OUTCOME_OPEN;
	}
	if (view->refused[0]) {
		s->kept_back += !s->dry;
		text_format(why, size, "%s", view->refused);
		return OUTCOME_NOT_RUN;
	}
	if (s->dry) {
		(void)may_unattended(s, step, command, view, why, size);
		return OUTCOME_WOULD_RUN;
	}
	if (s->asks ? !may_attended(s, view, why, size) : !may_unattended(s, step, command, view, why, size)) {
		s->kept_back++;
		return OUTCOME_NOT_RUN;
	}
	return run_it(s, step, command, view);
}

static void do_commands(struct session *s, const struct step *step)
{
	for (size_t i = 0; i < step->command_count && !s->stopped && !s->failed; i++) {
		struct command_view view = {0};
		char why[480] = "";
		enum outcome outcome = do_command(s, step, &step->commands[i], &view, why, sizeof(why));
		say_command(s, &step->commands[i], &view, outcome, why);
		if (outcome == OUTCOME_RAN && !s->as_json)
			say_end(s);
		json_command(s, &step->commands[i], &view, outcome, why);
		/* A person may have had a reason to go on; nobody else goes on over a failure. */
		if (s->failed && s->asks && !s->stopped)
			s->failed = ask_yes(s, "It failed. Go on all the same? y, n: ") != 'y';
		command_view_free(&view);
	}
}

/* What the step says, for people. */
static void say_step(const struct session *s, const struct step *step)
{
	const struct {
		const char *label, *text;
	} marks[] = {{"when", step->when}, {"impact", step->impact}, {"expect", step->expected}, {"verify", step->verify}};

	if (s->as_json)
		return;
	printf("\n%*s%s  %s\n", step->depth * 2, "", step->number, step->title);
	if (step->body[0] && step->command_count == 0)
		printf("  %s\n", step->body);
	for (size_t i = 0; i < ARRAY_LENGTH(marks); i++)
		if (marks[i].text && marks[i].text[0])
			printf("  %s: %s\n", marks[i].label, marks[i].text);
	if (step->command_count == 0 && !s->asks)
		printf("    by hand\n");
}

static void do_step(struct session *s, const struct step *step)
{
	bool wanted = true;

	say_step(s, step);
	if (s->as_json) {
		json_begin_object(&s->w, NULL);
		json_put_string(&s->w, "number", step->number);
		json_put_string(&s->w, "title", step->title);
		json_put_string(&s->w, "kind", step_kind_name(step->kind));
		json_put_string(&s->w, "when", step->when);
		json_begin_array(&s->w, "commands");
	}
	if (s->asks && !s->dry && (step->when || step->kind == STEP_BRANCH))
		wanted = ask_yes(s, "Does this apply? y, n, q to stop: ") == 'y';
	if (wanted)
		do_commands(s, step);
	if (s->asks && !s->dry && wanted && !s->stopped && step->command_count == 0)
		(void)ask_yes(s, "By hand: done? y, n, q to stop: ");
	if (s->as_json) {
		json_end_array(&s->w);
		json_end_object(&s->w);
	}
}

/* A step below a choice that nobody made is not taken either. */
static bool below_a_choice(const struct session *s, const struct step *step)
{
	for (int parent = step->parent; parent >= 0 && (size_t)parent < s->book.step_count; parent = s->book.steps[parent].parent)
		if (s->book.steps[parent].when || s->book.steps[parent].kind == STEP_BRANCH)
			return true;
	return false;
}

static void do_steps(struct session *s)
{
	for (size_t i = 0; i < s->book.step_count && !s->stopped && !s->failed; i++) {
		const struct step *step = &s->book.steps[i];
		if (!s->dry && !s->asks && below_a_choice(s, step)) {
			s->kept_back++;
			continue;
		}
		do_step(s, step);
	}
}

/* --- the call ------------------------------------------------------------------------------------ */

static void json_begin(struct session *s)
{
	char hex[SHA256_TEXT];

	buf_init(&s->json, JSON_BYTES_MAX);
	json_writer_init(&s->w, &s->json, true);
	json_begin_object(&s->w, NULL);
	json_put_string(&s->w, "runbook", s->book.name);
	json_put_string(&s->w, "title", s->book.title);
	json_put_string(&s->w, "sha256", sha256_text(hex, &s->book.sha256));
	json_put_bool(&s->w, "dry_run", s->dry);
	json_put_string(&s->w, "armed", s->armed);
	json_begin_array(&s->w, "steps");
}

static enum status json_finish(struct session *s, struct error *err)
{
	json_end_array(&s->w);
	json_put_i64(&s->w, "ran", (int64_t)s->ran);
	json_put_i64(&s->w, "kept_back", (int64_t)s->kept_back);
	json_put_i64(&s->w, "refused", (int64_t)s->refused);
	json_put_bool(&s->w, "failed", s->failed);
	json_put_bool(&s->w, "recorded", false);
	json_end_object(&s->w);
	return cli_print_json(&s->json, err);
}

static enum status open_session(struct session *s, const char *name, const struct cli_words *set, struct error *err)
{
	struct error ignored = {0};

	if (cli_config(s->globals, NULL, 0, &s->config, &ignored) != STATUS_OK)
		s->config = (struct config){0};
	s->world = world_new("", s->config.chain_id, &s->config.thresholds);
	s->values = values_new(&s->config, s->world);
	bindings_init(&s->bindings);
	screenful_init(&s->screen);
	enum status status = runbook_find(name, s->config.runbook_directory, &s->book, err);
	if (status == STATUS_OK)
		bindings_copy(&s->bindings, values_of(s->values, NULL));
	for (size_t i = 0; i < set->count && status == STATUS_OK; i++)
		status = take_value(s, set->items[i], err);
	if (status == STATUS_INVALID || status == STATUS_LIMIT)
		status = STATUS_USAGE;
	return status;
}

static void close_session(struct session *s)
{
	bindings_free(&s->bindings);
	values_free(s->values);
	world_free(s->world);
	runbook_free(&s->book);
	config_free(&s->config);
	screenful_free(&s->screen);
	loop_free(s->loop);
}

static void say_begin(const struct session *s)
{
	char hex[SHA256_TEXT];

	printf("%s  (%s, sha256 %.12s)\n", s->book.title, s->book.name, sha256_text(hex, &s->book.sha256));
	if (s->dry)
		printf("A dry run: nothing is run.\n");
	else
		printf("Outside an incident: nothing of this is recorded.\n");
	if (!s->dry && s->armed)
		printf("Armed: %s\n", s->armed);
}

static void say_finish(const struct session *s)
{
	const char *end = s->failed ? "; the last one failed, nothing after it was run" : s->stopped ? "; stopped"
		: s->kept_back                                                                       ? "; this runbook is not done"
												     : "";

	if (!s->dry)
		printf("\n%zu %s, %zu kept back%s\n", s->ran, s->ran == 1 ? "command ran" : "commands ran", s->kept_back, end);
	else if (s->refused)
		printf("\n%zu %s refused\n", s->refused, s->refused == 1 ? "command would be" : "commands would be");
}

/* What the call asks for; EXIT_OK, or the exit code after the mistake was printed. */
static int read_call(struct session *s, struct cli_words *set, int *argc, char **argv)
{
	const struct cli_option options[] = {{.name = "dry-run", .flag = &s->dry}, {.name = "yes", .flag = &s->yes}, {.name = "json", .flag = &s->as_json}, {.name = "arm", .value = &s->armed}, {.name = "set", .list = set}, {.name = NULL}};

	*argc = cli_options(&cli_runbook, options, *argc, argv);
	if (*argc < 0)
		return EXIT_USAGE;
	s->asks = !s->dry && !s->yes && !s->as_json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (*argc != 2)
		return cli_usage(&cli_runbook, "run takes one name or file");
	if (s->armed && !s->armed[0])
		return cli_usage(&cli_runbook, "--arm: the reason is missing (write --arm REASON)");
	if (s->globals->read_only && !s->dry)
		return cli_usage(&cli_runbook, "--read-only: OBSERVER runs nothing (add --dry-run)");
	if (!s->dry && !s->yes && !s->asks)
		return cli_usage(&cli_runbook, "there is no terminal to ask on (add --yes, or --dry-run)");
	return EXIT_OK;
}

static enum status work(struct session *s, struct error *err)
{
	enum status status = STATUS_OK;

	s->loop = cli_loop();
	if (!s->loop)
		return error_set(err, STATUS_IO, "runbook run: cannot start (see above)");
	if (s->as_json)
		json_begin(s);
	else
		say_begin(s);
	do_steps(s);
	if (s->as_json)
		status = json_finish(s, err);
	else
		say_finish(s);
	return status;
}

/* Where nobody watches, the exit code has to tell what was left undone. A person saw it. */
static int exit_code(const struct session *s)
{
	if (s->failed || s->stopped || s->refused)
		return EXIT_FAILED;
	return s->kept_back && !s->asks ? EXIT_KEPT_BACK : EXIT_OK;
}

int cli_runbook_run(const struct globals *globals, int argc, char **argv)
{
	struct session s = {.globals = globals};
	struct cli_words set = {0};
	struct error err = {0};
	int code = read_call(&s, &set, &argc, argv);

	if (code != EXIT_OK) {
		free(set.items);
		return code;
	}
	enum status status = open_session(&s, argv[1], &set, &err);
	if (status == STATUS_OK)
		status = work(&s, &err);
	code = status == STATUS_USAGE ? EXIT_USAGE : status == STATUS_OK ? exit_code(&s)
									 : EXIT_FAILED;
	free(set.items);
	close_session(&s);
	if (status != STATUS_OK)
		cli_error(&err);
	return code;
}
