/* tocsin: a terminal war room for people who run blockchain networks. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
