#include "incident/people.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

const struct settings_def person_section = {
	.word = "person",
	.named = true,
	.help = "Somebody who takes part, and how to tell them. The name is the one that they give with --as.",
	.items = (const struct setting_def[]){
		{.name = "full_name", .type = SETTING_TEXT, .help = "As others write it."},
		{.name = "roles", .type = SETTING_TEXT, .help = "What the person is there for, as words parted by blanks; steps of the escalation name them: on-call, team-lead, engineering-manager, cto, operations, ..."},
		{.name = "pagerduty", .type = SETTING_TEXT, .help = "The person's name or service at PagerDuty; the key is that of the channel."},
		{.name = "slack", .type = SETTING_TEXT, .help = "The person's member id or name at Slack."},
		{.name = "email", .type = SETTING_TEXT, .help = "The person's mail address."},
		{.name = "phone", .type = SETTING_TEXT, .help = "The person's number, for people to call."},
		{0},
	},
};

const struct settings_def escalation_section = {
	.word = "escalation",
	.named = true,
	.help = "One step of the ladder, in the order of the file. Without any, the ladder is that of the Incident Response Runbook: on-call always, team-lead for P0 and P1, engineering-manager for P0, cto for security incidents.",
	.items = (const struct setting_def[]){
		{.name = "title", .type = SETTING_TEXT, .help = "As people read it; without it, the step's name."},
		{.name = "people", .type = SETTING_TEXT, .help = "Who is told: names of persons or roles, parted by blanks; without it, the persons whose role is the step's name."},
		{.name = "when", .type = SETTING_WORD, .help = "For which incidents: p1 means P1 and worse.", .fallback = "always", .choices = "always p0 p1 p2 security"},
		{.name = "after", .type = SETTING_DURATION, .help = "How long after the declaration the step is due.", .fallback = "10m"},
		{.name = "wait", .type = SETTING_DURATION, .help = "How long an acknowledgement is waited for.", .fallback = "5m"},
		{0},
	},
};

/* Escalation path of the Incident Response Runbook; the times are ours. */
static const struct rung shipped[] = {
	{"on-call", "On-call engineer", "on-call", "always", 5 * US_PER_MINUTE, 5 * US_PER_MINUTE},
	{"team-lead", "Team lead", "team-lead", "p1", 10 * US_PER_MINUTE, 5 * US_PER_MINUTE},
	{"engineering-manager", "Engineering manager", "engineering-manager", "p0", 20 * US_PER_MINUTE, 10 * US_PER_MINUTE},
	{"cto", "CTO", "cto", "security", 5 * US_PER_MINUTE, 15 * US_PER_MINUTE},
};

static const char *const contact_names[CONTACT_COUNT] = {
	[CONTACT_PAGERDUTY] = "pagerduty",
	[CONTACT_SLACK] = "slack",
	[CONTACT_EMAIL] = "email",
	[CONTACT_PHONE] = "phone",
	[CONTACT_HAND] = "hand",
};

const char *contact_name(enum contact contact)
{
	return (unsigned)contact < CONTACT_COUNT ? contact_names[contact] : "?";
}

bool contact_parse(const char *text, enum contact *out)
{
	for (int i = 0; i < CONTACT_COUNT; i++) {
		if (strcmp(text, contact_names[i]) == 0) {
			*out = (enum contact)i;
			return true;
		}
	}
	return false;
}

/* --- reading ------------------------------------------------------------------------ */

static const char *text_or(const struct settings *section, const char *name, const char *otherwise)
{
	const char *text = settings_text(section, name);
	return text ? text : otherwise;
}

static struct person read_person(const struct settings *section)
{
	struct person person = {
		.name = section->name,
		.full_name = text_or(section, "full_name", section->name),
		.roles = text_or(section, "roles", ""),
	};
	for (int i = 0; i < CONTACT_HAND; i++)
		person.contacts[i] = settings_text(section, contact_names[i]);
	return person;
}

static struct rung read_rung(const struct settings *section)
{
	return (struct rung){
		.name = section->name,
		.title = text_or(section, "title", section->name),
		.people = text_or(section, "people", section->name),
		.when = settings_text(section, "when"),
		.after_us = settings_number(section, "after") * US_PER_MS,
		.wait_us = settings_number(section, "wait") * US_PER_MS,
	};
}

static void read_channels(const struct settings *sections, size_t count, struct people *out)
{
	const struct settings *channel;
	enum contact contact;
	out->reaches[CONTACT_PHONE] = out->reaches[CONTACT_HAND] = true;
	for (size_t i = 0; (channel = settings_at(sections, count, "channel", i)); i++) {
		const char *kind = settings_text(channel, "kind");
		if (kind && contact_parse(kind, &contact))
			out->reaches[contact] = true;
	}
}

void people_read(const struct settings *sections, size_t count, struct people *out)
{
	*out = (struct people){
		.persons = xcalloc(count + 1, sizeof(*out->persons)),
		.rungs = xcalloc(count + ARRAY_LENGTH(shipped), sizeof(*out->rungs)),
	};
	for (size_t i = 0; i < count; i++) {
		if (sections[i].def == &person_section)
			out->persons[out->person_count++] = read_person(&sections[i]);
		if (sections[i].def == &escalation_section)
			out->rungs[out->rung_count++] = read_rung(&sections[i]);
	}
	read_channels(sections, count, out);
	if (out->rung_count == 0) {
		memcpy(out->rungs, shipped, sizeof(shipped));
		out->rung_count = ARRAY_LENGTH(shipped);
	}
}

void people_free(struct people *people)
{
	free(people->persons);
	free(people->rungs);
	*people = (struct people){0};
}

/* --- asking -------------------------------------------------------------------------- */

/* Of one word of a list. */
enum { NAME_WORD = 64 };

static bool has_word(const char *words, const char *wanted)
{
	char word[NAME_WORD];
	while (text_word(&words, word, sizeof(word))) {
		if (strcmp(word, wanted) == 0)
			return true;
	}
	return false;
}

const struct person *people_find(const struct people *people, const char *name)
{
	for (size_t i = 0; i < people->person_count; i++) {
		if (strcmp(people->persons[i].name, name) == 0)
			return &people->persons[i];
	}
	return NULL;
}

const struct rung *people_rung(const struct people *people, const char *name)
{
	for (size_t i = 0; i < people->rung_count; i++) {
		if (strcmp(people->rungs[i].name, name) == 0)
			return &people->rungs[i];
	}
	return NULL;
}

bool person_has_role(const struct person *person, const char *role)
{
	return has_word(person->roles, role);
}

enum contact person_contact(const struct people *people, const struct person *person)
{
	int contact = 0;
	while (contact < CONTACT_HAND && !(person->contacts[contact] && people->reaches[contact]))
		contact++;
	return (enum contact)contact;
}

/* Named by the step, or there for what the step names. */
static bool is_meant(const struct person *person, const struct rung *rung)
{
	const char *words = rung->people;
	char word[NAME_WORD];
	while (text_word(&words, word, sizeof(word))) {
		if (strcmp(word, person->name) == 0 || person_has_role(person, word))
			return true;
	}
	return false;
}

const struct person *rung_person(const struct people *people, const struct rung *rung, size_t i)
{
	for (size_t k = 0; k < people->person_count; k++) {
		if (is_meant(&people->persons[k], rung) && i-- == 0)
			return &people->persons[k];
	}
	return NULL;
}

/* The list of causes has none of security that a machine could find: what people work by
 * tells it. */
static bool is_security(const struct incident *incident)
{
	static const char name[] = "security-incident";
	return strcmp(incident->runbook, name) == 0 || strcmp(incident->runbook_suggested, name) == 0 || strcmp(cause_def(incident->cause)->name, name) == 0;
}

bool rung_applies(const struct rung *rung, const struct incident *incident)
{
	enum severity least;
	if (strcmp(rung->when, "security") == 0)
		return is_security(incident);
	return !severity_parse(rung->when, &least) || incident->severity <= least;
}

const char *rung_when(const struct rung *rung)
{
	static const struct {
		const char *when, *words;
	} all[] = {{"p0", "P0"}, {"p1", "P0 and P1"}, {"p2", "P0 to P2"}, {"security", "security"}};
	for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
		if (strcmp(rung->when, all[i].when) == 0)
			return all[i].words;
	}
	return "every incident";
}

const struct escalation *rung_told(const struct rung *rung, const struct incident *incident)
{
	for (size_t i = incident->escalation_count; i-- > 0;) {
		if (strcmp(incident->escalations[i].step, rung->name) == 0)
			return &incident->escalations[i];
	}
	return NULL;
}

bool rung_is_owed(const struct people *people, const struct rung *rung, const struct incident *incident)
{
	const struct person *commander = people_find(people, incident->owner);
	bool answered = incident->owner[0] && (has_word(rung->people, "on-call") || (commander && is_meant(commander, rung)));
	return !answered && rung_applies(rung, incident) && !rung_told(rung, incident);
}

const struct rung *people_next_rung(const struct people *people, const struct incident *incident)
{
	const struct rung *next = NULL;
	for (size_t i = 0; i < people->rung_count; i++) {
		const struct rung *rung = &people->rungs[i];
		if (rung_is_owed(people, rung, incident) && (!next || rung->after_us < next->after_us))
			next = rung;
	}
	return next;
}
