/* tocsin runbook: the library of runbooks, listed, shown and checked. */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/finding.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/text.h"
#include "incident/cause.h"
#include "runbook/bind.h"
#include "runbook/danger.h"
#include "runbook/lint.h"
#include "runbook/runbook.h"
#include "watch/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RUNBOOK_TEXT_MAX = 32 * 1024 * 1024 };

/* --- shared by the verbs ------------------------------------------------------------------ */

/* The configuration if there is one: its directory and its values. Without one the shipped
 * library is all there is. */
static void configuration(const struct globals *globals, struct config *out)
{
	struct error err = {0};

	*out = (struct config){0};
	if (cli_config(globals, NULL, 0, out, &err) != STATUS_OK)
		*out = (struct config){0};
}

static void put_strings(struct json_writer *w, const char *key, char *const *items, size_t count)
{
	json_begin_array(w, key);
	for (size_t i = 0; i < count; i++)
		json_put_string(w, NULL, items[i]);
	json_end_array(w);
}

/* --- list ---------------------------------------------------------------------------------- */

/* The causes that a runbook is for, with commas between. */
static const char *fit_text(const struct runbook *book, char *dst, size_t size)
{
	size_t len = 0;

	dst[0] = '\0';
	for (int cause = 0; cause < CAUSE_COUNT; cause++) {
		const struct cause_def *def = cause_def((enum cause)cause);
		if (def->name && runbook_fits(book, def->name) && len < size)
			len += strlen(text_format(dst + len, size - len, "%s%s", len ? ", " : "", def->name));
	}
	for (size_t i = 0; i < book->cause_count && len < size; i++)
		if (cause_parse(book->causes[i]) == CAUSE_NONE && strcmp(book->causes[i], book->name) != 0)
			len += strlen(text_format(dst + len, size - len, "%s%s", len ? ", " : "", book->causes[i]));
	return len ? dst : "-";
}

static void list_one(const struct runbook *book)
{
	char fits[200], owner[24], tested[16];

	text_fit(owner, sizeof(owner), book->owner ? book->owner : "nobody", 18, "~");
	text_fit(tested, sizeof(tested), book->tested ? book->tested : "never", 10, "");
	printf("%-28s %3zu steps  %-18s  %-10s  %s\n", book->name, book->step_count, owner, tested, fit_text(book, fits, sizeof(fits)));
}

static void put_listed(struct json_writer *w, const struct runbook *book)
{
	json_begin_object(w, NULL);
	json_put_string(w, "name", book->name);
	json_put_string(w, "title", book->title);
	json_put_string(w, "path", book->path);
	json_put_string(w, "owner", book->owner);
	json_put_string(w, "last_updated", book->updated);
	json_put_string(w, "last_tested", book->tested);
	json_put_string(w, "severity", book->severity);
	json_put_i64(w, "steps", (int64_t)book->step_count);
	json_begin_array(w, "fits");
	for (int cause = 0; cause < CAUSE_COUNT; cause++) {
		const struct cause_def *def = cause_def((enum cause)cause);
		if (def->name && runbook_fits(book, def->name))
			json_put_string(w, NULL, def->name);
	}
	json_end_array(w);
	put_strings(w, "causes", book->causes, book->cause_count);
	json_end_object(w);
}

static int list(const struct globals *globals, int argc, char **argv)
{
	bool as_json = false;
	const struct cli_option options[] = {{.name = "json", .flag = &as_json}, {.name = NULL}};
	struct config config;
	struct runbook_list found;
	struct json_writer w;
	struct buf out;
	struct error err = {0};

	argc = cli_options(&cli_runbook, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc != 1)
		return cli_usage(&cli_runbook, "list takes no words (runbook show %s shows one)", argv[1]);
	configuration(globals, &config);
	runbook_list(&found, config.runbook_directory);
	buf_init(&out, RUNBOOK_TEXT_MAX);
	json_writer_init(&w, &out, true);
	json_begin_array(&w, NULL);
	if (!as_json && found.count)
		printf("%-28s %9s  %-18s  %-10s  %s\n", "NAME", "", "OWNER", "TESTED", "FITS");
	for (size_t i = 0; i < found.count; i++) {
		struct runbook book;
		error_clear(&err);
		if (runbook_load(found.paths[i], &book, &err) != STATUS_OK) {
			cli_error(&err);
			continue;
		}
		if (as_json)
			put_listed(&w, &book);
		else
			list_one(&book);
		runbook_free(&book);
	}
	json_end_array(&w);
	if (!as_json && found.count == 0)
		printf("no runbooks (put Markdown files where [runbooks] directory points)\n");
	runbook_list_free(&found);
	config_free(&config);
	error_clear(&err);
	enum status status = STATUS_OK;
	if (as_json)
		status = cli_print_json(&out, &err);
	else
		buf_free(&out);
	if (status != STATUS_OK)
		cli_error(&err);
	return status == STATUS_OK ? EXIT_OK : EXIT_FAILED;
}

/* --- show ------------------------------------------------------------------------------ */

static void put_field(const char *indent, const char *label, const char *text)
{
	for (bool first = true; text && *text; first = false) {
		size_t len = strcspn(text, "\n");
		printf("%s   %-9s %.*s\n", indent, first ? label : "", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* Lines behind a mark, and those after the first behind another. */
static void put_block(const char *indent, const char *mark, const char *rest, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		printf("%s   %s%.*s\n", indent, mark, (int)len, text);
		text += len + (text[len] == '\n');
		mark = rest;
	}
}

static void show_command(const char *indent, const struct command *c)
{
	if (c->shell)
		printf("%s   [%s]%s%s%s\n", indent, danger_name(command_danger(c, c->text)), c->verify ? " check" : "", c->interactive ? " interactive" : "", c->background ? " background" : "");
	else
		printf("%s   [shown, never run: %s]\n", indent, c->doubt ? c->doubt : "it is no shell text");
	put_block(indent, c->shell ? "$ " : "  ", "  ", c->text);
	put_block(indent, "> ", "> ", c->output);
}

static void show_step(const struct step *s, bool full)
{
	char indent[2 * 8 + 1];

	snprintf(indent, sizeof(indent), "%*s", s->depth * 2, "");
	printf("%s%s  %s", indent, s->number, s->title);
	printf(full ? "  (%s, line %d)\n" : "\n", step_kind_name(s->kind), s->line);
	if (!full)
		return;
	put_block(indent, "", "", s->body);
	put_field(indent, "when", s->when);
	put_field(indent, "impact", s->impact);
	for (size_t i = 0; i < s->command_count; i++)
		show_command(indent, &s->commands[i]);
	put_field(indent, "expected", s->expected);
	put_field(indent, "verify", s->verify);
	put_field(indent, "why", s->why);
	put_field(indent, "rollback", s->rollback);
	put_field(indent, "see", s->link);
}

static void show_text(const struct runbook *book, bool full)
{
	const char *section = "";

	printf("%s\n", book->title);
	for (size_t i = 0; i < book->fact_count; i++)
		printf("  %s: %s\n", book->facts[i].key, book->facts[i].value);
	if (book->stripped)
		printf("\nIts markup is partly lost: steps are read by their look, and nothing of it runs.\n");
	if (full && book->intro[0])
		printf("\n%s\n", book->intro);
	for (size_t i = 0; i < book->symptom_count; i++)
		printf("%s  - %s\n", i ? "" : "\nSymptoms\n", book->symptoms[i]);
	for (size_t i = 0; i < book->step_count; i++) {
		const struct step *s = &book->steps[i];
		if (strcmp(section, s->section) != 0)
			printf("\n%s\n", s->section);
		else if (full || i == 0)
			printf("\n");
		section = s->section;
		show_step(s, full);
	}
}

/* The placeholders of a command, each with what it wants and where a value comes from. */
static void put_placeholders(struct json_writer *w, const struct command *c)
{
	static const struct bindings none;
	struct bound bound;
	struct error err = {0};
	enum status status = c->shell ? bind_command(c->text, &none, &bound, &err) : STATUS_NOT_FOUND;

	json_begin_array(w, "placeholders");
	for (size_t i = 0; status == STATUS_OK && i < bound.open_count; i++) {
		json_begin_object(w, NULL);
		json_put_string(w, "name", bound.open[i].name);
		json_put_string(w, "written", bound.open[i].written);
		json_put_string(w, "wants", shape_wants(shape_of(bound.open[i].name)));
		json_put_string(w, "source", binding_source(bound.open[i].name));
		json_end_object(w);
	}
	json_end_array(w);
	if (status == STATUS_OK)
		bound_free(&bound);
	json_put_text(w, "refused", err.text);
}

/* Each line with its class: the worst is the command's. */
static void put_lines(struct json_writer *w, const struct command *c)
{
	enum danger danger;
	char *line;

	json_begin_array(w, "lines");
	for (const char *at = c->text; command_is_shell(c) && danger_next_line(&at, &line, &danger); free(line)) {
		json_begin_object(w, NULL);
		json_put_string(w, "text", line);
		json_put_string(w, "danger", danger_name(danger));
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_command(struct json_writer *w, const struct command *c)
{
	json_begin_object(w, NULL);
	json_put_string(w, "language", c->language);
	json_put_string(w, "text", c->text);
	json_put_string(w, "output", c->output);
	json_put_string(w, "name", c->name);
	json_put_i64(w, "line", c->line);
	json_put_i64(w, "line_end", c->line_end);
	json_put_bool(w, "shell", c->shell);
	json_put_string(w, "doubt", c->doubt);
	json_put_string(w, "danger", command_is_shell(c) ? danger_name(command_danger(c, c->text)) : NULL);
	put_lines(w, c);
	json_put_bool(w, "verify", c->verify);
	json_put_bool(w, "interactive", c->interactive);
	json_put_bool(w, "background", c->background);
	json_put_string(w, "cwd", c->cwd);
	json_put_string(w, "interpreter", c->interpreter);
	json_put_i64(w, "timeout_s", c->timeout_s);
	put_placeholders(w, c);
	json_end_object(w);
}

/* The class of the worst command, null when nothing in the step runs. */
static const char *worst_danger(const struct step *s)
{
	enum danger worst = DANGER_READ;
	bool any = false;

	for (size_t i = 0; i < s->command_count; i++) {
		if (!s->commands[i].shell)
			continue;
		enum danger one = command_danger(&s->commands[i], s->commands[i].text);
		worst = one > worst ? one : worst;
		any = true;
	}
	return any ? danger_name(worst) : NULL;
}

static void put_step(struct json_writer *w, const struct runbook *book, const struct step *s)
{
	json_begin_object(w, NULL);
	json_put_string(w, "number", s->number);
	json_put_string(w, "parent", s->parent < 0 ? NULL : book->steps[s->parent].number);
	json_put_i64(w, "depth", s->depth);
	json_put_string(w, "kind", step_kind_name(s->kind));
	json_put_string(w, "section", s->section);
	json_put_string(w, "written", s->written);
	json_put_string(w, "title", s->title);
	json_put_i64(w, "line", s->line);
	json_put_i64(w, "line_end", s->line_end);
	json_put_string(w, "body", s->body);
	json_put_string(w, "when", s->when);
	json_put_string(w, "expected", s->expected);
	json_put_string(w, "verify", s->verify);
	json_put_string(w, "impact", s->impact);
	json_put_string(w, "why", s->why);
	json_put_string(w, "rollback", s->rollback);
	json_put_string(w, "link", s->link);
	json_put_string(w, "danger", worst_danger(s));
	json_begin_array(w, "commands");
	for (size_t i = 0; i < s->command_count; i++)
		put_command(w, &s->commands[i]);
	json_end_array(w);
	json_begin_array(w, "branches");
	for (size_t i = 0; i < book->step_count; i++)
		if (book->steps[i].parent == (int)(s - book->steps) && (book->steps[i].when || book->steps[i].kind == STEP_BRANCH))
			json_put_string(w, NULL, book->steps[i].number);
	json_end_array(w);
	json_end_object(w);
}

static void show_json(const struct runbook *book, struct buf *out)
{
	struct json_writer w;
	char hash[SHA256_TEXT];

	json_writer_init(&w, out, true);
	json_begin_object(&w, NULL);
	json_put_string(&w, "name", book->name);
	json_put_string(&w, "title", book->title);
	json_put_string(&w, "path", book->path);
	json_put_string(&w, "sha256", sha256_text(hash, &book->sha256));
	json_put_string(&w, "owner", book->owner);
	json_put_string(&w, "last_updated", book->updated);
	json_put_string(&w, "last_tested", book->tested);
	json_put_string(&w, "severity", book->severity);
	put_strings(&w, "causes", book->causes, book->cause_count);
	json_begin_array(&w, "facts");
	for (size_t i = 0; i < book->fact_count; i++) {
		json_begin_object(&w, NULL);
		json_put_string(&w, "key", book->facts[i].key);
		json_put_string(&w, "value", book->facts[i].value);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_put_bool(&w, "stripped", book->stripped);
	put_strings(&w, "symptoms", book->symptoms, book->symptom_count);
	json_put_string(&w, "intro", book->intro);
	json_begin_array(&w, "steps");
	for (size_t i = 0; i < book->step_count; i++)
		put_step(&w, book, &book->steps[i]);
	json_end_array(&w);
	json_end_object(&w);
}

static int show(const struct globals *globals, int argc, char **argv)
{
	bool as_json = false, full = false;
	const struct cli_option options[] = {{.name = "json", .flag = &as_json}, {.name = "steps", .flag = &full}, {.name = NULL}};
	struct config config;
	struct runbook book;
	struct error err = {0};
	struct buf out;

	argc = cli_options(&cli_runbook, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc != 2)
		return cli_usage(&cli_runbook, "show takes one name or file (runbook list shows the names)");
	configuration(globals, &config);
	enum status status = runbook_find(argv[1], config.runbook_directory, &book, &err);
	config_free(&config);
	if (status != STATUS_OK) {
		cli_error(&err);
		return EXIT_FAILED;
	}
	if (as_json) {
		buf_init(&out, RUNBOOK_TEXT_MAX);
		show_json(&book, &out);
		status = cli_print_json(&out, &err);
	} else {
		show_text(&book, full);
	}
	runbook_free(&book);
	if (status != STATUS_OK)
		cli_error(&err);
	return status == STATUS_OK ? EXIT_OK : EXIT_FAILED;
}

/* --- lint ---------------------------------------------------------------------------------- */

struct lint_call {
	struct lint_options options;
	struct lint_findings findings; /* of the file at hand */
	size_t files, fails, warnings;
	bool as_json;
	struct json_writer w;
};

static void print_finding(const char *path, const struct lint_finding *f)
{
	printf("%s", path);
	if (f->line)
		printf(":%d", f->line);
	printf(": %s %s: %s", finding_word(f->level), f->rule, f->text);
	printf(f->cure[0] ? " (%s)\n" : "\n", f->cure);
}

static void put_finding(struct json_writer *w, const struct lint_finding *f)
{
	json_begin_object(w, NULL);
	json_put_string(w, "rule", f->rule);
	json_put_string(w, "severity", finding_word(f->level));
	json_put_i64(w, "line", f->line);
	json_put_text(w, "step", f->step);
	json_put_string(w, "text", f->text);
	json_put_string(w, "cure", f->cure);
	json_end_object(w);
}

static void lint_file(struct lint_call *call, const char *path)
{
	struct runbook book;
	struct error err = {0};

	call->files++;
	call->findings.count = 0;
	if (runbook_load(path, &book, &err) == STATUS_OK) {
		lint_runbook(&book, &call->options, &call->findings);
		runbook_free(&book);
	} else {
		lint_unreadable(&call->findings, &err);
	}
	call->fails += lint_count(&call->findings, FINDING_FAIL);
	call->warnings += lint_count(&call->findings, FINDING_WARN);
	if (call->as_json) {
		json_begin_object(&call->w, NULL);
		json_put_string(&call->w, "path", path);
		json_begin_array(&call->w, "findings");
	}
	for (size_t i = 0; i < call->findings.count; i++) {
		if (call->as_json)
			put_finding(&call->w, &call->findings.items[i]);
		else
			print_finding(path, &call->findings.items[i]);
	}
	if (call->as_json) {
		json_end_array(&call->w);
		json_end_object(&call->w);
	}
}

/* A runbook by its name; a README tells about a directory, and is none. */
static int is_document(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && entry->d_name[0] != '.' && strncmp(entry->d_name, "README", 6) != 0 && (strcmp(dot, ".md") == 0 || strcmp(dot, ".markdown") == 0 || strcmp(dot, ".rst") == 0);
}

/* What one word names: a directory, a file, or a runbook of the library. */
static enum status lint_word(struct lint_call *call, const char *word, const char *extra_directory, struct error *err)
{
	struct dirent **entries;
	struct stat st;
	struct runbook book;

	if (stat(word, &st) != 0 && !strchr(word, '/')) {
		enum status status = runbook_find(word, extra_directory, &book, err);
		if (status != STATUS_OK)
			return status;
		if (book.path)
			lint_file(call, book.path);
		runbook_free(&book);
		return STATUS_OK;
	}
	if (stat(word, &st) != 0 || !S_ISDIR(st.st_mode)) {
		lint_file(call, word);
		return STATUS_OK;
	}
	int count = scandir(word, &entries, is_document, alphasort);
	if (count < 0)
		return error_set(err, STATUS_IO, "%s: cannot be read: %s (check its permissions)", word, strerror(errno));
	for (int i = 0; i < count; i++) {
		size_t len = strlen(word);
		char *path = xasprintf("%.*s/%s", (int)(len && word[len - 1] == '/' ? len - 1 : len), word, entries[i]->d_name);
		lint_file(call, path);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return count ? STATUS_OK : error_set(err, STATUS_NOT_FOUND, "%s: no runbooks in it (they end in .md)", word);
}

static int print_rules(void)
{
	for (const struct lint_rule *rule = lint_rules(); rule->id; rule++)
		printf("%-16s %-4s  %s\n", rule->id, finding_word(rule->level), rule->help);
	return EXIT_OK;
}

static void lint_summary(struct lint_call *call)
{
	if (call->as_json) {
		json_end_array(&call->w);
		json_put_i64(&call->w, "fails", (int64_t)call->fails);
		json_put_i64(&call->w, "warnings", (int64_t)call->warnings);
		json_end_object(&call->w);
	} else {
		printf("%zu runbook%s, %zu fault%s, %zu warning%s\n", call->files, call->files == 1 ? "" : "s", call->fails, call->fails == 1 ? "" : "s", call->warnings, call->warnings == 1 ? "" : "s");
	}
}

static int lint(const struct globals *globals, int argc, char **argv)
{
	bool as_json = false, rules = false;
	const struct cli_option options[] = {{.name = "json", .flag = &as_json}, {.name = "rules", .flag = &rules}, {.name = NULL}};
	struct config config;
	struct bindings values;
	struct buf out;
	struct error err = {0};
	enum status status = STATUS_OK;

	argc = cli_options(&cli_runbook, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (rules)
		return print_rules();
	if (argc < 2)
		return cli_usage(&cli_runbook, "lint takes files, directories or names");
	configuration(globals, &config);
	bindings_init(&values);
	for (size_t i = 0; i < config.value_count; i++)
		bindings_set(&values, config.values[i].name, config.values[i].value, "configuration [values]");
	struct lint_call call = {.options = {.now_us = clock_wall_us(clock_system()), .values = &values, .programs = true}, .as_json = as_json};
	buf_init(&out, RUNBOOK_TEXT_MAX);
	json_writer_init(&call.w, &out, true);
	json_begin_object(&call.w, NULL);
	json_begin_array(&call.w, "files");
	for (int i = 1; i < argc && status == STATUS_OK; i++)
		status = lint_word(&call, argv[i], config.runbook_directory, &err);
	if (status == STATUS_OK)
		lint_summary(&call);
	if (status == STATUS_OK && as_json)
		status = cli_print_json(&out, &err);
	else
		buf_free(&out);
	lint_findings_free(&call.findings);
	bindings_free(&values);
	config_free(&config);
	if (status != STATUS_OK)
		cli_error(&err);
	return status == STATUS_OK && call.fails + call.warnings == 0 ? EXIT_OK : EXIT_FAILED;
}

/* --- the command ------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*run)(const struct globals *globals, int argc, char **argv);
} verbs[] = {
	{"list", list},
	{"show", show},
	{"lint", lint},
	{"run", cli_runbook_run},
};

static int run(const struct globals *globals, int argc, char **argv)
{
	if (argc > 1 && strncmp(argv[1], "--", 2) != 0) {
		struct nearest nearest = nearest_begin(argv[1]);
		for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
			if (strcmp(argv[1], verbs[i].name) == 0)
				return verbs[i].run(globals, argc - 1, argv + 1);
			nearest_offer(&nearest, verbs[i].name);
		}
		if (nearest.best)
			return cli_usage(&cli_runbook, "%s: no such runbook command (did you mean %s?)", argv[1], nearest.best);
	}
	return cli_usage(&cli_runbook, "say list, show, lint or run");
}

const struct cli_command cli_runbook = {
	.name = "runbook",
	.args = "list [--json] | show NAME|FILE [--steps] [--json] | lint FILE|DIR|NAME... [--json] | lint --rules | run NAME|FILE [--dry-run] [--yes] [--arm REASON] [--set NAME=VALUE]... [--json]",
	.help = "list the runbooks, show one as the steps it is read as, look for mistakes, or run one",
	.manual = "run works a runbook outside an incident, and records nothing. On a terminal it asks before\n"
		  "each command. With --yes it asks nothing: commands that only read run, those that change\n"
		  "something only with --arm REASON, and what destroys data, moves funds, touches keys or\n"
		  "changes the whole network never. --dry-run shows every step with its values and runs nothing.\n"
		  "--set NAME=env:VARIABLE and NAME=file:PATH (0600) give a secret, which is never shown.\n",
	.run = run,
};
