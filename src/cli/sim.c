/* tocsin sim: the simulated network alone, for other tools. */
#include "base/mem.h"
#include "base/path.h"
#include "cli/cli.h"
#include "drill/engine.h"
#include "drill/sim.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int run(const struct globals *globals, int argc, char **argv);
const struct cli_command cli_sim = {
	.name = "sim",
	.args = "SCENARIO [--systems] [--port N] [--seed N] [--victim NODE] [--validators N] [--rpc-nodes N] [--period 2s] [--request-timeout 2s] "
		"[--speed X] [--break-after 10s] [--heal-after 60s] [--write-config FILE]",
	.help = "play a QBFT network on loopback, and break it as the scenario says",
	.manual = "Prints one line for each node, its URL first, and then serves until it is told to end.\n"
		  "There may be up to 100 validators and as many RPC nodes.\n"
		  "The fault began shortly before the start, unless --break-after says when it comes.\n"
		  "SIGUSR1 breaks and SIGUSR2 heals; so do orders such as \"break\", \"heal\" or\n"
		  "\"restart besu-validator-2\", posted with a header X-Tocsin-Control to /control.\n"
		  "Durations are of the network's own clock, which --speed makes run faster. --systems\n"
		  "adds lanes, a feed, a cluster, alerts and logs to a scenario of the chain.\n",
	.run = run,
};

struct arguments {
	struct sim_options sim;
	const char *write_config;
};

/* --- options --------------------------------------------------------------------- */

static bool set_unsigned(unsigned *slot, const char *value, unsigned most)
{
	uint64_t number;

	if (!decimal_u64(value, &number) || number > most)
		return false;
	*slot = (unsigned)number;
	return true;
}

static bool set_ms(int64_t *slot, const char *value)
{
	int64_t us;

	if (duration_parse(value, &us, NULL) != STATUS_OK || us < 0)
		return false;
	*slot = us / US_PER_MS;
	return true;
}

static bool set_port(struct arguments *a, const char *value)
{
	return set_unsigned(&a->sim.port, value, 65535);
}

static bool set_seed(struct arguments *a, const char *value)
{
	return decimal_u64(value, &a->sim.seed);
}

static bool set_victim(struct arguments *a, const char *value)
{
	a->sim.victim = value;
	return true;
}

static bool set_validators(struct arguments *a, const char *value)
{
	return set_unsigned(&a->sim.validators, value, ENGINE_VALIDATORS_MAX) && a->sim.validators > 0;
}

static bool set_rpc_nodes(struct arguments *a, const char *value)
{
	return set_unsigned(&a->sim.rpc_nodes, value, ENGINE_RPC_MAX) && a->sim.rpc_nodes > 0;
}

static bool set_period(struct arguments *a, const char *value)
{
	return set_ms(&a->sim.block_period_ms, value) && a->sim.block_period_ms > 0;
}

static bool set_request_timeout(struct arguments *a, const char *value)
{
	return set_ms(&a->sim.request_timeout_ms, value) && a->sim.request_timeout_ms > 0;
}

static bool set_break_after(struct arguments *a, const char *value)
{
	return set_ms(&a->sim.break_after_ms, value);
}

static bool set_heal_after(struct arguments *a, const char *value)
{
	return set_ms(&a->sim.heal_after_ms, value);
}

static bool set_speed(struct arguments *a, const char *value)
{
	char *end;

	a->sim.speed = strtod(value, &end);
	return *value != '\0' && *end == '\0' && a->sim.speed > 0;
}

static bool set_write_config(struct arguments *a, const char *value)
{
	a->write_config = value;
	return *value != '\0';
}

_Static_assert(ENGINE_VALIDATORS_MAX == 100 && ENGINE_RPC_MAX == 100, "the words below and the manual say 100");
static const struct sim_setting {
	const char *name;
	bool (*set)(struct arguments *a, const char *value);
	const char *wants;
} settings[] = {
	{"port", set_port, "a port number"},
	{"seed", set_seed, "a number"},
	{"victim", set_victim, "a node's name"},
	{"validators", set_validators, "a number from 1 to 100"},
	{"rpc-nodes", set_rpc_nodes, "a number from 1 to 100"},
	{"period", set_period, "a duration such as 2s"},
	{"request-timeout", set_request_timeout, "a duration such as 2s"},
	{"speed", set_speed, "a number above 0, such as 10"},
	{"break-after", set_break_after, "a duration such as 10s"},
	{"heal-after", set_heal_after, "a duration such as 60s"},
	{"write-config", set_write_config, "a file name"},
};

static int usage_scenarios(const char *why)
{
	struct buf names;

	buf_init(&names, 1000);
	for (const struct scenario_def *def = sim_scenarios(); def->name; def++)
		buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", def->name);
	int code = cli_usage(&cli_sim, "%s (one of %s)", why, buf_text(&names));
	buf_free(&names);
	return code;
}

static int read_arguments(struct arguments *a, int argc, char **argv)
{
	const char *values[ARRAY_LENGTH(settings)] = {NULL};
	struct cli_option options[ARRAY_LENGTH(settings) + 2] = {{.name = NULL}};

	for (size_t i = 0; i < ARRAY_LENGTH(settings); i++)
		options[i] = (struct cli_option){.name = settings[i].name, .value = &values[i]};
	options[ARRAY_LENGTH(settings)] = (struct cli_option){.name = "systems", .flag = &a->sim.systems};
	argc = cli_options(&cli_sim, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc < 2)
		return usage_scenarios("which scenario?");
	if (argc > 2)
		return cli_usage(&cli_sim, "%s: one scenario at a time", argv[2]);
	a->sim.scenario = argv[1];
	for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
		if (values[i] && !settings[i].set(a, values[i]))
			return cli_usage(&cli_sim, "--%s %s: not understood (write %s)", settings[i].name, values[i], settings[i].wants);
	}
	return EXIT_OK;
}

/* --- running ----------------------------------------------------------------------- */

static enum status write_config(const struct sim *sim, const char *path, struct error *err)
{
	struct buf text;

	buf_init(&text, 1024 * 1024);
	sim_config(sim, &text);
	enum status status = buf_check(&text, path, err);
	if (status == STATUS_OK)
		status = file_write(path, text.data, text.len, 0600, err);
	buf_free(&text);
	return status;
}

/* Says where the nodes are; other tools read the first word of each line. */
static void announce(const struct sim *sim)
{
	const struct sim_node *victim = sim_victim(sim);

	for (size_t i = 0; i < sim_node_count(sim); i++)
		printf("%s  %s\n", sim_node_at(sim, i)->url, sim_node_at(sim, i)->name);
	fflush(stdout);
	fprintf(stderr, "tocsin: sim: orders go to %s/control; SIGUSR1 breaks, SIGUSR2 heals%s%s\n", sim_control_url(sim),
		victim ? "; the victim is " : "", victim ? victim->name : "");
}

static void serve_until_told(struct sim *sim, const sigset_t *signals)
{
	int caught;

	while (sigwait(signals, &caught) == 0) {
		if (caught == SIGUSR1)
			sim_break(sim);
		else if (caught == SIGUSR2)
			sim_heal(sim);
		else
			return;
	}
}

static int run(const struct globals *globals, int argc, char **argv)
{
	(void)globals;
	struct arguments a = {.sim = {.seed = 1, .break_after_ms = -1}};
	int code = read_arguments(&a, argc, argv);
	if (code != EXIT_OK)
		return code;

	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
	sigset_t signals;
	sigemptyset(&signals);
	for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
		sigaddset(&signals, wanted[i]);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);

	struct error err = {0};
	struct sim *sim;
	enum status status = sim_start(&sim, &a.sim, &err);
	if (status == STATUS_OK && a.write_config)
		status = write_config(sim, a.write_config, &err);
	if (status == STATUS_OK) {
		announce(sim);
		serve_until_told(sim, &signals);
	}
	sim_stop(sim);
	if (status == STATUS_OK)
		return EXIT_OK;
	return cli_failed(status, &err);
}
