/* tocsin manual: the tables of the manual that the program knows itself, in roff.
 * `make manual` writes them into the pages, and a test compares. */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/mem.h"
#include "runbook/lint.h"
#include "ui/request.h"
#include "watch/sections.h"

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

/* What a value may be, as one sentence; nothing where the help of the key says it all. */
static void put_range(const struct setting_def *def, struct buf *out)
{
	char low[DURATION_TEXT], high[DURATION_TEXT];

	if (def->type == SETTING_NUMBER && def->high)
		buf_printf(out, "From %lld to %lld.\n", (long long)def->low, (long long)def->high);
	else if (def->type == SETTING_DURATION && def->high)
		buf_printf(out, "From %s to %s.\n", duration_human(low, def->low * US_PER_MS), duration_human(high, def->high * US_PER_MS));
	else if (def->type == SETTING_WORD)
		buf_printf(out, "One of: %s.\n", def->choices);
	else if (def->type == SETTING_FLAG)
		buf_puts(out, "yes or no.\n");
}

/* Text in which roff would see a sign of its own. */
static void put_escaped(const char *text, struct buf *out)
{
	for (; *text; text++) {
		if (*text == '-')
			buf_puts(out, "\\-");
		else if (*text == '\\')
			buf_puts(out, "\\e");
		else
			buf_putc(out, *text);
	}
}

static void put_sections(struct buf *out)
{
	for (size_t i = 0; declared_sections[i]; i++) {
		const struct settings_def *section = declared_sections[i];
		buf_printf(out, ".SS [%s%s]\n", section->word, section->named ? " NAME" : "");
		put_escaped(section->help, out);
		buf_putc(out, '\n');
		for (const struct setting_def *def = section->items; def->name; def++) {
			buf_printf(out, ".TP\n.B %s\n", def->name);
			put_escaped(def->help, out);
			buf_putc(out, '\n');
			put_range(def, out);
			if (def->required)
				buf_puts(out, "Needed.\n");
			if (def->fallback) {
				buf_puts(out, "Default: ");
				put_escaped(def->fallback, out);
				buf_puts(out, ".\n");
			}
		}
	}
}

static void put_lint(struct buf *out)
{
	for (const struct lint_rule *rule = lint_rules(); rule->id; rule++) {
		buf_puts(out, ".TP\n.BR ");
		put_escaped(rule->id, out);
		buf_printf(out, " \" (%s)\"\n", finding_word(rule->level));
		put_escaped(rule->help, out);
		buf_puts(out, ".\n");
	}
}

static const struct {
	const char *name;
	void (*put)(struct buf *out);
} tables[] = {{"keys", requests_manual}, {"lint", put_lint}, {"thresholds", put_thresholds}, {"sections", put_sections}};

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
	return code == EXIT_OK ? code : cli_usage(&cli_manual, "which table? (keys, lint, thresholds or sections)");
}

const struct cli_command cli_manual = {
	.name = "manual",
	.args = "keys|lint|thresholds|sections",
	.help = "a table of the manual, in roff",
	.run = run,
	.hidden = true,
};
