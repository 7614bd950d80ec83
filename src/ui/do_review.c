/* The review, its export, and moving between screens. */
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "report/report.h"
#include "ui/do.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXPORT_BYTES_MAX = 512 * 1024 * 1024 };

char *section_text(const struct fold *fold, const struct incident *incident, enum section section, enum section_state *state)
{
	bool written;
	char *text = review_text(fold, incident, section, &written);
	*state = written ? SECTION_STATE_WRITTEN : text[0] ? SECTION_STATE_PREFILLED
							   : SECTION_STATE_UNWRITTEN;
	return text;
}

static enum status write_section(struct ui *ui, enum section section, const char *text, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = need_shown(ui, err);
	if (!incident)
		return STATUS_REFUSED;
	drafts_init(&drafts);
	return commit(ui, &drafts, act_section(watch_fold(ui_watch(ui)), &who, incident->id, section, text, &drafts, err), err);
}

static enum status section_typed(struct ui *ui, const char *text, struct error *err)
{
	enum section section;
	if (!section_parse(ui_pane_state(ui, "sections")->selected, &section))
		return error_set(err, STATUS_NOT_FOUND, "section: none is selected");
	return write_section(ui, section, text, err);
}

enum status edit_section(struct ui *ui, const char *name, struct error *err)
{
	enum section section;
	enum section_state state;
	char label[48], line[1000];
	const struct incident *incident = need_shown(ui, err);
	if (!incident || !section_parse(name, &section))
		return STATUS_REFUSED;
	if (watch_mode(ui_watch(ui)) == MODE_OBSERVER)
		return error_set(err, STATUS_REFUSED, "this console only observes (start it without --read-only)");
	if (section == SECTION_ACTIONS && incident->action_count == 0) {
		ui_prompt(ui, "action ");
		return STATUS_OK;
	}
	char *text = section_text(watch_fold(ui_watch(ui)), incident, section, &state);
	size_t len = strlen(text);
	/* The line editor has one line: the lines of what is there become sentences of it. */
	while (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	for (char *c = text; *c; c++)
		*c = *c == '\n' ? ';' : *c;
	text_format(line, sizeof(line), "%s", len < sizeof(line) ? text : "");
	free(text);
	ui_ask(ui, text_format(label, sizeof(label), "%s: ", section_title(section)), line, section_typed);
	return STATUS_OK;
}

enum status do_section(struct ui *ui, const char *args, struct error *err)
{
	char word[32];
	enum section section;
	const char *text = split_word(args, word, sizeof(word));
	if (!section_parse(word, &section))
		return error_set(err, STATUS_USAGE, "section %s: not known (incident, timeline, root-cause, impact, resolution, lessons-learned or action-items)", word);
	if (*text == '\0')
		return edit_section(ui, section_name(section), err);
	return write_section(ui, section, text, err);
}

/* --- action items ------------------------------------------------------------------- */

enum status edit_action(struct ui *ui, const char *seq, struct error *err)
{
	const struct incident *incident = need_shown(ui, err);
	uint64_t wanted;
	char line[600];
	for (size_t i = 0; incident && decimal_u64(seq, &wanted) && i < incident->action_count; i++) {
		const struct action_item *item = &incident->actions[i];
		if (item->seq != wanted)
			continue;
		ui_prompt(ui, text_format(line, sizeof(line), "action %s %s %s", item->owner[0] ? item->owner : "-", item->due[0] ? item->due : "-", item->text));
		return STATUS_OK;
	}
	return error_set(err, STATUS_NOT_FOUND, "action item %s: there is none", seq);
}

static bool looks_like_day(const char *word)
{
	return strcmp(word, "-") == 0 || (strlen(word) == strlen("2026-01-31") && word[4] == '-' && word[7] == '-');
}

static const char *unless_dash(const char *word)
{
	return strcmp(word, "-") == 0 ? NULL : word;
}

/* "OWNER 2026-01-31 TEXT", "-" for what is not known yet, or the text alone. */
enum status do_action(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = need_shown(ui, err);
	char owner[64], due[32];
	const char *text = split_word(split_word(args, owner, sizeof(owner)), due, sizeof(due));
	if (!incident)
		return STATUS_REFUSED;
	bool full = looks_like_day(due) && *text;
	drafts_init(&drafts);
	enum status status = act_action_item(watch_fold(ui_watch(ui)), &who, incident->id, full ? text : args, full ? unless_dash(owner) : NULL, full ? unless_dash(due) : NULL, NULL, &drafts, err);
	return commit(ui, &drafts, status, err);
}

/* --- export ---------------------------------------------------------------------------- */

/* Every record has an INC-1: a file that nobody named replaces only what this record
 * exported there before, as the checkpoint beside it tells. */
static enum status may_replace(const char *path, const char *beside, const struct checkpoint *checkpoint, struct error *err)
{
	struct checkpoint before;
	if (access(path, F_OK) != 0)
		return STATUS_OK;
	if (checkpoint_load(beside, &before, NULL) == STATUS_OK && strcmp(before.origin, checkpoint->origin) == 0)
		return STATUS_OK;
	return error_set(err, STATUS_REFUSED, "%s: such a file is there and not from this record (name another: :export FORMAT FILE)", path);
}

static enum status write_export(struct ui *ui, const struct incident *incident, const struct report_format *format, const char *path, bool named, struct error *err)
{
	struct checkpoint checkpoint;
	struct buf text;
	char beside[1100];
	const struct config *config = watch_config(ui_watch(ui));
	text_format(beside, sizeof(beside), "%s.checkpoint", path);
	enum status status = watch_checkpoint(ui_watch(ui), &checkpoint, err);
	if (status == STATUS_OK && !named)
		status = may_replace(path, beside, &checkpoint, err);
	if (status != STATUS_OK)
		return status;
	buf_init(&text, EXPORT_BYTES_MAX);
	status = format->write(watch_fold(ui_watch(ui)), incident, &checkpoint, config->network, config->demo, &text, err);
	if (status == STATUS_OK)
		status = buf_check(&text, "the export", err);
	if (status == STATUS_OK)
		status = file_write(path, buf_text(&text), text.len, 0600, err);
	if (status == STATUS_OK)
		status = checkpoint_save(beside, &checkpoint, err);
	buf_free(&text);
	return status;
}

enum status do_export(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	const struct incident *incident = need_shown(ui, err);
	char name[16], path[1024];
	const char *file = split_word(args, name, sizeof(name));
	if (!incident)
		return STATUS_REFUSED;
	const struct report_format *format = report_format(*name ? name : "md");
	if (!format)
		return error_set(err, STATUS_USAGE, "export %s: not a format (Tab shows them)", name);
	if (*file)
		text_format(path, sizeof(path), "%s", file);
	else
		text_format(path, sizeof(path), "%s%s", incident->id, format->extension);
	enum status status = write_export(ui, incident, format, path, *file != '\0', err);
	if (status != STATUS_OK)
		return status;
	drafts_init(&drafts);
	status = commit(ui, &drafts, act_exported(watch_fold(ui_watch(ui)), &who, incident->id, format->name, path, &drafts, err), err);
	if (status == STATUS_OK)
		ui_messagef(ui, MESSAGE_INFO, "%s is in %s, the checkpoint beside it in %s.checkpoint", incident->id, path, path);
	return status;
}

/* --- screens ----------------------------------------------------------------------------- */

enum status do_show(struct ui *ui, const char *args, struct error *err)
{
	const struct incident *incident = *args ? fold_incident(watch_fold(ui_watch(ui)), args) : need_shown(ui, err);
	if (!incident)
		return error_set(err, STATUS_NOT_FOUND, "%s: no such incident (Tab shows them)", args);
	if (*args)
		ui_choose_incident(ui, incident->id);
	ui_show(ui, SCREEN_INCIDENT);
	return STATUS_OK;
}

enum status do_timeline(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	ui_show(ui, SCREEN_TIMELINE);
	return STATUS_OK;
}

enum status do_review(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	if (!need_shown(ui, err))
		return STATUS_REFUSED;
	ui_show(ui, SCREEN_REVIEW);
	return STATUS_OK;
}

enum status do_board(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	ui_choose_incident(ui, NULL);
	ui_show(ui, SCREEN_BOARD);
	return STATUS_OK;
}

enum status do_who(struct ui *ui, const char *args, struct error *err)
{
	struct actor who = watch_actor(ui_watch(ui));
	const char *holder = watch_lease_holder(ui_watch(ui));
	(void)args;
	(void)err;
	bool ours = watch_is_collector(ui_watch(ui));
	ui_messagef(ui, MESSAGE_INFO, "you are %s on %s, %s; state changes are written by %s", who.name, who.where, mode_name(watch_mode(ui_watch(ui))), ours ? "this console" : holder && *holder ? holder
																								   : "nobody yet");
	return STATUS_OK;
}
