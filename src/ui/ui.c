#include "ui/ui.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/keys.h"
#include "ui/state.h"
#include "ui/steps.h"
#include "ui/updates.h"
#include "ui/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MIN_COLUMNS = 40,
	MIN_ROWS = 10,
	WHEEL_ROWS = 3,
};

/* Nobody is sure to have read a message before. */
#define READ_US (12 * US_PER_S)

/* How long a message stands; errors and alarms stay until the next key. */
static const int64_t message_us[] = {
	[MESSAGE_INFO] = 5 * US_PER_S,
	[MESSAGE_WARNING] = READ_US,
	[MESSAGE_ERROR] = INT64_MAX,
	[MESSAGE_ALARM] = INT64_MAX,
};

/* --- life --------------------------------------------------------------------- */

/* The keys of the configuration; what is wrong with them is said, and kept in :messages. */
static void take_keys(struct ui *ui)
{
	struct config_problems problems = {0};
	ui->keyboard = keyboard_new(watch_config(ui->watch), &problems);
	for (size_t i = 0; i < problems.count; i++)
		ui_message(ui, MESSAGE_WARNING, problems.items[i].text);
	if (problems.count > 1)
		ui_messagef(ui, MESSAGE_WARNING, "%zu mistakes in [keys] (:messages names them)", problems.count);
	config_problems_free(&problems);
}

struct ui *ui_new(struct watch *watch, bool ascii, bool utc)
{
	struct ui *ui = xcalloc(1, sizeof(*ui));
	ui->watch = watch;
	ui->screens = screens;
	ui->ascii = ascii;
	ui->utc = utc;
	ui->dirty = true;
	ui->columns = 80;
	ui->rows = 24;
	theme_mono(&ui->theme);
	take_keys(ui);
	return ui;
}

void ui_free(struct ui *ui)
{
	if (!ui)
		return;
	overlays_free(ui);
	prompt_end(&ui->prompt);
	history_free(&ui->commands);
	history_free(&ui->filters);
	history_free(&ui->answers);
	keyboard_free(ui->keyboard);
	canvas_free(ui->frozen);
	free(ui->clipboard);
	writing_free(ui->writing);
	free(ui);
}

/* Where the incident stands in its runbook, for people. */
static const char *standing(struct ui *ui, const struct incident *incident, char *dst, size_t size)
{
	const struct runbook *runbook = incident->runbook[0] ? watch_runbook(ui->watch, incident->id, NULL) : NULL;
	const char *step = runbook ? current_step(incident, runbook) : NULL;
	return step ? text_format(dst, size, ", step %s is next", step) : "";
}

static void resume(struct ui *ui)
{
	char next[64];
	if (!ui->resuming || !watch_loaded(ui->watch))
		return;
	ui->resuming = false;
	const struct incident *incident = fold_current(watch_fold(ui->watch));
	if (!incident)
		return;
	ui_show(ui, SCREEN_INCIDENT);
	ui_messagef(ui, MESSAGE_INFO, "%s is still open, in %s%s", incident->id, stage_title(incident->stage), standing(ui, incident, next, sizeof(next)));
}

void ui_resume(struct ui *ui)
{
	ui->resuming = true;
	resume(ui);
}

static void on_changed(void *arg)
{
	struct ui *ui = *(struct ui **)arg;
	if (!ui)
		return;
	resume(ui);
	ui_touch(ui);
}

static void on_message(void *arg, int severity, const char *text)
{
	struct ui *ui = *(struct ui **)arg;
	if (ui)
		ui_message(ui, severity, text);
}

static void on_alarm(void *arg, enum severity severity, const char *title)
{
	struct ui *ui = *(struct ui **)arg;
	if (ui)
		ui_alarm(ui, severity, title);
}

static bool on_terminal(void *arg, bool take)
{
	struct ui *ui = *(struct ui **)arg;
	return ui && ui->on_terminal && ui->on_terminal(ui->on_terminal_arg, take);
}

const struct watch_events *ui_watch_events(void)
{
	static const struct watch_events events = {.changed = on_changed, .message = on_message, .alarm = on_alarm, .terminal = on_terminal};
	return &events;
}

/* --- small questions ------------------------------------------------------------ */

struct watch *ui_watch(const struct ui *ui)
{
	return ui->watch;
}

int64_t ui_now_us(const struct ui *ui)
{
	return clock_wall_us(watch_clock(ui->watch));
}

bool ui_ascii(const struct ui *ui)
{
	return ui->ascii;
}

bool ui_utc(const struct ui *ui)
{
	return ui->utc;
}

void ui_set_utc(struct ui *ui, bool utc)
{
	ui->utc = utc;
	ui_touch(ui);
}

int ui_zone_minutes(const struct ui *ui, int64_t us)
{
	return ui->utc ? 0 : time_local_offset(us);
}

const struct theme *ui_theme(const struct ui *ui)
{
	return &ui->theme;
}

void ui_set_theme(struct ui *ui, const struct theme *theme)
{
	ui->theme = *theme;
	ui->redraw = true;
	ui_touch(ui);
}

bool ui_leaving(const struct ui *ui)
{
	return ui->leaving;
}

void ui_leave(struct ui *ui)
{
	ui->leaving = true;
}

bool ui_dirty(const struct ui *ui)
{
	return ui->dirty;
}

void ui_touch(struct ui *ui)
{
	if (!ui->dirty && ui->on_dirty)
		ui->on_dirty(ui->on_dirty_arg);
	ui->dirty = true;
}

void ui_on_terminal(struct ui *ui, bool (*lend)(void *arg, bool take), void *arg)
{
	ui->on_terminal = lend;
	ui->on_terminal_arg = arg;
}

void ui_on_dirty(struct ui *ui, void (*dirty)(void *arg), void *arg)
{
	ui->on_dirty = dirty;
	ui->on_dirty_arg = arg;
}

static bool running(const struct ui *ui)
{
	const struct fold *fold = watch_fold(ui->watch);
	for (size_t i = 0; i < fold_incident_count(fold); i++) {
		if (watch_runs_going(ui->watch, fold_incident_at(fold, i)->id) > 0)
			return true;
	}
	return false;
}

bool ui_idle(const struct ui *ui)
{
	return watch_pending(ui->watch) == 0 && !running(ui);
}

static bool take(bool *flag)
{
	bool was = *flag;
	*flag = false;
	return was;
}

bool ui_take_redraw(struct ui *ui)
{
	return take(&ui->redraw);
}

bool ui_take_flush(struct ui *ui)
{
	return take(&ui->flush);
}

void ui_alarm(struct ui *ui, enum severity severity, const char *title)
{
	ui->alarm = true;
	text_format(ui->alarm_title, sizeof(ui->alarm_title), "%s %s", severity_name(severity), title);
	ui_message(ui, MESSAGE_ALARM, ui->alarm_title);
}

void ui_set_terminal(struct ui *ui, bool terminal)
{
	ui->terminal = terminal;
}

bool ui_mouse(const struct ui *ui)
{
	return ui->mouse;
}

char *ui_take_copy(struct ui *ui)
{
	char *text = ui->clipboard;
	ui->clipboard = NULL;
	return text;
}

bool ui_take_alarm(struct ui *ui, char *title, size_t size)
{
	text_clean(title, size, ui->alarm_title, strlen(ui->alarm_title));
	return take(&ui->alarm);
}

/* --- messages ------------------------------------------------------------------- */

void ui_message(struct ui *ui, int severity, const char *text)
{
	struct message *message = &ui->messages[ui->message_next];
	message->at_us = ui_now_us(ui);
	message->severity = severity < MESSAGE_INFO ? MESSAGE_INFO : severity > MESSAGE_ALARM ? MESSAGE_ALARM
											      : severity;
	text_clean(message->text, sizeof(message->text), text, strlen(text));
	ui->message_next = (ui->message_next + 1) % MESSAGES_KEPT;
	if (ui->message_count < MESSAGES_KEPT)
		ui->message_count++;
	ui->message_total++;
	ui_touch(ui);
}

void ui_messagef(struct ui *ui, int severity, const char *fmt, ...)
{
	char text[sizeof(ui->messages[0].text)];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ui_message(ui, severity, text);
}

void ui_messages_seen(struct ui *ui)
{
	ui->message_seen = ui->message_total;
}

/* Something of the severity that rings is open or waits for an answer. */
static bool alarm_lasts(const struct ui *ui)
{
	const struct fold *fold = watch_fold(ui->watch);
	const struct proposals *detected = watch_proposals(ui->watch);
	bool lasts = false;
	for (size_t i = 0; i < fold_incident_count(fold); i++)
		lasts = lasts || (incident_is_open(fold_incident_at(fold, i)) && fold_incident_at(fold, i)->severity <= SEVERITY_P1);
	for (size_t i = 0; i < fold_proposal_count(fold); i++)
		lasts = lasts || fold_proposal_at(fold, i)->severity <= SEVERITY_P1;
	for (size_t i = 0; i < detected->count; i++)
		lasts = lasts || (detected->items[i].severity <= SEVERITY_P1 && !fold_proposal(fold, detected->items[i].key, NULL));
	return lasts;
}

/* How much a message matters now: more than all others while nobody can have read it. An
 * alarm that is over is news, but no trouble. */
static int message_weight(const struct message *message, int64_t now_us, bool alarm)
{
	int weight = message->severity == MESSAGE_ALARM && !alarm ? MESSAGE_INFO : message->severity;
	return now_us - message->at_us < READ_US ? weight + MESSAGE_ALARM + 1 : weight;
}

/* What stands on the message line: of the messages since the last key the one that matters
 * most, of equals the newest; NULL: none stands any more. */
static const struct message *shown_message(const struct ui *ui, bool alarm)
{
	const struct message *shown = NULL;
	int64_t now_us = ui_now_us(ui);
	size_t count = ui->message_total - ui->message_seen;
	count = count < ui->message_count ? count : ui->message_count;
	for (size_t back = count; back > 0; back--) {
		const struct message *message = &ui->messages[(ui->message_next + MESSAGES_KEPT - back) % MESSAGES_KEPT];
		bool stands = now_us - message->at_us < message_us[message->severity];
		if (stands && (!shown || message_weight(message, now_us, alarm) >= message_weight(shown, now_us, alarm)))
			shown = message;
	}
	return shown;
}

/* What went wrong and its cure stand at the two ends of a message: a long one goes over
 * the rows above the bottom until the next key, rather than lose its end. */
static void draw_message(const struct message *message, bool alarm, struct area area)
{
	static const struct word looks[] = {{"", ROLE_INFO}, {"WARN ", ROLE_WARN}, {"ERROR ", ROLE_CRIT}, {"ALARM ", ROLE_CRIT}};
	const struct word look = message->severity == MESSAGE_ALARM && !alarm ? (struct word){"OVER ", ROLE_INFO} : looks[message->severity];
	int x = 1 + text_width(look.text), columns = area.columns - x - 1;
	int rows = area_wrap_rows(columns, message->text);
	if (rows > 1 && rows > area.rows / 3)
		rows = area.rows < 6 ? 1 : area.rows / 3;
	struct area lines = area_inside(area, 0, area.rows - rows, area.columns, rows);
	area_fill(lines, ROLE_BAR);
	area_text(lines, 1, 0, look.role, ATTR_BOLD, look.text);
	if (rows == 1)
		area_fit(lines, x, 0, columns, ROLE_BASE, 0, message->text);
	else
		area_wrap(lines, x, 0, columns, rows, ROLE_BASE, 0, message->text);
	for (int y = 0; y < rows; y++)
		area_back(lines, 0, y, lines.columns, ROLE_BAR);
}

/* --- screens, incidents, panes ----------------------------------------------------- */

enum screen ui_screen(const struct ui *ui)
{
	return ui->screen;
}

const struct screen_entry *ui_screen_entry(const struct ui *ui)
{
	return &ui->screens[ui->screen];
}

void ui_show(struct ui *ui, enum screen screen)
{
	ui->screen = screen;
	ui->zoomed = false;
	ui_touch(ui);
}

const struct incident *ui_incident(const struct ui *ui)
{
	const struct fold *fold = watch_fold(ui->watch);
	const struct incident *chosen = *ui->incident ? fold_incident(fold, ui->incident) : NULL;
	return chosen ? chosen : fold_current(fold);
}

void ui_choose_incident(struct ui *ui, const char *id)
{
	text_format(ui->incident, sizeof(ui->incident), "%s", id ? id : "");
	ui_touch(ui);
}

const char *ui_keys(const struct ui *ui, const struct request *request)
{
	return keyboard_keys(ui->keyboard, request);
}

char *ui_press(char dst[PRESS_TEXT], const struct ui *ui, const char *name)
{
	const struct request *request = request_by_name(name);
	const char *keys = request ? ui_keys(ui, request) : "";
	char key[KEY_NAME];
	return text_word(&keys, key, sizeof(key)) ? text_format(dst, PRESS_TEXT, "%s", key) : text_format(dst, PRESS_TEXT, ":%s", name);
}

struct pane_state *ui_pane_state(struct ui *ui, const char *pane)
{
	for (size_t i = 0; i < ui->pane_count; i++) {
		if (strcmp(ui->panes[i].pane, pane) == 0)
			return &ui->panes[i].state;
	}
	/* More panes than the table holds share its last place. */
	size_t place = ui->pane_count < PANE_STATES_MAX ? ui->pane_count++ : PANE_STATES_MAX - 1;
	ui->panes[place].pane = pane;
	ui->panes[place].state = (struct pane_state){0};
	return &ui->panes[place].state;
}

/* NULL: nothing was done to the pane yet. */
static const struct pane_state *known_state(const struct ui *ui, const char *pane)
{
	for (size_t i = 0; i < ui->pane_count; i++) {
		if (strcmp(ui->panes[i].pane, pane) == 0)
			return &ui->panes[i].state;
	}
	return NULL;
}

const char *ui_pane_filter(const struct ui *ui, const char *pane)
{
	const struct pane_state *state = known_state(ui, pane);
	return state ? state->filter : "";
}

int ui_pane_room(const struct ui *ui, const char *pane)
{
	const struct pane_state *state = known_state(ui, pane);
	return state ? state->page : 0;
}

const struct pane *ui_focused(const struct ui *ui)
{
	return ui_screen_entry(ui)->panes[ui->focus[ui->screen]];
}

const char *ui_focus(const struct ui *ui)
{
	const struct pane *pane = ui_focused(ui);
	return pane ? pane->name : "";
}

void ui_set_focus(struct ui *ui, const char *name)
{
	const struct pane *const *panes = ui_screen_entry(ui)->panes;
	for (size_t i = 0; panes[i]; i++) {
		if (strcmp(panes[i]->name, name) == 0)
			ui->focus[ui->screen] = i;
	}
	ui_touch(ui);
}

const char *ui_selected(const struct ui *ui)
{
	const struct pane_state *state = known_state(ui, ui_focus(ui));
	return state && state->shown > 0 ? state->selected : "";
}

bool ui_zoomed(const struct ui *ui)
{
	return ui->zoomed;
}

void ui_set_zoom(struct ui *ui, bool zoomed)
{
	ui->zoomed = zoomed;
	ui_touch(ui);
}

/* --- prompts ------------------------------------------------------------------------ */

/* Completes a ":" line: the name first, then what the request offers. */
static void complete_line(void *arg, const char *before, offer_fn *offer, void *offer_arg)
{
	struct ui *ui = arg;
	const struct request *request;
	char name[48];
	const char *cursor = before;
	if (!strchr(before, ' ')) {
		for (size_t i = 0; (request = request_at(i)); i++)
			offer(offer_arg, request->name);
		return;
	}
	if (!text_word(&cursor, name, sizeof(name)) || !(request = request_by_name(name)) || !request->complete)
		return;
	request->complete(ui, cursor + strspn(cursor, " "), offer, offer_arg);
}

void prompt_open(struct ui *ui, enum prompt_kind kind, const char *label, const char *text)
{
	struct history *const histories[] = {NULL, &ui->commands, &ui->filters, &ui->answers};
	const struct pane *pane = ui_focused(ui);
	const struct pager *pager = pager_top(ui);
	prompt_end(&ui->prompt);
	ui->prompting = kind;
	ui->prompt.history = histories[kind];
	ui->prompt.complete = kind == PROMPT_COMMAND ? complete_line : NULL;
	ui->prompt.complete_arg = ui;
	text_format(ui->label, sizeof(ui->label), "%s", label);
	prompt_begin(&ui->prompt, text);
	if (kind == PROMPT_FILTER)
		text_format(ui->filter_before, sizeof(ui->filter_before), "%s", pager ? pager->search : pane ? ui_pane_state(ui, pane->name)->filter
													     : "");
	ui_messages_seen(ui);
	ui_touch(ui);
}

void ui_prompt(struct ui *ui, const char *text)
{
	prompt_open(ui, PROMPT_COMMAND, ":", text);
}

void ui_ask(struct ui *ui, const char *label, const char *text, enum status (*accept)(struct ui *ui, const char *text, struct error *err))
{
	ui->accept = accept;
	prompt_open(ui, PROMPT_ASK, label, text);
}

static void set_filter(struct ui *ui, const char *text)
{
	struct pager *pager = pager_top(ui);
	const struct pane *pane = ui_focused(ui);
	if (pager) {
		pager_search(pager, text);
	} else if (pane) {
		struct pane_state *state = ui_pane_state(ui, pane->name);
		text_fit(state->filter, sizeof(state->filter), text, PANE_FILTER, "");
	}
}

static void finish_prompt(struct ui *ui, bool accepted)
{
	char text[PROMPT_BYTES];
	struct error err = {0};
	enum status status = STATUS_OK;
	enum prompt_kind kind = ui->prompting;
	memcpy(text, ui->prompt.text, sizeof(text));
	prompt_end(&ui->prompt);
	ui->prompting = PROMPT_NONE;
	if (kind == PROMPT_FILTER) {
		set_filter(ui, accepted ? text : "");
		history_add(&ui->filters, accepted ? text : "");
	} else if (accepted && kind == PROMPT_COMMAND) {
		history_add(&ui->commands, text);
		status = ui_command(ui, text, &err);
	} else if (accepted && kind == PROMPT_ASK) {
		history_add(&ui->answers, text);
		status = ui->accept(ui, text, &err);
	}
	if (status != STATUS_OK)
		ui_message(ui, MESSAGE_ERROR, err.text);
}

static void prompt_changed(struct ui *ui)
{
	if (ui->prompting == PROMPT_FILTER)
		set_filter(ui, ui->prompt.text);
}

/* Enter too early: the name stands there, what it needs does not. */
static bool lacks_words(const struct ui *ui)
{
	const char *cursor = ui->prompt.text;
	char name[48], word[2];
	if (ui->prompting != PROMPT_COMMAND || !text_word(&cursor, name, sizeof(name)) || text_word(&cursor, word, sizeof(word)))
		return false;
	const struct request *request = request_by_name(name);
	return request && request_needs_args(request) && !request_refusal(ui, request);
}

static void key_to_prompt(struct ui *ui, const char *key)
{
	/* Backspace in an empty line leaves it, as people expect of a command line. */
	bool emptied = ui->prompt.len == 0 && strcmp(key, "Backspace") == 0;
	switch (emptied ? PROMPT_CANCELLED : prompt_key(&ui->prompt, key)) {
	case PROMPT_ACCEPTED:
		if (!lacks_words(ui))
			finish_prompt(ui, true);
		break;
	case PROMPT_CANCELLED:
		finish_prompt(ui, false);
		break;
	case PROMPT_CHANGED:
		prompt_changed(ui);
		break;
	case PROMPT_MOVED:
	case PROMPT_UNKNOWN:
		break;
	}
}

static void draw_candidates(const struct prompt *prompt, struct area line)
{
	area_fill(line, ROLE_BAR);
	int x = 1;
	for (size_t i = 0; i < prompt->candidate_count && x < line.columns - 2; i++) {
		bool chosen = i == prompt->candidate_at;
		x = area_text(line, x, 0, chosen ? ROLE_ACCENT : ROLE_DIM, chosen ? ATTR_REVERSE | ATTR_BOLD : 0, prompt->candidates[i]);
		x += 2;
	}
	area_back(line, 0, 0, line.columns, ROLE_BAR);
}

/* What the line being typed will do: arguments and help of its request. */
static void draw_preview(const struct ui *ui, struct area line)
{
	const char *cursor = ui->prompt.text;
	char name[48];
	if (!text_word(&cursor, name, sizeof(name)))
		return;
	const struct request *request = request_by_name(name);
	if (!request)
		return;
	const char *refusal = request_refusal(ui, request);
	area_fill(line, ROLE_BAR);
	int x = area_printf(line, 1, 0, ROLE_KEY, ATTR_BOLD, "%s ", request->name);
	x = area_text(line, x, 0, ROLE_ACCENT, 0, request->args) + (*request->args ? 2 : 1);
	area_fit(line, x, 0, line.columns - x - 1, refusal ? ROLE_WARN : ROLE_DIM, 0, refusal ? refusal : request->help);
	area_back(line, 0, 0, line.columns, ROLE_BAR);
}

static void draw_prompt(struct ui *ui, struct area area)
{
	struct area line = area_inside(area, 0, area.rows - 1, area.columns, 1);
	struct area above = area_inside(area, 0, area.rows - 2, area.columns, 1);
	area.canvas->cursor_x = area.canvas->cursor_y = -1;
	area_fill(line, ROLE_BASE);
	if (ui->prompt.candidate_count > 0)
		draw_candidates(&ui->prompt, above);
	else if (ui->prompting == PROMPT_COMMAND)
		draw_preview(ui, above);
	if (ui->prompting == PROMPT_FILTER && !pager_top(ui) && ui_focused(ui)) {
		const struct pane_state *state = ui_pane_state(ui, ui_focus(ui));
		char shown[64];
		text_format(shown, sizeof(shown), "%zu of %zu shown", state->shown, state->total);
		int x = area_right(line, line.columns - 1, 0, ROLE_DIM, 0, shown);
		line = area_inside(line, 0, 0, x - 1, 1);
	}
	prompt_draw(&ui->prompt, ui->label, line);
}

/* --- keys and commands ------------------------------------------------------------- */

enum status ui_command(struct ui *ui, const char *line, struct error *err)
{
	char name[64], args[PROMPT_BYTES];
	const char *cursor = line;
	ui_touch(ui);
	if (!text_word(&cursor, name, sizeof(name)))
		return STATUS_OK;
	const struct request *request = request_by_name(name);
	if (!request)
		return request_unknown(name, err);
	cursor += strspn(cursor, " ");
	size_t len = text_clean(args, sizeof(args), cursor, strlen(cursor));
	while (len > 0 && args[len - 1] == ' ')
		args[--len] = '\0';
	return request_run(ui, request, args, err);
}

static void run_by_key(struct ui *ui, const struct request *request, const char *key)
{
	struct error err = {0};
	const char *refusal = request_refusal(ui, request);
	if (refusal) {
		ui_messagef(ui, MESSAGE_WARNING, "%s: %s", request->name, refusal);
		return;
	}
	if (request_needs_args(request) && !request->key_is_args) {
		char text[64];
		ui_prompt(ui, text_format(text, sizeof(text), "%s ", request->name));
		return;
	}
	if (request_run(ui, request, request->key_is_args ? key : "", &err) != STATUS_OK)
		ui_message(ui, err.status == STATUS_REFUSED ? MESSAGE_WARNING : MESSAGE_ERROR, err.text);
}

/* A key that another screen has is named with the way to that screen. */
static void say_nothing_happens(struct ui *ui, const char *key)
{
	static const struct {
		enum scope scope;
		const char *way;
	} screens_with_keys[] = {{SCOPE_INCIDENT, "show"}, {SCOPE_REVIEW, "review"}, {SCOPE_UPDATES, "outbox"}, {SCOPE_TIMELINE, "timeline"}, {SCOPE_ROOM, "room"}};
	for (size_t i = 0; i < ARRAY_LENGTH(screens_with_keys); i++) {
		const struct request *request = keyboard_request(ui->keyboard, screens_with_keys[i].scope, key);
		char press[PRESS_TEXT];
		if (!request)
			continue;
		ui_messagef(ui, MESSAGE_INFO, "%s does nothing here: %s is a key of the screen %s (%s leads there)", key, request->name,
			    scope_title(screens_with_keys[i].scope), ui_press(press, ui, screens_with_keys[i].way));
		return;
	}
	ui_messagef(ui, MESSAGE_INFO, "%s does nothing here (? shows the keys)", key);
}

void ui_key(struct ui *ui, const char *key)
{
	const struct overlay *overlay = overlay_top(ui);
	ui_touch(ui);
	ui->resuming = false;
	if (ui->prompting != PROMPT_NONE) {
		key_to_prompt(ui, key);
		return;
	}
	/* The line that is typed stands where messages do: until it is done none is seen. */
	ui_messages_seen(ui);
	if (overlay && overlay->is_dialog) {
		dialog_key(ui, key);
		return;
	}
	bool covered = overlay || ui->small;
	const struct request *below = keyboard_request(ui->keyboard, ui_screen_entry(ui)->scope, key);
	const struct request *request = covered ? keyboard_request(ui->keyboard, SCOPE_GLOBAL, key) : below;
	if (covered && below && !(request && request->everywhere)) {
		if (overlay)
			ui_messagef(ui, MESSAGE_INFO, "%s waits until this is closed (Esc)", below->name);
		return;
	}
	if (ui->frozen && !covered && !(request && request->while_paused)) {
		char go_on[PRESS_TEXT];
		ui_messagef(ui, MESSAGE_INFO, "the screen is paused, its rows may be old (%s goes on)", ui_press(go_on, ui, "pause"));
		return;
	}
	if (request)
		run_by_key(ui, request, key);
	else if (!covered)
		say_nothing_happens(ui, key);
}

static const struct pane *pane_under(const struct ui *ui, int x, int y)
{
	for (const struct pane *const *pane = ui_screen_entry(ui)->panes; *pane; pane++) {
		for (size_t i = 0; i < ui->pane_count; i++) {
			const struct pane_state *state = &ui->panes[i].state;
			bool across = x >= state->drawn.x && x < state->drawn.x + state->drawn.columns;
			bool down = y >= state->drawn.y && y < state->drawn.y + state->drawn.rows;
			if (strcmp(ui->panes[i].pane, (*pane)->name) == 0 && across && down)
				return *pane;
		}
	}
	return NULL;
}

void ui_pointer(struct ui *ui, int x, int y, enum pointer what)
{
	int rows = what == POINTER_CLICK ? 0 : what == POINTER_UP ? -WHEEL_ROWS
								  : WHEEL_ROWS;
	struct pager *pager = pager_top(ui);
	const struct pane *pane = pane_under(ui, x, y);
	ui_touch(ui);
	if (pager)
		pager_scroll(pager, rows);
	if (overlay_top(ui) || ui->prompting != PROMPT_NONE || ui->small || ui->frozen || !pane)
		return;
	ui_set_focus(ui, pane->name);
	if (what == POINTER_CLICK)
		pane_point(ui, pane, y);
	else
		pane_move(ui, pane, rows);
}

void ui_paste(struct ui *ui, const char *text)
{
	const struct overlay *overlay = overlay_top(ui);
	ui_touch(ui);
	if (ui->prompting != PROMPT_NONE) {
		if (prompt_insert(&ui->prompt, text, strlen(text)))
			prompt_changed(ui);
		else
			ui_message(ui, MESSAGE_WARNING, "the pasted text is too long for this line, nothing was inserted");
	} else if (overlay && overlay->is_dialog) {
		dialog_paste(ui, text);
	} else {
		ui_message(ui, MESSAGE_INFO, "pasted text was not used (open a line first: \":\" or a key that asks for text)");
	}
}

/* --- drawing ------------------------------------------------------------------------- */

static int draw_hint(const struct ui *ui, struct area area, int x, const struct request *request)
{
	char key[KEY_NAME];
	const char *keys = ui_keys(ui, request);
	if (!text_word(&keys, key, sizeof(key)) || x + text_width(key) + text_width(request->hint) + 1 > area.columns)
		return x;
	x = area_text(area, x, 0, ROLE_KEY, ATTR_BOLD, key);
	x = area_printf(area, x, 0, ROLE_DIM, 0, " %s", request->hint);
	return x + 2;
}

static bool has_hint(const struct ui *ui, const struct request *request)
{
	enum scope scope = screens[ui->screen].scope;
	return request->hint && (request->scope == scope || request->scope == SCOPE_GLOBAL) && (!request->wanted || request->wanted(ui)) && !request_refusal(ui, request);
}

static int hints_width(const struct ui *ui, const struct request *table)
{
	int width = 0;
	for (const struct request *request = table; request->name; request++) {
		char key[KEY_NAME];
		const char *keys = ui_keys(ui, request);
		if (has_hint(ui, request) && text_word(&keys, key, sizeof(key)))
			width += text_width(key) + text_width(request->hint) + 3;
	}
	return width;
}

static void draw_hints(const struct ui *ui, struct area area, const struct request *table)
{
	int x = 0;
	for (const struct request *request = table; request->name; request++) {
		if (has_hint(ui, request))
			x = draw_hint(ui, area, x, request);
	}
}

void ui_draw_hints(struct ui *ui, struct area area)
{
	int own = hints_width(ui, requests_builtin);
	int split = area.columns - own > 0 ? area.columns - own : 0, end = split;
	area_fill(area, ROLE_BAR);
	/* A mouse that does not select text any more must not be a riddle. */
	if (ui->mouse)
		end = area_right(area, split - 2, 0, ROLE_INFO, ATTR_BOLD, "MOUSE");
	draw_hints(ui, area_inside(area, 1, 0, end - 3, 1), requests_actions);
	draw_hints(ui, area_inside(area, split, 0, own, 1), requests_builtin);
}

static void draw_small(struct area area, int columns, int rows)
{
	char text[120];
	text_format(text, sizeof(text), "Too small: this terminal has %dx%d, this screen needs %dx%d.", area.columns, area.rows, columns, rows);
	int used = area_wrap(area, 0, 0, area.columns, area.rows, ROLE_WARN, 0, text);
	area_wrap(area, 0, used, area.columns, area.rows - used, ROLE_DIM, 0, "q back  ? help  : command");
}

/* --- the screen stopped --------------------------------------------------------------- */

bool ui_paused(const struct ui *ui)
{
	return ui->frozen != NULL;
}

static void draw_screen(struct ui *ui, struct canvas *canvas)
{
	const struct screen_entry *screen = ui_screen_entry(ui);
	int columns = screen->min_columns > 0 ? screen->min_columns : MIN_COLUMNS;
	int rows = screen->min_rows > 0 ? screen->min_rows : MIN_ROWS;
	for (size_t i = 0; i < ui->pane_count; i++)
		ui->panes[i].state.drawn.rows = 0;
	ui->small = canvas->columns < columns || canvas->rows < rows;
	if (ui->small)
		draw_small(canvas_area(canvas), columns, rows);
	else
		screen->draw(ui, canvas_area(canvas));
}

void ui_freeze(struct ui *ui)
{
	ui_thaw(ui);
	struct canvas *canvas = canvas_new(ui->columns, ui->rows, ui->ascii);
	draw_screen(ui, canvas);
	ui->frozen = canvas;
	ui->frozen_us = ui_now_us(ui);
	ui_touch(ui);
}

void ui_thaw(struct ui *ui)
{
	canvas_free(ui->frozen);
	ui->frozen = NULL;
	ui_touch(ui);
}

/* The badge hides the clock, which has stopped too, and never the mode. */
static void draw_frozen(struct ui *ui, struct canvas *canvas)
{
	struct area area = canvas_area(canvas), bottom = area_inside(area, 0, area.rows - 1, area.columns, 1);
	char age[DURATION_TEXT], go_on[PRESS_TEXT], text[160];
	memcpy(canvas->cells, ui->frozen->cells, (size_t)canvas->columns * (size_t)canvas->rows * sizeof(*canvas->cells));
	canvas->cursor_x = ui->frozen->cursor_x;
	canvas->cursor_y = ui->frozen->cursor_y;
	for (int x = area.columns - 2; x > 0 && strcmp(canvas_at(canvas, x, 0)->text, " ") != 0; x--)
		area_text(area, x, 0, ROLE_BASE, 0, " ");
	area_right(area, area.columns - 1, 0, ROLE_WARN, ATTR_BOLD | ATTR_REVERSE, " PAUSED ");
	duration_human(age, ui_now_us(ui) - ui->frozen_us);
	text_format(text, sizeof(text), "PAUSED for %s: this is how it was, watching goes on (%s shows how it is)", age, ui_press(go_on, ui, "pause"));
	area_fill(bottom, ROLE_BAR);
	area_fit(bottom, 1, 0, bottom.columns - 2, ROLE_WARN, ATTR_BOLD, text);
}

void ui_draw(struct ui *ui, struct canvas *canvas)
{
	canvas_clear(canvas);
	struct area area = canvas_area(canvas);
	ui->dirty = false;
	ui->columns = canvas->columns;
	ui->rows = canvas->rows;
	/* A picture of another size is of no use. */
	if (ui->frozen && (ui->frozen->columns != canvas->columns || ui->frozen->rows != canvas->rows))
		ui_thaw(ui);
	if (ui->frozen)
		draw_frozen(ui, canvas);
	else
		draw_screen(ui, canvas);
	overlays_draw(ui, area);
	bool alarm = alarm_lasts(ui);
	const struct message *message = shown_message(ui, alarm);
	if (ui->prompting != PROMPT_NONE)
		draw_prompt(ui, area);
	else if (message)
		draw_message(message, alarm, area);
}
