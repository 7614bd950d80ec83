/* tocsin manual: the tables of the manual that the program knows itself, in roff.
 * `make manual` writes them into the pages, and a test compares. */
#include "cli/cli.h"

#include "base/mem.h"
#include "ui/request.h"

#include <string.h>

enum { MANUAL_BYTES_MAX = 1024 * 1024 };

static const char *unit_of(const char *name)
{
	static const struct {
		const char *ending, *unit;
	} units[] = {{"_ms", " ms"}, {"_s", " s"}, {"_percent", " %"}, {"_blocks", " blocks"}, {"_rounds", " rounds"}, {"_turns", " rounds of turns"}};
	size_t len = strlen(name);

	for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
		size_t ending = strlen(units[i].ending);
		if (len > ending && strcmp(name + len - ending, units[i].ending) == 0)
			return units[i].unit;
	}
	return "";
}

static void put_thresholds(struct buf *out)
{
	const struct thresholds defaults = thresholds_default();

	for (const struct threshold_def *def = threshold_defs(); def->name; def++) {
		int64_t number;
		memcpy(&number, (const char *)&defaults + def->offset, sizeof(number));
		buf_printf(out, ".TP\n.BR %s \" (%lld%s)\"\n%s.\nFrom %lld to %lld.\n", def->name, (long long)number, unit_of(def->name), def->help, (long long)def->low, (long long)def->high);
	}
}

static const struct {
	const char *name;
	void (*put)(struct buf *out);
} tables[] = {{"keys", requests_manual}, {"thresholds", put_thresholds}};

static int run(const struct globals *globals, int argc, char **argv)
{
	struct buf text;
	int code = EXIT_USAGE;

	(void)globals;
	buf_init(&text, MANUAL_BYTES_MAX);
	for (size_t i = 0; argc == 2 && i < ARRAY_LENGTH(tables); i++) {
		if (strcmp(argv[1], tables[i].name) == 0) {
			tables[i].put(&text);
			fputs(buf_text(&text), stdout);
			code = EXIT_OK;
		}
	}
	buf_free(&text);
	return code == EXIT_OK ? code : cli_usage(&cli_manual, "which table? (keys or thresholds)");
}

const struct cli_command cli_manual = {
	.name = "manual",
	.args = "keys|thresholds",
	.help = "a table of the manual, in roff",
	.run = run,
	.hidden = true,
};
