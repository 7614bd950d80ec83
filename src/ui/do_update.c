/* Updates: written, shown as they would leave, approved; and what got stuck on its way. */
#include "base/mem.h"
#include "base/text.h"
#include "ui/do.h"
#include "ui/panes.h"
#include "ui/state.h"
#include "ui/updates.h"

#include <stdlib.h>
#include <string.h>

enum { PREVIEW_BYTES = 1024 * 1024 };

void writing_free(struct writing *writing)
{
	if (writing)
		composition_free(&writing->c);
	free(writing);
}

const struct writing *ui_writing(const struct ui *ui)
{
	const struct incident *incident = ui_incident(ui);
	return ui->writing && incident && strcmp(ui->writing->incident, incident->id) == 0 ? ui->writing : NULL;
}

static struct update_text text_of(const struct writing *writing)
{
	const struct composition *c = &writing->c;
	return (struct update_text){.id = writing->revises[0] ? writing->revises : NULL, .audience = c->audience, .subject = c->subject, .text = c->text, .conditions = c->conditions, .actions = c->actions, .needs = c->needs, .next_us = c->next_us};
}

/* --- writing it ------------------------------------------------------------------------- */

static const char *network_of(struct ui *ui)
{
	const char *network = watch_config(ui_watch(ui))->network;
	return network ? network : "the network";
}

static enum status begin(struct ui *ui, const struct incident *incident, const char *audience, struct error *err)
{
	struct composition c;
	const struct clocks *clocks = watch_clocks(ui_watch(ui));
	int64_t interval_us = incident->severity == SEVERITY_UNSET ? 0 : clocks->update_us[incident->severity];
	enum status status = compose_begin(&c, incident, audience, network_of(ui), interval_us, ui_now_us(ui), err);
	if (status != STATUS_OK) {
		composition_free(&c);
		return status;
	}
	writing_free(ui->writing);
	ui->writing = xcalloc(1, sizeof(*ui->writing));
	ui->writing->c = c;
	memcpy(ui->writing->incident, incident->id, sizeof(ui->writing->incident));
	return STATUS_OK;
}

static void take_up(struct ui *ui, const struct incident *incident, const struct update_record *draft)
{
	writing_free(ui->writing);
	ui->writing = xcalloc(1, sizeof(*ui->writing));
	compose_again(&ui->writing->c, draft);
	memcpy(ui->writing->incident, incident->id, sizeof(ui->writing->incident));
	memcpy(ui->writing->revises, draft->id, sizeof(ui->writing->revises));
}

/* The draft that waits in the record, if there is one, else a new one. */
enum status do_update(struct ui *ui, const char *args, struct error *err)
{
	const struct incident *incident = need_shown(ui, err);
	if (!incident)
		return STATUS_REFUSED;
	const struct update_record *draft = *args ? NULL : incident_update(incident, "");
	enum status status = STATUS_OK;
	if (!ui_writing(ui) && draft)
		take_up(ui, incident, draft);
	else if (!ui_writing(ui) || *args)
		status = begin(ui, incident, *args ? args : "technical", err);
	if (status != STATUS_OK)
		return status;
	ui_show(ui, SCREEN_UPDATES);
	ui_set_focus(ui, pane_update.name);
	return STATUS_OK;
}

enum status do_outbox(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	(void)err;
	ui_show(ui, SCREEN_UPDATES);
	ui_set_focus(ui, pane_outbox.name);
	return STATUS_OK;
}

/* "20m", "-" for none, or a time of the clock. A number alone would be seconds, and nobody
 * means those. */
static enum status set_next(struct ui *ui, const char *text, struct error *err)
{
	int64_t us;
	int zone_minutes;
	if (strcmp(text, "-") == 0 || *text == '\0') {
		ui->writing->c.next_us = 0;
		return STATUS_OK;
	}
	if (strchr(text, ':')) {
		if (moment_parse(ui, text, TIME_COMING, &us, &zone_minutes, NULL) != STATUS_OK)
			return error_set(err, STATUS_INVALID, "next: %.40s is no time of day (write 14:20, or 20m)", text);
		if (us <= ui_now_us(ui))
			return error_set(err, STATUS_INVALID, "next: %.40s is over (give a time that comes, or 20m)", text);
		ui->writing->c.next_us = us;
		return STATUS_OK;
	}
	if (duration_parse(text, &us, NULL) != STATUS_OK || us < US_PER_MINUTE || us > US_PER_DAY)
		return error_set(err, STATUS_INVALID, "next: %.40s is no time that can be kept (write 20m, 14:20, or - for none)", text);
	ui->writing->c.next_us = ui_now_us(ui) + us;
	return STATUS_OK;
}

/* One field set; the text is made anew unless it is the text that somebody wrote. */
static enum status set_field(struct ui *ui, const char *name, const char *text, struct error *err)
{
	struct composition *c = &ui->writing->c;
	const struct incident *incident = ui_incident(ui);
	const struct {
		const char *name;
		char **slot;
	} fields[] = {{"conditions", &c->conditions}, {"actions", &c->actions}, {"needs", &c->needs}};
	enum status status = STATUS_OK;
	if (strcmp(name, "audience") == 0) {
		struct error why = {0};
		char *before = c->audience;
		c->audience = xstrdup(text);
		c->own_text = false;
		status = compose_text(c, incident, network_of(ui), ui_now_us(ui), &why);
		free(status == STATUS_OK ? before : c->audience);
		if (status != STATUS_OK) {
			c->audience = before;
			return error_set(err, status, "%s", why.text);
		}
		return STATUS_OK;
	}
	if (strcmp(name, "subject") == 0) {
		mem_set(&c->subject, text);
		return STATUS_OK;
	}
	if (strcmp(name, "text") == 0) {
		/* The line editor has one line: "; " parts lines, as in the review. */
		struct buf lines;
		buf_init(&lines, PROMPT_BYTES);
		for (const char *at = text; *at; at++) {
			bool parts = at[0] == ';' && at[1] == ' ';
			buf_putc(&lines, parts ? '\n' : *at);
			at += parts;
		}
		mem_set(&c->text, buf_text(&lines));
		c->own_text = true;
		buf_free(&lines);
		return STATUS_OK;
	}
	if (strcmp(name, "next") == 0)
		status = set_next(ui, text, err);
	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
		if (strcmp(name, fields[i].name) == 0)
			mem_set(fields[i].slot, text);
	if (status != STATUS_OK)
		return status;
	char *subject = xstrdup(c->subject);
	bool own = c->own_text;
	c->own_text = false; /* a field changes the text, also one that was taken up again */
	status = compose_text(c, incident, network_of(ui), ui_now_us(ui), err);
	c->own_text = own && status != STATUS_OK;
	mem_set(&c->subject, subject);
	free(subject);
	return status;
}

static enum status need_writing(struct ui *ui, struct error *err)
{
	char press[PRESS_TEXT];
	if (!ui_writing(ui))
		return error_set(err, STATUS_REFUSED, "no update is being written (%s drafts one)", ui_press(press, ui, "update"));
	return STATUS_OK;
}

static enum status field_typed(struct ui *ui, const char *text, struct error *err)
{
	if (need_writing(ui, err) != STATUS_OK)
		return STATUS_REFUSED;
	return set_field(ui, ui_pane_state(ui, pane_update.name)->selected, text, err);
}

enum status edit_field(struct ui *ui, const char *name, struct error *err)
{
	char label[32], line[PROMPT_BYTES], next[TIME_TEXT];
	if (need_writing(ui, err) != STATUS_OK)
		return STATUS_REFUSED;
	if (watch_mode(ui_watch(ui)) == MODE_OBSERVER)
		return error_set(err, STATUS_REFUSED, "this console only observes (start it without --read-only)");
	const struct composition *c = &ui->writing->c;
	time_of_day(next, c->next_us, ui_zone_minutes(ui, c->next_us));
	const struct {
		const char *name, *text;
	} fields[] = {{"audience", c->audience}, {"subject", c->subject}, {"conditions", c->conditions}, {"actions", c->actions}, {"needs", c->needs}, {"next", c->next_us ? next : "-"}, {"text", c->text}};
	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
		struct buf text;
		if (strcmp(name, fields[i].name) != 0)
			continue;
		buf_init(&text, sizeof(line) * 2);
		for (const char *at = fields[i].text; *at; at++)
			buf_puts(&text, *at == '\n' ? "; " : (const char[2]){*at, '\0'});
		text_format(line, sizeof(line), "%s", text.len < sizeof(line) ? buf_text(&text) : "");
		bool too_long = text.len >= sizeof(line);
		buf_free(&text);
		if (too_long)
			return error_set(err, STATUS_LIMIT, "text: too long for this line (tocsin incident update --text FILE takes it)");
		ui_ask(ui, text_format(label, sizeof(label), "%s: ", name), line, field_typed);
		return STATUS_OK;
	}
	return error_set(err, STATUS_NOT_FOUND, "%s: an update has no such field", name);
}

/* "conditions TEXT": for scripts, and for who likes to type. */
enum status do_field(struct ui *ui, const char *args, struct error *err)
{
	char name[24];
	const char *text = split_word(args, name, sizeof(name));
	if (need_writing(ui, err) != STATUS_OK)
		return STATUS_REFUSED;
	if (*text == '\0')
		return edit_field(ui, name, err);
	static const char *const names[] = {"audience", "subject", "conditions", "actions", "needs", "next", "text"};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcmp(names[i], name) == 0)
			return set_field(ui, name, text, err);
	return error_set(err, STATUS_USAGE, "field %s: not known (audience, subject, conditions, actions, needs, next or text)", name);
}

/* --- as it would leave ---------------------------------------------------------------------- */

void preview_all(struct ui *ui, const struct writing *writing, struct buf *out)
{
	const struct channels *channels = watch_channels(ui_watch(ui));
	const struct update_text text = text_of(writing);
	const char *words = watch_outbox_words(ui_watch(ui));
	size_t shown = 0;
	buf_printf(out, "%s\n\n%s\n", text.subject, text.text);
	for (size_t i = 0; i < channels->count; i++) {
		const struct channel *channel = &channels->items[i];
		if (!channel_takes(channel, text.audience))
			continue;
		buf_printf(out, "\nas it would leave by %s (%s):\n\n", channel->name, channel->kind->name);
		watch_update_preview(ui_watch(ui), writing->incident, &text, channel, out);
		shown++;
	}
	if (shown == 0) {
		char checkpoint[CHECKPOINT_TEXT];
		watch_checkpoint_text(ui_watch(ui), checkpoint, sizeof(checkpoint));
		buf_printf(out, "\nRecord checkpoint:\n%s\nNo channel takes updates for %s: copy it from here (y) and paste it where it is read.\n", checkpoint, text.audience);
	}
	if (*words)
		buf_printf(out, "\n%s\n", words);
}

/* --- sending it -------------------------------------------------------------------------------- */

static void drop_shown(void *arg)
{
	writing_free(arg);
}

static enum status send_shown(struct ui *ui, void *arg, struct error *err)
{
	const struct writing *shown = arg;
	const struct update_text text = text_of(shown);
	const char *words = watch_outbox_words(ui_watch(ui));
	size_t ways;
	enum status status = watch_update(ui_watch(ui), shown->incident, &text, true, &ways, err);
	if (status != STATUS_OK)
		return status;
	writing_free(ui->writing);
	ui->writing = NULL;
	ui_set_focus(ui, pane_outbox.name);
	if (*words)
		ui_messagef(ui, MESSAGE_INFO, "approved; %s", words);
	else if (ways == 0)
		ui_messagef(ui, MESSAGE_WARNING, "approved; no channel takes updates for %s", text.audience);
	else
		ui_messagef(ui, MESSAGE_INFO, "approved, and queued for %zu channel%s", ways, ways == 1 ? "" : "s");
	return STATUS_OK;
}

/* The words, and where they go; the pane beside shows them in the dress of each channel. */
static void say_what_leaves(struct ui *ui, const struct writing *writing, struct buf *out)
{
	const struct channels *channels = watch_channels(ui_watch(ui));
	const char *words = watch_outbox_words(ui_watch(ui));
	size_t ways = 0;
	buf_printf(out, "%s\n\n%s\n\nIt leaves by ", writing->c.subject, writing->c.text);
	for (size_t i = 0; i < channels->count; i++)
		if (channel_takes(&channels->items[i], writing->c.audience))
			buf_printf(out, "%s%s (%s)", ways++ ? ", " : "", channels->items[i].name, channels->items[i].kind->name);
	buf_printf(out, "%s with the checkpoint of the record.\n", ways ? "," : "no channel: approving it records it,");
	if (*words)
		buf_printf(out, "%s.\n", words);
}

enum status do_send(struct ui *ui, const char *args, struct error *err)
{
	struct buf body;
	char title[120];
	(void)args;
	if (need_writing(ui, err) != STATUS_OK)
		return STATUS_REFUSED;
	if (ui->writing->c.next_us && ui->writing->c.next_us <= ui_now_us(ui))
		return error_set(err, STATUS_REFUSED, "the next update that it promises is overdue already (:field next 20m)");
	struct writing *shown = xcalloc(1, sizeof(*shown));
	const struct composition *c = &ui->writing->c;
	*shown = *ui->writing;
	shown->c = (struct composition){.audience = xstrdup(c->audience), .conditions = xstrdup(c->conditions), .actions = xstrdup(c->actions), .needs = xstrdup(c->needs), .subject = xstrdup(c->subject), .text = xstrdup(c->text), .next_us = c->next_us};
	buf_init(&body, PREVIEW_BYTES);
	say_what_leaves(ui, shown, &body);
	text_format(title, sizeof(title), "Approve this update for %s of %s", c->audience, shown->incident);
	ui_dialog(ui, &(struct dialog){.title = title, .body = buf_text(&body), .accept = "Approve", .yes = send_shown, .drop = drop_shown, .arg = shown});
	buf_free(&body);
	return STATUS_OK;
}

enum status do_keep(struct ui *ui, const char *args, struct error *err)
{
	(void)args;
	if (need_writing(ui, err) != STATUS_OK)
		return STATUS_REFUSED;
	const struct update_text text = text_of(ui->writing);
	enum status status = watch_update(ui_watch(ui), ui->writing->incident, &text, false, NULL, err);
	if (status != STATUS_OK)
		return status;
	writing_free(ui->writing);
	ui->writing = NULL;
	ui_message(ui, MESSAGE_INFO, "kept as a draft in the record: whoever approves it sends it");
	return STATUS_OK;
}

enum status do_discard(struct ui *ui, const char *args, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	if (need_writing(ui, err) != STATUS_OK)
		return STATUS_REFUSED;
	enum status status = STATUS_OK;
	if (ui->writing->revises[0]) {
		drafts_init(&drafts);
		status = commit(ui, &drafts, act_update_discard(watch_fold(ui_watch(ui)), &who, ui->writing->incident, ui->writing->revises, *args ? args : NULL, &drafts, err), err);
	}
	if (status != STATUS_OK)
		return status;
	writing_free(ui->writing);
	ui->writing = NULL;
	ui_message(ui, MESSAGE_INFO, "the draft is discarded");
	return STATUS_OK;
}

/* --- what got stuck ------------------------------------------------------------------------------- */

enum status open_message(struct ui *ui, const char *id, struct error *err)
{
	const struct incident *incident = ui_incident(ui);
	const struct update_record *draft = incident ? incident_update(incident, id) : NULL;
	struct buf text;
	char title[160];
	if (draft && draft->state == UPDATE_DRAFT) {
		take_up(ui, incident, draft);
		ui_set_focus(ui, pane_update.name);
		return STATUS_OK;
	}
	buf_init(&text, PREVIEW_BYTES);
	enum status status = watch_message_preview(ui_watch(ui), id, &text, err);
	if (status == STATUS_OK) {
		ui_pager_open(ui, text_format(title, sizeof(title), "Message %s, as it leaves (y copies it)", id));
		ui_pager_text(ui, ROLE_BASE, buf_text(&text));
	}
	buf_free(&text);
	return status;
}

/* The message that is meant: named first, else the selected one. Moves *args behind it. */
static enum status need_message(struct ui *ui, const char **args, char id[UPDATE_ID], struct error *err)
{
	char word[PANE_ID];
	const char *rest = split_word(*args, word, sizeof(word));
	const char *selected = ui_pane_state(ui, pane_outbox.name)->selected;
	const struct fold *fold = watch_fold(ui_watch(ui));
	const struct message_record *m = fold_message(fold, word, NULL);
	if (m)
		*args = rest;
	else
		m = fold_message(fold, selected, NULL);
	if (!m)
		return error_set(err, STATUS_NOT_FOUND, "no message is selected in the outbox (or name it: the first column)");
	memcpy(id, m->id, UPDATE_ID);
	return STATUS_OK;
}

typedef enum status choice_fn(const struct fold *fold, const struct actor *who, const char *id, const char *text, struct drafts *out, struct error *err);

static enum status choose(struct ui *ui, const char *args, choice_fn *act, struct error *err)
{
	struct drafts drafts;
	struct actor who = watch_actor(ui_watch(ui));
	char id[UPDATE_ID];
	enum status status = need_message(ui, &args, id, err);
	if (status != STATUS_OK)
		return status;
	drafts_init(&drafts);
	return commit(ui, &drafts, act(watch_fold(ui_watch(ui)), &who, id, *args ? args : NULL, &drafts, err), err);
}

static enum status resend(const struct fold *fold, const struct actor *who, const char *id, const char *text, struct drafts *out, struct error *err)
{
	(void)text;
	return act_message_resend(fold, who, id, out, err);
}

enum status do_resend(struct ui *ui, const char *args, struct error *err)
{
	return choose(ui, args, resend, err);
}

enum status do_arrived(struct ui *ui, const char *args, struct error *err)
{
	return choose(ui, args, act_message_arrived, err);
}

enum status do_withdraw(struct ui *ui, const char *args, struct error *err)
{
	return choose(ui, args, act_message_withdraw, err);
}

enum status do_answered(struct ui *ui, const char *args, struct error *err)
{
	return choose(ui, args, act_message_answered, err);
}
