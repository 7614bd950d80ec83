#include "watch/values.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct typed {
	char incident[16];
	char name[64];
	char *value;
	char who[64];
};

struct values {
	const struct config *config;
	const struct world *world;
	struct bindings current;
	struct mask *mask;
	struct typed *typed;
	size_t typed_count;
};

/* A value that is a URL, by its name or its look, may hold secrets like any other. */
static void learn_secrets(struct values *v, const char *name, const char *value)
{
	char normal[64];
	bool named = binding_name(name, strlen(name), normal) && (shape_of(normal) == SHAPE_URL || shape_of(normal) == SHAPE_ENDPOINT);

	if (named || strstr(value, "://"))
		mask_add_url(v->mask, value);
}

struct values *values_new(const struct config *config, const struct world *world)
{
	struct values *v = xcalloc(1, sizeof(*v));

	v->config = config;
	v->world = world;
	bindings_init(&v->current);
	v->mask = mask_new();
	for (size_t i = 0; i < config->node_count; i++)
		if (config->nodes[i].url)
			mask_add_url(v->mask, config->nodes[i].url);
	for (size_t i = 0; i < config->value_count; i++)
		learn_secrets(v, config->values[i].name, config->values[i].value);
	return v;
}

void values_free(struct values *v)
{
	if (!v)
		return;
	bindings_free(&v->current);
	mask_free(v->mask);
	for (size_t i = 0; i < v->typed_count; i++)
		free(v->typed[i].value);
	free(v->typed);
	free(v);
}

void values_type(struct values *v, const char *incident, const char *name, const char *value, const char *who)
{
	struct typed *slot = NULL;

	for (size_t i = 0; i < v->typed_count; i++)
		if (strcmp(v->typed[i].incident, incident) == 0 && strcmp(v->typed[i].name, name) == 0)
			slot = &v->typed[i];
	if (!slot) {
		v->typed = xreallocarray(v->typed, v->typed_count + 1, sizeof(*v->typed));
		slot = &v->typed[v->typed_count++];
		*slot = (struct typed){0};
	}
	text_format(slot->incident, sizeof(slot->incident), "%s", incident);
	text_format(slot->name, sizeof(slot->name), "%s", name);
	text_format(slot->who, sizeof(slot->who), "%s", who);
	mem_set(&slot->value, value);
	learn_secrets(v, name, value);
}

static const struct config_node *config_node_named(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->node_count; i++)
		if (strcmp(config->nodes[i].name, name) == 0)
			return &config->nodes[i];
	return NULL;
}

/* The node behind a component: a validator's node, or the node itself. */
static const struct config_node *node_of(const struct values *v, const struct component *c)
{
	const char *name = c->name;

	if (c->kind == KIND_VALIDATOR && component_text(c, VALIDATOR_NODE))
		name = component_text(c, VALIDATOR_NODE);
	return config_node_named(v->config, name);
}

static void offer_node(struct values *v, const struct config_node *node, const char *from)
{
	const char *pod = node->pod ? node->pod : node->name;

	bindings_set(&v->current, "pod", pod, from);
	bindings_set(&v->current, node->role && strcmp(node->role, "rpc") == 0 ? "rpc_pod" : "validator_pod", pod, from);
	bindings_set(&v->current, "node", node->name, from);
	bindings_set(&v->current, "node_url", node->url, from);
}

/* A node to ask how the chain is: reachable, and not one of the sick. */
static const struct config_node *healthy_node(const struct values *v)
{
	const struct config_node *any = NULL;

	for (size_t i = 0; i < world_count(v->world, KIND_NODE); i++) {
		const struct component *c = world_at(v->world, KIND_NODE, i);
		const struct config_node *node = config_node_named(v->config, c->name);
		if (!node || c->reach != REACH_OK || c->seen_us == 0)
			continue;
		if (c->health == HEALTH_OK && node->role && strcmp(node->role, "rpc") == 0)
			return node;
		if (!any || c->health == HEALTH_OK)
			any = node;
	}
	return any;
}

static void offer_configuration(struct values *v)
{
	char number[24];
	const struct config *c = v->config;

	bindings_set(&v->current, "namespace", config_namespace(c), "configuration [kubernetes]");
	if (config_context(c))
		bindings_set(&v->current, "context", config_context(c), "configuration [kubernetes]");
	if (c->chain_id)
		bindings_set(&v->current, "chain_id", text_format(number, sizeof(number), "%llu", (unsigned long long)c->chain_id), "configuration [network]");
	const struct config_node *node = healthy_node(v);
	if (node) {
		char from[96];
		text_format(from, sizeof(from), "node/%s, which answers", node->name);
		bindings_set(&v->current, "rpc_url", node->url, from);
		bindings_set(&v->current, "rpc_endpoint", strstr(node->url, "://") + 3, from);
	}
	for (size_t i = 0; i < c->value_count; i++)
		bindings_set(&v->current, c->values[i].name, c->values[i].value, "configuration [values]");
}

/* The first sick component of each sort names the pods that commands are about. */
static void offer_components(struct values *v, const struct incident *incident)
{
	for (size_t i = incident->component_count; i > 0; i--) {
		const struct component *c = world_find(v->world, incident->components[i - 1]);
		char from[96];
		if (!c || c->kind == KIND_CHAIN)
			continue;
		const struct config_node *node = node_of(v, c);
		text_format(from, sizeof(from), "affected %s", c->id);
		if (node)
			offer_node(v, node, from);
		if (c->kind == KIND_VALIDATOR && component_text(c, VALIDATOR_ADDRESS))
			bindings_set(&v->current, "validator_address", component_text(c, VALIDATOR_ADDRESS), from);
	}
}

const struct bindings *values_of(struct values *v, const struct incident *incident)
{
	bindings_free(&v->current);
	bindings_init(&v->current);
	if (incident)
		offer_components(v, incident);
	offer_configuration(v);
	for (size_t i = 0; incident && i < v->typed_count; i++) {
		char from[96];
		if (strcmp(v->typed[i].incident, incident->id) != 0)
			continue;
		text_format(from, sizeof(from), "typed by %s", v->typed[i].who);
		bindings_set(&v->current, v->typed[i].name, v->typed[i].value, from);
	}
	return &v->current;
}

void values_hide(struct values *v, const char *secret)
{
	mask_add_token(v->mask, secret);
}

const struct mask *values_mask(const struct values *v)
{
	return v->mask;
}
