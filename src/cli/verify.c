/* tocsin verify: does the record still say what was written? */
#include "cli/cli.h"

#include "record/checkpoint.h"

#include <stdio.h>
#include <string.h>

static int print_verdicts(struct store *store, const char *checkpoint_path)
{
	struct verification v;
	struct error err = {0};
	char hex[SHA256_TEXT];

	if (store_verify(store, &v, &err) != STATUS_OK) {
		cli_error(&err);
		return EXIT_FAILED;
	}
	if (!v.consistent) {
		/* A finding on an event begins with its number, which stands here already. */
		const char *what = strncmp(v.finding, "event ", 6) == 0 && strstr(v.finding, ": ") ? strstr(v.finding, ": ") + 2 : v.finding;
		printf("NOT CONSISTENT: seq %llu: %s\n", (unsigned long long)v.bad_seq, what);
		printf("%llu events were read; what stands before it still holds.\n", (unsigned long long)v.checked);
		return EXIT_FAILED;
	}
	printf("consistent: %llu events, head seq %llu, hash %s\n", (unsigned long long)v.checked, (unsigned long long)v.head.seq, sha256_text(hex, &v.head.hash));
	if (v.redacted)
		printf("redacted: the content of %llu events was removed on purpose; the chain still holds\n", (unsigned long long)v.redacted);
	if (v.beside == VERDICT_FAILS) {
		printf("DOES NOT MATCH the checkpoint beside it: %s\n", v.beside_finding);
		return EXIT_FAILED;
	}
	if (v.beside == VERDICT_HOLDS)
		printf("%s\n", v.beside_finding);
	if (!checkpoint_path) {
		printf("not compared with a checkpoint from outside (verify --checkpoint FILE: only that notices a record rewritten as a whole)\n");
		return EXIT_OK;
	}
	struct checkpoint checkpoint;
	enum status status = checkpoint_load(checkpoint_path, &checkpoint, &err);
	if (status == STATUS_OK)
		status = checkpoint_match(store, &checkpoint, &err);
	if (status != STATUS_OK) {
		printf("DOES NOT MATCH checkpoint %s: %s\n", checkpoint_path, err.text);
		return EXIT_FAILED;
	}
	printf("matches checkpoint %s: seq %llu, hash %s\n", checkpoint_path, (unsigned long long)checkpoint.head.seq, sha256_text(hex, &checkpoint.head.hash));
	return EXIT_OK;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	const char *checkpoint_path = NULL;
	const struct cli_option options[] = {{.name = "checkpoint", .value = &checkpoint_path}, {.name = NULL}};
	struct store *store;
	struct error err = {0};

	argc = cli_options(&cli_verify, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc > 1)
		return cli_usage(&cli_verify, "%s: verify takes no words (the record is named by --db)", argv[1]);
	if (cli_store(globals, NULL, STORE_READ, &store, &err) != STATUS_OK) {
		cli_error(&err);
		return EXIT_FAILED;
	}
	int code = print_verdicts(store, checkpoint_path);
	store_close(store);
	return code;
}

const struct cli_command cli_verify = {
	.name = "verify",
	.args = "[--checkpoint FILE]",
	.help = "check the record's chain: exit 0 only when every asked verdict holds",
	.manual = "Three verdicts are kept apart. \"consistent\": every link, number and content of the\n"
		  "record fits. \"matches checkpoint\": the record still holds the head that was written\n"
		  "down outside it (FILE.checkpoint beside every export). A record nobody signed is\n"
		  "never called signed.\n",
	.run = run,
};
