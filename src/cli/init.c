/* tocsin init: writes a configuration for a network that it is shown. */
#include "cli/cli.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "collect/discover.h"
#include "collect/kube.h"
#include "watch/bearer.h"
#include "watch/compose.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(const struct globals *globals, int argc, char **argv);
const struct cli_command cli_init = {
	.name = "init",
	.args = "[--rpc URL...] [--kube [CONTEXT]] [--namespace NAME] [--prometheus URL]... [--alertmanager URL]... [--ccip-router URL=ADDRESS]... [-o FILE] [--force] [--no-peers] [--bearer-env VARIABLE] [--ca-file FILE]",
	.help = "find a network from its endpoints and write a configuration for it",
	.manual = "Asks each URL for its chain, validators, periods and peers, tries the peers' own\n"
		  "addresses with the same port (not with --no-peers), keeps those that answer for the\n"
		  "chain of most URLs, and writes a configuration that says where each value comes from.\n"
		  "-o FILE says where (default: tocsin.conf in the configuration directory; - is standard\n"
		  "output); a file that exists is kept unless --force is given. A token goes into a\n"
		  "variable that --bearer-env names, never on the command line.\n\n"
		  "--kube watches the pods of a namespace through kubectl, --prometheus and\n"
		  "--alertmanager their alerts. Each --ccip-router names a router and an endpoint of\n"
		  "its chain; two of them are enough to find the lanes between the two. Without any\n"
		  "of these, and on a terminal, it asks.\n\n"
		  "  tocsin init --rpc http://10.0.0.11:8545 http://10.0.0.12:8545\n"
		  "  tocsin init --rpc http://10.0.0.11:8545 --kube prod --alertmanager http://am:9093\n",
	.run = run,
};

enum { ROUTERS_DEADLINE_MS = 10000 };

struct arguments {
	const char *output, *bearer_env, *ca_file, *namespace;
	bool force, no_peers, kube;
	const char *context; /* of --kube, or NULL */
	struct cli_words prometheus, alertmanagers, routers;
};

/* "--kube" may stand alone or name a context. */
static void take_kube(struct arguments *a, int *argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (strncmp(argv[i], "--kube=", 7) == 0) {
			a->kube = true;
			a->context = argv[i] + 7;
		} else if (strcmp(argv[i], "--kube") == 0) {
			a->kube = true;
			if (i + 1 < *argc && argv[i + 1][0] != '-' && !cli_is_url(argv[i + 1]))
				a->context = argv[++i];
		} else {
			argv[kept++] = argv[i];
		}
	}
	argv[kept] = NULL;
	*argc = kept;
}

/* "URL=ADDRESS"; the URL may hold a = of its own. The copy of the URL is the caller's. */
static bool read_router(const char *word, struct router_spec *out)
{
	const char *equals = strrchr(word, '=');

	if (!equals || !cli_is_url(word) || !address_parse(equals + 1, &out->router))
		return false;
	out->url = xstrndup(word, (size_t)(equals - word));
	return true;
}

/* URLs are plain words after all; "--rpc" only says so. False when one says nothing. */
static bool drop_rpc_words(int *argc, char **argv)
{
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--rpc") == 0) {
			if (i + 1 >= *argc || argv[i + 1][0] == '-')
				return false;
			continue;
		}
		argv[kept++] = strncmp(argv[i], "--rpc=", 6) == 0 ? argv[i] + 6 : argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	return true;
}

static void print_found(const struct discovery *d, FILE *out)
{
	static const char *const words[] = {[MEMBER] = "", [MEMBER_SILENT] = " (kept, though it did not answer)"};
	char masked[256];

	fprintf(out, "chain %" PRIu64 ": %zu validator%s\n", d->chain_id, d->validator_count, d->validator_count == 1 ? "" : "s");
	for (size_t i = 0; i < d->node_count; i++) {
		const struct discovered_node *node = &d->nodes[i];
		const struct node_sample *s = &node->probe.sample;
		fprintf(out, "  %-24s %s  %s%s%s%s\n", node->name, http_mask_url(masked, sizeof(masked), node->url), s->has & SAMPLE_VERSION ? s->version : node->probe.why,
			node->is_validator ? ", validator" : "", node->guessed ? ", found as a peer" : "", membership_keeps(node->membership) ? words[node->membership] : " (left out)");
	}
	if (d->peer_count)
		fprintf(out, "  %zu peer%s without an endpoint here, listed in the file\n", d->peer_count, d->peer_count == 1 ? "" : "s");
}

/* What is left out was meant to be watched: it is said where a long list does not hide it. */
static void warn_left_out(const struct discovery *d)
{
	char masked[256], why[LEFT_OUT_TEXT];

	for (size_t i = 0; i < d->node_count; i++)
		if (!membership_keeps(d->nodes[i].membership))
			fprintf(stderr, "tocsin: warning: %s is left out: %s\n", http_mask_url(masked, sizeof(masked), d->nodes[i].url), discovery_left_out(d, &d->nodes[i], why, sizeof(why)));
	if (d->tied)
		fprintf(stderr, "tocsin: warning: as many URLs answer for another network: that of %s was taken, as it was given first (give the URLs of one network only)\n",
			http_mask_url(masked, sizeof(masked), d->nodes[d->lead].url));
}

static void warn_secrets(const struct discovery *d)
{
	for (size_t i = 0; i < d->node_count; i++)
		if (d->nodes[i].secret && membership_keeps(d->nodes[i].membership))
			fprintf(stderr, "tocsin: warning: node %s: its url holds a secret, which is now in the file (better: take it out and name a variable with bearer_env)\n", d->nodes[i].name);
}

static void print_lanes(const struct ccip_discovery *ccip, const struct router_spec *routers, FILE *out)
{
	char masked[256];

	for (size_t i = 0; i < ccip->router_count; i++) {
		const struct found_router *found = &ccip->routers[i];
		fprintf(out, "router at %s: %s\n", http_mask_url(masked, sizeof(masked), routers[i].url), found->is_router ? found->version : found->why);
	}
	if (ccip->router_count)
		fprintf(out, "%zu lane%s between them\n", ccip->lane_count, ccip->lane_count == 1 ? "" : "s");
}

/* "-" is standard output; then what was found is told beside it. */
static bool is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

static enum status put_file(const char *path, bool is_default, const struct buf *text, struct error *err)
{
	if (is_stdout(path)) {
		/* cli_main looks after standard output. */
		fwrite(text->data, 1, text->len, stdout);
		return STATUS_OK;
	}
	enum status status = is_default ? path_make_parents(path, err) : STATUS_OK;
	return status == STATUS_OK ? file_write(path, text->data, text->len, 0600, err) : status;
}

static enum status write_config(const struct arguments *a, const struct discovery *d, const struct router_spec *routers, const struct ccip_discovery *ccip, const char *path, bool is_default, struct error *err)
{
	struct compose_options options = {
		.now_us = clock_wall_us(clock_system()),
		.bearer_env = a->bearer_env,
		.ca_file = a->ca_file,
		.sources = {
			.kube = a->kube,
			.kube_context = a->context,
			.kube_namespace = a->namespace ? a->namespace : NAMESPACE_DEFAULT,
			.prometheus = a->prometheus.items,
			.prometheus_count = a->prometheus.count,
			.alertmanagers = a->alertmanagers.items,
			.alertmanager_count = a->alertmanagers.count,
			.routers = routers,
			.ccip = a->routers.count ? ccip : NULL,
		},
	};
	struct buf text;

	buf_init(&text, COMPOSE_BYTES_MAX);
	compose_config(d, &options, &text);
	enum status status = buf_check(&text, "the configuration", err);
	if (status == STATUS_OK)
		status = put_file(path, is_default, &text, err);
	buf_free(&text);
	return status;
}

/* Checks what was written, and says what to do with it; returns the exit code. */
static int conclude(const struct globals *globals, const char *path, bool is_default)
{
	if (is_stdout(path))
		return EXIT_OK;
	int code = cli_config_check(globals, path);
	if (code == EXIT_OK && is_default)
		printf("next: tocsin doctor, then tocsin\n");
	else if (code == EXIT_OK)
		printf("next: tocsin --config %s doctor, then tocsin --config %s\n", path, path);
	return code;
}

/* Finds, writes and checks; returns the exit code. */
static int make(const struct globals *globals, const struct arguments *a, const char *const *urls, size_t count, const struct router_spec *routers, const char *path, bool is_default)
{
	struct ccip_discovery ccip = {0};
	const char *headers[2] = {NULL, NULL};
	struct discovery d = {0};
	struct error err = {0};
	char *bearer = NULL;
	FILE *out = is_stdout(path) ? stderr : stdout;

	enum status status = a->bearer_env ? bearer_from_environment(a->bearer_env, &bearer, &err) : STATUS_OK;
	headers[0] = bearer;
	if (status == STATUS_OK) {
		struct discover_options options = {.urls = urls, .url_count = count, .headers = headers, .ca_file = a->ca_file, .no_peers = a->no_peers};
		status = discover(&options, clock_system(), &d, &err);
	}
	if (status == STATUS_OK) {
		print_found(&d, out);
		warn_left_out(&d);
		ccip_discover(routers, a->routers.count, ROUTERS_DEADLINE_MS, clock_system(), &ccip);
		print_lanes(&ccip, routers, out);
		status = write_config(a, &d, routers, &ccip, path, is_default, &err);
		ccip_discovery_free(&ccip);
	}
	int code;
	if (status != STATUS_OK) {
		code = cli_failed(status, &err);
	} else {
		warn_secrets(&d);
		code = conclude(globals, path, is_default);
	}
	free(bearer);
	discovery_free(&d);
	return code;
}

/* --- asking ------------------------------------------------------------------------ */

/* One answer, without blanks around it; false at the end of the input. */
static bool ask(const char *question, char *answer, size_t size)
{
	printf("%s ", question);
	fflush(stdout);
	if (!fgets(answer, (int)size, stdin))
		return false;
	const char *from = answer + strspn(answer, " \t");
	memmove(answer, from, strlen(from) + 1);
	size_t len = strlen(answer);
	while (len > 0 && strchr(" \t\r\n", answer[len - 1]))
		answer[--len] = '\0';
	return true;
}

/* What is asked on a terminal when nothing was given. An empty answer is none. */
struct answers {
	char rpc[1024], kube[256], prometheus[1024], alertmanager[1024];
};

static bool ask_for_all(struct answers *answers, struct arguments *a)
{
	if (!ask("The JSON-RPC of one node, such as http://10.0.0.11:8545:", answers->rpc, sizeof(answers->rpc)) || !answers->rpc[0])
		return false;
	if (!ask("Watch pods through kubectl? Its context, or . for the current one (Enter: no):", answers->kube, sizeof(answers->kube)))
		return false;
	if (!ask("Prometheus, such as http://prometheus:9090 (Enter: none):", answers->prometheus, sizeof(answers->prometheus)))
		return false;
	if (!ask("Alertmanager, such as http://alertmanager:9093 (Enter: none):", answers->alertmanager, sizeof(answers->alertmanager)))
		return false;
	a->kube = answers->kube[0] != '\0';
	a->context = a->kube && strcmp(answers->kube, ".") != 0 ? answers->kube : NULL;
	if (answers->prometheus[0])
		cli_words_add(&a->prometheus, answers->prometheus);
	if (answers->alertmanager[0])
		cli_words_add(&a->alertmanagers, answers->alertmanager);
	return true;
}

static void arguments_free(struct arguments *a, struct router_spec *routers)
{
	for (size_t i = 0; routers && i < a->routers.count; i++)
		free((void *)(uintptr_t)routers[i].url);
	free(routers);
	free(a->prometheus.items);
	free(a->alertmanagers.items);
	free(a->routers.items);
}

/* A URL of each, and routers with an address; the first that is wrong is named. */
static bool read_sources(const struct arguments *a, struct router_spec *routers)
{
	const struct cli_words *const lists[] = {&a->prometheus, &a->alertmanagers};

	for (size_t l = 0; l < ARRAY_LENGTH(lists); l++) {
		for (size_t i = 0; i < lists[l]->count; i++) {
			if (cli_is_url(lists[l]->items[i]))
				continue;
			(void)cli_usage(&cli_init, "%s: not a URL (write http://host:9090)", lists[l]->items[i]);
			return false;
		}
	}
	for (size_t i = 0; i < a->routers.count; i++) {
		if (read_router(a->routers.items[i], &routers[i]))
			continue;
		(void)cli_usage(&cli_init, "--ccip-router %s: not URL=ADDRESS (write http://host:8545=0x…)", a->routers.items[i]);
		return false;
	}
	return true;
}

/* Where the file goes; false after the reason was printed. A directory that is not there is
 * mistyped more often than meant; only the default one is made. */
static bool may_write(const char *path, bool is_default, bool force)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash && slash > path && !is_default ? xstrndup(path, (size_t)(slash - path)) : NULL;
	bool missing = directory && access(directory, F_OK) != 0, exists = !force && !is_stdout(path) && access(path, F_OK) == 0;

	if (missing)
		fprintf(stderr, "tocsin: %s: there is no directory %s (put the name right, or make it: mkdir -p %s)\n", path, directory, directory);
	else if (exists)
		fprintf(stderr, "tocsin: %s: exists already (-o FILE names another, --force replaces it)\n", path);
	free(directory);
	return !missing && !exists;
}

static int run_with(const struct globals *globals, struct arguments *a, const char *const *urls, size_t count)
{
	struct router_spec *routers = xcalloc(a->routers.count ? a->routers.count : 1, sizeof(*routers));
	bool is_default = !a->output && !globals->config;
	char *path = is_default ? path_config("tocsin.conf") : xstrdup(a->output ? a->output : globals->config);
	int code = EXIT_FAILED;

	if (!read_sources(a, routers))
		code = EXIT_USAGE;
	else if (may_write(path, is_default, a->force))
		code = make(globals, a, urls, count, routers, path, is_default);
	free(path);
	arguments_free(a, routers);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct arguments a = {0};
	struct answers answers = {0};
	const struct cli_option options[] = {
		{.name = "output", .value = &a.output},
		{.name = "bearer-env", .value = &a.bearer_env},
		{.name = "ca-file", .value = &a.ca_file},
		{.name = "namespace", .value = &a.namespace},
		{.name = "prometheus", .list = &a.prometheus},
		{.name = "alertmanager", .list = &a.alertmanagers},
		{.name = "ccip-router", .list = &a.routers},
		{.name = "force", .flag = &a.force},
		{.name = "no-peers", .flag = &a.no_peers},
		{.name = NULL},
	};

	if (!drop_rpc_words(&argc, argv))
		return cli_usage(&cli_init, "--rpc: needs a URL (write --rpc http://host:8545)");
	take_kube(&a, &argc, argv);
	argc = cli_options(&cli_init, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc > 1)
		return run_with(globals, &a, (const char *const *)argv + 1, (size_t)argc - 1);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && ask_for_all(&answers, &a)) {
		const char *urls[] = {answers.rpc};
		return run_with(globals, &a, urls, 1);
	}
	arguments_free(&a, NULL);
	return cli_usage(&cli_init, "needs the address of one node's JSON-RPC at least, the rest it finds: tocsin init --rpc http://10.0.0.11:8545");
}
