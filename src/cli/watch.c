/* tocsin watch: the war room without a screen, for a server. */
#include "config.h" /* first: it opens the system's extensions */

#include "cli/cli.h"

#include "base/text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DRAIN_MS = 25 * 1000 }; /* for what is being sent when it is told to end */

struct service {
	struct loop *loop;
	struct watch *watch;
	bool journal; /* the system's journal reads what we say, and knows the time itself */
	bool loaded;  /* what the record held was counted */
	size_t told;  /* events of the record that were said, or were there before */
	bool ending;
};

/* --- saying ------------------------------------------------------------------------------- */

/* One clean line, with a priority as the journal understands it, or the time. */
static void line(const struct service *s, int severity, const char *text)
{
	static const int priorities[] = {6, 4, 3};
	char clean[1024], when[TIME_TEXT];
	text_clean(clean, sizeof(clean), text, strlen(text));
	if (s->journal)
		fprintf(stderr, "<%d>%s\n", priorities[severity < 0 ? 0 : severity > 2 ? 2
										       : severity],
			clean);
	else
		fprintf(stderr, "%s %s%s\n", time_human(when, clock_wall_us(clock_system()), 0), severity == 2 ? "ERROR " : severity == 1 ? "WARN "
																	  : "",
			clean);
}

static void on_message(void *arg, int severity, const char *text)
{
	line(arg, severity, text);
}

static void on_alarm(void *arg, enum severity severity, const char *title)
{
	char text[300];
	line(arg, 2, text_format(text, sizeof(text), "ALARM %s %s", severity_name(severity), title));
}

/* How loud an event is. Attempts are said by what comes of them. */
static int loudness(const struct event *event)
{
	switch (event->kind) {
	case EVENT_UPDATE_FAILED:
	case EVENT_UPDATE_UNKNOWN:
	case EVENT_UPDATE_ATTEMPTED:
	case EVENT_UPDATE_SENT:
		return -1;
	case EVENT_DETECTOR_PROPOSED:
	case EVENT_INCIDENT_DECLARED:
		return 1;
	default:
		return 0;
	}
}

/* What is durable is said once, whoever wrote it. */
static void tell_events(struct service *s)
{
	const struct fold *fold = watch_fold(s->watch);
	size_t count = fold_event_count(fold);
	if (!s->loaded) {
		s->loaded = watch_loaded(s->watch);
		s->told = count;
		return;
	}
	for (; s->told < count; s->told++) {
		const struct event *event = fold_event_at(fold, s->told);
		char text[600];
		if (event && loudness(event) >= 0)
			line(s, loudness(event), text_format(text, sizeof(text), "%s%s%s: %s", event->incident ? event->incident : "", event->incident ? " " : "", event->kind_name, event->summary));
	}
}

static void on_changed(void *arg)
{
	struct service *s = arg;
	if (s->watch)
		tell_events(s);
}

/* --- running --------------------------------------------------------------------------------- */

static void on_signal(void *arg, int signum)
{
	struct service *s = arg;
	char text[80];
	line(s, 0, text_format(text, sizeof(text), "ends: %s", signum == SIGTERM ? "it was told to (SIGTERM)" : "it was interrupted"));
	s->ending = true;
	loop_stop(s->loop);
}

static void serve(struct service *s)
{
	struct loop_signal *term = loop_signal(s->loop, SIGTERM, on_signal, s);
	struct loop_signal *interrupt = loop_signal(s->loop, SIGINT, on_signal, s);
	while (!s->ending)
		loop_run(s->loop);
	/* A second signal ends this too: it stops the loop. */
	watch_drain(s->watch, DRAIN_MS);
	loop_signal_stop(term);
	loop_signal_stop(interrupt);
}

static void say_start(struct service *s, const struct config *config, const char *where)
{
	char text[600];
	size_t channels = watch_channels(s->watch)->count;
	line(s, 0, text_format(text, sizeof(text), "tocsin " PACKAGE_VERSION " watches %s: %zu nodes, %zu channels, record %s", config->network, config->node_count, channels, where));
}

static int run(const struct globals *globals, int argc, char **argv)
{
	static const struct watch_events events = {.changed = on_changed, .message = on_message, .alarm = on_alarm};
	const struct cli_option options[] = {{.name = NULL}};
	struct service service = {.journal = getenv("JOURNAL_STREAM") != NULL};
	struct config config;
	struct store *store = NULL;
	struct error err = {0};
	char where[300];

	argc = cli_options(&cli_watch, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (globals->read_only)
		return cli_usage(&cli_watch, "--read-only: watch writes the record (tocsin status only looks)");
	if (!cli_only_urls(&cli_watch, argc, argv))
		return EXIT_USAGE;
	enum status status = cli_config(globals, (const char *const *)argv + 1, (size_t)argc - 1, &config, &err);
	if (status == STATUS_OK) {
		status = cli_store(globals, &config, STORE_WRITE, &store, &err);
		if (status != STATUS_OK)
			config_free(&config);
	}
	if (status != STATUS_OK)
		return cli_failed(status, &err);
	text_format(where, sizeof(where), "%s", store_where(store));
	service.loop = cli_loop();
	if (!service.loop) {
		store_close(store);
		config_free(&config);
		return EXIT_FAILED;
	}
	const struct watch_options watch_options = {.operator_name = globals->operator_name};
	service.watch = watch_new(service.loop, clock_system(), &config, store, &watch_options, &events, &service);
	say_start(&service, &config, where);
	serve(&service);
	struct watch *over = service.watch;
	watch_free(over);
	loop_free(service.loop);
	config_free(&config);
	line(&service, 0, "ended in order");
	return EXIT_OK;
}

const struct cli_command cli_watch = {
	.name = "watch",
	.args = "[URL...]",
	.help = "the war room without a screen: collects, detects, records, notifies",
	.manual = "For a server: contrib/tocsin.service runs it under systemd. Consoles open beside it on the\n"
		  "same record; one of all of them writes what machines see, and sends. It says each thing\n"
		  "in one line on standard error, and ends in order on SIGTERM.\n",
	.run = run,
};
