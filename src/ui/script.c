#include "ui/script.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "ui/dump.h"
#include "ui/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCRIPT_BYTES = 1024 * 1024,
	LINE_BYTES = 1024,
	DUMP_BYTES = 8 * 1024 * 1024,
	POLL_MS = 20,
	COLUMNS = 120,
	ROWS = 40,
};

static const int64_t default_timeout_us = 30 * US_PER_S;

struct script {
	struct loop *loop;
	struct ui *ui;
	struct canvas *canvas;
	/* The wait that is going on. */
	bool (*holds)(struct script *script, const char *args);
	const char *args;
	bool held;
	int64_t deadline_us; /* monotonic */
};

static void draw(struct script *script)
{
	ui_draw(script->ui, script->canvas);
}

/* --- conditions ----------------------------------------------------------------- */

static bool idle(struct script *script, const char *args)
{
	(void)args;
	return ui_idle(script->ui);
}

static bool recorded(struct script *script, const char *args)
{
	(void)args;
	return watch_pending(ui_watch(script->ui)) == 0;
}

static bool on_canvas(struct script *script, const char *text)
{
	struct buf dump;
	buf_init(&dump, DUMP_BYTES);
	draw(script);
	canvas_dump(script->canvas, false, &dump);
	bool found = strstr(buf_text(&dump), text) != NULL;
	buf_free(&dump);
	return found;
}

static bool gone(struct script *script, const char *text)
{
	return !on_canvas(script, text);
}

static bool proposed(struct script *script, const char *args)
{
	const struct fold *fold = watch_fold(ui_watch(script->ui));
	enum cause cause = cause_parse(args);
	for (size_t i = 0; cause != CAUSE_NONE && i < fold_proposal_count(fold); i++) {
		const struct open_proposal *proposal = fold_proposal_at(fold, i);
		if (!proposal->dismissed && proposal->cause == cause)
			return true;
	}
	return false;
}

/* A component by id, or by name in any kind. */
static bool is_component(const struct component *component, const char *name)
{
	return component && (strcmp(component->id, name) == 0 || strcmp(component->name, name) == 0);
}

static bool healthy(struct script *script, const char *args)
{
	const struct world *world = watch_world(ui_watch(script->ui));
	char name[96], wanted[16];
	if (!text_word(&args, name, sizeof(name)) || !text_word(&args, wanted, sizeof(wanted)))
		return false;
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		for (size_t i = 0; i < world_count(world, (enum kind)kind); i++) {
			const struct component *component = world_at(world, (enum kind)kind, i);
			if (is_component(component, name) && strcmp(health_name(component->health), wanted) == 0)
				return true;
		}
	}
	return false;
}

static bool in_stage(struct script *script, const char *args)
{
	char id[32], name[16];
	enum stage stage;
	if (!text_word(&args, id, sizeof(id)) || !text_word(&args, name, sizeof(name)) || !stage_parse(name, &stage))
		return false;
	const struct incident *incident = fold_incident(watch_fold(ui_watch(script->ui)), id);
	return incident && incident->stage == stage;
}

static bool check_passed(struct script *script, const char *args)
{
	char name[64];
	const struct incident *incident = ui_incident(script->ui);
	if (!incident || !text_word(&args, name, sizeof(name)))
		return false;
	for (size_t i = 0; i < incident->check_count; i++) {
		if (strcmp(incident->checks[i].name, name) == 0 && incident->checks[i].passed)
			return true;
	}
	return false;
}

static bool step_done(struct script *script, const char *args)
{
	char number[16];
	const struct incident *incident = ui_incident(script->ui);
	if (!incident || !text_word(&args, number, sizeof(number)))
		return false;
	for (size_t i = 0; i < incident->step_count; i++) {
		if (strcmp(incident->steps[i].number, number) == 0 && incident->steps[i].state == STEP_DONE)
			return true;
	}
	return false;
}

static const struct condition {
	const char *name;
	int words;        /* of its arguments; -1: all that follows */
	const char *last; /* what the last word has to be, or NULL */
	bool (*holds)(struct script *script, const char *args);
} conditions[] = {
	{"idle", 0, NULL, idle},
	{"recorded", 0, NULL, recorded},
	{"text", -1, NULL, on_canvas},
	{"gone", -1, NULL, gone},
	{"proposal", 1, NULL, proposed},
	{"health", 2, NULL, healthy},
	{"stage", 2, NULL, in_stage},
	{"check", 2, "passed", check_passed},
	{"step", 2, "done", step_done},
};

/* --- waiting -------------------------------------------------------------------- */

static void look(void *arg)
{
	struct script *script = arg;
	script->held = script->holds(script, script->args);
	if (script->held || clock_mono_us(clock_system()) >= script->deadline_us)
		loop_stop(script->loop);
}

/* Runs the loop until the condition holds; false when the time was up first. */
static bool wait_for(struct script *script, bool (*holds)(struct script *, const char *), const char *args, int64_t timeout_us)
{
	script->holds = holds;
	script->args = args;
	script->deadline_us = clock_mono_us(clock_system()) + timeout_us;
	if (holds(script, args))
		return true;
	struct loop_timer *timer = loop_timer(script->loop, POLL_MS, POLL_MS, look, script);
	script->held = false;
	loop_run(script->loop);
	loop_timer_stop(timer);
	return script->held;
}

static const struct condition *condition_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(conditions); i++) {
		if (strcmp(conditions[i].name, name) == 0)
			return &conditions[i];
	}
	return NULL;
}

static size_t count_words(const char *text)
{
	char word[LINE_BYTES];
	size_t count = 0;
	while (text_word(&text, word, sizeof(word)))
		count++;
	return count;
}

/* Cuts a last word that is a time off the text: "text no block 90s". A word of digits
 * only is text, so a timeout carries its unit. */
static int64_t take_timeout(char *text)
{
	char *blank = strrchr(text, ' ');
	char *word = blank ? blank + 1 : text;
	int64_t timeout_us;
	size_t digits = strspn(word, "0123456789");
	if (digits == 0 || word[digits] == '\0' || duration_parse(word, &timeout_us, NULL) != STATUS_OK)
		return default_timeout_us;
	*(blank ? blank : text) = '\0';
	return timeout_us;
}

static enum status run_wait(struct script *script, const char *args, struct error *err)
{
	char name[32], rest[LINE_BYTES];
	const char *cursor = args;
	if (!text_word(&cursor, name, sizeof(name)))
		return error_set(err, STATUS_USAGE, "wait: for what? (idle, recorded, text, gone, proposal, health, stage, check, step)");
	const struct condition *condition = condition_by_name(name);
	if (!condition)
		return error_set(err, STATUS_USAGE, "wait %s: no such condition (idle, recorded, text, gone, proposal, health, stage, check, step)", name);
	text_format(rest, sizeof(rest), "%s", cursor + strspn(cursor, " "));
	int64_t timeout_us = take_timeout(rest);
	size_t words = count_words(rest), last = condition->last ? strlen(condition->last) : 0;
	if (condition->words < 0 ? words == 0 : words != (size_t)condition->words)
		return error_set(err, STATUS_USAGE, "wait %s: takes %s (see tocsin(1))", name, condition->words < 0 ? "a text" : (condition->words == 0 ? "no words" : (condition->words == 1 ? "one word" : "two words")));
	if (last && (strlen(rest) < last || strcmp(rest + strlen(rest) - last, condition->last) != 0))
		return error_set(err, STATUS_USAGE, "wait %s %s: the last word has to be \"%s\"", name, rest, condition->last);
	if (wait_for(script, condition->holds, rest, timeout_us))
		return STATUS_OK;
	return error_set(err, STATUS_LIMIT, "wait %s%s%s: did not happen within %" PRId64 " s", name, *rest ? " " : "", rest, timeout_us / US_PER_S);
}

/* --- the other lines -------------------------------------------------------------- */

static enum status run_dump(struct script *script, const char *path, struct error *err)
{
	char title[80];
	if (*path == '\0')
		return error_set(err, STATUS_USAGE, "dump: where to? (a file, a picture when it ends in .svg, or - for standard output)");
	draw(script);
	return dump_file(script->canvas, ui_theme(script->ui), text_format(title, sizeof(title), "tocsin: %s", ui_screen_entry(script->ui)->title), path, 0644, err);
}

static enum status run_size(struct script *script, const char *args, struct error *err)
{
	int columns, rows;
	char end;
	if (sscanf(args, "%4dx%4d%c", &columns, &rows, &end) != 2 || columns < 1 || rows < 1 || columns > CANVAS_COLUMNS_MAX || rows > CANVAS_ROWS_MAX)
		return error_set(err, STATUS_USAGE, "size %s: not a size (write 80x24; at most %dx%d)", args, CANVAS_COLUMNS_MAX, CANVAS_ROWS_MAX);
	canvas_resize(script->canvas, columns, rows);
	return STATUS_OK;
}

static enum status run_key(struct script *script, const char *args, struct error *err)
{
	char name[32];
	if (*args == '\0')
		return error_set(err, STATUS_USAGE, "key: which? (key Enter)");
	while (text_word(&args, name, sizeof(name))) {
		if (!key_exists(name))
			return error_set(err, STATUS_USAGE, "key %s: no such key (Enter, Esc, Tab, S-Tab, Up, PageDown, C-d, F1, Space, or a character)", name);
		ui_key(script->ui, name);
		draw(script);
	}
	return STATUS_OK;
}

static enum status run_type(struct script *script, const char *args, struct error *err)
{
	struct text_grapheme grapheme;
	(void)err;
	while (text_next(&args, &grapheme)) {
		char key[64];
		text_format(key, sizeof(key), "%.*s", (int)grapheme.len, grapheme.bytes);
		ui_key(script->ui, strcmp(key, " ") == 0 ? "Space" : key);
	}
	return STATUS_OK;
}

static enum status run_command(struct script *script, const char *args, struct error *err)
{
	ui_messages_seen(script->ui);
	return ui_command(script->ui, args, err);
}

/* The first that fits runs; what it begins with is cut off. */
static const struct {
	const char *prefix;
	enum status (*run)(struct script *script, const char *args, struct error *err);
} lines[] = {
	{":wait", run_wait},
	{":dump", run_dump},
	{":size", run_size},
	{"key", run_key},
	{"type", run_type},
};

static enum status run_line(struct script *script, const char *line, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		size_t len = strlen(lines[i].prefix);
		if (strncmp(line, lines[i].prefix, len) == 0 && (line[len] == ' ' || line[len] == '\0'))
			return lines[i].run(script, line + len + (line[len] == ' '), err);
	}
	if (*line == ':')
		return run_command(script, line + 1, err);
	return error_set(err, STATUS_USAGE, "\"%s\": not a line of a script (:command, key NAME, type TEXT, # comment)", line);
}

/* --- running ----------------------------------------------------------------------- */

static enum status run_text(struct script *script, const char *text, const char *path, struct error *err)
{
	for (int number = 1; *text && !ui_leaving(script->ui); number++) {
		size_t len = strcspn(text, "\n");
		char line[LINE_BYTES];
		if (len >= sizeof(line))
			return error_set(err, STATUS_LIMIT, "%s:%d: line too long (at most %d bytes)", path, number, LINE_BYTES - 1);
		text_clean(line, sizeof(line), text, len);
		text += len + (text[len] == '\n');
		const char *begin = line + strspn(line, " ");
		if (*begin == '\0' || *begin == '#')
			continue;
		struct error why = {0};
		enum status status = run_line(script, begin, &why);
		draw(script);
		if (status == STATUS_OK && !wait_for(script, idle, "", default_timeout_us))
			status = error_set(&why, STATUS_LIMIT, "%s: still at work after 30 s", begin);
		if (status != STATUS_OK)
			return error_set(err, status, "%s:%d: %s", path, number, why.text);
	}
	return STATUS_OK;
}

static enum status read_input(struct buf *out, struct error *err)
{
	char piece[4096];
	size_t n;
	while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0)
		buf_add(out, piece, n);
	return buf_check(out, "standard input", err);
}

enum status script_run(struct loop *loop, struct ui *ui, const char *path, struct error *err)
{
	struct script script = {.loop = loop, .ui = ui};
	struct buf text;
	buf_init(&text, SCRIPT_BYTES);
	bool input = strcmp(path, "-") == 0;
	enum status status = input ? read_input(&text, err) : file_read(path, SCRIPT_BYTES, &text, err);
	script.canvas = canvas_new(COLUMNS, ROWS, ui_ascii(ui));
	draw(&script);
	if (status == STATUS_OK)
		status = run_text(&script, buf_text(&text), input ? "standard input" : path, err);
	canvas_free(script.canvas);
	buf_free(&text);
	return status;
}
