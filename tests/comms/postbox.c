/* postbox [--smtp] LOG: the sink as a program, for shell tests. Prints its port, then takes
 * the names of manners from standard input, until that ends. */
#include "sink.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	bool smtp = argc > 1 && strcmp(argv[1], "--smtp") == 0;
	char line[64];
	if (argc != 2 + smtp)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	struct sink *sink = sink_open(smtp, argv[1 + smtp]);
	printf("%d\n", sink_port(sink));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < SINK_MANNERS; i++)
			if (strcmp(line, sink_manner_name((enum sink_manner)i)) == 0)
				sink_set(sink, (enum sink_manner)i);
		printf("%s\n", line);
		fflush(stdout);
	}
	sink_close(sink);
	return 0;
}
