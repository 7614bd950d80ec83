#include "comms/compose.h"

#include "base/mem.h"
#include "base/text.h"
#include "comms/kind.h"

#include <stdlib.h>
#include <string.h>

enum {
	LINE_BYTES_MAX = 480,
	LIST_BYTES_MAX = 300,
	TEXT_BYTES_MAX = 16 * 1024,
	STEPS_TOLD = 3,
};

void composition_free(struct composition *c)
{
	free(c->audience);
	free(c->conditions);
	free(c->actions);
	free(c->needs);
	free(c->subject);
	free(c->text);
	*c = (struct composition){0};
}

/* --- what the record says ------------------------------------------------------------------- */

static bool is_over(const struct incident *incident)
{
	return incident->stage == STAGE_REVIEW || incident->stage == STAGE_CLOSED;
}

static char *conditions_of(const struct incident *incident)
{
	size_t passed = 0;
	for (size_t i = 0; i < incident->check_count; i++)
		passed += incident->checks[i].passed;
	const char *impact = incident->impact ? incident->impact : incident->title;
	if (is_over(incident))
		return xstrdup(incident->overridden ? "closed although not all checks passed" : "recovered; all checks passed");
	if (incident->stage == STAGE_RESOLVE && incident->check_total > 0)
		return xasprintf("a fix is in; %zu of %zu checks pass", passed, incident->check_total);
	return xasprintf("%.*s", (int)strcspn(impact, "\n"), impact);
}

static const char *state_words(const struct step_record *step)
{
	switch (step->state) {
	case STEP_DONE:
		return "done";
	case STEP_SKIPPED:
		return "skipped";
	case STEP_RUNNING:
		return "running";
	case STEP_FAILED:
		return "failed";
	default:
		return "tried";
	}
}

/* The newest steps that somebody touched, the oldest of them first. */
static void tell_steps(const struct incident *incident, struct buf *out)
{
	const struct step_record *newest[STEPS_TOLD] = {NULL};
	for (size_t i = 0; i < incident->step_count; i++) {
		const struct step_record *step = &incident->steps[i];
		if (step->at_us == 0)
			continue;
		for (size_t k = 0; k < STEPS_TOLD && step; k++) {
			if (newest[k] && newest[k]->at_us >= step->at_us)
				continue;
			const struct step_record *pushed = newest[k];
			newest[k] = step;
			step = pushed;
		}
	}
	for (size_t k = STEPS_TOLD; k-- > 0;)
		if (newest[k])
			buf_printf(out, "%sstep %s %s%s%s", out->len ? "; " : "", newest[k]->number, newest[k]->title, newest[k]->title[0] ? " " : "", state_words(newest[k]));
}

static char *actions_of(const struct incident *incident)
{
	struct buf out;
	buf_init(&out, LINE_BYTES_MAX);
	if (incident->stage == STAGE_RESPOND || incident->stage == STAGE_RESOLVE)
		tell_steps(incident, &out);
	if (out.len == 0) {
		static const char *const words[STAGE_COUNT] = {
			[STAGE_DETECT] = "looking into it",
			[STAGE_TRIAGE] = "finding out what is affected and how badly",
			[STAGE_RESPOND] = "working on it",
			[STAGE_RESOLVE] = "watching whether it holds",
			[STAGE_REVIEW] = "writing the review",
			[STAGE_CLOSED] = "none left",
		};
		buf_puts(&out, words[incident->stage]);
		if (incident->stage == STAGE_RESPOND && incident->runbook[0])
			buf_printf(&out, " with the runbook %s", incident->runbook);
	}
	return buf_take(&out);
}

static char *needs_of(const struct incident *incident)
{
	if (!is_over(incident) && !incident->owner[0])
		return xstrdup("somebody in command");
	return xstrdup("nothing for now");
}

/* --- the template's values ----------------------------------------------------------------------- */

static void tell_components(const struct incident *incident, struct buf *out)
{
	size_t i = 0;
	for (; i < incident->component_count && out->len < LIST_BYTES_MAX - 100; i++)
		buf_printf(out, "%s%s", i ? ", " : "", incident->components[i]);
	if (i < incident->component_count)
		buf_printf(out, " and %zu more", incident->component_count - i);
}

static int64_t ended_us(const struct incident *incident, int64_t now_us)
{
	return is_over(incident) && incident->stage_us[STAGE_REVIEW] ? incident->stage_us[STAGE_REVIEW] : now_us;
}

enum status compose_text(struct composition *c, const struct incident *incident, const char *network, int64_t now_us, struct error *err)
{
	struct template template;
	struct buf subject, text, components;
	char since[TIME_TEXT], next[TIME_TEXT] = "", now[TIME_TEXT], lasted[DURATION_TEXT], number[24];
	if (c->own_text)
		return STATUS_OK;
	enum status status = template_load(&template, c->audience, NULL, err);
	if (status != STATUS_OK)
		return status;
	buf_init(&components, LIST_BYTES_MAX);
	tell_components(incident, &components);
	if (c->next_us > 0)
		minute_text(next, c->next_us);
	text_format(number, sizeof(number), "%zu", incident->update_count + 1);
	const struct template_value values[] = {
		{"incident", incident->id},
		{"number", number},
		{"title", incident->title},
		{"severity", incident->severity == SEVERITY_UNSET ? "unrated" : severity_name(incident->severity)},
		{"stage", stage_name(incident->stage)},
		{"network", network},
		{"commander", incident->owner[0] ? incident->owner : "nobody yet"},
		{"scribe", incident->scribe[0] ? incident->scribe : "nobody yet"},
		{"components", buf_text(&components)},
		{"impact", incident->impact},
		{"since", minute_text(since, incident->impact_started_us)},
		{"duration", duration_human(lasted, ended_us(incident, now_us) - incident->impact_started_us)},
		{"conditions", c->conditions},
		{"actions", c->actions},
		{"needs", c->needs},
		{"next", next},
		{"now", minute_text(now, now_us)},
		{"runbook", incident->runbook},
		{"resolution", incident->sections[SECTION_RESOLUTION]},
		{"root_cause", incident->sections[SECTION_ROOT_CAUSE]},
		{"audience", c->audience},
	};
	buf_init(&subject, LINE_BYTES_MAX);
	buf_init(&text, TEXT_BYTES_MAX);
	status = template_write(&template, stage_name(incident->stage), values, ARRAY_LENGTH(values), &subject, &text, err);
	if (status == STATUS_OK)
		status = buf_check(&text, "the update", err);
	if (status == STATUS_OK) {
		mem_set(&c->subject, buf_text(&subject));
		mem_set(&c->text, buf_text(&text));
	}
	buf_free(&components);
	buf_free(&subject);
	buf_free(&text);
	template_free(&template);
	return status;
}

enum status compose_begin(struct composition *out, const struct incident *incident, const char *audience, const char *network, int64_t interval_us, int64_t now_us, struct error *err)
{
	*out = (struct composition){
		.audience = xstrdup(audience),
		.conditions = conditions_of(incident),
		.actions = actions_of(incident),
		.needs = needs_of(incident),
		.subject = xstrdup(""),
		.text = xstrdup(""),
		.next_us = interval_us && !is_over(incident) ? now_us + interval_us : 0,
	};
	return compose_text(out, incident, network, now_us, err);
}

void compose_again(struct composition *out, const struct update_record *update)
{
	*out = (struct composition){
		.audience = xstrdup(update->audience),
		.conditions = xstrdup(update->conditions ? update->conditions : ""),
		.actions = xstrdup(update->actions ? update->actions : ""),
		.needs = xstrdup(update->needs ? update->needs : ""),
		.subject = xstrdup(update->subject),
		.text = xstrdup(update->text),
		.next_us = update->next_us,
		.own_text = true,
	};
}

enum status compose_check(const char *audience, struct error *err)
{
	enum status status = STATUS_OK;

	for (int stage = 0; stage < STAGE_COUNT && status == STATUS_OK; stage++) {
		const struct incident nobodys = {.id = "INC-0", .severity = SEVERITY_UNSET, .stage = (enum stage)stage};
		struct composition c;
		status = compose_begin(&c, &nobodys, audience, "", 0, 0, err);
		composition_free(&c);
	}
	return status;
}
