/* tocsin init: writes a configuration for a network that it is shown. */
#include "cli/cli.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "collect/discover.h"
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
	.args = "--rpc URL... [-o FILE] [--force] [--no-peers] [--bearer-env VARIABLE] [--ca-file FILE]",
	.help = "find a network from its endpoints and write a configuration for it",
	.manual = "Asks each URL for its chain, validators, periods and peers, tries the peers' own\n"
		  "addresses with the same port (not with --no-peers), keeps those that answer for the\n"
		  "same chain, and writes a configuration that says where each value comes from.\n"
		  "-o FILE says where (default: tocsin.conf in the configuration directory); a file\n"
		  "that exists is kept unless --force is given. A token goes into a variable that\n"
		  "--bearer-env names, never on the command line.\n\n"
		  "  tocsin init --rpc http://10.0.0.11:8545 http://10.0.0.12:8545\n",
	.run = run,
};

struct arguments {
	const char *output, *bearer_env, *ca_file;
	bool force, no_peers;
};

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

static void print_found(const struct discovery *d)
{
	static const char *const words[] = {[MEMBER] = "", [MEMBER_SILENT] = " (kept, though it did not answer)", [OTHER_CHAIN] = " (left out: another chain)", [OTHER_GENESIS] = " (left out: another genesis block)"};
	char masked[256];

	printf("chain %" PRIu64 ": %zu validator%s\n", d->chain_id, d->validator_count, d->validator_count == 1 ? "" : "s");
	for (size_t i = 0; i < d->node_count; i++) {
		const struct discovered_node *node = &d->nodes[i];
		const struct node_sample *s = &node->probe.sample;
		printf("  %-24s %s  %s%s%s%s\n", node->name, http_mask_url(masked, sizeof(masked), node->url), s->has & SAMPLE_VERSION ? s->version : node->probe.why,
		       node->is_validator ? ", validator" : "", node->guessed ? ", found as a peer" : "", words[node->membership]);
	}
	if (d->peer_count)
		printf("  %zu peer%s without an endpoint here, listed in the file\n", d->peer_count, d->peer_count == 1 ? "" : "s");
}

static void warn_secrets(const struct discovery *d)
{
	for (size_t i = 0; i < d->node_count; i++)
		if (d->nodes[i].secret)
			fprintf(stderr, "tocsin: warning: node %s: its url holds a secret, which is now in the file (better: take it out and name a variable with bearer_env)\n", d->nodes[i].name);
}

static enum status write_config(const struct arguments *a, const struct discovery *d, const char *path, struct error *err)
{
	struct compose_options options = {.now_us = clock_wall_us(clock_system()), .bearer_env = a->bearer_env, .ca_file = a->ca_file};
	struct buf text;

	buf_init(&text, COMPOSE_BYTES_MAX);
	compose_config(d, &options, &text);
	enum status status = buf_check(&text, "the configuration", err);
	if (status == STATUS_OK)
		status = path_make_parents(path, err);
	if (status == STATUS_OK)
		status = file_write(path, text.data, text.len, 0600, err);
	buf_free(&text);
	return status;
}

/* Finds, writes and checks; returns the exit code. */
static int make(const struct arguments *a, const char *const *urls, size_t count, const char *path, bool is_default)
{
	const char *headers[2] = {NULL, NULL};
	struct discovery d = {0};
	struct error err = {0};
	char *bearer = NULL;

	enum status status = a->bearer_env ? bearer_from_environment(a->bearer_env, &bearer, &err) : STATUS_OK;
	headers[0] = bearer;
	if (status == STATUS_OK) {
		struct discover_options options = {.urls = urls, .url_count = count, .headers = headers, .ca_file = a->ca_file, .no_peers = a->no_peers};
		status = discover(&options, clock_system(), &d, &err);
	}
	if (status == STATUS_OK) {
		print_found(&d);
		status = write_config(a, &d, path, &err);
	}
	int code = EXIT_FAILED;
	if (status != STATUS_OK) {
		cli_error(&err);
		code = status == STATUS_USAGE ? EXIT_USAGE : EXIT_FAILED;
	} else {
		warn_secrets(&d);
		code = cli_config_check(path);
	}
	if (code == EXIT_OK && is_default)
		printf("next: tocsin doctor, then tocsin\n");
	else if (code == EXIT_OK)
		printf("next: tocsin --config %s doctor, then tocsin --config %s\n", path, path);
	free(bearer);
	discovery_free(&d);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct arguments a = {0};
	const struct cli_option options[] = {
		{.name = "output", .value = &a.output},
		{.name = "bearer-env", .value = &a.bearer_env},
		{.name = "ca-file", .value = &a.ca_file},
		{.name = "force", .flag = &a.force},
		{.name = "no-peers", .flag = &a.no_peers},
		{.name = NULL},
	};

	if (!drop_rpc_words(&argc, argv))
		return cli_usage(&cli_init, "--rpc: needs a URL (write --rpc http://host:8545)");
	argc = cli_options(&cli_init, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc == 1)
		return cli_usage(&cli_init, "needs the address of one node's JSON-RPC at least, the rest it finds: tocsin init --rpc http://10.0.0.11:8545");
	bool is_default = !a.output && !globals->config;
	char *path = is_default ? path_config("tocsin.conf") : xstrdup(a.output ? a.output : globals->config);
	int code = EXIT_FAILED;
	if (!a.force && access(path, F_OK) == 0)
		fprintf(stderr, "tocsin: %s: exists already (-o FILE names another, --force replaces it)\n", path);
	else
		code = make(&a, (const char *const *)argv + 1, (size_t)argc - 1, path, is_default);
	free(path);
	return code;
}
