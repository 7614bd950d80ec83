#include "ui/linear.h"

#include "base/mem.h"
#include "base/text.h"
#include "ui/state.h"
#include "ui/words.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LOOK_MS = 100,
	LINE_BYTES = 1024,
	WAITING_BYTES = 256 * 1024,
	COLUMNS = 160,
	ROWS = 60,
	HEADER_LINES = 2,
	SUMMARY_ROWS = 12, /* of each pane in a summary; :list says all */
	BURST_LINES = 20,  /* changes said one by one; of more, how many there are */
};

/* What was said of a component last. */
struct said {
	char id[PANE_ID];
	enum health health;
	bool known;
};

struct linear {
	struct loop *loop;
	struct ui *ui;
	struct canvas *canvas;
	struct loop_watch *reader;
	struct buf waiting; /* input that was not worked on yet */
	bool ended;         /* no more will come */
	bool broken;        /* nobody reads what is printed */
	int ended_by;

	struct said *said; /* one for each component, in the world's order */
	size_t said_count, said_capacity;
	size_t events; /* of the record, said or older than this session */
	bool begun;    /* the record's history is known */
	size_t messages;
	enum screen screen; /* of the last summary */
	bool asked;         /* a question was printed, the next line answers it */
};

/* --- saying ---------------------------------------------------------------------- */

static void print(struct linear *linear, const char *text)
{
	struct canvas *line = NULL;
	struct buf ascii;
	buf_init(&ascii, 8 * LINE_BYTES);
	if (ui_ascii(linear->ui)) {
		line = canvas_new(CANVAS_COLUMNS_MAX, 1, true);
		area_text(canvas_area(line), 0, 0, ROLE_BASE, 0, text);
		canvas_dump(line, false, &ascii);
		text = buf_text(&ascii);
		ascii.data[ascii.len - 1] = '\0';
	}
	if (fputs(text, stdout) < 0 || fputc('\n', stdout) < 0 || fflush(stdout) != 0)
		linear->broken = true;
	canvas_free(line);
	buf_free(&ascii);
}

static void say(struct linear *linear, const char *fmt, ...) TOCSIN_PRINTF(2, 3);
static void say(struct linear *linear, const char *fmt, ...)
{
	char text[2 * LINE_BYTES], clean[2 * LINE_BYTES];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text_clean(clean, sizeof(clean), text, strlen(text));
	print(linear, clean);
}

/* Text of several lines, one after the other. */
static void say_lines(struct linear *linear, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		if (len > 0)
			say(linear, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static const char *moment(const struct linear *linear, char dst[TIME_TEXT], int64_t us)
{
	time_of_day(dst, us, ui_zone_minutes(linear->ui, us));
	return dst;
}

/* --- how things stand -------------------------------------------------------------- */

static void say_header(struct linear *linear)
{
	struct canvas *top = canvas_new(COLUMNS, HEADER_LINES, ui_ascii(linear->ui));
	struct buf text;
	buf_init(&text, 16 * LINE_BYTES);
	ui_draw(linear->ui, linear->canvas);
	for (int y = 0; y < HEADER_LINES; y++) {
		for (int x = 0; x < COLUMNS; x++)
			*canvas_at(top, x, y) = *canvas_at(linear->canvas, x, y);
	}
	canvas_squeeze(top, &text);
	say_lines(linear, buf_text(&text));
	buf_free(&text);
	canvas_free(top);
}

static void say_heads(struct linear *linear, const struct pane *pane)
{
	struct canvas *line = canvas_new(COLUMNS, 1, ui_ascii(linear->ui));
	struct buf text;
	buf_init(&text, LINE_BYTES);
	line->spoken = true;
	pane->heads(linear->ui, canvas_area(line));
	canvas_squeeze(line, &text);
	say_lines(linear, buf_text(&text));
	buf_free(&text);
	canvas_free(line);
}

/* The first rows, of a pane that follows what is new the last ones. */
static void say_pane(struct linear *linear, const struct pane *pane)
{
	struct ui *ui = linear->ui;
	const struct pane_state *state = ui_pane_state(ui, pane->name);
	const char *title = pane->heading ? pane->heading(ui) : pane->title;
	struct buf text;
	buf_init(&text, 16 * LINE_BYTES);
	if (!pane_row_text(ui, pane, 0, &text)) {
		say(linear, "%s: %s", title, state->total > 0 ? "the filter hides all" : pane->empty(ui));
		buf_free(&text);
		return;
	}
	size_t more = state->shown > SUMMARY_ROWS ? state->shown - SUMMARY_ROWS : 0, first = pane->follows ? more : 0;
	buf_clear(&text);
	for (size_t row = first; row < first + SUMMARY_ROWS && pane_row_text(ui, pane, row, &text); row++)
		;
	say(linear, "%s:", title);
	if (pane->heads)
		say_heads(linear, pane);
	say_lines(linear, buf_text(&text));
	if (more > 0)
		say(linear, "and %zu %s (list %s)", more, pane->follows ? "before" : "more", pane->name);
	buf_free(&text);
}

/* What makes sense next, from the same table as the hints of the screen. */
static void say_next(struct linear *linear)
{
	const struct request *request;
	struct buf text;
	buf_init(&text, LINE_BYTES);
	for (size_t i = 0; (request = request_at(i)); i++) {
		if (request->hint && request->wanted && request->wanted(linear->ui) && !request_refusal(linear->ui, request))
			buf_printf(&text, "%s%s", text.len ? ", " : "", request->name);
	}
	if (text.len > 0)
		say(linear, "You can: %s.", buf_text(&text));
	buf_free(&text);
}

static void say_summary(struct linear *linear)
{
	linear->screen = ui_screen(linear->ui);
	say(linear, "%s.", ui_screen_entry(linear->ui)->title);
	say_header(linear);
	for (const struct pane *const *pane = ui_screen_entry(linear->ui)->panes; *pane; pane++) {
		if (pane_wanted(linear->ui, *pane))
			say_pane(linear, *pane);
	}
	say_next(linear);
}

/* --- what changed ------------------------------------------------------------------ */

static void say_messages(struct linear *linear)
{
	static const char *const words[] = {[MESSAGE_INFO] = "", [MESSAGE_WARNING] = "Warning: ", [MESSAGE_ERROR] = "Error: ", [MESSAGE_ALARM] = "Alarm: "};
	const struct ui *ui = linear->ui;
	size_t behind = ui->message_total - linear->messages;
	behind = behind < MESSAGES_KEPT ? behind : MESSAGES_KEPT;
	for (; behind > 0; behind--) {
		const struct message *message = &ui->messages[(ui->message_next + MESSAGES_KEPT - behind) % MESSAGES_KEPT];
		say(linear, "%s%s", words[message->severity], message->text);
	}
	linear->messages = ui->message_total;
}

/* What the record got, but for states of components, which are said as they are seen. */
static void say_events(struct linear *linear)
{
	const struct fold *fold = watch_fold(linear->ui->watch);
	size_t count = fold_event_count(fold);
	if (!linear->begun) {
		linear->begun = watch_loaded(linear->ui->watch);
		linear->events = count;
		return;
	}
	for (; linear->events < count; linear->events++) {
		const struct event *event = fold_event_at(fold, linear->events);
		struct event_view view;
		char at[TIME_TEXT], who[64];
		if (event->kind != EVENT_PROBE_CHANGE && fold_view(fold, event, &view))
			say(linear, "%s %s: %s", moment(linear, at, view.occurred_us), actor_name(who, sizeof(who), event->actor), view.summary);
	}
}

static struct said *said_of(struct linear *linear, size_t place, const struct component *component)
{
	while (linear->said_count <= place) {
		linear->said = mem_grow(linear->said, &linear->said_capacity, linear->said_count, sizeof(*linear->said));
		linear->said[linear->said_count++] = (struct said){.known = false};
	}
	struct said *said = &linear->said[place];
	if (strcmp(said->id, component->id) != 0) {
		*said = (struct said){.known = false};
		text_format(said->id, sizeof(said->id), "%s", component->id);
	}
	return said;
}

/* A state is said when it changes; what is fine from the start is not worth a line. */
static void say_components(struct linear *linear)
{
	const struct world *world = watch_world(linear->ui->watch);
	size_t place = 0, changes = 0;
	char at[TIME_TEXT], called[CALLED_TEXT];
	moment(linear, at, ui_now_us(linear->ui));
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		for (size_t i = 0; i < world_count(world, (enum kind)kind); i++) {
			const struct component *component = world_at(world, (enum kind)kind, i);
			struct said *said = said_of(linear, place++, component);
			bool changed = said->known ? said->health != component->health : component->health != HEALTH_OK && component->health != HEALTH_UNKNOWN;
			said->health = component->health;
			said->known = said->known || component->health != HEALTH_UNKNOWN;
			if (changed && changes++ < BURST_LINES)
				say(linear, "%s %s is %s: %s", at, component_called(called, linear->ui, component->id), health_name(component->health), component->reason);
		}
	}
	if (changes > BURST_LINES)
		say(linear, "%s and %zu more changed", at, changes - BURST_LINES);
}

/* --- questions and long texts --------------------------------------------------------- */

static void say_pager(struct linear *linear)
{
	const struct overlay *overlay = overlay_top(linear->ui);
	say(linear, "%s:", overlay->title);
	for (size_t i = 0; i < overlay->pager.count; i++) {
		const struct pager_line *line = &overlay->pager.lines[i];
		if (line->key || *line->text)
			say(linear, "%s%s%s", line->key ? line->key : "", line->key ? "  " : "", line->text);
	}
	ui_overlay_close(linear->ui);
}

/* The whole of it was said, so it counts as seen and read. */
static void say_question(struct linear *linear)
{
	struct overlay *overlay = overlay_top(linear->ui);
	struct confirmation *c = &overlay->confirmation;
	say(linear, "%s", overlay->title);
	say_lines(linear, c->body);
	say(linear, "Type %s to confirm (%s); anything else cancels.", c->word ? c->word : "yes", c->accept);
	c->seen = c->read = true;
	linear->asked = true;
}

/* A line that a screen opens to be gone on with cannot be gone on with here: what it still
 * needs is said, and the next line is a command like any other. */
static void refuse_begun(struct linear *linear)
{
	const char *cursor = linear->ui->prompt.text;
	char begun[PROMPT_BYTES], name[48] = "", needed[80] = "";
	text_format(begun, sizeof(begun), "%s", cursor);
	for (size_t len = strlen(begun); len > 0 && begun[len - 1] == ' ';)
		begun[--len] = '\0';
	const struct request *request = text_word(&cursor, name, sizeof(name)) ? request_by_name(name) : NULL;
	/* Here they can no longer be left out. */
	if (request && strcmp(begun, name) == 0)
		text_format(needed, sizeof(needed), " %.*s", (int)strcspn(request->args + strspn(request->args, "["), "[]"), request->args + strspn(request->args, "["));
	if (*begun)
		say(linear, "Error: %s: words are missing (write it in one line: %s%s)", name, begun, needed);
	else
		say(linear, "Error: nothing was asked for (write a command in one line; help lists them)");
	ui_key(linear->ui, "Esc");
}

static void say_prompt(struct linear *linear)
{
	if (linear->ui->prompting == PROMPT_COMMAND) {
		refuse_begun(linear);
		return;
	}
	const struct prompt *prompt = &linear->ui->prompt;
	say(linear, "%s %s%s%s", linear->ui->label, prompt->len ? "(until now: " : "", prompt->text, prompt->len ? ")" : "");
	linear->asked = true;
}

static void say_opened(struct linear *linear)
{
	while (overlay_top(linear->ui) && !linear->asked) {
		if (overlay_top(linear->ui)->is_dialog)
			say_question(linear);
		else
			say_pager(linear);
	}
	if (!linear->asked && linear->ui->prompting != PROMPT_NONE)
		say_prompt(linear);
}

static void answer(struct linear *linear, const char *line)
{
	struct ui *ui = linear->ui;
	struct overlay *overlay = overlay_top(ui);
	linear->asked = false;
	if (ui->prompting != PROMPT_NONE) {
		prompt_begin(&ui->prompt, line);
		ui_key(ui, "Enter");
	} else if (overlay && overlay->is_dialog) {
		const char *word = overlay->confirmation.word;
		bool yes = strcmp(line, word ? word : "yes") == 0;
		if (yes && word)
			prompt_begin(&overlay->confirmation.typed, word);
		ui_key(ui, !yes ? "Esc" : word ? "Enter"
					       : "y");
	}
}

/* --- input ------------------------------------------------------------------------------ */

/* A line may build on the one before it: each waits until the record has taken that. */
static bool is_ready(const struct linear *linear)
{
	const struct watch *watch = linear->ui->watch;
	return watch_loaded(watch) && watch_pending(watch) == 0 && !ui_leaving(linear->ui);
}

static void say_changes(struct linear *linear)
{
	say_components(linear);
	say_events(linear);
	say_messages(linear);
	say_opened(linear);
	/* What a new screen shows may still be on its way to the record. */
	if (ui_screen(linear->ui) != linear->screen && !linear->asked && is_ready(linear))
		say_summary(linear);
}

static void obey(struct linear *linear, const char *line)
{
	struct error err = {0};
	const char *command = line + strspn(line, " :");
	if (linear->asked)
		answer(linear, line);
	else if (*command == '\0')
		say_summary(linear);
	else if (ui_command(linear->ui, command, &err) != STATUS_OK)
		say(linear, "Error: %s", err.text);
	say_changes(linear);
}

/* The next line of the input, if one is there. */
static bool take_line(struct linear *linear, char line[LINE_BYTES])
{
	struct buf *waiting = &linear->waiting;
	size_t len = strcspn(buf_text(waiting), "\n");
	if (waiting->len == 0 || (len == waiting->len && !linear->ended))
		return false;
	text_clean(line, LINE_BYTES, waiting->data, len);
	size_t used = len < waiting->len ? len + 1 : len;
	memmove(waiting->data, waiting->data + used, waiting->len - used + 1);
	waiting->len -= used;
	return true;
}

static void look(void *arg)
{
	struct linear *linear = arg;
	char line[LINE_BYTES];
	say_changes(linear);
	while (is_ready(linear) && take_line(linear, line))
		obey(linear, line);
	bool done = linear->ended && linear->waiting.len == 0 && is_ready(linear) && ui_idle(linear->ui);
	if (done || linear->broken || ui_leaving(linear->ui))
		loop_stop(linear->loop);
}

static void on_readable(void *arg, int events TOCSIN_UNUSED)
{
	struct linear *linear = arg;
	char bytes[4096];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0)
		linear->ended = true;
	else
		buf_add(&linear->waiting, bytes, (size_t)n);
	if (linear->waiting.full) {
		say(linear, "Error: more lines than can wait, the rest of the input is not read");
		linear->ended = true;
	}
	/* What is at its end stays readable for ever. */
	if (linear->ended && linear->reader)
		loop_watch_set(linear->reader, 0);
}

static void on_signal(void *arg, int signum)
{
	struct linear *linear = arg;
	linear->ended_by = signum;
	loop_stop(linear->loop);
}

/* --- running ------------------------------------------------------------------------------ */

static void run(struct linear *linear)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
	struct loop_signal *signals[ARRAY_LENGTH(ends)];
	for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
		signals[i] = loop_signal(linear->loop, ends[i], on_signal, linear);
	linear->reader = loop_watch(linear->loop, STDIN_FILENO, LOOP_READ, on_readable, linear);
	/* A file cannot be waited for, but need not be either. */
	while (!linear->reader && !linear->ended)
		on_readable(linear, LOOP_READ);
	struct loop_timer *timer = loop_timer(linear->loop, 0, LOOK_MS, look, linear);
	loop_run(linear->loop);
	loop_timer_stop(timer);
	loop_watch_stop(linear->reader);
	for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
		loop_signal_stop(signals[i]);
}

enum status linear_run(struct loop *loop, struct ui *ui, struct error *err)
{
	struct linear linear = {.loop = loop, .ui = ui, .screen = ui_screen(ui)};
	buf_init(&linear.waiting, WAITING_BYTES);
	linear.canvas = canvas_new(COLUMNS, ROWS, ui_ascii(ui));
	say(&linear, "tocsin: changes are printed as lines. An empty line says how things stand, help lists the commands, quit leaves.");
	run(&linear);
	say_changes(&linear);
	canvas_free(linear.canvas);
	buf_free(&linear.waiting);
	free(linear.said);
	if (linear.ended_by)
		return error_set(err, STATUS_CANCELLED, "console: ended by a signal: %s", strsignal(linear.ended_by));
	if (linear.broken)
		return error_set(err, STATUS_IO, "console: standard output is gone (the record is complete)");
	return STATUS_OK;
}
