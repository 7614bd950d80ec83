#include "watch/silences.h"

#include "base/mem.h"
#include "base/text.h"
#include "collect/monitor.h"
#include "collect/silence.h"
#include "incident/act_silence.h"
#include "watch/run.h"

#include <stdlib.h>
#include <string.h>

enum {
	NAMES_MAX = 16, /* of one component: its own, and those of its pod, node and validator */
	HIDDEN_MAX = 32,
};

struct silences {
	struct watch *watch;
	const struct sources *sources;
	struct asked *asked; /* one at a time; NULL: none */
};

/* A silence that somebody asked for, until it is on record what came of it. */
struct asked {
	struct silences *silences;
	struct silence_request request;
	struct silencer *silencer;
	char *matchers; /* as text, or NULL */
	char incident[16];
	char alertmanager[64];
	size_t alerts;
	int64_t until_us;
	bool left; /* the war room closed: only memory is given back */
};

static void asked_free(struct asked *asked)
{
	if (asked->silences)
		asked->silences->asked = NULL;
	silencer_free(asked->silencer);
	silence_request_free(&asked->request);
	free(asked->matchers);
	free(asked);
}

struct silences *silences_new(struct watch *watch, const struct sources *sources)
{
	struct silences *s = xcalloc(1, sizeof(*s));

	s->watch = watch;
	s->sources = sources;
	return s;
}

void silences_free(struct silences *s)
{
	if (!s)
		return;
	if (s->asked) {
		/* Its append may still be answered. */
		silencer_free(s->asked->silencer);
		s->asked->silencer = NULL;
		s->asked->silences = NULL;
		s->asked->left = true;
	}
	free(s);
}

bool silences_busy(const struct silences *s)
{
	return s->asked != NULL;
}

/* --- what is asked ------------------------------------------------------------------------ */

static const struct source_host *host_of(const struct silences *s)
{
	return sources_host(s->sources);
}

/* "@NAME " at the beginning says which Alertmanager; there is mostly one. */
static const struct settings *alertmanager_of(const struct silences *s, const char **text, struct error *err)
{
	const struct source_host *host = host_of(s);
	const struct settings *first = settings_at(host->sections, host->section_count, "alertmanager", 0);
	char word[64];

	if (!first) {
		error_set(err, STATUS_UNSUPPORTED, "silence: there is no [alertmanager NAME] in the configuration (add one)");
		return NULL;
	}
	if (**text == '@') {
		text_word(text, word, sizeof(word));
		*text += strspn(*text, " ");
		const struct settings *named = monitor_section(host, "alertmanager", word + 1);
		if (!named)
			error_set(err, STATUS_NOT_FOUND, "silence %s: there is no such [alertmanager NAME] (name one of the configuration)", word);
		return named;
	}
	if (settings_at(host->sections, host->section_count, "alertmanager", 1)) {
		error_set(err, STATUS_USAGE, "silence: there are several Alertmanagers (say which: @%s ...)", first->name);
		return NULL;
	}
	return first;
}

static const struct alert_list *alerts_told(const struct silences *s, const struct settings *alertmanager)
{
	static const struct alert_list none;
	char name[80];
	const struct alert_list *list = alerts_of(sources_alerts(s->sources), monitor_name(name, sizeof(name), alertmanager));

	return list ? list : &none;
}

static void describe(const struct silence_request *request, const struct settings *alertmanager, struct buf *out)
{
	char age[DURATION_TEXT], *matchers = matchers_text(request->matchers, request->matcher_count);

	if (request->end)
		buf_printf(out, "Alertmanager %s ends silence %s.\n", alertmanager->name, request->end);
	else
		buf_printf(out, "Alertmanager %s keeps alerts quiet for %s that fit\n\n  %s\n\nReason: %s\n\n", alertmanager->name, duration_human(age, request->for_us), matchers, request->comment);
	free(matchers);
}

static enum status check_mode(const struct silences *s, struct error *err)
{
	enum mode mode = watch_mode(s->watch);

	if (mode == MODE_OBSERVER)
		return error_set(err, STATUS_REFUSED, "OBSERVER: nothing is changed (start without --read-only to take part)");
	if (mode != MODE_ARMED)
		return error_set(err, STATUS_REFUSED, "UNARMED: a silence changes what everybody hears (:arm 10m REASON, then again)");
	return STATUS_OK;
}

enum status silences_preview(const struct silences *s, const char *text, struct buf *out, struct error *err)
{
	const struct settings *alertmanager = alertmanager_of(s, &text, err);
	struct silence_request request;

	if (!alertmanager)
		return STATUS_REFUSED;
	enum status status = silence_parse(text, &request, err);
	if (status != STATUS_OK)
		return status;
	describe(&request, alertmanager, out);
	silence_preview(&request, alerts_told(s, alertmanager), out);
	silence_request_free(&request);
	return check_mode(s, err);
}

/* --- the way to Alertmanager and back ------------------------------------------------------- */

static struct silence_act act_of(const struct asked *asked, const char *id)
{
	return (struct silence_act){.alertmanager = asked->alertmanager, .matchers = asked->matchers, .comment = asked->request.comment, .silence = asked->request.end ? asked->request.end : id, .until_us = asked->until_us, .alerts = asked->alerts, .end = asked->request.end != NULL};
}

static void on_sent(void *arg, const char *id, const struct error *sent)
{
	struct asked *asked = arg;
	struct watch *w = asked->silences->watch;
	struct silence_act act = act_of(asked, sent ? NULL : id);
	struct actor who = watch_actor(w);
	struct error err = {0};
	struct drafts drafts;

	drafts_init(&drafts);
	enum status status = act_silence_done(watch_fold(w), &who, asked->incident[0] ? asked->incident : NULL, &act, sent ? sent->text : NULL, &drafts, &err);
	if (status == STATUS_OK)
		status = watch_append(w, &drafts, NULL, NULL, &err);
	drafts_free(&drafts);
	if (sent)
		watch_say(w, 2, sent->text);
	else
		watch_say(w, 0, asked->request.end ? "the silence is ended" : "the silence is set");
	if (status != STATUS_OK)
		watch_say(w, 2, err.text);
	watch_refresh(w);
	asked_free(asked);
}

/* Only what is on record is done. */
static void on_recorded(void *arg, enum status status, const struct error *err)
{
	struct asked *asked = arg;

	(void)err; /* whoever appends tells of it */
	if (status != STATUS_OK || asked->left) {
		asked_free(asked);
		return;
	}
	struct actor who = watch_actor(asked->silences->watch);
	silencer_send(asked->silencer, &asked->request, who.name, asked->incident[0] ? asked->incident : NULL, on_sent, asked);
}

static enum status record(struct asked *asked, struct error *err)
{
	struct watch *w = asked->silences->watch;
	struct actor who = watch_actor(w);
	struct silence_act act;
	struct drafts drafts;

	asked->until_us = asked->request.end ? 0 : who.now_us + asked->request.for_us;
	act = act_of(asked, NULL);
	drafts_init(&drafts);
	enum status status = act_silence_asked(watch_fold(w), &who, asked->incident[0] ? asked->incident : NULL, &act, &drafts, err);
	if (status == STATUS_OK)
		status = watch_append(w, &drafts, on_recorded, asked, err);
	drafts_free(&drafts);
	return status;
}

enum status silences_start(struct silences *s, const char *text, const char *incident, struct error *err)
{
	const struct settings *alertmanager = alertmanager_of(s, &text, err);
	struct buf ignored;

	if (!alertmanager)
		return STATUS_REFUSED;
	if (check_mode(s, err) != STATUS_OK)
		return STATUS_REFUSED;
	if (s->asked)
		return error_set(err, STATUS_CONFLICT, "silence: another one is under way (wait a moment)");
	struct asked *asked = xcalloc(1, sizeof(*asked));
	enum status status = silence_parse(text, &asked->request, err);
	if (status == STATUS_OK) {
		asked->silencer = silencer_new(host_of(s), alertmanager, err);
		status = asked->silencer ? STATUS_OK : STATUS_REFUSED;
	}
	asked->silences = s;
	if (status == STATUS_OK) {
		s->asked = asked;
		text_format(asked->incident, sizeof(asked->incident), "%s", incident ? incident : "");
		text_format(asked->alertmanager, sizeof(asked->alertmanager), "%s", alertmanager->name);
		asked->matchers = asked->request.end ? NULL : matchers_text(asked->request.matchers, asked->request.matcher_count);
		buf_init(&ignored, 64 * 1024);
		asked->alerts = silence_preview(&asked->request, alerts_told(s, alertmanager), &ignored);
		buf_free(&ignored);
		status = record(asked, err);
	}
	if (status != STATUS_OK)
		asked_free(asked);
	return status;
}

/* --- silences that hide what an incident is about --------------------------------------------- */

static const char *name_in(const char *id)
{
	const char *slash = strchr(id, '/');

	return slash ? slash + 1 : id;
}

/* What people may call it in a matcher. */
static void collect_names(const struct world *world, const char *id, const char *names[NAMES_MAX + 1])
{
	const struct component *c = world_find(world, id), *partner;
	size_t count = 0;

	names[count++] = name_in(id);
	if (c && strcmp(c->name, names[0]) != 0)
		names[count++] = c->name;
	partner = c ? world_partner(c) : NULL;
	if (partner)
		names[count++] = partner->name;
	for (size_t i = 0; i < world_count(world, KIND_POD) && count < NAMES_MAX; i++) {
		const struct component *pod = world_at(world, KIND_POD, i);
		for (size_t slot = 0; slot < RELATED_SOURCE; slot++) {
			const char *related = component_related(pod, slot);
			if (related && strcmp(related, id) == 0 && count < NAMES_MAX)
				names[count++] = pod->name;
		}
	}
	names[count] = NULL;
}

/* An alert about the component is quiet because of it. */
static bool quiets(const struct world *world, const struct alert_list *alerts, const struct silence *silence, const char *id)
{
	char whole[96];

	for (size_t i = 0; alerts && i < alerts->count; i++) {
		const struct alert *alert = &alerts->items[i];
		if (!alert->silence || strcmp(alert->silence, silence->id) != 0)
			continue;
		const struct component *c = world_find(world, text_format(whole, sizeof(whole), "alert/%s", alert->id));
		for (size_t slot = 0; c && slot < RELATED_SOURCE; slot++) {
			const char *related = component_related(c, slot);
			if (related && strcmp(related, id) == 0)
				return true;
		}
	}
	return false;
}

static void look_at(const struct silences *s, const struct incident *incident, const struct silence *silence, const char *source, int64_t now_us, struct drafts *out)
{
	const struct world *world = watch_world(s->watch);
	const struct alert_list *alerts = alerts_of(sources_alerts(s->sources), source);
	const char *hidden[HIDDEN_MAX + 1], *names[NAMES_MAX + 1];
	size_t count = 0;

	for (size_t i = 0; i < incident->component_count && count < HIDDEN_MAX; i++) {
		collect_names(world, incident->components[i], names);
		if (silence_hides(silence, names) || quiets(world, alerts, silence, incident->components[i]))
			hidden[count++] = incident->components[i];
	}
	hidden[count] = NULL;
	if (count == 0 || silence_was_found(watch_fold(s->watch), incident, silence->id))
		return;
	act_silence_found(incident->id, &(struct silence_act){.alertmanager = name_in(source), .silence = silence->id, .by = silence->by, .comment = silence->comment, .until_us = silence->ends_us}, hidden, now_us, out);
}

void silences_news(const struct silences *s, int64_t now_us, struct drafts *out)
{
	const struct fold *fold = watch_fold(s->watch);
	const struct silence *silence;
	const char *source;

	for (size_t i = 0; (silence = alerts_silence_at(sources_alerts(s->sources), i, &source)); i++) {
		for (size_t j = 0; silence->active && j < fold_incident_count(fold); j++) {
			const struct incident *incident = fold_incident_at(fold, j);
			if (incident->stage < STAGE_REVIEW)
				look_at(s, incident, silence, source, now_us, out);
		}
	}
}
