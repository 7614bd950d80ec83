/* tocsin incident: the lifecycle from scripts. Each sub-command is one row below. */
#include "cli/incident.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "incident/act.h"
#include "report/report.h"
#include "watch/shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	JSON_BYTES_MAX = 512 * 1024 * 1024,
	EVIDENCE_BYTES_MAX = 64 * 1024 * 1024,
};

/* --- reading ------------------------------------------------------------------------ */

enum status incident_print_json(void (*fill)(struct call *call, struct json_writer *w), struct call *call, struct error *err)
{
	struct buf out;
	struct json_writer w;

	buf_init(&out, JSON_BYTES_MAX);
	json_writer_init(&w, &out, true);
	fill(call, &w);
	return cli_print_json(&out, err);
}

static void list_json(struct call *call, struct json_writer *w)
{
	char since[TIME_TEXT];

	json_begin_array(w, NULL);
	for (size_t i = 0; i < fold_incident_count(call->fold); i++) {
		const struct incident *incident = fold_incident_at(call->fold, i);
		json_begin_object(w, NULL);
		json_put_string(w, "id", incident->id);
		json_put_string(w, "title", incident->title);
		json_put_string(w, "severity", incident->severity == SEVERITY_UNSET ? NULL : severity_name(incident->severity));
		json_put_string(w, "stage", stage_name(incident->stage));
		json_put_text(w, "owner", incident->owner);
		json_put_string(w, "declared", time_rfc3339(since, incident->declared_us));
		json_begin_array(w, "components");
		for (size_t j = 0; j < incident->component_count; j++)
			json_put_string(w, NULL, incident->components[j]);
		json_end_array(w);
		json_end_object(w);
	}
	json_end_array(w);
}

static enum status verb_list(struct call *call, struct error *err)
{
	if (call->as_json)
		return incident_print_json(list_json, call, err);
	if (fold_incident_count(call->fold) == 0)
		printf("no incidents in %s\n", store_where(call->store));
	for (size_t i = 0; i < fold_incident_count(call->fold); i++) {
		const struct incident *incident = fold_incident_at(call->fold, i);
		char since[TIME_TEXT];
		printf("%-7s %-3s %-8s %s  %-12s %s\n", incident->id, severity_name(incident->severity), stage_name(incident->stage),
		       time_human(since, incident->declared_us, 0), incident->owner[0] ? incident->owner : "no commander", incident->title);
	}
	return STATUS_OK;
}

const struct incident *incident_named(struct call *call, const char *id, struct error *err)
{
	const struct incident *incident = fold_incident(call->fold, id);

	if (!incident)
		error_set(err, STATUS_NOT_FOUND, "%s: no such incident in %s (tocsin incident list)", id, store_where(call->store));
	return incident;
}

static void show_json(struct call *call, struct json_writer *w)
{
	incident_json(call->fold, fold_incident(call->fold, call->words[0]), w);
}

static enum status verb_show(struct call *call, struct error *err)
{
	const struct incident *incident = incident_named(call, call->words[0], err);

	if (!incident)
		return STATUS_NOT_FOUND;
	if (call->as_json)
		return incident_print_json(show_json, call, err);
	printf("%s  %s  %s\nstage %s  commander %s  scribe %s\n", incident->id, severity_name(incident->severity), incident->title, stage_name(incident->stage),
	       incident->owner[0] ? incident->owner : "nobody", incident->scribe[0] ? incident->scribe : "nobody");
	for (size_t i = 0; i < incident->component_count; i++)
		printf("affects %s\n", incident->components[i]);
	if (incident->impact)
		printf("impact: %s\n", incident->impact);
	for (size_t i = 0; i < incident->timeline_count; i++) {
		const struct event *event = fold_event(call->fold, incident->timeline[i].seq);
		struct event_view view;
		char when[TIME_TEXT];
		if (event && fold_view(call->fold, event, &view))
			printf("%s  %-18s %s\n", time_human(when, view.occurred_us, 0), event->actor, view.summary);
	}
	return STATUS_OK;
}

/* --- writing ------------------------------------------------------------------------- */

static enum status severity_given(const struct call *call, enum severity *out, struct error *err)
{
	*out = SEVERITY_UNSET;
	if (call->severity && !severity_parse(call->severity, out))
		return error_set(err, STATUS_USAGE, "--severity %s: not a severity (write P0, P1, P2 or P3)", call->severity);
	return STATUS_OK;
}

static enum status time_given(struct call *call, int64_t *us, int *zone, struct error *err)
{
	*us = 0;
	*zone = 0;
	if (!call->at)
		return STATUS_OK;
	if (time_parse_near(call->at, call->who.now_us, call->globals->utc, TIME_PAST, us, zone, err) != STATUS_OK)
		return STATUS_USAGE;
	/* Which day was meant is said, where it was not written. */
	if (!strchr(call->at, '-'))
		time_human(call->taken, *us, *zone);
	return STATUS_OK;
}

/* Splits "a,b,c" into a NULL-terminated list, whose strings live in *copy; the caller
 * frees both. */
static const char **split_components(const char *list, char **copy)
{
	const char **items = xcalloc(strlen(list) / 2 + 2, sizeof(*items));
	size_t count = 0;

	*copy = xstrdup(list);
	for (char *at = *copy; *at;) {
		size_t len = strcspn(at, ",");
		bool more = at[len] == ',';
		at[len] = '\0';
		if (len)
			items[count++] = at;
		at += len + (more ? 1 : 0);
	}
	return items;
}

static enum status verb_declare(struct call *call, struct error *err)
{
	struct declaration d = {.title = call->title};
	const char **components = NULL;
	char *copy = NULL;
	int zone;
	enum status status = severity_given(call, &d.severity, err);

	if (!call->title)
		return error_set(err, STATUS_USAGE, "declare: has no title (give it: --title TEXT)");
	if (status == STATUS_OK)
		status = time_given(call, &d.impact_started_us, &zone, err);
	if (status != STATUS_OK)
		return status;
	if (call->components)
		d.components = components = split_components(call->components, &copy);
	status = act_declare(call->fold, &call->who, &d, call->made, &call->drafts, err);
	free(components);
	free(copy);
	return status;
}

static enum status verb_report(struct call *call, struct error *err)
{
	int64_t at;
	int zone;
	enum status status = time_given(call, &at, &zone, err);

	if (status != STATUS_OK)
		return status;
	return act_report(call->fold, &call->who, call->from ? call->from : call->who.name, call->words[0], call->incident, at, &call->drafts, err);
}

static enum status verb_note(struct call *call, struct error *err)
{
	int64_t at;
	int zone;
	enum status status = time_given(call, &at, &zone, err);

	if (status != STATUS_OK)
		return status;
	return act_note(call->fold, &call->who, call->words[0], call->words[1], at, zone, &call->drafts, err);
}

static enum status verb_evidence(struct call *call, struct error *err)
{
	struct buf bytes;
	struct hash256 hash;
	int64_t at;
	int zone;
	const char *slash = strrchr(call->words[1], '/');
	enum status status = time_given(call, &at, &zone, err);

	if (status != STATUS_OK)
		return status;
	buf_init(&bytes, EVIDENCE_BYTES_MAX);
	status = file_read(call->words[1], EVIDENCE_BYTES_MAX, &bytes, err);
	if (status == STATUS_OK && !incident_named(call, call->words[0], err))
		status = STATUS_NOT_FOUND;
	if (status == STATUS_OK)
		status = store_put_blob(call->store, buf_text(&bytes), bytes.len, "application/octet-stream", &hash, err);
	if (status == STATUS_OK)
		status = act_evidence(call->fold, &call->who, call->words[0], slash ? slash + 1 : call->words[1], &hash, bytes.len, call->note, at, &call->drafts, err);
	buf_free(&bytes);
	return status;
}

static enum status choose_runbook(struct call *call, const char *id, struct error *err)
{
	struct runbook book;
	char hex[SHA256_TEXT];
	enum status status = runbook_find(call->runbook, NULL, &book, err);

	if (status != STATUS_OK)
		return status;
	char *path = shelf_outside(&book, NULL);
	struct step_name *steps = xcalloc(book.step_count + 1, sizeof(*steps));
	for (size_t i = 0; i < book.step_count; i++)
		steps[i] = (struct step_name){book.steps[i].number, book.steps[i].title};
	status = act_runbook_steps(call->fold, &call->who, id, book.name, path, sha256_text(hex, &book.sha256), steps, book.step_count, &call->drafts, err);
	free(path);
	free(steps);
	runbook_free(&book);
	return status;
}

/* Each thing that `set` can set becomes an event of its own, in one transaction. */
static enum status verb_set(struct call *call, struct error *err)
{
	const char *id = call->words[0];
	enum severity severity;
	enum status status = severity_given(call, &severity, err);

	if (status == STATUS_OK && severity != SEVERITY_UNSET)
		status = act_severity(call->fold, &call->who, id, severity, call->reason, &call->drafts, err);
	if (status == STATUS_OK && call->title)
		status = act_title(call->fold, &call->who, id, call->title, &call->drafts, err);
	if (status == STATUS_OK && call->owner)
		status = act_role(call->fold, &call->who, id, "commander", call->owner, &call->drafts, err);
	if (status == STATUS_OK && call->scribe)
		status = act_role(call->fold, &call->who, id, "scribe", call->scribe, &call->drafts, err);
	if (status == STATUS_OK && call->components) {
		char *copy;
		const char **components = split_components(call->components, &copy);
		status = act_components(call->fold, &call->who, id, components, &call->drafts, err);
		free(components);
		free(copy);
	}
	if (status == STATUS_OK && call->impact)
		status = act_impact(call->fold, &call->who, id, call->impact, &call->drafts, err);
	if (status == STATUS_OK && call->runbook)
		status = choose_runbook(call, id, err);
	if (status == STATUS_OK && call->drafts.count == 0)
		status = error_set(err, STATUS_USAGE, "nothing to set (give --severity, --title, --owner, --scribe, --components, --impact or --runbook)");
	return status;
}

static enum status verb_stage(struct call *call, struct error *err)
{
	enum stage stage;

	if (!stage_parse(call->words[1], &stage))
		return error_set(err, STATUS_USAGE, "%s: not a stage (triage, respond, resolve, review, closed)", call->words[1]);
	return act_stage(call->fold, &call->who, call->words[0], stage, call->reason, &call->drafts, err);
}

static enum status verb_section(struct call *call, struct error *err)
{
	for (int s = 0; s < SECTION_COUNT; s++)
		if (strcmp(section_name((enum section)s), call->words[1]) == 0)
			return act_section(call->fold, &call->who, call->words[0], (enum section)s, call->words[2], &call->drafts, err);
	return error_set(err, STATUS_USAGE, "%s: not a section of the review (root-cause, impact, resolution, lessons-learned, …)", call->words[1]);
}

static enum status verb_action(struct call *call, struct error *err)
{
	return act_action_item(call->fold, &call->who, call->words[0], call->words[1], call->owner, call->due, call->type, &call->drafts, err);
}

static enum status verb_reopen(struct call *call, struct error *err)
{
	return act_reopen(call->fold, &call->who, call->words[0], call->reason, &call->drafts, err);
}

static enum status verb_merge(struct call *call, struct error *err)
{
	return act_merge(call->fold, &call->who, call->words[0], call->words[1], &call->drafts, err);
}

static const struct verb verbs[] = {
	{"list", "[--json]", 0, 0, true, verb_list},
	{"show", "INC [--json]", 1, 1, true, verb_show},
	{"declare", "--title TEXT [--severity P0|P1|P2|P3] [--components ID,ID] [--at TIME]", 0, 0, false, verb_declare},
	{"report", "TEXT [--from WHO] [--incident INC] [--at TIME]", 1, 1, false, verb_report},
	{"note", "INC TEXT [--at TIME]", 2, 2, false, verb_note},
	{"evidence", "INC FILE [--note TEXT] [--at TIME]", 2, 2, false, verb_evidence},
	{"set", "INC [--severity P] [--reason TEXT] [--title TEXT] [--owner NAME] [--scribe NAME] [--components ID,ID] [--impact TEXT] [--runbook NAME]", 1, 1, false, verb_set},
	{"stage", "INC triage|respond|resolve|review|closed [--reason TEXT]", 2, 2, false, verb_stage},
	{"section", "INC SECTION TEXT", 3, 3, false, verb_section},
	{"action", "INC TEXT --owner NAME --due YYYY-MM-DD [--type corrective|preventive|detective]", 2, 2, false, verb_action},
	{"reopen", "INC --reason TEXT", 1, 1, false, verb_reopen},
	{"merge", "INC INTO", 2, 2, false, verb_merge},
	{NULL, NULL, 0, 0, false, NULL},
};

static const struct verb *find_verb(const char *name)
{
	static const struct verb *const tables[] = {verbs, incident_room_verbs, incident_approve_verbs};

	for (size_t t = 0; t < ARRAY_LENGTH(tables); t++)
		for (const struct verb *verb = tables[t]; verb->name; verb++)
			if (strcmp(verb->name, name) == 0)
				return verb;
	return NULL;
}

/* Of the verbs that can list what is there, "list" writes nothing. */
static bool only_reads(const struct call *call)
{
	const struct verb *verb = call->verb;

	return verb->reads || (verb->most > verb->least && call->word_count > 1 && strcmp(call->words[1], "list") == 0);
}

static enum status draft_verb(void *arg, struct error *err)
{
	struct call *call = arg;

	return call->verb->run(call, err);
}

static enum status with_store(struct call *call, const struct config *config, struct error *err)
{
	enum status status = cli_store(call->globals, config, only_reads(call) ? STORE_READ : STORE_WRITE, &call->store, err);

	if (status != STATUS_OK)
		return status;
	status = cli_change(call->store, &call->fold, &call->drafts, draft_verb, call, err);
	if (status == STATUS_OK && call->made[0])
		puts(call->made);
	if (status == STATUS_OK && call->taken[0])
		fprintf(stderr, "tocsin: --at %s is %s\n", call->at, call->taken);
	store_close(call->store);
	return status;
}

/* People, clocks and the escalation are those of the configuration, where there is one. */
static enum status do_verb(struct call *call, struct error *err)
{
	const struct globals *globals = call->globals;
	struct config config = {0};
	struct error missing = {0};
	enum status found = cli_config(globals, NULL, 0, &config, &missing);

	/* Without one the record is in its usual place; one that is wrong may name another. */
	if (found != STATUS_OK && (globals->config || (found != STATUS_NOT_FOUND && !globals->record)))
		return error_set(err, found, "%s", missing.text);
	call->who = cli_actor(globals);
	clocks_read(config.sections, config.section_count, &call->clocks);
	people_read(config.sections, config.section_count, &call->people);
	enum status status = with_store(call, found == STATUS_OK ? &config : NULL, err);
	people_free(&call->people);
	config_free(&config);
	return status;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct call call = {.globals = globals};
	const struct cli_option options[] = {
		{.name = "severity", .value = &call.severity},
		{.name = "title", .value = &call.title},
		{.name = "at", .value = &call.at},
		{.name = "reason", .value = &call.reason},
		{.name = "owner", .value = &call.owner},
		{.name = "scribe", .value = &call.scribe},
		{.name = "impact", .value = &call.impact},
		{.name = "runbook", .value = &call.runbook},
		{.name = "from", .value = &call.from},
		{.name = "incident", .value = &call.incident},
		{.name = "components", .value = &call.components},
		{.name = "due", .value = &call.due},
		{.name = "type", .value = &call.type},
		{.name = "note", .value = &call.note},
		{.name = "box", .value = &call.box},
		{.name = "for", .value = &call.for_how_long},
		{.name = "hash", .value = &call.hash},
		{.name = "json", .flag = &call.as_json},
		{.name = NULL},
	};
	struct error err = {0};

	if (argc > 1 && strcmp(argv[1], "update") == 0)
		return cli_incident_update(globals, argc - 1, argv + 1);
	argc = cli_options(&cli_incident, options, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (argc < 2)
		return cli_usage(&cli_incident, "say what to do with incidents");
	const struct verb *verb = find_verb(argv[1]);
	if (!verb)
		return cli_usage(&cli_incident, "%s: no such incident command", argv[1]);
	call.verb = verb;
	call.words = (const char **)argv + 2;
	call.word_count = argc - 2;
	if (call.word_count < verb->least || call.word_count > verb->most)
		return cli_usage(&cli_incident, "incident %s takes: %s", verb->name, verb->args);
	if (globals->read_only && !only_reads(&call))
		return cli_usage(&cli_incident, "--read-only: incident %s writes the record", verb->name);
	enum status status = do_verb(&call, &err);
	if (status == STATUS_OK)
		return EXIT_OK;
	return cli_failed(status, &err);
}

const struct cli_command cli_incident = {
	.name = "incident",
	.args = "list|show|declare|report|note|evidence|set|stage|section|action|reopen|merge|role|task|decide|hypothesis|finding|todo|escalate|acknowledge|clocks|snooze|handover|approve|refuse …",
	.help = "work with incidents from scripts",
	.manual = "list [--json]\n"
		  "show INC [--json]\n"
		  "declare --title TEXT [--severity P0|P1|P2|P3] [--components ID,ID] [--at TIME]\n"
		  "report TEXT [--from WHO] [--incident INC] [--at TIME]\n"
		  "note INC TEXT [--at TIME]\n"
		  "evidence INC FILE [--note TEXT] [--at TIME]\n"
		  "set INC [--severity P] [--reason TEXT] [--title TEXT] [--owner NAME] [--scribe NAME]\n"
		  "        [--components ID,ID] [--impact TEXT] [--runbook NAME]\n"
		  "stage INC triage|respond|resolve|review|closed [--reason TEXT]\n"
		  "section INC SECTION TEXT\n"
		  "action INC TEXT --owner NAME --due YYYY-MM-DD [--type corrective|preventive|detective]\n"
		  "update INC [--audience A] [--conditions TEXT] [--actions TEXT] [--needs TEXT]\n"
		  "           [--next 20m] [--subject TEXT] [--text FILE] [--approve] [--dry-run]\n"
		  "approve INC STEP [--hash FINGERPRINT]     a second person's answer to what somebody\n"
		  "refuse INC STEP --reason TEXT             wants to run; approve shows all of it first\n"
		  "reopen INC --reason TEXT\n"
		  "merge INC INTO\n"
		  "role INC list [--json] | take ROLE [--owner NAME] | release ROLE\n"
		  "         | offer ROLE NAME [--note SUMMARY] | accept ROLE | decline ROLE [--reason TEXT]\n"
		  "task INC list [--json] | open TEXT [--owner NAME] [--box 15m] | assign T3 [--owner NAME]\n"
		  "         [--box 15m] | done T3 [--note TEXT] | cancel T3 --reason TEXT\n"
		  "decide INC TEXT [--reason OBJECTIONS]\n"
		  "hypothesis INC list [--json] | open TEXT | confirm H1 EVIDENCE | refute H1 EVIDENCE\n"
		  "finding INC TEXT\n"
		  "todo INC TEXT [--owner NAME] [--due YYYY-MM-DD]\n"
		  "escalate INC [STEP|NAME] [--reason TEXT]\n"
		  "acknowledge INC [NAME] [--note HOW]\n"
		  "clocks INC [--json]\n"
		  "snooze INC [CLOCK] [--for 10m]\n"
		  "handover INC\n\n"
		  "TIME carries its zone: 2026-01-01T00:00:00Z or 2026-01-01T01:00:00+01:00. 14:03 alone is\n"
		  "the last time that the clock here showed it (with --utc, that of UTC).\n",
	.run = run,
};
