#include "watch/values.h"

#include "base/mem.h"
#include "base/secret.h"
#include "base/text.h"
#include "watch/offer.h"
#include "watch/mask_shape.h"
#include "watch/offer_pods.h"

#include <stdlib.h>
#include <string.h>

enum { SECRET_BYTES_MAX = 16 * 1024 };

struct typed {
	char incident[16];
	char name[64];
	char *value;
	char who[64];
	bool secret;
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

static enum status read_secret_file(const char *name, const char *path, char **out, struct error *err)
{
	struct buf text;
	struct error why = {0};

	buf_init(&text, SECRET_BYTES_MAX);
	enum status status = secret_file(path, &text, &why);
	if (status == STATUS_OK)
		*out = buf_take(&text);
	else
		error_set(err, status, "%s: %s", name, why.text);
	buf_free(&text);
	return status;
}

enum status value_read(const char *name, const char *value, char **out, bool *secret, struct error *err)
{
	*out = NULL;
	*secret = true;
	if (strncmp(value, "file:", 5) == 0)
		return read_secret_file(name, value + 5, out, err);
	if (strncmp(value, "env:", 4) == 0) {
		const char *found = getenv(value + 4);
		if (!found || !*found)
			return error_set(err, STATUS_INVALID, "%s: environment variable %s is not set (export it before the start)", name, value + 4);
		*out = xstrdup(found);
		return STATUS_OK;
	}
	*secret = mask_name_is_secret(name);
	*out = xstrdup(value);
	return STATUS_OK;
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
	for (size_t i = 0; i < config->section_count; i++)
		if (strcmp(config->sections[i].def->word, "chain") == 0 && settings_has(&config->sections[i], "rpc"))
			mask_add_url(v->mask, settings_text(&config->sections[i], "rpc"));
	for (size_t i = 0; i < config->value_count; i++) {
		bool secret;
		char *value;
		if (value_read(config->values[i].name, config->values[i].value, &value, &secret, NULL) != STATUS_OK)
			continue;
		learn_secrets(v, config->values[i].name, value);
		if (secret)
			mask_add_token(v->mask, value);
		free(value);
	}
	mask_add_secrets(v->mask, config_section(config, "secrets"));
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

enum status values_type(struct values *v, const char *incident, const char *name, const char *value, const char *who, struct error *err)
{
	struct typed *slot = NULL;
	char *read;
	bool secret;
	enum status status = value_read(name, value, &read, &secret, err);

	if (status == STATUS_OK)
		status = shape_check(shape_of(name), name, read, err);
	if (status != STATUS_OK) {
		free(read);
		return status;
	}
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
	free(slot->value);
	slot->value = read;
	slot->secret = secret;
	learn_secrets(v, name, read);
	if (secret)
		mask_add_token(v->mask, read);
	return STATUS_OK;
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
	char id[96];
	const struct component *found = node->pod ? NULL : pod_running(v->world, text_format(id, sizeof(id), "node/%s", node->name));
	const char *pod = node->pod ? node->pod : found ? pod_bare_name(found)
							: node->name;

	bindings_set(&v->current, "pod", pod, from);
	bindings_set(&v->current, node->role && strcmp(node->role, "rpc") == 0 ? "rpc_pod" : "validator_pod", pod, from);
	bindings_set(&v->current, "node", node->name, from);
	bindings_set(&v->current, "node_url", node->url, from);
}

const struct config_node *values_healthy_node(const struct values *v)
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

static void offer_configured(struct values *v, const struct config_value *configured)
{
	bool secret;
	char *value;

	/* What cannot be read is no value: the step says that it has none. */
	if (value_read(configured->name, configured->value, &value, &secret, NULL) != STATUS_OK)
		return;
	if (secret)
		bindings_set_secret(&v->current, configured->name, value, "configuration [values]");
	else
		bindings_set(&v->current, configured->name, value, "configuration [values]");
	free(value);
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
	const struct config_node *node = values_healthy_node(v);
	if (node) {
		char from[96];
		text_format(from, sizeof(from), "node/%s, which answers", node->name);
		bindings_set(&v->current, "rpc_url", node->url, from);
		bindings_set(&v->current, "rpc_endpoint", strstr(node->url, "://") + 3, from);
	}
	for (size_t i = 0; i < c->value_count; i++)
		offer_configured(v, &c->values[i]);
}

/* The first sick component of each sort names the pods that commands are about. */
static void offer_components(struct values *v, const struct incident *incident)
{
	const struct config_node *asked = values_healthy_node(v);
	const char *rpc_url = asked ? asked->url : NULL;

	offer_only(v->config, rpc_url, &v->current);
	if (!incident)
		return;
	for (size_t i = incident->component_count; i > 0; i--) {
		const struct component *c = world_find(v->world, incident->components[i - 1]);
		char from[96];
		if (!c || c->kind == KIND_CHAIN)
			continue;
		const struct config_node *node = node_of(v, c);
		text_format(from, sizeof(from), "affected %s", c->id);
		const struct component *pod = c->kind == KIND_POD ? c : c->kind == KIND_VALIDATOR ? pod_running(v->world, c->id)
												  : NULL;
		if (pod)
			offer_pod(v->config, pod, from, &v->current);
		if (node)
			offer_node(v, node, from);
		offer_component(v->config, c, rpc_url, from, &v->current);
		if (c->kind == KIND_VALIDATOR && component_text(c, VALIDATOR_ADDRESS))
			bindings_set(&v->current, "validator_address", component_text(c, VALIDATOR_ADDRESS), from);
	}
}

const struct bindings *values_of(struct values *v, const struct incident *incident)
{
	bindings_free(&v->current);
	bindings_init(&v->current);
	offer_pod_roles(v->world, &v->current);
	offer_components(v, incident);
	offer_configuration(v);
	for (size_t i = 0; incident && i < incident->value_count; i++)
		bindings_set(&v->current, incident->values[i].name, incident->values[i].value, incident->values[i].from);
	for (size_t i = 0; incident && i < v->typed_count; i++) {
		char from[96];
		if (strcmp(v->typed[i].incident, incident->id) != 0)
			continue;
		text_format(from, sizeof(from), "typed by %s", v->typed[i].who);
		if (v->typed[i].secret)
			bindings_set_secret(&v->current, v->typed[i].name, v->typed[i].value, from);
		else
			bindings_set(&v->current, v->typed[i].name, v->typed[i].value, from);
	}
	return &v->current;
}

void values_hide(struct values *v, const char *secret)
{
	if (strstr(secret, "://"))
		mask_add_url(v->mask, secret);
	else
		mask_add_token(v->mask, secret);
}

const struct mask *values_mask(const struct values *v)
{
	return v->mask;
}
