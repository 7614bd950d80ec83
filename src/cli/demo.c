/* tocsin demo: the console on a simulated network, with a record of its own. */
#include "cli/cli.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "drill/sim.h"
#include "drill/standin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	CONFIG_BYTES_MAX = 256 * 1024,
	BREAK_AFTER_MS = 8000, /* long enough to see the board healthy first */
};
/* Without a terminal: long enough to see what a broken scenario does. */
#define BOARD_FOR_US (6 * US_PER_S)

static bool known_scenario(const char *name)
{
	for (const struct scenario_def *s = sim_scenarios(); s->name; s++)
		if (strcmp(s->name, name) == 0)
			return true;
	return false;
}

static int unknown_scenario(const char *name)
{
	char list[400] = "";
	size_t len = 0;

	for (const struct scenario_def *s = sim_scenarios(); s->name; s++)
		len += strlen(text_format(list + len, sizeof(list) - len, "%s%s", len ? ", " : "", s->name));
	return cli_usage(&cli_demo, "%s: no such scenario (there are: %s)", name, list);
}

/* Channels to show what would leave by them: a drill has nothing that could send. */
static const char demo_channels[] =
	"\n[channel war-room]\nkind = slack\naudiences = technical\nurl_env = TOCSIN_DEMO\n"
	"\n[channel on-call]\nkind = pagerduty\nkey_env = TOCSIN_DEMO\non = declare acknowledge resolve\n"
	"\n[channel management]\nkind = email\naudiences = management\nhost = mail.example.org\nfrom = tocsin@example.org\nto = board@example.org\n"
	"\n[channel status-page]\nkind = statuspage\naudiences = public\npage = demo\nkey_env = TOCSIN_DEMO\n";

/* People for the escalation and for roles, so that it can be walked through without a
 * configuration. Nothing in a demo reaches anybody. */
static const char demo_people[] =
	"\n[person olga]\nfull_name = Olga Ortiz\nroles = on-call operations\npagerduty = olga\nphone = +1-555-0101\n"
	"\n[person tom]\nfull_name = Tom Tanaka\nroles = team-lead\nslack = @tom\nemail = tom@example.org\n"
	"\n[person mira]\nfull_name = Mira Maas\nroles = engineering-manager\nemail = mira@example.org\n"
	"\n[person chen]\nfull_name = Chen Carter\nroles = cto\nphone = +1-555-0104\n";

/* The configuration of the simulated network, marked as a drill. */
static enum status demo_config(const struct sim *sim, struct config *out, struct error *err)
{
	struct config_problems problems = {0};
	struct buf text;

	buf_init(&text, CONFIG_BYTES_MAX);
	sim_config(sim, &text);
	buf_puts(&text, demo_people);
	buf_puts(&text, demo_channels);
	enum status status = config_parse(buf_text(&text), text.len, "demo", out, &problems);
	if (status != STATUS_OK)
		error_set(err, status, "the simulated network's configuration: %s", problems.count ? problems.items[0].text : "not usable");
	out->demo = true;
	config_problems_free(&problems);
	buf_free(&text);
	return status;
}

/* The mark below is for good: a record of real nights must never get it. */
static enum status only_drills(struct store *store, struct error *err)
{
	struct fold *fold;
	enum status status = cli_fold(store, &fold, err);

	if (status != STATUS_OK)
		return status;
	if (fold_event_count(fold) > 0 && !fold_is_drill(fold))
		status = error_set(err, STATUS_REFUSED, "%s: a record of a real network, which a demo would mark as a drill (leave out --db, or name a new file)", store_where(store));
	fold_free(fold);
	return status;
}

/* The first event says what this record is, so that every export of it can too. */
static enum status mark_as_drill(struct store *store, struct error *err)
{
	struct draft draft = {.kind = EVENT_RECORD_OPENED, .actor = "tocsin", .source = "system", .summary = "a drill begins on a simulated network", .data = "{\"drill\":true}"};

	return store_append(store, &draft, 1, NULL, err);
}

/* A record of its own: --db if given, else a new file for each demo, so that a drill
 * never mixes with the record of real nights. */
static enum status demo_store(const struct globals *globals, const char *scenario, struct store **out, char **path, struct error *err)
{
	char name[128];

	*path = NULL;
	text_format(name, sizeof(name), "demo/%s-%lld-%ld.db", scenario, (long long)(clock_wall_us(clock_system()) / US_PER_S), (long)getpid());
	enum status status = STATUS_OK;
	if (globals->record)
		*path = xstrdup(globals->record);
	else
		status = path_data(name, path, err);
	if (status == STATUS_OK)
		status = store_open(out, *path, STORE_WRITE, clock_system(), err);
	if (status != STATUS_OK)
		return status;
	status = only_drills(*out, err);
	if (status == STATUS_OK)
		status = mark_as_drill(*out, err);
	if (status != STATUS_OK)
		store_close(*out);
	return status;
}

/* What runbook commands see in a demo: the stand-in tools first on PATH, the network they
 * act on, and no cluster of the person's. */
struct demo_tools {
	char *directory;
	char *path, *url;
	const char *environment[4];
};

static enum status demo_tools(const struct sim *sim, struct demo_tools *out, struct error *err)
{
	const char *path = getenv("PATH");

	*out = (struct demo_tools){0};
	enum status status = standin_directory(sim, &out->directory, err);
	if (status != STATUS_OK)
		return status;
	out->path = xasprintf("PATH=%s:%s", out->directory, path ? path : "/usr/bin:/bin");
	out->url = xasprintf("TOCSIN_SIM_URL=%s", sim_control_url(sim));
	out->environment[0] = out->path;
	out->environment[1] = out->url;
	out->environment[2] = "KUBECONFIG=/dev/null";
	return STATUS_OK;
}

static void demo_tools_free(struct demo_tools *tools)
{
	standin_remove(tools->directory);
	free(tools->directory);
	free(tools->path);
	free(tools->url);
}

/* What stays of a demo: where its record is, and how to get at what was made of it. */
static void say_what_stays(const struct globals *globals, const char *path)
{
	struct store *store;
	struct fold *fold;

	printf("The record of this demo: %s\n", path);
	if (store_open(&store, path, STORE_READ, clock_system(), NULL) != STATUS_OK)
		return;
	if (cli_fold(store, &fold, NULL) == STATUS_OK) {
		for (size_t i = 0; i < fold_incident_count(fold); i++)
			printf("The review of %s: %s --db '%s' export %s\n", fold_incident_at(fold, i)->id, globals->program, path, fold_incident_at(fold, i)->id);
		fold_free(fold);
	}
	store_close(store);
}

static int demo_console(const struct globals *globals, const struct sim *sim, const struct config *config, const char *scenario, struct console_options options, struct error *err)
{
	struct demo_tools tools;
	struct store *store = NULL;
	char *path = NULL;
	int code = EXIT_FAILED;

	if (demo_tools(sim, &tools, err) != STATUS_OK)
		return EXIT_FAILED;
	if (demo_store(globals, scenario, &store, &path, err) == STATUS_OK) {
		options.tool_environment = tools.environment;
		code = cli_console(globals, config, store, &options);
		if (!options.script)
			say_what_stays(globals, path);
	}
	free(path);
	demo_tools_free(&tools);
	return code;
}

/* Without a terminal there is no screen to open: print what it would show. */
static int demo_board(const struct globals *globals, const struct config *config)
{
	static const struct watch_events quiet;
	struct loop *loop = cli_loop();
	struct watch_options options = {.operator_name = globals->operator_name, .read_only = true};

	if (!loop)
		return EXIT_FAILED;
	struct watch *watch = watch_new(loop, clock_system(), config, NULL, &options, &quiet, NULL);

	cli_observe(loop, watch, BOARD_FOR_US, false);
	cli_print_board(globals, watch, stdout);
	printf("\nThis is the demo network as text, because there is no terminal here.\nFor the screen, run this in a terminal: tocsin demo\n");
	watch_free(watch);
	loop_free(loop);
	return EXIT_OK;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct console_options console = {0};
	const char *victim = NULL, *seed = NULL, *break_after = NULL;
	struct sim_options sim_options = {.scenario = "validator-failure", .break_after_ms = BREAK_AFTER_MS};
	const struct cli_option options[] = {{.name = "script", .value = &console.script}, {.name = "victim", .value = &victim}, {.name = "seed", .value = &seed}, {.name = "break-after", .value = &break_after}, {.name = "systems", .flag = &sim_options.systems}, {.name = NULL}};
	struct sim *sim;
	struct config config = {0};
	struct error err = {0};
	int code = EXIT_FAILED;

	argc = cli_options(&cli_demo, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc > 2)
		return cli_usage(&cli_demo, "%s: one scenario at a time", argv[2]);
	if (argc == 2)
		sim_options.scenario = argv[1];
	if (!known_scenario(sim_options.scenario))
		return unknown_scenario(sim_options.scenario);
	if (seed && !decimal_u64(seed, &sim_options.seed))
		return cli_usage(&cli_demo, "--seed %s: not a number", seed);
	int64_t after_us;
	if (break_after) {
		if (duration_parse(break_after, &after_us, &err) != STATUS_OK)
			return cli_usage(&cli_demo, "--break-after: %s", err.text);
		sim_options.break_after_ms = after_us / US_PER_MS;
	}
	sim_options.victim = victim;
	bool screen = console.script || globals->linear || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
	if (!screen && !break_after)
		sim_options.break_after_ms = -1; /* some time ago: one look has to show it all */
	if (sim_start(&sim, &sim_options, &err) != STATUS_OK) {
		cli_error(&err);
		return err.status == STATUS_USAGE ? EXIT_USAGE : EXIT_FAILED;
	}
	if (demo_config(sim, &config, &err) == STATUS_OK) {
		code = screen ? demo_console(globals, sim, &config, sim_options.scenario, console, &err) : demo_board(globals, &config);
		config_free(&config);
	}
	sim_stop(sim);
	if (err.status != STATUS_OK)
		cli_error(&err);
	return code;
}

const struct cli_command cli_demo = {
	.name = "demo",
	.args = "[SCENARIO] [--systems] [--script FILE] [--linear] [--seed N] [--victim NAME] [--break-after 8s]",
	.help = "the console on a built-in simulated network",
	.manual = "Needs no configuration and no network, and keeps a record of its own. Some seconds\n"
		  "after the start something breaks. kubectl and cast in runbooks are stand-ins that act\n"
		  "on the simulated network only: nothing in a demo can reach the world. --systems adds\n"
		  "lanes, a feed, pods, alerts and logs to a scenario of the chain.\n"
		  "\n"
		  "Scenarios: healthy, validator-failure (when none is named), network-outage,\n"
		  "rpc-endpoint-issues, chain-fork, network-partition, clock-skew, flapping,\n"
		  "all-systems, oracle-update-failures, security-incident, ccip-router-failure,\n"
		  "ccip-contract-failure, ccip-message-backlog, ccip-data-corruption,\n"
		  "ccip-network-partition.\n",
	.run = run,
};
