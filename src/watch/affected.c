#include "watch/affected.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Numbers that say how it is, not those that only tell the time. */
static void add_number(struct buf *out, const struct component *c, int value, const char *fmt_one, const char *fmt_many)
{
	int64_t number;

	if (component_number(c, value, &number))
		buf_printf(out, ", %lld %s", (long long)number, number == 1 ? fmt_one : fmt_many);
}

static char *state_text(const struct component *c)
{
	struct buf out;

	buf_init(&out, 200);
	buf_puts(&out, health_name(c->health));
	if (c->reach == REACH_REFUSING || c->reach == REACH_UNREACHABLE)
		buf_printf(&out, ", %s", reach_name(c->reach));
	if (c->kind == KIND_CHAIN) {
		add_number(&out, c, CHAIN_ALIVE, "validator alive", "validators alive");
		add_number(&out, c, CHAIN_HEAD, "is its head", "is its head");
	} else if (c->kind == KIND_NODE && c->reach == REACH_OK) {
		add_number(&out, c, NODE_PEERS, "peer", "peers");
		add_number(&out, c, NODE_LAG, "block behind", "blocks behind");
	}
	return buf_take(&out);
}

static void add_component(struct affected *out, const struct component *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < out->count; i++)
		if (strcmp(out->rows[i].component, c->id) == 0)
			return;
	char **texts = &out->owned[2 * out->count];
	texts[0] = xstrdup(c->id);
	texts[1] = state_text(c);
	out->rows[out->count++] = (struct step_state_row){texts[0], texts[1]};
}

/* With the node behind a validator, and the chain: what is done to one shows in the others. */
void affected_take(struct affected *out, const struct world *world, const struct incident *incident)
{
	size_t most = 2 * incident->component_count + 1;

	*out = (struct affected){.rows = xcalloc(most, sizeof(*out->rows)), .owned = xcalloc(2 * most, sizeof(char *))};
	for (size_t i = 0; i < incident->component_count; i++) {
		const struct component *c = world_find(world, incident->components[i]);
		const char *node = c && c->kind == KIND_VALIDATOR ? component_text(c, VALIDATOR_NODE) : NULL;
		char id[96];
		add_component(out, c);
		if (node)
			add_component(out, world_find(world, text_format(id, sizeof(id), "node/%s", node)));
	}
	add_component(out, world_chain(world));
}

void affected_free(struct affected *affected)
{
	for (size_t i = 0; i < 2 * affected->count; i++)
		free(affected->owned[i]);
	free(affected->owned);
	free(affected->rows);
	*affected = (struct affected){0};
}
