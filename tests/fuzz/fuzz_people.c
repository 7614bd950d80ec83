/* Targets for what people write: configuration, runbooks, themes, scripts, keys. */
#include "fuzz.h"

#include "base/mem.h"
#include "base/text.h"
#include "runbook/bind.h"
#include "runbook/danger.h"
#include "runbook/runbook.h"
#include "runbook/shell.h"
#include "ui/keys.h"
#include "ui/prompt.h"
#include "ui/script.h"
#include "ui/theme.h"
#include "watch/config.h"

#include <fcntl.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- configuration ------------------------------------------------------------------ */

void fuzz_config(const uint8_t *bytes, size_t len)
{
	struct config config;
	struct config_problems problems = {0};
	bool errors = false;

	enum status status = config_parse((const char *)bytes, len, "fuzz.conf", &config, &problems);
	for (size_t i = 0; i < problems.count; i++) {
		require(text_is_clean(problems.items[i].text, strlen(problems.items[i].text)));
		errors = errors || !problems.items[i].warning;
	}
	require((status != STATUS_OK) == errors);
	for (size_t i = 0; i < config.node_count; i++) {
		require(config.nodes[i].name && text_is_clean(config.nodes[i].name, strlen(config.nodes[i].name)));
		require(status != STATUS_OK || (config.nodes[i].url && strncmp(config.nodes[i].url, "http", 4) == 0));
	}
	config_free(&config);
	config_problems_free(&problems);
}

/* --- runbooks ------------------------------------------------------------------------ */

static void offer_values(struct bindings *values)
{
	bindings_init(values);
	bindings_set(values, "validator_pod", "besu-validator-2", "component");
	bindings_set(values, "namespace", "besu-network", "configuration");
	bindings_set(values, "rpc_url", "http://127.0.0.1:8545", "component");
	bindings_set(values, "reason", "a '\"$(touch /tmp/never)\"' b", "typed");
}

/* What is called a read is understood, and writes no file. */
static void check_danger(enum danger danger, const char *script)
{
	struct shell_script parsed;
	bool understood = shell_split(script, &parsed);

	require((unsigned)danger < DANGER_COUNT);
	require(danger != DANGER_READ || understood);
	for (size_t i = 0; i < parsed.command_count; i++) {
		require(danger != DANGER_READ || !parsed.commands[i].writes_file);
		for (size_t w = 0; w < parsed.commands[i].word_count; w++)
			require(parsed.commands[i].words[w] != NULL);
		(void)shell_reads_again(&parsed.commands[i]);
	}
	shell_free(&parsed);
}

/* A value never becomes part of the text that a shell reads. */
static void check_command(const char *text, const struct bindings *values)
{
	enum danger danger = danger_classify(text);
	struct bound bound;

	if (bind_command(text, values, &bound, NULL) == STATUS_OK) {
		require(bound.script && bound.resolved);
		require(strstr(text, "touch /tmp/never") || !strstr(bound.script, "touch /tmp/never"));
		require(strstr(text, "besu-validator-2") || !strstr(bound.script, "besu-validator-2"));
		for (size_t i = 0; i < bound.environment_count; i++)
			require(bound.environment[i] && strchr(bound.environment[i], '='));
		require(!bound.environment || !bound.environment[bound.environment_count]);
		/* What is open does not run. */
		if (bound.open_count == 0)
			check_danger(danger, bound.script);
	}
	bound_free(&bound);
}

void fuzz_bind(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	char *text = fuzz_rest(&in), name[64];
	struct bindings values;

	offer_values(&values);
	check_command(text, &values);
	if (binding_name(text, strlen(text), name))
		require(name[0] != '\0' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name));
	struct error err = {0};
	require(shape_check(shape_of(text), "name", text, &err) == STATUS_OK || text_is_clean(err.text, strlen(err.text)));
	bindings_free(&values);
	free(text);
}

static void check_optional(const char *text)
{
	for (; text && *text; text += *text == '\n') {
		size_t n = strcspn(text, "\n");
		require(text_is_clean(text, n));
		text += n;
	}
}

/* All that a book says, in one text. */
static void gather(const struct runbook *book, struct buf *out)
{
	buf_printf(out, "%s\n%s\n", book->title, book->intro);
	for (size_t i = 0; i < book->symptom_count; i++)
		buf_printf(out, "%s\n", book->symptoms[i]);
	for (size_t i = 0; i < book->fact_count; i++)
		buf_printf(out, "%s\n", book->facts[i].value);
	for (size_t i = 0; i < book->step_count; i++) {
		const struct step *s = &book->steps[i];
		const char *const texts[] = {s->section, s->written, s->title, s->body, s->when, s->expected, s->verify, s->why, s->impact, s->rollback, s->link};
		for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++)
			buf_printf(out, "%s\n", texts[t] ? texts[t] : "");
		for (size_t c = 0; c < s->command_count; c++)
			buf_printf(out, "%s\n%s\n%s\n%s\n", s->commands[c].text, s->commands[c].output ? s->commands[c].output : "", s->commands[c].info ? s->commands[c].info : "", s->commands[c].language);
	}
}

/* No word of a line that holds plain characters only is lost. Keys of the front matter and
 * numbers of lists are told in other ways. */
static void check_words(const struct runbook *book, const char *text, size_t len)
{
	struct buf said;

	buf_init(&said, 64 << 20);
	gather(book, &said);
	for (size_t at = 0; at < len;) {
		size_t end = at;
		bool plain = true;
		while (end < len && text[end] != '\n' && text[end] != '\r') {
			plain &= text[end] >= 0x20 && text[end] < 0x7f && text[end] != ':' && text[end] != '=';
			end++;
		}
		while (plain && at < end) {
			size_t run = 0;
			while (at + run < end && isalpha((unsigned char)text[at + run]))
				run++;
			char *word = xstrndup(text + at, run);
			require(run < 3 || strstr(buf_text(&said), word));
			free(word);
			at += run + 1;
		}
		at = end + 1;
	}
	buf_free(&said);
}

void fuzz_runbook(const uint8_t *bytes, size_t len)
{
	struct runbook runbook;
	struct bindings values;

	if (runbook_parse((const char *)bytes, len, "fuzz", &runbook, NULL) != STATUS_OK)
		return;
	offer_values(&values);
	check_optional(runbook.title);
	check_optional(runbook.intro);
	for (size_t i = 0; i < runbook.step_count; i++) {
		const struct step *step = &runbook.steps[i];
		require(runbook_step(&runbook, step->number) == step);
		check_optional(step->title);
		check_optional(step->body);
		check_optional(step->expected);
		require(step->parent < (int)i && step->depth == (step->parent < 0 ? 0 : runbook.steps[step->parent].depth + 1));
		require(step->line >= 1 && step->line_end >= step->line);
		for (size_t c = 0; c < step->command_count; c++) {
			require(step->commands[c].shell == !step->commands[c].doubt);
			require(!runbook.stripped || !step->commands[c].shell);
			check_command(step->commands[c].text, &values);
		}
	}
	check_words(&runbook, (const char *)bytes, len);
	bindings_free(&values);
	runbook_free(&runbook);
}

/* --- the screen ----------------------------------------------------------------------- */

void fuzz_theme(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	char *text = fuzz_rest(&in);
	struct theme theme;
	struct error err = {0};

	enum status status = theme_parse(text, "fuzz.theme", &theme, &err);
	require(status == STATUS_OK || text_is_clean(err.text, strlen(err.text)));
	for (int role = 0; role < ROLE_COUNT; role++) {
		struct look look = theme_look(&theme, (enum role)role, ROLE_BASE, 0);
		require(look.fg == COLOUR_NONE || (look.fg >= 0 && look.fg <= 0xffffff));
		require(look.bg == COLOUR_NONE || (look.bg >= 0 && look.bg <= 0xffffff));
		require(look.ansi_fg >= -1 && look.ansi_fg < 16 && look.ansi_bg >= -1 && look.ansi_bg < 16);
	}
	free(text);
}

/* Lines that reach files are left out, and a wait is made short. */
static char *harmless_script(struct fuzz_input *in)
{
	static const char *const never[] = {"dump", "export", "evidence", "/", "~", "run"};
	struct buf script;

	buf_init(&script, 1 << 20);
	while (in->at < in->end) {
		char *line = fuzz_string(in, '\n');
		bool good = true;
		for (size_t i = 0; i < ARRAY_LENGTH(never); i++)
			good = good && !text_contains(line, never[i]);
		if (good)
			buf_printf(&script, "%s%s\n", line, text_contains(line, "wait") ? " 1ms" : "");
		free(line);
	}
	return buf_take(&script);
}

/* A file of its own for each process. */
static void write_script(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0);
	require(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

void fuzz_script(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	struct watch_options options = {.operator_name = "alice", .read_only = true};
	struct error err = {0};
	struct config config;
	struct ui *ui = NULL;
	char path[64];

	char *text = harmless_script(&in);
	write_script(text_format(path, sizeof(path), "/tmp/tocsin-fuzz-%ld", (long)getpid()), text);
	free(text);
	struct loop *loop = loop_new();
	require(config_from_urls(NULL, 0, &config, NULL) == STATUS_OK);
	struct watch *watch = watch_new(loop, clock_system(), &config, NULL, &options, ui_watch_events(), &ui);
	ui = ui_new(watch, false, true);
	if (script_run(loop, ui, path, &err) != STATUS_OK)
		require(text_is_clean(err.text, strlen(err.text)));
	struct ui *over = ui;
	ui = NULL;
	ui_free(over);
	watch_free(watch);
	loop_free(loop);
	config_free(&config);
	unlink(path);
}

static void offer_words(void *arg, const char *before, offer_fn *offer, void *offer_arg)
{
	static const char *const words[] = {"incident", "incidents", "in", "näher", "nähe"};

	(void)arg;
	(void)before;
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		offer(offer_arg, words[i]);
}

static void press(struct prompt *prompt, struct fuzz_input *in)
{
	char key[KEY_NAME];
	unsigned choice = fuzz_byte(in);

	if (choice < 0x40) {
		int code = (int)(fuzz_byte(in) << 8 | fuzz_byte(in));
		if (!key_of_code(key, code))
			return;
	} else if (choice < 0x50) {
		char *text = fuzz_string(in, '\0');
		prompt_insert(prompt, text, strlen(text));
		free(text);
		return;
	} else {
		uint32_t code;
		size_t size = text_decode((const char *)in->at, (size_t)(in->end - in->at), &code);
		if (size == 0) {
			in->at = in->end;
			return;
		}
		in->at += size;
		key_of_character(key, code);
	}
	require(strlen(key) < KEY_NAME);
	(void)key_exists(key);
	prompt_key(prompt, key);
}

/* The line stays clean, whole and inside its bounds, and the cursor between characters. */
void fuzz_prompt(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	struct history history = {0};
	struct prompt prompt = {.history = &history, .complete = offer_words};
	struct canvas *canvas = canvas_new(20, 1, false);
	char *text = fuzz_string(&in, '\0');

	history_add(&history, "first");
	history_add(&history, "zweite Zeile mit Ümläuten");
	prompt_begin(&prompt, text);
	free(text);
	while (in.at < in.end) {
		press(&prompt, &in);
		require(prompt.len == strlen(prompt.text) && prompt.len < PROMPT_BYTES);
		require(prompt.cursor <= prompt.len);
		require(((unsigned char)prompt.text[prompt.cursor] & 0xc0) != 0x80);
		require(text_is_clean(prompt.text, prompt.len));
		prompt_draw(&prompt, ":", canvas_area(canvas));
	}
	prompt_end(&prompt);
	history_free(&history);
	canvas_free(canvas);
}
