/* The runbook: choosing one, working its steps, running its commands. */
#include "base/hash.h"
#include "base/mem.h"
#include "base/text.h"
#include "ui/do.h"
#include "ui/panes.h"
#include "ui/steps.h"

#include <stdlib.h>
#include <string.h>

static enum status choose(struct ui *ui, const struct incident *incident, const struct runbook *runbook, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	struct step_name *steps = xcalloc(runbook->step_count + 1, sizeof(*steps));
	char hash[SHA256_TEXT];
	for (size_t i = 0; i < runbook->step_count; i++)
		steps[i] = (struct step_name){runbook->steps[i].number, runbook->steps[i].title};
	drafts_init(&drafts);
	enum status status = act_runbook_steps(watch_fold(ui_watch(ui)), &who, incident->id, runbook->name, sha256_text(hash, &runbook->sha256), steps, runbook->step_count, &drafts, err);
	free(steps);
	return commit(ui, &drafts, status, err);
}

enum status do_runbook(struct ui *ui, const char *args, struct error *err)
{
	struct runbook runbook;
	const struct incident *incident = need_shown(ui, err);
	if (!incident)
		return STATUS_REFUSED;
	if (*args == '\0' && (!incident->runbook_suggested[0] || incident->runbook[0])) {
		ui_prompt(ui, "runbook ");
		return STATUS_OK;
	}
	enum status status = runbook_find(*args ? args : incident->runbook_suggested, watch_config(ui_watch(ui))->runbook_directory, &runbook, err);
	if (status != STATUS_OK)
		return status;
	status = choose(ui, incident, &runbook, err);
	runbook_free(&runbook);
	return status;
}

/* --- steps ---------------------------------------------------------------------------- */

static enum status settle(struct ui *ui, const struct step *step, enum step_state state, const char *text, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	drafts_init(&drafts);
	return commit(ui, &drafts, act_step(watch_fold(ui_watch(ui)), &who, ui_incident(ui)->id, step->number, step->title, state, *text ? text : NULL, &drafts, err), err);
}

/* The next step that is still open, so that the same key goes on. */
static void select_next(struct ui *ui, const struct step *done)
{
	const struct incident *incident = ui_incident(ui);
	const struct runbook *runbook = watch_runbook(ui_watch(ui), incident->id, NULL);
	bool passed = false;
	for (size_t i = 0; runbook && i < runbook->step_count; i++) {
		const struct step *step = &runbook->steps[i];
		if (passed && !step_settled(incident, step->number)) {
			pane_select(ui, &pane_runbook, step->number);
			break;
		}
		passed |= step == done;
	}
	ui_set_focus(ui, "runbook");
}

enum status do_tick(struct ui *ui, const char *args, struct error *err)
{
	const struct step *step;
	enum status status = need_step_shown(ui, args, &step, err);
	if (status == STATUS_OK)
		status = settle(ui, step, STEP_DONE, "", err);
	if (status == STATUS_OK)
		select_next(ui, step);
	return status;
}

enum status do_skip(struct ui *ui, const char *args, struct error *err)
{
	const struct step *step;
	enum status status = need_step_shown(ui, "", &step, err);
	if (status == STATUS_OK)
		status = settle(ui, step, STEP_SKIPPED, args, err);
	if (status == STATUS_OK)
		select_next(ui, step);
	return status;
}

enum status do_step_note(struct ui *ui, const char *args, struct error *err)
{
	const struct step *step;
	enum status status = need_step_shown(ui, "", &step, err);
	return status == STATUS_OK ? settle(ui, step, STEP_PENDING, args, err) : status;
}

enum status do_set(struct ui *ui, const char *args, struct error *err)
{
	char name[64];
	struct error why = {0};
	const char *value = split_word(args, name, sizeof(name));
	const struct incident *incident = need_shown(ui, err);
	if (!incident)
		return STATUS_REFUSED;
	if (*name == '\0') {
		ui_prompt(ui, "set ");
		return STATUS_OK;
	}
	if (*value == '\0')
		return error_set(err, STATUS_USAGE, "set %s: no value is given (:set %s VALUE)", name, name);
	if (shape_check(shape_of(name), name, value, &why) != STATUS_OK)
		return error_set(err, STATUS_INVALID, "%s", why.text);
	watch_bind(ui_watch(ui), incident->id, name, value);
	ui_messagef(ui, MESSAGE_INFO, "%s = %s, for %s", name, value, incident->id);
	return STATUS_OK;
}

/* --- running ---------------------------------------------------------------------------- */

/* What the dialog showed; only exactly that may run. */
struct shown {
	char incident[16], step[16];
	size_t command;
	struct hash256 hash;
};

static struct hash256 hash_of(const struct command_view *view)
{
	struct sha256_stream *stream = sha256_stream_new();
	sha256_stream_add(stream, view->bound.script, strlen(view->bound.script) + 1);
	for (size_t i = 0; i < view->bound.environment_count; i++)
		sha256_stream_add(stream, view->bound.environment[i], strlen(view->bound.environment[i]) + 1);
	return sha256_stream_end(stream);
}

static enum status run_shown(struct ui *ui, void *arg, struct error *err)
{
	const struct shown *shown = arg;
	struct command_view view = {0};
	enum status status = watch_command(ui_watch(ui), shown->incident, shown->step, shown->command, &view, err);
	if (status == STATUS_OK) {
		/* Values are live: a pod may have come back since the dialog was drawn. */
		struct hash256 now = hash_of(&view);
		if (!hash_equal(&now, &shown->hash))
			status = error_set(err, STATUS_CONFLICT, "the values changed since they were shown, nothing was run (:run shows them anew)");
	}
	command_view_free(&view);
	if (status == STATUS_OK)
		status = watch_run_step(ui_watch(ui), shown->incident, shown->step, shown->command, err);
	if (status == STATUS_OK)
		ui_set_focus(ui, "output");
	return status;
}

/* Every line of a text as code, so that nothing of it is folded or hidden. */
static void put_code(struct buf *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		buf_printf(out, "$ %.*s\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void put_values(struct buf *out, const struct watch *watch, const struct bindings *bindings, const struct bound *bound)
{
	for (size_t i = 0; i < bound->environment_count; i++) {
		char name[64];
		const char *assignment = bound->environment[i] + strlen("TOCSIN_");
		text_format(name, sizeof(name), "%.*s", (int)strcspn(assignment, "="), assignment);
		const struct binding *binding = bindings_get(bindings, name);
		char *shown = watch_mask(watch, bound->environment[i], strlen(bound->environment[i]));
		buf_printf(out, "  %s  from %s\n", shown, binding ? binding->from : "?");
		free(shown);
	}
}

static void describe(struct buf *out, const struct command_view *view, const struct watch *watch, const struct bindings *bindings)
{
	buf_puts(out, "The shell gets exactly this:\n");
	put_code(out, view->bound.script);
	if (view->bound.environment_count > 0) {
		buf_puts(out, "\nwith these values in its environment:\n");
		put_values(out, watch, bindings, &view->bound);
		buf_puts(out, "\nwhich reads:\n");
		put_code(out, view->resolved);
	}
	buf_printf(out, "\nDirectory: %s\nCluster: %s\nDanger: %s, %s\n", view->directory, view->context, danger_name(view->danger), danger_meaning(view->danger));
	if (watch_config(watch)->demo)
		buf_puts(out, "Drill: kubectl and cast are stand-ins, they act on the simulated network only\n");
}

/* What has to be typed before something changes: the name of what it changes, which is
 * the first value that is no URL (that could hold a secret) and short enough. */
static const char *word_to_type(const struct command_view *view)
{
	if (view->danger == DANGER_READ)
		return NULL;
	for (size_t i = 0; i < view->bound.environment_count; i++) {
		const char *value = strchr(view->bound.environment[i], '=') + 1;
		if (*value && strlen(value) <= 40 && !strpbrk(value, " \t\n:/@"))
			return value;
	}
	return "run";
}

static void show_refusal(struct ui *ui, const struct step *step, const struct command_view *view, const char *body)
{
	char title[200];
	ui_pager_open(ui, text_format(title, sizeof(title), "Step %s cannot be run now", step->number));
	ui_pager_text(ui, ROLE_WARN, view->refused);
	ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	ui_pager_text(ui, ROLE_BASE, body);
}

static void ask_to_run(struct ui *ui, const struct incident *incident, const struct step *step, size_t command, const struct command_view *view, const char *body)
{
	char title[200];
	struct shown *shown = xcalloc(1, sizeof(*shown));
	text_format(shown->incident, sizeof(shown->incident), "%s", incident->id);
	text_format(shown->step, sizeof(shown->step), "%s", step->number);
	shown->command = command;
	shown->hash = hash_of(view);
	text_format(title, sizeof(title), "Run step %s: %s", step->number, step->title);
	ui_dialog(ui, &(struct dialog){.title = title, .body = body, .accept = "Run", .word = word_to_type(view), .danger = view->danger != DANGER_READ, .yes = run_shown, .drop = free, .arg = shown});
}

enum status do_run(struct ui *ui, const char *args, struct error *err)
{
	enum { BODY_BYTES = 64 * 1024 };
	char number[16], which[16];
	uint64_t nth = 0;
	struct command_view view = {0};
	struct buf body;
	(void)split_word(split_word(args, number, sizeof(number)), which, sizeof(which));
	const struct step *step;
	enum status status = need_step_shown(ui, number, &step, err);
	if (status != STATUS_OK)
		return status;
	const struct incident *incident = ui_incident(ui);
	/* What comes of it is then ticked or skipped by the same keys as the others. */
	pane_select(ui, &pane_runbook, step->number);
	size_t command = next_command(watch_fold(ui_watch(ui)), incident, step);
	if (decimal_u64(which, &nth) && nth > 0)
		command = (size_t)nth - 1;
	if (command >= step->command_count)
		return error_set(err, STATUS_REFUSED, "step %s: has no command to run (do it by hand, then :tick it)", step->number);
	status = watch_command(ui_watch(ui), incident->id, step->number, command, &view, err);
	if (status != STATUS_OK)
		return status;
	buf_init(&body, BODY_BYTES);
	describe(&body, &view, ui_watch(ui), watch_bindings(ui_watch(ui), incident->id));
	if (body.full)
		status = error_set(err, STATUS_LIMIT, "step %s: the command is too long to be shown in full, so it is not run (run it yourself, then :tick the step)", step->number);
	else if (view.refused[0])
		show_refusal(ui, step, &view, buf_text(&body));
	else
		ask_to_run(ui, incident, step, command, &view, buf_text(&body));
	buf_free(&body);
	command_view_free(&view);
	return status;
}

enum status do_cancel(struct ui *ui, const char *args, struct error *err)
{
	struct run_view view;
	const struct incident *incident = need_shown(ui, err);
	(void)args;
	if (!incident)
		return STATUS_REFUSED;
	if (!watch_run_view(ui_watch(ui), incident->id, &view) || !view.running)
		return error_set(err, STATUS_REFUSED, "cancel: no command is running");
	watch_run_cancel(ui_watch(ui), incident->id);
	return STATUS_OK;
}

/* --- modes ------------------------------------------------------------------------------- */

enum status do_arm(struct ui *ui, const char *args, struct error *err)
{
	char word[24];
	int64_t us;
	const char *reason = split_word(args, word, sizeof(word));
	const struct incident *incident = ui_incident(ui);
	enum status status = duration_parse(word, &us, err);
	if (status == STATUS_OK && us < US_PER_MINUTE)
		status = error_set(err, STATUS_USAGE, "arm %s: less than a minute (:arm 10m REASON)", word);
	if (status == STATUS_OK && *reason == '\0')
		status = error_set(err, STATUS_USAGE, "arm: the reason is missing (:arm %s REASON)", word);
	if (status == STATUS_OK && us > US_PER_DAY)
		status = error_set(err, STATUS_USAGE, "arm %s: too long (:arm 10m REASON)", word);
	if (status != STATUS_OK)
		return status;
	return watch_arm(ui_watch(ui), (int)(us / US_PER_MINUTE), reason, incident ? incident->id : NULL, err);
}

enum status do_disarm(struct ui *ui, const char *args, struct error *err)
{
	const struct incident *incident = ui_incident(ui);
	return watch_arm(ui_watch(ui), 0, *args ? args : "by hand", incident ? incident->id : NULL, err);
}
