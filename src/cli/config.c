/* tocsin config check: every mistake of a configuration at once. */
#include "cli/cli.h"

#include "base/mem.h"
#include "base/path.h"
#include "comms/compose.h"
#include "runbook/danger.h"
#include "ui/keyboard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t say_mistake(const struct error *err)
{
	printf("%s\n", err->text);
	return 1;
}

static void say_line(void *arg TOCSIN_UNUSED, const char *text)
{
	printf("%s\n", text);
}

/* What only the screen can tell: the keys, and the theme that would be used, whose mistakes
 * stand in another file. Returns how many there are. */
static size_t check_screen(const struct globals *globals, const struct config *config, struct config_problems *problems)
{
	size_t before = problems->count;

	keyboard_free(keyboard_new(config, problems));
	return problems->count - before + theme_check(cli_theme(globals, config), say_line, NULL);
}

/* What stands beside the file: the person's table of danger classes, and the templates of
 * updates. The first mistake of each. */
static size_t check_beside(void)
{
	char *table = path_config("danger");
	struct template_list audiences;
	struct error err = {0};
	size_t wrong = 0;

	if (table && access(table, F_OK) == 0 && danger_load(table, &err) != STATUS_OK)
		wrong += say_mistake(&err);
	free(table);
	template_list(&audiences, NULL);
	for (size_t i = 0; i < audiences.count; i++) {
		err = (struct error){0};
		if (compose_check(audiences.names[i], &err) != STATUS_OK)
			wrong += say_mistake(&err);
	}
	template_list_free(&audiences);
	return wrong;
}

int cli_config_check(const struct globals *globals, const char *path)
{
	struct config config;
	struct config_problems problems = {0};
	bool right = config_load(path, &config, &problems) == STATUS_OK;
	size_t read = problems.count, wrong = check_screen(globals, &config, &problems) + check_beside();

	for (size_t i = 0; i < problems.count; i++)
		printf("%s%s\n", problems.items[i].warning ? "warning: " : "", problems.items[i].text);
	if (right && wrong == 0)
		printf("%s: fine: network %s, %zu node%s, %zu validator%s named\n", path, config.network, config.node_count, config.node_count == 1 ? "" : "s",
		       config.validator_count, config.validator_count == 1 ? "" : "s");
	else
		printf("%s: %zu to put right\n", path, read + wrong);
	config_problems_free(&problems);
	config_free(&config);
	return right && wrong == 0 ? EXIT_OK : EXIT_FAILED;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	static const struct cli_option none[] = {{.name = NULL}};

	argc = cli_options(&cli_config_command, none, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc != 2 || strcmp(argv[1], "check") != 0)
		return cli_usage(&cli_config_command, "say what to do: check");
	char *path = globals->config ? xstrdup(globals->config) : path_config("tocsin.conf");
	int code = cli_config_check(globals, path);
	free(path);
	return code;
}

const struct cli_command cli_config_command = {
	.name = "config",
	.args = "check",
	.help = "name every mistake in the configuration, with its cure",
	.manual = "Reads the file of --config, or the default one, and what stands beside it: its theme or\n"
		  "that of --theme, the table of danger classes, the templates of updates. Exit 0 when it can be used as it is,\n"
		  "1 when something must be put right. The format: man tocsin.conf\n",
	.run = run,
};
