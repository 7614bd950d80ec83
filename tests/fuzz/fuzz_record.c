/* Targets for what a record says: checkpoints, payloads of events, and the exports that
 * are made of them. */
#include "fuzz.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "incident/fold.h"
#include "record/checkpoint.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

enum {
	OUT_BYTES = 32 << 20,
	EVENTS_MAX = 200,
};
#define NOW_US (INT64_C(1767225600) * US_PER_S)

void fuzz_checkpoint(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	char *text = fuzz_rest(&in), again[CHECKPOINT_TEXT];
	struct checkpoint checkpoint;

	/* There is one spelling of a checkpoint. */
	if (checkpoint_parse(text, &checkpoint, NULL) == STATUS_OK)
		require(strcmp(checkpoint_text(again, &checkpoint), text) == 0);
	free(text);
}

/* --- events ------------------------------------------------------------------------ */

/* An event of a record that somebody else wrote: a byte for the kind, one for the
 * incident, one for the time, then data, summary, body and actor as lines. */
static struct event make_event(struct fuzz_input *in, uint64_t seq)
{
	struct event event = {.seq = seq};

	event.kind = (enum event_kind)(fuzz_byte(in) % EVENT_KIND_COUNT);
	unsigned incident = fuzz_byte(in) % 5;
	event.occurred_us = NOW_US + ((int64_t)fuzz_byte(in) - 64) * US_PER_MINUTE;
	event.recorded_us = NOW_US + (int64_t)seq * US_PER_S;
	text_format(event.id, sizeof(event.id), "01KDVT000000000000000%05u", (unsigned)seq);
	event.incident = incident ? xasprintf("INC-%u", incident) : NULL;
	event.kind_name = xstrdup(event_kind_name(event.kind));
	event.data = fuzz_string(in, '\n');
	event.summary = fuzz_string(in, '\n');
	event.body = fuzz_string(in, '\n');
	event.actor = fuzz_string(in, '\n');
	event.precision = xstrdup("exact");
	event.boot = xstrdup("boot");
	event.source = xstrdup("operator");
	event.refs = xstrdup("[]");
	event.visibility = xstrdup("internal");
	return event;
}

static void check_clean(const char *text)
{
	require(text_is_clean(text, strlen(text)));
}

static void check_lines(const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");
		require(text_is_clean(text, n));
		text += n + (text[n] == '\n');
	}
}

static void check_incident(const struct fold *fold, const struct incident *incident)
{
	require(fold_incident(fold, incident->id) == incident);
	require((unsigned)incident->stage < STAGE_COUNT);
	check_clean(incident->title);
	check_clean(incident->owner);
	check_clean(incident->scribe);
	check_clean(incident->runbook);
	check_clean(incident->severity_reason);
	check_lines(incident->impact);
	for (size_t i = 0; i < incident->component_count; i++)
		check_clean(incident->components[i]);
	for (size_t i = 0; i < incident->step_count; i++) {
		check_clean(incident->steps[i].number);
		check_clean(incident->steps[i].title);
		check_clean(incident->steps[i].note);
		check_lines(incident->steps[i].output);
	}
	for (size_t i = 0; i < incident->check_count; i++)
		check_clean(incident->checks[i].detail);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		check_lines(incident->sections[i]);
	for (size_t i = 0; i < incident->action_count; i++)
		check_lines(incident->actions[i].text);
	for (size_t i = 1; i < incident->timeline_count; i++)
		require(incident->timeline[i - 1].occurred_us <= incident->timeline[i].occurred_us);
}

static struct fold *fold_input(const uint8_t *bytes, size_t len)
{
	struct fuzz_input in = fuzz_input(bytes, len);
	struct fold *fold = fold_new();

	for (uint64_t seq = 1; seq <= EVENTS_MAX && in.at < in.end; seq++) {
		struct event event = make_event(&in, seq);
		fold_apply(fold, &event);
		event_free(&event);
	}
	return fold;
}

void fuzz_fold(const uint8_t *bytes, size_t len)
{
	struct fold *fold = fold_input(bytes, len);
	struct event_view view;

	for (size_t i = 0; i < fold_incident_count(fold); i++)
		check_incident(fold, fold_incident_at(fold, i));
	for (size_t i = 0; i < fold_proposal_count(fold); i++) {
		check_clean(fold_proposal_at(fold, i)->title);
		check_clean(fold_proposal_at(fold, i)->reason);
	}
	for (size_t i = 0; i < fold_report_count(fold); i++)
		check_clean(fold_report_at(fold, i)->text);
	for (size_t i = 0; i < fold_active_count(fold); i++)
		require(fold_active_at(fold, i) != NULL);
	for (size_t i = 0; i < fold_event_count(fold); i++) {
		if (!fold_view(fold, fold_event_at(fold, i), &view))
			continue;
		check_clean(view.summary);
		check_lines(view.body);
	}
	const struct incident *current = fold_current(fold);
	require(!current || incident_is_open(current));
	fold_free(fold);
}

/* --- exports -------------------------------------------------------------------------- */

/* Reads one RFC 4180 cell of a file whose text cells are all quoted, and moves on. */
static const char *read_cell(const char *at)
{
	if (*at != '"') {
		require(strchr("0123456789", *at) != NULL);
		return at + strspn(at, "0123456789");
	}
	at++;
	const char *first = at + strspn(at, " ");
	require(!strchr("=+-@\t\r", *first) || *first == '\0');
	for (;; at++) {
		require(*at != '\0');
		if (at[0] == '"' && at[1] == '"')
			at++;
		else if (at[0] == '"')
			return at + 1;
	}
}

static void check_csv(const char *text)
{
	size_t columns = 1;
	const char *at = strchr(text, '\n');

	require(at != NULL);
	for (const char *head = text; head < at; head++)
		columns += *head == ',';
	for (at++; *at;) {
		for (size_t i = 1; i < columns; i++) {
			at = read_cell(at);
			require(*at == ',');
			at++;
		}
		at = read_cell(at);
		require(at[0] == '\r' && at[1] == '\n');
		at += 2;
	}
}

static void check_jsonl(const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		struct json *line = json_parse(text, n, OUT_BYTES, NULL);
		require(json_is_object(line));
		require(json_string(json_get(line, "specversion")) != NULL);
		json_free(line);
		require(text[n] == '\n');
		text += n + 1;
	}
}

static void check_json(const char *text)
{
	struct json *json = json_parse(text, strlen(text), OUT_BYTES, NULL);

	require(json_is_object(json));
	json_free(json);
}

/* Nothing that somebody wrote may become an image, HTML or code. */
static void check_markdown(const char *text)
{
	check_lines(text);
	for (const char *at = text; *at; at++) {
		bool escaped = at > text && at[-1] == '\\';
		require(!strchr("<`!", *at) || escaped);
	}
}

void fuzz_report(const uint8_t *bytes, size_t len)
{
	static const struct {
		const char *name;
		void (*check)(const char *text);
	} formats[] = {{"md", check_markdown}, {"json", check_json}, {"jsonl", check_jsonl}, {"csv", check_csv}};
	struct fold *fold = fold_input(bytes, len);

	for (size_t i = 0; i < fold_incident_count(fold); i++) {
		const struct incident *incident = fold_incident_at(fold, i);
		for (size_t f = 0; f < ARRAY_LENGTH(formats); f++) {
			const struct report_format *format = report_format(formats[f].name);
			struct buf out;
			buf_init(&out, OUT_BYTES);
			require(format->write(fold, incident, NULL, "a network", false, &out, NULL) == STATUS_OK);
			formats[f].check(buf_text(&out));
			buf_free(&out);
		}
	}
	fold_free(fold);
}
