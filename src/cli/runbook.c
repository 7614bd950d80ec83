/* tocsin runbook: the library of runbooks, listed and shown. */
#include "cli/cli.h"

#include "base/json.h"
#include "runbook/danger.h"
#include "runbook/runbook.h"

#include <stdio.h>
#include <string.h>

enum { RUNBOOK_TEXT_MAX = 4 * 1024 * 1024 };

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

static void show_text(const struct runbook *book)
{
	printf("%s\n", book->title);
	for (size_t i = 0; i < book->step_count; i++) {
		const struct step *s = &book->steps[i];
		printf("\n%*s%s  %s\n", s->depth * 2, "", s->number, s->title);
		if (s->body[0])
			printf("%*s   %s\n", s->depth * 2, "", s->body);
		for (size_t j = 0; j < s->command_count; j++) {
			const struct command *c = &s->commands[j];
			printf("%*s   [%s] %s\n", s->depth * 2, "", c->shell ? danger_name(danger_classify(c->text)) : "shown, never run", c->text);
		}
		if (s->verify)
			printf("%*s   verify: %s\n", s->depth * 2, "", s->verify);
	}
}

static void show_json(const struct runbook *book, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, true);
	json_begin_object(&w, NULL);
	json_put_string(&w, "name", book->name);
	json_put_string(&w, "title", book->title);
	json_begin_array(&w, "steps");
	for (size_t i = 0; i < book->step_count; i++) {
		const struct step *s = &book->steps[i];
		json_begin_object(&w, NULL);
		json_put_string(&w, "number", s->number);
		json_put_string(&w, "title", s->title);
		json_put_i64(&w, "line", s->line);
		json_put_string(&w, "body", s->body);
		json_put_string(&w, "verify", s->verify);
		json_begin_array(&w, "commands");
		for (size_t j = 0; j < s->command_count; j++) {
			const struct command *c = &s->commands[j];
			json_begin_object(&w, NULL);
			json_put_string(&w, "language", c->language);
			json_put_string(&w, "text", c->text);
			json_put_i64(&w, "line", c->line);
			json_put_bool(&w, "shell", c->shell);
			json_put_string(&w, "danger", c->shell ? danger_name(danger_classify(c->text)) : NULL);
			json_end_object(&w);
		}
		json_end_array(&w);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
}

static int show(const char *name, bool as_json)
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
		show_text(&book);
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
		return show(argv[2], as_json);
	return cli_usage(&cli_runbook, "say list, or show and a name or file");
}

const struct cli_command cli_runbook = {
	.name = "runbook",
	.args = "list | show NAME|FILE [--steps] [--json]",
	.help = "list the runbooks, or show one as the steps it is read as",
	.run = run,
};
