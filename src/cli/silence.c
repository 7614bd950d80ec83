/* tocsin silence: silences of Alertmanager from scripts: looked at first, on record, then asked for. */
#include "cli/cli.h"

#include "base/mem.h"
#include "base/text.h"
#include "collect/monitor.h"
#include "collect/silence.h"
#include "incident/act_silence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREVIEW_BYTES = 256 * 1024 };

struct call {
	const struct globals *globals;
	const char *alertmanager, *incident;
	bool yes;
	struct config config;
	struct loop *loop;
	struct http *http;
	struct silencer *silencer;
	struct silence_request request;
	char *matchers;
	char name[64]; /* of the Alertmanager */
	size_t alerts;
	/* What the answer was. */
	struct error err;
	char id[80];
};

/* --- one question at a time -------------------------------------------------------------- */

static void on_fetched(void *arg, struct alert_list *alerts, const struct error *err)
{
	struct call *call = arg;
	struct buf out;

	if (err) {
		call->err = *err;
	} else {
		buf_init(&out, PREVIEW_BYTES);
		call->alerts = silence_preview(&call->request, alerts, &out);
		fputs(buf_text(&out), stdout);
		buf_free(&out);
	}
	loop_stop(call->loop);
}

static void on_sent(void *arg, const char *id, const struct error *err)
{
	struct call *call = arg;

	if (err)
		call->err = *err;
	text_format(call->id, sizeof(call->id), "%s", id ? id : "");
	loop_stop(call->loop);
}

static enum status outcome(const struct call *call, struct error *err)
{
	if (!call->err.text[0])
		return STATUS_OK;
	return error_set(err, call->err.status, "%s", call->err.text);
}

/* --- the record ----------------------------------------------------------------------------- */

static struct silence_act act_of(const struct call *call, int64_t until_us)
{
	const char *id = call->request.end ? call->request.end : call->id[0] ? call->id
									     : NULL;

	return (struct silence_act){.alertmanager = call->name, .matchers = call->matchers, .comment = call->request.comment, .silence = id, .until_us = until_us, .alerts = call->alerts, .end = call->request.end != NULL};
}

/* Appends what was asked, or what came of it. */
static enum status record(struct call *call, struct store *store, int64_t until_us, bool done, const char *why, struct error *err)
{
	struct actor who = cli_actor(call->globals);
	struct silence_act act = act_of(call, until_us);
	struct drafts drafts;
	struct fold *fold = NULL;
	enum status status = cli_fold(store, &fold, err);

	drafts_init(&drafts);
	if (status == STATUS_OK && done)
		status = act_silence_done(fold, &who, call->incident, &act, why, &drafts, err);
	else if (status == STATUS_OK)
		status = act_silence_asked(fold, &who, call->incident, &act, &drafts, err);
	if (status == STATUS_OK)
		status = store_append(store, drafts.items, drafts.count, NULL, err);
	drafts_free(&drafts);
	fold_free(fold);
	return status;
}

static enum status send_it(struct call *call, struct error *err)
{
	struct actor who = cli_actor(call->globals);
	int64_t until_us = call->request.end ? 0 : who.now_us + call->request.for_us;
	struct store *store;
	enum status status = cli_store(call->globals, &call->config, STORE_WRITE, &store, err);

	if (status != STATUS_OK)
		return status;
	status = record(call, store, until_us, false, NULL, err);
	if (status == STATUS_OK) {
		silencer_send(call->silencer, &call->request, who.name, call->incident, on_sent, call);
		loop_run(call->loop);
		status = outcome(call, err);
		enum status noted = record(call, store, until_us, true, status == STATUS_OK ? NULL : call->err.text, err);
		status = status == STATUS_OK ? noted : status;
	}
	store_close(store);
	if (status == STATUS_OK)
		printf("silence %s is %s\n", call->request.end ? call->request.end : call->id, call->request.end ? "ended" : "set");
	return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static void hide_nothing(void *arg, const char *secret)
{
	(void)arg; /* nothing of it is shown here */
	(void)secret;
}

static enum status choose(struct call *call, const struct settings **out, struct error *err)
{
	const struct config *c = &call->config;
	const struct settings *first = settings_at(c->sections, c->section_count, "alertmanager", 0);
	struct source_host host = {.sections = c->sections, .section_count = c->section_count};

	*out = call->alertmanager ? monitor_section(&host, "alertmanager", call->alertmanager) : first;
	if (!first)
		return error_set(err, STATUS_NOT_FOUND, "silence: there is no [alertmanager NAME] in the configuration (add one)");
	if (!*out)
		return error_set(err, STATUS_NOT_FOUND, "--alertmanager %s: there is no such section (name one of the configuration)", call->alertmanager);
	if (!call->alertmanager && settings_at(c->sections, c->section_count, "alertmanager", 1))
		return error_set(err, STATUS_USAGE, "silence: there are several Alertmanagers (say which: --alertmanager %s)", first->name);
	text_format(call->name, sizeof(call->name), "%s", (*out)->name);
	return STATUS_OK;
}

static enum status look_and_send(struct call *call, const struct settings *alertmanager, struct error *err)
{
	struct source_host host = {.loop = call->loop, .clock = clock_system(), .http = call->http, .sections = call->config.sections, .section_count = call->config.section_count, .hide = hide_nothing};

	call->silencer = silencer_new(&host, alertmanager, err);
	if (!call->silencer)
		return STATUS_REFUSED;
	silencer_fetch(call->silencer, on_fetched, call);
	loop_run(call->loop);
	enum status status = outcome(call, err);
	if (status != STATUS_OK)
		return status;
	if (call->globals->read_only)
		return error_set(err, STATUS_REFUSED, "silence: nothing was sent (leave out --read-only)");
	if (!call->yes)
		return error_set(err, STATUS_REFUSED, "silence: nothing was sent (add --yes to do it)");
	return send_it(call, err);
}

static enum status work(struct call *call, const char *text, struct error *err)
{
	const struct settings *alertmanager;
	enum status status = silence_parse(text, &call->request, err);

	if (status == STATUS_OK)
		status = choose(call, &alertmanager, err);
	if (status != STATUS_OK)
		return status;
	if (!call->request.end)
		call->matchers = matchers_text(call->request.matchers, call->request.matcher_count);
	call->loop = cli_loop();
	if (!call->loop)
		return error_set(err, STATUS_IO, "silence: no event loop");
	call->http = http_new(call->loop, 1);
	status = look_and_send(call, alertmanager, err);
	silencer_free(call->silencer);
	http_free(call->http);
	loop_free(call->loop);
	return status;
}

/* A shell took the quotes away that keep a value together. */
static char *join_words(int count, char **words)
{
	struct buf text;

	buf_init(&text, PREVIEW_BYTES);
	for (int i = 0; i < count; i++) {
		const char *equal = strchr(words[i], '=');
		const char *value = equal ? equal + 1 + (equal[1] == '~') : NULL;
		/* "instance=~besu validator" was one word: quote what it holds. */
		if (value && strchr(value, ' ') && value[0] != '"' && !memchr(words[i], ' ', (size_t)(equal - words[i]))) {
			buf_printf(&text, "%s%.*s\"", i ? " " : "", (int)(value - words[i]), words[i]);
			for (; *value; value++)
				buf_printf(&text, "%s%c", *value == '"' ? "\\" : "", *value);
			buf_putc(&text, '"');
		} else {
			buf_printf(&text, "%s%s", i ? " " : "", words[i]);
		}
	}
	char *joined = buf_take(&text);
	return joined ? joined : xstrdup("");
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct call call = {.globals = globals};
	const struct cli_option options[] = {{.name = "alertmanager", .value = &call.alertmanager}, {.name = "incident", .value = &call.incident}, {.name = "yes", .flag = &call.yes}, {.name = NULL}};
	struct error err = {0};

	argc = cli_options(&cli_silence, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc < 2)
		return cli_usage(&cli_silence, "say how long and which alerts, or end and an id");
	enum status status = cli_config(globals, NULL, 0, &call.config, &err);
	if (status == STATUS_OK) {
		char *text = join_words(argc - 1, argv + 1);
		status = work(&call, text, &err);
		free(text);
		config_free(&call.config);
	}
	silence_request_free(&call.request);
	free(call.matchers);
	if (status == STATUS_USAGE)
		return cli_usage(&cli_silence, "%s", err.text);
	if (status != STATUS_OK)
		cli_error(&err);
	return status == STATUS_OK ? EXIT_OK : EXIT_FAILED;
}

const struct cli_command cli_silence = {
	.name = "silence",
	.args = "[--alertmanager NAME] [--incident INC] [--yes] DURATION MATCHER... REASON | end ID",
	.help = "show what a silence of Alertmanager would cover, and set or end it",
	.run = run,
	.manual = "Matchers are written as alertname=NAME, pod!=NAME, instance=~\"besu.*\" or job!~\"test.*\".\n"
		  "Without --yes nothing is sent. What is asked for is on record before it is sent.\n",
};
