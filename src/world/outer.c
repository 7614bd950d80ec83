/* Everything beside chain, nodes and validators: it comes and goes as its source says, and
 * what its source has not confirmed for long is stale. */
#include "world/private.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static struct outer_detail *outer_detail(const struct component *c)
{
	return c->detail;
}

struct component *world_add(struct world *world, enum kind kind, const char *name, const char *source, int64_t stale_after_us)
{
	char id[sizeof(((struct component *)0)->id)], text[sizeof(id)];
	struct outer_detail *detail;
	struct component *c;

	text_format(text, sizeof(text), "%s/%s", kind_name(kind), name);
	text_clean(id, sizeof(id), text, strlen(text));
	c = lookup_get(&world->lookup, id);
	if (c != NULL)
		return c;
	detail = xcalloc(1, sizeof(*detail));
	detail->stale_after_us = stale_after_us;
	c = component_add(world, kind, id, name, source, detail);
	text_format(c->reason, sizeof(c->reason), "not asked yet");
	return c;
}

void world_remove(struct world *world, struct component *c, int64_t at_us, const char *why)
{
	struct component_list *list = &world->lists[c->kind];
	const struct settling *settling = c->detail;
	enum health from = c->health;
	size_t i = 0;

	if (settling->judged && from != HEALTH_OK) {
		c->health = HEALTH_OK;
		c->since_us = at_us;
		text_clean(c->reason, sizeof(c->reason), why, strlen(why));
		world_note_change(world, c, from);
	}
	while (list->items[i] != c)
		i++;
	memmove(list->items + i, list->items + i + 1, (list->count - i - 1) * sizeof(*list->items));
	list->count--;
	lookup_drop(&world->lookup, c->id);
	component_free(c);
	world->generation++;
}

void world_remove_unconfirmed(struct world *world, enum kind kind, const char *source, int64_t before_us, int64_t at_us, const char *why)
{
	struct component_list *list = &world->lists[kind];

	for (size_t i = list->count; i-- > 0;) {
		struct component *c = list->items[i];

		if (c->seen_us < before_us && strcmp(c->source, source) == 0)
			world_remove(world, c, at_us, why);
	}
}

void world_set_number(struct component *c, int index, int64_t number, int64_t at_us)
{
	component_set_number(c, index, number, at_us);
}

void world_set_flag(struct component *c, int index, bool flag, int64_t at_us)
{
	component_set_flag(c, index, flag, at_us);
}

void world_set_text(struct component *c, int index, const char *text, int64_t at_us)
{
	component_set_text(c, index, text, at_us);
}

void world_unset(struct component *c, int index)
{
	component_unset(c, index);
}

void world_set_name(struct component *c, const char *name)
{
	text_clean(c->name, sizeof(c->name), name, strlen(name));
}

/* The table of ids holds places too, behind a word that no id begins with. */
static char *place_key(char *dst, size_t size, const char *place)
{
	return text_format(dst, size, "place/%s", place);
}

void world_tell_place(struct world *world, const char *node, const char *pod, const char *host)
{
	const char *const places[] = {pod, host};
	char key[288];
	struct component *c = lookup_get(&world->lookup, text_format(key, sizeof(key), "node/%s", node));

	for (size_t i = 0; c && i < ARRAY_LENGTH(places); i++) {
		if (!places[i] || !places[i][0])
			continue;
		/* A place of two nodes tells nothing: the chain stands there then. */
		struct component *other = lookup_get(&world->lookup, place_key(key, sizeof(key), places[i]));
		lookup_put(&world->lookup, key, other && other != c ? world->chain : c);
	}
}

const struct component *world_node_at(const struct world *world, const char *place)
{
	char key[288];
	const struct component *c = lookup_get(&world->lookup, text_format(key, sizeof(key), "node/%s", place));

	if (!c)
		c = lookup_get(&world->lookup, place_key(key, sizeof(key), place));
	return c && c->kind == KIND_NODE ? c : NULL;
}

void world_relate(struct component *c, size_t slot, const char *id)
{
	text_clean(outer_detail(c)->related[slot], sizeof(outer_detail(c)->related[slot]), id, strlen(id));
}

const char *component_related(const struct component *c, size_t slot)
{
	if (c->kind < KIND_LANE || slot >= RELATED_MAX || outer_detail(c)->related[slot][0] == '\0')
		return NULL;
	return outer_detail(c)->related[slot];
}

/* --- judging --------------------------------------------------------------------- */

static void judge(struct world *world, struct component *c, int64_t now_us)
{
	struct outer_detail *detail = outer_detail(c);
	struct finding lost = {.certain = true};
	char age[DURATION_TEXT];

	if (detail->failing_since_us != 0 && now_us - detail->failing_since_us >= world->thresholds.dwell_ms * US_PER_MS) {
		lost.since_us = detail->failing_since_us;
		lost.verdict = verdict_make(detail->seen ? HEALTH_STALE : HEALTH_UNKNOWN, detail->failing == REACH_REFUSING ? SYMPTOM_REFUSING : SYMPTOM_UNREACHABLE, "cannot be seen: %.120s", detail->why);
		component_settle(world, c, &lost, now_us);
		return;
	}
	if (detail->seen && now_us - c->seen_us > detail->stale_after_us) {
		lost.since_us = c->seen_us + detail->stale_after_us;
		lost.verdict = verdict_make(HEALTH_STALE, SYMPTOM_UNSAMPLED, "no news for %s", duration_human(age, now_us - c->seen_us));
		component_settle(world, c, &lost, now_us);
		return;
	}
	if (detail->seen && detail->failing_since_us == 0)
		component_settle(world, c, &detail->finding, now_us);
}

void outer_judge(struct world *world, int64_t now_us)
{
	for (int kind = KIND_LANE; kind < KIND_COUNT; kind++)
		for (size_t i = 0; i < world->lists[kind].count; i++)
			judge(world, world->lists[kind].items[i], now_us);
}

bool world_outer_settled(const struct world *world)
{
	for (int kind = KIND_LANE; kind < KIND_COUNT; kind++) {
		for (size_t i = 0; i < world->lists[kind].count; i++) {
			const struct component *c = world->lists[kind].items[i];

			if (c->tried_us == 0 || !outer_detail(c)->settling.judged || outer_detail(c)->settling.pending)
				return false;
		}
	}
	return true;
}

void world_sight(struct world *world, struct component *c, const struct sighting *sighting)
{
	struct outer_detail *detail = outer_detail(c);

	c->tried_us = c->seen_us = sighting->at_us;
	c->reach = sighting->reach;
	/* A fault that goes on began when it was found first. */
	int64_t since_us = sighting->since_us;
	if (since_us == 0 && detail->seen && detail->finding.verdict.health == sighting->verdict.health)
		since_us = detail->finding.since_us;
	detail->finding = (struct finding){.verdict = sighting->verdict, .since_us = since_us != 0 ? since_us : sighting->at_us, .certain = sighting->certain};
	detail->seen = true;
	detail->failing_since_us = 0;
	world_note_heard(world, c);
	judge(world, c, sighting->at_us);
}

void world_miss(struct world *world, struct component *c, int64_t at_us, enum reach reach, const char *why)
{
	struct outer_detail *detail = outer_detail(c);

	c->tried_us = at_us;
	c->reach = reach;
	detail->failing = reach;
	text_clean(detail->why, sizeof(detail->why), why, strlen(why));
	if (detail->failing_since_us == 0)
		detail->failing_since_us = at_us;
	if (!detail->settling.judged)
		text_format(c->reason, sizeof(c->reason), "cannot be seen so far: %.120s", detail->why);
	judge(world, c, at_us);
}

void outer_clock_stepped(struct component *c, int64_t step_us)
{
	struct outer_detail *detail = outer_detail(c);

	if (detail->failing_since_us != 0)
		detail->failing_since_us += step_us;
	if (detail->finding.since_us != 0)
		detail->finding.since_us += step_us;
}
