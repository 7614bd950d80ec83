/* tocsin status: one look at all panes, as text or JSON. Writes nothing. */
#include "cli/cli.h"

#include "base/json.h"
#include "base/mem.h"
#include "watch/watch.h"
#include "world/lane.h"

#include <string.h>
#include <unistd.h>

enum { STATUS_BYTES_MAX = 64 * 1024 * 1024 };
/* Without --for: as long as the judges need, at most this. A hung endpoint takes its timeout
 * and the dwell on top of it; whether a silent one is a validator's, two rounds of turns. */
#define OBSERVE_US (60 * US_PER_S)

/* Exit codes by the worst component (DESIGN section 5). */
static int exit_code(enum health worst)
{
	static const int codes[] = {[HEALTH_OK] = 0, [HEALTH_WARNING] = 1, [HEALTH_CRITICAL] = 2, [HEALTH_UNKNOWN] = 3, [HEALTH_STALE] = 3};

	return codes[worst];
}

static void put_value(struct json_writer *w, const struct value_def *def, const struct value *value)
{
	if (value->type == VALUE_NONE)
		json_put_null(w, def->name);
	else if (value->type == VALUE_TEXT)
		json_put_string(w, def->name, value->text);
	else if (value->type == VALUE_FLAG)
		json_put_bool(w, def->name, value->number != 0);
	else
		json_put_i64(w, def->name, value->number);
}

static void put_time(struct json_writer *w, const char *key, int64_t us)
{
	char text[TIME_TEXT];

	json_put_string(w, key, us ? time_rfc3339(text, us) : NULL);
}

/* What is on its way in a lane, and whether a person may execute it. */
static void put_messages(struct json_writer *w, const struct component *c)
{
	size_t count;
	const struct lane_message *messages = lane_messages(c, &count);

	json_begin_array(w, "messages");
	for (size_t i = 0; i < count; i++) {
		const struct lane_message *m = &messages[i];
		char id[2 * sizeof(m->id.bytes) + 3];

		json_begin_object(w, NULL);
		json_put_i64(w, "number", (int64_t)m->number);
		json_put_string(w, "id", m->has_id ? hex_text(id, sizeof(id), m->id.bytes, sizeof(m->id.bytes), true) : NULL);
		json_put_string(w, "state", transit_name(m->state));
		put_time(w, "sent", m->sent_us);
		put_time(w, "committed", m->committed_us);
		json_put_string(w, "fault", m->fault_text);
		json_put_string(w, "manual", manual_name(m->manual));
		json_put_string(w, "manual_reason", m->manual_why);
		put_time(w, "manual_from", m->manual_us);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_component(struct json_writer *w, const struct component *c, int64_t now_us)
{
	const struct kind_def *kind = kind_def(c->kind);
	int64_t age_us = component_age_us(c, now_us);
	char since[TIME_TEXT];

	json_begin_object(w, NULL);
	json_put_string(w, "id", c->id);
	json_put_string(w, "name", c->name);
	json_put_string(w, "kind", kind_name(c->kind));
	json_put_string(w, "health", health_name(c->health));
	json_put_string(w, "reach", reach_name(c->reach));
	json_put_string(w, "symptom", c->symptom == SYMPTOM_NONE ? NULL : symptom_name(c->symptom));
	json_put_string(w, "reason", c->reason);
	json_put_string(w, "since", c->since_us ? time_rfc3339(since, c->since_us) : NULL);
	if (age_us < 0)
		json_put_null(w, "age_ms");
	else
		json_put_i64(w, "age_ms", age_us / US_PER_MS);
	json_put_string(w, "source", c->source);
	json_begin_object(w, "values");
	for (size_t i = 0; i < kind->value_count; i++)
		put_value(w, &kind->values[i], &c->values[i]);
	json_end_object(w);
	if (c->kind == KIND_LANE)
		put_messages(w, c);
	json_end_object(w);
}

static void put_names(struct json_writer *w, const char *key, char (*names)[96], size_t count)
{
	json_begin_array(w, key);
	for (size_t i = 0; i < count; i++)
		json_put_string(w, NULL, names[i]);
	json_end_array(w);
}

static void put_proposal(struct json_writer *w, const struct proposal *p)
{
	const struct cause_def *cause = cause_def(p->cause);
	char when[TIME_TEXT];

	json_begin_object(w, NULL);
	json_put_string(w, "cause", cause->name);
	json_put_string(w, "title", p->title);
	json_put_string(w, "severity", severity_name(p->severity));
	json_put_string(w, "rule", p->rule);
	json_put_string(w, "reason", p->reason);
	json_put_string(w, "since", time_rfc3339(when, p->since_us));
	json_put_string(w, "confidence", confidence_name(p->confidence));
	put_names(w, "components", p->components, p->component_count);
	put_names(w, "consequences", p->consequences, p->consequence_count);
	json_begin_array(w, "evidence");
	for (size_t i = 0; i < p->evidence_count; i++) {
		json_begin_object(w, NULL);
		json_put_string(w, "at", time_rfc3339(when, p->evidence[i].at_us));
		json_put_string(w, "text", p->evidence[i].text);
		json_end_object(w);
	}
	json_end_array(w);
	json_put_string(w, "confirm", p->confirm);
	json_put_string(w, "refute", p->refute);
	json_put_string(w, "runbook", cause->runbook);
	json_end_object(w);
}

static void put_incident(struct json_writer *w, const struct incident *incident)
{
	json_begin_object(w, NULL);
	json_put_string(w, "id", incident->id);
	json_put_string(w, "title", incident->title);
	json_put_string(w, "severity", incident->severity == SEVERITY_UNSET ? NULL : severity_name(incident->severity));
	json_put_string(w, "stage", stage_name(incident->stage));
	json_put_text(w, "owner", incident->owner);
	json_end_object(w);
}

static enum status print_json(const struct watch *watch, const struct fold *fold, struct error *err)
{
	const struct world *world = watch_world(watch);
	const struct proposals *proposals = watch_proposals(watch);
	int64_t now_us = clock_wall_us(watch_clock(watch));
	char at[TIME_TEXT];
	struct buf out;
	struct json_writer w;

	buf_init(&out, STATUS_BYTES_MAX);
	json_writer_init(&w, &out, true);
	json_begin_object(&w, NULL);
	json_put_string(&w, "network", world_network(world));
	json_put_string(&w, "at", time_rfc3339(at, now_us));
	json_put_string(&w, "health", health_name(world_worst(world)));
	json_begin_array(&w, "components");
	for (int kind = 0; kind < KIND_COUNT; kind++)
		for (size_t i = 0; i < world_count(world, (enum kind)kind); i++)
			put_component(&w, world_at(world, (enum kind)kind, i), now_us);
	json_end_array(&w);
	json_begin_array(&w, "proposals");
	for (size_t i = 0; i < proposals->count; i++)
		put_proposal(&w, &proposals->items[i]);
	json_end_array(&w);
	json_begin_array(&w, "incidents");
	for (size_t i = 0; fold && i < fold_incident_count(fold); i++)
		if (fold_incident_at(fold, i)->stage != STAGE_CLOSED)
			put_incident(&w, fold_incident_at(fold, i));
	json_end_array(&w);
	json_end_object(&w);
	return cli_print_json(&out, err);
}

/* The open incidents of the record, if there is one; reading must not fail a look. */
static struct fold *read_incidents(const struct globals *globals, const struct config *config)
{
	struct store *store;
	struct fold *fold = NULL;
	struct error err = {0};

	if (!globals->record && !config->path)
		return NULL;
	if (cli_store(globals, config, STORE_READ, &store, &err) != STATUS_OK) {
		if (globals->record)
			cli_error(&err);
		return NULL;
	}
	if (cli_fold(store, &fold, &err) != STATUS_OK)
		cli_error(&err);
	store_close(store);
	return fold;
}

static int look(const struct globals *globals, const struct config *config, int64_t for_us, bool as_json)
{
	static const struct watch_events quiet;
	struct loop *loop = cli_loop();
	struct watch_options options = {.operator_name = globals->operator_name, .read_only = true};
	struct error err = {0};

	if (!loop)
		return EXIT_FAILED;
	struct watch *watch = watch_new(loop, clock_system(), config, NULL, &options, &quiet, NULL);

	cli_observe(loop, watch, for_us ? for_us : OBSERVE_US, for_us == 0);
	if (as_json) {
		struct fold *fold = read_incidents(globals, config);
		if (print_json(watch, fold, &err) != STATUS_OK)
			cli_error(&err);
		if (fold)
			fold_free(fold);
	} else {
		cli_print_board(globals, watch, stdout);
	}
	int code = err.status == STATUS_OK ? exit_code(world_worst(watch_world(watch))) : EXIT_FAILED;
	watch_free(watch);
	loop_free(loop);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	const char *for_text = NULL;
	bool as_json = false;
	const struct cli_option options[] = {{.name = "for", .value = &for_text}, {.name = "json", .flag = &as_json}, {.name = NULL}};
	struct config config;
	struct error err = {0};
	int64_t for_us = 0;

	argc = cli_options(&cli_status, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (!cli_only_urls(&cli_status, argc, argv))
		return EXIT_USAGE;
	if (for_text && duration_parse(for_text, &for_us, &err) != STATUS_OK)
		return cli_usage(&cli_status, "--for: %s", err.text);
	if (for_us < 0 || for_us > US_PER_HOUR)
		return cli_usage(&cli_status, "--for %s: out of range (write 1s to 1h)", for_text);
	enum status status = cli_config(globals, (const char *const *)argv + 1, (size_t)argc - 1, &config, &err);
	if (status != STATUS_OK) {
		cli_error(&err);
		return EXIT_USAGE;
	}
	int code = look(globals, &config, for_us, as_json);
	config_free(&config);
	return code;
}

const struct cli_command cli_status = {
	.name = "status",
	.args = "[URL...] [--json] [--for 5s]",
	.help = "one look at all panes as text or JSON",
	.manual = "Observes as long as the judges need (or exactly as long as --for says), writes\n"
		  "nothing, and exits by the worst component:\n"
		  "  0  all ok\n"
		  "  1  something warns\n"
		  "  2  something is critical\n"
		  "  3  something is unknown or stale, and nothing is critical\n",
	.run = run,
};
