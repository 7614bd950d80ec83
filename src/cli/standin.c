/* tocsin stand-in: what a drill's kubectl and cast really are. */
#include "cli/cli.h"
#include "drill/standin.h"

static int run(const struct globals *globals, int argc, char **argv);
const struct cli_command cli_standin = {.name = "stand-in", .args = "TOOL [ARGUMENT]...", .help = "act as a tool on the simulated network of a drill", .run = run, .hidden = true};

static int run(const struct globals *globals, int argc, char **argv)
{
	(void)globals;
	if (argc < 2)
		return cli_usage(&cli_standin, "which tool? (kubectl or cast)");
	return standin_run(argc - 1, argv + 1);
}
