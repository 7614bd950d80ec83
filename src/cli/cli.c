#include "config.h"

#include "cli/cli.h"

#include "base/hash.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/path.h"
#include "runbook/danger.h"
#include "base/text.h"

#include <errno.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_command *const commands[] = {
	&cli_console_command,
	&cli_demo,
	&cli_init,
	&cli_doctor,
	&cli_status,
	&cli_watch,
	&cli_incident,
	&cli_outbox,
	&cli_silence,
	&cli_export,
	&cli_verify,
	&cli_runbook,
	&cli_sim,
	&cli_config_command,
	&cli_standin,
	&cli_manual,
	NULL,
};

const struct cli_command *const *cli_commands(void)
{
	return commands;
}

/* --- global options: one row each -------------------------------------------------- */

static bool set_config(struct globals *g, const char *value)
{
	g->config = value;
	return true;
}

static bool set_record(struct globals *g, const char *value)
{
	g->record = value;
	return true;
}

static bool set_theme(struct globals *g, const char *value)
{
	g->theme = value;
	return true;
}

static bool set_operator(struct globals *g, const char *value)
{
	g->operator_name = value;
	return true;
}

static bool set_colour(struct globals *g, const char *value)
{
	static const char *const words[] = {[COLOUR_AUTO] = "auto", [COLOUR_ALWAYS] = "always", [COLOUR_NEVER] = "never"};

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strcmp(value, words[i]) == 0) {
			g->colour = (enum colour_when)i;
			return true;
		}
	}
	return false;
}

static bool set_ascii(struct globals *g, const char *value)
{
	(void)value;
	g->ascii = true;
	return true;
}

static bool set_linear(struct globals *g, const char *value)
{
	(void)value;
	g->linear = true;
	return true;
}

static bool set_read_only(struct globals *g, const char *value)
{
	(void)value;
	g->read_only = true;
	return true;
}

static bool set_utc(struct globals *g, const char *value)
{
	(void)value;
	g->utc = true;
	return true;
}

static const struct global_option {
	const char *name;
	const char *value; /* NULL: takes none */
	const char *help;
	bool (*set)(struct globals *globals, const char *value);
} global_options[] = {
	{"config", "FILE", "the network's configuration (default: tocsin.conf in the configuration directory)", set_config},
	{"db", "PATH", "the record (default: record.db in the data directory)", set_record},
	{"theme", "NAME", "dark, light, high-contrast, colour-blind, mono, or a theme of your own", set_theme},
	{"color", "auto|always|never", "colour on the terminal (auto also asks NO_COLOR)", set_colour},
	{"as", "NAME", "who you are (default: the login)", set_operator},
	{"ascii", NULL, "draw with ASCII only", set_ascii},
	{"linear", NULL, "lines instead of a screen, for screen readers and simple terminals", set_linear},
	{"read-only", NULL, "OBSERVER: write nothing, run nothing", set_read_only},
	{"utc", NULL, "show times in UTC", set_utc},
};

/* --- messages ---------------------------------------------------------------------------- */

void cli_error(const struct error *err)
{
	fprintf(stderr, "tocsin: %s\n", err->text);
}

int cli_failed(enum status status, const struct error *err)
{
	cli_error(err);
	return status == STATUS_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

int cli_usage(const struct cli_command *command, const char *fmt, ...)
{
	struct error err = {0};
	va_list args;

	va_start(args, fmt);
	error_setv(&err, STATUS_USAGE, fmt, args);
	va_end(args);
	cli_error(&err);
	fprintf(stderr, "Usage: tocsin %s%s%s\n", command->name, command->args[0] ? " " : "", command->args);
	return EXIT_USAGE;
}

static void print_help(void)
{
	printf("Usage: tocsin [OPTION]... [COMMAND] [ARGUMENT]...\n"
	       "       tocsin http://HOST:8545...\n\n"
	       "A terminal war room for people who run blockchain networks.\n"
	       "Without a command it opens the console. New here? Try: tocsin demo\n\nCommands:\n");
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			printf("  %-10s %s\n", commands[i]->name, commands[i]->help);
	printf("\nOptions:\n");
	for (size_t i = 0; i < ARRAY_LENGTH(global_options); i++) {
		char left[40];
		text_format(left, sizeof(left), "--%s%s%s", global_options[i].name, global_options[i].value ? " " : "", global_options[i].value ? global_options[i].value : "");
		printf("  %-28s %s\n", left, global_options[i].help);
	}
	printf("  %-28s %s\n  %-28s %s\n", "--version", "what this is", "--help", "this text; after a command, that command's");
	printf("\nThe manual: man tocsin, man tocsin.conf\n");
}

static void print_command_help(const struct cli_command *command)
{
	printf("Usage: tocsin %s%s%s\n\n%s\n", command->name, command->args[0] ? " " : "", command->args, command->help);
	if (command->manual)
		printf("\n%s", command->manual);
}

/* --- options --------------------------------------------------------------------------------- */

/* The value of "--name=value" or of "--name" "value"; NULL when it is missing. */
static const char *option_value(const char *name, const char *word, int argc, char **argv, int *i)
{
	size_t len = strlen(name);

	if (word[len] == '=')
		return word + len + 1;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

static bool option_is(const char *word, const char *name)
{
	size_t len = strlen(name);

	return strncmp(word, name, len) == 0 && (word[len] == '\0' || word[len] == '=');
}

void cli_words_add(struct cli_words *words, const char *word)
{
	words->items = xreallocarray(words->items, words->count + 1, sizeof(*words->items));
	words->items[words->count++] = word;
}

static void take_value(const struct cli_option *option, const char *value)
{
	if (option->value) {
		*option->value = value;
		return;
	}
	cli_words_add(option->list, value);
}

int cli_options(const struct cli_command *command, const struct cli_option *options, int argc, char **argv)
{
	int kept = 1;
	bool plain = false;

	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		if (plain || strncmp(word, "--", 2) != 0) {
			if (!plain && word[0] == '-' && word[1] != '\0' && strcmp(word, "-o") != 0) {
				cli_usage(command, "%s: unknown option (options are written --name)", word);
				return -1;
			}
			if (!plain && strcmp(word, "-o") == 0)
				word = "--output";
			else {
				argv[kept++] = argv[i];
				continue;
			}
		}
		if (strcmp(word, "--") == 0) {
			plain = true;
			continue;
		}
		const struct cli_option *option = options;
		while (option->name && !option_is(word + 2, option->name))
			option++;
		if (!option->name) {
			struct nearest nearest = nearest_begin(word + 2);
			for (const struct cli_option *o = options; o->name; o++)
				nearest_offer(&nearest, o->name);
			if (nearest.best)
				cli_usage(command, "%s: unknown option (did you mean --%s?)", word, nearest.best);
			else
				cli_usage(command, "%s: unknown option", word);
			return -1;
		}
		if (option->flag) {
			*option->flag = true;
		} else {
			const char *value = option_value(option->name, word + 2, argc, argv, &i);
			if (!value) {
				cli_usage(command, "--%s: needs a value", option->name);
				return -1;
			}
			take_value(option, value);
		}
	}
	argv[kept] = NULL;
	return kept;
}

/* Takes the global options out of argv, wherever they stand before "--". Returns the
 * count of what is left, or -1 after an error was printed. */
static int take_globals(struct globals *g, int argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		const struct global_option *option = NULL;
		if (strcmp(argv[i], "--") == 0 || strcmp(argv[i], cli_standin.name) == 0) {
			while (i < argc)
				argv[kept++] = argv[i++];
			break;
		}
		for (size_t j = 0; j < ARRAY_LENGTH(global_options) && strncmp(argv[i], "--", 2) == 0; j++)
			if (option_is(argv[i] + 2, global_options[j].name))
				option = &global_options[j];
		if (!option) {
			argv[kept++] = argv[i];
			continue;
		}
		const char *value = option->value ? option_value(option->name, argv[i] + 2, argc, argv, &i) : NULL;
		if (option->value && !value) {
			fprintf(stderr, "tocsin: --%s: needs a value (%s)\n", option->name, option->value);
			return -1;
		}
		if (!option->set(g, value)) {
			fprintf(stderr, "tocsin: --%s: %s is not one of %s\n", option->name, value, option->value);
			return -1;
		}
	}
	argv[kept] = NULL;
	return kept;
}

/* --- what commands share --------------------------------------------------------------------- */

bool cli_is_url(const char *word)
{
	return strstr(word, "://") != NULL;
}

bool cli_only_urls(const struct cli_command *command, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (cli_is_url(argv[i]))
			continue;
		(void)cli_usage(command, "%s: not a URL (write http://host:8545)", argv[i]);
		return false;
	}
	return true;
}

static void print_problems(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		fprintf(stderr, "tocsin: %s%s\n", problems->items[i].warning ? "warning: " : "", problems->items[i].text);
}

enum status cli_config(const struct globals *globals, const char *const *urls, size_t url_count, struct config *out, struct error *err)
{
	struct config_problems problems = {0};

	if (url_count) {
		enum status status = config_from_urls(urls, url_count, out, err);
		if (status != STATUS_OK)
			config_free(out);
		return status;
	}
	char *path = globals->config ? xstrdup(globals->config) : path_config("tocsin.conf");
	if (!globals->config && access(path, F_OK) != 0) {
		enum status missing = error_set(err, STATUS_NOT_FOUND, "no configuration: %s does not exist (try tocsin demo, tocsin http://HOST:8545, or make one: tocsin init --rpc http://HOST:8545)", path);
		free(path);
		return missing;
	}
	enum status status = config_load(path, out, &problems);
	print_problems(&problems);
	if (status != STATUS_OK) {
		error_set(err, status, "%s: not usable as it is (the lines above say what to change)", path);
		config_free(out);
	}
	config_problems_free(&problems);
	free(path);
	return status;
}

enum status cli_store(const struct globals *globals, const struct config *config, enum store_mode mode, struct store **out, struct error *err)
{
	const char *given = globals->record ? globals->record : config ? config->record
								       : NULL;

	if (given)
		return store_open(out, given, mode, clock_system(), err);
	char *path = NULL;
	enum status status = path_data("record.db", &path, err);
	if (status == STATUS_OK)
		status = store_open(out, path, mode, clock_system(), err);
	free(path);
	return status;
}

static bool fold_each(void *arg, const struct event *event)
{
	fold_apply(arg, event);
	return true;
}

struct loop *cli_loop(void)
{
	struct loop *loop = loop_new();

	if (!loop)
		fprintf(stderr, "tocsin: event loop: no descriptors are left (raise the limit of open files, ulimit -n)\n");
	return loop;
}

enum status cli_print_json(struct buf *json, struct error *err)
{
	enum status status = buf_check(json, "the JSON output", err);

	if (status == STATUS_OK)
		puts(buf_text(json));
	buf_free(json);
	return status;
}

enum status cli_fold(struct store *store, struct fold **out, struct error *err)
{
	*out = fold_new();
	enum status status = store_read(store, 0, fold_each, *out, err);
	if (status != STATUS_OK) {
		fold_free(*out);
		*out = NULL;
	}
	return status;
}

static enum status try_change(struct store *store, struct fold **fold, struct drafts *drafts, cli_draft_fn *draft, void *arg, struct error *err)
{
	drafts_init(drafts);
	enum status status = cli_fold(store, fold, err);
	if (status == STATUS_OK)
		status = draft(arg, err);
	if (status == STATUS_OK && drafts->count)
		status = store_append(store, drafts->items, drafts->count, NULL, err);
	if (store_warning(store))
		cli_error(store_warning(store));
	drafts_free(drafts);
	fold_free(*fold);
	*fold = NULL;
	return status;
}

enum status cli_change(struct store *store, struct fold **fold, struct drafts *drafts, cli_draft_fn *draft, void *arg, struct error *err)
{
	enum { CONFLICTS_MAX = 20 };
	enum status status = try_change(store, fold, drafts, draft, arg, err);

	for (int again = 0; again < CONFLICTS_MAX && status == STATUS_CONFLICT; again++) {
		error_clear(err);
		status = try_change(store, fold, drafts, draft, arg, err);
	}
	return status;
}

struct actor cli_actor(const struct globals *globals)
{
	static char name[64], where[96], own[64];
	const struct passwd *login = getpwuid(geteuid());
	const char *said = globals->operator_name ? globals->operator_name : login ? login->pw_name
										   : "unknown";

	text_clean(name, sizeof(name), said, strlen(said));
	if (gethostname(where, sizeof(where) - 1) != 0)
		text_format(where, sizeof(where), "?");
	text_format(own, sizeof(own), "%s", login ? login->pw_name : "");
	int64_t now_us = clock_wall_us(clock_system());
	return (struct actor){.name = name, .where = where, .now_us = now_us, .login = own, .zone_minutes = globals->utc ? 0 : time_local_offset(now_us)};
}

/* --- main ---------------------------------------------------------------------------------------- */

static int unknown_command(const char *word)
{
	struct nearest nearest = nearest_begin(word);

	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			nearest_offer(&nearest, commands[i]->name);
	if (strpbrk(word, ":/"))
		fprintf(stderr, "tocsin: %s: neither a command nor a URL (write http://%s, or look at tocsin --help)\n", word, word + strspn(word, ":/"));
	else if (nearest.best)
		fprintf(stderr, "tocsin: %s: no such command (did you mean %s? tocsin --help lists them)\n", word, nearest.best);
	else
		fprintf(stderr, "tocsin: %s: no such command (tocsin --help lists them)\n", word);
	return EXIT_USAGE;
}

static bool asks_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

/* A person's own table of danger classes. One wrong line must not keep the console from
 * opening: it is told, and the others count. */
static void load_danger(void)
{
	char *path = path_config("danger");
	struct error err = {0};

	if (path && access(path, F_OK) == 0 && danger_load(path, &err) != STATUS_OK)
		cli_error(&err);
	free(path);
}

static int run_command(int argc, char **argv)
{
	struct globals globals = {.program = argc > 0 ? argv[0] : "tocsin"};

	int count = take_globals(&globals, argc, argv);
	if (count < 0)
		return EXIT_USAGE;
	load_danger();
	if (count < 2 || cli_is_url(argv[1]))
		return cli_console_command.run(&globals, count, argv);
	if (strcmp(argv[1], "--version") == 0) {
		printf("tocsin %s\n", PACKAGE_VERSION);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		print_help();
		return EXIT_OK;
	}
	if (strncmp(argv[1], "--", 2) == 0 && option_is(argv[1] + 2, "script"))
		return cli_console_command.run(&globals, count, argv);
	if (argv[1][0] == '-') {
		fprintf(stderr, "tocsin: %s: unknown option (tocsin --help lists them)\n", argv[1]);
		return EXIT_USAGE;
	}
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(argv[1], commands[i]->name) != 0)
			continue;
		if (asks_help(count - 1, argv + 1)) {
			print_command_help(commands[i]);
			return EXIT_OK;
		}
		return commands[i]->run(&globals, count - 1, argv + 1);
	}
	return unknown_command(argv[1]);
}

/* What was printed has to have arrived: a script that gets half a list and an exit code
 * of 0 would take it for all. A reader who left (head) needs no words. */
static int finish(int code)
{
	bool failed = fflush(stdout) != 0;
	bool left = failed && errno == EPIPE;

	if (!failed && !ferror(stdout))
		return code;
	if (!left && code != EXIT_FAILED)
		fprintf(stderr, "tocsin: standard output: not everything could be written%s%s (free space, or write elsewhere)\n", failed ? ": " : "", failed ? strerror(errno) : "");
	return code == EXIT_OK ? EXIT_FAILED : code;
}

int cli_main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a full file is an error of a write, not the end */
	path_init(argc > 0 ? argv[0] : "tocsin");
	hash_init();
	return finish(run_command(argc, argv));
}
