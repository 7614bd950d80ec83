#include "runbook/lint.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "runbook/shell.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEST_AGE_DAYS = 180 };

struct linting {
	const struct runbook *book;
	const struct lint_options *options;
	struct lint_findings *out;
	const struct lint_rule *rule;
};

static void add(struct linting *l, int line, const struct step *step, const char *cure, const char *fmt, ...) TOCSIN_PRINTF(5, 6);
static void add(struct linting *l, int line, const struct step *step, const char *cure, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	l->out->items = mem_grow(l->out->items, &l->out->capacity, l->out->count, sizeof(*l->out->items));
	struct lint_finding *item = &l->out->items[l->out->count++];
	*item = (struct lint_finding){.rule = l->rule->id, .level = l->rule->level, .line = line};
	text_format(item->step, sizeof(item->step), "%s", step ? step->number : "");
	text_clean(item->text, sizeof(item->text), text, strlen(text));
	text_clean(item->cure, sizeof(item->cure), cure, strlen(cure));
}

/* --- the whole file ------------------------------------------------------------------- */

static void check_steps(struct linting *l)
{
	if (l->book->step_count == 0)
		add(l, 1, NULL, "write what to do as a numbered list", "no step is found in it");
}

static void check_markup(struct linting *l)
{
	if (l->book->stripped)
		add(l, 1, NULL, "mark headings with #, steps with 1., and commands with ```bash", "its markup is partly lost, so that nothing in it runs");
}

static void check_owner(struct linting *l)
{
	if (!l->book->owner)
		add(l, 1, NULL, "write owner: NAME between --- lines at the top", "nobody owns it");
}

static void check_updated(struct linting *l)
{
	if (!l->book->updated)
		add(l, 1, NULL, "write last-updated: YEAR-MONTH-DAY between --- lines at the top", "it does not say when it was updated");
}

static void check_tested(struct linting *l)
{
	if (!l->book->tested)
		add(l, 1, NULL, "try it in a drill, then write last-tested: YEAR-MONTH-DAY at the top", "it does not say when it was tested");
}

static void check_test_age(struct linting *l)
{
	char date[48], day[11];
	int64_t tested;

	if (!l->book->tested || strlen(l->book->tested) < 10)
		return;
	text_format(day, sizeof(day), "%.10s", l->book->tested);
	text_format(date, sizeof(date), "%sT00:00:00Z", day);
	if (time_parse(date, &tested, NULL, NULL) != STATUS_OK)
		add(l, 1, NULL, "begin last-tested with a date as in 2026-11-20", "last-tested is no date: %s", l->book->tested);
	else if (l->options->now_us - tested > TEST_AGE_DAYS * US_PER_DAY)
		add(l, 1, NULL, "try it in a drill, and write down the day", "it was tested %lld days ago, on %s", (long long)((l->options->now_us - tested) / US_PER_DAY), day);
}

static void check_prompts(struct linting *l)
{
	for (size_t i = 0; i < l->book->fact_count; i++)
		if (strcmp(l->book->facts[i].key, "skipprompts") == 0)
			add(l, l->book->facts[i].line, NULL, "take it out: values are asked for, whatever it says", "skipPrompts is not honoured");
}

static const char *const unfinished[] = {"+1-XXX", "XXX-XXX", "TBD", "FIXME", "YYYY-MM-DD", "example.com"};

static const char *unfinished_in(const char *text)
{
	for (size_t i = 0; text && i < ARRAY_LENGTH(unfinished); i++)
		if (strstr(text, unfinished[i]))
			return unfinished[i];
	return NULL;
}

static void check_unfinished(struct linting *l)
{
	static const char cure[] = "write the real one, or say where it is found";
	const char *found = unfinished_in(l->book->intro);

	if (found)
		add(l, 1, NULL, cure, "%s stands in its text", found);
	for (size_t i = 0; i < l->book->fact_count; i++) {
		found = unfinished_in(l->book->facts[i].value);
		if (found)
			add(l, l->book->facts[i].line, NULL, cure, "%s: %s", l->book->facts[i].key, found);
	}
	for (size_t i = 0; i < l->book->step_count; i++) {
		const struct step *s = &l->book->steps[i];
		const char *const texts[] = {s->title, s->body, s->expected, s->verify, s->when};
		for (size_t t = 0; t < ARRAY_LENGTH(texts); t++) {
			found = unfinished_in(texts[t]);
			if (found)
				add(l, s->line, s, cure, "%s stands in step %s", found, s->number);
		}
	}
}

/* --- steps ---------------------------------------------------------------------------- */

/* The worst class of what may run in a step; false when nothing does. */
static bool step_danger(const struct step *step, enum danger *out)
{
	bool any = false;

	*out = DANGER_READ;
	for (size_t i = 0; i < step->command_count; i++) {
		const struct command *c = &step->commands[i];
		if (!c->shell || c->verify)
			continue;
		enum danger one = command_danger(c, c->text);
		*out = one > *out ? one : *out;
		any = true;
	}
	return any;
}

static bool has_check(const struct step *step)
{
	for (size_t i = 0; i < step->command_count; i++)
		if (step->commands[i].verify || step->commands[i].output)
			return true;
	return (step->expected && *step->expected) || (step->verify && *step->verify) || step->kind == STEP_VERIFY;
}

static void check_expectations(struct linting *l)
{
	for (size_t i = 0; i < l->book->step_count; i++) {
		const struct step *s = &l->book->steps[i];
		enum danger danger;
		if (step_danger(s, &danger) && !has_check(s))
			add(l, s->line, s, "add **Expected:** or **Verify:** to it", "step %s runs a command and does not say what to expect", s->number);
	}
}

static void check_order(struct linting *l)
{
	for (size_t i = 0; i < l->book->step_count; i++) {
		const struct step *s = &l->book->steps[i];
		enum danger danger;
		if (!step_danger(s, &danger))
			continue;
		if (danger != DANGER_READ)
			add(l, s->line, s, "look first: put a step that only reads before it", "step %s changes something before any step has looked", s->number);
		return;
	}
}

static void check_impact(struct linting *l)
{
	for (size_t i = 0; i < l->book->step_count; i++) {
		const struct step *s = &l->book->steps[i];
		enum danger danger;
		if (step_danger(s, &danger) && danger > DANGER_MUTATE && !(s->impact && *s->impact))
			add(l, s->line, s, "add **Impact:** with what it costs, and what must be saved before", "step %s is %s and does not say what it costs", s->number, danger_name(danger));
	}
}

static void check_links(struct linting *l)
{
	for (size_t i = 0; i < l->book->step_count; i++) {
		const struct step *s = &l->book->steps[i];
		if (!s->link || !l->book->path)
			continue;
		const char *slash = strrchr(l->book->path, '/');
		char *path = xasprintf("%.*s%.*s", slash ? (int)(slash - l->book->path + 1) : 0, l->book->path, (int)strcspn(s->link, "#"), s->link);
		if (access(s->link[0] == '/' ? s->link : path, R_OK) != 0)
			add(l, s->line, s, "name a file that is there, as seen from this one", "step %s points to %s, which is not there", s->number, s->link);
		free(path);
	}
}

/* --- commands ------------------------------------------------------------------------- */

typedef void command_check(struct linting *l, const struct step *step, const struct command *c);

static void each_command(struct linting *l, command_check *check)
{
	for (size_t i = 0; i < l->book->step_count; i++)
		for (size_t c = 0; c < l->book->steps[i].command_count; c++)
			check(l, &l->book->steps[i], &l->book->steps[i].commands[c]);
}

static void language_of(struct linting *l, const struct step *s, const struct command *c)
{
	if (!l->book->stripped && !c->shell && !c->language[0])
		add(l, c->line, s, "write ```bash, ```text or what it is", "a fence of step %s names no language, so it is shown and never run", s->number);
}

static void check_language(struct linting *l)
{
	each_command(l, language_of);
}

static void not_run(struct linting *l, const struct step *s, const struct command *c)
{
	if (!l->book->stripped && !c->shell && c->language[0])
		add(l, c->line, s, "nothing, if a person shall do it", "the %s of step %s is shown and never run: %s", c->language, s->number, c->doubt ? c->doubt : "it is not shell text");
}

static void check_not_run(struct linting *l)
{
	each_command(l, not_run);
}

static void mixed(struct linting *l, const struct step *s, const struct command *c)
{
	bool reads = false, changes = false;
	enum danger danger;
	char *line;

	if (!c->shell)
		return;
	for (const char *at = c->text; danger_next_line(&at, &line, &danger); free(line)) {
		reads |= line[0] != '#' && danger == DANGER_READ;
		changes |= danger != DANGER_READ;
	}
	if (reads && changes)
		add(l, c->line, s, "part it: one block looks, another one changes", "a block of step %s has lines that read and lines that change", s->number);
}

static void check_mixed(struct linting *l)
{
	each_command(l, mixed);
}

static void bindable(struct linting *l, const struct step *s, const struct command *c)
{
	static const struct bindings none;
	struct bound bound;
	struct error err = {0};

	if (!c->shell)
		return;
	if (bind_command(c->text, &none, &bound, &err) == STATUS_OK)
		bound_free(&bound);
	else
		add(l, c->line, s, "give the value to the outer command, or let a person do it", "step %s can never run: %s", s->number, err.text);
}

static void check_second_shell(struct linting *l)
{
	each_command(l, bindable);
}

/* "asks: router-pod, message-id" in the front matter: a person gives these. */
static bool is_asked(const struct runbook *book, const char *name)
{
	for (size_t i = 0; i < book->fact_count; i++) {
		const char *at = book->facts[i].value;
		while (strcmp(book->facts[i].key, "asks") == 0 && *at) {
			char normal[64];
			at += strspn(at, " ,[]\"'");
			size_t len = strcspn(at, ",[]\"'");
			size_t trimmed = len;
			while (trimmed && at[trimmed - 1] == ' ')
				trimmed--;
			if (trimmed && binding_name(at, trimmed, normal) && strcmp(normal, name) == 0)
				return true;
			at += len;
		}
	}
	return false;
}

static void has_source(struct linting *l, const struct step *s, const struct command *c)
{
	static const struct bindings none;
	struct bound bound;

	if (!c->shell || bind_command(c->text, l->options->values ? l->options->values : &none, &bound, NULL) != STATUS_OK)
		return;
	for (size_t i = 0; i < bound.open_count; i++) {
		const char *name = bound.open[i].name;
		if (!binding_source(name) && !is_asked(l->book, name))
			add(l, c->line, s, "give it in [values] of the configuration, or list it in asks: at the top", "nothing gives %s of step %s a value", bound.open[i].written, s->number);
	}
	bound_free(&bound);
}

static void check_sources(struct linting *l)
{
	each_command(l, has_source);
}

static void reserved(struct linting *l, const struct step *s, const struct command *c)
{
	if (strstr(c->text, "TOCSIN_"))
		add(l, c->line, s, "write a placeholder like <pod> instead", "step %s uses a variable of Tocsin's own", s->number);
}

static void check_reserved(struct linting *l)
{
	each_command(l, reserved);
}

static void in_argv(struct linting *l, const struct step *s, const struct command *c)
{
	static const struct bindings none;
	struct bound bound;

	if (!c->shell || bind_command(c->text, &none, &bound, NULL) != STATUS_OK)
		return;
	for (size_t i = 0; i < bound.open_count; i++)
		if (shape_is_secret(bound.open[i].name) && !strstr(c->text, "<<"))
			add(l, c->line, s, "feed it through standard input, as in curl -H @- <<END", "step %s puts %s among a program's arguments, where every user of the machine sees it", s->number, bound.open[i].written);
	bound_free(&bound);
}

static void check_argv(struct linting *l)
{
	each_command(l, in_argv);
}

static bool on_path(const char *program)
{
	const char *path = getenv("PATH");

	if (strchr(program, '/'))
		return access(program, X_OK) == 0;
	for (const char *at = path ? path : "/usr/bin:/bin"; *at;) {
		size_t len = strcspn(at, ":");
		char *file = xasprintf("%.*s/%s", (int)len, at, program);
		bool found = access(file, X_OK) == 0;
		free(file);
		if (found)
			return true;
		at += len + (at[len] == ':');
	}
	return false;
}

static void program_there(struct linting *l, const struct step *s, const struct command *c)
{
	struct shell_script parsed;

	if (!c->shell || !danger_knows(c->text))
		return;
	shell_split(c->text, &parsed);
	for (size_t i = 0; i < parsed.command_count; i++) {
		const char *program = parsed.commands[i].word_count ? parsed.commands[i].words[0] : "";
		if (program[0] && !strchr(program, '$') && danger_knows(program) && !shell_is_builtin(program) && !on_path(program))
			add(l, c->line, s, "install it where runbooks are worked", "step %s needs %s, which this machine lacks", s->number, program);
	}
	shell_free(&parsed);
}

static void check_programs(struct linting *l)
{
	if (l->options->programs)
		each_command(l, program_there);
}

static void check_names(struct linting *l)
{
	const struct runbook *book = l->book;

	for (size_t i = 0; i < book->step_count; i++) {
		for (size_t c = 0; c < book->steps[i].command_count; c++) {
			const struct command *one = &book->steps[i].commands[c];
			for (size_t j = 0; one->name && j <= i; j++) {
				for (size_t d = 0; d < (j == i ? c : book->steps[j].command_count); d++) {
					const struct command *other = &book->steps[j].commands[d];
					if (other->name && strcmp(one->name, other->name) == 0)
						add(l, one->line, &book->steps[i], "give each block a name of its own", "the name %s was given in line %d already", one->name, other->line);
				}
			}
		}
	}
}

/* --- the table ------------------------------------------------------------------------ */

static const struct {
	struct lint_rule rule;
	void (*check)(struct linting *l);
} rules[] = {
	{{"unreadable", FINDING_FAIL, "a file that is no text, too large, or has too many steps"}, NULL},
	{{"no-steps", FINDING_FAIL, "a text without anything to do"}, check_steps},
	{{"markup-lost", FINDING_WARN, "a text whose markup is partly lost: nothing in it runs"}, check_markup},
	{{"no-owner", FINDING_WARN, "no owner at the top"}, check_owner},
	{{"no-updated", FINDING_WARN, "no last-updated at the top"}, check_updated},
	{{"no-tested", FINDING_WARN, "no last-tested at the top"}, check_tested},
	{{"stale-test", FINDING_WARN, "tested more than 180 days ago, or on no date"}, check_test_age},
	{{"skip-prompts", FINDING_WARN, "skipPrompts at the top, which is never honoured"}, check_prompts},
	{{"unfinished", FINDING_WARN, "contacts and dates that were never filled in: +1-XXX, TBD"}, check_unfinished},
	{{"no-check", FINDING_WARN, "a step that runs a command, with neither Expected nor Verify"}, check_expectations},
	{{"mutate-first", FINDING_WARN, "something changes before any step has looked"}, check_order},
	{{"no-impact", FINDING_WARN, "a step worse than a mutation that does not say what it costs"}, check_impact},
	{{"dead-link", FINDING_FAIL, "a link to a runbook that is not there"}, check_links},
	{{"no-language", FINDING_WARN, "a fence that names no language"}, check_language},
	{{"not-run", FINDING_INFO, "code that is shown and never run, and why"}, check_not_run},
	{{"mixed-block", FINDING_WARN, "one block with lines that read and lines that change"}, check_mixed},
	{{"second-shell", FINDING_FAIL, "a placeholder where a second shell would read its value"}, check_second_shell},
	{{"no-source", FINDING_WARN, "a placeholder that neither the incident nor the configuration gives a value"}, check_sources},
	{{"reserved-name", FINDING_FAIL, "a command that uses TOCSIN_ variables"}, check_reserved},
	{{"secret-argument", FINDING_WARN, "a secret among a program's arguments"}, check_argv},
	{{"no-program", FINDING_INFO, "a program that this machine lacks"}, check_programs},
	{{"same-name", FINDING_WARN, "two blocks of one name"}, check_names},
};

const struct lint_rule *lint_rules(void)
{
	static struct lint_rule list[ARRAY_LENGTH(rules) + 1];

	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++)
		list[i] = rules[i].rule;
	return list;
}

static int by_line(const void *a, const void *b)
{
	const struct lint_finding *x = a, *y = b;

	return x->line != y->line ? (x->line > y->line) - (x->line < y->line) : strcmp(x->rule, y->rule);
}

void lint_runbook(const struct runbook *book, const struct lint_options *options, struct lint_findings *out)
{
	size_t before = out->count;

	for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
		struct linting l = {.book = book, .options = options, .out = out, .rule = &rules[i].rule};
		if (rules[i].check)
			rules[i].check(&l);
	}
	if (out->count > before)
		qsort(out->items + before, out->count - before, sizeof(*out->items), by_line);
}

void lint_unreadable(struct lint_findings *out, const struct error *err)
{
	struct linting l = {.out = out, .rule = &rules[0].rule};

	add(&l, 0, NULL, "", "%s", err->text);
}

size_t lint_count(const struct lint_findings *findings, enum finding_level level)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].level == level;
	return count;
}

void lint_findings_free(struct lint_findings *findings)
{
	free(findings->items);
	*findings = (struct lint_findings){0};
}
