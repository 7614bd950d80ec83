/* The runbook: choosing one, working its steps, running its commands. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/do.h"
#include "ui/panes.h"
#include "ui/steps.h"
#include "watch/shelf.h"

#include <stdlib.h>
#include <string.h>

static enum status choose(struct ui *ui, const struct incident *incident, const struct runbook *runbook, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	struct step_name *steps = xcalloc(runbook->step_count + 1, sizeof(*steps));
	char hash[SHA256_TEXT];
	char *path = shelf_outside(runbook, watch_config(ui_watch(ui))->runbook_directory);
	for (size_t i = 0; i < runbook->step_count; i++)
		steps[i] = (struct step_name){runbook->steps[i].number, runbook->steps[i].title};
	drafts_init(&drafts);
	enum status status = act_runbook_steps(watch_fold(ui_watch(ui)), &who, incident->id, runbook->name, path, sha256_text(hash, &runbook->sha256), steps, runbook->step_count, &drafts, err);
	free(steps);
	free(path);
	return commit(ui, &drafts, status, err);
}

static bool step_speaks_of(const struct step *step, const char *words)
{
	const char *const texts[] = {step->title, step->body, step->section, step->when, step->expected, step->verify, step->why, step->impact, step->rollback};
	bool found = false;
	for (size_t i = 0; i < ARRAY_LENGTH(texts) && !found; i++)
		found = texts[i] && text_contains(texts[i], words);
	for (size_t i = 0; i < step->command_count && !found; i++)
		found = text_contains(step->commands[i].text, words);
	return found;
}

/* True if a runbook speaks of the words: in its name, title, causes, symptoms or steps. */
static bool speaks_of(const struct runbook *runbook, const char *words)
{
	bool found = text_contains(runbook->name, words) || text_contains(runbook->title, words) || (runbook->intro && text_contains(runbook->intro, words));
	for (size_t i = 0; i < runbook->cause_count && !found; i++)
		found = text_contains(runbook->causes[i], words);
	for (size_t i = 0; i < runbook->symptom_count && !found; i++)
		found = text_contains(runbook->symptoms[i], words);
	for (size_t i = 0; i < runbook->step_count && !found; i++)
		found = step_speaks_of(&runbook->steps[i], words);
	return found;
}

/* Lists the runbooks that speak of the words; the only one is chosen by its name next. */
static enum status search(struct ui *ui, const char *words, struct error *err)
{
	struct runbook_list list;
	size_t found = 0;
	char title[120];
	runbook_list(&list, watch_config(ui_watch(ui))->runbook_directory);
	for (size_t i = 0; i < list.count; i++) {
		struct runbook runbook;
		if (runbook_load(list.paths[i], &runbook, NULL) != STATUS_OK)
			continue;
		if (speaks_of(&runbook, words)) {
			if (found++ == 0)
				ui_pager_open(ui, text_format(title, sizeof(title), "Runbooks that speak of \"%s\"", words));
			ui_pager_line(ui, ROLE_BASE, 0, runbook.name, runbook.title);
		}
		runbook_free(&runbook);
	}
	runbook_list_free(&list);
	if (found == 0)
		return error_set(err, STATUS_NOT_FOUND, "runbook %s: neither a name, nor a file, nor words of a runbook (Tab offers the names)", words);
	ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	ui_pager_line(ui, ROLE_DIM, 0, NULL, "Take one of them with :runbook NAME");
	return STATUS_OK;
}

enum status do_runbook(struct ui *ui, const char *args, struct error *err)
{
	struct runbook runbook;
	struct error why = {0};
	const struct incident *incident = need_shown(ui, err);
	if (!incident)
		return STATUS_REFUSED;
	if (*args == '\0' && (!incident->runbook_suggested[0] || incident->runbook[0])) {
		ui_prompt(ui, "runbook ");
		return STATUS_OK;
	}
	enum status status = runbook_find(*args ? args : incident->runbook_suggested, watch_config(ui_watch(ui))->runbook_directory, &runbook, &why);
	if (status == STATUS_NOT_FOUND && *args && !strchr(args, '/'))
		return search(ui, args, err);
	if (status != STATUS_OK)
		return error_set(err, status, "%s", why.text);
	status = choose(ui, incident, &runbook, err);
	runbook_free(&runbook);
	return status;
}

static void show_fact(struct ui *ui, const char *key, const char *text)
{
	if (text && text[0])
		ui_pager_line(ui, ROLE_BASE, 0, key, text);
}

/* What stands around the steps: whose it is, how old, how to know the fault, and all text
 * that belongs to no step, which is often whom to tell when. */
enum status do_about(struct ui *ui, const char *args, struct error *err)
{
	char hash[SHA256_TEXT];
	const struct incident *incident = need_shown(ui, err);
	(void)args;
	if (!incident)
		return STATUS_REFUSED;
	const struct runbook *runbook = watch_runbook(ui_watch(ui), incident->id, err);
	if (!runbook)
		return STATUS_NOT_FOUND;
	ui_pager_open(ui, runbook->title);
	show_fact(ui, "owner", runbook->owner ? runbook->owner : "nobody is named");
	show_fact(ui, "updated", runbook->updated ? runbook->updated : "not said");
	show_fact(ui, "tested", runbook->tested ? runbook->tested : "not said");
	show_fact(ui, "severity", runbook->severity);
	show_fact(ui, "file", runbook->path);
	show_fact(ui, "sha256", sha256_text(hash, &runbook->sha256));
	for (size_t i = 0; i < runbook->symptom_count; i++)
		show_fact(ui, i ? "" : "symptoms", runbook->symptoms[i]);
	ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
	ui_pager_text(ui, ROLE_BASE, runbook->intro && runbook->intro[0] ? runbook->intro : "All its text belongs to steps.");
	return STATUS_OK;
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

enum status do_deviate(struct ui *ui, const char *args, struct error *err)
{
	const struct step *step;
	enum status status = need_step_shown(ui, "", &step, err);
	if (status == STATUS_OK)
		status = settle(ui, step, STEP_DEVIATED, args, err);
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
	enum status status = watch_bind(ui_watch(ui), incident->id, name, value, err);
	if (status != STATUS_OK)
		return status;
	char *shown = watch_mask(ui_watch(ui), value, strlen(value));
	ui_messagef(ui, MESSAGE_INFO, "%s = %s, for %s", name, shown, incident->id);
	free(shown);
	return STATUS_OK;
}

/* --- running ---------------------------------------------------------------------------- */

/* What the dialog showed; only exactly that may run. */
struct shown {
	char incident[16], step[16];
	size_t command;
	char fingerprint[SHA256_TEXT];
};

static enum status run_shown(struct ui *ui, void *arg, struct error *err)
{
	const struct shown *shown = arg;
	enum status status = watch_run_step(ui_watch(ui), shown->incident, shown->step, shown->command, shown->fingerprint, err);
	if (status == STATUS_OK)
		ui_set_focus(ui, "output");
	return status;
}

static enum status ask_shown(struct ui *ui, void *arg, struct error *err)
{
	const struct shown *shown = arg;
	enum status status = watch_ask_approval(ui_watch(ui), shown->incident, shown->step, shown->command, shown->fingerprint, NULL, err);
	if (status == STATUS_OK)
		ui_messagef(ui, MESSAGE_INFO, "a second person was asked to approve step %s (their :approve shows it to them)", shown->step);
	return status;
}

static struct shown *show_what(const struct incident *incident, const struct step *step, size_t command, const struct command_view *view)
{
	struct shown *shown = xcalloc(1, sizeof(*shown));
	text_format(shown->incident, sizeof(shown->incident), "%s", incident->id);
	text_format(shown->step, sizeof(shown->step), "%s", step->number);
	shown->command = command;
	memcpy(shown->fingerprint, view->fingerprint, sizeof(shown->fingerprint));
	return shown;
}

/* What the runbook says around the command, before what runs. */
static void put_step(struct buf *out, const struct step *step)
{
	const struct {
		const char *label, *text;
	} marks[] = {{"When", step->when}, {"Impact", step->impact}, {"Expected", step->expected}, {"Rollback", step->rollback}};
	size_t before = out->len;
	for (size_t i = 0; i < ARRAY_LENGTH(marks); i++) {
		if (marks[i].text && marks[i].text[0])
			buf_printf(out, "%s: %s\n", marks[i].label, marks[i].text);
	}
	if (out->len > before)
		buf_putc(out, '\n');
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
	text_format(title, sizeof(title), "Run step %s: %s", step->number, step->title);
	ui_dialog(ui, &(struct dialog){.title = title, .body = body, .accept = "Run", .word = view->needs & PERMIT_NAME ? view->word : NULL, .danger = view->danger != DANGER_READ, .yes = run_shown, .drop = free, .arg = show_what(incident, step, command, view)});
}

/* No second person has approved it yet: they are asked, or already were. */
static void ask_second(struct ui *ui, const struct incident *incident, const struct step *step, size_t command, const struct command_view *view, struct buf *body)
{
	char title[200], left[DURATION_TEXT];
	int64_t now_us = ui_now_us(ui);
	const struct approval *pending = approval_pending(incident, step->number, now_us);
	if (pending && strcmp(pending->fingerprint, view->fingerprint) == 0) {
		ui_pager_open(ui, text_format(title, sizeof(title), "Step %s waits for a second person", step->number));
		ui_pager_line(ui, ROLE_WARN, 0, NULL, text_format(title, sizeof(title), "%s asked; the request runs out in %s. Alone: :break-glass %s REASON", pending->asker, duration_human(left, pending->until_us - now_us), step->number));
		ui_pager_line(ui, ROLE_BASE, 0, NULL, "");
		ui_pager_text(ui, ROLE_BASE, buf_text(body));
		return;
	}
	buf_printf(body, "\n%s wants a second person, who is shown all of this and answers from another console\n(:approve) or with: tocsin incident approve %s %s\nAlone: :break-glass %s REASON\n", danger_name(view->danger), incident->id, step->number, step->number);
	text_format(title, sizeof(title), "Ask a second person to approve step %s", step->number);
	ui_dialog(ui, &(struct dialog){.title = title, .body = buf_text(body), .accept = "Ask", .danger = true, .yes = ask_shown, .drop = free, .arg = show_what(incident, step, command, view)});
}

static void put_approval(struct buf *out, const struct approval *approval)
{
	if (approval->glass)
		buf_printf(out, "\nBroken glass: %s, because %s\n", approval->approver, approval->reason);
	else
		buf_printf(out, "\nApproved by %s%s\n", approval->approver, approval->proved ? "" : " (not proved: nothing shows that this is another person)");
}

static void offer_run(struct ui *ui, const struct incident *incident, const struct step *step, size_t command, const struct command_view *view, struct buf *body)
{
	struct actor who = watch_actor(ui_watch(ui));
	const struct approval *approval = view->needs & PERMIT_SECOND ? approval_usable(incident, view->fingerprint, who.name, who.now_us) : NULL;
	if (view->refused[0]) {
		show_refusal(ui, step, view, buf_text(body));
	} else if ((view->needs & PERMIT_SECOND) && !approval) {
		ask_second(ui, incident, step, command, view, body);
	} else {
		if (approval)
			put_approval(body, approval);
		ask_to_run(ui, incident, step, command, view, buf_text(body));
	}
}

/* The step and command that the words of a request mean; *number and *which are "" for those
 * that keys mean. */
static enum status need_command(struct ui *ui, const char *args, const struct step **step, size_t *command, struct error *err)
{
	char number[16], which[16];
	uint64_t nth = 0;
	(void)split_word(split_word(args, number, sizeof(number)), which, sizeof(which));
	enum status status = need_step_shown(ui, number, step, err);
	if (status != STATUS_OK)
		return status;
	*command = next_command(watch_fold(ui_watch(ui)), ui_incident(ui), *step);
	if (decimal_u64(which, &nth) && nth > 0)
		*command = (size_t)nth - 1;
	if (*command >= (*step)->command_count)
		return error_set(err, STATUS_REFUSED, "step %s: has no command to run (do it by hand, then :tick it)", (*step)->number);
	return STATUS_OK;
}

enum status do_run(struct ui *ui, const char *args, struct error *err)
{
	enum { BODY_BYTES = 64 * 1024 };
	struct command_view view = {0};
	struct buf body;
	const struct step *step;
	size_t command;
	enum status status = need_command(ui, args, &step, &command, err);
	if (status != STATUS_OK)
		return status;
	const struct incident *incident = ui_incident(ui);
	/* What comes of it is then ticked or skipped by the same keys as the others. */
	pane_select(ui, &pane_runbook, step->number);
	status = watch_command(ui_watch(ui), incident->id, step->number, command, &view, err);
	if (status != STATUS_OK)
		return status;
	buf_init(&body, BODY_BYTES);
	put_step(&body, step);
	watch_describe(ui_watch(ui), incident->id, &view, &body);
	if (watch_runbook_changed(ui_watch(ui), incident->id))
		buf_puts(&body, "\nThe runbook's text on disk is another by now; this is the one that is worked with.\n");
	if (body.full)
		status = error_set(err, STATUS_LIMIT, "step %s: the command is too long to be shown in full, so it is not run (run it yourself, then :tick the step)", step->number);
	else
		offer_run(ui, incident, step, command, &view, &body);
	buf_free(&body);
	command_view_free(&view);
	return status;
}

/* "STEP REASON" when the first word is the number of a step and more follows, else "REASON"
 * for the step that is selected. */
static const char *split_step(struct ui *ui, const char *args, char number[16])
{
	const struct step *step;
	const char *reason = split_word(args, number, 16);
	if (*reason && need_step_shown(ui, number, &step, NULL) == STATUS_OK)
		return reason;
	number[0] = '\0';
	return args;
}

enum status do_break_glass(struct ui *ui, const char *args, struct error *err)
{
	char number[16];
	const struct step *step;
	size_t command;
	struct command_view view = {0};
	args = split_step(ui, args, number);
	enum status status = need_command(ui, number, &step, &command, err);
	if (status != STATUS_OK)
		return status;
	const char *incident = ui_incident(ui)->id;
	status = watch_command(ui_watch(ui), incident, step->number, command, &view, err);
	if (status == STATUS_OK)
		status = watch_ask_approval(ui_watch(ui), incident, step->number, command, view.fingerprint, args, err);
	command_view_free(&view);
	return status;
}

enum status do_verify(struct ui *ui, const char *args, struct error *err)
{
	const struct step *step;
	enum status status = need_step_shown(ui, args, &step, err);
	if (status != STATUS_OK)
		return status;
	pane_select(ui, &pane_runbook, step->number);
	status = watch_verify_step(ui_watch(ui), ui_incident(ui)->id, step->number, err);
	if (status == STATUS_OK)
		ui_set_focus(ui, "output");
	return status;
}

enum status do_cancel(struct ui *ui, const char *args, struct error *err)
{
	struct run_view view;
	const struct incident *incident = need_shown(ui, err);
	const char *step = *args ? args : NULL;
	if (!incident)
		return STATUS_REFUSED;
	if (!step && run_shown_here(ui, &view) && view.running)
		step = view.step;
	if (!watch_run_view(ui_watch(ui), incident->id, step, &view) || !view.running)
		return error_set(err, STATUS_REFUSED, "cancel: no command is running");
	watch_run_cancel(ui_watch(ui), incident->id, view.step);
	return STATUS_OK;
}

/* --- a second person ------------------------------------------------------------------------ */

struct answered {
	char incident[16];
	uint64_t asked;
	char fingerprint[SHA256_TEXT];
};

static enum status give_approval(struct ui *ui, void *arg, struct error *err)
{
	const struct answered *answered = arg;
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	drafts_init(&drafts);
	return commit(ui, &drafts, act_approval_give(watch_fold(ui_watch(ui)), &who, answered->incident, answered->asked, answered->fingerprint, &drafts, err), err);
}

/* The request that waits: of that step, or the newest. */
static const struct approval *need_request(struct ui *ui, const char *step, struct error *err)
{
	const struct incident *incident = need_shown(ui, err);
	const struct approval *pending = incident ? approval_pending(incident, *step ? step : NULL, ui_now_us(ui)) : NULL;
	if (incident && !pending)
		error_set(err, STATUS_NOT_FOUND, "%s: nobody asks for an approval%s%s now", incident->id, *step ? " of step " : "", step);
	return pending;
}

enum status do_approve(struct ui *ui, const char *args, struct error *err)
{
	enum { BODY_BYTES = 80 * 1024 };
	char title[240];
	struct buf body;
	const struct approval *pending = need_request(ui, args, err);
	if (!pending)
		return STATUS_REFUSED;
	struct answered *answered = xcalloc(1, sizeof(*answered));
	text_format(answered->incident, sizeof(answered->incident), "%s", ui_incident(ui)->id);
	answered->asked = pending->asked_seq;
	memcpy(answered->fingerprint, pending->fingerprint, sizeof(answered->fingerprint));
	text_format(title, sizeof(title), "Approve step %s for %s: %s", pending->step, pending->asker, pending->title);
	buf_init(&body, BODY_BYTES);
	buf_printf(&body, "%s asks you to approve one run of exactly this, as %s was shown it:\n\n%s\nNot so: close this, and :refuse REASON\n", pending->asker, pending->asker, pending->shown ? pending->shown : "");
	ui_dialog(ui, &(struct dialog){.title = title, .body = buf_text(&body), .accept = "Approve", .word = pending->word[0] ? pending->word : "approve", .danger = true, .yes = give_approval, .drop = free, .arg = answered});
	buf_free(&body);
	return STATUS_OK;
}

enum status do_refuse(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct approval *pending = need_request(ui, "", err);
	if (!pending)
		return STATUS_REFUSED;
	drafts_init(&drafts);
	return commit(ui, &drafts, act_approval_refuse(watch_fold(ui_watch(ui)), &who, ui_incident(ui)->id, pending->asked_seq, args, &drafts, err), err);
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
