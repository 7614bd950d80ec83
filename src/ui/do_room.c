/* Roles, tasks, what is believed and decided, escalation, and the clocks. */
#include "base/mem.h"
#include "base/text.h"
#include "incident/act_room.h"
#include "report/handover.h"
#include "ui/do.h"
#include "ui/room.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHEET_BYTES = 256 * 1024 };

/* What most of them begin with. */
struct doing {
	const struct incident *incident;
	const struct fold *fold;
	struct actor who;
	struct drafts drafts;
};

static bool begin(struct ui *ui, struct doing *doing, struct error *err)
{
	*doing = (struct doing){.incident = need_shown(ui, err), .fold = watch_fold(ui_watch(ui)), .who = watch_actor(ui_watch(ui))};
	drafts_init(&doing->drafts);
	return doing->incident != NULL;
}

/* "15m" and the like: a number alone is no time here. */
static bool is_box(const char *word, int64_t *us)
{
	return *word >= '0' && *word <= '9' && strspn(word, "0123456789") < strlen(word) && duration_parse(word, us, NULL) == STATUS_OK;
}

/* --- roles ------------------------------------------------------------------------- */

/* NAME, "-" to give the role back, nothing: the one who asks. What is mine goes to another
 * only when he accepts it. */
static enum status give_role(struct ui *ui, const char *role, const char *name, struct error *err)
{
	struct doing d;
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	const char *holder = incident_role(d.incident, role);
	bool mine = strcmp(holder, d.who.name) == 0, back = strcmp(name, "-") == 0, other = *name && !back && strcmp(name, d.who.name) != 0;
	if (mine && other) {
		enum status status = commit(ui, &d.drafts, act_offer(d.fold, &d.who, d.incident->id, role, name, NULL, watch_clocks(ui_watch(ui))->offer_us, &d.drafts, err), err);
		if (status == STATUS_OK)
			ui_messagef(ui, MESSAGE_INFO, "%s is offered the role of %s; you have it until it is accepted", name, role);
		return status;
	}
	return commit(ui, &d.drafts, act_role(d.fold, &d.who, d.incident->id, role, back ? NULL : *name ? name
													: d.who.name,
					      &d.drafts, err),
		      err);
}

enum status do_commander(struct ui *ui, const char *args, struct error *err)
{
	return give_role(ui, "commander", args, err);
}

enum status do_scribe(struct ui *ui, const char *args, struct error *err)
{
	return give_role(ui, "scribe", args, err);
}

enum status do_role(struct ui *ui, const char *args, struct error *err)
{
	char role[40];
	const char *name = split_word(args, role, sizeof(role));
	return give_role(ui, role, name, err);
}

enum status do_offer(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	char role[40], name[64];
	const char *summary = split_word(split_word(args, role, sizeof(role)), name, sizeof(name));
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	if (!*name)
		return error_set(err, STATUS_USAGE, "offer: to whom? (:offer %s NAME where things stand)", role);
	return commit(ui, &d.drafts, act_offer(d.fold, &d.who, d.incident->id, role, name, summary, watch_clocks(ui_watch(ui))->offer_us, &d.drafts, err), err);
}

enum status do_accept(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	return commit(ui, &d.drafts, act_accept(d.fold, &d.who, d.incident->id, args, &d.drafts, err), err);
}

enum status do_decline(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	char role[40];
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	const char *reason = split_word(args, role, sizeof(role));
	/* Without a role all of it is the reason. */
	bool named = offer_to(d.incident, d.who.name, role, d.who.now_us) != NULL;
	return commit(ui, &d.drafts, act_decline(d.fold, &d.who, d.incident->id, named ? role : NULL, named ? reason : args, &d.drafts, err), err);
}

/* --- tasks ----------------------------------------------------------------------------- */

/* "bob 15m TEXT", "-" for nobody, or the text alone. */
enum status do_task(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	char owner[64], box[24];
	int64_t box_us = watch_clocks(ui_watch(ui))->task_us;
	const char *text = split_word(split_word(args, owner, sizeof(owner)), box, sizeof(box));
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	bool full = is_box(box, &box_us) && *text;
	if (strcmp(owner, "-") == 0 && !full)
		return error_set(err, STATUS_USAGE, "task: %s is no time (write it like :task - 15m TEXT)", *box ? box : "nothing");
	const char *name = full && strcmp(owner, "-") != 0 ? owner : NULL;
	return commit(ui, &d.drafts, act_task(d.fold, &d.who, d.incident->id, full ? text : args, name, box_us, &d.drafts, err), err);
}

/* "T3 bob 15m", "T3 bob", "T3 15m" */
enum status do_assign(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	char task[16], owner[64], box[24];
	int64_t box_us = 0;
	const char *rest = split_word(args, task, sizeof(task));
	(void)split_word(split_word(rest, owner, sizeof(owner)), box, sizeof(box));
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	if (!*box && is_box(owner, &box_us))
		owner[0] = '\0';
	else if (*box && !is_box(box, &box_us))
		return error_set(err, STATUS_USAGE, "assign %s: %s is no time (write it like 15m)", task, box);
	return commit(ui, &d.drafts, act_task_assign(d.fold, &d.who, d.incident->id, task, owner, box_us, &d.drafts, err), err);
}

enum status do_task_done(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	char task[16];
	const char *note = split_word(args, task, sizeof(task));
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	return commit(ui, &d.drafts, act_task_done(d.fold, &d.who, d.incident->id, task, note, &d.drafts, err), err);
}

enum status do_task_cancel(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	char task[16];
	const char *reason = split_word(args, task, sizeof(task));
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	return commit(ui, &d.drafts, act_task_cancel(d.fold, &d.who, d.incident->id, task, reason, &d.drafts, err), err);
}

/* --- what is said ----------------------------------------------------------------------- */

enum status do_decide(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	return commit(ui, &d.drafts, act_decision(d.fold, &d.who, d.incident->id, args, NULL, &d.drafts, err), err);
}

enum status do_hypothesis(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	return commit(ui, &d.drafts, act_hypothesis(d.fold, &d.who, d.incident->id, args, &d.drafts, err), err);
}

static enum status settle(struct ui *ui, const char *args, bool confirmed, struct error *err)
{
	struct doing d;
	char hypothesis[16];
	const char *evidence = split_word(args, hypothesis, sizeof(hypothesis));
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	return commit(ui, &d.drafts, act_hypothesis_close(d.fold, &d.who, d.incident->id, hypothesis, confirmed, evidence, &d.drafts, err), err);
}

enum status do_confirm(struct ui *ui, const char *args, struct error *err)
{
	return settle(ui, args, true, err);
}

enum status do_refute(struct ui *ui, const char *args, struct error *err)
{
	return settle(ui, args, false, err);
}

enum status do_finding(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	return commit(ui, &d.drafts, act_finding(d.fold, &d.who, d.incident->id, args, &d.drafts, err), err);
}

enum status do_to_do(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	int64_t after_us = watch_clocks(ui_watch(ui))->to_do_us;
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	return commit(ui, &d.drafts, act_to_do(d.fold, &d.who, d.incident->id, args, NULL, NULL, after_us ? d.who.now_us + after_us : 0, &d.drafts, err), err);
}

/* --- escalation --------------------------------------------------------------------------- */

static enum status escalate(struct ui *ui, const char *whom, const char *reason, struct error *err)
{
	struct doing d;
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	enum status status = act_escalate(d.fold, &d.who, watch_people(ui_watch(ui)), d.incident->id, whom, reason, &d.drafts, err);
	size_t asked = d.drafts.count;
	status = commit(ui, &d.drafts, status, err);
	if (status == STATUS_OK)
		ui_messagef(ui, MESSAGE_INFO, "%zu %s asked to come; the war room shows who answers", asked, asked == 1 ? "is" : "are");
	return status;
}

static enum status escalate_confirmed(struct ui *ui, void *arg, struct error *err)
{
	return escalate(ui, arg, NULL, err);
}

/* Who would be told, and how. */
static void describe_step(const struct people *people, const struct rung *rung, struct buf *out)
{
	const struct person *person;
	buf_printf(out, "%s is told of it:\n", rung->title);
	for (size_t i = 0; (person = rung_person(people, rung, i)); i++) {
		enum contact contact = person_contact(people, person);
		const char *address = person->contacts[contact];
		buf_printf(out, "  %s by %s%s%s%s\n", person->full_name, contact_name(contact), address ? " " : "", address ? address : "", contact >= CONTACT_PHONE ? ": you tell them" : "");
	}
	if (!rung_person(people, rung, 0))
		buf_printf(out, "  no [person] of the configuration has the role %s: you tell them\n", rung->people);
	char wait[DURATION_TEXT];
	buf_printf(out, "\nThe answer is waited for %s.", duration_human(wait, rung->wait_us));
}

/* The key asks, because people will be called in the night; ":escalate STEP" does not. */
static enum status ask_escalate(struct ui *ui, struct error *err)
{
	const struct incident *incident = need_shown(ui, err);
	const struct people *people = watch_people(ui_watch(ui));
	const struct rung *rung = incident ? people_next_rung(people, incident) : NULL;
	char title[120];
	struct buf body;
	if (!incident)
		return STATUS_REFUSED;
	if (!rung) {
		ui_message(ui, MESSAGE_INFO, "everybody on the ladder was told whom this incident is for (:escalate STEP tells a step again, or somebody by name)");
		ui_show(ui, SCREEN_ROOM);
		ui_set_focus(ui, "ladder");
		return STATUS_OK;
	}
	buf_init(&body, 4000);
	describe_step(people, rung, &body);
	const struct dialog dialog = {
		.title = text_format(title, sizeof(title), "Escalate %s to %s", incident->id, rung->title),
		.body = buf_text(&body),
		.accept = "Escalate",
		.yes = escalate_confirmed,
		.drop = free,
		.arg = xstrdup(rung->name),
	};
	ui_dialog(ui, &dialog);
	buf_free(&body);
	return STATUS_OK;
}

/* "Team lead away" means the step of that title, as the screen shows it; else the first word
 * names a step or a person. The rest is the reason. */
static const char *split_step(const struct people *people, const char *args, char *whom, size_t size)
{
	for (size_t i = 0; i < people->rung_count; i++) {
		const struct rung *rung = &people->rungs[i];
		size_t len = strlen(rung->title);
		if (len == 0 || strncasecmp(args, rung->title, len) != 0 || (args[len] != '\0' && args[len] != ' '))
			continue;
		text_format(whom, size, "%s", rung->name);
		return args + len + strspn(args + len, " ");
	}
	return split_word(args, whom, size);
}

enum status do_escalate(struct ui *ui, const char *args, struct error *err)
{
	char whom[64];
	const char *reason = split_step(watch_people(ui_watch(ui)), args, whom, sizeof(whom));
	return *whom ? escalate(ui, whom, reason, err) : ask_escalate(ui, err);
}

enum status do_acknowledge(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	char name[64];
	const char *how = split_word(args, name, sizeof(name));
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	return commit(ui, &d.drafts, act_acknowledge(d.fold, &d.who, d.incident->id, name, how, &d.drafts, err), err);
}

/* --- clocks -------------------------------------------------------------------------------- */

/* "update 10m", "10m", "update" */
enum status do_snooze(struct ui *ui, const char *args, struct error *err)
{
	struct doing d;
	char which[48], box[24];
	int64_t for_us = 10 * US_PER_MINUTE;
	(void)split_word(split_word(args, which, sizeof(which)), box, sizeof(box));
	if (!begin(ui, &d, err))
		return STATUS_REFUSED;
	if (!*box && is_box(which, &for_us))
		which[0] = '\0';
	else if (*box && !is_box(box, &for_us))
		return error_set(err, STATUS_USAGE, "snooze %s: %s is no time (write it like 10m)", which, box);
	enum status status = act_snooze(d.fold, &d.who, d.incident->id, watch_clocks(ui_watch(ui)), watch_people(ui_watch(ui)), which, for_us, &d.drafts, err);
	if (status == STATUS_OK)
		ui_message(ui, MESSAGE_INFO, d.drafts.items[0].summary);
	return commit(ui, &d.drafts, status, err);
}

/* --- looking -------------------------------------------------------------------------------- */

enum status do_room(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	if (!need_shown(ui, err))
		return STATUS_REFUSED;
	ui_show(ui, SCREEN_ROOM);
	return STATUS_OK;
}

/* Headings of the sheet stand out; the rest is as it is. */
static void show_sheet(struct ui *ui, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = xstrndup(text, len);
		const char *words = line + strspn(line, "# ");
		bool heading = line[0] == '#';
		ui_pager_line(ui, heading ? ROLE_TITLE : ROLE_BASE, heading ? ATTR_BOLD : 0, NULL, heading ? words : line);
		free(line);
		text += len;
		text += *text == '\n';
	}
}

enum status do_handover(struct ui *ui, const char *args, struct error *err)
{
	const struct incident *incident = need_shown(ui, err);
	struct watch *watch = ui_watch(ui);
	char title[80];
	struct buf sheet;
	(void)args;
	if (!incident)
		return STATUS_REFUSED;
	struct handover_view view = {.world = watch_world(watch), .clocks = watch_clocks(watch), .people = watch_people(watch), .now_us = ui_now_us(ui), .zone_minutes = ui_zone_minutes(ui, ui_now_us(ui))};
	buf_init(&sheet, SHEET_BYTES);
	handover_write(watch_fold(watch), incident, &view, &sheet);
	ui_pager_open(ui, text_format(title, sizeof(title), "Hand-over of %s", incident->id));
	show_sheet(ui, buf_text(&sheet));
	buf_free(&sheet);
	return STATUS_OK;
}
