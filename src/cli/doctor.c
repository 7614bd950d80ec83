/* tocsin doctor: whether this machine and these endpoints can serve. */
#include "cli/cli.h"

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "record/diagnose.h"
#include "ui/diagnose.h"
#include "watch/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(const struct globals *globals, int argc, char **argv);
const struct cli_command cli_doctor = {
	.name = "doctor",
	.args = "[URL]... [--json]",
	.help = "try the configuration, each endpoint, terminal, disk and tools",
	.manual = "Each finding is a line: OK, INFO, WARN or FAIL, what was looked at, what was found,\n"
		  "and what to do about it. With URLs, these are tried instead of the configuration's.\n"
		  "Nothing is written, and endpoints that hang do not hold it up. Exit 0 when nothing\n"
		  "fails, 1 when something does.\n",
	.run = run,
};

enum { WHAT_COLUMNS_MAX = 28 };

/* --- looking -------------------------------------------------------------------------- */

/* The configuration to try; false when there is none to try endpoints of. */
static bool look_at_configuration(const struct globals *globals, const char *const *urls, size_t count, struct config *config, struct findings *out)
{
	static const char group[] = "configuration";
	struct config_problems problems = {0};
	struct error err = {0};

	if (count > 0) {
		finding_add(out, FINDING_INFO, group, "file", NULL, "not used: URLs were given");
		if (config_from_urls(urls, count, config, &err) == STATUS_OK)
			return true;
		finding_add(out, FINDING_FAIL, group, "URLs", NULL, "%s", err.text);
		return false;
	}
	char *found = globals->config ? NULL : path_config("tocsin.conf");
	const char *path = globals->config ? globals->config : found;
	bool there = globals->config || access(path, F_OK) == 0;
	if (there) {
		/* What is right in it is tried, whatever else is wrong. */
		if (config_load(path, config, &problems) != STATUS_OK)
			there = config->node_count > 0;
		doctor_configuration(path, config, &problems, out);
	} else {
		finding_add(out, FINDING_INFO, group, "file", "tocsin init --rpc http://HOST:8545", "%s: not there, so no endpoint is tried", path);
	}
	config_problems_free(&problems);
	free(found);
	return there;
}

static void look_at_record(const struct globals *globals, const struct config *config, struct findings *out)
{
	char *path = NULL;
	const char *named = globals->record ? globals->record : config->record;

	if (!named && (path = path_data_place("record.db")) == NULL) {
		finding_add(out, FINDING_FAIL, "record", "place", "set HOME or XDG_DATA_HOME, or give --db", "no home directory is known");
		return;
	}
	record_diagnose(named ? named : path, clock_system(), out);
	free(path);
}

static void look_at_everything(const struct globals *globals, const char *const *urls, size_t count, struct findings *out)
{
	struct config config = {0};

	if (look_at_configuration(globals, urls, count, &config, out)) {
		doctor_ask(&config, clock_system(), out);
		doctor_sources(&config, clock_system(), out);
		doctor_limits(config.node_count, out);
	}
	look_at_record(globals, &config, out);
	terminal_diagnose(out);
	doctor_tools(getenv("PATH"), out);
	config_free(&config);
}

/* --- telling ---------------------------------------------------------------------------- */

static int longest_what(const struct findings *list)
{
	int longest = 0;

	for (size_t i = 0; i < list->count; i++) {
		int width = text_width(list->items[i].what);
		if (width > longest)
			longest = width;
	}
	return longest < WHAT_COLUMNS_MAX ? longest : WHAT_COLUMNS_MAX;
}

static void print_findings(const struct findings *list)
{
	const char *group = "";
	int column = longest_what(list);

	for (size_t i = 0; i < list->count; i++) {
		const struct finding *f = &list->items[i];
		int pad = column - text_width(f->what);
		if (strcmp(f->group, group) != 0)
			printf("%s%s\n", i > 0 ? "\n" : "", f->group);
		group = f->group;
		printf("  %-4s  %s%*s  %s", finding_word(f->level), f->what, pad > 0 ? pad : 0, "", f->text);
		if (f->cure[0])
			printf("  (%s)", f->cure);
		putchar('\n');
	}
	size_t fails = findings_count(list, FINDING_FAIL), warns = findings_count(list, FINDING_WARN);
	printf("\n%zu FAIL, %zu WARN\n", fails, warns);
}

static void print_json(const struct findings *list)
{
	char at[TIME_TEXT];
	struct json_writer w;
	struct buf out;

	buf_init(&out, 64 << 20);
	json_writer_init(&w, &out, true);
	json_begin_object(&w, NULL);
	json_put_string(&w, "at", time_rfc3339(at, clock_wall_us(clock_system())));
	json_put_i64(&w, "fail", (int64_t)findings_count(list, FINDING_FAIL));
	json_put_i64(&w, "warn", (int64_t)findings_count(list, FINDING_WARN));
	json_begin_array(&w, "findings");
	for (size_t i = 0; i < list->count; i++) {
		const struct finding *f = &list->items[i];
		json_begin_object(&w, NULL);
		json_put_string(&w, "level", finding_word(f->level));
		json_put_string(&w, "group", f->group);
		json_put_string(&w, "what", f->what);
		json_put_string(&w, "finding", f->text);
		json_put_text(&w, "cure", f->cure);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	puts(buf_text(&out));
	buf_free(&out);
}

static int run(const struct globals *globals, int argc, char **argv)
{
	bool json = false;
	const struct cli_option options[] = {{.name = "json", .flag = &json}, {.name = NULL}};
	struct findings findings = {0};

	argc = cli_options(&cli_doctor, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (!cli_only_urls(&cli_doctor, argc, argv))
		return EXIT_USAGE;
	look_at_everything(globals, (const char *const *)argv + 1, (size_t)argc - 1, &findings);
	if (json)
		print_json(&findings);
	else
		print_findings(&findings);
	int code = findings_count(&findings, FINDING_FAIL) > 0 ? EXIT_FAILED : EXIT_OK;
	findings_free(&findings);
	return code;
}
