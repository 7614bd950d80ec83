/* tocsin runbook: the library of runbooks, listed and shown. */
#include "cli/cli.h"

#include "base/json.h"
#include "runbook/bind.h"
#include "runbook/danger.h"
#include "runbook/runbook.h"

#include <stdio.h>
#include <string.h>

enum { RUNBOOK_TEXT_MAX = 32 * 1024 * 1024 };

static int list(void)
{
	struct runbook_list found;

	runbook_list(&found, NULL);
	for (size_t i = 0; i < found.count; i++) {
		struct runbook book;
		struct error err = {0};
		if (runbook_load(found.paths[i], &book, &err) == STATUS_OK) {
			printf("%-28s %2zu steps  %s\n", found.names[i], book.step_count, book.title);
			runbook_free(&book);
		} else {
			printf("%-28s cannot be read: %s\n", found.names[i], err.text);
		}
	}
	if (found.count == 0)
		printf("no runbooks (put Markdown files where [runbooks] directory points)\n");
	runbook_list_free(&found);
	return EXIT_OK;
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

static void put_block(const char *indent, const char *mark, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");
		printf("%s   %s%.*s\n", indent, mark, (int)len, text);
		text += len + (text[len] == '\n');
	}
}

static void show_command(const char *indent, const struct command *c)
{
	if (c->shell)
		printf("%s   [%s]%s%s%s\n", indent, danger_name(command_danger(c, c->text)), c->verify ? " check" : "", c->interactive ? " interactive" : "", c->background ? " background" : "");
	else
		printf("%s   [shown, never run: %s]\n", indent, c->doubt ? c->doubt : "it is no shell text");
	put_block(indent, c->shell ? "$ " : "  ", c->text);
	put_block(indent, "> ", c->output);
}

static void show_step(const struct step *s, bool full)
{
	char indent[2 * 8 + 1];

	snprintf(indent, sizeof(indent), "%*s", s->depth * 2, "");
	printf("%s%s  %s", indent, s->number, s->title);
	printf(full ? "  (%s, line %d)\n" : "\n", step_kind_name(s->kind), s->line);
	if (!full)
		return;
	put_block(indent, "", s->body);
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
	json_put_string(w, "refused", err.text[0] ? err.text : NULL);
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
	json_put_string(w, "danger", c->shell ? danger_name(command_danger(c, c->text)) : NULL);
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

static void put_strings(struct json_writer *w, const char *key, char *const *items, size_t count)
{
	json_begin_array(w, key);
	for (size_t i = 0; i < count; i++)
		json_put_string(w, NULL, items[i]);
	json_end_array(w);
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

static int show(const char *name, bool full, bool as_json)
{
	struct runbook book;
	struct error err = {0};
	struct buf out;

	enum status status = runbook_find(name, NULL, &book, &err);
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

static int run(const struct globals *globals, int argc, char **argv)
{
	bool as_json = false, steps = false;
	const struct cli_option options[] = {{.name = "json", .flag = &as_json}, {.name = "steps", .flag = &steps}, {.name = NULL}};

	(void)globals;
	argc = cli_options(&cli_runbook, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return list();
	if (argc == 3 && strcmp(argv[1], "show") == 0)
		return show(argv[2], steps, as_json);
	return cli_usage(&cli_runbook, "say list, or show and a name or file");
}

const struct cli_command cli_runbook = {
	.name = "runbook",
	.args = "list | show NAME|FILE [--steps] [--json]",
	.help = "list the runbooks, or show one as the steps it is read as",
	.run = run,
};
