/* tocsin export: the review and the timeline of one incident. */
#include "cli/cli.h"

#include "base/path.h"
#include "base/text.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPORT_BYTES_MAX = 512 * 1024 * 1024 };

static int unknown_format(const char *name)
{
	char list[200] = "";
	size_t len = 0;

	for (const struct report_format *f = report_formats(); f->name; f++)
		len += strlen(text_format(list + len, sizeof(list) - len, "%s%s", len ? ", " : "", f->name));
	return cli_usage(&cli_export, "--format %s: unknown (this build writes: %s)", name, list);
}

static enum status write_out(const char *path, const struct buf *text, const struct checkpoint *checkpoint, struct error *err)
{
	char beside[4096];

	if (!path || strcmp(path, "-") == 0) {
		/* cli_main looks after standard output. */
		fputs(buf_text(text), stdout);
		return STATUS_OK;
	}
	enum status status = file_write(path, buf_text(text), text->len, 0600, err);
	if (status != STATUS_OK)
		return status;
	/* Beside every export: with it anyone can later ask whether the record still
	 * holds what was exported. */
	return checkpoint_save(text_format(beside, sizeof(beside), "%s.checkpoint", path), checkpoint, err);
}

static enum status export_incident(const struct globals *globals, struct store *store, const char *id, const struct report_format *format, const char *path, struct error *err)
{
	struct fold *fold;
	struct checkpoint checkpoint;
	struct config config = {0};
	struct error ignored = {0};
	struct buf text;

	/* The network's name comes from the configuration; an export must not fail for want of one. */
	bool configured = (globals->config || !globals->record) && cli_config(globals, NULL, 0, &config, &ignored) == STATUS_OK;
	enum status status = cli_fold(store, &fold, err);
	if (status != STATUS_OK)
		return status;
	buf_init(&text, EXPORT_BYTES_MAX);
	const struct incident *incident = fold_incident(fold, id);
	if (!incident)
		status = error_set(err, STATUS_NOT_FOUND, "%s: no such incident in %s (tocsin incident list)", id, store_where(store));
	if (status == STATUS_OK)
		status = checkpoint_take(store, &checkpoint, err);
	if (status == STATUS_OK)
		status = format->write(fold, incident, &checkpoint, configured ? config.network : NULL, fold_is_drill(fold), &text, err);
	if (status == STATUS_OK)
		status = buf_check(&text, "the export", err);
	if (status == STATUS_OK)
		status = write_out(path, &text, &checkpoint, err);
	buf_free(&text);
	fold_free(fold);
	if (configured)
		config_free(&config);
	return status;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	const char *format_name = "md", *path = NULL;
	const struct cli_option options[] = {{.name = "format", .value = &format_name}, {.name = "output", .value = &path}, {.name = NULL}};
	struct store *store;
	struct error err = {0};

	argc = cli_options(&cli_export, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc != 2)
		return cli_usage(&cli_export, "name one incident, such as INC-1 (tocsin incident list shows them)");
	const struct report_format *format = report_format(format_name);
	if (!format)
		return unknown_format(format_name);
	enum status status = cli_store(globals, NULL, STORE_READ, &store, &err);
	if (status == STATUS_OK) {
		status = export_incident(globals, store, argv[1], format, path, &err);
		store_close(store);
	}
	if (status != STATUS_OK) {
		cli_error(&err);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

const struct cli_command cli_export = {
	.name = "export",
	.args = "INCIDENT [--format md|json|jsonl|csv] [-o FILE]",
	.help = "write an incident's review and timeline",
	.manual = "md     the review: seven sections and the timeline, for people\n"
		  "json   the incident as one object\n"
		  "jsonl  one CloudEvents line an event, sorted by the time it happened\n"
		  "csv    the timeline for spreadsheets and Timesketch\n\n"
		  "With -o FILE, FILE.checkpoint is written beside it: three lines that prove later\n"
		  "what the record held (tocsin verify --checkpoint FILE.checkpoint).\n",
	.run = run,
};
